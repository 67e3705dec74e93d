"""Numbers in sentences."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function(
        "FIXED",
        "text",
        (2, 2),
        "the number as text, rounded to a number of decimals, with thousands marks",
        units="any",
        result="text",
        excel="FIXED",
    ),
)
