"""The timeline that every model has: its section of lines, by the length of a step."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import Step
from xlroi.model.model import Period
from xlroi.model.shape import ConstantShape, InputShape

__all__ = ["CHECK_TOLERANCE", "FISCAL_YEAR_END", "PERIOD_LINES", "STEP_CONSTANTS", "timeline_section"]

_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}

_LINES: Final = """
title: Timeline
lines:
  horizon: {{label: Horizon, unit: {unit}, formula: {horizon}}}
  {step}: {{label: {Step}, unit: {unit}, per: month, totalled: rate, opening: -1, formula: PRIOR({step}) + 1}}
{month}  date:
    {{label: Date, unit: date, per: month, totalled: rate, note: n {step}s after the decision,
     formula: "EDATE({start}, month)"}}
  live: {{label: Live, unit: flag, per: month, totalled: flag, formula: {step} <= horizon}}
  operating: {{label: In operation, unit: flag, per: month, totalled: flag, formula: live * ({step} >= 1)}}
  closing: {{label: Last {step}, unit: flag, per: month, totalled: flag, formula: {step} = horizon}}
  chart_month: {{label: {Step} for charts, unit: {unit}, per: month, totalled: rate, formula: "MIN({step}, horizon)"}}
{year}  first_fiscal_year:
    {{label: Fiscal year of the decision, unit: number, formula: "YEAR(EDATE({start}, 12 - fiscal_year_end))"}}
  fiscal_year:
    {{label: Fiscal year, unit: number, per: month, totalled: rate, formula: "YEAR(EDATE(date, 12 - fiscal_year_end))"}}
  year_end:
    {{label: Last {step} of a fiscal year, unit: "1", per: month, totalled: rate,
     formula: "MIN(1, (YEAR(EDATE(date, 12 - fiscal_year_end + {length})) > fiscal_year) + closing) * live"}}
"""

_MONTH: Final = "  month: {label: Month, unit: month, per: month, totalled: rate, formula: STEP * step_months}\n"
_YEAR: Final = '  year: {label: Year, unit: "1", per: month, totalled: rate, formula: INT((month - 1) / 12) + 1}\n'

PERIOD_LINES: Final[dict[Period, tuple[str, str, str]]] = {
    "month": ("month_number", "Month of a series", "MAX(month, 1)"),
    "quarter": ("quarter_number", "Quarter of a series", "INT(MAX(month - 1, 0) / months_per_quarter) + 1"),
    "year": ("year_number", "Year of a series", "INT(MAX(month - 1, 0) / 12) + 1"),
    "fiscal_year": ("fiscal_year_number", "Fiscal year of a series", "fiscal_year - first_fiscal_year + 1"),
}
"""Per length of a period: the line that numbers it from 1, its label and its formula. Step 0 is in the first one."""

CHECK_TOLERANCE: Final = ConstantShape(
    value=1e-6, unit="ratio", source="Six digits of the larger amount", label="Relative tolerance of the checks"
)

STEP_CONSTANTS: Final = {
    "step_months": {
        step: ConstantShape(value=months, unit="month", source="Calendar", label=f"Months in a {step}")
        for step, months in _MONTHS.items()
    },
    "months_per_quarter": ConstantShape(value=3, unit="month", source="Calendar", label="Months in a quarter"),
}

FISCAL_YEAR_END: Final = InputShape(
    label="Last month of the fiscal year",
    unit="month",
    default=12,
    min=1,
    max=12,
    integer=True,
    help="12 = December: the fiscal year is the calendar year; it is named after the year in which it ends",
)


def timeline_section(step: Step, horizon: str, start: str) -> str:
    """The section as YAML, with the names of the horizon's and the start's input.

    >>> "quarter: {label: Quarter" in timeline_section("quarter", "quarters", "start")
    True
    """
    month = "" if step == "month" else _MONTH.replace("STEP", step)
    year = "" if step == "year" else _YEAR
    words = {
        "step": step,
        "Step": step.capitalize(),
        "month": month,
        "year": year,
        "length": "1" if step == "month" else "step_months",
        "unit": "month" if step == "month" else "step",  # a year is a dimension of its own, a column is 1
    }
    return _LINES.format(horizon=horizon, start=start, **words)
