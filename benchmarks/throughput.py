"""How much of a device's matrix peak both architectures reach: patches per second, embedding and training.

    python -m benchmarks.throughput [--device auto|cpu|cuda] [--dtype bfloat16|float16|float32] [--threads N]
                                    [--batch N] [--matrix N] [--seconds S]

The peak is measured, not looked up: the best of many products of two square matrices in the same arithmetic. Each
network then works on random pixels that are on the device already, so that neither decoding nor a bus is measured:
`paper` (ResNet-50, 768 values) on single patches of 124 pixels; `compact` of the shipped size on tiles of 512 pixels
with windows of 64 pixels every 16 (embedding), and on tiles of 128 pixels with one window each (training). A training
step is forward, a loss among the embeddings and backward, in autocast, without the optimizer. An analysis runs the same
convolutions of `compact` over a photograph in bands, and on a CPU takes ReLU and sums into them, where the counter does
not see them; `benchmarks.compact_speed` times that.

Operations are counted by torch.utils.flop_counter (convolutions and matrix products; two per multiplication and
addition). All take turns and the fastest turn counts, so that a busy machine favours nobody. A CPU gets smaller sizes.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.paper_speed import weights_of
from workstation.analysis.model.compact_network import FEATURE_STRIDE, CompactNetwork
from workstation.analysis.model.device import cpu_computes_bfloat16, cpu_name, place
from workstation.analysis.model.import_checkpoint import CLIP_NORMALISATION
from workstation.analysis.model.paper import prepared_network
from workstation.analysis.model.resnet50 import ResNet50

PAPER_PATCH = 124
COMPACT_TILE, COMPACT_WINDOW, COMPACT_STEP = 512, 64, 16
TRAINING_TILE = 128
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
TEMPERATURE = 0.1


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work one turn is.

    Attributes:
        matrix: side of the multiplied matrices.
        patches: of `paper` per batch.
        tiles: of `compact` per batch, for embedding.
        training_tiles: of `compact` per training step.
    """

    matrix: int
    patches: int
    tiles: int
    training_tiles: int


CPU_SIZES = Sizes(matrix=1536, patches=16, tiles=1, training_tiles=16)
ACCELERATOR_SIZES = Sizes(matrix=8192, patches=512, tiles=32, training_tiles=512)


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is timed.

    Attributes:
        name: in the table.
        patches: embeddings that one turn makes; 0 for the matrix product.
        turn: does it once.
    """

    name: str
    patches: int
    turn: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Measured:
    """The fastest turn.

    Attributes:
        name: in the table.
        patches: per turn.
        seconds: of the fastest turn.
        operations: of one turn, as counted.
    """

    name: str
    patches: int
    seconds: float
    operations: int

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.operations / self.seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--dtype", choices=sorted(DTYPES), default=None, help="default: bfloat16 where it is fast")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--batch", type=int, default=None, help="patches of paper and tiles of compact in training")
    parser.add_argument("--matrix", type=int, default=None, help="side of the multiplied matrices")
    parser.add_argument("--seconds", type=float, default=20.0, help="of all turns together")
    options = parser.parse_args()
    placement = place(options.device, threads=options.threads, precision="float32", bfloat16_allowed=False)
    torch.set_num_threads(placement.threads)
    device = placement.device
    fast = device.type == "cuda" or (device.type == "cpu" and cpu_computes_bfloat16())
    dtype = DTYPES[options.dtype or ("bfloat16" if fast else "float32")]
    base = CPU_SIZES if device.type == "cpu" else ACCELERATOR_SIZES
    sizes = Sizes(
        options.matrix or base.matrix,
        options.batch or base.patches,
        base.tiles,
        options.batch or base.training_tiles,
    )
    measured = race(works(device, dtype, sizes), device, options.seconds)
    where = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{cpu_name()}, {placement.threads} thread(s)"
    )
    print(f"{where}, torch {torch.__version__}, {str(dtype).removeprefix('torch.')}")
    print(f"matrix product of side {sizes.matrix}: {measured[0].rate / 1e12:.3f} TFLOP/s\n")
    for line in table(measured):
        print(line)


def described(device: torch.device, threads: int) -> str:
    """The device in words."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{cpu_name()}, {threads} thread(s)" if device.type == "cpu" else device.type


def works(device: torch.device, dtype: torch.dtype, sizes: Sizes) -> tuple[Work, ...]:
    """The matrix product, then embedding and training of both architectures."""
    torch.manual_seed(0)
    one, two = (torch.randn(sizes.matrix, sizes.matrix, device=device, dtype=dtype) for _ in range(2))
    return (
        Work("matrix product", 0, lambda: one @ two),
        paper_embedding(device, dtype, sizes.patches),
        compact_embedding(device, dtype, sizes.tiles),
        paper_training(device, dtype, sizes.patches),
        compact_training(device, dtype, sizes.training_tiles),
    )


