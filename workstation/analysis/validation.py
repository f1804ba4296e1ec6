"""Does this machine compute what was stored? The bundled examples, analysed here, beside the stored results.

The stored results are those of one CPU in float32. Other processors, bfloat16 and GPUs round differently, so values are
compared within tolerances that are stated, and every device that this computer offers is asked.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation import __version__, analysis, paths
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisRequest, AnalysisResult, Maps
from workstation.analysis.statement import Check, ValidationReport
from workstation.errors import DeviceProblem, WorkstationError, in_percent
from workstation.evidence import open_evidence
from workstation.progress import Progress, Stopwatch, drain
from workstation.whole_files import whole_file

FORMAT = 1

DEVICES = ("cpu", "cuda", "mps")
"""Those that are asked if none is named."""

LARGEST_DIFFERENCE = 0.05
"""Of a single cell of the departure map (0..1): cells on the slope of a border move most when rounding differs. Between
float32 and bfloat16 on one CPU the examples differ by 0.003."""

USUAL_DIFFERENCE = 0.01
"""Of 95 in 100 cells of the departure map; a fiftieth of what the example's foreign part departs by."""

SCORE_DIFFERENCE = 0.01
"""Of the mean dissimilarity, relative to the stored one."""

GROUP_AGREEMENT = 0.98
"""Share of cells whose group is the stored one; cells along a border may change sides."""

STEPS = 1000
"""Steps per unit in which the departure map is stored: 0.001 is far below every tolerance."""


class ValidationProblem(WorkstationError):
    """This installation cannot be compared with stored results."""

    remedy = "Reinstall Exifact, or store results for these weights with `exifact validate --store`."


def validate(
    *,
    model: str = "compact",
    devices: Sequence[str] = DEVICES,
    insist: bool = False,
    threads: int | None = None,
    keep: bool = True,
) -> Generator[Progress, None, ValidationReport]:
    """Analyse the bundled examples on every device and compare with the stored results.

    Args:
        model: weights whose results are stored.
        devices: to ask, each of them compared with what a CPU stored: so a GPU is compared with a CPU.
        insist: whether a device that is not there is a problem; if not, it is skipped and named.
        threads: CPU threads; None = torch's default.
        keep: whether the outcome is kept in the user's data folder (`last`).

    Yields:
        Progress after each example; its `partial` is the `Check`.

    Returns:
        The outcome; a failed comparison is an outcome, too.

    Raises:
        ValidationProblem: if nothing is stored for these weights, or an example is missing or altered.
        WeightsProblem: if the weights cannot be loaded.
        DeviceProblem: if a device is not there and it was insisted on; nothing is kept then.
    """
    stored = _stored(model)
    checks: list[Check] = []
    skipped: list[tuple[str, str]] = []
    steps, done, watch = len(devices) * len(stored["images"]), 0, Stopwatch()
    for device in devices:
        yield Progress(f"loading the model for {device}", done / steps, watch.remaining(done / steps))
        try:
            encoder = load_encoder(model, device=device, threads=threads)
        except DeviceProblem as problem:
            if insist:
                raise
            skipped.append((device, problem.what))
            done += len(stored["images"])
            continue
        if encoder.description.sha256 != stored["weights_sha256"]:
            raise ValidationProblem(f"the stored results belong to other weights than this {model!r}")
        for name, expected in stored["images"].items():
            done += 1
            check = _check(name, expected, encoder, AnalysisRequest(model=model, device=device, threads=threads))
            checks.append(check)
            yield Progress(f"comparing {name}", done / steps, watch.remaining(done / steps), check)
    report = ValidationReport(model, stored["weights_sha256"], __version__, _now(), tuple(checks), tuple(skipped))
    if keep:
        _keep(report)
    return report


def last(weights_sha256: str = "") -> ValidationReport | None:
    """The outcome that was kept last on this machine; None if there is none or it cannot be read.

    Args:
        weights_sha256: only an outcome of these weights; "" = of any.
    """
    try:
        fields = json.loads(_last_file().read_text(encoding="utf-8"))
        checks = tuple(Check(**check) for check in fields.pop("checks"))
        skipped = tuple((str(device), str(reason)) for device, reason in fields.pop("skipped"))
        report = ValidationReport(**fields, checks=checks, skipped=skipped)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return report if weights_sha256 in ("", report.weights_sha256) else None


