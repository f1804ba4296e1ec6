"""A trained text side becomes registered: a safetensors file and the description of image and text side together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from workstation.analysis.claims import FIELD
from workstation.analysis.model import compact_text, registry
from workstation.analysis.model.compact_text import CompactTextSide
from workstation.analysis.model.encoder import WeightsDescription
from workstation.report.atomic import write_text
from workstation.training.retrieval import Retrieval
from workstation.training.tensor_files import write_tensors
from workstation.training.text_configuration import TextConfiguration
from workstation.training.text_evaluation import TextFigures
from workstation.training.text_training import TextSideState

CONFIGURATION = "configuration"
"""Key of the configuration in the file's header."""


def write_text_side(
    trained: TextSideState,
    settings: TextConfiguration,
    description: WeightsDescription,
    image_state: dict[str, Tensor],
    out: Path,
) -> tuple[WeightsDescription, CompactTextSide]:
    """Write the weights file to `out`, and return its description and the text side as whoever reads the file gets it.

    Args:
        trained: what is written, as float16.
        settings: of the run, stored in the header.
        description: of the image side.
        image_state: its tensors.
        out: folder that is written to.
    """
    state = {compact_text.HEAD + name: tensor for name, tensor in trained.head.items()}
    state |= {compact_text.TEXT + name: tensor for name, tensor in trained.tower.state_dict().items()}
    halved = {name: tensor.detach().half().contiguous() for name, tensor in state.items()}
    halved[compact_text.SCALE] = torch.tensor(trained.logit_scale)
    halved[compact_text.CENTRE] = trained.centre
    header = {
        compact_text.TOKENIZER: trained.tokens.tokenizer.to_str(),
        compact_text.IMAGE_SHA256: description.sha256,
        compact_text.HEADS: trained.tower.heads,
        CONFIGURATION: settings.as_table(),
    }
    target = out / registry.text_file_name(description.name)
    write_tensors(halved, target, {compact_text.HEADER: json.dumps(header, sort_keys=True)})
    described = replace(
        description, folder=out, text_side=True, text_file=target.name, text_sha256=registry.sha256_of(target), notes=""
    )
    side = compact_text.assemble(described, image_state, halved, header, device="cpu", threads=None, precision="auto")
    return described, side


def write_description(
    original: Path, described: WeightsDescription, figures: TextFigures, settings: TextConfiguration
) -> Path:
    """Write the image side's description anew, with the text side and its figures, beside the text side's file.

    Args:
        original: description of the image side; fields that this program does not know are kept.
        described: image and text side together.
        figures: of the text side.
        settings: of its run.

    Returns:
        Path of the new description.

    Raises:
        ExportProblem: if it cannot be written; an earlier one is then as it was.
    """
    fields = json.loads(original.read_text(encoding="utf-8")) | registry.write_fields(described)
    fields["figures"] = {**dict(described.figures), **headline(figures)}
    fields["text_training"] = settings.as_table()
    fields.pop(FIELD, None)  # measured with the text side that is replaced
    target = described.folder / f"{described.name}.json"
    write_text(target, json.dumps(fields, indent=1, ensure_ascii=False) + "\n")
    return target


def headline(figures: TextFigures) -> dict[str, float]:
    """The figures that stand in a description; all the others are in the run's figures.json."""
    rows: dict[str, Retrieval] = {"own EXIF text": figures.whole, "own camera": figures.camera}
    out: dict[str, float] = {}
    for name, row in rows.items():
        out[f"dev photos, {name} among {row.cameras} cameras: AUC"] = round(row.auc.value, 3)
        out[f"dev photos, {name} among {row.cameras} cameras: top-1"] = round(row.top1.value, 3)
    return out
