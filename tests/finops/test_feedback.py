"""`xlroi bill into-case` and `bill variance`: a bill back into the model. Figures are worked by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.command import Run
from tests.finops.bill import SAMPLE, write_bill
from xlroi.api import load_case, verify
from xlroi.api import run as compute
from xlroi.errors import InputError
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.feedback.measure import BillMeasurement, measure_bill
from xlroi.finops.feedback.units import instances, more_instances


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def charge(cost: str, month: str = "2026-03", **more: str) -> dict[str, str]:
    """A charge of a whole month."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    start, end = f"{month}-01T00:00:00Z", f"{year}-{number + 1:02d}-01T00:00:00Z"
    costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"), cost)
    periods = {"BillingPeriodStart": start, "BillingPeriodEnd": end, "ChargePeriodStart": start, "ChargePeriodEnd": end}
    return {**costs, **periods, "ConsumedUnit": "Hours", "PricingCategory": "Standard", **more}


MARCH = [
    charge("240", ConsumedQuantity="10", SkuPriceDetails='{"GpuCount": 8}'),  # 80 GPU-hours at 3.00
    charge("96", ConsumedQuantity="5", PricingCategory="Committed", CommitmentDiscountStatus="Used",
           ChargeDescription="p5.48xlarge, 1yr Savings Plan"),  # 8 GPUs: 40 at 2.40
    charge("38", ConsumedQuantity="20", ConsumedUnit="GPU-Hours", PricingCategory="Committed",
           CommitmentDiscountStatus="Used", SkuPriceDetails='{"x_Term": "3 years"}'),  # 20 at 1.90
    charge("45", PricingQuantity="30", PricingUnit="Hours", ConsumedUnit="", PricingCategory="Dynamic",
           SkuPriceDetails='{"InstanceType": "g5.xlarge"}'),  # 30 at 1.50
    charge("17", ConsumedQuantity="1", PricingCategory="Committed", CommitmentDiscountStatus="Used",
           SkuPriceDetails='{"GpuCount": "8"}'),  # 8, for how long is not said
    charge("7", PricingCategory="Committed", CommitmentDiscountStatus="Unused", ChargeDescription="p5.48xlarge, 1yr"),
    charge("8.5", ConsumedQuantity="0.1", ConsumedUnit="TB", ChargeDescription="first 10 TB / month data transfer out"),
    charge("2", ConsumedQuantity="100", ConsumedUnit="GB", ChargeDescription="data transfer out to CloudFront"),
    charge("0", ConsumedQuantity="100", ConsumedUnit="GB", ChargeDescription="data transfer in per month"),
    charge("46", ConsumedQuantity="2", ConsumedUnit="TB-Months", ServiceCategory="Storage"),
    charge("3", ConsumedQuantity="2", ConsumedUnit="GB-Months", ServiceCategory="Databases"),
    charge("50", ConsumedQuantity="9", ChargeDescription="m7i.large"),
]  # fmt: skip
# 240 + 96 + 38 + 45 + 17 + 7 + 8.5 + 2 + 0 + 46 + 3 + 50
TOTAL = 552.5


def measured(*files: Path, known: Mapping[str, int] | None = None) -> BillMeasurement:
    with DuckEngine(threads=1) as engine:
        return measure_bill(open_bills([str(f) for f in files], engine), known or instances())


def values(found: BillMeasurement) -> dict[str, float]:
    return {m.quantity: m.value for m in found.measured}


def test_prices_mix_and_quantities_are_those_of_the_charges(tmp_path: Path) -> None:
    found = measured(write_bill(tmp_path / "bill.csv", MARCH))
    assert values(found) == pytest.approx(
        {
            "on_demand_gpu_hour": 3.0,
            "one_year_gpu_hour": 2.4,
            "three_year_gpu_hour": 1.9,
            "spot_gpu_hour": 1.5,
            "mean_gpu_hour": (240 + 96 + 38 + 45 + 17) / 178,  # 80 + 40 + 20 + 30 + 8
            "billed_gpu_hours": 178,
            "egress_price": 0.085,
            "egress": 100,
            "storage_price": 0.023,
            "stored": 2000,
        },
        rel=1e-12,
    )
    shares = {"on_demand": 80 / 170, "one_year": 40 / 170, "three_year": 20 / 170, "spot": 30 / 170}
    assert found.mix == pytest.approx(shares, rel=1e-12)
    assert found.source.name == "FOCUS bill, 1 file, 2026-03"
    assert found.source.as_of.isoformat() == "2026-03-31"
    assert any("8 GPU-hours are committed, for how long the bill does not say" in remark for remark in found.remarks)
    assert any("unused commitments cost 7.00" in remark for remark in found.remarks)
    assert any(remark.startswith("GPUs found by GpuCount (2 ") for remark in found.remarks)


