"""A case: one model filled in, each value with its scenarios, source and date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from xlroi.errors import InputError, Problem
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document, KeyPath, load_yaml
from xlroi.model.model import SCENARIOS, Input, Model, Scenario
from xlroi.model.schema import Strict, validated
from xlroi.model.template import load_model, number_from

__all__ = ["Case", "Given", "case_from", "load_case", "with_settings"]

_TEXT_LIMIT = 2000  # characters of a title or note: a cell holds 32,767, a reader far fewer


class _Value(Strict):
    base: Any = None
    optimistic: Any = None
    pessimistic: Any = None
    source: str = ""
    as_of: date | None = None
    note: str = ""


class _Case(Strict):
    model: str
    title: str = ""
    description: str = Field(default="", max_length=_TEXT_LIMIT)
    owner: str = Field(default="", max_length=200)
    version: str = Field(default="1.0", max_length=40)
    currency: str = "USD"
    scenario: str = "base"
    inputs: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Given:
    """One input of a case. A scenario without a value of its own (``None``) uses the base.

    ``origin`` says where the base comes from: "case" or "template".
    """

    base: float
    optimistic: float | None = None
    pessimistic: float | None = None
    source: str = ""
    as_of: date | None = None
    note: str = ""
    origin: str = "case"

    def value(self, scenario: Scenario) -> float:
        """The value under a scenario."""
        chosen: float | None = getattr(self, scenario)
        return self.base if chosen is None else chosen


@dataclass(frozen=True, slots=True)
class Case:
    """A model with every input given. ``text`` is the case as written, which the workbook carries."""

    model: Model
    title: str
    description: str
    owner: str
    version: str
    currency: str
    scenario: Scenario
    inputs: Mapping[str, Given]
    text: str
    file: str

    def values(self, scenario: Scenario | None = None) -> dict[str, float]:
        """Every leaf of the model, constants included, under one scenario (default: the case's own)."""
        chosen = scenario or self.scenario
        found = {id: given.value(chosen) for id, given in self.inputs.items()}
        return found | {id: constant.value for id, constant in self.model.constants.items()}


def load_case(path: str | Path) -> Case:
    """Read a case file; raises :class:`InputError` with every problem, each with file and line."""
    return case_from(load_yaml(path))


def case_from(document: Document, model: Model | None = None) -> Case:
    """A case from a document; ``model`` is given where a workbook carries its own template.

    >>> from xlroi.model.loading import parse_yaml
    >>> case_from(parse_yaml("model: roi", "case.yaml")).inputs["period_months"].base
    24.0
    """
    shape = validated(_Case, document)
    if model is None:
        try:
            model = load_model(shape.model)
        except InputError as error:
            raise InputError([document.problem(("model",), str(error))]) from None
    reader = _Reader(document, model)
    inputs = reader.inputs(shape.inputs)
    scenario = next((s for s in SCENARIOS if s == shape.scenario), None)
    if scenario is None:
        reader.problem(("scenario",), f"expected one of {', '.join(SCENARIOS)} (got {shape.scenario!r})")
    if not re.fullmatch(r"[A-Z]{3}", shape.currency):
        reader.problem(("currency",), f"expected a three-letter code such as USD (got {shape.currency!r})")
    for key in ("title", "description", "owner", "version"):
        if control := re.search(r"[\x00-\x08\x0b-\x1f]", getattr(shape, key)):
            reader.problem((key,), f"holds the control character {control[0]!r}, which a cell cannot keep")
    if reader.problems or scenario is None:
        raise InputError(reader.problems)
    return Case(
        model,
        shape.title or model.title,
        shape.description,
        shape.owner,
        shape.version,
        shape.currency,
        scenario,
        inputs,
        document.text,
        document.file,
    )


def with_settings(case: Case, settings: list[str]) -> Case:
    """The case with ``--set path=value`` applied to the base (or ``path.optimistic``, ``path.pessimistic``).

    >>> from xlroi.model.loading import parse_yaml
    >>> case = case_from(parse_yaml("model: roi", "case.yaml"))
    >>> with_settings(case, ["period_months=36", "discount_rate=8%"]).inputs["discount_rate"].base
    0.08
    """
    inputs = dict(case.inputs)
    problems: list[Problem] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        id, _, part = path.strip().removeprefix("inputs.").partition(".")
        where = f"--set {setting}"
        if not equals:
            problems.append(Problem("", None, where, "expected path=value, as --set discount_rate=8%"))
        elif id not in inputs:
            problems.append(Problem("", None, where, f"{id!r} is not an input" + did_you_mean(id, list(inputs))))
        elif part not in ("", *SCENARIOS):
            problems.append(Problem("", None, where, f"{part!r} is not one of {', '.join(SCENARIOS)}"))
        else:
            try:
                value = bounded(case.model.inputs[id], _typed(text.strip()))
            except ValueError as error:
                problems.append(Problem("", None, where, str(error)))
                continue
            changed: dict[str, Any] = {part or "base": value}
            if part in ("", "base"):
                changed["optimistic"], changed["pessimistic"] = scaled(case.model.inputs[id], value)
            inputs[id] = replace(inputs[id], origin="--set", source="--set on the command line", **changed)
    if problems:
        raise InputError(problems)
    return replace(case, inputs=inputs)


def _typed(text: str) -> Any:
    """A setting as a date or a number, or as text where a percentage or a mistake is still to be told."""
    for reader in (date.fromisoformat, float):
        with suppress(ValueError):
            return reader(text)
    return text


class _Reader:
    def __init__(self, document: Document, model: Model) -> None:
        self.document, self.model = document, model
        self.problems: list[Problem] = []

    def problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def inputs(self, given: Mapping[str, Any]) -> dict[str, Given]:
        known = self.model.inputs
        for id in given:
            if id not in known:
                self.problem(("inputs", id), f"not an input of model {self.model.id!r}" + did_you_mean(id, list(known)))
        return {id: self._input(declared, given.get(id)) for id, declared in known.items()}

    def _input(self, declared: Input, value: Any) -> Given:
        path: KeyPath = ("inputs", declared.id)
        if value is None and declared.id not in self.document.data.get("inputs", {}):
            return Given(
                declared.default,
                *scaled(declared, declared.default),
                source=declared.source or "Template default",
                origin="template",
            )
        if not isinstance(value, dict):
            base = self._number(declared, value, path)
            return Given(base, *scaled(declared, base))
        inner = Document(self.document.file, value, "", {})
        inner.lines = {p[2:]: line for p, line in self.document.lines.items() if p[:2] == path} | {
            (): self.document.line(path) or 0
        }
        try:
            shape = validated(_Value, inner)
        except InputError as error:
            self.problems += [replace(p, path=f"inputs.{declared.id}.{p.path}".rstrip(".")) for p in error.problems]
            return Given(declared.default)
        base = declared.default
        if "base" in value:
            base = self._number(declared, shape.base, (*path, "base"))
        found = dict(zip(("optimistic", "pessimistic"), scaled(declared, base), strict=True))
        for scenario in ("optimistic", "pessimistic"):
            if scenario in value:
                found[scenario] = self._number(declared, getattr(shape, scenario), (*path, scenario))
        origin = "case" if "base" in value else "template"
        return Given(base, **found, source=shape.source, as_of=shape.as_of, note=shape.note, origin=origin)

    def _number(self, declared: Input, value: Any, path: KeyPath) -> float:
        try:
            return bounded(declared, value)
        except ValueError as error:
            self.problem(path, str(error))
            return declared.default


def bounded(declared: Input, value: Any) -> float:
    """A value as the input's number; ``ValueError`` where type or bounds refuse it."""
    is_day = isinstance(value, date)
    if declared.is_date and not is_day:
        raise ValueError(f"expected a date as 2026-01-31 (got {_shown(value)})")
    if is_day and not declared.is_date:
        raise ValueError(f"expected a number (got the date {value})")
    number = number_from(value)
    if declared.is_date and not 61 <= number <= 2_900_000:
        raise ValueError(f"expected a date between 1900-03-01 and 9839-12-31 (got {value})")
    if declared.integer and not number.is_integer():
        raise ValueError(f"must be a whole number (got {_shown(value)})")
    if declared.minimum is not None and number < declared.minimum:
        raise ValueError(f"must be at least {_shown(declared.minimum)} (got {_shown(value)})")
    if declared.maximum is not None and number > declared.maximum:
        raise ValueError(f"must be at most {_shown(declared.maximum)} (got {_shown(value)})")
    if abs(number) > 1e15:
        raise ValueError(f"must be below 1e15, where a cell still keeps single units (got {_shown(value)})")
    return number


def _shown(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value)


def scaled(declared: Input, base: float) -> tuple[float | None, float | None]:
    """Optimistic and pessimistic value by the template's factors, kept inside the input's bounds."""

    def value(scenario: Scenario) -> float | None:
        factor = (declared.factors or {}).get(scenario)
        if factor is None:
            return None
        number = float(f"{base * factor:.12g}")  # 0.1 * 1.2 is 0.12 in a cell, not 0.12000000000000001
        number = number if declared.minimum is None else max(number, declared.minimum)
        return number if declared.maximum is None else min(number, declared.maximum)

    return value("optimistic"), value("pessimistic")
