"""Levers of people in the programme of savings: every one worked by hand, at its limits and at a loss."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import pytest

import xlroi
from tests import typed_levers
from tests.typed_levers import Rows, by_lever, case_of, failing, fails, part_of, programme, with_row
from xlroi.api import Result
from xlroi.errors import InputError
from xlroi.values import CellValue

DESK = {"lever": "Validation staffing", "arrivals": 360, "open_hours": 2080, "handle_minutes": 4, "people_now": 30,
        "reviewed_now": "100%", "caught": "90%", "error_cost": 50, "error_limit": "10%", "risk_limit": 1000,
        "service_level": "90%", "target_minutes": 10, "shrinkage": "30%", "salary": 60_000,
        "routing": 40_000}  # fmt: skip
FASTER = {"lever": "Time to resolution", "incidents": 200, "hours_now": 10, "hours_after": 6, "hour_cost": 100,
          "effort_now": 8, "effort_after": 5, "rate": 60, "tool": 50_000}  # fmt: skip
USE = {"lever": "Adoption", "users": 100, "hours": 50, "rate": 80, "licence": 1000, "used_now": "10%",
       "ceiling": "80%", "half": 6, "span": 8}  # fmt: skip
CHANGE = {"lever": "Change management", "people": 100, "benefit": 500_000, "use_without": "40%", "use_with": "65%",
          "training": 5, "dip": 7, "rate": 50, "support": 30_000}  # fmt: skip
STUDY = {"lever": "Time study", "tasks": 12_000, "rate": 50, "count_before": 36, "mean_before": 15, "sd_before": 6,
         "count_after": 64, "mean_after": 10, "sd_after": 8, "confidence": "95%"}  # fmt: skip
POSTS = {"lever": "Reallocation", "hours": 8600, "released": 2, "vacancies": 1, "salary": 80_000, "time_value": "50%"}
SKILLS = {"lever": "Reskilling", "posts": 5, "hire_cost": 20_000, "hire_salary": 160_000, "hire_idle": 0.25,
          "hire_leave": 1 / 6, "course_cost": 10_000, "own_salary": 120_000, "own_idle": 0.5, "passed": "70%",
          "own_leave": 1 / 6}  # fmt: skip
TABLES: dict[str, Rows] = {
    "confidence_bands": {"Sure": {"share": "75%", "error_rate": "1%"}, "Unsure": {"share": "25%", "error_rate": "12%"}},
    "validations": {
        "Uncertain": DESK,
        "Classic": {**DESK, "error_limit": 0, "service_level": "80%", "target_minutes": 1 / 3},
        "Patient": {**DESK, "error_limit": 0, "service_level": "50%", "target_minutes": 30},
        "Strict": {**DESK, "arrivals": 750, "service_level": "99.9%", "target_minutes": 0},
        "By risk": {**DESK, "error_limit": "100%", "risk_limit": 6},
        "Nobody": {**DESK, "error_limit": "13%", "risk_limit": 7},
        "No cases": {**DESK, "arrivals": 0, "people_now": 0, "routing": 0},
        "Blind before": {**DESK, "reviewed_now": 0, "people_now": 0, "routing": 0},
    },
    "resolutions": {"Both": FASTER, "More work": {**FASTER, "effort_after": 12}},
    "adoptions": {
        "Linear": {**USE, "curve": "linear", "judged": 6},
        "Linear, late": {**USE, "curve": "linear", "judged": 40},
        "Logistic at half": {**USE, "curve": "logistic", "judged": 6},
        "Logistic at the end": {**USE, "curve": "logistic", "judged": 10},
        "Hopeless": {**USE, "curve": "logistic", "half": 96, "span": 1, "judged": 0},
    },
    "change_programmes": {"Gain": CHANGE, "No gain": {**CHANGE, "use_with": "40%"}},
    "time_studies": {
        "Clear": STUDY,
        "By chance": {**STUDY, "mean_after": 13},
        "Exact": {**STUDY, "sd_before": 0, "sd_after": 0},
    },
    "reallocations": {
        "Some go": POSTS,
        "None go": {**POSTS, "released": 0, "vacancies": 0},
        "More go": {**POSTS, "released": 9},
    },
    "reskillings": {"Stay": SKILLS, "Leave": {**SKILLS, "own_leave": 2 / 3}},
}


@cache
def worked() -> Result:
    """The programme with the rows above."""
    return part_of(case_of(TABLES), {*TABLES, "review_counts"})


def at(row: str, line: str) -> CellValue:
    """A line of those rows, by the row's name."""
    return typed_levers.at(worked(), line, row)


# Validation staffing -------------------------------------------------------------------------------------------------


