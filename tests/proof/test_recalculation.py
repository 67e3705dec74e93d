"""Both engines, through one fixture: what is set comes in, what is computed comes out, and nothing else does."""

from __future__ import annotations

import sys
import threading
import zipfile
from collections.abc import Callable
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from xlroi.errors import BookError, EngineUnavailable
from xlroi.proof.cells import Cell, formula_cells, read_book
from xlroi.proof.libreoffice import LibreOfficeBook
from xlroi.proof.recalculation import ENGINES, Recalculation, copy_without_answers, open_book
from xlroi.values import DIV0, ERRORS, NA, NAME, NUM, REF, VALUE, CellValue, ExcelError

FORMULAS = {
    "B1": "=A1*2",
    "B2": "=A1/0",
    "B3": '=A2&"!"',
    "B4": "=A1>1",
    "B5": "=NA()",
    "B6": '=IF(A1>2,"high","low")',
    "B7": '=""',
    "B8": "='O''Brien & Co'!A1+1",
    "B9": "=A4+30",
    "B10": "=SUM(B1,A1)",
    "B11": '="#N/A"',
    "B12": '="x"*1',
    "B13": "=no_such_name",
    "B14": "=SQRT(-1)",
    "B15": "=A99",
    "B16": "=ISTEXT(A2)*1",
}
BASE: dict[str, CellValue] = {
    "B1": 4.0,
    "B2": DIV0,
    "B3": "text!",
    "B4": True,
    "B5": NA,
    "B6": "low",
    "B7": "",
    "B8": 8.0,
    "B9": 46053.0,
    "B10": 6.0,
    "B11": "#N/A",
    "B12": VALUE,
    "B13": NAME,
    "B14": NUM,
    "B15": 0.0,
    "B16": 1.0,
}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn. One that is missing fails the tests: a proof that is skipped proves nothing."""
    return str(request.param)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Inputs in column A of ``Data``, formulas of every kind in column B."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"], sheet["A2"], sheet["A3"], sheet["A4"] = 2, "text", True, date(2026, 1, 1)
    for cell, formula in FORMULAS.items():
        sheet[cell] = formula
    workbook.create_sheet("O'Brien & Co")["A1"] = 7
    workbook.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def rewrite(path: Path, edit: Callable[[str], str]) -> None:
    """Edits the XML of the first sheet."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = edit(parts["xl/worksheets/sheet1.xml"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def held(opened: Recalculation, sheet: str = "Data") -> dict[str, CellValue]:
    opened.recalculate()
    return {cell: value for (name, cell), value in opened.values().items() if name == sheet}


def kinds(values: dict[str, CellValue]) -> dict[str, str]:
    return {cell: "error" if isinstance(value, ExcelError) else type(value).__name__ for cell, value in values.items()}


def test_every_formula_is_computed_and_typed(book: Path, engine: str) -> None:
    expected: dict[str, CellValue] = dict(BASE)
    if engine == "libreoffice":
        expected["B4"] = 1.0  # its truth values are numbers
    with open_book(book, engine) as opened:
        assert opened.engine == engine
        assert opened.version
        found = {cell: value for cell, value in held(opened).items() if cell.startswith("B")}
    assert found == expected
    assert kinds(found) == kinds(expected)


def test_constants_are_read_too_and_empty_cells_are_none(book: Path, engine: str) -> None:
    with open_book(book, engine) as opened:
        assert held(opened, "O'Brien & Co") == {"A1": 7.0}
        asked = [("Data", "Z99"), ("Data", "A2"), ("O'Brien & Co", "A1")]
        assert opened.values(asked) == {asked[0]: None, asked[1]: "text", asked[2]: 7.0}
        assert list(opened.values(asked)) == asked
        assert opened.values([]) == {}


def test_values_follow_the_states_that_are_set(book: Path, engine: str) -> None:
    with open_book(book, engine) as opened:
        for number in (3, 2.5, -1, 2):
            opened.set({("Data", "A1"): number, ("O'Brien & Co", "A1"): number * 10, ("Data", "A2"): f"n{number}"})
            found = held(opened)
            assert found["B1"] == number * 2
            assert found["B3"] == f"n{number}!"
            assert found["B6"] == ("high" if number > 2 else "low")
            assert found["B8"] == number * 10 + 1


