"""Calls in plain Python: against other libraries and hand calculations, with ranges, and with what is no number."""

from __future__ import annotations

import math
import random
from datetime import date, datetime
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson as poisson_of_scipy

from xlroi import cells
from xlroi.analysis.simulate import simulate
from xlroi.api import run
from xlroi.cells.depreciation import MACRS
from xlroi.cells.runtime import LARGEST, CellError
from xlroi.cells.words import poisson
from xlroi.model.case import case_from
from xlroi.model.catalogue import catalogue
from xlroi.model.loading import parse_yaml
from xlroi.values import DIV0, NA, NUM, VALUE, ExcelError

CASE = "model: roi\n"


# ---- formulas by hand ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 1e-14, 1e-9, 1e-4, 0.1, -0.3])
@pytest.mark.parametrize("growth", [0.0, 1e-12, 0.1, -0.5])
def test_the_total_cost_is_the_sum_of_its_months(rate: float, growth: float) -> None:
    months = math.fsum(700 * (1 + growth) ** ((m - 1) / 12) * (1 + rate) ** (-m / 12) for m in range(1, 61))
    expected = 1000 + months + 50 * (1 + rate) ** -5
    assert cells.AI_TCO(1000, 700, 60, 50, rate, growth) == pytest.approx(expected, rel=1e-12)


def test_payback_with_a_ramp_is_what_counting_months_gives() -> None:
    draw = random.Random(7)
    for _ in range(300):
        initial, monthly, ramp = draw.uniform(1, 1e5), draw.uniform(100, 5000), draw.choice([0, 1, 3, 6.5, 24])
        paid, month = 0.0, 0
        while True:
            month += 1
            net = monthly * (min(1, month / ramp) if ramp else 1)
            if paid + net >= initial:
                break
            paid += net
        expected = month - 1 + (initial - paid) / net
        assert cells.AI_PAYBACK(initial, monthly, ramp) == pytest.approx(expected, rel=1e-9)


def test_crossover_is_where_the_running_totals_meet() -> None:
    own = list(accumulate([50000.0] + [900 * 1.05 ** (m / 12) for m in range(120)]))
    rent = list(accumulate([0.0] + [2400 * 0.9 ** (m / 12) for m in range(120)]))
    month = next(m for m in range(1, 121) if own[m] <= rent[m])
    before, after = own[month - 1] - rent[month - 1], own[month] - rent[month]
    expected = month - 1 + before / (before - after)
    assert cells.AI_CROSSOVER(50000, 900, 2400, 0.05, -0.1) == pytest.approx(expected)
    assert cells.AI_CROSSOVER(50000, 900, 1900) == pytest.approx(50)
    assert cells.AI_CROSSOVER(50000, 900, 900) == NA


@pytest.mark.parametrize(("count", "mean"), [(0, 0.1), (5, 0.1), (50, 40), (30, 40), (1000, 1030), (900, 1030),
                                             (19000, 19050), (20500, 20000)])  # fmt: skip
def test_poisson_is_that_of_scipy(count: int, mean: float) -> None:
    assert poisson(count, mean, 1) == pytest.approx(poisson_of_scipy.cdf(count, mean), rel=1e-10)
    assert poisson(count, mean, 0) == pytest.approx(poisson_of_scipy.pmf(count, mean), rel=1e-10)


def test_reviewers_are_the_fewest_that_reach_the_service_level() -> None:
    for load in (0.3, 5.0, 24.0, 300.0):
        people = cells.AI_REVIEWERS(load * 10, 360, 0.9, 30)

        def level(agents: float, load: float = load) -> float:
            waits = cells.AI_ERLANG_C(load * 10, 360, agents)
            return float(1 - waits * math.exp(-max(agents - load, 0) * 30 / 360))

        assert level(people) >= 0.9
        assert people - 1 <= load or level(people - 1) < 0.9


def test_spot_price_is_least_at_the_interval_of_young() -> None:
    best = cells.AI_CHECKPOINT_INTERVAL(0.1, 20)
    at_best = cells.AI_SPOT_PRICE(2, 20, 0.1, 0.2)
    assert at_best == pytest.approx(cells.AI_SPOT_PRICE(2, 20, 0.1, 0.2, best))
    assert at_best < cells.AI_SPOT_PRICE(2, 20, 0.1, 0.2, best * 1.1)
    assert at_best < cells.AI_SPOT_PRICE(2, 20, 0.1, 0.2, best * 0.9)


# ---- flows against other libraries -----------------------------------------------------------------------------------


