"""The formats that can be imported, how each is recognised, and what an unknown file lacks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xlroi.importers import benchmarks, dcgm, nvidia_smi, slurm, training_log
from xlroi.importers.source import Measured, Options, Source
from xlroi.model.quantities import QUANTITIES

__all__ = ["FORMATS", "Format", "Measurement", "measure", "recognised"]

_MB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: the words that its beginning must hold (one of each group), and what reads it."""

    name: str
    needs: tuple[tuple[str, ...], ...]
    read: Callable[[Source], list[Measured]]
    made_by: str
    limit: int = 512 * _MB

    def found(self, words: frozenset[str]) -> list[str]:
        """The needs that are met."""
        return [word for group in self.needs for word in group if word in words]

    def missing(self, words: frozenset[str]) -> list[str]:
        """The needs that are not, each by its usual word."""
        return [group[0] for group in self.needs if not words.intersection(group)]


def _each(*words: str) -> tuple[tuple[str, ...], ...]:
    return tuple((word,) for word in words)


FORMATS: Final = (
    Format(
        "nvidia-smi CSV",
        _each("timestamp", "utilization.gpu"),
        nvidia_smi.read,
        "nvidia-smi --query-gpu=timestamp,uuid,name,utilization.gpu,power.draw --format=csv -l 60",
    ),
    Format(
        "DCGM CSV",
        (("DCGM_FI_ in cells",), ("timestamp", "time", "date")),
        dcgm.read_csv,
        "columns timestamp, UUID, DCGM_FI_DEV_GPU_UTIL … or timestamp, series, value",
    ),
    Format(
        "DCGM exporter text",
        _each("DCGM_FI_ series"),
        dcgm.read_text,
        "curl -s HOST:9400/metrics >> FILE, again and again",
    ),
    Format(
        "Slurm sacct",
        _each("jobid", "alloctres", "elapsedraw", "state", "start", "end"),
        slurm.read,
        "sacct -a -X -P -o JobID,User,Account,Partition,QOS,AllocTRES,ElapsedRaw,State,Start,End",
        256 * _MB,
    ),
    Format(
        "AIPerf JSON",
        (("request_count",), ("output_token_throughput",), ("request_throughput",)),
        benchmarks.read_aiperf,
        "aiperf profile … (profile_export_aiperf.json)",
        64 * _MB,
    ),
    Format(
        "vLLM bench JSON",
        _each("duration", "completed", "total_output_tokens", "request_throughput", "output_throughput"),
        benchmarks.read_vllm,
        "vllm bench serve … --save-result",
        64 * _MB,
    ),
    Format("training log with MFU", _each("mfu %"), training_log.read, "lines such as 'step: 10 … mfu: 38.2%'"),
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A file as measured."""

    format: str
    source: Source
    measured: tuple[Measured, ...]

    @property
    def remarks(self) -> list[str]:
        """What a user must know of the file: period, what was left out, what could be measured with more."""
        wanting: dict[str, list[str]] = {}
        for quantity, need in self.source.wanting.items():
            wanting.setdefault(need, []).append(quantity)
        return [*self.source.report(), *(f"no {', '.join(names)}: {need}" for need, names in wanting.items())]


def recognised(source: Source) -> Format:
    """The format of a file; raises :class:`InputError` that says what was recognised and what is missing."""
    words = _words(source.head())
    for known in FORMATS:
        if not known.missing(words):
            return known
    nearest = max(FORMATS, key=lambda f: (len(f.needs) - len(f.missing(words))) / len(f.needs))
    if found := nearest.found(words):
        missing = ", ".join(nearest.missing(words))
        raise source.refuse(
            1, f"looks like {nearest.name}: it has {', '.join(found)}, and lacks {missing}; expected: {nearest.made_by}"
        )
    seen = ", ".join(sorted(words)[:8]) or "no words"
    raise source.refuse(1, f"not recognised (its beginning holds {seen}); known: {', '.join(f.name for f in FORMATS)}")


def _words(head: str) -> frozenset[str]:
    """What a beginning names: columns of a table, keys of JSON, metrics of DCGM."""
    first = next((line for line in head.splitlines() if line.strip() and not line.startswith("#")), "")
    words: set[str] = set()
    if head.lstrip().startswith("{"):
        words |= set(_keys(head))
    elif "|" in first or "," in first:
        separator = "|" if "|" in first else ","
        words |= {cell.partition("[")[0].strip().strip('"').lower() for cell in first.split(separator)}
    else:
        words |= {word.lower() for word in re.findall(r"[A-Za-z_.]{2,}", first)[:8]}
    if re.search(r"^DCGM_FI_\w+(\{.*\})?\s+\S", head, re.MULTILINE):
        words.add("DCGM_FI_ series")
    elif "DCGM_FI_" in head:
        words.add("DCGM_FI_ in cells")
    if training_log.MFU.search(head):
        words.add("mfu %")
    return frozenset(words - {""})


def _keys(head: str) -> list[str]:
    """The keys of a JSON object, as far as its beginning goes: those at the top where it is whole."""
    try:
        return list(json.loads(head))
    except (ValueError, RecursionError):
        return re.findall(r'"(\w+)"\s*:', head)


def measure(path: str | Path, options: Options | None = None) -> Measurement:
    """Recognise a file and measure; raises :class:`InputError` with file and line.

    >>> import tempfile
    >>> log = Path(tempfile.mkdtemp(), "train.log")
    >>> _ = log.write_text("step 1 mfu: 38%\\nstep 2 mfu: 40%\\n")
    >>> measure(log).measured[0].value
    0.39
    """
    source = Source.open(Path(path), options or Options())
    known = recognised(source)
    source.limit(known.limit)
    source.hash()
    found = known.read(source)
    assert all(m.quantity in QUANTITIES for m in found)
    return Measurement(known.name, source, tuple(found))
