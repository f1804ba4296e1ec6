"""What a report says that no program can know: who asked what, who brought what, what the examiner holds it to mean.

Every field is asked for and none has a default that means something: "" and None stand for "not stated", and are
printed as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from workstation.casework.records import Support

Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in stored pixels."""


@dataclass(frozen=True, slots=True)
class Commission:
    """The order.

    Attributes:
        number: the laboratory's own number of the report; "" = one is made of date, time and the first hash.
        case_number: of the client or the court.
        client: who asked for the examination.
        authority: on which law, order or consent it rests.
        question: that was asked.
        received: when the order came (a date, as the laboratory writes it).
        performed: from when to when the examination was made.
    """

    number: str = ""
    case_number: str = ""
    client: str = ""
    authority: str = ""
    question: str = ""
    received: str = ""
    performed: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """How an exhibit came in.

    Attributes:
        label: the laboratory's ("KT-7/2").
        description: in the analyst's words.
        received, received_by, received_from: when, by whom, from whom.
        taken: when it was hashed at intake, UTC, ISO 8601.
        sha256, sha1, md5: of the file at intake.
    """

    label: str = ""
    description: str = ""
    received: str = ""
    received_by: str = ""
    received_from: str = ""
    taken: str = ""
    sha256: str = ""
    sha1: str = ""
    md5: str = ""


@dataclass(frozen=True, slots=True)
class Viewed:
    """Which part of an exhibit was on a screen at 100 % or more.

    Attributes:
        share: of the image's area, 0..1.
        unseen: boxes around the parts that were not, largest first.
    """

    share: float
    unseen: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """The analyst's words.

    Attributes:
        exhibit: position in the report of the one that they speak of; None = the whole case.
        region: name of the region that they speak of; "" = no certain one.
    """

    text: str
    author: str = ""
    written: str = ""
    exhibit: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the examiner holds the findings to mean.

    Attributes:
        issue: the question that it answers.
        propositions: at least two that exclude each other.
        favoured: position of the one that the findings support more; None = neither.
        level: how much more, as the examiner recorded it.
        reasons: in words.
        exhibits: positions in the report of those that it rests on.
        author, formed: who and when.
    """

    issue: str
    propositions: tuple[str, ...]
    favoured: int | None
    level: Support
    reasons: str
    exhibits: tuple[int, ...]
    author: str = ""
    formed: str = ""

    def __post_init__(self) -> None:
        """Two propositions at least: support is for one thing rather than another."""
        if len(self.propositions) < 2:
            raise ValueError("an opinion needs at least two propositions")


@dataclass(frozen=True, slots=True)
class EncoderText:
    """A text that was given to the text encoder, word for word.

    Attributes:
        purpose: what for, in words.
        code: of the purpose where the program gave the text, "" where an examiner stated it.
        count: of the texts in it.
    """

    purpose: str
    text: str
    code: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step that failed, or that gave no answer on purpose.

    Attributes:
        exhibit: position in the report, None = the whole case.
        name: of the step.
        outcome: "failed" or "abstained".
        reason: why; a `Reason` where it can be said in another language.
    """

    exhibit: int | None
    name: str
    outcome: Literal["failed", "abstained"]
    reason: str


@dataclass(frozen=True, slots=True)
class Handover:
    """One link of the chain of custody; `exhibit` is its position in the report, None = the whole case."""

    time: str
    exhibit: int | None
    action: str
    person: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit log as it is printed."""

    sequence: int
    time: str
    operator: str
    program: str
    action: str
    detail: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Where the audit log stood when the report was made.

    Attributes:
        case: identifier of the case.
        head: SHA-256 of the last entry.
        entries: number of entries.
        extract: of the log, oldest first.
        left_out: number of entries that the extract leaves out.
        state: outcome of the chain's check at the time of the report, "" if it was not checked.
        exhibits: in the case, those of the report and all others but withdrawn ones; None = not known.
    """

    case: str
    head: str
    entries: int
    extract: tuple[AuditEntry, ...] = ()
    left_out: int = 0
    state: str = ""
    exhibits: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A second examiner's word.

    Attributes:
        kind: "technical" or "administrative".
        outcome: "agreed", "agreed with remarks" or "not agreed".
    """

    reviewer: str
    kind: str
    outcome: str
    text: str = ""
    reviewed: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All of it.

    Attributes:
        intakes, viewed: by the exhibit's position in the report, from 1: two exhibits may hold the same bytes.
        encoder_texts: by the exhibit's SHA-256.
    """

    commission: Commission = field(default_factory=Commission)
    intakes: Mapping[int, Intake] = field(default_factory=dict)
    viewed: Mapping[int, Viewed] = field(default_factory=dict)
    encoder_texts: Mapping[str, tuple[EncoderText, ...]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    steps: tuple[Step, ...] = ()
    custody: tuple[Handover, ...] = ()
    audit: Audit | None = None
    reviews: tuple[Review, ...] = ()
