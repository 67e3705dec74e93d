"""The registry: every word of the language, a file per family."""

from __future__ import annotations

from typing import Final

from xlroi.formula.functions import finance, logic, mathematics, text, timeline
from xlroi.formula.functions.registry import Function

__all__ = ["FUNCTIONS", "Function"]

FUNCTIONS: Final[dict[str, Function]] = {
    function.name: function for family in (mathematics, logic, timeline, finance, text) for function in family.FUNCTIONS
}
"""Every function by its name in capitals."""
