from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from counted_calls import counted_calls
from evidence.tiff_builder import Entry, block, longs, shorts
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from workstation.evidence.container import Container
from workstation.evidence.metadata import assemble, read_container
from workstation.evidence.record import Metadata, NotApplicable, NotPresent, Payload, Present, Unreadable

DATA = Path(__file__).parents[1] / "data" / "photos"
XMP = b'<x:xmpmeta><r xmp:CreatorTool="Editor 9"/></x:xmpmeta>'


def described(data: bytes, name: str) -> Metadata:
    return assemble(read_container(data, name))


def payload(found: Metadata | Container, kind: str) -> Payload:
    return next(payload for payload in found.payloads if payload.kind == kind)


def codes(found: Metadata) -> list[str]:
    return [warning.code for warning in found.warnings]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "options"), [("PNG", {}), ("WebP", {"quality": 80}), ("AVIF", {"speed": 10}), ("TIFF", {})]
)
def test_exif_in_every_container_with_true_offsets(
    saved: Callable[..., Path], exif: bytes, name: str, options: dict[str, int]
) -> None:
    data = saved(f"a.{name.lower()}", exif=exif, **options).read_bytes()

    found = described(data, name)

    assert found.exif_state == Present()
    exposure = found.find("ExifIFD", 0x829A)
    assert exposure is not None
    assert exposure.text == "1/250 s"
    # Pillow copies the Interop pointer into a TIFF without what it points to.
    honest = [entry for entry in found.entries if name != "TIFF" or entry.group != "InteropIFD"]
    for entry in honest:
        assert entry.offset is not None, entry
        assert data[entry.offset : entry.offset + entry.raw_size] == entry.raw, entry


@pytest.mark.parametrize("name", ["PNG", "WebP", "AVIF", "JPEG"])
def test_a_file_without_exif_says_not_present(saved: Callable[..., Path], name: str) -> None:
    found = described(saved(f"a.{name.lower()}").read_bytes(), name)

    assert found.exif_state == NotPresent()
    assert found.entries == ()


@pytest.mark.parametrize("name", ["GIF", "BMP"])
def test_a_format_without_a_place_for_exif_says_not_applicable(saved: Callable[..., Path], name: str) -> None:
    assert described(saved(f"a.{name.lower()}").read_bytes(), name).exif_state == NotApplicable()


