"""Into a case: value, range, source and date, with its comments; or an error and nothing written."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import xlroi
from tests.command import Run
from xlroi.errors import InputError
from xlroi.model.loading import parse_yaml
from xlroi.model.template import load_model, model_from
from xlroi.resources import templates

FILES = Path(__file__).parent / "files"
SACCT = str(FILES / "sacct.txt")


@pytest.fixture
def xlroi_(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


CASE = """\
# The cluster of the laboratory
model: infrastructure
inputs:
  # what the scheduler says
  utilisation: {base: 75%, optimistic: 80%, distribution: {type: uniform, min: 0.5, max: 0.9}}   # an assumption
  availability: 97%
  failed_share: 10%  # another
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return path


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    """Eleven days of 10 GPUs: on day n, n GPUs are allocated; a tenth of each day's hours fails."""
    lines = ["JobID|AllocTRES|ElapsedRaw|State|Start|End"]
    for n in range(1, 11):
        start = datetime(2026, 11, 1) + timedelta(days=n)
        for part, seconds, state in ((0, 77_760, "COMPLETED"), (1, 8_640, "TIMEOUT")):
            begin = start + timedelta(seconds=77_760 * part)
            end = begin + timedelta(seconds=seconds)
            lines.append(f"{n}{part}|gres/gpu={n}|{seconds}|{state}|{begin:%Y-%m-%dT%H:%M:%S}|{end:%Y-%m-%dT%H:%M:%S}")
    path = tmp_path / "november.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


PERIOD = ("--gpus", "10", "--from", "2026-11-01", "--to", "2026-11-12")


def test_slurm_into_a_case_keeps_its_comments(xlroi_: Run, case: Path, accounts: Path) -> None:
    code, out, err = xlroi_("import", str(accounts), *PERIOD, "--into", str(case))
    assert code == 0
    text = case.read_text()
    for comment in ("# The cluster of the laboratory", "# what the scheduler says", "# an assumption", "# another"):
        assert comment in text
    assert "availability: 97%" in text
    found = xlroi.load_case(case).inputs
    used = found["utilisation"]
    # 0%, 10%, … 100% of eleven days: the mean is 50%, P10 is 10%, P90 is 90%.
    assert (used.base, used.optimistic, used.pessimistic) == pytest.approx((0.5, 0.9, 0.1))
    assert used.distribution is None  # it was one of the assumption
    digest = hashlib.sha256(accounts.read_bytes()).hexdigest()[:12]
    assert (used.source, used.as_of) == (f"november.txt, sha256 {digest}", date(2026, 11, 11))
    assert "P10 to P90 of 11 days" in used.note
    # Goodput is 90%, every day: 1/9 of the useful hours comes on top.
    failed = found["failed_share"]
    assert (failed.base, failed.optimistic, failed.pessimistic) == pytest.approx((1 / 9, 1 / 9, 1 / 9), rel=2e-4)
    assert "utilisation: 75% → 50% (allocation)" in out
    assert "goodput: stands in failed_share" in out
    assert "useful_share: evidence only, feeds no input" in out
    assert "distribution of the old value taken out" in err
    assert "utilisation: 75%" not in text
    assert "&id" not in text


def test_useful_hours_of_the_model_are_allocation_times_goodput(xlroi_: Run, case: Path, accounts: Path) -> None:
    measured = json.loads(xlroi_("import", str(accounts), *PERIOD, "--into", str(case), "--json")[1])
    share = {m["quantity"]: m["value"] for m in measured["measured"]}
    inputs = xlroi.load_case(case).inputs
    model = inputs["utilisation"].base / (1 + inputs["failed_share"].base)  # hours to run are demand × (1 + failed)
    assert model == pytest.approx(share["allocation"] * share["goodput"], rel=1e-4)
    assert share["useful_share"] == pytest.approx(0.5 * 0.9)


def test_a_second_import_changes_nothing(xlroi_: Run, case: Path, accounts: Path) -> None:
    arguments = ("import", str(accounts), *PERIOD, "--into", str(case))
    xlroi_(*arguments)
    once = case.read_bytes()
    code, out, _ = xlroi_(*arguments)
    assert (code, case.read_bytes()) == (0, once)
    assert "nothing changed" in out


def test_the_ends_of_a_range_stay_inside_the_bounds_of_the_input(xlroi_: Run, case: Path, accounts: Path) -> None:
    # Jobs on one GPU of ten on day 1 to 10, none for 20 days more: P10 is 0%, and the model wants 1% or more.
    code, _, err = xlroi_("import", str(accounts), *PERIOD[:-1], "2026-12-02", "--into", str(case))
    assert code == 0
    assert xlroi.load_case(case).inputs["utilisation"].pessimistic == pytest.approx(0.01)
    assert "utilisation.pessimistic: 0% measured, kept inside the bounds of the input" in err


def test_another_file_is_written_and_the_case_left_alone(xlroi_: Run, case: Path, accounts: Path) -> None:
    other = case.with_name("other.yaml")
    assert xlroi_("import", str(accounts), *PERIOD, "--into", str(case), "-o", str(other))[0] == 0
    assert case.read_text() == CASE
    assert xlroi.load_case(other).inputs["utilisation"].base == 0.5
    code, _, err = xlroi_("import", str(accounts), *PERIOD, "--into", str(case), "-o", str(other))
    assert (code, "exists already" in err) == (2, True)


def test_lines_end_as_they_did(xlroi_: Run, case: Path, accounts: Path) -> None:
    case.write_bytes(CASE.replace("\n", "\r\n").encode())
    assert xlroi_("import", str(accounts), *PERIOD, "--into", str(case))[0] == 0
    raw = case.read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") == CASE.count("\n")


