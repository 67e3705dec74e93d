"""A template file to a checked model; every problem of the file at once, each with its line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Literal

from pydantic import Field

from xlroi.errors import InputError, Problem
from xlroi.formula.scope import Declaration, check_name, did_you_mean
from xlroi.formula.system import Draft, Refused, System, Totalled, build_system
from xlroi.formula.tree import FormulaError, Type
from xlroi.formula.units import Unit, parse_unit
from xlroi.model.loading import Document, KeyPath, parse_yaml
from xlroi.model.model import Chart, Check, Constant, Input, LineText, Model, Output, Scenario, Section
from xlroi.model.schema import Strict, validated
from xlroi.resources import templates
from xlroi.values import to_serial

__all__ = ["load_model", "model_from", "model_names", "number_from"]


class _Range(Strict):
    optimistic: float
    pessimistic: float


class _Input(Strict):
    label: str
    unit: str
    default: float | int | str | date
    min: float | str | None = None
    max: float | str | None = None
    integer: bool = False
    range: _Range | None = None
    help: str = ""
    source: str = ""


class _Group(Strict):
    title: str
    items: dict[str, _Input]


class _Constant(Strict):
    value: float | str
    unit: str
    source: str
    label: str | None = None


class _Line(Strict):
    formula: str
    label: str | None = None
    unit: str | None = None
    per: str | None = None
    totalled: Totalled | None = None
    opening: float = 0.0
    note: str = ""
    may_be: str | list[str] = Field(default_factory=list)
    handles_errors: bool = False


class _Section(Strict):
    title: str
    lines: dict[str, _Line | str]
    per: str = "none"
    unit: str | None = None
    totalled: Totalled | None = None
    note: str = ""


class _Check(Strict):
    label: str
    formula: str
    kind: Literal["error", "alert"] = "error"
    help: str = ""


class _Chart(Strict):
    type: Literal["columns", "path"]
    title: str
    lines: list[str]
    marker: str | None = None


class _Template(Strict):
    model: str
    title: str
    version: str
    question: str
    step: Literal["month"]
    columns: int = Field(ge=1, le=600)
    horizon: str
    start: str
    inputs: list[_Group]
    sections: list[_Section]
    outputs: list[str]
    answer: str
    description: str = ""
    limitations: str = ""
    constants: dict[str, _Constant] = Field(default_factory=dict)
    headlines: list[str] = Field(default_factory=list)
    checks: dict[str, _Check] = Field(default_factory=dict)
    charts: list[_Chart] = Field(default_factory=list)


_TIMELINE = """
title: Timeline
lines:
  horizon: {{label: Horizon, unit: month, formula: {horizon}}}
  last_step: {{label: Last month with a column, unit: month, formula: "{last}"}}
  month: {{label: Month, unit: month, per: month, totalled: rate, opening: -1, formula: PRIOR(month) + 1}}
  date: {{label: Month end, unit: date, per: month, totalled: rate, formula: "EDATE({start}, month)"}}
  live: {{label: Live, unit: flag, per: month, totalled: flag, formula: month <= horizon}}
  operating: {{label: In operation, unit: flag, per: month, totalled: flag, formula: live * (month >= 1)}}
  closing: {{label: Last month, unit: flag, per: month, totalled: flag, formula: month = horizon}}
  chart_month: {{label: Month for charts, unit: month, per: month, totalled: rate, formula: "MIN(month, horizon)"}}
  chart_zero: {{label: Zero for charts, unit: month, formula: horizon - horizon}}
  year: {{label: Year, unit: "1", per: month, totalled: rate, formula: INT((month - 1) / 12) + 1}}
