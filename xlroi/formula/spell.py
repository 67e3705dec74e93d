"""The tree as a spreadsheet formula.

The speller knows operators, functions and their traps; where a name stands is
told by a :class:`Refs`, so the same speller serves rows of a workbook and
parameters of a LAMBDA. A row is spelled once: :data:`NOW` and :data:`BEFORE`
stand for the letters of the present and the previous column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from xlroi.formula.axes import COMPARE, factors
from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text

__all__ = ["BEFORE", "NOW", "Refs", "spell"]

NOW: Final = "\x01"
BEFORE: Final = "\x02"


class Refs(Protocol):
    """Where a name stands, as text."""

    def here(self, name: str) -> str:
        """The value at the present step and member."""
        ...

    def prior(self, name: str) -> str:
        """The value one column to the left."""
        ...

    def whole(self, name: str) -> str:
        """All steps of a monthly line; a single value's own cell."""
        ...

    def first(self, name: str) -> str:
        """The value at step 0."""
        ...

    def so_far(self, name: str) -> str:
        """Step 0 to the present step."""
        ...

    def before(self, name: str) -> str:
        """The opening to the step before the present one."""
        ...

    def rows(self, name: str) -> str:
        """All members at the present step."""
        ...

    def block(self, name: str) -> str:
        """All members at all steps."""
        ...

    def above(self, name: str) -> str:
        """The value one row up."""
        ...

    def slot(self, name: str, column: str) -> str:
        """The value in that row of another table from which a key column of a cross table takes its own."""
        ...

    def periods(self, name: str) -> str:
        """All periods of a series."""
        ...

    def names(self, table: str) -> str:
        """The names of a table's rows, the empty text where a row is inactive."""
        ...

    @property
    def step(self) -> str:
        """The word for the number of a column: month, quarter or year."""
        ...


_TRUTHS: Final = frozenset({"AND", "OR", "NOT", "ISNUMBER", "DIFFERS"})

# How tightly a spelled text holds together; an operand of lower rank gets parentheses.
_COMPARISON, _JOIN, _SUM, _PRODUCT, _POWER, _ATOM = range(6)
_LOOSE: Final = {
    "DIFFERS": _COMPARISON,
    "RANK": _SUM,
    "FIRST": _SUM,
    "VINTAGE": _PRODUCT,
    "ABOVE": _PRODUCT,
    "SLOT": _JOIN,
}
_RANK: Final = {"&": _JOIN, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}


def spell(node: Node, refs: Refs, guard: str | None = None) -> str:
    """The formula of a cell, without ``=``. A condition is spelled ``(...)*1``: no truth value enters a cell.

    ``guard`` is the cell that holds the name of the row: where it is empty, the row is inactive and shows nothing.

    >>> class Letters:
    ...     def here(self, name): return name.upper()
    >>> from xlroi.formula.parse import parse
    >>> spell(parse("a / (b * c)"), Letters()), spell(parse("a > b"), Letters())
    ('A/(B*C)', '(A>B)*1')
    """
    text = _Speller(refs).cell(node)
    return f'IF({guard}="","",{text})' if guard else text


