"""Levers of vendors in the programme of savings: every one worked by hand, at its limits and at a loss."""

from __future__ import annotations

from functools import cache

import pytest

import xlroi
from tests import typed_levers
from tests.typed_levers import Rows, by_lever, case_of, failing, fails, part_of, programme, with_row
from xlroi.api import Result
from xlroi.errors import InputError
from xlroi.values import CellValue

SWITCH = {"lever": "Change of vendor", "from_vendor": "Old", "to_vendor": "New", "requests": 10_000_000}
MERGER = {"lever": "Consolidation", "list_spend": 500_000, "discount_now": "4%", "twice": "10%", "contracts": 3,
          "handling": 5000}  # fmt: skip
PILOT = {"lever": "Capped pilots", "projects": 5, "commitment": 200_000, "failure": "40%", "pilot": 50_000,
         "cap": 30_000, "seen": "75%", "credited": "50%", "delay": 4000}  # fmt: skip
EXIT = {"lever": "Exit", "fee_now": 200_000, "fee_after": 120_000, "data": 100_000, "egress": 0.1, "hours": 500,
        "rate": 80, "parallel": 0.25, "penalty": 10_000, "years": 2, "interest": "10%"}  # fmt: skip
CREDIT = {"lever": "SLA credits", "fees": 1_000_000, "minor": "20%", "minor_credit": "10%", "major": "5%",
          "major_credit": "40%", "claimed_now": "25%", "claimed_after": "75%", "granted": "80%",
          "watching": 6000}  # fmt: skip
OUTCOME = {"lever": "Outcome contract", "fixed_fee": 300_000, "outcomes": 250_000, "verified": "80%", "price": 1,
           "floor": 50_000, "cap": 280_000, "measuring": 20_000}  # fmt: skip
NO_DISCOUNT: dict[str, object] = {"reached": 0, "discount": 0}
TABLES: dict[str, Rows] = {
    "offers": {
        "Old": {"training": 100_000, "inference": 0.03, "support_share": "10%", "succeeds": "100%"},
        "New": {"training": 60_000, "inference": 0.018, "support": 40_000, "succeeds": "90%"},
        "Free of training": {"inference": 0.05},
    },
    "vendor_switches": {
        "All": SWITCH,
        "Both stay": {**SWITCH, "ends": 0, "begins": 0, "upkeep": 15_000},
        "Back": {**SWITCH, "from_vendor": "New", "to_vendor": "Old"},
    },
    "volume_discounts": {
        "None": NO_DISCOUNT,
        "Some": {"reached": 200_000, "discount": "8%"},
        "More": {"reached": 450_000, "discount": "15%"},
    },
    "consolidations": {
        "Reaches": MERGER,
        "Just short": {**MERGER, "twice": "11%"},
        "Worse": {**MERGER, "list_spend": 100_000, "twice": 0, "contracts": 0, "discount_now": "5%"},
    },
    "pilots": {
        "Capped": PILOT,
        "Below the cap": {**PILOT, "pilot": 20_000},
        "No cap": {**PILOT, "cap": 0},
        "Sure": {**PILOT, "failure": 0},
        "Lost": {**PILOT, "failure": "100%", "seen": "100%"},
        "Blind": {**PILOT, "seen": 0},
    },
    "exits": {"Two years": EXIT, "One year": {**EXIT, "years": 1}, "No interest": {**EXIT, "interest": 0}},
    "service_credits": {"Claimed": CREDIT, "As before": {**CREDIT, "claimed_after": "25%"}},
    "outcome_contracts": {
        "Between": OUTCOME,
        "Capped": {**OUTCOME, "outcomes": 1_000_000},
        "At the floor": {**OUTCOME, "outcomes": 0},
        "Without a cap": {**OUTCOME, "outcomes": 500_000, "cap": 0},
        "Free": {**OUTCOME, "price": 0, "floor": 0},
    },
}


@cache
def worked() -> Result:
    """The programme with the rows above."""
    return part_of(case_of(TABLES), TABLES, "cheapest_vendor", "vendors_saving", "vendors_rows")


def at(row: str, line: str) -> CellValue:
    """A line of those rows, by the row's name."""
    return typed_levers.at(worked(), line, row)


def test_training_inference_and_support_become_one_cost_of_a_request_answered_well() -> None:
    # Over 40 million requests a year: 100,000 / 40 million = 0.0025, and 0.03 x 1.1 = 0.033;
    # 60,000 and 40,000 are 0.0025, and 0.018 / 90% = 0.02; the third has no fixed cost.
    assert at("Old", "vendor_cost") == pytest.approx(0.0355, rel=1e-12)
    assert at("New", "vendor_cost") == pytest.approx(0.0225, rel=1e-12)
    assert at("Free of training", "vendor_cost") == pytest.approx(0.05, rel=1e-12)
    assert worked().values.cell("cheapest_vendor") == "New"


