"""Rules that find savings in a bill.

A bill shows what was paid, not what was done: it has no load of a machine, does not know whether a volume is attached
or an instance stopped, so nothing is said about these. Rules read what FOCUS marks, and words that providers write; the
words of AWS are those of its FOCUS export and of "Understand codes for Amazon VPC in billing and usage reports".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from math import ceil
from statistics import median
from typing import Final, Literal

from xlroi.finops.figures.lines import Line
from xlroi.finops.money import add_all
from xlroi.finops.tags import read_tags

__all__ = ["RULES", "WORDS", "Assumptions", "Claim", "Period", "Rule", "break_even_level"]

Confidence = Literal["high", "medium", "low"]

LEAST_DAYS_IDLE: Final = 7
LEAST_DAYS_OF_DEMAND: Final = 28
STEADY_DAYS: Final = 90
SPOT_DISCOUNT: Final = Decimal("0.4")
"""Spot costs 40 to 70% less than on demand (surveys of GPU clouds, Epoch AI); the low end."""
INFREQUENT: Final = 1 - Decimal("0.0125") / Decimal("0.023")
"""S3 Standard-Infrequent Access costs 0.0125 $ a GB-month, Standard 0.023 (AWS price list, US East); in Frankfurt 55%
of Standard too (December 2021)."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a bill cannot say."""

    discount: Decimal | None = None
    """Of a commitment of one year off on-demand prices; None: by provider, from the catalogue of prices."""
    cold: Decimal = Decimal("0.5")
    """The share of standard object storage that is read seldom."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day of usage."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Both ends included."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Claim:
    """What a rule says could be saved in the period, of which lines, how surely and why."""

    saving: Decimal
    lines: tuple[Line, ...]
    confidence: Confidence
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Looks for one kind of saving."""

    id: str
    says: str
    """What it finds, in words."""
    wants: Callable[[Line], bool]
    """Whether a line may stand behind it."""
    claim: Callable[[Sequence[Line], Period, Assumptions], Claim | str | None]
    """What is saved of the lines of one provider and currency, or why that cannot be said."""


def _all_of(confidence: Confidence, why: str) -> Callable[[Sequence[Line], Period, Assumptions], Claim]:
    return lambda lines, _, __: Claim(add_all(line.cost for line in lines), tuple(lines), confidence, why)


# ---- idle ------------------------------------------------------------------------------------------------------------

_IDLE_ADDRESS: Final = re.compile(r"idle public ipv4 address|elastic ip address not attached", re.IGNORECASE)
_GATEWAY_HOURS: Final = re.compile(r"per nat gateway hour|loadbalancer-hour", re.IGNORECASE)
_GATEWAY_TRAFFIC: Final = re.compile(
    r"data processed by (nat gateways|the loadbalancer)|load balancer capacity unit-hour", re.IGNORECASE
)


def _says(line: Line, pattern: re.Pattern[str]) -> bool:
    return bool(line.description and pattern.search(line.description))


def _idle_gateways(lines: Sequence[Line], _: Period, __: Assumptions) -> Claim | None:
    by_resource: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_resource[line.resource or ""].append(line)
    idle: list[Line] = []
    for its in by_resource.values():
        hours = [line for line in its if _says(line, _GATEWAY_HOURS)]
        busy = any(line.consumed or line.cost for line in its if _says(line, _GATEWAY_TRAFFIC))
        if not busy and len({line.start for line in hours}) >= LEAST_DAYS_IDLE:
            idle += hours
    if not idle:
        return None
    count = len({line.resource for line in idle})
    why = f"{count} of them, charged by the hour on {LEAST_DAYS_IDLE} days or more, with no processed data in the bill"
    return Claim(add_all(line.cost for line in idle), tuple(idle), "medium", why)


# ---- commitments -----------------------------------------------------------------------------------------------------

_MACHINE: Final = re.compile(r"\b(instance|virtual machines?|vcpu|fargate)\b", re.IGNORECASE)
_SLUGS: Final = {"aws": "aws", "amazonwebservices": "aws", "microsoft": "azure", "azure": "azure",
                 "microsoftazure": "azure", "google": "gcp", "googlecloud": "gcp", "gcp": "gcp"}  # fmt: skip


def _machine_time(line: Line) -> bool:
    """Whether it is on-demand time of a machine."""
    by_time = bool(line.unit and re.search(r"hour|second|minute", line.unit, re.IGNORECASE))
    return line.category == "Compute" and line.pricing == "Standard" and by_time and _says(line, _MACHINE)


@cache
def _catalogued(provider: str) -> tuple[Decimal, str] | None:
    """The median discount of one year's commitment in the catalogue of prices, and where it is from."""
    from xlroi.model.catalogue import catalogue

    slug = _SLUGS.get(re.sub(r"[^a-z]", "", provider.lower()))
    priced = {
        entry.id: entry for entry in reversed(catalogue().search("", "cloud")) if entry.id.startswith(f"cloud/{slug}/")
    }
    pairs = [(on_demand, reserved) for id, reserved in priced.items() if id.endswith("/reserved-1-year")
             if (on_demand := priced.get(id.removesuffix("reserved-1-year") + "on-demand"))]  # fmt: skip
    if not pairs:
        return None
    found = median(1 - reserved.value / on_demand.value for on_demand, reserved in pairs)
    newest = max(str(reserved.as_of) for _, reserved in pairs)
    return Decimal(f"{found:.3f}"), f"median of {len(pairs)} GPU instances in the catalogue, prices to {newest}"


