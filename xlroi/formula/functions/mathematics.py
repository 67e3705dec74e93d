"""Arithmetic and rounding, as Excel does it."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function("ABS", "mathematics", (1, 1), "absolute value", dead="first", excel="ABS"),
    Function(
        "ROUND",
        "mathematics",
        (2, 2),
        "rounds to a number of decimals, halves away from zero",
        units="first",
        dead="first",
        excel="ROUND",
    ),
    Function("INT", "mathematics", (1, 1), "rounds down to a whole number", units="first", dead="first", excel="INT"),
    Function("SQRT", "mathematics", (1, 1), "square root; #NUM! below zero", units="root", dead="first", excel="SQRT"),
    Function("EXP", "mathematics", (1, 1), "e raised to a power", units="pure", excel="EXP"),
    Function("LN", "mathematics", (1, 1), "natural logarithm; #NUM! at or below zero", units="pure", excel="LN"),
    Function("MIN", "mathematics", (1, None), "smallest", shape="aggregate", dead="all", excel="MIN"),
    Function("MAX", "mathematics", (1, None), "largest", shape="aggregate", dead="all", excel="MAX"),
    Function("SUM", "mathematics", (1, None), "sum", shape="aggregate", dead="all", excel="SUM", zero_when_dead=True),
)
