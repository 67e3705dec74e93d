"""Words of the language as behaviours: one sheet holds them all, and each engine recalculates it once.

The expected numbers are worked by hand here; where there is none, engine and recalculation must agree all the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sheet import Bare, bare
from xlroi.formula.scope import Declaration
from xlroi.formula.system import Draft
from xlroi.formula.tree import Type
from xlroi.formula.units import parse_unit
from xlroi.values import CellValue

TEXT = Type(kind="text")
DATE = parse_unit("date")
DECLARED = [
    Declaration("options.name", Type("options", kind="text"), "column"),
    Declaration("options.price.values", Type("options"), "column"),
    Declaration("options.wait.values", Type("options"), "column"),
    Declaration("risks.name", Type("risks", kind="text"), "column"),
    Declaration("risks.option", Type("risks", kind="text"), "column"),
    Declaration("risks.loss.values", Type("risks"), "column"),
    Declaration("macrs.name", Type("macrs", kind="text"), "column"),
    Declaration("macrs.year.values", Type("macrs"), "column"),
    Declaration("macrs.share.values", Type("macrs"), "column"),
    Declaration("book.name", Type("book", kind="text"), "column"),
    Declaration("book.option", Type("book", kind="text"), "column"),
    Declaration("book.month", Type("book", unit=parse_unit("month")), "column"),
    Declaration("book.amount", Type("book"), "column"),
    Declaration("book.built", Type("book"), "column"),
    Declaration("demand.values", Type(), "input"),
    Declaration("options.usage.values", Type("options"), "column"),
    Declaration("rate", Type(), "input"),
    Declaration("who", TEXT, "input"),
    Declaration("start", Type(unit=DATE), "input"),
    Declaration("days", Type(unit=parse_unit("day")), "input"),
    Declaration("nothing", Type(), "input"),
]
LEAVES = {
    # Spare rows stand in the middle and at the end; the numbers that a user left behind in them count nowhere.
    "options.name": ["Cloud", "Own", "", "Hybrid 40%", ""],
    "options.price.values": [70.0, 30.0, 1.0, 50.0, None],
    "options.wait.values": [1.0, 3.0, 2.0, 2.0, None],
    "risks.name": ["Privacy", "Lock-in", "Outage", ""],
    "risks.option": ["Cloud", "cloud", "Own", "Own"],
    "risks.loss.values": [10.0, 5.0, 7.0, 99.0],
    "macrs.name": ["1", "2", "3", ""],
    "macrs.year.values": [1.0, 2.0, 3.0, None],
    "macrs.share.values": [0.5, 0.3, 0.2, None],
    "book.name": ["1", "2", "3", "4", "5"],
    "book.option": ["Cloud", "CLOUD", "Hybrid 40%", "", "Own"],
    "book.month": [1.0, 2.0, 2.0, 2.0, 36.0],
    "book.amount": [10.0, 5.5, -3.0, 99.0, 7.0],
    "book.built": [10.0, 5.0, -3.0, 99.0, 0.0],
    "demand.values": [100.0, 120.0, 150.0],
    "options.usage.values": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [9.0, 9.0, 9.0], [7.0, 8.0, 9.0], [0.0, 0.0, 0.0]],
    "rate": 0.1,
    "who": "OWN",
    "start": 46022.0,
    "days": 30.0,
    "nothing": 0.0,
}
TABLES = {"options": None, "risks": None, "macrs": None, "book": None}
STEPS, HOLD = 37, 30
O = {"table": "options"}  # noqa: E741
M = {"month": True, "totalled": "rate"}
E = {"handles_errors": True}

LINES = [
    *(Draft(f"{t}.{c}", f"IF(ISNUMBER({t}.{c}.values), {t}.{c}.values, NA())", table=t) for t, c in [
        ("options", "price"), ("options", "wait"), ("risks", "loss"), ("macrs", "year"), ("macrs", "share")]),
    Draft("usage", "PERIOD(options.usage.values, year_number)", **O, **M),
    Draft("year_number", "INT(MAX(month - 1, 0) / 12) + 1", **M),
    Draft("late_year", "INT(month / 12) + 1", **M),
    Draft("buys", "100 * (month = 0) * live + 24 * (month = 13) * live", month=True, totalled="flow"),
    Draft("flows", "options.price * operating - 400 * (month = 0) * live", **O, month=True, totalled="flow"),
    Draft("dates", "EDATE(start, month)", unit=DATE, **M),
]  # fmt: skip

# name, formula, how its line runs, what single cells hold: {(member, step): value}
BEHAVIOURS: list[tuple[str, str, dict[str, object], dict[tuple[int, int], CellValue]]] = [
    # Rule 6: aggregates over rows; an inactive row counts nowhere and shows nothing.
    ("kept", "options.price * 2", O, {(0, 0): 140.0, (2, 0): "", (3, 0): 100.0}),
    ("total", "SUM(options.price)", {}, {(0, 0): 150.0}),
    ("share", "options.price / SUM(options.price OVER options)", O, {(1, 0): 0.2, (4, 0): ""}),
    ("lowest", "MIN(options.price)", {}, {(0, 0): 30.0}),
    ("highest", "MAX(options.price)", {}, {(0, 0): 70.0}),
    ("mean", "AVERAGE(options.price)", {}, {(0, 0): 50.0}),
    ("how_many", "COUNT(options.price)", {}, {(0, 0): 3.0}),
    ("middle", "MEDIAN(options.price)", {}, {(0, 0): 50.0}),
    ("product", "PRODUCT(options.price)", {}, {(0, 0): 105000.0}),
    ("quarter_of_all", "PERCENTILE(options.price, 25%)", {}, {(0, 0): 40.0}),
    ("outside", "PERCENTILE(options.price, 1.5)", {}, {(0, 0): "#NUM!"}),
    ("second_largest", "LARGE(options.price, 2)", {}, {(0, 0): 50.0}),
    ("smallest", "SMALL(options.price, 1)", {}, {(0, 0): 30.0}),
    ("fourth", "SMALL(options.price, 4)", {}, {(0, 0): "#NUM!"}),
    # Rule 7: sums of products and of comparisons.
    ("weighted", "SUMPRODUCT(options.price, options.wait)", {}, {(0, 0): 70.0 + 90.0 + 100.0}),
    ("expensive", "SUM((options.price > 40) * options.price)", {}, {(0, 0): 120.0}),
    ("how_many_wait", "SUM(options.wait >= 2)", {}, {(0, 0): 2.0}),
    ("scaled", "SUM(rate * options.price * options.wait) / 2", {}, {(0, 0): 13.0}),
    ("divided", "100 / SUM(rate * options.price)", {}, {(0, 0): 100 / 15}),
    # Rule 8: joining and grouping by key.
    ("loss", "SUM(risks.loss * (risks.option = options.name))", O, {(0, 0): 15.0, (1, 0): 7.0, (3, 0): 0.0}),
    ("counted", "SUM(risks.option = options.name)", O, {(0, 0): 2.0, (1, 0): 1.0, (2, 0): ""}),
    ("looked_up", "AT(who, options.price)", {}, {(0, 0): 30.0}),
    ("not_there", "AT(\"Nobody\", options.price)", {}, {(0, 0): "#N/A"}),
    ("by_key", "AT(risks.option, options.price)", {"table": "risks"}, {(0, 0): 70.0, (1, 0): 70.0, (2, 0): 30.0}),
    ("flow_by_key", "AT(risks.option, flows)", {"table": "risks", "month": True, "totalled": "flow"},
     {(2, 0): -400.0, (2, 1): 30.0, (3, 1): "", (0, 31): 0.0}),
    # Rule 9
    ("same", "SAME(risks.option)", {"table": "risks"}, {(0, 0): 2.0, (2, 0): 2.0, (3, 0): ""}),
    ("filled", "FILLED(options.usage.values)", O, {(0, 0): 3.0}),
    ("cheapest", "PICK_MIN(options.price, options.name)", {}, {(0, 0): "Own"}),
    ("dearest", "PICK_MAX(options.price, options.name)", {}, {(0, 0): "Cloud"}),
    ("place", "RANK(options.price)", O, {(0, 0): 1.0, (1, 0): 3.0, (2, 0): "", (3, 0): 2.0}),
    ("step_value", "STEP(rate_years, macrs.year, macrs.share)", {}, {(0, 0): 0.3}),
    ("step_below", "STEP(nothing, macrs.year, macrs.share)", {}, {(0, 0): "#N/A"}),
    ("step_by_month", "STEP(late_year, macrs.year, macrs.share)", M, {(0, 0): 0.5, (0, 12): 0.3, (0, 36): 0.2}),
    ("remaining", "IF(ABOVE(remaining) = 0, 1000, ABOVE(remaining)) * (1 - macrs.share)",
     {"table": "macrs", "unit": parse_unit("1")},
     {(0, 0): 500.0, (1, 0): 350.0, (2, 0): 280.0, (3, 0): ""}),
    # A ledger is summed where its columns equal values, regardless of case; what nobody has stands nowhere.
    ("booked", "SUMIFS(book.amount, book.option, options.name)", O,
     {(0, 0): 15.5, (1, 0): 7.0, (2, 0): "", (3, 0): -3.0}),
    ("booked_by_month", "SUMIFS(book.amount, book.option, options.name, book.month, month)", {**O, **M},
     {(0, 1): 10.0, (0, 2): 5.5, (0, 3): 0.0, (1, 36): 7.0, (3, 2): -3.0}),
    ("booked_of_one", 'SUMIFS(book.amount, book.option, "own")', {}, {(0, 0): 7.0}),
    ("booked_in_all", "SUM(book.amount)", {}, {(0, 0): 118.5}),
    ("booked_since", "CHANGES(book.amount, book.built)", {}, {(0, 0): 2.0}),
    # Rule 13: a lag may differ by row.
    ("delivered", "LAG(flows, options.wait)", {**O, **M},
     {(0, 0): 0.0, (0, 1): -400.0, (0, 2): 70.0, (1, 2): 0.0, (1, 3): -400.0, (1, 4): 30.0, (2, 5): ""}),
    ("late_buys", "LAG(buys, 2.5)", M, {(0, 2): 0.0, (0, 3): 100.0}),
    ("no_lag", "LAG(buys, nothing)", M, {(0, 0): "#REF!"}),
    # Rule 15
    ("first_time", "FIRST(over_hundred)", {}, {(0, 0): 13.0}),
    ("at_end", "LAST(usage)", O, {(0, 0): 3.0, (3, 0): 9.0}),
    # Rule 16: 100 at month 0 and 24 at month 13, 50% / 30% / 20% by year of age, a twelfth a month.
    ("depreciation", "VINTAGE(buys, macrs.year, macrs.share)", M,
     {(0, 0): 100 * 0.5 / 12, (0, 11): 100 * 0.5 / 12, (0, 12): 100 * 0.3 / 12, (0, 13): 42 / 12, (0, 25): 27.2 / 12,
      (0, 36): 24 * 0.3 / 12}),
    # Rule 17
    ("ramp", "RAMP(4)", M, {(0, 0): 0.0, (0, 1): 0.25, (0, 4): 1.0, (0, 9): 1.0}),
    ("at_once", "RAMP(nothing)", M, {(0, 0): 1.0}),
    ("growth", "GROWTH(rate)", M, {(0, 0): 1.0, (0, 1): 1.0, (0, 13): 1.1, (0, 7): 1.1**0.5}),
    ("stepped", "GROWTH_STEPPED(rate)", M, {(0, 12): 1.0, (0, 13): 1.1, (0, 25): 1.1**2}),
    ("series", "PERIOD(demand.values, year_number)", M, {(0, 0): 100.0, (0, 12): 100.0, (0, 13): 120.0}),
    ("no_period", "PERIOD(demand.values, late_year)", M, {(0, 35): 150.0, (0, 36): "#REF!"}),
    ("usage_of_all", "SUM(usage)", M, {(0, 0): 12.0, (0, 36): 18.0}),
    ("flow_of_all", "SUM(flows)", {}, {(0, 0): 30 * 150.0 - 1200.0}),
    ("value_of_all", "SUM(flows * usage)", {}, {}),
    ("cumulated", "CUMULATIVE(flows)", {**O, **M}, {(0, 2): -260.0, (2, 2): ""}),
    ("balance", "PRIOR(balance) + flows", {**O, **M, "unit": parse_unit("1")}, {(1, 2): -340.0, (2, 2): ""}),
    # Rule 21
    ("powers", "GEOMETRIC(2, 5) + GEOMETRIC(1, 7)", {}, {(0, 0): 38.0}),
    # Near 1: the sum of (1 + 1e-9)^k, k below 36, is 36 + 630e-9 to 15 digits.
    ("powers_near_1", "GEOMETRIC(1.000000001, 36) - 36", {}, {(0, 0): 6.3e-7}),
    ("up", "CEIL(0.29 * 100)", {}, {(0, 0): 29.0}),
    ("up_again", "CEIL(2.1) + ROUNDUP(-2.1, 0)", {}, {(0, 0): 0.0}),
    ("down", "FLOOR(2.9999999999)", {}, {(0, 0): 3.0}),
    ("rest", "MOD(-3, 5)", {}, {(0, 0): 2.0}),
    ("no_rest", "MOD(1, nothing)", {}, {(0, 0): "#DIV/0!"}),
    ("powered", "POWER(2, 10)", {}, {(0, 0): 1024.0}),
    ("chosen", "CHOOSE(2, 10, 20, 30)", {}, {(0, 0): 20.0}),
    ("not_chosen", "CHOOSE(4, 10, 20, 30)", {}, {(0, 0): "#VALUE!"}),
    ("said", "CHOOSE(1 + (rate > 0), \"flat\", \"grows\")", {}, {(0, 0): "grows"}),
    ("labelled", "options.name & \": \" & FIXED(options.price, 0)", O, {(0, 0): "Cloud: 70", (2, 0): ""}),
    # Finance on rows of a table; XNPV by hand: 365 days a year.
    ("worth", "XNPV(rate, flows, dates)", O, {(2, 0): ""}),
    ("worth_at_0", "XNPV(nothing, flows, dates)", O, {(0, 0): 30 * 70.0 - 400.0}),
    ("monthly", "IRR(flows, rate)", O, {(4, 0): ""}),
    ("payment", "PMT(8% / 12, 10, 10000)", {}, {(0, 0): -1037.0320893591606}),
    ("straight", "SLN(30000, 7500, 10)", {}, {(0, 0): 2250.0}),
    ("month_end", "EOMONTH(start, 1)", {"unit": DATE}, {(0, 0): 46053.0 + 0}),
    ("calendar", "YEAR(start) * 100 + MONTH(start)", {}, {(0, 0): 202512.0}),
]  # fmt: skip
EXTRA = [
    Draft("rate_years", "rate * 25"),
    Draft("over_hundred", "CUMULATIVE(buys) > 100", month=True, totalled="rate"),
]


@pytest.fixture(scope="module")
def sheet() -> Bare:
    drafts = [Draft(name, formula, **about) for name, formula, about, _ in BEHAVIOURS]  # type: ignore[arg-type]
    return bare(LEAVES, DECLARED, [*LINES, *EXTRA, *drafts], TABLES, STEPS, HOLD, ["book"])


@pytest.mark.parametrize(("name", "formula", "about", "cells"), BEHAVIOURS, ids=[b[0] for b in BEHAVIOURS])
def test_the_engine_computes_what_a_hand_would(
    sheet: Bare, name: str, formula: str, about: dict[str, object], cells: dict[tuple[int, int], CellValue]
) -> None:
    for (member, step), value in cells.items():
        wanted = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        assert sheet.values.cell(name, member, step) == wanted, (name, member, step)


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_every_cell_is_what_another_engine_computes(sheet: Bare, engine: str, tmp_path: Path) -> None:
    path = tmp_path / "behaviours.xlsx"
    sheet.write(path)
    assert sheet.mismatches(path, engine) == []
