"""Which image format a file's bytes are, whatever its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from workstation.errors import RecordedWarning
from workstation.evidence.isobmff import AVIF_BRANDS, HEIF_BRANDS, brands

_SUFFIXES: Final = {
    "JPEG": frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".thm"}),
    "PNG": frozenset({".png", ".apng"}),
    "TIFF": frozenset({".tif", ".tiff", ".dng"}),
    "WebP": frozenset({".webp"}),
    "BMP": frozenset({".bmp", ".dib"}),
    "GIF": frozenset({".gif"}),
    "HEIF": frozenset({".heic", ".heif", ".hif", ".heics", ".heifs"}),
    "AVIF": frozenset({".avif", ".avifs"}),
}
SUFFIXES: Final = frozenset().union(*_SUFFIXES.values())


def detect_format(data: bytes) -> str | None:  # noqa: PLR0911 - one return per format
    """The format by content: one of the names of `Evidence.format`, or None for anything else."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if data[:2] == b"BM" and data[14:15] in (b"\x0c", b"\x28", b"\x34", b"\x38", b"\x40", b"\x6c", b"\x7c"):
        return "BMP"
    return _isobmff_format(data)


def _isobmff_format(data: bytes) -> str | None:
    """The major brand decides; a generic one ("mif1", "msf1") leaves it to the compatible brands."""
    found = brands(data)
    for brand in (found[0], *found[1:]) if found else ():
        if brand in AVIF_BRANDS:
            return "AVIF"
        if brand in HEIF_BRANDS and brand[:2] != b"mi" and brand[:2] != b"ms":
            return "HEIF"
    return "HEIF" if any(brand in HEIF_BRANDS for brand in found) else None


def suffix_warning(path: Path, name: str) -> RecordedWarning | None:
    """A warning where the file's suffix belongs to another format than its content, or to none."""
    suffix = path.suffix.lower()
    if suffix in _SUFFIXES[name]:
        return None
    claimed = next((other for other, suffixes in _SUFFIXES.items() if suffix in suffixes), None)
    if claimed:
        message = f"the name says {claimed} ({suffix}), the content is {name}"
        return RecordedWarning.of("suffix-mismatch", message, 0, claimed=claimed, suffix=suffix, content=name)
    shown = f"the suffix {suffix}" if suffix else "the name without a suffix"
    message = f"{shown} does not say that the content is {name}"
    variant = "suffix" if suffix else "none"
    return RecordedWarning.of("suffix-unknown", message, 0, variant=variant, suffix=suffix, content=name)
