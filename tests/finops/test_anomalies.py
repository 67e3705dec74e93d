"""Unusual days: what is found, what is not, and how often an ordinary day is called unusual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from math import inf
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from tests.finops.bill import SAMPLE
from tests.finops.figured import figured, figures_of, on
from xlroi.finops.figures.anomalies import LIMIT, scored

FIRST = date(2026, 1, 5)  # a Monday
WEEK = (100, 102, 98, 101, 99, 40, 36)


def daily(costs: list[float], **more: str) -> list[dict[str, str]]:
    return [on(FIRST + timedelta(n), f"{cost:.2f}", **more) for n, cost in enumerate(costs)]


def ordinary(days: int, seed: int = 1) -> list[float]:
    """A week's pattern with 3% of noise."""
    noise = np.random.default_rng(seed).normal(1, 0.03, days)
    return [WEEK[n % 7] * float(noise[n]) for n in range(days)]


def test_a_planted_spike_is_found_with_its_amount_expectation_and_rows(tmp_path: Path) -> None:
    costs = ordinary(70)
    costs[67] = 180.0  # a Friday of about 99
    rows = daily(costs)
    # The same day in two charges.
    rows[67] |= dict.fromkeys(("BilledCost", "EffectiveCost"), "150.00")
    rows.append(on(FIRST + timedelta(67), "30.00", ResourceId="i-2"))
    found = figures_of(tmp_path, rows, evidence=True)
    (one,) = found.anomalies.found
    fridays = [round(costs[n], 2) for n in range(67 - 56, 67, 7)]
    assert (one.day, one.service, one.amount, one.rows) == ("2026-03-13", "Amazon EC2", Decimal(180), 2)
    assert float(one.expected) == pytest.approx(median(fridays), abs=1e-9)
    assert one.score > 10
    assert sorted(str(line.cost.normalize()) for _, line in found.evidence) == ["1.5E+2", "3E+1"]


def test_a_weekly_pattern_is_no_anomaly(tmp_path: Path) -> None:
    found = figures_of(tmp_path, daily(ordinary(70)), days=28)
    assert found.anomalies.found == ()
    assert found.anomalies.judged == 28


def test_a_past_spike_does_not_move_the_expectation() -> None:
    series = [Decimal(10 + n % 3) for n in range(56)]
    spiked = series.copy()
    spiked[49] = Decimal(10_000)
    usual, disturbed = scored([*series, Decimal(11)], 56), scored([*spiked, Decimal(11)], 56)
    assert usual is not None
    assert disturbed is not None
    assert abs(disturbed[0] - usual[0]) <= 1
    assert abs(disturbed[1]) < LIMIT


def test_the_score_is_the_rule_by_hand() -> None:
    # Four weeks of Mondays 100, 110, 90, 100 and other days of 50; a Monday of 140.
    series = [Decimal(v) for monday in (100, 110, 90, 100) for v in (monday, 50, 50, 50, 50, 50, 50)]
    # Most days do not deviate at all: the MAD is 0, the unit 5% of the expectation of 100: (140 - 100) / 5 = 8.
    assert scored([*series, Decimal(140)], 28) == (Decimal(100), 8.0)
    assert scored(series, 27) is None
    # Every weekday 90, 100, 110, 100: without itself, the others' medians are 100, 100, 100, 100, so deviations are
    # 10%, 0, 10%, 0: their median is 5%, the unit 1.4826 × 5% × 100 = 7.413.
    even = [Decimal(v) for v in (90, 100, 110, 100) for _ in range(7)]
    judged = scored([*even, Decimal(140)], 28)
    assert judged is not None
    assert judged[1] == pytest.approx(40 / 7.413, abs=1e-9)


def test_a_service_that_appears_is_found_once_and_one_that_has_always_been_there_is_not(tmp_path: Path) -> None:
    rows = daily([50.25] * 40)
    rows += [on(FIRST + timedelta(n), "25.75", ServiceName="Amazon Bedrock") for n in range(36, 40)]
    found = figures_of(tmp_path, rows).anomalies
    assert [(a.day, a.service, a.score) for a in found.found] == [("2026-02-10", "Amazon Bedrock", inf)]
    assert found.unjudged == 3


def test_a_service_that_seldom_runs_is_odd_only_when_it_costs_more_than_ever(tmp_path: Path) -> None:
    rows = daily([5.5] * 70) + [
        on(FIRST + timedelta(n), cost, ServiceName="AWS Batch")
        for n, cost in ((0, "30.5"), (17, "40.5"), (39, "35.5"), (66, "40.5"), (68, "55.5"))
    ]
    assert [a.day for a in figures_of(tmp_path, rows).anomalies.found] == [str(FIRST + timedelta(68))]


def test_a_cheap_last_day_may_be_incomplete_and_a_cheap_day_before_is_told(tmp_path: Path) -> None:
    costs = [100.5] * 70
    costs[66] = costs[69] = 20.25
    (one,) = figures_of(tmp_path, daily(costs)).anomalies.found
    assert (one.day, one.difference) == (str(FIRST + timedelta(66)), Decimal("-80.25"))


def test_small_differences_months_in_one_charge_taxes_and_corrections_are_left_out(tmp_path: Path) -> None:
    rows = daily([1.05] * 69 + [2.0])
    rows.append(on(FIRST + timedelta(69), "5000.5", ChargePeriodEnd="2026-04-01T00:00:00Z"))
    rows.append(on(FIRST + timedelta(69), "900.5", ChargeCategory="Tax"))
    rows.append(on(FIRST + timedelta(69), "900.5", ChargeClass="Correction"))
    found = figures_of(tmp_path, rows).anomalies
    assert (found.found, found.long_rows, found.long_cost) == ((), 1, {"USD": Decimal("5000.5")})
    (one,) = figures_of(tmp_path, rows, least=Decimal("0.5")).anomalies.found
    assert one.difference == Decimal("0.95")


@pytest.mark.parametrize(
    ("name", "make", "most"),
    [
        ("weekly, 5% of noise", lambda noise: 100 * noise(0.05), 0.001),
        ("weekly, 10%", lambda noise: 100 * noise(0.10), 0.006),
        ("weekly, 20%", lambda noise: 100 * noise(0.20), 0.015),
        ("growing 1% a week, 10%", lambda noise: 100 * 1.01 ** (np.arange(70) / 7) * noise(0.10), 0.015),
    ],
)
def test_false_alarms_on_ordinary_days_are_rare(
    name: str, make: Callable[[Callable[[float], np.ndarray]], np.ndarray], most: float
) -> None:
    rng = np.random.default_rng(20260321)
    week = np.array(WEEK)[np.arange(70) % 7] / 100
    alarms = judged = 0
    for _ in range(150):
        series = [Decimal(f"{cost:.4f}") for cost in make(lambda share: week * np.exp(rng.normal(0, share, 70)))]
        for at in range(63, 70):
            verdict = scored(series, at)
            assert verdict is not None
            judged, alarms = judged + 1, alarms + (abs(verdict[1]) > LIMIT)
    assert judged == 1050
    assert alarms / judged <= most, f"{name}: {alarms / judged:.4f}"


def test_the_sample_has_one_unusual_day() -> None:
    # 20 charges of EC2 on 2024-09-29 sum to 1.77, against 0.03 as the median of its four Sundays before.
    (one,) = figured(SAMPLE).anomalies.found
    assert (one.day, one.service, one.rows) == ("2024-09-29", "Amazon Elastic Compute Cloud", 20)
    assert one.amount == Decimal("1.7725388268")
