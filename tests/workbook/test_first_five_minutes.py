"""docs/first-five-minutes.md, played in LibreOffice step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import xlroi
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.model.starter import starter_case
from xlroi.model.template import load_model
from xlroi.proof.cells import Key, read_book
from xlroi.proof.libreoffice import LibreOfficeBook
from xlroi.values import CellValue
from xlroi.workbook.layout import Layout
from xlroi.workbook.read import read_back

ROOT = Path(__file__).parent.parent.parent


class Desk:
    """A book open in a spreadsheet: type by the name of an input, look at what a line shows."""

    def __init__(self, path: Path, book: LibreOfficeBook) -> None:
        self.path, self.book = path, book
        cells = read_book(path)
        self.layout: Layout = read_back(path, {k: c.value for k, c in cells.cells.items()}).layout
        self.inputs = self.layout.input_cells()
        self.shown: dict[tuple[str, int], Key] = {}
        for filled in self.layout.formulas():
            self.shown.setdefault((filled.id, filled.member), (filled.sheet, filled.ref))

    def type(self, **values: CellValue) -> None:
        self.book.set({self.inputs[name.replace("__", ".")]: value for name, value in values.items()})
        self.book.recalculate()

    def type_cells(self, values: dict[str, CellValue]) -> None:
        self.book.set({self.inputs[name]: value for name, value in values.items()})
        self.book.recalculate()

    def see(self, line: str, member: int = 0) -> CellValue:
        key = self.shown[line, member]
        return self.book.values([key])[key]


def _opened(case: xlroi.api.Case, path: Path) -> Iterator[Desk]:
    xlroi.build(case, path)
    with LibreOfficeBook(path) as book:
        book.recalculate()
        yield Desk(path, book)


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Desk]:
    case = case_from(parse_yaml(starter_case(load_model("training")), "training.yaml"))
    yield from _opened(case, tmp_path / "training.xlsx")


@pytest.fixture
def vans(tmp_path: Path) -> Iterator[Desk]:
    yield from _opened(xlroi.load_case(ROOT / "examples" / "delivery_vans.yaml"), tmp_path / "vans.xlsx")


def test_protected_view_shows_the_answer_before_anything_is_recalculated(training: Desk) -> None:
    cells = read_book(training.path).cells
    assert str(cells["Cover", "B4"].value).startswith("A training run costs ")
    assert cells["Cover", "B5"].value == "As built"
    assert str(cells["Cover", "B6"].value).startswith("No errors; ")


def test_the_scenario_switch_changes_answer_and_headers(training: Desk) -> None:
    before = training.see("answer")
    training.type(book__scenario="Pessimistic")
    assert training.see("answer") != before
    assert training.see("book.says_state") == "Scenario: Pessimistic; 1 input changed since build"
    training.type(book__scenario="Base")
    assert training.see("answer") == before
    assert training.see("book.says_state") == "As built"


def test_an_own_price_marks_the_book_as_changed_and_keeps_the_checks_green(training: Desk) -> None:
    assert training.see("book.stale") == "current"
    training.type(gpu_hour_price__base=1.20)
    assert training.see("book.says_changed") == "1 input changed since build"
    assert training.see("changed.gpu_hour_price") == 1.0
    assert training.see("book.stale") == "STALE: inputs changed since build"
    assert str(training.see("book.master")).startswith("No errors; ")


def test_a_spare_row_becomes_a_member_that_can_win_and_leaves_again(vans: Desk) -> None:
    best = vans.see("best")
    row = {"name": "Cargo bike", "price.values": 9_000.0, "fuel": "Power", "consumption.values": 0.02,
           "upkeep.values": 300.0, "resale.values": 0.1, "wait.values": 1.0, "method": "straight"}  # fmt: skip
    vans.type_cells({f"vans.{column}[2]": value for column, value in row.items()})
    assert vans.see("best") == "Cargo bike"
    assert isinstance(vans.see("npv_cost", 2), float)
    assert vans.see("book.master") == "No errors; 1 alert"  # of values whose source is not stated
    vans.type_cells({"vans.name[2]": None})
    assert vans.see("best") == best
    assert vans.see("npv_cost", 2) in ("", None)


def test_the_file_is_sent_on_and_read_back(training: Desk, tmp_path: Path) -> None:
    training.type(gpu_hour_price__base=1.20)
    training.book.save_as(tmp_path / "sent.xlsx")
    found = xlroi.api.read_case(tmp_path / "sent.xlsx")
    assert [(c.path, c.was, c.now) for c in found.changes if c.path == "gpu_hour_price"] == [
        ("gpu_hour_price", "0.8048", "1.2")
    ]
    assert found.case.inputs["gpu_hour_price"].base == 1.2
