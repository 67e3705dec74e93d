"""Figures of a bill in the showback workbook: parts and wholes, cost per unit, savings, worked by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from tests.finops.bill import write_bill
from xlroi.api import Result, run
from xlroi.finops.allocation import allocate, load_rules
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.figures.rules import Assumptions
from xlroi.finops.figures.usage import load_usage
from xlroi.finops.figures.whole import figures
from xlroi.finops.showback import showback_case

USED = {"PricingCategory": "Committed", "CommitmentDiscountId": "plan", "CommitmentDiscountStatus": "Used"}
UNUSED = {**USED, "CommitmentDiscountStatus": "Unused", "ResourceId": "", "Tags": ""}
ROWS = [
    # Effective 60 of 80 contracted and 100 at list; 40 paid and not used; 20 at the contracted and list price.
    {**USED, "BilledCost": "0", "EffectiveCost": "60", "ContractedCost": "80", "ListCost": "100"},
    {**UNUSED, "BilledCost": "0", "EffectiveCost": "40", "ContractedCost": "40", "ListCost": "40"},
    {
        "PricingCategory": "Standard",
        "BilledCost": "20",
        "EffectiveCost": "20",
        "ContractedCost": "20",
        "ListCost": "20",
    },
]
RULES = """\
currency: USD
cost: effective
shared: [{name: Unused, commitment: Unused, split: even}]
dimensions: {team: [{tag: team}]}
"""


def shown(folder: Path, rules: str, rows: Sequence[Mapping[str, str]]) -> Result:
    """The showback of a bill, with its figures."""
    (folder / "rules.yaml").write_text(rules)
    (folder / "usage.csv").write_text("month,unit,quantity\n2026-03,million tokens,480\n")
    bill = write_bill(folder / "bill.csv", rows)
    with DuckEngine() as engine:
        bills = open_bills([str(bill)], engine)
        given = load_rules(str(folder / "rules.yaml"))
        allocation = allocate(bills, given)
        usage = load_usage(folder / "usage.csv")
        seen = figures(bills, allocation=allocation, usage=usage, assumptions=Assumptions())
    case = showback_case(allocation, "A bill by hand", date(2026, 3, 31), figures=seen, rates=given.rates)
    return run(case)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return shown(tmp_path_factory.mktemp("bill"), RULES, ROWS)


def test_rates_are_parts_of_wholes_of_the_month(found: Result) -> None:
    rates = found.outputs["last_figure"]
    assert isinstance(rates, dict)
    assert rates["Commitment utilisation"] == pytest.approx(60 / (60 + 40))
    # What was not used counts 0 at contracted and list prices: nothing was used.
    assert rates["Savings rate over contracted"] == pytest.approx((80 + 20 - 60 - 40 - 20) / (80 + 20))
    assert rates["Savings rate over list"] == pytest.approx((100 + 20 - 60 - 40 - 20) / (100 + 20))
    assert rates["Commitment coverage"] == pytest.approx(60 / (60 + 20))
    assert rates["Without any tag"] == pytest.approx(40 / 120)


def test_cost_per_unit_divides_what_teams_bear_by_what_was_made(found: Result) -> None:
    assert found.values.cell("unit_cost", 0, 1) == pytest.approx(120 / 480)


def test_savings_are_listed_with_their_month(found: Result) -> None:
    # 40 not used in one day of usage, the only one that the bill has, times 365/12 days.
    assert found.outputs["savings_found"] == pytest.approx(40 * 365 / 12, abs=0.01)
    assert found.failing() == [] or {check.kind for check in found.failing()} == {"alert"}


def test_figures_of_another_currency_are_taken_at_the_rates_of_the_rules(tmp_path: Path) -> None:
    euros = shown(tmp_path, RULES + "rates: {EUR: 2}\n", [{**row, "BillingCurrency": "EUR"} for row in ROWS])
    assert euros.outputs["total_cost"] == pytest.approx(240)  # 120 EUR at 2
    assert euros.outputs["savings_found"] == pytest.approx(2 * 40 * 365 / 12, abs=0.02)
    assert euros.outputs["last_figure"]["Commitment utilisation"] == pytest.approx(0.6)  # type: ignore[index, call-overload]
