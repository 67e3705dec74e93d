"""A state brought up to date: new exports taken in once, results made again, nothing half done.

A state is a folder: ``state.json``, the one truth; ``bills/``, the exports that count, as they came; and the results.
What is new is checked, copied and turned into results before ``state.json`` is replaced, in one step. A crash before it
leaves the old state, a crash after it the new one; the next update sweeps left-over copies and mends stale results.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from xlroi.errors import InputError, Problem
from xlroi.finops.bills import Bills, open_bills
from xlroi.finops.engine import Engine
from xlroi.finops.ledger import Measure
from xlroi.finops.mapping import shipped
from xlroi.finops.money import add_all, shown
from xlroi.finops.overview import look_over
from xlroi.finops.sources import find
from xlroi.finops.state.lock import locked
from xlroi.finops.state.overlap import Cells, Key, Verdict, holdings, judge, together
from xlroi.finops.state.record import (
    BILLS,
    RECORD,
    Export,
    Record,
    Slice,
    load_record,
    save_record,
    written_from,
)
from xlroi.model.loading import load_yaml

__all__ = ["Change", "Overlap", "State", "Updated", "WriteResults", "opened", "update"]

Overlap = Literal["refuse", "replace", "keep"]
"""What to do with an unclear overlap: refuse it, count the newer export only, or count both."""

_DRAFT: Final = ".update-"
# Without a day nobody can tell whether two exports hold the same charges.
_NEEDED: Final = ("bad_charge_start", "empty_charge_start")
_WAYS_OUT: Final = (
    "give an export of the whole month so far, or of days that are not held; or say that the newer export counts alone "
    "with --replace, or that both count with --keep-repeated"
)


@dataclass(frozen=True, slots=True)
class State:
    """A state as results are made of it."""

    folder: Path
    record: Record
    made: datetime

    @property
    def rules(self) -> Path | None:
        """The rules of allocation, which stay where the user keeps them."""
        return (self.folder / self.record.rules).resolve() if self.record.rules else None

    @property
    def budget(self) -> Path | None:
        """The budget, likewise."""
        return (self.folder / self.record.budget).resolve() if self.record.budget else None


WriteResults = Callable[[State, Bills, Path], None]
"""Writes results of a state's bills into an empty folder: every file in it becomes a result beside ``state.json``."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a provider, account and month: rows and billed cost by currency, before and after."""

    key: Key
    verdict: Verdict
    rows_before: int
    rows_after: int
    before: Mapping[str | None, Decimal]
    after: Mapping[str | None, Decimal]


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did."""

    record: Record
    changes: tuple[Change, ...]
    known: tuple[str, ...]
    """Files that changed nothing, as they or all that they hold had been taken in before."""
    refreshed: bool
    """Whether results were made."""


def update(
    folder: Path,
    files: Sequence[str],
    engine: Engine,
    write_results: WriteResults,
    *,
    mapping: str | None = None,
    rules: Path | None = None,
    budget: Path | None = None,
    overlap: Overlap = "refuse",
    refresh: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Updated:
    """Take exports into a state, which is made if there is none, and refresh its results where anything changed.

    ``rules`` and ``budget`` are remembered from then on. Raises :class:`InputError`, and nothing has changed, where a
    file cannot be read, an overlap is unclear, a result cannot be made, or another update is under way.
    """
    load_record(folder)
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from None
    with locked(folder):
        job = _Update(folder, engine, write_results, overlap, tell, datetime.now(UTC).replace(microsecond=0))
        try:
            return job.run(files, mapping, rules, budget, refresh=refresh)
        finally:
            if made and not (folder / RECORD).exists():
                shutil.rmtree(folder, ignore_errors=True)


def opened(folder: Path, record: Record, engine: Engine) -> Bills:
    """The bills of a state, without the charges that another export of them has newer."""
    by_mapping: defaultdict[str | None, list[Export]] = defaultdict(list)
    for export in record.exports:
        if export.counts:
            by_mapping[export.mapping].append(export)
    bills = []
    for mapping, exports in by_mapping.items():
        kept = folder / mapping if mapping and mapping not in shipped() else mapping
        paths = [str(folder / export.file) for export in exports]
        bills.append(open_bills(paths, engine, str(kept) if kept else None))
    out = {
        (str(folder / export.file), *part.key)
        for export in record.exports
        if export.counts
        for part in export.slices
        if part.instead
    }
    return _joined(bills, tuple(sorted(out, key=str)))


def _joined(bills: Iterable[Bills], left_out: tuple[tuple[str, str | None, str | None, str], ...] = ()) -> Bills:
    every = list(bills)
    return Bills(every[0].engine, tuple(part for one in every for part in one.parts), left_out)


@dataclass(slots=True)
class _Update:
    """An update under way, the state locked."""

    folder: Path
    engine: Engine
    write_results: WriteResults
    overlap: Overlap
    tell: Callable[[str], None]
    now: datetime

    def run(
        self, files: Sequence[str], mapping: str | None, rules: Path | None, budget: Path | None, *, refresh: bool
    ) -> Updated:
        # Read again: another update may have ended between the first look and the lock.
        old = load_record(self.folder) or Record()
        self._sweep(old)
        self._unaltered(old)
        self.tell("looking at the new files")
        hashes = {export.sha256: export for export in old.exports}
        new: dict[str, Path] = {}
        known: list[str] = []
        for path in find(files) if files else ():
            sha256 = _sha256(path)
            if sha256 in hashes or sha256 in new:
                known.append(str(path))
            else:
                new[sha256] = path
        if not new and not old.exports:
            raise InputError(f"{self.folder}: a new state needs a bill to begin with")
        record, changes = old.model_copy(deep=True), list[Change]()
        if new:
            changes = self._take_in(record, new, mapping)
            taken = {export.sha256 for export in record.exports}
            known += [str(path) for sha256, path in new.items() if sha256 not in taken]
        record.rules = written_from(self.folder, rules) if rules else old.rules
        record.budget = written_from(self.folder, budget) if budget else old.budget
        given = [self.folder / name for name in (record.rules, record.budget) if name is not None]
        named = [path.parent / name for path in given for name in _files_of(load_yaml(path).data)]
        record.made_of = {written_from(self.folder, path): _sha256(path) for path in [*given, *named]}
        if record == old and not refresh and self._results_stand(old):
            return Updated(old, tuple(changes), tuple(known), refreshed=False)
        self._commit(old, record, new, mapping)
        return Updated(record, tuple(changes), tuple(known), refreshed=True)

    def _take_in(self, record: Record, new: Mapping[str, Path], mapping: str | None) -> list[Change]:
        """Put new exports into the record, and say which earlier ones no longer count."""
        incoming = open_bills([str(path) for path in new.values()], self.engine, mapping)
        groups = look_over(incoming, [Measure(check, check, "count") for check in _NEEDED])
        wrong = dict.fromkeys((group.file, check) for group in groups for check in _NEEDED if group.values[check])
        if wrong and (error := incoming.refused(list(wrong))):
            raise error
        keys = {(group.provider, group.account, group.month) for group in groups}
        rivals = [e for e in record.exports if any(p.instead is None and p.key in keys for p in e.slices)]
        self.tell("comparing with what is held")
        bills = incoming
        if rivals:
            held = opened(self.folder, Record(exports=rivals), self.engine)
            bills = _joined([incoming, held], held.left_out)
        found = holdings(bills, sorted({month for _, _, month in keys}))
        kept_as = {str(self.folder / export.file): export for export in rivals}
        sha256_of = {str(path): sha256 for sha256, path in new.items()}
        verdicts = self._verdicts(found, keys, kept_as, sha256_of)
        exports = {
            sha256: Export(name=path.name, sha256=sha256, taken=self.now, mapping=self._mapping(mapping), slices=[])
            for sha256, path in new.items()
        }
        ends: dict[tuple[str, Key, str | None], list[str]] = {}
        for key, by_file in found.items():
            for file, cells in by_file.items():
                for currency, day, _ in cells:
                    ends.setdefault((file, key, currency), []).append(day)
        for group in groups:
            key = (group.provider, group.account, group.month)
            days = ends[group.file, key, group.currency]
            instead = None
            if verdicts[key] == "held":
                instead = next(kept_as[file].sha256 for file in found[key] if file in kept_as)
            exports[sha256_of[group.file]].slices.append(
                Slice(
                    provider=group.provider,
                    account=group.account,
                    month=group.month,
                    currency=group.currency,
                    rows=group.rows,
                    billed=group.amount("billed"),
                    effective=group.amount("effective"),
                    first=min(days),
                    last=max(days),
                    instead=instead,
                )
            )
        changes = [_change(key, verdicts[key], record.exports, exports.values()) for key in sorted(keys, key=str)]
        for export in record.exports:
            for part in export.slices:
                if part.instead is None and verdicts.get(part.key) == "replaced":
                    part.instead = next(e.sha256 for e in exports.values() if any(p.key == part.key for p in e.slices))
        record.exports += [export for export in exports.values() if export.counts]
        return changes

    def _verdicts(
        self,
        found: Mapping[Key, Mapping[str, Cells]],
        keys: Iterable[Key],
        kept_as: Mapping[str, Export],
        new: Mapping[str, str],
    ) -> dict[Key, Verdict]:
        verdicts: dict[Key, Verdict] = {}
        problems = []
        for key in sorted(keys, key=str):
            held = together(cells for file, cells in found[key].items() if file in kept_as)
            mine = {file: cells for file, cells in found[key].items() if file in new}
            verdict = judge(held, together(mine.values()))
            if verdict == "unclear" and self.overlap == "refuse":
                provider, account, month = key
                names = ", ".join(sorted(kept_as[file].name for file in found[key] if file in kept_as))
                message = (
                    f"{_said(together(mine.values()))}; held, of {names}, {_said(held)}: this is neither the month so "
                    f"far nor new days only, so it is unclear what counts; {_WAYS_OUT}"
                )
                problems.append(Problem(min(mine), None, f"{month}, {provider}, account {account}", message))
            elif verdict == "unclear":
                verdict = "replaced" if self.overlap == "replace" else "added"
            verdicts[key] = verdict
        if problems:
            raise InputError(problems[:5])
        return verdicts

    def _mapping(self, mapping: str | None) -> str | None:
        """A mapping as the record names it: a file by the copy of it that the state will have."""
        if mapping is None or mapping in shipped():
            return mapping
        return f"{BILLS}/{_sha256(Path(mapping))[:16]}-{Path(mapping).name}"

    def _commit(self, old: Record, record: Record, new: Mapping[str, Path], mapping: str | None) -> None:
        """Copy, make the results, replace the record, put the results in place: in this order."""
        (self.folder / BILLS).mkdir(exist_ok=True)
        self.tell("copying")
        for export in record.exports:
            if export.sha256 in new and _copied(new[export.sha256], self.folder / export.file) != export.sha256:
                raise InputError(f"{new[export.sha256]}: changed while it was read; try again when it is whole")
        if (kept := self._mapping(mapping)) and mapping not in shipped() and new:
            _copied(Path(str(mapping)), self.folder / kept)
        try:
            with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=self.folder) as name:
                draft = Path(name)
                self.tell("making the results")
                bills = opened(self.folder, record, self.engine)
                self.write_results(State(self.folder, record, self.now), bills, draft)
                made = sorted(draft.iterdir())
                record.results = {path.name: _sha256(path) for path in made}
                save_record(self.folder, record)
                for path in made:
                    path.replace(self.folder / path.name)
        except OSError as error:  # a full disk, or a result that is open in a program that locks it
            message = f"cannot be written: {error.strerror}; mend that (or close the file), then update again"
            raise InputError([Problem(str(error.filename2 or error.filename), None, "", message)]) from None
        for name in old.results.keys() - record.results.keys():
            (self.folder / name).unlink(missing_ok=True)
        self._sweep(record)

    def _results_stand(self, record: Record) -> bool:
        return bool(record.results) and all(
            (self.folder / name).is_file() and _sha256(self.folder / name) == sha256
            for name, sha256 in record.results.items()
        )

    def _sweep(self, record: Record) -> None:
        """Remove copies that do not count and what an update left that did not end."""
        kept = {export.file for export in record.exports if export.counts}
        kept |= {export.mapping for export in record.exports if export.counts and export.mapping}
        for path in (self.folder / BILLS).glob("*"):
            if f"{BILLS}/{path.name}" not in kept:
                path.unlink()
        for path in self.folder.glob(f"{_DRAFT}*"):
            shutil.rmtree(path)

    def _unaltered(self, record: Record) -> None:
        """Refuse a state whose bills are not the ones that were taken in."""
        problems = []
        for export in record.exports:
            path = self.folder / export.file
            if export.counts and (not path.is_file() or _sha256(path) != export.sha256):
                says = "is missing" if not path.is_file() else "was altered after it was taken in"
                problems.append(Problem(str(path), None, "", f"{says}; restore it from a backup"))
        if problems:
            raise InputError(problems[:5])


def _files_of(data: Any) -> Iterator[str]:
    """The files that a rules file names, as ``{file: gpu_hours.csv}``, wherever it does so."""
    if isinstance(data, dict):
        if isinstance(data.get("file"), str):
            yield data["file"]
        data = list(data.values())
    for inner in data if isinstance(data, list) else ():
        yield from _files_of(inner)


def _change(key: Key, verdict: Verdict, held: Iterable[Export], new: Iterable[Export]) -> Change:
    before = [part for export in held for part in export.slices if part.key == key and part.instead is None]
    mine = [part for export in new for part in export.slices if part.key == key]
    after = {"added": [*before, *mine], "replaced": mine, "held": before}[verdict]
    return Change(key, verdict, _rows(before), _rows(after), _billed(before), _billed(after))


def _rows(parts: Sequence[Slice]) -> int:
    return sum(part.rows for part in parts)


def _billed(parts: Sequence[Slice]) -> dict[str | None, Decimal]:
    currencies = dict.fromkeys(part.currency for part in parts)
    return {c: add_all(part.billed for part in parts if part.currency == c) for c in currencies}


def _said(cells: Cells) -> str:
    """Days, rows and cost of cells in words."""
    days = sorted({day for _, day, _ in cells})
    billed = add_all(cell.costs[0] for cell in cells.values())
    return f"{days[0]} to {days[-1]}: {sum(c.rows for c in cells.values()):,} rows, {shown(billed)} billed"


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None


def _copied(source: Path, target: Path) -> str:
    """Copy a file and give the SHA-256 of the copy."""
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError([Problem(str(target), None, "", f"cannot be written: {error.strerror}")]) from None
    return _sha256(target)
