from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from evidence.tiff_builder import Entry, block, directory, jpeg_with, longs, nested, shorts
from numpy.typing import NDArray
from PIL import Image, ImageCms

from workstation.evidence.bytes_reader import ParseProblem
from workstation.evidence.container import Container
from workstation.evidence.jpeg_segments import read_jpeg
from workstation.evidence.jpeg_structure import SCAN_DATA
from workstation.evidence.jpeg_tables import zigzag
from workstation.evidence.metadata import assemble, read_container
from workstation.evidence.record import Empty, JpegStructure, Payload, Present, Unreadable

END = b"\xff\xd9"


def encoded(scene: NDArray[np.uint8], **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(scene).save(stream, "JPEG", **options)
    return stream.getvalue()


def structure(data: bytes) -> JpegStructure:
    found = read_jpeg(data).jpeg
    assert found is not None
    return found


def payload(container: Container, kind: str) -> Payload:
    return next(payload for payload in container.payloads if payload.kind == kind)


def codes(container: Container) -> list[str]:
    return [warning.code for warning in container.warnings]


def test_every_byte_up_to_the_end_belongs_to_one_segment(scene: NDArray[np.uint8]) -> None:
    data = encoded(scene, quality=80, progressive=True, comment=b"hello")

    found = structure(data)

    position = 0
    for segment in found.segments:
        assert segment.offset == position, segment
        position += segment.length
    assert position == len(data) == found.end
    assert found.segments[0].name == "SOI"
    assert found.segments[-1].name == "EOI"


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 92, 99, 100])
def test_the_quality_of_the_standard_tables_is_found(scene: NDArray[np.uint8], quality: int) -> None:
    found = structure(encoded(scene, quality=quality))

    assert found.quality == quality
    assert [table.kind for table in found.tables][:1] == ["luminance"]


def test_natural_order_of_a_table(scene: NDArray[np.uint8]) -> None:
    found = structure(encoded(scene, quality=50))

    assert found.tables[0].values[0] == (16, 11, 10, 16, 24, 40, 51, 61)
    assert found.tables[1].values[0][:4] == (17, 18, 24, 47)
    assert found.tables[1].kind == "chrominance"
    assert zigzag()[:6] == (0, 1, 8, 16, 9, 2)


def test_a_table_of_its_own_has_no_quality(scene: NDArray[np.uint8]) -> None:
    found = structure(encoded(scene, qtables=[[3] * 64, [5] * 64]))

    assert found.quality is None
    assert [table.quality for table in found.tables] == [None, None]


