"""Model portfolio: every number worked by hand from what its page says of it, and the whole by a calculation apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy_financial as npf
import pytest
import pyxirr

from tests.command import Run
from xlroi.analysis.simulate import simulate
from xlroi.api import Case, Result, run
from xlroi.errors import InputError
from xlroi.model.case import case_from, with_settings
from xlroi.model.loading import parse_yaml

SERIES = ("acquisition", "operation", "savings", "revenue")
PLAIN = {"funded": "yes", "start": 1, "acquisition": [1000], "savings": [0, 600, 600]}
YEARS = {y: {"year": y, "budget": 1e9, "gpu_limit": 1e9, "effort_limit": 1e9} for y in range(2025, 2032)}

Rows = Mapping[Any, Mapping[str, Any]]


def text_of(initiatives: Rows, inputs: Mapping[str, Any] | None = None, **tables: Rows) -> str:
    """A case of quick wins, decided on the last day of 2025: limits bind nobody, money and days of effort are free."""
    given = {"start_date": "2025-12-31", "period_quarters": 8, "discount_rate": 0, "effort_price": 0, **(inputs or {})}
    lines = ["model: portfolio", "inputs:", *(f"  {k}: {v}" for k, v in given.items()), "tables:"]
    nothing: dict[str, Any] = {s: [0] for s in SERIES}
    rows = {name: {"category": "Quick win", "latest": 20, **nothing, **given} for name, given in initiatives.items()}
    base = {"categories": {"Quick win": {"gate_months": 18}}, "dependencies": {}, "exclusions": {}, "years": YEARS}
    for table, members in ({"initiatives": rows, **base} | tables).items():
        lines.append(f"  {table}:" if members else f"  {table}: {{}}")
        for name, cells in members.items():
            inside = ", ".join(f'{k}: "{v}"' if isinstance(v, str) else f"{k}: {v}" for k, v in cells.items())
            lines.append(f'    "{name}": {{{inside}}}')
    return "\n".join(lines)


def case(initiatives: Rows, inputs: Mapping[str, Any] | None = None, **tables: Rows) -> Case:
    return case_from(parse_yaml(text_of(initiatives, inputs, **tables), "case.yaml"))


def found(initiatives: Rows, inputs: Mapping[str, Any] | None = None, **tables: Rows) -> Result:
    return run(case(initiatives, inputs, **tables))


def of(result: Result, output: str, member: str = "A") -> float:
    """The number of an output, of one member where it has members."""
    value = result.outputs[output]
    value = value[member] if isinstance(value, dict) else value
    assert isinstance(value, float | int), f"{output} is {value}"
    return float(value)


def said(result: Result, output: str, member: str = "A") -> str:
    value = result.outputs[output]
    return str(value[member] if isinstance(value, dict) else value)


def failing(result: Result) -> list[str]:
    """All but two alerts: that an initiative has several rates of return or none, and that one is not reported."""
    return [c.line for c in result.failing() if c.line not in ("one_rate", "all_reported")]


def worth(flows: list[float], rate: float, start: int = 1) -> float:
    """Present value at an effective annual rate of quarterly flows, the first at the end of quarter ``start``."""
    return sum(v / (1 + rate) ** ((start + k) / 4) for k, v in enumerate(flows))


def test_the_plain_case() -> None:
    # 1,000 out at the end of the first quarter, 600 in at the end of each of the next two.
    r = found({"A": PLAIN, "B": {**PLAIN, "funded": "no"}})
    assert of(r, "npv") == of(r, "tangible_npv") == pytest.approx(2 * 600 - 1000)
    totals = ("total_cost", "total_benefit", "cash_benefit", "not_cash_benefit")
    assert [of(r, o) for o in totals] == [1000, 1200, 1200, 0]
    assert of(r, "roi") == pytest.approx(200 / 1000)
    assert (of(r, "funded"), of(r, "proposed"), of(r, "rejected")) == (1, 2, 0)
    # Each initiative has its own worth, funded or not.
    for name in "AB":
        assert of(r, "initiative_npv", name) == of(r, "pv_net", name) == pytest.approx(200)
        assert of(r, "bcr", name) == of(r, "profitability", name) == pytest.approx(1.2)
        assert said(r, "gate", name) == "Passes"
    assert failing(r) == []


@pytest.mark.parametrize("start", [0, 1, 3])
def test_profiles_run_from_the_own_start(start: int) -> None:
    given: dict[str, Any] = {"funded": "yes", "start": start, "earliest": 0, "acquisition": [1000, 200],
                             "operation": [10, 20], "savings": [0, 0, 900], "revenue": [0, 500]}  # fmt: skip
    r = found({"A": given}, {"discount_rate": "10%"})
    for name in SERIES:
        assert of(r, f"pv_{name}") == pytest.approx(worth(given[name], 0.10, start), rel=1e-12)
    assert of(r, "npv") == pytest.approx(worth([-1010, 280, 900], 0.10, start), rel=1e-12)
    # Quarter 0 is the day of the decision, in 2025; quarters 1 and 3 are in 2026.
    assert of(r, "year_cost", "2025") == (1010 if start == 0 else 0)
    assert of(r, "year_cost", "2026") == (220 if start == 0 else 1230)
    assert failing(r) == []


def test_what_falls_after_the_horizon_is_left_out_and_a_late_disposal_is_paid_there() -> None:
    # Quarters 3 and 4 remain of a life of 12: 1,000 and 50 out, 700 in, the disposal of 90 in quarter 4.
    given = {**PLAIN, "start": 3, "savings": [0, 700, 700, 700], "operation": [0, 50, 50], "disposal": 90,
             "gpu_hours": 5, "risk_avoided": 30, "life": 12, "mandatory": "yes"}  # fmt: skip
    r = found({"A": given}, {"period_quarters": 4, "discount_rate": "10%"})
    assert of(r, "pv_savings") == pytest.approx(worth([0, 700], 0.10, 3))
    assert of(r, "pv_operation") == pytest.approx(worth([0, 50], 0.10, 3))
    assert of(r, "pv_disposal") == pytest.approx(90 / 1.1)
    assert of(r, "pv_risk") == pytest.approx(worth([30, 30], 0.10, 3))
    assert of(r, "total_cost") == 1000 + 50 + 90
    assert of(r, "year_gpu", "2026") == 2 * 5
    assert failing(r) == []


def test_a_start_after_the_horizon_brings_nothing_and_is_said() -> None:
    r = found({"A": {**PLAIN, "start": 9, "disposal": 90, "effort": 3}}, {"period_quarters": 8})
    assert of(r, "npv") == of(r, "total_cost") == of(r, "year_effort", "2028") == 0
    assert "windows_kept" in failing(r)
    late = found({"A": PLAIN, "B": {**PLAIN, "funded": "no", "earliest": 9}}, {"period_quarters": 8})
    assert failing(late) == ["windows_open"]


def test_the_chance_to_succeed_scales_benefits_and_no_cost() -> None:
    given = {**PLAIN, "probability": "60%", "operation": [0, 50], "disposal": 80, "life": 4, "revenue": [0, 100],
             "risk_avoided": 20, "freed_time": 10, "flexibility": 300}  # fmt: skip
    r = found({"A": given})
    assert of(r, "total_cost") == 1000 + 50 + 80
    assert of(r, "cash_benefit") == pytest.approx(0.6 * (1200 + 100))
    assert of(r, "not_cash_benefit") == pytest.approx(0.6 * (4 * 20 + 4 * 10 + 300))
    assert of(r, "initiative_npv") == pytest.approx(0.6 * (1300 + 120 + 300) - 1130)
    assert of(r, "npv_if_works") == pytest.approx(1300 + 120 + 300 - 1130)
    assert of(r, "tangible_npv") == pytest.approx(0.6 * 1300 - 1130)


def test_risk_and_freed_time_last_for_the_life_and_flexibility_and_disposal_fall_at_its_end() -> None:
    # Start 2, life 3: quarters 2, 3 and 4.
    given = {**PLAIN, "start": 2, "life": 3, "risk_avoided": 40, "freed_time": 25, "flexibility": 500, "disposal": 70}
    r = found({"A": given}, {"discount_rate": "10%"})
    assert of(r, "pv_risk") == pytest.approx(worth([40, 40, 40], 0.10, 2))
    assert of(r, "pv_freed") == pytest.approx(worth([25, 25, 25], 0.10, 2))
    assert of(r, "pv_flexibility") == pytest.approx(500 / 1.1)  # quarter 4 is a year
    assert of(r, "pv_disposal") == pytest.approx(70 / 1.1)


def test_integration_effort_costs_its_days_in_the_first_quarter() -> None:
    r = found({"A": {**PLAIN, "start": 2, "effort": 7}}, {"discount_rate": "10%", "effort_price": 100})
    assert of(r, "pv_acquisition") == pytest.approx((1000 + 7 * 100) / 1.1**0.5)
    assert of(r, "year_cost", "2026") == 1700
    assert of(r, "year_effort", "2026") == 7


@pytest.mark.parametrize("gains", [[100, 250, 300, 300, 300], [0, 0, 0, 0, 400, 500], [1500], [200, 200, 200, 200]])
def test_the_rate_of_return_is_effective_a_year_and_the_same_wherever_it_starts(gains: list[float]) -> None:
    flows = [-1000, *gains]
    given = {"funded": "yes", "acquisition": [1000], "savings": [0, *gains]}
    r = found({"A": {**given, "start": 1}, "B": {**given, "start": 2}}, {"discount_rate": "10%"})
    quarterly = npf.irr(flows)
    assert pyxirr.irr(flows) == pytest.approx(quarterly, rel=1e-6)
    for name in "AB":
        assert of(r, "initiative_irr", name) == pytest.approx((1 + quarterly) ** 4 - 1, rel=1e-6)


@pytest.mark.parametrize("start", [0, 1, 3])
def test_payback_counts_months_from_the_own_start(start: int) -> None:
    # Cumulative: -1,000, -600, -200, 200 at the end of the fourth quarter of its own, whatever the interest.
    given = {**PLAIN, "start": start, "earliest": 0, "savings": [0, 400, 400, 400]}
    r = found({"A": given, "B": {**given, "savings": [1000]}}, {"discount_rate": "90%"})
    assert of(r, "npv") < 0
    assert (of(r, "payback"), of(r, "payback", "B")) == (4 * 3, 3)


def test_payback_is_where_the_sum_stays_and_not_where_it_first_passes() -> None:
    # Cumulative: -1,000, 100, -300, 0, 100: it stays from the fourth quarter.
    given = {**PLAIN, "savings": [0, 1100, 0, 300, 100], "operation": [0, 0, 400]}
    assert of(found({"A": given}), "payback") == 4 * 3


def test_payback_never_reached_is_not_available_and_fails_the_gate() -> None:
    for nearly in ([0, 999], [0]):
        r = found({"A": {**PLAIN, "savings": nearly}, "B": PLAIN})
        assert said(r, "payback") == "#N/A"
        assert (said(r, "gate"), of(r, "rejected")) == ("Rejected: not back within 18 months", 1)
        assert failing(r) == ["admitted_only"]
    assert said(r, "initiative_irr") == "#N/A"  # nothing comes back
    # Dropped, it is still named as rejected, and nothing is left to say.
    dropped = found({"A": {**PLAIN, "savings": [0, 999], "funded": "no"}, "B": PLAIN})
    assert (of(dropped, "rejected"), failing(dropped)) == (1, [])


def test_the_profitability_index_is_what_follows_per_unit_of_acquisition_and_ranks() -> None:
    small = {"acquisition": [100], "operation": [0, 10], "savings": [0, 210]}  # (210 - 10) / 100 = 2
    large = {"acquisition": [1000], "operation": [0, 100], "savings": [0, 1300]}  # 1,200 / 1,000 = 1.2
    poor = {"acquisition": [1000], "disposal": 50, "savings": [0, 800], "life": 2}  # 750 / 1,000
    r = found({"Large": large, "Small": small, "Poor": poor})
    names = ("Small", "Large", "Poor")
    assert [of(r, "profitability", n) for n in names] == pytest.approx([2, 1.2, 0.75])
    assert [of(r, "rank", n) for n in names] == [1, 2, 3]
    # Benefit over cost divides by all costs instead.
    assert [of(r, "bcr", n) for n in names] == pytest.approx([210 / 110, 1300 / 1100, 800 / 1050])
    # The optimiser counts a point of score as money beside: 50 for each of 4.
    scored = found({"A": {**PLAIN, "strategic": 4}}, {"score_worth": 50})
    assert (scored.values.cell("worth", 0), of(scored, "npv")) == (200 + 4 * 50, 200)


def test_each_category_has_its_own_gate() -> None:
    # Back after seven quarters, 21 months.
    slow = {**PLAIN, "savings": [0, 0, 0, 0, 0, 0, 1000]}
    gates = {"Quick win": {"gate_months": 20}, "Foundational": {"gate_months": 22}}
    r = found({"A": slow, "B": {**slow, "category": "Foundational"}}, categories=gates)
    assert of(r, "payback", "A") == of(r, "payback", "B") == 21
    assert said(r, "gate", "A") == "Rejected: not back within 20 months"
    assert (said(r, "gate", "B"), of(r, "rejected")) == ("Passes", 1)


def test_the_gate_counts_cash_unless_it_is_told_to_count_all() -> None:
    # Cash alone never pays 1,000 back; with 200 a quarter of risk avoided and 100 of freed time it takes four
    # quarters: -1,000 + 300, then 300 each, 200 after the fourth.
    given = {**PLAIN, "savings": [0], "risk_avoided": 200, "freed_time": 100, "life": 6}
    cash, everything = (found({"A": given}, {"gate_on_total": flag}) for flag in (0, 1))
    assert (said(cash, "gate"), failing(cash)) == ("Rejected: not back within 18 months", ["admitted_only"])
    assert (said(everything, "gate"), failing(everything)) == ("Passes", [])
    assert of(cash, "npv") == of(everything, "npv") == pytest.approx(6 * 300 - 1000)


def test_without_an_integration_path_the_gate_rejects_and_says_so() -> None:
    r = found({"A": {**PLAIN, "path": "no"}, "B": PLAIN})
    assert of(r, "payback") == 9
    assert (said(r, "gate"), said(r, "gate", "B")) == ("Rejected: no integration path", "Passes")
    assert (of(r, "rejected"), failing(r)) == (1, ["admitted_only"])


def test_mandatory_initiatives_stand_outside_the_gate_but_must_be_funded() -> None:
    given = case({"A": {**PLAIN, "savings": [0], "mandatory": "yes"}, "B": PLAIN})
    assert failing(run(given)) == []
    assert failing(run(with_settings(given, ["initiatives[A].funded=no"]))) == ["mandatory_funded"]


def test_only_what_is_funded_counts() -> None:
    free = {**PLAIN, "acquisition": [300], "effort": 4, "gpu_hours": 9, "life": 2, "savings": [0, 500]}
    both = case({"A": PLAIN, "B": free}, {"effort_price": 10})
    totals = ("npv", "total_cost", "funded", "year_gpu", "year_effort")
    assert [of(run(both), o, "2026") for o in totals] == [200 + 500 - 340, 1340, 2, 18, 4]
    one = run(with_settings(both, ["initiatives[B].funded=no"]))
    assert [of(one, o, "2026") for o in totals] == [200, 1000, 1, 0, 0]


def test_years_are_fiscal_years_that_may_end_in_june() -> None:
    # Ends of quarters: March and June 2026 are fiscal 2026, September 2026 to June 2027 fiscal 2027.
    given = {"funded": "yes", "start": 1, "acquisition": [1, 20, 300, 4000, 0, 0, 50000], "effort": 6, "gpu_hours": 10,
             "life": 8}  # fmt: skip
    r = found({"A": given, "B": {**PLAIN, "start": 3, "effort": 5, "acquisition": [0]}}, {"fiscal_year_end": 6})
    assert [of(r, "year_cost", y) for y in ("2025", "2026", "2027", "2028")] == [0, 21, 4300, 50000]
    assert [of(r, "year_gpu", y) for y in ("2025", "2026", "2027", "2028")] == [0, 20, 40, 20]
    assert [of(r, "year_effort", y) for y in ("2025", "2026", "2027", "2028")] == [0, 6, 5, 0]


LIMITS = {2026: {"year": 2026, "budget": 1000, "gpu_limit": 30, "effort_limit": 8},
          2027: {"year": 2027, "budget": 500, "gpu_limit": 40, "effort_limit": 8}}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "checks"),
    [
        ({"gpu_hours": 7.5, "effort": 8}, []),  # four quarters of 7.5 are the 30
        ({"acquisition": [1000.01]}, ["within_budget"]),
        ({"operation": [0, 0, 0, 0, 501], "mandatory": "yes"}, ["within_budget"]),
        ({"gpu_hours": 7.6}, ["within_gpus"]),
        ({"effort": 9}, ["within_effort"]),
    ],
)
def test_what_is_over_its_limit_fails_its_check_and_is_counted(more: dict[str, Any], checks: list[str]) -> None:
    r = found({"A": {**PLAIN, "life": 5, **more}}, years=LIMITS)
    assert (failing(r), of(r, "over_count")) == (checks, len(checks))


def test_budgets_scale_and_what_is_left_may_be_negative() -> None:
    r = found({"A": PLAIN}, {"budget_scale": "90%"}, years=LIMITS)
    limits = [of(r, o, "2026") for o in ("budget_total", "year_budget", "year_left", "year_gpu_limit")]
    assert limits == pytest.approx([0.9 * 1500, 900, -100, 30])
    assert failing(r) == ["within_budget"]


def test_spending_in_a_year_without_limits_is_said() -> None:
    r = found({"A": {**PLAIN, "start": 5}}, years={2026: LIMITS[2026]})
    assert "years_listed" in failing(r)


@pytest.mark.parametrize(
    ("needed", "starts", "gap", "broken"),
    [("yes", (1, 3), 2, 0), ("yes", (1, 2), 2, 1), ("yes", (2, 2), 0, 0), ("no", (1, 3), 2, 1)],
)
def test_what_is_needed_is_funded_and_begins_early_enough(
    needed: str, starts: tuple[int, int], gap: int, broken: int
) -> None:
    rows = {"Base": {**PLAIN, "funded": needed, "start": starts[0]}, "Top": {**PLAIN, "start": starts[1]}}
    given = case(rows, dependencies={"D": {"initiative": "Top", "needs": "Base", "gap": gap}})
    r = run(given)
    assert (of(r, "broken_count"), failing(r)) == (broken, ["none_broken"] if broken else [])
    # What is not funded needs nothing.
    assert failing(run(with_settings(given, ["initiatives[Top].funded=no"]))) == []


def test_two_that_exclude_each_other_are_not_funded_together() -> None:
    both = case({"A": PLAIN, "B": PLAIN}, exclusions={"X": {"one": "A", "other": "B"}})
    assert (of(run(both), "broken_count"), failing(run(both))) == (1, ["none_excluded"])
    for name in "AB":
        assert failing(run(with_settings(both, [f"initiatives[{name}].funded=no"]))) == []


def test_a_funded_initiative_starts_in_its_window() -> None:
    given = case({"A": {**PLAIN, "earliest": 2, "latest": 4}})
    for start, kept in ((1, False), (2, True), (4, True), (5, False)):
        moved = with_settings(given, [f"initiatives[A].start={start}"])
        assert failing(run(moved)) == ([] if kept else ["windows_kept"])
        assert failing(run(with_settings(moved, ["initiatives[A].funded=no"]))) == []


def test_an_overruled_decision_moves_worth_limits_and_checks() -> None:
    given = case({"A": PLAIN, "B": {**PLAIN, "funded": "no", "start": 3}}, years=LIMITS)
    moved = run(with_settings(given, ["initiatives[B].funded=yes"]))
    assert (of(moved, "npv"), of(moved, "year_left", "2026")) == (400, 1000 - 2000)
    assert failing(moved) == ["within_budget"]
    later = run(with_settings(given, ["initiatives[B].funded=yes", "initiatives[B].start=6"]))
    assert (of(later, "year_cost", "2026"), of(later, "year_cost", "2027")) == (1000, 1000)


def test_an_actual_after_the_period_fails_its_check() -> None:
    r = found({"A": PLAIN}, actuals={"Late": {"initiative": "A", "quarter": 9, "spent": 5}})
    assert "actuals_inside" in failing(r)


def test_scenarios_favour_or_burden_the_proposal() -> None:
    # Optimistic: acquisition and operation x 0.9, savings and revenue x 1.1, the day of integration at 0.9 of 100,
    # 80% of the discount rate, budgets x 1.1. Pessimistic: x 1.25, 1.2, 0.7, 1.2, 120%, 0.9.
    row = {**PLAIN, "operation": [0, 50], "revenue": [0, 0, 200], "effort": 2}
    given = case({"A": row}, {"discount_rate": "10%", "effort_price": 100}, years=LIMITS)
    for name, buy, keep, gain, day, rate, budget in (
        ("base", 1.0, 1.0, 1.0, 100, 0.10, 1.0),
        ("optimistic", 0.9, 0.9, 1.1, 90, 0.08, 1.1),
        ("pessimistic", 1.25, 1.2, 0.7, 120, 0.12, 0.9),
    ):
        r = run(given, name)  # type: ignore[arg-type]  # one of the three
        flows = [-1000 * buy - 2 * day, 600 * gain - 50 * keep, 600 * gain + 200 * gain]
        assert of(r, "npv") == pytest.approx(worth(flows, rate), rel=1e-9)
        assert of(r, "budget_total") == pytest.approx(1500 * budget)


def worked(i: Mapping[str, Any], rate: float, horizon: int) -> dict[str, float]:
    """The present values of the matrix of one initiative, from its description."""
    start, last = i["start"], min(i["start"] + i["life"] - 1, horizon)
    discount = [(1 + rate) ** (-q / 4) for q in range(horizon + 1)]
    alive = sum(discount[start : last + 1])

    def series(name: str) -> float:
        return sum(v * discount[start + k] for k, v in enumerate(i[name]) if start + k <= horizon)

    return {
        "pv_acquisition": series("acquisition") + i["effort"] * 100 * discount[start],
        "pv_operation": series("operation"),
        "pv_disposal": i["disposal"] * discount[last],
        "pv_revenue": i["probability"] * series("revenue"),
        "pv_savings": i["probability"] * series("savings"),
        "pv_risk": i["probability"] * i["risk_avoided"] * alive,
        "pv_freed": i["probability"] * i["freed_time"] * alive,
        "pv_flexibility": i["probability"] * i["flexibility"] * discount[last],
    }


def test_the_matrix_of_twenty_initiatives_sums_to_the_net_present_value() -> None:
    draw = Random(7)
    rows: dict[str, dict[str, Any]] = {}
    for n in range(20):
        life = draw.randint(2, 8)
        rows[f"I{n}"] = {
            "funded": draw.choice(["yes", "no"]), "start": draw.randint(0, 8), "earliest": 0, "life": life,
            "probability": draw.randint(2, 10) / 10, "effort": draw.randint(0, 50), "disposal": draw.randint(0, 500),
            "risk_avoided": draw.randint(0, 90), "freed_time": draw.randint(0, 90),
            "acquisition": [draw.randint(500, 2000) for _ in range(2)],
            "operation": [draw.randint(0, 90) for _ in range(life)],
            "savings": [draw.randint(0, 900) for _ in range(life)],
            "revenue": [draw.randint(0, 300) for _ in range(draw.randint(1, life))],
        }  # fmt: skip
        # What it makes possible is worth something only where its end comes before the horizon.
        rows[f"I{n}"]["flexibility"] = draw.randint(0, 900) * (rows[f"I{n}"]["start"] + life - 1 <= 12)
    r = found(rows, {"discount_rate": "13%", "effort_price": 100, "period_quarters": 12})
    total = 0.0
    for name, given in rows.items():
        parts = worked(given, 0.13, 12)
        assert {key: of(r, key, name) for key in parts} == pytest.approx(parts, rel=1e-9, abs=1e-9), name
        cost = parts["pv_acquisition"] + parts["pv_operation"] + parts["pv_disposal"]
        benefit = sum(parts.values()) - cost
        following = benefit - parts["pv_operation"] - parts["pv_disposal"]
        assert of(r, "pv_net", name) == pytest.approx(benefit - cost, rel=1e-9)
        assert of(r, "initiative_npv", name) == pytest.approx(benefit - cost, rel=1e-9)
        assert of(r, "bcr", name) == pytest.approx(benefit / cost, rel=1e-9)
        assert of(r, "profitability", name) == pytest.approx(following / parts["pv_acquisition"], rel=1e-9)
        total += (benefit - cost) * (given["funded"] == "yes")
    assert of(r, "npv") == pytest.approx(total, rel=1e-9)
    assert {"matrix_is_npv", "initiatives_are_npv", "years_are_cost", "net_is_sum"}.isdisjoint(failing(r))


def test_in_a_simulation_an_initiative_succeeds_or_fails_as_a_whole_and_means_the_expected_value() -> None:
    # A costs 1,000 and brings 3,000 with a chance of 40%. Factors are PERTs, so that cost means (0.9 + 4 + 1.25) / 6
    # of 1,000 and the benefit (0.7 + 4 + 1.1) / 6 of 3,000 in two trials of five.
    given = case({"A": {**PLAIN, "savings": [0, 3000], "probability": "40%"}})
    (npv,) = simulate(given, 4096, 1, ["npv"]).outputs
    assert npv.live == pytest.approx(0.4 * 3000 - 1000)
    expected = 0.4 * 3000 * (0.7 + 4 + 1.1) / 6 - 1000 * (0.9 + 4 + 1.25) / 6
    assert npv.mean == pytest.approx(expected, abs=15)
    assert npv.above_zero == pytest.approx(0.4, abs=0.005)  # it succeeds, at least 2,100 against at most 1,250
    assert npv.percentiles[10] < -900  # or it brings nothing


def test_the_net_present_value_is_explained_down_to_what_was_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(text_of({"A": PLAIN}))
    code, out, _ = Run(monkeypatch, capsys)("explain", str(path), "npv")
    assert code == 0
    assert all(part in out for part in ("Net present value", "200", "Discount rate", "Cash savings", "Acquisition"))


GOOD = text_of(
    {"A": {**PLAIN, "probability": 0.5}, "B": PLAIN},
    dependencies={"D": {"initiative": "B", "needs": "A", "gap": 0}},
    actuals={"Q": {"initiative": "A", "quarter": 1, "spent": 900}},
)


def test_the_case_that_is_spoiled_below_is_right() -> None:
    assert failing(run(case_from(parse_yaml(GOOD, "case.yaml")))) == ["admitted_only"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("probability: 0.5", "probability: 120%", r"A\.probability: must be at most 1 \(got '120%'\)"),
        ("probability: 0.5", "probability: -0.1", r"A\.probability: must be at least 0 \(got -0\.1\)"),
        ("budget: 1000000000.0", "budget: -5", r"years\.2025\.budget: must be at least 0 \(got -5\)"),
        ('needs: "A"', 'needs: "Nobody"', r"D\.needs: 'Nobody' is no row of table 'initiatives'"),
        ('initiative: "A", quarter', 'initiative: "Nobody", quarter', r"Q\.initiative: 'Nobody' is no row of table"),
        ("quarter: 1,", "quarter: 21,", r"Q\.quarter: must be at most 20 \(got 21\)"),
        ("savings: [0, 600, 600]", "savings: []", r"A\.savings: expected one value at least"),
        ("start: 1,", "start: 2.5,", r"A\.start: must be a whole number \(got 2\.5\)"),
        ("start: 1,", "start: 21,", r"A\.start: must be at most 20 \(got 21\)"),
        ('funded: "yes"', 'funded: "perhaps"', r"A\.funded: expected one of yes, no \(got 'perhaps'\)"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    right: str, wrong: str, message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    before, _, after = GOOD.partition(right)
    line = before.count("\n") + 1
    with pytest.raises(InputError, match=rf"case\.yaml:{line}: .*{message}"):
        case_from(parse_yaml(before + wrong + after, "case.yaml"))
    path = tmp_path / "case.yaml"
    path.write_text(before + wrong + after)
    code, out, errors = Run(monkeypatch, capsys)("run", str(path))
    assert (code, out) == (2, "")
    assert f"case.yaml:{line}" in errors
