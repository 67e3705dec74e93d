"""Loans, depreciation, calendars, distributions: the examples of Microsoft's documentation, and other spreadsheets."""

from __future__ import annotations

import math
import random
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from openpyxl import Workbook

from xlroi.engine.annuities import ANNUITIES
from xlroi.engine.excel_finance import EXCEL_FINANCE
from xlroi.proof.recalculation import open_book
from xlroi.values import to_serial

# Examples of Microsoft's documentation of each function, rounded as shown there.
DOCUMENTED = [
    ("PMT", (0.08 / 12, 10, 10000), -1037.03),
    ("PMT", (0.08 / 12, 10, 10000, 0, 1), -1030.16),
    ("PMT", (0.06 / 12, 18 * 12, 0, 50000), -129.08),
    ("IPMT", (0.1 / 12, 1, 36, 8000), -66.67),
    ("IPMT", (0.1, 3, 3, 8000), -292.45),
    ("PPMT", (0.1 / 12, 1, 24, 2000), -75.62),
    ("PPMT", (0.08, 10, 10, 200000), -27598.05),
    ("FV", (0.06 / 12, 10, -200, -500, 1), 2581.40),
    ("FV", (0.12 / 12, 12, -1000), 12682.50),
    ("PV", (0.08 / 12, 12 * 20, 500), -59777.15),
    ("NPER", (0.12 / 12, -100, -1000, 10000, 1), 59.6738657),
    ("NPER", (0.12 / 12, -100, -1000, 10000), 60.0821229),
    ("NPER", (0.12 / 12, -100, -1000), -9.57859404),
    ("RATE", (48, -200, 8000), 0.00770147),
    ("SLN", (30000, 7500, 10), 2250),
    ("SYD", (30000, 7500, 10, 1), 4090.91),
    ("SYD", (30000, 7500, 10, 10), 409.09),
    ("DB", (1000000, 100000, 6, 1, 7), 186083.33),
    ("DB", (1000000, 100000, 6, 2, 7), 259639.42),
    ("DB", (1000000, 100000, 6, 7, 7), 15845.10),
    ("DDB", (2400, 300, 3650, 1), 1.32),
    ("DDB", (2400, 300, 120, 1, 2), 40.00),
    ("DDB", (2400, 300, 10, 2, 1.5), 306.00),
    ("DDB", (2400, 300, 10, 10), 22.12),
    ("VDB", (2400, 300, 3650, 0, 1), 1.32),
    ("VDB", (2400, 300, 120, 0, 1), 40.00),
    ("VDB", (2400, 300, 10, 0, 1), 480.00),
    ("VDB", (2400, 300, 120, 6, 18), 396.31),
    ("VDB", (2400, 300, 120, 6, 18, 1.5), 311.81),
    ("VDB", (2400, 300, 10, 0, 0.875, 1.5), 315.00),
    ("POISSON.DIST", (2, 5, 1), 0.124652),
    ("POISSON.DIST", (2, 5, 0), 0.084224),
    ("NORM.S.INV", (0.908789,), 1.3333347),
    ("NORM.S.DIST", (1.333333, 1), 0.908788726),
    ("NORM.S.DIST", (1.333333, 0), 0.164010148),
    ("EOMONTH", (to_serial(date(2011, 1, 1)), 1), to_serial(date(2011, 2, 28))),
    ("EOMONTH", (to_serial(date(2011, 1, 1)), -3), to_serial(date(2010, 10, 31))),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), DOCUMENTED)
def test_the_documentations_examples(name: str, arguments: tuple[float, ...], expected: float) -> None:
    assert EXCEL_FINANCE[name](*arguments) == pytest.approx(expected, abs=0.006 if abs(expected) > 1 else 1e-6)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("SLN", (1, 0, 0), "#DIV/0!"),
        ("SYD", (1, 0, 5, 6), "#NUM!"),
        ("DDB", (1, 0, 5, 6), "#NUM!"),
        ("IPMT", (0.1, 4, 3, 100), "#NUM!"),
        ("NPER", (0.1, -5, 100), "#NUM!"),  # the payment does not cover the interest
        ("NORM.S.INV", (1,), "#NUM!"),
        ("POISSON.DIST", (-1, 5, 1), "#NUM!"),
        ("POISSON.DIST", (-0.5, 5, 0), "#NUM!"),  # below 0 before it is cut to a whole number
        ("EOMONTH", (-5, 1), "#NUM!"),
        ("EOMONTH", (2958465, 1), "#NUM!"),  # beyond the year 9999
        ("PMT", (0.1, 10000, 100000), "#NUM!"),  # an overflow
        ("DB", (1000, 100, 5, 6), "#NUM!"),
        ("SYD", (1000, -100, 5, 1), "#NUM!"),
    ],
)
def test_what_has_no_answer_is_an_error(name: str, arguments: tuple[float, ...], expected: str) -> None:
    assert EXCEL_FINANCE[name](*arguments) == expected


