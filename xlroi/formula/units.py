"""Units: products of named dimensions with whole exponents.

``month`` is the column's own step and therefore 1; so are ``%`` and ``step``.
Hour, day and year are real dimensions, and so is every noun (``GPU``, ``server``,
``customer``) and ``money``. A ``date`` is a point in time: dates differ by days,
and a date moved by days is a date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final

__all__ = ["DATE", "DAY", "DIMENSIONLESS", "Unit", "parse_unit"]

_ONE: Final = frozenset({"", "1", "%", "month", "months", "step", "steps", "flag", "number", "ratio", "factor", "text"})
_PLURALS: Final = {"hours": "h", "hour": "h", "days": "day", "years": "year", "quarters": "quarter"}
_TOKEN: Final = re.compile(r"\s*(?:(?P<word>[^\W\d]\w*|%|1)(?:\^(?P<power>-?\d+))?|(?P<operator>[*/()·]))")


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of dimensions, e.g. money/(GPU·h); compare with ``==``.

    >>> parse_unit("money/GPU/h") == parse_unit("money/(GPU*h)")
    True
    >>> str(parse_unit("money/(GPU h)"))
    'money/(GPU·h)'
    """

    powers: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, powers: Mapping[str, Fraction]) -> Unit:
        return cls(tuple(sorted((name, power) for name, power in powers.items() if power)))

    def __mul__(self, other: Unit) -> Unit:
        return self._combined(other, 1)

    def __truediv__(self, other: Unit) -> Unit:
        return self._combined(other, -1)

    def __pow__(self, exponent: Fraction) -> Unit:
        return Unit.of({name: power * exponent for name, power in self.powers})

    def _combined(self, other: Unit, sign: int) -> Unit:
        powers = dict(self.powers)
        for name, power in other.powers:
            powers[name] = powers.get(name, Fraction(0)) + sign * power
        return Unit.of(powers)

    def __bool__(self) -> bool:
        return bool(self.powers)

    def __str__(self) -> str:
        def side(sign: int) -> list[str]:
            return [
                name if abs(power) == 1 else f"{name}^{abs(power)}" for name, power in self.powers if power * sign > 0
            ]

        above, below = side(1), side(-1)
        bottom = f"({'·'.join(below)})" if len(below) > 1 else "".join(below)
        return ("·".join(above) or "1") + (f"/{bottom}" if below else "")


DIMENSIONLESS: Final = Unit()
DATE: Final = Unit((("date", Fraction(1)),))
DAY: Final = Unit((("day", Fraction(1)),))


@cache
def parse_unit(text: str) -> Unit:
    """Read a unit such as ``money/month``, ``%``, ``GPU h``, ``money/(GPU*h)`` or ``m^2``.

    Raises ``ValueError`` with a sentence for the user.

    >>> parse_unit("money/month") == parse_unit("money"), parse_unit("%") == DIMENSIONLESS
    (True, True)
    """
    powers: dict[str, Fraction] = {}
    position, sign, group = 0, 1, [1]
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read the unit {text!r}: write products and quotients of words, as money/(GPU*h)")
        position = match.end()
        operator, word = match["operator"], match["word"]
        if operator == "(":
            group.append(group[-1] * sign)
            sign = 1
        elif operator == ")":
            if len(group) == 1:
                raise ValueError(f"cannot read the unit {text!r}: a bracket closes that was not opened")
            group.pop()
            sign = 1
        elif operator == "/":
            sign = -1
        elif operator is None:
            name = _PLURALS.get(word, word)
            if name not in _ONE:
                step = Fraction(match["power"] or 1) * sign * group[-1]
                powers[name] = powers.get(name, Fraction(0)) + step
            sign = 1
    if len(group) > 1:
        raise ValueError(f"cannot read the unit {text!r}: a bracket is not closed")
    return Unit.of(powers)