def test_activity_is_evidence_and_feeds_nothing(xlroi_: Run, case: Path) -> None:
    smi = str(FILES / "nvidia_smi.csv")
    code, out, _ = xlroi_("import", smi, "--into", str(case))
    assert (code, case.read_text()) == (0, CASE)
    assert "activity: evidence only, feeds no input" in out
    assert "no input of this model takes what was measured" in out
    for id in ("utilisation", "availability"):
        code, _, err = xlroi_("import", smi, "--into", str(case), "--as", f"activity={id}")
        assert (code, case.read_text()) == (2, CASE)
        assert "error: --as activity=" in err


def test_mfu_feeds_mfu(xlroi_: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    assert xlroi_("new", "training", "-o", str(case))[0] == 0
    assert xlroi_("import", str(FILES / "torchtitan.log"), "--into", str(case))[0] == 0
    mfu = xlroi.load_case(case).inputs["mfu"]
    assert (mfu.base, mfu.optimistic, mfu.pessimistic) == pytest.approx((0.355, 0.395, 0.315))


BAD: dict[tuple[str, ...], str] = {
    (SACCT,): "give --gpus N (utilisation takes it)",
    (SACCT, "--gpus", "0"): "--gpus 0: expected the number of GPUs",
    (SACCT, "--gpus", "2"): "is --gpus right?",
    (SACCT, "--gpus", "8", "--down", "400"): "--down 400 is no less than the 384 GPU-hours installed",
    (SACCT, "--gpus", "8", "--from", "2026-12-01", "--to", "2026-11-01"): "--from must lie before --to",
    (SACCT, "--gpus", "8", "--from", "2027-12-01"): "no job with a GPU in this period",
    (SACCT, "--gpus", "8", "--as", "goodput"): "expected QUANTITY=input",
    (SACCT, "--gpus", "8", "--as", "speed=pue"): "'speed' is none of",
    (SACCT, "--gpus", "8", "--as", "goodput=utilisation"): "the input takes 'allocation'; 'goodput' is another thing",
    (SACCT, "--gpus", "8", "--as", "goodput=nothing"): "'nothing' is not an input",
    (SACCT, "--gpus", "8", "--as", "goodput=server_price_index"): "is a series or a table",
    (SACCT, "--gpus", "8", "--as", "goodput=salary"): "'goodput' is measured in %, the input is in money/(FTE*year)",
    (SACCT, "--gpus", "8", "--as", "mfu=load"): "does not measure it",
    (str(FILES / "nvidia_smi.csv"), "--as", "power_kw=kw_per_server"): "measured in kW, the input is in kW/server",
    ("missing.csv",): "no such file",
}


@pytest.mark.parametrize(("arguments", "message"), BAD.items())
def test_bad_input_gets_a_clear_error_and_writes_nothing(
    xlroi_: Run, case: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = xlroi_("import", *arguments, "--into", str(case))
    assert code == 2
    assert message in err
    assert case.read_text() == CASE
    assert [p.name for p in case.parent.iterdir()] == ["case.yaml"]


def test_the_case_must_be_valid_before_and_there(xlroi_: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    for text, message in (
        ("model: infrastructure\ninputs: {utilisation: 3}\n", "case.yaml:2: inputs.utilisation"),
        ("", "emp"),
    ):
        case.write_text(text)
        code, _, err = xlroi_("import", SACCT, "--gpus", "8", "--into", str(case))
        assert (code, message in err, case.read_text()) == (2, True, text)
    code, _, err = xlroi_("import", SACCT, "--gpus", "8", "--into", str(tmp_path / "none.yaml"))
    assert (code, "no such file" in err) == (2, True)
    code, _, err = xlroi_("import", SACCT, "--gpus", "8", "--into", str(tmp_path / "book.xlsx"))
    assert (code, "xlroi read" in err) == (2, True)


def test_a_chosen_input_takes_what_its_unit_fits(xlroi_: Run, case: Path) -> None:
    arguments = (SACCT, "--gpus", "8", "--into", str(case), "--as", "useful_hours_per_month=base_hours")
    assert xlroi_("import", *arguments)[0] == 0
    assert xlroi.load_case(case).inputs["base_hours"].base == 2920  # 192 of 48 hours, in 730


def test_without_a_case_it_prints_and_json_holds_all(xlroi_: Run) -> None:
    code, out, _ = xlroi_("import", str(FILES / "vllm.json"), "--json")
    found = json.loads(out)
    assert (code, found["format"], found["as_of"]) == (0, "vLLM bench JSON", "2026-11-20")
    assert found["sha256"] == hashlib.sha256((FILES / "vllm.json").read_bytes()).hexdigest()
    assert found["measured"][0] == {
        "quantity": "tokens_per_second",
        "value": 152.381,
        "low": None,
        "high": None,
        "unit": "token/s",
        "evidence_only": False,
        "note": found["measured"][0]["note"],
    }
    assert xlroi_("import", SACCT, "--as", "goodput=x")[0] == 2


def test_templates_declare_only_known_quantities_in_their_unit_and_once() -> None:
    assert load_model("infrastructure").inputs["utilisation"].measured == "allocation"
    text = templates().joinpath("models", "training.yaml").read_text(encoding="utf-8")
    for edited, message in (
        (text.replace("measured: mfu", "measured: mfuu"), "'mfuu' is no measured quantity; did you mean 'mfu'?"),
        (text.replace("measured: mfu", "measured: power_kw"), "'power_kw' is measured in kW, the input is in %"),
        (text.replace("measured: mfu", "measured: failed_share"), "'failed_share' is taken by the input 'mfu'"),
    ):
        with pytest.raises(InputError, match="measured") as caught:
            model_from(parse_yaml(edited, "training.yaml"))
        assert message in str(caught.value)
