"""install.sh on a small program folder: it copies, checks, replaces and removes, and touches nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.self_test import manifest

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("sha256sum") is None, reason="install.sh is for Linux"
)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """An unpacked archive in a path with a space and an umlaut, with a program that says its version."""
    folder = tmp_path / "Prüfung 1" / "exifact-1"
    (folder / "exifact" / "_internal").mkdir(parents=True)
    program = folder / "exifact" / "exifact"
    program.write_text("#!/bin/sh\necho exifact 1\n")
    program.chmod(0o755)
    (folder / "exifact" / "_internal" / "data").write_text("data")
    manifest.write(folder / "exifact")
    shutil.copy(ROOT / "packaging" / "linux" / "install.sh", folder)
    share = folder / "share"
    for name in (
        "applications/exifact.desktop",
        "icons/hicolor/scalable/apps/exifact.svg",
        "icons/hicolor/256x256/apps/exifact.png",
        "man/man1/exifact.1.gz",
        "mime/packages/exifact.xml",
    ):
        (share / name).parent.mkdir(parents=True, exist_ok=True)
        (share / name).write_text("")
    shutil.copy(ROOT / "packaging" / "linux" / "exifact.desktop", share / "applications")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home of an analyst"
    (folder / ".local" / "share" / "exifact").mkdir(parents=True)
    (folder / ".local" / "share" / "exifact" / "weights").write_text("added")
    return folder


def run(folder: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = ["sh", str(folder / "install.sh"), *arguments]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


def files(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir())


def test_the_program_and_its_menu_entry_arrive(unpacked: Path, home: Path) -> None:
    done = run(unpacked, home)

    assert done.returncode == 0, done.stderr
    command = home / ".local" / "bin" / "exifact"
    assert subprocess.run([command], capture_output=True, text=True, check=True).stdout == "exifact 1\n"
    entry = (home / ".local/share/applications/exifact.desktop").read_text(encoding="utf-8")
    assert f'Exec="{command}" open %F' in entry


@pytest.mark.parametrize("prefix", ["below", "R&D | 100% \\ $x `y`", "-p"])
def test_a_prefix_is_any_folder_and_may_be_relative(unpacked: Path, home: Path, prefix: str) -> None:
    done = run(unpacked, home, "--prefix", prefix)

    assert done.returncode == 0, done.stderr
    command = home / prefix / "bin" / "exifact"
    assert subprocess.run([command], capture_output=True, text=True, check=True).stdout == "exifact 1\n"
    entry = (home / prefix / "share/applications/exifact.desktop").read_text(encoding="utf-8")
    (line,) = [line for line in entry.splitlines() if line.startswith("Exec=")]
    quoted = (
        line.removeprefix('Exec="').removesuffix('" open %F').replace("\\\\", "\\")
    )  # a string's, then an argument's
    assert re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%") == str(command)


def test_uninstalling_leaves_only_the_analysts_own_files(unpacked: Path, home: Path) -> None:
    before = files(home)
    run(unpacked, home)
    assert files(home) != before

    done = run(unpacked, home, "--uninstall")

    assert done.returncode == 0, done.stderr
    kept = [name for name in files(home) if not name.startswith(".local/share/mime/")]  # the system's own cache
    assert kept == before


def test_an_update_replaces_the_folder_as_a_whole(unpacked: Path, home: Path) -> None:
    run(unpacked, home)
    (unpacked / "exifact" / "_internal" / "data").rename(unpacked / "exifact" / "_internal" / "newer")
    manifest.write(unpacked / "exifact")

    assert run(unpacked, home).returncode == 0

    internal = home / ".local" / "lib" / "exifact" / "_internal"
    assert [path.name for path in internal.iterdir()] == ["newer"]
    assert not (home / ".local" / "lib" / "exifact.new").exists()


def test_an_altered_archive_is_refused(unpacked: Path, home: Path) -> None:
    run(unpacked, home)
    (unpacked / "exifact" / "_internal" / "data").write_text("altered")

    done = run(unpacked, home)

    assert done.returncode == 1
    assert "damaged or was altered" in done.stderr
    assert (home / ".local/lib/exifact/_internal/data").read_text() == "data"


def test_a_foreign_folder_is_not_overwritten(unpacked: Path, home: Path) -> None:
    (home / ".local" / "lib" / "exifact").mkdir(parents=True)
    (home / ".local" / "lib" / "exifact" / "mine").write_text("mine")

    assert "is no Exifact" in run(unpacked, home).stderr
    assert "no Exifact" in run(unpacked, home, "--uninstall").stderr
    assert (home / ".local" / "lib" / "exifact" / "mine").read_text() == "mine"


def test_wrong_use_prints_how_it_is_used(unpacked: Path, home: Path) -> None:
    done = run(unpacked, home, "--everywhere")

    assert done.returncode == 2
    assert "./install.sh --system" in done.stderr
