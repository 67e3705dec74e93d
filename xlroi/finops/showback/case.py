"""The text of a case of the model showback: tables as YAML, ledgers as CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from xlroi.errors import InputError
from xlroi.finops.budget.budgets import Budget, Key
from xlroi.finops.budget.forecasting import Forecast, forecast
from xlroi.finops.budget.months import later, month_end, span
from xlroi.finops.csvs import csv_line
from xlroi.finops.facts import DIMENSIONS, NOBODY, Allocation, Ledgers, Pool
from xlroi.finops.figures.whole import Figures
from xlroi.finops.showback.findings import Exchange, findings, key_figures, units
from xlroi.finops.showback.rows import AllRows, bearing, rows_of
from xlroi.model.case import Case, case_from
from xlroi.model.ledgers import csv_of
from xlroi.model.loading import parse_yaml
from xlroi.model.starter import yaml_text

__all__ = ["Extent", "journal_csv", "showback_case"]

_ALL_NAMES: Final = "All"
_COLUMNS: Final = 36  # months that the model has room for
_AHEAD: Final = 12
_MOST_ROWS: Final = 20_000
Cell = float | str


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a workbook holds."""

    teams: int = 15
    """Teams with a row of their own."""
    services: int = 10


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What all parts of the text need."""

    allocation: Allocation
    rows: AllRows
    months: tuple[str, ...]
    """Of the bills, then of the forecast; the first is month 1."""
    whole: int
    """How many of them are billed whole."""
    budget: Budget | None
    figures: Figures | None
    exchange: Exchange

    def number(self, month: str) -> float:
        return float(self.months.index(month) + 1)


def showback_case(
    allocation: Allocation,
    source: str,
    as_of: date,
    *,
    part: str = "",
    budget: Budget | None = None,
    figures: Figures | None = None,
    rates: Mapping[str, Decimal] | None = None,
    title: str = "",
    extent: Extent = Extent(),
) -> Case:
    """The case of a workbook; ``part`` is the last month where it is billed in part only.

    ``source`` says where the rows come from; ``rates`` are those of the rules, for figures in other currencies. The
    workbook has 36 months: of a longer history it holds the latest, and the source says from when on.
    """
    billed = span(allocation.months[0], allocation.months[-1])
    whole = len(billed) - (part == billed[-1])
    if whole:
        end = max(budget.months[-1], billed[-1]) if budget else later(billed[-1], _AHEAD)
    else:  # a part of a month says nothing of months ahead: it is shown as it is
        end, whole = billed[-1], len(billed)
    first = billed[0]
    if budget and budget.months[-1] >= first:  # the budget of the year is whole, though its bills begin later
        first = min(first, budget.months[0])
        whole += len(span(first, billed[0])) - 1
    months = span(first, end)
    if (more := len(months) - _COLUMNS) > 0:
        if more >= whole:
            raise InputError(f"the budget ends in {end}, more than {_COLUMNS} months after {billed[-1]}")
        months, whole = months[more:], whole - more
        allocation = _since(allocation, months[0])
        source = f"{source}, from {months[0]} on"
    rows = rows_of(allocation, extent.teams, extent.services, budget.amounts if budget else ())
    exchange = dict[str | None, Decimal]((rates or {}).items())
    exchange[allocation.currency] = Decimal(1)
    sheet = _Sheet(allocation, rows, months, whole, budget, figures, exchange)
    text = "\n".join(_text(sheet, title or "Cost of cloud and own capacity by team", source, as_of, part))
    return case_from(parse_yaml(text + "\n", "showback"))


def _since(allocation: Allocation, month: str) -> Allocation:
    """The same without what is older than a month."""
    return replace(
        allocation,
        months=tuple(m for m in allocation.months if m >= month),
        charges=tuple(charge for charge in allocation.charges if charge.month >= month),
        parts=tuple(part for part in allocation.parts if part.month >= month),
        invoices={at: amount for at, amount in allocation.invoices.items() if at[0] >= month},
    )


def _text(sheet: _Sheet, title: str, source: str, as_of: date, part: str) -> Iterator[str]:
    allocation, budget = sheet.allocation, sheet.budget
    first = date.fromisoformat(f"{sheet.months[0]}-01") - timedelta(days=1)
    about = f"source: {yaml_text(source)}, as_of: {as_of.isoformat()}"
    yield from ("model: showback", f"title: {yaml_text(title)}", f"currency: {allocation.currency}", "inputs:")
    inputs: dict[str, object] = {
        "start_date": first.isoformat(),
        "months": len(sheet.months),
        "whole_months": sheet.whole,
        "part_month": int(sheet.number(part)) if part else 0,
        "minor_unit": float(allocation.unit),
        "budget_year": int(sheet.months[sheet.whole - 1][:4]),
    }
    if budget:
        limits = budget.thresholds
        inputs |= {
            "budget_year": int(budget.months[-1][:4]),
            "fiscal_year_end": int(budget.months[-1][5:]),
            "limit_spent": float(limits.actual),
            "limit_forecast": float(limits.forecast),
            "limit_probability": limits.probability,
        }
    by_budget = {"budget_year", "fiscal_year_end", "limit_spent", "limit_forecast", "limit_probability"}
    for id, value in inputs.items():
        if id == "minor_unit":  # the unit of a currency does not grow old, as prices do
            yield f"  {id}: {{base: {value}, source: ISO 4217}}"
            continue
        told = yaml_text(budget.document.file) if budget and id in by_budget else yaml_text(source)
        yield f"  {id}: {{base: {value}, source: {told}, as_of: {as_of.isoformat()}}}"
    yield "tables:"
    yield from _table("providers", ((name, {"kind": _kind(allocation, name)}) for name in sheet.rows.providers), about)
    yield from _table("teams", _teams(sheet), about)
    yield from _table("services", ((name, {}) for name in sheet.rows.services.names), about)
    for dimension in ("environment", "stage"):
        names = sheet.rows.dimensions[dimension].names
        yield from _table(f"{dimension}s", ((name, {}) for name in names), about)
    pools = [(p.name, {"split": p.method, "driver": _driver(sheet, p) or "-"}) for p in allocation.pools]
    yield from _table("pools", pools, about)
    yield from _table("outlooks", _outlooks(sheet), about)
    yield from _table(
        "figures",
        ((name, {}) for name in dict.fromkeys(f for f, _, _ in key_figures(sheet.figures, sheet.exchange))),
        about,
    )
    yield from _table("units", ((name, {}) for name in units(sheet.figures, sheet.exchange)), about)
    for id, (heads, lines) in _ledgers(sheet).items():
        if len(lines) > _MOST_ROWS:
            raise InputError(
                f"the ledger {id} has {len(lines):,} rows, a workbook shows {_MOST_ROWS:,}: fewer --services"
            )
        yield from (f"  {id}:", f"    source: {yaml_text(source)}", f"    as_of: {as_of.isoformat()}", "    csv: |")
        yield from (f"      {line}" for line in csv_of(heads, lines).splitlines())


def _table(id: str, rows: Iterable[tuple[str, Mapping[str, object]]], about: str) -> Iterator[str]:
    made = [f"    {yaml_text(name)}: {{{', '.join([*_cells(cells), about])}}}" for name, cells in rows]
    yield f"  {id}:" if made else f"  {id}: {{}}"
    yield from made


def _cells(cells: Mapping[str, object]) -> Iterator[str]:
    for id, value in cells.items():
        if isinstance(value, str):
            yield f"{id}: {yaml_text(value)}"
        elif isinstance(value, (list, tuple)):
            yield f"{id}: [{', '.join(f'{v:.15g}' for v in value)}]"
        else:
            yield f"{id}: {value:.15g}" if isinstance(value, float) else f"{id}: {value}"


def _kind(allocation: Allocation, provider: str) -> str:
    origins = {c.origin for c in allocation.charges if c.provider == provider}
    return " and ".join(sorted(origin.capitalize() for origin in origins)) or "-"


def _teams(sheet: _Sheet) -> Iterator[tuple[str, dict[str, object]]]:
    """The teams behind each row that have a charge of their own in a month, and their department if it is one."""
    charges = [c for c in sheet.allocation.charges if not c.pool]
    present = {(charge.team, charge.month) for charge in charges}
    departments: defaultdict[str, set[str]] = defaultdict(set)
    for charge in charges:
        departments[sheet.rows.teams.row[charge.team]].add(charge.owner[DIMENSIONS.index("department")])
    alone = sheet.rows.teams.names == (NOBODY,)
    for name in sheet.rows.teams.names:
        behind = sheet.rows.teams.behind(name)
        counts = [float(sum((team, month) in present for team in behind)) for month in sheet.months]
        where = departments[name] - {NOBODY}
        department = where.pop() if len(where) == 1 and len(departments[name]) == 1 else "-"
        yield (
            name,
            {
                "department": department,
                "bears": "no" if name == NOBODY and not alone else "yes",
                "members": counts,
            },
        )


def _outlooks(sheet: _Sheet) -> Iterator[tuple[str, dict[str, object]]]:
    """All cost, each row of teams, each service: the forecast's parameters and the budget by month."""
    allocation, rows = sheet.allocation, sheet.rows
    by_team = bearing(allocation.parts, rows.teams)
    by_service: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    total: defaultdict[str, Fraction] = defaultdict(Fraction)
    for part in allocation.parts:
        by_service[part.month, rows.services.row[part.service]] += part.exact
        total[part.month] += part.exact
    yield "All cost", {"all": 1, **_outlook(sheet, [total[m] for m in sheet.months], ("total", ""))}
    for name in rows.teams.names:
        costs = [by_team.get((month, name), Fraction(0)) for month in sheet.months]
        yield f"Team {name}", {"team": name, **_outlook(sheet, costs, ("team", name))}
    for name in rows.services.names:
        costs = [by_service[month, name] for month in sheet.months]
        yield f"Service {name}", {"service": name, **_outlook(sheet, costs, ("service", name))}


