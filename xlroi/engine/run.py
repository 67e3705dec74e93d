"""A system of lines evaluated: once with the kinds of its errors, or in bulk over trials."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from xlroi.engine.array import Array, finite
from xlroi.engine.compile import Evaluate, Frame, compile_node
from xlroi.engine.hoist import hoist
from xlroi.engine.plan import Work, plan_of
from xlroi.engine.scalar import TINY
from xlroi.engine.walker import Walker
from xlroi.formula.graph import Group
from xlroi.formula.scope import name_of
from xlroi.formula.system import System
from xlroi.formula.tree import Type
from xlroi.values import CellValue, ExcelError

__all__ = ["Engine", "Leaf", "Values"]

Leaf = float | str | None | Sequence[Any] | Array
"""A leaf's value: one number or text, ``None`` for a blank; a list of a table's members, of a series' periods, or of
members each with its periods; an array [trials] or [trials, members, 1]."""

_CHUNK = 62_500
"""Steps of trials computed together: many, so that NumPy is called seldom; few, for the processor's cache."""


@dataclass(slots=True)
class Values:
    """The result of one evaluation; ask for single cells with :meth:`cell`.

    ``arrays`` holds [1, members, steps] per name; ``errors`` tells for each NaN which error it is.
    """

    arrays: dict[str, Array]
    errors: dict[tuple[str, int, int], ExcelError] = field(default_factory=dict)
    openings: Mapping[str, float] = field(default_factory=dict)
    guarded: Mapping[str, str] = field(default_factory=dict)

    def cell(self, name: str, member: int = 0, step: int = 0) -> CellValue:
        """The value of one cell; step −1 is the opening column. A row without a name holds the empty text."""
        table = self.guarded.get(name)
        if table and self.arrays[name_of(table)][0, member, 0] == "":
            return ""
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

    def row_names(self, table: str) -> list[str]:
        """The names of a table's rows, the empty text where a row is inactive."""
        return [str(name) for name in self.arrays[name_of(table)][0, :, 0]]

    def row(self, name: str, member: int = 0) -> list[CellValue]:
        """All steps of one member."""
        return [self.cell(name, member, step) for step in range(self.arrays[name].shape[2])]


