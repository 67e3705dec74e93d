"""The rows of a ledger: many, alike, given as CSV in a case, and only summed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from xlroi.formula.lookups import refused_text
from xlroi.formula.scope import did_you_mean
from xlroi.model.bounds import bounded, shown
from xlroi.model.loading import KeyPath
from xlroi.model.model import Column, Table
from xlroi.model.rows import Number, Problems, Row

__all__ = ["csv_of", "read_ledger"]

_ABOUT: Final = ("source", "as_of", "note")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_PROBLEMS: Final = 5


def read_ledger(table: Table, given: Any, path: KeyPath, problem: Problems) -> tuple[Row, ...]:
    """The rows of a ledger, at least one; a case that gives none has one of zeros and empty texts."""
    about: Mapping[str, Any] = {}
    if isinstance(given, dict):
        about = {key: given[key] for key in _ABOUT if key in given}
        for key in given.keys() - {"csv", *_ABOUT}:
            problem((*path, key), "unknown key" + did_you_mean(str(key), ["csv", *_ABOUT]))
        given, path = given.get("csv"), (*path, "csv")
    if isinstance(as_of := about.get("as_of"), str):
        problem((*path[:-1], "as_of"), f"expected a date as 2026-01-31 (got {as_of!r})")
        about = {key: value for key, value in about.items() if key != "as_of"}
    if given is None:
        return (_empty(table),)
    if not isinstance(given, str):
        problem(path, f"expected a text of CSV with the heads {','.join(table.columns)} (got {shown(given)})")
        return (_empty(table),)
    return _rows(table, given, about, path, problem) or (_empty(table),)


def _rows(table: Table, text: str, about: Mapping[str, Any], path: KeyPath, problem: Problems) -> tuple[Row, ...]:
    lines = csv.reader(io.StringIO(text), strict=True)
    rows: list[Row] = []
    found = 0
    try:
        heads = next(lines, [])
        if heads != list(table.columns):
            problem(path, f"expected the heads {','.join(table.columns)} (got {','.join(heads) or 'nothing'})")
            return ()
        for number, cells in enumerate(filter(None, lines), 1):
            if len(cells) != len(heads):
                problem(path, f"row {number} has {len(cells)} cells under {len(heads)} heads")
                return ()
            values: dict[str, Number] = {}
            for column, cell in zip(table.columns.values(), cells, strict=True):
                values[column.id], why = _value(column, cell)
                if why and found < _MOST_PROBLEMS:
                    problem(path, f"row {number}, {column.id}: {why}")
                    found += 1
            rows.append(Row(str(number), values, **about))
    except csv.Error as error:
        problem(path, f"no clean CSV: {error}")
    return tuple(rows)


def _value(column: Column, cell: str) -> tuple[Number, str | None]:
    if column.kind != "number":
        return cell, refused_text(cell)
    said = shown(cell) if cell else "nothing"
    if not (_DATE if column.is_date else _NUMBER).fullmatch(cell):
        return 0.0, f"expected a {'date as 2026-01-31' if column.is_date else 'number'} (got {said})"
    try:
        day = date.fromisoformat(cell) if column.is_date else None
    except ValueError:
        return 0.0, f"expected a date as 2026-01-31 (got {said})"
    try:
        return bounded(column, float(cell) if day is None else day), None
    except ValueError as error:
        return 0.0, str(error)


def _empty(table: Table) -> Row:
    return Row("1", {column.id: 0.0 if column.kind == "number" else "" for column in table.columns.values()})


def csv_of(heads: Sequence[str], rows: Iterable[Iterable[float | str]]) -> str:
    """The text of a ledger in a case.

    >>> csv_of(["team", "amount"], [["Search, ads", 2.50], ["", 1e-7]])
    'team,amount\\n"Search, ads",2.5\\n,1e-07\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([f"{c:.15g}" if isinstance(c, float) else c for c in row] for row in rows)
    return text.getvalue()
