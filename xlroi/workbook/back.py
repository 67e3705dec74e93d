"""An edited book back to a case: the original text with its comments, and in it what was changed in the cells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString

from xlroi.errors import BookError
from xlroi.formula.lookups import refused_name, refused_text
from xlroi.formula.scope import name_of
from xlroi.model.bounds import bounded
from xlroi.model.case import scaled
from xlroi.model.ledgers import csv_of
from xlroi.model.loading import round_trip
from xlroi.model.model import SCENARIOS, Column, Table
from xlroi.model.starter import yaml_number
from xlroi.model.tables import duplicates
from xlroi.values import CellValue, from_serial
from xlroi.workbook.book import Book
from xlroi.workbook.lines import SCENARIO, raw
from xlroi.workbook.read import ReadBack

__all__ = ["Change", "edited_case"]

_EDITED = "Edited in the workbook"


@dataclass(frozen=True, slots=True)
class Change:
    """One input that was changed: its path and what it was and is, as a case writes them."""

    path: str
    was: str
    now: str


def edited_case(found: ReadBack) -> tuple[str, list[Change]]:
    """The case as the workbook now holds it, and every changed input; raises :class:`BookError`."""
    yaml = round_trip()
    data: CommentedMap = yaml.load(found.book.case.text)
    writer = _Writer(found, data)
    changes = [*writer.scenario(), *writer.inputs(), *writer.series(), *writer.tables()]
    if not changes:
        return found.book.case.text, []
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue(), changes


class _Writer:
    def __init__(self, found: ReadBack, data: CommentedMap) -> None:
        self.found, self.data = found, data
        self.book: Book = found.book
        self.built, self.present = found.book.cells(), found.present

    def _inside(self, key: str) -> CommentedMap:
        if self.data.get(key) is None:
            self.data[key] = CommentedMap()
        inside: CommentedMap = self.data[key]
        return inside

    def _place(self, address: str) -> str:
        sheet, ref = self.found.layout.input_cells()[address]
        return f"{self.found.path}: {sheet}!{ref}"

    def scenario(self) -> Iterator[Change]:
        now, was = str(self.present[SCENARIO]), str(self.built[SCENARIO])
        if now != was:
            self.data["scenario"] = now.lower()
            yield Change("scenario", was.lower(), now.lower())

    def inputs(self) -> Iterator[Change]:
        """The base as edited, and each scenario's value where the template's factor would give another."""
        model = self.book.model
        for id, declared in model.inputs.items():
            leaves = {s: raw(id, s) for s in SCENARIOS}
            changed = [s for s in SCENARIOS if self.present[leaves[s]] != self.built[leaves[s]]]
            if not changed:
                continue
            base = self.present[leaves["base"]]
            if not isinstance(base, (int, float)):
                raise BookError(f"{self._place(leaves['base'])}: the input {id!r} is empty; type a number")
            given = self._inside("inputs")
            derived = dict(zip(SCENARIOS[1:], scaled(declared, float(base)), strict=True))
            own = {s: self.present[leaves[s]] for s in SCENARIOS[1:] if self.present[leaves[s]] != derived[s]}
            node = given.get(id)
            if not isinstance(node, CommentedMap) and not own:
                given[id] = _scalar(float(base), declared.unit_text)
            else:
                if not isinstance(node, CommentedMap):
                    given[id] = node = CommentedMap()
                    node.fa.set_flow_style()
                node["base"] = _scalar(float(base), declared.unit_text)
                for scenario in SCENARIOS[1:]:
                    node.pop(scenario, None)
                    if scenario in own:
                        value = own[scenario]
                        node[scenario] = (
                            _scalar(float(value), declared.unit_text) if isinstance(value, (int, float)) else None
                        )
                if "base" in changed and "source" in node:
                    node["source"] = _EDITED
                    node.pop("as_of", None)
            for scenario in changed:
                was, now = self.built[leaves[scenario]], self.present[leaves[scenario]]
                unit = declared.unit_text
                yield Change(id if scenario == "base" else f"{id}.{scenario}", _said(was, unit), _said(now, unit))

    def series(self) -> Iterator[Change]:
        for id, series in self.book.model.series.items():
            addresses = [f"{id}.values[{i}]" for i in range(series.count)]
            if all(self.present[a] == self.built[a] for a in addresses):
                continue
            was, now = self._list(addresses, self.built), self._list(addresses, self.present)
            given, node = self._inside("inputs"), self.data.get("inputs", {}).get(id)
            if isinstance(node, CommentedMap) and "values" in node:
                node["values"] = _flow(now, series.unit_text)
                node["source"] = _EDITED
                node.pop("as_of", None)
            else:
                given[id] = _flow(now, series.unit_text)
            yield Change(id, _shown(was, series.unit_text), _shown(now, series.unit_text))

    def _list(self, addresses: list[str], cells: dict[str, CellValue]) -> list[float]:
        """The filled periods; a gap before the last one is an error."""
        values = [cells[a] for a in addresses]
        while values and values[-1] is None:
            values.pop()
        for address, value in zip(addresses, values, strict=False):
            if not isinstance(value, (int, float)):
                raise BookError(f"{self._place(address)}: the series has a gap here; fill the period in")
        return [float(v) for v in values if isinstance(v, (int, float))]

    def tables(self) -> Iterator[Change]:
        for table in self.book.model.tables.values():
            if table.ledger:
                yield from self._ledger(table)
            elif table.cross is None:
                yield from self._table(table)

    def _ledger(self, table: Table) -> Iterator[Change]:
        """The rows as they now stand, each changed cell a change."""
        columns, rows = list(table.columns.values()), range(self.book.rows(table.id))
        changes = []
        for column in columns:
            for row in rows:
                address = f"{column.leaf}[{row}]"
                was, now = self.built[address], self.present[address]
                if was == now:
                    continue
                if why := self._refused(column, now):
                    raise BookError(f"{self._place(address)}: {why}")
                said = (_said(was, column.unit_text), _said(now, column.unit_text))
                changes.append(Change(f"{table.id}[{row + 1}].{column.id}", *said))
        if not changes:
            return
        cells = [[self._of_csv(c, self.present[f"{c.leaf}[{row}]"]) for c in columns] for row in rows]
        tables = self._inside("tables")
        given = tables.get(table.id)
        if not isinstance(given, CommentedMap):
            tables[table.id] = given = CommentedMap()
        given["csv"] = LiteralScalarString(csv_of([c.id for c in columns], cells))
        given["source"] = _EDITED
        given.pop("as_of", None)
        yield from changes

    @staticmethod
    def _refused(column: Column, now: CellValue) -> str | None:
        if column.kind != "number":
            return refused_text(str("" if now is None else now))
        if not isinstance(now, (int, float)):
            return f"{column.label} is empty; type a number"
        try:
            bounded(column, from_serial(now) if column.is_date else now)
        except (ValueError, OverflowError) as error:
            return f"{column.label} {error}"
        return None

    @staticmethod
    def _of_csv(column: Column, value: CellValue) -> float | str:
        if column.kind != "number":
            return str(value or "")
        assert isinstance(value, (int, float))  # blanks are refused
        return from_serial(value).isoformat() if column.is_date else float(value)

    def _table(self, table: Table) -> Iterator[Change]:
        rows = range(self.book.rows(table.id))
        names = [f"{name_of(table.id)}[{row}]" for row in rows]
        now = [str(self.present[a] or "") for a in names]
        self._names(table, names, now)
        changes = []
        for row in rows:
            was = str(self.built[names[row]] or "")
            if was and not now[row]:
                changes.append(Change(f"{table.id}[{was}]", "row", "taken out"))
            elif now[row] and not was:
                changes.append(Change(f"{table.id}[{now[row]}]", "no row", "added"))
            elif now[row] != was:
                changes.append(Change(f"{table.id}[{was}]", was, now[row]))
        cells: list[tuple[int, CommentedMap]] = []
        for row in rows:
            if now[row]:
                made = CommentedMap()
                made.fa.set_flow_style()
                cells.append((row, made))
        for column in table.columns.values():
            for row, made in cells:
                was_value, value = self._cell(column, row, self.built), self._cell(column, row, self.present)
                self._refuse_blank(column, row, value)
                made[column.id] = value[0]
                if value[1] != was_value[1] and self.built[names[row]]:
                    changes.append(Change(f"{table.id}[{now[row]}].{column.id}", was_value[1], value[1]))
        if not changes:
            return
        self._write(table, now, [str(self.built[a] or "") for a in names], dict(cells))
        yield from changes

    def _names(self, table: Table, addresses: list[str], now: list[str]) -> None:
        active = [n for n in now if n]
        if not active and not table.optional:
            raise BookError(f"{self._place(addresses[0])}: table {table.id!r} has no row left; give one a name")
        for name in duplicates(active):
            raise BookError(
                f"{self._place(addresses[now.index(name)])}: the name {name!r} stands twice in {table.id!r}"
            )
        for address, name in zip(addresses, now, strict=True):
            if name and (why := refused_name(name)):
                raise BookError(f"{self._place(address)}: {why}")

    def _cell(self, column: Column, row: int, cells: dict[str, CellValue]) -> tuple[Any, str]:
        """A cell as YAML keeps it and as a change shows it."""
        if column.period:
            values = self._list([f"{column.leaf}[{row}][{i}]" for i in range(column.count)], cells)
            return _flow(values, column.unit_text), _shown(values, column.unit_text)
        value = cells[f"{column.leaf}[{row}]"]
        if isinstance(value, (int, float)):
            return _scalar(float(value), column.unit_text), _said(value, column.unit_text)
        return value, str(value or "")

    def _refuse_blank(self, column: Column, row: int, value: tuple[Any, str]) -> None:
        if value[1] in ("", "[]"):
            address = f"{column.leaf}[{row}]" + ("[0]" if column.period else "")
            raise BookError(f"{self._place(address)}: {column.label} is empty in a row that has a name; fill it in")
        if column.key or column.choices:
            known = list(column.choices)
            if column.key:
                count = self.book.rows(column.key)
                known = [str(self.present[f"{name_of(column.key)}[{i}]"] or "") for i in range(count)]
            if value[1].casefold() not in [k.casefold() for k in known if k]:
                place = self._place(f"{column.leaf}[{row}]")
                raise BookError(f"{place}: {value[1]!r} is none of {', '.join(k for k in known if k)}")

    def _write(self, table: Table, now: list[str], was: list[str], cells: dict[int, CommentedMap]) -> None:
        """Rows that were there keep their place, comments and sources; what changed in them is replaced."""
        tables = self._inside("tables")
        old = tables.get(table.id)
        made = CommentedMap()
        for row, values in cells.items():
            before = old.get(was[row]) if isinstance(old, CommentedMap) and was[row] else None
            if not isinstance(before, CommentedMap):
                made[now[row]] = values
                continue
            edited = False
            for key, value in values.items():
                same = (
                    self._cell(table.columns[key], row, self.built)[1]
                    == self._cell(table.columns[key], row, self.present)[1]
                )
                if not same:
                    before[key] = value
                    edited = True
            if edited and "source" in before:
                before["source"] = _EDITED
                before.pop("as_of", None)
            made[now[row]] = before
        if isinstance(old, CommentedMap) and list(old) == list(made):
            return  # changed in place: comments stay
        tables[table.id] = made


def _scalar(value: float, unit: str) -> Any:
    """A number for ruamel: a date, a percentage as text, an integer where it is one."""
    if unit == "date":
        return from_serial(value)
    text = yaml_number(value, unit)
    if text.endswith("%"):
        return text
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _flow(values: list[float], unit: str) -> CommentedSeq:
    made = CommentedSeq([_scalar(v, unit) for v in values])
    made.fa.set_flow_style()
    return made


def _said(value: CellValue, unit: str) -> str:
    return yaml_number(float(value), unit) if isinstance(value, (int, float)) else str(value or "empty")


def _shown(values: list[float], unit: str) -> str:
    return f"[{', '.join(yaml_number(v, unit) for v in values)}]"
