"""The ablations of "EXIF as Language" (Zheng, Shrivastava and Owens, CVPR 2023), and the greedy choice of tags.

Each is a run of the published architecture with one thing changed. A run that is complete is not made again, so that a
command that was stopped goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workstation.progress import Progress
from workstation.report.atomic import write_text
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.data_records import used_tags
from workstation.training.distributed import Company, company
from workstation.training.paper_command import PaperData, Unfinished
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.paper_training import PaperTraining

RESULT = "result.json"
"""In the folder of a run: its changes and its figures."""

LONGEST_NAME = 100
"""Characters of the name of a run's folder."""

DOWNSAMPLED = 512
"""Longer side of the photographs where they are scaled down first."""

NAMES = (
    "all-tags",
    "single-tags",
    "shuffled",
    "no-names",
    "text-from-scratch",
    "text-pretrained",
    "image-image",
    "full-resolution",
    "downsampled",
    "greedy",
)
"""What `exifact ablate` takes."""

AP, TOP1 = "AP on dev splices", "top-1"

Run = Callable[[PaperConfiguration, Path], Generator[Progress, None, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class AblationResult:
    """One run's outcome.

    Attributes:
        name: of the variation.
        changes: of the configuration against the base.
        figures: on the dev half, by name.
    """

    name: str
    changes: Mapping[str, Any]
    figures: Mapping[str, float]

    @property
    def score(self) -> float:
        """What runs are compared by: the figure on splices where there is one, else retrieval; −1 without both."""
        retrieval = next((value for name, value in self.figures.items() if name.startswith(TOP1)), -1.0)
        return self.figures.get(AP, retrieval)


def variations(name: str, base: PaperConfiguration, tags: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Runs of one ablation: (name, changes of the configuration).

    Args:
        name: one of `NAMES` but "greedy".
        base: configuration that is changed.
        tags: that may enter a text.

    Raises:
        ConfigurationProblem: if the base lacks what the ablation needs.
    """
    if name == "text-pretrained" and not base.text_weights:
        raise ConfigurationProblem("text-pretrained needs text_weights in the configuration")
    plain: dict[str, dict[str, Any]] = {
        "all-tags": {"tags": list(tags)},
        "shuffled": {"tag_order": "shuffled"},
        "no-names": {"names": False},
        "text-from-scratch": {"text_weights": ""},
        "text-pretrained": {},
        "image-image": {"image_text": 0.0, "image_image": 1.0},
        "full-resolution": {"downsample": 0},
        "downsampled": {"downsample": base.downsample or DOWNSAMPLED},
    }
    if name == "single-tags":
        return [(f"single tag {tag}", {"tags": [tag]}) for tag in tags]
    if name not in plain:
        raise ConfigurationProblem(f"there is no ablation {name!r}; there are {', '.join(NAMES)}")
    return [(name, plain[name])]


def ablate(
    names: Sequence[str],
    base: PaperConfiguration,
    tags: Sequence[str],
    out: Path,
    run: Run,
    *,
    rounds: int = 5,
    leads: bool = True,
) -> Generator[Progress, None, tuple[AblationResult, ...]]:
    """Run ablations one after the other.

    Args:
        names: of `NAMES`.
        base: configuration that is changed.
        tags: that may enter a text.
        out: a folder per run is made in it.
        run: trains a configuration in a folder and returns its figures.
        rounds: of the greedy choice, one tag each.
        leads: whether this process writes and speaks; the others only take part.

    Yields:
        Progress of each run, under its name.

    Raises:
        ConfigurationProblem: for an unknown name, or if the base lacks what an ablation needs.
    """
    planned = [(name, variations(name, base, tags) if name != "greedy" else []) for name in names]
    found: list[AblationResult] = []
    for name, runs in planned:
        if name == "greedy":
            found.extend((yield from _greedy(base, tags, out, run, rounds, leads=leads)))
        for title, changes in runs:
            found.append((yield from _one(title, changes, base, out, run, leads=leads)))
    return tuple(found)


def _greedy(
    base: PaperConfiguration, tags: Sequence[str], out: Path, run: Run, rounds: int, *, leads: bool
) -> Generator[Progress, None, list[AblationResult]]:
    """Add in each round the tag that helps most, until none does."""
    chosen: list[str] = []
    kept: list[AblationResult] = []
    for _ in range(min(rounds, len(tags))):
        tried = []
        for tag in (t for t in tags if t not in chosen):
            together = [*chosen, tag]
            tried.append(
                (yield from _one(f"tags {' + '.join(together)}", {"tags": together}, base, out, run, leads=leads))
            )
        best = max(tried, key=lambda result: result.score)
        if kept and best.score <= kept[-1].score:
            break
        chosen = list(best.changes["tags"])
        kept.append(best)
    return kept


def _one(
    title: str, changes: Mapping[str, Any], base: PaperConfiguration, out: Path, run: Run, *, leads: bool
) -> Generator[Progress, None, AblationResult]:
    settings = PaperConfiguration.from_table(base.as_table() | dict(changes))
    folder = out / _folder_name(title)
    stored = folder / RESULT
    configuration = json.loads(json.dumps(settings.as_table()))
    if stored.is_file():
        before = json.loads(stored.read_text(encoding="utf-8"))
        if before["configuration"] == configuration:
            return AblationResult(title, changes, before["figures"])
        raise ConfigurationProblem(f"{folder} holds a run with another configuration; choose another folder")
    steps = run(settings, folder)
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            figures: dict[str, float] = stop.value
            break
        if leads:
            yield Progress(f"{title}: {progress.stage}", progress.fraction, progress.remaining, progress.partial)
    if leads:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(stored, json.dumps({"configuration": configuration, "figures": figures}, indent=1))
    return AblationResult(title, changes, figures)


def _folder_name(title: str) -> str:
    """Letters and digits; where that had to be cut, a hash tells the tags apart that no longer stand in it."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    if len(plain) <= LONGEST_NAME:
        return plain
    return f"{plain[: LONGEST_NAME - 9]}-{hashlib.sha256(title.encode()).hexdigest()[:8]}"


def table(results: Sequence[AblationResult]) -> list[str]:
    """Results as lines, with the difference of each score to the first one's where both have the same figures."""
    lines = []
    for result in results:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in result.figures.items()) or "no dev figure"
        comparable = result.figures.keys() == results[0].figures.keys() and result.figures
        difference = f" ({result.score - results[0].score:+.3f})" if comparable else ""
        lines.append(f"{result.name:50} {figures}{difference}")
    return lines


def ablate_on(
    data: PaperData, names: Sequence[str], base: PaperConfiguration, out: Path, *, workers: int = 1, rounds: int = 5
) -> Generator[Progress, None, tuple[AblationResult, ...]]:
    """`ablate` on photographs.

    Raises:
        DataProblem: if the data cannot be used.
        ConfigurationProblem: as `ablate`.
    """
    if "greedy" in names and data.splices is None and data.dev_index is None:
        raise ConfigurationProblem("the greedy choice needs a dev figure: give --splices or --dev-index")
    store, _ = data.stores()
    tags = base.tags or used_tags(store.shares, base.threshold)
    with company() as together:

        def run(settings: PaperConfiguration, folder: Path) -> Generator[Progress, None, dict[str, float]]:
            return (yield from _trained(data, settings, folder, together, workers))

        return (yield from ablate(names, base, tags, out, run, rounds=rounds, leads=together.leads))


def _trained(
    data: PaperData, settings: PaperConfiguration, folder: Path, together: Company, workers: int
) -> Generator[Progress, None, dict[str, float]]:
    store, dev = data.stores()
    training = PaperTraining(settings, store, folder, together, dev=dev, splices=data.splices, workers=workers)
    figures: dict[str, float] = {}
    for progress in training.run():
        figures = progress.partial.dev or figures  # those of the last step come last
        yield progress
    if training.step < settings.steps:
        raise Unfinished(f"stopped at step {training.step} of {settings.steps}; the same command goes on from there")
    return together.from_leader(figures or training.measure())
