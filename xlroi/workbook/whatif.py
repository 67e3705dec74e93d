"""What-If tables: scenarios side by side, the tornado, two inputs at a time and break-even values, all live.

A What-If table types numbers into its own input cells, lets the whole book recalculate, and keeps what one cell then
shows. At rest those input cells hold 0. Their values here are trials of the engine over the same leaves.

Every live input is ``its scenario value, or an end of its range where the tornado asks for it, plus a shift``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from xlroi.analysis.goal import Solution, solve
from xlroi.engine.run import Engine
from xlroi.engine.run import Leaf as LeafValue
from xlroi.formula.scope import Declaration, name_of
from xlroi.formula.system import Draft
from xlroi.formula.tree import Kind, Type
from xlroi.model.case import Case
from xlroi.model.model import SCENARIOS, Check, Goal, Model
from xlroi.workbook.lines import ITEM, SHOWN, SIDE, Additions, as_shown, chosen, high_of, low_of, number_of, shift_of

__all__ = ["ACROSS", "DOWN", "OUTPUT", "PICKED", "Grid", "WhatIfs", "what_ifs"]

ACROSS: Final = "two.across"
"""The input cell of the two-way table's top row; ``DOWN`` is the one of its left column."""
DOWN: Final = "two.down"
OUTPUT: Final = "book.output"
"""The leaf with the label of the output that the sheet Sensitivity shows."""
PICKED: Final = "book.picked"
"""The line with that output's value."""

FACTORS: Final = (0.7, 0.85, 1.0, 1.15, 1.3)
_MOST: Final = 10
_BEYOND: Final = 1e13


@dataclass(frozen=True, slots=True)
class Grid:
    """One What-If table. ``top`` and ``side`` are the values along the edges: numbers, or the line that holds them.

    ``across`` and ``down`` are the leaves that these values are typed into. ``outputs`` is what is kept: one for the
    whole table, or one a column where only ``down`` varies (a line and its member). ``body`` names the leaf and member
    behind every cell, by rows. On the sheet such a table is one a column: LibreOffice 7.4 computes no more.
    """

    outputs: tuple[tuple[str, int], ...]
    body: tuple[tuple[tuple[str, int], ...], ...]
    across: str | None = None
    top: tuple[float, ...] | str = ()
    down: str | None = None
    side: tuple[float, ...] | str = ()


@dataclass
class WhatIfs:
    """What the sheets Scenarios and Sensitivity add to a book."""

    additions: Additions = field(default_factory=Additions)
    leaves: dict[str, LeafValue] = field(default_factory=dict)
    computed: dict[str, LeafValue] = field(default_factory=dict)
    """Leaves that What-If tables fill in."""
    tables: list[str] = field(default_factory=list)
    grids: dict[str, Grid] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    """Label to id of the outputs to choose from on Sensitivity."""
    varied: list[str] = field(default_factory=list)
    """The inputs of the tornado."""
    two_way: tuple[str, str] | None = None
    goals: list[Goal] = field(default_factory=list)

    def line(self, id: str, formula: str, table: str | None = None) -> None:
        self.additions.drafts.append(Draft(id, formula, table, guarded=False))

    def leaf(self, id: str, of: Type, value: LeafValue, *, computed: bool = False) -> None:
        self.additions.leaves.append(Declaration(id, of, "input"))
        (self.computed if computed else self.leaves)[id] = value

    def table(self, id: str, names: Iterable[str]) -> None:
        self.tables.append(id)
        self.leaf(name_of(id), Type(id, kind="text"), list(names))


def what_ifs(case: Case, rows: dict[str, int]) -> WhatIfs | None:
    """The What-If tables of a case, or ``None`` where nothing varies; ``rows`` counts the rows of each table."""
    model = case.model
    varied = [id for id, given in case.inputs.items() if _has_ends(model, id, given.optimistic, given.pessimistic)]
    numbers = [h for h in model.headlines if model.system.lines[h].type.kind == "number"]
    if not varied or not numbers:
        return None
    labels = {model.texts[id].label.replace(",", ";"): id for id in numbers}  # a comma parts the choices of a list
    found = WhatIfs(varied=varied, outputs=labels)
    _scenarios(found, model, rows)
    _picked(found)
    _tornado(found, model)
    _two_way(found, model)
    engine = Engine(model.system, model.steps)
    for number, goal in enumerate(model.goals, 1):
        _goal(found, model, number, goal, solve(case, goal.output, goal.target, goal.input, engine))
    _live(found, model)
    _at_rest(found)
    return found


def _has_ends(model: Model, id: str, optimistic: float | None, pessimistic: float | None) -> bool:
    return not model.inputs[id].is_date and not (optimistic is None and pessimistic is None)


