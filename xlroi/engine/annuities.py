"""Level payments over whole arrays, by numpy-financial, with the errors of the single-valued functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["ANNUITIES"]

Array = NDArray[np.float64]

_ARITY: Final = {"PMT": 5, "FV": 5, "PV": 5, "IPMT": 6, "PPMT": 6}


def _annuity(name: str) -> Callable[..., Array]:
    def apply(*given: Array) -> Array:
        import numpy_financial

        zero = np.zeros((1, 1, 1))
        arguments: list[Any] = list(np.broadcast_arrays(*given, *[zero] * (_ARITY[name] - len(given))))
        *terms, due = arguments
        rate, periods = terms[0], terms[2] if _ARITY[name] == 6 else terms[1]
        with np.errstate(all="ignore"):
            found = np.asarray(getattr(numpy_financial, name.lower())(*terms, when=(due != 0).astype(np.int64)))
        bad = (rate <= -1) | (np.isin(name, ("FV", "PV"), invert=True) & (periods == 0)) | ~np.isfinite(found)
        if _ARITY[name] == 6:
            bad |= (terms[1] < 1) | (terms[1] >= periods + 1)
        for argument in arguments:
            bad |= np.isnan(argument)
        return np.where(bad, np.nan, found)

    return apply


ANNUITIES: Final = {name: _annuity(name) for name in _ARITY}
"""PMT, FV, PV, IPMT and PPMT over arrays of one shape after broadcasting; an error is NaN.

>>> round(float(ANNUITIES["PMT"](np.array([0.08 / 12]), np.array([10.0]), np.array([10000.0])).item()), 2)
-1037.03
"""
