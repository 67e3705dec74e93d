"""xlroi: AI money decided in Excel.

One model text becomes an audit-ready workbook with live formulas, a fast engine,
and a proof that they agree.

>>> import xlroi
>>> case = xlroi.load_case("examples/ecommerce_recommendations.yaml")  # doctest: +SKIP
>>> xlroi.run(case).outputs["net_profit"]                              # doctest: +SKIP
570000.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xlroi.errors import BookError, EngineUnavailable, InputError, XlroiError
from xlroi.version import __version__

if TYPE_CHECKING:
    from xlroi.api import Result, Verified, build, load_case, run, verify

__all__ = [
    "BookError",
    "EngineUnavailable",
    "InputError",
    "Result",
    "Verified",
    "XlroiError",
    "__version__",
    "build",
    "load_case",
    "run",
    "verify",
]

_LAZY = {"Result", "Verified", "build", "load_case", "run", "verify"}


def __getattr__(name: str) -> Any:
    """Load NumPy, openpyxl and the rest only when they are asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module 'xlroi' has no attribute {name!r}")
    from xlroi import api

    return getattr(api, name)