def test_nothing_is_recalculated_before_it_is_asked_for(book: Path, engine: str) -> None:
    with open_book(book, engine) as opened:
        opened.recalculate()
        opened.set({("Data", "A1"): 50.0})
        assert opened.values([("Data", "B10")]) == {("Data", "B10"): 6.0}


@pytest.mark.parametrize(
    "text", ["=A1", "1.5", "TRUE", "'quoted", "#N/A", " lead", "+1", "=", "1/2/2026", "50%", "é😀"]
)
def test_a_text_is_never_interpreted(book: Path, engine: str, text: str) -> None:
    with open_book(book, engine) as opened:
        opened.set({("Data", "A2"): text})
        found = held(opened)
    assert (found["A2"], found["B3"], found["B16"]) == (text, f"{text}!", 1.0)
    assert not isinstance(found["A2"], ExcelError)


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_and_the_empty_text_empty_a_cell(book: Path, engine: str, nothing: str | None) -> None:
    with open_book(book, engine) as opened:
        opened.set({("Data", "A1"): nothing, ("Data", "A2"): nothing})
        found = held(opened)
    assert "A1" not in found
    assert (found["B1"], found["B3"], found["B16"]) == (0.0, "!", 0.0)


def test_truth_values_and_errors_can_be_set(book: Path, engine: str) -> None:
    with open_book(book, engine) as opened:
        opened.set({("Data", "A1"): True})
        assert held(opened)["B1"] == 2.0
        for error in ERRORS.values():
            opened.set({("Data", "A1"): error})
            found = held(opened)
            assert (found["A1"], found["B1"]) == (error, error)
            assert isinstance(found["B1"], ExcelError)
        opened.set({("Data", "A1"): 3.0})
        assert held(opened)["B1"] == 6.0


@pytest.mark.parametrize("number", [1e300, 1e-300, -0.1, 2**53, 123456789.123456789])
def test_numbers_come_back_bit_for_bit(book: Path, engine: str, number: float) -> None:
    with open_book(book, engine) as opened:
        opened.set({("Data", "A1"): number})
        assert held(opened)["A1"] == number


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("A1*100", 200.0),
        ("SUM(A1,'O''Brien & Co'!A1)", 9.0),
        ('IF(A2="text","it, is","no")', "it, is"),
        ("_xlfn.IFNA(NA(),5)", 5.0),
        ("_xlfn.PERCENTILE.INC($A$1:$A$1,0.5)", 2.0),
        ("IFERROR(#REF!*2,7)", 7.0),
        ("#REF!+A1", REF),
        ('"#REF!"&A1', "#REF!2"),
        ("IRR('O''Brien & Co'!A1:A3)", NUM),
    ],
)
def test_a_formula_can_be_planted_and_taken_back(book: Path, engine: str, formula: str, value: CellValue) -> None:
    with open_book(book, engine) as opened:
        opened.set_formula("Data", "B1", formula)
        assert held(opened)["B1"] == value
        opened.set_formula("Data", "B1", "A1*2")
        assert held(opened)["B1"] == 4.0


def test_planted_wrong_answers_are_never_believed(book: Path, engine: str) -> None:
    def plant(xml: str) -> str:
        planted = (
            xml.replace("<v></v>", "<v>31337</v>").replace("<v />", "<v>31337</v>").replace("<v/>", "<v>31337</v>")
        )
        assert planted.count("31337") == len(FORMULAS)
        return planted

    rewrite(book, plant)
    assert {cell.value for cell in formula_cells(read_book(book)).values()} == {31337.0}
    with open_book(book, engine) as opened:
        before = opened.values()
        after = held(opened)
    assert 31337.0 not in before.values()
    assert {cell: after[cell] for cell in BASE} == {**BASE, "B4": after["B4"]}


def test_the_copy_holds_no_stored_answer_and_the_book_is_untouched(book: Path, tmp_path: Path) -> None:
    rewrite(book, lambda xml: xml.replace("<v />", "<v>31337</v>").replace("<v></v>", "<v>31337</v>"))
    content = book.read_bytes()
    assert copy_without_answers(book, tmp_path / "copy.xlsx", what_if=True) == frozenset()
    copied = formula_cells(read_book(tmp_path / "copy.xlsx"))
    assert {key: cell.formula for key, cell in copied.items()} == {
        key: cell.formula for key, cell in formula_cells(read_book(book)).items()
    }
    assert {cell.value for cell in copied.values()} == {NA}
    for engine in ENGINES:
        with open_book(book, engine) as opened:
            opened.set({("Data", "A1"): 99})
            opened.recalculate()
    assert book.read_bytes() == content


