"""bill check: bills held against a budget, and against a limit of cost without tags."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import FILES, LAST_MONTH, Bill, reads_a_bill
from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, shown, table
from xlroi.errors import InputError

if TYPE_CHECKING:
    from xlroi.finops.budget.budgets import Budget, Key
    from xlroi.finops.budget.check import Check, Finding
    from xlroi.finops.budget.forecasting import Forecast
    from xlroi.finops.budget.outlook import Outlook
    from xlroi.finops.budget.spending import LastMonth, Spending

__all__ = ["check"]

Untagged = tuple[Decimal, Decimal | None]
"""The most that is allowed, and the share that there is."""


@click.command()
@FILES
@click.option("--budget", "budget_file", metavar="FILE", help="Budgets of a fiscal year, in YAML.")
@click.option("--rules", metavar="FILE", help="Whose each charge is, for budgets of teams, in YAML.")
@click.option("--max-untagged", metavar="SHARE", help="Most cost without a tag, or with --rules without a team; as 5%.")
@click.option("--tag", metavar="KEY", help="The tag that --max-untagged asks for. [any tag]")
@click.option("--cost", type=click.Choice(["billed", "effective"]), help="The cost, without --rules. [billed]")
@LAST_MONTH
@reads_a_bill
@JSON
def check(
    given: Bill,
    budget_file: str | None,
    rules: str | None,
    max_untagged: str | None,
    tag: str | None,
    cost: str | None,
    last_month: LastMonth,
    as_json: bool,
) -> None:
    """Hold FILES against a budget: exit code 1 where a threshold is crossed, or will be by the forecast."""
    if budget_file is None and max_untagged is None:
        raise InputError("nothing to check; give --budget, --max-untagged or both")
    if rules and (cost or tag):
        raise InputError("--cost and --tag are for bills without --rules, which say both")
    most = None if max_untagged is None else _limit(max_untagged)
    from xlroi.finops.budget.budgets import load_budget
    from xlroi.finops.budget.check import Check, check_untagged
    from xlroi.finops.budget.check import check as checked
    from xlroi.finops.budget.spending import spending_of_allocation, spending_of_bills

    budget = load_budget(budget_file) if budget_file else None
    if rules:
        from xlroi.finops.allocation.allocating import allocate
        from xlroi.finops.allocation.rules import load_rules

        read = load_rules(rules)
        with given.opened() as bills:
            allocation = allocate(bills, read, keep_repeated=given.keep_repeated)
            spending = spending_of_allocation(bills, allocation, last_month=last_month)
    else:
        with given.opened() as bills:
            spending = spending_of_bills(
                bills, cost or "billed", tag=tag, last_month=last_month, keep_repeated=given.keep_repeated
            )
    found = checked(spending, budget) if budget else Check({}, (), ())
    findings, untagged = list(found.findings), None
    if most is not None:
        share, more = check_untagged(spending, most, budget)
        findings, untagged = [*findings, *more], (most, share)
    if as_json:
        print_json(_data(spending, budget, found, findings, untagged))
    else:
        _show(spending, budget, found, findings, untagged)
    if findings:
        sys.exit(1)


def _limit(text: str) -> Decimal:
    from xlroi.model.numbers import number_from

    try:
        found = Decimal(repr(number_from(text if text.endswith("%") else float(text))))
    except ValueError:
        raise InputError(f"--max-untagged {text}: expected a share, as 5% or 0.05") from None
    if not 0 <= found <= 1:
        raise InputError(f"--max-untagged {text}: expected from 0% to 100%")
    return found


def _money(amount: Decimal | float | None) -> str:
    return "" if amount is None else f"{amount:z,.2f}"


def _percent(share: Decimal | float | None) -> str:
    return "" if share is None else f"{share:z.1%}"


def _exact(share: Decimal | float) -> str:
    return shown(float(share), "%")


def _of(amount: Decimal | float, budget: Decimal) -> str:
    return _percent(float(amount) / float(budget)) if budget else ""


def _show(spending: Spending, budget: Budget | None, found: Check, findings: list[Finding],
          untagged: Untagged | None) -> None:  # fmt: skip
    from xlroi.finops.budget.check import named

    whole = spending.whole
    click.echo(f"{spending.cost} cost in {spending.currency}, "
               f"{f'whole months {whole[0]} to {whole[-1]}' if whole else 'no whole month'}\n")  # fmt: skip
    if budget:
        heads = ["Budget of", "Fiscal year", "Spent", "Of budget", "Variance", "Year's end", "80% interval",
                 "Of budget", "Overrun", "Over in"]  # fmt: skip
        rows = [
            [named(key), _money(o.budget), _money(o.spent), _of(o.spent, o.budget), _money(o.variance),
             _money(o.year_end), _interval(o), _of(o.year_end, o.budget), _percent(o.probability),
             o.first_month_above(o.budget) or ""]
            for key, o in found.outlooks.items()
        ]  # fmt: skip
        table(f"Budgets, {budget.months[0]} to {budget.months[-1]}", heads, rows)
        rows = [[named(key), f.method, *(_percent(f.accuracy[name].mape) if f.accuracy else "" for name in
                 ("damped Holt", "naive", "drift")), str(f.origins), _percent(f.coverage)]
                for key, o in found.outlooks.items() if (f := o.forecast)]  # fmt: skip
        if rows:
            click.echo()
            table("Forecasts: mean error on the past, from rolling origins", ["Of", "Method", "Damped Holt", "Naive",
                  "Drift", "Origins", "In interval"], rows)  # fmt: skip
        click.echo()
    if untagged:
        most, share = untagged
        told = "no share, as there is no cost" if share is None else _exact(share)
        told += ", as credits outweigh the charges" if share is not None and share < 0 else ""
        click.echo(f"{spending.untagged_means}: {told} (at most {_exact(most)})")
    for finding in findings:
        click.echo(f"CROSSED {_said(finding, spending)}")
    if not findings:
        click.echo("ok: no threshold is crossed or forecast to be")
    for remark in found.remarks or spending.remarks:
        click.echo(f"note: {remark}", err=True)


def _interval(outlook: Outlook) -> str:
    if outlook.rest_low is None or outlook.rest_high is None:
        return ""
    billed = float(outlook.actual_to_date)
    return f"{_money(billed + outlook.rest_low)} to {_money(billed + outlook.rest_high)}"


def _said(finding: Finding, spending: Spending) -> str:
    from xlroi.finops.budget.check import named

    who, month, value, limit = named(finding.key), finding.month, finding.value, finding.limit
    threshold = _exact(finding.threshold)
    match finding.what:
        case "actual":
            told = f"{_money(value)} is spent, more than {_money(limit)}, {threshold} of the year's budget"
        case "forecast":
            told = f"the year ends at {_money(value)}, more than {_money(limit)}, {threshold} of its budget"
        case "probability":
            told = f"the year's budget is exceeded with a probability of {_exact(value)}, more than {threshold}"
        case "untagged":
            told = f"{_exact(value)} of cost has {spending.untagged_means}, more than {threshold}"
    return f"{who}, {month}: {told}"


def _text(amount: Decimal | float | None) -> str | None:
    """Amounts as texts: a number of JSON would be rounded by whoever reads it. What is forecast has two decimals."""
    from xlroi.finops.money import shown as in_full

    return None if amount is None else in_full(amount) if isinstance(amount, Decimal) else f"{amount:z.2f}"


def _data(spending: Spending, budget: Budget | None, found: Check, findings: list[Finding],
          untagged: Untagged | None) -> dict[str, Any]:  # fmt: skip
    return {
        "passed": not findings,
        "currency": spending.currency,
        "cost": spending.cost,
        "months": list(spending.months),
        "part": spending.part or None,
        "newest": spending.newest,
        "fiscal_year": list(budget.months) if budget else None,
        "budgets": [_outlook(key, o) for key, o in found.outlooks.items()],
        "untagged": untagged
        and {
            "means": spending.untagged_means,
            "most": float(untagged[0]),
            "share": None if untagged[1] is None else float(untagged[1]),
        },
        "findings": [
            {
                "what": f.what,
                "by": f.key[0],
                "name": f.key[1],
                "month": f.month,
                "value": _text(f.value) if f.what in ("actual", "forecast") else float(f.value),
                "limit": _text(f.limit) if f.what in ("actual", "forecast") else float(f.limit),
                "threshold": float(f.threshold),
            }
            for f in findings
        ],
        "remarks": list(found.remarks or spending.remarks),
    }


def _outlook(key: Key, outlook: Outlook) -> dict[str, Any]:
    return {
        "by": key[0],
        "name": key[1],
        "budget": _text(outlook.budget),
        "budget_to_date": _text(outlook.budget_to_date),
        "actual_to_date": _text(outlook.actual_to_date),
        "variance": _text(outlook.variance),
        "part": _text(outlook.part),
        "spent": _text(outlook.spent),
        "burn_rate": _text(outlook.burn_rate and float(outlook.burn_rate)),
        "rest": [_text(outlook.rest_low), _text(outlook.rest), _text(outlook.rest_high)],
        "year_end": _text(outlook.year_end),
        "probability": outlook.probability,
        "first_month_over": outlook.first_month_above(outlook.budget),
        "forecast": _forecast(outlook.forecast) if outlook.forecast else None,
        "months": [
            {"month": m.month, "kind": m.kind, "budget": _text(m.budget), "cost": _text(m.cost), "left": _text(m.left)}
            for m in outlook.months
        ],
    }


def _forecast(made: Forecast) -> dict[str, Any]:
    return {
        "method": made.method,
        "alpha": made.alpha,
        "beta": made.beta,
        "phi": made.phi,
        "origins": made.origins,
        "coverage": made.coverage,
        "accuracy": {name: {"mape": a.mape, "mase": a.mase} for name, a in made.accuracy.items()},
    }
