"""Forecasts of simulated costs: how many months lie in their intervals, how near the points are, how long it takes.

python -m benchmarks.forecasts            # 100 series of each kind and length
python -m benchmarks.forecasts 400
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray

from xlroi.finops.budget.forecasting import forecast

Vector = NDArray[np.float64]
AHEAD = 12
LENGTHS = (4, 8, 12, 18, 24, 36)


def _growth(months: int, draw: np.random.Generator) -> Vector:
    growth = [0.02]
    for _ in range(months - 1):
        growth.append(0.02 + 0.6 * (growth[-1] - 0.02) + draw.normal(0, 0.04))
    return np.cumsum(growth) + draw.normal(0, 0.05, months)


KINDS = {
    "growth that persists": _growth,
    "random walk": lambda months, draw: np.cumsum(draw.normal(0.02, 0.08, months)),
    "line": lambda months, draw: 0.02 * np.arange(months) + draw.normal(0, 0.1, months),
    "level": lambda months, draw: draw.normal(0, 0.1, months),
}


def main(series: int) -> None:
    """Print for each kind and length: shares in the interval, of months and of their sum; mean errors in logs."""
    draw = np.random.default_rng(11)
    print(f"{'series':22} months  inside  1st  3rd  6th 12th  year   error naive winner")
    for months in LENGTHS:
        for kind, made in KINDS.items():
            inside, errors, years = np.zeros(AHEAD), np.zeros(3), 0
            for _ in range(series):
                costs = np.exp(5 + made(months + AHEAD, draw))
                known, future = costs[:months].tolist(), costs[months:]
                found = forecast(known, AHEAD)
                inside += (np.array(found.low) <= future) & (future <= np.array(found.high))
                years += sum(found.low) <= sum(future) <= sum(found.high)
                own, naive = (float(np.abs(np.log(future / np.array(p))).mean()) for p in (found.point, known[-1]))
                mase = {name: accuracy.mase or 0.0 for name, accuracy in found.accuracy.items()}
                won = naive if mase and mase["naive"] < mase["damped Holt"] else own
                errors += (own, naive, won)
            first, third, sixth, last = (inside / series)[[0, 2, 5, 11]]
            shares = " ".join(f"{share:4.2f}" for share in (first, third, sixth, last))
            print(f"{kind:22} {months:6} {inside.mean() / series:7.2f} {shares}  {years / series:4.2f}"
                  f"   {' '.join(f'{error:5.3f}' for error in errors / series)}")  # fmt: skip
    costs = [np.exp(5 + _growth(36, draw)).tolist() for _ in range(500)]
    since = time.process_time()
    for one in costs:
        forecast(one, AHEAD)
    print(f"500 series of 36 months: {time.process_time() - since:.1f} s of one core")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
