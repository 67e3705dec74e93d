"""What the cells of What-If tables hold: trials of the engine over the leaves of the book."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.engine.run import Leaf as LeafValue
from xlroi.model.model import Model
from xlroi.values import ERRORS, ExcelError
from xlroi.workbook.whatif import OUTPUT, PICKED, Grid, WhatIfs

__all__ = ["Errors", "fill"]

Errors = dict[tuple[str, int, int], ExcelError]
Filled = list[tuple[tuple[str, int], Any]]


def fill(
    engine: Engine, model: Model, what_if: WhatIfs, leaves: Mapping[str, LeafValue]
) -> tuple[dict[str, LeafValue], Errors]:
    """The leaves that What-If tables compute, and which of them are errors.

    Where an output may be one kind of error only, that kind is told; else it is called ``#N/A``, and agrees with any.
    """
    blank = {**leaves, **what_if.computed}
    found: dict[str, Any] = {id: list(v) if isinstance(v, list) else v for id, v in what_if.computed.items()}
    errors: Errors = {}
    for grid in what_if.grids.values():
        for output, column in _columns(engine, grid, blank):
            kind = _kind(model, what_if, output, blank)
            for (leaf, place), value in column:
                wrong = isinstance(value, float) and math.isnan(value)
                of_text = engine.system.scope.names[leaf].type.kind == "text"
                held = (kind if of_text else None) if wrong else value  # a blank number is an error by its place below
                if isinstance(found[leaf], list):
                    found[leaf][place] = held
                else:
                    found[leaf] = held
                if wrong:
                    errors[leaf, place, 0] = kind
    return found, errors


def _columns(engine: Engine, grid: Grid, leaves: Mapping[str, LeafValue]) -> Iterator[tuple[str, Filled]]:
    """Each column of a table: its output, and the cells with their values."""
    top, side = _edge(engine, grid.top, leaves), _edge(engine, grid.side, leaves)
    trials: dict[str, LeafValue] = {}
    if grid.across:
        trials[grid.across] = np.tile(top, len(side))
    if grid.down:
        trials[grid.down] = np.repeat(side, len(top))
    lines = engine.system.lines
    numeric = [o for o, _ in grid.outputs if lines[o].type.kind != "text" or lines[o].picks]
    values = engine.trials({**leaves, **trials}, dict.fromkeys(numeric), len(top) * len(side))
    texts = {o: _texts(engine, o, leaves, trials) for o, _ in grid.outputs if o not in values}
    names = {t: engine.row_names(leaves, t) for o, _ in grid.outputs if (t := lines[o].type.table)}
    for column in range(len(grid.body[0])):
        output, member = grid.outputs[column if len(grid.outputs) > 1 else 0]
        first = column if grid.across else 0
        table = lines[output].type.table
        cells: list[Any] = []
        for row in range(len(grid.body)):
            trial = row * len(top) + first
            if output in texts:
                cells.append(texts[output][trial][member])
            elif table and not names[table][member]:
                cells.append(None)
            else:
                cell = values[output][trial, member, 0]
                cells.append(cell if isinstance(cell, str) else float(cell))
        yield output, [(grid.body[row][column], value) for row, value in enumerate(cells)]


def _edge(engine: Engine, edge: tuple[float, ...] | str, leaves: Mapping[str, LeafValue]) -> Array:
    """The values along an edge; those of a line are computed with everything at rest."""
    if isinstance(edge, tuple):
        return np.array(edge or (0.0,))
    values: Array = engine.trials(leaves, [edge], 1)[edge][0, :, 0]
    return values


def _texts(engine: Engine, output: str, leaves: Mapping[str, LeafValue], trials: Mapping[str, Any]) -> list[list[Any]]:
    """A text line in every trial, by members, where the array engine keeps no texts over trials."""
    found = []
    for index in range(len(next(iter(trials.values())))):
        one = {**leaves, **{leaf: float(values[index]) for leaf, values in trials.items()}}
        values = engine.evaluate(one, outputs=[output])
        found.append([values.cell(output, member) for member in range(values.arrays[output].shape[1])])
    return found


def _kind(model: Model, what_if: WhatIfs, output: str, leaves: Mapping[str, LeafValue]) -> ExcelError:
    """The error that an output may be, where it is one kind alone."""
    id = what_if.outputs.get(str(leaves[OUTPUT]), output) if output == PICKED else output
    kinds = model.texts[id].may_be
    return ERRORS[kinds[0]] if len(kinds) == 1 else ERRORS["#N/A"]
