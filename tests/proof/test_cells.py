"""Reading cells: every kind of content, and every file that must be refused."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.formula.translate import Translator
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from xlroi.errors import BookError
from xlroi.proof import cells
from xlroi.proof.cells import Cell, address, formula_cells, position, read_book
from xlroi.values import DIV0, ExcelError

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A sheet ``Data`` with a number in A1 and a formula in A2."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"], sheet["A2"] = 2, "=A1*2"
    workbook.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def change(path: Path, part: str, edit: Callable[[bytes], bytes], **added: bytes) -> None:
    """Rewrites one part of the zip and adds others."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = edit(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**parts, **added}.items():
            archive.writestr(name, data)


def rows(path: Path, xml: str) -> None:
    """Puts handwritten rows into the only sheet."""
    document = f'<worksheet xmlns="{MAIN}"><sheetData>{xml}</sheetData></worksheet>'
    change(path, SHEET, lambda _: document.encode())


def test_every_kind_of_content_is_typed(book: Path) -> None:
    rows(
        book,
        '<row r="1"><c r="A1"><v>1.5</v></c><c r="B1" t="b"><v>1</v></c><c r="C1" t="e"><v>#DIV/0!</v></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1" t="inlineStr"><is><r><t>two </t></r><r><t>runs</t></r>'
        '<rPh><t>spoken</t></rPh></is></c><c r="F1" s="1"/><c r="G1"><f>A1&amp;"x"</f></c>'
        '<c r="H1" t="e"><v>#SPILL!</v></c><c r="I1" t="str"><v>a_x000D_b</v></c><c r="J1" t="d"><v>2026-01-01</v></c>'
        '<c r="K1"><f>1+1</f><v/></c></row>',
    )
    held = {where: cell for (_, where), cell in read_book(book).cells.items()}
    assert held == {
        "A1": Cell(1.5),
        "B1": Cell(True),
        "C1": Cell(DIV0),
        "D1": Cell("", '""'),
        "E1": Cell("two runs"),
        "G1": Cell(None, 'A1&"x"'),
        "H1": Cell(ExcelError("#SPILL!")),
        "I1": Cell("a\rb"),
        "J1": Cell(46023.0),
        "K1": Cell(None, "1+1"),
    }
    assert isinstance(held["C1"].value, ExcelError)
    assert isinstance(held["H1"].value, ExcelError)
    assert held["B1"].value is True


def test_shared_strings_and_dates_are_read_as_texts_and_serial_numbers(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["A1"], sheet["A2"], sheet["A3"] = "text", date(2026, 1, 1), "1.5"
    workbook.save(tmp_path / "book.xlsx")
    values = [cell.value for cell in read_book(tmp_path / "book.xlsx").cells.values()]
    assert values == ["text", 46023.0, "1.5"]


def test_sheets_keep_their_order_and_formula_cells_are_a_view(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.create_sheet("O'Brien & Co", 0)["B2"] = "=Sheet!A1"
    workbook.create_chartsheet("Chart")
    workbook.save(tmp_path / "book.xlsx")
    found = read_book(tmp_path / "book.xlsx")
    assert found.sheets == ("O'Brien & Co", "Sheet")
    assert formula_cells(found) == {("O'Brien & Co", "B2"): Cell(None, "Sheet!A1")}


def test_cells_without_an_address_follow_each_other(book: Path) -> None:
    rows(book, '<row><c><v>1</v></c></row><row><c><v>2</v></c><c r="D2"><v>3</v></c><c><v>4</v></c></row>')
    assert [where for _, where in read_book(book).cells] == ["A1", "A2", "D2", "E2"]


def test_a_shared_formula_is_spelled_for_each_of_its_cells(book: Path) -> None:
    rows(
        book,
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">A1+$A$1+Data!A$1+"A1"</f><v>1</v></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/><v>1</v></c></row>'
        '<row r="3"><c r="B3"><f t="shared" si="0"/><v>1</v></c></row>',
    )
    assert read_book(book).cells["Data", "B3"].formula == 'A3+$A$1+Data!A$1+"A1"'


def test_a_shared_formula_without_a_text_is_refused(book: Path) -> None:
    rows(book, '<row r="1"><c r="B1"><f t="shared" si="7"/></c></row>')
    with pytest.raises(BookError, match="Data!B1: shares a formula"):
        read_book(book)


FRAGMENTS = [
    *("A1", "$B2", "C$3", "$D$4", "AA10", "A1:B2", "C:C", "$D:E", "1:3", "$4:5", "Sheet1!A1", "'My A1''s'!C3"),
    *(
        "1E5",
        "2e-3",
        "10%",
        '"A1"',
        '"say ""B2"""',
        "tax_2024",
        "x.A1",
        "TRUE",
        "LOG10(A1)",
        "AI_TCO(A1,B2)",
        "Table1[A1]",
    ),
]


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6), st.integers(1, 60), st.integers(3, 60))
def test_shared_formulas_move_as_openpyxl_moves_them(parts: list[str], row: int, column: int) -> None:
    formula, where = "+".join(parts), address(row, column)
    # Where a reference leaves the sheet the spellings of the error differ, so both start in the corner.
    expected = Translator(f"={formula}", "A1").translate_formula(where)[1:]
    assert cells._SharedFormula(formula, "A1").at(where) == expected


def test_a_shared_reference_that_leaves_the_sheet_is_an_error() -> None:
    assert cells._SharedFormula("A1+B2", "B2").at("B1") == "#REF!+B1"
    assert cells._SharedFormula("XFE1+A1", "A1").at("A2") == "XFE1+A2"  # a name: columns end at XFD


