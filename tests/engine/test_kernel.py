"""The engine against model infrastructure written a second time, by hand, in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

import xlroi
from benchmarks.kernel import npv_of_owning, without_spare
from benchmarks.large import CASE, varied
from xlroi.engine.run import Engine


def test_trials_equal_a_kernel_written_by_hand() -> None:
    case = xlroi.load_case(CASE)
    leaves = varied(case, 1_500)
    names = [name for name in leaves["options.name"] if name]
    by_hand = npv_of_owning(without_spare(leaves), names.index("Own"), names.index("Cloud committed"))
    engine = Engine(case.model.system, case.model.steps)
    found = engine.trials(leaves, ["npv_of_owning"], 1_500)["npv_of_owning"][:, 0, 0]
    assert np.unique(found).size == 1_500
    assert found == pytest.approx(by_hand, rel=1e-9, abs=1e-3)
