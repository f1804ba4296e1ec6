"""How far Exifact's EXIF reader agrees with ExifTool on a folder of photographs.

    python benchmarks/compare_exiftool.py PHOTOS

runs `exiftool -j -a -u -G1 -n` (Debian's libimage-exiftool-perl) over PHOTOS and compares every value of IFD0, ExifIFD,
GPS and InteropIFD with ours, tag number by tag number. It ends with 1 below 99 % agreement.

Normalisation. ExifTool converts some values even with -n; ours are what the file stores. Before comparing:

| what ExifTool prints                                    | what is compared                                          |
|---------------------------------------------------------|-----------------------------------------------------------|
| rationals and floats rounded to 10 significant digits   | our exact fraction, within 1e-9 relative                  |
| `inf`, `undef` for n/0 and 0/0, "" for such a GPS value | our absent value (unreadable: denominator is 0)           |
| ShutterSpeedValue in seconds (APEX: 2^-v)               | our APEX value through the same formula                   |
| ApertureValue, MaxApertureValue as f-number (2^(v/2))   | likewise                                                  |
| GPS latitudes and longitudes in decimal degrees         | our triplet: degrees + minutes/60 + seconds/3600          |
| GPSTimeStamp as HH:MM:SS                                | our triplet of hours, minutes and seconds                 |
| texts that look like numbers as JSON numbers            | the texts; where one is a number, the numbers             |
| texts cut at NUL, outer blanks trimmed for some tags    | our text without outer blanks                             |
| invalid or control characters replaced                  | texts with everything outside printable ASCII left out    |
| Copyright of photographer and editor on two lines       | the parts, joined                                         |
| `(Binary data N bytes, ...)`                            | the number of bytes of our raw value, or of its numbers   |
|                                                         | as text                                                   |
| a preview or thumbnail cut out of the file              | nothing: its offset and length are compared               |
| one of several entries with the same number             | any of ours with that number                              |

A value of ours that stands for no text (empty, blanks or NULs only) agrees with ExifTool's "" or blanks.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from workstation.errors import WorkstationError
from workstation.evidence import read_metadata
from workstation.evidence.exif_tags import definition
from workstation.evidence.record import Metadata, TagEntry, TagValue

GROUPS: Final = ("IFD0", "ExifIFD", "GPS", "InteropIFD")
GOAL: Final = 0.99

# ExifTool's names that differ from the standard's.
_OTHER_NAMES: Final = {
    "BitsPerSample": 0x0102,
    "CameraElevationAngle": 0x9405,
    "CFAPattern": 0xA302,
    "CompositeImageCount": 0xA461,
    "CompositeImageExposureTimes": 0xA462,
    "CreateDate": 0x9004,
    "ExifImageHeight": 0xA003,
    "ExifImageWidth": 0xA002,
    "ExposureCompensation": 0x9204,
    "FocalLengthIn35mmFormat": 0xA405,
    "ImageHeight": 0x0101,
    "InteropIndex": 0x0001,
    "InteropVersion": 0x0002,
    "ISO": 0x8827,
    "LensInfo": 0xA432,
    "MakerNoteUnknownText": 0x927C,
    "ModifyDate": 0x0132,
    "OwnerName": 0xA430,
    "PrimaryChromaticities": 0x013F,
    "RelatedImageHeight": 0x1002,
    "SerialNumber": 0xA431,
    "SubfileType": 0x00FE,
    "OldSubfileType": 0x00FF,
    "Opto-ElectricConvFactor": 0x8828,
    "OtherImageLength": 0x0202,
    "OtherImageStart": 0x0201,
    "PreviewImageLength": 0x0117,
    "PreviewImageStart": 0x0111,
    "SubSecTimeDigitized": 0x9292,
    "Thresholding": 0x0107,
    "ThumbnailLength": 0x0202,
    "ThumbnailOffset": 0x0201,
    "UniqueCameraModel": 0xC614,
}
_CUT_OUT: Final = {"OtherImage", "PreviewImage", "ThumbnailImage"}
_DEGREES: Final = {0x02, 0x04, 0x14, 0x16}
_WRONG_TYPES: Final = {0x9204: ("BYTE", "SHORT", "SSHORT", "LONG", "SLONG")}
_BINARY: Final = re.compile(r"\(Binary data (\d+) bytes")
_UNKNOWN: Final = re.compile(r".*_0x([0-9a-f]{4})\Z")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One value that differs, with the reason as far as the two values show it."""

    file: str
    group: str
    name: str
    theirs: str
    ours: str
    reason: str


