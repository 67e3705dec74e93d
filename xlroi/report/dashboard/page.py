"""A dashboard as one HTML file: no script, nothing loaded, every text escaped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from xlroi.finops.money import to_cent
from xlroi.report.content import plain
from xlroi.report.dashboard.content import Dashboard, Line
from xlroi.report.dashboard.stacked import shown_series, stacked
from xlroi.resources import templates

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["MOST_MONTHS", "page"]

MOST_MONTHS: Final = 13
"""Months that the chart and its table show: a year and the month a year ago."""
MOST_LINES: Final = 30
"""Teams and services that are shown at once; the others open with a key or click."""
_STATUS: Final = {"within": "✓ within budget", "warning": "▲ at risk", "over": "✕ over budget"}


def page(dashboard: Dashboard) -> bytes:
    """The file, UTF-8.

    >>> team = Line("<Search>", (Decimal("1200.5"),))
    >>> made = page(Dashboard("Cloud cost", "USD", Decimal("0.01"), "billed", datetime(2026, 3, 10, 7, 0, tzinfo=UTC),
    ...                       date(2026, 3, 9), (), ("2026-03",), "2026-03", (team,), (), ()))
    >>> b"&lt;Search&gt;" in made, b"1,200.50" in made, b"<script" in made
    (True, True, False)
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def amount(value: Decimal | None, unit: Decimal = dashboard.unit) -> Markup | str:
        """The exact amount for a machine, rounded to the minor unit for a reader."""
        return "" if value is None else Markup('<data value="{}">{}</data>').format(f"{value:f}", _money(value, unit))

    environment = Environment(
        undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {
        "amount": amount,
        # What was billed of a month that is not over is held against as many days of the month before.
        "change": lambda now, before: _change(now * dashboard.pace, before),
        "date": _date,
        "month": _month,
        "percent": _percent,
        "plain": plain,
        "utc": lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }
    last = slice(-MOST_MONTHS, None)
    shown = dashboard.teams if len(dashboard.teams) > 1 else dashboard.services or dashboard.teams
    series = tuple(Line(line.name, line.amounts[last]) for line in shown_series(shown))
    months = dashboard.months[last]
    source = templates().joinpath("text", "dashboard.html.j2").read_text(encoding="utf-8")
    return (
        environment.from_string(source)
        .render(
            dashboard=dashboard,
            months=months,
            series=series,
            by="team" if shown is dashboard.teams else "service",
            chart=stacked(series, len(months)),
            status=_STATUS,
            most=MOST_LINES,
            failed=[check for check in dashboard.checks if not check.holds],
        )
        .encode("utf-8")
    )


def _money(value: Decimal, unit: Decimal) -> str:
    """An amount at its minor unit.

    >>> _money(Decimal("-1234.5"), Decimal("0.01")), _money(Decimal("0.004"), Decimal("0.01"))
    ('−1,234.50', '0.00')
    """
    rounded = to_cent(value, unit)
    return f"{'−' if rounded < 0 else ''}{abs(rounded):,f}"


def _change(now: Decimal, before: Decimal | None) -> str:
    """By how much a cost changed; nothing where a share would say nothing, as from or to a credit.

    >>> _change(Decimal(150), Decimal(100)), _change(Decimal(36900), Decimal(20)), _change(Decimal(1), None)
    ('+50.0%', '×1,845', '')
    >>> _change(Decimal(5), Decimal(0)), _change(Decimal(-5), Decimal(10))
    ('new', 'n/a')
    """
    if before is None or now == before == 0:
        return ""
    if before == 0:
        return "new"
    if before < 0 or now < 0:
        return "n/a"
    times = float(now / before)
    return f"×{times:,.0f}" if times >= 10 else _percent(times - 1, sign="+")


def _percent(share: float | None, sign: str = "-") -> str:
    return "" if share is None else f"{share * 100:{sign}z,.1f}%".replace("-", "−")


def _date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _month(month: str) -> str:
    return f"{datetime.strptime(month, '%Y-%m'):%B %Y}"
