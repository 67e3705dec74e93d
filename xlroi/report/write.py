"""A memo to its file: the writer by the name's ending, nothing overwritten unasked, nothing half written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xlroi.files import placed, writable
from xlroi.report.content import Memo

__all__ = ["refused", "write_memo"]


def _word(memo: Memo) -> bytes:
    from xlroi.report.word import word

    return word(memo)


def _html(memo: Memo) -> bytes:
    from xlroi.report.texts import html

    return html(memo)


def _markdown(memo: Memo) -> bytes:
    from xlroi.report.texts import markdown

    return markdown(memo)


_WRITERS: dict[str, Callable[[Memo], bytes]] = {".docx": _word, ".html": _html, ".md": _markdown}


def refused(path: Path, *, force: bool) -> None:
    """Raise :class:`InputError` where a memo cannot be written: asked before the work begins."""
    writable(path, "a memo", tuple(_WRITERS), force=force)


def write_memo(memo: Memo, path: str | Path, *, force: bool = False) -> Path:
    """Write a memo as .docx, .html or .md; an existing file is overwritten only with ``force``.

    >>> import tempfile
    >>> from xlroi.report.content import Memo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_memo(Memo("Board memo", "Title", (), (), "me", "2026-11-21"), Path(folder, "memo.md"))
    ...     print(path.read_text().splitlines()[0])
    # Title
    """
    path = Path(path)
    refused(path, force=force)
    made = _WRITERS[path.suffix.lower()](memo)
    with placed(path) as draft:
        draft.write_bytes(made)
    return path
