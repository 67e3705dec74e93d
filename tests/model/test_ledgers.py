"""Ledgers: rows given as CSV in a case, summed by SUMIFS, on a sheet of their own, there and back."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

import xlroi
from tests.command import Run
from xlroi.errors import BookError, InputError
from xlroi.model.case import Case, case_from, with_settings
from xlroi.model.loading import parse_yaml
from xlroi.model.template import model_from

TEMPLATE = """
model: tills
title: What the tills took
version: "1.0"
question: Who took what?
step: month
columns: 6
horizon: months
start: start_date
constants:
  near: {label: Half a cent, value: 0.005, unit: money, source: Rounding}
inputs:
  - title: Period
    items:
      months: {label: Months, unit: month, default: 3, min: 1, max: 6, integer: true}
      start_date: {label: Start, unit: date, default: 2025-12-31}
tables:
  shops:
    label: Shops
    spare: 1
    columns:
      size: {label: Size, unit: "1", default: 1}
    rows: {North: {size: 2}, South: {size: 1}}
  takings:
    label: Takings
    ledger: true
    columns:
      month: {label: Month, unit: month, min: 0, max: 6, integer: true}
      shop: {label: Shop, text: true}
      how: {label: How, text: true}
      amount: {label: Amount, unit: money}
      day: {label: Day, unit: date}
sections:
  - title: Takings
    per: shops
    unit: money
    lines:
      taken: {label: Taken, formula: "SUMIFS(takings.amount, takings.shop, shops.name)"}
      in_cash: {label: In cash, formula: 'SUMIFS(takings.amount, takings.shop, shops.name, takings.how, "cash")'}
      monthly:
        label: By month
        per: shops, month
        totalled: flow
        formula: SUMIFS(takings.amount, takings.shop, shops.name, takings.month, month) * live
      by_size: {label: By size, formula: taken * shops.size}
      of_months: {label: Of the months, formula: SUM(monthly)}
  - title: Results
    unit: money
    lines:
      all_rows: {label: All rows, formula: SUM(takings.amount)}
      all_shops: {label: All shops, formula: SUM(taken)}
      answer: {label: Answer, unit: text, formula: '"Took " & FIXED(all_rows, 2)'}
@MORE@
outputs: [taken, in_cash, all_rows, all_shops, of_months, @OUTPUTS@]
answer: answer
checks:
  known: {label: Every row has a shop, formula: ABS(all_rows - all_shops) < near}
