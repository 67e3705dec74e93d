"""What stands where, before anything is written.

A sheet builder places leaves, lines and links; it cannot write formula text.
Formula and value of a cell both come from the line that stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = [
    "FIRST_STEP",
    "MEMBER",
    "NOTE",
    "OPENING",
    "TOTAL",
    "UNIT",
    "VALUE",
    "Computed",
    "Drawing",
    "Home",
    "Leaf",
    "Line",
    "Link",
    "Placed",
    "Run",
    "Sheet",
    "Style",
    "Text",
    "WhatIfTable",
]

# The columns that are the same on every time sheet (A section, B label, C member, ... H opening, I step 0).
MEMBER: Final = 3
VALUE: Final = 4
UNIT: Final = 5
TOTAL: Final = 6
NOTE: Final = 7
OPENING: Final = 8
FIRST_STEP: Final = 9

Style = Literal[
    "title",
    "subtitle",
    "heading",
    "label",
    "note",
    "member",
    "unit",
    "input",
    "text_input",
    "name_input",
    "word_input",
    "calculation",
    "link",
    "output",
    "total",
    "check",
    "header",
    "plain",
    "stamp",
    "sentence",
    "code",
    "hyperlink",
    "column_head",
    "number_head",
    "aside",
    "remark",
    "wrapped",
    "said",
    "status",
]


@dataclass(frozen=True, slots=True)
class Text:
    """A constant that no formula made: a label, a stamped number, a note."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Leaf:
    """An input cell of the book: the leaf ``id``, its row in a table, its place in a series."""

    id: str
    member: int = 0
    period: int = 0


@dataclass(frozen=True, slots=True)
class Computed:
    """A cell that a What-If table fills in: the leaf ``id`` that other lines read, and its row in a table."""

    id: str
    member: int = 0


@dataclass(frozen=True, slots=True)
class WhatIfTable:
    """Where a What-If table stands: its first cell, how many rows and columns, and the leaves of its input cells."""

    row: int
    column: int
    rows: int
    columns: int
    across: str | None
    down: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """The home of a single-valued line (of one row of its table): its formula stands here."""

    id: str
    member: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that shows what stands at the home of ``id``."""

    id: str
    member: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """One cell: what stands there and how it looks."""

    row: int
    column: int
    content: Text | Leaf | Computed | Line | Link
    style: Style
    format: str = "General"
    target: str = ""
    """A place inside the book that a click leads to, as ``Inputs!A1``."""


@dataclass(frozen=True, slots=True)
class Run:
    """A monthly line along its row, as its home or as a call-up of another row."""

    row: int
    id: str
    is_home: bool
    style: Style
    format: str
    member: int = 0
    opens: bool = True
    """Whether a call-up shows the opening too."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a line or leaf stands, its first row in a table; ``column`` is ``None`` for a monthly row."""

    sheet: str
    row: int
    column: int | None
    across: bool = False
    """The rows of its table stand side by side, as fiscal years do."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart and where its upper left corner stands; ``size`` in centimetres.

    ``lines`` are those that it draws; of a histogram and a frontier the unit, and cells of its own sheet: bins and two
    counts, or budgets and worths.
    """

    kind: Literal["columns", "path", "waterfall", "bubble", "tornado", "histogram", "frontier"]
    title: str
    lines: tuple[str, ...]
    marker: str | None
    anchor: str
    size: tuple[float, float] = (13.0, 8.0)
    offset: float = 0.0
    """How far to the right of its cell's left edge it begins, in centimetres."""


@dataclass(slots=True)
class Sheet:
    """One worksheet. ``call_ups`` tells for each home row where the names of its formula stand in its own block."""

    name: str
    role: Literal["report", "input", "time", "annual", "check", "record"]
    member_column: int = MEMBER
    """Where the name of a table's row stands."""
    across: bool = False
    """The rows of tables stand side by side on this sheet."""
    side_by_side: str = ""
    """The one table whose rows stand side by side on a sheet where those of others do not."""
    placed: list[Placed] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    call_ups: dict[str, dict[str, int]] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    freeze: str | None = None
    repeat_rows: str | None = None
    repeat_columns: str | None = None
    print_to: int | None = None
    """The last column that is printed; what stands behind it is for the screen."""
    print_rows: int | None = None
    """The last row that is printed."""
    new_page: int | None = None
    """The row that begins a new page where the sheet is printed on several."""
    drawings: list[Drawing] = field(default_factory=list)
    what_ifs: list[WhatIfTable] = field(default_factory=list)
    choices: dict[tuple[int, int], tuple[str, ...]] = field(default_factory=dict)
    spans: dict[tuple[int, int], int] = field(default_factory=dict)
    """Long texts of a report, by their cell: the last column over which each runs, wrapped."""
    folded: tuple[int, int] | None = None
    """The first and last of the columns in an outline group: what only stands behind the others."""
    behind: tuple[str, str] | None = None
    """Cells that show nothing where a formula, written for the first of them, is true."""
    keys: dict[tuple[int, int], str] = field(default_factory=dict)
    """Cells that hold the name of a row of a table."""
    table: tuple[str, str] | None = None
    """A ledger and its cells, which are an Excel table."""

    def put(
        self,
        row: int,
        column: int,
        content: Text | Leaf | Computed | Line | Link | str | float,
        style: Style,
        number_format: str = "General",
        target: str = "",
    ) -> None:
        """Place one cell; a plain text or number is a constant."""
        if isinstance(content, (str, float, int)):
            content = Text(content)
        self.placed.append(Placed(row, column, content, style, number_format, target))

    def homes(self) -> Iterator[tuple[str, Home]]:
        """Where each line and leaf of this sheet stands."""
        for cell in self.placed:
            content = cell.content
            if (
                isinstance(content, (Leaf, Computed, Line))
                and content.member == 0
                and getattr(content, "period", 0) == 0
            ):
                across = self.across or content.id.partition(".")[0] == (self.side_by_side or None)
                yield content.id, Home(self.name, cell.row, cell.column, across)
        for run in self.runs:
            if run.is_home and run.member == 0:
                yield run.id, Home(self.name, run.row, None)
