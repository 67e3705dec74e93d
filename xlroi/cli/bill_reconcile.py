"""bill reconcile: a vendor's lines held against telemetry and agreed prices."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.bills import MEMORY, THREADS
from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, progress, shown, table
from xlroi.files import writable

if TYPE_CHECKING:
    from xlroi.finops.audit.reconcile import Reconciliation, Total

_MOST_SHOWN = 20
_MOST_JSON = 1000


def _amount(context: click.Context, option: click.Parameter, text: str) -> Decimal:
    """A number from 0 up, a share also as 2%."""
    try:
        number = Decimal(text.removesuffix("%")).scaleb(-2 if text.endswith("%") else 0)
    except InvalidOperation:
        number = Decimal(-1)
    if not 0 <= number < 10**9:
        raise click.BadParameter(f"{text!r} is no number from 0 up, as 0.5 or 2%", context, option)
    return number


_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("reconcile")
@click.argument("vendor")
@click.argument("telemetry")
@click.option("--key", help="The columns that say what was used, in both files, as cluster,gpu.  [key, or ResourceId]")
@click.option("--columns", type=click.Path(path_type=Path), help="A YAML file that says what the files call a field.")
@click.option(
    "--price", metavar="FILE", help="Agreed prices: key, unit_price, and valid_from and valid_to if they have any."
)
@click.option("--tolerance", callback=_amount, default="2%", show_default=True, help="Of the quantity measured.")
@click.option("--price-tolerance", callback=_amount, default="0.1%", show_default=True,
              help="Of the amount at the agreed price.")  # fmt: skip
@click.option("--least", callback=_amount, default="0.01", show_default=True,
              help="Money of a key and day that counts at least.")  # fmt: skip
@click.option("--grace", type=click.IntRange(0, 366), default=0, show_default=True,
              help="Days after the month of use until which a line may be billed.")  # fmt: skip
@click.option("--from", "first", type=_DAY, metavar="DATE", help="First day that counts.")
@click.option("--to", "last", type=_DAY, metavar="DATE", help="Last day that counts.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write findings: a workbook (.xlsx), or all as .csv."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file of -o.")
@MEMORY
@THREADS
@JSON
def reconcile(vendor: str, telemetry: str, key: str | None, columns: Path | None, price: str | None,
              tolerance: Decimal, price_tolerance: Decimal, least: Decimal, grace: int, first: Any, last: Any,
              output: Path | None, force: bool, memory: str, threads: int, as_json: bool) -> None:  # fmt: skip
    """Hold a VENDOR's lines against TELEMETRY by key and day; exit 1 where money differs above tolerance.

    Both are CSV or Parquet: a file, a folder or a glob. What differs is valued as repeated lines, quantity (difference
    × agreed price) and price (difference × billed quantity), which together are what was billed less what is due.
    """
    if output is not None:
        writable(output, "the findings", (".xlsx", ".csv"), force=force)
    with progress() as tell:
        from xlroi.finops.audit.contract import read_contract
        from xlroi.finops.audit.lines import load_columns, open_lines
        from xlroi.finops.audit.reconcile import Tolerance
        from xlroi.finops.audit.reconcile import reconcile as compare
        from xlroi.finops.audit.report import case_of, write_findings
        from xlroi.finops.duck import DuckEngine

        names = load_columns(columns)
        if key is not None:
            names = names.model_copy(update={"key": [part.strip() for part in key.split(",") if part.strip()]})
        days = (first.date().isoformat() if first else "", last.date().isoformat() if last else "")
        tell("comparing what was billed with what was measured")
        with DuckEngine(threads=threads, memory=memory) as engine:
            agreed = None if price is None else read_contract(open_lines(price, engine, "contract", names))
            found = compare(
                open_lines(vendor, engine, "vendor", names),
                open_lines(telemetry, engine, "telemetry", names),
                agreed,
                Tolerance(tolerance, price_tolerance, least, grace),
                days,
            )
        if output is not None and output.suffix.lower() == ".csv":
            write_findings(found, output)
        elif output is not None:
            from xlroi.api import build

            tell("writing the workbook")
            bill, meter, contract = (Path(name or "").name for name in (vendor, telemetry, price))
            build(case_of(found, f"{bill} against {meter}", bill, meter, contract), output, force=force)
    if as_json:
        print_json(_data(found))
    else:
        _show(found, output)
    if any(total.count for total in found.kinds.values()):
        sys.exit(1)


def _show(found: Reconciliation, output: Path | None) -> None:
    from xlroi.finops.audit.report import says

    def money(amount: Decimal) -> str:
        return shown(float(amount), "money")

    currency = f" {found.currency}" if found.currency else ""
    click.echo(f"{found.compared:,} keys and days from {found.days[0]} to {found.days[1]}: billed {money(found.billed)}"
               f"{currency}, due {money(found.due)}, difference {money(found.difference)}\n")  # fmt: skip
    totals = [[kind, f"{total.count:,}", money(total.value)] for kind, total in found.kinds.items()]
    table("Findings", ["Kind", "Findings", "Value"], [*totals, ["within tolerance", "", money(found.within)]])
    if found.late:
        lines = sum(late.lines for late in found.late)
        click.echo(f"\nLines billed in a later period than used, owed all the same: {lines:,}, in all "
                   f"{money(found.late_amount)}")  # fmt: skip
    if found.findings:
        by_key = [["/".join(key), f"{t.count:,}", money(t.value)] for key, t in found.by_key.items()]
        click.echo()
        table("By key", ["Key", "Findings", "Value"], by_key[:_MOST_SHOWN])
        _more(len(by_key), "keys")
        rows = [
            [f.kind, "/".join(f.item.key), f.item.day, money(f.value), says(f)] for f in found.findings[:_MOST_SHOWN]
        ]
        click.echo()
        table("Largest findings", ["Kind", "Key", "Day", "Value", "What"], rows)
        _more(len(found.findings), "findings")
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)
    if output is not None:
        left = found.differing - len(found.largest)
        rest = f"; the largest {len(found.largest):,} differences, {left:,} more are summed" if left else ""
        click.echo(f"wrote {output}{rest if output.suffix.lower() == '.xlsx' else ''}")


def _more(number: int, what: str) -> None:
    if number > _MOST_SHOWN:
        click.echo(f"{number - _MOST_SHOWN:,} more {what}: -o findings.csv has all")


def _data(found: Reconciliation) -> dict[str, Any]:
    """Amounts as texts: a number of JSON would be rounded by whoever reads it."""
    from xlroi.finops.audit.report import heads, rows
    from xlroi.finops.money import shown as in_full

    def total(t: Total) -> dict[str, Any]:
        return {"findings": t.count, "value": in_full(t.value)}

    titles = heads(found)
    listed = [dict(zip(titles, row, strict=True)) for _, row in zip(range(_MOST_JSON), rows(found), strict=False)]
    return {
        "days": list(found.days),
        "currency": found.currency,
        "compared": found.compared,
        "billed": in_full(found.billed),
        "due": in_full(found.due),
        "difference": in_full(found.difference),
        "kinds": {kind: total(t) for kind, t in found.kinds.items()},
        "within_tolerance": in_full(found.within),
        "late": {"lines": sum(late.lines for late in found.late), "amount": in_full(found.late_amount)},
        "keys": [{"key": list(key), **total(t)} for key, t in list(found.by_key.items())[:_MOST_JSON]],
        "findings": listed,
        "left_out": len(found.findings) + len(found.late) - len(listed),
        "remarks": list(found.remarks),
    }
