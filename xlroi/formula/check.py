"""The check that every formula passes when it is built: names, shapes, units, kinds, and zero when dead.

It returns the same tree with a type on each node, or refuses with what, where and the ways out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from xlroi.formula.functions import FUNCTIONS, Function
from xlroi.formula.scope import Scope, did_you_mean
from xlroi.formula.tree import Binary, Call, FormulaError, Kind, Minus, Name, Node, Number, Text, Type
from xlroi.formula.units import DATE, DAY, DIMENSIONLESS, Unit

__all__ = ["ANY_UNIT", "Context", "check", "is_dead", "same_unit"]

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


def _axes(nodes: list[Node], position: int) -> Type:
    tables = list(dict.fromkeys(n.type.table for n in nodes if n.type.table))
    if len(tables) > 1:
        raise FormulaError(
            f"two tables in one expression, {tables[0]!r} and {tables[1]!r}: reduce one with an "
            "aggregate such as SUM(...), look it up by a key, or declare a 'cross:' table",
            position,
        )
    return Type(table=tables[0] if tables else None, month=any(n.type.month for n in nodes))


def _binary(node: Binary, context: Context) -> Node:
    left, right = _check(node.left, context), _check(node.right, context)
    axes = _axes([left, right], node.position)
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
    if node.over is not None and (function.shape != "aggregate" or count != 1):
        raise FormulaError("OVER belongs to an aggregate of one line, as MAX(npv OVER options)", node.position)
    match function.shape:
        case "aggregate" if count == 1:
            axes, reduces = _aggregate(function, arguments[0], node, context)
        case "timeline":
            axes, reduces = _timeline(function, arguments, node), frozenset({"month"})
        case "previous" | "running":
            first = arguments[0]
            if not isinstance(first, Name) or not first.type.month:
                raise FormulaError(
                    f"{function.name} reads a line that runs along months, by its name: give the "
                    "expression a line of its own",
                    node.position,
                )
            axes, reduces = _axes(arguments, node.position), frozenset[str]()
        case _:
            axes, reduces = _axes(arguments, node.position), frozenset[str]()
    unit = _unit(function, arguments, node.position)
    kind = _result_kind(function, arguments, node.position)
    return replace(node, arguments=tuple(arguments), reduces=reduces, type=replace(axes, unit=unit, kind=kind))


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


def _aggregate(function: Function, argument: Node, node: Call, context: Context) -> tuple[Type, frozenset[str]]:
    found = argument.type
    reduces = set()
    if found.table and found.table != context.table:
        reduces.add("table")
    if found.month and not context.month:
        reduces.add("month")
    if node.over is not None:
        if node.over not in (found.table, "month") or (node.over == "month" and not found.month):
            raise FormulaError(
                f"{function.name}(... OVER {node.over}): the expression does not run along "
                f"{node.over!r}, it is {found.axes}",
                node.position,
            )
        reduces.add("month" if node.over == "month" else "table")
    if not reduces:
        axis = found.table or ("month" if found.month else None)
        out = f"write {function.name}(... OVER {axis}) to reduce it all the same, or " if axis else ""
        raise FormulaError(
            f"{function.name} would reduce nothing: the expression is {found.axes} and so is its line; "
            f"{out}take {function.name} away",
            node.position,
        )
    if function.name == "SUM":
        _fits_sumproduct(argument)
    elif not isinstance(argument, Name):
        raise FormulaError(
            f"{function.name} over an axis takes a plain line: give the expression a line of its own", argument.position
        )
    if "month" in reduces:
        if not function.zero_when_dead:
            raise FormulaError(
                f"{function.name} over time would read the months after the horizon: use a running "
                f"line and LAST(...), or SUM(x)/SUM(operating) for an average",
                node.position,
            )
        _refuse_undead(argument, function, context.scope)
    axes = Type(table=None if "table" in reduces else found.table, month=found.month and "month" not in reduces)
    return axes, frozenset(reduces)


def _timeline(function: Function, arguments: list[Node], node: Call) -> Type:
    for index, argument in enumerate(arguments):
        if index in function.series:
            if not isinstance(argument, Name) or not argument.type.month:
                raise FormulaError(
                    f"{function.name} reads a line that runs along months, by its name: give the "
                    "expression a line of its own",
                    argument.position,
                )
        elif argument.type.month:
            raise FormulaError(f"{function.name} needs a single value here, not one per month", argument.position)
    return replace(_axes(arguments, node.position), month=False)


def _fits_sumproduct(node: Node) -> None:
    """Inside SUMPRODUCT stands only what every spreadsheet computes there; IronCalc loses even ABS inside an IF."""
    match node:
        case Name() | Number():
            return
        case Minus(operand=operand):
            _fits_sumproduct(operand)
        case Binary(operator=operator, left=left, right=right) if operator != "&":
            _fits_sumproduct(left)
            _fits_sumproduct(right)
        case _:
            what = node.function if isinstance(node, Call) else "a text"
            raise FormulaError(
                f"{what} cannot stand inside a SUM over an axis (spreadsheets disagree on it): give it "
                "a line of its own and sum that",
                node.position,
            )


def _refuse_undead(node: Node, function: Function, scope: Scope) -> None:
    if not is_dead(node, scope):
        what = f"{node.id!r}" if isinstance(node, Name) else "the expression"
        raise FormulaError(
            f"{function.name} over time reads every column, and {what} is not provably 0 after the "
            "horizon: add '* live' (or '* operating') to it",
            node.position,
        )


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
        case "second":
            pure(range(1))
            return units[1]
        case "rate":
            for i in range(1, len(units)):
                if units[i] not in (DIMENSIONLESS, ANY_UNIT, DATE):
                    pure(range(i, i + 1))
            return DIMENSIONLESS
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
    branches = arguments[1:] if function.units == "branches" else arguments
    kinds = {b.type.kind for b in branches if not _fits_any_kind(b)}
    if "text" in kinds and len(kinds) > 1:
        raise FormulaError("the branches mix a text with a number", position)
    return kinds.pop() if len(kinds) == 1 else "number"


def _fits_any_kind(node: Node) -> bool:
    """A literal 0 or 1 is a number or a flag, and NA() is anything."""
    return (isinstance(node, Number) and node.value in (0, 1)) or (isinstance(node, Call) and node.function == "NA")


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
