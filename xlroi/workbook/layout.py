"""Where everything stands: homes of lines, call-ups in their blocks, and the references that formulas use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

from xlroi.engine.run import Values
from xlroi.errors import XlroiError
from xlroi.formula.spell import BEFORE, NOW, spell
from xlroi.formula.tree import Name
from xlroi.values import CellValue
from xlroi.workbook.book import Book
from xlroi.workbook.plan import FIRST_STEP, OPENING, VALUE, Home, Line, Link, Placed, Run, Sheet

__all__ = ["HEADER_ROWS", "LONGEST", "Filled", "Layout"]

HEADER_ROWS = {"date": 2, "month": 3, "live": 4}
"""The words of the timeline that stand in every time sheet's header."""

LONGEST = 120
"""Characters of a formula: more than a reviewer reads in one go."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One formula cell: where, its formula without ``=``, and whose value it shows (step ``None`` = single)."""

    sheet: str
    row: int
    column: int
    formula: str
    id: str
    step: int | None

    @property
    def ref(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


class Layout:
    """All sheets of a book; spells every formula cell."""

    def __init__(self, book: Book, sheets: list[Sheet]) -> None:
        self.book, self.sheets = book, sheets
        self.homes: dict[str, Home] = {}
        for sheet in sheets:
            for id, home in sheet.homes():
                if id in self.homes:
                    raise XlroiError(f"{id!r} has two homes, {self.homes[id]} and {home}")
                self.homes[id] = home
        self.last = FIRST_STEP + book.model.last_step

    def formulas(self) -> Iterator[Filled]:
        """Every formula cell of the book, in the order of its sheets."""
        for sheet in self.sheets:
            for cell in sheet.placed:
                if isinstance(cell.content, (Line, Link)):
                    yield self._single(sheet, cell)
            for run in sheet.runs:
                yield from self._run(sheet, run)

    def values(self, values: Values) -> dict[tuple[str, str], CellValue]:
        """The engine's value of every formula cell."""
        return {(f.sheet, f.ref): values.cell(f.id, 0, 0 if f.step is None else f.step) for f in self.formulas()}

    def input_cells(self) -> dict[str, tuple[str, str]]:
        """The cell of every leaf that a user may change."""
        return {
            id: (home.sheet, f"{get_column_letter(home.column or 1)}{home.row}")
            for id, home in self.homes.items()
            if id in self.book.leaves
        }

    def _single(self, sheet: Sheet, cell: Placed) -> Filled:
        content = cell.content
        assert isinstance(content, (Line, Link))
        refs = _Refs(self, sheet, cell.row, sheet.call_ups.get(content.id, {}) if isinstance(content, Line) else {})
        node = self.book.system.lines[content.id].node if isinstance(content, Line) else Name(content.id)
        formula = self._short(spell(node, refs), content.id)
        return Filled(sheet.name, cell.row, cell.column, formula, content.id, None)

    def _run(self, sheet: Sheet, run: Run) -> Iterator[Filled]:
        if run.is_home:
            refs = _Refs(self, sheet, run.row, sheet.call_ups.get(run.id, {}))
            row = self._short(spell(self.book.system.lines[run.id].node, refs), run.id)
        else:
            home = self.homes[run.id]
            prefix = "" if home.sheet == sheet.name else f"{home.sheet}!"
            row = f"{prefix}{NOW}{home.row}"
            opening = f"{prefix}{get_column_letter(OPENING)}{home.row}"
            if run.row not in HEADER_ROWS.values():
                yield Filled(sheet.name, run.row, OPENING, opening, run.id, -1)
        for step in range(self.book.model.steps):
            column = FIRST_STEP + step
            now, before = get_column_letter(column), get_column_letter(column - 1)
            yield Filled(sheet.name, run.row, column, row.replace(NOW, now).replace(BEFORE, before), run.id, step)

    def _short(self, formula: str, id: str) -> str:
        if len(formula) > LONGEST:
            raise XlroiError(
                f"the formula of {id!r} has {len(formula)} characters in its cell, more than {LONGEST}: "
                f"split it into lines ({formula})"
            )
        return formula


@dataclass(frozen=True, slots=True)
class _Refs:
    """References for one cell: first its own block, then the header, then the homes."""

    layout: Layout
    sheet: Sheet
    row: int
    local: Mapping[str, int]

    def _at(self, name: str) -> tuple[str, int, int | None]:
        if name in self.local:
            home = self.layout.homes[name]
            return "", self.local[name], None if home.column is None else VALUE
        if self.sheet.role == "time" and name in HEADER_ROWS:
            return "", HEADER_ROWS[name], None
        home = self.layout.homes[name]
        return "" if home.sheet == self.sheet.name else f"{home.sheet}!", home.row, home.column

    def _row(self, prefix: str, row: int, name: str) -> str:
        fixed = bool(prefix) or (name in HEADER_ROWS and name not in self.local)
        return f"${row}" if fixed or (row != self.row and not self.local) else str(row)

    def here(self, name: str) -> str:
        prefix, row, column = self._at(name)
        letter = NOW if column is None else f"${get_column_letter(column)}"
        return f"{prefix}{letter}{self._row(prefix, row, name)}"

    def prior(self, name: str) -> str:
        prefix, row, _ = self._at(name)
        return f"{prefix}{BEFORE}{self._row(prefix, row, name)}"

    def whole(self, name: str) -> str:
        prefix, row, column = self._at(name)
        if column is not None:
            return self.here(name)
        shown = self._row(prefix, row, name)
        return f"{prefix}${get_column_letter(FIRST_STEP)}{shown}:${get_column_letter(self.layout.last)}{shown}"

    def first(self, name: str) -> str:
        prefix, row, _ = self._at(name)
        return f"{prefix}${get_column_letter(FIRST_STEP)}{self._row(prefix, row, name)}"

    def so_far(self, name: str) -> str:
        prefix, row, _ = self._at(name)
        shown = self._row(prefix, row, name)
        return f"{prefix}${get_column_letter(FIRST_STEP)}{shown}:{NOW}{shown}"
