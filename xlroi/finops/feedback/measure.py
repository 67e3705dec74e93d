"""What a bill measures: prices of GPU-hours by term, how they are bought, data out, data stored, and their trends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import exp, log
from pathlib import Path
from statistics import linear_regression
from typing import Any, Final

import narwhals as nw

from xlroi.errors import InputError, Problem
from xlroi.finops.bills import Bills
from xlroi.finops.budget.months import month_end
from xlroi.finops.budget.spending import Day, of_a_day, unfinished
from xlroi.finops.feedback.units import gigabyte_months, gigabytes, gpu_hours, gpus, leaves_cloud, term_years
from xlroi.finops.ledger import Measure
from xlroi.finops.overview import ROWS, look_over
from xlroi.finops.profile import verdicts
from xlroi.importers.source import Measured

__all__ = ["TERMS", "BillMeasurement", "BillSource", "Use", "measure_bill"]

TERMS: Final = ("on_demand", "one_year", "three_year", "spot")
_LEAST_MONTHS: Final = 6
"""Whole months that a trend needs; fewer would make a season or a project a trend."""
_BY: Final = ("provider", "currency", "month", "pricing", "commitment_status", "commitment_type", "service_category",
              "description", "sku", "sku_details", "resource_type", "priced_unit", "consumed_unit")  # fmt: skip
_MEASURES: Final = tuple(Measure(id, id) for id in ("priced", "consumed", "billed", "effective"))


@dataclass(frozen=True, slots=True)
class Use:
    """A quantity and what it cost, exact."""

    quantity: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def __add__(self, other: Use) -> Use:
        return Use(self.quantity + other.quantity, self.cost + other.cost)

    @property
    def price(self) -> float:
        """Cost of a unit."""
        return float(self.cost / self.quantity)


@dataclass(frozen=True, slots=True)
class BillSource:
    """The bill as the source that a case names."""

    name: str
    as_of: date
    path: Path
    wanting: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BillMeasurement:
    """A bill as measured, in the shape of every other measurement."""

    format: str
    source: BillSource
    measured: tuple[Measured, ...]
    remarks: tuple[str, ...]
    currency: str
    mix: Mapping[str, float]
    """Shares of GPU-hours by term, of those whose term is known; empty where there are none."""
    uses: Mapping[tuple[str, str], Use]
    """By (kind, month): a term, ``committed`` where the bill does not say for how long, ``other`` GPU-hours,
    ``egress``, ``storage``, or ``unused`` commitments, of which the quantity is not known."""
    totals: Mapping[str, Fraction]
    """The whole bill by month, as trusted."""
    whole_months: tuple[str, ...]


def measure_bill(bills: Bills, known: Mapping[str, int], *, keep_repeated: bool = False) -> BillMeasurement:
    """Measure opened bills; ``known`` are the GPUs of instance types. Raises :class:`InputError`."""
    groups = look_over(bills, keep_repeated=keep_repeated)
    currencies = sorted({str(group.currency) for group in groups})
    if len(currencies) > 1:
        raise InputError(
            [Problem(str(bills.files[0]), None, "", f"amounts are in {' and '.join(currencies)}; give one at a time")]
        )
    trust = {(v.provider, v.currency): v.trust for v in verdicts(groups)}
    totals: defaultdict[str, Fraction] = defaultdict(Fraction)
    for group in groups:
        totals[group.month] += Fraction(group.amount(trust[group.provider, group.currency]))
    whole, last = _whole_months(bills)
    found = _Found(trust, known)
    usage = nw.col("category") == "Usage"
    for row in bills.rows(bills.cube(_BY, _MEASURES, usage, ["category"])):
        found.put(dict(zip((*_BY, *(m.id for m in _MEASURES)), row, strict=True)))
    months = sorted({group.month for group in groups})
    files = f"{len(bills.files)} file{'s' if len(bills.files) > 1 else ''}"
    span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    return BillMeasurement(
        format="FOCUS bill",
        source=BillSource(f"FOCUS bill, {files}, {span}", last, bills.files[0], {}),
        measured=tuple(_measured(found, whole or months)),
        remarks=tuple(_remarks(found, months, whole)),
        currency=currencies[0],
        mix=_mix(found.uses),
        uses=dict(found.uses),
        totals=totals,
        whole_months=tuple(whole),
    )


def _whole_months(bills: Bills) -> tuple[list[str], date]:
    """The months that usage covers from first to last day, and the last day of all charges.

    Charges of a day or less tell, where a month has any: what is for the whole month covers it from its first day on.
    """
    by_month: defaultdict[str, list[Day]] = defaultdict(list)
    latest = date.min
    cube = bills.cube(["month", "provider", "category", "charge_start", "charge_end"], [ROWS])
    for month, provider, category, start, end, _ in bills.rows(cube):
        year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
        following = date(year, number + 1, 1)
        until = min(following, _day(end) or date(int(month[:4]), int(month[5:]), 1) + timedelta(days=1))
        latest = max(latest, until - timedelta(days=1))
        if category == "Usage" and start:
            by_month[month].append((provider or "", start, until.isoformat()))
    return sorted(month for month, days in by_month.items() if _is_whole(days, month)), latest


def _is_whole(days: Sequence[Day], month: str) -> bool:
    daily = [start for _, start, end in days if of_a_day(start, end)]
    begins, ends = min(daily or [start for _, start, _ in days]), max(end for _, _, end in days)
    return begins <= f"{month}-01" and not unfinished(days, month)[1] and (bool(daily) or ends > month_end(month))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


class _Found:
    """Usage sorted by what it is of."""

    def __init__(self, trust: Mapping[tuple[str | None, str | None], str], known: Mapping[str, int]) -> None:
        self.trust, self.known = trust, known
        self.uses: defaultdict[tuple[str, str], Use] = defaultdict(Use)
        self.by: Counter[str] = Counter()
        self.not_hours: Counter[str] = Counter()
        self.unpriced: set[str] = set()
        """Terms with hours whose cost the bill does not say: BilledCost of what a commitment covers is 0."""

    def put(self, row: Mapping[str, Any]) -> None:
        column = self.trust[row["provider"], row["currency"]]
        cost = Fraction(row[column] or 0)
        texts = [_text(row[id]) for id in ("resource_type", "description", "sku")]
        count, how = gpus(_text(row["sku_details"]), texts, self.known)
        if row["commitment_status"] == "Unused":
            self._add("unused", row, Use(cost=cost))
        elif (hours := _quantity(row, lambda unit: gpu_hours(unit, count))) is not None:
            term = self._term(row)
            self._add(term, row, Use(hours, cost))
            if row["pricing"] == "Committed" and column != "effective":
                self.unpriced.add(term)
            self.by[how or "unit"] += 1
        elif count:
            self.not_hours[_text(row["priced_unit"]) or _text(row["consumed_unit"]) or "no unit"] += 1
        elif leaves_cloud(_text(row["description"])) and (size := _quantity(row, gigabytes)) is not None:
            self._add("egress", row, Use(size, cost))
        elif row["service_category"] == "Storage" and (stored := _quantity(row, gigabyte_months)) is not None:
            self._add("storage", row, Use(stored, cost))

    def _add(self, kind: str, row: Mapping[str, Any], use: Use) -> None:
        self.uses[kind, str(row["month"])] += use

    def _term(self, row: Mapping[str, Any]) -> str:
        match row["pricing"]:
            case "Standard":
                return "on_demand"
            case "Dynamic":
                return "spot"
            case "Committed":
                years = term_years(_text(row[id]) for id in ("sku_details", "description", "commitment_type"))
                return {1: "one_year", 3: "three_year", None: "committed"}[years]
            case _:
                return "other"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _quantity(row: Mapping[str, Any], size: Callable[[str | None], Fraction | None]) -> Fraction | None:
    """What was consumed or, where its unit is another thing, priced; None where neither unit fits."""
    for id in ("consumed", "priced"):
        each = size(_text(row[f"{id}_unit"]))
        if each is not None and row[id] is not None:
            return Fraction(row[id]) * each
    return None


def _of(uses: Mapping[tuple[str, str], Use], kinds: Sequence[str], months: Sequence[str] | None = None) -> Use:
    chosen = (use for (kind, month), use in uses.items() if kind in kinds and (months is None or month in months))
    return sum(chosen, Use())


_GPU: Final = (*TERMS, "committed", "other")


def _measured(found: _Found, months: Sequence[str]) -> Iterator[Measured]:
    """Every quantity that the bill holds; what is a month is the mean of ``months``."""
    uses = found.uses
    for term in TERMS:
        use = _of(uses, [term])
        if use.quantity > 0 and term not in found.unpriced:
            yield Measured(f"{term}_gpu_hour", use.price, note=f"{float(use.quantity):,.6g} GPU-hours")
    whole = _of(uses, _GPU)
    if whole.quantity > 0:
        if not found.unpriced:
            yield Measured("mean_gpu_hour", whole.price, note=f"{float(whole.quantity):,.6g} GPU-hours of all terms")
        monthly = [float(_of(uses, _GPU, [month]).quantity) for month in months]
        daily = [hours / int(month_end(month)[8:]) for hours, month in zip(monthly, months, strict=True)]
        note = f"mean of {len(months)} month{'s' if len(months) > 1 else ''}"
        yield Measured("billed_gpu_hours", sum(monthly) / len(monthly), note=note)
        if (growth := _trend(daily)) is not None:  # a day, as months differ in length
            yield Measured("demand_growth", growth, note=f"trend of GPU-hours a day over {len(months)} months")
        prices = [_of(uses, ["on_demand"], [month]) for month in months]
        if all(use.quantity > 0 for use in prices) and (change := _trend([use.price for use in prices])) is not None:
            yield Measured("price_change", change, note=f"trend of the price on demand over {len(months)} months")
    for kind, price, amount in (("egress", "egress_price", "egress"), ("storage", "storage_price", "stored")):
        use = _of(uses, [kind])
        if use.quantity > 0:
            unit = "GB-months" if kind == "storage" else "GB"
            yield Measured(price, use.price, note=f"{float(use.quantity):,.6g} {unit}")
            mean = float(_of(uses, [kind], months).quantity) / len(months)
            yield Measured(amount, mean, note=f"mean of {len(months)} month{'s' if len(months) > 1 else ''}")


def _trend(values: Sequence[float]) -> float | None:
    """The growth a year of a line through the logarithms of monthly values; None of too few, or of one not above 0.

    >>> round(_trend([100 * 1.02 ** month for month in range(6)]), 9) == round(1.02 ** 12 - 1, 9)
    True
    """
    if len(values) < _LEAST_MONTHS or min(values) <= 0:
        return None
    return exp(12 * linear_regression(range(len(values)), [log(value) for value in values]).slope) - 1


def _mix(uses: Mapping[tuple[str, str], Use]) -> dict[str, float]:
    hours = {term: _of(uses, [term]).quantity for term in TERMS}
    whole = sum(hours.values())
    return {term: float(quantity / whole) for term, quantity in hours.items()} if whole > 0 else {}


def _remarks(found: _Found, months: Sequence[str], whole: Sequence[str]) -> Iterator[str]:
    uses = found.uses
    if found.by:
        hows = ", ".join(f"{how} ({rows:,} groups of charges)" for how, rows in found.by.most_common())
        yield f"GPUs found by {hows}"
    else:
        yield "no charge is of GPU-hours: none has GpuCount, a unit of GPU-hours, or an instance type that is known"
    if found.unpriced:
        yield "committed GPU-hours have no price: EffectiveCost cannot be trusted, and BilledCost does not spread fees"
    for unit, rows in found.not_hours.most_common(3):
        yield f"{rows:,} groups of charges of GPU machines are in {unit}, not in hours, and are left out"
    for kind, why in (("committed", "committed, for how long the bill does not say"), ("other", "in another category")):
        if (use := _of(uses, [kind])).quantity:
            yield f"{float(use.quantity):,.6g} GPU-hours are {why}: in no price by term, and not in the mix"
    if unused := _of(uses, ["unused"]).cost:
        yield f"unused commitments cost {float(unused):,.2f}; they are in no price"
    if not whole:
        yield "no month is whole: quantities a month are means of the months as they are"
    elif len(whole) < len(months):
        parts = ", ".join(month for month in months if month not in whole)
        yield f"{parts} not whole: in prices, not in quantities a month and trends"
    if len(whole) < _LEAST_MONTHS:
        yield f"no growth and no change of prices: {len(whole)} whole months, {_LEAST_MONTHS} are needed"
