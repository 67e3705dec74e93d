"""Levers on models in the programme of savings: each worked by hand, with no effect, at its limits and at a loss."""

from __future__ import annotations

import math
import re
from statistics import NormalDist

import numpy as np
import pytest

import xlroi
from tests.typed_levers import at, by_lever, case_of, failing, of, programme, row_of, with_row
from xlroi.errors import InputError
from xlroi.model.case import with_settings

TABLES = ("retraining", "quantisation", "ensembles", "versions", "upgrades", "edge", "portability")


# Retraining by drift -------------------------------------------------------------------------------------------------

RETRAINING = {"retrain_cost": 1000, "calendar_runs": 2, "value_at_stake": 250_000, "drift": "80%", "monitoring": 1500}


def yearly_cost(interval: float, retrain_cost: float, value: float, drift: float) -> float:
    """Retraining and lost value a year: the loss, at most all of the value, in 20,000 moments of an interval."""
    ages = (np.arange(20_000) + 0.5) / 20_000 * interval
    return retrain_cost / interval + value * float(np.minimum(drift * ages, 1).mean())


def test_drift_is_met_at_the_age_of_the_root_of_two_c_over_v_k() -> None:
    # v k = 250,000 x 80% = 200,000 a year of age; root of 2 x 1,000 / 200,000 = 0.1 years.
    # By the calendar twice a year: 2 x 1,000, and half of 80% / 2 of 250,000 = 50,000. With the trigger 10 runs a year
    # cost 10,000, as much as the loss, and watching 1,500.
    found = row_of("retraining", **RETRAINING)
    assert of(found, "retraining_interval") == pytest.approx(0.1, rel=1e-12)
    assert of(found, "retraining_today") == pytest.approx(52_000, rel=1e-12)
    assert of(found, "retraining_then") == pytest.approx(10_000 + 10_000 + 1500, rel=1e-12)
    assert of(found, "retraining_saving") == pytest.approx(30_500, rel=1e-12)


def test_no_other_age_costs_less_and_the_calendar_costs_what_its_moments_add_up_to() -> None:
    found = row_of("retraining", **{**RETRAINING, "monitoring": 0})
    intervals = np.geomspace(0.01, 3, 600)
    assert of(found, "retraining_then") <= min(yearly_cost(i, 1000, 250_000, 0.8) for i in intervals)
    assert of(found, "retraining_then") == pytest.approx(yearly_cost(0.1, 1000, 250_000, 0.8), rel=1e-9)
    assert of(found, "retraining_today") == pytest.approx(yearly_cost(0.5, 1000, 250_000, 0.8), rel=1e-9)


def test_a_calendar_that_is_right_already_leaves_watching_as_a_loss() -> None:
    at_best = {**RETRAINING, "calendar_runs": 10}
    found = xlroi.run(with_row("retraining", **at_best))
    assert of(found, "retraining_saving") == pytest.approx(-1500, rel=1e-9)
    assert "all_save" in failing(found)
    free = xlroi.run(with_row("retraining", **{**at_best, "monitoring": 0}))
    assert of(free, "retraining_saving") == pytest.approx(0, abs=1e-8)


def test_a_model_that_does_not_drift_is_not_retrained() -> None:
    found = row_of("retraining", **{**RETRAINING, "drift": 0, "monitoring": 0})
    assert of(found, "retraining_saving") == 2 * 1000
    assert found.values.cell("retraining_interval") == "#N/A"


def test_no_more_than_the_value_at_stake_is_lost() -> None:
    # Every ten years, when all was lost after 1.25 of them: 0.1 x 300,000 and (1 - 0.5 / 8) of 250,000. A retraining
    # that costs more than drift can lose is never made: root of 2 x 300,000 x 200,000 = 346,410 is above 250,000.
    dear = {**RETRAINING, "retrain_cost": 300_000, "calendar_runs": 0.1, "monitoring": 0}
    found = row_of("retraining", **dear)
    assert of(found, "retraining_today") == pytest.approx(30_000 + 0.9375 * 250_000, rel=1e-12)
    assert of(found, "retraining_today") == pytest.approx(yearly_cost(10, 300_000, 250_000, 0.8), rel=1e-6)
    assert of(found, "retraining_then") == 250_000
    assert found.values.cell("retraining_interval") == "#N/A"


# Quantisation and pruning --------------------------------------------------------------------------------------------

QUANTISATION = {
    "tokens": 3600, "gpu_hour_price": 2, "speed": 1000, "quantisation_gain": "60%", "pruning_gain": "25%",
    "quality_loss": "1%", "quality_value": 20_000,
}  # fmt: skip


