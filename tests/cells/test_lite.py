"""xlwings Lite: the very files that a user uploads, run by Pyodide in Node, against the functions called in Python.

This is a contract test. Pyodide is the one that xlwings Lite builds on, and payloads have the shape of Office.js; but
the xlwings of Lite and Excel are not here: tests/tools/lite_xlwings.py stands in for them as their documentation says.
NumPy's wheel for Pyodide is not in the npm package and out of reach here, so that the functions must do without it.
"""

from __future__ import annotations

import ast
import json
import math
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from xlroi import cells
from xlroi.cells.catalogue import Declared, declared_functions
from xlroi.cells.hosts.lite import MODULE, files, left_out
from xlroi.cells.runtime import CellError
from xlroi.values import ERRORS, VALUE

TOOLS = Path(__file__).parents[1] / "tools"
FUNCTIONS = [f for f in declared_functions() if f.name not in left_out()]
RANGES = ("numbers", "dates")


@dataclass(frozen=True)
class Asked:
    """A call with plain values: ``None`` is an argument left out, and in a range a cell with an empty text."""

    function: str
    arguments: tuple[Any, ...]
    why: str

    def payload(self) -> list[Any]:
        count = next(len(f.arguments) for f in FUNCTIONS if f.name == self.function)
        missing = [None] * (count - len(self.arguments))
        return [f"XLROI.{self.function}", [*(_sent(a) for a in self.arguments), *missing]]


def _sent(value: Any) -> Any:
    """An argument as Office.js sends it: everything a range, and a lack of it null."""
    if value is None:
        return None
    rows = value if isinstance(value, list) else [[value]]
    rows = rows if isinstance(rows[0], list) else [[cell] for cell in rows]
    return [[_sent_cell(cell) for cell in row] for row in rows]


def _sent_cell(cell: Any) -> Any:
    if isinstance(cell, str) and cell in ERRORS:
        return {"type": "Error", "basicValue": str(cell)}
    return "" if cell is None else cell


def _asked() -> Iterator[Asked]:
    for function in FUNCTIONS:
        yield from _calls(function)
    yield Asked("AI_TCO", ([[1000.0, 2000.0], [None, "x"]], [[10.0, 20.0]], 12), "a table and a row")
    yield Asked("AI_TCO", ([[1000.0], [2000.0]], [[10.0], [20.0], [30.0]], 12), "columns that differ in length")
    yield Asked("AI_TCO", ([[1000.0, 2000.0]], 10, 12), "a row stays a row")
    yield Asked("AI_NPV", (0.1, [[1.0, 2.0, 3.0]]), "flows in a row")
    yield Asked("AI_IRR", ([[-70000, 12000], [15000, 50000]],), "flows in a table")
    yield Asked("AI_XIRR", ([-100, 110], [[45000], [45365.5]]), "a day with a time")


def _calls(function: Declared) -> Iterator[Asked]:
    example = [*function.example, *[None] * (len(function.arguments) - len(function.example))]
    yield Asked(function.name, tuple(example), "the example")
    for place, argument in enumerate(function.arguments):
        spoilt = (
            [[-100.0], [None], [60.0]] if argument.kind in RANGES else [[example[place]], [2], [None], ["x"], ["#N/A"]]
        )
        for value in (None, "abc", True, 0, -3.5, 1e300, 39448, *map(str, ERRORS), spoilt):
            arguments = (*example[:place], value, *example[place + 1 :])
            yield Asked(function.name, arguments, f"{argument.name} is {value}")


ASKED = list(_asked())


