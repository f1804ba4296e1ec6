"""The published checkpoint becomes registered weights, and registered weights become a checkpoint again.

A PyTorch checkpoint is a pickle and could run code: it is read with `weights_only=True` only, and kept as safetensors.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from workstation.analysis.model import checkpoint_keys, registry, tensors
from workstation.analysis.model.device import failures_of
from workstation.analysis.model.encoder import Normalisation, WeightsDescription
from workstation.analysis.model.native_paths import native_path
from workstation.analysis.model.paper import prepared_network
from workstation.analysis.model.paper_text import TOKENIZER_FILES, read_tokenizer
from workstation.errors import ExportProblem, WeightsProblem
from workstation.whole_files import flush, whole_file

CLIP_NORMALISATION = Normalisation((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""Mean and deviation of CLIP's training images (Radford et al. 2021), which the published model normalises with."""

PUBLISHED_PATCH = 128
"""Side of a patch as PhotoHolmes runs the published weights; training and the authors' evaluation used 124."""

BFLOAT16_TOLERANCE = 1e-2
"""Largest relative error of an embedding in bfloat16 against float32."""

FIGURE_BFLOAT16 = "largest relative error in bfloat16"

TOKENIZER_EXTRAS = ("tokenizer_config.json", "special_tokens_map.json")

Layout = Literal["original", "pruned"]


class CheckpointProblem(WeightsProblem):
    """A file that is not the published checkpoint in one of its two layouts."""

    likely_causes = ("an incomplete download", "a checkpoint of another network", "weights that were changed")
    remedy = "docs/models.md says which files are taken and where the authors publish theirs."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose keys and shapes were found right.

    Attributes:
        layout: how it was stored.
        state: tensors by their names in layout `pruned`.
    """

    layout: Layout
    state: Mapping[str, Tensor]


def add(file: Path, name: str | None = None, tokenizer: Path | None = None) -> WeightsDescription:
    """Check a published checkpoint, store it as safetensors in the user's folder and register it.

    Args:
        file: `torch.save` of layout `original` or `pruned` (docs/models.md).
        name: to register it under; None = "paper".
        tokenizer: folder with the tokenizer of distilbert-base-uncased, copied too; None = no text side for now.

    Raises:
        CheckpointProblem: if the file is none of the two layouts; the message names the first tensor that is
            missing, surplus or of another shape.
        WeightsProblem: if the name is taken, the tokenizer is another one, or nothing can be stored.
    """
    name = "paper" if name is None else name
    _check_name(name)
    if tokenizer is not None:
        read_tokenizer(tokenizer)
    checkpoint = read_checkpoint(file)
    origin = registry.sha256_of(file)
    with failures_of(torch.device("cpu")):
        error = bfloat16_error(checkpoint.state)
    description = WeightsDescription(
        name=name,
        file=f"{name}.safetensors",
        sha256="0" * 64,
        architecture="paper",
        patch=PUBLISHED_PATCH,
        dimensions=checkpoint_keys.DIMENSIONS,
        normalisation=CLIP_NORMALISATION,
        licence="not stated by the authors (their code is MIT)",
        training_data="1.5 million random photos of YFCC100M with their EXIF, as the authors state",
        figures=((FIGURE_BFLOAT16, error),),
        departure_range=(0.0, 1.0),
        text_side=True,
        source=f"added from {file.name} (SHA-256 {origin}), layout {checkpoint.layout}",
        notes="Zheng, Shrivastava and Owens, EXIF as Language (CVPR 2023). Which file of the authors this is, is not "
        "known to the program: compare the SHA-256 above with theirs.",
        bfloat16=error <= BFLOAT16_TOLERANCE,
        tokenizer=registry.tokenizer_folder_name(name) if tokenizer is not None else "",
        folder=registry.user_folder(),
    )
    try:
        return _store(description, checkpoint.state, tokenizer)
    except OSError as problem:
        raise WeightsProblem(f"{registry.user_folder()}: the weights cannot be stored ({problem})") from problem


def export(name: str, out: Path) -> Path:
    """Write registered weights of the paper as a PyTorch file of layout `pruned`, and return its path.

    Raises:
        WeightsProblem: if there are none with this name, they were altered, or are not of this architecture.
        ExportProblem: if the file cannot be written; nothing half-written is left.
    """
    description = registry.find(name)
    if description.architecture != "paper":
        raise WeightsProblem(
            f"layout 'pruned' is that of the paper architecture; {name!r} is {description.architecture}, "
            f"its tensors are in {description.path}"
        )
    state = tensors.read_registered(description)
    try:
        with whole_file(out) as unfinished:
            torch.save(state, unfinished)
    except (OSError, RuntimeError) as error:  # torch's zip writer reports a full disk as RuntimeError
        raise ExportProblem(f"{out}: the weights cannot be written ({_first_line(error)})") from error
    return out


def read_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint of layout `original` or `pruned`, strictly, without running code from it.

    Raises:
        CheckpointProblem: if it is none; the message names the file and the first tensor that does not fit.
    """
    content = _read_tensors_only(file)
    if not isinstance(content, Mapping):
        raise CheckpointProblem(f"{file.name}: a checkpoint is a dictionary, this is a {type(content).__name__}")
    inner = content.get("model")
    state = inner if isinstance(inner, Mapping) else content
    for name, tensor in state.items():
        if not isinstance(tensor, Tensor):
            raise CheckpointProblem(f"{file.name}: {name!r} is no tensor but a {type(tensor).__name__}")
    layout: Layout = "original" if any(_is_original(name) for name in state) else "pruned"
    expected = checkpoint_keys.original() if layout == "original" else checkpoint_keys.pruned()
    prefix = checkpoint_keys.ORIGINAL if layout == "original" else ""
    tolerated = {prefix + name: shape for name, shape in checkpoint_keys.TOLERATED.items() if prefix + name in state}
    problem = checkpoint_keys.first_difference(state, {**expected, **tolerated})
    if problem:
        raise CheckpointProblem(f"{file.name} is no published checkpoint (layout {layout}): {problem}")
    unused = {*tolerated, *(checkpoint_keys.LEFT_OVERS if layout == "original" else ())}
    used = {name: tensor for name, tensor in state.items() if name not in unused}
    _check_values(file, used)
    return Checkpoint(layout, {name.removeprefix(prefix): tensor for name, tensor in used.items()})


