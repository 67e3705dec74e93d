"""The tree as a spreadsheet formula.

The speller knows operators, functions and their traps; where a name stands is
told by a :class:`Refs`, so the same speller serves rows of a workbook and
parameters of a LAMBDA. A row is spelled once: :data:`NOW` and :data:`BEFORE`
stand for the letters of the present and the previous column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

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


_COMPARE: Final = frozenset({"=", "<>", "<", ">", "<=", ">="})
_TRUTHS: Final = frozenset({"AND", "OR", "NOT", "ISNUMBER"})

# How tightly a spelled text holds together; an operand of lower rank gets parentheses.
_COMPARISON, _JOIN, _SUM, _PRODUCT, _POWER, _ATOM = range(6)
_RANK: Final = {"&": _JOIN, "+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}


def spell(node: Node, refs: Refs) -> str:
    """The formula of a cell, without ``=``. A condition is spelled ``(...)*1``: no truth value enters a cell.

    >>> class Letters:
    ...     def here(self, name): return name.upper()
    >>> from xlroi.formula.parse import parse
    >>> spell(parse("a / (b * c)"), Letters()), spell(parse("a > b"), Letters())
    ('A/(B*C)', '(A>B)*1')
    """
    return _Speller(refs).cell(node)


class _Speller:
    def __init__(self, refs: Refs, *, whole: bool = False) -> None:
        self.refs = refs
        self.whole = whole  # inside SUMPRODUCT: names are ranges

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
                return (self.refs.whole(name) if self.whole else self.refs.here(name)), _ATOM
            case Minus(operand=operand):
                text, rank = self._text(operand)
                # IronCalc drops brackets after a minus on load, so the minus becomes a factor.
                return (f"-{text}", _SUM) if rank == _ATOM else (f"-1*({text})", _PRODUCT)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node), _ATOM

    def _binary(self, node: Binary) -> tuple[str, int]:
        operator = node.operator
        if operator in _COMPARE:
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
            if self.whole:
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
            argument = node.arguments[0]
            if isinstance(argument, Name):
                return f"{name}({self.refs.whole(argument.id)})"
            inner = _Speller(self.refs, whole=True)
            return f"SUMPRODUCT({inner._value(argument)})"
        if node.function in {"AND", "OR", "NOT", "ISNUMBER"}:
            return f"{name}({','.join(self._text(a)[0] for a in node.arguments)})"
        if node.function == "IF":
            condition, *branches = node.arguments
            return f"IF({self._text(condition)[0]},{','.join(self._value(b) for b in branches)})"
        return f"{name}({','.join(self._value(a) for a in node.arguments)})"


def _is_truth(node: Node) -> bool:
    return (isinstance(node, Binary) and node.operator in _COMPARE) or (
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


_SPECIAL: Final[dict[str, Callable[[_Speller, Call], str]]] = {
    "PRIOR": lambda s, n: s.refs.prior(_name(n)),
    "CUMULATIVE": lambda s, n: f"SUM({s.refs.so_far(_name(n))})",
    "FIRST": lambda s, n: f"INDEX({s.refs.whole('month')},1,MATCH(1,{s.refs.whole(_name(n))},0))",
    "LAST": lambda s, n: f"INDEX({s.refs.whole(_name(n))},1,{s.refs.here('horizon')}+1)",
    "NPV": lambda s, n: f"NPV({s._value(n.arguments[0])},{s.refs.whole(_name(n, 1))})",
    "IRR": lambda s, n: f"IRR({s.refs.whole(_name(n))},{s._value(n.arguments[1])})",
    "XIRR": _xirr,
}
