"""memo."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.options import CASE, JSON, SCENARIO, SET, case_at
from xlroi.cli.show import plain, print_json, progress, warn_of_old_prices
from xlroi.errors import InputError
from xlroi.files import same

if TYPE_CHECKING:
    from xlroi.report.content import Memo
    from xlroi.report.proving import Proven


@click.command()
@CASE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Ends in .docx, .html or .md. Default: CASE.docx."
)
@click.option(
    "--layout", type=click.Choice(["board", "tei"]), default="board", show_default=True, help="tei: Forrester's."
)
@click.option("--no-prove", "unproven", is_flag=True, help="Do not prove the workbook of the case; the memo says so.")
@click.option("--simulate", "trials", type=click.IntRange(1, 10_000_000), help="Add a simulation of that many draws.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="For --simulate.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Date of the memo; default: today.")
@click.option("--force", is_flag=True, help="Overwrite an existing memo.")
@SCENARIO
@SET
@JSON
def memo(
    case: Path,
    output: Path | None,
    layout: Any,
    unproven: bool,
    trials: int | None,
    seed: int,
    day: datetime | None,
    force: bool,
    scenario: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write CASE, a case or a workbook, as a memo for those who decide.

    Every number is of the same run as the workbook, which is proven with IronCalc in 25 states first.
    """
    from xlroi.analysis.simulate import simulate
    from xlroi.report.memo import memo_of
    from xlroi.report.proving import proven
    from xlroi.report.write import refused, write_memo

    target = output or case.with_suffix(".docx")
    if same(target, case):
        raise InputError(f"{case}: this is the case to read; name another file for the memo with -o")
    refused(target, force=force)
    loaded, on = case_at(case, settings, scenario), day.date() if day else date.today()
    warn_of_old_prices(loaded, on)
    drawn = simulate(loaded, trials, seed) if trials else None
    with progress() as step:
        proof = None if unproven else proven(loaded, on, step)
    made = memo_of(loaded, on, layout, proof=proof, simulation=drawn, settings=settings)
    write_memo(made, target, force=force)
    if as_json:
        print_json(_as_data(made, target, proof))
    else:
        said = f"proven in {proof.states} states" if proof else "not proven"
        click.echo(f"wrote {target}: {len(made.sections)} sections; {said}")


def _as_data(made: Memo, target: Path, proof: Proven | None) -> dict[str, Any]:
    figures = {n.of: {"value": plain(n.value), "unit": n.unit} for n in made.numbers()}
    stamp = None
    if proof:
        stamp = {"engine": proof.engine, "version": proof.version, "cells": proof.cells, "states": proof.states}
        stamp["worst_difference"] = proof.worst
    return {
        "memo": str(target),
        "kind": made.kind,
        "sections": [s.title for s in made.sections],
        "figures": figures,
        "proof": stamp,
    }
