"""A bill as a ledger: one row a charge, in columns that mean the same whatever file they came from.

Amounts are ``Decimal(38, 18)``, days and months are texts (``2026-03-01``, ``2026-03``), all else is text or null.
Beside them stand the checks: a column each, which holds the offending cell and is null where there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import narwhals as nw

from xlroi.errors import InputError
from xlroi.finops import cleaning
from xlroi.finops.cleaning import NOTHING
from xlroi.finops.engine import FILE, position
from xlroi.finops.focus import COLUMNS, COSTS, Column
from xlroi.finops.mapping import By, Constant, Difference, First, Layout, Named, Prefixed, Product, Sum, Term, names_of
from xlroi.finops.money import DECIMALS
from xlroi.finops.sources import Source

__all__ = ["CHECKS", "FATAL", "Check", "How", "Measure", "grouped", "ledger_of"]

Expr = nw.Expr
Frame = nw.LazyFrame[Any]
How = Literal["rows", "sum", "count", "min", "max"]


@dataclass(frozen=True, slots=True)
class Check:
    """Something that can be wrong with a cell."""

    id: str
    column: str
    """The FOCUS column."""
    says: str
    fatal: bool = False
    """Whether the bill cannot be read with such a cell in it."""


def _checks_of(column: Column) -> list[Check]:
    id, name = column.id, column.focus
    found: list[Check] = []
    if column.kind == "amount":
        found.append(Check(f"bad_{id}", name, "is no amount below 1e15", fatal=id in COSTS))
        found.append(Check(f"long_{id}", name, f"may have more than {DECIMALS} decimals, rounded there"))
    if column.kind == "day":
        found.append(Check(f"bad_{id}", name, "is no date from 2000 to 2099", fatal=name.endswith("Start")))
    if column.mandatory:
        found.append(Check(f"empty_{id}", name, "is empty, and mandatory"))
    if column.kind in ("amount", "tags"):
        found.append(Check(f"word_{id}", name, "says NULL in words"))
    if column.words:
        found.append(Check(f"spelt_{id}", name, f"is not spelt as {', '.join(column.words)}"))
    if column.name_only:
        found.append(Check(f"shifted_{id}", name, "holds a number with decimals: columns may be shifted"))
    return found


CHECKS: Final = (
    *(check for column in COLUMNS for check in _checks_of(column)),
    Check("negative", "BilledCost", "is negative, and no credit, adjustment or correction"),
    Check("outside", "ChargePeriodStart", "lies outside the billing period"),
    Check("backwards", "ChargePeriodEnd", "lies before ChargePeriodStart"),
)
FATAL: Final = tuple(check for check in CHECKS if check.fatal)


@dataclass(frozen=True, slots=True)
class Measure:
    """What is taken over a group: its ``rows``, or a column's ``sum``, ``count`` (not null), ``min`` or ``max``."""

    id: str
    column: str
    how: How = "sum"

    def over_rows(self) -> Expr:
        """As an aggregation of charges."""
        if self.how == "rows":
            return nw.len().alias(self.id)
        made: Expr = getattr(nw.col(self.column), self.how)()
        return made.alias(self.id)

    def over_groups(self) -> Expr:
        """As an aggregation of groups that have been measured."""
        column = nw.col(self.id)
        made: Expr = getattr(column, self.how)() if self.how in ("min", "max") else column.sum()
        return made.alias(self.id)


# What is made of other ledger columns, and of which.
_MADE_OF: Final = {
    "month": ("period_start",),
    "negative": ("billed", "category", "charge_class"),
    "outside": ("category", "charge_start", "period_start", "period_end"),
    "backwards": ("charge_start", "charge_end"),
}


def ledger_of(frame: Frame, source: Source, layout: Layout, wanted: Iterable[str]) -> Frame:
    """The wanted ledger columns and checks of files as an engine read them, beside the columns of the files.

    Only what is wanted is built: a thousand expressions take an engine a second to look at.
    """
    build = _Build(frame, source)
    late = [id for id in dict.fromkeys(wanted) if id in _MADE_OF]
    asked = {*wanted, *(base for id in late for base in _MADE_OF[id])}
    made: dict[str, Expr] = {}
    raw: dict[str, Expr] = {}
    for column in COLUMNS:
        term = _term(layout, column)
        wants = {id: make for id, make in build.column(column, term).items() if id in asked}
        if wants and not isinstance(term, (Named, Constant)):
            # Cleaning names a cell many times over; what makes the cell must not be repeated as often.
            raw[f"raw_{column.id}"] = build.raw(term)
        made |= {id: make() for id, make in wants.items()}
    rows = frame.with_columns(**raw) if raw else frame
    rows = rows.with_columns(**made) if made else rows
    return rows.with_columns(**{id: _late(id) for id in late}) if late else rows


