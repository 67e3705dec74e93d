"""The model of training: its figures worked by hand beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

import xlroi
from xlroi.model.case import case_from
from xlroi.model.loading import parse_yaml

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "resnet50_inspection.yaml"

_NOTHING = (
    "contingency", "epochs", "images", "parameters", "tokens", "failed_share", "ablation_share", "dataset_size",
    "transfer_per_run", "labelled_images", "engineer_hours", "retraining_hours", "maintenance_hours",
    "retrain_months", "requests", "serving_gpus_min", "disposal_cost", "hours_saved", "ramp_months",
)  # fmt: skip
ZERO: dict[str, object] = {**dict.fromkeys(_NOTHING, 0), "period_months": 12}


def outputs(**inputs: object) -> dict[str, object]:
    """The outputs with a few inputs given, all others 0 or without effect."""
    text = "model: training\ninputs:\n" + "".join(f"  {k}: {v}\n" for k, v in {**ZERO, **inputs}.items())
    return dict(xlroi.run(case_from(parse_yaml(text, "hand.yaml"))).outputs)


def test_compute_from_tokens_is_six_parameters_tokens() -> None:
    # 7e9 parameters, 1e12 tokens: 4.2e22 FLOP; at 312 TFLOP/s and 40%: 4.2e22 / (312e12 · 0.4 · 3600) GPU-hours
    found = outputs(parameters=7e9, tokens=1e12, peak_tflops=312, mfu="40%", gpu_hour_price=2)
    hours = 6 * 7e9 * 1e12 / (312e12 * 0.4 * 3600)
    assert found["training_flops"] == pytest.approx(4.2e22, rel=1e-15)
    assert found["gpu_hours"] == pytest.approx(hours, rel=1e-12)
    assert found["cost_per_training_run"] == pytest.approx(2 * hours, rel=1e-12)


def test_compute_from_images_is_three_forward_passes() -> None:
    found = outputs(epochs=90, images=1_281_167, flops_per_image=8.2e9)
    assert found["training_flops"] == pytest.approx(3 * 90 * 1_281_167 * 8.2e9, rel=1e-15)


def test_a_run_carries_its_failed_and_ablation_runs_and_its_data() -> None:
    # 3.6e15 FLOP at 1 TFLOP/s are one hour; with 50% failed and 200% ablation 3.5 hours at 4, and 10 GB at 0.1
    found = outputs(parameters=1e6, tokens=6e8, peak_tflops=1, mfu=1, gpu_hour_price=4, failed_share=0.5,
                    ablation_share=2, transfer_per_run=10, transfer_price=0.1)  # fmt: skip
    assert found["gpu_hours"] == pytest.approx(1.0, rel=1e-12)
    assert found["cost_per_training_run"] == pytest.approx(3.5 * 4 + 1, rel=1e-12)


def test_versions_and_cost_per_deployment_follow_the_retraining_cadence() -> None:
    # 12 months, a retraining every 5 months: versions at months 0, 5 and 10; 100 hours once and 10 per retraining at 50
    found = outputs(retrain_months=5, engineer_hours=100, retraining_hours=10, engineer_rate=50, retrain_share=0)
    assert found["total_cost"] == pytest.approx(120 * 50)
    assert found["cost_per_deployment"] == pytest.approx(120 * 50 / 3)


def test_opportunity_cost_comes_on_top_of_the_engineers_pay() -> None:
    found = outputs(engineer_hours=100, engineer_rate=50, opportunity_rate=30)
    assert found["total_cost"] == pytest.approx(100 * 80)


def test_cost_per_inference_is_serving_and_development_over_requests() -> None:
    # 1,000 requests an hour per GPU, 730,000 a month: one GPU's month exactly at 1 a GPU-hour; plus 1,000 of engineers
    found = outputs(requests=730_000, request_growth=0, serving_speed=1000, gpu_hour_price=1, engineer_hours=10,
                    engineer_rate=100)  # fmt: skip
    assert found["cost_per_inference"] == pytest.approx((12 * 730 + 1000) / (12 * 730_000), rel=1e-12)


def test_ten_percent_less_training_time_brings_the_launch_forward() -> None:
    # 240 GPU-hours on 2 GPUs are 5 days; four runs before the launch, 10% less: 2 days
    found = outputs(parameters=1e6, tokens=240 * 6e8, peak_tflops=1, mfu=1, gpus=2, runs_to_launch=4,
                    time_reduction="10%", day_value=700, gpu_hour_price=0)  # fmt: skip
    assert found["launch_days_gained"] == pytest.approx(2.0, rel=1e-12)
    assert found["total_benefit"] == pytest.approx(1400.0, rel=1e-12)


def test_the_practice_project_saves_500_hours_a_year_at_50() -> None:
    case = xlroi.load_case(EXAMPLE)
    result = xlroi.run(case)
    # Ramp over 3 months: 1/3 and 2/3 in months 1 and 2, then full to month 36: 35 months of 500 · 50 / 12
    hours = (1 / 3 + 2 / 3 + 34) * 500 * 50 / 12
    launch = result.outputs["launch_days_gained"]
    assert isinstance(launch, float)
    assert result.outputs["total_benefit"] == pytest.approx(hours + 400 * launch, rel=1e-12)
    stages = [result.outputs[f"cost_of_{stage}"] for stage in ("acquisition", "operation", "disposal")]
    assert sum(v for v in stages if isinstance(v, float)) == pytest.approx(result.outputs["total_cost"], rel=1e-12)
    assert all(isinstance(v, float) for v in stages)
    assert case.inputs["engineer_hours"].base == 200
    # Months with a retraining cost more than they save, so the flows change sign more than once: an alert, no error.
    assert [c.line for c in result.failing()] == ["one_sign_change"]


def test_a_profit_that_does_not_earn_its_cost_of_capital_is_said_so() -> None:
    # 1,000 at once, 84 a month for 12 months: 8 nominal, and at 10% less than nothing.
    words = {"hours_saved": 84 * 12, "hour_value": 1, "engineer_hours": 10, "engineer_rate": 100}
    text = "model: training\ncurrency: EUR\ninputs:\n" + "".join(f"  {k}: {v}\n" for k, v in {**ZERO, **words}.items())
    found = xlroi.run(case_from(parse_yaml(text, "hand.yaml")))
    factors = [1.1 ** (-month / 12) for month in range(1, 13)]
    npv = 84 * sum(factors) - 1000
    assert found.outputs["npv"] == pytest.approx(npv)
    assert found.values.cell("answer") == (
        "A training run costs 0 EUR; over 12 months a net profit of 8 EUR (ROI 0.8%), paid back in month 12; "
        f"but a negative net present value of {npv:.0f} EUR: it does not earn its cost of capital of 10%."
    )
