"""Whole models in a cell: a case from a range of names and values, and what the engine makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, get_args

from xlroi.analysis.simulate import simulate
from xlroi.analysis.swing import swings
from xlroi.analysis.targets import target
from xlroi.cells.runtime import Failed
from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.case import Case, case_from, with_settings
from xlroi.model.loading import Document
from xlroi.model.model import Scenario
from xlroi.model.template import load_model, model_names
from xlroi.values import VALUE, CellValue, from_serial

__all__ = ["case_output", "schedule", "simulated", "tornado"]

Pairs = Sequence[tuple[str, Any]]


def case_output(model: str, output: str, names_and_values: Pairs, scenario: str) -> CellValue:
    """An output of a model under a scenario.

    >>> case_output("roi", "total_cost", [("period_months", 36.0)], "base")
    690000.0
    """
    chosen = scenario.casefold()
    if chosen not in get_args(Scenario):
        raise Failed(VALUE, f"scenario: expected one of {', '.join(get_args(Scenario))} (got {scenario!r:.40})")
    with _told():
        case = _case(model, names_and_values)
        texts = {o.id for o in case.model.outputs if case.model.system.lines[o.id].type.kind == "text"}
        line, member = (output, 0) if output in texts else _place(case, output)
        return _engine(case).evaluate(case.values(chosen), outputs=[line]).cell(line, member)  # type: ignore[arg-type]


def _place(case: Case, output: str) -> tuple[str, int]:
    meant = target(case, output)
    return meant.line, meant.member


def schedule(model: str, line: str, names_and_values: Pairs) -> list[list[CellValue]]:
    """A monthly line from the decision to the horizon, under a row of headings; a column for each row of its table."""
    with _told():
        case = _case(model, names_and_values)
        lines = {id: each for id, each in case.model.system.lines.items() if each.type.month}
        if line not in lines:
            raise Failed(VALUE, f"{line!r:.60} is no line by step of model {model!r}" + did_you_mean(line, list(lines)))
        values = _engine(case).evaluate(case.values(), outputs=[line, "horizon"])
        table = lines[line].type.table
        members = [(i, n) for i, n in enumerate(values.row_names(table)) if n] if table else [(0, line)]
        last = int(float(values.cell("horizon")))  # type: ignore[arg-type]  # the horizon is a number
        rows: list[list[CellValue]] = [[case.model.system.scope.step, *(name for _, name in members)]]
        return rows + [[float(s), *(values.cell(line, i, s) for i, _ in members)] for s in range(last + 1)]


def tornado(model: str, output: str, names_and_values: Pairs) -> list[list[CellValue]]:
    """Input, low and high value, output at low and at high, swing; widest first.

    >>> tornado("roi", "npv", [])[0][:3]
    ['Additional monthly revenue', 28000.0, 48000.0]
    """
    with _told():
        case = _case(model, names_and_values)
        found = swings(case, output)
    rows: list[list[CellValue]] = []
    for s in found:
        ends: list[tuple[float, CellValue]] = sorted(
            [(s.low, s.pessimistic), (s.high, s.optimistic)], key=lambda end: end[0]
        )
        (low, at_low), (high, at_high) = ends
        rows.append([s.label, low, high, at_low, at_high, s.reach if math.isfinite(s.reach) else at_low])
    if not rows:
        raise Failed(VALUE, f"no input of model {model!r} has a range that moves {output}")
    return rows


def simulated(model: str, output: str, names_and_values: Pairs, trials: int, seed: int) -> list[list[CellValue]]:
    """What is known of an output under uncertainty, a row each: its name and its value."""
    with _told():
        (found,) = simulate(_case(model, names_and_values), trials, seed, [output]).outputs
    rows: list[list[CellValue]] = [
        ["Mean", found.mean],
        ["Standard error of the mean", found.error],
        ["Standard deviation", found.deviation],
    ]
    rows += [[f"P{share}", value] for share, value in found.percentiles.items()]
    rows += [["Probability above 0", found.above_zero], ["Trials without a number", float(found.missing)]]
    return [*rows, ["Trials", float(trials)], ["Seed", float(seed)]]


@contextmanager
def _told() -> Iterator[None]:
    """What a command would print becomes the message of the cell."""
    try:
        yield
    except InputError as error:
        text = "; ".join(str(error).splitlines()).replace("--set ", "")
        raise Failed(VALUE, text) from None


@lru_cache(maxsize=16)
def _start(model: str) -> Case:
    if model.casefold() not in model_names():
        raise Failed(VALUE, f"there is no model {model!r:.40}; there are {', '.join(model_names())}")
    return case_from(Document(model, {"model": model.casefold()}, f"model: {model.casefold()}\n"))


def _case(model: str, pairs: Pairs) -> Case:
    start = _start(model)
    return with_settings(start, [f"{name}={_written(start, name, value)}" for name, value in pairs])


def _written(case: Case, name: str, value: Any) -> str:
    """As ``--set`` takes it; a sheet hands a date over as its serial number."""
    declared = case.model.inputs.get(name)
    if isinstance(value, float):
        return from_serial(value).isoformat() if declared and declared.is_date else repr(value)
    return str(value)


@lru_cache(maxsize=16)
def _compiled(model: str) -> Engine:
    loaded = load_model(model)
    return Engine(loaded.system, loaded.steps)


def _engine(case: Case) -> Engine:
    return _compiled(case.model.id)
