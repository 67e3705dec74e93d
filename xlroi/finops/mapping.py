"""Where a bill has what FOCUS names: FOCUS itself, and other layouts through a mapping file.

A mapping file is a page of YAML. ``columns`` gives, for each FOCUS column, a term::

    BilledCost: Cost                                    a column of the file
    ServiceProviderName: {value: Microsoft}             the same in every row; {value: null} is "not known"
    ListCost: {product: [PayGPrice, Quantity]}          price times quantity
    EffectiveCost: {sum: [FeeA, FeeB]}                  empty counts as 0
    EffectiveCost: {difference: [Committed, Used]}      the same
    ServiceName: {first: [Product, Service]}            the first that is not empty
    ChargePeriodStart: {column: Date, form: MM/DD/YYYY}
    Tags: {prefix: resourceTags/user:}                  a column per tag key
    EffectiveCost: {by: LineItemType, cases: {DiscountedUsage: Reserved}, else: Cost}

A case ``""`` is for an empty cell. Every column that a term reads must be in the file, but for those in a ``first``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from xlroi.errors import InputError
from xlroi.model.loading import Document, load_yaml, parse_yaml
from xlroi.resources import templates

__all__ = ["By", "Constant", "Difference", "First", "Layout", "Named", "Prefixed", "Product", "Sum", "Term",
           "load_mapping", "names_of", "required", "shipped"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A column of the file; ``form`` is of its dates."""

    name: str
    form: str = "YYYY-MM-DD"


@dataclass(frozen=True, slots=True)
class Constant:
    """The same in every row; None is null."""

    value: str | None


@dataclass(frozen=True, slots=True)
class First:
    """The first that is not empty."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of amounts; an empty one counts as 0."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One amount less another; an empty one counts as 0."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Product:
    """Price times quantity."""

    price: Term
    quantity: Term


@dataclass(frozen=True, slots=True)
class By:
    """A term by what a column says."""

    name: str
    cases: tuple[tuple[str, Term], ...]
    otherwise: Term


@dataclass(frozen=True, slots=True)
class Prefixed:
    """Tags in columns of their own, whose names begin alike."""

    prefix: str


Term = Named | Constant | First | Sum | Difference | Product | By | Prefixed


@dataclass(frozen=True, slots=True)
class Layout:
    """What a bill's columns mean: for each FOCUS column a term."""

    name: str
    columns: Mapping[str, Term]


def names_of(term: Term) -> Iterator[str]:
    """The columns of the file that a term reads."""
    match term:
        case Named(name):
            yield name
        case First(terms) | Sum(terms):
            for inner in terms:
                yield from names_of(inner)
        case Product(left, right) | Difference(left, right):
            yield from names_of(left)
            yield from names_of(right)
        case By(name, cases, otherwise):
            yield name
            for _, inner in cases:
                yield from names_of(inner)
            yield from names_of(otherwise)
        case _:
            return


def required(term: Term) -> Iterator[str]:
    """The columns that must be in the file: all that a term reads, but for those in a ``first``."""
    match term:
        case First():
            return
        case Sum(terms):
            for inner in terms:
                yield from required(inner)
        case Product(left, right) | Difference(left, right):
            yield from required(left)
            yield from required(right)
        case By(name, cases, otherwise):
            yield name
            for inner in (*(inner for _, inner in cases), otherwise):
                yield from required(inner)
        case _:
            yield from names_of(term)


def load_mapping(name: str, known: Mapping[str, bool]) -> Layout:
    """A mapping that comes with xlroi, by its name, or a mapping file; raises :class:`InputError`.

    ``known`` are the FOCUS columns, true where one must be given.
    """
    if name in shipped():
        text = templates().joinpath("bills", f"{name}.yaml").read_text(encoding="utf-8")
        return _Reader(parse_yaml(text, f"{name}.yaml"), known).layout()
    if not Path(name).exists() and not name.endswith((".yaml", ".yml")):
        raise InputError(f"--mapping {name}: expected a YAML file or one of {', '.join(shipped())}")
    return _Reader(load_yaml(name), known).layout()


def shipped() -> list[str]:
    """The mappings that come with xlroi.

    >>> shipped()
    ['aws_cur', 'azure_ea_actual', 'azure_ea_amortized']
    """
    return sorted(f.name.removesuffix(".yaml") for f in templates().joinpath("bills").iterdir())


_FORMS: Final = "value, column and form, first, sum, difference, product, prefix, or by, cases and else"
_KEYS: Final = ("name", "columns")


