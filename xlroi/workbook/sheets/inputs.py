"""The Inputs sheet: the scenario switch, and per input the live value, its scenarios, source and note."""

from __future__ import annotations

from typing import Final

from xlroi.model.model import SCENARIOS
from xlroi.values import to_serial
from xlroi.workbook.book import Book
from xlroi.workbook.formats import DATE_FORMAT, number_format, shown_unit
from xlroi.workbook.lines import (
    BUILT_ON,
    OTHERS,
    SCENARIO,
    as_shown,
    built,
    chosen,
    dated_of,
    end_of,
    high_of,
    low_of,
    number_of,
    raw,
    shift_of,
)
from xlroi.workbook.plan import UNIT, VALUE, Leaf, Line, Link, Sheet
from xlroi.workbook.sources import source_of

__all__ = ["inputs"]

_FIRST_SCENARIO: Final = 6
_SOURCE: Final = 9
_AS_OF: Final = 10
_NOTE: Final = 11
_BUILT: Final = 12
_CHANGED: Final = 15
_LEAST: Final = 17
_OLD: Final = 21
_CHOSEN: Final = 23
_WHAT_IF: Final = ("Scenario's value", "Number in the tornado", "Optimistic end", "Pessimistic end", "What-If shift")


def inputs(book: Book) -> Sheet:
    """Change the yellow cells; the live value follows the scenario switch."""
    sheet = Sheet("Inputs", "input", freeze="E7", repeat_rows="1:6")
    sheet.widths = {1: 4, 2: 38, 3: 28, VALUE: 16, UNIT: 20, 6: 16, 7: 16, 8: 16, _SOURCE: 46, _AS_OF: 14, _NOTE: 50}
    sheet.print_to = _NOTE
    sheet.widths |= dict.fromkeys(range(_BUILT, _CHOSEN + 5), 14.0)
    sheet.put(1, 1, f"Inputs – {book.case.title}", "subtitle")
    sheet.put(2, 1, Link("book.master"), "sentence")
    sheet.put(4, 2, "Scenario", "label")
    sheet.put(4, VALUE, Leaf(SCENARIO), "text_input")
    sheet.choices[4, VALUE] = tuple(as_shown(s) for s in SCENARIOS)
    sheet.put(4, UNIT, "choose from the list", "aside")
    sheet.put(5, 2, "1 where a scenario is chosen", "note")
    for offset, scenario in enumerate(OTHERS, 1):
        sheet.put(5, _FIRST_SCENARIO + offset, Line(f"book.{scenario}"), "calculation", "0")
    sheet.put(3, 1, Link("book.says_changed"), "sentence")
    _as_built(sheet, 4, SCENARIO, [SCENARIO], "General")
    sheet.put(4, _SOURCE, "Built on; days after which a price is old", "label")
    sheet.put(4, _AS_OF, Leaf(BUILT_ON), "stamp", DATE_FORMAT)
    sheet.put(4, _NOTE, Leaf("book.price_age"), "stamp", "0")
    heads = [
        "Input",
        "Name in formulas",
        "Live",
        "Unit",
        "Base",
        "Optimistic",
        "Pessimistic",
        "Source",
        "As of",
        "Note",
        "As built: base",
        "As built: optimistic",
        "As built: pessimistic",
        "Changed",
        "Changed so far",
        "At least",
        "At most",
        "Inside",
        "Outside so far",
        "Old price",
        "Old so far",
        *(
            ["Scenario's value", "Number in the tornado", "Optimistic end", "Pessimistic end", "What-If shift"]
            if book.what_if
            else []
        ),
    ]
    for column, head in enumerate(heads, 2):
        is_text = column in (2, 3, UNIT, _SOURCE, _AS_OF, _NOTE)
        sheet.put(6, column, head, "column_head" if is_text else "number_head")
    row, group = 7, ""
    for id, given in book.case.inputs.items():
        declared = book.model.inputs[id]
        if declared.group != group:
            row += 1 if group else 0
            group = declared.group
            sheet.put(row, 1, group, "heading")
            row += 1
        shown = number_format(declared.unit_text)
        if 0 < abs(given.base) < 1 and not declared.unit_text.startswith(("%", "money", "date")):
            shown = "0.00##_)"  # a twentieth of an hour is not 0.1
        sheet.put(row, 2, declared.label, "label")
        sheet.put(row, 3, id, "code")
        sheet.put(row, VALUE, Line(id), "calculation", shown)
        sheet.put(row, UNIT, shown_unit(declared.unit_text, book.case.currency), "unit")
        for offset, scenario in enumerate(SCENARIOS):
            sheet.put(row, _FIRST_SCENARIO + offset, Leaf(raw(id, scenario)), "input", shown)
        sheet.put(row, _SOURCE, source_of(declared, given), "remark")
        if declared.is_price:
            sheet.put(row, _AS_OF, Leaf(dated_of(id)), "aside", DATE_FORMAT)
            sheet.put(row, _OLD, Line(f"old.{id}"), "calculation", "0")
            sheet.put(row, _OLD + 1, Line(f"olds.{id}"), "calculation", "0")
        elif given.as_of:
            sheet.put(row, _AS_OF, to_serial(given.as_of), "aside", DATE_FORMAT)
        sheet.put(row, _NOTE, given.note or declared.help, "remark")
        _as_built(sheet, row, id, [raw(id, s) for s in SCENARIOS], shown)
        _bounds(sheet, book, row, id, shown)
        if book.what_if and not declared.is_date:
            _what_if(sheet, book, row, id, shown)
        row += 1
    row += 1
    sheet.put(row, 2, "Inputs changed since build, tables included", "label")
    sheet.put(row, VALUE, Line("book.changed"), "total", "0")
    sheet.put(row + 1, 2, "Said in the headers", "label")
    sheet.put(row + 1, VALUE, Line("book.says_changed"), "calculation")
    sheet.put(row + 2, 2, "Stamped results are", "label")
    sheet.put(row + 2, VALUE, Line("book.stale"), "calculation")
    return sheet


