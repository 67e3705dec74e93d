"""bill: what cloud providers charged, profiled and allocated."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, progress, shown, table
from xlroi.errors import EngineUnavailable

if TYPE_CHECKING:
    from xlroi.finops.bills import Bills
    from xlroi.finops.duck import DuckEngine
    from xlroi.finops.profile import Profile, Total
    from xlroi.finops.spark import SparkEngine

_MOST_KEYS = 12

FILES = click.argument("files", nargs=-1, required=True)
MAPPING = click.option(
    "--mapping", metavar="NAME", help="A layout other than FOCUS: azure_ea_amortized, aws_cur …, or a mapping file."
)
REPEATED = click.option("--keep-repeated", is_flag=True, help="Count charges that stand in two files twice.")
MEMORY = click.option("--memory", default="2GB", metavar="SIZE", help="Most memory; the rest goes to disk. [2GB]")
ENGINE = click.option(
    "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", help="What computes; Spark needs pyspark."
)
LAST_MONTH = click.option(
    "--last-month",
    type=click.Choice(["auto", "whole", "part"]),
    default="auto",
    help="Whether the newest month is over; auto looks at the days of its charges. [auto]",
)
THREADS = click.option("--threads", type=click.IntRange(0), default=0, help="Most threads; 0 for all cores.")


# The commands that have a module of their own, loaded when one is called.
_COMMANDS: dict[str, str] = {
    "allocate": "xlroi.cli.bill_allocate",
    "kpis": "xlroi.cli.bill_kpis",
    "check": "xlroi.cli.bill_check",
    "update": "xlroi.cli.bill_update",
    "reconcile": "xlroi.cli.bill_reconcile",
    "into-case": "xlroi.cli.bill_into_case",
    "variance": "xlroi.cli.bill_into_case",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command


@click.group(cls=_Lazy)
def bill() -> None:
    """Bills of cloud providers in FOCUS 1.0 to 1.4 (CSV, CSV.gz, Parquet), folders and globs of them."""


@dataclass(frozen=True, slots=True)
class Bill:
    """The files that a command was given, and how they are to be read."""

    files: tuple[str, ...]
    mapping: str | None
    keep_repeated: bool
    engine: str
    memory: str
    threads: int

    @contextmanager
    def opened(self) -> Iterator[Bills]:
        """The files opened by an engine, which is closed afterwards; progress is shown meanwhile."""
        with progress() as tell:
            from xlroi.finops.bills import open_bills

            tell("reading the bill")
            with _spark() if self.engine == "spark" else _duckdb(self.memory, self.threads) as engine:
                yield open_bills(self.files, engine, self.mapping)


def reads_a_bill(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that all readers of bills have; its first argument is then a :class:`Bill`."""

    @wraps(command)
    def called(
        files: tuple[str, ...],
        mapping: str | None,
        keep_repeated: bool,
        engine: str,
        memory: str,
        threads: int,
        **others: Any,
    ) -> None:
        command(Bill(files, mapping, keep_repeated, engine, memory, threads), **others)

    for option in (THREADS, MEMORY, ENGINE, REPEATED, MAPPING):
        called = option(called)
    return called


def _duckdb(memory: str, threads: int) -> DuckEngine:
    from xlroi.finops.duck import DuckEngine

    return DuckEngine(threads=threads, memory=memory)


def _spark() -> SparkEngine:
    try:
        from xlroi.finops.spark import SparkEngine
    except ImportError as error:
        raise EngineUnavailable(f"Spark is not installed ({error}); pip install pyspark, with Java 17") from None
    return SparkEngine()


@bill.command()
@FILES
@reads_a_bill
@JSON
def profile(given: Bill, as_json: bool) -> None:
    """Say what FILES hold: totals, months, tags, what looks wrong, and which cost column to trust."""
    from xlroi.finops.profile import profile as made

    with given.opened() as bills:
        found = made(bills, keep_repeated=given.keep_repeated)
    if as_json:
        print_json(_data(found))
    else:
        _show(found)


def _name(value: str | None) -> str:
    return value or "(none)"


def _share(value: float | None) -> str:
    return "" if value is None else shown(value, "%")


def _costs(total: Total) -> dict[str, str]:
    from xlroi.finops.money import shown as in_full

    return {cost: in_full(amount) for cost, amount in total.costs.items()}


