"""The commands `exifact probe forensics` and `exifact probe distortion`: words in, words out."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.progress import Progress

if TYPE_CHECKING:
    from workstation.evaluation.probes import ProbeResult
    from workstation.evaluation.probes_features import Features

app = typer.Typer(
    help="Linear probes: what can be read off an encoder's features by a straight line.", no_args_is_help=True
)

Model = Annotated[str, typer.Option("--model", help="Name of the weights (`exifact weights list`).")]
Imagenet = Annotated[
    Path | None,
    typer.Option("--imagenet", metavar="FILE", help="Instead: torchvision's ResNet-50, a .safetensors or .pth file."),
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, metavar="N", help="CPU threads.")]


@app.command()
def forensics(
    *,
    dataset: Annotated[str, typer.Option("--dataset", help="casia_1, casia_2 or manifest (docs/evaluation.md).")],
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Folder of the set.")],
    cropped: Annotated[
        bool, typer.Option("--cropped", help="Cut 224×224 from the centre instead of resizing.")
    ] = False,
    subset: Annotated[
        list[str] | None, typer.Option("--subset", metavar="NAME", help="Only this data set of a manifest; repeatable.")
    ] = None,
    model: Model = "compact",
    imagenet: Imagenet = None,
    threads: Threads = None,
) -> None:
    """Tell authentic from tampered pictures."""
    from workstation.evaluation.command import chosen  # noqa: PLC0415 - the command line shows its help without numpy
    from workstation.evaluation.datasets_published import load  # noqa: PLC0415
    from workstation.evaluation.probes import probe_forensics  # noqa: PLC0415

    def steps() -> Generator[Progress, None, ProbeResult]:
        yield Progress("loading the model", 0.0)
        found = chosen(load(dataset, root), subset or [], [], None)
        return (
            yield from probe_forensics(found, _features(model, imagenet, threads), "cropped" if cropped else "resized")
        )

    _tell(steps(), dataset)


@app.command()
def distortion(
    *,
    photos: Annotated[Path, typer.Option("--photos", metavar="DIR", help="Photographs, with or without manifest.csv.")],
    patch: Annotated[int, typer.Option("--patch-size", min=16, max=256, metavar="P", help="Side in pixels.")] = 128,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of everything random.")] = 0,
    model: Model = "compact",
    imagenet: Imagenet = None,
    threads: Threads = None,
) -> None:
    """Tell how strongly a lens bent the lines of a patch whose place is known."""
    from workstation.evaluation.calibration_images import list_photos  # noqa: PLC0415
    from workstation.evaluation.probes import probe_distortion  # noqa: PLC0415

    def steps() -> Generator[Progress, None, ProbeResult]:
        yield Progress("loading the model", 0.0)
        files = [photo.file for photo in list_photos(photos)]
        return (yield from probe_distortion(files, _features(model, imagenet, threads), patch=patch, seed=seed))

    _tell(steps(), photos.name)


def _features(model: str, imagenet: Path | None, threads: int | None) -> Features:
    from workstation.analysis.model import load_encoder  # noqa: PLC0415
    from workstation.evaluation.probes_features import EncoderFeatures, ImagenetFeatures  # noqa: PLC0415

    if imagenet is not None:
        return ImagenetFeatures(imagenet, threads=threads)
    return EncoderFeatures(load_encoder(model, threads=threads))


def _tell(steps: Generator[Progress, None, ProbeResult], subject: str) -> None:
    with terminal.words_for_errors():
        found = terminal.follow(steps, subject)
    for reason in found.skipped:
        terminal.note(f"left out: {reason}")
    accuracy = found.accuracy
    terminal.say(f"{found.probe}, features of {found.features}")
    terminal.say(
        f"accuracy {accuracy.value:.3f} [{accuracy.low:.3f}, {accuracy.high:.3f}], chance {found.chance:.3f}; "
        f"balanced accuracy {found.balanced_accuracy:.3f}, chance {1 / found.classes:.3f}; "
        f"{found.classes} classes, {found.groups} independent pictures"
    )
