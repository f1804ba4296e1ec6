"""In which order exhibits are listed, and which of them; no Qt here.

What an order asks for may be unknown of an exhibit (no date, no result): such exhibits stand at the end, whichever way
the order goes. Nothing that is hidden in a blind examination is ever sorted by.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, TypeAlias

from workstation.evidence import name_key
from workstation.evidence.record import Present
from workstation.ui.session import OpenExhibit
from workstation.ui.wording import Situation, situation_of


class Order(Enum):
    """What exhibits are sorted by."""

    OPENED = "opened"
    NAME = "name"
    OUTCOME = "outcome"
    P_VALUE = "p-value"
    DATE = "date"
    CAMERA = "camera"


class Choice(Enum):
    """Which exhibits are listed."""

    ALL = "all"
    DEPARTS = "departs"
    AMBIGUOUS = "ambiguous"
    ONE_GROUP = "one group"
    NOT_ASSESSABLE = "not assessable"
    NO_RESULT = "no result"
    WARNED = "warned"
    MARKED = "marked"


ORDER_WORDS: Final = {
    Order.OPENED: ("Ord&er of opening", "As the files were opened."),
    Order.NAME: ("&Name", "By file name; IMG_2 comes before IMG_10."),
    Order.OUTCOME: (
        "&Outcome",
        "What departs first, then an ambiguous reference, one group, not assessable; within each the smaller p-value "
        "first, then what departs by more.",
    ),
    Order.P_VALUE: (
        "&p-value",
        "The smallest first; where no error rate is stated there is none, and it stands below.",
    ),
    Order.DATE: ("&Date taken", "By the time that the file states as that of the exposure; the earliest first."),
    Order.CAMERA: ("&Camera", "By the make and model that the file states."),
}
CHOICE_WORDS: Final = {
    Choice.ALL: ("&All exhibits", "Every open exhibit."),
    Choice.DEPARTS: ("&Where something departs", "Pictures with a group that departs from A."),
    Choice.AMBIGUOUS: ("&Reference ambiguous", "The two largest groups are nearly the same size."),
    Choice.ONE_GROUP: ("One &group", "No partition into groups is stable."),
    Choice.NOT_ASSESSABLE: ("Not assessa&ble", "The pixels cannot carry the analysis."),
    Choice.NO_RESULT: ("Without a res&ult", "Not analysed, stopped, failed, or a file that cannot be opened."),
    Choice.WARNED: ("With warn&ings", "Something about the file or its analysis is odd."),
    Choice.MARKED: ("With regions or note&s", "What you marked or wrote on."),
}

_OUTCOMES: Final = {
    Situation.COMPLETE: (0, Choice.DEPARTS),
    Situation.AMBIGUOUS: (1, Choice.AMBIGUOUS),
    Situation.NO_STABLE_PARTITION: (2, Choice.ONE_GROUP),
    Situation.NOT_ASSESSABLE: (3, Choice.NOT_ASSESSABLE),
}
_TIMES: Final = ((0x9003, 0x9291), (0x9004, 0x9292))
"""Tags of the times of exposure and of digitising in ExifIFD, each with that of its fraction of a second."""
_DATE: Final = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")

Key: TypeAlias = tuple[float | str, ...]


def rank(exhibit: OpenExhibit, order: Order) -> Key:
    """What an exhibit is sorted by, the smallest first; () where that is not known of it."""
    result = exhibit.result
    if order is Order.NAME:
        return name_key(exhibit.name)
    if order is Order.OUTCOME:
        p = p_value(exhibit)
        return () if result is None else (outcome_rank(exhibit), 2.0 if p is None else p, -departs_by(exhibit))
    if order is Order.P_VALUE:
        p = p_value(exhibit)
        return () if p is None else (p, outcome_rank(exhibit), -departs_by(exhibit))
    if order is Order.DATE:
        taken = taken_of(exhibit)
        return (taken,) if taken else ()
    if order is Order.CAMERA:
        camera = camera_of(exhibit)
        return (camera.casefold(), taken_of(exhibit)) if camera else ()
    return (exhibit.key,)


def comes_before(one: OpenExhibit, other: OpenExhibit, order: Order, *, turned: bool) -> bool:
    """Whether one exhibit is listed above another; equal ones stay as they were opened.

    Args:
        one: exhibit.
        other: exhibit that it is compared with.
        order: what they are sorted by.
        turned: whether the largest comes first; what is not known stays at the end.
    """
    first, second = rank(one, order), rank(other, order)
    if not first or not second or first == second:
        return bool(first) if bool(first) != bool(second) else one.key < other.key
    return first > second if turned else first < second


def holds_words(text: str, typed: str) -> bool:
    """Whether a text holds every word that was typed, capitals like small letters."""
    folded = text.casefold()
    return all(word in folded for word in typed.casefold().split())


def belongs(exhibit: OpenExhibit, choice: Choice) -> bool:
    """Whether an exhibit is one of those that are asked for."""
    if choice is Choice.ALL:
        return True
    if choice is Choice.WARNED:
        return bool(exhibit.warnings)
    if choice is Choice.MARKED:
        return bool(exhibit.marks.regions or exhibit.marks.note or exhibit.marks.bookmarks)
    if exhibit.result is None:
        return choice is Choice.NO_RESULT
    return _OUTCOMES[situation_of(exhibit.result)][1] is choice


def outcome_rank(exhibit: OpenExhibit) -> int:
    """0 for a picture where something departs, more for less; 4 without a result."""
    return 4 if exhibit.result is None else _OUTCOMES[situation_of(exhibit.result)][0]


def p_value(exhibit: OpenExhibit) -> float | None:
    """The calibrated p-value of its consistency, None where none is stated."""
    said = None if exhibit.result is None else exhibit.result.calibration
    return None if said is None else said.p_consistent


def departs_by(exhibit: OpenExhibit) -> float:
    """By how much the group that departs most departs from A; 0 where none does."""
    partition = None if exhibit.result is None else exhibit.result.partition
    if partition is None or not partition.stable or len(partition.groups) < 2:
        return 0.0
    return max(group.departure - partition.groups[0].departure for group in partition.groups[1:])


def taken_of(exhibit: OpenExhibit) -> str:
    """When the file says that it was taken: "2026-03-01 10:00:00", with fractions if there are any; "" if it does not.

    The time of the last change (DateTime) is no time of exposure and is not taken for it.
    """
    for tag, fraction in _TIMES:
        found = _DATE.match(_text_of(exhibit, "ExifIFD", tag))
        if found is not None and int(found[1]):
            second = _text_of(exhibit, "ExifIFD", fraction).strip()
            return "-".join(found.groups()[:3]) + f" {found[4]}" + (f".{second}" if second.isdigit() else "")
    return ""


def camera_of(exhibit: OpenExhibit) -> str:
    """Make and model as the file states them, the make only where the model does not repeat it; "" if it does not."""
    make, model = (_text_of(exhibit, "IFD0", tag).split() for tag in (0x010F, 0x0110))
    repeated = bool(model) and model[0].casefold() in (word.casefold() for word in make)
    return " ".join(model if repeated else make + model)


def _text_of(exhibit: OpenExhibit, group: str, tag: int) -> str:
    """An entry as the analyst reads it; "" where it is absent, or hidden in a blind examination."""
    if exhibit.evidence is None or exhibit.hides_metadata:
        return ""
    entry = exhibit.evidence.metadata.find(group, tag)
    return entry.text if entry is not None and isinstance(entry.state, Present) else ""
