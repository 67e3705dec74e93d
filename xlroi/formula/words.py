"""The tree in words, for people who read sentences rather than cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text

__all__ = ["in_words"]

_OPERATORS: Final = {
    "+": "+",
    "-": "−",
    "*": "×",
    "/": "÷",
    "^": "to the power of",
    "&": "followed by",
    "=": "equals",
    "<>": "differs from",
    "<": "is below",
    ">": "is above",
    "<=": "is at most",
    ">=": "is at least",
}

_PHRASES: Final = {
    "PRIOR": "{0} of the month before",
    "CUMULATIVE": "{0} so far",
    "FIRST": "the first month in which {0}",
    "LAST": "{0} at the horizon",
    "ABS": "the size of {0}",
    "ROUND": "{0} rounded to {1} decimals",
    "INT": "{0} rounded down",
    "NOT": "not {0}",
    "ISNUMBER": "{0} is a number",
    "NA": "no such number (#N/A)",
    "IF": "if {0}: {1}, otherwise {2}",
    "IFERROR": "{0}, or {1} where that is an error",
    "FIXED": "{0} with {1} decimals",
    "EDATE": "{0} moved by {1} months",
    "NPV": "Excel's NPV of {1} at {0}",
    "IRR": "the rate at which {0} is worth 0, searched from {1}",
    "XIRR": "the yearly rate at which {0} on {1} is worth 0, searched from {2}",
}

_LISTS: Final = {"SUM": "the sum of", "MIN": "the smaller of", "MAX": "the larger of"}


def in_words(node: Node, label: Callable[[str], str]) -> str:
    """The formula as a phrase; ``label`` gives a name's label.

    >>> from xlroi.formula.parse import parse
    >>> in_words(parse("(price - cost) * SUM(units)"), str.upper)
    '(PRICE − COST) × the sum of UNITS'
    """
    match node:
        case Number(value=value, percent=percent):
            return f"{value * 100:g}%" if percent else f"{value:g}"
        case Text(value=text):
            return f"“{text}”"
        case Name(id=name):
            return label(name)
        case Minus(operand=operand):
            return f"−{_bracketed(operand, label)}"
        case Binary(operator=operator, left=left, right=right):
            chained = operator in "+*&" and isinstance(left, Binary) and left.operator == operator
            first = in_words(left, label) if chained else _bracketed(left, label)
            return f"{first} {_OPERATORS[operator]} {_bracketed(right, label)}"
        case Call(function=function, arguments=arguments):
            words = [in_words(a, label) for a in arguments]
            if function in _PHRASES:
                return _PHRASES[function].format(*words)
            if function in ("AND", "OR"):
                return f" {function.lower()} ".join(words)
            return f"{_LISTS[function]} {' and '.join(_bracketed(a, label) for a in arguments)}"


def _bracketed(node: Node, label: Callable[[str], str]) -> str:
    words = in_words(node, label)
    return f"({words})" if isinstance(node, Binary) or (isinstance(node, Call) and node.function == "IF") else words
