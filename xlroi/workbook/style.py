"""How cells look: Excel's built-in styles re-themed, so that a reviewer restyles in one click."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.styles.builtins import styles as builtin

from xlroi.workbook.plan import Style

__all__ = ["TAB_COLOURS", "Dresser"]

TAB_COLOURS: Final = {
    "report": "1F4E79",
    "input": "BF9000",
    "time": "595959",
    "annual": "7F6000",
    "check": "548235",
    "record": "A6A6A6",
}

_INK: Final = "1F2937"
_DARK: Final = "1F4E79"
_BLUE: Final = "0000FF"
_GREEN: Final = "00703C"
_PALE: Final = "FFF9DB"
_GREY: Final = "6B7280"
_FACE: Final = "Calibri"


def _font(**options: Any) -> Font:
    return Font(**{"name": _FACE, "size": 10, "color": _INK, **options})


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


_THIN: Final = Side(style="thin", color="9CA3AF")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)

# Ours to Excel's built-in name (None: one of our own), then font, fill, border, alignment.
_LOOKS: Final[dict[Style, tuple[str | None, Font, PatternFill | None, Border | None, Alignment | None]]] = {
    "title": ("Title", _font(size=18, bold=True, color=_DARK), None, None, None),
    "subtitle": ("Headline 1", _font(size=13, bold=True, color=_DARK), None, None, None),
    "heading": ("Headline 3", _font(size=11, bold=True, color=_DARK), None, None, None),
    "column_head": (
        None,
        _font(bold=True, color="FFFFFF"),
        _fill(_DARK),
        None,
        Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1),
    ),
    "number_head": (
        None,
        _font(bold=True, color="FFFFFF"),
        _fill(_DARK),
        None,
        Alignment(horizontal="right", vertical="center", wrap_text=True),
    ),
    "header": (None, _font(bold=True, color=_GREY), None, None, Alignment(horizontal="right")),
    "label": (None, _font(), None, None, None),
    "note": ("Explanatory Text", _font(color=_GREY), None, None, None),
    "member": (None, _font(color=_GREEN), None, None, None),
    "unit": (None, _font(color=_GREY), None, None, Alignment(horizontal="left", indent=1)),
    "aside": (None, _font(color=_GREY), None, None, Alignment(horizontal="left", indent=1)),
    "remark": (
        None,
        _font(color=_GREY),
        None,
        None,
        Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1),
    ),
    "wrapped": (None, _font(), None, None, Alignment(vertical="center", wrap_text=True)),
    "input": (
        "Input",
        _font(color=_BLUE),
        _fill(_PALE),
        _BOX,
        None,
    ),
    "text_input": (
        None,
        _font(color=_BLUE, bold=True),
        _fill(_PALE),
        _BOX,
        Alignment(horizontal="center"),
    ),
    "name_input": (None, _font(color=_BLUE, bold=True), _fill(_PALE), _BOX, None),
    "word_input": (None, _font(color=_BLUE), _fill(_PALE), _BOX, None),
    "calculation": ("Calculation", _font(), None, None, None),
    "link": ("Linked Cell", _font(color=_GREEN), None, None, None),
    "output": ("Output", _font(bold=True), None, Border(bottom=_THIN), None),
    "said": (None, _font(bold=True), None, Border(bottom=_THIN), Alignment(horizontal="right")),
    "total": ("Total", _font(bold=True), None, Border(top=_THIN), None),
    "check": ("Check Cell", _font(bold=True, color=_DARK), None, None, None),
    "status": (None, _font(bold=True, color=_DARK), None, None, Alignment(horizontal="left", indent=1)),
    "plain": (None, _font(), None, None, None),
    "stamp": (None, _font(color=_GREY, italic=True), None, None, None),
    "sentence": (None, _font(bold=True, size=11), None, None, None),
    "code": (None, Font(name="Consolas", size=9, color=_INK), None, None, None),
    "hyperlink": ("Hyperlink", _font(color=_BLUE, underline="single"), None, None, None),
}


def _in_house(font: Font, colours: Mapping[str, str]) -> Font:
    """Headings in the house's colour."""
    if font.color is None or font.color.rgb != f"00{_DARK}" or "heading" not in colours:
        return font
    return Font(name=font.name, size=font.size, bold=font.bold, color=colours["heading"])


def _filled(fill: PatternFill, colours: Mapping[str, str]) -> PatternFill:
    """Headings and input cells in the house's colours."""
    ours = {f"00{_DARK}": "heading", f"00{_PALE}": "input"}.get(fill.start_color.rgb, "")
    return _fill(colours[ours]) if ours in colours else fill


class Dresser:
    """Puts styles on cells; each combination of style and number format is made once."""

    def __init__(self, workbook: Workbook, colours: Mapping[str, str]) -> None:
        self.workbook = workbook
        self.names: dict[Style, str] = {}
        self.made: dict[tuple[Style, str], Any] = {}
        for style, (name, font, fill, border, alignment) in _LOOKS.items():
            named: NamedStyle = copy(builtin[name]) if name else NamedStyle(f"xlroi {style}")
            named.font, named.border = _in_house(font, colours), border or Border()
            named.fill = _filled(fill, colours) if fill else PatternFill()
            named.alignment = alignment or Alignment(vertical="center")
            if named.alignment.vertical is None:
                named.alignment.vertical = "center"
            named.number_format = "General"
            named.protection = Protection(locked=not style.endswith("input"))
            workbook.add_named_style(named)
            self.names[style] = named.name

    def dress(self, cell: Cell, style: Style, number_format: str) -> None:
        """Style and number format of one cell."""
        made = self.made.get((style, number_format))
        if made is None:
            cell.style = self.names[style]
            cell.number_format = number_format
            self.made[style, number_format] = copy(cell._style)  # type: ignore[attr-defined]
        else:
            cell._style = made  # type: ignore[attr-defined]
