"""The pictures of a report: the exhibit for display, its painted maps, its thumbnails, and what their legends say."""

from __future__ import annotations

import hashlib
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TypeAlias

import numpy as np
from PIL import Image

from workstation.analysis.colours import OPACITY
from workstation.analysis.legends import Outside
from workstation.analysis.regions import Region, RegionNotAssessable, similarity_map
from workstation.analysis.rendering import ByteArray, LayerKind, Legend, dimmed_grey, legend_of, paint_layer, reduced
from workstation.analysis.result import FloatArray
from workstation.evidence import display_rgb
from workstation.evidence.display import ProfileUse, profile_use
from workstation.evidence.record import Evidence
from workstation.report.document import ExhibitReport
from workstation.report.serial import coded_or_none

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LARGEST_JPEG_KEPT = 16_000_000
"""Bytes; a larger exhibit is shown as a rendition."""

MOST_BYTES_KEPT = 60_000_000
"""Bytes of all exhibits that are shown byte for byte: with more exhibits each gets less."""

MOST_PIXELS_KEPT = 50_000_000
"""Pixels; whoever reads the report decodes them all, and readers refuse more as a decompression bomb."""

RENDITION_SIDE = 4000
"""Pixels of a rendition's longer side: 560 dpi on the page, beyond what paper shows."""
SMALL_RENDITION_SIDE = 2000
FEW_EXHIBITS = 6
"""Up to so many exhibits are shown in the large size."""

MAP_SIDE = 2126
"""Pixels of a map's longer side: 300 dpi on 180 mm. A map's cells are larger than that."""
THUMBNAIL_SIDE = 320
PLAIN_GREY = 128
"""Under the maps of a photograph whose pixels nobody has any more."""

LARGEST_THUMBNAIL = 8_000_000
"""Pixels; what claims more is no thumbnail."""

MAPS: tuple[LayerKind, ...] = ("departure", "groups", "pca", "cut")


@dataclass(frozen=True, slots=True)
class ReportPicture:
    """A picture and its part of the report's data.

    Attributes:
        jpeg: bytes of a JPEG file, None where there is nothing to show.
        entry: kind, size, hash, legend, … as they stand in `report.json`.
    """

    jpeg: bytes | None
    entry: dict[str, Json]


def pictures_of(report: ExhibitReport, exhibits: int) -> Iterator[ReportPicture]:
    """The exhibit, its maps, the similarity to its regions, its thumbnails.

    Args:
        report: on the exhibit, with its pixels (`document.with_pixels`).
        exhibits: how many the report has.
    """
    yield exhibit_picture(report, exhibits)
    result = report.result
    if result is not None and result.maps is not None:
        ground = map_ground(report)
        for kind in MAPS:
            yield _painted(report, kind, ground, report.exhibit.regions)
        for region in report.exhibit.regions:
            try:
                similarity = similarity_map(result, region)
            except RegionNotAssessable:
                continue  # the region's statistics say why
            yield _painted(report, "similarity", ground, (region,), similarity=similarity)
    for payload in report.evidence.metadata.payloads:
        if payload.kind == "thumbnail" and payload.content:
            more: dict[str, Json] = {"offset": payload.offset, "description": payload.description or None}
            more["description_code"] = coded_or_none(payload.description)
            yield _picture("thumbnail", thumbnail_picture(payload.content), more)


def _picture(kind: str, jpeg: bytes | None, more: dict[str, Json], orientation: int = 1) -> ReportPicture:
    described: dict[str, Json] = {"sha256": None, "width": None, "height": None}
    if jpeg is not None:
        with _opened(jpeg) as picture:
            described = {"sha256": sha256(jpeg), "width": picture.width, "height": picture.height}
    return ReportPicture(jpeg, {"kind": kind, **described, "orientation": orientation, **more})


def sha256(content: bytes) -> str:
    """The name of a picture in the report's data."""
    return hashlib.sha256(content).hexdigest()


