"""How large the offline bundle is, component by component.

Run: `python -m benchmarks.bundle_sizes` after `make bundle deb tarball`. Sizes are of contents, in megabytes (10⁶).
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

DIST = Path(__file__).parent.parent / "dist"

COMPONENTS = (
    ("torch", ("torch/", "torch-")),
    ("Qt and PySide6", ("PySide6/", "PySide6", "shiboken6")),
    ("SciPy", ("scipy", "scipy.libs/")),
    ("NumPy", ("numpy", "numpy.libs/")),
    ("scikit-learn", ("sklearn/", "scikit_learn")),
    ("transformers, tokenizers, safetensors", ("transformers", "tokenizers", "safetensors")),
    ("Pillow, pi-heif, piexif", ("PIL/", "pillow", "pi_heif", "piexif")),
    (
        "reports (reportlab, pikepdf, pyHanko, cryptography, lxml)",
        ("reportlab", "pikepdf", "pyhanko", "cryptography", "lxml"),
    ),
    ("desktop libraries for machines without", ("host-fallback/",)),
    ("Exifact's resources", ("resources/",)),
    ("licences", ("licences/",)),
)
"""Names and what their files' names in `_internal` begin with."""


def sizes(program: Path) -> Counter[str]:
    """Bytes per component; the Python modules of all of them lie compressed in the program file."""
    counted: Counter[str] = Counter()
    for file in program.rglob("*"):
        if file.is_dir() or file.is_symlink():
            continue
        name = file.relative_to(program).as_posix()
        counted[_component(name)] += file.stat().st_size
    return counted


def _component(name: str) -> str:
    if name == "exifact":
        return "program file with all Python modules"
    inside = name.removeprefix("_internal/")
    for component, beginnings in COMPONENTS:
        if inside.startswith(beginnings):
            return component
    return "Python and the rest"


def main() -> int:
    """Print the table."""
    program = DIST / "exifact"
    if not program.is_dir():
        print("There is no dist/exifact: run `make bundle` first.", file=sys.stderr)
        return 1
    counted = sizes(program)
    print("| component | MB |\n|---|---|")
    for component, size in counted.most_common():
        print(f"| {component} | {size / 1e6:.1f} |")
    print(f"| **unpacked** | **{sum(counted.values()) / 1e6:.0f}** |")
    for package in sorted((*DIST.glob("*.deb"), *DIST.glob("*.tar.zst"))):
        print(f"| `{package.name}` | {package.stat().st_size / 1e6:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