@pytest.mark.parametrize(("number", "name"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_subsampling(scene: NDArray[np.uint8], number: int, name: str) -> None:
    assert structure(encoded(scene, subsampling=number)).subsampling == name


def test_frame_facts(scene: NDArray[np.uint8]) -> None:
    grey = io.BytesIO()
    Image.fromarray(scene).convert("L").save(grey, "JPEG")

    colour, single = structure(encoded(scene, progressive=True)), structure(grey.getvalue())

    assert (colour.process, colour.components, colour.precision, colour.size) == ("progressive", 3, 8, (48, 64))
    assert (single.process, single.components, single.subsampling) == ("baseline", 1, "")


def test_restart_markers_are_counted(scene: NDArray[np.uint8]) -> None:
    found = structure(encoded(scene, restart_marker_blocks=2, subsampling=0))

    # 8 × 6 = 48 blocks of 8×8, a marker between every two of them.
    assert found.restart_interval == 2
    assert found.restart_markers == 23
    assert next(segment for segment in found.segments if segment.name == SCAN_DATA).note == "23 restart markers"


def test_a_scan_that_lost_data_has_too_few_restart_markers(scene: NDArray[np.uint8]) -> None:
    data = encoded(scene, restart_marker_blocks=2, subsampling=0)
    lost = data[: data.index(b"\xff\xd3")] + data[data.index(b"\xff\xd6") :]

    assert "jpeg-restart-count" not in codes(read_jpeg(data))
    assert "jpeg-restart-count" in codes(read_jpeg(lost))


def test_a_stream_without_an_end_says_so(scene: NDArray[np.uint8]) -> None:
    container = read_jpeg(encoded(scene)[:-2])

    assert container.jpeg is not None
    assert container.jpeg.end is None
    assert "jpeg-no-end" in codes(container)


def test_one_byte_between_segments_is_told_in_the_singular() -> None:
    data = jpeg_with((0xFE, b"x"), rest=b"\x01" + jpeg_with((0xFE, b"y"), rest=END)[2:])

    (garbage,) = read_jpeg(data).warnings

    assert garbage.message == "1 byte between segments belongs to none"


def test_a_stream_of_more_segments_than_are_listed_is_not_said_to_have_no_end() -> None:
    found = read_jpeg(jpeg_with(*[(0xEF, b"x")] * 5001, rest=END))

    assert codes(found) == ["jpeg-segment-limit"]


def test_bytes_between_segments_are_pointed_at(scene: NDArray[np.uint8]) -> None:
    data = encoded(scene)
    broken = data[:20] + b"junk!" + data[20:]

    container = read_jpeg(broken)

    assert [(w.code, w.offset) for w in container.warnings] == [("jpeg-garbage", 20)]
    assert container.jpeg is not None
    assert container.jpeg.size == (48, 64)


def test_no_jpeg_is_a_parse_problem() -> None:
    with pytest.raises(ParseProblem):
        read_jpeg(b"no JPEG at all")


def test_exif_with_every_directory(scene: NDArray[np.uint8], exif: bytes) -> None:
    data = encoded(scene, exif=exif)

    found = assemble(read_container(data, "JPEG"))

    assert found.exif_state == Present()
    assert {entry.group for entry in found.entries} == {"IFD0", "ExifIFD", "GPS", "InteropIFD", "IFD1"}
    for entry in found.entries:
        assert entry.offset is not None
        assert data[entry.offset : entry.offset + entry.raw_size] == entry.raw
    model = found.find("IFD0", 0x0110)
    assert model is not None
    assert model.value == "Canon EOS 5D"
    assert found.warnings == ()
    kinds = {p.kind: p for p in found.payloads}
    assert kinds["MakerNote"].description == "Nikon"
    assert kinds["thumbnail"].description == "JPEG 16×12"
    assert data[kinds["thumbnail"].offset or 0 :].startswith(kinds["thumbnail"].content)


def test_a_photograph_of_a_real_camera(data: Path) -> None:
    found = assemble(read_container((data / "casio_L01.jpg").read_bytes(), "JPEG"))

    make = found.find("IFD0", 0x010F)
    exposure = found.find("ExifIFD", 0x829A)
    assert make is not None
    assert exposure is not None
    assert str(make.value).startswith("CASIO")
    assert exposure.unit == "s"
    assert [w.code for w in found.warnings] == ["exif-size-differs"], "it was scaled down, and EXIF states the old size"


def test_exif_that_is_spread_over_two_segments_is_joined() -> None:
    tiff = block([Entry(0x927C, 7, bytes(1000)), Entry(0x0131, 2, b"after the note\0")])
    data = jpeg_with((0xE1, b"Exif\0\0" + tiff[:600]), (0xE1, b"Exif\0\0" + tiff[600:]), rest=END)

    found = assemble(read_container(data, "JPEG"))

    note, software = found.entries
    assert software.value == "after the note"
    assert note.raw_size == 1000
    assert note.offset is None  # it stands in two pieces
    assert software.offset == data.index(b"after the note")
    assert [warning.code for warning in found.warnings] == ["exif-spread"]


def test_a_second_exif_segment_stays_apart_from_the_first() -> None:
    first, second = block([Entry(0x0131, 2, b"camera\0")]), block([Entry(0x0131, 2, b"editor\0")])
    data = jpeg_with((0xE1, b"Exif\0\0" + first), (0xE1, b"Exif\0\0" + second), rest=END)

    found = assemble(read_container(data, "JPEG"))

    assert [(entry.group, entry.value) for entry in found.entries] == [
        ("IFD0", "camera"),
        ("IFD0 (EXIF block 2)", "editor"),
    ]
    assert "exif-second" in [warning.code for warning in found.warnings]


def test_only_the_first_of_very_many_exif_segments_are_read() -> None:
    shared = [Entry(0x9286, 7, count=60_000, pointer=8)] * 400
    segment = (0xE1, b"Exif\0\0" + block(shared) + bytes(56_000))

    found = assemble(read_jpeg(jpeg_with(*[segment] * 40, rest=END)))

    assert len(found.entries) == 8 * 400
    assert "exif-blocks" in [warning.code for warning in found.warnings]


def test_very_many_quantisation_tables_are_not_all_read() -> None:
    tables = (0xDB, (b"\0" + bytes(range(1, 65))) * 600)

    container = read_jpeg(jpeg_with(*[tables] * 30, rest=END))

    assert container.jpeg is not None
    assert len(container.jpeg.tables) == 600
    assert "jpeg-damaged-segment" in codes(container)


def test_exif_that_is_no_tiff_is_unreadable_and_an_empty_one_empty() -> None:
    broken = assemble(read_container(jpeg_with((0xE1, b"Exif\0\0nonsense"), rest=END), "JPEG"))
    empty = assemble(read_container(jpeg_with((0xE1, b"Exif\0\0"), rest=END), "JPEG"))

    assert broken.exif_state == Unreadable("no TIFF header", 12)
    assert empty.exif_state == Empty()


def test_exif_whose_first_directory_is_lost_is_unreadable_and_one_without_entries_empty() -> None:
    far = b"II*\0" + longs(0x7FFFFFFF) + bytes(40)
    cut = block([Entry(0x0112, 3, shorts(1))])[:14]
    lost, short, none = (
        assemble(read_container(jpeg_with((0xE1, b"Exif\0\0" + tiff), rest=END), "JPEG"))
        for tiff in (far, cut, block([]))
    )

    assert lost.exif_state == Unreadable("its first directory lies past the end of the data", 12 + 4)
    assert isinstance(short.exif_state, Unreadable)
    assert none.exif_state == Empty()


@pytest.mark.parametrize(
    ("width", "height", "told"), [(64, 48, False), (48, 64, False), (640, 480, True), (64, 0, False)]
)
def test_a_size_that_exif_states_and_the_picture_has_not_is_a_warning(
    scene: NDArray[np.uint8], width: int, height: int, told: bool
) -> None:
    tiff = nested([], 0x8769, [Entry(0xA002, 4, longs(width)), Entry(0xA003, 4, longs(height))])

    found = assemble(read_container(encoded(scene, exif=b"Exif\0\0" + tiff), "JPEG"))

    assert [w.message for w in found.warnings] == (
        ["EXIF states a picture of 640×480 pixels, the file holds one of 64×48"] if told else []
    )


def test_a_broken_thumbnail_pointer_is_a_warning() -> None:
    entries = [Entry(0x0201, 4, longs(5000)), Entry(0x0202, 4, longs(300))]
    data = jpeg_with((0xE1, b"Exif\0\0" + block(entries)), rest=END)

    found = assemble(read_container(data, "JPEG"))

    assert "thumbnail-unreadable" in [warning.code for warning in found.warnings]


def strips(
    samples: NDArray[np.uint8], *, photometric: int = 2, count: int = 1, more: list[Entry] | None = None
) -> bytes:
    """An EXIF block whose IFD1 holds a thumbnail of plain samples (height, width, channels), in strips."""
    height, width, channels = samples.shape
    parts = [part.tobytes() for part in np.array_split(samples, count)]
    entries = [
        Entry(0x0100, 3, shorts(width)),
        Entry(0x0101, 3, shorts(height)),
        Entry(0x0102, 3, shorts(*[8] * channels)),
        Entry(0x0103, 3, shorts(1)),
        Entry(0x0106, 3, shorts(photometric)),
        Entry(0x0111, 4, longs(*[0] * count)),
        Entry(0x0115, 3, shorts(channels)),
        Entry(0x0117, 4, longs(*[len(part) for part in parts])),
        *(more or []),
    ]
    first = [Entry(0x0112, 3, shorts(1))]
    place = len(block(first))
    start = place + len(directory(entries, place))
    entries[5].data = longs(*(start + sum(map(len, parts[:number])) for number in range(count)))
    return block(first, following=place) + directory(entries, place) + b"".join(parts)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_thumbnail_of_plain_samples_is_shown(scene: NDArray[np.uint8], channels: int, count: int) -> None:
    small = scene[::4, ::4, :channels].copy()
    data = jpeg_with((0xE1, b"Exif\0\0" + strips(small, photometric=2 if channels == 3 else 1, count=count)), rest=END)

    found = assemble(read_container(data, "JPEG"))

    (thumbnail,) = [p for p in found.payloads if p.kind == "thumbnail"]
    assert thumbnail.description == "TIFF 16×12, not compressed"
    assert thumbnail.size == small.size
    assert thumbnail.offset == data.index(small.tobytes())
    with Image.open(io.BytesIO(thumbnail.content)) as picture:
        assert np.array_equal(np.asarray(picture).reshape(small.shape), small)
    assert not found.warnings


def test_a_thumbnail_of_samples_that_cannot_be_shown_is_listed(scene: NDArray[np.uint8]) -> None:
    samples = strips(scene[::4, ::4].copy(), photometric=6)
    found = assemble(read_container(jpeg_with((0xE1, b"Exif\0\0" + samples), rest=END), "JPEG"))
    cut = assemble(read_container(jpeg_with((0xE1, b"Exif\0\0" + samples[:-100]), rest=END), "JPEG"))

    (thumbnail,) = [p for p in found.payloads if p.kind == "thumbnail"]
    assert thumbnail.content == b""
    assert "thumbnail-unreadable" in [warning.code for warning in cut.warnings]


def test_the_second_page_of_a_tiff_is_no_thumbnail_unless_it_says_so(scene: NDArray[np.uint8]) -> None:
    small = scene[::4, ::4].copy()
    page = assemble(read_container(strips(small), "TIFF"))
    copy = assemble(read_container(strips(small, more=[Entry(0x00FE, 4, longs(1))]), "TIFF"))

    assert not [p for p in page.payloads if p.kind == "thumbnail"]
    assert [p.description for p in copy.payloads if p.kind == "thumbnail"] == ["TIFF 16×12, not compressed"]


def test_xmp_main_and_extended() -> None:
    identifier = b"0123456789ABCDEF0123456789ABCDEF"
    packet = b'<x:xmpmeta x:xmptk="Kit 1"><r xmp:CreatorTool="Editor 9" xmpNote:HasExtendedXMP="' + identifier + b'"/>'
    long = b"<rdf:more>" + bytes(500)
    parts = [
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + identifier + longs(len(long), at, order=">") + long[at:to])
        for at, to in ((300, len(long)), (0, 300))
    ]
    container = read_jpeg(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet), *parts, rest=END))

    xmp = payload(container, "XMP")
    assert (xmp.description, xmp.content, xmp.offset) == ("Editor 9", packet, 2 + 4 + 29)
    assert dict(xmp.details)["toolkit"] == "Kit 1"
    assert payload(container, "extended XMP").content == long
    assert not container.warnings


