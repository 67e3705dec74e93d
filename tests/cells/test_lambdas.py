"""Tier A: the functions as LAMBDA names, recalculated by IronCalc and equal to Python."""

from __future__ import annotations

import math
import random
import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from xlroi import cells
from xlroi.api import build, load_case, verify
from xlroi.cells.catalogue import Argument, Declared, Search, functions_from
from xlroi.cells.hosts.functions_book import CHECKLIST, files
from xlroi.cells.hosts.lambdas import lambda_of, lambdas, literal
from xlroi.model.loading import parse_yaml
from xlroi.proof.cells import read_book
from xlroi.proof.recalculation import open_book
from xlroi.values import CellValue, ExcelError
from xlroi.workbook.write import carry

ROOT = Path(__file__).parents[2]
DAY = date(2026, 11, 21)
NAMED = lambdas()
DRAWS = 60
# Where a number of any size would only test the errors: likely ranges by unit.
LIKELY = {
    "%": (0.0, 1.0),
    "1": (1.0, 30.0),
    "month": (0.0, 120.0),
    "year": (0.5, 10.0),
    "h": (0.1, 9000.0),
    "case/h": (0.0, 400.0),
    "s/case": (0.0, 600.0),
}


def _same(a: CellValue, b: CellValue) -> bool:
    if isinstance(a, ExcelError) or isinstance(b, ExcelError):
        return a == b
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a == b


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("functions") / "xlroi-functions.xlsx"
    path.write_bytes(files(DAY)[path.name])
    return path


def test_every_cell_of_the_functions_workbook_is_recalculated_to_its_value(book: Path) -> None:
    stored = read_book(book).cells
    with open_book(book, "ironcalc") as opened:
        opened.recalculate()
        found = opened.values()
    formulas = {key: cell.value for key, cell in stored.items() if cell.formula}
    differ = {key for key, value in formulas.items() if not _same(value, found.get(key))}
    assert differ == set()
    assert len(formulas) == 2 * (len(NAMED) + len(CHECKLIST)) + 2
    assert found["Functions", "A3"] == f"All {len(NAMED)} examples have their expected value"


def test_two_builds_of_a_day_are_the_same_bytes_and_valid(book: Path) -> None:
    assert files(DAY)[book.name] == book.read_bytes()
    validator = ROOT / "tests" / "tools" / "node_modules" / ".bin" / "ooxml-validator"
    done = subprocess.run([str(validator), str(book)], capture_output=True, text=True, check=False)
    assert '"ok": true' in done.stdout, done.stdout


def test_names_keep_to_the_limits_of_excel() -> None:
    for named in NAMED:
        assert len(named.text) <= 8192
        assert 0 < len(named.comment) <= 255
        assert re.fullmatch(r"[A-Z_]+", named.function.name)
        assert not re.search(r"_xlop\.\w+[^,\w]", named.text.split("_xlfn.LET")[0]), (
            "optional names in the signature only"
        )


def _argument(argument: Argument, draw: random.Random) -> float | bool | None:
    if argument.default is not None and draw.random() < 0.2:
        return None
    if argument.kind == "flag":
        return draw.random() < 0.5
    low, high = LIKELY.get(argument.unit, (0.0, draw.choice([10.0, 1e3, 1e6])))
    for sign, limit in argument.bounds:
        low, high = (max(low, limit), high) if sign in (">", ">=") else (low, min(high, limit))
    value = draw.choice([draw.uniform(low, high), draw.uniform(low, high), float(round(draw.uniform(low, high)))])
    if draw.random() < 0.06:
        return draw.choice([low - 1, high * 2 + 1, 0.0, -value])
    return float(round(value)) if argument.whole else value


def _drawn() -> Iterator[tuple[Declared, list[float | bool | None]]]:
    draw = random.Random(20261121)
    for named in NAMED:
        searches = any(isinstance(step.value, Search) for step in named.function.steps)
        for _ in range(5 if searches else DRAWS):  # a search tries a thousand numbers in the sheet
            yield named.function, [_argument(a, draw) for a in named.function.arguments]


def _written(value: float | bool | None) -> str:
    return "" if value is None else str(value).upper() if isinstance(value, bool) else literal(value)