def test_tokens_cost_less_by_the_throughput_and_more_by_the_quality_lost() -> None:
    # 1,000 tokens a second are 3.6 million an hour for 2: 0.5556 a million, 2,000 in all; 1.6 x 1.25 = 2 halves them.
    found = row_of("quantisation", **QUANTISATION)
    assert of(found, "quantisation_price") == pytest.approx(2 / 3.6, rel=1e-12)
    assert of(found, "quantisation_price_then") == pytest.approx(1 / 3.6, rel=1e-12)
    assert of(found, "quantisation_today") == pytest.approx(2000, rel=1e-12)
    assert of(found, "quantisation_saving") == pytest.approx(2000 - 1000 - 200, rel=1e-12)


def test_without_more_throughput_or_loss_nothing_changes() -> None:
    found = row_of("quantisation", **{**QUANTISATION, "quantisation_gain": 0, "pruning_gain": 0, "quality_loss": 0})
    assert of(found, "quantisation_saving") == 0


def test_quality_may_be_worth_more_than_the_tokens() -> None:
    found = row_of("quantisation", **{**QUANTISATION, "quality_loss": "10%"})
    assert of(found, "quantisation_saving") == pytest.approx(2000 - 1000 - 2000, rel=1e-12)


def test_no_throughput_saves_more_than_the_bill() -> None:
    found = row_of("quantisation", **{**QUANTISATION, "quantisation_gain": 49, "pruning_gain": 49, "quality_loss": 0})
    assert of(found, "quantisation_saving") == pytest.approx(2000 - 2000 / 2500, rel=1e-12)


# Ensemble limits -----------------------------------------------------------------------------------------------------

ENSEMBLE = {
    "members": 8, "limit": 4, "member_cost": 45_000, "variance_error": "6%", "correlation": "60%",
    "error_value": 8_000_000,
}  # fmt: skip


def test_four_members_cost_less_and_leave_more_variance_than_eight() -> None:
    # 8,000,000 x 6% x (1 - 60%) = 192,000 with one member: 24,000 with eight, 48,000 with four. Members: 360,000 and
    # 180,000.
    found = row_of("ensembles", **ENSEMBLE)
    assert of(found, "ensembles_saving") == pytest.approx(360_000 + 24_000 - 180_000 - 48_000, rel=1e-12)
    assert of(found, "ensembles_best") == pytest.approx(math.sqrt(192_000 / 45_000), rel=1e-12)


def test_the_error_that_comes_back_is_that_of_the_covariance_of_the_members() -> None:
    def variance(members: int) -> float:
        return float((0.6 + 0.4 * np.eye(members)).sum() / members**2)  # of a mean of unit variances correlated by 0.6

    found = row_of("ensembles", **ENSEMBLE)
    back = 8_000_000 * 0.06 * (variance(4) - variance(8))
    assert of(found, "ensembles_saving") == pytest.approx(4 * 45_000 - back, rel=1e-12)


@pytest.mark.parametrize("limit", [8, 12])
def test_a_limit_that_binds_nothing_changes_nothing(limit: int) -> None:
    assert of(row_of("ensembles", **{**ENSEMBLE, "limit": limit}), "ensembles_saving") == 0


def test_members_that_all_err_alike_are_cut_for_nothing_lost_and_worthy_ones_at_a_loss() -> None:
    assert of(row_of("ensembles", **{**ENSEMBLE, "correlation": "100%"}), "ensembles_saving") == 4 * 45_000
    # Ten times as much at stake: 240,000 come to be 480,000.
    found = row_of("ensembles", **{**ENSEMBLE, "error_value": 80_000_000})
    assert of(found, "ensembles_saving") == pytest.approx(180_000 - 240_000, rel=1e-12)


# Version retirement --------------------------------------------------------------------------------------------------

VERSIONS = {"versions": 14, "kept": 5, "hosting": 22_000, "recall_probability": "5%", "recall_cost": 30_000}


def test_nine_versions_less_to_host_less_what_recalls_cost() -> None:
    found = row_of("versions", **VERSIONS)
    assert of(found, "versions_saving") == pytest.approx(9 * 22_000 - 9 * 0.05 * 30_000, rel=1e-12)


def test_versions_that_stay_save_nothing_and_all_of_them_save_the_hosting() -> None:
    assert of(row_of("versions", **{**VERSIONS, "kept": 20}), "versions_saving") == 0
    found = row_of("versions", **{**VERSIONS, "kept": 0, "recall_cost": 0})
    assert of(found, "versions_saving") == of(found, "versions_today") == 14 * 22_000


def test_versions_that_are_dear_to_bring_back_are_kept() -> None:
    found = row_of("versions", **{**VERSIONS, "recall_cost": 600_000})
    assert of(found, "versions_saving") == pytest.approx(9 * (22_000 - 30_000), rel=1e-12)


# Tested upgrades -----------------------------------------------------------------------------------------------------

