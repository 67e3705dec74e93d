"""The four things one does with a case, wired: run, build, verify; the command line calls these and nothing else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from xlroi.analysis.bridge import Bridge, Step
from xlroi.analysis.long import long_table, write_table
from xlroi.analysis.optimise import Optimum
from xlroi.analysis.simulate import simulate
from xlroi.engine.run import Engine, Values
from xlroi.errors import BookError
from xlroi.files import writable
from xlroi.formula.scope import name_of
from xlroi.model.case import Case, case_from
from xlroi.model.case import load_case as load_case_file
from xlroi.model.loading import parse_yaml
from xlroi.model.model import SCENARIOS, Check, Output, Scenario, Table
from xlroi.model.template import load_model, model_from, model_names
from xlroi.proof.cells import Key, read_book
from xlroi.proof.recalculation import ENGINES
from xlroi.proof.states import Choice, Knob, State, states
from xlroi.proof.verify import Proof, Tables, prove
from xlroi.resources import templates
from xlroi.values import CellValue
from xlroi.workbook.back import Change, edited_case
from xlroi.workbook.book import Book, book_of
from xlroi.workbook.lines import SCENARIO, as_shown, raw
from xlroi.workbook.read import ReadBack, read_back, refuse_altered
from xlroi.workbook.sheets.review import ProofStamp
from xlroi.workbook.write import WORKBOOK, Built, Extras, NamedFunction, build_book, layout_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CaseOfBook", "Draws", "Result", "Verified", "build", "load_case", "read_case", "restated", "run", "verify"]


@dataclass(frozen=True, slots=True)
class Result:
    """One evaluation of a case.

    ``outputs`` maps ids to numbers or errors such as ``#N/A``, those of a table to one per member.
    """

    case: Case
    scenario: Scenario
    values: Values

    @property
    def outputs(self) -> dict[str, CellValue | dict[str, CellValue]]:
        return {o.id: self._output(o) for o in self.case.model.outputs}

    def failing(self) -> list[Check]:
        """The checks that do not hold, errors first."""
        failed = [c for c in self.case.model.checks if self.values.cell(c.line) != 1.0]
        return sorted(failed, key=lambda c: c.kind != "error")

    def _output(self, output: Output) -> CellValue | dict[str, CellValue]:
        if output.table is None:
            return self.values.cell(output.id)
        names = self.values.row_names(output.table)
        return {name: self.values.cell(output.id, member) for member, name in enumerate(names) if name}

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


@dataclass(frozen=True, slots=True)
class CaseOfBook:
    """A workbook read back: its case as text and checked, and every input that was changed since it was built."""

    text: str
    case: Case
    changes: list[Change]


def read_case(path: str | Path) -> CaseOfBook:
    """A workbook edited in a spreadsheet back to a case; raises :class:`BookError` naming sheet and cell.

    Formulas must be as built: an overtyped or altered one is refused, and so is a book with macros or external links.
    """
    path = Path(path)
    cells = read_book(path)
    if cells.has_macros:
        raise BookError(f"{path}: holds macros; xlroi writes none. Save it as .xlsx and read it again")
    if cells.external_links:
        raise BookError(f"{path}: has links to other workbooks ({', '.join(cells.external_links)}); break them first")
    found = read_back(path, {key: cell.value for key, cell in cells.cells.items()})
    refuse_altered(path, found.layout, {key: cell.formula for key, cell in cells.cells.items()})
    carried = found.book.model
    if carried.id in model_names() and load_model(carried.id).text != carried.text:
        raise BookError(
            f"{path}: was built from another text of template {carried.id!r} (version {carried.version}) than "
            f"this xlroi has (version {load_model(carried.id).version}); build it again, or read it with the "
            "xlroi that built it"
        )
    text, changes = edited_case(found)
    return CaseOfBook(text, case_from(parse_yaml(text, str(path)), carried, found.book.case.house), changes)


def load_case(path: str | Path, prices: Path | None = None) -> Case:
    """A case from its file, or from a workbook as it now stands; raises :class:`InputError` or :class:`BookError`.

    ``prices`` is a price file of the user's own; its entries win over the catalogue's.
    """
    if Path(path).suffix.lower() in (".xlsx", ".xlsm"):
        return read_case(path).case
    return load_case_file(path, prices)


def restated(case: Case) -> Case:
    """The case with what ``--set`` or ``--scenario`` changed written into its text, so that its workbook carries it.

    >>> from xlroi.model.case import case_from, with_settings
    >>> from xlroi.model.loading import parse_yaml
    >>> changed = with_settings(case_from(parse_yaml("model: roi", "case.yaml")), ["period_months=36"])
    >>> print(restated(changed).text, end="")
    model: roi
    inputs:
      period_months: 36
    """
    document = parse_yaml(case.text, case.file)
    written = book_of(case_from(document, case.model, case.house), live=False)
    present = book_of(case, live=False).cells()
    text, changes = edited_case(ReadBack(Path(case.file), written, layout_of(written, date.today()), present, ()))
    return case_from(parse_yaml(text, case.file), case.model, case.house) if changes else case


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


@dataclass(frozen=True, slots=True)
class Draws:
    """A simulation to stamp into a workbook."""

    trials: int
    seed: int = 1


def build(
    case: Case,
    path: str | Path,
    *,
    day: date | None = None,
    force: bool = False,
    prove_it: bool = False,
    static: bool = False,
    draws: Draws | None = None,
    optimum: Optimum | None = None,
    live: bool = True,
    functions: Sequence[NamedFunction] = (),
) -> Built:
    """Write the workbook of a case; an existing file is overwritten only with ``force``.

    With ``prove_it`` the book is proven with IronCalc in 25 states before it appears, and its Review sheet says so;
    a mismatch raises :class:`BookError`. ``static`` adds a sheet of sensitivities as stamped values, ``draws`` one of a
    simulation, ``optimum`` one of the best choice, ``functions`` worksheet functions as names. Without ``live`` there
    are no What-If tables, for spreadsheets that cannot compute them.
    """
    target, built_on = Path(path), day or date.today()
    book = book_of(case, built_on, live=live)
    drawn = simulate(case, draws.trials, draws.seed) if draws else None
    extras = Extras(static, draws is not None, drawn, optimum is not None, optimum, tuple(functions))
    if not prove_it:
        return build_book(book, target, built_on, force=force, extras=extras)
    writable(target, *WORKBOOK, force=force)
    with tempfile.TemporaryDirectory(prefix="xlroi-") as scratch:
        draft = Path(scratch, target.name)
        build_book(book, draft, built_on, extras=extras)
        found = verify(draft)
    if not found.passed:
        raise BookError(f"{path}: not written: {len(found.proof.mismatches)} cells differ when recalculated")
    (engine,) = found.proof.engines
    stamp = ProofStamp(f"{engine.engine} {engine.version}", engine.cells, engine.states, engine.worst.difference)
    return build_book(book, target, built_on, force=force, proof=stamp, extras=extras)


def build_bridge(found: Bridge, a: Case, b: Case, path: str | Path, *, force: bool = False) -> Built:
    """Write the bridge between two cases as a workbook of its own, with a waterfall."""
    unit = "money" if found.unit.startswith("money") else found.unit if found.unit.startswith("%") else "1"
    text = templates().joinpath("bridge.yaml").read_text(encoding="utf-8").replace("UNIT", unit)
    steps = found.steps or [Step("nothing changed", "", "", 0.0)]
    rows = {}
    for number, step in enumerate(steps, 1):
        path_ = step.path.translate({ord(c): " " for c in "*?~"})
        rows[f"{number} {path_}"] = {"was": step.was or "-", "now": step.now or "-", "effect": step.effect}
    title = f"{found.label}: from {Path(a.file).name} to {Path(b.file).name}"
    data = {
        "model": "bridge",
        "title": title[:200],
        "currency": a.currency,
        "inputs": {"value_of_a": found.start, "value_of_b": found.end},
        "tables": {"changes": rows},
    }
    document = parse_yaml(json.dumps(data, ensure_ascii=False, indent=1), "bridge")
    return build(case_from(document, model_from(parse_yaml(text, "bridge.yaml"))), path, force=force)


def export_long(case: Case, path: str | Path, scenarios: Sequence[Scenario], *, force: bool = False) -> int:
    """Write every line as a long table, CSV or Parquet by the file's ending; returns the number of rows."""
    frame = long_table(case, scenarios)
    write_table(frame, Path(path), force=force)
    return len(frame)


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
    index = {(f.sheet, f.ref): (f.id, f.member, f.step) for f in found.layout.formulas()}

    def expected(leaves: Mapping[str, CellValue]) -> dict[Key, CellValue]:
        values = found.book.values(leaves)
        formulas = {key: values.cell(id, member, step or 0) for key, (id, member, step) in index.items()}
        return formulas | found.layout.computed(values)

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
        _tables(found, len(planned)),
    )
    return Verified(path, proof, found.edited)


