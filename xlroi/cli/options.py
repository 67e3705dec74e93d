"""Options that several commands have, and the case that they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlroi.errors import InputError

if TYPE_CHECKING:
    from xlroi.model.case import Case

__all__ = ["CASE", "JSON", "SCENARIO", "SET", "case_at"]

CASE = click.argument("case", type=click.Path(path_type=Path))
SET = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change an input, as --set discount_rate=8%."
)
SCENARIO = click.option("--scenario", default=None, help="base, optimistic or pessimistic; default: the case's own.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def case_at(path: Path, settings: tuple[str, ...], scenario: str | None) -> Case:
    """The case or workbook at a path, with ``--set`` and ``--scenario`` applied; raises :class:`InputError`."""
    from dataclasses import replace

    from xlroi.api import load_case
    from xlroi.model.case import with_settings
    from xlroi.model.model import SCENARIOS

    case = with_settings(load_case(path), list(settings))
    if scenario is None:
        return case
    chosen = next((s for s in SCENARIOS if s == scenario), None)
    if chosen is None:
        raise InputError(f"--scenario {scenario}: expected one of {', '.join(SCENARIOS)}")
    return replace(case, scenario=chosen)