def _outlook(sheet: _Sheet, costs: Sequence[Fraction], key: Key) -> dict[str, object]:
    ahead = len(sheet.months) - sheet.whole
    amounts = sheet.budget.amounts.get(key) if sheet.budget else None
    budget = [float((amounts or {}).get(month, Decimal(0))) for month in sheet.months]
    said: dict[str, object] = {"budgeted": "yes" if amounts else "no", "budget": budget}
    if not ahead:
        return {**said, "method": "mean", "interval": "no", "width": [0.0] * len(sheet.months)}
    made: Forecast = forecast([float(cost) for cost in costs[: sheet.whole]], ahead)
    width = made.width or (0.0,) * ahead
    errors = {id: made.accuracy[name].mape for id, name in _BASELINES.items() if name in made.accuracy}
    return {
        **said,
        "method": made.method,
        "first": made.first + 1,
        "alpha": made.alpha,
        "beta": made.beta,
        "phi": made.phi,
        "level": made.level0,
        "trend": made.trend0,
        "interval": "yes" if made.width else "no",
        **{id: f"{error:.1%} a month" for id, error in errors.items()},
        "width": [*[0.0] * sheet.whole, *width],
    }


_BASELINES: Final = {"mape": "damped Holt", "naive": "naive", "drift": "drift"}


