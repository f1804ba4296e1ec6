"""What the steps between embeddings and departure map are worth, on splices between cameras of one split.

    python -m benchmarks.map_ablations PHOTOS [--split dev] [--role ROLE] [--count 40] [--seed 777] [--model compact]
                                       [--large]

PHOTOS holds manifest.csv and --role takes the cameras of one role alone, as for benchmarks/dev_splices.py; with --large
foreign parts cover 25 to 42 % of the picture instead of 3 to 28 %. Prints the
mean pixel average precision of the shipped way, and the paired difference of every other way with its 95 % bootstrap
interval. Maps are compared per cell of the grid, all of whose cells count here, so the figures differ a little from
those of benchmarks/dev_splices.py.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.splice_arguments import splice_parser, splices_of
from workstation.analysis.model import load_encoder
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.tensors import read_registered
from workstation.analysis.reference import REFERENCES, SMOOTHING, departure
from workstation.analysis.suitability import assess
from workstation.evaluation.intervals import paired_difference
from workstation.evaluation.splices import LARGE_SHARES, SHARES, VARIANTS
from workstation.progress import drain
from workstation.training.whitening import whitening_of

Map = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """One splice: (N, D) embeddings of its cells by way of making them, their brightness, whether they are foreign."""

    embeddings: dict[str, NDArray[np.float32]]
    positions: NDArray[np.intp]
    brightness: NDArray[np.float32]
    foreign: NDArray[np.bool_]

    def departure(self, way: str = "shipped", **settings: object) -> Map:
        """Departures with other settings."""
        settings = {"brightness": self.brightness} | settings
        return departure(self.embeddings[way], positions=self.positions, seed=0, **settings)  # type: ignore[arg-type]


OTHER_REFERENCES: dict[str, tuple[tuple[int, float], ...]] = {
    "without one component": REFERENCES[1:],
    "one component with seven tenths, too": ((1, 0.7), *REFERENCES),
    "half of the patches alone": tuple((count, 0.5) for count in (1, 2, 3, 4)),
    "seven tenths alone": tuple((count, 0.7) for count in (2, 3, 4)),
    "three components alone": ((3, 0.5), (3, 0.7)),
    "up to three components": REFERENCES[:-2],
    "up to six components": (*REFERENCES, *((count, share) for count in (5, 6) for share in (0.5, 0.7))),
}
"""Name to components and shares of other references."""

POOLED_SHARES = (1, 2)
"""Other shares of a window that its features are averaged over; see `workstation.analysis.geometry.POOLED_SHARE`."""

WAYS: dict[str, Callable[[Embedded], Map]] = {
    "shipped": Embedded.departure,
    "without brightness": partial(Embedded.departure, brightness=None),
    "without the second look": partial(Embedded.departure, second_look=False),
    **{name: partial(Embedded.departure, references=references) for name, references in OTHER_REFERENCES.items()},
    **{f"second look begins with {share}": partial(Embedded.departure, departing_share=share) for share in (0.1, 0.15)},
    **{f"smoothing {s}": partial(Embedded.departure, smoothing=s) for s in (1.0, 2.0)},
    "with whitening": partial(Embedded.departure, way="whitened"),
    **{f"pooled over 1/{share} of a window": partial(Embedded.departure, way=f"1/{share}") for share in POOLED_SHARES},
}
"""Name to the map of a splice."""


def embedded(options: argparse.Namespace) -> Iterator[tuple[str, Embedded]]:
    """Every variant of every splice."""
    shipped = load_encoder(options.model, threads=options.threads)
    if not isinstance(shipped, CompactEncoder):
        raise SystemExit(f"weights {options.model!r} are not compact")
    learned = {name: tensor.float() for name, tensor in read_registered(shipped.description).items()}
    whitening = whitening_of(learned, options.photos).numpy()
    for splice in splices_of(options, LARGE_SHARES if options.large else SHARES):
        for variant in VARIANTS:
            rgb, mask = splice.saved(variant)
            height, width = rgb.shape[:2]
            grid = shipped.default_grid(height, width, None, None)
            found = {"shipped": drain(shipped.embed(rgb, grid))}
            found |= {f"1/{share}": drain(shipped.embed(rgb, grid, pooled_share=share)) for share in POOLED_SHARES}
            turned = found["shipped"] @ whitening
            found["whitened"] = turned / np.linalg.norm(turned, axis=-1, keepdims=True)
            rows = np.minimum(np.arange(grid.rows) * grid.stride + grid.stride // 2, height - 1)
            columns = np.minimum(np.arange(grid.columns) * grid.stride + grid.stride // 2, width - 1)
            cells = np.arange(grid.rows * grid.columns)
            yield (
                variant,
                Embedded(
                    {name: e.reshape(len(cells), -1) for name, e in found.items()},
                    np.stack(np.divmod(cells, grid.columns), 1),
                    assess(rgb, grid).brightness.ravel(),
                    mask[np.ix_(rows, columns)].ravel() > 0,
                ),
            )


def main() -> None:
    """Read the arguments, measure, print."""
    parser = splice_parser(__doc__, count=40)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for variant, splice in embedded(options):
        if splice.foreign.any():
            for way, make in WAYS.items():
                scores[way, variant].append(float(average_precision_score(splice.foreign, make(splice))))
    print(f"shipped: {REFERENCES}, smoothing {SMOOTHING}; n = {options.count}\n")
    print("| way | " + " | ".join(VARIANTS) + " | all three |\n|" + "---|" * (len(VARIANTS) + 2))
    base = np.array([scores["shipped", variant] for variant in VARIANTS])
    for way in WAYS:
        ours = np.array([scores[way, variant] for variant in VARIANTS])
        columns = zip((*ours, ours.mean(0)), (*base, base.mean(0)), strict=True)
        print(f"| {way} | " + " | ".join(cell(way, first, second) for first, second in columns) + " |")


def cell(way: str, ours: NDArray[np.float64], base: NDArray[np.float64]) -> str:
    """A mean for the shipped way, a paired difference for the others; (n,) each."""
    return f"{ours.mean():.3f}" if way == "shipped" else paired_difference(ours, base).signed


if __name__ == "__main__":
    main()
