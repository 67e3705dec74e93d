"""How an uncertain input is spread, as a case says it: the kind, its parameters, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from xlroi.formula.scope import did_you_mean
from xlroi.model.numbers import number_from

__all__ = ["Correlation", "Distribution", "Kind", "distribution_from", "of_range"]

Kind = Literal["pert", "triangular", "normal", "lognormal", "uniform", "discrete", "yes_no"]

_NEEDS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "pert": (("min", "mode", "max"), ("p10", "mode", "p90")),
    "triangular": (("min", "mode", "max"),),
    "normal": (("mean", "sd"), ("p10", "p90")),
    "lognormal": (("mean", "sd"), ("p10", "p90")),
    "uniform": (("min", "max"),),
    "discrete": (("values", "weights"), ("values",)),
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """``kind`` and its numbers: min, mode, max; mean, sd; p10, p90; or values with weights.

    ``yes_no`` is 1 with probability ``mean``, else 0.
    """

    kind: Kind
    numbers: Mapping[str, float]
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def said(self) -> str:
        """As a reader sees it.

        >>> of_range(80, 100, 130).said()
        'PERT, min 80, mode 100, max 130'
        """
        name = {"pert": "PERT", "yes_no": "all or nothing"}.get(self.kind, self.kind.capitalize())
        parts = [f"{key} {value:g}" for key, value in self.numbers.items()]
        parts += [f"{v:g} ({w:.0%})" for v, w in zip(self.values, self.weights, strict=True)]
        return ", ".join([name, *parts])


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's rank correlation between two inputs."""

    one: str
    other: str
    rank: float


def of_range(low: float, mode: float, high: float) -> Distribution:
    """A PERT from the smallest to the largest value of an input's scenarios."""
    return Distribution("pert", {"min": min(low, mode, high), "mode": mode, "max": max(low, mode, high)})


def distribution_from(given: Any, base: float) -> Distribution:
    """A distribution as a case writes it; ``ValueError`` says what is wrong. A missing mode or mean is the base.

    >>> distribution_from({"type": "uniform", "min": 1, "max": 3}, 2.0).numbers
    {'min': 1.0, 'max': 3.0}
    """
    if not isinstance(given, Mapping) or "type" not in given:
        raise ValueError("expected a type with its numbers, as {type: pert, min: 80, max: 130}")
    kind = str(given["type"])
    if kind not in _NEEDS:
        raise ValueError(f"{kind!r} is no distribution{did_you_mean(kind, list(_NEEDS)) or ': ' + ', '.join(_NEEDS)}")
    data = dict(given)
    del data["type"]
    forms = _NEEDS[kind]
    for centre in ("mode", "mean"):
        if centre not in data and any(centre in form for form in forms) and "p10" not in data:
            data[centre] = base
    if kind == "pert" and "p10" in data:
        data.setdefault("mode", base)
    form = next((f for f in forms if set(f) == set(data)), None)
    if form is None:
        ways = " or ".join(", ".join(f) for f in forms)
        raise ValueError(f"a {kind} distribution has {ways} (got {', '.join(map(str, data)) or 'nothing'})")
    if kind == "discrete":
        return _discrete(data)
    numbers = {key: number_from(data[key]) for key in form}
    _ordered(kind, numbers)
    return Distribution(kind, numbers)  # type: ignore[arg-type]  # one of _NEEDS


def _ordered(kind: str, numbers: Mapping[str, float]) -> None:
    order = [key for key in ("min", "p10", "mode", "p90", "max") if key in numbers]
    for left, right in pairwise(order):
        if numbers[left] > numbers[right]:
            raise ValueError(f"{left} {numbers[left]:g} is larger than {right} {numbers[right]:g}")
    if order and numbers[order[0]] == numbers[order[-1]]:
        raise ValueError("the values are all the same: leave the distribution out")
    if "sd" in numbers and numbers["sd"] <= 0:
        raise ValueError(f"sd must be above 0 (got {numbers['sd']:g})")
    if kind == "lognormal" and min(numbers[k] for k in ("mean", "p10") if k in numbers) <= 0:
        raise ValueError("a lognormal distribution is above 0 everywhere")


def _discrete(data: Mapping[str, Any]) -> Distribution:
    if not isinstance(data["values"], list) or not data["values"]:
        raise ValueError("values must be a list, as [1, 2, 4]")
    values = tuple(number_from(v) for v in data["values"])
    given = data.get("weights", [1.0] * len(values))
    if not isinstance(given, list) or len(given) != len(values):
        raise ValueError(f"there are {len(values)} values, and as many weights are needed")
    weights = tuple(number_from(w) for w in given)
    total = sum(weights)
    if min(weights) < 0 or total <= 0:
        raise ValueError("weights are not below 0, and one is above")
    return Distribution("discrete", {}, values, tuple(w / total for w in weights))
