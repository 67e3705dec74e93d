"""The functions in cells of a real LibreOffice Calc, with the extension installed."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from xlroi import cells, proof
from xlroi.cells.catalogue import declared_functions
from xlroi.cells.generated import SPECS
from xlroi.cells.hosts.calc import files
from xlroi.cells.hosts.calc_values import CODES
from xlroi.cells.hosts.worker import Worker
from xlroi.proof.libreoffice import ERROR_CODES, find_python, find_soffice
from xlroi.values import DIV0, NA, NUM, VALUE, CellValue, ExcelError

FUNCTIONS = declared_functions()
NOBODY = "65534"
# LibreOffice installs nothing for root, so root becomes nobody; who still may read the interpreter in root's own home.
AS_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
]


class Calc:
    """One LibreOffice with the extension."""

    def __init__(self, scratch: Path) -> None:
        (scratch / "xlroi.oxt").write_bytes(files()["xlroi.oxt"])
        shutil.copy(Path(__file__).with_name("calc_office.py"), scratch)
        shutil.copy(Path(proof.__file__).with_name("libreoffice_worker.py"), scratch)
        self.scratch, root = scratch, os.geteuid() == 0
        if root:
            shutil.chown(scratch, int(NOBODY), int(NOBODY))
        self.process = subprocess.Popen(
            [*AS_NOBODY * root, find_python(), str(scratch / "calc_office.py"), find_soffice(), str(scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={n: v for n, v in os.environ.items() if not n.startswith("PYTHON")} | {"HOME": str(scratch)},
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.version: tuple[int, ...] = ()

    def started(self) -> Calc:
        """Itself, as soon as LibreOffice is there."""
        self.version = tuple(map(int, self._answer().split(".")[:2]))
        return self

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("")

    def _answer(self) -> Any:
        line = self._lines.get(timeout=180)
        assert '"answer"' in line, line or "LibreOffice ended without an answer"
        return json.loads(line)["answer"]

    def ask(self, command: str, **arguments: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def sheet(self, cells: Mapping[str, Any], arrays: Mapping[str, str] | None = None) -> dict[str, list[list[Any]]]:
        """Rows of values by cell and by area of an array formula."""
        answer = self.ask("sheet", cells=cells, arrays=arrays or {})
        return {
            area: [
                [ERROR_CODES[code] if code else value for value, code in zip(row, codes, strict=True)]
                for row, codes in zip(rows, answer["codes"][area], strict=True)
            ]
            for area, rows in answer["values"].items()
        }

    def values(self, formulas: list[str], cells: Mapping[str, Any] | None = None) -> list[CellValue]:
        """The value of each formula, in a sheet that holds these cells too."""
        places = {f"ZZ{row}": formula for row, formula in enumerate(formulas, 1)}
        found = self.sheet({**(cells or {}), **places})
        return [found[place][0][0] for place in places]

    def stop(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        with contextlib.suppress(ProcessLookupError):  # nothing of it is left, which is the aim
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        shutil.rmtree(self.scratch, ignore_errors=True)


@pytest.fixture(scope="module")
def calc() -> Iterator[Calc]:
    """Started once. Its folder is one that nobody may enter, which pytest's own are not."""
    office = Calc(Path(tempfile.mkdtemp(prefix="xlroi-calc-")))
    try:
        yield office.started()
    finally:
        office.stop()


def written(value: Any) -> str:
    """An argument in a formula as LibreOffice's interfaces write it."""
    if value is None:
        return ""
    if isinstance(value, list):
        rows = value if isinstance(value[0], list) else [[cell] for cell in value]
        return "{" + "|".join(";".join(map(written, row)) for row in rows) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def formula(name: str, *given: Any) -> str:
    return f"={name}({';'.join(map(written, given))})"


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, (str, ExcelError)) or expected is None:
        return bool(found == (expected or ""))
    return bool(found == pytest.approx(expected, rel=1e-12, abs=0))


