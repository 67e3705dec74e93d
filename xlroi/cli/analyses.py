"""sensitivity, goal, simulate, check: what moves a result, where it breaks even, how sure it is, may it pass."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.options import CASE, JSON, SCENARIO, SET, case_at
from xlroi.cli.show import plain, print_json, shown, table
from xlroi.errors import InputError

if TYPE_CHECKING:
    from xlroi.analysis.simulate import OutputSummary, Simulation
    from xlroi.model.case import Case


@click.command()
@CASE
@click.option("--output", default=None, help="An output, as npv or tco[Own]; default: the first headline.")
@click.option("--method", type=click.Choice(["one-at-a-time", "sobol"]), default="one-at-a-time", show_default=True)
@click.option(
    "--trials", default=4096, show_default=True, type=click.IntRange(16, 1_000_000), help="For sobol: base points."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@SCENARIO
@SET
@JSON
def sensitivity(
    case: Path,
    output: str | None,
    method: str,
    trials: int,
    seed: int,
    scenario: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Which inputs move an output of CASE: one at a time, or by Sobol' indices with their interactions."""
    from xlroi.analysis.swing import swings
    from xlroi.analysis.targets import target

    loaded = case_at(case, settings, scenario)
    meant = target(loaded, output or _headline(loaded))
    unit, currency = meant.unit_text, loaded.currency
    if method == "sobol":
        _indices(loaded, meant.path, trials, seed, as_json=as_json)
        return
    found = swings(loaded, meant)
    if as_json:
        rows = [
            {
                "input": s.id,
                "label": s.label,
                "pessimistic": s.low,
                "optimistic": s.high,
                "output_pessimistic": plain(s.pessimistic),
                "output_optimistic": plain(s.optimistic),
                "swing": plain(s.reach),
            }
            for s in found
        ]
        print_json({"output": meant.path, "unit": unit.replace("money", currency), "inputs": rows})
        return
    units = {id: declared.unit_text for id, declared in loaded.model.inputs.items()}
    lines = [
        [
            s.label,
            shown(s.low, units[s.id]),
            shown(s.high, units[s.id]),
            shown(s.pessimistic, unit),
            shown(s.optimistic, unit),
            "no number" if math.isinf(s.reach) else shown(s.reach, unit),
        ]
        for s in found
    ]
    click.echo(f"{loaded.title}: {meant.label}, {unit.replace('money', currency)}; each input alone, the widest first")
    table("", ["Input", "Pessimistic", "Optimistic", "Output then", "Output then", "Swing"], lines)


def _headline(case: Case) -> str:
    return next(h for h in case.model.headlines if case.model.system.lines[h].type.kind != "text")


def _indices(case: Case, path: str, trials: int, seed: int, *, as_json: bool) -> None:
    from xlroi.analysis.sobol import sobol_indices
    from xlroi.analysis.targets import uncertain_inputs

    with _bar("Sobol' indices", trials * (len(uncertain_inputs(case)) + 2)) as step:
        found = sobol_indices(case, path, trials, seed, step)
    if as_json:
        rows = [{"input": i.id, "label": i.label, "first_order": i.first, "total": i.total} for i in found]
        print_json({"output": path, "method": "sobol", "trials": trials, "seed": seed, "inputs": rows})
        return
    click.echo(f"{case.title}: shares of the variance of {path}, {trials:,} base points, seed {seed}")
    lines = [[i.label, f"{i.first:.3f}", f"{i.total:.3f}", f"{max(i.total - i.first, 0):.3f}"] for i in found]
    table("", ["Input", "Alone", "In all", "With others"], lines)


@click.command()
@CASE
@click.option("--output", required=True, help="The output that is to reach the target.")
@click.option("--target", required=True, help="The target, as 0 or 12%.")
@click.option("--input", "varied", required=True, help="The input that is varied.")
@SCENARIO
@SET
@JSON
def goal(
    case: Path, output: str, target: str, varied: str, scenario: str | None, settings: tuple[str, ...], as_json: bool
) -> None:
    """The value of an input of CASE at which an output reaches a target; exit code 1 where there is none."""
    from xlroi.analysis.gate import number
    from xlroi.analysis.goal import solve

    loaded = case_at(case, settings, scenario)
    wanted = number(target)
    if wanted is None:
        raise InputError(f"--target {target}: expected a number, as 0, 2.5e6 or 12%")
    found = solve(loaded, output, wanted, varied)
    unit, of = loaded.model.inputs[varied].unit_text, loaded.model.texts[output].unit_text
    if as_json:
        data = {k: plain(getattr(found, k)) for k in ("input", "output", "target", "base", "now", "value", "reached")}
        print_json({**data, "searched": [found.low, found.high], "reason": found.reason})
    elif found.value is None or found.reached is None:
        click.echo(f"no value: {found.reason}")
    else:
        label = loaded.model.inputs[varied].label
        said = unit.replace("money", loaded.currency)
        click.echo(f"{label}: {shown(found.value, unit)} {said} (now {shown(found.base, unit)})")
        click.echo(
            f"{loaded.model.texts[output].label} is then {shown(found.reached, of)} (now {shown(found.now, of)})"
        )
    if found.value is None:
        sys.exit(1)


