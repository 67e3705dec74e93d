"""Files of a bill: found, and looked at closely enough to be read in one way."""

from __future__ import annotations

import csv
import glob
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from xlroi.errors import InputError, Problem

__all__ = ["ENDINGS", "Source", "canonical", "find", "head_of_csv"]

ENDINGS: Final = (".csv", ".csv.gz", ".parquet")
_LONGEST_HEADER: Final = 1024 * 1024
_MOST_COLUMNS: Final = 5_000
_SEPARATORS: Final = ",;\t|"

Kind = Literal["csv", "parquet"]


@dataclass(frozen=True, slots=True)
class Source:
    """Files that are read alike: the same kind, separator and header."""

    kind: Kind
    header: tuple[str, ...]
    separator: str
    files: tuple[Path, ...]
    types: tuple[str, ...] = ()
    """Of the columns of Parquet files, as DuckDB names them; those of CSV files are all text."""

    def position(self, name: str) -> int | None:
        """Where a column stands; names are compared by letters and digits, the exact spelling first."""
        if name in self.header:
            return self.header.index(name)
        wanted = canonical(name)
        return next((i for i, title in enumerate(self.header) if canonical(title) == wanted), None)


def canonical(name: str) -> str:
    """Letters and digits of a name, in lower case: how columns are compared.

    >>> canonical("lineItem/UnblendedCost") == canonical("line_item_unblended_cost")
    True
    """
    return re.sub(r"[^0-9a-z]", "", name.lower())


def find(patterns: Sequence[str]) -> list[Path]:
    """The files that paths, folders and globs name, each once, in order; raises :class:`InputError`."""
    found: dict[Path, Path] = {}
    for pattern in patterns:
        path = Path(pattern)
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(ENDINGS))
            if not files:
                raise InputError([Problem(pattern, None, "", f"no file in this folder ends in {', '.join(ENDINGS)}")])
        elif path.exists():
            files = [path]
        else:
            files = [p for p in map(Path, sorted(glob.glob(pattern, recursive=True))) if p.is_file()]  # noqa: PTH207 (a pathlib glob takes no absolute pattern)
            if not files:
                raise InputError([Problem(pattern, None, "", "no such file")])
        for file in files:
            if not file.name.lower().endswith(ENDINGS):
                raise InputError(
                    [Problem(str(file), None, "", f"expected a bill that ends in {', '.join(ENDINGS)} (a zip: unpack)")]
                )
            found.setdefault(file.resolve(), file)
    if not found:
        raise InputError("no file is named; give files, folders or globs")
    return list(found.values())


def head_of_csv(path: Path) -> tuple[tuple[str, ...], str]:
    """Header and separator of a CSV file, packed or not; raises :class:`InputError`."""
    shown = str(path)

    def refuse(message: str) -> InputError:
        return InputError([Problem(shown, None, "", message)])

    try:
        with path.open("rb") as raw:
            start = raw.read(4)
            raw.seek(0)
            packed = start.startswith(b"\x1f\x8b")
            if path.name.lower().endswith(".gz") and not packed and start:
                raise refuse("its name ends in .gz and it is no gzip file")
            if packed and not path.name.lower().endswith(".gz"):
                raise refuse("this is a gzip file; its name must end in .csv.gz")
            with gzip.open(raw) if packed else raw as file:
                head = file.read(_LONGEST_HEADER)
    except FileNotFoundError:
        raise refuse("no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise refuse("the gzip file is cut off or damaged; fetch it again") from None
    except OSError as error:
        raise refuse(f"cannot be read: {error.strerror or error}") from None
    if not head:
        raise refuse("the file is empty")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise refuse("this is UTF-16; save it as CSV in UTF-8")
    if head.startswith((b"PK\x03\x04", b"PAR1")):
        raise refuse("this is no CSV file; its name must end in what it is")
    try:
        text = head.decode("utf-8-sig", errors="ignore" if len(head) == _LONGEST_HEADER else "strict")
    except UnicodeDecodeError as error:
        line = head[: error.start].count(b"\n") + 1
        raise InputError([Problem(shown, line, "", f"not UTF-8: byte {error.start + 1}; save it as UTF-8")]) from None
    if "\0" in text.split("\n", 1)[0]:
        raise refuse("not a text file")
    choices = [(_first_record(text, separator), separator) for separator in _SEPARATORS]
    titles, separator = max(choices, key=lambda choice: len(choice[0]))
    if len(titles) > _MOST_COLUMNS:
        raise refuse(f"{len(titles):,} columns; is this a bill?")
    return tuple(title.strip() for title in titles), separator


def _first_record(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return []
