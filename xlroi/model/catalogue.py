"""The catalogue of prices and facts: what xlroi brings, and a user's own file, which wins.

A case refers to an entry instead of giving a number, ``{catalogue: cloud/aws/p5.48xlarge/us-east-1/on-demand}``,
and gets value, source and date. Where several figures stand under one id the newest counts, and the others are named
beside it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap

from xlroi.errors import InputError, Problem
from xlroi.formula.scope import did_you_mean
from xlroi.formula.units import Unit, parse_unit
from xlroi.model.loading import Document, KeyPath, parse_yaml, round_trip
from xlroi.model.numbers import number_from

__all__ = ["Catalogue", "Entry", "catalogue", "refers", "resolved"]

_WORDS = ("id", "kind", "name", "provider", "region", "term")
_COLUMNS = (*_WORDS, "value", "unit", "currency", "as_of", "estimate", "source")
_SHOWN = 6
_LARGEST = 64 * 1024**2  # bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure. ``unit`` is written as templates write it, money without its currency."""

    id: str
    kind: str
    name: str
    provider: str
    region: str
    term: str
    value: float
    unit: str
    currency: str
    as_of: date | None
    estimate: bool
    source: str

    def words(self) -> str:
        """What a search looks through."""
        return f"{self.id} {self.name} {self.provider} {self.region} {self.term}".casefold()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Entries by id, the newest of an id first; the user's own before those of the package."""

    entries: tuple[Entry, ...]

    def search(self, query: str = "", kind: str | None = None) -> list[Entry]:
        """Entries that hold every word of the query, in any order and case.

        >>> catalogue().search("p5.48xlarge us-east-1 on-demand")[0].value
        6.88
        """
        words = query.casefold().split()
        return [e for e in self.entries if (kind in (None, e.kind)) and all(w in e.words() for w in words)]

    def entry(self, query: str, unit: Unit) -> tuple[Entry, list[Entry]]:
        """The entry that a case means, and other figures of the same id; ``ValueError`` where none or several fit.

        The query is an id, or words that fit one id alone among the entries of this unit.
        """
        exact = [e for e in self.entries if e.id == query.casefold()]
        found = exact or [e for e in self.search(query) if _fits(e.unit, unit)]
        ids = list(dict.fromkeys(e.id for e in found))
        if not ids:
            hint = did_you_mean(query, [e.id for e in self.entries])
            others = sorted({e.unit for e in self.search(query)})
            units = f"; entries of these words are in {', '.join(others)}, and {unit} is needed" if others else ""
            raise ValueError(f"the catalogue has no entry {query!r}{hint}{units}; look with: xlroi catalogue {query}")
        if len(ids) > 1:
            shown = ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
            raise ValueError(f"{query!r} fits {len(ids)} entries of the catalogue: {shown}; give the id of one")
        first = found[0]
        if not _fits(first.unit, unit):
            raise ValueError(f"entry {first.id!r} is in {first.unit}, and {unit} is needed")
        return first, [e for e in found[1:] if e.value != first.value]


def _fits(text: str, unit: Unit) -> bool:
    return parse_unit(text) == unit


@cache
def _of_package() -> tuple[Entry, ...]:
    text = files("xlroi.model").joinpath("data", "catalogue.csv").read_text(encoding="utf-8")
    return tuple(
        _entry(row, "catalogue.csv", number) for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2)
    )


def catalogue(own: Path | None = None) -> Catalogue:
    """The package's catalogue, with a user's file in front of it; raises :class:`InputError` for a bad file.

    The file is a CSV with the columns ``id value unit`` and, if wanted, ``kind name provider region term currency as_of
    estimate source``.
    """
    given = _own(own) if own else ()
    mine = {e.id for e in given}
    rest = [e for e in _of_package() if e.id not in mine]
    return Catalogue((*_newest_first(given), *_newest_first(rest)))


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (e.id, -(e.as_of.toordinal() if e.as_of else 0)))


def _own(path: Path) -> tuple[Entry, ...]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: larger than 64 MB; a price file is a short table")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    rows = csv.DictReader(io.StringIO(text))
    missing = [c for c in ("id", "value", "unit") if c not in (rows.fieldnames or ())]
    if missing:
        raise InputError(
            [Problem(str(path), 1, "", f"the column {missing[0]!r} is missing; a price file has id, value, unit")]
        )
    found: list[Entry] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows, 2):
        try:
            found.append(_entry(row, str(path), number))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)


