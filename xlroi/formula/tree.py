"""The expression tree: six kinds of node, frozen, each knowing its place and (once checked) its type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from xlroi.formula.units import DIMENSIONLESS, Unit

__all__ = [
    "UNTYPED",
    "Binary",
    "Call",
    "FormulaError",
    "Kind",
    "Minus",
    "Name",
    "Node",
    "Number",
    "Text",
    "Type",
    "walk",
]

Kind = Literal["number", "flag", "text"]
"""``flag`` is 0 or 1, the only form in which a truth value enters a cell."""


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is: along which axes it runs, its unit and its kind.

    ``table`` names the table axis or is ``None``; ``month`` tells whether it runs along the timeline. ``beside`` is the
    line's own table, where it stands next to another one that an aggregate is about to reduce.
    """

    table: str | None = None
    month: bool = False
    unit: Unit = DIMENSIONLESS
    kind: Kind = "number"
    beside: str | None = None
    all_rows: bool = False
    """Of a line that also has a value where the row is inactive: an aggregate takes it all."""

    @property
    def axes(self) -> str:
        """The axes in words, as error messages name them."""
        return (
            " × ".join(a for a in (self.table, self.beside, "month" if self.month else None) if a) or "a single value"
        )


UNTYPED: Final = Type()


class FormulaError(Exception):
    """A formula that is refused: what, at which character (0-based), and the way out."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message, self.position = message, position


@dataclass(frozen=True, slots=True)
class Number:
    """A literal; ``percent`` remembers that it was written with ``%``."""

    value: float
    percent: bool = False
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A text literal."""

    value: str
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An input, a constant, a table column (``options.share``), a line, or a word of the timeline."""

    id: str
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Minus:
    """A negative."""

    operand: Node
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two expressions: arithmetic, a comparison, or ``&``."""

    operator: str
    left: Node
    right: Node
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function; ``over`` is the table of ``MAX(x OVER options)``.

    ``reduces`` is filled by the check: the axes ("table", "month") that an aggregate takes away.
    """

    function: str
    arguments: tuple[Node, ...]
    over: str | None = None
    position: int = field(default=0, compare=False, repr=False)
    type: Type = field(default=UNTYPED, compare=False, repr=False)
    reduces: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


Node = Number | Text | Name | Minus | Binary | Call


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, left first.

    >>> [n.id for n in walk(Binary("+", Name("a"), Minus(Name("b")))) if isinstance(n, Name)]
    ['a', 'b']
    """
    yield node
    match node:
        case Minus(operand=operand):
            yield from walk(operand)
        case Binary(left=left, right=right):
            yield from walk(left)
            yield from walk(right)
        case Call(arguments=arguments):
            for argument in arguments:
                yield from walk(argument)
        case _:
            return
