"""A programme of savings with one row in a typed table of levers, and what the model says of that row."""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache

from xlroi.api import Case, Result
from xlroi.engine.run import Engine
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.values import CellValue

Rows = dict[str, dict[str, object]]
"""The rows of a table by name, each by column."""


@cache
def programme() -> Case:
    """The programme as it comes."""
    return case_from(parse_yaml("model: opex_programme", "programme.yaml"))


def case_of(tables: dict[str, Rows]) -> Case:
    """The programme with these tables, by row and column, in place of its own."""
    text = json.dumps({"model": "opex_programme", "tables": tables})
    return case_from(parse_yaml(text, "hand.yaml"), programme().model)  # read once: it is long


def with_row(table: str, others: dict[str, Rows] | None = None, **columns: object) -> Case:
    """The programme with this one row in a typed table, on the lever of the table's first row; others by table."""
    lever = programme().tables[table][0].values["lever"]
    return case_of({**(others or {}), table: {"By hand": {"lever": lever, **columns}}})


@cache
def engine() -> Engine:
    """The engine of the programme."""
    return Engine(programme().model.system, programme().model.steps)


def row_of(table: str, others: dict[str, Rows] | None = None, **columns: object) -> Result:
    """That programme, evaluated as far as the lines of the table go."""
    return part_of(with_row(table, others, **columns), [table])


def part_of(case: Case, tables: Collection[str], *lines: str) -> Result:
    """A case, evaluated as far as the lines of some tables and a few others go: a tenth of the time of all of it."""
    own = [line.id for line in case.model.system.lines.values() if line.type.table in tables]
    return Result(case, "base", engine().evaluate(case.values("base"), outputs=[*own, *lines]))


def fails(case: Case, check: str) -> bool:
    """Whether a check does not hold."""
    return part_of(case, (), check).values.cell(check) != 1


def of(found: Result, line: str) -> float:
    """A line's value at the first row of its table."""
    value = found.values.cell(line)
    assert isinstance(value, float | int), f"{line} is {value}"
    return float(value)


def by_lever(found: Result, line: str) -> dict[str, float]:
    """A line of the levers, by their names."""
    names = found.values.row_names("levers")
    return {name: float(found.values.cell(line, row)) for row, name in enumerate(names) if name}  # type: ignore[arg-type]


def failing(found: Result) -> list[str]:
    """The checks that do not hold."""
    return [check.line for check in found.failing()]


def at(found: Result, line: str, row: str) -> CellValue:
    """A line's value at the row of that name in its table."""
    table = found.case.model.system.lines[line].type.table
    assert table is not None
    return found.values.cell(line, found.values.row_names(table).index(row))


def verdict(saving: CellValue) -> str:
    """What a saving a year says of its lever."""
    assert isinstance(saving, float | int), saving
    return "No effect" if round(saving, 6) == 0 else "Pays" if saving > 0 else "Costs more than it saves"