"""
HEADS = "month,shop,how,amount,day"
ROWS = (
    "1,North,cash,10.25,2026-01-05",
    "1,SOUTH,Card,20,2026-01-06",
    "2,north,card,0.1,2026-02-01",
    "3,North,CASH,0.2,2026-03-01",
    "3,South,cash,-5,2026-03-02",
)


def text_of(rows: tuple[str, ...] = ROWS, heads: str = HEADS, more: str = "") -> str:
    lines = "\n".join(f"      {line}" for line in (heads, *rows))
    return (
        f"model: tills.yaml\ntables:\n  takings:\n    source: Tills\n    as_of: 2026-04-01\n{more}    csv: |\n{lines}\n"
    )


def template(more: str = "", outputs: str = "by_size") -> str:
    return TEMPLATE.replace("@MORE@", more).replace("@OUTPUTS@", outputs)


def tills(text: str = text_of()) -> Case:
    return case_from(parse_yaml(text, "case.yaml"), model_from(parse_yaml(template(), "tills.yaml")))


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        tills(text)
    return str(refused.value)


def test_sums_are_those_of_the_rows_regardless_of_case() -> None:
    found = xlroi.run(tills())
    assert found.outputs["taken"] == pytest.approx({"North": 10.25 + 0.1 + 0.2, "South": 20 - 5}, rel=1e-12)
    assert found.outputs["in_cash"] == pytest.approx({"North": 10.25 + 0.2, "South": -5}, rel=1e-12)
    assert found.outputs["by_size"] == pytest.approx({"North": 2 * 10.55, "South": 15}, rel=1e-12)
    assert found.outputs["all_rows"] == pytest.approx(25.55, rel=1e-12)
    months = [[found.values.cell("monthly", shop, month) for month in range(5)] for shop in (0, 1)]
    assert months == [[0, 10.25, 0.1, 0.2, 0], [0, 20, 0, -5, 0]]
    assert found.failing() == []


def test_rows_of_an_unknown_shop_are_in_no_shop() -> None:
    found = xlroi.run(tills(text_of((*ROWS, "2,West,card,7,2026-02-01"))))
    assert found.outputs["all_rows"] == pytest.approx(32.55)
    assert found.outputs["all_shops"] == pytest.approx(25.55)
    assert [check.label for check in found.failing()] == ["Every row has a shop"]


@pytest.mark.parametrize(
    "text",
    ["model: tills.yaml\n", text_of(()), "model: tills.yaml\ntables: {takings: {csv: 'month,shop,how,amount,day'}}\n"],
)
def test_an_empty_ledger_sums_to_nothing(text: str) -> None:
    found = xlroi.run(tills(text))
    assert found.outputs["all_rows"] == 0
    assert found.outputs["taken"] == {"North": 0, "South": 0}
    assert found.failing() == []


def test_commas_quotes_and_semicolons_stand_in_quoted_texts(tmp_path: Path) -> None:
    case = tills(text_of((*ROWS, '1,North,"half, ""so to say""; or so",1,2026-01-01')))
    assert case.tables["takings"][5].values["how"] == 'half, "so to say"; or so'
    xlroi.build(case, tmp_path / "book.xlsx", live=False)
    read = xlroi.api.read_case(tmp_path / "book.xlsx")
    assert read.changes == []


# What SUMIFS takes for a number, a truth value, an error, a comparison or a pattern, it does not compare as text.
@pytest.mark.parametrize(
    "shop",
    [
        "Nor*", "Nor?h", "No~rth", "0042", "42", "-3", "1e5", "1E+5", "1.5", "50%", "$5", "(5)", "1/2", "2026-01",
        "12:30",
        "TRUE", "false", "=x", "<5", ">North", "<>", "#N/A", "#REF!", "#DIV/0!", "Mar 2026", "5 March", "1-Jan-2026",
        "Sept 5", "10 PM", "N" * 256,
    ],
)  # fmt: skip
def test_a_text_that_sumifs_would_misread_is_refused_with_file_line_and_row(shop: str) -> None:
    said = refusal(text_of((*ROWS, f"1,{shop},card,1,2026-01-01")))
    assert "case.yaml:6" in said  # the line of the key csv
    assert "row 6, shop: " in said


@pytest.mark.parametrize(
    "shop", ["N" * 255, "May & sons", "Unit 5", "Decathlon 7", "e5", "true north", "5th Avenue", "a=b"]
)
def test_other_texts_stand(shop: str) -> None:
    case = tills(text_of((*ROWS, f"1,{shop},card,1,2026-01-01")))
    assert case.tables["takings"][5].values["shop"] == shop


@pytest.mark.parametrize("break_", ["\\n", "\\r", "\\t", "\\x01", "\\x7f", "\\u2028"])
def test_a_cell_with_a_control_character_is_refused(break_: str) -> None:
    text = f'model: tills.yaml\ntables:\n  takings:\n    csv: "{HEADS}\\n1,\\"No{break_}rth\\",card,1,2026-01-01\\n"\n'
    said = refusal(text)
    assert "case.yaml:4" in said
    assert "row 1, shop: " in said


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,North,cash,1", "row 6 has 4 cells under 5 heads"),
        ("1,North,cash,1,2026-01-01,more", "row 6 has 6 cells under 5 heads"),
        ('1,"North,cash,1,2026-01-01', "no clean CSV"),
        ('1,"North"x,cash,1,2026-01-01', "no clean CSV"),
        ("1,North,cash,NaN,2026-01-01", "row 6, amount: "),
        ("1,North,cash,inf,2026-01-01", "row 6, amount: "),
        ("1,North,cash,-Infinity,2026-01-01", "row 6, amount: "),
        ("1,North,cash,1e16,2026-01-01", "row 6, amount: must be below 1e15"),
        ("1,North,cash,1e400,2026-01-01", "row 6, amount: "),
        ("1,North,cash,,2026-01-01", "row 6, amount: expected a number (got nothing)"),
        ("1,North,cash,many,2026-01-01", "row 6, amount: expected a number (got 'many')"),
        ("1,North,cash,1_000,2026-01-01", "row 6, amount: expected a number (got '1_000')"),
        ("1,North,cash,2026-01-01,2026-01-01", "row 6, amount: expected a number (got '2026-01-01')"),
        ("1.5,North,cash,1,2026-01-01", "row 6, month: must be a whole number"),
        ("7,North,cash,1,2026-01-01", "row 6, month: must be at most 6"),
        ("-1,North,cash,1,2026-01-01", "row 6, month: must be at least 0"),
        ("1,North,cash,1,31.01.2026", "row 6, day: expected a date as 2026-01-31 (got '31.01.2026')"),
        ("1,North,cash,1,2026-02-30", "row 6, day: expected a date as 2026-01-31 (got '2026-02-30')"),
        ("1,North,cash,1,46000", "row 6, day: expected a date as 2026-01-31 (got '46000')"),
        ("1,North,cash,1,1899-01-01", "row 6, day: expected a date between"),
        ("1,North,cash,1,", "row 6, day: expected a date as 2026-01-31 (got nothing)"),
    ],
)
def test_a_wrong_row_is_named_with_what_was_expected(row: str, why: str) -> None:
    said = refusal(text_of((*ROWS, row)))
    assert "case.yaml:6" in said
    assert why in said


@pytest.mark.parametrize(
    "heads", ["month,shop,amount,how,day", "month,shop,how,amount", "Month,shop,how,amount,day", ""]
)
def test_wrong_heads_are_refused(heads: str) -> None:
    said = refusal(text_of(heads=heads))
    assert "case.yaml:6" in said
    assert "expected the heads month,shop,how,amount,day" in said


def test_what_is_no_csv_or_has_unknown_keys_is_refused() -> None:
    assert "case.yaml:3" in refusal("model: tills.yaml\ntables:\n  takings: {North: {amount: 5}}\n")
    assert "unknown key" in refusal(text_of(more="    sorce: x\n"))
    assert "expected a date" in refusal(text_of().replace("2026-04-01", "April"))
    assert "expected a text of CSV" in refusal("model: tills.yaml\ntables:\n  takings: {csv: [1, 2]}\n")


def test_of_a_file_full_of_faults_a_handful_is_told() -> None:
    said = refusal(text_of(("1,Nor*,cash,1,2026-01-01",) * 1000))
    assert said.count("wildcard") <= 5


# Formulas.


@pytest.mark.parametrize(
    ("per", "formula", "why"),
    [
        ("takings", "takings.amount * 2", "ledger"),
        ("none", "SUM(takings.amount * 2)", "is a ledger, whose rows are only summed"),
        ("none", "SUM(takings.amount * (takings.shop = \"North\"))", "is a ledger, whose rows are only summed"),
        ("shops", "SUM(takings.amount * (takings.shop = shops.name))", "is a ledger"),
        ("none", "MAX(takings.amount * 2)", "ledger"),
        ("none", "MAX(takings.amount)", "is a ledger, whose rows are only summed"),
        ("shops", "AT(takings.shop, shops.size)", "ledger"),
        ("none", "PICK_MIN(takings.amount, takings.shop)", "ledger"),
        ("shops", "RANK(takings.amount)", "ledger"),
        ("shops", "SUMIFS(shops.size, shops.name, \"North\") * 1", "SUMIFS sums a ledger"),
        ("shops", "SUMIFS(takings.amount, takings.shop)", "SUMIFS"),
        ("shops", "SUMIFS(takings.amount, takings.shop, shops.name, takings.how)", "pairs"),
        ("shops", "SUMIFS(takings.amount, shops.name, shops.name)", "is no column of 'takings'"),
        ("shops", "SUMIFS(takings.amount * 2, takings.shop, shops.name)", "a column of a ledger"),
        ("none", "SUMIFS(takings.amount, takings.month, 1 + 1)", "give the expression a line of its own"),
        ("none", "SUMIFS(takings.amount, takings.how, takings.shop)", "a plain line or a name of another table"),
        ("none", "SUMIFS(takings.amount, takings.how, \"ca\" & \"sh\")", "give the expression a line of its own"),
        ("shops", "SUMIFS(takings.amount, takings.amount, shops.size)", "'takings.amount' is in money"),
        ("none", "SUMIFS(takings.amount, takings.month, \"1\")", "cannot compare a number with a text"),
        ("none", "SUMIFS(takings.amount, takings.shop, 1)", "cannot compare a text with a number"),
        ("none", "SUMIFS(takings.shop, takings.shop, \"North\")", ""),
        ("none", "SUMIFS(takings.day, takings.shop, \"North\")", ""),
        ("none", "SUMIFS(takings.amount, takings.name, \"1\")", "is no column of 'takings'"),
        ("none", "SUMIFS(takings.amount, takings.shop, \"Nor*\")", "wildcard"),
        ("none", "SUMIFS(takings.amount, takings.shop, \">A\")", "comparison"),
        ("none", "SUMIFS(takings.amount, takings.shop, \"0042\")", "reads as a number"),
    ],
)  # fmt: skip
def test_a_formula_that_reads_a_ledger_otherwise_is_refused(per: str, formula: str, why: str) -> None:
    line = f"      more: {{label: More, per: {per}, unit: money, formula: {json.dumps(formula)}}}"
    with pytest.raises(InputError) as refused:
        model_from(parse_yaml(template(line, "more"), "tills.yaml"))
    said = str(refused.value)
    assert re.search(r"tills\.yaml:\d+", said), said
    assert why in said


def test_two_heads_of_a_sheet_may_not_be_the_same() -> None:
    with pytest.raises(InputError, match=r"tills\.yaml:\d+.*How"):
        model_from(parse_yaml(template().replace("label: Shop, text", "label: How, text"), "tills.yaml"))


@pytest.mark.parametrize("label", ["2026/27", "A: b", "Takings of all of the shops of all towns", "Shop's"])
def test_a_label_that_can_name_no_sheet_is_refused(label: str) -> None:
    with pytest.raises(InputError, match=r"tills\.yaml:\d+.*it names a sheet"):
        model_from(parse_yaml(template().replace("label: Takings\n", f"label: {json.dumps(label)}\n"), "tills.yaml"))


@pytest.mark.parametrize("label", ["Inputs", "results", "Change log"])
def test_a_ledger_cannot_take_the_name_of_another_sheet(label: str, tmp_path: Path) -> None:
    model = model_from(parse_yaml(template().replace("label: Takings\n", f"label: {label}\n"), "tills.yaml"))
    with pytest.raises(InputError, match="name of another sheet"):
        xlroi.build(case_from(parse_yaml(text_of(), "case.yaml"), model), tmp_path / "other.xlsx", live=False)


# The workbook.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tills.yaml").write_text(template(), encoding="utf-8")
    (tmp_path / "case.yaml").write_text(text_of(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def xlroi_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> Run:
    return Run(monkeypatch, capsys)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tills") / "book.xlsx"
    xlroi.build(tills(), path)
    return path


def test_the_rows_are_an_excel_table_with_their_stamps_beside_it(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)["Takings"]
    assert list(sheet.tables) == ["takings_table"]
    assert sheet.tables["takings_table"].ref == "A6:E11"  # heads and 5 rows
    heads = [cell.value for cell in sheet[6]]
    assert heads[:4] == ["Month", "Shop", "How", "Amount, USD"]
    assert [column.name for column in sheet.tables["takings_table"].tableColumns] == heads[:5]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=7, max_row=11)]
    assert [row[:4] for row in rows] == [
        [1, "North", "cash", 10.25], [1, "SOUTH", "Card", 20], [2, "north", "card", 0.1],
        [3, "North", "CASH", 0.2], [3, "South", "cash", -5],
    ]  # fmt: skip
    assert all(row[6:11] == row[:5] for row in rows)
    assert "Source: Tills, as of 2026-04-01" in str(sheet["A4"].value)


def test_no_table_is_named_as_a_cell_or_as_another_name(book: Path, tmp_path: Path) -> None:
    for label in ("Q1", "R1C1", "R", "2026 till"):
        model = model_from(parse_yaml(template().replace("label: Takings\n", f"label: {label}\n"), "tills.yaml"))
        xlroi.build(
            case_from(parse_yaml(text_of(), "case.yaml"), model), tmp_path / "other.xlsx", live=False, force=True
        )
        workbook = openpyxl.load_workbook(tmp_path / "other.xlsx")
        (name,) = (table for sheet in workbook for table in sheet.tables)
        assert re.fullmatch(r"[A-Za-z_]\w*", name), label
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*", name), label
        taken = {defined.casefold() for defined in workbook.defined_names}
        assert name.casefold() not in taken


def test_every_state_agrees_in_ironcalc(book: Path) -> None:
    proof = xlroi.verify(book, count=25).proof
    assert (proof.mismatches, proof.engines[0].states >= 25) == ([], True)


def test_every_state_agrees_in_libreoffice(book: Path) -> None:
    assert xlroi.verify(book, ["libreoffice"], count=4).proof.mismatches == []


def edited(book: Path, target: Path, cells: dict[str, object]) -> Path:
    workbook = openpyxl.load_workbook(book)
    for cell, value in cells.items():
        workbook["Takings"][cell] = value
    workbook.save(target)
    return target


def test_an_edited_cell_comes_back(book: Path, tmp_path: Path) -> None:
    path = edited(book, tmp_path / "edited.xlsx", {"D8": 21.5, "B9": "South", "C10": None})
    found = xlroi.api.read_case(path)
    assert {c.path for c in found.changes} == {"takings[2].amount", "takings[3].shop", "takings[4].how"}
    again = case_from(parse_yaml(found.text, "again.yaml"), tills().model)
    values = [tuple(row.values.values()) for row in again.tables["takings"]]
    expected = [tuple(row.values.values()) for row in tills().tables["takings"]]
    expected[1] = (*expected[1][:3], 21.5, expected[1][4])
    expected[2] = (expected[2][0], "South", *expected[2][2:])
    expected[3] = (*expected[3][:2], "", *expected[3][3:])
    assert values == expected
    assert xlroi.run(again).outputs["taken"] == pytest.approx({"North": 10.25 + 0.2, "South": 21.5 + 0.1 - 5})


@pytest.mark.parametrize(
    ("cell", "value", "why"),
    [
        ("D8", None, "Amount is empty"),
        ("D8", "many", "'many'"),
        ("A8", 1.5, "whole number"),
        ("A8", 9, "at most 6"),
        ("A8", None, "Month is empty"),
        ("E8", "soon", "'soon'"),
        ("B8", "Nor*", "wildcard"),
        ("B8", 42, "number"),
        ("B8", True, ""),
        ("B8", " North", "begins or ends with a space"),
    ],
)
def test_a_wrong_cell_of_a_ledger_is_refused_with_its_place(
    book: Path, tmp_path: Path, cell: str, value: object, why: str
) -> None:
    path = edited(book, tmp_path / "wrong.xlsx", {cell: value})
    with pytest.raises(BookError) as refused:
        xlroi.api.read_case(path)
    assert f"Takings!{cell}" in str(refused.value)
    assert why in str(refused.value)


def test_changed_cells_are_counted(book: Path, tmp_path: Path) -> None:
    from xlroi.proof.libreoffice import LibreOfficeBook

    with LibreOfficeBook(book) as office:
        office.set({("Takings", "D8"): 21.5, ("Takings", "D9"): 7.0, ("Takings", "B9"): "South"})
        office.recalculate()
        office.save_as(tmp_path / "edited.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "edited.xlsx", data_only=True)["Takings"]
    assert [sheet[f"{column}5"].value for column in "GHIJK"] == [0, 1, 0, 2, 0]


# Commands.


def test_empty_lines_count_for_no_row() -> None:
    case = with_settings(tills(text_of(("", *ROWS[:1], "", *ROWS[1:]))), ["takings[2].amount=5"])
    assert [row.values["amount"] for row in case.tables["takings"]] == [10.25, 5, 0.1, 0.2, -5]


def test_a_cell_of_a_ledger_is_set_by_its_row() -> None:
    case = with_settings(tills(), ["takings[2].amount=5", "takings[1].shop=South"])
    assert xlroi.run(case).outputs["taken"] == pytest.approx({"North": 0.1 + 0.2, "South": 10.25 + 5 - 5})
    for setting in ("takings[6].amount=5", "takings[2].amount=many", "takings[2].month=7", "takings[2].shop=Nor*"):
        with pytest.raises(InputError, match=re.escape(setting)):
            with_settings(tills(), [setting])


def test_commands_take_a_case_with_a_ledger(xlroi_: Run, folder: Path) -> None:
    assert xlroi_("template", "check", "tills.yaml")[0] == 0
    assert xlroi_("new", "tills.yaml", "-o", "fresh.yaml")[0] == 0
    assert "csv: |" in (folder / "fresh.yaml").read_text(encoding="utf-8")
    assert xlroi_("run", "fresh.yaml")[0] == 0
    code, out, _ = xlroi_("run", "case.yaml", "--set", "takings[2].amount=5", "--json")
    assert (code, json.loads(out)["outputs"]["all_rows"]) == (0, pytest.approx(10.55))
    code, out, _ = xlroi_("explain", "case.yaml", "taken")
    assert code == 0
    assert "5 rows" in out
    (folder / "later.yaml").write_text(text_of((*ROWS, "3,North,card,100,2026-03-03")), encoding="utf-8")
    code, out, _ = xlroi_("diff", "case.yaml", "later.yaml", "--output", "all_rows")
    assert code == 0
    assert "1 not there before" in out
    code, _, err = xlroi_("export", "case.yaml", "--long", "-o", "long.csv")
    assert code == 0, err
    code, _, err = xlroi_("memo", "case.yaml", "-o", "memo.md")
    assert code == 0, err
    assert "Tills" in (folder / "memo.md").read_text(encoding="utf-8")


def _random_rows(count: int) -> Iterator[str]:
    rng = random.Random(8)
    for _ in range(count):
        yield f"{rng.randint(1, 3)},{rng.choice(['North', 'south'])},cash,{rng.randint(-500, 10_000) / 100},2026-01-05"


def test_thousands_of_rows_sum_to_their_cents() -> None:
    rows = tuple(_random_rows(3000))
    cents = sum(round(float(row.split(",")[3]) * 100) for row in rows)
    found = xlroi.run(tills(text_of(rows)))
    assert found.outputs["all_rows"] == pytest.approx(cents / 100, abs=1e-6)
    assert found.failing() == []
