"""Model compute_investment: every part worked by hand in plain Python, and the whole by an independent calculation."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy_financial as npf
import pytest
import pyxirr

from xlroi.api import Case, Result, build, load_case, run
from xlroi.errors import InputError
from xlroi.model.case import case_from, with_settings
from xlroi.model.loading import parse_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"
PROFILES = sorted((EXAMPLES / "profiles").glob("*.yaml"))

INPUTS: dict[str, object] = {
    "period_months": 24, "short_months": 12, "start_date": "2026-12-31", "discount_rate": 0, "gpu_price": 1000,
    "network_share": 0, "installation": 0, "deposit": "100%", "price_decay": 0, "resale_share": 0,
    "utilisation": "100%", "ramp_months": 0, "utilisation_cap": "100%", "vacancy_months": 0, "availability": "100%",
    "on_demand_price": 1, "competition": 0, "new_generations": 0, "kw_per_gpu": 0, "cooling_price": 0,
    "maintenance_rate": 0, "insurance_rate": 0, "core_team": 0, "salary": 0, "software_price": 0,
    "platform_start": 0, "third_party_hours": 0, "subscribers": 0, "platform_running": 0, "loan_share": 0,
    "grace_months": 0,
    "electricity_growth": 0, "wage_growth": 0,
}  # fmt: skip
TABLES = {
    "tranches": "Only: {gpus: 10, order_month: 0, delivery_months: 0, life_months: 60}",
    "locations": "Here: {electricity: 0, carbon_intensity: 0, climate: Ideal, space: 0, connectivity: 0,"
    " compliance: 0, tax: 0}",
    "climates": "Ideal: {pue: 1}",
    "products": "Spot: {share: 100%}",
    "segments": "All: {share: 100%, churn: 0, contract_months: 12, win_price: 0, largest: 0}",
    "workloads": "Steady: {share: 100%}",
    "levers": "None: {start: 1}",
    "cases": "As planned: {location: Here}",
    "plan": "Fleet: {case: As planned}",
}
HOURS = 7300.0  # ten GPUs, 730 hours


def quiet(more: dict[str, object] | None = None, **tables: str) -> Case:
    """Ten GPUs at 1,000 that sell every hour at 1 and cost nothing to run, but for what is given."""
    lines = ["model: compute_investment", "inputs:"]
    lines += [f"  {k}: {v}" for k, v in {**INPUTS, **(more or {})}.items()]
    lines.append("tables:")
    for name, rows in {**TABLES, **tables}.items():
        lines += [f"  {name}:", *(f"    {row}" for row in rows.split("\n"))]
    return case_from(parse_yaml("\n".join(lines), "case.yaml"))


def row(found: Result, line: str, member: int = 0) -> list[float]:
    return [float(v) for v in found.values.row(line, member)]  # type: ignore[arg-type]  # no error in these lines


def number(found: Result, output: str, member: str | None = None) -> float:
    value = found.outputs[output]
    if member is not None:
        assert isinstance(value, dict)
        value = value[member]
    assert isinstance(value, float | int)
    return float(value)


def test_the_plain_case() -> None:
    # 10,000 paid, 7,300 an operating month over 24 months.
    found = run(quiet())
    assert number(found, "npv") == pytest.approx(24 * HOURS - 10_000)
    assert number(found, "moic") == pytest.approx(24 * HOURS / 10_000)
    assert number(found, "payback_month") == 2
    assert number(found, "payback_months") == pytest.approx(10_000 / HOURS)
    assert number(found, "revenue_per_gpu_hour") == number(found, "margin_per_gpu_hour") == pytest.approx(1)
    assert number(found, "average_utilisation") == pytest.approx(1)
    assert number(found, "breakeven_utilisation") == pytest.approx(10_000 / (24 * HOURS))
    assert found.failing() == []


def test_tranches_come_late_fill_slowly_and_leave() -> None:
    tranches = "A: {gpus: 10, order_month: 0, delivery_months: 3, life_months: 6}\n"
    tranches += "B: {gpus: 4, order_month: 6, price_share: 50%,"
    tranches += " delivery_months: 2, life_months: 60}"
    found = run(quiet({"ramp_months": 4, "deposit": "40%"}, tranches=tranches))
    gpus, sold, paid = row(found, "gpus"), row(found, "sold_hours"), row(found, "purchase")
    assert gpus[:12] == [0, 0, 0, 0, 10, 10, 10, 10, 10, 14, 4, 4]
    filled = [10 * 1 / 4, 10 * 2 / 4, 10 * 3 / 4, 10, 10, 10 + 4 * 1 / 4, 4 * 2 / 4, 4 * 3 / 4, 4]
    assert [h / 730 for h in sold[4:13]] == pytest.approx(filled)
    # 40% at the order and 60% at delivery: 10,000 in months 0 and 3, 4 at 500 in months 6 and 8.
    assert {m: p for m, p in enumerate(paid) if p} == pytest.approx({0: 4000, 3: 6000, 6: 800, 8: 1200})


def test_products_segments_and_workloads_price_an_hour() -> None:
    products = "Spot: {share: 30%}\nYear: {share: 50%, price_share: 70%, term_months: 12}\n"
    products += "Fast: {share: 20%, price_share: 130%}"
    segments = "Big: {share: 75%, price_share: 90%, largest: 0}\nSmall: {share: 25%, price_share: 100%, largest: 0}"
    workloads = "Train: {share: 40%, price_share: 100%}\nServe: {share: 60%, price_share: 110%}"
    given = {"on_demand_price": 3, "competition": "10%", "new_generations": "20%"}
    found = run(quiet(given, products=products, segments=segments, workloads=workloads))
    prices = row(found, "hour_price")
    others = (0.75 * 0.9 + 0.25) * (0.4 + 0.6 * 1.1)
    for month in (1, 12, 13, 24):
        smooth, yearly = 0.72 ** ((month - 1) / 12), 0.72 ** ((month - 1) // 12)
        by_hand = 3 * (0.3 * smooth + 0.5 * 0.7 * yearly + 0.2 * 1.3 * smooth) * others
        assert prices[month] == pytest.approx(by_hand, rel=1e-12)


def test_waves_of_training_meet_the_cap_and_vacancy_takes_its_part() -> None:
    # Training: 60% of all work, in three of every four months: 0.8 then, 0 else; inference 0.4 always.
    workloads = "Train: {share: 60%, cycle_months: 4, busy_months: 3}\nServe: {share: 40%}"
    # 24% of twelve-month contracts end: 2% a month, vacant for five months: 1 / 1.1 of the time let.
    segments = "All: {share: 100%, churn: 24%, contract_months: 12, win_price: 100, largest: 0}"
    given = {"utilisation": "77%", "utilisation_cap": "80%", "vacancy_months": 5, "availability": "90%"}
    levers = "Scheduling: {start: 6, cost: 500, monthly: 20, gain: 5%}"
    found = run(quiet(given, workloads=workloads, segments=segments, levers=levers))
    share, sold, cost = row(found, "sold_share"), row(found, "sold_hours"), row(found, "lever_cost")
    assert share[1:9] == pytest.approx([0.8, 0.8, 0.8, 0.28, 0.8, 0.85, 0.85, 0.33])
    assert sold[4] == pytest.approx(HOURS * 0.9 * 0.28)
    assert cost[5:8] == pytest.approx([0, 520, 20])
    # Ten GPUs won in month 1 at 100; 2% of them again every month.
    assert row(found, "winning")[1:4] == pytest.approx([10 * 100 + 20, 20, 20])


def test_power_follows_climate_source_and_levers() -> None:
    locations = (
        "Here: {electricity: 0.10, carbon_intensity: 500, carbon_price: 80, climate: Warm, space: 20, connectivity: 7,"
    )
    locations += " compliance: 120, tax: 0}"
    levers = "Efficiency: {start: 13, saved: 25%}"
    given = {"kw_per_gpu": 2, "busy_power": "80%", "idle_power": "30%", "utilisation": "50%",
             "electricity_growth": "10%", "cooling_price": 60}  # fmt: skip
    found = run(quiet(given, locations=locations, climates="Warm: {pue: 1.5}", levers=levers))
    kwh = 10 * 2 * 730 * (0.5 * 0.8 + 0.5 * 0.3)
    assert row(found, "power_drawn")[1] == pytest.approx(kwh)
    assert row(found, "electricity_cost")[1] == pytest.approx(kwh * 1.5 * 0.10)
    assert row(found, "electricity_cost")[13] == pytest.approx(kwh * 0.75 * 1.5 * 0.11)
    assert row(found, "carbon")[1] == pytest.approx(kwh * 1.5 * 0.5 * 80 / 1000)
    assert row(found, "space_cost")[1] == pytest.approx(10 * 2 * 20)
    assert row(found, "cooling")[1] == pytest.approx(10 * 2 * 60 / 12)
    assert row(found, "connectivity")[1] + row(found, "compliance")[1] == pytest.approx(7 + 10)
    green = locations.replace("carbon_price", "power_source: renewable, carbon_price")
    assert sum(row(run(quiet(given, locations=green, climates="Warm: {pue: 1.5}")), "carbon")) == 0


def test_people_upkeep_and_platform() -> None:
    given = {"salary": 120_000, "gpus_per_engineer": 5, "core_team": 1, "wage_growth": "10%", "software_price": 24,
             "maintenance_rate": "6%", "insurance_rate": "1.2%", "installation": 100, "network_share": "20%",
             "platform_start": 3, "third_party_hours": 1000, "third_party_margin": "20%", "subscribers": 10,
             "subscription": 50, "referral_share": "10%", "platform_running": 30}  # fmt: skip
    found = run(quiet(given, levers="Automation: {start: 2, staff_saved: 50%}"))
    basis = 10 * (1000 / 0.8 + 100)
    assert row(found, "purchase")[0] == pytest.approx(basis)
    assert row(found, "staff")[1:3] == pytest.approx([30_000, 15_000])
    assert row(found, "staff")[13] == pytest.approx(16_500)
    assert row(found, "maintenance")[1] == pytest.approx(basis * 0.06 / 12)
    assert row(found, "insurance")[1] == pytest.approx(basis * 0.012 / 12)
    assert row(found, "software")[1] == pytest.approx(20)
    assert row(found, "reselling")[2:4] == pytest.approx([0, 200])
    assert row(found, "subscriptions")[3] == pytest.approx(500)
    assert row(found, "platform_cost")[3] == pytest.approx(70 + 30)


def test_depreciation_residual_and_tax() -> None:
    locations = TABLES["locations"].replace("tax: 0", "tax: 30%")
    tranches = "Old: {gpus: 10, delivery_months: 0, life_months: 12}\n"
    tranches += "New: {gpus: 10, order_month: 6, delivery_months: 0, life_months: 36}"
    found = run(quiet({"price_decay": 0.14, "resale_share": "60%"}, locations=locations, tranches=tranches))
    assert row(found, "depreciation")[1] == pytest.approx(10_000 / 12)
    assert row(found, "depreciation")[7] == pytest.approx(10_000 / 12 + 10_000 / 36)
    # The first tranche is sold at twelve months, the second after eighteen at the end.
    assert row(found, "retired")[12] == pytest.approx(10_000 * 10**-0.14 * 0.6)
    residual = 10_000 * 10 ** (-0.14 * 1.5) * 0.6
    assert row(found, "residual")[24] == pytest.approx(residual)
    book = 10_000 * (1 - 18 / 36)
    profit = HOURS - 10_000 / 36 + residual - book
    assert row(found, "tax")[24] == pytest.approx(0.3 * profit)
    assert row(found, "tax")[12] == pytest.approx(
        0.3 * (2 * HOURS - 10_000 / 12 - 10_000 / 36 + 10_000 * 10**-0.14 * 0.6)
    )


def test_a_loan_with_grace_cover_and_return_on_equity() -> None:
    given = {"loan_share": "60%", "loan_rate": "12%", "loan_months": 18, "grace_months": 3, "on_demand_price": 0.2}
    found = run(quiet(given))
    payment = -npf.pmt(0.01, 18, 6000)
    service = [60.0] * 3 + [payment] * 18 + [0.0] * 3
    assert row(found, "service")[1:25] == pytest.approx(service)
    assert row(found, "debt")[21] == pytest.approx(0, abs=1e-8)
    assert row(found, "debt")[5] == pytest.approx(6000 * 1.01**2 - payment * 2.01)
    income = HOURS * 0.2
    assert number(found, "dscr", "Year 1") == pytest.approx(12 * income / sum(service[:12]))
    assert number(found, "lowest_cover") == pytest.approx(12 * income / max(sum(service[:12]), sum(service[12:])))
    flows = [-4000.0] + [income - s for s in service]
    days = [date(2026 + (11 + m) // 12, (11 + m) % 12 + 1, 1) for m in range(1, 26)]
    dates = [date.fromordinal(d.toordinal() - 1) for d in days]
    assert number(found, "equity_xirr") == pytest.approx(pyxirr.xirr(dates, flows), rel=1e-7)
    assert number(found, "equity_moic") == pytest.approx(sum(f for f in flows if f > 0) / 4000)
    assert number(found, "irr") == pytest.approx((1 + npf.irr([-10_000.0] + [income] * 24)) ** 12 - 1, rel=1e-8)
    assert number(found, "xirr") == pytest.approx(pyxirr.xirr(dates, [-10_000.0] + [income] * 24), rel=1e-7)


def test_a_balance_left_at_the_end_is_repaid_from_the_sale() -> None:
    found = run(quiet({"loan_share": "50%", "loan_rate": 0, "loan_months": 48}))
    assert row(found, "repaid")[23] == pytest.approx(5000 / 48)
    assert row(found, "repaid")[24] == pytest.approx(5000 - 23 * 5000 / 48)


def test_the_short_period_is_the_same_fleet_sold_early() -> None:
    given = {"discount_rate": "10%", "price_decay": 0.14, "resale_share": "60%"}
    locations = TABLES["locations"].replace("tax: 0", "tax: 30%")
    found = run(quiet(given, locations=locations))
    short = run(quiet({**given, "period_months": 12}, locations=locations))
    npv = number(found, "npv_short")
    assert npv == pytest.approx(number(short, "npv"))
    rate = 1.1 ** (1 / 12) - 1
    assert number(found, "worth_short") == pytest.approx(npv * rate / (1 - (1 + rate) ** -12))


@pytest.fixture(scope="module")
def fleet() -> Case:
    return load_case(EXAMPLES / "gpu_fleet.yaml")


@pytest.mark.parametrize("name", ["In Sweden", "Largest client leaves", "Delivery slips", "Shorter life"])
def test_a_case_shown_in_full_gives_the_result_of_its_row(fleet: Case, name: str) -> None:
    whole = load_text((EXAMPLES / "gpu_fleet.yaml").read_text() + "\n", plan=name)
    shown = run(whole)
    assert number(shown, "npv") == pytest.approx(number(run(fleet), "case_npv", name))
    assert number(shown, "irr") == pytest.approx(number(run(fleet), "case_irr", name), rel=1e-6)
    assert [c.line for c in shown.failing() if c.kind == "error"] == []


def load_text(text: str, plan: str = "As planned") -> Case:
    """The example with another case shown."""
    return case_from(
        parse_yaml(text.replace("\nsimulation:", f"  plan:\n    Fleet: {{case: {plan}}}\n\nsimulation:"), "x.yaml")
    )


def test_stresses_are_what_changing_the_inputs_gives() -> None:
    cases = "As planned: {location: Here}\nLeaves: {location: Here, client_leaves: 5}\n"
    cases += "Slips: {location: Here, slip_months: 4}\n"
    cases += "Falls: {location: Here, price_fall: 20%}\nWears: {location: Here, life_share: 50%}\n"
    cases += "Peak: {location: Here, price_paid: 130%}"
    segments = "Big: {share: 80%, churn: 0, win_price: 0, largest: 50%}\n"
    segments += "Small: {share: 20%, churn: 0, win_price: 0, largest: 90%}"
    tranches = "Only: {gpus: 10, order_month: 0, delivery_months: 1, life_months: 20}"
    given: dict[str, object] = {"discount_rate": "10%", "deposit": "50%", "resell_months": 6, "new_generations": "10%"}
    tables = {"segments": segments, "tranches": tranches}
    found = run(quiet(given, cases=cases, **tables))

    def npv(more: dict[str, object] | None = None, **changed: str) -> float:
        return number(run(quiet({**given, **(more or {})}, **{**tables, **changed})), "npv")

    assert number(found, "case_npv", "As planned") == pytest.approx(number(found, "npv"))
    later = tranches.replace("delivery_months: 1", "delivery_months: 5")
    assert number(found, "case_npv", "Slips") == pytest.approx(npv(tranches=later))
    assert number(found, "case_npv", "Falls") == pytest.approx(npv({"new_generations": 1 - 0.9 * 0.8}))
    assert number(found, "case_npv", "Wears") == pytest.approx(npv(tranches=tranches.replace("20}", "10}")))
    assert number(found, "case_npv", "Peak") == pytest.approx(npv({"gpu_price": 1300}))
    # The largest client takes 40% of all hours, from month 5 to month 10.
    prices = [0.9 ** ((month - 1) / 12) for month in range(5, 11)]
    lost = sum(0.4 * HOURS * p * 1.1 ** (-m / 12) for p, m in zip(prices, range(5, 11), strict=True))
    assert number(found, "case_lost", "Leaves") == pytest.approx(-lost, abs=0.01)
    assert found.outputs["worst_case"] == min(found.outputs["case_npv"], key=found.outputs["case_npv"].get)  # type: ignore[union-attr,arg-type]  # of a table


def test_a_shorter_life_and_a_peak_price_leave_the_resale_price_of_the_plan() -> None:
    cases = "As planned: {location: Here}\nWears: {location: Here, life_share: 50%}\n"
    cases += "Peak: {location: Here, price_paid: 150%}"
    tranches = "Only: {gpus: 10, order_month: 0, delivery_months: 0, life_months: 20}"
    found = run(quiet({"price_decay": 0.14, "resale_share": "100%"}, cases=cases, tranches=tranches))
    resale = 10_000 * 10 ** (-0.14 * 20 / 12)  # as worn after ten months as planned after twenty
    assert number(found, "case_npv", "Wears") == pytest.approx(10 * HOURS - 10_000 + resale)
    assert number(found, "case_npv", "Peak") == pytest.approx(20 * HOURS - 15_000 + resale)


def test_the_best_location_weighs_power_tax_and_permit() -> None:
    locations = "Dear: {electricity: 0.30, climate: Ideal, space: 0, connectivity: 0, compliance: 0, tax: 0}\n"
    locations += "Slow: {electricity: 0.10, climate: Ideal, space: 0, connectivity: 0, compliance: 0, tax: 0, "
    locations += "permit_months: 9}\n"
    locations += "Taxed: {electricity: 0.10, climate: Ideal, space: 0, connectivity: 0, compliance: 0, tax: 10%}"
    cases = "A: {location: Dear}\nB: {location: Slow}\nC: {location: Taxed}\nD: {location: Taxed, slip_months: 2}"
    found = run(
        quiet({"kw_per_gpu": 1, "busy_power": "100%"}, locations=locations, cases=cases, plan="Fleet: {case: A}")
    )
    expected = {
        "Dear": 24 * HOURS * (1 - 0.3) - 10_000,
        "Slow": 15 * HOURS * (1 - 0.1) - 10_000,  # in use from month 10 on
        "Taxed": (24 * HOURS * (1 - 0.1) - 10_000) * 0.9,
    }
    assert found.outputs["place_npv"] == pytest.approx(expected)
    assert found.outputs["best_location"] == "Taxed"


def test_break_even_utilisation_makes_the_present_value_zero() -> None:
    given: dict[str, object] = {"discount_rate": "12%", "kw_per_gpu": 1.3, "competition": "10%", "core_team": 0.2,
                                "salary": 100_000, "resale_share": "50%", "price_decay": 0.14}  # fmt: skip
    locations = TABLES["locations"].replace("electricity: 0", "electricity: 0.08")
    needed = number(run(quiet(given, locations=locations)), "breakeven_utilisation")
    assert 0.05 < needed < 1
    assert number(run(quiet({**given, "utilisation": needed}, locations=locations)), "npv") == pytest.approx(
        0, abs=1e-6
    )


def test_a_history_replaces_the_utilisation() -> None:
    history = "January: {utilisation: 50%}\nFebruary: {utilisation: 70%}"
    found = run(quiet({"use_history": 1, "vacancy_months": 3}, history=history))
    assert number(found, "average_utilisation") == pytest.approx(0.6)


def test_full_cost_and_margin_per_gpu_hour_of_the_example(fleet: Case) -> None:
    found = run(fleet)
    factors = [1.11 ** (-m / 12) for m in range(61)]
    sold, rental = row(found, "sold_hours"), row(found, "rental")
    cost = [
        p + s + o - r - a - b - e
        for p, s, o, r, a, b, e in zip(
            *(
                row(found, x)
                for x in ("purchase", "site_cost", "other_cost", "retired", "reselling", "subscriptions", "residual")
            ),
            strict=True,
        )
    ]
    hours = sum(h * f for h, f in zip(sold, factors, strict=True))
    assert number(found, "full_cost_per_gpu_hour") == pytest.approx(
        sum(c * f for c, f in zip(cost, factors, strict=True)) / hours
    )
    assert number(found, "levelised_price") == pytest.approx(
        sum(c * f for c, f in zip(rental, factors, strict=True)) / hours
    )
    year = slice(13, 25)
    margin = sum(row(found, "operating_profit")[year]) / sum(row(found, "revenue")[year])
    assert number(found, "margin_of_year", "Year 2") == pytest.approx(margin)


def test_the_example_by_an_independent_calculation(fleet: Case) -> None:
    """The whole example again: one loop over months, nothing of the model but its inputs."""
    i = {k: v.base for k, v in fleet.inputs.items()}
    t = {name: [dict(r.values) for r in rows] for name, rows in fleet.tables.items()}
    place = next(dict(r.values) for r in fleet.tables["locations"] if r.name == "Virginia")
    pue = next(r.values["pue"] for r in fleet.tables["climates"] if r.name == place["climate"])
    kept = (1 - i["competition"]) * (1 - i["new_generations"])
    let = sum(s["share"] / (1 + i["vacancy_months"] * s["churn"] / s["contract_months"]) for s in t["segments"])
    mix = sum(s["share"] * s["price_share"] for s in t["segments"]) * sum(
        w["share"] * w["price_share"] for w in t["workloads"]
    )
    win = sum(s["share"] * s["win_price"] for s in t["segments"])
    rewin = sum(s["share"] * s["win_price"] * s["churn"] / s["contract_months"] for s in t["segments"])
    flows, book, before = [], 0.0, 0.0
    for m in range(61):
        paid = dep = gpus = filled = worth = cost_in_use = 0.0
        for c in t["tranches"]:
            price = c["gpus"] * i["gpu_price"] * c["price_share"]
            basis = price / (1 - i["network_share"]) + c["gpus"] * i["installation"]
            arrival = c["order_month"] + c["delivery_months"]
            paid += basis * (i["deposit"] * (m == c["order_month"]) + (1 - i["deposit"]) * (m == arrival))
            age = m - max(arrival, place["permit_months"])
            if 1 <= age <= c["life_months"]:
                gpus += c["gpus"]
                filled += c["gpus"] * min(1, age / i["ramp_months"])
                dep += basis / c["life_months"]
                cost_in_use += basis
                worth += price * i["resale_share"] * 10 ** (-i["price_decay"] * age / 12)
        work = sum(
            w["share"] * w["cycle_months"] / w["busy_months"] * ((m - 1) % w["cycle_months"] < w["busy_months"])
            for w in t["workloads"]
        )
        on = [lever for lever in t["levers"] if lever["start"] <= m]
        share = min(1, min(i["utilisation_cap"], i["utilisation"] * let * work) + sum(lever["gain"] for lever in on))
        hours = filled * 730 * i["availability"] * share
        years = max(m - 1, 0) / 12
        price = (
            i["on_demand_price"]
            * mix
            * sum(
                p["share"] * p["price_share"] * kept ** (max(m - 1, 0) // p["term_months"] * p["term_months"] / 12)
                for p in t["products"]
            )
        )
        power_left = staff_left = 1.0
        for lever in on:
            power_left *= 1 - lever["saved"]
            staff_left *= 1 - lever["staff_saved"]
        idle, busy = i["idle_power"], i["busy_power"]
        kwh = i["kw_per_gpu"] * power_left * (gpus * 730 * idle + hours * (busy - idle)) * pue
        carbon = place["carbon_intensity"] * place["carbon_price"] / 1_000_000 * (place["power_source"] == "grid")
        platform = m >= i["platform_start"] and m > 0
        income = platform * (
            i["third_party_hours"] * price * i["third_party_margin"] + i["subscribers"] * i["subscription"]
        )
        profit = hours * price + income * (1 - i["referral_share"]) - platform * i["platform_running"]
        profit -= kwh * (place["electricity"] * (1 + i["electricity_growth"]) ** years + carbon)
        profit -= gpus * i["kw_per_gpu"] * (place["space"] + i["cooling_price"] / 12) + gpus * i["software_price"] / 12
        profit -= cost_in_use * (i["maintenance_rate"] + i["insurance_rate"]) / 12
        profit -= (
            max(filled - before, 0) * win + filled * rewin + sum(x["cost"] for x in t["levers"] if x["start"] == m)
        )
        if m > 0:
            wage = i["salary"] / 12 * (1 + i["wage_growth"]) ** int(years) * staff_left
            profit -= wage * (gpus / i["gpus_per_engineer"] + i["core_team"])
            profit -= place["connectivity"] + place["compliance"] / 12 + sum(lever["monthly"] for lever in on)
        book, before = book + paid - dep, filled
        ended = m == 60
        tax = place["tax"] * (profit - dep + ended * (worth - book))
        flows.append(profit - paid - tax + ended * worth)
    found = run(fleet)
    assert row(found, "net_cash") == pytest.approx(flows, rel=1e-9, abs=1e-3)
    npv = sum(f * 1.11 ** (-m / 12) for m, f in enumerate(flows))
    assert number(found, "npv") == pytest.approx(npv, rel=1e-9)
    assert number(found, "irr") == pytest.approx((1 + npf.irr(flows)) ** 12 - 1, rel=1e-6)
    assert [c.line for c in found.failing()] == ["one_client", "one_sign_change"]


@pytest.mark.parametrize(
    ("table", "rows", "message"),
    [
        ("products", "A: {share: 70%}\nB: {share: 50%}", "column 'share' must sum to 1 (got 1.2)"),
        ("segments", "A: {share: 120%}", "must be at most 1 (got '120%')"),
        ("workloads", "A: {share: 30%}", "column 'share' must sum to 1 (got 0.3)"),
        ("locations", "Here: {climate: Ideal}", "Price of electricity is missing in this row"),
        ("locations", "Here: {electricity: 0.1, climate: Tropical}", "'Tropical'"),
        ("tranches", "A: {gpus: 2.5}", "must be a whole number (got 2.5)"),
        ("cases", "As planned: {location: There}", "'There'"),
        ("history", "A: {utilisation: 130%}", "must be at most 1 (got '130%')"),
        ("plan", "Fleet: {case: As plannd}", "did you mean 'As planned'"),
    ],
)
def test_bad_rows_are_refused(table: str, rows: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        quiet(None, **{table: rows})


def test_debt_above_cost_is_refused() -> None:
    with pytest.raises(InputError, match=re.escape("inputs.loan_share: must be at most 1 (got '120%')")):
        quiet({"loan_share": "120%"})


@pytest.mark.parametrize(
    ("given", "tables", "line"),
    [
        ({}, {"tranches": "A: {gpus: 10}\nB: {gpus: 5, order_month: 20, delivery_months: 4}"}, "delivered_in_time"),
        ({"use_history": 1}, {"history": "January: {utilisation: 60%}"}, "history_long_enough"),
        ({}, {"cases": "As planned: {location: Here}\nAgain: {location: Here}"}, "one_case_each"),
        ({"short_months": 25}, {}, "short_inside"),
        ({}, {"workloads": "A: {share: 100%, cycle_months: 2, busy_months: 3}"}, "waves_inside"),
        ({"busy_power": "20%"}, {}, "busy_above_idle"),
        ({"utilisation": 0}, {}, "something_sold"),
    ],
)
def test_what_cannot_be_is_named_by_a_check(given: dict[str, object], tables: dict[str, str], line: str) -> None:
    failing = {c.line: c for c in run(quiet(given, **tables)).failing()}
    assert failing[line].kind == "error"


@pytest.mark.parametrize("path", PROFILES, ids=lambda p: p.stem)
def test_the_profiles_of_industries_run_and_build(path: Path, tmp_path: Path) -> None:
    case = load_case(path)
    found = run(case)
    assert [c.line for c in found.failing() if c.kind == "error"] == []
    assert isinstance(found.outputs["irr"], float)
    build(case, tmp_path / "book.xlsx", live=False)
    assert (tmp_path / "book.xlsx").stat().st_size > 100_000


def test_there_is_a_profile_for_each_industry() -> None:
    assert [p.stem for p in PROFILES] == ["finance", "healthcare", "logistics", "retail"]


def test_settings_reach_the_model(fleet: Case) -> None:
    cheaper = run(with_settings(fleet, ["gpu_price=40000"]))
    assert number(cheaper, "npv") > number(run(fleet), "npv")
