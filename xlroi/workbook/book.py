"""A case as a book: the model's lines, extended by the lines that only a workbook has.

Live inputs behind the scenario switch, totals, checks and their master, headers:
they are lines like all others, so the engine values them and the proof covers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xlroi.engine.run import Engine, Values
from xlroi.engine.run import Leaf as LeafValue
from xlroi.formula.scope import Declaration, name_of
from xlroi.formula.system import Draft, System
from xlroi.formula.tree import Type
from xlroi.model.bounds import Bounded
from xlroi.model.case import Case
from xlroi.model.model import SCENARIOS, Model, Scenario
from xlroi.values import CellValue

__all__ = ["SCENARIO", "Book", "address", "as_shown", "book_of", "raw"]

SCENARIO = "book.scenario"
"""The leaf of the scenario switch: Base, Optimistic or Pessimistic."""


def raw(id: str, scenario: Scenario) -> str:
    """The leaf that holds an input's value under a scenario, before the switch chooses."""
    return f"{id}.{scenario}"


def as_shown(scenario: Scenario) -> str:
    """A scenario as the switch shows it."""
    return scenario.capitalize()


@dataclass(frozen=True, slots=True)
class Book:
    """A case with the system of its workbook and the values that its input cells hold as built."""

    case: Case
    system: System
    engine: Engine
    leaves: dict[str, LeafValue]

    @property
    def model(self) -> Model:
        return self.case.model

    def values(self, changes: Mapping[str, CellValue] | None = None) -> Values:
        """Every cell's value at the inputs as built, or with single input cells changed, named as in :meth:`cells`."""
        leaves = dict(self.leaves)
        for address, value in (changes or {}).items():
            assert not isinstance(value, bool)  # the book has no input cells for truth values
            id, *places = address.rstrip("]").replace("]", "").split("[")
            if not places:
                leaves[id] = value
                continue
            leaves[id] = inside = _copied(leaves[id])
            for place in places[:-1]:
                inside = inside[int(place)]
            inside[int(places[-1])] = value
        return self.engine.evaluate(leaves)

    def cells(self) -> dict[str, CellValue]:
        """What each single input cell holds as built; ``options.price.values[2]`` is one in a column or series."""
        found: dict[str, CellValue] = {}
        for id, value in self.leaves.items():
            for address, one in _single(id, value):
                found[address] = None if one == "" else one
        return found

    def declared(self, id: str) -> tuple[Bounded, str, str]:
        """The declaration behind an input cell, its label and its help; ``id`` without the leaf's last part."""
        model = self.model
        if id in model.inputs:
            return model.inputs[id], model.inputs[id].label, model.inputs[id].help
        if id in model.series:
            return model.series[id], model.series[id].label, model.series[id].help
        table, _, column = id.partition(".")
        found = model.tables[table].columns[column]
        return found, found.label, found.help

    def rows(self, table: str) -> int:
        """How many rows a table has, spare ones included."""
        cross = self.model.tables[table].cross
        if cross is None:
            return len(self.leaves[name_of(table)])  # type: ignore[arg-type]  # a column
        return len(cross.slots(self.rows(cross.left_table), self.rows(cross.right_table)))


def address(id: str, member: int, period: int, *, of_table: bool, of_series: bool) -> str:
    """The name of one input cell."""
    return id + (f"[{member}]" if of_table else "") + (f"[{period}]" if of_series else "")


def _single(id: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _single(f"{id}[{index}]", one)
    else:
        yield id, value


def _copied(value: Any) -> Any:
    return [_copied(v) for v in value] if isinstance(value, list) else value


def book_of(case: Case) -> Book:
    """The system of a case's workbook."""
    model = case.model
    leaves: dict[str, LeafValue] = {SCENARIO: as_shown(case.scenario)}
    declared = [Declaration(SCENARIO, Type(kind="text"), "input")]
    drafts = [Draft("book.scenario_no", _chosen(SCENARIO))]
    for id, given in case.inputs.items():
        unit = model.inputs[id].unit
        for scenario in SCENARIOS:
            leaves[raw(id, scenario)] = getattr(given, scenario)
            declared.append(Declaration(raw(id, scenario), Type(unit=unit), "input"))
        drafts.append(Draft(id, _live(id), unit=unit))
    leaves |= {constant.id: constant.value for constant in model.constants.values()}
    leaves |= case.lists()
    drafts += _totals(model)
    drafts += _checks(model)
    drafts.append(Draft("book.says_scenario", f'IF(book.scenario_no = 1, "", "Scenario: " & {SCENARIO})'))
    system = model.system.extended(drafts, declared, without=list(model.inputs))
    return Book(case, system, Engine(system, model.steps), leaves)


def _chosen(switch: str) -> str:
    others = [(i, as_shown(s)) for i, s in enumerate(SCENARIOS, 1) if i > 1]
    formula = "1"
    for number, name in reversed(others):
        formula = f'IF({switch} = "{name}", {number}, {formula})'
    return formula


def _live(id: str) -> str:
    """A scenario without a value of its own uses the base."""
    formula = f"{id}.base"
    for number, scenario in reversed(list(enumerate(SCENARIOS, 1))[1:]):
        own = raw(id, scenario)
        formula = f"IF(AND(book.scenario_no = {number}, ISNUMBER({own})), {own}, {formula})"
    return formula


def _totals(model: Model) -> list[Draft]:
    drafts = []
    for line in model.system.lines.values():
        if line.totalled in ("flow", "flag"):
            drafts.append(Draft(f"total.{line.id}", f"SUM({line.id})", line.type.table))
        elif line.totalled == "balance":
            drafts.append(Draft(f"total.{line.id}", f"LAST({line.id})", line.type.table))
    return drafts


def _checks(model: Model) -> list[Draft]:
    """Per check: holds (an error holds not), status, and how many failed down to it, per kind."""
    drafts: list[Draft] = []
    failed = {"error": "0", "alert": "0"}
    for check in model.checks:
        id = check.line
        drafts.append(Draft(f"holds.{id}", f"IF(ISNUMBER({id}), {id}, 0)"))
        bad = "CHECK" if check.kind == "error" else "LOOK"
        drafts.append(Draft(f"status.{id}", f'IF(holds.{id}, "OK", "{bad}")'))
        for kind, so_far in list(failed.items()):
            step = f" + (1 - holds.{id})" if kind == check.kind else ""
            drafts.append(Draft(f"{kind}s.{id}", so_far + step))
            failed[kind] = f"{kind}s.{id}"
    drafts.append(Draft("book.errors", failed["error"]))
    drafts.append(Draft("book.alerts", failed["alert"]))
    drafts.append(
        Draft(
            "book.says_errors",
            'IF(book.errors = 0, "All checks OK", FIXED(book.errors, 0) & " CHECKS FAIL: see Checks")',
        )
    )
    drafts.append(Draft("book.says_alerts", 'IF(book.alerts = 0, "", "; " & FIXED(book.alerts, 0) & " to look at")'))
    drafts.append(Draft("book.master", "book.says_errors & book.says_alerts"))
    return drafts
