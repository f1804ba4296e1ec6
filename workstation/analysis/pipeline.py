"""Evidence becomes findings, step by step: the one path that the window, the command line and a batch take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from workstation.analysis import calibration, findings, maps, model, partition, published, validation
from workstation.analysis.claims import Placing, claims_of_parts
from workstation.analysis.claims_statement import Claims
from workstation.analysis.conditions import conditions_of
from workstation.analysis.detection import detect
from workstation.analysis.edged_map import with_edges
from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.model.encoder import Encoder
from workstation.analysis.products import one_thread
from workstation.analysis.provenance import Timeline, deviations, provenance_of
from workstation.analysis.result import (
    NOT_ASSESSABLE,
    AnalysisRequest,
    AnalysisResult,
    BoolArray,
    FloatArray,
    LabelArray,
    Maps,
    PartialMap,
    Partition,
    Suitability,
)
from workstation.analysis.side_by_side import Beside, beside
from workstation.analysis.statement import Conditions
from workstation.analysis.stored_scale import stored_scale_affine, stored_scale_map
from workstation.analysis.suitability import FEWEST_PATCHES, assess
from workstation.errors import ImageTooSmall, NotAssessable, RecordedWarning, TooFewPatches, WeightsProblem
from workstation.evidence.record import Evidence
from workstation.progress import Progress, drain, relayed

__all__ = ["FEWEST_PATCHES", "run", "stored_scale_affine", "stored_scale_map"]


PARTIAL_INTERVAL = 0.25
"""Least seconds between two partial maps; the first comes at once."""


def run(
    evidence: Evidence,
    request: AnalysisRequest,
    *,
    encoder: Encoder | None = None,
    claims: bool = False,
    watched: bool = False,
) -> Generator[Progress, None, AnalysisResult]:
    """Analyse the pixels of one file.

    Args:
        evidence: the opened file; the pixels are used as stored, without orientation or colour management.
        request: everything that decides what is computed.
        encoder: already loaded weights, so that a batch or a window loads them once; None = those of the request.
        claims: whether what the file says is held against what is seen, where the weights have a text side; a text side
            that cannot be used is a warning.
        watched: whether partial maps are wanted; they cost a little time and change nothing.

    Yields:
        Progress after each step; if watched, its `partial` is a `PartialMap` while patches are being embedded, at most
        four times a second. Closing the generator cancels the analysis; nothing is kept.

    Returns:
        The result. Same request, same file, same device and number of threads: the same arrays, byte for byte.

    Raises:
        WeightsProblem: if the weights are missing, altered or do not fit their architecture.
        DeviceProblem: if the device is not there, or runs out of memory.
    """
    started, timeline = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", Timeline()
    if encoder is None:
        yield timeline.at("loading the model")
        encoder = model.load_encoder(
            request.model, device=request.device, threads=request.threads, precision=request.precision
        )
    height, width = evidence.pixels.height, evidence.pixels.width
    grid: PatchGrid | None = None
    suitability: Suitability | None = None
    try:
        grid = encoder.default_grid(height, width, request.patch, request.per_dimension)
        yield timeline.at("looking for assessable patches")
        suitability = assess(evidence.pixels.rgb, grid)
        assessable = int(np.count_nonzero(suitability.assessable))
        if assessable < FEWEST_PATCHES:
            raise TooFewPatches(assessable, suitability.assessable.size, FEWEST_PATCHES)
    except NotAssessable as problem:
        yield timeline.at("writing down why it is not assessable")
        return AnalysisResult(
            status="not assessable",
            reason=problem.what,
            request=request,
            image_size=(height, width),
            provenance=provenance_of(encoder, request, grid, started, timeline),
            findings=findings.not_assessable(problem, _numbers_of(problem, height, width)),
            grid=grid,
            suitability=suitability,
        )
    task = _Task(evidence, request, encoder, grid, suitability, timeline, started, claims=claims, watched=watched)
    return (yield from _complete(task))


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """An analysis that can be carried out."""

    evidence: Evidence
    request: AnalysisRequest
    encoder: Encoder
    grid: PatchGrid
    suitability: Suitability
    timeline: Timeline
    started: str
    claims: bool
    watched: bool

    @property
    def image(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB as stored."""
        return self.evidence.pixels.rgb


