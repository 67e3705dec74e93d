"""The rules of docs/semantics.md, by their numbers."""

from __future__ import annotations

import pytest

from xlroi.formula.parse import parse
from xlroi.formula.scope import Declaration, check_name
from xlroi.formula.spell import spell
from xlroi.formula.system import Draft, Line, Refused, build_system
from xlroi.formula.tree import FormulaError, Type
from xlroi.formula.units import parse_unit

MONEY = parse_unit("money")
LEAVES = [
    Declaration("price", Type(unit=MONEY), "input"),
    Declaration("share", Type(), "input"),
    Declaration("yearly", Type(unit=parse_unit("money/year")), "input"),
    Declaration("months_per_year", Type(unit=parse_unit("1/year")), "constant"),
    Declaration("who", Type(kind="text"), "input"),
    Declaration("start", Type(unit=parse_unit("date")), "input"),
    Declaration("options.cost", Type("options", unit=MONEY), "column"),
    Declaration("risks.loss", Type("risks", unit=MONEY), "column"),
]
TABLES = {"options": None, "risks": None}
TIMELINE = [
    Draft("horizon", "24"),
    Draft("month", "PRIOR(month) + 1", month=True, unit=parse_unit("month"), totalled="rate", opening=-1),
    Draft("live", "month <= horizon", month=True, totalled="flag"),
]


def line(formula: str, **about: object) -> Line:
    """The checked line of a formula among the leaves above."""
    return build_system(LEAVES, [*TIMELINE, Draft("x", formula, **about)], TABLES).lines["x"]  # type: ignore[arg-type]


def refusal(formula: str, **about: object) -> str:
    """Why a formula is refused."""
    with pytest.raises(Refused) as refused:
        line(formula, **about)
    assert [p.id for p in refused.value.problems] == ["x"]
    return refused.value.problems[0].error.message


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("-x^2", "reads two ways"),
        ("2^3^2", "reads two ways"),
        ("1 < 2 < 3", "do not chain"),
        ("MAX(1; 2)", "separated by a comma"),
        ("=price", "without a leading '='"),
        ("MAX(price, 0", "YAML cut it at a comma"),
        ("", "is empty"),
        ("price @ 2", "not part of the formula language"),
        ("price +", "ends early"),
    ],
)
def test_what_reads_two_ways_is_refused_with_the_way_out(formula: str, message: str) -> None:
    """Rule 1."""
    with pytest.raises(FormulaError, match=message.replace("(", r"\(")):
        parse(formula)


def test_an_unknown_name_comes_with_the_nearest_one() -> None:
    """Rule 3."""
    assert "did you mean 'price'" in refusal("prise * 2")
    assert "did you mean 'ROUND'" in refusal("ROUNF(price, 2)")


@pytest.mark.parametrize("name", ["tco3", "r1c1", "a1", "Big", "true", "rc"])
def test_a_name_that_a_sheet_reads_otherwise_is_refused(name: str) -> None:
    """Rule 3."""
    with pytest.raises(FormulaError):
        check_name(name)


def test_two_tables_do_not_meet_in_one_expression() -> None:
    """Rule 5."""
    assert "two tables in one expression" in refusal("options.cost + risks.loss", table="options")


def test_an_aggregate_that_reduces_nothing_is_refused_and_prints_the_way_out() -> None:
    """Rule 6: options.cost / MAX(options.cost) on an options line would be 1 for everyone."""
    message = refusal("options.cost / MAX(options.cost)", table="options")
    assert "would reduce nothing" in message
    assert "OVER options" in message
    assert line("options.cost / MAX(options.cost OVER options)", table="options").type.table == "options"
    assert "would reduce nothing" in refusal("MAX(price)")


def test_only_what_every_spreadsheet_computes_stands_inside_a_sum() -> None:
    """Rule 7."""
    assert "a line of its own" in refusal("SUM(IF(live, price, 0) * live)")


def test_a_sum_over_time_needs_a_line_that_is_0_after_the_horizon() -> None:
    """Rule 12."""
    assert "add '* live'" in refusal("SUM(month * price)")
    assert line("SUM(live * price)").type.unit == MONEY
    assert "not provably 0" in refusal("price * month", month=True, totalled="flow")


def test_a_circle_is_printed_as_a_path() -> None:
    """Rule 14."""
    drafts = [*TIMELINE, Draft("a", "b + price"), Draft("b", "c"), Draft("c", "a")]
    with pytest.raises(Refused, match="→"):
        build_system(LEAVES, drafts, TABLES)


def test_reading_a_step_earlier_is_no_circle() -> None:
    """Rules 13 and 14."""
    found = line("PRIOR(x) + price * live", month=True, unit=MONEY, totalled="balance")
    assert found.type.month


def test_units_that_differ_are_not_added() -> None:
    """Rule 19: month is the column's step and 1; a literal 0 fits every unit."""
    assert "different units, money and money/year" in refusal("price + yearly")
    assert line("price + yearly / months_per_year").type.unit == MONEY
    assert line("MAX(price, 0)").type.unit == MONEY
    assert "unit mismatch" in refusal("price * 2", unit=parse_unit("GPU"))
    assert "exponent must be dimensionless" in refusal("2 ^ price")


def test_a_date_moves_by_days_only() -> None:
    """Rule 19."""
    assert str(line("start - start").type.unit) == "day"
    assert "dates cannot be added" in refusal("start + start")


def test_a_truth_value_is_never_a_number_or_text_by_accident() -> None:
    """Rules 1, 20 and 23."""
    assert "already a condition" in refusal("(price > 0) = (share > 0)")
    assert "needs a condition" in refusal("IF(share, 1, 2)")
    assert "FIXED" in refusal("who & share")
    assert "mix a text" in refusal('IF(share > 0, "a", 2)')


class Letters:
    """Every name as itself."""

    def here(self, name: str) -> str:
        return name

    def whole(self, name: str) -> str:
        return f"{name}:{name}"

    prior = first = so_far = here


@pytest.mark.parametrize(
    ("formula", "cell"),
    [
        ("price / (share * 2)", "price/(share*2)"),
        ("(price + price) * share", "(price+price)*share"),
        ("price - (price - price)", "price-(price-price)"),
        ("-(price * share)", "-1*(price*share)"),
        ("price > 0", "(price>0)*1"),
        ("AND(price > 0, share > 0)", "AND(price>0,share>0)*1"),
        ("price * (share > 0)", "price*(share>0)"),
        ("SUM(live * (month > 1))", "SUMPRODUCT(live:live*((month:month>1)*1))"),
        ("(1 + share) ^ (-1 * share)", "(1+share)^(-1*share)"),
        ('who & "a""b"', 'who&"a""b"'),
    ],
)
def test_formulas_are_spelled_with_the_brackets_that_engines_need(formula: str, cell: str) -> None:
    """Rules 7, 20 and 29."""
    assert spell(line(formula).node, Letters()) == cell


def test_8_sums_over_rows_compare_plain_lines_and_above_reads_lines() -> None:
    assert "arithmetic inside a comparison" in refusal("SUM(risks.loss * (risks.loss + 1 * price > price))", unit=MONEY)
    assert "give options.cost a line of its own" in refusal("ABOVE(options.cost)", table="options", unit=MONEY)
