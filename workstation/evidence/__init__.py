"""A file becomes evidence: bytes, hashes, pixels, metadata, JPEG structure."""

from workstation.evidence.aside import in_memory, laid_aside
from workstation.evidence.decoding import DEFAULT_MAX_PIXELS
from workstation.evidence.display import display_rgb, display_size, to_display, to_stored
from workstation.evidence.folders import FolderListing, list_folder, name_key
from workstation.evidence.formats import SUFFIXES
from workstation.evidence.opening import (
    Described,
    PixelsLost,
    Rehash,
    identify,
    open_evidence,
    open_steps,
    read_metadata,
    rehash,
)

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "SUFFIXES",
    "Described",
    "FolderListing",
    "PixelsLost",
    "Rehash",
    "display_rgb",
    "display_size",
    "identify",
    "in_memory",
    "laid_aside",
    "list_folder",
    "name_key",
    "open_evidence",
    "open_steps",
    "read_metadata",
    "rehash",
    "to_display",
    "to_stored",
]
