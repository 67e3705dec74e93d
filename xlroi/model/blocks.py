"""Blocks: parts of a template with inputs, tables, constants, sections and checks, spliced in before it is looked at.

A block is what several templates share, or a chapter of a long one.

A template carries the text of the blocks it uses, so that a workbook holds all it was made from: a block that the
template does not define under ``blocks:`` comes from the package and is appended to its text.
"""

from __future__ import annotations

from textwrap import indent
from typing import Any, Final

from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document, KeyPath, parse_yaml
from xlroi.model.shape import BlockShape
from xlroi.resources import templates

__all__ = ["block_names", "with_blocks"]

_NAMED: Final = ("constants", "tables", "checks")


def block_names() -> list[str]:
    """The blocks that come with xlroi."""
    return sorted(p.name.removesuffix(".yaml") for p in templates().joinpath("blocks").iterdir())


def with_blocks(document: Document) -> Document:
    """The template with every ``- block: name`` among its sections replaced by the block's own sections.

    The block's inputs, tables, constants and checks come after the template's own.
    """
    data = document.data
    sections = data.get("sections") if isinstance(data, dict) else None
    if not isinstance(sections, list) or not any(isinstance(s, dict) and "block" in s for s in sections):
        return document
    own = data.get("blocks") or {}
    text, taken = document.text, {}
    merged: dict[str, Any] = {**data, **{key: dict(data.get(key) or {}) for key in _NAMED}}
    merged["inputs"] = list(data.get("inputs") or [])
    merged["sections"], lines = [], {p: n for p, n in document.lines.items() if p[:1] != ("sections",)}
    for index, section in enumerate(sections):
        if not (isinstance(section, dict) and "block" in section):
            _keep("sections", merged, section, lines, document.lines, ("sections", index))
            continue
        name = section["block"]
        if name not in own:
            if name not in block_names():
                hint = did_you_mean(str(name), [*own, *block_names()])
                raise InputError([document.problem(("sections", index), f"there is no block {name!r}{hint}")])
            taken[name] = templates().joinpath("blocks", f"{name}.yaml").read_text(encoding="utf-8")
        block = own[name] if name in own else parse_yaml(taken[name], f"{name}.yaml").data
        if unknown := sorted(set(block) - set(BlockShape.model_fields)):
            hint = did_you_mean(unknown[0], list(BlockShape.model_fields))
            raise InputError([document.problem(("blocks", name, unknown[0]), f"not a part of a block{hint}")])
        for key in _NAMED:
            clash = sorted(set(merged[key]) & set(block.get(key) or {}))
            if clash:
                raise InputError([document.problem((key, clash[0]), f"block {name!r} brings {clash[0]!r} already")])
            merged[key] |= block.get(key) or {}
            _moved(lines, document.lines, ("blocks", name, key), (key,))
        for key in ("inputs", "sections"):
            for inner, part in enumerate(block.get(key) or []):
                _keep(key, merged, part, lines, document.lines, ("blocks", name, key, inner))
    if taken:
        head = "" if own else "\nblocks:\n"
        text = text.rstrip("\n") + "\n" + head + "".join(f"  {n}:\n{indent(t, '    ')}" for n, t in taken.items())
    return Document(document.file, merged, text, lines)


def _keep(
    key: str, merged: dict[str, Any], part: Any, lines: dict[KeyPath, int], old: dict[KeyPath, int], was: KeyPath
) -> None:
    """Add a section or a group of inputs, and the lines where its keys stand, under its new place."""
    merged[key].append(part)
    _moved(lines, old, was, (key, len(merged[key]) - 1))


def _moved(lines: dict[KeyPath, int], old: dict[KeyPath, int], was: KeyPath, place: KeyPath) -> None:
    for path, number in old.items():
        if path[: len(was)] == was and len(path) >= len(was):
            lines.setdefault((*place, *path[len(was) :]), number)
