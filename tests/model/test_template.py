"""Templates: what a modeller does wrong is named with file and line."""

from __future__ import annotations

import pytest

from xlroi.api import run
from xlroi.errors import InputError
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml
from xlroi.model.template import load_model, model_from

TEMPLATE = """\
model: small
title: Small
version: "1"
question: Is it enough?
step: month
columns: 12
horizon: months
start: begin
inputs:
  - title: All
    items:
      months: {label: Months, unit: month, default: 12, min: 1, max: 12, integer: true}
      begin: {label: Begin, unit: date, default: 2026-01-31}
      price: {label: Price, unit: money, default: 5}
sections:
  - title: Sums
    per: month
    unit: money
    totalled: flow
    lines:
      paid: price * operating
      total: {per: none, formula: SUM(paid)}
      words: {per: none, unit: text, formula: '"total " & FIXED(total, 0)'}
outputs: [total]
answer: words
"""


def problems(old: str, new: str) -> list[str]:
    """What is said of the template after one replacement."""
    assert old in TEMPLATE
    with pytest.raises(InputError) as refused:
        model_from(parse_yaml(TEMPLATE.replace(old, new), "small.yaml"))
    return [str(p) for p in refused.value.problems]


def test_the_template_itself_is_sound() -> None:
    assert model_from(parse_yaml(TEMPLATE, "small.yaml")).system.lines["total"].reads == ("paid",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{per: none, formula: SUM(paid)}", "{per: none, formula: MAX(total, paid)}", "cut at a comma by YAML"),
        ("paid: price * operating", "paid: PRIOR(paid) + price * months", "small.yaml:21: sections.0.lines.paid"),
        ("paid: price * operating", "paid: price * operating * total", "→"),
        ("paid: price * operating", "paid: operating", "unit mismatch: the formula is in 1, the line declares money"),
        ("paid: price * operating", "paid: -price^2 * operating", "reads two ways"),
        ("paid: price * operating", "tco3: price * operating", "reads as a cell in Excel"),
        ("horizon: months", "horizon: month", "'month' is not an input; did you mean 'months'?"),
        ("outputs: [total]", "outputs: [totl]", "small.yaml:24: outputs.0: 'totl' is not a line; did you mean 'total'"),
        ("outputs: [total]", "outputs: [paid]", "outputs.0: 'paid' runs along the timeline"),
        ("    per: month\n", "    per: moth\n", "'moth' is no axis"),
        ("unit: money, default: 5", "unit: money//, default: x", "expected a number (got 'x')"),
        ("columns: 12", "columns: many", "small.yaml:6: columns"),
        ("title: Small", "titel: Small", "unknown key; did you mean 'title'"),
    ],
)
def test_a_modellers_slip_is_named(old: str, new: str, message: str) -> None:
    assert any(message in problem for problem in problems(old, new)), problems(old, new)


def test_an_unknown_model_comes_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'roi'"):
        load_model("rio")


BLOCK = """\
blocks:
  extras:
    inputs:
      - title: More
        items:
          discount: {label: Discount, unit: "%", default: 10%, min: 0, max: 1}
    tables:
      fees: {columns: {amount: {unit: money, min: 0}}, rows: {Entry: {amount: 3}, Exit: {amount: 4}}}
    sections:
      - title: Fees
        lines:
          fee: {unit: money, formula: SUM(fees.amount) * (1 - discount)}
"""


def with_block(old: str = "", new: str = "") -> str:
    template = TEMPLATE.replace("outputs:", "  - block: extras\noutputs:").replace("SUM(paid)", "SUM(paid) + fee")
    return template + BLOCK.replace(old, new)


def test_a_block_brings_inputs_and_tables_of_its_own() -> None:
    model = model_from(parse_yaml(with_block(), "small.yaml"))
    assert model.inputs["discount"].group == "More"
    case = case_from(parse_yaml("model: small", "case.yaml"), model)
    assert run(case).outputs == {"total": 12 * 5 + (3 + 4) * 0.9}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("default: 10%", "default: many", "small.yaml:32: inputs.1.items.discount.default: expected a number"),
        ("money, min: 0}", "money, min: x}", "small.yaml:34: tables.fees.columns.amount.min"),
        (
            "    tables:",
            "    table:",
            "small.yaml:33: blocks.extras.table: not a part of a block; did you mean 'tables'",
        ),
        ("          discount:", "          price:", "the name 'price' is taken"),
    ],
)
def test_a_slip_in_a_block_is_named_with_its_line(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        model_from(parse_yaml(with_block(old, new), "small.yaml"))
    assert any(message in str(p) for p in refused.value.problems), refused.value.problems


OPTIONAL = TEMPLATE.replace(
    "sections:\n",
    "tables:\n  extras: {optional: true, columns: {price: {unit: money}}, rows: {One: {price: 7}}}\nsections:\n",
).replace("formula: SUM(paid)", "formula: SUM(paid) + SUM(extras.price)")


def test_an_optional_table_may_have_no_rows() -> None:
    model = model_from(parse_yaml(OPTIONAL, "small.yaml"))
    assert run(case_from(parse_yaml("model: small\n", "case.yaml"), model)).outputs["total"] == 12 * 5 + 7
    assert run(case_from(parse_yaml("model: small\ntables: {extras: {}}\n", "case.yaml"), model)).outputs["total"] == 60
    required = model_from(parse_yaml(OPTIONAL.replace("optional: true, ", ""), "small.yaml"))
    with pytest.raises(InputError, match="a table needs at least one row"):
        case_from(parse_yaml("model: small\ntables: {extras: {}}\n", "case.yaml"), required)


def test_an_optional_table_without_spare_rows_is_refused() -> None:
    with pytest.raises(InputError, match="a table that may be empty has spare rows"):
        model_from(parse_yaml(OPTIONAL.replace("optional: true", "optional: true, spare: 0"), "small.yaml"))
