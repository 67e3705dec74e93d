"""A model: inputs, constants and lines, checked; what engine, workbook and explanations all read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from xlroi.formula.system import System
from xlroi.formula.units import Unit

__all__ = ["SCENARIOS", "Chart", "Check", "Constant", "Input", "LineText", "Model", "Output", "Scenario", "Section"]

Scenario = Literal["base", "optimistic", "pessimistic"]

SCENARIOS: Final[tuple[Scenario, ...]] = ("base", "optimistic", "pessimistic")
"""In the order of the scenario switch; optimistic means favourable to the proposal."""


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

    @property
    def is_date(self) -> bool:
        return self.unit_text == "date"


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


@dataclass(frozen=True, slots=True)
class Check:
    """``line`` is 1 where the check holds. An error makes the workbook wrong; an alert asks for a look."""

    line: str
    label: str
    kind: Literal["error", "alert"]
    help: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``columns`` compares single values; ``path`` draws monthly lines along the timeline, with a marker on one."""

    type: Literal["columns", "path"]
    title: str
    lines: tuple[str, ...]
    marker: str | None = None


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
    inputs: Mapping[str, Input]
    constants: Mapping[str, Constant]
    sections: tuple[Section, ...]
    texts: Mapping[str, LineText]
    outputs: tuple[Output, ...]
    headlines: tuple[str, ...]
    answer: str
    checks: tuple[Check, ...]
    charts: tuple[Chart, ...]
    system: System
    text: str

    @property
    def steps(self) -> int:
        """The number of columns, step 0 included."""
        return self.last_step + 1
