"""One module out of several: what some names need, and nothing else, as text that a reader can follow.

For hosts that take a single file. Only what the rooms of calls are written in is known here: definitions, assignments
and ``from … import …`` at the top of a module.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import pairwise
from typing import Final

__all__ = ["Bundle"]

_OWN: Final = "xlroi."

Place = tuple[str, str]
"""A module, and a name of it."""

Library = tuple[str, str]
"""What stands behind ``from`` and behind ``import``; nothing behind ``from`` where a whole module is imported."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is defined together: its text with the comment above it and the string below it, and the names it uses.

    ``dotted`` are names behind a module's name. One that imports the project when it runs ``leaves`` the bundle.
    """

    text: str
    defines: tuple[str, ...]
    uses: frozenset[str]
    dotted: frozenset[Place]
    leaves: bool


@dataclass(slots=True)
class _Module:
    """A module: its statements, and what its names from elsewhere are."""

    name: str
    statements: list[_Statement] = field(default_factory=list)
    borrowed: dict[str, Place] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    library: dict[str, Library] = field(default_factory=dict)


class Bundle:
    """A module of the project with all that it imports from the project.

    >>> bundle = Bundle("xlroi.cells.flows")
    >>> bundle.leaves("irr"), "def _rate(" in bundle.text(["irr"]), "def xnpv(" in bundle.text(["irr"])
    (False, True, False)
    """

    def __init__(self, name: str) -> None:
        """Read ``name`` and the modules below it, each after those that it imports."""
        self.name = name
        self._modules: dict[str, _Module] = {}
        self._read(name)

    def leaves(self, name: str) -> bool:
        """Whether what ``name`` needs imports more of the project when it runs."""
        return any(statement.leaves for _, statement in self._needed([name]))

    def text(self, names: Iterable[str]) -> str:
        """All that ``names`` need, in an order in which it can be defined; every name stands for one thing."""
        needed = list(self._needed(names))
        twice = [name for name, times in Counter(d for _, s in needed for d in s.defines).items() if times > 1]
        if twice:
            raise ValueError(f"two modules of {self.name} define {', '.join(sorted(twice))}")
        parts = [_imports(self._from_library(needed))]
        for module in self._modules.values():
            own = [s for s in module.statements if (module.name, s) in needed]
            if own:
                parts.append(f"# ---- {module.name.replace('.', '/')}.py ".ljust(119, "-"))
                parts += _namespaces(module, own)
                parts += [s.text for s in own]
        return _spaced(parts)

    def _from_library(self, needed: list[tuple[str, _Statement]]) -> Iterator[Library]:
        for name, statement in needed:
            library = self._modules[name].library
            yield from (library[use] for use in statement.uses if use in library)

    def _needed(self, names: Iterable[str]) -> Iterator[tuple[str, _Statement]]:
        seen: set[Place] = set()
        open_ = [(self.name, name) for name in names]
        while open_:
            place = open_.pop()
            if place in seen:
                continue
            seen.add(place)
            name, what = place
            module = self._modules[name]
            if what in module.borrowed:
                open_.append(module.borrowed[what])
                continue
            for statement in (s for s in module.statements if what in s.defines):
                yield name, statement
                seen |= {(name, other) for other in statement.defines}
                open_ += [(name, use) for use in statement.uses]
                open_ += [(module.modules[of], use) for of, use in statement.dotted if of in module.modules]

    def _read(self, name: str) -> None:
        loader = getattr(find_spec(name), "loader", None)
        source = loader.get_source(name) if loader else None
        if source is None:
            raise ValueError(f"{name} has no source")
        module = _Module(name)
        for node, text in _pieces(source):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_OWN):
                self._borrow(module, node)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                module.library |= _library(node)
            else:
                module.statements.append(_statement(node, text))
        self._modules[name] = module

    def _borrow(self, module: _Module, node: ast.ImportFrom) -> None:
        for alias in node.names:
            inner = f"{node.module}.{alias.name}"
            if _is_module(inner):
                module.modules[alias.asname or alias.name] = inner
            elif alias.asname in (None, alias.name):
                module.borrowed[alias.name] = (str(node.module), alias.name)
            else:
                raise ValueError(f"{module.name} renames {inner}")
            source = inner if inner in module.modules.values() else str(node.module)
            if source not in self._modules:
                self._read(source)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # what should be its package is a module
        return False


def _pieces(source: str) -> Iterator[tuple[ast.stmt, str]]:
    """The statements of a module with their text; a string after an assignment belongs to it."""
    lines = source.splitlines()
    body = ast.parse(source).body[1:]  # without the module's own docstring
    after = 0
    for place, node in enumerate(body):
        if _is_string(node):
            continue
        follower = body[place + 1] if place + 1 < len(body) else None
        last = (follower if follower is not None and _is_string(follower) else node).end_lineno or 0
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        while first - 1 > after and lines[first - 2].startswith("#"):
            first -= 1
        yield node, "\n".join(lines[first - 1 : last])
        after = last


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _library(node: ast.Import | ast.ImportFrom) -> dict[str, Library]:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    return {a.asname or a.name: (module, a.name + (f" as {a.asname}" if a.asname else "")) for a in node.names}


def _imports(wanted: Iterable[Library]) -> str:
    found: dict[str, set[str]] = {"types": {"SimpleNamespace"}}
    for module, name in wanted:
        found.setdefault(module, set()).add(name)
    plain = [f"import {name}" for name in sorted(found.pop("", ()))]
    return "\n".join(plain + [f"from {m} import {', '.join(sorted(found[m]))}" for m in sorted(found)])


def _namespaces(module: _Module, own: list[_Statement]) -> Iterator[str]:
    """The modules that ``module`` knows by a name, cut to what is used of them."""
    for alias in module.modules:
        used = sorted({name for s in own for of, name in s.dotted if of == alias})
        if used:
            yield f"{alias} = SimpleNamespace({', '.join(f'{u}={u}' for u in used)})"


def _spaced(parts: list[str]) -> str:
    """Lines under each other; what has several lines stands apart."""
    text = parts[0]
    for before, part in pairwise(parts):
        text += ("\n\n\n" if "\n" in before + part or part.startswith("# ----") else "\n") + part
    return text + "\n"


def _statement(node: ast.stmt, text: str) -> _Statement:
    inside = list(ast.walk(node))
    return _Statement(
        text,
        _defined(node),
        frozenset(n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)),
        frozenset(
            (n.value.id, n.attr) for n in inside if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
        ),
        any(isinstance(n, ast.ImportFrom) and (n.module or "").startswith(_OWN) for n in inside),
    )


def _defined(node: ast.stmt) -> tuple[str, ...]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Assign(targets=targets):
            return tuple(n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            return (name,)
        case _:
            return ()
