"""A memo and the workbook of the same case: every figure is the one that the cell shows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from xlroi.analysis.swing import swings
from xlroi.api import build, load_case
from xlroi.model.case import Case
from xlroi.proof.cells import BookCells, address, position, read_book
from xlroi.report.content import Memo, Number, Table
from xlroi.report.figures import figure
from xlroi.report.memo import memo_of
from xlroi.report.texts import markdown
from xlroi.report.words import headline
from xlroi.values import CellValue, ExcelError

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 11, 21)


@pytest.fixture(scope="module", params=["ecommerce_recommendations", "resnet50_inspection", "gpu_server_8"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, BookCells, Memo]:
    case = load_case(EXAMPLES / f"{request.param}.yaml")
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    build(case, path, day=DAY)
    return case, read_book(path), memo_of(case, DAY)


def _texts(book: BookCells, sheet: str, column: str) -> dict[str, int]:
    """The first row in which each text stands in a column of a sheet."""
    found: dict[str, int] = {}
    for (name, ref), cell in book.cells.items():
        if name == sheet and ref.rstrip("0123456789") == column and isinstance(cell.value, str):
            found.setdefault(cell.value, position(ref)[0])
    return found


def _same(ours: CellValue, cell: CellValue) -> bool:
    if isinstance(ours, float) and isinstance(cell, (int, float)):
        return ours == pytest.approx(cell, rel=1e-9, abs=1e-9)
    return type(ours) is type(cell) and ours == cell


def _numbers(memo: Memo) -> dict[str, Number]:
    return {number.of: number for number in memo.numbers()}


def test_every_single_output_is_the_cell_on_results(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    rows, numbers = _texts(book, "Results", "B"), _numbers(memo)
    single = [o for o in case.model.outputs if o.table is None]
    assert len(single) >= 10
    for output in single:
        assert _same(numbers[output.id].value, book.cells["Results", f"C{rows[output.label]}"].value), output.id


def test_every_headline_is_the_cell_on_the_cover(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    rows = _texts(book, "Cover", "B")
    shown = {
        row[0]: row[1]
        for section in memo.sections[:2]
        for table in section.blocks
        if isinstance(table, Table) and table.heads == ("Figure", "Value", "Unit")
        for row in table.rows
    }
    assert list(shown) == [case.model.texts[id].label for id in case.model.headlines]
    for label, number in shown.items():
        assert isinstance(number, Number)
        shown_there = book.cells["Cover", f"C{rows[str(label)]}"].value
        if number.unit == "month":  # the Cover says it in words
            words = f"month {number.value:.0f}" if isinstance(number.value, float) else "not within "
            assert str(shown_there).startswith(words), label
        else:
            assert _same(number.value, shown_there), label


def _members(book: BookCells, head: int, label: str) -> dict[str, CellValue]:
    """The cells of an output on Results by the names of its rows: names run down, or across where that is narrower."""

    def value(row: int, column: int) -> CellValue:
        cell = book.cells.get(("Results", address(row, column)))
        return None if cell is None else cell.value

    heads = {value(head, c): c for c in range(3, 60) if value(head, c)}
    if value(head, 3) != "Unit":
        rows = range(head + 2, next(r for r in range(head + 2, 500) if value(r, 2) is None))
        return {str(value(r, 2)): value(r, heads[label]) for r in rows if value(r, 2)}
    row = next(r for r in range(head, head + 60) if value(r, 2) == label)
    return {str(name): value(row, c) for name, c in heads.items() if name != "Unit"}


def test_every_member_is_the_cell_on_results(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    numbers, rows = _numbers(memo), _texts(book, "Results", "B")
    seen = 0
    for output in case.model.outputs:
        if output.table is None:
            continue
        head = rows[case.model.tables[output.table].label]
        for name, cell in _members(book, head, output.label).items():
            assert _same(numbers[f"{output.id}[{name}]"].value, cell), (output.id, name)
            seen += 1
    members = [of for of in numbers if "[" in of]
    assert seen == len(members)
    assert seen > 50 or not any(o.table for o in case.model.outputs)


def test_every_scenario_is_the_cell_on_scenarios(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    rows, numbers = _texts(book, "Scenarios", "B"), _numbers(memo)
    for id in case.model.headlines:
        row = rows.get(case.model.texts[id].label)
        assert row or id not in [o.id for o in case.model.outputs]
        for scenario, column in (("base", "F"), ("optimistic", "G"), ("pessimistic", "H")):
            if row:
                cell = book.cells["Scenarios", f"{column}{row}"].value
                assert _same(numbers[f"{id}@{scenario}"].value, cell), (id, scenario)


def test_every_swing_is_the_cell_on_sensitivity(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    rows, numbers, id = _texts(book, "Sensitivity", "B"), _numbers(memo), headline(case.model)
    assert id is not None
    shown = [(of.partition("@")[2].partition(":")[0]) for of in numbers if of.endswith(":pessimistic")]
    assert shown == [s.id for s in swings(case, id)][: len(shown)]
    assert len(shown) >= 4
    for moved in shown:
        row = rows[case.model.inputs[moved].label]
        for end, column in (("pessimistic", "C"), ("optimistic", "D")):
            assert _same(numbers[f"{id}@{moved}:{end}"].value, book.cells["Sensitivity", f"{column}{row}"].value)


def test_every_assumption_is_the_cell_on_inputs(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    numbers = _numbers(memo)
    for id in case.model.inputs:
        sheet, ref = book.defined_names[id].replace("'", "").replace("$", "").split("!")
        assert _same(numbers[f"input {id}"].value, book.cells[sheet, ref].value), id


def test_the_parts_of_cost_and_benefit_are_the_totals_on_calculations(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, _ = both
    numbers = _numbers(memo_of(case, DAY, "tei"))
    found = {of.removeprefix("sum of "): n for of, n in numbers.items() if of.startswith("sum of ")}
    assert found
    for id, number in found.items():
        label = case.model.texts[id].label
        rows = [ref[1:] for (s, ref), c in book.cells.items() if s == "Calculations" and c.value == label]
        totals = [book.cells[key].value for row in rows if (key := ("Calculations", f"F{row}")) in book.cells]
        assert any(_same(number.value, total) for total in totals), id


def test_markdown_shows_what_the_cells_hold(both: tuple[Case, BookCells, Memo]) -> None:
    case, book, memo = both
    lines = [line for line in markdown(memo).decode().splitlines() if line.startswith("| ")]
    rows = _texts(book, "Results", "B")
    for output in case.model.outputs:
        if output.table is not None:
            continue
        cell = book.cells["Results", f"C{rows[output.label]}"].value
        value = ExcelError(cell) if isinstance(cell, str) and cell.startswith("#") else cell
        assert any(line.startswith(f"| {output.label} | {figure(value, output.unit_text)} |") for line in lines), (
            output.id
        )


def test_the_answer_is_the_cover_s_sentence(both: tuple[Case, BookCells, Memo]) -> None:
    _, book, memo = both
    texts = [getattr(block, "text", "") for block in memo.sections[0].blocks]
    assert book.cells["Cover", "B4"].value in texts
