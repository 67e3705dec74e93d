"""Number formats by unit: four parts, no currency sign, dashes for zero."""

from __future__ import annotations

from typing import Final

__all__ = ["DATE_FORMAT", "in_full", "number_format", "report_unit", "row_format", "shown_unit"]

DATE_FORMAT: Final = "d mmm yyyy"
_DATE_ROW: Final = "d mmm yyyy;;"
"""Of dates along the timeline: the opening, 0, shows nothing."""


def _four(positive: str, zero: str = '"–"_)') -> str:
    return f"{positive}_);({positive});{zero};@_)"


_MONEY: Final = _four("#,##0")
_PRICE: Final = _four("#,##0.00##")
_CENTS: Final = _four("#,##0.00", "0.00_)")
_LARGE: Final = "0.00E+00_)"
_PERCENT: Final = "0.0%_);(0.0%);0.0%_);@_)"
_FACTOR: Final = "0.0000_);(0.0000);0.0000_);@_)"
_WHOLE: Final = "#,##0_);(#,##0);0_);@_)"
_COUNT: Final = "#,##0.0_);(#,##0.0);0.0_);@_)"


def row_format(unit: str) -> str:
    """The cell format of a line along the timeline."""
    return _DATE_ROW if unit == "date" else number_format(unit)


def in_full(unit: str) -> str:
    """The cell format of a single booking: money with its cents.

    >>> in_full("money")
    '#,##0.00_);(#,##0.00);0.00_);@_)'
    """
    return _CENTS if unit == "money" else number_format(unit)


def number_format(unit: str) -> str:
    """The cell format for a unit as templates write it.

    >>> number_format("%"), number_format("date")
    ('0.0%_);(0.0%);0.0%_);@_)', 'd mmm yyyy')
    """
    if unit == "date":
        return DATE_FORMAT
    if unit.startswith("%"):
        return _PERCENT
    if unit == "factor":
        return _FACTOR
    if unit in ("money", "money/month", "money/year"):
        return _MONEY
    if unit.startswith("money"):
        return _PRICE
    if unit == "FLOP":
        return _LARGE
    if unit == "number":
        return "0"  # a year, not an amount
    if unit in ("flag", "month", "step", "1"):
        return _WHOLE
    return _COUNT


def shown_unit(unit: str, currency: str) -> str:
    """A unit as a reader sees it: ``money`` becomes the case's currency.

    >>> shown_unit("money/(GPU*h)", "USD"), shown_unit("month", "USD"), shown_unit("flag", "USD")
    ('USD per GPU-hour', 'months', '0/1')
    """
    if unit == "flag":
        return "0/1"
    if unit in ("1", "number", "text"):
        return ""
    top, _, bottom = unit.partition("/")
    above = [currency if word == "money" else word for word in _words(top)]
    if above[-1] != currency:
        above[-1] = _many(above[-1])
    return " x ".join(above) + (f" per {' and '.join(_words(bottom.strip('()')))}" if bottom else "")


def report_unit(unit: str, currency: str) -> str:
    """A unit beside a figure: none where the figure itself shows a percent sign.

    >>> report_unit("%", "USD"), report_unit("GPU*h", "USD")
    ('', 'GPU-hours')
    """
    return "" if unit == "%" else shown_unit(unit, currency)


_SPELLED: Final = {"h": "hour", "s": "second", "kW*h": "kWh"}
_NEVER_MANY: Final = frozenset({"date", "factor", "ratio", "text", "kWh", "km"})


def _words(product: str) -> list[str]:
    """The factors of a unit, hours joined to what works through them.

    >>> _words("GPU*h"), _words("kW*h"), _words("van*year")
    (['GPU-hour'], ['kWh'], ['van', 'year'])
    """
    if product in _SPELLED:
        return [_SPELLED[product]]
    if product.endswith("*h") and product.count("*") == 1:
        return [f"{product[:-2]}-hour"]
    return [_SPELLED.get(word, word) for word in product.split("*")]


def _many(word: str) -> str:
    """Nouns stand in the plural beside a number; symbols and what is plural already stay.

    >>> _many("server"), _many("GPU"), _many("GB"), _many("months")
    ('servers', 'GPUs', 'GB', 'months')
    """
    noun = word == "GPU" or (word[-1:].islower() and len(word) > 2 and not word.endswith("s"))
    return f"{word}s" if noun and word not in _NEVER_MANY else word
