"""Months as texts, ``2026-03``."""

from __future__ import annotations

from calendar import monthrange

__all__ = ["fiscal_year", "later", "month_end", "span"]


def later(month: str, by: int) -> str:
    """The month so many months later.

    >>> later("2025-11", 3), later("2026-01", -1)
    ('2026-02', '2025-12')
    """
    year, index = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 + by, 12)
    return f"{year:04}-{index + 1:02}"


def month_end(month: str) -> str:
    """The last day of a month.

    >>> month_end("2024-02")
    '2024-02-29'
    """
    return f"{month}-{monthrange(int(month[:4]), int(month[5:]))[1]:02}"


def span(first: str, last: str) -> tuple[str, ...]:
    """All months from the first to the last, both with.

    >>> span("2025-11", "2026-01"), span("2026-02", "2026-01")
    (('2025-11', '2025-12', '2026-01'), ())
    """
    found = [first]
    while found[-1] < last:
        found.append(later(found[-1], 1))
    return tuple(found) if first <= last else ()


def fiscal_year(year: int, ends: int) -> tuple[str, ...]:
    """The months of a fiscal year, which is named after the calendar year in which it ends, with the month ``ends``.

    >>> months = fiscal_year(2026, 6)
    >>> months[0], months[-1], len(months)
    ('2025-07', '2026-06', 12)
    """
    last = f"{year:04}-{ends:02}"
    return span(later(last, -11), last)
