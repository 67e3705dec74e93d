"""References that formulas use: first the cell's own block, then the header, then the homes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter

from xlroi.formula.scope import name_of
from xlroi.formula.spell import BEFORE, NOW
from xlroi.workbook.plan import FIRST_STEP, OPENING, VALUE, Sheet

if TYPE_CHECKING:
    from xlroi.workbook.layout import Layout

__all__ = ["Refs", "header_rows", "quoted"]


def header_rows(step: str) -> dict[str, int]:
    """The words of the timeline that stand in every time sheet's header, and their rows."""
    return {"date": 2, step: 3, "live": 4}


def quoted(sheet: str) -> str:
    """A sheet's name as formulas write it.

    >>> quoted("Inputs"), quoted("P&L")
    ('Inputs', "'P&L'")
    """
    return sheet if sheet.isalnum() else f"'{sheet}'"


@dataclass(frozen=True, slots=True)
class Refs:
    """References for one cell: ``table`` and ``member`` tell which row of which table it belongs to."""

    layout: Layout
    sheet: Sheet
    row: int
    local: Mapping[str, int]
    table: str | None = None
    member: int = 0

    @property
    def step(self) -> str:
        return self.layout.book.model.step

    def _table(self, name: str) -> str | None:
        return self.layout.book.system.scope.names[name].type.table

    def _at(self, name: str, member: int | None = None) -> tuple[str, int, int | None]:
        """Sheet prefix, row and column (``None`` for a monthly row); of the own member unless told."""
        table = self._table(name)
        home = self.layout.homes[name]
        if table is None and name in self.local:
            return "", self.local[name], None if home.column is None else VALUE
        header = self.layout.header
        if table is None and self.sheet.role == "time" and name in header:
            return "", header[name], None
        if table is not None:
            member = (self.member if table == self.table else 0) if member is None else member
        prefix = "" if home.sheet == self.sheet.name else f"{quoted(home.sheet)}!"
        if home.across:
            return prefix, home.row, (home.column or 0) + (member or 0)
        return prefix, home.row + (member or 0), home.column

    def _row(self, prefix: str, row: int, name: str) -> str:
        """Rows of the own table and of the own block move with the cell; all others are fixed."""
        own = self._table(name)
        if own is not None:
            moves = own == self.table and not self.layout.homes[name].across
            return str(row) if moves else f"${row}"
        if self.table is not None:
            return f"${row}"  # one call-up serves all rows of a table
        fixed = bool(prefix) or (name in self.layout.header and name not in self.local)
        return f"${row}" if fixed or (row != self.row and not self.local) else str(row)

    def here(self, name: str) -> str:
        prefix, row, column = self._at(name)
        letter = NOW if column is None else f"${get_column_letter(column)}"
        if column is not None and self.layout.homes[name].across and self._table(name) == self.table:
            letter = get_column_letter(column)
        return f"{prefix}{letter}{self._row(prefix, row, name)}"

    def prior(self, name: str) -> str:
        prefix, row, _ = self._at(name)
        return f"{prefix}{BEFORE}{self._row(prefix, row, name)}"

    def _along(self, name: str, first: str, last: str) -> str:
        prefix, row, _ = self._at(name)
        shown = self._row(prefix, row, name)
        return f"{prefix}{first}{shown}:{last}{shown}"

    def whole(self, name: str) -> str:
        if self._at(name)[2] is not None:
            return self.here(name)
        return self._along(name, f"${get_column_letter(FIRST_STEP)}", f"${get_column_letter(self.layout.last)}")

    def first(self, name: str) -> str:
        prefix, row, _ = self._at(name)
        return f"{prefix}${get_column_letter(FIRST_STEP)}{self._row(prefix, row, name)}"

    def so_far(self, name: str) -> str:
        return self._along(name, f"${get_column_letter(FIRST_STEP)}", NOW)

    def before(self, name: str) -> str:
        return self._along(name, f"${get_column_letter(OPENING)}", BEFORE)

    def _down(self, name: str, first: str, last: str) -> str:
        prefix, row, _ = self._at(name, 0)
        table = self._table(name)
        count = self.layout.book.rows(table) if table else 1
        home = self.layout.homes[name]
        if home.across:
            left, right = get_column_letter(home.column or 1), get_column_letter((home.column or 1) + count - 1)
            return f"{prefix}${left}{row}:${right}{row}"
        return f"{prefix}{first}${row}:{last}${row + count - 1}"

    def rows(self, name: str) -> str:
        column = self._at(name)[2]
        letter = NOW if column is None else f"${get_column_letter(column)}"
        return self._down(name, letter, letter)

    def block(self, name: str) -> str:
        return self._down(name, f"${get_column_letter(FIRST_STEP)}", f"${get_column_letter(self.layout.last)}")

    def above(self, name: str) -> str:
        prefix, row, column = self._at(name)
        letter = NOW if column is None else f"${get_column_letter(column)}"
        return f"{prefix}{letter}{row - 1}"

    def slot(self, name: str, column: str) -> str:
        assert self.table is not None  # the key columns of a cross table
        cross = self.layout.book.model.tables[self.table].cross
        assert cross is not None
        rows = self.layout.book.rows
        pair = cross.slots(rows(cross.left_table), rows(cross.right_table))[self.member]
        left = column == f"{self.table}.{cross.left}"
        prefix, row, at = self._at(name, pair[0 if left else 1])
        return f"{prefix}${get_column_letter(at or 1)}${row}"

    def periods(self, name: str) -> str:
        prefix, row, column = self._at(name)
        value: Any = self.layout.book.leaves[name]
        count = len(value[0] if self._table(name) else value)
        first, last = get_column_letter(column or 1), get_column_letter((column or 1) + count - 1)
        shown = self._row(prefix, row, name)
        return f"{prefix}${first}{shown}:${last}{shown}"

    def names(self, table: str) -> str:
        return self.rows(name_of(table))
