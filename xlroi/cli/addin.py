"""addin: worksheet functions for spreadsheets."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json
from xlroi.errors import InputError
from xlroi.files import placed

__all__ = ["addin"]

_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), help="Excel's XLSTART folder, where it is not the usual one."
)


@click.group()
def addin() -> None:
    """Worksheet functions such as =AI_TCO(…), for Excel, xlwings and Calc."""


@addin.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("dist/addin"), show_default=True)
@click.option("--force", is_flag=True, help="Overwrite files of an earlier build.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Date of the build; default: today.")
@JSON
def build(output: Path, force: bool, day: datetime | None, as_json: bool) -> None:
    """Write the files of every host: LAMBDA workbook, xlwings Lite, classic xlwings, LibreOffice."""
    from xlroi.cells.hosts import addin as classic
    from xlroi.cells.hosts import calc, functions_book, lite

    files = functions_book.files((day or datetime.now()).date()) | calc.files()
    files |= {f"lite/{name}": content for name, content in lite.files().items()}
    files |= {f"classic/{name}": content for name, content in classic.files().items()}
    there = [output / name for name in files if (output / name).exists()]
    if there and not force:
        raise InputError(f"{there[0]}: exists already; choose another folder with -o, or overwrite with --force")
    for name, content in files.items():
        with placed(output / name) as draft:
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
    if as_json:
        print_json({"written": [str(output / name) for name in files]})
        return
    for name, what in _MEANT_FOR.items():
        click.echo(f"{output / name}: {what}")
    click.echo("next: docs/hosts.md says how each is installed; none has been tried in Microsoft Excel")


_MEANT_FOR = {
    "xlroi-functions.xlsx": "Excel 2024 or 365, copy its sheet",
    "lite": "xlwings Lite, upload xlroi_functions.py",
    "classic": "Excel on Windows with xlwings; xlroi addin install does it",
    "xlroi.oxt": "LibreOffice Calc, unopkg add",
}


# ---- the classic add-in: Excel on Windows with Python ----------------------------------------------------------------


@addin.command()
@_FOLDER
@click.option("--python", default=None, help="The Python that Excel starts; default: the one that runs this.")
@click.option("--force", is_flag=True, help="Replace an add-in of xlroi; xlroi.bas must then be imported again.")
@JSON
def install(folder: Path | None, python: str | None, force: bool, as_json: bool) -> None:
    """Put the classic xlwings add-in where Excel on Windows loads it."""
    from xlroi.cells.hosts.install import excel_folder
    from xlroi.cells.hosts.install import install as place

    # A folder that is named elsewhere is for another machine, whose Python is not this one.
    here = sys.executable if sys.platform == "win32" else ""
    made = place(folder or excel_folder(), here if python is None else python, force=force)
    if as_json:
        print_json({"written": [str(path) for path in made]})
        return
    for path in made:
        click.echo(f"wrote {path}")
    readme = next(path for path in made if path.name == "README.txt")
    click.echo(f"next: start Excel and import xlroi.bas once, as {readme} says; then: xlroi addin doctor")


@addin.command()
@_FOLDER
@JSON
def remove(folder: Path | None, as_json: bool) -> None:
    """Take the classic xlwings add-in out of Excel again."""
    from xlroi.cells.hosts.install import excel_folder
    from xlroi.cells.hosts.install import remove as take_out

    place = folder or excel_folder()
    gone = take_out(place)
    if as_json:
        print_json({"removed": [str(path) for path in gone]})
        return
    for path in gone:
        click.echo(f"removed {path}")
    if not gone:
        click.echo(f"nothing of xlroi to remove in {place}")


@addin.command()
@_FOLDER
@JSON
def doctor(folder: Path | None, as_json: bool) -> None:
    """Say why the classic xlwings add-in does not work, and the way out.

    Exit code 0: nothing is wrong; 1: something is.
    """
    from xlroi.cells.hosts.doctor import findings, this_machine
    from xlroi.cells.hosts.install import excel_folder

    if folder is None:
        try:
            folder = excel_folder()
        except InputError:
            folder = None  # said as a finding of its own
    found = findings(this_machine(folder))
    if as_json:
        print_json([asdict(f) for f in found])
    else:
        for f in found:
            click.echo(f"{f.status:<8} {f.name}: {f.text}" + (f"\n         way out: {f.way_out}" if f.way_out else ""))
    if any(f.status == "problem" for f in found):
        sys.exit(1)
