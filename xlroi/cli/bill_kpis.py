"""bill kpis: savings rates, commitments, movers, cost per unit, anomalies, and what could be saved."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import FILES, Bill, reads_a_bill
from xlroi.cli.options import JSON
from xlroi.cli.show import plain, print_json, table, write_text
from xlroi.errors import InputError
from xlroi.files import same, writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlroi.finops.figures.anomalies import Anomalies
    from xlroi.finops.figures.kpis import Kpi, Rate
    from xlroi.finops.figures.savings import Saving
    from xlroi.finops.figures.spending import Mover
    from xlroi.finops.figures.usage import UnitCost
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
@click.option("--rules", metavar="FILE", help="Allocate by these rules first: coverage, and cost per unit of teams.")
@click.option("--days", type=click.IntRange(1, 366), default=7, help="Last days to look for anomalies in. [7]")
@click.option("--least", type=click.FloatRange(0), default=1.0, help="Difference from which a day is reported. [1]")
@click.option("--savings", is_flag=True, help="List what could be saved.")
@click.option("--discount", metavar="SHARE", help="Of a one-year commitment, as 28%; default: from the catalogue.")
@click.option("--cold", metavar="SHARE", default="50%", help="Of object storage that is seldom read. [50%]")
@click.option("--rows", type=click.Path(path_type=Path), help="Write the lines behind each finding to this CSV.")
@click.option("--force", is_flag=True, help="Overwrite the CSV.")
@reads_a_bill
@JSON
def kpis(
    given: Bill,
    usage: Path | None,
    tag: str,
    rules: str | None,
    days: int,
    least: float,
    savings: bool,
    discount: str | None,
    cold: str,
    rows: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Key figures of FILES by month and provider, what moved, what is odd, and what could be saved."""
    from xlroi.finops.allocation import allocate, load_rules
    from xlroi.finops.figures.lines import lines_csv
    from xlroi.finops.figures.rules import Assumptions
    from xlroi.finops.figures.usage import load_usage
    from xlroi.finops.figures.whole import figures

    if rows:
        writable(rows, "a list of lines", (".csv",), force=force)
    assumptions = Assumptions(_share(discount, "--discount") if discount else None, _share(cold, "--cold"))
    used = load_usage(usage) if usage else ()
    ruled = load_rules(rules) if rules else None
    with given.opened() as bills:
        if rows and any(same(rows, file) for file in [*bills.files, *filter(None, [usage])]):
            raise InputError(f"{rows}: is what the figures are made from; choose another name")
        allocation = allocate(bills, ruled, keep_repeated=given.keep_repeated) if ruled else None
        found = figures(bills, tag=tag.strip(), allocation=allocation, usage=used, days=days, least=Decimal(str(least)),
                        assumptions=assumptions if savings else None, evidence=rows is not None,
                        keep_repeated=given.keep_repeated)  # fmt: skip
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
    return "" if rate is None else "-" if rate.value is None else f"{rate.value:z.1%}"


def _whose(one: Any) -> list[str]:
    return [one.provider or "(none)", one.currency or "(none)"]


def _show(found: Figures, *, savings: bool, tag: str) -> None:
    _show_kpis(found.kpis, tag)
    _show_movers(found.movers)
    if found.allocated:
        click.echo()
        table("Cost that has an owner", ["Month", "Share"], [[month, _rate(rate)] for month, rate in found.allocated])
    _show_unit_costs(found.unit_costs)
    _show_anomalies(found.anomalies)
    if savings:
        _show_savings(found.savings)
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)


def _show_kpis(found: Sequence[Kpi], tag: str) -> None:
    from xlroi.finops.figures.spending import ALL

    rows, rates = [], []
    for k in found:
        whose = [k.month + ("" if k.whole else " in part"), k.provider or "(none)", k.currency or "(none)"]
        share = f"{k.change / k.before:+.1%}" if k.change is not None and k.before and k.before > 0 else ""
        amounts = (k.billed, k.effective, k.credits, k.adjustments, k.corrections)
        rows.append([*whose, _money(k.cost, k.currency), _money(k.change, k.currency), share,
                     *(_money(amount, k.currency) for amount in amounts)])  # fmt: skip
        rates.append([*whose, _rate(k.over_contracted), _rate(k.over_list), _rate(k.utilisation),
                      _money(k.unused, k.currency), _rate(k.coverage), _rate(k.coverage_at_list),
                      _rate(k.untagged_share), *([_rate(k.lacking_share)] if tag else [])])  # fmt: skip
    heads = ["Month", "Provider", "Currency"]
    table("Cost by month", [*heads, "Cost", "Change", "Share", "Billed", "Amortised", "Credits", "Adjustments",
                            "Corrections"], rows)  # fmt: skip
    click.echo()
    table("Rates", [*heads, "Saved/contracted", "Saved/list", "Utilisation", "Unused", "Coverage", "Coverage/list",
                    "Untagged", *([f"Without {tag}"] if tag else [])], rates)  # fmt: skip
    whys: dict[tuple[str, str], dict[str, None]] = {}
    for k in found:
        for name, says in _RATES.items():
            rate: Rate | None = getattr(k, name)
            if rate and rate.why and k.provider != ALL:
                whys.setdefault((rate.why, str(k.provider)), {})[says] = None
    for (why, provider), names in whys.items():
        click.echo(f"  - {provider}: no {', '.join(names)}: {why}")


