"""What an examiner adds by hand: `exifact case note`, `tag`, `opinion`, `review`, `lock`, `reveal` and `undo`."""

from __future__ import annotations

from typing import Annotated

import typer

from workstation import terminal
from workstation.case_command import Folder, Operator, case_app, chosen, open_case, say_head

__all__ = ["case_app"]  # with the commands of this module hung in

Label = Annotated[str, typer.Argument(metavar="LABEL", help="Of the exhibit.")]
OneLabel = Annotated[str | None, typer.Option("--exhibit", metavar="LABEL", help="That it speaks of.")]


@case_app.command()
def note(
    folder: Folder,
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    operator: Operator = "",
    exhibit: OneLabel = None,
) -> None:
    """Write a note on the case or on an exhibit."""
    if not text.strip():
        raise typer.BadParameter("a note cannot be empty", param_hint="TEXT")
    with open_case(folder, operator) as case:
        about = None if exhibit is None else chosen(case, [exhibit])[0].id
        written = case.notes.add(text, exhibit=about)
        kind = "a pixel-only note" if written.kind == "pixels" else "a note"
        terminal.say(f"written as {kind}, number {written.id}")
        say_head(case)


@case_app.command()
def tag(
    folder: Folder,
    label: Label,
    words: Annotated[list[str], typer.Argument(metavar="WORD…")],
    operator: Operator = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take these words off.")] = False,
) -> None:
    """Put words on an exhibit, by which `exifact case search` finds it; a comma ends one, as in the window."""
    if not remove:
        words = [part for word in words for part in word.split(",")]
    if not remove and not all(word.strip() for word in words):
        raise typer.BadParameter("a word cannot be empty", param_hint="WORD…")  # before the others are written
    with open_case(folder, operator) as case:
        about = chosen(case, [label])[0].id
        for word in words:
            if remove:
                case.tags.remove(about, word)
            else:
                case.tags.add(about, word)
        terminal.say(f"exhibit {label}: {', '.join(case.tags.of(about)) or 'no tags'}")
        say_head(case)


@case_app.command()
def opinion(
    folder: Folder,
    issue: Annotated[str, typer.Option("--issue", help="The question that it answers.")],
    proposition: Annotated[list[str], typer.Option("--proposition", help="At least two; the first has number 1.")],
    support: Annotated[str, typer.Option("--support", help="no support, weak, moderate, moderately strong, strong, …")],
    reasons: Annotated[str, typer.Option("--reasons", help="In words.")],
    favoured: Annotated[int | None, typer.Option("--favoured", min=1, help="Number of the proposition.")] = None,
    operator: Operator = "",
    exhibit: Annotated[list[str] | None, typer.Option("--exhibit", metavar="LABEL", help="That it rests on.")] = None,
) -> None:
    """State what the findings are held to mean."""
    from workstation.casework import SUPPORT

    level = next((known for known in SUPPORT if known == support), None)
    if level is None:
        raise typer.BadParameter(f"one of: {', '.join(SUPPORT)}", param_hint="--support")
    with open_case(folder, operator) as case:
        stated = case.opinions.add(
            issue,
            proposition,
            support=level,
            favoured=None if favoured is None else favoured - 1,
            reasons=reasons,
            exhibits=[one.id for one in chosen(case, exhibit)],
        )
        terminal.say(f"stated, number {stated.id}")
        say_head(case)


@case_app.command()
def review(
    folder: Folder,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Who reviewed.")],
    outcome: Annotated[str, typer.Option("--outcome", help="agreed, agreed with remarks, or not agreed.")],
    kind: Annotated[str, typer.Option("--kind", help="technical or administrative.")] = "technical",
    text: Annotated[str, typer.Option("--text")] = "",
    operator: Operator = "",
) -> None:
    """Record a second examiner's word; it cannot be undone."""
    with open_case(folder, operator) as case:
        case.reviews.add(reviewer, kind=kind, outcome=outcome, text=text)
        say_head(case)


@case_app.command()
def lock(folder: Folder, label: Label, operator: Operator = "") -> None:
    """End the pixel-only notes on an exhibit of a blind examination; they can no longer be changed."""
    with open_case(folder, operator) as case:
        case.exhibits.lock_notes(chosen(case, [label])[0].id)
        say_head(case)


@case_app.command()
def reveal(folder: Folder, label: Label, operator: Operator = "") -> None:
    """Allow an exhibit's metadata to be shown, once its pixel-only notes are locked."""
    with open_case(folder, operator) as case:
        case.exhibits.reveal_metadata(chosen(case, [label])[0].id)
        say_head(case)


@case_app.command()
def undo(
    folder: Folder,
    entry: Annotated[
        int | None, typer.Argument(metavar="[ENTRY]", help="Number in the log; the last, if none.")
    ] = None,
    operator: Operator = "",
) -> None:
    """Take an entry of the log back, with a new entry; an undo can be undone, too."""
    with open_case(folder, operator) as case:
        taken = case.undo(entry)
        terminal.say(f"entry {taken.sequence} takes back entry {taken.undoes}")
        say_head(case)