def erlang_c(load: float, people: int) -> float:
    """The chance to wait, by the recursion of Erlang B: B(0) = 1, B(n) = A B / (n + A B), C = n B / (n - A (1 - B))."""
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = load * blocked / (n + load * blocked)
    return people * blocked / (people - load * (1 - blocked))


def fewest(load: float, level: float, patience: float) -> int:
    """The smallest number of people who take up the share ``level`` of cases in ``patience`` handling times."""
    people = math.floor(load) + 1
    while 1 - erlang_c(load, people) * math.exp(-(people - load) * patience) < level:
        people += 1
    return people


@pytest.mark.parametrize(
    ("row", "load", "level", "patience"),
    [
        ("Uncertain", 6, 0.9, 2.5),
        ("Classic", 24, 0.8, 1 / 12),
        ("Patient", 24, 0.5, 7.5),
        ("Strict", 12.5, 0.999, 0),
        ("By risk", 6, 0.9, 2.5),
    ],
)
def test_as_many_reviewers_as_a_recursion_of_erlang_finds(row: str, load: float, level: float, patience: float) -> None:
    assert at(row, "review_load") == pytest.approx(load, rel=1e-12)
    assert at(row, "reviewers") == fewest(load, level, patience)


def test_twenty_four_erlang_need_twenty_nine_people_for_eighty_percent_in_twenty_seconds() -> None:
    # The example of AI_REVIEWERS: 28 agents answer 76.1% in 20 s, 29 answer 84.0%; 29 / 0.7 = 41.43 paid.
    found = worked()
    tries = [i for i, name in enumerate(found.values.row_names("review_counts")) if name.startswith("Classic")]
    by_number = {found.values.cell("tried", i): found.values.cell("tried_in_time", i) for i in tries}
    assert by_number[28] == pytest.approx(0.761, abs=5e-4)
    assert by_number[29] == pytest.approx(0.840, abs=5e-4)
    assert at("Classic", "reviewers") == 29
    assert at("Classic", "reviewers_paid") == pytest.approx(29 / 0.7, rel=1e-12)


def test_uncertain_cases_alone_need_ten_people_instead_of_thirty() -> None:
    # A quarter of 360 cases an hour at 4 minutes: 6 erlang. With 7 people 61.4% wait (Erlang C), and of them
    # exp(-(7 - 6) x 10 / 4) = 8.2% longer than ten minutes: 95.0% in time. 7 / 0.7 = 10 paid.
    # Errors: 1% of 75% and 12% of 25%: 3.75% of all cases, 3% in front of people, 90% of them caught. Let through
    # more than today: (3.75% - 3%) x 90% x 360 x 2,080 = 5,054.4 at 50 = 252,720.
    # (30 - 10) x 60,000 - 252,720 - 40,000 = 907,280.
    assert erlang_c(6, 7) == pytest.approx(0.614, abs=5e-4)
    assert at("Uncertain", "review_share") == 0.25
    assert at("Uncertain", "reviewers") == 7
    assert at("Uncertain", "reviewers_paid") == pytest.approx(10, rel=1e-12)
    assert at("Uncertain", "cases_missed") == pytest.approx(5054.4, rel=1e-12)
    assert at("Uncertain", "validations_saving") == pytest.approx(907_280, rel=1e-12)
    # A review: 4 / 60 h x 60,000 / (2,080 x 0.7).
    assert at("Uncertain", "review_cost") == pytest.approx(4 / 60 * 60_000 / 1456, rel=1e-12)


def test_a_band_whose_risk_reaches_the_threshold_goes_to_a_person() -> None:
    # 12% x 50 = 6 at risk in a case of the unsure band, 0.5 in the other; the threshold is 6.
    assert at("By risk", "review_share") == 0.25
    assert at("Nobody", "review_share") == 0


def test_without_reviews_all_errors_get_through() -> None:
    # 3.75% x 90% that people caught x 748,800 cases x 50, and 30 people less.
    missed = 0.0375 * 0.9 * 360 * 2080 * 50
    assert at("Nobody", "reviewers") == 0
    assert at("Nobody", "validations_saving") == pytest.approx(30 * 60_000 - missed - 40_000, rel=1e-12)


def test_a_desk_without_cases_needs_nobody() -> None:
    assert at("No cases", "reviewers") == at("No cases", "validations_saving") == 0


def test_reviews_where_there_were_none_catch_errors_and_cost_people() -> None:
    # 3% x 90% caught of 748,800 cases at 50 is worth 1,010,880; ten people cost 600,000.
    assert at("Blind before", "cases_missed") == pytest.approx(-0.027 * 748_800, rel=1e-12)
    assert at("Blind before", "validations_saving") == pytest.approx(1_010_880 - 600_000, rel=1e-12)


