"""Photographs with their records, from a folder or from tar shards, read one by one from where they lie.

Shards are those of webdataset and img2dataset: `NNNNN.tar` with `key.jpg` and `key.json`. They are never unpacked: one
pass over their headers notes where each member begins, and then any photograph is read with one seek.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from workstation.analysis import published_texts
from workstation.errors import WorkstationError
from workstation.evaluation.photo_manifest import NAME, manifest_rows
from workstation.evidence import read_metadata
from workstation.progress import Progress, Stopwatch
from workstation.report.atomic import write_bytes, write_text
from workstation.training.data_records import RECORDS, DataProblem, Record, RecordWriter, read_shares, tag_shares
from workstation.training.yfcc import PICTURE_SUFFIXES
from workstation.whole_files import whole_file

LISTING = "photos.tsv"
"""Photographs of an indexed folder: file, photo id."""

INDEX = "shards.npz"
"""Where the members of tar shards begin."""

LONGEST_ID = 250
"""Bytes of a record's name, so that its file's has at most 255."""

SHARD_MIX = 8
"""Shards whose photographs are drawn in turns, so that neighbours in a shard do not stay together."""


class BrokenPhoto(WorkstationError):
    """A photograph that cannot be decoded, or whose record cannot be read; it is counted and listed."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictured:
    """One photograph with its tags.

    Attributes:
        name: file, or shard and key.
        rgb: (height, width, 3) uint8.
        tags: tag to cleaned value, in the photo's own order.
    """

    name: str
    rgb: NDArray[np.uint8]
    tags: dict[str, str]


class PhotoStore(Protocol):
    """Photographs that can be read by number."""

    def __len__(self) -> int:
        """How many there are."""

    @property
    def shares(self) -> dict[str, float]:
        """Tag to share of the photographs that carry it."""

    def read(self, number: int) -> Pictured:
        """One photograph.

        Raises:
            BrokenPhoto: if it cannot be used; the message names it.
        """

    def order(self, epoch: int, seed: int) -> NDArray[np.int64]:
        """Every number once, in the order of this epoch; always the same for the same seed."""


class FolderStore:
    """Photographs of a folder that `index_folder` went through.

    Args:
        images: folder of the pictures.
        index: what `index_folder` wrote.

    Raises:
        DataProblem: if the index cannot be read or is none.
    """

    def __init__(self, images: Path, index: Path) -> None:
        self._images, self._index = images, index
        try:
            lines = (index / LISTING).read_bytes().decode("utf-8", "surrogateescape").split("\n")
        except OSError as problem:
            raise DataProblem(f"{index} holds no {LISTING}: run `exifact data index` ({problem.strerror})") from problem
        self._files = [line.rpartition("\t")[::2] for line in lines if line]
        if not all(file for file, _ in self._files):
            raise DataProblem(f"{index / LISTING} is no list of files and records: run `exifact data index` again")
        self.shares = read_shares(index)

    def __len__(self) -> int:
        return len(self._files)

    def read(self, number: int) -> Pictured:
        """See `PhotoStore.read`."""
        file, photo_id = self._files[number]
        try:
            fields = json.loads((self._index / RECORDS / f"{photo_id}.json").read_text(encoding="utf-8"))
            tags = dict(Record.from_fields(fields, photo_id).tags)
            return Pictured(file, _decoded((self._images / file).read_bytes()), tags)
        except (OSError, ValueError, SyntaxError, WorkstationError, Image.DecompressionBombError) as problem:
            raise BrokenPhoto(f"{file}: {problem}") from problem

    def order(self, epoch: int, seed: int) -> NDArray[np.int64]:
        """See `PhotoStore.order`."""
        return np.random.default_rng((seed, epoch)).permutation(len(self))


