"""Which members of a table to choose, and in which step each begins, so that their worth is as large as can be.

The numbers are the model's own: the engine evaluates all members once for every step of start, and a mixed-integer
program over "member i begins in step s" chooses among them. The choice is then evaluated by the engine again.
Source of the formulation: time-indexed binaries of project selection and scheduling; solved by HiGHS (Huangfu and Hall
2018) through ``scipy.optimize.milp``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from xlroi.analysis.programme import Conflict, Proposal, Rule, Solved, colliding, solve
from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.model.case import Case, with_settings
from xlroi.model.model import Limit, Optimise

__all__ = [
    "FRONTIER",
    "Choice",
    "Frontier",
    "Optimum",
    "Point",
    "chosen_case",
    "frontier",
    "optimise",
    "optimum",
    "remark",
]

FRONTIER: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""The shares of the budgets for which the frontier is drawn."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the optimiser chose: member and step of start, in the order of the table.

    ``worths`` is what each adds and ``worth`` their sum, ``bound`` what no choice can exceed, ``gap`` the distance of
    the two as a share. ``rejected`` tells why members were not open to choice.
    """

    starts: Mapping[str, int]
    worths: Mapping[str, float]
    worth: float
    bound: float
    gap: float
    proposed: int
    rejected: Mapping[str, str]
    seconds: float
    solver: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the efficient frontier: the share of the budgets, their sum, and the worth of the best choice."""

    share: float
    budget: float
    worth: float
    chosen: int
    gap: float


Frontier = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best choice of a case, and the best choices at other budgets."""

    choice: Choice
    frontier: Frontier


def optimise(case: Case, *, gap: float = 1e-4, seconds: float = 45.0, progress: Progress = lambda _: None) -> Choice:
    """The choice of members and starts with the largest worth, proven to be within ``gap`` of the best there is.

    ``seconds`` ends the search; the gap then reached is reported. Raises :class:`InputError` where the model asks for
    no choice, where a window is empty or lies behind the horizon, where what must be chosen cannot be (naming the
    constraints that collide), and where nothing fits. What has begun stays as it is.

    >>> from xlroi.model.case import case_from
    >>> from xlroi.model.loading import parse_yaml
    >>> found = optimise(case_from(parse_yaml("model: portfolio", "case.yaml")))
    >>> found.starts["Access controls"], found.gap <= 1e-4
    (1, True)
    """
    progress("evaluating every start")
    offer = _Offer(case)
    progress("choosing")
    return _choice(offer, _best(offer, gap, seconds))


def optimum(case: Case, *, gap: float = 1e-4, seconds: float = 45.0, progress: Progress = lambda _: None) -> Optimum:
    """The best choice and the frontier, each search within ``gap`` and ``seconds``; raises as :func:`optimise`."""
    progress("evaluating every start")
    offer = _Offer(case)
    progress("choosing")
    best = _best(offer, gap, seconds)
    return Optimum(_choice(offer, best), _frontier(offer, gap, seconds, progress, best))


def frontier(case: Case, *, gap: float = 1e-4, seconds: float = 20.0, progress: Progress = lambda _: None) -> Frontier:
    """The worth of the best choice when every budget is scaled by one of :data:`FRONTIER`.

    A share of the budgets with which what must be chosen cannot be has no point.
    """
    return _frontier(_Offer(case), gap, seconds, progress)


def _best(offer: _Offer, gap: float, seconds: float) -> Solved:
    """The best choice at the budgets as they are, or why there is none."""
    solved = solve(offer.proposals, offer.rules, gap, seconds)
    if solved is None:
        raise InputError(_collision(colliding(offer.proposals, offer.rules)))
    if not solved.starts:
        raise InputError(_nothing(offer))
    return solved


def _frontier(offer: _Offer, gap: float, seconds: float, progress: Progress, best: Solved | None = None) -> Frontier:
    """``best`` is the solution at the budgets as they are, where it is known already."""
    points = []
    without = {rule.name: rule.most for rule in offer.rules_at(0.0)}
    for share in FRONTIER:
        progress(f"budgets at {share:.0%}")
        rules = offer.rules_at(offer.scale * share)
        solved = best if best and share == 1 else solve(offer.proposals, rules, gap, seconds)
        if solved is not None:
            budget = sum(rule.most for rule in rules if rule.most != without[rule.name])
            points.append(Point(share, budget, solved.worth, len(solved.starts), solved.gap))
    return tuple(points)


def remark(choice: Choice, name: str) -> str:
    """Why a member was not chosen, in words; nothing for one that was."""
    return choice.rejected.get(name, "" if name in choice.starts else "other choices are worth more")


