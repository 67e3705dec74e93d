"""Shapes of files by pydantic, its findings in our words with file and line."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from xlroi.errors import InputError, Problem
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document

__all__ = ["Strict", "validated"]


class Strict(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(extra="forbid", strict=False)


T = TypeVar("T", bound=BaseModel)


def validated(shape: type[T], document: Document) -> T:
    """The document as ``shape``; raises :class:`InputError` with every problem."""
    if not isinstance(document.data, dict):
        raise InputError([Problem(document.file, 1, "", "expected keys and values, as 'model: roi'")])
    cut = list(_cut_formulas(document.data, (), document))
    if cut:
        raise InputError(cut)
    try:
        return shape.model_validate(document.data)
    except ValidationError as error:
        problems = {_problem(e, shape, document): None for e in error.errors()}
        raise InputError(list(problems)) from None


def _cut_formulas(data: Any, path: tuple[str | int, ...], document: Document) -> Any:
    """``{formula: MAX(a, b)}`` is cut by YAML into ``MAX(a`` and a key ``b)``: say so instead of "unknown key"."""
    if isinstance(data, dict):
        for key, value in data.items():
            inner = (*path, key)
            text = data.get("formula")
            if value is None and isinstance(text, str) and text.count("(") != text.count(")"):
                yield document.problem(
                    (*path, "formula"),
                    f"this formula seems cut at a comma by YAML: {text!r} and {key!r}; put the whole formula in quotes",
                )
                return
            yield from _cut_formulas(value, inner, document)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _cut_formulas(value, (*path, index), document)


def _problem(error: Any, shape: type[BaseModel], document: Document) -> Problem:
    # A union of shapes adds the name of the branch to the path; keep what names a key of the file.
    path: tuple[str | int, ...] = ()
    for part in error["loc"]:
        if (*path, part) in document.lines or part is error["loc"][-1]:
            path = (*path, part)
    got = error.get("input")
    match error["type"]:
        case "extra_forbidden":
            known = [n for model in _models(shape) for n in model.model_fields]
            message = "unknown key" + did_you_mean(str(error["loc"][-1]), known)
        case "missing":
            message = "this key is missing"
        case "string_type":
            message = f"expected a text (got {got!r})"
        case "dict_type" | "model_type":
            message = f"expected keys and values (got {got!r})"
        case "list_type":
            message = f"expected a list (got {got!r})"
        case _:
            message = f"{error['msg'][0].lower()}{error['msg'][1:]} (got {got!r})"
    return document.problem(path, message)


def _models(shape: type[BaseModel]) -> list[type[BaseModel]]:
    found = [shape]
    for field in shape.model_fields.values():
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in found:
                found += _models(inner)
    return found
