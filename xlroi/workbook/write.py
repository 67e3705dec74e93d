"""The plan to a file: openpyxl writes cells, styles and charts, the finish pass the rest."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import CellIsRule, FormulaRule, Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.formula import DataTableFormula
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from xlroi.analysis.optimise import Optimum
from xlroi.analysis.simulate import Simulation
from xlroi.errors import InputError
from xlroi.files import writable
from xlroi.formula.scope import name_of
from xlroi.model.tables import duplicates
from xlroi.values import CellValue, ExcelError
from xlroi.workbook.book import Book
from xlroi.workbook.charts import draw
from xlroi.workbook.finish import finish
from xlroi.workbook.heights import heights
from xlroi.workbook.layout import Layout
from xlroi.workbook.plan import Computed, Leaf, Placed, Sheet, Text
from xlroi.workbook.sheets import (
    annual,
    inputs,
    ledgers,
    matrices,
    optimisation,
    records,
    reports,
    scenarios,
    sensitivity,
    simulation,
    swings,
    tables,
    time,
)
from xlroi.workbook.sheets.review import ProofStamp, review
from xlroi.workbook.style import TAB_COLOURS, Dresser

__all__ = ["WORKBOOK", "Built", "Extras", "NamedFunction", "build_book", "carry", "layout_of"]

WORKBOOK: Final = ("a workbook", (".xlsx",))
"""What a path is refused for, as :func:`xlroi.files.writable` says it."""


@dataclass(frozen=True, slots=True)
class Built:
    """A written workbook: where it is and how many formula cells it holds."""

    path: Path
    formula_cells: int
    sheets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedFunction:
    """A worksheet function that a book carries: a LAMBDA under a defined name, with its comment."""

    name: str
    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What a book may have beside its model: stamped sheets and worksheet functions.

    ``simulation`` and ``optimum`` are ``None`` where the book is only read again.
    """

    static: bool = False
    simulated: bool = False
    simulation: Simulation | None = None
    optimised: bool = False
    optimum: Optimum | None = None
    functions: tuple[NamedFunction, ...] = ()


def layout_of(book: Book, day: date, proof: ProofStamp | None = None, extras: Extras | None = None) -> Layout:
    """All sheets of a book, in reading order; ``proof`` is what the Review sheet says of it."""
    extras, what_if = extras or Extras(), book.what_if
    own, profit = tables.tables(book), annual.profit_and_loss(book)
    stamped = [swings.NAME] * extras.static + [simulation.NAME] * extras.simulated
    stamped += [optimisation.NAME] * extras.optimised
    first = [
        reports.cover(book, stamped),
        reports.guide(book),
        inputs.inputs(book),
        *([own] if own else []),
        *ledgers.ledgers(book),
        time.timeline(book),
        time.calculations(book),
        *matrices.matrices(book),
        annual.by_year(book),
        *([profit] if profit else []),
        reports.results(book),
        *([scenarios.scenarios(book, what_if), sensitivity.sensitivity(book, what_if)] if what_if else []),
        *([swings.swings_sheet(book)] if extras.static else []),
        *([simulation.simulation(book, extras.simulation)] if extras.simulated else []),
        *([optimisation.optimisation(book, extras.optimum)] if extras.optimised else []),
        reports.checks(book),
    ]
    _distinct(first)
    placed = Layout(book, first)
    last = [
        review(book, placed, proof),
        records.lines(book, placed),
        records.sources(book),
        records.change_log(book, day),
        records.model_text(book),
    ]
    _distinct([*first, *last])
    return Layout(book, [*first, *last], placed.as_built)


def _distinct(sheets: Sequence[Sheet]) -> None:
    """A template may name a sheet; refuse a name that stands twice, regardless of case."""
    for name in duplicates([sheet.name for sheet in sheets]):
        raise InputError(f"a table of the template is labelled {name!r}, the name of another sheet: label it otherwise")


