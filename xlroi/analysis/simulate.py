"""Simulation: the outputs of a case over many draws of its uncertain inputs, and what of it finance needs to see.

Trials run in chunks of a fixed size, so that memory is bounded and a seed gives the same numbers on any machine of one
kind, whatever the number of threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np

from xlroi.analysis.sampling import Quantile, chunks, copula, quantile
from xlroi.analysis.targets import Target, Uncertain, target, uncertain_inputs
from xlroi.engine.array import Array
from xlroi.engine.run import Engine, Leaf
from xlroi.errors import InputError
from xlroi.model.case import Case

__all__ = [
    "PERCENTILES",
    "Best",
    "Driver",
    "OutputSummary",
    "Simulation",
    "drawn",
    "leaves_of_trials",
    "quantiles_of",
    "simulate",
]

PERCENTILES: Final = (5, 10, 25, 50, 75, 90, 95)
TAIL: Final = 0.05
BINS: Final = 40
_RANKED: Final = 65_536
"""Trials of which the drivers are ranked: more would cost memory and change no digit that is shown."""


@dataclass(frozen=True, slots=True)
class Driver:
    """An uncertain input and its rank correlation with an output."""

    id: str
    label: str
    correlation: float


@dataclass(frozen=True, slots=True)
class OutputSummary:
    """What the trials of one output say.

    ``live`` is the value without uncertainty. ``missing`` counts trials without a number: of a payback they are never
    reached and count as infinite, of a rate of return there is none and they are left out. ``error`` is the standard
    error of the mean for independent draws, which Sobol' points stay below. ``lowest`` and ``highest`` are the means of
    the lowest and the highest 5%.
    """

    target: Target
    live: float
    mean: float
    deviation: float
    error: float
    percentiles: dict[int, float]
    lowest: float
    highest: float
    above_zero: float
    missing: int
    bins: tuple[float, ...]
    counts: tuple[int, ...]
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class Best:
    """How often each row is the one that a line names as best; a trial with an error has none."""

    line: str
    label: str
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A whole simulation, with what it was made of."""

    trials: int
    seed: int
    inputs: tuple[Uncertain, ...]
    outputs: tuple[OutputSummary, ...]
    best: tuple[Best, ...]


