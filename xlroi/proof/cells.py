"""Reading every cell of an .xlsx, typed, without trusting the file.

A proof reads books that came by mail, so nothing here follows, unpacks or runs
what it finds: no macros, no links, no XML entities, and a size limit before the
first byte is inflated. openpyxl is not used for reading: it guesses dates from
number formats, which a comparison of numbers must not do, and is slower.
"""

from __future__ import annotations

import math
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from xlroi.errors import BookError
from xlroi.values import ERRORS, CellValue, ExcelError

__all__ = [
    "BookCells",
    "Cell",
    "Key",
    "SheetPart",
    "XlsxArchive",
    "address",
    "filled_within",
    "formula_cells",
    "position",
    "read_book",
]

Key = tuple[str, str]
"""A cell: ``("Sheet", "A1")``, in capitals and without ``$``."""

MAX_UNPACKED: Final = 512 * 1024**2
MAX_RATIO: Final = 200
RATIO_COUNTS_FROM: Final = 10 * 1024**2
MAX_CELLS: Final = 5_000_000
MAX_COLUMN, MAX_ROW = 16_384, 1_048_576

_OLE_HEADER: Final = b"\xd0\xcf\x11\xe0"
_A1: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPED: Final = re.compile(r"_x((?![dD][89a-fA-F])[0-9A-Fa-f]{4})_")
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError),
    *(etree.XMLSyntaxError, RuntimeError, ValueError),
)
_REFERENCE: Final = re.compile(
    r"""
      "(?:[^"]|"")*" | '(?:[^']|'')*'!? | \[[^\]]*\] | [\w.]+(?::[\w.]+)?!   # no reference: text, sheets, table columns
    | (?<![\w.$\\]) (?: (?P<c>\$?) (?P<column>[A-Za-z]{1,3}) (?P<r>\$?) (?P<row>[1-9][0-9]{0,6}) (?![\w.(!])
                     | (?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}) (?![\w.(!])
                     | (?P<rows>\$?[1-9][0-9]{0,6}:\$?[1-9][0-9]{0,6}) (?![\w.(!]) )
    """,
    re.VERBOSE,
)


class Cell(NamedTuple):
    """What one cell holds; ``formula`` is without ``=``, ``value`` is the number stored with it."""

    value: CellValue
    formula: str | None = None
    is_what_if: bool = False
    """In a What-If table: computed, though the cell carries no formula of its own."""
    is_array: bool = False
    """In the range of an array formula, whose text stands in the first cell only."""


@dataclass(frozen=True, slots=True)
class BookCells:
    """Every non-empty cell of a workbook, sheets in their order, and what a careful reader wants to know."""

    path: Path
    sheets: tuple[str, ...]
    cells: dict[Key, Cell]
    defined_names: dict[str, str]
    """Names of workbook level and the text they stand for: ``{"horizon": "Inputs!$D$4"}``."""
    has_macros: bool
    external_links: tuple[str, ...]
    what_ifs: dict[Key, dict[str, str]] = field(default_factory=dict)
    """What-If tables by their first cell: ``ref``, ``dt2D``, ``dtr``, ``r1`` and ``r2`` as the file says them."""


class SheetPart(NamedTuple):
    """A worksheet and the member of the archive that holds it."""

    name: str
    part: str


def formula_cells(book: BookCells) -> dict[Key, Cell]:
    """Only the cells with a formula text, in the order of the book."""
    return {key: cell for key, cell in book.cells.items() if cell.formula is not None}


@lru_cache(maxsize=1 << 17)
def position(cell: str) -> tuple[int, int]:
    """Row and column, from 1. Raises :class:`BookError` for what is no cell.

    >>> position("AB12")
    (12, 28)
    """
    match = _A1.fullmatch(cell)
    row, column = (int(match[2]), _number(match[1])) if match else (0, 0)
    if not (0 < row <= MAX_ROW and 0 < column <= MAX_COLUMN):
        raise BookError(f"{cell!r} is no cell such as B12")
    return row, column


def _number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


@lru_cache(maxsize=MAX_COLUMN)
def _letters(column: int) -> str:
    head, last = divmod(column - 1, 26)
    return (_letters(head) if head else "") + chr(65 + last)


def address(row: int, column: int) -> str:
    """The inverse of :func:`position`.

    >>> address(12, 28)
    'AB12'
    """
    return f"{_letters(column)}{row}"