def chosen_case(case: Case, choice: Choice) -> Case:
    """The case with the choice in its decision columns; a member not chosen keeps its start."""
    asked = _asked(case)
    settings = []
    for row in case.tables[asked.table]:
        start = choice.starts.get(row.name)
        settings.append(f"{asked.table}[{row.name}].{asked.choose}={'no' if start is None else 'yes'}")
        if start is not None:
            settings.append(f"{asked.table}[{row.name}].{asked.start}={start}")
    return with_settings(case, settings)


def _asked(case: Case) -> Optimise:
    if case.model.optimise is None:
        raise InputError(
            f"model {case.model.id!r} asks for no choice: only a template with 'optimise:' can be optimised"
        )
    return case.model.optimise


class _Offer:
    """The proposals of a case and the rules among them, with the engine's numbers."""

    def __init__(self, case: Case) -> None:
        self.case, self.asked = case, _asked(case)
        self.rows = case.tables[self.asked.table]
        self.names = [row.name for row in self.rows]
        self.index = {name.casefold(): i for i, name in enumerate(self.names)}
        self.engine = Engine(case.model.system, case.model.steps)
        self.horizon = int(self._given(case.model.horizon))
        self.begun, self.after = self._under_way()
        self.windows = [self._window(i, row) for i, row in enumerate(self.rows)]
        self.needs = list(self._needs())
        self.arrays = self._evaluated()
        self.rejected: dict[str, str] = {}
        self.proposals = [self._proposal(i) for i in range(len(self.names))]
        for _, member, needed, _ in self.needs:
            if self.proposals[member].starts and not self.proposals[needed].starts:
                self.rejected[self.names[member]] = f"needs {self.names[needed]!r}, which is not open to choice"
        self.scale = self._given(self.asked.scale)
        self.rules = self.rules_at(self.scale)

    def _given(self, id: str) -> float:
        return float(self.case.inputs[id].value(self.case.scenario))

    def _under_way(self) -> tuple[list[bool], int]:
        """Which members have begun and stay as they are, and the last step in which nothing can begin any more."""
        asked = self.asked
        values = self.engine.evaluate(self.case.values(), outputs=[asked.begun, asked.after])
        after = values.cell(asked.after)
        begun = [values.cell(asked.begun, i) == 1 for i in range(len(self.rows))]
        return begun, int(after) if isinstance(after, float) and after > 0 else -1

    def _window(self, i: int, row: Any) -> range:
        if self.begun[i]:
            start = int(row.values[self.asked.start])
            return range(start, start + 1)
        first, last = int(row.values[self.asked.earliest]), int(row.values[self.asked.latest])
        where = f"{self.asked.table}[{row.name}]"
        if first > self.horizon:
            step = self.case.model.step
            raise InputError(
                f"{where}: starts in {step} {first} at the earliest, after the horizon of {self.horizon} {step}s: "
                f"move {self.asked.earliest} or lengthen {self.case.model.horizon}"
            )
        if last < first:
            raise InputError(f"{where}: the window ends ({last}) before it begins ({first})")
        return range(max(first, self.after + 1), min(last, self.horizon) + 1)

    def _evaluated(self) -> dict[str, Array]:
        """Every line that the choice reads, [starts, members, steps], all members beginning in the same step."""
        asked = self.asked
        starts = np.arange(self.horizon + 1.0)
        leaf = self.case.model.tables[asked.table].columns[asked.start].leaf
        leaves = self.case.values()
        spare = len(leaves[leaf]) - len(self.rows)
        column = np.repeat(starts[:, None, None], len(self.rows) + spare, axis=1)
        wanted = [asked.worth, asked.admitted, *(n for limit in asked.limits for n in (limit.flow, limit.step_number))]
        return self.engine.trials({**leaves, leaf: column}, dict.fromkeys(wanted), len(starts))

    def _proposal(self, i: int) -> Proposal:
        asked, row = self.asked, self.rows[i]
        must = row.values[asked.mandatory] == "yes" or self.begun[i]
        starts = {}
        for start in self.windows[i]:
            worth = float(self.arrays[asked.worth][start, i, 0])
            if math.isfinite(worth) and (must or self.arrays[asked.admitted][start, i, 0] == 1):
                starts[start] = worth
        if not starts:
            self.rejected[row.name] = self._why(i)
        return Proposal(row.name, starts, must)

    def _why(self, i: int) -> str:
        if not self.windows[i]:
            return f"its window has passed: {self.case.model.step} {self.after} is over"
        start = self.windows[i].start
        if math.isnan(float(self.arrays[self.asked.worth][start, i, 0])):
            return "its worth is no number"
        return f"not admitted by the gate at any start from {start} to {self.windows[i][-1]}"

    def _needs(self) -> Iterator[tuple[str, int, int, int]]:
        """Rows of the table of dependencies: its name, the member, what it needs, and the gap."""
        table = self.asked.requires
        for row in self.case.tables[table.table]:
            member, needed = (self.index[str(row.values[k]).casefold()] for k in (table.member, table.needs))
            yield row.name, member, needed, int(float(row.values[table.gap]))  # type: ignore[arg-type]  # a number

    def _excluded(self) -> Iterator[tuple[str, int, int]]:
        table = self.asked.excludes
        for row in self.case.tables[table.table]:
            one, other = (self.index[str(row.values[k]).casefold()] for k in (table.one, table.other))
            yield row.name, one, other

    def rules_at(self, scale: float) -> list[Rule]:
        """All rules, with the budgets at a scale."""
        rules = [Rule(f"dependency {row!r}", needs=(i, j, gap)) for row, i, j, gap in self.needs]
        rules += [Rule(f"exclusion {row!r}", excludes=(i, j)) for row, i, j in self._excluded()]
        leaves = {**self.case.values(), self.asked.scale: scale}
        here = self.engine.evaluate(leaves, outputs=[limit.limit for limit in self.asked.limits])
        for limit in self.asked.limits:
            numbers = self.case.tables[limit.table]
            listed = np.zeros(self.horizon + 1, dtype=bool)
            steps = self.arrays[limit.step_number][0, 0, : self.horizon + 1]
            for row, period in enumerate(numbers):
                number: Any = period.values[limit.number]
                inside = np.equal(steps, number)
                listed |= inside
                if not inside.any():
                    continue
                most = here.cell(limit.limit, row)
                if not isinstance(most, float):
                    raise InputError(f"{limit.table}[{period.name}]: the limit of {limit.label} is {most}")
                rules.append(Rule(f"{limit.label} of {period.name}", use=self._use(limit, inside), most=most))
            if not listed.all():
                name = f"{limit.label} of steps without a row in {limit.table!r}"
                rules.append(Rule(name, use=self._use(limit, ~listed), most=0.0))
        return rules

    def _use(self, limit: Limit, steps: np.ndarray) -> Array:
        """What each member uses in some of the steps, by its start, [starts, members]."""
        found: Array = np.nansum(self.arrays[limit.flow][:, :, : self.horizon + 1][:, :, steps], axis=2)
        return found


