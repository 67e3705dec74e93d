"""The Tables sheet: rows by name with their columns, spare rows ready, and series period by period."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import name_of
from xlroi.model.model import Column, Series, Table
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.lines import built
from xlroi.workbook.plan import Leaf, Line, Link, Sheet, Style

__all__ = ["NAME", "tables"]

NAME: Final = 2
_FIRST: Final = 4
_PERIODS: Final = 5
_PERIOD_HEADS: Final = {"month": "Month", "quarter": "Quarter", "year": "Year", "fiscal_year": "Fiscal year"}


def tables(book: Book) -> Sheet | None:
    """All tables and series of a book, or ``None`` where the model has neither; a ledger has a sheet of its own."""
    model = book.model
    own_tables = [table for table in model.tables.values() if not table.ledger]
    if not own_tables and not model.series:
        return None
    sheet = Sheet("Tables", "input", member_column=NAME, freeze="C5", repeat_rows="1:4")
    widest = max([len(t.columns) * 2 + len(t.extra) for t in own_tables] + [12])
    sheet.widths = {1: 4, NAME: 30, 3: 4, **{_FIRST + i: 16 for i in range(widest + 6)}}
    sheet.put(1, 1, f"Tables – {book.case.title}", "subtitle")
    sheet.put(2, 1, Link("book.master"), "sentence")
    sheet.put(3, 1, Link("book.says_changed"), "sentence")
    row = 5
    for table in own_tables:
        row = _cross(sheet, book, table, row) if table.cross else _table(sheet, book, table, row)
    own = list(model.series.values())
    if own:
        sheet.put(row, 1, "Series", "heading")
        row += 1
        for series in own:
            row = _series(sheet, book, series, row)
    return sheet


def _table(sheet: Sheet, book: Book, table: Table, row: int) -> int:
    sheet.put(row, 1, table.label, "heading")
    note = table.note or "Type a name into an empty row to add one; clear the name to take a row out"
    sheet.put(row, _FIRST, note, "note")
    heads, first = row + 1, row + 3
    sheet.put(heads, NAME, "Name", "column_head")
    single = [c for c in table.columns.values() if not c.period]
    live = [c for c in single if c.kind == "number"]
    about = _FIRST + len(single) + len(live) + 1 + len(table.extra) + 1
    for offset, column in enumerate(single):
        label = f"{column.label} (decision)" if column.decision else column.label
        _head(sheet, book, heads, _FIRST + offset, label, column.unit_text)
    for offset, column in enumerate(live):
        _head(sheet, book, heads, _FIRST + len(single) + 1 + offset, f"{column.label}, live", column.unit_text)
    for offset, line in enumerate(table.extra):
        label, unit = book.model.texts[line].label, book.model.texts[line].unit_text
        _head(sheet, book, heads, _FIRST + len(single) + len(live) + 1 + offset, label, unit)
    for offset, label in enumerate(("Source", "As of", "Note")):
        sheet.put(heads, about + offset, label, "column_head")
    given = book.case.tables[table.id]
    for member in range(book.rows(table.id)):
        at = first + member
        sheet.put(at, NAME, Leaf(name_of(table.id), member), "name_input")
        for offset, column in enumerate(single):
            style: Style = "input" if column.kind == "number" else "word_input"
            shown = number_format(column.unit_text) if column.kind == "number" else "@"
            sheet.put(at, _FIRST + offset, Leaf(column.leaf, member), style, shown)
            if column.choices:
                sheet.choices[at, _FIRST + offset] = column.choices
            elif column.key:
                sheet.keys[at, _FIRST + offset] = column.key
        for offset, column in enumerate(live):
            shown = number_format(column.unit_text)
            sheet.put(at, _FIRST + len(single) + 1 + offset, Line(column.path, member), "calculation", shown)
        for offset, line in enumerate(table.extra):
            sheet.put(at, _FIRST + len(single) + len(live) + 1 + offset, Line(line, member), "calculation", "0")
        _stamps(sheet, book, table, single, at, member, about + 4)
        if member < len(given):
            one = given[member]
            sheet.put(at, about, one.source or "not stated", "aside")
            sheet.put(at, about + 1, one.as_of.isoformat() if one.as_of else "", "note")
            sheet.put(at, about + 2, one.note, "aside")
    heads_built = ["As built: name", *(f"As built: {c.label}" for c in single), "Changed"]
    for offset, label in enumerate(heads_built):
        sheet.put(heads, about + 4 + offset, label, "column_head")
    row = first + book.rows(table.id)
    for id in _changed_ids(book, table.id):
        sheet.put(row, about + 3 + len(heads_built), Line(f"changes.{id}"), "note", "0")
        row += 1
    row += 1
    for column in table.columns.values():
        if column.period:
            row = _column_series(sheet, book, table, column, row)
    return row


def _changed_ids(book: Book, table: str) -> list[str]:
    """The lines that tell whether a row changed; a wide table has several."""
    known = (table, *(f"{table}.part{i}" for i in range(1, 20)))
    return [id for id in known if f"changed.{id}" in book.system.lines]


def _stamps(sheet: Sheet, book: Book, table: Table, single: list[Column], row: int, member: int, column: int) -> None:
    """What the row held when the book was built, and whether it still does."""
    for offset, leaf in enumerate([name_of(table.id), *(c.leaf for c in single)]):
        kind = single[offset - 1] if offset else None
        shown = number_format(kind.unit_text) if kind and kind.kind == "number" else "@"
        sheet.put(row, column + offset, Leaf(built(leaf), member), "stamp", shown)
    for offset, id in enumerate(_changed_ids(book, table.id)):
        sheet.put(row, column + 1 + len(single) + offset, Line(f"changed.{id}", member), "calculation", "0")


def _head(sheet: Sheet, book: Book, row: int, column: int, label: str, unit: str) -> None:
    is_text = unit == "text"
    sheet.put(row, column, label, "column_head" if is_text else "number_head")
    sheet.put(row + 1, column, "" if is_text else shown_unit(unit, book.case.currency), "unit" if is_text else "header")


def _column_series(sheet: Sheet, book: Book, table: Table, column: Column, row: int) -> int:
    sheet.put(row, NAME, f"{table.label}: {column.label}", "column_head")
    sheet.put(row, 4, shown_unit(column.unit_text, book.case.currency), "unit")
    _period_heads(sheet, row, str(column.period), column.count)
    for member in range(book.rows(table.id)):
        at = row + 1 + member
        sheet.put(at, NAME, Link(name_of(table.id), member), "link")
        for period in range(column.count):
            cell = Leaf(column.leaf, member, period)
            sheet.put(at, _PERIODS + period, cell, "input", number_format(column.unit_text))
            stamp = Leaf(built(column.leaf), member, period)
            sheet.put(at, _PERIODS + column.count + 2 + period, stamp, "stamp", number_format(column.unit_text))
        changed = Line(f"changed.{column.path}", member)
        sheet.put(at, _PERIODS + column.count, changed, "calculation", "0")
    sheet.put(row, _PERIODS + column.count, "Changed", "column_head")
    sheet.put(row, _PERIODS + column.count + 2, "As built", "column_head")
    below = row + 1 + book.rows(table.id)
    sheet.put(below, _PERIODS + column.count, Line(f"changes.{column.path}"), "note", "0")
    return below + 2


def _series(sheet: Sheet, book: Book, series: Series, row: int) -> int:
    sheet.put(row, NAME, series.label, "column_head")
    sheet.put(row, 4, shown_unit(series.unit_text, book.case.currency), "unit")
    _period_heads(sheet, row, series.period, series.count)
    for period in range(series.count):
        cell = Leaf(f"{series.id}.values", 0, period)
        sheet.put(row + 1, _PERIODS + period, cell, "input", number_format(series.unit_text))
        stamp = Leaf(built(f"{series.id}.values"), 0, period)
        sheet.put(row + 1, _PERIODS + series.count + 2 + period, stamp, "stamp", number_format(series.unit_text))
    sheet.put(row, _PERIODS + series.count, "Changed", "column_head")
    sheet.put(row, _PERIODS + series.count + 2, "As built", "column_head")
    sheet.put(row + 1, _PERIODS + series.count, Line(f"changed.{series.id}"), "calculation", "0")
    sheet.put(row + 2, _PERIODS + series.count, Line(f"changes.{series.id}"), "note", "0")
    given = book.case.series[series.id]
    sheet.put(row + 1, NAME, given.note or series.help, "note")
    sheet.put(row + 2, NAME, f"Source: {given.source or 'not stated'}", "note")
    return row + 4


def _period_heads(sheet: Sheet, row: int, period: str, count: int) -> None:
    for index in range(count):
        sheet.put(row, _PERIODS + index, f"{_PERIOD_HEADS[period]} {index + 1}", "number_head")


def _cross(sheet: Sheet, book: Book, table: Table, row: int) -> int:
    """The rows of a cross table follow the tables that it joins."""
    cross = table.cross
    assert cross is not None
    sheet.put(row, 1, table.label, "heading")
    sheet.put(row, _FIRST, table.note or "Pairs of the rows above; nothing to type here", "note")
    for column, label in ((NAME, "Name"), (_FIRST, cross.left), (_FIRST + 1, cross.right)):
        sheet.put(row + 1, column, label, "column_head")
    for member in range(book.rows(table.id)):
        at = row + 2 + member
        sheet.put(at, NAME, Line(name_of(table.id), member), "calculation")
        sheet.put(at, _FIRST, Line(f"{table.id}.{cross.left}", member), "calculation")
        sheet.put(at, _FIRST + 1, Line(f"{table.id}.{cross.right}", member), "calculation")
    return row + 3 + book.rows(table.id)
