"""Showback: splits, checks, forecasts and budgets of the workbook against numbers by hand and the Decimal engine."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import xlroi
from xlroi.api import Result
from xlroi.finops.allocation import allocate, load_rules
from xlroi.finops.allocation.names import readable
from xlroi.finops.allocation.shares import NoShares, parts_of
from xlroi.finops.bills import open_bills
from xlroi.finops.budget.budgets import load_budget
from xlroi.finops.budget.forecasting import forecast
from xlroi.finops.budget.months import later, span
from xlroi.finops.budget.outlook import outlook
from xlroi.finops.duck import DuckEngine
from xlroi.finops.facts import NOBODY, Allocation, Charge, Method, Pool
from xlroi.finops.showback import Extent, showback_case
from xlroi.model.case import Case, case_from
from xlroi.model.loading import parse_yaml

BILLS = Path(__file__).parents[2] / "examples" / "bills"

# A case by hand: three months, of which Ads had a credit in the second.
OWN = {"Search": (60, 80, 50), "Ads": (40, -20, 150), "Unallocated": (10, 0, 0)}
POOLS = {"Support": (30, 30, 12), "Network": (90, 60, 40)}
SERVICE = {"Search": "EC2", "Ads": "S3", "Unallocated": "EC2", "Support": "Support", "Network": "VPC"}
ENVIRONMENT = {"Search": "production", "Ads": "development"}
QUANTITIES = {"Search": (1, 3, 1), "Ads": (2, 1, 0)}
INVOICES = (230, 150, 252)  # 60+40+10+30+90, 80-20+30+60, 50+150+12+40


HEADS = "month,provider,service,team,pool,environment,stage,amount"


def detailed(row: str, dimensions: str) -> str:
    """The row with the dimensions that no sheet sums, before its amount."""
    names, _, amount = row.rpartition(",")
    return f"{names},{dimensions},{amount}"


def csv(heads: str, rows: Sequence[str]) -> str:
    return "\n".join(f"      {line}" for line in (heads, *rows))


def by_hand(
    split: str = "even", ledger: Sequence[str] = (), more: str = "", shares: tuple[str, str] = ("0.25", "0.75"),
    journal: Sequence[str] = (), invoices: Sequence[float] = INVOICES, inputs: str = "",
) -> Case:  # fmt: skip
    rows = [
        f"{month},AWS,{SERVICE[name]},{name if name in OWN else ''},{name if name in POOLS else ''},"
        f"{ENVIRONMENT.get(name, 'Unallocated')},Unallocated,{amount}"
        for name, amounts in (OWN | POOLS).items()
        for month, amount in enumerate(amounts, 1)
    ]
    drivers = [
        f"{month},{team} – Support,requests,{amount}"
        for team, amounts in QUANTITIES.items()
        for month, amount in enumerate(amounts, 1)
    ]
    shared = [f"Support,{team} – Support,{share}" for team, share in zip(("Search", "Ads"), shares, strict=True)]
    billed = [f"{month},AWS,{amount}" for month, amount in enumerate(invoices, 1)]
    booked = [f"{month},Period,AWS,Search,IT,Own cost,{amount}" for month, amount in enumerate(INVOICES, 1)]
    return case_from(
        parse_yaml(
            f"""\
