"""What a bill holds, and how far each of its columns can be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from xlroi.finops.bills import Bills
from xlroi.finops.commitments import Commitment, commitments
from xlroi.finops.focus import COSTS
from xlroi.finops.ledger import CHECKS, Measure
from xlroi.finops.money import add, add_all
from xlroi.finops.overview import ROWS, Group, look_over
from xlroi.finops.tags import read_tags, untidy

__all__ = ["Coverage", "Profile", "State", "Suspicion", "Total", "Verdict", "profile", "verdicts"]

MOST_KEYS: Final = 10_000
"""More tag keys than this are no keys: values have slipped in."""

State = Literal["good", "empty", "partly empty", "zero", "whole numbers"]


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of a provider in a currency, over all months or in one."""

    provider: str | None
    currency: str | None
    month: str | None
    rows: int
    costs: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cost column of a provider to rely upon, and why."""

    provider: str | None
    currency: str | None
    trust: str
    why: str
    states: Mapping[str, State]

    def doubt(self, cost: str) -> str:
        """Why a cost column must not be relied upon; empty where it may be, even if some rows have none.

        >>> Verdict("AWS", "USD", "billed", "", {"effective": "zero"}).doubt("effective")
        'EffectiveCost is 0 in every row while BilledCost is not'
        """
        return f"{cost.capitalize()}Cost {_WRONG[state]}" if (state := self.states[cost]) in _WRONG else ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a provider's bill, or of all (None), has a value for a tag key; key None: any tag at all."""

    key: str | None
    provider: str | None
    currency: str | None
    tagged_rows: int
    rows: int
    tagged_cost: Decimal
    cost: Decimal

    @property
    def share_of_rows(self) -> float:
        """From 0 to 1."""
        return self.tagged_rows / self.rows

    @property
    def share_of_cost(self) -> float | None:
        """Of the cost to trust; credits can take it out of 0 to 1, and there is none of a total of 0."""
        return float(self.tagged_cost / self.cost) if self.cost else None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Cells of a column that look wrong, and one of them."""

    provider: str | None
    column: str
    says: str
    rows: int
    example: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that a profile says; costs are exact."""

    files: tuple[tuple[str, str, int], ...]
    """Name, layout, rows."""
    rows: int
    months: tuple[str, ...]
    totals: tuple[Total, ...]
    by_month: tuple[Total, ...]
    verdicts: tuple[Verdict, ...]
    coverage: tuple[Coverage, ...]
    suspicions: tuple[Suspicion, ...]
    commitments: tuple[Commitment, ...]
    remarks: tuple[str, ...]


_ASKED: Final = tuple(check for check in CHECKS if check.id not in {f"bad_{cost}" for cost in COSTS})


def profile(bills: Bills, *, keep_repeated: bool = False) -> Profile:
    """Profile opened bills; raises :class:`InputError` where a total would be wrong."""
    counts = [Measure(check.id, check.id, "count") for check in _ASKED]
    examples = [Measure(f"most_{check.id}", check.id, "max") for check in _ASKED]
    groups = look_over(bills, [*counts, *examples], keep_repeated=keep_repeated)
    wrong = {(g.file, c.id): None for g in groups for c in _ASKED if c.fatal and g.values[c.id]}
    if wrong and (error := bills.refused(list(wrong))):
        raise error
    rows_of: defaultdict[str, int] = defaultdict(int)
    for group in groups:
        rows_of[group.file] += group.rows
    layouts = {str(file): part.says for part in bills.parts for file in part.source.files}
    judged = verdicts(groups)
    trusted = {(v.provider, v.currency): v.trust for v in judged}
    coverage, tag_suspicions, remarks = _tags(bills, trusted)
    return Profile(
        tuple((file, layouts[file], rows) for file, rows in rows_of.items()),
        sum(rows_of.values()),
        tuple(sorted({group.month for group in groups})),
        tuple(_total(found, None) for found in _by(groups, "provider", "currency")),
        tuple(_total(found, found[0].month) for found in _by(groups, "provider", "currency", "month")),
        judged,
        coverage,
        (*_suspicions(groups), *tag_suspicions),
        tuple(commitments(bills)),
        remarks,
    )


def _by(groups: Sequence[Group], *names: str) -> list[list[Group]]:
    found: defaultdict[tuple[str, ...], list[Group]] = defaultdict(list)
    for group in groups:
        found[tuple(str(getattr(group, name)) for name in names)].append(group)
    return [found[key] for key in sorted(found)]


def _total(groups: Sequence[Group], month: str | None) -> Total:
    costs = {cost: add_all(group.amount(cost) for group in groups) for cost in COSTS}
    return Total(groups[0].provider, groups[0].currency, month, sum(g.rows for g in groups), costs)


def verdicts(groups: Sequence[Group]) -> tuple[Verdict, ...]:
    """The cost to rely upon of every provider and currency in a bill that was looked over."""
    return tuple(_verdict(found) for found in _by(groups, "provider", "currency"))


def _verdict(groups: Sequence[Group]) -> Verdict:
    states = {cost: _state(cost, groups) for cost in COSTS}
    total = _total(groups, None).costs
    trust, why = _trusted(states, total)
    return Verdict(groups[0].provider, groups[0].currency, trust, why, states)


