"""What happens in one call: Excel's rules for arguments, errors and ranges; the standard library only.

A function takes values as a cell holds them: numbers, texts, truth values, dates, errors, ``None`` for an empty cell
or a missing argument; and ranges of them as lists of rows, one list, or an array. What comes out is a number, a text,
an error as a value (with a message where there is more to say), or a range of these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from xlroi.engine.scalar import equal, tidy
from xlroi.values import DIV0, ERRORS, NA, NUM, VALUE, ExcelError, to_serial

__all__ = ["LARGEST", "CellError", "Failed", "Parameter", "Spec", "call", "within"]

LARGEST: Final = 100_000
"""The most cells that a range may have: a million rows is a column chosen whole, and would stop the sheet."""

Grid = list[list[Any]]
Check = Callable[[float], bool]


class CellError(ExcelError):
    """An error as a value, with a message for hosts that can show one.

    >>> CellError("#NUM!", "months must be 0 or more").message
    'months must be 0 or more'
    """

    message: str

    def __new__(cls, error: str, message: str = "") -> CellError:
        """The text is the error's, so it compares equal to the plain one."""
        made = super().__new__(cls, error)
        made.message = message
        return made


class Failed(Exception):
    """Raised inside a routine; becomes the value of the cell."""

    def __init__(self, error: ExcelError, message: str = "") -> None:
        super().__init__(message)
        self.error = CellError(error, message)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument as a call needs it.

    ``default`` is a value, or a function of the arguments before it; ``required`` ones have none. ``bounds`` are
    conditions with the words that say them.
    """

    name: str
    kind: str
    help: str
    required: bool = False
    default: Any = None
    whole: bool = False
    bounds: tuple[tuple[Check, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A function as a call needs it: what it takes, and what computes one value from plain ones."""

    name: str
    category: str
    summary: str
    parameters: tuple[Parameter, ...]
    compute: Callable[..., Any]

    @property
    def ranged(self) -> bool:
        """Whether a whole range is one argument, so that a call gives one value."""
        return any(p.kind in ("numbers", "dates", "pairs") for p in self.parameters)


def call(spec: Spec, given: Sequence[Any]) -> Any:
    """The value of a call, or a range of values where a range stands for a single value.

    Ranges meet as in a sheet: a single row or column repeats, and what has no partner is #N/A.

    >>> twice = Spec("TWICE", "", "", (Parameter("x", "number", "", required=True),), lambda x: 2 * x)
    >>> call(twice, [21]), call(twice, [[1, None]]), call(twice, [[[1], ["a"]]])
    (42.0, [2.0, #VALUE!], [[2.0], [#VALUE!]])
    """
    if spec.ranged or not any(map(_is_range, given)):
        return _one(spec, given)
    return _lifted(spec, given)


