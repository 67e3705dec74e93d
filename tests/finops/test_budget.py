"""Budgets of a fiscal year: the file, what was spent against it, and the chance that it will not do."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path

import pytest
from scipy.stats import lognorm, norm

from xlroi.errors import InputError
from xlroi.finops.budget.budgets import Budget, load_budget
from xlroi.finops.budget.check import Finding, check, check_untagged
from xlroi.finops.budget.forecasting import forecast
from xlroi.finops.budget.months import span
from xlroi.finops.budget.outlook import outlook, overrun
from xlroi.finops.budget.spending import Spending, unfinished

FILE = """\
currency: USD
fiscal_year: 2026
fiscal_year_end: 6
profiles:
  rising: [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
total: 500_000
teams:
  Search: 100
  Research: {year: 3000, profile: rising}
  Platform: {months: {2025-07: 40.50, 2026-06: 9}}
services:
  Amazon EC2: 1200
"""


def _load(tmp_path: Path, text: str = FILE) -> Budget:
    path = tmp_path / "budget.yaml"
    path.write_text(text, encoding="utf-8")
    return load_budget(path)


def test_a_budget_is_spread_evenly_by_a_profile_or_by_month(tmp_path: Path) -> None:
    budget = _load(tmp_path)
    assert budget.months == span("2025-07", "2026-06")
    # 100 / 12 = 8.33 and a third of a cent: 12 times 8.33 is 99.96, so the first four months have a cent more.
    assert list(budget.amounts["team", "Search"].values()) == [Decimal("8.34")] * 4 + [Decimal("8.33")] * 8
    # The weights sum to 30: 3000 / 30 = 100 for each.
    assert [int(a) for a in budget.amounts["team", "Research"].values()] == [100] * 3 + [200] * 3 + [300] * 3 + [
        400
    ] * 3
    platform = budget.amounts["team", "Platform"]
    assert (platform["2025-07"], platform["2025-08"], platform["2026-06"]) == (Decimal("40.5"), 0, 9)
    assert [budget.year(key) for key in budget.amounts] == [500_000, 100, 3000, Decimal("49.5"), 1200]
    assert budget.problem(("team", "Platform"), "").line == 10
    said = budget.thresholds
    assert (said.actual, said.forecast, said.probability) == (Decimal("0.9"), 1, 0.5)


def test_currencies_without_cents_have_whole_months(tmp_path: Path) -> None:
    budget = _load(tmp_path, "currency: JPY\nfiscal_year: 2026\ntotal: 100\n")
    assert list(budget.amounts["total", ""].values()) == [9] * 4 + [8] * 8
    assert budget.months[0] == "2026-01"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("currency: USD", "currency: dollars", ":1: currency: "),
        ("fiscal_year: 2026\n", "", "fiscal_year: this key is missing"),
        ("fiscal_year_end: 6", "fiscal_year_end: 13", ":3: fiscal_year_end: "),
        ("total: 500_000", "totl: 5", ":6: totl: unknown key; did you mean 'total'?"),
        ("total: 500_000", "total: -5", ":6: total: expected 0 or more, below 1e15 (got -5)"),
        ("total: 500_000", "total: 1e18", ":6: total: expected 0 or more"),
        ("total: 500_000", "total: .nan", ":6: total: expected a finite number"),
        ("total: 500_000", "total: 2026-01-01", ":6: total: expected a number (got the date 2026-01-01)"),
        ("total: 500_000", "total: 1.005", ":6: total: more decimals than USD has"),
        ("total: 500_000", "total: 1,000", ":6: total: expected a number (got '1,000')"),
        ("total: 500_000", "thresholds: {actual: 0%}", ":6: thresholds.actual: "),
        ("total: 500_000", "thresholds: {probability: 120%}", ":6: thresholds.probability: "),
        ("total: 500_000", "thresholds: {actual: most}", ":6: thresholds.actual: "),
        ("total: 500_000", "thresholds: {forecast: 100}", ":6: thresholds.forecast: expected a share, as 90% or 0.9"),
        ("profile: rising", "profile: risng", ":9: teams.Research.profile: no profile 'risng'; did you mean 'rising'?"),
        ("{year: 3000, profile: rising}", "{year: 3000, split: even}", ":9: teams.Research: expected an amount"),
        ("[1, 1, 1, 2", "[1, 1, 2", ":5: profiles.rising: "),
        ("[1, 1, 1, 2", "[1, 1, -1, 2", ":5: profiles.rising.2: expected 0 or more"),
        ("[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]", str([0] * 12), ":5: profiles.rising: the weights sum to 0"),
        ("2026-06: 9", "2026-07: 9", ":10: teams.Platform.months.2026-07: not in the fiscal year, 2025-07 to 2026-06"),
        ("  Search: 100\n", "  Search: 100\n  Search: 200\n", ":9: Search: the key stands twice"),
    ],
)
def test_what_is_wrong_in_a_budget_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in FILE
    with pytest.raises(InputError) as refused:
        _load(tmp_path, FILE.replace(old, new))
    assert says in str(refused.value)


def test_a_budget_file_without_a_budget_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no budget in it"):
        _load(tmp_path, "currency: USD\nfiscal_year: 2026\n")


def _year(amount: str, first: str = "2026-01", last: str = "2026-12") -> dict[str, Decimal]:
    return dict.fromkeys(span(first, last), Decimal(amount))


def _costs(first: str, *amounts: float) -> dict[str, Decimal]:
    months = span(first, "2030-12")
    return {month: Decimal(repr(amount)) for month, amount in zip(months, amounts, strict=False)}


def test_budget_to_date_variance_and_burn_down_are_as_added_by_hand() -> None:
    # Fiscal year from July 2025: three months of 100 are budgeted, 90 + 110 + 130 = 330 were spent.
    found = outlook(
        _costs("2025-06", 70, 90, 110, 130), span("2025-06", "2025-09"), "", _year("100", "2025-07", "2026-06")
    )
    assert (found.budget, found.budget_to_date, found.actual_to_date) == (1200, 300, 330)
    assert (found.variance, found.burn_rate, found.spent) == (30, 110, 330)
    assert [(m.month, m.cost, m.left, m.planned) for m in found.months[:3]] == [
        ("2025-07", 90, 1110, 1100), ("2025-08", 110, 1000, 1000), ("2025-09", 130, 870, 900)]  # fmt: skip
    # Four months of history: naive, 130 for each of nine months. 330 + 9*130 = 1500; 1200 is passed when
    # 330 + 130 n > 1200, n = 7: October is the first, April the seventh.
    assert found.year_end == pytest.approx(1500)
    assert found.first_month_above(found.budget) == "2026-04"
    assert [m.kind for m in found.months].count("forecast") == 9
    assert found.months[-1].left == pytest.approx(-300)


def test_the_probability_of_an_overrun_is_the_tail_of_a_lognormal_sum() -> None:
    found = outlook(_costs("2026-01", 80, 95, 90, 100), span("2026-01", "2026-04"), "", _year("110"))
    made = forecast([80, 95, 90, 100], 8)
    assert made.high is not None
    middle, high = sum(made.point), sum(made.high)
    sigma = math.log(high / middle) / 1.281551565545  # the 90% quantile as printed in tables: 1.2816
    # 1320 are budgeted, 365 spent: 955 are left for eight months of 100.
    assert found.rest == pytest.approx(800)
    assert found.probability == pytest.approx(lognorm(s=sigma, scale=middle).sf(955), abs=1e-9)
    assert 0.05 < found.probability < 0.5


def test_probabilities_by_a_printed_table() -> None:
    # LN(1.2)/1.2816 = 0.14226; the budget lies one sigma above the middle: 1 - 0.8413.
    sigma = math.log(1.2) / 1.281551565545
    assert overrun(100 * math.exp(sigma), 100, 120) == pytest.approx(0.1587, abs=5e-5)
    assert overrun(100, 100, 120) == pytest.approx(0.5)
    assert overrun(120, 100, 120) == pytest.approx(0.1)
    # In amounts: sigma = 20/1.2816 = 15.606.
    assert overrun(110, 100, 120, in_logs=False) == pytest.approx(norm(100, 20 / 1.281551565545).sf(110))
    assert overrun(-10, 5, 30, in_logs=False) == pytest.approx(norm(5, 25 / 1.281551565545).sf(-10))


def test_probabilities_at_the_edges_are_0_or_1_or_not_known() -> None:
    assert overrun(0, 100, 120) == 1
    assert overrun(-5, 100, 120) == 1
    assert overrun(50, 100, None) is None
    assert (overrun(99, 100, 100), overrun(100, 100.0000000001, 100.0000000002), overrun(101, 100, 100)) == (1, 0, 0)
    over = outlook(_costs("2026-01", *[101] * 12), span("2026-01", "2026-12"), "", _year("100"))
    assert (over.forecast, over.probability, over.year_end) == (None, 1, 1212)
    exact = outlook(_costs("2026-01", *[100] * 12), span("2026-01", "2026-12"), "", _year("100"))
    assert (exact.probability, exact.first_month_above(exact.budget)) == (0, None)


def test_even_costs_on_an_even_budget_are_not_over_it(tmp_path: Path) -> None:
    # EXP(LN(100.1)) is not 100.1 in floating point; a year of it must not be "over budget" by 1e-13.
    found = outlook(_costs("2024-01", *[100.1] * 27), span("2024-01", "2026-03"), "", _year("100.1"))
    assert found.year_end == pytest.approx(1201.2)
    assert (found.probability, found.first_month_above(found.budget)) == (0, None)
    assert _findings(tmp_path, _costs("2024-01", *[100.1] * 27), span("2024-01", "2026-03"), "100.1") == []


def test_a_month_that_is_not_over_is_not_fitted_and_costs_no_less_than_its_part() -> None:
    whole = span("2026-01", "2026-04")
    costs = _costs("2026-01", 80, 95, 90, 100, 60)
    found, without = (outlook(costs, whole, part, _year("110")) for part in ("2026-05", ""))
    assert found.forecast == without.forecast
    assert (found.part, found.actual_to_date, found.spent, without.spent) == (60, 365, 425, 365)
    assert (found.months[4].kind, found.months[4].cost) == ("part", pytest.approx(100))
    assert found.year_end == pytest.approx(365 + 8 * 100)
    # Already dearer than forecast: 180 stand, the seven others are 100 each.
    dear = outlook({**costs, "2026-05": Decimal(180)}, whole, "2026-05", _year("110"))
    assert dear.year_end == pytest.approx(365 + 180 + 7 * 100)
    # Already over the year's budget: nothing is left to chance.
    gone = outlook({**costs, "2026-05": Decimal(1000)}, whole, "2026-05", _year("110"))
    assert (gone.probability, gone.first_month_above(gone.budget)) == (1, "2026-05")


def test_a_month_is_over_when_charges_reach_its_last_day() -> None:
    def days(provider: str, *of: int) -> list[tuple[str, str, str]]:
        return [(provider, f"2026-04-{day:02}", f"2026-04-{day + 1:02}" if day < 30 else "2026-05-01") for day in of]

    assert unfinished(days("AWS", *range(1, 31)), "2026-04") == ("2026-04-30", "")
    assert unfinished(days("AWS", *range(1, 18)), "2026-04")[1] == "the last charge is of 2026-04-17"
    # A provider that sends its bill later, beside one whose month is over.
    both = [*days("AWS", *range(1, 31)), *days("Microsoft", *range(1, 29))]
    assert unfinished(both, "2026-04") == ("2026-04-30", "Microsoft charged each day until 2026-04-28")
    # One that charges now and then does not tell; nor does a subscription that is charged for the month.
    assert unfinished([*days("AWS", *range(1, 31)), *days("Oracle", 3, 9)], "2026-04")[1] == ""
    assert unfinished([("AWS", "2026-04-01", "2026-05-01")], "2026-04")[1] == ""
    # What is no date tells nothing.
    assert unfinished([*days("AWS", *range(1, 31)), ("AWS", "2026-04-31", "soon")], "2026-04")[1] == ""
    # One that charged through March and has sent nothing for April.
    march = [("Microsoft", f"2026-03-{day:02}", f"2026-03-{day:02}") for day in range(1, 32)]
    assert unfinished([*march, *days("AWS", *range(1, 31))], "2026-04")[1] == "there is no charge of Microsoft yet"
    assert unfinished([("AWS", "2026-04-01", "2026-05-01"), *days("AWS", 1, 2)], "2026-04")[1] != ""


def _spending(costs: dict[str, Decimal], months: tuple[str, ...], **more: dict[str, Decimal]) -> Spending:
    teams = {("team", name): amounts for name, amounts in more.items()}
    untagged = {"2026-01": Decimal(6)}
    return Spending("USD", "billed", months, "", "", {**teams, ("total", ""): costs}, costs, untagged, "no tag")


def _findings(tmp_path: Path, costs: dict[str, Decimal], months: tuple[str, ...], month: str) -> list[Finding]:
    """Of a total budget of so much a month."""
    budget = _load(tmp_path, f"currency: USD\nfiscal_year: 2026\ntotal: {Decimal(month) * 12}\n")
    return list(check(_spending(costs, months), budget).findings)


def test_findings_name_who_when_how_much_and_which_threshold(tmp_path: Path) -> None:
    # Budget 1200; 90% of it is 1080. Spent 400 + 400 + 300 + 20 = 1120: crossed in March (1100).
    costs = _costs("2026-01", 400, 400, 300, 20)
    (actual, expected, chance) = _findings(tmp_path, costs, span("2026-01", "2026-04"), "100")
    assert actual == Finding("actual", ("total", ""), "2026-03", Decimal(1120), Decimal(1080), Decimal("0.9"))
    # Naive, 20 a month: 1120 + 8 * 20 = 1280; 1200 is passed after four more months would be 1200, not more: September.
    assert (expected.what, expected.month, expected.limit) == ("forecast", "2026-09", 1200)
    assert expected.value == pytest.approx(1280)
    assert (chance.what, chance.month, chance.limit) == ("probability", "2026-12", 0.5)


def test_nothing_is_found_within_budget(tmp_path: Path) -> None:
    assert _findings(tmp_path, _costs("2026-01", 80, 85, 90, 80), span("2026-01", "2026-04"), "110") == []


def test_untagged_cost_is_held_against_its_limit() -> None:
    spending = _spending(_costs("2026-01", 50, 50), span("2026-01", "2026-02"))
    # 6 of 100.
    assert check_untagged(spending, Decimal("0.06"), None) == (Decimal("0.06"), [])
    share, (finding,) = check_untagged(spending, Decimal("0.05"), None)
    assert (share, finding.what, finding.value, finding.limit) == (Decimal("0.06"), "untagged", share, Decimal("0.05"))
    assert check_untagged(_spending({}, ("2026-01",)), Decimal(0), None) == (None, [])


@pytest.mark.parametrize(
    ("text", "months", "says"),
    [
        ("currency: EUR\nfiscal_year: 2026\ntotal: 12\n", ("2026-01", "2026-02"), ":1: currency: the budget is in EUR"),
        (
            "currency: USD\nfiscal_year: 2025\ntotal: 12\n",
            ("2026-01", "2026-02"),
            ":2: fiscal_year: its fiscal year is 2025-01 to 2025-12, the bills go on to 2026-02",
        ),
        ("currency: USD\nfiscal_year: 2027\ntotal: 12\n", ("2026-01", "2026-02"), "the bills end in 2026-02"),
        (
            "currency: USD\nfiscal_year: 2026\ntotal: 12\n",
            ("2026-03", "2026-04"),
            ":3: total: has a budget from 2026-01",
        ),
        (
            "currency: USD\nfiscal_year: 2026\nservices: {EC2: 1}\nteams: {A: 12}\n",
            ("2026-01", "2026-02"),
            ":4: teams.A: a ",
        ),
    ],
)
def test_bills_and_budgets_that_do_not_belong_together_are_refused(
    tmp_path: Path, text: str, months: tuple[str, str], says: str
) -> None:
    with pytest.raises(InputError) as refused:
        check(_spending(_costs(months[0], 1, 1), span(*months)), _load(tmp_path, text))
    assert says in str(refused.value)


def test_a_misspelt_team_is_refused_as_it_would_never_cost_anything(tmp_path: Path) -> None:
    months = span("2026-01", "2026-02")
    spending = _spending(
        _costs("2026-01", 3, 3), months, Platform=_costs("2026-01", 1, 1), Search=_costs("2026-01", 2, 2)
    )
    head = "currency: USD\nfiscal_year: 2026\nteams:\n"
    with pytest.raises(InputError, match="have no such team; did you mean 'Platform'"):
        check(spending, _load(tmp_path, f"{head}  Platfrom: 12\n"))
    with pytest.raises(InputError, match="have no such team; did you mean 'Search'"):
        check(spending, _load(tmp_path, f"{head}  SEARCH: 12\n"))
    # One that has not begun is no mistake, even where its name is like another's that has a budget.
    found = check(spending, _load(tmp_path, f"{head}  Platform: 1200\n  Platforms: 12\n"))
    assert any("Platforms: has no cost in the bills" in remark for remark in found.remarks)
    assert "teams without a budget cost 4.00 in the fiscal year so far: Search 4.00" in found.remarks


def test_an_unknown_probability_is_said_not_passed_over(tmp_path: Path) -> None:
    found = check(_spending(_costs("2026-01", 1, 1), span("2026-01", "2026-02")),
                  _load(tmp_path, "currency: USD\nfiscal_year: 2026\ntotal: 1200\n"))  # fmt: skip
    assert "all: the probability of an overrun is not known, as there is no interval" in found.remarks
