"""Exhibits of a case are analysed one after the other; every outcome goes into the case."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from workstation import analysis, evidence, terminal
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.result import AnalysisRequest
from workstation.casework import CaseFile, ExhibitRecord
from workstation.casework.problems import CaseProblem, CaseReadOnly, CaseRefusal
from workstation.errors import Reason, WorkstationError
from workstation.evidence.record import Evidence
from workstation.progress import Progress


def analyze(case: CaseFile, exhibits: Sequence[ExhibitRecord], request: AnalysisRequest) -> list[ExhibitRecord]:
    """Analyse exhibits and keep every result, or why there is none.

    Args:
        case: open for writing.
        exhibits: of it.
        request: the same for all.

    Returns:
        Those that failed.

    Raises:
        WeightsProblem, DeviceProblem: if the model cannot be loaded.
        CaseReadOnly: if the case is open for reading only.
        CaseProblem: if the case cannot be written; what was finished before is kept.
    """
    if not exhibits:
        return []
    if case.read_only:  # said before the work, and before arrays are written beside the file of another program
        raise CaseReadOnly(case.folder, " ".join(("no analysis can be kept.", *case.warnings)))
    encoder = load_encoder(request.model, device=request.device, threads=request.threads, precision=request.precision)
    failed = []
    for exhibit in exhibits:
        try:
            record = terminal.follow(_analyze_one(case, exhibit, request, encoder), exhibit.name)
        except CaseProblem:
            raise
        except WorkstationError as problem:
            terminal.complain(problem, exhibit.name)
            case.analyses.failed(exhibit.id, request, problem.summary)
            failed.append(exhibit)
        else:
            terminal.say(f"exhibit {exhibit.label}: {exhibit.name}: {record}")
    return failed


def open_exhibit(case: CaseFile, exhibit: ExhibitRecord) -> Generator[Progress, None, Evidence]:
    """Open an exhibit's file, and make sure that it is the one that was taken in; the log says so.

    Raises:
        Unopenable: if it is not where it was; `exifact case find` looks for it.
        CaseRefusal: if its bytes are others than at intake.
    """
    try:
        opened = yield from evidence.open_steps(case.exhibits.file_of(exhibit.id))
    except WorkstationError as problem:
        checked = case.exhibits.check(exhibit.id)
        if checked.state == "differs":  # that it is no longer an image, say, is not the news
            words = f"{exhibit.name} has changed since intake: {checked.message}"
            raise CaseRefusal(Reason(words, "changed-since-intake", file=exhibit.name)) from problem
        raise
    return replace(opened, identity=case.exhibits.opened(exhibit.id, opened.identity))


def _analyze_one(
    case: CaseFile, exhibit: ExhibitRecord, request: AnalysisRequest, encoder: Encoder
) -> Generator[Progress, None, str]:
    opened = yield from open_exhibit(case, exhibit)
    result = yield from analysis.run(opened, request, encoder=encoder, claims=True)
    case.analyses.add(exhibit.id, result)
    return result.status if result.status == "complete" else f"{result.status}: {result.reason}"
