"""Where a result may be written, and how it comes there whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from xlroi.errors import InputError

__all__ = ["placed", "same", "writable"]


def writable(path: Path, what: str, endings: Sequence[str], *, force: bool) -> None:
    """Refuse a path that has another ending, exists (without ``force``) or cannot be written.

    Asked before the work begins; raises :class:`InputError`.

    >>> writable(Path("case.pdf"), "a workbook", (".xlsx",), force=False)
    Traceback (most recent call last):
    ...
    xlroi.errors.InputError: case.pdf: a workbook's name ends in .xlsx
    """
    if path.suffix.lower() not in endings:
        raise InputError(f"{path}: {what}'s name ends in {', '.join(endings)}")
    if path.is_dir():
        raise InputError(f"{path}: this is a folder")
    if path.exists() and not force:
        raise InputError(f"{path}: exists already; choose another name with -o, or overwrite it with --force")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{path}: there is no folder {folder}")
    if not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise InputError(f"{path}: cannot be written; check the permissions of the folder")


def same(target: Path, source: Path) -> bool:
    """Whether a result would be written over what it is made from."""
    return target.exists() and source.exists() and target.samefile(source)


@contextmanager
def placed(path: Path, way_out: str = "") -> Iterator[Path]:
    """A temporary name to write under; the file has its own when all is written, and there is no trace of half a one.

    Raises :class:`InputError` where it cannot be written, with the ``way_out``.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}{way_out and '; ' + way_out}") from None
    finally:
        with suppress(OSError):
            draft.unlink()
