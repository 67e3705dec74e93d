"""Model opex_programme: sequence, gate, quarters, plan against actuals, each by hand; and what it refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from tests.typed_levers import by_lever, failing, programme
from xlroi.api import Case, Result, run
from xlroi.errors import InputError
from xlroi.model.case import case_from, with_settings
from xlroi.model.loading import parse_yaml
from xlroi.model.model import SCENARIOS

Rows = Mapping[str, Mapping[str, object]]

INPUTS: dict[str, object] = {
    "period_months": 24, "discount_rate": 0, "delivery": "100%", "setup_cost": 0,
    "office_cost": 0, "contingency": 0,
}  # fmt: skip
CERTAIN: dict[str, object] = {"start": 1, "ramp_months": 0, "confidence": "100%", "cost_to_achieve": 0, "owner": "Ann"}
QUARTERS = {
    f"FY{27 + i // 4} Q{i % 4 + 1}": {"fiscal_year": 2027 + i // 4, "quarter": i % 4 + 1, "target": 100}
    for i in range(8)
}


def quiet(levers: Rows, more: Mapping[str, object] | None = None, **tables: Rows) -> Case:
    """A programme on one baseline of 1,000 a month, in which a lever saves its ``saves`` of it a month, at once.

    Every lever has a row in the table of egress: gigabytes at a price of 1, all kept local.
    """
    columns = {name: {"baseline": "Cloud", **CERTAIN, **row} for name, row in levers.items()}
    egress = {
        name: {"lever": name, "volume": row["saves"], "price": 1, "local": "100%"}
        for name, row in levers.items()
        if row.get("saves") is not None
    }
    model = programme().model
    given: dict[str, Any] = {name: {} for name, table in model.tables.items() if table.optional}
    given |= {
        "baselines": {"Cloud": {"monthly": 1000, "target": "50%"}},
        "owners": {"Ann": {}, "Bob": {}},
        "levers": {n: {k: v for k, v in c.items() if k != "saves" and v is not None} for n, c in columns.items()},
        "egress": egress,
        "quarters": QUARTERS,
        "sequence": {f"Place {i}": {"number": i} for i in range(1, len(levers) + 1)},
        **tables,
    }
    text = json.dumps({"model": "opex_programme", "inputs": {**INPUTS, **(more or {})}, "tables": given})
    return case_from(parse_yaml(text, "case.yaml"))


def row(found: Result, line: str, member: int = 0) -> list[float]:
    return [float(v) for v in found.values.row(line, member)]  # type: ignore[arg-type]  # no error in these lines


def said(found: Result, output: str) -> dict[str, Any]:
    value = found.outputs[output]
    assert isinstance(value, dict)
    return value


TWO: dict[str, dict[str, object]] = {"First": {"saves": 400, "order": 1}, "Second": {"saves": 500, "order": 2}}


def test_the_second_lever_saves_on_what_the_first_one_leaves() -> None:
    # 1,000: 40% leaves 600; 50% of that is 300; 300 is left. Alone they save 400 and 500.
    found = run(quiet(TWO))
    assert row(found, "in_sequence", 0)[:3] == pytest.approx([0, 400, 400])
    assert row(found, "in_sequence", 1)[:3] == pytest.approx([0, 300, 300])
    assert row(found, "alone", 1)[1] == pytest.approx(500)
    assert row(found, "closing_cost")[1] == pytest.approx(300)
    assert found.outputs["total_saved"] == pytest.approx(24 * 700)
    assert found.outputs["total_alone"] == pytest.approx(24 * 900)
    assert found.outputs["overlap"] == pytest.approx(24 * 200)
    assert found.outputs["saved_share"] == pytest.approx(0.7)
    # The waterfall shows the last twelve months: 12,000 less 8,400; the target is half.
    assert said(found, "bridge_level")["Infrastructure"] == pytest.approx(3600)
    assert said(found, "bridge_change")["Target"] == pytest.approx(6000)
    assert said(found, "baseline_says")["Cloud"] == "Meets its target"
    assert failing(found) == ["one_sign_change"]  # nothing is paid, so no flow is below 0


def test_the_order_is_the_number_and_not_the_row() -> None:
    found = run(quiet({"First": {"saves": 400, "order": 9}, "Second": {"saves": 500, "order": 2}}))
    assert row(found, "in_sequence", 0)[1] == pytest.approx(200)  # 40% of the 500 that the second leaves
    assert row(found, "in_sequence", 1)[1] == pytest.approx(500)


def test_levers_of_another_baseline_do_not_meet() -> None:
    baselines = {"Cloud": {"monthly": 1000}, "Data": {"monthly": 500, "growth": "21%"}}
    levers = {**TWO, "Third": {"saves": 100, "order": 1, "baseline": "Data"}}
    found = run(quiet(levers, baselines=baselines))
    # 100 of 500 is 20%; after a year and a month the baseline is 500 x 1.21, after half a year and one 500 x 1.1.
    third = row(found, "in_sequence", 2)
    assert [third[1], third[7], third[13]] == pytest.approx([100, 110, 121])
    assert row(found, "in_sequence", 1)[1] == pytest.approx(300)


def test_confidence_adoption_delivery_ramp_and_delay_scale_a_saving() -> None:
    lever: dict[str, object] = {
        "saves": 400, "order": 1, "start": 3, "ramp_months": 4, "confidence": "75%", "adoption": "50%",
    }  # fmt: skip
    found = run(quiet({"Only": lever}, {"delivery": "80%", "delay_months": 2}))
    # 400 x 75% x 50% x 80% = 120, a quarter of it in month 3 + 2, all of it from month 8 on.
    assert row(found, "in_sequence")[4:10] == pytest.approx([0, 30, 60, 90, 120, 120])


def test_what_goes_beyond_its_baseline_by_delivery_stops_there() -> None:
    found = run(quiet({"Only": {"saves": 900, "order": 1}}, {"delivery": "150%"}))
    assert row(found, "in_sequence")[1] == pytest.approx(1000)
    assert row(found, "closing_cost")[1] == pytest.approx(0)


def test_costs_come_once_before_the_effect_and_each_month_with_it() -> None:
    lever: dict[str, object] = {"saves": 400, "order": 1, "start": 3, "cost_to_achieve": 1000, "running_cost": 50}
    found = run(quiet({"Only": lever}, {"contingency": "10%", "setup_cost": 200, "office_cost": 10}))
    # 1.1 x (200 at the decision, 10 a month, 1,000 in month 2, 50 a month from month 3 on).
    assert row(found, "cost")[:5] == pytest.approx([220, 11, 1111, 66, 66])
    assert by_lever(found, "lever_costs") == pytest.approx({"Only": 1100 + 22 * 55})
    assert found.outputs["total_cost"] == pytest.approx(220 + 24 * 11 + 1100 + 22 * 55)


GATED: dict[str, dict[str, object]] = {
    "Quick": {"saves": 100, "order": 1, "start": 4, "cost_to_achieve": 500},
    "Slow": {"saves": 90, "order": 2, "start": 2, "cost_to_achieve": 1600},
    "Never": {"saves": 10, "order": 3, "cost_to_achieve": 5000},
    "Time": {"saves": 10, "order": 4, "cash_share": 0},
    "Left out": {"saves": 10, "order": 5, "included": 0},
    "Late": {"saves": 10, "order": 6, "start": 30},
    "Free": {"saves": 10, "order": 7},
}


def test_the_gate_counts_months_from_the_first_cost_of_each_lever_and_says_why() -> None:
    # Quick: 500 in month 3, 100 a month from month 4 on: back at 0 in month 8, five months later.
    # Slow: 1,600 in month 1; 81 a month (9% of the 900 that Quick leaves from month 4; 90 in months 2 and 3):
    #       1,600 - 180 = 1,420 / 81 = 17.5, so 18 months after month 3: month 21, twenty after month 1.
    found = run(quiet(GATED))
    why = said(found, "gate_says")
    assert why == {
        "Quick": "Passes: paid back in month 5 after its first cost",
        "Slow": "Fails: paid back only in month 20 after its first cost",
        "Never": "Fails: not paid back in 24 months",
        "Time": "Fails: frees time, releases no cash",
        "Left out": "Not in the programme",
        "Late": "Fails: saves nothing in the period",
        "Free": "Passes: needs no money ahead",
    }
    payback = said(found, "lever_payback")
    assert payback["Quick"] == 5
    assert payback["Never"] == payback["Time"] == "#N/A"
    assert found.outputs["levers_passing"] == 2
    assert found.outputs["levers_in"] == 6
    assert {"all_pass", "all_start"} <= set(failing(found))
    assert run(with_settings(quiet(GATED), ["gate_months=20"])).outputs["levers_passing"] == 2  # under 20, not in 20
    assert run(with_settings(quiet(GATED), ["gate_months=21"])).outputs["levers_passing"] == 3


def test_cash_and_freed_time_are_separate_and_only_cash_pays_back() -> None:
    lever: dict[str, object] = {"saves": 400, "order": 1, "cash_share": "25%", "cost_to_achieve": 3000}
    case = quiet({"Only": lever})
    found = run(case)
    assert found.outputs["total_cash"] == pytest.approx(24 * 100)
    assert found.outputs["total_freed"] == pytest.approx(24 * 300)
    assert found.outputs["npv"] == pytest.approx(2400 - 3000)
    assert found.outputs["programme_passes"] == 0
    assert said(found, "gate_says")["Only"] == "Fails: not paid back in 24 months"
    counted = run(with_settings(case, ["freed_counted=100%"]))
    assert counted.outputs["total_cash"] == pytest.approx(2400)
    assert counted.outputs["npv"] == pytest.approx(9600 - 3000)
    assert said(counted, "gate_says")["Only"] == "Passes: paid back in month 8 after its first cost"
    assert "cash_only" in failing(counted)


def test_fiscal_quarters_follow_the_end_of_the_fiscal_year() -> None:
    # The fiscal year ends in June: January to March 2027 is the third quarter of 2027; month 1 is January.
    quarters = {
        f"Q{q} of {y}": {"fiscal_year": y, "quarter": q, "target": 1000}
        for y, q in [(2027, 3), (2027, 4), (2028, 1), (2028, 2), (2028, 3), (2028, 4), (2029, 1), (2029, 2)]
    }
    lever: dict[str, object] = {"saves": 400, "order": 1, "start": 3, "running_cost": 7}
    found = run(quiet({"Only": lever}, {"fiscal_year_end": 6, "setup_cost": 90}, quarters=quarters))
    plan = list(said(found, "quarter_plan").values())
    assert plan == pytest.approx([400] + [1200] * 7)
    assert list(said(found, "quarter_gap").values()) == pytest.approx([-600] + [200] * 7)
    assert list(said(found, "quarter_cost").values()) == pytest.approx([97] + [21] * 7)  # with the decision's 90
    assert said(found, "quarter_says")["Q3 of 2027"] == "Target missed, forecast"
    assert said(found, "quarter_says")["Q4 of 2027"] == "Target met, forecast"
    assert row(found, "goal_so_far")[3] == pytest.approx(1000)


def test_a_month_without_its_fiscal_quarter_is_an_error() -> None:
    some = {name: cells for name, cells in QUARTERS.items() if name != "FY27 Q2"}
    assert "quarters_cover" in failing(run(quiet(TWO, quarters=some)))
    assert "quarters_cover" in failing(run(quiet(TWO, quarters={**QUARTERS, "Again": QUARTERS["FY27 Q2"]})))
    assert "quarters_cover" not in failing(run(quiet(TWO)))


ACTUALS = {
    "A": {"lever": "First", "quarter": "FY27 Q1", "cash": 900},
    "B": {"lever": "First", "quarter": "FY27 Q2", "cash": 900, "freed": 50},
    "C": {"lever": "Second", "quarter": "FY27 Q1", "cash": 1000},
}


def test_plan_and_actuals_by_lever_quarter_and_owner() -> None:
    levers = {**TWO, "Second": {**TWO["Second"], "owner": "Bob"}, "Third": {"saves": 100, "order": 3, "start": 2}}
    found = run(quiet(levers, {"closed_quarters": 2}, actuals=ACTUALS))
    # Planned in six months: 6 x 400, 6 x 300, 5 x 10% of the 300 left. Realised: 1,800, 1,000, nothing.
    assert by_lever(found, "lever_planned") == pytest.approx({"First": 2400, "Second": 1800, "Third": 150})
    assert by_lever(found, "lever_realised") == {"First": 1800, "Second": 1000, "Third": 0}
    # First goes on at 75%: 1,800 + 18 x 400 x 75% = 7,200 of 9,600. Second at 1000/1800: 1,000 + 5,400 / 1.8 = 4,000.
    assert by_lever(found, "lever_forecast") == pytest.approx({"First": 7200, "Second": 4000, "Third": 0})
    assert by_lever(found, "lever_risk") == pytest.approx({"First": 2400, "Second": 3200, "Third": 23 * 30})
    assert said(found, "review_says") == {
        "First": "75% of plan realised", "Second": "56% of plan realised", "Third": "No realised savings reported",
    }  # fmt: skip
    assert "all_reported" in failing(found)
    quarters = list(QUARTERS)
    realised, forecast = said(found, "quarter_realised"), said(found, "quarter_forecast")
    assert [realised[q] for q in quarters[:3]] == [1900, 900, 0]
    # To come in a quarter: 3 x 400 x 75% + 3 x 300 / 1.8.
    assert [forecast[q] for q in quarters[:3]] == pytest.approx([1900, 900, 1400])
    assert said(found, "quarter_says")["FY27 Q1"] == "Target met, realised"
    assert found.outputs["realisation"] == pytest.approx(2800 / 4350)
    assert found.outputs["realised_freed"] == 50
    assert said(found, "owner_planned") == pytest.approx({"Ann": 2550, "Bob": 1800})
    assert said(found, "owner_realised") == {"Ann": 1800, "Bob": 1000}
    assert said(found, "owner_ratio") == pytest.approx({"Ann": 1800 / 2550, "Bob": 1000 / 1800})
    assert said(found, "owner_levers") == {"Ann": 2, "Bob": 1}
    assert found.outputs["forecast"] == pytest.approx(11_200)
    assert row(found, "forecast_so_far")[24] == pytest.approx(11_200)


def test_more_than_planned_is_not_carried_on() -> None:
    actuals = {"A": {"lever": "First", "quarter": "FY27 Q1", "cash": 2400}}
    found = run(quiet({"First": TWO["First"]}, {"closed_quarters": 1}, actuals=actuals))
    assert by_lever(found, "lever_forecast") == pytest.approx({"First": 2400 + 21 * 400})
    assert by_lever(found, "lever_risk") == {"First": 0}


# Bad input -----------------------------------------------------------------------------------------------------------


def test_levers_that_together_exceed_their_baseline_are_named_with_what_they_claim() -> None:
    case = quiet({"First": {"saves": 700, "order": 1}, "Second": {"saves": 500, "order": 2}})
    found = run(case)
    assert failing(found)[:1] == ["claims_inside"]
    assert said(found, "baseline_says") == {"Cloud": "Wrong: its levers together claim 120% of it"}
    half = quiet({"First": {"saves": 700, "order": 1}, "Second": {"saves": 500, "order": 2, "adoption": "60%"}})
    assert "claims_inside" not in failing(run(half))


def test_a_lever_that_saves_more_than_its_baseline_is_named() -> None:
    found = run(quiet({"Only": {"saves": 1100, "order": 1}}))
    assert "share_inside" in failing(found)
    assert said(found, "gate_says") == {"Only": "Wrong: saves more than its baseline"}


def test_a_lever_without_a_typed_row_or_with_two_is_named() -> None:
    egress = {
        "One": {"lever": "First", "volume": 100, "price": 1, "local": "100%"},
        "Two": {"lever": "First", "volume": 100, "price": 1, "local": "100%"},
    }
    found = run(quiet(TWO, egress=egress))
    assert failing(found)[:1] == ["one_typed_row"]
    assert said(found, "gate_says") == {
        "First": "Wrong: more than one row in tables of its kind", "Second": "Wrong: no row in a table of its kind",
    }  # fmt: skip


def test_a_row_in_tables_of_two_kinds_counts_twice() -> None:
    tagging = {"Tags": {"lever": "First", "untagged": "10%"}}
    assert "one_typed_row" in failing(run(quiet(TWO, tagging=tagging)))


def test_two_levers_of_the_same_order_are_an_error() -> None:
    found = run(quiet({"First": TWO["First"], "Second": {**TWO["Second"], "order": 1}}))
    assert "orders_differ" in failing(found)


def test_a_sequence_that_is_too_short_is_an_error() -> None:
    found = run(quiet(TWO, sequence={"Place 1": {"number": 1}}))
    assert "places_enough" in failing(found)


def test_actuals_of_a_quarter_that_is_not_closed_are_named() -> None:
    found = run(quiet(TWO, {"closed_quarters": 1}, actuals=ACTUALS))
    assert "actuals_closed" in failing(found)
    assert said(found, "actual_says") == {"A": "Counted", "B": "FY27 Q2 is not closed", "C": "Counted"}


@pytest.mark.parametrize(
    ("lever", "tables", "message"),
    [
        ({}, {"actuals": {"A": {"lever": "Frist", "quarter": "FY27 Q1", "cash": 1}}},
         "actuals.A.lever: 'Frist' is no row of table 'levers'; did you mean 'First'"),
        ({}, {"actuals": {"A": {"lever": "First", "quarter": "FY26 Q1", "cash": 1}}},
         "actuals.A.quarter: 'FY26 Q1' is no row of table 'quarters'"),
        ({}, {"egress": {"First": {"lever": "Thirst", "volume": 1, "local": 1}}},
         "egress.First.lever: 'Thirst' is no row of table 'levers'; did you mean 'First'"),
        ({"baseline": None}, {}, "levers.First.baseline: Baseline is missing in this row"),
        ({"baseline": "Clout"}, {},
         "levers.First.baseline: 'Clout' is no row of table 'baselines'; did you mean 'Cloud'"),
        ({"confidence": 1.2}, {}, "levers.First.confidence: must be at most 1 (got 1.2)"),
        ({"confidence": -0.1}, {}, "levers.First.confidence: must be at least 0 (got -0.1)"),
        ({"owner": "Nobody"}, {}, "levers.First.owner: 'Nobody' is no row of table 'owners'"),
    ],
)  # fmt: skip
def test_what_is_not_known_or_out_of_bounds_is_refused(
    lever: Mapping[str, object], tables: dict[str, Rows], message: str
) -> None:
    with pytest.raises(InputError) as refused:
        quiet({"First": {**TWO["First"], **lever}}, **tables)
    assert message in str(refused.value)


# The whole -----------------------------------------------------------------------------------------------------------


def test_the_programme_as_it_comes_is_sound() -> None:
    found = run(programme())
    kinds = {check.line: check.kind for check in programme().model.checks}
    assert [line for line in failing(found) if kinds[line] == "error"] == []


def test_savings_in_sequence_are_what_an_independent_calculation_gives() -> None:
    """Three random states of the programme as it comes: baselines and levers in plain Python."""
    rng = random.Random(7)
    for scenario in SCENARIOS:
        delivery, delay = round(rng.uniform(0.5, 1.5), 3), rng.randint(0, 6)
        case = with_settings(programme(), [f"delivery.base={delivery}", f"delay_months={delay}", "period_months=36"])
        found = run(case, scenario)
        check_by_hand(found, float(found.values.cell("delivery")), delay)  # type: ignore[arg-type]


def check_by_hand(found: Result, delivery: float, delay: int) -> None:
    values = found.values

    def column(name: str, member: int) -> float:
        return float(values.cell(f"levers.{name}", member))  # type: ignore[arg-type]

    shares = by_lever(found, "lever_share")
    names, total = values.row_names("levers"), 0.0
    for place, baseline in enumerate(values.row_names("baselines")):
        if not baseline:
            continue
        members = [i for i, n in enumerate(names) if n and values.cell("levers.baseline", i) == baseline]
        members.sort(key=lambda i: column("order", i))
        today, growth = (float(values.cell(f"baselines.{c}", place)) for c in ("monthly", "growth"))  # type: ignore[arg-type]
        for month in range(1, 37):
            left = today * (1 + growth) ** ((month - 1) / 12)
            for i in members:
                ramp = max(column("ramp_months", i), 1)
                part = min(1.0, max(0, month - column("start", i) - delay + 1) / ramp)
                effect = shares[names[i]] * column("adoption", i) * column("confidence", i) * column("included", i)
                saving = left * min(effect * delivery, 1) * part
                assert values.cell("in_sequence", i, month) == pytest.approx(saving, rel=1e-9, abs=1e-9)
                left, total = left - saving, total + saving
            assert values.cell("closing_cost", place, month) == pytest.approx(left, rel=1e-9)
    assert found.outputs["total_saved"] == pytest.approx(total, rel=1e-9)
