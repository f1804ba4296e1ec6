"""Compressed bytes become stored pixels: 8-bit RGB by recorded rules, never rotated, never colour-managed.

Pillow decodes everything but HEIF, for which pi-heif is used in a process of its own, and sound JPEGs in colour, which
simplejpeg decodes into the same pixels. None is asked to repair: data that end early are an error, not a half-grey
picture.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from workstation.errors import DamagedImage, Reason, RecordedWarning, TooManyPixels, UnsupportedFormat
from workstation.evidence.container import Container
from workstation.evidence.display import oriented, unoriented
from workstation.evidence.heif_process import decode_heif
from workstation.evidence.jpeg_scan import NotChecked, complaint_about, sound_pixels
from workstation.evidence.record import JpegStructure, Pixels

DEFAULT_MAX_PIXELS: Final = 300_000_000
LARGEST_SIDE: Final = 2**20

_PLUGINS: Final[dict[str, type[ImageFile.ImageFile]]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
# What Pillow's plugins and libraries raise on bytes that they do not like.
_DECODER_FAILURES: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    AttributeError,
    ZeroDivisionError,
    RuntimeError,
    AssertionError,
)
_SIXTEEN: Final = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
_MODE_NAMES: Final = {
    "1": "bilevel 1 bit",
    "L": "grey 8 bit",
    "LA": "grey with alpha 8 bit",
    "La": "grey with premultiplied alpha 8 bit",
    "P": "palette",
    "PA": "palette with alpha",
    "RGB": "RGB 8 bit",
    "RGBA": "RGB with alpha 8 bit",
    "RGBa": "RGB with premultiplied alpha 8 bit",
    "RGBX": "RGB with padding 8 bit",
    "CMYK": "CMYK 8 bit",
    "YCbCr": "YCbCr 8 bit",
}
_MODE_CODES: Final = {
    "1": "bilevel",
    "L": "grey",
    "LA": "grey-alpha",
    "La": "grey-premultiplied",
    "P": "palette",
    "PA": "palette-alpha",
    "RGB": "rgb",
    "RGBA": "rgb-alpha",
    "RGBa": "rgb-premultiplied",
    "RGBX": "rgb-padded",
    "CMYK": "cmyk",
    "YCbCr": "ycbcr",
}
_SAMPLE_FORMAT: Final = 0x0153
_PIXELS_SAID: Final = re.compile(r"(\d+) pixels")
# Pillow keeps its limits and Python its warning filters in process-wide variables.
_PROCESS_WIDE: Final = threading.Lock()


GREY_REPEATED: Final = Reason("grey repeated three times", "grey")


@dataclass(slots=True)
class _Reduction:
    """How the stored samples became 8-bit RGB."""

    stored_mode: Reason
    rules: list[Reason] = field(default_factory=list)
    warnings: list[RecordedWarning] = field(default_factory=list)

    def lose(self, code: str, rule: Reason, message: str, *, variant: str = "", **values: int) -> None:
        """Record a rule that loses information, with its warning."""
        self.rules.append(rule)
        self.warnings.append(RecordedWarning.of(code, message, None, variant=variant, **values))


@contextmanager
def _undisturbed(caught: list[RecordedWarning], max_pixels: int) -> Iterator[None]:
    """Set Pillow's own limits to ours and turn its Python warnings into recorded ones.

    Its GIF reader fills the first frame before it says how large the picture is, so our own check comes too late there.
    """
    with _PROCESS_WIDE, warnings.catch_warnings(record=True) as python_warnings:
        warnings.simplefilter("always")
        limits = Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK
        Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = max_pixels, PngImagePlugin.MAX_TEXT_MEMORY
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK = limits
            messages = dict.fromkeys(str(warning.message).split("\n")[0].strip() for warning in python_warnings)
            caught.extend(
                RecordedWarning.of("decoder", f"the decoder says: {message}", said=message) for message in messages
            )


def decode_pixels(
    path: Path, data: bytes, name: str, container: Container, *, orientation: int, max_pixels: int
) -> tuple[Pixels, tuple[RecordedWarning, ...]]:
    """Decode the first frame.

    Args:
        path: for messages only; nothing is read from it.
        data: the whole file.
        name: format by content.
        container: its structure, already walked.
        orientation: EXIF orientation 1..8, recorded; HEIF and AVIF take theirs from the container instead.
        max_pixels: limit that guards against decompression bombs.

    Raises:
        TooManyPixels: before anything of that size is decoded.
        DamagedImage: if the decoder fails or the data end early.
        UnsupportedFormat: for sample formats that have no 8-bit RGB rule (32-bit, float, Lab).
    """
    if container.size is not None:
        _check_size(path, container.size[1], container.size[0], max_pixels)
    caught: list[RecordedWarning] = []
    sound: NDArray[np.uint8] | None = None
    with _undisturbed(caught, max_pixels):
        try:
            if name == "JPEG" and container.jpeg is not None:
                sound = sound_pixels(data, container.jpeg)
            if name == "HEIF":
                pixels, reduction = _decode_heif(path, data, container, max_pixels)
            else:
                pixels, reduction = _decode_with_pillow(
                    path, data, name, container, orientation=orientation, max_pixels=max_pixels, sound=sound
                )
        except Image.DecompressionBombError as error:
            raise TooManyPixels(path, int(_PIXELS_SAID.findall(str(error))[0]), max_pixels) from error
        except MemoryError as error:
            raise DamagedImage(path, Reason("its pixels do not fit into memory", "no-room")) from error
        except _DECODER_FAILURES as error:
            raise _why(path, name, container, error) from error
    found = [*caught, *reduction.warnings, *_suspicious(name, data, container, pixels, sound=sound is not None)]
    return pixels, tuple(found)


def _why(path: Path, name: str, container: Container, error: Exception) -> DamagedImage | UnsupportedFormat:
    """The decoder's failure as an error that names the file."""
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    jpeg = container.jpeg
    if jpeg is not None and (jpeg.precision not in (0, 8) or jpeg.process in ("lossless", "differential")):
        return UnsupportedFormat(path, f"a JPEG of {jpeg.precision} bits per sample, {jpeg.process}, is not read")
    if name == "TIFF" and ("unknown pixel mode" in reason or "unknown data organization" in reason):
        return UnsupportedFormat(path, "its TIFF sample layout is not read")
    if "truncated" in reason.lower() or (jpeg is not None and jpeg.end is None):
        words = f"the {name} data end before the picture does ({reason})"
        return DamagedImage(path, Reason(words, "pixels-end-early", format=name, said=reason))
    words = f"the {name} pixels cannot be decoded ({reason})"
    return DamagedImage(path, Reason(words, "pixels-not-decodable", format=name, said=reason))


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooManyPixels(path, width * height, max_pixels)
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        size = f"{width}×{height}"
        words = f"its header states an impossible size of {size} pixels"
        raise DamagedImage(path, Reason(words, "impossible-size", size=size))


