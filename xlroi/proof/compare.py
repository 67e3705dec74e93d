"""When two values of one cell are equal. Knows nothing of models, engines or sheets' meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from xlroi.proof.cells import Key, address, position
from xlroi.values import CellValue, ExcelError

__all__ = ["Mismatch", "Worst", "compare", "searched_cells"]

RELATIVE: Final = 1e-9
OF_OPERANDS: Final = 1e-12
SEARCHED: Final = 1e-7
"""Allowed difference of a rate that a search found, and of what is computed from it."""

_RANGE: Final = re.compile(r"(?:'([^']+)'!|([A-Za-z_][\w]*)!)?\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
_LONG_NUMBER: Final = re.compile(r"((?:\d[,.]?){15})([\d,.]*\d)")
_SEARCHES: Final = re.compile(r"\b(?:X?IRR|RATE)\(")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One cell in which two computations differ; ``state`` names the inputs, ``engine`` who got the other value."""

    sheet: str
    cell: str
    formula: str
    expected: CellValue
    got: CellValue
    state: str
    engine: str


@dataclass(slots=True)
class Worst:
    """The largest relative difference that was still accepted, and where."""

    difference: float = 0.0
    cell: str = ""


def compare(
    formulas: Mapping[Key, str],
    expected: Mapping[Key, CellValue],
    got: Mapping[Key, CellValue],
    state: str,
    engine: str,
    worst: Worst,
    searched: frozenset[Key] = frozenset(),
) -> list[Mismatch]:
    """Every cell of ``formulas`` in which the two differ.

    Numbers agree within ``1e-9`` of the larger plus ``1e-12`` of the largest operand (cells in ``searched``: 1e-7);
    texts agree letter by letter and 15 digits of a number in them; two errors agree, whichever they are, as
    spreadsheets differ on the kind.
    """
    found = []
    for key, formula in formulas.items():
        a, b = expected.get(key), got.get(key)
        if not _agree(a, b, partial(_scale, key, formula, got), key, worst, key in searched):
            found.append(Mismatch(*key, formula, a, b, state, engine))
    return found


def _agree(a: CellValue, b: CellValue, scale: Callable[[], float], key: Key, worst: Worst, searched: bool) -> bool:
    if isinstance(a, ExcelError) or isinstance(b, ExcelError):
        return isinstance(a, ExcelError) and isinstance(b, ExcelError)
    if isinstance(a, str) or isinstance(b, str):
        return _fifteen(a) == _fifteen(b) or (a in ("", None) and b in ("", None))
    if a is None or b is None:
        return a is None and b is None
    x, y = float(a), float(b)
    if x == y:
        return True
    difference, size = abs(x - y), max(abs(x), abs(y))
    relative = difference / size
    if difference > (SEARCHED if searched else RELATIVE) * size:
        reach = scale()
        if difference > RELATIVE * size + (SEARCHED if searched else OF_OPERANDS) * reach:
            return False
        relative = difference / max(reach, size)
    if relative > worst.difference:
        worst.difference, worst.cell = relative, f"{key[0]}!{key[1]}"
    return True


def _fifteen(value: CellValue) -> CellValue:
    """A text with 0 for every digit behind the fifteenth of a number: spreadsheets know no more of it.

    >>> _fifteen("a loss of 2,498,541,960,501,225")
    'a loss of 2,498,541,960,501,220'
    """
    if not isinstance(value, str) or isinstance(value, ExcelError):
        return value
    return _LONG_NUMBER.sub(lambda m: m[1] + re.sub(r"\d", "0", m[2]), value)


def _scale(key: Key, formula: str, values: Mapping[Key, CellValue]) -> float:
    """The largest magnitude in the cell's row and among the cells that its formula names."""
    row, _ = position(key[1])
    column_values = (values.get((key[0], address(row, c))) for c in range(4, 90))
    largest = max((abs(v) for v in column_values if isinstance(v, float)), default=0.0)
    for match in _RANGE.finditer(formula):
        sheet = match[1] or match[2] or key[0]
        top, left = position(f"{match[3]}{match[4]}")
        bottom, right = position(f"{match[5]}{match[6]}") if match[5] else (top, left)
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                value = values.get((sheet, address(r, c)))
                if isinstance(value, float):
                    largest = max(largest, abs(value))
    return largest


def searched_cells(formulas: Mapping[Key, str]) -> frozenset[Key]:
    """Cells that search a rate, and all that read them, directly or not."""
    readers: dict[Key, list[Key]] = {}
    for key, formula in formulas.items():
        for match in _RANGE.finditer(formula):
            sheet = match[1] or match[2] or key[0]
            if not match[5]:
                readers.setdefault((sheet, f"{match[3]}{match[4]}"), []).append(key)
    found = {key for key, formula in formulas.items() if _SEARCHES.search(formula)}
    pending = list(found)
    while pending:
        for reader in readers.get(pending.pop(), ()):
            if reader not in found:
                found.add(reader)
                pending.append(reader)
    return frozenset(found)
