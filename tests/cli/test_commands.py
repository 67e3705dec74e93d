"""The commands as a new user types them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.command import Run
from xlroi.proof.cells import read_book

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SHOP = str(EXAMPLES / "ecommerce_recommendations.yaml")


@pytest.fixture
def xlroi_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def test_a_new_case_builds_and_verifies_at_once(xlroi_: Run, tmp_path: Path) -> None:
    case, book = tmp_path / "case.yaml", tmp_path / "case.xlsx"
    assert xlroi_("new", "roi", "-o", str(case))[0] == 0
    assert xlroi_("build", str(case))[0] == 0
    code, out, _ = xlroi_("verify", str(book), "--json")
    found = json.loads(out)
    assert (code, found["passed"], found["mismatches"]) == (0, True, [])
    assert found["engines"][0]["states"] >= 25


def test_run_prints_json_with_numbers_and_errors_as_texts(xlroi_: Run) -> None:
    code, out, _ = xlroi_("run", SHOP, "--set", "monthly_revenue=0", "--json")
    found = json.loads(out)
    assert (code, found["model"], found["scenario"]) == (0, "roi", "base")
    # 5,000 a month never repay 15,000 a month.
    assert found["outputs"]["payback_month"] == "#N/A"
    assert found["outputs"]["total_benefit"] == 120_000


def test_all_scenarios_stand_side_by_side(xlroi_: Run) -> None:
    code, out, _ = xlroi_("run", SHOP, "--scenario", "all", "--json")
    profit = {r["scenario"]: r["outputs"]["net_profit"] for r in json.loads(out)}
    # optimistic: 24 × (54,000 − 13,500) − 135,000; pessimistic: 24 × (31,500 − 17,250) − 180,000
    assert code == 0
    assert profit == pytest.approx({"base": 570_000, "optimistic": 837_000, "pessimistic": 162_000})


def test_explain_leads_down_to_inputs_and_sources(xlroi_: Run) -> None:
    code, out, _ = xlroi_("explain", SHOP, "npv")
    assert code == 0
    assert "monthly_revenue" in out
    assert "Deep Learning ROI Calculator, example 1, 2026-11-20" in out


def _results(book: Path) -> str:
    """The part of the sheet Results."""
    from xlroi.proof.cells import XlsxArchive

    with XlsxArchive(book) as archive:
        return next(sheet.part for sheet in archive.sheets if sheet.name == "Results")


def test_a_planted_wrong_value_is_named(xlroi_: Run, tmp_path: Path) -> None:
    import zipfile

    book, wrong = tmp_path / "book.xlsx", tmp_path / "wrong.xlsx"
    assert xlroi_("build", SHOP, "-o", str(book))[0] == 0
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == _results(book):
                assert b"<v>570000</v>" in part
                part = part.replace(b"<v>570000</v>", b"<v>670000</v>")
            new.writestr(name, part)
    code, out, _ = xlroi_("verify", str(wrong), "--json")
    (found,) = json.loads(out)["mismatches"]
    assert code == 1
    assert (found["sheet"], found["expected"], found["got"]) == ("Results", 570_000, 670_000)
    assert {"cell", "formula"} <= found.keys()


def test_an_overtyped_formula_is_named(xlroi_: Run, tmp_path: Path) -> None:
    import re
    import zipfile

    book, wrong = tmp_path / "book.xlsx", tmp_path / "wrong.xlsx"
    assert xlroi_("build", SHOP, "-o", str(book))[0] == 0
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == _results(book):
                part, count = re.subn(rb"<f>[^<]*</f><v>570000</v>", b"<v>570000</v>", part)
                assert count == 1
            new.writestr(name, part)
    code, out, _ = xlroi_("verify", str(wrong), "--json")
    assert code == 1
    assert any(m["sheet"] == "Results" and m["engine"] == "file" for m in json.loads(out)["mismatches"])


def test_an_altered_formula_is_named_even_where_it_gives_the_same_numbers(xlroi_: Run, tmp_path: Path) -> None:
    import re
    import zipfile

    book, wrong = tmp_path / "book.xlsx", tmp_path / "wrong.xlsx"
    assert xlroi_("build", SHOP, "-o", str(book))[0] == 0
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == _results(book):
                part, count = re.subn(rb"<f>(Calculations![^<]*)</f><v>570000</v>", rb"<f>\1+0</f><v>570000</v>", part)
                assert count == 1
            new.writestr(name, part)
    code, out, _ = xlroi_("verify", str(wrong), "--json")
    (found,) = json.loads(out)["mismatches"]
    assert code == 1
    assert found["got"] == found["expected"] + "+0"


def test_a_book_edited_and_saved_by_libreoffice_still_agrees_and_says_what_was_edited(
    xlroi_: Run, tmp_path: Path
) -> None:
    from xlroi.proof.libreoffice import LibreOfficeBook

    book, edited = tmp_path / "book.xlsx", tmp_path / "edited.xlsx"
    assert xlroi_("build", SHOP, "-o", str(book), "--no-what-if")[0] == 0
    place = read_book(book).defined_names["discount_rate"].replace("'", "").replace("$", "").split("!")
    base = (place[0], place[1].replace("D", "F"))  # the base value stands two columns right of the live one
    with LibreOfficeBook(book) as calc:
        calc.set({base: 0.25})
        calc.recalculate()
        calc.save_as(edited)
    code, out, _ = xlroi_("verify", str(edited), "--json")
    found = json.loads(out)
    assert (code, found["mismatches"]) == (0, [])
    assert found["inputs_edited_since_build"] == ["discount_rate.base"]


def test_an_engine_that_cannot_run_is_never_a_pass(
    xlroi_: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "book.xlsx"
    assert xlroi_("build", SHOP, "-o", str(book))[0] == 0
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    code, _, err = xlroi_("verify", str(book))
    assert code == 3
    assert "ironcalc" in err.lower()


BAD_CASES = {
    "model: roj": "unknown model 'roj'; did you mean 'roi'?",
    "model: roi\ninputs:\n  initial_investment: -2.5": (
        "case.yaml:3: inputs.initial_investment: must be at least 0 (got -2.5)"
    ),
    "model: roi\ninputs: {monthly_savngs: 1}": "did you mean 'monthly_savings'",
    "model: roi\ninputs: {monthly_savings: many}": "expected a number (got 'many')",
    "model: roi\ninputs: {period_months: 61}": "must be at most 60 (got 61)",
    "model: roi\ninputs: {period_months: 2.5}": "must be a whole number",
    "model: roi\ninputs: {start_date: 12}": "expected a date",
    "model: roi\nmodel: roi": "the key stands twice",
    "model: roi\ninputs:\n\tperiod_months: 3": "case.yaml:3: a tab in the indentation",
    "": "the file is empty",
    "model: roi\ntitel: x": "case.yaml:2: titel: unknown key; did you mean 'title'?",
    "model: roi\nscenario: best": "expected one of base, optimistic, pessimistic",
    "model: roi\ninputs: {monthly_savings: !!python/name:os.system }": "YAML",
}


@pytest.mark.parametrize(("text", "message"), BAD_CASES.items())
def test_bad_input_gets_a_clear_error_and_writes_nothing(xlroi_: Run, tmp_path: Path, text: str, message: str) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(text)
    code, _, err = xlroi_("build", str(case))
    assert code == 2
    assert message in err
    assert [p.name for p in tmp_path.iterdir()] == ["case.yaml"]


def test_all_problems_are_named_at_once(xlroi_: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("model: roi\ninputs:\n  recall: 3\n  precision: 0\n  nonsense: 1\n")
    code, _, err = xlroi_("run", str(case))
    assert code == 2
    assert [line.split(": ")[2] for line in err.splitlines()] == [
        "inputs.nonsense",
        "inputs.recall",
        "inputs.precision",
    ]


def test_a_binary_file_is_no_case(xlroi_: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_bytes(bytes(range(256)))
    code, _, err = xlroi_("run", str(case))
    assert code == 2
    assert "not a text file" in err


def test_nested_aliases_are_refused(xlroi_: Run, tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    case = tmp_path / "case.yaml"
    case.write_text(bomb)
    code, _, err = xlroi_("run", str(case))
    assert code == 2
    assert "aliases" in err


@pytest.mark.parametrize("output", ["missing_folder/book.xlsx", "book.txt", "."])
def test_a_path_that_cannot_be_written_is_refused(xlroi_: Run, tmp_path: Path, output: str) -> None:
    code, _, err = xlroi_("build", SHOP, "-o", str(tmp_path / output))
    assert code == 2
    assert err.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_workbook_is_refused(xlroi_: Run, tmp_path: Path) -> None:
    from openpyxl import Workbook

    Workbook().save(tmp_path / "foreign.xlsx")
    code, _, err = xlroi_("verify", str(tmp_path / "foreign.xlsx"))
    assert code == 2
    assert "not a workbook of xlroi" in err
