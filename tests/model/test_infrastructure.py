"""Model infrastructure against published figures and hand calculations."""

from __future__ import annotations

import re
from pathlib import Path

import numpy_financial as npf
import pandas as pd
import pytest

from xlroi.api import Result, load_case, run
from xlroi.errors import InputError
from xlroi.model.case import case_from, with_settings
from xlroi.model.loading import parse_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"

PLAIN = """
model: infrastructure
inputs:
  period_months: {months}
  start_date: 2026-06-30
  discount_rate: 0
  failed_share: 0
  utilisation: 100%
  availability: 100%
  server_price: 100000
  server_price_index: [100%, 100%, 100%, 100%, 100%]
  delivery_months: {delivery}
  deposit: 100%
  life_months: {life}
  network_share: 0
  spare_share: 0
  installation_price: 0
  storage_per_server: 0
  setup_hours: 0
  support_rate: 0
  insurance_rate: 0
  kw_per_server: 0
  salary: 0
  decommissioning_price: 0
  resale_share: 100%
  cloud_price_change: 0
  egress: 0
  dataset: 0
  plan_share: 0
  {more}
tables:
  options:
    Cloud: {cloud}
    Own: {own}
  projects:
    Work: {project}
  comparison:
    Owning against renting: {{owning: Own, renting: Cloud}}
"""
CLOUD = "{owned_share: 0, exit_cost: 0}"
OWN = "{owned_share: 100%, financing: cash, exit_cost: 0}"
WORK = "{start: 1, hours: 5840}"


def result(
    *settings: str,
    months: int = 48,
    delivery: int = 0,
    life: int = 120,
    more: str = "",
    cloud: str = CLOUD,
    own: str = OWN,
    project: str = WORK,
) -> Result:
    text = PLAIN.format(months=months, delivery=delivery, life=life, more=more, cloud=cloud, own=own, project=project)
    return run(with_settings(case_from(parse_yaml(text, "case.yaml")), list(settings)))


def row(found: Result, line: str, member: int = 1) -> list[float]:
    return [float(v) for v in found.values.row(line, member)]  # type: ignore[arg-type]  # no error in these lines


def test_break_even_hours_are_those_of_lenovo_lp2225() -> None:
    outputs = run(load_case(EXAMPLES / "lenovo_breakeven.yaml")).outputs
    published = {"breakeven_hours": 8556.24, "breakeven_hours_year": 10890.88, "breakeven_hours_three": 15708.48}
    assert {id: round(float(outputs[id]), 2) for id in published} == published  # type: ignore[arg-type]  # numbers


def test_whole_servers_are_bought_for_the_demand() -> None:
    # A server works 8 x 730 = 5,840 GPU-hours a month; 5,841 hours need a second one.
    assert row(result(project="{start: 1, hours: 5840}"), "in_use")[1] == 1
    assert row(result(project="{start: 1, hours: 5841}"), "in_use")[1] == 2


def test_work_bursts_to_the_cloud_until_servers_arrive() -> None:
    found = result(delivery=3, more="on_demand_price: 2")
    assert row(found, "in_use")[:6] == [0, 0, 0, 0, 1, 1]
    assert row(found, "on_demand_cost")[1:6] == [11680, 11680, 11680, 0, 0]  # 5,840 hours at 2


def test_a_server_is_replaced_at_the_end_of_its_life_and_sold_by_price_performance() -> None:
    found = result(months=48, life=24)
    ordered = row(found, "ordered")
    assert [month for month, count in enumerate(ordered) if count] == [0, 24]
    # In use from month 1 on; sold after 24 months at 10^(-0.14 x 2) of its price, the second at the end of month 48
    # after 23 months.
    expected = 100_000 * 10 ** (-0.14 * 2)
    assert row(found, "retired_value")[25] == pytest.approx(expected, rel=1e-12)
    assert row(found, "residual")[48] == pytest.approx(100_000 * 10 ** (-0.14 * 23 / 12), rel=1e-12)


def test_no_server_is_ordered_for_a_short_use() -> None:
    found = result(months=48, life=40)  # the replacement could work for 8 months, and 12 are asked for
    assert [month for month, count in enumerate(row(found, "ordered")) if count] == [0]
    assert row(found, "cloud_hours")[41] == 5840


def test_commitments_are_paid_whether_used_or_not() -> None:
    mix = "{owned_share: 0, exit_cost: 0, on_demand: 40%, one_year: 60%}"
    more = "on_demand_price: 3\n  one_year_price: 2\n  coverage_loss: 10%"
    found = result(months=24, cloud=mix, more=more)
    # 60% of 5,840 hours are committed, 10% of that is lost to peaks: 3,504 paid, 3,153.6 used, the rest on demand.
    assert row(found, "committed_year", 0)[1] == pytest.approx(3504)
    assert row(found, "used_year", 0)[1] == pytest.approx(3153.6)
    assert row(found, "commitments", 0)[1] == pytest.approx(7008)
    assert row(found, "unused_commitments", 0)[1] == pytest.approx(700.8)
    assert row(found, "on_demand_cost", 0)[1] == pytest.approx((5840 - 3153.6) * 3)


