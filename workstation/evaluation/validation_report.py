"""docs/validation.md and its figures, from stored measures: nothing is computed that is not printed here.

python -m workstation.evaluation.validation_report [--docs docs] [--table FILE]
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from workstation.analysis.claims import Validation, read_validation
from workstation.analysis.exif_texts import PROCESSING_TAGS
from workstation.analysis.model.registry import find
from workstation.analysis.statement import CANDIDATES, STATISTIC, ErrorRate
from workstation.errors import WeightsProblem, in_percent
from workstation.evaluation.calibration_fit import Judged, StratumFit, likeness_of_cameras
from workstation.evaluation.calibration_images import MODEL_CHOICE, camera_roles
from workstation.evaluation.calibration_measure import MOST_PER_CAMERA, Measure
from workstation.evaluation.calibration_run import fit_all, read_measures
from workstation.evaluation.intervals import clopper_pearson
from workstation.evaluation.summary_text import stored_sections
from workstation.evaluation.validation_figures import reliability_figure, tippett_figure, values_figure
from workstation.evaluation.validation_range import by_device_and_focus, ranges
from workstation.evaluation.validation_weak import in_strict_judgement, weak
from workstation.evaluation.validation_words import CLAIMS, HEAD, HOW, NO_CLAIMS, NO_EVALUATIONS

MEASURES = "validation/measures.csv"
STABILITY = "validation/stability.json"
EVALUATIONS = "validation/evaluations"
"""Summaries of `exifact evaluate`, whose figures close the page."""
LEVEL = 0.05
"""Operating point at which the pictures are broken down."""

FEWEST_PER_LINE = 5
"""Photographs below which a line of a breakdown is not printed as a rate."""


def write_page(
    measures: Sequence[Measure],
    table: dict[str, Any],
    docs: Path,
    *,
    stability: dict[str, Any] | None,
    claims: Validation | None = None,
) -> Path:
    """Write docs/validation.md and the figures beside it.

    Args:
        measures: of the shipped weights.
        table: that was made of them.
        docs: folder of the documentation; summaries of evaluations are read from there.
        stability: what `exifact stability` measured over many pictures; None = that part is left out.
        claims: what `exifact validate-claims` measured with these weights; None = nothing.

    Returns:
        The page.
    """
    fits = fit_all(measures, judges=camera_roles()[MODEL_CHOICE])
    validated = [fit for fit in fits if fit.rates[0].stated]
    images = docs / "validation"
    images.mkdir(parents=True, exist_ok=True)
    for name, draw in (("values", values_figure), ("tippett", tippett_figure), ("reliability", reliability_figure)):
        (images / f"{name}.svg").write_text(draw(validated), encoding="utf-8")
    page = docs / "validation.md"
    lines = (*_page(measures, fits, table, stability), *_claims(claims), *_evaluations(docs / EVALUATIONS, table))
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def _page(
    measures: Sequence[Measure], fits: Sequence[StratumFit], table: dict[str, Any], stability: dict[str, Any] | None
) -> Iterator[str]:
    validated = [fit for fit in fits if fit.rates[0].stated]
    yield HEAD
    yield from _material(measures, table)
    yield from ("", "## How often it is wrong", "")
    yield from _rates(fits)
    yield from ("", *_pointing(fits))
    yield from ("", *_likeness(validated))
    yield from ("", "### Judged by other cameras once, without folds", "", *_strict(measures, fits))
    yield from ("", "### Which pictures get an error rate", "", *ranges(validated))
    yield from ("", "### By device and focus", "", *by_device_and_focus(validated))
    yield from ("", "### By device, focus and save, over all sizes", "", *_breakdowns(fits))
    yield from ("", "## Likelihood ratios", "", *_ratios(fits))
    yield from ("", "## The statistic", "", *_candidates(fits))
    if stability:
        yield from ("", "## What stays when the picture is saved again", "", *_stability(stability))
    yield from ("", HOW)
    yield from ("", "## Where it is weak", "", *weak(measures, fits))


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
    yield (
        "| pictures | untouched | cameras | behind the p-value | at 5 %: false alarms | 95 % interval | splices found "
        "| at 1 % |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for fit in fits:
        five, one = fit.rates
        head = f"| {fit.plan.name} | {five.photos} | {five.cameras} | {len(fit.values)} of {fit.cameras} cameras "
        yield f"{head}| {_alarms(five)} | {_interval(five)} | {_found(five)} | {_alarms(one)} |"


def _alarms(rate: ErrorRate) -> str:
    if not rate.stated:
        return rate.missing
    return f"{rate.false_alarms} of {rate.photos} ({in_percent(rate.false_alarms / rate.photos, 1)})"


def _interval(rate: ErrorRate) -> str:
    return f"{in_percent(rate.low, 1)} to {in_percent(rate.high, 1)}" if rate.stated else "–"


def _found(rate: ErrorRate) -> str:
    if not rate.stated or not rate.spliced:
        return "–"
    share = f"{in_percent(rate.found / rate.spliced)}, {in_percent(rate.found_low)} to {in_percent(rate.found_high)}"
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
            f"| {fit.plan.name} | {rate.false_alarms} of {rate.photos} "
            f"({in_percent(rate.false_alarms / rate.photos, 1)}) "
            f"| {in_percent(rate.low, 1)} to {in_percent(rate.high, 1)} | {rate.found} of {rate.spliced} "
            f"({in_percent(found.value)}, {in_percent(found.low)} to {in_percent(found.high)}) |"
        )


def _likeness(fits: Sequence[StratumFit]) -> Iterator[str]:
    draws = " in 95 of 100 draws in which photographs exchange their cameras"
    untouched = _correlation(*likeness_of_cameras(fits), draws)
    spliced = _correlation(*likeness_of_cameras(fits, spliced=True))
    yield (
        f"How alike photographs of one camera are in the statistic: intraclass correlation {untouched}; splices with "
        f"hosts of one camera: {spliced}. Intervals of false alarms are those of one photograph per camera, intervals "
        "of splices those of so many splices."
    )


def _correlation(found: float, chance: float, draws: str = "") -> str:
    """A correlation beside what it is by chance; NaN where no camera has two photographs, or one camera has all."""
    return "not known" if math.isnan(found) else f"{found:.2f} (below {chance:.2f}{draws})"


def _strict(measures: Sequence[Measure], fits: Sequence[StratumFit]) -> Iterator[str]:
    yield (
        "The cameras with the role *calibration* judge those with the role *error rates*; no camera serves both. Fewer "
        "photographs remain on either side than with folds."
    )
    yield ""
    yield "| pictures | judged by | untouched | at 5 %: false alarms | 95 % interval | splices found |"
    yield "|---|---|---|---|---|---|"
    for name, behind, rate in in_strict_judgement(measures, fits):
        yield f"| {name} | {behind} | {rate.photos} | {_alarms(rate)} | {_interval(rate)} | {_found(rate)} |"


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
            share = in_percent(alarms / len(chosen))
            yield f"| {name} | {len(chosen)} | {alarms} ({share}) | {len(photos)} | {len(cameras)} |"


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


def _claims(claims: Validation | None) -> Iterator[str]:
    """Which tags can be tested, with what was measured, and which cannot."""
    yield from ("", "## Which claims of a file can be tested", "")
    if claims is None:
        yield NO_CLAIMS
        return
    yield from (CLAIMS, "")
    yield "| tag | verdict | measured on | cameras (that differ), pictures | AUC | first of the line-up | mean 1/rank |"
    yield "|---|---|---|---|---|---|---|"
    for tag in claims.tags:
        verdict = "testable" if tag.testable else "not testable"
        counts = f"{tag.cameras} ({tag.other_cameras}), {tag.pictures}"
        auc = f"{tag.auc:.2f} [{tag.auc_low:.2f}, {tag.auc_high:.2f}]"
        top = f"{in_percent(tag.top1)} (chance {in_percent(tag.top1_chance)})"
        rank = f"{tag.reciprocal_rank:.2f} (chance {tag.reciprocal_rank_chance:.2f})"
        yield f"| {tag.tag} | {verdict} | {tag.material} | {counts} | {auc} | {top} | {rank} |"
    yield from ("", _history(claims))


def _history(claims: Validation) -> str:
    """Which words about processing the history names, and which it does not."""
    about = [tag for tag in claims.tags if tag.tag in PROCESSING_TAGS]
    named, unnamed = (", ".join(tag.tag for tag in about if tag.names is wanted) for wanted in (True, False))
    return (
        f"**History in words** names {named or 'nothing'}: there the value that fits best is right more often than the "
        f"commonest one. It does not name {unnamed or 'nothing else'}: not testable, or what fits best there is right "
        "no more often than the commonest value."
    )


def _evaluations(folder: Path, table: dict[str, Any]) -> Iterator[str]:
    """What evaluations found and how long they took; those of other weights or another table are left out and named."""
    stored = {file: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
    own = [
        file
        for file, summary in stored.items()
        if summary["weights_sha256"] == table["weights_sha256"] and summary["calibration"].endswith(table["date"])
    ]
    yield from ("", "## How long an evaluation takes", "")
    if own:
        yield (
            "Of the evaluations below, other methods included (`exifact evaluate … --peers`): time that passed, "
            "whatever else the machine did."
        )
        yield ""
        yield "| set | images | everything | analysis alone | per image (median) | per megapixel | on |"
        yield "|---|---|---|---|---|---|---|"
    else:
        yield NO_EVALUATIONS
    for file in own:
        summary = stored[file]
        seconds, images = summary["seconds"], summary["images"]["authentic"] + summary["images"]["tampered"]
        times = ("evaluation", "total", "median_per_image", "per_megapixel")
        cells = (f"{seconds.get(name, 0.0):.{0 if name in times[:2] else 2}f} s" for name in times)
        yield f"| {file.stem} | {images} | {' | '.join(cells)} | {summary['computed_on'] or '–'} |"
    others = sorted(file.stem for file in stored if file not in own)
    if others:
        yield from ("", f"Left out, since they belong to other weights or another table: {', '.join(others)}.")
    yield ""
    yield from stored_sections(own)


def main() -> None:
    """Read stored measures, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--table", type=Path, default=Path("resources/weights/calibration/compact.json"))
    options = parser.parse_args()
    table = json.loads(options.table.read_text(encoding="utf-8"))
    measures = read_measures(options.docs / MEASURES)
    stored = options.docs / STABILITY
    stability = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else None
    claims = claims_of(str(table["weights"]))
    write_page(measures, table, options.docs, stability=stability, claims=claims)


def claims_of(weights: str) -> Validation | None:
    """What is stored of claims beside these weights; None where nothing is, or it belongs to another text side."""
    try:
        return read_validation(find(weights))
    except WeightsProblem:
        return None


if __name__ == "__main__":
    main()
