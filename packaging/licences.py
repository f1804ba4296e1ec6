"""The licences of everything inside the offline bundle, gathered while it is built.

Every file of the bundle comes from somewhere: a Python distribution, the interpreter, a package of the build machine's
system, this repository. Each of these sources must have a licence text, or the build ends with `LicenceMissing`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = Path(__file__).resolve().parent / "licence_texts"
"""Texts for what comes without one."""

ADDED_TEXTS = {
    "pyside6-essentials": ("LGPL-3.0.txt", "GPL-3.0.txt", "Qt-third-party.txt"),
    "shiboken6": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "tokenizers": ("Apache-2.0.txt",),
}
"""Distributions whose wheels hold no licence text, and the texts of the licences that their metadata name."""

_IS_LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice|authors)", re.IGNORECASE)


class LicenceMissing(Exception):
    """Something would be shipped without its licence."""


@dataclass(slots=True)
class Component:
    """Where files of the bundle come from.

    Attributes:
        name, version: as its maker writes them.
        licence: as its maker names it.
        texts: (name, file) of each licence text.
    """

    name: str
    version: str
    licence: str
    texts: list[tuple[str, Path]] = field(default_factory=list)


def write(folder: Path, entries: Iterable[tuple[str, str, str]]) -> tuple[Component, ...]:
    """Gather the texts into a folder, with a README.txt that lists the components.

    Args:
        folder: replaced.
        entries: (name in the bundle, source file, kind) of everything that is shipped.

    Raises:
        LicenceMissing: if the source of a file is unknown, or has no licence text.
    """
    components = components_of(Path(source) for _, source, _ in entries if source and source != "-")
    bare = [component.name for component in components if not component.texts]
    if bare:
        raise LicenceMissing(f"no licence text for {', '.join(bare)}: add one to packaging/licence_texts")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for component in components:
        for name, file in component.texts:
            target = folder / component.name / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    (folder / "README.txt").write_text(_listed(components), encoding="utf-8")
    return components


def components_of(files: Iterable[Path]) -> tuple[Component, ...]:
    """The sources of these files, by name.

    Raises:
        LicenceMissing: if a file belongs to nothing that is known.
    """
    owners = _owners()
    python = (Path(sys.base_prefix).resolve(), Path(sysconfig.get_path("stdlib")).resolve())
    found: dict[str, Component] = {"Exifact": _exifact(), "Python": _python(), "PyInstaller bootloader": _bootloader()}
    unknown: list[Path] = []
    system: set[Path] = set()
    for file in files:
        path = file.absolute()
        key = owners.get(path) or owners.get(path.resolve())
        if key:
            if key not in found:
                found[key] = of_distribution(key)
        elif path.resolve().is_relative_to(ROOT):
            continue  # Exifact's own, or made while building from files that are looked at, too
        elif any(path.resolve().is_relative_to(folder) for folder in python):
            continue
        else:
            system.add(path.resolve())
    for path in sorted(system):
        component = _of_system(path)
        if component is None:
            unknown.append(path)
        else:
            found.setdefault(component.name, component)
    if unknown:
        raise LicenceMissing(f"nobody knows where these come from: {', '.join(map(str, unknown))}")
    return tuple(found[name] for name in sorted(found, key=str.casefold))


def of_distribution(name: str) -> Component:
    """A Python distribution with the texts that its wheel holds, or those that are kept for it here."""
    distribution = metadata.distribution(name)
    key = normal(name)
    texts = []
    for file in distribution.files or []:
        path = Path(str(file))
        if _IS_LICENCE.search(path.name) and _is_text_place(path):
            inside = path.parts[1:] if path.parts[0].endswith(".dist-info") else path.parts
            texts.append(("/".join(part for part in inside if part != "licenses"), Path(str(file.locate()))))
    texts += [(text, TEXTS / text) for text in ADDED_TEXTS.get(key, ())]
    return Component(key, distribution.version, _named(distribution), texts)


def normal(name: str) -> str:
    """A distribution's name as package indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_text_place(path: Path) -> bool:
    """Licence texts lie in the metadata, or plainly beside the package; not among its modules."""
    return path.suffix not in {".py", ".pyc", ".so", ".pyi", ".json"} and (
        path.parts[0].endswith(".dist-info")
        or path.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE"))
    )


