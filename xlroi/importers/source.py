"""A measured file: read line by line with its place in every problem, and what was left out of it counted."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from xlroi.errors import InputError, Problem

__all__ = ["Measured", "Options", "Source", "moment_of", "number_of", "range_of"]

_LONGEST: Final = 1_000_000  # characters of a line: a file without line ends must not fill the memory
_HEAD: Final = 64 * 1024
_CUT: Final = "last line has no end, may be cut off and is left out"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_PACKED: Final = {b"\x1f\x8b": "gzip", b"PK": "zip", b"(\xb5/\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One quantity as measured; shares are fractions of 1. ``low`` and ``high`` are absent where no range is known."""

    quantity: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    """How it was measured, and what the range is."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a file does not say: the GPUs installed, the period, the GPU-hours in which GPUs were down."""

    gpus: float | None = None
    start: datetime | None = None
    end: datetime | None = None
    down_hours: float = 0.0


@dataclass(slots=True)
class Source:
    """An opened file. ``as_of`` is the date of its last measurement, its own date where it holds none."""

    path: Path
    options: Options
    as_of: date
    digest: str = ""
    dated: bool = False
    remarks: list[str] = field(default_factory=list)
    """Sentences for the user."""
    wanting: dict[str, str] = field(default_factory=dict)
    """Quantities that could be measured, and what they need."""
    left_out: dict[str, list[int]] = field(default_factory=dict)
    """What was left out or counted specially: how often, and the first line."""

    @classmethod
    def open(cls, path: Path, options: Options) -> Source:
        """Look at a file; raises :class:`InputError` where there is none, or none to read."""
        shown = str(path)
        try:
            if path.exists() and not path.is_file():
                raise InputError([Problem(shown, None, "", "not a file")])
            with path.open("rb") as file:
                start = file.read(6)
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        except FileNotFoundError:
            raise InputError([Problem(shown, None, "", "no such file")]) from None
        except OSError as error:
            raise InputError([Problem(shown, None, "", f"cannot be read: {error.strerror}")]) from None
        for mark, kind in _PACKED.items():
            if start.startswith(mark):
                raise InputError([Problem(shown, None, "", f"this is a {kind} file; unpack it first")])
        if not start:
            raise InputError([Problem(shown, None, "", "the file is empty")])
        return cls(path, options, changed)

    @property
    def name(self) -> str:
        """The file as a case names it in a source."""
        return f"{self.path.name}, sha256 {self.digest[:12]}"

    def hash(self) -> None:
        """Take the file's SHA-256, by which a reader finds the very file again."""
        with self.path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    def refuse(self, line: int | None, message: str) -> InputError:
        """A problem at a line of the file, to be raised."""
        return InputError([Problem(str(self.path), line, "", message)])

    def limit(self, most: int) -> None:
        """Refuse a file above a size in bytes."""
        size = self.path.stat().st_size
        if size > most:
            shown, of = (f"{n / 2**20:,.0f} MB" for n in (size, most))
            raise self.refuse(None, f"the file has {shown}, the limit for its kind is {of}; import a part of it")

    def count(self, what: str, line: int) -> None:
        """Count what is left out; the report names it with its first line."""
        self.left_out.setdefault(what, [0, line])[0] += 1

    def measured_on(self, moment: float) -> None:
        """Take the date of the last measurement from the file."""
        self.as_of, self.dated = datetime.fromtimestamp(moment, UTC).date(), True

    def report(self) -> list[str]:
        """The remarks, and a line for all that was left out."""
        counted = [
            f"{what}: {n:,} (line {line}{' and later' if n > 1 else ''})" for what, (n, line) in self.left_out.items()
        ]
        undated = [] if self.dated else [f"the file holds no date; {self.as_of} is the date of the file itself"]
        return [*self.remarks, *counted, *undated]

    def head(self) -> str:
        """The beginning, for the recogniser; odd bytes are replaced."""
        with self.path.open("rb") as file:
            raw = file.read(_HEAD)
        return raw.decode("utf-16" if raw[:2] in _UTF16 else "utf-8-sig", errors="replace")

    def lines(self, *, ended: bool = True) -> Iterator[tuple[int, str]]:
        """Each line with its number from 1, without its end.

        A last line without an end may be cut off, and a number that is cut is still a number: it is left out, unless
        ``ended`` is false.
        """
        with self.path.open("rb") as file:
            if file.read(2) in _UTF16:  # what PowerShell writes
                self.limit(256 * 2**20)  # read at once: its lines cannot be told byte by byte
                file.seek(0)
                yield from self._utf16(file.read(), ended)
                return
            file.seek(0)
            number = 0
            while raw := file.readline(_LONGEST):
                number += 1
                if len(raw) == _LONGEST:
                    raise self.refuse(number, f"a line of more than {_LONGEST:,} bytes; is this the right file?")
                if b"\0" in raw:
                    raise self.refuse(number, "not a text file: it holds a byte 0")
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise self.refuse(number, f"not a text in UTF-8 or UTF-16: byte {error.start + 1}") from None
                if ended and not text.endswith("\n"):
                    self.count(_CUT, number)
                    return
                yield number, text.rstrip("\r\n")

    def _utf16(self, raw: bytes, ended: bool) -> Iterator[tuple[int, str]]:
        try:
            text = raw.decode("utf-16")
        except UnicodeDecodeError:
            raise self.refuse(None, "begins as UTF-16 and is not") from None
        *whole, last = text.split("\n")
        for number, line in enumerate(whole, 1):
            yield number, line.rstrip("\r")
        if last and ended:
            self.count(_CUT, len(whole) + 1)
        elif last:
            yield len(whole) + 1, last

    def table(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """Rows of cells with their line; all have as many as the first, the header, which may come again."""
        header: list[str] = []
        for number, line in self.lines():
            if line.strip() and not line.startswith("#"):
                quoted = separator == "," and '"' in line
                cells = next(csv.reader([line])) if quoted else line.split(separator)
                cells = [cell.strip() for cell in cells]
                if header and cells == header:
                    self.count("repeated headers", number)
                    continue
                header = header or cells
                if len(cells) != len(header):
                    raise self.refuse(number, f"{len(cells)} cells under {len(header)} columns; is the line cut off?")
                yield number, cells

    def json(self) -> dict[str, Any]:
        """The one JSON object that the file is."""
        text = "\n".join(line for _, line in self.lines(ended=False))
        try:
            data = json.loads(text)
        except RecursionError:
            raise self.refuse(None, "nested too deeply") from None
        except json.JSONDecodeError as error:
            runs = [line for line in text.split("\n") if line.strip()]
            if error.msg == "Extra data" and all(run.lstrip().startswith("{") for run in runs):
                why = f"{len(runs)} results in one file; keep the line of the run to import"
                raise self.refuse(error.lineno, why) from None
            cut = ": is the file cut off?" if error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg else ""
            raise self.refuse(error.lineno, f"not complete JSON: {error.msg}{cut}") from None
        if not isinstance(data, dict):
            raise self.refuse(1, "expected one JSON object with the results of a run")
        return data


_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([%A-Za-z]*)")


def number_of(text: str) -> tuple[float, str]:
    """A finite number and its unit, from a cell; ``ValueError`` where it is none.

    >>> number_of("612.34 W"), number_of("83")
    ((612.34, 'W'), (83.0, ''))
    """
    found = _NUMBER.fullmatch(text)
    if found is None or not math.isfinite(value := float(found[1])):
        raise ValueError(f"expected a number (got {text!r})")
    return value, found[2]


@lru_cache(4096)  # the rows of one moment stand together
def moment_of(text: str) -> float:
    """Seconds since 1970 from a date and time, or from seconds or milliseconds; a time without a zone counts as UTC.

    >>> moment_of("2026/11/20 12:00:00.500") == moment_of("2026-11-20T13:00:00.5+01:00") == moment_of("1795176000500")
    True
    """
    if "-" in text or "/" in text:
        stamp = datetime.fromisoformat(text.replace("/", "-"))
        return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    number = float(text)
    seconds = number / 1000 if number > 1e11 else number
    if not 9e8 < seconds < 4.2e9:
        raise ValueError(f"{text} is no time between 1998 and 2103")
    return seconds


def range_of(values: Sequence[float], what: str, mean: float) -> tuple[float | None, float | None, str]:
    """P10 and P90 (as Excel's PERCENTILE.INC) and their description; nothing below ten values.

    >>> range_of(range(11), "days", 5), range_of([1, 2], "days", 1.5)
    ((1.0, 9.0, 'P10 to P90 of 11 days'), (None, None, '2 days are too few for a range'))
    """
    if len(values) < 10:
        return None, None, f"{len(values)} {what} are too few for a range"
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        below = math.floor(place)
        above = min(below + 1, len(ordered) - 1)
        return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))

    low, high = at(0.1), at(0.9)
    wider = "" if low <= mean <= high else ", widened to hold the mean"
    return min(low, mean), max(high, mean), f"P10 to P90 of {len(values):,} {what}{wider}"
