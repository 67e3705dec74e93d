"""read, diff, export: from a workbook back to its case, between two cases, and out to a warehouse."""

from __future__ import annotations

from pathlib import Path

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, shown, table, write_text
from xlroi.errors import InputError


@click.command()
@click.argument("book", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to write the case; without, it is printed."
)
@click.option("--force", is_flag=True, help="Overwrite an existing case.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def read(book: Path, output: Path | None, force: bool, as_json: bool) -> None:
    """Turn a workbook edited in a spreadsheet back into its case, and list every changed input.

    The workbook is only read. An overtyped or altered formula is an error that names its cell.
    """
    from xlroi.api import read_case

    found = read_case(book)
    if output is not None:
        write_text(output, found.text, force=force)
    if as_json:
        changes = [{"path": c.path, "was": c.was, "now": c.now} for c in found.changes]
        print_json({"workbook": str(book), "case": str(output) if output else None, "changes": changes})
        return
    if output is None:
        click.echo(found.text, nl=False)
        return
    for change in found.changes:
        click.echo(f"{change.path}: {change.was} → {change.now}")
    said = f"{len(found.changes)} changed" if found.changes else "nothing changed since the build"
    click.echo(f"wrote {output}: {said}; next: xlroi build {output}")


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("--output", "line", default=None, help="The output to explain; default: npv, else the first headline.")
@click.option("-o", "book", type=click.Path(path_type=Path), help="Write the bridge as a workbook with a waterfall.")
@click.option("--force", is_flag=True, help="Overwrite an existing workbook.")
@JSON
def diff(first: Path, second: Path, line: str | None, book: Path | None, force: bool, as_json: bool) -> None:
    """What changed from FIRST to SECOND (cases or workbooks), and what each change does to an output."""
    from xlroi.analysis.bridge import bridge
    from xlroi.api import build_bridge, load_case

    a, b = load_case(first), load_case(second)
    found = bridge(a, b, line)
    if book is not None:
        build_bridge(found, a, b, book, force=force)
    if as_json:
        print_json(
            {
                "output": found.output,
                "first": found.start,
                "changes": [{"path": s.path, "was": s.was, "now": s.now, "effect": s.effect} for s in found.steps],
                "second": found.end,
                "remainder": found.remainder,
            }
        )
        return
    rows = [[f"{first}", "", "", shown(found.start, found.unit)]]
    rows += [[s.path, s.was, s.now, shown(s.effect, found.unit)] for s in found.steps]
    rows += [[f"{second}", "", "", shown(found.end, found.unit)]]
    rows += [["remainder", "", "", shown(round(found.remainder, 9) + 0.0, found.unit)]]
    table(found.label, ["Input", "Was", "Now", "Effect"], rows)
    if book is not None:
        click.echo(f"wrote {book}")


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--long", "is_long", is_flag=True, required=True, help="One row per model, scenario, line, member and date."
)
@click.option("--scenario", default="all", show_default=True, help="base, optimistic, pessimistic or all.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="A file ending in .csv or .parquet."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def export(case: Path, is_long: bool, scenario: str, output: Path, force: bool) -> None:
    """Write every line of CASE as a long table, for Anaplan, Adaptive or a warehouse."""
    from xlroi.api import export_long, load_case
    from xlroi.model.model import SCENARIOS

    assert is_long  # the only layout so far; the flag says so in scripts
    chosen = [s for s in SCENARIOS if scenario in ("all", s)]
    if not chosen:
        raise InputError(f"--scenario {scenario}: expected all or one of {', '.join(SCENARIOS)}")
    rows = export_long(load_case(case), output, chosen, force=force)
    click.echo(f"wrote {output}: {rows:,} rows")
