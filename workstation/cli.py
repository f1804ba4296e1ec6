"""The command `exifact`: words in, words out. What is computed stands in the rooms; they are imported when needed."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from workstation import (
    __version__,
    case_entries_command,
    claims_command,
    paths,
    report_command,
    self_test_command,
    terminal,
)
from workstation.errors import ExportProblem, WorkstationError
from workstation.evaluation import calibration_command, probe_command
from workstation.evaluation import command as evaluation_command
from workstation.progress import relayed
from workstation.terminal import DONE, FAILED
from workstation.training import data_command, paper_cli, text_cli

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""How a disk says that it is full. The rooms turn it into words for every file; what is left is standard output."""
COMMANDS_TAKE_FILES = "./\\" if os.name == "nt" else "./"
"""Characters that make a first argument a file even where no file of that name exists."""


ONLY_FOR_TRAINING = ("cv2", "torch.utils.tensorboard", "wandb")
"""Modules that the offline bundle leaves out."""


class Device(StrEnum):
    """Where a model may run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


MEASURING, TRAINING, INSTALLATION = "Error rates and evaluation", "Training", "This installation"
"""Headings of the help: what an examiner needs every day stands before them."""

LISTED = (
    *("open", "analyze", "claims", "exif", "case", "report", "example"),
    *("calibrate", "stability", "evaluate", "probe"),
    *("data", "train", "train-text", "validate-claims", "train-paper", "ablate"),
    *("weights", "validate", "self-test"),
)
"""Every command in the order in which an examiner needs it; typer's would be that of registration, groups last."""


class InOrder(TyperGroup):
    """Lists the commands in the order of `LISTED`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands."""
        return sorted(super().list_commands(ctx), key=LISTED.index)


app = typer.Typer(
    name="exifact",
    cls=InOrder,
    help="What a photograph's file says beside what its pixels say.",
    epilog="`exifact` alone, or with files, opens the window. Exit codes: 0 done, 1 a file failed, 2 wrong use.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
weights_app = typer.Typer(help="The models' weights: list, add, verify, remove, export.", no_args_is_help=True)
app.add_typer(weights_app, name="weights", rich_help_panel=INSTALLATION)
app.add_typer(case_entries_command.case_app, name="case")
app.command("self-test", rich_help_panel=INSTALLATION)(self_test_command.self_test)
app.command(rich_help_panel=INSTALLATION)(calibration_command.validate)
app.command(rich_help_panel=MEASURING)(calibration_command.calibrate)
app.command(rich_help_panel=MEASURING)(calibration_command.stability)
app.command(rich_help_panel=MEASURING)(evaluation_command.evaluate)
app.add_typer(probe_command.app, name="probe", rich_help_panel=MEASURING)
app.command()(claims_command.claims)
app.command("validate-claims", rich_help_panel=TRAINING)(claims_command.validate_claims)
app.command("train-text", rich_help_panel=TRAINING)(text_cli.train_text)
app.command("train-paper", rich_help_panel=TRAINING)(paper_cli.train_paper)
app.command(rich_help_panel=TRAINING)(paper_cli.ablate)
app.add_typer(report_command.report_app, name="report")
app.add_typer(data_command.data_app, name="data", rich_help_panel=TRAINING)

# Typer would refuse all files, as wrong use, because one may not be read: the program says so for that one instead.
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE|FOLDER…", help="Photographs, and folders of them.", readable=False)
]
ModelName = Annotated[str, typer.Option("--model", help="Name of the weights (`exifact weights list`).")]
DeviceChoice = Annotated[Device, typer.Option("--device", help="Where the model runs; auto takes the fastest.")]
MaxPixels = Annotated[
    int | None,
    typer.Option("--max-pixels", min=1, metavar="N", help="Refuse images with more pixels (decompression bombs)."),
]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(with_command(list(sys.argv[1:] if arguments is None else arguments)), prog_name="exifact")
    except ModuleNotFoundError as missing:
        if not paths.is_frozen() or missing.name not in ONLY_FOR_TRAINING:
            raise
        terminal.note(f"exifact: the offline bundle leaves out what only training needs ({missing.name}).")
        terminal.note("         Install Exifact from its source to train (docs/training.md).")
        sys.exit(FAILED)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        terminal.complain(ExportProblem(f"standard output could not be written: {error.strerror or error}"))
        sys.exit(FAILED)


