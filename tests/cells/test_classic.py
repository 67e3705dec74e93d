"""Classic xlwings: a contract test below Excel. No Excel runs here and no COM.

xlwings' own code is asked: what it reads from the functions, the VBA that it would write, and how its COM server hands
arguments to Python and answers back; pywin32 alone is a stub (``windows.py``, in a process of its own). That Excel
takes the VBA, and what it then shows, no test here says; what the module adds of its own runs in LibreOffice's Basic.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xlroi import cells
from xlroi.cells.catalogue import Declared, declared_functions
from xlroi.cells.generated import SPECS
from xlroi.cells.hosts.addin import MODULE, texts
from xlroi.proof.libreoffice import find_python, find_soffice

HERE = Path(__file__).parent
FUNCTIONS = declared_functions()

MISSING = -2147352572  # DISP_E_PARAMNOTFOUND
DIV0, NOT_THERE, SPILL = -2146826281, -2146826246, -2146826243  # 0x800A0000 + 2007, 2042, 2045

FLOWS = [-10000.0, 2750.0, 4250.0, 3250.0, 2750.0]
DAYS = ["2008-01-01", "2008-03-01", "2008-10-30", "2009-02-15", "2009-04-01"]
SERIALS = [39448.0, 39508.0, 39751.0, 39859.0, 39904.0]
NONE = [MISSING, MISSING, MISSING]


def cell(value: Any) -> dict[str, Any]:
    return {"range": value}


def column(*values: Any) -> dict[str, Any]:
    return {"range": [[v] for v in values]}


def row(*values: Any) -> dict[str, Any]:
    return {"range": [list(values)]}


# Name of the behaviour, function, arguments as pywin32 hands them over, answer of the COM server.
BEHAVIOURS: list[tuple[str, str, list[Any], Any]] = [
    ("missing arguments take their defaults", "AI_TCO", [150000.0, 15000.0, 24.0, *NONE], 510000.0),
    ("so does an empty cell", "AI_TCO", [150000.0, 15000.0, 24.0, cell(None), MISSING, MISSING], 510000.0),
    ("a cell is its value", "AI_TCO", [cell(150000.0), cell(15000.0), cell(24.0), *NONE], 510000.0),
    ("a missing argument that is needed", "AI_ROI", [1.0, MISSING], "#VALUE!"),
    ("an empty cell that is needed", "AI_ROI", [1.0, cell(None)], "#VALUE!"),
    ("a text where a number belongs", "AI_ROI", [cell("much"), 1.0], "#VALUE!"),
    ("a text that looks like a number is a text", "AI_ROI", [cell("12"), 1.0], "#VALUE!"),
    ("an empty text is no empty cell", "AI_RESIDUAL", [40000.0, 3.0, cell("")], "#VALUE!"),
    ("TRUE where a number belongs", "AI_ROI", [cell(True), 1.0], "#VALUE!"),
    ("TRUE where it belongs", "AI_RISK_ADJUSTED", [100.0, 0.25, cell(True)], 125.0),
    ("a broken bound", "AI_ROI", [1.0, -1.0], "#NUM!"),
    ("a division by 0", "AI_ROI", [1.0, 0.0], "#DIV/0!"),
    ("never paid back", "AI_PAYBACK", [1000.0, -1.0, MISSING], "#N/A"),
    ("an error comes through", "AI_ROI", [cell(NOT_THERE), 1.0], "#N/A"),
    ("another one too", "AI_ROI", [1.0, cell(DIV0)], "#DIV/0!"),
    ("an error of a nested formula", "AI_ROI", [DIV0, 1.0], "#DIV/0!"),
    ("an error without a name here is no number", "AI_ROI", [cell(SPILL), 1.0], "#VALUE!"),
    ("an error inside a range", "AI_NPV", [0.1, column(1.0, NOT_THERE)], "#N/A"),
    ("a column gives a column", "AI_ROI", [column(3.0, 5.0), 2.0], [[0.5], [1.5]]),
    ("a row gives a row", "AI_ROI", [row(3.0, 5.0), 2.0], [0.5, 1.5]),
    ("a block gives a block", "AI_ROI", [cell([[3.0, 5.0], [1.0, 2.0]]), 2.0], [[0.5, 1.5], [-0.5, 0.0]]),
    ("a column meets a row", "AI_ROI", [column(3.0, 6.0), row(1.0, 2.0)], [[2.0, 0.5], [5.0, 2.0]]),
    ("an array constant is a row", "AI_ROI", [[3.0, 5.0], 2.0], [0.5, 1.5]),
    ("each cell has its own error", "AI_ROI", [column(3.0, "x", None, NOT_THERE), 2.0],
     [[0.5], ["#VALUE!"], ["#VALUE!"], ["#N/A"]]),
    ("what has no partner is #N/A", "AI_ROI", [column(3.0, 5.0, 7.0), column(2.0, 2.0)], [[0.5], [1.5], ["#N/A"]]),
    ("one cell is a range too", "AI_PAYBACK_FLOWS", [cell(1.0)], 0.0),
    ("ranges of unequal length", "AI_XNPV", [0.09, column(*FLOWS), column(*SERIALS[1:])], "#NUM!"),
    ("a row of flows and a column of dates", "AI_XIRR", [row(*FLOWS), column(*SERIALS)], pytest.approx(0.3733625335)),
    ("dates of VBA", "AI_XNPV", [0.09, column(*FLOWS), [{"date": d} for d in DAYS]], pytest.approx(2086.647602)),
    ("a table with texts", "AI_CASE", ["roi", "total_cost", cell([["period_months", 36.0], [None, None]]), MISSING],
     690000.0),
    ("a model that is not there", "AI_CASE", ["nosuch", "npv", MISSING, MISSING], "#VALUE!"),
]  # fmt: skip


def handed(value: Any) -> Any:
    """An argument of an example as cells: numbers are floats, a list is a column."""
    if isinstance(value, list):
        return {"range": [r if isinstance(r, list) else [handed(r)] for r in value]}
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def answered(value: Any) -> Any:
    """A value as the COM server gives it: one value bare, one row as a list."""
    rows = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
    return json.loads(json.dumps(rows[0] if len(rows) == 1 else rows))


def example(function: Declared) -> list[Any]:
    return [*map(handed, function.example), *[MISSING] * (len(function.arguments) - len(function.example))]


@pytest.fixture(scope="session")
def windows() -> dict[str, Any]:
    calls = [(name, arguments) for _, name, arguments, _ in BEHAVIOURS] + [(f.name, example(f)) for f in FUNCTIONS]
    done = subprocess.run(
        [sys.executable, str(HERE / "windows.py")], input=json.dumps(calls), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_xlwings_reads_names_defaults_and_help_of_every_function(windows: dict[str, Any], spec: Any) -> None:
    known = windows["known"][spec.name]
    assert known["doc"] == spec.summary
    assert known["category"] == f"xlroi {spec.category}"
    assert (known["call_in_wizard"], known["volatile"]) == (True, False)
    for argument, parameter in zip(known["arguments"], spec.parameters, strict=True):
        assert argument["name"] == parameter.name
        assert argument["optional"] == ("-" if parameter.required else None)
        assert argument["doc"].startswith(parameter.help)
        assert len(argument["doc"]) <= 255
    assert known["hints"] == ["convert"], "a type hint would change what arrives"


def test_xlwings_finds_the_functions_of_the_catalogue_and_no_others(windows: dict[str, Any]) -> None:
    assert windows["known"].keys() == {s.name for s in SPECS}


@pytest.mark.parametrize("number", range(len(BEHAVIOURS)), ids=[b[0] for b in BEHAVIOURS])
def test_the_com_server_answers(windows: dict[str, Any], number: int) -> None:
    assert windows["answers"][number] == BEHAVIOURS[number][3]


@pytest.mark.parametrize("number", range(len(FUNCTIONS)), ids=[f.name for f in FUNCTIONS])
def test_the_answer_is_that_of_plain_python(windows: dict[str, Any], number: int) -> None:
    function = FUNCTIONS[number]
    plain = getattr(cells, function.name)(*function.example)
    assert windows["answers"][len(BEHAVIOURS) + number] == answered(plain)


def test_a_fault_is_an_error_and_no_text() -> None:
    code = (
        "from xlroi.cells import generated\n"
        "def broken(total_benefit, total_cost): raise KeyError('x')\n"
        "generated.AI_ROI = broken\n"
        "from xlroi.cells.hosts import classic\n"
        "print(repr(classic.AI_ROI(1.0, 2.0)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "#VALUE!\n"


# ---- the VBA module --------------------------------------------------------------------------------------------------


def vba() -> str:
    return texts()["xlroi.bas"].decode("ascii").replace("\r\n", "\n")


def test_the_module_is_the_golden_one() -> None:
    """After a change on purpose take xlroi.bas of "xlroi addin install --folder …", its lines ended by LF."""
    assert vba() == (HERE / "golden/xlroi.bas").read_text(encoding="ascii")


def test_the_functions_are_what_xlwings_writes_but_for_errors(windows: dict[str, Any]) -> None:
    text = vba()
    ours = text[text.index("Function ") : text.index("Sub Xlroi")]
    ours = ours.replace("XlroiShown(XlroiPy", "XLPy").replace("XlroiFailed(Err.Description)", "Err.Description")
    lines = [line.removesuffix(")") if " = XLPy.CallUDF(" in line else line for line in ours.splitlines()]
    assert lines == windows["vba"].splitlines()


def test_the_vba_editor_can_read_the_module() -> None:
    raw = texts()["xlroi.bas"]
    assert raw.isascii()
    assert raw.startswith(f'Attribute VB_Name = "{MODULE}"\r\n'.encode())
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.splitlines())) < 1024


def test_no_argument_has_a_name_that_vba_keeps_for_itself() -> None:
    """The words of [MS-VBAL] 3.3.5.2, whatever their case."""
    reserved = set((HERE / "golden/vba_reserved.txt").read_text(encoding="ascii").split())
    assert [p.name for s in SPECS for p in s.parameters if p.name.lower() in reserved] == []


PROBES = """
Function Probe1() As Variant
    Probe1 = CStr(XlroiShown("#N/A")) & ", " & XlroiShown(2.5) & ", " & XlroiShown("text") & ", " & XlroiShown(True)
