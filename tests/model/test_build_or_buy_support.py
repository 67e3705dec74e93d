"""The example of build_or_buy, month by month in plain Python, and its break-even in the workbook."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pytest

import xlroi
from xlroi.analysis.goal import solve
from xlroi.model.case import load_case, with_settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "build_or_buy_support.yaml"


def test_the_example_by_hand() -> None:
    found = xlroi.run(load_case(EXAMPLE))
    lora_hours = (4 + 6 * 0.005) * 8e9 * 60e6 / (989.4e12 * 0.375 * 3600)
    lora_compute = lora_hours * 3 * 3.44
    api = 15_000 + 500 * 95 + 15_000 + 40_000 + 20_000.0
    lora = 60_000 + 1100 * 95 + 25_000 + 50_000 + 5_000 + lora_compute
    api_value, lora_value, api_benefit = -api, -lora, 0.0
    ticket = (10_000 * 5 + 10_000 * 0.5 + 1500 * 25) / 1e6
    for month in range(1, 25):
        volume = 40_000 * 1.1 ** ((month - 1) / 12)
        discount = 1.1 ** (-month / 12)
        if month > 2:
            handled = volume * min((month - 2) / 3, 1)
            cost = handled * ticket * 0.8 ** ((month - 1) / 12) + 40 * 95 + 1000 + handled * 0.02 * 2 / 60 * 32
            benefit = handled * 0.35 * min(0.83 + 0.02 * month / 12, 0.88) * 4.8
            api, api_benefit = api + cost, api_benefit + benefit
            api_value += (benefit - cost) * discount
        if month > 4:
            handled = volume * min((month - 4) / 3, 1)
            gpus = max(math.ceil(handled * 21_500 * 3 / (4000 * 3600 * 730)), math.ceil(8 * 2 / 64), 2)
            cost = gpus * 730 * 3.44 * 0.9 ** ((month - 1) / 12) + 60 * 95 + 1500 + handled * 0.02 * 2 / 60 * 32
            cost += 0.3 * (60_000 + lora_compute) if month in (6, 12, 18) else 0
            benefit = handled * 0.35 * min(0.82 + 0.03 * month / 12, 0.88) * 4.8
            lora += cost
            lora_value += (benefit - cost) * discount
    tco, npv = found.outputs["tco"], found.outputs["option_npv"]
    assert tco["Buy an API"] == pytest.approx(api, rel=1e-12)  # type: ignore[index,call-overload]
    assert tco["Fine-tune with LoRA"] == pytest.approx(lora, rel=1e-12)  # type: ignore[index,call-overload]
    assert npv["Buy an API"] == pytest.approx(api_value, rel=1e-12)  # type: ignore[index,call-overload]
    assert npv["Fine-tune with LoRA"] == pytest.approx(lora_value, rel=1e-12)  # type: ignore[index,call-overload]
    assert found.outputs["roi"] == pytest.approx((api_benefit - api) / api, rel=1e-12)
    assert found.outputs["net_profit"] == pytest.approx(api_benefit - api, rel=1e-12)
    assert found.outputs["best_option"] == "Buy an API"
    assert found.failing() == []


def test_the_example_carries_the_volume_that_the_search_finds() -> None:
    given = load_case(EXAMPLE)
    away = with_settings(given, ["flip_tickets=90000"])
    found = solve(away, "flip_gap", 0.0, "flip_tickets")
    assert found.value == pytest.approx(given.inputs["flip_tickets"].base, rel=1e-6)


@pytest.mark.parametrize("volume", [None, 90000.0])
def test_the_proof_beside_the_break_even_holds_in_the_workbook(volume: float | None, tmp_path: Path) -> None:
    given = load_case(EXAMPLE)
    if volume is not None:
        given = with_settings(given, [f"flip_tickets={volume}"])
    xlroi.build(given, tmp_path / "book.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)["Sensitivity"]
    rows = [[c.value for c in r] for r in sheet.iter_rows() if r[1].value == "Tickets where the cost ranking flips"]
    (found,) = [r for r in rows if r[2] == "Difference at the flip volume"]
    assert found[4] == pytest.approx(given.inputs["flip_tickets"].base if volume is None else 136981.2073, rel=1e-6)
    assert found[11] == "proven"
