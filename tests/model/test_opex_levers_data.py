"""Levers on data in the programme of savings: each worked by hand, with no effect, at its limits and at a loss."""

from __future__ import annotations

import math
import re
from itertools import combinations
from statistics import NormalDist, fmean, pstdev, stdev

import pytest

import xlroi
from tests.typed_levers import Rows, at, by_lever, case_of, failing, of, programme, row_of, with_row
from xlroi.api import Result
from xlroi.errors import InputError
from xlroi.model.case import with_settings

TABLES = ("sampling", "caching", "data_retention", "incremental", "compression", "data_contracts", "quality_gates")


# Data sampling -------------------------------------------------------------------------------------------------------

SAMPLING = {
    "estimates": 12, "records": 1_000_000, "record_cost": 0.01, "sampled": "4%", "deviation": 50, "error_cost": 10_000,
}  # fmt: skip


def test_a_sample_costs_its_records_and_its_error() -> None:
    # 40,000 records: a standard error of 50 x root(0.96 / 40,000) = 0.244949 points, on average root(2 / pi) of it off:
    # 1,954.41 at 10,000 a point. Scoring 400 instead of 10,000; twelve times a year.
    found = row_of("sampling", **SAMPLING)
    assert of(found, "sampling_error") == pytest.approx(0.244949, abs=5e-7)
    assert of(found, "sampling_miss") == pytest.approx(0.244949 * math.sqrt(2 / math.pi) * 10_000, rel=1e-6)
    assert of(found, "sampling_saving") == pytest.approx(12 * (10_000 - 400 - 1954.41), abs=0.1)


def test_the_standard_error_is_the_spread_of_all_samples_that_could_be_drawn() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 9.0, 15.0]
    spread = pstdev(fmean(drawn) for drawn in combinations(values, 3))
    found = row_of("sampling", **{**SAMPLING, "records": 6, "sampled": "50%", "deviation": stdev(values)})
    assert of(found, "sampling_error") == pytest.approx(spread, rel=1e-12)


def test_the_mean_size_of_an_error_is_that_of_a_normal_variable() -> None:
    # By 200,000 equally likely values of a normal variable.
    normal = NormalDist()
    sizes = fmean(abs(normal.inv_cdf((i + 0.5) / 200_000)) for i in range(200_000))
    found = row_of("sampling", **SAMPLING)
    assert of(found, "sampling_miss") / of(found, "sampling_error") / 10_000 == pytest.approx(sizes, abs=1e-4)


def test_all_records_have_no_error_and_save_nothing() -> None:
    found = row_of("sampling", **{**SAMPLING, "sampled": "100%"})
    assert of(found, "sampling_error") == of(found, "sampling_saving") == 0


def test_a_sample_too_small_for_what_an_error_costs_does_not_pay() -> None:
    found = xlroi.run(with_row("sampling", **{**SAMPLING, "sampled": "0.01%"}))
    # 100 records: 50 x root(0.9999 / 100) = 4.99975 points, 39,892 an estimate.
    assert of(found, "sampling_saving") == pytest.approx(12 * (10_000 - 1 - 39_892.2), abs=12)
    assert "all_save" in failing(found)


# Feature caching -----------------------------------------------------------------------------------------------------

CACHING = {"calls": 9000, "compute_price": 45, "hit_rate": "60%", "read_price": 4, "cache_cost": 30_000}


def test_a_cache_saves_its_hits_less_all_look_ups() -> None:
    # 9,000 x (60% x 45 - 4) = 207,000 less 30,000. It pays from (36,000 + 30,000) / 405,000 = 16.3% of hits.
    found = row_of("caching", **CACHING)
    assert of(found, "caching_saving") == pytest.approx(177_000, rel=1e-12)
    assert of(found, "caching_break_even") == pytest.approx(66 / 405, rel=1e-12)
    at_it = row_of("caching", **{**CACHING, "hit_rate": 66 / 405})
    assert of(at_it, "caching_saving") == pytest.approx(0, abs=1e-6)


def test_a_cache_that_never_hits_costs_what_it_costs_and_a_free_one_saves_all_or_nothing() -> None:
    found = row_of("caching", **{**CACHING, "hit_rate": 0})
    assert of(found, "caching_saving") == -66_000
    free = {**CACHING, "read_price": 0, "cache_cost": 0}
    assert of(row_of("caching", **{**free, "hit_rate": 0}), "caching_saving") == 0
    assert of(row_of("caching", **{**free, "hit_rate": 1}), "caching_saving") == 405_000
    assert row_of("caching", **{**CACHING, "calls": 0}).values.cell("caching_break_even") == "#N/A"


# Retention -----------------------------------------------------------------------------------------------------------