def build_book(
    book: Book,
    path: Path,
    day: date,
    *,
    force: bool = False,
    proof: ProofStamp | None = None,
    extras: Extras | None = None,
) -> Built:
    """Write a book; the file appears under its name only when it is complete."""
    writable(path, *WORKBOOK, force=force)
    layout = layout_of(book, day, proof, extras)
    values = layout.values(layout.as_built)
    workbook = Workbook()
    workbook.remove(workbook.active)  # type: ignore[arg-type]
    house = book.case.house
    dresser = Dresser(workbook, house.colours if house else {})
    written = {sheet.name: workbook.create_sheet(sheet.name) for sheet in layout.sheets}
    for sheet in layout.sheets:
        _sheet(written[sheet.name], sheet, layout, dresser)
    for filled in layout.formulas():
        written[filled.sheet].cell(filled.row, filled.column).value = f"={filled.formula}"
    for (name, ref), said in layout.tables().items():
        two = said["dt2D"] == "1"
        formula = DataTableFormula(ref=said["ref"], dt2D=two, dtr=said["dtr"] == "1", r1=said["r1"], r2=said.get("r2"))
        written[name][ref].value = formula
    for sheet in layout.sheets:
        draw(workbook, layout, sheet)
    if house and house.logo:
        _logo(workbook[layout.sheets[0].name], house.logo)
    _names(workbook, layout)
    carry(workbook, extras.functions if extras else ())
    _properties(workbook, book, day)
    known: dict[str, dict[str, CellValue]] = {sheet.name: {} for sheet in layout.sheets}
    for (name, ref), value in {**values, **layout.computed(layout.as_built)}.items():
        known[name][ref] = value
    parts = {f"xl/worksheets/sheet{index}.xml": of_sheet for index, of_sheet in enumerate(known.values(), 1)}
    with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=".xlroi-") as scratch:
        raw, done = Path(scratch, "raw.xlsx"), Path(scratch, "done.xlsx")
        workbook.save(raw)
        stamped = finish(raw, done, parts, datetime(day.year, day.month, day.day))
        if stamped != len(values):
            raise RuntimeError(f"{len(values)} formula cells planned, {stamped} stamped")
        done.replace(path)
    return Built(path, stamped, tuple(s.name for s in layout.sheets))


