"""What `exifact train` does: read the configuration, train or resume, export the weights."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Sequence
from pathlib import Path

from workstation import paths
from workstation.errors import WorkstationError
from workstation.evaluation.photo_manifest import NAME, manifest_rows
from workstation.progress import Progress
from workstation.training.folders import make_folder


class TrainingProblem(WorkstationError):
    """Training cannot start: no photos, no manifest, an unreadable configuration."""

    remedy = "See `exifact train --help` and docs/training.md."


def default_configuration() -> Path:
    """The configuration of the shipped compact weights."""
    return paths.resources() / "training" / "compact.toml"


def train(
    photos: Path,
    out: Path,
    *,
    configuration: Path | None = None,
    threads: int | None = None,
    workers: int = 1,
    name: str = "compact",
    export_only: bool = False,
    curves: Sequence[str] = (),
    measure_every: int = 0,
    start: Path | None = None,
) -> Generator[Progress, None, Path]:
    """Train in the folder `out`, resuming what is there, and export the weights to it.

    Args:
        photos: folder with a manifest.csv.
        out: folder of the run: checkpoint, weights, description.
        configuration: TOML file; None = the run's own copy, else that of the shipped weights.
        threads: CPU threads of the network; None = torch's default.
        workers: processes that prepare batches; 0 = none beside this one.
        name: of the exported weights.
        export_only: write the weights of the present checkpoint without training.
        curves: "tensorboard", "wandb", beside the table `curve.tsv`.
        measure_every: steps between two figures on splices of the dev cameras; 0 = none.
        start: compact weights that training starts from; their SHA-256 must stand in the configuration.

    Yields:
        Progress; while training its partial is a `StepReport`.

    Returns:
        Path of the description.

    Raises:
        TrainingProblem: if the photos cannot be used, the weights to start from are missing or others than the
            configuration names, or OpenCV is not installed.
    """
    check_ready(photos)
    import torch  # noqa: PLC0415 - the command line shows its help without torch

    from workstation.training.configuration import TrainingConfiguration  # noqa: PLC0415
    from workstation.training.distributed import company  # noqa: PLC0415
    from workstation.training.export import export  # noqa: PLC0415
    from workstation.training.run import CHECKPOINT, Training  # noqa: PLC0415
    from workstation.training.start import parameters_to_start_from  # noqa: PLC0415

    if threads:
        torch.set_num_threads(threads)
    if not export_only:
        own = out / "configuration.toml"
        chosen = configuration or (own if own.is_file() else default_configuration())
        settings = TrainingConfiguration.read(chosen)
        begun = (out / CHECKPOINT).exists()
        initial = None if begun else parameters_to_start_from(start, settings.start)
        make_folder(out)
        yield Progress("decoding photos", 0.0)
        with company() as together:  # under torchrun the processes that it started
            run = Training(
                settings,
                photos,
                out,
                workers=workers,
                company=together,
                curves=curves,
                measure_every=measure_every,
                start=initial,
            )
            if chosen != own and together.leads:  # not before the run has taken it
                own.write_bytes(chosen.read_bytes())
            for progress in run.run():
                if together.leads:
                    yield progress
        if not together.leads:
            return out / f"{name}.json"
        if run.step < settings.steps:
            raise TrainingProblem(
                f"stopped at step {run.step} of {settings.steps}; the same command goes on from there"
            )
    yield Progress("exporting weights", None)
    return export(out, out, name=name, photos=photos)


def check_ready(photos: Path) -> None:
    """Find out early what would stop the training later.

    Raises:
        TrainingProblem: without OpenCV, a manifest, or a single photo to train on.
        ManifestProblem: if the manifest cannot be used.
    """
    if importlib.util.find_spec("cv2") is None:
        raise TrainingProblem(
            "training needs OpenCV, which looking at photographs does not: pip install exifact[train]"
        )
    from workstation.training.photos import COLUMNS, first_usable  # noqa: PLC0415 - the help needs no numpy

    try:
        rows = [row for row in manifest_rows(photos, COLUMNS) if row["split"] == "train"]
    except FileNotFoundError as problem:
        raise TrainingProblem(f"{photos} holds no {NAME}") from problem
    if not rows:
        raise TrainingProblem(f"{photos / NAME} names no photo whose split is 'train'")
    usable, reason = first_usable(photos, [row["file"] for row in rows])
    if usable is None:
        raise TrainingProblem(f"none of the {len(rows)} photos of split 'train' can be decoded; the first: {reason}")