def test_png_texts_xmp_icc_time_and_trailing_data(saved: Callable[..., Path]) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Software", "Scanner 2")
    texts.add_text("Comment", "pressed " * 40, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved("a.png", pnginfo=texts, icc_profile=profile, dpi=(72, 72)).read_bytes() + b"PK\x03\x04tail"

    found = described(data, "PNG")

    xmp = payload(found, "XMP")
    assert xmp.content == XMP
    assert xmp.offset == data.index(XMP)
    shown = [p.description for p in found.payloads if p.kind == "PNG text"]
    assert "Software: Scanner 2" in shown
    assert any(text.startswith("Comment: pressed pressed") for text in shown)
    assert payload(found, "ICC").content == profile
    assert payload(found, "PNG pHYs").description == "2835×2835 px per metre"
    assert payload(found, "trailing data").description == "a ZIP archive"
    assert not found.warnings


def test_png_exif_as_imagemagick_writes_it() -> None:
    packed = b"Exif\0\0" + block([Entry(0x0131, 2, b"camera\0")])
    text = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n%8d\n" % len(packed) + packed.hex().encode() + b"\n")

    found = described(png_with(chunk(b"zTXt", text)), "PNG")

    assert found.entries[0].value == "camera"
    assert found.entries[0].offset is None  # it is compressed: it stands nowhere as it is
    assert codes(found) == ["exif-raw-profile"]


def test_png_chunks_that_lie() -> None:
    bad_sum = bytearray(png_with(chunk(b"tEXt", b"Title\0x")))
    bad_sum[bad_sum.index(b"Title")] ^= 1
    cut = png_with(chunk(b"eXIf", block([Entry(0x0131, 2, b"camera\0")])))[:-30]
    bomb = png_with(chunk(b"zTXt", b"Bomb\0\0" + zlib.compress(bytes(64 * 1024 * 1024))))
    damaged = png_with(chunk(b"iCCP", b"name\0\0not zlib"))

    assert codes(described(bytes(bad_sum), "PNG")) == ["png-checksum"]
    assert "the data end inside the chunk eXIf" in [warning.message for warning in described(cut, "PNG").warnings]
    assert payload(described(bomb, "PNG"), "PNG text").size < 70_000
    assert codes(described(damaged, "PNG")) == ["png-damaged-chunk"]


def test_a_png_of_many_pixel_chunks_is_read_to_its_end() -> None:
    found = described(png_with(*[chunk(b"IDAT", b"")] * 20_001, chunk(b"tEXt", b"Author\0me")), "PNG")

    assert [p.description for p in found.payloads] == ["Author: me"]
    assert codes(found) == []


def test_a_png_of_more_chunks_than_are_read_says_so() -> None:
    found = described(png_with(*[chunk(b"spLT", b"")] * 20_001), "PNG")

    assert "png-chunk-limit" in codes(found)
    assert not [p for p in found.payloads if p.kind == "trailing data"]


def test_a_compressed_text_of_a_png_that_ends_early_is_a_warning_and_kept() -> None:
    whole = zlib.compress(b"".join(b"line %d\n" % number for number in range(2000)))

    found = described(png_with(chunk(b"zTXt", b"Comment\0\0" + whole[: len(whole) // 2])), "PNG")

    assert payload(found, "PNG text").description.startswith("Comment: line 0")
    assert codes(found) == ["png-damaged-chunk"]


def test_a_png_manifest_is_c2pa() -> None:
    label = b"\0" * 16 + b"\x03c2pa\0"
    box = (8 + 8 + len(label)).to_bytes(4, "big") + b"jumb" + (8 + len(label)).to_bytes(4, "big") + b"jumd" + label

    assert payload(described(png_with(chunk(b"caBX", box)), "PNG"), "C2PA").size == len(box)


def test_webp_chunks(saved: Callable[..., Path]) -> None:
    data = saved("a.webp", xmp=XMP).read_bytes()

    found = described(data + b"\0\0", "WebP")

    assert payload(found, "XMP").offset == data.index(XMP)
    assert payload(found, "trailing data").description == "zero bytes"
    assert "webp-truncated" in codes(described(data[:-4], "WebP"))


def test_gif_comment_application_and_trailing_data(saved: Callable[..., Path], scene: NDArray[np.uint8]) -> None:
    frames = [Image.fromarray(scene), Image.fromarray(scene[::-1].copy())]
    path = saved("a.gif", frames[0], save_all=True, append_images=frames[1:], comment=b"made by hand", loop=0)
    data = path.read_bytes() + b"<?xml "

    container = read_container(data, "GIF")

    assert container.frames == 2
    assert payload(container, "comment").description == "made by hand"
    assert payload(container, "GIF application").description == "NETSCAPE2.0"
    assert payload(container, "trailing data").description == "XML"


def test_bmp_with_bytes_behind_it(saved: Callable[..., Path]) -> None:
    data = saved("a.bmp").read_bytes()

    assert payload(described(data + b"hidden text", "BMP"), "trailing data").offset == len(data)


@pytest.mark.parametrize("stated", [0, 54, 9000, 99_999])
def test_pixels_of_a_bmp_that_states_a_wrong_size_are_no_trailing_data(saved: Callable[..., Path], stated: int) -> None:
    whole = bytearray(saved("a.bmp").read_bytes())
    whole[2:6] = stated.to_bytes(4, "little")

    assert not [p for p in described(bytes(whole), "BMP").payloads if p.kind == "trailing data"]
    assert payload(described(bytes(whole) + b"hidden text", "BMP"), "trailing data").size == 11


def test_tiff_payloads(saved: Callable[..., Path]) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tags = {700: XMP, 33723: b"\x1c\x02\x69\0\x04Head"}
    data = saved("a.tif", icc_profile=profile, tiffinfo=tags).read_bytes()

    found = described(data, "TIFF")

    assert payload(found, "XMP").content == XMP
    assert payload(found, "IPTC").details == (("Headline", "Head"),)
    assert payload(found, "ICC").content == profile
    assert payload(found, "ICC").offset == data.index(profile)


def box(kind: bytes, body: bytes, *, full: bool = False) -> bytes:
    body = (bytes(4) if full else b"") + body
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def heif_with_exif_in_idat(tiff: bytes, *, length: int | None = None) -> bytes:
    """A HEIF file of nothing but an Exif item whose bytes lie in idat (construction method 1), in two extents."""
    item = longs(6, order=">") + b"Exif\0\0" + tiff
    half = len(item) // 2
    extents = longs(0, half, half, (length or len(item)) - half, order=">")
    infe = b"\x02\0\0\0" + shorts(1, 0, order=">") + b"Exif" + b"\0"
    iinf = box(b"iinf", shorts(1, order=">") + box(b"infe", infe), full=True)
    iloc_body = b"\x01\0\0\0" + b"\x44\x00" + shorts(1, 1, 1, 0, 2, order=">") + extents
    meta = box(b"meta", iinf + box(b"iloc", iloc_body) + box(b"idat", item), full=True)
    return box(b"ftyp", b"heic\0\0\0\0mif1") + meta


def test_heif_exif_in_idat_extents() -> None:
    data = heif_with_exif_in_idat(block([Entry(0x0131, 2, b"camera\0"), Entry(0x0112, 3, shorts(8))]))

    found = described(data, "HEIF")

    assert found.entries[1].value == 8
    assert data[found.entries[0].offset or 0 :].startswith(b"camera\0")


def test_a_heif_that_names_one_profile_very_often_lists_it_once() -> None:
    properties = box(b"ipco", box(b"colr", b"prof" + bytes(200)))
    one_item = b"\0\1\xff" + b"\1" * 255
    named = box(b"ipma", struct.pack(">I", 1000) + one_item * 1000, full=True)
    meta = box(b"pitm", b"\0\1", full=True) + box(b"iprp", properties + named)

    found = described(box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"meta", meta, full=True), "HEIF")

    assert [p.kind for p in found.payloads] == ["ICC"]


def test_a_heif_of_very_many_references_is_listed_with_little_work() -> None:
    references = box(b"iref", b"".join(box(b"thmb", struct.pack(">3H", 1, 1, 1)) for _ in range(2000)), full=True)
    runs = b"\x44\0" + struct.pack(">4H", 1, 1, 0, 9000) + bytes(8) * 9000
    meta = box(b"pitm", b"\0\1", full=True) + references * 50 + box(b"iloc", runs, full=True)

    with counted_calls(1_000_000):
        found = described(box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"meta", meta, full=True), "HEIF")

    assert len(found.payloads) == 1000


def test_a_heif_item_past_the_end_is_unreadable() -> None:
    whole = (DATA / "sony_exif.heic").read_bytes()

    found = described(whole[:560], "HEIF")  # where its Exif item begins

    assert isinstance(found.exif_state, Unreadable)
    assert "heif-damaged-item" in codes(found)


def test_exif_of_a_heif_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = (DATA / "sony_exif.heic").read_bytes()

    found = described(whole[:3000], "HEIF")

    make = found.find("IFD0", 0x010F)
    assert make is not None
    assert (make.value, found.exif_state) == ("SONY", Present())
    assert "heif-damaged-item" in codes(found)


def test_an_item_that_claims_more_than_there_is_is_read_with_a_warning() -> None:
    found = described(heif_with_exif_in_idat(block([Entry(0x0112, 3, shorts(8))]), length=9999), "HEIF")

    assert found.entries[0].value == 8
    assert codes(found) == ["heif-damaged-item"]


def test_an_impossible_type_behind_an_entry_of_another_kind_is_seen(data: Path) -> None:
    whole = (data / "L_xmp.heif").read_bytes()
    entry = whole.index(b"infe", whole.index(b"infe") + 4)
    hidden = whole[:entry] + b"iofe" + whole[entry + 4 :].replace(b"application/rdf", b"application/\xf2df", 1)

    assert read_container(whole, "HEIF").odd_item == ""
    assert read_container(hidden, "HEIF").odd_item == "application/òdf+xml"


def test_a_heif_that_is_cut_says_which_items_end_early(data: Path) -> None:
    whole = (data / "zPug_3.heic").read_bytes()

    assert "heif-damaged-item" not in codes(described(whole, "HEIF"))
    assert "heif-damaged-item" in codes(described(whole[:-200], "HEIF"))


def test_heif_boxes_that_pi_heif_wrote(data: Path) -> None:
    found = described((data / "L_xmp.heif").read_bytes(), "HEIF")
    pug = described((data / "zPug_3.heic").read_bytes(), "HEIF")

    assert payload(found, "XMP").description == "Adobe Photoshop Lightroom Classic 7.4 (Macintosh)"
    assert [p.kind for p in pug.payloads] == ["thumbnail item"] * 3


@pytest.mark.parametrize("turn", range(9))
def test_avif_orientation_lies_in_the_container(scene: NDArray[np.uint8], turn: int) -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    Image.fromarray(scene).save(stream, "AVIF", exif=exif, speed=10)

    container = read_container(stream.getvalue(), "AVIF")

    assert container.size == (48, 64)
    assert bool(container.transforms) == (turn > 1)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WebP", "GIF", "BMP", "HEIF", "AVIF"])
def test_bytes_of_another_format_are_unreadable_and_no_crash(name: str) -> None:
    found = described(b"these are no bytes of an image at all", name)

    assert isinstance(found.exif_state, Unreadable)
    assert found.warnings


@pytest.mark.parametrize(
    "kind", ["png texts", "tiff values", "heif items", "jpeg fill", "jpeg restarts", "raw profile"]
)
def test_small_files_that_ask_for_much_work_do_not_get_it(kind: str) -> None:
    data, name = HOSTILE[kind]()

    with counted_calls(2_000_000):
        found = described(data, name)

    assert len(found.warnings) < 120
    assert sum(len(p.content) for p in found.payloads) < 160 * 1024 * 1024


def png_of_many_bombs() -> tuple[bytes, str]:
    bomb = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(64 * 1024 * 1024), 9))
    return png_with(*[bomb] * 500), "PNG"


def tiff_of_shared_values() -> tuple[bytes, str]:
    size = 2 * 1024 * 1024
    return block([Entry(0x02BC, 7, count=size, pointer=8)] * 5000) + bytes(size), "TIFF"


def heif_of_shared_items() -> tuple[bytes, str]:
    size, count = 4 * 1024 * 1024, 3000
    infe = b"".join(
        box(b"infe", b"\x02\0\0\0" + shorts(number, 0, order=">") + b"mime\0application/rdf+xml\0")
        for number in range(1, count + 1)
    )
    iinf = box(b"iinf", shorts(count, order=">") + infe, full=True)
    extents = b"".join(shorts(number, 0, 1, order=">") + longs(16, size, order=">") for number in range(1, count + 1))
    iloc = box(b"iloc", bytes(4) + b"\x44\x00" + shorts(count, order=">") + extents)
    return box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"meta", iinf + iloc, full=True) + box(b"mdat", bytes(size)), "HEIF"


HOSTILE: dict[str, Callable[[], tuple[bytes, str]]] = {
    "png texts": png_of_many_bombs,
    "tiff values": tiff_of_shared_values,
    "heif items": heif_of_shared_items,
    "jpeg fill": lambda: (b"\xff\xd8" + b"\xff" * 30_000_000, "JPEG"),
    "jpeg restarts": lambda: (b"\xff\xd8\xff\xda\0\x02" + b"\xff\xd0" * 10_000_000, "JPEG"),
    "raw profile": lambda: (png_with(chunk(b"tEXt", b"Raw profile type exif\0" + b" 1" * 2_000_000 + b"!")), "PNG"),
}
