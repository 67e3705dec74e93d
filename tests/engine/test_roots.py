"""Rates of return against Microsoft's examples, closed forms, exact decimals, pyxirr and grids of their own."""

from __future__ import annotations

import math
import time
from datetime import date, timedelta
from decimal import Decimal, localcontext

import numpy as np
import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xlroi.engine.roots import irr, present_value, xirr

Array = NDArray[np.float64]

MONTHS = 61


def serial(*days: str) -> list[int]:
    return [(date.fromisoformat(day) - date(1899, 12, 30)).days for day in days]


def with_roots(*rates: float) -> Array:
    """Flows whose present value is 0 at just these rates: the product of 1 − (1 + rate)·v."""
    flows = np.array([1000.0])
    for rate in rates:
        flows = np.convolve(flows, [1.0, -(1 + rate)])
    return flows


def residual(flows: Array, rate: Array, times: Array) -> Array:
    """|present value| beside the sum of the absolute terms, each row counted from its largest factor."""
    exponent = np.where(flows != 0, -np.log1p(rate)[:, None] * times, -np.inf)
    factors = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return np.asarray(np.abs((flows * factors).sum(axis=1)) / (np.abs(flows) * factors).sum(axis=1))


def sign_changes(flows: Array, times: Array) -> int:
    """How often the present value of one row changes its sign on 24,000 rates from −99.9% to 1e6."""
    x = np.concatenate([np.linspace(-6.9, -0.5, 4000), np.linspace(-0.5, 0.5, 16000), np.linspace(0.5, 13.8, 4000)])
    first, last = (times[flows != 0][at] for at in (0, -1))
    factors = np.exp(np.minimum(-(times - np.where(x >= 0, first, last)[:, None]) * x[:, None], 0.0))
    value = factors @ flows
    value = value[np.abs(value) > 1e-13 * (factors @ np.abs(flows))]
    return int((np.sign(value[1:]) != np.sign(value[:-1])).sum())


def decimal_irr(flows: list[float], near: float) -> float:
    """IRR to 50 digits by Newton's method from a near rate."""
    with localcontext() as context:
        context.prec = 60
        v, amounts = 1 / (1 + Decimal(near)), [Decimal(flow) for flow in flows]
        for _ in range(60):
            value = slope = Decimal(0)
            for amount in reversed(amounts):
                slope = slope * v + value
                value = value * v + amount
            v -= value / slope
        return float(1 / v - 1)


def test_irr_reproduces_microsofts_examples() -> None:
    flows = [-70000, 12000, 15000, 18000, 21000]
    assert round(float(irr(flows)) * 100, 1) == -2.1
    assert round(float(irr([*flows, 26000])) * 100, 1) == 8.7
    assert round(float(irr(flows[:3], -0.1)) * 100, 1) == -44.4


def test_xirr_and_present_value_reproduce_microsofts_examples() -> None:
    flows = [-10000, 2750, 4250, 3250, 2750]
    dates = np.array(serial("2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"))
    # Microsoft prints what Excel stops at, within 0.000001 percent of the rate.
    assert float(xirr(flows, dates)) == pytest.approx(0.3733625335, abs=1e-8)
    assert round(float(present_value(flows, 0.09, (dates - dates[0]) / 365)), 4) == 2086.6476
    assert round(float(present_value([-10000, 3000, 4200, 6800], 0.1, [1, 2, 3, 4])), 2) == 1188.44
    assert np.isnan(present_value([[1.0, 2.0]] * 2, [-1.0, -1.5], [0, 1])).all()


CLOSED_FORMS = [
    ([-100, 110], 0.1), ([-100, 50, 50], 0.0), ([100, -110], 0.1), ([-100, 1], -0.99), ([-1e6, 0, 0, 1], -0.99),
    ([-1e6, 1], -0.999999), ([-1, 3e10 + 1], 3e10), ([-1, 0, 9e20], 3e10 - 1), ([-1, *[0] * 59, 1e-120], -0.99),
    ([-1, *[0] * 59, 2], 2 ** (1 / 60) - 1), ([-2, 1, 1e-300], -0.5),
]  # fmt: skip


@pytest.mark.parametrize(("flows", "rate"), CLOSED_FORMS)
def test_irr_meets_closed_forms_from_minus_99_percent_to_3e10(flows: list[float], rate: float) -> None:
    assert float(irr(flows)) == pytest.approx(rate, rel=1e-12, abs=1e-15)


