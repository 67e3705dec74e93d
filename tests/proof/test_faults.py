"""A proof is worth what it catches: planted faults, one at a time, in several states."""

from __future__ import annotations

import random
import re
from datetime import date
from pathlib import Path

import pytest

import xlroi
from xlroi.proof.cells import Key
from xlroi.proof.compare import Worst, compare, searched_cells
from xlroi.proof.recalculation import open_book
from xlroi.workbook.book import Book, book_of
from xlroi.workbook.layout import Layout
from xlroi.workbook.write import layout_of

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "predictive_maintenance.yaml"
DAY = date(2026, 11, 20)
FAULTS = 1000

# Every driver at work, so that no product hides behind a 0; the second state ends at the last column.
STATES: tuple[dict[str, float], ...] = (
    {"contingency.base": 0.1, "ramp_months.base": 7, "annual_operating_cost.base": 12_300,
     "decommissioning_cost.base": 4_567, "annual_risk_reduction.base": 8_900, "churn_reduction.base": 0.013,
     "customers.base": 310, "customer_value.base": 77, "events_per_month.base": 21, "recall.base": 0.81,
     "precision.base": 0.64, "catch_value.base": 1_450, "false_alarm_cost.base": 95, "period_months.base": 60},
    {"contingency.base": 0.05, "ramp_months.base": 3, "monthly_revenue.base": 12_000, "monthly_savings.base": 9_000,
     "period_months.base": 29, "discount_rate.base": 0.17, "initial_investment.base": 71_000,
     "monthly_operating_cost.base": 8_000},
)  # fmt: skip


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Book, Layout]:
    case = xlroi.load_case(EXAMPLE)
    path = tmp_path_factory.mktemp("faults") / "book.xlsx"
    xlroi.build(case, path, day=DAY, live=False)  # this campaign recalculates by an engine without What-If tables
    book = book_of(case, DAY, live=False)
    return path, book, layout_of(book, DAY)


def _shift(reference: re.Match[str], rows: int, columns: int) -> str:
    from openpyxl.utils import column_index_from_string, get_column_letter

    dollar, letters, fixed, row = reference.groups()
    column = get_column_letter(max(1, column_index_from_string(letters) + columns))
    return f"{dollar}{column}{fixed}{max(1, int(row) + rows)}"


_REFERENCE = re.compile(r"(\$?)\b([A-Z]{1,2})(\$?)([0-9]+)\b")


def _fault(formula: str, value: object, rng: random.Random) -> tuple[str, str]:
    """A wrong formula of some kind; the same text where the kind does not fit this formula."""
    kind = rng.choice(["value", "formula", "sign", "range", "anchor", "swap", "overtyped"])
    references = list(_REFERENCE.finditer(formula))
    match kind:
        case "value" | "overtyped":
            number = value if isinstance(value, float) else 0.0
            wrong = number * 1.01 + 1 if kind == "value" else float(f"{number:.3g}")
            return kind, formula if wrong == number or not isinstance(value, float) else repr(wrong)
        case "formula":
            return kind, re.sub(r"\b1\b", "2", formula, count=1)
        case "sign":
            return kind, formula.replace("+", "-", 1) if "+" in formula else f"-1*({formula})"
        case "range" if re.search(r":\$?[A-Z]{1,2}\$?[0-9]", formula):
            end = list(re.finditer(r":(\$?)([A-Z]{1,2})(\$?)([0-9]+)", formula))[-1]
            inner = _REFERENCE.fullmatch(end[0][1:])
            assert inner is not None
            return kind, formula[: end.start() + 1] + _shift(inner, 0, -1) + formula[end.end() :]
        case "anchor" if references:
            chosen = rng.choice(references)
            moved = _shift(chosen, rng.choice([-1, 1]), 0)
            return kind, formula[: chosen.start()] + moved + formula[chosen.end() :]
        case "swap" if len({r[0] for r in references}) > 1:
            if len(set(re.sub(r"[^-+*/<>=(,&^]", "", formula))) == 1 and set(formula) & set("+*="):
                return kind, formula  # operands of one commuting operator: no fault at all
            a, b = references[0][0], next(r[0] for r in references if r[0] != references[0][0])
            return kind, re.sub(r"\$?\b[A-Z]{1,2}\$?[0-9]+\b", lambda m: {a: b, b: a}.get(m[0], m[0]), formula)
    return kind, formula


def test_a_campaign_of_a_thousand_faults_is_caught(
    planned: tuple[Path, Book, Layout], capsys: pytest.CaptureFixture[str]
) -> None:
    path, book, layout = planned
    formulas: dict[Key, str] = {(f.sheet, f.ref): f.formula for f in layout.formulas()}
    places = layout.input_cells()
    searched = searched_cells(formulas)
    expected = [layout.values(book.values({**state})) for state in STATES]
    base = layout.values(book.values())
    rng = random.Random(20261120)
    # A cell that is 0 in every state hides what is multiplied there: only cells at work are faulted.
    keys = sorted(key for key in formulas if any(values[key] not in (0.0, "") for values in expected))
    assert len(keys) > 0.75 * len(formulas)
    caught = 0
    missed: list[str] = []
    with open_book(path, "ironcalc") as cells:

        def differs(state: int) -> bool:
            cells.set({places[id]: value for id, value in STATES[state].items()})
            cells.recalculate()
            got = cells.values()
            cells.set({places[id]: book.leaves[id] for id in STATES[state]})  # type: ignore[misc]
            return bool(compare(formulas, expected[state], got, "", "", Worst(), searched))

        assert not any(differs(i) for i in range(len(STATES)))  # nothing is found where nothing is wrong
        planted = 0
        while planted < FAULTS:
            key = rng.choice(keys)
            kind, wrong = _fault(formulas[key], base[key], rng)
            if wrong == formulas[key]:
                continue
            planted += 1
            cells.set_formula(*key, wrong)
            try:
                found = any(differs(i) for i in range(len(STATES)))
            except xlroi.BookError:
                found = True  # the fault made a circle or a formula that no engine reads
            if found:
                caught += 1
            else:
                missed.append(f"{kind}: {key[0]}!{key[1]} ={formulas[key]} → ={wrong}")
            cells.set_formula(*key, formulas[key])
    with capsys.disabled():
        print(f"\n{caught} of {FAULTS} planted faults caught ({caught / FAULTS:.1%}) in {len(STATES)} states")
        for line in missed[:5]:
            print(f"  not caught: {line}")
    # What is left agrees in both states: the wrong reference is 0 or 1 like the right one, a flag is set in one month
    # only, or the swap commutes. 'verify' names these as altered formulas, as it compares their texts too.
    assert caught >= 0.93 * FAULTS
