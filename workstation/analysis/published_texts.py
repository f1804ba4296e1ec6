"""EXIF texts as "EXIF as Language" (Zheng, Shrivastava and Owens, CVPR 2023) published them.

Two roads lead to the same text: the pairs of YFCC100M, which Drew Noakes' metadata-extractor printed, and our own
reading of a file, whose tags get that program's names and words here. Then the published rules clean the values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final
from urllib.parse import unquote, unquote_plus

from workstation.analysis.exif_texts import TagText, as_text
from workstation.evidence.record import Metadata, Present, TagEntry

UNKNOWN: Final = "Unknown"
"""What a value becomes that is too long or cannot be cleaned."""

LONGEST: Final = 20
"""Characters of a value that no rule of its own covers."""

FEWEST_TAGS: Final = 10
"""Photographs with this many tags or fewer are left out."""

THRESHOLD: Final = 0.49
"""Share of the photographs that must carry a tag for it to be used."""

PRIVATE: Final = re.compile(r"GPS|Serial|Owner|Artist|Author|Photographer|Copyright|Unique|Comment", re.IGNORECASE)
"""Names of tags that never enter a text: places, single devices, people."""

_IFD0, _SUB_IFD = "Exif IFD0", "Exif SubIFD"
_DIRECTORIES: Final = {"IFD0": _IFD0, "ExifIFD": _SUB_IFD}
_BIAS: Final = f"{_SUB_IFD}.Exposure Bias Value"
_FOCAL: Final = f"{_SUB_IFD}.Focal Length"
_ISO: Final = f"{_SUB_IFD}.ISO Speed Ratings"

_ISO_NUMBERS: Final = (0x8827, 0x8832)
_RESOLUTIONS: Final = (0x011A, 0x011B)
_FLASH: Final = 0x9209
_PLANE: Final = (0xA20E, 0xA20F)

NAMES: Final[Mapping[int, str]] = {
    0x010F: "Make",
    0x0110: "Model",
    0x0112: "Orientation",
    0x011A: "X Resolution",
    0x011B: "Y Resolution",
    0x0128: "Resolution Unit",
    0x0131: "Software",
    0x0132: "Date/Time",
    0x013E: "White Point",
    0x013F: "Primary Chromaticities",
    0x0211: "YCbCr Coefficients",
    0x0213: "YCbCr Positioning",
    0x829A: "Exposure Time",
    0x829D: "F-Number",
    0x8822: "Exposure Program",
    0x8827: "ISO Speed Ratings",
    0x8830: "Sensitivity Type",
    0x8832: "Recommended Exposure Index",
    0x9000: "Exif Version",
    0x9003: "Date/Time Original",
    0x9004: "Date/Time Digitized",
    0x9101: "Components Configuration",
    0x9102: "Compressed Bits Per Pixel",
    0x9201: "Shutter Speed Value",
    0x9202: "Aperture Value",
    0x9203: "Brightness Value",
    0x9204: "Exposure Bias Value",
    0x9205: "Max Aperture Value",
    0x9206: "Subject Distance",
    0x9207: "Metering Mode",
    0x9208: "White Balance",
    0x9209: "Flash",
    0x920A: "Focal Length",
    0xA000: "FlashPix Version",
    0xA001: "Color Space",
    0xA002: "Exif Image Width",
    0xA003: "Exif Image Height",
    0xA20E: "Focal Plane X Resolution",
    0xA20F: "Focal Plane Y Resolution",
    0xA210: "Focal Plane Resolution Unit",
    0xA215: "Exposure Index",
    0xA217: "Sensing Method",
    0xA300: "File Source",
    0xA301: "Scene Type",
    0xA302: "CFA Pattern",
    0xA401: "Custom Rendered",
    0xA402: "Exposure Mode",
    0xA403: "White Balance Mode",
    0xA404: "Digital Zoom Ratio",
    0xA405: "Focal Length 35",
    0xA406: "Scene Capture Type",
    0xA407: "Gain Control",
    0xA408: "Contrast",
    0xA409: "Saturation",
    0xA40A: "Sharpness",
    0xA40C: "Subject Distance Range",
    0xA432: "Lens Specification",
    0xA433: "Lens Make",
    0xA434: "Lens Model",
    0xA500: "Gamma",
}
"""metadata-extractor's names of the tags that may enter a text: no GPS, serial numbers or names of people."""

