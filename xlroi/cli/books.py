"""build, verify, demo."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, progress, warn_of_old_prices, working
from xlroi.errors import InputError
from xlroi.files import same

if TYPE_CHECKING:
    from xlroi.workbook.write import NamedFunction

_ENGINES = click.Choice(["ironcalc", "libreoffice", "all"])


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: the case's name with .xlsx.")
@click.option("--force", is_flag=True, help="Overwrite an existing workbook.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Date of the build; default: today.")
@click.option("--prove", "prove_it", is_flag=True, help="Prove it with IronCalc first and stamp that on Review.")
@click.option(
    "--static-sensitivity", "static", is_flag=True, help="Add sensitivities as stamped values (for Google Sheets)."
)
@click.option("--no-what-if", "plain", is_flag=True, help="Leave out What-If tables (for LibreOffice).")
@click.option("--prices", type=click.Path(path_type=Path), help="A price file of your own; it wins over the catalogue.")
@click.option(
    "--simulate", "trials", type=click.IntRange(1, 10_000_000), help="Add a simulation of that many trials, stamped."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="For --simulate.")
@click.option("--optimise", "chosen", is_flag=True, help="Add the best choice and the frontier, stamped.")
@click.option("--functions", is_flag=True, help="Carry the worksheet functions, =AI_TCO(...), as LAMBDA names.")
@JSON
def build(
    case: Path,
    output: Path | None,
    force: bool,
    day: datetime | None,
    prove_it: bool,
    static: bool,
    plain: bool,
    prices: Path | None,
    trials: int | None,
    seed: int,
    chosen: bool,
    functions: bool,
    as_json: bool,
) -> None:
    """Write the workbook of CASE: live formulas, every one with its value."""
    from xlroi.api import Draws, load_case
    from xlroi.api import build as write

    target = output or case.with_suffix(".xlsx")
    if same(target, case):
        raise InputError(f"{case}: this is the workbook to read; name another one for the result with -o")
    built_on = day.date() if day else None
    loaded = load_case(case, prices)
    warn_of_old_prices(loaded, built_on or date.today())
    best = None
    if chosen:
        from xlroi.analysis.optimise import optimum

        with working() as step:
            best = optimum(loaded, progress=step)
    built = write(
        loaded,
        target,
        day=built_on,
        force=force,
        prove_it=prove_it,
        static=static,
        draws=Draws(trials, seed) if trials else None,
        optimum=best,
        live=not plain,
        functions=_lambdas() if functions else (),
    )
    if as_json:
        print_json({"workbook": str(built.path), "formula_cells": built.formula_cells, "sheets": list(built.sheets)})
    else:
        click.echo(f"wrote {built.path}: {len(built.sheets)} sheets, {built.formula_cells:,} formula cells")
        click.echo(f"next: xlroi verify {built.path}")


def _lambdas() -> list[NamedFunction]:
    from xlroi.cells.hosts.lambdas import lambdas

    return [each.name for each in lambdas()]


@click.command()
@click.argument("book", type=click.Path(path_type=Path))
@click.option("--engine", "engines", type=_ENGINES, multiple=True, default=("ironcalc",), show_default=True)
@click.option("--states", default=25, show_default=True, type=click.IntRange(1, 100_000), help="States to prove.")
@JSON
def verify(book: Path, engines: tuple[str, ...], states: int, as_json: bool) -> None:
    """Recalculate BOOK by independent engines, in many states, and compare every formula cell.

    Exit code 0: all equal; 1: a mismatch; 2: no such or a foreign workbook; 3: an engine could not run.
    """
    from xlroi.api import verify as prove

    with progress() as step:
        found = prove(book, engines, states, step)
    if as_json:
        print_json(_as_data(found))
    else:
        _report(found)
    if not found.passed:
        sys.exit(1)


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("dist/demo"), show_default=True)
@click.option("--examples", type=click.Path(path_type=Path), default=Path("examples"), show_default=True)
def demo(output: Path, examples: Path) -> None:
    """Build the examples, verify them, and say where they are."""
    from xlroi.api import build as write
    from xlroi.api import load_case
    from xlroi.api import run as evaluate
    from xlroi.api import verify as prove

    cases = sorted(examples.glob("*.yaml"))
    if not cases:
        raise InputError(f"{examples}: no examples here; name their folder with --examples")
    output.mkdir(parents=True, exist_ok=True)
    failed = False
    for path in cases:
        case = load_case(path)
        result = evaluate(case)
        built = write(case, output / f"{path.stem}.xlsx", force=True, prove_it=True)
        click.echo(f"{case.title}\n  {result.values.cell(case.model.answer)}")
        with progress() as step:
            found = prove(built.path, ("ironcalc",), 25, step)
        _report(found)
        failed |= not found.passed
    click.echo(f"The workbooks are in {output}")
    if failed:
        sys.exit(1)


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("dist/books"), show_default=True)
@click.option("--examples", type=click.Path(path_type=Path), default=Path("examples"), show_default=True)
@JSON
def books(output: Path, examples: Path, as_json: bool) -> None:
    """Write one ready workbook per model, proven, for people who have only a spreadsheet.

    The examples with a template of their own, if there are any, come along.
    """
    from xlroi.api import build as write
    from xlroi.api import load_case
    from xlroi.model.case import case_from
    from xlroi.model.loading import parse_yaml
    from xlroi.model.starter import starter_case
    from xlroi.model.template import load_model, model_names

    output.mkdir(parents=True, exist_ok=True)
    made = []
    with progress() as step:
        for name in model_names():
            step(f"building and proving {name}")
            model = load_model(name)
            case = case_from(parse_yaml(starter_case(model), f"{name}.yaml"), model)
            made.append(write(case, output / f"{name}.xlsx", force=True, prove_it=True))
        for path in sorted(examples.glob("*.yaml")):
            case = load_case(path)
            if case.model.id not in model_names():
                step(f"building and proving {case.model.id}")
                made.append(write(case, output / f"{case.model.id}.xlsx", force=True, prove_it=True))
    if as_json:
        print_json([{"workbook": str(b.path), "formula_cells": b.formula_cells} for b in made])
    else:
        for built in made:
            click.echo(f"wrote {built.path}: {built.formula_cells:,} formula cells, each proven in 25 states")


def _as_data(found: Any) -> dict[str, Any]:
    proof = found.proof
    return {
        "workbook": str(found.path),
        "passed": found.passed,
        "formula_cells": proof.cells,
        "inputs_edited_since_build": list(found.edited),
        "engines": [
            {
                "engine": e.engine,
                "version": e.version,
                "cells": e.cells,
                "states": e.states,
                "worst_difference": e.worst.difference,
                "worst_cell": e.worst.cell,
            }
            for e in proof.engines
        ],
        "mismatches": [
            {
                "sheet": m.sheet,
                "cell": m.cell,
                "formula": m.formula,
                "expected": m.expected,
                "got": m.got,
                "state": m.state,
                "engine": m.engine,
            }
            for m in proof.mismatches
        ],
    }


def _report(found: Any) -> None:
    proof = found.proof
    for e in proof.engines:
        click.echo(
            f"  {e.engine} {e.version}: {e.cells:,} formula cells in {e.states} states, "
            f"worst accepted difference {e.worst.difference:.1e} at {e.worst.cell or 'no cell'}"
        )
    if proof.mismatches:
        click.echo(f"  MISMATCH: {len(proof.mismatches):,} cells differ")
        for m in proof.mismatches[:20]:
            click.echo(
                f"    {m.sheet}!{m.cell} [{m.engine}, {m.state}] ={m.formula}: expected {m.expected!r}, got {m.got!r}"
            )
        if len(proof.mismatches) > 20:
            click.echo("    … --json lists all")
    elif found.edited:
        click.echo(f"  inputs edited since build: {', '.join(found.edited)}; at these inputs every cell agrees")
    else:
        click.echo("  verified: cached values, engine and recalculation agree in every formula cell")
