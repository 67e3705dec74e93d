"""Cover, Guide, Results and Checks: what a reader opens first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from openpyxl.utils import get_column_letter

from xlroi.formula.scope import name_of
from xlroi.model.model import Chart, Output
from xlroi.workbook.book import Book
from xlroi.workbook.formats import DATE_FORMAT, number_format, report_unit
from xlroi.workbook.lines import BUILT_ON, said_of
from xlroi.workbook.plan import Drawing, Leaf, Line, Link, Sheet, Style
from xlroi.workbook.sources import DEFAULTS, UNSTATED

__all__ = ["checks", "cover", "guide", "results"]

CONTENTS: Final = {
    "Guide": "How to read and change this workbook",
    "Inputs": "The scenario switch and every input with its source",
    "Tables": "Rows by name, with spare rows, and series",
    "Timeline": "Dates, flags and constants",
    "Calculations": "Every line in a block of its own",
    "Annual": "The lines by fiscal year",
    "P&L": "Profit and loss by fiscal year, beside cash",
    "Results": "The outputs and charts",
    "Scenarios": "Every result under each scenario, side by side",
    "Sensitivity": "What moves the result, two inputs at a time, break-even values",
    "Static sensitivity": "Which inputs move the headline, as stamped values",
    "Simulation": "Percentiles, a histogram and drivers, as stamped values",
    "Optimisation": "The best choice and what other budgets would buy, as stamped values",
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
    (
        "Columns",
        "On time sheets the same {step} stands in the same column; column H is the opening, column I {step} 0.",
    ),
    ("Timing", "{Step} 0 is the decision. Flows fall at the end of each {step}. Amounts are nominal."),
    ("Signs", "Costs and benefits are positive; net cash is benefit less cost."),
    (
        "Colours",
        "Yellow with blue digits: input. Green: link to another cell. Black: calculation. White on dark: heading.",
    ),
)

_ERRORS: Final = {
    "#N/A": "#N/A: never, or it does not apply, as a payback that is not reached.",
    "#NUM!": "#NUM!: there is no such rate of return.",
    "#DIV/0!": "#DIV/0!: there is nothing to divide by.",
}


def cover(book: Book, extra: Sequence[str] = ()) -> Sheet:
    """The question, the answer in one live sentence, figures, charts, contents; ``extra`` names more sheets."""
    case, model = book.case, book.model
    sheet = Sheet("Cover", "report")
    sheet.widths = {1: 3, 2: 40, 3: 24, 4: 18, 5: 3, 6: 20, 7: 60}
    sheet.put(1, 2, case.title, "title")
    sheet.put(2, 2, model.question, "note")
    sheet.put(4, 2, Link(model.answer), "sentence")
    sheet.spans[4, 2] = 7
    if book.what_if:
        sheet.put(7, 2, Link("book.says_movers"), "note")
    sheet.put(5, 2, Link("book.says_state"), "sentence")
    sheet.put(6, 2, Link("book.master"), "check")
    sheet.put(8, 2, "Headline figures", "heading")
    row = 9
    for id in model.headlines:
        text = model.texts[id]
        sheet.put(row, 2, text.label, "label")
        in_words = said_of(id) in book.system.lines
        is_text = in_words or model.system.lines[id].type.kind == "text"
        content = Line(said_of(id)) if in_words else Link(id)
        sheet.put(row, 3, content, "said" if is_text else "output", number_format(text.unit_text))
        sheet.put(row, 4, "" if in_words else report_unit(text.unit_text, case.currency), "unit")
        row += 1
    sheet.put(8, 6, "Contents", "heading")
    left_out = {"Tables"} if not (model.tables or model.series) else set()
    left_out |= {"Static sensitivity", "Simulation", "Optimisation"} - set(extra)
    left_out |= set() if book.what_if else {"Scenarios", "Sensitivity"}
    left_out |= {"P&L"} if not model.profit_and_loss else set()
    contents = []
    for name, what in CONTENTS.items():
        contents += [(name, what)] if name not in left_out else []
        if name == "Tables":
            contents += [(t.label, t.note.rstrip(".") or "A ledger") for t in model.tables.values() if t.ledger]
        elif name == "Calculations":
            contents += [(m.title, "; ".join(model.texts[id].label for id in m.lines)) for m in model.matrices]
    for offset, (name, what) in enumerate(contents):
        sheet.put(9 + offset, 6, name, "hyperlink", target=f"'{name}'!A1")
        sheet.put(9 + offset, 7, what, "note")
    row += 1
    facts: tuple[tuple[str, str | Link], ...] = (
        ("Owner", case.owner or "not stated"),
        ("Version", case.version),
        ("Built on", Link(BUILT_ON)),
        ("Model", f"{model.id} {model.version}"),
    )
    for label, value in facts:
        sheet.put(row, 2, label, "label")
        sheet.put(row, 3, value, "aside", DATE_FORMAT if isinstance(value, Link) else "General")
        row += 1
    # One row of charts: with more, the page would print too small to read. Results has them all.
    small = [chart for chart in model.charts if chart.type != "bubble"]
    row = _charts(sheet, small[:_PER_ROW], max(row, 9 + len(contents)) + 1)
    for label, said in (("About", case.description.strip() or model.description), ("Limitations", model.limitations)):
        sheet.put(row, 2, label, "label")
        sheet.put(row, 3, said, "remark")
        sheet.spans[row, 3] = 7
        row += 1
    return sheet


_ROOM: Final = 31.0
"""How wide Cover and Results are, in centimetres."""
_PER_ROW: Final = 3


def _charts(sheet: Sheet, charts: Sequence[Chart], row: int) -> int:
    """Charts side by side, three to a row; returns the row below them. Bubbles need a row of their own."""
    for chart in (c for c in charts if c.type == "bubble"):
        sheet.new_page = sheet.new_page or row
        sheet.drawings.append(
            Drawing("bubble", chart.title, chart.lines, None, f"B{row}", (_ROOM, 2 * _CHART_ROWS * 0.48))
        )
        row += 2 * _CHART_ROWS
    charts = [c for c in charts if c.type != "bubble"]
    for start in range(0, len(charts), _PER_ROW):
        together = charts[start : start + _PER_ROW]
        width = min(_ROOM / min(len(charts), _PER_ROW) - 0.3, 15.0)
        for index, chart in enumerate(together):
            column, offset = _at(sheet, index * (width + 0.3))
            anchor, size = f"{get_column_letter(column)}{row}", (width, 7.2)
            sheet.drawings.append(
                Drawing(chart.type, chart.title, chart.lines, chart.marker, anchor, size, round(offset, 2))
            )
        row += _CHART_ROWS
    return row


_CHART_ROWS: Final = 15
_CM: Final = 0.19  # of a column's width in digits


def _at(sheet: Sheet, distance: float) -> tuple[int, float]:
    """The column in which a distance from the left edge of column B ends, and what is left of it there."""
    column = 2
    while distance >= sheet.widths[column] * _CM:
        distance -= sheet.widths[column] * _CM
        column += 1
    return column, distance


def guide(book: Book) -> Sheet:
    """How to read and change the workbook; conventions and limitations."""
    sheet = Sheet("Guide", "report")
    sheet.widths = {1: 3, 2: 16, 3: 110}
    sheet.put(1, 2, "Guide", "title")
    row = 3
    for label, text in (
        *_GUIDE,
        ("Errors", _errors(book)),
        ("Currency", f"All money is in {book.case.currency}."),
        ("Limitations", book.model.limitations),
    ):
        sheet.put(row, 2, label, "label")
        step = book.model.step
        sheet.put(row, 3, text.replace("{step}", step).replace("{Step}", step.capitalize()), "remark")
        row += 1
    return sheet


def _errors(book: Book) -> str:
    """What an error means, and which lines may be one."""
    texts = [text for text in book.model.texts.values() if text.may_be]
    known = [said for error, said in _ERRORS.items() if any(error in text.may_be for text in texts)]
    if not known:
        return "No cell may be an error."
    listed = ", ".join(dict.fromkeys(text.label for text in texts))
    return f"{' '.join(known)} Only these lines, and what shows them, may be an error: {listed}."


def results(book: Book) -> Sheet:
    """The outputs and charts."""
    model = book.model
    sheet = Sheet("Results", "report", freeze="A5")
    sheet.widths = {1: 3, 2: 46, 3: 20, 4: 20, 5: 20, **dict.fromkeys(range(6, _MEANING_TO + 1), 18)}
    sheet.put(1, 2, f"Results – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.master"), "sentence")
    for column, head in enumerate(("Result", "Value", "Unit", "Meaning"), 2):
        sheet.put(4, column, head, "number_head" if head == "Value" else "column_head")
    for column in range(6, _MEANING_TO + 1):
        sheet.put(4, column, "", "column_head")
    row = 5
    for output in model.outputs:
        if output.table is not None:
            continue
        sheet.put(row, 2, output.label, "label")
        is_text = model.system.lines[output.id].type.kind == "text"
        sheet.put(row, 3, Link(output.id), "said" if is_text else "output", number_format(output.unit_text))
        sheet.put(row, 4, report_unit(output.unit_text, book.case.currency), "unit")
        sheet.put(row, 5, output.note, "remark")
        sheet.spans[row, 5] = _MEANING_TO
        row += 1
    for table in dict.fromkeys(o.table for o in model.outputs if o.table):
        row = _by_member(sheet, book, table, row + 1)
    _charts(sheet, model.charts, row + 1)
    return sheet


_MEANING_TO: Final = 9
"""The last column over which a meaning runs; tables of outputs stand in the same columns below."""


def _by_member(sheet: Sheet, book: Book, table: str, row: int) -> int:
    """The outputs of one table, a row per member, or a column where that is narrower."""
    outputs = [o for o in book.model.outputs if o.table == table]
    sections = dict.fromkeys(book.model.texts[o.id].section for o in outputs)
    if book.rows(table) > _SEVERAL and len(outputs) > _SEVERAL and len(sections) > 1:
        for section in sections:
            sheet.put(row, 2, section, "heading")
            row = _members(
                sheet, book, table, [o for o in outputs if book.model.texts[o.id].section == section], row + 1
            )
            row += 1
        return row
    if book.rows(table) < len(outputs):
        return _by_output(sheet, book, table, row)
    return _members(sheet, book, table, outputs, row)


_SEVERAL: Final = 10
"""With more rows and more outputs than these a table is shown section by section."""


def _members(sheet: Sheet, book: Book, table: str, outputs: Sequence[Output], row: int) -> int:
    """A row per member, a column per output."""
    sheet.put(row, 2, book.model.tables[table].label, "column_head")
    texts = {output.id for output in outputs if book.model.system.lines[output.id].type.kind == "text"}
    for column, output in enumerate(outputs, 3):
        sheet.put(row, column, output.label, "column_head" if output.id in texts else "number_head")
        sheet.put(row + 1, column, report_unit(output.unit_text, book.case.currency), "header")
        sheet.widths[column] = max(sheet.widths.get(column, 18), 44 if output.id in texts else 18)
    for member in range(book.rows(table)):
        at = row + 2 + member
        sheet.put(at, 2, Link(name_of(table), member), "member")
        for column, output in enumerate(outputs, 3):
            style: Style = "status" if output.id in texts else "output"
            sheet.put(at, column, Link(output.id, member), style, number_format(output.unit_text))
    return row + 2 + book.rows(table)


def _by_output(sheet: Sheet, book: Book, table: str, row: int) -> int:
    """The outputs of one table, a row per output and a column per member."""
    sheet.put(row, 2, book.model.tables[table].label, "column_head")
    sheet.put(row, 3, "Unit", "column_head")
    members = range(book.rows(table))
    for member in members:
        sheet.put(row, 4 + member, Link(name_of(table), member), "number_head")
        sheet.widths[4 + member] = max(sheet.widths.get(4 + member, 18), 18)
    for output in (o for o in book.model.outputs if o.table == table):
        row += 1
        sheet.put(row, 2, output.label, "label")
        sheet.put(row, 3, report_unit(output.unit_text, book.case.currency), "unit")
        for member in members:
            sheet.put(row, 4 + member, Link(output.id, member), "output", number_format(output.unit_text))
    return row + 1


def checks(book: Book) -> Sheet:
    """Each check: what, whether it holds, and the master that every sheet's header shows."""
    sheet = Sheet("Checks", "check", freeze="A7", repeat_rows="1:6")
    sheet.widths = {1: 3, 2: 58, 3: 10, 4: 10, 5: 10, 6: 76, 7: 12, 8: 12, 9: 12}
    sheet.print_to, sheet.folded = 6, (7, 9)
    sheet.put(1, 2, "Checks", "title")
    sheet.put(2, 2, Line("book.master"), "check")
    sheet.put(3, 2, "An error makes the workbook wrong; an alert asks for a look.", "note")
    sheet.put(5, 7, "How the master counts", "note")
    heads = ("What must hold", "Kind", "Holds", "Status", "Remark", "Errors so far", "Alerts so far", "Condition")
    for column, head in enumerate(heads, 2):
        sheet.put(6, column, head, "number_head" if column in (4, 7, 8, 9) else "column_head")
    row = 7
    for check in (*book.model.checks, *book.more_checks):
        id = check.line
        sheet.put(row, 2, check.label, "wrapped")
        sheet.put(row, 3, check.kind, "note")
        sheet.put(row, 4, Line(f"holds.{id}"), "calculation", "0")
        sheet.put(row, 5, Line(f"status.{id}"), "status")
        sheet.put(row, 6, check.help, "remark")
        sheet.put(row, 7, Line(f"errors.{id}"), "calculation", "0")
        sheet.put(row, 8, Line(f"alerts.{id}"), "calculation", "0")
        # The condition of a check of the template stands on Calculations.
        sheet.put(row, 9, Line(id) if check in book.more_checks else Link(id), "calculation", "0")
        row += 1
    sheet.put(row, 2, "Errors and alerts in all", "label")
    for column, id in ((4, "errors"), (5, "alerts")):
        sheet.put(row, column, Link(f"book.{id}"), "link", "0")
        sheet.put(row, column + 3, Line(f"book.{id}"), "total", "0")
    row += 2
    said = [("Said of errors", "book.says_errors"), ("Said where there are none", "book.says_good")]
    said += [("Said of alerts", "book.says_alerts")]
    said += [("Scenario in headers", "book.says_scenario"), ("State in headers", "book.says_state")]
    said += [("Said of what never comes", "book.never")] if "book.never" in book.system.lines else []
    for label, id in said:
        sheet.put(row, 2, label, "label")
        sheet.put(row, 3, Line(id), "note")
        row += 1
    for label, leaf in (
        ("Values of the case without a source, at the build", UNSTATED),
        ("Inputs left to a default without a source, at the build", DEFAULTS),
    ):
        sheet.put(row, 2, label, "label")
        sheet.put(row, 4, Leaf(leaf), "stamp", "0")
        row += 1
    return sheet
