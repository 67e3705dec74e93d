"""Costs that no cloud bill has: depreciation, licences, people; project codes of an issue tracker. Worked by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.finops.allocation import BY_TAG, allocated, borne, charge
from xlroi.errors import InputError
from xlroi.finops.facts import Allocation

USD = "currency: USD\n"
HEAD = USD + "dimensions:\n" + BY_TAG


def months(*named: str) -> list[dict[str, str]]:
    return [charge("search", "1.00", BillingPeriodStart=f"{month}-01") for month in named]


def ledger(folder: Path, kind: str, text: str, *named: str, more: str = "") -> Allocation:
    rules = HEAD + f"ledgers: [{{kind: {kind}, name: Own, file: own.csv{more}}}]\n"
    return allocated(folder, rules, months(*named), {"own.csv": text})


def invoiced(found: Allocation) -> dict[str, Decimal]:
    return {month: amount for (month, provider), amount in found.invoices.items() if provider == "Own"}


def test_hardware_is_depreciated_in_equal_months_and_the_last_takes_the_rest(tmp_path: Path) -> None:
    # 1,100.00 less 100.00 over 3 months: 333.33, 333.33 and 333.34, from the month of purchase on.
    text = "item,price,bought,life_months,salvage,team\nGPU server,1100,2026-03-31,3,100,search\n"
    found = ledger(tmp_path, "hardware", text, "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    assert invoiced(found) == {
        "2026-03": Decimal("333.33"), "2026-04": Decimal("333.33"), "2026-05": Decimal("333.34")
    }  # fmt: skip
    assert sum(p.cents for p in found.parts if (p.provider, p.origin, p.team) == ("Own", "hardware", "search")) == 1000


def test_hardware_may_be_many_alike(tmp_path: Path) -> None:
    # 8 × (30,000 − 6,000) / 48 = 4,000.
    text = "price,bought,life_months,salvage,quantity,team\n30000,2025-01,48,6000,8,search\n"
    assert invoiced(ledger(tmp_path, "hardware", text, "2026-03")) == {"2026-03": 4000}


def test_licences_cost_by_month_or_in_twelfths_of_a_year_while_they_run(tmp_path: Path) -> None:
    # 20 seats at 30 a month to April; 100 a year is 8.33 a month, in its twelfth month 100 − 11 × 8.33 = 8.37.
    text = "price,per,seats,from,to,team\n30,month,20,2025-01,2026-04,search\n100,year,,2025-05-01,,ads\n"
    found = ledger(tmp_path, "licences", text, "2026-03", "2026-04", "2026-05")
    assert invoiced(found) == {
        "2026-03": Decimal("608.33"), "2026-04": Decimal("608.37"), "2026-05": Decimal("8.33")
    }  # fmt: skip


def test_people_cost_an_amount_or_hours_times_a_rate(tmp_path: Path) -> None:
    text = "month,team,cost,hours,rate\n2026-03,search,5000,,\n2026-03,ads,,12.5,80\n2026-04,ads,7,,\n"
    found = ledger(tmp_path, "people", text, "2026-03")
    assert invoiced(found) == {"2026-03": 6000}  # April is not in the bill
    assert borne(found) == {"search": 5001, "ads": 1000}


def test_a_ledger_in_another_currency_is_converted(tmp_path: Path) -> None:
    # 1,000.00 EUR over 3 months: 333.33 EUR, times 1.1 is 366.663 USD, an invoice of 366.66.
    rules = HEAD + "rates: {EUR: 1.1}\nledgers: [{kind: hardware, name: Own, file: o.csv, currency: EUR}]\n"
    text = "price,bought,life_months,team\n1000,2026-03,3,search\n"
    found = allocated(tmp_path, rules, months("2026-03"), {"o.csv": text})
    assert invoiced(found) == {"2026-03": Decimal("366.663")}
    assert sum(p.cents for p in found.parts if p.provider == "Own") == Decimal("366.66")


def test_columns_may_have_titles_of_their_own(tmp_path: Path) -> None:
    text = "Purchase price;Date;Months;Squad\n600;2026-03-01;6;search\n"
    more = ", columns: {price: Purchase price, bought: Date, life_months: Months, team: Squad}"
    assert borne(ledger(tmp_path, "hardware", text, "2026-03", more=more)) == {"search": 101}


def test_what_a_ledger_owns_together_is_shared_as_a_pool(tmp_path: Path) -> None:
    # 400 a month, by GPU-hours 3 : 1.
    rules = HEAD + (
        "shared: [{name: Own GPUs, provider: Own, split: {driver: gpu}}]\n"
        "drivers: {gpu: {file: h.csv}}\nledgers: [{kind: hardware, name: Own, file: own.csv}]\n"
    )
    files = {"own.csv": "item,price,bought,life_months\nServer,4000,2026-01,10\n",
             "h.csv": "month,team,quantity\n2026-03,search,750\n2026-03,ads,250\n"}  # fmt: skip
    assert borne(allocated(tmp_path, rules, months("2026-03"), files), "Own GPUs") == {"search": 300, "ads": 100}


def test_a_project_code_is_looked_up_in_the_export_of_an_issue_tracker(tmp_path: Path) -> None:
    rules = USD + (
        "dimensions:\n  team: [{tag: project, in: tracker}, {tag: team}]\n  use_case: [{tag: project, in: tracker}]\n"
        "tables: {tracker: {file: issues.csv, key: Code, columns: {team: Squad}}}\n"
        "ledgers: [{kind: people, name: Staff, file: staff.csv}]\n"
    )
    files = {"issues.csv": "Code,Summary,Squad,use_case\nAI-1,Find parts,Vision,Search\nAI-2,Chat,,Support\n",
             "staff.csv": "month,cost,project\n2026-03,500,ai-1\n"}  # fmt: skip
    rows = [
        {"BilledCost": "1", "Tags": '{"project": "AI-1"}'},
        {"BilledCost": "2", "Tags": '{"project": "AI-2", "team": "chat"}'},
        {"BilledCost": "4", "Tags": '{"project": "AI-3", "team": "other"}'},
    ]
    found = allocated(tmp_path, rules, rows, files)
    assert borne(found) == {"Vision": 501, "chat": 2, "other": 4}
    assert {(c.owner[3], c.amount) for c in found.charges} == {
        ("Search", 1), ("Support", 2), ("Unallocated", 4), ("Search", 500)
    }  # fmt: skip


def test_a_column_that_is_renamed_gives_way_to_another_of_its_name(tmp_path: Path) -> None:
    text = "price,Net,bought,life_months,team\n999,600,2026-03,6,search\n"
    assert invoiced(ledger(tmp_path, "hardware", text, "2026-03", more=", columns: {price: Net}")) == {"2026-03": 100}


def test_a_column_that_is_asked_for_by_its_title_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own.csv:1: no column Residual; these are: price, bought, life_months"):
        ledger(
            tmp_path,
            "hardware",
            "price,bought,life_months\n1,2026-03,6\n",
            "2026-03",
            more=", columns: {salvage: Residual}",
        )


def test_an_issue_tracker_may_have_more_names_than_the_bill_has_owners(tmp_path: Path) -> None:
    rules = USD + "dimensions: {team: [{tag: project, in: t}]}\ntables: {t: {file: t.csv}}\n"
    files = {"t.csv": "key,team\n" + "".join(f"P-{n},team of {n}\n" for n in range(10_001))}
    rows = [{"BilledCost": "1", "Tags": '{"project": "P-77"}'}]
    assert borne(allocated(tmp_path, rules, rows, files)) == {"team of 77": 1}


def test_a_ledger_that_is_named_as_a_provider_is_refused(tmp_path: Path) -> None:
    rules = HEAD + "ledgers: [{kind: people, name: aws, file: p.csv}]\n"
    with pytest.raises(InputError, match=r"rules.yaml:4: ledgers.0.name: 'aws' is a provider of the bill"):
        allocated(tmp_path, rules, months("2026-03"), {"p.csv": "month,team,cost\n2026-03,a,1\n"})


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("hardware", "price,bought,life_months\n-5,2026-01,3\n", "own.csv:2: price: must not be negative (got -5)"),
        ("hardware", "price,bought,life_months\n1,2026-01,3\n5,2026-01,0\n", "own.csv:3: life_months: expected whole"),
        ("hardware", "price,bought,life_months\n5,2026-02-30,3\n", "own.csv:2: bought: there is no such day"),
        ("hardware", "price,bought,life_months\n\n\"5,1\",2026-02,3\n", "own.csv:3: price: expected a number"),
        ("hardware", "price,bought,life_months,salvage\n5,2026-01,3,6\n", "salvage: is more than the price (6 > 5)"),
        ("hardware", "price,bougth,life_months\n5,2026-01,3\n", "own.csv:1: no column bought; these are: price, b"),
        ("hardware", "price,bought,life_months\n5,2026-01\n", "own.csv:2: 2 cells under 3 columns"),
        ("hardware", "PRICE,bought,Price,life_months\n5,2026-01,6,3\n", "own.csv:1: the column price stands twice"),
        ("hardware", "price,bought,life_months,salvge\n5,2026-01,3,1\n", "a column 'salvge': is 'salvage' meant?"),
        ("licences", "price,from,to\n5,2026-03,2026-02\n", "own.csv:2: to: 2026-02 is before 2026-03"),
        ("licences", "price,per,from\n5,week,2026-03\n", "own.csv:2: per: expected month or year (got 'week')"),
        ("people", "month,cost,hours,rate\n2026-03,5,1,\n", "own.csv:2: cost: expected either a cost, or"),
        ("people", "month,cost\nMarch,5\n", "own.csv:2: month: expected a month as 2026-03"),
        ("people", "month,cost\n2026-03,NaN\n", "own.csv:2: cost: expected a number"),
        ("people", "", "the file is empty"),
    ],
)  # fmt: skip
def test_a_ledger_that_cannot_be_read_is_refused_with_its_line(tmp_path: Path, kind: str, text: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        ledger(tmp_path, kind, text, "2026-03")
    assert says in str(refused.value)
