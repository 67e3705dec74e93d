"""Recursions made cheap: what a formula of a recursion does not take from it is taken out, to be computed once."""

from __future__ import annotations

from dataclasses import replace

from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, walk

__all__ = ["hoist"]


def hoist(node: Node, members: frozenset[str], id: str) -> tuple[Node, dict[str, Node]]:
    """The tree with every largest part that reads none of ``members`` replaced by a name, and those parts by name.

    >>> from xlroi.formula.parse import parse
    >>> tree, parts = hoist(parse("PRIOR(debt) + 2 * drawn / rate"), frozenset({"debt"}), "debt")
    >>> list(parts), type(tree.right).__name__
    (['debt~1'], 'Name')
    """
    parts: dict[str, Node] = {}

    def taken(inner: Node) -> Node:
        if isinstance(inner, Call | Binary | Minus) and not any(
            isinstance(n, Name) and n.id in members for n in walk(inner)
        ):
            if inner.type.kind == "text":
                return inner
            name = f"{id}~{len(parts) + 1}"
            parts[name] = inner
            return Name(name, inner.position, type=inner.type)
        match inner:
            case Minus(operand=operand):
                return replace(inner, operand=taken(operand))
            case Binary(left=left, right=right) if left.type.kind != "text":
                return replace(inner, left=taken(left), right=taken(right))
            case Call(function=function, arguments=arguments, reduces=reduces):
                if reduces or FUNCTIONS[function].shape not in ("elementwise", "aggregate"):
                    return inner  # it reads more than the present step, or lines by their names
                return replace(inner, arguments=tuple(taken(a) for a in arguments))
            case _:
                return inner

    return taken(node), parts
