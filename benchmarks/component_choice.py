"""What an examiner who looks at single components may find beyond the departure map, on splices between cameras.

    python -m benchmarks.component_choice PHOTOS [--split dev] [--role ROLE] [--count 100] [--seed 777]

PHOTOS holds manifest.csv as for benchmarks/dev_splices.py. Prints the mean average precision per map cell of the
departure map, and with its 95 % bootstrap interval over images the paired difference of the best of the three
components that the window shows alone, once with its bright side as the foreign one, once with the better of both.
Which is best the truth says, as an examiner's eye cannot always: it is the most that looking can bring. The last row
chooses in the same way among blurred noise.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from benchmarks.weights_pairs import cells_of, encoder_of, precision_of, print_pairs, saved_splices
from workstation.analysis.colours import COLOURED
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.registry import find
from workstation.analysis.pca import as_colours, one_alone, principal_components
from workstation.progress import drain


def best_alone(
    encoder: CompactEncoder,
    pixels: NDArray[np.uint8],
    foreign: NDArray[np.bool_],
    *,
    sides: tuple[int, ...] = (1, -1),
    noise: bool = False,
) -> float | None:
    """Average precision of the best component, or of the best map of noise; None where no cell's centre is foreign."""
    height, width = foreign.shape
    grid = encoder.default_grid(height, width, None, None)
    truth = cells_of(grid, foreign)
    if not truth.any():
        return None
    cells = grid.rows * grid.columns
    if noise:
        whitened = np.random.default_rng(int(pixels.sum())).standard_normal((cells, COLOURED)).astype(np.float32)
    else:
        embeddings = drain(encoder.embed(pixels, grid)).reshape(cells, -1)
        whitened = principal_components(embeddings, COLOURED).whitened
    colours = as_colours(whitened).reshape(grid.rows, grid.columns, COLOURED)
    maps = [one_alone(colours, number).ravel() for number in range(1, COLOURED + 1)]
    return max(float(average_precision_score(truth, side * values)) for values in maps for side in sides)


def main() -> None:
    """Read the arguments, measure, print."""
    options = splice_parser(__doc__, count=100).parse_args()
    encoder = encoder_of(find("compact").folder / "compact.json", options.threads)
    measures = [
        ("departure map", partial(precision_of, encoder)),
        ("best of three components, bright side", partial(best_alone, encoder, sides=(1,))),
        ("best of three components, better side", partial(best_alone, encoder)),
        ("best of three maps of noise, better side", partial(best_alone, encoder, noise=True)),
    ]
    print_pairs("map", measures, saved_splices(splices_of(options)))


if __name__ == "__main__":
    main()
