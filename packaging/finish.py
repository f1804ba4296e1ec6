"""The last step of `make bundle`: list what will be shipped, with hashes, and print the sizes."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from workstation.self_test import manifest  # noqa: E402 - after the path is set


def main() -> None:
    """Write the manifest; read and execute for everybody, write for the owner."""
    program = ROOT / "dist" / "exifact"
    for path in program.rglob("*"):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
    program.chmod(0o755)
    listed = manifest.write(program)
    listed.chmod(0o644)
    size = sum(path.lstat().st_size for path in program.rglob("*") if not path.is_dir() or path.is_symlink())
    print(f"dist/exifact: {size / 1e6:.0f} MB, manifest {manifest.sha256_of(listed)}")


if __name__ == "__main__":
    main()
