"""The plan of a portfolio against its actuals, and what is told of both: worked by hand."""

from __future__ import annotations

import pytest

from tests.model.test_portfolio import PLAIN, case, failing, found, of
from xlroi.api import run
from xlroi.model.model import SCENARIOS
from xlroi.values import NA


def test_planned_realised_and_the_forecast_to_completion() -> None:
    # Three quarters are over. A planned 600 + 600 by then and realised 450 + 450: three quarters of the plan, so that
    # of the 600 to come 450 will. B planned 200 and realised nothing. C begins later and is on its plan.
    rows = {
        "A": {**PLAIN, "savings": [0, 600, 600, 600]},
        "B": {**PLAIN, "savings": [0, 0, 150, 300], "revenue": [0, 0, 50], "operation": [0, 70]},
        "C": {**PLAIN, "start": 4, "savings": [0, 800]},
        "D": {**PLAIN, "funded": "no"},
    }
    actuals = {
        "A1": {"initiative": "A", "quarter": 1, "spent": 1100},
        "A2": {"initiative": "A", "quarter": 2, "spent": 20, "realised": 450},
        "A3": {"initiative": "A", "quarter": 3, "realised": 450},
        "B1": {"initiative": "B", "quarter": 1, "spent": 990},
    }
    r = found(rows, actuals=actuals)
    assert [of(r, "planned_over", n) for n in "ABC"] == [1200, 200, 0]
    assert [of(r, "realised_over", n) for n in "ABC"] == [900, 0, 0]
    assert [of(r, "delivery", n) for n in "AB"] == [0.75, 0]
    assert r.outputs["delivery"]["C"] == NA  # type: ignore[index]  # of a table
    assert [of(r, "forecast_total", n) for n in "ABC"] == pytest.approx([900 + 450, 0, 800])
    assert [of(r, "at_risk", n) for n in "ABC"] == pytest.approx([1800 - 1350, 500, 0])
    assert (of(r, "planned_by_now"), of(r, "realised_total")) == (1200 + 200, 900)
    assert (of(r, "cost_by_now"), of(r, "spent_total")) == (1000 + 1000 + 70, 1100 + 20 + 990)
    assert [of(r, "cost_over", n) for n in "ABC"] == [1000, 1070, 0]
    assert [of(r, "spent_over", n) for n in "ABC"] == [1120, 990, 0]
    assert (of(r, "forecast_sum"), of(r, "at_risk_sum")) == pytest.approx((1350 + 0 + 800, 450 + 500))
    # As the chart shows it: what is realised, then what is forecast.
    assert list(r.values.row("forecast_so_far"))[:9] == pytest.approx([0, 0, 450, 900, 1350, 2150, 2150, 2150, 2150])


def test_without_actuals_the_forecast_is_the_expected_benefit_and_the_rest_is_at_risk() -> None:
    # A business case of 1,200 with an even chance: 600 are expected, and 600 at risk from the first day.
    r = found({"A": {**PLAIN, "probability": "50%"}})
    assert of(r, "forecast_sum") == of(r, "cash_benefit") == pytest.approx(600)
    assert (of(r, "at_risk_sum"), of(r, "planned_by_now")) == (pytest.approx(600), 0)


def test_an_initiative_on_its_business_case_is_on_plan_whatever_its_chance_was() -> None:
    # Half a chance, and 600 of 600 realised: it works. The second 600 are now forecast in full.
    row = {**PLAIN, "probability": "50%", "savings": [0, 600, 600]}
    reports = {"Q": {"initiative": "A", "quarter": 2, "spent": 1000, "realised": 600}}
    r = found({"A": row}, actuals=reports)
    assert (of(r, "delivery", "A"), of(r, "forecast_total", "A"), of(r, "at_risk", "A")) == (1, 1200, 0)


def test_no_scenario_moves_the_plan_that_actuals_meet() -> None:
    # 450 of 600 realised in every scenario; of the other 600 three quarters, times 70% or 110%, are forecast.
    row = {**PLAIN, "savings": [0, 600, 600]}
    reports = {"Q": {"initiative": "A", "quarter": 2, "spent": 1000, "realised": 450}}
    at_risk: dict[str, float] = {}
    for scenario, share in zip(SCENARIOS, (1.0, 1.1, 0.7), strict=True):
        r = run(case({"A": row}, actuals=reports), scenario)
        assert (of(r, "planned_by_now"), of(r, "delivery", "A")) == (600, 0.75)
        at_risk[scenario] = of(r, "at_risk_sum")
        assert at_risk[scenario] == pytest.approx(1200 - 450 - 0.75 * 600 * share)
    assert at_risk["optimistic"] < at_risk["base"] < at_risk["pessimistic"]


REPORT = {"initiative": "A", "quarter": 1, "spent": 1000}


@pytest.mark.parametrize(
    ("funded", "reports", "alert"),
    [
        ("yes", {"Q": REPORT, "Again": REPORT}, "reported_once"),
        ("no", {"Q": REPORT}, "none_stray"),
        ("yes", {"Q": {**REPORT, "spent": 2e9}}, "outturn_within"),
    ],
)
def test_odd_actuals_are_told(funded: str, reports: dict[str, dict[str, object]], alert: str) -> None:
    r = found({"A": {**PLAIN, "funded": funded}}, actuals=reports)
    assert alert in failing(r)
    assert alert not in failing(found({"A": PLAIN}, actuals={"Q": REPORT}))


def test_one_that_began_and_never_reported_is_told() -> None:
    rows = {"A": PLAIN, "B": PLAIN}
    told = {c.line for c in found(rows, actuals={"Q": REPORT}).failing()}
    assert "all_reported" in told
    both = {"Q": REPORT, "R": {**REPORT, "initiative": "B"}}
    assert "all_reported" not in {c.line for c in found(rows, actuals=both).failing()}


def test_flows_after_the_life_and_several_rates_are_told() -> None:
    after = {c.line for c in found({"A": {**PLAIN, "life": 1}}).failing()}
    assert "inside_life" in after
    # -1,000, +5,000, -5,000 a quarter: v² - v + 0.2 = 0 has two roots, so that there are two rates.
    twice = {**PLAIN, "savings": [0, 5000], "operation": [0, 0, 5000]}
    assert "one_rate" in {c.line for c in found({"A": twice}).failing()}
    assert not {"one_rate", "inside_life"} & {c.line for c in found({"A": PLAIN}).failing()}
