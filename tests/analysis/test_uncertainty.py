"""Simulation, Sobol' indices, goal search and the gate against closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from xlroi.analysis.gate import checked
from xlroi.analysis.goal import solve
from xlroi.analysis.simulate import OutputSummary, simulate
from xlroi.analysis.sobol import jansen, sobol_indices
from xlroi.analysis.swing import swings
from xlroi.api import load_case, run
from xlroi.errors import InputError
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"

# Only what a test varies has a range; optimistic and pessimistic set to nothing take the template's ranges away.
STILL = "{base: %s, optimistic: , pessimistic: }"
FIXED = {
    "initial_investment": 100000,
    "monthly_operating_cost": 1000,
    "annual_operating_cost": 0,
    "decommissioning_cost": 0,
    "monthly_revenue": 10000,
    "monthly_savings": 0,
    "annual_risk_reduction": 0,
    "churn_reduction": 0,
    "customers": 0,
    "customer_value": 0,
    "events_per_month": 0,
    "recall": 0,
    "precision": 1,
    "catch_value": 0,
    "false_alarm_cost": 0,
}


def case(more: str = "", **inputs: str) -> Case:
    given = {id: STILL % value for id, value in FIXED.items()} | {"period_months": "12", "discount_rate": "0"} | inputs
    text = "model: roi\ninputs:\n" + "".join(f"  {id}: {value}\n" for id, value in given.items()) + more
    return case_from(parse_yaml(text, "case.yaml"))


def uniform(low: float, high: float) -> str:
    middle = (low + high) / 2
    return f"{{base: {middle}, optimistic: , pessimistic: , distribution: {{type: uniform, min: {low}, max: {high}}}}}"


def one(found: Case, output: str, trials: int = 16384, seed: int = 1) -> OutputSummary:
    return simulate(found, trials, seed, [output]).outputs[0]


def test_a_uniform_cost_has_the_percentiles_of_the_uniform() -> None:
    found = one(case(initial_investment=uniform(80_000, 120_000)), "total_cost")
    for percent, value in found.percentiles.items():
        assert value == pytest.approx(12_000 + 80_000 + 40_000 * percent / 100, abs=20)
    assert found.mean == pytest.approx(112_000, abs=5)
    assert found.deviation == pytest.approx(40_000 / math.sqrt(12), rel=1e-3)
    assert found.error == pytest.approx(found.deviation / math.sqrt(16384))
    assert found.lowest == pytest.approx(92_000 + 40_000 * 0.025, abs=20)  # the mean of the lowest 5%
    assert found.highest == pytest.approx(132_000 - 40_000 * 0.025, abs=20)


def test_a_range_is_a_pert() -> None:
    found = one(case(initial_investment="{base: 100000, optimistic: 90000, pessimistic: 130000}"), "total_cost")
    assert found.mean == pytest.approx(12_000 + (90_000 + 4 * 100_000 + 130_000) / 6, abs=5)
    assert found.live == 112_000


def test_the_probability_of_a_gain() -> None:
    # Twelve months of 9,000 against 80,000 to 120,000: a gain where the investment is below 108,000.
    found = one(case(initial_investment=uniform(80_000, 120_000)), "npv")
    assert found.above_zero == pytest.approx(0.7, abs=1e-3)


def test_a_payback_that_is_never_reached_counts_as_infinite() -> None:
    found = one(case(initial_investment=uniform(80_000, 120_000)), "payback_month")
    assert found.missing / 16384 == pytest.approx(0.3, abs=1e-3)
    assert found.percentiles[50] == 12  # 100,000 / 9,000 is 11.1 months
    assert math.isinf(found.percentiles[75])
    assert math.isinf(found.percentiles[90])


def test_a_missing_rate_of_return_is_counted_and_left_out() -> None:
    found = one(case(monthly_revenue=uniform(-10_000, 20_000)), "irr", 4096)
    # Without an inflow there is no rate: revenue at or below 1,000 a month, 11/30 of the trials; where nearly all is
    # lost there is none either.
    assert found.missing / 4096 >= 11 / 30 - 0.01
    assert not math.isnan(found.percentiles[5])


def test_drivers_are_rank_correlations() -> None:
    found = one(case(initial_investment=uniform(90_000, 110_000), monthly_revenue=uniform(9_000, 11_000)), "npv")
    by_id = {d.id: d.correlation for d in found.drivers}
    # npv = 12 revenue - investment: standard deviations 12 x 577 and 5,774, in the ratio 1.2.
    assert by_id["monthly_revenue"] == pytest.approx(1.2 / math.sqrt(2.44), abs=0.02)
    assert by_id["initial_investment"] == pytest.approx(-1 / math.sqrt(2.44), abs=0.02)


def test_a_seed_gives_the_same_numbers_on_any_number_of_threads() -> None:
    given = case(initial_investment=uniform(80_000, 120_000), monthly_revenue=uniform(5_000, 15_000))
    one_thread, two_threads = (simulate(given, 20_000, 3, ["npv", "irr"], threads=n) for n in (1, 2))
    assert one_thread == two_threads
    assert simulate(given, 20_000, 4, ["npv"]).outputs[0].mean != one_thread.outputs[0].mean


def test_correlated_inputs_widen_their_sum() -> None:
    spread = {"initial_investment": uniform(80_000, 120_000), "decommissioning_cost": uniform(80_000, 120_000)}
    apart = one(case(**spread), "total_cost")
    text = "simulation:\n  correlations:\n    - {between: [initial_investment, decommissioning_cost], rank: 0.95}\n"
    together = one(case(text, **spread), "total_cost")
    assert together.deviation / apart.deviation == pytest.approx(math.sqrt(1.95), abs=0.02)


def test_certainty_is_drawn_as_all_or_nothing_and_means_the_live_value() -> None:
    text = "model: infrastructure\ntables:\n  projects:\n    Big: {hours: 10000, certainty: 60%}\n"
    given = case_from(parse_yaml(text, "case.yaml"))
    found = simulate(given, 4096, 1, ["expected_demand"])
    summary = found.outputs[0]
    # The factor of the hours is a PERT of 0.8, 1, 1.1, whose mean is 0.98333.
    assert summary.mean == pytest.approx(summary.live * (0.8 + 4 + 1.1) / 6, rel=5e-3)
    assert summary.percentiles[10] == 0


def test_the_best_option_is_counted() -> None:
    text = (
        "model: infrastructure\ninputs:\n  on_demand_price: {base: 3, distribution: {type: uniform, min: 1, max: 60}}\n"
    )
    found = simulate(case_from(parse_yaml(text, "case.yaml")), 1024, 1, ["npv_of_owning"])
    shares = found.best[0].shares
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["Own"] > 0.2


def test_nothing_uncertain_is_said() -> None:
    with pytest.raises(InputError, match="nothing is uncertain"):
        simulate(case(), 16)


def test_jansen_on_the_ishigami_function() -> None:
    # Ishigami and Homma 1990, a = 7, b = 0.1: closed-form indices.
    from scipy.stats import qmc

    points = qmc.Sobol(6, rng=np.random.default_rng(1)).random(2**14) * 2 * np.pi - np.pi

    def ishigami(x: np.ndarray) -> np.ndarray:
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    a, b = points[:, :3], points[:, 3:]
    mixed = []
    for i in range(3):
        both = a.copy()
        both[:, i] = b[:, i]
        mixed.append(ishigami(both))
    first, total = jansen(ishigami(a), ishigami(b), np.array(mixed))
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)


def test_sobol_indices_of_a_sum_are_shares_of_its_variance() -> None:
    given = case(initial_investment=uniform(90_000, 110_000), monthly_revenue=uniform(9_000, 11_000))
    found = {i.id: i for i in sobol_indices(given, "npv", 4096)}
    # Variances 1 and 1.44 in units of the investment's.
    assert found["monthly_revenue"].first == pytest.approx(1.44 / 2.44, abs=0.02)
    assert found["monthly_revenue"].total == pytest.approx(1.44 / 2.44, abs=0.02)
    assert found["initial_investment"].first == pytest.approx(1 / 2.44, abs=0.02)


def test_sobol_indices_show_an_interaction() -> None:
    # The value of customers kept is a product of three inputs, of which two vary.
    given = case(churn_reduction=STILL % 0.5, customers=uniform(0, 100), customer_value=uniform(0, 1000))
    found = {i.id: i for i in sobol_indices(given, "total_benefit", 32768)}
    for id in ("customers", "customer_value"):
        # For a product of two uniforms on [0, m]: first-order 3/7 each, together 1/7.
        assert found[id].first == pytest.approx(3 / 7, abs=0.02)
        assert found[id].total == pytest.approx(4 / 7, abs=0.02)


def test_sobol_indices_of_correlated_inputs_are_refused() -> None:
    text = "simulation:\n  correlations:\n    - {between: [initial_investment, decommissioning_cost], rank: 0.5}\n"
    given = case(text, initial_investment=uniform(1, 2), decommissioning_cost=uniform(1, 2))
    with pytest.raises(InputError, match="independent"):
        sobol_indices(given, "total_cost", 64)


def test_swings_are_the_output_at_the_ends_of_each_range() -> None:
    given = case(
        initial_investment="{base: 100000, optimistic: 90000, pessimistic: 130000}",
        monthly_revenue="{base: 10000, optimistic: 11000, pessimistic: 9500}",
    )
    found = swings(given, "npv")
    assert [(s.id, s.pessimistic, s.optimistic) for s in found] == [
        ("initial_investment", 108_000 - 130_000, 108_000 - 90_000),
        ("monthly_revenue", 12 * 8_500 - 100_000, 12 * 10_000 - 100_000),
    ]


def test_a_goal_on_a_line_is_met() -> None:
    found = solve(case(), "npv", 0, "monthly_revenue")
    assert found.value == pytest.approx(100_000 / 12 + 1_000, rel=1e-12)
    assert found.reached == pytest.approx(0, abs=1e-6)


def test_a_goal_that_no_value_reaches_says_so() -> None:
    found = solve(case(), "total_cost", 1, "monthly_operating_cost")
    assert found.value is None
    assert "no value between" in found.reason


def test_a_goal_that_is_jumped_over_says_where() -> None:
    found = solve(case(), "payback_month", 11.5, "monthly_revenue")
    assert found.value is None
    assert "jumps over 11.5" in found.reason


def test_a_goal_that_holds_already_is_the_present_value() -> None:
    assert solve(case(), "total_cost", 112_000, "initial_investment").value == 100_000


@pytest.mark.parametrize(
    ("output", "varied"), [("answer", "initial_investment"), ("npv", "npv"), ("npv", "start_date")]
)
def test_a_goal_needs_a_number_and_an_input(output: str, varied: str) -> None:
    with pytest.raises(InputError, match="not a"):
        solve(case(), output, 0, varied)


@pytest.mark.parametrize(
    ("requirement", "holds"),
    [
        ("total_cost<=112000", True),
        ("total_cost <= 111,999", False),
        ("total_cost<1.12e5", False),
        ("roi>=7%", True),
        ("roi=7.142857142857143%", True),
        ("total_benefit>total_cost", True),
        ("payback_month<=12", True),
        ("payback_month!=12", False),
    ],
)
def test_requirements(requirement: str, holds: bool) -> None:
    given = case()
    result = run(given)
    assert [f.holds for f in checked(given, result.values, [requirement])] == [holds], result.outputs


def test_an_error_value_meets_no_requirement() -> None:
    given = case(monthly_revenue="0")
    values = run(given).values
    for requirement in ("payback_month<=999", "payback_month>0", "payback_month!=3"):
        (found,) = checked(given, values, [requirement])
        assert not found.holds
        assert str(found.value) == "#N/A"


@pytest.mark.parametrize("text", ["npv", "npc>0", "npv>", "npv[Own]>0", "npv > soon"])
def test_a_requirement_that_cannot_be_read_is_refused(text: str) -> None:
    given = case()
    with pytest.raises(InputError):
        checked(given, run(given).values, [text])


def test_a_pair_of_rows_can_be_simulated() -> None:
    case = load_case(EXAMPLES / "gpu_server_8.yaml")
    pair = next(iter(run(case).outputs["crossover_month"]))  # type: ignore[arg-type]  # a value for each pair
    found = simulate(case, 64, outputs=[f"crossover_month[{pair}]"]).outputs[0]
    assert found.target.path == f"crossover_month[{pair}]"
    assert found.missing < 64
