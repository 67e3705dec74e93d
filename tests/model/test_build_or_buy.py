"""The model of building or buying: its figures worked by hand beside it, in plain Python."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import pytest

import xlroi
from xlroi.analysis.goal import solve
from xlroi.api import Result
from xlroi.errors import InputError
from xlroi.model.case import Case, case_from, load_case, with_settings
from xlroi.model.loading import parse_yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "build_or_buy_support.yaml"

PLAIN = """
model: build_or_buy
inputs:
  period_months: 12
  discount_rate: 0
  tickets: 1000
  ticket_growth: 0
  ramp_months: 0
  ticket_value: 10
  deflection: 50%
  target_quality: 90%
  verified_share: 100%
  tokens_in: 0
  tokens_out: 0
  serving_gpus_min: 0
  engineer_rate: 100
  trial_share: 0
  gpu_hour_price: 2
  gpu_price_change: 0
  peak_factor: 1
tables:
  options:
    Bought: {model: None, vendor: Shop, build_months: 0, quality: 80%, review_share: 0}
    Built: {model: Mine, vendor: None, build_months: 0, quality: 80%, review_share: 0}
  models:
    None: {}
    Mine: {training: full, speed: 1000}
  vendors:
    None: {}
    Shop: {token_level: 100%}
  flip:
    First: {option: Bought}
    Second: {option: Built}
