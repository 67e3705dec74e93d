"""A vendor's lines held against a meter's, by key and day: what differs, why, and what it is worth.

For a key and day, with b the quantity billed and a its amount (each line once), m the quantity measured and p the
agreed price::

    amount of repeated lines + (b − m) × p + (a − b × p)  =  all that was billed − m × p

The three terms are repeated lines, quantity and price: what is billed less what is due, nothing counted twice. A term
within tolerance is summed apart, so that all of them explain the whole difference to the last digit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from heapq import nlargest
from itertools import groupby
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.audit.contract import Contract, Key
from xlroi.finops.audit.lines import Lines
from xlroi.finops.audit.sums import Sums, sums_of
from xlroi.finops.money import add_all

__all__ = ["EXACT", "KINDS", "Finding", "Item", "Late", "Reconciliation", "Tolerance", "Total", "reconcile"]

KINDS: Final = ("repeated lines", "billed only", "measured only", "quantity", "price")
"""What money can be lost by, in the order of reports."""

_ZERO: Final = Decimal(0)
_PRICE_STEP: Final = Decimal("1e-12")
EXACT: Final = Context(prec=100)
"""Wide enough that no sum or product of amounts is rounded."""
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is too little to matter. A difference within any of them is no finding."""

    quantity: Decimal = Decimal("0.02")
    """Of the quantity measured."""
    price: Decimal = Decimal("0.001")
    """Of the amount at the agreed price."""
    money: Decimal = Decimal("0.01")
    """Of a key and day, in the bill's currency."""
    grace_days: int = 0
    """Days after the end of a month until which its lines may be billed."""


@dataclass(frozen=True, slots=True)
class Item:
    """A key and day on both sides."""

    key: Key
    day: str
    lines: int
    """Billed, repeated ones left out."""
    billed: Decimal
    """Quantity of these lines."""
    amount: Decimal
    """Amount of these lines."""
    measured: Decimal
    price: Decimal | None
    """Agreed; without a contract what the vendor says or charges itself. None where nothing says it."""
    repeated_lines: int = 0
    repeated: Decimal = _ZERO
    """Amount of the lines that stand again."""

    @property
    def values(self) -> tuple[Decimal, Decimal, Decimal]:
        """What repeated lines, quantity and price are worth; positive where too much was billed.

        >>> Item(("gpu",), "2026-03-01", 1, Decimal(110), Decimal(330), Decimal(100), Decimal("2.5")).values
        (Decimal('0'), Decimal('25.0'), Decimal('55.0'))
        """
        price = self.price or _ZERO
        return self.repeated, (self.billed - self.measured) * price, self.amount - self.billed * price

    def findings(self, tolerance: Tolerance) -> Iterator[Finding]:
        """Each difference that is above tolerance."""
        repeated, quantity, price = self.values
        if repeated:
            yield Finding("repeated lines", self, repeated)
        above = abs(self.billed - self.measured) > tolerance.quantity * abs(self.measured)
        if above and (abs(quantity) > tolerance.money or self.price is None):
            kind = "measured only" if not self.billed else "quantity" if self.measured else "billed only"
            yield Finding(kind, self, quantity)
        if abs(price) > max(tolerance.money, tolerance.price * abs(self.billed * (self.price or _ZERO))):
            yield Finding("price", self, price)


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference above tolerance."""

    kind: str
    item: Item
    value: Decimal


@dataclass(frozen=True, slots=True)
class Late:
    """Lines that were billed in a later period than used: owed, but not of that period; no difference of money."""

    key: Key
    day: str
    billed_on: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """How many findings, and their value."""

    count: int
    value: Decimal


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All that differs. ``billed`` − ``due`` = Σ ``kinds`` + ``within``, exactly."""

    keys: tuple[str, ...]
    """The columns of the key."""
    currency: str
    tolerance: Tolerance
    compared: int
    """Keys and days."""
    days: tuple[str, str]
    billed: Decimal
    """All lines, repeated ones too."""
    due: Decimal
    """Measured quantities at agreed prices."""
    kinds: Mapping[str, Total]
    within: Decimal
    findings: tuple[Finding, ...]
    """By value, the greatest first."""
    late: tuple[Late, ...]
    largest: tuple[Item, ...]
    """Those that differ most, whatever the tolerance."""
    differing: int
    """How many keys and days differ at all."""
    not_priced: int
    """Keys that were measured and have no price."""
    remarks: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        """What was billed over what is due."""
        return EXACT.subtract(self.billed, self.due)

    @property
    def late_amount(self) -> Decimal:
        """Of all late lines."""
        return add_all(late.amount for late in self.late)

    @property
    def by_key(self) -> dict[Key, Total]:
        """Findings by key, the greatest value first."""
        counts, values = Counter[Key](), defaultdict[Key, Decimal](Decimal)
        with localcontext(EXACT):
            for finding in self.findings:
                counts[finding.item.key] += 1
                values[finding.item.key] += finding.value
        order = sorted(values, key=lambda key: (-abs(values[key]), key))
        return {key: Total(counts[key], values[key]) for key in order}


