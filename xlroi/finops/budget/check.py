"""Whether a threshold of the budget is crossed, or will be by the forecast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from xlroi.errors import InputError, Problem
from xlroi.finops.budget.budgets import Budget, Key
from xlroi.finops.budget.months import later, span
from xlroi.finops.budget.outlook import Outlook, outlook, rounded
from xlroi.finops.budget.spending import Spending
from xlroi.finops.money import add_all
from xlroi.formula.scope import did_you_mean

__all__ = ["Check", "Finding", "What", "check", "check_untagged", "named"]

What = Literal["actual", "forecast", "probability", "untagged"]
_MOST_SHOWN: Final = 5
_WORD: Final = {"team": "team", "service": "service", "total": "all"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A threshold that is crossed."""

    what: What
    key: Key
    month: str
    """In which it is crossed; of a probability the last of the fiscal year."""
    value: Decimal | float
    """What was spent so far, or will have been at the end of the year; a probability or share."""
    limit: Decimal | float
    """The amount, probability or share that must not be exceeded."""
    threshold: Decimal | float
    """As the budget or the option says it, a share."""


@dataclass(frozen=True, slots=True)
class Check:
    """Budgets held against costs."""

    outlooks: dict[Key, Outlook]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]


def check(spending: Spending, budget: Budget) -> Check:
    """Every budget's outlook, and the thresholds that are crossed or forecast to be.

    ``actual``: more than a share of the year's budget is spent; ``forecast``: more will be at the end of the year;
    ``probability``: of spending more than the year's budget. Raises :class:`InputError` for a budget that these bills
    cannot be held against.
    """
    _refuse(spending, budget)
    outlooks = {key: outlook(spending.costs.get(key, {}), spending.whole, spending.part, months)
                for key, months in budget.amounts.items()}  # fmt: skip
    findings = [finding for key, found in outlooks.items() for finding in _findings(key, found, budget)]
    remarks = [*spending.remarks, *_without_cost(spending, budget), *_without_budget(spending, budget)]
    remarks += _of_forecasts(outlooks)
    return Check(outlooks, tuple(findings), tuple(remarks))


def check_untagged(spending: Spending, most: Decimal, budget: Budget | None) -> tuple[Decimal | None, list[Finding]]:
    """The share of cost without a tag or team, in the fiscal year so far or in all bills, and whether it is too large.

    The share is None where the cost is not above 0.
    """
    months = [m for m in spending.months if m in budget.months] if budget else spending.months
    share = spending.untagged_share(months)
    if share is None or share <= most:
        return share, []
    return share, [Finding("untagged", ("total", ""), spending.months[-1], share, most, most)]


def named(key: Key) -> str:
    """A budget's owner in words.

    >>> named(("team", "Search")), named(("total", ""))
    ('team Search', 'all')
    """
    return f"{_WORD[key[0]]} {key[1]}".strip()


def _findings(key: Key, found: Outlook, budget: Budget) -> Iterator[Finding]:
    limits, last = budget.thresholds, budget.months[-1]
    actual, expected = found.budget * limits.actual, found.budget * limits.forecast
    if found.spent > actual:
        month = found.first_month_above(actual) or last
        yield Finding("actual", key, month, found.spent, actual, limits.actual)
    if rounded(found.year_end) > expected:
        month = found.first_month_above(expected) or last
        yield Finding("forecast", key, month, found.year_end, expected, limits.forecast)
    probability = found.probability
    if probability is not None and probability > limits.probability and found.forecast:
        yield Finding("probability", key, last, probability, limits.probability, limits.probability)


def _refuse(spending: Spending, budget: Budget) -> None:
    """Raise where the bills and the budget do not belong together."""

    def refuse(key: str, message: str) -> Problem:
        return budget.document.problem((key,), message)

    if spending.currency != budget.currency:
        message = f"the budget is in {budget.currency}, the bills are in {spending.currency}"
        raise InputError([refuse("currency", f"{message}; --rules can have rates")])
    if not spending.whole:
        raise InputError(f"the bills hold no whole month ({spending.remarks[0]}); add earlier bills, or say that it "
                         "is over with --last-month whole")  # fmt: skip
    first, last = budget.months[0], budget.months[-1]
    newest = spending.months[-1]
    year = f"its fiscal year is {first} to {last}"
    if newest > last:
        way_out = "give the next year's budget, or leave later bills out"
        raise InputError([refuse("fiscal_year", f"{year}, the bills go on to {newest}; {way_out}")])
    if newest < later(first, -1):
        raise InputError([refuse("fiscal_year", f"{year}, the bills end in {newest}")])
    unbilled = span(first, later(spending.months[0], -1))
    problems = [
        budget.problem(key, f"has a budget from {first} on, the bills begin in {spending.months[0]}; add the earlier "
                       "bills, or give this budget by months")
        for key, months in budget.amounts.items() if any(months[month] for month in unbilled)
    ]  # fmt: skip
    if not problems and not any(key[0] == "team" for key in spending.costs):
        problems = [budget.problem(key, "a budget of a team needs --rules, which say whose a charge is")
                    for key in budget.amounts if key[0] == "team"][:1]  # fmt: skip
    for key in budget.amounts if not problems else ():
        free = [name for by, name in spending.costs if by == key[0] and (by, name) not in budget.amounts]
        alike = [name for name in free if name.casefold() == key[1].casefold()]
        hint = f"; did you mean {alike[0]!r}?" if alike else did_you_mean(key[1], free)
        if key not in spending.costs and hint:
            problems.append(budget.problem(key, f"the bills have no such {key[0]}{hint}"))
    if problems:
        raise InputError(problems)


def _of_forecasts(outlooks: Mapping[Key, Outlook]) -> Iterator[str]:
    """What is to be said of forecasts, once for all of which it is to be said."""
    said: defaultdict[str, list[str]] = defaultdict(list)
    for key, found in outlooks.items():
        for remark in found.forecast.remarks if found.forecast else ():
            said[remark].append(named(key))
        if found.probability is None:
            said["the probability of an overrun is not known, as there is no interval"].append(named(key))
    for remark, names in said.items():
        yield f"{', '.join(names)}: {remark}"


def _without_cost(spending: Spending, budget: Budget) -> Iterator[str]:
    for key in budget.amounts:
        if key not in spending.costs:
            yield str(budget.problem(key, "has no cost in the bills"))


def _without_budget(spending: Spending, budget: Budget) -> Iterator[str]:
    """Owners that cost something in the fiscal year and have no budget, where others of their kind have one."""
    for kind in ("team", "service"):
        spent = {
            key[1]: add_all(amount for month, amount in months.items() if month in budget.months)
            for key, months in spending.costs.items() if key[0] == kind and key not in budget.amounts
        }  # fmt: skip
        owners = [name for name in sorted(spent, key=lambda name: (-spent[name], name)) if spent[name]]
        if owners and any(by == kind for by, _ in budget.amounts):
            said = ", ".join(f"{name} {spent[name]:,.2f}" for name in owners[:_MOST_SHOWN])
            more = f" and {len(owners) - _MOST_SHOWN} more" if len(owners) > _MOST_SHOWN else ""
            total = add_all(spent.values())
            yield f"{kind}s without a budget cost {total:,.2f} in the fiscal year so far: {said}{more}"
