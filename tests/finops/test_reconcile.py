"""`xlroi bill reconcile`: a vendor's lines against telemetry. Figures are worked by hand or by a second method."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import Run
from xlroi.api import build, verify
from xlroi.api import run as compute
from xlroi.errors import InputError
from xlroi.finops.audit.contract import read_contract
from xlroi.finops.audit.lines import Columns, load_columns, open_lines
from xlroi.finops.audit.reconcile import Reconciliation, Tolerance, reconcile
from xlroi.finops.audit.report import case_of
from xlroi.finops.duck import DuckEngine

BILL = """line_id,day,key,quantity,unit_price,amount,billed_on
1,2026-03-01,gpu-a,110,2.50,275.00,2026-03-31
2,2026-03-02,gpu-a,100,2.60,260.00,2026-03-31
2,2026-03-02,gpu-a,100,2.60,260.00,2026-03-31
3,2026-03-03,gpu-b,10,4,40,2026-05-02
4,2026-03-03,gpu-a,101,2.5,252.5,2026-03-31
"""
METER = """day,key,quantity
2026-03-01,gpu-a,60
2026-03-01,gpu-a,40
2026-03-02,gpu-a,100
2026-03-03,gpu-a,100
2026-03-04,gpu-a,7
"""
AGREED = "key,unit_price\ngpu-a,2.50\ngpu-b,4\n"
# By hand: a line stands twice (260); gpu-b was never measured (10 × 4); 7 were measured and not billed (−7 × 2.5);
# (110 − 100) × 2.5; (2.6 − 2.5) × 100; one of 101 is within 2%, (101 − 100) × 2.5.
KINDS = {"repeated lines": 260, "billed only": 40, "measured only": Decimal("-17.5"), "quantity": 25, "price": 10}
WITHIN = Decimal("2.5")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "bill.csv").write_text(BILL)
    (tmp_path / "meter.csv").write_text(METER)
    (tmp_path / "agreed.csv").write_text(AGREED)
    return tmp_path


def found_in(folder: Path, price: str | None = "agreed.csv", tolerance: Tolerance | None = None, most: int = 500,
             columns: Columns | None = None, meter: str = "meter.csv") -> Reconciliation:  # fmt: skip
    names = columns or Columns()
    with DuckEngine(threads=1) as engine:
        agreed = read_contract(open_lines(str(folder / price), engine, "contract", names)) if price else None
        vendor = open_lines(str(folder / "bill.csv"), engine, "vendor", names)
        return reconcile(
            vendor, open_lines(str(folder / meter), engine, "telemetry", names), agreed, tolerance, most=most
        )


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_every_kind_has_its_value_and_all_explain_the_difference(files: Path) -> None:
    found = found_in(files)
    assert {kind: total.value for kind, total in found.kinds.items()} == KINDS
    assert all(total.count == 1 for total in found.kinds.values())
    assert found.within == WITHIN
    # Billed 275 + 260 + 260 + 40 + 252.5; due (60 + 40 + 100 + 100 + 7) × 2.5.
    assert (found.billed, found.due) == (Decimal("1087.5"), Decimal("767.5"))
    assert {key: total.value for key, total in found.by_key.items()} == {("gpu-a",): Decimal("277.5"), ("gpu-b",): 40}
    assert found.remarks == (
        "the bill covers 2026-03-01 to 2026-03-03, the telemetry 2026-03-01 to 2026-03-04; --from and --to limit both",
    )


def test_a_wider_tolerance_moves_findings_to_what_is_within(files: Path) -> None:
    found = found_in(files, tolerance=Tolerance(quantity=Decimal("0.1"), price=Decimal("0.04"), money=Decimal(18)))
    assert {kind: total.value for kind, total in found.kinds.items() if total.count} == {
        "repeated lines": 260,
        "billed only": 40,  # 110 of 100 is within 10%; 2.6 of 2.5 within 4%; 7 × 2.5 below 18
    }
    assert found.within == Decimal("2.5") + 25 + 10 - Decimal("17.5")


def test_lines_are_late_when_billed_after_their_month_and_the_days_of_grace(files: Path) -> None:
    late = found_in(files).late
    assert [(line.key, line.day, line.billed_on, line.amount) for line in late] == [
        (("gpu-b",), "2026-03-03", "2026-05-02", 40)
    ]
    assert found_in(files, tolerance=Tolerance(grace_days=31)).late == late  # 1 April + 31 days = 2 May
    assert found_in(files, tolerance=Tolerance(grace_days=32)).late == ()


def test_a_bill_of_another_month_in_december_is_late(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text(
        "day,key,quantity,amount,billed_on\n2025-12-31,a,1,5,2026-01\n2025-12-30,a,1,5,2025-12\n"
    )
    (tmp_path / "meter.csv").write_text("day,key,quantity\n2025-12-31,a,1\n2025-12-30,a,1\n")
    assert [(late.day, late.billed_on) for late in found_in(tmp_path, price=None).late] == [
        ("2025-12-31", "2026-01-01")
    ]


def test_a_line_that_is_billed_again_in_a_later_period_stands_twice(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text(
        "line_id,day,key,quantity,amount,billed_on\n1,2026-03-01,a,4,8,2026-03\n1,2026-03-01,a,4,8,2026-04\n"
        ",2026-03-02,a,1,2,2026-03\n,2026-03-02,a,1,2,2026-05\n"
    )
    (tmp_path / "meter.csv").write_text("day,key,quantity\n2026-03-01,a,4\n2026-03-02,a,2\n")
    found = found_in(tmp_path, price=None)
    assert {kind: total.value for kind, total in found.kinds.items() if total.count} == {"repeated lines": 8}
    # The first of the two was in time; of the lines without a number, one was not.
    assert [(late.day, late.billed_on, late.amount) for late in found.late] == [("2026-03-02", "2026-05-01", 2)]


def test_a_price_holds_from_its_first_to_its_last_day(files: Path) -> None:
    (files / "agreed.csv").write_text(
        "key,unit_price,valid_from,valid_to\n"
        "gpu-a,2.60,2026-03-02,2026-03-02\ngpu-a,2.50,2026-03-03,\ngpu-a,2.50,,2026-03-01\ngpu-b,3,,\n"
    )
    found = found_in(files)
    assert found.kinds["price"].value == 10 * (4 - 3)  # gpu-b alone: 2.60 was agreed for the second of March
    assert found.kinds["billed only"].value == 10 * 3
    (files / "agreed.csv").write_text("key,unit_price,valid_from\ngpu-a,2.60,2026-03-02\ngpu-a,2.50,\n")
    with pytest.raises(InputError, match=r"gpu-a: two prices hold on 2026-03-02: 2\.5.* and 2\.6"):
        found_in(files)


def test_without_a_contract_the_stated_price_counts_and_an_amount_that_is_no_product_is_found(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("day,key,quantity,unit_price,amount\n2026-03-01,a,10,3,31\n")
    (tmp_path / "meter.csv").write_text("day,key,quantity\n2026-03-01,a,8\n2026-03-02,a,1\n2026-03-02,b,9\n")
    found = found_in(tmp_path, price=None)
    assert found.kinds["price"].value == 31 - 10 * 3
    assert found.kinds["quantity"].value == (10 - 8) * 3
    assert found.kinds["measured only"].value == Decimal("-3.1")  # at the key's own average, 31 / 10; b has no price
    assert found.kinds["measured only"].count == 2
    assert any("no price is known for b: measured, never billed, valued at 0" in remark for remark in found.remarks)


def test_lines_without_numbers_are_repeated_where_all_their_cells_agree(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text(
        "day,key,quantity,amount,hour\n2026-03-01,a,1,5,0\n2026-03-01,a,1,5,1\n2026-03-01,a,1,5,1\n"
    )
    (tmp_path / "meter.csv").write_text("day,key,quantity\n2026-03-01,a,1\n2026-03-01,a,1\n")
    found = found_in(tmp_path, price=None)
    assert {kind: total.value for kind, total in found.kinds.items() if total.count} == {"repeated lines": 5}


def test_readings_with_a_number_count_once_and_lines_without_one_always(tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_text("line_id,day,key,quantity,amount\n,2026-03-01,a,1,5\n,2026-03-01,a,1,5\n")
    (tmp_path / "meter.csv").write_text("line_id,day,key,quantity\n7,2026-03-01,a,2\n7,2026-03-01,a,2\n")
    found = found_in(tmp_path, price=None)
    assert (found.findings, found.billed, found.due) == ((), 10, 10)
    assert "1 readings stand again in the telemetry and count once" in found.remarks


def test_a_mapping_names_columns_and_parquet_is_read(tmp_path: Path) -> None:
    (tmp_path / "names.yaml").write_text(
        "key: [cluster, gpu]\nvendor: {day: Usage Day, quantity: Hours, amount: Net, gpu: SKU}\n"
    )
    (tmp_path / "bill.csv").write_text('"Usage Day";cluster;SKU;Hours;Net\n2026-03-01T05:00:00Z;eu;h100;3;9\n')
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-03-01' AS day, 'eu' AS cluster, 'h100' AS gpu, 2.5::DOUBLE AS quantity) "
            f"TO '{tmp_path / 'meter.parquet'}' (FORMAT parquet)"
        )
    found = found_in(tmp_path, None, columns=load_columns(tmp_path / "names.yaml"), meter="meter.parquet")
    assert found.keys == ("cluster", "SKU")
    assert [(f.kind, f.item.key, f.value) for f in found.findings] == [("quantity", ("eu", "h100"), Decimal("1.5"))]


@pytest.mark.parametrize(
    ("bill", "says"),
    [
        ("day,key,quantity,amount\n2026-03-01,a,1,5\n2026-03-01,a,much,5\n", "bill.csv:3: quantity: 'much' is no"),
        ("day,key,quantity,amount\n2026-03-01,a,1,NaN\n", "bill.csv:2: amount: 'NaN' is no amount"),
        ("day,key,quantity,unit_price\n2026-03-01,a,1,1000000\n", "bill.csv:2: unit_price: '1000000' is no unit_price"),
        ("day,key,quantity,unit_price\n2026-03-01,a,-1e13,1\n", "bill.csv:2: quantity: '-1e13' is no quantity below"),
        ("day,key,quantity,amount\n01.03.2026,a,1,5\n", "bill.csv:2: day: '01.03.2026' is no date"),
        ("day,key,quantity,amount\n2026-02-30,a,1,5\n", "'2026-02-30' is no day"),
        ("day,key,quantity,amount\n2026-03-01,,1,5\n", r"bill.csv:2: key: '\(empty\)'"),
        ("day,key,quantity,amount\n2026-03-01,a,1,5\n2026-03-01,a,1,\n", r"bill.csv:3: amount: '\(empty\)'"),
        ("day,key,quantity,amount,billed_on\n2026-03-01,a,1,5,soon\n", "bill.csv:2: billed_on: 'soon' is no date"),
        ("day,key,quantity\n2026-03-01,a,1\n", r"bill.csv:1: has no column amount \(or unit_price\)"),
        ("day,sku,quantity,amount\n2026-03-01,a,1,5\n", r"has no column key; it has day, sku, .*--key or --columns"),
        ("day,key,quantity,amount\n", "bill.csv: has no lines in these days"),
        ("day,key,quantity,amount,currency\n2026-03-01,a,1,5,EUR\n2026-03-01,a,1,5,USD\n", "EUR and USD"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_file_row_and_way_out(files: Path, bill: str, says: str) -> None:
    (files / "bill.csv").write_text(bill)
    with pytest.raises(InputError, match=says):
        found_in(files, price=None)


def test_a_mapping_file_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.yaml").write_text("vendor:\n  colour: red\n")
    with pytest.raises(InputError, match=r"names.yaml:2: vendor.colour: expected one of day, quantity"):
        load_columns(tmp_path / "names.yaml")


AMOUNTS = st.decimals(-1000, 1000, places=4)
DAYS = st.sampled_from(["2026-03-01", "2026-03-02"])
LINES = st.lists(
    st.tuples(st.sampled_from("abc"), DAYS, AMOUNTS, AMOUNTS, st.integers(1, 8)),
    min_size=1,
    max_size=25,
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(bill=LINES, meter=LINES)
def test_no_cent_is_lost_and_a_second_method_finds_the_same(
    bill: list[tuple[str, str, Decimal, Decimal, int]],
    meter: list[tuple[str, str, Decimal, Decimal, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    columns = ("key", "day", "quantity", "amount", "line_id")
    write(folder / "bill.csv", [dict(zip(columns, line, strict=True)) for line in bill])
    write(folder / "meter.csv", [dict(zip(columns[:3], line[:3], strict=True)) for line in meter])
    (folder / "agreed.csv").write_text("key,unit_price\na,1.25\nb,0.0001\nc,300\n")
    agreed = {"a": Fraction(5, 4), "b": Fraction(1, 10_000), "c": Fraction(300)}
    found = found_in(folder)
    # The second method: fractions over plain dictionaries.
    once = list(dict.fromkeys(bill))
    quantity, amount, measured = (defaultdict[tuple[str, str], Fraction](Fraction) for _ in range(3))
    for key, day, q, a, _ in once:
        quantity[key, day] += Fraction(q)
        amount[key, day] += Fraction(a)
    for key, day, q, *_ in meter:
        measured[key, day] += Fraction(q)
    expected = defaultdict[str, Fraction](Fraction)
    for at in quantity.keys() | measured.keys():
        over, price = quantity[at] - measured[at], agreed[at[0]]
        if abs(over) > abs(measured[at]) / 50 and abs(over * price) > Fraction(1, 100):
            expected["billed only" if not measured[at] else "measured only" if not quantity[at] else "quantity"] += (
                over * price
            )
        rest, base = amount[at] - quantity[at] * price, abs(quantity[at] * price)
        if abs(rest) > max(Fraction(1, 100), base / 1000):
            expected["price"] += rest
    expected["repeated lines"] = sum((Fraction(a) for *_, a, _ in bill), Fraction(0)) - sum(amount.values())
    assert {k: Fraction(t.value) for k, t in found.kinds.items()} == {k: expected[k] for k in found.kinds}
    assert Fraction(found.billed) == sum((Fraction(a) for *_, a, _ in bill), Fraction(0))
    explained = sum((Fraction(t.value) for t in found.kinds.values()), Fraction(found.within))
    assert Fraction(found.billed) - Fraction(found.due) == explained


def test_the_workbook_carries_the_engines_findings_and_is_proven(files: Path) -> None:
    outputs = compute(case_of(found_in(files), "March", "bill.csv", "meter.csv")).outputs
    assert outputs["kind_value"] == {kind.capitalize(): float(value) for kind, value in KINDS.items()}
    assert (outputs["findings"], outputs["within_total"], outputs["difference"]) == (317.5, 2.5, 320)
    build(case_of(found_in(files), "March", "bill.csv", "meter.csv"), files / "findings.xlsx")
    found = verify(files / "findings.xlsx")
    assert found.passed
    assert found.proof.cells > 300


def test_what_the_sheet_leaves_out_is_summed_beside_it(files: Path) -> None:
    found = found_in(files, most=2)
    assert [item.day for item in found.largest] == ["2026-03-02", "2026-03-03"]  # 260 + 10, 40
    result = compute(case_of(found, "March", "bill.csv", "meter.csv"))
    assert result.outputs["kind_value"] == {kind.capitalize(): float(value) for kind, value in KINDS.items()}
    assert result.outputs["within_total"] == 2.5
    assert result.outputs["key_value"] == {"gpu-a": 277.5, "gpu-b": 40}
    assert [check.line for check in result.failing()] == ["all_shown"]  # an alert, no error


def test_a_tolerance_changed_in_the_workbook_moves_its_findings(files: Path) -> None:
    from xlroi.model.case import with_settings

    case = with_settings(case_of(found_in(files), "March", "bill.csv", "meter.csv"), ["quantity_tolerance=0.5%"])
    outputs = compute(case).outputs
    assert outputs["kind_value"]["Quantity"] == 27.5  # type: ignore[index, call-overload]  # 10 × 2.5 and now 1 × 2.5
    assert outputs["within_total"] == 0


def test_the_command_exits_1_with_findings_and_0_without(run: Run, files: Path) -> None:
    bill, meter, agreed = (str(files / name) for name in ("bill.csv", "meter.csv", "agreed.csv"))
    code, out, _ = run("bill", "reconcile", bill, meter, "--price", agreed, "--json")
    found = json.loads(out)
    assert code == 1
    assert (found["billed"], found["due"], found["difference"], found["within_tolerance"]) == (
        "1087.5",
        "767.5",
        "320",
        "2.5",
    )
    assert found["kinds"]["measured only"] == {"findings": 1, "value": "-17.5"}
    assert found["late"] == {"lines": 1, "amount": "40"}
    code, out, _ = run(
        "bill", "reconcile", bill, meter, "--price", agreed, "--from", "2026-03-04", "--to", "2026-03-04"
    )
    assert code == 2  # the bill has no lines on that day
    (files / "odd.csv").write_text("day,key,quantity,amount\nMarch 3,gpu-a,1,1\n2026-03-03,gpu-a,1,1\n")
    code, _, err = run("bill", "reconcile", str(files / "odd.csv"), meter, "--from", "2026-03-03")
    assert code == 2
    assert "odd.csv:2: day: 'March 3' is no date" in err
    (files / "same.csv").write_text(
        "day,key,quantity\n2026-03-01,gpu-a,110\n2026-03-03,gpu-a,101\n2026-03-03,gpu-b,10\n"
    )
    code, out, _ = run("bill", "reconcile", bill, str(files / "same.csv"), "--price", agreed, "--from", "2026-03-03")
    assert code == 0
    assert "Lines billed in a later period than used, owed all the same: 1, in all 40.00" in out


def test_findings_are_written_whole_and_no_cell_of_them_is_a_formula(run: Run, files: Path) -> None:
    (files / "bill.csv").write_text("day,key,quantity,amount\n2026-03-01,=cmd(),3,9\n2026-03-01,b,1,1\n")
    (files / "meter.csv").write_text("day,key,quantity\n2026-03-01,b,1\n")
    arguments = ["bill", "reconcile", str(files / "bill.csv"), str(files / "meter.csv"), "-o"]
    assert run(*arguments, str(files / "found.csv"))[0] == 1
    with (files / "found.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["key"], row["value"]) for row in rows] == [("billed only", "'=cmd()", "9")]
    code, _, err = run(*arguments, str(files / "found.csv"))
    assert code == 2
    assert "exists already" in err
    assert run(*arguments, str(files / "found.xlsx"))[0] == 1
    assert verify(files / "found.xlsx").passed
    assert run(*arguments, str(files / "found.pdf"))[0] == 2
