"""Whatever the bill and the rules: no row and no cent is lost, and nothing depends on order, files or threads."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.finops.allocation import allocated_files, charge, written
from tests.finops.bill import write_bill
from xlroi.finops.allocation.names import readable
from xlroi.finops.allocation.shares import cents

AMOUNTS = st.decimals(Decimal("-1000"), Decimal("1000"), places=9, allow_nan=False, allow_infinity=False)
ROWS = st.builds(
    lambda team, cost, service, month, provider: charge(
        team, f"{cost:f}", service, BillingPeriodStart=f"{month}-01", ProviderName=provider
    ),
    st.sampled_from(["a", "A", " b ", "c", "1234", "", "NULL"]),
    AMOUNTS,
    st.sampled_from(["EC2", "Support", "Network", "Tax"]),
    st.sampled_from(["2026-03", "2026-04"]),
    st.sampled_from(["AWS", "aws", "Oracle"]),
)
RULES = st.fixed_dictionaries(
    {
        "team": st.sampled_from(
            ["[{tag: team}]", "[{tag: team, is: {a: X}}, {service: EC2, is: Y}]", "[{service: Q, is: Z}]"]
        ),
        "support": st.sampled_from(["even", "{fixed: {a: 1/3, New: 2/3}}", "{driver: gpu}"]),
        "network": st.sampled_from(["even", "{fixed: {b: 99.9%, a: 0.1%}}", "{driver: gpu}"]),
    }
)
FILES = {
    "h.csv": "month,team,quantity\n2026-03,a,1\n2026-03,b,6\n2026-04,c,0.7\n",
    "own.csv": "price,bought,life_months,team\n1000,2026-03,7,b\n",
}
ANCHORS = [charge("a", "1", BillingPeriodStart=f"2026-{month}-01") for month in ("03", "04")]


def text_of(rules: dict[str, str]) -> str:
    return (
        f"currency: USD\ndimensions: {{team: {rules['team']}}}\ndrivers: {{gpu: {{file: h.csv}}}}\n"
        f"shared:\n  - {{name: S, service: Support, split: {rules['support']}}}\n"
        f"  - {{name: N, service: 'Net*', split: {rules['network']}}}\n"
        "ledgers: [{kind: hardware, name: Own, file: own.csv}]\n"
    )


@settings(max_examples=12, deadline=None)
@given(st.lists(ROWS, max_size=30), RULES, st.randoms(use_true_random=False), st.integers(1, 3))
def test_no_row_and_no_cent_is_lost_whatever_the_order_the_files_and_the_threads(
    tmp_path_factory: pytest.TempPathFactory,
    some: list[dict[str, str]],
    rules: dict[str, str],
    shuffled: random.Random,
    threads: int,
) -> None:
    rows = [*ANCHORS, *some]
    folder = tmp_path_factory.mktemp("allocation")
    path = written(folder, text_of(rules), FILES)
    found = allocated_files(path, write_bill(folder / "bill.csv", rows))

    invoices: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in rows:
        invoices[row["BillingPeriodStart"][:7], row.get("ProviderName", "AWS").lower()] += Fraction(row["BilledCost"])
    # 1,000 in 7 months is 142.857…: 142.86 in each but the last.
    invoices["2026-03", "own"] = invoices["2026-04", "own"] = Fraction("142.86")
    exact: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    in_cents: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for part in found.parts:
        at = (part.month, part.provider.lower())
        exact[at], in_cents[at] = exact[at] + part.exact, in_cents[at] + part.cents
        assert abs(Fraction(part.cents) - part.exact) < Fraction(1, 100)
    assert {at: amount for at, amount in exact.items() if amount} == {at: a for at, a in invoices.items() if a}
    for at, amount in invoices.items():
        invoice = Context(prec=60).divide(Decimal(amount.numerator), Decimal(amount.denominator))
        assert in_cents[at] == invoice.quantize(Decimal("0.01"), ROUND_HALF_EVEN)

    mixed = list(rows)
    shuffled.shuffle(mixed)
    cut = shuffled.randrange(1, len(mixed))
    halves = [write_bill(folder / name, part) for name, part in (("1.csv", mixed[:cut]), ("2.csv", mixed[cut:]))]
    again = allocated_files(path, *halves, threads=threads)
    assert again == found


@given(st.lists(st.fractions(-1000, 1000, max_denominator=10**6), max_size=20), st.sampled_from(["0.01", "1", "0.001"]))
def test_cents_sum_to_the_rounded_total_and_each_is_within_a_unit(exact: list[Fraction], named: str) -> None:
    unit = Decimal(named)
    total = round(sum(exact, Fraction(0)) / Fraction(unit)) * unit  # Python rounds a fraction half to even
    found = cents(exact, total, unit)
    assert sum(found, Decimal(0)) == total
    assert all(abs(Fraction(one) - of) < Fraction(unit) for one, of in zip(found, exact, strict=True))


@given(st.text("0123456789.,-+%eE/:$ *?~=<>#aTRUE\t\n", max_size=12) | st.text(max_size=300))
def test_a_name_is_never_read_as_a_number_a_pattern_or_a_comparison(text: str) -> None:
    name = readable(text, "team")
    assert name == readable(name, "team")
    assert not set(name) & set("*?~\n\t")
    assert len(name) <= 205
    assert not name.startswith(("=", "<", ">", "#"))
    assert name.upper() != "TRUE"
    assert not re.fullmatch(r"[$+-]*\d[\d.,/:-]*([eE][+-]?\d+)?%?", name)
