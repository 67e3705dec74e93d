"""What could be saved: each rule by hand, on bills that are made so that it must find something, or nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.finops.bill import SAMPLE
from tests.finops.figured import figured, figures_of, on
from xlroi.finops.figures.rules import Assumptions, break_even_level
from xlroi.finops.figures.savings import Saving
from xlroi.finops.figures.whole import Figures

FIRST = date(2026, 1, 1)
MACHINE = {"ServiceCategory": "Compute", "PricingCategory": "Standard", "ConsumedUnit": "Hours",
           "ChargeDescription": "$3.06 per On Demand Linux p3.2xlarge Instance Hour"}  # fmt: skip
ASSUMED = Assumptions(discount=Decimal("0.4"))


def days(*costs: str, **more: str) -> list[dict[str, str]]:
    return [on(FIRST + timedelta(n), cost, **more) for n, cost in enumerate(costs)]


def found_in(folder: Path, rows: list[dict[str, str]], assumed: Assumptions = ASSUMED) -> tuple[Saving, ...]:
    return figures_of(folder, rows, assumptions=assumed, evidence=True).savings


def per_month(cost: float, period: int) -> Decimal:
    """Of a period in days, for a month of 365/12 of them, at the cent."""
    return Decimal(f"{cost / period * 365 / 12:.2f}")


def test_the_break_even_level_is_the_cheapest_of_all_levels() -> None:
    # Brute force: the cost of every level that demand ever had, and of those between them.
    rng = np.random.default_rng(4)
    for discount in (0.1, 0.28, 0.41, 0.6, 0.75):
        demand = np.round(rng.gamma(3, 20, 40), 2)
        levels = np.union1d(np.round(np.linspace(0, demand.max(), 400), 2), demand)
        costs = [(1 - discount) * level + np.maximum(demand - level, 0).mean() for level in levels]
        level, saving = break_even_level([Decimal(str(d)) for d in demand], Decimal(str(discount)))
        assert float(saving) == pytest.approx(demand.mean() - min(costs), abs=1e-9)
        assert float(level) == np.quantile(demand, discount, method="inverted_cdf")


def test_a_commitment_is_advised_at_the_break_even_quantile(tmp_path: Path) -> None:
    # Forty days of demand 1.5, 2.5 ... 40.5 and a discount of 40%: the 16th of 40 days, 16.5. It costs 0.6 × 16.5 = 9.9
    # a day and covers (1.5 + ... + 16.5 + 24 × 16.5) / 40 = (144 + 396) / 40 = 13.5: 3.6 a day.
    rows = days(*(f"{n}.5" for n in range(1, 41)), **MACHINE)
    (one,) = found_in(tmp_path, rows)
    assert (one.rule.id, one.claim.saving, one.per_month) == ("commitment-purchase", Decimal(144), Decimal("109.50"))
    assert one.claim.why.startswith("commit for one year to 16.50 a day at on-demand prices (9.90 to pay): the 40.0%")
    assert one.claim.confidence == "low"
    assert one.cost == sum(n + Decimal("0.5") for n in range(1, 41))


def test_days_without_demand_count_and_too_few_days_are_no_advice(tmp_path: Path) -> None:
    # On 20 of 40 days nothing ran: the 40% quantile is 0, a commitment saves nothing.
    rows = [row for n, row in enumerate(days(*["9.5"] * 40, **MACHINE)) if n % 2 == 0 or n == 39]
    assert found_in(tmp_path, rows) == ()
    few = figures_of(tmp_path, days(*["9.5"] * 27, **MACHINE), assumptions=ASSUMED)
    assert few.savings == ()
    assert any("needs 28 days of usage, the bill has 27" in remark for remark in few.remarks)


def test_the_discount_comes_from_the_catalogue_and_an_unknown_one_is_asked_for(tmp_path: Path) -> None:
    known, unknown = {"ProviderName": "AWS"}, {"ProviderName": "Our reseller"}
    rows = days(*["10.5"] * 100, **MACHINE, **known) + days(*["10.5"] * 100, **MACHINE, **unknown)
    found = figures_of(tmp_path, rows, assumptions=Assumptions())
    (one,) = found.savings
    # Steady demand: the discount of 37.0% (AWS, one year) of 10.5 a day.
    assert (one.provider, one.claim.confidence) == ("AWS", "medium")
    assert one.claim.saving == Decimal("10.5") * 100 * Decimal("0.370")
    assert "median of 62 GPU instances in the catalogue" in one.claim.why
    assert any("Our reseller: the catalogue knows no discount" in remark for remark in found.remarks)


def test_unused_commitments_and_reservations_are_found_by_what_focus_marks(tmp_path: Path) -> None:
    unused = {"CommitmentDiscountStatus": "Unused", "PricingCategory": "Committed", "BilledCost": "0.00"}
    rows = days("4.5", "3.5", CommitmentDiscountId="sp-1") + days("2.25", CapacityReservationStatus="Unused")
    rows[0] |= unused
    rows[1] |= {**unused, "CommitmentDiscountStatus": "Used"}
    rows.append(on(FIRST + timedelta(9), "1.5"))
    found = found_in(tmp_path, rows)
    assert [(s.rule.id, s.claim.saving, s.per_month, s.claim.confidence) for s in found] == [
        ("unused-commitment", Decimal("4.5"), per_month(4.5, 10), "high"),
        ("unused-reservation", Decimal("2.25"), per_month(2.25, 10), "high"),
    ]
    assert [line.commitment for line in found[0].claim.lines] == ["sp-1"]


def test_idle_addresses_are_found_by_the_words_of_the_sample() -> None:
    (one,) = [s for s in figured(SAMPLE, assumptions=ASSUMED).savings if s.rule.id == "idle-address"]
    # Four hours of "$0.005 per Idle public IPv4 address per hour" in thirty days.
    assert (one.cost, len(one.claim.lines), one.per_month) == (Decimal("0.02"), 4, per_month(0.02, 30))


def gateway(resource: str, traffic: str, number: int = 8, words: str = "NAT") -> list[dict[str, str]]:
    hours = {"NAT": "$0.045 per NAT Gateway Hour", "ALB": "$0.0225 per Application LoadBalancer-hour (or partial hour)"}
    volume = {"NAT": "$0.045 per GB Data Processed by NAT Gateways",
              "ALB": "$0.008 per used Application load balancer capacity unit-hour (or partial hour)"}  # fmt: skip
    more = {"ServiceCategory": "Networking", "ResourceId": resource}
    rows = days(*["1.08"] * number, ChargeDescription=hours[words], ConsumedQuantity="24", **more)
    if traffic:
        cost = f"{float(traffic) * 0.045:.3f}"
        rows += days(cost, ChargeDescription=volume[words], ConsumedQuantity=traffic, **more)
    return rows


def test_gateways_are_idle_where_a_week_of_hours_has_no_traffic(tmp_path: Path) -> None:
    rows = [
        *gateway("nat-idle", ""),
        *gateway("nat-zero", "0"),
        *gateway("nat-busy", "0.5"),
        *gateway("nat-new", "", number=6),
        *gateway("alb-idle", "", words="ALB"),
        *gateway("alb-busy", "0.5", words="ALB"),
    ]
    (one,) = found_in(tmp_path, rows)
    assert {line.resource for line in one.claim.lines} == {"nat-idle", "nat-zero", "alb-idle"}
    assert (one.rule.id, one.claim.saving, one.claim.confidence) == ("idle-gateway", Decimal("1.08") * 24, "medium")


def test_spot_is_for_machines_that_are_named_as_work_that_can_stop(tmp_path: Path) -> None:
    rows = [
        *days("10.5", **MACHINE, Tags='{"stage": "Training"}'),
        *days("20.5", **MACHINE, Tags="", ResourceName="nightly-batch-7"),
        *days("5.5", **MACHINE, Tags='{"env": "dev"}'),
        *days("70.5", **MACHINE, Tags='{"env": "production", "app": "trainer"}'),
        *days("7.5", **{**MACHINE, "PricingCategory": "Dynamic"}, Tags='{"env": "dev"}'),
        *days("8.5", **{**MACHINE, "ChargeDescription": "data transfer out"}, Tags='{"env": "dev"}'),
    ]
    (one,) = found_in(tmp_path, rows)
    # 36.5 × 40%; more than half of it is batch or training.
    assert (one.rule.id, one.claim.saving, one.claim.confidence) == ("spot", Decimal("14.6"), "medium")
    (dev,) = found_in(tmp_path, rows[2:])
    assert (dev.claim.saving, dev.claim.confidence) == (Decimal("2.2"), "low")


def test_storage_class_is_half_of_standard_storage_at_the_price_of_infrequent_access(tmp_path: Path) -> None:
    standard = {"ServiceCategory": "Storage", "ServiceName": "Amazon Simple Storage Service"}
    rows = [
        *days("92.5", **standard, ChargeDescription="$0.023 per GB - first 50 TB / month of storage used"),
        *days("9.5", **standard, ChargeDescription="$0.005 per 1,000 PUT, COPY, POST, or LIST requests"),
    ]
    (one,) = found_in(tmp_path, rows)
    # A GB costs 0.0125 instead of 0.023 $: 92.5 × 50% × (1 - 0.0125 / 0.023).
    assert float(one.claim.saving) == pytest.approx(92.5 * 0.5 * 0.0105 / 0.023, abs=1e-9)
    (less,) = found_in(tmp_path, rows, Assumptions(cold=Decimal("0.1")))
    assert float(less.claim.saving) == pytest.approx(92.5 * 0.1 * 0.0105 / 0.023, abs=1e-9)


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """Thirty days of machines of 10.5 in production, and one in development."""
    folder = tmp_path_factory.mktemp("overlapping")
    steady = days(*["10.5"] * 30, **MACHINE, Tags='{"env": "production"}', ResourceId="i-prod")
    development = days(*["30.5"] * 30, **MACHINE, Tags='{"env": "dev"}', ResourceId="i-dev")
    return figures_of(folder, steady + development, assumptions=Assumptions(Decimal("0.25")), evidence=True)


def test_a_charge_behind_two_findings_counts_in_the_larger(overlapping: Figures) -> None:
    # Spot: 40% of 30 × 30.5 = 366. A commitment on all of it: 25% of 30 × 41 = 307.5, less, so spot takes the machine
    # in development; a commitment is left with the other: 25% of 30 × 10.5 = 78.75.
    assert [(s.rule.id, s.claim.saving) for s in overlapping.savings] == [
        ("spot", Decimal("366")),
        ("commitment-purchase", Decimal("78.75")),
    ]


def test_every_charge_stands_behind_one_finding_at_most(overlapping: Figures) -> None:
    behind = [(line.start, line.resource) for _, line in overlapping.evidence]
    assert len(behind) == len(set(behind)) == 60
    assert sum(line.cost for _, line in overlapping.evidence) == Decimal(30) * 41
