"""Under which conditions a picture was analysed: what error rates depend on, read from file and pixels.

Everything here is measured the same way on reference images and on an analyst's picture, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from workstation.analysis.statement import Conditions, DeviceClass
from workstation.evidence.record import Evidence, JpegStructure, Metadata, Present

PHONE_MAKERS = frozenset(
    (
        *("apple", "blackberry", "fairphone", "google", "hmd", "honor", "htc", "huawei", "jolla", "lenovo", "lge"),
        *("meizu", "motorola", "nokia", "nothing", "oneplus", "oppo", "palm", "realme", "samsung", "tecno", "vivo"),
        *("xiaomi", "zte"),
    )
)
"""First words of `Make` in lower case; of these only Samsung also made other cameras, told by their lenses. Sony's
phones are told by their models."""

FLYING_MAKERS = frozenset(("autel", "dji", "gopro", "insta360", "parrot", "skydio", "yuneec"))
"""First words of `Make` in lower case of drones and action cameras."""

SONY_PHONE = re.compile(r"xperia.*|xq-.*|so-\d.*|so[vg]\d.*|sgp.*|[c-j]\d{4}|[a-j]?\d{3}so")
"""Models of Sony's phones in lower case, e.g. "e5823", "xq-bc72", "so-51b"; its cameras have other names."""

SONY_ACTION = ("hdr-as", "hdr-az", "fdr-x")
"""Beginnings of the models of Sony's action cameras in lower case."""

SCANNED = (1, 2)
"""Values of the Exif tag FileSource: scanner of transparencies, scanner of prints."""

LARGE_SENSOR_CROP = 2.8
"""35 mm focal length over true focal length up to which a sensor is that of a system camera (Nikon 1: 2.7)."""

INTERPOLATED = 5.5
"""Height of the spectrum's peak over its median, on the weaker axis, from which interpolation shows. Nineteen in twenty
windows of untouched photographs stay below; of those scaled by 1.2 to 1.4 and saved at JPEG 90 most lie above."""

SHORTEST_PERIODIC = 64
"""Pixels along an axis that a search for periods needs."""

BLOCK = 32
"""Side of the blocks whose focus is judged, in pixels."""

STRIP = 64
"""Rows that are looked at together, a multiple of `BLOCK`."""

SOFT = 0.4
"""A block is soft if its fine detail over its coarse detail is less than this part of that of the picture's sharpest
blocks (95th percentile): soft relative to the picture, since lenses, scaling and denoising soften whole pictures."""

LEAST_DETAIL = 4.0
"""Coarse detail in grey levels that a block needs to be judged; plain sky and walls are neither sharp nor soft."""

LOSSLESS = frozenset(("PNG", "BMP", "TIFF"))
"""Formats whose pixels are those that were saved; WebP, HEIF and AVIF are compressed as JPEG is, at a quality that the
file does not state, and GIF has few colours."""

LOSSY_TIFF = (6, 7, 34892, 50001)
"""Values of the tag Compression: JPEG (old, new), lossy JPEG, WebP."""

SHORT_LENS = 9.5
"""True focal length in mm up to which a camera that does not name its 35 mm equivalent counts as a compact."""


def conditions_of(evidence: Evidence) -> Conditions:
    """Read and measure the conditions of one picture."""
    structure = evidence.metadata.jpeg
    quality = None if structure is None else last_quality(structure)
    grey = GreyRows(evidence.pixels.rgb)
    peak, soft = interpolation_and_focus(grey)
    return Conditions(
        long_side=max(grey.shape),
        quality=quality,
        quality_estimated=structure is not None and structure.quality is None,
        interpolated=peak >= INTERPOLATED,
        out_of_focus=soft,
        device_class=device_class(evidence.metadata),
        lossless=evidence.format in LOSSLESS and _tiff_compression(evidence.metadata) not in LOSSY_TIFF,
    )


class GreyRows:
    """The mean of the channels of a picture, computed for the rows that are asked for.

    As floats all of it would be larger than the picture.

    Attributes:
        shape: (height, width).
    """

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self._rgb = rgb
        self.shape = rgb.shape[:2]

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        """(rows, width) float32, 0..255."""
        rgb = self._rgb[rows]
        line = rgb.reshape(-1).astype(np.uint16)
        sums = line[:-2] + line[1:-1]  # of any three neighbours: a step of three bytes is slow, and so is taken once
        sums += line[2:]
        mean = sums[::3].astype(np.float32)
        mean /= 3
        return mean.reshape(rgb.shape[:2])


Grey: TypeAlias = NDArray[np.float32] | GreyRows


