"""What was measured on one image, and how it is kept: one line of JSON per image, and a table for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from workstation.errors import ExportProblem
from workstation.evaluation.datasets import DatasetProblem, Label
from workstation.evaluation.localisation import Localisation
from workstation.report.atomic import write_bytes, write_text
from workstation.spreadsheets import as_csv

COLUMNS = (
    "dataset",
    "image",
    "class",
    "kind",
    "mask_fraction",
    "ap",
    "ap_inv",
    "ciou",
    "f1",
    "mcc",
    "auc",
    "score",
    "p_consistent",
    "llr",
    "abstained",
    "seconds",
    "error",
)
"""Of per_image.csv. `ciou` is the better of both polarities, as published; `f1` and `mcc` take the best threshold."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured on one image.

    Attributes:
        dataset, image, label, kind: of the sample.
        height, width: of the image as it was analysed.
        foreign: pixels that the mask calls foreign; None without a mask.
        figures: of our map; None for an authentic image, or where something failed.
        peers: figures of the other methods' maps by name; None where that method failed.
        constant: figures of a constant map, which stand in for a map that is missing.
        score: the detection statistic, higher = less consistent; None where not assessable.
        mean_dissimilarity: of all patches, the published score and the baseline; None likewise.
        groups: number of groups that the program sees; None likewise. Two or more: it points at a part.
        p_consistent: calibrated conformal p-value for "consistent throughout"; None where not stated.
        llr: calibrated log10 likelihood ratio; None where not stated.
        abstained: why nothing calibrated is stated, or why the image is not assessable; "" if the program stands by it.
        seconds: of the analysis, wall clock.
        elapsed: of everything: decoding, degrading, analysis, other methods, scoring.
        error: what failed, "" if nothing.
        sizes: of the files of image and mask in bytes: one that was exchanged since is measured again.
    """

    dataset: str
    image: str
    label: Label
    kind: str
    height: int = 0
    width: int = 0
    foreign: int | None = None
    figures: Localisation | None = None
    peers: Mapping[str, Localisation | None] = field(default_factory=dict)
    constant: Localisation | None = None
    score: float | None = None
    mean_dissimilarity: float | None = None
    groups: int | None = None
    p_consistent: float | None = None
    llr: float | None = None
    abstained: str = ""
    seconds: float = 0.0
    elapsed: float = 0.0
    error: str = ""
    sizes: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """Data set and image: what no two rows share."""
        return self.dataset, self.image

    @property
    def tampered(self) -> bool:
        """Whether the set says that the image was changed."""
        return self.label == "tampered"

    @property
    def pixels(self) -> int:
        """Of the image as it was analysed."""
        return self.height * self.width

    @property
    def mask_fraction(self) -> float | None:
        """Share of the image that is foreign; None without a mask."""
        return None if self.foreign is None or not self.pixels else self.foreign / self.pixels

    def of(self, method: str | None) -> Localisation | None:
        """Figures of a peer's map, or of ours (None); a constant map's where that one is missing."""
        return (self.figures if method is None else self.peers.get(method)) or self.constant

    def as_json(self) -> str:
        """One line, in ASCII: a name may hold what ends a line, or what is no UTF-8."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | bytes) -> Row:
        """What `as_json` wrote.

        Raises:
            ValueError: if it did not.
        """
        fields: dict[str, Any] = json.loads(line)
        try:
            for name in ("figures", "constant"):
                fields[name] = None if fields[name] is None else Localisation(**fields[name])
            fields["peers"] = {
                name: None if figures is None else Localisation(**figures) for name, figures in fields["peers"].items()
            }
            return cls(**fields)
        except (KeyError, TypeError) as problem:
            raise ValueError(f"no row of this version: {problem}") from problem


class RowStore:
    """The rows of an evaluation in a file that only grows, so that a stopped evaluation loses nothing.

    Attributes:
        file: one row per line; a row that is written again replaces the former.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[tuple[str, str], Row]:
        """All rows by identity; a last line that was cut off is left out.

        Raises:
            DatasetProblem: if the file or another line cannot be read.
        """
        rows: dict[tuple[str, str], Row] = {}
        *lines, _cut_off = self._content().split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                row = Row.from_json(line)
            except ValueError as problem:
                raise DatasetProblem(f"{self.file} line {number} cannot be read ({problem})") from problem
            rows[row.identity] = row
        return rows

    def prepare(self) -> None:
        """Drop a last line that was cut off, so that the next row begins a line of its own.

        Raises:
            DatasetProblem: if the file cannot be read.
            ExportProblem: if it cannot be written.
        """
        content = self._content()
        whole = content[: content.rfind(b"\n") + 1]
        if whole != content:
            write_bytes(self.file, whole)

    def _content(self) -> bytes:
        """All bytes so far, b"" before the first row."""
        try:
            return self.file.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as problem:
            raise DatasetProblem(f"{self.file} cannot be read ({problem.strerror or problem})") from problem

    def add(self, row: Row) -> None:
        """Keep one more row.

        Raises:
            ExportProblem: if it cannot be written.
        """
        try:
            with self.file.open("a", encoding="utf-8", newline="\n") as lines:
                lines.write(row.as_json() + "\n")
        except OSError as problem:
            raise ExportProblem(f"{self.file} could not be written: {problem.strerror or problem}") from problem


def write_table(rows: Iterable[Row], file: Path) -> None:
    """Write per_image.csv; cells that were not measured are empty.

    Args:
        rows: in the order of the table.
        file: to write.

    Raises:
        ExportProblem: if it cannot be written.
    """
    lines = []
    for row in rows:
        found = row.figures
        figures = (
            [None] * 6 if found is None else [found.ap, found.ap_inv, found.ciou_inv, found.f1, found.mcc, found.auc]
        )
        numbers = [row.mask_fraction, *figures, row.score, row.p_consistent, row.llr]
        cells = ["" if number is None else f"{number:.8f}" for number in numbers]
        identity = [row.dataset, row.image, row.label, row.kind]
        lines.append([*identity, *cells, row.abstained, f"{row.seconds:.2f}", row.error])
    write_text(file, as_csv(COLUMNS, lines))
