from dataclasses import replace

import pytest

from workstation.evaluation.detection import detect, pointing
from workstation.evaluation.rows import Row


def test_scores_of_images_are_ranked_by_hand(made_rows: list[Row]) -> None:
    # authentic .3 .4 .5 .6; tampered .52 .54 .56 .58 .6 and seven above: 43 pairs in order, one tie, four reversed
    found = detect(made_rows)

    assert found is not None
    assert (found.authentic, found.tampered, found.without) == (4, 12, 0)
    given, better = found.figures["auc"]
    assert given.value == pytest.approx((43 + 0.5) / 48)
    assert better == given
    assert given.low < given.value <= given.high


def test_a_score_that_ranks_the_wrong_way_is_better_inverted_and_named_so(made_rows: list[Row]) -> None:
    turned = [replace(row, score=-(row.score or 0)) for row in made_rows]
    found = detect(turned)
    assert found is not None
    given, better = found.figures["auc"]
    assert (given.value, better.value) == pytest.approx((1 - 43.5 / 48, 43.5 / 48))


def test_images_without_a_score_are_counted_not_guessed(made_rows: list[Row]) -> None:
    found = detect([replace(made_rows[0], score=None, error="damaged"), *made_rows[1:]])
    assert found is not None
    assert (found.tampered, found.without) == (11, 1)


def test_one_class_alone_cannot_be_told_apart(made_rows: list[Row]) -> None:
    assert detect([row for row in made_rows if row.tampered]) is None
    assert detect(made_rows, score="llr") is None


def test_pointing_at_an_authentic_image_is_a_false_alarm(made_rows: list[Row]) -> None:
    found = pointing(made_rows)
    assert found.authentic is not None
    assert found.tampered is not None
    assert (found.authentic.value, found.authentic.n) == (0.25, 4)
    assert (found.tampered.value, found.tampered.n) == (0.5, 12)
    assert found.balanced_accuracy == pytest.approx((0.75 + 0.5) / 2)
    assert found.authentic.low < 0.01  # one of four says little
    assert found.authentic.high > 0.8


def test_failed_images_take_no_part_in_pointing_and_unassessable_ones_are_not_pointed_at(made_rows: list[Row]) -> None:
    failed = replace(made_rows[-1], groups=None, score=None, error="damaged")
    flat = replace(made_rows[-2], groups=None, score=None, abstained="not assessable: flat")
    found = pointing([*made_rows[:-2], flat, failed])
    assert found.authentic is not None
    assert (found.authentic.value, found.authentic.n) == (0, 3)


def test_a_calibrated_p_value_decides_where_it_is_stated(made_rows: list[Row]) -> None:
    stated = [replace(row, p_consistent=0.03 if row.tampered else 0.4) for row in made_rows[:-2]]
    found = pointing([*stated, *made_rows[-2:]], "p_consistent")
    assert found.authentic is not None
    assert found.tampered is not None
    assert (found.authentic.value, found.authentic.n) == (0, 2)
    assert (found.tampered.value, found.tampered.n) == (1, 12)
    assert pointing(made_rows, "p_consistent").authentic is None


def test_variants_of_one_picture_make_no_share_surer(made_rows: list[Row]) -> None:
    thrice = [row for row in made_rows for _ in range(3)]
    pieces = [number for number in range(len(made_rows)) for _ in range(3)]

    single, together = pointing(made_rows), pointing(thrice, groups=pieces)
    apart = pointing(thrice)

    assert single.authentic is not None
    assert together.authentic is not None
    assert apart.authentic is not None
    assert together.authentic.high == pytest.approx(single.authentic.high)
    assert apart.authentic.high < together.authentic.high
    ranked, of_variants = detect(made_rows), detect(thrice, groups=pieces)
    assert ranked is not None
    assert of_variants is not None
    assert of_variants.figures["auc"][0].low == pytest.approx(ranked.figures["auc"][0].low)
