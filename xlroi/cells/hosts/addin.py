"""The files of the classic add-in: xlroi.xlam out of xlwings' own template, xlroi.bas and README.txt.

The ribbon and the configuration sheet of an .xlam are plain parts of a zip and are written here. Its VBA project is
not: the module xlroi.bas is imported by hand, once.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from xlroi.errors import EngineUnavailable
from xlroi.resources import templates
from xlroi.version import __version__

__all__ = ["ADDIN", "MODULE", "files", "holds_module", "settings_of", "texts"]

ADDIN: Final = "xlroi.xlam"
MODULE: Final = "XlroiAddin"
"""The VBA module of xlroi.bas."""

_HOST: Final = "xlroi.cells.hosts.classic"
_ACTIONS: Final = "xlroi.cells.hosts.actions"
_SHEET: Final = "xl/worksheets/sheet1.xml"
_CLOUDS: Final = ("OneDrive_Consumer", "OneDrive_Commercial", "SharePoint")
_ERRORS: Final = {
    "#NULL!": "xlErrNull",
    "#DIV/0!": "xlErrDiv0",
    "#VALUE!": "xlErrValue",
    "#REF!": "xlErrRef",
    "#NAME?": "xlErrName",
    "#NUM!": "xlErrNum",
    "#N/A": "xlErrNA",
}


@dataclass(frozen=True, slots=True)
class _Button:
    id: str
    label: str
    image: str
    tip: str


_BUTTONS: Final = (
    _Button("Build", "Build workbook", "FileSave", "Writes a new workbook beside this one"),
    _Button("Run", "Run", "MacroPlay", "The outputs, in a new workbook"),
    _Button("Simulate", "Simulate", "ChartTypeColumnInsertGallery", "Percentiles, in a new workbook"),
    _Button("Verify", "Verify", "DataValidation", "Recalculates the saved workbook and compares every formula cell"),
    _Button("Help", "Help", "Help", "The functions, in a new workbook"),
)


def files(interpreter: str = "") -> dict[str, bytes]:
    """The add-in by file name. ``interpreter`` is the Python that Excel starts (default: the one on the path).

    >>> sorted(files())
    ['README.txt', 'xlroi.bas', 'xlroi.xlam']
    """
    return {ADDIN: _xlam(interpreter), **texts()}


def texts() -> dict[str, bytes]:
    """The files that go with the add-in: the VBA module and what to do with it."""
    return {
        # The VBA editor reads the code page of the machine, so the text is plain ASCII; a test holds it to that.
        "xlroi.bas": _text("xlroi.bas.j2", **_module()).replace("\n", "\r\n").encode("ascii"),
        "README.txt": _text("addin_readme.txt.j2", xlwings=version("xlwings")).replace("\n", "\r\n").encode("ascii"),
    }


def _text(name: str, **given: Any) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    environment.filters["vba"] = _vba
    source = templates().joinpath("text", name).read_text(encoding="utf-8")
    return environment.from_string(source).render(module=MODULE, buttons=_BUTTONS, **given)


def _vba(text: str) -> str:
    """A text as VBA writes it.

    >>> print(_vba('a "b" c'))
    "a ""b"" c"
    """
    return '"' + text.replace('"', '""') + '"'


def _module() -> dict[str, Any]:
    from xlroi.cells.generated import SPECS
    from xlroi.cells.wizard import category, explained

    functions = [
        {
            "name": spec.name,
            "signature": ", ".join(p.name if p.required else f"Optional {p.name}" for p in spec.parameters),
            "arguments": ", ".join(p.name for p in spec.parameters),
            "category": category(spec),
            "summary": spec.summary,
            "help": [explained(p) for p in spec.parameters],
        }
        for spec in sorted(SPECS, key=lambda s: s.name)
    ]
    return {"functions": functions, "errors": _ERRORS, "host": _HOST, "actions": _ACTIONS}


def _xlam(interpreter: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(_template()) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            # Without the time of the day two builds are the same file.
            new.writestr(zipfile.ZipInfo(name), _part(name, old.read(name), interpreter), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _template() -> Path:
    """xlwings' add-in with a ribbon, found without importing xlwings."""
    spec = find_spec("xlwings")
    for folder in (spec and spec.submodule_search_locations) or ():
        found = Path(folder, "quickstart_addin_ribbon.xlam")
        if found.is_file():
            return found
    raise EngineUnavailable("xlwings with its add-in template is missing; install it with: pip install xlwings")


