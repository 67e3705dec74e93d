"""A workbook opened in a spreadsheet engine that xlroi did not write.

Both engines work on a copy from which every stored answer of a formula was
removed, so a number that comes back was computed by the engine: the numbers of
the generator can never be verified against themselves.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, Self

from lxml import etree

from xlroi.errors import BookError, EngineUnavailable
from xlroi.proof.cells import Key, XlsxArchive, filled_within, position
from xlroi.values import CellValue

__all__ = ["COMPUTE_TABLES", "ENGINES", "Recalculation", "copy_without_answers", "open_book"]

ENGINES: Final = ("ironcalc", "libreoffice")
COMPUTE_TABLES: Final = ("libreoffice",)
"""The engines that compute What-If tables."""


class Recalculation(Protocol):
    """A workbook in an engine: set cells, recalculate, read. A context manager.

    Cells are named ``("Sheet", "A1")``. A sheet, cell or value that cannot be
    raises :class:`BookError`; an engine that breaks down, :class:`EngineUnavailable`.
    """

    engine: str
    """One of :data:`ENGINES`."""
    version: str

    @property
    def not_recalculated(self) -> frozenset[Key]:
        """Cells of What-If tables that this engine cannot compute. They are missing in :meth:`values`."""

    def set(self, changes: Mapping[Key, CellValue]) -> None:
        """Writes numbers, texts, truth values, errors or (``None``) nothing; nothing is recalculated yet.

        A text is never interpreted: ``"=A1"`` and ``"1.5"`` stay texts. The empty text empties the cell, as typing
        it would; only a formula can hold one.
        """

    def set_formula(self, sheet: str, cell: str, formula: str) -> None:
        """Writes a formula, without ``=``, as .xlsx files spell it (``_xlfn.XLOOKUP``); nothing is recalculated yet."""

    def recalculate(self) -> None:
        """Computes every formula of the book anew."""

    def values(self, cells: Sequence[Key] | None = None) -> dict[Key, CellValue]:
        """What the cells hold: of all that hold something, or of those asked for (``None`` where empty).

        LibreOffice keeps truth values as numbers: they come back as 1.0 and 0.0.

        Raises:
            BookError: a cell shows an error that Excel does not know (a circle, a formula that the
                engine cannot read), or is asked for and stands in :attr:`not_recalculated`.
        """

    def close(self) -> None:
        """Frees the book; closing twice does no harm."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def open_book(path: str | Path, engine: str = "ironcalc", *, what_if: bool = True) -> Recalculation:
    """Opens a copy of a workbook in an engine; the file itself is only read.

    Without ``what_if`` the cells of What-If tables are plain numbers, which saves an engine that knows such tables as
    many recalculations as they have cells.

    Raises:
        BookError: the file is no workbook that may be opened.
        EngineUnavailable: the engine is unknown, not installed, or cannot load this book.
    """
    if engine == "ironcalc":
        from xlroi.proof.ironcalc import IronCalcBook

        return IronCalcBook(path)
    if engine == "libreoffice":
        from xlroi.proof.libreoffice import LibreOfficeBook

        return LibreOfficeBook(path, what_if=what_if)
    raise EngineUnavailable(f"there is no engine {engine!r}; choose one of: {', '.join(ENGINES)}")


def copy_without_answers(source: str | Path, target: Path, *, what_if: bool, ungrouped: bool = False) -> frozenset[Key]:
    """Copies a workbook without the stored answers of its formulas; returns the cells of its What-If tables.

    Args:
        source: the workbook; it is checked as :func:`xlroi.proof.cells.read_book` does, and only read.
        target: where the copy goes.
        what_if: True keeps What-If tables, without their stored answers. False is for an engine that does not
            know them: they become plain numbers.
        ungrouped: puts a bracket around the formulas of every second row. LibreOffice 7.4 shares equal formulas of
            neighbouring rows, and then crashes at random where such rows feed each other from column to column.
    """
    tables: set[Key] = set()
    with XlsxArchive(source) as archive, archive.refusing():
        sheets = {sheet.part: sheet.name for sheet in archive.sheets}
        # Stored, not deflated: the copy lives for a moment, and packing is most of the time.
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
            for member in archive.zip.namelist():
                if member in sheets:
                    root = archive.xml(member)
                    tables |= _strip(root, sheets[member], what_if, ungrouped)
                    copy.writestr(member, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
                else:
                    copy.writestr(member, archive.zip.read(member))
    return frozenset(tables)


def _strip(sheet: etree._Element, name: str, what_if: bool, ungrouped: bool) -> set[Key]:
    """Removes the stored answers from the tree of one worksheet; returns the cells of its What-If tables."""
    namespace = str(sheet.tag)[: -len("worksheet")]
    cells = {(name, ref): cell for cell in sheet.iter(namespace + "c") if (ref := cell.get("r"))}
    tables: set[Key] = set()
    # Engines type into formula cells to see what happens; and LibreOffice now and then crashes while it redraws a
    # chart whose cells change under it.
    for part in ("sheetProtection", "drawing"):
        for unwanted in sheet.findall(namespace + part):
            sheet.remove(unwanted)
    for formula in list(sheet.iter(namespace + "f")):
        cell, kind = formula.getparent(), formula.get("t")
        assert cell is not None  # a formula stands in a cell
        if kind in ("array", "dataTable"):
            inside = filled_within(formula.get("ref") or cell.get("r") or "", name, cells)
            if kind == "dataTable":
                tables.update(inside)
                if not what_if:
                    cell.remove(formula)
                    continue
            for key in inside:
                _forget(cells[key], namespace)
        elif ungrouped and kind is None and formula.text and position(cell.get("r") or "")[0] % 2 == 0:
            formula.text = f"({formula.text})"
        _forget(cell, namespace)
        # Engines complain of formulas without an answer. An error in its place could not pass for an answer.
        cell.set("t", "e")
        etree.SubElement(cell, namespace + "v").text = "#N/A"
    return tables


def _forget(cell: etree._Element, namespace: str) -> None:
    cell.attrib.pop("t", None)
    for answer in [*cell.iterchildren(namespace + "v", namespace + "is")]:
        cell.remove(answer)


def refuse_uncomputed(book: str, engine: str, missing: Iterable[Key]) -> None:
    """Raises a :class:`BookError` if a cell is asked for that the engine cannot compute."""
    for sheet, cell in missing:
        raise BookError(f"{book}: {sheet}!{cell} stands in a What-If table, which {engine} cannot compute")


def refuse_unknown_errors(book: str, engine: str, found: Mapping[Key, str]) -> None:
    """Raises a :class:`BookError` that names the cells with errors that no Excel would show."""
    if found:
        shown = [f"{sheet}!{cell} shows {error}" for (sheet, cell), error in list(found.items())[:5]]
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise BookError(f"{book}: {engine} cannot compute it: {'; '.join(shown)}{more}")
