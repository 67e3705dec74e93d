"""Sheets that show lines of tables along the timeline, a row each member: for reading, not for calculating."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.utils import get_column_letter

from xlroi.formula.scope import name_of
from xlroi.model.model import Matrix
from xlroi.workbook.book import Book
from xlroi.workbook.formats import row_format, shown_unit
from xlroi.workbook.plan import FIRST_STEP, MEMBER, TOTAL, UNIT, Link, Run, Sheet
from xlroi.workbook.sheets.time import time_sheet

__all__ = ["matrices"]


def matrices(book: Book) -> Iterator[Sheet]:
    """The sheets that the template asks for, in its order."""
    for matrix in book.model.matrices:
        yield _matrix(book, matrix)


def _matrix(book: Book, matrix: Matrix) -> Sheet:
    sheet = time_sheet(book, matrix.title)
    row = 6
    for id in matrix.lines:
        line, text = book.system.lines[id], book.model.texts[id]
        shown = row_format(text.unit_text)
        sheet.put(row, 1, text.label, "heading")
        row += 1
        for member in range(book.rows(line.type.table) if line.type.table else 1):
            if line.type.table:
                sheet.put(row, MEMBER, Link(name_of(line.type.table), member), "member")
            sheet.put(row, 2, text.label, "label")
            sheet.put(row, UNIT, shown_unit(text.unit_text, book.case.currency), "unit")
            if f"total.{id}" in book.system.lines:
                sheet.put(row, TOTAL, Link(f"total.{id}", member), "link", shown)
            sheet.runs.append(Run(row, id, False, "link", shown, member, opens=False))
            row += 1
        row += 1
    # A rate of nothing is #N/A: rows of months that are not there would hide those that are.
    first = f"{get_column_letter(FIRST_STEP)}7"
    sheet.behind = (f"{first}:{get_column_letter(FIRST_STEP + book.model.last_step)}{row}", f"ISNA({first})")
    return sheet
