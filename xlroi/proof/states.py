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
    """``count`` states or a few more: as built, every option of every choice, each knob at both bounds, random vectors.

    Where ``count`` is too small for all, every option of the first choice stays, and the others and the bounds are
    spread evenly; the same seed gives the same. Random vectors change all choices and knobs at once.
    """
    found = [State("as built", {})]
    options = [[State(f"{c.id} = {option}", {c.id: option}) for option in c.options] for c in choices]
    found += options[0] if options else []
    found += _spread([state for of_one in options[1:] for state in of_one], max(count // 6, 2))
    edges = [State(f"{k.id} = {v:.15g}", {k.id: v}) for k in knobs for v in (k.low, k.high) if v != k.value]
    rng = random.Random(seed)
    mixed = [_random(knobs, choices, rng, i) for i in range(max(count // 2, 8))]
    return [*found, *_spread(edges, max(count - len(found) - len(mixed), 0)), *mixed]


def _spread(states: list[State], most: int) -> list[State]:
    """At most that many of them, evenly spread."""
    if len(states) <= most:
        return states
    return [states[int(i * len(states) / most)] for i in range(most)]


def _random(knobs: Sequence[Knob], choices: Sequence[Choice], rng: random.Random, number: int) -> State:
    changes: dict[str, float | str] = {c.id: rng.choice(c.options) for c in choices}
    for knob in knobs:
        value = rng.uniform(knob.low, knob.high)
        changes[knob.id] = float(round(value)) if knob.whole else float(f"{value:.6g}")
    return State(f"random {number + 1}", changes)
