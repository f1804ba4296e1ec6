"""The command `exifact data`: tables and folders of others become training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workstation import terminal
from workstation.terminal import FAILED

SKIPPED = "skipped.tsv"
"""What `data_records` names its list of photographs that were left out."""

data_app = typer.Typer(
    help="Training data: YFCC100M's tables, folders of photographs, tar shards.", no_args_is_help=True
)

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder that is written to.")]


@data_app.command("yfcc")
def records(
    exif: Annotated[Path, typer.Option("--exif", metavar="TSV", help="yfcc100m_exif, plain, .gz or .bz2.")],
    out: Out,
    images: Annotated[
        Path | None, typer.Option("--images", metavar="DIR", help="Only photographs of this folder, named by id.")
    ] = None,
) -> None:
    """Write a record per photograph and the tags' shares from YFCC100M's EXIF table, by the published rules."""
    from workstation.training import yfcc  # noqa: PLC0415 - other commands start without it

    with terminal.words_for_errors():
        outcome = terminal.follow(yfcc.write_records(exif, out, images), exif.name)
    terminal.say(f"{outcome.written} records, {outcome.skipped} photographs left out ({SKIPPED})")
    if outcome.malformed:
        terminal.say(f"{outcome.malformed} lines of {exif.name} are no records")
    terminal.say(f"shares of the tags: {outcome.counts}")


@data_app.command("index")
def index(
    pictures: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of photographs, or of tar shards.")],
    out: Out,
    from_records: Annotated[
        Path | None, typer.Option("--records", metavar="DIR", help="Records that are there already, named by id.")
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="Only this split of the folder's manifest.csv.")
    ] = None,
) -> None:
    """Go through photographs or tar shards once: their records, the tags' shares, and what is broken."""
    from workstation.training import shards  # noqa: PLC0415 - as above

    if any(pictures.glob("*.tar")):
        steps = shards.index_shards(pictures, out)
    else:
        steps = shards.index_folder(pictures, out, from_records, split)
    with terminal.words_for_errors():
        counts = terminal.follow(steps, pictures.name)
        store = shards.open_store(pictures, out)
    left_out = len((out / SKIPPED).read_text(encoding="utf-8").splitlines())
    terminal.say(f"{len(store)} photographs, {left_out} left out ({SKIPPED}); shares of the tags: {counts}")


@data_app.command("download")
def download(
    dataset: Annotated[Path, typer.Option("--dataset", metavar="TSV", help="yfcc100m_dataset, plain, .gz or .bz2.")],
    sample_size: Annotated[int, typer.Option("--sample-size", min=1, metavar="N", help="Photographs to draw.")],
    out: Out,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same photographs.")] = 0,
    interval: Annotated[float, typer.Option(min=0.0, metavar="S", help="Seconds between two requests.")] = 1.0,
) -> None:
    """Draw photographs of YFCC100M and fetch them, one at a time; given again, the command goes on."""
    from workstation.training import downloads, yfcc  # noqa: PLC0415 - as above

    with terminal.words_for_errors():
        chosen = terminal.follow(yfcc.sample(dataset, sample_size, seed), dataset.name)
        steps = downloads.download(chosen, out, downloads.Manners(interval=interval))
        outcome = terminal.follow(steps, out.name)
    terminal.say(f"{outcome.fetched} fetched, {outcome.there} were there, {outcome.failed} failed")
    if outcome.failed:
        terminal.say(f"what failed: {out / downloads.FAILED}")
        raise typer.Exit(FAILED)