RETENTION = {
    "stored": 900, "hot_price": 276, "cold_price": 48, "retrieval_price": 30, "hot_share": "25%", "cold_share": "45%",
    "deleted_share": "30%", "cold_reads": 0.2, "need_probability": "1%", "recreate_cost": 2000,
}  # fmt: skip


def test_tiers_and_deletion_change_what_a_terabyte_costs() -> None:
    # 0.023 a GB and month are 276 a TB and year. Then 25% x 276 + 45% x (48 + 0.2 x 30) + 30% x 1% x 2,000 = 99.3.
    found = row_of("data_retention", **RETENTION)
    assert of(found, "retention_mean") == pytest.approx(69 + 24.3 + 6, rel=1e-12)
    assert of(found, "data_retention_saving") == pytest.approx(900 * (276 - 99.3), rel=1e-12)


def test_what_stays_hot_saves_nothing_and_what_is_deleted_without_loss_saves_all() -> None:
    hot = {**RETENTION, "hot_share": 1, "cold_share": 0, "deleted_share": 0}
    assert of(row_of("data_retention", **hot), "data_retention_saving") == 0
    gone = {**RETENTION, "hot_share": 0, "cold_share": 0, "deleted_share": 1, "need_probability": 0}
    assert of(row_of("data_retention", **gone), "data_retention_saving") == 900 * 276


def test_cold_data_that_is_read_all_the_time_does_not_pay() -> None:
    # 48 + 20 x 30 = 648 a terabyte: 69 + 291.6 + 6 = 366.6 on average.
    found = row_of("data_retention", **{**RETENTION, "cold_reads": 20})
    assert of(found, "data_retention_saving") == pytest.approx(900 * (276 - 366.6), rel=1e-12)


def test_shares_of_storage_that_are_not_all_of_it_are_refused() -> None:
    with pytest.raises(InputError, match=r"hot_share.*cold_share.*deleted_share"):
        row_of("data_retention", **{**RETENTION, "hot_share": "35%"})


# Incremental processing ----------------------------------------------------------------------------------------------

INCREMENTAL = {
    "runs": 365, "run_cost": 900, "changed": "6%", "merge_factor": 1.5, "fixed": "10%", "full_runs": 12,
}  # fmt: skip


def test_a_run_over_the_changed_rows_costs_a_part_of_a_full_one() -> None:
    # 10% + 90% x 6% x 1.5 = 18.1%; 12 full runs and 353 of 18.1% are 75.893 runs instead of 365.
    found = row_of("incremental", **INCREMENTAL)
    assert of(found, "incremental_part") == pytest.approx(0.181, rel=1e-12)
    assert of(found, "incremental_saving") == pytest.approx(900 * (365 - 75.893), rel=1e-12)


def test_nothing_is_saved_where_all_runs_stay_full_and_all_where_nothing_changes() -> None:
    assert of(row_of("incremental", **{**INCREMENTAL, "full_runs": 1000}), "incremental_saving") == 0
    idle = {**INCREMENTAL, "changed": 0, "fixed": 0, "full_runs": 0}
    assert of(row_of("incremental", **idle), "incremental_saving") == 365 * 900


def test_merging_rows_that_all_change_costs_more_than_loading_them() -> None:
    found = row_of("incremental", **{**INCREMENTAL, "changed": 1, "fixed": 0, "full_runs": 0})
    assert of(found, "incremental_saving") == pytest.approx(-0.5 * 365 * 900, rel=1e-12)


# Compression and columnar formats ------------------------------------------------------------------------------------

COMPRESSION = {
    "stored": 400, "storage_price": 276, "ratio": 3, "scanned": 40_000, "scan_price": 5, "still_read": "40%",
    "scan_ratio": 3, "conversion": 30_000,
}  # fmt: skip


def test_files_shrink_by_the_ratio_and_scans_by_ratio_and_columns() -> None:
    # Storage 110,400 to 36,800; scans 200,000 x 40% / 3 = 26,666.67; converting 30,000.
    found = row_of("compression", **COMPRESSION)
    assert of(found, "compression_saving") == pytest.approx(110_400 + 200_000 - 36_800 - 80_000 / 3 - 30_000, rel=1e-12)


def test_a_third_of_the_columns_of_a_third_of_the_bytes_costs_a_ninth() -> None:
    # Three terabytes of text at 5 a terabyte are 15; compressed by three and one of three columns read: 1.67.
    small = {"stored": 0, "conversion": 0, "scanned": 3, "still_read": 1 / 3}
    found = row_of("compression", **{**COMPRESSION, **small})
    assert of(found, "compression_today") == 15
    assert of(found, "compression_then") == pytest.approx(1.67, abs=0.005)
    # An engine that bills unpacked bytes gives the columns only.
    unpacked = row_of("compression", **{**COMPRESSION, **small, "scan_ratio": 1})
    assert of(unpacked, "compression_then") == pytest.approx(5, rel=1e-12)


