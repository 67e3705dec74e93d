"""Stands in for xlwings under Pyodide: what the documentation of xlwings Lite says of custom functions, and no more.

lite.xlwings.org/custom-functions and the same chapter of xlwings Server: ``func`` with a namespace, ``arg`` with doc,
``ndim`` and ``err_to_str``; a cell as a plain value, one row or column as a list, more as rows; "" as None; an error
as None, or as its text; texts of errors become errors, NaN is #NUM!, and what is raised is #VALUE! with its message.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
REGISTERED: dict[str, Callable[..., Any]] = {}


class XlwingsError(Exception):
    """The error whose text the host shows."""


def func(function: Callable[..., Any] | None = None, *, namespace: str = "") -> Any:
    def registered(inner: Callable[..., Any]) -> Callable[..., Any]:
        name = f"{namespace}.{inner.__name__}".upper().lstrip(".")
        assert name not in REGISTERED, f"{name} twice"
        REGISTERED[name] = inner
        return inner

    return registered if function is None else registered(function)


def arg(name: str, convert: Any = None, **options: Any) -> Any:
    def told(inner: Callable[..., Any]) -> Callable[..., Any]:
        assert name in inspect.signature(inner).parameters, name
        inner.__dict__.setdefault("options", {})[name] = options
        return inner

    return told


def metadata() -> str:
    """What the host registers, in the form of Office.js."""
    return json.dumps([_about(name, function) for name, function in REGISTERED.items()])


def _about(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    parameters = [
        {"name": p.name, "description": _options(function, p.name).get("doc", ""), "optional": p.default is not p.empty}
        for p in inspect.signature(function).parameters.values()
    ]
    return {"name": name, "description": inspect.getdoc(function), "parameters": parameters}


def _options(function: Callable[..., Any], name: str) -> dict[str, Any]:
    return function.__dict__.get("options", {}).get(name, {})


def called(payload: str) -> str:
    """The answer to a call as Office.js hands it over, with ranges for cells and null for what is left out."""
    asked = json.loads(payload)
    function = REGISTERED[asked["func_name"]]
    given = []
    for parameter, value in zip(inspect.signature(function).parameters.values(), asked["args"], strict=True):
        missing = value is None and parameter.default is not parameter.empty
        given.append(parameter.default if missing else _read(value, _options(function, parameter.name)))
    try:
        found = function(*given)
    except Exception as error:  # whatever is raised is a #VALUE! of the cell
        return json.dumps({"error": "#VALUE!", "message": str(error)})
    rows = found if isinstance(found, list) else [[found]]
    rows = rows if isinstance(rows[0], list) else [rows]  # a flat list is a row
    return json.dumps({"result": [[_written(cell) for cell in row] for row in rows]}, allow_nan=False)


def _read(value: Any, options: dict[str, Any]) -> Any:
    rows = value if isinstance(value, list) else [[value]]
    rows = [[_cell(cell, options.get("err_to_str", False)) for cell in row] for row in rows]
    if options.get("ndim") == 2:
        return rows
    if len(rows) == 1:
        return rows[0][0] if len(rows[0]) == 1 else rows[0]
    return [row[0] for row in rows] if len(rows[0]) == 1 else rows


def _cell(cell: Any, errors_as_text: bool) -> Any:
    if isinstance(cell, dict):
        assert cell["type"] == "Error"
        return cell["basicValue"] if errors_as_text else None
    return None if cell == "" else cell


def _written(cell: Any) -> Any:
    assert type(cell) in (float, int, bool, str, type(None)), type(cell)
    if isinstance(cell, float) and math.isnan(cell):
        cell = "#NUM!"
    return {"type": "Error", "basicValue": cell} if cell in ERRORS else "" if cell is None else cell
