"""Levers of compliance in the programme of savings: every one worked by hand, at its limits and at a loss."""

from __future__ import annotations

from functools import cache

import pytest

import xlroi
from tests import typed_levers
from tests.typed_levers import Rows, by_lever, case_of, failing, fails, part_of, programme, with_row
from xlroi.api import Result
from xlroi.errors import InputError
from xlroi.values import CellValue

REVIEW = {"lever": "Risk classes", "from_class": "High", "to_class": "Limited"}
DOCUMENTS = {"lever": "Documentation", "documents": 100, "hours": 20, "drafted": "60%", "review_hours": 3, "rate": 90,
             "tool": 20_000}  # fmt: skip
SCAN = {"lever": "Inventory", "unregistered": 50, "found": "80%", "retired": "25%", "running": 12_000, "upkeep": 2000,
        "scan": 30_000, "fine_chance": "1%", "fine": 100_000}  # fmt: skip
RIGHTS = {"lever": "Data rights", "requests": 40, "days_now": 30, "days_after": 12, "delay_cost": 250, "desk": 60_000}
TRAIL = {"lever": "Audit trail", "volume": 1000, "kept": 5, "required": 1, "kept_after": 3, "hot": 0.5,
         "dropped": "20%", "fast_price": 0.3, "slow_price": 0.02, "read": 100, "read_price": 0.05}  # fmt: skip
SCOPE = {"lever": "Anonymisation", "records": 200, "removed": "40%", "controls": 1500, "treatment": 400,
         "quality_loss": 30_000}  # fmt: skip
DOMAINS = {"lever": "Stewardship", "domains": 10, "stewards": 2, "domains_after": 8, "stewards_after": 1.5,
           "salary": 100_000, "tool": 150_000}  # fmt: skip
TABLES: dict[str, Rows] = {
    "risk_classes": {
        "High": {"jurisdiction": "Here", "systems": 10, "running": 30_000},
        "Limited": {"jurisdiction": "Here", "systems": 20, "running": 4000},
        "Abroad": {"jurisdiction": "There", "systems": 5, "running": 12_000},
    },
    "reclassifications": {
        "Down": {**REVIEW, "moved": 3, "merged": 2, "review": 25_000},
        "Nothing": {**REVIEW, "review": 25_000},
        "Up": {**REVIEW, "from_class": "Limited", "to_class": "High", "moved": 1},
    },
    "documentation": {"Drafted": DOCUMENTS, "Reviewed as long": {**DOCUMENTS, "review_hours": 12}},
    "inventories": {"Scan": SCAN, "Fines in part": {**SCAN, "counted": "50%"}, "Nothing off": {**SCAN, "retired": 0}},
    "data_rights": {"Faster": RIGHTS, "Slower": {**RIGHTS, "days_now": 10, "desk": 0}},
    "audit_trails": {
        "Two tiers": TRAIL,
        "Short": {**TRAIL, "required": 0.5, "kept_after": 0.5, "hot": 1, "read": 0},
    },
    "anonymisations": {"Half price": SCOPE, "As dear": {**SCOPE, "treatment": 1500}},
    "stewardships": {"Fewer": DOMAINS, "As before": {**DOMAINS, "domains_after": 10, "stewards_after": 2, "tool": 0}},
}


@cache
def worked() -> Result:
    """The programme with the rows above."""
    return part_of(case_of(TABLES), TABLES, "compliance_saving", "compliance_rows")


def at(row: str, line: str) -> CellValue:
    """A line of those rows, by the row's name."""
    return typed_levers.at(worked(), line, row)


def test_a_class_costs_its_systems_and_a_review_saves_the_difference_of_the_classes() -> None:
    # Three systems move from 30,000 to 4,000 and two merge away; the review costs 25,000:
    # 5 x 30,000 - 3 x 4,000 - 25,000 = 113,000.
    assert [at(name, "class_cost") for name in TABLES["risk_classes"]] == [300_000, 80_000, 60_000]
    assert at("High", "class_left") == 5
    assert at("Down", "reclassifications_saving") == 113_000