def simulate(
    case: Case,
    trials: int = 10_000,
    seed: int = 1,
    outputs: Sequence[str] = (),
    *,
    threads: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> Simulation:
    """Run ``trials`` draws; ``outputs`` names what is kept, as ``npv`` or ``tco[Own]`` (default: the headlines).

    Raises :class:`InputError` where nothing is uncertain or a name is wrong.

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> case = case_from(parse_yaml("model: roi", "case.yaml"))
    >>> found = simulate(case, 2048, seed=7, outputs=["npv"]).outputs[0]
    >>> found.percentiles[10] < found.percentiles[50] < found.percentiles[90], round(found.above_zero, 1)
    (True, 1.0)
    """
    if trials < 1:
        raise InputError(f"--trials {trials}: at least 1")
    model, inputs = case.model, uncertain_inputs(case)
    if not inputs:
        raise InputError("nothing is uncertain here: give an input a range or a distribution")
    lines = model.system.lines
    chosen = outputs or [h for h in model.headlines if lines[h].type.kind != "text"]
    targets = [target(case, path) for path in chosen]
    picks = {id: label for id in model.headlines if (label := lines[id].picks)}
    wanted = [*dict.fromkeys([*(t.line for t in targets), *picks])]
    engine, base = Engine(model.system, model.steps), case.values()
    kept = {t.path: np.empty(trials) for t in targets}
    ranked: list[Array] = []
    wins: dict[str, Counter[Any]] = {id: Counter() for id in picks}

    def run(points: Array) -> tuple[Array, dict[str, Array]]:
        values = drawn(quantiles, points)
        return values, engine.trials(leaves_of_trials(inputs, base, values), wanted, len(points))

    quantiles = quantiles_of(inputs)
    joined = copula([u.id for u in inputs], case.correlations)
    done = 0
    for values, found in _mapped(run, (joined(p) for p in chunks(len(inputs), trials, seed)), threads):
        count = len(values)
        for t in targets:
            kept[t.path][done : done + count] = t.of(found[t.line])
        for id in picks:
            wins[id].update(found[id][:, 0, 0])
        if done < _RANKED:
            ranked.append(values[: _RANKED - done])
        done += count
        progress(count)
    live = engine.trials(base, wanted, 1)
    rows = _ranks(np.concatenate(ranked))
    made = tuple(_summary(t, kept[t.path], float(t.of(live[t.line])[0]), inputs, rows) for t in targets)
    labels = engine.evaluate(base, outputs=picks.values()).arrays
    best = tuple(
        Best(id, model.texts[id].label, {n: wins[id][n] / trials for n in labels[label][0, :, 0] if n})
        for id, label in picks.items()
    )
    return Simulation(trials, seed, tuple(inputs), made, best)


def quantiles_of(inputs: Sequence[Uncertain]) -> list[Quantile]:
    """The quantile function of each input; of a whole number the nearest one."""

    def whole(inner: Quantile) -> Quantile:
        return lambda u: np.round(inner(u))

    found = [quantile(u.distribution, u.low, u.high) for u in inputs]
    return [whole(q) if u.integer else q for u, q in zip(inputs, found, strict=True)]


def drawn(quantiles: Sequence[Quantile], points: Array) -> Array:
    """Points of the unit cube as values of the inputs: [trials, inputs]."""
    return np.stack([q(points[:, i]) for i, q in enumerate(quantiles)], axis=1)


def leaves_of_trials(inputs: Sequence[Uncertain], base: dict[str, Any], values: Array) -> dict[str, Leaf]:
    """The leaves of a chunk of trials; a column of which some rows vary is [trials, rows, 1]."""
    found: dict[str, Any] = dict(base)
    for index, one in enumerate(inputs):
        if one.member is None:
            found[one.leaf] = values[:, index]
            continue
        if not isinstance(found[one.leaf], np.ndarray):
            column = np.array([np.nan if v is None else v for v in base[one.leaf]])
            found[one.leaf] = np.repeat(column[None, :, None], len(values), axis=0)
        found[one.leaf][:, one.member, 0] = values[:, index]
    return found


def _mapped(run: Callable[[Array], Any], points: Iterator[Array], threads: int) -> Iterator[Any]:
    """In order, a few chunks at a time, so that memory stays bounded."""
    if threads <= 1:
        yield from map(run, points)
        return
    with ThreadPoolExecutor(threads) as pool:
        while part := list(islice(points, threads)):
            yield from pool.map(run, part)


def _ranks(values: Array) -> Array:
    """Ranks of each column, centred and of length 1, so that a product of two is their rank correlation."""
    from scipy.stats import rankdata

    ranks: Array = rankdata(values, axis=0)
    ranks -= ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    return np.where(length > 0, ranks / np.where(length > 0, length, 1), 0.0)


def _summary(t: Target, values: Array, live: float, inputs: Sequence[Uncertain], ranks: Array) -> OutputSummary:
    missing = np.isnan(values)
    present = values[~missing]
    spread = np.where(missing, np.inf, values) if t.never else present
    count = len(present)
    if not count:
        nothing = dict.fromkeys(PERCENTILES, np.inf if t.never else np.nan)
        return OutputSummary(
            t, live, np.nan, np.nan, np.nan, nothing, np.nan, np.nan, np.nan, int(missing.sum()), (), (), ()
        )
    deviation = float(present.std(ddof=1)) if count > 1 else 0.0
    tail = max(1, int(count * TAIL))
    ordered = np.sort(present)
    marks = np.percentile(spread, PERCENTILES, method="lower" if t.never and missing.any() else "linear")
    middle = np.clip(present, *np.percentile(present, [0.5, 99.5]))
    # Equal values, or nearly so, have no forty bins between them.
    apart = float(middle.max() - middle.min()) > 1e-9 * float(np.abs(middle).max())
    edges = np.histogram_bin_edges(middle, BINS if apart else [middle.min(), np.nextafter(middle.max(), np.inf)])
    counts, _ = np.histogram(np.clip(present, edges[0], edges[-1]), edges)
    return OutputSummary(
        t,
        live,
        float(present.mean()),
        deviation,
        deviation / float(np.sqrt(count)),
        {p: float(v) for p, v in zip(PERCENTILES, marks, strict=True)},
        float(ordered[:tail].mean()),
        float(ordered[-tail:].mean()),
        float((present > 0).sum() / len(values)),
        int(missing.sum()),
        tuple(float(e) for e in edges),
        tuple(int(c) for c in counts),
        _drivers(values[: len(ranks)], inputs, ranks),
    )


def _drivers(values: Array, inputs: Sequence[Uncertain], ranks: Array) -> tuple[Driver, ...]:
    """The inputs by the size of their rank correlation with the output; trials without a number rank last."""
    own = _ranks(np.where(np.isnan(values), np.inf, values)[:, None])
    found = (own * ranks).sum(axis=0)
    drivers = [Driver(u.id, u.label, float(c)) for u, c in zip(inputs, found, strict=True)]
    return tuple(sorted(drivers, key=lambda d: -abs(d.correlation)))
