"""A system of lines on a bare sheet, so that a formula's value in the engine meets the same formula recalculated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from xlroi.engine.run import Engine, Leaf
from xlroi.formula.scope import Cross, Declaration, name_of
from xlroi.formula.spell import BEFORE, NOW, spell
from xlroi.formula.system import Draft, System, build_system
from xlroi.formula.tree import Type
from xlroi.formula.units import parse_unit
from xlroi.proof.cells import Key
from xlroi.proof.compare import Worst, compare, searched_cells
from xlroi.proof.recalculation import open_book
from xlroi.values import CellValue

NAMES, SINGLE, OPENING, FIRST = 2, 3, 4, 5  # columns

TIMELINE = [
    Draft("horizon", "hold"),
    Draft("month", "PRIOR(month) + 1", month=True, unit=parse_unit("month"), totalled="rate", opening=-1),
    Draft("live", "month <= horizon", month=True, totalled="flag"),
    Draft("operating", "live * (month >= 1)", month=True, totalled="flag"),
]
HOLD = Declaration("hold", Type(), "input")


@dataclass
class Bare:
    """One system with its leaves, placed row by row."""

    system: System
    leaves: Mapping[str, Leaf]
    steps: int

    def __post_init__(self) -> None:
        self.values = Engine(self.system, self.steps).evaluate(self.leaves)
        self.rows: dict[str, int] = {}
        row = 1
        for name in self.system.scope.names:
            self.rows[name] = row
            row += self.members(name) + 1  # the empty row above is what ABOVE reads for the first member
        self.formulas: dict[Key, str] = {}
        self.expected: dict[Key, CellValue] = {}

    def members(self, name: str) -> int:
        table = self.system.scope.names[name].type.table
        return self.values.arrays[name_of(table)].shape[1] if table else 1

    def write(self, path: Path) -> None:
        workbook = Workbook()
        sheet = workbook.active
        assert sheet is not None
        sheet.title = "S"
        for name, declaration in self.system.scope.names.items():
            for member in range(self.members(name)):
                row = self.rows[name] + member
                line = self.system.lines.get(name)
                table = declaration.type.table
                if line is None:
                    self._leaf(sheet, name, row, member)
                    continue
                guard = None
                if table and line.guarded:
                    guard = f"${get_column_letter(SINGLE)}{self.rows[name_of(table)] + member}"
                text = spell(line.node, _Refs(self, table, member), guard)
                columns = range(FIRST, FIRST + self.steps) if line.type.month else [SINGLE]
                if line.type.month:
                    sheet.cell(row, OPENING, line.opening)
                for step, column in enumerate(columns):
                    now, before = get_column_letter(column), get_column_letter(column - 1)
                    key = ("S", f"{now}{row}")
                    self.formulas[key] = text.replace(NOW, now).replace(BEFORE, before)
                    self.expected[key] = self.values.cell(name, member, step)
                    sheet.cell(row, column, f"={self.formulas[key]}")
        workbook.save(path)

    def _leaf(self, sheet, name: str, row: int, member: int) -> None:  # type: ignore[no-untyped-def]
        value = self.leaves[name]
        if isinstance(value, (list, tuple)):
            value = value[member] if self.system.scope.names[name].type.table else value
        if isinstance(value, (list, tuple)):
            for offset, one in enumerate(value):
                sheet.cell(row, FIRST + offset, one)
        else:
            sheet.cell(row, SINGLE, value or (None if value == "" else value))

    def mismatches(self, path: Path, engine: str) -> list[str]:
        """Where the recalculated book and xlroi's engine differ."""
        with open_book(path, engine) as book:
            book.recalculate()
            got = book.values()
        found = compare(self.formulas, self.expected, got, "as built", engine, Worst(), searched_cells(self.formulas))
        rows = {row: name for name, row in self.rows.items()}
        named = []
        for m in found:
            row = int("".join(c for c in m.cell if c.isdigit()))
            while row not in rows:
                row -= 1
            named.append(f"{rows[row]} {m.cell} ={m.formula}: engine {m.expected!r}, {m.engine} {m.got!r}")
        return named


@dataclass
class _Refs:
    bare: Bare
    table: str | None
    member: int
    step = "month"

    def _row(self, name: str) -> int:
        own = self.bare.system.scope.names[name].type.table
        return self.bare.rows[name] + (self.member if own and own == self.table else 0)

    def _range(self, name: str, first: str, last: str, *, all_rows: bool = False) -> str:
        row = self.bare.rows[name] if all_rows else self._row(name)
        end = row + self.bare.members(name) - 1 if all_rows else row
        return f"{first}${row}:{last}${end}"

    def here(self, name: str) -> str:
        month = self.bare.system.scope.names[name].type.month
        return f"{NOW if month else '$' + get_column_letter(SINGLE)}{self._row(name)}"

    def prior(self, name: str) -> str:
        return f"{BEFORE}{self._row(name)}"

    def whole(self, name: str) -> str:
        if not self.bare.system.scope.names[name].type.month:
            return self.here(name)
        return self._range(name, f"${get_column_letter(FIRST)}", f"${get_column_letter(FIRST + self.bare.steps - 1)}")

    def first(self, name: str) -> str:
        return f"${get_column_letter(FIRST)}{self._row(name)}"

    def so_far(self, name: str) -> str:
        return self._range(name, f"${get_column_letter(FIRST)}", NOW)

    def before(self, name: str) -> str:
        return self._range(name, f"${get_column_letter(OPENING)}", BEFORE)

    def rows(self, name: str) -> str:
        column = NOW if self.bare.system.scope.names[name].type.month else f"${get_column_letter(SINGLE)}"
        return self._range(name, column, column, all_rows=True)

    def block(self, name: str) -> str:
        last = get_column_letter(FIRST + self.bare.steps - 1)
        return self._range(name, f"${get_column_letter(FIRST)}", f"${last}", all_rows=True)

    def above(self, name: str) -> str:
        month = self.bare.system.scope.names[name].type.month
        return f"{NOW if month else '$' + get_column_letter(SINGLE)}{self._row(name) - 1}"

    def slot(self, name: str, column: str) -> str:
        raise NotImplementedError("the bare sheet has no cross tables; the workbook's layout is tested with them")

    def periods(self, name: str) -> str:
        count = self.bare.values.arrays[name].shape[2]
        return self._range(name, f"${get_column_letter(FIRST)}", f"${get_column_letter(FIRST + count - 1)}")

    def names(self, table: str) -> str:
        return self.rows(name_of(table))


def bare(
    leaves: Mapping[str, Leaf],
    declared: Iterable[Declaration],
    drafts: Iterable[Draft],
    tables: Mapping[str, Cross | None],
    steps: int,
    hold: float,
    ledgers: Iterable[str] = (),
) -> Bare:
    """A system with a timeline of ``steps`` columns that ends at month ``hold``."""
    system = build_system([HOLD, *declared], [*TIMELINE, *drafts], tables, ledgers=ledgers)
    return Bare(system, {"hold": hold, **leaves}, steps)