UPGRADE = {
    "requests": 1000, "success": "50%", "failure_cost": 4, "gain": "25%", "better_probability": "50%", "power": "90%",
    "test_traffic": 200, "sample_cost": 0.5, "test_cost": 100, "life": 2, "extra_cost": 80,
}  # fmt: skip


def normal_spread(success: float, better: float, significance: float, power: float) -> float:
    mean, normal = (success + better) / 2, NormalDist()
    return normal.inv_cdf(1 - significance / 2) * math.sqrt(2 * mean * (1 - mean)) + normal.inv_cdf(power) * math.sqrt(
        success * (1 - success) + better * (1 - better)
    )


def test_the_sample_is_the_one_that_r_gives() -> None:
    # power.prop.test(p1 = .50, p2 = .75, power = .90) in R's own examples: 76.7 in each group.
    assert (normal_spread(0.5, 0.75, 0.05, 0.9) / 0.25) ** 2 == pytest.approx(76.7, abs=0.05)
    assert of(row_of("upgrades", **UPGRADE), "upgrades_sample") == 2 * 77


@pytest.mark.parametrize(
    ("success", "gain", "significance", "power"), [(0.1, 0.02, 0.05, 0.8), (0.8, 0.03, 0.01, 0.95)]
)
def test_the_sample_follows_significance_and_power(
    success: float, gain: float, significance: float, power: float
) -> None:
    terms = {"success": success, "gain": gain, "significance": significance, "power": power, "test_traffic": 10_000}
    found = row_of("upgrades", **{**UPGRADE, **terms})
    spread = normal_spread(success, success + gain, significance, power)
    assert of(found, "upgrades_sample") == 2 * math.ceil((spread / gain) ** 2)
    assert of(found, "upgrades_detectable") == pytest.approx(spread / math.sqrt(5000), rel=1e-9)


def test_an_upgrade_earns_its_gain_where_it_is_there_and_shown_and_bears_its_test() -> None:
    # 250 failures fewer at 4 are 1,000; there in 50% and shown in 90% of these: 450. The test: 100 and 154 requests at
    # 0.5, over two years: 88.5. Taken over in 45% and, by chance, in half of 5% of the other 50%: 46.25% of 80 are 37.
    found = xlroi.run(with_row("upgrades", **UPGRADE))
    assert of(found, "upgrades_today") == 2000
    assert of(found, "upgrades_saving") == pytest.approx(450 - 88.5 - 37, rel=1e-12)
    assert "upgrades_testable" not in failing(found)


def test_an_upgrade_that_is_not_better_costs_its_test() -> None:
    found = row_of("upgrades", **{**UPGRADE, "better_probability": 0})
    assert of(found, "upgrades_saving") == pytest.approx(-88.5 - 0.025 * 80, rel=1e-12)


def test_no_more_failures_are_avoided_than_there_are() -> None:
    certain = {
        "success": "90%",
        "gain": "50%",
        "better_probability": 1,
        "test_cost": 0,
        "sample_cost": 0,
        "extra_cost": 0,
    }
    found = row_of("upgrades", **{**UPGRADE, **certain})
    assert of(found, "upgrades_saving") == pytest.approx(0.9 * of(found, "upgrades_today"), rel=1e-12)  # the power


def test_a_test_without_the_requests_for_it_is_said() -> None:
    found = xlroi.run(with_row("upgrades", **{**UPGRADE, "test_traffic": 100}))
    assert of(found, "upgrades_detectable") > 0.25
    assert "upgrades_testable" in failing(found)


# Edge deployment and portable formats --------------------------------------------------------------------------------

EDGE = {
    "calls": 2200, "cloud_price": 140, "edge_share": "85%", "devices": 180, "device_price": 1100, "device_life": 4,
    "running": 190,
}  # fmt: skip
PORTABLE = {"switch_probability": "20%", "switch_cost": 550_000, "portable_cost": 200_000, "upkeep": 25_000}


def test_the_edge_saves_the_cloud_less_the_devices() -> None:
    # 85% of 308,000 are 261,800; 180 devices at 1,100 / 4 + 190 = 465 are 83,700.
    assert of(row_of("edge", **EDGE), "edge_saving") == pytest.approx(261_800 - 83_700, rel=1e-12)


def test_the_edge_without_devices_changes_nothing_and_with_too_many_does_not_pay() -> None:
    assert of(row_of("edge", **{**EDGE, "edge_share": 0, "devices": 0}), "edge_saving") == 0
    all_of_it = row_of("edge", **{**EDGE, "edge_share": 1, "devices": 0})
    assert of(all_of_it, "edge_saving") == of(all_of_it, "edge_today") == 308_000
    found = row_of("edge", **{**EDGE, "devices": 1000})
    assert of(found, "edge_saving") == pytest.approx(261_800 - 465_000, rel=1e-12)


