"""The command `exifact case`: everything that the window does with a case, without a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.errors import WorkstationError, in_percent, number_of
from workstation.terminal import DONE, FAILED

if TYPE_CHECKING:
    from workstation.casework import Anchor, CaseFile, ExhibitRecord, Verification

case_app = typer.Typer(
    help="Cases: what was examined, by whom, with what; a log that shows whether anything was changed since.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(metavar="CASE", help="Folder of the case.")]
Operator = Annotated[
    str,
    typer.Option("--operator", envvar="EXIFACT_OPERATOR", help="Who does this; stands in the log. Nobody is guessed."),
]
Labels = Annotated[
    list[str] | None, typer.Option("--exhibit", metavar="LABEL", help="Only this exhibit; may be given several times.")
]


@contextmanager
def open_case(folder: Path, operator: str = "", *, read_only: bool = False) -> Iterator[CaseFile]:
    """A case for one command: what is odd about it is said, an error becomes words and exit code 1."""
    from workstation.casework import CaseFile

    with terminal.words_for_errors(), CaseFile.open(folder, operator=operator, read_only=read_only) as case:
        for warning in case.warnings:
            terminal.note(f"{folder}: {warning}")
        yield case


@case_app.command()
def new(
    folder: Folder,
    title: Annotated[str, typer.Option("--title", help="Of the case.")],
    operator: Operator = "",
    number: Annotated[str | None, typer.Option("--number", help="The laboratory's or the court's.")] = None,
    laboratory: Annotated[str | None, typer.Option("--laboratory")] = None,
    client: Annotated[str | None, typer.Option("--client", help="Who asked for the examination.")] = None,
    received: Annotated[str | None, typer.Option("--received", help="When the order came, as you state it.")] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="On which the examination rests.")] = None,
    question: Annotated[str | None, typer.Option("--question", help="That was asked.")] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide an exhibit's metadata until the notes on its pixels are locked.")
    ] = False,
) -> None:
    """Make a case in a folder."""
    from workstation.casework import CaseFile

    with terminal.words_for_errors():
        case = CaseFile.create(
            folder,
            title=title,
            operator=operator,
            number=number,
            laboratory=laboratory,
            client=client,
            received=received,
            legal_authority=authority,
            question=question,
            blind=blind,
        )
    with case:
        for warning in case.warnings:
            terminal.note(f"{folder}: {warning}")
        say_head(case)


@case_app.command()
def add(
    folder: Folder,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE|FOLDER…", help="Exhibits, and folders of images.", readable=False)
    ],
    operator: Operator = "",
    received: Annotated[str | None, typer.Option("--received", help="When they came, as you state it.")] = None,
    received_by: Annotated[str | None, typer.Option("--received-by")] = None,
    received_from: Annotated[str | None, typer.Option("--received-from")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the files into the case.")] = False,
) -> None:
    """Take files, and the image files in folders, in as exhibits; each is hashed before anything else."""
    from workstation.named_files import named_files

    named, failed = named_files(files)
    with open_case(folder, operator) as case:
        alike = _by_bytes(case.exhibits.all())
        for file in named:
            try:
                exhibit = case.exhibits.add(
                    file,
                    received=received,
                    received_by=received_by,
                    received_from=received_from,
                    description=description,
                    copy=copy,
                )
            except WorkstationError as problem:
                terminal.complain(problem, file.name)
                failed = True
            else:
                alike.setdefault(exhibit.sha256, []).append(exhibit)
                terminal.say(
                    f"exhibit {exhibit.label}: {exhibit.name}, SHA-256 {exhibit.sha256}{_twins(alike, exhibit)}"
                )
        say_head(case)
    raise typer.Exit(FAILED if failed else DONE)


@case_app.command()
def analyze(
    folder: Folder,
    operator: Operator = "",
    exhibit: Labels = None,
    again: Annotated[bool, typer.Option("--again", help="Those that were analysed before, too.")] = False,
    model: Annotated[str, typer.Option("--model", help="Name of the weights (`exifact weights list`).")] = "compact",
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, metavar="S", help="Of everything random.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
) -> None:
    """Analyse exhibits and keep the results in the case, the failed ones too."""
    from workstation import case_analysis
    from workstation.analysis.result import AnalysisRequest

    request = AnalysisRequest(model=model, device=device, seed=seed, threads=threads)
    with open_case(folder, operator) as case:
        wanted = chosen(case, exhibit)
        todo = [one for one in wanted if again or exhibit or case.analyses.latest(one.id) is None]
        failed = case_analysis.analyze(case, todo, request)
        terminal.say(f"{number_of(len(todo) - len(failed), 'exhibit')} analysed, {len(failed)} failed")
        say_head(case)
    raise typer.Exit(FAILED if failed else DONE)


@case_app.command()
def report(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.pdf|FILE.html")],
    operator: Operator = "",
    exhibit: Labels = None,
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE.toml", help="The laboratory's (docs/report.md).")
    ] = None,
) -> None:
    """Write a report on the case, with its log's head, and log that it was issued."""
    from workstation import case_report

    with open_case(folder, operator) as case:
        refuse_beside(case, out)
        issued = terminal.follow(case_report.report_steps(case, chosen(case, exhibit), out, template), folder.name)
        terminal.say(f"report {issued.number}: written to {out}, SHA-256 {issued.sha256}")
        terminal.say(f"it prints {counted(issued.entries)}, head {issued.head}")