def paper_embedding(device: torch.device, dtype: torch.dtype, patches: int) -> Work:
    """ResNet-50 as an analysis prepares it."""
    network, pixels = prepared_network(weights_of(""), dtype, device), noise(patches, PAPER_PATCH, device)

    def turn() -> Tensor:
        with torch.inference_mode():
            ready = normalised(pixels).to(dtype).contiguous(memory_format=torch.channels_last)
            return functional.normalize(network(ready), dim=1)

    return Work("paper, embedding", patches, turn)


def compact_embedding(device: torch.device, dtype: torch.dtype, tiles: int) -> Work:
    """The compact network, batch norms folded, with overlapping windows pooled from its features."""
    network, pixels = CompactNetwork().eval().requires_grad_(False), noise(tiles, COMPACT_TILE, device)
    network.fold_batch_norm()
    network.to(device)
    for stage in (network.stem, network.fine, network.coarse):
        stage.to(dtype)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    block = COMPACT_STEP // FEATURE_STRIDE
    window = COMPACT_WINDOW // COMPACT_STEP

    def turn() -> Tensor:
        with torch.inference_mode():
            pooled = functional.avg_pool2d(network.moments(pixels, block, dtype), window, 1)
            return network.project(pooled.flatten(2).transpose(1, 2))

    side = COMPACT_TILE // COMPACT_STEP - window + 1
    return Work("compact, embedding", tiles * side * side, turn)


def paper_training(device: torch.device, dtype: torch.dtype, patches: int) -> Work:
    """A step of the image side: embeddings against fixed ones, as those of texts are."""
    network = ResNet50(768).to(device).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # likewise
    pixels = noise(patches, PAPER_PATCH, device)
    texts = functional.normalize(torch.randn(patches, 768, device=device), dim=1)

    def turn() -> None:
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            ready = normalised(pixels).contiguous(memory_format=torch.channels_last)
            embedded = functional.normalize(network(ready).float(), dim=1)
        step(network, embedded @ texts.T / TEMPERATURE)

    return Work("paper, training (image side)", patches, turn)


def compact_training(device: torch.device, dtype: torch.dtype, tiles: int) -> Work:
    """A step of the compact network with one window per tile; neighbours are taken for a pair."""
    network = CompactNetwork().to(device).train()
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # likewise
    pixels = noise(tiles, TRAINING_TILE, device)

    def turn() -> None:
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            moments = network.moments(pixels, TRAINING_TILE // FEATURE_STRIDE)
        embedded = network.project(moments.flatten(1))
        step(network, embedded @ embedded.roll(1, 0).T / TEMPERATURE)

    return Work("compact, training", tiles, turn)


def step(network: nn.Module, logits: Tensor) -> None:
    """Backward from the cross-entropy of square logits whose diagonal is right."""
    network.zero_grad(set_to_none=True)
    loss = functional.cross_entropy(logits, torch.arange(len(logits), device=logits.device))
    loss.backward()  # type: ignore[no-untyped-call]


def noise(count: int, side: int, device: torch.device) -> Tensor:
    """Random pixels, (count, 3, side, side) uint8."""
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8, device=device)


def normalised(pixels: Tensor) -> Tensor:
    """With CLIP's mean and deviation, float32."""
    mean, deviation = (
        torch.tensor(values, device=pixels.device).reshape(3, 1, 1)
        for values in (CLIP_NORMALISATION.mean, CLIP_NORMALISATION.deviation)
    )
    return (pixels / 255 - mean) / deviation


def race(contenders: Sequence[Work], device: torch.device, seconds: float) -> tuple[Measured, ...]:
    """Count everybody's operations, then let them take turns until the time is over; two turns each at least."""
    operations = [counted(work) for work in contenders]
    best = [float("inf")] * len(contenders)
    start, rounds = time.perf_counter(), 0
    while rounds < 2 or time.perf_counter() - start < seconds:
        for number, work in enumerate(contenders):
            best[number] = min(best[number], timed(work, device))
        rounds += 1
    return tuple(
        Measured(work.name, work.patches, fastest, count)
        for work, fastest, count in zip(contenders, best, operations, strict=True)
    )


def counted(work: Work) -> int:
    """Operations of one turn, which also warms up."""
    with FlopCounterMode(display=False) as counter:
        work.turn()
    return int(counter.get_total_flops())


def timed(work: Work, device: torch.device) -> float:
    """Seconds of one turn, until the device is done."""
    finish(device)
    start = time.perf_counter()
    work.turn()
    finish(device)
    return time.perf_counter() - start


def finish(device: torch.device) -> None:
    """Wait for what was asked of an accelerator."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def table(measured: Sequence[Measured]) -> list[str]:
    """Rows of all but the first, which is the peak."""
    peak, *networks = measured
    lines = ["| | patches/s | GFLOP per patch | TFLOP/s | share of the matrix peak |", "|---|---|---|---|---|"]
    lines.extend(
        f"| {one.name} | {one.patches / one.seconds:.1f} | {one.operations / one.patches / 1e9:.3f} "
        f"| {one.rate / 1e12:.3f} | {one.rate / peak.rate:.1%} |"
        for one in networks
    )
    return lines


if __name__ == "__main__":
    main()
