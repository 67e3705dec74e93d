"""bill into-case and bill variance: what a bill measures, back into a case, and held against its plan."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import FILES, Bill, reads_a_bill
from xlroi.cli.options import JSON
from xlroi.cli.show import plain, print_json, shown, table, write_text
from xlroi.errors import InputError
from xlroi.files import writable
from xlroi.values import from_serial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlroi.api import Result
    from xlroi.finops.feedback.into import Fed
    from xlroi.finops.feedback.measure import BillMeasurement, Use
    from xlroi.finops.feedback.variance import Effect

_CASE = click.argument("case", type=click.Path(path_type=Path))
_GPUS = click.option(
    "--instances", type=click.Path(path_type=Path), help="More instance types: CSV with columns instance and gpus."
)


def _measured(given: Bill, instances: Path | None) -> BillMeasurement:
    with given.opened() as bills:
        from xlroi.finops.feedback import units
        from xlroi.finops.feedback.measure import measure_bill

        known = units.more_instances(instances) if instances else units.instances()
        return measure_bill(bills, known, keep_repeated=given.keep_repeated)


@click.command("into-case")
@FILES
@_CASE
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the case here and leave CASE as it is.")
@click.option("--force", is_flag=True, help="Overwrite an existing file of -o.")
@click.option("--option", metavar="NAME", help="The row of options that takes the purchase mix.")
@click.option(
    "--as", "choices", multiple=True, metavar="QUANTITY=INPUT", help="Put a quantity into an input you choose."
)
@_GPUS
@reads_a_bill
@JSON
def into_case(given: Bill, case: Path, output: Path | None, force: bool, option: str | None,
              choices: tuple[str, ...], instances: Path | None, as_json: bool) -> None:  # fmt: skip
    """Measure FILES of a bill and put prices, mix, data and growth into CASE, with source and date.

    Prices of GPU-hours are effective: cost over GPU-hours, by term. GPUs are found by GpuCount in SkuPriceDetails, or
    by instance types that are known.
    """
    if output is not None:
        writable(output, "a case", (".yaml", ".yml"), force=force)
    found = _measured(given, instances)
    from xlroi.finops.feedback.into import feed
    from xlroi.importers.into import wanted

    done = feed(found, case, wanted(choices), option, output)
    if output is not None:
        write_text(output, done.text, force=force)
    elif done.changed:
        write_text(case, done.text, force=True)
    if as_json:
        print_json(_fed_data(found, done, output or case))
    else:
        _show_fed(found, done, output or case)


def _show_fed(found: BillMeasurement, done: Fed, written: Path) -> None:
    from xlroi.model.quantities import QUANTITIES

    rows = [
        [m.quantity, shown(float(f"{m.value:.4g}"), unit), "" if unit == "%" else unit, m.note]
        for m in found.measured
        for unit in [QUANTITIES[m.quantity].unit]
    ]
    table(found.source.name, ["Quantity", "Measured", "Unit", "How"], rows)
    if found.mix:
        click.echo("mix of GPU-hours: " + ", ".join(f"{term} {shown(s, '%')}" for term, s in found.mix.items()))
    for remark in done.remarks:
        click.echo(f"note: {remark}", err=True)
    for put in done.imported.puts:
        click.echo(f"{put.input}: {put.was} → {put.now} ({put.quantity})")
    for term, was, now in done.mix:
        click.echo(f"options, {term}: {was} → {now} (mix)")
    for quantity, why in done.imported.unused.items():
        click.echo(f"{quantity}: {why}")
    if done.mix_says:
        click.echo(f"mix: {done.mix_says}")
    click.echo(f"{written}{f'; next: xlroi run {written}' if done.changed else ': nothing changed'}")


def _fed_data(found: BillMeasurement, done: Fed, written: Path) -> dict[str, Any]:
    from xlroi.model.quantities import QUANTITIES

    return {
        "source": found.source.name,
        "as_of": found.source.as_of.isoformat(),
        "currency": found.currency,
        "whole_months": list(found.whole_months),
        "measured": [
            {"quantity": m.quantity, "value": m.value, "unit": QUANTITIES[m.quantity].unit, "note": m.note}
            for m in found.measured
        ],
        "mix": dict(found.mix),
        "case": str(written),
        "changed": done.changed,
        "inputs": [{"input": p.input, "quantity": p.quantity, "was": p.was, "now": p.now} for p in done.imported.puts],
        "mix_changed": [{"column": column, "was": was, "now": now} for column, was, now in done.mix],
        "unused": {**done.imported.unused, **({"mix": done.mix_says} if done.mix_says else {})},
        "remarks": list(done.remarks),
    }


@click.command("variance")
@FILES
@_CASE
@click.option("--option", metavar="NAME", required=True, help="The option of the case that is the plan.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write a workbook (.xlsx).")
@click.option("--force", is_flag=True, help="Overwrite an existing file of -o.")
@_GPUS
@reads_a_bill
@JSON
def variance(given: Bill, case: Path, option: str, output: Path | None, force: bool, instances: Path | None,
             as_json: bool) -> None:  # fmt: skip
    """Hold the cloud cost that CASE plans against FILES of a bill, by line: what price did, and what volume did.

    CASE is of the model infrastructure. Months are those that the plan covers and the bill has whole.
    """
    from xlroi.api import build, load_case, run

    if output is not None:
        writable(output, "a workbook", (".xlsx",), force=force)
    plan = run(load_case(case))
    found = _measured(given, instances)
    from xlroi.finops.feedback.variance import case_of, effects

    if plan.case.currency != found.currency:
        raise InputError(f"{case}: the case is in {plan.case.currency}, the bill in {found.currency}")
    planned = _planned(plan, option, case)
    covered = {month for _, month in planned}
    months = [month for month in found.whole_months if month in covered]
    if not months:
        raise InputError(
            f"{case}: its plan runs from {min(covered)} to {max(covered)}, whole months of the bill are "
            f"{', '.join(found.whole_months) or 'none'}; none is in both"
        )
    made = effects(planned, found, months)
    if output is not None:
        build(case_of(made, found, f"{case.name}, {option}", found.source.as_of), output, force=force)
    left_out = sorted(found.totals.keys() - set(months))
    if as_json:
        print_json(_variance_data(made, months, left_out, found))
    else:
        _show_variance(made, months, left_out, found, output)


def _planned(plan: Result, option: str, path: Path) -> dict[tuple[str, str], Use]:
    """Quantity and cost of the plan by line and month, from a case of the model infrastructure."""
    from xlroi.finops.feedback.measure import Use

    values = plan.values
    if plan.case.model.id != "infrastructure":
        raise InputError(f"{path}: the plan must be a case of the model infrastructure, not {plan.case.model.id}")
    names = values.row_names("options")
    if option not in names:
        raise InputError(f"{path}: there is no option {option!r}; it has {', '.join(name for name in names if name)}")
    member = names.index(option)
    start = from_serial(_number(values.cell("start_date")))
    first = start.year * 12 + start.month - 1
    made: dict[tuple[str, str], Use] = {}
    for step in range(1, int(_number(values.cell("horizon"))) + 1):
        year, month = divmod(first + step, 12)

        def at(line: str, step: int = step) -> Fraction:
            return Fraction(_number(values.cell(line, member, step)))

        share, overhead = at("cloud_share"), 1 + at("spot_overhead")
        lines = {
            "on_demand": Use(at("on_demand_hours"), at("on_demand_cost")),
            "one_year": Use(at("used_year"), at("used_year") * at("price_year")),
            "three_year": Use(at("used_three"), at("used_three") * at("price_three")),
            "spot": Use(at("spot_hours") * overhead, at("spot_cost")),
            "unused": Use(cost=at("unused_commitments")),
            "egress": Use(share * at("egress"), at("egress_cost")),
            "storage": Use(share * at("dataset"), at("cloud_storage")),
            "rest": Use(cost=at("plan")),
        }
        made |= {(kind, f"{year}-{month + 1:02d}"): use for kind, use in lines.items()}
    return made


def _number(value: object) -> float:
    if not isinstance(value, float):
        raise InputError(f"the plan cannot be computed: a line of it is {value}; see xlroi run")
    return value


def _show_variance(made: Sequence[Effect], months: Sequence[str], left_out: Sequence[str], found: BillMeasurement,
                   output: Path | None) -> None:  # fmt: skip
    from xlroi.finops.feedback.variance import LINES, summed

    sums = summed(made)
    rows = [[LINES[kind], *(shown(float(value), "money") for value in values)] for kind, values in sums.items()]
    total = [sum(column, Fraction(0)) for column in zip(*sums.values(), strict=True)]
    rows.append(["Total", *(shown(float(value), "money") for value in total)])
    span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    title = f"Plan against {found.source.name}: {span}, {found.currency}"
    table(title, ["Line", "Planned", "Billed", "Volume", "Price", "Not split", "Over plan"], rows)
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)
    if left_out:
        click.echo(f"note: {', '.join(left_out)} left out: not whole in the bill, or not in the plan", err=True)
    if output is not None:
        click.echo(f"wrote {output}; next: xlroi verify {output}")


def _variance_data(made: Sequence[Effect], months: Sequence[str], left_out: Sequence[str],
                   found: BillMeasurement) -> dict[str, Any]:  # fmt: skip
    from xlroi.finops.feedback.variance import LINES, summed

    heads = ("planned", "billed", "volume", "price", "unsplit", "over_plan")
    return {
        "source": found.source.name,
        "currency": found.currency,
        "months": list(months),
        "left_out": list(left_out),
        "lines": [
            {"line": LINES[kind], **{head: _amount(value) for head, value in zip(heads, values, strict=True)}}
            for kind, values in summed(made).items()
        ],
        "by_month": [
            {
                "month": e.month,
                "line": LINES[e.kind],
                "planned_quantity": plain(float(e.planned.quantity)),
                "actual_quantity": plain(float(e.actual.quantity)),
                "planned": _amount(e.planned.cost),
                "billed": _amount(e.actual.cost),
                "volume": _amount(e.volume),
                "price": _amount(e.price),
                "unsplit": _amount(e.unsplit),
            }
            for e in made
        ],
        "remarks": list(found.remarks),
    }


def _amount(value: Fraction) -> str:
    """An amount as a text, at a ten-thousandth."""
    return f"{float(value):.4f}"
