"""The window's own sentences about an analysis: one for each state, with the next step; numbers with their units.

Observations only. What a result found is said by its findings; this module says in which state an exhibit is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from workstation.analysis.claims_words import in_words
from workstation.analysis.evidential_words import p_in_digits, ratio_in_digits
from workstation.analysis.result import AnalysisResult, Group, Partition, Provenance
from workstation.analysis.statement import CalibrationStatement
from workstation.errors import in_percent, number_of, share_in_percent


class Situation(Enum):
    """In which state the shown exhibit is; each has its own sentence and next step."""

    EMPTY = "empty"
    OPENING = "opening"
    CANNOT_BE_OPENED = "cannot be opened"
    READY = "ready"
    ANALYSING = "analysing"
    COMPLETE = "complete"
    NO_STABLE_PARTITION = "no stable partition"
    AMBIGUOUS = "ambiguous"
    NOT_ASSESSABLE = "not assessable"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Telling:
    """What the window says in one situation.

    Attributes:
        headline: a few words.
        sentence: what is the case.
        next_step: what the analyst can do.
        icon: name of the icon beside the headline.
        button: title of the button that (re)starts the analysis, "" for none.
    """

    headline: str
    sentence: str
    next_step: str
    icon: str
    button: str = ""


TELLINGS: dict[Situation, Telling] = {
    Situation.EMPTY: Telling(
        "No photograph",
        "Nothing is open.",
        "Drop photographs into the window, or open one with Ctrl+O.",
        "image",
    ),
    Situation.OPENING: Telling(
        "Opening",
        "The file is read, hashed and decoded; the picture comes first, then the metadata.",
        "Nothing needs to be done.",
        "state-busy",
    ),
    Situation.CANNOT_BE_OPENED: Telling(
        "Cannot be opened",
        "The file could not be read as a photograph.",
        "The other exhibits stay open. Read the file again (F5) once it is mended, or close it (Ctrl+W).",
        "state-unreadable",
    ),
    Situation.READY: Telling(
        "Not analysed yet",
        "The file is read; its pixels have not been compared yet.",
        "Start the analysis (A).",
        "state-idle",
        "Analyze",
    ),
    Situation.ANALYSING: Telling(
        "Analysing",
        "The map is provisional until the analysis is complete.",
        "The picture and the metadata stay usable; Cancel stops after the current batch.",
        "state-busy",
    ),
    Situation.COMPLETE: Telling(
        "Complete",
        "The patches fall into groups.",
        "Look at what departs in the original and in the metadata, mark it as a region and note what you see.",
        "state-departs",
    ),
    Situation.NO_STABLE_PARTITION: Telling(
        "One group",
        "No partition into two or more groups is stable. This does not show that the photograph is untouched.",
        "Look at the departure map, or mark a region and compare everything with it.",
        "state-one-group",
    ),
    Situation.AMBIGUOUS: Telling(
        "Reference ambiguous",
        "The two largest groups are nearly the same size: the program cannot say which is the reference.",
        "Mark a region that you know the origin of and choose “Everything as seen from here”.",
        "state-ambiguous",
    ),
    Situation.NOT_ASSESSABLE: Telling(
        "Not assessable",
        "The pixels cannot carry this analysis.",
        "Ask for the original file.",
        "state-not-applicable",
        "Analyze again",
    ),
    Situation.FAILED: Telling(
        "Failed",
        "The analysis stopped with an error; there is no map.",
        "Mend the cause and analyse again.",
        "warning",
        "Analyze again",
    ),
    Situation.CANCELLED: Telling(
        "Cancelled",
        "The analysis was stopped before its end; there is no map.",
        "Start again when you are ready.",
        "cancel",
        "Analyze again",
    ),
}

LIMITS: tuple[str, ...] = (
    "The maps compare patches of this photograph with each other. They show where patches differ, not why.",
    "A sharp subject before a blurred background, motion blur, strong local sharpening, noise reduction or text can "
    "depart as much as a part from elsewhere.",
    "A part from the same camera with the same processing does not depart; nor does a change to the whole picture.",
    "Strong compression and scaling down after the change can remove the difference.",
    "Areas that are hatched carry no statement: they are flat, clipped or black.",
    "Images that a program generated as a whole are out of scope.",
    "How often untouched photographs show as much is said only where it was measured on photographs like this one; "
    "apart from that no number here is a probability.",
)

NOT_CALIBRATED = "not calibrated"

SAID_AND_SEEN = "What the file says against what is seen"


def situation_of(result: AnalysisResult) -> Situation:
    """The state that a finished analysis leaves the exhibit in."""
    if result.status == "not assessable" or result.partition is None:
        return Situation.NOT_ASSESSABLE
    if not result.partition.stable or len(result.partition.groups) < 2:
        return Situation.NO_STABLE_PARTITION
    return Situation.AMBIGUOUS if result.partition.ambiguous else Situation.COMPLETE


def headline_of(result: AnalysisResult) -> str:
    """The headline of a finished analysis: which groups depart from A, or the name of its state."""
    situation = situation_of(result)
    if situation != Situation.COMPLETE or result.partition is None:
        return TELLINGS[situation].headline
    others = [group.name for group in result.partition.groups[1:]]
    if len(others) == 1:
        return f"Region {others[0]} departs from A"
    return f"Regions {', '.join(others[:-1])} and {others[-1]} depart from A"


def outcome_of(result: AnalysisResult) -> str:
    """The outcome of a finished analysis in a few words, for lists: "B departs · p 0.018", "one group"."""
    p = None if result.calibration is None else result.calibration.p_consistent
    words = departing_words(result)
    return words if p is None else f"{words} · p {p_in_digits(p)}"


def departing_words(result: AnalysisResult) -> str:
    """The same without the p-value."""
    situation = situation_of(result)
    if situation != Situation.COMPLETE or result.partition is None:
        return TELLINGS[situation].headline.lower()
    others = [group.name for group in result.partition.groups[1:]]
    return f"{', '.join(others)} depart{'s' if len(others) == 1 else ''}"


def figures_of(partition: Partition) -> tuple[tuple[str, str, str], ...]:
    """(name, value, meaning) of the numbers behind a partition."""
    alone = len(partition.groups) < 2
    return (
        ("Margin", "–" if alone else decimal(partition.margin), "Share of group A minus share of the second group."),
        (
            "Stability",
            decimal(partition.stability),
            "Agreement of the best partition over bootstrap samples (adjusted Rand index): 1 = always the same.",
        ),
        (
            "Separation",
            decimal(partition.separation),
            "How far the groups lie apart (mean silhouette, cosine): 1 = far apart, 0 = they touch.",
        ),
    )


def error_rate_of(result: AnalysisResult) -> tuple[tuple[str, str, str], ...]:
    """(name, value, meaning) of what measured photographs allow to say: calibrated figures, or that there are none."""
    statement = result.calibration
    if statement is not None and statement.status == "calibrated":
        return _calibrated(statement)
    if statement is not None and statement.status == "outside":
        return _outside(statement)
    if any(finding.kind == "error-rate" for finding in result.findings):
        return ()
    said = next((finding.sentence for finding in result.findings if finding.kind == "not-calibrated"), "")
    return (("Error rate", NOT_CALIBRATED, said or "How often untouched photographs show as much was not measured."),)


def without_device(result: AnalysisResult) -> AnalysisResult:
    """The result of a blind examination: without error rates of the kind of device that the file names.

    Args:
        result: of the analysis.
    """
    statement = result.calibration
    if statement is None:
        return result
    named = [rate.words for rate in statement.alike if rate.device]
    kept = tuple(f for f in result.findings if not any(words in f.sentence for words in named))
    alike = tuple(rate for rate in statement.alike if not rate.device)
    return replace(result, findings=kept, calibration=replace(statement, alike=alike))


def claims_of(result: AnalysisResult, *, hides_metadata: bool) -> list[str]:
    """What the file says against what is seen, in sentences; in a blind examination only that they wait.

    Args:
        result: of the analysis.
        hides_metadata: whether the exhibit is examined blind.
    """
    if hides_metadata:
        return ["Shown when the metadata are revealed: this exhibit is examined blind."]
    if result.claims is None:
        warned = [warning.message for warning in result.warnings if warning.code == "claims-not-tested"]
        return warned or ["Not tested by this analysis."]
    return list(in_words(result.claims))


def _outside(statement: CalibrationStatement) -> tuple[tuple[str, str, str], ...]:
    """That nothing is stated and why, and what the nearest pictures that were measured would get."""
    row = ("Error rate", "outside what was validated", f"{statement.reason[:1].upper()}{statement.reason[1:]}.")
    if not statement.stratum:
        return (row,)
    rates = "; ".join(rate.words for rate in statement.nearest_rates)
    meaning = f"These rates do not hold for this picture: {rates}. {statement.material} Table of {statement.date[:10]}."
    return (row, ("Nearest measured", statement.stratum, meaning))


def _calibrated(statement: CalibrationStatement) -> tuple[tuple[str, str, str], ...]:
    behind = f"{statement.photos} untouched photographs of {statement.cameras} cameras, {statement.origin}."
    rows = [("Compared with", statement.stratum, f"{statement.material} {behind} Table of {statement.date[:10]}.")]
    if statement.p_consistent is not None:
        least = (
            ""
            if statement.p_smallest is None
            else f" So many photographs give no less than {p_in_digits(statement.p_smallest)}."
        )
        meaning = f"Share of untouched photographs like this one with a value at least this high.{least}"
        rows.append(("p (consistent)", p_in_digits(statement.p_consistent), meaning))
    if statement.llr is not None:
        low, high = statement.llr_limits or (statement.llr, statement.llr)
        meaning = (
            "How much more probable this value is among spliced than among untouched pictures; "
            f"carried from {ratio_in_digits(low)} to {ratio_in_digits(high)}."
        )
        rows.append(("Likelihood ratio", f"{ratio_in_digits(statement.llr)} ({statement.verbal})", meaning))
    stated = [rate for rate in statement.rates if rate.stated]
    if stated:
        rate = stated[0]
        value = f"{rate.false_alarms} of {rate.photos} ({in_percent(rate.low, 1)} to {in_percent(rate.high, 1)})"
        name = f"False alarms at {in_percent(rate.level)}"
        rows.append((name, value, "; ".join(one.words for one in statement.rates)))
    alike = [rate for rate in statement.alike if rate.stated]
    if alike:
        nearest = min(alike, key=lambda one: one.photos)
        limits = f"{in_percent(nearest.low, 1)} to {in_percent(nearest.high, 1)}"
        value = f"{nearest.false_alarms} of {nearest.photos} ({limits})"
        rows.append(("Of pictures most like it", value, "; ".join(one.words for one in statement.alike)))
    return tuple(rows)


def group_in_words(group: Group) -> str:
    """One group as a line of text."""
    mean = f"mean of the departure map {decimal(group.departure)}"
    return f"Group {group.name}: {percent(group.share)} of the assessable area, {mean}"


def model_line(provenance: Provenance) -> str:
    """Which model spoke, and which side of it."""
    return f"{provenance.weights}: image side; the maps do not use the EXIF text side"


def device_line(provenance: Provenance) -> str:
    """Where it was computed and how long it took."""
    seconds = sum(value for _, value in provenance.seconds)
    took = f", {seconds:.1f} s" if provenance.seconds else ""
    return f"{provenance.device}, {provenance.dtype}{took}"


def decimal(value: float) -> str:
    """A number between -1 and 1 with two decimals and a true minus sign."""
    return f"{value:.2f}".replace("-", "−")


def percent(share: float) -> str:
    """A share 0..1 in percent, one decimal below ten."""
    return share_in_percent(share)


def duration(seconds: float | None) -> str:
    """Remaining time as a person says it; "" where it is not known."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "a moment left"
    if seconds < 100:
        return f"about {seconds:.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


