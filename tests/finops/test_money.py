"""No row and no cent is lost: in sums, and when a total is split."""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.finops.bill import write_bill
from xlroi.finops.bills import open_bills
from xlroi.finops.duck import DuckEngine
from xlroi.finops.ledger import Measure
from xlroi.finops.money import parts

WIDE = Context(prec=80)
AMOUNTS = st.decimals(-(10**14), 10**14, places=18, allow_nan=False, allow_infinity=False)
CHARGES = st.tuples(
    AMOUNTS, st.sampled_from(["AWS", " AWS", "Oracle ", "Azure"]), st.sampled_from(["2026-03", "2026-04"])
)


@settings(max_examples=30, deadline=None)
@given(st.lists(CHARGES, min_size=1, max_size=40), st.integers(1, 3))
def test_no_row_and_no_digit_is_lost(
    tmp_path_factory: pytest.TempPathFactory, charges: list[tuple[Decimal, str, str]], threads: int
) -> None:
    rows = [
        {"BilledCost": f"{amount:f}", "ProviderName": provider, "BillingPeriodStart": f"{month}-01"}
        for amount, provider, month in charges
    ]
    expected: defaultdict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for amount, provider, month in charges:
        count, total = expected[provider.strip(), month]
        expected[provider.strip(), month] = count + 1, WIDE.add(total, amount)
    bill = write_bill(tmp_path_factory.mktemp("sums") / "bill.csv", rows)
    with DuckEngine(threads=threads) as engine:
        bills = open_bills([str(bill)], engine)
        cube = bills.cube(["provider", "month"], [Measure("n", "", "rows"), Measure("total", "billed")])
        found = {(provider, month): (n, total) for provider, month, n, total in bills.rows(cube)}
    assert found == expected


@given(
    st.integers(-(10**12), 10**12),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any),
    st.sampled_from([Decimal("0.01"), Decimal(1), Decimal("0.001")]),
)
def test_parts_sum_to_the_total_and_each_is_within_a_unit_of_its_share(
    units: int, weights: list[int], unit: Decimal
) -> None:
    total = units * unit
    shares = parts(total, [Fraction(weight) for weight in weights], unit)
    assert sum(shares, Decimal(0)) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(Fraction(share) - Fraction(total) * weight / sum(weights)) < Fraction(unit)


def test_the_largest_remainders_get_the_missing_cents() -> None:
    # 10.00 in 3:5:6 is 2.142857, 3.571428, 4.285714; rounded down 2.14, 3.57, 4.28, which is 9.99. The missing cent
    # goes to the largest remainder: .2857, .1428, .5714 of a cent, so to the third.
    assert parts(Decimal("10.00"), [Fraction(3), Fraction(5), Fraction(6)], Decimal("0.01")) == [
        Decimal("2.14"),
        Decimal("3.57"),
        Decimal("4.29"),
    ]