def test_icc_chunks_are_joined_and_missing_ones_noticed(scene: NDArray[np.uint8]) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(scene, icc_profile=profile)

    assert payload(read_jpeg(data), "ICC").content == profile
    assert "sRGB" in payload(read_jpeg(data), "ICC").description
    chunk = (0xE2, b"ICC_PROFILE\0\2\3" + profile[:200])
    assert "icc-incomplete" in codes(read_jpeg(jpeg_with(chunk, rest=END)))


def test_iptc_in_a_photoshop_block() -> None:
    iptc = b"\x1c\x02\x69\0\x08Headline" + b"\x1c\x02\x19\0\x03one" + b"\x1c\x02\x19\0\x03two"
    resource = b"8BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc + b"\0"  # padded to even length
    other = b"8BIM\x04\x25\0\0" + (16).to_bytes(4, "big") + bytes(16)
    data = jpeg_with((0xED, b"Photoshop 3.0\0" + resource + other), rest=END)

    container = read_jpeg(data)

    found = payload(container, "IPTC")
    assert found.details == (("Headline", "Headline"), ("Keywords", "one"), ("Keywords", "two"))
    assert found.offset == data.index(iptc)
    assert payload(container, "Photoshop resource").description == "0x0425 caption digest"


def test_the_thumbnails_of_photoshop_and_of_jfif_are_shown(scene: NDArray[np.uint8]) -> None:
    photoshop, jfif = encoded(scene[:12, :16]), encoded(scene[:24, :32])
    body = longs(1, 16, 12, 48, 576, len(photoshop), order=">") + shorts(24, 1, order=">") + photoshop
    resource = b"8BIM" + shorts(0x040C, 0, order=">") + longs(len(body), order=">") + body
    data = jpeg_with((0xE0, b"JFXX\0\x10" + jfif), (0xED, b"Photoshop 3.0\0" + resource), rest=END)

    shown = [p for p in read_jpeg(data).payloads if p.kind == "thumbnail"]

    assert [(p.description, p.content) for p in shown] == [("JPEG 32×24", jfif), ("JPEG 16×12", photoshop)]
    assert [p.offset for p in shown] == [data.index(jfif), data.index(photoshop)]