class Engine:
    """Compiles a system once and evaluates it as often as wanted.

    ``steps`` is the number of columns, step 0 included.
    """

    def __init__(self, system: System, steps: int) -> None:
        self.system, self.steps = system, steps
        self._compiled: dict[tuple[str, bool], Evaluate] = {}
        self._stepwise: dict[tuple[str, bool], tuple[Evaluate, dict[str, Evaluate]]] = {}
        self._openings = {id: line.opening for id, line in system.lines.items()}
        self._guarded = {
            id: line.type.table for id, line in system.lines.items() if line.guarded and line.type.table is not None
        }

    def evaluate(
        self,
        leaves: Mapping[str, Leaf],
        errors: Mapping[tuple[str, int, int], ExcelError] | None = None,
        outputs: Iterable[str] | None = None,
    ) -> Values:
        """Every line once (or those that ``outputs`` need), errors with their kinds, texts included.

        ``errors`` names leaves that hold an error, by name, member and step.
        """
        values = Values(self._leaf_arrays(leaves), dict(errors or {}), self._openings, self._guarded)
        needed = None if outputs is None else self.system.needed(outputs)
        frame = Frame(values.arrays, self._openings, self.steps, self.system.scope)
        walker = Walker(values.cell, frame.members, self.steps, self.system.scope)
        for group in self.system.groups:
            ids = group.ids if needed is None else tuple(id for id in group.ids if id in needed)
            if ids:
                self._compute(group, ids, frame, walker)
                self._name_errors(ids, values, walker, by_row=group.by_row)
        return values

    def row_names(self, leaves: Mapping[str, Leaf], table: str) -> list[str]:
        """The names of a table's rows; of a cross table, as its own lines join them."""
        return self.evaluate(leaves, outputs=[name_of(table)]).row_names(table)

    def trials(self, leaves: Mapping[str, Leaf], outputs: Iterable[str], count: int) -> dict[str, Array]:
        """The outputs over ``count`` trials, each [trials, members, steps]; an error is NaN.

        Leaves given as arrays [trials] vary, all others stay as they are. Only lines that the outputs need are run.
        """
        wanted = list(outputs)
        arrays = self._leaf_arrays(leaves)
        whole = self._without_spare(arrays)
        varying = {name: np.asfortranarray(array) for name, array in arrays.items() if array.shape[0] > 1}
        plan = plan_of(self.system, wanted, varying)
        odd: set[tuple[str, ...]] = set()
        self._in_bulk(plan.fixed, arrays, odd)
        found: dict[str, list[Array]] = {name: [] for name in wanted}
        chunk = min(max(_CHUNK // self.steps, 512), 1024)
        for start in range(0, count, chunk):
            stop = min(start + chunk, count)
            part = arrays | {name: array[start:stop] for name, array in varying.items()}
            self._in_bulk(plan.varying, part, odd)
            for name in wanted:
                array = part[name] if part[name].dtype == object else part[name] + 0.0  # no minus zero
                found[name].append(np.broadcast_to(array, (stop - start, *array.shape[1:])))
        return {name: self._with_spare(name, np.concatenate(parts), whole) for name, parts in found.items()}

    def _in_bulk(self, work: Iterable[Work], values: dict[str, Array], odd: set[tuple[str, ...]]) -> None:
        """Compute lines as if nothing odd happened; where NumPy raises that it does, once more and with care.

        Odd is an overflow, a division by 0 or a number so small that it counts as 0. ``odd`` remembers such lines.
        """
        frame = Frame(values, self._openings, self.steps, self.system.scope)
        for part in work:
            try:
                if part.ids in odd:
                    raise FloatingPointError
                with np.errstate(all="raise"):
                    self._compute(part.group, part.ids, frame, None, careful=False)
            except FloatingPointError:
                odd.add(part.ids)
                self._compute(part.group, part.ids, frame, None)
            for name in part.done:
                del values[name]

    def _without_spare(self, arrays: dict[str, Array]) -> dict[str, tuple[int, int]]:
        """Cut the rows without a name off the end of every table: they count nowhere. How many there were and are."""
        counts = {}
        for table, cross in self.system.scope.tables.items():
            if cross is None and name_of(table) in arrays:
                names = arrays[name_of(table)][0, :, 0]
                counts[table] = len(names), max([1, *(i + 1 for i, name in enumerate(names) if name != "")])
        for name, array in arrays.items():
            were, are = counts.get(self.system.scope.names[name].type.table or "", (0, 0))
            if array.shape[1] == were:
                arrays[name] = array[:, :are]
        return counts

    def _with_spare(self, name: str, array: Array, counts: Mapping[str, tuple[int, int]]) -> Array:
        """The rows that were cut off, as 0."""
        table = self.system.scope.names[name].type.table
        if table is None:
            return array
        cross = self.system.scope.tables[table]
        if cross is None:
            places = range(counts[table][1])
            whole = counts[table][0]
        else:
            (left, few_left), (right, few_right) = counts[cross.left_table], counts[cross.right_table]
            slots, kept = cross.slots(left, right), set(cross.slots(few_left, few_right))
            places, whole = [i for i, pair in enumerate(slots) if pair in kept], len(slots)  # type: ignore[assignment]
        if array.shape[1] == whole:
            return array
        result = np.zeros((array.shape[0], whole, array.shape[2]))
        result[:, places] = array
        return result

    def _leaf_arrays(self, leaves: Mapping[str, Leaf]) -> dict[str, Array]:
        arrays: dict[str, Array] = {}
        for name, declaration in self.system.scope.names.items():
            if name in self.system.lines:
                continue
            if name not in leaves:
                raise KeyError(f"no value for {name!r}")
            arrays[name] = _leaf_array(leaves[name], declaration.type)
        return arrays

    def _compute(
        self, group: Group, ids: tuple[str, ...], frame: Frame, walker: Walker | None, *, careful: bool = True
    ) -> None:
        lines, clean = self.system.lines, _clean if careful else _trusted
        if not group.recursive:
            (id,) = ids
            if lines[id].type.kind == "text" and walker is not None:
                frame.values[id] = self._texts(id, walker)
            else:
                frame.values[id] = self._spread(id, clean(self._whole(id, frame, careful)), frame)
            return
        table = next((t for t in (lines[id].type.table for id in ids) if t), None) if group.by_row else None
        part = replace(frame)
        closures = {id: self._closure(id, careful) for id in ids} if table else self._hoisted(group, ids, part, careful)
        steps = range(self.steps if any(lines[id].type.month for id in ids) else 1)
        for step in steps if group.by_step else [None]:
            part.step = step
            for row in range(frame.members(table)) if table else [None]:
                part.member = None if row is None else (str(table), row)
                for id in ids:
                    column = closures[id](part)
                    self._store(id, frame, _clean(column) if careful else column, step, row)
        if not careful:
            for id in ids:
                _trusted(frame.values[id])

    def _hoisted(self, group: Group, ids: tuple[str, ...], frame: Frame, careful: bool) -> dict[str, Evaluate]:
        """Closures for a step of a recursion; what does not read the recursion is computed for all steps at once."""
        closures = {}
        for id in ids:
            if (id, careful) not in self._stepwise:
                node, parts = hoist(self.system.lines[id].node, frozenset(group.ids), id)
                self._stepwise[id, careful] = (
                    compile_node(node, careful=careful),
                    {name: compile_node(part, careful=careful) for name, part in parts.items()},
                )
            closures[id], parts_of_it = self._stepwise[id, careful]
            for name, part in parts_of_it.items():
                frame.values[name] = part(frame)
        return closures

    def _whole(self, id: str, frame: Frame, careful: bool) -> Array:
        """A line at once; one row of an inactive member may be an error, which its guard hides."""
        array = self._closure(id, careful)(frame)
        return np.array(array) if array.dtype == object else array

    def _store(self, id: str, frame: Frame, column: Array, step: int | None, row: int | None) -> None:
        line, values = self.system.lines[id], frame.values
        if not step and not row:
            steps = self.steps if line.type.month else 1
            values[id] = np.zeros((column.shape[0], self._members(id, frame), steps), order="F")
        array = values[id]
        if array.shape[0] < column.shape[0]:  # trials enter the recursion after its first cell
            array = np.broadcast_to(array, (column.shape[0], *array.shape[1:]))
            array = values[id] = np.array(array, order="F")
        rows = slice(None) if row is None or line.type.table is None else slice(row, row + 1)
        columns = slice(None) if step is None else slice(step, step + 1)
        array[:, rows, columns] = self._at_rest(id, column, frame, rows)

    def _members(self, id: str, frame: Frame) -> int:
        table = self.system.lines[id].type.table
        return frame.members(table) if table else 1

    def _at_rest(self, id: str, array: Array, frame: Frame, rows: slice = slice(None)) -> Array:
        """Inactive rows are 0 inside the engine, so that no error of theirs travels on."""
        table = self._guarded.get(id)
        if table is None or frame.all_active(table):
            return array
        active = frame.active(table)[rows]
        return np.where(active[None, :, None], array, "" if array.dtype == object else 0.0)

    def _spread(self, id: str, array: Array, frame: Frame) -> Array:
        """A constant formula on a monthly line fills its row."""
        steps = self.steps if self.system.lines[id].type.month else 1
        array = np.broadcast_to(array, (array.shape[0], self._members(id, frame), steps))
        return self._at_rest(id, array, frame)

    def _texts(self, id: str, walker: Walker) -> Array:
        line = self.system.lines[id]
        steps = self.steps if line.type.month else 1
        table = line.type.table
        array = np.empty((1, walker.members(table) if table else 1, steps), dtype=object)
        guard = self._guarded.get(id)
        for member in range(array.shape[1]):
            active = guard is None or walker.read(name_of(guard), member, 0) != ""
            for step in range(steps):
                array[0, member, step] = walker.value(line.node, member, step) if active else ""
        return array

    def _name_errors(self, ids: Iterable[str], values: Values, walker: Walker, *, by_row: bool) -> None:
        """Ask the walker for the kind of every NaN, step by step and row by row so that PRIOR and ABOVE find theirs."""
        numeric = [id for id in ids if self.system.lines[id].type.kind != "text"]
        missing = {id: np.isnan(values.arrays[id][0]) for id in numeric}
        if not any(m.any() for m in missing.values()):
            return
        for step in range(self.steps):
            lines = [id for id in numeric if step < missing[id].shape[1]]
            cells = [(int(member), id) for id in lines for member in np.flatnonzero(missing[id][:, step])]
            for member, id in sorted(cells, key=lambda cell: cell[0]) if by_row else cells:
                found = walker.value(self.system.lines[id].node, member, step)
                if not isinstance(found, ExcelError):
                    raise RuntimeError(
                        f"{id!r} at member {member}, step {step}: the array engine finds an error, "
                        f"the cell by cell walk {found!r}"
                    )
                values.errors[id, member, step] = found

    def _closure(self, id: str, careful: bool) -> Evaluate:
        found = self._compiled.get((id, careful))
        if found is None:
            found = self._compiled[id, careful] = compile_node(self.system.lines[id].node, careful=careful)
        return found


def _leaf_array(value: Leaf, found: Type) -> Array:
    """A blank number is NaN: what reads it asks ISNUMBER first."""
    if found.kind == "text":
        texts = ["" if v is None else v for v in ([value] if value is None or isinstance(value, str) else value)]  # type: ignore[union-attr]
        array = np.empty((1, len(texts), 1), dtype=object)
        array[0, :, 0] = texts
        return array
    if value is None or isinstance(value, (int, float)):
        return np.full((1, 1, 1), np.nan if value is None else float(value))
    items = value if isinstance(value, np.ndarray) else np.array(_blanks(value), dtype=np.float64)
    if items.ndim == 3:
        return items
    if items.ndim == 2:  # a series per row: its periods
        return items[None]
    if items is value and not found.table:
        return items.reshape(-1, 1, 1)
    return items.reshape(1, -1, 1) if found.table else items.reshape(1, 1, -1)


def _blanks(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_blanks(v) for v in value]
    return math.nan if value is None else value


def _trusted(array: Array) -> Array:
    """An array of numbers; NumPy's error state raises where one is so small that it counts as 0.

    Times 0.2225 what lies below ``TINY`` (but 0) leaves the range that has full precision, and so is inexact.
    """
    if array.dtype != object:
        np.multiply(array, 0.2225, order="F")
    return array


def _clean(array: Array) -> Array:
    """As a cell keeps it: finite or NaN, no denormals, no minus zero."""
    if array.dtype == object:
        return array
    array = finite(array)
    small = np.abs(array) < TINY
    return np.where(small, 0.0, array) if small.any() else array
