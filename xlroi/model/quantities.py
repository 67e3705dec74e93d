"""What can be measured and put into a case, each with its unit; none feeds another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from xlroi.formula.units import parse_unit
from xlroi.model.model import Input

__all__ = ["QUANTITIES", "Quantity", "refused_input"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measurable quantity. ``evidence`` stands beside a case and feeds no input that has not asked for it.

    ``more_is_better`` says which end of its range is the optimistic one.
    """

    label: str
    unit: str
    more_is_better: bool = True
    evidence: bool = False


QUANTITIES: Final[dict[str, Quantity]] = {
    "activity": Quantity("GPU activity: share of time in which any kernel ran", "%", evidence=True),
    "sm_activity": Quantity("Activity of the multiprocessors", "%", evidence=True),
    "tensor_activity": Quantity("Activity of the tensor cores; not MFU", "%", evidence=True),
    "allocation": Quantity("Allocation: GPU-hours given to jobs, of those installed", "%"),
    "goodput": Quantity("Goodput: GPU-hours of completed jobs, of those of ended jobs", "%"),
    "failed_share": Quantity(
        "GPU-hours of jobs that did not complete, on top of the others", "%", more_is_better=False
    ),
    "useful_share": Quantity("Useful share: allocation × goodput", "%", evidence=True),
    "mfu": Quantity("Model FLOPs utilisation", "%"),
    "gpu_hours": Quantity("GPU-hours allocated", "GPU*h"),
    "useful_hours_per_month": Quantity("GPU-hours of completed jobs in 730 hours", "GPU*h"),
    "power_kw": Quantity("Power of the GPUs", "kW", more_is_better=False),
    "power_per_gpu": Quantity("Power of a GPU", "kW/GPU", more_is_better=False),
    "power_load": Quantity("Power of the GPUs, of their limit", "%", more_is_better=False),
    "energy_kwh": Quantity("Energy of the GPUs", "kW*h", more_is_better=False),
    "tokens_per_second": Quantity("Output tokens a second", "token/s"),
    "tokens_per_second_per_gpu": Quantity("Output tokens a second and GPU", "token/(GPU*s)"),
    "total_tokens_per_second": Quantity("Tokens a second, read and written", "token/s"),
    "requests_per_second": Quantity("Requests a second", "request/s"),
    "on_demand_gpu_hour": Quantity("Price of a GPU-hour on demand", "money/(GPU*h)", more_is_better=False),
    "one_year_gpu_hour": Quantity("Price of a GPU-hour committed for a year", "money/(GPU*h)", more_is_better=False),
    "three_year_gpu_hour": Quantity(
        "Price of a GPU-hour committed for three years", "money/(GPU*h)", more_is_better=False
    ),
    "spot_gpu_hour": Quantity("Price of a GPU-hour of spot capacity", "money/(GPU*h)", more_is_better=False),
    "mean_gpu_hour": Quantity("Price of a GPU-hour, all terms", "money/(GPU*h)", more_is_better=False),
    "billed_gpu_hours": Quantity("GPU-hours billed a month", "GPU*h"),
    "demand_growth": Quantity("Growth of GPU-hours a year", "%"),
    "price_change": Quantity("Change of the price on demand a year", "%", more_is_better=False),
    "egress": Quantity("Data out of the cloud", "GB/month", more_is_better=False),
    "egress_price": Quantity("Price of data out", "money/GB", more_is_better=False),
    "stored": Quantity("Data stored", "GB", more_is_better=False),
    "storage_price": Quantity("Price of data stored", "money/(GB*month)", more_is_better=False),
    "completed_requests": Quantity("Requests that completed, of all", "%", evidence=True),
}


def refused_input(quantity: str, declared: Input) -> str | None:
    """Why an input cannot take a quantity, or nothing.

    >>> from xlroi.model.template import load_model
    >>> refused_input("activity", load_model("infrastructure").inputs["utilisation"])
    "the input takes 'allocation'; 'activity' is another thing"
    """
    known = QUANTITIES[quantity]
    if declared.measured and declared.measured != quantity:
        return f"the input takes {declared.measured!r}; {quantity!r} is another thing"
    if known.evidence and not declared.measured:
        return f"{quantity!r} is evidence only; a template that wants it declares 'measured: {quantity}' on an input"
    is_share = known.unit == "%"
    if parse_unit(known.unit) != declared.unit or is_share != declared.unit_text.startswith("%"):
        return f"{quantity!r} is measured in {known.unit}, the input is in {declared.unit_text}"
    return None
