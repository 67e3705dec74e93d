"""The tables of a memo: figures, scenarios, members side by side, swings, a simulation, and every assumption."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from xlroi.analysis.simulate import Simulation
from xlroi.analysis.swing import Swing
from xlroi.api import Result
from xlroi.model.case import Case
from xlroi.model.model import Column, Output, Scenario
from xlroi.model.model import Table as ModelTable
from xlroi.model.rows import Row, read_rows
from xlroi.report.content import Cell, Number, Table
from xlroi.report.figures import unit_of
from xlroi.values import NA

__all__ = [
    "all_results",
    "assumptions",
    "by_member",
    "figures",
    "is_default",
    "parts",
    "scenarios",
    "simulated",
    "swung",
]

_SIDE_BY_SIDE: Final = 4
_R = TypeVar("_R")
_C = TypeVar("_C")


def figures(result: Result, ids: Sequence[str], *, meanings: bool = False) -> Table:
    """Single lines of the model with their values and units, and with what they mean."""
    rows: list[tuple[Cell, ...]] = []
    for id in ids:
        text = result.case.model.texts[id]
        value = Number(result.values.cell(id), text.unit_text, id)
        row: tuple[Cell, ...] = (text.label, value, unit_of(text.unit_text, result.case.currency), text.note)
        rows.append(row if meanings else row[:3])
    heads = ("Figure", "Value", "Unit", "Meaning")
    return Table("", heads if meanings else heads[:3], tuple(rows))


def scenarios(results: Mapping[Scenario, Result], ids: Sequence[str]) -> Table:
    """The same lines under each scenario; optimistic is favourable to the proposal."""
    case = next(iter(results.values())).case
    rows: list[tuple[Cell, ...]] = []
    for id in ids:
        unit = case.model.texts[id].unit_text
        cells = [Number(r.values.cell(id), unit, f"{id}@{s}") for s, r in results.items()]
        rows.append((case.model.texts[id].label, *cells, unit_of(unit, case.currency)))
    heads = ("Figure", *(s.capitalize() for s in results), "Unit")
    return Table("Scenarios side by side", heads, tuple(rows))


def by_member(result: Result, outputs: Sequence[Output]) -> list[Table]:
    """The outputs of each table of the model, its members side by side where they are fewer."""
    found: list[Table] = []
    for id in dict.fromkeys(o.table for o in outputs if o.table):
        own = [o for o in outputs if o.table == id]
        members = [(i, name) for i, name in enumerate(result.values.row_names(id)) if name]

        def cell(o: Output, member: tuple[int, str]) -> Cell:
            return Number(result.values.cell(o.id, member[0]), o.unit_text, f"{o.id}[{member[1]}]")

        labels = [", ".join(p for p in (o.label, unit_of(o.unit_text, result.case.currency)) if p) for o in own]
        found += _grid(result.case.model.tables[id].label, labels, own, [n for _, n in members], members, cell)
    return found


def _grid(
    title: str,
    lines: Sequence[str],
    rows: Sequence[_R],
    names: Sequence[str],
    columns: Sequence[_C],
    cell: Callable[[_R, _C], Cell],
) -> Iterator[Table]:
    """A table of two directions: the longer list goes down, the shorter one across, a few at a time."""
    if len(columns) > max(len(rows), _SIDE_BY_SIDE):
        yield from _grid(title, names, columns, lines, rows, lambda c, r: cell(r, c))
        return
    for start in range(0, len(columns), _SIDE_BY_SIDE):
        part = slice(start, start + _SIDE_BY_SIDE)
        body = tuple((line, *(cell(row, c) for c in columns[part])) for line, row in zip(lines, rows, strict=True))
        yield Table(title, ("", *names[part]), body)


def all_results(result: Result) -> list[Table]:
    """Every output of the model."""
    single = [o.id for o in result.case.model.outputs if o.table is None]
    return [figures(result, single, meanings=True), *by_member(result, result.case.model.outputs)]


def parts(result: Result, flow: str, total: str | None) -> Table | None:
    """What a monthly flow consists of, summed over the period; only the total where its parts do not sum to it."""
    model, lines = result.case.model, result.case.model.system.lines
    if flow not in lines or not lines[flow].type.month:
        return None
    read = [lines[id] for id in lines[flow].reads if id in lines]
    names = [line.id for line in read if line.totalled == "flow" and not line.type.table]
    sums = {id: _summed(result, id) for id in [*names, flow]}
    whole = sums.pop(flow)
    if whole is None or any(v is None for v in sums.values()):
        return None
    if not math.isclose(math.fsum(v or 0.0 for v in sums.values()), whole, rel_tol=1e-9, abs_tol=1e-6):
        sums = {}
    unit = model.texts[flow].unit_text
    rows: list[tuple[Cell, ...]] = [(model.texts[id].label, Number(v, unit, f"sum of {id}")) for id, v in sums.items()]
    if total:
        rows.append((model.texts[total].label, Number(result.values.cell(total), unit, total)))
    else:
        rows.append((f"{model.texts[flow].label} in all", Number(whole, unit, f"sum of {flow}")))
    return Table("", ("Part", f"Over the period, {unit_of(unit, result.case.currency)}"), tuple(rows))


def _summed(result: Result, id: str) -> float | None:
    values = result.values.row(id)
    numbers = [v for v in values if isinstance(v, float)]
    return math.fsum(numbers) if len(numbers) == len(values) else None


def swung(case: Case, id: str, found: Sequence[Swing]) -> Table:
    """Each input alone at the ends of its range, the widest first, and the figure there."""
    text = case.model.texts[id]
    rows = []
    for s in found:
        unit = case.model.inputs[s.id].unit_text
        ends = (Number(s.low, unit, given=True), Number(s.high, unit, given=True))
        then = (
            Number(s.pessimistic, text.unit_text, f"{id}@{s.id}:pessimistic"),
            Number(s.optimistic, text.unit_text, f"{id}@{s.id}:optimistic"),
        )
        rows.append((s.label, *ends, unit_of(unit, case.currency), *then))
    shown = ", ".join(p for p in (text.label, unit_of(text.unit_text, case.currency)) if p)
    heads = ("Input", "Pessimistic", "Optimistic", "Unit", "Figure at pessimistic", "Figure at optimistic")
    return Table("Each input alone, all others as they are", heads, tuple(rows), f"The figure is: {shown}.")


def simulated(found: Simulation, currency: str) -> Table:
    """Mean, percentiles and tail of each figure over the draws."""

    def cell(value: float, unit: str, never: bool) -> Cell:
        # A payback that never comes counts as infinite; six digits, as a simulation knows no more.
        if math.isnan(value):
            return "none"
        return Number(NA if math.isinf(value) and never else float(f"{value:.6g}"), unit)

    rows = []
    for o in found.outputs:
        unit, never = o.target.unit_text, o.target.never
        marks = [cell(v, unit, never) for v in (o.mean, *(o.percentiles[p] for p in (10, 50, 90)), o.lowest)]
        above = "" if math.isnan(o.above_zero) or never else f"{o.above_zero:.1%}"
        rows.append((o.target.label, *marks, unit_of(unit, currency), above))
    heads = ("Figure", "Mean", "P10", "P50", "P90", "Mean of the lowest 5%", "Unit", "Above 0")
    return Table("Simulation", heads, tuple(rows))


def assumptions(case: Case) -> list[Table]:
    """Every input, series and row of the case with unit, source and date, and who gave it."""
    heads = ("Input", "Value", "Pessimistic", "Optimistic", "Unit", "Source", "As of", "Given by")
    found: list[Table] = []
    for group in dict.fromkeys(i.group for i in case.model.inputs.values()):
        rows: list[tuple[Cell, ...]] = []
        for id, declared in case.model.inputs.items():
            if declared.group != group:
                continue
            given, unit = case.inputs[id], declared.unit_text
            ends = (given.pessimistic, given.optimistic)
            cells = ["" if v is None or v == given.base else Number(v, unit, given=True) for v in ends]
            about = _about(given.source, given.as_of, given.note, given.origin)
            value = Number(given.value(case.scenario), unit, f"input {id}", given=True)
            rows.append((declared.label, value, *cells, unit_of(unit, case.currency), *about))
        found.append(Table(group, heads, tuple(rows)))
    if case.series:
        found.append(_series(case))
    for id, members in case.tables.items():
        table = case.model.tables[id]
        if table.cross is None and not table.ledger:
            found += _members(case, case.model.tables[id], members)
    if any(table.ledger for table in case.model.tables.values()):
        found.append(_ledgers(case))
    found.append(_constants(case))
    return found


def _about(source: str, as_of: date | None, note: str, origin: str) -> tuple[str, str, str]:
    said = " – ".join(p for p in (source, note) if p) or "not stated"
    by = "template's default" if origin == "template" else origin
    return said, as_of.isoformat() if as_of else "", by


def _series(case: Case) -> Table:
    rows = []
    for id, series in case.series.items():
        declared = case.model.series[id]
        values = "; ".join(Number(v, declared.unit_text, given=True).text for v in series.values)
        about = _about(series.source, series.as_of, series.note, series.origin)
        unit = ", ".join(p for p in (unit_of(declared.unit_text, case.currency), f"a {declared.period}") if p)
        rows.append((declared.label, values, unit.replace("_", " "), *about))
    heads = ("Series", "Values from the first period on", "Unit", "Source", "As of", "Given by")
    return Table("Series", heads, tuple(rows))


def _ledgers(case: Case) -> Table:
    """Ledgers stand in the workbook; here is where their rows come from."""
    facts = [(label, row) for id, label, row in case.facts() if id in case.tables]
    rows = [(label, *_about(row.source, row.as_of, row.note, "case")) for label, row in facts]
    return Table("Ledgers, whose rows stand in the workbook", ("Ledger", "Source", "As of", "Given by"), tuple(rows))


def _members(case: Case, table: ModelTable, members: Sequence[Row]) -> Iterator[Table]:
    columns: list[Column | str] = [*table.columns.values(), "Source", "As of", "Given by"]

    def cell(column: Column | str, row: Row) -> Cell:
        if isinstance(column, str):
            origin = "template" if is_default(table, row) else "case"
            return _about(row.source, row.as_of, row.note, origin)[("Source", "As of", "Given by").index(column)]
        value = row.values[column.id]
        if isinstance(value, tuple):
            return "; ".join(Number(v, column.unit_text, given=True).text for v in value)
        return Number(value, column.unit_text, given=True) if column.kind == "number" else str(value or "")

    labels = [
        c if isinstance(c, str) else ", ".join(p for p in (c.label, unit_of(c.unit_text, case.currency)) if p)
        for c in columns
    ]
    yield from _grid(table.label, labels, columns, [m.name for m in members], members, cell)


def is_default(table: ModelTable, row: Row) -> bool:
    """Whether a row is the template's own, nothing changed."""
    own = read_rows(table, None, ("tables", table.id), 0, lambda _path, _message: None)
    return any(r.name == row.name and r.values == row.values for r in own)


def _constants(case: Case) -> Table:
    rows = tuple(
        (c.label, Number(c.value, c.unit_text, given=True), unit_of(c.unit_text, case.currency), c.source)
        for c in case.model.constants.values()
    )
    return Table("Constants of the template, which no case changes", ("Constant", "Value", "Unit", "Source"), rows)