def _complete(task: _Task) -> Generator[Progress, None, AnalysisResult]:
    """Embed, sort, compare, draw and say."""
    embeddings = yield from _embed(task)
    if maps.is_published(task.encoder.description.architecture, task.grid):  # all pairs: large products
        return (yield from _compare(task, embeddings))
    with one_thread():
        return (yield from _compare(task, embeddings))


def _compare(task: _Task, embeddings: FloatArray) -> Generator[Progress, None, AnalysisResult]:
    """From the embeddings to the result: groups, and beside them the comparison that needs none, and the conditions."""
    grid, timeline = task.grid, task.timeline
    published = maps.is_published(task.encoder.description.architecture, grid)
    with beside(task.encoder.threads) as other:
        linear = None if published else other.start(lambda: drain(_linear(embeddings, task)))
        conditions = other.start(lambda: conditions_of(task.evidence))
        sorting = yield from timeline.through("sorting patches into groups", _sort(embeddings, task))
        groups = group_cells(sorting.labels, task.suitability.assessable, grid)
        if linear is None:
            steps = maps.compare_published(embeddings, grid, task.suitability.assessable, groups == 0)
            comparison = yield from timeline.through("comparing patches", steps)
        else:
            yield timeline.at("comparing patches")
            comparison = linear()
        edging = None if published else other
        drawing = _draw(task, embeddings, groups, sorting, comparison=comparison, edging=edging, measured=conditions)
        return (yield from drawing)


def _geometry(task: _Task) -> MapGeometry:
    """The cells of the maps."""
    return maps.map_geometry(task.grid, *task.image.shape[:2])


def _draw(
    task: _Task,
    embeddings: FloatArray,
    groups: LabelArray,
    sorting: partition.Sorting,
    *,
    comparison: maps.Comparison,
    edging: Beside | None,
    measured: Callable[[], Conditions],
) -> Generator[Progress, None, AnalysisResult]:
    """Maps, and what they say in words; the picture's edges are taken by `edging`, if there is any."""
    grid, request, timeline = task.grid, task.request, task.timeline
    height, width = task.image.shape[:2]
    departure, geometry = maps.to_extent(comparison.departure, grid), _geometry(task)
    edged = None if edging is None else edging.start(lambda: with_edges(departure, geometry, task.image))
    yield timeline.at("drawing maps")
    components, scatter = maps.component_maps(embeddings, grid, task.suitability.assessable)
    drawn = Maps(
        geometry=geometry,
        departure=departure,
        pca=maps.to_extent(components, grid),
        groups=maps.to_extent(groups, grid),
        cut=maps.to_extent(comparison.cut, grid),
        departure_range=task.encoder.description.departure_range,
        edged=None if edged is None else edged(),
    )
    found = partition.describe(sorting, groups, comparison.departure)
    said, unsaid = (yield from _claims(task, drawn, found)) if task.claims else (None, None)
    yield timeline.at("writing findings")
    conditions = measured()
    detection = detect(embeddings, grid, drawn, found, score=comparison.score)
    table, problem = calibration.table_for(task.encoder.description)
    statement = calibration.state(table, detection, conditions)
    return AnalysisResult(
        status="complete",
        reason="",
        request=request,
        image_size=(height, width),
        provenance=provenance_of(task.encoder, request, grid, task.started, timeline),
        findings=findings.in_words(found, drawn, task.suitability, grid, sorting, statement=statement),
        warnings=(
            *deviations(task.encoder, request, grid, task.suitability, (height, width)),
            *(warning for warning in (problem, unsaid) if warning is not None),
        ),
        grid=grid,
        suitability=task.suitability,
        embeddings=embeddings,
        scatter=scatter,
        maps=drawn,
        partition=found,
        score=comparison.score,
        conditions=conditions,
        detection=detection,
        calibration=statement,
        validation=validation.last(task.encoder.description.sha256),
        claims=said,
    )