def _sheet(ws: Worksheet, sheet: Sheet, layout: Layout, dresser: Dresser) -> None:
    for placed in sheet.placed:
        cell: Cell = ws.cell(placed.row, placed.column)  # type: ignore[assignment]
        dresser.dress(cell, placed.style, placed.format)
        _content(cell, placed, layout)
    for run in sheet.runs:
        first = 9 if run.is_home or run.row <= 4 or not run.opens else 8
        for column in range(first, layout.last + 1):
            dresser.dress(ws.cell(run.row, column), run.style, run.format)  # type: ignore[arg-type]
    for column, width in sheet.widths.items():
        ws.column_dimensions[get_column_letter(column)].width = width
    for (row, column), last in sheet.spans.items():
        _span(ws, row, column, last)
    for row, height in heights(sheet, layout).items():
        ws.row_dimensions[row].height = height
    if sheet.folded:
        for column in range(sheet.folded[0], sheet.folded[1] + 1):
            ws.column_dimensions[get_column_letter(column)].outlineLevel = 1
    if sheet.behind:
        unseen = DifferentialStyle(font=Font(color="FFFFFF"), numFmt=NumberFormat(numFmtId=200, formatCode=";;;"))
        ws.conditional_formatting.add(sheet.behind[0], Rule(type="expression", dxf=unseen, formula=[sheet.behind[1]]))
    for (row, column), options in sheet.choices.items():
        choice = DataValidation(
            type="list", formula1=f'"{",".join(options)}"', allow_blank=False, showErrorMessage=True
        )
        choice.error, choice.errorTitle = f"Choose {', '.join(options)}", "Not in the list"
        choice.add(ws.cell(row, column).coordinate)
        ws.add_data_validation(choice)
    for (row, column), table in sheet.keys.items():
        home = layout.homes[name_of(table)]
        letter = get_column_letter(home.column or 1)
        last = home.row + layout.book.rows(table) - 1
        choice = DataValidation(type="list", formula1=f"{home.sheet}!${letter}${home.row}:${letter}${last}")
        choice.showErrorMessage, choice.error = True, f"Choose a row of {layout.book.model.tables[table].label}"
        choice.add(ws.cell(row, column).coordinate)
        ws.add_data_validation(choice)
    if sheet.table:
        _table(ws, *sheet.table)
    if sheet.role == "input":
        _bounds(ws, sheet, layout)
    if sheet.role == "check":
        red = CellIsRule(  # type: ignore[no-untyped-call]  # openpyxl's own signature has no types
            operator="equal",
            formula=['"CHECK"'],
            font=Font(color="9C0006", bold=True),
            fill=PatternFill(bgColor="FFC7CE"),
        )
        ws.conditional_formatting.add("E7:E200", red)
        amber = CellIsRule(  # type: ignore[no-untyped-call]  # as above
            operator="equal",
            formula=['"ALERT"'],
            font=Font(color="7F6000", bold=True),
            fill=PatternFill(bgColor="FFEB9C"),
        )
        ws.conditional_formatting.add("E7:E200", amber)
    if sheet.role == "time" and layout.book.model.tables:
        # The labels of spare rows step back: their cell in column C is a text, but an empty one.
        faint = FormulaRule(formula=['AND(ISTEXT($C6),$C6="")'], font=Font(color="C7CCD4"))  # type: ignore[no-untyped-call]
        ws.conditional_formatting.add(f"B6:G{max(cell.row for cell in sheet.placed)}", faint)
    _protect(ws)
    ws.freeze_panes = sheet.freeze
    ws.sheet_properties.tabColor = TAB_COLOURS[sheet.role]
    ws.sheet_view.showGridLines = sheet.role not in ("report", "check")
    ws.page_setup.orientation = "landscape"
    wide = 5 if sheet.role == "time" else 3 if sheet.name == "Tables" else 1  # pages side by side
    ws.page_setup.paperSize = 8 if wide > 1 else 9  # A3, A4
    one_page = sheet.role == "report" and max(cell.row for cell in sheet.placed) <= _ONE_PAGE
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = wide, 1 if one_page else 0
    if sheet.new_page and not one_page:
        ws.row_breaks.append(Break(id=sheet.new_page - 1))
    ws.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    if sheet.repeat_rows:
        ws.print_title_rows = sheet.repeat_rows
    if sheet.print_to:
        last = sheet.print_rows or max(cell.row for cell in sheet.placed)
        ws.print_area = f"A1:{get_column_letter(sheet.print_to)}{last}"
    if sheet.repeat_columns:
        ws.print_title_cols = sheet.repeat_columns
    pages = f"Version {layout.book.case.version.replace('&', '&&')}, page &P of &N"
    ws.oddFooter = HeaderFooterItem(_HeaderFooterPart("&F"), _HeaderFooterPart(pages), _HeaderFooterPart("&A"))


_ONE_PAGE: Final = 80
"""A report with more rows would be too small to read on one page."""


def _span(ws: Worksheet, row: int, column: int, last: int) -> None:
    """A long text over several columns, wrapped."""
    ws.merge_cells(start_row=row, end_row=row, start_column=column, end_column=last)
    cell = ws.cell(row, column)
    indent = cell.alignment.indent or 0
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=indent)


def _protect(ws: Worksheet) -> None:
    """Without a password, against slips only: input cells are open, and so are formats, widths and filters."""
    protection = ws.protection
    protection.sheet = True
    # In the file's words a flag forbids; False allows.
    protection.formatCells = protection.formatColumns = protection.formatRows = False
    protection.sort = protection.autoFilter = protection.pivotTables = False


def _content(cell: Cell, placed: Placed, layout: Layout) -> None:
    content = placed.content
    if isinstance(content, Text):
        cell.value = content.value
        _stays_text(cell)
        if placed.target:
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=placed.target, display=str(content.value))
    elif isinstance(content, Leaf):
        value: Any = layout.cells[layout.address(content)]
        cell.value = value
        if isinstance(value, str):
            _stays_text(cell)
    elif isinstance(content, Computed):
        computed = layout.as_built.cell(content.id, content.member)
        cell.value = None if computed == "" else str(computed) if isinstance(computed, ExcelError) else computed


