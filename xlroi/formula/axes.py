"""Which axes an expression runs along: broadcasting, aggregates, and the words that read along months or rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xlroi.formula.dead import refuse_undead
from xlroi.formula.functions import Function
from xlroi.formula.lookups import refused_text
from xlroi.formula.scope import Scope, name_of
from xlroi.formula.tree import Binary, Call, FormulaError, Minus, Name, Node, Number, Text, Type, walk

__all__ = [
    "COMPARE",
    "aggregate",
    "broadcast",
    "factors",
    "member",
    "previous",
    "reads_whole_table",
    "timeline",
    "two_tables",
]

COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">="})


def broadcast(nodes: list[Node], position: int, own: str | None = None) -> Type:
    """The axes of operands together. ``own`` is the table of the line; another may stand beside it, to be reduced."""
    tables = list(dict.fromkeys(t for n in nodes for t in (n.type.table, n.type.beside) if t))
    month = any(n.type.month for n in nodes)
    if len(tables) == 2 and own in tables:
        (other,) = (t for t in tables if t != own)
        return Type(table=other, beside=own, month=month)
    if len(tables) > 1:
        raise two_tables(tables[0], tables[1], position)
    return Type(table=tables[0] if tables else None, month=month)


def two_tables(one: str, other: str, position: int) -> FormulaError:
    """Why two tables do not meet in one expression, and the ways out."""
    return FormulaError(
        f"two tables in one expression, {one!r} and {other!r}: reduce one with an aggregate such as SUM(...), "
        "look it up by a key with AT(key, line), or declare a 'cross:' table",
        position,
    )


def _ledger(node: Node) -> FormulaError:
    """Why the rows of a ledger cannot be read like this, and the way out."""
    return FormulaError(
        f"{node.type.table!r} is a ledger, whose rows are only summed: SUM(ledger.amount) sums all, "
        "SUMIFS(ledger.amount, ledger.team, teams.name) those in which a column equals a value",
        node.position,
    )


def aggregate(
    function: Function, argument: Node, node: Call, own: str | None, month: bool, scope: Scope
) -> tuple[Type, frozenset[str]]:
    """The axes of an aggregate over its first argument, for a line of table ``own``, and those it takes away."""
    found = argument.type
    if found.table in scope.ledgers and (function.name != "SUM" or not isinstance(argument, Name)):
        raise _ledger(argument)
    reduces = set()
    if found.table and found.table != own:
        reduces.add("table")
    if found.month and not month:
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
    if function.name != "SUM" and not isinstance(argument, Name):
        raise FormulaError(
            f"{function.name} over an axis takes a plain line: give the expression a line of its own", argument.position
        )
    if function.name == "SUM" and "table" in reduces:
        _fits_table_sum(argument, found.table or "", "month" in reduces)
    elif function.name == "SUM":
        _fits_sumproduct(argument)
    if "month" in reduces:
        if not function.zero_when_dead:
            raise FormulaError(
                f"{function.name} over time would read the months after the horizon: use a running "
                f"line and LAST(...), or SUM(x)/SUM(operating) for an average",
                node.position,
            )
        refuse_undead(argument, function, scope)
    kept = found.beside if "table" in reduces else found.table
    return Type(table=kept, month=found.month and "month" not in reduces), frozenset(reduces)


def factors(node: Node) -> Iterator[Node]:
    """The factors of a product, left first.

    >>> from xlroi.formula.parse import parse
    >>> [f.id for f in factors(parse("a * b * c")) if isinstance(f, Name)]
    ['a', 'b', 'c']
    """
    if isinstance(node, Binary) and node.operator == "*":
        yield from factors(node.left)
        yield from factors(node.right)
    else:
        yield node


def _fits_table_sum(node: Node, table: str, over_month: bool) -> None:
    """A product of plain lines and comparisons: inactive rows hold texts, which nothing else skips."""
    if over_month and not any(isinstance(f, Name) and f.type.table == table for f in factors(node)):
        raise _own_line(node, "a product without a plain line in a sum over rows and months")
    for factor in factors(node):
        inner = factor.type
        if inner.table != table:
            if inner.month and over_month:
                raise _own_line(factor, f"a factor per month beside table {table!r}")
        elif isinstance(factor, Name) or (isinstance(factor, Binary) and factor.operator in COMPARE):
            if over_month and not inner.month:
                raise _own_line(factor, "a factor without months in a sum over rows and months")
            if isinstance(factor, Binary):
                _fits_sumproduct(factor)
                sides = (side for side in (factor.left, factor.right) if side.type.table == table)
                if not all(isinstance(side, Name) for side in sides):
                    raise _own_line(factor, "arithmetic inside a comparison")
        else:
            raise _own_line(factor, "a factor that is neither a plain line nor a comparison")


def _own_line(node: Node, what: str) -> FormulaError:
    return FormulaError(
        f"{what} cannot stand in a sum over the rows of a table: give the product a line of its own and sum that",
        node.position,
    )


def _fits_sumproduct(node: Node) -> None:
    """Inside SUMPRODUCT stands only what every spreadsheet computes there; IronCalc loses even ABS inside an IF."""
    match node:
        case Name() | Number() | Text():
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


def _plain(function: Function, node: Node, what: str) -> Name:
    if not isinstance(node, Name):
        raise FormulaError(
            f"{function.name} reads {what}, by its name: give the expression a line of its own", node.position
        )
    return node


def timeline(function: Function, arguments: list[Node], node: Call, own: str | None) -> Type:
    """A word that reads whole rows of months and gives one value."""
    for index, argument in enumerate(arguments):
        if index in function.series:
            if not _plain(function, argument, "a line that runs along months").type.month:
                raise FormulaError(
                    f"{function.name} reads a line that runs along months, by its name: give the "
                    "expression a line of its own",
                    argument.position,
                )
        elif argument.type.month:
            raise FormulaError(f"{function.name} needs a single value here, not one per month", argument.position)
    return replace(broadcast(arguments, node.position, own), month=False)


def previous(function: Function, arguments: list[Node], node: Call, own: str | None) -> Type:
    """A word that reads earlier columns of a line."""
    first = _plain(function, arguments[0], "a line that runs along months")
    if not first.type.month:
        raise FormulaError(
            f"{function.name} reads a line that runs along months, and {first.id!r} is a single value", node.position
        )
    if function.name == "VINTAGE":
        _columns(function, arguments[1:3], node)
        for years in arguments[3:]:
            if _plain(function, years, "a line of years that runs along months").type != Type(month=True):
                raise FormulaError(
                    "VINTAGE counts by a line of years that runs along months, as fiscal_year", years.position
                )
        return first.type
    return replace(broadcast(arguments, node.position, own), month=True)


def _columns(function: Function, columns: list[Node], node: Call) -> str:
    """Columns of one table, without months; returns the table."""
    tables = {_plain(function, c, "a column of a table").type.table for c in columns}
    if len(tables) != 1 or None in tables or any(c.type.month for c in columns):
        raise FormulaError(f"{function.name} reads two columns of one table here, as t.from and t.value", node.position)
    return str(tables.pop())


def _sum_of_ledger(function: Function, arguments: list[Node], node: Call, own: str | None, scope: Scope) -> Type:
    """SUMIFS: a number column of a ledger, then pairs of a column of it and a value that is not of it."""
    column, *pairs = arguments
    table = _plain(function, column, "a column of a ledger").type.table
    if table not in scope.ledgers:
        raise FormulaError(
            "SUMIFS sums a ledger; of other tables SUM joins the rows, as SUM(loss * (risks.option = options.name))",
            column.position,
        )
    if len(pairs) % 2:
        raise FormulaError("SUMIFS takes columns in pairs with the value that each must equal", node.position)
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        name = _plain(function, key, f"a column of {table!r}")
        if name.type.table != table or name.id == name_of(table):
            raise FormulaError(f"{name.id!r} is no column of {table!r}, whose rows SUMIFS sums", key.position)
        if not isinstance(value, (Name, Number, Text)) or value.type.table in scope.ledgers:
            raise FormulaError(
                "SUMIFS compares the rows of a ledger with a plain line or a name of another table: "
                "give the expression a line of its own",
                value.position,
            )
        kinds = (key.type.kind, value.type.kind)
        if "flag" in kinds or kinds[0] != kinds[1]:
            raise FormulaError(f"cannot compare a {kinds[0]} with a {kinds[1]}", value.position)
        if isinstance(value, Text) and (why := refused_text(value.value)):
            raise FormulaError(why, value.position)
        if key.type.kind == "number" and key.type.unit != value.type.unit and isinstance(value, Name):
            raise FormulaError(f"{name.id!r} is in {key.type.unit}, its value in {value.type.unit}", value.position)
    return broadcast(pairs[1::2], node.position, own)


def member(function: Function, arguments: list[Node], node: Call, own: str | None, month: bool, scope: Scope) -> Type:
    """A word that reads other rows of a table than the line's own."""
    first = arguments[0]
    of_ledger = [a for a in arguments if a.type.table in scope.ledgers]
    if of_ledger and function.name not in ("SUMIFS", "CHANGES"):
        raise _ledger(of_ledger[0])
    match function.name:
        case "SUMIFS":
            return _sum_of_ledger(function, arguments, node, own, scope)
        case "AT":
            line = _plain(function, arguments[1], "a line or column of a table")
            if line.type.table is None:
                raise FormulaError(f"AT reads a line of a table, and {line.id!r} has none", line.position)
            if first.type.month or first.type.table == line.type.table:
                raise FormulaError(
                    f"the key of AT must not run along {'months' if first.type.month else repr(line.type.table)}",
                    first.position,
                )
            return Type(table=first.type.table, month=line.type.month)
        case "PICK_MIN" | "PICK_MAX":
            value, label = (_plain(function, a, "a line of a table and a text column of it") for a in arguments)
            if value.type.table is None or value.type.table != label.type.table or label.type.month:
                raise FormulaError(
                    f"{function.name} takes a line of a table and a text column of the same table, "
                    f"as {function.name}(npv_cost, {name_of(value.type.table or 'options')})",
                    node.position,
                )
            if value.type.month and not month:
                raise FormulaError(f"{function.name} per month belongs on a line 'per: month'", node.position)
            return Type(month=value.type.month)
        case "RANK" | "ABOVE":
            if function.name == "ABOVE" and isinstance(first, Name) and "." in first.id:
                raise FormulaError(
                    "ABOVE reads a line, not a column, above whose first row stands a heading: "
                    f"give {first.id} a line of its own",
                    node.position,
                )
            if _plain(function, first, "a line of a table").type.table is None:
                raise FormulaError(f"{function.name} reads a line of a table, and this one has none", node.position)
            return first.type
        case "STEP":
            _plain(function, first, "the value to look up")
            if _columns(function, arguments[1:], node) == first.type.table:
                raise FormulaError("STEP looks a value up in another table than its own", node.position)
            return first.type
        case "SLOT":
            return Type(table=own)
        case "SAME" | "FILLED" | "CHANGES":
            return Type(table=None if of_ledger else first.type.table)
        case _:  # PERIOD
            return replace(broadcast(arguments, node.position, own), month=arguments[1].type.month)


def reads_whole_table(node: Node) -> Iterator[str]:
    """The lines of which a typed tree reads all rows at once."""
    for found in walk(node):
        if not isinstance(found, Call):
            continue
        if "table" in found.reduces or found.function in ("AT", "PICK_MIN", "PICK_MAX", "RANK", "STEP"):
            yield from (n.id for a in found.arguments for n in walk(a) if isinstance(n, Name))
