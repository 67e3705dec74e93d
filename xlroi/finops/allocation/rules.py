"""A rules file read whole: every rule, driver and further ledger, every problem with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.allocation import ledgers
from xlroi.finops.allocation.ledgers import Ledger, Loaded, load_ledger
from xlroi.finops.allocation.matching import COLUMNS, Condition, Glob, LookUp, Rule, Where, hides
from xlroi.finops.allocation.names import readable
from xlroi.finops.allocation.shapes import Conditions, OwnerRule, RulesFile, Table
from xlroi.finops.allocation.tables import read_table
from xlroi.finops.facts import DIMENSIONS, Pool
from xlroi.finops.money import minor_unit
from xlroi.formula.scope import did_you_mean
from xlroi.model.loading import Document, KeyPath, load_yaml
from xlroi.model.schema import validated

__all__ = ["Rules", "load_rules"]

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_ANY: Final = (Glob("*"),)


@dataclass(frozen=True)
class Rules:
    """A rules file and all files that it names."""

    document: Document
    currency: str
    rates: Mapping[str, Decimal]
    """Units of the currency for one unit of another; the currency's own is 1."""
    cost: Mapping[str, str]
    """``billed`` or ``effective`` by provider in small letters, and ``else``."""
    dimensions: Mapping[str, tuple[Rule, ...]]
    shared: tuple[tuple[Rule, Pool], ...]
    quantities: Mapping[tuple[str, str, str], Decimal]
    """By driver, month and team as the driver's file spells it."""
    ledgers: tuple[Loaded, ...]

    def cost_of(self, provider: str) -> str:
        """The FOCUS cost that is allocated of a provider's bill."""
        return self.cost.get(provider.lower(), self.cost.get("else", "billed"))

    def all(self) -> Iterator[Rule]:
        """Every rule, of pools and of dimensions."""
        yield from (rule for rule, _ in self.shared)
        for rules in self.dimensions.values():
            yield from rules


def load_rules(path: str) -> Rules:
    """Read a rules file and the files that it names; raises :class:`InputError` with every problem found.

    docs/bills/allocate.md says what may stand in it.
    """
    if not Path(path).exists():
        raise InputError([Problem(path, None, "", "no such file; docs/bills/allocate.md shows a rules file")])
    document = load_yaml(path)
    return _Reader(document, validated(RulesFile, document)).rules()