def _live(found: WhatIfs, model: Model) -> None:
    """What each live input reads beside its scenario value: its number in the tornado and its shift."""
    shifts: dict[str, list[str]] = {}
    if found.two_way:
        shifts = {found.two_way[0]: [ACROSS], found.two_way[1]: [DOWN]}
    for number, goal in enumerate(found.goals, 1):
        shifts.setdefault(goal.input, []).append(f"goal{number}.at")
    for id, declared in model.inputs.items():
        if declared.is_date:
            continue
        found.leaf(number_of(id), Type(), float(found.varied.index(id) + 1) if id in found.varied else -1.0)
        if id in shifts:
            found.additions.drafts.append(Draft(shift_of(id), " + ".join(shifts[id]), unit=declared.unit))
        else:
            found.leaf(shift_of(id), Type(unit=declared.unit), 0.0)


def _scenarios(found: WhatIfs, model: Model, rows: dict[str, int]) -> None:
    found.leaf(SHOWN, Type(), 0.0)
    found.table("scenarios", [as_shown(s) for s in SCENARIOS])
    outputs: list[tuple[str, int]] = []
    leaves = []
    for output in model.outputs:
        if output.table is not None and output.id not in model.compared:
            continue
        for member in range(rows[output.table] if output.table else 1):
            kind: Kind = "text" if model.system.lines[output.id].type.kind == "text" else "number"
            leaves.append(f"scenarios.{output.id}" + (f".{member + 1}" if output.table else ""))
            blank: LeafValue = [""] * 3 if kind == "text" else [None] * 3
            found.leaf(leaves[-1], Type("scenarios", kind=kind), blank, computed=True)
            outputs.append((output.id, member))
    body = tuple(tuple((leaf, i) for leaf in leaves) for i in range(len(SCENARIOS)))
    found.grids["scenarios"] = Grid(tuple(outputs), body, down=SHOWN, side=(1.0, 2.0, 3.0))
    first = next(h for h in found.outputs.values())
    column = f"AT(book.scenario, scenarios.{first})"
    found.line("book.scenario_column", f"IF(ISNUMBER(BARE({first})), {column}, 0)")
    found.line("book.scenario_live", f"IF(ISNUMBER(BARE({first})), BARE({first}), 0)")
    check = Check("scenarios_agree", "Scenarios: the column of the chosen scenario is the live result", "error", "")
    size = "ABS(book.scenario_live)"
    formula = f"ABS(book.scenario_column - book.scenario_live) <= check_tolerance * {size}"
    found.additions.checks.append((check, formula))


def _picked(found: WhatIfs) -> None:
    """The chosen output: down a list of headlines, each line takes its own value where its label is the chosen one."""
    preferred = next((label for label, id in found.outputs.items() if id.startswith("npv")), None)
    found.leaf(OUTPUT, Type(kind="text"), preferred or next(iter(found.outputs)))
    so_far = "0"
    for number, (label, id) in enumerate(found.outputs.items(), 1):
        text = label.replace('"', "'")
        found.line(f"book.pick{number}", f'IF({OUTPUT} = "{text}", BARE({id}), {so_far})')
        so_far = f"book.pick{number}"
    found.line(PICKED, so_far)


def _tornado(found: WhatIfs, model: Model) -> None:
    """Each varied input at both ends of its range, and last nothing changed; then the widest in their order."""
    count = len(found.varied) + 1
    labels = [model.inputs[id].label for id in found.varied] + ["As it stands"]
    found.leaf(ITEM, Type(), 0.0)
    found.leaf(SIDE, Type(), 0.0)
    found.leaf("book.tie", Type(), 1e-9)
    found.leaf("book.beyond", Type(), _BEYOND)
    found.table("tornado", [f"{i + 1}" for i in range(count)])
    numbers = [float(i + 1) for i in range(count)]
    found.leaf("tornado.number", Type("tornado"), numbers)
    found.leaf("tornado.label", Type("tornado", kind="text"), labels)
    for end in ("low", "high"):
        found.leaf(f"tornado.{end}", Type("tornado"), [None] * count, computed=True)
    body = tuple((("tornado.low", i), ("tornado.high", i)) for i in range(count))
    found.grids["tornado"] = Grid(((PICKED, 0),), body, SIDE, (1.0, 2.0), ITEM, tuple(numbers))
    found.line("tornado.swing", "ABS(tornado.high - tornado.low)", "tornado")
    # What is left of two equal numbers is no swing; spreadsheets differ on it.
    rest = "(ABS(tornado.high) + ABS(tornado.low)) * book.tie"
    found.line("tornado.felt", f"tornado.swing * (tornado.swing > {rest})", "tornado")
    # The tie breaker is relative, or it would vanish behind the fifteenth digit; and absolute, for swings of 0.
    key = "tornado.felt * (1 - tornado.number * book.tie) - tornado.number * book.tie"
    found.line("tornado.key", f"IF(ISNUMBER(tornado.swing), {key}, book.beyond - tornado.number)", "tornado")
    found.line("tornado.place", "RANK(tornado.key)", "tornado")
    most = min(_MOST, len(found.varied))
    found.table("top", [f"{i + 1}" for i in range(most)])
    found.leaf("top.place", Type("top"), [float(i + 1) for i in range(most)])
    found.line("top.number", "SUM((tornado.place = top.place) * tornado.number)", "top")
    found.line("top.key", "FIXED(top.number, 0)", "top")
    found.line("top.label", "AT(top.key, tornado.label)", "top")
    for end in ("low", "high"):
        found.line(f"top.{end}", f"AT(top.key, tornado.{end})", "top")
        found.line(f"top.{end}_effect", f"top.{end} - {PICKED}", "top")
    base = f'AT("{count}", tornado.low)'
    found.line("book.tornado_base", f"IF(ISNUMBER({PICKED}), {base}, 0)")
    found.line("book.tornado_live", f"IF(ISNUMBER({PICKED}), {PICKED}, 0)")
    check = Check("tornado_agrees", "Sensitivity: with nothing changed the table shows the live result", "error", "")
    formula = "ABS(book.tornado_base - book.tornado_live) <= check_tolerance * ABS(book.tornado_live)"
    found.additions.checks.append((check, formula))
    names = [f'AT("{i + 1}", top.label)' for i in range(min(3, most))]
    for number, name in enumerate(names, 1):
        found.line(f"book.mover{number}", name)
    movers = ' & ", " & '.join(f"book.mover{i + 1}" for i in range(len(names)))
    found.line("book.says_movers", f'{OUTPUT} & " moves most with: " & {movers} & "."')