def _ledgers(sheet: _Sheet) -> Ledgers:
    return {
        "ledger": (("month", "provider", "service", "team", "pool", *_SHOWN, *_MORE, "amount"), _charged(sheet)),
        "shares": (("pool", "part", "share"), list(_shared(sheet))),
        "drivers": (("month", "part", "driver", "quantity"), _summed(_driven(sheet))),
        "invoices": (("month", "provider", "amount"), _summed(_invoiced(sheet))),
        "totals": (("month", "team", "amount"), _summed(_borne(sheet))),
        "journal": (
            ("month", "period", "provider", "team", "department", "text", "amount"),
            _summed(_booked(sheet)),
        ),
        **findings(sheet.figures, sheet.exchange, sheet.months),
    }


Keyed = Iterator[tuple[tuple[Cell, ...], Fraction]]


def _summed(keyed: Keyed) -> list[list[Cell]]:
    """A row for each key, in order; what sums to 0 has none."""
    found: defaultdict[tuple[Cell, ...], Fraction] = defaultdict(Fraction)
    for key, amount in keyed:
        found[key] += amount
    return [[*key, float(found[key])] for key in sorted(found) if found[key]]


_SHOWN: Final = ("environment", "stage")
_MORE: Final = ("department", "product", "use_case", "model")
_DETAILED: Final = 5_000  # rows of a ledger up to which it has the dimensions that no sheet sums


def _charged(sheet: _Sheet) -> list[list[Cell]]:
    """The ledger, with all dimensions where that leaves it short enough to read."""
    found = _summed(_charges(sheet, (*_SHOWN, *_MORE)))
    return found if len(found) <= _DETAILED else _summed(_charges(sheet, _SHOWN))


