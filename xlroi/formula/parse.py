"""Text to tree. The grammar refuses what reads two ways; the messages say what to write instead."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from xlroi.formula.tree import Binary, Call, FormulaError, Minus, Name, Node, Number, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["parse"]

_LONGEST = 4000  # characters: far above any readable formula, far below what could exhaust a parser


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Lark's tree to ours."""

    def number(self, token: Token) -> Node:
        return Number(_float(token), position=_at(token))

    def percent(self, token: Token) -> Node:
        return Number(_float(token[:-1]) / 100, percent=True, position=_at(token))

    def text(self, token: Token) -> Node:
        return Text(token[1:-1].replace('""', '"'), position=_at(token))

    def name(self, token: Token) -> Node:
        return Name(str(token), position=_at(token))

    def minus(self, operand: Node) -> Node:
        return Minus(operand, position=operand.position)

    def binary(self, left: Node, operator: Token, right: Node) -> Node:
        return Binary(str(operator), left, right, position=_at(operator))

    def join(self, left: Node, right: Node) -> Node:
        return Binary("&", left, right, position=right.position)

    def power(self, left: Node, right: Node) -> Node:
        return Binary("^", left, right, position=right.position)

    def over(self, node: Node, table: Token) -> tuple[Node, Token]:
        return node, table

    def arguments(self, *items: Any) -> Sequence[Any]:
        return items

    def call(self, function: Token, arguments: Sequence[Any] | None = None) -> Node:
        nodes: list[Node] = []
        over = None
        for item in arguments or ():
            if isinstance(item, tuple):
                node, over = item
                nodes.append(node)
            else:
                nodes.append(item)
        return Call(str(function).upper(), tuple(nodes), str(over) if over else None, position=_at(function))


def _at(token: Token) -> int:
    return token.start_pos or 0


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise FormulaError(f"the number {text} is too large")
    return value


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = resources.files("xlroi.formula").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True)


def parse(text: str) -> Node:
    """The tree of a formula, without a leading ``=``; untyped until it is checked.

    Raises :class:`FormulaError` with the place and the way out.

    >>> parse("a * 10%")
    Binary(operator='*', left=Name(id='a'), right=Number(value=0.1, percent=True))
    """
    if len(text) > _LONGEST:
        raise FormulaError(f"the formula has {len(text)} characters; split it into lines")
    try:
        return _Builder().transform(_parser().parse(text))
    except UnexpectedInput as error:
        raise _explained(text, error) from None
    except RecursionError:
        raise FormulaError("the formula is nested too deeply; split it into lines") from None


def _explained(text: str, error: UnexpectedInput) -> FormulaError:
    position = len(text) if isinstance(error, UnexpectedEOF) else max(error.pos_in_stream or 0, 0)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        position = len(text)
    at_end = position >= len(text)
    before, found = text[:position].rstrip(), text[position : position + 12].strip()
    if not text.strip():
        message = "the formula is empty"
    elif text.lstrip().startswith("="):
        message = "a formula is written without a leading '='"
    elif text.count("(") != text.count(")"):
        message = (
            f"the formula ends early or its brackets do not match: {text!r}; if it stands inside {{...}} or "
            "[...], YAML cut it at a comma: put the formula in quotes"
        )
    elif found.startswith("^"):
        message = "'^' after a minus or another '^' reads two ways: write -(x^2) or (-x)^2, and (a^b)^c or a^(b^c)"
    elif found.startswith(("<", ">", "=")):
        message = "comparisons do not chain: write AND(a < b, b < c)"
    elif found.startswith(";"):
        message = "arguments are separated by a comma, not a semicolon"
    elif isinstance(error, UnexpectedCharacters):
        message = f"{text[position]!r} is not part of the formula language"
    elif at_end:
        message = f"the formula ends early, after {before[-20:]!r}"
    else:
        message = f"did not expect {found!r} after {before[-20:]!r}"
    return FormulaError(message, position)