End Function
Function Probe2() As Variant
    Dim x As Variant
    x = XlroiShown(Array(1.5, "#NUM!", "a"))
    Probe2 = x(0) & ", " & CStr(x(1)) & ", " & x(2)
End Function
Function Probe3() As Variant
    Dim given(1, 1) As Variant, x As Variant
    given(0, 0) = 1
    given(0, 1) = "#DIV/0!"
    given(1, 0) = "a"
    given(1, 1) = "#VALUE!"
    x = XlroiShown(given)
    Probe3 = x(0, 0) & ", " & CStr(x(0, 1)) & ", " & x(1, 0) & ", " & CStr(x(1, 1))
End Function
Function Probe4() As Variant
    Probe4 = CStr(XlroiFailed("no Python")) & ", " & XlroiFailure
End Function
Function Probe5() As Variant
    Probe5 = Not (XlroiPy Is Nothing)
End Function
Function Probe6() As Variant
    Dim python As Object
    On Error GoTo refused
    Suspicious = True
    Set python = XlroiPy
    Probe6 = "started"
    Exit Function
refused:
    Probe6 = Left(Err.Description, 44)
End Function
Function Probe7() As Variant
    Dim python As Object
    On Error GoTo refused
    Suspicious = False
    NameInFront = "C:\\x^&calc&.xlsx"
    Set python = XlroiPy
    Probe7 = "started"
    Exit Function
