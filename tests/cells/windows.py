"""xlwings' own code for classic functions, on any system: pywin32 is a stub, everything above it is the real thing.

Run as a program, so that the stub stays out of other tests: calls come as JSON on standard input, and what xlwings
knows of the functions, the VBA that it writes and the answers of the calls go out as JSON.

A call is the name of a function and its arguments as pywin32 would hand them over: a float, text or truth value, an
integer for an error or a missing argument, ``null`` for an empty cell, lists for an array of VBA, ``{"range": …}``
for a range of cells (a list of rows, or one value) and ``{"date": "2026-01-31"}`` for a date of VBA.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import io
import json
import sys
import types
from typing import Any
from unittest.mock import MagicMock

RANGE = "{00020846-0000-0000-C000-000000000046}"
PYWIN32 = [
    "pythoncom",
    "pywintypes",
    "win32api",
    "win32com",
    "win32com.client",
    "win32com.server",
    "win32com.server.dispatcher",
    "win32com.server.policy",
    "win32com.server.util",
    "win32con",
    "win32event",
    "win32gui",
    "win32process",
    "win32timezone",
]


class Stub(types.ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, MagicMock(name=f"{self.__name__}.{name}"))
        return getattr(self, name)


def refused(*_: Any) -> Any:
    """What pywin32 does where a value is no wrapped Python object."""
    raise ValueError("not wrapped")


def windows_xlwings() -> Any:
    """The package xlwings with the decorators, the engine and the COM server that it has on Windows."""
    stubs: dict[str, Any] = {name: Stub(name) for name in PYWIN32}
    for name, stub in stubs.items():
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(stubs[parent], child, stub)
    stubs["pywintypes"].com_error = stubs["pythoncom"].com_error = type("com_error", (Exception,), {})
    stubs["pywintypes"].TimeType = dt.datetime
    stubs["pywintypes"].IID = str
    stubs["pythoncom"].IID_IDispatch = "dispatch"
    stubs["pythoncom"].TypeIIDs = {"dispatch": type("PyIDispatch", (), {})}
    stubs["win32com.server.util"].unwrap = refused
    client = stubs["win32com.client"]
    client.CDispatch, client.CoClassBaseClass, client.DispatchBaseClass = (type(n, (), {}) for n in "abc")
    client.Dispatch = client.DispatchEx = lambda given, *_, **__: given
    sys.modules.update(stubs)
    ctypes.windll = ctypes.oledll = MagicMock()  # type: ignore[attr-defined]
    stubs["pythoncom"].__file__ = "pythoncom.dll"
    real, ctypes.PyDLL = ctypes.PyDLL, MagicMock()  # type: ignore[assignment,misc]
    import xlwings as xw
    from xlwings import _xlwindows, com_server, udfs

    ctypes.PyDLL = real  # type: ignore[misc]
    # As xlwings/__init__.py does on Windows.
    xw._xlwindows = _xlwindows
    xw.engines.add(xw.main.Engine(impl=_xlwindows.engine))
    xw.func, xw.arg, xw.ret, xw.sub, xw.com_server, xw.udfs = (
        udfs.xlfunc,
        udfs.xlarg,
        udfs.xlret,
        udfs.xlsub,
        com_server,
        udfs,
    )
    return xw


class Cells(MagicMock):
    """A range of COM; ``Value`` fails, as it rounds amounts in a currency format and makes dates of numbers."""

    Value = property(refused)


def com_range(value: Any) -> Any:
    """A range of cells as COM shows one."""
    cells = Cells()
    cells._oleobj_.GetTypeInfo().GetTypeAttr().iid = RANGE
    cells.Value2 = handed_over(value)
    return cells


def handed_over(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(handed_over(v) for v in value)
    if isinstance(value, dict):
        if "range" in value:
            return com_range(value["range"])
        return dt.datetime.fromisoformat(value["date"]).replace(tzinfo=dt.UTC)
    return value


def main() -> None:
    calls = json.load(sys.stdin)
    xw = windows_xlwings()
    from xlroi.cells.hosts import classic

    vba = io.StringIO()
    addin = types.SimpleNamespace(Name="xlroi.xlam")
    xw.udfs.generate_vba_wrapper(classic.__name__, classic, vba, addin)
    known = {
        name: {
            "doc": found.__xlfunc__["ret"]["doc"],
            "category": found.__xlfunc__["category"],
            "call_in_wizard": found.__xlfunc__["call_in_wizard"],
            "volatile": found.__xlfunc__["volatile"],
            "arguments": [{k: a.get(k, "-") for k in ("name", "doc", "optional")} for a in found.__xlfunc__["args"]],
            "hints": sorted({k for a in found.__xlfunc__["args"] for k in a["options"]}),
        }
        for name, found in vars(classic).items()
        if hasattr(found, "__xlfunc__")
    }
    server = xw.com_server.XLPython()
    answers = [
        server.CallUDF(classic.__name__, name, [handed_over(a) for a in arguments], None, MagicMock())
        for name, arguments in calls
    ]
    json.dump({"known": known, "vba": vba.getvalue(), "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
