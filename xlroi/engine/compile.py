"""Typed trees to closures over arrays of shape [trials, members, steps]; an axis a value lacks has length 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlroi.engine.array import BINARY, ELEMENTWISE, REDUCE, Array, finite
from xlroi.engine.roots import irr, xirr
from xlroi.formula.tree import Binary, Call, Minus, Name, Node, Number, Text

__all__ = ["Evaluate", "Frame", "compile_node"]


@dataclass(slots=True)
class Frame:
    """What a closure reads: all values so far, the openings, and the present step (``None`` = all steps at once)."""

    values: dict[str, Array]
    openings: Mapping[str, float]
    steps: int
    step: int | None = None


Evaluate = Callable[[Frame], Array]


def compile_node(node: Node) -> Evaluate:
    """A closure that computes the tree; text comparisons work on object arrays, everything else on float64."""
    match node:
        case Number(value=value):
            constant = np.full((1, 1, 1), np.float64(value))
            return lambda _: constant
        case Text(value=text):
            folded = np.full((1, 1, 1), text.casefold(), dtype=object)
            return lambda _: folded
        case Name(id=name):
            return lambda frame: _present(frame.values[name], frame)
        case Minus(operand=operand):
            inner = compile_node(operand)
            return lambda frame: -inner(frame)
        case Binary(operator=operator, left=left, right=right):
            return _binary(operator, left, right)
        case Call():
            return _call(node)


def _present(array: Array, frame: Frame) -> Array:
    if frame.step is None or array.shape[2] == 1:
        return array
    return array[:, :, frame.step : frame.step + 1]


def _binary(operator: str, left: Node, right: Node) -> Evaluate:
    a, b = compile_node(left), compile_node(right)
    if left.type.kind == "text":
        wanted = operator == "="
        return lambda frame: ((_folded(a(frame)) == _folded(b(frame))) == wanted).astype(np.float64)
    apply = BINARY[operator]
    return lambda frame: apply(a(frame), b(frame))


def _folded(texts: Any) -> Any:
    return np.frompyfunc(lambda t: t.casefold() if isinstance(t, str) else t, 1, 1)(texts)


def _call(node: Call) -> Evaluate:
    arguments = [compile_node(a) for a in node.arguments]
    first = node.arguments[0] if node.arguments else None
    match node.function:
        case "PRIOR" if isinstance(first, Name):
            return _prior(first.id)
        case "CUMULATIVE" if isinstance(first, Name):
            return _cumulative(first.id)
        case "FIRST" | "LAST":
            return _at_step(node.function, arguments[0])
        case "NPV" | "IRR" | "XIRR":
            return _finance(node.function, arguments)
    if node.reduces:
        reduce = REDUCE[node.function]
        axes = tuple(axis for axis, name in ((1, "table"), (2, "month")) if name in node.reduces)
        whole = "month" in node.reduces
        inner = arguments[0]
        return lambda frame: reduce(inner(_whole(frame) if whole else frame), axes)
    apply = ELEMENTWISE[node.function]
    return lambda frame: apply(*(argument(frame) for argument in arguments))


def _whole(frame: Frame) -> Frame:
    return frame if frame.step is None else Frame(frame.values, frame.openings, frame.steps)


def _prior(name: str) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        opening = frame.openings[name]
        if frame.step == 0:
            return np.full((1, 1, 1), opening)
        array = frame.values[name]
        if frame.step is None:
            first = np.full((*array.shape[:2], 1), opening)
            return np.concatenate([first, array[:, :, :-1]], axis=2)
        return array[:, :, frame.step - 1 : frame.step]

    return evaluate


def _cumulative(name: str) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        array = frame.values[name]
        if frame.step is None:
            return finite(np.cumsum(array, axis=2))
        return finite(np.sum(array[:, :, : frame.step + 1], axis=2, keepdims=True))

    return evaluate


def _at_step(function: str, inner: Evaluate) -> Evaluate:
    def evaluate(frame: Frame) -> Array:
        whole = _whole(frame)
        array = inner(whole)
        if function == "LAST":
            at = frame.values["horizon"]
        else:
            hit = array == 1
            at = np.where(hit.any(axis=2, keepdims=True), hit.argmax(axis=2, keepdims=True), np.nan)
            array = np.broadcast_to(frame.values["month"], (1, 1, frame.steps))
        trials, members = np.broadcast_shapes(array.shape[:2], at.shape[:2])
        array = np.broadcast_to(array, (trials, members, array.shape[2]))
        at = np.broadcast_to(at, (trials, members, 1))
        missing = np.isnan(at) | (at < 0) | (at >= array.shape[2])
        index = np.where(missing, 0, at).astype(np.intp)
        return np.where(missing, np.nan, np.take_along_axis(array, index, axis=2))

    return evaluate


def _finance(function: str, arguments: list[Evaluate]) -> Evaluate:
    def npv(frame: Frame) -> Array:
        rate, flows = arguments[0](frame), arguments[1](frame)
        with np.errstate(all="ignore"):
            factors = np.where(rate > -1, (1 + rate) ** -np.arange(1.0, flows.shape[2] + 1), np.nan)
            return finite(np.sum(flows * factors, axis=2, keepdims=True))

    def internal(frame: Frame) -> Array:
        flows, guess = arguments[0](frame), arguments[-1](frame)
        trials, members = np.broadcast_shapes(flows.shape[:2], guess.shape[:2])
        flows = np.broadcast_to(flows, (trials, members, flows.shape[2]))
        guess = np.broadcast_to(guess, (trials, members, 1))[:, :, 0]
        if function == "IRR":
            return irr(flows, guess)[:, :, None]
        dates = np.broadcast_to(arguments[1](frame), flows.shape)
        rate = xirr(flows, dates, guess)
        return np.where(flows[:, :, 0] == 0, np.nan, rate)[:, :, None]

    evaluate = npv if function == "NPV" else internal
    return lambda frame: evaluate(_whole(frame))
