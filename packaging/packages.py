"""The folder `dist/exifact` becomes packages: `python packaging/packages.py deb|tarball [--level N]`.

Both are made from the same files in the same order with the time of the last commit, so that the same folder gives the
same package.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import drawing  # noqa: E402 - beside this file; after the path is set
import man_page  # noqa: E402 - as above

import workstation  # noqa: E402 - as above

DIST = ROOT / "dist"
LINUX = ROOT / "packaging" / "linux"
GLIBC = "2.36"
"""Of Debian 12, where the bundle is built; older systems lack symbols that it needs."""

COMPRESSION = 10
"""zstd level: 19 makes libtorch a tenth smaller and takes sixteen times as long."""

CONTROL = """Package: exifact
Version: {version}
Section: graphics
Priority: optional
Architecture: {architecture}
Installed-Size: {kibibytes}
Depends: libc6 (>= {glibc})
Recommends: libegl1, libgl1, fonts-dejavu-core, shared-mime-info, desktop-file-utils
Maintainer: The Exifact authors <exifact@localhost>
Description: workstation for image forensics
 Exifact opens a photograph, shows what its file says about itself (EXIF and
 the rest) beside what its pixels say (a learned camera embedding), and exports
 a report that another laboratory can check. It needs no network.
 .
 The package holds everything that the program needs, Python included. Desktop
 libraries of the machine are used where it has them.
"""


def deb(level: int) -> Path:
    """Build the Debian package.

    Returns:
        The file in dist/.
    """
    program = _program()
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="deb-") as name:
        tree = Path(name)
        tree.chmod(0o755)
        target = tree / "usr" / "lib" / "exifact"
        target.parent.mkdir(parents=True)
        _hard_linked(program, target)
        (tree / "usr" / "bin").mkdir()
        (tree / "usr" / "bin" / "exifact").symlink_to("../lib/exifact/exifact")
        share(tree / "usr" / "share")
        documents = tree / "usr" / "share" / "doc" / "exifact"
        documents.mkdir(parents=True)
        shutil.copy(ROOT / "NOTICE", documents / "copyright")
        with (documents / "copyright").open("a", encoding="utf-8") as text:
            text.write("\nThe licences of all that is inside: /usr/lib/exifact/_internal/licences/README.txt\n\n")
            text.write((ROOT / "LICENSE").read_text(encoding="utf-8"))
        _compressed(ROOT / "CHANGELOG.md", documents / "changelog.gz")
        size = sum(file.lstat().st_size for file in tree.rglob("*") if not file.is_dir()) // 1024
        control = tree / "DEBIAN"
        control.mkdir()
        filled = CONTROL.format(
            version=workstation.__version__, architecture=_architecture(), kibibytes=size, glibc=GLIBC
        )
        (control / "control").write_text(filled, encoding="utf-8")
        for script in ("postinst", "postrm"):
            shutil.copy(LINUX / script, control / script)
            (control / script).chmod(0o755)
        _same_time(tree)
        package = DIST / f"exifact_{workstation.__version__}_{_architecture()}.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zzstd", f"-z{level}", "--build", str(tree), str(package)],
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(_committed())},
        )
    return package


def tarball(level: int) -> Path:
    """Build the relocatable archive.

    Returns:
        The file in dist/.
    """
    program = _program()
    name = f"exifact-{workstation.__version__}-linux-{platform.machine()}"
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="tarball-") as place:
        tree = Path(place) / name
        tree.mkdir()
        _hard_linked(program, tree / "exifact")
        share(tree / "share")
        shutil.copy(LINUX / "install.sh", tree / "install.sh")
        shutil.copy(ROOT / "docs" / "install.md", tree / "INSTALL.md")
        _same_time(tree)
        archive = DIST / f"{name}.tar.zst"
        command = ["tar", "--create", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu"]
        command += [
            f"--mtime=@{_committed()}",
            "--directory",
            place,
            f"--use-compress-program=zstd -q -T0 --long=27 -{level}",
        ]
        subprocess.run([*command, "--file", str(archive), name], check=True)
    return archive


def share(folder: Path) -> None:
    """Menu entry, MIME type, icons and manual below a `share` folder."""
    for source, target in (
        (LINUX / "exifact.desktop", "applications/exifact.desktop"),
        (LINUX / "exifact-mime.xml", "mime/packages/exifact.xml"),
        (drawing.ICON, "icons/hicolor/scalable/apps/exifact.svg"),
    ):
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / target)
    drawing.draw(folder / "icons" / "hicolor" / "256x256" / "apps" / "exifact.png", 256)
    page = folder / "man" / "man1" / "exifact.1"
    page.parent.mkdir(parents=True)
    page.write_text(man_page.page(), encoding="utf-8")
    _compressed(page, page.with_name("exifact.1.gz"))
    page.unlink()


def _program() -> Path:
    program = DIST / "exifact"
    if not (program / "manifest.sha256").is_file():
        raise SystemExit("dist/exifact is not complete: run `make bundle` first")
    return program


def _hard_linked(source: Path, target: Path) -> None:
    """A copy that takes no space."""
    shutil.copytree(source, target, copy_function=os.link, symlinks=True)


def _compressed(source: Path, target: Path) -> None:
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(source.read_bytes())


def _same_time(tree: Path) -> None:
    """Folders' times; files keep theirs and are clamped by the packers."""
    for path in (tree, *tree.rglob("*")):
        os.utime(path, (_committed(), _committed()), follow_symlinks=False)


def _committed() -> int:
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    shown = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, check=True, capture_output=True, text=True)
    return int(shown.stdout)


def _architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Build one package and print its name, size and SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("deb", "tarball"))
    parser.add_argument("--level", type=int, default=COMPRESSION, help="of zstd")
    chosen = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    package = (deb if chosen.kind == "deb" else tarball)(chosen.level)
    sums = subprocess.run(["sha256sum", package.name], cwd=DIST, check=True, capture_output=True, text=True).stdout
    package.with_name(f"{package.name}.sha256").write_text(sums, encoding="utf-8")
    print(f"{package.relative_to(ROOT)}: {package.stat().st_size / 1e6:.0f} MB, SHA-256 {sums.split()[0]}")


if __name__ == "__main__":
    main()
