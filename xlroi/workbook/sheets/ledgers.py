"""A sheet for each ledger: its rows as an Excel table, and behind them what they held as built."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.utils import get_column_letter

from xlroi.model.model import Column, Table
from xlroi.workbook.book import Book
from xlroi.workbook.formats import in_full, shown_unit
from xlroi.workbook.lines import built
from xlroi.workbook.plan import Leaf, Line, Link, Sheet, Style

__all__ = ["ledgers"]

_HEADS = 6
_FIRST = 7


def ledgers(book: Book) -> Iterator[Sheet]:
    """The sheets of all ledgers of a book."""
    for table in book.model.tables.values():
        if table.ledger:
            yield _ledger(book, table)


def _ledger(book: Book, table: Table) -> Sheet:
    columns, count = list(table.columns.values()), book.rows(table.id)
    sheet = Sheet(table.label, "input", freeze=f"A{_FIRST}", repeat_rows=f"{_HEADS}:{_HEADS}", print_to=len(columns))
    sheet.put(1, 1, f"{table.label} – {book.case.title}", "subtitle")
    sheet.put(2, 1, Link("book.master"), "sentence")
    sheet.put(3, 1, Link("book.says_changed"), "sentence")
    given = book.case.tables[table.id][0]
    dated = f", as of {given.as_of.isoformat()}" if given.as_of else ""
    sheet.put(4, 1, " ".join(p for p in (table.note, f"Source: {given.source or 'not stated'}{dated}") if p), "note")
    stamps = len(columns) + 2
    sheet.put(4, stamps, "Changed cells, and the column as built", "note")
    for offset, column in enumerate(columns):
        at, stamp = offset + 1, stamps + offset
        head = _head(book, column)
        style: Style = "number_head" if column.kind == "number" else "column_head"
        cell: Style = "input" if column.kind == "number" else "word_input"
        shown = in_full(column.unit_text) if column.kind == "number" else "@"
        sheet.widths |= {at: 16.0 if column.kind == "number" else 26.0, stamp: 14.0}
        sheet.put(_HEADS, at, head, style)
        sheet.put(_HEADS, stamp, f"As built: {head}", style)
        sheet.put(_HEADS - 1, stamp, Line(f"changed.{column.path}"), "calculation", "0")
        for member in range(count):
            row = _FIRST + member
            sheet.put(row, at, Leaf(column.leaf, member), cell, shown)
            sheet.put(row, stamp, Leaf(built(column.leaf), member), "stamp", shown)
        sheet.put(_FIRST + count, stamp, Line(f"changes.{column.path}"), "note", "0")
    sheet.widths[stamps - 1] = 4.0
    sheet.folded = (stamps, stamps + len(columns) - 1)
    sheet.table = table.id, f"A{_HEADS}:{get_column_letter(len(columns))}{_FIRST + count - 1}"
    return sheet


def _head(book: Book, column: Column) -> str:
    """Heads of an Excel table stand in one row, so the unit stands with the label."""
    unit = "" if column.kind != "number" else shown_unit(column.unit_text, book.case.currency)
    named = unit and not unit.startswith(column.label.lower())  # "Month" needs no "months"
    return f"{column.label}, {unit}" if named else column.label
