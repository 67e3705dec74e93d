"""One update of a state at a time, whatever becomes of the process that made it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xlroi.errors import InputError

__all__ = ["locked"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for oneself; the system lets go of it when the process ends, however it ends.

    Raises :class:`InputError` where another process holds it.
    """
    try:
        file = (folder / ".lock").open("ab")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    with file:
        try:
            _lock(file)
        except OSError:
            raise InputError(f"{folder}: another update of it is under way; wait until it has ended") from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
