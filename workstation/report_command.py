"""The commands `exifact report …`: sign, stamp and check reports; words in, words out.

What they do is imported when one of them runs: the command line shows its help without pyHanko.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.errors import ExportProblem
from workstation.terminal import DONE, FAILED

if TYPE_CHECKING:
    from workstation.report.signing import Identity
    from workstation.report.verification import Verification

MARKS = {"agrees": "✔ agrees", "differs": "✘ differs", "cannot be checked": "– cannot be checked"}

report_app = typer.Typer(help="Reports: sign, time-stamp, verify.", no_args_is_help=True)

Report = Annotated[Path, typer.Argument(metavar="REPORT.pdf", help="A report that Exifact wrote.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Instead of a new name beside the report.")]


@report_app.command()
def sign(
    report: Report,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE.p12", help="PKCS#12 file with the key and its certificate.")
    ] = None,
    out: Out = None,
    reason: Annotated[str, typer.Option("--reason", help="Shown beside the signature, e.g. “Issued”.")] = "",
    passphrase_file: Annotated[
        Path | None, typer.Option("--passphrase-file", metavar="FILE", help="Its first line; asked for without it.")
    ] = None,
    module: Annotated[
        Path | None, typer.Option("--pkcs11", metavar="LIBRARY", help="Of a token, instead of a key file.")
    ] = None,
    token: Annotated[str, typer.Option("--token", help="Label of the token.")] = "",
    certificate: Annotated[str, typer.Option("--certificate", help="Label of the certificate on the token.")] = "",
    timestamp_url: Annotated[
        str,
        typer.Option("--timestamp-url", metavar="URL", help="Ask this authority for a time stamp (network)."),
    ] = "",
) -> None:
    """Sign a report (PAdES) with a PKCS#12 file or a PKCS#11 token. The report itself stays as it is."""
    if (key is None) == (module is None) or (module is not None and not (token and certificate)):
        raise typer.BadParameter("give --key FILE.p12, or --pkcs11 LIBRARY with --token and --certificate")
    from workstation.report import signing, timestamps
    from workstation.report.atomic import write_bytes

    with terminal.words_for_errors(), ExitStack() as stack:
        content = _read(report)
        written = _place(out, report, "-signed.pdf")
        secret = _secret(passphrase_file, f"Passphrase of {key.name}" if key else f"PIN of the token {token}")
        identity: Identity
        if key is not None:
            identity = signing.identity_from_pkcs12(key, secret)
        else:
            assert module is not None
            identity = stack.enter_context(
                signing.identity_from_pkcs11(module, token=token, certificate=certificate, pin=secret or None)
            )
        content = signing.signed(content, identity, reason=reason)
        if timestamp_url:
            content = timestamps.attached(content, timestamps.fetched(timestamps.request(content), timestamp_url))
        write_bytes(written, content)
        terminal.say(f"{written}: signed by {identity.name}")
        terminal.say(f"certificate SHA-256 {identity.fingerprint}")
        terminal.say("Tell readers this number over another channel: only then does the signature say who signed.")


@report_app.command("timestamp-request")
def timestamp_request(report: Report, out: Out = None) -> None:
    """Write a time stamp request (RFC 3161) for a signed report: a file with a hash, to carry to another machine."""
    from workstation.report import timestamps
    from workstation.report.atomic import write_bytes

    with terminal.words_for_errors():
        content = _read(report)
        written = _place(out, report, ".tsq")
        write_bytes(written, timestamps.request(content))
    terminal.say(f"{written}: request written. On a machine with a network, for instance:")
    terminal.say(
        f"curl -H 'Content-Type: application/timestamp-query' --data-binary @{written.name} "
        f"https://ADDRESS-OF-THE-AUTHORITY -o {report.stem}.tsr"
    )
    terminal.say(f"Then: exifact report timestamp-attach {report.name} {report.stem}.tsr")


@report_app.command("timestamp-attach")
def timestamp_attach(
    report: Report,
    response: Annotated[Path, typer.Argument(metavar="RESPONSE.tsr", help="The authority's answer.")],
    out: Out = None,
) -> None:
    """Put the time stamp that came back beside the signature of the report that it was requested for."""
    from workstation.report import timestamps
    from workstation.report.atomic import write_bytes

    with terminal.words_for_errors():
        answer, content = _read(response), _read(report)
        written = _place(out, report, "-stamped.pdf")
        write_bytes(written, timestamps.attached(content, answer))
        terminal.say(f"{written}: stamped {timestamps.moment_of(answer):%Y-%m-%d %H:%M:%S} UTC")


