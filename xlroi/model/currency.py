"""The case's currency in the sentences of a template, which write ``{currency}`` for it."""

from __future__ import annotations

from dataclasses import replace

from xlroi.formula.tree import Binary, Call, Minus, Node, Text
from xlroi.model.model import Model

__all__ = ["CURRENCY", "in_currency"]

CURRENCY = "{currency}"


def in_currency(model: Model, currency: str) -> Model:
    """The model whose texts name the currency.

    >>> from xlroi.model.template import load_model
    >>> found = in_currency(load_model("roi"), "EUR")
    >>> CURRENCY in found.texts["say_profit"].formula, " EUR" in found.texts["say_profit"].formula
    (False, True)
    """
    said = [id for id, text in model.texts.items() if CURRENCY in text.formula]
    lines, texts = dict(model.system.lines), dict(model.texts)
    for id in said:
        lines[id] = replace(lines[id], node=_named(lines[id].node, currency))
        texts[id] = replace(texts[id], formula=texts[id].formula.replace(CURRENCY, currency))
    return replace(model, system=replace(model.system, lines=lines), texts=texts)


def _named(node: Node, currency: str) -> Node:
    match node:
        case Text(value=value):
            return replace(node, value=value.replace(CURRENCY, currency))
        case Minus(operand=operand):
            return replace(node, operand=_named(operand, currency))
        case Binary(left=left, right=right):
            return replace(node, left=_named(left, currency), right=_named(right, currency))
        case Call(arguments=arguments):
            return replace(node, arguments=tuple(_named(a, currency) for a in arguments))
        case _:
            return node