def _stays_text(cell: Cell) -> None:
    """A label stays a text, whatever it begins with."""
    if isinstance(cell.value, str) and cell.value[:1] in ("=", "+", "-", "@"):
        cell.data_type = "s"
        cell._style = copy(cell._style)  # type: ignore[attr-defined]  # shared by all cells of this look
        cell.quotePrefix = True


def _bounds(ws: Worksheet, sheet: Sheet, layout: Layout) -> None:
    """Validation with the declared bounds, one rule per declaration; a blank is allowed where a base serves."""
    cells: dict[tuple[str, bool], list[str]] = {}
    for placed in sheet.placed:
        if isinstance(placed.content, Leaf) and placed.style == "input":
            key = (placed.content.id, not placed.content.id.endswith(".base") and not sheet.table)
            cells.setdefault(key, []).append(ws.cell(placed.row, placed.column).coordinate)
    for (leaf, blank), places in cells.items():
        declared, label, help_text = layout.book.declared(leaf)
        low = declared.minimum if declared.minimum is not None else (61 if declared.is_date else -1e15)
        high = declared.maximum if declared.maximum is not None else (2_900_000 if declared.is_date else 1e15)
        kind: Literal["whole", "date", "decimal"] = (
            "whole" if declared.integer else "date" if declared.is_date else "decimal"
        )
        rule = DataValidation(
            type=kind,
            operator="between",
            formula1=f"{low:.15g}",
            formula2=f"{high:.15g}",
            allow_blank=blank,
            showErrorMessage=True,
            showInputMessage=bool(help_text),
        )
        rule.errorTitle, rule.error = "Out of bounds", f"{label}: between {low:g} and {high:g}"[:225]
        rule.promptTitle, rule.prompt = label[:32], help_text[:255]
        for place in [f"{places[0]}:{places[-1]}"] if sheet.table else places:  # the cells of a ledger's column
            rule.add(place)
        ws.add_data_validation(rule)


def _table(ws: Worksheet, id: str, ref: str) -> None:
    """An Excel table, for filters and pivots; it looks as the cells do. Its name can be no cell and no other name."""
    table = Table(displayName=f"{id}_table", ref=ref)
    table.tableStyleInfo = TableStyleInfo(showRowStripes=False)
    ws.add_table(table)


def _logo(cover: Worksheet, path: Path) -> None:
    """The house's picture in the upper right of the cover, two centimetres high."""
    from openpyxl.drawing.image import Image

    picture = Image(path)
    picture.width, picture.height = round(picture.width * 76 / picture.height), 76
    cover.add_image(picture, "G1")


def carry(workbook: Workbook, functions: Iterable[NamedFunction]) -> None:
    """Put worksheet functions into a workbook as defined names."""
    for function in functions:
        defined = DefinedName(function.name, attr_text=function.text, comment=function.comment)
        workbook.defined_names[function.name] = defined


def _names(workbook: Workbook, layout: Layout) -> None:
    """Single-cell names for links and tests; no formula uses them."""
    model = layout.book.model
    wanted = {id: layout.homes[id] for id in (*model.inputs, *model.constants)}
    wanted |= {output.id: layout.homes[output.id] for output in model.outputs if output.table is None}
    for id, home in sorted(wanted.items()):
        target = f"'{home.sheet}'!${get_column_letter(home.column or 1)}${home.row}"
        workbook.defined_names[id] = DefinedName(id, attr_text=target)


def _properties(workbook: Workbook, book: Book, day: date) -> None:
    properties, case = workbook.properties, book.case
    properties.title, properties.subject = case.title, book.model.question
    properties.creator = case.owner or "xlroi"
    properties.keywords, properties.version = f"xlroi {book.model.id} {book.model.version}", case.version
    properties.created = properties.modified = datetime(day.year, day.month, day.day)
    workbook.calculation.fullCalcOnLoad = True
