"""A measured bill into a case: inputs as every measurement, and the purchase mix into a row of options."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Any

from xlroi.errors import InputError, Problem
from xlroi.finops.feedback.measure import TERMS, BillMeasurement
from xlroi.importers.into import Imported, into_case
from xlroi.model.case import Case, case_from
from xlroi.model.house import find_house
from xlroi.model.loading import load_yaml, parse_yaml, round_trip

__all__ = ["Fed", "feed"]


@dataclass(frozen=True, slots=True)
class Fed:
    """The case with what the bill measured, and what became of the mix."""

    imported: Imported
    text: str
    mix: tuple[tuple[str, str, str], ...]
    """Of each term that changed: the column, what it was, what it is."""
    mix_says: str
    """Why the mix stands in no row; empty where it does."""
    remarks: tuple[str, ...]
    """Of the measurement and of the case."""

    @property
    def changed(self) -> bool:
        """Whether the text is another than before."""
        return self.imported.changed or bool(self.mix)


def feed(found: BillMeasurement, path: Path, chosen: dict[str, str], option: str | None = None,
         target: Path | None = None) -> Fed:  # fmt: skip
    """The case at ``path`` with what was measured; raises :class:`InputError` and writes nothing.

    ``option`` is the row of its table of options that takes the purchase mix, ``target`` where the text will stand.
    """
    case = case_from(load_yaml(path), house=find_house(path.parent))
    if case.currency != found.currency:
        raise InputError(
            [Problem(str(path), None, "currency", f"the case is in {case.currency}, the bill in {found.currency}; "
                     "bring one into the other's currency first")]
        )  # fmt: skip
    found = _inside(found, case, chosen)
    imported = into_case(found, path, chosen, target)
    remarks = (*found.remarks, *imported.remarks)
    table = case.model.tables.get("options")
    if table is None or not set(TERMS) <= table.columns.keys():
        says = f"the model {case.model.id!r} has no options with shares by term"
        if option is not None:
            raise InputError(f"--option {option}: {says}")
        return Fed(imported, imported.text, (), says, remarks)
    if not found.mix:
        return Fed(imported, imported.text, (), "the bill has no GPU-hours of a known term", remarks)
    if option is None:
        names = ", ".join(row.name for row in case.tables["options"])
        return Fed(imported, imported.text, (), f"--option NAME puts it into a row of options ({names})", remarks)
    return _mixed(found, imported, path, option, target)


def _inside(found: BillMeasurement, case: Case, chosen: dict[str, str]) -> BillMeasurement:
    """The measurement without what its input would refuse, which is said: one odd trend must not stop the rest."""
    taken = {declared.measured: declared for declared in case.model.inputs.values()}
    taken |= {quantity: case.model.inputs[id] for quantity, id in chosen.items() if id in case.model.inputs}
    kept, said = [], []
    for m in found.measured:
        declared = taken.get(m.quantity)
        least = declared.minimum if declared and declared.minimum is not None else -inf
        most = declared.maximum if declared and declared.maximum is not None else inf
        if least <= m.value <= most:
            kept.append(m)
        elif declared:
            said.append(f"{m.quantity} is {m.value:.4g}, outside the bounds of {declared.id}: left out")
    return replace(found, measured=tuple(kept), remarks=(*found.remarks, *said))


def _mixed(found: BillMeasurement, imported: Imported, path: Path, option: str, target: Path | None) -> Fed:
    """The shares of the terms into a row; they are rounded to a tenth of a percent and sum to 100%."""
    yaml = round_trip()
    data: Any = yaml.load(imported.text.replace("\r\n", "\n"))
    rows = (data.get("tables") or {}).get("options") or {}
    row = rows.get(option)
    if row is None:
        have = f"it has {', '.join(rows)}" if rows else "write its options out first, as 'xlroi new' does"
        raise InputError([Problem(str(path), None, "tables.options", f"the case has no row {option!r}; {have}")])
    shares = _rounded([found.mix[term] for term in TERMS])
    changes = []
    for term, share in zip(TERMS, shares, strict=True):
        was, now = row.get(term), f"{share / 10:g}%"
        if was != now:
            row[term] = now
            changes.append((term, "the default" if was is None else str(was), now))
    if not changes:
        return Fed(imported, imported.text, (), "", (*found.remarks, *imported.remarks))
    row["source"], row["as_of"] = found.source.name, found.source.as_of.replace()
    out = io.StringIO()
    yaml.dump(data, out)
    text = out.getvalue().replace("\n", "\r\n") if "\r\n" in imported.text else out.getvalue()
    stands = target or path
    case_from(parse_yaml(text, str(stands)), house=find_house(stands.parent))
    return Fed(imported, text, tuple(changes), "", (*found.remarks, *imported.remarks))


def _rounded(shares: list[float]) -> list[int]:
    """Shares in thousandths that sum to 1,000, the largest remainders rounded up.

    >>> _rounded([1 / 3, 1 / 3, 1 / 3, 0])
    [334, 333, 333, 0]
    """
    floors = [int(1000 * share) for share in shares]
    order = sorted(range(len(shares)), key=lambda i: (floors[i] - 1000 * shares[i], i))
    for i in order[: 1000 - sum(floors)]:
        floors[i] += 1
    return floors