def _term(layout: Layout, column: Column) -> Term:
    return layout.columns.get(column.focus, Constant(None))


def grouped(frame: Frame, source: Source, layout: Layout, by: Sequence[str], measures: Sequence[Measure],
            only: Expr | None = None, using: Sequence[str] = ()) -> Frame:  # fmt: skip
    """Measures of the charges by ledger columns, groups not yet brought together where cleaning makes them equal.

    Rows are grouped by the cells as they stand in the file, and the cells of the groups are cleaned: there are a
    thousand times fewer of them, and cleaning would else cost as much as the query.
    """
    build = _Build(frame, source)
    bases = {base for id in by for base in _MADE_OF.get(id, (id,))}
    cells = sorted({cell for c in COLUMNS if c.id in bases for cell in build.cells(_term(layout, c))})
    keys = [*cells, *([FILE] if FILE in by or not cells else [])]
    rows = ledger_of(frame, source, layout, [*using, *(measure.column for measure in measures)])
    groups = (rows if only is None else rows.filter(only)).group_by(keys).agg(*[m.over_rows() for m in measures])
    return ledger_of(groups, source, layout, by).select(*by, *[measure.id for measure in measures])


def _late(id: str) -> Expr:
    """What is made of a row's other columns."""
    charged, category = nw.col("billed"), nw.col("category")
    start, first, end = nw.col("charge_start"), nw.col("period_start"), nw.col("period_end")
    match id:
        case "month":
            return first.str.slice(0, 7)
        case "negative":
            correction = (nw.col("charge_class") == "Correction").fill_null(False)
            granted = cleaning.is_one_of(category, ["Credit", "Adjustment"]).fill_null(False) | correction
            return nw.when((charged < 0) & ~granted).then(charged.cast(nw.String))
        case "outside":
            return nw.when((category == "Usage") & ((start < first) | (start >= end))).then(start)
        case _:
            return nw.when(nw.col("charge_end") < start).then(nw.col("charge_end"))


