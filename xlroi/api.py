"""The four things one does with a case, wired: run, build, verify; the command line calls these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from xlroi.engine.run import Engine, Values
from xlroi.errors import BookError
from xlroi.model.case import Case, load_case
from xlroi.model.model import SCENARIOS, Input, Scenario
from xlroi.proof.cells import Key, read_book
from xlroi.proof.recalculation import ENGINES
from xlroi.proof.states import Choice, Knob, State, states
from xlroi.proof.verify import Proof, prove
from xlroi.values import CellValue
from xlroi.workbook.book import SCENARIO, as_shown, book_of, raw
from xlroi.workbook.read import ReadBack, read_back
from xlroi.workbook.write import Built, build_book

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "Verified", "build", "load_case", "run", "verify"]


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation of a case. ``outputs`` maps ids to numbers or errors such as ``#N/A``."""

    case: Case
    scenario: Scenario
    values: Values

    @property
    def outputs(self) -> dict[str, CellValue]:
        return {o.id: self.values.cell(o.id) for o in self.case.model.outputs}

    def frame(self) -> pd.DataFrame:
        """The outputs as a table: label, value, unit; indexed by id."""
        import pandas as pd

        rows = [(o.id, o.label, self.values.cell(o.id), o.unit_text) for o in self.case.model.outputs]
        return pd.DataFrame(rows, columns=["id", "label", "value", "unit"]).set_index("id")

    def timeline(self) -> pd.DataFrame:
        """Every monthly line, a row per month from 0 to the horizon."""
        import pandas as pd

        lines = [line for line in self.case.model.system.lines.values() if line.type.month]
        horizon = int(self.values.arrays["horizon"][0, 0, 0])
        columns = {line.id: self.values.row(line.id)[: horizon + 1] for line in lines}
        return pd.DataFrame(columns).set_index("month")


def run(case: Case, scenario: Scenario | None = None) -> Result:
    """Evaluate a case under one scenario (default: its own).

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> result = run(case_from(parse_yaml("model: roi", "case.yaml")))
    >>> result.outputs["total_cost"], result.outputs["payback_month"]
    (510000.0, 5.0)
    """
    chosen = scenario or case.scenario
    engine = Engine(case.model.system, case.model.steps)
    return Result(case, chosen, engine.evaluate(case.values(chosen)))


def build(case: Case, path: str | Path, *, day: date | None = None, force: bool = False) -> Built:
    """Write the workbook of a case; an existing file is overwritten only with ``force``."""
    return build_book(book_of(case), Path(path), day or date.today(), force=force)


@dataclass(frozen=True, slots=True)
class Verified:
    """A proof and what it was made of."""

    path: Path
    proof: Proof
    edited: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.proof.mismatches


def verify(
    path: str | Path,
    engines: Sequence[str] = ("ironcalc",),
    count: int = 25,
    progress: Callable[[str], None] = lambda _: None,
) -> Verified:
    """Prove a workbook: cached values, xlroi's engine and independent recalculations agree in every formula cell.

    Raises :class:`BookError` for a foreign or damaged book, :class:`EngineUnavailable` where an engine cannot run.
    """
    path = Path(path)
    if not path.is_file():
        raise BookError(f"{path}: no such workbook")
    cells = read_book(path)
    found = read_back(path, {key: cell.value for key, cell in cells.cells.items()})
    planned = {(f.sheet, f.ref): f.formula for f in found.layout.formulas()}
    index = {(f.sheet, f.ref): (f.id, f.step) for f in found.layout.formulas()}

    def expected(leaves: Mapping[str, CellValue]) -> dict[Key, CellValue]:
        values = found.book.values({id: v for id, v in leaves.items() if not isinstance(v, bool)})
        return {key: values.cell(id, 0, step or 0) for key, (id, step) in index.items()}

    wanted = ENGINES if "all" in engines else tuple(engines)
    proof = prove(
        path,
        cells,
        planned,
        found.layout.input_cells(),
        found.present,
        expected,
        wanted,
        proof_states(found, count),
        progress,
    )
    return Verified(path, proof, found.edited)


def proof_states(found: ReadBack, count: int) -> list[State]:
    """The states of a book: base values are the knobs, the scenario switch the choice."""
    model = found.book.model
    knobs = [_knob(declared, found.present[raw(id, "base")]) for id, declared in model.inputs.items()]
    return states(knobs, [Choice(SCENARIO, tuple(as_shown(s) for s in SCENARIOS))], count)


def _knob(declared: Input, value: CellValue) -> Knob:
    base = float(value) if isinstance(value, (int, float)) else declared.default
    low = declared.minimum if declared.minimum is not None else min(base, declared.default) * 0.5
    high = declared.maximum if declared.maximum is not None else max(abs(base), abs(declared.default), 100.0) * 2
    if declared.is_date:
        low, high = base - 800, base + 1200
    return Knob(raw(declared.id, "base"), base, low, high, declared.integer or declared.is_date)
