"""The command `xlroi bill check`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.command import Run
from tests.finops.bill import FILES, SAMPLE, write_bill
from xlroi.finops.budget.months import span

EXAMPLES = FILES.parents[2] / "examples" / "bills"
RULES = "currency: USD\ndimensions:\n  team:\n    - {tag: team}\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def _day(day: date, cost: str, team: str = "search") -> dict[str, str]:
    first = day.replace(day=1)
    return {
        "BilledCost": cost,
        "EffectiveCost": "0",
        "BillingPeriodStart": first.isoformat(),
        "BillingPeriodEnd": (first + timedelta(days=32)).replace(day=1).isoformat(),
        "ChargePeriodStart": day.isoformat(),
        "ChargePeriodEnd": (day + timedelta(days=1)).isoformat(),
        "Tags": json.dumps({"team": team}) if team else "",
    }


def _bill(path: Path, costs: Mapping[str, str], last_day: int = 31) -> Path:
    """A charge on the first and the last day of each month, of half its cost each; the last month may end early."""
    rows = []
    for month, cost in costs.items():
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        if month == max(costs):
            last = min(last, first.replace(day=min(last_day, last.day)))
        rows += [_day(first, cost), _day(last, cost)]
    return write_bill(path, rows)


def _budget(path: Path, year: int, amounts: str) -> Path:
    path.write_text(f"currency: USD\nfiscal_year: {year}\n{amounts}\n", encoding="utf-8")
    return path


def test_within_budget_is_exit_0_and_over_it_exit_1(run: Run, tmp_path: Path) -> None:
    # Four months of 100 (50 twice), naive: 1200 at the end of the year.
    bill = _bill(tmp_path / "bill.csv", dict.fromkeys(span("2026-01", "2026-04"), "50"))
    enough = _budget(tmp_path / "enough.yaml", 2026, "total: 1200")
    code, out, _ = run("bill", "check", str(bill), "--budget", str(enough))
    assert code == 0
    assert "ok: no threshold is crossed or forecast to be" in out
    short = _budget(tmp_path / "short.yaml", 2026, "services:\n  Amazon EC2: 1080")
    code, out, _ = run("bill", "check", str(bill), "--budget", str(short))
    assert code == 1
    # 1080 is used up exactly by October and passed in November.
    assert (
        "CROSSED service Amazon EC2, 2026-11: the year ends at 1,200.00, more than 1,080.00, 100% of its budget" in out
    )


def test_json_has_exact_amounts_as_texts(run: Run, tmp_path: Path) -> None:
    bill = _bill(tmp_path / "bill.csv", dict.fromkeys(span("2026-01", "2026-04"), "50.000000000000000001"))
    budget = _budget(tmp_path / "budget.yaml", 2026, "total: 600")
    code, out, _ = run("bill", "check", str(bill), "--budget", str(budget), "--json")
    found = json.loads(out)
    (total,) = found["budgets"]
    assert (code, found["passed"], found["part"]) == (1, False, None)
    assert (total["spent"], total["budget_to_date"]) == ("400.000000000000000008", "200")
    assert total["variance"] == "200.000000000000000008"
    # 600 are spent by June, not more by any amount that is money: July is the first month over.
    assert (total["year_end"], total["probability"], total["first_month_over"]) == ("1200.00", 1.0, "2026-07")
    assert [f["what"] for f in found["findings"]] == ["forecast", "probability"]
    # 600 less 400 leaves 200; each month of 100 less.
    assert [m["left"] for m in total["months"]][3:7] == ["200.00", "100.00", "0.00", "-100.00"]


def test_a_month_that_is_not_over_is_forecast_and_it_is_said(run: Run, tmp_path: Path) -> None:
    bill = _bill(tmp_path / "bill.csv", dict.fromkeys(span("2026-01", "2026-04"), "50"), last_day=10)
    budget = _budget(tmp_path / "budget.yaml", 2026, "total: 1300")
    code, out, _ = run("bill", "check", str(bill), "--budget", str(budget), "--json")
    (total,) = json.loads(out)["budgets"]
    assert (code, total["actual_to_date"], total["part"], total["months"][3]["kind"]) == (0, "300", "100", "part")
    assert run("bill", "check", str(bill), "--budget", str(budget))[2].startswith(
        "note: 2026-04 is not over (the last charge is of 2026-04-10): it is left out of the fit and forecast\n"
    )
    whole = run("bill", "check", str(bill), "--budget", str(budget), "--last-month", "whole", "--json")[1]
    assert json.loads(whole)["budgets"][0]["actual_to_date"] == "400"


def test_budgets_of_teams_are_held_against_what_rules_allocate(run: Run, tmp_path: Path) -> None:
    days = [date(2026, month, day) for month in (1, 2) for day in (1, 28)]
    days += [date(2026, 1, 31)]
    rows = [_day(day, cost, team) for day in days for cost, team in (("60", "search"), ("30", "data"), ("10", ""))]
    bill = write_bill(tmp_path / "bill.csv", rows)
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    budget = _budget(tmp_path / "budget.yaml", 2026, "teams:\n  search: 1000\n  data: 2000")
    given = ["bill", "check", str(bill), "--budget", str(budget)]
    code, _, err = run(*given)
    assert code == 2
    assert "budget.yaml:4: teams.search: a budget of a team needs --rules" in err
    code, out, err = run(*given, "--rules", str(tmp_path / "rules.yaml"), "--max-untagged", "9%")
    # Search: 5 * 60 = 300, then 2 * 60 = 120 a month for ten months: 1500. Data: half of it, 750 of 2000.
    assert code == 1
    assert "CROSSED team search, 2026-08: the year ends at 1,500.00, more than 1,000.00, 100% of its budget" in out
    assert "team data" in out
    assert "CROSSED team data" not in out
    assert "CROSSED all, 2026-02: 10% of cost has no team, more than 9%" in out
    assert "teams without a budget cost 50.00 in the fiscal year so far: Unallocated 50.00" in err


@pytest.mark.parametrize(("most", "code"), [("1.336%", 1), ("0.01337", 0)])
def test_the_untagged_share_of_the_focus_sample_is_that_of_its_profile(run: Run, most: str, code: int) -> None:
    # 0.27416448666 of 20.52022672899 has no business_unit: 1.33607%.
    given = ["bill", "check", str(SAMPLE), "--tag", "business_unit", "--max-untagged", most]
    assert run(*given)[0] == code
    data = json.loads(run(*given, "--json")[1])
    assert data["untagged"]["share"] == pytest.approx(0.27416448666 / 20.52022672899, rel=1e-12)
    assert [f["what"] for f in data["findings"]] == ["untagged"] * code


def test_the_example_shows_what_a_short_history_is_forecast_by(run: Run) -> None:
    code, out, err = run("bill", "check", str(EXAMPLES / "focus_sample.csv"), "--rules", str(EXAMPLES / "rules.yaml"),
                         "--budget", str(EXAMPLES / "budget.yaml"))  # fmt: skip
    assert code == 1
    assert "CROSSED team Data" in out
    assert "2024-10 is not over (there is no charge of AWS yet)" in err
    assert "damped Holt needs 12: the last month, without an interval" in err


def test_bad_input_is_exit_2_and_a_way_out(run: Run, tmp_path: Path) -> None:
    bill = _bill(tmp_path / "bill.csv", {"2026-01": "5", "2026-04": "5"})
    budget = _budget(tmp_path / "budget.yaml", 2026, "total: 1200")
    for given, says in (
        ([], "nothing to check; give --budget, --max-untagged or both"),
        (["--budget", str(tmp_path / "none.yaml")], "none.yaml: no such file"),
        (["--max-untagged", "lots"], "--max-untagged lots: expected a share, as 5% or 0.05"),
        (["--max-untagged", "120%"], "expected from 0% to 100%"),
        (["--budget", str(budget), "--rules", "x.yaml", "--cost", "billed"], "--cost and --tag are for bills without"),
        (["--budget", str(budget)], "no charge in 2026-02, 2026-03, between 2026-01 and 2026-04; add the files"),
    ):
        code, _, err = run("bill", "check", str(bill), *given)
        assert code == 2
        assert says in err
    mixed = write_bill(tmp_path / "mixed.csv", [{}, {"BillingCurrency": "EUR"}])
    code, _, err = run("bill", "check", str(mixed), "--budget", str(budget))
    assert code == 2
    assert "the bills are in EUR, USD, which cannot be added" in err
    early = _bill(tmp_path / "early.csv", {"2026-01": "5"}, last_day=9)
    code, _, err = run("bill", "check", str(early), "--budget", str(budget))
    assert code == 2
    assert "the bills hold no whole month (2026-01 is not over" in err
