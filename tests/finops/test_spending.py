"""What moved, and cost per unit: by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.finops.figured import figures_of, on
from xlroi.errors import InputError
from xlroi.finops.facts import Allocation, Part
from xlroi.finops.figures.spending import allocated
from xlroi.finops.figures.usage import load_usage, unit_costs

FEBRUARY, MARCH = date(2026, 2, 10), date(2026, 3, 10)


def usage_file(folder: Path, text: str) -> Path:
    path = folder / "usage.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_movers_are_services_and_accounts_by_the_size_of_their_change(tmp_path: Path) -> None:
    rows = [
        on(FEBRUARY, "100.5", ServiceName="EC2", SubAccountId="a"),
        on(MARCH, "80.5", ServiceName="EC2", SubAccountId="b"),
        on(FEBRUARY, "10.5", ServiceName="S3", SubAccountId="a"),
        on(MARCH, "15.5", ServiceName="S3", SubAccountId="a"),
        on(MARCH, "7.5", ServiceName="SageMaker", SubAccountId="a"),
        on(FEBRUARY, "3.5", ServiceName="SQS", SubAccountId="a"),
        on(MARCH, "3.5", ServiceName="SQS", SubAccountId="a"),
        on(FEBRUARY, "1000.5", ServiceName="AKS", ProviderName="Microsoft"),
    ]
    found = figures_of(tmp_path, rows).movers
    # a: 100.5 + 10.5 + 3.5 = 114.5, then 15.5 + 7.5 + 3.5 = 26.5. Microsoft has no second month; SQS did not move.
    assert [(m.by, m.name, m.before, m.cost, m.change) for m in found] == [
        ("account", "a", Decimal("114.5"), Decimal("26.5"), Decimal(-88)),
        ("account", "b", Decimal(0), Decimal("80.5"), Decimal("80.5")),
        ("service", "EC2", Decimal("100.5"), Decimal("80.5"), Decimal(-20)),
        ("service", "SageMaker", Decimal(0), Decimal("7.5"), Decimal("7.5")),
        ("service", "S3", Decimal("10.5"), Decimal("15.5"), Decimal(5)),
    ]
    assert [m.share for m in found[2:]] == [pytest.approx(-20 / 100.5), None, pytest.approx(5 / 10.5)]


def test_a_part_of_a_month_is_said_to_be_one(tmp_path: Path) -> None:
    found = figures_of(tmp_path, [on(FEBRUARY, "1.5"), on(MARCH, "2.5")])
    assert "AWS: the bill has 2026-03 in part; what moved compares the part with a month" in found.remarks


def test_cost_per_unit_is_the_cost_of_what_matches_by_the_quantity(tmp_path: Path) -> None:
    text = (
        "Month, Unit, Quantity, Service, Team\n"
        "2026-03,million tokens,8,,\n"
        "2026-03,GPU-hours,3,EC2,\n"
        "2026-03,training runs,4,EC2,search\n"
        "2026-03,runs,4,EC3,\n"
        "2025-12,runs,4,,\n"
    )
    rows = [
        on(MARCH, "30.5", ServiceName="EC2", Tags='{"team": "search"}'),
        on(MARCH, "11.5", ServiceName="EC2", Tags='{"team": "ads"}'),
        on(MARCH, "2.5", ServiceName="S3", Tags='{"team": "search"}'),
        on(FEBRUARY, "99.5", ServiceName="EC2", Tags='{"team": "search"}'),
    ]
    found = figures_of(tmp_path, rows, tag="team", usage=load_usage(usage_file(tmp_path, text))).unit_costs
    assert [(u.cost, u.per_unit) for u in found] == [
        (Decimal("44.5"), Decimal("5.5625")),
        (Decimal(42), Decimal(14)),
        (Decimal("30.5"), Decimal("7.625")),
        (Decimal(0), None),
        (Decimal(0), None),
    ]
    assert found[3].why == "the bill knows no service 'EC3'; did you mean 'EC2'?"
    assert found[4].why == "the bill has no charges for 2025-12, only for 2026-02, 2026-03"


def test_cost_per_unit_keeps_currencies_apart(tmp_path: Path) -> None:
    usage = load_usage(usage_file(tmp_path, "month,unit,quantity\n2026-03,runs,4\n"))
    rows = [on(MARCH, "30.5"), on(MARCH, "8.5", BillingCurrency="EUR")]
    found = figures_of(tmp_path, rows, usage=usage).unit_costs
    assert [(u.currency, u.per_unit) for u in found] == [("EUR", Decimal("2.125")), ("USD", Decimal("7.625"))]


def test_cost_per_unit_can_be_of_what_teams_bear_after_allocation(tmp_path: Path) -> None:
    parts = [
        Part("2026-03", "AWS", "EC2", team, pool, "bill", Fraction(cents), Decimal(cents))
        for team, pool, cents in (("search", "", "50.00"), ("search", "idle", "4.00"), ("ads", "", "1.00"))
    ]
    allocation = Allocation("USD", Decimal("0.01"), "billed", ("2026-03",), ("ads", "search"), (), (), {},
                            tuple(parts), {("2026-03", "AWS"): Decimal(55)})  # fmt: skip
    usage = load_usage(usage_file(tmp_path, "month,unit,quantity,team\n2026-03,runs,8,search\n"))
    (found,) = unit_costs(usage, allocated(allocation))
    assert found.per_unit == Decimal("6.75")


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("month,unit\n2026-03,runs\n", 1, "quantity: this column is missing"),
        ("month,unit,quantity,servce\n", 1, "servce: unknown column; did you mean 'service'?; expected month"),
        ("month,unit,quantity\n2026-3,runs,1\n", 2, "month: expected as 2026-03 (got '2026-3')"),
        ("month,unit,quantity\n2026-03,runs,1\n2026-04,,1\n", 3, "unit: expected a name"),
        ("month,unit,quantity\n2026-03,runs,many\n", 2, "quantity: expected a number, as 1250.5 (got 'many')"),
        ("month,unit,quantity\n2026-03,runs,NaN\n", 2, "quantity: expected more than 0 (got 'NaN')"),
        ("month,unit,quantity\n2026-03,runs,0\n", 2, "quantity: expected more than 0 (got '0')"),
        ("month,unit,quantity\n2026-03,runs,1\n2026-03,runs,2\n", 3, "line 2 is about the same month"),
        ("month,unit,quantity\n2026-03,runs,1,200\n", 2, "more cells than columns"),
        ("month,unit,quantity\n", None, "has no rows"),
    ],
)
def test_a_usage_file_that_cannot_be_right_is_refused_with_its_line(
    text: str, line: int | None, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as refused:
        load_usage(usage_file(tmp_path, text))
    assert refused.value.problems[0].line == line
    assert says in str(refused.value)