@pytest.mark.parametrize("arguments", [(360, -100, -1000), (1000, -1000, -1), (360, 100, 1000, 50), (10, 0, 0, 0)])
def test_a_rate_that_does_not_exist_is_an_error(arguments: tuple[float, ...]) -> None:
    """At high rates the powers of long loans overflow: that must not pass for a change of sign."""
    assert EXCEL_FINANCE["RATE"](*arguments) == "#NUM!"


def test_a_rate_makes_its_loan_whole() -> None:
    rng = random.Random(3)
    for _ in range(500):
        nper, true = rng.choice([1, 2, 12, 48, 360, 500]), rng.choice([rng.uniform(-0.02, 0.3), 0.0, 1e-9])
        pv, fv, due = rng.uniform(100, 1e6), rng.choice([0.0, -500.0]), rng.randint(0, 1)
        if nper == 1 and due:
            continue  # paid off before a period has passed: no rate follows
        pmt = EXCEL_FINANCE["PMT"](true, nper, pv, fv, due)
        assert isinstance(pmt, float)
        found = EXCEL_FINANCE["RATE"](nper, pmt, pv, fv, due)
        assert found == pytest.approx(true, rel=1e-7, abs=1e-9), (nper, pmt, pv, fv, due)


@pytest.mark.parametrize("guess", [-0.5, 0.0, 0.05, 1.0, 5.0, 1e6])
def test_a_guess_leads_to_the_same_rate(guess: float) -> None:
    assert EXCEL_FINANCE["RATE"](48, -200, 8000, 0, 0, guess) == pytest.approx(0.00770147248823, rel=1e-9)


@pytest.mark.parametrize("name", ["PMT", "FV", "PV", "NPER"])
def test_small_rates_lose_no_digits(name: str) -> None:
    """Here the answer lies within 1e-9 of that without interest, but (1 + rate)^n − 1 keeps only four digits."""
    arguments = {"PMT": (360, 1e5), "FV": (360, -100), "PV": (360, -100), "NPER": (-100, 1000)}[name]
    flat = EXCEL_FINANCE[name](0.0, *arguments)
    assert EXCEL_FINANCE[name](1e-12, *arguments) == pytest.approx(flat, rel=1e-9)


def test_the_last_month_that_a_sheet_knows_has_an_end() -> None:
    assert EXCEL_FINANCE["EOMONTH"](to_serial(date(9999, 12, 1)), 0) == to_serial(date(9999, 12, 31))


def test_results_are_floats_without_minus_zero() -> None:
    assert str(EXCEL_FINANCE["IPMT"](0, 1, 4, 100)) == "0.0"
    assert isinstance(EXCEL_FINANCE["DDB"](1000, 100, 1, 1), float)


# Why the random arguments keep away from some edges: there the two engines, IronCalc and LibreOffice, differ from each
# other or from Microsoft's documentation. The functions above answer as documented.
EDGES_NOT_ASKED = {
    "PMT": "at rates below about 1e-7 IronCalc loses digits of (1 + rate)^n − 1; at -1 LibreOffice gives a number",
    "FV": "both engines lose digits at tiny rates; at rates <= -1 both give a number, these functions an error",
    "PV": "as FV; LibreOffice discounts where Excel's power overflows",
    "IPMT": "LibreOffice refuses a part period after the last",
    "NPER": "both engines lose digits at tiny rates",
    "RATE": "IronCalc 0.9.1 refuses a guess (#ERROR!) and finds no root far from 0.1; arguments with several roots",
    "SYD": "both engines answer with a negative salvage and a period below 1, where the documentation has #NUM!",
    "DB": "LibreOffice gives 0 for a period after a life of whole years, and an error for salvage over cost",
    "DDB": "LibreOffice refuses salvage over cost, IronCalc accepts a period below 1",
    "VDB": "salvage over cost: IronCalc gives negative amounts, LibreOffice an error",
    "EOMONTH": "LibreOffice accepts serials below 0",
    "YEAR": "IronCalc refuses serial 0, LibreOffice accepts serials beyond 9999; both count 1900 unlike Excel up to 60",
    "MONTH": "as YEAR",
    "POISSON.DIST": "LibreOffice refuses a mean of 0",
}


