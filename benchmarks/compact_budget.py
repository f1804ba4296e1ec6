"""The compact model against its budget of time and memory, on pictures of 12 and 100 megapixels.

    python -m benchmarks.compact_budget [--threads 2] [--repeat 3]

Time: a 12-megapixel JPEG from the file to the maps, against decoding that JPEG plus one float32 batch of 64 patches of
128 pixels through a plain ResNet-50, in turns in one run; the goal is a ratio of 1. Beside the clock stands the
processor time. While other programs run, that says more; but torch's threads also spin in it while they wait for each
other, so on a busy machine only `--threads 1` is fair. Where convolutions are computed in tiles (`winograd`), the same
without them stands below.

Memory (Linux): the peak of a process of its own that analyses the picture; on the larger picture it should grow by the
decoded pixels alone. Imports, loading of weights and the report are apart.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from PIL import Image

import workstation.analysis.pipeline  # noqa: F401 - imported late by the program; imports are not measured
from benchmarks.compact_speed import total, twelve_megapixels, walk
from benchmarks.paper_speed import plain_network, weights_of
from workstation import analysis, evidence
from workstation.analysis.model import Encoder, load_encoder, winograd
from workstation.analysis.result import AnalysisRequest
from workstation.progress import drain

BATCH, PATCH = 64, 128
DECODING = "decoding the JPEG"
RESNET = f"plain ResNet-50, float32, {BATCH} patches of {PATCH} px"
LARGE = (12_000, 8_400)
"""Width and height of a picture of 100 megapixels."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(memory_of(options.memory_of, options.threads)))
        return
    with tempfile.TemporaryDirectory() as folder:
        photograph = twelve_megapixels(Path(folder) / "12.jpg")
        time_table(photograph, options.threads, options.repeat)
        memory_table(photograph, larger(photograph, Path(folder) / "100.jpg"), options.threads)


def time_table(photograph: Path, threads: int, repeat: int) -> None:
    """Best and median of the repeats, in turns."""
    torch.set_num_threads(threads)
    compact, resnet = load_encoder("compact", device="cpu", threads=threads), plain_network(weights_of(""))
    ours = {"compact, from the file to the maps": compact}
    if winograd.available() and compact.dtype_name == "float32":
        with mock.patch.object(winograd, "available", return_value=False):
            plainly = load_encoder("compact", device="cpu", threads=threads)
        ours["the same, all convolutions by their definition"] = plainly
        print(f"largest difference of embeddings: {difference_of(photograph, compact, plainly):.1e}\n")
    patches = torch.rand(BATCH, 3, PATCH, PATCH)

    def batch() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            resnet(patches)

    resnet(patches[:1])
    measured: dict[str, list[tuple[float, float]]] = {DECODING: [], RESNET: [], **{name: [] for name in ours}}
    for _ in range(repeat):
        for name, encoder in ours.items():
            measured[name].append(total(walk(photograph, encoder, threads=threads)))
        measured[DECODING].append(seconds_of(lambda: Image.open(photograph).load()))
        measured[RESNET].append(seconds_of(batch))
    print(f"{compact.device_name}, {threads} thread(s), torch {torch.__version__}; compact in {compact.dtype_name}\n")
    print("| 12 megapixels | clock, best | clock, median | CPU, best | CPU, median |\n|---|---|---|---|---|")
    rows = {name: summary(seconds) for name, seconds in measured.items()}
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(f"{cell:.2f} s" for cell in cells) + " |")
    for name in ours:
        ratios = [
            own / (first + second) for first, second, own in zip(rows[DECODING], rows[RESNET], rows[name], strict=True)
        ]
        title = name.replace(", from the file to the maps", "")
        print(f"| {title} : the first two together (goal 1) | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |")


def difference_of(photograph: Path, one: Encoder, other: Encoder) -> float:
    """Largest difference of a value of the picture's embeddings, which have unit length."""
    with Image.open(photograph) as opened:
        pixels = np.asarray(opened)
    grid = one.default_grid(pixels.shape[0], pixels.shape[1], None, None)
    return float(np.abs(drain(one.embed(pixels, grid)) - drain(other.embed(pixels, grid))).max())


def seconds_of(step: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - wall, time.process_time() - cpu


def summary(measured: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Best and median of the clock, best and median of the CPU."""
    walls, cpus = ([one[kind] for one in measured] for kind in (0, 1))
    return min(walls), statistics.median(walls), min(cpus), statistics.median(cpus)


def larger(photograph: Path, path: Path) -> Path:
    """The picture enlarged to 100 megapixels."""
    with Image.open(photograph) as opened:
        opened.resize(LARGE).save(path, quality=92)
    return path


def memory_table(first: Path, second: Path, threads: int) -> None:
    """Peak memory of a process for each picture."""
    print("\n| peak memory | before opening | analysing | of it decoded pixels | rest |\n|---|---|---|---|---|")
    for photograph in (first, second):
        command = [sys.executable, "-m", "benchmarks.compact_budget", "--threads", str(threads)]
        ended = subprocess.run(
            [*command, "--memory-of", str(photograph)], check=True, capture_output=True, text=True, encoding="utf-8"
        )
        before, peak, pixels = json.loads(ended.stdout)
        cells = (before, peak, pixels, peak - before - pixels)
        print(f"| {pixels / 3e6:.0f} megapixels | " + " | ".join(f"{cell / 1e9:.2f} GB" for cell in cells) + " |")


def memory_of(photograph: Path, threads: int) -> tuple[int, int, int]:
    """Bytes: peak before anything is opened, peak after the analysis, decoded pixels."""
    encoder = load_encoder("compact", device="cpu", threads=threads)
    before = _peak()
    opened = evidence.open_evidence(photograph)
    drain(analysis.run(opened, AnalysisRequest(model="compact", device="cpu", threads=threads), encoder=encoder))
    return before, _peak(), opened.pixels.rgb.nbytes


def _peak() -> int:
    """Of this program alone: `getrusage` counts what the process that started it held, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024


if __name__ == "__main__":
    main()
