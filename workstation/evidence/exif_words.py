"""Enumerated values of EXIF, TIFF and GPS tags in words."""

from __future__ import annotations

from typing import Final

_LIGHT: Final[dict[int | str, str]] = {
    0: "unknown",
    1: "daylight",
    2: "fluorescent",
    3: "tungsten (incandescent)",
    4: "flash",
    9: "fine weather",
    10: "cloudy weather",
    11: "shade",
    12: "daylight fluorescent (D 5700–7100 K)",
    13: "day white fluorescent (N 4600–5500 K)",
    14: "cool white fluorescent (W 3800–4500 K)",
    15: "white fluorescent (WW 3250–3800 K)",
    16: "warm white fluorescent (L 2600–3250 K)",
    17: "standard light A",
    18: "standard light B",
    19: "standard light C",
    20: "D55",
    21: "D65",
    22: "D75",
    23: "D50",
    24: "ISO studio tungsten",
    255: "other light source",
}
_NORMAL_SOFT_HARD: Final[dict[int | str, str]] = {0: "normal", 1: "soft", 2: "hard"}
_RESOLUTION_UNIT: Final[dict[int | str, str]] = {1: "none", 2: "inch", 3: "centimetre"}

IMAGE: Final[dict[int, dict[int | str, str]]] = {
    0x0103: {
        1: "uncompressed",
        2: "CCITT 1D",
        3: "T4/Group 3 fax",
        4: "T6/Group 4 fax",
        5: "LZW",
        6: "JPEG (old style)",
        7: "JPEG",
        8: "Adobe Deflate",
        32773: "PackBits",
        32946: "Deflate",
        34712: "JPEG 2000",
        34892: "lossy JPEG",
        34925: "LZMA",
        50000: "Zstandard",
        50001: "WebP",
    },
    0x0106: {
        0: "white is zero",
        1: "black is zero",
        2: "RGB",
        3: "palette",
        4: "transparency mask",
        5: "CMYK (separated)",
        6: "YCbCr",
        8: "CIELab",
        9: "ICCLab",
        10: "ITULab",
        32803: "colour filter array",
        34892: "linear raw",
    },
    0x010A: {1: "normal", 2: "reversed"},
    0x0112: {
        1: "as stored",
        2: "mirrored left to right",
        3: "rotated 180°",
        4: "mirrored top to bottom",
        5: "mirrored left to right, then rotated 270° clockwise",
        6: "to be rotated 90° clockwise",
        7: "mirrored left to right, then rotated 90° clockwise",
        8: "to be rotated 270° clockwise",
    },
    0x011C: {1: "chunky", 2: "planar"},
    0x0128: {**_RESOLUTION_UNIT},
    0x013D: {1: "none", 2: "horizontal differencing", 3: "floating point"},
    0x0152: {0: "unspecified", 1: "associated alpha", 2: "unassociated alpha"},
    0x0153: {1: "unsigned", 2: "signed", 3: "float", 4: "undefined", 5: "complex int", 6: "complex float"},
    0x0213: {1: "centred", 2: "co-sited"},
    0x8822: {
        0: "not defined",
        1: "manual",
        2: "normal program",
        3: "aperture priority",
        4: "shutter priority",
        5: "creative program (depth of field)",
        6: "action program (fast shutter)",
        7: "portrait mode",
        8: "landscape mode",
        9: "bulb (not in the standard)",
    },
    0x8830: {
        0: "unknown",
        1: "standard output sensitivity",
        2: "recommended exposure index",
        3: "ISO speed",
        4: "standard output sensitivity and recommended exposure index",
        5: "standard output sensitivity and ISO speed",
        6: "recommended exposure index and ISO speed",
        7: "standard output sensitivity, recommended exposure index and ISO speed",
    },
    0x9207: {
        0: "unknown",
        1: "average",
        2: "centre-weighted average",
        3: "spot",
        4: "multi-spot",
        5: "pattern",
        6: "partial",
        255: "other",
    },
    0x9208: {**_LIGHT},
    0xA001: {1: "sRGB", 2: "Adobe RGB (not in the standard)", 0xFFFF: "uncalibrated"},
    0xA210: {**_RESOLUTION_UNIT, 4: "millimetre (not in the standard)", 5: "micrometre (not in the standard)"},
    0xA217: {
        1: "not defined",
        2: "one-chip colour area sensor",
        3: "two-chip colour area sensor",
        4: "three-chip colour area sensor",
        5: "colour sequential area sensor",
        7: "trilinear sensor",
        8: "colour sequential linear sensor",
    },
    0xA300: {0: "other", 1: "transparency scanner", 2: "reflection print scanner", 3: "digital still camera"},
    0xA301: {1: "directly photographed"},
    0xA401: {
        0: "normal process",
        1: "custom process",
        2: "HDR, no original saved (Apple)",
        3: "HDR, original saved (Apple)",
        4: "original of HDR (Apple)",
        6: "panorama (Apple)",
        7: "portrait HDR (Apple)",
        8: "portrait (Apple)",
    },
    0xA402: {0: "auto exposure", 1: "manual exposure", 2: "auto bracket"},
    0xA403: {0: "auto white balance", 1: "manual white balance"},
    0xA406: {0: "standard", 1: "landscape", 2: "portrait", 3: "night scene", 4: "other (not in the standard)"},
    0xA407: {0: "none", 1: "low gain up", 2: "high gain up", 3: "low gain down", 4: "high gain down"},
    0xA408: {**_NORMAL_SOFT_HARD},
    0xA409: {0: "normal", 1: "low", 2: "high"},
    0xA40A: {**_NORMAL_SOFT_HARD},
    0xA40C: {0: "unknown", 1: "macro", 2: "close", 3: "distant"},
    0xA460: {
        0: "unknown",
        1: "not a composite image",
        2: "general composite image",
        3: "composite image captured while shooting",
    },
    0xC65A: {**_LIGHT},
    0xC65B: {**_LIGHT},
}

