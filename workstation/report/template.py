"""How a laboratory's reports look and in which words they are written: one TOML file, docs/report.md shows its form."""

from __future__ import annotations

import os
import tomllib
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from workstation.paths import user_config
from workstation.report.texts import ENGLISH, Texts, TextsProblem, report_texts

TEMPLATE_FILE = "report-template.toml"
"""In the user's configuration folder: the template of every report that names no other."""

LARGEST_LOGO = 40_000_000
"""Pixels; whatever is larger is no logo, and would be held in memory whole."""

LOGO_SIDE = 900
"""Pixels of the logo as printed: 600 dpi on 38 mm."""

_FIELDS = {"language", "laboratory", "texts"}
_LABORATORY = {"name", "lines", "logo"}


@dataclass(frozen=True, slots=True)
class Template:
    """A laboratory's way of reporting.

    Attributes:
        language: of the report, one of `texts.languages()`.
        laboratory: its name, "" = not stated.
        lines: address, accreditation, whatever stands under the name.
        logo: a JPEG, or None.
        changes: words of its own, by the dotted keys of the language's file.
    """

    language: str = ENGLISH
    laboratory: str = ""
    lines: tuple[str, ...] = ()
    logo: bytes | None = None
    changes: dict[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> Texts:
        """The words of its reports.

        Raises:
            TextsProblem: if there is no such language, or a changed key is none.
        """
        return report_texts(self.language).changed(self.changes)


def load_template(path: Path | None = None) -> Template:
    """A template from its file.

    Args:
        path: of the file; None = that of the user's configuration folder, and without one English and no laboratory.

    Raises:
        TextsProblem: if the file, its logo or its language cannot be used; it says which.
    """
    if path is None:
        path = user_config() / TEMPLATE_FILE
        if not os.path.isfile(path):  # noqa: PTH113 - `Path` raises where the folder may not be entered
            return Template()
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise TextsProblem(f"the report template {path} cannot be read: {problem.strerror or problem}") from problem
    except (tomllib.TOMLDecodeError, UnicodeError) as problem:
        raise TextsProblem(f"the report template {path} is no TOML: {problem}") from problem
    return _template(path, table)


def _template(path: Path, table: dict[str, Any]) -> Template:
    laboratory = table.get("laboratory", {})
    unknown = sorted((set(table) - _FIELDS) | ({f"laboratory.{key}" for key in set(laboratory) - _LABORATORY}))
    if unknown:
        raise TextsProblem(f"the report template {path.name} has fields that mean nothing: {', '.join(unknown)}")
    logo = laboratory.get("logo")
    template = Template(
        language=str(table.get("language", ENGLISH)),
        laboratory=str(laboratory.get("name", "")),
        lines=tuple(str(line) for line in laboratory.get("lines", ())),
        logo=None if not logo else _logo(path.parent / str(logo)),
        changes=dict(_flat(table.get("texts", {}))),
    )
    _ = template.texts  # says now what is wrong with the language or the changed words
    return template


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found


def _logo(path: Path) -> bytes:
    """The logo on white, as a JPEG of at most `LOGO_SIDE` pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
            with Image.open(BytesIO(path.read_bytes())) as picture:
                if picture.width * picture.height > LARGEST_LOGO:
                    size = f"{picture.width}×{picture.height}"
                    raise TextsProblem(f"the logo {path.name} is {size} pixels; use one of at most 40 megapixels")
                drawn = picture.convert("RGBA")
    except OSError as problem:
        raise TextsProblem(f"the logo {path} cannot be read: {problem.strerror or problem}") from problem
    except (ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise TextsProblem(f"the logo {path} is no picture: {problem}") from problem
    drawn.thumbnail((LOGO_SIDE, LOGO_SIDE))
    paper = Image.new("RGBA", drawn.size, "white")
    paper.alpha_composite(drawn)
    stream = BytesIO()
    paper.convert("RGB").save(stream, "JPEG", quality=95, subsampling=0)
    return stream.getvalue()
