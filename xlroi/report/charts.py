"""The charts of a memo as data: what the template declares, the scenarios, the tornado, a simulation's histogram."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from xlroi.analysis.simulate import OutputSummary
from xlroi.analysis.swing import Swing
from xlroi.api import Result
from xlroi.model.model import Chart as Declared
from xlroi.model.model import Scenario
from xlroi.report.content import Chart, Curve
from xlroi.report.figures import unit_of
from xlroi.report.words import in_sentence
from xlroi.values import CellValue

__all__ = ["declared", "histogram", "scenario_columns", "tornado"]

_BARS: Final = 8


def declared(result: Result) -> Iterator[Chart]:
    """The charts that the template declares for the Cover."""
    for chart in result.case.model.charts:
        yield {"path": _path, "bubble": _bubble}.get(chart.type, _columns)(result, chart)


def _number(value: CellValue) -> float | None:
    return value if isinstance(value, float) else None


def _unit(result: Result, id: str) -> tuple[str, str]:
    unit = result.case.model.texts[id].unit_text
    return unit, unit_of(unit, result.case.currency)


def _columns(result: Result, chart: Declared) -> Chart:
    """A bar for each line, or for each named row of the table that the lines belong to."""
    model, values = result.case.model, result.values
    table = model.system.lines[chart.lines[0]].type.table
    if table is None:
        labels = tuple(model.texts[id].label for id in chart.lines)
        curves: tuple[Curve, ...] = (Curve("", tuple(_number(values.cell(id)) for id in chart.lines)),)
    else:
        members = [(i, name) for i, name in enumerate(values.row_names(table)) if name]
        labels = tuple(name for _, name in members)
        curves = tuple(
            Curve(model.texts[id].label, tuple(_number(values.cell(id, i)) for i, _ in members)) for id in chart.lines
        )
    kind = "waterfall" if chart.type == "waterfall" else "columns"
    return Chart(kind, chart.title, *_unit(result, chart.lines[0]), curves, labels)  # type: ignore[arg-type]  # one of two


def _path(result: Result, chart: Declared) -> Chart:
    """Lines along the timeline up to the horizon; of a table, a line for each named row."""
    model, values = result.case.model, result.values
    horizon = values.cell("horizon")
    last = int(horizon) if isinstance(horizon, float) else model.last_step
    curves = []
    for id in chart.lines:
        table = model.system.lines[id].type.table
        names = [model.texts[id].label] if table is None else values.row_names(table)
        for member, name in enumerate(names):
            if name:
                curves.append(Curve(name, tuple(_number(v) for v in values.row(id, member)[: last + 1])))
    marker = None
    if chart.marker and (at := _number(values.cell(chart.marker))) is not None:
        marker = (model.texts[chart.marker].label, at)
    steps = tuple(float(step) for step in range(last + 1))
    title, step = chart.title, model.step.capitalize()
    return Chart("path", title, *_unit(result, chart.lines[0]), tuple(curves), x=steps, x_label=step, marker=marker)


def _bubble(result: Result, chart: Declared) -> Chart:
    """Each named row of a table by two of its lines, its size by a third."""
    model, values = result.case.model, result.values
    across, up, _ = chart.lines
    members = [(i, name) for i, name in enumerate(values.row_names(str(model.system.lines[across].type.table))) if name]
    curves = tuple(
        Curve(model.texts[id].label, tuple(_number(values.cell(id, i)) for i, _ in members)) for id in chart.lines
    )
    said = f"{model.texts[across].label}, {_unit(result, across)[1]}"
    labels = tuple(name for _, name in members)
    return Chart("bubble", chart.title, *_unit(result, up), curves, labels, x_label=said)


def scenario_columns(results: Mapping[Scenario, Result], id: str) -> Chart:
    """One figure under each scenario."""
    first = next(iter(results.values()))
    values = tuple(_number(r.values.cell(id)) for r in results.values())
    title = f"{first.case.model.texts[id].label} by scenario"
    labels = tuple(s.capitalize() for s in results)
    return Chart("columns", title, *_unit(first, id), (Curve("", values),), labels, tabled=True)


def tornado(result: Result, id: str, found: Sequence[Swing]) -> Chart | None:
    """Bars from the figure as it is to its values at both ends of each input; only where all are numbers."""
    now = _number(result.values.cell(id))
    shown = [s for s in found if math.isfinite(s.reach)][:_BARS]
    if now is None or not shown:
        return None
    curves = (
        Curve("Pessimistic", tuple(_number(s.pessimistic) for s in shown)),
        Curve("Optimistic", tuple(_number(s.optimistic) for s in shown)),
    )
    title = f"What moves the {in_sentence(result.case.model.texts[id].label)}"
    return Chart("tornado", title, *_unit(result, id), curves, tuple(s.label for s in shown), base=now, tabled=True)


def histogram(result: Result, found: OutputSummary) -> Chart | None:
    """How many draws fell where."""
    if not found.counts:
        return None
    unit = found.target.unit_text
    counts = Curve("Draws", tuple(float(c) for c in found.counts))
    title, shown = f"{found.target.label} over the draws", unit_of(unit, result.case.currency)
    return Chart("histogram", title, unit, shown, (counts,), x=found.bins)
