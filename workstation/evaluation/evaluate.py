"""An evaluation set becomes rows: every image is degraded, analysed and scored, and each row is kept at once.

The folder of an evaluation holds

- `evaluation.json`: what was asked for; a folder is resumed only by the same question,
- `rows.jsonl`: one row per image that is done,
- `<dataset>/<stem>.npy`: heat maps, float32, extent = the image, higher = foreign, NaN = not assessable,
- `peers/<method>/<dataset>/<stem>.npy`: those of the other methods,
- `per_image.csv`, `summary.json`, `summary.md`: written at the end.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation import __version__, analysis
from workstation.analysis import calibration
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.pipeline import stored_scale_map
from workstation.analysis.result import AnalysisRequest
from workstation.analysis.statement import CalibrationStatement
from workstation.errors import WorkstationError
from workstation.evaluation.datasets import Dataset, DatasetProblem, Sample, read_mask
from workstation.evaluation.degradations import Degradation
from workstation.evaluation.localisation import Localisation, localise
from workstation.evaluation.peers import PEERS
from workstation.evaluation.rows import Row, RowStore
from workstation.evidence import open_evidence
from workstation.evidence.record import Evidence
from workstation.progress import Progress, Stopwatch, drain
from workstation.report.atomic import replacing, write_text

CONSTANT = np.zeros((2, 2), np.float32)
"""The map that stands in for a missing one."""

NOT_CALIBRATED = "not calibrated: these weights carry no calibration table"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of an evaluation.

    Attributes:
        dataset: the images.
        request: how they are analysed.
        out: folder of the evaluation.
        degradation: what happens to each image first.
        peers: names of other methods that are measured on the same images.
    """

    dataset: Dataset
    request: AnalysisRequest
    out: Path
    degradation: Degradation = field(default_factory=Degradation)
    peers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of it.

    Attributes:
        plan: what was asked.
        rows: one per image, in the order of the set.
        question: what was asked, as evaluation.json holds it beside the folder of the set.
        computed_on: device and number format of this run; rows of an earlier run may come from another device.
    """

    plan: Plan
    rows: tuple[Row, ...]
    question: Mapping[str, Any]
    computed_on: str = ""


def threshold_of(encoder: Encoder) -> float:
    """The fixed threshold of F1 and MCC: the middle of the absolute scale that is stored with the weights."""
    low, high = encoder.description.departure_range
    return (low + high) / 2


def evaluate(plan: Plan, *, encoder: Encoder | None = None) -> Generator[Progress, None, Evaluated]:
    """Measure every image that is not measured yet.

    Args:
        plan: what is asked. Rows with an error are tried again.
        encoder: loaded weights; None = those of the request.

    Yields:
        Progress after each image; its partial is the row.

    Raises:
        DatasetProblem: if the folder holds the answer to another question.
        WeightsProblem: if the weights cannot be used.
        DeviceProblem: if the device cannot be used.
    """
    if encoder is None:
        yield Progress("loading the model", 0.0)
        request = plan.request
        encoder = load_encoder(
            request.model, device=request.device, threads=request.threads, precision=request.precision
        )
    question = _question(plan, encoder)
    _claim(plan.out, {**question, "root": str(plan.dataset.root.resolve())})
    store = RowStore(plan.out / "rows.jsonl")
    store.prepare()
    rows = store.read()
    watch, samples = Stopwatch(), plan.dataset.samples
    waiting = [s for s in samples if _is_missing(rows.get((s.dataset, s.name)), s, plan.peers)]
    for number, sample in enumerate(waiting):
        fraction = number / len(waiting)
        done = len(samples) - len(waiting) + number
        yield Progress(f"{done + 1} of {len(samples)}: {sample.name}", fraction, watch.remaining(fraction))
        started = time.perf_counter()
        row = measure(sample, plan, encoder)
        row = replace(row, elapsed=time.perf_counter() - started)
        store.add(row)
        rows[row.identity] = row
    yield Progress("writing the table", 1.0)
    computed_on = f"{encoder.device_name}, {encoder.dtype_name}"
    return Evaluated(plan, tuple(rows[s.dataset, s.name] for s in samples), question, computed_on)


def measure(sample: Sample, plan: Plan, encoder: Encoder) -> Row:
    """Analyse and score one image. Whatever fails is a row with its error.

    Args:
        sample: the image.
        plan: what is asked.
        encoder: loaded weights.
    """
    row = Row(sample.dataset, sample.name, sample.label, sample.kind, sizes=_sizes(sample))
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measured(row, sample, plan, encoder, Path(folder))
    except WorkstationError as problem:
        error = problem.what
    except Exception as problem:  # noqa: BLE001 - a defect that one image brings to light is a failure of that image
        error = f"internal error ({type(problem).__name__}: {problem})"
    return replace(row, error=error, constant=_constant_alone(sample))


def _constant_alone(sample: Sample) -> Localisation | None:
    """Figures of a constant map for an image that failed; None where its mask cannot be read either."""
    try:
        return localise(CONSTANT, read_mask(sample))
    except DatasetProblem:
        return None


def _sizes(sample: Sample) -> str:
    files = (sample.file, sample.mask) if sample.mask else (sample.file,)
    return " ".join(_file_size(file) for file in files)


def _file_size(file: Path) -> str:
    try:
        return str(file.stat().st_size)
    except (OSError, ValueError):  # whoever opens it says so
        return "missing"


def _size(evidence: Evidence) -> tuple[int, int]:
    return evidence.pixels.height, evidence.pixels.width


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One image that could be opened, as it is analysed.

    Attributes:
        evidence: after the degradation.
        mask: (height, width) bool, or None.
    """

    sample: Sample
    plan: Plan
    evidence: Evidence
    mask: NDArray[np.bool_] | None


