"""What a check of a report says: it agrees, it differs, or it cannot be checked, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["agrees", "differs", "cannot be checked"]

MOST_DETAILS = 12
"""Differences of one kind that are listed; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        subject: what, in a few words.
        verdict: "agrees", "differs" or "cannot be checked".
        reason: why, in a sentence or two.
        details: the single differences, in order.
    """

    subject: str
    verdict: Verdict
    reason: str
    details: tuple[str, ...] = ()


def agrees(subject: str, reason: str) -> Check:
    """Looked at, and as it should be."""
    return Check(subject, "agrees", reason)


def differs(subject: str, reason: str, details: Sequence[str] = ()) -> Check:
    """Looked at, and not as it should be."""
    listed = list(details[:MOST_DETAILS])
    if len(details) > MOST_DETAILS:
        listed.append(f"… and {len(details) - MOST_DETAILS} more")
    return Check(subject, "differs", reason, tuple(listed))


def unchecked(subject: str, reason: str) -> Check:
    """Not looked at, or not possible to tell."""
    return Check(subject, "cannot be checked", reason)


def in_words(problem: BaseException) -> str:
    """What a library says of a damaged file, without addresses of its objects."""
    return re.sub(r"^stream <[^>]*>[^:]*: |<[\w.]+ object at 0x[0-9a-f]+>", "", str(problem)) or type(problem).__name__
