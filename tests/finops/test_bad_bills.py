"""What cannot be right is refused: one clear message, with file and row where there is one."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.finops.bill import ROW, profiled, write_bill
from xlroi.errors import InputError
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.overview import look_over


def refused(*files: Path) -> str:
    # What every command asks first; a profile asks more.
    with pytest.raises(InputError) as error, DuckEngine() as engine:
        look_over(open_bills([str(file) for file in files], engine))
    return str(error.value)


def refused_profile(file: Path) -> str:
    with pytest.raises(InputError) as error:
        profiled(file)
    return str(error.value)


@pytest.mark.parametrize(
    ("cell", "column"),
    [("NaN", "BilledCost"), ("1e18", "EffectiveCost"), ("inf", "ListCost"), ("12 USD", "BilledCost"),
     ("1,5", "ContractedCost"), ("1e400", "BilledCost"), ("999999999999999999", "BilledCost")],
)  # fmt: skip
def test_a_cost_that_is_no_amount_is_named_with_its_row(tmp_path: Path, cell: str, column: str) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}, {}, {column: cell}, {column: "x"}])
    # The header is row 1, as a spreadsheet shows it.
    assert f"{bill}:4: {column}: '{cell}' is no amount below 1e15" in refused(bill)


def test_a_nan_in_parquet_is_named_with_its_row(tmp_path: Path) -> None:
    bill = tmp_path / "bill.parquet"
    cells = ", ".join(f"'{value}' AS {name}" for name, value in ROW.items() if name != "BilledCost")
    with duckdb.connect() as connection:
        rows = f"SELECT {cells}, CASE WHEN i = 2 THEN 'NaN'::DOUBLE ELSE 1.5 END AS BilledCost FROM range(4) t(i)"
        connection.sql(rows).write_parquet(str(bill))
    assert f"{bill}:3: BilledCost: 'nan' is no amount" in refused(bill)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("BillingPeriodStart", "2024-13-01"), ("BillingPeriodStart", "0001-01-01"), ("ChargePeriodStart", "soon"),
     ("ChargePeriodStart", "9999-12-31T00:00:00Z"), ("ChargePeriodStart", "2024-02-01T30:00:00Z")],
)  # fmt: skip
def test_a_date_out_of_range_is_named_with_its_row(tmp_path: Path, column: str, cell: str) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}, {column: cell}])
    assert f"{bill}:3: {column}: '{cell}' is no date from 2000 to 2099" in refused_profile(bill)


def test_a_charge_without_a_billing_period_is_refused(tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bill.csv", [{}, {"BillingPeriodStart": "NULL"}])
    assert f"{bill}:3: BillingPeriodStart: '(empty)' is empty, and mandatory" in refused(bill)


def test_a_missing_mandatory_column_is_named_with_its_version(tmp_path: Path) -> None:
    said = refused(write_bill(tmp_path / "bill.csv", [{}], without=["EffectiveCost", "ProviderName"]))
    assert "ServiceProviderName (1.3 and later; ProviderName before), EffectiveCost (1.0 and later)" in said
    assert "--mapping" in said


def test_the_same_charges_in_two_files_are_refused_and_can_be_kept(tmp_path: Path) -> None:
    rows = [{"ChargePeriodStart": f"2026-03-{day:02}", "ResourceId": f"i-{day}"} for day in range(1, 11)]
    first = write_bill(tmp_path / "to-the-10th.csv", rows)
    more = [*rows, {"ChargePeriodStart": "2026-03-11"}]
    second = write_bill(tmp_path / "to-the-11th.csv", more)
    said = refused(first, second)
    assert f"{second}: 2026-03, AWS, account 1: 10 rows of 10 days with 12.5 billed are in {first} too" in said
    assert profiled(first, second, keep_repeated=True).rows == 21


def test_a_month_in_two_parts_is_no_repetition(tmp_path: Path) -> None:
    # The same resource at the same price, the hours of a day in two files: every sum is equal, no charge is twice.
    hours = [{"ChargePeriodStart": f"2026-03-05T{hour:02}:00:00Z", "BilledCost": "2"} for hour in range(24)]
    first, second = write_bill(tmp_path / "a.csv", hours[:12]), write_bill(tmp_path / "b.csv", hours[12:])
    assert profiled(first, second).rows == 24


def _damaged(folder: Path) -> dict[str, tuple[Path, str]]:
    whole = write_bill(folder / "whole.csv", [{"ResourceId": f"i-{n}"} for n in range(5000)])
    raw = whole.read_bytes()
    packed = gzip.compress(raw)
    parquet = folder / "whole.parquet"
    with duckdb.connect() as connection:
        connection.read_csv(str(whole), all_varchar=True).write_parquet(str(parquet))
    made = {
        "cut.csv.gz": (packed[: len(packed) // 2], "the gzip file is cut off or damaged"),
        "cut.parquet": (parquet.read_bytes()[:-500], "the Parquet file is cut off or damaged"),
        "rows.csv": (raw.split(b"\n")[0] + b"\n", "has no rows under its header"),
        "empty.csv": (b"", "the file is empty"),
        "wide.csv": (raw + b"1,2\n", "2 cells under 19 columns"),
        "quote.csv": (raw + b'1,"2\n', "not a clean CSV"),
        "latin.csv": (raw + "Müller,2\n".encode("latin-1"), "not UTF-8"),
        "wide16.csv": (raw.decode().encode("utf-16"), "this is UTF-16"),
        "plain.csv.gz": (raw, "no gzip file"),
        "packed.csv": (packed, "its name must end in .csv.gz"),
        "book.xlsx": (b"PK", "expected a bill that ends in .csv"),
    }
    for name, (content, _) in made.items():
        (folder / name).write_bytes(content)
    return {name: (folder / name, says) for name, (_, says) in made.items()}


def test_damaged_files_are_named_with_what_is_wrong(tmp_path: Path) -> None:
    for name, (path, says) in _damaged(tmp_path).items():
        said = refused(path)
        assert name in said
        assert says in said


def test_nothing_named_and_nothing_found_are_told_apart(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "bill.csv")
    assert "no file in this folder" in refused(tmp_path)


CELLS = st.sampled_from(
    ["", "NULL", "1e18", "-1", "0.1", "nan", "2026-03-01", "2026-99-99", '{"a": 1}', "{", "\\", "ü", " x ", "1" * 40]
)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), CELLS, max_size=4), min_size=1, max_size=4))
def test_a_bill_of_odd_cells_is_profiled_or_refused_with_a_place(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    bill = write_bill(tmp_path_factory.mktemp("fuzz") / "bill.csv", rows)
    problems = []
    try:
        assert profiled(bill).rows == len(rows)
    except InputError as error:
        problems = list(error.problems)
    assert {problem.file for problem in problems} <= {str(bill)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.binary(max_size=6), st.sampled_from([".csv", ".csv.gz", ".parquet"]))
def test_damaged_bytes_never_end_in_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, at: int, put: bytes, ending: str
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    whole = write_bill(folder / "whole.csv", [{"ResourceId": f"i-{n}"} for n in range(20)])
    raw = whole.read_bytes()
    if ending == ".csv.gz":
        raw = gzip.compress(raw)
    if ending == ".parquet":
        with duckdb.connect() as connection:
            connection.read_csv(str(whole), all_varchar=True).write_parquet(str(folder / "whole.parquet"))
        raw = (folder / "whole.parquet").read_bytes()
    at %= len(raw)
    bill = folder / f"bill{ending}"
    bill.write_bytes(raw[:at] + put + raw[at + len(put) // 2 :])
    said = ""
    try:
        with DuckEngine() as engine:
            found = look_over(open_bills([str(bill)], engine))
    except InputError as error:  # whatever else it raised would fail the test
        found, said = [], str(error)
    assert sum(group.rows for group in found) > 0 or bill.name in said, said
