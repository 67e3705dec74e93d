"""``nvidia-smi --query-gpu=… --format=csv``: a row a GPU and moment, units in the header and mostly in the cells."""

from __future__ import annotations

from typing import Final

from xlroi.importers.history import History, share_of
from xlroi.importers.source import Measured, Source, moment_of, number_of

__all__ = ["read"]

_METRICS: Final = {"utilization.gpu": "activity", "power.draw": "power", "power.limit": "limit"}
_UNITS: Final = {"%": 1.0, "W": 1.0, "kW": 1000.0, "mW": 0.001}
_NO_VALUE: Final = frozenset({"", "N/A", "ERR!", "Unknown Error"})


def read(source: Source) -> list[Measured]:
    """Activity, power and energy."""
    history = History(source)
    columns: dict[str, tuple[int, str]] = {}
    for line, cells in source.table(","):
        if not columns:
            columns = _columns(cells)
            if "uuid" not in columns:
                source.remarks.append("no column uuid: GPUs are told apart by their index, as those of one machine")
            continue
        try:
            moment = moment_of(cells[columns["timestamp"][0]])
        except ValueError:
            raise source.refuse(line, f"timestamp: cannot read {cells[columns['timestamp'][0]]!r}") from None
        gpu = next((cells[columns[key][0]] for key in ("uuid", "gpu_uuid", "index") if key in columns), "0")
        for column, metric in _METRICS.items():
            if column in columns:
                _add(source, history, line, gpu, moment, metric, column, *columns[column], cells)
    return history.measured()


def _columns(cells: list[str]) -> dict[str, tuple[int, str]]:
    """Where each column stands and the unit in its header: ``utilization.gpu [%]``."""
    found: dict[str, tuple[int, str]] = {}
    for place, cell in enumerate(cells):
        name, _, unit = cell.partition("[")
        name = name.strip().lower().removesuffix(".instant").removesuffix(".average")
        found.setdefault(name, (place, unit.rstrip("] ")))
    return found


def _add(
    source: Source,
    history: History,
    line: int,
    gpu: str,
    moment: float,
    metric: str,
    column: str,
    place: int,
    unit: str,
    cells: list[str],
) -> None:
    cell = cells[place]
    if cell in _NO_VALUE or cell.startswith("["):
        source.count(f"cells of {column} without a value ({cell or 'empty'})", line)
        return
    try:
        value, own = number_of(cell)
    except ValueError as error:
        raise source.refuse(line, f"{column}: {error}") from None
    said = own or unit
    if said not in _UNITS or (said == "%") != (metric == "activity"):
        raise source.refuse(line, f"{column}: cannot tell the unit of {cell!r} (column in {unit or 'no unit'})")
    if metric == "activity":
        value = share_of(source, line, column, value, 100)
    elif value < 0:
        raise source.refuse(line, f"{column}: {cell} is negative")
    history.add(line, gpu, moment, metric, value * _UNITS[said])