@report_app.command()
def verify(
    report: Report,
    evidence: Annotated[
        list[Path] | None, typer.Option("--evidence", metavar="FILE", help="An original; give it for each.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Analyse the originals again and compare every finding.")
    ] = False,
    case: Annotated[
        Path | None, typer.Option("--case", metavar="FOLDER", help="The case that the report was made from.")
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", metavar="CERT", help="Certificate (PEM, DER) of the laboratory or an authority."),
    ] = None,
    crl: Annotated[
        list[Path] | None, typer.Option("--crl", metavar="FILE", help="List of certificates that were withdrawn.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The checks as JSON.")] = False,
) -> None:
    """Check a report: signature, print against data, originals, audit log, and with --replay the findings.

    Exit code 0 if all that can be checked agrees, 1 if anything differs.
    """
    from workstation.report import verification
    from workstation.report.verification_signature import Trust

    with terminal.words_for_errors():
        trusted = Trust.from_files(trust or [], crl or [])
        question = verification.Question(tuple(evidence or ()), case, trusted, replay)
        found = terminal.follow(verification.verify(report, question), report.name)
    if as_json:
        typer.echo(json.dumps(_as_json(found), indent=1))  # in ASCII, which every terminal and pipe takes
    else:
        _show(report, found)
    raise typer.Exit(DONE if found.passed else FAILED)


def _show(report: Path, verification: Verification) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    title = terminal.printable(f"{report.name}  {verification.number}")  # as a text: its brackets are no markup
    table = Table(title=Text(title, "table.title"), title_justify="left")
    table.add_column("Check", max_width=24, overflow="fold")  # two exhibits' names may differ at their end only
    table.add_column("Result", width=11)
    table.add_column("Reason", overflow="fold")  # a hash is never shortened
    for check in verification.checks:
        words = "\n".join((check.reason, *(f"· {detail}" for detail in check.details)))
        lines = [terminal.printable(line) for line in words.split("\n")]
        style = "bold" if check.verdict == "differs" else ""
        table.add_row(
            Text(terminal.printable(check.subject), style),
            Text(MARKS[check.verdict], style),
            Text("\n".join(lines)),
        )
    Console().print(table)
    counted = {verdict: sum(c.verdict == verdict for c in verification.checks) for verdict in MARKS}
    several = {"agrees": "agree", "differs": "differ"}
    terminal.say(
        ", ".join(
            f"{count} {verdict if count == 1 else several.get(verdict, verdict)}" for verdict, count in counted.items()
        )
    )
    if verification.caution:
        terminal.say(verification.caution)
    terminal.say(
        "All that could be checked agrees." if verification.passed else "THE REPORT IS NOT WHAT IT WAS: see “differs”."
    )


def _as_json(verification: Verification) -> dict[str, object]:
    return {
        "report": verification.number,
        "passed": verification.passed,
        "caution": verification.caution,
        "checks": [
            {"subject": c.subject, "verdict": c.verdict, "reason": c.reason, "details": list(c.details)}
            for c in verification.checks
        ],
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        from workstation.report.verification import NoReport

        raise NoReport(path, f"it cannot be read: {problem.strerror or problem}") from problem


def _place(out: Path | None, report: Path, ending: str) -> Path:
    """Where a file goes: beside the report, unless another place is given."""
    place = out or report.with_name(f"{report.stem}{ending}")
    if place.is_dir():
        raise ExportProblem(f"{place} is a folder; --out takes a file")
    return place


def _secret(file: Path | None, question: str) -> str:
    """A passphrase from the first line of a file, else from the keyboard; never from an argument, which others see."""
    if file is None:
        return str(typer.prompt(question, hide_input=True, default="", show_default=False, err=True))
    try:
        first = _read(file).decode("utf-8-sig").partition("\n")[0]  # editors put a mark before the first letter
    except UnicodeDecodeError as problem:
        from workstation.report.signing import SigningProblem

        raise SigningProblem(f"{file} is no text in UTF-8 ({problem.reason})") from problem
    return first.removesuffix("\r")