def tag_number(group: str, name: str) -> int | None:
    """The tag number behind an ExifTool name; None where it is no tag of the directory itself."""
    unknown = _UNKNOWN.match(name)
    if unknown:
        return int(unknown.group(1), 16)
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    return _by_name(group).get(name)


def _by_name(group: str) -> dict[str, int]:
    if group not in _TABLES:
        _TABLES[group] = {definition(group, tag).name: tag for tag in range(0xFFFF, -1, -1)}
    return _TABLES[group]


_TABLES: Final[dict[str, dict[str, int]]] = {}


def number(value: Any) -> float | None:
    """A value as a finite number, None where it is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def words(value: TagValue) -> str:
    """Our value as ExifTool would print it."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple):
        return " ".join("undef" if part is None else _number_text(part) for part in value)
    return value if isinstance(value, str) else _number_text(value)


def _number_text(value: int | float | Fraction) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):.10g}"


def plain(text: str) -> str:
    """A text reduced to its printable ASCII, without outer blanks and with single line breaks and spaces."""
    return " ".join(re.sub(r"[^ -~]+|\?+", " ", text).split())


def same_text(theirs: str, ours: str) -> bool:
    """Whether two texts agree word by word, numbers within the rounding of ExifTool."""
    theirs, ours = plain(theirs), plain(ours)
    if theirs == ours or not (ours or theirs.strip(" :")):  # an unknown date is blanks and colons
        return True
    left, right = theirs.split(), ours.split()
    return len(left) == len(right) and all(_same_word(a, b) for a, b in zip(left, right, strict=True))


def _same_word(theirs: str, ours: str) -> bool:
    if theirs == ours or {theirs, ours} <= {"inf", "undef"}:
        return True
    a, b = number(theirs), number(ours)
    return a is not None and b is not None and abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def converted(entry: TagEntry) -> str | None:
    """Our value through ExifTool's own conversion where it has one."""
    value = entry.value
    conversion = _CONVERSIONS.get(entry.id) if entry.group != "GPS" else None
    if conversion is not None and isinstance(value, int | Fraction | float):
        return repr(conversion(float(f"{float(value):.10g}")))
    if entry.group == "GPS" and isinstance(value, tuple) and len(value) == 3:
        first, second, third = (Fraction(part) if part is not None else Fraction(0) for part in value)
        if entry.id in _DEGREES:
            return _number_text(first + second / 60 + third / 3600)
        if entry.id == 0x07:
            return f"{int(first):02d}:{int(second):02d}:{float(third):09.6f}".rstrip("0").rstrip(".")
    if entry.id == 0x8298 and isinstance(value, str):
        return value.replace(";", " ")
    return None


_CONVERSIONS: Final[dict[int, Callable[[float], float]]] = {
    0x9201: lambda v: 2.0**-v if abs(v) < 100 else 0.0,
    0x9202: lambda v: 2.0 ** (v / 2),
    0x9205: lambda v: 2.0 ** (v / 2),
}


def agrees(theirs: Any, entry: TagEntry) -> bool:
    """Whether one of our entries says what ExifTool says."""
    text = str(theirs)
    binary = _BINARY.match(text)
    if binary:
        return int(binary.group(1)) in (entry.raw_size, len(words(entry.value)))
    if entry.state.label == "unreadable" and set(text.split()) <= {"inf", "undef"}:
        return True
    special = converted(entry)
    if special is not None and same_text(text.replace(";", " "), special):
        return True
    return same_text(text, words(entry.value))