"""

BOUGHT, BUILT = 0, 1


@cache
def plain() -> Case:
    return case_from(parse_yaml(PLAIN, "hand.yaml"))


def case(*settings: str) -> Case:
    """Two options with next to nothing in them, and what a test adds."""
    return with_settings(plain(), list(settings))


def run(*settings: str) -> Result:
    return xlroi.run(case(*settings))


def row(found: Result, line: str, member: int = 0) -> list[float]:
    return [float(v) for v in found.values.row(line, member)]  # type: ignore[arg-type]  # no error in these


def of(found: Result, line: str, member: int = 0) -> float:
    """A single value, of one row of a table or of the model."""
    return row(found, line, member)[0]


def failing(found: Result) -> list[str]:
    """The checks that do not hold, but for the search, which these cases have not made."""
    return [c.line for c in found.failing() if c.line not in ("flip_found", "best_option_tie", "one_sign_change")]


# Training and memory -------------------------------------------------------------------------------------------------


def test_training_in_full_is_six_parameters_tokens() -> None:
    # 7e9 parameters, 2e12 tokens: 8.4e22 FLOP; twice the hours with 100% of failed and trial runs, at 2 an hour.
    found = run(
        "models[Mine].parameters=7", "models[Mine].tokens=2000000", "peak_tflops=312", "mfu=40%", "trial_share=100%"
    )
    hours = 6 * 7e9 * 2e12 / (312e12 * 0.4 * 3600)
    assert of(found, "training_flops", 1) == pytest.approx(8.4e22, rel=1e-12)
    assert of(found, "gpu_hours", 1) == pytest.approx(hours, rel=1e-12)
    assert of(found, "one_time", BUILT) == pytest.approx(hours * 2 * 2, rel=1e-12)
    assert of(found, "one_time", BOUGHT) == 0


def test_lora_spares_the_gradient_of_frozen_weights() -> None:
    # 8e9 parameters, 1% of them in adapters, 50e6 tokens: 4 on all weights and 6 on the adapters.
    found = run(
        "models[Mine].training=lora", "models[Mine].parameters=8", "models[Mine].tokens=50",
        "models[Mine].trained_share=1%",
    )  # fmt: skip
    assert of(found, "training_flops", 1) == pytest.approx(4 * 8e9 * 50e6 + 6 * 0.08e9 * 50e6, rel=1e-12)


@pytest.mark.parametrize(
    ("training", "billions", "frozen", "gpus"),
    [
        ("full", 70, 2, math.ceil(70 * 16 / (80 * 0.8))),  # 1,120 GB on 64 usable: 17.5, so 18
        ("lora", 70, 2, math.ceil(70 * (2 + 16 * 0.005) / 64)),  # 145.6 GB: 3
        ("lora", 70, 0.6, math.ceil(70 * (0.6 + 16 * 0.005) / 64)),  # 4-bit weights: 47.6 GB: 1
        ("none", 70, 2, 0),
    ],
)
def test_gpus_in_training_hold_its_memory(training: str, billions: int, frozen: float, gpus: int) -> None:
    found = run(
        f"models[Mine].training={training}", f"models[Mine].parameters={billions}", f"frozen_memory={frozen}",
        "gpu_memory=80", "usable_memory=80%",
    )  # fmt: skip
    assert of(found, "gpus_in_training", 1) == gpus
    # Serving needs the frozen weights only: 140 GB are 3 GPUs, 42 GB one.
    assert of(found, "serving_gpus", BUILT) == 0  # at the decision
    assert row(found, "serving_gpus", BUILT)[1] == math.ceil(billions * frozen / 64)


def test_more_gpus_than_the_memory_needs_shorten_the_training() -> None:
    settings = ["models[Mine].parameters=1", "models[Mine].tokens=1000", "peak_tflops=1000", "mfu=50%"]
    hours = 6 * 1e9 * 1e9 / (500e12 * 3600)
    assert of(run(*settings), "training_days", 1) == pytest.approx(hours / 24)
    assert of(run(*settings, "models[Mine].training_gpus=8"), "training_days", 1) == pytest.approx(hours / 8 / 24)


def test_one_time_cost_is_the_sum_of_its_parts() -> None:
    parts = {
        "data_cost": 1000,
        "engineering_hours": 30,
        "evaluation_cost": 500,
        "integration_cost": 700,
        "procurement_cost": 90,
    }
    found = run(*(f"options[Bought].{name}={value}" for name, value in parts.items()))
    assert of(found, "one_time", BOUGHT) == 1000 + 30 * 100 + 500 + 700 + 90
    assert row(found, "option_cost", BOUGHT)[0] == 5290
    assert sum(row(found, "option_cost", BOUGHT)[1:]) == 0


# Vendors -------------------------------------------------------------------------------------------------------------


def test_the_bill_of_an_api_by_tokens_and_falling_prices() -> None:
    found = run(
        "tokens_in=4000", "tokens_out=500", "cached_share=25%", "input_price=3", "cached_price=0.3", "output_price=15",
        "vendors[Shop].token_level=80%", "vendors[Shop].price_change=-19%", "ticket_growth=21%", "period_months=24",
    )  # fmt: skip
    ticket = (3000 * 3 + 1000 * 0.3 + 500 * 15) / 1e6 * 0.8
    bill = row(found, "token_bill", BOUGHT)
    assert bill[0] == 0
    assert bill[1] == pytest.approx(1000 * ticket, rel=1e-12)
    assert bill[13] == pytest.approx(1000 * 1.21 * ticket * 0.81, rel=1e-12)
    assert sum(row(found, "vendor_bill", BUILT)) == 0


def test_seats_are_paid_from_go_live_on() -> None:
    found = run(
        "seats=40", "vendors[Shop].token_level=0", "vendors[Shop].seat_price=120", "options[Bought].build_months=4"
    )
    assert row(found, "seat_bill", BOUGHT)[:7] == [0, 0, 0, 0, 0, 4800, 4800]
    assert sum(row(found, "option_cost", BOUGHT)) == 8 * 4800


@pytest.mark.parametrize(
    ("tickets", "floor", "cap", "fee"),
    [
        (1000, 0, 0, 1000 * 0.5 * 0.8 * 10 * 0.9 * 0.25),  # a quarter of 90% of 4,000 saved: 900
        (1000, 1200, 0, 1200),  # the floor holds
        (1000, 0, 700, 700),  # the cap holds
        (1000, 500, 5000, 900),
        (0, 500, 5000, 500),  # nothing saved: the floor is still due
    ],
)
def test_a_fee_for_outcomes_has_a_floor_and_a_cap(tickets: int, floor: int, cap: int, fee: float) -> None:
    found = run(
        f"tickets={tickets}", "verified_share=90%", "vendors[Shop].token_level=0", "vendors[Shop].outcome_share=25%",
        f"vendors[Shop].least_fee={floor}", f"vendors[Shop].most_fee={cap}",
    )  # fmt: skip
    assert row(found, "outcome_bill", BOUGHT)[1:13] == pytest.approx([fee] * 12)
    assert row(found, "outcome_bill", BOUGHT)[0] == 0
    assert set(row(found, "outcome_bill", BUILT)) == {0}


# Own models in use ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tickets", "least", "gpus"), [(100_000, 0, 2), (150_000, 0, 3), (1000, 4, 4), (1000, 0, 1)])
def test_serving_gpus_follow_the_peak_load_and_the_least_number(tickets: int, least: int, gpus: int) -> None:
    # 5,000 tokens a ticket, peak 10 times the mean, 1,000 tokens a GPU-second: 100,000 tickets a month need 1.9 GPUs.
    load = tickets * 5000 * 10 / (1000 * 3600 * 730)
    found = run(f"tickets={tickets}", "tokens_in=4500", "tokens_out=500", "peak_factor=10", f"serving_gpus_min={least}")
    assert max(math.ceil(load), least) == gpus
    assert row(found, "serving_gpus", BUILT)[1] == gpus
    assert row(found, "serving", BUILT)[1] == pytest.approx(gpus * 730 * 2)
    assert set(row(found, "serving", BOUGHT)) == {0}


def test_retraining_maintenance_monitoring_and_review() -> None:
    found = run(
        "options[Built].data_cost=10000", "options[Built].upkeep_hours=5", "options[Built].monitoring_cost=70",
        "options[Built].review_share=10%", "review_minutes=3", "reviewer_rate=20", "retrain_share=30%",
        "models[Mine].retrain_months=5", "models[Mine].parameters=1", "models[Mine].tokens=1000", "peak_tflops=1",
        "mfu=100%", "options[Built].build_months=1", "gpu_memory=1000",
    )  # fmt: skip
    compute = 6 * 1e9 * 1e9 / (1e12 * 3600) * 2
    due = [month for month, cost in enumerate(row(found, "retraining", BUILT)) if cost]
    assert due == [5, 10]  # not in the last month, which would be for nothing, had it been due
    assert row(found, "retraining", BUILT)[5] == pytest.approx(0.3 * (10000 + compute))
    assert row(found, "upkeep", BUILT)[1:4] == [0, 500, 500]
    assert row(found, "monitoring", BUILT)[2] == 70
    assert row(found, "review", BUILT)[2] == pytest.approx(1000 * 0.1 * 3 / 60 * 20)


# Benefit, ceiling, risk ----------------------------------------------------------------------------------------------


def test_benefit_grows_with_reach_and_quality_up_to_the_ceiling() -> None:
    found = run(
        "ramp_months=2", "options[Built].build_months=3", "options[Built].learning=12%", "options[Built].ceiling=85%"
    )
    quality = [min(0.80 + 0.01 * month, 0.85) for month in range(13)]
    reach = [0, 0, 0, 0, 0.5] + [1.0] * 8
    expected = [1000 * r * 0.5 * q * 10 for r, q in zip(reach, quality, strict=True)]
    assert row(found, "saving", BUILT)[:13] == pytest.approx(expected)
    short = [1000 * r * 0.5 * (0.90 - q) * 10 for r, q in zip(reach, quality, strict=True)]
    assert of(found, "ceiling_loss", BUILT) == pytest.approx(sum(short))
    # What is missing to the target is shown, not taken off again.
    assert of(found, "option_npv", BUILT) == pytest.approx(sum(expected))


def test_a_quality_above_the_target_loses_nothing() -> None:
    assert of(run("options[Built].quality=95%"), "ceiling_loss", BUILT) == 0


def test_expected_loss_is_probability_times_impact() -> None:
    found = run(
        "options[Bought].switch_probability=20%", "options[Bought].switch_cost=60000", "incident_cost=400000",
        "options[Bought].incident_probability=3%", "vendors[Shop].rise_probability=25%", "vendors[Shop].price_rise=40%",
        "vendors[Shop].token_level=0", "vendors[Shop].seat_price=100", "seats=50",
    )  # fmt: skip
    a_year = 0.20 * 60000 + 0.03 * 400000 + 0.25 * 0.40 * (12 * 50 * 100)
    assert of(found, "yearly_loss", BOUGHT) == pytest.approx(a_year)
    assert of(found, "value_after_risk", BOUGHT) == pytest.approx(of(found, "option_npv", BOUGHT) - a_year)
    half = run(
        "options[Bought].switch_probability=20%", "options[Bought].switch_cost=60000", "options[Bought].build_months=6"
    )
    assert of(half, "yearly_loss", BOUGHT) == pytest.approx(0.20 * 60000 / 2)  # at risk in six months of twelve


def test_tei_takes_risk_off_benefits_and_adds_it_to_costs() -> None:
    found = run(
        "options[Bought].integration_cost=10000", "options[Bought].benefit_risk=20%", "options[Bought].cost_risk=30%",
        "next_use_cost=0",
    )  # fmt: skip
    benefit = 12 * 1000 * 0.5 * 0.8 * 10
    assert of(found, "tei_value", BOUGHT) == pytest.approx(benefit * 0.8 - 10000 * 1.3)
    assert of(found, "tei_roi", BOUGHT) == pytest.approx((benefit * 0.8 - 13000) / 13000)


def test_flexibility_is_a_decision_tree() -> None:
    # 60% that the next use is worth 500, else 100; it costs 300. Without help: 0.6 x 200 = 120, and nothing if low.
    # With 80% of its cost saved it costs 60: 0.6 x 440 + 0.4 x 40 = 280. The difference, a year off at 10%.
    found = run(
        "next_use_cost=300", "next_use_high=500", "next_use_low=100", "next_use_probability=60%", "next_use_month=12",
        "options[Built].reuse=80%", "discount_rate=10%",
    )  # fmt: skip
    assert of(found, "flexibility", BUILT) == pytest.approx((280 - 120) / 1.1)
    assert of(found, "flexibility", BOUGHT) == 0


# The matrix ----------------------------------------------------------------------------------------------------------

WEIGHTS = ("value", "tco", "roi", "time", "payback", "risk", "flexibility")


def test_the_score_shares_out_weights_over_points() -> None:
    found = xlroi.run(load_case(EXAMPLE))
    weights = dict(zip(WEIGHTS, (30, 15, 15, 10, 10, 10, 10), strict=True))
    names = list(found.outputs["score"])  # type: ignore[call-overload]  # of a table
    columns = {
        "value": "option_npv", "tco": "tco", "roi": "option_roi", "time": "time_to_value", "payback": "option_payback",
        "risk": "yearly_loss", "flexibility": "flexibility",
    }  # fmt: skip
    scores = dict.fromkeys(names, 0.0)
    for criterion, line in columns.items():
        given = found.outputs[line]
        # A payback that is never reached counts as month 25.
        numbers = {n: given[n] if isinstance(given[n], float) else 25.0 for n in names}  # type: ignore[index,call-overload]
        low, high = min(numbers.values()), max(numbers.values())
        for name in names:
            share = (numbers[name] - low) / (high - low)
            points = share if criterion in ("value", "roi", "flexibility") else 1 - share
            scores[name] += weights[criterion] * points
    assert found.outputs["score"] == pytest.approx(scores)  # weights sum to 100
    assert found.outputs["best_option"] == max(scores, key=scores.__getitem__) == "Buy an API"


def test_the_best_option_follows_the_weights() -> None:
    only = [f"weight_{name}=0" for name in WEIGHTS]
    for name, best in {"tco": "Buy an API", "risk": "Fine-tune with LoRA", "flexibility": "Train from scratch"}.items():
        chosen = with_settings(load_case(EXAMPLE), [*only, f"weight_{name}=7"])
        found = xlroi.run(chosen)
        assert found.outputs["best_option"] == best
        assert found.outputs["score"][best] == pytest.approx(100)  # type: ignore[index,call-overload]
        # Cash flow, returns and profit and loss follow the best option.
        assert found.outputs["total_cost"] == pytest.approx(found.outputs["tco"][best])  # type: ignore[index,call-overload]
        alert = ["score_and_value"] if name != "tco" else []
        assert [c.line for c in found.failing() if c.line != "one_sign_change"] == alert


def test_options_that_are_equal_all_have_the_points_and_an_alert() -> None:
    found = run("vendors[Shop].token_level=1%", "input_price=0", "models[Mine].parameters=0")
    assert of(found, "score", BOUGHT) == of(found, "score", BUILT) == 100
    assert "best_option_tie" in [c.line for c in found.failing()]


def test_payback_time_to_value_and_cost_of_a_resolution() -> None:
    found = run(
        "options[Bought].integration_cost=9000", "options[Bought].upkeep_hours=5", "options[Bought].build_months=2"
    )
    # 9,000 at the decision; from month 3 on 4,000 of benefit less 500: behind until 3 x 3,500, so month 5.
    assert of(found, "time_to_value", BOUGHT) == 3
    assert of(found, "option_payback", BOUGHT) == 5
    assert of(found, "cost_per_ticket", BOUGHT) == pytest.approx((9000 + 10 * 500) / (10 * 400))
    assert of(found, "option_roi", BOUGHT) == pytest.approx((10 * 4000 - 14000) / 14000)


# Where the ranking flips ---------------------------------------------------------------------------------------------

FLIP = [
    "tokens_in=20000", "tokens_out=0", "cached_share=0", "input_price=5", "serving_gpus_min=1",
    "options[Built].integration_cost=30000", "options[Built].upkeep_hours=10", "models[Mine].speed=10000",
    "vendors[Shop].rise_probability=50%", "vendors[Shop].price_rise=20%", "options[Built].switch_probability=10%",
    "options[Built].switch_cost=12000",
]  # fmt: skip


def test_the_flip_volume_by_hand_is_what_the_search_finds() -> None:
    # Bought: 0.10 a ticket and 10% expected rise on it, so 0.11 x 12 x V. Built: 30,000, then a month 1,000 of upkeep,
    # one GPU for 730 hours at 2, and a twelfth of 10% of 12,000 as risk. One GPU serves 1.3 million tickets a month.
    volume = (30000 + 12 * (1000 + 1460 + 100)) / (12 * 0.11)
    found = solve(case(*FLIP), "flip_gap", 0.0, "flip_tickets")
    assert found.value == pytest.approx(volume, rel=1e-6)  # the costs are equal to the cent
    there = run(*FLIP, f"flip_tickets={found.value!r}")
    assert of(there, "flip_first") == pytest.approx(12 * 0.11 * volume, rel=1e-6)
    assert of(there, "flip_second") == pytest.approx(12 * 0.11 * volume, rel=1e-6)
    assert of(there, "flip_gap") == 0
    assert there.outputs["flip_volume"] == found.value
    assert "flip_found" not in [c.line for c in there.failing()]


def test_a_flip_volume_from_before_a_change_is_an_alert_and_no_number() -> None:
    found = run(*FLIP, "flip_tickets=40000")
    assert "flip_found" in [c.line for c in found.failing()]
    assert str(found.outputs["flip_volume"]) == "#N/A"


@pytest.mark.parametrize(
    "pair", [("Buy an API", "Fine-tune in full"), ("Per ticket", "Train from scratch"), ("Per seat", "Buy an API")]
)
def test_at_the_planned_volume_the_flip_costs_are_those_of_the_options(pair: tuple[str, str]) -> None:
    # The second evaluation has formulas of its own: here they meet those of the plan, every way of charging included.
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace("    Buy an API: {", PER_TICKET + "    Buy an API: {")
    text = text.replace("    API by token: {", "    Seats: {seat_price: 90, price_change: 5%}\n    API by token: {")
    other = with_settings(
        case_from(parse_yaml(text, str(EXAMPLE))), [f"flip[First].option={pair[0]}", f"flip[Second].option={pair[1]}"]
    )
    for tickets in (4000, 40000, 400000):
        found = xlroi.run(with_settings(other, [f"tickets={tickets}", f"flip_tickets={tickets}"]))
        names = list(found.outputs["tco"])  # type: ignore[call-overload]  # of a table
        for name, line in zip(pair, ("flip_first", "flip_second"), strict=True):
            member = names.index(name)
            expected = of(found, "pv_of_cost", member) + of(found, "pv_of_loss", member)
            assert of(found, line) == pytest.approx(expected, rel=1e-12)


PER_TICKET = """\
    Per ticket: {model: None, vendor: Per resolved ticket, quality: 80%, build_months: 1, switch_probability: 10%,
      switch_cost: 5000}
    Per seat: {model: None, vendor: Seats, quality: 80%, build_months: 2}
