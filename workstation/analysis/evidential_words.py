"""p-values and likelihood ratios in digits and words that do not contradict each other."""

from __future__ import annotations

import math
from typing import Final

LEVELS: Final = (0.05, 0.01)
"""Operating points: p-values up to which a picture is called inconsistent."""

VERBAL_SCALE: Final = (
    (2.0, "no support for either"),
    (10.0, "weak support"),
    (100.0, "moderate support"),
    (1000.0, "moderately strong support"),
    (10_000.0, "strong support"),
    (1_000_000.0, "very strong support"),
    (math.inf, "extremely strong support"),
)
"""Likelihood ratios up to which each expression holds (ENFSI Guideline for Evaluative Reporting in Forensic Science,
2015). What the numbers can carry ends at the likelihood ratio's own limits, so most rows are out of reach."""


def verbal(llr: float) -> str:
    """A log10 likelihood ratio on the verbal scale, with the proposition that it supports."""
    ratio = 10 ** abs(llr)
    _, words = _step(ratio)
    if ratio < VERBAL_SCALE[0][0]:
        return words
    return f"{words} for {'a part from another camera' if llr > 0 else 'one processing throughout'}"


def ratio_in_digits(llr: float) -> str:
    """A likelihood ratio from its log10: "20", or "1/20" where it speaks against; rounded within its step of the scale.

    1.97 is "1.9": rounded up to 2.0 it would contradict the words beside it.
    """
    ratio = 10 ** abs(llr)
    decimals = 0 if ratio >= 10 else 1
    rounded = round(ratio, decimals)
    if rounded >= _step(ratio)[0]:
        rounded = math.floor(ratio * 10**decimals) / 10**decimals
    number = f"{rounded:.{decimals}f}"
    return number if llr >= 0 or rounded == 1 else f"1/{number}"


def p_in_digits(p: float) -> str:
    """A p-value with three decimals; with more where three would say 0, or that a level is reached which is not."""
    for decimals in range(3, 7):
        told = f"{p:.{decimals}f}"
        if float(told) > 0 and not any(float(told) <= level < p for level in LEVELS):
            return told
    return f"{p:.1e}" if p < 1e-6 else told


def _step(ratio: float) -> tuple[float, str]:
    """The limit below which a ratio lies, and its words."""
    return next(step for step in VERBAL_SCALE if ratio < step[0] or step[0] == math.inf)
