"""Plain Excel: each formula of the catalogue as a LAMBDA under a defined name. Excel 2024 or 365; nothing to install.

The guards are those of ``runtime``: an argument that is no number is #VALUE! (or its own error), a broken bound #NUM!.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from xlroi.cells.catalogue import Argument, Declared, Search, declared_functions
from xlroi.formula.spell import Refs, spell
from xlroi.formula.tree import Call, Node, Number, walk
from xlroi.workbook.write import NamedFunction

__all__ = ["Named", "lambda_of", "lambdas", "literal"]

_LONGEST: Final = 8192  # characters that Excel takes in a formula


@dataclass(frozen=True, slots=True)
class Named:
    """A function as a defined name."""

    function: Declared
    text: str

    @property
    def name(self) -> NamedFunction:
        """As a workbook carries it."""
        return NamedFunction(self.function.name, self.text, self.comment)

    @property
    def comment(self) -> str:
        """What Excel shows beside the name; a comment over 255 characters makes it refuse the file."""
        return self.function.summary[:255]


def lambdas() -> tuple[Named, ...]:
    """Every function of the catalogue that is a formula."""
    return tuple(Named(f, lambda_of(f)) for f in declared_functions() if f.formula is not None)


class _Locals:
    """Names as they stand inside a LAMBDA: arguments that have a default by their local twin, constants as numbers."""

    def __init__(self, function: Declared) -> None:
        self.texts = {c.name: literal(c.value) for c in function.constants.values()}
        self.texts |= {a.name: _local(a) for a in function.arguments}
        self.texts |= {s.name: f"_xlpm.{s.name}" for s in function.steps}

    def here(self, name: str) -> str:
        return self.texts[name]


def lambda_of(function: Declared) -> str:
    """The text of a defined name, as Excel stores it.

    >>> text = next(n.text for n in lambdas() if n.function.name == "AI_SAVINGS_RATE")
    >>> text.replace("_xlpm.", "").replace("_xlfn.", "")  # doctest: +NORMALIZE_WHITESPACE
    'LAMBDA(contracted,effective,IF(ISNUMBER(contracted)*ISNUMBER(effective),IF((contracted>=0),(contracted-effective)/contracted,#NUM!),contracted*0+effective*0+#VALUE!))'
    """
    assert function.formula is not None
    _refuse_aggregates(function)
    refs = cast(Refs, _Locals(function))  # a formula of single values asks for nothing but what stands here
    bindings: list[str] = []
    for argument in function.arguments:
        if argument.default is not None:
            bindings += [_local(argument), _with_default(argument, refs)]
        elif argument.kind == "flag":
            bindings += [_local(argument), _flag(f"_xlpm.{argument.name}")]
        elif argument.whole:
            given = f"_xlpm.{argument.name}"
            bindings += [_local(argument), f"IF(ISNUMBER({given}),ROUND({given},0),{given})"]
    for step in function.steps:
        value = step.value
        text = _searched(step.name, value, refs) if isinstance(value, Search) else spell(value, refs)
        bindings += [f"_xlpm.{step.name}", text]
    bindings.append(_guarded(function, spell(function.formula, refs)))
    body = f"_xlfn.LET({','.join(bindings)})" if len(bindings) > 1 else bindings[0]
    signature = [f"{'_xlpm' if a.default is None else '_xlop'}.{a.name}" for a in function.arguments]
    text = f"_xlfn.LAMBDA({','.join([*signature, body])})"
    if len(text) > _LONGEST:
        raise ValueError(f"{function.name}: the LAMBDA has {len(text)} characters, Excel takes {_LONGEST}")
    return text


def _refuse_aggregates(function: Declared) -> None:
    """A MAX of a range is one number, where a formula that takes ranges means one for each cell."""
    if any(isinstance(s.value, Search) for s in function.steps):
        return  # takes one value at a time
    trees = [function.formula, *(s.value for s in function.steps)]
    for node in (n for tree in trees for n in walk(cast(Node, tree))):
        if isinstance(node, Call) and node.function in ("MAX", "MIN", "SUM", "AND", "OR"):
            raise ValueError(f"{function.name}: {node.function} would take a range together; write it with IF")


def _local(argument: Argument) -> str:
    plain = argument.default is None and argument.kind != "flag" and not argument.whole
    return f"_xlpm.{argument.name}" if plain else f"_xlpm.{argument.name}_"


def _with_default(argument: Argument, refs: Refs) -> str:
    given, default = f"_xlpm.{argument.name}", spell(cast(Node, argument.default), refs)
    value = _flag(given) if argument.kind == "flag" else given
    return f"IF(_xlfn.ISOMITTED({given}),{default},IF(ISBLANK({given}),{default},{value}))"


def _flag(given: str) -> str:
    return f"IF(ISLOGICAL({given}),{given}*1,{given})"


def _searched(name: str, search: Search, refs: Refs) -> str:
    """MATCH over a column of candidates: it passes over errors, and is #N/A where none fits.

    One candidate at a time, as not every function of every spreadsheet takes a column of them.
    """
    first, condition = spell(search.first, refs), spell(search.where, refs)
    numbers = f"{first}-1+_xlfn.SEQUENCE({search.within})"
    found = f"{first}-1+MATCH(1,_xlfn.MAP({numbers},_xlfn.LAMBDA(_xlpm.{name},{condition})),0)"
    return f"IF({spell(search.unless, refs)},{first},{found})"


def _guarded(function: Declared, formula: str) -> str:
    names = [_local(a) for a in function.arguments]
    bounds = [f"({_local(a)}{sign}{literal(limit)})" for a in function.arguments for sign, limit in a.bounds]
    bounds += [f"({_local(a)}=_xlpm.{a.name})" for a in function.arguments if a.whole]
    value = f"IF({'*'.join(bounds)},{formula},#NUM!)" if bounds else formula
    numbers = "*".join(f"ISNUMBER({n})" for n in names)
    # Left first, as in any sum: the first error comes through; a text, an empty cell or TRUE ends as #VALUE!.
    refused = "+".join([*(f"{n}*0" for n in names), "#VALUE!"])
    guarded = f"IF({numbers},{value},{refused})"
    if any(isinstance(s.value, Search) for s in function.steps):
        # The candidates run down a column, and so would a range: one value at a time.
        single = "*".join(f"ROWS({n})*COLUMNS({n})" for n in names)
        guarded = f"IF({single}>1,#VALUE!,{guarded})"
    return guarded


def literal(value: float) -> str:
    """A number as a formula holds it.

    >>> literal(2e12), literal(0.5)
    ('2000000000000', '0.5')
    """
    return spell(Number(value), cast(Refs, None))