def _decode_with_pillow(
    path: Path,
    data: bytes,
    name: str,
    container: Container,
    *,
    orientation: int,
    max_pixels: int,
    sound: NDArray[np.uint8] | None,
) -> tuple[Pixels, _Reduction]:
    """Decode the first frame, but for pixels that are there already: then Pillow only reads what is around them."""
    with _PLUGINS[name](io.BytesIO(_without(data, container.broken_parts))) as image:
        _check_size(path, image.width, image.height, max_pixels)
        said = image.info.get("icc_profile")
        profile = said if isinstance(said, bytes) else None  # an entry of a wrong type in a TIFF is a number or a text
        # Pillow turns a TIFF as it loads it; this is the orientation that it goes by.
        turned = image.getexif().get(0x0112, 1) if name == "TIFF" else 1
        bits = _stored_bits(name, image, container)
        frames = getattr(image, "n_frames", 1) if name in ("TIFF", "AVIF") else container.frames
        if name == "AVIF":
            orientation = transform_orientation(container.transforms)
        if sound is not None and image.mode == "RGB" and (image.height, image.width) == sound.shape[:2]:
            rgb, reduction = sound, _Reduction(Reason(_MODE_NAMES["RGB"], _MODE_CODES["RGB"], bits=bits))
        else:
            image.load()
            # PNG colour type 4 is grey with alpha (PNG, third edition, 11.2.1).
            rgb, reduction = _reduced(path, image, bits, stored_grey=name == "PNG" and data[25] == 4)
    if isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(0x00FE, 0) == 1:
        message = "the first image of the file is a reduced copy of another one (NewSubfileType 1); only it is examined"
        reduction.warnings.append(RecordedWarning.of("reduced-copy", message))
    if turned in range(2, 9):
        rgb = unoriented(rgb, turned)
    if frames > 1:
        if name == "JPEG":
            _lose_other_images(frames, reduction)
        else:
            what = "page" if name == "TIFF" else "frame"
            message = f"the file holds {frames} {what}s; only the first is examined"
            rule = Reason(f"first of {frames} {what}s", f"first-{what}", count=frames)
            reduction.lose("first-frame", rule, message, variant=what, count=frames)
    return _pixels(rgb, orientation, reduction, profile, frames), reduction


