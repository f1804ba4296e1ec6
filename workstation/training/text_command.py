"""What `exifact train-text` does: features of the frozen image side, training, weights, figures."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation import paths
from workstation.evaluation.photo_manifest import NAME, manifest_rows
from workstation.progress import Progress
from workstation.training.folders import make_folder

if TYPE_CHECKING:
    from workstation.training.text_evaluation import TextFigures

FIGURES = "figures.json"
"""In the folder of the run: every figure with its interval."""

BROKEN = "broken-photos.tsv"


@dataclass(frozen=True, slots=True)
class TrainedText:
    """What a run wrote.

    Attributes:
        weights: the safetensors file.
        description: JSON of image and text side together.
        figures: measured on the dev half.
        broken: photographs that were left out.
    """

    weights: Path
    description: Path
    figures: TextFigures
    broken: int


def default_configuration() -> Path:
    """The configuration of the shipped text side."""
    return paths.resources() / "training" / "compact-text.toml"


def train_text(
    photos: Path,
    out: Path,
    *,
    name: str = "compact",
    configuration: Path | None = None,
    threads: int | None = None,
) -> Generator[Progress, None, TrainedText]:
    """Train a text side for registered compact weights and write it, with a new description, to `out`.

    Args:
        photos: folder with a manifest.csv.
        out: folder of the run.
        name: of the weights whose image side is used.
        configuration: TOML file; None = that of the shipped text side.
        threads: CPU threads; None = torch's default.

    Yields:
        Progress; while training its partial is a `TextReport`.

    Raises:
        TrainingProblem: if the photos cannot be used, or OpenCV is not installed.
        ConfigurationProblem: for an impossible configuration.
        WeightsProblem: if the image side cannot be used.
    """
    from workstation.training.command import TrainingProblem, check_ready  # noqa: PLC0415 - as below

    check_ready(photos)
    _check_dev(photos)
    import torch  # noqa: PLC0415 - the command line shows its help without torch

    from workstation.training import text_evaluation, text_features, text_training  # noqa: PLC0415
    from workstation.training.text_configuration import TextConfiguration  # noqa: PLC0415
    from workstation.training.text_export import write_description, write_text_side  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    settings = TextConfiguration.read(configuration or default_configuration())
    description, state = text_features.image_side(name)
    make_folder(out)
    yield Progress("reading the photographs", None)
    bank = yield from text_features.feature_bank(photos, description, state, settings, out)
    lines = [f"{file}\t{reason}\n" for file, reason in bank.broken]
    (out / BROKEN).write_text("".join(lines), encoding="utf-8")
    if not bank.statements:
        raise TrainingProblem(
            f"no photo of split 'train' is large enough for a sample; {out / BROKEN} names the broken"
        )
    trained = yield from text_training.TextTraining(bank, settings).run()
    described, side = write_text_side(trained, settings, description, state, out)
    figures = yield from text_evaluation.evaluate(side, photos)
    (out / FIGURES).write_text(json.dumps(asdict(figures), indent=1) + "\n", encoding="utf-8")
    record = write_description(description.folder / f"{name}.json", described, figures, settings)
    return TrainedText(out / described.text_file, record, figures, len(bank.broken))


def _check_dev(photos: Path) -> None:
    """Find out before the training what its figures need after it.

    Raises:
        TrainingProblem: without photographs of two cameras to measure on.
    """
    from workstation.training.command import TrainingProblem  # noqa: PLC0415 - as above
    from workstation.training.photos import COLUMNS  # noqa: PLC0415 - as above

    rows = [r for r in manifest_rows(photos, COLUMNS) if r["split"] == "dev" and r["chart_or_flat"] != "1"]
    if len({(row["make"], row["model"]) for row in rows}) < 2:
        raise TrainingProblem(f"{photos / NAME} names photos of fewer than two cameras whose split is 'dev'")
