"""The functions that need NumPy and the models, for a host whose own Python has neither: in a process beside it.

The host holds a :class:`Worker`, which starts ``python -m xlroi.cells.hosts.worker`` at the first call and keeps it. A
call is a line of JSON, the function's name and what it was given; the answer is a line too. An error goes as an object,
``{"error": "#NUM!", "message": …}``. Importing this module loads the standard library alone.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, Final

from xlroi.cells.generated import SPECS
from xlroi.cells.runtime import CellError, call
from xlroi.values import NA, VALUE, ExcelError

__all__ = ["Worker"]

SECONDS_A_CALL: Final = 120.0
SECONDS_OF_REST: Final = 10.0
"""After a failure a column of calls fails at once, instead of waiting for each."""


class Worker:
    """A Python that has xlroi, ready to compute; started by the first call, ended with the host."""

    def __init__(self, python: str, seconds: float = SECONDS_A_CALL) -> None:
        self._python = python
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._failed = ""
        self._rested = 0.0

    def call(self, name: str, given: Sequence[Any]) -> Any:
        """What the function gives; #N/A with a message where the worker cannot be asked.

        >>> worker = Worker(sys.executable)
        >>> worker.call("AI_CASE", ["roi", "total_cost", None, None])
        510000.0
        >>> worker.stop()
        >>> Worker("/no/python").call("AI_CASE", []).message
        'the Python that has xlroi, /no/python, could not be started'
        """
        with self._lock:
            if self._failed and time.monotonic() < self._rested:
                return CellError(NA, self._failed)
            try:
                return self._asked(json.dumps([name, _packed(given)]))
            except queue.Empty:
                self._failed = f"{name} did not answer within {self._seconds:g} s"
            except OSError as error:
                started = self._process is not None
                self._failed = f"the Python that has xlroi, {self._python}, " + (
                    str(error) if started else "could not be started"
                )
            logging.getLogger("xlroi").warning(self._failed)  # for hosts whose cells show no messages
            self._rested = time.monotonic() + SECONDS_OF_REST
            self.stop()
            return CellError(NA, self._failed)

    def _asked(self, line: str) -> Any:
        if self._process is None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            answer = self._answers.get(timeout=self._seconds)
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ChildProcessError("ended without an answer; is xlroi installed in it?")
        return json.loads(answer, object_hook=_unpacked)

    def _start(self) -> None:
        # The host's settings for its own Python would lead this one astray.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [self._python, "-P", "-m", "xlroi.cells.hosts.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert self._process.stdout is not None
        threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()

    def stop(self) -> None:
        """Ends the process, if there is one; the next call starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                with suppress(OSError):  # what it did not take any more
                    process.stdin.close()


def _listen(lines: IO[str], answers: queue.SimpleQueue[str]) -> None:
    with lines:
        for line in lines:
            answers.put(line)
    answers.put("")


def _packed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_packed(inner) for inner in value]
    if isinstance(value, ExcelError):
        return {"error": str(value), "message": getattr(value, "message", "")}
    return value


def _unpacked(packed: dict[str, str]) -> CellError:
    return CellError(packed["error"], packed["message"])


def main() -> None:
    """Answers calls until standard input ends, which it also does when the host dies."""
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing that is printed may stand among the answers
    functions = {spec.name: spec for spec in SPECS}
    for line in sys.stdin:
        name, given = json.loads(line, object_hook=_unpacked)
        try:
            value = call(functions[name], given)
        except Exception as error:  # a fault of ours; the next call may well succeed
            value = CellError(VALUE, f"{type(error).__name__}: {error}")
        print(json.dumps(_packed(value)), file=answers, flush=True)


if __name__ == "__main__":
    main()
