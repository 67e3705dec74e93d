"""Draws of uncertain inputs: scrambled Sobol' points, a Gaussian copula for their ranks, each through its quantiles.

The draws of a seed are the same however they are cut into chunks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from xlroi.engine.array import Array
from xlroi.errors import InputError
from xlroi.model.distributions import Correlation, Distribution

__all__ = ["CHUNK", "chunks", "copula", "quantile"]

CHUNK: Final = 8192
"""Trials that are drawn together: a power of two, so that Sobol' points keep their balance."""

Quantile = Callable[[Array], Array]


def chunks(dimensions: int, trials: int, seed: int) -> Iterator[Array]:
    """Points in the unit cube, [trials of the chunk, dimensions], ``trials`` in all."""
    from scipy.stats import qmc

    sobol = qmc.Sobol(max(dimensions, 1), scramble=True, rng=np.random.default_rng(seed))
    done = 0
    while done < trials:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the last chunk is cut below
            points = sobol.random(CHUNK)
        points = np.clip(points, 2.0**-54, 1 - 2.0**-53)  # a quantile at 0 or 1 may be infinite
        yield points[: trials - done]
        done += CHUNK


def copula(names: Sequence[str], correlations: Sequence[Correlation]) -> Callable[[Array], Array]:
    """Turns independent uniforms into uniforms of the rank correlations asked for.

    Spearman's rank correlation r is Pearson's 2·sin(π·r/6) of the normals behind it. Raises :class:`InputError` where
    the correlations contradict each other.
    """
    if not correlations:
        return lambda points: points
    matrix = np.eye(len(names))
    for one in correlations:
        i, j = names.index(one.one), names.index(one.other)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi * one.rank / 6)
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        pairs = ", ".join(f"{c.one} and {c.other} {c.rank:g}" for c in correlations)
        raise InputError(
            f"simulation.correlations: these contradict each other (the matrix is not positive definite): {pairs}; "
            "bring them nearer to 0"
        ) from None

    def joined(points: Array) -> Array:
        uniforms: Array = ndtr(ndtri(points) @ root.T)
        return np.clip(uniforms, 2.0**-54, 1 - 2.0**-53)

    return joined


def quantile(found: Distribution, low: float | None, high: float | None) -> Quantile:
    """The quantile function of a distribution, cut off where the input's bounds are.

    >>> from xlroi.model.distributions import of_range
    >>> pert = quantile(of_range(0, 1, 2), None, None)
    >>> [round(float(x), 3) for x in pert(np.array([0.1, 0.5, 0.9]))]
    [0.493, 1.0, 1.507]
    """
    number: Mapping[str, float] = found.numbers
    match found.kind:
        case "yes_no":
            return lambda u: (u < number["mean"]).astype(np.float64)
        case "discrete":
            edges, values = np.cumsum(found.weights), np.array(found.values)
            edges[-1] = 1.0
            last = len(values) - 1
            return lambda u: np.asarray(values[np.searchsorted(edges, u, side="right").clip(0, last)], np.float64)
        case "uniform":
            return lambda u: number["min"] + u * (number["max"] - number["min"])
        case "triangular":
            return _triangular(number["min"], number["mode"], number["max"])
        case "pert":
            ends = (number["min"], number["max"]) if "min" in number else _pert_ends(number)
            return _kept(_pert(ends[0], number["mode"], ends[1]), low, high)
    sign, mean, sd = _normal(found)
    inner: Quantile = (lambda u: np.exp(mean + sd * ndtri(u))) if sign else (lambda u: mean + sd * ndtri(u))
    cut = [0.0, 1.0]
    for side, bound in enumerate((low, high)):
        if bound is not None:
            at = (np.log(bound) if bound > 0 else -np.inf) if sign else bound
            cut[side] = float(ndtr((at - mean) / sd))
    return lambda u: inner(np.clip(cut[0] + u * (cut[1] - cut[0]), 1e-300, 1 - 2.0**-53))


def _kept(inner: Quantile, low: float | None, high: float | None) -> Quantile:
    return lambda u: np.clip(inner(u), low, high) if (low is not None or high is not None) else inner(u)


def _triangular(low: float, mode: float, high: float) -> Quantile:
    at = (mode - low) / (high - low)

    def evaluate(u: Array) -> Array:
        rising = low + np.sqrt(u * (high - low) * (mode - low))
        falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
        return np.where(u < at, rising, falling)

    return evaluate


def _pert(low: float, mode: float, high: float) -> Quantile:
    """A beta with shapes 1 + 4·(mode−low)/range and 1 + 4·(high−mode)/range, by a table that is dense at the ends."""
    if high == low:
        return lambda u: np.full(u.shape, low)
    a, b = 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)
    grid = (1 - np.cos(np.linspace(0, np.pi, 8193))) / 2
    table = low + (high - low) * betaincinv(a, b, grid)
    return lambda u: np.interp(u, grid, table)


def _pert_ends(number: Mapping[str, float]) -> tuple[float, float]:
    """The ends of the PERT whose P10 and P90 are given, by fixed-point steps on both tails."""
    mode, p10, p90 = number["mode"], number["p10"], number["p90"]
    low, high = p10 - (mode - p10), p90 + (p90 - mode)
    for _ in range(200):
        inner = _pert(low, mode, high)
        got10, got90 = inner(np.array([0.1, 0.9]))
        low, high = min(low + (p10 - got10), mode), max(high + (p90 - got90), mode)
    return float(low), float(high)


def _normal(found: Distribution) -> tuple[bool, float, float]:
    """Whether it is the logarithm that is normal, with mean and standard deviation of what is."""
    number, logarithm = found.numbers, found.kind == "lognormal"
    z90 = float(ndtri(0.9))
    if "p10" in number:
        ends = [np.log(number[k]) if logarithm else number[k] for k in ("p10", "p90")]
        return logarithm, float((ends[0] + ends[1]) / 2), float((ends[1] - ends[0]) / (2 * z90))
    if not logarithm:
        return False, number["mean"], number["sd"]
    spread = np.log(1 + (number["sd"] / number["mean"]) ** 2)
    return True, float(np.log(number["mean"]) - spread / 2), float(np.sqrt(spread))
