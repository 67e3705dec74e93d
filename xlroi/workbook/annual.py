"""Fiscal years as a table of the book: flows summed, balances at the year's end, and the profit and loss view."""

from __future__ import annotations

from xlroi.formula.scope import Declaration, name_of
from xlroi.formula.system import Draft
from xlroi.formula.tree import Type
from xlroi.model.model import Check, Model
from xlroi.workbook.lines import Additions

__all__ = ["TABLE", "annual", "annual_lines", "group_id", "years"]

TABLE = "annual"
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def years(model: Model) -> int:
    """How many fiscal years the columns touch at most."""
    return -(-model.last_step * _MONTHS[model.step] // 12) + 1


def annual_lines(model: Model) -> list[str]:
    """The lines with a yearly figure: flows, flags and balances along the timeline, without a table."""
    return [
        id
        for section in model.sections[1:]
        for id in section.lines
        if (line := model.system.lines[id]).totalled in ("flow", "balance")
        and line.type.month
        and line.type.table is None
    ]


def annual(model: Model) -> Additions:
    """The years, each line by year, and the check that years and months sum to the same."""
    name, place = Declaration(name_of(TABLE), Type(TABLE, kind="text")), Declaration("annual.place", Type(TABLE))
    found = Additions(leaves=[name, place])

    def line(id: str, formula: str, *, table: bool = True) -> None:
        found.drafts.append(Draft(id, formula, TABLE if table else None, guarded=not table))

    line("annual.year", "first_fiscal_year + annual.place")
    line("annual.months", "SUM(operating * (fiscal_year = annual.year))")
    apart = {}
    for id in annual_lines(model):
        of = model.system.lines[id]
        if of.totalled == "balance":
            line(f"annual.{id}", f"SUM({id} * year_end * (fiscal_year = annual.year))")
            continue
        line(f"annual.{id}", f"SUM({id} * (fiscal_year = annual.year))")
        line(f"years.{id}", f"SUM(annual.{id})", table=False)
        line(f"apart.{id}", f"ABS(years.{id} - total.{id}) > check_tolerance * ABS(total.{id})", table=False)
        apart[f"aparts.{id}"] = f"apart.{id}"
    check = Check("annual_agrees", "Fiscal years sum to the timeline", "error", "Every flow on Annual and its total")
    found.checks.append((check, f"{found.sum_down(apart)} = 0"))
    _profit_and_loss(found, model)
    return found


def _profit_and_loss(found: Additions, model: Model) -> None:
    """The first group is what comes in; the others are taken away."""
    result = ""
    for title, ids in model.profit_and_loss.items():
        name = f"result.{group_id(title)}"
        found.drafts.append(Draft(name, " + ".join(f"annual.{id}" for id in ids), TABLE, guarded=False))
        result = f"{result} - {name}" if result else name
    if result:
        found.drafts.append(Draft("result.all", result, TABLE, guarded=False))
        found.drafts.append(Draft("years.result", "SUM(result.all)"))


def group_id(title: str) -> str:
    """A title of the profit and loss view as part of a name.

    >>> group_id("Operating cost")
    'operating_cost'
    """
    return "".join(c if c.isalnum() else "_" for c in title.casefold())
