"""Evaluation sets as lists of samples: what an image is, and where its mask is and how that is to be read."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.errors import WorkstationError
from workstation.evidence.display import unoriented

Label = Literal["authentic", "tampered"]

UNDECODABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""What Pillow raises for a file that is no picture, a damaged one or one that is too large."""

LISTED = 12
"""Most names that a message quotes from a folder."""

LONGEST_KEY = 240
"""Bytes of a heat map's name, so that its file's, with a suffix, is one that a disk takes."""


class DatasetProblem(WorkstationError):
    """An evaluation set, or one of its masks, cannot be used."""

    remedy = "See docs/evaluation.md for the layouts."


class WrongLayout(DatasetProblem):
    """A folder that is not laid out as its owners distribute it.

    Attributes:
        root: the folder.
        looked_for: what should have been there, as patterns below it.
        found: what is there, the first names.
    """

    likely_causes = ("the folder above or below the right one", "an archive that was not unpacked completely")

    def __init__(self, name: str, root: Path, looked_for: Sequence[str]) -> None:
        self.root, self.looked_for, self.found = root, tuple(looked_for), _listing(root)
        super().__init__(
            f"{root} is not laid out as {name}: looked for {', '.join(looked_for)}; found {', '.join(self.found)}"
        )


class MaskRule(StrEnum):
    """Which values of a mask are foreign."""

    UPPER_HALF = "upper half of the range"
    ABOVE_ZERO = "above 0"
    DARK = "0 (inverted)"
    GREEN = "green: (0, 255, 0) or (0, 200, 0)"


@dataclass(frozen=True, slots=True)
class Sample:
    """One image of an evaluation set.

    Attributes:
        dataset: name in tables and of the folder of heat maps.
        name: path below the set's folder, with "/".
        file: where the image is.
        label: "authentic" or "tampered".
        kind: "splice", "copymove", "mixed", or "" for an authentic image.
        mask: where the mask is; None where the set has none for this image.
        rule: how the mask is read.
        key: name of the heat map without its suffix: the image's stem, longer where stems of a set collide.
    """

    dataset: str
    name: str
    file: Path
    label: Label
    kind: str = ""
    mask: Path | None = None
    rule: MaskRule = MaskRule.UPPER_HALF
    key: str = ""

    @property
    def tampered(self) -> bool:
        """Whether the set says that it was changed."""
        return self.label == "tampered"


@dataclass(frozen=True, slots=True)
class Dataset:
    """An evaluation set that was found.

    Attributes:
        name: of the layout.
        root: its folder.
        samples: in a fixed order, each with its own key.
        warnings: e.g. fewer images than the owners distribute.
    """

    name: str
    root: Path
    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = field(default=())


