"""The command `xlroi bill kpis`."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.command import Run
from tests.finops.bill import SAMPLE, write_bill
from tests.finops.figured import on


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def test_figures_are_a_page_of_tables(run: Run, tmp_path: Path) -> None:
    usage = tmp_path / "usage.csv"
    usage.write_text("month,unit,quantity\n2024-09,million tokens,5\n", encoding="utf-8")
    code, out, err = run("bill", "kpis", str(SAMPLE), "--tag", "business_unit", "--savings", "--usage", str(usage))
    assert code == 0
    for words in (
        "2024-09          AWS        USD       18.01",
        "AWS: no savings over list, utilisation, coverage: EffectiveCost is rounded to whole numbers",
        "What moved, by service",
        "million tokens  (all)  5         USD       20.28  4.0560453458",
        "2024-09-29  Amazon Elastic Compute Cloud  AWS       USD       1.77  0.03",
        "idle-address  AWS",
        "a month",
    ):
        assert words in out
    assert "note: Oracle: the bill has 2024-10 in part" in err


def test_json_has_amounts_as_exact_texts(run: Run) -> None:
    code, out, _ = run("bill", "kpis", str(SAMPLE), "--json", "--savings")
    found = json.loads(out)
    assert code == 0
    assert {m["provider"]: m["cost"] for m in found["months"] if m["month"] == "2024-09"} == {
        "AWS": "18.0066386184",
        "Microsoft": "1.97651418586",
        "Oracle": "0.29707392473",
        "ALL": "20.28022672899",
    }
    assert found["months"][0]["over_list"]["value"] is None
    assert {s["rule"] for s in found["savings"]} == {"spot", "idle-address"}
    assert found["anomalies"][0]["amount"] == "1.7725388268"


def test_the_rows_behind_findings_are_a_csv_that_is_safe_in_a_spreadsheet(run: Run, tmp_path: Path) -> None:
    idle = {"ServiceCategory": "Networking", "ChargeDescription": "$0.005 per Idle public IPv4 address per hour"}
    rows = [on(date(2026, 1, 5) + timedelta(n), "0.12", ResourceId='=HYPERLINK("x")', **idle) for n in range(3)]
    target = tmp_path / "rows.csv"
    code, _, _ = run("bill", "kpis", str(write_bill(tmp_path / "bill.csv", rows)), "--savings", "--rows", str(target))
    assert code == 0
    with target.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [(r["finding"], r["day"], r["resource"], r["cost"]) for r in found] == [
        ("idle-address", f"2026-01-0{n}", '\'=HYPERLINK("x")', "0.12") for n in (5, 6, 7)
    ]
    code, _, err = run("bill", "kpis", str(SAMPLE), "--savings", "--rows", str(target))
    assert (code, "exists already" in err) == (2, True)


def test_bad_input_ends_with_exit_code_2_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    usage, target = tmp_path / "usage.csv", tmp_path / "rows.csv"
    usage.write_text("month,unit,quantity\n2026-03,runs,none\n", encoding="utf-8")
    code, _, err = run("bill", "kpis", str(SAMPLE), "--usage", str(usage), "--rows", str(target))
    assert (code, f"{usage}:2: quantity: expected a number" in err) == (2, True)
    for wrong in (["--discount", "140%"], ["--cold", "some"], ["--rows", str(tmp_path / "rows.txt")]):
        assert run("bill", "kpis", str(SAMPLE), *wrong)[0] == 2
    assert run("bill", "kpis", str(tmp_path / "none.csv"), "--rows", str(target))[0] == 2
    assert not target.exists()


def test_a_charge_of_no_day_is_refused_with_its_row_and_an_empty_one_counts_in_its_month(
    run: Run, tmp_path: Path
) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}, {"ChargePeriodStart": "soon"}])
    code, _, err = run("bill", "kpis", str(bill), "--savings")
    assert (code, "bill.csv:3: ChargePeriodStart: 'soon' is no date" in err) == (2, True)
    machine = {"ServiceCategory": "Compute", "PricingCategory": "Standard", "ConsumedUnit": "Hours",
               "ChargeDescription": "per Linux Instance Hour"}  # fmt: skip
    write_bill(bill, [machine | {"ChargePeriodStart": ""}, machine | {"ChargePeriodEnd": "later"}])
    code, out, err = run("bill", "kpis", str(bill), "--savings")
    assert (code, "2026-03 in part  AWS       USD       2.40" in out) == (0, True)
    assert "not looked at for unusual days: 1 rows of usage" in err


def test_rules_say_how_much_has_an_owner_and_what_a_teams_units_cost(run: Run, tmp_path: Path) -> None:
    day = date(2026, 3, 10)
    rows = [on(day, cost, Tags=f'{{"team": "{team}"}}') for cost, team in (("60.5", "search"), ("14.5", "ads"))]
    bill = write_bill(tmp_path / "bill.csv", [*rows, on(day, "25.00", Tags="")])
    rules, usage = tmp_path / "rules.yaml", tmp_path / "usage.csv"
    rules.write_text("currency: USD\ncost: effective\ndimensions:\n  team:\n    - {tag: team}\n", encoding="utf-8")
    usage.write_text("month,unit,quantity,team\n2026-03,training runs,5,search\n", encoding="utf-8")
    code, out, _ = run("bill", "kpis", str(bill), "--rules", str(rules), "--usage", str(usage), "--json")
    found = json.loads(out)
    assert code == 0
    # 60.5 + 14.5 of 100; 60.5 / 5.
    (march,) = found["allocated"]
    assert (march["month"], march["value"]) == ("2026-03", 0.75)
    assert found["unit_costs"][0]["per_unit"] == "12.1"


def test_the_rows_are_never_written_over_the_bill(run: Run, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}])
    before = bill.read_bytes()
    code, _, err = run("bill", "kpis", str(bill), "--rows", str(bill), "--force")
    assert (code, "is what the figures are made from" in err, bill.read_bytes()) == (2, True, before)