def with_command(arguments: list[str]) -> list[str]:
    """Put `open` before files that are given without a command, and where there is nothing at all."""
    if not arguments or arguments[0] == "--":
        return ["open", *arguments]
    first = arguments[0]
    if first.startswith("-") or first in _command_names():
        return arguments
    if any(c in first for c in COMMANDS_TAKE_FILES) or os.path.exists(first):  # noqa: PTH110 - a long word raises
        return ["open", *arguments]
    return arguments


@app.callback(invoke_without_command=True)
def _program(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and end.")] = False,
) -> None:
    if version:
        terminal.say(f"exifact {__version__}")
        raise typer.Exit(DONE)


@app.command("open")
def open_window(files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]", readable=False)] = None) -> None:
    """Open the window, with these files and folders if any are given."""
    problem = terminal.display_problem()
    if problem:
        terminal.note(f"exifact: {problem}. `exifact analyze FILE --out DIR` works without one.")
        raise typer.Exit(FAILED)
    from workstation import app as window

    raise typer.Exit(window.run([path.absolute() for path in files or []]))


@app.command()
def analyze(
    files: Files,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="One folder per photograph is made in it.")],
    model: ModelName = "compact",
    device: DeviceChoice = Device.AUTO,
    patch: Annotated[int | None, typer.Option("--patch-size", min=8, metavar="P", help="Side in pixels.")] = None,
    per_dimension: Annotated[
        int | None, typer.Option("--num-per-dim", min=1, metavar="N", help="Patches along the longer side.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="S", help="Of everything random.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
    max_pixels: MaxPixels = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.pdf.")] = False,
) -> None:
    """Analyse photographs, and those in folders, and write result.json, maps and a report for each.

    Images that a program generated as a whole are out of scope.
    """
    from workstation import headless
    from workstation.analysis.result import AnalysisRequest
    from workstation.named_files import named_files

    _known_model(model)
    request = AnalysisRequest(
        model=model, device=device.value, patch=patch, per_dimension=per_dimension, seed=seed, threads=threads
    )
    limit = {} if max_pixels is None else {"max_pixels": max_pixels}
    named, left_out = named_files(files)
    if not named:
        raise typer.Exit(FAILED)
    outcome = headless.analyze_files(named, out, request, **limit, report=not no_report)
    raise typer.Exit(outcome.exit_code or (FAILED if left_out else DONE))


@app.command()
def exif(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False)],
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects, one per entry.")] = False,
) -> None:
    """Print everything that the file says about itself, even where its pixels cannot be decoded."""
    from workstation import listing
    from workstation.evidence import read_metadata

    with terminal.words_for_errors():
        described = read_metadata(file)
    for warning in described.warnings:
        terminal.note(f"{file.name}: warning: {warning.message}")
    if as_json:
        typer.echo(listing.as_json(described.metadata))
    else:
        listing.show(described.metadata)


@app.command()
def example(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report goes without a display.")] = Path(
        "exifact-example"
    ),
) -> None:
    """Open the bundled splice between two cameras; without a display analyse it and write the report."""
    spliced = paths.resources() / "examples" / "spliced.jpg"
    problem = terminal.display_problem()
    if not problem:
        from workstation import app as window

        raise typer.Exit(window.run([], example=True))
    from workstation import headless
    from workstation.analysis.result import AnalysisRequest

    terminal.note(f"exifact: {problem}. The example is analysed without a window; its report goes to {out}{os.sep}.")
    raise typer.Exit(headless.analyze_files([spliced], out, AnalysisRequest()).exit_code)


@app.command(rich_help_panel=TRAINING)
def train(
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="Photographs with a manifest.csv (docs/training.md).")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the run; one that is there already is resumed.")
    ],
    configuration: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="TOML; that of the shipped weights by default."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads of the network.")] = None,
    workers: Annotated[int, typer.Option(min=0, metavar="N", help="Processes that prepare batches.")] = 1,
    name: Annotated[str, typer.Option("--name", help="Of the exported weights.")] = "compact",
    export_only: Annotated[bool, typer.Option("--export-only", help="Export the present state of the run.")] = False,
    curves: Annotated[
        list[str] | None, typer.Option("--curves", metavar="NAME", help="tensorboard or wandb, beside the table.")
    ] = None,
    measure_every: Annotated[
        int, typer.Option(min=0, metavar="STEPS", help="Measure on splices of the dev cameras; 0 = never.")
    ] = 0,
    start: Annotated[
        Path | None,
        typer.Option(
            "--start", metavar="FILE", help="Weights that the configuration starts from, where it names some."
        ),
    ] = None,
) -> None:
    """Train the compact model; the run can be stopped with Ctrl-C and goes on when the command is given again."""
    from workstation.training import command

    steps = command.train(
        photos,
        out,
        configuration=configuration,
        threads=threads,
        workers=workers,
        name=name,
        export_only=export_only,
        curves=curves or (),
        measure_every=measure_every,
        start=start,
    )
    with terminal.words_for_errors():
        description = terminal.follow(relayed(steps, terminal.with_training_numbers), name)
    terminal.say(f"{name}: written to {description}")


