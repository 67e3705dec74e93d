"""The command `xlroi bill allocate`."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from tests.command import Run
from tests.finops.allocation import BY_TAG, charge, written
from tests.finops.bill import write_bill

EXAMPLES = Path(__file__).parents[2] / "examples" / "bills"
BILL, RULES = str(EXAMPLES / "focus_sample.csv"), str(EXAMPLES / "rules.yaml")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def test_the_example_shows_the_proof_teams_pools_and_what_is_unallocated(run: Run) -> None:
    code, out, err = run("bill", "allocate", BILL, "--rules", RULES)
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "2024-09 AWS 18.0066386184 18.01 18.01 equal" in lines
    # Straight line: (14,000 − 2,000) / 48 + 9,000 / 60 = 250 + 150.
    assert "2024-09 Own GPUs 400 400.00 400.00 equal" in lines
    assert "NOT EQUAL" not in out
    assert any(line.startswith("Network driver gpu_hours") for line in lines)
    assert any(line.startswith("Unallocated 0.04 0.00 0.04") for line in lines)
    assert "rules.yaml:11: shared.3: matched nothing that was left to it" in err  # the sample has no unused commitment


def test_json_has_amounts_as_texts_that_add_up(run: Run) -> None:
    code, out, _ = run("bill", "allocate", BILL, "--rules", RULES, "--json")
    found = json.loads(out)
    assert code == 0
    assert {invoice["equal"] for invoice in found["invoices"]} == {True}
    teams = sum(Decimal(team["own"]) + Decimal(team["shared"]) for team in found["teams"])
    assert teams == sum(Decimal(invoice["invoice"]) for invoice in found["invoices"])


def test_a_csv_has_every_part_and_nothing_that_a_spreadsheet_would_calculate(run: Run, tmp_path: Path) -> None:
    rows = [charge("=1+1", "2.00"), charge("-x", "3.00", "@SUM(A1)"), charge("ok", "4.00")]
    bill = write_bill(tmp_path / "bill.csv", rows)
    rules = written(tmp_path, "currency: USD\ndimensions:\n" + BY_TAG)
    target = tmp_path / "showback.csv"
    code, out, _ = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(target))
    assert (code, f"wrote {target}" in out) == (0, True)
    with target.open(encoding="utf-8", newline="") as file:
        parts = list(csv.DictReader(file))
    assert sorted((part["team"], part["service"], part["amount"], part["currency"]) for part in parts) == [
        ("'-x", "'@SUM(A1)", "3.00", "USD"),
        ("ok", "Amazon EC2", "4.00", "USD"),
        ("team =1+1", "Amazon EC2", "2.00", "USD"),
    ]
    code, _, err = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(target))
    assert (code, "exists already" in err) == (2, True)
    assert run("bill", "allocate", str(bill), "--rules", rules, "-o", str(target), "--force")[0] == 0


def test_nothing_is_written_where_anything_is_refused(run: Run, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [charge("a", "1", BillingCurrency="EUR")])
    rules = written(tmp_path, "currency: USD\ndimensions:\n" + BY_TAG)
    code, _, err = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(tmp_path / "out.csv"))
    assert (code, "no rate" in err) == (2, True)
    code, _, err = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(tmp_path / "out.txt"))
    assert (code, ".xlsx" in err and ".csv" in err) == (2, True)
    code, _, err = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(bill), "--force")
    assert (code, "is what the showback is made from" in err) == (2, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bill.csv", "rules.yaml"]


def test_a_workbook_and_a_journal_hold_what_was_allocated(run: Run, tmp_path: Path) -> None:
    target, journal = tmp_path / "showback.xlsx", tmp_path / "journal.csv"
    options = ("-o", str(target), "--journal", str(journal), "--teams", "4", "--services", "3", "--last-month", "whole")
    code, out, _ = run("bill", "allocate", BILL, "--rules", RULES, *options)
    assert (code, f"wrote {target}; next: xlroi verify {target}" in out) == (0, True)
    with journal.open(encoding="utf-8", newline="") as file:
        bookings = list(csv.DictReader(file))
    invoices: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for booking in bookings:
        invoices[booking["period"], booking["provider"]] += Decimal(booking["amount"])
    # The oracle's billed cost, to the cent; own GPUs as above.
    assert invoices["2024-09", "AWS"] == Decimal("18.01")
    assert invoices["2024-09", "Microsoft"] == Decimal("1.98")
    assert invoices["2024-10", "Oracle"] == Decimal("0.24")
    assert invoices["2024-09", "Own GPUs"] == Decimal("400.00")
    assert {booking["date"] for booking in bookings} == {"2024-09-30", "2024-10-31"}
    book = openpyxl.load_workbook(target, data_only=True)
    ledger = book["Ledger"]
    assert list(ledger.tables) == ["ledger_table"]
    assert ledger["L6"].value == "Amount, USD"
    billed = sum(row[11] for row in ledger.iter_rows(min_row=7, max_col=12, values_only=True) if row[0] is not None)
    assert billed == pytest.approx(5233.86022672899, rel=1e-14)  # 20.52022672899 of the bill and the other ledgers
    assert "CHECK" not in str(book["Checks"]["B2"].value)


def test_a_budget_without_a_workbook_is_refused(run: Run, tmp_path: Path) -> None:
    code, _, err = run("bill", "allocate", BILL, "--rules", RULES, "--budget", "budget.yaml")
    assert (code, "--budget and --usage are for a workbook" in err) == (2, True)
    code, _, err = run("bill", "allocate", BILL, "--rules", RULES, "--journal", str(tmp_path / "journal.xlsx"))
    assert (code, ".csv" in err) == (2, True)

    both = str(tmp_path / "both.csv")
    code, _, err = run("bill", "allocate", BILL, "--rules", RULES, "-o", both, "--journal", both)
    assert (code, "showback and journal are two files" in err, Path(both).exists()) == (2, True, False)
