"""A report as data: `report.json` and its pictures, from which alone it is printed, now or by another laboratory."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

from workstation.analysis.evidential_words import VERBAL_SCALE
from workstation.analysis.statement import CalibrationStatement
from workstation.casework.records import SUPPORT, Support
from workstation.progress import Progress, drain
from workstation.report.commission import EncoderText, Note, Opinion, Step
from workstation.report.document import ExhibitReport, ReportDocument, with_pixels
from workstation.report.own_program import program_hash
from workstation.report.pictures import pictures_of, sha256
from workstation.report.serial import as_text, coded_or_none, exhibit_json, report_json, text, together
from workstation.report.texts import Texts, texts_from

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

FORMAT = "exifact-report"
FORMAT_VERSION = 1
SHARED_BY_ALL = ("format", "format_version", "report")
"""Fields of an exhibit's `result.json` that a report says once."""

PRINTED_ONLY = ("intake", "viewed", "encoder_texts", "notes", "figures")
"""Fields of an exhibit in a report that its `result.json` does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Publication:
    """All that a report is printed from.

    Attributes:
        content: as `report.json` holds it.
        words: the language's file, as the report carries it.
        pictures: SHA-256 to JPEG bytes.
    """

    content: Mapping[str, Any]
    words: str
    pictures: Mapping[str, bytes]

    @property
    def texts(self) -> Texts:
        """The words of the report."""
        return texts_from(self.words).changed(self.content["texts"])

    @property
    def json(self) -> bytes:
        """The bytes of `report.json`."""
        return as_text(dict(self.content)).encode("utf-8")


def running_title(publication: Publication) -> str:
    """The report's title and what it is about."""
    content, texts = publication.content, publication.texts
    exhibits = content["exhibits"]
    about = exhibits[0]["exhibit"]["name"] if len(exhibits) == 1 else texts("page.exhibits", count=len(exhibits))
    return texts("page.title", title=content["report"]["title"] or texts("title.untitled"), exhibits=about)


def publish(document: ReportDocument) -> Publication:
    """`publish_steps` to its end; the same errors."""
    return drain(publish_steps(document))


def publish_steps(document: ReportDocument) -> Generator[Progress, None, Publication]:
    """Paint the pictures and write down everything that will be printed.

    An exhibit whose file changed or went away since `build` compared its hash is said to have done so.

    Yields:
        Progress after each picture, its fraction that of the exhibits that are done.

    Raises:
        DamagedImage: if an exhibit's pixels, which left memory, do not fit into it any more.
    """
    texts = document.template.texts
    pictures: dict[str, bytes] = {}
    reports: list[ExhibitReport] = []
    figures: list[list[Json]] = []
    for report in document.exhibits:
        done = Progress("painting the maps", len(reports) / len(document.exhibits))
        found, entries = yield from _painted(report, len(document.exhibits), pictures, done)
        reports.append(found)
        figures.append(entries)
    logo = document.template.logo
    if logo is not None:
        pictures[sha256(logo)] = logo
    document = replace(document, exhibits=tuple(reports))
    exhibits = [_exhibit(document, *one) for one in zip(reports, figures, strict=True)]
    return Publication(_content(document, texts, exhibits), texts.source, pictures)


def _painted(
    report: ExhibitReport, exhibits: int, pictures: dict[str, bytes], done: Progress
) -> Generator[Progress, None, tuple[ExhibitReport, list[Json]]]:
    """Paint an exhibit's pictures into `pictures`; its pixels are read once and held no longer than that.

    Yields:
        `done` after each picture.

    Returns:
        The report, which says so if the pixels went out of reach, and the pictures' parts of the data.
    """
    seen = with_pixels(report)
    entries: list[Json] = []
    for picture in pictures_of(seen, exhibits):
        yield done
        entries.append(picture.entry)
        if picture.jpeg is not None:
            pictures[sha256(picture.jpeg)] = picture.jpeg
    return seen if seen.is_unseen else report, entries


def result_json(publication: Publication) -> dict[str, Json]:
    """What `result.json` beside a report says: the same content, without what only the pages show."""
    content = publication.content
    exhibits = [
        {name: value for name, value in exhibit.items() if name not in PRINTED_ONLY} for exhibit in content["exhibits"]
    ]
    return together(content["report"], exhibits)


def _content(document: ReportDocument, texts: Texts, exhibits: list[Json]) -> dict[str, Json]:
    stated, template, program = document.circumstances, document.template, program_hash()
    logo = template.logo
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "language": texts.language,
        "texts": dict(template.changes),
        "report": report_json(document),
        "laboratory": {
            "name": text(template.laboratory) or None,
            "lines": [text(line) for line in template.lines],
            "logo": None if logo is None else sha256(logo),
        },
        "commission": _stated(stated.commission),
        "exhibits": exhibits,
        "notes": [_stated(note) for note in stated.notes if note.exhibit is None],
        "opinions": [_opinion(opinion, document) for opinion in stated.opinions],
        "levels": list(SUPPORT),
        "steps": _steps(document),
        "custody": [_stated(link) for link in stated.custody],
        "audit": None if stated.audit is None else _stated(stated.audit),
        "reviews": [_stated(review) for review in stated.reviews],
        "program": {
            "sha256": program.sha256 or None,
            "covers": program.covers,
            "files": program.files,
            "texts_language": texts.language,
            "texts_sha256": hashlib.sha256(texts.source.encode("utf-8")).hexdigest(),
            "texts_lacking": len(texts.lacking),
        },
    }