_WORDS: Final[Mapping[int, Mapping[int, str]]] = {
    0x0112: {
        1: "Top, left side (Horizontal / normal)",
        2: "Top, right side (Mirror horizontal)",
        3: "Bottom, right side (Rotate 180)",
        4: "Bottom, left side (Mirror vertical)",
        5: "Left side, top (Mirror horizontal and rotate 270 CW)",
        6: "Right side, top (Rotate 90 CW)",
        7: "Right side, bottom (Mirror horizontal and rotate 90 CW)",
        8: "Left side, bottom (Rotate 270 CW)",
    },
    0x0128: {1: "(No unit)", 2: "Inch", 3: "cm"},
    0x0213: {1: "Center of pixel array", 2: "Datum point"},
    0x8822: {
        1: "Manual control",
        2: "Program normal",
        3: "Aperture priority",
        4: "Shutter priority",
        5: "Program creative (slow program)",
        6: "Program action (high-speed program)",
        7: "Portrait mode",
        8: "Landscape mode",
    },
    0x9207: {
        0: "Unknown",
        1: "Average",
        2: "Center weighted average",
        3: "Spot",
        4: "Multi-spot",
        5: "Multi-segment",
        6: "Partial",
        255: "(Other)",
    },
    0x9208: {0: "Unknown", 1: "Daylight", 2: "Florescent", 3: "Tungsten", 4: "Flash", 9: "Fine Weather"},
    0xA001: {1: "sRGB", 65535: "Undefined"},
    0xA300: {1: "Film Scanner", 2: "Reflection Print Scanner", 3: "Digital Still Camera (DSC)"},
    0xA301: {1: "Directly photographed image"},
    0xA210: {1: "(No unit)", 2: "Inches", 3: "cm"},
    0xA217: {1: "(Not defined)", 2: "One-chip color area sensor"},
    0xA401: {0: "Normal process", 1: "Custom process"},
    0xA402: {0: "Auto exposure", 1: "Manual exposure", 2: "Auto bracket"},
    0xA403: {0: "Auto white balance", 1: "Manual white balance"},
    0xA406: {0: "Standard", 1: "Landscape", 2: "Portrait", 3: "Night scene"},
    0xA407: {0: "None", 1: "Low gain up", 2: "Low gain down", 3: "High gain up", 4: "High gain down"},
    0xA408: {0: "None", 1: "Soft", 2: "Hard"},
    0xA409: {0: "None", 1: "Low saturation", 2: "High saturation"},
    0xA40A: {0: "None", 1: "Low", 2: "Hard"},
    0xA40C: {0: "Unknown", 1: "Macro", 2: "Close view", 3: "Distant view"},
}


def clean(key: str, value: str) -> str:
    """A value by the published rules.

    Args:
        key: `Directory.Tag`, decoded, e.g. "Exif SubIFD.ISO Speed Ratings".
        value: as metadata-extractor prints it, decoded.

    Returns:
        The cleaned value, `UNKNOWN` where a rule fails.
    """
    words = value.split()
    try:
        if key.endswith("Resolution") or key == _BIAS:
            return " ".join((_whole(words[0]), *words[1:]))
        if key == _FOCAL:
            return " ".join((f"{float(words[0]):.1f}", *words[1:]))
        if key == _ISO:
            return words[0]
    except (IndexError, ValueError, ZeroDivisionError):
        return UNKNOWN
    kept = re.sub(r"[^a-zA-Z0-9.,/-]", "", value)
    return kept if kept and len(value) <= LONGEST else UNKNOWN


