"""A system of lines evaluated: once with the kinds of its errors, or in bulk over trials."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xlroi.engine.array import Array, finite
from xlroi.engine.compile import Evaluate, Frame, compile_node
from xlroi.engine.scalar import TINY
from xlroi.engine.walker import Walker
from xlroi.formula.graph import Group
from xlroi.formula.system import System
from xlroi.values import CellValue, ExcelError

__all__ = ["Engine", "Leaf", "Values"]

Leaf = float | str | None | Sequence[float] | Sequence[str] | Array
"""A leaf's value: one number or text, ``None`` for a blank, an array [trials], or a table column [members]."""

_CHUNK = 256  # trials computed together: 61 columns of float64 for a few lines then stay in the processor's cache


@dataclass(slots=True)
class Values:
    """The result of one evaluation; ask for single cells with :meth:`cell`.

    ``arrays`` holds [1, members, steps] per name; ``errors`` tells for each NaN which error it is.
    """

    arrays: dict[str, Array]
    errors: dict[tuple[str, int, int], ExcelError] = field(default_factory=dict)
    openings: Mapping[str, float] = field(default_factory=dict)

    def cell(self, name: str, member: int = 0, step: int = 0) -> CellValue:
        """The value of one cell; step −1 is the opening column."""
        if step < 0:
            return self.openings.get(name, 0.0)
        array = self.arrays[name]
        m = member if array.shape[1] > 1 else 0
        s = step if array.shape[2] > 1 else 0
        value: Any = array[0, m, s]
        if isinstance(value, str) or value is None:
            return value
        if math.isnan(value):
            return self.errors.get((name, m, s))
        return float(value)

    def row(self, name: str, member: int = 0) -> list[CellValue]:
        """All steps of one member."""
        return [self.cell(name, member, step) for step in range(self.arrays[name].shape[2])]


