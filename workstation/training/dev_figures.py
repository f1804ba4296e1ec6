"""How well embeddings find the foreign part of splices between cameras that training never saw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.geometry import PatchGrid
from workstation.analysis.maps import departure_everywhere
from workstation.analysis.model.paper import patch_batches
from workstation.evaluation.localisation import localise
from workstation.evaluation.splices import make_splices

PATCHES = 24
"""Along the longer side; few, since the figure is taken during training."""

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def localisation(embed: Embed, patch: int, photos: Path, *, split: str = "dev", count: int = 8, seed: int = 0) -> float:
    """Mean pixel average precision of the departure map over made-up splices saved as JPEG 90, polarity fixed.

    Args:
        embed: patches (N, patch, patch, 3) uint8 to (N, D) float32 of unit length.
        patch: side of a patch in pixels.
        photos: folder with a manifest.csv.
        split: of the manifest.
        count: splices.
        seed: the same seed makes the same splices.

    Raises:
        FileNotFoundError: without a manifest.
        DatasetProblem: if fewer than two cameras have photographs that are large enough, or one cannot be used.
    """
    found = []
    for splice in make_splices(photos, split=split, count=count, seed=seed):
        rgb, mask = splice.saved("q90")
        grid = PatchGrid.for_image(rgb.shape[0], rgb.shape[1], patch=patch, per_dimension=PATCHES)
        embeddings = np.concatenate([embed(batch) for batch in patch_batches(rgb, grid, 64)])
        values = departure_everywhere(embeddings, rgb, grid)
        figures = localise(values.reshape(grid.rows, grid.columns), mask)
        if figures is not None:
            found.append(figures.ap)
    return float(np.mean(found))