DAYS = (31, 28, 31, 30, 31, 30)
"""Of the months from January to June 2026."""


def test_six_whole_months_make_a_trend_and_five_do_not(tmp_path: Path) -> None:
    # Hours of a day grow by 2% a month and the price falls by 1%: over twelve months 1.02¹² − 1 and 0.99¹² − 1.
    hours = [days * Decimal(32) * Decimal("1.02") ** n for n, days in enumerate(DAYS)]
    months = [
        charge(str(hours[n] * 3 * Decimal("0.99") ** n)[:16], f"2026-{n + 1:02d}",
               ConsumedQuantity=str(hours[n])[:16], SkuPriceDetails='{"GpuCount": 1}')
        for n in range(6)
    ]  # fmt: skip
    found = values(measured(write_bill(tmp_path / "six.csv", months)))
    assert found["demand_growth"] == pytest.approx(1.02**12 - 1, abs=1e-6)
    assert found["price_change"] == pytest.approx(0.99**12 - 1, abs=1e-6)
    part = {"ChargePeriodEnd": "2026-06-20T00:00:00Z"}
    fee = charge("9", "2026-06", ChargeCategory="Purchase")  # of the whole month, and no sign that its usage is whole
    five = measured(write_bill(tmp_path / "five.csv", [*months[:5], {**months[5], **part}, fee]))
    assert five.source.as_of.isoformat() == "2026-06-30"
    assert "demand_growth" not in values(five)
    assert "2026-06 not whole: in prices, not in quantities a month and trends" in five.remarks
    assert "no growth and no change of prices: 5 whole months, 6 are needed" in five.remarks


def test_committed_hours_have_no_price_where_only_billed_cost_can_be_trusted(tmp_path: Path) -> None:
    # EffectiveCost is 0 in every row, BilledCost is not: what a commitment covers is billed at 0, which is no price.
    standard = charge("30", ConsumedQuantity="10", ConsumedUnit="GPU-Hours", EffectiveCost="0")
    committed = charge("0", ConsumedQuantity="30", ConsumedUnit="GPU-Hours", PricingCategory="Committed",
                       CommitmentDiscountStatus="Used", ChargeDescription="1yr", EffectiveCost="0")  # fmt: skip
    found = measured(write_bill(tmp_path / "bill.csv", [standard, committed]))
    assert values(found) == {"on_demand_gpu_hour": 3, "billed_gpu_hours": 40}
    assert found.mix["one_year"] == 0.75
    assert any("committed GPU-hours have no price" in remark for remark in found.remarks)


def test_data_out_of_the_sample_costs_what_its_lines_say() -> None:
    # A second method: the csv module over the sample. AWS's effective cost is rounded, so its billed cost counts.
    cost, size = Fraction(0), Fraction(0)
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            said = row["ChargeDescription"].lower()
            leaves = "data transfer out" in said and "cloudfront" not in said and "inter-region" not in said
            if leaves and row["ConsumedUnit"] == "GB" and row["ChargeCategory"] == "Usage":
                size += Fraction(row["ConsumedQuantity"])
                cost += Fraction(row["BilledCost" if row["ProviderName"] == "AWS" else "EffectiveCost"])
    found = measured(SAMPLE)
    assert values(found)["egress_price"] == pytest.approx(float(cost / size), rel=1e-12)
    assert float(sum(found.totals.values())) > 0
    assert any(remark.startswith("no charge is of GPU-hours") for remark in found.remarks)


