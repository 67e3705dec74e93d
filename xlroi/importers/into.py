"""Measurements into a case: its text with comments, and in it value, range, source and date of what was measured."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from ruamel.yaml.comments import CommentedMap

from xlroi.errors import InputError, Problem
from xlroi.importers.source import Measured
from xlroi.model.case import Case, case_from
from xlroi.model.house import find_house
from xlroi.model.loading import load_yaml, parse_yaml, round_trip
from xlroi.model.model import Input
from xlroi.model.quantities import QUANTITIES, refused_input
from xlroi.model.starter import yaml_number

__all__ = ["Evidence", "Imported", "Origin", "Put", "into_case", "wanted"]

_REPLACED = ("optimistic", "pessimistic", "distribution", "catalogue", "times")
"""What an input said of its old value, which is no longer true of a measured one."""


class Origin(Protocol):
    """Where measurements come from; ``wanting`` says what a quantity needs that could not be measured."""

    @property
    def name(self) -> str: ...
    @property
    def as_of(self) -> date: ...
    @property
    def path(self) -> Path: ...
    @property
    def wanting(self) -> Mapping[str, str]: ...


class Evidence(Protocol):
    """What was measured: a monitor's file, or a bill."""

    @property
    def format(self) -> str: ...
    @property
    def source(self) -> Origin: ...
    @property
    def measured(self) -> Sequence[Measured]: ...


@dataclass(frozen=True, slots=True)
class Put:
    """One input that took a measurement: what it was and is, as a case writes it."""

    input: str
    quantity: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A case with measurements in it, and the quantities that feed no input, each with the reason."""

    text: str
    puts: tuple[Put, ...]
    unused: Mapping[str, str]
    remarks: tuple[str, ...]
    changed: bool


def wanted(pairs: tuple[str, ...]) -> dict[str, str]:
    """Quantities and the inputs that a user chose for them, from ``QUANTITY=input``.

    >>> wanted(("mfu=my_share",))
    {'mfu': 'my_share'}
    """
    found = {}
    for pair in pairs:
        quantity, equals, id = (part.strip() for part in pair.partition("="))
        if not equals or not id:
            raise InputError(f"--as {pair}: expected QUANTITY=input, as --as allocation=utilisation")
        if quantity not in QUANTITIES:
            raise InputError(f"--as {pair}: {quantity!r} is none of {', '.join(QUANTITIES)}")
        found[quantity] = id
    return found


def into_case(found: Evidence, path: Path, chosen: Mapping[str, str], target: Path | None = None) -> Imported:
    """The case at ``path`` with what was measured; raises :class:`InputError` and writes nothing.

    ``target`` is where the text will stand: the case must be valid there.
    """
    if path.suffix in (".xlsx", ".xlsm"):
        raise InputError(f"{path}: a workbook; turn it into a case first: xlroi read {path} -o case.yaml")
    document = load_yaml(path)
    house = find_house(path.parent)
    case = case_from(document, house=house)
    inputs = _inputs(found, case, chosen)
    yaml = round_trip()
    text = document.text.replace("\r\n", "\n")
    data: CommentedMap = yaml.load(text)
    if data.get("inputs") is None:
        data["inputs"] = CommentedMap()
    puts, remarks, changed = [], [], False
    for measured in found.measured:
        declared = inputs.get(measured.quantity)
        if declared is None:
            continue
        node, said = _node(found, measured, declared, data["inputs"].get(declared.id))
        remarks += said
        changed |= data["inputs"].get(declared.id) != node
        if data["inputs"].get(declared.id) != node:
            data["inputs"][declared.id] = node
        was = yaml_number(case.inputs[declared.id].base, declared.unit_text)
        puts.append(Put(declared.id, measured.quantity, was, str(node["base"])))
    if changed:
        out = io.StringIO()
        yaml.dump(data, out)
        text = out.getvalue()
        if "\r\n" in document.text:
            text = text.replace("\n", "\r\n")
    else:
        text = document.text
    if target is None:
        case_from(parse_yaml(text, str(path)), case.model, house)
    else:  # elsewhere another template and another house may be found, or none
        case_from(parse_yaml(text, str(target)), house=find_house(target.parent))
    unused = {m.quantity: _unused(m.quantity, case, inputs) for m in found.measured if m.quantity not in inputs}
    return Imported(text, tuple(puts), unused, tuple(remarks), changed)


def _inputs(found: Evidence, case: Case, chosen: Mapping[str, str]) -> dict[str, Input]:
    """The input of each quantity: the user's choice, or the one that the template declares."""
    taken = {declared.measured: declared for declared in case.model.inputs.values() if declared.measured}
    problems = []
    for quantity, id in chosen.items():
        declared = case.model.inputs.get(id)
        if declared is None:
            kind = "a series or a table" if id in case.model.series or id in case.model.tables else "not an input"
            why: str | None = f"{id!r} is {kind} of the model {case.model.id!r}"
        else:
            why = refused_input(quantity, declared)
            taken[quantity] = declared
        if why is None and quantity not in {m.quantity for m in found.measured} | found.source.wanting.keys():
            why = f"the file ({found.format}) does not measure it"
        if why:
            problems.append(Problem("", None, f"--as {quantity}={id}", why))
    for quantity, need in found.source.wanting.items():
        if quantity in taken:
            problems.append(Problem(str(found.source.path), None, quantity, f"{need} ({taken[quantity].id} takes it)"))
    if problems:
        raise InputError(problems)
    return {m.quantity: taken[m.quantity] for m in found.measured if m.quantity in taken}


def _unused(quantity: str, case: Case, inputs: Mapping[str, Input]) -> str:
    if quantity == "goodput" and "failed_share" in inputs:
        return f"stands in {inputs['failed_share'].id} as 1 / goodput − 1"
    if QUANTITIES[quantity].evidence:
        return "evidence only, feeds no input"
    return f"the model {case.model.id!r} declares no input for it; --as {quantity}=INPUT chooses one"


def _node(found: Evidence, measured: Measured, declared: Input, old: Any) -> tuple[CommentedMap, list[str]]:
    """The input as the case will write it, and what to tell of it."""
    said = []
    node = CommentedMap()
    node.fa.set_flow_style()
    node["base"] = _scalar(measured.value, declared)
    ends = (measured.high, measured.low)
    if not QUANTITIES[measured.quantity].more_is_better:
        ends = (measured.low, measured.high)
    for scenario, value in zip(("optimistic", "pessimistic"), ends, strict=True):
        if value is None:
            continue
        inside = value if declared.minimum is None else max(value, declared.minimum)
        inside = inside if declared.maximum is None else min(inside, declared.maximum)
        if inside != value:
            shown = yaml_number(_rounded(value), declared.unit_text)
            said.append(f"{declared.id}.{scenario}: {shown} measured, kept inside the bounds of the input")
        node[scenario] = _scalar(inside, declared)
    node["source"] = found.source.name
    node["as_of"] = found.source.as_of.replace()  # a copy each: YAML would refer from one to the other
    node["note"] = f"Measured, {found.format}: {measured.note}"
    if isinstance(old, dict):
        gone = [key for key in _REPLACED if key in old and key not in node]
        if gone:
            said.append(f"{declared.id}: {', '.join(gone)} of the old value taken out")
    return node, said


def _rounded(value: float) -> float:
    """Four digits: no measurement here is better."""
    return float(f"{value:.4g}")


def _scalar(value: float, declared: Input) -> Any:
    number = _rounded(value)
    if declared.integer:
        number = float(round(number))
    if declared.unit_text.startswith("%"):
        return f"{number * 100:.6g}%"
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
