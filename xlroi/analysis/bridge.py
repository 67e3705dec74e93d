"""Two cases of one model: what changed, and what each change does to an output, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.case import Case
from xlroi.model.model import SCENARIOS
from xlroi.model.numbers import written
from xlroi.model.rows import Row
from xlroi.model.starter import yaml_number

__all__ = ["Bridge", "Step", "bridge"]


@dataclass(frozen=True, slots=True)
class Step:
    """One changed input, from what to what, and its effect once all before it have changed."""

    path: str
    was: str
    now: str
    effect: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the output of the first case to that of the second; ``remainder`` is what the steps leave open: 0."""

    output: str
    label: str
    unit: str
    start: float
    steps: list[Step]
    end: float

    @property
    def remainder(self) -> float:
        return self.end - self.start - sum(step.effect for step in self.steps)


def bridge(a: Case, b: Case, output: str | None = None) -> Bridge:
    """Replace A's inputs by B's one by one; raises :class:`InputError` where the two cannot be compared."""
    if a.model.text != b.model.text:
        raise InputError(
            f"{a.file} and {b.file} are cases of different models: {a.model.id} {a.model.version} and "
            f"{b.model.id} {b.model.version}"
        )
    if a.currency != b.currency:
        raise InputError(f"{a.file} is in {a.currency} and {b.file} in {b.currency}: state both in one currency")
    model = a.model
    single = [o for o in model.outputs if o.table is None and model.system.lines[o.id].type.kind == "number"]
    known = [o.id for o in single]
    wanted = output or ("npv" if "npv" in known else next(h for h in (*model.headlines, *known) if h in known))
    found = next((o for o in single if o.id == wanted), None)
    if found is None:
        raise InputError(f"{wanted!r} is not an output with one number{did_you_mean(wanted, known)}")
    engine = Engine(model.system, model.steps)

    def value(case: Case) -> float:
        number = engine.evaluate(case.values()).cell(wanted)
        if not isinstance(number, float):
            raise InputError(
                f"{wanted} is {number} on the way from {a.file} to {b.file}; choose an output that is a "
                "number with --output"
            )
        return number

    present = value(a)
    start, steps = present, []
    for path, was, now, case in _changes(a, b):
        after = value(case)
        steps.append(Step(path, was, now, after - present))
        present = after
    return Bridge(wanted, found.label, found.unit_text, start, steps, value(b))


def _changes(a: Case, b: Case) -> Iterator[tuple[str, str, str, Case]]:
    """Each change with the case that has it and all before it."""
    case = a
    for id, declared in a.model.inputs.items():
        was, now = case.inputs[id], b.inputs[id]
        if [was.value(s) for s in SCENARIOS] != [now.value(s) for s in SCENARIOS]:
            case = replace(case, inputs={**case.inputs, id: now})
            scenario = case.scenario
            unit = declared.unit_text
            yield id, yaml_number(was.value(scenario), unit), yaml_number(now.value(scenario), unit), case
    for id in a.model.series:
        if case.series[id].values != b.series[id].values:
            was_text, now_text = (_list(c.series[id].values) for c in (case, b))
            case = replace(case, series={**case.series, id: b.series[id]})
            yield id, was_text, now_text, case
    for id in a.model.tables:
        changed = _ledger if a.model.tables[id].ledger else _rows
        for path, was_text, now_text, rows in changed(id, case.tables[id], b.tables[id]):
            case = replace(case, tables={**case.tables, id: rows})
            yield path, was_text, now_text, case
    if case.scenario != b.scenario:
        yield "scenario", case.scenario, b.scenario, replace(case, scenario=b.scenario)


def _ledger(table: str, was: tuple[Row, ...], now: tuple[Row, ...]) -> Iterator[tuple[str, str, str, tuple[Row, ...]]]:
    """All rows of a ledger at once, and how many of them were not there before."""
    here, there = (Counter(tuple(row.values.values()) for row in rows) for rows in (now, was))
    if here != there:
        yield table, f"{len(was)} rows", f"{len(now)} rows ({(here - there).total()} not there before)", now


def _rows(table: str, was: tuple[Row, ...], now: tuple[Row, ...]) -> Iterator[tuple[str, str, str, tuple[Row, ...]]]:
    """Cells one by one where the rows are the same, else the rows that came and went at once."""
    names, others = [r.name for r in was], [r.name for r in now]
    if names != others:
        gone = [n for n in names if n not in others]
        come = [n for n in others if n not in names]
        about = [f"{', '.join(come)} added"] * bool(come) + [f"{', '.join(gone)} taken out"] * bool(gone)
        yield table, ", ".join(names), ", ".join(others) + f" ({'; '.join(about) or 'in another order'})", now
        return
    rows = list(was)
    for index, (old, new) in enumerate(zip(was, now, strict=True)):
        for column, value in new.values.items():
            if old.values[column] != value:
                rows[index] = replace(rows[index], values={**rows[index].values, column: value})
                yield f"{table}[{old.name}].{column}", _text(old.values[column]), _text(value), tuple(rows)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return _list(value)
    return written(value) if isinstance(value, float) else str(value)


def _list(values: tuple[float, ...]) -> str:
    return f"[{', '.join(written(v) for v in values)}]"