def _tables(found: ReadBack, formulas: int) -> Tables:
    """The What-If tables of a book, computed in as many states as six million cells allow, and in two at least."""
    layout = found.layout
    cells = frozenset(layout.computed(layout.as_built))
    if not cells:
        return Tables()
    return Tables(cells, layout.tables(), max(2, 6_000_000 // (formulas * len(cells))))


def proof_states(found: ReadBack, count: int) -> list[State]:
    """The states of a book: base values and numbers in tables are the knobs, scenario and choices the choices.

    Each table also has its first spare row filled and its last row taken out; of many tables several together, so that
    there is room for other states.
    """
    book = found.book
    knobs = [_knob(book, raw(id, "base"), found.present) for id in book.model.inputs]
    choices = [Choice(SCENARIO, tuple(as_shown(s) for s in SCENARIOS))]
    filled: dict[str, dict[str, float | str]] = {}
    emptied: dict[str, dict[str, float | str]] = {}
    for series in book.model.series.values():
        knobs += [_knob(book, id, found.present) for id in found.present if id.startswith(f"{series.id}.values[")]
    for table in book.model.tables.values():
        if table.cross:
            continue
        names = [id for id in found.present if id.startswith(f"{name_of(table.id)}[")]
        active = [i for i, id in enumerate(names) if found.present[id]]
        for column in table.columns.values():
            cells = [id for id in found.present if id.startswith(f"{column.leaf}[")]
            inside = [id for id in cells if int(id.split("[")[1].split("]")[0]) in active]
            if table.ledger:  # all its rows stand in one range
                inside = cells[:: len(cells) // _OF_LEDGER + 1]
            if column.kind == "number":
                knobs += [_knob(book, id, found.present) for id in inside]
            elif column.kind == "choice":
                choices += [Choice(id, column.choices) for id in inside]
        spare = next((i for i in range(len(names)) if i not in active), None)
        if spare is not None and active:
            filled[table.id] = _spare(found, table, active[0], spare)
        if len(active) > 1:
            emptied[table.id] = {names[active[-1]]: ""}
    most = max(count // 6, 1)
    special = [*_together("spare row", "filled", filled, most), *_together("row", "taken out", emptied, most)]
    return [*special, *states(knobs, choices, max(count - len(special), 1))]


_OF_LEDGER = 40
"""Cells of a ledger's column that a state changes."""


def _together(what: str, done: str, changes: Mapping[str, Mapping[str, float | str]], most: int) -> Iterator[State]:
    """A state for the change of each table, or for those of several tables where there are more than ``most``."""
    tables = list(changes)
    for first in range(min(len(tables), most)):
        group = tables[first::most]
        merged = {address: value for table in group for address, value in changes[table].items()}
        yield State(f"{what} of {', '.join(group)} {done}", merged)


def _spare(found: ReadBack, table: Table, like: int, spare: int) -> dict[str, float | str]:
    """A spare row with a name and the figures of another row."""
    changes: dict[str, float | str] = {f"{name_of(table.id)}[{spare}]": "One more"}
    for column in table.columns.values():
        for id, value in found.present.items():
            if id.startswith(f"{column.leaf}[{like}]") and isinstance(value, (int, float, str)):
                changes[id.replace(f"[{like}]", f"[{spare}]", 1)] = value
    return changes


def _knob(book: Book, address: str, present: Mapping[str, CellValue]) -> Knob:
    declared, _, _ = book.declared(address.partition("[")[0])
    value = present[address]
    default = getattr(declared, "default", 0.0)
    default = default if isinstance(default, (int, float)) else 0.0
    base = float(value) if isinstance(value, (int, float)) else default
    low = declared.minimum if declared.minimum is not None else min(base, default) * 0.5
    high = declared.maximum if declared.maximum is not None else max(abs(base), abs(default), 100.0) * 2
    if declared.is_date:
        low, high = base - 800, base + 1200
    return Knob(address, base, low, high, declared.integer or declared.is_date)
