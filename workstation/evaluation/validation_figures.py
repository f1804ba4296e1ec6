"""The figures of docs/validation.md: values of either class, Tippett plots, reliability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workstation.evaluation.calibration_fit import StratumFit
from workstation.evaluation.likelihood_ratio import pooled_posteriors
from workstation.evaluation.svg_plots import Panel, Series, figure, staircase

_SHARES = tuple((share / 4, f"{share * 25} %") for share in range(5))
_UNTOUCHED, _SPLICED, _IDEAL = 0, 1, 3


def values_figure(fits: Sequence[StratumFit]) -> str:
    """Share of untouched photographs and of splices whose statistic is at least x."""
    ticks = tuple((tick / 5, f"{tick / 5:.1f}") for tick in range(6))
    panels = []
    for fit in fits:
        values = [[judged.measure.detection for judged in side] for side in (fit.authentic, fit.spliced)]
        series = tuple(
            Series(name, staircase([d.value(fit.statistic) for d in side if d is not None], (0.0, 1.0)), style)
            for name, side, style in zip(("untouched", "spliced"), values, (_UNTOUCHED, _SPLICED), strict=True)
        )
        panels.append(
            Panel(fit.plan.name, fit.statistic, "share with at least this", (0, 1), (0, 1), series, ticks, _SHARES)
        )
    return figure(panels)


def tippett_figure(fits: Sequence[StratumFit]) -> str:
    """Tippett plots: share of pictures whose likelihood ratio is at least x, cameras left out, within the limits."""
    ticks = ((-2.0, "1/100"), (-1.0, "1/10"), (0.0, "1"), (1.0, "10"), (2.0, "100"))
    panels = []
    for fit in fits:
        authentic, spliced = fit.llrs()
        series = (
            Series("untouched", staircase(authentic.tolist(), (-2, 2)), _UNTOUCHED),
            Series("spliced", staircase(spliced.tolist(), (-2, 2)), _SPLICED),
            Series("", ((0, 0), (0, 1)), _IDEAL),
        )
        panels.append(
            Panel(
                fit.plan.name, "likelihood ratio", "share with at least this", (-2, 2), (0, 1), series, ticks, _SHARES
            )
        )
    return figure(panels)


def reliability_figure(fits: Sequence[StratumFit]) -> str:
    """Said against seen: the probability that the likelihood ratio gives at even odds, and the share that is spliced.

    The seen share is that of isotonic regression over the pictures, both classes weighing the same.
    """
    panels = []
    for fit in fits:
        authentic, spliced = fit.llrs()
        seen, order = pooled_posteriors(authentic, spliced)
        llr = np.concatenate((authentic, spliced))[order]
        said = 1 / (1 + 10.0**-llr)
        low, high = (1 / (1 + 10.0**-limit) for limit in fit.llr_limits)
        series = (
            Series("", ((0, 0), (1, 1)), _IDEAL),
            Series("seen", tuple(zip(said.tolist(), seen.tolist(), strict=True)), _UNTOUCHED),
            Series("limits", ((low, 0), (low, 1)), 2),
            Series("", ((high, 0), (high, 1)), 2),
        )
        panels.append(
            Panel(
                fit.plan.name, "said, at even odds", "seen", (0, 1), (0, 1), series, _SHARES, _SHARES, legend_low=True
            )
        )
    return figure(panels)
