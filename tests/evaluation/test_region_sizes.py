from dataclasses import replace

import pytest

from workstation.evaluation.region_sizes import by_share, smallest_found
from workstation.evaluation.rows import Row


def enlarged(rows: list[Row], times: int) -> list[Row]:
    """Every row several times, as different images."""
    return [replace(row, image=f"{copy}_{row.image}") for row in rows for copy in range(times)]


def test_classes_of_shares_state_what_chance_gives_and_how_many_are_found(made_rows: list[Row]) -> None:
    classes = {(c.low, c.high): c for c in by_share(enlarged(made_rows, 5))}

    small = classes[0.0, 0.01]  # sides 20, 40, 60, 80: 0.04 to 0.64 %
    assert (small.ap.value, small.ap.n) == (pytest.approx(0.2), 20)
    assert small.constant == pytest.approx((400 + 1600 + 3600 + 6400) / 4e6)
    assert small.found.value == 0
    large = classes[0.1, 0.2]  # sides 350, 400
    assert (large.found.value, large.found.n) == (1, 10)


def test_classes_with_few_images_are_left_out(made_rows: list[Row]) -> None:
    assert by_share(made_rows) == []


def test_the_smallest_part_found_is_the_class_from_which_on_half_are(made_rows: list[Row]) -> None:
    (answer,) = smallest_found(enlarged(made_rows, 5))

    assert (answer.low, answer.high, answer.images) == (1.0, 4.0, 60)
    assert answer.side == 192  # 200 and 250 are found, 150 (class 128 to 192) is not
    assert answer.found is not None
    assert (answer.found.value, answer.found.n) == (1, 10)


def test_nothing_is_stated_where_nothing_is_found_or_little_is_there(made_rows: list[Row]) -> None:
    (missed,) = smallest_found([replace(row, figures=row.constant) for row in enlarged(made_rows, 5)])
    assert missed.side is None
    assert missed.reason == "0 % of the parts are found in the largest class of sides that can be judged"

    (few,) = smallest_found(made_rows[:4])
    assert (few.side, few.reason) == (None, "fewer than 5 images")

    (scattered,) = smallest_found(made_rows)
    assert (scattered.side, scattered.reason) == (None, "no class of sides holds 5 images")


def test_a_peer_is_judged_by_its_own_maps(made_rows: list[Row]) -> None:
    (answer,) = smallest_found(enlarged(made_rows, 5), "control")
    assert answer.side is None
