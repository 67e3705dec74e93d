"""template check: what a finance user needs to write a model of their own."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, table

__all__ = ["template"]


@click.group()
def template() -> None:
    """Write and check models of your own."""


@template.command()
@click.argument("file", type=click.Path(path_type=Path))
@JSON
def check(file: Path, as_json: bool) -> None:
    """Check a template FILE: errors, derived units, what feeds each output, what nothing reads.

    Exit code 0: fine; 1: a check fails or a line is an error at the template's own figures; 2: the template is wrong.
    """
    from xlroi.analysis.template import inspect
    from xlroi.model.case import case_from
    from xlroi.model.loading import parse_yaml
    from xlroi.model.template import load_template
    from xlroi.workbook.book import book_of
    from xlroi.workbook.write import layout_of

    model = load_template(file)
    found = inspect(model)
    case = case_from(parse_yaml(f"model: {model.id}\n", str(file)), model)
    cells = sum(1 for _ in layout_of(book_of(case), date(2000, 1, 1)).formulas())
    if as_json:
        print_json({"model": model.id, "formula_cells": cells, **asdict(found)})
    else:
        own = sum(len(section.lines) for section in model.sections[1:])
        click.echo(f"{file}: model {model.id!r}: {len(model.inputs)} inputs, {len(model.tables)} tables, {own} lines, "
                   f"{cells:,} formula cells")  # fmt: skip
        rows = [[id, unit, model.texts[id].unit_text, model.texts[id].place] for id, unit in found.units.items()]
        table("Units", ["Line", "Derived", "Declared", "At"], rows)
        click.echo("")
        for output, lines in found.feeds.items():
            click.echo(f"{output} ← {', '.join(lines)}")
        click.echo("")
        click.echo(f"read by nothing: {', '.join(found.unused)}" if found.unused else "every input and line is used")
        for id in found.failing:
            click.echo(f"CHECK fails at the template's own figures: {id} ({model.texts[id].label})")
        for text in found.errors:
            click.echo(f"ERROR at the template's own figures: {text}; declare it with may_be, or mend the formula")
    if found.failing or found.errors:
        sys.exit(1)
