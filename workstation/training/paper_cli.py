"""The commands `exifact train-paper` and `exifact ablate`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import paths, terminal
from workstation.progress import relayed

if TYPE_CHECKING:
    from workstation.training.paper_configuration import PaperConfiguration

Pictures = Annotated[Path, typer.Option("--pictures", metavar="DIR", help="Folder of photographs, or of tar shards.")]
Index = Annotated[Path, typer.Option("--index", metavar="DIR", help="What `exifact data index` wrote of it.")]
DevPictures = Annotated[
    Path | None, typer.Option("--dev-pictures", metavar="DIR", help="Photographs to measure retrieval on.")
]
DevIndex = Annotated[Path | None, typer.Option("--dev-index", metavar="DIR", help="Their index.")]
Splices = Annotated[
    Path | None,
    typer.Option("--splices", metavar="DIR", help="Folder with a manifest.csv; splices of its dev cameras are found."),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run; one that is there is resumed.")]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="TOML; the published values by default.")]
Workers = Annotated[int, typer.Option(min=0, metavar="N", help="Processes that prepare batches.")]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads of the networks.")]


def train_paper(  # noqa: PLR0917 - typer makes options of them
    pictures: Pictures,
    index: Index,
    out: Out,
    dev_pictures: DevPictures = None,
    dev_index: DevIndex = None,
    splices: Splices = None,
    configuration: Config = None,
    threads: Threads = None,
    workers: Workers = 1,
    name: Annotated[str, typer.Option("--name", help="Of the exported weights.")] = "paper",
    curves: Annotated[
        list[str] | None, typer.Option("--curves", metavar="NAME", help="tensorboard or wandb, beside the table.")
    ] = None,
) -> None:
    """Train the published architecture; under torchrun the processes that it starts train together."""
    with terminal.words_for_errors():
        from workstation.training.paper_command import PaperData, train_paper  # noqa: PLC0415 - torch

        data = PaperData(pictures, index, dev_pictures, dev_index, splices)
        steps = train_paper(
            data, out, _settings(configuration), threads=threads, workers=workers, name=name, curves=curves or ()
        )
        written = terminal.follow(relayed(steps, terminal.with_training_numbers), name)
    if _leads():
        terminal.say(f"{name}: written to {written}")


def ablate(  # noqa: PLR0917 - as above
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Ablations, or all.")],
    pictures: Pictures,
    index: Index,
    out: Out,
    dev_pictures: DevPictures = None,
    dev_index: DevIndex = None,
    splices: Splices = None,
    configuration: Config = None,
    threads: Threads = None,
    workers: Workers = 1,
    rounds: Annotated[int, typer.Option(min=1, help="Of the greedy choice of tags.")] = 5,
) -> None:
    """Train the published architecture with one thing changed at a time, and print what it does to the dev figures.

    Ablations: all-tags, single-tags, shuffled, no-names, text-from-scratch, text-pretrained, image-image,
    full-resolution, downsampled, greedy; all = all of them but single-tags and greedy.
    """
    with terminal.words_for_errors():
        import torch  # noqa: PLC0415 - late

        from workstation.training import ablations  # noqa: PLC0415 - torch
        from workstation.training.paper_command import PaperData  # noqa: PLC0415 - torch

        if threads:
            torch.set_num_threads(threads)
        settings = _settings(configuration)
        chosen = list(names)
        if chosen == ["all"]:
            long = {"single-tags", "greedy"} | (set() if settings.text_weights else {"text-pretrained"})
            chosen = [name for name in ablations.NAMES if name not in long]
        data = PaperData(pictures, index, dev_pictures, dev_index, splices)
        steps = ablations.ablate_on(data, chosen, settings, out, workers=workers, rounds=rounds)
        results = terminal.follow(relayed(steps, terminal.with_training_numbers), "ablations")
    for line in ablations.table(results) if _leads() else ():
        terminal.say(line)


def _leads() -> bool:
    """Whether this process speaks: the only one, or the first that torchrun started."""
    return os.environ.get("RANK", "0") == "0"


def _settings(configuration: Path | None) -> PaperConfiguration:
    from workstation.training.paper_configuration import PaperConfiguration  # noqa: PLC0415 - late

    return PaperConfiguration.read(configuration or paths.resources() / "training" / "paper.toml")