def test_rates_of_return_are_those_of_pyxirr() -> None:
    import pyxirr

    draw = random.Random(3)
    for _ in range(200):
        flows = [-draw.uniform(10, 1000), *(draw.uniform(0, 200) for _ in range(draw.randint(3, 40)))]
        days = sorted(draw.sample(range(40000, 44000), len(flows)))
        dates = [date(1899, 12, 30).fromordinal(date(1899, 12, 30).toordinal() + d) for d in days]
        assert cells.AI_IRR(flows) == pytest.approx(pyxirr.irr(flows), rel=1e-7, abs=1e-9)
        assert cells.AI_XIRR(flows, days) == pytest.approx(pyxirr.xirr(dates, flows), rel=1e-7, abs=1e-9)
        assert cells.AI_XNPV(0.07, flows, dates) == pytest.approx(pyxirr.xnpv(0.07, dates, flows), rel=1e-9)


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([-100, 230, -132], NUM),  # 10% and 20%
        ([100, 200], NUM),
        ([1, -10000], 9999.0),
        ([100, -220, 121], 0.1),  # touches 0 and is the only rate
        ([1000, -3330, 3669.2, -1339.26], NUM),  # 1%, 2% and 30%
        ([0, -100, 110], 0.1),  # Excel's XIRR says 0 or 2.98E-09 where the first flow is 0
        ([-100, 0, 0, 50], 0.5 ** (1 / 3) - 1),
    ],
)
def test_no_rate_is_invented(flows: list[float], expected: object) -> None:
    found = cells.AI_IRR(flows)
    assert found == (expected if isinstance(expected, ExcelError) else pytest.approx(expected))
    if isinstance(found, CellError):
        assert found.message
    start = date(2026, 1, 1)
    dates = [date(2026 + i, 1, 1) for i in range(len(flows))]
    years = [(d - start).days / 365 for d in dates]
    dated = cells.AI_XIRR(flows, dates)
    if isinstance(expected, float):
        assert math.fsum(f * (1 + dated) ** -y for f, y in zip(flows, years, strict=True)) == pytest.approx(0, abs=1e-9)
    else:
        assert dated == expected


@pytest.mark.parametrize(("method", "life"), MACRS)
def test_macrs_is_the_declining_balance_of_the_law(method: str, life: int) -> None:
    """200% (15 and 20 years: 150%) declining, straight line once that is more, the first year by its convention."""
    in_first = {"MACRS": 0.5, "MACRS-MQ1": 0.875, "MACRS-MQ2": 0.625, "MACRS-MQ3": 0.375, "MACRS-MQ4": 0.125}[method]
    factor = (2.0 if life <= 10 else 1.5) / life
    left, gone, shares = 1.0, 0.0, []
    for year in range(life + 1):
        part = in_first if year == 0 else min(1.0, life - gone)
        amount = max(left * factor * part, left / (life - gone) * part) if life > gone else left
        amount = left if year == life else amount
        shares.append(amount)
        left, gone = left - amount, gone + part
    published = [cells.AI_DEPRECIATION(1.0, 0, life, y, method) for y in range(1, life + 2)]
    assert published == pytest.approx(shares, abs=0.00016)
    assert math.fsum(published) == pytest.approx(1.0, abs=1e-9)
    assert cells.AI_DEPRECIATION(1.0, 0, life, life + 2, method) == NUM


def test_payback_of_flows_is_where_they_stay() -> None:
    assert cells.AI_PAYBACK_FLOWS([-100, 150, -100, 80, 5]) == 2.625  # -50 after month 2, then 80 a month
    assert cells.AI_PAYBACK_FLOWS([-100, 150, -100]) == NA
    assert cells.AI_XNPV(0.1, [1, 2], [0, 5]) == NUM, "no date before 1900"


def test_depreciation_by_the_examples_of_microsoft() -> None:
    assert cells.AI_DEPRECIATION(30000, 7500, 10, 1) == 2250
    assert cells.AI_DEPRECIATION(30000, 7500, 10, 10, "SYD") == pytest.approx(409.0909, abs=1e-4)
    assert cells.AI_DEPRECIATION(2400, 300, 10, 10, "DDB") == pytest.approx(22.1225472)
    assert cells.AI_DEPRECIATION(2400, 300, 10, 11) == NUM
    # 2,400 at 20% a year would fall below a salvage of 1,500 in the third: 480, 384, then what is left to it.
    assert [cells.AI_DEPRECIATION(2400, 1500, 10, n, "DDB") for n in (1, 2, 3, 4)] == pytest.approx([480, 384, 36, 0])
    assert cells.AI_DEPRECIATION(100, 200, 5, 1) == NUM
    assert cells.AI_DEPRECIATION(100, 0, 1e7, 1e7, "DDB") == pytest.approx(100 * 2e-7 * math.exp(-2), rel=1e-5)
    assert cells.AI_DEPRECIATION(1, 0, 5, 1, "magic") == VALUE
    assert cells.AI_DEPRECIATION(1, 0, 8, 1, "MACRS") == NUM
    assert cells.AI_DEPRECIATION(1, 0.1, 5, 1, "MACRS") == NUM


