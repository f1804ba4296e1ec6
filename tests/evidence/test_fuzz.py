"""Mutated real headers through every reader of metadata and structure: only our own errors, with bounded work."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from counted_calls import counted_calls
from evidence.conftest import DATA, rich_exif
from evidence.test_other_containers import XMP, heif_with_exif_in_idat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from workstation.errors import WorkstationError
from workstation.evidence import open_evidence, read_metadata
from workstation.evidence.bytes_reader import Block, ParseProblem
from workstation.evidence.formats import detect_format
from workstation.evidence.ifd import read_directories
from workstation.evidence.iptc import iptc_payload
from workstation.evidence.metadata import assemble, read_container
from workstation.evidence.payloads import icc_description, jumbf_payload
from workstation.evidence.photoshop import photoshop_payloads
from workstation.evidence.xmp import with_properties, xmp_payload

CALLS: Final = 1_000_000
"""More than any mutation of a small file may take."""


def _saved(name: str, **options: object) -> bytes:
    scene = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(scene).save(stream, name, **options)
    return stream.getvalue()


def _seeds() -> dict[str, bytes]:
    """One small file per container, with EXIF in every directory and as many payloads as it takes."""
    exif = rich_exif()
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Raw profile type exif", f"\nexif\n{len(exif):8d}\n{exif.hex()}\n", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    scene = Image.new("RGB", (16, 16), (9, 99, 199))
    mpo = io.BytesIO()
    scene.save(mpo, "MPO", save_all=True, append_images=[scene], exif=exif)
    tiff = {700: XMP, 33723: b"\x1c\x02\x69\0\x04Head", 34377: b"8BIM\x04\x04\0\0\0\0\0\x09\x1c\x02\x69\0\x04Head\0"}
    return {
        "jpeg": _saved("JPEG", exif=exif, icc_profile=icc, comment=b"note", progressive=True, xmp=XMP),
        "mpo": mpo.getvalue(),
        "png": _saved("PNG", exif=exif, icc_profile=icc, pnginfo=texts),
        "webp": _saved("WebP", exif=exif, icc_profile=icc, xmp=XMP),
        "tiff": _saved("TIFF", exif=exif, icc_profile=icc, tiffinfo=tiff),
        "avif": _saved("AVIF", exif=exif, icc_profile=icc, xmp=XMP, speed=10),
        "gif": _saved("GIF", comment=b"note", save_all=True, append_images=[scene]),
        "bmp": _saved("BMP"),
        "heif": (DATA / "zPug_3.heic").read_bytes(),
        "heif idat": heif_with_exif_in_idat(exif[6:]),
        "photograph": (DATA / "casio_L01.jpg").read_bytes()[:12_000],
    }


SEEDS: Final = _seeds()
INTERESTING: Final = (0, 1, 2, 8, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


@st.composite
def mutated(draw: st.DrawFn, seeds: dict[str, bytes] = SEEDS, header: int = 4096) -> bytes:
    """A seed with some of its first bytes changed: flipped, overwritten with numbers, cut, doubled or moved."""
    data = bytearray(seeds[draw(st.sampled_from(sorted(seeds)))])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, min(len(data), header) - 1))
        match draw(st.sampled_from(("flip", "number", "cut", "insert", "delete", "copy"))):
            case "flip":
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "number":
                size = draw(st.sampled_from((1, 2, 4)))
                order = draw(st.sampled_from(("big", "little")))
                number = draw(st.sampled_from(INTERESTING)) & (1 << 8 * size) - 1
                data[at : at + size] = number.to_bytes(size, order)  # type: ignore[arg-type]
            case "cut":
                del data[max(at, 16) :]
            case "insert":
                data[at:at] = draw(st.binary(max_size=40))
            case "delete":
                del data[at : at + draw(st.integers(1, 40))]
            case _:
                other = draw(st.integers(0, min(len(data), header) - 1))
                data[at : at + 12] = data[other : other + 12]
        if not data:
            return b"\0"
    return bytes(data)


def described_with_little_work(data: bytes) -> None:
    """Read structure and metadata as the format by content, or as each format where the content is none."""
    name = detect_format(data)
    for tried in (name,) if name else ("JPEG", "PNG", "TIFF", "WebP", "GIF", "BMP", "HEIF"):
        with counted_calls(CALLS):
            metadata = assemble(read_container(data, tried))
        for entry in metadata.entries:
            assert entry.state.label
            assert (entry.value is not None) == (entry.state.label == "present")
            if entry.offset is not None and entry.raw:
                assert bytes(data[entry.offset : entry.offset + len(entry.raw)]) == entry.raw


QUICK: Final = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG: Final = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(mutated())
def test_metadata_of_mutated_files(data: bytes) -> None:
    described_with_little_work(data)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@LONG
@given(mutated())
def test_metadata_of_many_mutated_files(data: bytes) -> None:
    described_with_little_work(data)


@QUICK
@given(mutated({"exif": rich_exif()[6:]}, header=700))
@example(b"II*\0\x08\0\0\0")
def test_directories_of_mutated_exif(data: bytes) -> None:
    with counted_calls(CALLS), suppress(ParseProblem):
        read_directories(Block.of_file(data))


@QUICK
@given(st.binary(max_size=2000))
def test_payload_readers_on_any_bytes(data: bytes) -> None:
    whole = Block.of_file(data)
    iptc_payload(data, 0, len(data))
    with_properties(xmp_payload(data, 0, len(data)))
    icc_description(data)
    list(photoshop_payloads(whole))
    jumbf_payload(whole)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=mutated())
def test_opening_a_mutated_file_gives_evidence_or_our_own_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = _file(tmp_path_factory) / "mutated.jpg"
    path.write_bytes(data)
    for opened in (lambda: open_evidence(path, max_pixels=4_000_000), lambda: read_metadata(path)):
        summary = path.name
        try:
            opened()
        except WorkstationError as error:
            summary = error.summary
        assert path.name in summary


_FOLDERS: Final[list[Path]] = []


def _file(factory: pytest.TempPathFactory) -> Path:
    if not _FOLDERS:
        _FOLDERS.append(factory.mktemp("mutated"))
    return _FOLDERS[0]


@pytest.mark.skipif("EXIFACT_PHOTOS" not in os.environ, reason="EXIFACT_PHOTOS names no folder of photographs")
@pytest.mark.slow
def test_every_photograph_of_a_folder_opens() -> None:
    for path in sorted(Path(os.environ["EXIFACT_PHOTOS"]).rglob("*.jpg")):
        evidence = open_evidence(path)
        assert evidence.metadata.entries, path
        assert not [w for w in evidence.warnings if w.code.startswith("exif-cross-check")], path
