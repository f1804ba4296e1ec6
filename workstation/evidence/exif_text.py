"""Decoded values as an analyst reads them: units, fractions and enumerations in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from workstation.evidence import exif_words
from workstation.evidence.exif_tags import definition, family
from workstation.evidence.exif_values import decode_text
from workstation.evidence.record import TagValue

_COMPONENTS: Final = {0: "–", 1: "Y", 2: "Cb", 3: "Cr", 4: "R", 5: "G", 6: "B"}
_FILTERS: Final = {0: "red", 1: "green", 2: "blue", 3: "cyan", 4: "magenta", 5: "yellow", 6: "white"}
_MOST_SHOWN: Final = 64
FLASH: Final = 0x9209
COLOUR_FILTERS: Final = 0xA302
_NO_NUMBERS: Final[dict[int, dict[int, str]]] = {
    0x9206: {0: "unknown", 0xFFFFFFFF: "infinity"},
    0xA404: {0: "not used"},
    0xA405: {0: "unknown"},
}
"""Numbers of tags that otherwise hold a quantity, and mean something else."""
_SHORTEST: Final = Fraction(1, 10**12)
"""Seconds; what is shorter is shown as it is, since a denormal number has no reciprocal."""
_WORDS: Final = {"image": exif_words.IMAGE, "gps": exif_words.GPS, "interop": exif_words.INTEROP}

Siblings = Mapping[int, TagValue]


def unit_of(group: str, tag: int, siblings: Siblings) -> str:
    """The unit of a value, from its standard or from the sibling tag that names it; "" where nothing does."""
    kind = family(group)
    if kind == "image" and tag in (0x011A, 0x011B):
        return {2: "px per inch", 3: "px per cm"}.get(_integer(siblings.get(0x0128)), "")
    if kind == "image" and tag in (0xA20E, 0xA20F):
        unit = _integer(siblings.get(0xA210))
        return {2: "px per inch", 3: "px per cm", 4: "px per mm", 5: "px per µm"}.get(unit, "")
    if kind == "gps" and tag == 0x0D:
        return {"K": "km/h", "M": "mph", "N": "kn"}.get(_word(siblings.get(0x0C)), "")
    if kind == "gps" and tag == 0x1A:
        return {"K": "km", "M": "mi", "N": "nmi"}.get(_word(siblings.get(0x19)), "")
    return definition(group, tag).unit


def text_of(group: str, tag: int, value: TagValue, siblings: Siblings) -> str:
    """A decoded value in words.

    Args:
        group: IFD of the entry.
        tag: its number.
        value: decoded; None gives "".
        siblings: values of the same IFD by number, for tags that explain each other.
    """
    if value is None:
        return ""
    kind = family(group)
    words = enumerated(group, tag, value)
    if words:
        said = ", ".join(words)
        return said[0].upper() + said[1:] if tag == FLASH else said
    if tag in _WORDS[kind] and isinstance(value, int | str):
        return f"{value} (not in the standard)"
    special = _image_text(tag, value) if kind == "image" else _gps_text(tag, value, siblings) if kind == "gps" else None
    if special is not None:
        return special
    plain = _plain(value)
    unit = unit_of(group, tag, siblings)
    if isinstance(value, str | bytes) or not unit:
        return plain
    return f"ISO {plain}" if unit == "ISO" else f"{plain}{unit}" if unit == "°" else f"{plain} {unit}"


def enumerated(group: str, tag: int, value: TagValue) -> tuple[str, ...]:
    """The program's words that the text of an enumerated value is made of; () for a value that is none.

    Only the flash has several. Arguments as for `text_of`.
    """
    kind = family(group)
    if tag in _WORDS[kind] and isinstance(value, int | str):
        word = _WORDS[kind][tag].get(value if isinstance(value, int) else value.strip())
        return () if word is None else (word,)
    if kind == "image" and tag == FLASH and isinstance(value, int):
        return exif_words.flash_words(value)
    if kind == "image" and tag in _NO_NUMBERS and isinstance(value, int | Fraction) and value.denominator == 1:
        word = _NO_NUMBERS[tag].get(int(value))
        return () if word is None else (word,)
    return ()


def _image_text(tag: int, value: TagValue) -> str | None:  # noqa: PLR0911 - one line per tag reads best
    if isinstance(value, int | Fraction | float):
        return _number_text(tag, value)
    if isinstance(value, tuple):
        if tag == 0x9101:
            return ", ".join(_COMPONENTS.get(_integer(part), "?") for part in value)
        if tag == COLOUR_FILTERS:
            return _cfa_text(value)
        if tag == 0xA432 and len(value) == 4:
            return _lens_text(value)
        if tag in (0x0102, 0x0153):
            return " ".join(_plain(part) for part in value)
        return None
    if isinstance(value, str) and tag in (0x9000, 0xA000) and re.fullmatch("[0-9]{4}", value):
        return f"{int(value[:2])}.{value[2:].rstrip('0') or '0'}"
    return None


def _number_text(tag: int, value: int | Fraction | float) -> str | None:
    if tag == 0x829A:
        return _seconds(value)
    if tag == 0x829D:
        return f"f/{_decimal(value)}"
    if tag in (0x9202, 0x9205):
        return f"f/{_decimal(round(_power(value, 0.5), 1))} ({_decimal(value)} EV)"
    if tag == 0x9201:
        return f"{_seconds(_power(-value, 1.0))} ({_decimal(value)} EV)"
    if tag == 0x9204:
        return f"{_decimal(value)} EV" if value <= 0 else f"+{_decimal(value)} EV"
    return None


def _gps_text(tag: int, value: TagValue, siblings: Siblings) -> str | None:
    if tag in (0x02, 0x04, 0x14, 0x16) and isinstance(value, tuple) and len(value) == 3:
        return _degrees(value, _word(siblings.get(tag - 1)))
    if tag == 0x07 and isinstance(value, tuple) and len(value) == 3:
        return _time(value)
    if tag == 0x00 and isinstance(value, tuple):
        return ".".join(_plain(part) for part in value)
    if tag == 0x05 and isinstance(value, bytes):
        return None
    return None


def _time(triplet: tuple[int | float | Fraction | None, ...]) -> str | None:
    """Hours, minutes and seconds of a day; None for what is no time of one."""
    parts = [Fraction(part) / 60**power for power, part in enumerate(triplet) if part is not None]
    thousandths = round(sum(parts, start=Fraction(0)) * 3_600_000)  # of a second; rounded before they are parted
    if len(parts) < 3 or min(parts) < 0 or thousandths > 24 * 3_600_000:
        return None
    minutes, seconds = divmod(thousandths, 60_000)
    shown = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds / 1000:06.3f}"
    return f"{shown.rstrip('0').rstrip('.')} UTC"


def _degrees(triplet: tuple[int | float | Fraction | None, ...], reference: str) -> str:
    """Degrees, minutes and seconds of a GPS triplet, then decimal degrees with the sign of its reference."""
    if triplet[0] is None:
        return "unknown"
    # Writers that need no seconds store 0/0 there.
    parts = [Fraction(part) / 60**power for power, part in enumerate(triplet) if part is not None]
    whole = sum(parts, start=Fraction(0))
    hundredths = round(abs(whole) * 360_000)  # of a second; rounded before they are parted, lest 60 seconds be left
    minutes, seconds = divmod(hundredths, 6000)
    minus = "-" if whole < 0 else ""
    shown = f"{minus}{minutes // 60}° {minutes % 60}′ {seconds / 100:.2f}″ {reference}".rstrip()
    signed = -whole if reference in ("S", "W") else whole
    return f"{shown} ({float(signed):.6f}°)"


def _cfa_text(value: tuple[int | float | Fraction | None, ...]) -> str:
    columns = _integer(value[0])
    filters = [_FILTERS.get(_integer(part), "?") for part in value[2:]]
    rows = [filters[start : start + columns] for start in range(0, len(filters), max(columns, 1))]
    return " / ".join(" ".join(row) for row in rows)


def _lens_text(value: tuple[int | float | Fraction | None, ...]) -> str:
    shortest, longest, widest, widest_at_longest = value
    focal = _range(shortest, longest)
    aperture = _range(widest, widest_at_longest)
    return f"{focal or '?'} mm f/{aperture or '?'}"


def _range(low: int | float | Fraction | None, high: int | float | Fraction | None) -> str:
    ends = [_decimal(end) for end in dict.fromkeys((low, high)) if end is not None]
    return "–".join(ends)


def _seconds(value: int | Fraction | float) -> str:
    if _SHORTEST < value < Fraction(1, 3):
        return f"1/{_decimal(round(1 / float(value), 1))} s"
    return f"{_decimal(value)} s"


def _power(exponent: int | Fraction | float, factor: float) -> float:
    """2 to the power of an APEX value, bounded so that absurd values stay numbers."""
    return float(2.0 ** max(-100.0, min(100.0, float(exponent) * factor)))


def _decimal(number: int | float | Fraction) -> str:
    """A number with at most six significant digits and no trailing zeros."""
    if isinstance(number, int):
        return str(number)
    as_float = float(number)
    if as_float == int(as_float) and abs(as_float) < 1e15:
        return str(int(as_float))
    return f"{as_float:.6g}"


def _plain(value: TagValue) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return value.strip(" \0\r\n")
    if isinstance(value, bytes):
        return _bytes_text(value)
    if isinstance(value, tuple):
        shown = " ".join("unknown" if part is None else _decimal(part) for part in value[:_MOST_SHOWN])
        return shown if len(value) <= _MOST_SHOWN else f"{shown} … ({len(value)} values)"
    return _decimal(value)


def _bytes_text(value: bytes) -> str:
    body = value.rstrip(b"\0")
    if 0 < len(body) <= 400 and all(0x20 <= byte < 0x7F for byte in body):
        return decode_text(body)
    head = value[:16].hex(" ")
    return f"{len(value)} bytes: {head}{' …' if len(value) > 16 else ''}"


def _integer(value: TagValue) -> int:
    """An integer that explains a sibling, −1 where there is none."""
    return value if isinstance(value, int) else -1


def _word(value: TagValue) -> str:
    return value.strip() if isinstance(value, str) else ""
