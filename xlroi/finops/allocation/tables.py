"""CSV files beside the rules: their cells as texts, amounts and months, each problem with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.sources import canonical, head_of_csv
from xlroi.formula.scope import did_you_mean

__all__ = ["Row", "read_table"]

_AMOUNT: Final = re.compile(r"[+-]?(\d{1,15}(\.\d{0,18})?|\.\d{1,18})")
_MONTH: Final = re.compile(r"(20\d\d-(?:0[1-9]|1[0-2]))(-\d\d)?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file; ``cells`` by the column names that were asked for, and by the titles of all others."""

    file: str
    line: int
    cells: Mapping[str, str]

    def refuse(self, column: str, message: str) -> InputError:
        """A problem of this row."""
        return InputError([Problem(self.file, self.line, column, message)])

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        said = self.cells.get(column, "")
        if not said:
            raise self.refuse(column, "is empty")
        return said

    def amount(self, column: str, default: str | None = None) -> Decimal:
        """A number that is not negative, below 1e15."""
        said = self.cells.get(column) or default
        if said is None:
            raise self.refuse(column, "is empty; expected a number")
        if not _AMOUNT.fullmatch(said):
            raise self.refuse(column, f"expected a number as 1234.56 (got {said[:60]!r})")
        found = Decimal(said)
        if found < 0:
            raise self.refuse(column, f"must not be negative (got {said})")
        return found

    def month(self, column: str) -> str:
        """A month, ``2026-03``; a day of it will do."""
        said = self.text(column)
        found = _MONTH.fullmatch(said)
        if not found:
            raise self.refuse(column, f"expected a month as 2026-03 or a day as 2026-03-31 (got {said[:60]!r})")
        if found[2]:
            try:
                date.fromisoformat(said)
            except ValueError:
                raise self.refuse(column, f"there is no such day (got {said!r})") from None
        return found[1]


def read_table(path: Path, columns: Mapping[str, str], optional: Sequence[str] = (), asked: Problem | None = None
               ) -> Iterator[Row]:  # fmt: skip
    """The rows of a CSV file; raises :class:`InputError` with file and line.

    ``columns`` gives for each name that the caller uses the title in the file, found by letters and digits; those
    ``optional`` may be missing. ``asked`` says where the file is named. Lines without any cell are passed over.
    """
    try:
        titles, separator = head_of_csv(path)
    except InputError as error:
        problem = error.problems[0]
        where = [Problem(asked.file, asked.line, asked.path, str(problem))] if asked else error.problems
        raise InputError(where) from None
    places = {name: _places(titles, title) for name, title in columns.items()}
    if lacks := [columns[name] for name, found in places.items() if not found and name not in optional]:
        message = f"no column {', '.join(lacks)}; these are: {', '.join(titles)}{did_you_mean(lacks[0], list(titles))}"
        raise InputError([Problem(str(path), 1, "", message)])
    if twice := [columns[name] for name, found in places.items() if len(found) > 1]:
        raise InputError([Problem(str(path), 1, "", f"the column {twice[0]} stands twice; keep one")])
    used = {name: found[0] for name, found in places.items() if found}
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            next(reader)
            line = reader.line_num + 1
            for cells in reader:
                if any(cells):
                    if len(cells) != len(titles):
                        message = f"{len(cells)} cells under {len(titles)} columns; is a comma unquoted?"
                        raise InputError([Problem(str(path), line, "", message)])
                    stripped = [cell.strip() for cell in cells]
                    further = {titles[i]: cell for i, cell in enumerate(stripped) if i not in used.values()}
                    yield Row(str(path), line, {**further, **{name: stripped[i] for name, i in used.items()}})
                line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([Problem(str(path), line, "", f"not a clean CSV: {error}")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem(str(path), line, "", "not UTF-8; save it as CSV UTF-8")]) from None
    except OSError as error:
        raise InputError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None


def _places(titles: Sequence[str], title: str) -> list[int]:
    """Where a column stands: as it is spelt, else by letters and digits."""
    wanted = canonical(title)
    spelt = [index for index, found in enumerate(titles) if found == title]
    return spelt or [index for index, found in enumerate(titles) if wanted and canonical(found) == wanted]