class _Rows:
    """Some rows of a picture, addressed by their numbers in it."""

    def __init__(self, start: int, data: NDArray[np.float32]) -> None:
        self._start, self._data = start, data

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        return self._data[rows.start - self._start : rows.stop - self._start]


def _strips(grey: Grey) -> Iterator[tuple[int, _Rows]]:
    """A picture strip by strip, so that each stays in the processor's cache and is made grey once.

    Yields:
        The row at which a strip begins, and its rows with one before it and two after it, where there are any.
    """
    for top in range(0, grey.shape[0], STRIP):
        start = max(0, top - 1)
        yield top, _Rows(start, grey[start : top + STRIP + 2])


def last_quality(structure: JpegStructure) -> int | None:
    """The quality that the tables say, or for other tables that whose luminance table is as coarse.

    Args:
        structure: of the JPEG stream.

    Returns:
        1..100; None without a luminance table.
    """
    if structure.quality is not None:
        return structure.quality
    table = next((table for table in structure.tables if table.kind == "luminance"), None)
    if table is None:
        return None
    mean = float(np.mean(table.values))
    scale = 100 * mean / ANNEX_K_MEAN  # the IJG's scaling: 200 − 2q from 50 on, 5000 / q below
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return int(np.clip(round(quality), 1, 100))


ANNEX_K_MEAN = 57.625
"""Mean of the luminance table K.1 of ITU-T T.81, quality 50."""


def interpolation_and_focus(grey: Grey) -> tuple[float, float | None]:
    """How strongly enlarging shows, and which share of the picture is soft, in one pass.

    Args:
        grey: (height, width) float32, 0..255.

    Returns:
        The `_Interpolation.peak` and the `_Focus.share`.
    """
    interpolation, focus = _Interpolation(*grey.shape), _Focus(*grey.shape)
    for top, rows in _strips(grey):
        interpolation.add(top, rows)
        focus.add(top, rows)
    return interpolation.peak(), focus.share()


class _Interpolation:
    """How strongly the mean absolute second difference repeats along the image, as enlarging makes it do.

    After Gallagher, "Detection of linear and cubic interpolation in JPEG compressed images" (CRV 2005): interpolated
    pixels vary less, with the period of the enlargement. Multiples of 1/8, the JPEG grid's, are left out.
    """

    def __init__(self, height: int, width: int) -> None:
        self._height = height
        self._columns = np.zeros(max(0, width - 2))
        self._rows = np.empty(max(0, height - 2), np.float32)
        self._tiny = min(height, width) < SHORTEST_PERIODIC

    def add(self, top: int, rows: _Rows) -> None:
        """The strip's rows and two more, as far as there are."""
        if self._tiny:
            return
        strip = rows[top : top + STRIP + 2]
        across = _second(strip[:STRIP, :-2], strip[:STRIP, 1:-1], strip[:STRIP, 2:])
        self._columns += across.sum(0)
        down = _second(strip[:-2], strip[1:-1], strip[2:])
        self._rows[top : top + len(down)] = down.mean(1)

    def peak(self) -> float:
        """Highest peak over the median of the spectrum, of the weaker of the two axes; 0 for a tiny image."""
        if self._tiny:
            return 0.0
        return min(_peak((self._columns / self._height).astype(np.float32)), _peak(self._rows))


