"""The other large models: a trial of the headline against a recalculation of the workbook."""

from __future__ import annotations

import itertools
from pathlib import Path

import xlroi
from benchmarks.large import DAY, TRIALS, trials
from benchmarks.measure import Row, median, row
from xlroi.analysis.targets import uncertain_inputs
from xlroi.proof.recalculation import open_book
from xlroi.workbook.book import book_of
from xlroi.workbook.write import layout_of

EXAMPLES = Path(__file__).parent.parent / "examples"


def recalculated(name: str, folder: Path) -> list[Row]:
    """A trial with every uncertain input varying against IronCalc and LibreOffice, warm."""
    case = xlroi.load_case(EXAMPLES / f"{name}.yaml")
    output = next(h for h in case.model.headlines if case.model.system.lines[h].type.kind == "number")
    ours, book = trials(case, TRIALS, [output]), folder / f"{name}.xlsx"
    xlroi.build(case, book, day=DAY, live=False)
    layout = layout_of(book_of(case, live=False), DAY)
    varied = next(u for u in uncertain_inputs(case) if u.member is None)
    place, home = layout.input_cells()[f"{varied.id}.base"], layout.homes[output]
    found = []
    for engine in ("ironcalc", "libreoffice"):
        steps = itertools.count(1)
        with open_book(book, engine) as opened:

            def state() -> None:
                opened.set({place: varied.base * (1 + 1e-6 * next(steps))})  # noqa: B023  # called at once
                opened.recalculate()
                opened.values([(home.sheet, f"D{home.row}")])

            state()
            found.append(row(f"{name}: a trial of {TRIALS:,}, {output}", ours, f"{engine}, warm", median(state)))
    return found