def test_a_commitment_keeps_its_price_for_its_term_and_ends_in_time() -> None:
    mix = "{owned_share: 0, exit_cost: 0, on_demand: 0, one_year: 100%}"
    found = result(months=30, cloud=mix, more="one_year_price: 2\n  coverage_loss: 0").values
    assert set(found.row("price_year")[1:13]) == {2.0}
    committed = [float(v) for v in found.row("committed_year", 0)]  # type: ignore[arg-type]  # no error
    assert committed[1:25] == [5840.0] * 24
    assert committed[25:31] == [0.0] * 6  # a third year would outlast the 30 months


def test_spot_costs_its_overhead_by_young() -> None:
    mix = "{owned_share: 0, exit_cost: 0, on_demand: 0, spot: 100%}"
    more = "spot_price: 1\n  interruption_hours: 100\n  checkpoint_hours: 0.125\n  restart_hours: 0.5"
    found = result(cloud=mix, more=more)
    # Young: T = sqrt(2 x 0.125 x 100) = 5 h; overhead 0.125/5 + (2.5 + 0.5)/100 = 5.5%.
    assert row(found, "spot_cost", 0)[1] == pytest.approx(5840 * 1.055)


def test_macrs_by_fiscal_year_sums_to_the_cost() -> None:
    found = result(months=60, more="tax_rate: 25%")
    frame = pd.DataFrame({"year": found.values.row("fiscal_year"), "dep": row(found, "tax_depreciation")})[:61]
    by_year = frame.groupby("year")["dep"].sum()
    # Bought on 30 June 2026, so 20% over the seven months June to December; written off on 30 June 2031: six months of
    # the sixth year's 11.52% are depreciated, the rest is book value at the end.
    assert by_year[2026] == pytest.approx(20_000)
    assert by_year[2027] == pytest.approx(32_000)
    assert by_year[2030] == pytest.approx(11_520)
    assert by_year[2031] == pytest.approx(5_760 / 2)
    assert row(found, "written_off")[60] == pytest.approx(100_000 - by_year.sum())


def test_straight_line_and_bonus() -> None:
    own = "{owned_share: 100%, financing: cash, depreciation: straight, exit_cost: 0}"
    found = result(months=60, own=own, more="bonus_share: 40%\n  straight_months: 30")
    depreciation = row(found, "tax_depreciation")
    assert depreciation[0] == pytest.approx(40_000)
    assert depreciation[1:31] == pytest.approx([2_000] * 30)
    assert depreciation[31] == 0


def test_a_loan_is_paid_like_npf_says() -> None:
    own = "{owned_share: 100%, financing: loan, exit_cost: 0}"
    found = result(own=own, more="loan_share: 70%\n  loan_rate: 8%\n  loan_months: 48\n  tax_rate: 0")
    payment = -npf.pmt(0.08 / 12, 48, 70_000)
    assert row(found, "repaid")[1:48] == pytest.approx([payment] * 47)
    assert sum(row(found, "interest")) == pytest.approx(48 * payment - 70_000)
    assert row(found, "debt")[48] == pytest.approx(0, abs=1e-6)


def test_a_lease_replaces_purchase_depreciation_and_residual() -> None:
    own = "{owned_share: 100%, financing: lease, exit_cost: 0}"
    found = result(own=own, more="lease_rate: 9%\n  lease_months: 48\n  tax_rate: 25%")
    payment = -npf.pmt(0.09 / 12, 48, 100_000)
    # Nothing is paid at the decision; each month costs the payment less its tax relief; the residual is the lessor's.
    assert row(found, "equity_cost")[0] == pytest.approx(0, abs=1e-6)
    assert row(found, "equity_cost")[1:48] == pytest.approx([payment * 0.75] * 47)


def test_crossover_is_the_month_from_which_owning_stays_cheaper() -> None:
    found = result("on_demand_price=2", "resale_share=0", "tax_rate=0")
    # 100,000 against 11,680 a month: cheaper from the ninth month on.
    assert found.outputs["crossover_month"] == {"Cloud – Own": 9.0}
    assert found.outputs["payback_month"] == 9.0
    assert found.outputs["peak_funding"] == pytest.approx(100_000)


def test_break_even_utilisation_by_hand() -> None:
    # 100,000 over 48 months of 5,840 available hours are 0.3567 an hour; the cloud costs 2.
    expected = 100_000 / (48 * 5840) / 2
    outputs = result("on_demand_price=2", "resale_share=0", "tax_rate=0").outputs
    assert outputs["breakeven_utilisation"] == pytest.approx(expected)
    assert outputs["breakeven_utilisation_simple"] == pytest.approx(expected)


