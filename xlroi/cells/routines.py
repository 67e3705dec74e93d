"""The functions that are no formula: flows, depreciation, prices and models. Heavy rooms are entered when called."""

from __future__ import annotations

from typing import Any

from xlroi.cells.depreciation import depreciation
from xlroi.cells.flows import irr, npv, payback_flows, xirr, xnpv

__all__ = [
    "case_output",
    "depreciation",
    "irr",
    "npv",
    "payback_flows",
    "price",
    "price_date",
    "price_source",
    "schedule",
    "simulated",
    "tornado",
    "xirr",
    "xnpv",
]


def price(item: str, provider: str, region: str, term: str) -> float:
    """The value of a catalogue entry."""
    from xlroi.cells.prices import entry

    return entry(item, provider, region, term).value


def price_date(item: str, provider: str, region: str, term: str) -> float:
    """The day of a catalogue entry, as a serial number."""
    from xlroi.cells.prices import day_of

    return day_of(item, provider, region, term)


def price_source(item: str, provider: str, region: str, term: str) -> str:
    """The source of a catalogue entry."""
    from xlroi.cells.prices import entry

    return entry(item, provider, region, term).source


def case_output(model: str, output: str, names_and_values: Any, scenario: str) -> Any:
    """An output of a model at these inputs."""
    from xlroi.cells import models

    return models.case_output(model, output, names_and_values, scenario)


def schedule(model: str, line: str, names_and_values: Any) -> Any:
    """A line of a model by step."""
    from xlroi.cells import models

    return models.schedule(model, line, names_and_values)


def tornado(model: str, output: str, names_and_values: Any) -> Any:
    """The inputs that move an output most."""
    from xlroi.cells import models

    return models.tornado(model, output, names_and_values)


def simulated(model: str, output: str, names_and_values: Any, trials: float, seed: float) -> Any:
    """Mean and percentiles of an output."""
    from xlroi.cells import models

    return models.simulated(model, output, names_and_values, int(trials), int(seed))
