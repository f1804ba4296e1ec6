"""Evidence and results of known content for the panels: small, and made by hand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.result import (
    AnalysisRequest,
    AnalysisResult,
    Finding,
    Group,
    Maps,
    Partition,
    Provenance,
    Suitability,
)
from workstation.evidence.record import (
    Empty,
    Evidence,
    FileIdentity,
    JpegSegment,
    JpegStructure,
    Metadata,
    NotApplicable,
    Payload,
    Pixels,
    Present,
    QuantisationTable,
    TagEntry,
    TagState,
    Unreadable,
)

SHA256 = "9f3c" + "0123456789abcdef" * 3 + "0123456789ab"


def entry(
    group: str,
    name: str,
    number: int,
    value: object,
    *,
    text: str = "",
    unit: str = "",
    raw: bytes = b"",
    state: TagState | None = None,
    offset: int | None = 0x100,
) -> TagEntry:
    return TagEntry(
        group=group,
        name=name,
        id=number,
        type="ASCII",
        count=max(1, len(raw)),
        raw=raw,
        value=value,  # type: ignore[arg-type]
        unit=unit,
        text=text or ("" if value is None else str(value)),
        offset=offset,
        entry_offset=None if offset is None else offset - 0x40,
        state=state or Present(),
        raw_size=len(raw),
    )


def thumbnail() -> bytes:
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(picture, "JPEG")
    return picture.getvalue()


def jpeg_structure() -> JpegStructure:
    values = tuple(tuple(16 + row + column for column in range(8)) for row in range(8))
    return JpegStructure(
        segments=(
            JpegSegment("SOI", 0xD8, 0, 2),
            JpegSegment("APP1", 0xE1, 2, 0x1F0, "Exif"),
            JpegSegment("DQT", 0xDB, 0x1F2, 69),
        ),
        tables=(
            QuantisationTable(0, 8, values, 92, "luminance", 0x1F6),
            QuantisationTable(1, 8, values, None, "chrominance", 0x23B),
        ),
        subsampling="4:2:2",
        process="baseline",
        components=3,
        precision=8,
        quality=None,
        size=(600, 800),
    )


def sample_evidence(
    name: str = "IMG_0042.jpg", *, entries: tuple[TagEntry, ...] | None = None, file_format: str = "JPEG"
) -> Evidence:
    listed = entries if entries is not None else sample_entries()
    metadata = Metadata(
        entries=listed,
        exif_state=Present() if listed else NotApplicable(),
        byte_order="little-endian" if listed else "",
        payloads=(
            Payload("MakerNote", 0x300, 1024, "Canon", (("byte order", "little-endian"),)),
            Payload("thumbnail", 0x800, 900, "64 × 48", content=thumbnail()),
            Payload("XMP", 0x2000, 40, "Adobe", content=b"<x:xmpmeta>\n  <rdf:RDF/>\n</x:xmpmeta>"),
        ),
        jpeg=jpeg_structure() if file_format == "JPEG" else None,
    )
    identity = FileIdentity(
        path=Path("/cases/7") / name,
        name=name,
        size=1_234_567,
        sha256=SHA256,
        sha1="1" * 40,
        md5="2" * 32,
        modified="2026-03-01T10:00:00Z",
        opened="2026-11-21T07:00:00Z",
    )
    rgb = np.zeros((600, 800, 3), np.uint8)
    pixels = Pixels(rgb, 1, "RGB 16 bit", ("16 bit to 8: value // 257",), None, 1)
    return Evidence(identity, file_format, pixels, metadata, ())


def sample_entries() -> tuple[TagEntry, ...]:
    return (
        entry("IFD0", "Make", 0x010F, "Canon", raw=b"Canon\x00", offset=0x9E),
        entry("IFD0", "Model", 0x0110, "Canon EOS 5D", raw=b"Canon EOS 5D\x00", offset=0xA4),
        entry("IFD0", "Artist", 0x013B, None, raw=b"   \x00", state=Empty(), offset=0xB2),
        entry("ExifIFD", "ISOSpeedRatings", 0x8827, 400, raw=b"\x90\x01"),
        entry("ExifIFD", "ExposureTime", 0x829A, "1/250", unit="s", raw=b"\x01\0\0\0\xfa\0\0\0"),
        entry(
            "ExifIFD",
            "LensModel",
            0xA434,
            None,
            state=Unreadable("entry runs past the end", 0x01A4),
            offset=None,
        ),
        entry("ExifIFD", "UserComment", 0x9286, "line one\tand\nline two", raw=b"line one"),
    )


def partition(*, stable: bool = True, ambiguous: bool = False) -> Partition:
    shares = (0.48, 0.44, 0.08) if ambiguous else (0.9, 0.062, 0.038)
    groups = (
        Group("A", 0, shares[0], 0.04, 540),
        Group("B", 1, shares[1], 0.31, 37),
        Group("C", 2, shares[2], 0.22, 23),
    )
    return Partition(
        groups=groups if stable else (Group("A", 0, 1.0, 0.05, 600),),
        stable=stable,
        stability=0.94 if stable else 0.41,
        separation=0.37,
        margin=shares[0] - shares[1] if stable else 1.0,
        ambiguous=ambiguous,
        tried=((2, 0.94, 0.37), (3, 0.9, 0.33)),
    )


def provenance() -> Provenance:
    return Provenance(
        program="0.1.0",
        weights="compact",
        weights_sha256="ab" * 32,
        architecture="compact",
        parameters=(("patch", "64"), ("stride", "32")),
        device="cpu, 2 threads",
        dtype="bfloat16",
        threads=2,
        seed=0,
        libraries=(("numpy", "2.4"),),
        started="2026-11-21T07:00:00Z",
        seconds=(("embedding", 3.0), ("maps", 0.5)),
    )


FINDINGS = (
    Finding(
        "departs",
        "Region B (6.2 % of the assessable area) departs from group A by 0.31.",
        (("share", 0.062), ("departure", 0.31)),
        "B",
    ),
    Finding(
        "departs", "Region C (3.8 % of the assessable area) departs from group A by 0.22.", (("share", 0.038),), "C"
    ),
)


def sample_result(
    *, stable: bool = True, ambiguous: bool = False, rows: int = 20, columns: int = 30, cell: int = 32
) -> AnalysisResult:
    """Patches in a grid of `rows` × `columns`; columns 0 and 1 are group B, row 0 is not assessable, the rest is A.

    The scatter point of patch (r, c) is (c, r) for group A, and shifted by 100 to the right for group B.
    """
    grid = PatchGrid(rows, columns, patch=2 * cell, stride=cell, spread=1, offset=-cell // 2)
    row, column = np.mgrid[:rows, :columns]
    groups = np.where(column < 2, 1, 0).astype(np.int16)
    groups[0] = -1
    scatter = np.stack([column + 100 * (groups == 1), row], axis=-1).astype(np.float32)
    scatter[0] = np.nan
    departure = np.where(groups == 1, 0.31, 0.04).astype(np.float32)
    maps = Maps(
        geometry=MapGeometry(rows, columns, cell, rows * cell, columns * cell),
        departure=departure,
        pca=np.zeros((rows, columns, 3), np.float32),
        groups=groups,
        cut=groups.copy(),
        departure_range=(0.0, 1.0),
    )
    assessable = groups >= 0
    return AnalysisResult(
        status="complete",
        reason="",
        request=AnalysisRequest(),
        image_size=(rows * cell, columns * cell),
        provenance=provenance(),
        findings=FINDINGS if stable and not ambiguous else (),
        grid=grid,
        suitability=Suitability(
            assessable, (~assessable).astype(np.uint8), assessable, np.full((rows, columns), 120, np.float32)
        ),
        embeddings=np.zeros((rows, columns, 4), np.float32),
        scatter=scatter,
        maps=maps,
        partition=partition(stable=stable, ambiguous=ambiguous),
        score=0.1,
    )


def not_assessable(reason: str) -> AnalysisResult:
    return AnalysisResult(
        status="not assessable",
        reason=reason,
        request=AnalysisRequest(),
        image_size=(180, 240),
        provenance=provenance(),
        findings=(),
    )