def exhibit_picture(report: ExhibitReport, exhibits: int = 1) -> ReportPicture:
    """The exhibit's picture: its own JPEG bytes where they are those that were opened and of a sensible size."""
    evidence = report.evidence
    if report.is_unseen:
        return _picture("exhibit", None, {"treatment": "lost", "profile": None})
    kept = _own_bytes(report, MOST_BYTES_KEPT // exhibits)
    if kept is not None:
        more: dict[str, Json] = {"treatment": "kept", "profile": None}
        return _picture("exhibit", kept, more, evidence.pixels.orientation)
    side = RENDITION_SIDE if exhibits <= FEW_EXHIBITS else SMALL_RENDITION_SIDE
    small = replace(evidence.pixels, rgb=reduced(evidence.pixels.rgb, side))
    use: ProfileUse = profile_use(evidence.pixels)
    more = {"treatment": use.how, "profile": use.name or None}
    return _picture("exhibit", as_jpeg(Image.fromarray(display_rgb(small))), more)


def as_jpeg(picture: Image.Image, quality: int = 93) -> bytes:
    """A picture as JPEG bytes without chroma subsampling."""
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def thumbnail_picture(content: bytes) -> bytes | None:
    """An embedded thumbnail as a JPEG of at most 320 pixels; None where its bytes are no picture."""
    try:
        with _opened(content) as picture:
            if picture.width * picture.height > LARGEST_THUMBNAIL:
                return None
            picture.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            small = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return None  # what Pillow raises on damaged bytes
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return as_jpeg(small)


def _opened(content: bytes) -> Image.Image:
    """A picture whose pixels are not decoded yet; the readers of the evidence have recorded what Pillow warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(BytesIO(content))


def map_ground(report: ExhibitReport) -> ByteArray:
    """The stored photograph at the size of the report's maps: made once, painted over for each; grey without it."""
    pixels = report.evidence.pixels
    if report.is_unseen:
        scale = min(1.0, MAP_SIDE / max(pixels.height, pixels.width))
        size = (max(1, round(pixels.height * scale)), max(1, round(pixels.width * scale)), 3)
        return np.full(size, PLAIN_GREY, np.uint8)
    return reduced(pixels.rgb, MAP_SIDE)


def _painted(
    report: ExhibitReport,
    kind: LayerKind,
    ground: ByteArray,
    regions: tuple[Region, ...],
    *,
    similarity: FloatArray | None = None,
) -> ReportPicture:
    """One map over the dimmed photograph in display orientation."""
    result, pixels = report.result, report.evidence.pixels
    assert result is not None
    limits = report.exhibit.departure_limits
    picture = paint_layer(
        kind,
        pixels,
        result,
        max_side=MAP_SIDE,
        legend=False,
        limits=limits,
        regions=regions,
        similarity=similarity,
        orientation=pixels.orientation,
        photograph=ground,
    )
    mean = float(f"{float(dimmed_grey(ground).mean()):.9g}")
    legend = legend_of(kind, result, limits=limits, similarity=similarity, ground=mean)
    stored = result.maps.departure_range if kind == "departure" and result.maps is not None else None
    more: dict[str, Json] = {"legend": _legend_json(legend, mean, stored)}
    if similarity is not None:
        more["region"] = regions[0].name
    return _picture(kind, as_jpeg(picture), more)


def _legend_json(legend: Legend, ground: float, stored: tuple[float, float] | None) -> Json:
    """What it takes to draw the legend again."""
    bar = None if legend.bar is None else "viridis" if legend.kind == "similarity" else "cividis"
    return {
        "colours": bar,
        "ground": ground,
        "opacity": OPACITY,
        "limits": None if legend.limits is None else [_number(v) for v in legend.limits],
        "stored_limits": None if stored is None else [_number(v) for v in stored],
        "ticks": [_number(value) for value, _ in legend.ticks],
        "above": _outside(legend.above),
        "below": _outside(legend.below),
        "swatches": [
            {
                "colour": list(swatch.colour),
                "dots": int(swatch.dots),
                "letter": swatch.letter,
                "hatch": swatch.hatch,
                "meaning": swatch.meaning,
                "share": _number(swatch.share),
            }
            for swatch in legend.swatches
        ],
    }


def _outside(beyond: Outside | None) -> Json:
    return None if beyond is None else {"share": _number(beyond.share), "farthest": _number(beyond.farthest)}


def _number(value: float) -> float:
    return float(f"{float(value):.9g}")


def _own_bytes(report: ExhibitReport, allowed: int) -> bytes | None:
    """The file's bytes where a PDF can show them as they are, and where they are still those that were opened."""
    identity, pixels = report.evidence.identity, report.evidence.pixels
    small = identity.size <= min(LARGEST_JPEG_KEPT, allowed)
    if not small or not _can_be_kept(report.evidence) or report.verification.state != "match":
        return None
    try:
        content = identity.path.read_bytes()
        if sha256(content) != identity.sha256:  # changed since it was verified
            return None
        with _opened(content) as picture:
            same_size = picture.size == (pixels.width, pixels.height)
    except OSError:  # the file went away since it was verified; a rendition needs no file
        return None
    return content if same_size else None


def _can_be_kept(evidence: Evidence) -> bool:
    structure = evidence.metadata.jpeg
    return (
        evidence.format == "JPEG"
        and structure is not None
        and structure.process in ("baseline", "progressive")
        and structure.components in (1, 3)
        and structure.precision == 8
        and evidence.pixels.icc_profile is None
        and all(payload.kind != "MPF index" for payload in evidence.metadata.payloads)  # reportlab takes it for no JPEG
        and evidence.pixels.width * evidence.pixels.height <= MOST_PIXELS_KEPT
    )