@click.command()
@CASE
@click.option("--trials", default=10_000, show_default=True, type=click.IntRange(1, 100_000_000))
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option(
    "--output", "outputs", multiple=True, help="An output, as npv or tco[Own]; repeat for more. Default: the headlines."
)
@click.option("--threads", default=None, type=click.IntRange(1, 64), help="Default: as many as there are processors.")
@SCENARIO
@SET
@JSON
def simulate(
    case: Path,
    trials: int,
    seed: int,
    outputs: tuple[str, ...],
    threads: int | None,
    scenario: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draw the uncertain inputs of CASE many times: percentiles, probabilities, tails and what drives them."""
    from xlroi.analysis.simulate import simulate as run

    loaded = case_at(case, settings, scenario)
    with _bar(f"{trials:,} trials", trials) as step:
        found = run(loaded, trials, seed, outputs, threads=threads or os.cpu_count() or 1, progress=step)
    if as_json:
        print_json(simulation_data(found, loaded))
    else:
        _report(found, loaded)


def simulation_data(found: Simulation, case: Case) -> dict[str, Any]:
    """A simulation for JSON."""
    return {
        "model": case.model.id,
        "trials": found.trials,
        "seed": found.seed,
        "inputs": [{"input": u.id, "label": u.label, "distribution": u.distribution.said()} for u in found.inputs],
        "outputs": [_output_data(o) for o in found.outputs],
        "best": [{"output": b.line, "label": b.label, "shares": b.shares} for b in found.best],
    }


def _output_data(o: OutputSummary) -> dict[str, Any]:
    return {
        "output": o.target.path,
        "label": o.target.label,
        "unit": o.target.unit_text,
        "live": plain(o.live),
        "mean": plain(o.mean),
        "standard_error": plain(o.error),
        "standard_deviation": plain(o.deviation),
        "percentiles": {f"P{p}": plain(v) for p, v in o.percentiles.items()},
        "mean_of_lowest_5%": plain(o.lowest),
        "mean_of_highest_5%": plain(o.highest),
        "probability_above_0": plain(o.above_zero),
        "never_reached" if o.target.never else "without_a_number": o.missing,
        "drivers": [{"input": d.id, "label": d.label, "rank_correlation": d.correlation} for d in o.drivers],
    }


def _report(found: Simulation, case: Case) -> None:
    click.echo(f"{case.title}: {found.trials:,} trials, seed {found.seed}, {len(found.inputs)} uncertain inputs")

    def value(number: float, unit: str) -> str:
        return (
            "never"
            if math.isinf(number)
            else ("no number" if math.isnan(number) else shown(float(f"{number:.6g}"), unit))
        )

    heads = [
        "Output",
        "Live",
        "Mean",
        "± error",
        "P5",
        "P10",
        "P50",
        "P90",
        "P95",
        "Lowest 5%",
        "Highest 5%",
        "Above 0",
        "No number",
    ]
    rows = []
    for o in found.outputs:
        unit = o.target.unit_text
        marks = [value(o.percentiles[p], unit) for p in (5, 10, 50, 90, 95)]
        numbers = [value(v, unit) for v in (o.live, o.mean, o.error)]
        tails = [value(v, unit) for v in (o.lowest, o.highest)]
        share = "" if math.isnan(o.above_zero) else f"{o.above_zero:.1%}"
        missing = f"{o.missing / found.trials:.1%} never" if o.target.never else f"{o.missing:,}"
        rows.append([o.target.label, *numbers, *marks, *tails, share, missing])
    table("", heads, rows)
    for best in found.best:
        click.echo(f"{best.label}: " + ", ".join(f"{name} {share:.1%}" for name, share in best.shares.items()))
    for o in found.outputs:
        movers = ", ".join(f"{d.label} {d.correlation:+.2f}" for d in o.drivers[:5] if abs(d.correlation) >= 0.01)
        click.echo(f"{o.target.label} follows {movers or 'no input'} (rank correlations)")


@click.command()
@CASE
@click.option("--require", "requirements", multiple=True, required=True, help="As tco[Own]<=2.5e6; repeat for more.")
@SCENARIO
@SET
@JSON
def check(
    case: Path, requirements: tuple[str, ...], scenario: str | None, settings: tuple[str, ...], as_json: bool
) -> None:
    """Hold CASE against requirements: exit code 1 names those that fail. An error value fails."""
    from xlroi.analysis.gate import checked
    from xlroi.api import run as evaluate

    loaded = case_at(case, settings, scenario)
    result = evaluate(loaded)
    found = checked(loaded, result.values, requirements)
    wrong = [c for c in result.failing() if c.kind == "error"]
    if as_json:
        rows = [
            {"requirement": f.requirement, "value": plain(f.value), "limit": plain(f.limit), "holds": f.holds}
            for f in found
        ]
        passed = all(f.holds for f in found) and not wrong
        print_json({"passed": passed, "requirements": rows, "failing_checks": [c.line for c in wrong]})
    else:
        for f in found:
            value = f"{f.value:,.6g}" if isinstance(f.value, float) else f.value
            click.echo(f"{'ok  ' if f.holds else 'FAIL'} {f.requirement} (is {value})")
        for c in wrong:
            click.echo(f"FAIL the model's own check does not hold: {c.label}")
    if wrong or not all(f.holds for f in found):
        sys.exit(1)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar with the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda count: progress.update(task, advance=count)
