"""The Scenarios sheet: every result under each scenario, side by side and live."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import name_of
from xlroi.model.model import SCENARIOS
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.lines import SHOWN
from xlroi.workbook.plan import Computed, Leaf, Line, Link, Sheet, WhatIfTable

__all__ = ["NAME", "scenarios"]

NAME: Final = "Scenarios"
_LIVE: Final = 5
_FIRST: Final = 6
_TOP: Final = 9


def scenarios(book: Book) -> Sheet:
    """A What-If table: the scenario's number is typed into its input cell, and each result kept."""
    assert book.what_if is not None  # the sheet is only made where there is something to vary
    grid, model = book.what_if.grids["scenarios"], book.model
    sheet = Sheet(NAME, "report", across=True, freeze="F10", repeat_rows="1:9")
    sheet.widths = {1: 3, 2: 44, 3: 24, 4: 14, _LIVE: 18, **{_FIRST + i: 18 for i in range(len(SCENARIOS))}}
    sheet.put(1, 2, f"{NAME} – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.says_state"), "sentence")
    sheet.put(3, 2, Link("book.master"), "sentence")
    sheet.put(4, 2, "A What-If table of Excel: it follows every change of the inputs. Optimistic favours the proposal.", "note")
    sheet.put(5, 2, "Input cell of the table; 0 at rest, 1 to 3 would replace the scenario switch", "label")
    sheet.put(5, _LIVE, Leaf(SHOWN), "plain", "0")
    sheet.put(6, 2, "Live result as the table has it, and as it is", "label")
    sheet.put(6, _LIVE, Line("book.scenario_column"), "calculation", "#,##0.00##")
    sheet.put(6, _FIRST, Line("book.scenario_live"), "calculation", "#,##0.00##")
    sheet.put(_TOP - 1, 2, "Result", "column_head")
    sheet.put(_TOP - 1, 3, "Of", "column_head")
    sheet.put(_TOP - 1, 4, "Unit", "column_head")
    sheet.put(_TOP - 1, _LIVE, "Now", "column_head")
    for index in range(len(SCENARIOS)):
        sheet.put(_TOP - 1, _FIRST + index, Leaf(name_of("scenarios"), index), "column_head")
        sheet.put(_TOP, _FIRST + index, float(index + 1), "note", "0")
    for offset, ((output, member), cells) in enumerate(zip(grid.outputs, grid.body, strict=True), 1):
        row, text = _TOP + offset, model.texts[output]
        table = model.system.lines[output].type.table
        sheet.put(row, 2, text.label, "label")
        if table:
            sheet.put(row, 3, Link(name_of(table), member), "member")
        sheet.put(row, 4, shown_unit(text.unit_text, book.case.currency), "unit")
        shown = number_format(text.unit_text)
        sheet.put(row, _LIVE, Link(output, member), "link", shown)
        for index, (leaf, place) in enumerate(cells):
            sheet.put(row, _FIRST + index, Computed(leaf, place), "output", shown)
    sheet.what_ifs.append(WhatIfTable(_TOP + 1, _FIRST, len(grid.body), len(SCENARIOS), grid.across, grid.down))
    return sheet
