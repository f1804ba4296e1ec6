"""How much faster the compact model answers than the published network: a 12-megapixel JPEG, from the file to the maps.

    python -m benchmarks.compact_speed [--image FILE] [--threads N] [--repeat N]

Both take the same steps, in turns, in one process: decode the file, embed its patches, compute the maps (imports,
loading of weights and the report apart). `compact` runs as it is shipped; the published network runs in float32 at
n = 30, with 128-pixel patches and weights that were never trained (time does not depend on their values). Prints
wall-clock and CPU seconds of each stage, the best of the repeats, and the ratio of the sums; the goal is at most 1/6.

Without --image the bundled example is mirrored to 4000×3000 pixels and saved as JPEG 92.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from PIL import Image, ImageOps

import workstation.analysis.pipeline  # noqa: F401 - imported late by the program; imports are not measured
from benchmarks.paper_speed import encoder_of, weights_of
from workstation import analysis, evidence, paths
from workstation.analysis.model import load_encoder
from workstation.analysis.model.encoder import Encoder
from workstation.analysis.model.paper import PaperEncoder
from workstation.analysis.result import AnalysisRequest
from workstation.progress import Progress

T = TypeVar("T")

WIDTH, HEIGHT = 4000, 3000
GOAL = 1 / 6
Seconds = dict[str, tuple[float, float]]
"""Stage → wall-clock and CPU seconds."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=Path, default=None)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    compact = load_encoder("compact", device="cpu", threads=options.threads)
    paper = published_network(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        photograph = options.image or twelve_megapixels(Path(folder) / "photograph.jpg")
        best: dict[str, Seconds] = {}
        for _ in range(options.repeat):
            for name, encoder in (("compact", compact), ("paper", paper)):
                measured = walk(photograph, encoder, threads=options.threads)
                if name not in best or total(measured)[0] < total(best[name])[0]:
                    best[name] = measured
    print(f"{compact.device_name}, torch {torch.__version__}", end="")
    print(f"; compact in {compact.dtype_name}, paper in {paper.dtype_name}\n")
    print("| stage | compact wall | compact CPU | paper wall | paper CPU |\n|---|---|---|---|---|")
    for stage in dict.fromkeys((*best["compact"], *best["paper"])):
        cells = [best[name].get(stage, (0.0, 0.0)) for name in ("compact", "paper")]
        print(f"| {stage} | " + " | ".join(f"{seconds:.2f} s" for pair in cells for seconds in pair) + " |")
    sums = [total(best[name]) for name in ("compact", "paper")]
    print("| all | " + " | ".join(f"{seconds:.2f} s" for pair in sums for seconds in pair) + " |")
    ratio, ratio_cpu = (sums[0][i] / sums[1][i] for i in range(2))
    print(f"\ncompact : paper = {ratio:.3f} (CPU {ratio_cpu:.3f}); goal: at most {GOAL:.3f}")


def walk(path: Path, encoder: Encoder, *, threads: int) -> Seconds:
    """Open and analyse one file, and see how long each stage takes."""
    seconds: Seconds = {}
    opened = timed(evidence.open_steps(path), seconds)
    request = AnalysisRequest(model=encoder.description.name, device="cpu", threads=threads)
    timed(analysis.run(opened, request, encoder=encoder), seconds)
    return seconds


def timed(steps: Generator[Progress, None, T], seconds: Seconds) -> T:
    """Run a computation to its end and add up the time between its reports under the stage that was reported last."""
    stage = ""
    wall, cpu = time.perf_counter(), time.process_time()
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            add(seconds, stage, wall, cpu)
            return stop.value  # type: ignore[no-any-return] # a generator's return value is not typed
        add(seconds, stage or progress.stage, wall, cpu)
        stage, wall, cpu = progress.stage, time.perf_counter(), time.process_time()


def add(seconds: Seconds, stage: str, wall: float, cpu: float) -> None:
    """Add the time since (`wall`, `cpu`) to a stage."""
    before = seconds.get(stage, (0.0, 0.0))
    seconds[stage] = (before[0] + time.perf_counter() - wall, before[1] + time.process_time() - cpu)


def total(seconds: Seconds) -> tuple[float, float]:
    """Wall-clock and CPU seconds of all stages."""
    return sum(s[0] for s in seconds.values()), sum(s[1] for s in seconds.values())


def published_network(threads: int) -> PaperEncoder:
    """The published architecture in float32 with weights that were never trained."""
    encoder = encoder_of(weights_of(""), torch.float32, threads)
    encoder.description = replace(encoder.description, name="paper")
    return encoder


def twelve_megapixels(path: Path) -> Path:
    """The untouched half of the bundled example, mirrored until it fills 4000×3000 pixels."""
    with Image.open(paths.resources() / "examples" / "untouched.jpg") as opened:
        tile = opened.convert("RGB")
    canvas = Image.new("RGB", (WIDTH, HEIGHT))
    for row in range(-(-HEIGHT // tile.height)):
        for column in range(-(-WIDTH // tile.width)):
            piece = ImageOps.flip(tile) if row % 2 else tile
            canvas.paste(ImageOps.mirror(piece) if column % 2 else piece, (column * tile.width, row * tile.height))
    canvas.save(path, quality=92)
    return path


if __name__ == "__main__":
    main()