def test_portable_formats_save_on_a_switch_by_its_probability() -> None:
    # 20% of 550,000 against 20% of 200,000 and 25,000 of upkeep.
    assert of(row_of("portability", **PORTABLE), "portability_saving") == pytest.approx(110_000 - 65_000, rel=1e-12)


def test_portable_formats_are_worth_nothing_where_nobody_leaves_or_they_spare_nothing() -> None:
    found = row_of("portability", **{**PORTABLE, "switch_probability": 0})
    assert of(found, "portability_saving") == -25_000
    same = row_of("portability", **{**PORTABLE, "portable_cost": 550_000, "upkeep": 0})
    assert of(same, "portability_saving") == 0


# The family ----------------------------------------------------------------------------------------------------------


def test_every_lever_on_models_has_the_saving_of_its_row() -> None:
    found = xlroi.run(programme())
    savings, rows = by_lever(found, "models_saving"), by_lever(found, "models_rows")
    expected = {programme().tables[t][0].values["lever"]: of(found, f"{t}_saving") for t in TABLES}
    assert {name: saving for name, saving in savings.items() if saving} == pytest.approx(expected)
    assert rows == {name: float(name in expected) for name in savings}


def test_rows_of_one_lever_add_up_and_of_none_count_nowhere() -> None:
    twice = {name: {"lever": "Version retirement", **VERSIONS} for name in ("Old", "Older")}
    found = xlroi.run(case_of({"versions": twice}))
    assert by_lever(found, "models_saving")["Version retirement"] == pytest.approx(2 * 184_500)
    assert by_lever(found, "models_rows")["Version retirement"] == 2
    none = xlroi.run(case_of({t: {} for t in TABLES}))
    assert set(by_lever(none, "models_saving").values()) == set(by_lever(none, "models_rows").values()) == {0.0}
    assert "models_within" not in failing(none)


def test_levers_on_models_that_cost_more_than_they_save_count_as_they_are_and_fail_the_gate() -> None:
    losing: dict[str, dict[str, object]] = {
        "retraining": {**RETRAINING, "calendar_runs": 10},
        "quantisation": {**QUANTISATION, "quality_loss": "10%"},
        "ensembles": {**ENSEMBLE, "error_value": 80_000_000},
        "versions": {**VERSIONS, "recall_cost": 600_000},
        "upgrades": {**UPGRADE, "better_probability": 0},
        "edge": {**EDGE, "devices": 1000},
    }
    levers = {table: programme().tables[table][0].values["lever"] for table in losing}
    found = xlroi.run(case_of({t: {"By hand": {"lever": levers[t], **losing[t]}} for t in losing}))
    savings = by_lever(found, "models_saving")
    for lever in levers.values():
        assert savings[str(lever)] < 0
        assert float(at(found, "lever_total", str(lever))) < 0
        assert at(found, "gate_says", str(lever)) == "Fails: costs more than it saves"
    assert "all_save" in failing(found)


@pytest.mark.parametrize("scenario", ["base", "optimistic", "pessimistic"])
def test_the_rows_that_come_with_it_pay_and_fit_their_baselines(scenario: str) -> None:
    found = xlroi.run(programme(), scenario)  # type: ignore[arg-type]
    assert not {"models_within", "upgrades_testable"} & set(failing(found))
    assert min(of(found, f"{t}_saving") for t in TABLES) > 0


def test_a_row_that_acts_on_more_than_its_baseline_holds_is_an_error() -> None:
    # 12 x 200,000 a year on serving; 3,000,000 million tokens at 2 an hour and 1,000 a second cost 1,666,667.
    found = xlroi.run(with_row("quantisation", **{**QUANTISATION, "tokens": 3_000_000}))
    assert "models_within" not in failing(found)
    found = xlroi.run(with_row("quantisation", **{**QUANTISATION, "tokens": 9_000_000}))
    assert of(found, "quantisation_beyond") == pytest.approx(5_000_000 - 2_400_000, rel=1e-12)
    assert "models_within" in failing(found)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("retraining[Recommendation model].calendar_runs", "0"),
        ("quantisation[Chat model in 8 bits].quality_loss", "101%"),
        ("ensembles[Fraud score].limit", "0"),
        ("ensembles[Fraud score].correlation", "-1%"),
        ("versions[Old versions of all models].recall_probability", "2"),
        ("upgrades[Support assistant].power", "100%"),
        ("upgrades[Support assistant].gain", "0"),
        ("edge[Cameras of the plants].edge_share", "1.2"),
        ("portability[Language models of one vendor].switch_probability", "-0.1"),
        ("portability[Language models of one vendor].lever", "No such lever"),
    ],
)
def test_figures_outside_their_bounds_and_unknown_levers_are_refused(cell: str, value: str) -> None:
    with pytest.raises(InputError, match=re.escape(cell)):
        with_settings(programme(), [f"{cell}={value}"])