def test_xirr_meets_closed_forms_of_one_day_and_of_many_years() -> None:
    assert float(xirr([-100, 110], [40000, 40001])) == pytest.approx(1.1**365 - 1, rel=1e-11)
    assert float(xirr([-1, 3e10 + 1], [40000, 40365])) == pytest.approx(3e10, rel=1e-12)
    assert float(xirr([-100, 1], [40000, 40365])) == pytest.approx(-0.99, rel=1e-13)
    assert float(xirr([-100, 200], [40000, 40000 + 3650])) == pytest.approx(2**0.1 - 1, rel=1e-12)


def test_a_leap_day_counts_as_one_day_of_365() -> None:
    dates = serial("2024-01-01", "2024-02-29", "2024-12-31")
    assert [day - dates[0] for day in dates] == [0, 59, 365]
    assert float(xirr([-100, 0, 110], dates)) == pytest.approx(0.1, rel=1e-13)
    year = serial("2024-01-01", "2025-01-01")  # 366 days
    assert float(xirr([-100, 110], year)) == pytest.approx(1.1 ** (365 / 366) - 1, rel=1e-13)


def test_sixty_near_zero_months_keep_their_rate() -> None:
    flat = [-1000.0, *[1e-9] * 60]
    assert float(irr(flat)) == pytest.approx(decimal_irr(flat, float(irr(flat))), rel=1e-12)
    noise = [-1000.0, *[(-1) ** k * 1e-12 for k in range(60)], 2000.0]
    assert float(irr(noise)) == pytest.approx(2 ** (1 / 61) - 1, rel=1e-12)


def test_money_of_any_magnitude_gives_the_same_rate() -> None:
    flows = np.array([-70000.0, 12000, 15000, 18000, 21000, 26000])
    rates = irr(flows * np.array([[1e300], [1.0], [1e-280]]))
    np.testing.assert_allclose(rates, decimal_irr(flows.tolist(), 0.08), rtol=1e-13)


def test_the_guess_picks_one_of_two_rates() -> None:
    picked = [float(irr(with_roots(0.1, 0.3), guess)) for guess in (-0.2, 0.05, 0.12, 0.25, 0.3, 0.5)]
    assert picked == pytest.approx([0.1, 0.1, 0.1, 0.3, 0.3, 0.3], abs=1e-12)


@pytest.mark.parametrize("flows", [with_roots(0.1, 0.3), with_roots(0.0, 0.3, 1.0), with_roots(-0.5, 0.02, 0.2)])
def test_where_plain_newton_settles_that_root_is_returned(flows: Array) -> None:
    steps, tried = np.arange(len(flows)), 0
    for guess in np.linspace(-0.6, 1.2, 91):
        rate = guess
        for _ in range(20):
            value = (flows * (1 + rate) ** -steps).sum()
            step = value / -(steps * flows * (1 + rate) ** (-steps - 1.0)).sum()
            rate -= step
            if rate <= -1 or abs(step) < 1e-12:
                break
        if rate > -1 and abs(step) < 1e-12:
            tried += 1
            assert float(irr(flows, guess)) == pytest.approx(rate, abs=1e-10), guess
    assert tried > 50


def test_where_newton_leaves_the_rates_the_root_nearest_the_guess_is_returned() -> None:
    assert 10 - (1000 - 2400 / 11 + 1430 / 121) / (2400 / 121 - 2860 / 1331) < -1
    assert float(irr([1000, -2400, 1430], 10.0)) == pytest.approx(0.3, abs=1e-12)


def test_two_rates_closer_than_any_grid_are_found() -> None:
    for pair in ((2.0, 2.0001), (-0.9, -0.90001), (0.02, 0.020001)):
        rate = float(irr(with_roots(*pair)))
        assert min(abs(rate - root) for root in pair) < 1e-7


def test_a_double_root_is_a_root_and_a_near_miss_is_none() -> None:
    assert float(irr([1000, -2200, 1210])) == pytest.approx(0.1, abs=1e-6)
    assert np.isnan(irr([[1000, -2200, 1210 * (1 + 1e-6)], [1000, -2200, 1210 * (1 + 1e-10)]])).all()


