"""Put the classic add-in where Excel loads it, and take it out again; files of others are never touched."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from xlroi.cells.hosts.addin import ADDIN, files, settings_of, texts
from xlroi.errors import InputError
from xlroi.files import placed

__all__ = ["beside", "excel_folder", "install", "remove"]

_ELSEWHERE = (
    "Excel loads Python add-ins of this kind on Windows only, and this is {system}. docs/hosts.md lists what runs "
    "here; to make the files for a Windows machine, name a folder for them: --folder PATH"
)


def excel_folder() -> Path:
    """Excel's XLSTART folder of this user, from which it loads every file; raises :class:`InputError` off Windows."""
    if platform.system() != "Windows":
        raise InputError(_ELSEWHERE.format(system=platform.system()))
    roaming = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    folder = Path(roaming, "Microsoft", "Excel", "XLSTART")
    folder.mkdir(parents=True, exist_ok=True)  # Excel makes it when it first needs it
    return folder


def beside(folder: Path) -> Path:
    """The folder for what Excel must not open: it opens all that lies in XLSTART itself."""
    return folder.resolve().parent / "xlroi"


def install(folder: Path, interpreter: str, *, force: bool = False) -> list[Path]:
    """Write the add-in into ``folder`` and its companions beside it; raises :class:`InputError` before a file is lost.

    An add-in that is there already is replaced only with ``force``: the module in it would have to be imported again.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; start Excel once, or name its XLSTART folder with --folder")
    wanted = _placed(folder, files(interpreter))
    for path, data in wanted.items():
        _refuse_foreign(path, data)
    addin = folder / ADDIN
    if addin.exists() and not force:
        found = settings_of(addin.read_bytes()) or {}
        raise InputError(
            f"{addin}: there already, of xlroi {found.get('xlroi')} and xlwings {found.get('xlwings')}; replace it "
            "with --force, and import xlroi.bas again"
        )
    try:
        beside(folder).mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{beside(folder)}: cannot be made: {error.strerror}; move what has that name away") from None
    for path, data in wanted.items():
        with placed(path, "quit Excel and try again") as draft:
            draft.write_bytes(data)
    return list(wanted)


def remove(folder: Path) -> list[Path]:
    """Delete the files of :func:`install` and return them; raises :class:`InputError` for files of others."""
    there = {path: data for path, data in _placed(folder, {ADDIN: b"", **texts()}).items() if path.exists()}
    for path, data in there.items():
        _refuse_foreign(path, data)
    for path in there:
        try:
            path.unlink()
        except OSError as error:
            raise InputError(f"{path}: cannot be removed: {error.strerror}; quit Excel and try again") from None
    companions = beside(folder)
    if there and companions.is_dir() and not any(companions.iterdir()):
        companions.rmdir()
    return list(there)


def _placed(folder: Path, made: Mapping[str, bytes]) -> Mapping[Path, bytes]:
    return {(folder if name == ADDIN else beside(folder)) / name: data for name, data in made.items()}


def _refuse_foreign(path: Path, ours: bytes) -> None:
    """An add-in is ours by its settings, a text by its first line."""
    if not path.exists():
        return
    if path.is_dir():
        raise InputError(f"{path}: this is a folder; move it away and try again")
    data = path.read_bytes()
    own = settings_of(data) is not None if path.name == ADDIN else data.splitlines()[:1] == ours.splitlines()[:1]
    if not own:
        raise InputError(f"{path}: was not written by xlroi and is left alone; move it away and try again")
