"""xlroi-functions.xlsx: every LAMBDA with its example live beside the value it must have, and a checklist for Excel.

Who copies its sheet into a workbook of his own has the functions there.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from xlroi import cells
from xlroi.cells.hosts.lambdas import Named, lambdas, literal
from xlroi.values import CellValue
from xlroi.version import __version__
from xlroi.workbook.finish import finish
from xlroi.workbook.plan import Style
from xlroi.workbook.style import Dresser
from xlroi.workbook.write import carry

__all__ = ["CHECKLIST", "files"]

_FIRST: Final = 6
_CHECK: Final = '"OK";"";"DIFFERS"'
_HEADS: Final = ("Function", "What it gives", "Syntax", "Arguments", "Example", "Result", "Expected", "Check", "Source")
_WIDTHS: Final = (30, 44, 44, 62, 44, 16, 16, 10, 44)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist: what is tried, its formula, and what it must show."""

    what: str
    formula: str
    expected: float


CHECKLIST: Final = (
    Item("Arguments left out at the end", "AI_TCO(150000,15000,24)", 510000.0),
    Item("An argument left out in the middle", "AI_TCO(150000,15000,24,,0.1)",
         cells.AI_TCO(150000, 15000, 24, annual_rate=0.1)),
    Item("An empty cell is as an argument left out", "AI_TCO(1000,10,12,$Z$99,0)", 1120.0),
    Item("A default that is calculated", "AI_SPOT_PRICE(2,50,0.04,0.5)", 2.1),
    Item("A search over months", "AI_CROSSOVER(833806,635.1,71773.6,0.03,-0.1)",
         cells.AI_CROSSOVER(833806, 635.1, 71773.6, 0.03, -0.1)),
    Item("A search with POISSON.DIST", "AI_REVIEWERS(360,240,0.8,20,0.3)", 29 / 0.7),
    Item("TRUE as an argument", "AI_RISK_ADJUSTED(100000,0.2,TRUE)", 120000.0),
    Item("Capital recovery at a rate of 0", "AI_GPU_HOUR_COST(876000,0,5,0,1,1)", 20.0),
    Item("A text where a number belongs is #VALUE!, error type 3", 'ERROR.TYPE(AI_TCO("ten",1,12))', 3.0),
    Item("What never happens is #N/A, error type 7", "ERROR.TYPE(AI_BREAKEVEN_HOURS(1000,2,1))", 7.0),
)  # fmt: skip
"""Ten formulas that the first person with Excel should look at."""


def files(day: date) -> dict[str, bytes]:
    """The workbook by its file name; two of one day are the same bytes."""
    workbook = Workbook()
    dresser = Dresser(workbook, {})
    named = lambdas()
    carry(workbook, (each.name for each in named))
    sheet: Any = workbook.active
    sheet.title = "Functions"
    values = {
        "xl/worksheets/sheet1.xml": _catalogue(sheet, named, dresser, day),
        "xl/worksheets/sheet2.xml": _checklist(workbook.create_sheet("Check in Excel"), dresser),
    }
    properties = workbook.properties
    properties.title, properties.creator = "xlroi worksheet functions", "xlroi"
    properties.created = properties.modified = datetime(day.year, day.month, day.day)
    workbook.calculation.fullCalcOnLoad = True
    with tempfile.TemporaryDirectory(prefix="xlroi-") as scratch:
        raw, done = Path(scratch, "raw.xlsx"), Path(scratch, "done.xlsx")
        workbook.save(raw)
        finish(raw, done, values, datetime(day.year, day.month, day.day))
        return {"xlroi-functions.xlsx": done.read_bytes()}


class _Page:
    """A sheet that is written cell by cell, its formulas with their values."""

    def __init__(self, sheet: Worksheet, dresser: Dresser) -> None:
        self.sheet, self.dresser = sheet, dresser
        self.values: dict[str, CellValue] = {}

    def put(self, ref: str, value: CellValue, style: Style, form: str = "General") -> None:
        cell: Any = self.sheet[ref]
        self.dresser.dress(cell, style, form)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # an example formula stays a text

    def compute(self, ref: str, formula: str, value: CellValue, style: Style, form: str = "General") -> None:
        cell: Any = self.sheet[ref]
        self.dresser.dress(cell, style, form)
        cell.value = f"={formula}"
        self.values[ref] = value

    def wrap(self, ref: str) -> None:
        self.sheet[ref].alignment = Alignment(wrap_text=True, vertical="top")


