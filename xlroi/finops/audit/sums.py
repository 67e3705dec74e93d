"""Both sides summed by key and day inside the engine, so that files of any length stream through it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw

from xlroi.errors import InputError, Problem
from xlroi.finops import cleaning
from xlroi.finops.audit.contract import Key
from xlroi.finops.audit.lines import Lines
from xlroi.finops.cleaning import MONEY, NOTHING
from xlroi.finops.engine import CellError, position

__all__ = ["Sums", "sums_of"]

_LAST = date.max.isoformat()
_SUMS = ("lines", "quantity", "amount", "stated", "again", "repeated", "empty")


@dataclass(frozen=True, slots=True)
class Sums:
    """Lines of one side with one key and day; of the vendor also of one date of the bill."""

    of_vendor: bool
    key: Key
    day: str
    billed_on: str | None
    """A day; the first where the bill names a month."""
    lines: int
    """Each counted once, as in the sums that follow."""
    quantity: Decimal
    amount: Decimal
    stated: Decimal
    """Quantity times the price that the line states; its amount where it states none."""
    again: int
    """Lines that stand again."""
    repeated: Decimal
    """Their amount."""
    currencies: tuple[str, ...]


def sums_of(vendor: Lines, telemetry: Lines, days: tuple[str, str]) -> Iterator[Sums]:
    """The sums of both sides in order of key and day; raises :class:`InputError` with file and row of a bad cell."""
    width = len(vendor.keys)
    engine = vendor.engine
    sides = []
    for lines, frame in ((vendor, _billed(vendor, days)), (telemetry, _measured(telemetry, days))):
        try:
            sides.append(engine.keep(frame))
        except CellError as error:
            raise lines.refused() or error from None
    zero = Decimal(0)
    for row in engine.rows(nw.concat(sides).sort(*_by(vendor), "billed_on")):
        key, (day, billed_on, of_vendor, *sums, first, last) = row[:width], row[width:]
        lines = vendor if of_vendor else telemetry
        billed_on = f"{billed_on}-01" if billed_on and len(billed_on) == 7 else billed_on
        if None in key or not all(map(_is_day, (day, billed_on or day))) or sums[-1]:
            raise lines.refused() or InputError([Problem(str(lines.source.files[0]), None, "", f"{day!r} is no day")])
        count, quantity, amount, stated, again, repeated, _ = (value or zero for value in sums)
        currencies = tuple(word for word in (first, last) if word)
        yield Sums(
            of_vendor, key, day, billed_on, int(count), quantity, amount, stated, int(again), repeated, currencies
        )


def _is_day(text: str | None) -> bool:
    try:
        return text is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _by(lines: Lines) -> list[str]:
    return [*(f"key_{n}" for n in range(len(lines.keys))), "day"]


def _chosen(lines: Lines, days: tuple[str, str]) -> nw.LazyFrame[Any]:
    """Lines of the days that count; those whose day is none stay, to be refused."""
    if not any(days):
        return lines.frame()
    day = nw.col("day")
    inside = (day >= days[0]) & (day <= (days[1] or _LAST))
    return lines.frame().filter(inside | day.is_null() | ~day.str.contains(r"^\d\d\d\d-\d\d-\d\d$"))


def _billed(lines: Lines, days: tuple[str, str]) -> nw.LazyFrame[Any]:
    there = lines.columns
    frame = _chosen(lines, days)
    stated = cleaning.product(nw.col("unit_price"), nw.col("quantity")) if "unit_price" in there else None
    amount = nw.col("amount") if "amount" in there else stated
    assert amount is not None  # a bill without either was refused when it was opened
    frame = frame.with_columns(
        amount=amount,
        stated=amount if stated is None else nw.coalesce(stated, amount),
        billed_on=nw.col("billed_on") if "billed_on" in there else NOTHING,
        currency=nw.col("currency") if "currency" in there else NOTHING,
    )
    # With a number, a line stands again where number and content do; without, where all its cells do.
    cells = ["line_id"] if "line_id" in there else [position(n) for n in range(len(lines.source.header))]
    return _once(lines, frame, cells, of_vendor=True)


def _measured(lines: Lines, days: tuple[str, str]) -> nw.LazyFrame[Any]:
    none = nw.lit("0").cast(MONEY)
    frame = _chosen(lines, days).with_columns(amount=none, stated=none, billed_on=NOTHING, currency=NOTHING)
    # Equal readings are usual (an hour of a GPU each); only a number tells that one stands again.
    return _once(lines, frame, ["line_id"] if "line_id" in lines.columns else [], of_vendor=False)


def _once(lines: Lines, frame: nw.LazyFrame[Any], cells: Sequence[str], *, of_vendor: bool) -> nw.LazyFrame[Any]:
    """Sums by key, day and date of the bill; lines that agree in ``cells`` and all that is summed count once."""
    by, amounts = [*_by(lines), "billed_on"], ("quantity", "amount", "stated")
    known = nw.col("known")
    alike = (
        frame.with_columns(
            known=~nw.col("line_id").is_null() if "line_id" in cells else nw.lit(bool(cells)),
            **{f"all_{name}": nw.col(name) for name in amounts},
        )
        # A line that is billed again is often billed in a later period.
        .with_columns(apart=nw.when(~known).then(nw.col("billed_on")))
        .group_by(*dict.fromkeys([*_by(lines), "apart", "currency", "known", *amounts, *cells]))
        .agg(
            nw.len().alias("rows"),
            nw.col("billed_on").min(),
            *[nw.col(f"all_{name}").sum() for name in amounts],
        )
    )
    alike = alike.with_columns(
        lines=nw.when(known).then(nw.lit(1)).otherwise(nw.col("rows")),
        **{name: nw.when(known).then(nw.col(name)).otherwise(nw.col(f"all_{name}")) for name in amounts},
    ).with_columns(
        again=nw.col("rows") - nw.col("lines"),
        repeated=(nw.col("all_amount") - nw.col("amount")).cast(MONEY),
        # A sum passes over what is empty, so it is counted.
        empty=nw.when(nw.col("quantity").is_null() | nw.col("amount").is_null()).then(nw.lit(1)).otherwise(nw.lit(0)),
    )
    ends = (nw.col("currency").min().alias("first"), nw.col("currency").max().alias("last"))
    return (
        alike.group_by(*by)
        .agg(*[nw.col(name).sum() for name in _SUMS], *ends)
        .with_columns(of_vendor=nw.lit(of_vendor))
        .select(*by, "of_vendor", *_SUMS, "first", "last")
    )