def _state(cost: str, groups: Sequence[Group]) -> State:
    filled = sum(int(group.values[f"count_{cost}"]) for group in groups)
    if not filled:
        return "empty"
    ends = [group.values[f"{how}_{cost}"] for group in groups for how in ("min", "max")]
    if not any(ends):
        return "zero" if any(group.amount("billed") for group in groups) else "good"
    if filled < sum(group.rows for group in groups):
        return "partly empty"
    # A column without decimals has whole sums, minima and maxima in every group; one with them hardly ever has.
    whole = all(_whole(value) for g in groups for value in (*ends, g.amount(cost)))
    return "whole numbers" if whole and not all(_whole(g.amount("billed")) for g in groups) else "good"


def _whole(value: Decimal | None) -> bool:
    return value is None or value == value.to_integral_value()


_WRONG: Final = {
    "empty": "has no values",
    "zero": "is 0 in every row while BilledCost is not",
    "whole numbers": "is rounded to whole numbers while BilledCost is not",
}


def _trusted(states: Mapping[str, State], total: Mapping[str, Decimal]) -> tuple[str, str]:
    others = [
        f"{name} {_WRONG[states[id]]}" for id, name in (("contracted", "ContractedCost"), ("list", "ListCost"))
        if states[id] in _WRONG
    ]  # fmt: skip
    savings = f"; no savings rate from it: {', '.join(others)}" if others else ""
    if states["effective"] in _WRONG:
        return "billed", f"EffectiveCost {_WRONG[states['effective']]}{savings}"
    if states["billed"] in _WRONG:
        return "effective", f"BilledCost {_WRONG[states['billed']]}{savings}"
    if states["effective"] == "partly empty":
        return "billed", f"EffectiveCost is empty in some rows{savings}"
    if total["effective"] == total["billed"]:
        return "effective", f"EffectiveCost sums to BilledCost: either will do{savings}"
    return "effective", f"it spreads commitments over their use; BilledCost is what the invoice says{savings}"


def _suspicions(groups: Sequence[Group]) -> list[Suspicion]:
    found = []
    for provider in _by(groups, "provider"):
        for check in _ASKED:
            if count := sum(int(group.values[check.id] or 0) for group in provider):
                example = max(str(group.values[f"most_{check.id}"] or "") for group in provider)
                found.append(Suspicion(provider[0].provider, check.column, check.says, count, example))
    return found


@dataclass(slots=True)
class _Tally:
    """Rows and cost, added up."""

    rows: int = 0
    cost: Decimal = Decimal(0)

    def put(self, rows: int, cost: Decimal) -> None:
        self.rows, self.cost = self.rows + rows, add(self.cost, cost)


def _tags(
    bills: Bills, trusted: Mapping[tuple[str | None, str | None], str]
) -> tuple[tuple[Coverage, ...], tuple[Suspicion, ...], tuple[str, ...]]:
    """Coverage of every tag key by rows and by cost, of all and by provider."""
    # Of a key (None: any tag), a provider (None: all) and a currency.
    tagged: defaultdict[tuple[str | None, str | None, str | None], _Tally] = defaultdict(_Tally)
    whole: defaultdict[tuple[str | None, str | None], _Tally] = defaultdict(_Tally)
    odd: dict[tuple[str | None, str], tuple[int, str]] = {}
    keys: set[str] = set()
    costs = [Measure("billed", "billed"), Measure("effective", "effective")]
    cube = bills.cube(["provider", "currency", "tags"], [ROWS, *costs])
    for provider, currency, text, rows, billed, effective in bills.rows(cube):
        cost = (effective if trusted[provider, currency] == "effective" else billed) or Decimal(0)
        tags = read_tags(text)
        keys.update(tags or ())
        counted: list[str | None] = [None, *(tags if len(keys) <= MOST_KEYS else ())] if tags else []
        for whose in (provider, None):
            whole[whose, currency].put(rows, cost)
            for key in counted:
                tagged[key, whose, currency].put(rows, cost)
        for says in _odd(text, tags):
            count, example = odd.get((provider, says), (0, ""))
            odd[provider, says] = count + rows, max(example, str(text))
    remarks: tuple[str, ...] = ()
    if len(keys) > MOST_KEYS:
        remarks = (f"more than {MOST_KEYS:,} tag keys: values have slipped into keys; coverage by key is left out",)
        tagged = defaultdict(_Tally, {at: tally for at, tally in tagged.items() if at[0] is None})
    for provider, currency in whole:
        tagged[None, provider, currency].put(0, Decimal(0))
    found = [
        Coverage(key, provider, currency, tally.rows, (of := whole[provider, currency]).rows, tally.cost, of.cost)
        for (key, provider, currency), tally in tagged.items()
    ]
    found.sort(key=lambda c: (c.provider or "", str(c.currency), c.key is not None, -c.tagged_cost, c.key or ""))
    suspicions = tuple(Suspicion(who, "Tags", says, n, x) for (who, says), (n, x) in sorted(odd.items(), key=str))
    return tuple(found), suspicions, remarks


def _odd(text: str | None, tags: Mapping[str, str] | None) -> list[str]:
    if tags is None:
        return ["is no JSON object"]
    return [f"has the key {key!r} with spaces around it" for key in untidy(text)[:1]]