_TRUE_OR_MAGNETIC: Final[dict[int | str, str]] = {"T": "true north", "M": "magnetic north"}
_LATITUDE: Final[dict[int | str, str]] = {"N": "north", "S": "south"}
_LONGITUDE: Final[dict[int | str, str]] = {"E": "east", "W": "west"}

GPS: Final[dict[int, dict[int | str, str]]] = {
    0x01: _LATITUDE,
    0x03: _LONGITUDE,
    0x05: {
        0: "above the ellipsoid (before EXIF 3.0: above sea level)",
        1: "below the ellipsoid (before EXIF 3.0: below sea level)",
        2: "above sea level",
        3: "below sea level",
    },
    0x09: {"A": "measurement active", "V": "measurement void"},
    0x0A: {"2": "two-dimensional", "3": "three-dimensional"},
    0x0C: {"K": "km/h", "M": "mph", "N": "knots"},
    0x0E: _TRUE_OR_MAGNETIC,
    0x10: _TRUE_OR_MAGNETIC,
    0x13: _LATITUDE,
    0x15: _LONGITUDE,
    0x17: _TRUE_OR_MAGNETIC,
    0x19: {"K": "kilometres", "M": "miles", "N": "nautical miles"},
    0x1E: {0: "without differential correction", 1: "differential correction applied"},
}

INTEROP: Final[dict[int, dict[int | str, str]]] = {
    0x0001: {"R98": "DCF basic file (sRGB)", "R03": "DCF option file (Adobe RGB)", "THM": "DCF thumbnail file"},
}

_RETURN: Final = {2: "return light not detected", 3: "return light detected"}
_MODE: Final = {1: "compulsory firing", 2: "compulsory suppression", 3: "auto mode"}


def flash_words(bits: int) -> tuple[str, ...]:
    """The Flash tag (0x9209) bit by bit: fired, return light, mode, function, red-eye reduction."""
    words = (
        "flash fired" if bits & 1 else "flash did not fire",
        _RETURN.get(bits >> 1 & 3, ""),
        _MODE.get(bits >> 3 & 3, ""),
        "no flash function" if bits & 0x20 else "",
        "red-eye reduction" if bits & 0x40 else "",
    )
    return tuple(word for word in words if word)
