"""Sobol' indices: which share of an output's variance each input explains alone, and with all its interactions.

Estimators of Jansen (1999) as in Saltelli et al. (2010), doi 10.1016/j.cpc.2009.09.018, tables 2 (b) and (f).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xlroi.analysis.sampling import chunks
from xlroi.analysis.simulate import drawn, leaves_of_trials, quantiles_of
from xlroi.analysis.targets import target, uncertain_inputs
from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.model.case import Case

__all__ = ["Index", "jansen", "sobol_indices"]


@dataclass(frozen=True, slots=True)
class Index:
    """An input's first-order and total index; their difference is what it does together with others."""

    id: str
    label: str
    first: float
    total: float


def jansen(a: Array, b: Array, mixed: Array) -> tuple[Array, Array]:
    """First-order and total indices from f(A), f(B) [n] and f(A with column i of B) [inputs, n]."""
    variance = np.var(np.concatenate([a, b]))
    first: Array = 1 - ((b - mixed) ** 2).mean(axis=1) / (2 * variance)
    total: Array = ((a - mixed) ** 2).mean(axis=1) / (2 * variance)
    return first, total


def sobol_indices(
    case: Case, output: str, trials: int = 4096, seed: int = 1, progress: Callable[[int], None] = lambda _: None
) -> list[Index]:
    """The indices of every uncertain input, largest total first; ``trials`` × (inputs + 2) evaluations.

    Raises :class:`InputError` where inputs are correlated (the indices have no meaning then), or where the output has
    no number in some trial.
    """
    meant, inputs = target(case, output), uncertain_inputs(case)
    if not inputs:
        raise InputError("nothing is uncertain here: give an input a range or a distribution")
    if case.correlations:
        raise InputError(
            "Sobol' indices need independent inputs, and the case correlates some: use --method one-at-a-time"
        )
    engine, base = Engine(case.model.system, case.model.steps), case.values()
    quantiles = quantiles_of(inputs)
    points = np.concatenate(list(chunks(2 * len(inputs), trials, seed)))
    count = len(inputs)
    a, b = (drawn(quantiles, points[:, part]) for part in (slice(0, count), slice(count, None)))

    def outputs(values: Array) -> Array:
        result = meant.of(engine.trials(leaves_of_trials(inputs, base, values), [meant.line], len(values))[meant.line])
        progress(len(values))
        if np.isnan(result).any():
            missing = int(np.isnan(result).sum())
            raise InputError(
                f"{output} has no number in {missing:,} of {len(result):,} trials, so its variance cannot be split: "
                "choose an output that always has one, as a present value"
            )
        return result

    fa, fb = outputs(a), outputs(b)
    mixed = np.empty((count, trials))
    for i in range(count):
        both = a.copy()
        both[:, i] = b[:, i]
        mixed[i] = outputs(both)
    if np.var(np.concatenate([fa, fb])) == 0:
        raise InputError(f"{output} does not vary: no uncertain input moves it")
    first, total = jansen(fa, fb, mixed)
    found = [Index(u.id, u.label, float(f), float(t)) for u, f, t in zip(inputs, first, total, strict=True)]
    return sorted(found, key=lambda index: -index.total)
