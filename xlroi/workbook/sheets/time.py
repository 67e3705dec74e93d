"""Sheets along the timeline: the Timeline itself and the Calculations, block by block."""

from __future__ import annotations

from xlroi.formula.scope import name_of
from xlroi.formula.system import Line as SystemLine
from xlroi.model.model import Section
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, row_format, shown_unit
from xlroi.workbook.plan import (
    FIRST_STEP,
    MEMBER,
    NOTE,
    OPENING,
    TOTAL,
    UNIT,
    VALUE,
    Leaf,
    Line,
    Link,
    Run,
    Sheet,
    Text,
)
from xlroi.workbook.refs import header_rows

__all__ = ["calculations", "time_sheet", "timeline"]


def timeline(book: Book) -> Sheet:
    """Dates, month numbers and flags, once; the constants stand here as well."""
    sheet = time_sheet(book, "Timeline")
    section = book.model.sections[0]
    rows = {id: 8 + i for i, id in enumerate(section.lines)}  # these lines stand together and read each other directly
    row = _section(sheet, book, section, 6, rows)
    sheet.put(row, 1, "Constants", "heading")
    row += 1
    for constant in book.model.constants.values():
        sheet.put(row, 2, constant.label, "label")
        sheet.put(row, VALUE, Leaf(constant.id), "plain", _constant_format(constant.unit_text))
        sheet.put(row, UNIT, shown_unit(constant.unit_text, book.case.currency), "unit")
        sheet.put(row, NOTE, constant.source, "aside")
        row += 1
    return sheet


def calculations(book: Book) -> Sheet:
    """Every line of the model in a block of its own: links to its ingredients above, the calculation last."""
    sheet = time_sheet(book, "Calculations")
    row = 6
    for section in book.model.sections[1:]:
        row = _section(sheet, book, section, row, {})
    return sheet


def _constant_format(unit: str) -> str:
    return number_format(unit) if unit == "%" else "General"


def time_sheet(book: Book, name: str) -> Sheet:
    """An empty sheet along the timeline, with its header."""
    sheet = Sheet(name, "time", freeze="I5", repeat_rows="1:4", repeat_columns="A:F")
    sheet.widths = {
        1: 4,
        2: 44,
        MEMBER: 18 if book.model.tables else 4,
        VALUE: 16,
        UNIT: 20,
        TOTAL: 15,
        NOTE: 28,
        OPENING: 11,
    }
    sheet.widths |= {FIRST_STEP + s: 12.5 for s in range(book.model.steps)}
    sheet.put(1, 1, f"{name} – {book.case.title}", "subtitle")
    sheet.put(2, 1, Link("book.says_state"), "sentence")
    sheet.put(3, 1, Link("book.master"), "sentence")
    sheet.put(4, 1, f"All amounts in {book.case.currency} unless a unit says otherwise", "note")
    for word, row in header_rows(book.model.step).items():
        text = book.model.texts[word]
        sheet.put(row, OPENING, text.label, "header")
        sheet.runs.append(Run(row, word, False, "header", row_format(text.unit_text)))
    for column, label in ((VALUE, "Value"), (UNIT, "Unit"), (TOTAL, "Total"), (NOTE, "Note")):
        sheet.put(4, column, label, "header")
    return sheet


def _section(sheet: Sheet, book: Book, section: Section, row: int, shared: dict[str, int]) -> int:
    sheet.put(row, 1, section.title, "heading")
    if section.note:
        sheet.put(row, NOTE, section.note, "note")
    row += 2
    for id in section.lines:
        line = book.system.lines[id]
        called: dict[str, int] = dict(shared)
        if not shared:
            for name in line.reads:
                if name == id or name in header_rows(book.model.step) or _read_at_home(book, name):
                    continue
                _call_up(sheet, book, name, row)
                called[name] = row
                row += 1
            if line.type.table is None:
                called[id] = row
        sheet.call_ups[id] = called
        row = _home(sheet, book, line, row) + (0 if shared else 1)
    return row + 1


def _read_at_home(book: Book, name: str) -> bool:
    """Rows of a table and periods of a series are read where they stand: calling them up would double them."""
    return book.system.scope.names[name].type.table is not None or name.endswith(".values")


def _label(book: Book, name: str) -> tuple[str, str]:
    model = book.model
    if name in model.texts:
        return model.texts[name].label, model.texts[name].unit_text
    if name in model.inputs:
        return model.inputs[name].label, model.inputs[name].unit_text
    return model.constants[name].label, model.constants[name].unit_text


def _call_up(sheet: Sheet, book: Book, name: str, row: int) -> None:
    label, unit = _label(book, name)
    style_format = _constant_format(unit) if name in book.model.constants else row_format(unit)
    sheet.put(row, 2, label, "label")
    sheet.put(row, UNIT, shown_unit(unit, book.case.currency), "unit")
    declaration = book.system.scope.names[name]
    if declaration.type.month:
        sheet.runs.append(Run(row, name, False, "link", style_format))
    else:
        sheet.put(row, VALUE, Link(name), "link", style_format)


def _home(sheet: Sheet, book: Book, line: SystemLine, row: int) -> int:
    """The line itself, one row per member of its table; returns the row below."""
    table = line.type.table
    if table is None:
        _member(sheet, book, line, row, 0)
        return row + 1
    if any(edge.how == "above" for edges in book.system.readers.values() for edge in edges if edge.name == line.id):
        sheet.put(row, 2, "Above the first row", "label")  # what ABOVE reads there: 0
        if line.type.month:
            for step in range(book.model.steps):
                sheet.put(row, FIRST_STEP + step, 0.0, "plain", number_format(book.model.texts[line.id].unit_text))
        else:
            sheet.put(row, VALUE, 0.0, "plain", number_format(book.model.texts[line.id].unit_text))
        row += 1
    for member in range(book.rows(table)):
        sheet.put(row + member, MEMBER, Link(name_of(table), member), "member")
        _member(sheet, book, line, row + member, member)
    return row + book.rows(table)


def _member(sheet: Sheet, book: Book, line: SystemLine, row: int, member: int) -> None:
    text = book.model.texts[line.id]
    shown = row_format(text.unit_text)
    sheet.put(row, 2, text.label, "label")
    sheet.put(row, UNIT, shown_unit(text.unit_text, book.case.currency), "unit")
    if text.note and member == 0:
        sheet.put(row, NOTE, text.note, "aside")
    if not line.type.month:
        sheet.put(row, VALUE, Line(line.id, member), "calculation", shown)
        return
    sheet.put(row, OPENING, Text(line.opening), "calculation", shown)
    sheet.runs.append(Run(row, line.id, True, "calculation", shown, member))
    total = f"total.{line.id}"
    if total in book.system.lines:
        if line.type.table is None:
            sheet.call_ups[total] = {line.id: row}
        sheet.put(row, TOTAL, Line(total, member), "total", shown)