# ---- ranges ----------------------------------------------------------------------------------------------------------


def test_a_range_in_is_a_range_out_of_the_same_shape() -> None:
    column, row = [[1.0], [2.0], [3.0]], [[10.0, 20.0]]
    assert cells.AI_RESIDUAL(column, 0) == column
    assert cells.AI_BREAKEVEN_HOURS(column, 0, row) == [[0.1, 0.05], [0.2, 0.1], [0.3, 0.15]]
    assert cells.AI_RESIDUAL([1.0, 2.0], 0) == [1.0, 2.0]
    assert cells.AI_RESIDUAL([[5.0]], 0) == [[5.0]]
    found = cells.AI_RESIDUAL(np.array([1.0, 2.0]), 0)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [1.0, 2.0]
    assert cells.AI_RESIDUAL(pd.Series([1.0, -2.0]), 0).tolist() == [1.0, NUM]


def test_single_values_of_numpy_and_pandas_are_single_values() -> None:
    assert cells.AI_TCO(np.float64(150000), np.int64(15000), np.float32(24)) == 510000.0
    frame = pd.DataFrame({"a": [1000.0, 2000.0], "n": [12, 24]})
    assert frame.apply(lambda row: cells.AI_TCO(row.a, 10, row.n), axis=1).tolist() == [1120.0, 2240.0]
    days = pd.to_datetime(["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"])
    for dates in (days, days.to_numpy(), pd.Series(days)):
        assert cells.AI_XNPV(0.09, [-10000, 2750, 4250, 3250, 2750], dates) == pytest.approx(2086.647602)
    assert cells.AI_XNPV(0.09, [1, 2], [date(2026, 1, 1), pd.NaT]) == VALUE
    assert cells.AI_NPV([[0.1]], [100]) == cells.AI_NPV(0.1, [100])
    assert cells.AI_NPV([0.1, 0.2], [100]) == VALUE


@pytest.mark.parametrize("nothing", [[], [[]], np.empty((1, 0)), [[1.0, 2.0], [3.0]], b"12"])
def test_a_range_of_nothing_or_of_no_shape_is_an_error(nothing: Any) -> None:
    assert cells.AI_RESIDUAL(nothing, 1) == VALUE
    assert cells.AI_IRR(nothing) == VALUE


def test_a_whole_number_by_its_15_digits_counts_as_that_number() -> None:
    nearly = 0.3 / 0.1
    assert nearly < 3
    assert cells.AI_DEPRECIATION(100000, 0, 5, nearly, "MACRS") == 19200
    assert cells.AI_DEPRECIATION(100000, 0, 5, nearly, "DDB") == pytest.approx(14400)
    assert cells.AI_ERLANG_C(36, 200, nearly) == cells.AI_ERLANG_C(36, 200, 3)


def test_ranges_that_differ_in_size_have_no_partner_in_the_rest() -> None:
    found = cells.AI_ROI([[10.0], [20.0], [30.0]], [[5.0], [5.0]])
    assert found == [[1.0], [3.0], [NA]]
    assert cells.AI_XNPV(0.1, [1, 2, 3], [40000, 40001]) == NUM


def test_ten_thousand_rows_are_one_call_and_a_million_are_refused() -> None:
    assert len(cells.AI_TCO([[float(i)] for i in range(10_000)], 1, 12)) == 10_000
    for function in (cells.AI_RESIDUAL, cells.AI_IRR):
        found = function(*([[[1.0]] * 1_000_000, 1] if function is cells.AI_RESIDUAL else [[[1.0]] * 1_000_000]))
        assert found == VALUE
        assert f"{LARGEST:,}" in found.message


# ---- what is no number -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (("ten", 1, 12), VALUE, "acquisition: a number is needed, not the text 'ten'"),
        ((None, 1, 12), VALUE, "acquisition is missing"),
        ((True, 1, 12), VALUE, "not TRUE or FALSE"),
        ((ExcelError("#DIV/0!"), "x", 12), DIV0, ""),
        (("#N/A", 1, 12), NA, ""),
        ((1, 1, -1), NUM, "months must be 0 or more"),
        ((1, 1, 1.5), NUM, "months must be a whole number"),
        ((1, 1, 12, 0, -1), NUM, "annual_rate must be above -1"),
        ((float("nan"), 1, 12), NUM, "not a finite number"),
        ((1e308, 1e308, 12), NUM, "out of range"),
        (({}, 1, 12), VALUE, "not dict"),
    ],
)
def test_a_bad_argument_is_the_right_error_with_its_reason(given: tuple[Any, ...], error: str, message: str) -> None:
    found = cells.AI_TCO(*given)
    assert found == error
    assert message in found.message


