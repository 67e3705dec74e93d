"""Where figures come from: what names no source, what rests on the template, and what a reader is told of both."""

from __future__ import annotations

from typing import Final

from xlroi.formula.scope import Declaration
from xlroi.formula.tree import Type
from xlroi.model.case import Case, Given, scaled
from xlroi.model.model import Check, Input
from xlroi.workbook.lines import Additions

__all__ = ["DEFAULTS", "UNSTATED", "defaults", "source_checks", "source_of", "unstated"]

UNSTATED: Final = "book.unstated"
"""The stamp that counts what the case gives without a source; ``DEFAULTS`` what it leaves to the template."""
DEFAULTS: Final = "book.defaults"

_DEFAULT: Final = "Template default"
_MOST: Final = 200  # characters of a list in a remark


def unstated(case: Case) -> list[str]:
    """Inputs, series and rows that the case gives without a source."""
    found = [id for id, given in case.inputs.items() if not given.source and given.origin == "case"]
    found += [id for id, given in case.series.items() if not given.source and given.origin == "case"]
    return found + [id for id, _, row in case.facts() if not row.source]


def defaults(case: Case) -> list[str]:
    """Inputs and series that the case leaves to the template, where the template names no source either."""
    given = [(id, g.origin, g.source) for id, g in case.inputs.items()]
    given += [(id, g.origin, g.source) for id, g in case.series.items()]
    own = [id for id, origin, source in given if origin == "template" and source in ("", _DEFAULT)]
    return [id for id in own if not id.endswith(".scale")]  # factors of a column's scenarios


def source_of(declared: Input, given: Given) -> str:
    """The source of an input; said apart where the ends of its range are the template's and its base is not."""
    source = given.source or ("not stated" if given.origin == "case" else _DEFAULT)
    ends = (given.optimistic, given.pessimistic)
    ranged = declared.factors is not None and ends == scaled(declared, given.base)
    return f"{source}; ends: template's range" if ranged and given.origin != "template" else source


def source_checks(case: Case) -> Additions:
    """Two alerts: values of the case without a source, and defaults of the template that nobody has looked up."""
    found = Additions()
    for leaf, names, id, label, what in (
        (UNSTATED, unstated(case), "sources_stated", "Every value that the case gives names its source", "do not"),
        (DEFAULTS, defaults(case), "defaults_replaced", "No input rests on a default without a source", "do"),
    ):
        found.leaves.append(Declaration(leaf, Type(), "constant"))
        listed = ", ".join(names)
        listed = listed if len(listed) <= _MOST else f"{listed[:_MOST].rpartition(', ')[0]}, ..."
        remark = f"{len(names)} {what}: {listed}" if names else ""
        found.checks.append((Check(id, label, "alert", remark), f"{leaf} = 0"))
    return found
