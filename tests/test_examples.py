"""The worked examples, from the case to the proven book. Expected figures: the published worked cases."""

from __future__ import annotations

import json
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest
import pyxirr

import xlroi
from xlroi.proof.cells import formula_cells, read_book
from xlroi.workbook.book import book_of
from xlroi.workbook.write import layout_of

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
DAY = date(2026, 11, 20)

FIGURES = {
    "ecommerce_recommendations": (510_000, 1_080_000, 570_000),
    "predictive_maintenance": (1_020_000, 2_160_000, 1_140_000),
}
BOOKS = sorted(p.stem for p in EXAMPLES.glob("*.yaml"))


@pytest.fixture(scope="session", params=BOOKS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[xlroi.api.Case, Path]:
    case = xlroi.load_case(EXAMPLES / f"{request.param}.yaml")
    path = tmp_path_factory.mktemp("book") / f"{request.param}.xlsx"
    xlroi.build(case, path, day=DAY)
    return case, path


@pytest.mark.parametrize(("name", "figures"), FIGURES.items())
def test_the_examples_give_the_published_figures(name: str, figures: tuple[int, int, int]) -> None:
    outputs = xlroi.run(xlroi.load_case(EXAMPLES / f"{name}.yaml")).outputs
    assert (outputs["total_cost"], outputs["total_benefit"], outputs["net_profit"]) == figures
    assert outputs["roi"] == pytest.approx(1.117647, abs=5e-7)


def test_npv_of_the_second_example_is_discounted_at_the_effective_monthly_rate() -> None:
    # 947,458 of five published conventions is the effective monthly one; by hand: 40,000 × annuity − 300,000
    rate = 1.1 ** (1 / 12) - 1
    by_hand = 40_000 * (1 - (1 + rate) ** -36) / rate - 300_000
    npv = xlroi.run(xlroi.load_case(EXAMPLES / "predictive_maintenance.yaml")).outputs["npv"]
    assert npv == pytest.approx(by_hand, rel=1e-12)
    assert round(by_hand) == 947_458


def test_rates_of_return_agree_with_pyxirr() -> None:
    result = xlroi.run(xlroi.load_case(EXAMPLES / "predictive_maintenance.yaml"))
    flows = [-300_000.0] + [40_000.0] * 36
    assert result.outputs["irr"] == pytest.approx((1 + pyxirr.irr(flows)) ** 12 - 1, rel=1e-9)
    # Month ends from 2026-12-31 on, as a calendar gives them.
    dates = [date(2026, 12, 31)]
    for month in range(1, 37):
        year, index = divmod(11 + month, 12)
        following = date(2026 + year + (index == 11), (index + 1) % 12 + 1, 1)
        dates.append(date.fromordinal(following.toordinal() - 1))
    assert result.outputs["xirr"] == pytest.approx(pyxirr.xirr(dates, flows), rel=1e-8)


def test_payback_is_7_and_a_half_months_and_reached_at_the_end_of_month_8() -> None:
    outputs = xlroi.run(xlroi.load_case(EXAMPLES / "predictive_maintenance.yaml")).outputs
    assert (outputs["payback_month"], outputs["payback_months"]) == (8, 7.5)  # 300,000 / 40,000 = 7.5


def test_every_formula_cell_carries_the_engines_value(built: tuple[xlroi.api.Case, Path]) -> None:
    case, path = built
    book = book_of(case, DAY)
    layout = layout_of(book, DAY)
    should = layout.values(book.values())
    cells = read_book(path)
    found = {key: cell.value for key, cell in formula_cells(cells).items()}
    assert found.keys() == should.keys()
    for key, value in should.items():
        if isinstance(value, str):
            assert found[key] == value or (value == "" and found[key] in ("", None)), key
        else:
            assert found[key] == pytest.approx(value, rel=1e-15), key
    assert not [key for key, value in found.items() if isinstance(value, bool)]


def test_formulas_are_short_and_one_to_a_row(built: tuple[xlroi.api.Case, Path]) -> None:
    from openpyxl.formula.translate import Translator
    from openpyxl.utils import get_column_letter

    case, _ = built
    rows: dict[tuple[str, int], set[str]] = {}
    for cell in layout_of(book_of(case), DAY).formulas():
        assert len(cell.formula) <= 120
        if cell.step is not None and cell.step >= 0:
            at_first = Translator(f"={cell.formula}", origin=cell.ref).translate_formula(f"I{cell.row}")
            rows.setdefault((cell.sheet, cell.row), set()).add(at_first)
    assert get_column_letter(9) == "I"
    assert {key: texts for key, texts in rows.items() if len(texts) != 1} == {}


def test_the_validator_of_the_open_xml_sdk_finds_nothing(built: tuple[xlroi.api.Case, Path]) -> None:
    validator = ROOT / "tests" / "tools" / "node_modules" / ".bin" / "ooxml-validator"
    assert validator.exists(), "the validator is missing: run 'make test', which installs it"
    done = subprocess.run([str(validator), str(built[1])], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["errors"] == []


def test_charts_show_their_axes_in_excel(built: tuple[xlroi.api.Case, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        charts = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/charts/chart")]
    assert len(charts) >= 5  # those of Cover and Results, and the tornado
    for chart in charts:
        assert chart.count('delete val="0"') == 2


def test_two_builds_of_a_day_are_the_same_bytes(built: tuple[xlroi.api.Case, Path], tmp_path: Path) -> None:
    case, path = built
    xlroi.build(case, tmp_path / "again.xlsx", day=DAY)
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_both_engines_prove_the_book(built: tuple[xlroi.api.Case, Path]) -> None:
    # One book of each size is enough for the slower engine; all of them go through the faster one.
    twice = built[1].stem in ("gpu_server_8", "lenovo_breakeven", "ai_operations_opex", "cloud_showback")
    engines = ["ironcalc"] if twice else ["ironcalc", "libreoffice"]
    found = xlroi.verify(built[1], engines, count=25)
    assert found.proof.mismatches == []
    assert [(e.engine, e.states >= 25) for e in found.proof.engines] == [(name, True) for name in engines]
    assert twice or found.proof.engines[1].table_states >= 2
    assert all(e.cells == found.proof.cells > 5000 for e in found.proof.engines)


def test_an_existing_workbook_is_never_overwritten_without_force(tmp_path: Path) -> None:
    case = xlroi.load_case(EXAMPLES / "ecommerce_recommendations.yaml")
    target = tmp_path / "mine.xlsx"
    target.write_text("precious")
    with pytest.raises(xlroi.InputError, match="exists already"):
        xlroi.build(case, target)
    assert target.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["mine.xlsx"]


def test_a_label_that_begins_with_an_equals_sign_stays_text(tmp_path: Path) -> None:
    text = (EXAMPLES / "ecommerce_recommendations.yaml").read_text()
    (tmp_path / "case.yaml").write_text(
        text.replace("title: Product recommendations for the online shop", "title: '=1+1'")
    )
    xlroi.build(xlroi.load_case(tmp_path / "case.yaml"), tmp_path / "case.xlsx")
    cell = read_book(tmp_path / "case.xlsx").cells["Cover", "B1"]
    assert (cell.value, cell.formula) == ("=1+1", None)


def test_links_stay_inside_the_book(built: tuple[xlroi.api.Case, Path]) -> None:
    with zipfile.ZipFile(built[1]) as archive:
        cover = archive.read("xl/worksheets/sheet1.xml").decode()
        relations = "".join(archive.read(n).decode() for n in archive.namelist() if n.endswith(".rels"))
    assert cover.count("<hyperlink ") == len(read_book(built[1]).sheets) - 1  # one for each sheet but the cover
    assert 'TargetMode="External"' not in relations
    assert read_book(built[1]).external_links == ()


def test_results_come_as_pandas_frames() -> None:
    result = xlroi.run(xlroi.load_case(EXAMPLES / "predictive_maintenance.yaml"))
    assert result.frame().loc["net_profit", "value"] == 1_140_000
    months = result.timeline()
    assert list(months.index) == list(range(37))
    assert months["net_cash"].sum() == 1_140_000


def test_a_part_of_a_month_is_shown() -> None:
    # 7.5 months must not be shown as 8: a whole-number format would round it on the screen.
    from xlroi.workbook.formats import number_format

    case = xlroi.load_case(EXAMPLES / "predictive_maintenance.yaml")
    assert number_format(case.model.texts["payback_months"].unit_text).startswith("#,##0.0")


def test_names_lead_to_inputs_and_outputs(built: tuple[xlroi.api.Case, Path]) -> None:
    case, path = built
    cells = read_book(path)
    output = next(h for h in case.model.headlines if case.model.system.lines[h].type.kind == "number")
    sheet, ref = cells.defined_names[output].replace("'", "").replace("$", "").split("!")
    assert cells.cells[sheet, ref].value == pytest.approx(xlroi.run(case).outputs[output])
    assert set(case.inputs) < set(cells.defined_names)
