"""Templates in quarters and years, series by every period, and cells of tables set by path."""

from __future__ import annotations

from pathlib import Path

import pytest

import xlroi
from xlroi.errors import InputError
from xlroi.model.case import Case, case_from, with_settings
from xlroi.model.loading import parse_yaml
from xlroi.model.template import model_from

TEMPLATE = """
model: quarterly
title: A plan by the quarter
version: "1.0"
question: What does it bring?
step: {step}
columns: {columns}
horizon: steps
start: start_date
constants:
  years_to_loss: {{value: 5, unit: year, source: Hand}}
inputs:
  - title: Plan
    items:
      steps: {{label: Period, unit: {unit}, default: {columns}, min: 1, max: {columns}, integer: true}}
      start_date: {{label: Start, unit: date, default: 2026-03-31}}
      rate: {{label: Rate, unit: "%", default: 21%}}
      by_year: {{label: By year, unit: money, series: year, default: [100, 200, 300]}}
      budget: {{label: By fiscal year, unit: money, series: fiscal_year, default: [10, 20, 30, 40],
        range: {{optimistic: 2, pessimistic: 0.5}}}}
{quarter}
sections:
  - title: Plan
    per: month
    unit: money
    totalled: flow
    lines:
      income: {{formula: by_year * operating}}
      allowance: {{formula: budget * operating}}
{uses}      factor: {{unit: factor, totalled: rate, formula: (1 + rate) ^ (-1 * month / 12)}}
  - title: Results
    unit: money
    lines:
      total: {{formula: SUM(income) + SUM(allowance)}}
      npv: {{formula: SUM(income * factor)}}
      answer: {{unit: text, formula: '"Brings " & FIXED(ROUND(total, 0), 0)'}}
outputs: [total, npv]
answer: answer
profit_and_loss: {{Income: [income, allowance]}}
"""
VALUES = list(range(1, 13))
QUARTER = f"      demand: {{label: By quarter, unit: money, series: quarter, default: {VALUES}}}\n"


def planned(step: str, columns: int, text: str = "model: quarterly") -> Case:
    quarterly = step != "year"
    template = (
        TEMPLATE.format(
            step=step,
            columns=columns,
            unit="month" if step == "month" else "step",
            quarter=QUARTER if quarterly else "",
            uses="      orders: {formula: demand * operating}\n" if quarterly else "",
        )
        .replace("  years_to_loss: {value: 5, unit: year, source: Hand}\n", "")
        .replace("constants:\n", "")
    )
    return case_from(parse_yaml(text, "case.yaml"), model_from(parse_yaml(template, "quarterly.yaml")))


def test_quarters_discount_by_their_months_and_read_series_by_period() -> None:
    result = xlroi.run(planned("quarter", 12))
    by_hand = sum((100, 200, 300)[(q - 1) // 4] * 1.21 ** (-q / 4) for q in range(1, 13))
    assert result.outputs["npv"] == pytest.approx(by_hand, rel=1e-12)
    # Start on 2026-03-31: quarters 1 to 3 end in 2026, then four a year; 2029 has the last one.
    assert [result.values.cell("budget", 0, q) for q in range(1, 13)] == [10.0] * 3 + [20.0] * 4 + [30.0] * 4 + [40.0]
    assert [result.values.cell("demand", 0, q) for q in range(1, 5)] == [1.0, 2.0, 3.0, 4.0]
    assert result.failing() == []


def test_years_are_their_own_step() -> None:
    result = xlroi.run(planned("year", 3))
    assert result.outputs["npv"] == pytest.approx(100 / 1.21 + 200 / 1.21**2 + 300 / 1.21**3, rel=1e-12)
    assert result.values.cell("date", 0, 1) == result.values.cell("date", 0, 0) + 365  # type: ignore[operator]


def test_the_fiscal_year_moves_the_series() -> None:
    # A fiscal year that ends in March: the decision on 2026-03-31 is the last day of fiscal year 2026.
    case = planned("month", 24, "model: quarterly\ninputs: {fiscal_year_end: 3, by_year: [1, 2], budget: [10, 20, 30]}")
    values = xlroi.run(case).values
    assert [values.cell("budget", 0, m) for m in (0, 1, 12, 13, 24)] == [10.0, 20.0, 20.0, 30.0, 30.0]


@pytest.mark.parametrize(("step", "columns"), [("quarter", 12), ("year", 3), ("month", 36)])
def test_every_step_makes_a_proven_workbook(step: str, columns: int, tmp_path: Path) -> None:
    xlroi.build(planned(step, columns), tmp_path / "book.xlsx")
    assert xlroi.verify(tmp_path / "book.xlsx", count=12).proof.mismatches == []


def test_the_scenario_scales_a_series() -> None:
    case = planned("quarter", 12)
    assert xlroi.run(case, "base").values.cell("allowance", 0, 1) == 10.0
    assert xlroi.run(case, "optimistic").values.cell("allowance", 0, 1) == 20.0


VANS = Path(__file__).parent.parent.parent / "examples" / "delivery_vans.yaml"


def test_a_cell_of_a_table_is_set_by_its_path() -> None:
    case = with_settings(xlroi.load_case(VANS), ["vans[Diesel].price=1000", "vans[electric].method=straight"])
    outputs = xlroi.run(case).outputs
    assert outputs["best"] == "Diesel"
    assert case.tables["vans"][1].values["method"] == "straight"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("vans[Disel].price=1", "no row 'Disel'; did you mean 'Diesel'"),
        ("vans[Diesel].prise=1", "no column 'prise'; did you mean 'price'"),
        ("van[Diesel].price=1", "'van' is not a table with rows; did you mean 'vans'"),
        ("vans[Diesel].price=-1", "must be at least 0"),
        ("vans[Diesel].method=fast", "expected one of straight, accelerated"),
        ("fuels[Diesel].price=1", "is a series"),
        ("vans[Diesel]=1", "expected table[row].column=value"),
    ],
)
def test_a_wrong_path_is_refused(setting: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        with_settings(xlroi.load_case(VANS), [setting])
    assert message in str(refused.value)
