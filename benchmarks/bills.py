"""Bills: totals of a million or ten million charges, beside the query that DuckDB runs for the same answer.

``python -m benchmarks.bills [ROWS]`` measures alone, every figure in a process of its own, with its peak memory.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.measure import Row, row

ROWS = 1_000_000
MOST_RATIO = 1.3
_COSTS = ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost")


def _charges(rows: int) -> str:
    """A bill of six months, three providers, 100,000 resources and 36,000 sets of tags, made of hashes of the row."""

    def cost(salt: int) -> str:
        return f"CAST(hash(i * {salt}) % 30000000000 AS DECIMAL(20, 0)) * CAST(0.0000000001 AS DECIMAL(11, 10))"

    month = f"DATE '2026-01-01' + to_months(CAST(i * 6 // {rows} AS INTEGER))"
    day = f"{month} + to_days(CAST(hash(i * 3) % 28 AS INTEGER))"
    provider = "['AWS', 'Microsoft', 'Google Cloud'][1 + CAST(hash(i * 13) % 3 AS INTEGER)]"
    return f"""SELECT {", ".join(f"{cost(7 + n)} AS {name}" for n, name in enumerate(_COSTS))},
        'account ' || hash(i * 41) % 5 AS BillingAccountId, 'USD' AS BillingCurrency,
        {month} AS BillingPeriodStart, {month} + INTERVAL 1 MONTH AS BillingPeriodEnd,
        {day} AS ChargePeriodStart, {day} + INTERVAL 1 HOUR AS ChargePeriodEnd,
        'Usage' AS ChargeCategory, CAST(NULL AS VARCHAR) AS ChargeClass, 'compute by the hour' AS ChargeDescription,
        {provider} AS InvoiceIssuerName, {provider} AS ProviderName, {provider} AS PublisherName,
        'Compute' AS ServiceCategory, 'service ' || hash(i * 17) % 40 AS ServiceName,
        1.0 AS PricingQuantity, 'Hours' AS PricingUnit, 'arn:resource/' || hash(i * 5) % 100000 AS ResourceId,
        'sub ' || hash(i * 19) % 60 AS SubAccountId,
        CASE WHEN hash(i * 23) % 10 > 0 THEN '{{"team": "t' || hash(i * 29) % 20 || '", "product": "p' ||
            hash(i * 37) % 30 || '", "environment": "e' || hash(i * 31) % 3 || '"}}' END AS Tags
        FROM range({rows}) r(i)"""


def make(folder: Path, rows: int) -> list[Path]:
    """The same bill as Parquet and as CSV."""
    made = [folder / "bill.parquet", folder / "bill.csv"]
    with duckdb.connect() as connection:
        connection.sql(_charges(rows)).write_parquet(str(made[0]))
        connection.read_parquet(str(made[0])).write_csv(str(made[1]))
    return made


def bare(file: Path) -> list[tuple[object, ...]]:
    """Totals by provider and month as one would write them in SQL."""
    sums = ", ".join(f"sum(CAST({cost} AS DECIMAL(38, 18)))" for cost in _COSTS)
    read = f"read_csv('{file}', all_varchar = true)" if file.suffix == ".csv" else f"'{file}'"
    with duckdb.connect() as connection:
        return connection.sql(
            f"SELECT ProviderName, left(CAST(BillingPeriodStart AS VARCHAR), 7), count(*), {sums} "
            f"FROM {read} GROUP BY ALL"
        ).fetchall()


def ours(file: Path) -> list[tuple[object, ...]]:
    """The same through xlroi: columns found, cells cleaned, exact."""
    from xlroi.finops.bills import open_bills
    from xlroi.finops.duck import DuckEngine
    from xlroi.finops.focus import COSTS
    from xlroi.finops.ledger import Measure

    with DuckEngine() as engine:
        bills = open_bills([str(file)], engine)
        measures = [Measure("rows", "", "rows"), *(Measure(f"sum_{cost}", cost) for cost in COSTS)]
        return list(bills.rows(bills.cube(["provider", "month"], measures)))


def profiled(file: Path) -> object:
    """All that ``xlroi bill profile`` says."""
    from xlroi.finops.bills import open_bills
    from xlroi.finops.duck import DuckEngine
    from xlroi.finops.profile import profile

    with DuckEngine() as engine:
        return profile(open_bills([str(file)], engine))


RULES = """\
currency: USD
shared:
  - {name: Platform, service: service 7, split: proportional}
dimensions:
  team: [{tag: team}]
  product: [{tag: product}]
  environment: [{tag: environment, is: {e0: production, e1: development, e2: testing}}]
"""


def allocated(file: Path) -> object:
    """What ``xlroi bill allocate`` computes: three dimensions by tags, a pool shared, to the cent."""
    from xlroi.finops.allocation import allocate, load_rules
    from xlroi.finops.bills import open_bills
    from xlroi.finops.duck import DuckEngine

    rules = file.with_name("rules.yaml")
    rules.write_text(RULES, encoding="utf-8")
    with DuckEngine() as engine:
        return allocate(open_bills([str(file)], engine), load_rules(str(rules)))


_WHAT = {"bare": bare, "ours": ours, "profiled": profiled, "allocated": allocated}


def _apart(what: str, file: Path, repeats: int) -> tuple[float, float, float]:
    """Least seconds, processor seconds, and peak memory in MB of a call, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bills", what, str(file), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, processor, memory = json.loads(done.stdout)
    return seconds, processor, memory


def _measure(what: str, file: Path, repeats: int) -> None:
    best, least = float("inf"), float("inf")
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        _WHAT[what](file)
        best, least = min(best, time.perf_counter() - wall), min(least, time.process_time() - processor)
    # Not getrusage: its peak counts what the process that started this one held.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    print(json.dumps([best, least, int(peak) / 1024]))


_OURS = (("ours", "totals", 1 / MOST_RATIO), ("allocated", "allocation", None), ("profiled", "profile", None))


def bills(rows: int = ROWS, repeats: int = 3) -> list[Row]:
    """The rows of the table; times are of the processor, which a busy machine distorts less."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        for file in make(Path(name), rows):
            assert sorted(map(str, ours(file))) == sorted(map(str, bare(file)))
            _, theirs, their_memory = _apart("bare", file, repeats)
            for what, says, aim in _OURS:
                wall, processor, memory = _apart(what, file, repeats)
                kind = f"{rows:,} charges, {file.suffix[1:]}: {says}, {wall:,.1f} s elapsed, peak {memory:,.0f} MB"
                found.append(row(kind, processor, f"DuckDB, totals by hand, peak {their_memory:,.0f} MB", theirs, aim))
    return found


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _measure(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        for line in bills(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS):
            print(f"| {' | '.join(line)} |")
