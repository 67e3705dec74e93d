"""Small bills in FOCUS for tests, and what every test asks of them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.profile import Profile, profile

FILES = Path(__file__).parent / "files"
SAMPLE = FILES / "focus_sample.csv"
ROW = {
    "BilledCost": "1.25",
    "BillingAccountId": "1",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-03-01T00:00:00Z",
    "BillingPeriodEnd": "2026-04-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargePeriodStart": "2026-03-05T00:00:00Z",
    "ChargePeriodEnd": "2026-03-06T00:00:00Z",
    "ContractedCost": "1.50",
    "EffectiveCost": "1.20",
    "InvoiceIssuerName": "AWS",
    "ListCost": "2.00",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon EC2",
    "SubAccountId": "a-1",
    "ResourceId": "i-1",
    "Tags": '{"team": "search"}',
}


def write_bill(path: Path, rows: Sequence[Mapping[str, str]], without: Sequence[str] = ()) -> Path:
    """A CSV of rows that differ from :data:`ROW` as said."""
    columns = [name for name in dict.fromkeys([*ROW, *(name for row in rows for name in row)]) if name not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({**ROW, **row} for row in rows)
    return path


def profiled(*files: Path, mapping: str | None = None, threads: int = 0, keep_repeated: bool = False) -> Profile:
    """The profile of files."""
    with DuckEngine(threads=threads) as engine:
        return profile(open_bills([str(f) for f in files], engine, mapping), keep_repeated=keep_repeated)