def _whole(word: str) -> str:
    numerator, _, denominator = word.partition("/")
    return str(int(numerator) // int(denominator or "1"))


def cleaned_pairs(pairs: str) -> dict[str, str]:
    """The EXIF column of `yfcc100m_exif`: pairs `Key:value` joined by commas, URL-encoded twice over.

    Returns:
        Tag name (the part of the key after the dot) to cleaned value, in the photo's own order; of a tag that occurs
        twice the first one counts.
    """
    found: dict[str, str] = {}
    for pair in pairs.strip().split(","):
        encoded_key, colon, encoded_value = pair.partition(":")
        key, value = (unquote_plus(unquote(part)) for part in (encoded_key, encoded_value))
        tag = key.partition(".")[2]
        if colon and tag:
            found.setdefault(tag, clean(key, value))
    return found


def statements(metadata: Metadata) -> tuple[TagText, ...]:
    """A file's own tags with the published names and rules, in the order in which they stand in the file."""
    found: dict[str, TagText] = {}
    for entry in metadata.entries:
        directory = _DIRECTORIES.get(entry.group)
        name = NAMES.get(entry.id)
        if directory and name and isinstance(entry.state, Present):
            value = clean(f"{directory}.{name}", _printed(entry, metadata))
            found.setdefault(name, TagText(name, value))
    return tuple(found.values())


def text_of(tags: Mapping[str, str], used: Iterable[str], *, names: bool = True) -> str:
    """The text of a record.

    Args:
        tags: tag to value, in the photo's own order.
        used: tags that may enter.
        names: whether tag names are written; without them values alone, as in the paper's ablation.
    """
    allowed = frozenset(tag for tag in used if not PRIVATE.search(tag))
    chosen = [TagText(tag, value) for tag, value in tags.items() if tag in allowed]
    return as_text(chosen) if names else ", ".join(statement.value for statement in chosen)


def _printed(entry: TagEntry, metadata: Metadata) -> str:
    """A value as metadata-extractor prints it."""
    value = entry.value
    if entry.id in (*_ISO_NUMBERS, *_RESOLUTIONS, *_PLANE):
        return _number(entry, metadata)
    if isinstance(value, int) and entry.id in _WORDS:
        return _WORDS[entry.id].get(value, f"Unknown ({value})")
    if isinstance(value, int | float | Fraction) and entry.id in _MEASURED:
        return _MEASURED[entry.id](Fraction(value))
    if entry.id in (0x9000, 0xA000) and isinstance(value, str) and re.fullmatch("[0-9]{4}", value):
        return f"{int(value[:2])}.{value[2:]}"
    if entry.id == 0x9101 and isinstance(value, tuple):
        return "".join({1: "Y", 2: "Cb", 3: "Cr", 4: "R", 5: "G", 6: "B"}.get(int(v or 0), "") for v in value)
    return value.strip() if isinstance(value, str) else entry.text


def _number(entry: TagEntry, metadata: Metadata) -> str:
    """A resolution with its unit, that of the sensor upside down; a sensitivity without "ISO", the first of several."""
    value = entry.value[0] if isinstance(entry.value, tuple) and entry.value else entry.value
    if entry.id in _RESOLUTIONS and isinstance(value, int | float | Fraction):
        unit = metadata.find(entry.group, 0x0128)
        per = "cm" if unit is not None and unit.value == 3 else "inch"
        return f"{Fraction(value)} dots per {per}"
    if entry.id in _PLANE and isinstance(value, int | float | Fraction) and value:
        unit = metadata.find(entry.group, 0xA210)
        words = _WORDS[0xA210].get(unit.value, "") if unit is not None and isinstance(unit.value, int) else ""
        return f"{1 / Fraction(value)} {words.lower()}".strip()
    return str(value) if isinstance(value, int) and entry.id in _ISO_NUMBERS else entry.text


def _flash(bits: int) -> str:
    """The Flash tag's bits in metadata-extractor's words."""
    words = ["Flash fired" if bits & 0x01 else "Flash did not fire"]
    if bits & 0x04:
        words.append("return detected" if bits & 0x02 else "return not detected")
    words += ["auto"] if bits & 0x10 else []
    words += ["red-eye reduction"] if bits & 0x40 else []
    return ", ".join(words)


def _decimal(value: Fraction) -> str:
    return f"{float(value):.1f}".removesuffix(".0")


def _power_of_two(exponent: float) -> float:
    """Bounded, so that an absurd APEX value stays a number."""
    return float(2.0 ** max(-100.0, min(100.0, exponent)))


def _shutter(value: Fraction) -> str:
    seconds = _power_of_two(-float(value))
    return f"1/{_power_of_two(float(value)):.0f} sec" if seconds <= 1 else f"{seconds:.0f} sec"


_MEASURED: Final[Mapping[int, Callable[[Fraction], str]]] = {
    0x829A: lambda v: f"{v} sec",
    0x829D: lambda v: f"F{_decimal(v)}",
    0x9102: lambda v: f"{v} bit{'' if v == 1 else 's'}/pixel",
    0x9201: _shutter,
    0x9202: lambda v: f"F{_decimal(Fraction(_power_of_two(float(v) / 2)))}",
    0x9204: lambda v: f"{v} EV",
    0x9205: lambda v: f"F{_decimal(Fraction(_power_of_two(float(v) / 2)))}",
    0x9206: lambda v: f"{float(v):.3g} metres",
    0x920A: lambda v: f"{float(v):.1f} mm",
    _FLASH: lambda v: _flash(int(v)),
    0xA002: lambda v: f"{v} pixels",
    0xA003: lambda v: f"{v} pixels",
    0xA404: lambda v: "Digital zoom not used." if v == 0 else _decimal(v),
    0xA405: lambda v: "Unknown" if v == 0 else f"{v}mm",
}