def test_a_queue_that_needs_more_people_than_were_tried_has_no_number_and_fails_a_check() -> None:
    few = {f"{n} more": {"more": n} for n in range(5)}
    found = part_of(case_of({**TABLES, "extra_reviewers": few}), ["validations"])
    # Four more than the least are enough for 24 erlang at 80%: 29 = 25 + 4; not for 12.5 erlang at 99.9%.
    assert typed_levers.at(found, "reviewers", "Classic") == 29
    assert typed_levers.at(found, "reviewers", "Strict") == "#N/A"
    assert fails(found.case, "reviewers_found")
    assert not fails(worked().case, "reviewers_found")


def test_a_number_left_out_of_those_tried_fails_a_check() -> None:
    gap = {"None": {"more": 0}, "Two": {"more": 2}}
    assert fails(case_of({"extra_reviewers": gap}), "tries_without_gap")
    assert not fails(worked().case, "tries_without_gap")


# Time to resolution, adoption, change ---------------------------------------------------------------------------------


def test_an_incident_costs_while_it_is_open_and_while_it_is_worked_on() -> None:
    # 200 x 4 h x 100 = 80,000; 200 x 3 h x 60 = 36,000; less the tool 50,000. With four hours more of work instead:
    # 80,000 - 48,000 - 50,000.
    assert at("Both", "resolutions_saving") == 66_000
    assert at("More work", "resolutions_saving") == -18_000


def test_half_of_the_highest_use_is_reached_in_the_month_of_the_half_on_both_curves() -> None:
    # 80% / 2 = 40%, 30 points above today: 100 x 30% x (50 x 80 - 1,000 = 3,000) = 90,000.
    for row in ("Linear", "Logistic at half"):
        assert at(row, "use_reached") == pytest.approx(0.4, rel=1e-12)
        assert at(row, "adoptions_saving") == pytest.approx(90_000, rel=1e-12)


def test_ninety_percent_of_it_are_reached_half_a_span_later() -> None:
    assert at("Logistic at the end", "use_reached") == pytest.approx(0.9 * 0.8, rel=1e-12)
    assert at("Linear, late", "use_reached") == 0.8


def test_a_tool_that_fewer_will_use_than_today_is_a_loss_and_no_error() -> None:
    assert at("Hopeless", "use_reached") == pytest.approx(0, abs=1e-100)
    assert at("Hopeless", "adoptions_saving") == pytest.approx(-100 * 0.1 * 3000, rel=1e-12)


def test_change_management_earns_by_use_what_it_costs_in_hours() -> None:
    # 500,000 x 25% = 125,000; 100 x 12 h x 50 = 60,000 and 30,000 of support.
    assert at("Gain", "change_programmes_saving") == pytest.approx(35_000, rel=1e-12)
    assert at("No gain", "change_programmes_saving") == pytest.approx(-90_000, rel=1e-12)


# Time studies --------------------------------------------------------------------------------------------------------


def test_a_time_study_counts_the_lower_end_of_its_interval() -> None:
    # 36 / 36 + 64 / 64 = 2: a standard error of 1.414; 5 minutes saved, at least 5 - 1.960 x 1.414 = 2.228.
    # 12,000 x 2.228 / 60 x 50 = 22,282; at the mean 50,000.
    least = 5 - NormalDist().inv_cdf(0.975) * math.sqrt(2)
    assert least == pytest.approx(2.228, abs=5e-4)
    assert at("Clear", "time_error") == pytest.approx(math.sqrt(2), rel=1e-12)
    assert at("Clear", "time_least") == pytest.approx(least, rel=1e-12)
    assert at("Clear", "time_most") == pytest.approx(10 - least, rel=1e-12)
    assert at("Clear", "time_studies_saving") == pytest.approx(10_000 * least, rel=1e-12)
    assert at("Clear", "expected_time_saving") == pytest.approx(50_000, rel=1e-12)


def test_a_difference_that_may_be_chance_is_a_loss_at_its_lower_end() -> None:
    # Two minutes saved and 2.77 of margin.
    assert at("By chance", "expected_time_saving") == pytest.approx(20_000, rel=1e-12)
    assert at("By chance", "time_studies_saving") == pytest.approx(10_000 * (2 - 1.959964 * math.sqrt(2)), rel=1e-6)


def test_a_difference_without_scatter_counts_in_full() -> None:
    assert at("Exact", "time_studies_saving") == pytest.approx(50_000, rel=1e-12)


def test_a_study_of_fewer_than_thirty_timings_is_an_alert() -> None:
    assert not fails(worked().case, "studies_large_enough")
    assert fails(with_row("time_studies", **{**STUDY, "count_before": 29}), "studies_large_enough")


# Posts ---------------------------------------------------------------------------------------------------------------