def test_shared_formulas_are_computed_as_they_are_read(book: Path, engine: str) -> None:
    shared = '<c r="D{0}"><f t="shared" si="0"{1}</f><v>1</v></c>'

    def plant(xml: str) -> str:
        for row in (1, 2, 3):
            text = ' ref="D1:D3">$A$1*10+B15+ROW(A1)' if row == 1 else ">"
            xml = xml.replace(f'<row r="{row}">', f'<row r="{row}"><!-- {row} -->')
            start, row_end, rest = xml.partition(f"<!-- {row} -->")[0], "</row>", xml.partition(f"<!-- {row} -->")[2]
            cells, _, after = rest.partition(row_end)
            xml = start + cells + shared.format(row, text) + row_end + after
        return xml

    rewrite(book, plant)
    read = read_book(book).cells
    assert [read["Data", f"D{row}"].formula for row in (1, 2, 3)] == [
        "$A$1*10+B15+ROW(A1)",
        "$A$1*10+B16+ROW(A2)",
        "$A$1*10+B17+ROW(A3)",
    ]
    with open_book(book, engine) as opened:
        found = held(opened)
    assert [found[f"D{row}"] for row in (1, 2, 3)] == [21.0, 23.0, 23.0]


def test_array_formulas_are_computed(book: Path, engine: str) -> None:
    workbook = openpyxl.load_workbook(book)
    workbook["Data"]["D1"] = ArrayFormula("D1:D2", "='O''Brien & Co'!A1:A2*2")
    workbook["Data"]["D2"] = 31337
    workbook["O'Brien & Co"]["A2"] = 8
    workbook.save(book)
    with open_book(book, engine) as opened:
        found = held(opened)
    assert (found["D1"], found["D2"]) == (14.0, 16.0)


