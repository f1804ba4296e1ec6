"""What the departure map gains by the picture's edges: bilinear between its cells, and with windows of several sizes.

    python -m benchmarks.picture_edges PHOTOS [--split dev] [--role ROLE] [--count 100] [--seed 777] [--model compact]
                                       [--edited | --large]

PHOTOS holds manifest.csv as for benchmarks/dev_splices.py; --edited looks at the edited splices of
benchmarks/edited_splices.py, --large at those with large foreign parts. Prints the mean pixel average precision of the
bilinear map, as `consistency.npy` is scored, and with its 95 % bootstrap interval over images the paired difference of
maps whose edges were taken over windows of some radius, in cells; all map cells count.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.edited_splices import edited_splices
from benchmarks.splice_arguments import splice_parser, splices_of
from benchmarks.weights_pairs import print_pairs, saved_splices
from workstation.analysis.edged_map import EDGE_RADIUS, EDGE_RIDGE, with_edges
from workstation.analysis.geometry import MapGeometry
from workstation.analysis.maps import departure_everywhere, map_geometry
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.result import FloatArray
from workstation.analysis.stored_scale import at_stored_scale
from workstation.evaluation.localisation import comparable
from workstation.evaluation.metrics import average_precision
from workstation.evaluation.splices import LARGE_SHARES, SHARES
from workstation.progress import drain

RADII = (2, 3, 4, 6)
"""Cells."""

RIDGES = (1e-2, 1e-5)
"""Variances of a colour, beside the one in use."""


class DepartureMaps:
    """Departure maps over cells; that of the last picture is kept, since several measures look at it."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._last: tuple[NDArray[np.uint8], FloatArray, MapGeometry] | None = None

    def of(self, pixels: NDArray[np.uint8]) -> tuple[FloatArray, MapGeometry]:
        """The map of a picture, (rows, columns) float32, and its cells."""
        if self._last is None or self._last[0] is not pixels:
            height, width = pixels.shape[:2]
            grid = self._encoder.default_grid(height, width, None, None)
            departure = departure_everywhere(drain(self._encoder.embed(pixels, grid)), pixels, grid)
            self._last = pixels, departure.reshape(grid.rows, grid.columns), map_geometry(grid, height, width)
        return self._last[1:]


def precision(
    maps: DepartureMaps,
    pixels: NDArray[np.uint8],
    foreign: NDArray[np.bool_],
    *,
    radius: float,
    ridge: float = EDGE_RIDGE,
) -> float | None:
    """Pixel average precision; None where nothing is foreign.

    Args:
        maps: of this picture.
        pixels: (height, width, 3) uint8.
        foreign: (height, width) bool.
        radius: of the windows in cells; 0 = bilinear.
        ridge: as `EDGE_RIDGE`.
    """
    departure, geometry = maps.of(pixels)
    heat = (
        with_edges(departure, geometry, pixels, radius=radius, ridge=ridge)
        if radius
        else at_stored_scale(departure, geometry)
    )
    truth, scores = comparable(heat, foreign)
    return average_precision(truth, scores) if truth.any() else None


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=100)
    parser.add_argument("--model", default="compact")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--edited", action="store_true")
    kinds.add_argument("--large", action="store_true")
    options = parser.parse_args()
    maps = DepartureMaps(load_encoder(options.model, threads=options.threads))
    measures = [
        ("bilinear", partial(precision, maps, radius=0)),
        *((f"edges over {radius} cells", partial(precision, maps, radius=radius)) for radius in RADII),
        *((f"ridge {ridge:g}", partial(precision, maps, radius=EDGE_RADIUS, ridge=ridge)) for ridge in RIDGES),
    ]
    splices = splices_of(options, LARGE_SHARES if options.large else SHARES)
    print_pairs("map", measures, edited_splices(splices) if options.edited else saved_splices(splices))


if __name__ == "__main__":
    main()
