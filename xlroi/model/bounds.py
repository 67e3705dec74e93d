"""Whether a value fits its declaration: type, whole number, bounds."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from xlroi.model.numbers import number_from, written

__all__ = ["Bounded", "bounded", "shown"]


class Bounded(Protocol):
    """What declares a number: an input, a series or a column."""

    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...
    @property
    def integer(self) -> bool: ...
    @property
    def is_date(self) -> bool: ...


def bounded(declared: Bounded, value: Any) -> float:
    """A value as the declared number; ``ValueError`` where type or bounds refuse it."""
    is_day = isinstance(value, date)
    if declared.is_date and not is_day:
        raise ValueError(f"expected a date as 2026-01-31 (got {shown(value)})")
    if is_day and not declared.is_date:
        raise ValueError(f"expected a number (got the date {value})")
    number = number_from(value)
    if declared.is_date and not 61 <= number <= 2_900_000:
        raise ValueError(f"expected a date between 1900-03-01 and 9839-12-31 (got {value})")
    if declared.integer and not number.is_integer():
        raise ValueError(f"must be a whole number (got {shown(value)})")
    if declared.minimum is not None and number < declared.minimum:
        raise ValueError(f"must be at least {shown(declared.minimum)} (got {shown(value)})")
    if declared.maximum is not None and number > declared.maximum:
        raise ValueError(f"must be at most {shown(declared.maximum)} (got {shown(value)})")
    if abs(number) > 1e15:
        raise ValueError(f"must be below 1e15, where a cell still keeps single units (got {shown(value)})")
    return number


def shown(value: Any) -> str:
    """A value as a message shows it.

    >>> shown(0.5), shown("many")
    ('0.5', "'many'")
    """
    return written(float(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value)