def _claims(
    task: _Task, drawn: Maps, found: Partition
) -> Generator[Progress, None, tuple[Claims | None, RecordedWarning | None]]:
    """What the file says against what is seen, in the picture and in each group."""
    stage = "holding what the file says against the pixels"
    yield task.timeline.at(stage)
    request = task.request
    placed = Placing(request.device, request.threads, request.precision)
    cell = drawn.geometry.cell
    labels = drawn.groups.repeat(cell, 0).repeat(cell, 1)[: drawn.geometry.height, : drawn.geometry.width]
    groups = {group.name: labels == group.label for group in found.groups}
    steps = claims_of_parts(task.evidence, task.encoder.description, placed, groups)
    try:
        said = yield from relayed(steps, lambda progress: task.timeline.at(stage, progress.fraction or 0.0))
    except (WeightsProblem, NotAssessable) as problem:
        return None, RecordedWarning.of("claims-not-tested", problem.summary, reason=problem.what)
    return said, None


def _embed(task: _Task) -> Generator[Progress, None, FloatArray]:
    """(rows, columns, D) float32, unit length, NaN where a patch is not assessable."""
    yield task.timeline.at("embedding patches")
    painted = -math.inf
    with closing(task.encoder.embed(task.image, task.grid, watched=task.watched)) as steps:
        while True:
            try:
                progress = next(steps)
            except StopIteration as stop:
                embeddings: FloatArray = stop.value
                break
            partial = None
            if isinstance(progress.partial, np.ndarray) and time.monotonic() - painted >= PARTIAL_INTERVAL:
                partial = _provisional(progress.partial, task)
                painted = time.monotonic()
            yield task.timeline.at("embedding patches", progress.fraction or 0.0, partial)
    embeddings[~task.suitability.assessable] = np.nan
    return embeddings


def _provisional(embeddings: FloatArray, task: _Task) -> PartialMap | None:
    """How unlike the mean of the patches so far each of them is: enough to see a map grow."""
    known = task.suitability.assessable & np.isfinite(embeddings[:, :, 0])
    if np.count_nonzero(known) < FEWEST_PATCHES:
        return None
    mean = embeddings[known].mean(axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    distances: FloatArray = (np.float32(1) - embeddings @ mean).reshape(-1, 1)
    cells = published.vote_mean(distances, task.grid, known)[:, :, 0]
    return PartialMap(maps.to_extent(cells, task.grid), _geometry(task))


def _linear(embeddings: FloatArray, task: _Task) -> Generator[float, None, maps.Comparison]:
    return maps.compare_linear(embeddings, task.grid, task.suitability, task.request.seed)


def _sort(embeddings: FloatArray, task: _Task) -> Generator[float, None, partition.Sorting]:
    assessable, grid = task.suitability.assessable, task.grid
    return partition.sort_steps(
        embeddings[assessable],
        np.argwhere(assessable),
        overlap=-(-grid.patch // grid.stride),
        seed=task.request.seed,
        clusters=task.request.clusters,
        strengths=partition.strengths_of(task.encoder.description.architecture),
    )


def group_cells(labels: LabelArray, assessable: BoolArray, grid: PatchGrid) -> LabelArray:
    """Groups of patches to groups of map cells, numbered by area."""
    patches = np.full(assessable.shape, NOT_ASSESSABLE, np.int16)
    patches[assessable] = labels
    return partition.name_by_area(maps.majority(patches, grid))


def _numbers_of(problem: NotAssessable, height: int, width: int) -> tuple[tuple[str, float], ...]:
    size = (("height", float(height)), ("width", float(width)))
    if isinstance(problem, TooFewPatches):
        counted = (("assessable", problem.assessable), ("patches", problem.total), ("needed", problem.needed))
        return (*size, *((name, float(number)) for name, number in counted))
    return (*size, ("patch", float(problem.patch))) if isinstance(problem, ImageTooSmall) else size
