"""CSV that a spreadsheet opens without calculating anything."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

__all__ = ["csv_line"]

_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")


def csv_line(*cells: str | None) -> str:
    """A line; a text that a spreadsheet would take for a formula has an apostrophe in front, a number is left alone.

    >>> csv_line("=1+1", "-2.50", "@x", None)
    "'=1+1,-2.50,'@x,\\n"
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(_harmless(cell or "") for cell in cells)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell) else cell
