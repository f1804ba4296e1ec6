"""Every finding is computed again from the original, as the report states, and compared with what it says."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
from pikepdf import Name, Pdf
from PIL import Image

from workstation import analysis
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisRequest, AnalysisResult
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import WorkstationError
from workstation.evidence import open_steps
from workstation.progress import Progress
from workstation.report.document import build
from workstation.report.pdf import render_pdf
from workstation.report.printed import Json
from workstation.report.serial import as_json
from workstation.report.verification_checks import Check, agrees, differs, unchecked
from workstation.report.verification_comparison import EXACT, Tolerance, differences
from workstation.report.verification_originals import Matched, named

COMPUTED = (
    "image",
    "status",
    "reason",
    "headline",
    "findings",
    "limits",
    "score",
    "grid",
    "suitability",
    "maps",
    "partition",
    "consistency_map",
    "regions",
    "metadata",
)
"""Parts of an exhibit's data that follow from the original and the parameters."""

CONDITIONS = ("device", "dtype", "threads", "libraries", "program")
"""Of the provenance: where they are the same, the same digits are expected."""

ELSEWHERE = Tolerance(relative=0.01, absolute=0.01)
"""On another device, with another number of threads or other libraries: what `exifact validate` allows."""

LIKENESS = 2.0
"""Grey levels (0..255) by which two renditions of one picture may differ on average."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One exhibit, analysed again.

    Attributes:
        check: of its findings.
        pictures: JPEG data of every picture that the report on it would show.
    """

    check: Check
    pictures: tuple[bytes, ...] = ()


def replay(matched: Matched, created: str) -> Generator[Progress, None, Replayed]:
    """Analyse an original again as its report states and compare every finding.

    Args:
        matched: the exhibit in the report's data, and its file.
        created: the report's date; hashes and findings do not depend on it.

    Yields:
        The progress of reading and analysing.
    """
    subject = f"Findings on {matched.path.name}"
    entry = matched.entry
    provenance = entry.get("provenance")
    try:
        asked = _request(entry)
        regions = tuple(_region(region) for region in entry.get("regions") or ())
        limits = (entry.get("maps") or {}).get("departure_limits_of_analyst")
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        return Replayed(differs(subject, f"The report's data do not say how to repeat the analysis ({problem})."))
    if asked is None or not isinstance(provenance, dict):
        return Replayed(unchecked(subject, f"The report states no analysis of {named(entry)} that could be repeated."))
    try:
        evidence = yield from open_steps(matched.path)
        result: AnalysisResult = yield from analysis.run(evidence, asked)
    except WorkstationError as problem:
        return Replayed(unchecked(subject, f"It cannot be repeated here: {problem.summary}"))
    if result.provenance.weights_sha256 != provenance.get("weights_sha256"):
        reason = (
            f"The report used weights with SHA-256 {provenance.get('weights_sha256')}, those of that name here have "
            f"{result.provenance.weights_sha256}."
        )
        return Replayed(unchecked(subject, reason))
    yield Progress("comparing findings and pictures")
    exhibit = Exhibit(
        evidence, result, regions=regions, departure_limits=None if limits is None else (limits[0], limits[1])
    )
    document = build(Case((exhibit,)), created=datetime.fromisoformat(created))
    found = as_json(document)
    return Replayed(_compared(subject, entry, found), _pictures(render_pdf(document)))


def check_pictures(pdf: bytes, replayed: Sequence[Replayed]) -> Check | None:
    """Are the pictures that the analyses give the ones in the report? None where nothing was replayed."""
    subject = "Pictures, drawn again"
    expected = [picture for one in replayed for picture in one.pictures]
    if not expected:
        return None
    present = list(_pictures(pdf))
    missing = []
    for number, picture in enumerate(expected, start=1):
        match = next((other for other in present if other == picture), None) or _alike(picture, present)
        if match is None:
            width, height = Image.open(BytesIO(picture)).size
            missing.append(f"picture {number} of the repeated analysis ({width}×{height} pixels) is not in the report")
    if missing:
        return differs(subject, "The report does not show what the original and its analysis give.", missing)
    return agrees(subject, f"All {len(expected)} pictures that the repeated analysis gives are in the report.")


def _compared(subject: str, entry: dict[str, Any], found: dict[str, Json]) -> Check:
    stated, now = entry["provenance"], found["provenance"]
    assert isinstance(now, dict)
    changed = [name for name in CONDITIONS if stated.get(name) != now.get(name)]
    tolerance = ELSEWHERE if changed else EXACT
    details: list[str] = []
    for part in (*COMPUTED, "parameters"):
        one, other = (stated, now) if part == "parameters" else (entry, found)
        details += differences(
            one.get(part), other.get(part), tolerance=tolerance, ignored=frozenset({"file", "note"}), pointer=f"/{part}"
        )
    how = (
        f"Computed with other {', '.join(changed)} than the report; numbers may differ by {tolerance.relative:.0%} or "
        f"{tolerance.absolute:g}."
        if changed
        else "Computed with the same program, libraries, device and threads; compared digit for digit."
    )
    if details:
        return differs(subject, how, details)
    return agrees(subject, f"Every finding, number and parameter came out as {named(entry)} states. {how}")


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


def _pictures(pdf: bytes) -> tuple[bytes, ...]:
    """JPEG data of the pictures, each once."""
    found: dict[bytes, None] = {}
    with Pdf.open(BytesIO(pdf)) as document:
        for page in document.pages:
            for picture in page.images.values():
                if picture.get("/Filter") in (Name.DCTDecode, [Name.DCTDecode]):
                    found[picture.read_raw_bytes()] = None
    return tuple(found)


def _alike(picture: bytes, others: Sequence[bytes]) -> bytes | None:
    """Another encoding of the same picture, if there is one."""
    wanted = _pixels(picture)
    for other in others:
        pixels = _pixels(other)
        if pixels.shape == wanted.shape and float(np.abs(pixels - wanted).mean()) <= LIKENESS:
            return other
    return None


def _pixels(jpeg: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    with Image.open(BytesIO(jpeg)) as picture:
        return np.asarray(picture.convert("RGB"), np.float32)
