"""Key figures, costs per unit, savings and unusual days as rows of ledgers, in the currency of the workbook.

Amounts of other currencies are taken at the rates of the rules, as the allocation takes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from xlroi.finops.allocation.names import readable
from xlroi.finops.facts import Ledgers
from xlroi.finops.figures.spending import ALL

if TYPE_CHECKING:
    from xlroi.finops.figures.kpis import Kpi, Rate
    from xlroi.finops.figures.whole import Figures

__all__ = ["Exchange", "findings", "key_figures", "units"]

_RATES: Final = {
    "over_contracted": "Savings rate over contracted",
    "over_list": "Savings rate over list",
    "utilisation": "Commitment utilisation",
    "coverage": "Commitment coverage",
    "coverage_at_list": "Commitment coverage at list prices",
    "untagged_share": "Without any tag",
}
_NONE: Final = "(none)"


Exchange = Mapping[str | None, Decimal]
"""What one unit of a currency is in that of the workbook."""


def key_figures(figures: Figures | None, exchange: Exchange) -> Iterator[tuple[str, Kpi, Rate]]:
    """The name of a key figure, whose it is, and its value, where there is one."""
    for kpi in figures.kpis if figures else ():
        if kpi.provider == ALL or kpi.currency not in exchange:
            continue
        for id, name in _RATES.items():
            rate = getattr(kpi, id)
            if rate.value is not None:
                yield name, kpi, rate


def units(figures: Figures | None, exchange: Exchange) -> list[str]:
    """What costs are divided by."""
    found = figures.unit_costs if figures else ()
    return list(dict.fromkeys(readable(u.usage.unit, "unit") for u in found if u.currency in exchange))


def findings(figures: Figures | None, exchange: Exchange, months: Sequence[str]) -> Ledgers:
    """The rows by ledger, each with its heads."""
    heads = {
        "ratios": ("month", "measure", "part", "whole"),
        "usage": ("month", "unit", "quantity", "cost"),
        "savings": ("rule", "provider", "confidence", "what", "lines", "amount"),
        "anomalies": ("day", "provider", "service", "amount", "expected", "score"),
    }
    if figures is None:
        return {id: (names, []) for id, names in heads.items()}
    place = {month: float(index) for index, month in enumerate(months, 1)}
    rows: dict[str, list[list[float | str]]] = {
        "ratios": [
            [place[kpi.month], f"{name} – {_provider(kpi.provider)}", float(rate.part * exchange[kpi.currency]),
             float(rate.whole * exchange[kpi.currency])]
            for name, kpi, rate in key_figures(figures, exchange)
            if kpi.month in place
        ],
        "usage": [
            [place[u.usage.month], readable(u.usage.unit, "unit"), float(u.usage.quantity),
             float(u.cost * exchange[u.currency])]
            for u in figures.unit_costs
            if u.currency in exchange and u.usage.month in place
        ],
        "savings": [
            [_text(saving.rule.says), _provider(saving.provider), saving.claim.confidence, _text(saving.claim.why),
             float(len(saving.claim.lines)), float(saving.per_month * exchange[saving.currency])]
            for saving in figures.savings if saving.currency in exchange
        ],
        "anomalies": [
            [a.day, _provider(a.provider), _text(a.service or _NONE), float(a.amount * exchange[a.currency]),
             float(a.expected * exchange[a.currency]), min(a.score, _NEW)]
            for a in figures.anomalies.found if a.currency in exchange
        ],
    }  # fmt: skip
    return {id: (names, rows[id]) for id, names in heads.items()}


_NEW: Final = 999.0
"""Stands for the score of a service that was not there before."""


def _provider(name: str | None) -> str:
    return readable(name or _NONE, "provider")


def _text(text: str) -> str:
    return readable(text, "Note")
