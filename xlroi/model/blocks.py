"""Blocks: sections, constants and checks that several templates share, spliced in before a template is looked at.

A template carries the text of the blocks it uses, so that a workbook holds all it was made from: a block that the
template does not define under ``blocks:`` comes from the package and is appended to its text.
"""

from __future__ import annotations

from textwrap import indent
from typing import Any

from xlroi.errors import InputError
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document, KeyPath, parse_yaml
from xlroi.resources import templates

__all__ = ["block_names", "with_blocks"]


def block_names() -> list[str]:
    """The blocks that come with xlroi."""
    return sorted(p.name.removesuffix(".yaml") for p in templates().joinpath("blocks").iterdir())


def with_blocks(document: Document) -> Document:
    """The template with every ``- block: name`` among its sections replaced by the block's own sections."""
    data = document.data
    sections = data.get("sections") if isinstance(data, dict) else None
    if not isinstance(sections, list) or not any(isinstance(s, dict) and "block" in s for s in sections):
        return document
    own = data.get("blocks") or {}
    text, taken = document.text, {}
    merged: dict[str, Any] = {**data, "constants": dict(data.get("constants") or {})}
    merged["checks"] = dict(data.get("checks") or {})
    merged["sections"], lines = [], {p: n for p, n in document.lines.items() if p[:1] != ("sections",)}
    for index, section in enumerate(sections):
        if not (isinstance(section, dict) and "block" in section):
            _keep(merged["sections"], section, lines, document.lines, ("sections", index))
            continue
        name = section["block"]
        if name not in own:
            if name not in block_names():
                hint = did_you_mean(str(name), [*own, *block_names()])
                raise InputError([document.problem(("sections", index), f"there is no block {name!r}{hint}")])
            taken[name] = templates().joinpath("blocks", f"{name}.yaml").read_text(encoding="utf-8")
        block = own[name] if name in own else parse_yaml(taken[name], f"{name}.yaml").data
        for key in ("constants", "checks"):
            clash = sorted(set(merged[key]) & set(block.get(key) or {}))
            if clash:
                raise InputError([document.problem((key, clash[0]), f"block {name!r} brings {clash[0]!r} already")])
            merged[key] |= block.get(key) or {}
        for inner, part in enumerate(block.get("sections") or []):
            _keep(merged["sections"], part, lines, document.lines, ("blocks", name, "sections", inner))
    if taken:
        head = "" if own else "\nblocks:\n"
        text = text.rstrip("\n") + "\n" + head + "".join(f"  {n}:\n{indent(t, '    ')}" for n, t in taken.items())
    return Document(document.file, merged, text, lines)


def _keep(sections: list[Any], part: Any, lines: dict[KeyPath, int], old: dict[KeyPath, int], was: KeyPath) -> None:
    """Add a section and the lines where its keys stand, under its new place."""
    place: KeyPath = ("sections", len(sections))
    sections.append(part)
    for path, number in old.items():
        if path[: len(was)] == was:
            lines[(*place, *path[len(was) :])] = number
