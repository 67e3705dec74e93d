"""Numbers as people write them in a file."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

from xlroi.values import to_serial

__all__ = ["number_from", "written"]

_PERCENT = re.compile(r"\s*([+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*%\s*")


def number_from(value: Any) -> float:
    """A number as a case may write it: 12, 1_000, 8.5%, or a date.

    >>> number_from("8.5%"), number_from(date(2008, 1, 1))
    (0.085, 39448.0)
    """
    match value:
        case bool():
            raise ValueError(f"expected a number (got {str(value).lower()})")
        case int() | float():
            if not math.isfinite(value):
                raise ValueError(f"expected a finite number (got {value})")
            return float(value)
        case date():
            return to_serial(value)
        case str() if found := _PERCENT.fullmatch(value):
            return float(found[1].replace("_", "")) / 100
        case None:
            raise ValueError("expected a number (got nothing)")
        case _:
            raise ValueError(f"expected a number (got {value!r}); write 1500.5 or 1_500 without a comma, or 8%")


def written(number: float) -> str:
    """The shortest text that a reader and a file take for the same number.

    >>> written(0.1 + 0.2), written(24.0)
    ('0.30000000000000004', '24')
    """
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