@case_app.command()
def verify(
    folder: Folder,
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            metavar="REPORT|HASH",
            help="A report (PDF, JSON), a checkpoint, or the head hash that a report prints; may be repeated.",
        ),
    ] = None,
    originals: Annotated[bool, typer.Option(help="Hash the exhibits' files again.")] = True,
) -> None:
    """Check that nothing was changed since it was written: exit code 1 on any finding, the first bad entry first."""
    from workstation import case_anchors

    with terminal.words_for_errors():
        anchors = [case_anchors.read(text) for text in anchor or ()]
    with open_case(folder, read_only=True) as case:
        found = terminal.follow(case.verify_steps(anchors, originals=originals), folder.name)
    _say_verification(found, anchors)
    raise typer.Exit(DONE if found.intact else FAILED)


@case_app.command()
def show(folder: Folder) -> None:
    """List what is in a case."""
    with open_case(folder, read_only=True) as case:
        details = case.details()
        terminal.say(f"{details.title} (case {details.identifier}), made {details.created}")
        for name in ("number", "laboratory", "client", "received", "legal_authority", "question"):
            terminal.say(f"    {name.replace('_', ' ')}: {getattr(details, name) or 'not stated'}")
        exhibits = case.exhibits.all()
        alike = _by_bytes(exhibits)
        for exhibit in exhibits:
            analysis = case.analyses.latest(exhibit.id)
            state = "not analysed" if analysis is None else f"{analysis.status} {analysis.reason}".strip()
            coverage = case.coverage.of(exhibit.id)
            seen = "nothing" if coverage is None else in_percent(coverage.share)
            withdrawn = "" if exhibit.withdrawn is None else f", withdrawn: {exhibit.withdrawn}"
            tags = "".join(f", #{word}" for word in case.tags.of(exhibit.id))
            terminal.say(f"exhibit {exhibit.label}: {exhibit.name}, {state}, {seen} viewed at 100 %{tags}{withdrawn}")
            for line in _known(case, exhibit, alike):
                terminal.say(f"    {line}")
        say_head(case)


@case_app.command()
def history(folder: Folder, exhibit: Labels = None) -> None:
    """Print the audit log, one line per entry, oldest first."""
    with open_case(folder, read_only=True) as case:
        wanted = {one.id for one in chosen(case, exhibit)} if exhibit else None
        labels = {one.id: one.label for one in case.exhibits.all()}
        for entry in case.history():
            if wanted is None or wanted & set(entry.exhibits):
                about = ", ".join(labels.get(number, f"({number})") for number in entry.exhibits)
                where = f" (exhibit {about})" if about else ""
                who = entry.operator or "operator not stated"
                terminal.say(f"{entry.sequence:5}  {entry.time}  {who}  {entry.action}{where}: {entry.described}")


@case_app.command()
def search(folder: Folder, words: Annotated[str, typer.Argument(metavar="WORDS")]) -> None:
    """Find words in labels, names, hashes, descriptions, notes, tags, regions, bookmarks and opinions."""
    with open_case(folder, read_only=True) as case:
        labels = {one.id: one.label for one in case.exhibits.all()}
        hits = case.search(words)
    for hit in hits:
        where = f"exhibit {labels[hit.exhibit]}" if hit.exhibit in labels else "case"
        terminal.say(f"{where}, {hit.shelf}: {hit.text}")
    if not hits:
        terminal.note(f"exifact: nothing in the case says “{words}”.")
    raise typer.Exit(DONE if hits else FAILED)


@case_app.command()
def compare(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="The whole matrix; without, the closest pairs.")
    ] = None,
    pairs: Annotated[int, typer.Option("--pairs", min=1, help="How many pairs to print.")] = 20,
) -> None:
    """Which exhibits and regions look alike to the encoder, from the stored embeddings; content counts, too."""
    from workstation.analysis.likeness import likeness
    from workstation.casework.exporting import write_matrix

    with open_case(folder, read_only=True) as case:
        found = likeness(terminal.follow(case.patch_sets(), folder.name))
        if out is not None:
            refuse_beside(case, out)
            write_matrix(found, out)
            terminal.say(f"written to {out}")
            return
    for one, other, distance, similarity in found.closest(pairs):
        terminal.say(f"{one} – {other}: distance {distance:.4f}, mean similarity {similarity:+.4f}")


@case_app.command()
def find(
    folder: Folder,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Of the exhibit.")],
    where: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to look in.")],
    operator: Operator = "",
) -> None:
    """Find a moved original by its hash, and remember where it is."""
    with open_case(folder, operator) as case:
        (exhibit,) = chosen(case, [label])
        found = terminal.follow(case.exhibits.find(exhibit.id, where), exhibit.name)
    if found is None:
        terminal.note(f"exifact: {where} holds no file with the SHA-256 of exhibit {label} ({exhibit.name}).")
        raise typer.Exit(FAILED)
    terminal.say(f"exhibit {label}: {found}")