def test_the_share_in_use_stands_beside_its_break_even() -> None:
    # 4,380 of 5,840 available GPU-hours a month are in use: 75%. The rest is as in the test above.
    found = result("on_demand_price=2", "resale_share=0", "tax_rate=0", project="{start: 1, hours: 4380}")
    assert found.outputs["share_in_use"] == pytest.approx(0.75)
    assert found.outputs["breakeven_utilisation"] == pytest.approx(100_000 / (48 * 5840) / 2)
    # Above the break-even owning saves: 48 months of 8,760 against 100,000.
    assert found.outputs["npv_of_owning"] == pytest.approx(48 * 4380 * 2 - 100_000)


def test_what_does_not_apply_is_not_available() -> None:
    found = result("on_demand_price=2")
    assert str(found.values.cell("own_hour_cost", 0)) == "#N/A"  # Cloud owns nothing
    assert isinstance(found.values.cell("own_hour_cost", 1), float)
    assert str(found.values.cell("cloud_hour_price", 1)) == "#N/A"  # Own rents nothing
    assert str(found.values.cell("late_share", 0)) == "#N/A"


def test_profit_and_loss_ends_in_the_nominal_saving_before_tax() -> None:
    # 100,000 for the server, sold after 48 months at 10^(-0.14 x 47 / 12) of its price; the cloud costs 5,840 x 2 a
    # month; 10 hours of set-up at 110, and at 40 for what they would have brought elsewhere.
    own = "{owned_share: 100%, financing: cash, exit_cost: 3000}"
    found = result("setup_hours=10", own=own, more="on_demand_price: 2\n  opportunity_rate: 40\n  tax_rate: 25%")
    proceeds = 100_000 * 10 ** (-0.14 * 47 / 12)
    saving = 48 * 5840 * 2 - (100_000 - proceeds + 10 * (110 + 40) + 3000)
    assert found.outputs["nominal_saving"] == pytest.approx(saving)
    assert found.values.cell("profit") == pytest.approx(saving)
    written = sum(row(found, "written", 0)) + sum(row(found, "owning_book", 0))
    assert written == pytest.approx(100_000)
    assert sum(row(found, "disposed", 0)) == pytest.approx(sum(row(found, "owning_book", 0)) - proceeds)
    assert [c.line for c in found.failing()] == []


def test_the_sentence_names_both_options_and_its_basis() -> None:
    plain = result("on_demand_price=2", "resale_share=0", "tax_rate=0").values.cell("answer")
    # 48 x 11,680 - 100,000 = 460,640; 100,000 is earned back in the ninth month.
    assert plain == (
        "At present value after tax, Own costs least over 48 months; Own costs 460,640 USD less than Cloud; "
        "undiscounted it is paid back in month 9."
    )
    dear = result("on_demand_price=0.2", "resale_share=0", "tax_rate=0").values.cell("answer")
    assert dear == (
        "At present value after tax, Cloud costs least over 48 months; Own costs 43,936 USD more than Cloud; "
        "it is not paid back."
    )


def test_a_cheaper_way_to_rent_than_the_one_compared_is_an_alert() -> None:
    failing = [c.line for c in run(load_case(EXAMPLES / "gpu_server_8.yaml")).failing()]
    assert "cheapest_is_compared" in failing  # Cloud with spot costs less than Cloud
    assert "cheapest_is_compared" not in [c.line for c in run(load_case(EXAMPLES / "gpu_cluster_512.yaml")).failing()]


def test_certainty_counts_as_a_share() -> None:
    found = result(project="{start: 3, hours: 1000, growth: 21%, certainty: 80%}")
    demand = [float(v) for v in found.values.row("demand")]  # type: ignore[arg-type]  # no error
    assert demand[:4] == [0, 0, 0, 800]
    assert demand[15] == pytest.approx(800 * 1.21)
    assert demand[9] == pytest.approx(800 * 1.1)


def test_what_cannot_be_is_named_by_a_check() -> None:
    assert "delivery_in_time" in [c.line for c in result(delivery=24, months=20).failing()]
    idle = result(project="{start: 1, hours: 0}")
    assert "some_demand" in [c.line for c in idle.failing()]
    assert str(idle.outputs["cost_per_gpu_hour"]["Own"]) == "#DIV/0!"  # type: ignore[index]  # of a table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables:\n  options:\n    Cloud: {owned_share: 0, on_demand: 50%, spot: 30%}", "must be 100% (got 80%)"),
        ("inputs: {server_price: -1}", "must be at least 0"),
        ("inputs: {gpus_per_server: 2.5}", "must be a whole number"),
        ("tables:\n  comparison:\n    A: {owning: Own, renting: Cluod}", "did you mean 'Cloud'"),
    ],
)
def test_bad_cases_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        case_from(parse_yaml(f"model: infrastructure\n{text}", "case.yaml"))
