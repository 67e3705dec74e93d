"""The names that a formula may use, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, Literal

from xlroi.formula.tree import FormulaError, Type

__all__ = [
    "WHOLE_TIMELINE_DEAD",
    "Cross",
    "Declaration",
    "Role",
    "Scope",
    "Step",
    "check_name",
    "did_you_mean",
    "name_of",
]

Role = Literal["input", "constant", "column", "line", "word"]

Step = Literal["month", "quarter", "year"]
"""How long a column of the timeline is; also the word for its number in formulas."""

WHOLE_TIMELINE_DEAD: Final = frozenset({"live", "operating", "closing"})
"""The words of the timeline that are 0 after the horizon by definition."""

_LOOKS_LIKE_CELL: Final = re.compile(r"([A-Za-z]{1,3}[0-9]{1,7}|[rR][0-9]*[cC][0-9]*|[rRcC])")
_PLAIN: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One name: its type, where it comes from, and whether it is provably zero after the horizon."""

    id: str
    type: Type
    role: Role = "line"
    dead: bool = False


@dataclass(frozen=True, slots=True)
class Cross:
    """A table whose rows are pairs of rows of two others, named by their key columns ``left`` and ``right``.

    ``before`` keeps only pairs in which the left row stands above the right one (of the same table).
    """

    left: str
    left_table: str
    right: str
    right_table: str
    before: bool = False

    def slots(self, left: int, right: int) -> list[tuple[int, int]]:
        """Which rows each pair is made of, for tables of that many rows.

        >>> Cross("a", "options", "b", "options", before=True).slots(3, 3)
        [(0, 1), (0, 2), (1, 2)]
        """
        return [(i, j) for i in range(left) for j in range(right) if i < j or not self.before]


def name_of(table: str) -> str:
    """The column that holds the names of a table's rows; a row without a name is inactive."""
    return f"{table}.name"


@dataclass(frozen=True, slots=True)
class Scope:
    """All declarations by name, the tables (a cross table with what it is made of), and the step of the timeline."""

    names: Mapping[str, Declaration]
    tables: Mapping[str, Cross | None] = field(default_factory=dict)
    step: Step = "month"
    ledgers: frozenset[str] = frozenset()
    """Tables of many rows that are only summed."""

    def declaration(self, name: str, position: int = 0) -> Declaration:
        """What ``name`` is; an unknown one is refused with the nearest names."""
        found = self.names.get(name)
        if found is not None:
            return found
        table, dot, column = name.partition(".")
        if dot and table in self.tables:
            columns = [n.removeprefix(f"{table}.") for n in self.names if n.startswith(f"{table}.")]
            shown = [c for c in columns if "." not in c]
            raise FormulaError(
                f"table {table!r} has no column {column!r}"
                + (did_you_mean(column, shown) or f"; it has {', '.join(shown)}"),
                position,
            )
        raise FormulaError(
            f"{name!r} is not an input, a constant, a line or a word of the timeline"
            + did_you_mean(name, [*self.names, *self.tables]),
            position,
        )


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint to end a message with, empty where nothing is near.

    >>> did_you_mean("monthly_savngs", ["monthly_savings", "discount_rate"])
    "; did you mean 'monthly_savings'?"
    """
    near = get_close_matches(word, list(dict.fromkeys(known)), n=2, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def check_name(name: str) -> None:
    """Refuse a name that a sheet or this language would read as something else.

    >>> check_name("tco3")
    Traceback (most recent call last):
    ...
    xlroi.formula.tree.FormulaError: 'tco3' reads as a cell in Excel; choose another name, such as 'tco3_'
    """
    if not _PLAIN.fullmatch(name):
        raise FormulaError(f"{name!r} is no name: small letters, digits and '_', beginning with a letter")
    if _LOOKS_LIKE_CELL.fullmatch(name):
        raise FormulaError(f"{name!r} reads as a cell in Excel; choose another name, such as '{name}_'")
    if name in {"over", "true", "false"}:
        raise FormulaError(f"{name!r} is a word of the formula language; choose another name")
