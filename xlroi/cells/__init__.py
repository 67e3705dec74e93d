"""The worksheet functions, as plain Python: ``from xlroi.cells import AI_TCO``.

They take and give what cells hold; an error is a value such as ``#NUM!`` with a ``message``. Importing this room loads
the standard library alone; NumPy and the models come in when a function needs them.

>>> from xlroi.cells import AI_PAYBACK, AI_TCO
>>> AI_TCO(150000, 15000, 24)
510000.0
>>> AI_TCO([150000, 200000], 15000, 24, annual_rate=0.1)[1] < 560000
True
>>> AI_PAYBACK(1000, -1), AI_PAYBACK(1000, -1).message
(#N/A, 'there is no such number')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlroi.cells.generated import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """Load the functions when one is asked for, so that the module that writes them needs none of them."""
    if not name.startswith("AI_"):
        raise AttributeError(f"module 'xlroi.cells' has no attribute {name!r}")
    return getattr(import_module("xlroi.cells.generated"), name)
