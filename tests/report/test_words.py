"""The wording follows the numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from xlroi.api import load_case, run
from xlroi.model.case import Case, case_from, with_settings
from xlroi.model.loading import parse_yaml
from xlroi.report.content import Items, Memo, Paragraph
from xlroi.report.memo import memo_of
from xlroi.report.proving import Proven
from xlroi.report.words import of_case

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 11, 21)


def _roi(*settings: str) -> Case:
    return with_settings(case_from(parse_yaml("model: roi", "case.yaml")), list(settings))


def _said(memo: Memo) -> str:
    texts = []
    for section in memo.sections:
        for block in section.blocks:
            texts += (
                [block.text] if isinstance(block, Paragraph) else list(block.texts) if isinstance(block, Items) else []
            )
    return "\n".join(texts)


def test_a_negative_net_present_value_is_called_negative() -> None:
    said = list(of_case(run(load_case(EXAMPLES / "resnet50_inspection.yaml"))))
    assert said[0] == "The net present value is negative: -902 USD at a discount rate of 10% a year."
    assert said[1] == "The undiscounted profit of 2,184 USD does not earn the discount rate."
    assert "Discounted, the payback is never reached within 36 months." in said
    assert any(s.startswith("The cash flows change sign 12 times") for s in said)


def test_a_payback_never_reached_is_said_once() -> None:
    said = " ".join(of_case(run(_roi("monthly_revenue=0"))))
    assert "The payback is never reached within 24 months." in said
    assert "Discounted" not in said
    assert "positive" not in said


def test_without_a_change_of_sign_there_is_no_rate() -> None:
    said = " ".join(of_case(run(_roi("initial_investment=0", "monthly_operating_cost=0"))))
    assert "There is no internal rate of return (#NUM!): the cash flows never change sign." in said
    assert "The payback is reached in month 0." in said


def test_zero_is_neither_positive_nor_negative() -> None:
    nothing = [
        f"{id}=0" for id in ("initial_investment", "monthly_operating_cost", "monthly_revenue", "monthly_savings")
    ]
    said = " ".join(of_case(run(_roi(*nothing))))
    assert "The net present value is exactly zero at a discount rate of 10% a year." in said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ([], "In none of the three scenarios is the net present value negative."),
        (["monthly_revenue=0"], "In each of the three scenarios the net present value is negative."),
        (["monthly_revenue=20000"], "The net present value is negative in the scenario pessimistic ("),
    ],
)
def test_the_sign_in_the_scenarios(settings: list[str], said: str) -> None:
    assert said in _said(memo_of(_roi(*settings), DAY))


def test_an_input_that_turns_the_sign_is_said_to() -> None:
    said = _said(memo_of(load_case(EXAMPLES / "resnet50_inspection.yaml"), DAY))
    assert "the optimistic end alone turns it positive" in said
    assert "the pessimistic end alone" not in said


def test_risks_name_old_prices_defaults_and_missing_sources() -> None:
    said = _said(memo_of(load_case(EXAMPLES / "resnet50_inspection.yaml"), DAY))
    assert "Prices older than 180 days: Price of storage (2025-12-31)" in said
    assert "stand at the template's default" in said
    assert "The case states no source for Period" in said
    assert "Alert: this does not hold: The flows change sign exactly once." in said


def test_proven_and_not_proven() -> None:
    assert "Not proven" in _said(memo_of(_roi(), DAY))
    said = _said(memo_of(_roi(), DAY, proof=Proven("IronCalc", "0.9.1", 6543, 25, 2.3e-12)))
    assert "not proven" not in said.lower()
    assert "IronCalc 0.9.1" in said
    assert "6,543 formula cells agree in 25 states" in said
    assert "2.3e-12" in said


def test_tei_says_what_a_model_does_not_have() -> None:
    memo = memo_of(load_case(EXAMPLES / "gpu_server_8.yaml"), DAY, "tei")
    said = _said(memo)
    assert [s.title for s in memo.sections][1:6] == ["Benefits", "Costs", "Flexibility", "Risk", "Financial summary"]
    assert "The model has no figure for future options (flexibility)." in said
    assert "The model has no figure for: return on investment at present value, return on investment and" in said
    assert "no risk-adjusted figure" in said


def test_a_model_without_cash_flows_gets_a_memo_too() -> None:
    case = load_case(EXAMPLES / "delivery_vans.yaml")
    for layout in ("board", "tei"):
        said = _said(memo_of(case, DAY, layout))  # type: ignore[arg-type]  # one of the layouts
        assert "net present value" not in said.replace("The model has no figure for", "")[:200]
        assert "Electric costs least" in said


def test_another_scenario_is_said_in_the_head_and_changes_the_figures() -> None:
    from dataclasses import replace

    memo = memo_of(replace(_roi(), scenario="pessimistic"), DAY)
    numbers = {n.of: n.value for n in memo.numbers()}
    assert dict(memo.facts)["Scenario"] == "Pessimistic"
    assert numbers["npv"] == numbers["npv@pessimistic"] != numbers["npv@base"]