def test_the_same_files_save_nothing_and_dear_converting_does_not_pay() -> None:
    same = {**COMPRESSION, "ratio": 1, "still_read": 1, "scan_ratio": 1, "conversion": 0}
    assert of(row_of("compression", **same), "compression_saving") == 0
    found = row_of("compression", **{**same, "conversion": 7000})
    assert of(found, "compression_saving") == -7000
    much = {**COMPRESSION, "ratio": 1000, "scan_ratio": 1000, "conversion": 0}
    bounded = row_of("compression", **much)
    assert 0.998 < of(bounded, "compression_saving") / of(bounded, "compression_today") < 1


# Data contracts ------------------------------------------------------------------------------------------------------

TIERS: Rows = {
    "Bronze": {"from": 100, "discount": "6%"},
    "Silver": {"from": 300, "discount": "12%"},
    "Gold": {"from": 600, "discount": "20%"},
}
CONTRACT: dict[str, object] = {"volume": 500, "list_price": 700}


def contract(**columns: object) -> Result:
    return row_of("data_contracts", {"data_tiers": TIERS}, **{**CONTRACT, **columns})


def test_one_contract_reaches_a_better_tier_than_four_and_the_audit_brings_some_back() -> None:
    # Four of 155 at 6% off: 620 x 700 x 94% = 407,960. One of 620 at 20% off: 347,200, of which 2.5% x 60% come back
    # for 4,000.
    found = contract(volume=620, contracts=4, overbilled="2.5%", recovered="60%", audit_cost=4000)
    assert of(found, "data_contracts_today") == pytest.approx(407_960, rel=1e-12)
    assert of(found, "contracts_recovered") == pytest.approx(5208, rel=1e-12)
    assert of(found, "data_contracts_saving") == pytest.approx(407_960 - 347_200 + 5208 - 4000, rel=1e-12)


@pytest.mark.parametrize(
    ("volume", "discount"),
    [(0, 0), (99.999, 0), (100, 0.06), (299, 0.06), (300, 0.12), (599, 0.12), (600, 0.2), (100_000, 0.2)],
)
def test_a_volume_has_the_discount_of_the_last_tier_that_it_reaches(volume: float, discount: float) -> None:
    assert of(contract(volume=volume), "contracts_discount") == pytest.approx(discount, abs=1e-15)


@pytest.mark.parametrize(("volume", "saving"), [(560, 560 * 616 - 600 * 560), (500, 500 * 616 - 600 * 560)])
def test_a_commitment_above_the_volume_pays_only_where_the_tier_makes_up_for_it(volume: float, saving: float) -> None:
    # 616 a million at 12% off, 560 at 20% off from 600 on: worth it from 545.5 on.
    found = contract(volume=volume, committed=600)
    assert of(found, "data_contracts_saving") == pytest.approx(saving, rel=1e-12)


def test_the_same_contract_saves_nothing_and_no_audit_brings_back_more_than_was_billed() -> None:
    assert of(contract(), "data_contracts_saving") == 0
    everything = contract(overbilled=1, recovered=1)
    assert of(everything, "data_contracts_saving") == of(everything, "data_contracts_today")


def test_tiers_out_of_order_are_an_error_and_none_give_no_discount() -> None:
    mixed = {name: TIERS[name] for name in ("Silver", "Bronze", "Gold")}
    assert "data_tiers_rise" in failing(xlroi.run(case_of({"data_tiers": mixed})))
    none = row_of("data_contracts", {"data_tiers": {}}, **{**CONTRACT, "contracts": 2})
    assert of(none, "data_contracts_today") == 500 * 700
    assert of(none, "data_contracts_saving") == 0


# Quality gates -------------------------------------------------------------------------------------------------------

GATE = {
    "batches": 24_000, "defective": "3%", "rework_cost": 450, "caught": "80%", "fix_cost": 60, "false_alarms": "1%",
    "alarm_cost": 40, "check_cost": 1.2, "upkeep": 30_000,
}  # fmt: skip


def test_a_gate_avoids_rework_and_costs_checks_repairs_and_false_alarms() -> None:
    # 720 bad batches cost 324,000. 576 are caught and repaired for 34,560, 144 cost 64,800; 232.8 false alarms cost
    # 9,312, checks 28,800, upkeep 30,000.
    found = row_of("quality_gates", **GATE)
    assert of(found, "quality_gates_today") == pytest.approx(324_000, rel=1e-12)
    assert of(found, "quality_gates_then") == pytest.approx(34_560 + 64_800 + 9312 + 28_800 + 30_000, rel=1e-12)
    assert of(found, "quality_gates_saving") == pytest.approx(156_528, rel=1e-12)


