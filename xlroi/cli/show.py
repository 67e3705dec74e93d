"""Values and tables as the terminal and JSON show them."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.errors import InputError
from xlroi.files import placed
from xlroi.values import CellValue, ExcelError, from_serial

if TYPE_CHECKING:
    from xlroi.model.case import Case

__all__ = ["plain", "print_json", "progress", "shown", "table", "warn_of_old_prices", "working", "write_text"]


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def write_text(path: Path, text: str, *, force: bool) -> None:
    """Write a text under a temporary name and move it into place; raises :class:`InputError`."""
    if path.exists() and not force:
        raise InputError(f"{path}: exists already; choose another name, or overwrite it with --force")
    with placed(path) as draft:
        draft.write_text(text, encoding="utf-8")


def warn_of_old_prices(case: Case, day: date) -> None:
    """A line on standard error for prices that are older than the case allows."""
    old = case.old_prices(day)
    if not old:
        return
    names = ", ".join(f"{id} ({as_of})" for id, as_of in old[:5]) + (
        f" and {len(old) - 5} more" if len(old) > 5 else ""
    )
    click.echo(f"warning: prices older than {case.max_price_age} days: {names}", err=True)


def shown(value: CellValue, unit: str) -> str:
    """A value with the decimals of its unit.

    >>> shown(0.0825, "%"), shown(-0.001, "money"), shown(None, "money")
    ('8.25%', '0.00', '')
    """
    if value is None:
        return ""
    if isinstance(value, (str, ExcelError)):
        return str(value)
    if unit == "date":
        return from_serial(value).isoformat()
    if unit.startswith("%"):
        return f"{value * 100:z,.4f}".rstrip("0").rstrip(".") + "%"
    if unit in ("money", "money/month", "money/year"):
        return f"{value:z,.2f}"
    if abs(value) >= 1e12:
        return f"{value:.4g}"
    return f"{value:,.6g}" if value != int(value) else f"{int(value):,}"


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """A table by rich on a terminal, tabs-free plain columns elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table

        made = Table(*heads, title=title, title_justify="left")
        for row in rows:
            made.add_row(*row)
        Console().print(made)
        return
    click.echo(title)
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    for row in [heads, *rows]:
        click.echo("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def plain(value: Any) -> Any:
    """Numbers that JSON has no word for, in words."""
    if isinstance(value, float):
        return None if math.isnan(value) else ("infinite" if math.isinf(value) else value)
    return str(value) if isinstance(value, str) else value


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """What is being proven, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("opening") as status:
        yield status.update


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """What is being done and for how long, on a terminal only: for work that tells nothing until it is done."""
    with progress() as update:
        since, what, over = time.monotonic(), "", threading.Event()

        def say(now: str) -> None:
            nonlocal since, what
            since, what = time.monotonic(), now
            update(now)

        def tick() -> None:
            while not over.wait(1.0):
                update(f"{what} ({time.monotonic() - since:.0f} s)")

        threading.Thread(target=tick, daemon=True).start()
        try:
            yield say
        finally:
            over.set()
