"""Cells of real bills, made one thing each, as expressions: texts, amounts, days, words of a list.

What each costs was measured over millions of rows: equality with a few spellings is five times faster than a pattern,
trimming ten times slower than asking whether there is anything to trim, and DuckDB turns "is in a list" into a join,
which it computes even where nobody asks for its column. So there is no ``is_in`` here; cheap questions come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final

import narwhals as nw

from xlroi.finops.money import DECIMALS

__all__ = ["MONEY", "NOTHING", "amount", "amount_or_null", "day", "decimal_in_text", "is_one_of", "long_amount",
           "misspelt", "no_amount", "no_day", "null_word", "one_of", "product", "text"]  # fmt: skip

Expr = nw.Expr

MONEY: Final = nw.Decimal(38, DECIMALS)
"""The type of every amount: 20 digits before the point, 18 after it."""
NOTHING: Final = nw.lit(None, dtype=nw.String)

# What exports write for "nothing".
_NULLS: Final = ("NULL", "null", "None", "N/A", "\\N")
# Patterns say where they begin and end: DuckDB (RE2) and Spark (Java) look for them anywhere in a cell.
_AMOUNT: Final = r"^\s*[+-]?(\d{1,15}(\.\d*)?|\.\d+|\d(\.\d*)?[eE](\+?0?\d|\+?1[0-4]|-\d{1,3}))\s*$"
_DAY: Final = r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_CLOCK: Final = r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d(:?\d\d)?))?)?$"


def is_one_of(cell: Expr, words: Sequence[str]) -> Expr:
    """Whether a cell is one of a few words, as they are spelt; null of null."""
    return reduce(or_, (cell == word for word in words))


def text(cell: Expr) -> Expr:
    """A text without spaces around it; null where the cell is empty or says ``NULL`` or ``None``."""
    edged = cell.str.starts_with(" ") | cell.str.ends_with(" ")
    return _said(nw.when(edged).then(cell.str.strip_chars()).otherwise(cell))


def _said(cell: Expr) -> Expr:
    return nw.when(~is_one_of(cell, ("", *_NULLS))).then(cell)


def null_word(cell: Expr) -> Expr:
    """The cell where it says ``NULL`` in words, else null."""
    return nw.when(is_one_of(cell, _NULLS)).then(cell)


def amount(cell: Expr, *, exact: bool) -> Expr:
    """A cell as money, null where it is empty; ``exact`` says that the cell is a number already, not a text.

    A cell that is no number stops the engine: :func:`no_amount` then finds it.
    """
    return (cell if exact else _said(cell)).cast(MONEY)


def amount_or_null(cell: Expr, *, exact: bool) -> Expr:
    """As :func:`amount`, null where the cell is no amount below 1e15."""
    fits = (cell > -(10**15)) & (cell < 10**15) if exact else cell.str.contains(_AMOUNT)
    return nw.when(fits).then(cell).cast(MONEY)


def no_amount(cell: Expr, *, exact: bool) -> Expr:
    """The cell where it is neither empty nor an amount below 1e15, which is more than anyone is billed; else null."""
    if exact:
        return nw.when((cell <= -(10**15)) | (cell >= 10**15)).then(cell.cast(nw.String))
    return nw.when(~cell.str.contains(_AMOUNT)).then(_said(cell))


def long_amount(cell: Expr) -> Expr:
    """The cell where it may have more decimals than an amount keeps, else null."""
    small = cell.str.contains("e-", literal=True) | cell.str.contains("E-", literal=True)
    many = nw.when(cell.str.len_chars() > DECIMALS).then(cell.str.contains(rf"\.\d{{{DECIMALS}}}\d*[1-9]"))
    return nw.when(small | many.fill_null(False)).then(cell)


def product(price: Expr, quantity: Expr) -> Expr:
    """Price times quantity, both money: the price rounded at 12 decimals, the quantity at 6, the product exact."""
    return (price.cast(nw.Decimal(18, 12)) * quantity.cast(nw.Decimal(18, 6))).cast(MONEY)


def moment(cell: Expr, form: str) -> Expr:
    """A moment as text that begins with ``YYYY-MM-DD``; null where the cell is empty.

    ``form`` says where a file of another layout has its digits, as ``MM/DD/YYYY``. A time zone is not looked at: FOCUS
    wants UTC. Whether the text is a moment at all, :func:`no_day` says.
    """
    said = _said(cell)
    if form == "YYYY-MM-DD":
        return said
    places = (said.str.slice(form.index(part), len(part)) for part in ("YYYY", "MM", "DD"))
    return nw.concat_str(list(places), separator="-")


def day(cell: Expr, form: str) -> Expr:
    """The day of a moment, ``YYYY-MM-DD``; null where the cell is empty."""
    return moment(cell, form).str.slice(0, 10)


def no_day(cell: Expr, form: str) -> Expr:
    """The cell where it is neither empty nor a moment from 2000 to 2099, else null."""
    return nw.when(~moment(cell, form).str.contains(_DAY + _CLOCK)).then(_said(cell))


def one_of(cell: Expr, words: Sequence[str]) -> Expr:
    """The cell with the spelling of a list, whatever its case, spaces and hyphens; another word stays as it is."""
    said = text(cell)
    bare = said.str.to_lowercase().str.replace_all("-", "", literal=True).str.replace_all(" ", "", literal=True)
    mended = said
    for word in words:
        mended = nw.when(bare == word.lower().replace("-", "")).then(nw.lit(word)).otherwise(mended)
    return nw.when(is_one_of(cell, words)).then(cell).otherwise(mended)


def misspelt(cell: Expr, words: Sequence[str]) -> Expr:
    """The cell where it is neither empty nor a word of the list as the list spells it, else null."""
    return nw.when(~is_one_of(cell, words)).then(text(cell))


def decimal_in_text(cell: Expr) -> Expr:
    """The cell where it is a number with decimals, which a name or a code never is, else null."""
    number = nw.when(cell < ":").then(cell.str.contains(r"^\s*-?\d+\.\d+\s*$"))  # digits stand before the colon
    return nw.when(number.fill_null(False)).then(cell)
