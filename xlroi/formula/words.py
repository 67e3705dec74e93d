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
    "PRIOR": "{0} of the {step} before",
    "CUMULATIVE": "{0} so far",
    "FIRST": "the first {step} in which {0}",
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
    "XNPV": "the present value of {1} on {2} at {0}",
    "LAG": "{0} of {1} steps before",
    "VINTAGE": "what every earlier amount of {0} leaves to this step, by the yearly shares {2}",
    "RAMP": "growing in equal steps to 1 over {0} months",
    "GROWTH": "smooth growth by {0} a year",
    "GROWTH_STEPPED": "growth by {0} on each anniversary",
    "ROUNDUP": "{0} rounded away from 0 to {1} decimals",
    "ROUNDDOWN": "{0} rounded towards 0 to {1} decimals",
    "CEIL": "{0} rounded up to a whole number",
    "FLOOR": "{0} rounded down to a whole number",
    "MOD": "the rest of {0} divided by {1}",
    "POWER": "{0} to the power of {1}",
    "YEAR": "the calendar year of {0}",
    "MONTH": "the calendar month of {0}",
    "EOMONTH": "the month end {1} months after {0}",
    "AT": "{1} of the row named {0}",
    "PICK_MIN": "{1} of the row with the smallest {0}",
    "PICK_MAX": "{1} of the row with the largest {0}",
    "RANK": "the place by {0}, the largest first",
    "STEP": "{2} of the last row whose {1} is reached by {0}",
    "ABOVE": "{0} of the row above",
    "BARE": "{0}",
    "DIFFERS": "{0} differs from {1}",
    "CHANGES": "the number of periods in which {0} differs from {1}",
    "SAME": "the number of rows with the same {0}",
    "FILLED": "the number of periods filled in {0}",
    "PERIOD": "{0} of period {1}",
    "SLOT": "{0} of the row that this pair is made of",
    "COUNT": "how many rows have {0}",
    "PERCENTILE": "the {1} percentile of {0}",
    "LARGE": "the {1} largest of {0}",
    "SMALL": "the {1} smallest of {0}",
    "XIRR": "the yearly rate at which {0} on {1} is worth 0, searched from {2}",
}

_LISTS: Final = {
    "SUM": "the sum of",
    "MIN": "the smallest of",
    "MAX": "the largest of",
    "AVERAGE": "the mean of",
    "MEDIAN": "the median of",
    "PRODUCT": "the product of",
    "SUMPRODUCT": "the sum of the product of",
}


def in_words(node: Node, label: Callable[[str], str], step: str = "month") -> str:
    """The formula as a phrase; ``label`` gives a name's label, ``step`` is what a column is called.

    >>> from xlroi.formula.parse import parse
    >>> in_words(parse("(price - cost) * SUM(units)"), str.upper)
    '(PRICE − COST) × the sum of UNITS'
    >>> in_words(parse("CEIL(load / speed)"), str.upper)
    '(LOAD ÷ SPEED) rounded up to a whole number'
    """
    match node:
        case Number(value=value, percent=percent):
            return f"{value * 100:g}%" if percent else f"{value:g}"
        case Text(value=text):
            return f"“{text}”"
        case Name(id=name):
            return label(name)
        case Minus(operand=operand):
            return f"−{_bracketed(operand, label, step)}"
        case Binary(operator=operator, left=left, right=right):
            chained = operator in "+*&" and isinstance(left, Binary) and left.operator == operator
            first = in_words(left, label, step) if chained else _bracketed(left, label, step)
            return f"{first} {_OPERATORS[operator]} {_bracketed(right, label, step)}"
        case Call(function=function, arguments=arguments):
            words = [in_words(a, label, step) for a in arguments]
            if function in _PHRASES and function != "IF":
                words = [_bracketed(a, label, step) for a in arguments]
            if function in _PHRASES:
                return _PHRASES[function].format(*words, step=step)
            if function == "SUMIFS":
                pairs = zip(words[1::2], words[2::2], strict=True)
                return f"the sum of {words[0]} where {' and '.join(f'{a} equals {b}' for a, b in pairs)}"
            if function in ("AND", "OR"):
                return f" {function.lower()} ".join(words)
            if function in _LISTS:
                return f"{_LISTS[function]} {' and '.join(_bracketed(a, label, step) for a in arguments)}"
            return f"Excel's {function} of {', '.join(words)}"


def _bracketed(node: Node, label: Callable[[str], str], step: str) -> str:
    words = in_words(node, label, step)
    return f"({words})" if isinstance(node, Binary) or (isinstance(node, Call) and node.function == "IF") else words
