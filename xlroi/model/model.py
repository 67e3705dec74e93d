"""A model: inputs, constants and lines, checked; what engine, workbook and explanations all read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from xlroi.formula.scope import Cross, Step
from xlroi.formula.system import System
from xlroi.formula.units import Unit

__all__ = [
    "SCENARIOS",
    "Chart",
    "Check",
    "Column",
    "Constant",
    "Excludes",
    "Goal",
    "Input",
    "Limit",
    "LineText",
    "Matrix",
    "Model",
    "Optimise",
    "Output",
    "Period",
    "Requires",
    "Scenario",
    "Section",
    "Series",
    "Table",
    "marker_height",
]

Scenario = Literal["base", "optimistic", "pessimistic"]

SCENARIOS: Final[tuple[Scenario, ...]] = ("base", "optimistic", "pessimistic")
"""In the order of the scenario switch; optimistic means favourable to the proposal."""


Period = Literal["month", "quarter", "year", "fiscal_year"]
"""How often a series has a value. Years and quarters count from the decision, fiscal years by the calendar."""


@dataclass(frozen=True, slots=True)
class Input:
    """A number that the user gives; ``factors`` make optimistic and pessimistic values where the case has none."""

    id: str
    label: str
    group: str
    unit_text: str
    unit: Unit
    default: float
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    factors: Mapping[Scenario, float] | None = None
    help: str = ""
    source: str = ""
    measured: str = ""
    """The measured quantity that an import puts here."""

    @property
    def is_date(self) -> bool:
        return self.unit_text == "date"

    @property
    def is_price(self) -> bool:
        """Whether it is money for something, which grows old."""
        return self.unit_text.startswith("money")


@dataclass(frozen=True, slots=True)
class Series:
    """A number a period. Its values stand in the leaf ``id.values``; ``id`` itself runs along the timeline."""

    id: str
    label: str
    group: str
    unit_text: str
    unit: Unit
    default: tuple[float, ...]
    period: Period
    count: int
    """How many periods the timeline has at most."""
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    help: str = ""
    source: str = ""
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Numbers stand in the leaf ``table.id.values``; texts, choices, keys and the numbers of a ledger in ``table.id``.
    """

    id: str
    table: str
    label: str
    kind: Literal["number", "choice", "key", "text"]
    unit_text: str
    unit: Unit
    default: float | str | tuple[float, ...] | None
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    is_date: bool = False
    decision: bool = False
    choices: tuple[str, ...] = ()
    key: str = ""
    period: Period | None = None
    count: int = 1
    begins: str = ""
    """The column with the step in which the first period of a series falls; without one it falls in the first step."""
    sums_to: float | None = None
    help: str = ""
    all_or_nothing: bool = False
    """A probability that the live model counts as a share, and a simulation as yes or no."""
    in_ledger: bool = False

    @property
    def path(self) -> str:
        """The name in formulas."""
        return f"{self.table}.{self.id}"

    @property
    def leaf(self) -> str:
        """The name of the leaf that holds what the user gives."""
        return f"{self.path}.values" if self.kind == "number" and not self.in_ledger else self.path


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by name. ``spare`` rows stand ready for members that a user adds; a ``cross`` table has none of its own."""

    id: str
    label: str
    note: str
    columns: Mapping[str, Column]
    rows: Mapping[str, Mapping[str, Any]]
    spare: int
    cross: Cross | None = None
    extra: tuple[str, ...] = ()
    """Lines that tell what is wrong with a row: a name that stands twice, a key that points nowhere."""
    row_sums: tuple[tuple[str, ...], ...] = ()
    """Columns that sum to 100% in every row."""
    optional: bool = False
    """Whether a case may leave it without rows."""
    ledger: bool = False
    """Whether it has many rows that are only summed: on a sheet of its own, given as CSV."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that no case changes, with unit and source."""

    id: str
    label: str
    value: float
    unit_text: str
    unit: Unit
    source: str


