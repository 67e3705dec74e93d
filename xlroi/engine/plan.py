"""What many trials compute: once for all of them, again for each chunk, and until when a chunk keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlroi.formula.graph import Group
from xlroi.formula.scope import name_of
from xlroi.formula.system import System

__all__ = ["Plan", "Work", "plan_of"]


@dataclass(frozen=True, slots=True)
class Work:
    """The lines of a group that are computed together, and the lines that nothing reads afterwards."""

    group: Group
    ids: tuple[str, ...]
    done: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """``fixed`` reads nothing that varies from trial to trial, ``varying`` does."""

    fixed: tuple[Work, ...]
    varying: tuple[Work, ...]


def plan_of(system: System, wanted: Iterable[str], leaves: Iterable[str]) -> Plan:
    """The plan for some outputs while ``leaves`` vary.

    A chunk that lets go of a line after its last reader computes in memory that the processor's cache still holds.
    """
    wanted, moving = set(wanted), set(leaves)
    needed = system.needed(wanted)
    parts = [Work(group, ids) for group in system.groups if (ids := tuple(id for id in group.ids if id in needed))]
    fixed, varying = [], []
    for work in parts:
        if any(edge.name in moving for id in work.ids for edge in system.readers[id]):
            moving.update(work.ids)
            varying.append(work)
        else:
            fixed.append(work)
    wanted |= {name_of(table) for table in system.scope.tables}  # whoever asks which rows have a name reads these
    last = {edge.name: i for i, work in enumerate(varying) for id in work.ids for edge in system.readers[id]}
    done: list[list[str]] = [[] for _ in varying]
    for work in varying:
        for id in work.ids:
            if id in last and id not in wanted:
                done[last[id]].append(id)
    return Plan(tuple(fixed), tuple(Work(w.group, w.ids, tuple(d)) for w, d in zip(varying, done, strict=True)))
