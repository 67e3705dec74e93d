"""YAML read safely, every value with its line, every problem with its place.

YAML 1.2: ``NO`` is a text. Nothing is constructed but texts, numbers, dates, lists and mappings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from xlroi.errors import InputError, Problem

__all__ = ["Document", "load_yaml", "parse_yaml", "round_trip"]

_LARGEST: Final = 4 * 1024 * 1024  # bytes: a case is a page, a large one a few hundred
_MOST_NODES: Final = 200_000  # values, aliases expanded: a "billion laughs" file stops here

KeyPath = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """A YAML file as plain data, and the line (from 1) of each key."""

    file: str
    data: Any
    text: str
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest key above it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None

    def problem(self, path: KeyPath, message: str) -> Problem:
        """A problem at a key, e.g. ``case.yaml:14: inputs.price: must be ...``."""
        return Problem(self.file, self.line(path), ".".join(str(p) for p in path), message)


def load_yaml(path: str | Path) -> Document:
    """Read a YAML file; raises :class:`InputError` with file and line."""
    path = Path(path)
    shown = str(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError([Problem(shown, None, "", "the file is larger than 4 MB; is it a case?")])
        raw = path.read_bytes()
    except IsADirectoryError:
        raise InputError([Problem(shown, None, "", "this is a folder, not a case file")]) from None
    except FileNotFoundError:
        raise InputError([Problem(shown, None, "", "no such file; 'xlroi new MODEL -o case.yaml' makes one")]) from None
    except OSError as error:
        raise InputError([Problem(shown, None, "", f"cannot be read: {error.strerror}")]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError([Problem(shown, None, "", "not a text file in UTF-8; a case is a YAML text")]) from None
    return parse_yaml(text, shown)


def parse_yaml(text: str, file: str) -> Document:
    """Read YAML text; ``file`` is named in problems.

    >>> parse_yaml("a: 1\\nb: {c: NO}", "x.yaml").data
    {'a': 1, 'b': {'c': 'NO'}}
    """
    if "\0" in text:
        raise InputError([Problem(file, None, "", "not a text file; a case is a YAML text")])
    for number, line in enumerate(text.splitlines(), 1):
        if line[: len(line) - len(line.lstrip())].count("\t"):
            raise InputError([Problem(file, number, "", "a tab in the indentation: YAML wants spaces")])
    yaml = YAML(typ="rt", pure=True)
    try:
        root = yaml.load(text)
    except DuplicateKeyError as error:
        mark = error.problem_mark
        name = str(error.problem).split('"')[1] if '"' in str(error.problem) else ""
        raise InputError([Problem(file, mark.line + 1 if mark else None, name,
                                  "the key stands twice; keep one")]) from None  # fmt: skip
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not valid YAML: {error.problem or error.context}"
        raise InputError([Problem(file, mark.line + 1 if mark else None, "", message)]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError([Problem(file, None, "", f"not valid YAML: {str(error).splitlines()[0]}")]) from None
    if root is None:
        raise InputError([Problem(file, None, "", "the file is empty; 'xlroi new MODEL' writes one to start from")])
    document = Document(file, None, text)
    try:
        document.data = _Plain(document).value(root, ())
    except RecursionError:
        raise InputError([Problem(file, None, "", "nested too deeply")]) from None
    return document


def round_trip() -> YAML:
    """For a text that is edited: its comments, quotes and line breaks stay."""
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes, yaml.width = True, 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


class _Plain:
    """ruamel's round-trip nodes to plain data, counting them and noting lines."""

    def __init__(self, document: Document) -> None:
        self.document, self.count = document, 0

    def value(self, node: Any, path: KeyPath) -> Any:
        self.count += 1
        if self.count > _MOST_NODES:
            raise InputError([Problem(self.document.file, None, "", "too many values; are aliases nested?")])
        match node:
            case CommentedMap():
                found = {}
                for key in node:
                    if not isinstance(key, str):
                        key_line = node.lc.key(key)[0] + 1
                        raise InputError([Problem(self.document.file, key_line, ".".join(map(str, path)),
                                                  f"the key {key!r} is no text; put it in quotes")])  # fmt: skip
                    inner = (*path, str(key))
                    self.document.lines[inner] = node.lc.key(key)[0] + 1 if key in node.lc.data else 0
                    found[str(key)] = self.value(node[key], inner)
                return found
            case CommentedSeq():
                items = []
                for index, item in enumerate(node):
                    inner = (*path, index)
                    self.document.lines[inner] = node.lc.item(index)[0] + 1
                    items.append(self.value(item, inner))
                return items
            case TaggedScalar():
                raise InputError([self.document.problem(path, "YAML tags (!...) are not used here")])
            case bool() | None:
                return node
            case int():
                return int(node)
            case float():
                return float(node)
            case datetime():
                return node.date() if (node.hour, node.minute, node.second) == (0, 0, 0) else node
            case date():
                return node
            case str():
                return str(node)
            case _:
                raise InputError([self.document.problem(path, f"{type(node).__name__} is not used here")])
