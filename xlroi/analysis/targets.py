"""Which number of a model is meant: ``npv``, ``tco[Own]``; and which inputs are uncertain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from xlroi.engine.array import Array
from xlroi.engine.run import Engine
from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.case import Case
from xlroi.model.distributions import Distribution, of_range

__all__ = ["Target", "Uncertain", "target", "uncertain_inputs"]


@dataclass(frozen=True, slots=True)
class Target:
    """One number of one evaluation: a line and the row of its table."""

    path: str
    line: str
    label: str
    unit_text: str
    member: int = 0
    never: bool = False
    """#N/A means that it never happens: a payback that is not reached counts as infinite."""

    def of(self, array: Array) -> Array:
        """Its value in every trial, from the array of its line."""
        found: Array = array[:, self.member, 0]
        return found


@dataclass(frozen=True, slots=True)
class Uncertain:
    """An uncertain leaf: its name, its row in a table (``None`` for an input), its label and distribution."""

    id: str
    label: str
    distribution: Distribution
    leaf: str
    base: float
    member: int | None = None
    low: float | None = None
    high: float | None = None
    integer: bool = False


def target(case: Case, path: str) -> Target:
    """The output or line that a path names, ``line`` or ``line[row]``; raises :class:`InputError`."""
    found = re.fullmatch(r"\s*([\w.]+)\s*(?:\[(.+)\])?\s*", path)
    model = case.model
    lines = {id: line for id, line in model.system.lines.items() if line.type.kind != "text" and not line.type.month}
    known = [o.id for o in model.outputs]
    if found is None or found[1] not in lines:
        raise InputError(f"{path!r} is not a single number of model {model.id!r}" + did_you_mean(path, known))
    id, row = found[1], found[2]
    table, text = lines[id].type.table, model.texts[id]
    never = text.unit_text in ("month", "months") and "#N/A" in text.may_be
    if table is None:
        if row is not None:
            raise InputError(f"{path!r}: {id!r} is one number, without rows")
        return Target(id, id, text.label, text.unit_text, 0, never)
    names = Engine(model.system, model.steps).row_names(case.values(), table)
    if row is None:
        raise InputError(f"{path!r}: {id!r} has a value for each row; name one, as {id}[{next(iter(names), 'row')}]")
    member = next((i for i, name in enumerate(names) if name.casefold() == row.strip().casefold()), None)
    if member is None:
        raise InputError(f"{path!r}: table {table!r} has no row {row!r}" + did_you_mean(row, [n for n in names if n]))
    return Target(f"{id}[{names[member]}]", id, f"{text.label} [{names[member]}]", text.unit_text, member, never)


def uncertain_inputs(case: Case) -> list[Uncertain]:
    """Every input with a distribution of its own or a range, and every share that is all or nothing."""
    found = []
    for id, given in case.inputs.items():
        declared = case.model.inputs[id]
        if declared.is_date:
            continue
        base, ends = given.value(case.scenario), [v for v in (given.optimistic, given.pessimistic) if v is not None]
        distribution = given.distribution
        if distribution is None and ends:
            low, high = min([given.base, *ends]), max([given.base, *ends])
            distribution = of_range(low, given.base, high) if low < high else None
        if distribution is not None:
            bounds = (declared.minimum, declared.maximum)
            found.append(Uncertain(id, declared.label, distribution, id, base, None, *bounds, declared.integer))
    for table in case.model.tables.values():
        for column in table.columns.values():
            if column.all_or_nothing:
                found += _yes_no(case, table.id, column.id, column.leaf, column.label)
    return found


def _yes_no(case: Case, table: str, column: str, leaf: str, label: str) -> list[Uncertain]:
    rows: Any = case.tables[table]
    return [
        Uncertain(
            f"{table}[{row.name}].{column}",
            f"{row.name}: {label.lower()}",
            Distribution("yes_no", {"mean": float(row.values[column])}),
            leaf,
            float(row.values[column]),
            member,
        )
        for member, row in enumerate(rows)
        if 0 < float(row.values[column]) < 1
    ]
