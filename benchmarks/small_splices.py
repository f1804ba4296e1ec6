"""Which windows suit small pictures: splices of 384×288 pixels, looked at through windows of several sizes.

    python -m benchmarks.small_splices PHOTOS [--split dev] [--role ROLE] [--count 60] [--seed 777] [--model compact]

PHOTOS holds manifest.csv as for benchmarks/dev_splices.py. Every splice comes twice, scaled down as a whole and cut
around its foreign part, both saved at JPEG 90. Prints mean pixel average precision, half the 95 % bootstrap interval
in brackets; all map cells count.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from workstation.analysis.maps import departure_everywhere
from workstation.analysis.model import Encoder, load_encoder
from workstation.evaluation.intervals import bootstrap_mean
from workstation.evaluation.splices import SAVE_QUALITY, Splice
from workstation.progress import drain

WIDTH, HEIGHT = 384, 288
WINDOWS = (32, 48, 64, 96)


def scaled(splice: Splice) -> tuple[Image.Image, Image.Image]:
    """The whole picture and its mask, scaled down."""
    size = (WIDTH, HEIGHT)
    return splice.image.resize(size, Image.Resampling.BICUBIC), splice.mask.resize(size, Image.Resampling.BILINEAR)


def cut(splice: Splice) -> tuple[Image.Image, Image.Image]:
    """The part of the picture and of its mask in whose middle the foreign part's edge lies."""
    rows, columns = np.nonzero(np.asarray(splice.mask) > 127)
    left = int(np.clip(columns.min() - WIDTH // 2, 0, splice.image.width - WIDTH))
    top = int(np.clip(np.median(rows) - HEIGHT // 2, 0, splice.image.height - HEIGHT))
    box = (left, top, left + WIDTH, top + HEIGHT)
    return splice.image.crop(box), splice.mask.crop(box)


def saved(image: Image.Image) -> NDArray[np.uint8]:
    """(288, 384, 3) uint8 after JPEG 90."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=SAVE_QUALITY)
    return np.asarray(Image.open(buffer))


def precisions(image: Image.Image, mask: Image.Image, encoder: Encoder) -> Iterator[tuple[int, float]]:
    """Window and average precision over the cells of its map."""
    foreign = np.asarray(mask) > 127
    pixels = saved(image)
    for window in WINDOWS:
        grid = encoder.default_grid(HEIGHT, WIDTH, window, None)
        cells = np.arange(grid.rows * grid.columns)
        positions = np.stack(np.divmod(cells, grid.columns), 1)
        centres = positions * grid.stride + grid.stride // 2
        truth = foreign[centres[:, 0], centres[:, 1]]
        if truth.any() and not truth.all():
            values = departure_everywhere(drain(encoder.embed(pixels, grid)), pixels, grid)
            yield window, float(average_precision_score(truth, values))


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=60)
    parser.add_argument("--model", default="compact")
    options = parser.parse_args()
    encoder = load_encoder(options.model, threads=options.threads)
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for splice in splices_of(options):
        for name, way in (("scaled", scaled), ("cut", cut)):
            for window, precision in precisions(*way(splice), encoder):
                found[name, window].append(precision)
    print("| picture | " + " | ".join(f"{window} px" for window in WINDOWS) + " |\n|" + "---|" * (len(WINDOWS) + 1))
    for name in ("scaled", "cut"):
        means = [bootstrap_mean(np.array(found[name, window])) for window in WINDOWS]
        print(f"| {name} | " + " | ".join(f"{mean.value:.3f} ({mean.half_width:.3f})" for mean in means) + " |")


if __name__ == "__main__":
    main()