def test_a_c2pa_manifest_that_spans_two_segments() -> None:
    label = b"\0" * 16 + b"\x03c2pa\0"
    described = (8 + len(label)).to_bytes(4, "big") + b"jumd" + label
    content = described + (8 + 300).to_bytes(4, "big") + b"cbor" + bytes(300)
    superbox = (8 + len(content)).to_bytes(4, "big") + b"jumb" + content
    header = b"JP\0\1"
    data = jpeg_with(
        (0xEB, header + longs(1, order=">") + superbox[:200]),
        (0xEB, header + longs(2, order=">") + superbox[:8] + superbox[200:]),
        rest=END,
    )

    found = payload(read_jpeg(data), "C2PA")

    assert found.size == len(superbox)
    assert "not verified" in found.description


@pytest.mark.parametrize(
    ("claim", "generator"),
    [
        (b"\x6fclaim_generator\x6aEditor 9.0\x69signature\x63abc", "Editor 9.0"),
        (b"\x6fclaim_generator\x78\x2d" + b"g" * 45 + b"\x69signature", "g" * 45),
        (b"\x74claim_generator_info\x81\xa2\x64name\x69Generator\x67version\x631.0", "Generator"),
        (b"\x69signature\x63abc", None),
    ],
)
def test_the_generator_of_a_c2pa_claim(claim: bytes, generator: str | None) -> None:
    label = b"\0" * 16 + b"\x03c2pa\0"
    described = (8 + len(label)).to_bytes(4, "big") + b"jumd" + label
    content = described + (8 + len(claim)).to_bytes(4, "big") + b"cbor" + claim
    superbox = (8 + len(content)).to_bytes(4, "big") + b"jumb" + content

    found = payload(read_jpeg(jpeg_with((0xEB, b"JP\0\1" + longs(1, order=">") + superbox), rest=END)), "C2PA")

    assert dict(found.details).get("claim generator") == generator