@pytest.fixture(scope="module")
def host() -> dict[str, Any]:
    """All calls in one process of Node: Pyodide takes some seconds to start."""
    assert (TOOLS / "node_modules" / "pyodide").exists(), "Pyodide is missing: run 'make setup', which installs it"
    mine = {name: content.decode() for name, content in files().items()}
    given = {
        "files": {**mine, "xlwings.py": (TOOLS / "lite_xlwings.py").read_text(encoding="utf-8")},
        "calls": [asked.payload() for asked in ASKED],
    }
    done = subprocess.run(
        ["node", "lite_host.mjs"],
        cwd=TOOLS,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("function", [f.name for f in FUNCTIONS])
def test_a_call_in_lite_gives_what_python_gives(host: dict[str, Any], function: str) -> None:
    wrong = []
    for asked, answer in zip(ASKED, host["answers"], strict=True):
        if asked.function == function:
            expected = _expected(getattr(cells, function)(*asked.arguments))
            if not _same(answer.get("result", answer), expected):
                wrong.append((asked.why, asked.arguments, answer, expected))
    assert wrong == []


def _expected(value: Any) -> Any:
    """The answer of the host to it: a #VALUE! carries its message, the other errors are values."""
    if isinstance(value, CellError) and value == VALUE and value.message:
        return {"error": "#VALUE!", "message": value.message}
    rows = value if isinstance(value, list) else [[value]]
    return [[_sent_cell(cell) for cell in (row if isinstance(row, list) else [row])] for row in rows]


def _same(found: Any, expected: Any) -> bool:
    match found, expected:
        case [*_], [*_]:
            return len(found) == len(expected) and all(map(_same, found, expected))
        case {"error": error, "message": message}, {"error": _}:
            return bool((error, message) == (expected["error"], expected["message"]))
        case ((bool() | str() | dict()), _):
            return bool(found == expected)
        case ((int() | float()), (int() | float())):
            return math.isclose(found, expected, rel_tol=1e-12)
    return False


def test_an_example_has_the_value_of_its_source(host: dict[str, Any]) -> None:
    values = {f.name: f.value for f in FUNCTIONS if f.value is not None}
    for asked, answer in zip(ASKED, host["answers"], strict=True):
        if asked.why == "the example":
            assert answer["result"] == [[pytest.approx(values.pop(asked.function), rel=1e-9)]]
    assert values == {}


def test_every_function_is_registered_as_the_catalogue_has_it(host: dict[str, Any]) -> None:
    assert {about["name"] for about in host["about"]} == {f"XLROI.{f.name}" for f in FUNCTIONS}
    for about, function in zip(host["about"], FUNCTIONS, strict=True):
        assert about["description"] == function.summary
        assert [p["name"] for p in about["parameters"]] == [a.name for a in function.arguments]
        assert [p["optional"] for p in about["parameters"]] == [a.default is not None for a in function.arguments]
        for parameter, argument in zip(about["parameters"], function.arguments, strict=True):
            assert parameter["description"].startswith(argument.help[:200])
            assert len(parameter["description"]) <= 255


def test_the_functions_run_on_the_standard_library_alone(host: dict[str, Any]) -> None:
    assert not {"numpy", "xlroi", "pandas"} & set(host["modules"])


def test_what_is_left_out_is_said(host: dict[str, Any]) -> None:
    prices, models = {"AI_PRICE", "AI_PRICE_DATE", "AI_PRICE_SOURCE"}, {"AI_CASE", "AI_SCHEDULE"}
    assert set(host["leftOut"]) == prices | models | {"AI_TORNADO", "AI_SIMULATE"} == set(left_out())
    head = ast.get_docstring(ast.parse(files()[f"{MODULE}.py"])) or ""
    assert all(name in head for name in left_out())


def test_the_files_are_the_same_each_time_and_define_each_name_once() -> None:
    assert files() == files()
    body = ast.parse(files()[f"{MODULE}.py"]).body
    names = Counter(n.name for n in body if isinstance(n, (ast.FunctionDef, ast.ClassDef)))
    names.update(t.id for n in body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name))
    assert [name for name, times in names.items() if times > 1] == []


def test_nothing_is_imported_that_needs_a_licence() -> None:
    tree = ast.parse(files()[f"{MODULE}.py"])
    taken = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("xlwings")]
    assert [(n.module, sorted(a.name for a in n.names)) for n in taken] == [
        ("xlwings", ["XlwingsError", "arg", "func"])
    ]
