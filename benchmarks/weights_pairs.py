"""Two or more compact weights on the same splices: what another training run is worth.

    python -m benchmarks.weights_pairs PHOTOS FIRST.json OTHER.json [...] [--split dev] [--role ROLE] [--count 100]
                                       [--seed 777]

The .json are descriptions as `exifact train` writes them beside the weights. Prints the mean average precision per map
cell of the first, and the paired difference of the others with its 95 % bootstrap interval over images. Weights that
are to ship are chosen with --role "model choice": the error rates are stated for the other cameras
(resources/calibration/camera_split.json).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from workstation.analysis.maps import departure_everywhere
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.registry import read_description
from workstation.analysis.model.tensors import read_registered
from workstation.evaluation.intervals import paired_difference
from workstation.evaluation.splices import VARIANTS, Splice
from workstation.progress import drain


def encoder_of(description: Path, threads: int | None) -> CompactEncoder:
    """The encoder of weights that need not be registered."""
    weights = read_description(description, shipped=False)
    return CompactEncoder.from_weights(
        weights, read_registered(weights), device="cpu", threads=threads, precision="auto"
    )


def precision_of(encoder: CompactEncoder, pixels: NDArray[np.uint8], foreign: NDArray[np.bool_]) -> float | None:
    """Average precision over the cells of the departure map; None where no cell's centre is foreign."""
    height, width = foreign.shape
    grid = encoder.default_grid(height, width, None, None)
    positions = np.stack(np.divmod(np.arange(grid.rows * grid.columns), grid.columns), 1)
    centres = positions * grid.stride + grid.stride // 2
    truth = foreign[np.minimum(centres[:, 0], height - 1), np.minimum(centres[:, 1], width - 1)]
    if not truth.any():
        return None
    values = departure_everywhere(drain(encoder.embed(pixels, grid)), pixels, grid)
    return float(average_precision_score(truth, values))


def print_pairs(heading: str, encoders: Sequence[tuple[str, CompactEncoder]], splices: Iterable[Splice]) -> None:
    """Print the mean average precision per variant of the first encoder, and the paired differences of the others.

    Args:
        heading: of the first column.
        encoders: the name of a row and whose it is; names may come twice.
        splices: that all of them see; one whose foreign part covers no cell's centre counts for none.
    """
    found: dict[str, list[list[float]]] = defaultdict(list)
    for splice in splices:
        for variant in VARIANTS:
            row = [precision_of(encoder, *splice.saved(variant)) for _, encoder in encoders]
            values = [value for value in row if value is not None]
            if len(values) == len(row):
                found[variant].append(values)
    print(f"| {heading} | " + " | ".join(VARIANTS) + " |\n|" + "---|" * (len(VARIANTS) + 1))
    for number, (name, _) in enumerate(encoders):
        cells = []
        for variant in VARIANTS:
            every = np.array(found[variant])
            ours, first = every[:, number], every[:, 0]
            cells.append(paired_difference(ours, first).signed if number else f"{first.mean():.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=100)
    parser.add_argument("descriptions", type=Path, nargs="+")
    options = parser.parse_args()
    encoders = [encoder_of(description, options.threads) for description in options.descriptions]
    names = [f"{description.stem} of {description.parent.name}" for description in options.descriptions]
    print_pairs("weights", list(zip(names, encoders, strict=True)), splices_of(options))


if __name__ == "__main__":
    main()
