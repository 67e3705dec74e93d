"""bill update: the day's exports taken into a folder of bills, its showback and dashboard made again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import MAPPING, MEMORY, THREADS
from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, progress, table
from xlroi.errors import InputError

if TYPE_CHECKING:
    from xlroi.finops.allocation import Rules
    from xlroi.finops.bills import Bills
    from xlroi.finops.state.update import Change, State, Updated

DASHBOARD, SHOWBACK = "dashboard.html", "showback.xlsx"
_VERDICTS = {"added": "added", "replaced": "replaces the older export", "held": "held already, nothing new"}


@click.command()
@click.argument("state", type=click.Path(path_type=Path))
@click.argument("files", nargs=-1)
@click.option("--rules", type=click.Path(path_type=Path), help="Who bears what, remembered; docs/bills/allocate.md.")
@click.option("--budget", type=click.Path(path_type=Path), help="Budgets, remembered; docs/bills/budget.md.")
@click.option("--replace", is_flag=True, help="Where it is unclear, count the new export alone.")
@click.option("--keep-repeated", is_flag=True, help="Where it is unclear, count the new export beside the old.")
@click.option("--refresh", is_flag=True, help="Make the results again, though nothing is new.")
@MAPPING
@MEMORY
@THREADS
@JSON
def update(
    state: Path,
    files: tuple[str, ...],
    rules: Path | None,
    budget: Path | None,
    replace: bool,
    keep_repeated: bool,
    refresh: bool,
    mapping: str | None,
    memory: str,
    threads: int,
    as_json: bool,
) -> None:
    """Add FILES to STATE, a folder of bills, and refresh what it shows.

    The same export again changes nothing. A newer export of a month replaces the older one of the same provider and
    account; days that are new are added; what is neither is refused.
    """
    from xlroi.finops.duck import DuckEngine
    from xlroi.finops.state.update import update as updated

    if replace and keep_repeated:
        raise InputError("--replace and --keep-repeated say opposite things; give one of them")
    with progress() as tell, DuckEngine(threads=threads, memory=memory) as engine:
        found = updated(
            state, files, engine, _write_results, mapping=mapping, rules=rules, budget=budget,
            overlap="replace" if replace else "keep" if keep_repeated else "refuse", refresh=refresh, tell=tell,
        )  # fmt: skip
    if as_json:
        print_json(_data(state, found))
    else:
        _show(state, found)


def _write_results(state: State, bills: Bills, folder: Path) -> None:
    """Every result of a state, into a folder from which they are put in place together."""
    from xlroi.api import build
    from xlroi.finops.allocation import allocate, load_rules
    from xlroi.finops.budget.budgets import load_budget
    from xlroi.finops.budget.check import check
    from xlroi.finops.budget.spending import spending_of_allocation
    from xlroi.finops.figures.rules import Assumptions
    from xlroi.finops.figures.whole import figures
    from xlroi.finops.showback import showback_case
    from xlroi.report.dashboard.filled import dashboard_of
    from xlroi.report.dashboard.page import page

    budget = load_budget(state.budget) if state.budget else None
    rules = load_rules(str(state.rules)) if state.rules else _no_rules(state)
    # Which charges count twice was decided when they were taken in.
    allocation = allocate(bills, rules, keep_repeated=True)
    spending = spending_of_allocation(bills, allocation)
    held = check(spending, budget) if budget else None
    seen = figures(bills, allocation=allocation, assumptions=Assumptions(), keep_repeated=True)
    case = showback_case(
        allocation,
        f"Bills of {state.folder.name}, {len(bills.files)} exports",
        spending.as_of,
        part=spending.part,
        budget=budget,
        figures=seen,
        rates=rules.rates,
    )
    build(case, folder / SHOWBACK)
    hint = "No rules were given, so no team owns anything; --rules rules.yaml says who does."
    dashboard = dashboard_of(
        allocation,
        title="Cloud cost",
        made=state.made,
        newest=date.fromisoformat(state.record.newest),
        part=spending.part,
        sources=_sources(state),
        figures=seen,
        budgets=held,
        remarks=() if state.rules else (hint,),
    )
    (folder / DASHBOARD).write_bytes(page(dashboard))


def _no_rules(state: State) -> Rules:
    """What allocates nothing, in the one currency of the bills."""
    from decimal import Decimal

    from xlroi.finops.allocation import Rules
    from xlroi.finops.facts import DIMENSIONS
    from xlroi.model.loading import Document

    currencies = sorted({str(part.currency) for e in state.record.exports for part in e.slices if part.instead is None})
    if len(currencies) > 1:
        message = f"the bills are in {', '.join(currencies)}; give --rules with one currency and rates for the others"
        raise InputError(message)
    one = currencies[0]
    none = dict.fromkeys(DIMENSIONS, ())
    return Rules(Document("(no rules)", {}, ""), one, {one: Decimal(1)}, {}, none, (), {}, ())


def _sources(state: State) -> list[Any]:
    """The exports that count, the newest first, with what counts of each."""
    from xlroi.finops.money import add_all
    from xlroi.finops.money import shown as in_full
    from xlroi.report.dashboard.content import Source

    found = []
    for export in reversed(state.record.exports):
        if parts := [part for part in export.slices if part.instead is None]:
            months = sorted({part.month for part in parts})
            billed = ", ".join(
                f"{in_full(add_all(part.billed for part in parts if part.currency == currency))} {currency}"
                for currency in sorted({part.currency for part in parts}, key=str)
            )
            said = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
            rows, taken = sum(part.rows for part in parts), f"{export.taken:%Y-%m-%d %H:%M} UTC"
            found.append(Source(export.name, export.sha256, taken, said, rows, billed))
    return found


def _show(state: Path, found: Updated) -> None:
    for name in found.known:
        click.echo(f"{name}: nothing new")
    if found.changes:
        heads = ["Month", "Provider", "Account", "What", "Rows before", "after", "Billed before", "after"]
        table("Taken in", heads, [_row(change) for change in found.changes])
    if found.refreshed:
        click.echo(f"made: {', '.join(str(state / name) for name in found.record.results)}")
    else:
        click.echo("nothing new; the results stand")
    click.echo(f"charges to {found.record.newest}")


def _row(change: Change) -> list[str]:
    provider, account, month = change.key
    return [
        month, provider or "(none)", account or "(none)", _VERDICTS[change.verdict], f"{change.rows_before:,}",
        f"{change.rows_after:,}", _amounts(change.before), _amounts(change.after),
    ]  # fmt: skip


def _amounts(by_currency: Any) -> str:
    from xlroi.finops.money import shown as in_full

    return ", ".join(f"{in_full(amount)} {currency or ''}".strip() for currency, amount in by_currency.items())


def _data(state: Path, found: Updated) -> dict[str, Any]:
    from xlroi.finops.money import shown as in_full

    def totals(by_currency: Any) -> dict[str, str]:
        return {currency or "": in_full(amount) for currency, amount in by_currency.items()}

    return {
        "state": str(state),
        "changes": [
            {
                "provider": c.key[0],
                "account": c.key[1],
                "month": c.key[2],
                "what": c.verdict,
                "rows_before": c.rows_before,
                "rows_after": c.rows_after,
                "billed_before": totals(c.before),
                "billed_after": totals(c.after),
            }
            for c in found.changes
        ],
        "nothing_new": list(found.known),
        "refreshed": found.refreshed,
        "results": [str(state / name) for name in found.record.results],
        "charges_to": found.record.newest,
    }
