"""import: what a monitor, a scheduler or a benchmark measured, into a case."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, shown, table, write_text
from xlroi.errors import InputError

if TYPE_CHECKING:
    from xlroi.importers.formats import Measurement
    from xlroi.importers.into import Imported

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--into", "case", type=click.Path(path_type=Path), help="The case that takes what was measured.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the case here and leave the other as it is."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file of -o.")
@click.option(
    "--as", "choices", multiple=True, metavar="QUANTITY=INPUT", help="Put a quantity into an input of your choice."
)
@click.option("--gpus", type=float, help="GPUs installed (Slurm) or used (a benchmark), which the file does not say.")
@click.option(
    "--from", "start", type=_DAY, metavar="DATE", help="Begin of the period (Slurm); default: the first start."
)
@click.option(
    "--to",
    "end",
    type=_DAY,
    metavar="DATE",
    help="End of the period (Slurm), midnight of that day; default: the last end.",
)
@click.option("--down", type=float, default=0.0, help="GPU-hours out of service in the period (Slurm).")
@JSON
def import_(
    file: Path,
    case: Path | None,
    output: Path | None,
    force: bool,
    choices: tuple[str, ...],
    gpus: float | None,
    start: datetime | None,
    end: datetime | None,
    down: float,
    as_json: bool,
) -> None:
    """Measure FILE and, with --into, put value, range, source and date into a case.

    FILE is of nvidia-smi (CSV), DCGM (exporter text or CSV), Slurm (sacct -P), vLLM bench or AIPerf (JSON), or a
    training log with MFU. GPU activity is evidence and feeds no input; allocation, goodput and MFU each feed their own.
    """
    from xlroi.importers.formats import measure
    from xlroi.importers.into import into_case, wanted
    from xlroi.importers.source import Options

    chosen = wanted(choices)
    if case is None and (output is not None or choices):
        raise InputError("-o and --as belong to --into CASE")
    if gpus is not None and not 0 < gpus < 1e7:
        raise InputError(f"--gpus {gpus:g}: expected the number of GPUs")
    if not 0 <= down < 1e12:
        raise InputError(f"--down {down:g}: expected GPU-hours")
    if start and end and start >= end:
        raise InputError("--from must lie before --to")
    found = measure(file, Options(gpus, start, end, down))
    done = None
    if case is not None:
        done = into_case(found, case, chosen, output)
        if output is not None:
            write_text(output, done.text, force=force)
        elif done.changed:
            write_text(case, done.text, force=True)
    if as_json:
        print_json(_data(found, done, output or case))
    else:
        _show(found, done, output or case)


def _show(found: Measurement, done: Imported | None, written: Path | None) -> None:
    from xlroi.model.quantities import QUANTITIES

    rows = []
    for m in found.measured:
        known = QUANTITIES[m.quantity]
        figures = ["" if v is None else shown(float(f"{v:.4g}"), known.unit) for v in (m.value, m.low, m.high)]
        rows.append([m.quantity, *figures, "" if known.unit == "%" else known.unit, m.note])
    table(f"{found.format}: {found.source.name}", ["Quantity", "Measured", "P10", "P90", "Unit", "How"], rows)
    for remark in (*found.remarks, *(done.remarks if done else ())):
        click.echo(f"note: {remark}", err=True)
    if done is None:
        return
    for put in done.puts:
        click.echo(f"{put.input}: {put.was} → {put.now} ({put.quantity})")
    for quantity, why in done.unused.items():
        click.echo(f"{quantity}: {why}")
    if not done.puts:
        click.echo("no input of this model takes what was measured")
    changed = f"; next: xlroi run {written}" if done.changed else ": nothing changed"
    click.echo(f"{written}{changed}")


def _data(found: Measurement, done: Imported | None, written: Path | None) -> dict[str, object]:
    from xlroi.model.quantities import QUANTITIES

    data: dict[str, object] = {
        "file": str(found.source.path),
        "format": found.format,
        "sha256": found.source.digest,
        "as_of": found.source.as_of.isoformat(),
        "measured": [
            {
                "quantity": m.quantity,
                "value": m.value,
                "low": m.low,
                "high": m.high,
                "unit": QUANTITIES[m.quantity].unit,
                "evidence_only": QUANTITIES[m.quantity].evidence,
                "note": m.note,
            }
            for m in found.measured
        ],
        "remarks": [*found.remarks, *(done.remarks if done else ())],
    }
    if done is not None:
        data["case"] = str(written)
        data["changed"] = done.changed
        data["inputs"] = [{"input": p.input, "quantity": p.quantity, "was": p.was, "now": p.now} for p in done.puts]
        data["unused"] = dict(done.unused)
    return data
