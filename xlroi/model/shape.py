"""The shape of a template file: its keys, and what each may be."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from xlroi.formula.scope import Step
from xlroi.formula.system import Totalled
from xlroi.model.model import Period
from xlroi.model.schema import Strict

__all__ = [
    "BlockShape",
    "ChartShape",
    "CheckShape",
    "ColumnShape",
    "ConstantShape",
    "GroupShape",
    "InputShape",
    "LineShape",
    "SectionShape",
    "TableShape",
    "TemplateShape",
]

Value = float | int | str | date


class RangeShape(Strict):
    """Factors of the optimistic and the pessimistic scenario."""

    optimistic: float
    pessimistic: float


class InputShape(Strict):
    """A number or, with ``series``, one number a period."""

    label: str
    unit: str
    default: Value | list[Value]
    min: float | str | None = None
    max: float | str | None = None
    integer: bool = False
    range: RangeShape | None = None
    help: str = ""
    source: str = ""
    series: Period | None = None
    measured: str = ""


class GroupShape(Strict):
    """Inputs that stand together."""

    title: str
    items: dict[str, InputShape]


class ColumnShape(Strict):
    """A column of a table: a number with a unit, a choice, a key into a table, or a text."""

    label: str | None = None
    unit: str | None = None
    default: Value | list[Value] | None = None
    min: float | str | None = None
    max: float | str | None = None
    integer: bool = False
    range: RangeShape | None = None
    help: str = ""
    choices: list[str] | None = None
    key: str | None = None
    text: bool = False
    decision: bool = False
    series: Period | None = None
    begins: str = ""
    sums_to: float | str | None = None
    all_or_nothing: bool = False


class TableShape(Strict):
    """Rows by name and typed columns, or the pairs of two other tables."""

    label: str | None = None
    note: str = ""
    columns: dict[str, ColumnShape] = Field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = Field(default_factory=dict)
    spare: int = Field(default=3, ge=0, le=50)
    optional: bool = False
    ledger: bool = False
    row_sums: list[list[str]] = Field(default_factory=list)
    cross: list[str] | None = None
    where: str = ""


class ConstantShape(Strict):
    """A number that no case changes."""

    value: float | str
    unit: str
    source: str
    label: str | None = None


class LineShape(Strict):
    """A formula with what a reader sees of it."""

    formula: str
    label: str | None = None
    unit: str | None = None
    per: str | None = None
    totalled: Totalled | None = None
    opening: float = 0.0
    note: str = ""
    may_be: str | list[str] = Field(default_factory=list)
    handles_errors: bool = False


class SectionShape(Strict):
    """Lines that stand together under a title."""

    title: str
    lines: dict[str, LineShape | str]
    per: str = "none"
    unit: str | None = None
    totalled: Totalled | None = None
    note: str = ""


class CheckShape(Strict):
    """A condition that must hold (error) or asks for a look (alert)."""

    label: str
    formula: str
    kind: Literal["error", "alert"] = "error"
    help: str = ""


class ChartShape(Strict):
    """A chart over lines."""

    type: Literal["columns", "path", "waterfall", "bubble"]
    title: str
    lines: list[str]
    marker: str | None = None


class MatrixShape(Strict):
    """A sheet that shows lines of tables along the timeline."""

    title: str
    lines: list[str]


class TwoWayShape(Strict):
    """The inputs of the two-way table: along its top and down its side."""

    across: str
    down: str


class GoalShape(Strict):
    """A break-even: the value of an input at which an output reaches a target."""

    input: str
    output: str
    target: float | str = 0.0


class LimitShape(Strict):
    """What a portfolio may use in a period: a flow of each member, summed over the steps of each row of a table."""

    label: str
    flow: str
    table: str
    number: str
    step_number: str
    limit: str


class RequiresShape(Strict):
    """A table whose rows say that one member needs another, started a number of steps before."""

    table: str
    member: str
    needs: str
    gap: str


class ExcludesShape(Strict):
    """A table whose rows say that two members exclude each other."""

    table: str
    one: str
    other: str


class OptimiseShape(Strict):
    """Which rows of a table to choose, and when each begins."""

    table: str
    choose: str
    start: str
    earliest: str
    latest: str
    mandatory: str
    admitted: str
    worth: str
    begun: str
    after: str
    scale: str
    limits: list[LimitShape]
    requires: RequiresShape
    excludes: ExcludesShape


class BlockShape(Strict):
    """A part of a template that stands in a text of its own."""

    inputs: list[GroupShape] = Field(default_factory=list)
    tables: dict[str, TableShape] = Field(default_factory=dict)
    constants: dict[str, ConstantShape] = Field(default_factory=dict)
    sections: list[SectionShape] = Field(default_factory=list)
    checks: dict[str, CheckShape] = Field(default_factory=dict)


class TemplateShape(Strict):
    """A whole template; blocks are spliced in before it is looked at."""

    model: str
    title: str
    version: str
    question: str
    step: Step
    columns: int = Field(ge=1, le=600)
    horizon: str
    start: str
    inputs: list[GroupShape]
    sections: list[SectionShape]
    outputs: list[str]
    answer: str
    description: str = ""
    limitations: str = ""
    constants: dict[str, ConstantShape] = Field(default_factory=dict)
    tables: dict[str, TableShape] = Field(default_factory=dict)
    headlines: list[str] = Field(default_factory=list)
    checks: dict[str, CheckShape] = Field(default_factory=dict)
    charts: list[ChartShape] = Field(default_factory=list)
    matrices: list[MatrixShape] = Field(default_factory=list)
    profit_and_loss: dict[str, list[str]] = Field(default_factory=dict)
    compared: list[str] = Field(default_factory=list)
    two_way: TwoWayShape | None = None
    goals: list[GoalShape] = Field(default_factory=list)
    optimise: OptimiseShape | None = None
    blocks: dict[str, Any] = Field(default_factory=dict)
