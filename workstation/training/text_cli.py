"""The command `exifact train-text`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.progress import Progress, relayed
from workstation.training import text_command

if TYPE_CHECKING:
    from workstation.training.retrieval import Retrieval
    from workstation.training.text_evaluation import TextFigures


def train_text(
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="Photographs with a manifest.csv (docs/training.md).")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run: features, weights, figures.")],
    name: Annotated[str, typer.Option("--model", help="Compact weights whose image side is used.")] = "compact",
    configuration: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="TOML; that of the shipped text side by default."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
) -> None:
    """Train a text side for compact weights, with their image side frozen, and print its figures."""
    steps = text_command.train_text(photos, out, name=name, configuration=configuration, threads=threads)
    with terminal.words_for_errors():
        trained = terminal.follow(relayed(steps, _with_numbers), name)
    for line in table(trained.figures):
        terminal.say(line)
    if trained.broken:
        terminal.note(f"{trained.broken} photos left out ({text_command.BROKEN})")
    terminal.say(f"{name}: written to {trained.description}")


def table(figures: TextFigures) -> list[str]:
    """All figures as lines of a table; * marks an AUC whose interval lies above chance."""
    rows: list[tuple[str, Retrieval]] = [("own EXIF text", figures.whole), ("own camera", figures.camera)]
    rows += [(f"{tag} (file)", row) for tag, row in figures.tags.items()]
    rows += [(f"{tag} (made)", row) for tag, row in figures.processing.items()]
    lines = [f"{'':32} photos cameras texts  top-1 (chance)  1/rank (chance)  AUC [95 %]"]
    for name, row in rows:
        lines.append(
            f"{name:32} {row.pictures:6} {row.cameras:7} {row.candidates:5.1f}  "
            f"{row.top1.value:5.2f} ({row.top1_chance:.2f})     {row.reciprocal_rank.value:5.2f} "
            f"({row.reciprocal_rank_chance:.2f})    {row.auc.value:.2f} [{row.auc.low:.2f}, {row.auc.high:.2f}]"
            + (" *" if row.beats_chance else "")
        )
    return lines


def _with_numbers(progress: Progress) -> Progress:
    """The training's progress with the measured numbers in its words."""
    report = progress.partial
    if report is None or not hasattr(report, "logit_scale"):  # other stages have reports of their own
        return progress
    words = f"step {report.step}, loss {report.loss:.3f}, gradient {report.gradient_norm:.2f}"
    return replace(progress, stage=words)
