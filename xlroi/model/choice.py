"""The choice that a template asks an optimiser to make: its names, checked against tables and lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xlroi.formula.scope import did_you_mean
from xlroi.formula.system import System
from xlroi.model.loading import KeyPath
from xlroi.model.model import Excludes, Input, Limit, Optimise, Requires, Table
from xlroi.model.shape import OptimiseShape

__all__ = ["choice_of"]


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
    for key in ("admitted", "worth"):
        check.line((), key, getattr(shape, key), shape.table, month=False)
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
