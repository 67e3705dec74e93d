"""Levers on infrastructure in the programme of savings, each worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.typed_levers import case_of, engine, failing, of, programme, row_of, with_row
from xlroi.api import Result, run


def on_history(table: str, shares: list[float], **columns: object) -> Result:
    """One row on a pool of ten machines at 2 an hour; another pool with a history of its own stands above it."""
    lever = programme().tables[table][0].values["lever"]
    samples = [("Other", 0.9), *(("Pool", share) for share in shares), ("Other", 0.1)]
    tables: dict[str, dict[str, dict[str, object]]] = {
        "pools": {"Other": {"units": 7, "price": 1}, "Pool": {"units": 10, "price": 2}},
        "usage": {f"Sample {i}": {"pool": pool, "share": share} for i, (pool, share) in enumerate(samples)},
        "rightsizing": {},
        "commitments": {},
    }
    case = case_of({**tables, table: {"By hand": {"lever": lever, "pool": "Pool", **columns}}})
    lines = [line.id for line in case.model.system.lines.values() if line.type.table == table]
    return Result(case, "base", engine().evaluate(case.values("base"), outputs=[*lines, f"{table}_measured"]))


HISTORY = [0.30, 0.52, 0.41, 0.41, 0.38]


@pytest.mark.parametrize("percentile", [0, 0.2, 0.5, 0.6, 0.95, 1])
def test_the_percentile_of_a_pool_is_that_of_numpy_ties_and_all(percentile: float) -> None:
    found = on_history("rightsizing", HISTORY, percentile=percentile)
    assert of(found, "rightsizing_peak") == pytest.approx(np.percentile(HISTORY, percentile * 100), rel=1e-12)


def test_machines_above_the_percentile_at_the_target_are_given_back() -> None:
    # Sorted 30, 38, 41, 41, 52%: the 95th percentile is 41 + 0.8 x 11 = 49.8%. At 75%, 6.64 machines are needed: 7.
    found = on_history("rightsizing", HISTORY, percentile="95%", target="75%")
    assert of(found, "rightsizing_peak") == pytest.approx(0.498)
    assert of(found, "rightsizing_needed") == 7
    assert of(found, "rightsizing_saving") == pytest.approx(3 * 2 * 8760)


def test_a_pool_that_is_busier_than_the_target_gives_nothing_back() -> None:
    found = on_history("rightsizing", [0.9, 0.9, 0.9], percentile="50%", target="75%")
    assert of(found, "rightsizing_needed") == 12
    assert of(found, "rightsizing_saving") == 0


def test_a_pool_without_a_history_is_an_error() -> None:
    assert of(on_history("rightsizing", [0.5]), "rightsizing_measured") == 0
    assert of(on_history("commitments", [0.5], discount="40%"), "commitments_measured") == 0
    assert of(on_history("commitments", [0.5, 0.5], discount="40%"), "commitments_measured") == 1


def test_the_waterline_is_the_quantile_of_demand_at_one_less_the_break_even_use() -> None:
    # Needed 4, 6, 8, 10 machines. At 40% off the last one must be used 60% of the time: six are used in 75%, eight in
    # 50%. Six committed: at work (4 + 6 + 6 + 6) / 4 = 5.5, paid 6 x 60% = 3.6: 1.9 machines on demand saved.
    found = on_history("commitments", [0.8, 0.4, 1.0, 0.6], discount="40%")
    assert of(found, "commitments_line") == 6
    assert of(found, "commitments_saving") == pytest.approx(1.9 * 2 * 8760)


@pytest.mark.parametrize("discount", [0.05, 0.25, 0.4, 0.5, 0.7, 0.9])
def test_no_other_number_of_machines_saves_more(discount: float) -> None:
    demand = [3, 3, 4, 6, 6, 7, 9, 10]
    found = on_history("commitments", [d / 10 for d in demand], discount=discount)
    saved = {n: sum(min(d, n) for d in demand) / len(demand) - n * (1 - discount) for n in range(11)}
    assert of(found, "commitments_saving") == pytest.approx(max(saved.values()) * 2 * 8760, rel=1e-9, abs=1e-6)
    assert saved[int(of(found, "commitments_line"))] == pytest.approx(max(saved.values()))


def test_what_is_committed_already_is_no_saving() -> None:
    # Four of ten are committed: they are at work all the time. From 4 to 6: 1.5 more at work, 2 x 60% more paid.
    found = on_history("commitments", [0.8, 0.4, 1.0, 0.6], discount="40%", covered=4)
    assert of(found, "commitments_saving") == pytest.approx((1.5 - 1.2) * 2 * 8760)
    more = on_history("commitments", [0.8, 0.4, 1.0, 0.6], discount="40%", covered=9)
    assert (of(more, "commitments_line"), of(more, "commitments_saving")) == (9, 0)


SPOT = {"hours": 1000, "on_demand": 4, "spot_price": 2, "checkpoint": 10, "between": 6000 / 3600, "restart": 0}


def test_spot_checkpoints_at_the_interval_of_young() -> None:
    # Young 1974: 10 s, 6,000 s between failures: root(2 x 10 x 6,000) = 346.4 s. Lost: 10 / 346.4 + 173.2 / 6,000.
    found = row_of("spot", **SPOT)
    assert of(found, "spot_interval") * 3600 == pytest.approx(346.4, abs=0.05)
    assert of(found, "spot_overhead") == pytest.approx(10 / 346.4 + 173.2 / 6000, rel=1e-4)
    assert of(found, "spot_saving") == pytest.approx(1000 * (4 - 2 * 1.057735), rel=1e-5)


def test_no_other_interval_loses_less() -> None:
    found = row_of("spot", **{**SPOT, "restart": 120})
    checkpoint, between, restart = 10 / 3600, 6000 / 3600, 120 / 3600

    def overhead(interval: float) -> float:
        return checkpoint / interval + (interval / 2 + restart) / between

    best = min(overhead(seconds / 3600) for seconds in range(60, 2000))
    assert of(found, "spot_overhead") == pytest.approx(best, rel=1e-5)
    assert of(found, "spot_overhead") <= best


def test_spot_that_costs_more_than_on_demand_raises_an_alert() -> None:
    found = run(with_row("spot", **{**SPOT, "spot_price": 3.9}))
    assert of(found, "spot_saving") == pytest.approx(1000 * (4 - 3.9 * (1 + math.sqrt(2 * 10 / 6000))))
    assert of(found, "spot_saving") < 0
    assert {"spot_pays", "all_save"} <= set(failing(found))


def test_egress_saved_is_what_stays_local_less_the_copies() -> None:
    # 1,000 GB x 60% x 0.09 = 54 a month, 500 GB of copies at 0.02 = 10: 44 a month.
    found = row_of("egress", volume=1000, price=0.09, local="60%", copies=500, storage=0.02)
    assert of(found, "egress_saving") == pytest.approx(44 * 12)


def test_spend_newly_owned_is_partly_switched_off() -> None:
    # 150,000 a month on the baseline: 12% of it gets an owner, who ends a quarter.
    found = row_of("tagging", untagged="14%", goal="2%", idle="25%")
    assert of(found, "tagging_saving") == pytest.approx(150_000 * 12 * 0.12 * 0.25)
    assert of(row_of("tagging", untagged="1%", goal="2%", idle="25%"), "tagging_saving") == 0