def test_freed_time_is_cash_only_as_far_as_posts_go() -> None:
    # 8,600 / 1,720 = 5 posts: two released and one vacancy filled at 80,000 are cash, two at half of it are time.
    assert at("Some go", "posts_freed") == 5
    assert at("Some go", "post_cash") == 240_000
    assert at("Some go", "reallocations_saving") == 320_000
    assert at("Some go", "post_cash_share") == 0.75
    assert at("None go", "post_cash") == at("None go", "post_cash_share") == 0
    assert at("None go", "reallocations_saving") == 200_000


def test_no_more_posts_go_than_time_is_freed() -> None:
    assert at("More go", "reallocations_saving") == at("More go", "post_cash") == 5 * 80_000


def test_a_lever_that_claims_more_cash_than_posts_go_fails_a_check() -> None:
    # The lever claims part of its saving as cash: too much where no post goes, not too much where all five go.
    assert fails(with_row("reallocations", **{**POSTS, "released": 0, "vacancies": 0}), "cash_within_posts")
    assert not fails(with_row("reallocations", **{**POSTS, "released": 5}), "cash_within_posts")


def test_reskilling_saves_the_premium_while_people_stay() -> None:
    # Hiring: 20,000 + 0.25 x 160,000 = 60,000 for a post, 1/3 + 1/6 = 0.5 times a year: 160,000 + 30,000 = 190,000.
    # Reskilling: (10,000 + 0.5 x 120,000) / 0.7 = 100,000, also 0.5 times: 120,000 + 50,000 = 170,000. Five posts.
    assert at("Stay", "hire_once") == 60_000
    assert at("Stay", "own_once") == pytest.approx(100_000, rel=1e-12)
    assert at("Stay", "reskillings_saving") == pytest.approx(100_000, rel=1e-9)
    # Two in three leave: once a year, 120,000 + 100,000 = 220,000; 5 x (190,000 - 220,000).
    assert at("Leave", "reskillings_saving") == pytest.approx(-150_000, rel=1e-9)


# All of them ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "columns", "place"),
    [
        ("validations", {**DESK, "service_level": "100%"}, "service_level"),
        ("validations", {**DESK, "handle_minutes": 0}, "handle_minutes"),
        ("time_studies", {**STUDY, "count_after": 1}, "count_after"),
        ("adoptions", {**USE, "curve": "cubic"}, "curve"),
        ("reskillings", {**SKILLS, "passed": 0}, "passed"),
        ("confidence_bands", {"share": "90%", "error_rate": "1%"}, "share"),
    ],
)
def test_a_figure_out_of_bounds_is_refused_by_name(table: str, columns: dict[str, object], place: str) -> None:
    with pytest.raises(InputError, match=rf"tables\.{table}.*{place}"):
        case_of({**TABLES, table: {"By hand": columns}})


def test_the_rows_that_come_with_the_programme_save_and_pass_their_checks() -> None:
    # Cases of the two bands below 80: 25% of 150 at 6 minutes are 3.75 erlang; (24 - n / 0.7) x 62,000 less
    # (6.7% - 5.1%) x 90% x 150 x 2,080 x 40 of errors and 60,000. The others as in the cases above.
    reviewers = fewest(3.75, 0.9, 10 / 6)
    missed = (0.067 - 0.051) * 0.9 * 150 * 2080 * 40
    least = 3.4 - NormalDist().inv_cdf(0.975) * math.sqrt(4.2**2 / 60 + 3.6**2 / 60)
    found = xlroi.run(programme())
    savings = {name: value for name, value in by_lever(found, "people_saving").items() if value}
    assert savings == pytest.approx(
        {
            "Validation staffing": (24 - reviewers / 0.7) * 62_000 - missed - 60_000,
            "Time to resolution": 420 * 3 * 150 + 420 * 4 * 85 - 70_000,
            "Adoption": 60 * (0.8 / (1 + 81 ** (-6 / 8)) - 0.3) * (90 * 85 - 400),
            "Change management": 600_000 * 0.3 - 80 * 14 * 45 - 50_000,
            "Time study": 90_000 * least / 60 * 42 - 20_000,
            "Reallocation": 4 * 78_000 + 2 * 39_000,
            "Reskilling": 6 * (185_000 + 91_250 * (1 / 3 + 0.2) - 150_000 - 112_500 * (1 / 3 + 0.15)),
        },
        rel=1e-9,
    )
    assert {name for name, rows in by_lever(found, "people_rows").items() if rows} == set(savings)
    ours = {"reviewers_found", "tries_without_gap", "studies_large_enough", "cash_within_posts"}
    assert not ours & set(failing(found))


def test_a_programme_without_levers_of_people_has_none() -> None:
    typed = set(TABLES) - {"confidence_bands"}
    found = part_of(case_of({table: {} for table in typed}), (), "people_saving", "people_rows")
    assert set(by_lever(found, "people_saving").values()) == {0}
    assert set(by_lever(found, "people_rows").values()) == {0}
