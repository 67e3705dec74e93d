"""Decimal money: exact sums, and parts that add up to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact
from fractions import Fraction
from typing import Final

__all__ = ["DECIMALS", "add", "add_all", "minor_unit", "multiply", "parts", "shown", "to_cent"]

DECIMALS: Final = 18
"""Decimals that an amount keeps: as many as any provider's export was seen to hold without noise."""

# The module's default context rounds at 28 digits; this one refuses to round.
_EXACT: Final = Context(prec=100, traps=[Inexact])
_ROUNDING: Final = Context(prec=100, rounding=ROUND_HALF_EVEN)

# ISO 4217: currencies whose minor unit is not a hundredth.
_MINOR_DIGITS: Final = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
                     "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip


def add(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum.

    >>> add(Decimal("12345678901234.123456789012345678"), Decimal("1e-18"))
    Decimal('12345678901234.123456789012345679')
    """
    return _EXACT.add(left, right)


def add_all(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum of many; 0 of none."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product.

    >>> multiply(Decimal("12345678901234.123456789012345678"), Decimal("1.08"))
    Decimal('13333333213332.85333333213333333224')
    """
    return _EXACT.multiply(left, right)


def shown(amount: Decimal | None) -> str:
    """An amount in full, without zeros at its end and without an exponent.

    >>> shown(Decimal("20.520226728990000000")), shown(Decimal("1E-11")), shown(Decimal("0E-18")), shown(None)
    ('20.52022672899', '0.00000000001', '0', '')
    """
    if amount is None:
        return ""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def minor_unit(currency: str | None) -> Decimal:
    """The smallest amount that an invoice in a currency shows (ISO 4217); a hundredth where the currency is unknown.

    >>> minor_unit("USD"), minor_unit("JPY"), minor_unit("KWD")
    (Decimal('0.01'), Decimal('1'), Decimal('0.001'))
    """
    return Decimal(1).scaleb(-_MINOR_DIGITS.get(currency or "", 2))


def to_cent(amount: Decimal, unit: Decimal) -> Decimal:
    """An amount rounded half to even at a minor unit.

    >>> to_cent(Decimal("1.005"), Decimal("0.01")), to_cent(Decimal("2.5"), Decimal(1))
    (Decimal('1.00'), Decimal('2'))
    """
    return amount.quantize(unit, context=_ROUNDING)


def parts(total: Decimal, weights: Sequence[Fraction], unit: Decimal) -> list[Decimal]:
    """``total``, a multiple of ``unit``, in parts as the weights, each a multiple of ``unit``, none lost.

    Largest remainder (Hamilton): every part is rounded down, then the missing units go to those whose remainder is
    largest, the first of equals. Weights may be negative (credits); their sum must not be 0.

    >>> parts(Decimal("100.00"), [Fraction(1)] * 3, Decimal("0.01"))
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    whole = sum(weights, Fraction(0))
    if whole == 0:
        raise ValueError("weights that sum to 0 share nothing")
    units = int(_EXACT.divide(total, unit).to_integral_exact(context=_EXACT))
    exact = [units * weight / whole for weight in weights]
    floors = [value.numerator // value.denominator for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for i in order[: units - sum(floors)]:
        floors[i] += 1
    return [_EXACT.multiply(Decimal(n), unit) for n in floors]
