"""LibreOffice, the gold standard among the engines: it also computes What-If tables.

One LibreOffice serves all books of a Python process. It starts with the first
book (about two seconds), works in a temporary profile of its own, without macros
and links, and ends with the process. It is driven through UNO, which lives in
another Python than xlroi's, so a worker stands between: see ``libreoffice_worker``.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, Final, Self

from xlroi.errors import BookError, EngineUnavailable
from xlroi.proof.cells import Key, address, position
from xlroi.proof.recalculation import copy_without_answers, refuse_unknown_errors
from xlroi.values import DIV0, NA, NAME, NULL, NUM, REF, VALUE, CellValue, ExcelError

__all__ = ["ERROR_CODES", "LibreOfficeBook"]

ERROR_CODES: Final[dict[int, ExcelError]] = {
    502: NUM,  # invalid argument: SQRT(-1), LN(0)
    503: NUM,  # overflow, or no number
    504: VALUE,  # a parameter of the wrong kind
    519: VALUE,
    521: NULL,
    523: NUM,  # IRR, RATE: no convergence
    524: REF,
    525: NAME,
    532: DIV0,
    32767: NA,
}
"""LibreOffice's error codes as Excel's errors. All others (a circle is 522, bad syntax 508 to 520) no Excel shows."""

SECONDS_A_COMMAND = 300.0
INSTALL: Final = "run: sudo apt-get install libreoffice-calc python3-uno"

_ERROR_LITERAL: Final = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|(\#(?:DIV/0!|N/A|NAME\?|NUM!|REF!|VALUE!))""")
_SPELLED: Final = {
    "#DIV/0!": "(1/0)",
    "#N/A": "NA()",
    "#NAME?": "no_such_name",
    "#NUM!": "SQRT(-1)",
    "#REF!": 'INDIRECT("")',
    "#VALUE!": '("x"*1)',
}


class LibreOfficeBook:
    """A :class:`~xlroi.proof.recalculation.Recalculation` by LibreOffice. Its truth values are 1.0 and 0.0."""

    engine = "libreoffice"

    def __init__(self, path: str | Path, *, what_if: bool = True) -> None:
        self._name = Path(path).name
        self._office = _running_office()
        self.version = self._office.version
        self._book: int | None = None
        self._copy = self._office.scratch_file(Path(path).suffix)
        try:
            self._tables = set(copy_without_answers(path, self._copy, what_if=what_if, ungrouped=True))
            if what_if:
                self._tables.clear()
            answer = self._office.ask(self._name, "open", path=str(self._copy))
        except BaseException:
            self._copy.unlink(missing_ok=True)
            raise
        self._book = answer["book"]
        self._sheets: list[str] = answer["sheets"]

    @property
    def not_recalculated(self) -> frozenset[Key]:
        return frozenset(self._tables)

    def set(self, changes: Mapping[Key, CellValue]) -> None:
        self._tables -= changes.keys()
        rows = [[*self._place(key), *self._spelled(key, value)] for key, value in changes.items()]
        self._ask("set", changes=rows)

    def set_formula(self, sheet: str, cell: str, formula: str) -> None:
        sheet, column, row = self._place((sheet, cell))
        # The parser of LibreOffice does not know errors as literals.
        plain = _ERROR_LITERAL.sub(lambda match: _SPELLED[match[1]] if match[1] else match[0], formula)
        self._ask("set_formula", sheet=sheet, column=column, row=row, formula=plain)

    def recalculate(self) -> None:
        self._ask("recalculate")

    def values(self, cells: Sequence[Key] | None = None) -> dict[Key, CellValue]:
        for key in cells or ():
            self._place(key)
        sheets = self._sheets if cells is None else list(dict.fromkeys(sheet for sheet, _ in cells))
        found: dict[Key, CellValue] = {}
        codes: dict[Key, int] = {}
        for sheet, answer in zip(sheets, self._ask("values", sheets=sheets), strict=True):
            for left, top, rows in answer["blocks"]:
                for down, row in enumerate(rows, top + 1):
                    for right, value in enumerate(row, left + 1):
                        found[sheet, address(down, right)] = value
            for column, row, code in answer["errors"]:
                codes[sheet, address(row + 1, column + 1)] = code
        found.update({key: ERROR_CODES.get(code) for key, code in codes.items()})
        if cells is not None:
            found = {key: found.get(key) for key in cells}
        unknown = {key: f"Err:{code}" for key, code in codes.items() if code not in ERROR_CODES and key in found}
        refuse_unknown_errors(self._name, self.engine, unknown)
        return found

    def save_as(self, path: str | Path) -> None:
        """Saves the open book, as it stands now, as LibreOffice writes an .xlsx."""
        self._ask("save", path=str(Path(path).resolve()))

    def close(self) -> None:
        if self._book is not None:
            book, self._book = self._book, None
            if self._office.is_alive():
                self._office.ask(self._name, "close", book=book)
            self._copy.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(self, command: str, **arguments: Any) -> Any:
        if self._book is None:
            raise BookError(f"{self._name} is closed")
        return self._office.ask(self._name, command, book=self._book, **arguments)

    def _place(self, key: Key) -> tuple[str, int, int]:
        sheet, cell = key
        if sheet not in self._sheets:
            raise BookError(f"{self._name} has no sheet {sheet!r}")
        row, column = position(cell)
        return sheet, column - 1, row - 1

    def _spelled(self, key: Key, value: CellValue) -> tuple[str, float | str]:
        # Error before text: it is a kind of text in Python.
        if value is None or value == "":
            return "empty", ""
        if isinstance(value, ExcelError):
            return "error", str(value)
        if isinstance(value, str):
            return "text", value
        if not math.isfinite(value):
            raise BookError(f"{self._name}: {key[0]}!{key[1]} cannot hold {value!r}")
        return "number", float(value)