@case_app.command()
def checkpoint(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Keep it somewhere else than the case.")],
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PEM", help="Ed25519 key to sign with (openssl genpkey -algorithm ed25519)."),
    ] = None,
    password: Annotated[
        str | None, typer.Option("--password", envvar="EXIFACT_KEY_PASSWORD", help="Of the key.")
    ] = None,
) -> None:
    """Write down where the log stands now, as an anchor for `exifact case verify`."""
    from workstation.casework import anchors
    from workstation.report.atomic import write_text

    with open_case(folder, read_only=True) as case:
        refuse_beside(case, out)
        private = None if key is None else anchors.read_key(key, password)
        head, identifier = case.head(), case.details().identifier
        write_text(out, anchors.checkpoint(identifier, head, private))
        say_head(case)
    if private is not None:
        terminal.say(f"signed with the key {anchors.fingerprint(private.public_key().public_bytes_raw())}")
    terminal.say(f"written to {out}")


@case_app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Made if it is not there.")],
) -> None:
    """Write the whole case as JSON: case.json, and log.jsonl whose lines hash to what the log says."""
    from workstation.casework.exporting import export_steps

    with open_case(folder, read_only=True) as case:
        refuse_beside(case, out / "case.json")
        written = terminal.follow(export_steps(case, out), folder.name)
        say_head(case)
    for path in written:
        terminal.say(f"written to {path}")


def chosen(case: CaseFile, labels: Sequence[str] | None) -> list[ExhibitRecord]:
    """Exhibits by their labels; all that are not withdrawn, if none is given."""
    present = {one.label: one for one in case.exhibits.all()}
    if not labels:
        return [one for one in present.values() if one.withdrawn is None]
    unknown = [label for label in labels if label not in present]
    if unknown:
        raise typer.BadParameter(f"the case has no exhibit {', '.join(unknown)}", param_hint="--exhibit")
    return [present[label] for label in labels]


def _by_bytes(exhibits: Iterable[ExhibitRecord]) -> dict[str, list[ExhibitRecord]]:
    """Exhibits by their SHA-256."""
    alike: dict[str, list[ExhibitRecord]] = {}
    for exhibit in exhibits:
        alike.setdefault(exhibit.sha256, []).append(exhibit)
    return alike


def _twins(alike: Mapping[str, Sequence[ExhibitRecord]], exhibit: ExhibitRecord) -> str:
    """Which other exhibits are the same bytes: a copy under another name, or a file that was taken in twice."""
    others = [one for one in alike[exhibit.sha256] if one.id != exhibit.id]
    return f", the same bytes as exhibit {', '.join(one.label for one in others)}" if others else ""


def _known(case: CaseFile, exhibit: ExhibitRecord, alike: Mapping[str, Sequence[ExhibitRecord]]) -> Iterator[str]:
    """What is known of an exhibit: its bytes, how it came, where it lies, and whether its metadata may be seen."""
    yield f"SHA-256 {exhibit.sha256}, {number_of(exhibit.size, 'byte')}{_twins(alike, exhibit)}"
    came = (("received", exhibit.received), ("by", exhibit.received_by), ("from", exhibit.received_from))
    stated = ", ".join(f"{word} {value}" for word, value in came if value)
    yield f"{stated or 'when and from whom it came is not stated'}; {case.exhibits.file_of(exhibit.id)}"
    if exhibit.description:
        yield exhibit.description
    if exhibit.blind != "off":
        yield f"examined blind: metadata {'revealed' if exhibit.blind == 'revealed' else 'hidden'}"


def refuse_beside(case: CaseFile, target: Path) -> None:
    """Nothing is written beside an original, or over one, or over the case itself: said before the work."""
    from workstation.casework.beside import refuse_target

    refuse_target(case, target)


def say_head(case: CaseFile) -> None:
    """Where the log ends now: what can be kept elsewhere as an anchor."""
    head = case.head()
    terminal.say(f"{counted(head.entries)}, head {head.hash}")


def _say_verification(found: Verification, anchors: Sequence[Anchor]) -> None:
    """Findings first; what this check cannot show last."""
    for finding in found.findings:
        terminal.say(f"FINDING ({finding.kind}): {finding.sentence}")
    for remark in found.remarks:
        terminal.say(f"remark: {remark}")
    for line in found.checked:
        terminal.say(f"checked: {line}")
    for anchor in anchors:
        if anchor.signer:
            terminal.say(f"{anchor.source} is signed with the key {anchor.signer}: compare with the key that you trust")
    for line in found.cannot_detect:
        terminal.say(f"not shown: {line}")
    verdict = "intact" if found.intact else f"NOT INTACT, {number_of(len(found.findings), 'finding')}"
    first = "" if found.first_bad_entry is None else f", first bad entry {found.first_bad_entry}"
    terminal.say(f"{verdict}{first}; {counted(found.head.entries)}, head {found.head.hash}")


def counted(entries: int) -> str:
    """Of a log, in words: "1 entry", "5 entries"."""
    return f"{entries} {'entry' if entries == 1 else 'entries'}"
