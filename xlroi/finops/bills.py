"""Bills opened: every file looked at, all as one ledger, what cannot be right refused with file and row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from pathlib import Path
from typing import Any

import narwhals as nw

from xlroi.errors import InputError, Problem
from xlroi.finops.engine import FILE, ROW, CellError, Engine
from xlroi.finops.focus import FOCUS, known, missing, version
from xlroi.finops.ledger import CHECKS, FATAL, Measure, grouped, ledger_of
from xlroi.finops.mapping import Layout, load_mapping, required, shipped
from xlroi.finops.sources import Source, find, head_of_csv

__all__ = ["Bills", "Part", "open_bills"]

_MOST_SHOWN = 5
_LEFT_OUT_BY = ("provider", "account", "month")


@dataclass(frozen=True, slots=True)
class Part:
    """Files of one header, and what their columns mean."""

    source: Source
    layout: Layout

    @property
    def says(self) -> str:
        """The layout with the version that the header shows."""
        return f"FOCUS {version(self.source.header)}" if self.layout is FOCUS else self.layout.name


@dataclass(frozen=True, slots=True)
class Bills:
    """Opened files; nothing of them is read before it is asked for."""

    engine: Engine
    parts: tuple[Part, ...]
    left_out: tuple[tuple[str, str | None, str | None, str], ...] = ()
    """Charges that do not count, as another file has them: of a file, provider, account and month."""

    @property
    def files(self) -> list[Path]:
        """All files."""
        return [file for part in self.parts for file in part.source.files]

    def cube(self, by: Sequence[str], measures: Sequence[Measure], only: nw.Expr | None = None,
             using: Sequence[str] = ()) -> nw.LazyFrame[Any]:  # fmt: skip
        """Measures by ledger columns, ``file`` among them, computed once.

        ``only`` picks rows by the ledger columns of ``using``.

        Sums are exact. Raises :class:`InputError` with file and row where an amount cannot be read.
        """
        frames = []
        for part in self.parts:
            frame = self.engine.read(part.source)
            picked, reads = self._counted(part, only, using)
            frames.append(grouped(frame, part.source, part.layout, by, measures, picked, reads))
        groups = nw.concat(frames) if len(frames) > 1 else frames[0]
        whole = groups.group_by(list(by)).agg(*[measure.over_groups() for measure in measures])
        try:
            return self.engine.keep(whole)
        except CellError as error:
            amounts = [c.id for c in FATAL]
            raise self.refused([(str(file), id) for file in self.files for id in amounts]) or error from None

    def _counted(self, part: Part, only: nw.Expr | None, using: Sequence[str]) -> tuple[nw.Expr | None, Sequence[str]]:
        """The filter of a part's rows, without what is left out, and the columns that it reads."""
        files = set(map(str, part.source.files))
        out = [
            (nw.col(FILE) == file)
            & reduce(and_, (_is(name, value) for name, value in zip(_LEFT_OUT_BY, values, strict=True)))
            for file, *values in self.left_out
            if file in files
        ]
        if not out:
            return only, using
        counted = ~reduce(or_, out)
        return (counted if only is None else counted & only), [*using, *_LEFT_OUT_BY]

    def rows(self, frame: nw.LazyFrame[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a cube."""
        return self.engine.rows(frame)

    def refused(self, suspects: Iterable[tuple[str, str]]) -> InputError | None:
        """The first cells that (file, check) pairs find, each with its row; None where they find nothing."""
        by_file: defaultdict[str, list[str]] = defaultdict(list)
        for file, id in suspects:
            by_file[file].append(id)
        problems: list[Problem] = []
        for file, ids in by_file.items():
            for row, *cells in self._offending(file, ids) if len(problems) < _MOST_SHOWN else ():
                for id, cell in zip(ids, cells, strict=True):
                    if cell is not None:
                        check = next(check for check in CHECKS if check.id == id)
                        problems.append(Problem(file, row, check.column, f"{cell[:60]!r} {check.says}"))
        return InputError(problems[:_MOST_SHOWN]) if problems else None

    def _offending(self, file: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """Row and cells of the first rows of a file in which any of the checks finds something."""
        part = next(part for part in self.parts if file in map(str, part.source.files))
        one = replace(part.source, files=(Path(file),))
        frame = ledger_of(self.engine.read(one, numbered=True), one, part.layout, ids)
        found = reduce(or_, (~nw.col(id).is_null() for id in ids))
        return list(self.engine.rows(frame.filter(found).select(ROW, *ids).sort(ROW).head(_MOST_SHOWN)))


def _is(name: str, value: str | None) -> nw.Expr:
    column = nw.col(name)
    return column.is_null() if value is None else (column == value).fill_null(False)


def open_bills(patterns: Sequence[str], engine: Engine, mapping: str | None = None) -> Bills:
    """Find files, look at their headers and say what they mean; raises :class:`InputError`.

    The files are FOCUS, or all of one other layout, which ``mapping`` names: a file, or one that comes with xlroi.
    """
    files = find(patterns)
    layout = load_mapping(mapping, known()) if mapping else FOCUS
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...], str], list[Path]] = {}
    for file in files:
        if file.name.lower().endswith(".parquet"):
            titles, types = engine.head_of_parquet(file)
            groups.setdefault(("parquet", titles, types, ""), []).append(file)
        else:
            titles, separator = head_of_csv(file)
            groups.setdefault(("csv", titles, (), separator), []).append(file)
    parts = []
    for (kind, titles, types, separator), paths in groups.items():
        source = Source("parquet" if kind == "parquet" else "csv", titles, separator, tuple(paths), types)
        _check_columns(source, layout, mapping)
        parts.append(Part(source, layout))
    return Bills(engine, tuple(parts))


def _check_columns(source: Source, layout: Layout, mapping: str | None) -> None:
    """Refuse files without a column that must be there."""
    if mapping is None:
        lacks = missing(source.header)
        way_out = f"a bill of another layout comes in with --mapping ({', '.join(shipped())}, or a file)"
        what = "mandatory in FOCUS"
    else:
        names = (name for term in layout.columns.values() for name in required(term))
        lacks = [name for name in dict.fromkeys(names) if source.position(name) is None]
        way_out, what = "a column that may be missing stands in a 'first'", f"which --mapping {mapping} reads"
    if lacks:
        raise InputError([Problem(str(source.files[0]), None, "", f"missing {', '.join(lacks)}, {what}; {way_out}")])
