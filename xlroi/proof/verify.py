"""The proof: recalculate a book by an independent engine, in many states, and compare every formula cell.

What the cells should be comes from outside, as a function of the leaves; nothing here computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xlroi.errors import EngineUnavailable
from xlroi.proof.cells import BookCells, Key, formula_cells
from xlroi.proof.compare import Mismatch, Worst, compare, searched_cells
from xlroi.proof.recalculation import open_book
from xlroi.proof.states import State
from xlroi.values import CellValue, normal_formula

__all__ = ["EngineProof", "Proof", "prove"]

Expected = Callable[[Mapping[str, CellValue]], Mapping[Key, CellValue]]
"""From changed leaves to the value of every formula cell."""


@dataclass(slots=True)
class EngineProof:
    """What one engine found."""

    engine: str
    version: str
    cells: int = 0
    states: int = 0
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
    proof.mismatches += compare(planned, base, cached, "as saved", "cached value", Worst(), searched)
    for engine in engines:
        try:
            found, differ = _recalculated(path, planned, leaves, present, expected, engine, states, progress, searched)
        except EngineUnavailable:
            # A spreadsheet may crash on its own account: once more from the start, and then it has to answer.
            progress(f"{engine}: once more, it ended unexpectedly")
            found, differ = _recalculated(path, planned, leaves, present, expected, engine, states, progress, searched)
        proof.engines.append(found)
        proof.mismatches += differ
    return proof


def _recalculated(
    path: Path,
    planned: Mapping[Key, str],
    leaves: Mapping[str, Key],
    present: Mapping[str, CellValue],
    expected: Expected,
    engine: str,
    states: Sequence[State],
    progress: Callable[[str], None],
    searched: frozenset[Key],
) -> tuple[EngineProof, list[Mismatch]]:
    """One engine through all states, and the cells in which it differs."""
    differ: list[Mismatch] = []
    with open_book(path, engine) as recalculated:
        found = EngineProof(engine, recalculated.version, len(planned))
        previous: set[str] = set()
        for state in states:
            progress(f"{engine}: {state.name}")
            back = {id: present[id] for id in previous - state.changes.keys()}
            recalculated.set({leaves[id]: value for id, value in {**back, **state.changes}.items()})
            recalculated.recalculate()
            previous = set(state.changes)
            should = expected({**present, **state.changes})
            got = recalculated.values()
            differ += compare(planned, should, got, state.name, engine, found.worst, searched)
            found.states += 1
    return found, differ
