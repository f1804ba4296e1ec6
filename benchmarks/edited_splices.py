"""Splices as editors make them: a saved picture is opened, a part of another saved one pasted, the result saved again.

    python -m benchmarks.edited_splices PHOTOS FIRST.json [OTHER.json ...] [--split dev] [--role ROLE] [--count 100]
                                        [--seed 777]

PHOTOS and descriptions of weights are those of benchmarks/weights_pairs.py. Host and part are scaled and saved as JPEG
75 to 97, the result as JPEG 80 to 97, with any subsampling. An editor that does not crop keeps the block grid of the
host's earlier save on that of the last one; the part's lies anywhere. For three sizes of pictures and, at the middle
one, for hosts whose earlier grid lies anywhere, too ("cropped"), it prints the mean average precision per map cell of
the first weights, and with its 95 % bootstrap interval over images the paired difference of the others, and of error
level analysis, which looks at nothing but such saves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from benchmarks.weights_pairs import cells_of, encoder_of, measures_of, print_pairs
from workstation.analysis.model.compact import CompactEncoder
from workstation.evaluation.peers.error_level import error_level_map
from workstation.evaluation.splices import Splice
from workstation.training.histories import JpegSave

KINDS = {
    "1024×768": ((1024, 768), False),
    "640×480": ((640, 480), False),
    "640×480, cropped": ((640, 480), True),
    "384×288": ((384, 288), False),
}
"""What a column shows: width and height, and whether the host's earlier block grid lies anywhere."""

EARLIER, LAST = (75, 97), (80, 97)
"""Lowest and highest quality of the saves."""


def edited(splice: Splice, size: tuple[int, int], *, cropped: bool) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Pixels (height, width, 3) and mask (height, width) of an edited splice.

    Its saves depend on the splice's number and the size alone, so that a cropped host differs in its grid only.
    """
    rng = np.random.default_rng((splice.number, *size))
    of_host, of_part = (JpegSave.draw(rng, *EARLIER, shifted=True) for _ in range(2))
    last = JpegSave.draw(rng, *LAST, shifted=False)
    host, part = (
        np.asarray(image.resize(size, Image.Resampling.BICUBIC)) for image in (splice.untouched, splice.image)
    )
    mask = splice.mask.resize(size, Image.Resampling.BILINEAR)
    composite = Image.fromarray((of_host if cropped else replace(of_host, shift=(0, 0))).apply(host))
    composite.paste(Image.fromarray(of_part.apply(part)), (0, 0), mask)
    return last.apply(np.asarray(composite)), np.asarray(mask) > 127


def error_level_precision(
    encoder: CompactEncoder, pixels: NDArray[np.uint8], foreign: NDArray[np.bool_]
) -> float | None:
    """Average precision of error level analysis over the cells of this encoder's grid, as `precision_of`."""
    height, width = foreign.shape
    grid = encoder.default_grid(height, width, None, None)
    truth = cells_of(grid, foreign)
    levels = error_level_map(pixels).repeat(8, axis=0).repeat(8, axis=1)[:height, :width]
    return float(average_precision_score(truth, cells_of(grid, levels))) if truth.any() else None


def edited_splices(splices: Iterable[Splice]) -> Iterator[dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]]:
    """Of each splice the pixels and the mask of every kind."""
    for splice in splices:
        yield {kind: edited(splice, size, cropped=cropped) for kind, (size, cropped) in KINDS.items()}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=100)
    parser.add_argument("descriptions", type=Path, nargs="+", metavar="DESCRIPTION")
    options = parser.parse_args()
    measures = measures_of(options.descriptions, options.threads)
    levels = partial(error_level_precision, encoder_of(options.descriptions[0], options.threads))
    print_pairs("weights", [*measures, ("error level analysis", levels)], edited_splices(splices_of(options)))


if __name__ == "__main__":
    main()
