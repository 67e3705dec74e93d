"""Lines of use, billed by a vendor or counted by a meter, in the same few columns whatever their files call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final, Literal

import narwhals as nw
from pydantic import Field

from xlroi.errors import InputError, Problem
from xlroi.finops import cleaning
from xlroi.finops.cleaning import NOTHING
from xlroi.finops.engine import ROW, Engine, position
from xlroi.finops.sources import Source, find, head_of_csv
from xlroi.model.loading import load_yaml
from xlroi.model.schema import Strict, validated

__all__ = ["NAMES", "Columns", "Lines", "Role", "load_columns", "open_lines"]

Role = Literal["vendor", "telemetry", "contract"]

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "key": ("key", "ResourceId"),
    "day": ("day", "date", "usage_date", "ChargePeriodStart"),
    "quantity": ("quantity", "usage", "PricingQuantity", "ConsumedQuantity"),
    "unit_price": ("unit_price", "price", "ContractedUnitPrice"),
    "amount": ("amount", "cost", "BilledCost"),
    "billed_on": ("billed_on", "invoice_date", "BillingPeriodStart"),
    "line_id": ("line_id",),
    "currency": ("currency", "BillingCurrency"),
    "valid_from": ("valid_from", "from"),
    "valid_to": ("valid_to", "to"),
}
"""What a column is called where nothing else is said; the first that a file has counts."""

_FIELDS: Final[Mapping[Role, tuple[str, ...]]] = {
    "vendor": ("day", "quantity", "unit_price", "amount", "billed_on", "line_id", "currency"),
    "telemetry": ("day", "quantity", "line_id"),
    "contract": ("unit_price", "valid_from", "valid_to"),
}
_NEEDED: Final[Mapping[Role, tuple[str, ...]]] = {
    "vendor": ("day", "quantity"),
    "telemetry": ("day", "quantity"),
    "contract": ("unit_price",),
}
_AMOUNTS: Final = ("quantity", "unit_price", "amount")
_LARGEST: Final = {"quantity": 12, "unit_price": 6}
"""Powers of ten that factors of a product stay below: price times quantity must fit an amount."""
_DAYS: Final = ("day", "billed_on", "valid_from", "valid_to")
_MOST_SHOWN: Final = 5
_FORM: Final = "YYYY-MM-DD"


class Columns(Strict):
    """A mapping file: for each of the three files what it calls a field."""

    key: list[str] = Field(default_factory=list)
    vendor: dict[str, str] = Field(default_factory=dict)
    telemetry: dict[str, str] = Field(default_factory=dict)
    contract: dict[str, str] = Field(default_factory=dict)


def load_columns(path: Path | None) -> Columns:
    """The mapping file, empty without one; raises :class:`InputError` for a field that there is not."""
    if path is None:
        return Columns()
    document = load_yaml(path)
    found = validated(Columns, document)
    problems = [
        document.problem((role, name), f"expected one of {', '.join(fields)}, or one of the keys")
        for role, fields in _FIELDS.items()
        for name in getattr(found, role)
        if name not in fields and name not in (found.key or ["key"])
    ]
    if problems:
        raise InputError(problems)
    return found


@dataclass(frozen=True, slots=True)
class Lines:
    """Files of one header whose columns are known; nothing of them is read before it is asked for."""

    engine: Engine
    source: Source
    keys: tuple[int, ...]
    """Where the columns of the key stand."""
    columns: Mapping[str, int]
    """Where those of the other fields stand that the files have."""

    def frame(self) -> nw.LazyFrame[Any]:
        """A row a line: ``key_0`` …, the fields that the files have as texts, days and money, and the files' columns.

        An amount that is none stops the engine; :meth:`refused` then finds it.
        """
        read = self.engine.read(self.source)
        exact = {name: dtype != nw.String for name, dtype in read.collect_schema().items()}

        def made(field: str, index: int) -> nw.Expr:
            name = position(index)
            if field in _AMOUNTS:
                return cleaning.amount(nw.col(name), exact=exact[name])
            cell = nw.col(name).cast(nw.String) if exact[name] else nw.col(name)
            return cleaning.day(cell, _FORM) if field in _DAYS else cleaning.text(cell)

        keys = {f"key_{n}": made("key", index) for n, index in enumerate(self.keys)}
        return read.with_columns(**keys, **{field: made(field, index) for field, index in self.columns.items()})

    def refused(self) -> InputError | None:
        """The first cells that are no amount, no day or empty where something must stand; None where all is well."""
        read = self.engine.read(self.source, numbered=True)
        exact = {name: dtype != nw.String for name, dtype in read.collect_schema().items()}
        must = {"key", "day", "quantity", "amount" if "amount" in self.columns else "unit_price"}
        asked: dict[str, tuple[nw.Expr, str]] = {}
        for index in (*self.keys, *self.columns.values()):
            title, name = self.source.header[index], position(index)
            field = next((f for f, at in self.columns.items() if at == index), "key")
            cell = nw.col(name).cast(nw.String) if exact[name] else nw.col(name)
            if field in _AMOUNTS:
                bad = cleaning.no_amount(nw.col(name), exact=exact[name])
                asked[title] = bad, "is no amount below 1e15"
                if field in _LARGEST and "unit_price" in self.columns:
                    size = cleaning.amount_or_null(nw.col(name), exact=exact[name]).abs()
                    large = nw.when(size >= 10 ** _LARGEST[field]).then(cell)
                    asked[title] = nw.coalesce(bad, large), f"is no {field} below 1e{_LARGEST[field]}"
            elif field in _DAYS:
                # A month alone says in which period a line was billed.
                full = nw.when(cell.str.contains(r"^20\d\d-\d\d$")).then(nw.concat_str([cell, nw.lit("-01")]))
                said = nw.coalesce(full, cell) if field == "billed_on" else cell
                asked[title] = cleaning.no_day(said, _FORM), "is no date from 2000 to 2099, as 2026-03-31"
            if field in must:
                empty = nw.when(cleaning.text(cell).is_null()).then(nw.lit("(empty)"))
                bad, says = asked.get(title, (NOTHING, "is not filled in"))
                asked[title] = nw.coalesce(bad, empty), says
        columns = {f"bad_{n}": bad for n, (bad, _) in enumerate(asked.values())}
        found = read.with_columns(**columns).filter(reduce(or_, (~nw.col(name).is_null() for name in columns)))
        rows = self.engine.rows(found.select("file", ROW, *columns).sort("file", ROW).head(_MOST_SHOWN))
        problems = [
            Problem(str(file), row, title, f"{cell[:60]!r} {says}")
            for file, row, *cells in rows
            for cell, (title, (_, says)) in zip(cells, asked.items(), strict=True)
            if cell is not None
        ]
        return InputError(problems[:_MOST_SHOWN]) if problems else None


def open_lines(path: str, engine: Engine, role: Role, names: Columns) -> Lines:
    """Files, a folder or a glob of lines, and their columns; raises :class:`InputError` for one that is missing."""
    source = _source(find([path]), engine)
    own: dict[str, str] = getattr(names, role)

    def at(field: str) -> int | None:
        if field in own:
            return source.position(own[field])
        usual = NAMES.get(field, (field,))
        return next((i for i in map(source.position, usual) if i is not None), None)

    keys = {name: at(name) for name in names.key or ["key"]}
    columns = {field: index for field in _FIELDS[role] if (index := at(field)) is not None}
    lacks = [own.get(name, name) for name, index in keys.items() if index is None]
    lacks += [own.get(field, field) for field in (*_NEEDED[role], *own) if field not in columns and field not in keys]
    if role == "vendor" and not {"amount", "unit_price"} & columns.keys():
        lacks.append("amount (or unit_price)")
    if lacks:
        raise InputError(
            [
                Problem(
                    str(source.files[0]),
                    1,
                    "",
                    f"has no column {', '.join(dict.fromkeys(lacks))}; it has {', '.join(source.header[:12])}; "
                    f"say which it is with --key or --columns ({role}: {{{lacks[0].split()[0]}: …}})",
                )
            ]
        )
    return Lines(engine, source, tuple(i for i in keys.values() if i is not None), columns)


def _source(files: Sequence[Path], engine: Engine) -> Source:
    """The files as one source: they must be of one kind and header."""
    found: list[Source] = []
    for file in files:
        if file.name.lower().endswith(".parquet"):
            titles, types = engine.head_of_parquet(file)
            found.append(Source("parquet", titles, "", tuple(files), types))
        else:
            titles, separator = head_of_csv(file)
            found.append(Source("csv", titles, separator, tuple(files)))
        if found[-1] != found[0]:
            raise InputError([Problem(str(file), 1, "", f"has other columns than {files[0]}; give one kind at a time")])
    return found[0]
