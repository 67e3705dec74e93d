"""What the cells of What-If tables hold: trials of the engine over the leaves of the book."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.engine.run import Leaf as LeafValue
from xlroi.formula.scope import name_of
from xlroi.model.model import Model
from xlroi.values import ERRORS, ExcelError
from xlroi.workbook.whatif import OUTPUT, PICKED, Grid, WhatIfs

__all__ = ["Errors", "fill"]

Errors = dict[tuple[str, int, int], ExcelError]


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
        for output, row in _rows(engine, grid, blank):
            kind = _kind(model, what_if, output, blank)
            for (leaf, place), value in row:
                wrong = isinstance(value, float) and math.isnan(value)
                if isinstance(found[leaf], list):
                    found[leaf][place] = None if wrong else value
                else:
                    found[leaf] = None if wrong else value
                if wrong:
                    errors[leaf, place, 0] = kind
    return found, errors


def _rows(engine: Engine, grid: Grid, leaves: Mapping[str, LeafValue]) -> Any:
    """Each row of a table: its output, and the cells with their values."""
    top, side = _edge(engine, grid.top, leaves), _edge(engine, grid.side, leaves)
    trials: dict[str, LeafValue] = {}
    if grid.across:
        trials[grid.across] = np.tile(top, len(side) if grid.down else 1)
    if grid.down:
        trials[grid.down] = np.repeat(side, len(top) if grid.across else 1)
    count = len(next(iter(trials.values())))  # type: ignore[arg-type]  # an array
    lines = engine.system.lines
    numeric = [o for o, _ in grid.outputs if lines[o].type.kind != "text"]
    values = engine.trials({**leaves, **trials}, dict.fromkeys(numeric), count)
    texts = {o: _texts(engine, o, leaves, trials, count) for o, _ in grid.outputs if o not in values}
    width, names = len(grid.body[0]), dict[str, list[str]]()
    for number, row in enumerate(grid.body):
        output, member = grid.outputs[number] if len(grid.outputs) > 1 else grid.outputs[0]
        first = 0 if len(grid.outputs) > 1 else number * width
        if output in texts:
            cells: list[Any] = [texts[output][i][member] for i in range(width)]
        else:
            array = values[output]
            table = lines[output].type.table
            if table and table not in names:
                names[table] = engine.evaluate(leaves, outputs=[name_of(table)]).row_names(table)
            active = table is None or bool(names[table][member])
            at = member if array.shape[1] > 1 else 0
            cells = [float(array[first + i, at, 0]) if active else None for i in range(width)]
        yield output, list(zip(row, cells, strict=True))


def _edge(engine: Engine, edge: tuple[float, ...] | str, leaves: Mapping[str, LeafValue]) -> Array:
    """The values along an edge; those of a line are computed with everything at rest."""
    if isinstance(edge, tuple):
        return np.array(edge or (0.0,))
    values: Array = engine.trials(leaves, [edge], 1)[edge][0, :, 0]
    return values


def _texts(
    engine: Engine, output: str, leaves: Mapping[str, LeafValue], trials: Mapping[str, Any], count: int
) -> list[list[Any]]:
    """A text line in every trial, by members; the array engine keeps no texts over trials."""
    found = []
    for index in range(count):
        one = {**leaves, **{leaf: float(values[index]) for leaf, values in trials.items()}}
        values = engine.evaluate(one, outputs=[output])
        found.append([values.cell(output, member) for member in range(values.arrays[output].shape[1])])
    return found


def _kind(model: Model, what_if: WhatIfs, output: str, leaves: Mapping[str, LeafValue]) -> ExcelError:
    """The error that an output may be, where it is one kind alone."""
    id = what_if.outputs.get(str(leaves[OUTPUT]), output) if output == PICKED else output
    kinds = model.texts[id].may_be
    return ERRORS[kinds[0]] if len(kinds) == 1 else ERRORS["#N/A"]
