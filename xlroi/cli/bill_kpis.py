"""bill kpis: savings rates, commitments, movers, cost per unit, anomalies, and what could be saved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import ENGINE, FILES, MAPPING, MEMORY, REPEATED, THREADS, opened
from xlroi.cli.options import JSON
from xlroi.cli.show import plain, print_json, shown, table, write_text
from xlroi.errors import InputError
from xlroi.files import writable

if TYPE_CHECKING:
    from xlroi.finops.figures.kpis import Kpi, Rate
    from xlroi.finops.figures.whole import Figures

_MOST: int = 10
_RATES = {
    "over_contracted": "savings over contracted",
    "over_list": "savings over list",
    "utilisation": "utilisation",
    "coverage": "coverage",
    "coverage_at_list": "coverage at list",
    "untagged_share": "untagged",
    "lacking_share": "without the tag",
}


@click.command("kpis")
@FILES
@click.option("--usage", type=click.Path(path_type=Path), help="CSV: month, unit, quantity[, provider, service, team].")
@click.option("--tag", default="", metavar="KEY", help="The tag key that names a charge's team.")
@click.option("--days", type=click.IntRange(1, 366), default=7, help="Last days to look for anomalies in. [7]")
@click.option("--least", type=click.FloatRange(0), default=1.0, help="Difference from which a day is reported. [1]")
@click.option("--savings", is_flag=True, help="List what could be saved.")
@click.option("--discount", metavar="SHARE", help="Of a one-year commitment, as 28%; default: from the catalogue.")
@click.option("--cold", metavar="SHARE", default="50%", help="Of object storage that is seldom read. [50%]")
@click.option("--rows", type=click.Path(path_type=Path), help="Write the lines behind each finding to this CSV.")
@click.option("--force", is_flag=True, help="Overwrite the CSV.")
@MAPPING
@REPEATED
@ENGINE
@MEMORY
@THREADS
@JSON
def kpis(
    files: tuple[str, ...],
    usage: Path | None,
    tag: str,
    days: int,
    least: float,
    savings: bool,
    discount: str | None,
    cold: str,
    rows: Path | None,
    force: bool,
    mapping: str | None,
    keep_repeated: bool,
    engine: str,
    memory: str,
    threads: int,
    as_json: bool,
) -> None:
    """Key figures of FILES by month and provider, what moved, what is odd, and what could be saved."""
    from xlroi.finops.figures.lines import lines_csv
    from xlroi.finops.figures.rules import Assumptions
    from xlroi.finops.figures.usage import load_usage
    from xlroi.finops.figures.whole import figures

    if rows:
        writable(rows, "a list of lines", (".csv",), force=force)
    assumptions = Assumptions(_share(discount, "--discount") if discount else None, _share(cold, "--cold"))
    used = load_usage(usage) if usage else ()
    with opened(files, mapping, engine, memory, threads) as bills:
        found = figures(bills, tag=tag.strip(), usage=used, days=days, least=Decimal(str(least)),
                        assumptions=assumptions if savings else None, evidence=rows is not None,
                        keep_repeated=keep_repeated)  # fmt: skip
    if rows:
        write_text(rows, lines_csv(found.evidence), force=force)
    if as_json:
        print_json(_data(found))
    else:
        _show(found, savings=savings, tag=tag.strip())


def _share(text: str, option: str) -> Decimal:
    from xlroi.model.numbers import number_from

    try:
        share = Decimal(str(number_from(text)))
    except ValueError:
        share = Decimal(-1)
    if not 0 < share < 1:
        raise InputError(f"{option} {text}: expected a share between 0 and 1, as 28% or 0.28")
    return share


def _money(amount: Decimal | None, currency: str | None) -> str:
    from xlroi.finops.money import minor_unit, to_cent

    return "" if amount is None else f"{to_cent(amount, minor_unit(currency)):z,}"


def _rate(rate: Rate | None) -> str:
    return "" if rate is None else "-" if rate.value is None else f"{rate.value:.1%}"


def _whose(one: Any) -> list[str]:
    return [one.provider or "(none)", one.currency or "(none)"]


def _show(found: Figures, *, savings: bool, tag: str) -> None:
    _show_kpis(found.kpis, tag)
    if found.movers:
        ranked: dict[tuple[str | None, str], list[list[str]]] = {}
        for m in found.movers:
            share = "new" if not m.before else "gone" if not m.cost else "" if m.share is None else f"{m.share:+.1%}"
            ranked.setdefault((m.currency, m.by), []).append(
                [
                    m.name or "(none)",
                    *_whose(m),
                    m.month,
                    *(_money(x, m.currency) for x in (m.before, m.cost, m.change)),
                    share,
                ]
            )
        for (_, by), its in ranked.items():
            click.echo()
            heads = [by.capitalize(), "Provider", "Currency", "Month", "Before", "Cost", "Change", "Share"]
            table(f"What moved, by {by}{_more(its)}", heads, its[:_MOST])
    if found.unit_costs:
        click.echo()
        rows = [[u.usage.month, u.usage.unit, " ".join(filter(None, u.usage.what[2:])) or "(all)", f"{u.usage.quantity:,f}",
                 u.currency or "", _money(u.cost, u.currency), u.why or f"{u.per_unit:,f}"]
                for u in found.unit_costs]  # fmt: skip
        table("Cost per unit", ["Month", "Unit", "Of", "Quantity", "Currency", "Cost", "Per unit"], rows)
    odd = found.anomalies
    click.echo()
    if odd.found:
        rows = [[a.day, a.service or "(none)", *_whose(a), *(_money(x, a.currency) for x in (a.amount, a.expected, a.difference)),
                 "new" if a.score == float("inf") else f"{a.score:+.1f}", f"{a.rows:,}"]
                for a in odd.found]  # fmt: skip
        heads = ["Day", "Service", "Provider", "Currency", "Cost", "Expected", "Difference", "Score", "Charges"]
        table(f"Unusual days{_more(rows)}", heads, rows[:_MOST])
    elif odd.judged:
        click.echo(f"No unusual day among {odd.judged:,} days of services ({odd.unjudged:,} without enough history)")
    if savings:
        click.echo()
        rows = [[s.rule, *_whose(s), _money(s.cost, s.currency), _money(s.per_month, s.currency), s.claim.confidence,
                 s.claim.why] for s in found.savings]  # fmt: skip
        heads = ["Rule", "Provider", "Currency", "Cost behind it", "Saves a month", "Confidence", "Why"]
        if rows:
            table("What could be saved; a charge counts in one finding only", heads, rows)
        else:
            click.echo("No rule found anything to save")
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)


def _more(rows: list[list[str]]) -> str:
    return f" (the first {_MOST} of {len(rows)}; all: --json)" if len(rows) > _MOST else ""


def _show_kpis(found: tuple[Kpi, ...], tag: str) -> None:
    rows, rates = [], []
    for k in found:
        whose = [k.month + ("" if k.whole else " in part"), k.provider or "ALL", k.currency or "(none)"]
        share = shown(float(k.change / k.before), "%") if k.change is not None and k.before and k.before > 0 else ""
        rows.append([*whose, *(_money(amount, k.currency) for amount in (k.cost, k.change)), share,
                     *(_money(amount, k.currency) for amount in
                       (k.billed, k.effective, k.credits, k.adjustments, k.corrections))])  # fmt: skip
        rates.append([*whose, _rate(k.over_contracted), _rate(k.over_list), _rate(k.utilisation),
                      _money(k.unused, k.currency), _rate(k.coverage), _rate(k.coverage_at_list),
                      _rate(k.untagged_share), *([_rate(k.lacking_share)] if tag else [])])  # fmt: skip
    heads = ["Month", "Provider", "Currency"]
    table("Cost by month", [*heads, "Cost", "Change", "Share", "Billed", "Amortised", "Credits", "Adjustments",
                            "Corrections"], rows)  # fmt: skip
    click.echo()
    table("Rates", [*heads, "Saved/contracted", "Saved/list", "Utilisation", "Unused", "Coverage", "Coverage/list",
                    "Untagged", *([f"Without {tag}"] if tag else [])], rates)  # fmt: skip
    whys: dict[tuple[str, str, str], list[str]] = {}
    for k in found:
        for name, says in _RATES.items():
            rate: Rate | None = getattr(k, name)
            if rate and rate.why and k.provider:
                whys.setdefault((k.month, k.provider, rate.why), []).append(says)
    for (month, provider, why), names in whys.items():
        click.echo(f"  - {month} {provider}: no {', '.join(names)}: {why}")


def _data(found: Figures) -> dict[str, Any]:
    """Amounts as texts: a number of JSON would be rounded by whoever reads it."""
    from dataclasses import asdict

    from xlroi.finops.money import shown as in_full

    def told(value: Any) -> Any:
        if isinstance(value, Decimal):
            return in_full(value)
        if isinstance(value, dict):
            return {key: told(inner) for key, inner in value.items()}
        return plain(value)

    def all_of(items: Any) -> list[dict[str, Any]]:
        return [told(asdict(item)) for item in items]

    return {
        "months": [told({**asdict(k), "change": k.change}) for k in found.kpis],
        "movers": [told({**asdict(m), "change": m.change, "share": m.share}) for m in found.movers],
        "unit_costs": all_of(found.unit_costs),
        "anomalies": [told({**asdict(a), "difference": a.difference}) for a in found.anomalies.found],
        "days_judged": found.anomalies.judged,
        "days_without_history": found.anomalies.unjudged,
        "savings": [
            told(
                {
                    "rule": s.rule,
                    "provider": s.provider,
                    "currency": s.currency,
                    "cost": s.cost,
                    "per_month": s.per_month,
                    "confidence": s.claim.confidence,
                    "why": s.claim.why,
                    "charges": sum(line.rows for line in s.claim.lines),
                }
            )
            for s in found.savings
        ],
        "remarks": list(found.remarks),
    }
