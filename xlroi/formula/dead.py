"""Zero when dead: columns exist beyond the horizon, and what is summed over time must be provably 0 there."""

from __future__ import annotations

from xlroi.formula.functions import FUNCTIONS, Function
from xlroi.formula.scope import Scope
from xlroi.formula.tree import Binary, Call, FormulaError, Minus, Name, Node, Number

__all__ = ["is_dead", "refuse_undead"]


def is_dead(node: Node, scope: Scope) -> bool:
    """Whether a typed expression is provably 0 (or an error) in every step after the horizon."""
    match node:
        case Number(value=value):
            return value == 0
        case Name(id=name):
            return scope.names[name].dead
        case Minus(operand=operand):
            return is_dead(operand, scope)
        case Binary(operator="*", left=left, right=right):
            return is_dead(left, scope) or is_dead(right, scope)
        case Binary(operator="/", left=left):
            return is_dead(left, scope)
        case Binary(operator="+" | "-", left=left, right=right):
            return is_dead(left, scope) and is_dead(right, scope)
        case Call(function="AT", arguments=arguments):
            return is_dead(arguments[1], scope)
        case Call(function=name, arguments=arguments, reduces=reduces):
            if "month" in reduces:
                return False
            rule = FUNCTIONS[name].dead
            judged = [is_dead(a, scope) for a in (arguments[1:] if rule == "branches" else arguments)]
            if rule in ("all", "branches"):
                return bool(judged) and all(judged)
            return any(judged) if rule == "any" else bool(rule == "first" and judged[0])
        case _:
            return False


def refuse_undead(node: Node, function: Function, scope: Scope) -> None:
    """Raise where a sum or rate over time would read something after the horizon."""
    if not is_dead(node, scope):
        what = f"{node.id!r}" if isinstance(node, Name) else "the expression"
        raise FormulaError(
            f"{function.name} over time reads every column, and {what} is not provably 0 after the "
            "horizon: add '* live' (or '* operating') to it",
            node.position,
        )
