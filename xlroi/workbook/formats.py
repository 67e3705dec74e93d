"""Number formats by unit: four parts, no currency sign, dashes for zero."""

from __future__ import annotations

from typing import Final

__all__ = ["DATE_FORMAT", "number_format", "shown_unit"]

DATE_FORMAT: Final = "d mmm yyyy"


def _four(positive: str, zero: str = '"–"_)') -> str:
    return f"{positive}_);({positive});{zero};@_)"


_MONEY: Final = _four("#,##0")
_PRICE: Final = _four("#,##0.00##")
_LARGE: Final = "0.00E+00_)"
_PERCENT: Final = "0.0%_);(0.0%);0.0%_);@_)"
_FACTOR: Final = "0.0000_);(0.0000);0.0000_);@_)"
_WHOLE: Final = "#,##0_);(#,##0);0_);@_)"
_COUNT: Final = "#,##0.0_);(#,##0.0);0.0_);@_)"


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
    if unit in ("flag", "month", "1"):
        return _WHOLE
    return _COUNT


def shown_unit(unit: str, currency: str) -> str:
    """A unit as a reader sees it: ``money`` becomes the case's currency.

    >>> shown_unit("money/customer", "USD"), shown_unit("flag", "USD")
    ('USD/customer', '0/1')
    """
    if unit == "flag":
        return "0/1"
    if unit in ("1", "number", "text"):
        return ""
    return unit.replace("money", currency)
