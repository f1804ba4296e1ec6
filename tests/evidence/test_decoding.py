from __future__ import annotations

import io
import re
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from evidence.tiff_builder import Entry, block, longs, rationals, shorts
from numpy.typing import NDArray
from PIL import Image, ImageCms, PngImagePlugin

from workstation.errors import DamagedImage, TooManyPixels, UnsupportedFormat
from workstation.evidence import open_evidence, read_metadata
from workstation.evidence.decoding import transform_orientation
from workstation.evidence.display import display_rgb
from workstation.evidence.record import Evidence, Pixels

Save = Callable[..., Path]


def codes(evidence: Evidence) -> list[str]:
    return [warning.code for warning in evidence.warnings]


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def tiff_of(samples: NDArray[np.generic], bits: int, photometric: int, sample_format: int = 1) -> bytes:
    """An uncompressed TIFF of (height, width) or (height, width, channels) samples."""
    channels = samples.shape[2] if samples.ndim == 3 else 1
    entries = [
        Entry(0x0100, 3, shorts(samples.shape[1])),
        Entry(0x0101, 3, shorts(samples.shape[0])),
        Entry(0x0102, 3, shorts(*[bits] * channels)),
        Entry(0x0103, 3, shorts(1)),
        Entry(0x0106, 3, shorts(photometric)),
        Entry(0x0111, 4, longs(0)),
        Entry(0x0115, 3, shorts(channels)),
        Entry(0x0116, 3, shorts(samples.shape[0])),
        Entry(0x0117, 4, longs(samples.nbytes)),
        Entry(0x011A, 5, rationals((72, 1))),
        Entry(0x0153, 3, shorts(*[sample_format] * channels)),
    ]
    entries[5].data = longs(len(block(entries)))
    return block(entries) + samples.tobytes()


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.webp", "a.avif"])
def test_lossless_formats_give_back_every_pixel(saved: Save, scene: NDArray[np.uint8], name: str) -> None:
    options = {"a.webp": {"lossless": True}, "a.avif": {"quality": 100, "subsampling": "4:4:4"}}.get(name, {})

    pixels = open_evidence(saved(name, **options)).pixels

    assert pixels.rgb.shape == (48, 64, 3)
    assert pixels.rgb.dtype == np.uint8
    if name != "a.avif":  # AVIF at its best still rounds once
        assert np.array_equal(pixels.rgb, scene)
    assert (pixels.stored_mode, pixels.reductions, pixels.frames) == ("RGB 8 bit", (), 1)


def test_pixels_cannot_be_written_to(saved: Save) -> None:
    pixels = open_evidence(saved("a.png")).pixels

    with pytest.raises(ValueError, match="read-only"):
        pixels.rgb[0, 0] = 1