def test_random_arguments_give_what_python_gives(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    carry(workbook, (named.name for named in NAMED))
    calls = list(_drawn())
    for row, (function, given) in enumerate(calls, 1):
        sheet.cell(row, 1, f"={function.name}({','.join(_written(v) for v in given)})")
    workbook.save(tmp_path / "book.xlsx")
    with open_book(tmp_path / "book.xlsx", "ironcalc") as opened:
        opened.recalculate()
        found = opened.values()
    numbers, wrong = 0, []
    for row, (function, given) in enumerate(calls, 1):
        expected = getattr(cells, function.name)(*given)
        numbers += isinstance(expected, float)
        if not _same(expected, found.get(("Sheet", f"A{row}"))):
            wrong.append((function.name, given, expected, found.get(("Sheet", f"A{row}"))))
    assert wrong == []
    assert numbers > 0.6 * len(calls), "most draws should reach the formula itself"


BAD = [
    ("AI_TCO(B1,1,12)", "#VALUE!"),  # text
    ("AI_TCO(B9,1,12)", "#VALUE!"),  # an empty cell where a number is required
    ("AI_TCO(1,1,12,B9)", 13.0),  # an empty cell where there is a default
    ("AI_TCO(B2,1,12)", "#DIV/0!"),  # an error cell
    ("AI_TCO(B1,B2,12)", "#VALUE!"),  # the first from the left
    ("AI_TCO(B2,B1,12)", "#DIV/0!"),
    ("AI_TCO(1,1,-1)", "#NUM!"),
    ("AI_TCO(1,1,1.5)", "#NUM!"),
    ("AI_TCO(1,1,12,0,-1)", "#NUM!"),
    ("AI_TCO(TRUE,1,12)", "#VALUE!"),
    ("AI_GPU_HOUR_COST(1,0,5,1,8,0)", "#DIV/0!"),
    ("AI_GPU_HOUR_COST(1,0,5,1,8,1.1)", "#NUM!"),
    ("AI_BREAKEVEN_HOURS(1000,2,1)", "#N/A"),
    ("AI_CROSSOVER(1000,2,1)", "#N/A"),
    ("AI_PAYBACK(1000,0)", "#N/A"),
    ("AI_REVIEWERS(100000,3600,0.8,0)", "#N/A"),
]


def test_bad_arguments_are_the_same_error_in_a_cell_and_in_python(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet["B1"], sheet["B2"] = "ten", "=1/0"
    carry(workbook, (named.name for named in NAMED))
    for row, (formula, _) in enumerate(BAD, 1):
        sheet.cell(row, 1, f"={formula}")
    workbook.save(tmp_path / "book.xlsx")
    with open_book(tmp_path / "book.xlsx", "ironcalc") as opened:
        opened.recalculate()
        found = opened.values()
    cell = {"B1": "ten", "B2": ExcelError("#DIV/0!"), "B9": None, "TRUE": True}
    for row, (formula, expected) in enumerate(BAD, 1):
        name, inner = formula.rstrip(")").split("(")
        given = [cell[a] if a in cell else float(a) for a in inner.split(",")]
        assert found["Sheet", f"A{row}"] == expected, formula
        assert getattr(cells, name)(*given) == expected, formula


def test_a_workbook_of_a_model_can_carry_them(tmp_path: Path) -> None:
    path = tmp_path / "case.xlsx"
    case = load_case(ROOT / "examples" / "ecommerce_recommendations.yaml")
    build(case, path, day=DAY, live=False, functions=[named.name for named in NAMED])
    assert {named.function.name for named in NAMED} <= set(read_book(path).defined_names)
    assert verify(path, ["all"], 3).passed
    with open_book(path, "ironcalc") as opened:
        opened.set_formula("Cover", "Z1", "AI_TCO(150000,15000,24)")
        opened.recalculate()
        assert opened.values([("Cover", "Z1")])["Cover", "Z1"] == 510000


def test_an_aggregate_over_an_argument_is_refused() -> None:
    text = (
        "constants: {}\nfunctions:\n  AI_X:\n    category: a\n    summary: b\n    arguments: {x: {unit: h, help: c}}\n"
        "    formula: MAX(x, 1 * x)\n    example: {arguments: [1], value: 1, source: e}\n"
    )
    (function,) = functions_from(parse_yaml(text, "mine.yaml"))
    with pytest.raises(ValueError, match="MAX would take a range together"):
        lambda_of(function)
