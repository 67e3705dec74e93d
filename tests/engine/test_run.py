"""The engine: Excel's arithmetic, errors as values, trials, and both implementations of every word."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlroi.engine import array, scalar
from xlroi.engine.excel_finance import EXCEL_FINANCE
from xlroi.engine.plan import plan_of
from xlroi.engine.run import Engine
from xlroi.formula.functions import FUNCTIONS
from xlroi.formula.scope import Declaration
from xlroi.formula.system import Draft, build_system
from xlroi.formula.tree import Type
from xlroi.formula.units import parse_unit
from xlroi.values import CellValue


def value(formula: str, **leaves: float) -> CellValue:
    """One formula over dimensionless leaves."""
    declared = [Declaration(name, Type(), "input") for name in leaves]
    return Engine(build_system(declared, [Draft("x", formula)], {}), 1).evaluate(leaves).cell("x")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("0.1 + 0.2 = 0.3", 1.0),  # rule 21: 15 significant digits
        ("ROUND(2.675, 2)", 2.68),
        ("ROUND(-2.5, 0)", -3.0),
        ("ROUND(1234.5, -2)", 1200.0),
        ("INT(-1.5)", -2.0),
        ("0 ^ 0", "#NUM!"),  # rule 22
        ("(-8) ^ (1/3)", "#NUM!"),
        ("(-2) ^ 3", -8.0),
        ("1 / 0", "#DIV/0!"),  # rule 24
        ("SQRT(-1)", "#NUM!"),
        ("LN(0)", "#NUM!"),
        ("IF(1 > 0, 5, 1 / 0)", 5.0),  # rule 25: the branch not taken does no harm
        ("1E300 * 1E300", "#NUM!"),
        ("1 / (1E300 * 1E300)", "#NUM!"),  # an overflow never becomes a plausible 0
        ("1E-200 * 1E-200", 0.0),
        ("NA() + 1 / 0", "#N/A"),  # left first
        ("IF(ISNUMBER(NA()), 1, 2)", 2.0),
    ],
)
def test_arithmetic_is_a_sheets(formula: str, expected: float | str) -> None:
    assert value(formula) == expected


def test_every_word_has_a_scalar_and_an_array_form() -> None:
    """The registry is whole: what is not a method of the walkers stands in both tables."""
    of_shape = {name for name, f in FUNCTIONS.items() if f.shape in ("timeline", "previous", "running", "member")}
    elementwise = {name for name, f in FUNCTIONS.items() if f.shape == "elementwise"}
    aggregates = {name for name, f in FUNCTIONS.items() if f.shape == "aggregate"}
    assert FUNCTIONS.keys() - of_shape - elementwise - aggregates == {n for n, f in FUNCTIONS.items() if f.expands}
    assert elementwise - scalar.ELEMENTWISE.keys() - scalar.LAZY - EXCEL_FINANCE.keys() == set()
    assert elementwise - array.ELEMENTWISE.keys() == set()
    assert aggregates - scalar.ELEMENTWISE.keys() - scalar.WITH_PARAMETER.keys() == set()
    assert aggregates == array.REDUCE.keys()


_NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


def _trees() -> st.SearchStrategy[str]:
    leaf = st.sampled_from(["a", "b", "c"]) | _NUMBERS.map(lambda x: f"({x!r})" if x >= 0 else f"(-{-x!r})")
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(inner, st.sampled_from(["<", ">", "<=", ">=", "=", "<>"]), inner, inner, inner).map(
                lambda t: f"IF({t[0]} {t[1]} {t[2]}, {t[3]}, {t[4]})"
            ),
            st.tuples(st.sampled_from(["MIN", "MAX", "SUM"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
            inner.map(lambda x: f"ABS({x})"),
            inner.map(lambda x: f"ROUND({x}, 2)"),
            inner.map(lambda x: f"INT({x})"),
        ),
        max_leaves=8,
    )


@given(_trees(), _NUMBERS, _NUMBERS, _NUMBERS)
def test_arrays_and_single_cells_agree(formula: str, a: float, b: float, c: float) -> None:
    declared = [Declaration(name, Type(), "input") for name in "abc"]
    engine = Engine(build_system(declared, [Draft("x", formula, month=True, totalled="rate")], {}), 1)
    from xlroi.engine.walker import Walker

    values = engine.evaluate({"a": a, "b": b, "c": c})
    alone = Walker(values.cell, lambda table: 1, 1, engine.system.scope).value(engine.system.lines["x"].node)
    together = values.cell("x")
    if isinstance(alone, str):
        assert together == alone
    else:
        assert isinstance(together, float)
        assert math.isclose(together, alone, rel_tol=1e-12, abs_tol=1e-9)  # type: ignore[arg-type]


def _timeline(
    *drafts: Draft,
    leaves: str = "",
    others: Sequence[Declaration] = (),
    tables: Mapping[str, None] | None = None,
    steps: int = 7,
) -> Engine:
    base = [
        Draft("horizon", "end"),
        Draft("month", "PRIOR(month) + 1", month=True, totalled="rate", opening=-1),
        Draft("live", "month <= horizon", month=True, totalled="flag"),
    ]
    base[1] = Draft("month", "PRIOR(month) + 1", month=True, unit=Type().unit, totalled="rate", opening=-1)
    declared = [Declaration(name, Type(), "input") for name in ("end", *leaves)]
    return Engine(build_system([*declared, *others], [*base, *drafts], tables or {}), steps)


def test_prior_reads_the_opening_at_step_0_and_last_the_horizon() -> None:
    """Rules 13 and 15: 10, then 2 more each month; 3 months on it is 10 + 4 × 2."""
    engine = _timeline(
        Draft("stock", "PRIOR(stock) + 2", month=True, unit=Type().unit, totalled="balance", opening=10),
        Draft("end_stock", "LAST(stock)"),
        Draft("full", "stock >= 16", month=True, totalled="rate"),
        Draft("first_full", "FIRST(full)"),
        Draft("never", "stock > 1000", month=True, totalled="rate"),
        Draft("first_never", "FIRST(never)"),
        Draft("so_far", "CUMULATIVE(live)", month=True, totalled="balance"),
    )
    found = engine.evaluate({"end": 3})
    assert found.row("stock") == [12, 14, 16, 18, 20, 22, 24]
    assert found.cell("end_stock") == 18
    assert found.cell("first_full") == 2
    assert found.cell("first_never") == "#N/A"
    assert found.row("so_far") == [1, 2, 3, 4, 4, 4, 4]


def test_an_error_travels_along_a_recursion_with_its_kind() -> None:
    engine = _timeline(
        Draft("x", "PRIOR(x) + 1 / (month - 2)", month=True, unit=Type().unit, totalled="balance"),
    )
    found = engine.evaluate({"end": 3})
    assert found.row("x")[:2] == [-0.5, -1.5]
    assert found.row("x")[2:] == ["#DIV/0!"] * 5


def test_trials_are_single_evaluations_side_by_side() -> None:
    engine = _timeline(
        Draft("x", "live * month", month=True, totalled="flow"),
        Draft("total", "SUM(x)"),
        Draft("unused", "1 / 0"),
    )
    ends = np.array([float(i % 7) for i in range(3000)])  # more than one chunk
    found = engine.trials({"end": ends}, ["total"], 3000)["total"][:, 0, 0]
    assert found.tolist() == [e * (e + 1) / 2 for e in ends]


def test_trials_in_bulk_take_care_of_what_is_odd() -> None:
    """Overflow, division by 0, numbers that count as 0 (exactly representable ones too) and errors, in a few trials."""
    drafts = [
        Draft("product", "a * b"),
        Draft("quotient", "a / b"),
        Draft("some", "IF(product = 0, 0, 1) + IF(product > 0, 2, 0)"),
        Draft("flow", "product * (month = 2) - quotient * (month = 3)", month=True, unit=Type().unit, totalled="rate"),
        Draft("level", "PRIOR(level) * 2 + flow - LAG(flow, c)", month=True, unit=Type().unit, totalled="rate"),
        Draft("total", "IF(ISNUMBER(SUM(flow * live)), SUM(flow * live), -1)"),
        Draft("nothing", "0 * -1 * a"),
    ]
    engine = _timeline(*drafts, leaves="abc")
    usual = {"a": 1.0, "b": 2.0, "c": 1.0}
    for a, b, lag in [
        (1e300, 1e300, 2.0),
        (1e-200, 1e-200, 1.0),
        (2.0**-1000, 2.0**-50, 3.0),
        (3.0, 0.0, 2.0),
        (0.0, -4.0, 1.0),
        (-4.0, -0.5, 0.0),
        (5.0, 1e-308, 99.0),
        (6.0, -3.0, 1.5),
    ]:
        odd = {"a": a, "b": b, "c": lag}
        both = {name: np.array([usual[name], odd[name]]) for name in usual}
        many = engine.trials({"end": 6.0, **both}, [draft.id for draft in drafts], 2)
        for trial, leaves in enumerate((usual, odd)):
            one = engine.evaluate({"end": 6.0, **leaves}).arrays
            for name, found in many.items():
                np.testing.assert_allclose(found[trial], one[name][0], rtol=1e-12, err_msg=f"{name} of {leaves}")
                assert not np.signbit(found[found == 0]).any()


def test_an_error_in_an_amount_spreads_further_than_its_shares() -> None:
    """As in the cell, where an error times 0 is an error."""
    drafts = [
        Draft("bought", "10 * (month = 0) / (month >= a)", month=True, unit=Type().unit, totalled="rate"),
        Draft("spread", "VINTAGE(bought, shares.age, shares.share)", month=True, totalled="rate"),
    ]
    shares = [Declaration("shares.name", Type(kind="text", table="shares"), "column")]
    shares += [Declaration(f"shares.{n}", Type(table="shares"), "column") for n in ("age", "share")]
    engine = _timeline(*drafts, leaves="a", others=shares, tables={"shares": None}, steps=37)
    table = {"shares.name": ["first"], "shares.age": [1.0], "shares.share": [1.0]}
    many = engine.trials({"end": 36.0, **table, "a": np.array([0.0, 1.0])}, ["spread"], 2)["spread"][:, 0]
    assert many[0].tolist() == pytest.approx([10 / 12] * 12 + [0.0] * 25)
    assert np.isnan(many[1]).all()


def test_a_plan_computes_once_what_does_not_vary_and_lets_go_of_what_nothing_reads() -> None:
    drafts = [Draft("still", "b + 1"), Draft("between", "a * still"), Draft("end", "between + still"), Draft("no", "a")]
    plan = plan_of(build_system([Declaration(n, Type(), "input") for n in "ab"], drafts, {}), ["end"], ["a"])
    assert [work.ids for work in plan.fixed] == [("still",)]
    assert [(work.ids, work.done) for work in plan.varying] == [(("between",), ()), (("end",), ("between",))]


def test_an_error_travels_down_two_lines_that_read_each_other_by_row() -> None:
    """What is left before a lever reads what is left after the one above; a divisor of 0 spoils that and all below."""
    declared = [
        Declaration("t.name", Type("t", kind="text"), "column"),
        Declaration("t.new", Type("t"), "column"),
        Declaration("t.divisor", Type("t"), "column"),
    ]
    drafts = [
        Draft("before", "IF(t.new = 1, 1, ABOVE(after))", "t", unit=parse_unit("1")),
        Draft("after", "before * (1 - 0.5 / t.divisor)", "t", unit=parse_unit("1")),
    ]
    leaves = {"t.name": ["a", "b", "c", "d"], "t.new": [1.0, 0.0, 0.0, 1.0], "t.divisor": [1.0, 0.0, 2.0, 2.0]}
    found = Engine(build_system(declared, drafts, {"t": None}), 1).evaluate(leaves)
    # a: 1 * (1 - 0.5); b divides by 0; c reads it; d begins anew: 1 * (1 - 0.25).
    assert [found.cell("before", row) for row in range(4)] == [1.0, 0.5, "#DIV/0!", 1.0]
    assert [found.cell("after", row) for row in range(4)] == [0.5, "#DIV/0!", "#DIV/0!", 0.75]
