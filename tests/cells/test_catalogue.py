"""The catalogue of worksheet functions: examples, the committed module, and what it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.tool import tool
from xlroi import cells
from xlroi.cells.catalogue import Declared, declared_functions, functions_from
from xlroi.cells.generated import SPECS
from xlroi.cells.python import module
from xlroi.errors import InputError
from xlroi.model.loading import parse_yaml

FUNCTIONS = declared_functions()


def test_the_committed_module_and_page_are_what_the_catalogue_says() -> None:
    made = tool("worksheet_functions")
    assert made.MODULE.read_text(encoding="utf-8") == module(), "run: python tools/worksheet_functions.py --write"
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run: python tools/worksheet_functions.py --write"


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.value is not None], ids=lambda f: f.name)
def test_the_example_has_the_value_of_its_source(function: Declared) -> None:
    assert getattr(cells, function.name)(*function.example) == pytest.approx(function.value, rel=1e-9)


def test_every_function_that_was_asked_for_is_there() -> None:
    assert {f.name for f in FUNCTIONS} == {s.name for s in SPECS}
    assert len(FUNCTIONS) == 38
    for function in FUNCTIONS:
        assert len(function.summary) <= 255, f"{function.name}: Excel refuses a longer comment"
        assert all(len(a.help) <= 255 for a in function.arguments)


@pytest.mark.parametrize("asked", ["AI_TCO(150000, 15000, 24)", "AI_IRR([-1, 2])", "AI_TCO([1, 2], 1, 12)"])
def test_a_call_on_plain_values_loads_the_standard_library_alone(asked: str) -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom xlroi.cells import AI_IRR, AI_TCO\n"
        f"{asked}\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before} - sys.stdlib_module_names - {'xlroi'}\n"
        "print(sorted(new))\nprint(sorted(m for m in sys.modules if m.startswith('xlroi.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others, own = done.stdout.splitlines()
    assert others == "[]"
    assert "xlroi.formula" not in own
    assert "xlroi.model" not in own


def test_a_bad_formula_of_the_catalogue_is_named_with_its_line() -> None:
    text = (
        "constants: {}\nfunctions:\n  AI_X:\n    category: a\n    summary: b\n"
        "    arguments: {x: {unit: money, help: c}, y: {unit: h, help: d}}\n    formula: x + y\n"
        "    example: {arguments: [1, 2], value: 3, source: e}\n"
    )
    with pytest.raises(InputError, match=r"mine\.yaml:3: functions\.AI_X: '\+' joins different units, money and h"):
        functions_from(parse_yaml(text, "mine.yaml"))