def compare(file: str, theirs: dict[str, Any], metadata: Metadata) -> Iterator[tuple[str, Disagreement | None]]:
    """Each of ExifTool's values in the compared groups: its group and, where we differ, how."""
    ours: dict[tuple[str, int], list[TagEntry]] = defaultdict(list)
    for entry in metadata.entries:
        ours[entry.group, entry.id].append(entry)
    for key, value in theirs.items():
        group, _, name = key.partition(":")
        if group not in GROUPS or name in _CUT_OUT:
            continue
        tag = tag_number(group, name)
        entries = ours.get((group, tag), []) if tag is not None else []
        if any(agrees(value, entry) for entry in entries):
            yield group, None
            continue
        shown = words(entries[0].value) if entries else "–"
        yield group, Disagreement(file, group, name, str(value)[:60], shown[:60], _reason(tag, value, entries))


def _reason(tag: int | None, theirs: Any, entries: list[TagEntry]) -> str:  # noqa: PLR0911 - one per reason
    if tag is None:
        return "no tag number is known for this name"
    if not entries:
        return "our reader has no such entry"
    entry = entries[0]
    if entry.state.label != "present":
        return f"ours is {entry.state.label}: {getattr(entry.state, 'reason', 'nothing but blanks')}"
    if isinstance(entry.value, bytes):
        return "ours is kept as bytes: the standard gives it no text"
    if entry.type in _WRONG_TYPES.get(entry.id, ()):
        return f"the file states the type {entry.type}; ExifTool reads what the standard demands"
    if number(theirs) is None and not isinstance(entry.value, str):
        return "ExifTool converts this value"
    return "the values differ"


def exiftool(folder: Path) -> list[dict[str, Any]]:
    """ExifTool's reading of every image below a folder."""
    command = ["exiftool", "-j", "-a", "-u", "-G1", "-n", "-q", "-r", str(folder)]
    for extension in ("jpg", "jpeg", "png", "tif", "tiff", "webp", "heic", "heif", "avif", "hif", "mpo"):
        command += ["-ext", extension]
    result = subprocess.run(command, capture_output=True, check=False)
    found: list[dict[str, Any]] = json.loads(result.stdout.decode("utf-8", "replace") or "[]")
    return found


def main() -> int:
    """Compare, print the table and the rest; 0 where the goal is met."""
    parser = argparse.ArgumentParser(description="Compare Exifact's EXIF reader with ExifTool.")
    parser.add_argument("photos", type=Path, help="folder of photographs, searched with its subfolders")
    folder = parser.parse_args().photos
    totals: Counter[str] = Counter()
    agreeing: Counter[str] = Counter()
    rest: list[Disagreement] = []
    files = 0
    for theirs in exiftool(folder):
        path = Path(theirs["SourceFile"])
        try:
            metadata = read_metadata(path).metadata
        except WorkstationError as error:
            print(f"not compared: {error.summary}")
            continue
        files += 1
        for group, disagreement in compare(path.name, theirs, metadata):
            totals[group] += 1
            agreeing[group] += disagreement is None
            if disagreement:
                rest.append(disagreement)
    return _print_table(files, totals, agreeing, rest)


def _print_table(files: int, totals: Counter[str], agreeing: Counter[str], rest: list[Disagreement]) -> int:
    print(f"{files} files\n\n| group | values | agreeing | share |\n|---|---|---|---|")
    for group in GROUPS:
        if totals[group]:
            share = agreeing[group] / totals[group]
            print(f"| {group} | {totals[group]} | {agreeing[group]} | {share:.2%} |")
    total, agree = totals.total(), agreeing.total()
    share = agree / total if total else 0.0
    print(f"| all | {total} | {agree} | {share:.2%} |")
    if rest:
        print("\nThe rest:\n\n| file | tag | ExifTool | Exifact | reason |\n|---|---|---|---|---|")
    for one in rest:
        cells = (one.file, f"{one.group} {one.name}", plain(one.theirs), plain(one.ours), one.reason)
        print("| " + " | ".join(cell.replace("|", "¦") for cell in cells) + " |")
    return 0 if total and share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