def _without(data: bytes, parts: list[tuple[int, int]]) -> bytes:
    """The file without these parts (offset, length), which lie in order and do not overlap."""
    if not parts:
        return data
    starts = [0, *(offset + length for offset, length in parts)]
    ends = [*(offset for offset, _ in parts), len(data)]
    return b"".join(data[start:end] for start, end in zip(starts, ends, strict=True))


def _pixels(
    rgb: NDArray[np.uint8], orientation: int, reduction: _Reduction, profile: bytes | None, frames: int
) -> Pixels:
    rgb = np.ascontiguousarray(rgb)
    rgb.flags.writeable = False
    return Pixels(rgb, orientation, reduction.stored_mode, tuple(reduction.rules), profile or None, frames)


def _stored_bits(name: str, image: ImageFile.ImageFile, container: Container) -> int:
    """Bits per sample in the file, which Pillow's mode alone does not tell."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        bits = image.tag_v2.get(0x0102, (1,))
        return int(max(bits)) if isinstance(bits, tuple) and bits else 1
    if name in ("PNG", "AVIF") and container.bits:
        return container.bits
    return 16 if image.mode in _SIXTEEN else 8


def _reduced(path: Path, image: Image.Image, bits: int, *, stored_grey: bool) -> tuple[NDArray[np.uint8], _Reduction]:
    """Stored samples to (height, width, 3) uint8, with the rules by which.

    `stored_grey` says that Pillow spread grey with alpha of 16 bits over three equal channels.
    """
    mode = image.mode
    name = _MODE_NAMES.get(mode, mode)
    if mode == "P":
        name = f"palette {bits} bit"
    elif mode in _SIXTEEN:
        name = f"grey {bits} bit"
    elif mode == "RGBA" and stored_grey:
        name = f"grey with alpha {bits} bit"
    elif bits != 8:
        name = name.replace("8 bit", f"{bits} bit")
    code = "grey" if mode in _SIXTEEN else "grey-alpha" if stored_grey and mode == "RGBA" else _MODE_CODES.get(mode, "")
    reduction = _Reduction(Reason(name, code, bits=1 if mode == "1" else bits))
    if mode in _SIXTEEN:
        return _grey_sixteen(image, bits, reduction), reduction
    if mode not in _MODE_NAMES:
        raise UnsupportedFormat(path, f"samples of the kind “{mode}” ({_samples(image, bits)}) are not read")
    if bits > 8:
        message = f"the file holds {bits} bits per sample; 8 are examined"
        reduction.lose("reduced-16-bit", _fewer_bits(bits), message, bits=bits)
    if mode in ("P", "PA"):
        reduction.rules.append(Reason("palette colours looked up", "palette"))
        image = image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    elif mode == "CMYK":
        rule = Reason("CMYK to RGB without profiles: R = (255 − C) × (255 − K) / 255", "cmyk")
        reduction.lose("reduced-cmyk", rule, "the file holds CMYK; RGB values computed from it are examined")
        image = image.convert("RGB")
    elif mode == "YCbCr":
        reduction.rules.append(Reason("YCbCr to RGB (ITU-R BT.601, full range)", "ycbcr"))
        image = image.convert("RGB")
    if mode in ("RGB", "L", "1") and "transparency" in image.info:
        message = "one colour is marked transparent; it is kept"
        rule = Reason("transparent colour ignored", "transparent-colour")
        reduction.lose("alpha-dropped", rule, message, variant="colour")
    return _eight_bit(image, reduction), reduction


def _samples(image: Image.Image, bits: int) -> str:
    """What samples without a rule are, as far as Pillow's mode leaves it open."""
    kinds = {"F": "floating point", "LAB": "Lab"}
    kind = kinds.get(image.mode, "")
    if image.mode == "I" and isinstance(image, TiffImagePlugin.TiffImageFile):
        kind = "signed" if 2 in image.tag_v2.get(_SAMPLE_FORMAT, ()) else ""
    return ", ".join(part for part in (f"{bits} bits", kind) if part)


