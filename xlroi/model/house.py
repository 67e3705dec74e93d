"""House standards: what every case of an organisation shares. Nearer files win: case, then house, then template.

``house.yaml`` stands in the folder of the case or in one above it. Its prices may come from a CSV file with the columns
``name,value,source,as_of`` (a unit column may say what is meant).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import Field
from ruamel.yaml import YAML

from xlroi.errors import InputError, Problem
from xlroi.model.loading import Document, load_yaml
from xlroi.model.schema import Strict, validated

__all__ = ["NAME", "House", "find_house", "house_from"]

NAME: Final = "house.yaml"
_MOST_ROWS: Final = 10_000


class _Colours(Strict):
    heading: str | None = Field(default=None, pattern="^[0-9A-Fa-f]{6}$")
    input: str | None = Field(default=None, pattern="^[0-9A-Fa-f]{6}$")


class _House(Strict):
    currency: str | None = None
    fiscal_year_end: int | None = Field(default=None, ge=1, le=12)
    owner: str | None = Field(default=None, max_length=200)
    inputs: dict[str, Any] = Field(default_factory=dict)
    prices: str | None = None
    logo: str | None = None
    colours: _Colours = Field(default_factory=_Colours)


@dataclass(frozen=True, slots=True)
class House:
    """Standards as read. ``text`` is what a workbook carries of them: the prices are in it, the logo is not."""

    file: str
    currency: str | None
    owner: str | None
    inputs: Mapping[str, Any]
    document: Document
    text: str
    logo: Path | None = None
    colours: Mapping[str, str] = field(default_factory=dict)


def find_house(folder: Path) -> House | None:
    """The house standards that hold in a folder: its own ``house.yaml`` or the nearest one above."""
    for place in (folder.resolve(), *folder.resolve().parents):
        path = place / NAME
        if path.is_file():
            return house_from(load_yaml(path))
    return None


def house_from(document: Document) -> House:
    """House standards from their document; raises :class:`InputError` with file and line.

    >>> from xlroi.model.loading import parse_yaml
    >>> house_from(parse_yaml("currency: EUR\\ninputs: {discount_rate: 9%}", "house.yaml")).inputs
    {'discount_rate': '9%'}
    """
    shape = validated(_House, document)
    folder = Path(document.file).parent
    inputs = dict(shape.inputs)
    if shape.fiscal_year_end is not None:
        inputs.setdefault("fiscal_year_end", shape.fiscal_year_end)
    if shape.prices:
        for name, value in _prices(folder / shape.prices).items():
            inputs.setdefault(name, value)
    logo = folder / shape.logo if shape.logo else None
    if logo is not None and (not logo.is_file() or logo.suffix.lower() not in (".png", ".jpg", ".jpeg")):
        raise InputError([document.problem(("logo",), f"no picture in PNG or JPEG at {logo}")])
    colours = {k: v.upper() for k, v in shape.colours.model_dump().items() if v}
    kept = {"currency": shape.currency, "owner": shape.owner, "inputs": inputs, "colours": colours}
    out = io.StringIO()
    YAML(typ="safe", pure=True).dump({k: v for k, v in kept.items() if v}, out)
    text = out.getvalue()
    return House(document.file, shape.currency, shape.owner, inputs, document, text, logo, colours)


def _prices(path: Path) -> dict[str, Any]:
    shown = str(path)
    found: dict[str, Any] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"name", "value", "source", "as_of"} - set(reader.fieldnames or ())
            if missing:
                raise InputError([Problem(shown, 1, "", f"the column {sorted(missing)[0]!r} is missing")])
            for number, row in enumerate(reader, 2):
                if number > _MOST_ROWS:
                    raise InputError(
                        [Problem(shown, number, "", f"more than {_MOST_ROWS:,} rows; is it a price file?")]
                    )
                try:
                    value: Any = float(row["value"])
                    as_of = date.fromisoformat(row["as_of"].strip()) if row["as_of"].strip() else None
                except (ValueError, AttributeError):
                    message = f"expected a number and a date as 2026-01-31 (got {row['value']!r}, {row['as_of']!r})"
                    raise InputError([Problem(shown, number, row["name"] or "", message)]) from None
                found[row["name"]] = {"base": value, "source": row["source"], "as_of": as_of}
    except OSError as error:
        raise InputError([Problem(shown, None, "prices", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem(shown, None, "prices", "not a text file in UTF-8")]) from None
    return found
