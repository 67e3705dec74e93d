"""LibreOffice as a process: missing, broken, silent or dead, and gone when Python ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from xlroi.errors import EngineUnavailable
from xlroi.proof import libreoffice
from xlroi.proof.libreoffice import ERROR_CODES, LibreOfficeBook
from xlroi.proof.recalculation import open_book
from xlroi.values import ERRORS, CellValue


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Twice the input."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Data"
    sheet["A1"], sheet["B1"] = 2, "=A1*2"
    workbook.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def held(opened: LibreOfficeBook) -> dict[str, CellValue]:
    opened.recalculate()
    return {cell: value for (_, cell), value in opened.values().items()}


@pytest.fixture
def no_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no LibreOffice had been started in this process."""
    monkeypatch.setattr(libreoffice, "_offices", {})


@pytest.mark.usefixtures("no_office")
def test_a_missing_libreoffice_says_how_to_install_it(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(EngineUnavailable, match="sudo apt-get install libreoffice-calc python3-uno"):
        open_book(book, "libreoffice")


@pytest.mark.usefixtures("no_office")
def test_a_missing_uno_says_how_to_install_it(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess[bytes]([], 1)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(EngineUnavailable, match=r"import uno.*apt-get install"):
        open_book(book, "libreoffice")


@pytest.mark.usefixtures("no_office")
def test_a_libreoffice_that_does_not_start_is_unavailable(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "soffice"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(libreoffice, "find_soffice", lambda: str(broken))
    with pytest.raises(EngineUnavailable, match=r"did not start \(exit code 3\)"):
        open_book(book, "libreoffice")


@pytest.mark.usefixtures("no_office")
def test_a_command_without_an_answer_stops_libreoffice_and_the_next_book_starts_another(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = LibreOfficeBook(book)
    first = opened._office
    os.kill(first._process.pid, signal.SIGSTOP)  # a worker that stands still answers nothing, however fast it is
    with monkeypatch.context() as hurried:
        hurried.setattr(libreoffice, "SECONDS_A_COMMAND", 0.1)
        with pytest.raises(EngineUnavailable, match=r"did not recalculate book\.xlsx within 0\.1 s"):
            opened.recalculate()
    assert not first.is_alive()
    with pytest.raises(EngineUnavailable, match="has ended"):
        opened.values()
    opened.close()
    with LibreOfficeBook(book) as again:
        assert held(again)["B1"] == 4.0
    again._office.stop()


@pytest.mark.usefixtures("no_office")
def test_a_worker_that_dies_is_replaced(book: Path) -> None:
    opened = LibreOfficeBook(book)
    first = opened._office
    first._process.kill()
    first._process.wait()
    with pytest.raises(EngineUnavailable, match="LibreOffice"):
        opened.recalculate()
    with LibreOfficeBook(book) as again:
        assert held(again)["B1"] == 4.0
    assert first._process.pid not in process_groups()
    again._office.stop()


def test_ending_python_ends_libreoffice_and_leaves_nothing_behind(book: Path) -> None:
    script = (
        "import sys; from xlroi.proof import libreoffice as l; b = l.LibreOfficeBook(sys.argv[1]);"
        "print(b._office._scratch, b._office._process.pid)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(book)], capture_output=True, text=True, check=True)
    scratch, group = done.stdout.split()
    assert not Path(scratch).exists()
    assert int(group) not in process_groups()


def process_groups() -> set[int]:
    """The groups of all living processes (Linux)."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it ended meanwhile
            continue
        if state != "Z":
            found.add(int(group))
    return found


def test_the_published_table_maps_to_errors_of_excel() -> None:
    assert set(ERROR_CODES.values()) == set(ERRORS.values())