def test_dates_are_serial_numbers() -> None:
    flows = [-10000, 2750, 4250, 3250, 2750]
    days = [date(2008, 1, 1), datetime(2008, 3, 1, 6), "x", date(2009, 2, 15), date(2009, 4, 1)]
    assert cells.AI_XNPV(0.09, flows, days) == VALUE
    days[2] = date(2008, 10, 30)
    assert cells.AI_XNPV(0.09, flows, days) == pytest.approx(2086.647602)
    assert cells.AI_XNPV(0.09, flows, [date(2008, 3, 1), *days[:4]]) == NUM, "a date before the first one"


# ---- prices and models -----------------------------------------------------------------------------------------------


def test_a_price_is_that_of_the_catalogue_with_its_date_and_source() -> None:
    (entry,) = [e for e in catalogue().entries if e.id == "cloud/aws/p5.48xlarge/us-east-1/on-demand"]
    asked = ("p5.48xlarge", "AWS", "us-east-1", "on demand")
    assert cells.AI_PRICE(*asked) == entry.value
    assert cells.AI_PRICE(entry.id) == entry.value
    assert entry.as_of is not None
    assert cells.AI_PRICE_DATE(*asked) == (entry.as_of - date(1899, 12, 30)).days
    assert cells.AI_PRICE_SOURCE(*asked) == entry.source
    several = cells.AI_PRICE("p5.48xlarge")
    assert several == NA
    assert "entries fit" in several.message
    assert cells.AI_PRICE("no such thing") == NA


def test_a_case_in_a_cell_is_the_case_of_the_engine() -> None:
    case = case_from(parse_yaml(CASE + "inputs: {discount_rate: 8%, period_months: 36}\n", "case.yaml"))
    pairs = [["discount_rate", 0.08], ["period_months", 36], [None, None]]
    for scenario in ("base", "optimistic"):
        expected = run(case, scenario).outputs["npv"]
        assert cells.AI_CASE("roi", "npv", pairs, scenario) == pytest.approx(expected)
    assert cells.AI_CASE("ROI", "npv", pairs) == pytest.approx(run(case, "base").outputs["npv"])
    table = cells.AI_SIMULATE("roi", "npv", pairs, 512, 3)
    (found,) = simulate(case, 512, 3, ["npv"]).outputs
    assert dict(map(tuple, table))["P50"] == pytest.approx(found.percentiles[50])


def test_dates_and_endless_paybacks_come_as_a_cell_holds_them() -> None:
    day = date(2027, 3, 31)
    by_serial = cells.AI_CASE("roi", "xirr", [["start_date", float((day - date(1899, 12, 30)).days)]])
    assert by_serial == cells.AI_CASE("roi", "xirr", [["start_date", day]])
    table = dict(map(tuple, cells.AI_SIMULATE("infrastructure", "payback_month", [], 64)))
    assert all(math.isfinite(v) or v == NA for v in table.values() if not isinstance(v, str))
    assert NA in table.values()
    assert isinstance(cells.AI_SIMULATE("training", "training_flops", [], 64), list)
    assert cells.AI_CASE("roi", "npv", [["discount_rate", 0.1], ["discount_rate", 0.2]]) == VALUE


def test_a_schedule_and_a_tornado_spill() -> None:
    rows = cells.AI_SCHEDULE("roi", "cumulative_cash")
    assert rows[0] == ["month", "cumulative_cash"]
    assert [r[0] for r in rows[1:]] == [float(m) for m in range(25)]
    tornado = cells.AI_TORNADO("roi", "npv")
    swings = [row[5] for row in tornado]
    assert swings == sorted(swings, reverse=True)
    assert all(row[1] < row[2] for row in tornado)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (lambda: cells.AI_CASE("nothing", "npv"), "there are bill_variance, build_or_buy, compute_investment"),
        (lambda: cells.AI_CASE("roi", "nvp"), "did you mean"),
        (lambda: cells.AI_CASE("roi", "npv", [["discount_rat", 1]]), "did you mean 'discount_rate'"),
        (lambda: cells.AI_CASE("roi", "npv", [["discount_rate", "much"]]), "discount_rate"),
        (lambda: cells.AI_CASE("roi", "npv", [["discount_rate"]]), "two columns"),
        (lambda: cells.AI_CASE("roi", "npv", [["discount_rate", None]]), "has no value"),
        (lambda: cells.AI_CASE("roi", "npv", [], "worst"), "expected one of"),
        (lambda: cells.AI_SCHEDULE("roi", "npv"), "no line by step"),
        (lambda: cells.AI_CASE("../../etc/passwd", "npv"), "there is no model"),
    ],
)
def test_a_model_that_cannot_be_asked_says_why(found: Any, message: str) -> None:
    value = found()
    assert value == VALUE
    assert message in value.message
