"""Cover, Guide, Results and Checks: what a reader opens first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from xlroi.formula.scope import name_of
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format, shown_unit
from xlroi.workbook.plan import Drawing, Line, Link, Sheet

__all__ = ["checks", "cover", "guide", "results"]

CONTENTS: Final = {
    "Guide": "How to read and change this workbook",
    "Inputs": "The scenario switch and every input with its source",
    "Tables": "Rows by name, with spare rows, and series",
    "Timeline": "Months, dates, flags and constants",
    "Calculations": "Every line in a block of its own",
    "Annual": "The lines by fiscal year",
    "P&L": "Profit and loss by fiscal year, beside cash",
    "Results": "The outputs and charts",
    "Scenarios": "Every result under each scenario, side by side",
    "Sensitivity": "What moves the result, two inputs at a time, break-even values",
    "Static sensitivity": "Which inputs move the headline, as stamped values",
    "Simulation": "Percentiles, a histogram and drivers, as stamped values",
    "Checks": "What must hold, and whether it does",
    "Review": "What an auditor counts first, and the proof",
    "Lines": "The dictionary of all lines: in words and in cells",
    "Sources": "Every fact with its source",
    "Change log": "Version, hashes and the case as built",
    "Model text": "The template this workbook was built from",
}

_GUIDE: Final = (
    ("What this is", "A financial model with live formulas. Every number on a report is calculated from the Inputs."),
    ("Change it", "Type into the yellow cells on Inputs. A blank optimistic or pessimistic cell uses the base value."),
    (
        "Scenario",
        "Choose Base, Optimistic or Pessimistic at the top of Inputs; optimistic is favourable to the proposal.",
    ),
    (
        "Tables",
        "Rows by name. Type a name into an empty yellow row to add one; clear the name, and the row counts nowhere.",
    ),
    (
        "As built",
        "Inputs and Tables keep what they held at the build. Headers count what changed; stamped results turn STALE.",
    ),
    ("Read it", "Calculations stand in blocks: green links to the ingredients above, the black calculation last."),
    ("Columns", "On time sheets the same month stands in the same column; column H is the opening, column I month 0."),
    ("Timing", "Month 0 is the decision. Flows fall at the end of each month. Amounts are nominal."),
    ("Signs", "Costs and benefits are positive; net cash is benefit less cost."),
    (
        "Colours",
        "Yellow with blue digits: input. Green: link to another cell. Black: calculation. White on dark: heading.",
    ),
    (
        "Errors",
        "#N/A in a payback means never; #NUM! in a rate of return means there is none. Nothing else may be an error.",
    ),
)


def cover(book: Book, extra: Sequence[str] = ()) -> Sheet:
    """The question, the answer in one live sentence, figures, charts, contents; ``extra`` names more sheets."""
    case, model = book.case, book.model
    sheet = Sheet("Cover", "report")
    sheet.widths = {1: 3, 2: 34, 3: 20, 4: 14, 5: 3, 6: 20, 7: 60}
    sheet.put(1, 2, case.title, "title")
    sheet.put(2, 2, model.question, "note")
    sheet.put(4, 2, Link(model.answer), "sentence")
    if book.what_if:
        sheet.put(7, 2, Link("book.says_movers"), "note")
    sheet.put(5, 2, Link("book.says_state"), "sentence")
    sheet.put(6, 2, Link("book.master"), "check")
    sheet.put(8, 2, "Headline figures", "heading")
    row = 9
    for id in model.headlines:
        text = model.texts[id]
        sheet.put(row, 2, text.label, "label")
        sheet.put(row, 3, Link(id), "output", number_format(text.unit_text))
        sheet.put(row, 4, shown_unit(text.unit_text, case.currency), "unit")
        row += 1
    sheet.put(8, 6, "Contents", "heading")
    left_out = {"Tables"} if not (model.tables or model.series) else set()
    left_out |= {"Static sensitivity", "Simulation"} - set(extra)
    left_out |= set() if book.what_if else {"Scenarios", "Sensitivity"}
    left_out |= {"P&L"} if not model.profit_and_loss else set()
    contents = [(name, what) for name, what in CONTENTS.items() if name not in left_out]
    for offset, (name, what) in enumerate(contents):
        sheet.put(9 + offset, 6, name, "hyperlink", target=f"'{name}'!A1")
        sheet.put(9 + offset, 7, what, "note")
    row = max(row, 9 + len(contents)) + 1
    for index, chart in enumerate(model.charts):
        column = "B" if index % 2 == 0 else "F"
        anchor = f"{column}{row + 18 * (index // 2)}"
        sheet.drawings.append(Drawing(chart.type, chart.title, chart.lines, chart.marker, anchor))
    row += 18 * ((len(model.charts) + 1) // 2)
    for label, value in (
        ("Owner", case.owner or "not stated"),
        ("Version", case.version),
        ("Model", f"{model.id} {model.version}"),
        ("About", case.description.strip() or model.description),
        ("Limitations", model.limitations),
    ):
        sheet.put(row, 2, label, "label")
        sheet.put(row, 3, value, "note")
        row += 1
    return sheet


def guide(book: Book) -> Sheet:
    """How to read and change the workbook; conventions and limitations."""
    sheet = Sheet("Guide", "report")
    sheet.widths = {1: 3, 2: 16, 3: 110}
    sheet.put(1, 2, "Guide", "title")
    row = 3
    for label, text in (
        *_GUIDE,
        ("Currency", f"All money is in {book.case.currency}."),
        ("Limitations", book.model.limitations),
    ):
        sheet.put(row, 2, label, "label")
        sheet.put(row, 3, text, "note")
        row += 1
    return sheet


def results(book: Book) -> Sheet:
    """The outputs and charts."""
    model = book.model
    sheet = Sheet("Results", "report", freeze="A5")
    sheet.widths = {1: 3, 2: 38, 3: 18, 4: 14, 5: 70}
    sheet.put(1, 2, f"Results – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.master"), "sentence")
    for column, head in enumerate(("Result", "Value", "Unit", "Meaning"), 2):
        sheet.put(4, column, head, "column_head")
    row = 5
    for output in model.outputs:
        if output.table is not None:
            continue
        sheet.put(row, 2, output.label, "label")
        sheet.put(row, 3, Link(output.id), "output", number_format(output.unit_text))
        sheet.put(row, 4, shown_unit(output.unit_text, book.case.currency), "unit")
        sheet.put(row, 5, output.note, "note")
        row += 1
    for table in dict.fromkeys(o.table for o in model.outputs if o.table):
        row = _by_member(sheet, book, table, row + 1)
    for index, chart in enumerate(model.charts):
        sheet.drawings.append(Drawing(chart.type, chart.title, chart.lines, chart.marker, f"B{row + 1 + 18 * index}"))
    return sheet


def _by_member(sheet: Sheet, book: Book, table: str, row: int) -> int:
    """The outputs of one table, a row per member."""
    sheet.put(row, 2, book.model.tables[table].label, "column_head")
    outputs = [o for o in book.model.outputs if o.table == table]
    for column, output in enumerate(outputs, 3):
        sheet.put(row, column, output.label, "column_head")
        sheet.put(row + 1, column, shown_unit(output.unit_text, book.case.currency), "unit")
        sheet.widths[column] = max(sheet.widths.get(column, 18), 18)
    for member in range(book.rows(table)):
        at = row + 2 + member
        sheet.put(at, 2, Link(name_of(table), member), "member")
        for column, output in enumerate(outputs, 3):
            sheet.put(at, column, Link(output.id, member), "output", number_format(output.unit_text))
    return row + 2 + book.rows(table)


def checks(book: Book) -> Sheet:
    """Each check: what, whether it holds, and the master that every sheet's header shows."""
    sheet = Sheet("Checks", "check", freeze="A7", repeat_rows="1:6")
    sheet.widths = {1: 3, 2: 58, 3: 10, 4: 10, 5: 10, 6: 14, 7: 14, 8: 60}
    sheet.put(1, 2, "Checks", "title")
    sheet.put(2, 2, Line("book.master"), "check")
    sheet.put(3, 2, Line("book.says_errors"), "note")
    sheet.put(4, 2, Line("book.says_alerts"), "note")
    heads = ("What must hold", "Kind", "Holds", "Status", "Errors so far", "Alerts so far", "Remark")
    for column, head in enumerate(heads, 2):
        sheet.put(6, column, head, "column_head")
    row = 7
    for check in (*book.model.checks, *book.more_checks):
        id = check.line
        sheet.put(row, 2, check.label, "label")
        sheet.put(row, 3, check.kind, "note")
        sheet.put(row, 4, Line(f"holds.{id}"), "calculation", "0")
        sheet.put(row, 5, Line(f"status.{id}"), "check")
        sheet.put(row, 6, Line(f"errors.{id}"), "calculation", "0")
        sheet.put(row, 7, Line(f"alerts.{id}"), "calculation", "0")
        sheet.put(row, 8, check.help, "note")
        if check in book.more_checks:
            sheet.put(row, 9, Line(id), "calculation", "0")
        row += 1
    sheet.put(row, 2, "All", "label")
    sheet.put(row, 6, Line("book.errors"), "total", "0")
    sheet.put(row, 7, Line("book.alerts"), "total", "0")
    for offset, (label, id) in enumerate((("Scenario in headers", "scenario"), ("State in headers", "state")), 2):
        sheet.put(row + offset, 2, label, "label")
        sheet.put(row + offset, 3, Line(f"book.says_{id}"), "note")
    return sheet
