"""Benchmarks of a model server: results of ``vllm bench serve`` (SGLang's are alike) and of NVIDIA AIPerf."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from xlroi.importers.source import Measured, Source, moment_of

__all__ = ["read_aiperf", "read_vllm"]

_UNITS: Final = {
    "tokens/sec": 1.0, "tokens/s": 1.0, "token/s": 1.0, "tokens/second": 1.0, "tokens/min": 1 / 60,
    "requests/sec": 1.0, "requests/s": 1.0, "requests/second": 1.0, "requests/min": 1 / 60,
    "requests": 1.0, "tokens": 1.0, "count": 1.0, "W": 1.0, "kW": 1000.0, "mW": 0.001, "J": 1.0, "kJ": 1000.0,
    "MJ": 1e6, "%": 0.01, "": 1.0,
}  # fmt: skip


def _number(source: Source, value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise source.refuse(None, f"{what}: expected a number (got {value!r})")
    if value < 0:
        raise source.refuse(None, f"{what}: {value:g} is negative")
    return float(value)


def _per_gpu(source: Source, tokens: float, note: str) -> Iterator[Measured]:
    if source.options.gpus:
        each = f"{note}; on {source.options.gpus:g} GPUs"
        yield Measured("tokens_per_second_per_gpu", tokens / source.options.gpus, note=each)
    else:
        source.wanting["tokens_per_second_per_gpu"] = "the file does not say on how many GPUs it ran: give --gpus N"


def _requests(source: Source, completed: float, failed: float) -> Measured:
    if failed:
        source.remarks.append(
            f"{failed:,.0f} of {completed + failed:,.0f} requests failed; the rates are of the others"
        )
    return Measured("completed_requests", completed / (completed + failed), note=f"{completed:,.0f} requests completed")


def read_vllm(source: Source) -> list[Measured]:
    """Tokens and requests a second; refused where no request completed, or rates and totals disagree."""
    data = source.json()

    def number(key: str) -> float:
        return _number(source, data.get(key), key)

    completed, duration = number("completed"), number("duration")
    if completed == 0:
        raise source.refuse(None, "no request completed: there is no throughput")
    if duration == 0:
        raise source.refuse(None, "duration: 0 seconds")
    prompts = number("num_prompts") if data.get("num_prompts") is not None else completed
    failed = number("failed") if data.get("failed") is not None else max(prompts - completed, 0.0)
    total = "total_token_throughput" if "total_token_throughput" in data else "total_throughput"
    sums = {"request_throughput": completed, "output_throughput": number("total_output_tokens")}
    if total in data:
        sums[total] = number("total_input_tokens") + number("total_output_tokens")
    for key, count in sums.items():
        if abs(number(key) - count / duration) > 0.01 * count / duration + 0.01:
            why = f"{key}: {number(key):g} a second, but {count:,.0f} in {duration:g} s are {count / duration:g}"
            raise source.refuse(None, f"{why}; is the duration in seconds?")
    if not sums["output_throughput"]:
        raise source.refuse(None, "total_output_tokens: 0, so no token was written")
    _date(source, data.get("date"), "%Y%m%d-%H%M%S")
    load = (
        f"request rate {data.get('request_rate', 'unknown')}, concurrency {data.get('max_concurrency') or 'unlimited'}"
    )
    run = f"{data.get('model_id') or 'model unknown'}, {completed:,.0f} requests in {duration:g} s"
    note = f"{run}, {load}; one run, no range"
    found = [Measured("tokens_per_second", number("output_throughput"), note=note)]
    found += _per_gpu(source, number("output_throughput"), note)
    if total in data:
        found.append(Measured("total_tokens_per_second", number(total), note=note))
    found.append(Measured("requests_per_second", number("request_throughput"), note=note))
    return [*found, _requests(source, completed, failed)]


def read_aiperf(source: Source) -> list[Measured]:
    """Tokens and requests a second, and power and activity of the GPUs where the run collected them."""
    data = source.json()

    def metric(key: str, default: float | None = None) -> float:
        """The value in seconds, requests, tokens, watts, joules; the unit stands beside it and decides."""
        block = data.get(key)
        if block is None and default is not None:
            return default
        if not isinstance(block, dict) or "avg" not in block:
            raise source.refuse(None, f"{key}: expected a unit and avg (got {str(block)[:60]})")
        unit = str(block.get("unit", ""))
        if unit not in _UNITS:
            raise source.refuse(None, f"{key}: the unit {unit!r} is not known")
        return _number(source, block["avg"], key) * _UNITS[unit]

    completed, failed = metric("request_count"), metric("error_request_count", 0.0)
    if completed == 0:
        raise source.refuse(None, "no request completed: there is no throughput")
    if data.get("was_cancelled"):
        source.remarks.append("the run was cancelled before its end")
    _date(source, data.get("end_time"))
    note = f"AIPerf {data.get('aiperf_version', '')}, {completed:,.0f} requests; one run, no range".replace(" ,", ",")
    tokens = metric("output_token_throughput")
    found = [Measured("tokens_per_second", tokens, note=note), *_per_gpu(source, tokens, note)]
    if "total_token_throughput" in data:
        found.append(Measured("total_tokens_per_second", metric("total_token_throughput"), note=note))
    found += [Measured("requests_per_second", metric("request_throughput"), note=note)]
    found.append(_requests(source, completed, failed))
    if "nvidia_total_gpu_power" in data:
        found.append(
            Measured("power_kw", metric("nvidia_total_gpu_power") / 1000, note="all GPUs, while the run went on")
        )
    if "nvidia_total_gpu_energy" in data:
        found.append(Measured("energy_kwh", metric("nvidia_total_gpu_energy") / 3.6e6, note="all GPUs, this run"))
    shares = [*_activity(source, data.get("telemetry_data"))]
    if shares:
        said = f"mean of {len(shares)} GPUs, while the run went on"
        found.append(Measured("activity", sum(shares) / len(shares), note=said))
    return found


def _activity(source: Source, telemetry: Any) -> Iterator[float]:
    for endpoint in _values(_of(telemetry, "endpoints")):
        for gpu in _values(_of(endpoint, "gpus")):
            metrics = _of(gpu, "metrics")
            block = _of(metrics, "nvidia_gpu_utilization") or _of(metrics, "gpu_utilization")
            if isinstance(block, dict) and "avg" in block:
                share = _number(source, block["avg"], "gpu_utilization") / 100
                if share > 1:
                    raise source.refuse(None, f"gpu_utilization: {block['avg']:g} lies outside of 0 to 100")
                yield share


def _of(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None


def _values(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, dict) else []


def _date(source: Source, text: Any, layout: str = "") -> None:
    try:
        stamp = datetime.strptime(str(text), layout).isoformat() if layout else str(text)
        source.measured_on(moment_of(stamp))
    except ValueError:
        return  # the report then says that the file holds no date
