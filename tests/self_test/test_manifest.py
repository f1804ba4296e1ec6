"""The list of shipped files."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from workstation.progress import drain
from workstation.self_test import manifest


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    (folder / "_internal" / "Größe").mkdir(parents=True)
    (folder / "exifact").write_bytes(b"the program")
    (folder / "_internal" / "base.zip").write_bytes(bytes(1000))
    (folder / "_internal" / "Größe" / "a file.txt").write_text("text")
    manifest.write(folder)
    return folder


def test_what_was_shipped_is_intact(shipped: Path) -> None:
    found = drain(manifest.compare(shipped))

    assert found.intact
    assert found.listed == 3
    assert found.sha256 == hashlib.sha256((shipped / manifest.NAME).read_bytes()).hexdigest()


def test_the_names_are_sorted_and_the_hashes_those_of_the_content(shipped: Path) -> None:
    lines = (shipped / manifest.NAME).read_text(encoding="utf-8").splitlines()

    assert [line[66:] for line in lines] == ["_internal/Größe/a file.txt", "_internal/base.zip", "exifact"]
    assert lines[2][:64] == hashlib.sha256(b"the program").hexdigest()


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="this system has no sha256sum")
def test_the_tools_of_the_system_read_it(shipped: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", manifest.NAME]
    assert subprocess.run(command, cwd=shipped, check=False).returncode == 0


def test_a_changed_byte_a_lost_file_and_a_foreign_one_are_told_apart(shipped: Path) -> None:
    (shipped / "_internal" / "base.zip").write_bytes(bytes(999) + b"\1")
    (shipped / "exifact").unlink()
    (shipped / "_internal" / "libevil.so").write_bytes(b"")

    found = drain(manifest.compare(shipped))

    assert not found.intact
    assert found.altered == ("_internal/base.zip",)
    assert found.missing == ("exifact",)
    assert found.unexpected == ("_internal/libevil.so",)


def test_a_link_counts_as_what_it_leads_to(shipped: Path) -> None:
    (shipped / "libone.so").symlink_to("_internal/base.zip")
    manifest.write(shipped)
    assert drain(manifest.compare(shipped)).intact

    (shipped / "libone.so").unlink()
    (shipped / "libone.so").symlink_to("nowhere")
    assert drain(manifest.compare(shipped)).unreadable == ("libone.so",)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), ("", "lists no file"), ("abc  exifact\n", "line 1 is no hash with a name")],
)
def test_a_manifest_that_is_none_is_said_to_be(shipped: Path, content: str | None, words: str) -> None:
    (shipped / manifest.NAME).unlink()
    if content is not None:
        (shipped / manifest.NAME).write_text(content)

    with pytest.raises(manifest.ManifestProblem, match=words):
        drain(manifest.compare(shipped))