def _is_range(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0


def _as_python(value: Any) -> Any:
    """NumPy's and pandas' values as Python's own; times in steps that Python knows."""
    if isinstance(value, float) or not hasattr(value, "tolist"):
        return value
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        value = (value if hasattr(value, "astype") else value.to_numpy()).astype("datetime64[us]")
    return value.tolist()


def _one(spec: Spec, given: Sequence[Any]) -> Any:
    try:
        ready: list[Any] = []
        for parameter, value in zip(spec.parameters, given, strict=True):
            ready.append(_taken(parameter, value, ready))
        for place, (parameter, value) in enumerate(zip(spec.parameters, tuple(ready), strict=True)):
            for holds, words in parameter.bounds:
                if not holds(value):
                    raise Failed(NUM, f"{parameter.name} must be {words}")
            if parameter.whole:  # 0.3 / 0.1 is 3 in a sheet, and must not count as 2
                if not equal(value, round(value)):
                    raise Failed(NUM, f"{parameter.name} must be a whole number")
                ready[place] = float(round(value))
        return _shown(spec.compute(*ready))
    except Failed as failed:
        return failed.error
    except ZeroDivisionError:
        return CellError(DIV0, "a division by 0")
    except (OverflowError, ValueError):
        return CellError(NUM, "the numbers are out of range")


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [[_in_table(cell) for cell in row] for row in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowError
        return tidy(value)
    return value


def _in_table(cell: Any) -> Any:
    finite = not isinstance(cell, float) or math.isfinite(cell)
    return cell if finite else CellError(NA, "there is no such number")


def _one_cell(name: str, value: Any) -> Any:
    """The value of a range of one cell, beside a whole range."""
    cells = [cell for row in _rows(value) for cell in row]
    if len(cells) != 1:
        raise Failed(VALUE, f"{name}: one value is needed beside a range, not {len(cells)}")
    return cells[0]


def _taken(parameter: Parameter, value: Any, before: list[Any]) -> Any:
    if type(value) is float and parameter.kind == "number":
        return _number(parameter.name, value)
    value = _as_python(value)
    if parameter.kind in ("number", "flag", "text") and isinstance(value, (list, tuple)):
        value = _one_cell(parameter.name, value)
    if _is_empty(value, parameter.kind):
        if parameter.required:
            raise Failed(VALUE, f"{parameter.name} is missing")
        return parameter.default(*before) if callable(parameter.default) else parameter.default
    if parameter.kind in ("numbers", "dates"):
        return [_number(parameter.name, cell) for cell in _flat(value)]
    if parameter.kind == "pairs":
        return _pairs(parameter.name, value)
    if parameter.kind == "text":
        return _text(parameter.name, value)
    if parameter.kind == "flag" and isinstance(value, bool):
        return value
    number = _number(parameter.name, value)
    return number != 0 if parameter.kind == "flag" else number


def _is_empty(value: Any, kind: str) -> bool:
    if kind in ("numbers", "dates", "pairs"):
        return value is None or (isinstance(value, (str, list, tuple)) and not value)
    return value is None


def _number(name: str, value: Any) -> float:
    if type(value) is float and math.isfinite(value):  # the common case first
        return value
    if isinstance(value, str):
        _refuse_error(value)
        raise Failed(VALUE, f"{name}: a number is needed, not the text {value[:40]!r}")
    if value is None:
        raise Failed(VALUE, f"{name}: a cell is empty")
    if isinstance(value, bool):
        raise Failed(VALUE, f"{name}: a number is needed, not TRUE or FALSE")
    missing = not isinstance(value, float) and value != value  # noqa: PLR0124  # pandas' time that is none
    if missing or isinstance(value, (bytes, bytearray)):
        raise Failed(VALUE, f"{name}: a number is needed, not {type(value).__name__}")
    if isinstance(value, datetime):
        midnight = datetime.combine(value.date(), datetime.min.time(), value.tzinfo)
        return to_serial(value.date()) + (value - midnight).total_seconds() / 86400
    if isinstance(value, date):
        return to_serial(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Failed(VALUE, f"{name}: a number is needed, not {type(value).__name__}") from None
    if not math.isfinite(number):
        raise Failed(NUM, f"{name} is not a finite number")
    return number


def _refuse_error(value: str) -> None:
    error = ERRORS.get(value)
    if error is not None:
        raise Failed(error, value.message if isinstance(value, CellError) else "")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise Failed(VALUE, f"{name}: a text is needed, not {value!r:.40}")
    _refuse_error(value)
    return value.strip()


def _pairs(name: str, value: Any) -> list[tuple[str, Any]]:
    rows = _rows(value)
    if any(len(row) != 2 for row in rows):
        raise Failed(VALUE, f"{name}: two columns are needed, name and value")
    pairs: list[tuple[str, Any]] = []
    for key, cell in rows:
        for held in (key, cell):
            if isinstance(held, str):
                _refuse_error(held)
        if key in (None, "") and cell in (None, ""):
            continue  # a spare row of the range
        if not isinstance(key, str) or not key.strip():
            raise Failed(VALUE, f"{name}: a value has no name beside it")
        if cell in (None, ""):
            raise Failed(VALUE, f"{name}: {key} has no value")
        if key.strip() in dict(pairs):
            raise Failed(VALUE, f"{name}: {key} stands twice")
        pairs.append((key.strip(), cell))
    return pairs


def _rows(value: Any) -> Grid:
    if not isinstance(value, (list, tuple)):
        return [[value]]
    rows = [list(row) if isinstance(row, (list, tuple)) else row for row in value]
    if any(isinstance(row, list) for row in rows):
        if not all(isinstance(row, list) for row in rows):
            raise Failed(VALUE, "a range must be rows of cells")
        if not rows[0] or len({len(row) for row in rows}) > 1:
            raise Failed(VALUE, "the rows of a range must have the same number of cells, and one at least")
        return rows
    if not rows:
        raise Failed(VALUE, "a range is empty")
    return [[cell] for cell in rows]


def _flat(value: Any) -> list[Any]:
    rows = _rows(value)
    if sum(map(len, rows)) > LARGEST:
        raise Failed(VALUE, f"a range of more than {LARGEST:,} cells; choose the filled rows only")
    return [cell for row in rows for cell in row]


def _lifted(spec: Spec, given: Sequence[Any]) -> Any:
    flat = array = False
    grids: list[Grid] = []
    try:
        for value in given:
            array |= getattr(value, "ndim", 0) > 0
            value = _as_python(value)  # noqa: PLW2901  # the same range, as plain lists
            if isinstance(value, (list, tuple)):
                flat |= bool(value) and not isinstance(value[0], (list, tuple))
                if len(value) > LARGEST:
                    raise Failed(VALUE, f"a range of {len(value):,} rows; {LARGEST:,} cells are the most")
            grids.append(_rows(value))
        height, width = max(map(len, grids)), max(len(row) for grid in grids for row in grid)
        if height * width > LARGEST:
            raise Failed(VALUE, f"a range of {height * width:,} cells; {LARGEST:,} are the most")
    except Failed as failed:
        return failed.error
    rows = [[_cell(spec, grids, r, c) for c in range(width)] for r in range(height)]
    found = [row[0] for row in rows] if flat and width == 1 else rows
    return _array(found) if array else found


def _cell(spec: Spec, grids: list[Grid], r: int, c: int) -> Any:
    values = []
    for grid in grids:
        row = grid[0] if len(grid) == 1 else grid[r] if r < len(grid) else None
        if row is None or (len(row) > 1 and c >= len(row)):
            return CellError(NA, "the ranges differ in size")
        values.append(row[0] if len(row) == 1 else row[c])
    return _one(spec, values)


def _array(found: list[Any]) -> Any:
    """An array for who gave one: of numbers, or of objects where there is an error."""
    import numpy as np

    flat = [c for row in found for c in (row if isinstance(row, list) else [row])]
    return np.array(found, dtype=object if any(isinstance(c, str) for c in flat) else np.float64)


def within(*bounds: tuple[str, float]) -> tuple[tuple[Check, str], ...]:
    """Conditions on a number with their words.

    >>> [words for _, words in within((">=", 0.0), ("<", 1.0))]
    ['0 or more', 'below 1']
    """
    words = {">=": "{} or more", ">": "above {}", "<=": "{} or less", "<": "below {}"}
    return tuple((_bound(sign, limit), words[sign].format(f"{limit:,g}")) for sign, limit in bounds)


def _bound(sign: str, limit: float) -> Check:
    """As a sheet compares, on 15 digits: 0.1 * 3 / 0.3 is not above 1."""
    return {
        ">=": lambda v: v >= limit or equal(v, limit),
        ">": lambda v: v > limit and not equal(v, limit),
        "<=": lambda v: v <= limit or equal(v, limit),
        "<": lambda v: v < limit and not equal(v, limit),
    }[sign]