def filled_within(ref: str, sheet: str, cells: Mapping[Key, object]) -> list[Key]:
    """Which of ``cells`` lie in a range such as ``B4:D9`` of a sheet."""
    first, _, last = ref.replace("$", "").partition(":")
    (top, left), (bottom, right) = position(first), position(last or first)
    if (bottom - top + 1) * (right - left + 1) > len(cells):  # a range may name a whole sheet
        inside = ((position(where), (name, where)) for name, where in cells if name == sheet)
        return [key for (row, column), key in inside if top <= row <= bottom and left <= column <= right]
    keys = ((sheet, address(row, column)) for row in range(top, bottom + 1) for column in range(left, right + 1))
    return [key for key in keys if key in cells]


def read_book(path: str | Path) -> BookCells:
    """Every cell of an .xlsx or .xlsm.

    Raises:
        BookError: the file is missing, encrypted, damaged, no workbook, or too large; the text names it.
    """
    with XlsxArchive(path) as archive:
        strings = archive.shared_strings()
        cells: dict[Key, Cell] = {}
        what_ifs: dict[Key, dict[str, str]] = {}
        for sheet in archive.sheets:
            reader = _SheetReader(archive, sheet, strings, cells)
            reader.read()
            what_ifs |= reader.what_ifs
        return BookCells(
            path=archive.path,
            sheets=tuple(sheet.name for sheet in archive.sheets),
            cells=cells,
            defined_names=archive.defined_names(),
            has_macros=archive.has_macros(),
            external_links=archive.external_links(),
            what_ifs=what_ifs,
        )


class XlsxArchive:
    """The zip of a workbook, checked before anything is inflated; a context manager."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self.refusing():
            self.zip = self._checked_zip()
            try:
                self.members = frozenset(self.zip.namelist())
                self._workbook_part = self._find_workbook()
                self._workbook = self.xml(self._workbook_part)
                self._links = self.relations(self._workbook_part)
                self.sheets = tuple(self._find_sheets())
            except BaseException:
                self.zip.close()
                raise

    def __enter__(self) -> XlsxArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def problem(self, text: str) -> BookError:
        return BookError(f"{self.path.name}: {text}")

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Turns whatever a damaged file provokes into a :class:`BookError` that names the file."""
        try:
            yield
        except _DAMAGED as error:
            raise self.problem(f"is damaged or no Excel workbook ({error})") from error
        except OSError as error:
            raise self.problem(f"cannot be read ({error.strerror or error})") from error

    def _checked_zip(self) -> zipfile.ZipFile:
        with self.path.open("rb") as file:
            if file.read(4) == _OLE_HEADER:
                raise self.problem("is password-protected or not an .xlsx; save it as .xlsx without a password")
        archive = zipfile.ZipFile(self.path)
        try:
            self._check_members(archive.infolist())
        except BaseException:
            archive.close()
            raise
        return archive

    def _check_members(self, members: list[zipfile.ZipInfo]) -> None:
        if len({member.filename.lower() for member in members}) < len(members):
            # Readers disagree which of two members counts: one would be proven and the other be opened.
            raise self.problem("holds two parts of the same name; it is refused")
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise self.problem(f"unpacks to more than {MAX_UNPACKED >> 20} MiB; it is refused as a zip bomb")
        for member in members:
            if member.file_size > RATIO_COUNTS_FROM and member.file_size > MAX_RATIO * member.compress_size:
                raise self.problem(f"{member.filename} is packed over {MAX_RATIO} times; it is refused as a zip bomb")

    def read(self, part: str) -> bytes:
        if part not in self.members:
            raise self.problem(f"is damaged or no Excel workbook (no part {part})")
        return self.zip.read(part)

    def xml(self, part: str) -> etree._Element:
        """A part as a tree. No entity is resolved, nothing is fetched, and a DOCTYPE is refused."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(self.read(part), parser)
        self._refuse_doctype(root, part)
        return root

    def rows(self, part: str) -> Iterator[etree._Element]:
        """The ``<row>`` elements of a worksheet one by one; each is emptied when the next is asked for."""
        if part not in self.members:
            raise self.problem(f"is damaged or no Excel workbook (no part {part})")
        with self.zip.open(part) as stream:
            rows = etree.iterparse(
                stream, tag="{*}row", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
            )
            for number, (_, row) in enumerate(rows):
                if number == 0:
                    self._refuse_doctype(row, part)
                yield row
                row.clear()
                while (before := row.getprevious()) is not None:
                    parent = row.getparent()
                    assert parent is not None  # a row with a predecessor stands in a sheet
                    parent.remove(before)

    def _refuse_doctype(self, element: etree._Element, part: str) -> None:
        if element.getroottree().docinfo.internalDTD is not None:
            raise self.problem(f"{part} declares a DOCTYPE, which no spreadsheet writes; it is refused")

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id → (last word of its type, target as a member name, or as written if external)."""
        folder, name = posixpath.split(part)
        rels = posixpath.join(folder, "_rels", f"{name}.rels")
        if rels not in self.members:
            return {}
        found = {}
        for relation in self.xml(rels).iterchildren("{*}Relationship"):
            target = relation.get("Target", "")
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target)
        return found

    def _find_workbook(self) -> str:
        for kind, target in self.relations("").values():
            if kind == "officeDocument":
                if target.endswith(".bin"):
                    raise self.problem("is a binary workbook (.xlsb); save it as .xlsx")
                return target
        raise self.problem("is no Excel workbook")

    def _find_sheets(self) -> Iterator[SheetPart]:
        names = set()
        for sheet in self._workbook.iterfind("{*}sheets/{*}sheet"):
            name = sheet.get("name", "")
            if name.casefold() in names:
                raise self.problem(f"has two sheets of the name {name}")
            names.add(name.casefold())
            relation = next((sheet.attrib[key] for key in sheet.attrib if key.endswith("}id")), "")
            kind, part = self._links.get(relation, ("", ""))
            if kind == "worksheet":  # chart sheets have no cells
                yield SheetPart(name, part)

    def shared_strings(self) -> list[str]:
        part = next((target for kind, target in self._links.values() if kind == "sharedStrings"), None)
        with self.refusing():
            return [_rich_text(item) for item in self.xml(part).iterchildren("{*}si")] if part else []

    def starts_in_1904(self) -> bool:
        properties = self._workbook.find("{*}workbookPr")
        return properties is not None and properties.get("date1904", "0") in ("1", "true")

    def defined_names(self) -> dict[str, str]:
        names = self._workbook.iterfind("{*}definedNames/{*}definedName")
        return {name.get("name", ""): name.text or "" for name in names if name.get("localSheetId") is None}

    def has_macros(self) -> bool:
        old_style = any(kind.lower() == "xlmacrosheet" for kind, _ in self._links.values())
        return old_style or any(member.lower().endswith("vbaproject.bin") for member in self.members)

    def external_links(self) -> tuple[str, ...]:
        """Where links point; a link without a file (DDE) is named by its part."""
        found: list[str] = []
        with self.refusing():
            for kind, part in self._links.values():
                if kind == "externalLink":
                    found += [target for _, target in self.relations(part).values()] or [part]
        return tuple(found)