def test_a_multi_picture_file_lists_its_second_image(scene: NDArray[np.uint8], tmp_path: Path) -> None:
    path = tmp_path / "two.mpo"
    second = Image.fromarray(scene[:24, :32])
    Image.fromarray(scene).save(path, "MPO", save_all=True, append_images=[second])
    data = path.read_bytes()

    container = read_jpeg(data)

    found = payload(container, "MPF image")
    assert found.description == "JPEG 32×24"
    assert data[found.offset or 0 :][:3] == b"\xff\xd8\xff"
    assert (found.offset or 0) + found.size == len(data)
    assert not any(p.kind == "trailing data" for p in container.payloads)
    assert payload(container, "MPF index").description == "2 images"
    assert container.frames == 2


def multi_picture(first: bytes, second: bytes, attributes: int) -> bytes:
    """A JPEG with an MPF index of two images, as a phone or camera writes it."""
    index = [Entry(0xB001, 4, longs(2)), Entry(0xB002, 7, bytes(32))]
    body_size = 4 + len(block(index))
    start = 2 + 4 + body_size + len(first) - 2
    index[1].data = longs(0x030000, start, 0, 0) + longs(attributes, len(second), start - 2 - 4 - 4, 0)
    return jpeg_with((0xE2, b"MPF\0" + block(index)), rest=first[2:]) + second


