"""The commands `exifact validate`, `exifact calibrate` and `exifact stability`: words in, words out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workstation import terminal
from workstation.terminal import DONE, FAILED

LISTED = 5
"""Most files that are named of those left out."""


def validate(
    model: Annotated[str, typer.Option("--model", help="Weights whose results are stored.")] = "compact",
    device: Annotated[
        list[str] | None,
        typer.Option(
            "--device",
            help="cpu, cuda or mps, which must be there; may be given again. Every one of this machine, if none.",
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
    store: Annotated[
        bool, typer.Option("--store", help="Compute the stored results anew, after a change of the weights.")
    ] = False,
) -> None:
    """Compare this machine's results for the bundled examples with the stored ones, on every device that it has.

    The stored results were computed on a CPU in float32, so a GPU is compared with a CPU. The outcome is part of every
    report made with these weights.
    """
    from workstation.analysis import validation  # noqa: PLC0415 - the command line shows its help without it

    with terminal.words_for_errors():
        if store:
            written: Path = terminal.follow(validation.store(model=model, threads=threads), model)
            terminal.say(f"written to {written}")
        asked = tuple(dict.fromkeys(device or validation.DEVICES))
        steps = validation.validate(model=model, devices=asked, insist=bool(device), threads=threads)
        report = terminal.follow(steps, model)
    for check in report.checks:
        terminal.say(check.sentence)
    for absent, reason in report.skipped:
        terminal.say(f"{absent}: not compared, {reason}")
    terminal.say("passed" if report.passed else "FAILED: results of this machine differ from the stored ones")
    raise typer.Exit(DONE if report.passed else FAILED)


def calibrate(  # noqa: PLR0917 - typer makes options of parameters
    photos: Annotated[
        Path, typer.Option("--photos", metavar="DIR", help="Camera originals that nobody changed, of several cameras.")
    ],
    model: Annotated[str, typer.Option("--model", help="Weights that the table is made for.")] = "compact",
    device: Annotated[str, typer.Option("--device", help="Where the model runs: auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
    per_camera: Annotated[
        int, typer.Option("--per-camera", min=1, metavar="N", help="Photographs of one camera that count.")
    ] = 6,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where the table goes; the user's data folder, if none is given."),
    ] = None,
) -> None:
    """Measure error rates on your own photographs; analyses state them from then on.

    Photographs count by camera (make and model in their EXIF data, or in a manifest.csv). 99 photographs of a size are
    needed to state an operating point of 1 %, 19 for 5 %. Stopping with Ctrl-C keeps what was measured.
    """
    from workstation.analysis.calibration import own_file  # noqa: PLC0415 - the command line shows its help without it
    from workstation.analysis.model import load_encoder  # noqa: PLC0415
    from workstation.evaluation import calibration_run  # noqa: PLC0415

    file = out or own_file(model)
    with terminal.words_for_errors():
        calibration_run.check_place(file)
        material = calibration_run.laboratory_material(photos, per_camera=per_camera)
        terminal.note(f"{len(material.photos)} photographs of {material.cameras} cameras count")
        if material.unread:
            first = ", ".join(left_out.name for left_out in material.unread[:LISTED])
            terminal.note(f"{len(material.unread)} image files cannot be used (HEIC, damaged): {first}")
        encoder = load_encoder(model, device=device, threads=threads)
        steps = calibration_run.calibrate(material, encoder, file.with_suffix(".journal.jsonl"))
        _, table = terminal.follow(steps, model)
        calibration_run.write_table(table, file)
    for line in calibration_run.in_words(table):
        terminal.say(line)
    terminal.say(f"written to {file}")


def stability(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A photograph.")],
    model: Annotated[str, typer.Option("--model", help="Name of the weights.")] = "compact",
    device: Annotated[str, typer.Option("--device", help="Where the model runs: auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
) -> None:
    """Say which findings stay when the picture is saved again, scaled to 90 % or shifted by a few pixels."""
    from workstation import analysis  # noqa: PLC0415 - the command line shows its help without it
    from workstation.analysis.model import load_encoder  # noqa: PLC0415
    from workstation.analysis.result import AnalysisRequest  # noqa: PLC0415
    from workstation.analysis.stability import audit  # noqa: PLC0415
    from workstation.evidence import open_steps  # noqa: PLC0415

    request = AnalysisRequest(model=model, device=device, threads=threads)
    with terminal.words_for_errors(file.name):
        encoder = load_encoder(model, device=device, threads=threads)
        evidence = terminal.follow(open_steps(file), file.name)
        result = terminal.follow(analysis.run(evidence, request, encoder=encoder), file.name)
        outcome = terminal.follow(audit(evidence, result, encoder), file.name)
    for finding in result.findings:
        if finding.kind in {"departs", "one-group", "no-stable-partition", "ambiguous", "not-assessable"}:
            terminal.say(f"{file.name}: {finding.sentence}")
    for one in outcome:
        terminal.say(f"{file.name}: {one.sentence}")