def _show_movers(found: Sequence[Mover]) -> None:
    ranked: dict[tuple[str | None, str], list[list[str]]] = {}
    for m in found:
        share = "new" if not m.before else "gone" if not m.cost else "" if m.share is None else f"{m.share:+.1%}"
        amounts = [_money(amount, m.currency) for amount in (m.before, m.cost, m.change)]
        ranked.setdefault((m.currency, m.by), []).append([m.name or "(none)", *_whose(m), m.month, *amounts, share])
    for (_, by), rows in ranked.items():
        heads = [by.capitalize(), "Provider", "Currency", "Month", "Before", "Cost", "Change", "Share"]
        click.echo()
        table(f"What moved, by {by}{_more(rows)}", heads, rows[:_MOST])


def _show_unit_costs(found: Sequence[UnitCost]) -> None:
    from xlroi.finops.money import shown as in_full

    rows = []
    for u in found:
        of = ", ".join(filter(None, (u.usage.provider, u.usage.service, u.usage.team))) or "(all)"
        rows.append([u.usage.month, u.usage.unit, of, f"{u.usage.quantity:,f}", u.currency or "",
                     _money(u.cost, u.currency), u.why or in_full(u.per_unit)])  # fmt: skip
    if rows:
        click.echo()
        table("Cost per unit", ["Month", "Unit", "Of", "Quantity", "Currency", "Cost", "Per unit"], rows)


def _show_anomalies(odd: Anomalies) -> None:
    rows = []
    for a in odd.found:
        amounts = [_money(amount, a.currency) for amount in (a.amount, a.expected, a.difference)]
        score = "new" if a.score == float("inf") else f"{a.score:+.1f}"
        rows.append([a.day, a.service or "(none)", *_whose(a), *amounts, score, f"{a.rows:,}"])
    if odd.judged:
        click.echo()
    if rows:
        heads = ["Day", "Service", "Provider", "Currency", "Cost", "Expected", "Difference", "Score", "Charges"]
        table(f"Unusual days{_more(rows)}", heads, rows[:_MOST])
    elif odd.judged:
        click.echo(f"No unusual day among {odd.judged:,} days of services ({odd.unjudged:,} without enough history)")


def _show_savings(found: Sequence[Saving]) -> None:
    rows = [[s.rule.id, *_whose(s), _money(s.cost, s.currency), _money(s.per_month, s.currency), s.claim.confidence,
             f"{s.rule.says}: {s.claim.why}"] for s in found]  # fmt: skip
    click.echo()
    if not rows:
        click.echo("No rule found anything to save")
        return
    heads = ["Rule", "Provider", "Currency", "Cost behind it", "Saves a month", "Confidence", "Why"]
    table("What could be saved; a charge counts in one finding only", heads, rows)
    for currency in dict.fromkeys(s.currency for s in found):
        together = sum((s.per_month for s in found if s.currency == currency), Decimal(0))
        click.echo(f"Together {_money(together, currency)} {currency} a month")


def _more(rows: list[list[str]]) -> str:
    return f" (the first {_MOST} of {len(rows)}; all: --json)" if len(rows) > _MOST else ""


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
        "allocated": [{"month": month, **told(asdict(rate))} for month, rate in found.allocated],
        "unit_costs": all_of(found.unit_costs),
        "anomalies": [told({**asdict(a), "difference": a.difference}) for a in found.anomalies.found],
        "days_judged": found.anomalies.judged,
        "days_without_history": found.anomalies.unjudged,
        "savings": [
            told(
                {
                    "rule": s.rule.id,
                    "says": s.rule.says,
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
