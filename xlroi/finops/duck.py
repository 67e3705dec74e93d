"""DuckDB, embedded: the engine for a bill that one machine can read, however little memory it has."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import duckdb
import narwhals as nw

from xlroi.errors import InputError, Problem
from xlroi.finops.engine import FILE, ROW, CellError, position
from xlroi.finops.sources import Source

__all__ = ["DuckEngine"]

_BATCH: Final = 10_000
_EXACT: Final = ("DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                 "UBIGINT")  # fmt: skip
_NESTED: Final = ("MAP", "STRUCT", "UNION")


class DuckEngine:
    """DuckDB in this process; what exceeds ``memory`` goes to files in a temporary folder.

    ``memory`` is as DuckDB writes it, ``"2GB"``; ``threads`` 0 means all cores.
    """

    def __init__(self, *, threads: int = 0, memory: str = "2GB") -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="xlroi-")
        # Nothing is fetched from the network while a bill is read.
        settings: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": self._scratch.name,
            "memory_limit": memory,
            **({"threads": threads} if threads else {}),
        }
        try:
            self._connection = duckdb.connect(config=settings)
        except duckdb.Error as error:
            self._scratch.cleanup()
            raise InputError(f"DuckDB refuses these settings: {str(error).splitlines()[0]}") from None
        self._connection.execute("SET enable_progress_bar = false; SET GLOBAL TimeZone = 'UTC'")
        self._names = (f"kept_{n}" for n in count())
        self._parquet: dict[Path, None] = {}

    def __enter__(self) -> DuckEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()
        self._scratch.cleanup()

    def read(self, source: Source, *, numbered: bool = False) -> nw.LazyFrame[Any]:
        """Columns by position, and the file; see :class:`xlroi.finops.engine.Engine`."""
        files = [str(file) for file in source.files]
        columns = [position(index) for index in range(len(source.header))]
        if source.kind == "csv":
            read = self._connection.read_csv(
                files,  # type: ignore[arg-type]  # the stubs know one file only
                header=True,
                auto_detect=False,
                columns=dict.fromkeys(columns, "VARCHAR"),
                sep=source.separator,
                quotechar='"',
                escapechar='"',
                filename=FILE,
            )
            chosen = [*columns, FILE, *([f"row_number() OVER () + 1 AS {ROW}"] if numbered else [])]
        else:
            self._parquet |= dict.fromkeys(source.files)
            try:
                read = self._connection.from_parquet(files, filename=True, file_row_number=True)
                chosen = [
                    f"{_as_text(title, kind)} AS {name}"
                    for name, title, kind in zip(columns, source.header, source.types, strict=True)
                ]
            except duckdb.Error as error:
                raise _refused(error, source.files) from None
            chosen += [f"filename AS {FILE}", *([f"file_row_number + 1 AS {ROW}"] if numbered else [])]
        return nw.from_native(read.select(", ".join(chosen)))

    def head_of_parquet(self, file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns of a Parquet file and their types; raises :class:`InputError`."""
        try:
            read = self._connection.from_parquet([str(file)])
            return tuple(read.columns), tuple(map(str, read.types))
        except duckdb.Error as error:
            raise _refused(error, [file]) from None

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The frame as a table of this connection, which goes to disk where the memory is short."""
        name = next(self._names)
        relation: duckdb.DuckDBPyRelation = frame.to_native()
        try:
            self._connection.execute(f"CREATE TABLE {name} AS {relation.sql_query()}")
        except duckdb.Error as error:
            raise _refused(error, self._damaged()) from None
        return nw.from_native(self._connection.table(name))

    def rows(self, frame: nw.LazyFrame[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows in batches; a cursor of its own, so that others may be asked meanwhile."""
        relation: duckdb.DuckDBPyRelation = frame.to_native()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(relation.sql_query())
                while batch := cursor.fetchmany(_BATCH):
                    yield from batch
        except duckdb.Error as error:
            raise _refused(error, self._damaged()) from None

    def _damaged(self) -> list[Path]:
        """The Parquet files that cannot be read to their end; DuckDB names a CSV file itself, but no Parquet file."""
        found = []
        for file in self._parquet:
            try:
                self._connection.from_parquet([str(file)]).aggregate("max(hash(COLUMNS(*)))").fetchall()
            except duckdb.Error:
                found.append(file)
        return found


def _as_text(title: str, kind: str) -> str:
    name = '"' + title.replace('"', '""') + '"'
    if kind.endswith("[]") or kind.startswith(_NESTED):
        return f"CAST(to_json({name}) AS VARCHAR)"
    return name if kind.startswith(_EXACT) else f"CAST({name} AS VARCHAR)"


def _refused(error: duckdb.Error, files: Sequence[Path] = ()) -> InputError:
    """DuckDB's complaint as a problem with file, line and way out."""
    text = str(error)
    named = re.search(r"file\s*=\s*(.+)", text) or re.search(r'file "?\'?([^"\'\n]+)["\']', text, re.IGNORECASE)
    file = named[1].strip() if named else ", ".join(map(str, files))
    line = re.search(r"CSV Error on Line: (\d+)", text)

    def refuse(message: str) -> InputError:
        return InputError([Problem(file, int(line[1]) if line else None, "", message)])

    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return CellError(f"an amount cannot be read: {text.splitlines()[0]}")
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError("the bill needs more memory than the limit; raise it with --memory, as --memory 8GB")
    if wrong := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
        return refuse(f"{wrong[2]} cells under {wrong[1]} columns; is the line cut off or a comma unquoted?")
    if "unterminated quote" in text or "invalid state" in text:
        return refuse('not a clean CSV: a quote (") has no end, or line ends are mixed; export it again')
    if "Invalid unicode" in text or "not utf-8" in text:
        return refuse("not UTF-8; save it as CSV in UTF-8")
    if "GZIP" in text:
        packed = re.search(r"GZIP stream: (.+)", text)
        file = packed[1].strip() if packed else file
        return refuse("the gzip file is cut off or damaged; fetch it again")
    if "arquet" in text or "TProtocol" in text or "Snappy" in text:
        return refuse("the Parquet file is cut off or damaged; fetch it again")
    return refuse(f"cannot be read: {text.splitlines()[0]}")
