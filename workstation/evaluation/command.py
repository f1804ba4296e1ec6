"""The command `exifact evaluate`: words in, words out."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation import terminal
from workstation.progress import Progress
from workstation.terminal import DONE, FAILED

if TYPE_CHECKING:  # the command line shows its help without numpy, scikit-learn and torch
    from workstation.evaluation.datasets import Dataset
    from workstation.evaluation.evaluate import Evaluated, Plan

STOPPED = 130
"""Exit code of Ctrl-C."""

DATASETS = (
    "manifest, columbia, dso_1, realistic_tampering, in_the_wild, scene_completion, casia_1, casia_2, social_network, "
    "imd2020, coverage; or splices, made from photographs with a manifest.csv"
)


def evaluate(
    *,
    dataset: Annotated[str, typer.Option("--dataset", metavar="NAME", help=f"Layout of the set: {DATASETS}.")],
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Folder of the set (docs/evaluation.md).")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the figures; one that is there already is resumed.")
    ],
    model: Annotated[str, typer.Option("--model", help="Name of the weights (`exifact weights list`).")] = "compact",
    degrade: Annotated[
        str, typer.Option("--degrade", metavar="WORDS", help="resize=FACTOR, jpeg=QUALITY, or both with a comma.")
    ] = "",
    peers: Annotated[bool, typer.Option("--peers", help="Measure other methods on the same images too.")] = False,
    subset: Annotated[
        list[str] | None, typer.Option("--subset", metavar="NAME", help="Only this data set of a manifest; repeatable.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="Only tampered images of this kind (splice …); repeatable."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N of either class of each set.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option("--threads", min=1, metavar="N", help="CPU threads.")] = None,
    patch: Annotated[int | None, typer.Option("--patch-size", min=8, metavar="P", help="Side in pixels.")] = None,
    per_dimension: Annotated[
        int | None, typer.Option("--num-per-dim", min=1, metavar="N", help="Patches along the longer side.")
    ] = None,
) -> None:
    """Measure a model on an evaluation set: heat maps, per_image.csv, summary.json and summary.md.

    Images that a program generated as a whole are out of scope.
    """
    from workstation.analysis.result import AnalysisRequest  # noqa: PLC0415 - see above
    from workstation.evaluation.degradations import Degradation  # noqa: PLC0415
    from workstation.evaluation.evaluate import Plan  # noqa: PLC0415
    from workstation.evaluation.peers import PEERS  # noqa: PLC0415

    request = AnalysisRequest(model=model, device=device, threads=threads, patch=patch, per_dimension=per_dimension)
    try:
        with terminal.words_for_errors():
            degradation = Degradation.parse(degrade)
            found = terminal.follow(_found(dataset, root, out, limit), dataset)
            dataset_part = chosen(found, subset or [], kind or [], limit)
            for warning in dataset_part.warnings:
                terminal.note(f"warning: {warning}")
            plan = Plan(dataset_part, request, out, degradation, tuple(PEERS) if peers else ())
            failed = terminal.follow(_written(plan), dataset)
    except KeyboardInterrupt as stop:
        terminal.note(f"exifact: stopped; the same command goes on from what is in {out}")
        raise typer.Exit(STOPPED) from stop
    terminal.say(f"written to {out / 'summary.md'}")
    if failed:
        terminal.note(f"exifact: {failed} of {len(dataset_part.samples)} images failed; they are listed in {out}")
    raise typer.Exit(FAILED if failed else DONE)


def _found(name: str, root: Path, out: Path, limit: int | None) -> Generator[Progress, None, Dataset]:
    """The set; splices are made first."""
    from workstation.evaluation.datasets import DatasetProblem  # noqa: PLC0415
    from workstation.evaluation.datasets_published import LAYOUTS, load  # noqa: PLC0415

    yield Progress("looking for images")
    if name == "splices":
        from workstation.evaluation.splices import write_splices  # noqa: PLC0415

        try:
            made = yield from write_splices(root, out / "images", count=limit or 100)
        except (OSError, KeyError, ValueError) as problem:
            raise DatasetProblem(f"no splices can be made from {root} ({problem})") from problem
        return replace(load("manifest", made), name="splices")
    if name != "manifest" and name not in LAYOUTS:
        raise DatasetProblem(f"{name!r} is no layout; there are {DATASETS}")
    return load(name, root)


def chosen(dataset: Dataset, subsets: list[str], kinds: list[str], limit: int | None) -> Dataset:
    """The part of a set that was asked for.

    Args:
        dataset: the whole set.
        subsets: names of data sets in it; empty = all.
        kinds: of tampered images; empty = all.
        limit: the first so many of either class of each data set; None = all.

    Raises:
        DatasetProblem: if nothing is left.
    """
    from workstation.evaluation.datasets import DatasetProblem  # noqa: PLC0415

    counts: dict[tuple[str, str], int] = {}
    kept = []
    for sample in dataset.samples:
        if (subsets and sample.dataset not in subsets) or (kinds and sample.tampered and sample.kind not in kinds):
            continue
        place = sample.dataset, sample.label
        counts[place] = counts.get(place, 0) + 1
        if limit is None or counts[place] <= limit:
            kept.append(sample)
    if not kept:
        names = ", ".join(dict.fromkeys(sample.dataset for sample in dataset.samples))
        raise DatasetProblem(f"nothing is left of {dataset.root}: it holds {names or 'nothing'}")
    return replace(dataset, samples=tuple(kept))


def _written(plan: Plan) -> Generator[Progress, None, int]:
    """Evaluate, write table and summaries; the number of failed images."""
    from workstation.evaluation.evaluate import evaluate as rows_of  # noqa: PLC0415

    evaluated = yield from rows_of(plan)
    yield Progress("computing intervals")
    write(evaluated)
    return sum(1 for row in evaluated.rows if row.error)


def write(evaluated: Evaluated) -> None:
    """Write per_image.csv, summary.json and summary.md into the folder of the evaluation.

    Raises:
        ExportProblem: if one cannot be written.
    """
    from workstation.evaluation.rows import write_table  # noqa: PLC0415
    from workstation.evaluation.summary import summarise  # noqa: PLC0415
    from workstation.evaluation.summary_text import as_markdown  # noqa: PLC0415
    from workstation.report.atomic import write_text  # noqa: PLC0415

    out, summary = evaluated.plan.out, summarise(evaluated)
    write_table(evaluated.rows, out / "per_image.csv")
    write_text(out / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    write_text(out / "summary.md", as_markdown(summary))
