"""The catalogue: what is in it, how a case refers to it, and what is refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from xlroi.errors import InputError
from xlroi.formula.units import parse_unit
from xlroi.model.case import Case, case_from, load_case
from xlroi.model.catalogue import catalogue
from xlroi.model.loading import parse_yaml

P5 = "cloud/aws/p5.48xlarge/us-east-1/on-demand"


def case(price: str, more: str = "", input: str = "on_demand_price") -> Case:  # noqa: A002  # the case's own word
    return case_from(parse_yaml(f"model: infrastructure\n{more}\ninputs:\n  {input}: {price}\n", "case.yaml"))


def test_every_figure_has_unit_source_and_kind() -> None:
    entries = catalogue().entries
    assert len(entries) > 2000
    for entry in entries:
        parse_unit(entry.unit)
        assert entry.kind
        assert entry.source
        assert entry.value >= 0
        assert (entry.currency != "") == entry.unit.startswith("money")
    kinds = {e.kind for e in entries}
    assert kinds >= {"gpu", "server", "cloud", "llm", "electricity", "pue", "colocation", "life", "macrs"}


def test_a_reference_brings_value_source_and_date() -> None:
    given = case(f"{{catalogue: {P5}}}").inputs["on_demand_price"]
    assert (given.base, given.as_of) == (6.88, date(2026, 1, 21))  # p5.48xlarge: 55.04 an hour for eight GPUs
    assert P5 in given.source
    assert given.optimistic == pytest.approx(6.88 * 1.2)  # the template's factors apply


def test_words_that_fit_one_entry_of_the_unit_are_enough() -> None:
    assert case("{catalogue: p5.48xlarge us-east-1 on-demand}").inputs["on_demand_price"].base == 6.88


def test_a_price_per_gpu_becomes_one_per_server() -> None:
    reference = "{catalogue: gpu/nvidia-h100-sxm5-80gb/street-price, times: 8 GPU/server}"
    assert case(reference, input="server_price").inputs["server_price"].base == 8 * 46875


def test_the_newest_figure_counts_and_the_others_are_named() -> None:
    given = case("{catalogue: cloud/lambda/h100-sxm5-80gb/on-demand}").inputs["on_demand_price"]
    assert given.base == 3.29
    assert given.as_of == date(2025, 2, 28)
    assert "Other figures: 2.99 (2024-09-01)" in given.note


def test_sources_that_contradict_each_other_are_kept() -> None:
    found = {(e.value, e.estimate) for e in catalogue().search("coreweave h100 on-demand")}
    assert {(2.23, False), (6.16, True)} <= found


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "{catalogue: cloud/aws/p5.48xlarge/us-east-1/on-demnad}",
            "did you mean 'cloud/aws/p5.48xlarge/us-east-1/on-demand'",
        ),
        ("{catalogue: p5.48xlarge}", "fits "),
        ("{catalogue: pue/aws-average}", "is in 1, and "),
        ("{catalogue: gpu/nvidia-h100-sxm5-80gb/street-price, times: eight}", "times: expected a number"),
    ],
)
def test_a_reference_that_leads_nowhere_is_refused(reference: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as refused:
        case(reference)
    assert "case.yaml:4" in str(refused.value)


def test_another_currency_needs_a_rate() -> None:
    reference = f"{{catalogue: {P5}}}"
    with pytest.raises(InputError, match="is in USD and the case in EUR"):
        case(reference, "currency: EUR")
    found = case(reference, "currency: EUR\nexchange: {USD: 0.5}").inputs["on_demand_price"]
    assert found.base == 3.44
    assert "6.88 USD at 0.5" in found.note


def test_prices_of_ones_own_win(tmp_path: Path) -> None:
    own = tmp_path / "mine.csv"
    own.write_text(f"id,value,unit,currency,as_of,source\n{P5},5.5,money/(GPU*h),USD,2026-11-01,Offer 4711\n")
    path = tmp_path / "case.yaml"
    path.write_text(f"model: infrastructure\nprices: mine.csv\ninputs:\n  on_demand_price: {{catalogue: {P5}}}\n")
    given = load_case(path).inputs["on_demand_price"]
    assert (given.base, given.as_of) == (5.5, date(2026, 11, 1))
    assert "Offer 4711" in given.source
    path.write_text(f"model: infrastructure\ninputs:\n  on_demand_price: {{catalogue: {P5}}}\n")
    assert load_case(path, own).inputs["on_demand_price"].base == 5.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,value\nx,1\n", "the column 'unit' is missing"),
        ("id,value,unit\nx,-1,money/GPU\n", "mine.csv:2: a price is not below 0"),
        ("id,value,unit\nx,many,money/GPU\n", "mine.csv:2"),
        ("id,value,unit\n,1,money/GPU\n", "needs an id"),
        ("id,value,unit,as_of\nx,1,money/GPU,soon\n", "mine.csv:2"),
    ],
)
def test_a_bad_price_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    own = tmp_path / "mine.csv"
    own.write_text(text)
    with pytest.raises(InputError, match=message):
        catalogue(own)


def test_the_case_that_a_workbook_carries_needs_no_catalogue() -> None:
    found = case(f"{{catalogue: {P5}, optimistic: 8}}")
    again = case_from(parse_yaml(found.text, "Change log"))
    assert again.inputs == found.inputs
    assert "base: 6.88" in found.text


def test_old_prices_are_told() -> None:
    found = case(f"{{catalogue: {P5}}}")
    assert found.old_prices(date(2026, 7, 20)) == []  # 180 days later
    assert found.old_prices(date(2026, 7, 21)) == [("on_demand_price", date(2026, 1, 21))]
    assert case(f"{{catalogue: {P5}}}", "max_price_age: 365").old_prices(date(2026, 7, 21)) == []