def _charges(sheet: _Sheet, dimensions: Collection[str]) -> Keyed:
    rows = sheet.rows
    for charge in sheet.allocation.charges:
        team = "" if charge.pool else rows.teams.row[charge.team]
        owner = dict(zip(DIMENSIONS, charge.owner, strict=True))
        names = [
            rows.dimensions[name].row[owner[name]] if name in dimensions else _ALL_NAMES for name in (*_SHOWN, *_MORE)
        ]
        service = rows.services.row[charge.service]
        key: tuple[Cell, ...] = (sheet.number(charge.month), charge.provider, service, team, charge.pool, *names)
        yield key, Fraction(charge.amount)


def _shared(sheet: _Sheet) -> Iterator[list[Cell]]:
    """The fixed share of every pool and row of teams; of other pools what the row bore of it over all months."""
    rows, borne = sheet.rows.teams, defaultdict[tuple[str, str], Fraction](Fraction)
    for part in sheet.allocation.parts:
        if part.pool:
            borne[part.pool, rows.row[part.team]] += part.exact
    for pool in sheet.allocation.pools:
        weights = {name: borne[pool.name, name] for name in rows.names}
        if pool.weights is not None:
            weights = {name: sum((pool.weights.get(t, Fraction(0)) for t in rows.behind(name)), Fraction(0))
                       for name in rows.names}  # fmt: skip
        whole = sum(weights.values())
        if whole and all(weight / whole >= 0 for weight in weights.values()):
            for name, weight in weights.items():
                yield [pool.name, _part(name, pool), float(weight / whole)]


def _driver(sheet: _Sheet, pool: Pool) -> str:
    """The driver of a pool; of one that is split otherwise the first there is, for when it is split by a driver."""
    return pool.driver or next((driver for driver, _, _ in sheet.allocation.quantities), "")


def _part(team: str, pool: Pool) -> str:
    """The name of a row of the model's table of teams and pools."""
    return f"{team} – {pool.name}"


def _driven(sheet: _Sheet) -> Keyed:
    for pool in sheet.allocation.pools:
        wanted = _driver(sheet, pool)
        for (driver, month, team), quantity in sheet.allocation.quantities.items():
            if driver == wanted and month in sheet.months and (row := sheet.rows.teams.row.get(team)):
                yield (sheet.number(month), _part(row, pool), driver), Fraction(quantity)


def _invoiced(sheet: _Sheet) -> Keyed:
    for (month, provider), amount in sheet.allocation.invoices.items():
        yield (sheet.number(month), provider), Fraction(amount)


def _borne(sheet: _Sheet) -> Keyed:
    for (month, team), amount in bearing(sheet.allocation.parts, sheet.rows.teams).items():
        yield (sheet.number(month), team), amount


def _booked(sheet: _Sheet) -> Keyed:
    """In cents, of every team by name, or of the rows of teams where that would be too long to read."""
    bookings = _bookings(sheet.allocation)
    rows = sheet.rows.teams.row
    for (month, provider, team, department, text), amount in bookings.items():
        named = (team, department) if len(bookings) <= _DETAILED else (rows[team], "several")
        yield (sheet.number(month), f"Period {month}", provider, *named, text), Fraction(amount)


def _bookings(allocation: Allocation) -> dict[tuple[str, str, str, str, str], Decimal]:
    """Cents of every team, however small, by month, provider, team, department and what is booked."""
    departments: defaultdict[str, set[str]] = defaultdict(set)
    for charge in allocation.charges:
        departments[charge.team].add(charge.owner[DIMENSIONS.index("department")])
    found: defaultdict[tuple[str, str, str, str, str], Decimal] = defaultdict(Decimal)
    for part in allocation.parts:
        of = departments[part.team]
        department = next(iter(of)) if len(of) == 1 else "several" if of else NOBODY
        text = f"Part of {part.pool}" if part.pool else "Own cost"
        found[part.month, part.provider, part.team, department, text] += part.cents
    return {key: found[key] for key in sorted(found) if found[key]}


def journal_csv(allocation: Allocation) -> Iterator[str]:
    """The chargeback journal, a booking a line, for the books; all of a month and provider sum to the invoice."""
    yield csv_line("period", "date", "provider", "team", "department", "text", "currency", "amount")
    for (month, *texts), amount in _bookings(allocation).items():
        yield csv_line(month, month_end(month), *texts, allocation.currency, f"{amount:f}")
