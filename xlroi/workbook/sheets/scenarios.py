"""The Scenarios sheet: every result under each scenario, side by side and live."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import name_of
from xlroi.model.model import SCENARIOS
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, report_unit
from xlroi.workbook.lines import SHOWN, as_shown
from xlroi.workbook.plan import Computed, Leaf, Line, Link, Sheet, WhatIfTable
from xlroi.workbook.whatif import Grid, WhatIfs

__all__ = ["NAME", "scenarios"]

NAME: Final = "Scenarios"
_LIVE: Final = 5
_FIRST: Final = 6
_TOP: Final = 7


def scenarios(book: Book, what_if: WhatIfs) -> Sheet:
    """The comparison reads What-If tables below it, one a result, that type each scenario's number into a cell."""
    grid, model, leaves = what_if.grids["scenarios"], book.model, {**book.leaves, **what_if.computed}
    names = {t: book.engine.row_names(leaves, t) for t in {o.table for o in model.outputs} if t}
    sheet = Sheet(NAME, "report", member_column=2, freeze="F8", repeat_rows="1:7")
    sheet.widths = {1: 3, 2: 48, 3: 34, 4: 20, **dict.fromkeys(range(_LIVE, _FIRST + len(SCENARIOS)), 18)}
    sheet.put(1, 2, f"{NAME} – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.says_state"), "sentence")
    sheet.put(3, 2, Link("book.master"), "sentence")
    sheet.put(4, 2, "Live: every column follows the inputs. Optimistic is favourable to the proposal.", "note")
    for column, head in enumerate(("Result", "Of", "Unit", "Now"), 2):
        sheet.put(_TOP, column, head, "number_head" if column == _LIVE else "column_head")
    for index, scenario in enumerate(SCENARIOS):
        sheet.put(_TOP, _FIRST + index, as_shown(scenario), "number_head")
    row = _TOP
    for (output, member), (leaf, _) in zip(grid.outputs, grid.body[0], strict=True):
        text, table = model.texts[output], model.system.lines[output].type.table
        if table and not names[table][member]:
            continue  # a row that had no name at the build
        row += 1
        shown = number_format(text.unit_text)
        sheet.put(row, 2, text.label, "label")
        if table:
            sheet.put(row, 3, Link(name_of(table), member), "member")
        sheet.put(row, 4, report_unit(text.unit_text, book.case.currency), "unit")
        sheet.put(row, _LIVE, Link(output, member), "output", shown)
        for index in range(len(SCENARIOS)):
            sheet.put(row, _FIRST + index, Link(leaf, index), "link", shown)
    sheet.print_to, sheet.print_rows = _FIRST + len(SCENARIOS) - 1, row
    _table(sheet, book, grid, row + 3)
    return sheet


def _table(sheet: Sheet, book: Book, grid: Grid, row: int) -> None:
    sheet.put(row, 2, "The What-If tables behind it", "heading")
    sheet.put(row + 1, 2, "Their input cell: 0 at rest, 1 to 3 would replace the scenario switch", "label")
    sheet.put(row + 1, _LIVE, Leaf(SHOWN), "plain", "0")
    sheet.put(row + 2, 2, "One result as the table has it for the chosen scenario, and live", "label")
    sheet.put(row + 2, _LIVE, Line("book.scenario_column"), "calculation", "#,##0.00##")
    sheet.put(row + 2, _FIRST, Line("book.scenario_live"), "calculation", "#,##0.00##")
    at = row + 4
    for (output, member), (leaf, _) in zip(grid.outputs, grid.body[0], strict=True):
        text = book.model.texts[output]
        shown = number_format(text.unit_text)
        sheet.put(at, 2, text.label, "label")
        sheet.put(at, _LIVE, Link(output, member), "link", shown)
        for index, scenario in enumerate(SCENARIOS, 1):
            sheet.put(at + index, 3, as_shown(scenario), "note")
            sheet.put(at + index, _LIVE - 1, float(index), "note", "0")
            sheet.put(at + index, _LIVE, Computed(leaf, index - 1), "plain", shown)
        sheet.what_ifs.append(WhatIfTable(at + 1, _LIVE, len(SCENARIOS), 1, None, SHOWN))
        at += len(SCENARIOS) + 1
    sheet.put(at, 2, "Scenarios, as the table knows them", "note")
    for index in range(len(SCENARIOS)):
        sheet.put(at + index, _LIVE, Leaf(name_of("scenarios"), index), "note")
