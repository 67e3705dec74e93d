"""A programme of proposals as a mixed-integer program: one binary for each proposal and step in which it may begin."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xlroi.engine.array import Array
from xlroi.errors import InputError

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

__all__ = ["Conflict", "Proposal", "Rule", "Solved", "colliding", "solve"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that may begin in one of several steps, and what it is worth in each; ``must``: it has to."""

    name: str
    starts: Mapping[int, float]
    must: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a limit on what is used (``use`` [starts, proposals], at most ``most``), a dependency (proposal, what
    it needs, how many steps before), or an exclusion of two."""

    name: str
    use: Array | None = None
    most: float = 0.0
    needs: tuple[int, int, int] | None = None
    excludes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Solved:
    """The starts by proposal, their worth, what no choice exceeds, and the distance of the two as a share."""

    starts: Mapping[int, int]
    worth: float
    bound: float
    gap: float
    seconds: float
    solver: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules that cannot hold together, and of which none can be left out without the others holding."""

    rules: tuple[str, ...]


def solve(proposals: Sequence[Proposal], rules: Sequence[Rule], gap: float, seconds: float) -> Solved | None:
    """The best choice within ``gap`` of what no choice exceeds, or ``None`` where no choice keeps every rule.

    Raises :class:`InputError` where ``seconds`` pass before any choice is found.

    >>> two = [Proposal("A", {0: 5.0, 1: 4.0}), Proposal("B", {0: 3.0})]
    >>> one_at_a_time = Rule("exclusion", excludes=(0, 1))
    >>> dict(solve(two, [one_at_a_time], 0.0, 10).starts)
    {0: 0}
    """
    import scipy
    from scipy.optimize import Bounds, milp

    columns = [(i, s) for i, p in enumerate(proposals) for s in p.starts]
    began = time.perf_counter()
    if not columns:
        impossible = any(p.must for p in proposals)
        return None if impossible else Solved({}, 0.0, 0.0, 0.0, 0.0, "no program: nothing is open to choice")
    worth = np.array([proposals[i].starts[s] for i, s in columns])
    constraints = _constraints(proposals, rules, columns)
    if constraints is None:
        return None
    with _quiet():
        found = milp(
            -worth,
            integrality=np.ones(len(columns), dtype=np.int8),
            bounds=Bounds(0, 1),
            constraints=constraints,
            options={"mip_rel_gap": gap, "time_limit": seconds, "disp": False},
        )
    if found.status == 2 or found.x is None:  # infeasible, or no choice found in the time allowed
        if found.status == 1:
            raise InputError(f"no choice was found in {seconds:g} seconds; allow more with --seconds")
        return None
    starts = {i: s for (i, s), taken in zip(columns, found.x, strict=True) if taken > 0.5}
    total = sum(proposals[i].starts[s] for i, s in starts.items())
    bound = max(float(-found.mip_dual_bound), total)
    return Solved(
        starts,
        total,
        bound,
        (bound - total) / max(abs(bound), 1e-9),
        time.perf_counter() - began,
        f"HiGHS in SciPy {scipy.__version__}",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing on standard output: HiGHS writes there from C++, whatever it is told."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def colliding(proposals: Sequence[Proposal], rules: Sequence[Rule]) -> Conflict:
    """A smallest set of rules and of proposals that must begin, which no choice can keep together.

    Each is left out in turn; what can go without making a choice possible is left out for good.
    """
    kept = list(rules)
    for rule in reversed(rules):  # so that of two that would do the first is named
        fewer = [r for r in kept if r is not rule]
        if _impossible(proposals, fewer):
            kept = fewer
    asked = list(proposals)
    for index, proposal in enumerate(proposals):
        if proposal.must:
            free = [Proposal(p.name, p.starts) if k == index else p for k, p in enumerate(asked)]
            if _impossible(free, kept):
                asked = free
    musts = [_said(p) for p in asked if p.must]
    return Conflict((*musts, *(rule.name for rule in kept)))


def _said(proposal: Proposal) -> str:
    said = f"{proposal.name!r} is mandatory"
    return said if proposal.starts else f"{said} and has no start whose worth is a number"


def _impossible(proposals: Sequence[Proposal], rules: Sequence[Rule]) -> bool:
    idle = [Proposal(p.name, dict.fromkeys(p.starts, 0.0), p.must) for p in proposals]
    return solve(idle, rules, 0.0, 60.0) is None


def _constraints(
    proposals: Sequence[Proposal], rules: Sequence[Rule], columns: Sequence[tuple[int, int]]
) -> LinearConstraint | None:
    """All rules as rows of one sparse matrix, or ``None`` where a mandatory proposal has no start."""
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

    of: dict[int, list[tuple[int, int]]] = {}
    for column, (i, s) in enumerate(columns):
        of.setdefault(i, []).append((s, column))
    rows: list[tuple[dict[int, float], float, float]] = []
    for i, proposal in enumerate(proposals):
        if proposal.must and i not in of:
            return None
        if i in of:
            rows.append(({c: 1.0 for _, c in of[i]}, 1.0 if proposal.must else 0.0, 1.0))
    for rule in rules:
        if rule.use is not None:
            use = {c: float(rule.use[s, i]) for c, (i, s) in enumerate(columns) if rule.use[s, i]}
            scale = max(map(abs, use.values()), default=1.0)  # HiGHS keeps rules to an absolute tolerance
            rows.append(({c: v / scale for c, v in use.items()}, -np.inf, rule.most / scale))
        elif rule.excludes is not None:
            both = [c for i in rule.excludes for _, c in of.get(i, ())]
            rows.append((dict.fromkeys(both, 1.0), -np.inf, 1.0))
        elif rule.needs is not None:
            member, needed, gap = rule.needs
            for until in sorted({s for s, _ in of.get(member, ())}):
                row = {c: 1.0 for s, c in of.get(member, ()) if s <= until}
                row |= {c: -1.0 for s, c in of.get(needed, ()) if s <= until - gap}
                rows.append((row, -np.inf, 0.0))
    lengths = [len(row) for row, _, _ in rows]
    data = [v for row, _, _ in rows for v in row.values()]
    places = [c for row, _, _ in rows for c in row]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    matrix = csr_array((data, places, starts), shape=(len(rows), len(columns)))
    return LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])
