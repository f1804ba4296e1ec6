"""How fast the published encoder runs on this CPU: python benchmarks/paper_speed.py [--threads N] [--weights NAME].

The 713 patches of a 1024×768 image at n = 30 are embedded batch by batch. Beside each batch, in the same
run, ResNet-50 alone sees the same patches, already cut and normalised: as the encoder prepares it, and plain
(float32, batch norm not folded, channels first). Taking turns keeps a busy machine from favouring one side.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from workstation import paths
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import registry, tensors
from workstation.analysis.model.checkpoint_keys import DIMENSIONS, VISUAL
from workstation.analysis.model.device import Placement, cpu_computes_bfloat16, cpu_name
from workstation.analysis.model.encoder import WeightsDescription
from workstation.analysis.model.import_checkpoint import BFLOAT16_TOLERANCE, CLIP_NORMALISATION, PUBLISHED_PATCH
from workstation.analysis.model.paper import PATCHES_PER_DIMENSION, PaperEncoder, patch_batches, prepared_network
from workstation.analysis.model.resnet50 import ResNet50
from workstation.analysis.result import FloatArray

WIDTH, HEIGHT = 1024, 768
CPU = torch.device("cpu")
BATCH = 16
"""Patches per batch, the same for everybody."""
CONTENDERS = (
    "embed, bfloat16",
    "ResNet-50 alone, bfloat16",
    "embed, float32",
    "ResNet-50 alone, float32",
    "plain ResNet-50, float32",
)
RATIOS = (
    ("embed, bfloat16", "ResNet-50 alone, bfloat16"),
    ("embed, float32", "ResNet-50 alone, float32"),
    ("embed, float32", "plain ResNet-50, float32"),
    ("embed, bfloat16", "plain ResNet-50, float32"),
    ("embed, bfloat16", "embed, float32"),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", default="", help="registered weights; default: a ResNet-50 of random weights")
    parser.add_argument("--image", type=Path, default=None, help="at least 1024×768; default: the bundled example")
    arguments = parser.parse_args()
    image = read_image(arguments.image or paths.resources() / "examples" / "spliced.jpg")
    grid = PatchGrid.for_image(HEIGHT, WIDTH, patch=PUBLISHED_PATCH, per_dimension=PATCHES_PER_DIMENSION)
    visual = weights_of(arguments.weights)

    seconds, error = race(image, grid, visual, arguments.threads)

    count = grid.rows * grid.columns
    print(f"{cpu_name()}, {arguments.threads} thread(s), torch {torch.__version__}", end="")
    print(f", bfloat16 in hardware: {'yes' if cpu_computes_bfloat16() else 'no'}")
    print(f"{count} patches of {PUBLISHED_PATCH} px at stride {grid.stride}\n")
    print("| | seconds | patches/s |\n|---|---|---|")
    for name in CONTENDERS:
        print(f"| {name} | {seconds[name]:.2f} | {count / seconds[name]:.1f} |")
    print("\n| ratio of times | |\n|---|---|")
    for name, other in RATIOS:
        print(f"| {name} : {other} | {seconds[name] / seconds[other]:.3f} |")
    print(f"\nlargest relative error of bfloat16: {error:.5f} (limit {BFLOAT16_TOLERANCE})")


def race(
    image: NDArray[np.uint8], grid: PatchGrid, visual: Mapping[str, Tensor], threads: int
) -> tuple[dict[str, float], float]:
    """Let every contender do every batch in turn.

    Returns:
        Seconds of each contender, and the largest relative error of bfloat16 embeddings.
    """
    encoders = {
        "bfloat16": encoder_of(visual, torch.bfloat16, threads),
        "float32": encoder_of(visual, torch.float32, threads),
    }
    plain = plain_network(visual)
    seconds = dict.fromkeys(CONTENDERS, 0.0)
    steps = {name: encoder.embed(image, grid) for name, encoder in encoders.items()}
    embeddings: dict[str, FloatArray] = {}
    for number, patches in enumerate([*patch_batches(image, grid, BATCH)]):
        for name, encoder in encoders.items():
            ready = encoder.normalised(patches)
            if number == 0:
                forward(encoder.network, ready)  # warm up
            for turn in range(2):  # whoever is second finds the weights in the cache: they take turns at that, too
                alone = turn == number % 2
                start = time.perf_counter()
                if alone:
                    forward(encoder.network, ready)
                else:
                    embeddings[name] = next(steps[name]).partial
                contender = "ResNet-50 alone" if alone else "embed"
                seconds[f"{contender}, {name}"] += time.perf_counter() - start
        ready = encoders["float32"].normalised(patches).contiguous()
        if number == 0:
            forward(plain, ready)
        start = time.perf_counter()
        forward(plain, ready)
        seconds["plain ResNet-50, float32"] += time.perf_counter() - start
    difference = np.linalg.norm(embeddings["bfloat16"] - embeddings["float32"], axis=2)
    return seconds, float(difference.max())


def forward(network: ResNet50, patches: Tensor) -> Tensor:
    """The network alone."""
    with torch.inference_mode():
        return network(patches)  # type: ignore[no-any-return]


def read_image(path: Path) -> NDArray[np.uint8]:
    """The upper left 1024×768 pixels of an image, RGB."""
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))[:HEIGHT, :WIDTH]


def weights_of(name: str) -> dict[str, Tensor]:
    """The image side of registered weights, or of a network that was never trained."""
    if name:
        return tensors.read_registered(registry.find(name), prefix=VISUAL)
    torch.manual_seed(0)
    return {VISUAL + key: value for key, value in ResNet50(DIMENSIONS).state_dict().items()}


def encoder_of(visual: Mapping[str, Tensor], dtype: torch.dtype, threads: int) -> PaperEncoder:
    """The encoder with these weights in this arithmetic."""
    description = WeightsDescription(
        name="benchmark",
        file="",
        sha256="",
        architecture="paper",
        patch=PUBLISHED_PATCH,
        dimensions=DIMENSIONS,
        normalisation=CLIP_NORMALISATION,
        licence="",
        training_data="",
        figures=(),
        departure_range=(0.0, 1.0),
        text_side=False,
        source="",
    )
    placement = Placement(CPU, dtype, threads)
    with placement.computing():
        network = prepared_network(visual, dtype, CPU)
    encoder = PaperEncoder(description, network, placement)
    encoder.batch = BATCH
    return encoder


def plain_network(visual: Mapping[str, Tensor]) -> ResNet50:
    """ResNet-50 as anybody would run it: float32, channels first, batch norm of its own."""
    network = ResNet50(DIMENSIONS)
    network.load_state_dict({key.removeprefix(VISUAL): value for key, value in visual.items()})
    return network.eval()


if __name__ == "__main__":
    main()
