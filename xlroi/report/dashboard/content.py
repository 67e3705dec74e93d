"""What a dashboard holds, as plain data; None where something was not asked for, which it then says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

__all__ = ["Anomaly", "Budgeted", "Check", "Dashboard", "Line", "Mover", "Saving", "Source", "Status", "Untagged"]

Status = Literal["within", "warning", "over"]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that the figures come from."""

    name: str
    sha256: str
    taken: str
    """When it was taken in."""
    months: str
    rows: int
    billed: str
    """Its billed cost, by currency."""


@dataclass(frozen=True, slots=True)
class Line:
    """The cost of a team or service in each month of the dashboard."""

    name: str
    amounts: tuple[Decimal, ...]

    @property
    def now(self) -> Decimal:
        """Of the last month."""
        return self.amounts[-1]

    @property
    def before(self) -> Decimal | None:
        """Of the month before it; None where there is none."""
        return self.amounts[-2] if len(self.amounts) > 1 else None


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A fiscal year against its budget."""

    budget: Decimal
    spent: Decimal
    """To date."""
    forecast: Decimal | None
    """Spent and what is expected of the months that are left; None where nothing can be forecast."""
    overrun: float | None
    """The probability, 0 to 1, that the year ends above the budget."""
    first_over: str | None
    """The month in which the budget is used up; None where it is not expected to be."""
    status: Status
    says: str
    """Why, in words."""


@dataclass(frozen=True, slots=True)
class Mover:
    """What changed most from one month to the next."""

    by: str
    """``service`` or ``account``."""
    name: str
    provider: str
    currency: str
    now: Decimal
    before: Decimal


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day that cost other than the days before it let expect."""

    day: str
    provider: str
    service: str
    currency: str
    amount: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Saving:
    """What could be saved a month."""

    what: str
    provider: str
    currency: str
    amount: Decimal
    confidence: str
    why: str


@dataclass(frozen=True, slots=True)
class Untagged:
    """Cost of the last month that names nobody: without a tag, or without a rule that gives it to a team."""

    what: str
    provider: str
    currency: str
    amount: Decimal
    whole: Decimal

    @property
    def share(self) -> float | None:
        """Of the whole; None of a whole of 0."""
        return float(self.amount / self.whole) if self.whole else None


@dataclass(frozen=True, slots=True)
class Check:
    """Two ways to the same figure."""

    what: str
    left: Decimal
    right: Decimal

    @property
    def holds(self) -> bool:
        """Whether they are equal, to the last digit shown."""
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All that the page shows. Amounts are in ``currency`` unless their row says otherwise."""

    title: str
    currency: str
    unit: Decimal
    """The minor unit of the currency."""
    cost: str
    """Which cost, as ``billed``."""
    made: datetime
    newest: date
    """The day of the newest charge."""
    sources: tuple[Source, ...]
    months: tuple[str, ...]
    """``2026-03``, in order, without gaps."""
    part: str
    """The last of them where it is billed in part only, else empty."""
    teams: tuple[Line, ...]
    services: tuple[Line, ...]
    checks: tuple[Check, ...]
    budgets: Mapping[str, Budgeted] | None = None
    """Of ``team Search``, ``service Amazon EC2`` or ``all``."""
    movers: tuple[Mover, ...] | None = None
    anomalies: tuple[Anomaly, ...] | None = None
    savings: tuple[Saving, ...] | None = None
    untagged: tuple[Untagged, ...] | None = None
    remarks: tuple[str, ...] = ()

    @property
    def total(self) -> Line:
        """Of all teams."""
        return Line(
            "Total", tuple(sum(column, Decimal(0)) for column in zip(*(t.amounts for t in self.teams), strict=True))
        )

    @property
    def so_far(self) -> bool:
        """Whether the last month is not over yet, so that it cannot be held against the month before."""
        return self.months[-1] == self.part

    @property
    def pace(self) -> Decimal:
        """How many times longer the month before was than the last month is so far; 1 where that is over."""
        if not self.so_far or f"{self.newest:%Y-%m}" != self.part:
            return Decimal(1)
        before = self.newest.replace(day=1) - timedelta(days=1)
        return Decimal(before.day) / self.newest.day