def test_every_function_gives_the_value_of_plain_python(calc: Calc) -> None:
    found = calc.values([formula(f.name, *f.example) for f in FUNCTIONS])
    for function, value in zip(FUNCTIONS, found, strict=True):
        plain = getattr(cells, function.name)(*function.example)
        assert same(value, plain[0][0] if isinstance(plain, list) else plain), f"{function.name}: {value}, not {plain}"
        assert function.value is None or value == pytest.approx(function.value, rel=1e-9)


def test_tables_fill_an_array_formula(calc: Calc) -> None:
    asked = {
        "AI_SCHEDULE": ("roi", "closing"),
        "AI_TORNADO": ("roi", "npv"),
        "AI_SIMULATE": ("roi", "npv", None, 256, 7),
    }
    for name, given in asked.items():
        plain = getattr(cells, name)(*given)
        area = f"A1:{'ABCDEFGH'[len(plain[0]) - 1]}{len(plain)}"
        found = calc.sheet({}, {area: formula(name, *given)})[area]
        assert len(plain) > 3
        assert same(found, plain), name


def test_ranges_of_cells_meet_as_in_plain_python(calc: Calc) -> None:
    data = {"A1": 150000, "A2": 200000, "A3": 250000, "B1": 24, "B2": -1, "C1": 12, "D1": 36, "E1": 100, "E2": "x"}
    asked = {
        "H1:H3": ("=AI_TCO(A1:A3;15000;24)", [[[150000], [200000], [250000]], 15000, 24]),
        "I1:I3": ("=AI_TCO(A1:A3;15000;B1:B3)", [[[150000], [200000], [250000]], 15000, [[24], [-1], [None]]]),
        "J1:K3": ("=AI_TCO(A1:A3;15000;C1:D1)", [[[150000], [200000], [250000]], 15000, [[12, 36]]]),
        "L1:L3": ("=AI_RESIDUAL(A1:A3;1;E1:E3)", [[[150000], [200000], [250000]], 1, [[100], ["x"], [None]]]),
        "M1:M3": ("=AI_ROI(A1:A3;B1:B2)", [[[150000], [200000], [250000]], [[24], [-1]]]),
        "N1:N2": ("=AI_TCO(A1:A2*2;15000;24)", [[[300000], [400000]], 15000, 24]),
    }
    found = calc.sheet(data, {area: text for area, (text, _) in asked.items()})
    for area, (text, given) in asked.items():
        name = text[1 : text.index("(")]
        assert same(found[area], getattr(cells, name)(*given)), text


def test_pairs_and_flows_come_from_cells(calc: Calc) -> None:
    data = {"A1": "contingency", "B1": 0.1, "A3": "period_months", "B3": 36, "C1": -1000, "C2": 400, "C3": 700}
    data |= {"D1": 39448, "D2": 39508, "D3": 39751}
    found = calc.values(
        [
            '=AI_CASE("roi";"total_cost";A1:B3)',
            "=AI_IRR(C1:C3)",
            "=AI_XIRR(C1:C3;D1:D3)",
            "=AI_NPV(AI_ROI(1.1;1);C1:C3)",
            "=AI_IRR(C1:C4)",
            "=AI_IRR(C1)",
        ],
        data,
    )
    flows, dates = [-1000, 400, 700], [39448, 39508, 39751]
    pairs = [["contingency", 0.1], [None, None], ["period_months", 36]]
    expected = [
        cells.AI_CASE("roi", "total_cost", pairs),
        cells.AI_IRR(flows),
        cells.AI_XIRR(flows, dates),
        cells.AI_NPV(cells.AI_ROI(1.1, 1), flows),
        VALUE,
        NUM,
    ]
    assert [v for v, e in zip(found, expected, strict=True) if not same(v, e)] == []


