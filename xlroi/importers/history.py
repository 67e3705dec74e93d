"""Samples of GPUs over time, kept as sums: memory grows with GPUs and hours, not with rows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from xlroi.importers.source import Measured, Source, range_of

__all__ = ["History", "share_of"]

_MOST_GPUS: Final = 50_000
_MOST_BUCKETS: Final = 50_000
_WIDTHS: Final = ((86400, "days"), (3600, "hours"), (60, "minutes"))
_GAP: Final = 5  # times the usual interval


def share_of(source: Source, line: int, what: str, value: float, full: float) -> float:
    """A share as a fraction of 1; outside of 0 to ``full`` it is refused."""
    if not 0 <= value <= full:
        raise source.refuse(line, f"{what}: {value:g} lies outside of 0 to {full:g}")
    return value / full


@dataclass(slots=True)
class _Track:
    """One metric of one GPU: its last sample."""

    moment: float
    value: float
    count: int = 1


@dataclass(slots=True)
class _Metric:
    total: float = 0.0
    count: int = 0
    buckets: dict[int, list[float]] = field(default_factory=dict)
    width: int = 60
    intervals: dict[float, list[float]] = field(default_factory=dict)
    """By length in seconds: how many intervals lie between samples, their time, and their integral (trapezoids)."""

    def add(self, moment: float, value: float) -> None:
        self.total += value
        self.count += 1
        bucket = self.buckets.setdefault(int(moment // self.width), [0.0, 0])
        bucket[0] += value
        bucket[1] += 1
        if len(self.buckets) > _MOST_BUCKETS:
            self.width, self.buckets = self.width * 60, self.by(self.width * 60)

    def by(self, width: int) -> dict[int, list[float]]:
        wide: dict[int, list[float]] = {}
        for index, (total, count) in self.buckets.items():
            bucket = wide.setdefault(index * self.width // width, [0.0, 0])
            bucket[0] += total
            bucket[1] += count
        return wide

    def between(self, seconds: float, integral: float) -> None:
        # Three digits tell a usual interval from a gap, and keep the lengths few.
        key = float(f"{seconds:.3g}")
        known = self.intervals.setdefault(key, [0, 0.0, 0.0])
        known[0] += 1
        known[1] += seconds
        known[2] += integral

    def observed(self) -> tuple[float, float, int, float]:
        """Seconds and integral between samples, then the number of gaps and their seconds, which are left out."""
        if not self.intervals:
            return 0.0, 0.0, 0, 0.0
        usual = max(self.intervals, key=lambda key: self.intervals[key][0])
        gaps = [v for key, v in self.intervals.items() if key > _GAP * usual]
        kept = [v for key, v in self.intervals.items() if key <= _GAP * usual]
        return sum(v[1] for v in kept), sum(v[2] for v in kept), int(sum(v[0] for v in gaps)), sum(v[1] for v in gaps)


class History:
    """Collects samples of the metrics ``activity``, ``sm_activity``, ``tensor_activity`` (shares), ``power``, ``limit``
    (watts) and the counter ``energy`` (joules), and says what they measure.

    Without times (``timed=False``) the moments count the scrapes: 0, 60, 120 and so on.
    """

    def __init__(self, source: Source, *, timed: bool = True) -> None:
        self.source, self.timed = source, timed
        self.metrics: defaultdict[str, _Metric] = defaultdict(_Metric)
        self.tracks: dict[tuple[str, str], _Track] = {}
        self.gpus: set[str] = set()
        self.rows = self.disordered = 0
        self.first, self.last = math.inf, -math.inf
        self.joules = 0.0

    def add(self, line: int, gpu: str, moment: float, metric: str, value: float) -> None:
        """One sample; a repeated moment counts once, one that goes back in time is left out, and both are reported."""
        self.rows += 1
        track = self.tracks.get((metric, gpu))
        if track is None:
            if len(self.tracks) > _MOST_GPUS:
                raise self.source.refuse(line, f"more than {_MOST_GPUS:,} GPUs; is the column of GPUs right?")
            self.gpus.add(gpu)
            self.tracks[metric, gpu] = _Track(moment, value)
        else:
            seconds = moment - track.moment
            if seconds < 0:
                self.disordered += 1
                self.source.count("samples go back in time and are left out", line)
                return
            if seconds == 0:
                self.disordered += value != track.value
                other = "with another value " if value != track.value else ""
                self.source.count(f"samples repeat a moment of a GPU {other}and are left out", line)
                return
            if metric == "energy":
                self._counted(line, value - track.value)
            elif self.timed:
                self.metrics[metric].between(seconds, (track.value + value) / 2 * seconds)
            track.moment, track.value, track.count = moment, value, track.count + 1
        self.first, self.last = min(self.first, moment), max(self.last, moment)
        if metric != "energy":
            self.metrics[metric].add(moment, value)

    def _counted(self, line: int, joules: float) -> None:
        if joules < 0:
            self.source.count("resets of an energy counter; the interval before each is left out", line)
        else:
            self.joules += joules

    def measured(self) -> list[Measured]:
        """What the samples say; raises :class:`InputError` where they are no history."""
        source = self.source
        if not self.tracks:
            raise source.refuse(None, "no sample of activity, power or energy with a value; is all [N/A]?")
        if self.disordered > 0.05 * self.rows:
            raise source.refuse(
                None,
                f"{self.disordered:,} of {self.rows:,} samples go back in time or repeat a moment with another value; "
                "sort the file by time, and tell the GPUs of several machines apart (uuid)",
            )
        if max(t.count for t in self.tracks.values()) < 2:
            raise source.refuse(None, "one sample of each GPU is no history; record for a day or more")
        if self.timed:
            source.measured_on(self.last)
        self._say()
        return list(self._quantities())

    def _say(self) -> None:
        remarks, gpus = self.source.remarks, len(self.gpus)
        if not self.timed:
            remarks.append(f"{gpus} GPUs; samples without times: order alone is known, and no energy from power")
            return
        hours = (self.last - self.first) / 3600
        ends = " to ".join(f"{datetime.fromtimestamp(m, UTC):%Y-%m-%d %H:%M}" for m in (self.first, self.last))
        remarks.append(f"{gpus} GPUs, {ends}")
        if hours < 24:
            remarks.append(f"the history spans {hours:.3g} hours; a day has a rhythm, record at least one")
        for name, metric in self.metrics.items():
            _, _, gaps, seconds = metric.observed()
            if gaps and name in ("activity", "power"):
                remarks.append(f"{gaps:,} gaps in {name}, {seconds / 3600:,.3g} GPU-hours in all, left out")

    def _range(self, metric: _Metric) -> tuple[float | None, float | None, str]:
        """P10 and P90 of the means per day, hour or minute, whichever is the widest with twenty of them."""
        means = [total / count for total, count in metric.buckets.values()]
        unit = "scrapes"
        for width, name in _WIDTHS if self.timed else ():
            if width >= metric.width and (width == metric.width or len(metric.by(width)) >= 20):
                means, unit = [total / count for total, count in metric.by(width).values()], name
                break
        return range_of(means, unit, metric.total / metric.count)

    def _quantities(self) -> Iterator[Measured]:
        gpus = len(self.gpus)
        for name in ("activity", "sm_activity", "tensor_activity"):
            if metric := self.metrics.get(name):
                low, high, said = self._range(metric)
                note = f"mean of {metric.count:,} samples of {gpus} GPUs; {said}"
                yield Measured(name, metric.total / metric.count, low, high, note)
        power, limit = self.metrics.get("power"), self.metrics.get("limit")
        if power:
            # Each quantity is a multiple of the mean power of a GPU, and so are the ends of its range.
            low, high, said = self._range(power)
            mean = power.total / power.count
            factors = {"power_kw": gpus / 1000, "power_per_gpu": 1 / 1000}
            if limit and limit.total:
                factors["power_load"] = limit.count / limit.total
            for name, factor in factors.items():
                ends = [None if v is None else v * factor for v in (low, high)]
                note = f"GPUs alone, without the server; {gpus} GPUs; {said}"
                yield Measured(name, mean * factor, ends[0], ends[1], note)
        if self.joules:
            yield Measured("energy_kwh", self.joules / 3.6e6, note="from the energy counters of the GPUs")
        elif power and self.timed:
            seconds, joules, _, _ = power.observed()
            note = f"from the power over {seconds / 3600:,.4g} GPU-hours of samples, gaps left out"
            yield Measured("energy_kwh", joules / 3.6e6, note=note)