def _rich_text(item: etree._Element) -> str:
    """The text of ``<si>`` or ``<is>``: its runs joined, without the phonetic guides of East Asian text."""
    texts = []
    for text in item.iter("{*}t"):
        parent = text.getparent()
        if parent is not None and not str(parent.tag).endswith("}rPh"):
            texts.append(text)
    return _unescaped("".join(text.text or "" for text in texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class _SheetReader:
    """One worksheet into a dictionary that the whole book shares."""

    def __init__(self, archive: XlsxArchive, sheet: SheetPart, strings: list[str], cells: dict[Key, Cell]) -> None:
        self.archive, self.sheet, self.strings, self.cells = archive, sheet, strings, cells
        self.shared: dict[str, _SharedFormula] = {}
        self.blocks: list[tuple[str, str]] = []
        self.what_ifs: dict[Key, dict[str, str]] = {}
        self.epoch = datetime(1904, 1, 1) if archive.starts_in_1904() else datetime(1899, 12, 30)

    def read(self) -> None:
        row_number = 0
        with self.archive.refusing():
            for row in self.archive.rows(self.sheet.part):
                row_number = int(row.get("r") or row_number + 1)
                self._read_row(row, row_number)
                if len(self.cells) > MAX_CELLS:
                    raise self.archive.problem(f"has more than {MAX_CELLS:,} cells; it is refused")
        for kind, ref in self.blocks:
            for key in filled_within(ref, self.sheet.name, self.cells):
                cell, what_if = self.cells[key], kind == "dataTable"
                self.cells[key] = cell._replace(is_what_if=what_if, is_array=not what_if)

    def _read_row(self, row: etree._Element, row_number: int) -> None:
        namespace = str(row.tag)[: -len("row")]
        is_value, is_formula, is_inline = (namespace + tag for tag in ("v", "f", "is"))
        column = 0
        for element in row.iterchildren(namespace + "c"):
            where = element.get("r") or address(row_number, column + 1)  # without an address: the next to the right
            try:
                column = position(where)[1]
            except BookError as error:
                raise self._problem(where, "is no cell") from error
            raw = formula = inline = None
            for child in element:
                if child.tag == is_value:
                    raw = child.text or ""
                elif child.tag == is_formula:
                    formula = child
                elif child.tag == is_inline:
                    inline = child
            if raw is None and formula is None and inline is None:
                continue
            value = _rich_text(inline) if inline is not None else self._value(element.get("t"), raw, where)
            key = self.sheet.name, where
            if key in self.cells:
                raise self._problem(where, "stands twice in its sheet; readers disagree on which counts")
            if formula is None:
                self.cells[key] = Cell(value)
            else:
                self.cells[key] = (
                    self._special(formula, value, where) if formula.attrib else Cell(value, formula.text or "")
                )

    def _special(self, formula: etree._Element, value: CellValue, where: str) -> Cell:
        kind, text, group = formula.get("t"), formula.text or "", formula.get("si", "")
        if kind in ("dataTable", "array"):
            self.blocks.append((kind, formula.get("ref") or where))
            if kind == "dataTable":
                truths = {key: "1" if formula.get(key) in ("1", "true") else "0" for key in ("dt2D", "dtr")}
                given = {key: place for key in ("ref", "r1", "r2") if (place := formula.get(key))}
                self.what_ifs[self.sheet.name, where] = {**given, **truths}
        elif kind == "shared" and text:
            self.shared[group] = _SharedFormula(text, where)
        elif kind == "shared":
            if group not in self.shared:
                raise self._problem(where, "shares a formula that is nowhere written")
            text = self.shared[group].at(where)
        return Cell(value, None if kind == "dataTable" else text)

    def _value(self, kind: str | None, raw: str | None, where: str) -> CellValue:
        if not raw:  # saved without an answer, or the empty text
            return "" if kind == "str" and raw is not None else None
        try:
            return self._typed(kind or "n", raw)
        except (ValueError, IndexError) as error:
            raise self._problem(where, f"its stored value {raw[:40]!r} cannot be read") from error

    def _typed(self, kind: str, raw: str) -> CellValue:
        match kind:
            case "n":
                number = float(raw)
                if not math.isfinite(number):
                    raise ValueError(raw)
                return number
            case "s":
                return self.strings[int(raw)]
            case "str":
                return _unescaped(raw)
            case "b":
                return raw in ("1", "true")
            case "e":
                return ERRORS.get(raw) or ExcelError(raw)
            case "d":
                return (datetime.fromisoformat(raw).replace(tzinfo=None) - self.epoch) / timedelta(days=1)
        raise ValueError(kind)

    def _problem(self, where: str, text: str) -> BookError:
        return self.archive.problem(f"{self.sheet.name}!{where}: {text}")


class _SharedFormula:
    """A formula that many cells share, cut once at its relative references.

    openpyxl's translator cuts the text anew for every cell, which takes seconds for a book that Excel saved.
    """

    def __init__(self, text: str, where: str) -> None:
        self.row, self.column = position(where)
        self.pieces: list[str | re.Match[str]] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            if match.lastgroup is not None:
                self.pieces += (text[end : match.start()], match)
                end = match.end()
        self.pieces.append(text[end:])

    def at(self, where: str) -> str:
        """The formula as the cell ``where`` reads it."""
        row, column = position(where)
        down, right = row - self.row, column - self.column
        return "".join(piece if isinstance(piece, str) else _moved(piece, down, right) for piece in self.pieces)


def _moved(reference: re.Match[str], down: int, right: int) -> str:
    columns, rows = reference["columns"], reference["rows"]
    if columns:
        return ":".join(_moved_column(part, right) for part in columns.split(":"))
    if rows:
        return ":".join(_moved_row(part, down) for part in rows.split(":"))
    if _number(reference["column"]) > MAX_COLUMN:  # a name such as XYZ1
        return reference[0]
    cell = _moved_column(reference["c"] + reference["column"], right) + _moved_row(
        reference["r"] + reference["row"], down
    )
    return "#REF!" if "#" in cell else cell


def _moved_column(part: str, right: int) -> str:
    if part.startswith("$"):
        return part
    column = _number(part) + right
    return _letters(column) if 0 < column <= MAX_COLUMN else "#REF!"


def _moved_row(part: str, down: int) -> str:
    if part.startswith("$"):
        return part
    return str(int(part) + down) if 0 < int(part) + down <= MAX_ROW else "#REF!"