def bfloat16_error(state: Mapping[str, Tensor]) -> float:
    """Largest relative error of bfloat16 embeddings against float32 ones, on fixed patches.

    Args:
        state: with the `visual.*` tensors.

    Raises:
        CheckpointProblem: if the network does not give finite embeddings.
    """
    visual = {name: tensor for name, tensor in state.items() if name.startswith(checkpoint_keys.VISUAL)}
    noise = np.random.default_rng(0).standard_normal((4, 3, PUBLISHED_PATCH, PUBLISHED_PATCH))
    contrast = np.array([0.1, 0.5, 1.0, 2.0]).reshape(4, 1, 1, 1)
    ramp = np.linspace(-1.5, 1.5, PUBLISHED_PATCH)
    patches = torch.from_numpy((noise * contrast + ramp).astype(np.float32))
    embeddings = []
    with torch.inference_mode():
        for dtype in (torch.float32, torch.bfloat16):
            network = prepared_network(visual, dtype, torch.device("cpu"))
            embeddings.append(network(patches.to(dtype, memory_format=torch.channels_last)))
    exact, rounded = embeddings
    lengths = torch.linalg.vector_norm(exact, dim=1)
    if not bool(torch.isfinite(exact).all()) or not bool((lengths > 0).all()):
        raise CheckpointProblem("the image encoder of this checkpoint gives no usable embeddings (zero or not finite)")
    return float((torch.linalg.vector_norm(rounded - exact, dim=1) / lengths).max())


def _check_name(name: str) -> None:
    if not registry.NAME_PATTERN.fullmatch(name):
        raise WeightsProblem(f"{name!r} is no name for weights: use a-z, 0-9, '.', '_' and '-'")
    if any(description.name == name for description in registry.available_weights()):
        raise WeightsProblem(f"there are weights named {name!r} already; choose another --name or remove them first")


def _is_original(name: object) -> bool:
    return isinstance(name, str) and (name.startswith(checkpoint_keys.ORIGINAL) or name in checkpoint_keys.LEFT_OVERS)


def _read_tensors_only(file: Path) -> Any:
    try:
        with file.open("rb") as opened:
            opened.read(1)
    except OSError as error:
        raise CheckpointProblem(f"{file} cannot be read ({error.strerror or error})") from error
    try:
        mapped = zipfile.is_zipfile(file)  # torch's older format cannot be mapped into memory
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns about pickles that it then refuses
            with native_path(file) as path:
                return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # on foreign bytes torch.load raises whatever it stumbles over
        raise CheckpointProblem(
            f"{file.name} is no PyTorch checkpoint that can be read without running code from it "
            f"({type(error).__name__}: {_first_line(error)})"
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no details"])[0][:200]


def _check_values(file: Path, state: Mapping[str, Tensor]) -> None:
    for name, tensor in state.items():
        counter = name.endswith("num_batches_tracked")
        if tensor.is_floating_point() is counter or tensor.layout is not torch.strided:
            raise CheckpointProblem(f"{file.name}: {name!r} holds {tensor.dtype}, which does not fit")
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointProblem(f"{file.name}: {name!r} holds values that are not finite")


def _store(description: WeightsDescription, state: Mapping[str, Tensor], tokenizer: Path | None) -> WeightsDescription:
    """Write everything aside, then move it into place, the description last: without it nothing is registered.

    Not as whole files one by one: all are there or none, and the hash is that of the file before it has its name.
    """
    folder = description.folder
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{description.name}.", dir=folder))
    try:
        weights = aside / description.file
        try:
            with native_path(aside) as place:
                save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, place / weights.name)
        except Exception as error:  # safetensors reports a full disk with an error of its own
            raise WeightsProblem(f"{folder}: the weights cannot be stored ({_first_line(error)})") from error
        described = replace(description, sha256=registry.sha256_of(weights))
        record = aside / f"{description.name}.json"
        record.write_text(json.dumps(registry.write_fields(described), indent=2) + "\n", encoding="utf-8")
        if tokenizer is not None:
            copy = aside / description.tokenizer
            copy.mkdir()
            for name in (*TOKENIZER_FILES, *TOKENIZER_EXTRAS):
                if (tokenizer / name).is_file():
                    shutil.copyfile(tokenizer / name, copy / name)
            shutil.rmtree(folder / copy.name, ignore_errors=True)  # of weights whose removal was cut short
            copy.replace(folder / copy.name)
        flush(weights)
        weights.replace(folder / weights.name)
        record.replace(folder / record.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return described