def _show(found: Profile) -> None:
    from xlroi.finops.money import shown as in_full

    layouts = sorted({layout for _, layout, _ in found.files})
    months = found.months[0] if len(found.months) == 1 else f"{found.months[0]} to {found.months[-1]}"
    number = f"{len(found.files)} file{'s' if len(found.files) > 1 else ''}"
    click.echo(f"{found.rows:,} rows in {number} ({', '.join(layouts)}), billed for {months}\n")
    heads = ["Provider", "Currency", "Rows", "Billed", "Effective", "Contracted", "List"]
    rows = [[_name(t.provider), _name(t.currency), f"{t.rows:,}", *_costs(t).values()] for t in found.totals]
    table("Totals", heads, rows)
    if len(found.months) > 1:
        rows = [[str(t.month), _name(t.provider), _name(t.currency), f"{t.rows:,}", *_costs(t).values()]
                for t in found.by_month]  # fmt: skip
        click.echo()
        table("By billing month", ["Month", *heads], rows)
    click.echo()
    table("Which cost to trust", ["Provider", "Currency", "Trust", "Why"],
          [[_name(v.provider), _name(v.currency), v.trust, v.why] for v in found.verdicts])  # fmt: skip
    covered = [c for c in found.coverage if c.provider is None]
    rows = [
        [c.key or "(any tag)", _name(c.currency), f"{c.tagged_rows:,}", _share(c.share_of_rows), in_full(c.tagged_cost),
         _share(c.share_of_cost)]
        for c in covered[:_MOST_KEYS]
    ]  # fmt: skip
    click.echo()
    table("Tagged, by rows and by the cost to trust", ["Tag", "Currency", "Rows", "Of rows", "Cost", "Of cost"], rows)
    if len(covered) > _MOST_KEYS:
        click.echo(f"{len(covered) - _MOST_KEYS} more tag keys, and all by provider: --json")
    if found.commitments:
        rows = [[c.month, _name(c.provider), _name(c.currency), in_full(c.used), in_full(c.unused),
                 _share(c.utilisation)] for c in found.commitments]  # fmt: skip
        click.echo()
        table("Commitments, effective cost", ["Month", "Provider", "Currency", "Used", "Unused", "Utilisation"], rows)
    if found.suspicions:
        rows = [[_name(s.provider), s.column, f"{s.rows:,}", s.says, s.example[:40]] for s in found.suspicions]
        click.echo()
        table("Looks wrong", ["Provider", "Column", "Rows", "What", "Example"], rows)
    for remark in found.remarks:
        click.echo(f"note: {remark}", err=True)


def _data(found: Profile) -> dict[str, Any]:
    """Amounts as texts: a number of JSON would be rounded by whoever reads it."""
    from xlroi.finops.money import shown as in_full

    def total(t: Total) -> dict[str, Any]:
        return {"provider": t.provider, "currency": t.currency, "rows": t.rows, **_costs(t)}

    return {
        "files": [{"file": file, "layout": layout, "rows": rows} for file, layout, rows in found.files],
        "rows": found.rows,
        "months": list(found.months),
        "currencies": sorted({_name(t.currency) for t in found.totals}),
        "totals": [total(t) for t in found.totals],
        "by_month": [{"month": t.month, **total(t)} for t in found.by_month],
        "verdicts": [
            {"provider": v.provider, "currency": v.currency, "trust": v.trust, "why": v.why, "columns": dict(v.states)}
            for v in found.verdicts
        ],
        "tags": [
            {
                "key": c.key,
                "provider": c.provider,
                "currency": c.currency,
                "tagged_rows": c.tagged_rows,
                "rows": c.rows,
                "share_of_rows": c.share_of_rows,
                "tagged_cost": in_full(c.tagged_cost),
                "cost": in_full(c.cost),
                "share_of_cost": c.share_of_cost,
            }
            for c in found.coverage
        ],
        "commitments": [
            {
                "month": c.month,
                "provider": c.provider,
                "currency": c.currency,
                "used": in_full(c.used),
                "unused": in_full(c.unused),
                "utilisation": c.utilisation,
            }
            for c in found.commitments
        ],
        "suspicious": [
            {"provider": s.provider, "column": s.column, "rows": s.rows, "says": s.says, "example": s.example}
            for s in found.suspicions
        ],
        "remarks": list(found.remarks),
    }
