"""Apache Spark: the engine for a bill that outgrew one machine. It runs the expressions that DuckDB runs.

The session is the one that ``spark-submit`` made, or a local one. Casts must fail on what they cannot read (ANSI mode):
a cluster that turns such cells into nulls would lose money without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import narwhals as nw
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 (the name that Spark's own documentation gives it)
from pyspark.sql.types import DataType, StringType, StructField, StructType

from xlroi.errors import InputError, Problem
from xlroi.finops.engine import FILE, ROW, CellError, position
from xlroi.finops.sources import Source

__all__ = ["SparkEngine"]

_EXACT: Final = ("decimal", "tinyint", "smallint", "int", "bigint")
_NESTED: Final = ("map", "struct", "array")


class SparkEngine:
    """A Spark session; see :class:`xlroi.finops.engine.Engine`."""

    def __init__(self) -> None:
        builder = SparkSession.builder.appName("xlroi").config("spark.ui.showConsoleProgress", "false")
        self.session: SparkSession = builder.getOrCreate()
        self.session.conf.set("spark.sql.ansi.enabled", "true")
        self.session.conf.set("spark.sql.session.timeZone", "UTC")
        if str(self.session.conf.get("spark.master", "")).startswith("local"):
            # Spark's own default, 200 partitions, is made for a cluster: on one machine each costs more than its rows.
            self.session.conf.set("spark.sql.shuffle.partitions", self.session.sparkContext.defaultParallelism)
        self._kept: list[DataFrame] = []

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for frame in self._kept:
            frame.unpersist()

    def read(self, source: Source, *, numbered: bool = False) -> nw.LazyFrame[Any]:
        """Columns by position, and the file; with ``numbered``, which is for one file, also ``row``."""
        files = [f"file://{path.resolve()}" for path in source.files]
        columns = [position(index) for index in range(len(source.header))]
        if source.kind == "csv":
            schema = StructType([StructField(title, StringType()) for title in source.header])
            read = self.session.read.csv(
                files, schema=schema, header=True, sep=source.separator, escape='"', multiLine=True, mode="FAILFAST"
            )
            chosen = [_named(title).alias(name) for name, title in zip(columns, source.header, strict=True)]
        else:
            read = self.session.read.parquet(*files)
            chosen = [
                _as_text(field.name, field.dataType).alias(name)
                for name, field in zip(columns, read.schema.fields, strict=True)
            ]
        names = [F.lit(text) for path in source.files for text in (_uri(path), str(path))]
        chosen.append(F.create_map(*names)[F.col("_metadata.file_path")].alias(FILE))
        if numbered:
            # One partition, read in the order of the file, so that the numbers have no gaps.
            read = read.coalesce(1)
            first = 2 if source.kind == "csv" else 1
            chosen.append((F.monotonically_increasing_id() + first).alias(ROW))
        frame: nw.LazyFrame[Any] = nw.from_native(read.select(*chosen))
        return frame

    def head_of_parquet(self, file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The columns of a Parquet file and their types."""
        try:
            fields = self.session.read.parquet(f"file://{file.resolve()}").schema.fields
        except PySparkException as error:
            raise _refused(error, str(file)) from None
        return tuple(field.name for field in fields), tuple(field.dataType.simpleString() for field in fields)

    def keep(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The frame, computed and held by the cluster."""
        native: DataFrame = frame.to_native()
        try:
            kept = native.persist()
            self._kept.append(kept)
            kept.count()
        except PySparkException as error:
            raise _refused(error) from None
        held: nw.LazyFrame[Any] = nw.from_native(kept)
        return held

    def rows(self, frame: nw.LazyFrame[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows, a partition at a time."""
        native: DataFrame = frame.to_native()
        try:
            for row in native.toLocalIterator():
                yield tuple(row)
        except PySparkException as error:
            raise _refused(error) from None


def _uri(path: Path) -> str:
    """How Spark names a file that was read: as a URI with one slash, though it takes a path as it is written."""
    return path.resolve().as_uri().replace("file:///", "file:/", 1)


def _named(title: str) -> Column:
    return F.col("`" + title.replace("`", "``") + "`")


def _as_text(title: str, kind: DataType) -> Column:
    column, name = _named(title), kind.simpleString()
    if name.startswith(_NESTED):
        return F.to_json(column)
    return column if name.startswith(_EXACT) else column.cast("string")


def _refused(error: PySparkException, file: str = "") -> InputError:
    said = str(error)
    if any(word in said for word in ("CAST_INVALID_INPUT", "NUMERIC_VALUE_OUT_OF_RANGE", "CAST_OVERFLOW")):
        return CellError(f"an amount cannot be read: {said.splitlines()[0]}")
    if "MALFORMED" in said or "EOFException" in said or "not a Parquet file" in said:
        return InputError([Problem(file, None, "", f"a file is cut off or damaged: {said.splitlines()[0][:300]}")])
    return InputError([Problem(file, None, "", f"Spark cannot read it: {said.splitlines()[0][:300]}")])
