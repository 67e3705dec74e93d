"""The choice that a template asks an optimiser to make: its names, and what in a case leaves no choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from xlroi.formula.scope import did_you_mean
from xlroi.formula.system import System
from xlroi.model.loading import KeyPath
from xlroi.model.model import Excludes, Input, Limit, Optimise, Requires, Table
from xlroi.model.rows import Row
from xlroi.model.shape import OptimiseShape

__all__ = ["choice_of", "contradictions"]


def choice_of(
    shape: OptimiseShape,
    tables: Mapping[str, Table],
    inputs: Mapping[str, Input],
    system: System,
    problem: Callable[[KeyPath, str], None],
) -> Optimise:
    """The choice as the model keeps it; every name that is not what it must be is a problem."""
    check = _Names(tables, system, problem)
    check.table((), "table", shape.table)
    for key in ("choose", "mandatory"):
        column = check.column((), key, shape.table, getattr(shape, key), "choice")
        if column and not {"yes", "no"} <= set(tables[shape.table].columns[column].choices):
            problem(("optimise", key), f"{column!r} is no column with the choices yes and no")
    for key in ("start", "earliest", "latest"):
        check.column((), key, shape.table, getattr(shape, key), "number")
    for key in ("admitted", "worth", "begun"):
        check.line((), key, getattr(shape, key), shape.table, month=False)
    check.line((), "after", shape.after, None, month=False)
    if shape.scale not in inputs:
        problem(("optimise", "scale"), f"{shape.scale!r} is not an input" + did_you_mean(shape.scale, list(inputs)))
    for index, limit in enumerate(shape.limits):
        place: KeyPath = ("limits", index)
        check.table(place, "table", limit.table)
        check.column(place, "number", limit.table, limit.number, "number")
        check.line(place, "flow", limit.flow, shape.table, month=True)
        check.line(place, "limit", limit.limit, limit.table, month=False)
        check.line(place, "step_number", limit.step_number, None, month=True)
    requires, excludes = shape.requires, shape.excludes
    for place, table, keys in (
        (("requires",), requires.table, {"member": requires.member, "needs": requires.needs}),
        (("excludes",), excludes.table, {"one": excludes.one, "other": excludes.other}),
    ):
        check.table(place, "table", table)
        for key, name in keys.items():
            column = check.column(place, key, table, name, "key")
            if column and tables[table].columns[column].key != shape.table:
                problem(("optimise", *place, key), f"{name!r} is no key into {shape.table!r}")
    check.column(("requires",), "gap", requires.table, requires.gap, "number")
    given = shape.model_dump()
    return Optimise(
        **{
            **given,
            "limits": tuple(Limit(**limit) for limit in given["limits"]),
            "requires": Requires(**given["requires"]),
            "excludes": Excludes(**given["excludes"]),
        }
    )


def contradictions(asked: Optimise, tables: Mapping[str, tuple[Row, ...]]) -> Iterator[tuple[KeyPath, str]]:
    """Dependencies that run in a circle, and exclusions that leave a row no way to be chosen, each at its place."""
    requires, excludes = asked.requires, asked.excludes
    names = {row.name.casefold(): row.name for row in tables[asked.table]}

    def key(row: Row, column: str) -> str:
        return names[str(row.values[column]).casefold()]

    needs: dict[str, list[str]] = {}
    for row in tables[requires.table]:
        needs.setdefault(key(row, requires.member), []).append(key(row, requires.needs))
    told: set[str] = set()
    for row in tables[requires.table]:
        member = key(row, requires.member)
        path = _circle(member, needs)
        if path and not told & set(path):
            told |= set(path)
            yield ("tables", requires.table, row.name), f"a circle: {' needs '.join(path)}; take one of them out"
    for row in tables[excludes.table]:
        one, other = key(row, excludes.one), key(row, excludes.other)
        place: KeyPath = ("tables", excludes.table, row.name)
        if one == other:
            yield place, f"{one!r} excludes itself"
        for a, b in ((one, other), (other, one)):
            if a != b and b in _needed(a, needs):
                yield place, f"{a!r} excludes {b!r}, and needs it ({requires.table}); take one of the two out"


def _circle(start: str, needs: Mapping[str, Sequence[str]]) -> list[str]:
    """The path from a row back to itself, or nothing."""
    trail, seen = [[start]], set()
    while trail:
        path = trail.pop()
        for needed in needs.get(path[-1], ()):
            if needed == start:
                return [*path, start]
            if needed not in seen:
                seen.add(needed)
                trail.append([*path, needed])
    return []


def _needed(start: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """All that a row needs, and what that needs in turn."""
    found: set[str] = set()
    to_do = [start]
    while to_do:
        for needed in needs.get(to_do.pop(), ()):
            if needed not in found:
                found.add(needed)
                to_do.append(needed)
    return found


class _Names:
    def __init__(self, tables: Mapping[str, Table], system: System, problem: Callable[[KeyPath, str], None]) -> None:
        self.tables, self.system, self.problem = tables, system, problem

    def table(self, place: KeyPath, key: str, name: str) -> None:
        if name not in self.tables or self.tables[name].cross:
            hint = did_you_mean(name, list(self.tables))
            self.problem(("optimise", *place, key), f"{name!r} is no table with rows of its own{hint}")

    def column(self, place: KeyPath, key: str, table: str, name: str, kind: str) -> str:
        """The column's name, or nothing where it is not a column of that kind with one value a row."""
        columns = self.tables[table].columns if table in self.tables else {}
        if name not in columns or columns[name].kind != kind or columns[name].period:
            hint = did_you_mean(name, list(columns))
            self.problem(("optimise", *place, key), f"{name!r} is no {kind} column of {table!r}{hint}")
            return ""
        return name

    def line(self, place: KeyPath, key: str, name: str, table: str | None, *, month: bool) -> None:
        line = self.system.lines.get(name)
        if line is None or line.type.table != table or line.type.month != month or line.type.kind == "text":
            axes = ", ".join(filter(None, (table, "month" if month else ""))) or "none"
            hint = "" if line else did_you_mean(name, list(self.system.lines))
            self.problem(("optimise", *place, key), f"{name!r} is no line of numbers 'per: {axes}'{hint}")
