"""What a memo holds: sections of paragraphs, lists, tables with typed numbers, and charts. Writers add the looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from xlroi.report.figures import as_given, figure
from xlroi.values import CellValue

__all__ = ["Block", "Chart", "Curve", "Items", "Memo", "Number", "Paragraph", "Section", "Table", "plain"]

_UNSEEN: Final = re.compile(
    "[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
"""What XML cannot hold, and what turns the direction of writing, so that a figure would read as another one."""


def plain(text: str) -> str:
    """A text in one line, without control characters.

    >>> plain("one\\ntwo\\x07")
    'one two'
    """
    return " ".join(_UNSEEN.sub("", text).split())


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its unit. ``of`` names the line it comes from, as ``npv``, ``tco[Own]`` or ``npv@pessimistic``.

    >>> Number(-901.5, "money", "npv").text, Number(0.1, "%", given=True).text
    ('-902', '10%')
    """

    value: CellValue
    unit: str
    of: str = ""
    given: bool = False
    """An input, shown with all the digits that were given."""

    @property
    def text(self) -> str:
        """As a reader sees it, without the unit."""
        return (as_given if self.given else figure)(self.value, self.unit)


Cell = str | Number


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``lead`` is the answer, ``note`` small print, ``warning`` what nobody may overlook."""

    text: str
    style: Literal["body", "lead", "note", "warning"] = "body"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as long as ``heads``. The title stands above, the note below."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def right(self, column: int) -> bool:
        """Whether a column holds numbers, which stand on the right."""
        return any(isinstance(row[column], Number) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Curve:
    """One series of a chart; a value that is none is left out."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as data. ``x`` holds the steps of a path or the edges of a histogram, ``labels`` the names of bars.

    Of a bubble chart the three curves are across, up and size, ``x_label`` says what is across.
    ``base`` is where the bars of a tornado begin, ``marker`` a point on the zero line with its name.
    """

    kind: Literal["columns", "path", "waterfall", "bubble", "tornado", "histogram"]
    title: str
    unit: str
    unit_text: str
    curves: tuple[Curve, ...]
    labels: tuple[str, ...] = ()
    x: tuple[float, ...] = ()
    x_label: str = ""
    base: float = 0.0
    marker: tuple[str, float] | None = None
    tabled: bool = False
    """A table of the same numbers stands beside it."""

    def table(self) -> Table:
        """The same as a table, for a memo without pictures; a path every twelve steps."""
        if self.kind == "histogram":
            bins = zip(self.x, self.x[1:], self.curves[0].values, strict=False)
            rows = [
                (Number(low, self.unit), Number(high, self.unit), Number(count, "1"))
                for low, high, count in bins
                if count
            ]
            return Table(self.title, ("From", "To", self.curves[0].name), tuple(rows))
        places = range(len(self.labels))
        first = self.x_label if self.kind == "path" else ""
        if self.kind == "path":
            last = len(self.x) - 1
            places = range(last + 1) if last < 12 else range(0, last + 1, 12)
            shown = [*places, *([last] if last not in places else [])]
            lines = [(Number(self.x[i], "1"), i) for i in shown]
        else:
            lines = [(label, i) for i, label in enumerate(self.labels)]  # type: ignore[misc]  # a text here
        heads = tuple(", ".join(p for p in (c.name, self.unit_text) if p) for c in self.curves)
        if self.kind == "bubble":
            heads = (self.x_label, heads[1], self.curves[2].name)
        rows_ = tuple((head, *(Number(c.values[i], self.unit) for c in self.curves)) for head, i in lines)
        note = f"{self.marker[0]}: {self.marker[1]:g}" if self.marker else ""
        return Table(self.title, (first, *heads), rows_, note)

    @property
    def alternative(self) -> str:
        """What a reader who does not see the picture is told."""
        said = []
        for curve in self.curves:
            present = [v for v in curve.values if v is not None]
            if self.kind == "path" and present:
                ends = f"{figure(present[0], self.unit)} to {figure(present[-1], self.unit)}"
                said.append(f"{curve.name} from {ends}")
            elif self.kind != "histogram":
                bars = zip(self.labels, curve.values, strict=True)
                said += [f"{label} {curve.name} {figure(v, self.unit)}" for label, v in bars if v is not None]
        return plain(f"Chart: {self.title}, {self.unit_text}. {'; '.join(said)}")


Block = Paragraph | Items | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it; appendices come last, on pages of their own."""

    title: str
    blocks: tuple[Block, ...]
    appendix: bool = False


@dataclass(frozen=True, slots=True)
class Memo:
    """A whole memo. ``facts`` are its head: date, owner, version, and what it was made of."""

    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    author: str
    day: str

    def numbers(self) -> Iterator[Number]:
        """Every number of its tables that says which line it comes from."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Table):
                    yield from (c for row in block.rows for c in row if isinstance(c, Number) and c.of)
