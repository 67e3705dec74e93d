"""What a charge is of, by its unit and words: GPU-hours, data out, data stored."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from xlroi.errors import InputError, Problem
from xlroi.finops.sources import canonical

__all__ = [
    "gigabyte_months",
    "gigabytes",
    "gpu_hours",
    "gpus",
    "instances",
    "leaves_cloud",
    "more_instances",
    "term_years",
]

_SIZES: Final = {
    "byte": Fraction(1, 10**9),
    "kb": Fraction(1, 10**6),
    "kib": Fraction(1024, 10**9),
    "mb": Fraction(1, 10**3),
    "mib": Fraction(1024**2, 10**9),
    "gb": Fraction(1),
    "gigabyte": Fraction(1),
    "gib": Fraction(1024**3, 10**9),
    "tb": Fraction(10**3),
    "tib": Fraction(1024**4, 10**9),
}
_SIZE: Final = rf"(?:(?P<many>\d+) )?(?P<size>{'|'.join(_SIZES)})s?"
_GB: Final = re.compile(_SIZE, re.IGNORECASE)
_GB_MONTH: Final = re.compile(rf"{_SIZE}[ /-]?(?:mo|months?)", re.IGNORECASE)
_HOUR: Final = re.compile(r"(?:(?P<many>\d+) )?(?P<gpu>gpu[ -])?(?:hours?|hrs?|h)", re.IGNORECASE)
_OUT: Final = re.compile(r"data transfer out|outbound data|egress|internet (?:data )?(?:transfer )?out", re.IGNORECASE)
_INSIDE: Final = re.compile(r"to cloudfront|inter-?region|intra-?|between|\bin/out\b", re.IGNORECASE)
_YEARS: Final = re.compile(r"(?<!\d)([13])[ _-]?(?:yr|year)", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")


def gigabytes(unit: str | None) -> Fraction | None:
    """The gigabytes of a unit; None where it is another thing. A binary unit is counted as it says.

    >>> gigabytes("GB"), gigabytes("10 TB"), gigabytes("GB-Months"), gigabytes("Requests")
    (Fraction(1, 1), Fraction(10000, 1), None, None)
    """
    return _sized(_GB.fullmatch((unit or "").strip()))


def gigabyte_months(unit: str | None) -> Fraction | None:
    """The gigabyte-months of a unit.

    >>> gigabyte_months("GB-Months"), gigabyte_months("GB/Month"), gigabyte_months("TB-Mo"), gigabyte_months("GB Hours")
    (Fraction(1, 1), Fraction(1, 1), Fraction(1000, 1), None)
    """
    return _sized(_GB_MONTH.fullmatch((unit or "").strip()))


def _sized(found: re.Match[str] | None) -> Fraction | None:
    return found and int(found["many"] or 1) * _SIZES[found["size"].lower()]


def gpu_hours(unit: str | None, gpus: int) -> Fraction | None:
    """The GPU-hours of a unit of a machine with so many GPUs; a unit that says GPU-hours needs no machine.

    >>> gpu_hours("Hours", 8), gpu_hours("100 Hours", 1), gpu_hours("GPU-Hours", 0), gpu_hours("Hours", 0)
    (Fraction(8, 1), Fraction(100, 1), Fraction(1, 1), None)
    """
    found = _HOUR.fullmatch((unit or "").strip())
    if found is None or not (found["gpu"] or gpus):
        return None
    return Fraction(int(found["many"] or 1) * (1 if found["gpu"] else gpus))


def leaves_cloud(description: str | None) -> bool:
    """Whether a charge for data is for data that leaves the provider.

    >>> leaves_cloud("$0.085 per GB - next 40 TB / month data transfer out"), leaves_cloud("data transfer in per month")
    (True, False)
    >>> leaves_cloud("Bandwidth Inter-Region - Data Transfer Out - North America")
    False
    """
    text = description or ""
    return bool(_OUT.search(text)) and not _INSIDE.search(text)


def term_years(texts: Iterable[str | None]) -> int | None:
    """The length of a commitment that the texts of a charge name.

    >>> term_years(["p5.48xlarge, 3yr Compute Savings Plan"]), term_years([None, "1 Year"]), term_years(["RI"])
    (3, 1, None)
    """
    found = {int(years) for text in texts for years in _YEARS.findall(text or "")}
    return found.pop() if len(found) == 1 else None


def gpus(details: str | None, texts: Iterable[str | None], known: Mapping[str, int]) -> tuple[int, str]:
    """The GPUs of the machine that a charge is of, and by what they were found; (0, "") where there are none.

    ``GpuCount`` of SkuPriceDetails counts first, then an instance type that is ``known``, in SkuPriceDetails or a text.

    >>> gpus('{"GpuCount": 8}', [], {}), gpus(None, ["USW2-SpotUsage:p5.48xlarge"], instances())
    ((8, 'GpuCount'), (8, 'instance type'))
    >>> gpus(None, ["ml.p5.48xlarge", None], instances()), gpus(None, ["Standard_ND96isr_H100_v5"], instances())
    ((8, 'instance type'), (8, 'instance type'))
    """
    try:
        read = json.loads(details or "{}")
    except ValueError:
        read = {}
    properties = {canonical(str(key)): value for key, value in read.items()} if isinstance(read, dict) else {}
    try:
        count = int(properties.get("gpucount") or 0)
    except (TypeError, ValueError):
        count = 0
    if count > 0:
        return count, "GpuCount"
    for text in (str(properties.get("instancetype") or ""), *texts):
        for token in _TOKEN.findall(text or ""):
            if found := known.get(canonical(token).removeprefix("standard").removeprefix("ml")):
                return found, "instance type"
    return 0, ""


@cache
def instances() -> Mapping[str, int]:
    """GPUs of instance types, by the letters and digits of their names."""
    text = files(__package__).joinpath("gpu_instances.csv").read_text(encoding="utf-8")
    return {canonical(row["instance"]): int(row["gpus"]) for row in csv.DictReader(text.splitlines())}


def more_instances(path: Path) -> Mapping[str, int]:
    """Instance types of a user's own file, with columns instance and gpus, beside those known; :class:`InputError`."""
    found: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in (reader := csv.DictReader(file)):
                name, count = canonical(row.get("instance") or ""), (row.get("gpus") or "").strip()
                if not name or not count.isdecimal():
                    message = f"expected columns instance and gpus, as p5.48xlarge,8 (got {dict(row)})"
                    raise InputError([Problem(str(path), reader.line_num, "", message)])
                found[name] = int(count)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError([Problem(str(path), None, "", f"cannot be read: {error}")]) from None
    return {**instances(), **found}
