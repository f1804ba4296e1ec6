"""Likelihood ratios against cases that were worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workstation.evaluation.likelihood_ratio import cllr, cllr_min, empirical_limits, fit_logistic, pooled_posteriors


def test_logistic_finds_the_log_ratio_of_two_gaussians() -> None:
    rng = np.random.default_rng(4)
    # N(0, 1) against N(1, 1): the log likelihood ratio is x − 1/2
    intercept, slope = fit_logistic(rng.normal(0, 1, 20_000), rng.normal(1, 1, 5_000))
    assert slope == pytest.approx(1.0, rel=0.25)  # the ridge pulls it down a little
    assert -intercept / slope == pytest.approx(0.5, abs=0.05)


def test_logistic_never_falls() -> None:
    assert fit_logistic(np.array([3.0, 4.0, 5.0]), np.array([0.0, 1.0, 2.0])) == (0.0, 0.0)


def test_logistic_stays_finite_without_overlap() -> None:
    intercept, slope = fit_logistic(np.zeros(5), np.ones(5))
    assert math.isfinite(intercept)
    assert 0 < slope < 100


def test_cllr_of_saying_nothing_is_one() -> None:
    assert cllr(np.zeros(3), np.zeros(5)) == pytest.approx(1.0)


def test_cllr_by_hand() -> None:
    # ratios of 3 for spliced and 1/3 for untouched: log2(1 + 1/3) on either side
    third = math.log10(3)
    assert cllr(np.array([-third]), np.array([third])) == pytest.approx(math.log2(4 / 3))


def test_cllr_min_is_zero_for_separated_classes_and_one_for_equal_ones() -> None:
    assert cllr_min(np.array([-1.0, -2.0]), np.array([1.0, 2.0])) == pytest.approx(0.0, abs=1e-6)
    assert cllr_min(np.array([0.5, 0.5]), np.array([0.5, 0.5])) == pytest.approx(1.0)


def test_limits_follow_the_number_of_pictures() -> None:
    # nothing overlaps: 1 misleading picture of n + 1 allows up to (n + 1)·(1 − 1/(n + 1)) = n
    low, high = empirical_limits(np.full(50, -9.0), np.full(50, 9.0))
    assert high == pytest.approx(math.log10(50), abs=0.02)
    assert low == pytest.approx(-math.log10(50), abs=0.02)


def test_classes_that_cannot_be_told_apart_allow_no_ratio() -> None:
    values = np.linspace(-1, 1, 40)
    low, high = empirical_limits(values, values)
    assert high <= 0.01
    assert low >= -0.01


def test_pooled_posteriors_never_fall() -> None:
    rng = np.random.default_rng(1)
    posterior, order = pooled_posteriors(rng.normal(0, 1, 30), rng.normal(1, 1, 20))
    assert (np.diff(posterior) >= 0).all()
    assert sorted(order) == list(range(50))
