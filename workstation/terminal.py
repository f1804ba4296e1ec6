"""How the command line speaks: progress and errors on standard error, results on standard output."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from workstation.errors import WorkstationError, in_percent
from workstation.progress import Progress

T = TypeVar("T")

DONE, FAILED = 0, 1
"""Exit codes; 2 is wrong use, 130 Ctrl-C."""

PLAIN_INTERVAL = 10.0
"""Seconds after which a stage that goes on is said again where there is no terminal to draw a bar on."""


def printable(text: str) -> str:
    """`text` on one line and without control characters: what stands in a file must not steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def say(text: str) -> None:
    """A result, on standard output."""
    typer.echo(printable(text))


def note(text: str) -> None:
    """What is going on, on standard error."""
    typer.echo(printable(text), err=True)


def complain(error: WorkstationError, subject: str = "") -> None:
    """An error in words, on standard error: what happened, what usually lies behind it, what to do.

    Args:
        error: what was raised.
        subject: name of the file that was worked on, said first where the error does not name it itself.
    """
    named = subject in error.summary
    note(f"exifact: {error.summary}" if named else f"exifact: {subject}: {error.summary}")
    if error.likely_causes:
        note(f"         Likely causes: {'; '.join(error.likely_causes)}.")


@contextmanager
def words_for_errors(subject: str = "") -> Iterator[None]:
    """Turn an error into words (see `complain`) and end the command with exit code 1."""
    try:
        yield
    except WorkstationError as error:
        complain(error, subject)
        raise typer.Exit(FAILED) from error


def follow(steps: Generator[Progress, None, T], subject: str) -> T:
    """Run a computation to its end and show how far it is: a bar on a terminal, plain lines elsewhere.

    Args:
        steps: the computation.
        subject: what it works on, usually the file's name.

    Returns:
        What the computation returns.
    """
    console = Console(stderr=True)
    try:
        if console.is_terminal:
            return _with_bar(steps, printable(subject), console)
        return _with_lines(steps, subject)
    finally:
        steps.close()


def display_problem() -> str:
    """Why no window can be opened here; "" where one can."""
    if os.environ.get("QT_QPA_PLATFORM") or sys.platform in {"win32", "darwin"}:
        return ""
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY", ""), os.environ.get("DISPLAY", "")
    if wayland and Path(os.environ.get("XDG_RUNTIME_DIR", "/"), wayland).exists():
        return ""
    if not x11:
        return "there is no display (neither DISPLAY nor WAYLAND_DISPLAY leads to one)"
    host, _, number = x11.rpartition(":")
    screen = number.partition(".")[0]
    if not host and not _local_x_server(screen):
        return f"there is no display: DISPLAY is {x11}, but no X server answers there"
    return ""


def _local_x_server(screen: str) -> bool:
    """Whether a local X server listens, in the file system or in Linux's abstract name space."""
    name = f"/tmp/.X11-unix/X{screen}"  # noqa: S108 - where X servers put their sockets
    if Path(name).exists():
        return True
    try:
        return f"@{name}" in Path("/proc/net/unix").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True  # cannot tell: let Qt try


def with_training_numbers(progress: Progress) -> Progress:
    """A training's progress with the numbers that were measured (`StepReport`, `PaperReport`) in its words."""
    report = progress.partial
    if report is None:
        return progress
    run = progress.stage.removesuffix("training")  # which of several
    words = (
        f"{run}step {report.step}, loss {report.loss:.3f}, gradient {report.gradient_norm:.2f}, "
        f"{report.pace}, waiting for data {in_percent(report.waiting)}"
    )
    words += "".join(f", {name} {value:.3f}" for name, value in report.dev.items())
    if report.broken:
        words += f", {report.broken} photos left out (broken-photos.tsv)"
    return replace(progress, stage=words)


def _with_bar(steps: Generator[Progress, None, T], subject: str, console: Console) -> T:
    columns = (
        TextColumn("{task.fields[subject]}", markup=False),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[remaining]}", markup=False),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None, subject=subject, remaining="")
        while True:
            try:
                progress = next(steps)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return] # a generator's return value is not typed
            bar.update(
                task,
                description=progress.stage,
                total=None if progress.fraction is None else 1.0,
                completed=progress.fraction or 0.0,
                remaining="" if progress.remaining is None else f"{progress.remaining:.0f} s left",
            )


def _with_lines(steps: Generator[Progress, None, T], subject: str) -> T:
    stage, said = "", 0.0
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return] # a generator's return value is not typed
        now = time.monotonic()
        if progress.stage != stage or now - said > PLAIN_INTERVAL:
            share = "" if progress.fraction is None else f" ({in_percent(progress.fraction)})"
            note(f"{subject}: {progress.stage}{share}")
            stage, said = progress.stage, now
