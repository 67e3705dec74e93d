"""What a state remembers: every export taken in, which of its charges count, and what was made of them."""

from __future__ import annotations

import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from xlroi.errors import InputError, Problem
from xlroi.files import placed
from xlroi.model.schema import Strict

__all__ = ["BILLS", "RECORD", "Export", "Record", "Slice", "load_record", "save_record", "written_from"]

RECORD: Final = "state.json"
BILLS: Final = "bills"


class Slice(Strict):
    """What an export holds of a provider, account, month and currency."""

    provider: str | None
    account: str | None
    month: str
    currency: str | None
    rows: int
    billed: Decimal
    effective: Decimal
    first: str
    """The first and last day of its charges, ``2026-03-01``."""
    last: str
    instead: str | None = None
    """The SHA-256 of the export that counts instead; None where this one counts."""

    @property
    def key(self) -> tuple[str | None, str | None, str]:
        """What one export can replace in another: provider, account and month."""
        return self.provider, self.account, self.month


class Export(Strict):
    """A file that was taken in."""

    name: str
    """As the user's file was called."""
    sha256: str
    taken: datetime
    mapping: str | None = None
    """The layout other than FOCUS: one that comes with xlroi, or a copy of a mapping file inside the state."""
    slices: list[Slice]

    @property
    def counts(self) -> bool:
        """Whether any of its charges count; otherwise the file itself is no longer kept."""
        return any(part.instead is None for part in self.slices)

    @property
    def file(self) -> str:
        """Where it is kept, within the state."""
        return f"{BILLS}/{self.sha256[:16]}-{self.name}"


class Record(Strict):
    """The whole of ``state.json``; paths are relative to the state."""

    version: Literal[1] = 1
    exports: list[Export] = Field(default_factory=list)
    rules: str | None = None
    budget: str | None = None
    made_of: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of rules, budget and the files that they name, when the results were made."""
    results: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of each result, by its name."""

    @property
    def newest(self) -> str:
        """The last day of any charge that counts."""
        return max((part.last for export in self.exports for part in export.slices if part.instead is None), default="")


def load_record(folder: Path) -> Record | None:
    """The record of a state; None of a folder that is empty or not there. Raises :class:`InputError`."""
    path = folder / RECORD
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(f.name[:1] != "." for f in folder.iterdir())):
            raise InputError(f"{folder}: no state (it has no {RECORD}); name a new or an empty folder")
        return None
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        message = f"damaged ({error.errors()[0]['msg']}); restore it from a backup, or take all exports in anew"
        raise InputError([Problem(str(path), None, where, message)]) from None


def save_record(folder: Path, record: Record) -> None:
    """Write the record in one step: before it the old state is valid, after it the new one."""
    with placed(folder / RECORD) as draft:
        draft.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def written_from(folder: Path, path: Path) -> str:
    """A path as the record has it, so that a state can move together with what it names."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