class _Build:
    """Terms to expressions over the columns that files have."""

    def __init__(self, frame: Frame, source: Source) -> None:
        self.source = source
        self.exact = {name: dtype != nw.String for name, dtype in frame.collect_schema().items()}

    def column(self, column: Column, term: Term) -> dict[str, Callable[[], Expr]]:
        """A ledger column and its checks, each built when it is called."""
        id, words = column.id, column.words
        raw = self.raw(term) if isinstance(term, (Named, Constant)) else nw.col(f"raw_{id}")
        value: Callable[[], Expr]
        match column.kind:
            case "amount":
                read = cleaning.amount if id in COSTS else cleaning.amount_or_null
                value = lambda: self.amount(term, read)  # noqa: E731
            case "day":
                value = lambda: self.over(term, lambda cell, _, form: cleaning.day(cell, form))  # noqa: E731
            case "tags":
                value = lambda: self.tags(term, raw)  # noqa: E731
            case "text":
                value = lambda: cleaning.one_of(raw, words) if words else cleaning.text(raw)  # noqa: E731
        bad: Callable[[Expr, bool, str], Expr] = (
            (lambda cell, exact, _: cleaning.no_amount(cell, exact=exact))
            if column.kind == "amount"
            else (lambda cell, _, form: cleaning.no_day(cell, form))
        )
        return {
            id: value,
            f"moment_{id}": lambda: self.over(term, lambda cell, _, form: cleaning.moment(cell, form)),
            f"bad_{id}": lambda: self.over(term, bad),
            f"long_{id}": lambda: self.over(term, lambda c, exact, _: NOTHING if exact else cleaning.long_amount(c)),
            # What a mapping says is not known is not missing.
            f"empty_{id}": lambda: (
                NOTHING if term == Constant(None) else nw.when(value().is_null()).then(nw.lit("(empty)"))
            ),
            f"word_{id}": lambda: cleaning.null_word(raw),
            f"spelt_{id}": lambda: cleaning.misspelt(raw, words),
            f"shifted_{id}": lambda: cleaning.decimal_in_text(raw),
        }

    def cells(self, term: Term) -> list[str]:
        """The engine's names of the columns that a term reads."""
        if isinstance(term, Prefixed):
            return [position(i) for i, title in enumerate(self.source.header) if title.startswith(term.prefix)]
        found = (self.source.position(name) for name in names_of(term))
        return [position(index) for index in found if index is not None]

    def has(self, term: Term) -> bool:
        """Whether the files have any column that a term reads, or it reads none."""
        names = list(names_of(term))
        return not names or any(self.source.position(name) is not None for name in names)

    def cell(self, name: str) -> tuple[Expr, bool] | None:
        """A column of the files and whether it is an exact number; None where they have none of that name."""
        index = self.source.position(name)
        return None if index is None else (nw.col(position(index)), self.exact.get(position(index), False))

    def text_cell(self, name: str) -> Expr:
        """A column of the files as text."""
        found = self.cell(name)
        if found is None:
            return NOTHING
        return found[0].cast(nw.String) if found[1] else found[0]

    def raw(self, term: Term) -> Expr:
        """What stands in the file, as text."""
        match term:
            case Named(name):
                return self.text_cell(name)
            case Constant(value):
                return nw.lit(value, dtype=nw.String)
            case First(terms):
                there = [inner for inner in terms if self.has(inner)]
                if len(there) < 2:
                    return self.raw(there[0]) if there else NOTHING
                return nw.coalesce(*[cleaning.text(self.raw(inner)) for inner in there])
            case By():
                return self.by(term, self.raw)
            case Prefixed() | Sum() | Difference() | Product():
                return NOTHING

    def amount(self, term: Term, read: Callable[..., Expr]) -> Expr:
        """A term as money, its cells read by :func:`cleaning.amount` or :func:`cleaning.amount_or_null`."""
        match term:
            case Named(name):
                found = self.cell(name)
                return read(found[0], exact=found[1]) if found else nw.lit(None, dtype=cleaning.MONEY)
            case Constant(value):
                return read(nw.lit(value, dtype=nw.String), exact=False)
            case First(terms):
                return nw.coalesce(*[self.amount(inner, read) for inner in terms])
            case Sum(terms):
                added = _or_zero(self.amount(terms[0], read))
                for inner in terms[1:]:
                    added = (added + _or_zero(self.amount(inner, read))).cast(cleaning.MONEY)
                return added
            case Difference(left, right):
                less = _or_zero(self.amount(left, read)) - _or_zero(self.amount(right, read))
                return less.cast(cleaning.MONEY)
            case Product(price, quantity):
                return cleaning.product(self.amount(price, read), self.amount(quantity, read))
            case By():
                return self.by(term, lambda inner: self.amount(inner, read))
            case Prefixed():
                raise InputError("a mapping takes no amount from columns with a prefix")

    def over(self, term: Term, ask: Callable[[Expr, bool, str], Expr]) -> Expr:
        """A question put to each column that a term reads, the first answer taken; a case is asked in its rows only."""
        match term:
            case Named(name, form):
                found = self.cell(name)
                return ask(*found, form) if found else NOTHING
            case Constant(value):
                return ask(nw.lit(value, dtype=nw.String), False, "YYYY-MM-DD")
            case First(terms) | Sum(terms):
                return nw.coalesce(*[self.over(inner, ask) for inner in terms])
            case Product(left, right) | Difference(left, right):
                return nw.coalesce(self.over(left, ask), self.over(right, ask))
            case By():
                return self.by(term, lambda inner: self.over(inner, ask))
            case Prefixed():
                return NOTHING

    def by(self, term: By, make: Callable[[Term], Expr]) -> Expr:
        """The term's case, by what the column says."""
        said, found = cleaning.text(self.text_cell(term.name)), make(term.otherwise)
        for word, inner in reversed(term.cases):
            held = (said == word).fill_null(False) if word else said.is_null()
            found = nw.when(held).then(make(inner)).otherwise(found)
        return found

    def tags(self, term: Term, raw: Expr) -> Expr:
        """Tags as the text of one JSON object."""
        if not isinstance(term, Prefixed):
            return cleaning.text(raw)
        pairs: list[Expr] = []
        for index, title in enumerate(self.source.header):
            key = title.removeprefix(term.prefix).strip()
            if title.startswith(term.prefix) and key:
                value = cleaning.text(nw.col(position(index)))
                quoted = value.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
                pairs.append(nw.concat_str([nw.lit(f'"{key}": "'), quoted, nw.lit('"')]))
        if not pairs:
            return NOTHING
        joined = nw.concat_str(pairs, separator=", ", ignore_nulls=True)
        return nw.when(joined != "").then(nw.concat_str([nw.lit("{"), joined, nw.lit("}")]))


def _or_zero(amount: Expr) -> Expr:
    return nw.coalesce(amount, nw.lit("0").cast(cleaning.MONEY))
