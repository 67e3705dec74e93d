"""A case as a book: the model's lines, extended by the lines that only a workbook has.

Live inputs behind the scenario switch, totals, checks and their master, headers:
they are lines like all others, so the engine values them and the proof covers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xlroi.engine.run import Engine, Values
from xlroi.engine.run import Leaf as LeafValue
from xlroi.formula.scope import name_of
from xlroi.formula.system import Draft, System
from xlroi.model.bounds import Bounded
from xlroi.model.case import Case
from xlroi.model.model import SCENARIOS, Check, Model
from xlroi.values import CellValue, to_serial
from xlroi.workbook.annual import TABLE as YEARS
from xlroi.workbook.annual import annual, years
from xlroi.workbook.filling import fill
from xlroi.workbook.lines import (
    BUILT_ON,
    SCENARIO,
    as_shown,
    bounds,
    built,
    changes,
    checks,
    dated_of,
    high_of,
    in_words,
    live_inputs,
    low_of,
    price_ages,
    raw,
    totals,
)
from xlroi.workbook.sources import DEFAULTS, UNSTATED, defaults, source_checks, unstated
from xlroi.workbook.whatif import WhatIfs, what_ifs

__all__ = ["Book", "address", "book_of"]


@dataclass(frozen=True, slots=True)
class Book:
    """A case with the system of its workbook and the values that its input cells hold as built."""

    case: Case
    system: System
    engine: Engine
    leaves: dict[str, LeafValue]
    more_checks: tuple[Check, ...]
    what_if: WhatIfs | None = None

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
            if leaves[id] is self.leaves[id]:
                leaves[id] = _copied(leaves[id])
            inside: Any = leaves[id]
            for place in places[:-1]:
                inside = inside[int(place)]
            inside[int(places[-1])] = value
        if self.what_if is None:
            return self.engine.evaluate(leaves)
        computed, errors = fill(self.engine, self.model, self.what_if, leaves)
        return self.engine.evaluate({**leaves, **computed}, errors)

    def cells(self) -> dict[str, CellValue]:
        """What each single input cell holds as built; ``options.price.values[2]`` is one in a column or series."""
        found: dict[str, CellValue] = {}
        for id, value in self.leaves.items():
            for address, one in _single(id, value):
                found[address] = None if one == "" else one
        return found

    def declared(self, leaf: str) -> tuple[Bounded, str, str]:
        """The declaration behind a leaf, its label and its help."""
        model = self.model
        table, _, column = leaf.partition(".")
        if table in model.tables and model.tables[table].ledger:
            found = model.tables[table].columns[column]
            return found, found.label, found.help
        id = leaf.rpartition(".")[0]
        if id in model.inputs:
            return model.inputs[id], model.inputs[id].label, model.inputs[id].help
        if id in model.series:
            return model.series[id], model.series[id].label, model.series[id].help
        table, _, column = id.partition(".")
        found = model.tables[table].columns[column]
        return found, found.label, found.help

    def rows(self, table: str) -> int:
        """How many rows a table has, spare ones included."""
        cross = self.system.scope.tables[table]
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


def _as_typed(value: Any) -> Any:
    """A number with the 15 digits that a cell takes."""
    if isinstance(value, list):
        return [_as_typed(v) for v in value]
    return float(f"{value:.15g}") if isinstance(value, float) else value


def _copied(value: Any) -> Any:
    return [_copied(v) for v in value] if isinstance(value, list) else value


def book_of(case: Case, day: date | None = None, *, live: bool = True) -> Book:
    """The system of a case's workbook, built on ``day`` (default: today); ``live`` brings the What-If tables."""
    model = case.model
    own: dict[str, LeafValue] = {SCENARIO: as_shown(case.scenario)}
    for id, given in case.inputs.items():
        own |= {raw(id, scenario): getattr(given, scenario) for scenario in SCENARIOS}
    own |= case.lists()
    own = {leaf: _as_typed(value) for leaf, value in own.items()}
    leaves = own | {built(leaf): _copied(value) for leaf, value in own.items()}
    leaves |= {constant.id: constant.value for constant in model.constants.values()}
    for id, declared in model.inputs.items():
        ends = {low_of(id): declared.minimum, high_of(id): declared.maximum}
        leaves |= {leaf: value for leaf, value in ends.items() if value is not None}
    count = years(model)
    leaves |= {name_of(YEARS): [f"{i + 1}" for i in range(count)], "annual.place": [float(i) for i in range(count)]}
    rows = {id: _rows(model, id, leaves) for id in model.tables}
    what_if = what_ifs(case, rows) if live else None
    leaves[BUILT_ON], leaves["book.price_age"] = to_serial(day or date.today()), float(case.max_price_age)
    for id, given in case.inputs.items():
        if model.inputs[id].is_price:
            leaves[dated_of(id)] = to_serial(given.as_of) if given.as_of else None
    parts = [live_inputs(model, what_if=what_if is not None), bounds(model), changes(model), annual(model)]
    parts += [price_ages(model, case.max_price_age), source_checks(case), in_words(model)]
    leaves |= {UNSTATED: float(len(unstated(case))), DEFAULTS: float(len(defaults(case)))}
    if what_if is not None:
        parts.append(what_if.additions)
        leaves |= what_if.leaves
    more = [check for part in parts for check, _ in part.checks]
    drafts = [draft for part in parts for draft in part.drafts] + totals(model) + checks(model, more)
    drafts += [Draft(check.line, formula) for part in parts for check, formula in part.checks]
    added = [leaf for part in parts for leaf in part.leaves]
    tables = [YEARS, *(what_if.tables if what_if else ())]
    system = model.system.extended(drafts, added, without=list(model.inputs), tables=tables)
    return Book(case, system, Engine(system, model.steps), leaves, tuple(more), what_if)


def _rows(model: Model, table: str, leaves: Mapping[str, Any]) -> int:
    """How many rows a table has, spare ones included."""
    cross = model.tables[table].cross
    if cross is None:
        return len(leaves[name_of(table)])
    return len(cross.slots(_rows(model, cross.left_table, leaves), _rows(model, cross.right_table, leaves)))
