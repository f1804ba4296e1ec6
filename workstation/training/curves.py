"""Where a run's numbers go: always a table in its folder; TensorBoard and Weights & Biases where they are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from workstation.errors import WorkstationError
from workstation.report.atomic import write_text
from workstation.training.folders import make_folder

TABLE = "curve.tsv"
"""step, name, value."""


class CurveProblem(WorkstationError):
    """A way to draw curves that is not installed or not known."""

    remedy = "pip install exifact[tensorboard] or exifact[wandb]; the table curve.tsv is always written."


class Curve(Protocol):
    """Takes a run's numbers."""

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """Numbers at a step."""

    def close(self) -> None:
        """Nothing more comes."""


class Table:
    """A table on disk; what stands there after the step at which a run goes on is taken away first."""

    def __init__(self, folder: Path, first: int) -> None:
        make_folder(folder)
        file = folder / TABLE
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
        write_text(file, "".join(line for line in lines if _is_kept(line, first)))
        self._file = file.open("a", encoding="utf-8")

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """See `Curve.add`."""
        self._file.writelines(f"{step}\t{name}\t{value:.8g}\n" for name, value in numbers.items())
        self._file.flush()

    def close(self) -> None:
        """See `Curve.close`."""
        self._file.close()


def _is_kept(line: str, first: int) -> bool:
    """Whether it is whole (a killed run may have cut its last line off) and comes before the run goes on."""
    step, *rest = line.split("\t")
    return len(rest) == 2 and line.endswith("\n") and step.isdecimal() and int(step) <= first


class _TensorBoard:
    def __init__(self, folder: Path, first: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra

        self._writer: Any = SummaryWriter(str(folder / "tensorboard"), purge_step=first + 1)

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _WeightsAndBiases:
    def __init__(self, folder: Path, configuration: Mapping[str, Any]) -> None:
        import wandb  # noqa: PLC0415 - an extra

        self._run: Any = wandb.init(project="exifact", dir=str(folder), config=dict(configuration), resume="allow")

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        self._run.log(dict(numbers), step=step)

    def close(self) -> None:
        self._run.finish()


class Curves:
    """All of a run's curves.

    Args:
        folder: of the run.
        first: step at which it goes on.
        configuration: of the run.
        extra: "tensorboard", "wandb", both or none.

    Raises:
        CurveProblem: if one of them is not installed.
    """

    def __init__(self, folder: Path, first: int, configuration: Mapping[str, Any], extra: Sequence[str]) -> None:
        for name in extra:
            if name not in ("tensorboard", "wandb"):
                raise CurveProblem(f"there are no curves named {name!r}")
            if importlib.util.find_spec(name) is None:
                raise CurveProblem(f"{name} is not installed")
        self._curves: list[Curve] = [Table(folder, first)]
        if "tensorboard" in extra:
            self._curves.append(_TensorBoard(folder, first))
        if "wandb" in extra:
            self._curves.append(_WeightsAndBiases(folder, configuration))

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        """Numbers at a step, to every curve."""
        for curve in self._curves:
            curve.add(step, numbers)

    def close(self) -> None:
        """Nothing more comes."""
        for curve in self._curves:
            curve.close()