def _catalogue(sheet: Worksheet, named: tuple[Named, ...], dresser: Dresser, day: date) -> dict[str, CellValue]:
    page, last = _Page(sheet, dresser), _FIRST + len(named)
    page.put("A1", "xlroi worksheet functions", "title")
    page.put("A2", "Copy this sheet into your workbook (right-click its tab, Move or Copy, Create a copy): the "
             "functions come along as names. Excel 2024 or Microsoft 365; no macro, no add-in.", "note")  # fmt: skip
    _master(page, "A3", f"H{_FIRST + 1}:H{last}", len(named), "examples")
    page.put("A4", f"xlroi {__version__}, {day:%Y-%m-%d}. Recalculated by IronCalc; not tested in Microsoft Excel: the "
             "sheet Check in Excel is ready for the first who has it.", "stamp")  # fmt: skip
    _heads(page, _HEADS, _WIDTHS)
    for row, each in enumerate(named, _FIRST + 1):
        function = each.function
        example = f"{function.name}({','.join(_literal(v) for v in function.example)})"
        page.put(f"A{row}", function.name, "output")
        page.put(f"B{row}", function.summary, "plain")
        page.put(f"C{row}", function.syntax, "code")
        page.put(f"D{row}", "\n".join(f"{a.name}: {a.about}" for a in function.arguments), "plain")
        page.put(f"E{row}", f"={example}", "code")
        page.put(f"I{row}", function.source, "note")
        value = getattr(cells, function.name)(*function.example)
        expected = function.value
        assert expected is not None  # each formula of the catalogue has an example with its value
        _judged(page, row, "F", "G", "H", example, value, float(expected))
        for column in "ABCDEI":
            page.wrap(f"{column}{row}")
        sheet.row_dimensions[row].height = 14.0 * max(len(function.arguments), -(-len(function.summary) // 42), 2)
    return _finished(page, last, len(_HEADS))


def _checklist(sheet: Worksheet, dresser: Dresser) -> dict[str, CellValue]:
    page, last = _Page(sheet, dresser), _FIRST + len(CHECKLIST)
    page.put("A1", "Check in Excel", "title")
    page.put("A2", "Open this workbook in Microsoft Excel, press Ctrl+Alt+F9, and write down what you see. Then type "
             "=SUM(AI_RESIDUAL({40000;20000},3)) into a free cell: ranges in and out, 22,811.36.", "note")  # fmt: skip
    _master(page, "A3", f"E{_FIRST + 1}:E{last}", len(CHECKLIST), "formulas")
    page.put("A4", "Excel version, system, date, name:", "label")
    page.put("C4", None, "word_input")
    _heads(page, ("What is tried", "Formula", "Result", "Expected", "Check", "Seen in Excel"), (52, 52, 18, 18, 10, 40))
    for row, item in enumerate(CHECKLIST, _FIRST + 1):
        page.put(f"A{row}", item.what, "plain")
        page.put(f"B{row}", f"={item.formula}", "code")
        _judged(page, row, "C", "D", "E", item.formula, item.expected, item.expected)
        page.put(f"F{row}", None, "word_input")
    return _finished(page, last, 6)


def _heads(page: _Page, heads: tuple[str, ...], widths: tuple[int, ...]) -> None:
    for number, (head, width) in enumerate(zip(heads, widths, strict=True), 1):
        letter = get_column_letter(number)
        page.put(f"{letter}{_FIRST}", head, "column_head")
        page.sheet.column_dimensions[letter].width = width


def _master(page: _Page, ref: str, checks: str, count: int, what: str) -> None:
    agree, differ = f"All {count} {what} have their expected value", f"{what} without their expected value: "
    formula = f'IF(SUM({checks})={count},"{agree}","{differ}"&({count}-SUM({checks})))'
    page.compute(ref, formula, agree, "sentence")


def _judged(
    page: _Page, row: int, result: str, expected: str, check: str, formula: str, value: float, wanted: float
) -> None:
    """The live result, the value it must have, and whether it has it within a billionth."""
    form = "#,##0.######" if abs(wanted) < 1e12 else "0.######E+00"
    page.compute(f"{result}{row}", formula, value, "calculation", form)
    page.put(f"{expected}{row}", wanted, "plain", form)
    a, b = f"{result}{row}", f"{expected}{row}"
    same = f"IF(ISNUMBER({a}),(ABS({a}-{b})<=0.000000001*ABS({b}))*1,0)"
    page.compute(f"{check}{row}", same, 1.0, "check", _CHECK)
    page.sheet[f"{check}{row}"].alignment = Alignment(horizontal="center", vertical="top")
    for column in (result, expected):
        page.sheet[f"{column}{row}"].alignment = Alignment(horizontal="right", vertical="top")


def _finished(page: _Page, last: int, columns: int) -> dict[str, CellValue]:
    sheet = page.sheet
    sheet.freeze_panes = f"B{_FIRST + 1}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 8
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.print_title_rows = f"{_FIRST}:{_FIRST}"
    sheet.print_area = f"A1:{get_column_letter(columns)}{last}"
    column = "H" if columns == len(_HEADS) else "E"
    red = PatternFill("solid", start_color="F8CBAD", end_color="F8CBAD")
    sheet.conditional_formatting.add(
        f"{column}{_FIRST + 1}:{column}{last}",
        CellIsRule(operator="equal", formula=["0"], fill=red),  # type: ignore[no-untyped-call]
    )
    return page.values


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else literal(float(value))
