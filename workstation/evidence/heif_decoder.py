"""HEIF on standard input to samples on standard output: a program of its own, which a crash of libheif ends alone.

    python heif_decoder.py MAX_PIXELS < FILE > ANSWER

ANSWER is a line of JSON, then the samples of the primary image as they lie in memory. The line holds what `HeifImage`
does, without samples if there are more than MAX_PIXELS; or it says what the decoder raised. Started as a file, so that
nothing of the package is imported: each picture waits for the start of this program.
"""

from __future__ import annotations

import base64
import io
import json
import sys
import warnings
from typing import Any

import numpy as np
import pi_heif


def _described(image: Any, frames: int) -> dict[str, Any]:
    profile = image.info.get("icc_profile")
    return {
        "size": list(image.size),
        "mode": image.mode,
        "bits": int(image.info.get("bit_depth", 8)),
        "frames": frames,
        "profile": base64.b64encode(profile).decode() if profile else None,
    }


def answer(data: bytes, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    """What is said about the primary image of a file, and its samples."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        file = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
        image = file[file.primary_index]
        said = _described(image, len(file))
        samples = np.zeros(0, np.uint8)
        if image.size[0] * image.size[1] <= max_pixels:
            samples = np.asarray(image)
    said |= {"shape": list(samples.shape), "type": samples.dtype.str, "warnings": [str(w.message) for w in caught]}
    return said, samples.tobytes()


def main(max_pixels: str) -> None:
    """Answer once."""
    samples = b""
    try:
        said, samples = answer(sys.stdin.buffer.read(), int(max_pixels))
    except MemoryError:
        said = {"no_room": True}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the caller's to word
        said = {"raised": str(error) or type(error).__name__}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
    sys.stdout.buffer.write(samples)


if __name__ == "__main__":
    main(sys.argv[1])
