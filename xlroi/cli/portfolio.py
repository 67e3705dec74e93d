"""portfolio: optimise, frontier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlroi.cli.options import CASE, JSON, SCENARIO, SET, case_at
from xlroi.cli.show import print_json, shown, table, working, write_text
from xlroi.errors import InputError
from xlroi.files import same, writable

if TYPE_CHECKING:
    from xlroi.analysis.optimise import Choice, Frontier
    from xlroi.model.case import Case

_BOOK = ".xlsx"
_CASE = (".yaml", ".yml")
_GAP = click.option(
    "--gap",
    default=0.0001,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Stop when the choice is proven to be this near to the best, as a share.",
)


@click.group()
def portfolio() -> None:
    """Choose what to fund and when it begins, within budgets and limits."""


@portfolio.command()
@CASE
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Where to write the choice: a case (.yaml), or a workbook with the frontier (.xlsx).",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@_GAP
@click.option(
    "--seconds", default=45.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Search no longer than this."
)
@SCENARIO
@SET
@JSON
def optimise(
    case: Path,
    output: Path | None,
    force: bool,
    gap: float,
    seconds: float,
    scenario: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the members and starts of CASE with the largest worth; -o writes them as its decisions.

    Finance may then overrule any decision: in the case, by --set, or in the workbook.
    """
    from xlroi.analysis.optimise import Optimum, chosen_case, optimum
    from xlroi.analysis.optimise import optimise as choose
    from xlroi.api import build, restated

    if output is not None:
        _refuse(output, case, force=force)
    loaded = case_at(case, settings, scenario)
    is_book = output is not None and output.suffix.lower() == _BOOK
    with working() as step:
        if is_book:
            best = optimum(loaded, gap=gap, seconds=seconds, progress=step)
        else:
            best = Optimum(choose(loaded, gap=gap, seconds=seconds, progress=step), ())
        found, points = best.choice, best.frontier
        if output is not None:
            step("writing the choice")
            decided = restated(chosen_case(loaded, found))
            if is_book:
                build(decided, output, force=force, optimum=best)
            else:
                write_text(output, decided.text, force=force)
    if as_json:
        data = choice_data(found) | {"written": None if output is None else str(output)}
        print_json(data | ({"frontier": _points(points)} if points else {}))
        return
    _report(found, loaded)
    if output is not None:
        click.echo(f"wrote {output}; next: xlroi {'verify' if is_book else 'build'} {output}")


@portfolio.command("frontier")
@CASE
@_GAP
@click.option(
    "--seconds", default=20.0, show_default=True, type=click.FloatRange(0.1, 3600), help="For each point at most."
)
@SCENARIO
@SET
@JSON
def frontier_(
    case: Path, gap: float, seconds: float, scenario: str | None, settings: tuple[str, ...], as_json: bool
) -> None:
    """What the best choice of CASE is worth when every budget is scaled."""
    from xlroi.analysis.optimise import frontier

    loaded = case_at(case, settings, scenario)
    with working() as step:
        points = frontier(loaded, gap=gap, seconds=seconds, progress=step)
    if as_json:
        print_json({"model": loaded.model.id, "currency": loaded.currency, "frontier": _points(points)})
        return
    heads = ["Budgets", f"Sum, {loaded.currency}", f"Worth, {loaded.currency}", "Chosen", "Gap"]
    rows = [
        [f"{p.share:.0%}", shown(p.budget, "money"), shown(p.worth, "money"), str(p.chosen), f"{p.gap:.2%}"]
        for p in points
    ]
    table("Efficient frontier", heads, rows)


def _refuse(output: Path, case: Path, *, force: bool) -> None:
    """Refuse a bad target before the search, not after it."""
    if output.suffix.lower() not in (_BOOK, *_CASE):
        raise InputError(f"{output}: expected a case (.yaml) or a workbook (.xlsx)")
    if case.suffix.lower() == _BOOK and same(output, case):
        raise InputError(f"{output}: this is the workbook to read; name another one for the result with -o")
    writable(output, "a case or a workbook", (_BOOK, *_CASE), force=force)


def choice_data(found: Choice) -> dict[str, Any]:
    """A choice for JSON."""
    chosen = [{"name": n, "start": s, "worth": found.worths[n]} for n, s in found.starts.items()]
    return {
        "chosen": chosen,
        "worth": found.worth,
        "bound": found.bound,
        "gap": found.gap,
        "proposed": found.proposed,
        "not_open_to_choice": dict(found.rejected),
        "seconds": round(found.seconds, 3),
        "solver": found.solver,
    }


def _points(points: Frontier) -> list[dict[str, Any]]:
    return [{"share": p.share, "budget": p.budget, "worth": p.worth, "chosen": p.chosen, "gap": p.gap} for p in points]


def _report(found: Choice, case: Case) -> None:
    from xlroi.analysis.optimise import remark

    asked = case.model.optimise
    assert asked is not None  # else there were nothing to report
    rows = []
    for row in case.tables[asked.table]:
        start = found.starts.get(row.name)
        chosen = "yes" if start is not None else "no"
        worth = "" if start is None else shown(found.worths[row.name], "money")
        rows.append([row.name, chosen, "" if start is None else str(start), worth, remark(found, row.name)])
    table(case.title, [case.model.tables[asked.table].label, "Chosen", "Start", f"Worth, {case.currency}", ""], rows)
    click.echo(
        f"{len(found.starts)} of {found.proposed} chosen, worth {shown(found.worth, 'money')} {case.currency}; "
        f"no choice is worth more than {shown(found.bound, 'money')} (gap {found.gap:.2%}); "
        f"{found.solver}, {found.seconds:.1f} s"
    )
