"""The command `xlroi bill`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Run
from tests.finops.bill import SAMPLE


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(monkeypatch, capsys)


def test_a_profile_is_a_page_of_tables(run: Run) -> None:
    code, out, err = run("bill", "profile", str(SAMPLE))
    assert (code, err) == (0, "")
    assert "1,000 rows in 1 file (FOCUS 1.0), billed for 2024-09 to 2024-10" in out
    for words in ("18.0066386184", "EffectiveCost is rounded to whole numbers", "98.6639%", "columns may be shifted"):
        assert words in out


def test_json_has_amounts_as_exact_texts(run: Run) -> None:
    code, out, _ = run("bill", "profile", str(SAMPLE), "--json")
    found = json.loads(out)
    assert code == 0
    assert [total["billed"] for total in found["totals"]] == ["18.0066386184", "1.97651418586", "0.53707392473"]
    assert found["currencies"] == ["USD"]


def test_bad_input_ends_with_exit_code_2(run: Run, tmp_path: Path) -> None:
    code, out, err = run("bill", "profile", str(tmp_path / "none.csv"), "--json")
    assert code == 2
    assert "no such file" in err
    assert json.loads(out)["exit"] == 2
    assert run("bill", "profile", str(SAMPLE), "--memory", "lots")[0] == 2
    assert run("bill", "profile", str(SAMPLE), "--mapping", "gcp")[0] == 2
