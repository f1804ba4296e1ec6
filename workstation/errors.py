"""Everything that Exifact raises on purpose, and the warnings that travel inside results.

An error carries data; `summary` turns it into words for the window, the command line and the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self, TypeAlias

Values: TypeAlias = "tuple[tuple[str, str | int | float | None], ...]"
"""Names and values of what a sentence was filled with, so that it can be said in another language."""


@dataclass(frozen=True, slots=True)
class RecordedWarning:
    """Something odd that did not stop the work; part of the result, shown in window and report.

    Attributes:
        code: stable identifier in kebab case, e.g. ``suffix-mismatch``.
        message: one sentence for the analyst.
        offset: where in the file, in bytes from its start, if that is known.
        variant: which of the code's sentences it is, "" where there is one only.
        values: what the sentence was filled with.
    """

    code: str
    message: str
    offset: int | None = None
    variant: str = ""
    values: Values = ()

    @classmethod
    def of(
        cls,
        code: str,
        message: str,
        offset: int | None = None,
        *,
        variant: str = "",
        **values: str | int | float | None,
    ) -> Self:
        """A warning with what its sentence was filled with; a `Reason` among it brings its own code and values."""
        told: list[tuple[str, str | int | float | None]] = []
        for name, value in values.items():
            told.append((name, str(value) if isinstance(value, str) else value))
            if isinstance(value, Reason):
                told += [(f"{name}_code", value.code), *value.values]
        return cls(code, message, offset, variant, tuple(told))


class Reason(str):
    """Why something is as it is: a fragment of a sentence in English that can be said in another language.

    Attributes:
        code: stable, in kebab case.
        values: what the fragment was filled with.
    """

    code: str
    values: Values

    def __new__(cls, words: str, code: str = "", **values: str | int | float | None) -> Self:
        """The words, with their code and values."""
        made = super().__new__(cls, words)
        made.code, made.values = code, tuple(values.items())
        return made


def number_of(count: int, noun: str, several: str = "") -> str:
    """A number and what it counts: "1 image", "2 images"; `several` for a noun that takes more than an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {several or noun + 's'}"


def in_percent(share: float, digits: int = 0) -> str:
    """A share of 1 in percent as all English words spell it, with a space before the sign: "5 %", "54.5 %".

    What is rounded is neither nothing nor all: "< 0.1 %", "> 99.9 %".
    """
    told, step = f"{100 * share:.{digits}f}", 10.0**-digits
    if share > 0 and float(told) == 0:
        return f"< {step:.{digits}f} %"
    if share < 1 and float(told) == 100:
        return f"> {100 - step:.{digits}f} %"
    return f"{told} %"


def share_in_percent(share: float) -> str:
    """A share of a picture or of its patches, in percent: one decimal below ten, none above, "6.2 %", "48 %".

    So findings, legends and tables say the same of the same area; rates with an interval have a decimal throughout.
    """
    return in_percent(share, 1 if round(100 * share, 1) < 10 else 0)


class WorkstationError(Exception):
    """Base of all errors that Exifact raises on purpose.

    Attributes:
        what: one sentence that says what happened; a `Reason` where it can be said in another language.
        likely_causes: what usually lies behind it.
        remedy: what the analyst can do next.
    """

    likely_causes: ClassVar[tuple[str, ...]] = ()
    remedy: ClassVar[str] = ""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    @property
    def summary(self) -> str:
        """What happened and what to do, on one line; a `Reason` where what happened is one."""
        words = f"{self.what.rstrip('.')}. {self.remedy}".strip()
        return Reason(words, self.what.code, **dict(self.what.values)) if isinstance(self.what, Reason) else words


class FileProblem(WorkstationError):
    """A file that cannot be read or is not an image that Exifact opens.

    Attributes:
        path: of the file.
        why: what happened, without the file's name; with a code where it can be said in another language.
    """

    def __init__(self, path: Path, what: str) -> None:
        name = path.name or str(path)
        self.path = path
        self.why = why = what if isinstance(what, Reason) else Reason(what)
        told = {**dict(why.values), "file": name, "reason": str(why), "reason_code": why.code}
        super().__init__(Reason(f"{name}: {what}", "of-file" if why.code else "", **told))


class Unopenable(FileProblem):
    """The file cannot be read at all: missing, a folder, no permission, an input/output error."""

    remedy = "Check that the file is still there and that you may read it."


class FolderOpened(Unopenable):
    """A folder was given where a file is wanted."""

    remedy = "Name the files in it; the window, `exifact analyze` and `exifact case add` take whole folders."

    def __init__(self, path: Path) -> None:
        super().__init__(path, "this is a folder, not a file")


class UnsupportedFormat(FileProblem):
    """The bytes are not those of an image format that Exifact reads."""

    likely_causes = ("a file of another kind with the suffix of an image", "an incomplete download")
    remedy = "Exifact reads JPEG, PNG, TIFF, WebP, BMP, GIF, HEIC/HEIF and AVIF; open the original file."


class DamagedImage(FileProblem):
    """The format is known, but its pixels cannot be decoded."""

    likely_causes = ("a truncated copy", "bytes changed in transfer", "a damaged medium")
    remedy = "Ask for the file again, or compare its hash with the sender's."


class TooManyPixels(FileProblem):
    """More pixels than the limit that guards against decompression bombs."""

    remedy = "If you trust the file, raise the limit with --max-pixels or in Settings."

    def __init__(self, path: Path, pixels: int, limit: int) -> None:
        told, most = f"{pixels / 1e6:.0f}", f"{limit / 1e6:.0f}"
        words = f"{told} megapixels are over the limit of {most}"
        super().__init__(path, Reason(words, "too-many-pixels", megapixels=told, most=most))
        self.pixels, self.limit = pixels, limit


class NotAssessable(WorkstationError):
    """The pixels cannot carry the analysis; a result of its own, not a failure."""

    remedy = "Ask for the original file."


class ImageTooSmall(NotAssessable):
    """An image with fewer pixels than one patch needs."""

    likely_causes = ("a thumbnail or preview instead of the original", "a crop around one object")

    def __init__(self, height: int, width: int, patch: int) -> None:
        size = f"{width}×{height}"
        words = f"{size} pixels hold no patch of {patch}×{patch}"
        super().__init__(Reason(words, "image-too-small", size=size, patch=patch))
        self.height, self.width, self.patch = height, width, patch


class TooFewPatches(NotAssessable):
    """Too few patches with enough texture and exposure to compare."""

    likely_causes = ("a flat, black or overexposed picture", "a very small picture")

    def __init__(self, assessable: int, total: int, needed: int) -> None:
        words = f"{assessable} of {total} patches are assessable, {needed} are needed"
        super().__init__(Reason(words, "too-few-patches", assessable=assessable, patches=total, needed=needed))
        self.assessable, self.total, self.needed = assessable, total, needed


class WeightsProblem(WorkstationError):
    """Weights that are missing, altered or do not fit their architecture."""

    remedy = "See `exifact weights list` and `exifact weights verify`."


class DeviceProblem(WorkstationError):
    """The device that was asked for is not there, or ran out of memory."""

    remedy = "Choose the CPU instead (--device cpu; in the window Analyze → Device)."


class ExportProblem(WorkstationError):
    """A report, map or case could not be written; nothing half-written is left behind."""

    remedy = "Free some space or choose another folder, then write it again."


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The analyst stopped the work. `kept` says what remains usable."""

    kept: str = field(default="nothing")
