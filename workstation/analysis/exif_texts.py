"""What a file says about itself as the text that the compact model's text side was trained with.

The form is that of "EXIF as Language" (Zheng, Shrivastava and Owens, CVPR 2023): `Tag: value, Tag: value`. The names,
their fixed order and the values are our own: exposure values are brought to the nearest full stop and dates to their
decade, since a few hundred photographs cannot teach every number. GPS, serial numbers and names of people never enter
a text.

A second kind of tag says in words what was done after the camera, as Editprint (Wu et al., CVPR 2026) does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from workstation.evidence.record import Metadata, Present, TagEntry, TagValue

LONGEST_VALUE: Final = 40
"""Characters; a longer value is cut at a word."""

ISO_STOPS: Final = (25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800)
APERTURE_STOPS: Final = (1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0, 22.0)
FOCAL_LENGTHS: Final = (2, 3, 4, 6, 8, 12, 18, 24, 35, 50, 70, 100, 140, 200, 280, 400)
"""Millimetres, half an octave apart."""

EXPOSURE_STOPS: Final = (*(Fraction(1, 2**k) for k in range(13, 0, -1)), *(Fraction(2**k) for k in range(6)))
"""Seconds, as powers of two; 1/128 is what cameras call 1/125."""

QUALITIES: Final = (50, 60, 70, 75, 80, 85, 90, 95, 98)
"""JPEG qualities that a text names; a save in between takes the nearest."""

SCALES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
"""Factors of a resize that a text names."""

NONE: Final = "none"
"""Value of a processing tag that says: this was not done."""

_FLASH: Final = {0: "did not fire", 1: "fired"}
_WORDS: Final[Mapping[str, Mapping[int, str]]] = {
    "White Balance": {0: "auto", 1: "manual"},
    "Exposure Program": {1: "manual", 2: "normal", 3: "aperture priority", 4: "shutter priority", 7: "portrait"},
    "Exposure Mode": {0: "auto", 1: "manual", 2: "bracket"},
    "Metering Mode": {1: "average", 2: "centre", 3: "spot", 4: "multi-spot", 5: "pattern"},
    "Color Space": {1: "sRGB", 65535: "uncalibrated"},
    "YCbCr Positioning": {1: "centred", 2: "co-sited"},
    "Contrast": {0: "normal", 1: "soft", 2: "hard"},
    "Saturation": {0: "normal", 1: "low", 2: "high"},
    "Sharpness": {0: "normal", 1: "soft", 2: "hard"},
    "Gain Control": {0: "none", 1: "low up", 2: "high up", 3: "low down", 4: "high down"},
    "Scene Capture Type": {0: "standard", 1: "landscape", 2: "portrait", 3: "night"},
    "Custom Rendered": {0: "normal", 1: "custom"},
}

CAMERA_TAGS: Final[Mapping[str, tuple[str, int]]] = {
    "Make": ("IFD0", 0x010F),
    "Model": ("IFD0", 0x0110),
    "Software": ("IFD0", 0x0131),
    "Lens": ("ExifIFD", 0xA434),
    "Decade": ("ExifIFD", 0x9003),
    "ISO": ("ExifIFD", 0x8827),
    "Exposure Time": ("ExifIFD", 0x829A),
    "F-Number": ("ExifIFD", 0x829D),
    "Focal Length": ("ExifIFD", 0x920A),
    "Focal Length In 35mm": ("ExifIFD", 0xA405),
    "Flash": ("ExifIFD", 0x9209),
    "White Balance": ("ExifIFD", 0xA403),
    "Exposure Program": ("ExifIFD", 0x8822),
    "Exposure Mode": ("ExifIFD", 0xA402),
    "Metering Mode": ("ExifIFD", 0x9207),
    "Color Space": ("ExifIFD", 0xA001),
    "YCbCr Positioning": ("IFD0", 0x0213),
    "Contrast": ("ExifIFD", 0xA408),
    "Saturation": ("ExifIFD", 0xA409),
    "Sharpness": ("ExifIFD", 0xA40A),
    "Gain Control": ("ExifIFD", 0xA407),
    "Scene Capture Type": ("ExifIFD", 0xA406),
    "Custom Rendered": ("ExifIFD", 0xA401),
    "Exif Version": ("ExifIFD", 0x9000),
}
"""Names in a text, in their order, and where their values stand in a file."""

LAST_QUALITY: Final = "Last JPEG Quality"
LAST_SUBSAMPLING: Final = "Last JPEG Subsampling"
LAST_RESIZE: Final = "Last Resize"
EARLIER_QUALITY: Final = "Earlier JPEG Quality"
EARLIER_RESIZE: Final = "Earlier Resize"
SHARPENED: Final = "Sharpened"
BLURRED: Final = "Blurred"
NOISE_ADDED: Final = "Noise Added"
TONE_CURVE: Final = "Tone Curve"
DEMOSAICING: Final = "Demosaicing"
DENOISED: Final = "Denoised"

PROCESSING_TAGS: Final[Mapping[str, tuple[str, ...]]] = {
    LAST_QUALITY: (NONE, *(str(q) for q in QUALITIES)),
    LAST_SUBSAMPLING: ("4:4:4", "4:2:2", "4:2:0"),
    LAST_RESIZE: (NONE, *(str(s) for s in SCALES if s < 1)),
    EARLIER_QUALITY: (NONE, *(str(q) for q in QUALITIES)),
    EARLIER_RESIZE: (NONE, *(str(s) for s in SCALES if s != 1)),
    SHARPENED: (NONE, "yes"),
    BLURRED: (NONE, "yes"),
    NOISE_ADDED: (NONE, "yes"),
    TONE_CURVE: (NONE, "yes"),
    DEMOSAICING: ("bilinear", "vng", "edge-aware"),
    DENOISED: (NONE, "median", "bilateral"),
}
"""Tags in words about what was done, each with every value that it can take: the line-up of a named history."""


@dataclass(frozen=True, slots=True, order=True)
class TagText:
    """One statement of a text.

    Attributes:
        tag: its name, a key of `CAMERA_TAGS` or `PROCESSING_TAGS`.
        value: in words.
    """

    tag: str
    value: str

    def __str__(self) -> str:
        return f"{self.tag}: {self.value}"


def as_text(statements: Iterable[TagText]) -> str:
    """The statements as one text, in the given order."""
    return ", ".join(str(statement) for statement in statements)


def camera_statements(metadata: Metadata) -> tuple[TagText, ...]:
    """What the file says about camera and exposure, in the fixed order, without tags that are absent or unusable."""
    found = []
    for tag, (group, number) in CAMERA_TAGS.items():
        entry = metadata.find(group, number)
        value = _value_of(tag, entry) if entry is not None and isinstance(entry.state, Present) else ""
        if value:
            found.append(TagText(tag, value))
    return tuple(found)


def save_statements(metadata: Metadata) -> tuple[TagText, ...]:
    """What the JPEG stream says about its own last save: quality where the tables are standard ones, subsampling."""
    structure = metadata.jpeg
    if structure is None:
        return ()
    quality = (TagText(LAST_QUALITY, nearest_quality(structure.quality)),) if structure.quality is not None else ()
    known = structure.subsampling in PROCESSING_TAGS[LAST_SUBSAMPLING]
    return quality + ((TagText(LAST_SUBSAMPLING, structure.subsampling),) if known else ())


def nearest_quality(quality: int) -> str:
    """The JPEG quality that a text names for this one."""
    return str(min(QUALITIES, key=lambda named: abs(named - quality)))


def nearest_scale(factor: float) -> str:
    """The factor of a resize that a text names for this one; 1.0 becomes "none"."""
    named = min(SCALES, key=lambda scale: abs(math.log(scale / factor)))
    return NONE if named == 1 else str(named)


def _value_of(tag: str, entry: TagEntry) -> str:
    value = entry.value
    if tag in _WORDS:
        return _WORDS[tag].get(value, "") if isinstance(value, int) else ""
    if tag == "Flash":
        return _FLASH[value & 1] if isinstance(value, int) else ""
    if tag == "Decade":
        return _decade(value)
    if tag in ("Make", "Model", "Software", "Lens", "Exif Version"):
        return plain(value) if isinstance(value, str) else ""
    number = _number(value)
    return _MEASURED[tag](number) if number else ""


def _decade(value: TagValue) -> str:
    year = re.match(r"(19[89]|20[0-4])\d:", value) if isinstance(value, str) else None
    return f"{year.group(1)}0s" if year else ""


def _number(value: TagValue) -> float:
    """A positive number, 0 where the value is none."""
    if isinstance(value, tuple):
        value = value[0] if value else None
    if not isinstance(value, int | float | Fraction) or isinstance(value, bool):
        return 0.0
    number = float(value)
    return number if math.isfinite(number) and number > 0 else 0.0


def _nearest(stops: Sequence[float | Fraction], number: float) -> float | Fraction:
    return min(stops, key=lambda stop: abs(math.log(float(stop) / number)))


def _exposure_time(seconds: float) -> str:
    stop = Fraction(_nearest(EXPOSURE_STOPS, seconds))
    return f"{stop} sec"


_MEASURED: Final[Mapping[str, Callable[[float], str]]] = {
    "ISO": lambda n: str(_nearest(ISO_STOPS, n)),
    "Exposure Time": _exposure_time,
    "F-Number": lambda n: f"f/{_nearest(APERTURE_STOPS, n)}",
    "Focal Length": lambda n: f"{_nearest(FOCAL_LENGTHS, n)} mm",
    "Focal Length In 35mm": lambda n: f"{_nearest(FOCAL_LENGTHS, n)} mm",
}


def plain(value: str) -> str:
    """Only letters, digits and `. / -`, one blank between words, at most `LONGEST_VALUE` characters."""
    words = re.sub(r"[^a-zA-Z0-9./-]+", " ", value).split()
    text = ""
    for word in words:
        if len(text) + 1 + len(word) > LONGEST_VALUE:
            break
        text = f"{text} {word}".strip()
    return text
