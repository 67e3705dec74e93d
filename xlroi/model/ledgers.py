"""The rows of a ledger: many, alike, given as CSV in a case, and only summed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from xlroi.formula.scope import did_you_mean
from xlroi.model.bounds import bounded, shown
from xlroi.model.loading import KeyPath
from xlroi.model.model import Column, Table
from xlroi.model.rows import Number, Problems, Row
from xlroi.model.tables import refused_name

__all__ = ["csv_of", "read_ledger", "refused_text"]

_ABOUT: Final = ("source", "as_of", "note")
_LONGEST: Final = 255  # characters that SUMIFS compares in Excel
_NUMBER: Final = re.compile(r"[\s\d.,:/%+\-()$€£]*\d[\s\d.,:/%+\-()$€£]*(e[+-]?\d+)?", re.IGNORECASE)
_MOST_PROBLEMS: Final = 5


def refused_text(text: str) -> str | None:
    """Why a text cannot stand in a ledger, or ``None``: a spreadsheet's SUMIFS would compare something else.

    >>> refused_text("Search"), refused_text("")
    (None, None)
    >>> refused_text("0042")
    "'0042' reads as a number, which SUMIFS compares by value: put a word in front"
    """
    if not text:
        return None
    if _NUMBER.fullmatch(text) or text.casefold() in ("true", "false"):
        return f"{text!r} reads as a number, which SUMIFS compares by value: put a word in front"
    if len(text) > _LONGEST:
        return f"the text has {len(text)} characters, SUMIFS compares {_LONGEST} at most"
    return refused_name(text)


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
        for number, cells in enumerate(lines, 1):
            if not cells:
                continue
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
    try:
        return bounded(column, date.fromisoformat(cell) if column.is_date else float(cell)), None
    except ValueError as error:
        return 0.0, str(error) if cell else "expected a number (got nothing)"


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