NO_RATE = [
    [0, 0, 0], [100, 200], [-100, -200], [-100, 0, 0], [-100], [], [100, -100, 100], [-100, 150, -100],
    [1, -2, 3, -2, 1], [-100, math.nan, 200], [-100, math.inf],
]  # fmt: skip


@pytest.mark.parametrize("flows", NO_RATE)
def test_flows_without_a_rate_give_nan(flows: list[float]) -> None:
    for guess in (-0.9, 0.0, 0.1, 5.0, 1e9):
        assert np.isnan(irr(flows, guess)), guess
        assert np.isnan(xirr(flows, 40000 + 100 * np.arange(len(flows)), guess)), guess


def test_a_rate_too_near_minus_one_to_be_told_from_it_gives_nan() -> None:
    assert float(irr([-1e8, 1])) == pytest.approx(-0.99999999, rel=1e-15)
    assert np.isnan(irr([-1e10, 1]))
    assert np.isnan(xirr([-100, 1], [0, 30]))  # 0.01^(365/30) = 5e-25


def test_a_guess_that_is_no_rate_gives_nan() -> None:
    guesses = [-1.0, -2.0, math.nan, math.inf]
    assert np.isnan(irr([[-100, 110]] * 4, guesses)).all()
    assert np.isnan(xirr([[-100, 110]] * 4, [0, 365], guesses)).all()


def test_flows_that_cancel_on_their_dates_have_no_rate() -> None:
    assert np.isnan(xirr([-100, 100], [40000, 40000]))
    assert np.isnan(xirr([-0.3, 0.1, 0.2, 0.3, -0.1, -0.2], [0, 0, 0, 365, 365, 365]))
    assert np.isnan(xirr([-0.3, 0.1, 0.2, 5.0], [0, 0, 0, 365]))
    assert float(xirr([-100, 100, -50, 60], [0, 0, 10, 375])) == pytest.approx(0.2, rel=1e-12)


def test_dates_are_cut_to_days_and_none_may_precede_the_first_as_excel_documents() -> None:
    assert float(xirr([-100, 110], [50.2, 415.9])) == pytest.approx(0.1, rel=1e-13)
    assert np.isnan(xirr([-100, 110], [415, 50]))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="axis of steps"):
        irr(5.0)
    with pytest.raises(ValueError, match="broadcast"):
        irr(np.zeros((3, 4)), np.zeros(2))
    with pytest.raises(ValueError, match="broadcast"):
        xirr(np.zeros((3, 4)), np.zeros(5))


def test_zeros_before_and_after_leave_the_rate_as_it_is() -> None:
    flows, rate = [-1000.0, *[50.0] * 36], decimal_irr([-1000.0, *[50.0] * 36], 0.03)
    for before, after in ((0, 0), (1, 0), (24, 24), (0, 300), (400, 400)):
        assert float(irr([*[0.0] * before, *flows, *[0.0] * after])) == pytest.approx(rate, rel=1e-13)
    assert float(irr([*[0.0] * 340, -1, 3e10 + 1])) == pytest.approx(3e10, rel=1e-12)
    assert float(irr([*[0.0] * 340, -1e6, 1, *[0.0] * 340])) == pytest.approx(-0.999999, rel=1e-15)
    assert float(irr([1, *[0.0] * 340, -1e6, 1], -0.99999)) == pytest.approx(-0.999999, rel=1e-15)
    assert float(xirr([0, -100, 110], [0, 1000, 1365])) == pytest.approx(0.1, rel=1e-12)


def test_the_order_of_the_dates_after_the_first_does_not_matter() -> None:
    rng = np.random.default_rng(11)
    dates = np.concatenate([np.zeros((200, 1)), np.sort(rng.integers(1, 1500, (200, 20)), axis=1)], axis=1) + 45000
    flows = np.concatenate([-rng.uniform(5, 30, (200, 1)), rng.uniform(-1, 3, (200, 20))], axis=1)
    order = np.concatenate([[0], 1 + rng.permutation(20)])
    np.testing.assert_allclose(xirr(flows[:, order], dates[:, order]), xirr(flows, dates), rtol=1e-12)
    assert np.isfinite(xirr(flows, dates)).all()


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    flows = np.random.default_rng(3).normal(size=(6000, MONTHS))
    rates = irr(flows)
    np.testing.assert_allclose([float(irr(row)) for row in flows[:100]], rates[:100], rtol=1e-12)
    np.testing.assert_allclose(irr(flows[::-1])[::-1], rates, rtol=1e-12)