class _Reader:
    """A mapping document, every problem with its line."""

    def __init__(self, document: Document, known: Mapping[str, bool]) -> None:
        self.document, self.known = document, known

    def refuse(self, path: tuple[str | int, ...], message: str) -> InputError:
        return InputError([self.document.problem(path, message)])

    def layout(self) -> Layout:
        data = self.document.data
        if not isinstance(data, dict):
            raise self.refuse((), "expected a mapping file with name and columns")
        for key in data:
            if key not in _KEYS:
                raise self.refuse((key,), f"unknown; expected one of {', '.join(_KEYS)}")
        columns = data.get("columns")
        if not isinstance(columns, dict):
            raise self.refuse(("columns",), "expected the FOCUS columns, each with where it stands")
        for name in columns:
            if name not in self.known:
                raise self.refuse(
                    ("columns", name), f"no FOCUS column that is read; these are: {', '.join(self.known)}"
                )
        if missing := [name for name, must in self.known.items() if must and name not in columns]:
            raise self.refuse(("columns",), f"missing {', '.join(missing)}; {{value: null}} says that one is not known")
        terms = {name: self.term(("columns", name), value) for name, value in columns.items()}
        for name, term in terms.items():
            if isinstance(term, Prefixed) and name != "Tags":
                raise self.refuse(("columns", name), "a prefix is for Tags")
        return Layout(str(data.get("name", self.document.file)), terms)

    def term(self, path: tuple[str | int, ...], value: Any) -> Term:
        if isinstance(value, str):
            return Named(value)
        if not isinstance(value, dict):
            raise self.refuse(
                path, "expected a column's name, or one of value, column, first, sum, product, by, prefix"
            )
        keys = frozenset(value)
        for wanted, make in self._forms().items():
            if keys == wanted or (keys == wanted - {"form"} and "column" in wanted):
                return make(path, value)
        raise self.refuse(path, f"{', '.join(value)}: expected {_FORMS}")

    def _forms(self) -> dict[frozenset[str], Callable[[tuple[str | int, ...], dict[str, Any]], Term]]:
        return {
            frozenset({"value"}): self._constant,
            frozenset({"column", "form"}): self._column,
            frozenset({"first"}): lambda path, v: First(self._terms((*path, "first"), v["first"])),
            frozenset({"sum"}): lambda path, v: Sum(self._terms((*path, "sum"), v["sum"])),
            frozenset({"product"}): lambda path, v: Product(*self._two((*path, "product"), v["product"])),
            frozenset({"difference"}): lambda path, v: Difference(*self._two((*path, "difference"), v["difference"])),
            frozenset({"prefix"}): lambda path, v: Prefixed(self._text((*path, "prefix"), v["prefix"])),
            frozenset({"by", "cases", "else"}): self._by,
        }

    def _text(self, path: tuple[str | int, ...], value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self.refuse(path, f"expected a text (got {value!r})")
        return value

    def _constant(self, path: tuple[str | int, ...], value: dict[str, Any]) -> Term:
        given = value["value"]
        if not (given is None or isinstance(given, (str, int, float, date))) or isinstance(given, bool):
            raise self.refuse((*path, "value"), "expected a text, a number, a date or null")
        return Constant(None if given is None else str(given))

    def _column(self, path: tuple[str | int, ...], value: dict[str, Any]) -> Term:
        form = value.get("form", "YYYY-MM-DD")
        if not isinstance(form, str) or any(form.count(part) != 1 for part in ("YYYY", "MM", "DD")):
            raise self.refuse((*path, "form"), "expected the places of the digits, as MM/DD/YYYY")
        return Named(self._text((*path, "column"), value["column"]), form)

    def _two(self, path: tuple[str | int, ...], value: Any) -> tuple[Term, Term]:
        terms = self._terms(path, value)
        if len(terms) != 2:
            raise self.refuse(path, f"expected two (got {len(terms)})")
        return terms[0], terms[1]

    def _by(self, path: tuple[str | int, ...], value: dict[str, Any]) -> Term:
        cases = value["cases"]
        if not isinstance(cases, dict) or not cases:
            raise self.refuse((*path, "cases"), "expected what the column may say, each with a term")
        terms = tuple((said, self.term((*path, "cases", said), inner)) for said, inner in cases.items())
        return By(self._text((*path, "by"), value["by"]), terms, self.term((*path, "else"), value["else"]))

    def _terms(self, path: tuple[str | int, ...], value: Any) -> tuple[Term, ...]:
        if not isinstance(value, list) or not value:
            raise self.refuse(path, "expected a list")
        return tuple(self.term((*path, index), inner) for index, inner in enumerate(value))
