"""bill allocate: what each team bears, with the proof that nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import FILES, LAST_MONTH, Bill, reads_a_bill
from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, shown, table, working
from xlroi.errors import InputError
from xlroi.files import placed, same, writable
from xlroi.values import from_serial

if TYPE_CHECKING:
    from xlroi.finops.budget.spending import LastMonth
    from xlroi.finops.facts import Allocation

_MOST_NAMES = 15


@click.command()
@FILES
@click.option("--rules", "rules_file", required=True, metavar="FILE", help="Who bears what; docs/bills/allocate.md.")
@click.option("-o", "target", type=click.Path(path_type=Path), help="Write a workbook (.xlsx), or every part (.csv).")
@click.option("--journal", type=click.Path(path_type=Path), help="Write the chargeback journal, in cents (.csv).")
@click.option("--budget", "budget_file", metavar="FILE", help="Budgets for the workbook; docs/bills/budget.md.")
@click.option("--usage", type=click.Path(path_type=Path), help="Quantities for the workbook; docs/bills/figures.md.")
@click.option("--teams", type=click.IntRange(1, 60), default=15, help="Teams with a row in the workbook. [15]")
@click.option("--services", type=click.IntRange(1, 60), default=10, help="Services with a row in the workbook. [10]")
@LAST_MONTH
@click.option("--title", default="", help="Title of the workbook.")
@click.option("--force", is_flag=True, help="Overwrite the files.")
@reads_a_bill
@JSON
def allocate(
    given: Bill,
    rules_file: str,
    target: Path | None,
    journal: Path | None,
    budget_file: str | None,
    usage: Path | None,
    teams: int,
    services: int,
    last_month: LastMonth,
    title: str,
    force: bool,
    as_json: bool,
) -> None:
    """Allocate FILES to teams by rules, to the cent, and show that it sums to the invoice."""
    from xlroi.finops.allocation import allocate as allocated
    from xlroi.finops.allocation import load_rules
    from xlroi.finops.allocation.summary import showback_csv
    from xlroi.finops.budget.budgets import load_budget
    from xlroi.finops.budget.check import check
    from xlroi.finops.budget.spending import spending_of_allocation
    from xlroi.finops.figures.rules import Assumptions
    from xlroi.finops.figures.usage import load_usage
    from xlroi.finops.figures.whole import figures
    from xlroi.finops.showback import Extent, journal_csv, showback_case

    is_book = target is not None and target.suffix.lower() == ".xlsx"
    if (budget_file or usage) and not is_book:
        raise InputError("--budget and --usage are for a workbook: give one with -o, as -o showback.xlsx")
    for path, what, endings in ((target, "a showback", (".xlsx", ".csv")), (journal, "a journal", (".csv",))):
        if path:
            writable(path, what, endings, force=force)
    if target and journal and target.resolve() == journal.resolve():
        raise InputError(f"{target}: showback and journal are two files; name another one with --journal")
    rules = load_rules(rules_file)
    budget = load_budget(budget_file) if budget_file else None
    used = load_usage(usage) if usage else ()
    with given.opened() as bills:
        sources = [*bills.files, Path(rules_file), *([Path(budget_file)] if budget_file else [])]
        for path in (target, journal):
            if path and any(same(path, source) for source in sources):
                raise InputError(f"{path}: is what the showback is made from; choose another name with -o")
        found = allocated(bills, rules, keep_repeated=given.keep_repeated)
        spending = spending_of_allocation(bills, found, last_month=last_month)
        seen = (
            figures(bills, allocation=found, usage=used, assumptions=Assumptions(), keep_repeated=True)
            if is_book
            else None
        )
    if budget:
        check(spending, budget)  # refuses what is no team or service of the bills
    left_out: list[str] = []
    if is_book and target:
        from xlroi.api import build

        many = f"{len(bills.files)} files" if len(bills.files) > 1 else bills.files[0].name
        case = showback_case(
            found,
            f"Bill {many}, allocated by {Path(rules_file).name}",
            spending.as_of,
            part=spending.part,
            budget=budget,
            figures=seen,
            rates=rules.rates,
            title=title,
            extent=Extent(teams, services),
        )
        shown_from = from_serial(case.inputs["start_date"].base + 1).isoformat()[:7]
        if shown_from > found.months[0]:
            left_out.append(f"the workbook has room for 36 months: it shows {shown_from} and later")
        with working() as step:
            step("writing the workbook")
            build(case, target, force=force)
    elif target:
        _write(target, showback_csv(found))
    if journal:
        _write(journal, journal_csv(found))
    if as_json:
        print_json(_data(found))
    else:
        _show(found)
        for remark in (*spending.remarks, *left_out):
            click.echo(f"note: {remark}", err=True)
        click.echo()
        for path in filter(None, (target, journal)):
            click.echo(f"wrote {path}" + (f"; next: xlroi verify {path}" if path.suffix.lower() == ".xlsx" else ""))


def _write(target: Path, lines: Iterable[str]) -> None:
    with placed(target) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


def _share(amount: Decimal, whole: Decimal) -> str:
    return shown(float(amount / whole), "%") if whole else ""


def _show(found: Allocation) -> None:
    from xlroi.finops.allocation.summary import by_dimension, by_pool, by_team, proofs
    from xlroi.finops.facts import NOBODY
    from xlroi.finops.money import add_all
    from xlroi.finops.money import shown as in_full

    months = found.months[0] if len(found.months) == 1 else f"{found.months[0]} to {found.months[-1]}"
    click.echo(f"{found.cost.capitalize()} cost of {months} in {found.currency}\n")
    proof = proofs(found)
    rows = [
        [p.month, p.provider, in_full(p.invoice), f"{p.due:,f}", f"{p.allocated:,f}",
         "equal" if p.due == p.allocated else "NOT EQUAL"]
        for p in proof
    ]  # fmt: skip
    due, allocated = add_all(p.due for p in proof), add_all(p.allocated for p in proof)
    rows.append(["all", "", in_full(add_all(p.invoice for p in proof)), f"{due:,f}", f"{allocated:,f}",
                 "equal" if due == allocated else "NOT EQUAL"])  # fmt: skip
    heads = ["Month", "Provider", "Invoice, exact", "Invoice", "Allocated", "Proof"]
    table("Allocated is what was invoiced", heads, rows)
    teams = by_team(found)
    rows = [[t.team, f"{t.own:,f}", f"{t.shared:,f}", f"{t.total:,f}", _share(t.total, allocated)] for t in teams]
    rows = [row for index, row in enumerate(rows) if index < _MOST_NAMES or row[0] == NOBODY]
    click.echo()
    table("By team", ["Team", "Own", "Shared", "Total", "Of all"], rows)
    if len(teams) > len(rows):
        click.echo(f"{len(teams) - len(rows)} more: --json, or -o showback.csv")
    if found.pools:
        rows = [[pool.name, f"{pool.method} {pool.driver}".strip(), in_full(amount)] for pool, amount in by_pool(found)]
        click.echo()
        table("Shared among teams", ["Pool", "Split", "Cost"], rows)
    rows = []
    for dimension, names in by_dimension(found).items():
        whole = add_all(names.values())
        nobody = names.get(NOBODY, Decimal(0))
        rows.append(
            [dimension.replace("_", " "), str(len(set(names) - {NOBODY})), in_full(nobody), _share(nobody, whole)]
        )
    click.echo()
    table("Unallocated, of the cost outside of pools for teams", ["Dimension", "Names", "Cost", "Of cost"], rows)
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)


def _data(found: Allocation) -> dict[str, Any]:
    """Amounts as texts: a number of JSON would be rounded by whoever reads it."""
    from xlroi.finops.allocation.summary import by_dimension, by_pool, by_team, proofs
    from xlroi.finops.money import shown as in_full

    return {
        "currency": found.currency,
        "cost": found.cost,
        "months": list(found.months),
        "invoices": [
            {
                "month": p.month,
                "provider": p.provider,
                "exact": in_full(p.invoice),
                "invoice": f"{p.due:f}",
                "allocated": f"{p.allocated:f}",
                "equal": p.due == p.allocated,
            }
            for p in proofs(found)
        ],
        "teams": [
            {"team": t.team, "own": f"{t.own:f}", "shared": f"{t.shared:f}", "total": f"{t.total:f}"}
            for t in by_team(found)
        ],
        "pools": [
            {"pool": pool.name, "method": pool.method, "driver": pool.driver or None, "cost": in_full(amount)}
            for pool, amount in by_pool(found)
        ],
        "dimensions": {
            dimension: [{"name": name, "cost": in_full(cost)} for name, cost in sorted(names.items())]
            for dimension, names in by_dimension(found).items()
        },
        "remarks": list(found.remarks),
    }
