"""Bills allocated in tests: rules and the files beside them written to a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from tests.finops.bill import write_bill
from xlroi.finops.allocation import allocate, load_rules
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.facts import Allocation

BY_TAG = "  team: [{tag: team}]\n"


def written(folder: Path, rules: str, files: Mapping[str, str] | None = None) -> str:
    """The path of a rules file, others beside it."""
    for name, text in {"rules.yaml": rules, **(files or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder / "rules.yaml")


def allocated_files(rules: str, *bills: Path, threads: int = 0) -> Allocation:
    """Bills allocated by a rules file."""
    with DuckEngine(threads=threads) as engine:
        return allocate(open_bills([str(bill) for bill in bills], engine), load_rules(rules))


def allocated(
    folder: Path, rules: str, rows: Sequence[Mapping[str, str]], files: Mapping[str, str] | None = None
) -> Allocation:
    """A bill of rows that differ from the usual one as said, allocated."""
    return allocated_files(written(folder, rules, files), write_bill(folder / "bill.csv", rows))


def charge(team: str, cost: str, service: str = "Amazon EC2", **more: str) -> dict[str, str]:
    """A row of a bill with a tag team, none where it is empty."""
    return {"Tags": f'{{"team": "{team}"}}' if team else "", "BilledCost": cost, "ServiceName": service, **more}


def borne(found: Allocation, pool: str = "") -> dict[str, Decimal]:
    """What each team bears itself, or of a pool, in minor units, over all months."""
    sums: dict[str, Decimal] = {}
    for part in found.parts:
        if part.pool == pool:
            sums[part.team] = sums.get(part.team, Decimal(0)) + part.cents
    return sums
