"""Splices between cameras with exact masks, made from photographs that the user has.

Each composite is written in three variants: `png` with all traces, `q90` saved once more as JPEG 90, and `web`
scaled to 70 % and saved as JPEG 75; the untouched host window likewise. A camera counts as often as any other,
however many photos it has. The draws come in a fixed order, so that a seed names the same splices anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from workstation.analysis.statement import LARGEST_PART, SMALLEST_PART
from workstation.evaluation.datasets import UNDECODABLE, DatasetProblem
from workstation.evaluation.photo_manifest import NAME, manifest_rows
from workstation.progress import Progress

HEIGHT, WIDTH = 768, 1024

WEB_SCALE, WEB_QUALITY, SAVE_QUALITY = 0.7, 75, 90

SHARES = SMALLEST_PART, LARGEST_PART
"""Of the picture that foreign parts cover, as they are drawn; a part that reaches beyond the border covers less."""

LARGE_SHARES = 0.25, 0.42
"""The same for splices with large foreign parts."""

SET_PREFIX = "splices_"
"""Of the names of the sets that `write_splices` makes, one per variant; their images of one name show one splice."""

MADE_OF = "made-of.json"
"""Of which photographs the splices of a folder are, and by which draws."""

Variant = Literal["png", "q90", "web"]
VARIANTS: tuple[Variant, ...] = ("png", "q90", "web")

_COLUMNS = ("file", "split", "make", "model", "width", "height", "chart_or_flat")


@dataclass(frozen=True, slots=True, eq=False)
class Splice:
    """One composite before its last save.

    Attributes:
        number: of the draw.
        host, donor: camera names.
        image: (768, 1024) RGB.
        untouched: the host window alone.
        mask: L, 255 = foreign, edges blurred.
    """

    number: int
    host: str
    donor: str
    image: Image.Image
    untouched: Image.Image
    mask: Image.Image

    def write(self, variant: Variant, file: Path) -> None:
        """Save the composite as a file of this variant (PNG or JPEG, whatever the suffix says)."""
        file.write_bytes(encoded(self.image, variant))

    def saved(self, variant: Variant) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Pixels (height, width, 3) as a reader of the saved file sees them, and the mask (height, width)."""
        return saved(self.image, variant), mask_of(self.mask, variant)


def saved(image: Image.Image, variant: Variant) -> NDArray[np.uint8]:
    """(height, width, 3) uint8 after the last save of a variant."""
    return np.asarray(Image.open(io.BytesIO(encoded(image, variant))))


def encoded(image: Image.Image, variant: Variant) -> bytes:
    """The bytes of a file after the last save of a variant."""
    buffer = io.BytesIO()
    if variant == "png":
        image.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
    if variant == "web":
        image = image.resize(_web_size(), Image.Resampling.BICUBIC)
    image.save(buffer, "JPEG", quality=SAVE_QUALITY if variant == "q90" else WEB_QUALITY)
    return buffer.getvalue()


def mask_of(mask: Image.Image, variant: Variant) -> NDArray[np.bool_]:
    """(height, width) bool, True = foreign, at the size of a variant."""
    if variant == "web":
        mask = mask.resize(_web_size(), Image.Resampling.BILINEAR)
    return np.asarray(mask) > 127


def _web_size() -> tuple[int, int]:
    return int(WIDTH * WEB_SCALE), int(HEIGHT * WEB_SCALE)


def make_splices(
    photos: Path,
    *,
    split: str,
    count: int,
    seed: int,
    only: Collection[str] | None = None,
    shares: tuple[float, float] = SHARES,
) -> Iterator[Splice]:
    """Splices between the cameras of one split.

    Args:
        photos: folder with a manifest.csv (columns file, split, make, model, width, height, chart_or_flat).
        split: which rows are used; photos of charts and flat fields are left out.
        count: how many are drawn.
        seed: of the draws.
        only: cameras (make and model) that are used, e.g. those of one role of `camera_roles`; None = all.
        shares: between which the foreign part's share of the picture is drawn.

    Raises:
        FileNotFoundError: without a manifest.
        ManifestProblem: if the manifest cannot be used.
        DatasetProblem: if fewer than two cameras have photos that are large enough, or one cannot be used.
    """
    rng = np.random.default_rng(seed)
    cameras = {
        name: files for name, files in _cameras(photos, split).items() if only is None or " ".join(name).strip() in only
    }
    names = sorted(cameras)
    if len(names) < 2:
        raise DatasetProblem(f"{photos}: fewer than two cameras of split {split!r} have photos of {WIDTH}×{HEIGHT}")
    for number in range(count):
        first, second = rng.choice(len(names), 2, replace=False)
        host = _window(_photo(cameras[names[first]], rng), rng)
        donor = _photo(cameras[names[second]], rng)
        mask = polygon_mask(rng, float(rng.uniform(*shares)))
        if rng.random() < 0.3:
            scale = rng.uniform(0.75, 1.3)
            size = (max(WIDTH, int(donor.width * scale)), max(HEIGHT, int(donor.height * scale)))
            donor = donor.resize(size, Image.Resampling.BICUBIC)
        composite = host.copy()
        composite.paste(_window(donor, rng), (0, 0), mask)
        yield Splice(number, " ".join(names[first]), " ".join(names[second]), composite, host, mask)


