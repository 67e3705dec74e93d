"""The command `xlroi bill allocate`."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

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
    assert (code, f"written: {target}" in out) == (0, True)
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
    assert (code, "name ends in .csv" in err) == (2, True)
    code, _, err = run("bill", "allocate", str(bill), "--rules", rules, "-o", str(bill), "--force")
    assert (code, "is what the showback is made from" in err) == (2, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bill.csv", "rules.yaml"]
