"""HEIF in a process of its own: what it answers, refuses, and survives."""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from workstation.evidence import heif_process
from workstation.evidence.heif_process import decode_heif
from workstation.paths import HEIF_DECODER


def test_an_image_comes_back_as_it_is_stored(data: Path) -> None:
    image = decode_heif((data / "RGB_10__29x100.heif").read_bytes(), 10_000)

    assert (image.size, image.bits, image.frames) == ((29, 100), 10, 1)
    assert image.samples.shape == (100, 29, 3)
    assert image.samples.dtype == np.uint16
    assert 255 < int(image.samples.max()) < 1024


def test_more_pixels_than_allowed_are_told_and_not_decoded(data: Path) -> None:
    image = decode_heif((data / "RGB_8__128x128.heif").read_bytes(), 1000)

    assert image.size == (128, 128)
    assert image.samples.size == 0


def test_what_the_decoder_raises_is_raised_here(data: Path) -> None:
    with pytest.raises(OSError, match="nvalid input"):
        decode_heif(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), 1000)


def test_a_decoder_that_crashes_ends_alone(test_data: Path) -> None:
    whole = bytearray((test_data / "photos" / "sony_exif.heic").read_bytes())
    whole[267] = 0xC5  # in the type of an item, of which pi-heif makes text unseen

    with pytest.raises(OSError, match="ended unexpectedly"):
        decode_heif(bytes(whole), 1_000_000)


def test_without_its_program_the_file_is_not_decoded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heif_process, "_program", lambda: [sys.executable, "-c", "raise SystemExit(3)"])

    with pytest.raises(OSError, match="ended unexpectedly, code 3"):
        decode_heif((data / "RGB_8__128x128.heif").read_bytes(), 1_000_000)


def test_no_room_there_is_no_room_here(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = "print('{\"no_room\": true}')"
    monkeypatch.setattr(heif_process, "_program", lambda: [sys.executable, "-c", says])

    with pytest.raises(MemoryError):
        decode_heif(b"", 1)


def test_warnings_of_the_decoder_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    line = (
        '{"size": [1, 1], "mode": "L", "bits": 8, "frames": 1, "profile": null, '
        '"shape": [0], "type": "|u1", "warnings": ["odd"]}'
    )
    monkeypatch.setattr(heif_process, "_program", lambda: [sys.executable, "-c", f"print('{line}')"])

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decode_heif(b"", 1)

    assert [str(warning.message) for warning in caught] == ["odd"]


def test_the_bundles_program_answers_as_the_decoder_does(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (data / "RGB_8__128x128.heif").read_bytes()
    expected = decode_heif(source, 1_000_000)
    monkeypatch.setattr(heif_process, "_program", lambda: [sys.executable, "-m", "workstation", HEIF_DECODER])

    np.testing.assert_array_equal(decode_heif(source, 1_000_000).samples, expected.samples)


def test_a_bundle_starts_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def run(command: list[str], **_options: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 1, b"", b"")

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(OSError, match="code 1"):
        decode_heif(b"", 5)

    assert started[0][1:] == [HEIF_DECODER, "5"]
