"""Bills of other layouts, and the worked examples of the specification, come in through mapping files."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.finops.bill import FILES, profiled
from xlroi.errors import InputError
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.focus import known
from xlroi.finops.mapping import load_mapping
from xlroi.finops.overview import look_over

SCENARIOS = FILES / "focus_spec_examples"
# The examples of the specification show only the columns they are about.
EXAMPLE = """name: An example of the specification
columns:
  ServiceProviderName: {value: Example}
  InvoiceIssuerName: {value: Example}
  BillingAccountId: {value: one}
  BillingCurrency: {value: USD}
  BillingPeriodStart: BillingPeriodStart
  BillingPeriodEnd: BillingPeriodEnd
  ChargePeriodStart: ChargePeriodStart
  ChargePeriodEnd: ChargePeriodEnd
  ChargeCategory: ChargeCategory
  ServiceCategory: {value: Compute}
  ServiceName: {value: Machines}
  CommitmentDiscountStatus: {first: [CommitmentDiscountStatus]}
  BilledCost: BilledCost
  EffectiveCost: EffectiveCost
  ContractedCost: {value: null}
  ListCost: {first: [ListCost]}
"""


@pytest.fixture
def example(tmp_path: Path) -> str:
    (tmp_path / "example.yaml").write_text(EXAMPLE)
    return str(tmp_path / "example.yaml")


_SCENARIO = "commitment_discount_scenarios__commitment_discount_"
_FULL = "commitment_discount_flexibility__one_hundred_percent_utilization_"
_NONE = "commitment_discount_flexibility__zero_percent_utilization_"


# Billed, effective, used, unused: added up by hand from the tables of the specification.
@pytest.mark.parametrize(
    ("name", "billed", "effective", "used", "unused"),
    [
        # One hour's commitment of 1 $: used in full, not at all, to three quarters, exceeded by 0.50 on demand.
        (_SCENARIO + "usage_scenario_1", "0", "1", "1", "0"),
        (_SCENARIO + "usage_scenario_2", "0", "1", "0", "1"),
        (_SCENARIO + "usage_scenario_3", "0", "1", "0.75", "0.25"),
        (_SCENARIO + "usage_scenario_4", "0.5", "1.5", "1", "0"),
        # Purchases: all upfront for a year, hourly, half and half (3 of its hours are shown). None is a use.
        (_SCENARIO + "purchase_scenario_1", "8760", "0", None, None),
        (_SCENARIO + "purchase_scenario_2", "3", "0", None, None),
        (_SCENARIO + "purchase_scenario_3", "4381.5", "0", None, None),
        # A large machine of 3 $ an hour: 0.50 committed and 2.25 on demand; two medium ones from a commitment of 2 $.
        (_FULL + "with_commitment_discount_flexibility_with_1_resource", "2.75", "2.75", "0.5", "0"),
        (_FULL + "with_commitment_discount_flexibility_with_2_resources", "2", "2", "2", "0"),
        (_FULL + "without_commitment_discount_flexibility", "1.5", "1.5", "1.5", "0"),
        (_NONE + "without_commitment_discount_flexibility", "3.5", "3.5", "0", "1.5"),
    ],
)
def test_commitments_of_the_specification_are_used_and_wasted_as_it_says(
    example: str, name: str, billed: str, effective: str, used: str | None, unused: str | None
) -> None:
    found = profiled(SCENARIOS / f"{name}.csv", mapping=example)
    (total,) = found.totals
    assert (total.costs["billed"], total.costs["effective"]) == (Decimal(billed), Decimal(effective))
    if used is None or unused is None:
        assert found.commitments == ()
        return
    (commitment,) = found.commitments
    assert (commitment.used, commitment.unused) == (Decimal(used), Decimal(unused))
    assert commitment.utilisation == float(Decimal(used) / (Decimal(used) + Decimal(unused)))


def test_every_example_of_the_specification_is_read_or_refused_with_a_reason(example: str) -> None:
    refused = {}
    for file in sorted(SCENARIOS.glob("*.csv")):
        try:
            with DuckEngine() as engine:
                look_over(open_bills([str(file)], engine, example))
        except InputError as error:
            refused[file.name] = str(error)
    # The examples of SaaS agreements were saved by a spreadsheet: '4/1/25' and '$10,000.00 '.
    assert set(refused) == {file.name for file in SCENARIOS.glob("saas_*.csv")}
    for said in refused.values():
        assert re.search(r"csv:2: \w+: '.+' is no (date from 2000 to 2099|amount below 1e15)|missing \w+", said), said


def test_the_azure_export_comes_in_with_the_mapping_that_is_shipped() -> None:
    found = profiled(FILES / "azure_ea_amortized_small.csv", mapping="azure_ea_amortized")
    (total,) = found.totals
    assert (total.provider, total.currency, total.rows, found.months) == ("Microsoft", "USD", 28, ("2023-09",))
    # The column Cost, added up in decimal and rounded at the 18th place of each row.
    assert total.costs["effective"] == Decimal("16.296932136636644627")
    assert found.verdicts[0].trust == "effective"
    # The reservation and the savings plan of the first two rows, 0.493152 + 0.006000000468, all of it used.
    (commitment,) = found.commitments
    assert (commitment.used, commitment.utilisation) == (Decimal("0.499152000468"), 1.0)
    assert next(c.tagged_rows for c in found.coverage if c.key == "env") == 17


CUR = """lineItem/LineItemType,lineItem/UnblendedCost,lineItem/CurrencyCode,lineItem/UsageStartDate,\
lineItem/UsageEndDate,lineItem/UsageAccountId,lineItem/UsageAmount,lineItem/LineItemDescription,lineItem/ProductCode,bill/PayerAccountId,\
bill/BillingPeriodStartDate,bill/BillingPeriodEndDate,reservation/ReservationARN,reservation/EffectiveCost,\
reservation/UnusedRecurringFee,reservation/UnusedAmortizedUpfrontFeeForBillingPeriod,\
savingsPlan/SavingsPlanEffectiveCost,savingsPlan/TotalCommitmentToDate,savingsPlan/UsedCommitment,\
resourceTags/user:team,resourceTags/user:env
Usage,10.00,USD,2026-03-01,2026-03-02,a1,1,on demand,AmazonEC2,p,{period},,,,,,,,search,prod
DiscountedUsage,0.00,USD,2026-03-01,2026-03-02,a1,1,reserved,AmazonEC2,p,{period},arn,6.00,,,,,,"a ""b"" c",
RIFee,7.50,USD,2026-03-01T00:00:00Z,2026-04-01T00:00:00Z,p,1,fee,AmazonEC2,p,{period},arn,,1.25,0.75,,,,,
Fee,100.00,USD,2026-03-01T00:00:00Z,2026-04-01T00:00:00Z,p,1,upfront,AmazonEC2,p,{period},arn,,,,,,,,
Fee,3.00,USD,2026-03-01T00:00:00Z,2026-04-01T00:00:00Z,p,1,support,AWSSupport,p,{period},,,,,,,,,
SavingsPlanCoveredUsage,9.00,USD,2026-03-01,2026-03-02,a1,1,sp,AmazonEC2,p,{period},,,,,5.00,,,,
SavingsPlanNegation,-9.00,USD,2026-03-01T00:00:00Z,2026-03-02T00:00:00Z,a1,1,sp,AmazonEC2,p,{period},,,,,,,,,
SavingsPlanRecurringFee,8.00,USD,2026-03-01,2026-04-01,p,1,sp,AmazonEC2,p,{period},,,,,,8.00,5.00,,
""".replace("{period}", "2026-03-01T00:00:00Z,2026-04-01T00:00:00Z")


def test_an_aws_report_is_amortised_as_aws_describes_it(tmp_path: Path) -> None:
    (tmp_path / "cur.csv").write_text(CUR)
    # CUR 2.0 and Parquet write the same names in another way.
    snake = CUR.split("\n", 1)[0]
    for name in snake.split(","):
        section, _, field = name.partition("/")
        snake = snake.replace(name, f"{section}_{field}" if "resourceTags" not in name else name, 1)
    (tmp_path / "cur2.csv").write_text(snake + "\n" + CUR.split("\n", 1)[1])
    for file in ("cur.csv", "cur2.csv"):
        found = profiled(tmp_path / file, mapping="aws_cur")
        (total,) = found.totals
        # Invoice: 10 + 0 + 7.50 + 100 + 3 + 9 - 9 + 8. Amortised: 10 + 6 + (1.25 + 0.75) + 0 + 3 + 5 + 0 + (8 - 5).
        assert (total.costs["billed"], total.costs["effective"]) == (Decimal("128.50"), Decimal("29.00"))
        (commitment,) = found.commitments
        # Used 6 + 5, unused 2 + 3.
        assert (commitment.used, commitment.unused) == (Decimal(11), Decimal(5))
        tagged = {c.key: c.tagged_rows for c in found.coverage if c.provider is None}
        assert tagged == {None: 2, "team": 2, "env": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\ncolumns: {Cost: a}", "bad.yaml:2: columns.Cost: no FOCUS column that is read"),
        ("name: x\ncolumns: {BilledCost: a}", "bad.yaml:2: columns: missing ServiceProviderName"),
        ("nme: x", "bad.yaml:1: nme: unknown; expected one of name, columns"),
        (EXAMPLE.replace("{first: [ListCost]}", "{frist: [ListCost]}"), "columns.ListCost: frist: expected value"),
        (EXAMPLE.replace("{first: [ListCost]}", "{product: [a]}"), "columns.ListCost.product: expected two (got 1)"),
        (EXAMPLE.replace("{first: [ListCost]}", "{prefix: a}"), "columns.ListCost: a prefix is for Tags"),
        (
            EXAMPLE.replace("BillingPeriodEnd: B", "BillingPeriodEnd: {column: x, form: MM/DD} #"),
            "form: expected the pl",
        ),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(InputError) as error:
        load_mapping(str(tmp_path / "bad.yaml"), known())
    assert says in str(error.value)


def test_a_column_that_a_mapping_reads_and_a_file_lacks_is_named(tmp_path: Path, example: str) -> None:
    (tmp_path / "bill.csv").write_text("BilledCost\n1\n")
    with pytest.raises(InputError, match=r"missing BillingPeriodStart, .*which --mapping .*example\.yaml reads"):
        profiled(tmp_path / "bill.csv", mapping=example)
