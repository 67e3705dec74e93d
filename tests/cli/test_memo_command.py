"""xlroi memo as a user types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.command import Run

SHOP = Path(__file__).parents[2] / "examples" / "ecommerce_recommendations.yaml"


@pytest.fixture
def xlroi_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_a_memo_is_proven_and_stands_beside_its_case(xlroi_: Run, case: Path) -> None:
    code, out, _ = xlroi_("memo", str(case), "--json")
    found = json.loads(out)
    assert (code, found["memo"], found["kind"]) == (0, str(case.with_suffix(".docx")), "Board memo")
    assert found["figures"]["net_profit"] == {"value": 570_000, "unit": "money"}
    assert (found["proof"]["engine"], found["proof"]["states"] >= 25) == ("IronCalc", True)
    assert case.with_suffix(".docx").is_file()


def test_what_was_set_is_what_is_proven(xlroi_: Run, case: Path) -> None:
    options = ["--scenario", "pessimistic", "--set", "monthly_revenue=1000", "--set", "discount_rate=8%"]
    code, out, _ = xlroi_("memo", str(case), *options, "-o", str(case.with_name("m.md")), "--json")
    figures = json.loads(out)["figures"]
    assert code == 0
    assert figures["input monthly_revenue"]["value"] == 700
    assert figures["payback_month"]["value"] == "#N/A"
    text = case.with_name("m.md").read_text(encoding="utf-8")
    assert "- Changed on the command line: monthly\\_revenue=1000, discount\\_rate=8%" in text
    assert "formula cells agree in" in text


def test_a_workbook_gives_the_same_memo_as_its_case(xlroi_: Run, case: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    assert xlroi_("build", str(case), "-o", str(book))[0] == 0
    for source, name in ((case, "a.md"), (book, "b.md")):
        assert xlroi_("memo", str(source), "-o", str(tmp_path / name), "--no-prove", "--date", "2026-11-21")[0] == 0
    assert (tmp_path / "a.md").read_bytes() == (tmp_path / "b.md").read_bytes()


def test_layout_simulation_and_html(xlroi_: Run, case: Path, tmp_path: Path) -> None:
    target = tmp_path / "memo.html"
    options = ["--layout", "tei", "--simulate", "64", "--seed", "3", "--no-prove"]
    code, out, _ = xlroi_("memo", str(case), "-o", str(target), *options)
    assert (code, "not proven" in out) == (0, True)
    text = target.read_text(encoding="utf-8")
    assert "64 draws of " in text
    assert "(seed 3)" in text
    assert "Flexibility" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "memo.pdf"], "ends in .docx, .html, .md"),
        (["-o", "nowhere/memo.md"], "there is no folder"),
        (["--scenario", "best", "-o", "memo.md"], "expected one of base, optimistic, pessimistic"),
        (["--set", "nonsense=1", "-o", "memo.md"], "'nonsense' is not an input"),
        (["--layout", "comic"], "comic"),
    ],
)
def test_bad_input_is_refused_and_nothing_written(
    xlroi_: Run, case: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(case.parent)
    code, _, err = xlroi_("memo", str(case), "--no-prove", *arguments)
    assert (code, message in err) == (2, True)
    assert [p.name for p in case.parent.iterdir()] == ["shop.yaml"]


def test_an_existing_memo_is_kept_unless_forced(xlroi_: Run, case: Path) -> None:
    target = case.with_suffix(".md")
    target.write_text("mine")
    code, _, err = xlroi_("memo", str(case), "-o", str(target), "--no-prove")
    assert (code, "--force" in err, target.read_text()) == (2, True, "mine")
    assert xlroi_("memo", str(case), "-o", str(target), "--no-prove", "--force")[0] == 0
    assert target.read_text().startswith("# Product recommendations")


def test_the_case_itself_is_never_overwritten(xlroi_: Run, case: Path) -> None:
    own = case.rename(case.with_name("case.md"))
    before = own.read_bytes()
    code, _, err = xlroi_("memo", str(own), "-o", str(own), "--no-prove", "--force")
    assert (code, "the case to read" in err) == (2, True)
    assert own.read_bytes() == before


def test_a_proof_that_cannot_run_is_no_proof(xlroi_: Run, case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    code, _, err = xlroi_("memo", str(case))
    assert (code, "ironcalc" in err.lower()) == (3, True)
    assert [p.name for p in case.parent.iterdir()] == ["shop.yaml"]