def _fewer_bits(bits: int) -> Reason:
    if bits == 16:
        return Reason("16 bit to 8: the high byte, value // 256", "bits-high-byte", bits=16, divisor=256)
    return Reason(f"{bits} bit to 8 by the decoder", "bits-by-decoder", bits=bits)


def _grey_sixteen(image: Image.Image, bits: int, reduction: _Reduction) -> NDArray[np.uint8]:
    # Pillow scales 12-bit TIFF samples to 16 bits as it unpacks them; all others fill their 16 bits.
    grey = np.asarray(image).astype(np.uint16)
    if isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(0x0106) == 0:
        grey = np.iinfo(np.uint16).max - grey  # white is zero: Pillow turns samples of 8 bits, not those of 16
    shift = bits - 8 if bits < 16 and int(grey.max(initial=0)) < 1 << bits else 8
    message = f"the file holds {bits} bits per sample; 8 are examined"
    divisor = 1 << shift
    words = f"{bits} bit to 8: the high byte, value // {divisor}"
    reduction.lose("reduced-16-bit", Reason(words, "bits-high-byte", bits=bits, divisor=divisor), message, bits=bits)
    reduction.rules.append(GREY_REPEATED)
    return _repeated((grey >> shift).astype(np.uint8))


def _repeated(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2)


def _eight_bit(image: Image.Image, reduction: _Reduction) -> NDArray[np.uint8]:
    if image.mode == "1":
        reduction.rules.append(Reason("bilevel to 0 and 255, repeated three times", "bilevel"))
        return _repeated(np.asarray(image.convert("L")))
    samples = np.asarray(image)
    if image.mode == "L":
        reduction.rules.append(GREY_REPEATED)
        return _repeated(samples)
    if image.mode == "RGB":
        return samples
    return _without_alpha(samples, image.mode, reduction)


def _without_alpha(samples: NDArray[np.uint8], mode: str, reduction: _Reduction) -> NDArray[np.uint8]:
    if mode != "RGBX":
        _drop_alpha(samples[..., -1], reduction, premultiplied=mode in ("RGBa", "La"))
    if samples.shape[2] == 2:
        reduction.rules.append(GREY_REPEATED)
        return _repeated(samples[..., 0])
    return samples[..., :3]


def _drop_alpha(alpha: NDArray[np.uint8], reduction: _Reduction, *, premultiplied: bool) -> None:
    words = "alpha dropped, colours kept as stored" + (" (premultiplied)" if premultiplied else "")
    kind = "-premultiplied" if premultiplied else ""
    rule = Reason(words, f"alpha{kind}")
    if bool((alpha == np.iinfo(alpha.dtype).max).all()):
        reduction.rules.append(Reason(f"{words}; it was opaque everywhere", f"alpha-opaque{kind}"))
    else:
        message = "the image has transparent parts; the colours beneath are examined"
        reduction.lose("alpha-dropped", rule, message, variant="parts")


def _decode_heif(path: Path, data: bytes, container: Container, max_pixels: int) -> tuple[Pixels, _Reduction]:
    if container.odd_item:  # pi-heif makes text of it without looking, and takes the process along
        raise DamagedImage(path, f"an item of it has an impossible type ({container.odd_item!r})")
    image = decode_heif(data, max_pixels)
    _check_size(path, *image.size, max_pixels)
    bits = image.bits
    channels = {"L": 1, "LA": 2, "La": 2, "RGB": 3}.get(image.mode.split(";")[0], 4)
    if image.mode.startswith("I;"):
        channels = 1
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    words = _MODE_NAMES[mode].replace("8 bit", f"{bits} bit")
    reduction = _Reduction(Reason(words, _MODE_CODES[mode], bits=bits))
    samples = _heif_samples(image.samples, channels, bits, reduction)
    if channels == 1:
        reduction.rules.append(GREY_REPEATED)
        rgb = _repeated(samples[..., 0])
    elif channels == 3:
        rgb = samples
    else:
        rgb = _without_alpha(samples, image.mode.split(";")[0], reduction)
    rgb = _untransformed(rgb, container, reduction)
    if image.frames > 1:
        _lose_other_images(image.frames, reduction)
    orientation = transform_orientation(container.transforms)
    return _pixels(rgb, orientation, reduction, image.profile, image.frames), reduction