def test_jpeg_decodes_as_libjpeg_does(saved: Save) -> None:
    path = saved("a.jpg", quality=90)

    with Image.open(path) as image:
        assert np.array_equal(open_evidence(path).pixels.rgb, np.asarray(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.png", "a.webp"])
def test_orientation_is_recorded_and_not_applied(
    saved: Save, scene: NDArray[np.uint8], name: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    plain = open_evidence(saved(f"plain_{name}")).pixels

    turned = open_evidence(saved(name, exif=exif)).pixels

    assert turned.orientation == orientation
    assert np.array_equal(turned.rgb, plain.rgb)


def test_avif_orientation_comes_from_the_container(saved: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"quality": 90, "speed": 10}
    plain, turned = open_evidence(saved("a.avif", **options)), open_evidence(saved("b.avif", exif=exif, **options))

    assert turned.pixels.orientation == 6
    assert np.array_equal(turned.pixels.rgb, plain.pixels.rgb)


def test_exif_that_contradicts_the_container_is_a_warning(saved: Save, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0128] = 8
    data = saved("a.avif", exif=exif, speed=10).read_bytes()
    entry = data.index(b"\x01\x28\x00\x03") if b"\x01\x28\x00\x03" in data else data.index(b"\x28\x01\x03\x00")
    mark = b"\x01\x12" if data[entry] == 1 else b"\x12\x01"

    evidence = open_evidence(written(tmp_path, "b.avif", data[:entry] + mark + data[entry + 2 :]))

    assert evidence.pixels.orientation == 1
    assert codes(evidence) == ["orientation-differs"]


def test_an_impossible_orientation_counts_as_one(saved: Save) -> None:
    tiff = b"Exif\0\0" + block([Entry(0x0112, 3, shorts(9))])

    evidence = open_evidence(saved("a.jpg", exif=tiff))

    assert evidence.pixels.orientation == 1
    assert "orientation-impossible" in codes(evidence)


def test_the_order_of_turning_and_mirroring_counts() -> None:
    assert transform_orientation(()) == 1
    assert transform_orientation((("irot", 3),)) == 6
    assert transform_orientation((("irot", 1),)) == 8
    assert transform_orientation((("imir", 0),)) == 4
    assert transform_orientation((("imir", 1),)) == 2
    assert transform_orientation((("irot", 1), ("imir", 0))) == 5
    assert transform_orientation((("imir", 0), ("irot", 1))) == 7


def heif_turned(data: bytes, *boxes: bytes) -> bytes:
    """A HEIF file of one item with further properties (irot, imir), its offsets moved by what that adds."""
    ipco = data.index(b"ipco") - 4
    ipco_end = ipco + int.from_bytes(data[ipco : ipco + 4], "big")
    ipma = data.index(b"ipma") - 4
    count_at = ipma + 8 + 4 + 4 + 2
    associations = data[count_at]
    existing = []
    position = ipco + 8
    while position < ipco_end:
        existing.append(position)
        position += int.from_bytes(data[position : position + 4], "big")
    added = b"".join(boxes)
    indices = bytes(0x80 | (len(existing) + number + 1) for number in range(len(boxes)))
    grown = len(added) + len(indices)
    out = bytearray(data)
    out[count_at + 1 + associations : count_at + 1 + associations] = indices
    out[count_at] = associations + len(boxes)
    out[ipco_end:ipco_end] = added
    for kind, more in ((b"meta", grown), (b"iprp", grown), (b"ipco", len(added)), (b"ipma", len(indices))):
        at = out.index(kind) - 4
        out[at : at + 4] = (int.from_bytes(out[at : at + 4], "big") + more).to_bytes(4, "big")
    mdat = data.index(b"mdat") + 4
    at = out.index(mdat.to_bytes(4, "big"), out.index(b"iloc"))
    out[at : at + 4] = (mdat + grown).to_bytes(4, "big")
    return bytes(out)


def irot(quarters: int) -> bytes:
    return b"\0\0\0\x09irot" + bytes([quarters])


@pytest.mark.parametrize(("quarters", "orientation"), [(1, 8), (2, 3), (3, 6)])
def test_heif_rotation_is_undone_and_recorded(data: Path, tmp_path: Path, quarters: int, orientation: int) -> None:
    source = data / "RGB_8__128x128.heif"
    plain = open_evidence(source).pixels
    path = written(tmp_path, "turned.heic", heif_turned(source.read_bytes(), irot(quarters)))

    turned = open_evidence(path).pixels

    assert turned.orientation == orientation
    assert np.array_equal(turned.rgb, plain.rgb)
    assert "rotation and mirroring of the HEIF container undone" in turned.reductions


def test_heif_rotation_then_mirroring(data: Path, tmp_path: Path) -> None:
    source = data / "RGB_8__128x128.heif"
    imir = b"\0\0\0\x09imir\0"
    path = written(tmp_path, "turned.heic", heif_turned(source.read_bytes(), irot(1), imir))

    turned = open_evidence(path).pixels

    assert turned.orientation == 5
    assert np.array_equal(turned.rgb, open_evidence(source).pixels.rgb)


@pytest.mark.parametrize(
    ("name", "shape", "mode", "expected"),
    [
        ("RGB_8__128x128.heif", (128, 128, 3), "RGB 8 bit", []),
        ("RGB_10__29x100.heif", (100, 29, 3), "RGB 10 bit", ["reduced-16-bit"]),
        ("RGBA_8__29x100.heif", (100, 29, 3), "RGB with alpha 8 bit", ["alpha-dropped"]),
        ("L_8__29x100.heif", (100, 29, 3), "grey 8 bit", ["heif-crop"]),
        ("zPug_3.heic", (64, 64, 3), "grey 8 bit", ["first-frame"]),
    ],
)
def test_heif_samples(data: Path, name: str, shape: tuple[int, ...], mode: str, expected: list[str]) -> None:
    evidence = open_evidence(data / name)

    assert evidence.format == "HEIF"
    assert evidence.pixels.rgb.shape == shape
    assert evidence.pixels.stored_mode == mode
    assert codes(evidence) == expected


def test_heif_of_more_bits_is_reduced_by_the_recorded_rule(data: Path) -> None:
    ten = open_evidence(data / "RGB_10__29x100.heif").pixels

    assert ten.reductions == ("10 bit to 8: value // 4",)
    assert 0 < ten.rgb.mean() < 255
    assert ten.rgb.max() > 128  # not left in the low bits


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bit_grey_keeps_the_high_byte(tmp_path: Path, suffix: str) -> None:
    deep = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 21
    path = tmp_path / f"deep.{suffix}"
    Image.fromarray(deep).save(path)

    evidence = open_evidence(path)

    assert np.array_equal(evidence.pixels.rgb[..., 1], deep // 256)
    assert evidence.pixels.stored_mode == "grey 16 bit"
    assert evidence.pixels.reductions == ("16 bit to 8: the high byte, value // 256", "grey repeated three times")
    assert "reduced-16-bit" in codes(evidence)


def test_sixteen_bit_colour_tiff_keeps_the_high_byte(tmp_path: Path) -> None:
    deep = (np.arange(48 * 64 * 3, dtype=np.uint32) * 7 % 65536).astype("<u2").reshape(48, 64, 3)

    evidence = open_evidence(written(tmp_path, "deep.tif", tiff_of(deep, 16, 2)))

    assert np.array_equal(evidence.pixels.rgb, (deep // 256).astype(np.uint8))
    assert evidence.pixels.stored_mode == "RGB 16 bit"
    assert "reduced-16-bit" in codes(evidence)


def test_sixteen_bit_colour_png_keeps_the_high_byte(tmp_path: Path) -> None:
    deep = (np.arange(8 * 9 * 3, dtype=np.uint32) * 301 % 65536).astype(">u2").reshape(8, 9, 3)
    raw = b"".join(b"\0" + row.tobytes() for row in deep)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">2I5B", 9, 8, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")

    pixels = open_evidence(written(tmp_path, "deep.png", data)).pixels

    assert np.array_equal(pixels.rgb, (deep // 256).astype(np.uint8))
    assert pixels.stored_mode == "RGB 16 bit"


@pytest.mark.parametrize(
    ("samples", "bits", "sample_format", "words"),
    [
        (np.zeros((8, 8), np.float32), 32, 3, "“F” (32 bits, floating point)"),
        (np.zeros((8, 8), np.int32), 32, 2, "“I” (32 bits, signed)"),
        (np.zeros((8, 8), np.uint32), 32, 1, "“I” (32 bits)"),
        (np.zeros((8, 8), np.int16), 16, 2, "“I” (16 bits, signed)"),
    ],
)
def test_float_signed_and_32_bit_tiff_are_refused_by_name(
    tmp_path: Path, samples: NDArray[np.generic], bits: int, sample_format: int, words: str
) -> None:
    path = written(tmp_path, "f.tif", tiff_of(samples, bits, 1, sample_format))

    with pytest.raises(UnsupportedFormat, match=re.escape(f"f.tif: samples of the kind {words} are not read")):
        open_evidence(path)


def test_cmyk_is_computed_by_the_recorded_formula(saved: Save) -> None:
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [100, 50, 0, 128]]], np.uint8)

    evidence = open_evidence(saved("a.tif", Image.fromarray(inks, "CMYK")))

    expected = np.rint((255.0 - inks[..., :3]) * (255.0 - inks[..., 3:]) / 255.0)
    assert np.abs(evidence.pixels.rgb - expected).max() <= 1
    assert evidence.pixels.stored_mode == "CMYK 8 bit"
    assert "reduced-cmyk" in codes(evidence)


def test_cmyk_jpeg_opens(saved: Save, scene: NDArray[np.uint8]) -> None:
    evidence = open_evidence(saved("a.jpg", Image.fromarray(scene).convert("CMYK"), quality=95))

    assert np.abs(evidence.pixels.rgb.astype(int) - scene).mean() < 12
    assert "reduced-cmyk" in codes(evidence)


def test_palette_alpha_grey_and_bilevel(saved: Save, scene: NDArray[np.uint8]) -> None:
    image = Image.fromarray(scene)
    palette = open_evidence(saved("p.png", image.quantize(64)))
    grey = open_evidence(saved("l.png", image.convert("L")))
    bilevel = open_evidence(saved("1.png", image.convert("1")))
    grey_alpha = open_evidence(saved("la.png", image.convert("LA")))

    assert palette.pixels.reductions == ("palette colours looked up",)
    assert np.array_equal(grey.pixels.rgb[..., 0], np.asarray(image.convert("L")))
    assert set(np.unique(bilevel.pixels.rgb)) == {0, 255}
    assert bilevel.pixels.stored_mode == "bilevel 1 bit"
    assert grey_alpha.pixels.stored_mode == "grey with alpha 8 bit"
    assert not codes(grey_alpha)  # opaque everywhere: nothing is lost


def test_colours_under_transparent_parts_are_kept_and_said(saved: Save, scene: NDArray[np.uint8]) -> None:
    alpha = np.zeros((48, 64, 1), np.uint8)

    evidence = open_evidence(saved("a.png", Image.fromarray(np.concatenate([scene, alpha], axis=2))))

    assert np.array_equal(evidence.pixels.rgb, scene)
    assert codes(evidence) == ["alpha-dropped"]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif", "a.avif"])
def test_of_several_frames_the_first_is_examined(saved: Save, scene: NDArray[np.uint8], name: str) -> None:
    frames = [Image.fromarray(scene), Image.fromarray(scene[:, ::-1].copy()), Image.fromarray(255 - scene)]
    options = {"lossless": True} if name == "a.webp" else {}
    path = saved(name, frames[0], save_all=True, append_images=frames[1:], **options)

    evidence = open_evidence(path)

    assert evidence.pixels.frames == 3
    assert "first-frame" in codes(evidence)
    if name in ("a.webp", "a.png", "a.tif"):
        assert np.array_equal(evidence.pixels.rgb, scene)


def test_of_a_multi_picture_file_the_first_picture_is_examined(saved: Save, scene: NDArray[np.uint8]) -> None:
    other = Image.fromarray(scene[:, ::-1].copy())

    evidence = open_evidence(saved("a.mpo", Image.fromarray(scene), save_all=True, append_images=[other]))

    assert evidence.pixels.frames == 2
    assert codes(evidence) == ["first-frame"]
    assert evidence.warnings[0].message == "the file holds 2 images; only the primary one is examined"


def test_the_canvas_around_a_small_first_frame_of_a_gif_is_said(saved: Save, scene: NDArray[np.uint8]) -> None:
    data = saved("whole.gif").read_bytes()
    whole = open_evidence(saved("whole.gif"))
    wider = data[:6] + struct.pack("<2H", 80, 60) + data[10:]
    path = saved("whole.gif").with_name("wider.gif")
    path.write_bytes(wider)

    evidence = open_evidence(path)

    assert (evidence.pixels.width, evidence.pixels.height) == (80, 60)
    assert [w.message for w in evidence.warnings] == [
        "the first frame covers 64×48 of 80×60 pixels; what lies around it is canvas, not picture"
    ]
    assert not codes(whole)


def test_the_canvas_around_a_small_first_frame_of_a_webp_is_said(saved: Save, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    data = saved("a.webp", frames[0], save_all=True, append_images=frames[1:]).read_bytes()
    header = data.index(b"VP8X") + 8
    wider = data[: header + 4] + (79).to_bytes(3, "little") + (59).to_bytes(3, "little") + data[header + 10 :]

    evidence = open_evidence(written(tmp_path, "b.webp", wider))

    assert (evidence.pixels.width, evidence.pixels.height) == (80, 60)
    assert "frame-canvas" in codes(evidence)
    assert any("covers 64×48 of 80×60 pixels" in warning.message for warning in evidence.warnings)
    assert "frame-canvas" not in codes(open_evidence(saved("a.webp")))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"iCCP", b"tIME"])
def test_a_damaged_text_of_a_png_does_not_hide_its_pixels(saved: Save, scene: NDArray[np.uint8], kind: bytes) -> None:
    data = saved("a.png").read_bytes()
    body = b"Title\0\0abc def"
    wrong = struct.pack(">I", len(body)) + kind + body + b"\0\0\0\0"
    path = saved("a.png").with_name("b.png")
    path.write_bytes(data[:33] + wrong + data[33:])

    evidence = open_evidence(path)

    assert np.array_equal(evidence.pixels.rgb, scene)
    assert codes(evidence)[0] == "png-checksum"


def test_a_damaged_part_of_an_animated_png_does_not_hide_its_first_frame(
    saved: Save, tmp_path: Path, scene: NDArray[np.uint8]
) -> None:
    frames = [Image.fromarray(scene), Image.fromarray(scene[::-1].copy()), Image.fromarray(255 - scene)]
    data = saved("a.png", frames[0], save_all=True, append_images=frames[1:]).read_bytes()

    for kind in (b"acTL", b"fcTL", b"fdAT"):
        for found in re.finditer(kind, data):
            size = int.from_bytes(data[found.start() - 4 : found.start()], "big")
            damaged = bytearray(data)
            damaged[found.end() + size] ^= 1
            evidence = open_evidence(written(tmp_path, "b.png", bytes(damaged)))

            assert np.array_equal(evidence.pixels.rgb, scene)
            assert (evidence.pixels.frames, set(codes(evidence))) == (3, {"first-frame", "png-checksum"})


def test_a_damaged_header_of_a_png_is_still_refused(saved: Save) -> None:
    data = bytearray(saved("a.png").read_bytes())
    data[29] ^= 1
    path = saved("a.png").with_name("b.png")
    path.write_bytes(data)

    with pytest.raises(DamagedImage):
        open_evidence(path)


def test_the_profile_is_kept_and_not_applied(saved: Save, scene: NDArray[np.uint8]) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    pixels = open_evidence(saved("a.png", icc_profile=icc)).pixels

    assert pixels.icc_profile == icc
    assert np.array_equal(pixels.rgb, scene)


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = struct.pack(">2I5B", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))

    with pytest.raises(TooManyPixels) as caught:
        open_evidence(written(tmp_path, "bomb.png", data))

    assert caught.value.pixels == 10_000_000_000
    assert "--max-pixels" in caught.value.summary


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.gif", "a.bmp", "a.avif"])
def test_the_limit_counts_for_every_format(saved: Save, name: str) -> None:
    path = saved(name)

    with pytest.raises(TooManyPixels):
        open_evidence(path, max_pixels=48 * 64 - 1)
    assert open_evidence(path, max_pixels=48 * 64).pixels.width == 64


def test_the_limit_counts_for_heif(data: Path) -> None:
    with pytest.raises(TooManyPixels):
        open_evidence(data / "RGB_8__128x128.heif", max_pixels=1000)


def test_a_gif_with_a_huge_frame_is_refused_before_it_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = struct.pack("<2H3B", 32, 32, 0x80, 0, 0) + bytes(6)
    to_be_disposed_of = b"!\xf9\4\x08\0\0\0\0"
    frame = b"," + struct.pack("<4HB", 0, 0, 65535, 65535, 0) + b"\2\2\x4c\1\0;"
    path = written(tmp_path, "bomb.gif", b"GIF89a" + screen + to_be_disposed_of + b"?" + frame)
    filled: list[tuple[int, int]] = []
    fill = Image.core.fill

    def watched(mode: str, size: tuple[int, int], colour: object) -> object:
        filled.append(size)
        return fill(mode, size, colour)

    monkeypatch.setattr(Image.core, "fill", watched)
    with pytest.raises(TooManyPixels) as caught:
        open_evidence(path)

    assert caught.value.pixels == 65535**2
    assert all(width * height <= 32 * 32 for width, height in filled)


def test_a_tiff_that_begins_with_a_reduced_copy_says_so(saved: Save) -> None:
    assert "reduced-copy" in codes(open_evidence(saved("preview.tif", tiffinfo={254: 1})))
    assert "reduced-copy" not in codes(open_evidence(saved("whole.tif", tiffinfo={254: 0})))


def test_white_is_zero_is_turned_at_every_depth(tmp_path: Path) -> None:
    stored = np.arange(64, dtype=np.uint8).reshape(8, 8)

    eight = open_evidence(written(tmp_path, "8.tif", tiff_of(stored, 8, 0)))
    sixteen = open_evidence(written(tmp_path, "16.tif", tiff_of(stored.astype(np.uint16) * 257, 16, 0)))

    np.testing.assert_array_equal(eight.pixels.rgb[..., 0], 255 - stored)
    np.testing.assert_array_equal(sixteen.pixels.rgb, eight.pixels.rgb)


def test_a_profile_of_a_wrong_type_is_none(tmp_path: Path) -> None:
    pixels = tiff_of(np.full((4, 4, 3), 9, np.uint8), 8, 2)
    first = struct.unpack_from("<I", pixels, 4)[0]
    count = struct.unpack_from("<H", pixels, first)[0]
    entries = pixels[first + 2 : first + 2 + 12 * count] + struct.pack("<HHII", 0x8773, 5, 1, 8)
    moved = pixels[:4] + struct.pack("<I", len(pixels)) + pixels[8:]
    data = moved + struct.pack("<H", count + 1) + entries + bytes(4)

    evidence = open_evidence(written(tmp_path, "a.tif", data))

    assert evidence.pixels.icc_profile is None
    assert display_rgb(evidence.pixels).shape == (4, 4, 3)


def test_a_png_with_a_long_text_is_opened(saved: Save) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", "<x>" + "history " * 200_000 + "</x>", zip=True)

    evidence = open_evidence(saved("a.png", pnginfo=texts))

    assert [p.kind for p in evidence.metadata.payloads] == ["XMP"]


def test_pillows_own_limit_does_not_leak(saved: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    path, tiff = saved("a.jpg"), saved("a.tif")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_evidence(path).pixels.width == 64
        assert open_evidence(tiff).pixels.width == 64
    assert Image.MAX_IMAGE_PIXELS == 10


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.bmp", "a.avif"])
@pytest.mark.parametrize("kept", [0.35, 0.7, 0.95])
def test_a_truncated_image_is_an_error_not_half_a_picture(saved: Save, tmp_path: Path, name: str, kept: float) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = saved(name, Image.fromarray(noise)).read_bytes()
    path = written(tmp_path, f"cut_{name}", whole[: int(len(whole) * kept)])

    with pytest.raises(DamagedImage, match=f"cut_{name}"):
        open_evidence(path)


def test_a_heif_item_of_an_impossible_type_is_an_error_and_not_the_end_of_the_process(
    test_data: Path, tmp_path: Path
) -> None:
    whole = bytearray((test_data / "photos" / "sony_exif.heic").read_bytes())
    whole[267] = 0xC5  # in the type of an item, of which pi-heif makes text unseen

    with pytest.raises(DamagedImage, match="impossible type"):
        open_evidence(written(tmp_path, "odd.heic", bytes(whole)))


def test_a_truncated_heif_is_an_error(data: Path, tmp_path: Path) -> None:
    whole = (data / "RGB_8__128x128.heif").read_bytes()

    with pytest.raises(DamagedImage):
        open_evidence(written(tmp_path, "cut.heic", whole[:3000]))


def test_missing_image_data_before_a_proper_end_are_pointed_at(saved: Save, tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (96, 64, 3), dtype=np.uint8)
    whole = saved("a.jpg", Image.fromarray(noise)).read_bytes()
    path = written(tmp_path, "cut.jpg", whole[: len(whole) // 2] + b"\xff\xd9")

    assert "jpeg-flat-end" in codes(open_evidence(path))


def test_metadata_stay_readable_where_pixels_are_damaged(saved: Save, tmp_path: Path, exif: bytes) -> None:
    whole = saved("a.jpg", exif=exif).read_bytes()
    path = written(tmp_path, "cut.jpg", whole[: len(exif) + 600])

    described = read_metadata(path)

    assert described.metadata.find("IFD0", 0x0110) is not None
    assert "jpeg-no-end" in [warning.code for warning in described.warnings]
    with pytest.raises(DamagedImage):
        open_evidence(path)


def test_broken_exif_over_good_pixels_opens_with_a_warning(saved: Save) -> None:
    looped = b"Exif\0\0" + block([Entry(0x010F, 2, count=99, pointer=70000), Entry(0x8769, 4, longs(8))], following=8)

    evidence = open_evidence(saved("a.jpg", exif=looped))

    assert evidence.pixels.width == 64
    assert {"exif-unreadable", "ifd-loop"} <= set(codes(evidence))


@pytest.mark.parametrize(("width", "height"), [(1, 20000), (20000, 1), (40, 40), (1, 1)])
def test_odd_sizes_open(saved: Save, width: int, height: int) -> None:
    pixels: Pixels = open_evidence(saved("a.png", Image.new("RGB", (width, height), (1, 2, 3)))).pixels

    assert (pixels.width, pixels.height) == (width, height)


def test_twelve_bit_jpeg_is_refused_by_name(saved: Save, tmp_path: Path) -> None:
    data = bytearray(saved("a.jpg").read_bytes())
    data[data.index(b"\xff\xc0") + 4] = 12

    with pytest.raises(UnsupportedFormat, match="12 bits per sample"):
        open_evidence(written(tmp_path, "deep.jpg", bytes(data)))


@pytest.mark.parametrize(("marker", "process"), [(0xC3, "lossless"), (0xCB, "lossless"), (0xCD, "differential")])
def test_a_jpeg_process_that_is_not_read_is_named(saved: Save, tmp_path: Path, marker: int, process: str) -> None:
    data = bytearray(saved("a.jpg").read_bytes())
    data[data.index(b"\xff\xc0") + 1] = marker

    with pytest.raises(UnsupportedFormat, match=f"8 bits per sample, {process}, is not read"):
        open_evidence(written(tmp_path, "b.jpg", bytes(data)))


def test_a_warning_of_the_decoder_becomes_a_recorded_one(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    body = b"acTL" + struct.pack(">2I", 0, 0)
    chunk = struct.pack(">I", 8) + body + struct.pack(">I", zlib.crc32(body))
    data = stream.getvalue()[:33] + chunk + stream.getvalue()[33:]

    evidence = open_evidence(written(tmp_path, "odd.png", data))

    assert "decoder" in codes(evidence)