class _Speller:
    def __init__(self, refs: Refs, ranged: Callable[[Name], str] | None = None) -> None:
        self.refs = refs
        self.ranged = ranged  # inside SUMPRODUCT: names are ranges

    def cell(self, node: Node) -> str:
        text, rank = self._text(node)
        if not _is_truth(node):
            return text
        return f"{text}*1" if rank == _ATOM else f"({text})*1"

    def _text(self, node: Node) -> tuple[str, int]:
        match node:
            case Number(value=value):
                return _number(value), _ATOM
            case Text(value=text):
                return '"' + text.replace('"', '""') + '"', _ATOM
            case Name(id=name):
                return (self.ranged(node) if self.ranged else self.refs.here(name)), _ATOM
            case Minus(operand=operand):
                text, rank = self._text(operand)
                # IronCalc drops brackets after a minus on load, so the minus becomes a factor.
                return (f"-{text}", _SUM) if rank == _ATOM else (f"-1*({text})", _PRODUCT)
            case Binary():
                return self._binary(node)
            case Call():
                text = self._call(node)
                if node.function in _LOOSE:
                    return text, _LOOSE[node.function]
                return text, _PRODUCT if node.reduces and not text.startswith(("SUM", f"{node.function}(")) else _ATOM

    def _binary(self, node: Binary) -> tuple[str, int]:
        operator = node.operator
        if operator in COMPARE:
            left, right = self._operand(node.left, _JOIN), self._operand(node.right, _JOIN)
            return f"{left}{operator}{right}", _COMPARISON
        rank = _RANK[operator]
        if operator in "/^":  # brackets around every operand that is not an atom: IronCalc loses the others
            return f"{self._operand(node.left, _ATOM)}{operator}{self._operand(node.right, _ATOM)}", rank
        left = self._operand(node.left, rank)
        right = self._operand(node.right, rank + 1)
        return f"{left}{operator}{right}", rank

    def _operand(self, node: Node, least: int) -> str:
        text, rank = self._text(node)
        if _is_truth(node):
            if self.ranged:
                return f"(({text})*1)"
            return f"({text})" if rank < _ATOM else text
        leading_minus = isinstance(node, Minus) and least == _PRODUCT and rank == _SUM
        if rank >= least or leading_minus:
            return text
        return f"({text})"

    def _value(self, node: Node) -> str:
        """An argument that is used as a number."""
        text, rank = self._text(node)
        if not _is_truth(node):
            return text
        return f"{text}*1" if rank == _ATOM else f"({text})*1"

    def _call(self, node: Call) -> str:
        special = _SPECIAL.get(node.function)
        if special is not None:
            return special(self, node)
        name = FUNCTIONS[node.function].excel
        if node.reduces:
            return self._reduced(node)
        if node.function == "DIFFERS":
            return f"{self._text(node.arguments[0])[0]}<>{self._text(node.arguments[1])[0]}"
        if node.function in {"AND", "OR", "NOT", "ISNUMBER"}:
            return f"{name}({','.join(self._text(a)[0] for a in node.arguments)})"
        if node.function == "IF":
            condition, *branches = node.arguments
            return f"IF({self._text(condition)[0]},{','.join(self._value(b) for b in branches)})"
        return f"{name}({','.join(self._value(a) for a in node.arguments)})"

    def _reduced(self, node: Call) -> str:
        argument, *parameters = node.arguments
        if isinstance(argument, Name):
            if "table" not in node.reduces:
                ranged = self.refs.whole(argument.id)
            else:
                ranged = self.refs.block(argument.id) if "month" in node.reduces else self.refs.rows(argument.id)
            return f"{FUNCTIONS[node.function].excel}({','.join([ranged, *map(self._value, parameters)])})"
        if "table" in node.reduces:
            return self._sum_of_rows(argument, over_month="month" in node.reduces)
        inner = _Speller(self.refs, lambda n: self.refs.whole(n.id))
        return f"SUMPRODUCT({inner._value(argument)})"

    def _sum_of_rows(self, argument: Node, *, over_month: bool) -> str:
        """Arrays between commas: SUMPRODUCT then takes the empty texts of inactive rows for 0."""
        table = argument.type.table
        over = self.refs.block if over_month else self.refs.rows
        inner = _Speller(self.refs, lambda n: over(n.id) if n.type.table == table else self.refs.here(n.id))
        arrays, before = [], []
        lines = False
        for factor in factors(argument):
            if factor.type.table != table:
                before.append(self._operand(factor, _PRODUCT + 1))
            elif isinstance(factor, Name):
                arrays.append(inner._text(factor)[0])
                lines = True
            else:
                arrays.append(f"({inner._text(factor)[0]})*1")
        if not lines:
            arrays.append(f'({self.refs.names(str(table))}<>"")*1')
        return "*".join([*before, f"SUMPRODUCT({','.join(arrays)})"])


def _is_truth(node: Node) -> bool:
    return (isinstance(node, Binary) and node.operator in COMPARE) or (
        isinstance(node, Call) and node.function in _TRUTHS
    )


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value).replace("e", "E")


def _name(node: Call, index: int = 0) -> str:
    argument = node.arguments[index]
    assert isinstance(argument, Name)  # the check lets nothing else through
    return argument.id


def _xirr(s: _Speller, node: Call) -> str:
    flows, dates, guess = _name(node), _name(node, 1), s._value(node.arguments[2])
    rate = f"XIRR({s.refs.whole(flows)},{s.refs.whole(dates)},{guess})"
    return f"IF({s.refs.first(flows)}=0,NA(),{rate})"  # Excel's XIRR is silently wrong on a first flow of 0


def _vintage(s: _Speller, node: Call) -> str:
    amounts, (ages, shares) = s.refs.so_far(_name(node)), (s.refs.rows(_name(node, i)) for i in (1, 2))
    age = f"INT(({s.refs.here('month')}-{s.refs.so_far('month')})/12)+1"
    for years in node.arguments[3:]:
        assert isinstance(years, Name)  # the check lets nothing else through
        age = f"{s.refs.here(years.id)}-{s.refs.so_far(years.id)}+1"
    whole = f"SUMPRODUCT({amounts},SUMIF({ages},{age},{shares}))"
    return whole + {"month": "/12", "quarter": "/4", "year": ""}[s.refs.step]