def test_missing_arguments_take_their_defaults(calc: Calc) -> None:
    asked: list[tuple[str, list[Any]]] = [
        ("AI_TCO", [150000, 15000, 24, None, 0.1]),
        ("AI_TCO", [150000, 15000]),
        ("AI_TCO", [150000, None, 24]),
        ("AI_RESIDUAL", [100, 1]),
        ("AI_RESIDUAL", [100, 1, None]),
        ("AI_API_COST", [1, 1, 2, 3, 0.5]),
        ("AI_DEPRECIATION", [100, 0, 5, 1]),
        ("AI_IRR", []),
        ("AI_CASE", ["roi", "total_cost", None, "optimistic"]),
    ]
    found = calc.values([formula(name, *given) for name, given in asked])
    for (name, given), value in zip(asked, found, strict=True):
        needed = len(next(s for s in SPECS if s.name == name).parameters)
        assert same(value, getattr(cells, name)(*given, *[None] * (needed - len(given)))), (name, given, value)


def test_errors_are_exactly_those_of_plain_python(calc: Calc) -> None:
    asked: list[tuple[str, list[Any], ExcelError]] = [
        ("AI_ROI", [1, 0], DIV0),
        ("AI_PAYBACK", [1000, -1], NA),
        ("AI_TCO", [1, 1, -1], NUM),
        ("AI_TCO", [1e308, 1e308, 100], NUM),
        ("AI_TCO", ["x", 1, 1], VALUE),
        ("AI_TCO", ["5", 1, 1], VALUE),
        ("AI_DEPRECIATION", [100, 0, 5, 1, "DDDB"], VALUE),
        ("AI_DEPRECIATION", [100, 0, 5, 1, ""], VALUE),
        ("AI_IRR", [[1, 2]], NUM),
        ("AI_PRICE", ["no such thing"], NA),
        ("AI_CASE", ["no such model", "npv"], VALUE),
        ("AI_CASE", ["roi", "npv", [["no_input", 1]]], VALUE),
    ]
    found = calc.values([formula(name, *given) for name, given, _ in asked])
    for (name, given, expected), value in zip(asked, found, strict=True):
        assert value == expected, (name, given, value)
        needed = len(next(s for s in SPECS if s.name == name).parameters)
        assert getattr(cells, name)(*given, *[None] * (needed - len(given))) == expected


def test_errors_of_other_cells_pass_through(calc: Calc) -> None:
    data = {"A1": "=1/0", "A2": "=NA()", "A3": '="x"*1', "A4": "=SQRT(-1)", "A5": "=AI_ROI(1;0)", "B1": 1, "B2": "=1/0"}
    single = calc.values([f"=AI_TCO(A{row};1;1)" for row in range(1, 6)], data)
    assert single == [DIV0, NA, VALUE, NUM, DIV0]
    assert calc.values(['=AI_CASE("roi";A1)', "=AI_IRR(A2)"], data) == [DIV0, NA]
    # Calc does not call an add-in at all where one cell of a range holds an error: the whole answer is an error,
    # that of the cell in a computed range, and Err:504 in a range of cells.
    found = calc.sheet(data, {"D1:D2": "=AI_TCO(B1:B2*1;1;1)", "E1:E2": "=AI_TCO(B1:B2;1;1)", "F1": "=AI_IRR(B1:B2)"})
    assert (found["D1:D2"], found["E1:E2"], found["F1"]) == ([[DIV0], [DIV0]], [[VALUE], [VALUE]], [[VALUE]])


def test_results_work_inside_other_formulas(calc: Calc) -> None:
    asked: dict[str, CellValue] = {
        "=AI_TCO(1;1;1)+1": 3.0,
        "=ROUND(AI_TCO(1;1;1)/3;2)": 0.67,
        '=IF(AI_TCO(1;1;1)>1;"yes";"no")': "yes",
        '="a"&AI_TCO(1;1;1)': "a2",
        "=SUM(AI_TCO(1;1;1);2)": 4.0,
        "=IFERROR(AI_ROI(1;0);7)": 7.0,
        "=ISNA(AI_PAYBACK(1000;-1))": 1.0,
        "=AI_ROI(AI_TCO(1;1;1);1)": 1.0,
        "=EDATE(39448;AI_TCO(1;1;1))": 39508.0,
        '=INDEX(AI_TORNADO("roi";"npv");1;1)': "Additional monthly revenue",
    }
    assert dict(zip(asked, calc.values(list(asked)), strict=True)) == asked


