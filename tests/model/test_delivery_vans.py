"""The template of a finance user: places, comparator and month against hand calculations."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlroi.api import load_case, run
from xlroi.model.case import with_settings

CASE = Path(__file__).parents[2] / "examples" / "delivery_vans.yaml"


def test_the_cheapest_van_has_the_first_place() -> None:
    found = run(load_case(CASE)).outputs
    costs, places = found["npv_cost"], found["place"]
    assert isinstance(costs, dict)
    assert isinstance(places, dict)
    assert places == {"Diesel": 2.0, "Electric": 1.0}
    assert found["saved"] == costs["Diesel"] - costs["Electric"]  # type: ignore[operator]  # numbers


def test_the_sentence_names_comparator_basis_currency_and_month() -> None:
    found = run(load_case(CASE))
    cumulative = {name: found.values.row("cumulative", i) for i, name in enumerate(("Diesel", "Electric"))}
    months = range(61)
    last_dearer = max(m for m in months if cumulative["Electric"][m] >= cumulative["Diesel"][m])  # type: ignore[operator]
    assert found.outputs["cheaper_from"] == last_dearer + 1
    assert found.values.cell("answer") == (
        f"Over 60 months Electric costs least at present value: {found.outputs['saved']:,.0f} USD less than Diesel, "
        f"the dearest; undiscounted it is cheaper from month {last_dearer + 1} on."
    )


@pytest.mark.parametrize("months", [12, 60])
def test_without_driving_the_cheaper_van_to_buy_is_cheaper_from_the_decision_on(months: int) -> None:
    # Only purchase, upkeep and resale are left: the dearer van to buy is dearer from month 0 on.
    case = with_settings(load_case(CASE), [f"months={months}", "distance=0"])
    found = run(case)
    assert found.outputs["best"] == "Diesel"
    assert found.outputs["cheaper_from"] == 0.0
