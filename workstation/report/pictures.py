"""The pictures of a report: the exhibit for display, and its painted maps."""

from __future__ import annotations

import hashlib
import struct
import warnings
from dataclasses import dataclass, replace
from io import BytesIO

from PIL import Image

from workstation.analysis.regions import Region, RegionNotAssessable, similarity_map
from workstation.analysis.rendering import ByteArray, LayerKind, Legend, dimmed_grey, legend_of, paint_layer, reduced
from workstation.analysis.result import FloatArray
from workstation.evidence import colour_management, display_rgb
from workstation.evidence.record import Evidence, Pixels
from workstation.report.document import ExhibitReport
from workstation.report.flowables import as_jpeg

LARGEST_JPEG_KEPT = 3_000_000
"""Bytes; a larger exhibit is shown as a rendition, so that a report can still be sent by mail."""

MOST_PIXELS_KEPT = 50_000_000
"""Pixels; whoever reads the report decodes them all, and readers refuse more as a decompression bomb."""

RENDITION_SIDE = 2000
MAP_SIDE = 1500
THUMBNAIL_SIDE = 320
LARGEST_THUMBNAIL = 8_000_000
"""Pixels; what claims more is no thumbnail."""


@dataclass(frozen=True, slots=True)
class ExhibitPicture:
    """The exhibit as the report shows it.

    Attributes:
        jpeg: bytes of a JPEG file.
        orientation: that it is still to be turned by.
        caption: what was done to it, in words.
    """

    jpeg: bytes
    orientation: int
    caption: str


def exhibit_picture(report: ExhibitReport) -> ExhibitPicture:
    """The exhibit's picture: its own JPEG bytes where they are those that were opened and of a sensible size."""
    evidence = report.evidence
    kept = _own_bytes(report)
    if kept is not None:
        caption = "The file's own JPEG data, not recompressed."
        return ExhibitPicture(kept, evidence.pixels.orientation, f"{caption} {frame(evidence.pixels)}")
    small = replace(evidence.pixels, rgb=reduced(evidence.pixels.rgb, RENDITION_SIDE))
    picture = Image.fromarray(display_rgb(small))
    how = f"A rendition for this report, {picture.width}×{picture.height} pixels, recompressed as JPEG"
    caption = f"{how}; {colour_management(evidence.pixels)}. {frame(evidence.pixels)}"
    return ExhibitPicture(as_jpeg(picture), 1, caption)


def frame(pixels: Pixels) -> str:
    """How the picture on the page lies to the stored image that all coordinates refer to."""
    size = f"{pixels.width}×{pixels.height}"
    if pixels.orientation == 1:
        return f"Shown as stored; coordinates are those of the stored image, {size} pixels, from its upper left corner."
    corner = {
        2: "upper right",
        3: "lower right",
        4: "lower left",
        5: "upper left",
        6: "upper right",
        7: "lower right",
        8: "lower left",
    }[pixels.orientation]
    return (
        f"Shown turned as the file's orientation tag asks (value {pixels.orientation}); coordinates are those of "
        f"the stored, unrotated image, {size} pixels, whose origin lies at the {corner} here."
    )


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
    """The stored photograph at the size of the report's maps: made once, painted over for each."""
    return reduced(report.evidence.pixels.rgb, MAP_SIDE)


def painted(report: ExhibitReport, kind: LayerKind, ground: ByteArray) -> tuple[bytes, Legend]:
    """One map over the dimmed photograph in display orientation as JPEG bytes, and its legend.

    Args:
        report: on the exhibit.
        kind: which map.
        ground: from `map_ground`.

    Raises:
        ValueError: if the exhibit has no maps.
    """
    return _painted(report, kind, ground, report.exhibit.regions)


def painted_from(report: ExhibitReport, region: Region, ground: ByteArray) -> tuple[bytes, Legend] | None:
    """The similarity of every patch to a region, likewise; None where the region or the result carries no statement."""
    if report.result is None:
        return None
    try:
        similarity = similarity_map(report.result, region)
    except RegionNotAssessable:
        return None
    return _painted(report, "similarity", ground, (region,), similarity=similarity, seen_from=f"region {region.name}")


def _painted(
    report: ExhibitReport,
    kind: LayerKind,
    ground: ByteArray,
    regions: tuple[Region, ...],
    *,
    similarity: FloatArray | None = None,
    seen_from: str = "",
) -> tuple[bytes, Legend]:
    result, pixels = report.result, report.evidence.pixels
    if result is None:
        raise ValueError("an exhibit without a result has no maps")
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
    mean = float(dimmed_grey(ground).mean())
    legend = legend_of(kind, result, limits=limits, similarity=similarity, seen_from=seen_from, ground=mean)
    return as_jpeg(picture), legend


def _own_bytes(report: ExhibitReport) -> bytes | None:
    """The file's bytes where a PDF can show them as they are, and where they are still those that were opened."""
    identity, pixels = report.evidence.identity, report.evidence.pixels
    if not _can_be_kept(report.evidence) or report.verification.state != "match":
        return None
    try:
        content = identity.path.read_bytes()
        if hashlib.sha256(content).hexdigest() != identity.sha256:  # changed since it was verified
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
        and evidence.identity.size <= LARGEST_JPEG_KEPT
        and evidence.pixels.width * evidence.pixels.height <= MOST_PIXELS_KEPT
    )