def reconcile(vendor: Lines, telemetry: Lines, contract: Contract | None = None, tolerance: Tolerance | None = None,
              days: tuple[str, str] = ("", ""), most: int = 500) -> Reconciliation:  # fmt: skip
    """Compare what was billed with what was measured; raises :class:`InputError`.

    ``days`` are the first and last that count, empty where there is no bound; ``most`` is how many of the largest
    differences are kept whole.
    """
    with localcontext(EXACT):
        made = _Reconciler(vendor, telemetry, contract, tolerance or Tolerance())
        return made.reconciliation(sums_of(vendor, telemetry, days), most)


class _Reconciler:
    """Sums of both sides, judged one key after the other, and what is to be told of them."""

    def __init__(self, vendor: Lines, telemetry: Lines, contract: Contract | None, tolerance: Tolerance) -> None:
        self.vendor, self.telemetry, self.contract, self.tolerance = vendor, telemetry, contract, tolerance
        self.late: list[Late] = []
        self.not_agreed: Counter[Key] = Counter()
        self.not_priced: Counter[Key] = Counter()
        self.days: defaultdict[bool, set[str]] = defaultdict(set)
        self.currencies: set[str] = set()
        self.repeated_readings = 0

    def reconciliation(self, sums: Iterator[Sums], most: int) -> Reconciliation:
        findings: list[Finding] = []
        kinds = {kind: Total(0, _ZERO) for kind in KINDS}
        billed, due, compared = _ZERO, _ZERO, 0
        differing: list[Item] = []
        differ = 0
        for item in self._items(sums):
            compared += 1
            billed += item.amount + item.repeated
            due += item.measured * (item.price or _ZERO)
            for finding in item.findings(self.tolerance):
                findings.append(finding)
                total = kinds[finding.kind]
                kinds[finding.kind] = Total(total.count + 1, total.value + finding.value)
            if any(item.values) or (item.price is None and item.measured):
                differ += 1
                differing.append(item)
                if len(differing) > 20 * most:
                    differing = nlargest(most, differing, _size)
        self._refuse_nonsense()
        explained = sum((total.value for total in kinds.values()), _ZERO)
        both = sorted(self.days[True] | self.days[False])
        return Reconciliation(
            keys=tuple(self.vendor.source.header[index] for index in self.vendor.keys),
            currency="".join(self.currencies),
            tolerance=self.tolerance,
            compared=compared,
            days=(both[0], both[-1]),
            billed=billed,
            due=due,
            kinds=kinds,
            within=billed - due - explained,
            findings=tuple(sorted(findings, key=lambda f: (-abs(f.value), f.item.key, f.item.day, f.kind))),
            late=tuple(sorted(self.late, key=lambda line: (-abs(line.amount), line.key, line.day))),
            largest=tuple(nlargest(most, differing, _size)),
            differing=differ,
            not_priced=len(self.not_priced),
            remarks=tuple(self._remarks()),
        )

    def _items(self, sums: Iterator[Sums]) -> Iterator[Item]:
        """The items of a key after the other, each with the price that is due."""
        for key, of_key in groupby(sums, key=lambda s: s.key):
            found = [self._item(list(rows)) for _, rows in groupby(of_key, key=lambda s: s.day)]
            billed = sum((item.billed for item, _ in found), _ZERO)
            amount = sum((item.amount for item, _ in found), _ZERO)
            for item, stated in found:
                price = None if self.contract is None else self.contract.price(key, item.day)
                if price is None and self.contract is not None and item.lines:
                    self.not_agreed[key] += 1
                if price is None and item.billed:
                    price = (stated / item.billed).quantize(_PRICE_STEP)
                elif price is None and billed:
                    price = (amount / billed).quantize(_PRICE_STEP)
                if price is None and item.measured:
                    self.not_priced[key] += 1
                yield replace(item, price=price)

    def _item(self, sums: Sequence[Sums]) -> tuple[Item, Decimal]:
        """A key and day, and its amount at the prices that the vendor states."""
        stated = _ZERO
        item = Item(sums[0].key, sums[0].day, 0, _ZERO, _ZERO, _ZERO, None)
        for s in sums:
            self.days[s.of_vendor].add(s.day)
            if not s.of_vendor:
                self.repeated_readings += s.again
                item = replace(item, measured=item.measured + s.quantity)
                continue
            self.currencies.update(s.currencies)
            stated += s.stated
            item = replace(item, lines=item.lines + s.lines, billed=item.billed + s.quantity,
                           amount=item.amount + s.amount, repeated_lines=item.repeated_lines + s.again,
                           repeated=item.repeated + s.repeated)  # fmt: skip
            if s.billed_on and self._is_late(s.day, s.billed_on):
                self.late.append(Late(s.key, s.day, s.billed_on, s.lines, s.amount))
        return item, stated

    def _is_late(self, day: str, billed_on: str) -> bool:
        """Whether a line was billed after its month of use and the days of grace."""
        year, month = divmod(int(day[:4]) * 12 + int(day[5:7]), 12)
        due = date(year, month + 1, 1) + timedelta(days=self.tolerance.grace_days)
        return billed_on >= due.isoformat()

    def _refuse_nonsense(self) -> None:
        if len(self.currencies) > 1:
            raise InputError(
                [Problem(str(self.vendor.source.files[0]), None, "", f"amounts are in "
                         f"{' and '.join(sorted(self.currencies))}; reconcile one currency at a time")]
            )  # fmt: skip
        for of_vendor, lines in ((True, self.vendor), (False, self.telemetry)):
            if not self.days[of_vendor]:
                raise InputError([Problem(str(lines.source.files[0]), None, "", "has no lines in these days")])

    def _remarks(self) -> Iterator[str]:
        """What a reader must know of the comparison."""
        (bill_from, bill_to), (meter_from, meter_to) = ((min(d), max(d)) for d in (self.days[True], self.days[False]))
        if (bill_from, bill_to) != (meter_from, meter_to):
            yield (f"the bill covers {bill_from} to {bill_to}, the telemetry {meter_from} to {meter_to}; "
                   "--from and --to limit both")  # fmt: skip
        if self.contract is None:
            yield "no agreed prices: each day is valued at the price that the vendor states or charges (--price)"
        if self.not_agreed:
            yield f"no price is agreed for {_named(self.not_agreed)}: valued at the price that the vendor states"
        if self.not_priced:
            yield f"no price is known for {_named(self.not_priced)}: measured, never billed, valued at 0"
        if "line_id" not in self.vendor.columns:
            yield "the bill has no line_id: lines that agree in every column count as repeated"
        if "billed_on" not in self.vendor.columns:
            yield "the bill has no billed_on: late lines cannot be told"
        if self.repeated_readings:
            yield f"{self.repeated_readings:,} readings stand again in the telemetry and count once"


def _size(item: Item) -> tuple[Decimal, str]:
    return sum(map(abs, item.values), _ZERO), item.day


def _named(keys: Counter[Key]) -> str:
    names = ["/".join(key) for key in sorted(keys)[:_MOST_NAMED]]
    more = f" and {len(keys) - _MOST_NAMED:,} more keys" if len(keys) > _MOST_NAMED else ""
    return ", ".join(names) + more
