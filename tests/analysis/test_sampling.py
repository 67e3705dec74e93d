"""Distributions, Sobol' points and the copula against scipy and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xlroi.analysis.sampling import CHUNK, chunks, copula, quantile
from xlroi.errors import InputError
from xlroi.model.distributions import Correlation, distribution_from

U = np.array([0.001, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.999])


@pytest.mark.parametrize(
    ("given", "oracle"),
    [
        ({"type": "uniform", "min": 2, "max": 6}, stats.uniform(2, 4)),
        ({"type": "triangular", "min": 1, "mode": 2, "max": 5}, stats.triang(0.25, 1, 4)),
        # PERT: a beta with shapes 1 + 4 (mode - min) / range and 1 + 4 (max - mode) / range.
        ({"type": "pert", "min": 80, "mode": 100, "max": 130}, stats.beta(1 + 4 * 0.4, 1 + 4 * 0.6, 80, 50)),
        ({"type": "normal", "mean": 10, "sd": 2}, stats.norm(10, 2)),
        ({"type": "normal", "p10": 8, "p90": 12}, stats.norm(10, 2 / stats.norm.ppf(0.9))),
        (
            {"type": "lognormal", "mean": 10, "sd": 5},
            stats.lognorm(np.sqrt(np.log(1.25)), scale=10 / np.sqrt(1.25)),
        ),
    ],
)
def test_quantiles_are_those_of_scipy(given: dict[str, object], oracle: stats.rv_continuous) -> None:
    found = quantile(distribution_from(given, 0.0), None, None)(U)
    assert found == pytest.approx(oracle.ppf(U), rel=2e-5)


def test_a_pert_by_p10_and_p90_has_them() -> None:
    found = quantile(distribution_from({"type": "pert", "p10": 90, "p90": 130}, 100.0), None, None)
    assert found(np.array([0.1, 0.9])) == pytest.approx([90, 130], rel=1e-6)


def test_bounds_cut_a_normal_off_without_heaping_it_at_the_bound() -> None:
    found = quantile(distribution_from({"type": "normal", "mean": 0.9, "sd": 0.2}, 0.9), 0.0, 1.0)
    oracle = stats.truncnorm(-4.5, 0.5, 0.9, 0.2)
    assert found(U) == pytest.approx(oracle.ppf(U), rel=1e-9)


def test_discrete_values_come_with_their_weights() -> None:
    given = {"type": "discrete", "values": [1, 2, 8], "weights": [1, 2, 1]}
    found = quantile(distribution_from(given, 0.0), None, None)
    assert list(found(np.array([0.1, 0.24, 0.26, 0.74, 0.76, 0.999]))) == [1, 1, 2, 2, 8, 8]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"type": "pert", "min": 120, "mode": 100, "max": 130}, "min 120 is larger than mode 100"),
        ({"type": "uniform", "min": 3, "max": 1}, "min 3 is larger than max 1"),
        ({"type": "normal", "mean": 3, "sd": 0}, "sd must be above 0"),
        ({"type": "lognormal", "p10": -1, "p90": 2}, "above 0 everywhere"),
        ({"type": "petr"}, "did you mean 'pert'"),
        ({"type": "discrete", "values": [1, 2], "weights": [1]}, "2 values"),
        ({"min": 3}, "expected a type"),
        ({"type": "uniform", "min": 3}, "min, max"),
    ],
)
def test_impossible_distributions_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        distribution_from(given, 100.0)


def test_points_of_a_seed_are_the_same_however_many_are_asked_for() -> None:
    few, many = (np.concatenate(list(chunks(3, n, 5))) for n in (100, CHUNK + 100))
    assert few.shape == (100, 3)
    assert many.shape == (CHUNK + 100, 3)
    assert (many[:100] == few).all()
    assert not (np.concatenate(list(chunks(3, 100, 6))) == few).any()


def test_the_copula_gives_the_rank_correlation_asked_for() -> None:
    points = np.concatenate(list(chunks(3, 2 * CHUNK, 1)))
    joined = copula(["a", "b", "c"], [Correlation("a", "b", 0.8), Correlation("b", "c", -0.3)])(points)
    found = stats.spearmanr(joined).statistic
    assert found[0, 1] == pytest.approx(0.8, abs=0.01)
    assert found[1, 2] == pytest.approx(-0.3, abs=0.015)
    assert found[0, 2] == pytest.approx(0.0, abs=0.015)
    assert joined.min() > 0
    assert joined.max() < 1


def test_correlations_that_contradict_each_other_are_refused() -> None:
    given = [Correlation("a", "b", 0.9), Correlation("b", "c", 0.9), Correlation("a", "c", -0.9)]
    with pytest.raises(InputError, match="not positive definite"):
        copula(["a", "b", "c"], given)
