"""models, new, run, explain."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, shown, table, warn_of_old_prices, write_text
from xlroi.errors import InputError
from xlroi.values import CellValue

Output = CellValue | dict[str, CellValue]


def _json_value(value: Output) -> Any:
    if isinstance(value, dict):
        return {name: _json_value(one) for name, one in value.items()}
    return str(value) if isinstance(value, str) else value


def _rows(label: str, unit: str, values: list[Output]) -> list[tuple[str, list[CellValue], str]]:
    """A row of the output table, or one per member, as ``label [member]``; of many members the first ones."""
    first = values[0]
    if not isinstance(first, dict):
        return [(label, [v for v in values if not isinstance(v, dict)], unit)]
    names = list(first)
    rows = [(f"{label} [{name}]", [v[name] for v in values if isinstance(v, dict)], unit) for name in names[:_MEMBERS]]
    if len(names) > _MEMBERS:
        left: list[CellValue] = [""] * len(values)
        rows.append((f"{label}: {len(names) - _MEMBERS} more rows, with --json", left, ""))
    return rows


_MEMBERS = 20


@click.command()
@JSON
def models(as_json: bool) -> None:
    """List the models that come with xlroi."""
    from xlroi.model.template import load_model, model_names

    found = [load_model(name) for name in model_names()]
    if as_json:
        print_json({"models": [{"model": m.id, "title": m.title, "question": m.question} for m in found]})
    else:
        table("Models", ["Model", "Title", "Question"], [[m.id, m.title, m.question] for m in found])


@click.command()
@click.argument("model")
@click.option("--template", "is_template", is_flag=True, help="Write a template to start from; MODEL is its name.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it; without, it is printed.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def new(model: str, is_template: bool, output: Path | None, force: bool) -> None:
    """Write a commented case of MODEL that builds at once; MODEL is a name or a template file.

    With --template, write a template of that name instead.
    """
    from xlroi.formula.scope import check_name
    from xlroi.formula.tree import FormulaError
    from xlroi.model.starter import starter_case, starter_template
    from xlroi.model.template import load_model, load_template

    if is_template:
        try:
            check_name(model)
        except FormulaError as error:
            raise InputError(f"{model}: {error.message}") from None
        text, output = starter_template(model), output or Path(f"{model}.yaml")
    elif model.endswith((".yaml", ".yml")):
        named = Path(model)
        if output is not None:
            named = Path(os.path.relpath(named, output.parent))
        text = starter_case(load_template(model), named.as_posix())
    else:
        text = starter_case(load_model(model))
    if output is None:
        click.echo(text, nl=False)
        return
    write_text(output, text, force=force)
    click.echo(f"wrote {output}; next: xlroi {'template check' if is_template else 'build'} {output}")


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--scenario", default=None, help="base, optimistic, pessimistic or all; default: the case's own.")
@click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change an input, as --set discount_rate=8%."
)
@click.option("--prices", type=click.Path(path_type=Path), help="A price file of your own; it wins over the catalogue.")
@JSON
def run(case: Path, scenario: str | None, settings: tuple[str, ...], prices: Path | None, as_json: bool) -> None:
    """Compute the outputs of CASE."""
    from xlroi.api import load_case
    from xlroi.api import run as evaluate
    from xlroi.model.case import with_settings
    from xlroi.model.model import SCENARIOS

    loaded = with_settings(load_case(case, prices), list(settings))
    warn_of_old_prices(loaded, date.today())
    chosen = list(SCENARIOS) if scenario == "all" else [s for s in SCENARIOS if s == (scenario or loaded.scenario)]
    if not chosen:
        raise InputError(f"--scenario {scenario}: expected all or one of {', '.join(SCENARIOS)}")
    results = [evaluate(loaded, s) for s in chosen]
    if as_json:
        found = [
            {
                "model": loaded.model.id,
                "scenario": r.scenario,
                "outputs": {id: _json_value(v) for id, v in r.outputs.items()},
                "failing_checks": [c.line for c in r.failing()],
            }
            for r in results
        ]
        print_json(found if scenario == "all" else found[0])
        return
    click.echo(loaded.title)
    for result in results:
        click.echo(f"{result.scenario}: {result.values.cell(loaded.model.answer)}")
    rows = [
        [label, *(shown(v, unit) for v in values), unit.replace("money", loaded.currency)]
        for o in loaded.model.outputs
        for label, values, unit in _rows(o.label, o.unit_text, [r.outputs[o.id] for r in results])
    ]
    table("", ["Output", *(r.scenario for r in results), "Unit"], rows)
    for result in results:
        for check in result.failing():
            click.echo(f"{check.kind}: {result.scenario}: {check.label}: does not hold", err=True)


@click.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("output")
@click.option("--scenario", default=None, help="base, optimistic or pessimistic.")
@JSON
def explain(case: Path, output: str, scenario: str | None, as_json: bool) -> None:
    """Show the lines behind OUTPUT with formula, value and unit, down to inputs and their sources."""
    from xlroi.analysis.explain import explain as explained
    from xlroi.analysis.explain import rendered
    from xlroi.api import load_case
    from xlroi.api import run as evaluate
    from xlroi.model.model import SCENARIOS

    loaded = load_case(case)
    chosen = next((s for s in SCENARIOS if s == (scenario or loaded.scenario)), None)
    if chosen is None:
        raise InputError(f"--scenario {scenario}: expected one of {', '.join(SCENARIOS)}")
    tree = explained(evaluate(loaded, chosen).values, loaded, output, chosen)
    if as_json:
        print_json(tree.as_data())
    else:
        for line in rendered(tree, shown):
            click.echo(line)
