"""Forecasts: the recursion by hand and by another library, the fit, the intervals on what they promise."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import t

from xlroi.finops.budget.forecasting import forecast
from xlroi.finops.budget.smoothing import Fit, Parameters, ahead, fits, rows, spreads

COSTS = (1000, 1032, 1101, 1090, 1178, 1243, 1229, 1318, 1402, 1391, 1463, 1570, 1544, 1630, 1711, 1698, 1779, 1902)
LOGS = [math.log(cost) for cost in COSTS]


def test_three_months_are_as_worked_by_hand() -> None:
    # alpha 0.5, beta 0.4, phi 0.9, level 4 and trend 0.1 before the first month; logs 4.2, 4.3, 4.1.
    # Month 1: expected 4 + 0.09 = 4.09; level 2.1 + 2.045 = 4.145; trend 0.4*0.145 + 0.6*0.09 = 0.112.
    # Month 2: expected 4.145 + 0.1008 = 4.2458; level 2.15 + 2.1229 = 4.2729; trend 0.4*0.1279 + 0.6*0.1008 = 0.11164.
    # Month 3: expected 4.2729 + 0.100476 = 4.373376; level 2.05 + 2.186688 = 4.236688;
    #          trend 0.4*-0.036212 + 0.6*0.100476 = 0.0458008.
    made = list(rows([4.2, 4.3, 4.1], Parameters(0.5, 0.4, 0.9), 4.0, 0.1))
    assert np.array(made) == pytest.approx(np.array([[4.145, 0.112], [4.2729, 0.11164], [4.236688, 0.0458008]]))
    # Ahead: + 0.9*0.0458008 = 0.04122072, then + 0.81*0.0458008 = 0.037098648.
    fit = Fit(Parameters(0.5, 0.4, 0.9), 4.0, 0.1, *made[-1])
    assert ahead(fit, 2) == pytest.approx([4.27790872, 4.315007368])


@pytest.mark.parametrize(
    ("parameters", "squares", "points"),
    [
        # statsmodels 0.15.0: Holt(logs[1:], damped_trend=True, initialization_method="known", initial_level=logs[0],
        # initial_trend=0).fit(smoothing_level=alpha, smoothing_trend=beta, damping_trend=phi, optimized=False)
        (Parameters(0.5, 0.2, 0.9), 0.036568671777258685, [1892.249272781339, 1932.2277617777688, 1968.930068003392,
                                                           2002.5578343706238, 2033.313602797594, 2061.3974516298736]),
        (Parameters(0.8, 0.4, 0.95), 0.024999387513201562, [1958.2958527115866, 2030.4142681851472, 2101.385307897287,
                                                            2171.104235664563, 2239.4785577790053, 2306.427623496231]),
    ],
)  # fmt: skip
def test_the_recursion_is_that_of_statsmodels(parameters: Parameters, squares: float, points: list[float]) -> None:
    states = [(LOGS[0], 0.0), *rows(LOGS[1:], parameters, LOGS[0], 0.0)]
    errors = [y - level - parameters.phi * trend for y, (level, trend) in zip(LOGS[1:], states, strict=False)]
    assert sum(e * e for e in errors) == pytest.approx(squares, rel=1e-12)
    made = np.exp(ahead(Fit(parameters, 0, 0, *states[-1]), 6))
    assert made == pytest.approx(points, rel=1e-12)


def _loss(logs: list[float], parameters: Parameters, level0: float, trend0: float) -> float:
    """What is made least, as the page of the recursion says it."""
    states = [(level0, trend0), *rows(logs, parameters, level0, trend0)]
    errors = [y - level - parameters.phi * trend for y, (level, trend) in zip(logs, states, strict=False)]
    return sum(e * e for e in errors) + 20 * trend0**2


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_is_nearly_the_best_that_a_general_optimiser_finds(seed: int) -> None:
    logs = np.cumsum(np.random.default_rng(seed).normal(0.03, 0.1, 30)).tolist()
    *_, fit = fits(logs)
    found = _loss(logs, fit.parameters, fit.level0, fit.trend0)
    best = min(
        minimize(
            lambda x: _loss(logs, Parameters(*x[:3]), x[3], x[4]),
            [*start, logs[0], 0.0],
            bounds=[(0.05, 1), (0, 1), (0.8, 0.98), (None, None), (None, None)],
        ).fun
        for start in ((0.5, 0.2, 0.9), (0.9, 0.05, 0.85), (0.2, 0.5, 0.95))
    )
    assert best * (1 - 1e-9) <= found <= best * 1.01  # the grid costs at most a hundredth of the squared errors
    # With its alpha, beta and phi, no other start is better.
    start = minimize(lambda x: _loss(logs, fit.parameters, *x), [logs[0], 0.0])
    assert found == pytest.approx(start.fun, rel=1e-6)
    assert (fit.level, fit.trend) == pytest.approx(list(rows(logs, fit.parameters, fit.level0, fit.trend0))[-1])


def test_a_fit_to_an_origin_knows_nothing_of_what_comes_later() -> None:
    assert list(fits(LOGS))[:10] == list(fits(LOGS[:10]))


def test_the_spread_is_that_of_a_simulated_process() -> None:
    # Errors of the recursion itself, drawn 200,000 times: the spread of the months ahead, within four standard errors.
    p, n, horizon = Parameters(0.5, 0.4, 0.9), 200_000, 6
    draw = np.random.default_rng(5).normal(0, 1, (n, horizon))
    level, trend, seen = np.zeros(n), np.zeros(n), []
    for h in range(horizon):
        value = level + p.phi * trend + draw[:, h]
        seen.append(value.std())
        before, level = level, p.alpha * value + (1 - p.alpha) * (level + p.phi * trend)
        trend = p.beta * (level - before) + (1 - p.beta) * p.phi * trend
    assert spreads(p, horizon) == pytest.approx(np.array(seen), rel=4 / math.sqrt(2 * n))


def _series(kind: str, months: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """Logs of costs: growth that persists, with noise; a random walk; a straight line with noise."""
    if kind == "growth":
        growth = [0.02]
        for _ in range(months - 1):
            growth.append(0.02 + 0.6 * (growth[-1] - 0.02) + draw.normal(0, 0.04))
        return np.cumsum(growth) + draw.normal(0, 0.05, months)
    if kind == "walk":
        return np.cumsum(draw.normal(0.02, 0.08, months))
    return 0.02 * np.arange(months) + draw.normal(0, 0.1, months)


@pytest.mark.parametrize("months", [12, 24, 36])
def test_four_of_five_months_lie_inside_the_interval(months: int) -> None:
    # 60 series of each of three kinds, twelve months ahead of each. The months of a series move together: its share
    # inside has a standard deviation of about 0.3, so the mean of 180 one of 0.3/sqrt(180) = 0.022. Allowed are three
    # of these and what few errors in each interval leave uncertain: 80% may be 73% to 89%. Intervals of half or twice
    # the width are far outside.
    draw, inside, halved, doubled = np.random.default_rng(2026), [], [], []
    for kind in ("growth", "walk", "line"):
        for _ in range(60):
            logs = 5 + _series(kind, months + 12, draw)
            made = forecast(np.exp(logs[:months]).tolist(), 12)
            assert made.width is not None
            off = np.abs(logs[months:] - np.log(made.point))
            for factor, into in ((1, inside), (0.5, halved), (2, doubled)):
                into.append(np.mean(off <= factor * np.array(made.width)))
    assert 0.73 <= np.mean(inside) <= 0.89
    assert np.mean(halved) < 0.65
    assert np.mean(doubled) > 0.92


def test_accuracy_is_that_of_forecasts_from_each_origin() -> None:
    made = forecast(COSTS, 3)
    # Naive, from each origin of 9 (half of 18) to 17 known months, up to three months ahead, added up here.
    off = [(abs(COSTS[o + h] - COSTS[o - 1]), COSTS[o + h]) for o in range(9, 18) for h in range(3) if o + h < 18]
    steps = [abs(b - a) for a, b in pairwise(COSTS)]
    assert made.origins == 9
    assert len(off) == 9 + 8 + 7
    assert made.accuracy["naive"].mape == pytest.approx(sum(e / y for e, y in off) / 24)
    assert made.accuracy["naive"].mase == pytest.approx((sum(e for e, _ in off) / 24) / (sum(steps) / 17))
    # Drift: the line through the first and the last known month.
    lines = [abs(COSTS[o + h] - COSTS[o - 1] - (h + 1) * (COSTS[o - 1] - COSTS[0]) / (o - 1))
             for o in range(9, 18) for h in range(3) if o + h < 18]  # fmt: skip
    assert made.accuracy["drift"].mase == pytest.approx((sum(lines) / 24) / (sum(steps) / 17))
    # Damped Holt: as it would have been forecast at the time.
    own = [abs(COSTS[o + h] - np.exp(ahead(list(fits(LOGS[:o]))[-1], 3)[h]))
           for o in range(9, 18) for h in range(3) if o + h < 18]  # fmt: skip
    assert made.accuracy["damped Holt"].mase == pytest.approx((sum(own) / 24) / (sum(steps) / 17))


def test_intervals_are_tried_where_six_origins_came_before() -> None:
    # 18 months: origins 9 to 17, of which 15, 16 and 17 have six before them; 3 + 2 + 1 months follow within three.
    made = forecast(COSTS, 3)
    assert made.tried == 6
    # A tenfold fall after 16 months: what origins 15 and 16 said of the two months after it, four of the six, failed.
    fallen = forecast([*COSTS[:16], 150.0, 150.0], 3)
    assert fallen.tried == 6
    assert fallen.coverage is not None
    assert fallen.coverage <= 2 / 6


def test_where_a_simpler_forecast_was_nearer_it_is_said_and_the_method_stays() -> None:
    # Up and down by turns after a jump at the origin: a straight line that stands on the last month fares best.
    line = [100.0 + 10 * month for month in range(18)]
    made = forecast(line, 6)
    assert made.method == "damped Holt on logs"
    assert made.accuracy["drift"].mase == pytest.approx(0, abs=1e-12)
    assert made.remarks[0].startswith("over 9 rolling origins drift was nearer: MASE 0.00, damped Holt ")


def test_a_short_history_is_its_last_month_with_the_width_of_a_random_walk() -> None:
    made = forecast([100, 110, 105, 120], 4)
    changes = [math.log(1.1), math.log(105 / 110), math.log(120 / 105)]
    width = t.ppf(0.9, 3) * math.sqrt(sum(c * c for c in changes) / 3)
    assert made.method == "naive on logs"
    assert made.point == pytest.approx((120, 120, 120, 120))
    assert made.width == pytest.approx([width, width * 2**0.5, width * 3**0.5, width * 2])
    assert made.remarks == ("4 months of history, damped Holt needs 12: the last month",)
    assert forecast(COSTS[:12], 1).method == "damped Holt on logs"
    assert forecast(COSTS[:11], 1).method == "naive on logs"


@pytest.mark.parametrize("costs", [[100], [100, 90], [100, 90, 80], [-5, 90, 80]])
def test_fewer_than_four_months_have_no_interval_and_it_is_said(costs: list[float]) -> None:
    made = forecast(costs, 3)
    assert (made.low, made.width, made.high) == (None, None, None)
    assert "without an interval, which needs 4 months" in made.remarks[0]


def test_months_of_credit_have_no_logarithm_and_are_forecast_by_their_mean() -> None:
    made = forecast([100, 120, -40, 110, 90, 130], 2)
    mean = (100 + 120 - 40 + 110 + 90 + 130) / 6  # 85
    deviation = math.sqrt(sum((v - mean) ** 2 for v in (100, 120, -40, 110, 90, 130)) / 5)
    assert (made.method, made.point) == ("mean", pytest.approx((85, 85)))
    assert made.width == pytest.approx([t.ppf(0.9, 5) * deviation * math.sqrt(7 / 6)] * 2)
    assert made.high == pytest.approx([85 + w for w in made.width or ()])
    assert made.remarks[0] == "a month is 0 or less, which has no logarithm: the mean of the last 6 months"


def test_months_before_the_first_cost_are_left_out() -> None:
    made, alone = forecast([0, 0, 0, *COSTS], 5), forecast(COSTS, 5)
    assert (made.first, alone.first) == (3, 0)
    assert (made.point, made.width) == (alone.point, alone.width)


def test_a_cost_that_never_changes_is_forecast_exactly_and_without_width() -> None:
    made = forecast([250.0] * 24, 12)
    assert made.point == pytest.approx([250.0] * 12)
    assert made.width == pytest.approx([0.0] * 12, abs=1e-12)
    assert made.accuracy["damped Holt"].mase is None
    assert forecast([0.0] * 24, 2).point == (0.0, 0.0)


def test_forecasts_scale_with_the_currency() -> None:
    made, large = forecast(COSTS, 6), forecast([1e6 * cost for cost in COSTS], 6)
    assert [1e6 * p for p in made.point] == pytest.approx(large.point)
    assert made.width == pytest.approx(large.width)


@pytest.mark.parametrize("costs", [[], [1.0, math.nan], [1.0, math.inf]])
def test_what_is_no_cost_is_refused(costs: list[float]) -> None:
    with pytest.raises(ValueError, match="finite months"):
        forecast(costs, 1)


def test_leaps_over_many_magnitudes_end_in_no_error() -> None:
    made = forecast([1e-18, 1e15] * 8, 12)
    assert made.high is not None
    assert all(math.isfinite(value) for value in (*made.point, *made.high))
