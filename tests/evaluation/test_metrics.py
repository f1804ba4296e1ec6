"""Figures that were computed by hand, and the scorer's own formulas on random maps."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score, matthews_corrcoef

from workstation.evaluation import metrics

TRUTH = np.array([True, False, True, False, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.3, 0.1])
"""Ranked: foreign, host, foreign, host, host."""


def test_average_precision_by_hand() -> None:
    assert metrics.average_precision(TRUTH, SCORES) == pytest.approx((1 / 1 + 2 / 3) / 2)
    # inverted: host, host, foreign, host, foreign
    assert metrics.average_precision(TRUTH, -SCORES) == pytest.approx((1 / 3 + 2 / 5) / 2)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    assert metrics.roc_auc(TRUTH, SCORES) == pytest.approx(5 / 6)


def test_best_f1_by_hand() -> None:
    # at 0.7: two hits of three called, two there: 2·2 / (3 + 2)
    assert metrics.best_f1(TRUTH, SCORES) == pytest.approx(0.8)


def test_best_mcc_by_hand() -> None:
    # at 0.7: TP 2, FP 1, FN 0, TN 2: (2·2 - 1·0) / sqrt(3·2·3·2) = 4/6; at 0.9: (1·3 - 0) / sqrt(1·2·3·4) = 0.612
    assert metrics.best_mcc(TRUTH, SCORES) == pytest.approx(4 / 6)


def test_class_balanced_iou_by_hand() -> None:
    # foreign: best at 0.7 with 2 of 3; host: below 0.7 lie two of three host and no foreign: 2/3, or below 0.9: 3 of 4
    assert metrics.class_balanced_iou(TRUTH, SCORES) == pytest.approx((2 / 3 + 3 / 4) / 2)


def test_a_perfect_ranking_has_one_everywhere_and_a_constant_one_nothing_to_choose() -> None:
    perfect = TRUTH.astype(float)
    for figure in (metrics.best_f1, metrics.best_mcc, metrics.class_balanced_iou, metrics.best_balanced_accuracy):
        assert figure(TRUTH, perfect) == pytest.approx(1)

    constant = np.zeros(5)
    assert metrics.average_precision(TRUTH, constant) == pytest.approx(0.4)
    assert metrics.roc_auc(TRUTH, constant) == pytest.approx(0.5)
    assert metrics.best_f1(TRUTH, constant) == pytest.approx(2 * 0.4 / 1.4)
    assert metrics.best_mcc(TRUTH, constant) == 0
    assert metrics.best_balanced_accuracy(TRUTH, constant) == 0.5


def test_decisions_by_hand() -> None:
    called = np.array([True, True, False, False, False])  # TP 1, FP 1, FN 1, TN 2
    assert metrics.f1_at(TRUTH, called) == pytest.approx(0.5)
    assert metrics.mcc_at(TRUTH, called) == pytest.approx((1 * 2 - 1 * 1) / np.sqrt(2 * 2 * 3 * 3))


def test_calling_nothing_foreign_is_no_success_and_no_warning() -> None:
    nothing = np.zeros(5, bool)
    assert (metrics.f1_at(TRUTH, nothing), metrics.mcc_at(TRUTH, nothing)) == (0, 0)


def test_best_balanced_accuracy_by_hand() -> None:
    # at 0.7: both foreign found, one host of three called: (1 + 2/3) / 2
    assert metrics.best_balanced_accuracy(TRUTH, SCORES) == pytest.approx(5 / 6)


@pytest.mark.parametrize("seed", range(2))
def test_the_best_thresholds_are_those_of_a_search_with_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(40) < 0.3
    scores = np.round(rng.normal(size=40) + truth, 1)  # with ties
    decisions = [scores >= t for t in np.unique(scores)]

    assert metrics.best_f1(truth, scores) == pytest.approx(max(f1_score(truth, d) for d in decisions))
    assert metrics.best_mcc(truth, scores) == pytest.approx(max(matthews_corrcoef(truth, d) for d in decisions))
    spread = (scores - scores.min()) / np.ptp(scores)
    cuts = [spread >= t for t in np.linspace(0, 1, metrics.IOU_STEPS)]
    foreign, host = (max(jaccard_score(truth, c, pos_label=label, zero_division=0) for c in cuts) for label in (1, 0))
    assert metrics.class_balanced_iou(truth, scores) == pytest.approx((foreign + host) / 2)


@pytest.mark.parametrize(
    ("figure", "resampled"),
    [
        (metrics.average_precision, metrics.average_precision_of),
        (metrics.roc_auc, metrics.roc_auc_of),
        (metrics.best_balanced_accuracy, metrics.best_balanced_accuracy_of),
    ],
)
def test_resamples_have_the_figures_of_what_was_drawn(figure: metrics.Figure, resampled: metrics.CurveFigure) -> None:
    rng = np.random.default_rng(5)
    truth = np.arange(30) < 11
    scores = np.round(rng.normal(size=30) + truth, 1)  # with ties
    weights = rng.integers(0, 4, (20, 30)).astype(float)

    found = resampled(metrics.weighted_curve(truth, scores, weights))

    drawn = [np.repeat(np.arange(30), counts.astype(int)) for counts in weights]
    np.testing.assert_allclose(found, [figure(truth[d], scores[d]) for d in drawn])
