"""Figures by Spark are those by DuckDB."""

from __future__ import annotations

from tests.finops.bill import SAMPLE
from tests.finops.figured import figured
from xlroi.finops.bills import open_bills
from xlroi.finops.figures.rules import Assumptions
from xlroi.finops.figures.whole import Figures, figures
from xlroi.finops.spark import SparkEngine


def _told(found: Figures) -> tuple[object, ...]:
    savings = [(s.rule.id, s.provider, s.cost, s.per_month, sorted(str(a.resource) for a in s.claim.lines))
               for s in found.savings]  # fmt: skip
    return found.kpis, found.movers, found.anomalies, savings, found.remarks


def test_figures_by_spark_are_the_figures_by_duckdb() -> None:
    expected = figured(SAMPLE, tag="business_unit", assumptions=Assumptions())
    with SparkEngine() as engine:
        found = figures(open_bills([str(SAMPLE)], engine), tag="business_unit", assumptions=Assumptions())
        assert _told(found) == _told(expected)
    assert [s.rule.id for s in expected.savings] == ["spot", "idle-address"]
