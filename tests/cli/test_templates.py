"""A finance user writes a template, keeps house standards, compares cases and hands data on, by commands alone."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parent.parent.parent
VANS = ROOT / "examples" / "delivery_vans.yaml"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def xlroi_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    from xlroi.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["xlroi", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        out, err = capsys.readouterr()
        return (exit_.value.code if isinstance(exit_.value.code, int) else 0), out, err

    return run


def test_a_new_template_checks_builds_and_verifies_at_once(xlroi_: Run, tmp_path: Path) -> None:
    assert xlroi_("new", "--template", "my_model")[0] == 0
    code, out, _ = xlroi_("template", "check", "my_model.yaml")
    assert code == 0
    assert "every input and line is used" in out
    assert xlroi_("new", "my_model.yaml", "-o", "case.yaml")[0] == 0
    assert xlroi_("build", "case.yaml")[0] == 0
    code, out, _ = xlroi_("verify", "case.xlsx", "--json")
    assert (code, json.loads(out)["mismatches"]) == (0, [])


def test_template_check_reports_units_feeds_and_what_nobody_reads(xlroi_: Run) -> None:
    code, out, _ = xlroi_("template", "check", str(ROOT / "examples" / "templates" / "delivery_vans.yaml"), "--json")
    found = json.loads(out)
    assert code == 0
    assert found["units"]["npv_cost"] == "money"
    assert "energy" in found["feeds"]["total"]
    assert "depreciation" in found["unused"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("formula: tools.fee * operating", "formula: tools.feee * operating", "no column 'feee'; did you mean 'fee'"),
        ("per: tools, month", "per: tool, month", "'tool' is no axis"),
        ("formula: SUM(net * discount_factor)", "formula: SUM(net) + hours_per_month", "different units"),
        ("unit: money, min: 0, range", "unit: money/, key: tools, min: 0, range", "a column is a number"),
        ('"PICK_MAX(npv, tools.name)"', "PICK_MAX(npv)", "PICK_MAX takes 2 arguments"),
        ("formula: savings - purchase - fees", "formula: savings - purchase - PRIOR(net)", "declare its unit"),
        ("horizon: months", "horizon: month", "did you mean 'months'"),
    ],
)
def test_a_wrong_template_is_refused_with_file_and_line(
    xlroi_: Run, tmp_path: Path, old: str, new: str, message: str
) -> None:
    xlroi_("new", "--template", "mine")
    path = tmp_path / "mine.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new).replace("unit: money\n    totalled", "totalled") if "PRIOR(net)" in new
                    else text.replace(old, new))  # fmt: skip
    code, _, err = xlroi_("template", "check", "mine.yaml")
    assert code == 2
    assert message in err
    assert "mine.yaml:" in err
    assert "Traceback" not in err


def test_house_standards_are_inherited_and_named(xlroi_: Run, tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text(
        "currency: EUR\nfiscal_year_end: 6\nprices: prices.csv\n"
        "inputs:\n  discount_rate: {base: 9%, source: Treasury policy, as_of: 2026-01-01}\n"
    )
    (tmp_path / "prices.csv").write_text("name,value,source,as_of\ngpu_hour_price,1.25,Frame contract,2026-05-01\n")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "case.yaml").write_text("model: training\ninputs: {engineer_rate: 80}\n")
    import xlroi

    case = xlroi.load_case(tmp_path / "cases" / "case.yaml")
    assert (case.currency, case.inputs["discount_rate"].base, case.inputs["gpu_hour_price"].base) == ("EUR", 0.09, 1.25)
    assert case.inputs["fiscal_year_end"].base == 6
    assert case.inputs["discount_rate"].source == "House: Treasury policy"
    assert [case.inputs[i].origin for i in ("discount_rate", "engineer_rate", "mfu")] == ["house", "case", "template"]
    assert xlroi_("build", "cases/case.yaml", "-o", "case.xlsx")[0] == 0
    (tmp_path / "house.yaml").unlink()  # the book carries the standards it was built with
    code, out, _ = xlroi_("verify", "case.xlsx", "--states", "5", "--json")
    assert (code, json.loads(out)["mismatches"]) == (0, [])
    code, out, _ = xlroi_("explain", "case.xlsx", "cost_per_training_run")
    assert "House: Frame contract, 2026-05-01" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currencyy: EUR", "house.yaml:1: currencyy: unknown key; did you mean 'currency'"),
        ("inputs: {discount_rate: 900%}", "must be at most 1"),
        ("fiscal_year_end: 13", "house.yaml:1: fiscal_year_end"),
        ("prices: none.csv", "none.csv: prices: cannot be read"),
        ("logo: none.png", "no picture"),
    ],
)
def test_wrong_house_standards_are_refused(xlroi_: Run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "house.yaml").write_text(text + "\n")
    (tmp_path / "case.yaml").write_text("model: roi\n")
    code, _, err = xlroi_("run", "case.yaml")
    assert code == 2
    assert message in err


def test_the_bridge_explains_the_whole_difference(xlroi_: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("model: roi\n")
    (tmp_path / "b.yaml").write_text(
        "model: roi\ninputs: {monthly_revenue: 50000, discount_rate: 8%, period_months: 30}\n"
    )
    code, out, _ = xlroi_("diff", "a.yaml", "b.yaml", "-o", "bridge.xlsx", "--json")
    found = json.loads(out)
    assert code == 0
    assert [c["path"] for c in found["changes"]] == ["period_months", "discount_rate", "monthly_revenue"]
    assert found["first"] + sum(c["effect"] for c in found["changes"]) == pytest.approx(found["second"], rel=1e-12)
    assert abs(found["remainder"]) < 1e-6
    import xlroi

    # The first step by hand: the NPV of the first case with 30 months instead of 24.
    (tmp_path / "c.yaml").write_text("model: roi\ninputs: {period_months: 30}\n")
    first, longer = (xlroi.run(xlroi.load_case(tmp_path / n)).outputs["npv"] for n in ("a.yaml", "c.yaml"))
    assert isinstance(first, float)
    assert isinstance(longer, float)
    assert found["changes"][0]["effect"] == pytest.approx(longer - first, rel=1e-9)
    code, out, _ = xlroi_("verify", "bridge.xlsx", "--json")
    assert (code, json.loads(out)["mismatches"]) == (0, [])


def test_cases_of_different_models_are_not_compared(xlroi_: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("model: roi\n")
    (tmp_path / "b.yaml").write_text("model: training\n")
    code, _, err = xlroi_("diff", "a.yaml", "b.yaml")
    assert code == 2
    assert "different models" in err


def test_export_writes_the_same_rows_as_csv_and_parquet(xlroi_: Run, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        assert xlroi_("export", str(VANS), "--long", "--scenario", "base", "-o", f"long.{ending}")[0] == 0
    with (tmp_path / "long.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["model", "scenario", "line", "member", "unit", "date", "value", "text"]
    total = next(r for r in rows if (r["line"], r["member"]) == ("total", "Diesel"))
    import xlroi

    outputs = xlroi.run(xlroi.load_case(VANS)).outputs["total"]
    assert isinstance(outputs, dict)
    assert float(total["value"]) == outputs["Diesel"]
    ((count,),) = duckdb.sql(f"SELECT count(*) FROM '{tmp_path / 'long.parquet'}'").fetchall()
    assert count == len(rows)
    # 60 months and the decision, for each of two vans
    assert len([r for r in rows if r["line"] == "cost"]) == 2 * 61


def test_every_command_that_takes_a_case_takes_a_workbook(xlroi_: Run, tmp_path: Path) -> None:
    assert xlroi_("build", str(VANS), "-o", "vans.xlsx")[0] == 0
    as_case, as_book = (json.loads(xlroi_("run", str(path), "--json")[1]) for path in (VANS, "vans.xlsx"))
    assert as_case == as_book
    assert xlroi_("explain", "vans.xlsx", "npv_cost")[0] == 0
    assert xlroi_("diff", str(VANS), "vans.xlsx")[0] == 0
    code, _, err = xlroi_("build", "vans.xlsx", "--force")
    assert code == 2
    assert "name another one" in err
