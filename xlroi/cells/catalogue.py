"""The catalogue of worksheet functions as data: workbook_templates/functions.yaml, parsed and checked by the language.

Read when hosts are built and when ``generated.py`` is written; a call of a function never comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from xlroi.errors import InputError
from xlroi.formula.check import Context, check, same_unit
from xlroi.formula.macros import expanded
from xlroi.formula.parse import parse
from xlroi.formula.scope import Declaration, Scope, check_name
from xlroi.formula.tree import FormulaError, Node, Number, Type
from xlroi.formula.units import DIMENSIONLESS, Unit, parse_unit
from xlroi.model.loading import Document, parse_yaml
from xlroi.resources import templates

__all__ = ["Argument", "Constant", "Declared", "Kind", "Search", "Step", "declared_functions", "functions_from"]

Kind = Literal["number", "flag", "text", "numbers", "dates", "pairs"]
"""What an argument takes: one value a call (number, flag, text: a range gives a range), or a whole range."""

_SINGLE: Final = frozenset({"number", "flag", "text"})


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. ``default`` is the tree or text of what a missing or empty one is; ``None`` where it is required.

    ``bounds`` are pairs of a comparison and a number that must hold, as (">=", 0.0).
    """

    name: str
    kind: Kind
    unit: str
    help: str
    default: Node | str | None = None
    shown_default: str | None = None
    bounds: tuple[tuple[str, float], ...] = ()
    whole: bool = False

    @property
    def about(self) -> str:
        """What it is, with its unit and default."""
        unit = f", {self.unit}" if self.unit not in ("", "1") else ""
        default = f" (default {self.shown_default})" if self.shown_default else ""
        return f"{self.help}{unit}{default}"


@dataclass(frozen=True, slots=True)
class Search:
    """The first whole number from ``first`` on, of ``within`` at most, for which ``where`` holds.

    Where ``unless`` holds nothing is searched, and the number is ``first``.
    """

    first: Node
    within: int
    where: Node
    unless: Node


@dataclass(frozen=True, slots=True)
class Step:
    """A value with a name, used by the steps below it and by the formula."""

    name: str
    value: Node | Search


@dataclass(frozen=True, slots=True)
class Constant:
    """A number with a name."""

    name: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A function: a formula over its arguments, or the name of a routine of xlroi/cells."""

    name: str
    category: str
    summary: str
    arguments: tuple[Argument, ...]
    constants: Mapping[str, Constant] = field(repr=False)
    steps: tuple[Step, ...] = ()
    formula: Node | None = None
    routine: str | None = None
    example: tuple[Any, ...] = ()
    value: float | None = None
    source: str = ""
    text: str = ""
    said_steps: tuple[tuple[str, str], ...] = ()
    """Name and text of each step, as the catalogue has them."""

    @property
    def syntax(self) -> str:
        """How it is written, optional arguments in brackets.

        >>> next(f.syntax for f in declared_functions() if f.name == "AI_RESIDUAL")
        'AI_RESIDUAL(price, years, [decay=0.14])'
        """
        shown = [_shown(a) for a in self.arguments]
        return f"{self.name}({', '.join(shown)})"


def _shown(argument: Argument) -> str:
    if argument.default is None:
        return argument.name
    return f"[{argument.name}={argument.shown_default}]" if argument.shown_default else f"[{argument.name}]"


@cache
def declared_functions() -> tuple[Declared, ...]:
    """All worksheet functions, in the order of the file."""
    text = templates().joinpath("functions.yaml").read_text(encoding="utf-8")
    return functions_from(parse_yaml(text, "functions.yaml"))


def functions_from(document: Document) -> tuple[Declared, ...]:
    """The functions of a catalogue file; raises :class:`InputError` with every formula that is refused."""
    constants = {
        name: Constant(name, float(said["value"]), said["unit"], said["source"])
        for name, said in document.data["constants"].items()
    }
    found, problems = [], []
    for name, said in document.data["functions"].items():
        try:
            found.append(_function(name, said, constants))
        except (FormulaError, ValueError) as error:
            problems.append(document.problem(("functions", name), str(error)))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _function(name: str, said: Mapping[str, Any], constants: Mapping[str, Constant]) -> Declared:
    names = {c.name: Declaration(c.name, Type(unit=parse_unit(c.unit)), "constant") for c in constants.values()}
    arguments = []
    for id, about in said["arguments"].items():
        check_name(id)
        argument = _argument(id, about, names)
        arguments.append(argument)
        if argument.kind in _SINGLE:
            names[id] = Declaration(id, _type(argument), "input")
    steps = []
    for id, about in said.get("steps", {}).items():
        check_name(id)
        step = _search(id, about, names) if isinstance(about, dict) else _tree(str(about), names)
        steps.append(Step(id, step))
        names[id] = Declaration(id, step.first.type if isinstance(step, Search) else step.type, "line")
    example = said["example"]
    if ("formula" in said) == ("routine" in said):
        raise ValueError("a function has either a formula or a routine")
    return Declared(
        name,
        said["category"],
        said["summary"],
        tuple(arguments),
        constants,
        tuple(steps),
        _tree(said["formula"], names) if "formula" in said else None,
        said.get("routine"),
        tuple(example["arguments"]),
        example.get("value"),
        example["source"],
        said.get("formula", ""),
        tuple(
            (id, about["where"] if isinstance(about, dict) else str(about))
            for id, about in said.get("steps", {}).items()
        ),
    )


def _type(argument: Argument) -> Type:
    unit = parse_unit(argument.unit) if argument.kind == "number" else DIMENSIONLESS
    kind = argument.kind if argument.kind in ("flag", "text") else "number"
    return Type(unit=unit, kind=kind)


def _argument(name: str, about: Mapping[str, Any], names: Mapping[str, Declaration]) -> Argument:
    kind: Kind = about.get("kind", "number")
    bounds = tuple((sign, float(about[word])) for word, sign in _BOUNDS.items() if word in about)
    unit, whole = about.get("unit", ""), bool(about.get("whole"))
    if "default" not in about:
        return Argument(name, kind, unit, about["help"], bounds=bounds, whole=whole)
    text = str(about["default"])
    if kind not in ("number", "flag"):
        return Argument(name, kind, unit, about["help"], text, text, bounds, whole)
    tree = _tree(text, names)
    if not isinstance(tree, Number) and not same_unit(tree.type.unit, parse_unit(unit)):
        raise ValueError(f"{name}: the default is in {tree.type.unit}, not in {unit}")
    return Argument(name, kind, unit, about["help"], tree, text if isinstance(tree, Number) else None, bounds, whole)


_BOUNDS: Final = {"min": ">=", "above": ">", "max": "<=", "below": "<"}


def _search(name: str, about: Mapping[str, Any], names: dict[str, Declaration]) -> Search:
    first = _tree(str(about["first"]), names)
    inner = {**names, name: Declaration(name, first.type, "line")}
    return Search(first, int(about["within"]), _tree(about["where"], inner), _tree(about["unless"], names))


def _tree(text: str, names: Mapping[str, Declaration]) -> Node:
    return check(expanded(parse(text)), Context(Scope(dict(names))))


def units(functions: Iterable[Declared]) -> dict[str, Unit]:
    """The unit of each formula's value.

    >>> str(units(declared_functions())["AI_GPU_HOUR_COST"])
    'money/(GPU·h)'
    """
    return {f.name: f.formula.type.unit for f in functions if f.formula is not None}
