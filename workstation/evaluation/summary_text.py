"""`summary.md`: the figures of an evaluation as tables, with what stands behind them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workstation.errors import in_percent
from workstation.evaluation.detection import DECISIONS, FIGURES
from workstation.evaluation.localisation import TITLES
from workstation.evaluation.region_sizes import FOUND
from workstation.evaluation.summary import BETTER, GIVEN, SCORES
from workstation.evaluation.weaknesses import weaknesses

NEVER = "–"

MEANINGS = {
    GIVEN: "Higher means foreign, fixed: what a user gets.",
    BETTER: (
        "The better of map and inverted map, chosen with the truth: what papers report. Its pixel AP is their p-mAP, "
        "its class-balanced IoU their cIoU."
    ),
}

COMPARED = ("ap", "f1", "f1_fixed", "auc")
"""Figures of the table of differences."""

FEWEST = 5
"""Images behind an interval that is printed; a bootstrap over fewer says nothing."""


def as_markdown(summary: Mapping[str, Any]) -> str:
    """The text of summary.md.

    Args:
        summary: what `summarise` returns.
    """
    parts = (
        _head(summary),
        _localisation(summary),
        _differences(summary),
        _detection(summary),
        _pointing(summary),
        _sizes(summary),
        _weak(summary),
        _failures(summary),
    )
    return "\n".join(line for part in parts for line in part)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table and an empty line; nothing without rows.

    Args:
        head: titles of the columns.
        rows: cells.
    """
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines, ""] if lines else []


def _head(summary: Mapping[str, Any]) -> Iterator[str]:
    images, seconds = summary["images"], summary["seconds"]
    yield f"# {summary['dataset']}: {summary['model']}"
    yield ""
    yield f"Exifact {summary['program']}, weights {summary['model']} (SHA-256 {summary['weights_sha256']})."
    yield (
        f"Degradation: {summary['degradation'] or 'none'}. Images: {images['authentic']} authentic, "
        f"{images['tampered']} tampered ({images['with_mask']} with a mask); failed: {images['failed']}."
    )
    yield f"Calibration table: {summary['calibration'] or 'none'}."
    if "per_megapixel" in seconds:
        yield (
            f"Evaluation: {seconds['evaluation']:.0f} s, of which analysis {seconds['total']:.0f} s; analysis: median "
            f"{seconds['median_per_image']:.2f} s per image, {seconds['per_megapixel']:.2f} s per megapixel "
            f"({summary['computed_on'] or 'device not kept'})."
        )
    for reason, count in images["abstained"].items():
        yield f"{count} × {reason}."
    yield from summary["warnings"]
    if summary["dataset"] == "splices":
        yield (
            "The three sets show the same splices, saved three ways. Means over all of them and their differences draw "
            "a splice's three images together; other intervals over all of them take images for independent and are "
            "too narrow."
        )
    yield ""


def _localisation(summary: Mapping[str, Any]) -> Iterator[str]:
    found = [
        (name, method, one) for name, methods in summary["localisation"].items() for method, one in methods.items()
    ]
    if not found:
        return
    yield "## Localisation"
    yield ""
    yield (
        f"Means over images ± half the 95 % bootstrap interval over images (fewer than {FEWEST}: no interval). A "
        "missing map counts as a constant one. "
        f"Fixed threshold: {summary['threshold']:g} for {summary['model']}, the middle of the scale stored with "
        "the weights; for the others the middle of each map's range. The best threshold looks at the truth."
    )
    yield ""
    for name, title in summary["methods"].items():
        yield f"- {name}: {title}"
    yield ""
    for polarity, meaning in MEANINGS.items():
        yield f"### Polarity {polarity}"
        yield ""
        yield meaning
        yield ""
        rows = (
            [name, method, str(one["images"]), str(one["missing_maps"]), *(_mean(one[f][polarity]) for f in TITLES)]
            for name, method, one in found
        )
        yield from table(["set", "method", "n", "missing", *TITLES.values()], rows)


def _differences(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, peer, str(found["ap"]["n"]), *(_difference(found[figure]) for figure in COMPARED)]
        for name, peers in summary["differences"].items()
        for peer, found in peers.items()
    ]
    if rows:
        yield f"### {summary['model']} minus the other, image by image"
        yield ""
        yield "Fixed polarity; all figures are in summary.json."
        yield ""
        yield from table(["set", "other", "n", *(TITLES[figure] for figure in COMPARED)], rows)