def test_leading_axes_and_guesses_broadcast() -> None:
    flows = np.broadcast_to(with_roots(0.1, 0.3), (2, 3, 3))
    rates = irr(flows, [0.05, 0.3, 0.5])
    np.testing.assert_allclose(rates, [[0.1, 0.3, 0.3]] * 2, atol=1e-12)
    np.testing.assert_allclose(xirr(flows, [0, 365, 730], [[0.05], [0.4]]), [[0.1] * 3, [0.3] * 3], atol=1e-12)
    assert irr(np.zeros((0, 5))).shape == (0,)
    assert irr(np.zeros((3, 0))).shape == (3,)


INFLOWS = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60)
DATED = st.lists(st.tuples(st.integers(365, 3000), st.floats(1.0, 1e5)), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(out=st.floats(1.0, 1e6), inflows=INFLOWS, guess=st.floats(-0.5, 3.0))
def test_irr_agrees_with_pyxirr_and_50_digits(out: float, inflows: list[float], guess: float) -> None:
    rate, oracle = float(irr([-out, *inflows], guess)), pyxirr.irr([-out, *inflows])
    assert rate == pytest.approx(decimal_irr([-out, *inflows], rate), rel=1e-12, abs=1e-14)
    assert oracle is None or rate == pytest.approx(oracle, rel=1e-9, abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(out=st.floats(100.0, 1e4), inflows=DATED)
def test_xirr_agrees_with_pyxirr_on_conventional_flows(out: float, inflows: list[tuple[int, float]]) -> None:
    flows, days = [-out, *(flow for _, flow in inflows)], [0, *(day for day, _ in inflows)]
    rate = float(xirr(flows, days))
    oracle = pyxirr.xirr([date(2024, 1, 1) + timedelta(day) for day in days], flows)
    assert oracle is None or rate == pytest.approx(oracle, rel=1e-7, abs=1e-7)
    assert residual(np.array([flows]), np.array([rate]), np.array(days) / 365)[0] < 1e-9


def test_ten_thousand_conventional_flows_agree_with_pyxirr_and_take_well_under_a_second() -> None:
    rng, seconds = np.random.default_rng(2), []
    flows = rng.lognormal(0, 0.5, (10_000, MONTHS)) * 1000
    flows[:, 0] = -rng.uniform(5e3, 8e4, 10_000)
    for _ in range(3):
        begin = time.perf_counter()
        rates = irr(flows)
        seconds.append(time.perf_counter() - begin)
    oracle = np.array([pyxirr.irr(row, guess=0.01) for row in flows], dtype=np.float64)
    np.testing.assert_allclose(1 + rates, 1 + oracle, rtol=1e-12)
    assert min(seconds) < 1.0


@pytest.mark.parametrize("kind", ["normal", "drifting", "sparse", "wide", "dated"])
def test_ten_thousand_random_flows_are_solved_or_have_no_root(kind: str) -> None:
    rng = np.random.default_rng(7)
    flows, times = rng.normal(size=(10_000, MONTHS)), np.broadcast_to(np.arange(float(MONTHS)), (10_000, MONTHS))
    if kind == "drifting":
        flows = np.cumsum(flows, axis=1) - 20 * rng.normal(size=(10_000, 1))
    elif kind == "sparse":
        flows *= rng.random(flows.shape) < 0.06
    elif kind == "wide":
        flows *= 10.0 ** rng.uniform(-3, 3, flows.shape)
    if kind == "dated":
        days = np.sort(rng.integers(0, 1800, flows.shape), axis=1)
        rates, times = xirr(flows, days), (days - days[:, :1]) / 365
    else:
        rates = irr(flows)
    solved = np.isfinite(rates)
    # A rate near −1 is itself rounded to 1e-16, which is seen in 1 + rate.
    allowed = 1e-12 + 1e-14 / (1 + rates[solved])
    assert (residual(flows[solved], rates[solved], times[solved]) <= allowed).all()
    none = ~solved & (flows > 0).any(axis=1) & (flows < 0).any(axis=1)
    assert 50 < none.sum() < 2500
    assert not any(sign_changes(f, t) for f, t in zip(flows[none][:60], times[none][:60], strict=True))
