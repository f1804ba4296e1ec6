"""docs/validation.md and its figures, from stored measures: nothing is computed that is not printed here.

python -m workstation.evaluation.validation_report [--measures FILE] [--out docs]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from workstation.analysis.statement import CANDIDATES, STATISTIC, ErrorRate
from workstation.evaluation.calibration_fit import Judged, StratumFit, error_rate, judge_strictly
from workstation.evaluation.calibration_images import camera_roles
from workstation.evaluation.calibration_measure import MOST_PER_CAMERA, Measure
from workstation.evaluation.calibration_run import fit_all, read_measures
from workstation.evaluation.intervals import clopper_pearson
from workstation.evaluation.summary_text import stored_sections
from workstation.evaluation.validation_figures import reliability_figure, tippett_figure, values_figure
from workstation.evaluation.validation_words import HEAD, HOW, WEAK

MEASURES = "validation/measures.csv"
STABILITY = "validation/stability.json"
EVALUATIONS = "validation/evaluations"
"""Summaries of `exifact evaluate`, whose figures close the page."""
LEVEL = 0.05
"""Operating point at which the pictures are broken down."""

FEWEST_PER_LINE = 5
"""Photographs below which a line of a breakdown is not printed as a rate."""


def write_page(
    measures: Sequence[Measure], table: dict[str, Any], docs: Path, *, stability: dict[str, Any] | None
) -> Path:
    """Write docs/validation.md and the figures beside it.

    Args:
        measures: of the shipped weights.
        table: that was made of them.
        docs: folder of the documentation.
        stability: what `exifact stability` measured over many pictures; None = that part is left out.

    Returns:
        The page.
    """
    fits = fit_all(measures)
    validated = [fit for fit in fits if fit.rates[0].stated]
    images = docs / "validation"
    images.mkdir(parents=True, exist_ok=True)
    for name, draw in (("values", values_figure), ("tippett", tippett_figure), ("reliability", reliability_figure)):
        (images / f"{name}.svg").write_text(draw(validated), encoding="utf-8")
    page = docs / "validation.md"
    lines = (*_page(measures, fits, table, stability), "", *stored_sections(docs / EVALUATIONS))
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def _page(
    measures: Sequence[Measure], fits: Sequence[StratumFit], table: dict[str, Any], stability: dict[str, Any] | None
) -> Iterator[str]:
    yield HEAD
    yield from _material(measures, table)
    yield from ("", "## How often it is wrong", "")
    yield from _rates(fits)
    yield from ("", *_pointing(fits))
    yield from ("", "### Judged by other cameras once, without folds", "", *_strict(measures, fits))
    yield from ("", "### By device, focus and save", "", *_breakdowns(fits))
    yield from ("", "## Likelihood ratios", "", *_ratios(fits))
    yield from ("", "## The statistic", "", *_candidates(fits))
    if stability:
        yield from ("", "## What stays when the picture is saved again", "", *_stability(stability))
    yield from ("", HOW)
    yield from ("", "## Where it is weak", "", *_weak(fits), "", WEAK)


def _material(measures: Sequence[Measure], table: dict[str, Any]) -> Iterator[str]:
    photos = {measure.photo for measure in measures}
    cameras = {measure.camera for measure in measures}
    roles = camera_roles()
    yield (
        f"Weights `{table['weights']}`, SHA-256 `{table['weights_sha256']}`; measured {table['date'][:10]} with "
        f"Exifact {table['program']}. {len(photos)} photographs of {len(cameras)} cameras that the weights never saw, "
        f"at most {MOST_PER_CAMERA} of a camera, {len(measures)} images made of them."
    )
    yield ""
    yield "| role | cameras | photographs |"
    yield "|---|---|---|"
    for role, named in roles.items():
        counted = {measure.photo for measure in measures if measure.camera in named}
        used = {measure.camera for measure in measures if measure.camera in named}
        yield f"| {role} | {len(named)} listed, {len(used)} measured here | {len(counted)} |"


def _rates(fits: Sequence[StratumFit]) -> Iterator[str]:
    yield "| pictures | untouched | cameras | at 5 %: false alarms | 95 % interval | splices found | at 1 % |"
    yield "|---|---|---|---|---|---|---|"
    for fit in fits:
        five, one = fit.rates
        head = f"| {fit.plan.name} | {five.photos} | {five.cameras} "
        yield f"{head}| {_alarms(five)} | {_interval(five)} | {_found(five)} | {_alarms(one)} |"


def _alarms(rate: ErrorRate) -> str:
    if not rate.stated:
        return rate.missing
    return f"{rate.false_alarms} of {rate.photos} ({rate.false_alarms / rate.photos:.1%})"


def _interval(rate: ErrorRate) -> str:
    return f"{rate.low:.1%} to {rate.high:.1%}" if rate.stated else "–"


def _found(rate: ErrorRate) -> str:
    if not rate.stated or not rate.spliced:
        return "–"
    share = f"{rate.found / rate.spliced:.0%}, {rate.found_low:.0%} to {rate.found_high:.0%}"
    return f"{rate.found} of {rate.spliced} ({share})"


def _pointing(fits: Sequence[StratumFit]) -> Iterator[str]:
    yield 'How often the analysis points at a region by itself (the finding "Region B departs"):'
    yield ""
    yield "| pictures | untouched photographs that fall into groups | 95 % interval | splices that do |"
    yield "|---|---|---|---|"
    for fit in fits:
        rate = fit.pointing
        found = clopper_pearson(rate.found, rate.spliced)
        yield (
            f"| {fit.plan.name} | {rate.false_alarms} of {rate.photos} ({rate.false_alarms / rate.photos:.1%}) "
            f"| {rate.low:.1%} to {rate.high:.1%} "
            f"| {rate.found} of {rate.spliced} ({found.value:.0%}, {found.low:.0%} to {found.high:.0%}) |"
        )


def _strict(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    reference = set(camera_roles()["calibration"])
    yield (
        "The cameras with the role *calibration* judge those with the role *error rates*; no camera serves both. Fewer "
        "photographs remain on either side than with folds."
    )
    yield ""
    yield "| pictures | judged by | untouched | at 5 %: false alarms | 95 % interval | splices found |"
    yield "|---|---|---|---|---|---|"
    for fit in fits:
        judged = judge_strictly(measures, fit.plan, reference)
        if judged is None or not judged[0]:
            continue
        rate = error_rate(LEVEL, *judged)
        yield (
            f"| {fit.plan.name} | {judged[0][0].behind} | {len(judged[0])} | {_alarms(rate)} | {_interval(rate)} "
            f"| {_found(rate)} |"
        )


def _breakdowns(fits: Sequence[StratumFit]) -> Iterator[str]:
    yield (
        "False alarms at 5 % over all strata that state it, each photograph once per stratum; an interval would "
        f"pretend that images of one photograph are independent. Lines with fewer than {FEWEST_PER_LINE} images are "
        "left out."
    )
    yield ""
    yield "| | images of untouched photographs | false alarms | photographs | cameras |"
    yield "|---|---|---|---|---|"
    judged = [one for fit in fits if fit.rates[0].stated for one in fit.authentic]
    for name, rule in _lines(judged):
        chosen = [one for one in judged if rule(one.measure)]
        if len(chosen) >= FEWEST_PER_LINE:
            alarms = sum(one.p <= LEVEL for one in chosen)
            photos, cameras = {one.measure.photo for one in chosen}, {one.measure.camera for one in chosen}
            yield f"| {name} | {len(chosen)} | {alarms} ({alarms / len(chosen):.0%}) | {len(photos)} | {len(cameras)} |"


def _lines(judged: Iterable[Judged]) -> Iterator[tuple[str, Callable[[Measure], bool]]]:
    for kind in sorted({one.measure.kind for one in judged}):
        yield kind, partial(_is_of, kind)
    for name, low, high in (("under 10 %", 0.0, 0.1), ("10 to 30 %", 0.1, 0.3), ("over 30 %", 0.3, 1.1)):
        yield f"{name} out of focus", partial(_is_soft, low, high)
    for name, seen in (("traces of enlarging", True), ("no traces of enlarging", False)):
        yield name, partial(_is_enlarged, seen)


def _is_of(kind: str, measure: Measure) -> bool:
    return measure.kind == kind


def _is_soft(low: float, high: float, measure: Measure) -> bool:
    share = measure.conditions.out_of_focus if measure.conditions else None
    return share is not None and low <= share < high


def _is_enlarged(seen: bool, measure: Measure) -> bool:
    return measure.conditions is not None and measure.conditions.interpolated is seen


def _ratios(fits: Sequence[StratumFit]) -> Iterator[str]:
    yield (
        "Logistic calibration of the statistic, cameras left out in turn; Cllr is 0 for perfect likelihood ratios and "
        "1 for saying nothing, Cllr min what remains after perfect calibration. Beyond the limits so few pictures "
        "carry no likelihood ratio, and the program prints none."
    )
    yield ""
    yield "| pictures | untouched + spliced | Cllr | Cllr min | limits |"
    yield "|---|---|---|---|---|"
    for fit in fits:
        low, high = fit.llr_limits
        counts = f"{len(fit.authentic)} + {len(fit.spliced)}"
        limits = f"1/{10**-low:.1f} to {10**high:.1f}"
        yield f"| {fit.plan.name} | {counts} | {fit.cost:.2f} | {fit.least_cost:.2f} | {limits} |"
    for name, words in (
        ("values", "The statistic"),
        ("tippett", "Tippett plots"),
        ("reliability", "Said against seen"),
    ):
        yield ""
        yield f"![{words}](validation/{name}.svg)"


def _candidates(fits: Sequence[StratumFit]) -> Iterator[str]:
    yield (
        f"Area under the ROC curve, untouched against spliced images. The tables use **{STATISTIC}**; *mean distance* "
        "is the published score. The statistic was chosen on the cameras with the role *model choice*, before this "
        "table."
    )
    yield ""
    yield f"| pictures | {' | '.join(CANDIDATES)} |"
    yield f"|---{'|---' * len(CANDIDATES)}|"
    for fit in fits:
        aucs = dict(fit.auc)
        yield f"| {fit.plan.name} | {' | '.join(f'{aucs[name]:.2f}' for name in CANDIDATES)} |"


def _stability(stability: dict[str, Any]) -> Iterator[str]:
    yield str(stability["about"])
    yield ""
    yield "| change | pictures | regions that stay | new regions | same answer at 5 % | correlation of maps (median) |"
    yield "|---|---|---|---|---|---|"
    for row in stability["rows"]:
        answers = f"{row['answers_kept']} of {row['answers']}" if row["answers"] else "not calibrated"
        yield (
            f"| {row['change']} | {row['pictures']} | {row['regions_kept']} of {row['regions']} "
            f"| {row['regions_new']} | {answers} | {row['correlation']} |"
        )


def _weak(fits: Sequence[StratumFit]) -> Iterator[str]:
    for fit in fits:
        five = fit.rates[0]
        if five.stated and five.spliced:
            missed = five.spliced - five.found
            share = missed / five.spliced
            yield f"- {fit.plan.name}: at 5 % it misses {missed} of {five.spliced} splices ({share:.0%})."
    alarms: dict[str, list[str]] = {}
    for fit in fits:
        for one in fit.authentic:
            if fit.rates[0].stated and one.p <= LEVEL:
                alarms.setdefault(one.measure.camera, []).append(fit.plan.name)
    for camera, strata in sorted(alarms.items()):
        yield f"- Untouched photographs of the {camera} were called inconsistent: {'; '.join(strata)}."


def main() -> None:
    """Read stored measures, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--table", type=Path, default=Path("resources/weights/calibration/compact.json"))
    options = parser.parse_args()
    measures = read_measures(options.docs / MEASURES)
    stored = options.docs / STABILITY
    stability = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else None
    write_page(measures, json.loads(options.table.read_text(encoding="utf-8")), options.docs, stability=stability)


if __name__ == "__main__":
    main()
