"""How far an output moves when one input at a time goes to the ends of its range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xlroi.analysis.targets import Target, target
from xlroi.engine.run import Engine
from xlroi.model.case import Case
from xlroi.values import NA, CellValue

__all__ = ["Swing", "swings"]


@dataclass(frozen=True, slots=True)
class Swing:
    """One input, the values at the ends of its range, and the output there; ``reach`` is the distance of the two.

    An output without a number is ``#N/A``, and its reach infinite.
    """

    id: str
    label: str
    low: float
    high: float
    pessimistic: CellValue
    optimistic: CellValue
    reach: float


def swings(case: Case, output: str | Target) -> list[Swing]:
    """The inputs that have a value of their own in a scenario, those that move the output most first.

    All of them are one run of the engine: each trial is the case with one input changed.

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> [swings(case_from(parse_yaml("model: roi", "case.yaml")), "npv")[0].id]
    ['monthly_revenue']
    """
    meant = output if isinstance(output, Target) else target(case, output)
    engine = Engine(case.model.system, case.model.steps)
    base = case.values()
    varied = [
        (id, given)
        for id, given in case.inputs.items()
        if not case.model.inputs[id].is_date and not (given.optimistic is None and given.pessimistic is None)
    ]
    if not varied:
        return []
    trials = {id: np.full(2 * len(varied), float(base[id])) for id, _ in varied}
    for index, (id, given) in enumerate(varied):
        for side, value in enumerate((given.pessimistic, given.optimistic)):
            trials[id][2 * index + side] = base[id] if value is None else value
    values = meant.of(engine.trials({**base, **trials}, [meant.line], 2 * len(varied))[meant.line])
    found = []
    for index, (id, _) in enumerate(varied):
        ends = [float(v) for v in values[2 * index : 2 * index + 2]]
        reach = math.inf if any(map(math.isnan, ends)) else abs(ends[1] - ends[0])
        shown: list[CellValue] = [NA if math.isnan(v) else v for v in ends]
        low, high = (float(trials[id][2 * index + side]) for side in (0, 1))
        found.append(Swing(id, case.model.inputs[id].label, low, high, shown[0], shown[1], reach))
    return sorted((s for s in found if s.reach), key=lambda s: -s.reach)
