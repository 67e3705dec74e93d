"""Findings as a table that a spreadsheet opens, and as the case of a workbook."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any, Final

from xlroi.files import placed
from xlroi.finops.allocation.names import readable
from xlroi.finops.audit.contract import Key
from xlroi.finops.audit.reconcile import EXACT, KINDS, Finding, Late, Reconciliation
from xlroi.finops.csvs import csv_line
from xlroi.finops.money import shown
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml, round_trip
from xlroi.model.template import load_model

__all__ = ["case_of", "heads", "rows", "says", "write_findings"]

_MOST_KEYS: Final = 100
_OTHERS: Final = "Other keys"
_CHOSEN: Final = "Chosen for this audit"


def says(found: Finding | Late) -> str:
    """A finding in words."""
    if isinstance(found, Late):
        return f"billed on {found.billed_on}"
    item = found.item
    price = "no price" if item.price is None else f"at {shown(item.price)}"
    match found.kind:
        case "repeated lines":
            return f"{item.repeated_lines:,} line{'s' if item.repeated_lines > 1 else ''} again"
        case "price":
            return f"{shown(item.amount)} billed for {shown(item.billed)} {price}"
        case _:
            return f"{shown(item.billed)} billed, {shown(item.measured)} measured, {price}"


def heads(found: Reconciliation) -> list[str]:
    """The columns of :func:`rows`."""
    figures = ["billed_quantity", "measured_quantity", "agreed_price", "billed_amount", "value"]
    return ["kind", *found.keys, "day", *figures, "says"]


def rows(found: Reconciliation) -> Iterator[list[str]]:
    """Every finding, the greatest first, then late lines, which have an amount and no value."""
    for f in found.findings:
        item = f.item
        figures = (item.billed, item.measured, item.price, item.amount, f.value)
        yield [f.kind, *item.key, item.day, *map(shown, figures), says(f)]
    for late in found.late:
        yield ["late lines", *late.key, late.day, "", "", "", shown(late.amount), "", says(late)]


def write_findings(found: Reconciliation, path: Path) -> None:
    """The findings as CSV."""
    with placed(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_line(*row) for row in (heads(found), *rows(found)))


def case_of(found: Reconciliation, title: str, bill: str, telemetry: str, contract: str = "") -> Case:
    """The case of the workbook: the largest differences as rows, the sums of all others beside them.

    The names of the files stand in it as sources.
    """
    with localcontext(EXACT):
        data = _data(found, title, bill, " and ".join(name for name in (bill, telemetry, contract) if name))
    text = io.StringIO()
    round_trip().dump(data, text)
    return case_from(parse_yaml(text.getvalue(), "findings"), load_model("vendor_audit"))


def _data(found: Reconciliation, title: str, bill: str, files: str) -> dict[str, Any]:
    names = _names(found)
    inside = {(item.key, item.day) for item in found.largest}
    kinds, less, keys = (defaultdict[str, Decimal](Decimal) for _ in range(3))
    counts: Counter[str] = Counter()
    for finding in found.findings:
        # What has no price has no value either by which the sheet could tell that it is a finding.
        outside = (finding.item.key, finding.item.day) not in inside
        if outside or finding.item.price is None:
            counts[finding.kind] += 1
        if outside:
            kinds[finding.kind] += finding.value
            less[finding.kind] += min(finding.value, Decimal(0))
            keys[names.get(finding.item.key, _OTHERS)] += finding.value
    billed = found.billed - sum(item.amount + item.repeated for item in found.largest)
    due = found.due - sum(item.measured * (item.price or 0) for item in found.largest)
    rows_of_keys = dict.fromkeys([*names.values(), *keys])
    if any(item.key not in names for item in found.largest):
        rows_of_keys[_OTHERS] = None
    t, last = found.tolerance, date.fromisoformat(found.days[1])

    def read(value: float, source: str = files) -> dict[str, Any]:
        return {"base": value, "source": source, "as_of": last.replace()}  # a copy each: YAML would refer to the first

    return {
        "model": "vendor_audit",
        "title": title[:200],
        **({"currency": found.currency} if found.currency else {}),
        "inputs": {
            "quantity_tolerance": {"base": float(t.quantity), "source": _CHOSEN},
            "price_tolerance": {"base": float(t.price), "source": _CHOSEN},
            "least_money": {"base": float(t.money), "source": _CHOSEN},
            "file_total": read(float(found.billed), bill),
            "billed_left_out": read(float(billed), bill),
            "due_left_out": read(float(due)),
            "within_left_out": read(float(billed - due - sum(kinds.values()))),
            "days_left_out": read(found.differing - len(found.largest)),
            "not_priced": read(found.not_priced),
            "start_date": {"base": last.replace(), "source": files},
        },
        "tables": {
            "kinds": {
                k.capitalize(): {
                    "elsewhere": float(kinds[k]),
                    "less_elsewhere": float(less[k]),
                    "count_elsewhere": counts[k],
                    "source": files,
                }
                for k in KINDS
            },
            "keys": {name: {"elsewhere": float(keys[name]), "source": files} for name in rows_of_keys},
            "differences": {
                str(n): {
                    "key": names.get(item.key, _OTHERS),
                    "day": date.fromisoformat(item.day),
                    "billed": float(item.billed),
                    "measured": float(item.measured),
                    "price": float(item.price or 0),
                    "amount": float(item.amount),
                    "repeated": float(item.repeated),
                    "source": files,
                }
                for n, item in enumerate(found.largest, 1)
            },
        },
    }


def _names(found: Reconciliation) -> dict[Key, str]:
    """A row's name for each key with the largest differences; names are unique whatever their case."""
    taken = {_OTHERS.casefold()}
    names: dict[Key, str] = {}
    for item in found.largest:
        if item.key in names or len(names) == _MOST_KEYS:
            continue
        plain = readable(" / ".join(item.key)[:100], "key") or "key"
        name, number = plain, 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain} ({number})"
        taken.add(name.casefold())
        names[item.key] = name
    return names