def test_what_calc_cannot_tell_an_add_in_is_as_documented(calc: Calc) -> None:
    """An empty cell alone is the number 0, as for Calc's own functions, and TRUE is 1."""
    asked = [
        "=AI_RESIDUAL(100;1;A1)",
        "=AI_RESIDUAL(100;1;A1:A1)",
        "=AI_DEPRECIATION(100;0;5;1;A1)",
        "=AI_TCO(TRUE();1;1)",
    ]
    found = calc.values([*asked, '=AI_CASE("roi";"total_cost";A1)'])
    expected = [100.0, cells.AI_RESIDUAL(100, 1), cells.AI_DEPRECIATION(100, 0, 5, 1), 2.0, 510000.0]
    assert same(found, expected)


def test_the_function_wizard_knows_names_arguments_and_help(calc: Calc) -> None:
    known = calc.ask("functions")
    financial = 3
    assert known == {s.name: [s.summary, financial, [[p.name, p.help, True] for p in s.parameters]] for s in SPECS}


def test_an_excel_file_finds_the_functions(calc: Calc) -> None:
    """By the short name from LibreOffice 25.2 on; in 7.4 by the full one, or once the formula is entered again."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["A2"] = "=ORG.XLROI.FUNCTIONS.AI_TCO(1,1,1)", "=AI_TCO(1,1,1)"
    path = calc.scratch / "book.xlsx"
    book.save(path)
    path.chmod(0o644)
    opened = calc.ask("open", path=str(path))["book"]
    calc.ask("recalculate", book=opened)
    (sheet,) = calc.ask("values", book=opened, sheets=["Sheet"])
    calc.ask("close", book=opened)
    ((_, _, rows),) = sheet["blocks"]
    assert rows[0] == [2.0]
    if calc.version == (7, 4):
        assert sheet["errors"] == [[0, 1, 525]]
    elif calc.version >= (25, 2):
        assert rows[1] == [2.0]


def test_two_extensions_are_the_same_bytes_and_load_the_standard_library_alone() -> None:
    made = files()["xlroi.oxt"]
    assert made == files()["xlroi.oxt"]
    loaded = set()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                for node in ast.parse(archive.read(name)).body:
                    loaded |= {node.module} if isinstance(node, ast.ImportFrom) else set()
                    loaded |= {a.name for a in node.names} if isinstance(node, ast.Import) else set()
    others = {str(name).partition(".")[0] for name in loaded} - sys.stdlib_module_names
    assert others == {"xlroi_in_calc", "unohelper", "com", "org"}


def test_errors_have_the_codes_that_recalculation_reads() -> None:
    assert {ERROR_CODES[code]: code for code in CODES.values()} == CODES


def test_a_worker_that_cannot_answer_is_not_available(tmp_path: Path) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nsleep 60\n")
    silent.chmod(0o755)
    worker = Worker(str(silent), seconds=0.2)
    first = worker.call("AI_CASE", ["roi", "total_cost", None, None])
    assert (first, first.message) == (NA, "AI_CASE did not answer within 0.2 s")
    assert worker.call("AI_SCHEDULE", ["roi", "closing", None]).message == first.message  # at once, while it rests
    gone = Worker(shutil.which("true") or "true").call("AI_CASE", ["roi", "total_cost", None, None])
    assert (gone, "ended without an answer" in gone.message) == (NA, True)


def test_a_worker_that_died_is_replaced_and_keeps_messages() -> None:
    worker = Worker(sys.executable)
    try:
        assert worker.call("AI_CASE", ["roi", "total_cost", None, None]) == 510000
        assert "no such" in worker.call("AI_CASE", ["no such", "npv", None, None]).message
        assert worker.call("AI_CASE", [cells.AI_ROI(1, 0), "npv", None, None]).message == "a division by 0"
        worker.stop()
        assert worker.call("AI_CASE", ["roi", "total_cost", None, None]) == 510000
    finally:
        worker.stop()
