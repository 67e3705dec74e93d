"""The Sensitivity sheet: tornado, two inputs at a time, break-even values; all of it live."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import name_of
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.lines import ITEM, SIDE, chosen
from xlroi.workbook.plan import Computed, Drawing, Leaf, Line, Link, Sheet, WhatIfTable
from xlroi.workbook.whatif import ACROSS, DOWN, FACTORS, OUTPUT, PICKED, WhatIfs

__all__ = ["NAME", "sensitivity"]

NAME: Final = "Sensitivity"
_NUMBER: Final = "[>=1000]#,##0_);[<=-1000](#,##0);0.00##_)"
_CHART: Final = "J6"
_OF_TEXTS: Final = ("Input", "Output", "As a name", "Name", "Proof", "")
"""Heads of columns that hold texts."""


def sensitivity(book: Book, what_if: WhatIfs) -> Sheet:
    """Choose an output; the tables below follow it and every change of the inputs."""
    sheet = Sheet(NAME, "report", member_column=2, side_by_side="across")
    sheet.widths = {1: 3, 2: 44, 3: 30, 4: 22, **dict.fromkeys(range(5, 19), 14)}
    sheet.put(1, 2, f"{NAME} – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.says_state"), "sentence")
    sheet.put(3, 2, Link("book.master"), "sentence")
    sheet.put(4, 2, "Output: choose from the list", "label")
    sheet.put(4, 3, Leaf(OUTPUT), "text_input")
    sheet.choices[4, 3] = tuple(what_if.outputs)
    sheet.put(5, 2, Line("book.says_movers"), "sentence")
    row = _widest(sheet, book, 7)
    row = _two_way(sheet, book, what_if, row)
    row = _goals(sheet, book, what_if, row)
    sheet.print_to, sheet.print_rows = 18, row
    row = _tornado(sheet, book, what_if, row)
    _outputs(sheet, book, what_if, row)
    return sheet


def _heads(sheet: Sheet, row: int, heads: tuple[str, ...], column: int = 2) -> None:
    for offset, head in enumerate(heads):
        sheet.put(row, column + offset, head, "column_head" if head in _OF_TEXTS else "number_head")


def _widest(sheet: Sheet, book: Book, row: int) -> int:
    sheet.put(row, 2, "What moves the output most", "heading")
    sheet.put(row, 3, "Each input alone goes to the pessimistic and to the optimistic end of its range", "note")
    _heads(sheet, row + 1, ("Input", "Pessimistic", "Optimistic", "Change", "Change", "Place", "Number", "As a name"))
    first = row + 2
    for member in range(book.rows("top")):
        at = first + member
        sheet.put(at, 2, Line("top.label", member), "label")
        for column, id in ((3, "low"), (4, "high"), (5, "low_effect"), (6, "high_effect")):
            sheet.put(at, column, Line(f"top.{id}", member), "calculation", _NUMBER)
        sheet.put(at, 7, Leaf("top.place", member), "note", "0")
        sheet.put(at, 8, Line("top.number", member), "note", "0")
        sheet.put(at, 9, Line("top.key", member), "note")
    row = first + book.rows("top")
    for number in range(1, 4):
        if f"book.mover{number}" in book.system.lines:
            sheet.put(row, 2 + number, Line(f"book.mover{number}"), "note")
    sheet.put(row, 2, "In words", "note")
    lines = ("top.label", "top.low_effect", "top.high_effect")
    sheet.drawings.append(Drawing("tornado", "What moves the output most", lines, None, _CHART, (17.0, 9.5)))
    return max(row + 2, 25)


def _two_way(sheet: Sheet, book: Book, what_if: WhatIfs, row: int) -> int:
    if what_if.two_way is None:
        return row
    grid, inputs, count = what_if.grids["two"], book.model.inputs, len(FACTORS)
    across, down = (inputs[id] for id in what_if.two_way)
    units = [shown_unit(i.unit_text, book.case.currency) for i in (across, down)]
    sheet.put(row, 2, "Two inputs at a time", "heading")
    sheet.put(
        row, 3, f"Across: {across.label}, {units[0]}. Down: {down.label}, {units[1]}. Kept inside their bounds", "note"
    )
    sheet.put(row + 1, 2, "Input cells of the table; 0 at rest", "label")
    sheet.put(row + 1, 3, Leaf(ACROSS), "plain", "0")
    sheet.put(row + 1, 4, Leaf(DOWN), "plain", "0")
    top = row + 5
    sheet.put(top - 3, 4, "Factor", "note")
    sheet.put(top - 2, 4, across.label, "column_head")
    sheet.put(top - 1, 2, "Factor", "note")
    sheet.put(top - 1, 3, down.label, "column_head")
    sheet.put(top - 1, 4, Link(PICKED), "link", _NUMBER)
    for i in range(count):
        sheet.put(top - 3, 5 + i, Leaf("across.factor", i), "note", "0%")
        sheet.put(top - 2, 5 + i, Line("across.value", i), "number_head", number_format(across.unit_text))
        sheet.put(top - 1, 5 + i, Line("across.shift", i), "note", _NUMBER)
        sheet.put(top + i, 2, Leaf("down.factor", i), "note", "0%")
        sheet.put(top + i, 3, Line("down.value", i), "number_head", number_format(down.unit_text))
        sheet.put(top + i, 4, Line("down.shift", i), "note", _NUMBER)
        for j, (leaf, place) in enumerate(grid.body[i]):
            sheet.put(top + i, 5 + j, Computed(leaf, place), "output", _NUMBER)
    sheet.put(top + count, 2, "The column and row beside the table hold what it adds to the two inputs", "note")
    sheet.what_ifs.append(WhatIfTable(top, 5, count, count, ACROSS, DOWN))
    return top + count + 2


def _goals(sheet: Sheet, book: Book, what_if: WhatIfs, row: int) -> int:
    if not what_if.goals:
        return row
    sheet.put(row, 2, "Break-even", "heading")
    sheet.put(
        row,
        3,
        "The value was searched at the build; the last columns show live that the output meets its target there",
        "note",
    )
    heads = (
        "Input",
        "Output",
        "Target",
        "Break-even at",
        "Now",
        "To add",
        "Output there",
        "",
        "Away by",
        "Size",
        "Proof",
        "Input cell",
    )
    _heads(sheet, row + 1, heads)
    for number, goal in enumerate(what_if.goals, 1):
        at, stamp = row + 3 * number, f"goal{number}"
        declared, output = book.model.inputs[goal.input], book.model.texts[goal.output]
        shown, result = number_format(declared.unit_text), number_format(output.unit_text)
        sheet.put(at, 2, declared.label, "label")
        sheet.put(at, 3, output.label, "note")
        sheet.put(at, 4, Leaf(f"{stamp}.target"), "stamp", result)
        sheet.put(at, 5, Leaf(f"{stamp}.value"), "stamp", shown)
        sheet.put(at, 6, Link(chosen(goal.input)), "link", shown)
        sheet.put(at, 7, Line(f"{stamp}.shift"), "calculation", shown)
        sheet.put(at - 1, 8, Link(goal.output), "link", result)
        sheet.put(at, 8, Computed(f"{stamp}.shown"), "output", result)
        sheet.put(at, 10, Line(f"{stamp}.gap"), "calculation", result)
        sheet.put(at, 11, Line(f"{stamp}.size"), "calculation", result)
        sheet.put(at, 12, Line(f"{stamp}.says"), "check")
        sheet.put(at, 13, Leaf(f"{stamp}.at"), "plain", "0")
        sheet.what_ifs.append(WhatIfTable(at, 8, 1, 1, None, f"{stamp}.at"))
    return row + 3 * len(what_if.goals) + 3


def _tornado(sheet: Sheet, book: Book, what_if: WhatIfs, row: int) -> int:
    grid = what_if.grids["tornado"]
    sheet.put(row, 2, "Every input with a range", "heading")
    sheet.put(
        row, 3, "A What-If table: its first column is the input's number, its top row the end of the range", "note"
    )
    sheet.put(row + 1, 2, "Input cells of the table: number and end; 0 at rest", "label")
    sheet.put(row + 1, 3, Leaf(ITEM), "plain", "0")
    sheet.put(row + 1, 4, Leaf(SIDE), "plain", "0")
    sheet.put(row + 2, 2, "Breaks ties; stands for an output that is no number", "label")
    sheet.put(row + 2, 3, Leaf("book.tie"), "plain", "0.0E+00")
    sheet.put(row + 2, 4, Leaf("book.beyond"), "plain", "0.0E+00")
    sheet.put(row + 3, 2, "Unchanged by the table, and live", "label")
    sheet.put(row + 3, 3, Line("book.tornado_base"), "calculation", _NUMBER)
    sheet.put(row + 3, 4, Line("book.tornado_live"), "calculation", _NUMBER)
    _heads(sheet, row + 5, ("Input", "Number", "Pessimistic", "Optimistic", "Swing", "Felt", "Key", "Place", "Name"))
    sheet.put(row + 6, 3, Link(PICKED), "link", _NUMBER)
    sheet.put(row + 6, 4, 1.0, "note", "0")
    sheet.put(row + 6, 5, 2.0, "note", "0")
    first = row + 7
    for member, cells in enumerate(grid.body):
        at = first + member
        sheet.put(at, 2, Leaf("tornado.label", member), "label")
        sheet.put(at, 3, Leaf("tornado.number", member), "note", "0")
        for offset, (leaf, place) in enumerate(cells):
            sheet.put(at, 4 + offset, Computed(leaf, place), "output", _NUMBER)
        sheet.put(at, 6, Line("tornado.swing", member), "calculation", _NUMBER)
        sheet.put(at, 7, Line("tornado.felt", member), "calculation", _NUMBER)
        sheet.put(at, 8, Line("tornado.key", member), "calculation", _NUMBER)
        sheet.put(at, 9, Line("tornado.place", member), "calculation", "0")
        sheet.put(at, 10, Leaf(name_of("tornado"), member), "note")
    sheet.what_ifs.append(WhatIfTable(first, 4, len(grid.body), 2, SIDE, ITEM))
    row = first + len(grid.body) + 1
    for offset, table in enumerate(("top", "across", "down")):
        if name_of(table) not in book.leaves:
            continue
        for member in range(book.rows(table)):
            sheet.put(row + member, 3 + offset, Leaf(name_of(table), member), "note")
    sheet.put(row, 2, "Places in these tables, as names", "note")
    return row + 11


def _outputs(sheet: Sheet, book: Book, what_if: WhatIfs, row: int) -> None:
    sheet.put(row, 2, "Outputs to choose from", "heading")
    for number, (label, id) in enumerate(what_if.outputs.items(), 1):
        sheet.put(row + number, 2, label, "label")
        sheet.put(row + number, 3, Link(id), "link", number_format(book.model.texts[id].unit_text))
        sheet.put(row + number, 4, Line(f"book.pick{number}"), "calculation", _NUMBER)
        sheet.put(row + number, 5, shown_unit(book.model.texts[id].unit_text, book.case.currency), "unit")
    last = row + len(what_if.outputs) + 1
    sheet.put(last, 2, "Chosen", "label")
    sheet.put(last, 4, Line(PICKED), "total", _NUMBER)
    number = 1
    while f"book.resting{number}" in book.system.lines:
        sheet.put(last + 1 + number, 2, f"Input cells not at rest, up to cell {number}", "note")
        sheet.put(last + 1 + number, 4, Line(f"book.resting{number}"), "calculation", "0")
        number += 1