def _random_calls() -> list[tuple[str, tuple[float, ...]]]:
    """Ordinary arguments; EDGES_NOT_ASKED has the others."""
    rng = random.Random(7)
    calls: list[tuple[str, tuple[float, ...]]] = []
    for _ in range(80):
        rate, n = round(rng.choice([rng.uniform(-0.05, 0.3), 0.0, 0.01]), 5), rng.randint(1, 60)
        amount, rest, due = round(rng.uniform(100, 1e6), 2), round(rng.uniform(-1e4, 1e4), 2), rng.randint(0, 1)
        per, payment = rng.randint(1, n), round(-rng.uniform(10, 1e4), 2)
        calls += [
            ("PMT", (rate, n, amount, rest, due)),
            ("IPMT", (rate, per, n, amount, rest, due)),
            ("PPMT", (rate, per, n, amount, rest, due)),
            ("FV", (rate, n, payment, amount, due)),
            ("PV", (rate, n, payment, rest, due)),
            ("NPER", (rate, payment, abs(payment) * rng.uniform(0.5, 3), rng.choice([0, rest]), due)),
            ("RATE", (n + 2, payment, abs(payment) * (n + 2) * rng.uniform(0.5, 0.98))),
            ("RATE", (n + 2, payment, abs(payment) * (n + 2) * 0.9, -abs(rest) / 10, due)),
        ]
        life, salvage = rng.randint(2, 20), round(amount * rng.uniform(0.01, 0.5), 2)
        start = rng.randint(0, life - 1)
        calls += [
            ("SLN", (amount, salvage, life)),
            ("SYD", (amount, salvage, life, rng.randint(1, life))),
            ("DB", (amount, salvage, life, rng.randint(1, life), rng.randint(1, 12))),
            ("DDB", (amount, salvage, life, rng.randint(1, life), rng.choice([1.5, 2.0]))),
            ("VDB", (amount, salvage, life, start, rng.randint(start + 1, life), rng.choice([1.5, 2.0]))),
            ("VDB", (amount, salvage, life, start + 0.5, rng.uniform(start + 0.5, life), 1.5, rng.randint(0, 1))),
            ("EOMONTH", (rng.randint(30000, 60000), rng.randint(-40, 40))),
            ("YEAR", (rng.randint(100, 90000),)),
            ("MONTH", (rng.randint(100, 90000),)),
            ("POISSON.DIST", (rng.randint(0, 40), round(rng.uniform(0.1, 40), 3), rng.randint(0, 1))),
            ("NORM.S.INV", (round(rng.uniform(0.0001, 0.9999), 6),)),
            ("NORM.S.DIST", (round(rng.uniform(-5, 5), 6), rng.randint(0, 1))),
        ]
    return calls


@pytest.mark.parametrize("engine", ["ironcalc", "libreoffice"])
def test_other_spreadsheets_compute_the_same(engine: str, tmp_path: Path) -> None:
    calls = _random_calls()
    assert {name for name, _ in calls} == EXCEL_FINANCE.keys() >= EDGES_NOT_ASKED.keys()
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "S"
    for row, (name, arguments) in enumerate(calls, 1):
        spelled = f"_xlfn.{name}" if "." in name else name
        sheet[f"A{row}"] = f"={spelled}({','.join(repr(a) for a in arguments)})"
    path = tmp_path / "calls.xlsx"
    workbook.save(path)
    with open_book(path, engine) as book:
        book.recalculate()
        got = book.values([("S", f"A{row}") for row in range(1, len(calls) + 1)])
    wrong = []
    for row, (name, arguments) in enumerate(calls, 1):
        ours, theirs = EXCEL_FINANCE[name](*arguments), got["S", f"A{row}"]
        if isinstance(ours, str) or isinstance(theirs, str):
            same = isinstance(ours, str) and isinstance(theirs, str)
        else:
            assert isinstance(theirs, float)
            size = max(abs(a) for a in arguments) if name in ("FV", "PV", "IPMT", "PPMT", "VDB", "DDB") else 0.0
            same = abs(ours - theirs) <= (1e-7 if name == "RATE" else 1e-9) * max(abs(ours), abs(theirs)) + 1e-12 * size
        if not same:
            wrong.append(f"{name}{arguments}: {ours} against {theirs}")
    assert wrong == []


def test_arrays_compute_loans_as_single_values_do() -> None:
    """By numpy-financial, an implementation of its own, and with errors in the same places."""
    calls = [c for c in _random_calls() if c[0] in ANNUITIES]
    edges: list[tuple[str, tuple[float, ...]]] = [
        ("PMT", (-1.5, 10, 100)), ("PMT", (0.1, 0, 100)), ("IPMT", (0.1, 4, 3, 100)), ("PPMT", (0.1, 0, 3, 100)),
        ("FV", (0.0, 0, 5, 7)), ("PV", (0.0, 3, 5)), ("PMT", (0.0, 4, 100, 20, 1)), ("IPMT", (0.0, 1, 4, 100)),
    ]  # fmt: skip
    assert len(calls) == 80 * len(ANNUITIES)
    for name, arguments in [*calls, *edges]:
        one = EXCEL_FINANCE[name](*arguments)
        many = ANNUITIES[name](*(np.full((1, 1, 1), a) for a in arguments)).item()
        if isinstance(one, str):
            assert math.isnan(many), (name, arguments)
        else:
            size = max(abs(a) for a in arguments)
            assert many == pytest.approx(one, rel=1e-9, abs=1e-12 * size), (name, arguments)