def test_a_review_that_moves_nothing_or_moves_up_costs_money() -> None:
    assert at("Nothing", "reclassifications_saving") == -25_000
    assert at("Up", "reclassifications_saving") == 4000 - 30_000


def test_rows_that_name_the_same_lever_are_summed_and_counted() -> None:
    assert by_lever(worked(), "compliance_saving")["Risk classes"] == 113_000 - 25_000 - 26_000
    assert by_lever(worked(), "compliance_rows")["Risk classes"] == 3
    assert fails(worked().case, "one_typed_row")


def test_no_more_systems_leave_a_class_than_it_has() -> None:
    # Ten systems: 3 and 2 leave by the first review, 5 by the second, and then 6.
    second = {**TABLES["reclassifications"], "Nothing": {**REVIEW, "moved": 1, "merged": 4}}
    third = {**TABLES["reclassifications"], "Nothing": {**REVIEW, "moved": 2, "merged": 4}}
    assert not fails(case_of({**TABLES, "reclassifications": second}), "classes_hold_what_leaves")
    assert fails(case_of({**TABLES, "reclassifications": third}), "classes_hold_what_leaves")


def test_a_tool_drafts_most_of_a_document_and_a_person_reviews_it() -> None:
    # 20 x 60% = 12 hours drafted less 3 of review: 9 hours, 100 times, at 90 = 81,000, less the tool 20,000.
    assert at("Drafted", "hours_drafted") == pytest.approx(9, rel=1e-12)
    assert at("Drafted", "documentation_saving") == pytest.approx(61_000, rel=1e-12)


def test_drafts_that_take_as_long_to_review_as_to_write_leave_the_tool_as_a_loss() -> None:
    assert at("Reviewed as long", "documentation_saving") == pytest.approx(-20_000, rel=1e-12)


def test_systems_found_are_switched_off_or_registered() -> None:
    # 50 x 80% = 40 found; 10 off save 120,000; 30 kept cost 60,000; the scan 30,000: 30,000 saved.
    # Fines: 40 x 1% x 100,000 = 40,000 expected a year, beside the saving.
    assert at("Scan", "systems_found") == pytest.approx(40, rel=1e-12)
    assert at("Scan", "exposure_avoided") == pytest.approx(40_000, rel=1e-12)
    assert at("Scan", "inventories_saving") == pytest.approx(30_000, rel=1e-12)


def test_avoided_fines_count_only_by_the_share_that_is_said() -> None:
    assert at("Fines in part", "inventories_saving") == pytest.approx(30_000 + 20_000, rel=1e-12)


def test_an_inventory_that_switches_nothing_off_costs_scan_and_upkeep() -> None:
    assert at("Nothing off", "inventories_saving") == pytest.approx(-40 * 2000 - 30_000, rel=1e-12)


def test_a_day_of_waiting_for_rights_has_its_price() -> None:
    # 40 requests x (30 - 12) days = 720 days at 250 = 180,000, less the desk 60,000.
    assert at("Faster", "days_saved") == 720
    assert at("Faster", "data_rights_saving") == 120_000


def test_a_slower_clearance_is_a_loss() -> None:
    assert at("Slower", "data_rights_saving") == -40 * 2 * 250


def test_an_audit_trail_costs_its_volume_by_tier_and_retention() -> None:
    # Today 1,000 GB a year x 5 years x 0.30 = 1,500. Then 800 GB a year x (0.5 x 0.30 + 2.5 x 0.02 = 0.20) = 160,
    # and 100 GB read at 0.05 = 5.
    assert at("Two tiers", "trail_now") == pytest.approx(1500, rel=1e-12)
    assert at("Two tiers", "trail_after") == pytest.approx(165, rel=1e-12)
    assert at("Two tiers", "audit_trails_saving") == pytest.approx(1335, rel=1e-12)


def test_no_year_of_a_trail_is_paid_in_two_tiers() -> None:
    # Half a year kept and a full one meant for the fast tier: 800 x 0.5 x 0.30 = 120, and nothing in the archive.
    assert at("Short", "trail_after") == pytest.approx(120, rel=1e-12)