def _measured(row: Row, sample: Sample, plan: Plan, encoder: Encoder, folder: Path) -> Row:
    evidence = open_evidence(sample.file)
    mask = None if sample.mask is None else read_mask(sample, _size(evidence), evidence.pixels.orientation)
    if plan.degradation:
        evidence = open_evidence(plan.degradation.write(evidence.pixels.rgb, folder))
        mask = None if mask is None else plan.degradation.mask(mask)
    height, width = _size(evidence)
    row = replace(row, height=height, width=width)
    if mask is not None:
        row = replace(row, foreign=int(np.count_nonzero(mask)), constant=localise(CONSTANT, mask))
    elif not sample.tampered:
        row = replace(row, foreign=0)
    case = _Case(sample, plan, evidence, mask)
    row = replace(row, peers=dict(_measured_peers(case)))
    try:
        row = _analysed(row, case, encoder)
    except WorkstationError as problem:  # the constant map and the peers are known all the same
        return replace(row, error=problem.what)
    if sample.tampered and row.constant is None:
        why = "no mask" if mask is None else "a mask without both foreign and other pixels"
        return replace(row, error=f"{sample.name} has {why}: nothing to compare the map with")
    return row


def _analysed(row: Row, case: _Case, encoder: Encoder) -> Row:
    started = time.perf_counter()
    result = drain(analysis.run(case.evidence, case.plan.request, encoder=encoder))
    row = replace(row, seconds=time.perf_counter() - started)
    heat = stored_scale_map(result)
    if heat is None:
        return replace(row, figures=row.constant, abstained=f"not assessable: {result.reason}")
    _keep(heat, case.plan.out / case.sample.dataset / f"{case.sample.key}.npy")
    p_consistent, llr, abstained = calibrated(result.calibration)
    return replace(
        row,
        figures=None if case.mask is None else localise(heat, case.mask, threshold=threshold_of(encoder)),
        score=result.calibration.value if result.calibration else None,
        mean_dissimilarity=result.score,
        groups=len(result.partition.groups) if result.partition else None,
        p_consistent=p_consistent,
        llr=llr,
        abstained=abstained,
    )


def calibrated(statement: CalibrationStatement | None) -> tuple[float | None, float | None, str]:
    """(conformal p-value, log10 likelihood ratio, why neither is stated or "").

    Args:
        statement: of a result.
    """
    if statement is None or statement.status == "not calibrated":
        return None, None, NOT_CALIBRATED
    if statement.status == "outside":
        codes = ", ".join(remark.code for remark in statement.reasons)
        return None, None, f"outside what was validated{f' ({codes})' if codes else ''}: {statement.reason}"
    return statement.p_consistent, statement.llr, ""


def _measured_peers(case: _Case) -> Generator[tuple[str, Localisation | None], None, None]:
    """Figures of the other methods; images without a mask have none."""
    if case.mask is None:
        return
    for name in case.plan.peers:
        try:
            heat = PEERS[name].heat(case.evidence.pixels.rgb)
        except WorkstationError:  # the picture is too small for it: a constant map stands in, as for ours
            yield name, None
            continue
        _keep(heat, case.plan.out / "peers" / name / case.sample.dataset / f"{case.sample.key}.npy")
        yield name, localise(heat, case.mask)


def _is_missing(row: Row | None, sample: Sample, peers: Sequence[str]) -> bool:
    if row is None or row.error:
        return True
    if (row.label, row.kind, row.sizes) != (sample.label, sample.kind, _sizes(sample)):
        return True
    return row.constant is not None and any(name not in row.peers for name in peers)


def _keep(heat: NDArray[np.float32], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as unfinished, unfinished.open("wb") as stream:
        np.save(stream, heat.astype(np.float32, copy=False))


def _question(plan: Plan, encoder: Encoder) -> dict[str, Any]:
    """What decides the rows: another question needs another folder."""
    weights = encoder.description
    table, _ = calibration.table_for(weights)
    return {
        "format": 1,
        "program": __version__,
        "dataset": plan.dataset.name,
        "degradation": str(plan.degradation),
        "model": weights.name,
        "weights_sha256": weights.sha256,
        "patch": plan.request.patch,
        "per_dimension": plan.request.per_dimension,
        "seed": plan.request.seed,
        "clusters": plan.request.clusters,
        "threshold": threshold_of(encoder),
        "calibration": f"{table.origin}, {table.date}" if table else "",
    }


def _claim(out: Path, question: Mapping[str, Any]) -> None:
    """Take a folder for this question, or find it asked there before."""
    file = out / "evaluation.json"
    if file.is_file():
        try:
            before = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as problem:
            raise DatasetProblem(f"{file} cannot be read ({problem})") from problem
        differing = [name for name, value in question.items() if before.get(name) != value]
        if differing:
            name = differing[0]
            raise DatasetProblem(
                f"{out} holds another evaluation: {name} was {before.get(name)!r} and is {question[name]!r} now; "
                "choose another folder, or delete that one"
            )
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DatasetProblem(f"{out} cannot be made ({problem.strerror or problem})") from problem
    write_text(file, json.dumps(question, indent=2) + "\n")