def break_even_level(demand: Sequence[Decimal], discount: Decimal) -> tuple[Decimal, Decimal]:
    """The commitment that costs least against a demand, and what it saves; both in on-demand money a day.

    A commitment pays for itself from the share of use u* = 1 - discount; so the next unit is worth it as long as demand
    exceeds it on more than u* of days: the level is the (1 - u*) quantile of demand (newsvendor). A discount of 40% and
    ten days of demand from 1 to 10 give level 4. It costs 0.6 × 4 = 2.4 a day and covers (1+2+3+7×4)/10 = 3.4.

    >>> break_even_level([Decimal(n) for n in range(1, 11)], Decimal("0.4"))
    (Decimal('4'), Decimal('1.0'))
    """
    level = sorted(demand)[max(ceil(discount * len(demand)), 1) - 1]
    covered = add_all(min(day, level) for day in demand) / len(demand)
    return level, covered - (1 - discount) * level


def _commitment(lines: Sequence[Line], period: Period, assumed: Assumptions) -> Claim | str:
    if period.days < LEAST_DAYS_OF_DEMAND:
        return f"advice on commitments needs {LEAST_DAYS_OF_DEMAND} days of usage, the bill has {period.days}"
    known = (assumed.discount, "as given") if assumed.discount is not None else _catalogued(lines[0].provider or "")
    if known is None:
        return "the catalogue knows no discount of its commitments; give one with --discount"
    discount, source = known
    costs: defaultdict[str | None, list[Decimal]] = defaultdict(list)
    for line in lines:
        costs[line.start].append(line.cost)
    days = [add_all(costs[str(period.first + timedelta(n))]) for n in range(period.days)]
    level, saving = break_even_level(days, discount)
    steady = period.days >= STEADY_DAYS
    why = (
        f"commit for one year to {level:,.2f} a day at on-demand prices ({(1 - discount) * level:,.2f} to pay): the "
        f"{discount:.1%} quantile of demand on {period.days} days, as the discount is {discount:.1%} ({source}); "
        + ("the demand must last" if steady else f"fewer than {STEADY_DAYS} days of demand")
        + ", hours within a day are taken as even"
    )
    return Claim(saving * period.days, tuple(lines), "medium" if steady else "low", why)


# ---- spot, storage class ---------------------------------------------------------------------------------------------

_WORK: Final = {"batch", "train", "training", "experiment", "experiments"}
_NOT_PRODUCTION: Final = {"dev", "development", "test", "testing", "qa", "staging", "sandbox", "nonprod"}
_STANDARD_STORAGE: Final = re.compile(r"per gb - (first|next|over) .*storage used", re.IGNORECASE)


def _words(line: Line) -> set[str]:
    named: Iterable[str | None] = (*(read_tags(line.tags) or {}).values(), line.resource_name, line.account_name)
    return set(re.split(r"[^a-z]+", " ".join(filter(None, named)).lower()))


def _spot(lines: Sequence[Line], _: Period, __: Assumptions) -> Claim:
    batch = add_all(line.cost for line in lines if _words(line) & _WORK)
    cost = add_all(line.cost for line in lines)
    why = (
        "on-demand machines named or tagged as batch, training, testing or development; spot is "
        f"{SPOT_DISCOUNT:.0%} to 70% cheaper (the low end is counted) and can be taken away: work must start again "
        "from checkpoints"
    )
    return Claim(cost * SPOT_DISCOUNT, tuple(lines), "medium" if batch * 2 > cost else "low", why)


def _storage_class(lines: Sequence[Line], _: Period, assumed: Assumptions) -> Claim:
    cost = add_all(line.cost for line in lines)
    why = (
        f"assumes that {assumed.cold:.0%} of it is read less than once a month; Infrequent Access costs "
        f"{INFREQUENT:.1%} less a GB than Standard; retrieval, requests and its least term of 30 days are not counted"
    )
    return Claim(cost * assumed.cold * INFREQUENT, tuple(lines), "low", why)


_PATTERNS: Final = (_IDLE_ADDRESS, _GATEWAY_HOURS, _GATEWAY_TRAFFIC, _MACHINE, _STANDARD_STORAGE)
WORDS: Final = "|".join(pattern.pattern for pattern in _PATTERNS)
"""What the description of a line has that any rule wants, but for those that go by what FOCUS marks; case aside."""

RULES: Final = (
    Rule("unused-commitment", "Commitments that were paid and not used",
         lambda line: line.commitment_status == "Unused",
         _all_of("high", "FOCUS marks it Unused; it ends by use, exchange or at its term")),
    Rule("unused-reservation", "Capacity reservations that were paid and not used",
         lambda line: line.capacity_status == "Unused" and line.commitment_status != "Unused",
         _all_of("high", "FOCUS marks the capacity reservation Unused; it can be released")),
    Rule("idle-address", "Public addresses that nothing uses",
         lambda line: _says(line, _IDLE_ADDRESS),
         _all_of("high", "the provider charges them as idle; they can be released")),
    Rule("idle-gateway", "NAT gateways and load balancers without traffic",
         lambda line: bool(line.resource) and (_says(line, _GATEWAY_HOURS) or _says(line, _GATEWAY_TRAFFIC)),
         _idle_gateways),
    Rule("commitment-purchase", "Steady on-demand machines that a commitment would cover",
         lambda line: _machine_time(line) and line.within_a_day and line.capacity_status != "Unused",
         _commitment),
    Rule("spot", "On-demand machines whose work could run on spot",
         lambda line: _machine_time(line) and bool(_words(line) & (_WORK | _NOT_PRODUCTION)),
         _spot),
    Rule("storage-class", "Standard object storage that may be read seldom",
         lambda line: line.service == "Amazon Simple Storage Service" and _says(line, _STANDARD_STORAGE),
         _storage_class),
)  # fmt: skip