def test_what_if_tables_and_array_formulas_are_marked_in_their_whole_range(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["B1"] = DataTableFormula(ref="B1:B3", dt2D=False, dtr=False, r1="D1")
    sheet["B2"], sheet["B3"], sheet["B4"] = 5, 6, 7
    sheet["C1"] = ArrayFormula("C1:C2", "=A1:A2*2")
    sheet["C2"] = 4
    workbook.save(tmp_path / "book.xlsx")
    held = {where: cell for (_, where), cell in read_book(tmp_path / "book.xlsx").cells.items()}
    assert held["B1"] == Cell(None, None, is_what_if=True)
    assert held["B3"] == Cell(6.0, None, is_what_if=True)
    assert held["B4"] == Cell(7.0)
    assert held["C1"] == Cell(None, "A1:A2*2", is_array=True)
    assert held["C2"] == Cell(4.0, None, is_array=True)


def test_names_of_the_workbook_are_read_and_those_of_a_sheet_are_not(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    workbook.defined_names["horizon"] = DefinedName("horizon", attr_text="Data!$A$1")
    workbook["Data"].defined_names["local"] = DefinedName("local", attr_text="Data!$A$2")
    workbook.save(book)
    assert read_book(book).defined_names == {"horizon": "Data!$A$1"}


def test_macros_and_external_links_are_reported(book: Path) -> None:
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = (
        f'<Relationship Id="x" Type="{office}/externalLink" Target="/xl/externalLinks/externalLink1.xml"/>'.encode()
    )
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{office}/externalLinkPath" Target="file:///else.xlsx" TargetMode="External"/></Relationships>'
    )
    assert (read_book(book).has_macros, read_book(book).external_links) == (False, ())
    change(
        book,
        "xl/_rels/workbook.xml.rels",
        lambda xml: xml.replace(b"</Relationships>", relation + b"</Relationships>"),
        **{"xl/vbaProject.bin": b"", "xl/externalLinks/_rels/externalLink1.xml.rels": links.encode()},
    )
    found = read_book(book)
    assert found.has_macros
    assert found.external_links == ("file:///else.xlsx",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged or no Excel workbook"),
        (b"a,b\n1,2\n", "damaged or no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password-protected or not an .xlsx"),
    ],
)
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "odd.xlsx").write_bytes(content)
    with pytest.raises(BookError, match=rf"odd\.xlsx: .*{message}"):
        read_book(tmp_path / "odd.xlsx")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"gone\.xlsx: cannot be read \(No such file"):
        read_book(tmp_path / "gone.xlsx")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BookError, match="no Excel workbook"):
        read_book(tmp_path / "other.xlsx")


def test_a_binary_workbook_is_refused(book: Path) -> None:
    change(book, "_rels/.rels", lambda xml: xml.replace(b"xl/workbook.xml", b"xl/workbook.bin"))
    with pytest.raises(BookError, match="xlsb"):
        read_book(book)


def test_an_encrypted_member_is_refused(book: Path) -> None:
    raw = bytearray(book.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(signature)
        while at >= 0:
            raw[at + offset : at + offset + 2] = struct.pack("<H", 1)
            at = raw.find(signature, at + 4)
    book.write_bytes(raw)
    with pytest.raises(BookError, match="encrypted"):
        read_book(book)


def test_a_member_packed_beyond_reason_is_refused(book: Path) -> None:
    change(book, SHEET, lambda xml: xml + b" " * (11 * 1024**2))
    with pytest.raises(BookError, match="zip bomb"):
        read_book(book)


def test_a_book_too_large_unpacked_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_UNPACKED", 1000)
    with pytest.raises(BookError, match="zip bomb"):
        read_book(book)


def test_a_book_with_too_many_cells_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_CELLS", 1)
    with pytest.raises(BookError, match="more than 1 cells"):
        read_book(book)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml"])
def test_a_doctype_is_refused(book: Path, part: str) -> None:
    doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

    def declare(xml: bytes) -> bytes:
        head, end = xml.partition(b"?>")[::2] if xml.startswith(b"<?xml") else (b'<?xml version="1.0"', xml)
        return head + b"?>" + doctype + end

    change(book, part, declare)
    with pytest.raises(BookError, match="DOCTYPE"):
        read_book(book)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(book: Path) -> None:
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr(SHEET, "<worksheet/>")
    with pytest.raises(BookError, match="two parts of the same name"):
        read_book(book)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ('<row r="1"><c r="A1"><v>much</v></c></row>', "Data!A1: its stored value 'much'"),
        ('<row r="1"><c r="A1"><v>NaN</v></c></row>', "Data!A1: its stored value 'NaN'"),
        ('<row r="1"><c r="A1" t="s"><v>99</v></c></row>', "Data!A1: its stored value '99'"),
        ('<row r="1"><c r="1A"><v>1</v></c></row>', "Data!1A: is no cell"),
        ('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>', "Data!A1: stands twice"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "is damaged"),
    ],
)
def test_damage_is_refused_with_its_place(book: Path, xml: str, message: str) -> None:
    rows(book, xml)
    with pytest.raises(BookError, match=rf"book\.xlsx: .*{message}"):
        read_book(book)


@given(st.integers(1, 1_048_576), st.integers(1, 16_384))
def test_addresses_and_positions_are_inverse(row: int, column: int) -> None:
    assert position(address(row, column)) == (row, column)


@pytest.mark.parametrize("text", ["", "A", "1", "a1", "A0", "A1:B2", "$A$1", "XFE1", "A1048577"])
def test_what_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(BookError, match="is no cell"):
        position(text)