@pytest.mark.parametrize(
    ("attributes", "head", "kind", "frames"),
    [
        (0x020002, b"", "disparity (stereo)", 2),
        (0, b"", "undefined", 2),
        (0x010002, b"", "large thumbnail (full HD)", 1),
        (0x050000, b"", "gain map", 1),
        (0, b"http://ns.adobe.com/xap/1.0/\0<x xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'/>", "gain map", 1),
        (0, b"http://ns.adobe.com/xap/1.0/\0<x HDRGainMap:HDRGainMapVersion='65536'/>", "gain map", 1),
    ],
)
def test_what_serves_the_first_picture_is_no_further_one(
    scene: NDArray[np.uint8], attributes: int, head: bytes, kind: str, frames: int
) -> None:
    plain = encoded(scene[:24, :32])
    second = jpeg_with((0xE1, head), rest=plain[2:]) if head else plain

    container = read_jpeg(multi_picture(encoded(scene), second, attributes))

    assert payload(container, "MPF image").details == (("type", kind),)
    assert payload(container, "MPF image").description == "JPEG 32×24"
    assert container.frames == frames
    assert not any(p.kind == "trailing data" for p in container.payloads)


def test_a_picture_that_the_index_names_and_the_file_lacks_is_not_counted(scene: NDArray[np.uint8]) -> None:
    data = multi_picture(encoded(scene), encoded(scene[:24, :32]), 0x020002)

    container = read_jpeg(data[:-100])

    assert codes(container) == ["mpf-outside"]
    assert container.frames == 1


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"\xff\xd8\xff\xe0 more", "a second JPEG"),
        (b"\0\0\0\x18ftypmp42" + bytes(40), "ISO media file, brand mp42 (a video, as in a Motion Photo)"),
        (b"PK\x03\x04" + bytes(20), "a ZIP archive"),
        (bytes(64), "zero bytes"),
        (b"a remark of somebody", "text"),
        (b"\x01\x02\x03\x04" * 9, "unknown data"),
    ],
)
def test_trailing_data_is_described(scene: NDArray[np.uint8], tail: bytes, words: str) -> None:
    data = encoded(scene)

    found = payload(read_jpeg(data + tail), "trailing data")

    assert (found.offset, found.size, found.description) == (len(data), len(tail), words)


def test_small_segments_of_applications() -> None:
    data = jpeg_with(
        (0xE0, b"JFIF\0\1\2\1\0\x48\0\x48\0\0"),
        (0xEE, b"Adobe\0\x64\0\0\0\0\1"),
        (0xEC, b"Ducky\0\1\0\4\0\0\0\x3c"),
        (0xE4, b"SCALADO\0 something"),
        (0xFE, b"a comment"),
        rest=END,
    )

    kinds = {p.kind: p for p in read_jpeg(data).payloads}

    assert kinds["JFIF"].description == "JFIF 1.02"
    assert dict(kinds["JFIF"].details)["density"] == "72×72 per inch"
    assert kinds["Adobe"].description == "Adobe, colour transform YCbCr"
    assert dict(kinds["Ducky"].details)["quality"] == "60"
    assert kinds["APP4"].description == "SCALADO"
    assert kinds["comment"].description == "a comment"


