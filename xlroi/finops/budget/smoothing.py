"""Damped Holt on logarithms, as rows that a worksheet can hold.

With ``y[t]`` the cost of month t, ``level[0]`` and ``trend[0]`` the state before the first month::

    level[t] = alpha*LN(y[t]) + (1-alpha)*(level[t-1] + phi*trend[t-1])
    trend[t] = beta*(level[t]-level[t-1]) + (1-beta)*phi*trend[t-1]

Months ahead go on with the same rows, where what was seen is replaced by what was expected::

    level[t] = level[t-1] + phi*trend[t-1]                        point[t] = EXP(level[t])
    trend[t] = phi*trend[t-1]

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 8.2 (damped trend), in the form
with a level and a trend that are each smoothed. The point is the median of what may come, not its mean.

Parameters and start make ``SUM((LN(y[t]) - level[t-1] - phi*trend[t-1])**2) + 20*trend[0]**2`` least: one-step errors,
and a term that keeps a short history from being taken for a steep trend. The start has a closed form for each alpha,
beta and phi; these are the best of a fixed grid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["NAIVE", "Fit", "Parameters", "Vector", "ahead", "changes", "fits", "rows", "spreads"]

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parameters:
    """How fast level and trend follow what is seen, and how fast the trend fades."""

    alpha: float
    beta: float
    phi: float


NAIVE: Final = Parameters(1.0, 0.0, 0.98)
"""With these the recursion is the naive forecast: the last month for ever (no trend arises, so phi does not matter)."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters, the state before the first month, and the state after the last that was fitted."""

    parameters: Parameters
    level0: float
    trend0: float
    level: float
    trend: float


_HELD: Final = 20.0
"""What holds the first trend near 0: the best over simulated series of 8 to 36 months."""

# Every combination of these is tried: the same answer on every machine, in round numbers that an auditor can check.
_ALPHA: Final = np.arange(1, 21) / 20
_BETA: Final = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0])
_PHI: Final = np.array([0.8, 0.85, 0.9, 0.95, 0.98])
_GRID: Final = tuple(axis.ravel() for axis in np.meshgrid(_ALPHA, _BETA, _PHI, indexing="ij"))


def fits(logs: Sequence[float]) -> Iterator[Fit]:
    """The best fit to the first month, to the first two, and so on.

    What comes after a month does not touch what is given for it, so the months can serve as rolling origins.

    >>> *_, last = fits([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    >>> round(last.level, 2), round(last.trend, 2)
    (0.5, 0.1)
    """
    alpha, beta, phi = _GRID
    none, one = np.zeros_like(alpha), np.ones_like(alpha)
    # Level, trend and error are linear in the start: what they are without one, and how they rise with level0 and
    # with trend0. So least squares gives the start, from the normal equations summed so far.
    level, trend = np.stack([none, one, none]), np.stack([none, none, one])
    products = np.zeros((3, 3, alpha.size))
    products[2, 2] = _HELD
    for value in logs:
        level = level + phi * trend
        error = -level
        error[0] += value
        products += error[:, None] * error[None, :]
        # The recursion above, told by its error: trend = beta*(phi*trend + alpha*error) + (1-beta)*phi*trend.
        trend = phi * trend + alpha * beta * error
        level = level + alpha * error
        (whole, by_level, by_trend), (_, levels, both), (_, _, trends) = products
        determinant = levels * trends - both * both
        level0 = (by_trend * both - by_level * trends) / determinant
        trend0 = (by_level * both - by_trend * levels) / determinant
        best = int(np.argmin(whole + by_level * level0 + by_trend * trend0))
        start = np.array([1.0, level0[best], trend0[best]])
        yield Fit(
            Parameters(float(alpha[best]), float(beta[best]), float(phi[best])),
            float(start[1]), float(start[2]), float(start @ level[:, best]), float(start @ trend[:, best]),
        )  # fmt: skip


def rows(logs: Sequence[float], parameters: Parameters, level0: float, trend0: float) -> Iterator[tuple[float, float]]:
    """Level and trend after each month, by the recursion as it is written above.

    >>> [(level, trend)] = rows([1.0], Parameters(0.5, 0.5, 0.8), 0.9, 0.1)
    >>> round(level, 6), round(trend, 6)  # 0.5*1 + 0.5*(0.9 + 0.8*0.1), 0.5*(0.99 - 0.9) + 0.5*0.8*0.1
    (0.99, 0.085)
    """
    alpha, beta, phi = parameters.alpha, parameters.beta, parameters.phi
    level, trend = level0, trend0
    for value in logs:
        before = level
        level = alpha * value + (1 - alpha) * (before + phi * trend)
        trend = beta * (level - before) + (1 - beta) * phi * trend
        yield level, trend


def ahead(fit: Fit, horizon: int) -> Vector:
    """Levels of the months ahead.

    >>> fit = Fit(Parameters(0.5, 0.5, 0.8), 0.0, 0.0, 1.0, 0.1)
    >>> ahead(fit, 3).round(4).tolist()  # + 0.08, + 0.064, + 0.0512
    [1.08, 1.144, 1.1952]
    """
    return fit.level + fit.trend * np.cumsum(fit.parameters.phi ** np.arange(1.0, horizon + 1))


def spreads(parameters: Parameters, horizon: int) -> Vector:
    """How many times wider than one month ahead the error of each month ahead is.

    ``spread[1] = 1; spread[h]**2 = spread[h-1]**2 + (alpha*(1 + beta*(phi + ... + phi**(h-1))))**2`` (Hyndman and
    others, Forecasting with Exponential Smoothing, table 6.2, where beta stands for our alpha*beta).

    >>> spreads(NAIVE, 4).tolist() == [1.0, 2**0.5, 3**0.5, 2.0]  # a random walk
    True
    """
    fading = np.cumsum(parameters.phi ** np.arange(1.0, horizon))
    added = (parameters.alpha * (1 + parameters.beta * fading)) ** 2
    squares: Vector = np.cumsum(np.concatenate([[1.0], added]))
    return np.sqrt(squares)


def changes(values: Sequence[float]) -> Vector:
    """From month to month."""
    return np.array([after - before for before, after in pairwise(values)])
