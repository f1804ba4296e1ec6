"""The section "Where it is weak" of docs/validation.md: what the figures say, then what no figure here can say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from workstation.analysis.calibration import FEWEST_PHOTOS
from workstation.analysis.statement import ErrorRate
from workstation.errors import in_percent
from workstation.evaluation.calibration_fit import StratumFit, error_rate, judge_strictly
from workstation.evaluation.calibration_images import MODEL_CHOICE, camera_roles
from workstation.evaluation.calibration_measure import Measure
from workstation.evaluation.strata import COARSE

LEVEL = 0.05
"""Operating point that is spoken of."""

SILENT = 0.9
"""Cllr from which on likelihood ratios say next to nothing; 1 is saying nothing."""

BEYOND = """- The splices are coarse: blurred polygons between cameras. Parts from the same camera, copies within a
  picture, retouching and generated fillings were not measured here, and the likelihood ratio does not speak of them.
  Pictures that a model made whole are out of scope.
- Pictures of 901 to 1280 pixels were measured as windows of photographs, at the size in which the camera took them, and
  smaller ones as such windows scaled by 0.7 and 0.5. Whole photographs that were scaled down to such a size, as most
  pictures on the web are, were not measured: scaling by so much leaves fewer traces to depart and is not seen by the
  program.
- The photographs come from public repositories: they are nobody's casework.
- Whether a part is enlarged or out of focus is itself estimated from the pixels, with errors of its own.
- Untouched photographs can have a statistic as high as a splice: close-ups of flowers and insects before a soft
  background, smooth fruit on a carpet, people lit by flash at night, street lamps. Such scenes led the lists of every
  stratum when these were looked through (November 2026)."""

WINDOW = (1024, 768)
"""Pixels of the windows that the largest usual stratum is measured on."""

ORIGINAL = (4000, 3000)
"""Pixels of a usual camera's original."""


def weak(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    """Lines of the section.

    Args:
        measures: of all treatments.
        fits: of all strata.
    """
    yield from _missed(fits)
    yield from _alarmed(fits)
    yield ""
    yield from _not_stated(fits)
    yield from _silent(fits)
    yield from _strict(measures, fits)
    yield _devices(measures)
    yield BEYOND


def in_strict_judgement(
    measures: Sequence[Measure], fits: Sequence[StratumFit]
) -> Iterator[tuple[str, int, ErrorRate]]:
    """Cameras with the role "error rates" judged by those with the role "calibration": (stratum, judges, rate)."""
    roles = camera_roles()
    reference, choosing = set(roles["calibration"]), set(roles[MODEL_CHOICE])
    others = [measure for measure in measures if measure.camera not in choosing]
    for fit in fits:
        judged = judge_strictly(others, fit.plan, reference)
        if judged is not None and judged[0]:
            yield fit.plan.name, judged[0][0].behind, error_rate(LEVEL, *judged)


def named(camera: str) -> str:
    """A camera for people: from the word of its maker that the model begins with, where it repeats one."""
    words = camera.split()
    lower = [word.casefold() for word in words]
    again = [number for number, word in enumerate(lower) if word in lower[:number]]
    return " ".join(words[again[-1] :]) if again else camera


def _missed(fits: Sequence[StratumFit]) -> Iterator[str]:
    for fit in fits:
        five = fit.rates[0]
        if five.stated and five.spliced:
            missed = five.spliced - five.found
            share = missed / five.spliced
            yield f"- {fit.plan.name}: at 5 % it misses {missed} of {five.spliced} splices ({in_percent(share)})."


def _alarmed(fits: Sequence[StratumFit]) -> Iterator[str]:
    alarms: dict[str, list[str]] = {}
    for fit in fits:
        for one in fit.authentic:
            if fit.rates[0].stated and one.p <= LEVEL:
                alarms.setdefault(one.measure.camera, []).append(fit.plan.name)
    for camera, strata in sorted(alarms.items()):
        where = "; ".join(dict.fromkeys(strata))
        yield f"- Untouched photographs of the {named(camera)} were called inconsistent: {where}."


def _not_stated(fits: Sequence[StratumFit]) -> Iterator[str]:
    stated = [fit for fit in fits if fit.rates[0].stated]
    if not any(rate.stated for fit in fits for rate in fit.rates[1:]):
        yield "- 1 % is not stated anywhere: that takes 99 photographs of a size (`exifact calibrate`)."
    for fit in fits:
        if not fit.rates[0].stated:
            photos, needed = len(fit.values), fit.rates[0].needed
            yield (
                f"- {fit.plan.name}: not validated. {photos} photographs of {fit.cameras} cameras here are large "
                f"enough; {needed} are needed beside those of the camera that is judged. A laboratory adds its own "
                "photographs, of other cameras, with `exifact calibrate --photos DIR`."
            )
    if not stated:
        yield "- No stratum is validated: every analysis abstains."
        return
    smallest = min(fit.plan.long_side[0] for fit in stated)
    largest = max(fit.plan.long_side[1] for fit in stated)
    yield (
        f"- Pictures of more than {largest} pixels along the longer side are not validated, so what today's cameras "
        "write, opened whole, gets no error rate from this table; nor do pictures of less than "
        f"{smallest} pixels, or saved below JPEG {COARSE[0]}."
    )
    if largest < min(ORIGINAL):
        yield _whole_originals(max(len(fit.values) for fit in stated))


def _whole_originals(photos: int) -> str:
    """Why photographs of cameras, opened whole, get no rate from windows of smaller ones, and what can be done."""
    across, down = (side // window for side, window in zip(ORIGINAL, WINDOW, strict=True))
    windows = across * down
    whole, part = ("×".join(map(str, size)) for size in (ORIGINAL, WINDOW))
    return (
        "- That is a limit of the collection: it holds crops, most of them of 1088×1088 pixels. No rule gets more out "
        f"of their windows: a photograph of {whole} pixels holds {windows} windows of {part} beside each other. To "
        f"call it inconsistent at 5 % for the oddest of them, that one would have to be odd at 5/{windows} %, which "
        f"takes {math.ceil(windows / LEVEL) - 1} photographs; {photos} cannot give less than "
        f"{in_percent(1 / (photos + 1), 1)}. "
        "What they carry is one window that was chosen before the map was seen; for the whole, "
        f"{FEWEST_PHOTOS} whole photographs of other cameras are needed ([calibration.md](calibration.md) says how to "
        "do either)."
    )


def _silent(fits: Sequence[StratumFit]) -> Iterator[str]:
    names = [f"{fit.plan.name} (Cllr {fit.cost:.2f})" for fit in fits if fit.rates[0].stated and fit.cost >= SILENT]
    if names:
        yield f"- The likelihood ratio says next to nothing here: {'; '.join(names)}."


def _strict(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    high = [
        f"{rate.false_alarms} of {rate.photos} ({name})"
        for name, _, rate in in_strict_judgement(measures, fits)
        if rate.stated and rate.low > LEVEL
    ]
    if high:
        yield (
            "- Judged once by other cameras, without folds, more untouched photographs than 5 % are called "
            f"inconsistent: {'; '.join(high)}. The p-value holds on average over cameras, not for every camera."
        )


def _devices(measures: Sequence[Measure]) -> str:
    choosing = camera_roles()[MODEL_CHOICE]
    photos = {measure.photo: measure.kind for measure in measures if measure.camera not in choosing}
    counted = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(Counter(photos.values()).items()))
    return f"- Device classes are unevenly filled: {counted} photographs."
