"""Lines that belong together: named formulas over the same leaves, checked and put in order.

A model is such a system, and so is a workbook: the model's lines and those of
its sheets (live inputs, totals, checks, sentences) are built by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from xlroi.formula.axes import reads_whole_table
from xlroi.formula.check import ANY_UNIT, Context, check, same_unit
from xlroi.formula.dead import is_dead
from xlroi.formula.graph import Edge, Group, edges, evaluation_order, find_cycle
from xlroi.formula.macros import expanded
from xlroi.formula.parse import parse
from xlroi.formula.scope import WHOLE_TIMELINE_DEAD, Cross, Declaration, Scope, Step, name_of
from xlroi.formula.tree import Call, FormulaError, Name, Node, Type
from xlroi.formula.units import DIMENSIONLESS, Unit

__all__ = ["Draft", "Line", "LineProblem", "Refused", "System", "Totalled", "build_system"]

Totalled = Literal["flow", "balance", "rate", "flag"]
"""How a line is totalled over time: flows and flags sum, balances take the last, rates have no total."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A line as it was written, before any check; ``unit`` ``None`` means derived."""

    id: str
    formula: str | Node
    table: str | None = None
    month: bool = False
    unit: Unit | None = None
    totalled: Totalled | None = None
    opening: float = 0.0
    handles_errors: bool = False
    guarded: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A function from months to numbers: its id, typed tree and type.

    ``opening`` is what PRIOR reads at step 0. ``reads`` are the names in the formula, each once, in its order.
    ``guarded`` lines of a table are the empty text where the row has no name.
    """

    id: str
    node: Node
    type: Type
    totalled: Totalled | None
    opening: float
    dead: bool
    reads: tuple[str, ...]
    guarded: bool = True

    @property
    def picks(self) -> str | None:
        """Of a line that names the best row of a table: the texts it picks from. Trials keep no other texts."""
        if isinstance(self.node, Call) and self.node.function in ("PICK_MIN", "PICK_MAX"):
            return next(label.id for label in self.node.arguments[1:] if isinstance(label, Name))
        return None


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line was refused."""

    id: str
    error: FormulaError


