"""Words that read other rows of a table, over arrays of shape [trials, members, steps]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from xlroi.engine.array import BINARY, Array, finite, folded
from xlroi.formula.scope import name_of
from xlroi.formula.tree import Call, Name

if TYPE_CHECKING:
    from xlroi.engine.compile import Evaluate, Frame

__all__ = ["by_row", "member_word"]


def by_row(table: str, once: Evaluate, frame: Frame) -> Array:
    """Compute something once for each row of a table, and put the rows together."""
    if frame.member is not None and frame.member[0] == table:
        return once(frame)
    parts = [once(replace(frame, member=(table, row))) for row in range(frame.members(table))]
    trials = max(part.shape[0] for part in parts)
    return np.concatenate([np.broadcast_to(part, (trials, *part.shape[1:])) for part in parts], axis=1)


def member_word(node: Call, arguments: list[Evaluate]) -> Evaluate:
    """The closure of one of these words."""
    first = node.arguments[0]
    names = [a.id if isinstance(a, Name) else "" for a in node.arguments]
    match node.function:
        case "AT":
            return _at(arguments[0], names[1], str(node.arguments[1].type.table))
        case "PICK_MIN" | "PICK_MAX":
            return _pick(node.function, names[0], names[1], str(first.type.table))
        case "RANK":
            return _rank(names[0], str(first.type.table), arguments[0])
        case "STEP":
            return _step(arguments[0], names[1], names[2], str(node.arguments[1].type.table))
        case "ABOVE":
            return _above(names[0], str(first.type.table))
        case "SAME":
            return _same(names[0], str(first.type.table))
        case "FILLED":
            return lambda frame: (
                np.sum(~np.isnan(frame.row(frame.values[names[0]], first.type.table)), 2, keepdims=True) * 1.0
            )
        case "CHANGES":
            return _changes(names[0], names[1], first.type.table, of_ledger=node.type.table != first.type.table)
        case "SUMIFS":
            return _sumifs(names[0], names[1::2], arguments[2::2])
        case "SLOT":
            return _slot(names[0], str(node.arguments[1].value))  # type: ignore[union-attr]  # the text "pairs.a"
        case _:
            return _period(names[0], first.type.table, arguments[1])


def _now(array: Array, frame: Frame) -> Array:
    return array if frame.step is None or array.shape[2] == 1 else array[:, :, frame.step : frame.step + 1]


def _missing(array: Array) -> Array:
    """As many errors as there are values."""
    return np.full((array.shape[0], 1, array.shape[2]), np.nan, dtype=array.dtype)


def _at(key: Evaluate, line: str, table: str) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        values = _now(frame.values[line], frame)
        rows = {text: row for row, text in reversed(list(enumerate(folded(frame.values[name_of(table)])[0, :, 0])))}
        rows.pop("", None)
        missing = _missing(values)
        found = []
        for text in folded(key(frame))[0, :, 0]:
            row = rows.get(text)
            found.append(missing if row is None else values[:, row : row + 1])
        return np.concatenate(found, axis=1)

    return evaluate


def _pick(function: str, line: str, label: str, table: str) -> Evaluate:
    find: Callable[..., np.ndarray] = np.argmin if function == "PICK_MIN" else np.argmax

    def evaluate(frame: Frame) -> Array:
        active = frame.active(table)
        labels, values = frame.values[label][:, active], _now(frame.values[line], frame)[:, active]
        trials, members, steps = values.shape
        if members == 0:
            return np.full((trials, 1, steps), np.nan, dtype=object)
        at = find(values, axis=1, keepdims=True)
        picked = np.take_along_axis(np.broadcast_to(labels, (trials, members, steps)), at, axis=1)
        return np.where(np.isnan(values).any(axis=1, keepdims=True), np.nan, picked)

    return evaluate


def _rank(line: str, table: str, own: Evaluate) -> Evaluate:
    larger = BINARY[">"]

    def evaluate(frame: Frame) -> Array:
        values, here = _now(frame.values[line], frame)[:, frame.active(table)], own(frame)
        result = np.ones(here.shape)
        for row in range(values.shape[1]):
            result = result + larger(values[:, row : row + 1], here)
        return np.where(np.isnan(here), np.nan, result)

    return evaluate


def _step(value: Evaluate, start: str, result: str, table: str) -> Evaluate:
    at_most = BINARY["<="]

    def evaluate(frame: Frame) -> Array:
        looked = value(frame)
        active = frame.active(table)
        starts, results = frame.values[start], frame.values[result]
        below = BINARY["<"](looked, starts[:, :1])
        count = np.zeros(looked.shape)
        for row in np.flatnonzero(active):
            count = count + at_most(starts[:, row : row + 1], looked)
        bad = np.isnan(count) | (below != 0) | (count < 1)
        place = np.where(bad, 0, count - 1).astype(np.intp)
        shape = np.broadcast_shapes((results.shape[0], 1, 1), place.shape)
        rows = np.broadcast_to(results, (shape[0], results.shape[1], shape[2]))
        found = np.take_along_axis(rows, np.broadcast_to(place, shape), axis=1)
        return np.where(bad, np.nan, found)

    return evaluate


def _above(line: str, table: str) -> Evaluate:
    """0 above the first row; an inactive row above holds a text, which no formula can calculate with."""

    def evaluate(frame: Frame) -> Array:
        active = frame.active(table)
        if frame.member is not None and frame.member[0] == table:
            row = frame.member[1]
            if row == 0:
                return np.zeros((1, 1, 1))
            above = _now(frame.values[line], frame)[:, row - 1 : row]
            return above if active[row - 1] else _missing(above)
        values = _now(frame.values[line], frame)
        values = np.where(active[None, :, None], values, np.nan)
        return np.concatenate([np.zeros_like(values[:, :1]), values[:, :-1]], axis=1)

    return evaluate


def _same(column: str, table: str) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        texts = folded(frame.values[column])[0, :, 0]
        count = np.array([np.sum(texts == text) for text in texts], dtype=np.float64)
        return frame.row(count.reshape(1, -1, 1), table)

    return evaluate


def _sumifs(column: str, keys: list[str], wanted: list[Evaluate]) -> Evaluate:
    """The rows are put together by what all their keys hold, once; every cell then looks its own value up."""

    def evaluate(frame: Frame) -> Array:
        totals: dict[tuple[object, ...], Array] = {}
        amounts = frame.values[column]
        # The keys of a ledger are as typed: they do not differ from trial to trial.
        for row, key in enumerate(zip(*(_comparable(frame.values[name][0, :, 0]) for name in keys), strict=True)):
            totals[key] = totals.get(key, 0.0) + amounts[:, row, 0]
        values = np.broadcast_arrays(*(value(frame) for value in wanted))
        trials = max(values[0].shape[0], amounts.shape[0])
        nothing = np.zeros(amounts.shape[0])
        cells = zip(*(_comparable(value.ravel()) for value in values), strict=True)
        found = [np.broadcast_to(totals.get(key, nothing), trials) for key in cells]
        summed = _of_trials(np.array(found).reshape(*values[0].shape, trials))
        for value in values:
            if value.dtype != object:  # an error of what is looked for
                summed = np.where(np.isnan(value), np.nan, summed)
        return summed

    return evaluate


def _of_trials(cells: Array) -> Array:
    """Of cells [trials or 1, members, steps, trials] each trial's own: [trials, members, steps]."""
    if cells.shape[0] == 1:
        return np.moveaxis(cells[0], 2, 0)
    return np.stack([cells[trial, :, :, trial] for trial in range(cells.shape[0])])


