"""Depreciation by method: straight line, double declining, sum of years' digits, and the tables of MACRS."""

from __future__ import annotations

from typing import Final

from xlroi.cells.runtime import Failed
from xlroi.engine.scalar import equal
from xlroi.values import NUM, VALUE

__all__ = ["MACRS", "depreciation"]

# Percent of cost by tax year, IRS Publication 946, tables A-1 (half-year) and A-2 to A-5 (mid-quarter).
MACRS: Final[dict[tuple[str, int], tuple[float, ...]]] = {
    ("MACRS", 3): (33.33, 44.45, 14.81, 7.41),
    ("MACRS", 5): (20.00, 32.00, 19.20, 11.52, 11.52, 5.76),
    ("MACRS", 7): (14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46),
    ("MACRS", 10): (10.00, 18.00, 14.40, 11.52, 9.22, 7.37, 6.55, 6.55, 6.56, 6.55, 3.28),
    ("MACRS", 15): (5.00, 9.50, 8.55, 7.70, 6.93, 6.23, *(5.90, 5.90, 5.91), *(5.90, 5.91) * 3, 2.95),
    ("MACRS", 20): (3.750, 7.219, 6.677, 6.177, 5.713, 5.285, 4.888, 4.522, *(4.462, 4.461) * 6, 2.231),
    ("MACRS-MQ1", 3): (58.33, 27.78, 12.35, 1.54),
    ("MACRS-MQ1", 5): (35.00, 26.00, 15.60, 11.01, 11.01, 1.38),
    ("MACRS-MQ1", 7): (25.00, 21.43, 15.31, 10.93, 8.75, 8.74, 8.75, 1.09),
    ("MACRS-MQ2", 3): (41.67, 38.89, 14.14, 5.30),
    ("MACRS-MQ2", 5): (25.00, 30.00, 18.00, 11.37, 11.37, 4.26),
    ("MACRS-MQ2", 7): (17.85, 23.47, 16.76, 11.97, 8.87, 8.87, 8.87, 3.34),
    ("MACRS-MQ3", 3): (25.00, 50.00, 16.67, 8.33),
    ("MACRS-MQ3", 5): (15.00, 34.00, 20.40, 12.24, 11.30, 7.06),
    ("MACRS-MQ3", 7): (10.71, 25.51, 18.22, 13.02, 9.30, 8.85, 8.86, 5.53),
    ("MACRS-MQ4", 3): (8.33, 61.11, 20.37, 10.19),
    ("MACRS-MQ4", 5): (5.00, 38.00, 22.80, 13.68, 10.94, 9.58),
    ("MACRS-MQ4", 7): (3.57, 27.55, 19.68, 14.06, 10.04, 8.73, 8.73, 7.64),
}

_METHODS: Final = ("SLN", "DDB", "SYD", *dict.fromkeys(name for name, _ in MACRS))


def depreciation(cost: float, salvage: float, life: float, period: float, method: str) -> float:
    """The depreciation of a period, as Excel's SLN, DDB and SYD or by the tables of MACRS.

    >>> depreciation(30000, 7500, 10, 1, "SYD"), depreciation(2400, 300, 10, 1, "ddb")
    (4090.909090909091, 480.0)
    """
    name = method.upper()
    if name.startswith("MACRS"):
        return _macrs(cost, salvage, life, period, name)
    if name not in _METHODS:
        raise Failed(VALUE, f"method: expected one of {', '.join(_METHODS)} (got {method!r:.40})")
    if salvage > cost:
        raise Failed(NUM, "salvage is above the cost")
    if period > life and not equal(period, life):
        raise Failed(NUM, "period is beyond the life")
    if name == "SLN":
        return (cost - salvage) / life
    if name == "SYD":
        return (cost - salvage) * (life - period + 1) * 2 / (life * (life + 1))
    return _double_declining(cost, salvage, life, int(period))


def _double_declining(cost: float, salvage: float, life: float, period: int) -> float:
    kept = 1 - min(2 / life, 1.0)
    before, after = (max(cost * kept**n, salvage) for n in (period - 1, period))
    return before - after


def _macrs(cost: float, salvage: float, life: float, period: float, name: str) -> float:
    if salvage != 0:
        raise Failed(NUM, "MACRS takes no salvage: give 0")
    shares = MACRS.get((name, round(life))) if equal(life, round(life)) else None
    if shares is None:
        lives = [str(years) for known, years in MACRS if known == name]
        if not lives:
            raise Failed(VALUE, f"method: expected one of {', '.join(_METHODS)} (got {name!r:.40})")
        raise Failed(NUM, f"{name} is known for lives of {', '.join(lives)} years")
    if period > len(shares):
        raise Failed(NUM, f"the cost is written off after {len(shares)} tax years")
    return cost * shares[int(period) - 1] / 100
