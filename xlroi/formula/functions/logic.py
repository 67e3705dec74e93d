"""Conditions and errors on purpose."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function(
        "IF",
        "logic",
        (3, 3),
        "one of two values, by a condition",
        units="branches",
        kinds=("flag", "any"),
        result="branch",
        dead="branches",
        excel="IF",
    ),
    Function(
        "AND",
        "logic",
        (1, None),
        "1 where every condition holds",
        units="any",
        kinds=("flag",),
        result="flag",
        dead="any",
        excel="AND",
    ),
    Function(
        "OR",
        "logic",
        (1, None),
        "1 where a condition holds",
        units="any",
        kinds=("flag",),
        result="flag",
        dead="all",
        excel="OR",
    ),
    Function(
        "NOT",
        "logic",
        (1, 1),
        "1 where the condition does not hold",
        units="any",
        kinds=("flag",),
        result="flag",
        excel="NOT",
    ),
    Function(
        "ISNUMBER",
        "logic",
        (1, 1),
        "1 where the value is a number, not an error, a text or blank",
        units="any",
        kinds=("any",),
        result="flag",
        excel="ISNUMBER",
    ),
    Function(
        "IFERROR",
        "logic",
        (2, 2),
        "the value, or another where it is an error",
        kinds=("any",),
        result="branch",
        excel="IFERROR",
        handles_errors=True,
    ),
    Function("NA", "logic", (0, 0), "the error #N/A: there is no such number", units="nothing", excel="NA"),
)
