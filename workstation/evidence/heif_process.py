"""HEIF is decoded in a process of its own: libheif has crashed on damaged files, and an open case must survive that."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation import paths


@dataclass(frozen=True, slots=True, eq=False)
class HeifImage:
    """The primary image of a file, turned and cropped as its container asks for.

    Attributes:
        size: width and height in pixels.
        mode: pi-heif's name of the samples, as Pillow's.
        bits: per sample.
        frames: images in the file.
        profile: ICC profile.
        samples: (height, width) or (height, width, channels) uint8 or uint16; empty if there are too many.
    """

    size: tuple[int, int]
    mode: str
    bits: int
    frames: int
    profile: bytes | None
    samples: NDArray[Any]


def decode_heif(data: bytes, max_pixels: int) -> HeifImage:
    """Decode the primary image, unless it has more than `max_pixels`.

    Raises:
        OSError: if libheif refuses the bytes, or its process ends before it answers.
        MemoryError: if the samples do not fit.
    """
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no black window on Windows; elsewhere there is no such flag
    process = subprocess.run(  # noqa: S603 - our own program
        [*_program(), str(max_pixels)], input=data, capture_output=True, check=False, creationflags=hidden
    )
    end = process.stdout.find(b"\n")
    if process.returncode or end < 0:
        raise OSError(f"its decoder ended unexpectedly, {_ending(process.returncode)}")
    said = json.loads(process.stdout[:end])
    if said.get("no_room"):
        raise MemoryError
    if "raised" in said:
        raise OSError(said["raised"])
    for message in said["warnings"]:
        warnings.warn(message, stacklevel=2)
    return HeifImage(
        (said["size"][0], said["size"][1]),
        said["mode"],
        said["bits"],
        said["frames"],
        base64.b64decode(said["profile"]) if said["profile"] else None,
        np.frombuffer(process.stdout, said["type"], offset=end + 1).reshape(said["shape"]),  # no copy: it may be large
    )


def _program() -> list[str]:
    if not paths.is_frozen():
        # -P: the decoder's folder holds modules of ours that others must not find in place of theirs.
        return [sys.executable, "-P", str(Path(__file__).with_name("heif_decoder.py"))]
    own = Path(sys.executable)
    # Windows gives the program without a console no standard input; the one with a console lies beside it.
    return [str(own.with_name("exifact.exe") if sys.platform == "win32" else own), paths.HEIF_DECODER]


def _ending(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