class _Reader:
    def __init__(self, document: Document, given: RulesFile) -> None:
        self.document, self.given = document, given
        self.folder = Path(document.file).parent
        self.problems: list[Problem] = []

    def refuse(self, path: KeyPath, message: str) -> None:
        self.problems.append(self.document.problem(path, message))

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Problems of a file are noted, so that one run shows those of all."""
        try:
            yield
        except InputError as error:
            self.problems += error.problems

    def rules(self) -> Rules:
        given = self.given
        self.money()
        tables = {name: self.table(name, table) for name, table in given.tables.items()}
        dimensions = {
            dimension: tuple(
                rule
                for index, owner in enumerate(getattr(given.dimensions, dimension))
                if (rule := self.owner_rule(dimension, ("dimensions", dimension, index), owner, tables))
            )
            for dimension in DIMENSIONS
        }
        shared = tuple(self.pools())
        for rules in ([rule for rule, _ in shared], *dimensions.values()):
            self.reachable(rules)
        self.reachable(dimensions["team"], [rule for rule, _ in shared])
        quantities: dict[tuple[str, str, str], Decimal] = {}
        for name in given.drivers:
            with self.noting():
                quantities |= self.driver(name)
        further = tuple(self.further())
        if self.problems:
            raise InputError(self.problems)
        rates = {**given.rates, given.currency: Decimal(1)}
        cost = {provider.lower(): cost for provider, cost in given.cost.items()}
        return Rules(self.document, given.currency, rates, cost, dimensions, shared, quantities, further)

    def money(self) -> None:
        given = self.given
        if not _CURRENCY.fullmatch(given.currency):
            self.refuse(("currency",), f"expected a currency's code as USD (got {given.currency!r})")
        if given.rates.get(given.currency, 1) != 1:
            self.refuse(("rates", given.currency), f"one {given.currency} is 1 {given.currency}; leave the rate out")

    def conditions(self, given: Conditions) -> list[Condition]:
        found = [Condition(("tag", given.tag), _ANY)] if given.tag else []
        found += [Condition(("tag", key.strip()), tuple(map(Glob, texts))) for key, texts in given.tags.items()]
        for word, column in COLUMNS.items():
            if texts := getattr(given, word):
                found.append(Condition(("column", column), tuple(map(Glob, texts))))
        return found

    def owner_rule(
        self, dimension: str, path: KeyPath, given: OwnerRule, tables: Mapping[str, Mapping[str, LookUp]]
    ) -> Rule | None:
        conditions = self.conditions(given)
        columns = [c.where for c in conditions if c.where[0] == "column"]
        source: Where | None = ("tag", given.tag) if given.tag else columns[0] if len(columns) == 1 else None
        named: str | LookUp | None = LookUp(given.named) if isinstance(given.named, dict) else given.named
        also: list[Condition] = []
        if given.table:
            if given.named is not None:
                self.refuse(path, "has both is and in; keep one")
            elif given.table not in tables:
                self.refuse((*path, "in"), f"no table {given.table!r}{did_you_mean(given.table, list(tables))}")
            elif dimension not in tables[given.table]:
                self.refuse((*path, "in"), f"the table {given.table} has no column {dimension}")
            named = tables.get(given.table, {}).get(dimension, LookUp({}))
            also = [Condition(("in", f"{given.table} by {source}"), _ANY)]
        if isinstance(named, str) and not readable(named, dimension):
            self.refuse((*path, "is"), "a name without a letter")
        if not isinstance(named, str) and source is None:
            self.refuse(path, f"says no {dimension.replace('_', ' ')}; expected a tag, or a name as 'is: Search'")
            return None
        if isinstance(given.named, dict) and source:
            also = [Condition(source, tuple(map(Glob, given.named)))]
        kept = source if not isinstance(named, str) else None
        return Rule(path, self.document.line(path), tuple(conditions), named, kept, tuple(also))

    def pools(self) -> Iterator[tuple[Rule, Pool]]:
        seen: dict[str, str] = {}
        for index, given in enumerate(self.given.shared):
            path = ("shared", index)
            name = readable(given.name, "pool")
            if other := seen.get(name.lower()):
                self.refuse((*path, "name"), f"the pool {other!r} stands twice; give each a name of its own")
            seen[name.lower()] = name
            conditions = self.conditions(given)
            if not conditions:
                self.refuse(path, "matches every charge; expected a condition, as 'service: *Support*'")
            method, of = given.split
            if isinstance(of, str) and of not in self.given.drivers:
                hint = did_you_mean(of, list(self.given.drivers))
                self.refuse((*path, "split"), f"no driver {of!r} under drivers{hint}")
            weights = self.weights((*path, "split"), of) if isinstance(of, Mapping) else None
            pool = Pool(name, method, of if isinstance(of, str) else "", weights)
            yield Rule(path, self.document.line(path), tuple(conditions), name), pool

    def weights(self, path: KeyPath, given: Mapping[str, Fraction]) -> dict[str, Fraction]:
        keys = [readable(team, "team").lower() for team in given]
        if len(set(keys)) < len(keys) or not all(keys):
            self.refuse(path, "a team stands twice, or has no name")
        if (total := sum(given.values(), Fraction(0))) != 1:
            third = "; a third is 1/3" if abs(total - 1) < Fraction(1, 20) else ""
            self.refuse(path, f"the shares sum to {float(total * 100):.6g}%, expected 100%{third}")
        return {team: share for team, share in given.items() if share}

    def reachable(self, rules: Sequence[Rule], before: Sequence[Rule] | None = None) -> None:
        """Refuse rules that can never match, as one before them matches all that they could."""
        for index, later in enumerate(rules):
            for earlier in rules[:index] if before is None else before:
                if hides(earlier, later):
                    self.refuse(later.path, f"never reached: the rule in line {earlier.line} matches all that it does; "
                                "put this one first, or leave it out")  # fmt: skip
                    break

    def named(self, path: KeyPath, file: str) -> tuple[Path, Problem]:
        return self.folder / file, self.document.problem((*path, "file"), "")

    def table(self, name: str, given: Table) -> dict[str, LookUp]:
        """For each dimension of which the file has a column, its names by key."""
        path = ("tables", name)
        for column in given.columns:
            if column not in DIMENSIONS:
                self.refuse((*path, "columns", column), f"no dimension{did_you_mean(column, list(DIMENSIONS))}; "
                            f"these are: {', '.join(DIMENSIONS)}")  # fmt: skip
        file, asked = self.named(path, given.file)
        titles = {dimension: given.columns.get(dimension, dimension) for dimension in DIMENSIONS}
        found: dict[str, dict[str, str]] = {}
        lines: dict[str, int] = {}
        with self.noting():
            optional = [d for d in DIMENSIONS if d not in given.columns]
            for row in read_table(file, {"key": given.key, **titles}, optional, asked):
                key = row.text("key").lower()
                if key in lines:
                    raise row.refuse(given.key, f"{row.text('key')!r} stands in line {lines[key]} too; keep one")
                lines[key] = row.line
                for dimension in DIMENSIONS:
                    if dimension in row.cells:
                        names = found.setdefault(dimension, {})
                        if row.cells[dimension]:
                            names[row.text("key")] = row.cells[dimension]
        return {dimension: LookUp(names, patterns=False) for dimension, names in found.items()}

    def driver(self, name: str) -> dict[tuple[str, str, str], Decimal]:
        given = self.given.drivers[name]
        file, asked = self.named(("drivers", name), given.file)
        titles = {"month": given.month, "team": given.team, "quantity": given.quantity}
        found: dict[tuple[str, str, str], Decimal] = {}
        lines: dict[tuple[str, str], int] = {}
        for row in read_table(file, titles, (), asked):
            month, team = row.month("month"), row.text("team")
            at = (month, readable(team, "team").lower())
            if not at[1]:
                raise row.refuse(given.team, "is no name")
            if at in lines:
                raise row.refuse(given.team, f"{team!r} stands for {month} in line {lines[at]} too; add them up")
            lines[at] = row.line
            found[name, month, team] = row.amount("quantity")
        return found

    def further(self) -> Iterator[Loaded]:
        seen: set[str] = set()
        for index, given in enumerate(self.given.ledgers):
            path = ("ledgers", index)
            known = [column for columns in ledgers.COLUMNS[given.kind] for column in columns]
            for column in given.columns:
                if column not in known:
                    self.refuse((*path, "columns", column), f"no column of {given.kind}{did_you_mean(column, known)}; "
                                f"these are: {', '.join(known)}")  # fmt: skip
            name = readable(given.name, "ledger")
            if name.lower() in seen:
                self.refuse((*path, "name"), f"the ledger {name!r} stands twice")
            seen.add(name.lower())
            currency = given.currency or self.given.currency
            if currency not in {self.given.currency, *self.given.rates}:
                message = f"no rate for {currency}; say under rates how many {self.given.currency} one {currency} is"
                self.refuse((*path, "currency"), message)
            file, asked = self.named(path, given.file)
            ledger = Ledger(given.kind, name, file, currency, given.columns)
            loaded: list[Loaded] = []
            with self.noting():
                loaded.append(load_ledger(ledger, minor_unit(currency), asked))
            yield from loaded
