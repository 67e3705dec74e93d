"""Spark gives what DuckDB gives, by the same expressions; run by `make test-spark`, in an environment with pyspark."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.finops.bill import SAMPLE, profiled, write_bill
from xlroi.errors import InputError
from xlroi.finops.bills import Bills, open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.focus import COSTS
from xlroi.finops.money import add
from xlroi.finops.overview import look_over
from xlroi.finops.profile import profile
from xlroi.finops.spark import SparkEngine


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkEngine]:
    with SparkEngine() as engine:
        yield engine
    engine.session.stop()


def test_a_profile_by_spark_is_the_profile_by_duckdb(spark: SparkEngine) -> None:
    assert profile(open_bills([str(SAMPLE)], spark)) == profiled(SAMPLE)


Sums = dict[tuple[str | None, ...], tuple[int, tuple[Decimal, ...]]]


def totals(bills: Bills) -> Sums:
    """Rows and costs by provider, month and currency."""
    found: Sums = {}
    for group in look_over(bills):
        rows, costs = found.get(at := (group.provider, group.month, group.currency), (0, (Decimal(0),) * len(COSTS)))
        found[at] = rows + group.rows, tuple(add(cost, group.amount(id)) for id, cost in zip(COSTS, costs, strict=True))
    return found


def test_packed_files_and_parquet_have_the_same_totals(spark: SparkEngine, tmp_path: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "a b.csv.gz").write_bytes(gzip.compress("".join(lines[:400]).encode()))
    (tmp_path / "c.csv").write_text("".join([lines[0], *lines[400:]]), encoding="utf-8")
    with DuckEngine() as duck:
        expected = totals(open_bills([str(SAMPLE)], duck))
    assert totals(open_bills([str(tmp_path)], spark)) == expected
    read = spark.session.read.csv(str(SAMPLE), header=True, multiLine=True, escape='"')
    typed = read.withColumn("BilledCost", read.BilledCost.cast("decimal(20,11)"))
    typed.withColumn("ListCost", read.ListCost.cast("double")).write.parquet(str(tmp_path / "lake"))
    assert totals(open_bills([str(tmp_path / "lake")], spark)) == expected


def test_a_cost_that_is_no_amount_is_named_with_its_row(spark: SparkEngine, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}, {}, {"BilledCost": "NaN"}])
    with pytest.raises(InputError) as error:
        look_over(open_bills([str(bill)], spark))
    assert f"{bill}:4: BilledCost: 'NaN' is no amount below 1e15" in str(error.value)
