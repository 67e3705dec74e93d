"""The value of one input at which an output reaches a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.case import Case
from xlroi.model.model import Model

__all__ = ["Solution", "solve"]

_GRID: Final = 129
_ROUNDS: Final = 9
_CLOSE: Final = 1e-9
"""Of the input's range: where the search stops."""


@dataclass(frozen=True, slots=True)
class Solution:
    """``value`` is the input's value nearest to its present one at which the output meets the target, or ``None``.

    ``base`` and ``now`` are the input and the output as they stand; ``low`` and ``high`` the range that was searched.
    ``reason`` tells why there is no value.
    """

    input: str
    output: str
    target: float
    base: float
    now: float
    value: float | None
    reached: float | None
    low: float
    high: float
    reason: str = ""


def solve(case: Case, output: str, target: float, varied: str, engine: Engine | None = None) -> Solution:
    """Search the input inside its bounds, from its present value outwards; raises :class:`InputError` for a bad name.

    The search looks at 129 values at once and closes in on the crossing nearest to the present value. Where the output
    jumps over the target, as a number of whole servers does, there is no value, and the reason says where it jumps.
    ``engine`` is one of the case's model, where there is one already.

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> case = case_from(parse_yaml("model: roi", "case.yaml"))
    >>> round(solve(case, "total_cost", 600000, "initial_investment").value)
    240000
    """
    model = case.model
    _known(model, output, varied)
    declared, base = model.inputs[varied], case.inputs[varied].value(case.scenario)
    low, high = _range(declared.minimum, declared.maximum, base, declared.default)
    trials, leaves = (engine or Engine(model.system, model.steps)).trials, case.values()

    def outputs(values: Array) -> Array:
        found: Array = trials({**leaves, varied: values}, [output], len(values))[output][:, 0, 0]
        return found

    now = float(outputs(np.array([base, base]))[0])

    def found(value: float | None, reached: float | None, reason: str = "") -> Solution:
        return Solution(varied, output, target, base, now, value, reached, low, high, reason)

    if abs(now - target) <= _CLOSE * max(abs(target), 1e-9):
        return found(base, now)
    whole = declared.integer
    ends = _crossing(outputs, target, base, low, high, whole=whole)
    if ends is None:
        return found(None, None, f"no value between {low:g} and {high:g} reaches {target:g}")
    left, right = ends
    for _ in range(_ROUNDS):
        if whole or right - left <= _CLOSE * max(abs(left), abs(right)) * 1e-3:
            break
        grid = np.linspace(left, right, _GRID)
        side = outputs(grid) - target
        at = next((i for i in range(_GRID - 1) if side[i] * side[i + 1] <= 0), None)
        if at is None:
            break
        left, right = float(grid[at]), float(grid[at + 1])
    both = outputs(np.array([left, right])) - target
    value, gap = (left, both[0]) if abs(both[0]) <= abs(both[1]) else (right, both[1])
    # Where the output is a line through the crossing, the chord meets the target better than either end.
    if both[0] != both[1]:
        middle = left - both[0] * (right - left) / (both[1] - both[0])
        there = float(outputs(np.array([middle, middle]))[0]) - target
        if abs(there) < abs(gap) and not whole:
            value, gap = float(middle), there
    if abs(gap) > 1e-6 * max(abs(now), abs(target), 1e-9):
        jump = f"{output} jumps over {target:g} between {left:.10g} and {right:.10g} of {varied}"
        return found(None, None, jump)
    return found(value, float(gap + target))


def _known(model: Model, output: str, varied: str) -> None:
    scalars = [o.id for o in model.outputs if o.table is None and model.system.lines[o.id].type.kind == "number"]
    if varied not in model.inputs or model.inputs[varied].is_date:
        raise InputError(f"--input {varied}: not a number among the inputs" + did_you_mean(varied, list(model.inputs)))
    if output not in scalars:
        raise InputError(f"--output {output}: not an output with one number" + did_you_mean(output, scalars))


def _range(minimum: float | None, maximum: float | None, base: float, default: float) -> tuple[float, float]:
    """The input's bounds, or ten times its present value where it has none."""
    size = max(abs(base), abs(default), 1.0)
    low = minimum if minimum is not None else -10 * size
    high = maximum if maximum is not None else 10 * size
    return min(low, base), max(high, base)


def _crossing(
    outputs: Callable[[Array], Array], target: float, base: float, low: float, high: float, *, whole: bool
) -> tuple[float, float] | None:
    """Two neighbouring values between which the output passes the target, as near to the present one as can be."""
    grid = np.unique(np.concatenate([np.linspace(low, base, _GRID), np.linspace(base, high, _GRID)]))
    if whole:
        grid = np.unique(np.round(grid))
    side = outputs(grid) - target
    pairs = [i for i in range(len(grid) - 1) if side[i] * side[i + 1] <= 0]
    if not pairs:
        return None
    at = min(pairs, key=lambda i: abs((grid[i] + grid[i + 1]) / 2 - base))
    return float(grid[at]), float(grid[at + 1])
