"""What LibreOffice Calc hands to an add-in and takes from it, as the values of a cell; the standard library only.

An error inside LibreOffice is a number that is none (NaN) with the error's code in its lower half. An add-in that gives
such a number gives exactly this error; an exception would show as #VALUE! or Err:502, whatever it is.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

from xlroi.values import DIV0, NA, NAME, NULL, NUM, REF, VALUE, ExcelError

__all__ = ["CODES", "arrived", "sent"]

CODES: Final = {DIV0: 532, NA: 32767, NAME: 525, NULL: 521, NUM: 503, REF: 524, VALUE: 519}
"""LibreOffice's code of each error."""

_ERRORS: Final = {code: error for error, code in CODES.items()} | {502: NUM, 523: NUM}
_SINGLE: Final = ("number", "flag", "text")
_QUIET: Final = 0x7FF8_0000_0000_0000


def arrived(value: Any, kind: str) -> Any:
    """An argument of a kind (``Parameter.kind``) as ``runtime`` wants it.

    A missing argument arrives as ``None`` and stays so. An empty cell arrives as "" in a range, and alone as 0, so that
    only where no number can be meant is 0 taken for it. A range of one cell is a value: so come our own results.

    >>> arrived(((1.0,), ("",)), "number"), arrived(((5.0,),), "number"), arrived(0.0, "text"), arrived(0.0, "number")
    ([[1.0], [None]], 5.0, None, 0.0)
    """
    if isinstance(value, tuple):
        rows = [[_cell(cell) for cell in row] for row in value]
        return rows[0][0] if kind in _SINGLE and [len(row) for row in rows] == [1] else rows
    return None if value == 0 and kind in ("text", "pairs") else value


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value or None
    return _error(value) if math.isnan(value) else value


def _error(value: float) -> ExcelError:
    (bits,) = struct.unpack("<Q", struct.pack("<d", value))
    return _ERRORS.get(bits & 0xFFFF_FFFF, VALUE)


def sent(value: Any) -> tuple[tuple[float | str, ...], ...]:
    """A value or a range as rows of cells, errors as their numbers.

    Always rows, because an add-in written in Python has one type of result: a value is a range of one cell.

    >>> sent([[1.0, "a", None]]), sent(True)
    (((1.0, 'a', ''),), ((1.0,),))
    >>> arrived(sent(NUM), "numbers")
    [[#NUM!]]
    """
    rows = value if isinstance(value, list) else [[value]]
    return tuple(tuple(_shown(cell) for cell in row) for row in rows)


def _shown(value: Any) -> float | str:
    if value is None:
        return ""
    if isinstance(value, ExcelError):
        number: float = struct.unpack("<d", struct.pack("<Q", _QUIET | CODES[ExcelError(value)]))[0]
        return number
    return value if isinstance(value, str) else float(value)