"""


# What cannot be ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "check", "says"),
    [
        (["options[Built].quality=90%", "options[Built].ceiling=85%"], "quality_below_ceiling", "No option is better"),
        (["vendors[Shop].token_level=0"], "every_option_served", "vendor that charges or GPUs that serve"),
        (["models[Mine].speed=0"], "every_option_served", "vendor that charges or GPUs that serve"),
        ([f"weight_{name}=0" for name in WEIGHTS], "some_weight", "At least one weight is above 0"),
        (
            ["vendors[Shop].outcome_share=5%", "vendors[Shop].least_fee=9", "vendors[Shop].most_fee=5"],
            "floor_below_cap",
            "floor",
        ),
        (["options[Built].build_months=12"], "live_in_time", "goes live within the period"),
        (["models[Mine].parameters=100", "models[Mine].tokens=1000000"], "training_in_time", "Training fits"),
    ],
)
def test_what_cannot_be_is_named_by_a_check(setting: list[str], check: str, says: str) -> None:
    assert failing(run("options[Bought].integration_cost=1", "options[Built].build_months=1")) == []
    found = run("options[Built].build_months=1", *setting)
    named = {c.line: c for c in found.failing()}
    assert check in named
    assert says in named[check].label
    assert named[check].help


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: {options: {A: {model: None, vendor: None, quality: 120%}}}", "must be at most 1"),
        ("tables: {options: {A: {model: None, quality: 0.5, switch_probability: 1.2}}}", "must be at most 1"),
        ("tables: {options: {A: {model: None, quality: 0.5, incident_probability: -0.1}}}", "must be at least 0"),
        ("tables: {options: {A: {model: None, vendor: None}}}", "Quality at go-live is missing"),
        ("tables: {options: {A: {model: None, vendor: Shop, quality: 50%}}}", "'Shop' is no row of table 'vendors'"),
        ("tables: {vendors: {None: {outcome_share: 130%}}}", "must be at most 1"),
        ("inputs: {next_use_probability: 2}", "must be at most 1"),
        ("inputs: {deflection: 101%}", "must be at most 1"),
        ("inputs: {weight_tco: -1}", "must be at least 0"),
    ],
)  # fmt: skip
def test_bad_cases_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        case_from(parse_yaml(f"model: build_or_buy\n{text}", "case.yaml"))
