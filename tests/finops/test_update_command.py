"""The command `xlroi bill update`, day after day, and the dashboard that it leaves."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import html

from tests.browser import page as browser_page
from tests.command import Run
from tests.finops.bill import write_bill


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def export(path: Path, days: int) -> Path:
    """February whole and March so far: 10 and 1.5 a day for search, 20 and 3 a day for research, 0.25 for nobody."""
    february = {"BillingPeriodStart": "2026-02-01", "BillingPeriodEnd": "2026-03-01", "ChargePeriodStart": "2026-02-05"}
    rows = [
        {**february, "BilledCost": "10"},
        {**february, "BilledCost": "20", "Tags": '{"team": "research"}', "ServiceName": "S3 <b>"},
    ]
    for day in range(1, days + 1):
        start = {"ChargePeriodStart": f"2026-03-{day:02}T00:00:00Z"}
        rows += [
            {**start, "BilledCost": "1.5"},
            {**start, "BilledCost": "3", "Tags": '{"team": "research"}', "ServiceName": "S3 <b>"},
            {**start, "BilledCost": "0.25", "Tags": ""},
        ]
    return write_bill(path, rows)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text("currency: USD\ndimensions:\n  team:\n    - {tag: team}\n")
    return path


def amounts(dashboard: Path, section: str, column: int) -> dict[str, Decimal]:
    """The exact amounts of a column of a section's first table, by the name of the row."""
    rows = html.parse(str(dashboard)).xpath(f"(//section[@id='{section}']//table)[1]/tbody/tr")
    return {row.xpath("string(th)"): Decimal(row.xpath(f"string(td[{column}]/data/@value)") or 0) for row in rows}


def test_each_day_adds_its_export_and_refreshes_the_dashboard(run: Run, tmp_path: Path, rules: Path) -> None:
    state = str(tmp_path / "state")
    dashboard = tmp_path / "state" / "dashboard.html"
    code, out, err = run("bill", "update", state, str(export(tmp_path / "to-2.csv", 2)), "--rules", str(rules))
    assert (code, err) == (0, "")
    assert "charges to 2026-03-02" in out
    assert amounts(dashboard, "teams", 1) == {
        "research": Decimal(6),
        "search": Decimal(3),
        "Unallocated": Decimal("0.5"),
    }

    code, out, _ = run("bill", "update", state, str(export(tmp_path / "to-3.csv", 3)))
    assert code == 0
    # 2 x 4.75 = 9.5 before, 3 x 4.75 = 14.25 after; February came again as it was.
    assert "replaces the older export" in out
    assert "9.5 USD" in out
    assert "14.25 USD" in out
    assert "held already" in out
    assert amounts(dashboard, "teams", 1) == {"research": 9, "search": Decimal("4.5"), "Unallocated": Decimal("0.75")}
    assert amounts(dashboard, "teams", 2) == {"research": 20, "search": 10, "Unallocated": 0}
    assert amounts(dashboard, "services", 1) == {"S3 <b>": 9, "Amazon EC2": Decimal("5.25")}
    assert amounts(dashboard, "checks", 1) == amounts(dashboard, "checks", 2)
    assert amounts(dashboard, "checks", 2) == {"AWS, 2026-03": Decimal("14.25"), "AWS, 2026-02": 30}
    # 0.75 of 14.25 is 5.3%.
    assert "5.3%" in dashboard.read_text()
    with browser_page() as tab:
        tab.open(dashboard)
        assert (tab.complaints, len(tab.requests)) == ([], 1)
        assert tab.ask("document.querySelector('#newest').innerText") == "3 March 2026"

    made = dashboard.read_bytes()
    code, out, _ = run("bill", "update", state, str(tmp_path / "to-3.csv"), "--json")
    said = json.loads(out)
    assert (code, said["refreshed"], said["nothing_new"]) == (0, False, [str(tmp_path / "to-3.csv")])
    assert dashboard.read_bytes() == made


def test_rules_that_cannot_be_used_leave_the_state_as_it_was(run: Run, tmp_path: Path, rules: Path) -> None:
    state = tmp_path / "state"
    run("bill", "update", str(state), str(export(tmp_path / "to-2.csv", 2)), "--rules", str(rules))
    before = {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()}
    rules.write_text("currency: USD\ndimensions:\n  team:\n    - {tga: team}\n")
    code, _, err = run("bill", "update", str(state), str(export(tmp_path / "to-3.csv", 3)))
    assert code == 2
    assert "rules.yaml:4" in err
    assert {path.name: path.read_bytes() for path in state.iterdir() if path.is_file()} == before


def test_without_rules_the_dashboard_says_that_nothing_is_allocated(run: Run, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert run("bill", "update", str(state), str(export(tmp_path / "to-2.csv", 2)))[0] == 0
    text = (state / "dashboard.html").read_text()
    assert "No rules were given" in text
    assert amounts(state / "dashboard.html", "teams", 1) == {"Unallocated": Decimal("9.5")}


def test_bad_input_ends_with_exit_code_2(run: Run, tmp_path: Path) -> None:
    state, first = str(tmp_path / "state"), str(export(tmp_path / "to-2.csv", 2))
    assert run("bill", "update", state, first, "--replace", "--keep-repeated")[0] == 2
    assert run("bill", "update", state, str(tmp_path / "none.csv"))[0] == 2
    assert run("bill", "update", state, first, "--rules", str(tmp_path / "none.yaml"))[0] == 2
    mixed = write_bill(tmp_path / "mixed.csv", [{}, {"BillingCurrency": "EUR"}])
    code, _, err = run("bill", "update", state, str(mixed))
    assert code == 2
    assert "EUR, USD; give --rules" in err
    assert not Path(state).exists()
