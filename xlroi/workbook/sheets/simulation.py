"""The Simulation sheet: percentiles, a histogram and drivers, stamped at the build and labelled as such."""

from __future__ import annotations

import math
from typing import Final

from xlroi.analysis.simulate import PERCENTILES, OutputSummary, Simulation
from xlroi.values import CellValue
from xlroi.version import __version__
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.plan import Drawing, Link, Sheet

__all__ = ["NAME", "simulation"]

NAME: Final = "Simulation"
_DRIVERS: Final = 12


def simulation(book: Book, found: Simulation | None) -> Sheet:
    """``found`` is ``None`` where a written book is read: what is stamped is not computed again."""
    sheet = Sheet(NAME, "report", freeze="C8", repeat_rows="1:7")
    sheet.widths = {1: 3, 2: 44, **dict.fromkeys(range(3, 20), 15)}
    sheet.put(1, 2, f"{NAME} – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.says_state"), "sentence")
    sheet.put(3, 2, "Stamped at the build, not live. These figures are", "label")
    sheet.put(3, 3, Link("book.stale"), "link")
    if found is None:
        return sheet
    said = f"{found.trials:,} trials, seed {found.seed}, xlroi {__version__}, scrambled Sobol points"
    sheet.put(4, 2, said, "note")
    sheet.put(
        5, 2, f"{len(found.inputs)} uncertain inputs; a share that is all or nothing is drawn as yes or no", "note"
    )
    row = _summary(sheet, book, found, 7)
    for best in found.best:
        sheet.put(row, 2, f"How often each is the {best.label.lower()}", "heading")
        for offset, (name, share) in enumerate(best.shares.items(), 1):
            sheet.put(row + offset, 2, name, "label")
            sheet.put(row + offset, 3, share, "stamp", "0.0%")
        row += len(best.shares) + 2
    first = next((o for o in found.outputs if o.counts), None)
    if first is not None:
        row = _histogram(sheet, book, first, row)
    row = _drivers(sheet, found, row)
    _inputs(sheet, found, row)
    return sheet


def _number(value: float) -> CellValue:
    """Six digits: a simulation knows no more."""
    if math.isnan(value):
        return "no number"
    return "never" if math.isinf(value) else float(f"{value:.6g}")


def _summary(sheet: Sheet, book: Book, found: Simulation, row: int) -> int:
    heads = ["Output", "Unit", "Live", "Mean", "Mean less live", "Standard error"]
    heads += [*(f"P{p}" for p in PERCENTILES), "Lowest 5%", "Highest 5%", "Above 0", "Without a number", "Never"]
    for column, head in enumerate(heads, 2):
        sheet.put(row, column, head, "column_head" if column < 4 else "number_head")
    for output in found.outputs:
        row += 1
        unit = output.target.unit_text
        sheet.put(row, 2, output.target.label, "label")
        sheet.put(row, 3, shown_unit(unit, book.case.currency), "unit")
        numbers = [output.live, output.mean, output.mean - output.live, output.error, *output.percentiles.values()]
        for column, value in enumerate([*numbers, output.lowest, output.highest], 4):
            sheet.put(row, column, _number(value), "stamp", number_format(unit))  # type: ignore[arg-type]  # no error
        column = 4 + len(numbers) + 2
        sheet.put(row, column, _number(output.above_zero), "stamp", "0.0%")  # type: ignore[arg-type]  # as above
        missing = (0, output.missing) if output.target.never else (output.missing, 0)
        for offset, count in enumerate(missing, 1):
            sheet.put(row, column + offset, float(count), "stamp", "#,##0")
    sheet.put(row + 1, 2, "Lowest and highest 5%: the means of those trials. Never: counted as infinite.", "note")
    return row + 3


def _histogram(sheet: Sheet, book: Book, output: OutputSummary, row: int) -> int:
    unit, shown = shown_unit(output.target.unit_text, book.case.currency), number_format(output.target.unit_text)
    sheet.put(row, 2, f"Histogram of {output.target.label.lower()}, {unit}", "heading")
    for column, head in enumerate(("Middle of the bin", "Trials", "Holds P10, P50 or P90"), 2):
        sheet.put(row + 1, column, head, "column_head")
    marks = [output.percentiles[p] for p in (10, 50, 90)]
    first = row + 2
    for index, count in enumerate(output.counts):
        low, high = output.bins[index], output.bins[index + 1]
        sheet.put(first + index, 2, _number((low + high) / 2), "stamp", shown)  # type: ignore[arg-type]  # a number
        holds = any(low <= mark < high for mark in marks)
        sheet.put(first + index, 3, 0.0 if holds else float(count), "stamp", "#,##0")
        sheet.put(first + index, 4, float(count) if holds else 0.0, "stamp", "#,##0")
    last = first + len(output.counts) - 1
    cells = (f"B{first}:B{last}", f"C{first}:C{last}", f"D{first}:D{last}")
    title = f"{output.target.label}: trials; dark bars hold P10, P50, P90"
    sheet.drawings.append(Drawing("histogram", title, (unit, *cells), None, f"F{row}", (20.0, 10.0)))
    return last + 2


def _drivers(sheet: Sheet, found: Simulation, row: int) -> int:
    sheet.put(row, 2, "What drives the outputs", "heading")
    sheet.put(row, 3, "Rank correlation of each uncertain input with each output", "note")
    known = {u.id: u.label for u in found.inputs}
    strongest = {
        id: max((abs(d.correlation) for o in found.outputs for d in o.drivers if d.id == id), default=0) for id in known
    }
    chosen = sorted(known, key=lambda id: -strongest[id])[:_DRIVERS]
    for column, output in enumerate(found.outputs, 3):
        sheet.put(row + 1, column, output.target.label, "number_head")
    sheet.put(row + 1, 2, "Input", "column_head")
    for offset, id in enumerate(chosen, 2):
        sheet.put(row + offset, 2, known[id], "label")
        for column, output in enumerate(found.outputs, 3):
            value = next((d.correlation for d in output.drivers if d.id == id), 0.0)
            sheet.put(row + offset, column, round(value, 3), "stamp", "0.00")
    return row + len(chosen) + 3


def _inputs(sheet: Sheet, found: Simulation, row: int) -> None:
    sheet.put(row, 2, "What was drawn", "heading")
    for offset, one in enumerate(found.inputs, 1):
        sheet.put(row + offset, 2, one.label, "label")
        sheet.put(row + offset, 3, one.distribution.said(), "note")
