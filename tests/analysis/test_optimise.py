"""The optimiser: against every possible choice, tried one by one, and what it says where there is none."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlroi.analysis.optimise import FRONTIER, chosen_case, frontier, optimise
from xlroi.analysis.programme import Proposal, Rule, colliding, solve
from xlroi.api import Case, restated, run
from xlroi.errors import InputError
from xlroi.model.case import case_from, with_settings
from xlroi.model.loading import parse_yaml

ROW = "category: Quick win, life: 4, operation: [0], revenue: [0]"
INITIATIVES = {
    "Alpha": f"{{{ROW}, earliest: 1, latest: 3, acquisition: [100], savings: [0, 90, 90]}}",
    "Beta": f"{{{ROW}, earliest: 1, latest: 2, acquisition: [80], savings: [0, 100]}}",
    "Gamma": f"{{{ROW}, earliest: 1, latest: 3, acquisition: [60, 30], savings: [0, 0, 150]}}",
}
TIGHT = "A: {year: 2027, budget: 150, gpu_limit: 0, effort_limit: 0}"
FREE = "{year: 2027, budget: 1000, gpu_limit: 0, effort_limit: 0}"


def portfolio(
    initiatives: Mapping[str, str] = INITIATIVES,
    years: str = f"A: {FREE}",
    dependencies: str = "",
    exclusions: str = "",
    inputs: str = "",
) -> Case:
    """A small portfolio over four quarters of 2027; each savings series ends inside them."""
    lines = ["model: portfolio", "inputs:", "  period_quarters: 4", "  discount_rate: 10%", "  effort_price: 0"]
    lines += [f"  {line}" for line in inputs.splitlines()]
    lines += ["tables:", "  initiatives:", *(f"    {name}: {row}" for name, row in initiatives.items())]
    lines += ["  actuals: {}"]
    for table, rows in (("years", years), ("dependencies", dependencies), ("exclusions", exclusions)):
        lines += [f"  {table}:", *(f"    {row}" for row in rows.splitlines())] if rows else [f"  {table}: {{}}"]
    return case_from(parse_yaml("\n".join(lines), "case.yaml"))


HARD = {
    "within_budget",
    "within_gpus",
    "within_effort",
    "none_broken",
    "none_excluded",
    "windows_kept",
    "mandatory_funded",
    "years_listed",
    "admitted_only",
}


def tried(case: Case) -> float:
    """The largest worth among all choices that keep every rule, each evaluated as a workbook would."""
    options = []
    for row in case.tables["initiatives"]:
        first, last = int(float(str(row.values["earliest"]))), int(float(str(row.values["latest"])))
        options.append([None, *range(first, last + 1)])
    best = -np.inf
    for starts in itertools.product(*options):
        words = []
        for row, start in zip(case.tables["initiatives"], starts, strict=True):
            words.append(f"initiatives[{row.name}].funded={'no' if start is None else 'yes'}")
            words += [] if start is None else [f"initiatives[{row.name}].start={start}"]
        found = run(with_settings(case, words))
        npv = found.outputs["npv"]
        if not HARD & {check.line for check in found.failing()}:
            assert isinstance(npv, float)
            best = max(best, npv)
    return best


@pytest.mark.parametrize(
    ("years", "dependencies", "exclusions"),
    [
        (f"A: {FREE}", "", ""),
        (TIGHT, "", ""),
        (TIGHT.replace("150", "170"), "", "X: {one: Alpha, other: Gamma}"),
        (f"A: {FREE}", "D: {initiative: Beta, needs: Alpha, gap: 1}", ""),
        (TIGHT.replace("150", "190"), "D: {initiative: Gamma, needs: Beta, gap: 1}", ""),
    ],
)  # fmt: skip
def test_no_choice_that_keeps_the_rules_is_worth_more(years: str, dependencies: str, exclusions: str) -> None:
    case = portfolio(years=years, dependencies=dependencies, exclusions=exclusions)
    found = optimise(case, gap=0)
    assert found.worth == pytest.approx(tried(case), rel=1e-9)
    outputs = run(chosen_case(case, found))
    assert outputs.outputs["npv"] == pytest.approx(found.worth, rel=1e-9)
    assert not HARD & {check.line for check in outputs.failing()}


def test_the_fiscal_year_of_a_cost_is_that_of_its_quarter() -> None:
    # A year that ends in June: quarters 1 and 2 fall in 2027, 3 and 4 in 2028. With nothing to spend in 2027 both
    # quarters of Gamma's cost must fall in 2028: it begins in quarter 3, and its saving of quarter 5 is lost.
    years = "A: {year: 2027, budget: 0, gpu_limit: 0, effort_limit: 0}\nB: " + FREE.replace("2027", "2028")
    late = {name: row.replace("latest: 2", "latest: 3") for name, row in INITIATIVES.items()}
    found = optimise(portfolio(late, years, inputs="fiscal_year_end: 6\ngate_on_total: 0"), gap=0)
    assert found.starts == {"Beta": 3}
    assert found.worth == pytest.approx(-80 * 1.1 ** (-9 / 12) + 100 * 1.1 ** (-12 / 12))


def test_nothing_begins_in_a_year_without_limits() -> None:
    with pytest.raises(InputError, match=r"nothing fits: .* of the budget of steps without a row in 'years'"):
        optimise(portfolio(years=f"A: {FREE.replace('2027', '2030')}"))


def test_the_choice_is_written_as_decisions_that_finance_can_overrule() -> None:
    case = portfolio(years=TIGHT)
    decided = restated(chosen_case(case, optimise(case)))
    again = case_from(parse_yaml(decided.text, "decided.yaml"))
    chosen = [row.name for row in again.tables["initiatives"] if row.values["funded"] == "yes"]
    assert chosen == list(optimise(case).starts)
    overruled = run(with_settings(again, [f"initiatives[{name}].funded=yes" for name in INITIATIVES]))
    assert "within_budget" in {check.line for check in overruled.failing()}
    assert overruled.outputs["over_count"] == 1


def test_the_frontier_never_falls_as_budgets_grow() -> None:
    case = portfolio(years=TIGHT)
    points = frontier(case, gap=0)
    assert [p.budget for p in points] == pytest.approx([150 * share for share in FRONTIER])
    worths = [p.worth for p in points]
    assert worths == sorted(worths)
    # At 75% of 150 the budget is 112.5: Alpha (100), Beta (80) or Gamma (90) alone. Alpha in quarter 1 brings most:
    # -100/1.1^0.25 + 90/1.1^0.5 + 90/1.1^0.75
    alpha = -100 / 1.1**0.25 + 90 / 1.1**0.5 + 90 / 1.1**0.75
    assert points[2].worth == pytest.approx(alpha)


def test_what_cannot_be_kept_together_is_named_and_nothing_else() -> None:
    both = {name: row.replace("}", ', mandatory: "yes"}') for name, row in INITIATIVES.items() if name != "Gamma"}
    case = portfolio({**both, "Gamma": INITIATIVES["Gamma"]}, exclusions="X: {one: Alpha, other: Beta}")
    with pytest.raises(InputError) as refused:
        optimise(case)
    said = str(refused.value)
    assert "'Alpha' is mandatory; 'Beta' is mandatory; exclusion 'X'" in said
    assert "budget" not in said
    assert "Gamma" not in said


def test_a_budget_too_small_for_what_is_mandatory_is_named() -> None:
    must = {"Alpha": INITIATIVES["Alpha"].replace("}", ', mandatory: "yes"}'), "Beta": INITIATIVES["Beta"]}
    case = portfolio(must, TIGHT.replace("150", "99"))
    with pytest.raises(InputError, match="These collide: 'Alpha' is mandatory; budget of A"):
        optimise(case)


@pytest.mark.parametrize(
    ("dependencies", "exclusions", "said"),
    [
        ("D: {initiative: Alpha, needs: Beta}\nE: {initiative: Beta, needs: Alpha}", "",
         "a circle: Alpha needs Beta needs Alpha"),
        ("D: {initiative: Alpha, needs: Alpha}", "", "a circle: Alpha needs Alpha"),
        ("D: {initiative: Alpha, needs: Beta}\nE: {initiative: Beta, needs: Gamma}", "X: {one: Gamma, other: Alpha}",
         "'Alpha' excludes 'Gamma', and needs it"),
        ("", "X: {one: Beta, other: Beta}", "'Beta' excludes itself"),
    ],
)  # fmt: skip
def test_rules_that_contradict_each_other_are_refused(dependencies: str, exclusions: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        optimise(portfolio(dependencies=dependencies, exclusions=exclusions))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("earliest: 1, latest: 2", "earliest: 5, latest: 6", "starts in quarter 5 at the earliest"),
        ("earliest: 1, latest: 2", "earliest: 3, latest: 2", r"\[Beta\]: the window ends \(2\) before it begins"),
    ],
)  # fmt: skip
def test_a_window_without_a_start_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        optimise(portfolio({**INITIATIVES, "Beta": INITIATIVES["Beta"].replace(old, new)}))


def test_budgets_that_nothing_fits_say_what_each_asks() -> None:
    case = portfolio(years=TIGHT.replace("150", "50"))
    with pytest.raises(
        InputError, match="nothing fits: Alpha asks 100 of the budget of A, which allows 50; Beta asks 80"
    ):
        optimise(case)


def test_nothing_admitted_and_nothing_worth_its_cost_are_told_apart() -> None:
    closed = {name: row.replace("}", ', path: "no"}') for name, row in INITIATIVES.items()}
    with pytest.raises(InputError, match="the gate admits no member"):
        optimise(portfolio(closed))
    # 100 comes back as 100 a quarter later: back in time, and worth less than it cost.
    poor = {"Alpha": f"{{{ROW}, earliest: 1, latest: 3, acquisition: [100], savings: [0, 100]}}"}
    with pytest.raises(InputError, match="no admitted member adds more than it costs"):
        optimise(portfolio(poor))


def test_a_model_that_asks_for_no_choice_is_refused() -> None:
    with pytest.raises(InputError, match="model 'roi' asks for no choice"):
        optimise(case_from(parse_yaml("model: roi", "case.yaml")))


def best_by_trying(proposals: Sequence[Proposal], rules: Sequence[Rule]) -> float | None:
    """Every assignment of a start or none to every proposal."""
    best = None
    for starts in itertools.product(*([*p.starts] if p.must else [None, *p.starts] for p in proposals)):
        taken = {i: s for i, s in enumerate(starts) if s is not None}
        kept = True
        for rule in rules:
            if rule.use is not None:
                kept &= sum(rule.use[s, i] for i, s in taken.items()) <= rule.most + 1e-9
            elif rule.excludes:
                kept &= not set(rule.excludes) <= set(taken)
            elif rule.needs:
                member, needed, gap = rule.needs
                kept &= member not in taken or (needed in taken and taken[member] >= taken[needed] + gap)
        if kept:
            worth = sum(proposals[i].starts[s] for i, s in taken.items())
            best = worth if best is None else max(best, worth)
    return best


NUMBERS = st.integers(-20, 40)


@st.composite
def programmes(draw: st.DrawFn) -> tuple[list[Proposal], list[Rule]]:
    count = draw(st.integers(1, 4))
    proposals = []
    for index in range(count):
        starts = draw(st.lists(st.integers(0, 3), unique=True, max_size=3))
        worths = {s: float(draw(NUMBERS)) for s in starts}
        proposals.append(Proposal(f"P{index}", worths, bool(starts) and draw(st.integers(0, 4)) == 0))
    place = st.integers(0, count - 1)
    rules = []
    for index in range(draw(st.integers(0, 3))):
        use = np.array(
            draw(st.lists(st.lists(st.integers(0, 9), min_size=count, max_size=count), min_size=4, max_size=4))
        )
        rules.append(Rule(f"L{index}", use=use.astype(float), most=float(draw(st.integers(0, 20)))))
    for index in range(draw(st.integers(0, 2)) if count > 1 else 0):
        member, needed = draw(st.lists(place, min_size=2, max_size=2, unique=True))
        kind = draw(st.booleans())
        gap = draw(st.integers(0, 2))
        rules.append(
            Rule(f"R{index}", needs=(member, needed, gap)) if kind else Rule(f"R{index}", excludes=(member, needed))
        )
    return proposals, rules


@settings(max_examples=300, deadline=None)
@given(programmes())
def test_the_program_finds_what_trying_everything_finds(programme: tuple[list[Proposal], list[Rule]]) -> None:
    proposals, rules = programme
    found, best = solve(proposals, rules, 0.0, 30.0), best_by_trying(proposals, rules)
    assert (found is None) == (best is None)
    if found is None:
        conflict = colliding(proposals, rules)
        assert conflict.rules
    else:
        assert found.worth == pytest.approx(best, abs=1e-6)
        assert found.bound >= found.worth - 1e-6


def test_a_conflict_holds_no_rule_that_could_stay() -> None:
    proposals = [Proposal("A", {0: 1.0, 1: 1.0}, must=True), Proposal("B", {0: 1.0}, must=True)]
    use = np.array([[5.0, 5.0], [5.0, 5.0]])
    rules = [Rule("roomy", use=use, most=20), Rule("tight", use=use, most=9), Rule("order", needs=(0, 1, 1))]
    assert colliding(proposals, rules).rules == ("'A' is mandatory", "'B' is mandatory", "tight")