def _lose_other_images(count: int, reduction: _Reduction) -> None:
    message = f"the file holds {count} images; only the primary one is examined"
    rule = Reason(f"primary of {count} images", "first-image", count=count)
    reduction.lose("first-frame", rule, message, variant="image", count=count)


def _heif_samples(
    samples: NDArray[np.uint8] | NDArray[np.uint16], channels: int, bits: int, reduction: _Reduction
) -> NDArray[np.uint8]:
    samples = samples.reshape(samples.shape[0], -1, channels)
    if samples.dtype == np.uint8:
        return samples.astype(np.uint8, copy=False)
    shift = bits - 8
    message = f"the file holds {bits} bits per sample; 8 are examined"
    divisor = 1 << shift
    rule = Reason(f"{bits} bit to 8: value // {divisor}", "bits-divided", bits=bits, divisor=divisor)
    reduction.lose("reduced-16-bit", rule, message, bits=bits)
    reduced: NDArray[np.uint8] = np.minimum(samples >> shift, 255).astype(np.uint8)
    return reduced


def transform_orientation(transforms: tuple[tuple[str, int], ...]) -> int:
    """The EXIF orientation with the effect of HEIF's irot and imir properties, applied in order."""
    probe = np.arange(6, dtype=np.uint8).reshape(2, 3)
    turned = _transformed(probe, transforms)
    return next(number for number in range(1, 9) if np.array_equal(oriented(probe, number), turned))


def _transformed(image: NDArray[np.uint8], transforms: tuple[tuple[str, int], ...]) -> NDArray[np.uint8]:
    for name, argument in transforms:
        if name == "irot":
            image = np.rot90(image, argument)  # anti-clockwise, as ISO 23008-12, 6.5.10 has it
        elif name == "imir":
            image = image[:, ::-1] if argument else image[::-1]
    return image


def _untransformed(rgb: NDArray[np.uint8], container: Container, reduction: _Reduction) -> NDArray[np.uint8]:
    """Undo the rotation and mirroring that libheif applied, so that the pixels lie as they are stored."""
    orientation = transform_orientation(container.transforms)
    if ("clap", 0) in container.transforms:
        message = "the file crops its stored image for display; only the part inside is examined"
        reduction.lose("heif-crop", Reason("cropped by the file's clean aperture", "clean-aperture"), message)
    if orientation != 1:
        reduction.rules.append(Reason("rotation and mirroring of the HEIF container undone", "turned-back"))
    return unoriented(rgb, orientation)


def _suspicious(name: str, data: bytes, container: Container, pixels: Pixels, *, sound: bool) -> list[RecordedWarning]:
    """Signs of missing or damaged image data that a JPEG decoder passes over in silence.

    `sound` says that they were looked for already, and that there was no complaint.
    """
    jpeg = container.jpeg
    found: list[RecordedWarning] = []
    if name != "JPEG" or jpeg is None:
        return found
    if jpeg.size != (pixels.height, pixels.width):
        decoded, stated = f"{pixels.width}×{pixels.height}", f"{jpeg.size[1]}×{jpeg.size[0]}"
        message = f"the decoder gives {decoded} pixels, the frame header {stated}"
        found.append(RecordedWarning.of("jpeg-size", message, decoded=decoded, stated=stated))
    if not sound:
        found += _damage(data, jpeg)
    rows = _uniform_rows(pixels.rgb)
    if 16 <= rows < pixels.height:
        message = f"the last {rows} rows are one flat colour, as a decoder leaves them where image data are missing"
        found.append(RecordedWarning.of("jpeg-flat-end", message, rows=rows))
    return found


def _damage(data: bytes, jpeg: JpegStructure) -> list[RecordedWarning]:
    try:
        complaint = complaint_about(data, jpeg)
    except NotChecked:
        message = f"damage of the compressed image data was not looked for: the sampling {jpeg.subsampling} is too rare"
        return [RecordedWarning.of("jpeg-not-checked", message, sampling=jpeg.subsampling)]
    if complaint is None:
        return []
    message = f"the compressed image data are damaged, and parts of the picture are guesses ({complaint})"
    return [RecordedWarning.of("jpeg-damaged", message, said=complaint)]


def _uniform_rows(rgb: NDArray[np.uint8]) -> int:
    """How many rows at the bottom hold the very colour of the last pixel and nothing else."""
    colour = rgb[-1, -1]
    rows = 0
    for row in rgb[::-1]:
        if not bool((row == colour).all()):
            break
        rows += 1
    return rows