def _exhibit(document: ReportDocument, report: ExhibitReport, figures: list[Json]) -> Json:
    stated, sha256 = document.circumstances, report.evidence.identity.sha256
    own = exhibit_json(document, report, array=False)
    intake, viewed = stated.intakes.get(report.position), stated.viewed.get(report.position)
    notes = [_stated(note) for note in stated.notes if note.exhibit == report.position]
    if report.exhibit.note:
        notes.insert(0, _stated(Note(report.exhibit.note, exhibit=report.position)))
    return {
        **{name: value for name, value in own.items() if name not in SHARED_BY_ALL},
        "intake": None if intake is None else _stated(intake),
        "viewed": None if viewed is None else _stated(viewed),
        "encoder_texts": [_stated(one) for one in (*stated.encoder_texts.get(sha256, ()), *_line_ups(report))],
        "notes": [*notes],
        "figures": figures,
    }


def _line_ups(report: ExhibitReport) -> Iterator[EncoderText]:
    """The texts that the claims were tested with, each a statement of its own."""
    claims = None if report.result is None else report.result.claims
    for claim in () if claims is None else claims.whole:
        if claim.ranked:
            texts = sorted(f"{claim.tag}: {value}" for value, _ in claim.ranked)
            yield EncoderText(f"line-up, {len(texts)} texts", "; ".join(texts), "line-up", len(texts))


def _stated(value: Any) -> dict[str, Json]:
    """A frozen record of plain values as JSON; what nobody filled is null."""
    return {name: _plain(item) for name, item in asdict(value).items()}


def _plain(value: Any) -> Json:
    if isinstance(value, str):
        return text(value) or None
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    assert value is None or isinstance(value, (bool, int, float))
    return value


def _opinion(opinion: Opinion, document: ReportDocument) -> dict[str, Json]:
    """An opinion with the level that the report may state: what its weakest calibration carries, or none."""
    recorded = _stated(opinion)
    level = recorded.pop("level")
    allowed = _allowed(opinion, document)
    withheld = allowed is None or SUPPORT.index(opinion.level) > SUPPORT.index(allowed)
    return {**recorded, "level": None if withheld else level, "allowed": allowed, "withheld": withheld}


def _allowed(opinion: Opinion, document: ReportDocument) -> Support | None:
    """The highest level that the calibrations of all exhibits behind an opinion carry; None = none."""
    about = [e for e in document.exhibits if not opinion.exhibits or e.position in opinion.exhibits]
    levels = [carried(None if e.result is None else e.result.calibration) for e in about]
    known = [level for level in levels if level is not None]
    return min(known, key=SUPPORT.index) if known and len(known) == len(levels) else None


def carried(statement: CalibrationStatement | None) -> Support | None:
    """The level of support that a likelihood ratio carries; None where there is none.

    The ratio is that of the exhibit and already kept within what the number of measured photographs can carry.
    """
    if statement is None or statement.status != "calibrated" or statement.llr is None:
        return None
    ratio = 10 ** abs(statement.llr)
    limits = [limit for limit, _ in VERBAL_SCALE]
    return SUPPORT[next((i for i, limit in enumerate(limits) if ratio < limit), len(limits) - 1)]


def _steps(document: ReportDocument) -> list[Json]:
    """What failed and what gave no answer: what the program saw itself, then what was stated."""
    found: list[tuple[int | None, str, str, str]] = []
    for report in document.exhibits:
        found += [(report.position, *step) for step in _steps_of(report)]
    for opinion in document.circumstances.opinions:
        if _opinion(opinion, document)["withheld"]:
            found.append((None, "interpretation", "abstained", "withheld"))
    told = [_step(*step) for step in found]
    return [*told, *(_stated_step(step) for step in document.circumstances.steps)]


def _stated_step(step: Step) -> Json:
    """What was stated of a step; what the program says of a file that it cannot decode has a code."""
    return {**_stated(step), "reason_code": coded_or_none(step.reason)}


def _step(exhibit: int | None, name: str, outcome: str, reason: str) -> Json:
    return {"exhibit": exhibit, "name": name, "outcome": outcome, "reason": text(reason)}


def _steps_of(report: ExhibitReport) -> list[tuple[str, str, str]]:
    steps: list[tuple[str, str, str]] = []
    if report.verification.state != "match":
        steps.append(("verification", "failed", report.verification.state))
    if report.status == "failed":
        steps.append(("analysis", "failed", report.exhibit.failure))
    elif report.status == "not run":
        steps.append(("analysis", "abstained", "not-run"))
    elif report.status == "not assessable":
        steps.append(("analysis", "abstained", report.result.reason if report.result else ""))
    else:
        calibration = None if report.result is None else report.result.calibration
        if calibration is None or calibration.status != "calibrated":
            reason = calibration.reason if calibration else ""
            steps.append(("calibration", "abstained", reason or "not-calibrated"))
        if any(finding.kind == "no-stable-partition" for finding in report.observations):
            steps.append(("groups", "abstained", "no-stable-partition"))
    untold = [s for s in report.regions if s.reason and report.status == "complete"]
    return [*steps, *(("region", "abstained", f"{s.region.name}: {s.reason}") for s in untold)]