def _bounds(sheet: Sheet, book: Book, row: int, id: str, shown: str) -> None:
    """The bounds of an input, and whether its live value lies between them."""
    for column, leaf in ((_LEAST, low_of(id)), (_LEAST + 1, high_of(id))):
        if leaf in book.leaves:
            sheet.put(row, column, Leaf(leaf), "stamp", shown)
    if f"inside.{id}" in book.system.lines:
        sheet.put(row, _LEAST + 2, Line(f"inside.{id}"), "calculation", "0")
        sheet.put(row, _LEAST + 3, Line(f"outside.{id}"), "calculation", "0")


def _what_if(sheet: Sheet, book: Book, row: int, id: str, shown: str) -> None:
    """What the live value is made of: the scenario's, or an end of its range where the tornado asks, and a shift."""
    sheet.put(row, _CHOSEN, Line(chosen(id)), "calculation", shown)
    sheet.put(row, _CHOSEN + 1, Leaf(number_of(id)), "plain", '0;"–"')
    for offset, scenario in enumerate(OTHERS, 2):
        sheet.put(row, _CHOSEN + offset, Line(end_of(id, scenario)), "calculation", shown)
    shift = shift_of(id)
    content = Line(shift) if shift in book.system.lines else Leaf(shift)
    sheet.put(row, _CHOSEN + 4, content, "calculation" if isinstance(content, Line) else "plain", shown)


def _as_built(sheet: Sheet, row: int, id: str, leaves: list[str], shown: str) -> None:
    """What the cells held when the book was built, stamped beside them."""
    for offset, leaf in enumerate(leaves):
        sheet.put(row, _BUILT + offset, Leaf(built(leaf)), "stamp", shown)
    sheet.put(row, _CHANGED, Line(f"changed.{id}"), "calculation", "0")
    sheet.put(row, _CHANGED + 1, Line(f"changes.{id}"), "calculation", "0")
