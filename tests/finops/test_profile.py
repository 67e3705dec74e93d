"""What a bill holds: totals to the last digit, months, tags, verdicts, and all that looks wrong."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.finops.bill import SAMPLE, profiled, write_bill
from xlroi.finops.profile import Profile


@pytest.fixture(scope="module")
def sample() -> Profile:
    return profiled(SAMPLE)


def test_the_focus_sample_has_its_published_totals(sample: Profile) -> None:
    billed = {total.provider: total.costs["billed"] for total in sample.totals}
    assert billed == {
        "AWS": Decimal("18.00663861840"),
        "Microsoft": Decimal("1.97651418586"),
        "Oracle": Decimal("0.53707392473"),
    }
    assert sum(billed.values()) == Decimal("20.52022672899")
    assert sample.rows == 1000


def test_every_total_is_the_decimal_sum_of_the_files_own_texts(sample: Profile) -> None:
    # Python's csv and decimal, an independent reading of the same file.
    sums: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    rows: Counter[tuple[str, str]] = Counter()
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            at = (row["ProviderName"], row["BillingPeriodStart"][:7])
            rows[at] += 1
            for column in ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"):
                sums[*at, column] += Decimal(0 if row[column] in ("NULL", "") else row[column])
    for total in sample.by_month:
        at = (str(total.provider), str(total.month))
        assert total.rows == rows[at]
        for cost, column in (("billed", "BilledCost"), ("effective", "EffectiveCost"),
                             ("contracted", "ContractedCost"), ("list", "ListCost")):  # fmt: skip
            assert total.costs[cost] == sums[*at, column]
    assert len(sample.by_month) == len(rows) == 4


def test_tags_are_covered_by_rows_and_by_cost_and_the_two_differ(sample: Profile) -> None:
    (unit,) = [c for c in sample.coverage if c.key == "business_unit" and c.provider is None]
    assert 1 - unit.share_of_rows == pytest.approx(0.340, abs=1e-12)
    assert unit.share_of_cost is not None
    assert 1 - unit.share_of_cost == pytest.approx(0.01336, abs=5e-6)
    # 0.27416448666 of 20.52022672899 stands in rows without the tag.
    assert unit.cost - unit.tagged_cost == Decimal("0.27416448666")


def test_the_verdict_names_the_cost_column_to_trust_and_why(sample: Profile) -> None:
    said = {verdict.provider: verdict for verdict in sample.verdicts}
    assert said["AWS"].trust == "billed"
    assert "EffectiveCost is rounded to whole numbers" in said["AWS"].why
    assert said["AWS"].states["contracted"] == "whole numbers"
    assert said["Oracle"].trust == "billed"
    assert said["Oracle"].states == {"billed": "good", "effective": "zero", "contracted": "empty", "list": "good"}
    assert said["Microsoft"].trust == "effective"


def test_the_known_dirt_of_the_sample_is_found(sample: Profile) -> None:
    found = {(s.provider, s.column, s.says.split(",")[0].split(":")[0]): s.rows for s in sample.suspicions}
    assert found["Microsoft", "AvailabilityZone", "holds a number with decimals"] == 50
    assert found["Microsoft", "BilledCost", "is negative"] == 12  # 13 are negative, one of them is a credit
    assert found["Oracle", "ChargeFrequency", "is not spelt as One-Time"] == 7
    assert found["Oracle", "ContractedCost", "is empty"] == 7
    assert found["AWS", "Tags", "says NULL in words"] == 289
    assert found["Microsoft", "Tags", "has the key ' org' with spaces around it"] == 23


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_totals_do_not_depend_on_the_number_of_threads(sample: Profile, threads: int) -> None:
    assert profiled(SAMPLE, threads=threads) == sample


def _parquet(path: Path, costs: str) -> Path:
    typed = ", ".join(f"CAST(NULLIF({c}, 'NULL') AS {costs}) AS {c}" for c in
                      ("BilledCost", "EffectiveCost", "ContractedCost", "ListCost"))  # fmt: skip
    with duckdb.connect() as connection:
        connection.read_csv(str(SAMPLE), all_varchar=True, header=True).create("read")
        connection.sql(
            f"SELECT * REPLACE ({typed}, CAST(BillingPeriodStart AS TIMESTAMPTZ) AS BillingPeriodStart, "
            "CAST(ChargePeriodStart AS TIMESTAMP) AS ChargePeriodStart, "
            "CAST(CASE WHEN Tags <> 'NULL' THEN Tags END AS JSON)::MAP(VARCHAR, VARCHAR) AS Tags) FROM read"
        ).write_parquet(str(path))
    return path


@pytest.mark.parametrize("costs", ["DECIMAL(38, 11)", "DECIMAL(20, 11)", "DOUBLE"])
def test_parquet_has_the_totals_and_tags_of_the_csv(sample: Profile, tmp_path: Path, costs: str) -> None:
    # A floating-point cost is read as the shortest decimal that means it, which is what the CSV says.
    found = profiled(_parquet(tmp_path / "sample.parquet", costs))
    assert found.totals == sample.totals
    assert found.by_month == sample.by_month
    assert found.coverage == sample.coverage
    assert found.verdicts == sample.verdicts


def test_packed_files_and_folders_of_them_are_read_as_one_bill(sample: Profile, tmp_path: Path) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    inner = tmp_path / "2024" / "09"
    inner.mkdir(parents=True)
    (inner / "part-1.csv.gz").write_bytes(gzip.compress("".join(lines[:400]).encode()))
    (inner / "part-2.csv").write_text("".join([lines[0], *lines[400:]]), encoding="utf-8")
    (inner / "manifest.json").write_text("{}")
    for given in (tmp_path, Path(str(tmp_path / "**" / "part-*"))):
        found = profiled(given)
        assert (found.totals, found.coverage) == (sample.totals, sample.coverage)
        assert [rows for _, _, rows in found.files] == [399, 601]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill[1].csv", [{}])
    assert profiled(bill, bill, tmp_path).rows == 1


@pytest.mark.parametrize(
    ("without", "more", "version"),
    [
        ((), {}, "1.0"),
        ((), {"CommitmentDiscountQuantity": "1"}, "1.1"),
        ((), {"InvoiceId": "x"}, "1.2"),
        ((), {"ServiceProviderName": "AWS"}, "1.3"),
        (("ProviderName", "PublisherName"), {"ServiceProviderName": "AWS"}, "1.4"),
    ],
)
def test_every_version_gives_the_same_provider(
    tmp_path: Path, without: tuple[str, ...], more: dict[str, str], version: str
) -> None:
    found = profiled(write_bill(tmp_path / "bill.csv", [more], without))
    assert found.files[0][1] == f"FOCUS {version}"
    assert [total.provider for total in found.totals] == ["AWS"]
    assert found.totals[0].costs["billed"] == Decimal("1.25")


def test_an_empty_service_provider_of_1_3_is_taken_from_the_deprecated_column(tmp_path: Path) -> None:
    found = profiled(write_bill(tmp_path / "bill.csv", [{"ServiceProviderName": "NULL"}]))
    assert [total.provider for total in found.totals] == ["AWS"]


def test_files_of_different_headers_and_separators_come_together(tmp_path: Path) -> None:
    write_bill(tmp_path / "a.csv", [{}])
    write_bill(tmp_path / "b.csv", [{"BillingPeriodStart": "2026-02-01", "x_Own": "1"}], without=["Tags"])
    text = write_bill(tmp_path / "c.csv", [{"BillingPeriodStart": "2026-01-01", "Tags": ""}]).read_text()
    (tmp_path / "c.csv").write_text("\ufeff" + text.replace(",", ";"), encoding="utf-8")
    found = profiled(tmp_path)
    assert found.months == ("2026-01", "2026-02", "2026-03")
    assert found.totals[0].costs["billed"] == Decimal("3.75")


def test_currencies_are_never_added(tmp_path: Path) -> None:
    found = profiled(write_bill(tmp_path / "bill.csv", [{}, {"BillingCurrency": "EUR", "BilledCost": "7"}]))
    assert [(t.currency, t.costs["billed"]) for t in found.totals] == [("EUR", Decimal(7)), ("USD", Decimal("1.25"))]


def test_spellings_of_a_word_are_one_and_are_reported(tmp_path: Path) -> None:
    rows = [{"ChargeCategory": word, "BilledCost": "-1"} for word in ("credit", " CREDIT", "Credit")]
    found = profiled(write_bill(tmp_path / "bill.csv", rows))
    said = {s.column: s.rows for s in found.suspicions}
    assert said == {"ChargeCategory": 2}  # and none of the three is "negative, and no credit"


def test_an_amount_below_the_last_decimal_is_reported(tmp_path: Path) -> None:
    found = profiled(write_bill(tmp_path / "bill.csv", [{"BilledCost": "0.1234567890123456789"}]))
    assert [(s.column, s.rows) for s in found.suspicions] == [("BilledCost", 1)]
    assert found.totals[0].costs["billed"] == Decimal("0.123456789012345679")  # half up at the 18th


def test_ten_thousand_keys_are_no_keys(tmp_path: Path) -> None:
    tags = json.dumps({f"host-{n}": "x" for n in range(10_001)})
    found = profiled(write_bill(tmp_path / "bill.csv", [{"Tags": tags}, {"Tags": ""}]))
    assert "more than 10,000 tag keys" in found.remarks[0]
    assert [(c.key, c.tagged_rows) for c in found.coverage if c.provider is None] == [(None, 1)]


def test_azure_writes_tags_without_braces(tmp_path: Path) -> None:
    found = profiled(write_bill(tmp_path / "bill.csv", [{"Tags": '"team": "a","env": ""'}]))
    assert {c.key for c in found.coverage} == {None, "team"}