def _choice(offer: _Offer, solved: Solved) -> Choice:
    """The choice, held against the engine: the sum of the chosen rows' worth is what the program maximised."""
    order = sorted(solved.starts.items())
    found = Choice(
        {offer.names[i]: s for i, s in order},
        {offer.names[i]: offer.proposals[i].starts[s] for i, s in order},
        solved.worth,
        solved.bound,
        solved.gap,
        len(offer.names),
        offer.rejected,
        solved.seconds,
        solved.solver,
    )
    case = chosen_case(offer.case, found)
    values = offer.engine.evaluate(case.values(), outputs=[offer.asked.worth])
    worths: list[Any] = [values.cell(offer.asked.worth, i) for i in solved.starts]
    total = sum(worths)
    if not math.isclose(total, solved.worth, rel_tol=1e-9, abs_tol=1e-6):
        raise RuntimeError(f"the choice is worth {solved.worth}, and the engine says {total}")
    return found


def _collision(conflict: Conflict) -> str:
    """What cannot hold together, in words."""
    return (
        "no choice keeps every rule. These collide: " + "; ".join(conflict.rules) + ". "
        "Relax one of them; without any single one of them a choice exists"
    )


def _nothing(offer: _Offer) -> str:
    """Why nothing was chosen: nothing admitted, nothing worth its cost, or nothing that fits."""
    open_ = [p for p in offer.proposals if p.starts]
    if not open_:
        return "nothing can be chosen: the gate admits no member; see the column of the gate in the results"
    worthy = [p for p in open_ if max(p.starts.values()) > 0]
    if not worthy:
        return "nothing is worth choosing: no admitted member adds more than it costs"
    rules = [rule for rule in offer.rules if rule.use is not None]

    def broken(proposal: Proposal) -> str:
        i = offer.index[proposal.name.casefold()]
        for rule in rules:
            use = min(float(rule.use[s, i]) for s in proposal.starts)  # type: ignore[index]  # rules with a use
            if use > rule.most:
                return f"{proposal.name} asks {use:,.0f} of the {rule.name}, which allows {rule.most:,.0f}"
        return f"{proposal.name} fits, but not with what it needs"

    return "nothing fits: " + "; ".join(broken(p) for p in worthy[:5])
