"""How far one output moves when one input at a time takes its optimistic or pessimistic value."""

from __future__ import annotations

from dataclasses import dataclass

from xlroi.engine.run import Engine
from xlroi.model.case import Case
from xlroi.values import CellValue

__all__ = ["Swing", "swings"]


@dataclass(frozen=True, slots=True)
class Swing:
    """One input with the output at its optimistic and at its pessimistic value, and their distance."""

    id: str
    label: str
    optimistic: CellValue
    pessimistic: CellValue
    reach: float


def swings(case: Case, output: str) -> list[Swing]:
    """The inputs that have a value of their own in a scenario, those that move the output most first."""
    engine = Engine(case.model.system, case.model.steps)
    base = case.values("base")
    found = []
    for id, given in case.inputs.items():
        if given.optimistic is None and given.pessimistic is None:
            continue
        ends = [engine.evaluate({**base, id: given.value(s)}).cell(output) for s in ("optimistic", "pessimistic")]
        numbers = [v for v in ends if isinstance(v, float)]
        reach = abs(numbers[0] - numbers[1]) if len(numbers) == 2 else float("inf")
        if reach:
            found.append(Swing(id, case.model.inputs[id].label, ends[0], ends[1], reach))
    return sorted(found, key=lambda s: -s.reach)