def _comparable(cells: Array) -> list[object]:
    """Texts regardless of case, numbers with the 15 digits that a sheet compares."""
    if cells.dtype == object:
        return list(folded(cells))
    return [float(f"{number:.15g}") for number in cells]


def _changes(series: str, other: str, table: str | None, *, of_ledger: bool) -> Evaluate:
    def in_ledger(frame: Frame) -> Array:
        one, two = (_comparable(frame.values[name][0, :, 0]) for name in (series, other))
        return np.full((1, 1, 1), float(sum(a != b for a, b in zip(one, two, strict=True))))

    if of_ledger:
        return in_ledger

    def evaluate(frame: Frame) -> Array:
        a, b = (np.nan_to_num(frame.row(frame.values[name], table)) for name in (series, other))
        count: Array = np.sum(a != b, axis=2, keepdims=True, dtype=np.float64)
        return count

    return evaluate


def _slot(name: str, column: str) -> Evaluate:
    """Pairs are made of the rows themselves, whoever stands there."""
    table, _, side = column.partition(".")

    def evaluate(frame: Frame) -> Array:
        cross = frame.scope.tables[table]
        assert cross is not None  # only the key columns of a cross table are such slots
        pairs = cross.slots(frame.members(cross.left_table), frame.members(cross.right_table))
        return frame.values[name][:, [pair[0 if side == cross.left else 1] for pair in pairs]]

    return evaluate


def _period(series: str, table: str | None, number: Evaluate) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        values, at = np.nan_to_num(frame.row(frame.values[series], table)), number(frame)  # a blank cell reads as 0
        shape = np.broadcast_shapes(values.shape[:2], at.shape[:2])
        values = np.broadcast_to(values, (*shape, values.shape[2]))
        at = np.broadcast_to(at, (*shape, at.shape[2]))
        bad = np.isnan(at) | (at < 1) | (at >= values.shape[2] + 1)
        place = np.where(bad, 0, np.trunc(at) - 1).astype(np.intp)
        return finite(np.where(bad, np.nan, np.take_along_axis(values, place, axis=2)))

    return evaluate