def test_the_cheapest_inference_is_not_the_cheapest_vendor_where_it_often_fails() -> None:
    offers: Rows = {
        "Cheap": {"inference": 0.01, "succeeds": "40%"},
        "Good": {"inference": 0.02, "succeeds": "100%"},
    }
    switch: Rows = {"Back": {**SWITCH, "from_vendor": "Cheap", "to_vendor": "Good"}}
    found = part_of(
        case_of({"offers": offers, "vendor_switches": switch}), ["offers", "vendor_switches"], "cheapest_vendor"
    )
    assert typed_levers.at(found, "vendor_cost", "Cheap") == pytest.approx(0.025, rel=1e-12)
    assert found.values.cell("cheapest_vendor") == "Good"
    assert typed_levers.at(found, "vendor_switches_saving", "Back") == pytest.approx(50_000, rel=1e-12)


def test_requests_that_move_save_the_difference_and_the_fixed_cost_that_ends() -> None:
    # Ten million x (0.033 - 0.02) = 130,000; 100,000 end and 100,000 begin.
    assert at("All", "vendor_switches_saving") == pytest.approx(130_000, rel=1e-12)
    assert at("Both stay", "vendor_switches_saving") == pytest.approx(115_000, rel=1e-12)
    assert at("Back", "vendor_switches_saving") == pytest.approx(-130_000, rel=1e-12)


def test_one_contract_gets_the_discount_of_its_volume() -> None:
    # 500,000 x 90% = 450,000 reaches 15%: 382,500 paid instead of 480,000, and 3 x 5,000 of handling.
    assert at("Reaches", "discount_after") == pytest.approx(0.15, rel=1e-12)
    assert at("Reaches", "consolidations_saving") == pytest.approx(480_000 - 382_500 + 15_000, rel=1e-12)


def test_a_volume_just_below_a_threshold_gets_the_discount_below() -> None:
    # 445,000 at 8%.
    assert at("Just short", "discount_after") == pytest.approx(0.08, rel=1e-12)
    assert at("Just short", "consolidations_saving") == pytest.approx(480_000 - 409_400 + 15_000, rel=1e-12)


def test_a_volume_that_earns_less_than_the_old_discounts_is_a_loss() -> None:
    assert at("Worse", "consolidations_saving") == pytest.approx(-5000, rel=1e-12)


@pytest.mark.parametrize(
    "discounts",
    [
        {"Some": {"reached": 100, "discount": "5%"}},
        {"None": NO_DISCOUNT, "High": {"reached": 900, "discount": "9%"}, "Low": {"reached": 500, "discount": "5%"}},
        {"None": NO_DISCOUNT, "Again": {"reached": 0, "discount": "5%"}},
    ],
    ids=["begins above 0", "out of order", "twice"],
)
def test_discounts_that_do_not_rise_from_zero_fail_a_check(discounts: Rows) -> None:
    assert fails(case_of({"volume_discounts": discounts}), "discounts_sorted")
    assert not fails(worked().case, "discounts_sorted")


def test_a_pilot_bounds_the_loss_by_its_cap() -> None:
    # Without: 40% x 200,000 = 80,000 lost a project. With: 40% x 30,000 = 12,000; failures not seen 25% of 80,000
    # = 20,000; the 60% that succeed pay half of the pilot and wait: 60% x (15,000 + 4,000) = 11,400. Five projects:
    # 5 x (80,000 - 12,000 - 20,000 - 11,400) = 183,000.
    assert at("Capped", "loss_capped") == pytest.approx(12_000, rel=1e-12)
    assert at("Capped", "pilots_saving") == pytest.approx(183_000, rel=1e-12)


def test_a_pilot_cheaper_than_its_cap_costs_what_it_costs() -> None:
    # 80,000 - 8,000 - 20,000 - 60% x 14,000.
    assert at("Below the cap", "pilots_saving") == pytest.approx(5 * (52_000 - 8400), rel=1e-12)


def test_a_pilot_without_a_cap_costs_all_of_it() -> None:
    # 80,000 - 40% x 50,000 - 20,000 - 60% x (25,000 + 4,000).
    assert at("No cap", "pilots_saving") == pytest.approx(5 * (40_000 - 17_400), rel=1e-12)


def test_certain_failure_saves_all_but_the_cap_and_certain_success_wastes_the_pilot() -> None:
    assert at("Lost", "pilots_saving") == pytest.approx(5 * (200_000 - 30_000), rel=1e-12)
    assert at("Sure", "pilots_saving") == pytest.approx(-5 * 19_000, rel=1e-12)


def test_a_pilot_that_sees_nothing_is_a_loss() -> None:
    assert at("Blind", "pilots_saving") == pytest.approx(-5 * (12_000 + 11_400), rel=1e-12)


def test_an_exit_is_paid_off_in_level_payments_over_the_new_contract() -> None:
    # 10,000 for the data, 40,000 for hours, 50,000 paid twice, 10,000 of penalty: 110,000. Over two years at 10%:
    # 110,000 x 0.1 / (1 - 1.1^-2) = 110,000 x 1.21 / 2.1 = 63,380.95 a year.
    assert at("Two years", "exit_cost") == pytest.approx(110_000, rel=1e-12)
    assert at("Two years", "exits_saving") == pytest.approx(80_000 - 110_000 * 1.21 / 2.1, rel=1e-12)
    assert at("No interest", "exits_saving") == pytest.approx(80_000 - 55_000, rel=1e-12)
    assert at("One year", "exits_saving") == pytest.approx(80_000 - 121_000, rel=1e-12)


