"""Photographs and their EXIF as records: what `exifact data` writes and what the paper's training reads."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.analysis import published_texts
from workstation.errors import ExportProblem, WorkstationError
from workstation.report.atomic import write_text
from workstation.training.folders import make_folder

COUNTS = "all_exif_count.json"
"""Tag to share of the photographs that carry it, under the published name."""

RECORDS = "records"
"""Folder of one JSON file per photograph, under the output folder."""

SKIPPED = "skipped.tsv"
"""Photographs that were left out, each with its reason."""


_EXIFREAD_DIRECTORIES = {"Image": "Exif IFD0", "EXIF": "Exif SubIFD"}
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EXIFREAD_NAMES = {
    "DateTime": "Date/Time",
    "DateTimeDigitized": "Date/Time Digitized",
    "DateTimeOriginal": "Date/Time Original",
    "ExifImageLength": "Exif Image Height",
    "FNumber": "F-Number",
    "FlashPixVersion": "FlashPix Version",
    "FocalLengthIn35mmFilm": "Focal Length 35",
    "LightSource": "White Balance",
    "WhiteBalance": "White Balance Mode",
    "YCbCrCoefficients": "YCbCr Coefficients",
    "YCbCrPositioning": "YCbCr Positioning",
    "CompressedBitsPerPixel": "Compressed Bits Per Pixel",
}


class DataProblem(WorkstationError):
    """Training data that cannot be read or written as its format says."""

    remedy = "docs/training-paper.md says which files are read."


@dataclass(frozen=True, slots=True)
class Record:
    """One photograph's EXIF.

    Attributes:
        photo_id: of YFCC100M, or the file's name without suffix.
        tags: tag to cleaned value, in the photo's own order.
    """

    photo_id: str
    tags: Mapping[str, str]

    def as_json(self) -> str:
        """The published layout."""
        fields = {"EXIF": dict(self.tags), "photo_id": self.photo_id, "num_exif_tags": len(self.tags)}
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], photo_id: str) -> Record:
        """From the JSON of a record: the published writer's `EXIF`, its loader's `exif`, or img2dataset's JSON string.

        Raises:
            DataProblem: if none of them holds tags.
        """
        if not isinstance(fields, Mapping):
            raise DataProblem(f"{photo_id}: its record is no JSON object")
        tags = fields.get("EXIF", fields.get("exif"))
        if isinstance(tags, str):  # img2dataset stores the tags as JSON inside JSON
            try:
                tags = json.loads(tags)
            except ValueError as problem:
                raise DataProblem(f"{photo_id}: the field exif is no JSON ({problem})") from problem
            if isinstance(tags, Mapping):
                tags = _from_exifread({str(tag): str(value) for tag, value in tags.items()})
        if not isinstance(tags, Mapping):
            raise DataProblem(f"{photo_id}: its record holds no EXIF")
        return cls(str(fields.get("photo_id", photo_id)), {str(tag): str(value) for tag, value in tags.items()})


def _from_exifread(tags: Mapping[str, str]) -> dict[str, str]:
    """What img2dataset keeps, with exifread's names ("EXIF ISOSpeedRatings"), under published names and rules."""
    found: dict[str, str] = {}
    for key, value in tags.items():
        directory, _, joined = key.partition(" ")
        if directory not in _EXIFREAD_DIRECTORIES:
            continue
        words = _WORD_STARTS.sub(" ", joined)
        name = _EXIFREAD_NAMES.get(joined, words)
        found.setdefault(name, published_texts.clean(f"{_EXIFREAD_DIRECTORIES[directory]}.{name}", value))
    return found


def tag_shares(counts: Mapping[str, int], photos: int) -> dict[str, float]:
    """Tag to share of the photographs, most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {tag: count / photos for tag, count in ordered} if photos else {}


def used_tags(shares: Mapping[str, float], threshold: float = published_texts.THRESHOLD) -> tuple[str, ...]:
    """Tags that enter the texts: those with at least the published share."""
    return tuple(tag for tag, share in shares.items() if share >= threshold)


class RecordWriter:
    """Writes records, counts their tags and lists what was left out.

    Attributes:
        written, skipped: how many so far.

    Raises:
        ExportProblem: if something cannot be written.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._counts: Counter[str] = Counter()
        self._reasons: list[tuple[str, str]] = []
        self.written = 0
        make_folder(out / RECORDS)

    @property
    def skipped(self) -> int:
        """How many photographs were left out."""
        return len(self._reasons)

    def add(self, record: Record) -> None:
        """Write one record, unless it has too few tags."""
        if len(record.tags) <= published_texts.FEWEST_TAGS:
            self.skip(record.photo_id, f"{len(record.tags)} tags, more than {published_texts.FEWEST_TAGS} are needed")
            return
        file = self._out / RECORDS / f"{record.photo_id}.json"
        try:
            file.write_text(record.as_json(), encoding="utf-8")
        except OSError as problem:
            raise ExportProblem(f"{file} could not be written: {problem.strerror or problem}") from problem
        self._counts.update(record.tags.keys())
        self.written += 1

    def skip(self, photo_id: str, reason: str) -> None:
        """List a photograph that is left out."""
        self._reasons.append((photo_id, reason))

    def finish(self) -> Path:
        """Write counts and list, and return the path of the counts."""
        lines = "".join(f"{in_one_line(photo)}\t{in_one_line(reason)}\n" for photo, reason in self._reasons)
        write_text(self._out / SKIPPED, lines)
        target = self._out / COUNTS
        write_text(target, json.dumps(tag_shares(self._counts, self.written), indent=1))
        return target


def in_one_line(text: str) -> str:
    """A name or a reason without what would end a cell or a line of a list, or cannot be written in UTF-8."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def read_shares(folder: Path) -> dict[str, float]:
    """The shares that `RecordWriter` wrote, or those of the published code.

    Raises:
        DataProblem: if there are none.
    """
    try:
        fields = json.loads((folder / COUNTS).read_text(encoding="utf-8"))
        return {str(tag): float(share) for tag, share in fields.items()}
    except (OSError, ValueError, AttributeError) as problem:
        raise DataProblem(f"{folder} holds no readable {COUNTS}: run `exifact data index` ({problem})") from problem


def counted(records: Iterable[Record]) -> dict[str, float]:
    """Shares over records that are held in memory."""
    counts: Counter[str] = Counter()
    number = 0
    for record in records:
        counts.update(record.tags.keys())
        number += 1
    return tag_shares(counts, number)
