"""The commands `exifact claims` and `exifact validate-claims`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.errors import in_percent

if TYPE_CHECKING:
    from workstation.analysis.claims_statement import Claims, TagClaim, TagValidation

SHOWN = 3
"""Values of a line-up that a table names."""


def claims(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A photograph.", readable=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    model: Annotated[str, typer.Option("--model", help="Weights with a text side.")] = "compact",
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
) -> None:
    """Hold what a file says about itself (EXIF) against what its pixels look like, tag by tag.

    Tags that the text side does not tell better than chance are "not testable". A picture made whole by a generator
    is out of scope.
    """
    from workstation.analysis.claims import claims_steps  # noqa: PLC0415 - numpy: only for this command
    from workstation.analysis.model import load_text_side  # noqa: PLC0415
    from workstation.evidence import open_evidence  # noqa: PLC0415

    with terminal.words_for_errors(file.name):
        evidence = open_evidence(file)
        side = load_text_side(model, device=device, threads=threads)
        found = terminal.follow(claims_steps(evidence, side), file.name)
    if as_json:
        typer.echo(json.dumps(as_fields(file.name, found), indent=1))  # in ASCII, which every terminal and pipe takes
    else:
        _show(file.name, found)


def validate_claims(
    photos: Annotated[Path, typer.Option("--photos", metavar="DIR", help="Photographs with a manifest.csv.")],
    model: Annotated[str, typer.Option("--model", help="Weights with a text side.")] = "compact",
    description: Annotated[
        Path | None,
        typer.Option("--description", metavar="FILE", help="Written to; that of the weights by default."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
) -> None:
    """Measure on the dev cameras which claims can be tested, and store it in the description of the weights."""
    from workstation.analysis.model import load_text_side  # noqa: PLC0415 - torch
    from workstation.training import claims_validation  # noqa: PLC0415
    from workstation.training.command import check_ready  # noqa: PLC0415

    with terminal.words_for_errors():
        check_ready(photos)
        side = load_text_side(model, device=device, threads=threads)
        found = terminal.follow(claims_validation.validate_claims(side, photos), model)
        target = description or side.description.folder / f"{model}.json"
        claims_validation.store(found, target)
    for tag in found.tags:
        shares = [in_percent(share) for share in (tag.true_supported, tag.false_conflicting) if share is not None]
        power = f", {' / '.join(shares)}" if shares else ""
        mark = "*" if tag.testable else " "
        terminal.say(f"{mark} {tag.tag:22} {tag.material:14} {_measured(tag)}, {tag.other_cameras} differ{power}")
    terminal.say(
        "differ: cameras with another value than the commonest; then true claims supported / false conflicting"
    )
    terminal.say(f"* testable. Written to {target}")


def as_fields(name: str, found: Claims) -> dict[str, object]:
    """Everything as a JSON object."""
    from workstation.analysis.claims_statement import fields_of  # noqa: PLC0415

    return {"file": name, **fields_of(found)}


def _show(name: str, found: Claims) -> None:
    from rich.console import Console  # noqa: PLC0415 - only for the table
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from workstation.analysis.claims_words import cautions, history_in_words, not_testable  # noqa: PLC0415

    if not found.whole:
        terminal.say(f"{name}: the file says nothing that could be tested with {found.model}")
        return
    title = terminal.printable(f"{name}: what the file says, what is seen ({found.model})")
    table = Table(title=Text(title, "table.title"))  # texts, here and below: brackets of a file are no markup
    for column in ("Tag", "File says", "Verdict", "Rank", "Margin", "Fits best", "Validated AUC (chance 0.50)"):
        table.add_column(column, overflow="fold")
    for claim in (c for c in found.whole if c.verdict != "not testable"):
        table.add_row(*(Text(terminal.printable(cell)) for cell in _cells(claim)))
    if table.row_count:
        Console().print(table)
    for line in (*not_testable(found), *history_in_words(found), *cautions(found)):
        terminal.say(line)


def _cells(claim: TagClaim) -> tuple[str, ...]:
    measured = claim.validation
    assert measured is not None
    words = _measured(measured)
    if claim.verdict == "lead":
        chance = in_percent(measured.top1_chance)
        words += f"; best one right {in_percent(measured.top1)} (always the commonest: {chance})"
    return (
        claim.tag,
        claim.claimed or "–",
        "lead, not a finding" if claim.verdict == "lead" else claim.verdict,
        "–" if claim.rank is None else f"{claim.rank} of {len(claim.ranked)}",
        "–" if claim.margin is None else f"{claim.margin:+.3f}",
        ", ".join(value for value, _ in claim.ranked[:SHOWN]),
        words,
    )


def _measured(tag: TagValidation) -> str:
    return f"{tag.auc:.2f} [{tag.auc_low:.2f}, {tag.auc_high:.2f}], {tag.cameras} cameras, {tag.pictures} pictures"
