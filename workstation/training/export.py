"""A checkpoint becomes registered weights: safetensors and the description beside it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workstation.analysis.maps import departure_everywhere
from workstation.analysis.model.compact import WHITENING, CompactEncoder
from workstation.analysis.model.encoder import Normalisation, WeightsDescription
from workstation.analysis.model.registry import sha256_of, write_fields
from workstation.errors import WeightsProblem, WorkstationError
from workstation.evaluation.photo_manifest import manifest_rows
from workstation.evaluation.splices import make_splices
from workstation.evidence import read_metadata
from workstation.evidence.record import Present
from workstation.progress import drain
from workstation.report.atomic import write_text
from workstation.training.run import CHECKPOINT
from workstation.training.tensor_files import write_tensors
from workstation.training.whitening import whitening_of

WINDOW = 64
"""Side in pixels of the windows that the shipped model pools from."""

_REFERENCE_SPLICES = 24
_LICENCE = "Apache-2.0"


def export(run: Path, out: Path, *, name: str, photos: Path) -> Path:
    """Write `out`/<name>.safetensors and <name>.json from the averaged weights of a run's checkpoint.

    Args:
        run: folder of the training run.
        out: folder that is written to.
        name: under which the weights are registered.
        photos: the collection that it was trained on, for the colour scale, the counts and the tags' shares.

    Returns:
        The description's path.

    Raises:
        WeightsProblem: without a checkpoint.
        ManifestProblem: if the collection's manifest cannot be used.
        ExportProblem: if the description cannot be written; an earlier one is then as it was.
    """
    try:
        state = torch.load(run / CHECKPOINT, weights_only=True, map_location="cpu")
    except OSError as problem:
        raise WeightsProblem(f"{run}: no checkpoint can be read ({problem.strerror})") from problem
    out.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in state["average"].items()}
    tensors = {k: v.contiguous() for k, v in tensors.items()}
    if state["configuration"].get("whitened", False):
        tensors[WHITENING] = whitening_of(state["average"], photos).half()
    weights = out / f"{name}.safetensors"
    write_tensors(tensors, weights, {"configuration": json.dumps(state["configuration"]), "step": str(state["step"])})
    trained = [row for row in manifest_rows(photos, ("file", "split", "make", "model")) if row["split"] == "train"]
    description = WeightsDescription(
        name=name,
        file=weights.name,
        sha256=sha256_of(weights),
        architecture="compact",
        patch=WINDOW,
        dimensions=int(state["configuration"]["dimensions"]),
        normalisation=Normalisation((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        licence=_LICENCE,
        training_data=_describe_data(trained),
        figures=(),
        departure_range=(0.0, 1.0),
        text_side=False,
        source=f"exifact train, {state['step']} steps, seed {state['configuration']['seed']}",
        notes="Image side only: it was not trained with text.",
        tag_shares=_tag_shares(photos, [row["file"] for row in trained]),
        folder=out,
    )
    high = _scale_limit(description, tensors, photos)
    fields = write_fields(description) | {"departure_range": [0.0, high], "training": state["configuration"]}
    target = out / f"{name}.json"
    write_text(target, json.dumps(fields, indent=1, ensure_ascii=False) + "\n")
    return target


def _describe_data(rows: list[dict[str, str]]) -> str:
    cameras = {(row["make"], row["model"]) for row in rows}
    return f"{len(rows)} photographs of {len(cameras)} cameras and simulated cameras (see docs/model-card.md)"


def _scale_limit(description: WeightsDescription, tensors: dict[str, Any], photos: Path) -> float:
    """99.9th percentile of the departure on reference splices between training cameras, rounded up to 0.05."""
    encoder = CompactEncoder.from_weights(description, tensors, device="cpu", threads=None, precision="auto")
    values = []
    for splice in make_splices(photos, split="train", count=_REFERENCE_SPLICES, seed=1):
        rgb, _ = splice.saved("q90")
        grid = encoder.default_grid(rgb.shape[0], rgb.shape[1], None, None)
        values.append(departure_everywhere(drain(encoder.embed(rgb, grid)), rgb, grid))
    return round(float(np.ceil(np.percentile(np.concatenate(values), 99.9) * 20)) / 20, 2)


def _tag_shares(photos: Path, files: list[str]) -> tuple[tuple[str, float], ...]:
    """Share of the photos that carry each tag of IFD0, ExifIFD or GPS, for tags that one in a hundred carries."""
    counts: Counter[str] = Counter()
    for file in files:
        try:
            entries = read_metadata(photos / file).metadata.entries
        except WorkstationError:
            continue
        counts.update(
            {e.name for e in entries if e.group in {"IFD0", "ExifIFD", "GPS"} and isinstance(e.state, Present)}
        )
    shares = ((name, round(number / len(files), 3)) for name, number in counts.items())
    return tuple(sorted((name, share) for name, share in shares if share >= 0.01))
