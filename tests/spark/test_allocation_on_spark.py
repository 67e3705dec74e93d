"""An allocation by Spark is the allocation by DuckDB, to the last part; run by `make test-spark`."""

from __future__ import annotations

from pathlib import Path

from xlroi.finops.allocation import allocate, load_rules
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.spark import SparkEngine

EXAMPLES = Path(__file__).parents[2] / "examples" / "bills"


def test_spark_allocates_as_duckdb_does() -> None:
    rules, bill = load_rules(str(EXAMPLES / "rules.yaml")), [str(EXAMPLES / "focus_sample.csv")]
    with DuckEngine() as engine:
        expected = allocate(open_bills(bill, engine), rules)
    with SparkEngine() as engine:
        assert allocate(open_bills(bill, engine), rules) == expected