def _detection(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, SCORES[score], polarity, str(found["authentic"]), str(found["tampered"]), str(found["without"])]
        + [_mean(found[figure][polarity], min(found["authentic"], found["tampered"])) for figure in FIGURES]
        for name, scores in summary["detection"].items()
        for score, found in scores.items()
        for polarity in (GIVEN, BETTER)
    ]
    if rows:
        yield "## Detection"
        yield ""
        yield (
            "Over the sets that hold both classes. The best threshold looks at the truth. Fewer than "
            f"{FEWEST} images of either class: no interval."
        )
        yield ""
        titles = [title for title, _, _ in FIGURES.values()]
        yield from table(["set", "score", "polarity", "authentic", "tampered", "without score", *titles], rows)


def _pointing(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for name, decisions in summary["pointing"].items():
        for decision, found in decisions.items():
            if found["authentic"] is None and found["tampered"] is None:
                continue
            accuracy = found["balanced_accuracy"]
            stated = NEVER if accuracy is None else f"{accuracy:.3f}"
            shares = _share(found["authentic"]), _share(found["tampered"])
            rows.append([name, DECISIONS[decision][0], *shares, stated])
    yield "### How often it points at a picture"
    yield ""
    yield "With the 95 % interval of Clopper and Pearson. On authentic images these are false alarms."
    yield ""
    yield from table(["set", "the picture", "authentic", "tampered", "balanced accuracy"], rows)


def _sizes(summary: Mapping[str, Any]) -> Iterator[str]:
    shares = [
        [
            f"{in_percent(c['low'])} to {in_percent(c['high'])}",
            str(c["ap"]["n"]),
            _mean(c["ap"]),
            f"{c['constant']:.3f}",
            _share(c["found"]),
        ]
        for c in summary["region_share"]
    ]
    if shares:
        yield "## By the size of the foreign part"
        yield ""
        yield f"A part counts as found from a pixel AP of {FOUND:g} on, as given."
        yield ""
        yield from table(["share of the picture", "n", "pixel AP", "of a constant map", "found"], shares)
    smallest = [
        [
            f"{c['low']:g} megapixels or more" if c["high"] is None else f"{c['low']:g} to {c['high']:g} megapixels",
            str(c["images"]),
            f"{c['side']} px ({_share(c['found'])})" if c["side"] is not None else f"not stated: {c['reason']}",
        ]
        for c in summary["smallest_found"]
    ]
    if smallest:
        yield "The smallest part that is still found: from this side (root of its area) on, at least half of them are."
        yield ""
        yield from table(["picture", "n", "side of the smallest class"], smallest)


def _weak(summary: Mapping[str, Any]) -> Iterator[str]:
    sentences = [f"- {sentence}" for sentence in weaknesses(summary)]
    if sentences:
        yield "## Where it is weak"
        yield ""
        yield from (*sentences, "")


def _failures(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["failures"]:
        yield "## Failures"
        yield ""
        yield from table(
            ["set", "image", "what failed"],
            [[f["dataset"], f["image"], f["error"].replace("|", "\\|")] for f in summary["failures"]],
        )


def _mean(estimate: Mapping[str, float], fewest: float | None = None) -> str:
    """A figure ± half its interval; without it where `fewest` (else the images behind it) are too few."""
    if (estimate["n"] if fewest is None else fewest) < FEWEST:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ± {(estimate['high'] - estimate['low']) / 2:.3f}"


def _difference(estimate: Mapping[str, float]) -> str:
    if estimate["n"] < FEWEST:
        return f"{estimate['value']:+.3f}"
    return f"{estimate['value']:+.3f} [{estimate['low']:+.3f}, {estimate['high']:+.3f}]"


def _share(estimate: Mapping[str, float] | None) -> str:
    if estimate is None:
        return NEVER
    successes = round(estimate["value"] * estimate["n"])
    value, low, high = (in_percent(estimate[limit], 1) for limit in ("value", "low", "high"))
    return f"{successes} of {estimate['n']:.0f}: {value} [{low}, {high}]"


def stored_sections(files: Iterable[Path]) -> Iterator[str]:
    """The figures of stored evaluations as sections of another page.

    Args:
        files: summaries that were copied from the folders of evaluations.
    """
    for file in files:
        summary = json.loads(file.read_text(encoding="utf-8"))
        lines = as_markdown(summary).splitlines()
        degraded = f" --degrade {summary['degradation']}" if summary["degradation"] else ""
        others = " --peers" if len(summary["methods"]) > 1 else ""
        yield f"## Finding foreign parts: {file.stem}, weights {summary['model']}"
        yield ""
        yield (
            f"`exifact evaluate --dataset {summary['dataset']} --root DIR --model {summary['model']}{degraded}{others} "
            "--out OUT` prints this as OUT/summary.md; [evaluation.md](evaluation.md) says what each figure is."
        )
        yield from (f"#{line}" if line.startswith("#") else line for line in lines[1:])
