"""Arithmetic and rounding, as Excel does it."""

from __future__ import annotations

from typing import Any

from xlroi.formula.functions.registry import Function


def _rounding(name: str, summary: str) -> Function:
    return Function(name, "mathematics", (2, 2), summary, units="first", dead="first", excel=name)


def _single(name: str, summary: str, **rules: Any) -> Function:
    return Function(name, "mathematics", (1, 1), summary, excel=name, **rules)


FUNCTIONS = (
    _single("ABS", "absolute value", dead="first"),
    _rounding("ROUND", "rounds to a number of decimals, halves away from zero"),
    _rounding("ROUNDUP", "rounds away from zero to a number of decimals"),
    _rounding("ROUNDDOWN", "rounds towards zero to a number of decimals"),
    _single("INT", "rounds down to a whole number", units="first", dead="first"),
    Function("MOD", "mathematics", (2, 2), "the rest of a division, with the sign of the divisor", excel="MOD"),
    _single("SQRT", "square root; #NUM! below zero", units="root", dead="first"),
    _single("EXP", "e raised to a power", units="pure"),
    _single("LN", "natural logarithm; #NUM! at or below zero", units="pure"),
    Function("POWER", "mathematics", (2, 2), "a raised to b", shape="macro", expands="a ^ b"),
    Function(
        "CEIL",
        "mathematics",
        (1, 1),
        "rounds up to a whole number; a rest below half a billionth is none",
        shape="macro",
        expands="ROUNDUP(ROUND(a, 9), 0)",
    ),
    Function(
        "FLOOR",
        "mathematics",
        (1, 1),
        "rounds down towards zero to a whole number; a gap below half a billionth is none",
        shape="macro",
        expands="ROUNDDOWN(ROUND(a, 9), 0)",
    ),
    Function(
        "GEOMETRIC",
        "mathematics",
        (2, 2),
        "the sum of the powers 0 to n - 1 of a ratio above 0; near 1 by a series, where the quotient loses digits",
        shape="macro",
        expands="IF(a = 1, b, IF(ABS(b * LN(a)) < 0.001, "
        "b * LN(a) * (1 + b * LN(a) / 2 * (1 + b * LN(a) / 3 * (1 + b * LN(a) / 4))), a ^ b - 1) / (a - 1))",
    ),
)
