"""Model opex_programme beyond the engine: workbook and back, simulation, explanation."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import xlroi
from tests.model.test_opex_programme import TWO, quiet
from xlroi.analysis.explain import explain
from xlroi.analysis.simulate import simulate
from xlroi.api import run
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.proof.cells import read_book
from xlroi.values import CellValue
from xlroi.workbook.read import read_back


def test_actuals_typed_and_levers_taken_out_in_the_workbook_come_back(tmp_path: Path) -> None:
    book, edited = tmp_path / "programme.xlsx", tmp_path / "edited.xlsx"
    xlroi.build(quiet(TWO, {"closed_quarters": 1}), book, live=False)
    plan = read_back(book, {key: cell.value for key, cell in read_book(book).cells.items()})
    cells = plan.layout.input_cells()
    typed: dict[str, CellValue] = {
        "actuals.name[0]": "A", "actuals.lever[0]": "First", "actuals.quarter[0]": "FY27 Q1",
        "actuals.cash.values[0]": 900.0, "actuals.freed.values[0]": 0.0, "levers.included.values[1]": 0.0,
    }  # fmt: skip
    workbook = openpyxl.load_workbook(book)
    for address, value in typed.items():
        sheet, ref = cells[address]
        workbook[sheet][ref] = value
    workbook.save(edited)
    found = xlroi.api.read_case(edited)
    assert {change.path for change in found.changes} == {"actuals[A]", "levers[Second].included"}
    again = run(case_from(parse_yaml(found.text, "again.yaml")))
    assert again.outputs["realised_to_date"] == 900
    assert again.outputs["realisation"] == pytest.approx(900 / 1200)
    assert again.outputs["total_saved"] == pytest.approx(24 * 400)


def test_the_book_of_a_programme_is_proven(tmp_path: Path) -> None:
    xlroi.build(quiet(TWO), tmp_path / "programme.xlsx", live=False)
    found = xlroi.verify(tmp_path / "programme.xlsx", count=5)
    assert found.proof.mismatches == []
    assert found.proof.cells > 5000


def test_a_simulation_draws_costs_and_savings() -> None:
    # 1,000 of set-up, and evenly 0 to 40% on top of it: 1,200 on average, 1,040 at P10, 1,360 at P90.
    given = {
        "setup_cost": {"base": 1000, "optimistic": None, "pessimistic": None},
        "contingency": {"base": 0.2, "optimistic": None, "pessimistic": None,
                        "distribution": {"type": "uniform", "min": 0, "max": 0.4}},
    }  # fmt: skip
    cost, saved = simulate(quiet(TWO, given), 1024, 1, ["total_cost", "total_saved"]).outputs
    assert cost.mean == pytest.approx(1200, rel=0.01)
    assert [cost.percentiles[p] for p in (10, 90)] == pytest.approx([1040, 1360], rel=0.01)
    # Confidence is certain already and can only fall: what is drawn lies below the plan of 24 x 700.
    assert 0.5 * 24 * 700 < saved.percentiles[10] < saved.mean < saved.live == pytest.approx(24 * 700)
    assert saved.missing == 0


def test_savings_are_explained_down_to_the_levers() -> None:
    found = run(quiet(TWO))
    tree = explain(found.values, found.case, "total_saved", "base")
    assert tree.value == pytest.approx(24 * 700)
