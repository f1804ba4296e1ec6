"""The digest in an unsigned report: over every byte but its own digits."""

from __future__ import annotations

import hashlib
import random
import re
from io import BytesIO

import pikepdf
import pytest

from benchmarks.report_tamperings import Specimen, flipped
from workstation.report.digest import PLACE, read_digest, sealed, with_digest
from workstation.report.printed import catalogue_hash

FIELD = re.compile(rb"/ByteRange \[ 0 (\d+) +(\d+) +(\d+) +\] /Digest \((\w{64})\)")


def test_the_digest_is_that_of_all_bytes_outside_of_its_digits(specimen: Specimen) -> None:
    found = FIELD.search(specimen.unsigned)
    assert found is not None
    before, after, rest = (int(number) for number in found.groups()[:3])

    assert specimen.unsigned[before:after] == found.group(4)
    assert after - before == 64
    assert after + rest == len(specimen.unsigned)
    around = specimen.unsigned[:before] + specimen.unsigned[after:]
    assert hashlib.sha256(around).hexdigest() == found.group(4).decode()
    assert read_digest(specimen.unsigned).state == "matches"


def test_a_change_of_any_byte_shows(specimen: Specimen) -> None:
    field = specimen.unsigned.index(b"/ByteRange [ 0")
    places = {*random.Random(5).sample(range(len(specimen.unsigned)), 300), *range(field - 30, field + 170)}

    missed = [p for p in places if read_digest(flipped(specimen.unsigned, p)).state == "matches"]

    assert missed == []


@pytest.mark.parametrize("case", ["shorter", "longer", "upper case", "spaces"])
def test_the_same_digest_written_otherwise_does_not_count(specimen: Specimen, case: str) -> None:
    pdf = specimen.unsigned
    found = FIELD.search(pdf)
    assert found is not None
    start, end = found.span(4)
    changed = {
        "shorter": pdf[:-1],
        "longer": pdf + b"\n",
        "upper case": pdf[:start] + pdf[start:end].upper() + pdf[end:],
        "spaces": pdf[: found.start(1)] + b" " + pdf[found.start(1) :],
    }[case]

    digest = read_digest(changed)

    assert (digest.state, digest.end) != ("matches", len(changed))


def test_a_photograph_that_looks_like_a_digest_does_not_stand_for_it() -> None:
    forged = b"<< /Algorithm /SHA-256 /ByteRange [ 0 %d %d %d ] /Digest (%s) /Type /ExifactDigest >>"
    decoys = forged % (PLACE, PLACE, PLACE, b"0" * 64) + forged % (10, 74, 5, b"a" * 64)
    with pikepdf.new() as document:
        document.Root.Decoy = document.make_stream(decoys)
        stream = BytesIO()
        document.save(stream, compress_streams=False)

    closed = sealed(stream.getvalue())

    assert read_digest(closed).state == "matches"
    assert read_digest(closed).end == len(closed)


def test_the_same_report_is_closed_with_the_same_bytes() -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        stream = BytesIO()
        document.save(stream, deterministic_id=True)

    assert sealed(stream.getvalue()) == sealed(stream.getvalue())


def test_without_a_field_there_is_no_digest() -> None:
    assert read_digest(b"%PDF-1.7\n").state == "none"
    assert read_digest(b"%PDF-1.7\n/ExifactDigest 5 0 R").state == "unclear"
    with pytest.raises(ValueError, match="no field"):
        with_digest(b"%PDF-1.7\n", "0" * 64)


def test_a_signed_report_keeps_the_digest_of_what_it_was(specimen: Specimen) -> None:
    digest = read_digest(specimen.signed)

    assert digest.state == "matches"
    assert digest.end == len(specimen.unsigned)


def test_entries_of_an_outline_that_hold_each_other_are_hashed_however_many_they_are() -> None:
    """A report on a folder of photographs has hundreds of them, each with the next one in it."""
    with pikepdf.new() as document:
        document.add_blank_page()
        with document.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(f"Exhibit {number}", 0) for number in range(2000))
        before = catalogue_hash(document)
        assert catalogue_hash(document) == before

        document.Root.Outlines.Last.Title = pikepdf.String("another")

        assert catalogue_hash(document) != before
