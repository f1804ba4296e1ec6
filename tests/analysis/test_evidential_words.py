from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.evidential_words import LEVELS, VERBAL_SCALE, p_in_digits, ratio_in_digits, verbal


@pytest.mark.parametrize(
    ("llr", "digits", "words"),
    [
        (0.0, "1.0", "no support for either"),
        (-0.004, "1.0", "no support for either"),
        (0.295, "1.9", "no support for either"),
        (0.5, "3.2", "weak support for a part from another camera"),
        (0.9991, "9.9", "weak support for a part from another camera"),
        (-0.9991, "1/9.9", "weak support for one processing throughout"),
        (1.3, "20", "moderate support for a part from another camera"),
        (-1.9999, "1/99", "moderate support for one processing throughout"),
    ],
)
def test_a_ratio_in_digits_and_in_words(llr: float, digits: str, words: str) -> None:
    assert ratio_in_digits(llr) == digits
    assert verbal(llr) == words


@given(st.floats(-7, 7))
def test_the_digits_never_contradict_the_words(llr: float) -> None:
    printed = float(ratio_in_digits(llr).removeprefix("1/"))

    limits = (0.0, *(limit for limit, _ in VERBAL_SCALE))
    (step,) = [words for low, (high, words) in zip(limits, VERBAL_SCALE, strict=False) if low <= printed < high]
    assert verbal(llr).startswith(step)


@pytest.mark.parametrize(
    ("p", "digits"), [(1 / 56, "0.018"), (1.0, "1.000"), (0.05, "0.050"), (6 / 119, "0.0504"), (1 / 5001, "0.0002")]
)
def test_a_p_value_in_digits(p: float, digits: str) -> None:
    assert p_in_digits(p) == digits


@given(st.integers(0, 20_000), st.integers(1, 20_000))
def test_a_printed_p_value_is_never_zero_and_reaches_no_level_that_it_does_not(reached: int, photos: int) -> None:
    p = (1 + min(reached, photos)) / (photos + 1)

    printed = float(p_in_digits(p))

    assert printed > 0
    assert all((printed <= level) == (p <= level) for level in LEVELS)
