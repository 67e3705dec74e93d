"""Words that stand for a formula: written out before anything else looks at the tree."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, reduce

from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.parse import parse
from xlroi.formula.scope import Step
from xlroi.formula.tree import Binary, Call, FormulaError, Minus, Name, Node, Number

__all__ = ["expanded"]

_PARAMETERS = "abcd"


def expanded(node: Node, step: Step = "month") -> Node:
    """The tree without macros; ``step`` is the length of a column.

    >>> expanded(parse("CEIL(x)"))
    Call(function='ROUNDUP', arguments=(Call(function='ROUND', arguments=(Name(id='x'), \
Number(value=9.0, percent=False)), over=None), Number(value=0.0, percent=False)), over=None)
    """
    match node:
        case Minus(operand=operand):
            return replace(node, operand=expanded(operand, step))
        case Binary(left=left, right=right):
            return replace(node, left=expanded(left, step), right=expanded(right, step))
        case Call(function=name, arguments=arguments, over=over, position=position):
            given = tuple(expanded(a, step) for a in arguments)
            function = FUNCTIONS.get(name)
            if function is None or function.shape != "macro":
                return replace(node, arguments=given)
            least, most = function.arity
            if len(given) < least or (most is not None and len(given) > most):
                wanted = f"{least}" if least == most else f"{least} to {most}"
                raise FormulaError(f"{name} takes {wanted} argument{'s' * (wanted != '1')}, not {len(given)}", position)
            if name == "SUMPRODUCT":
                return Call("SUM", (reduce(_product, given),), over, position)
            if over is not None:
                raise FormulaError("OVER belongs to an aggregate of one line, as MAX(npv OVER options)", position)
            return _filled(_template(function.expands), dict(zip(_PARAMETERS, given, strict=False)), step, position)
        case _:
            return node


def _product(left: Node, right: Node) -> Node:
    return Binary("*", left, right, position=left.position)


@lru_cache(maxsize=64)
def _template(text: str) -> Node:
    return expanded(parse(text))


def _filled(node: Node, given: dict[str, Node], step: Step, position: int) -> Node:
    match node:
        case Name(id=name) if name in given:
            return given[name]
        case Name(id="step_months") if step == "month":
            return Number(1.0, position=position)  # a month is the column itself
        case Minus(operand=operand):
            return replace(node, operand=_filled(operand, given, step, position), position=position)
        case Binary(left=left, right=right):
            return replace(
                node,
                left=_filled(left, given, step, position),
                right=_filled(right, given, step, position),
                position=position,
            )
        case Call(arguments=arguments):
            filled = tuple(_filled(a, given, step, position) for a in arguments)
            return replace(node, arguments=filled, position=position)
        case _:
            return replace(node, position=position)
