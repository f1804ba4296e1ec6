"""Runtime hook: the desktop's libraries come from the machine, and from the bundle only where it has none.

The loader takes a library that is already in the process whenever another one asks for its name. So whatever the
machine lacks is loaded here, before anything of Qt or torch; what it has is left to be found in the usual way.
"""

import ctypes
import os
import sys
from pathlib import Path

BUNDLE = Path(sys._MEIPASS)


def load_what_is_missing(folder: Path) -> None:
    """Load the libraries of `folder` that the machine does not have, in whatever order they need each other."""
    missing = [file for file in sorted(folder.glob("*.so*")) if not loads(file.name)]
    while missing:
        left = [file for file in missing if not loads(str(file))]
        if len(left) == len(missing):
            break  # Qt says what it lacks, in its own words
        missing = left


def loads(library: str) -> bool:
    """Whether the loader finds a library and everything that it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def offer_fonts() -> None:
    """A machine without fonts shows boxes for letters; the bundle then brings its own, and a configuration."""
    configured = "FONTCONFIG_FILE" in os.environ or "FONTCONFIG_PATH" in os.environ
    if not configured and not Path("/etc/fonts/fonts.conf").exists():
        os.environ["FONTCONFIG_FILE"] = str(BUNDLE / "fonts.conf")


# What transformers would otherwise look for on the network.
os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# torch makes this folder as soon as transformers is imported, by default torchinductor_USER among the temporary files,
# and leaves it there; nothing is ever put into it, because torch.compile is not in the bundle.
os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(BUNDLE))
if sys.platform.startswith("linux"):
    load_what_is_missing(BUNDLE / "host-fallback")
    offer_fonts()
