import numpy as np
import pytest

from workstation.evaluation import metrics
from workstation.evaluation.intervals import (
    Estimate,
    bootstrap,
    bootstrap_mean,
    clopper_pearson,
    intraclass_correlation,
    paired_difference,
)


def test_the_bootstrap_interval_has_the_width_of_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(0, 1, 400)
    found = bootstrap_mean(values)

    assert found.value == pytest.approx(values.mean())
    assert found.low < found.value < found.high
    assert found.half_width == pytest.approx(1.96 / 20, rel=0.15)
    assert found.n == 400


def test_copies_of_one_photo_make_nothing_surer() -> None:
    values = np.random.default_rng(1).normal(0, 1, 50)
    single = bootstrap_mean(values)
    copied = bootstrap_mean(np.repeat(values, 8), groups=[n // 8 for n in range(400)])

    assert copied.n == 50
    assert copied.half_width == pytest.approx(single.half_width)
    assert bootstrap_mean(np.repeat(values, 8)).half_width < 0.5 * single.half_width


def test_one_picture_alone_gives_no_interval() -> None:
    one, two = np.array([0.8]), np.array([0.8, 0.8, 0.7])
    assert bootstrap_mean(one) == Estimate(0.8, -np.inf, np.inf, 1)
    assert bootstrap_mean(two, groups=["same"] * 3).high == np.inf
    assert paired_difference(one, one / 2).low == -np.inf


def test_a_mean_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        bootstrap_mean(np.array([]))


def test_pairs_see_a_small_difference_that_separate_means_do_not() -> None:
    rng = np.random.default_rng(0)
    difficulty = rng.uniform(0, 1, 60)
    better, worse = difficulty + 0.02 + rng.normal(0, 0.01, 60), difficulty + rng.normal(0, 0.01, 60)

    assert paired_difference(better, worse).low > 0
    assert Estimate(0.0104, -0.002, 0.0217, 40).signed == "+0.010 (-0.002 to +0.022)"
    assert bootstrap_mean(better).low < bootstrap_mean(worse).value
    with pytest.raises(ValueError, match="same images"):
        paired_difference(better, worse[:-1])


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.30850),  # 1 - 0.025 ** (1/10)
        (0, 300, 0.0, 0.012221),  # 1 - 0.025 ** (1/300)
        (10, 10, 0.69150, 1.0),
        (5, 10, 0.18709, 0.81291),  # the textbook case
    ],
)
def test_clopper_pearson_by_the_tables(successes: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials)
    assert (found.value, found.n) == (successes / trials, trials)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-5)


def test_a_statistic_of_both_classes_keeps_both() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(40) < 3  # a plain bootstrap would often draw none of the three
    scores = rng.normal(size=40) + truth

    found = bootstrap(metrics.roc_auc, metrics.roc_auc_of, truth, scores)
    assert found.low <= found.value <= found.high <= 1


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).normal(size=30)
    assert bootstrap_mean(values, seed=3) == bootstrap_mean(values, seed=3)


def test_one_piece_alone_of_a_class_gives_a_ranking_no_interval() -> None:
    truth, scores = np.array([True, False, False, False]), np.array([0.9, 0.1, 0.2, 0.3])

    found = bootstrap(metrics.roc_auc, metrics.roc_auc_of, truth, scores)

    assert (found.value, found.low, found.high) == (1.0, -np.inf, np.inf)


def test_copies_of_one_photo_make_a_ranking_and_a_share_no_surer() -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(60) < 30
    scores = rng.normal(0, 1, 60) + truth
    single = bootstrap(metrics.roc_auc, metrics.roc_auc_of, truth, scores)
    copied = bootstrap(
        metrics.roc_auc,
        metrics.roc_auc_of,
        np.repeat(truth, 5),
        np.repeat(scores, 5),
        groups=[n // 5 for n in range(300)],
    )

    assert (copied.value, copied.n) == (pytest.approx(single.value), 60)
    assert (copied.low, copied.high) == (pytest.approx(single.low), pytest.approx(single.high))
    one, several = clopper_pearson(3, 20), clopper_pearson(12, 80, 20)
    assert (several.value, several.n) == (one.value, 80)
    assert (several.low, several.high) == (pytest.approx(one.low), pytest.approx(one.high))
    assert clopper_pearson(0, 80, 20).high == pytest.approx(clopper_pearson(0, 20).high)
    assert clopper_pearson(80, 80, 20).low == pytest.approx(clopper_pearson(20, 20).low)


def test_intraclass_correlation_of_shrout_and_fleiss() -> None:
    """Their table 2: four judges rate six targets; ICC(1, 1) is 0.17 (table 4)."""
    ratings = np.array([9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7], np.float64)
    targets = np.repeat(np.arange(6), 4)
    once = intraclass_correlation([(ratings, targets)])
    assert once == pytest.approx(0.1657, abs=1e-4)

    shifted = [(ratings + 100 * stratum, targets) for stratum in range(3)]
    assert intraclass_correlation(shifted) == pytest.approx(once)  # means are taken within a stratum


def test_intraclass_correlation_of_unequal_groups() -> None:
    rng = np.random.default_rng(5)
    camera = rng.integers(0, 300, 3000)
    values = rng.normal(0, 1, 300)[camera] + rng.normal(0, 2, 3000)  # 1 / (1 + 4)
    assert intraclass_correlation([(values, camera)]) == pytest.approx(0.2, abs=0.03)
    assert abs(intraclass_correlation([(values, rng.permutation(camera))])) < 0.03


def test_intraclass_correlation_of_nothing_to_compare() -> None:
    assert np.isnan(intraclass_correlation([(np.arange(3.0), "abc")]))
    assert np.isnan(intraclass_correlation([(np.arange(3.0), "aaa")]))
    assert np.isnan(intraclass_correlation([(np.ones(4), "aabb")]))
    assert np.isnan(intraclass_correlation([]))
