"""Bills and further ledgers allocated: every charge to an owner or a pool, every pool to teams, every cent counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from xlroi.errors import InputError
from xlroi.finops.allocation.matching import Where
from xlroi.finops.allocation.names import Names
from xlroi.finops.allocation.rules import Rules
from xlroi.finops.allocation.shares import NoShares, parts_of
from xlroi.finops.bills import Bills
from xlroi.finops.facts import DIMENSIONS, NOBODY, Allocation, Charge, Origin, Part, Pool
from xlroi.finops.ledger import Measure
from xlroi.finops.money import add, minor_unit, multiply
from xlroi.finops.overview import Group, look_over
from xlroi.finops.profile import verdicts
from xlroi.finops.tags import read_tags

__all__ = ["allocate"]

MOST_NAMES: Final = 10_000
"""More owners than this in a dimension are none: values that change with each resource have slipped in."""

NONE: Final = "(none)"
"""Stands where the bill says nothing."""

_REMEMBERED: Final = 1 << 16

Owner = tuple[str, ...]
# Month, provider, service, owner, pool, origin, currency; names as the keys of Names.
_At = tuple[str, str, str, Owner, str, Origin, str]


def allocate(
    bills: Bills, rules: Rules, *, keep_repeated: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Allocation:
    """Every cent of the bills, and of the rules' further ledgers in the months of the bills, with who bears it.

    The parts of each month and provider sum to its invoice, to the minor unit; the invoice is counted apart from the
    rules. Raises :class:`InputError` where the bill cannot be read, a rate is missing, or a pool cannot be shared.
    """
    return _Allocating(bills, rules).run(keep_repeated, progress)


class _Allocating:
    def __init__(self, bills: Bills, rules: Rules) -> None:
        self.bills, self.rules = bills, rules
        self.names = {dimension: Names(dimension.replace("_", " ")) for dimension in DIMENSIONS}
        self.owners: dict[str, set[str]] = {dimension: set() for dimension in DIMENSIONS}
        self.providers, self.services = Names("provider"), Names("service")
        reads = {where for rule in rules.all() for where in rule.reads()}
        self.columns = sorted(name for kind, name in reads if kind == "column")
        self.keys = sorted(key for kind, key in reads if kind == "tag")
        self.places: list[Where] = [*(("column", name) for name in self.columns), *(("tag", key) for key in self.keys)]
        self.matched: set[tuple[str | int, ...]] = set()
        self.sums: dict[_At, Decimal] = {}
        self.doubts: list[str] = []
        self.unit = minor_unit(rules.currency)
        self.owner = lru_cache(_REMEMBERED)(self._owner)
        self.tags = lru_cache(_REMEMBERED)(self._tags)
        self._give_names()

    def run(self, keep_repeated: bool, progress: Callable[[str], None]) -> Allocation:
        rules = self.rules
        progress("looking the bill over")
        invoices = self._invoices(keep_repeated)
        months = tuple(sorted({month for month, _ in invoices}))
        progress("allocating")
        self._allocate_bill()
        self._allocate_ledgers(months, invoices)
        charges = tuple(self._charges())
        pools = tuple(self._pool(pool) for _, pool in rules.shared)
        team = self.names["team"]
        quantities = {
            (driver, month, team.shown(team.key(name, given=True))): quantity
            for (driver, month, name), quantity in rules.quantities.items()
            if month in months
        }
        progress("sharing pools")
        by_shown = {(month, self.providers.shown(key)): amount for (month, key), amount in sorted(invoices.items())}
        try:
            parts = parts_of(charges, pools, quantities, by_shown, self.unit)
        except NoShares as error:
            raise self._unshared(error) from None
        teams = sorted({part.team for part in parts}, key=lambda name: (name == NOBODY, name.lower()))
        costs = {rules.cost_of(self.providers.shown(key)) for _, key in invoices if key in self.billing}
        cost = costs.pop() if len(costs) == 1 else "mixed"
        return Allocation(
            rules.currency, self.unit, cost, months, tuple(teams), charges, pools, quantities, parts, by_shown,
            (*self.doubts, *self._remarks(parts)),
        )  # fmt: skip

    def _give_names(self) -> None:
        """The spellings of the rules and of their files go before those of the bill."""
        rules = self.rules
        for dimension, of_dimension in rules.dimensions.items():
            for rule in of_dimension:
                given = rule.named
                for name in [given] if isinstance(given, str) else given.names.values() if given else []:
                    self.names[dimension].key(name, given=True)
        team = self.names["team"]
        for name in [name for _, pool in rules.shared for name in pool.weights or ()]:
            team.key(name, given=True)
        for _, _, name in rules.quantities:
            team.key(name, given=True)
        for loaded in rules.ledgers:
            for cost in loaded.costs:
                for dimension, name in cost.owners.items():
                    self.names[dimension].key(name, given=True)

    def _rate(self, currency: str) -> Decimal:
        try:
            return self.rules.rates[currency]
        except KeyError:
            base = self.rules.currency
            message = f"the bill has charges in {currency}, for which there is no rate; say how many {base} one is"
            raise InputError([self.rules.document.problem(("rates",), message)]) from None

    def _invoices(self, keep_repeated: bool) -> dict[tuple[str, str], Decimal]:
        """What each month and provider cost, counted without the rules."""
        found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        groups = look_over(self.bills, keep_repeated=keep_repeated)
        self._doubt(groups)
        for group in groups:
            provider = self.providers.key(group.provider or NONE)
            amount = group.amount(self.rules.cost_of(group.provider or ""))
            at = (group.month, provider)
            found[at] = add(found[at], multiply(amount, self._rate(group.currency or NONE)))
        self.billing = {provider for _, provider in found}
        return dict(found)

    def _doubt(self, groups: Sequence[Group]) -> None:
        """Refuse a cost that the bill does not have, and remark one that it has in part."""
        for verdict in verdicts(groups):
            cost, provider = self.rules.cost_of(verdict.provider or ""), verdict.provider or NONE
            state = verdict.states[cost]
            says = f"the {cost} cost of {provider} is {state}; 'xlroi bill profile' says which cost to trust"
            if state in ("empty", "zero"):
                raise InputError([self.rules.document.problem(("cost",), says)])
            if state != "good":
                self.doubts.append(says)

    def _allocate_bill(self) -> None:
        fixed = ["month", "provider", "service", "currency"]
        by = [*fixed, *(column for column in self.columns if column not in fixed), *(["tags"] if self.keys else [])]
        picked = [by.index(column) for column in self.columns]
        costs = sorted({self.rules.cost.get("else", "billed"), *self.rules.cost.values()})
        place_of = lru_cache(lambda provider: len(by) + costs.index(self.rules.cost_of(provider or "")))
        for row in self.bills.rows(self.bills.cube(by, [Measure(f"sum_{cost}", cost) for cost in costs])):
            month, provider, service, currency = row[:4]
            amount = row[place_of(provider)] or Decimal(0)
            says = [row[index] for index in picked]
            owner, pool = self.owner((*says, *self.tags(row[len(by) - 1])) if self.keys else tuple(says))
            self._put(
                month, self.providers.key(provider or NONE), service, owner, pool, "bill", currency or NONE, amount
            )

    def _tags(self, text: str | None) -> tuple[str | None, ...]:
        """The values of the tags that rules read."""
        tags = read_tags(text) or {}
        return tuple([tags.get(key) for key in self.keys])

    def _put(
        self, month: str, provider: str, service: str | None, owner: Owner, pool: str, origin: Origin, currency: str,
        amount: Decimal,
    ) -> None:  # fmt: skip
        at = (month, provider, self.services.key(service or NONE), owner, pool, origin, currency)
        self.sums[at] = add(self.sums.get(at, Decimal(0)), amount)

    def _allocate_ledgers(self, months: tuple[str, ...], invoices: dict[tuple[str, str], Decimal]) -> None:
        """Rows of further ledgers are charges whose provider is the ledger; owners that a row names go before rules."""
        for index, loaded in enumerate(self.rules.ledgers):
            ledger = loaded.ledger
            provider = self.providers.key(ledger.name, given=True)
            if provider in self.billing:
                message = f"{ledger.name!r} is a provider of the bill; name the ledger otherwise"
                raise InputError([self.rules.document.problem(("ledgers", index, "name"), message)])
            rate = self._rate(ledger.currency)
            for cost in loaded.costs:
                charge = {("column", "provider"): ledger.name, ("column", "service"): cost.service,
                          **{("tag", key): value for key, value in cost.tags.items()}}  # fmt: skip
                if cost.item:
                    charge["column", "resource_name"] = cost.item
                owner, pool = self._matched(charge, cost.owners)
                for month in months:
                    if (amount := cost.amount(month)) is not None:
                        self._put(month, provider, cost.service, owner, pool, ledger.kind, ledger.currency, amount)
                        to = (month, provider)
                        invoices[to] = add(invoices.get(to, Decimal(0)), multiply(amount, rate))

    def _owner(self, says: tuple[str | None, ...]) -> tuple[Owner, str]:
        """The owner and the pool of a charge, by what it says in the places that rules read."""
        return self._matched(
            {place: said for place, said in zip(self.places, says, strict=True) if said is not None}, {}
        )

    def _matched(self, charge: Mapping[Where, str], owners: Mapping[str, str]) -> tuple[Owner, str]:
        """The keys of a charge's owner, and its pool; what is in a pool has no team of its own."""
        pool = ""
        for rule, named in self.rules.shared:
            if rule.name(charge) is not None:
                self.matched.add(rule.path)
                pool = named.name
                break
        owner = []
        for dimension in DIMENSIONS:
            name = NOBODY if dimension == "team" and pool else owners.get(dimension, "")
            owner.append(self.names[dimension].key(name) or self._first(dimension, charge))
        return tuple(owner), pool

    def _first(self, dimension: str, charge: Mapping[Where, str]) -> str:
        """The key of the name that the first rule gives which matches, and gives one that can be read."""
        names = self.names[dimension]
        for rule in self.rules.dimensions[dimension]:
            name = rule.name(charge)
            if name is not None and (key := names.key(name)):
                self.matched.add(rule.path)
                self.owners[dimension].add(key)
                if len(self.owners[dimension]) > MOST_NAMES:
                    message = (
                        f"gives more than {MOST_NAMES:,} names, such as {name[:60]!r}; does this tag or column change "
                        'with each resource? Say the names under "is", as {"prefix*": Name}'
                    )
                    raise InputError([self.rules.document.problem(rule.path, message)])
                return key
        return names.key(NOBODY)

    def _charges(self) -> Iterator[Charge]:
        """The sums, in the currency of the allocation, in order."""
        found: dict[tuple[str, str, str, Owner, str, Origin], Decimal] = {}
        for (month, provider, service, owner, pool, origin, currency), amount in self.sums.items():
            shown = tuple(names.shown(key) for names, key in zip(self.names.values(), owner, strict=True))
            at = (month, self.providers.shown(provider), self.services.shown(service), shown, pool, origin)
            found[at] = add(found.get(at, Decimal(0)), multiply(amount, self._rate(currency)))
        for (month, provider, service, shown, pool, origin), amount in sorted(found.items()):
            yield Charge(month, provider, service, shown, pool, origin, amount)

    def _pool(self, pool: Pool) -> Pool:
        """A pool, its teams spelt as everywhere."""
        team = self.names["team"]
        weights: dict[str, Fraction] | None = None
        if pool.weights is not None:
            weights = {team.shown(team.key(name)): share for name, share in pool.weights.items()}
        return Pool(pool.name, pool.method, pool.driver, weights)

    def _unshared(self, error: NoShares) -> InputError:
        path = next(rule.path for rule, pool in self.rules.shared if pool.name == error.pool.name)
        ways = "add rows to its file" if error.pool.method == "driver" else "give charges an owner by a rule"
        message = f"the pool {error.pool.name!r} cannot be shared: {error}; {ways}, or share it by {{fixed: ...}}"
        return InputError([self.rules.document.problem(path, message)])

    def _remarks(self, parts: Sequence[Part]) -> Iterator[str]:
        file = self.rules.document.file
        for rule in self.rules.all():
            if rule.path not in self.matched:
                yield f"{file}:{rule.line}: {'.'.join(map(str, rule.path))}: matched nothing that was left to it"
        for pool, month in sorted({(part.pool, part.month) for part in parts if part.pool and part.team == NOBODY}):
            yield f"the pool {pool!r} stays unallocated in {month}"
        providers = {part.provider for part in parts}
        for loaded in self.rules.ledgers:
            if loaded.ledger.name not in providers:
                yield f"{loaded.ledger.file}: costs nothing in the months of the bill"