def test_a_gate_that_catches_nothing_for_nothing_has_no_effect_and_a_perfect_free_one_saves_all() -> None:
    free = {**GATE, "fix_cost": 0, "false_alarms": 0, "check_cost": 0, "upkeep": 0}
    none = row_of("quality_gates", **{**free, "caught": 0})
    assert of(none, "quality_gates_saving") == 0
    assert of(row_of("quality_gates", **{**free, "caught": 1}), "quality_gates_saving") == pytest.approx(324_000)


def test_a_gate_that_cries_wolf_does_not_pay() -> None:
    # Half of 23,280 good batches at 40: 465,600 instead of 9,312.
    found = row_of("quality_gates", **{**GATE, "false_alarms": "50%"})
    assert of(found, "quality_gates_saving") == pytest.approx(156_528 - 465_600 + 9312, rel=1e-12)


# The family ----------------------------------------------------------------------------------------------------------


def test_every_lever_on_data_has_the_saving_of_its_row() -> None:
    found = xlroi.run(programme())
    savings, rows = by_lever(found, "data_saving"), by_lever(found, "data_rows")
    expected = {programme().tables[t][0].values["lever"]: of(found, f"{t}_saving") for t in TABLES}
    assert {name: saving for name, saving in savings.items() if saving} == pytest.approx(expected)
    assert rows == {name: float(name in expected) for name in savings}


def test_tables_of_data_without_rows_save_nothing_and_break_nothing() -> None:
    found = xlroi.run(case_of({t: {} for t in TABLES}))
    assert set(by_lever(found, "data_saving").values()) == set(by_lever(found, "data_rows").values()) == {0.0}
    assert not {"data_within"} & set(failing(found))


def test_levers_on_data_that_cost_more_than_they_save_count_as_they_are_and_fail_the_gate() -> None:
    losing: dict[str, dict[str, object]] = {
        "sampling": {**SAMPLING, "sampled": "0.01%"},
        "caching": {**CACHING, "hit_rate": 0},
        "data_retention": {**RETENTION, "cold_reads": 20},
        "incremental": {**INCREMENTAL, "changed": 1, "fixed": 0, "full_runs": 0},
        "compression": {**COMPRESSION, "ratio": 1, "still_read": 1, "scan_ratio": 1},
        "data_contracts": {**CONTRACT, "audit_cost": 1000},
        "quality_gates": {**GATE, "false_alarms": "50%"},
    }
    levers = {table: programme().tables[table][0].values["lever"] for table in losing}
    found = xlroi.run(case_of({t: {"By hand": {"lever": levers[t], **losing[t]}} for t in losing}))
    savings = by_lever(found, "data_saving")
    for lever in levers.values():
        assert savings[str(lever)] < 0
        assert float(at(found, "lever_total", str(lever))) < 0
        assert at(found, "gate_says", str(lever)) == "Fails: costs more than it saves"
    assert "all_save" in failing(found)


@pytest.mark.parametrize("scenario", ["base", "optimistic", "pessimistic"])
def test_the_rows_that_come_with_it_pay_and_fit_their_baselines(scenario: str) -> None:
    found = xlroi.run(programme(), scenario)  # type: ignore[arg-type]
    assert not {"data_within", "data_tiers_rise"} & set(failing(found))
    assert min(of(found, f"{t}_saving") for t in TABLES) > 0


def test_a_row_that_acts_on_more_than_its_baseline_holds_is_an_error() -> None:
    # 12 x 40,000 a year on data bought; 700 million records at 700 with 20% off are 392,000, 900 are 504,000.
    found, beyond = (
        xlroi.run(with_row("data_contracts", {"data_tiers": TIERS}, **CONTRACT | {"volume": v})) for v in (700, 900)
    )
    assert "data_within" not in failing(found)
    assert of(beyond, "data_contracts_beyond") == pytest.approx(504_000 - 480_000, rel=1e-12)
    assert "data_within" in failing(beyond)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("sampling[Quality scores of answers].sampled", "0"),
        ("caching[Online features].hit_rate", "110%"),
        ("data_retention[Training data and logs].need_probability", "2"),
        ("incremental[Nightly feature tables].changed", "-5%"),
        ("compression[Event tables].ratio", "0"),
        ("data_contracts[Market and address data].contracts", "0"),
        ("data_tiers[Gold].discount", "120%"),
        ("quality_gates[Batches of partners].caught", "1.5"),
        ("quality_gates[Batches of partners].lever", "No such lever"),
    ],
)
def test_figures_outside_their_bounds_and_unknown_levers_are_refused(cell: str, value: str) -> None:
    with pytest.raises(InputError, match=re.escape(cell)):
        with_settings(programme(), [f"{cell}={value}"])