def store(*, model: str = "compact", threads: int | None = None) -> Generator[Progress, None, Path]:
    """Analyse the bundled examples on the CPU in float32 and keep the results as the ones to compare with.

    Returns:
        The file that was written, beside the examples.

    Raises:
        ValidationProblem: if the folder of the examples cannot be written.
    """
    encoder = load_encoder(model, device="cpu", threads=threads, precision="float32")
    images: dict[str, Any] = {}
    names = _example_names()
    for number, name in enumerate(names):
        yield Progress(f"analysing {name}", number / len(names))
        evidence = open_evidence(_examples() / name)
        request = AnalysisRequest(model=model, device="cpu", threads=threads, precision="float32")
        result = drain(analysis.run(evidence, request, encoder=encoder))
        images[name] = {"sha256": evidence.identity.sha256, **_summary(result)}
    content = {
        "format": FORMAT,
        "about": "Results of the bundled examples, to compare other machines with (`exifact validate`).",
        "weights": model,
        "weights_sha256": encoder.description.sha256,
        "program": __version__,
        "computed_on": f"{encoder.device_name}, {encoder.dtype_name}",
        "date": _now(),
        "images": images,
    }
    file = _stored_file(model)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content) + "\n", encoding="utf-8")
    except OSError as problem:
        raise ValidationProblem(f"{file} cannot be written: {problem.strerror or problem}") from problem
    return file


def compare(result: AnalysisResult, expected: dict[str, Any]) -> Check:
    """An analysis beside a stored one.

    Args:
        result: of this machine.
        expected: one entry of "images" of the stored file.
    """
    name, device = str(expected["image"]), f"{result.provenance.device}, {result.provenance.dtype}"
    if result.status != expected["status"] or result.maps is None or result.score is None:
        return Check(name, device, passed=False, reason=f"it is {result.status}, stored was {expected['status']}")
    here, there = _departure(result.maps), np.array(expected["departure"], np.float64) / STEPS
    groups = np.array(expected["groups"])
    if here.shape != there.shape:
        return Check(name, device, passed=False, reason=f"the map has {here.shape} cells, stored were {there.shape}")
    if not np.array_equal(here < 0, there < 0):
        return Check(name, device, passed=False, reason="other cells are assessable than in the stored result")
    known = there >= 0
    difference = np.abs(here - there)[known]
    largest, usual = float(difference.max()), float(np.quantile(difference, 0.95))
    score = abs(result.score - expected["score"]) / max(abs(expected["score"]), 1e-9)
    agreement = float(np.mean(result.maps.groups[known] == groups[known]))
    outside = [
        words
        for words, fails in (
            (f"a cell differs by more than {LARGEST_DIFFERENCE}", largest > LARGEST_DIFFERENCE),
            (f"more than one cell in twenty differs by over {USUAL_DIFFERENCE}", usual > USUAL_DIFFERENCE),
            (f"the score differs by more than {in_percent(SCORE_DIFFERENCE)}", score > SCORE_DIFFERENCE),
            (
                f"fewer than {in_percent(GROUP_AGREEMENT)} of the cells are in the stored group",
                agreement < GROUP_AGREEMENT,
            ),
        )
        if fails
    ]
    seconds = round(sum(value for _, value in result.provenance.seconds), 2)
    return Check(name, device, not outside, "; ".join(outside), largest, usual, score, agreement, seconds)


def _check(name: str, expected: dict[str, Any], encoder: Encoder, request: AnalysisRequest) -> Check:
    evidence = open_evidence(_examples() / name)
    if evidence.identity.sha256 != expected["sha256"]:
        raise ValidationProblem(f"the example {name} is not the one that the stored results belong to")
    try:
        result = drain(analysis.run(evidence, request, encoder=encoder))
    except DeviceProblem as problem:
        return Check(name, request.device, passed=False, reason=problem.what)
    return compare(result, {"image": name, **expected})


def _summary(result: AnalysisResult) -> dict[str, Any]:
    if result.maps is None or result.score is None:
        raise ValidationProblem(f"an example is not assessable: {result.reason}")
    departure = np.round(_departure(result.maps) * STEPS).astype(int)
    return {
        "status": result.status,
        "score": result.score,
        "departure": departure.tolist(),
        "groups": result.maps.groups.tolist(),
    }


def _departure(maps: Maps) -> NDArray[np.float64]:
    """The departure map, −1 where nothing is assessable."""
    return np.where(maps.groups == NOT_ASSESSABLE, -1.0, np.nan_to_num(maps.departure, nan=-1.0).astype(np.float64))


def _stored(model: str) -> dict[str, Any]:
    file = _stored_file(model)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise ValidationProblem(f"no results are stored for the weights {model!r}") from problem
    except (OSError, ValueError) as problem:
        raise ValidationProblem(f"{file} cannot be read: {problem}") from problem
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValidationProblem(f"{file} is of a format that this version does not read")
    return content


def _keep(report: ValidationReport) -> None:
    file = _last_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(file) as unfinished:
            unfinished.write_text(json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as problem:
        raise ValidationProblem(f"the outcome cannot be kept in {file}: {problem.strerror or problem}") from problem


def _examples() -> Path:
    return paths.resources() / "examples"


def _example_names() -> list[str]:
    return sorted(file.name for file in _examples().glob("*.jpg"))


def _stored_file(model: str) -> Path:
    return _examples() / "expected" / f"{Path(model).name}.json"


def _last_file() -> Path:
    return paths.user_data() / "validation.json"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
