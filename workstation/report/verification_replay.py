"""Every finding is computed again from the original, as the report states, and compared with what it says."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import fields
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from workstation import analysis
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import WorkstationError, in_percent
from workstation.evidence import open_steps
from workstation.progress import Progress
from workstation.report.document import build
from workstation.report.pictures import ReportPicture, pictures_of
from workstation.report.printed import Json
from workstation.report.serial import exhibit_json
from workstation.report.verification_checks import Check, agrees, differs, unchecked
from workstation.report.verification_comparison import EXACT, Tolerance, differences
from workstation.report.verification_originals import Matched, named

COMPUTED = (
    "image",
    "status",
    "reason",
    "findings",
    "score",
    "conditions",
    "detection",
    "calibration",
    "grid",
    "suitability",
    "maps",
    "partition",
    "consistency_map",
    "regions",
    "metadata",
)
"""Parts of an exhibit's data that follow from the original and the parameters."""

CLAIMS = "claims"
"""Compared digit for digit or not at all: ranks and words turn on the last digits of scores."""

CONDITIONS = ("device", "dtype", "threads", "libraries", "program")
"""Of the provenance: where they are the same, the same digits are expected."""

ELSEWHERE = Tolerance(relative=0.01, absolute=0.01)
"""On another device, with another number of threads or other libraries: what `exifact validate` allows."""

LIKENESS = 2.0
"""Grey levels (0..255) by which two renditions of one picture may differ on average."""


def replay(
    matched: Matched, created: str, exhibits: int, pictures: Mapping[str, bytes]
) -> Generator[Progress, None, list[Check]]:
    """Analyse an original again as its report states and compare every finding and every picture.

    Args:
        matched: the exhibit in the report's data, and its file.
        created: the report's date; findings do not depend on it.
        exhibits: number of the report's exhibits; pictures are smaller where there are many.
        pictures: on the report's pages, by SHA-256.

    Yields:
        The progress of reading and analysing.
    """
    subject = f"Findings on {matched.path.name}"
    entry = matched.entry
    stated = entry.get("provenance")
    try:
        asked, dated = _request(entry), datetime.fromisoformat(created)
        regions = tuple(_region(region) for region in entry.get("regions") or ())
        limits = (entry.get("maps") or {}).get("departure_limits_of_analyst")
        moved = None if limits is None else (float(limits[0]), float(limits[1]))
    except (TypeError, KeyError, ValueError, AttributeError, IndexError) as problem:
        return [differs(subject, f"The report's data do not say how to repeat the analysis ({problem}).")]
    if asked is None or not isinstance(stated, dict):
        return [unchecked(subject, f"The report states no analysis of {named(entry)} that could be repeated.")]
    try:
        evidence = yield from open_steps(matched.path)
        claimed = entry.get("claims") is not None
        result: AnalysisResult = yield from analysis.run(evidence, asked, claims=claimed)
    except WorkstationError as problem:
        return [unchecked(subject, f"It cannot be repeated here: {problem.summary}")]
    own = result.provenance.weights_sha256
    if own != stated.get("weights_sha256"):
        reason = f"The report used weights with SHA-256 {stated.get('weights_sha256')}; those here have {own}."
        return [unchecked(subject, reason)]
    yield Progress("comparing findings and pictures")
    exhibit = Exhibit(evidence, result, regions=regions, departure_limits=moved)
    document = build(Case((exhibit,)), created=dated)
    found = exhibit_json(document, document.exhibits[0], array=False)
    now = found["provenance"]
    assert isinstance(now, dict)
    changed = [name for name in CONDITIONS if stated.get(name) != now.get(name)]
    drawn = list(pictures_of(document.exhibits[0], exhibits))
    return [
        _check_findings(subject, entry, found, changed),
        _check_figures(f"Pictures of {matched.path.name}", entry, drawn, pictures, exact=not changed),
    ]


def _check_findings(subject: str, entry: dict[str, Any], found: dict[str, Json], changed: list[str]) -> Check:
    tolerance = ELSEWHERE if changed else EXACT
    details: list[str] = []
    for part in COMPUTED if changed else (*COMPUTED, CLAIMS):
        ignored = frozenset({"file", "note"})  # where the array lies, and the analyst's words
        details += differences(
            entry.get(part), found.get(part), tolerance=tolerance, ignored=ignored, pointer=f"/{part}"
        )
    stated, now = entry["provenance"], found["provenance"]
    assert isinstance(now, dict)
    details += differences(stated.get("parameters"), now.get("parameters"), pointer="/provenance/parameters")
    how = "Computed with the same program, libraries, device and threads; compared digit for digit."
    if changed:
        how = (
            f"Computed with other {', '.join(changed)} than the report; numbers may differ by "
            f"{in_percent(tolerance.relative)} or {tolerance.absolute:g}."
        )
    if details:
        return differs(subject, how, details)
    return agrees(subject, f"Every finding, number and parameter came out as {named(entry)} states. {how}")


def _check_figures(
    subject: str, entry: dict[str, Any], drawn: list[ReportPicture], pictures: Mapping[str, bytes], *, exact: bool
) -> Check:
    """The pictures that the repeated analysis gives, against those on the pages."""
    stated = entry.get("figures")
    if not isinstance(stated, list):
        return unchecked(subject, "The data name no pictures.")
    details = [f"{len(stated)} pictures in the report, {len(drawn)} now"] if len(stated) != len(drawn) else []
    for index, (figure, picture) in enumerate(zip(stated, drawn, strict=False)):
        place = f"/figures/{index} ({picture.entry['kind']})"
        tolerance = EXACT if exact else ELSEWHERE
        details += differences(figure, picture.entry, tolerance=tolerance, ignored=frozenset({"sha256"}), pointer=place)
        if not _same_picture(figure, picture, pictures, exact=exact):
            details.append(f"{place}: the report shows another picture than the original and its analysis give")
    if details:
        return differs(subject, "The report does not show what the original and its analysis give.", details)
    how = "byte for byte" if exact else f"within {LIKENESS:g} grey levels on average"
    return agrees(subject, f"All {len(drawn)} pictures that the repeated analysis gives are in the report, {how}.")


def _same_picture(figure: Any, again: ReportPicture, pictures: Mapping[str, bytes], *, exact: bool) -> bool:
    stated = figure.get("sha256") if isinstance(figure, dict) else None
    if again.jpeg is None or stated == again.entry["sha256"]:
        return stated == again.entry["sha256"]
    shown = pictures.get(str(stated))
    if exact or shown is None:
        return False
    one, other = _pixels(shown), _pixels(again.jpeg)
    return one.shape == other.shape and float(np.abs(one - other).mean()) <= LIKENESS


def _request(entry: dict[str, Any]) -> AnalysisRequest | None:
    """What was asked of the analysis, on the number of threads that it ran on.

    Raises:
        TypeError: if the data name a parameter that this program does not know.
    """
    asked = entry.get("request")
    if not isinstance(asked, dict):
        return None
    unknown = set(asked) - {field.name for field in fields(AnalysisRequest)}
    if unknown:
        raise TypeError(f"unknown parameter {sorted(unknown)[0]}")
    threads = asked.get("threads") or entry["provenance"]["threads"]
    return AnalysisRequest(**{**asked, "threads": threads})


def _region(region: dict[str, Any]) -> Region:
    points = tuple((float(x), float(y)) for x, y in region["points"])
    return Region(region["name"], region["kind"], points, region.get("note") or "")


def _pixels(jpeg: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    with Image.open(BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)
