"""The Optimisation sheet: the best choice beside the decisions as they stand, and the efficient frontier, stamped."""

from __future__ import annotations

from typing import Final

from xlroi.analysis.optimise import FRONTIER, Choice, Frontier, Optimum, remark
from xlroi.formula.scope import name_of
from xlroi.model.model import Optimise
from xlroi.version import __version__
from xlroi.workbook.book import Book
from xlroi.workbook.formats import number_format
from xlroi.workbook.plan import Drawing, Link, Sheet

__all__ = ["NAME", "optimisation"]

NAME: Final = "Optimisation"


def optimisation(book: Book, found: Optimum | None) -> Sheet:
    """``found`` is ``None`` where a written book is read: what is stamped is not computed again."""
    asked = book.model.optimise
    assert asked is not None  # such a sheet is asked for only where the model asks for a choice
    sheet = Sheet(NAME, "report", freeze="C9", repeat_rows="1:8")
    sheet.widths = {1: 3, 2: 40, **dict.fromkeys(range(3, 9), 16), 9: 60}
    sheet.put(1, 2, f"{NAME} – {book.case.title}", "title")
    sheet.put(2, 2, Link("book.says_state"), "sentence")
    sheet.put(3, 2, "Stamped at the build, beside the live decisions. These figures are", "label")
    sheet.put(3, 5, Link("book.stale"), "link")
    table, columns = book.model.tables[asked.table], book.model.tables[asked.table].columns
    heads = [table.label, "Best choice", "Best start", "Worth", "Live: chosen", "Live: start", "Live: worth", "Remark"]
    for column, head in enumerate(heads, 2):
        sheet.put(8, column, head, "number_head" if head in ("Best start", "Worth", "Live: worth") else "column_head")
    _live(sheet, book, asked, columns[asked.choose].path, columns[asked.start].path)
    if found is not None:
        _choice(sheet, book, asked, found.choice)
        _frontier(sheet, book, found.frontier, 9 + book.rows(asked.table) + 1)
    return sheet


def _live(sheet: Sheet, book: Book, asked: Optimise, choose: str, start: str) -> None:
    """The decisions as they stand in the workbook."""
    shown = number_format(book.model.texts[asked.worth].unit_text)
    for member in range(book.rows(asked.table)):
        sheet.put(9 + member, 2, Link(name_of(asked.table), member), "member")
        sheet.put(9 + member, 6, Link(choose, member), "link", "@")
        sheet.put(9 + member, 7, Link(start, member), "link", "0")
        sheet.put(9 + member, 8, Link(asked.worth, member), "link", shown)


def _choice(sheet: Sheet, book: Book, asked: Optimise, choice: Choice) -> None:
    shown = number_format(book.model.texts[asked.worth].unit_text)
    said = f"{len(choice.starts)} of {choice.proposed} chosen; no choice is worth more than {choice.bound:,.0f} "
    said += f"{book.case.currency}, this one lies within {choice.gap:.2%} of that"
    sheet.put(4, 2, said, "note")
    sheet.put(5, 2, f"{choice.solver}, xlroi {__version__}; each member of the choice at its best start", "note")
    sheet.put(6, 2, f"{book.model.texts[asked.worth].label}: sum of the best choice", "label")
    sheet.put(6, 5, choice.worth, "stamp", shown)
    for member, row in enumerate(book.case.tables[asked.table]):
        start = choice.starts.get(row.name)
        sheet.put(9 + member, 3, "no" if start is None else "yes", "stamp", "@")
        if start is not None:
            sheet.put(9 + member, 4, float(start), "stamp", "0")
            sheet.put(9 + member, 5, choice.worths[row.name], "stamp", shown)
        sheet.put(9 + member, 9, remark(choice, row.name), "aside")


def _frontier(sheet: Sheet, book: Book, frontier: Frontier, row: int) -> None:
    sheet.put(row, 2, "Efficient frontier: what the best choice is worth when every budget is scaled", "heading")
    for column, head in enumerate(("Share of the budgets", "Budgets", "Worth", "Chosen", "Gap"), 2):
        sheet.put(row + 1, column, head, "number_head")
    first = row + 2
    for offset, point in enumerate(frontier):
        cells = ((point.share, "0%"), (point.budget, "#,##0"), (point.worth, "#,##0"))
        for column, (value, shown) in enumerate((*cells, (float(point.chosen), "0"), (point.gap, "0.00%")), 2):
            sheet.put(first + offset, column, value, "stamp", shown)
    last = first + len(frontier) - 1
    said = "" if len(frontier) == len(FRONTIER) else "With smaller budgets what must be chosen does not fit"
    sheet.put(last + 1, 2, said, "note")
    if frontier:
        cells_ = (f"C{first}:C{last}", f"D{first}:D{last}")
        title = "Efficient frontier"
        sheet.drawings.append(
            Drawing("frontier", title, (book.case.currency, *cells_), None, f"B{last + 3}", (20.0, 9.0))
        )
