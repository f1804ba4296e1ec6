"""What a report is asked for, and how it is written; no Qt here."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.casework.beside import refuse_beside_evidence, refuse_target
from workstation.casework.exhibit import Case
from workstation.progress import Progress, part
from workstation.ui.case_keeper import CaseKeeper
from workstation.whole_files import flush

if TYPE_CHECKING:
    from workstation.report.commission import Circumstances
    from workstation.report.document import ReportDocument
    from workstation.ui.jobs import PathLook


@dataclass(frozen=True, slots=True)
class Signing:
    """A key to sign with; the passphrase is used once and kept nowhere."""

    key: Path
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stated:
    """What only people can say; "" = not stated, and printed so.

    Attributes:
        number: of the report; "" = one is made.
        operator, laboratory, client: who examines, where, for whom.
        case_number: the client's or the court's.
        authority, question: on which law or order, and what was asked.
        received: when the order came.
        language: of the report.
    """

    number: str = ""
    operator: str = ""
    laboratory: str = ""
    client: str = ""
    case_number: str = ""
    authority: str = ""
    question: str = ""
    received: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True, eq=False)
class ReportOrder:
    """One report.

    Attributes:
        case: what was examined.
        target: the PDF; the JSON goes beside it.
        stated: what only people can say.
        signing: a key, or None.
        keeper: the open case that the report speaks of, or None.
    """

    case: Case
    target: Path
    stated: Stated = field(default_factory=Stated)
    signing: Signing | None = None
    keeper: CaseKeeper | None = None


def data_beside(target: Path) -> Path:
    """The JSON file that goes with a report."""
    return target.with_name("result.json") if target.stem == "report" else target.with_suffix(".json")


def would_replace(target: Path, looks: PathLook) -> tuple[Path, ...] | None:
    """Files that are there already and that a report written to `target` would replace; None = not known yet."""
    there = {path: looks.told(str(path), os.path.exists) for path in (target, data_beside(target))}
    return None if None in there.values() else tuple(path for path, found in there.items() if found)


def free_target(folder: Path, stem: str, looks: PathLook) -> Path:
    """A name for a report that replaces none, as far as is known: "report.pdf", "report 2.pdf" and so on."""
    names = chain((stem,), (f"{stem} {number}" for number in count(2)))
    return next(target for name in names if not would_replace(target := folder / f"{name}.pdf", looks))


def write_report(order: ReportOrder) -> Generator[Progress, None, tuple[Path, ...]]:
    """Write the report as PDF, sign it if asked, write its JSON beside it, and log it in the case.

    Raises:
        BesideEvidence: if the target lies beside an exhibit.
        ExportProblem: if a file cannot be written; SigningProblem if the key cannot be used.
        CaseProblem: if the case cannot be read, or the entry cannot be written.
    """
    yield Progress("composing the report", 0.0)  # first: the libraries take seconds to load on a busy machine
    from workstation.report import signing  # noqa: PLC0415 - pyHanko loads when a report is asked for
    from workstation.report.atomic import replacing  # noqa: PLC0415 - as above
    from workstation.report.pdf import print_steps  # noqa: PLC0415 - as above
    from workstation.report.publication import publish_steps, result_json  # noqa: PLC0415 - as above
    from workstation.report.serial import as_text  # noqa: PLC0415 - as above

    target = order.target
    refuse_beside_evidence(target.parent, tuple(one.evidence.identity.path for one in order.case.exhibits))
    if order.keeper is not None:  # exhibits of the case that are not open, too
        refuse_target(order.keeper.file, target)
    asked = order.signing
    identity = None if asked is None else signing.identity_from_pkcs12(asked.key, asked.passphrase)
    document = yield from part(_documenting(order), 0.0, 0.2)
    publication = yield from part(publish_steps(document), 0.2, 0.6)
    data = as_text(result_json(publication)).encode("utf-8", "backslashreplace")
    printing = print_steps(publication)
    del publication  # its pictures are let go when they stand in the PDF
    content = yield from part(printing, 0.6, 0.85)
    if identity is not None:
        yield Progress("signing the PDF", 0.85)
        content = signing.signed(content, identity, reason="Issued")
    yield Progress("writing the files", 0.9)  # the last step: a report that was cancelled leaves none of them
    beside = data_beside(target)
    with replacing(target) as pdf, replacing(beside) as json:  # both or, where the disk is full, none
        for unfinished, whole in ((pdf, content), (json, data)):
            unfinished.write_bytes(whole)
            flush(unfinished)
        if order.keeper is not None and not order.keeper.file.read_only:
            _log(order.keeper, document, target.name, content)  # no report lies there that the log knows nothing of
    return target, beside


def _documenting(order: ReportOrder) -> Generator[Progress, None, ReportDocument]:
    from workstation.report.document import build_steps  # noqa: PLC0415 - as above
    from workstation.report.template import load_template  # noqa: PLC0415 - as above

    stated, template = order.stated, load_template()
    look = replace(
        template, language=stated.language or template.language, laboratory=stated.laboratory or template.laboratory
    )
    circumstances, case = _circumstances(order)
    named = replace(case, operator=stated.operator or case.operator)
    return (yield from build_steps(named, circumstances=circumstances, template=look))


def _circumstances(order: ReportOrder) -> tuple[Circumstances, Case]:
    """What the case knows, with what was stated now; notes of a case come with author and date instead."""
    from workstation.report.commission import Circumstances  # noqa: PLC0415 - as above
    from workstation.report.from_case import circumstances_of  # noqa: PLC0415 - as above

    case, known = order.case, Circumstances()
    if order.keeper is not None:
        verified = order.keeper.file.verify(originals=False)
        state = "intact" if verified.intact else "; ".join(finding.sentence for finding in verified.findings)
        record = order.keeper.file.snapshot()
        numbered = enumerate(case.exhibits, start=1)
        positions = {one.record.id: position for position, one in numbered if one.record is not None}
        known = circumstances_of(record, positions, checked=state)
        exhibits = tuple(replace(one, note="") if one.record is not None else one for one in case.exhibits)
        case = replace(case, exhibits=exhibits, title=record.details.title, record=record)
    stated = order.stated
    commission = replace(
        known.commission,
        number=stated.number,
        case_number=stated.case_number or known.commission.case_number,
        client=stated.client or known.commission.client,
        authority=stated.authority or known.commission.authority,
        question=stated.question or known.commission.question,
        received=stated.received or known.commission.received,
    )
    return replace(known, commission=commission), case


def _log(keeper: CaseKeeper, document: ReportDocument, name: str, content: bytes) -> None:
    audit = document.circumstances.audit
    if audit is not None:
        keeper.file.reports.issued(
            document.number,
            issued=document.created,
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            head=audit.head,
            entries=audit.entries,
        )
