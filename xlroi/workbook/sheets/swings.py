"""Sensitivity as stamped values, for spreadsheets without What-If tables, such as Google Sheets (untested there)."""

from __future__ import annotations

from xlroi.analysis.swing import swings
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.plan import Link, Sheet

__all__ = ["NAME", "swings_sheet"]

NAME = "Static sensitivity"


def swings_sheet(book: Book) -> Sheet:
    """One row per input, in the base scenario, one input at a time."""
    model = book.model
    output = next(h for h in model.headlines if model.system.lines[h].type.kind == "number")
    output = "npv" if "npv" in model.headlines else output
    text = model.texts[output]
    shown = number_format(text.unit_text)
    sheet = Sheet(NAME, "record", freeze="A6", repeat_rows="1:5")
    sheet.widths = {1: 46, 2: 18, 3: 18, 4: 18, 5: 60}
    unit = shown_unit(text.unit_text, book.case.currency)
    sheet.put(1, 1, f"Sensitivity of {text.label.lower()}, {unit}", "title")
    sheet.put(2, 1, "One input at a time from its base to its scenario values. Stamped at the build.", "note")
    sheet.put(3, 1, "These figures are", "label")
    sheet.put(3, 2, Link("book.stale"), "link")
    for column, head in enumerate(("Input", "Optimistic", "Pessimistic", "Distance"), 1):
        sheet.put(5, column, head, "column_head" if column == 1 else "number_head")
    for row, swing in enumerate(swings(book.case, output), 6):
        sheet.put(row, 1, swing.label, "label")
        for column, value in ((2, swing.optimistic), (3, swing.pessimistic)):
            sheet.put(row, column, value if isinstance(value, float) else str(value), "stamp", shown)
        sheet.put(row, 4, swing.reach if swing.reach != float("inf") else "no number", "stamp", shown)
    return sheet
