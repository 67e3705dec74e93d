"""A case: one model filled in, each value with its scenarios, source and date."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from xlroi.errors import InputError, Problem
from xlroi.formula.lookups import refused_text
from xlroi.formula.scope import did_you_mean
from xlroi.model.bounds import bounded
from xlroi.model.catalogue import catalogue, refers, resolved
from xlroi.model.choice import contradictions
from xlroi.model.currency import in_currency
from xlroi.model.distributions import Correlation, Distribution, distribution_from
from xlroi.model.house import House, find_house
from xlroi.model.ledgers import read_ledger
from xlroi.model.loading import Document, KeyPath, load_yaml
from xlroi.model.model import SCENARIOS, Input, Model, Period, Scenario
from xlroi.model.rows import GivenSeries, Row, leaves_of, periods_needed, read_rows, read_series
from xlroi.model.schema import Strict, validated
from xlroi.model.template import load_model, load_template
from xlroi.values import from_serial

__all__ = ["Case", "Given", "case_from", "load_case", "with_settings"]

_TEXT_LIMIT = 2000  # characters of a title or note: a cell holds 32,767, a reader far fewer


class _Value(Strict):
    base: Any = None
    optimistic: Any = None
    pessimistic: Any = None
    source: str = ""
    as_of: date | None = None
    note: str = ""
    distribution: Any = None
    catalogue: str = ""


class _Correlated(Strict):
    between: list[str]
    rank: float


class _Simulation(Strict):
    correlations: list[_Correlated] = Field(default_factory=list)


class _Case(Strict):
    model: str
    title: str = ""
    description: str = Field(default="", max_length=_TEXT_LIMIT)
    owner: str = Field(default="", max_length=200)
    version: str = Field(default="1.0", max_length=40)
    currency: str = ""
    scenario: str = "base"
    inputs: dict[str, Any] = Field(default_factory=dict)
    tables: dict[str, Any] = Field(default_factory=dict)
    simulation: _Simulation = Field(default_factory=_Simulation)
    exchange: dict[str, float] = Field(default_factory=dict)
    prices: str = ""
    max_price_age: int = Field(default=180, ge=1)


@dataclass(frozen=True, slots=True)
class Given:
    """One input of a case. A scenario without a value of its own (``None``) uses the base.

    ``origin`` says where the base comes from: "case", "house" or "template".
    """

    base: float
    optimistic: float | None = None
    pessimistic: float | None = None
    source: str = ""
    as_of: date | None = None
    note: str = ""
    origin: str = "case"
    distribution: Distribution | None = None
    """How a simulation draws it; without one the range of its scenarios serves."""

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
    series: Mapping[str, GivenSeries]
    tables: Mapping[str, tuple[Row, ...]]
    text: str
    file: str
    house: House | None = None
    correlations: tuple[Correlation, ...] = ()
    max_price_age: int = 180
    """Days after which a dated price is old."""

    def old_prices(self, day: date) -> list[tuple[str, date]]:
        """The prices whose date lies further back than that, oldest first."""
        dated = [(id, g.as_of) for id, g in self.inputs.items() if g.as_of and self.model.inputs[id].is_price]
        return sorted((p for p in dated if (day - p[1]).days > self.max_price_age), key=lambda p: p[1])

    def facts(self) -> Iterator[tuple[str, str, Row]]:
        """The rows of tables, each with its name in a case and its label; the rows of a ledger count as one."""
        for id, rows in self.tables.items():
            table = self.model.tables[id]
            if table.ledger:
                yield id, f"{table.label}: {len(rows):,} row{'s' if len(rows) > 1 else ''}", rows[0]
            else:
                yield from ((f"{id}[{row.name}]", f"{table.label}: {row.name}", row) for row in rows)

    def values(self, scenario: Scenario | None = None) -> dict[str, Any]:
        """Every leaf of the model, constants included, under one scenario (default: the case's own)."""
        chosen = scenario or self.scenario
        found: dict[str, Any] = {id: given.value(chosen) for id, given in self.inputs.items()}
        return found | {id: constant.value for id, constant in self.model.constants.items()} | self.lists()

    def lists(self) -> dict[str, list[Any]]:
        """The leaves that hold more than one value: series and the columns of tables, blanks where nothing is given."""
        found: dict[str, list[Any]] = {}
        for id, series in self.series.items():
            found[f"{id}.values"] = [*series.values, *([None] * (self.model.series[id].count - len(series.values)))]
        for id, rows in self.tables.items():
            if self.model.tables[id].cross is None:
                found |= leaves_of(self.model.tables[id], rows)
        return found


def load_case(path: str | Path, prices: Path | None = None) -> Case:
    """Read a case file; raises :class:`InputError` with every problem, each with file and line.

    ``prices`` is a user's own price file; its entries win over the catalogue's.
    """
    return case_from(load_yaml(path), house=find_house(Path(path).parent), prices=prices)


def case_from(
    document: Document, model: Model | None = None, house: House | None = None, prices: Path | None = None
) -> Case:
    """A case from a document; ``model`` is given where a workbook carries its own template.

    >>> from xlroi.model.loading import parse_yaml
    >>> case_from(parse_yaml("model: roi", "case.yaml")).inputs["period_months"].base
    24.0
    """
    shape = validated(_Case, document)
    if model is None:
        try:
            model = _model_of(shape.model, document)
        except InputError as error:
            raise InputError([document.problem(("model",), str(error))]) from None
    currency = shape.currency or (house.currency if house else None) or "USD"
    followed = _followed(document, shape, model, currency, prices)
    if followed is not document:
        document, shape = followed, validated(_Case, followed)
    reader = _Reader(document, model, house)
    inputs = reader.inputs(shape.inputs)
    series, tables = reader.lists(shape, inputs)
    correlations = tuple(reader.correlations(shape.simulation, inputs))
    scenario = next((s for s in SCENARIOS if s == shape.scenario), None)
    if scenario is None:
        reader.problem(("scenario",), f"expected one of {', '.join(SCENARIOS)} (got {shape.scenario!r})")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        reader.problem(("currency",), f"expected a three-letter code such as USD (got {currency!r})")
    for key in ("title", "description", "owner", "version"):
        if control := re.search(r"[\x00-\x08\x0b-\x1f]", getattr(shape, key)):
            reader.problem((key,), f"holds the control character {control[0]!r}, which a cell cannot keep")
    if reader.problems or scenario is None:
        raise InputError(reader.problems)
    return Case(
        in_currency(model, currency),
        shape.title or model.title,
        shape.description,
        shape.owner or (house.owner if house else None) or "",
        shape.version,
        currency,
        scenario,
        inputs,
        series,
        tables,
        document.text,
        document.file,
        house,
        correlations,
        shape.max_price_age,
    )


def _followed(document: Document, shape: _Case, model: Model, currency: str, prices: Path | None) -> Document:
    """The case with its references to the catalogue replaced by what stands there."""
    if not any(refers(value) for value in shape.inputs.values()):
        return document
    own = prices or (Path(document.file).parent / shape.prices if shape.prices else None)
    units = {id: declared.unit_text for id, declared in model.inputs.items()}
    return resolved(document, units, catalogue(own), currency, shape.exchange)


def _model_of(name: str, document: Document) -> Model:
    """A model of the package, or a template file named relative to the case."""
    if not name.endswith((".yaml", ".yml")):
        return load_model(name)
    return load_template(Path(document.file).parent / name)


def with_settings(case: Case, settings: list[str]) -> Case:
    """The case with ``--set path=value`` applied to the base (or ``path.optimistic``, ``path.pessimistic``).

    >>> from xlroi.model.loading import parse_yaml
    >>> case = case_from(parse_yaml("model: roi", "case.yaml"))
    >>> with_settings(case, ["period_months=36", "discount_rate=8%"]).inputs["discount_rate"].base
    0.08
    """
    inputs, tables = dict(case.inputs), dict(case.tables)
    problems: list[Problem] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        id, _, part = path.strip().removeprefix("inputs.").partition(".")
        where = f"--set {setting}"
        if not equals:
            problems.append(Problem("", None, where, "expected path=value, as --set discount_rate=8%"))
        elif "[" in path:
            try:
                tables |= _with_cell(case.model, tables, path.strip().removeprefix("tables."), text.strip())
            except ValueError as error:
                problems.append(Problem("", None, where, str(error)))
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
    return replace(case, inputs=inputs, tables=tables)


def _with_cell(model: Model, tables: Mapping[str, tuple[Row, ...]], path: str, text: str) -> dict[str, tuple[Row, ...]]:
    """A table with one cell changed, named ``table[row].column``; ``ValueError`` where there is none."""
    found = re.fullmatch(r"(\w+)\[(.+)\]\.(\w+)", path)
    if found is None:
        raise ValueError("expected table[row].column=value, as --set options[Own].price=1000")
    table, name, id = found.groups()
    if table not in tables or model.tables[table].cross:
        raise ValueError(f"{table!r} is not a table with rows" + did_you_mean(table, list(tables)))
    rows = tables[table]
    row = next((r for r in rows if r.name.casefold() == name.casefold()), None)
    if row is None:
        raise ValueError(f"table {table!r} has no row {name!r}" + did_you_mean(name, [r.name for r in rows]))
    columns = model.tables[table].columns
    if id not in columns:
        raise ValueError(f"table {table!r} has no column {id!r}" + did_you_mean(id, list(columns)))
    column = columns[id]
    if column.period:
        raise ValueError(f"{path} is a series; set it in the case")
    value: float | str = bounded(column, _typed(text)) if column.kind == "number" else text
    if model.tables[table].ledger and column.kind != "number" and (why := refused_text(text)):
        raise ValueError(why)
    known = column.choices or tuple(r.name for r in tables.get(column.key, ()))
    if column.kind in ("choice", "key") and value not in known:
        raise ValueError(f"expected one of {', '.join(known)} (got {text!r})")
    changed = replace(row, values={**row.values, id: value})
    return {table: tuple(changed if r is row else r for r in rows)}


def _typed(text: str) -> Any:
    """A setting as a date or a number, or as text where a percentage or a mistake is still to be told."""
    for reader in (date.fromisoformat, float):
        with suppress(ValueError):
            return reader(text)
    return text


class _Reader:
    def __init__(self, document: Document, model: Model, house: House | None) -> None:
        self.document, self.model, self.house = document, model, house
        self.problems: list[Problem] = []

    def problem(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def inputs(self, given: Mapping[str, Any]) -> dict[str, Given]:
        known = self.model.inputs
        for id in given:
            if id not in known and id not in self.model.series:
                hint = did_you_mean(id, [*known, *self.model.series])
                self.problem(("inputs", id), f"not an input of model {self.model.id!r}{hint}")
        return {id: self._input(declared, given.get(id)) for id, declared in known.items()}

    def lists(
        self, shape: _Case, inputs: Mapping[str, Given]
    ) -> tuple[dict[str, GivenSeries], dict[str, tuple[Row, ...]]]:
        """Series and tables, once the inputs that they depend on are known."""
        model, before = self.model, len(self.problems)
        start, end = inputs[model.start].base, inputs["fiscal_year_end"].base
        day = from_serial(start)
        first = day.year + (day.month > end)
        series = {}
        for id, declared in model.series.items():
            path: KeyPath = ("inputs", id)
            if id not in shape.inputs:
                source = declared.source or "Template default"
                series[id] = GivenSeries(declared.default, source, origin="template")
            else:
                series[id] = read_series(declared, shape.inputs[id], path, first, self.problem)
        for id in shape.tables:
            if id not in model.tables:
                hint = did_you_mean(id, list(model.tables))
                self.problem(("tables", id), f"not a table of model {model.id!r}{hint}")
        tables = {
            id: read_ledger(table, shape.tables.get(id), ("tables", id), self.problem)
            if table.ledger
            else read_rows(table, shape.tables.get(id), ("tables", id), first, self.problem)
            for id, table in model.tables.items()
        }
        if len(self.problems) == before:
            self._keys(tables)
            self._reach(series, tables, inputs)
        if model.optimise and len(self.problems) == before:
            for place, message in contradictions(model.optimise, tables):
                self.problem(place, message)
        return series, tables

    def _keys(self, tables: Mapping[str, tuple[Row, ...]]) -> None:
        for id, rows in tables.items():
            for column in self.model.tables[id].columns.values():
                known = {row.name.casefold(): row.name for row in tables[column.key]} if column.key else {}
                for row in rows:
                    value = row.values[column.id]
                    if column.key and str(value).casefold() not in known:
                        hint = did_you_mean(str(value), list(known.values()))
                        message = f"{value!r} is no row of table {column.key!r}{hint}"
                        self.problem(("tables", id, row.name, column.id), message)

    def _reach(
        self,
        series: Mapping[str, GivenSeries],
        tables: Mapping[str, tuple[Row, ...]],
        inputs: Mapping[str, Given],
    ) -> None:
        """Every series must reach the horizon: what is missing would count as 0."""
        model = self.model

        def check(path: KeyPath, period: Period, given: int) -> None:
            ends = (inputs[i].base for i in (model.horizon, model.start, "fiscal_year_end"))
            needed = periods_needed(period, model, *ends)
            if given < needed:
                what = period.replace("_", " ")
                message = f"the series has {given} values, and the horizon needs {needed} (one a {what})"
                self.problem(path, message)

        for id, one in series.items():
            check(("inputs", id), model.series[id].period, len(one.values))
        for id, rows in tables.items():
            for column in model.tables[id].columns.values():
                for row in rows if column.period else ():
                    value = row.values[column.id]
                    assert isinstance(value, tuple)  # a series column
                    if not column.begins:
                        check(("tables", id, row.name, column.id), column.period or "month", len(value))
                    elif not value:  # what comes after its last value is 0
                        self.problem(("tables", id, row.name, column.id), "expected one value at least")

    def _input(self, declared: Input, value: Any) -> Given:
        path: KeyPath = ("inputs", declared.id)
        if value is None and declared.id not in (self.document.data.get("inputs") or {}):
            if self.house is not None and declared.id in self.house.inputs:
                return self._of_house(declared, self.house)
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
                given = getattr(shape, scenario)  # nothing means: as the base
                found[scenario] = None if given is None else self._number(declared, given, (*path, scenario))
        origin = "case" if "base" in value else "template"
        spread = None
        if "distribution" in value:
            try:
                spread = distribution_from(shape.distribution, base)
            except ValueError as error:
                self.problem((*path, "distribution"), str(error))
        return Given(
            base, **found, source=shape.source, as_of=shape.as_of, note=shape.note, origin=origin, distribution=spread
        )

    def correlations(self, given: _Simulation, inputs: Mapping[str, Given]) -> Iterator[Correlation]:
        """The rank correlations of the case, each between two uncertain inputs."""
        for number, one in enumerate(given.correlations):
            path: KeyPath = ("simulation", "correlations", number)
            if len(one.between) != 2 or one.between[0] == one.between[1]:
                self.problem(path, "expected two inputs, as between: [server_price, electricity]")
                continue
            for id in one.between:
                known = inputs.get(id)
                if known is None:
                    self.problem(path, f"{id!r} is not an input" + did_you_mean(id, list(inputs)))
                elif known.distribution is None and known.optimistic is None and known.pessimistic is None:
                    self.problem(path, f"{id!r} has neither a range nor a distribution: nothing to correlate")
            if not -1 < one.rank < 1:
                self.problem((*path, "rank"), f"a rank correlation lies between -1 and 1 (got {one.rank:g})")
            yield Correlation(one.between[0], one.between[1], one.rank)

    def _of_house(self, declared: Input, house: House) -> Given:
        """The house's value, checked as if the case had given it, its problems at their place in the house's file."""
        reader = _Reader(house.document, self.model, None)
        given = reader._input(declared, house.inputs[declared.id])
        self.problems += [replace(p, path=p.path or f"inputs.{declared.id}") for p in reader.problems]
        return replace(given, origin="house", source=f"House: {given.source or house.file}")

    def _number(self, declared: Input, value: Any, path: KeyPath) -> float:
        try:
            return bounded(declared, value)
        except ValueError as error:
            self.problem(path, str(error))
            return declared.default


def scaled(declared: Input, base: float) -> tuple[float | None, float | None]:
    """Optimistic and pessimistic value by the template's factors, kept inside the input's bounds."""

    def value(scenario: Scenario) -> float | None:
        factor = (declared.factors or {}).get(scenario)
        if factor is None:
            return None
        number = float(f"{base * factor:.12g}")  # 0.1 * 1.2 is 0.12 in a cell, not 0.12000000000000001
        number = float(round(number)) if declared.integer else number
        number = number if declared.minimum is None else max(number, declared.minimum)
        return number if declared.maximum is None else min(number, declared.maximum)

    return value("optimistic"), value("pessimistic")
