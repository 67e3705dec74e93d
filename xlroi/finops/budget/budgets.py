"""Budgets of a fiscal year, read from a file.

::

    currency: USD
    fiscal_year: 2026          # named after the calendar year in which it ends
    fiscal_year_end: 6         # its last month: here July 2025 to June 2026
    thresholds:
      actual: 90%              # of the year's budget, spent
      forecast: 100%           # of the year's budget, forecast for the end of the year
      probability: 50%         # that the year's budget will not do
    profiles:
      rising: [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]   # weights of the months, the first of the fiscal year first
    total: 900_000
    teams:
      Search: 120_000                                # spread evenly
      Research: {year: 600_000, profile: rising}
      Platform: {months: {2025-07: 40_000, 2025-08: 45_000}}   # nothing in the months that are not named
    services:
      Amazon EC2: 300_000

Shares of a year are cents that add up to it (largest remainder).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from xlroi.errors import InputError, Problem
from xlroi.finops.budget.months import fiscal_year
from xlroi.finops.money import add_all, minor_unit, parts
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document, KeyPath, load_yaml
from xlroi.model.numbers import number_from
from xlroi.model.schema import Strict, validated

__all__ = ["Budget", "By", "Key", "Thresholds", "load_budget"]

By = Literal["team", "service", "total"]
Key = tuple[By, str]
"""Whose budget: ``("team", "Search")``, ``("service", "Amazon EC2")``, ``("total", "")``."""

_SECTIONS: Final[Mapping[str, By]] = {"teams": "team", "services": "service"}
_LARGEST: Final = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What must not be exceeded."""

    actual: Decimal
    """Share of the year's budget that is spent."""
    forecast: Decimal
    """Share of the year's budget that will be spent at the end of the year."""
    probability: float
    """Of spending more than the year's budget."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The budgets of a fiscal year."""

    document: Document
    currency: str
    months: tuple[str, ...]
    """The twelve months of the fiscal year."""
    thresholds: Thresholds
    amounts: Mapping[Key, Mapping[str, Decimal]]
    """Whose budget, by month; every month is there."""

    def year(self, key: Key) -> Decimal:
        """A budget of the whole fiscal year."""
        return add_all(self.amounts[key].values())

    def problem(self, key: Key, message: str) -> Problem:
        """A problem with a budget, with its line."""
        section = next((section for section, by in _SECTIONS.items() if by == key[0]), None)
        return self.document.problem((section, key[1]) if section else ("total",), message)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, date):
        raise ValueError(f"expected a number (got the date {value})")
    return Decimal(repr(number_from(value)))


def _no_percentage(share: Decimal) -> Decimal:
    """Who writes 90 means 90%."""
    if share > 10:
        raise PydanticCustomError("share", "expected a share, as 90% or 0.9")
    return share


Share = Annotated[Decimal, BeforeValidator(_decimal), Field(gt=0)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class _Thresholds(Strict):
    actual: Annotated[Share, AfterValidator(_no_percentage)] = Decimal("0.9")
    forecast: Annotated[Share, AfterValidator(_no_percentage)] = Decimal(1)
    probability: Annotated[Share, Field(le=1)] = Decimal("0.5")


class _File(Strict):
    currency: Currency
    fiscal_year: Annotated[int, Field(ge=2000, le=2099)]
    fiscal_year_end: Annotated[int, Field(ge=1, le=12)] = 12
    thresholds: _Thresholds = Field(default_factory=_Thresholds)
    profiles: dict[str, Annotated[list[Any], Field(min_length=12, max_length=12)]] = Field(default_factory=dict)
    total: Any = None
    teams: dict[str, Any] = Field(default_factory=dict)
    services: dict[str, Any] = Field(default_factory=dict)


def load_budget(path: str | Path) -> Budget:
    """Read a budget file; raises :class:`InputError` with every problem, its file and line."""
    document = load_yaml(path)
    return _Reader(document, validated(_File, document)).budget()


class _Reader:
    """Amounts of a file to budgets by month, gathering problems."""

    def __init__(self, document: Document, file: _File) -> None:
        self.document, self.file = document, file
        self.months = fiscal_year(file.fiscal_year, file.fiscal_year_end)
        self.unit = minor_unit(file.currency)
        self.problems: list[Problem] = []

    def budget(self) -> Budget:
        self.profiles = {name: self.profile(name, weights) for name, weights in self.file.profiles.items()}
        amounts = {key: self.spread(path, value) for key, path, value in self.entries()}
        if not amounts:
            self.wrong((), "no budget in it: expected total, teams or services")
        if self.problems:
            raise InputError(self.problems)
        said = self.file.thresholds
        thresholds = Thresholds(said.actual, said.forecast, float(said.probability))
        return Budget(self.document, self.file.currency, self.months, thresholds, amounts)

    def entries(self) -> Iterator[tuple[Key, KeyPath, Any]]:
        if self.file.total is not None:
            yield ("total", ""), ("total",), self.file.total
        for section, by in _SECTIONS.items():
            for name, value in getattr(self.file, section).items():
                yield (by, name), (section, name), value

    def wrong(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    def number(self, path: KeyPath, value: Any) -> Decimal:
        """A number that is not negative; 0 where it is none."""
        try:
            found = _decimal(value)
        except ValueError as error:
            self.wrong(path, str(error))
            return Decimal(0)
        if not 0 <= found < _LARGEST:
            self.wrong(path, f"expected 0 or more, below 1e15 (got {value!r})")
            return Decimal(0)
        return found

    def amount(self, path: KeyPath, value: Any) -> Decimal:
        found = self.number(path, value)
        if found % self.unit:
            self.wrong(path, f"more decimals than {self.file.currency} has (got {value!r})")
        return found

    def profile(self, name: str, weights: Sequence[Any]) -> list[Fraction]:
        found = [Fraction(self.number(("profiles", name, i), weight)) for i, weight in enumerate(weights)]
        if not any(found):
            self.wrong(("profiles", name), "the weights sum to 0")
        return found

    def spread(self, path: KeyPath, value: Any) -> dict[str, Decimal]:
        """A budget by month."""
        even = [Fraction(1)] * 12
        if not isinstance(value, dict):
            return self.parted(self.amount(path, value), even)
        if set(value) == {"months"} and isinstance(value["months"], dict):
            return self.by_month((*path, "months"), value["months"])
        if "year" not in value or not value.keys() <= {"year", "profile"}:
            self.wrong(path, f"expected an amount, {{year, profile}} or {{months}} (got {', '.join(value)})")
            return self.parted(Decimal(0), even)
        name = value.get("profile")
        if name is not None and name not in self.profiles:
            self.wrong((*path, "profile"), f"no profile {name!r}{did_you_mean(str(name), list(self.profiles))}")
        weights = self.profiles.get(name) if isinstance(name, str) else None
        return self.parted(self.amount((*path, "year"), value["year"]), weights or even)

    def parted(self, year: Decimal, weights: Sequence[Fraction]) -> dict[str, Decimal]:
        if self.problems:  # an amount or a profile that was refused has no parts
            return {}
        return dict(zip(self.months, parts(year, weights, self.unit), strict=True))

    def by_month(self, path: KeyPath, named: Mapping[str, Any]) -> dict[str, Decimal]:
        for month in named:
            if month not in self.months:
                self.wrong((*path, month), f"not in the fiscal year, {self.months[0]} to {self.months[-1]}")
        found = {month: self.amount((*path, month), value) for month, value in named.items()}
        return {month: found.get(month, Decimal(0)) for month in self.months}
