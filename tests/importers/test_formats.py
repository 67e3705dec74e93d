"""What each format measures: figures worked by hand, and every trap named or refused with its line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from xlroi.errors import InputError
from xlroi.importers.formats import FORMATS, Measurement, measure
from xlroi.importers.source import Measured, Options

FILES = Path(__file__).parent / "files"
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(text: str | bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return made


def by_name(found: Measurement) -> dict[str, Measured]:
    return {m.quantity: m for m in found.measured}


def values(found: Measurement) -> dict[str, float]:
    return {m.quantity: m.value for m in found.measured}


def refused(path: Path, options: Options | None = None) -> str:
    with pytest.raises(InputError) as caught:
        measure(path, options)
    (problem,) = caught.value.problems
    return f"{problem.line}: {problem.message}"


@pytest.mark.parametrize(
    ("name", "kind"),
    {
        "nvidia_smi.csv": "nvidia-smi CSV",
        "dcgm.txt": "DCGM exporter text",
        "dcgm.csv": "DCGM CSV",
        "sacct.txt": "Slurm sacct",
        "vllm.json": "vLLM bench JSON",
        "aiperf.json": "AIPerf JSON",
        "torchtitan.log": "training log with MFU",
    }.items(),
)
def test_every_format_is_recognised_by_what_it_holds(name: str, kind: str) -> None:
    assert measure(FILES / name).format == kind


def test_every_format_has_an_example_here() -> None:
    assert {measure(f).format for f in FILES.iterdir()} == {f.name for f in FORMATS}


# ---- nvidia-smi ------------------------------------------------------------------------------------------------------

SMI = "timestamp, index, uuid, utilization.gpu [%], power.draw [W]\n"


def smi(minute: int, gpu: int, activity: str, power: str = "500 W") -> str:
    stamp = datetime(2026, 11, 20) + timedelta(minutes=minute)
    return f"{stamp:%Y/%m/%d %H:%M:%S.000}, {gpu}, GPU-{gpu}, {activity}, {power}\n"


def test_nvidia_smi_activity_power_and_energy() -> None:
    found = measure(FILES / "nvidia_smi.csv")
    assert values(found) == pytest.approx(
        {
            "activity": (0.83 + 0 + 0.91 + 0.86 + 0.40) / 5,  # the [N/A] counts neither as 0 nor as a sample
            "power_kw": 0.610 + 0.100,
            "power_per_gpu": 0.355,
            "power_load": 0.355 / 0.7,
            # Two minutes each: (600 + 620) / 2 + (620 + 610) / 2 watt-minutes, and 200 of the other GPU.
            "energy_kwh": (610 + 615 + 200) / 60 / 1000,
        }
    )
    assert found.source.as_of == date(2026, 11, 20)
    assert "cells of utilization.gpu without a value ([N/A]): 1 (line 5)" in found.remarks
    assert any("2 GPUs, 2026-11-20 12:00 to 2026-11-20 12:02" in r for r in found.remarks)


def test_the_range_is_that_of_the_hours_not_of_the_samples(write: Write) -> None:
    # Hours 0 to 20 at 0%, 1%, … 20%, a sample every half hour: P10 and P90 of 21 values are 2% and 18%.
    rows = [smi(60 * hour + half, 0, f"{hour} %") for hour in range(21) for half in (0, 30)]
    activity = by_name(measure(write(SMI + "".join(rows))))["activity"]
    assert (activity.value, activity.low, activity.high) == pytest.approx((0.10, 0.02, 0.18))
    assert "P10 to P90 of 21 hours" in activity.note


def test_a_mean_outside_of_its_percentiles_widens_the_range(write: Write) -> None:
    rows = [smi(60 * hour, 0, "100 %" if hour == 0 else "0 %") for hour in range(20)]
    activity = by_name(measure(write(SMI + "".join(rows))))["activity"]
    assert (activity.value, activity.low, activity.high) == pytest.approx((0.05, 0.0, 0.05))
    assert "widened" in activity.note


def test_a_gap_counts_for_nothing_and_is_told(write: Write) -> None:
    rows = [smi(minute, 0, "50 %", "600 W") for minute in (0, 1, 2, 182, 183)]
    found = measure(write(SMI + "".join(rows)))
    assert values(found)["energy_kwh"] == pytest.approx(0.6 * 3 / 60)  # three minutes of samples, three hours of gap
    assert "1 gaps in activity, 3 GPU-hours in all, left out" in found.remarks


def test_repeated_rows_and_headers_count_once(write: Write) -> None:
    rows = [smi(0, 0, "10 %"), smi(1, 0, "30 %"), smi(1, 0, "30 %"), SMI, smi(2, 0, "50 %")]
    found = measure(write(SMI + "".join(rows)))
    assert values(found)["activity"] == pytest.approx(0.30)
    assert "repeated headers: 1 (line 5)" in found.remarks
    assert any("repeat a moment" in r and "(line 4" in r for r in found.remarks)


def test_a_row_that_goes_back_in_time_is_left_out_and_many_are_refused(write: Write) -> None:
    rows = [smi(minute, 0, "50 %") for minute in range(100)]
    found = measure(write(SMI + "".join(rows) + smi(10, 0, "100 %")))
    assert values(found)["activity"] == pytest.approx(0.50)
    assert any("go back in time" in r and "(line 102" in r for r in found.remarks)
    assert "sort the file by time" in refused(write(SMI + "".join(reversed(rows))))


def test_units_come_from_the_cell_or_from_the_header(write: Write) -> None:
    rows = smi(0, 0, "50", "0.5 kW") + smi(1, 0, "70 %", "700")
    assert values(measure(write(SMI + rows)))["power_kw"] == pytest.approx(0.6)
    assert "cannot tell the unit" in refused(write(SMI.replace(" [%]", "") + smi(0, 0, "0.5") + smi(1, 0, "50 %")))
    assert refused(write(SMI + smi(0, 0, "500 W") + smi(1, 0, "50 %"))).startswith("2: utilization.gpu")


@pytest.mark.parametrize(
    ("text", "message"),
    {
        SMI + smi(0, 0, "50 %"): "None: one sample of each GPU is no history",
        SMI + smi(0, 0, "50 %") + smi(0, 1, "60 %"): "None: one sample of each GPU is no history",
        SMI: "None: no sample of activity, power or energy",
        SMI + smi(0, 0, "[N/A]", "[N/A]"): "None: no sample of activity, power or energy",
        SMI + smi(0, 0, "50 %") + smi(1, 0, "183 %"): "3: utilization.gpu: 183 lies outside of 0 to 100",
        SMI + smi(0, 0, "-5 %"): "2: utilization.gpu: -5 lies outside of 0 to 100",
        SMI + smi(0, 0, "5 %", "-10 W"): "2: power.draw: -10 W is negative",
        SMI + smi(0, 0, "high"): "2: utilization.gpu: expected a number (got 'high')",
        SMI + "2026/11/20 12:00\n": "2: 1 cells under 5 columns",
        SMI + "yesterday, 0, GPU-0, 5 %, 5 W\n": "2: timestamp: cannot read 'yesterday'",
    }.items(),
)
def test_a_bad_history_is_refused_with_its_line(write: Write, text: str, message: str) -> None:
    assert refused(write(text)).startswith(message)


def test_a_last_line_without_an_end_may_be_cut_and_is_left_out(write: Write) -> None:
    whole = SMI + smi(0, 0, "40 %", "600 W") + smi(1, 0, "60 %", "600 W")
    found = measure(write(whole + smi(2, 0, "80 %", "612.34 W")[:-7]))  # a cut "612.34 W" reads as 61
    assert values(found)["activity"] == pytest.approx(0.50)
    assert "last line has no end, may be cut off and is left out: 1 (line 4)" in found.remarks


def test_memory_does_not_grow_with_the_rows(write: Write) -> None:
    import tracemalloc

    path = write(SMI + "".join(smi(0, 0, "50 %").replace(":00.000", f":{s:06.3f}") for s in _steps(60_000)))
    tracemalloc.start()
    measure(path)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000  # the file has 3.5 million bytes
    tracemalloc.stop()


def _steps(count: int) -> list[float]:
    return [n / 1000 for n in range(count)]


# ---- encodings, sizes, unknown files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_powershell_writes_is_read_too(write: Write, encoding: str) -> None:
    text = (SMI + smi(0, 0, "40 %") + smi(1, 0, "60 %")).replace("\n", "\r\n")
    assert values(measure(write(text.encode(encoding))))["activity"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("raw", "message"),
    {
        b"": "None: the file is empty",
        b"\x1f\x8b\x08\x00": "None: this is a gzip file; unpack it first",
        (SMI + smi(0, 0, "5 %")).encode() + "GPU-Zürich\n".encode("latin-1"): "3: not a text in UTF-8",
        (SMI + smi(0, 0, "5 %")).encode() + b"\0\0\n": "3: not a text file",
        (SMI + "x" * 1_000_001 + "\n").encode(): "2: a line of more than 1,000,000 bytes",
        b"name,price\napple,1\n": "1: not recognised (its beginning holds name, price); known: nvidia-smi CSV",
        b"timestamp, name, power.draw [W]\n": "1: looks like nvidia-smi CSV: it has timestamp, and lacks",
        b"JobID|State|Start|End\n": "1: looks like Slurm sacct: it has jobid, state, start, end, and lacks alloctres",
        b'{"duration": 8.4, "completed": 20}': "1: looks like vLLM bench JSON: it has duration, completed, and lacks",
        b'{"hello": 1}': "1: not recognised (its beginning holds hello)",
        b"\x89PNG\r\n": "1: not recognised",
    }.items(),
)
def test_an_unfit_file_is_refused_with_what_is_missing(write: Write, raw: bytes, message: str) -> None:
    assert refused(write(raw)).startswith(message)


def test_a_huge_file_is_refused_before_it_is_read(write: Write) -> None:
    import os

    path = write(SMI)
    os.truncate(path, 5 * 2**30)  # a sparse file
    assert refused(path) == "None: the file has 5,120 MB, the limit for its kind is 512 MB; import a part of it"


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == "None: no such file"
    assert refused(tmp_path) == "None: not a file"


# ---- DCGM ------------------------------------------------------------------------------------------------------------


def test_dcgm_scrapes_one_after_the_other_are_a_history() -> None:
    found = measure(FILES / "dcgm.txt")
    assert values(found) == pytest.approx(
        {
            "activity": (0.83 + 0.10 + 0.93 + 0.0 + 0.94 + 0.20) / 6,
            "power_kw": (600.5 + 620.5 + 609) / 3 / 1000 + 0.100,
            "power_per_gpu": 0.355,
            # mJ: 36,000,000 of the first GPU, whose counter is then reset; 7,200,000 and 10,800,000 of the second.
            "energy_kwh": 54_000_000 / 3.6e9,
        }
    )
    assert any(r.startswith("resets of an energy counter") and "(line 35)" in r for r in found.remarks)
    assert any("the file holds no date" in r for r in found.remarks)


def test_one_scrape_is_no_history(write: Write) -> None:
    first = (FILES / "dcgm.txt").read_text().splitlines(keepends=True)[:12]
    assert "one sample of each GPU is no history" in refused(write("".join(first)))


def test_a_gpu_counts_once_a_scrape_however_many_pods_share_it(write: Write) -> None:
    line = 'DCGM_FI_DEV_GPU_UTIL{{gpu="0",UUID="GPU-a",pod="{}"}} {}\n'
    text = line.format("a", 80) + line.format("b", 80) + line.format("a", 40) + line.format("b", 40)
    found = measure(write(text))
    assert values(found) == pytest.approx({"activity": 0.6})
    assert "2 samples of 1 GPUs" in found.measured[0].note


def test_dcgm_csv_of_all_three_shapes(write: Write) -> None:
    assert values(measure(FILES / "dcgm.csv")) == pytest.approx(
        {"activity": 0.70, "power_kw": 0.55, "power_per_gpu": 0.55, "energy_kwh": 0.55 / 60}
    )
    columns = "timestamp,Hostname,gpu,DCGM_FI_DEV_GPU_UTIL,DCGM_FI_PROF_PIPE_TENSOR_ACTIVE\n"
    rows = "1795176000,n1,0,80,0.25\n1795176000,n2,0,20,0.05\n1795176060,n1,0,60,0.35\n1795176060,n2,0,0,NaN\n"
    found = measure(write(columns + rows))
    assert values(found) == pytest.approx({"activity": 0.40, "tensor_activity": 0.65 / 3})
    assert any("2 GPUs, 2026-11-20 12:00" in r for r in found.remarks)  # the same index on two machines
    series = (
        'Time,"DCGM_FI_DEV_GPU_UTIL{gpu=""0"", Hostname=""n1""}","DCGM_FI_DEV_GPU_UTIL{gpu=""1"", Hostname=""n1""}"\n'
    )
    assert values(measure(write(series + "2026-11-20 12:00:00,80,20\n2026-11-20 12:01:00,60%,40\n"))) == pytest.approx(
        {"activity": 0.50}
    )


def test_dcgm_in_the_wrong_unit_or_blank(write: Write) -> None:
    head = "timestamp,gpu,DCGM_FI_DEV_GPU_UTIL,DCGM_FI_PROF_SM_ACTIVE\n"
    assert refused(write(head + "1795176000,0,50,83\n")).startswith(
        "2: DCGM_FI_PROF_SM_ACTIVE: 83 lies outside of 0 to 1"
    )
    assert refused(write(head + "1795176000,0,50 W,0\n")).startswith("2: DCGM_FI_DEV_GPU_UTIL: '50 W' is not in %")
    found = measure(write(head + "1795176000,0,50,0.5\n1795176060,0,2147483632,0.5\n1795176120,0,70,0.5\n"))
    assert values(found)["activity"] == pytest.approx(0.60)
    assert any("DCGM's blank: 1 (line 3)" in r for r in found.remarks)


# ---- Slurm -----------------------------------------------------------------------------------------------------------

SACCT = "JobID|AllocTRES|ElapsedRaw|State|Start|End\n"
DAY = 86_400


def job(id: str, tres: str, first: int, seconds: int, state: str = "COMPLETED") -> str:
    start = datetime(2026, 11, 1) + timedelta(days=first)
    end = start + timedelta(seconds=seconds)
    return f"{id}|{tres}|{seconds}|{state}|{start:%Y-%m-%dT%H:%M:%S}|{end:%Y-%m-%dT%H:%M:%S}\n"


def test_slurm_allocation_goodput_and_useful_share() -> None:
    found = measure(FILES / "sacct.txt", Options(gpus=8))
    # 8 GPUs × 24 h, written as gres/gpu and gres/gpu:h100; 4 × 12 h failed; 2 × 10 h cancelled; 1 × 10 h still running.
    allocated, completed, ended = 192 + 48 + 20 + 10, 192, 192 + 48 + 20
    assert values(found) == pytest.approx(
        {
            "allocation": allocated / (8 * 48),
            "gpu_hours": allocated,
            "goodput": completed / ended,
            "failed_share": (48 + 20) / 192,
            "useful_share": allocated / (8 * 48) * completed / ended,
            "useful_hours_per_month": completed / 48 * 730,
        }
    )
    assert found.source.as_of == date(2026, 11, 2)
    said = " ".join(found.remarks)
    for told in (
        "without a GPU, left out: 1 (line 5)",
        "never ran: 1 (line 6)",
        "still run",
        "--from and --to",
        "--down",
    ):
        assert told in said


def test_slurm_ranges_are_those_of_whole_days(write: Write) -> None:
    # On day n of 11, n of 10 GPUs work: P10 and P90 of 0%, 10%, … 100% are 10% and 90%. Days 9 and 10 fail.
    rows = [job(f"{n}", f"gres/gpu={n}", n, DAY, "FAILED" if n > 8 else "COMPLETED") for n in range(11)]
    period = {"start": datetime(2026, 11, 1), "end": datetime(2026, 11, 12)}
    found = by_name(measure(write(SACCT + "".join(rows)), Options(gpus=10, **period)))
    allocation, goodput = found["allocation"], found["goodput"]
    assert (allocation.value, allocation.low, allocation.high) == pytest.approx((0.5, 0.1, 0.9))
    assert "P10 to P90 of 11 days" in allocation.note
    # 36 of 55 GPU-days. Ten days had jobs, eight at 1 and two at 0: P10 is 0, P90 is 1.
    assert (goodput.value, goodput.low, goodput.high) == pytest.approx((36 / 55, 0.0, 1.0))
    assert (found["failed_share"].value, found["failed_share"].high) == (pytest.approx(19 / 36), None)


def test_a_job_across_the_border_of_the_period_counts_inside_alone(write: Write) -> None:
    text = SACCT + job("1", "gres/gpu=2", 0, 4 * DAY)
    found = measure(write(text), Options(gpus=4, start=datetime(2026, 11, 2), end=datetime(2026, 11, 4)))
    assert values(found)["gpu_hours"] == pytest.approx(2 * 48)
    assert values(found)["allocation"] == pytest.approx(0.5)


def test_hours_out_of_service_leave_the_denominator(write: Write) -> None:
    text = SACCT + job("1", "gres/gpu=2", 0, DAY)
    assert values(measure(write(text), Options(gpus=4, down_hours=16)))["allocation"] == pytest.approx(48 / 80)


def test_steps_repetitions_and_requeued_jobs(write: Write) -> None:
    one = job("7", "gres/gpu=1", 0, 3600)
    text = SACCT + one + one + job("7.batch", "gres/gpu=1", 0, 3600) + job("7", "gres/gpu=1", 1, 3600, "TIMEOUT")
    found = measure(write(text))
    assert values(found)["gpu_hours"] == pytest.approx(2)  # the requeued one has another start
    assert values(found)["goodput"] == pytest.approx(0.5)
    said = " ".join(found.remarks)
    assert "stand twice and count once: 1 (line 3)" in said
    assert "job steps" in said


def test_slurm_without_the_gpus_installed_asks_for_them() -> None:
    found = measure(FILES / "sacct.txt")
    assert "allocation" not in values(found)
    assert any(r.startswith("no allocation, useful_share:") and "--gpus N" in r for r in found.remarks)


@pytest.mark.parametrize(
    ("text", "message"),
    {
        SACCT: "None: no job with a GPU in this period",
        SACCT + job("1", "cpu=4", 0, 60): "None: no job with a GPU in this period",
        SACCT + job("1", "gres/gpu=8", 0, DAY): "None: 192 GPU-hours were allocated, and 4 GPUs have 96",
        SACCT + "1|gres/gpu=1|-5|FAILED|2026-11-01T00:00:00|2026-11-01T00:00:00\n": "2: ElapsedRaw: -5 seconds",
        SACCT + "1|gres/gpu=1|01:00:00|FAILED|2026-11-01T00:00:00|Unknown\n": "2: ElapsedRaw: expected seconds",
        SACCT + "1|gres/gpu=1|60|FAILED|Unknown|Unknown\n": "2: Start, End: expected times",
        SACCT + "1|gres/gpu=1|60|FAILED|2026-11-02T00:00:00|2026-11-01T00:00:00\n": "2: End lies before Start",
        SACCT + "1|gres/gpu=many|60|FAILED|2026-11-02T00:00:00|Unknown\n": "2: AllocTRES: cannot read the GPUs",
        SACCT + "1|gres/gpu=1|60\n": "2: 3 cells under 6 columns",
    }.items(),
)
def test_a_bad_accounting_file_is_refused_with_its_line(write: Write, text: str, message: str) -> None:
    assert refused(write(text), Options(gpus=4)).startswith(message)


def test_no_completed_job_is_a_goodput_of_nothing(write: Write) -> None:
    found = measure(write(SACCT + job("1", "gres/gpu=8", 0, DAY, "NODE_FAIL")))
    assert values(found)["goodput"] == 0
    assert "failed_share" not in values(found)


# ---- benchmarks and training logs ------------------------------------------------------------------------------------


def edited(name: str, **changes: Any) -> str:
    data = json.loads((FILES / name).read_text())
    return json.dumps({k: v for k, v in {**data, **changes}.items() if v != "gone"})


def test_vllm_throughput_and_failed_requests() -> None:
    found = measure(FILES / "vllm.json", Options(gpus=2))
    assert values(found) == pytest.approx(
        {
            "tokens_per_second": 152.381,
            "tokens_per_second_per_gpu": 76.1905,
            "total_tokens_per_second": 200.0,
            "requests_per_second": 2.381,
            "completed_requests": 20 / 22,
        }
    )
    assert found.source.as_of == date(2026, 11, 20)
    assert "2 of 22 requests failed; the rates are of the others" in found.remarks


def test_older_results_do_not_count_failures_and_prompts_tell_them(write: Write) -> None:
    assert values(measure(write(edited("vllm.json", failed="gone"))))["completed_requests"] == pytest.approx(20 / 22)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"completed": 0}, "None: no request completed"),
        ({"duration": 0}, "None: duration: 0 seconds"),
        ({"duration": 8400}, "None: request_throughput: 2.381 a second, but 20 in 8400 s"),
        ({"output_throughput": -1}, "None: output_throughput: -1 is negative"),
        ({"output_throughput": float("nan")}, "None: output_throughput: expected a number"),
        ({"total_output_tokens": None}, "None: total_output_tokens: expected a number (got None)"),
    ],
)
def test_a_bad_benchmark_is_refused(write: Write, changes: dict[str, Any], message: str) -> None:
    assert refused(write(edited("vllm.json", **changes))).startswith(message)


def test_cut_json_and_several_runs_are_refused(write: Write) -> None:
    text = edited("vllm.json")
    assert "is the file cut off?" in refused(write(text[:-1]))
    assert refused(write(f"{text}\n{text}\n")).startswith("2: 2 results in one file; keep the line of the run")


def test_aiperf_throughput_power_and_activity() -> None:
    found = measure(FILES / "aiperf.json", Options(gpus=2))
    assert values(found) == pytest.approx(
        {
            "tokens_per_second": 512,
            "tokens_per_second_per_gpu": 256,
            "total_tokens_per_second": 1536,
            "requests_per_second": 2,
            "completed_requests": 0.8,
            "power_kw": 1.24,
            "energy_kwh": 1240 * 50 / 3.6e6,
            "activity": 0.80,
        }
    )
    assert "25 of 125 requests failed; the rates are of the others" in found.remarks


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"request_count": {"unit": "requests", "avg": 0}}, "None: no request completed"),
        (
            {"output_token_throughput": {"unit": "tokens/fortnight", "avg": 1}},
            "None: output_token_throughput: the unit",
        ),
        ({"request_throughput": 3}, "None: request_throughput: expected a unit and avg (got 3)"),
    ],
)
def test_a_bad_aiperf_file_is_refused(write: Write, changes: dict[str, Any], message: str) -> None:
    assert refused(write(edited("aiperf.json", **changes))).startswith(message)


def test_a_rate_a_minute_is_converted(write: Write) -> None:
    text = edited("aiperf.json", request_throughput={"unit": "requests/min", "avg": 120})
    assert values(measure(write(text)))["requests_per_second"] == pytest.approx(2)


def test_mfu_of_a_training_log(write: Write) -> None:
    (mfu,) = measure(FILES / "torchtitan.log").measured
    # Eleven steps of 30.5% to 40.5%.
    assert (mfu.value, mfu.low, mfu.high) == pytest.approx((0.355, 0.315, 0.395))
    text = "iter 0: loss 9, time 1ms, mfu -100.00%\niter 1: loss 9, mfu 35.00%\niter 2: loss 9, mfu 37.00%\n"
    found = measure(write(text))
    assert values(found) == pytest.approx({"mfu": 0.36})
    assert any("placeholder" in r and "(line 1)" in r for r in found.remarks)
    assert refused(write("mfu: 35%\n")) == "None: 1 steps with an MFU are no history"
    assert refused(write("mfu: 35%\nmfu: 135%\n")) == "2: mfu: 135 lies outside of 0 to 100"
