"""Classic xlwings on Windows: the module that Excel's add-in imports, a function for each one of the catalogue.

Values come and go as a sheet holds them: a range is read by ``Value2``, so that dates are serial numbers and an amount
in a currency format keeps all its decimals; errors come as numbers and leave as their text, which the add-in's VBA
turns into errors (pywin32 makes "argument missing" of every error that a COM server returns).

Importing this module imports xlwings, 1.8 seconds; nothing else of xlroi does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import xlwings as xw
from xlwings.conversion import Accessor

from xlroi.cells import generated
from xlroi.cells.runtime import Spec
from xlroi.cells.wizard import LONGEST, category, explained
from xlroi.values import DIV0, NA, NAME, NULL, NUM, REF, VALUE, ExcelError

__all__ = ["Cells"]

_FIRST_ERROR: Final = -2146828288  # 0x800A0000: Excel's errors as COM hands them over; #NULL! is number 2000 of them
_ERRORS: Final = {2000: NULL, 2007: DIV0, 2015: VALUE, 2023: REF, 2029: NAME, 2036: NUM, 2042: NA}


class Cells(Accessor):
    """Reads an argument: one value, or a range or array as rows. xlwings' own reader takes "" for an empty cell."""

    @classmethod
    def reader(cls, _: Any) -> Callable[[Any], None]:
        """What xlwings calls with a context that holds a range, or a value where the argument was computed."""

        def read(context: Any) -> None:
            context.value = _rows(context.value if context.range is None else context.range.api.Value2)

        return read


def _rows(value: Any) -> Any:
    if not isinstance(value, (tuple, list)):
        return _cell(value)
    rows = value if value and isinstance(value[0], (tuple, list)) else [value]  # {1,2,3} comes as one row
    return [[_cell(cell) for cell in row] for row in rows]


def _cell(value: Any) -> Any:
    """A number, text or truth value as it is. An integer is an error: Excel's numbers are floats."""
    if type(value) is int and 2000 <= value - _FIRST_ERROR < 3000:
        return _ERRORS.get(value - _FIRST_ERROR, VALUE)  # newer ones, as #SPILL!, have no name here
    return value


def _bound(spec: Spec) -> Callable[..., Any]:
    """The function of a spec for xlwings, which reads names and defaults of arguments from the wrapped one."""
    plain = getattr(generated, spec.name)

    @wraps(plain, assigned=("__name__", "__qualname__"))
    def function(*given: Any) -> Any:
        try:
            return plain(*given)
        except Exception:
            # An exception would reach the cell as text, and a sum over the cell would pass over it in silence.
            return ExcelError(VALUE)

    function.__doc__ = spec.summary[:LONGEST]
    function.__annotations__ = {}  # xlwings takes hints for conversions
    for parameter in spec.parameters:
        function = xw.arg(parameter.name, Cells, doc=explained(parameter))(function)
    return xw.func(category=category(spec))(function)


for _spec in generated.SPECS:
    globals()[_spec.name] = _bound(_spec)
