"""What single ideas of training are worth: the shipped weights trained on, once as before and once with each idea.

    python -m benchmarks.training_ablations PHOTOS RUNS [--steps 300] [--count 100] [--seed 777]
                                            [--split dev] [--role ROLE] [--only IDEA ...]

PHOTOS holds manifest.csv. Every run starts from the shipped compact weights, sees as many steps and batches of the same
size, and differs from "as before" in one thing. RUNS gets a folder per run; a run that is complete is not made again,
one that was stopped goes on. --only leaves out the other ideas. Prints the mean average precision per map cell of "as
before" on splices between cameras of the split, and the paired difference of the others, and of the shipped weights,
with its 95 % bootstrap interval over images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.splice_arguments import splice_parser, splices_of
from benchmarks.weights_pairs import encoder_of as encoder_of_weights
from benchmarks.weights_pairs import precision_of, print_pairs, saved_splices
from workstation.analysis.model import WeightsDescription
from workstation.analysis.model.compact import CompactEncoder
from workstation.analysis.model.registry import find
from workstation.training.batches import BatchPlan
from workstation.training.configuration import TrainingConfiguration
from workstation.training.run import Training
from workstation.training.start import parameters_to_start_from

BEFORE = "as before"

IDEAS: dict[str, dict[str, Any]] = {
    BEFORE: {},
    "colour channels of photographs exchanged and mixed": {"recoloured": 0.5},
    "objective `concentration`": {"concentration": 1.0},
    "developed simulated cameras": {"developed": 0.8},
    "block grids aligned with the last save": {"aligned": 0.35},
    "more last saves that scale down and compress": {"last_resized": 0.55, "last_saved": 0.9},
    "no simulated cameras": {"simulated": 0.0},
    "no photograph under two histories": {"twins": 0.0},
}
"""Name to what it changes in the configuration or its batches."""


def configuration(changes: Mapping[str, Any], steps: int, start: str) -> TrainingConfiguration:
    """Of one run; few photographs with many tiles each, which `concentration` needs, for all of them."""
    base = TrainingConfiguration(
        steps=steps,
        warmup=steps // 20,
        cooldown=0.6,
        learning_rate=1e-3,
        kernel_rate=0.008,
        average=0.99,
        seed=11,
        start=start,
        batch=BatchPlan(groups=8, tiles=6),
    )
    own = {name: value for name, value in changes.items() if name in TrainingConfiguration.__dataclass_fields__}
    batch = replace(base.batch, **{name: value for name, value in changes.items() if name not in own})
    return replace(base, batch=batch, **own)


def trained(run: Path, photos: Path, changes: Mapping[str, Any], steps: int, shipped: WeightsDescription) -> Training:
    """A complete run."""
    start = parameters_to_start_from(shipped.folder / shipped.file, shipped.sha256)
    training = Training(configuration(changes, steps, shipped.sha256), photos, run, start=start)
    for progress in training.run():
        print(f"{run.name}: step {training.step}, {progress.partial.loss:.3f}", flush=True)
    return training


def encoder_of(training: Training, shipped: WeightsDescription, threads: int | None) -> CompactEncoder:
    """The averaged weights of a run, in the precision in which they would ship."""
    state = {name: t.half() if t.is_floating_point() else t for name, t in training.average.state_dict().items()}
    return CompactEncoder.from_weights(shipped, state, device="cpu", threads=threads, precision="auto")


def main() -> None:
    """Read the arguments, train what is missing, measure, print."""
    parser = splice_parser(__doc__, count=100)
    parser.set_defaults(threads=1)
    parser.add_argument("runs", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--only", nargs="+", metavar="IDEA", choices=tuple(IDEAS), help=", ".join(IDEAS))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shipped = find("compact")
    encoders: dict[str, CompactEncoder] = {}
    for number, (idea, changes) in enumerate(IDEAS.items()):
        if options.only and idea not in (BEFORE, *options.only):
            continue
        run = trained(options.runs / f"{number}", options.photos, changes, options.steps, shipped)
        encoders[idea] = encoder_of(run, shipped, options.threads)
    encoders["shipped, without further steps"] = encoder_of_weights(shipped.folder / "compact.json", options.threads)
    measures = [(idea, partial(precision_of, encoder)) for idea, encoder in encoders.items()]
    print_pairs("training", measures, saved_splices(splices_of(options)))


if __name__ == "__main__":
    main()