def _named(distribution: metadata.Distribution) -> str:
    described = distribution.metadata
    for field_name in ("License-Expression", "License"):
        line = str(described[field_name]) if field_name in described else ""
        if line and len(line) < 100 and "\n" not in line:
            return line
    classifiers = [line for line in described.get_all("Classifier") or [] if line.startswith("License ::")]
    return "; ".join(line.rsplit(" :: ", 1)[-1] for line in classifiers) or "see the text"


def _owners() -> dict[Path, str]:
    """Every installed file and the distribution that it belongs to; Exifact's own left out."""
    owners: dict[Path, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if normal(name) != "exifact":
            owners |= {Path(str(file.locate())).absolute(): normal(name) for file in distribution.files or []}
    return owners


def _exifact() -> Component:
    version = re.search(r'__version__ = "([^"]+)"', (ROOT / "workstation" / "__init__.py").read_text(encoding="utf-8"))
    own = [("LICENSE", ROOT / "LICENSE"), ("NOTICE", ROOT / "NOTICE")]
    for folder in ("examples", "fonts", "colormaps"):
        own += [
            (f"{folder}-{file.name}", file)
            for file in sorted((ROOT / "resources" / folder).glob("*[A-Z].*"))
            if file.suffix in {".md", ".txt"}
        ]
    return Component("Exifact", version[1] if version else "", "Apache-2.0", own)


def _python() -> Component:
    version = sys.version.split()[0]
    stdlib = Path(sysconfig.get_path("stdlib"))
    places = (stdlib / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt", Path("/usr/share/doc/python3/copyright"))
    return Component("Python", version, "PSF-2.0", [("LICENSE.txt", file) for file in places if file.is_file()][:1])


def _bootloader() -> Component:
    component = of_distribution("pyinstaller")
    return Component(
        "PyInstaller bootloader", component.version, "GPL-2.0-or-later WITH Bootloader-exception", component.texts
    )


def _of_system(library: Path) -> Component | None:
    """The Debian package of a system library; on Windows, such libraries are Microsoft's run-time libraries."""
    if sys.platform == "win32":
        return Component("Microsoft runtime", "", "see text", [("LICENSE.txt", TEXTS / "Microsoft-runtime.txt")])
    if shutil.which("dpkg") is None:
        return None
    # packages still say /lib where the system has /usr/lib
    merged = Path("/", *library.parts[2:]) if library.is_relative_to("/usr") else library
    for path in (library, merged):
        owner = subprocess.run(["dpkg", "-S", str(path)], capture_output=True, text=True, check=False)
        if owner.returncode == 0:
            package = owner.stdout.split(": ")[0].split(",")[0]
            break
    else:
        return None
    name = package.split(":")[0]
    asked = ["dpkg-query", "-W", "-f", "${Version}", package]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    text = Path("/usr/share/doc") / name / "copyright"
    texts = [("copyright", text), *_common_licences(text)] if text.is_file() else []
    return Component(f"debian-{name}", version, "see copyright", texts)


def _common_licences(text: Path) -> list[tuple[str, Path]]:
    """The full texts that a Debian copyright file only points to."""
    named = set(
        re.findall(r"/usr/share/common-licenses/([A-Za-z]+(?:-[0-9.]*[0-9])?)", text.read_text("utf-8", "replace"))
    )
    folder = Path("/usr/share/common-licenses")
    return [(f"{name}.txt", folder / name) for name in sorted(named) if (folder / name).is_file()]


def _listed(components: Iterable[Component]) -> str:
    lines = ["What Exifact's bundle holds, and under which licence. The texts lie in the folders beside this file.", ""]
    lines += [f"{c.name} {c.version}: {c.licence}" for c in components]
    lines += [
        "",
        "Qt and libheif come under the LGPL: both are separate libraries in this folder, and you may replace them by",
        "your own builds. Their sources, unchanged, are at https://download.qt.io/official_releases/QtForPython/ and",
        "https://pypi.org/project/pi-heif/; packages named debian-… are those of Debian, whose sources are at",
        "https://sources.debian.org/. docs/bundle.md says how the bundle is built again.",
    ]
    return "\n".join(lines) + "\n"
