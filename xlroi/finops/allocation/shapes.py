"""The shape of a rules file, as it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from xlroi.model.schema import Strict

__all__ = ["Conditions", "Dimensions", "Driver", "Further", "OwnerRule", "RulesFile", "Shared", "Table"]

_SHARE: Final = re.compile(r"\d{1,9}(\.\d{1,18})? ?%?|\d{1,9}/[1-9]\d{0,8}")


def _refuse(expected: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "expected {it}", {"it": expected})


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _text(value: Any) -> str:
    if not _filled(value):
        raise _refuse("a text; put a number in quotes")
    return str(value).strip()


def _texts(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(map(_filled, found)):
        raise _refuse("a text or a list of texts; put a number in quotes")
    return tuple(text.strip() for text in found)


def _names(value: Any) -> str | dict[str, str]:
    if isinstance(value, dict) and value and all(_filled(v) and k.strip() for k, v in value.items()):
        return {key.strip(): name for key, name in value.items()}
    if not _filled(value):
        raise _refuse("a name, or names by what the charge says, as {bu1: Platform}")
    return str(value)


def _share(value: Any) -> Fraction | None:
    if isinstance(value, str) and _SHARE.fullmatch(value.strip()):
        said = value.strip()
        return Fraction(said[:-1].strip()) / 100 if said.endswith("%") else Fraction(said)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 10**9:
        return Fraction(repr(value))
    return None


def _split(value: Any) -> Split:
    if value in ("even", "proportional"):
        return value, None
    if isinstance(value, dict) and len(value) == 1:
        (kind, of), *_ = value.items()
        if kind == "driver" and _filled(of):
            return "driver", of.strip()
        if kind == "fixed" and isinstance(of, dict) and of:
            shares = {team: _share(share) for team, share in of.items()}
            if all(share is not None and team.strip() for team, share in shares.items()):
                return "fixed", {team: share for team, share in shares.items() if share is not None}
            raise _refuse("shares as 60%, 0.6 or 1/3 for each team")
    raise _refuse("even, proportional, {driver: NAME} or {fixed: {TEAM: 60%, ...}}")


def _rate(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 10**9:
        raise _refuse("how many units of the currency one unit of this one is, as 1.08")
    return Decimal(repr(value))


def _cost(value: Any) -> dict[str, str]:
    found = value if isinstance(value, dict) else {"else": value}
    if not found or any(cost not in ("billed", "effective") for cost in found.values()):
        raise _refuse("billed or effective, or one for each provider, as {AWS: effective, else: billed}")
    return found


Split = tuple[Literal["even", "proportional", "driver", "fixed"], str | Mapping[str, Fraction] | None]
Text = Annotated[str, PlainValidator(_text)]
Texts = Annotated[tuple[str, ...], PlainValidator(_texts)]


class Conditions(Strict):
    """What a charge must say: each a pattern or several of which one must match; all must hold."""

    tag: Text | None = None
    tags: dict[str, Texts] = Field(default_factory=dict)
    provider: Texts | None = None
    account: Texts | None = None
    account_name: Texts | None = None
    billing_account: Texts | None = None
    billing_account_name: Texts | None = None
    service: Texts | None = None
    category: Texts | None = None
    charge: Texts | None = None
    region: Texts | None = None
    resource: Texts | None = None
    resource_name: Texts | None = None
    resource_type: Texts | None = None
    description: Texts | None = None
    pricing: Texts | None = None
    commitment: Texts | None = None


class OwnerRule(Conditions):
    """Conditions and the name that they give."""

    named: Annotated[str | dict[str, str], PlainValidator(_names)] | None = Field(None, alias="is")
    table: Text | None = Field(None, alias="in")


class Dimensions(Strict):
    """Rules of each dimension, in their order."""

    department: list[OwnerRule] = Field(default_factory=list)
    team: list[OwnerRule] = Field(default_factory=list)
    product: list[OwnerRule] = Field(default_factory=list)
    use_case: list[OwnerRule] = Field(default_factory=list)
    environment: list[OwnerRule] = Field(default_factory=list)
    stage: list[OwnerRule] = Field(default_factory=list)
    model: list[OwnerRule] = Field(default_factory=list)


class Shared(Conditions):
    """Conditions, and how what they match is shared."""

    name: Text
    split: Annotated[Split, PlainValidator(_split)]


class Driver(Strict):
    """A file of quantities by month and team, and the titles of its columns."""

    file: Text
    month: Text = "month"
    team: Text = "team"
    quantity: Text = "quantity"


class Table(Strict):
    """A file that says to whom a key belongs, as an issue tracker's project codes."""

    file: Text
    key: Text = "key"
    columns: dict[str, Text] = Field(default_factory=dict)


class Further(Strict):
    """A further ledger."""

    kind: Literal["hardware", "licences", "people"]
    name: Text
    file: Text
    currency: Text | None = None
    columns: dict[str, Text] = Field(default_factory=dict)


class RulesFile(Strict):
    """A rules file."""

    currency: Text
    rates: dict[str, Annotated[Decimal, PlainValidator(_rate)]] = Field(default_factory=dict)
    cost: Annotated[dict[str, str], PlainValidator(_cost)] = Field(default_factory=lambda: {"else": "billed"})
    dimensions: Dimensions
    shared: list[Shared] = Field(default_factory=list)
    drivers: dict[str, Driver] = Field(default_factory=dict)
    tables: dict[str, Table] = Field(default_factory=dict)
    ledgers: list[Further] = Field(default_factory=list)
