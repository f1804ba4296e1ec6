"""Tampered copies of a real report, each a kind of its own, and which of them `exifact report verify` catches.

    python -m benchmarks.tampered_reports [--bytes 300] [--quick]

Analyses the bundled example, writes its report, signs a copy with a key made for this run, stamps it with a time
stamping authority made for this run, and tampers with copies of all three (`report_tamperings.py`). Prints for every
kind whether it was caught and by which check, how many changes of a single byte anywhere in the file are caught, and
whether an untouched report was blamed. --quick leaves out what repeats the analysis.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.report_forging import Laboratory
from benchmarks.report_tamperings import KINDS, Base, Kind, Specimen, flipped
from workstation import analysis
from workstation.analysis.result import AnalysisRequest
from workstation.casework.exhibit import Case, Exhibit
from workstation.evidence import open_evidence
from workstation.paths import resources
from workstation.progress import drain
from workstation.report import build
from workstation.report.pdf import render_pdf
from workstation.report.verification import Question, Verification, verify_bytes
from workstation.report.verification_signature import Trust

STATES: tuple[Base, ...] = ("unsigned", "signed", "stamped")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one tampered copy.

    Attributes:
        kind: of the tampering.
        caught: whether the check that must notice did.
        reasons: the checks that differ, with their reasons.
    """

    kind: Kind
    caught: bool
    reasons: tuple[str, ...]


def specimen_of(exhibit: Exhibit, folder: Path) -> Specimen:
    """A report on an exhibit in all its states, signed by a laboratory that is founded in `folder`."""
    laboratory = Laboratory.founded(folder)
    moment = datetime.now(UTC)
    report, other = (
        render_pdf(build(Case((exhibit,), title, "J. Examiner"), created=created))
        for title, created in (("Case 7", moment), ("Case 8", moment - timedelta(days=3)))
    )
    signed = laboratory.sign(report)
    path = exhibit.evidence.identity.path
    return Specimen(report, signed, laboratory.stamp(signed), other, path, folder, laboratory)


def tried(specimen: Specimen, kind: Kind) -> Outcome:
    """Tamper in one way and check the result."""
    pdf: bytes = getattr(specimen, kind.base)
    found = drain(verify_bytes(kind.forge(specimen, pdf), kind.ask(specimen)))
    blamed = [check for check in found.checks if check.verdict == "differs"]
    caught = not found.passed and any(check.subject.startswith(kind.by) for check in blamed)
    return Outcome(kind, caught, tuple(f"{check.subject}: {check.reason}" for check in blamed))


def untouched(specimen: Specimen, *, replay: bool) -> Iterator[tuple[str, Verification]]:
    """The report in every state, checked as it is."""
    for base in STATES:
        trust = Trust() if base == "unsigned" else specimen.laboratory.trust
        question = Question(evidence=(specimen.original,), trust=trust, replay=replay)
        yield base, drain(verify_bytes(getattr(specimen, base), question))


def single_bytes(pdf: bytes, count: int, seed: int) -> tuple[int, list[int]]:
    """How many changes of one bit of one byte, at places drawn by chance, are caught; and the places of the others."""
    places = random.Random(seed).sample(range(len(pdf)), min(count, len(pdf)))
    missed = [place for place in places if drain(verify_bytes(flipped(pdf, place), Question())).passed]
    return len(places) - len(missed), missed


def main() -> int:
    """Print the tables; 1 if something was missed or an untouched report blamed."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bytes", type=int, default=300, help="single bytes to change, in each state of the report")
    arguments.add_argument("--quick", action="store_true", help="leave out what repeats the analysis")
    arguments.add_argument("--seed", type=int, default=7)
    chosen = arguments.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        example = open_evidence(resources() / "examples" / "spliced.jpg")
        result = drain(analysis.run(example, AnalysisRequest(threads=1)))
        specimen = specimen_of(Exhibit(example, result), Path(folder))
        for base, found in untouched(specimen, replay=not chosen.quick):
            blamed = [check.subject for check in found.checks if check.verdict == "differs"]
            wrong += not found.passed
            size = len(getattr(specimen, base))
            print(f"untouched, {base} ({size} bytes): {'blamed: ' + ', '.join(blamed) if blamed else 'agrees'}")
        kinds = [kind for kind in KINDS if not (kind.replays and chosen.quick)]
        caught = 0
        for kind in kinds:
            started = time.monotonic()
            outcome = tried(specimen, kind)
            caught += outcome.caught
            reason = outcome.reasons[0] if outcome.reasons else "nothing differs"
            print(f"{'caught' if outcome.caught else 'MISSED':7}{kind.name:62}{reason[:120]}")
            print(f"       {time.monotonic() - started:.1f} s", file=sys.stderr)
        print(f"{caught} of {len(kinds)} kinds caught")
        wrong += len(kinds) - caught
        for base in STATES:
            right, missed = single_bytes(getattr(specimen, base), chosen.bytes, chosen.seed)
            places = f", not at {missed}" if missed else ""
            print(f"one byte anywhere, {base}: {right} of {right + len(missed)} caught{places}")
            wrong += len(missed)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