METADATA_HIDDEN = (
    "Metadata are hidden: this exhibit is examined blind. Write what the pixels show (Report → Note on the exhibit), "
    "lock those notes, then reveal the metadata."
)


METADATA_LOCKED = (
    "Metadata are hidden: this exhibit is examined blind. The pixel-only notes are locked; Report → Reveal metadata "
    "shows what the file says."
)


def metadata_instead(*, opening: bool, failed: bool, hidden: bool, locked: bool = False) -> str:
    """What the metadata panel says while it has nothing to show."""
    if hidden:
        return METADATA_LOCKED if locked else METADATA_HIDDEN
    if failed:
        return "The file could not be read; Findings says why."
    if opening:
        return "Reading what the file says about itself…"
    return "Open a photograph to see what its file says about itself."


NAMED = 3
"""Names of exhibits in a sentence; sixty would hide what it says."""


def named(names: Sequence[str]) -> str:
    """Exhibits in a sentence: the first ones by name, the others by their number."""
    shown = ", ".join(f"“{name}”" for name in names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {number_of(len(names) - NAMED, 'other')}"


LONGEST = 420
"""Letters of a message over the picture; some libraries' errors are pages long."""


def shortened(text: str) -> str:
    """A message that leaves the picture to be seen; the log has all of it."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rsplit(' ', 1)[0]} … (all of it is in the log)"
