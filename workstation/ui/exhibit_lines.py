"""Where an exhibit stands, in a few words, as the list of exhibits says it; no Qt here."""

from __future__ import annotations

from workstation.analysis.evidential_words import p_in_digits
from workstation.errors import in_percent, number_of
from workstation.ui.exhibit_order import Order, camera_of, p_value, taken_of
from workstation.ui.session import AnalysisState, HashState, OpenExhibit
from workstation.ui.wording import TELLINGS, departing_words, outcome_of, situation_of

_HASH_WORDS = {
    HashState.UNKNOWN: "reading…",
    HashState.TAKEN: "hash taken",
    HashState.MATCHES: "✔ hash",
    HashState.DIFFERS: "✘ file changed",
    HashState.GONE: "✘ file gone",
}
_STATE_WORDS = {
    AnalysisState.STOPPING: "stopping after this batch",
    AnalysisState.FAILED: "analysis failed",
    AnalysisState.CANCELLED: "analysis stopped",
}

TABLE_HEADINGS = (
    *("File", "Path", "SHA-256", "Width", "Height", "Camera", "Date taken"),
    *("Outcome", "p-value", "Regions", "Warnings", "Note"),
)


def file_line(exhibit: OpenExhibit, order: Order = Order.OPENED) -> str:
    """Size, hash state, warnings: "12.0 MP · ✔ hash · ⚠ 1"; in an order by date or camera, that instead of the size."""
    if exhibit.problem is not None:
        return "cannot be opened"
    if exhibit.size is None:
        return "reading…"
    warned = [f"⚠ {len(exhibit.warnings)}"] if exhibit.warnings else []
    if order in {Order.DATE, Order.CAMERA} and exhibit.evidence is not None:
        # What is odd comes first: a long name is cut at its end. That the hash matches is the usual case.
        changed = [] if exhibit.hash_state is HashState.MATCHES else [_HASH_WORDS[exhibit.hash_state]]
        return " · ".join((*changed, *warned, _stated(exhibit, order)))
    return " · ".join((size_words(exhibit), _HASH_WORDS[exhibit.hash_state], *warned))


def size_words(exhibit: OpenExhibit) -> str:
    """Megapixels, or width and height where that says more ("12.0 MP", "40×40"); "" before it is decoded."""
    if exhibit.size is None:
        return ""
    height, width = exhibit.size
    megapixels = width * height / 1e6
    return f"{megapixels:.1f} MP" if megapixels >= 0.1 else f"{width}×{height}"


def state_line(exhibit: OpenExhibit) -> str:
    """What is going on or was found: "analysing 62 %", "B departs · p 0.018 · 2 regions"."""
    busy = exhibit.analysis in {AnalysisState.RUNNING, AnalysisState.STOPPING}
    regions = 0 if busy or exhibit.problem is not None else len(exhibit.marks.regions)
    return state_words(exhibit) + (f" · {number_of(regions, 'region')}" if regions else "")


def state_words(exhibit: OpenExhibit) -> str:
    """The same without what the analyst marked."""
    if exhibit.problem is not None:
        return "see Findings"
    if exhibit.analysis is AnalysisState.RUNNING and exhibit.progress is not None and exhibit.progress.fraction:
        return f"analysing {in_percent(exhibit.progress.fraction)}"
    if exhibit.analysis is AnalysisState.DONE and exhibit.result is not None:
        return outcome_of(exhibit.result)
    words: str = _STATE_WORDS.get(exhibit.analysis, exhibit.analysis.value)
    return words


def state_icon(exhibit: OpenExhibit) -> str:
    """Name of the icon that goes with `state_line`: each outcome has that of its findings."""
    if exhibit.problem is not None or exhibit.analysis is AnalysisState.FAILED:
        return "warning"
    if exhibit.is_busy or exhibit.evidence is None:
        return "state-busy"
    if exhibit.analysis is AnalysisState.DONE and exhibit.result is not None:
        return TELLINGS[situation_of(exhibit.result)].icon
    return "state-idle"


def said_of(exhibit: OpenExhibit) -> str:
    """Everything by which an exhibit can be found in the list."""
    kind = "" if exhibit.evidence is None else exhibit.evidence.format
    lines = (file_line(exhibit), state_line(exhibit), camera_of(exhibit), taken_of(exhibit), kind, exhibit.marks.note)
    return "\n".join((exhibit.name, *lines))


def table_row(exhibit: OpenExhibit) -> tuple[str, ...]:
    """The exhibit as a row below `TABLE_HEADINGS`; what is not known or hidden stays empty."""
    evidence, p = exhibit.evidence, p_value(exhibit)
    height, width = exhibit.size or ("", "")
    return (
        exhibit.name,
        str(exhibit.path),
        "" if evidence is None else evidence.identity.sha256,
        str(width),
        str(height),
        camera_of(exhibit),
        taken_of(exhibit),
        _outcome(exhibit),
        "" if p is None else p_in_digits(p),
        str(len(exhibit.marks.regions)),
        "; ".join(warning.message for warning in exhibit.warnings),
        exhibit.marks.note,
    )


def _outcome(exhibit: OpenExhibit) -> str:
    if exhibit.problem is not None:
        return exhibit.problem.summary
    return state_words(exhibit) if exhibit.result is None else departing_words(exhibit.result)


def _stated(exhibit: OpenExhibit, order: Order) -> str:
    """What the file says that it is sorted by."""
    if exhibit.hides_metadata:
        return "metadata hidden"
    if order is Order.CAMERA:
        return camera_of(exhibit) or "no camera"
    return taken_of(exhibit)[:16] or "no date"
