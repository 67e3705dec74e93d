"""How high the rows with wrapped texts are: spreadsheets measure a row only once somebody edits it."""

from __future__ import annotations

from typing import Final

from xlroi.workbook.layout import Layout
from xlroi.workbook.plan import Line, Link, Placed, Sheet, Text

__all__ = ["heights"]

_WRAPPED: Final = ("column_head", "number_head", "remark", "wrapped", "sentence")
_WIDE: Final = {"column_head": 1.0, "number_head": 1.0, "sentence": 1.25}
"""How wide a character is on average, in the digits that column widths count; plain text of 10 points is less wide.

A sentence is live and gets room to grow."""
_PLAIN: Final = 0.9
_LINE: Final = 13.5
_DEFAULT_WIDTH: Final = 8.43


def heights(sheet: Sheet, layout: Layout) -> dict[int, float]:
    """The height of each row in which a text needs more than one line."""
    found: dict[int, float] = {}
    for cell in sheet.placed:
        if cell.style not in _WRAPPED or (cell.style == "sentence" and (cell.row, cell.column) not in sheet.spans):
            continue
        last = sheet.spans.get((cell.row, cell.column), cell.column)
        width = sum(sheet.widths.get(c, _DEFAULT_WIDTH) for c in range(cell.column, last + 1)) - 2
        count = _lines(_text(cell, layout), width / _WIDE.get(cell.style, _PLAIN))
        if count > 1 or cell.style == "column_head":
            found[cell.row] = max(found.get(cell.row, 15.0), _LINE * count + 3)
    return found


def _text(cell: Placed, layout: Layout) -> str:
    content = cell.content
    if isinstance(content, Text):
        return str(content.value)
    if isinstance(content, (Line, Link)):
        return str(layout.as_built.cell(content.id, content.member))
    return ""


def _lines(text: str, width: float) -> int:
    """How many lines a text takes where words stay whole.

    >>> _lines("one two three", 8), _lines("", 8)
    (2, 1)
    """
    count, used = 1, 0
    for word in text.split():
        needed = len(word) + (1 if used else 0)
        if used and used + needed > width:
            count, used = count + 1, len(word)
        else:
            used += needed
    return count