refused:
    Probe7 = Left(Err.Description, 43)
End Function
"""


# What the module finds in xlwings', for one workbook with a sheet of settings and one without.
STAND_INS = """
Private Suspicious As Boolean
Private NameInFront As String
Private Function XlroiInFront() As String
    XlroiInFront = NameInFront
End Function
Private Function SheetExists(wb As Variant, sheetName As String) As Boolean
    SheetExists = Suspicious And sheetName = "myaddin.conf"
End Function
Private Function ActiveWorkbook() As Variant
    ActiveWorkbook = "a workbook"
End Function
Private Function XLPy() As Object
    Set XLPy = ThisComponent
End Function
"""


def test_errors_become_errors_and_a_suspicious_workbook_starts_nothing(tmp_path: Path) -> None:
    """The module's own helpers, run by LibreOffice's Basic, which knows VBA's CVErr; the numbers are Excel's."""
    text = vba()
    head = 'Private XlroiFailure As String\nConst PROJECT_NAME = "myaddin"\n'
    helpers = text[text.index("'A sheet of this name") :]
    done = subprocess.run(
        [find_python(), str(HERE / "basic.py"), find_soffice(), str(tmp_path), *(f"Probe{n}" for n in range(1, 8))],
        input=f"Option VBASupport 1\nOption Explicit\n{head}{STAND_INS}{helpers}{PROBES}",
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [
        "Error 2042, 2.5, text, True",
        "1.5, Error 2036, a",
        "1, Error 2007, a, Error 2015",
        "Error 2015, no Python",
        True,
        "This workbook has a sheet myaddin.conf, by w",
        "The name or folder of this workbook holds ^",
    ]
