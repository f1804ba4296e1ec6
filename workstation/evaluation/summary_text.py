"""`summary.md`: the figures of an evaluation as tables, with what stands behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workstation.evaluation.detection import FIGURES
from workstation.evaluation.localisation import TITLES
from workstation.evaluation.region_sizes import FOUND
from workstation.evaluation.summary import BETTER, GIVEN, SCORES

NEVER = "–"


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
    yield f"Degradation: {summary['degradation'] or 'none'}. Images: {images['authentic']} authentic, "
    yield f"{images['tampered']} tampered ({images['with_mask']} with a mask); failed: {images['failed']}."
    if "per_megapixel" in seconds:
        yield (
            f"Analysis: {seconds['total']:.0f} s in all, median {seconds['median_per_image']:.2f} s per image, "
            f"{seconds['per_megapixel']:.2f} s per megapixel."
        )
    for reason, count in images["abstained"].items():
        yield f"{count} × {reason}."
    yield from summary["warnings"]
    yield ""


def _localisation(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, method, polarity, str(found["images"]), str(found["missing_maps"])]
        + [_mean(found[figure][polarity]) for figure in TITLES]
        for name, methods in summary["localisation"].items()
        for method, found in methods.items()
        for polarity in (GIVEN, BETTER)
    ]
    if not rows:
        return
    yield "## Localisation"
    yield ""
    yield (
        "Means over images ± half the 95 % bootstrap interval. *As given*: higher means foreign, fixed. *Better of "
        "both*: the better of map and inverted map, chosen with the truth, as papers report; its pixel AP is their "
        "p-mAP. Missing maps count as constant ones. Fixed threshold: "
        f"{summary['threshold']:g} for {summary['model']}; for the others the middle of each map's range."
    )
    yield ""
    yield from table(["set", "method", "polarity", "n", "missing", *TITLES.values()], rows)
    for name, title in summary["methods"].items():
        yield f"- {name}: {title}"
    yield ""


def _differences(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, peer, *(f"{f['value']:+.3f} [{f['low']:+.3f}, {f['high']:+.3f}]" for f in map(found.get, TITLES))]
        for name, peers in summary["differences"].items()
        for peer, found in peers.items()
    ]
    if rows:
        yield f"### {summary['model']} minus the other, image by image"
        yield ""
        yield from table(["set", "other", *TITLES.values()], rows)


def _detection(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, SCORES[score], polarity, str(found["authentic"]), str(found["tampered"]), str(found["without"])]
        + [_mean(found[figure][polarity]) for figure in FIGURES]
        for name, scores in summary["detection"].items()
        for score, found in scores.items()
        for polarity in (GIVEN, BETTER)
    ]
    if rows:
        yield "## Detection"
        yield ""
        titles = [title for title, _ in FIGURES.values()]
        yield from table(["set", "score", "polarity", "authentic", "tampered", "without score", *titles], rows)


def _pointing(summary: Mapping[str, Any]) -> Iterator[str]:
    rows = []
    for name, found in summary["pointing"].items():
        accuracy = found["balanced_accuracy"]
        stated = NEVER if accuracy is None else f"{accuracy:.3f}"
        rows.append([name, _share(found["authentic"]), _share(found["tampered"]), stated])
    yield "### How often it points at a part of the picture"
    yield ""
    yield (
        "Share of the images that fall into two groups or more, with the 95 % interval of Clopper and Pearson. On "
        "authentic images these are false alarms."
    )
    yield ""
    yield from table(["set", "authentic", "tampered", "balanced accuracy"], rows)


def _sizes(summary: Mapping[str, Any]) -> Iterator[str]:
    shares = [
        [
            f"{c['low']:.0%} to {c['high']:.0%}",
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
            f"{c['low']:g} to {c['high']:g} megapixels",
            str(c["images"]),
            f"{c['side']} px ({_share(c['found'])})" if c["side"] is not None else f"not stated: {c['reason']}",
        ]
        for c in summary["smallest_found"]
    ]
    if smallest:
        yield "The smallest part that is still found: from this side (root of its area) on, at least half of them are."
        yield ""
        yield from table(["picture", "n", "side of the smallest class"], smallest)


def _failures(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["failures"]:
        yield "## Failures"
        yield ""
        yield from table(
            ["set", "image", "what failed"],
            [[f["dataset"], f["image"], f["error"].replace("|", "\\|")] for f in summary["failures"]],
        )


def _mean(estimate: Mapping[str, float]) -> str:
    return f"{estimate['value']:.3f} ± {(estimate['high'] - estimate['low']) / 2:.3f}"


def _share(estimate: Mapping[str, float] | None) -> str:
    if estimate is None:
        return NEVER
    successes = round(estimate["value"] * estimate["n"])
    return (
        f"{successes} of {estimate['n']:.0f}: {estimate['value']:.1%} [{estimate['low']:.1%}, {estimate['high']:.1%}]"
    )
