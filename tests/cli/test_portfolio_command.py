"""xlroi portfolio: from a new case to a workbook, an overruled decision, and the case read back."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

import xlroi
from tests.command import Run
from xlroi.model.template import load_model
from xlroi.proof.cells import read_book
from xlroi.proof.libreoffice import LibreOfficeBook
from xlroi.workbook.read import read_back


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def test_from_a_new_case_to_an_overruled_decision_and_back(command: Run, tmp_path: Path) -> None:
    case, plan, overruled = tmp_path / "case.yaml", tmp_path / "plan.xlsx", tmp_path / "overruled.xlsx"
    assert command("new", "portfolio", "-o", str(case))[0] == 0
    code, out, _ = command("portfolio", "optimise", str(case), "-o", str(plan), "--json")
    assert code == 0
    found = json.loads(out)
    assert found["gap"] <= 1e-4
    assert len(found["frontier"]) == 6
    assert xlroi.verify(plan, count=10).passed

    # Finance takes the platform out, in a spreadsheet.
    layout = read_back(plan, {key: cell.value for key, cell in read_book(plan).cells.items()}).layout
    names = list(load_model("portfolio").tables["initiatives"].rows)
    place = layout.input_cells()[f"initiatives.funded[{names.index('Data platform')}]"]
    with LibreOfficeBook(plan) as book:
        book.set({place: "no"})
        book.recalculate()
        book.save_as(overruled)
    read = xlroi.api.read_case(overruled)
    assert [change.path for change in read.changes] == ["initiatives[Data platform].funded"]
    result = xlroi.run(read.case)
    # The forecast needs the platform's data: its dependency is now broken, and the plan is worth less.
    assert "none_broken" in {check.line for check in result.failing()}
    assert result.outputs["npv"] < found["worth"]
    cells = {key: cell.value for key, cell in read_book(overruled).cells.items()}
    assert cells["Optimisation", "E3"] == "STALE: inputs changed since build"
    assert cells["Optimisation", "C9"] == "yes"  # what the optimiser chose stays stamped
    assert cells["Optimisation", "F9"] == "no"

    code, _, err = command("read", str(overruled), "-o", str(tmp_path / "again.yaml"))
    assert code == 0, err
    text = (tmp_path / "again.yaml").read_text(encoding="utf-8")
    assert "Data platform: {funded: no" in text or 'Data platform: {funded: "no"' in text


def test_a_case_with_the_choice_keeps_its_comments(command: Run, tmp_path: Path) -> None:
    case, chosen = tmp_path / "case.yaml", tmp_path / "chosen.yaml"
    command("new", "portfolio", "-o", str(case))
    code, out, _ = command("portfolio", "optimise", str(case), "-o", str(chosen), "--set", "budget_scale=50%")
    assert code == 0
    assert "gap 0.0" in out
    text = chosen.read_text(encoding="utf-8")
    assert "# Scales the budget of every year" in text or "Scales the budget of every year" in text
    again = xlroi.run(xlroi.load_case(chosen))
    assert again.outputs["over_count"] == 0
    assert again.outputs["budget_total"] == 0.5 * (1_150_000 + 750_000 + 3 * 700_000)


def test_bad_targets_are_refused_before_the_search(command: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    command("new", "portfolio", "-o", str(case))
    code, _, err = command("portfolio", "optimise", str(case), "-o", str(tmp_path / "plan.pdf"))
    assert (code, "expected a case (.yaml) or a workbook (.xlsx)" in err) == (2, True)
    code, _, err = command("portfolio", "optimise", str(case), "-o", str(case))
    assert (code, "exists already" in err) == (2, True)
    code, _, err = command("portfolio", "optimise", "none.yaml")
    assert (code, "no such file" in err) == (2, True)


def test_an_impossible_portfolio_writes_nothing(command: Run, tmp_path: Path) -> None:
    case, plan = tmp_path / "case.yaml", tmp_path / "plan.xlsx"
    command("new", "portfolio", "-o", str(case))
    code, out, err = command("portfolio", "optimise", str(case), "--set", "budget_scale=1%", "-o", str(plan), "--json")
    assert code == 2
    assert "These collide: 'Access controls' is mandatory; budget of Fiscal year 2027" in err
    assert json.loads(out)["exit"] == 2
    assert not plan.exists()


def test_the_frontier_is_a_command_of_its_own(command: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    command("new", "portfolio", "-o", str(case))
    code, out, _ = command("portfolio", "frontier", str(case))
    assert code == 0
    assert out.splitlines()[0] == "Efficient frontier"
    assert sum("%" in line for line in out.splitlines()) == 6


def test_the_bubbles_and_the_frontier_are_drawn(tmp_path: Path) -> None:
    from xlroi.analysis.optimise import optimum

    case = xlroi.load_case(Path(__file__).parents[2] / "examples" / "ai_portfolio.yaml")
    xlroi.build(case, tmp_path / "plan.xlsx", optimum=optimum(case), live=False)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    kinds = [type(chart).__name__ for chart in book["Results"]._charts]
    assert kinds.count("BubbleChart") == 1
    bubble = next(c for c in book["Results"]._charts if type(c).__name__ == "BubbleChart")
    assert len(bubble.series) == 12  # one for each initiative that has a name
    assert [type(c).__name__ for c in book["Optimisation"]._charts] == ["ScatterChart"]
