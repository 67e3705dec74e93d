"""Native charts with titles, axes and units, few colours, readable in greyscale."""

from __future__ import annotations

from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlroi.workbook.layout import Layout
from xlroi.workbook.plan import FIRST_STEP, Drawing, Home, Sheet

__all__ = ["draw"]

_COLOURS: Final = ("1F4E79", "C55A11", "548235", "7F7F7F")


def draw(workbook: Workbook, layout: Layout, sheet: Sheet) -> None:
    """All charts of one sheet."""
    for drawing in sheet.drawings:
        make = _columns if drawing.kind == "columns" else _path
        chart = make(workbook, layout, drawing)
        chart.title = drawing.title
        chart.width, chart.height = drawing.size
        for axis in (chart.x_axis, chart.y_axis):
            axis.delete = False  # openpyxl's default hides the axes in Excel
        worksheet = workbook[sheet.name]
        assert isinstance(worksheet, Worksheet)  # the plan makes no chart sheets
        Worksheet.add_chart(worksheet, chart, drawing.anchor)


def _reference(workbook: Workbook, home: Home, layout: Layout) -> Reference:
    sheet = workbook[home.sheet]
    if home.column is not None:
        return Reference(sheet, min_col=home.column, min_row=home.row)
    return Reference(sheet, min_col=FIRST_STEP, max_col=layout.last, min_row=home.row)


def _columns(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    chart = BarChart()
    chart.type, chart.gapWidth = "col", 80
    model = layout.book.model
    for index, id in enumerate(drawing.lines):
        series = Series(_reference(workbook, layout.homes[id], layout), title=model.texts[id].label)
        series.graphicalProperties = GraphicalProperties(solidFill=_COLOURS[index % len(_COLOURS)])
        series.invertIfNegative = False
        series.dLbls = DataLabelList(
            showVal=True, showSerName=False, showCatName=False, showLegendKey=False, showPercent=False
        )
        series.dLbls.numFmt = "#,##0"
        chart.append(series)
    chart.y_axis.title = layout.book.case.currency
    chart.y_axis.numFmt = "#,##0"
    chart.x_axis.tickLblPos = "none"
    chart.legend = Legend(legendPos="b")
    return chart


def _path(workbook: Workbook, layout: Layout, drawing: Drawing) -> Any:
    """Lines over months; x stops at the horizon, so what follows it collapses into the last point."""
    chart = ScatterChart()
    chart.style, chart.scatterStyle = 13, "lineMarker"
    model = layout.book.model
    months = _reference(workbook, layout.homes["chart_month"], layout)
    for index, id in enumerate(drawing.lines):
        series = Series(_reference(workbook, layout.homes[id], layout), months, title=model.texts[id].label)
        series.marker.symbol = "none"
        series.graphicalProperties.line.solidFill = _COLOURS[index]
        series.graphicalProperties.line.width = 22000
        series.graphicalProperties.line.dashStyle = "solid" if index == 0 else "dash"
        series.smooth = False
        chart.series.append(series)
    if drawing.marker:
        zero = _reference(workbook, layout.homes["chart_zero"], layout)
        at = _reference(workbook, layout.homes[drawing.marker], layout)
        series = Series(zero, at, title=model.texts[drawing.marker].label)
        series.marker.symbol, series.marker.size = "diamond", 10
        series.marker.graphicalProperties = GraphicalProperties(solidFill="000000")
        series.graphicalProperties.line.noFill = True
        chart.series.append(series)
    chart.x_axis.title, chart.y_axis.title = "Month", layout.book.case.currency
    chart.x_axis.numFmt, chart.y_axis.numFmt = "0", "#,##0"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.scaling.min = 0
    chart.legend = Legend(legendPos="b")
    return chart