class Refused(Exception):
    """All lines that were refused, each with its reason."""

    def __init__(self, problems: list[LineProblem]) -> None:
        super().__init__("; ".join(f"{p.id}: {p.error.message}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class System:
    """Leaves and lines by name, and the groups in which lines are computed."""

    scope: Scope
    lines: Mapping[str, Line]
    groups: tuple[Group, ...]
    readers: Mapping[str, tuple[Edge, ...]] = field(repr=False)

    def extended(
        self,
        drafts: Iterable[Draft],
        leaves: Iterable[Declaration] = (),
        *,
        without: Iterable[str] = (),
        tables: Iterable[str] = (),
    ) -> System:
        """A larger system: more leaves, lines and tables; leaves in ``without`` give way to lines of that name."""
        names = {n: d for n, d in self.scope.names.items() if n not in set(without)}
        names |= {leaf.id: leaf for leaf in leaves}
        scope = replace(self.scope, names=names, tables={**self.scope.tables, **dict.fromkeys(tables)})
        return _built(scope, dict(self.lines), dict(self.readers), list(drafts))

    def needed(self, outputs: Iterable[str]) -> set[str]:
        """Every line that the outputs read, directly or not, the names of their rows, and the outputs themselves."""
        found: set[str] = set()
        pending = [o for o in outputs if o in self.lines]
        while pending:
            line = pending.pop()
            if line not in found:
                found.add(line)
                pending += [e.name for e in self.readers[line] if e.name in self.lines]
                guard = name_of(self.lines[line].type.table or "")
                pending += [guard] if guard in self.lines else []  # a row without a name shows nothing
        return found


def build_system(
    leaves: Iterable[Declaration],
    drafts: Iterable[Draft],
    tables: Mapping[str, Cross | None],
    step: Step = "month",
    ledgers: Iterable[str] = (),
) -> System:
    """Check all lines together; raises :class:`Refused` with every problem found.

    >>> system = build_system([Declaration("price", Type(), "input")], [Draft("twice", "price * 2")], {})
    >>> system.lines["twice"].reads
    ('price',)
    """
    return _built(
        Scope({leaf.id: leaf for leaf in leaves}, dict(tables), step, frozenset(ledgers)), {}, {}, list(drafts)
    )


def _built(scope: Scope, lines: dict[str, Line], readers: dict[str, tuple[Edge, ...]], drafts: list[Draft]) -> System:
    problems: list[LineProblem] = []
    trees: dict[str, Node] = {}
    by_id = {draft.id: draft for draft in drafts}
    for draft in drafts:
        try:
            tree = parse(draft.formula) if isinstance(draft.formula, str) else draft.formula
            trees[draft.id] = expanded(tree, scope.step)
        except FormulaError as error:
            problems.append(LineProblem(draft.id, error))
    readers |= {id: tuple(dict.fromkeys(edges(tree, scope.step))) for id, tree in trees.items()}
    groups = evaluation_order(readers)
    names = dict(scope.names)
    refused = {p.id for p in problems}
    for draft in drafts:
        names[draft.id] = _declared(draft)
    for group in groups:
        new = [id for id in group.ids if id in trees]
        if not new:
            continue
        cycle = find_cycle(group, readers) if group.recursive else None
        if cycle:
            path = " → ".join(cycle)
            problems.append(
                LineProblem(
                    cycle[0],
                    FormulaError(
                        f"lines read each other in a circle: {path}; read one of them a step earlier with PRIOR(...)"
                    ),
                )
            )
            refused.update(group.ids)
            continue
        for id in new:
            if any(e.name in refused for e in readers[id]):
                refused.add(id)  # what it reads is refused already: one message is enough
                continue
            draft = by_id[id]
            try:
                line = _line(draft, trees[id], replace(scope, names=names), readers[id], recursive=group.recursive)
                if group.by_row:
                    _runs_down(line, group)
            except FormulaError as error:
                problems.append(LineProblem(id, error))
                refused.add(id)
                continue
            lines[id] = line
            names[id] = Declaration(id, line.type, "line", line.dead)
    if problems:
        order = {draft.id: i for i, draft in enumerate(drafts)}
        raise Refused(sorted(problems, key=lambda p: order.get(p.id, 0)))
    return System(replace(scope, names=names), lines, tuple(groups), readers)


def _declared(draft: Draft) -> Declaration:
    """What is known of a line before its formula is checked, for those that read it a step earlier."""
    kind: Literal["number", "flag"] = "flag" if draft.totalled == "flag" else "number"
    return Declaration(
        draft.id, Type(draft.table, draft.month, draft.unit or DIMENSIONLESS, kind, None, not draft.guarded)
    )


def _runs_down(line: Line, group: Group) -> None:
    """A recursion down the rows cannot read all rows of itself."""
    circle = sorted(set(reads_whole_table(line.node)) & set(group.ids))
    if circle:
        raise FormulaError(f"the line reads all rows of {circle[0]!r}, which itself reads the rows above it: a circle")


def _line(draft: Draft, tree: Node, scope: Scope, reads: tuple[Edge, ...], *, recursive: bool) -> Line:
    context = Context(scope, draft.table, draft.month, draft.handles_errors)
    unit = draft.unit
    if unit is None and recursive:
        raise FormulaError("a line that reads itself a step earlier, or a row further up, must declare its unit")
    typed = check(tree, context)
    if unit is None:
        unit = DIMENSIONLESS if typed.type.unit == ANY_UNIT else typed.type.unit
    elif typed.type.kind != "text" and not same_unit(unit, typed.type.unit):
        raise FormulaError(f"unit mismatch: the formula is in {typed.type.unit}, the line declares {unit}")
    if draft.totalled == "flag" and typed.type.kind != "flag":
        raise FormulaError("the line is declared a flag, but its formula is no condition: compare, as x > 0")
    dead = is_dead(typed, scope) or draft.id in WHOLE_TIMELINE_DEAD
    if draft.month and draft.totalled in ("flow", "flag") and not dead:
        raise FormulaError(
            f"a {draft.totalled} is summed over time, and this one is not provably 0 after the horizon: "
            "add '* live' (or '* operating'), or declare it a balance or a rate"
        )
    found = Type(draft.table, draft.month, unit, typed.type.kind, None, not draft.guarded)
    names = tuple(dict.fromkeys(e.name for e in reads))
    return Line(draft.id, typed, found, draft.totalled, draft.opening, dead, names, draft.guarded)