def test_a_trail_kept_shorter_than_required_fails_a_check() -> None:
    assert not fails(worked().case, "trails_kept_long_enough")
    assert fails(with_row("audit_trails", **{**TRAIL, "kept_after": 0.9}), "trails_kept_long_enough")


def test_data_out_of_scope_needs_no_controls_but_its_treatment() -> None:
    # 200 TB x 40% = 80 TB out of scope, each saving 1,500 - 400: 88,000, less 30,000 of lost quality.
    assert at("Half price", "scope_removed") == pytest.approx(80, rel=1e-12)
    assert at("Half price", "anonymisations_saving") == pytest.approx(58_000, rel=1e-12)
    assert at("As dear", "anonymisations_saving") == pytest.approx(-30_000, rel=1e-12)


def test_fewer_domains_with_fewer_stewards() -> None:
    # 10 x 2 = 20 stewards, then 8 x 1.5 = 12: eight at 100,000 less a catalogue of 150,000.
    assert at("Fewer", "stewardships_saving") == 650_000
    assert at("As before", "stewardships_saving") == 0


def test_a_lever_that_costs_more_than_it_saves_counts_as_it_is_and_raises_an_alert() -> None:
    loss = part_of(with_row("documentation", **{**DOCUMENTS, "review_hours": 12}), (), "lever_saving")
    assert by_lever(loss, "lever_saving")["Documentation"] == pytest.approx(-20_000, rel=1e-12)
    assert fails(loss.case, "all_save")
    assert not fails(programme(), "all_save")


@pytest.mark.parametrize(
    ("table", "columns", "place"),
    [
        ("documentation", {**DOCUMENTS, "drafted": "130%"}, "drafted"),
        ("inventories", {**SCAN, "found": -0.1}, "found"),
        ("data_rights", {**RIGHTS, "requests": -1}, "requests"),
        ("audit_trails", {**TRAIL, "kept_after": 101}, "kept_after"),
        ("reclassifications", {**REVIEW, "from_class": "Extreme"}, "from_class"),
        ("stewardships", {**DOMAINS, "lever": "Stewards"}, "lever"),
    ],
)
def test_a_figure_or_key_out_of_bounds_is_refused_by_name(table: str, columns: dict[str, object], place: str) -> None:
    with pytest.raises(InputError, match=rf"tables\.{table}.*{place}"):
        case_of({**TABLES, table: {"By hand": columns}})


def test_the_rows_that_come_with_the_programme_save_and_pass_their_checks() -> None:
    # By hand: 5 x 29,277 - 3 x 4,000 - 25,000 = 109,385; 160 x 14 x 95 - 30,000 = 182,800;
    # 15 x 9,000 - 15 x 1,500 - 45,000 = 67,500; 60 x 20 x 180 - 90,000 = 126,000;
    # 180,000 x 7 x 0.276 - 126,000 x (0.276 + 4 x 0.01188) - 40 = 306,956.48; 72 x 1,300 - 20,000 = 73,600;
    # (18 - 11.25) x 105,000 - 120,000 = 588,750.
    found = xlroi.run(programme())
    savings = {name: value for name, value in by_lever(found, "compliance_saving").items() if value}
    assert savings == pytest.approx(
        {
            "Risk classes": 109_385,
            "Documentation": 182_800,
            "Inventory": 67_500,
            "Data rights": 126_000,
            "Audit trail": 306_956.48,
            "Anonymisation": 73_600,
            "Stewardship": 588_750,
        },
        rel=1e-12,
    )
    assert {name for name, rows in by_lever(found, "compliance_rows").items() if rows} == set(savings)
    ours = {"classes_hold_what_leaves", "trails_kept_long_enough", "one_typed_row"}
    assert not ours & set(failing(found))


def test_a_programme_without_levers_of_compliance_has_none() -> None:
    found = part_of(case_of({table: {} for table in TABLES}), TABLES, "compliance_saving", "compliance_rows")
    assert set(by_lever(found, "compliance_saving").values()) == {0}
    assert set(by_lever(found, "compliance_rows").values()) == {0}
