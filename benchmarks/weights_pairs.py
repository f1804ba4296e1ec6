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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from workstation.analysis.geometry import PatchGrid
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


Measure = Callable[[NDArray[np.uint8], NDArray[np.bool_]], float | None]
"""Pixels (height, width, 3) and which of them are foreign (height, width) to a figure; None where there is none."""


def cells_of(grid: PatchGrid, pixels: NDArray[Any]) -> NDArray[Any]:
    """(rows * columns,): of pixels (height, width) those in the middle of a grid's cells."""
    positions = np.stack(np.divmod(np.arange(grid.rows * grid.columns), grid.columns), 1)
    rows, columns = np.minimum(positions * grid.stride + grid.stride // 2, np.array(pixels.shape) - 1).T
    middles: NDArray[Any] = pixels[rows, columns]
    return middles


def precision_of(encoder: CompactEncoder, pixels: NDArray[np.uint8], foreign: NDArray[np.bool_]) -> float | None:
    """Average precision over the cells of the departure map; None where no cell's centre is foreign."""
    height, width = foreign.shape
    grid = encoder.default_grid(height, width, None, None)
    truth = cells_of(grid, foreign)
    if not truth.any():
        return None
    values = departure_everywhere(drain(encoder.embed(pixels, grid)), pixels, grid)
    return float(average_precision_score(truth, values))


def saved_splices(splices: Iterable[Splice]) -> Iterator[dict[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]]:
    """Of each splice the pixels and the mask of every variant."""
    for splice in splices:
        yield {variant: splice.saved(variant) for variant in VARIANTS}


def print_pairs(
    heading: str,
    measures: Sequence[tuple[str, Measure]],
    pictures: Iterable[Mapping[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]]],
) -> None:
    """Print the mean of the first measure per kind of picture, and the paired differences of the others.

    Args:
        heading: of the first column.
        measures: the name of a row and what measures it; names may come twice.
        pictures: pixels and mask by kind, that all of them see; one that any of them has no figure for counts for none.
    """
    found: dict[str, list[list[float]]] = defaultdict(list)
    for kinds in pictures:
        for kind, (pixels, foreign) in kinds.items():
            row = [measure(pixels, foreign) for _, measure in measures]
            values = [value for value in row if value is not None]
            if len(values) == len(row):
                found[kind].append(values)
    print(f"| {heading} | " + " | ".join(found) + " |\n|" + "---|" * (len(found) + 1))
    for number, (name, _) in enumerate(measures):
        cells = []
        for figures in found.values():
            every = np.array(figures)
            ours, first = every[:, number], every[:, 0]
            cells.append(paired_difference(ours, first).signed if number else f"{first.mean():.3f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def measures_of(descriptions: Iterable[Path], threads: int | None) -> list[tuple[str, Measure]]:
    """The average precision of each of these weights, named after their files."""
    return [
        (f"{file.stem} of {file.parent.name}", partial(precision_of, encoder_of(file, threads)))
        for file in descriptions
    ]


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=100)
    parser.add_argument("descriptions", type=Path, nargs="+")
    options = parser.parse_args()
    print_pairs("weights", measures_of(options.descriptions, options.threads), saved_splices(splices_of(options)))


if __name__ == "__main__":
    main()
