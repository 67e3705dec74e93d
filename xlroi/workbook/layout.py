"""Where everything stands: homes of lines, call-ups in their blocks, and the references that formulas use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openpyxl.utils import get_column_letter

from xlroi.engine.run import Values
from xlroi.errors import InputError, XlroiError
from xlroi.formula.spell import BEFORE, NOW, spell
from xlroi.formula.tree import Name
from xlroi.values import CellValue
from xlroi.workbook.book import Book, address
from xlroi.workbook.plan import FIRST_STEP, OPENING, Computed, Home, Leaf, Line, Link, Placed, Run, Sheet
from xlroi.workbook.refs import Refs, header_rows

__all__ = ["LONGEST", "Filled", "Layout"]

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
    member: int = 0

    @property
    def ref(self) -> str:
        return f"{get_column_letter(self.column)}{self.row}"


class Layout:
    """All sheets of a book; spells every formula cell."""

    def __init__(self, book: Book, sheets: list[Sheet], as_built: Values | None = None) -> None:
        self.book, self.sheets = book, sheets
        self.homes: dict[str, Home] = {}
        for sheet in sheets:
            for id, home in sheet.homes():
                if id in self.homes:
                    raise XlroiError(f"{id!r} has two homes, {self.homes[id]} and {home}")
                self.homes[id] = home
        self.last = FIRST_STEP + book.model.last_step
        self.header = header_rows(book.model.step)
        self.cells = book.cells()
        self.as_built = as_built or book.values()
        self._formulas: list[Filled] = []

    def formulas(self) -> list[Filled]:
        """Every formula cell of the book, in the order of its sheets; spelled once."""
        self._formulas = self._formulas or list(self._spelled())
        return self._formulas

    def _spelled(self) -> Iterator[Filled]:
        for sheet in self.sheets:
            for cell in sheet.placed:
                if isinstance(cell.content, (Line, Link)):
                    yield self._single(sheet, cell)
            for run in sheet.runs:
                yield from self._run(sheet, run)

    def computed(self, values: Values) -> dict[tuple[str, str], CellValue]:
        """The engine's value of every cell that a What-If table fills in."""
        found = {}
        for sheet in self.sheets:
            for cell in sheet.placed:
                if isinstance(content := cell.content, Computed):
                    ref = f"{get_column_letter(cell.column)}{cell.row}"
                    found[sheet.name, ref] = values.cell(content.id, content.member)
        return found

    def tables(self) -> dict[tuple[str, str], dict[str, str]]:
        """Every What-If table by its first cell, and what its definition in the file says."""
        found = {}
        for sheet in self.sheets:
            for table in sheet.what_ifs:
                first = f"{get_column_letter(table.column)}{table.row}"
                last = f"{get_column_letter(table.column + table.columns - 1)}{table.row + table.rows - 1}"
                across, down = (self._cell_of(leaf) for leaf in (table.across, table.down))
                said = {"ref": f"{first}:{last}"}
                if across and down:
                    said |= {"dt2D": "1", "dtr": "1", "r1": across, "r2": down}
                else:
                    said |= {"dt2D": "0", "dtr": "1" if across else "0", "r1": across or down or ""}
                found[sheet.name, first] = said
        return found

    def _cell_of(self, leaf: str | None) -> str | None:
        if leaf is None:
            return None
        home = self.homes[leaf]
        return f"{get_column_letter(home.column or 1)}{home.row}"

    def values(self, values: Values) -> dict[tuple[str, str], CellValue]:
        """The engine's value of every formula cell."""
        return {(f.sheet, f.ref): values.cell(f.id, f.member, f.step or 0) for f in self.formulas()}

    def input_cells(self) -> dict[str, tuple[str, str]]:
        """The cell of every single value that a user may change."""
        found = {}
        for sheet in self.sheets:
            for cell in sheet.placed:
                if isinstance(leaf := cell.content, Leaf):
                    found[self.address(leaf)] = (sheet.name, f"{get_column_letter(cell.column)}{cell.row}")
        return found

    def address(self, leaf: Leaf) -> str:
        """The name of one input cell."""
        value: Any = self.book.leaves[leaf.id]
        of_table = self.book.system.scope.names[leaf.id].type.table is not None
        inner = value[0] if of_table and value else value
        return address(leaf.id, leaf.member, leaf.period, of_table=of_table, of_series=isinstance(inner, list))

    def _single(self, sheet: Sheet, cell: Placed) -> Filled:
        content = cell.content
        assert isinstance(content, (Line, Link))
        lines = self.book.system.lines
        table = self.book.system.scope.names[content.id].type.table
        if isinstance(content, Line):
            refs = Refs(self, sheet, cell.row, sheet.call_ups.get(content.id, {}), table, content.member)
            formula = spell(lines[content.id].node, refs, self._guard(sheet, content.id, cell.row))
        else:
            refs = Refs(self, sheet, cell.row, {}, table, content.member)
            formula = spell(Name(content.id), refs)
            if content.id not in lines and self.book.system.scope.names[content.id].type.kind == "text":
                formula += '&""'  # a link to an empty cell would show 0
        return Filled(
            sheet.name, cell.row, cell.column, self._short(formula, content.id), content.id, None, content.member
        )

    def _guard(self, sheet: Sheet, id: str, row: int) -> str | None:
        line = self.book.system.lines[id]
        if line.type.table is None or not line.guarded:
            return None
        return f"${get_column_letter(sheet.member_column)}{row}"

    def _run(self, sheet: Sheet, run: Run) -> Iterator[Filled]:
        if run.is_home:
            line = self.book.system.lines[run.id]
            refs = Refs(self, sheet, run.row, sheet.call_ups.get(run.id, {}), line.type.table, run.member)
            row = self._short(spell(line.node, refs, self._guard(sheet, run.id, run.row)), run.id)
        else:
            home = self.homes[run.id]
            prefix = "" if home.sheet == sheet.name else f"{home.sheet}!"
            row = f"{prefix}{NOW}{home.row + run.member}"
            opening = f"{prefix}{get_column_letter(OPENING)}{home.row + run.member}"
            if run.opens and run.row not in self.header.values():
                yield Filled(sheet.name, run.row, OPENING, opening, run.id, -1, run.member)
        for step in range(self.book.model.steps):
            column = FIRST_STEP + step
            now, before = get_column_letter(column), get_column_letter(column - 1)
            text = row.replace(NOW, now).replace(BEFORE, before)
            yield Filled(sheet.name, run.row, column, text, run.id, step, run.member)

    def _short(self, formula: str, id: str) -> str:
        wider = len(get_column_letter(self.last)) - 1  # of the last column, where a row's formula is longest
        if len(formula) + wider * (formula.count(NOW) + formula.count(BEFORE)) > LONGEST:
            text = self.book.model.texts.get(id)
            place = f"{text.place}: " if text and text.place else ""
            readable = formula.replace(NOW, get_column_letter(self.last)).replace(
                BEFORE, get_column_letter(self.last - 1)
            )
            raise InputError(
                f"{place}the formula of {id!r} has {len(readable)} characters in its cell, more than {LONGEST}: "
                f"split it into lines ({readable})"
            )
        return formula
