"""Slurm ``sacct -X -P``: what was allocated, and what of it completed.

Every allocated GPU-hour counts towards allocation, whatever became of its job, as it was paid for; goodput is the share
of completed jobs in the GPU-hours of those that ended. Jobs are spread evenly over the days on which they ran.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from xlroi.importers.source import Measured, Source, moment_of, range_of

__all__ = ["gpus_of", "read"]

_DAY: Final = 86400.0
_LONGEST: Final = 10 * 365 * _DAY
_FAILED: Final = frozenset(
    {"BOOT_FAIL", "CANCELLED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REQUEUED", "TIMEOUT"}
)
_GOING_ON: Final = frozenset({"RUNNING", "SUSPENDED", "RESIZING", "STOPPED", "COMPLETING"})
_GPUS: Final = re.compile(r"gres/gpu(:[^=]+)?=(\d+)")


def gpus_of(tres: str) -> int:
    """The GPUs of a job; the typed form repeats the plain one and counts only where that is missing.

    >>> gpus_of("billing=64,cpu=64,gres/gpu:h100=8,gres/gpu=8,mem=512G"), gpus_of("gres/gpu:a100=2,gres/gpu:h100=4")
    (8, 6)
    """
    plain, typed = 0, 0
    for part in tres.split(","):
        if found := _GPUS.fullmatch(part.strip()):
            if found[1]:
                typed += int(found[2])
            else:
                plain += int(found[2])
    return plain or typed


@dataclass(frozen=True, slots=True)
class _Job:
    start: float
    elapsed: float
    gpus: int
    state: str


@dataclass(slots=True)
class _Hours:
    """GPU-hours: all that were allocated, those of jobs that ended, and those of jobs that completed."""

    allocated: float = 0.0
    ended: float = 0.0
    completed: float = 0.0

    def add(self, hours: float, state: str) -> None:
        self.allocated += hours
        self.ended += hours if state not in _GOING_ON else 0.0
        self.completed += hours if state == "COMPLETED" else 0.0


@dataclass(slots=True)
class _Period:
    start: float = math.inf
    end: float = -math.inf
    total: _Hours = field(default_factory=_Hours)
    days: dict[int, _Hours] = field(default_factory=dict)

    @property
    def hours(self) -> float:
        return (self.end - self.start) / 3600

    def whole_days(self) -> Iterator[_Hours]:
        """Every whole day of the period, also those on which nothing ran."""
        for day in range(math.ceil(self.start / _DAY), int(self.end // _DAY)):
            yield self.days.get(day, _Hours())


def read(source: Source) -> list[Measured]:
    """Allocation (with ``--gpus``), goodput, the share of failed work, GPU-hours."""
    options, period = source.options, _Period()
    first = options.start.replace(tzinfo=UTC).timestamp() if options.start else -math.inf
    last = options.end.replace(tzinfo=UTC).timestamp() if options.end else math.inf
    for job in _jobs(source):
        begin, end = max(job.start, first), min(job.start + job.elapsed, last)
        if begin >= end:
            continue
        period.start, period.end = min(period.start, begin), max(period.end, end)
        for day in range(int(begin // _DAY), math.ceil(end / _DAY)):
            part = min(end, (day + 1) * _DAY) - max(begin, day * _DAY)
            hours = part * job.gpus / 3600
            period.total.add(hours, job.state)
            period.days.setdefault(day, _Hours()).add(hours, job.state)
    if not period.total.allocated:
        raise source.refuse(None, "no job with a GPU in this period; does AllocTRES hold gres/gpu?")
    source.measured_on(period.end - 1)  # midnight still belongs to the day before
    if options.start is None or options.end is None:
        source.remarks.append("the period is that from the first start to the last end; --from and --to set another")
    period.start = period.start if options.start is None else first
    period.end = period.end if options.end is None else last
    return list(_quantities(source, period))


def _jobs(source: Source) -> Iterator[_Job]:
    columns: dict[str, int] = {}
    seen: set[int] = set()
    for line, cells in source.table("|"):
        if not columns:
            columns = {cell.lower(): place for place, cell in enumerate(cells)}
            continue
        id, start_text = cells[columns["jobid"]], cells[columns["start"]]
        if "." in id:
            source.count("job steps, which repeat their job, left out (sacct -X leaves them out)", line)
            continue
        known = hash((id, start_text))  # a job that was requeued has another start
        if known in seen:
            source.count("jobs stand twice and count once", line)
            continue
        seen.add(known)
        if job := _job(source, line, cells, columns):
            yield job


def _job(source: Source, line: int, cells: list[str], columns: dict[str, int]) -> _Job | None:
    elapsed_text, tres = cells[columns["elapsedraw"]], cells[columns["alloctres"]]
    state = cells[columns["state"]].partition(" ")[0].rstrip("+")  # "CANCELLED by 1000", "CANCELLED+"
    try:
        elapsed = float(int(elapsed_text or "0"))
    except ValueError:
        raise source.refuse(line, f"ElapsedRaw: expected seconds (got {elapsed_text!r})") from None
    if not 0 <= elapsed <= _LONGEST:
        raise source.refuse(line, f"ElapsedRaw: {elapsed_text} seconds lie outside of 0 to ten years")
    gpus = gpus_of(tres)
    if gpus == 0 and "gres/gpu" in tres and not re.search(r"gres/gpu(:[^=,]+)?=0\b", tres):
        raise source.refuse(line, f"AllocTRES: cannot read the GPUs of {tres!r}")
    if elapsed == 0:
        source.count("jobs never ran", line)
        return None
    if gpus == 0:
        source.count("jobs without a GPU, left out", line)
        return None
    if state in _GOING_ON:
        source.count("jobs still run: allocated, and neither completed nor failed", line)
    elif state != "COMPLETED" and state not in _FAILED:
        source.count(f"jobs in the state {state or 'without a name'}, taken as not completed", line)
    try:
        start = moment_of(cells[columns["start"]])
        end = start + elapsed if cells[columns["end"]] in ("Unknown", "None", "") else moment_of(cells[columns["end"]])
    except ValueError:
        raise source.refuse(line, "Start, End: expected times as 2026-11-20T12:00:00") from None
    if end < start:
        raise source.refuse(line, "End lies before Start")
    if abs(end - start - elapsed) > 60:
        source.count(
            "jobs whose Start to End is not ElapsedRaw (suspended, or a clock change); ElapsedRaw counts", line
        )
    return _Job(start, elapsed, gpus, state)


def _quantities(source: Source, period: _Period) -> Iterator[Measured]:
    total, days = period.total, list(period.whole_days())
    dates = " to ".join(f"{datetime.fromtimestamp(m, UTC):%Y-%m-%d %H:%M}" for m in (period.start, period.end))
    allocation = None
    if source.options.gpus is None:
        wanted = "sacct says what was allocated, not what is installed: give --gpus N"
        source.wanting |= {"allocation": wanted, "useful_share": wanted}
    else:
        allocation = _allocation(source, period, source.options.gpus, days, dates)
        yield allocation
    yield Measured("gpu_hours", total.allocated, note=f"allocated, {dates}")
    if not total.ended:
        source.remarks.append("no job has ended: goodput is unknown")
        return
    goodput = total.completed / total.ended
    shares = [day.completed / day.ended for day in days if day.ended]
    low, high, said = range_of(shares, "days", goodput)
    note = f"{total.completed:,.6g} of {total.ended:,.6g} GPU-hours of ended jobs, {dates}; {said}"
    yield Measured("goodput", goodput, low, high, note)
    if goodput:
        # The same measurement, as models that add failed work to useful work want it.
        worst = 1 / low - 1 if low else None
        if low == 0:
            note += "; on these worst days nothing completed, so failed work has no range"
        yield Measured("failed_share", 1 / goodput - 1, 1 / high - 1 if high and worst else None, worst, note)
    else:
        source.remarks.append("no job completed: goodput is 0, and failed work has nothing to be a share of")
    if allocation:
        useful = allocation.value * goodput
        yield Measured("useful_share", useful, note=f"{allocation.value:.2%} × {goodput:.2%}")
    month = total.completed / period.hours * 730
    yield Measured("useful_hours_per_month", month, note=f"of completed jobs, {dates}, as a month of 730 hours")


def _allocation(source: Source, period: _Period, gpus: float, days: list[_Hours], dates: str) -> Measured:
    down = source.options.down_hours
    installed = gpus * period.hours
    if down >= installed:
        raise source.refuse(None, f"--down {down:g} is no less than the {installed:,.6g} GPU-hours installed")
    allocated, available = period.total.allocated, installed - down
    if allocated > available * 1.000001:
        raise source.refuse(
            None,
            f"{allocated:,.6g} GPU-hours were allocated, and {gpus:g} GPUs have {available:,.6g} from {dates}: "
            "is --gpus right?",
        )
    if full := sum(day.allocated > gpus * 24 * 1.000001 for day in days):
        source.remarks.append(f"on {full} days more was allocated than {gpus:g} GPUs have: were there more of them?")
    if not down:
        source.remarks.append(
            "allocation is of installed hours: time out of service lowers it; where a model multiplies by availability "
            "too, give the GPU-hours out of service as --down"
        )
    value = min(allocated / available, 1.0)
    each = gpus * 24 * available / installed
    low, high, said = range_of([min(day.allocated / each, 1.0) for day in days], "days", value)
    out = f" less {down:g} out of service" if down else ""
    note = f"{allocated:,.6g} of {installed:,.6g} GPU-hours of {gpus:g} GPUs{out}, {dates}; {said}"
    return Measured("allocation", value, low, high, note)