def _two_way(found: WhatIfs, model: Model) -> None:
    """Two inputs by factors of their scenario values, kept inside their bounds."""
    pair = model.two_way or (tuple(found.varied[:2]) if len(found.varied) > 1 else None)
    if pair is None:
        return
    found.two_way = (pair[0], pair[1])
    count = len(FACTORS)
    for table, leaf, id in (("across", ACROSS, pair[0]), ("down", DOWN, pair[1])):
        found.table(table, [f"{i + 1}" for i in range(count)])
        found.leaf(f"{table}.factor", Type(table), list(FACTORS))
        value = f"BARE({chosen(id)}) * {table}.factor"
        for word, bound, given in (
            ("MAX", low_of(id), model.inputs[id].minimum),
            ("MIN", high_of(id), model.inputs[id].maximum),
        ):
            value = f"{word}({value}, BARE({bound}))" if given is not None else value
        found.line(f"{table}.value", value, table)
        found.line(f"{table}.shift", f"{table}.value - BARE({chosen(id)})", table)
        found.leaf(leaf, Type(unit=model.inputs[id].unit), 0.0)
    for column in range(count):
        found.leaf(f"down.at{column + 1}", Type("down"), [None] * count, computed=True)
    body = tuple(tuple((f"down.at{c + 1}", r) for c in range(count)) for r in range(count))
    found.grids["two"] = Grid(((PICKED, 0),), body, ACROSS, "across.shift", DOWN, "down.shift")


def _goal(found: WhatIfs, model: Model, number: int, goal: Goal, solution: Solution) -> None:
    """The value of an input at which an output reaches its target: stamped, and beside it what the book shows there."""
    unit, stamp = model.inputs[goal.input].unit, f"goal{number}"
    found.goals.append(goal)
    value = None if solution.value is None else float(f"{solution.value:.10g}")
    found.leaf(f"{stamp}.at", Type(unit=unit), 0.0)
    found.leaf(f"{stamp}.value", Type(unit=unit), value)
    found.leaf(f"{stamp}.target", Type(), goal.target)
    found.leaf(f"{stamp}.shown", Type(), None, computed=True)
    shift = f"IF(ISNUMBER({stamp}.value), {stamp}.value - {chosen(goal.input)}, 0)"
    found.line(f"{stamp}.shift", shift)
    found.line(f"{stamp}.gap", f"IF(ISNUMBER({stamp}.shown), {stamp}.shown - {stamp}.target, book.beyond)")
    found.line(f"{stamp}.size", f"IF(ISNUMBER(BARE({goal.output})), ABS(BARE({goal.output})), 0) + ABS({stamp}.target)")
    proven = f'IF(ABS({stamp}.gap) <= check_tolerance * {stamp}.size + check_tolerance, "proven", "STALE")'
    found.line(f"{stamp}.says", f'IF(ISNUMBER({stamp}.value), {proven}, "no value reaches it")')
    found.grids[stamp] = Grid(
        ((goal.output, 0),), (((f"{stamp}.shown", 0),),), down=f"{stamp}.at", side=f"{stamp}.shift"
    )


def _at_rest(found: WhatIfs) -> None:
    """A case that was left in an input cell of a What-If table would make every headline wrong."""
    cells = [cell for grid in found.grids.values() for cell in (grid.across, grid.down) if cell]
    moved = {f"book.resting{number}": f"(BARE({cell}) <> 0)" for number, cell in enumerate(cells, 1)}
    check = Check(
        "what_ifs_rest", "What-If tables are at rest", "error", "Their input cells on Scenarios and Sensitivity hold 0"
    )
    found.additions.checks.append((check, f"{found.additions.sum_down(moved)} = 0"))
