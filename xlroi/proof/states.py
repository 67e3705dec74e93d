"""In which states a book is proven: a formula can be wrong only off the base case."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Choice", "Knob", "State", "states"]


@dataclass(frozen=True, slots=True)
class Knob:
    """One numeric leaf: its value as built, its bounds, and whether only whole numbers fit."""

    id: str
    value: float
    low: float
    high: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One text leaf and what it may be."""

    id: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Leaves to set, and what the state is for."""

    name: str
    changes: Mapping[str, float | str]


def states(knobs: Sequence[Knob], choices: Sequence[Choice], count: int, seed: int = 1) -> list[State]:
    """At least ``count`` states: as built, every choice, each knob at both bounds, then random vectors.

    Where ``count`` is too small for all, the states are spread evenly over the kinds; the same seed gives the same.
    """
    found = [State("as built", {})]
    for choice in choices:
        found += [State(f"{choice.id} = {option}", {choice.id: option}) for option in choice.options]
    edges = [State(f"{k.id} = {v:.15g}", {k.id: v}) for k in knobs for v in (k.low, k.high) if v != k.value]
    rng = random.Random(seed)
    mixed = [_random(knobs, choices, rng, i) for i in range(max(count // 2, 8))]
    room = max(count - len(found) - len(mixed), 0)
    if len(edges) > room:
        step = len(edges) / room if room else 0
        edges = [edges[int(i * step)] for i in range(room)]
    return found + edges + mixed


def _random(knobs: Sequence[Knob], choices: Sequence[Choice], rng: random.Random, number: int) -> State:
    changes: dict[str, float | str] = {c.id: rng.choice(c.options) for c in choices}
    for knob in knobs:
        value = rng.uniform(knob.low, knob.high)
        changes[knob.id] = float(round(value)) if knob.whole else float(f"{value:.6g}")
    return State(f"random {number + 1}", changes)
