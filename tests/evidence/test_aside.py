from __future__ import annotations

import gc
import os
import weakref
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.evidence import PixelsLost, in_memory, laid_aside, open_evidence
from workstation.evidence.aside import PixelsAside
from workstation.evidence.record import Evidence


def saved(path: Path, seed: int = 1, **options: object) -> Path:
    noise = np.random.default_rng(seed).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(path, **options)
    return path


def forgotten(path: Path) -> Evidence:
    """Evidence whose pixels nobody holds any more."""
    evidence = laid_aside(open_evidence(path))
    gc.collect()
    assert evidence.pixels._held[0]() is None
    return evidence


@pytest.mark.parametrize(
    "name", ["a.jpg", "a.png", "a.tif", "a.webp", "RGB_8__128x128.heif", "L_8__29x100.heif", "zPug_3.heic"]
)
def test_pixels_that_are_read_again_are_the_same(data: Path, tmp_path: Path, name: str) -> None:
    path = saved(tmp_path / name) if name.startswith("a.") else data / name  # one of them stores more than it shows
    opened = open_evidence(path)
    kept = laid_aside(opened)
    before = opened.pixels.rgb.copy()
    del opened
    gc.collect()

    again = in_memory(kept)

    np.testing.assert_array_equal(again.pixels.rgb, before)
    assert not again.pixels.rgb.flags.writeable
    assert type(again.pixels) is not PixelsAside


def test_what_is_known_about_the_pixels_stays_without_reading(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "turned.jpg", exif=exif)
    opened = open_evidence(path)
    kept = laid_aside(opened)
    path.unlink()

    pixels = kept.pixels

    assert (pixels.height, pixels.width, pixels.orientation, pixels.frames) == (48, 64, 6, 1)
    assert (pixels.stored_mode, pixels.reductions) == (opened.pixels.stored_mode, opened.pixels.reductions)
    assert kept.identity is opened.identity
    assert kept.metadata is opened.metadata
    with pytest.raises((FrozenInstanceError, AttributeError)):
        pixels.orientation = 1


def test_samples_leave_memory(tmp_path: Path) -> None:
    opened = open_evidence(saved(tmp_path / "a.jpg"))
    samples = weakref.ref(opened.pixels.rgb)

    kept = laid_aside(opened)
    del opened
    gc.collect()

    assert samples() is None
    assert kept.pixels.width == 64


def test_what_somebody_holds_is_not_read_twice(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg")
    opened = open_evidence(path)
    kept = laid_aside(opened)
    path.unlink()

    assert kept.pixels.rgb is opened.pixels.rgb
    assert in_memory(kept).pixels.rgb is opened.pixels.rgb


def test_one_byte_changed_is_another_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.bmp")
    kept = forgotten(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(PixelsLost) as lost:
        in_memory(kept)

    assert lost.value.found.state == "differs"
    assert lost.value.what == (
        "a.bmp: its pixels cannot be read again, because the file has changed since it was opened "
        f"({len(content)} bytes then, {len(content)} now)"
    )
    assert "is kept" in lost.value.summary


@pytest.mark.parametrize("grown", [b"", b"more"])
def test_a_file_that_was_cut_or_written_on_is_another_one(tmp_path: Path, grown: bytes) -> None:
    path = saved(tmp_path / "a.png")
    kept = forgotten(path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + grown if grown else path.read_bytes()[:-4])

    with pytest.raises(PixelsLost, match=f"{size} bytes then, {size + 4 if grown else size - 4} now"):
        in_memory(kept)


def test_a_file_that_is_gone_says_so_and_one_that_came_back_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg")
    kept = forgotten(path)
    content = path.read_bytes()
    path.unlink()

    with pytest.raises(PixelsLost) as lost:
        in_memory(kept)
    assert lost.value.found.state == "vanished"
    assert "can no longer be read: there is no such file" in lost.value.what

    path.write_bytes(content)
    assert in_memory(kept).pixels.rgb.shape == (48, 64, 3)


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has named pipes")
def test_nobody_waits_for_a_pipe_in_place_of_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg")
    kept = forgotten(path)
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(PixelsLost, match="no regular file"):
        in_memory(kept)


def test_what_is_in_memory_already_stays_as_it_is(tmp_path: Path) -> None:
    opened = open_evidence(saved(tmp_path / "a.jpg"))

    assert in_memory(opened) is opened
    kept = laid_aside(opened)
    assert laid_aside(kept) is kept
