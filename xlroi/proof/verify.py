"""The proof: recalculate a book by an independent engine, in many states, and compare every formula cell.

What the cells should be comes from outside, as a function of the leaves; nothing here computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from xlroi.errors import EngineUnavailable
from xlroi.proof.cells import BookCells, Key, formula_cells
from xlroi.proof.compare import Mismatch, Worst, compare, searched_cells
from xlroi.proof.recalculation import COMPUTE_TABLES, Recalculation, open_book
from xlroi.proof.states import State
from xlroi.values import CellValue, normal_formula

__all__ = ["EngineProof", "Proof", "Tables", "prove"]

Expected = Callable[[Mapping[str, CellValue]], Mapping[Key, CellValue]]
"""From changed leaves to the value of every formula cell."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The What-If tables that a book was built with: their cells, and their definitions by first cell.

    Formulas are proven with the cells of the tables set to what they should be; the tables themselves apart, in
    ``states`` of the states, as each costs as many recalculations as there are cells. LibreOffice 7.4 leaves some
    formulas at the last case of a table, so one run cannot prove both.
    """

    cells: frozenset[Key] = frozenset()
    definitions: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    states: int = 0


@dataclass(slots=True)
class EngineProof:
    """What one engine found; ``table_states`` counts the states in which it computed the What-If tables."""

    engine: str
    version: str
    cells: int = 0
    states: int = 0
    table_states: int = 0
    worst: Worst = field(default_factory=Worst)


@dataclass(slots=True)
class Proof:
    """The outcome: ``mismatches`` is empty where every cell agreed in every state on every engine."""

    cells: int
    engines: list[EngineProof] = field(default_factory=list)
    mismatches: list[Mismatch] = field(default_factory=list)


def prove(
    path: Path,
    book: BookCells,
    planned: Mapping[Key, str],
    leaves: Mapping[str, Key],
    present: Mapping[str, CellValue],
    expected: Expected,
    engines: Sequence[str],
    states: Sequence[State],
    progress: Callable[[str], None] = lambda _: None,
    tables: Tables = Tables(),  # frozen
) -> Proof:
    """Compare cached, expected and recalculated values of every formula cell.

    ``planned`` are the formulas the book was built with; ``present`` is what the book's input cells hold now. A planned
    formula that is gone (overtyped by a number) is a mismatch, and so is one that nobody planned or that reads
    otherwise: a wrong formula may agree in every state that is tried.
    """
    formulas = {key: cell.formula for key, cell in formula_cells(book).items() if cell.formula is not None}
    base = expected(present)
    proof = Proof(len(planned))
    cached = {key: cell.value for key, cell in book.cells.items()}
    everything = {**planned, **formulas}
    searched = searched_cells(everything)
    for key in planned.keys() - formulas.keys():
        proof.mismatches.append(Mismatch(*key, planned[key], f"={planned[key]}", cached.get(key), "as saved", "file"))
    for key in formulas.keys() - planned.keys():
        proof.mismatches.append(Mismatch(*key, formulas[key], None, f"={formulas[key]}", "as saved", "file"))
    for key in planned.keys() & formulas.keys():
        if normal_formula(planned[key]) != normal_formula(formulas[key]):
            proof.mismatches.append(
                Mismatch(*key, formulas[key], f"={planned[key]}", f"={formulas[key]}", "as saved", "file")
            )
    for key in tables.definitions.keys() | book.what_ifs.keys():
        should_be, is_there = tables.definitions.get(key), book.what_ifs.get(key)
        if should_be != is_there:
            a, b = (f"What-If table {d}" if d else None for d in (should_be, is_there))
            proof.mismatches.append(Mismatch(*key, "What-If table", a, b, "as saved", "file"))
    everywhere = {**planned, **dict.fromkeys(tables.cells, "")}
    proof.mismatches += compare(everywhere, base, cached, "as saved", "cached value", Worst(), searched)
    for engine in engines:
        proof.engines.append(found := EngineProof(engine, "", len(planned)))
        with _Session(path, engine, leaves, present, progress) as session:
            found.version = session.version
            for state in states:
                progress(f"{engine}: {state.name}")
                should = expected({**present, **state.changes})
                got = session.values(state.changes, {key: should[key] for key in tables.cells})
                proof.mismatches += compare(planned, should, got, state.name, engine, found.worst, searched)
                found.states += 1
        if not tables.cells or engine not in COMPUTE_TABLES:
            continue
        cells = dict.fromkeys(tables.cells, "")
        with _Session(path, engine, leaves, present, progress, what_if=True) as session:
            for state in states[:: max(1, -(-len(states) // max(tables.states, 1)))]:
                progress(f"{engine}: {state.name}, What-If tables")
                should, got = expected({**present, **state.changes}), session.values(state.changes, {})
                proof.mismatches += compare(cells, should, got, state.name, engine, found.worst, searched)
                found.table_states += 1
    return proof


class _Session:
    """A book in an engine, taken through states.

    A spreadsheet may crash on its own account: LibreOffice 7.4 does so now and then while it marks what depends on a
    changed cell. The state is then tried again in a new process, and the third crash ends the proof.
    """

    def __init__(
        self,
        path: Path,
        engine: str,
        leaves: Mapping[str, Key],
        present: Mapping[str, CellValue],
        progress: Callable[[str], None],
        *,
        what_if: bool = False,
    ) -> None:
        self._path, self._engine, self._leaves, self._present = path, engine, leaves, present
        self._what_if = what_if
        self._progress = progress
        self._book: Recalculation | None = None
        self._changed: set[str] = set()
        self.version = self._opened().version

    def _opened(self) -> Recalculation:
        if self._book is None:
            self._book, self._changed = open_book(self._path, self._engine, what_if=self._what_if), set()
        return self._book

    def values(self, changes: Mapping[str, CellValue], tables: Mapping[Key, CellValue]) -> dict[Key, CellValue]:
        """Every cell at the present inputs with ``changes``; ``tables`` says what stands in What-If tables that the
        engine does not compute, for the formulas that read them."""
        for tries_left in (2, 1, 0):
            try:
                return self._recalculated(changes, tables)
            except EngineUnavailable:
                self.close()
                if not tries_left:
                    raise
                self._progress(f"{self._engine}: once more, it ended unexpectedly")
        raise AssertionError("the last try returns or raises")

    def _recalculated(self, changes: Mapping[str, CellValue], tables: Mapping[Key, CellValue]) -> dict[Key, CellValue]:
        book = self._opened()
        book.set({key: value for key, value in tables.items() if value is not None})
        for sheet, cell in (key for key, value in tables.items() if value is None):
            book.set_formula(sheet, cell, '""')  # a result of an inactive row: a text, but an empty one
        back = {id: self._present[id] for id in self._changed - changes.keys()}
        self._changed |= changes.keys()
        book.set({self._leaves[id]: value for id, value in {**back, **changes}.items()})
        book.recalculate()
        self._changed = set(changes)
        return book.values()

    def close(self) -> None:
        if self._book is not None:
            self._book.close()
            self._book = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
