"""The proof behind a memo: the workbook of the same case, built in a scratch folder and recalculated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xlroi.api import build, restated, verify
from xlroi.errors import BookError
from xlroi.model.case import Case

__all__ = ["Proven", "proven"]


@dataclass(frozen=True, slots=True)
class Proven:
    """What was compared with what, and how far they lay apart at most."""

    engine: str
    version: str
    cells: int
    states: int
    worst: float


def proven(case: Case, day: date, progress: Callable[[str], None] = lambda _: None) -> Proven:
    """Build the workbook of a case and prove it with IronCalc in 25 states; a mismatch raises :class:`BookError`."""
    with tempfile.TemporaryDirectory(prefix="xlroi-") as scratch:
        book = Path(scratch, "proof.xlsx")
        progress("building the workbook")
        build(restated(case), book, day=day)
        found = verify(book, progress=progress)
    if not found.passed:
        wrong = len(found.proof.mismatches)
        raise BookError(f"no memo written: {wrong} cells of this case's workbook differ when recalculated")
    (engine,) = found.proof.engines
    name = {"ironcalc": "IronCalc"}.get(engine.engine, engine.engine)
    return Proven(name, engine.version, engine.cells, engine.states, engine.worst.difference)
