"""The check that every formula passes when it is built: names, shapes, units, kinds, and zero when dead.

It returns the same tree with a type on each node, or refuses with what, where and the ways out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from xlroi.formula.axes import aggregate, broadcast, member, previous, timeline, two_tables
from xlroi.formula.dead import refuse_undead
from xlroi.formula.functions import FUNCTIONS, Function
from xlroi.formula.scope import Scope, did_you_mean
from xlroi.formula.tree import Binary, Call, FormulaError, Kind, Minus, Name, Node, Number, Text, Type, walk
from xlroi.formula.units import DATE, DAY, DIMENSIONLESS, Unit

__all__ = ["ANY_UNIT", "Context", "check", "same_unit"]

ANY_UNIT: Final = Unit((("any", Fraction(1)),))
"""The unit of a literal 0 and of NA(): it fits every other."""

_ARITHMETIC: Final = frozenset("+-*/^")


@dataclass(frozen=True, slots=True)
class Context:
    """For whom a formula is checked: the names it may use and the axes its line has."""

    scope: Scope
    table: str | None = None
    month: bool = False
    handles_errors: bool = False


def same_unit(a: Unit, b: Unit) -> bool:
    """Whether two units agree, a literal 0 agreeing with all."""
    return a == b or ANY_UNIT in (a, b)


def check(node: Node, context: Context) -> Node:
    """The typed tree of a formula for one line; raises :class:`FormulaError`."""
    typed = _check(node, context)
    _fits_line(typed, context)
    return typed


def _fits_line(node: Node, context: Context) -> None:
    found = node.type
    if found.month and not context.month:
        raise FormulaError(
            "the formula runs along months but its line is a single value: reduce it with SUM(...), "
            "LAST(...) or FIRST(...), or declare the line 'per: month'",
            node.position,
        )
    if found.beside:
        raise two_tables(found.table or "", found.beside, node.position)
    if found.table and found.table != context.table:
        has = f"runs per {context.table}" if context.table else "has no table"
        raise FormulaError(
            f"the formula runs along table {found.table!r} but its line {has}: reduce it with "
            f"SUM(...), MIN(...) or MAX(...), or declare the line 'per: {found.table}'",
            node.position,
        )


def _check(node: Node, context: Context) -> Node:
    match node:
        case Number(value=value):
            return replace(node, type=Type(unit=ANY_UNIT if value == 0 else DIMENSIONLESS))
        case Text():
            return replace(node, type=Type(kind="text"))
        case Name(id=name, position=position):
            return replace(node, type=context.scope.declaration(name, position).type)
        case Minus(operand=operand):
            inner = _check(operand, context)
            if inner.type.kind == "text":
                raise FormulaError("a text has no negative", node.position)
            return replace(node, operand=inner, type=replace(inner.type, kind="number"))
        case Binary():
            return _binary(node, context)
        case Call():
            return _call(node, context)


def _binary(node: Binary, context: Context) -> Node:
    left, right = _check(node.left, context), _check(node.right, context)
    axes = broadcast([left, right], node.position, context.table)
    kinds = (left.type.kind, right.type.kind)
    if node.operator == "&":
        if kinds != ("text", "text"):
            raise FormulaError("'&' joins texts only: write FIXED(number, decimals) for a number", node.position)
        return replace(node, left=left, right=right, type=replace(axes, kind="text"))
    if node.operator in _ARITHMETIC:
        if "text" in kinds:
            raise FormulaError(f"a text cannot be calculated with {node.operator!r}", node.position)
        unit = _arithmetic_unit(node.operator, left, right, node.position)
        flag = node.operator == "*" and kinds == ("flag", "flag")
        kind: Kind = "flag" if flag else "number"
        return replace(node, left=left, right=right, type=replace(axes, unit=unit, kind=kind))
    if "flag" in kinds:
        raise FormulaError(
            "a flag is already a condition: write it alone, NOT(flag), or a product of flags", node.position
        )
    if kinds[0] != kinds[1]:
        raise FormulaError(f"cannot compare a {kinds[0]} with a {kinds[1]}", node.position)
    if kinds[0] == "text" and node.operator not in {"=", "<>"}:
        raise FormulaError("texts can be compared with '=' and '<>' only", node.position)
    _one_unit([left, right], f"'{node.operator}'", node.position)
    return replace(node, left=left, right=right, type=replace(axes, kind="flag"))


def _one_unit(nodes: list[Node], where: str, position: int) -> Unit:
    found = ANY_UNIT
    for node in nodes:
        unit = node.type.unit
        if not same_unit(found, unit):
            raise FormulaError(
                f"{where} joins different units, {found} and {unit}: convert one with a constant that "
                "carries a unit, such as months_per_year",
                position,
            )
        found = unit if found == ANY_UNIT else found
    return found


def _arithmetic_unit(operator: str, left: Node, right: Node, position: int) -> Unit:
    a, b = left.type.unit, right.type.unit
    match operator:
        case "*" | "/":
            if ANY_UNIT in (a, b):
                return ANY_UNIT if a == ANY_UNIT else a
            if DATE in (a, b):
                raise FormulaError("a date cannot be multiplied or divided; take the difference of two dates", position)
            return a * b if operator == "*" else a / b
        case "^":
            if b not in (DIMENSIONLESS, ANY_UNIT):
                raise FormulaError(f"an exponent must be dimensionless, not {b}", right.position)
            if a in (DIMENSIONLESS, ANY_UNIT):
                return a
            if isinstance(right, Number) and right.value.is_integer():
                return a ** Fraction(int(right.value))
            raise FormulaError(f"a value in {a} can only be raised to a whole number", position)
        case _:
            if a == DATE and b == DATE:
                if operator == "-":
                    return DAY
                raise FormulaError("two dates cannot be added; take their difference", position)
            if DATE in (a, b):
                if {a, b} <= {DATE, DAY, ANY_UNIT} and not (operator == "-" and b == DATE):
                    return DATE
                raise FormulaError(
                    f"a date moves by days, not by {b if a == DATE else a}; write EDATE(date, months)", position
                )
            return _one_unit([left, right], f"'{operator}'", position)


def _call(node: Call, context: Context) -> Node:
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise FormulaError(
            f"unknown function {node.function}" + did_you_mean(node.function, list(FUNCTIONS)), node.position
        )
    least, most = function.arity
    count = len(node.arguments)
    if count < least or (most is not None and count > most):
        wanted = str(least) if least == most else f"{least} to {most}" if most else f"{least} or more"
        raise FormulaError(
            f"{function.name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {count}", node.position
        )
    if function.handles_errors and not context.handles_errors:
        raise FormulaError(
            f"{function.name} hides errors: only a line that declares 'handles_errors: true' may use it", node.position
        )
    arguments = [_check(argument, context) for argument in node.arguments]
    for index, argument in enumerate(arguments):
        _check_kind(function, index, argument)
    if function.name == "ISNUMBER" and any(isinstance(n, Call) and n.function == "CHOOSE" for n in walk(arguments[0])):
        raise FormulaError(
            "CHOOSE cannot stand inside ISNUMBER (spreadsheets disagree on it): give it a line of its own",
            node.position,
        )
    reducing = function.reduces(count)
    if node.over is not None and not reducing:
        raise FormulaError("OVER belongs to an aggregate of one line, as MAX(npv OVER options)", node.position)
    reduces = frozenset[str]()
    match function.shape:
        case "aggregate" if reducing:
            axes, reduces = aggregate(function, arguments[0], node, context.table, context.month, context.scope)
            _single_parameters(function, arguments[1:])
        case "timeline":
            axes, reduces = timeline(function, arguments, node, context.table), frozenset({"month"})
            if function.zero_when_dead:
                # The dates of dated flows go on after the horizon; the flows there are 0.
                refuse_undead(arguments[function.like[0]], function, context.scope)
        case "previous" | "running":
            axes = previous(function, arguments, node, context.table)
        case "member":
            axes = member(function, arguments, node, context.table, context.month, context.scope)
        case _:
            axes = broadcast(arguments, node.position, context.table)
    unit = _unit(function, arguments, node.position)
    kind = _result_kind(function, arguments, node.position)
    return replace(node, arguments=tuple(arguments), reduces=reduces, type=replace(axes, unit=unit, kind=kind))


def _single_parameters(function: Function, parameters: list[Node]) -> None:
    for parameter in parameters:
        if parameter.type.table or parameter.type.month:
            raise FormulaError(f"{function.name} needs a single value as its second argument", parameter.position)


def _check_kind(function: Function, index: int, argument: Node) -> None:
    wanted, got = function.kind_of(index), argument.type.kind
    if wanted == "number" and got == "text":
        raise FormulaError(f"{function.name} calculates with numbers, not with a text", argument.position)
    if wanted == "flag" and got != "flag":
        raise FormulaError(
            f"{function.name} needs a condition here, not a {got}: compare it, as x > 0", argument.position
        )
    if wanted == "text" and got != "text":
        raise FormulaError(f"{function.name} needs a text here; write FIXED(number, decimals)", argument.position)


def _unit(function: Function, arguments: list[Node], position: int) -> Unit:
    units = [a.type.unit for a in arguments]

    def pure(indices: range) -> None:
        for i in indices:
            if not same_unit(units[i], DIMENSIONLESS):
                raise FormulaError(
                    f"{function.name} needs a dimensionless value here, not {units[i]}", arguments[i].position
                )

    match function.units:
        case "same":
            return _one_unit(arguments, function.name, position)
        case "branches":
            return _one_unit(arguments[1:], function.name, position)
        case "first":
            pure(range(1, len(units)))
            return units[0]
        case "pure":
            pure(range(len(units)))
            return DIMENSIONLESS
        case "root":
            return units[0] if units[0] == ANY_UNIT else units[0] ** Fraction(1, 2)
        case "rate" | "like":
            alike = [i for i in function.like if i < len(units)]
            dates = [i for i in function.series if units[i] == DATE]
            for i in range(len(units)):
                if i not in alike and i not in dates and function.shape != "member":
                    pure(range(i, i + 1))
            if function.name == "STEP":
                _one_unit(arguments[:2], function.name, position)
            unit = _one_unit([arguments[i] for i in alike], function.name, position)
            return DIMENSIONLESS if function.units == "rate" else unit
        case "date":
            if units[0] != DATE:
                raise FormulaError(f"{function.name} needs a date, not {units[0]}", arguments[0].position)
            pure(range(1, len(units)))
            return DATE
        case "nothing":
            return ANY_UNIT
        case _:
            return DIMENSIONLESS


def _result_kind(function: Function, arguments: list[Node], position: int) -> Kind:
    if function.result != "branch":
        return function.result
    branches = arguments[1:] if function.units == "branches" or function.name == "AT" else arguments
    kinds = {b.type.kind for b in branches if not _fits_any_kind(b)}
    if "text" in kinds and len(kinds) > 1:
        raise FormulaError("the branches mix a text with a number", position)
    return kinds.pop() if len(kinds) == 1 else "number"


def _fits_any_kind(node: Node) -> bool:
    """A literal 0 or 1 is a number or a flag, and NA() is anything."""
    return (isinstance(node, Number) and node.value in (0, 1)) or (isinstance(node, Call) and node.function == "NA")
