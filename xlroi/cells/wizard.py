"""What Excel's function wizard says of a function, for the hosts that fill it."""

from __future__ import annotations

from typing import Final

from xlroi.cells.runtime import Parameter, Spec

__all__ = ["LONGEST", "category", "explained"]

LONGEST: Final = 255
"""The characters that Excel shows of a description."""


def category(spec: Spec) -> str:
    """Under what a function is listed."""
    return f"xlroi {spec.category}"


def explained(parameter: Parameter) -> str:
    """What is said of an argument.

    >>> explained(Parameter("decay", "number", "Loss a year", default=0.14))
    'Loss a year (default 0.14)'
    """
    default = parameter.default
    if parameter.required or callable(default) or default in ("", ()):
        shown = ""
    elif isinstance(default, bool):
        shown = f" (default {str(default).upper()})"
    else:
        shown = f" (default {default:g})" if isinstance(default, float) else f" (default {default})"
    return (parameter.help + shown)[:LONGEST]
