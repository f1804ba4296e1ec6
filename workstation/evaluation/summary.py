"""Rows become figures with intervals: `summary.json` for programs, and what `summary_text` says for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from workstation.evaluation.detection import DECISIONS, FIGURES, Detection, Pointing, detect, pointing
from workstation.evaluation.evaluate import Evaluated
from workstation.evaluation.intervals import Estimate, bootstrap_mean, paired_difference
from workstation.evaluation.localisation import TITLES
from workstation.evaluation.peers import PEERS
from workstation.evaluation.region_sizes import by_share, smallest_found
from workstation.evaluation.rows import Row
from workstation.evaluation.splices import SET_PREFIX

ALL = "all"
GIVEN, BETTER = "as given", "better of both"
SCORES = {
    "score": "detection statistic",
    "mean_dissimilarity": "mean dissimilarity (published)",
    "llr": "calibrated likelihood ratio",
}
"""Attributes of `Row` that rank images, with their titles."""


def summarise(evaluated: Evaluated) -> dict[str, Any]:
    """The content of summary.json.

    An image whose map is missing (failed, or not assessable) counts in localisation as a constant map would, so that a
    failure never raises a figure; how many there are is said beside it. A limit that is infinite is None, which JSON
    can hold.

    Args:
        evaluated: rows and the question behind them.
    """
    rows, methods = evaluated.rows, _methods(evaluated)
    summary = {
        **evaluated.question,
        "computed_on": evaluated.computed_on,
        "warnings": list(evaluated.plan.dataset.warnings),
        "methods": {name: _title(name, method) for name, method in methods.items()},
        "images": _counts(rows),
        "localisation": {name: _localisation(part, methods) for name, part in subsets(rows).items()},
        "differences": {name: _differences(part, methods) for name, part in subsets(rows).items()},
        "detection": {name: _detection(part) for name, part in subsets(rows).items()},
        "pointing": {
            name: {decision: _pointing(pointing(part, decision, _groups(part))) for decision in DECISIONS}
            for name, part in subsets(rows).items()
        },
        "region_share": [asdict(found) for found in by_share(rows, piece=_piece_of(rows))],
        "smallest_found": [asdict(found) for found in smallest_found(rows, piece=_piece_of(rows))],
        "seconds": _seconds(rows),
        "failures": [{"dataset": r.dataset, "image": r.image, "error": r.error} for r in rows if r.error],
    }
    return {name: _finite(value) for name, value in summary.items()}


def subsets(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """All rows; those of each set, and of each kind with the authentic ones of its sets, where that is another part."""
    found = {ALL: list(rows)}
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    if len(datasets) > 1:
        found |= {name: [row for row in rows if row.dataset == name] for name in datasets}
    kinds = sorted({row.kind for row in rows if row.kind})
    if len(kinds) > 1:
        for kind in kinds:
            sets = {row.dataset for row in rows if row.kind == kind}
            part = [r for r in rows if r.kind == kind or (not r.tampered and r.dataset in sets)]
            if part not in found.values():
                found[f"kind {kind}"] = part
    return found


def _methods(evaluated: Evaluated) -> dict[str, str | None]:
    """Name in tables -> peer, None for ours; only peers that every measurable row knows."""
    measurable = [row for row in evaluated.rows if row.constant is not None]
    peers = [name for name in PEERS if measurable and all(name in row.peers for row in measurable)]
    return {str(evaluated.question["model"]): None, **{name: name for name in peers}}


def _title(name: str, method: str | None) -> str:
    return f"Exifact with the weights {name}" if method is None else PEERS[method].title


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "authentic": sum(1 for row in rows if not row.tampered),
        "tampered": sum(1 for row in rows if row.tampered),
        "with_mask": sum(1 for row in rows if row.tampered and row.constant is not None),
        "failed": sum(1 for row in rows if row.error),
        "abstained": dict(Counter(row.abstained.partition(":")[0] for row in rows if row.abstained)),
    }


def _localisation(rows: Sequence[Row], methods: Mapping[str, str | None]) -> dict[str, Any]:
    """Method -> {n, missing maps, figure -> polarity -> estimate}."""
    measurable = [row for row in rows if row.tampered and row.constant is not None]
    if not measurable:
        return {}
    found: dict[str, Any] = {}
    groups = _groups(measurable)
    for name, method in methods.items():
        scored = [one for row in measurable if (one := row.of(method)) is not None]
        missing = sum(1 for row in measurable if _is_missing(row, method))
        figures = {
            figure: {
                polarity: _estimate(
                    bootstrap_mean(np.array([getattr(one, f"{figure}{end}") for one in scored]), groups=groups)
                )
                for polarity, end in ((GIVEN, ""), (BETTER, "_inv"))
            }
            for figure in TITLES
        }
        found[name] = {"images": len(scored), "missing_maps": missing, **figures}
    return found


def _groups(rows: Sequence[Row]) -> list[object]:
    """Which images are drawn together: the variants of one made splice."""
    piece = _piece_of(rows)
    return [piece(row) for row in rows]


def _piece_of(rows: Sequence[Row]) -> Callable[[Row], object]:
    """What a row is of: the made splice that it is a variant of, where all are such; else its own image."""
    if rows and all(row.dataset.startswith(SET_PREFIX) for row in rows):
        return lambda row: PurePosixPath(row.image).stem
    return lambda row: row.identity


def _is_missing(row: Row, method: str | None) -> bool:
    if method is not None:
        return row.peers.get(method) is None
    return row.figures is None or row.groups is None


def _differences(rows: Sequence[Row], methods: Mapping[str, str | None]) -> dict[str, Any]:
    """Peer -> figure -> estimate of ours − theirs over the same images, fixed polarity."""
    measurable = [row for row in rows if row.tampered and row.constant is not None]
    if not measurable:
        return {}
    return {
        name: {
            figure: _estimate(
                paired_difference(
                    *(np.array([getattr(r.of(m), figure) for r in measurable]) for m in (None, method)),
                    groups=_groups(measurable),
                )
            )
            for figure in TITLES
        }
        for name, method in methods.items()
        if method is not None
    }


def _detection(rows: Sequence[Row]) -> dict[str, Any]:
    """Score -> counts and figures, over the sets that hold both classes; scores that only one carries are left out.

    Authentic images of one set beside tampered ones of another would show how the sets differ.
    """
    both = {row.dataset for row in rows if row.tampered} & {row.dataset for row in rows if not row.tampered}
    comparable = [row for row in rows if row.dataset in both]
    groups = _groups(comparable)
    found = {name: detect(comparable, score=name, groups=groups) for name in SCORES} if comparable else {}
    return {name: _detected(detection) for name, detection in found.items() if detection is not None}


def _detected(detection: Detection) -> dict[str, Any]:
    figures = {
        name: {GIVEN: _estimate(given), BETTER: _estimate(better)}
        for name, (given, better) in detection.figures.items()
    }
    counts = {"authentic": detection.authentic, "tampered": detection.tampered, "without": detection.without}
    return {**counts, **{name: figures[name] for name in FIGURES}}


def _pointing(found: Pointing) -> dict[str, Any]:
    return {
        "authentic": None if found.authentic is None else _estimate(found.authentic),
        "tampered": None if found.tampered is None else _estimate(found.tampered),
        "balanced_accuracy": found.balanced_accuracy,
    }


def _seconds(rows: Sequence[Row]) -> dict[str, float]:
    timed = [(row.seconds, row.pixels / 1e6) for row in rows if row.seconds and row.pixels]
    evaluation = sum(row.elapsed for row in rows)
    if not timed:
        return {"total": 0.0, "evaluation": evaluation}
    seconds, megapixels = np.array(timed).T
    return {
        "evaluation": evaluation,
        "total": float(seconds.sum()),
        "median_per_image": float(np.median(seconds)),
        "per_megapixel": float(seconds.sum() / megapixels.sum()),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _estimate(estimate: Estimate) -> dict[str, float]:
    return asdict(estimate)
