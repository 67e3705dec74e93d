"""Who reads whom, and in which order lines can be computed.

An edge says how a line reads another: in the ``same`` step, in an earlier one
(``lag``), in the row above (``above``), or over ``all`` steps. Recursion through
``lag`` is what corkscrews are made of, recursion through ``above`` what levers on a
remainder are; a cycle of ``same`` or ``all`` edges has no answer and is printed as a path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.tree import Binary, Call, Minus, Name, Node

__all__ = ["Edge", "Group", "edges", "evaluation_order", "find_cycle"]

How = Literal["same", "lag", "above", "all"]

_EARLIER: Final = frozenset({"lag", "above"})
"""Edges that a recursion may run through."""


@dataclass(frozen=True, slots=True)
class Edge:
    """``name`` is read ``how``."""

    name: str
    how: How


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that are computed together, in this order: one line, or a recursion.

    ``by_step`` tells that the recursion runs from step to step, ``by_row`` that it runs down the rows of a table.
    """

    ids: tuple[str, ...]
    recursive: bool
    by_step: bool = False
    by_row: bool = False


def edges(node: Node, step: str = "month", how: How = "same") -> Iterator[Edge]:
    """Every name the formula reads, in the order of its text, the implied ones first.

    ``step`` is the word for the number of a column.

    >>> from xlroi.formula.parse import parse
    >>> [f"{e.name}:{e.how}" for e in edges(parse("PRIOR(fleet) + bought"))]
    ['fleet:lag', 'bought:same']
    """
    match node:
        case Name(id=name):
            yield Edge(name, how)
        case Minus(operand=operand):
            yield from edges(operand, step, how)
        case Binary(left=left, right=right):
            yield from edges(left, step, how)
            yield from edges(right, step, how)
        case Call(function=name, arguments=arguments, over=over):
            function = FUNCTIONS.get(name)
            for implied in function.implied if function else ():
                yield Edge(step if implied == "step" else implied, how)
            for index, argument in enumerate(arguments):
                inner = how
                if function and function.shape == "previous" and index == 0:
                    inner = "lag"
                elif name == "ABOVE":
                    inner = "above"
                elif over == "month" or (function and index in function.series):
                    inner = "all"
                yield from edges(argument, step, inner)
        case _:
            return


def evaluation_order(readers: Mapping[str, Sequence[Edge]]) -> list[Group]:
    """Groups in an order in which each reads only earlier groups (Tarjan's components, iteratively).

    ``readers`` maps a line to what it reads; names that are no lines are ignored.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    groups: list[Group] = []
    targets = {line: [e.name for e in found if e.name in readers] for line, found in readers.items()}
    for root in readers:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(targets[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            line, pending = work[-1]
            following = next(pending, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[line])
                if low[line] == index[line]:
                    members = _component(line, stack, on_stack)
                    recursive = len(members) > 1 or line in targets[line]
                    inside = set(members)
                    how = {e.how for m in members for e in readers[m] if e.name in inside}
                    order = _within(members, readers) if recursive else members
                    groups.append(Group(order, recursive, bool(how - {"same", "above"}), "above" in how))
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(targets[following])))
            elif following in on_stack:
                low[line] = min(low[line], index[following])
    return groups


def _component(root: str, stack: list[str], on_stack: set[str]) -> tuple[str, ...]:
    members = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        members.append(member)
        if member == root:
            return tuple(reversed(members))


def _within(members: tuple[str, ...], readers: Mapping[str, Sequence[Edge]]) -> tuple[str, ...]:
    """The members in the order of their same-step reads; a cycle leaves the order open (the check refuses it)."""
    inside, done, order = set(members), set[str](), list[str]()

    def visit(line: str) -> None:
        if line in done:
            return
        done.add(line)
        for edge in readers[line]:
            if edge.how not in _EARLIER and edge.name in inside:
                visit(edge.name)
        order.append(line)

    for member in sorted(members, key=list(readers).index):
        visit(member)
    return tuple(order)


def find_cycle(group: Group, readers: Mapping[str, Sequence[Edge]]) -> list[str] | None:
    """A path of names that leads back to its start without going through an earlier step, or ``None``.

    >>> find_cycle(Group(("a", "b"), True), {"a": [Edge("b", "same")], "b": [Edge("a", "same")]})
    ['a', 'b', 'a']
    """
    inside = set(group.ids)
    done: set[str] = set()
    for root in group.ids:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = [(root, _free(root, inside, readers))]
        path.append(root)
        while stack:
            _, pending = stack[-1]
            following = next(pending, None)
            if following is None:
                done.add(path.pop())
                stack.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                path.append(following)
                stack.append((following, _free(following, inside, readers)))
    return None


def _free(line: str, inside: set[str], readers: Mapping[str, Sequence[Edge]]) -> Iterator[str]:
    return (e.name for e in readers[line] if e.how not in _EARLIER and e.name in inside)
