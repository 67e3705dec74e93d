"""Distributions, in the two forms that models of operations need."""

from __future__ import annotations

from xlroi.formula.functions.registry import Function

FUNCTIONS = (
    Function(
        "POISSON.DIST",
        "statistics",
        (3, 3),
        "probability of that many events (third argument 0), or of at most that many (1), at a mean",
        units="pure",
        excel="_xlfn.POISSON.DIST",
    ),
    Function(
        "NORM.S.INV",
        "statistics",
        (1, 1),
        "the standard normal value that a share of all values lies below",
        units="pure",
        excel="_xlfn.NORM.S.INV",
    ),
    Function(
        "NORM.S.DIST",
        "statistics",
        (2, 2),
        "share of all standard normal values below a value (second argument 1), or their density there (0)",
        units="pure",
        excel="_xlfn.NORM.S.DIST",
    ),
)
