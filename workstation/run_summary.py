"""One line per photograph of an `exifact analyze`, so that a folder of them can be sorted by what departs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workstation.analysis.result import AnalysisResult, Group
from workstation.errors import ExportProblem
from workstation.report.atomic import write_text
from workstation.spreadsheets import BYTE_ORDER_MARK, as_csv

NAME = "summary.csv"

COLUMNS = (
    *("file", "sha256", "folder", "status", "groups", "departs_by", "p_consistent", "log10_likelihood_ratio"),
    *("score", "warnings", "reason"),
)
"""`departs_by`: of the group that departs most from A; p-value and likelihood ratio only where they are calibrated."""


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """What became of one file.

    Attributes:
        file: as it was named.
        sha256: of its bytes, "" where it could not be read.
        folder: of its results; None where there are none.
        result: None where there is none.
        warnings: how many there are, of the file and of the analysis.
        reason: why there is no map, "" where there is one.
    """

    file: Path
    sha256: str = ""
    folder: Path | None = None
    result: AnalysisResult | None = None
    warnings: int = 0
    reason: str = ""

    @property
    def falls_into_groups(self) -> bool:
        """Whether a part of the picture departs as a group of its own."""
        return len(self._groups) > 1

    @property
    def _groups(self) -> tuple[Group, ...]:
        partition = None if self.result is None else self.result.partition
        return () if partition is None or not partition.stable else partition.groups

    def cells(self) -> list[str | Path]:
        """In the order of `COLUMNS`; empty where there is nothing to say."""
        result, groups = self.result, self._groups
        departs = max((group.departure - groups[0].departure for group in groups[1:]), default=None)
        said = None if result is None else result.calibration
        numbers = (
            departs,
            None if said is None else said.p_consistent,
            None if said is None else said.llr,
            None if result is None else result.score,
        )
        first, *rest = ("" if number is None else f"{number:.5g}" for number in numbers)
        return [
            self.file,
            self.sha256,
            "" if self.folder is None else self.folder,
            "failed" if result is None else result.status,
            "" if result is None or result.partition is None else str(max(1, len(groups))),
            first,
            *rest,
            str(self.warnings),
            self.reason,
        ]


def write_summary(lines: list[SummaryLine], out: Path) -> Path:
    """Write `out`/summary.csv; that of an earlier call is replaced, another program's file is not.

    Raises:
        ExportProblem: if it cannot be written, or a file of another kind has the name.
    """
    target, head = out / NAME, ",".join(COLUMNS)
    try:
        with target.open(encoding="utf-8", errors="replace") as earlier:
            ours = earlier.readline().strip().removeprefix(BYTE_ORDER_MARK) == head
    except FileNotFoundError:
        ours = True
    except OSError as problem:
        raise ExportProblem(f"{target} could not be written: {problem.strerror or problem}") from problem
    if not ours:
        raise ExportProblem(f"{target} is not written: a file of another kind has this name")
    write_text(target, BYTE_ORDER_MARK + as_csv(COLUMNS, (line.cells() for line in lines)))
    return target
