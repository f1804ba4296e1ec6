"""Everything that the bundle holds has its licence."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import licences
import numpy
import pytest
from packaging.requirements import Requirement

pytest.importorskip(
    "PyInstaller", reason="the licences of a bundle are traced by what builds it: pip install pyinstaller"
)

ROOT = Path(__file__).parent.parent.parent


def runtime_distributions() -> list[str]:
    """Exifact's requirements and theirs, as installed here, without extras."""
    found: set[str] = set()
    waiting = ["exifact"]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requirements = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:
            continue  # for another system
        found.add(name)
        parsed = [Requirement(line) for line in requirements]
        waiting += [one.name for one in parsed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return sorted(found - {"exifact"})


def test_each_distribution_that_is_bundled_has_a_licence_text() -> None:
    names = runtime_distributions()
    assert {"numpy", "torch", "pyside6-essentials", "tokenizers"} <= set(names)

    for name in names:
        component = licences.of_distribution(name)
        assert component.texts, f"{name}: add a text to packaging/licence_texts and to licences.ADDED_TEXTS"
        assert all(file.is_file() and file.stat().st_size > 100 for _, file in component.texts), name
        assert component.version
        assert component.licence


def test_the_gpl_stands_nowhere_alone() -> None:
    for name in runtime_distributions():
        licence = licences.of_distribution(name).licence
        alone = re.search(r"\bA?GPL", licence) and not re.search(r"LGPL|\bOR\b|exception", licence)
        assert not alone, f"{name}: {licence}"


def test_files_are_traced_to_where_they_come_from() -> None:
    components = {c.name: c for c in licences.components_of([Path(numpy.__file__), ROOT / "LICENSE"])}

    assert set(components) == {"Exifact", "Python", "PyInstaller bootloader", "numpy"}
    assert [name for name, _ in components["Exifact"].texts][:2] == ["LICENSE", "NOTICE"]
    assert components["Python"].texts


def test_a_file_that_nobody_knows_ends_the_build(tmp_path: Path) -> None:
    stray = tmp_path / "libstray.so"
    stray.write_bytes(b"")

    with pytest.raises(licences.LicenceMissing, match=r"nobody knows .*libstray\.so"):
        licences.write(tmp_path / "licences", [("libstray.so", str(stray), "BINARY")])


def test_the_folder_holds_the_texts_and_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "licences"
    licences.write(folder, [("numpy/__init__.py", numpy.__file__, "DATA"), ("LICENSE", "-", "DATA")])

    listed = (folder / "README.txt").read_text(encoding="utf-8")
    assert f"numpy {numpy.__version__}: BSD-3-Clause" in listed
    assert "Redistribution and use" in (folder / "numpy" / "LICENSE.txt").read_text(encoding="utf-8")
    assert (folder / "Exifact" / "LICENSE").is_file()