class Engine:
    """Compiles a system once and evaluates it as often as wanted.

    ``steps`` is the number of columns, step 0 included.
    """

    def __init__(self, system: System, steps: int) -> None:
        self.system, self.steps = system, steps
        self._compiled: dict[str, Evaluate] = {}
        self._openings = {id: line.opening for id, line in system.lines.items()}

    def evaluate(self, leaves: Mapping[str, Leaf]) -> Values:
        """Every line once, errors with their kinds, texts included."""
        values = Values(self._leaf_arrays(leaves), openings=self._openings)
        frame = Frame(values.arrays, self._openings, self.steps)
        walker = Walker(values.cell, lambda table: len(self.system.scope.tables[table]), self.steps)
        for group in self.system.groups:
            self._compute(group, group.ids, frame, walker)
            self._name_errors(group, values, walker)
        return values

    def trials(self, leaves: Mapping[str, Leaf], outputs: Iterable[str], count: int) -> dict[str, Array]:
        """The outputs over ``count`` trials, each [trials, members, steps]; an error is NaN.

        Leaves given as arrays [trials] vary, all others stay as they are. Only lines that the outputs need are run.
        """
        wanted = list(outputs)
        needed = self.system.needed(wanted)
        arrays = self._leaf_arrays(leaves)
        varying = {name for name, array in arrays.items() if array.shape[0] > 1}
        found: dict[str, list[Array]] = {name: [] for name in wanted}
        for start in range(0, count, _CHUNK):
            stop = min(start + _CHUNK, count)
            part = {n: (a[start:stop] if n in varying else a) for n, a in arrays.items()}
            frame = Frame(part, self._openings, self.steps)
            for group in self.system.groups:
                ids = tuple(id for id in group.ids if id in needed)
                if ids:
                    self._compute(group, ids, frame, None)
            for name in wanted:
                array = part[name]
                found[name].append(np.broadcast_to(array, (stop - start, *array.shape[1:])))
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _leaf_arrays(self, leaves: Mapping[str, Leaf]) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        for name, declaration in self.system.scope.names.items():
            if name in self.system.lines:
                continue
            if name not in leaves:
                raise KeyError(f"no value for {name!r}")
            arrays[name] = _leaf_array(leaves[name], declaration.type.table is not None)
        return arrays

    def _compute(self, group: Group, ids: tuple[str, ...], frame: Frame, walker: Walker | None) -> None:
        lines = self.system.lines
        if not group.recursive:
            (id,) = ids
            if lines[id].type.kind == "text":
                if walker is None:
                    raise ValueError(f"{id!r} is a text and is computed in single evaluations only")
                frame.values[id] = self._texts(id, walker)
            else:
                frame.values[id] = self._spread(id, _clean(self._closure(id)(frame)))
            return
        stepwise = Frame(frame.values, frame.openings, frame.steps)
        for step in range(self.steps):
            stepwise.step = step
            for id in ids:
                column = _clean(self._closure(id)(stepwise))
                self._store(id, frame.values, column, step)

    def _store(self, id: str, values: dict[str, Array], column: Array, step: int) -> None:
        members = self._members(id)
        if step == 0:
            values[id] = np.empty((column.shape[0], members, self.steps))
        array = values[id]
        if array.shape[0] < column.shape[0]:  # trials enter the recursion after step 0
            array = values[id] = np.repeat(array, column.shape[0], axis=0)
        array[:, :, step : step + 1] = column

    def _members(self, id: str) -> int:
        table = self.system.lines[id].type.table
        return len(self.system.scope.tables[table]) if table else 1

    def _spread(self, id: str, array: Array) -> Array:
        """A constant formula on a monthly line fills its row."""
        steps = self.steps if self.system.lines[id].type.month else 1
        return np.broadcast_to(array, (array.shape[0], self._members(id), steps))

    def _texts(self, id: str, walker: Walker) -> Array:
        line = self.system.lines[id]
        steps = self.steps if line.type.month else 1
        array = np.empty((1, self._members(id), steps), dtype=object)
        for member in range(array.shape[1]):
            for step in range(steps):
                array[0, member, step] = walker.value(line.node, member, step)
        return array

    def _name_errors(self, group: Group, values: Values, walker: Walker) -> None:
        """Ask the walker for the kind of every NaN, step by step so that PRIOR finds what it reads."""
        numeric = [id for id in group.ids if self.system.lines[id].type.kind != "text"]
        missing = {id: np.isnan(values.arrays[id][0]) for id in numeric}
        if not any(m.any() for m in missing.values()):
            return
        for step in range(self.steps):
            for id in numeric:
                if step >= missing[id].shape[1]:
                    continue
                for member in np.flatnonzero(missing[id][:, step]):
                    found = walker.value(self.system.lines[id].node, int(member), step)
                    if not isinstance(found, ExcelError):
                        raise RuntimeError(
                            f"{id!r} at member {member}, step {step}: the array engine finds an error, "
                            f"the cell by cell walk {found!r}"
                        )
                    values.errors[id, int(member), step] = found

    def _closure(self, id: str) -> Evaluate:
        found = self._compiled.get(id)
        if found is None:
            found = self._compiled[id] = compile_node(self.system.lines[id].node)
        return found


def _leaf_array(value: Leaf, is_column: bool) -> Array:
    if value is None or isinstance(value, str):
        array = np.empty((1, 1, 1), dtype=object)
        array[0, 0, 0] = value
        return np.full((1, 1, 1), np.nan) if value is None else array
    if isinstance(value, (int, float)):
        return np.full((1, 1, 1), float(value))
    items = np.asarray(value)
    if items.dtype.kind in "iu":
        items = items.astype(np.float64)
    return items.reshape(1, -1, 1) if is_column else items.reshape(-1, 1, 1)


def _clean(array: Array) -> Array:
    """As a cell keeps it: finite or NaN, no denormals, no minus zero."""
    array = finite(array)
    small = np.abs(array) < TINY
    return np.where(small, 0.0, array) if small.any() else array