def _lag(s: _Speller, node: Call) -> str:
    now, steps = s.refs.here(s.refs.step), s._value(node.arguments[1])
    return f"IF({now}<{steps},0,INDEX({s.refs.before(_name(node))},1,{now}-{_bracketed(steps)}+2))"


def _bracketed(text: str) -> str:
    return text if text.replace("$", "").replace("!", "").replace("_", "").isalnum() else f"({text})"


def _step(s: _Speller, node: Call) -> str:
    value, (start, result) = s.refs.here(_name(node)), (s.refs.rows(_name(node, i)) for i in (1, 2))
    table = str(node.arguments[1].type.table)
    place = f'SUMPRODUCT(({start}<={value})*({s.refs.names(table)}<>""))'
    return f"IF({value}<INDEX({start},1),NA(),INDEX({result},{place}))"


def _at(s: _Speller, node: Call) -> str:
    table = str(node.arguments[1].type.table)
    return f"INDEX({s.refs.rows(_name(node, 1))},MATCH({s._value(node.arguments[0])},{s.refs.names(table)},0))"


def _pick(s: _Speller, node: Call) -> str:
    values = s.refs.rows(_name(node))
    return f"INDEX({s.refs.rows(_name(node, 1))},MATCH({node.function[5:]}({values}),{values},0))"


def _slot(s: _Speller, node: Call) -> str:
    column = node.arguments[1]
    assert isinstance(column, Text)  # xlroi writes these calls itself
    return f'{s.refs.slot(_name(node), column.value)}&""'


def _sumifs(s: _Speller, node: Call) -> str:
    pairs = [s._value(a) if i % 2 else s.refs.rows(_name(node, i + 1)) for i, a in enumerate(node.arguments[1:])]
    return f"SUMIFS({','.join([s.refs.rows(_name(node)), *pairs])})"


def _changes(s: _Speller, node: Call) -> str:
    of_ledger = node.type.table != node.arguments[0].type.table
    one, other = ((s.refs.rows if of_ledger else s.refs.periods)(_name(node, i)) for i in (0, 1))
    return f"SUMPRODUCT(({one}<>{other})*1)"


def _rank(s: _Speller, node: Call) -> str:
    name, table = _name(node), str(node.arguments[0].type.table)
    return f'1+SUMPRODUCT(({s.refs.rows(name)}>{s.refs.here(name)})*({s.refs.names(table)}<>""))'


def _xnpv(s: _Speller, node: Call) -> str:
    """Not by XNPV(): IronCalc refuses a rate of 0 there."""
    rate, flows, dates = s._operand(node.arguments[0], _PRODUCT), s.refs.whole(_name(node, 1)), _name(node, 2)
    return f"SUMPRODUCT({flows}*(1+{rate})^(({s.refs.first(dates)}-{s.refs.whole(dates)})/365))"


_SPECIAL: Final[dict[str, Callable[[_Speller, Call], str]]] = {
    "BARE": lambda s, n: s.refs.here(_name(n)),
    "PRIOR": lambda s, n: s.refs.prior(_name(n)),
    "CUMULATIVE": lambda s, n: f"SUM({s.refs.so_far(_name(n))})",
    "LAG": _lag,
    "VINTAGE": _vintage,
    "FIRST": lambda s, n: f"MATCH(1,{s.refs.whole(_name(n))},0)-1",
    "LAST": lambda s, n: f"INDEX({s.refs.whole(_name(n))},1,{s.refs.here('horizon')}+1)",
    "NPV": lambda s, n: f"NPV({s._value(n.arguments[0])},{s.refs.whole(_name(n, 1))})",
    "IRR": lambda s, n: f"IRR({s.refs.whole(_name(n))},{s._value(n.arguments[1])})",
    "XNPV": _xnpv,
    "XIRR": _xirr,
    "AT": _at,
    "PICK_MIN": _pick,
    "PICK_MAX": _pick,
    "RANK": _rank,
    "SUMIFS": _sumifs,
    "STEP": _step,
    "ABOVE": lambda s, n: f"{s.refs.above(_name(n))}*1",  # the empty text of an inactive row becomes an error
    "SAME": lambda s, n: f"SUMPRODUCT(({s.refs.rows(_name(n))}={s.refs.here(_name(n))})*1)",
    "FILLED": lambda s, n: f"COUNT({s.refs.periods(_name(n))})",
    "CHANGES": _changes,
    "SLOT": _slot,
    "PERIOD": lambda s, n: f"INDEX({s.refs.periods(_name(n))},1,{s._value(n.arguments[1])})",
}
