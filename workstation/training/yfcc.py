"""The tables of YFCC100M as their owners distribute them: `yfcc100m_dataset` and `yfcc100m_exif`."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from workstation.analysis.published_texts import cleaned_pairs
from workstation.progress import Progress
from workstation.training.data_records import DataProblem, Record, RecordWriter

PHOTO_ID, PAGE, DOWNLOAD = 0, 13, 14
"""Zero-based columns of `yfcc100m_dataset`."""

MARKER = 23
"""Column that is "1" for a video."""

LINES_PER_REPORT = 5000

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of `yfcc100m_dataset`.

    Attributes:
        photo_id: number of the photograph.
        page: URL of its page.
        download: URL of its picture, scaled down; the original has another.
    """

    photo_id: str
    page: str
    download: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `write_records` did.

    Attributes:
        counts: path of the tags' shares.
        written, skipped, malformed: photographs with a record, without, and lines that are none.
    """

    counts: Path
    written: int
    skipped: int
    malformed: int


def write_records(table: Path, out: Path, images: Path | None = None) -> Generator[Progress, None, Outcome]:
    """Write the records of `yfcc100m_exif`.

    Args:
        table: the TSV, plain, .gz or .bz2.
        out: folder for records, counts and the list of what was left out.
        images: folder of pictures named by photo id; only they get a record. None = all.

    Yields:
        Progress now and then; its partial is the number of records so far.

    Raises:
        DataProblem: if the table cannot be read.
    """
    wanted = None if images is None else {p.stem for p in images.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES}
    writer, malformed = RecordWriter(out), 0
    with _opened(table) as lines:
        for number, line in enumerate(_decoded(lines, table)):
            photo_id, tab, pairs = line.partition("\t")
            if not tab or not photo_id.isdigit():
                malformed += 1
            elif wanted is None or photo_id in wanted:
                writer.add(Record(photo_id, cleaned_pairs(pairs)))
                if wanted is not None:
                    wanted.discard(photo_id)
            if number % LINES_PER_REPORT == 0:
                yield Progress("reading the EXIF table", None, partial=writer.written)
    for photo_id in sorted(wanted or ()):
        writer.skip(photo_id, "the table holds no EXIF of it")
    return Outcome(writer.finish(), writer.written, writer.skipped, malformed)


def sample(table: Path, size: int, seed: int) -> Generator[Progress, None, tuple[Listed, ...]]:
    """Random photographs of `yfcc100m_dataset` in one pass and little memory (Algorithm R, Vitter 1985).

    Args:
        table: the TSV, plain, .gz or .bz2.
        size: how many; all, if there are fewer.
        seed: the same seed draws the same photographs of the same table.

    Yields:
        Progress now and then.

    Returns:
        In the order of the table.

    Raises:
        DataProblem: if the table cannot be read.
    """
    rng = np.random.default_rng(seed)
    kept: list[tuple[int, Listed]] = []
    seen = 0
    with _opened(table) as lines:
        for number, line in enumerate(_decoded(lines, table)):
            photo = _listed(line)
            if photo is not None:
                if len(kept) < size:
                    kept.append((number, photo))
                elif (place := int(rng.integers(seen + 1))) < size:
                    kept[place] = (number, photo)
                seen += 1
            if number % LINES_PER_REPORT == 0:
                yield Progress("drawing photographs", None, partial=seen)
    return tuple(photo for _, photo in sorted(kept, key=lambda item: item[0]))


def _listed(line: str) -> Listed | None:
    columns = line.split("\t")
    if len(columns) <= DOWNLOAD or not columns[PHOTO_ID].isdigit():
        return None
    if len(columns) > MARKER and columns[MARKER] == "1":
        return None
    return Listed(columns[PHOTO_ID], columns[PAGE], columns[DOWNLOAD])


def _opened(table: Path) -> BufferedIOBase:
    try:
        if table.suffix == ".bz2":
            return bz2.open(table, "rb")
        return gzip.open(table, "rb") if table.suffix == ".gz" else table.open("rb")
    except OSError as problem:
        raise DataProblem(f"{table} cannot be read ({problem.strerror or problem})") from problem


def _decoded(lines: BufferedIOBase, table: Path) -> Iterator[str]:
    try:
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r\n")
    except (OSError, EOFError, zlib.error) as problem:
        raise DataProblem(f"{table} cannot be read to its end ({problem})") from problem
