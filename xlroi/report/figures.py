"""Numbers as a memo shows them: the decimals of the workbook, no bracket for a minus, words for what is no number."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from xlroi.values import NA, CellValue, ExcelError, from_serial

__all__ = ["as_given", "figure", "unit_of", "with_unit"]

_MONEY: Final = ("money", "money/month", "money/year")
_WHOLE: Final = ("flag", "month", "quarter", "1")
_WORDLESS: Final = ("1", "number", "factor", "text", "%")


def figure(value: CellValue, unit: str) -> str:
    """A result, rounded as the workbook rounds it; a number that would vanish keeps three digits.

    >>> figure(-901.5, "money"), figure(0.111, "%"), figure(0.0004, "h"), figure(NA, "month")
    ('-902', '11.1%', '0.0004', 'never')
    """
    if not isinstance(value, (int, float)):
        return _words(value, unit)
    if unit == "date":
        return from_serial(value).isoformat()
    if unit == "number":  # a year, not an amount
        return f"{value:.0f}"
    if unit.startswith("%"):
        return _rounded(value * 100, 1) + "%"
    if unit == "FLOP" or abs(value) >= 1e15:
        return f"{value:.2E}"
    if unit.startswith("money") and unit not in _MONEY:
        return _rounded(value, 2 if abs(value) >= 1 else 4)
    return _rounded(value, 0 if unit in (*_MONEY, *_WHOLE) else 4 if unit == "factor" else 1)


def as_given(value: CellValue, unit: str) -> str:
    """An input with every digit that was given.

    >>> as_given(0.375, "%"), as_given(8200000000, "FLOP"), as_given(0.8048, "money/h"), as_given(46387, "date")
    ('37.5%', '8,200,000,000', '0.8048', '2026-12-31')
    """
    if not isinstance(value, (int, float)):
        return _words(value, unit)
    if unit == "date":
        return from_serial(value).isoformat()
    if unit == "number":
        return f"{value:.10g}"
    number = value * 100 if unit.startswith("%") else value
    whole = abs(number) < 1e15 and float(f"{number:.12g}").is_integer()
    return (f"{number:,.0f}" if whole else f"{number:,.10g}") + ("%" if unit.startswith("%") else "")


def unit_of(unit: str, currency: str) -> str:
    """The unit beside a figure; a percentage carries its sign itself.

    >>> unit_of("money/(van*year)", "EUR"), unit_of("%/month", "EUR"), unit_of("%", "EUR")
    ('EUR/(van*year)', 'per month', '')
    """
    if unit.startswith("%/"):
        return f"per {unit[2:]}"
    if unit == "flag":
        return "0/1"
    return "" if unit in (*_WORDLESS, "date") else unit.replace("money", currency)


def with_unit(value: CellValue, unit: str, currency: str, *, given: bool = False) -> str:
    """A figure inside a sentence.

    >>> with_unit(-901.5, "money", "USD"), with_unit(0.1, "%", "USD", given=True), with_unit(24.0, "month", "USD")
    ('-902 USD', '10%', '24 months')
    """
    text = (as_given if given else figure)(value, unit)
    if not isinstance(value, (int, float)):
        return text
    if unit in ("day", "week", "month", "quarter", "year") and value != 1:
        return f"{text} {unit}s"
    return f"{text} {unit_of(unit, currency)}".rstrip()


def _words(value: CellValue, unit: str) -> str:
    """An error in words: no month is one that never comes."""
    if isinstance(value, ExcelError):
        return "never" if value == NA and unit in ("month", "months") else f"none ({value})"
    return "" if value is None else str(value)


def _rounded(value: float, decimals: int) -> str:
    """Half away from zero, as a spreadsheet rounds and shows it."""
    if abs(value) >= 1e15:
        return f"{value:.2E}"
    exact = Decimal(f"{value:.15g}")
    number = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if number == 0:
        return f"{value:.3g}" if value else "0"
    return f"{number:,f}"
