"""Lines, Sources, Change log and Model text: what an auditor reads."""

from __future__ import annotations

import hashlib
from datetime import date

from openpyxl.utils import get_column_letter

from xlroi.formula.parse import parse
from xlroi.formula.words import in_words
from xlroi.model.model import Model
from xlroi.version import __version__
from xlroi.workbook.book import Book
from xlroi.workbook.formats import shown_unit
from xlroi.workbook.layout import Filled, Layout
from xlroi.workbook.plan import Sheet

__all__ = ["CASE_HEAD", "HOUSE_HEAD", "MODEL_HEAD", "change_log", "fingerprint", "lines", "model_text", "sources"]

CASE_HEAD = "The case as built, line by line"
HOUSE_HEAD = "The house standards as built, line by line"
MODEL_HEAD = "The template as built, line by line"


def fingerprint(text: str) -> str:
    """SHA-256 of a text, its first 16 digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lines(book: Book, layout: Layout) -> Sheet:
    """Per line: id, label, unit, formula in words, as written and in cells, where it stands and who uses it."""
    model = book.model
    sheet = Sheet("Lines", "record", freeze="C4", repeat_rows="3:3")
    sheet.widths = {1: 26, 2: 38, 3: 24, 4: 18, 5: 60, 6: 60, 7: 60, 8: 20, 9: 50}
    sheet.put(1, 1, "Lines", "title")
    heads = ("Id", "Label", "Unit", "Section", "In words", "As written", "In cells (first)", "Stands at", "Used by")
    for column, head in enumerate(heads, 1):
        sheet.put(3, column, head, "column_head")
    first: dict[str, Filled] = {}
    homes = layout.homes
    for cell in layout.formulas():
        home = homes.get(cell.id)
        if home and (home.sheet, home.row) == (cell.sheet, cell.row) and (cell.step or 0) == 0:
            first.setdefault(cell.id, cell)
    used: dict[str, list[str]] = {}
    for line in model.system.lines.values():
        for name in line.reads:
            used.setdefault(name, []).append(line.id)
    for row, (id, text) in enumerate(model.texts.items(), 4):
        home = homes[id]
        values = (
            id,
            text.label,
            shown_unit(text.unit_text, book.case.currency),
            text.section,
            in_words(parse(text.formula), lambda name: label_of(model, name), model.step),
            text.formula,
            f"={first[id].formula}",
            f"{home.sheet}!{get_column_letter(home.column or 9)}{home.row}",
            ", ".join(used.get(id, [])) or "report",
        )
        for column, value in enumerate(values, 1):
            sheet.put(row, column, value, "code" if column in (1, 6, 7) else "note")
    return sheet


def label_of(model: Model, name: str) -> str:
    """The label of a line, an input or a constant."""
    if name in model.texts:
        return model.texts[name].label
    if name in model.inputs or name in model.constants:
        return (model.inputs.get(name) or model.constants[name]).label
    if name.removesuffix(".values") in model.series:
        return model.series[name.removesuffix(".values")].label
    table, _, column = name.removesuffix(".values").partition(".")
    if column == "name":
        return f"{model.tables[table].label}: name"
    return f"{model.tables[table].label}: {model.tables[table].columns[column].label}"


def sources(book: Book) -> Sheet:
    """Every input and constant with source, date and note."""
    sheet = Sheet("Sources", "record", freeze="A4", repeat_rows="3:3")
    sheet.widths = {1: 38, 2: 28, 3: 50, 4: 14, 5: 14, 6: 60}
    sheet.put(1, 1, "Sources", "title")
    for column, head in enumerate(("Fact", "Name", "Source", "As of", "Given by", "Note"), 1):
        sheet.put(3, column, head, "column_head")
    row = 4
    for id, given in book.case.inputs.items():
        as_of = given.as_of.isoformat() if given.as_of else ""
        values = (book.model.inputs[id].label, id, given.source or "not stated", as_of, given.origin, given.note)
        for column, value in enumerate(values, 1):
            sheet.put(row, column, value, "note")
        row += 1
    for id, series in book.case.series.items():
        as_of = series.as_of.isoformat() if series.as_of else ""
        source = series.source or "not stated"
        for column, value in enumerate((book.model.series[id].label, id, source, as_of, series.origin, series.note), 1):
            sheet.put(row, column, value, "note")
        row += 1
    for id, label, given_row in book.case.facts():
        as_of = given_row.as_of.isoformat() if given_row.as_of else ""
        facts = (label, id, given_row.source or "not stated", as_of, "case", given_row.note)
        for column, value in enumerate(facts, 1):
            sheet.put(row, column, value, "note")
        row += 1
    for constant in book.model.constants.values():
        for column, value in enumerate((constant.label, constant.id, constant.source, "", "template", ""), 1):
            sheet.put(row, column, value, "note")
        row += 1
    return sheet


def change_log(book: Book, day: date) -> Sheet:
    """Version, hashes and the case, so that the book can be read back and proven against what it was built from."""
    case, model = book.case, book.model
    sheet = Sheet("Change log", "record")
    sheet.widths = {1: 28, 2: 110}
    sheet.put(1, 1, "Change log", "title")
    facts = (
        ("Version", case.version),
        ("Built on", day.isoformat()),
        ("Built by", f"xlroi {__version__}"),
        ("Model", f"{model.id} {model.version}"),
        ("Hash of the model", fingerprint(model.text)),
        ("Hash of the case", fingerprint(case.text)),
        ("Microsoft Excel", "Not recalculated in Excel; 'xlroi verify' recalculates with IronCalc and LibreOffice"),
    )
    row = 3
    for label, value in facts:
        sheet.put(row, 1, label, "label")
        sheet.put(row, 2, value, "note")
        row += 1
    sheet.put(row + 1, 1, CASE_HEAD, "heading")
    for offset, text in enumerate(case.text.splitlines()):
        sheet.put(row + 2 + offset, 1, text, "code")
    if case.house is not None:
        sheet.put(row + 1, 3, HOUSE_HEAD, "heading")
        for offset, text in enumerate(case.house.text.splitlines()):
            sheet.put(row + 2 + offset, 3, text, "code")
        sheet.widths[3] = 60
    return sheet


def model_text(book: Book) -> Sheet:
    """The template line by line."""
    sheet = Sheet("Model text", "record")
    sheet.widths = {1: 140}
    sheet.put(1, 1, MODEL_HEAD, "heading")
    for row, text in enumerate(book.model.text.splitlines(), 2):
        sheet.put(row, 1, text, "code")
    return sheet