def _entry(row: Mapping[str, str | None], file: str, number: int) -> Entry:
    given = {column: (row.get(column) or "").strip() for column in _COLUMNS}
    try:
        value = _number(given["value"])
        if value < 0 and "money" in given["unit"]:
            raise ValueError(f"a price is not below 0 (got {given['value']})")
        parse_unit(given["unit"])
        as_of = date.fromisoformat(given["as_of"]) if given["as_of"] else None
        if not given["id"]:
            raise ValueError("a figure needs an id")
    except ValueError as error:
        raise InputError([Problem(file, number, "", str(error))]) from None
    about = {key: given[key] for key in _WORDS} | {"id": given["id"].casefold()}
    return Entry(
        **about,
        value=value,
        unit=given["unit"],
        currency=given["currency"],
        as_of=as_of,
        estimate=bool(given["estimate"]),
        source=given["source"],
    )


def _number(text: str) -> float:
    try:
        return number_from(float(text))
    except ValueError:
        return number_from(text)


def refers(node: Any) -> bool:
    """Whether an input of a case refers to the catalogue and is not followed yet."""
    return isinstance(node, dict) and "catalogue" in node and "base" not in node


def resolved(
    document: Document, units: Mapping[str, str], prices: Catalogue, currency: str, exchange: Mapping[str, float]
) -> Document:
    """The case with every reference to the catalogue replaced by value, source and date.

    ``units`` names the unit of each input. Prices in another currency than the case's need a rate in ``exchange``.
    Raises :class:`InputError` with every reference that cannot be followed.
    """
    inputs = document.data.get("inputs") if isinstance(document.data, dict) else None
    if not isinstance(inputs, dict):
        return document
    wanted = {id: node for id, node in inputs.items() if refers(node)}
    if not wanted:
        return document
    yaml = round_trip()
    data = yaml.load(document.text)
    problems: list[Problem] = []
    for id, node in wanted.items():
        path: KeyPath = ("inputs", id, "catalogue")
        if id not in units:
            continue  # an unknown input is told by the case itself
        try:
            _fill(data["inputs"][id], node, units[id], prices, currency, exchange)
        except ValueError as error:
            problems.append(document.problem(path, str(error)))
    if problems:
        raise InputError(problems)
    out = io.StringIO()
    yaml.dump(data, out)
    return replace(parse_yaml(out.getvalue(), document.file), lines=document.lines)


def _fill(
    target: CommentedMap,
    node: Mapping[str, Any],
    unit_text: str,
    prices: Catalogue,
    currency: str,
    exchange: Mapping[str, float],
) -> None:
    unit, factor = parse_unit(unit_text), 1.0
    if "times" in node:
        found = re.fullmatch(r"\s*([\d.]+)\s*(.*)", str(node["times"]))
        if found is None:
            raise ValueError(f"times: expected a number with its unit, as '8 GPU/server' (got {node['times']!r})")
        factor, unit = float(found[1]), unit / parse_unit(found[2] or "1")
    entry, others = prices.entry(str(node["catalogue"]), unit)
    value, note = entry.value * factor, [str(node.get("note") or "")]
    if entry.currency and entry.currency != currency:
        if entry.currency not in exchange:
            raise ValueError(
                f"entry {entry.id!r} is in {entry.currency} and the case in {currency}: give a rate, as "
                f"exchange: {{{entry.currency}: 1.08}} ({currency} for one {entry.currency})"
            )
        value *= exchange[entry.currency]
        note.append(f"{entry.value:g} {entry.currency} at {exchange[entry.currency]:g}")
    if factor != 1:
        note.append(f"{entry.value:g} times {node['times']}")
    if entry.estimate:
        note.append("An estimate or second-hand figure")
    if others:
        figures = ", ".join(f"{e.value:g} ({e.as_of or 'no date'})" for e in others[:3])
        note.append(f"Other figures: {figures}")
    target["base"] = float(f"{value:.12g}")
    target["source"] = f"Catalogue {entry.id}: {entry.source}"[:300]
    if entry.as_of:
        target["as_of"] = entry.as_of
    if text := "; ".join(n for n in note if n):
        target["note"] = text
    target.pop("times", None)
