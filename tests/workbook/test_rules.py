"""What an audit-ready workbook looks like, walked over every example."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

import xlroi
from xlroi.proof.cells import BookCells, formula_cells, read_book
from xlroi.values import ExcelError
from xlroi.workbook.book import Book, book_of
from xlroi.workbook.layout import LONGEST, Layout
from xlroi.workbook.plan import Leaf, Line, Link, Text
from xlroi.workbook.sheets.review import constants_in_formulas, relative, unique_formulas
from xlroi.workbook.write import layout_of

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
DAY = date(2026, 11, 20)
READING_ORDER = [
    "Cover", "Guide", "Inputs", "Tables", "Timeline", "Calculations", "Annual", "P&L", "Results", "Scenarios",
    "Sensitivity", "Checks", "Review", "Lines", "Sources", "Change log", "Model text",
]  # fmt: skip


@pytest.fixture(scope="module", params=sorted(p.stem for p in EXAMPLES.glob("*.yaml")))
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Book, Layout, Path, BookCells]:
    case = xlroi.load_case(EXAMPLES / f"{request.param}.yaml")
    path = tmp_path_factory.mktemp("rules") / "book.xlsx"
    xlroi.build(case, path, day=DAY)
    book = book_of(case)
    return book, layout_of(book, DAY), path, read_book(path)


Made = tuple[Book, Layout, Path, BookCells]


def test_sheets_stand_in_reading_order_and_none_is_hidden(made: Made) -> None:
    book, _, path, cells = made
    order = list(READING_ORDER)
    order[order.index("Tables") + 1 : 0] = [table.label for table in book.model.tables.values() if table.ledger]
    order[order.index("Calculations") + 1 : 0] = [matrix.title for matrix in book.model.matrices]
    places = [order.index(name) for name in cells.sheets]
    assert places == sorted(places)
    with zipfile.ZipFile(path) as archive:
        assert b"idden" not in archive.read("xl/workbook.xml")


def test_a_row_along_the_timeline_has_one_formula(made: Made) -> None:
    _, layout, _, _ = made
    rows: dict[tuple[str, int], set[str]] = {}
    for cell in layout.formulas():
        if cell.step is not None and cell.step >= 0:
            rows.setdefault((cell.sheet, cell.row), set()).add(relative(cell.formula, cell.row, cell.column))
    assert rows
    assert {key: texts for key, texts in rows.items() if len(texts) > 1} == {}


def test_all_rows_of_a_table_have_one_formula(made: Made) -> None:
    """But for the names of pairs, which stand for fixed rows of another table."""
    book, layout, _, _ = made
    rows: dict[tuple[str, str], set[str]] = {}
    for cell in layout.formulas():
        line = book.system.lines.get(cell.id)
        if line is None or line.type.table is None or cell.step not in (None, 1) or "SLOT" in repr(line.node):
            continue
        home = layout.homes[cell.id]
        if home.sheet == cell.sheet and (home.row == cell.row - cell.member or home.across):
            rows.setdefault((cell.sheet, cell.id), set()).add(relative(cell.formula, cell.row, cell.column))
    assert {key: texts for key, texts in rows.items() if len(texts) > 1} == {}


def test_formulas_are_short_few_and_hold_no_unnamed_constant(made: Made) -> None:
    book, layout, _, _ = made
    assert max(len(cell.formula) for cell in layout.formulas()) <= LONGEST
    assert constants_in_formulas(book) == []
    assert sum(unique_formulas(layout).values()) <= len(book.system.lines) + 60


def test_every_formula_cell_carries_a_value_and_no_undeclared_error(made: Made) -> None:
    book, layout, _, cells = made
    at = {(f.sheet, f.ref): f.id for f in layout.formulas()}
    wrong = []
    for key, cell in formula_cells(cells).items():
        assert cell.value is not None
        if isinstance(cell.value, ExcelError):
            # What Scenarios shows of an output may be what the output may be.
            id = at[key].split(".")[1] if at[key].startswith("scenarios.") else at[key]
            text = book.model.texts.get(id)
            if text is None or str(cell.value) not in text.may_be:
                wrong.append((key, at[key], cell.value))
    assert wrong == []


def test_the_guide_names_every_error_that_a_cell_shows(made: Made) -> None:
    book, layout, _, cells = made
    at = {(f.sheet, f.ref): f.id for f in layout.formulas()}
    shown = {(at[k], str(c.value)) for k, c in formula_cells(cells).items() if isinstance(c.value, ExcelError)}
    said = next(c.value for (s, ref), c in cells.cells.items() if s == "Guide" and str(c.value).startswith("#N/A:"))
    for id, error in shown:
        text = book.model.texts[id.split(".")[1] if id.startswith("scenarios.") else id]
        assert text.label in str(said), id
        assert f"{error}:" in str(said), id


def test_no_label_stands_twice_on_annual(made: Made) -> None:
    _, layout, _, _ = made
    sheet = next(s for s in layout.sheets if s.name == "Annual")
    heads = [c.row for c in sheet.placed if c.style == "heading"]
    below = [(max(h for h in heads if h < c.row), c.content) for c in sheet.placed if c.style == "label" and c.row > 7]
    assert len(below) == len(set(below))


def test_alerts_are_counted_in_the_master_and_never_called_ok(made: Made) -> None:
    book, layout, _, _ = made
    values, said = layout.as_built, str(layout.as_built.cell("book.master"))
    alerts = values.cell("book.alerts")
    assert values.cell("book.errors") == 0
    assert isinstance(alerts, float)
    plural = "alert" if alerts == 1 else "alerts"
    assert said == (f"No errors; {alerts:.0f} {plural}" if alerts else "All checks OK")
    unstated, defaults = (values.cell(f"holds.{check}") for check in ("sources_stated", "defaults_replaced"))
    assert (unstated == 1, defaults == 1) == (book.leaves["book.unstated"] == 0, book.leaves["book.defaults"] == 0)


def test_charts_draw_no_curve_and_no_mark_where_there_is_none(made: Made) -> None:
    book, layout, path, _ = made
    with zipfile.ZipFile(path) as archive:
        charts = [archive.read(n).decode() for n in archive.namelist() if n.startswith("xl/charts/chart")]
    for chart in charts:
        assert "<numFmt formatCode" not in chart.replace(' sourceLinked="0"', "") or 'sourceLinked="0"' in chart
        if "scatterChart" in chart:
            assert chart.count('<smooth val="0"') == chart.count("<ser>")
        named = "bubbleChart" in chart  # each bubble says its name itself
        assert ("<legend>" in chart) == (chart.count("<ser>") > 1 and not named)
    for marker in {c.marker for c in book.model.charts if c.marker}:
        at, height = (layout.as_built.cell(id) for id in (marker, f"{marker}_height"))
        assert height == 0 if isinstance(at, float) else str(height) == "#N/A"


def test_no_function_that_reviewers_or_locales_stumble_over(made: Made) -> None:
    _, layout, _, _ = made
    words = {word for cell in layout.formulas() for word in re.findall(r"([A-Z][A-Z0-9.]+)\(", cell.formula)}
    assert words.isdisjoint({"TEXT", "INDIRECT", "OFFSET", "NOW", "TODAY", "RAND", "VLOOKUP", "LOOKUP"})


def test_header_of_every_sheet_with_numbers_shows_the_master_check_and_the_state(made: Made) -> None:
    _, layout, _, _ = made
    for sheet in layout.sheets:
        if sheet.role not in ("time", "annual", "input"):
            continue
        shown = {cell.content.id for cell in sheet.placed if isinstance(cell.content, Link) and cell.row <= 5}
        assert "book.master" in shown, sheet.name
        assert shown & {"book.says_state", "book.says_changed"}, sheet.name


def test_every_input_cell_has_a_stamp_and_a_changed_flag(made: Made) -> None:
    book, layout, _, _ = made
    leaves = {cell.content.id for s in layout.sheets for cell in s.placed if isinstance(cell.content, Leaf)}
    stamps = ("built.", "annual.", "least.", "most.", "dated.", "book.built_on", "book.price_age")
    stamps += ("book.unstated", "book.defaults")
    stamps += ("number.", "shift.", "scenarios.", "tornado.", "top.", "across.", "down.", "two.", "goal")
    stamps += ("book.item", "book.side", "book.shown", "book.output", "book.tie", "book.beyond")  # of What-If tables
    own = {leaf for leaf in leaves if not leaf.startswith(stamps) and leaf not in book.model.constants}
    assert {f"built.{leaf}" for leaf in own} <= leaves
    lines = {cell.content.id for s in layout.sheets for cell in s.placed if isinstance(cell.content, Line)}
    assert {line for line in book.system.lines if line.startswith("changed.")} <= lines


def test_a_stamp_never_feeds_the_master_check(made: Made) -> None:
    book, _, _, _ = made
    behind = book.system.needed(["book.master"])
    read = {name for line in behind for name in book.system.lines[line].reads}
    assert not [name for name in read if name.startswith("built.")]


def test_each_line_has_one_home_and_stands_in_the_dictionary(made: Made) -> None:
    book, layout, _, cells = made
    assert set(book.system.lines) <= set(layout.homes)
    listed = {
        cell.value for (sheet, ref), cell in cells.cells.items() if sheet == "Lines" and re.fullmatch("A[0-9]+", ref)
    }
    assert set(book.model.system.lines) - {"book.master"} <= listed


def test_print_set_up_and_names(made: Made) -> None:
    book, layout, path, _ = made
    with zipfile.ZipFile(path) as archive:
        for index, _ in enumerate(layout.sheets, 1):
            part = archive.read(f"xl/worksheets/sheet{index}.xml").decode()
            assert 'orientation="landscape"' in part
            assert "&amp;F" in part
        names = archive.read("xl/workbook.xml").decode()
    for id in (*book.model.inputs, *(o.id for o in book.model.outputs if o.table is None)):
        assert f'name="{id}"' in names


def test_labels_never_become_formulas(made: Made) -> None:
    _, layout, _, cells = made
    for sheet in layout.sheets:
        for placed in sheet.placed:
            if isinstance(placed.content, Text) and str(placed.content.value)[:1] in "=+-@" and placed.content.value:
                assert isinstance(placed.content.value, float) or not cells.cells[sheet.name, _ref(placed)].formula


def _ref(placed: object) -> str:
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(placed.column)}{placed.row}"  # type: ignore[attr-defined]
