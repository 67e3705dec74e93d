"""What a query engine must do for bills: read files as text, keep a result, hand over its rows.

All else is narwhals expressions, the same for every engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from xlroi.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import narwhals as nw

    from xlroi.finops.sources import Source

__all__ = ["FILE", "ROW", "CellError", "Engine", "position"]

FILE: Final = "file"
"""The column that names the file of a row."""
ROW: Final = "row"
"""The column that numbers rows as a spreadsheet does: the header of a CSV file is row 1."""


def position(index: int) -> str:
    """The name under which an engine reads a file's column; titles may repeat or differ in case only."""
    return f"c{index}"


class CellError(InputError):
    """A cell that should be an amount is none; the engine does not say which."""


class Engine(Protocol):
    """A query engine.

    What it is asked for raises :class:`InputError` where a file cannot be read, and :class:`CellError` where an amount
    is none.
    """

    def read(self, source: Source, *, numbered: bool = False) -> nw.LazyFrame[Any]:
        """Columns ``c0, c1, …`` as in the files, and ``file``; with ``numbered``, also ``row``.

        Text is as in the file, unaltered. Exact numbers of Parquet keep their type; all else of it is text: moments as
        ``YYYY-MM-DD HH:MM:SS`` in UTC, floating point in the shortest text that means it, maps as JSON.
        """

    def head_of_parquet(self, file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns of a Parquet file and their types."""

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Compute a frame once."""

    def rows(self, frame: nw.LazyFrame[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a frame, as they come."""
