"""A written book back to its case and the values that its input cells hold now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpyxl.utils import get_column_letter

from xlroi.errors import BookError, InputError
from xlroi.model.case import case_from
from xlroi.model.house import house_from
from xlroi.model.loading import parse_yaml
from xlroi.model.model import SCENARIOS
from xlroi.model.template import model_from
from xlroi.values import CellValue, ExcelError, normal_formula
from xlroi.workbook.book import Book, book_of
from xlroi.workbook.layout import Layout
from xlroi.workbook.lines import BUILT_ON, SCENARIO, as_shown
from xlroi.workbook.plan import Text
from xlroi.workbook.sheets.optimisation import NAME as OPTIMISATION
from xlroi.workbook.sheets.records import CASE_HEAD, HOUSE_HEAD, MODEL_HEAD
from xlroi.workbook.sheets.sensitivity import NAME as SENSITIVITY
from xlroi.workbook.sheets.simulation import NAME as SIMULATION
from xlroi.workbook.sheets.swings import NAME as SWINGS
from xlroi.workbook.write import Extras, layout_of

__all__ = ["ReadBack", "read_back", "refuse_altered"]

Cells = Mapping[tuple[str, str], CellValue]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The book as built, its layout, what its input cells hold, and which of them were edited."""

    path: Path
    book: Book
    layout: Layout
    present: dict[str, CellValue]
    edited: tuple[str, ...]


def read_back(path: Path, cells: Cells) -> ReadBack:
    """Rebuild the plan of a book from the case and the template that it carries; raises :class:`BookError`."""
    case_text = _column(cells, "Change log", CASE_HEAD)
    model_text = _column(cells, "Model text", MODEL_HEAD)
    if case_text is None or model_text is None:
        raise BookError(
            f"{path}: not a workbook of xlroi: the sheets 'Change log' and 'Model text' do not carry a case"
        )
    try:
        model = model_from(parse_yaml(model_text, "Model text"))
        house_text = _column(cells, "Change log", HOUSE_HEAD, "C")
        house = None if house_text is None else house_from(parse_yaml(house_text, "house standards"))
        case = case_from(parse_yaml(case_text, "Change log"), model, house)
        there = {sheet for sheet, _ in cells}
        book = book_of(case, live=SENSITIVITY in there)
        extras = Extras(SWINGS in there, SIMULATION in there, optimised=OPTIMISATION in there)
        layout = layout_of(book, date(2000, 1, 1), None, extras)
    except InputError as error:
        raise BookError(f"{path}: the case that the workbook carries cannot be read:\n{error}") from None
    _same_places(path, layout, cells)
    present: dict[str, CellValue] = {}
    built = book.cells()
    edited = []
    for id, (sheet, ref) in layout.input_cells().items():
        value = cells.get((sheet, ref))
        present[id] = _plausible(book, id, None if value == "" else value, f"{path}: {sheet}!{ref}")
        if present[id] != built[id] and id != BUILT_ON:
            if id.startswith(_STAMPS):
                raise BookError(f"{path}: {sheet}!{ref}: holds what the book was built with, and was overtyped")
            edited.append(id)
    return ReadBack(path, book, layout, present, tuple(edited))


_STAMPS = (
    "built.",
    "annual.",
    "least.",
    "most.",
    "number.",
    "shift.",
    "dated.",
    "scenarios.",
    "tornado.",
    "top.",
    "goal",
    "book.unstated",
    "book.defaults",
)
"""Cells that hold what the book was built with; nobody types there."""


_FIXED = ("label", "code", "column_head", "number_head")
"""How cells look that tell whether a sheet still is as it was laid out."""


def _same_places(path: Path, layout: Layout, cells: Cells) -> None:
    """Input sheets must still read as they were laid out: else values would be taken from the wrong cells."""
    there = {sheet for sheet, _ in cells}
    for sheet in layout.sheets:
        if sheet.name not in there:
            raise BookError(f"{path}: the sheet {sheet.name!r} is missing; take a copy that still has it")
        if sheet.role != "input":
            continue
        for placed in sheet.placed:
            if not isinstance(placed.content, Text) or placed.style not in _FIXED:
                continue
            ref = f"{get_column_letter(placed.column)}{placed.row}"
            found = cells.get((sheet.name, ref))
            if found != placed.content.value:
                raise BookError(
                    f"{path}: {sheet.name}!{ref} should read {placed.content.value!r} and reads {found!r}: "
                    "a row or column was inserted or deleted, or the label overtyped; undo that and read it again"
                )


def refuse_altered(path: Path, layout: Layout, formulas: Mapping[tuple[str, str], str | None]) -> None:
    """Raise where a formula of the book was overtyped or altered: the book would say another thing than its model."""
    for filled in layout.formulas():
        now = formulas.get((filled.sheet, filled.ref))
        if now is None:
            raise BookError(
                f"{path}: {filled.sheet}!{filled.ref}: the formula ={filled.formula} was overtyped; undo that, or "
                "change the inputs that it reads"
            )
        if normal_formula(now) != normal_formula(filled.formula):
            raise BookError(
                f"{path}: {filled.sheet}!{filled.ref}: the formula was altered to ={now}; "
                f"the model says ={filled.formula}"
            )


def _plausible(book: Book, id: str, value: CellValue, place: str) -> CellValue:
    """The value of an input cell, refused where no model could read it."""
    leaf = id.partition("[")[0]
    if isinstance(value, ExcelError):
        raise BookError(f"{place}: the input {id!r} holds the error {value}; type a number")
    if id == SCENARIO:
        if value not in [as_shown(s) for s in SCENARIOS]:
            raise BookError(f"{place}: the scenario must be Base, Optimistic or Pessimistic (got {value!r})")
    elif book.system.scope.names[leaf].type.kind == "text":
        if value is not None and not isinstance(value, str):
            raise BookError(f"{place}: {id!r} holds {value!r}; type a text (a number needs an apostrophe before it)")
    elif isinstance(value, (str, bool)):
        raise BookError(f"{place}: the input {id!r} holds {value!r}; type a number")
    elif value is None and book.leaves[leaf] is not None and (leaf.endswith(".base") or "." not in leaf):
        raise BookError(f"{place}: the input {id!r} is empty; type a number")
    return value


def _column(cells: Cells, sheet: str, head: str, letter: str = "A") -> str | None:
    """The texts below a heading in a column."""
    rows = {
        int(ref[1:]): value
        for (name, ref), value in cells.items()
        if name == sheet and ref[0] == letter and ref[1:].isdigit()
    }
    start = next((row for row, value in rows.items() if value == head), None)
    if start is None:
        return None
    last = max(rows)
    return "\n".join(str(rows.get(row, "") or "") for row in range(start + 1, last + 1)) + "\n"