@pytest.fixture
def what_if(tmp_path: Path) -> Path:
    """Twice the input for 5, 6 and 7, with wrong stored answers."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"], sheet["B3"] = 1, "=A1*2"
    for row, number in enumerate((5, 6, 7), 4):
        sheet.cell(row, 1, number)
        sheet.cell(row, 2, 31337)
    sheet["B4"] = DataTableFormula(ref="B4:B6", dt2D=False, dtr=False, r1="A1")
    sheet["C1"] = "=SUM(B4:B6)"
    workbook.save(tmp_path / "whatif.xlsx")
    rewrite(tmp_path / "whatif.xlsx", lambda xml: xml.replace('r1="A1" /><v />', 'r1="A1" /><v>31337</v>'))
    return tmp_path / "whatif.xlsx"


def test_libreoffice_computes_what_if_tables(what_if: Path) -> None:
    with open_book(what_if, "libreoffice") as opened:
        found = held(opened)
        assert opened.not_recalculated == frozenset()
        assert [found[cell] for cell in ("B3", "B4", "B5", "B6", "C1")] == [2.0, 10.0, 12.0, 14.0, 36.0]
        opened.set_formula("Data", "B3", "A1*3")
        assert held(opened)["B6"] == 21.0


def test_ironcalc_keeps_what_if_tables_out_of_every_answer(what_if: Path) -> None:
    table = frozenset({("Data", "B4"), ("Data", "B5"), ("Data", "B6")})
    with open_book(what_if, "ironcalc") as opened:
        assert opened.not_recalculated == table
        assert table.isdisjoint(("Data", cell) for cell in held(opened))
        with pytest.raises(BookError, match=r"whatif\.xlsx: Data!B5 stands in a What-If table"):
            opened.values([("Data", "B5")])
        opened.set(dict.fromkeys(table, 1.0))
        opened.recalculate()
        assert opened.not_recalculated == frozenset()
        assert opened.values([("Data", "B5"), ("Data", "C1")]) == {("Data", "B5"): 1.0, ("Data", "C1"): 3.0}


@pytest.mark.parametrize(("formula", "shown"), [("B1+1", r"#CIRC!|Err:522"), ("1+", r"#ERROR!|Err:5\d\d")])
def test_an_error_unknown_to_excel_is_refused_with_its_cell(book: Path, engine: str, formula: str, shown: str) -> None:
    with open_book(book, engine) as opened:
        opened.set_formula("Data", "B1", formula)
        opened.recalculate()
        with pytest.raises(BookError, match=rf"book\.xlsx: {engine} cannot compute it: Data!B1 shows ({shown})"):
            opened.values()
        assert opened.values([("Data", "A1")]) == {("Data", "A1"): 2.0}


def test_sheets_cells_and_numbers_that_cannot_be_are_refused(book: Path, engine: str) -> None:
    with open_book(book, engine) as opened:
        for refused in ({("Nowhere", "A1"): 1.0}, {("Data", "A0"): 1.0}, {("Data", "A1"): float("nan")}):
            with pytest.raises(BookError):
                opened.set(refused)
        with pytest.raises(BookError, match="Nowhere"):
            opened.values([("Nowhere", "A1")])
        with pytest.raises(BookError, match="Nowhere"):
            opened.set_formula("Nowhere", "A1", "1")
        assert held(opened)["B1"] == 4.0


def test_two_books_are_open_at_once_and_closing_twice_does_no_harm(book: Path, engine: str) -> None:
    with open_book(book, engine) as first, open_book(book, engine) as second:
        first.set({("Data", "A1"): 10})
        assert (held(first)["B1"], held(second)["B1"]) == (20.0, 4.0)
        first.close()
        first.close()
        assert held(second)["B1"] == 4.0
    with pytest.raises(BookError, match="is closed"):
        first.recalculate()


def test_a_book_that_may_not_be_read_may_not_be_opened(tmp_path: Path, engine: str) -> None:
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(2000))
    with pytest.raises(BookError, match=r"locked\.xlsx: is password-protected"):
        open_book(tmp_path / "locked.xlsx", engine)


def test_a_book_saved_by_libreoffice_reads_and_recalculates_alike(book: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.xlsx"
    with LibreOfficeBook(book) as opened:
        opened.set({("Data", "A1"): 5})
        opened.recalculate()
        opened.save_as(saved)
    read = {cell: held_cell for (sheet, cell), held_cell in read_book(saved).cells.items() if sheet == "Data"}
    assert {cell for cell, held_cell in read.items() if held_cell.formula} == {*FORMULAS, "A3"}
    assert read["A3"] == Cell(True, "TRUE()")  # LibreOffice has no truth values, so it saves a formula
    assert (read["B1"].value, read["B2"].value, read["B6"].value, read["B4"].value) == (10.0, DIV0, "high", True)
    for engine in ENGINES:
        with open_book(saved, engine) as opened_again:
            assert held(opened_again)["B1"] == 10.0


def test_no_engine_fetches_what_a_formula_points_to(book: Path, engine: str) -> None:
    class Listener(BaseHTTPRequestHandler):
        asked: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            self.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"fetched")

        def log_message(self, *_: object) -> None:
            """Keeps the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        workbook = openpyxl.load_workbook(book)
        workbook["Data"]["D1"] = f'=_xlfn.WEBSERVICE("{address}/service")'
        workbook["Data"]["D2"] = f"='{address}/[other.xlsx]Sheet1'!A1"
        workbook.save(book)
        try:
            with open_book(book, engine) as opened:
                opened.recalculate()
                assert opened.values([("Data", "B1")]) == {("Data", "B1"): 4.0}
        finally:
            server.shutdown()
    assert Listener.asked == []


def test_an_unknown_engine_is_refused(book: Path) -> None:
    with pytest.raises(EngineUnavailable, match="choose one of: ironcalc, libreoffice"):
        open_book(book, "excel")


def test_a_missing_ironcalc_says_how_to_install_it(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ironcalc", None)
    with pytest.raises(EngineUnavailable, match="pip install ironcalc"):
        open_book(book, "ironcalc")


def test_a_panic_in_ironcalc_is_an_engine_that_is_unavailable(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ironcalc

    monkeypatch.setattr(ironcalc, "load_from_xlsx", lambda *_: ironcalc.test_panic())
    with pytest.raises(EngineUnavailable, match=r"IronCalc .* could not load book\.xlsx"):
        open_book(book, "ironcalc")