def write_splices(
    photos: Path, folder: Path, *, split: str = "dev", count: int = 100, seed: int = 777
) -> Generator[Progress, None, Path]:
    """Splices and their untouched host windows as an evaluation set with a manifest.tsv, one set per variant.

    Args:
        photos: as for `make_splices`.
        folder: gets `splices_<variant>/images/` with s000… (spliced) and a000… (untouched), `masks/`, manifest.tsv. A
            folder whose manifest names as many already is left as it is.
        split: which rows are used.
        count: how many are drawn.
        seed: of the draws.

    Yields:
        Progress after each draw.

    Returns:
        `folder`.

    Raises:
        FileNotFoundError: without a manifest of the photographs.
        DatasetProblem: as `make_splices` does, or if the folder holds splices of other photographs or draws.
    """
    manifest, note = folder / "manifest.tsv", folder / MADE_OF
    made_of = _made_of(photos, split, seed)
    if note.is_file():
        if note.read_text(encoding="utf-8") != made_of:
            raise DatasetProblem(
                f"{folder} holds splices of other photographs, or drawn otherwise; choose another folder, or delete it"
            )
        if manifest.is_file() and len(manifest.read_text(encoding="utf-8").splitlines()) > 2 * len(VARIANTS) * count:
            return folder
    lines = ["dataset\tclass\tkind\timage\tmask\n"]
    for splice in make_splices(photos, split=split, count=count, seed=seed):
        yield Progress("making splices", splice.number / count)
        for variant in VARIANTS:
            name, suffix = f"{SET_PREFIX}{variant}", "png" if variant == "png" else "jpg"
            images, masks = folder / name / "images", folder / name / "masks"
            images.mkdir(parents=True, exist_ok=True)
            masks.mkdir(parents=True, exist_ok=True)
            spliced, untouched = f"s{splice.number:03}", f"a{splice.number:03}"
            splice.write(variant, images / f"{spliced}.{suffix}")
            (images / f"{untouched}.{suffix}").write_bytes(encoded(splice.untouched, variant))
            Image.fromarray(mask_of(splice.mask, variant)).save(masks / f"{spliced}.png")
            lines.append(f"{name}\ttampered\tsplice\t{name}/images/{spliced}.{suffix}\t{name}/masks/{spliced}.png\n")
            lines.append(f"{name}\tauthentic\t\t{name}/images/{untouched}.{suffix}\t\n")
    note.write_text(made_of, encoding="utf-8", newline="\n")
    manifest.write_text("".join(lines), encoding="utf-8", newline="\n")
    return folder


def _made_of(photos: Path, split: str, seed: int) -> str:
    listed = hashlib.sha256((photos / NAME).read_bytes()).hexdigest()
    return json.dumps({"photographs": listed, "split": split, "seed": seed}) + "\n"


def polygon_mask(rng: np.random.Generator, fraction: float) -> Image.Image:
    """L image of (1024, 768), 255 = foreign: a polygon of 14 corners or, once in four, a rectangle; edges blurred."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(mask)
    x, y = rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.2, 0.8) * HEIGHT
    r = np.sqrt(fraction * HEIGHT * WIDTH / np.pi)
    if rng.random() < 0.25:
        a = rng.uniform(0.7, 1.4)
        draw.rectangle([x - r * a * 0.9, y - r / a * 0.9, x + r * a * 0.9, y + r / a * 0.9], fill=255)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, 14))
        radii = r * rng.uniform(0.7, 1.35, 14)
        corners = zip(angles, radii, strict=True)
        draw.polygon([(x + q * np.cos(t), y + q * np.sin(t)) for t, q in corners], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(1.2))


def _cameras(photos: Path, split: str) -> dict[tuple[str, str], list[Path]]:
    cameras: dict[tuple[str, str], list[Path]] = {}
    for row in manifest_rows(photos, _COLUMNS):
        long, short = sorted((int(row["width"]), int(row["height"])), reverse=True)
        if row["split"] == split and row["chart_or_flat"] != "1" and long >= WIDTH and short >= HEIGHT:
            cameras.setdefault((row["make"], row["model"]), []).append(photos / row["file"])
    return cameras


def _photo(files: list[Path], rng: np.random.Generator) -> Image.Image:
    file = files[int(rng.integers(len(files)))]
    try:
        with Image.open(file) as opened:
            image = opened.convert("RGB")
    except UNDECODABLE as problem:
        raise DatasetProblem(f"{file} cannot be decoded ({problem}): take it out of the photographs") from problem
    if max(image.size) < WIDTH or min(image.size) < HEIGHT:
        raise DatasetProblem(f"{file} has {image.width}×{image.height} pixels, fewer than its manifest says")
    return image if image.width >= image.height else image.transpose(Image.Transpose.ROTATE_90)


def _window(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    x = int(rng.integers(0, image.width - WIDTH + 1))
    y = int(rng.integers(0, image.height - HEIGHT + 1))
    return image.crop((x, y, x + WIDTH, y + HEIGHT))
