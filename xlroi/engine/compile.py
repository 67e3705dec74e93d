"""Typed trees to closures over arrays of shape [trials, members, steps]; an axis a value lacks has length 1.

A recursion runs step by step, and one down the rows of a table row by row; a sum that joins two tables runs once per
row of the line's own.

In memory the trials lie side by side and a step is one piece (Fortran's order): so every loop over an array is long,
and a recursion touches no more than its steps. Order decides nothing but speed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from xlroi.engine.array import BARE, BINARY, ELEMENTWISE, JOIN, REDUCE, STEPS_PER_YEAR, Array, finite, folded
from xlroi.engine.roots import irr, spreadsheet_xirr
from xlroi.engine.rows import by_row, member_word
from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.scope import Scope, name_of
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text

__all__ = ["Evaluate", "Frame", "compile_node"]


@dataclass(slots=True)
class Frame:
    """What a closure reads: all values so far, the openings, and the part that is computed now.

    ``step`` and ``member`` (a table and its row) are ``None`` where all steps or rows are computed at once.
    """

    values: dict[str, Array]
    openings: Mapping[str, float]
    steps: int
    scope: Scope
    step: int | None = None
    member: tuple[str, int] | None = None
    rows: dict[str, tuple[NDArray[np.bool_], bool]] = field(default_factory=dict)
    """Per table what :meth:`active` found, and whether all rows are."""

    def active(self, table: str) -> NDArray[np.bool_]:
        """Which rows of a table have a name: [members]."""
        return self._rows(table)[0]

    def all_active(self, table: str) -> bool:
        """Whether every row of a table has a name."""
        return self._rows(table)[1]

    def _rows(self, table: str) -> tuple[NDArray[np.bool_], bool]:
        found = self.rows.get(table)
        if found is None:
            names: NDArray[np.bool_] = self.values[name_of(table)][0, :, 0] != ""
            found = self.rows[table] = names, bool(names.all())
        return found

    def members(self, table: str) -> int:
        """How many rows a table has, spare ones included."""
        cross = self.scope.tables[table]
        if cross is None:
            return int(self.values[name_of(table)].shape[1])
        return len(cross.slots(self.members(cross.left_table), self.members(cross.right_table)))

    def row(self, array: Array, table: str | None) -> Array:
        """The part of an array of a table that belongs to the present row."""
        if self.member is None or table != self.member[0] or array.shape[1] == 1:
            return array
        at = self.member[1]
        return array[:, at : at + 1]

    def all_steps(self) -> Frame:
        """The same, all steps at once."""
        return self if self.step is None else replace(self, step=None)


Evaluate = Callable[[Frame], Array]


def compile_node(node: Node, *, careful: bool = True) -> Evaluate:
    """A closure that computes the tree; texts are object arrays, everything else float64.

    One that is not ``careful`` leaves it to NumPy's error state to raise where numbers overflow or are divided by 0.
    """
    match node:
        case Number(value=value):
            constant = np.full((1, 1, 1), np.float64(value))
            return lambda _: constant
        case Text(value=text):
            written = np.full((1, 1, 1), text, dtype=object)
            return lambda _: written
        case Name(id=name):
            table = node.type.table
            return lambda frame: _present(frame.values[name], table, frame)
        case Minus(operand=operand):
            inner = compile_node(operand, careful=careful)
            return lambda frame: -inner(frame)
        case Binary():
            return _binary(node, careful=careful)
        case Call():
            return _call(node, careful=careful)


def _present(array: Array, table: str | None, frame: Frame) -> Array:
    array = frame.row(array, table)
    if frame.step is None or array.shape[2] == 1:
        return array
    return array[:, :, frame.step : frame.step + 1]


def _binary(node: Binary, *, careful: bool) -> Evaluate:
    operator, left = node.operator, node.left
    a, b = compile_node(left, careful=careful), compile_node(node.right, careful=careful)
    if operator == "&":
        return lambda frame: JOIN(a(frame), b(frame))
    if left.type.kind == "text":
        wanted = operator == "="
        return lambda frame: ((folded(a(frame)) == folded(b(frame))) == wanted).astype(np.float64)
    ufunc = None if careful else BARE.get(operator)
    if ufunc is not None:
        return lambda frame: ufunc(a(frame), b(frame), order="F")
    apply = BINARY[operator]
    return lambda frame: apply(a(frame), b(frame))


def _call(node: Call, *, careful: bool) -> Evaluate:
    arguments = [compile_node(a, careful=careful) for a in node.arguments]
    names = [a.id if isinstance(a, Name) else "" for a in node.arguments]
    table = node.arguments[0].type.table if node.arguments else None
    match node.function:
        case "PRIOR":
            return _prior(names[0], table)
        case "LAG":
            return _lag(names[0], table, arguments[1])
        case "CUMULATIVE":
            return _cumulative(names[0], table)
        case "VINTAGE":
            years = names[3] if len(names) > 3 else None
            return _vintage(names[0], names[1], names[2], table, str(node.arguments[1].type.table), years)
        case "FIRST" | "LAST":
            return _at_step(node.function, arguments[0])
        case "NPV" | "XNPV" | "IRR" | "XIRR":
            return _finance(node.function, arguments)
    if FUNCTIONS[node.function].shape == "member":
        return member_word(node, arguments)
    if node.reduces:
        return _reduced(node, arguments)
    apply = ELEMENTWISE[node.function]
    return lambda frame: apply(*(argument(frame) for argument in arguments))


def _reduced(node: Call, arguments: list[Evaluate]) -> Evaluate:
    reduce, found = REDUCE[node.function], node.arguments[0].type
    inner, parameters = arguments[0], arguments[1:]
    axes = tuple(axis for axis, name in ((1, "table"), (2, "month")) if name in node.reduces)

    def once(frame: Frame) -> Array:
        if "month" in node.reduces:
            frame = frame.all_steps()
        array = inner(frame)
        if "table" in node.reduces:
            assert found.table is not None  # it is what the aggregate reduces
            array = np.broadcast_to(array, (array.shape[0], frame.members(found.table), array.shape[2]))
            if not found.all_rows and not frame.all_active(found.table):
                array = array[:, frame.active(found.table)]
        return reduce(array, axes, *(p(frame) for p in parameters))

    own = found.beside
    if own is None:
        return once
    return lambda frame: by_row(own, once, frame)


def _prior(name: str, table: str | None) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        opening = frame.openings[name]
        if frame.step == 0:
            return np.full((1, 1, 1), opening)
        array = frame.row(frame.values[name], table)
        if frame.step is None:
            before = np.empty(array.shape, order="F")
            before[:, :, :1], before[:, :, 1:] = opening, array[:, :, :-1]
            return before
        return array[:, :, frame.step - 1 : frame.step]

    return evaluate


def _lag(name: str, table: str | None, steps: Evaluate) -> Evaluate:
    """INDEX cuts a fraction off the place, so a fraction of a step counts as a whole one; below 1 there is no place."""

    def evaluate(frame: Frame) -> Array:
        lag = steps(frame)
        if lag.size == 1 and (number := float(lag[0, 0, 0])) > 0:
            return _moved(frame.row(frame.values[name], table) if frame.step != 0 else None, math.ceil(number), frame)
        now = np.arange(frame.steps, dtype=np.float64) if frame.step is None else np.array([float(frame.step)])
        nowhere = np.isnan(lag) | (lag <= 0)
        if frame.step == 0:  # nothing stands before step 0, not even in a recursion's own array
            return np.where(nowhere, np.nan, 0.0)
        before = now < lag
        place = np.where(before | nowhere, 0.0, now - np.ceil(lag)).astype(np.intp)
        found = _taken(frame.row(frame.values[name], table), place)
        np.copyto(found, 0.0, where=before)
        if nowhere.any():
            np.copyto(found, np.nan, where=nowhere)
        return found

    return evaluate


def _taken(array: Array, place: NDArray[np.intp]) -> Array:
    """The values of an array at places [trials, members, steps] along its steps."""
    trials, members = np.broadcast_shapes(array.shape[:2], place.shape[:2])
    array = np.broadcast_to(array, (trials, members, array.shape[2]))
    flat = np.ravel(array, order="F")  # no copy where it lies as it should
    cells = np.arange(trials * members).reshape(trials, members, 1, order="F")
    found: Array = np.take(flat, np.add(place * cells.size, cells, order="F").T).T
    return found


def _moved(array: Array | None, lag: int, frame: Frame) -> Array:
    """All rows and trials by the same number of steps; nothing stands before step 0."""
    if array is None or (frame.step is not None and frame.step < lag):
        return np.zeros((1, 1, 1))
    if frame.step is not None:
        return array[:, :, frame.step - lag : frame.step - lag + 1]
    result = np.zeros(array.shape, order="F")
    result[:, :, lag:] = array[:, :, : max(array.shape[2] - lag, 0)]
    return result


def _cumulative(name: str, table: str | None) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        array = frame.row(frame.values[name], table)
        if frame.step is None:
            return finite(np.cumsum(array, axis=2))
        return finite(np.sum(array[:, :, : frame.step + 1], axis=2, keepdims=True))

    return evaluate


def _vintage(name: str, ages: str, shares: str, table: str | None, of: str, years: str | None) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        array = frame.row(frame.values[name], table)
        per_year = STEPS_PER_YEAR[frame.scope.step]
        active = frame.active(of)
        counted = frame.values[years] if years else (np.arange(frame.steps) // per_year + 0.0).reshape(1, 1, -1)
        year, share = frame.values[ages][:, active], frame.values[shares][:, active]
        shape = np.broadcast_shapes(array.shape[:1], counted.shape[:1], year.shape[:1], share.shape[:1])
        result = np.zeros((*shape, *array.shape[1:]), order="F")
        last = frame.steps if frame.step is None else frame.step + 1
        for step in range(last):
            amount = array[:, :, step : step + 1]
            if not amount.any():  # errors are not 0: they spread
                continue
            # With a line of years the age is a difference of that line, without one of whole years since the amount.
            age = (
                counted[:, :, step:] - counted[:, :, step : step + 1] if years else counted[:, :, : frame.steps - step]
            )
            weight = np.sum(share * (year == age + 1), axis=1, keepdims=True) / per_year
            reach = weight.shape[2] if np.isnan(amount).any() else _reach(weight)
            result[:, :, step : step + reach] += np.multiply(amount, weight[:, :, :reach], order="F")
        return finite(result if frame.step is None else result[:, :, frame.step : last])

    return evaluate


def _reach(array: Array) -> int:
    """How many steps there are up to the last that is not 0 everywhere."""
    used = np.flatnonzero((array != 0).any(axis=(0, 1)))
    return int(used[-1]) + 1 if used.size else 0


def _at_step(function: str, inner: Evaluate) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        whole = frame.all_steps()
        array = inner(whole)
        if function == "LAST":
            at = frame.values["horizon"]
        else:
            hit = array == 1
            at = np.where(hit.any(axis=2, keepdims=True), hit.argmax(axis=2, keepdims=True), np.nan)
            array = np.arange(frame.steps, dtype=np.float64)[None, None, :]
        trials, members = np.broadcast_shapes(array.shape[:2], at.shape[:2])
        array = np.broadcast_to(array, (trials, members, array.shape[2]))
        at = np.broadcast_to(at, (trials, members, 1))
        missing = np.isnan(at) | (at < 0) | (at >= array.shape[2])
        index = np.where(missing, 0, at).astype(np.intp)
        return np.where(missing, np.nan, np.take_along_axis(array, index, axis=2))

    return evaluate


def _finance(function: str, arguments: list[Evaluate]) -> Evaluate:
    def npv(frame: Frame) -> Array:
        rate, flows = arguments[0](frame), arguments[1](frame)
        with np.errstate(all="ignore"):
            factors = np.where(rate > -1, (1 + rate) ** -np.arange(1.0, flows.shape[2] + 1), np.nan)
            return finite(np.sum(flows * factors, axis=2, keepdims=True))

    def xnpv(frame: Frame) -> Array:
        rate, flows, dates = (argument(frame) for argument in arguments)
        with np.errstate(all="ignore"):
            factors = (1 + rate) ** ((dates[:, :, :1] - dates) / 365)
            factors = np.where((1 + rate <= 0) & (dates != dates[:, :, :1]), np.nan, factors)
            return finite(np.sum(flows * factors, axis=2, keepdims=True))

    def internal(frame: Frame) -> Array:
        flows, guess = arguments[0](frame), arguments[-1](frame)
        trials, members = np.broadcast_shapes(flows.shape[:2], guess.shape[:2])
        flows = np.broadcast_to(flows, (trials, members, flows.shape[2]))
        guess = np.broadcast_to(guess, (trials, members, 1))[:, :, 0]
        if function == "IRR":
            return irr(flows, guess)[:, :, None]
        dates = np.broadcast_to(arguments[1](frame), flows.shape)
        return np.where(flows[:, :, 0] == 0, np.nan, spreadsheet_xirr(flows, dates, guess))[:, :, None]

    evaluate = {"NPV": npv, "XNPV": xnpv}.get(function, internal)
    return lambda frame: evaluate(frame.all_steps())