def _part(name: str, data: bytes, interpreter: str) -> bytes:
    match name:
        case "customUI/customUI.xml":
            return _text("ribbon.xml.j2").encode()
        case "xl/workbook.xml":
            # The template's sheet has an underscore before its name, by which the add-in passes over it.
            text = _replaced(data.decode(), r'<sheet name="_(\w+\.conf)"', r'<sheet name="\1"')
            text = _replaced(text, r"<mc:AlternateContent .*?</mc:AlternateContent>", "")
            return _replaced(text, r"<extLst>.*?</extLst>", "").encode()  # a resolution that the standard does not know
        case "docProps/core.xml":
            text = _replaced(data.decode(), r"(<dc:creator>).*?(</dc:creator>)", r"\1xlroi\2")
            return _replaced(text, r"(<cp:lastModifiedBy>).*?(</cp:lastModifiedBy>)", r"\1xlroi\2").encode()
        case name if name == _SHEET:
            code_name = re.search(rb'<sheetPr codeName="(\w+)"', data)
            if code_name is None:
                raise _other_template()
            given = {"settings": _settings(interpreter), "code_name": code_name[1].decode()}
            return _text("config_sheet.xml.j2", **given).encode()
        case _:
            return data


def _replaced(text: str, old: str, new: str) -> str:
    text, count = re.subn(old, new, text, flags=re.DOTALL)
    if count != 1:
        raise _other_template()
    return text


def _other_template() -> EngineUnavailable:
    return EngineUnavailable(
        f"the add-in template of xlwings {version('xlwings')} is not built as that of 0.37, from which xlroi makes its "
        'own; install that one: pip install "xlwings==0.37.8"'
    )


def _settings(interpreter: str) -> dict[str, str | bool]:
    """Every setting that xlwings asks for, as it would look for one that is missing in a file beside the workbook.

    Such a file could be a stranger's, and most settings end up in a command line.
    """
    return {
        "Interpreter_Win": interpreter or "python",
        "Interpreter_Mac": "",
        "Interpreter": "",
        "PYTHONPATH": "",
        # Else a numpy.py that lies beside a workbook would run as soon as the workbook is open.
        "ADD_WORKBOOK_TO_PYTHONPATH": "false",
        "UDF Modules": _HOST,
        "Debug UDFs": False,
        "Use UDF Server": False,
        "Show Console": False,
        "Conda Path": "",
        "Conda Env": "",
        "License_Key": "",
        "Temp Dir": "%TEMP%",
        "Show_Error_Popups": "True",
        **{f"{cloud}_{system}": "" for cloud in _CLOUDS for system in ("WIN", "MAC")},
        "xlwings": version("xlwings"),
        "xlroi": __version__,
    }


def settings_of(addin: bytes) -> Mapping[str, str] | None:
    """The settings in an add-in of xlroi, also after Excel saved it; ``None`` for any other file.

    >>> settings_of(files("C:/python.exe")["xlroi.xlam"])["Interpreter_Win"]
    'C:/python.exe'
    """
    try:
        with zipfile.ZipFile(io.BytesIO(addin)) as book:
            names = book.namelist()
            shared = (
                [_words(s) for s in _parsed(book, "xl/sharedStrings.xml")] if "xl/sharedStrings.xml" in names else []
            )
            for name in names:
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    found = _pairs(_parsed(book, name), shared)
                    if {"xlroi", "xlwings"} <= found.keys():
                        return found
    except (zipfile.BadZipFile, ET.ParseError, KeyError, IndexError, ValueError):
        pass
    return None


_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _parsed(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))


def _words(element: ET.Element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{_MAIN}t"))


def _pairs(sheet: ET.Element, shared: list[str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        value = cell.findtext(f"{_MAIN}v", "")
        kind = cell.get("t")
        text = _words(cell) if kind == "inlineStr" else shared[int(value)] if kind == "s" else value
        cells[cell.get("r", "")] = text
    return {text: cells.get(f"B{ref[1:]}", "") for ref, text in cells.items() if ref.startswith("A")}


def holds_module(addin: bytes) -> bool:
    """Whether xlroi.bas was imported: a VBA project names each module in its directory, in UTF-16."""
    with zipfile.ZipFile(io.BytesIO(addin)) as book:
        project = book.read("xl/vbaProject.bin") if "xl/vbaProject.bin" in book.namelist() else b""
    return f"{MODULE}\0".encode("utf-16-le") in project
