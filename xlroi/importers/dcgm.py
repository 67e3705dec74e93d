"""DCGM: the exporter's text (one scrape, or many one after the other) and CSV files with its metrics."""

from __future__ import annotations

import re
from typing import Final

from xlroi.importers.history import History, share_of
from xlroi.importers.source import Measured, Source, moment_of, number_of

__all__ = ["read_csv", "read_text"]

_METRICS: Final = {
    "DCGM_FI_DEV_GPU_UTIL": "activity",
    "DCGM_FI_PROF_SM_ACTIVE": "sm_activity",
    "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE": "tensor_activity",
    "DCGM_FI_DEV_POWER_USAGE": "power",
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": "energy",
}
_LINE: Final = re.compile(r"(\w+)(?:\{(.*)\})?\s+(\S+)(?:\s+(\d+))?")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SERIES: Final = ("series", "metric", "name", "__name__")
_BLANK: Final = 2_147_483_632  # DCGM writes this and more for "no value"
_GPU: Final = ("uuid", "gpu_uuid", "hostname", "instance", "gpu", "gpu_i_id")


def _gpu(labels: dict[str, str]) -> str:
    """What names a GPU: its UUID, or machine and index; pods come and go on it."""
    known = {k.lower(): v for k, v in labels.items() if k.lower() in _GPU and v}
    unique = known.get("uuid") or known.get("gpu_uuid")
    machine = known.get("hostname") or known.get("instance") or ""
    return f"{unique or machine + ':' + known.get('gpu', '0')}/{known.get('gpu_i_id', '')}"


class _Metrics:
    """Values by DCGM's own names and units, into a history."""

    def __init__(self, source: Source, *, timed: bool) -> None:
        self.source, self.history = source, History(source, timed=timed)

    def add(self, line: int, name: str, gpu: str, moment: float, text: str) -> None:
        metric = _METRICS.get(name)
        if metric is None:
            return
        if text.lower() in ("", "nan", "n/a", "null", "undefined"):
            self.source.count(f"values of {name} are missing ({text or 'empty'})", line)
            return
        try:
            value, unit = number_of(text)
        except ValueError as error:
            raise self.source.refuse(line, f"{name}: {error}") from None
        if metric != "energy" and value >= _BLANK:
            self.source.count(f"values of {name} are DCGM's blank", line)
            return
        wanted = {"activity": "%", "power": "W"}.get(metric, "")
        if unit not in ("", wanted):
            raise self.source.refuse(line, f"{name}: {text!r} is not in {wanted or 'its unit'}")
        if metric == "activity":
            value = share_of(self.source, line, name, value, 100)
        elif metric.endswith("activity"):
            value = share_of(self.source, line, name, value, 1)
        elif value < 0:
            raise self.source.refuse(line, f"{name}: {text} is negative")
        self.history.add(line, gpu, moment, metric, value / 1000 if metric == "energy" else value)


def read_text(source: Source) -> list[Measured]:
    """The exporter's text; where it carries no times, a scrape begins where its first lines come again."""
    first = next((f for _, text in source.lines(ended=False) if (f := _LINE.fullmatch(text.strip()))), None)
    timed = bool(first and first[4])
    metrics = _Metrics(source, timed=timed)
    scrape, seen = 0, set[str]()
    for line, raw in source.lines():
        text = raw.strip()
        if not text or (text.startswith("#") and not text.startswith("# HELP")):
            continue
        found = _LINE.fullmatch(text)
        mark = text if text.startswith("#") else text.rpartition("}")[0] if "}" in text else text.split()[0]
        if mark in seen:
            scrape, seen = scrape + 1, set()
        seen.add(mark)
        if text.startswith("#"):
            continue
        if found is None:
            raise source.refuse(line, f"expected 'NAME{{labels}} value', as the exporter writes (got {text[:60]!r})")
        name, labels, value, stamp = found.groups()
        if timed != bool(stamp) and name in _METRICS:
            raise source.refuse(line, "some values carry a time and some do not")
        moment = moment_of(stamp) if stamp else scrape * 60.0
        metrics.add(line, name, _gpu(dict(_LABEL.findall(labels or ""))), moment, value)
    return metrics.history.measured()


def read_csv(source: Source) -> list[Measured]:
    """A table with a time and either a column per metric, a column per series, or the columns series and value."""
    metrics = _Metrics(source, timed=True)
    header: list[str] = []
    series: dict[int, tuple[str, dict[str, str]]] = {}
    for line, cells in source.table(","):
        if not header:
            header = cells
            series = {place: named for place, cell in enumerate(cells) if (named := _series(cell))}
            when = next((i for i, c in enumerate(cells) if c.lower() in ("timestamp", "time", "date")), None)
            if when is None:
                raise source.refuse(line, "no column timestamp")
            continue
        try:
            moment = moment_of(cells[when or 0])
        except ValueError:
            raise source.refuse(line, f"timestamp: cannot read {cells[when or 0]!r}") from None
        row = dict(zip((c.lower() for c in header), cells, strict=True))
        if series:
            for place, (name, labels) in series.items():
                metrics.add(line, name, _gpu(row | labels), moment, cells[place])
            continue
        named = next((s for key in _SERIES if (s := _series(row.get(key, "")))), None)
        if named is None or "value" not in row:
            raise source.refuse(line, "no series of DCGM and value in this row")
        metrics.add(line, named[0], _gpu(row | named[1]), moment, row["value"])
    return metrics.history.measured()


def _series(cell: str) -> tuple[str, dict[str, str]] | None:
    """A metric of DCGM with its labels, from a heading or a cell."""
    found = re.match(r"(DCGM_FI_\w+)", cell)
    return (found[1], dict(_LABEL.findall(cell))) if found else None