"""

_CHECK_TOLERANCE = _Constant(
    value=1e-6, unit="ratio", source="Six digits of the larger amount", label="Relative tolerance of the checks"
)


def model_names() -> list[str]:
    """The models that come with xlroi."""
    return sorted(p.name.removesuffix(".yaml") for p in templates().joinpath("models").iterdir())


def load_model(name: str) -> Model:
    """A model of the package by name; raises :class:`InputError` with the nearest names.

    >>> load_model("roi").outputs[0].id
    'total_cost'
    """
    if name not in model_names():
        hint = did_you_mean(name, model_names())
        raise InputError(f"unknown model {name!r}{hint}; 'xlroi models' lists them")
    text = templates().joinpath("models", f"{name}.yaml").read_text(encoding="utf-8")
    return model_from(parse_yaml(text, f"{name}.yaml"))


def model_from(document: Document) -> Model:
    """A checked model from a template document."""
    return _Builder(document, validated(_Template, document)).model()


class _Builder:
    """Collects names, units and formulas, and every problem on the way."""

    def __init__(self, document: Document, template: _Template) -> None:
        self.document, self.template = document, template
        self.problems: list[Problem] = []
        self.seen: dict[str, KeyPath] = {}

    def model(self) -> Model:
        t = self.template
        inputs = {i.id: i for i in self._inputs()}
        constants = {c.id: c for c in self._constants()}
        leaves = [Declaration(i.id, Type(unit=i.unit), "input") for i in inputs.values()]
        leaves += [Declaration(c.id, Type(unit=c.unit), "constant") for c in constants.values()]
        for key in ("horizon", "start"):
            if (name := getattr(t, key)) not in inputs:
                self._problem((key,), f"{name!r} is not an input" + did_you_mean(name, list(inputs)))
        timeline = parse_yaml(_TIMELINE.format(horizon=t.horizon, start=t.start, last=t.columns), "timeline")
        sections = [validated(_Section, timeline), *t.sections]
        if t.checks:
            lines: dict[str, _Line | str] = {
                id: _Line(formula=c.formula, label=c.label, unit="flag", note=c.help) for id, c in t.checks.items()
            }
            sections.append(_Section(title="Checks", lines=lines, note="1 where the check holds"))
        drafts, texts, kept = self._lines(sections)
        system = self._system(leaves, drafts)
        self._known(system)
        if self.problems or system is None:
            raise InputError(self.problems)
        texts = {id: _with_unit(text, system) for id, text in texts.items()}
        return Model(
            id=t.model,
            title=t.title,
            version=t.version,
            question=t.question,
            description=t.description.strip(),
            limitations=t.limitations.strip(),
            last_step=t.columns,
            horizon=t.horizon,
            start=t.start,
            inputs=inputs,
            constants=constants,
            sections=tuple(kept),
            texts=texts,
            outputs=tuple(Output(o, texts[o].label, texts[o].unit_text, texts[o].note) for o in t.outputs),
            headlines=tuple(t.headlines or t.outputs[:5]),
            answer=t.answer,
            checks=tuple(Check(id, c.label, c.kind, c.help) for id, c in t.checks.items()),
            charts=tuple(Chart(c.type, c.title, tuple(c.lines), c.marker) for c in t.charts),
            system=system,
            text=self.document.text,
        )

    def _problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def _named(self, id: str, path: KeyPath) -> None:
        try:
            check_name(id)
        except FormulaError as error:
            self._problem(path, error.message)
        if id in self.seen:
            self._problem(path, f"the name {id!r} is taken by {'.'.join(str(p) for p in self.seen[id])}")
        self.seen[id] = path

    def _unit(self, text: str, path: KeyPath) -> Unit:
        try:
            return parse_unit(text)
        except ValueError as error:
            self._problem((*path, "unit"), str(error))
            return Unit()

    def _number(self, value: Any, path: KeyPath) -> float:
        try:
            return number_from(value)
        except ValueError as error:
            self._problem(path, str(error))
            return 0.0

    def _inputs(self) -> Iterator[Input]:
        for g, group in enumerate(self.template.inputs):
            for id, item in group.items.items():
                path: KeyPath = ("inputs", g, "items", id)
                self._named(id, path)
                factors: dict[Scenario, float] | None = None
                if item.range:
                    factors = {"optimistic": item.range.optimistic, "pessimistic": item.range.pessimistic}
                yield Input(
                    id,
                    item.label,
                    group.title,
                    item.unit,
                    self._unit(item.unit, path),
                    self._number(item.default, (*path, "default")),
                    None if item.min is None else self._number(item.min, (*path, "min")),
                    None if item.max is None else self._number(item.max, (*path, "max")),
                    item.integer,
                    factors,
                    item.help,
                    item.source,
                )

    def _constants(self) -> Iterator[Constant]:
        for id, constant in {**self.template.constants, "check_tolerance": _CHECK_TOLERANCE}.items():
            path: KeyPath = ("constants", id)
            self._named(id, path)
            value, unit = self._number(constant.value, (*path, "value")), self._unit(constant.unit, path)
            yield Constant(id, constant.label or _label(id), value, constant.unit, unit, constant.source)

    def _lines(self, sections: list[_Section]) -> tuple[list[Draft], dict[str, LineText], list[Section]]:
        drafts: list[Draft] = []
        texts: dict[str, LineText] = {}
        kept: list[Section] = []
        for s, section in enumerate(sections):
            for id, given in section.lines.items():
                line = _Line(formula=given) if isinstance(given, str) else given
                path: KeyPath = ("sections", s - 1, "lines", id) if section.title != "Checks" else ("checks", id)
                self._named(id, path)
                month = self._per(line.per or section.per, (*path, "per"))
                unit_text = line.unit or section.unit
                unit = None if unit_text is None else self._unit(unit_text, path)
                totalled = line.totalled or (section.totalled if month else None)
                if month and totalled is None:
                    self._problem(path, "a monthly line says how it is totalled: flow, balance, rate or flag")
                drafts.append(Draft(id, line.formula, None, month, unit, totalled, line.opening, line.handles_errors))
                may_be = (line.may_be,) if isinstance(line.may_be, str) else tuple(line.may_be)
                texts[id] = LineText(
                    id,
                    line.label or _label(id),
                    section.title,
                    unit_text or "",
                    line.formula,
                    line.note,
                    may_be,
                    self._place(path),
                )
            kept.append(Section(section.title, tuple(section.lines), section.note))
        return drafts, texts, kept

    def _place(self, path: KeyPath) -> str:
        line = self.document.line(path)
        return f"{self.document.file}:{line}" if line else self.document.file

    def _per(self, per: str, path: KeyPath) -> bool:
        if per not in ("month", "none"):
            self._problem(path, f"{per!r} is no axis; 'month' or 'none'" + did_you_mean(per, ["month", "none"]))
        return per == "month"

    def _system(self, leaves: list[Declaration], drafts: list[Draft]) -> System | None:
        try:
            return build_system(leaves, drafts, {})
        except Refused as refused:
            for problem in refused.problems:
                path = self.seen.get(problem.id, ())
                self._problem((*path, "formula"), problem.error.message)
            return None

    def _known(self, system: System | None) -> None:
        if system is None:
            return
        t, lines = self.template, list(system.lines)
        named = [(("outputs", i), n) for i, n in enumerate(t.outputs)]
        named += [(("headlines", i), n) for i, n in enumerate(t.headlines)] + [(("answer",), t.answer)]  # type: ignore[list-item]
        for i, chart in enumerate(t.charts):
            named += [(("charts", i), n) for n in (*chart.lines, *([chart.marker] if chart.marker else []))]
        for path, name in named:
            if name not in system.lines:
                self._problem(path, f"{name!r} is not a line" + did_you_mean(name, lines))
        for id in t.checks:
            if system.lines[id].type.kind != "flag":
                self._problem(("checks", id), "a check is a condition: compare, as ABS(a - b) <= tolerance")


def _with_unit(text: LineText, system: System) -> LineText:
    if text.unit_text or system.lines[text.id].type.kind == "text":
        return text
    unit = system.lines[text.id].type.unit
    return LineText(text.id, text.label, text.section, str(unit), text.formula, text.note, text.may_be, text.place)


def _label(id: str) -> str:
    return id.replace("_", " ").capitalize()


_PERCENT = re.compile(r"\s*([+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*%\s*")


def number_from(value: Any) -> float:
    """A number as a case may write it: 12, 1_000, 8.5%, or a date.

    >>> number_from("8.5%"), number_from(date(2008, 1, 1))
    (0.085, 39448.0)
    """
    match value:
        case bool():
            raise ValueError(f"expected a number (got {str(value).lower()})")
        case int() | float():
            if not math.isfinite(value):
                raise ValueError(f"expected a finite number (got {value})")
            return float(value)
        case date():
            return to_serial(value)
        case str() if found := _PERCENT.fullmatch(value):
            return float(found[1].replace("_", "")) / 100
        case None:
            raise ValueError("expected a number (got nothing)")
        case _:
            raise ValueError(f"expected a number (got {value!r}); write 1500.5 or 1_500 without a comma, or 8%")