def test_credits_that_are_owed_count_when_they_are_claimed_and_granted() -> None:
    # 20% x 10% + 5% x 40% = 4% of a million: 40,000 owed, 30,000 of it unclaimed today.
    # Half more claimed, 80% granted: 16,000 less 6,000 of watching.
    assert at("Claimed", "credits_owed") == pytest.approx(40_000, rel=1e-12)
    assert at("Claimed", "credits_unclaimed") == pytest.approx(30_000, rel=1e-12)
    assert at("Claimed", "service_credits_saving") == pytest.approx(10_000, rel=1e-9)
    assert at("As before", "service_credits_saving") == pytest.approx(-6000, rel=1e-12)


def test_no_month_is_below_its_service_level_twice() -> None:
    assert not fails(worked().case, "credit_chances")
    assert not fails(with_row("service_credits", **{**CREDIT, "minor": "95%"}), "credit_chances")
    assert fails(with_row("service_credits", **{**CREDIT, "minor": "96%"}), "credit_chances")


def test_verified_outcomes_are_paid_between_floor_and_cap() -> None:
    # 250,000 x 80% x 1 = 200,000 instead of 300,000, and 20,000 of measuring.
    assert at("Between", "outcome_contracts_saving") == pytest.approx(80_000, rel=1e-12)
    assert at("Between", "outcome_even") == pytest.approx(375_000, rel=1e-12)
    assert at("Capped", "outcome_fee") == 280_000
    assert at("Capped", "outcome_contracts_saving") == 0
    assert at("At the floor", "outcome_contracts_saving") == 230_000


def test_many_outcomes_without_a_cap_cost_more_than_the_fixed_fee() -> None:
    assert at("Without a cap", "outcome_contracts_saving") == pytest.approx(300_000 - 400_000 - 20_000, rel=1e-12)


def test_outcomes_without_a_price_are_never_dearer() -> None:
    assert at("Free", "outcome_even") == "#DIV/0!"
    assert at("Free", "outcome_contracts_saving") == 280_000


def test_a_cap_below_the_least_fee_fails_a_check() -> None:
    assert not fails(worked().case, "cap_above_floor")
    assert fails(with_row("outcome_contracts", **{**OUTCOME, "cap": 40_000}), "cap_above_floor")


@pytest.mark.parametrize(
    ("table", "columns", "place"),
    [
        ("vendor_switches", {**SWITCH, "to_vendor": "Nobody"}, "to_vendor"),
        ("consolidations", {**MERGER, "discount_now": "96%"}, "discount_now"),
        ("pilots", {**PILOT, "failure": 1.2}, "failure"),
        ("exits", {**EXIT, "years": 0}, "years"),
        ("service_credits", {**CREDIT, "granted": "101%"}, "granted"),
    ],
)
def test_a_figure_or_key_out_of_bounds_is_refused_by_name(table: str, columns: dict[str, object], place: str) -> None:
    with pytest.raises(InputError, match=rf"tables\.{table}.*{place}"):
        case_of({**TABLES, table: {"By hand": columns}})


def test_the_rows_that_come_with_the_programme_save_and_pass_their_checks() -> None:
    # A at 0.024 x 1.1 / 96% = 0.0275, B at 0.015 / 94%, with 200,000 of fixed cost and 30,000 of upkeep;
    # 1,100,000 x 94% - 990,000 x 86% + 45,000; 6 x (72,000 - 12,000 - 14,400 - 60% x 25,000);
    # 5,400 + 85,500 + 105,000 + 20,000 over three years at 10%; 2.1% of 1,200,000, 80% x 90% of it, less 6,000;
    # 420,000 x 90% x 0.99 = 374,220 of 480,000, less 25,000.
    level = 0.1 / (1 - 1.1**-3)
    found = xlroi.run(programme())
    savings = {name: value for name, value in by_lever(found, "vendors_saving").items() if value}
    assert savings == pytest.approx(
        {
            "Change of vendor": 25_000_000 * (0.0275 - 0.015 / 0.94) - 200_000 - 30_000,
            "Consolidation": 1_034_000 - 851_400 + 45_000,
            "Capped pilots": 6 * 30_600,
            "Exit": 160_000 - 215_900 * level,
            "SLA credits": 25_200 * 0.72 - 6000,
            "Outcome contract": 480_000 - 374_220 - 25_000,
        },
        rel=1e-9,
    )
    assert {name for name, rows in by_lever(found, "vendors_rows").items() if rows} == set(savings)
    ours = {"discounts_sorted", "credit_chances", "cap_above_floor"}
    assert not ours & set(failing(found))


def test_a_programme_without_levers_of_vendors_has_none() -> None:
    found = part_of(case_of({table: {} for table in TABLES}), (), "vendors_saving", "vendors_rows", "discounts_sorted")
    assert set(by_lever(found, "vendors_saving").values()) == {0}
    assert set(by_lever(found, "vendors_rows").values()) == {0}
    assert found.values.cell("discounts_sorted") == 1
