"""Why the classic add-in does not work: one finding a cause, each with its way out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from xlroi.cells.hosts.addin import ADDIN, MODULE, holds_module, settings_of
from xlroi.cells.hosts.install import beside
from xlroi.version import __version__

__all__ = ["Finding", "Machine", "findings", "this_machine"]

Status = Literal["ok", "problem", "unknown"]

_OFFICE: Final = r"Software\Microsoft\Office\16.0\Excel\Security\Trusted Locations"
_POLICY: Final = r"Software\Policies\Microsoft\Office\16.0\Excel\Security\Trusted Locations"
_DEFENDER: Final = r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
_NO_CHILD_PROCESSES: Final = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what to do where it is wrong."""

    name: str
    status: Status
    text: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the doctor looks at; a test gives a made-up one.

    ``registry`` answers the value under a hive, a key and a name, or ``None``.
    """

    system: str
    folder: Path | None
    registry: Callable[[str, str, str], str | None]
    has_pywin32: bool


def this_machine(folder: Path | None) -> Machine:
    """The machine that this runs on."""
    return Machine(sys.platform, folder, _registry, find_spec("win32com") is not None)


def _registry(hive: str, key: str, name: str) -> str | None:
    if find_spec("winreg") is None:
        return None
    winreg: Any = import_module("winreg")
    hives = {"HKCR": winreg.HKEY_CLASSES_ROOT, "HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
    try:
        with winreg.OpenKey(hives[hive], key) as opened:
            return str(winreg.QueryValueEx(opened, name)[0])
    except OSError:
        return None


def findings(machine: Machine) -> list[Finding]:
    """Every finding, in the order in which they should be mended."""
    windows = machine.system == "win32"
    found = [_system(machine.system)]
    if windows:
        found += [_excel(machine), _pywin32(machine)]
    if machine.folder is not None:
        found += _addin(machine, machine.folder)
    if windows:
        found += [_trusted(machine), _antivirus(machine)]
    return found


def _system(system: str) -> Finding:
    if system == "win32":
        return Finding("system", "ok", "Windows")
    return Finding(
        "system",
        "problem",
        f"this is {system}; Excel starts Python from an add-in of this kind on Windows only",
        "use the functions in one of the other hosts of docs/hosts.md, or install on a Windows machine",
    )


def _excel(machine: Machine) -> Finding:
    registered = machine.registry("HKCR", r"Excel.Application\CurVer", "") or ""
    number = registered.rpartition(".")[2]
    if not number.isdigit():
        return Finding("excel", "problem", "no Excel is registered", "install desktop Excel; Excel for the web cannot")
    if int(number) < 14:
        return Finding("excel", "problem", f"Excel {number}.0 is too old", "xlwings needs Excel 2010 (14.0) or newer")
    return Finding("excel", "ok", f"Excel {number}.0")


def _pywin32(machine: Machine) -> Finding:
    if machine.has_pywin32:
        return Finding("pywin32", "ok", "found")
    return Finding("pywin32", "problem", "this Python cannot speak to Excel", "pip install pywin32")


def _addin(machine: Machine, folder: Path) -> Iterator[Finding]:
    path = folder / ADDIN
    if not path.exists():
        yield Finding("add-in", "problem", f"{path} is not there", "xlroi addin install")
        return
    data = path.read_bytes()
    settings = settings_of(data)
    if settings is None:
        way_out = "move that file away, then: xlroi addin install"
        yield Finding("add-in", "problem", f"{path} was not written by xlroi", way_out)
        return
    yield Finding("add-in", "ok", str(path))
    yield _module(folder, data)
    yield from _versions(settings)
    yield from _python(machine, settings)
    yield _mark(path)


def _module(folder: Path, data: bytes) -> Finding:
    if holds_module(data):
        return Finding("functions", "ok", f"the module {MODULE} is in the add-in")
    return Finding(
        "functions",
        "problem",
        f"the module {MODULE} was not imported: cells show #NAME?, buttons do nothing",
        f"in Excel: Alt+F11, choose the project of {ADDIN}, File > Import File, {beside(folder) / 'xlroi.bas'}, save",
    )


def _versions(settings: Mapping[str, str]) -> Iterator[Finding]:
    for name, here in (("xlwings", version("xlwings")), ("xlroi", __version__)):
        there = settings[name]
        if there == here:
            yield Finding(name, "ok", f"{here}, in the add-in too")
        else:
            again = "xlroi addin install --force, and import xlroi.bas again"
            pinned = f'; or pip install "xlwings=={there}"' if name == "xlwings" else ""
            yield Finding(name, "problem", f"the add-in is made for {there}, this Python has {here}", again + pinned)


def _python(machine: Machine, settings: Mapping[str, str]) -> Iterator[Finding]:
    interpreter = settings.get("Interpreter_Win") or "python"
    if machine.system != "win32":
        yield Finding("python", "unknown", f"the add-in starts {interpreter}")
        return
    python = Path(shutil.which(os.path.expandvars(interpreter)) or interpreter)
    if not python.is_file():
        text = f"{interpreter} is not there" + (" on the path" if interpreter == "python" else "")
        yield Finding("python", "problem", text, "from the Python that has xlroi: xlroi addin install --force")
        return
    yield Finding("python", "ok", str(python))
    names = [f"xlwings{bits}-{settings['xlwings']}.dll" for bits in ("64", "32")]
    if any((place / name).is_file() for place in python.parents[:2] for name in names):
        yield Finding("library", "ok", names[0])
        return
    yield Finding(
        "library",
        "problem",
        f"{names[0]} is neither in {python.parent} nor above it; an antivirus may have taken it away",
        f'let the antivirus give it back, then: pip install --force-reinstall "xlwings=={settings["xlwings"]}"',
    )


def _mark(path: Path) -> Finding:
    """Windows keeps where a file came from in a second stream of it; Excel blocks macros from the internet."""
    try:
        zone = Path(f"{path}:Zone.Identifier").read_text(encoding="utf-8", errors="replace")
    except OSError:
        zone = ""
    if not any(f"ZoneId={number}" in zone for number in (3, 4)):
        return Finding("mark of the web", "ok", "none")
    return Finding(
        "mark of the web",
        "problem",
        f"{path} is marked as coming from the internet, and Excel blocks its macros without asking",
        "in PowerShell: Unblock-File '" + str(path).replace("'", "''") + "'",
    )


def _trusted(machine: Machine) -> Finding:
    for hive, key in (("HKCU", _POLICY), ("HKLM", _POLICY), ("HKCU", _OFFICE)):
        if machine.registry(hive, key, "AllLocationsDisabled") == "1":
            return Finding(
                "macros",
                "problem",
                f"trusted locations are switched off ({hive}\\{key}), so the macros in XLSTART may not run",
                "Excel: File > Options > Trust Center > Trusted Locations; if it is greyed out, ask your administrator",
            )
    return Finding("macros", "ok", "XLSTART is a trusted location")


def _antivirus(machine: Machine) -> Finding:
    if machine.registry("HKLM", _DEFENDER, _NO_CHILD_PROCESSES) == "1":
        return Finding(
            "antivirus",
            "problem",
            "Microsoft Defender forbids Office to start other programs, and Python is one",
            f"ask your administrator for an exception to the rule {_NO_CHILD_PROCESSES}",
        )
    return Finding(
        "antivirus",
        "unknown",
        "no rule of Microsoft Defender forbids Office to start Python; other products cannot be asked",
        "if the button Help names a program that could not start, ask for an exception for EXCEL.EXE starting Python",
    )