def with_keys(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Give every sample a key that is unique within its set: the stem; tampered images take it before authentic ones.

    Args:
        samples: without keys.

    Raises:
        DatasetProblem: if an image is listed twice.
    """
    taken: set[tuple[str, str]] = set()
    keys: dict[tuple[str, str], str] = {}
    listed = list(samples)
    for sample in sorted(listed, key=lambda sample: not sample.tampered):
        if (sample.dataset, sample.name) in keys:
            raise DatasetProblem(f"{sample.name} is listed twice in {sample.dataset}")
        key = next(c for c in _candidates(sample.name) if (sample.dataset, c.casefold()) not in taken)
        taken.add((sample.dataset, key.casefold()))
        keys[sample.dataset, sample.name] = key
    return tuple(replace(sample, key=keys[sample.dataset, sample.name]) for sample in listed)


def _candidates(name: str) -> Iterator[str]:
    """Names for the heat map of an image: the last one is no other image's."""
    path = PurePosixPath(name)
    longer = "_".join((*(part for part in path.parent.parts if part != path.anchor), path.stem))
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    for plain in (path.stem, longer, f"{longer}_{path.suffix.removeprefix('.')}"):
        if len(os.fsencode(plain)) <= LONGEST_KEY:
            yield plain
    yield f"{path.stem[: LONGEST_KEY // 8]}_{digest}"


def read_mask(sample: Sample, size: tuple[int, int] | None = None, orientation: int = 1) -> NDArray[np.bool_]:
    """The mask of a sample at the size of its image; a mask of another size is resized (nearest).

    A mask lies on the stored pixels, as everything else does. One that is upright where the stored image lies on its
    side (or the other way round) was drawn over the turned image, as most programs show it, and is turned back.

    Args:
        sample: with a mask.
        size: (height, width) of the stored image; None = that of the mask itself.
        orientation: of the image, by its EXIF data.

    Returns:
        (height, width) bool, True = foreign.

    Raises:
        DatasetProblem: if there is no mask or it cannot be read.
    """
    if sample.mask is None:
        raise DatasetProblem(f"{sample.name} has no mask")
    try:
        with Image.open(sample.mask) as image:
            pixels = np.asarray(image.convert("RGB" if sample.rule is MaskRule.GREEN else "L"))
    except FileNotFoundError as problem:
        raise DatasetProblem(f"{sample.name} has no mask: looked for {sample.mask}") from problem
    except UNDECODABLE as problem:
        raise DatasetProblem(f"the mask {sample.mask} cannot be read ({problem})") from problem
    mask = foreign(pixels, sample.rule)
    if size is not None and orientation >= 5 and (mask.shape[0] - mask.shape[1]) * (size[0] - size[1]) < 0:
        mask = unoriented(mask, orientation)
    return mask if size in (None, mask.shape) else resized_mask(mask, *size)


def foreign(pixels: NDArray[np.uint8], rule: MaskRule) -> NDArray[np.bool_]:
    """What a rule calls foreign.

    Args:
        pixels: (height, width) uint8, or (height, width, 3) for `MaskRule.GREEN`. Columbia's masks are JPEGs, so that
            its greens are matched as "green is far above red and blue".
        rule: how to read it.

    Returns:
        (height, width) bool.
    """
    match rule:
        case MaskRule.UPPER_HALF:
            return pixels > (127 if pixels.max(initial=0) > 1 else 0)  # some masks hold 0 and 1
        case MaskRule.ABOVE_ZERO:
            return pixels > 0
        case MaskRule.DARK:
            return pixels < 128
        case MaskRule.GREEN:
            signed = pixels.astype(np.int16)
            return signed[:, :, 1] - np.maximum(signed[:, :, 0], signed[:, :, 2]) > 100


def resized_mask(mask: NDArray[np.bool_], height: int, width: int) -> NDArray[np.bool_]:
    """A mask at another size, nearest neighbour.

    Args:
        mask: (h, w) bool.
        height: of the result.
        width: of the result.
    """
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.resize((width, height), Image.Resampling.NEAREST)) > 127


def from_manifest(root: Path) -> Dataset:
    """The generic layout: ROOT/manifest.tsv with columns dataset, class, kind, image, mask (others are ignored).

    Args:
        root: paths in the manifest are relative to it.

    Raises:
        WrongLayout: without a manifest, or without one of its columns.
    """
    file = root / "manifest.tsv"
    needed = ("dataset", "class", "kind", "image", "mask")
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:  # spreadsheets put a mark before the first name
            reader = csv.DictReader(lines, delimiter="\t")
            missing = [column for column in needed if column not in (reader.fieldnames or ())]
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError as problem:
        raise WrongLayout("manifest", root, ["manifest.tsv"]) from problem
    except (OSError, ValueError, csv.Error) as problem:
        raise DatasetProblem(f"{file} cannot be read ({problem})") from problem
    if missing:
        found = ", ".join(reader.fieldnames or ()) or "nothing"
        raise DatasetProblem(f"{file} has no column {missing[0]!r}; looked for {', '.join(needed)}; found {found}")
    return Dataset("manifest", root, with_keys(_of_row(row, root, line) for line, row in rows))


def _of_row(row: dict[str, str], root: Path, line: int) -> Sample:
    label = row["class"]
    if label not in ("authentic", "tampered"):
        raise DatasetProblem(f"{root / 'manifest.tsv'} line {line}: class is {label!r}, not authentic or tampered")
    if not row["image"]:
        raise DatasetProblem(f"{root / 'manifest.tsv'} line {line} names no image")
    folder = PurePosixPath(row["dataset"])
    if folder.is_absolute() or ".." in folder.parts:  # maps are written to a folder of this name
        raise DatasetProblem(f"{root / 'manifest.tsv'} line {line}: dataset is {row['dataset']!r}, a path to elsewhere")
    return Sample(
        dataset=row["dataset"],
        name=row["image"],
        file=root / row["image"],
        label="tampered" if label == "tampered" else "authentic",
        kind=row["kind"] or "",
        mask=root / row["mask"] if row["mask"] else None,
    )


def counted(samples: Iterable[Sample]) -> Counter[Label]:
    """How many images of either class."""
    return Counter(sample.label for sample in samples)


def _listing(root: Path) -> tuple[str, ...]:
    """The first names in a folder, folders with "/"."""
    try:
        names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in root.iterdir())
    except OSError as problem:
        return (f"no readable folder ({problem.strerror or problem})",)
    more = (f"and {len(names) - LISTED} more",) if len(names) > LISTED else ()
    return (*names[:LISTED], *more) or ("an empty folder",)