def _second(
    before: NDArray[np.float32], middle: NDArray[np.float32], after: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Absolute second difference, at most 8."""
    second: NDArray[np.float32] = middle * np.float32(2)
    second -= before
    second -= after
    np.abs(second, out=second)
    np.minimum(second, np.float32(8), out=second)
    return second


def _peak(means: NDArray[np.float32]) -> float:
    profile = means.astype(np.float64)
    profile -= ndimage.median_filter(profile, 9)
    count = len(profile)
    spectrum = np.abs(np.fft.rfft(profile * np.hanning(count)))
    frequency = np.arange(len(spectrum)) / count
    kept = (frequency > 0.04) & (np.abs(frequency * 8 - np.round(frequency * 8)) > 32 / count)
    if not kept.any():
        return 0.0
    return float(spectrum[kept].max() / max(float(np.median(spectrum[kept])), 1e-9))


class _Focus:
    """Share of the blocks with detail that are soft beside the picture's sharpest: shallow focus, motion, haze.

    Fine detail is measured strip by strip, coarse detail at the end on a quarter of the picture.
    """

    def __init__(self, height: int, width: int) -> None:
        self._blocks = height // BLOCK, width // BLOCK
        self._fine = np.empty(self._blocks)
        self._quarters: list[NDArray[np.float32]] = []

    def add(self, top: int, rows: _Rows) -> None:
        """Whole rows of blocks that begin in the strip; a row more on either side, where there is one."""
        count, columns = self._blocks
        if not columns:
            return
        for row in range(top // BLOCK, min((top + STRIP) // BLOCK, count)):
            self._fine[row] = _detail_of_row(rows, row, count, columns, BLOCK)
            block = rows[row * BLOCK : (row + 1) * BLOCK][:, : columns * BLOCK]
            self._quarters.append(_halved(_halved(block)))

    def share(self) -> float | None:
        """0..1; None if no block has detail."""
        rows, columns = self._blocks
        if not rows or not columns:
            return None
        coarse = _detail(np.concatenate(self._quarters), rows, columns, BLOCK // 4)
        judged = coarse >= LEAST_DETAIL
        if not judged.any():
            return None
        ratio = self._fine[judged] / coarse[judged]
        return float(np.mean(ratio < SOFT * np.quantile(ratio, 0.95)))


def _halved(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over squares of two by two pixels; even sides."""
    rows = grey[::2] + grey[1::2]
    return np.asarray((rows[:, ::2] + rows[:, 1::2]) / 4, np.float32)


def _detail(grey: Grey, rows: int, columns: int, block: int) -> NDArray[np.float64]:
    """Root mean square of the Laplacian per block, of the first `rows` and `columns` of blocks."""
    return np.stack([_detail_of_row(grey, row, rows, columns, block) for row in range(rows)])


def _detail_of_row(grey: Grey | _Rows, row: int, rows: int, columns: int, block: int) -> NDArray[np.float64]:
    """The same of one row of blocks; beyond the last of them its own pixels are repeated."""
    top, bottom = row * block, (row + 1) * block
    beyond = int(row == 0), int(row == rows - 1)
    strip = grey[max(0, top - 1) : min(bottom + 1, rows * block)][:, : columns * block]
    framed = np.pad(strip, (beyond, (1, 1)), mode="symmetric")
    laplacian = framed[:-2, 1:-1] + framed[2:, 1:-1]
    laplacian += framed[1:-1, :-2]
    laplacian += framed[1:-1, 2:]
    laplacian -= 4 * framed[1:-1, 1:-1]
    sums = np.square(laplacian, out=laplacian).sum(0)
    return np.asarray(np.sqrt(sums.reshape(columns, block).sum(1, dtype=np.float64) / block**2))


def device_class(metadata: Metadata) -> DeviceClass:
    """What kind of device the EXIF data name; they can be written by any program.

    Scanners by FileSource or their model, phones, drones and action cameras by their maker; other cameras by how much
    smaller than 35 mm film their sensor is.
    """
    make, model = _text(metadata, "IFD0", 0x010F).lower(), _text(metadata, "IFD0", 0x0110).lower()
    if _file_source(metadata) in SCANNED or "scan" in f"{make} {model}":
        return "scanner"
    if not make:
        return "unknown"
    maker = make.split()[0].strip(",.")
    if maker in FLYING_MAKERS or (maker == "sony" and model.startswith(SONY_ACTION)):
        return "drone/action camera"
    true, equivalent = _number(metadata, 0x920A), _number(metadata, 0xA405)
    crop = equivalent / true if true and equivalent else None
    large = crop is not None and crop <= LARGE_SENSOR_CROP
    if maker == "samsung":
        phone = "techwin" not in make and not large
    else:
        phone = maker in PHONE_MAKERS or (maker == "sony" and _is_sony_phone(make, model))
    if phone:
        return "phone"
    if crop is None:
        return "compact" if 0 < true <= SHORT_LENS else "unknown"
    return "slr/mirrorless" if large else "compact"


def _tiff_compression(metadata: Metadata) -> int | None:
    entry = metadata.find("IFD0", 0x0103)
    return entry.value if entry is not None and isinstance(entry.value, int) else None


def _is_sony_phone(make: str, model: str) -> bool:
    return "ericsson" in make or SONY_PHONE.fullmatch(model) is not None


def _file_source(metadata: Metadata) -> int | None:
    """FileSource: one byte without a type of its own."""
    entry = metadata.find("ExifIFD", 0xA300)
    return entry.raw[0] if entry and isinstance(entry.state, Present) and entry.raw else None


def _text(metadata: Metadata, group: str, tag: int) -> str:
    entry = metadata.find(group, tag)
    return entry.text.strip() if entry and isinstance(entry.state, Present) else ""


def _number(metadata: Metadata, tag: int) -> float:
    """A positive number of the Exif IFD, 0 where there is none."""
    entry = metadata.find("ExifIFD", tag)
    value = entry.value if entry and isinstance(entry.state, Present) else None
    if isinstance(value, tuple):
        value = value[0] if value else None
    return 0.0 if value is None or isinstance(value, str | bytes) else max(0.0, float(value))
