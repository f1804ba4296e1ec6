"""A report is checked: signature and digest, print against data, originals, audit log, and the analysis itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import workstation
from workstation.errors import FileProblem
from workstation.progress import Progress
from workstation.report.digest import read_digest
from workstation.report.printed import Json
from workstation.report.verification_checks import Check, unchecked
from workstation.report.verification_originals import check_case, check_metadata, check_originals, exhibits_of
from workstation.report.verification_printed import Paper, check_printed, read_content, read_paper
from workstation.report.verification_reprint import check_data
from workstation.report.verification_signature import Trust, check_digest, check_signatures

LARGEST = 2_000_000_000
"""Bytes; a larger file is no report."""

NO_SIGNATURE_NO_PROOF = (
    "The report is not signed: everything in the file agrees with itself, and anyone could have made such a file anew "
    "after changing what it says. Only a signature, the originals (--evidence, --replay) and the case (--case) speak "
    "from outside of the file."
)


class NoReport(FileProblem):
    """The file that is to be checked cannot be read."""

    remedy = "Check that the file is there and that it is a report in PDF."


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is to be compared with.

    Attributes:
        evidence: originals.
        case: folder of the case that it was made from.
        trust: whom the reader trusts.
        replay: whether the analyses are repeated.
    """

    evidence: tuple[Path, ...] = ()
    case: Path | None = None
    trust: Trust = field(default_factory=Trust)
    replay: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check of a report showed.

    Attributes:
        number: of the report, "" where it cannot be read.
        checks: what was looked at, in order.
        caution: what all of it cannot prove, "" where a signature does.
    """

    number: str
    checks: tuple[Check, ...]
    caution: str = ""

    @property
    def passed(self) -> bool:
        """Whether all that could be checked agrees, and something could."""
        verdicts = {check.verdict for check in self.checks}
        return "differs" not in verdicts and "agrees" in verdicts


def verify(report: Path, question: Question) -> Generator[Progress, None, Verification]:
    """Check a report's file.

    Args:
        report: the PDF.
        question: what to compare it with.

    Yields:
        Progress through the checks.

    Raises:
        NoReport: if the file cannot be read.
        Unopenable: if a file of the evidence cannot be read.
    """
    yield Progress("reading the report", 0.0)
    try:
        if report.stat().st_size > LARGEST:
            raise NoReport(report, "it is too large for a report")
        pdf = report.read_bytes()
    except OSError as problem:
        raise NoReport(report, f"it cannot be read: {problem.strerror or problem}") from problem
    return (yield from verify_bytes(pdf, question))


def verify_bytes(pdf: bytes, question: Question) -> Generator[Progress, None, Verification]:
    """Check the bytes of a report; see `verify`."""
    yield Progress("checking digest and signature", 0.02)
    digest = read_digest(pdf)
    signatures, signed = check_signatures(pdf, question.trust)
    checks = [*signatures, check_digest(digest, len(pdf), signed=signed)]
    yield Progress("reading pages", 0.1)
    paper = read_paper(pdf, digest.end)
    if isinstance(paper, Check):
        return Verification("", (*checks, paper), "")
    content = read_content(paper)
    yield Progress("comparing data and print", 0.2)
    checks += check_printed(paper, content)
    yield Progress("printing the data again", 0.3)
    checks += check_data(paper, content)
    checks += yield from _outside(paper, content, question)
    return Verification(_number(content), tuple(checks), "" if signed else NO_SIGNATURE_NO_PROOF)


def _outside(paper: Paper, content: Json, question: Question) -> Generator[Progress, None, list[Check]]:
    """What speaks from outside of the file: originals, case, repetition."""
    checks, matched = yield from check_originals(content, question.evidence)
    this_program = f"Exifact {workstation.__version__}"
    checks += [check_metadata(one, _program(content), this_program) for one in matched]
    checks.append((yield from check_case(content, question.case)))
    if not question.replay:
        checks.append(unchecked("Findings", "They were not computed again (--replay)."))
    elif not matched:
        checks.append(unchecked("Findings", "There is no original to compute them from (--evidence)."))
    else:
        from workstation.report.verification_replay import replay  # noqa: PLC0415 - scipy, for this only

        for one in matched:
            created, count = _report(content).get("created", ""), len(exhibits_of(content))
            checks += yield from replay(one, created, count, paper.pictures)
    return checks


def _report(content: Json) -> dict[str, str]:
    """The data's part on the report itself."""
    entries = exhibits_of(content)
    found = content.get("report") if isinstance(content, dict) else None
    if not isinstance(found, dict) and entries:
        found = entries[0].get("report")
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _number(content: Json) -> str:
    return _report(content).get("number", "")


def _program(content: Json) -> str:
    return _report(content).get("program", "")
