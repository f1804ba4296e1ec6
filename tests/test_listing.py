"""Metadata as `exifact exif` prints them."""

from __future__ import annotations

import pytest

from workstation import listing
from workstation.evidence.record import Metadata, Payload, Present


def test_nothing_is_cut_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("TERM", "dumb"), ("COLUMNS", "60")):
        monkeypatch.setenv(name, value)
    address = "https://example.org/" + "".join(f"{number:03}" for number in range(40))
    payload = Payload("XMP", 2, 900, address)

    listing.show(Metadata((), Present(), "", (payload,), None))

    said = "".join(capsys.readouterr().out.split())
    assert "…" not in said
    assert all(f"{number:03}" in said for number in range(40))