@weights_app.command("list")
def list_weights() -> None:
    """List the weights that come with the program and those that were added."""
    from workstation.analysis.model import registry

    found = registry.survey()
    for weights in found.weights:
        origin = "comes with Exifact" if weights.shipped else "added"
        terminal.say(f"{weights.name}: {weights.architecture}, {weights.patch} px patches, {origin}")
        terminal.say(f"    licence {weights.licence}; trained on {weights.training_data}")
        terminal.say(f"    {weights.sides}")
        if weights.figures:
            terminal.say("    " + ", ".join(f"{name} {value:.3g}" for name, value in weights.figures))
        terminal.say(f"    {weights.path}, SHA-256 {weights.sha256}")
    if not found.weights:
        terminal.say(f"No weights. {registry.WHERE_TO_FIND}.")
    for problem in found.problems:
        terminal.complain(problem)
    raise typer.Exit(FAILED if found.problems else DONE)


@weights_app.command()
def verify(name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="All, if none is given.")] = None) -> None:
    """Hash weights and compare with their description."""
    from workstation.analysis.model import registry

    found = registry.survey()
    with terminal.words_for_errors():
        chosen = (registry.find(name),) if name else found.weights
    checks = [registry.verify_description(weights) for weights in chosen]
    problems = () if name else found.problems
    for check in checks:
        terminal.say(f"{check.name}: {'intact' if check.intact else check.reason}")
    for problem in problems:
        terminal.complain(problem)
    raise typer.Exit(FAILED if problems or not all(check.intact for check in checks) else DONE)


@weights_app.command()
def add(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The published checkpoint, layout original or pruned.", readable=False),
    ],
    name: Annotated[str | None, typer.Option("--name", help="To register it under; paper, if none is given.")] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option("--tokenizer", metavar="DIR", help="Tokenizer of distilbert-base-uncased, for the text side."),
    ] = None,
) -> None:
    """Check a published checkpoint strictly and keep it for this user.

    The authors of "EXIF as Language" publish theirs through the link "Model and dataset resource" in the README of
    github.com/hellomuffin/exif-as-language. Exifact downloads nothing itself.
    """
    from workstation.analysis.model import import_checkpoint

    with terminal.words_for_errors():
        added = import_checkpoint.add(file, name, tokenizer)
    terminal.say(f"{added.name}: added to {added.folder}, SHA-256 {added.sha256}")
    if not added.tokenizer:
        terminal.say("The image side works. For the text side, remove these weights and add them with --tokenizer DIR.")


@weights_app.command()
def export(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="PyTorch file of layout pruned.")],
) -> None:
    """Write weights of the paper's architecture as a PyTorch file."""
    from workstation.analysis.model import import_checkpoint

    with terminal.words_for_errors():
        written = import_checkpoint.export(name, out)
    terminal.say(f"{name}: written to {written}")


@weights_app.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Delete weights that were added."""
    from workstation.analysis.model import registry

    with terminal.words_for_errors():
        registry.remove(name)
    terminal.say(f"{name}: removed")


def _known_model(name: str) -> None:
    """Wrong use, if no weights of this name are registered."""
    from workstation.analysis.model import registry

    if any(weights.name == name for weights in registry.available_weights()):
        return
    try:
        registry.find(name)
    except WorkstationError as error:
        raise typer.BadParameter(error.summary, param_hint="--model") from error


def _command_names() -> set[str]:
    commands = {info.name or info.callback.__name__ for info in app.registered_commands if info.callback}
    return commands | {info.name for info in app.registered_groups if info.name}


if __name__ == "__main__":
    main()
