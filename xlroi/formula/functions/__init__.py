"""The registry: every word of the language, a file per family."""

from __future__ import annotations

from typing import Final

from xlroi.formula.functions import aggregates, finance, logic, mathematics, statistics, tables, text, timeline
from xlroi.formula.functions.registry import Function

__all__ = ["FUNCTIONS", "Function"]

_FAMILIES: Final = (mathematics, aggregates, logic, timeline, tables, finance, statistics, text)

FUNCTIONS: Final[dict[str, Function]] = {
    function.name: function for family in _FAMILIES for function in family.FUNCTIONS
}
"""Every function by its name in capitals."""