class _Office:
    """The worker and the LibreOffice behind it."""

    def __init__(self) -> None:
        soffice, python = find_soffice(), find_python()
        self.owner = os.getpid()
        self._scratch = Path(tempfile.mkdtemp(prefix="xlroi-office-"))
        self._lock = threading.Lock()
        self._count = 0
        self._ended = False
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        # A copy, so that it also starts from a zipped xlroi, and does not find xlroi's modules beside it.
        worker = self._scratch / "worker.py"
        worker.write_text((files(__package__) / "libreoffice_worker.py").read_text(encoding="utf-8"), encoding="utf-8")
        self._process = subprocess.Popen(
            [python, str(worker), soffice, str(self._scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=_foreign_environment(),
            start_new_session=True,  # a process group of its own, to be killed as one
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()
        self.version = str(self._answer("start"))

    def _listen(self, replies: IO[str]) -> None:
        with replies:
            for line in replies:
                self._replies.put(line)
        self._replies.put("")

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def scratch_file(self, suffix: str) -> Path:
        self._count += 1
        return self._scratch / f"book{self._count}{'.xlsm' if suffix.lower() == '.xlsm' else '.xlsx'}"

    def ask(self, name: str, command: str, **arguments: Any) -> Any:
        """One command; raises :class:`BookError` naming the book, or :class:`EngineUnavailable`."""
        with self._lock:
            try:
                self._requests.write(json.dumps({"command": command, **arguments}) + "\n")
                self._requests.flush()
            except (OSError, ValueError) as error:
                self.kill()
                raise EngineUnavailable(f"LibreOffice has ended before it could {command} {name}") from error
            return self._answer(f"{command} {name}")

    def _answer(self, action: str) -> Any:
        try:
            line = self._replies.get(timeout=SECONDS_A_COMMAND)
        except queue.Empty:
            self.kill()
            message = f"LibreOffice did not {action} within {SECONDS_A_COMMAND:g} s and was stopped"
            raise EngineUnavailable(message) from None
        except BaseException:
            self.kill()  # interrupted: the reply still to come would answer the next question
            raise
        reply = json.loads(line) if line else {"engine_error": "it ended without an answer"}
        if "book_error" in reply:
            raise BookError(f"LibreOffice could not {action}: {reply['book_error']}")
        if "engine_error" in reply:
            self.kill()
            raise EngineUnavailable(
                f"LibreOffice could not {action}: {reply['engine_error']}; to install it, {INSTALL}"
            )
        return reply["answer"]

    def stop(self) -> None:
        """Lets the worker end LibreOffice and clean up; kills what does not end."""
        if self.owner != os.getpid() or self._ended:  # a forked child must not end its parent's
            return
        try:
            self._requests.close()
            clean = self._process.wait(15) == 0
        except (OSError, subprocess.TimeoutExpired):
            clean = False
        if clean:
            self._ended = True
            self._listener.join()
            shutil.rmtree(self._scratch, ignore_errors=True)
        else:
            self.kill()

    def kill(self) -> None:
        """Ends worker and LibreOffice at once, if they were not ended before (their number may be another's by now)."""
        if self._ended:
            return
        self._ended = True
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):  # the group is gone already, which is the aim
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait(10)
        with suppress(OSError):  # closing flushes, into a pipe that nobody reads any more
            self._requests.close()
        self._listener.join()
        shutil.rmtree(self._scratch, ignore_errors=True)


_offices: Final[dict[int, _Office]] = {}  # by process: a forked child inherits the parent's and must not use it
_starting = threading.Lock()


def _running_office() -> _Office:
    with _starting:
        office = _offices.get(os.getpid())
        if office is None or not office.is_alive():
            if office is not None:
                office.stop()  # a worker that died may have left LibreOffice behind
            office = _offices[os.getpid()] = _Office()
            atexit.register(office.stop)
        return office


def find_soffice() -> str:
    """LibreOffice's program. Raises :class:`EngineUnavailable`."""
    usual = (
        "/Applications/LibreOffice.app/Contents/MacOS/soffice",
        r"C:\Program Files\LibreOffice\program\soffice.exe",
    )
    for candidate in ("soffice", "libreoffice", *usual):
        if found := shutil.which(candidate):
            return found
    raise EngineUnavailable(f"LibreOffice is not installed; {INSTALL}")


def find_python() -> str:
    """The first Python that can ``import uno``. Raises :class:`EngineUnavailable`."""
    program = Path(find_soffice()).resolve().parent
    bundled = (program / "python", program / "python.exe", program.parent / "Resources" / "python")
    for candidate in ("/usr/bin/python3", "python3", sys.executable, *map(str, bundled)):
        python = shutil.which(candidate)
        if python is None:
            continue
        check = [python, "-c", "import uno"]
        if subprocess.run(check, capture_output=True, env=_foreign_environment(), check=False).returncode == 0:
            return python
    raise EngineUnavailable(f"no Python here can talk to LibreOffice (import uno); {INSTALL}")


def _foreign_environment() -> dict[str, str]:
    """Ours without what would lead another Python to xlroi's packages."""
    ours = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in ours}