model: showback
currency: USD
inputs:
  start_date: 2025-12-31
  months: 6
  whole_months: 3
{inputs}
tables:
  providers: {{AWS: {{}}}}
  teams:
    Search: {{members: [1, 1, 1, 0, 0, 0]}}
    Ads: {{members: [1, 1, 1, 0, 0, 0]}}
    Unallocated: {{bears: "no", members: [1, 0, 0, 0, 0, 0]}}
  services: {{EC2: {{}}, S3: {{}}, Support: {{}}, VPC: {{}}}}
  environments: {{production: {{}}, development: {{}}, Unallocated: {{}}}}
  pools:
    Support: {{split: {split}, driver: requests}}
    Network: {{split: even}}
  outlooks:
    All: {{all: 1, level: 100, interval: "yes", width: [0, 0, 0, 10, 10, 10], budget: [0, 0, 0, 0, 0, 0]}}
{more}
  ledger:
    csv: |
{csv(detailed(HEADS, "department,product,use_case,model"), [detailed(row, "-,-,-,-") for row in (*rows, *ledger)])}
  drivers:
    csv: |
{csv("month,part,driver,quantity", drivers)}
  shares:
    csv: |
{csv("pool,part,share", shared)}
  invoices:
    csv: |
{csv("month,provider,amount", billed)}
  journal:
    csv: |
{csv("month,period,provider,team,department,text,amount", [*booked, *journal])}
""",
            "case.yaml",
        )
    )


def wrong(result: Result) -> set[str]:
    """The errors among the checks that fail."""
    return {check.line for check in result.failing() if check.kind == "error"}


def row(result: Result, line: str, member: int, months: int = 3) -> list[float]:
    return [float(result.values.cell(line, member, month)) for month in range(1, months + 1)]  # type: ignore[arg-type]


# Network is split evenly: 45, 30 and 20 for each. Support, of 30, 30 and 12:
SPLITS = {
    "even": ((15, 15, 6), (15, 15, 6)),  # the credit of Ads is a charge too
    "proportional": ((18, 30, 3), (12, 0, 9)),  # 60:40; a credit bears nothing; 50:150
    "fixed": ((7.5, 7.5, 3), (22.5, 22.5, 9)),  # 25% and 75%
    "driver": ((10, 22.5, 12), (20, 7.5, 0)),  # 1:2, 3:1, 1:0
}


@pytest.mark.parametrize("split", SPLITS)
def test_each_split_is_as_by_hand(split: str) -> None:
    found = xlroi.run(by_hand(split))
    search, ads = SPLITS[split]
    assert row(found, "shared", 0) == pytest.approx([s + n for s, n in zip(search, (45, 30, 20), strict=True)])
    assert row(found, "shared", 1) == pytest.approx([s + n for s, n in zip(ads, (45, 30, 20), strict=True)])
    assert row(found, "shared", 2) == [0, 0, 0]
    assert row(found, "showback", 2) == [10, 0, 0]
    for member, team in enumerate(OWN):
        whole = [own + part for own, part in zip(OWN[team], row(found, "shared", member), strict=True)]
        assert row(found, "showback", member) == pytest.approx(whole)
    assert found.outputs["total_cost"] == pytest.approx(632)  # 230 + 150 + 252
    assert found.outputs["last_total"] == pytest.approx(252)
    assert found.outputs["last_change"] == pytest.approx(102)
    assert found.outputs["unallocated_share"] == pytest.approx(10 / 632)
    assert row(found, "service_cost", 0) == [70, 80, 50]
    assert row(found, "environment_cost", 0) == [60, 80, 50]
    assert wrong(found) == set()


@pytest.mark.parametrize(
    ("given", "checks"),
    [
        ({"invoices": (230, 150, 252.01)}, {"as_invoiced", "journal_as_invoiced"}),
        ({"journal": ["2,Period,AWS,Ads,IT,Own cost,0.01"]}, {"journal_as_invoiced"}),
        # A row with a team and a pool too is borne twice.
        ({"ledger": ["1,AWS,EC2,Search,Support,production,Unallocated,5"]},
         {"as_invoiced", "all_borne"}),
        ({"ledger": ["1,AWS,EC2,,,production,Unallocated,5"]}, {"as_invoiced", "all_borne"}),
        ({"ledger": ["1,AWS,EC2,Nobody here,,production,Unallocated,5"]}, {"as_invoiced", "all_borne"}),
        ({"ledger": ["1,Azure,EC2,Search,,production,Unallocated,5"]},
         {"all_rows", "all_borne", "by_service", "by_environment", "by_stage"}),
        ({"ledger": ["9,AWS,EC2,Search,,production,Unallocated,5"]}, {"all_rows"}),
        ({"ledger": ["0,AWS,EC2,Search,,production,Unallocated,5"]}, {"as_invoiced"}),
        ({"ledger": ["1,AWS,New,Search,,production,Unallocated,5"]}, {"as_invoiced", "by_service"}),
        ({"ledger": ["1,AWS,EC2,Search,,staging,Unallocated,5"]}, {"as_invoiced", "by_environment"}),
        ({"ledger": ["1,AWS,EC2,Search,,production,training,5"]}, {"as_invoiced", "by_stage"}),
        ({"split": "fixed", "shares": ("0.25", "0.74")}, {"fixed_whole"}),
        ({"split": "fixed", "shares": ("0.26", "0.75")}, {"fixed_whole"}),
    ],
)  # fmt: skip
def test_each_check_fails_when_it_should(given: dict[str, Any], checks: set[str]) -> None:
    failing = {line.removeprefix("check.") for line in wrong(xlroi.run(by_hand(**given)))}
    assert checks <= failing


def test_a_pool_without_anybody_to_bear_it_fails_its_check() -> None:
    # In the driver's third month only Ads would have a quantity, and that is none.
    text = by_hand("driver")
    quantities = tuple(r for r in text.tables["drivers"] if r.values["month"] != 3.0)
    from dataclasses import replace

    found = xlroi.run(replace(text, tables={**text.tables, "drivers": quantities}))
    assert {"pools_borne", "pools_split", "all_borne"} <= {line.removeprefix("check.") for line in wrong(found)}


def test_the_burn_down_is_as_by_hand() -> None:
    # Months 4 to 6 are forecast at the mean of 100 each: 632, 732, 832, 932 of a budget of 6 times 140 = 840.
    budget = 'budgeted: "yes", budget: [140, 140, 140, 140, 140, 140]'
    case = by_hand(more=f"    Plan: {{all: 0, team: Search, level: 0, width: [0, 0, 0, 0, 0, 0], {budget}}}\n")
    plan = xlroi.run(case)
    # Search has 60+15+45, 80+15+30, 50+6+20 = 120, 125, 76: 321 spent, 420 to date, nothing ahead, 840 a year.
    assert row(plan, "so_far", 1, 6) == pytest.approx([120, 245, 321, 321, 321, 321])
    assert row(plan, "budget_left", 1, 6) == pytest.approx([720, 595, 519, 519, 519, 519])
    assert plan.outputs["variance"]["Plan"] == pytest.approx(321 - 420)  # type: ignore[index, call-overload]
    assert plan.outputs["spent_share"]["Plan"] == pytest.approx(321 / 840)  # type: ignore[index, call-overload]
    assert str(plan.outputs["first_over"]["Plan"]) == "#N/A"  # type: ignore[index, call-overload]
    all_ = f"    Everything: {{all: 1, level: 100, width: [0, 0, 0, 0, 0, 0], {budget}}}\n"
    found = xlroi.run(by_hand(more=all_, inputs="  limit_spent: 75%\n"))
    assert row(found, "so_far", 1, 6) == pytest.approx([230, 380, 632, 732, 832, 932])
    assert found.outputs["first_over"]["Everything"] == 6  # type: ignore[index, call-overload]
    assert found.outputs["year_cost"]["Everything"] == pytest.approx(932)  # type: ignore[index, call-overload]
    assert found.outputs["left"]["Everything"] == pytest.approx(840 - 632)  # type: ignore[index, call-overload]
    # Spent 632 of 840 is 75.2%, forecast 932 of 840: both limits; there is no interval, so no probability.
    assert str(found.outputs["probability"]["Everything"]) == "#N/A"  # type: ignore[index, call-overload]
    assert found.outputs["crossed"] == 2


# Allocations made in the test, and what the engine of Decimals says of them.


def owner(team: str) -> tuple[str, ...]:
    return ("-", team, *["-"] * 5)


def allocation_of(
    own: Mapping[tuple[str, str], Decimal],
    pooled: Mapping[tuple[str, str], Decimal] = {},
    pools: Sequence[Pool] = (),
    quantities: Mapping[tuple[str, str, str], Decimal] = {},
) -> Allocation:
    charges = [Charge(month, "AWS", f"Service {team}", owner(team), "", "bill", a) for (team, month), a in own.items()]
    charges += [Charge(month, "GCP", "Shared", owner(NOBODY), pool, "bill", a) for (pool, month), a in pooled.items()]
    invoices: dict[tuple[str, str], Decimal] = {}
    for charge in charges:
        at = (charge.month, charge.provider)
        invoices[at] = invoices.get(at, Decimal(0)) + charge.amount
    unit = Decimal("0.01")
    return Allocation(
        "USD", unit, "billed", tuple(sorted({c.month for c in charges})), tuple(dict.fromkeys(team for team, _ in own)),
        tuple(charges), tuple(pools), quantities, parts_of(charges, pools, quantities, invoices, unit), invoices,
    )  # fmt: skip


def member(case: Case, table: str, name: str) -> int:
    return [r.name for r in case.tables[table]].index(name)


def random_series(rng: random.Random, months: int, kind: int) -> list[Decimal]:
    scale = 10.0 ** rng.uniform(-2, 9)
    level, values = 0.0, []
    for _ in range(months):
        level += rng.gauss(0.02, 0.15)
        values.append(Decimal(repr(round(scale * 2.718281828**level + 0.01, 6))))
    if kind == 1:  # begins later
        for index in range(rng.randrange(months)):
            values[index] = Decimal(0)
    elif kind == 2:  # a month without cost, and a credit
        values[rng.randrange(months)] = Decimal(0)
        values[rng.randrange(months)] *= -1
    elif kind == 3:  # every month the same
        values = [values[0]] * months
    return values


@pytest.mark.parametrize("months", [1, 2, 3, 4, 7, 11, 12, 13, 18, 24])
def test_the_rows_of_a_forecast_equal_the_engine(months: int) -> None:
    rng = random.Random(months)
    billed = span("2024-01", later("2024-01", months - 1))
    series = {f"T{n}": random_series(rng, months, n % 4) for n in range(8)}
    own = {(team, month): cost for team, costs in series.items() for month, cost in zip(billed, costs, strict=True)}
    case = showback_case(allocation_of(own), "Test", date(2026, 1, 1), extent=Extent(60, 60))
    values = xlroi.run(case).values
    for team, costs in series.items():
        made = forecast([float(cost) for cost in costs], 12)
        at = member(case, "outlooks", f"Team {team}")
        for ahead in range(12):
            step = months + 1 + ahead
            # A mean of credits and costs may be near 0: what is compared is a billionth of the amounts behind it.
            near = {"rel": 1e-9, "abs": 1e-9 * float(max(abs(cost) for cost in costs))}
            assert values.cell("expected", at, step) == pytest.approx(made.point[ahead], **near), (team, step)
            if made.low and made.high:
                assert values.cell("lower", at, step) == pytest.approx(made.low[ahead], **near)
                assert values.cell("upper", at, step) == pytest.approx(made.high[ahead], **near)
        assert case.tables["outlooks"][at].values["interval"] == ("yes" if made.width else "no")


# Months billed, whether the last of them in part, the month in which the fiscal year ends, and its year.
YEARS = [(6, "", 12, 2026), (5, "2026-06", 12, 2026), (6, "", 6, 2026), (3, "", 6, 2026), (12, "", 12, 2026),
         (15, "", 12, 2026), (13, "2027-02", 6, 2027), (3, "", 12, 2026), (2, "2026-03", 6, 2026)]  # fmt: skip


@pytest.mark.parametrize(("whole", "part", "ends", "year"), YEARS)
def test_budgets_equal_the_outlook(whole: int, part: str, ends: int, year: int, tmp_path: Path) -> None:
    rng = random.Random(f"{whole}{part}{ends}")
    billed = span("2026-01", later("2026-01", whole - 1))
    months = (*billed, part) if part else billed
    series = {f"T{n}": random_series(rng, len(months), n % 4) for n in range(8)}
    series["Even"] = [Decimal("83.37")] * len(months)
    own = {(team, month): cost for team, costs in series.items() for month, cost in zip(months, costs, strict=True)}
    lines = [f"currency: USD\nfiscal_year: {year}\nfiscal_year_end: {ends}\nteams:"]
    for n, (team, costs) in enumerate(series.items()):
        mean = sum(map(abs, costs)) / len(costs)
        lines.append(f"  {team}: {round(mean * 12 * Decimal((0.4, 0.98, 1.02, 2.5)[n % 4]), 2) + 1}")
    lines[-1] = f"  Even: {Decimal('83.37') * 12}"
    (tmp_path / "budget.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    budget = load_budget(tmp_path / "budget.yaml")
    case = showback_case(allocation_of(own), "Test", date(2026, 1, 1), part=part, budget=budget, extent=Extent(60, 60))
    found = xlroi.run(case)
    columns = span(min("2026-01", budget.months[0]), max(budget.months[-1], months[-1]))
    for team, costs in series.items():
        by = outlook(dict(zip(months, costs, strict=True)), billed, part, budget.amounts["team", team])
        name = f"Team {team}"
        near = {"rel": 1e-9, "abs": 1e-9 * float(max(map(abs, costs)) * 12)}

        def said(id: str, name: str = name) -> object:
            return found.outputs[id][name]  # type: ignore[index, call-overload]

        assert said("year_budget") == pytest.approx(float(by.budget), **near)
        assert said("variance") == pytest.approx(float(by.variance), **near)
        assert said("year_cost") == pytest.approx(by.year_end, **near), team
        at = member(case, "outlooks", name)
        assert found.values.cell("rest", at) == pytest.approx(by.rest, **near)
        if by.rest_high is not None:
            assert found.values.cell("rest_upper", at) == pytest.approx(by.rest_high, **near)
        if by.probability is None:
            assert str(said("probability")) == "#N/A", team
        else:
            assert said("probability") == pytest.approx(by.probability, abs=1e-7), team
        over = by.first_month_above(by.budget)
        if over is None:
            assert str(said("first_over")) == "#N/A", team
        else:
            assert columns[int(said("first_over")) - 1] == over, team  # type: ignore[call-overload]
        for month in by.months:
            if month.month in columns:
                step = columns.index(month.month) + 1
                assert found.values.cell("so_far", at, step) == pytest.approx(month.spent, **near)


@pytest.mark.parametrize("method", ["even", "proportional"])
def test_what_nobody_owns_bears_a_pool_in_a_month_in_which_there_is_no_team(method: Method) -> None:
    own = {("A", "2026-01"): Decimal(30), (NOBODY, "2026-01"): Decimal(30), (NOBODY, "2026-02"): Decimal(5)}
    pooled = {("P", "2026-01"): Decimal(12), ("P", "2026-02"): Decimal(7)}
    case = showback_case(allocation_of(own, pooled, [Pool("P", method)]), "Test", date(2026, 3, 1))
    found = xlroi.run(case)
    assert row(found, "showback", member(case, "teams", "A"), 2) == pytest.approx([42, 0])
    assert row(found, "showback", member(case, "teams", NOBODY), 2) == pytest.approx([30, 12])
    assert wrong(found) == set()


def test_a_credit_leaves_what_nobody_owns_to_bear_a_proportional_pool() -> None:
    own = {("A", "2026-01"): Decimal(-3), (NOBODY, "2026-01"): Decimal(5), ("A", "2026-02"): Decimal(1)}
    case = showback_case(
        allocation_of(own, {("P", "2026-01"): Decimal(7)}, [Pool("P", "proportional")]), "Test", date(2026, 3, 1)
    )
    found = xlroi.run(case)
    assert row(found, "showback", member(case, "teams", "A"), 1) == [-3]
    assert row(found, "showback", member(case, "teams", NOBODY), 1) == pytest.approx([12])
    assert wrong(found) == set()


def test_fixed_shares_of_a_pool_without_cost_fail_no_check() -> None:
    pools = [Pool("P", "fixed", weights={"A": Fraction(1, 2), "Later": Fraction(1, 2)})]
    found = xlroi.run(showback_case(allocation_of({("B", "2026-01"): Decimal(5)}, {}, pools), "Test", date(2026, 3, 1)))
    assert wrong(found) == set()


def test_no_name_holds_what_joins_the_names_of_a_part() -> None:
    # The part "A – B – C" would be that of the team "A – B" in pool C, and of A in pool "B – C".
    assert readable("A – B", "team") == "A - B"


MONEY = st.decimals(-500, 2000, places=4, allow_nan=False)
METHODS: list[Method] = ["even", "proportional", "fixed", "driver"]


@st.composite
def allocations(draw: st.DrawFn) -> Allocation | None:
    months = span("2026-01", draw(st.sampled_from(["2026-01", "2026-02", "2026-03"])))
    teams = [*draw(st.lists(st.sampled_from(["A", "B", "C", "D"]), min_size=1, max_size=4, unique=True)), NOBODY]
    own = {
        (team, month): draw(MONEY)
        for team in teams
        for month in months
        if draw(st.booleans()) or (team, month) == (teams[0], months[0])
    }
    pools, pooled, quantities = [], {}, {}
    for name in ("P", "Q"):
        method = draw(st.sampled_from(METHODS))
        weights = {team: Fraction(draw(st.integers(1, 9))) for team in teams[:-1]} if method == "fixed" else None
        if weights is not None:
            weights = {team: weight / sum(weights.values()) for team, weight in weights.items()}
        pools.append(Pool(name, method, f"driver {name}" if method == "driver" else "", weights))
        for month in months:
            if draw(st.booleans()):
                pooled[name, month] = draw(MONEY)
            if method == "driver":
                for team in teams[:-1]:
                    quantities[f"driver {name}", month, team] = draw(st.decimals(0, 100, places=2))
    try:
        return allocation_of(own, pooled, pools, quantities)
    except NoShares:
        return None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(allocations())
def test_any_allocation_makes_a_showback_of_its_exact_fractions(allocation: Allocation | None) -> None:
    if allocation is None:
        return
    case = showback_case(allocation, "Test", date(2026, 4, 1))
    found = xlroi.run(case)
    assert wrong(found) == set()
    exact: dict[tuple[str, str], Fraction] = {}
    for part in allocation.parts:
        exact[part.team, part.month] = exact.get((part.team, part.month), Fraction(0)) + part.exact
    scale = max((abs(float(amount)) for amount in exact.values()), default=1.0)
    months = span(allocation.months[0], allocation.months[-1])
    for index, team in enumerate(r.name for r in case.tables["teams"]):
        for step, month in enumerate(months, 1):
            borne = float(exact.get((team, month), Fraction(0)))
            shown = found.values.cell("showback", index, step)
            assert shown == pytest.approx(borne, rel=1e-9, abs=1e-9 * scale), (team, month)


@pytest.fixture(scope="module")
def sample() -> tuple[Allocation, Case]:
    rules = load_rules(BILLS / "rules.yaml")
    with DuckEngine() as engine:
        found = allocate(open_bills([str(BILLS / "focus_sample.csv")], engine), rules)
    return found, showback_case(found, "Sample", date(2026, 1, 1))


def test_the_sample_is_shown_within_half_a_cent_of_its_decimals(sample: tuple[Allocation, Case]) -> None:
    allocation, case = sample
    found = xlroi.run(case)
    assert wrong(found) == set()
    rows_ = [r.name for r in case.tables["teams"]]
    exact: dict[tuple[str, str], Fraction] = {}
    for part in allocation.parts:
        name = part.team if part.team in rows_ else "Other teams"
        exact[name, part.month] = exact.get((name, part.month), Fraction(0)) + part.exact
    months = span(allocation.months[0], allocation.months[-1])
    for index, team in enumerate(rows_):
        for step, month in enumerate(months, 1):
            shown = found.values.cell("showback", index, step)
            assert shown == pytest.approx(float(exact.get((team, month), 0)), abs=0.005), (team, month)
    invoiced = sum(allocation.invoices.values(), Decimal(0))
    assert found.outputs["total_cost"] == pytest.approx(float(invoiced), abs=0.005)
    cents = sum((part.cents for part in allocation.parts), Decimal(0))
    assert sum(r.values["amount"] for r in case.tables["journal"]) == pytest.approx(float(cents), abs=1e-6)  # type: ignore[misc, arg-type]


def test_the_workbook_of_the_sample_agrees_in_ironcalc(sample: tuple[Allocation, Case], tmp_path: Path) -> None:
    xlroi.build(sample[1], tmp_path / "book.xlsx")
    proof = xlroi.verify(tmp_path / "book.xlsx", count=4).proof
    assert proof.mismatches == []
    assert proof.cells > 10_000


def test_of_a_long_history_the_latest_months_are_shown() -> None:
    months = span("2023-01", "2026-03")  # 39 of them, and 12 ahead: 51, of which a workbook has 36
    case = showback_case(
        allocation_of({("A", month): Decimal(n + 1) for n, month in enumerate(months)}), "Test", date(2026, 3, 31)
    )
    found = xlroi.run(case)
    assert wrong(found) == set()
    assert (case.inputs["months"].base, case.inputs["whole_months"].base) == (36, 39 - 15)
    # Without the first 15: 16 + 17 + ... + 39 = 24 * (16 + 39) / 2.
    assert found.outputs["total_cost"] == pytest.approx(660)
    assert case.tables["ledger"][0].source == "Test, from 2024-04 on"


def test_a_journal_of_very_many_teams_books_the_rows_of_teams() -> None:
    own = {(f"T{n}", "2026-01"): Decimal(n + 1) / 100 for n in range(5_001)}
    case = showback_case(allocation_of(own), "Test", date(2026, 1, 31), extent=Extent(teams=3))
    assert [row.values["team"] for row in case.tables["journal"]] == ["Other teams", "T4998", "T4999", "T5000"]
    assert wrong(xlroi.run(case)) == set()


def test_cost_that_nobody_owns_is_unallocated_though_it_is_all_there_is() -> None:
    found = xlroi.run(showback_case(allocation_of({(NOBODY, "2026-01"): Decimal(7)}), "Test", date(2026, 1, 31)))
    assert found.outputs["unallocated_share"] == 1
    assert "tagged" in {check.line for check in found.failing()}


def test_spent_and_left_hold_what_a_month_in_part_billed(tmp_path: Path) -> None:
    own = {("A", f"2026-0{n}"): Decimal(100) for n in (1, 2, 3)} | {("A", "2026-04"): Decimal(30)}
    (tmp_path / "budget.yaml").write_text("currency: USD\nfiscal_year: 2026\nteams: {A: 1200, New: 240}\n")
    case = showback_case(
        allocation_of(own), "Test", date(2026, 4, 9), part="2026-04", budget=load_budget(tmp_path / "budget.yaml")
    )
    found = xlroi.run(case)
    said = {id: found.outputs[id] for id in ("spent", "left", "variance", "spent_share")}
    assert said["spent"]["Team A"] == pytest.approx(330)  # type: ignore[index, call-overload]
    assert said["left"]["Team A"] == pytest.approx(870)  # type: ignore[index, call-overload]
    assert said["variance"]["Team A"] == pytest.approx(300 - 3 * 100)  # type: ignore[index, call-overload]
    assert said["spent_share"]["Team A"] == pytest.approx(330 / 1200)  # type: ignore[index, call-overload]
    # A team that has spent nothing yet has its row and its budget.
    assert said["left"]["Team New"] == pytest.approx(240)  # type: ignore[index, call-overload]
    answer = found.values.cell("said")
    assert answer == (
        "The last whole month cost 100.00 USD, 0.00 more than the month before. "
        f"The fiscal year is forecast at {300 + 9 * 100:,.2f} USD; 0 limits of budgets are crossed."
    )


def test_without_a_budget_the_cover_speaks_of_the_months_ahead_and_of_a_month_so_far() -> None:
    whole = showback_case(allocation_of({("A", "2026-12"): Decimal(310)}), "Test", date(2026, 12, 31))
    assert xlroi.run(whole).values.cell("said") == (
        "The last whole month cost 310.00 USD. The next 12 months are forecast at 3,720.00 USD."
    )
    assert str(xlroi.run(whole).outputs["last_change"]) == "#N/A"  # the month before is not billed
    part = showback_case(allocation_of({("A", "2026-03"): Decimal(90)}), "Test", date(2026, 3, 9), part="2026-03")
    assert xlroi.run(part).values.cell("said") == "The month so far cost 90.00 USD. "
