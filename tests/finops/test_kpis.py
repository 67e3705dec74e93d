"""Savings rates, utilisation, coverage, tags, refunds and change, against the specification, SQL and hand."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from tests.finops.bill import FILES, SAMPLE, write_bill
from tests.finops.figured import figured, figures_of, kpi, on
from xlroi.finops.facts import NOBODY, Allocation, Part
from xlroi.finops.figures.kpis import Kpi, allocation_coverage
from xlroi.finops.figures.spending import ALL
from xlroi.finops.figures.whole import Figures


def scenario(name: str, folder: Path) -> Kpi:
    """A worked example of the specification, with the mandatory columns that its table leaves out."""
    with (FILES / "focus_spec_examples" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    (one,) = figured(write_bill(folder / "bill.csv", rows)).kpis
    return one


@pytest.mark.parametrize(
    ("name", "used", "unused", "utilisation"),
    [
        # "fully used in one hour", "not used", "used to three quarters", "used, and more on demand"
        ("commitment_discount_scenarios__commitment_discount_usage_scenario_1", "1", "0", 1.0),
        ("commitment_discount_scenarios__commitment_discount_usage_scenario_2", "0", "1", 0.0),
        ("commitment_discount_scenarios__commitment_discount_usage_scenario_3", "0.75", "0.25", 0.75),
        ("commitment_discount_scenarios__commitment_discount_usage_scenario_4", "1", "0", 1.0),
    ],
)
def test_utilisation_is_that_of_the_specifications_scenarios(
    name: str, used: str, unused: str, utilisation: float, tmp_path: Path
) -> None:
    found = scenario(name, tmp_path)
    assert (found.used, found.unused) == (Decimal(used), Decimal(unused))
    assert found.utilisation.value == utilisation
    # The specification's commitment is 8,760 USD for the 8,760 hours of a year: 1 an hour, used or not.
    assert found.used + found.unused == Decimal(8760) / 8760


def test_coverage_is_the_committed_part_of_committed_and_standard_usage(tmp_path: Path) -> None:
    found = scenario("commitment_discount_scenarios__commitment_discount_usage_scenario_4", tmp_path)
    # 1.00 by the commitment, 0.50 on demand: 1.00 / 1.50.
    assert found.coverage.value == pytest.approx(2 / 3, abs=1e-15)


FLEXIBILITY = "commitment_discount_flexibility__"


@pytest.mark.parametrize(
    ("name", "cash", "cost", "utilisation"),
    [
        ("one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource", "2.75", "2.75", 1.0),
        ("one_hundred_percent_utilization_with_commitment_discount_flexibility_with_2_resources", "2.00", "2.00", 1.0),
        ("one_hundred_percent_utilization_without_commitment_discount_flexibility", "1.50", "1.50", 1.0),
        ("zero_percent_utilization_without_commitment_discount_flexibility", "3.50", "3.50", 0.0),
    ],
)
def test_what_was_paid_for_a_commitment_is_what_its_use_and_waste_cost(
    name: str, cash: str, cost: str, utilisation: float, tmp_path: Path
) -> None:
    found = scenario(FLEXIBILITY + name, tmp_path)
    assert (found.billed, found.effective) == (Decimal(cash), Decimal(cost))
    assert found.utilisation.value == utilisation
    # The purchase is all that was billed beside usage on demand: 0.50, 2.00, 1.50 and 1.50 an hour.
    on_demand = {"2.75": Decimal("2.25"), "3.50": Decimal("2.00")}.get(cash, Decimal(0))
    assert found.used + found.unused == found.billed - on_demand


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """A month with all kinds of charges."""

    def row(effective: str, contracted: str, listed: str, **more: str) -> dict[str, str]:
        costs = {"EffectiveCost": effective, "BilledCost": effective, "ContractedCost": contracted, "ListCost": listed}
        return costs | more

    committed = {"PricingCategory": "Committed"}
    return figures_of(
        tmp_path_factory.mktemp("mixed"),
        [
            row("6.00", "10.50", "12.00", CommitmentDiscountStatus="Used", **committed),
            row("2.00", "5.00", "5.00", CommitmentDiscountStatus="Unused", **committed),
            row("20.00", "20.00", "25.00", PricingCategory="Standard"),
            row("7.00", "7.00", "7.50", PricingCategory="Standard", ServiceCategory="Networking"),
            row("0.00", "100.00", "100.00", ChargeCategory="Purchase"),
            row("1.10", "0.00", "0.00", ChargeCategory="Tax", Tags=""),
            row("-3.00", "0.00", "0.00", ChargeCategory="Credit"),
            row("0.50", "0.00", "0.00", ChargeCategory="Adjustment"),
            row("-4.00", "-4.00", "-4.00", ChargeClass="Correction"),
            row("-0.25", "0.00", "0.00", ChargeCategory="Credit", ChargeClass="Correction"),
        ],
    )


def test_savings_rates_are_of_usage_and_an_unused_commitment_lowers_them(mixed: Figures) -> None:
    found = kpi(mixed, "2026-03", "AWS")
    # Paid 6 + 2 + 20 + 7 = 35; contracted 10.5 + 20 + 7 = 37.5, list 12 + 25 + 7.5 = 44.5; for what lay idle nothing.
    assert found.over_contracted.value == pytest.approx((37.5 - 35) / 37.5, abs=1e-15)
    assert found.over_list.value == pytest.approx((44.5 - 35) / 44.5, abs=1e-15)


def test_coverage_leaves_out_what_no_commitment_is_sold_for(mixed: Figures) -> None:
    found = kpi(mixed, "2026-03", "AWS")
    assert found.coverage.value == pytest.approx(6 / 26, abs=1e-15)
    assert found.coverage_at_list.value == pytest.approx(12 / 37, abs=1e-15)
    assert found.utilisation.value == 0.75
    assert found.unused == 2


def test_credits_adjustments_and_corrections_are_told_apart(mixed: Figures) -> None:
    found = kpi(mixed, "2026-03", "AWS")
    assert (found.credits, found.adjustments, found.corrections) == (Decimal(-3), Decimal("0.5"), Decimal("-4.25"))
    # 35 usage + 0 purchase + 1.1 tax - 3 + 0.5 - 4 - 0.25
    assert found.cost == found.billed == found.effective == Decimal("29.35")
    assert found.untagged == Decimal("1.10")
    assert found.untagged_share.value == pytest.approx(1.1 / 29.35, abs=1e-15)


@pytest.fixture(scope="module")
def sample() -> Figures:
    return figured(SAMPLE, tag="business_unit")


def test_the_sample_agrees_with_sql(sample: Figures) -> None:
    told = duckdb.read_csv(str(SAMPLE), all_varchar=True)
    sql = """
        select ProviderName, substr(BillingPeriodStart, 1, 7), sum(BilledCost::decimal(38, 18)),
            coalesce(sum(BilledCost::decimal(38, 18)) filter (ChargeCategory = 'Credit'), 0),
            coalesce(sum(BilledCost::decimal(38, 18)) filter (ChargeCategory = 'Adjustment'), 0),
            coalesce(sum(BilledCost::decimal(38, 18)) filter (not contains(Tags, '"business_unit"')
                or Tags is null or Tags = 'NULL'), 0)
        from told group by all
    """
    found = {
        (k.provider, k.month): (k.billed, k.credits, k.adjustments, k.lacking) for k in sample.kpis if k.provider != ALL
    }
    assert found == {(who, month): tuple(rest) for who, month, *rest in duckdb.query(sql).fetchall()}
    assert told.shape[0] == 1000


def test_what_lacks_the_tag_is_the_published_share_of_cost(sample: Figures) -> None:
    whole = [k for k in sample.kpis if k.provider != ALL]
    lacking = sum(k.lacking or 0 for k in whole)
    assert lacking == Decimal("0.27416448666")
    assert lacking / sum(k.cost for k in whole) == pytest.approx(Decimal("0.01336"), abs=Decimal("0.000005"))


def test_a_column_that_is_not_to_be_trusted_gives_no_rate_but_the_reason(sample: Figures) -> None:
    aws, all_providers = kpi(sample, "2024-09", "AWS"), kpi(sample, "2024-09", ALL)
    assert aws.effective is None
    assert aws.over_list.value is None
    assert aws.over_list.why == "EffectiveCost is rounded to whole numbers while BilledCost is not"
    assert aws.utilisation.why == aws.over_list.why
    assert all_providers.over_list.value is None
    assert all_providers.over_list.why.startswith("AWS: EffectiveCost is rounded")
    assert kpi(sample, "2024-09", "Microsoft").over_list.value == 0.0
    # -2.6137 of credits have no tag: a share of -9% would mean nothing.
    assert aws.untagged_share.why == "credits outweigh what is tagged or what is not"


def test_a_rate_needs_its_price_in_every_row(tmp_path: Path) -> None:
    found = kpi(figures_of(tmp_path, [{"ListCost": ""}, {}, {}]), "2026-03", "AWS")
    assert found.over_list.why == "ListCost is empty in 1 of 3 rows of usage"
    assert found.over_contracted.value == pytest.approx((1.5 - 1.2) / 1.5, abs=1e-15)


def test_currencies_and_providers_keep_their_own_months_and_change(tmp_path: Path) -> None:
    rows = [
        on(date(2026, 2, 1), "10.10"),
        on(date(2026, 2, 28), "0.90"),
        on(date(2026, 3, 1), "12.50"),
        on(date(2026, 3, 1), "99.00", BillingCurrency="EUR"),
        on(date(2026, 2, 3), "5.05", ProviderName="Microsoft"),
        on(date(2026, 3, 3), "4.05", ProviderName="Microsoft"),
    ]
    found = figures_of(tmp_path, rows)
    march = kpi(found, "2026-03", "AWS")
    assert (march.cost, march.before, march.change) == (Decimal("12.5"), Decimal(11), Decimal("1.5"))
    assert (kpi(found, "2026-02", "AWS").whole, march.whole) == (True, False)
    assert kpi(found, "2026-02", "AWS").before is None
    euros = kpi(found, "2026-03", "AWS", "EUR")
    assert (euros.cost, euros.before) == (Decimal(99), None)
    together = kpi(found, "2026-03", ALL)
    assert (together.cost, together.change) == (Decimal("16.55"), Decimal("0.5"))


def test_no_month_before_is_no_change(tmp_path: Path) -> None:
    found = figures_of(tmp_path, [on(date(2025, 11, 5), "1.5"), on(date(2026, 1, 5), "2.5")])
    assert kpi(found, "2026-01", "AWS").change is None


def test_allocation_coverage_is_what_has_an_owner() -> None:
    def part(team: str, cents: str) -> Part:
        return Part("2026-03", "AWS", "EC2", team, "", "bill", Fraction(cents), Decimal(cents))

    parts = (part("search", "60.00"), part("ads", "15.00"), part(NOBODY, "25.00"))
    allocation = Allocation("USD", Decimal("0.01"), "effective", ("2026-03",), ("ads", "search", NOBODY), (), (), {},
                            parts, {("2026-03", "AWS"): Decimal(100)})  # fmt: skip
    ((month, rate),) = allocation_coverage(allocation)
    assert (month, rate.value) == ("2026-03", 0.75)
