"""The Review sheet: what an auditor counts first, counted when the book was built; and whether that still holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from openpyxl.utils import column_index_from_string

from xlroi.formula.tree import Call, Node, Number, walk
from xlroi.version import __version__
from xlroi.workbook.book import Book
from xlroi.workbook.layout import LONGEST, Layout
from xlroi.workbook.plan import Link, Sheet
from xlroi.workbook.sheets.records import fingerprint
from xlroi.workbook.sources import defaults, unstated

__all__ = ["ProofStamp", "constants_in_formulas", "relative", "review", "unique_formulas"]

_ALLOWED: Final = frozenset({0, 1, 2, 12, 24, 365, 1000})
"""Numbers that a formula may hold; 2 only as a decimal place or a square."""

_ONLY: Final = f"Only {', '.join(str(n) for n in sorted(_ALLOWED))}"

_DIGITS: Final = {"ROUND": 1, "ROUNDUP": 1, "ROUNDDOWN": 1, "FIXED": 1}
"""Which argument of a word counts decimals: no quantity, so any number may stand there."""

_REFERENCE: Final = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\d(])")
_LINK: Final = re.compile(r"(?:[A-Za-z]+!|'[^']+'!)?\$?[A-Z]{1,3}\$?\d+(?:&\"\")?")


@dataclass(frozen=True, slots=True)
class ProofStamp:
    """A proof that was run on this book before it was handed over."""

    engine: str
    cells: int
    states: int
    worst: float


def relative(formula: str, row: int, column: int) -> str:
    """A formula with its references as distances, so that copies of one formula read the same.

    >>> relative("A1+$B$2", 1, 2)
    'R[0]C[-1]+R2C2'
    """

    def spelled(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, number = match.groups()
        r = f"R{number}" if fixed_row else f"R[{int(number) - row}]"
        at = column_index_from_string(letters)
        return r + (f"C{at}" if fixed_column else f"C[{at - column}]")

    parts = formula.split('"')
    parts[::2] = [_REFERENCE.sub(spelled, part) for part in parts[::2]]
    return '"'.join(parts)


def unique_formulas(layout: Layout) -> dict[str, int]:
    """Per sheet, how many different calculations stand there: copies count as one, links to one cell not at all."""
    found: dict[str, set[str]] = {}
    for cell in layout.formulas():
        if cell.step or _LINK.fullmatch(cell.formula):  # the later steps of a row are copies of its first
            continue
        found.setdefault(cell.sheet, set()).add(relative(cell.formula, cell.row, cell.column))
    return {sheet: len(formulas) for sheet, formulas in found.items()}


def constants_in_formulas(book: Book) -> list[str]:
    """Numbers inside formulas that should be named, as ``line: number``."""
    return [
        f"{line.id}: {number:g}"
        for line in book.system.lines.values()
        for number in _numbers(line.node)
        if number not in _ALLOWED
    ]


def _numbers(node: Node) -> Iterator[float]:
    digits = {
        id(call.arguments[_DIGITS[call.function]])
        for call in walk(node)
        if isinstance(call, Call) and call.function in _DIGITS
    }
    for found in walk(node):
        if isinstance(found, Number) and id(found) not in digits:
            yield found.value


def review(book: Book, layout: Layout, proof: ProofStamp | None) -> Sheet:
    """Counts and hashes, stamped; the proof turns STALE once an input is changed."""
    sheet = Sheet("Review", "record", freeze="A4")
    sheet.widths = {1: 52, 2: 24, 3: 70}
    sheet.put(1, 1, "Review", "title")
    for column, head in enumerate(("What", "Counted at the build", "Remark"), 1):
        sheet.put(3, column, head, "column_head")
    formulas = layout.formulas()
    longest = max(formulas, key=lambda f: len(f.formula))
    unique = sum(unique_formulas(layout).values())
    lines = len(book.system.lines)
    nowhere, left = unstated(book.case), defaults(book.case)
    constants = constants_in_formulas(book)
    declared = [f"{id} ({', '.join(text.may_be)})" for id, text in book.model.texts.items() if text.may_be]
    facts: list[tuple[str, float | str, str]] = [
        ("Formula cells", float(len(formulas)), "This sheet included in none of the counts"),
        (
            "Different formulas",
            float(unique),
            f"Copies count once, links not at all; {lines} lines",
        ),
        (
            "Longest formula, characters",
            float(len(longest.formula)),
            f"{longest.sheet}!{longest.ref}; at most {LONGEST}",
        ),
        (
            "Constants inside formulas",
            float(len(constants)),
            ", ".join(constants)[:250] or "Only 0, 1, 2, 12, 24, 365, 1000",
        ),
        ("Inputs without a source", float(len(nowhere)), ", ".join(nowhere)[:250]),
        ("Defaults of the template without a source", float(len(left)), ", ".join(left)[:250]),
        ("Checks", float(len(book.model.checks) + len(book.more_checks)), "On the sheet Checks"),
        ("Lines that may be an error", float(len(declared)), ", ".join(declared)[:250]),
        ("Macros, external links, hidden sheets", 0.0, "None is ever written"),
        ("Hash of the template", fingerprint(book.model.text), "SHA-256, first 16 digits"),
        ("Hash of the case", fingerprint(book.case.text), "SHA-256, first 16 digits"),
        ("Built by", f"xlroi {__version__}", ""),
    ]
    not_run = "not proven at the build"
    facts += [
        (
            "Cells proven",
            float(proof.cells) if proof else not_run,
            "Recalculated by an engine that xlroi did not write",
        ),
        ("States proven", float(proof.states) if proof else not_run, "Scenarios, bounds, spare rows, random inputs"),
        ("Worst accepted difference", proof.worst if proof else not_run, "Relative; 'xlroi verify' proves it again"),
        ("Engine of the proof", proof.engine if proof else not_run, "Microsoft Excel was not tested"),
    ]
    row = 4
    for label, value, remark in facts:
        sheet.put(row, 1, label, "label")
        sheet.put(
            row, 2, value, "stamp", "0.0E+00" if label.startswith("Worst") else "#,##0" if label != "" else "General"
        )
        sheet.put(row, 3, remark, "note")
        row += 1
    sheet.put(row + 1, 1, "What is stamped above is", "label")
    sheet.put(row + 1, 2, Link("book.stale"), "link")
    sheet.put(row + 2, 1, "Errors in checks", "label")
    sheet.put(row + 2, 2, Link("book.errors"), "link", "0")
    return sheet
