"""catalogue: prices and facts with unit, date and source."""

from __future__ import annotations

from pathlib import Path

import click

from xlroi.cli.options import JSON
from xlroi.cli.show import print_json, table
from xlroi.errors import InputError

_MOST = 40


@click.command()
@click.argument("query", nargs=-1)
@click.option("--kind", default=None, help="gpu, cloud, llm, electricity, pue, colocation, server, life, macrs …")
@click.option("--prices", type=click.Path(path_type=Path), help="A price file of your own, which wins.")
@click.option("--all", "everything", is_flag=True, help=f"More than {_MOST} rows.")
@JSON
def catalogue(query: tuple[str, ...], kind: str | None, prices: Path | None, everything: bool, as_json: bool) -> None:
    """Look up figures by words; a case refers to one as {catalogue: ID}.

    An id with several figures shows all of them, the newest first: that one counts.
    """
    from xlroi.model.catalogue import catalogue as load

    known = load(prices)
    kinds = sorted({e.kind for e in known.entries if e.kind})
    if kind is not None and kind not in kinds:
        raise InputError(f"--kind {kind}: expected one of {', '.join(kinds)}")
    found = known.search(" ".join(query), kind)
    if as_json:
        print_json(
            [
                {
                    "id": e.id,
                    "kind": e.kind,
                    "name": e.name,
                    "provider": e.provider,
                    "region": e.region,
                    "term": e.term,
                    "value": e.value,
                    "unit": e.unit,
                    "currency": e.currency,
                    "as_of": e.as_of.isoformat() if e.as_of else None,
                    "estimate": e.estimate,
                    "source": e.source,
                }
                for e in found
            ]
        )
        return
    if not found:
        raise InputError(f"the catalogue has nothing for {' '.join(query)!r}; try fewer words")
    values: dict[str, set[float]] = {}
    for e in found:
        values.setdefault(e.id, set()).add(e.value)
    rows = [
        [
            e.id,
            f"{e.value:g}",
            e.unit.replace("money", e.currency or "money"),
            e.as_of.isoformat() if e.as_of else "no date",
            " ".join(w for w, holds in (("estimate", e.estimate), ("sources differ", len(values[e.id]) > 1)) if holds),
            e.source[:60],
        ]
        for e in (found if everything else found[:_MOST])
    ]
    table("Catalogue", ["Id", "Value", "Unit", "As of", "Mind", "Source"], rows)
    if len(found) > len(rows):
        click.echo(f"{len(found) - len(rows):,} more: give another word, or --all")
