"""How the embeddings of untouched photographs vary within themselves, and the transform that makes this count less.

Within one photograph the camera is the same everywhere; what still moves the embedding is the scene: sharp and
defocused, bright and dark, grass and sky. Measured on the training photos, no manipulated picture is needed
(within-class covariance normalisation, Hatch, Kajarekar and Stolcke 2006).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from workstation.analysis.model.compact_network import FEATURE_STRIDE, CompactNetwork
from workstation.analysis.reference import smoothed
from workstation.evaluation.datasets import UNDECODABLE
from workstation.evaluation.photo_manifest import manifest_rows
from workstation.training.histories import JpegSave, Resize
from workstation.training.mixed_precision import mixed_precision

PHOTOS = 150
"""How many photographs are measured, drawn at random."""

SHRINKAGE = 0.1
"""Share of the largest variance that is added to all: directions that hardly vary are not blown up."""

WINDOW, STEP = 64, 16
"""Side and distance of the windows in pixels, as in an analysis."""

LARGEST = (704, 896)
"""Rows and columns that are cut from the middle of a photograph."""


def whitening_of(state: Mapping[str, Tensor], photos: Path) -> Tensor:
    """The transform of `CompactNetwork.whitening` for trained weights.

    A third of the photographs is taken as it is, a third is saved as JPEG 90, a third scaled to 70 % and saved as
    JPEG 75, since scenes tell differently after each.

    Args:
        state: the trained network's tensors.
        photos: folder of the collection; its train half without charts is used.

    Returns:
        (dimensions, dimensions) float32, symmetric: (covariance + shrinkage)^(-1/2), its largest eigenvalue 1.
    """
    network = CompactNetwork(
        state["stem.0.weight"].shape[0], state["head.2.weight"].shape[0], state["head.0.weight"].shape[0]
    )
    network.load_state_dict(state)
    network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    total = np.zeros((network.dimensions, network.dimensions))
    for pixels in _pictures(photos):
        total += np.cov(_smooth_embeddings(network, pixels).T)
    variances, axes = np.linalg.eigh(total)
    scales = 1 / np.sqrt(variances + SHRINKAGE * variances.max())
    return torch.from_numpy((axes * (scales / scales.max())) @ axes.T).float()


def _pictures(photos: Path) -> Iterator[NDArray[np.uint8]]:
    rows = manifest_rows(photos, ("file", "split", "chart_or_flat"))
    rows = tuple(row for row in rows if row["split"] == "train" and row["chart_or_flat"] != "1")
    order = np.random.default_rng(0).permutation(len(rows))[:PHOTOS]
    for number, index in enumerate(order):
        try:
            with Image.open(photos / rows[index]["file"]) as opened:
                pixels = np.asarray(opened.convert("RGB"))
        except UNDECODABLE:
            continue  # the training run has listed it as broken
        rows_cut, columns_cut = (min(side, most) for side, most in zip(pixels.shape, LARGEST, strict=False))
        top, left = ((pixels.shape[i] - cut) // 16 * 8 for i, cut in enumerate((rows_cut, columns_cut)))
        pixels = np.ascontiguousarray(pixels[top : top + rows_cut, left : left + columns_cut])
        if number % 3 == 2:
            pixels = Resize(0.7, "bicubic").apply(pixels)
        if number % 3:
            pixels = JpegSave(90 if number % 3 == 1 else 75, "4:2:0").apply(pixels)
        if min(pixels.shape[:2]) >= 2 * WINDOW:
            yield pixels


def _smooth_embeddings(network: CompactNetwork, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, dimensions) embeddings on a grid of windows, blurred as the departure map blurs them."""
    block = STEP // FEATURE_STRIDE
    height, width = (side // STEP * STEP for side in pixels.shape[:2])
    image = torch.from_numpy(pixels[:height, :width].copy()).permute(2, 0, 1)[None]
    with torch.inference_mode(), mixed_precision("cpu"):
        moments = network.moments(image, block)
    with torch.inference_mode():
        windows = torch.nn.functional.avg_pool2d(moments, WINDOW // STEP, 1)[0]
        embeddings = network.project(windows.flatten(1).T).numpy()
    return smoothed(embeddings, np.stack(np.divmod(np.arange(len(embeddings)), windows.shape[2]), 1))