def index_folder(
    images: Path, out: Path, records: Path | None = None, split: str | None = None
) -> Generator[Progress, None, Path]:
    """Go through a folder of pictures and write records, tag shares and the listing that `FolderStore` reads.

    Args:
        images: folder, with its folders.
        out: written to.
        records: folder of records that are there already (`exifact data yfcc`); a picture without one tells its own.
        split: only pictures of this split of the folder's manifest.csv; None = all.

    Yields:
        Progress after each picture.

    Returns:
        Path of the shares.

    Raises:
        DataProblem: if there are no pictures, or no manifest where one is needed.
    """
    files = sorted(p for p in images.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
    absent: list[str] = []
    if split is not None:
        wanted = _files_of_split(images, split)
        files = [file for file in files if file.relative_to(images).as_posix() in wanted]
        absent = sorted(wanted - {file.relative_to(images).as_posix() for file in files})
    if not files:
        raise DataProblem(f"{images} holds no pictures ({', '.join(PICTURE_SUFFIXES)})")
    writer, listing, watch = RecordWriter(out), [], Stopwatch()
    names = [file.relative_to(images).as_posix() for file in files]
    stems = Counter(file.stem.casefold() for file in files if file.parent == images)
    for number, (file, name) in enumerate(zip(files, names, strict=True), 1):
        try:
            if "\n" in name:
                raise DataProblem("its name holds a line break")
            before = writer.written
            record = _record_of(file, _unique_id(name, stems), records)
            writer.add(record)
            if writer.written > before:
                listing.append(f"{name}\t{record.photo_id}\n")
        except (OSError, WorkstationError) as problem:
            writer.skip(name, str(problem))
        fraction = number / len(files)
        yield Progress("reading EXIF", fraction, watch.remaining(fraction), writer.written)
    for name in absent:
        writer.skip(name, "the manifest names it, and no picture of this name is here")
    write_bytes(out / LISTING, "".join(listing).encode("utf-8", "surrogateescape"))
    (out / INDEX).unlink(missing_ok=True)  # of shards that were indexed here before: it would be taken for this
    return writer.finish()


def _files_of_split(images: Path, split: str) -> frozenset[str]:
    try:
        return frozenset(row["file"] for row in manifest_rows(images, ("file", "split")) if row["split"] == split)
    except FileNotFoundError as problem:
        raise DataProblem(f"{images / NAME} is not there, so it names no split of files") from problem


def _unique_id(name: str, stems: Mapping[str, int]) -> str:
    """The file's name without suffix; with a hash where that is no name of its own, or none that can be written."""
    path = Path(name)
    plain = "".join(c if c.isprintable() else "_" for c in path.stem)
    short = plain == path.stem and len(os.fsencode(plain)) <= LONGEST_ID
    if short and path.parent == Path() and stems[path.stem.casefold()] == 1:
        return plain
    return f"{plain[: LONGEST_ID // 5]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def _record_of(file: Path, photo_id: str, records: Path | None) -> Record:
    there = records / f"{file.stem}.json" if records else None
    if there is not None and there.is_file():
        try:
            stored = Record.from_fields(json.loads(there.read_text(encoding="utf-8")), photo_id)
        except ValueError as problem:
            raise DataProblem(f"{there.name} is no JSON ({problem})") from problem
        return Record(photo_id, stored.tags)
    statements = published_texts.statements(read_metadata(file).metadata)
    return Record(photo_id, {s.tag: s.value for s in statements})


def _decoded(content: bytes) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            return np.asarray(image.convert("RGB"))
    except UnidentifiedImageError as problem:
        raise OSError("the file is no picture that can be decoded") from problem  # Pillow's words hold an address


class ShardStore:
    """Photographs of tar shards that `index_shards` went through.

    Args:
        shards: folder of the tar files.
        index: what `index_shards` wrote.

    Raises:
        DataProblem: if the index cannot be read or names other shards.
    """

    def __init__(self, shards: Path, index: Path) -> None:
        try:
            with np.load(index / INDEX) as arrays:
                self._where = arrays["where"]
                self._files = [shards / name for name in arrays["shards"].tobytes().decode().split("\n") if name]
        except (OSError, ValueError, KeyError) as problem:
            raise DataProblem(f"{index} holds no usable {INDEX}: run `exifact data index` ({problem})") from problem
        missing = [file.name for file in self._files if not file.is_file()]
        if missing:
            raise DataProblem(f"{shards} holds no {missing[0]}, which {INDEX} names")
        self.shares = read_shares(index)

    def __len__(self) -> int:
        return len(self._where)

    def read(self, number: int) -> Pictured:
        """See `PhotoStore.read`."""
        shard, picture, picture_size, record, record_size = (int(v) for v in self._where[number])
        file = self._files[shard]
        name = f"{file.name}@{picture}"
        try:
            with file.open("rb") as tar:
                tar.seek(picture)
                rgb = _decoded(tar.read(picture_size))
                tar.seek(record)
                tags = Record.from_fields(json.loads(tar.read(record_size)), name).tags
        except (OSError, ValueError, SyntaxError, WorkstationError, Image.DecompressionBombError) as problem:
            raise BrokenPhoto(f"{name}: {problem}") from problem
        return Pictured(name, rgb, dict(tags))

    def order(self, epoch: int, seed: int) -> NDArray[np.int64]:
        """Shards in random order, the photographs of some of them mixed: reads stay near each other on a disk."""
        rng = np.random.default_rng((seed, epoch))
        of_shard = [np.flatnonzero(self._where[:, 0] == shard) for shard in range(len(self._files))]
        shards = rng.permutation(len(of_shard))
        parts = []
        for start in range(0, len(shards), SHARD_MIX):
            together = np.concatenate([of_shard[shard] for shard in shards[start : start + SHARD_MIX]])
            parts.append(rng.permutation(together))
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


def index_shards(shards: Path, out: Path) -> Generator[Progress, None, Path]:
    """Note where the photographs of tar shards are, and count their tags.

    Yields:
        Progress after each shard.

    Returns:
        Path of the shares.

    Raises:
        DataProblem: if there are no shards.
    """
    files = sorted(shards.glob("*.tar"))
    if not files:
        raise DataProblem(f"{shards} holds no tar shards")
    counts: Counter[str] = Counter()
    where: list[tuple[int, int, int, int, int]] = []
    skipped: list[tuple[str, str]] = []
    watch = Stopwatch()
    for number, file in enumerate(files):
        try:
            _index_one(number, file, where, counts, skipped)
        except (tarfile.TarError, OSError) as problem:
            skipped.append((file.name, f"cannot be read to its end ({problem})"))
        fraction = (number + 1) / len(files)
        yield Progress("reading shards", fraction, watch.remaining(fraction), len(where))
    writer = RecordWriter(out)
    for name, reason in skipped:
        writer.skip(name, reason)
    target = writer.finish()
    write_text(target, json.dumps(tag_shares(counts, len(where)), indent=1))
    names = np.frombuffer("\n".join(file.name for file in files).encode(), np.uint8)
    with whole_file(out / INDEX) as unfinished, unfinished.open("wb") as stream:
        np.savez(stream, where=np.array(where, np.int64).reshape(-1, 5), shards=names)
    return target


def _index_one(
    number: int,
    file: Path,
    where: list[tuple[int, int, int, int, int]],
    counts: Counter[str],
    skipped: list[tuple[str, str]],
) -> None:
    pictures: dict[str, tuple[int, int]] = {}
    records: dict[str, tuple[int, int]] = {}
    suffixes: dict[str, str] = {}
    with tarfile.open(file, "r:") as tar:
        for member in tar:
            key, suffix = os.path.splitext(member.name)  # noqa: PTH122 - names inside a tar are no paths here
            place = (member.offset_data, member.size)
            if member.isfile() and suffix.lower() in PICTURE_SUFFIXES:
                if suffixes.setdefault(key, suffix) == suffix:  # a member that comes again replaces the former
                    pictures[key] = place
                else:
                    skipped.append((f"{file.name}/{member.name}", f"{key}{suffixes[key]} has its record"))
            elif member.isfile() and suffix.lower() == ".json":
                records[key] = place
        end = tar.offset
    with file.open("rb") as opened:
        opened.seek(end)
        if any(opened.read(tarfile.BLOCKSIZE)):  # tarfile takes a damaged header for the end
            skipped.append((file.name, f"is damaged at byte {end}; what follows is left out"))
        for key, picture in pictures.items():
            if key not in records:
                skipped.append((f"{file.name}/{key}", "no record beside it"))
                continue
            opened.seek(records[key][0])
            try:
                tags = Record.from_fields(json.loads(opened.read(records[key][1])), key).tags
            except (ValueError, DataProblem) as problem:
                skipped.append((f"{file.name}/{key}", str(problem)))
                continue
            if len(tags) <= published_texts.FEWEST_TAGS:
                skipped.append((f"{file.name}/{key}", f"{len(tags)} tags"))
                continue
            counts.update(tags.keys())
            where.append((number, *picture, *records[key]))


def open_store(pictures: Path, index: Path) -> PhotoStore:
    """The store of an indexed folder, of pictures or of shards.

    Raises:
        DataProblem: if the index cannot be read.
    """
    return ShardStore(pictures, index) if (index / INDEX).is_file() else FolderStore(pictures, index)
