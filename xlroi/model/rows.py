"""The rows and series of a case, each value with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from xlroi.formula.lookups import refused_name
from xlroi.formula.scope import did_you_mean, name_of
from xlroi.model.bounds import bounded, shown
from xlroi.model.loading import KeyPath
from xlroi.model.model import Column, Model, Series, Table
from xlroi.model.tables import duplicates
from xlroi.values import from_serial

__all__ = ["GivenSeries", "Problems", "Row", "leaves_of", "periods_needed", "read_rows", "read_series"]

Problems = Callable[[KeyPath, str], None]
Number = float | str | None | tuple[float, ...]

_ABOUT: Final = ("source", "as_of", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """One member of a table: a value per column, and where the row's figures come from."""

    name: str
    values: Mapping[str, Number]
    source: str = ""
    as_of: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class GivenSeries:
    """The values of a series, from its first period on."""

    values: tuple[float, ...]
    source: str = ""
    as_of: date | None = None
    note: str = ""
    origin: str = "case"


def periods_needed(period: str, model: Model, horizon: float, start: float, fiscal_year_end: float) -> int:
    """How many periods of a series the horizon reaches."""
    months = int(horizon) * {"month": 1, "quarter": 3, "year": 12}[model.step]
    if period != "fiscal_year":
        return max(-(-months // {"month": 1, "quarter": 3, "year": 12}[period]), 1)
    first = from_serial(start)
    before = (first.month - fiscal_year_end - 1) % 12 + 1  # months of the fiscal year up to the decision
    return 1 + int((before + months - 1) // 12)


def read_series(declared: Series, value: Any, path: KeyPath, first: int, problem: Problems) -> GivenSeries:
    """A series as a list, as a mapping of fiscal years, or with its source."""
    about: dict[str, Any] = {}
    if isinstance(value, dict) and "values" in value:
        about = {k: v for k, v in value.items() if k in _ABOUT}
        for key in value.keys() - {"values", *_ABOUT}:
            problem((*path, key), "unknown key" + did_you_mean(str(key), ["values", *_ABOUT]))
        value, path = value["values"], (*path, "values")
    numbers = _numbers(declared, declared.period, declared.count, value, path, first, problem)
    if isinstance(about.get("as_of"), str):
        problem((*path[:-1], "as_of"), f"expected a date as 2026-01-31 (got {about['as_of']!r})")
        about.pop("as_of")
    return GivenSeries(numbers, **about)


def _numbers(
    declared: Series | Column, period: str, most: int, value: Any, path: KeyPath, first: int, problem: Problems
) -> tuple[float, ...]:
    if isinstance(value, dict) and period == "fiscal_year":
        years = [str(first + i) for i in range(len(value))]
        if list(value) != years:
            problem(path, f"fiscal years run from {first} on without a gap (got {', '.join(map(str, value))})")
        value = list(value.values())
    if not isinstance(value, list):
        problem(path, f"expected a list with a number a {period.replace('_', ' ')} (got {shown(value)})")
        return ()
    if len(value) > most:
        problem(path, f"{len(value)} values, and the timeline has {most} periods at most")
    found = []
    for index, item in enumerate(value[:most]):
        try:
            found.append(bounded(declared, item))
        except ValueError as error:
            problem((*path, index), str(error))
    return tuple(found)


def read_rows(table: Table, given: Any, path: KeyPath, first: int, problem: Problems) -> tuple[Row, ...]:
    """The rows of a table; what a row leaves out is the template's, then the column's default."""
    if table.cross:
        if given is not None:
            problem(path, "a cross table has no rows of its own: its rows are pairs of other tables")
        return ()
    rows = table.rows if given is None else given
    if not isinstance(rows, dict):
        problem(path, f"expected rows by name (got {shown(rows)})")
        return ()
    if not rows and not table.optional:
        problem(path, "a table needs at least one row; leave the key out to use the template's")
    for name in duplicates(list(rows)):
        problem((*path, name), f"the row {name!r} stands twice, regardless of case")
    found = []
    for name, cells in rows.items():
        where: KeyPath = (*path, name)
        if why := refused_name(name):
            problem(where, why)
        if not isinstance(cells, dict):
            problem(
                where, f"expected columns with values, as {{{next(iter(table.columns))}: ...}} (got {shown(cells)})"
            )
            continue
        found.append(_row(table, name, cells, where, first, problem))
    for column in table.columns.values():
        if column.sums_to is not None:
            total = sum(v for row in found if isinstance(v := row.values.get(column.id), float))
            if abs(total - column.sums_to) > 1e-9:
                problem(
                    path,
                    f"column {column.id!r} must sum to {shown(column.sums_to)} (got {shown(float(f'{total:.12g}'))})",
                )
    for row in found:
        for names in table.row_sums:
            parts = [row.values[name] for name in names]
            total = sum(p for p in parts if isinstance(p, float))
            if None not in parts and abs(total - 1) > 1e-9:
                shares = " + ".join(names)
                problem((*path, row.name), f"{shares} must be 100% (got {shown(float(f'{total * 100:.12g}'))}%)")
    return tuple(found)


def _row(table: Table, name: str, cells: dict[str, Any], path: KeyPath, first: int, problem: Problems) -> Row:
    for key in cells:
        if key not in table.columns and key not in _ABOUT:
            known = [*table.columns, *_ABOUT]
            problem((*path, key), f"not a column of table {table.id!r}" + did_you_mean(key, known))
    values = {c.id: _cell(c, table.rows.get(name, {}), cells, path, first, problem) for c in table.columns.values()}
    as_of = cells.get("as_of")
    if as_of is not None and not isinstance(as_of, date):
        problem((*path, "as_of"), f"expected a date as 2026-01-31 (got {as_of!r})")
        as_of = None
    return Row(name, values, str(cells.get("source") or ""), as_of, str(cells.get("note") or ""))


def _cell(
    column: Column, default: Mapping[str, Any], cells: dict[str, Any], path: KeyPath, first: int, problem: Problems
) -> Number:
    value = cells.get(column.id, default.get(column.id))
    place = (*path, column.id)
    if value is None:
        if column.id not in cells and column.default is not None:
            return column.default
        problem(
            place,
            f"{column.label} is missing in this row" if column.id not in cells else "expected a value (got nothing)",
        )
        return None
    if column.kind == "number":
        if column.period:
            return _numbers(column, column.period, column.count, value, place, first, problem)
        try:
            return bounded(column, value)
        except ValueError as error:
            problem(place, str(error))
            return None
    if not isinstance(value, str):
        problem(place, f"expected a text (got {shown(value)})")
        return None
    if column.kind == "choice" and value not in column.choices:
        problem(
            place,
            f"expected one of {', '.join(column.choices)} (got {value!r})" + did_you_mean(value, list(column.choices)),
        )
    return value


def leaves_of(table: Table, rows: tuple[Row, ...]) -> dict[str, list[Any]]:
    """The leaves of a table: names and columns, spare rows blank."""
    spare = [None] * table.spare
    found: dict[str, list[Any]] = {name_of(table.id): [*(row.name for row in rows), *([""] * table.spare)]}
    for column in table.columns.values():
        given: list[Any] = [row.values[column.id] for row in rows] + list(spare)
        if column.period:
            given = [[*(v or ()), *([None] * (column.count - len(v or ())))] for v in given]
        found[column.leaf] = given
    return found