@dataclass(frozen=True, slots=True)
class LineText:
    """What a reader sees of a line: label, unit, the formula as written, and where it was written."""

    id: str
    label: str
    section: str
    unit_text: str
    formula: str
    note: str = ""
    may_be: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that stand together under a title."""

    title: str
    lines: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A line that answers the model's question."""

    id: str
    label: str
    unit_text: str
    note: str
    table: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """``line`` is 1 where the check holds. An error makes the workbook wrong; an alert asks for a look."""

    line: str
    label: str
    kind: Literal["error", "alert"]
    help: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``columns`` compares single values; ``path`` draws monthly lines along the timeline, with a marker on one;
    ``waterfall`` stacks foot, rise and fall of the rows of a table, the foot unseen; ``bubble`` places them by two
    lines and sizes them by a third."""

    type: Literal["columns", "path", "waterfall", "bubble"]
    title: str
    lines: tuple[str, ...]
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """A sheet of its own for lines of tables that run along the timeline: a row each member, a column each step."""

    title: str
    lines: tuple[str, ...]


def marker_height(marker: str) -> str:
    """The line that says how high a chart marks the step that ``marker`` names."""
    return f"{marker}_height"


@dataclass(frozen=True, slots=True)
class Goal:
    """A break-even: the value of ``input`` at which ``output`` is ``target``."""

    input: str
    output: str
    target: float


@dataclass(frozen=True, slots=True)
class Limit:
    """What a portfolio may use: ``flow`` of each member in the steps whose ``step_number`` is the ``number`` of a row
    of ``table``, summed over the chosen members, is at most that row's ``limit``."""

    label: str
    flow: str
    table: str
    number: str
    step_number: str
    limit: str


@dataclass(frozen=True, slots=True)
class Requires:
    """Rows of ``table``: ``member`` needs ``needs``, begun ``gap`` steps before it."""

    table: str
    member: str
    needs: str
    gap: str


@dataclass(frozen=True, slots=True)
class Excludes:
    """Rows of ``table``: ``one`` and ``other`` are not chosen together."""

    table: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Optimise:
    """The choice that a model asks for: which rows of ``table`` to choose ("yes" in the column ``choose``), and in
    which step between the columns ``earliest`` and ``latest`` each begins (column ``start``).

    ``admitted`` and ``worth`` are lines of the table: which rows may be chosen, and what each adds to the sum that is
    to be as large as can be. Rows with "yes" in the column ``mandatory`` must be chosen; rows whose line ``begun`` is 1
    stay as they are, and the others begin after the step ``after``. ``scale`` is the input that
    scales the budgets of the efficient frontier.
    """

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
    limits: tuple[Limit, ...]
    requires: Requires
    excludes: Excludes


@dataclass(frozen=True, slots=True)
class Model:
    """A checked template. ``last_step`` is the last column's step; ``text`` is the template as written."""

    id: str
    title: str
    version: str
    question: str
    description: str
    limitations: str
    last_step: int
    horizon: str
    start: str
    step: Step
    inputs: Mapping[str, Input]
    series: Mapping[str, Series]
    tables: Mapping[str, Table]
    constants: Mapping[str, Constant]
    sections: tuple[Section, ...]
    texts: Mapping[str, LineText]
    outputs: tuple[Output, ...]
    headlines: tuple[str, ...]
    answer: str
    checks: tuple[Check, ...]
    charts: tuple[Chart, ...]
    matrices: tuple[Matrix, ...]
    profit_and_loss: Mapping[str, tuple[str, ...]]
    compared: tuple[str, ...]
    """Outputs of tables that the sheet Scenarios compares, row by row, beside the single ones."""
    two_way: tuple[str, str] | None
    """The inputs of the two-way table, along its top and down its side."""
    goals: tuple[Goal, ...]
    optimise: Optimise | None
    system: System
    text: str

    @property
    def steps(self) -> int:
        """The number of columns, step 0 included."""
        return self.last_step + 1
