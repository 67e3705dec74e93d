"""Requirements of a pipeline: ``tco<=2.5e6``, ``payback_month<=18``, ``tco[Own]<tco[Cloud]``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Final

from xlroi.analysis.targets import target
from xlroi.engine.run import Values
from xlroi.errors import InputError
from xlroi.model.case import Case
from xlroi.model.numbers import number_from
from xlroi.values import CellValue

__all__ = ["Finding", "checked", "number"]

_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": le,
    ">=": ge,
    "!=": ne,
    "<>": ne,
    "==": eq,
    "<": lt,
    ">": gt,
    "=": eq,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement, what it was measured against, and whether it holds. An error value never holds."""

    requirement: str
    value: CellValue
    limit: CellValue
    holds: bool


def checked(case: Case, values: Values, requirements: Sequence[str]) -> list[Finding]:
    """Every requirement on one evaluation of the case; raises :class:`InputError` where one cannot be read.

    The right side is a number, a percentage, or another output.
    """
    return [_finding(case, values, text) for text in requirements]


def _finding(case: Case, values: Values, text: str) -> Finding:
    found = re.fullmatch(r"(.+?)\s*(<=|>=|!=|<>|==|<|>|=)\s*(.+)", text.strip())
    if found is None:
        raise InputError(f'--require {text!r}: expected a comparison, as "tco<=2.5e6" or "payback_month<=18"')
    left, operator, right = found.groups()
    value = _value(case, values, left)
    limit: CellValue = number(right)
    if limit is None:
        limit = _value(case, values, right)
    numbers = [float(f"{v:.15g}") for v in (value, limit) if isinstance(v, float) and not math.isnan(v)]
    return Finding(text, value, limit, len(numbers) == 2 and _OPERATORS[operator](*numbers))


def number(text: str) -> float | None:
    """A number or a percentage, or ``None`` for what is neither."""
    with suppress(ValueError):
        return float(text.replace(",", ""))
    with suppress(ValueError):
        return number_from(text)
    return None


def _value(case: Case, values: Values, path: str) -> CellValue:
    meant = target(case, path)
    return values.cell(meant.line, meant.member)
