"""Each formula of the catalogue written again, by its definition and with every argument at work."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from xlroi import cells

# The arguments in their order, and the definition; what is missing here has a test of its own in test_runtime.
DEFINITIONS: dict[str, tuple[str, Callable[..., float]]] = {
    "AI_ROI": ("money money", lambda b, c: b / c - 1),
    "AI_RISK_ADJUSTED": ("money share", lambda v, r: v - v * r),
    "AI_BREAKEVEN_HOURS": ("money hourly hourly", lambda c, own, dearer: c / dearer),
    "AI_BREAKEVEN_UTILISATION": ("money count hourly", lambda c, n, r: c / r / n / 24 / 365),
    "AI_GPU_HOUR_COST": (
        "money small years money count share share",
        # Yearly payment whose present value is the price less the present value of what is left.
        lambda c, s, y, o, n, u, r: (
            ((c - s * math.exp(-y * math.log1p(r))) * r / -math.expm1(-y * math.log1p(r)) + o) / (n * 8760 * u)
        ),
    ),
    "AI_SPOT_PRICE": ("hourly hours hourly hourly hours", lambda p, m, c, r, t: p + p * c / t + p * (t / 2 + r) / m),
    "AI_CHECKPOINT_INTERVAL": ("hours hours", lambda c, m: math.exp(0.5 * math.log(2 * c * m))),
    "AI_RESERVED_RATE": ("money hourly hours", lambda u, r, h: (u + r * h) / h),
    "AI_RESERVED_BREAKEVEN": ("hourly money hourly hours", lambda d, u, r, h: (u + r * h) / (d * h)),
    "AI_SAVINGS_RATE": ("money small", lambda c, e: 1 - e / c),
    "AI_TRAINING_FLOPS": ("money money", lambda n, d: 2 * n * d + 4 * n * d),
    "AI_TRAINING_GPU_HOURS": ("money count share", lambda f, t, m: f / (t * 1e12 * 3600) / m),
    "AI_TRAINING_COST": (
        "money money count share hourly share",
        lambda n, d, t, m, p, o: 6 * n * d / (t * 1e12 * m) / 3600 * p * (1 + o),
    ),
    "AI_AMORTISED_TRAINING_COST": (
        "money years hours share share",
        lambda p, a, h, k, i: p * math.exp(-k * a * math.log(10)) * k * math.log(10) * h / 8766 * (1 + i / (1 - i)),
    ),
    "AI_TRAINING_ENERGY_COST": ("hourly hourly share above hours hourly", lambda *a: math.prod(a)),
    "AI_RETRAIN_INTERVAL": ("money money share", lambda c, v, k: math.sqrt(2) * math.sqrt(c / v / k)),
    "AI_RESIDUAL": ("money years share", lambda p, y, k: p * math.exp(-y * k * math.log(10))),
    "AI_TOKEN_COST": ("hourly count count share", lambda p, n, t, u: p * n / (t * u * 0.0036)),
    "AI_API_COST": (
        "count count hourly hourly share hourly",
        lambda i, o, pi, po, s, pc: i * pi - i * s * pi + i * s * pc + o * po,
    ),
    "AI_SERVING_SERVERS": (
        "money count whole whole",
        lambda peak, one, g, per: -(-math.ceil(peak / one) * g // per),
    ),
}
RANGES = {
    "money": (1e3, 1e7),
    "small": (1.0, 900.0),
    "count": (1.0, 900.0),
    "hourly": (0.05, 9.0),
    "hours": (1.0, 9000.0),
    "years": (0.5, 12.0),
    "share": (0.05, 0.95),
    "above": (1.0, 2.0),
}
ELSEWHERE = {"AI_TCO", "AI_PAYBACK", "AI_CROSSOVER", "AI_ERLANG_C", "AI_REVIEWERS"}


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_function_is_its_definition(name: str) -> None:
    kinds, definition = DEFINITIONS[name]
    draw = random.Random(name)
    for _ in range(50):
        given = [float(draw.choice([1, 2, 4, 8])) if k == "whole" else draw.uniform(*RANGES[k]) for k in kinds.split()]
        expected = definition(*given)
        if name == "AI_BREAKEVEN_HOURS":
            given[2] += given[1]  # so much dearer is an hour of renting
        assert getattr(cells, name)(*given) == pytest.approx(expected, rel=1e-10)


def test_every_formula_is_written_again_here_or_in_test_runtime() -> None:
    from xlroi.cells.catalogue import declared_functions

    assert {f.name for f in declared_functions() if f.formula is not None} == set(DEFINITIONS) | ELSEWHERE


def test_a_cost_grows_by_its_risk() -> None:
    assert cells.AI_RISK_ADJUSTED(200, 0.25, True) == 250
