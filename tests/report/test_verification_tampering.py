"""Every kind of tampering is noticed by the check that is meant to, and an untouched report is not blamed."""

from __future__ import annotations

import pytest

from benchmarks.report_tamperings import KINDS, Kind, Specimen
from benchmarks.tampered_reports import STATES, single_bytes, tried, untouched

SWIFT = {
    "one byte of a page",
    "one byte of the attached data",
    "one byte appended",
    "an incremental update of a page",
    "an incremental update with a digest of its own",
    "the digest removed",
    "a note laid over a page, digest anew",
    "letters of a typeface exchanged, digest anew",
    "a picture swapped, digest anew",
    "a number of the data edited, digest anew",
    "the data there twice, digest anew",
    "printed number, digest and record anew",
    "hash in the data, everything anew",
    "printed anew with another hash",
    "signed: one byte of the room behind it",
    "signed: an incremental update of a page",
    "signed: the signature cut off",
    "signed: changed and signed by an impostor",
    "stamped: the time stamp of another report",
}
"""Kinds that every run tries; the others are marked slow."""


def kinds() -> list[object]:
    found = [kind for kind in KINDS if not kind.replays]  # those that repeat the analysis: benchmarks/tampered_reports
    return [pytest.param(k, id=k.name, marks=() if k.name in SWIFT else pytest.mark.slow) for k in found]


@pytest.mark.parametrize("kind", kinds())
def test_tampering_is_noticed(specimen: Specimen, kind: Kind) -> None:
    outcome = tried(specimen, kind)

    assert outcome.caught, outcome.reasons
    assert not any("object at 0x" in reason for reason in outcome.reasons)


def test_there_are_many_kinds_and_each_has_a_name() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 50
    assert {kind.name for kind in KINDS} >= SWIFT


def test_an_untouched_report_is_not_blamed(specimen: Specimen) -> None:
    found = dict(untouched(specimen, replay=False))

    for state in STATES:
        assert [check for check in found[state].checks if check.verdict == "differs"] == []
        assert found[state].passed


@pytest.mark.parametrize("state", STATES)
def test_a_byte_anywhere_is_noticed(specimen: Specimen, state: str) -> None:
    caught, missed = single_bytes(getattr(specimen, state), 6, seed=3)

    assert (caught, missed) == (6, [])
