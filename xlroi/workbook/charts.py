"""Native charts with titles, axes and units, few colours, readable in greyscale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, BubbleChart, Reference, ScatterChart, Series
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.series_factory import SeriesFactory
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.text import Text as ChartText
from openpyxl.chart.title import Title
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from xlroi.engine.run import Engine
from xlroi.formula.scope import name_of
from xlroi.model.model import SCENARIOS, marker_height
from xlroi.workbook.formats import shown_unit
from xlroi.workbook.layout import Layout
from xlroi.workbook.plan import FIRST_STEP, Drawing, Home, Sheet

__all__ = ["draw"]

_COLOURS: Final = ("1F4E79", "C55A11", "548235", "7F7F7F")
_DASHES: Final = ("solid", "dash", "sysDot", "dashDot")


def draw(workbook: Workbook, layout: Layout, sheet: Sheet) -> None:
    """All charts of one sheet."""
    for drawing in sheet.drawings:
        if drawing.kind in ("histogram", "frontier"):
            chart = (_histogram if drawing.kind == "histogram" else _frontier)(workbook[sheet.name], drawing)
        else:
            of_lines = {"path": _path, "tornado": _tornado, "bubble": _bubble}
            chart = of_lines.get(drawing.kind, _columns)(workbook, layout, drawing)
        chart.title = _title(drawing.title)
        named = drawing.kind == "bubble"  # each bubble says its name itself
        chart.legend = Legend(legendPos="b") if len(chart.series) > 1 and not named else None
        chart.width, chart.height = drawing.size
        for axis in (chart.x_axis, chart.y_axis):
            axis.delete = False  # openpyxl's default hides the axes in Excel
        worksheet = workbook[sheet.name]
        assert isinstance(worksheet, Worksheet)  # the plan makes no chart sheets
        Worksheet.add_chart(worksheet, chart, drawing.anchor)
        if drawing.offset:
            chart.anchor = _beside(drawing)


def _title(text: str) -> Title:
    """A title of 12 points."""
    properties = ParagraphProperties(defRPr=CharacterProperties(sz=1200, b=True))
    run = RegularTextRun(rPr=CharacterProperties(sz=1200, b=True), t=text)
    rich = RichText(p=[Paragraph(pPr=properties, r=[run])])
    return Title(tx=ChartText(rich=rich), overlay=False)


def _beside(drawing: Drawing) -> OneCellAnchor:
    """The anchor of a chart that begins inside its cell."""
    row, column = coordinate_to_tuple(drawing.anchor)
    marker = AnchorMarker(col=column - 1, colOff=_emu(drawing.offset), row=row - 1)
    return OneCellAnchor(_from=marker, ext=XDRPositiveSize2D(*(_emu(cm) for cm in drawing.size)))


def _emu(cm: float) -> int:
    """Centimetres in the units of drawings."""
    return round(cm * 360_000)


def _reference(workbook: Workbook, home: Home, layout: Layout, member: int = 0) -> Reference:
    sheet = workbook[home.sheet]
    row = home.row + member
    if home.column is not None:
        return Reference(sheet, min_col=home.column, min_row=row)
    return Reference(sheet, min_col=FIRST_STEP, max_col=layout.last, min_row=row)


def _down(workbook: Workbook, home: Home, count: int) -> Reference:
    return Reference(workbook[home.sheet], min_col=home.column or 1, min_row=home.row, max_row=home.row + count - 1)


def _columns(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    chart = BarChart()
    chart.type, chart.gapWidth = "col", 80
    falls = drawing.kind == "waterfall"
    if falls:
        chart.grouping, chart.overlap, chart.gapWidth = "stacked", 100, 40
    model, amounts = layout.book.model, _amounts(layout, drawing)
    bars = sum(len(list(_numbers(layout, id))) for id in drawing.lines)
    for index, id in enumerate(drawing.lines):
        table = model.system.lines[id].type.table
        values = _reference(workbook, layout.homes[id], layout)
        if table:  # a column for each row of the table, spare ones included
            values = _down(workbook, layout.homes[id], layout.book.rows(table))
        series = Series(values, title=model.texts[id].label)
        if table:
            names = _down(workbook, layout.homes[name_of(table)], layout.book.rows(table))
            series.cat = AxDataSource(strRef=StrRef(f=str(names)))
        series.graphicalProperties = GraphicalProperties(solidFill=_COLOURS[index % len(_COLOURS)])
        series.invertIfNegative = False
        if falls and index == 0:
            series.graphicalProperties = GraphicalProperties(noFill=True)
        if falls:
            chart.append(series)
            continue
        if bars <= _LABELLED:
            series.dLbls = DataLabelList(
                showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False
            )
            series.dLbls.numFmt = amounts
        chart.append(series)
    chart.y_axis.title = layout.book.case.currency
    chart.y_axis.numFmt = amounts
    if not falls and _none_below_zero(layout, drawing):
        chart.y_axis.scaling.min = 0
    chart.x_axis.tickLblPos = "low" if any(model.system.lines[id].type.table for id in drawing.lines) else "none"
    return chart


_LABELLED: Final = 8
"""The amounts on more columns than these would stand on each other."""


def _none_below_zero(layout: Layout, drawing: Drawing) -> bool:
    """Whether columns may start at 0: in no scenario of the case one lies below."""
    case, model = layout.book.case, layout.book.model
    engine = Engine(model.system, model.steps)
    for scenario in SCENARIOS:
        values = engine.evaluate(case.values(scenario), outputs=drawing.lines)
        for id in drawing.lines:
            table = model.system.lines[id].type.table
            for member in range(len(values.row_names(table)) if table else 1):
                value = values.cell(id, member)
                if isinstance(value, float) and value < 0:
                    return False
    return True


def _amounts(layout: Layout, drawing: Drawing) -> str:
    """Large amounts in millions, by the format alone."""
    sizes = [abs(v) for id in drawing.lines for v in _numbers(layout, id)]
    return _MILLIONS if max(sizes, default=0) >= _MANY else "#,##0"


_MILLIONS: Final = '#,##0.0,,"m"'
_MANY: Final = 5e6


def _numbers(layout: Layout, id: str) -> Iterator[float]:
    """What a line holds as built."""
    table = layout.book.model.system.lines[id].type.table
    for member in range(layout.book.rows(table) if table else 1):
        for value in layout.as_built.row(id, member):
            if isinstance(value, float):
                yield value


def _paths(layout: Layout, drawing: Drawing) -> Iterator[tuple[str, int, str]]:
    """Line, row and title of each path; of a table, the rows that had a name when the book was built."""
    model = layout.book.model
    for id in drawing.lines:
        table = model.system.lines[id].type.table
        if table is None:
            yield id, 0, model.texts[id].label
            continue
        for member, name in enumerate(layout.as_built.row_names(table)):
            if name:
                yield id, member, name


def _path(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    """Lines over months; x stops at the horizon, so what follows it collapses into the last point."""
    chart = ScatterChart()
    chart.style, chart.scatterStyle = 13, "lineMarker"
    model = layout.book.model
    months = _reference(workbook, layout.homes["chart_month"], layout)
    for index, (id, member, title) in enumerate(_paths(layout, drawing)):
        series = Series(_reference(workbook, layout.homes[id], layout, member), months, title=title)
        series.marker.symbol = "none"
        series.graphicalProperties.line.solidFill = _COLOURS[index % len(_COLOURS)]
        series.graphicalProperties.line.width = 22000
        series.graphicalProperties.line.dashStyle = _DASHES[index % len(_DASHES)]
        series.smooth = False
        chart.series.append(series)
    if drawing.marker:
        zero = _reference(workbook, layout.homes[marker_height(drawing.marker)], layout)
        at = _reference(workbook, layout.homes[drawing.marker], layout)
        series = Series(zero, at, title=model.texts[drawing.marker].label)
        series.marker.symbol, series.marker.size = "diamond", 10
        series.marker.graphicalProperties = GraphicalProperties(solidFill="000000")
        series.graphicalProperties.line.noFill = True
        series.smooth = False
        chart.series.append(series)
    chart.x_axis.title, chart.y_axis.title = model.step.capitalize(), layout.book.case.currency
    chart.x_axis.numFmt, chart.y_axis.numFmt = "0", _amounts(layout, drawing)
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.scaling.min = 0
    if model.step == "month":
        chart.x_axis.majorUnit = 12  # type: ignore[union-attr]  # of a scatter chart it is a number's
    if layout.as_built.cell("horizon") == model.last_step:  # else the user may lengthen the period behind a fixed end
        chart.x_axis.scaling.max = model.last_step
    return chart


def _tornado(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    """Bars to both sides of the live result, the widest on top."""
    chart = BarChart()
    chart.type, chart.overlap, chart.gapWidth = "bar", 100, 40
    labels, *ends = drawing.lines
    count = layout.book.rows("top")
    for index, (id, title) in enumerate(zip(ends, ("Pessimistic", "Optimistic"), strict=True)):
        series = Series(_down(workbook, layout.homes[id], count), title=title)
        series.cat = AxDataSource(strRef=StrRef(f=str(_down(workbook, layout.homes[labels], count))))
        series.graphicalProperties = GraphicalProperties(solidFill=("C55A11", "1F4E79")[index])
        series.invertIfNegative = False
        chart.append(series)
    chart.x_axis.scaling.orientation, chart.x_axis.tickLblPos = "maxMin", "low"
    chart.y_axis.title, chart.y_axis.numFmt, chart.y_axis.crosses = "Change of the output", "#,##0.##", "max"
    return chart


def _histogram(sheet: Any, drawing: Drawing) -> Any:
    """How many trials fell into each bin; the bins of the percentiles in another colour."""
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "col", "stacked", 100, 5
    unit, bins, *counts = drawing.lines
    for cells, title, colour in zip(counts, ("Trials", "P10, P50, P90"), ("9DB7D5", "1F4E79"), strict=True):
        series = Series(Reference(range_string=f"'{sheet.title}'!{cells}"), title=title)
        series.cat = AxDataSource(strRef=StrRef(f=f"'{sheet.title}'!{bins}"))
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
        chart.append(series)
    chart.x_axis.title, chart.y_axis.title = unit or None, "Trials"
    chart.x_axis.numFmt, chart.y_axis.numFmt = "#,##0.##", "#,##0"
    chart.x_axis.tickLblSkip, chart.x_axis.tickLblPos = 5, "low"
    return chart


def _bubble(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    """The rows of a table that had a name when the book was built, each with its name where they are few."""
    chart = BubbleChart()
    chart.style, chart.bubbleScale, chart.sizeRepresents = 13, 15, "area"
    model = layout.book.model
    across, up, size = drawing.lines
    table = str(model.system.lines[across].type.table)
    members = [i for i, name in enumerate(layout.as_built.row_names(table)) if name]
    few = len(members) <= _NAMED
    for member in members:
        x, y, z = (_reference(workbook, layout.homes[id], layout, member) for id in (across, up, size))
        series = SeriesFactory(values=y, xvalues=x, zvalues=z)
        name = _reference(workbook, layout.homes[name_of(table)], layout, member)
        series.tx = SeriesLabel(strRef=StrRef(f=str(name)))
        series.graphicalProperties = GraphicalProperties(solidFill="9DB7D5")
        series.invertIfNegative = False
        if few:
            series.dLbls = DataLabelList(
                showSerName=True, showVal=False, showCatName=False, showLegendKey=False, showPercent=False
            )
            series.dLbls.showBubbleSize, series.dLbls.position = False, "t"
        chart.series.append(series)
    for axis, id in ((chart.x_axis, across), (chart.y_axis, up)):
        text = model.texts[id]
        axis.title = f"{text.label}, {shown_unit(text.unit_text, layout.book.case.currency)}"
        axis.numFmt, axis.tickLblPos = _amounts(layout, drawing), "low"
    return chart


_NAMED: Final = 25
"""More bubbles than these could not be told apart by their names."""


def _frontier(sheet: Any, drawing: Drawing) -> Any:
    """Points joined by a line."""
    chart = ScatterChart()
    chart.style, chart.scatterStyle = 13, "lineMarker"
    unit, budgets, worths = drawing.lines
    across, up = (Reference(range_string=f"'{sheet.title}'!{cells}") for cells in (budgets, worths))
    series = Series(up, across, title="Best choice")
    series.marker.symbol, series.marker.size = "circle", 7
    series.graphicalProperties.line.solidFill = _COLOURS[0]
    series.smooth = False
    chart.series.append(series)
    chart.x_axis.title, chart.y_axis.title = f"Budgets, {unit}", f"Worth, {unit}"
    chart.x_axis.numFmt = chart.y_axis.numFmt = _MILLIONS if _largest(sheet, drawing) >= _MANY else "#,##0"
    chart.x_axis.scaling.min = 0
    return chart


def _largest(sheet: Any, drawing: Drawing) -> float:
    return max(abs(float(cell.value)) for cells in drawing.lines[1:] for (cell,) in sheet[cells])