def test_instance_types_of_a_users_own_count_too(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("instance,gpus\ngpu_8x_b200,8\n")
    bill = write_bill(tmp_path / "bill.csv", [charge("80", ConsumedQuantity="2", ResourceType="gpu_8x_b200")])
    assert "on_demand_gpu_hour" not in values(measured(bill))
    assert values(measured(bill, known=more_instances(tmp_path / "own.csv")))["on_demand_gpu_hour"] == 5  # 80 / (2 × 8)
    (tmp_path / "own.csv").write_text("instance,gpus\ngpu_8x_b200,many\n")
    with pytest.raises(InputError, match=r"own\.csv:2: expected columns instance and gpus"):
        more_instances(tmp_path / "own.csv")


CASE = """# our plan
model: infrastructure
currency: USD
inputs:
  start_date: 2026-02-28
  period_months: 36
  on_demand_price: 3.5  # the contract of last year
  base_hours: 100
  egress: 50
  dataset: 2000
tables:
  projects:
    Search: {start: 1, hours: 50}
  options:
    Cloud: {owned_share: 0, on_demand: 60%, one_year: 20%, three_year: 10%, spot: 10%}
    Own: {owned_share: 100%}
"""


def test_a_case_takes_what_the_bill_measured_with_source_and_date(run: Run, tmp_path: Path) -> None:
    bill, case = write_bill(tmp_path / "bill.csv", MARCH), tmp_path / "case.yaml"
    case.write_text(CASE)
    code, out, _ = run(
        "bill", "into-case", str(bill), str(case), "--option", "Cloud", "--as", "billed_gpu_hours=base_hours"
    )
    assert code == 0
    assert "on_demand_price: 3.5 → 3 (on_demand_gpu_hour)" in out
    text = case.read_text()
    assert "# our plan" in text
    assert "# the contract of last year" in text
    loaded = load_case(case)
    given = loaded.inputs["on_demand_price"]
    assert (given.base, given.source, str(given.as_of)) == (3, "FOCUS bill, 1 file, 2026-03", "2026-03-31")
    assert [loaded.inputs[i].base for i in ("one_year_price", "three_year_price", "spot_price", "base_hours")] == [
        2.4, 1.9, 1.5, 178,
    ]  # fmt: skip
    assert [loaded.inputs[i].base for i in ("egress", "egress_price", "dataset", "cloud_storage_price")] == [
        100, 0.085, 2000, 0.023,
    ]  # fmt: skip
    # 80, 40, 20 and 30 of 170 are 47.06, 23.53, 11.76 and 17.65%: the largest remainders are rounded up.
    row = loaded.tables["options"][0]
    shares = [row.values[term] for term in ("on_demand", "one_year", "three_year", "spot")]
    assert shares == pytest.approx([0.471, 0.235, 0.118, 0.176])
    code, out, _ = run(
        "bill", "into-case", str(bill), str(case), "--option", "Cloud", "--as", "billed_gpu_hours=base_hours"
    )
    assert code == 0
    assert "nothing changed" in out
    assert case.read_text() == text


def test_the_same_use_every_day_is_no_growth_whatever_the_length_of_the_months(tmp_path: Path) -> None:
    months = [
        charge(str(72 * days), f"2026-{n + 1:02d}", ConsumedQuantity=str(24 * days), SkuPriceDetails='{"GpuCount": 1}')
        for n, days in enumerate(DAYS)
    ]
    assert values(measured(write_bill(tmp_path / "flat.csv", months)))["demand_growth"] == pytest.approx(0, abs=1e-12)


def test_a_line_of_the_month_does_not_make_its_days_whole(tmp_path: Path) -> None:
    daily = [
        charge("24", "2026-03", ConsumedQuantity="24", SkuPriceDetails='{"GpuCount": 1}',
               ChargePeriodStart=f"2026-03-{day:02d}T00:00:00Z", ChargePeriodEnd=f"2026-03-{day + 1:02d}T00:00:00Z")
        for day in range(1, 7)
    ]  # fmt: skip
    stored = charge("2", "2026-03", ServiceCategory="Storage", ConsumedQuantity="100", ConsumedUnit="GB-Months")
    assert measured(write_bill(tmp_path / "part.csv", [*daily, stored])).whole_months == ()


def test_a_trend_outside_the_bounds_of_its_input_is_left_out_and_said(run: Run, tmp_path: Path) -> None:
    months = [
        charge(
            str(3 * 2**n * days),
            f"2026-{n + 1:02d}",
            ConsumedQuantity=str(2**n * days),
            SkuPriceDetails='{"GpuCount": 1}',
        )
        for n, days in enumerate(DAYS)
    ]  # doubling every month, by the day, is 2¹² − 1 = 4,095 a year, more than 1,000%
    (tmp_path / "case.yaml").write_text(CASE)
    code, out, err = run("bill", "into-case", str(write_bill(tmp_path / "b.csv", months)), str(tmp_path / "case.yaml"))
    assert code == 0
    assert "demand_growth is 4095, outside the bounds of base_growth: left out" in err
    assert "on_demand_price: 3.5 → 3 " in out


def test_a_bill_does_not_go_into_a_case_that_it_does_not_fit(run: Run, tmp_path: Path) -> None:
    bill, case = str(write_bill(tmp_path / "bill.csv", MARCH)), tmp_path / "case.yaml"
    for text, option, says in (
        (CASE.replace("USD", "EUR"), "Cloud", "the case is in EUR, the bill in USD"),
        (CASE, "Clouds", "the case has no row 'Clouds'; it has Cloud, Own"),
        ("model: training\n", "Cloud", "the model 'training' has no options with shares by term"),
    ):
        case.write_text(text)
        code, _, err = run("bill", "into-case", bill, str(case), "--option", option)
        assert code == 2
        assert says in err
        assert case.read_text() == text
    code, out, _ = run("bill", "into-case", bill, str(case), "--json")
    assert code == 0
    found = json.loads(out)
    now = {put["input"]: put["now"] for put in found["inputs"]}
    assert now == {"gpu_hour_price": "2.449", "storage_price": "0.023", "transfer_price": "0.085"}  # 436 / 178 = 2.4494


def test_variance_is_split_into_volume_and_price(run: Run, tmp_path: Path) -> None:
    bill, case = str(write_bill(tmp_path / "bill.csv", MARCH)), tmp_path / "case.yaml"
    case.write_text(CASE)
    code, out, _ = run("bill", "variance", bill, str(case), "--option", "Cloud", "--json")
    assert code == 0
    found = json.loads(out)
    lines = {line["line"]: {key: float(v) for key, v in line.items() if key != "line"} for line in found["lines"]}
    assert found["months"] == ["2026-03"]
    # The plan of month 1: (100 + 50) × 1.1 for failed runs = 165 hours to run, 33 committed for a year of which peaks
    # leave 5% unused: 31.35; 16.5 for three years: 15.675; spot 16.5; on demand the rest, 101.475, at 3.50.
    planned, quantity = 101.475 * 3.5, 101.475
    on_demand = lines["GPU-hours on demand"]
    assert on_demand["planned"] == pytest.approx(planned, abs=1e-4)
    assert on_demand["volume"] == pytest.approx((80 - quantity) * 3.5, abs=1e-4)
    assert on_demand["price"] == pytest.approx((3 - 3.5) * 80, abs=1e-4)
    assert lines["GPU-hours committed for a year"]["volume"] == pytest.approx((40 - 31.35) * 2.4, abs=1e-4)
    assert lines["GPU-hours committed for a year"]["price"] == pytest.approx(0, abs=1e-4)
    # 50 GB were planned at 0.085, 100 came at 0.085.
    assert lines["Data out"] == pytest.approx(
        {"planned": 4.25, "billed": 8.5, "volume": 4.25, "price": 0, "unsplit": 0, "over_plan": 4.25}, abs=1e-4
    )
    # What no line of the plan holds: 17 of unknown term, 2 to CloudFront, 3 of databases, 50 of other machines.
    assert lines["All other charges"]["billed"] == 17 + 2 + 3 + 50
    assert sum(line["billed"] for line in lines.values()) == pytest.approx(TOTAL)
    model = compute(load_case(case)).values
    assert sum(line["planned"] for line in lines.values()) == pytest.approx(
        model.cell("cloud_operation", 0, 1), abs=1e-3
    )
    for line in lines.values():
        assert line["volume"] + line["price"] + line["unsplit"] == pytest.approx(line["over_plan"], abs=3e-4)
        assert line["billed"] - line["planned"] == pytest.approx(line["over_plan"], abs=3e-4)


def test_the_workbook_of_the_variance_is_proven_and_equal_to_the_engine(run: Run, tmp_path: Path) -> None:
    bill, case = str(write_bill(tmp_path / "bill.csv", MARCH)), tmp_path / "case.yaml"
    case.write_text(CASE)
    book = tmp_path / "variance.xlsx"
    assert run("bill", "variance", bill, str(case), "--option", "Cloud", "-o", str(book))[0] == 0
    outputs = compute(load_case(book)).outputs
    _, out, _ = run("bill", "variance", bill, str(case), "--option", "Cloud", "--json")
    for key, line in (("line_volume", "volume"), ("line_price", "price"), ("line_unsplit", "unsplit")):
        told = {row["line"]: float(row[line]) for row in json.loads(out)["lines"]}
        assert outputs[key] == pytest.approx(told, abs=1e-4)
    assert outputs["actual_total"] == TOTAL
    assert verify(book).passed


def test_a_plan_of_other_months_or_options_is_refused(run: Run, tmp_path: Path) -> None:
    bill, case = str(write_bill(tmp_path / "bill.csv", MARCH)), tmp_path / "case.yaml"
    case.write_text(CASE.replace("2026-02-28", "2027-02-28"))
    code, _, err = run("bill", "variance", bill, str(case), "--option", "Cloud")
    assert code == 2
    assert "its plan runs from 2027-03 to 2030-02, whole months of the bill are 2026-03; none is in both" in err
    assert (
        "there is no option 'Clouds'; it has Cloud, Own"
        in run("bill", "variance", bill, str(case), "--option", "Clouds")[2]
    )
    case.write_text("model: training\n")
    assert (
        "must be a case of the model infrastructure" in run("bill", "variance", bill, str(case), "--option", "Cloud")[2]
    )
