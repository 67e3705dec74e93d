"""Annual: the lines by fiscal year; and the profit and loss view beside cash."""

from __future__ import annotations

from typing import Final

from openpyxl.utils import get_column_letter

from xlroi.workbook.annual import TABLE, annual_lines, group_id
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.plan import Leaf, Line, Link, Sheet

__all__ = ["by_year", "profit_and_loss"]

_UNIT: Final = 3
_FIRST: Final = 4


def _sheet(book: Book, name: str) -> tuple[Sheet, int]:
    years = book.rows(TABLE)
    sheet = Sheet(name, "annual", across=True, freeze="D6", repeat_rows="1:5", repeat_columns="A:C")
    sheet.widths = {1: 4, 2: 44, _UNIT: 14, **{_FIRST + i: 15 for i in range(years + 3)}}
    sheet.put(1, 1, f"{name} – {book.case.title}", "subtitle")
    sheet.put(2, 1, Link("book.says_state"), "sentence")
    sheet.put(3, 1, Link("book.master"), "sentence")
    return sheet, years


def by_year(book: Book) -> Sheet:
    """Flows sum, balances show the last month of the year; rates are left out, as they do not add up."""
    sheet, years = _sheet(book, "Annual")
    model = book.model
    sheet.put(4, 2, "Fiscal year", "label")
    sheet.put(5, 2, f"{model.step.capitalize()}s in operation", "label")
    sheet.put(6, 2, "Place of the year", "note")
    for year in range(years):
        sheet.put(4, _FIRST + year, Line("annual.year", year), "number_head", "0")
        sheet.put(5, _FIRST + year, Line("annual.months", year), "calculation", "0")
        sheet.put(6, _FIRST + year, Leaf("annual.place", year), "plain", "0")
    for offset, head in enumerate(("Total", "Not as the timeline", "So far")):
        sheet.put(4, _FIRST + years + offset, head, "number_head")
    row, section = 7, ""
    for id in annual_lines(model):
        text = model.texts[id]
        if text.section != section:
            section = text.section
            row += 1
            sheet.put(row, 1, section, "heading")
            row += 1
        shown = number_format(text.unit_text)
        sheet.put(row, 2, text.label, "label")
        sheet.put(row, _UNIT, shown_unit(text.unit_text, book.case.currency), "unit")
        for year in range(years):
            sheet.put(row, _FIRST + year, Line(f"annual.{id}", year), "calculation", shown)
        if f"years.{id}" in book.system.lines:
            sheet.put(row, _FIRST + years, Line(f"years.{id}"), "total", shown)
            sheet.put(row, _FIRST + years + 1, Line(f"apart.{id}"), "calculation", "0")
            sheet.put(row, _FIRST + years + 2, Line(f"aparts.{id}"), "calculation", "0")
        else:
            sheet.put(row, _FIRST + years, "at year's end", "aside")
        row += 1
    sheet.folded = (_FIRST + years + 1, _FIRST + years + 2)
    _blank_after_horizon(sheet, years, 7, row)
    return sheet


def _blank_after_horizon(sheet: Sheet, years: int, first: int, last: int) -> None:
    """Years wholly behind the horizon show nothing; the first is shown, though it may have no month in operation."""
    if years > 1:
        left, right = get_column_letter(_FIRST + 1), get_column_letter(_FIRST + years - 1)
        sheet.behind = (f"{left}{first}:{right}{last}", f"{left}$5=0")


def profit_and_loss(book: Book) -> Sheet | None:
    """What comes in, less what is used up: depreciation instead of the purchase."""
    groups = book.model.profit_and_loss
    if not groups:
        return None
    sheet, years = _sheet(book, "P&L")
    sheet.put(4, 2, "Fiscal year", "label")
    for year in range(years):
        sheet.put(4, _FIRST + year, Link("annual.year", year), "number_head", "0")
        sheet.put(5, _FIRST + year, Link("annual.months", year), "link", "0")
    sheet.put(5, 2, f"{book.model.step.capitalize()}s in operation", "label")
    sheet.put(4, _FIRST + years, "Total", "number_head")
    shown, unit, row = number_format("money"), shown_unit("money", book.case.currency), 6
    for title, ids in groups.items():
        sheet.put(row, 1, title, "heading")
        row += 1
        for id in ids:
            sheet.put(row, 2, book.model.texts[id].label, "label")
            sheet.put(row, _UNIT, unit, "unit")
            for year in range(years):
                sheet.put(row, _FIRST + year, Link(f"annual.{id}", year), "link", shown)
            sheet.put(row, _FIRST + years, Link(f"years.{id}"), "link", shown)
            row += 1
        sheet.put(row, 2, title, "label")
        sheet.put(row, _UNIT, unit, "unit")
        for year in range(years):
            sheet.put(row, _FIRST + year, Line(f"result.{group_id(title)}", year), "total", shown)
        row += 2
    sheet.put(row, 2, "Result", "label")
    sheet.put(row, _UNIT, unit, "unit")
    for year in range(years):
        sheet.put(row, _FIRST + year, Line("result.all", year), "total", shown)
    sheet.put(row, _FIRST + years, Line("years.result"), "total", shown)
    _blank_after_horizon(sheet, years, 6, row)
    first, *others = groups
    sheet.put(row + 2, 2, f"{first} less {', '.join(o.lower() for o in others)}", "note")
    return sheet
