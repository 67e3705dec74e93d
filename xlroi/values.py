"""What a cell can hold, for every room of the house.

A cell holds a number (dates are serial numbers), a text, a truth value, an
error, or nothing. Errors are values, as in a sheet: they travel through
formulas instead of being raised.
"""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from typing import Final

__all__ = [
    "DIV0",
    "ERRORS",
    "NA",
    "NAME",
    "NULL",
    "NUM",
    "REF",
    "VALUE",
    "CellValue",
    "ExcelError",
    "from_serial",
    "normal_formula",
    "to_serial",
]


class ExcelError(str):
    """An Excel error as a value; its text is what the cell shows.

    >>> NUM
    #NUM!
    >>> isinstance(NUM, str), NUM == "#NUM!"
    (True, True)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


DIV0: Final = ExcelError("#DIV/0!")
NA: Final = ExcelError("#N/A")
NAME: Final = ExcelError("#NAME?")
NULL: Final = ExcelError("#NULL!")
NUM: Final = ExcelError("#NUM!")
REF: Final = ExcelError("#REF!")
VALUE: Final = ExcelError("#VALUE!")

ERRORS: Final[dict[str, ExcelError]] = {str(e): e for e in (DIV0, NA, NAME, NULL, NUM, REF, VALUE)}
"""Excel's errors by the text that a cell shows."""

CellValue = float | str | bool | ExcelError | None
"""Number, text, truth value, error, or ``None`` for an empty cell. Test for ``ExcelError`` before ``str``."""


def normal_formula(formula: str) -> str:
    """A formula as every spreadsheet saves it: capitals and no spaces outside of texts, no future-function prefix.

    >>> normal_formula("_xlfn.norm.s.inv( 0.9 )")
    'NORM.S.INV(0.9)'
    """
    parts = formula.split('"')
    parts[::2] = [re.sub(r"\s+|_XLFN\.|'", "", part.upper()) for part in parts[::2]]
    text = '"'.join(parts)
    return text[1:-1] if _in_brackets(text) else text


def _in_brackets(formula: str) -> bool:
    """Whether one pair of brackets holds the whole formula: it says the same without.

    >>> _in_brackets("(A1+B1)"), _in_brackets("(A1)+(B1)")
    (True, False)
    """
    depth = 0
    for place, sign in enumerate(
        '"'.join(re.sub(r"[()]", "x", p) if i % 2 else p for i, p in enumerate(formula.split('"')))
    ):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place > 0 and place == len(formula) - 1
    return False


_EPOCH: Final = date(1899, 12, 30)


def to_serial(day: date) -> float:
    """The serial number of a day from 1900-03-01 on.

    >>> to_serial(date(2008, 1, 1))
    39448.0
    """
    return float((day - _EPOCH).days)


def from_serial(serial: float) -> date:
    """The day of a serial number.

    >>> from_serial(39448.0)
    datetime.date(2008, 1, 1)
    """
    return _EPOCH + timedelta(days=math.floor(serial))