def test_a_comment_that_is_not_shown_whole_says_how_long_it_is() -> None:
    data = jpeg_with((0xFE, b"a" * 2000), (0xFE, b"b" * 2001), rest=END)

    whole, cut = (p.description for p in read_jpeg(data).payloads)

    assert whole == "a" * 2000
    assert cut == "b" * 2000 + " … (2001 characters)"


def test_many_keywords_of_iptc_are_all_listed() -> None:
    keywords = b"".join(b"\x1c\2\x19\0\2%02d" % number for number in range(60))
    resource = b"8BIM\4\4\0\0" + longs(len(keywords), order=">") + keywords

    found = payload(read_jpeg(jpeg_with((0xED, b"Photoshop 3.0\0" + resource), rest=END)), "IPTC")

    assert found.description == "60 datasets"
    assert len(found.details) == 60


def test_only_app14_states_the_colour_transform() -> None:
    data = jpeg_with((0xED, b"Adobe_CM\0\2\0\0"), (0xED, b"Adobe_Photoshop2.5:\0\0"), rest=END)

    found = [(p.kind, p.description) for p in read_jpeg(data).payloads]

    assert found == [("APP13", "Adobe_CM"), ("APP13", "Adobe_Photoshop2.5:")]


def xmp_details(packet: bytes) -> dict[str, str]:
    return dict(
        payload(read_jpeg(jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet), rest=END)), "XMP").details
    )


def test_xmp_as_other_programs_write_it() -> None:
    source = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

    assert xmp_details(b"<x:xmpmeta x:xmptk='Kit 1'><r xmp:CreatorTool='Editor &quot;9&quot;'/>") == {
        "toolkit": "Kit 1",
        "creator tool": 'Editor "9"',
    }
    assert xmp_details(b"<xap:CreatorTool>Old &amp; good</xap:CreatorTool>") == {"creator tool": "Old & good"}
    assert xmp_details(b'<i:DigitalSourceType rdf:resource="' + source + b'"/>') == {
        "digital source type": source.decode()
    }
    assert xmp_details("<xmp:CreatorTool>Möwe</xmp:CreatorTool>".encode("utf-16-be")) == {"creator tool": "Möwe"}


def test_a_history_entry_of_xmp_counts_once() -> None:
    as_elements = b"<rdf:li><stEvt:action>saved</stEvt:action></rdf:li>" * 3
    as_attributes = b'<rdf:li stEvt:action="saved" stEvt:when="2020"/>' * 2

    assert xmp_details(as_elements)["history entries"] == "3"
    assert xmp_details(as_attributes)["history entries"] == "2"


def test_the_maker_of_a_note_without_header_is_taken_from_the_make() -> None:
    entries = [Entry(0x010F, 2, b"Canon\0"), Entry(0x8769, 4, longs(60))]
    tiff = block(entries).ljust(60, b"\0")
    tiff += shorts(1) + shorts(0x927C, 7) + longs(6, 60 + 18) + longs(0) + b"\x10\0\1\0\3\0"
    data = jpeg_with((0xE1, b"Exif\0\0" + tiff), rest=END)

    found = assemble(read_container(data, "JPEG"))

    note = next(p for p in found.payloads if p.kind == "MakerNote")
    assert note.description == "Canon (by the Make tag; no header)"


def test_saving_again_changes_what_the_structure_says(saved: Callable[..., Path]) -> None:
    first = read_jpeg(saved("a.jpg", quality=95).read_bytes()).jpeg
    second = read_jpeg(saved("b.jpg", quality=60).read_bytes()).jpeg

    assert first is not None
    assert second is not None
    assert (first.quality, second.quality) == (95, 60)
