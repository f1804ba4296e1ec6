"""What is asked of an analysis and what comes back: frozen values, numpy arrays, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workstation.analysis.claims_statement import Claims
from workstation.analysis.geometry import MapGeometry, PatchGrid
from workstation.analysis.statement import CalibrationStatement, Conditions, Detection, ValidationReport
from workstation.errors import RecordedWarning

FloatArray: TypeAlias = NDArray[np.float32]
LabelArray: TypeAlias = NDArray[np.int16]
BoolArray: TypeAlias = NDArray[np.bool_]

NOT_ASSESSABLE = -1
"""Label of cells and patches that carry no statement."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """Everything that decides what an analysis computes.

    Attributes:
        model: name of registered weights ("compact", or what `exifact weights list` shows).
        device: "auto", "cpu", "cuda" or "mps".
        patch: side of a patch in pixels; None = the model's own.
        per_dimension: patches along the longer side (the published `num_per_dim`); None = the model's own geometry
            (compact) or 30 (paper).
        seed: of everything random.
        threads: CPU threads; None = leave torch's default.
        clusters: largest number of groups that is tried, 1..5.
        precision: "auto" (bfloat16 where the CPU has it and the model's weights allow it) or "float32".
    """

    model: str = "compact"
    device: str = "auto"
    patch: int | None = None
    per_dimension: int | None = None
    seed: int = 0
    threads: int | None = None
    clusters: int = 5
    precision: Literal["auto", "float32"] = "auto"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to repeat the result.

    Attributes:
        program: Exifact's version.
        weights: name, `weights_sha256`: hash of the file that was loaded.
        architecture: "compact" or "paper".
        parameters: every parameter by name, as text, in a fixed order.
        device: e.g. "cpu (AMD EPYC), 2 threads"; `dtype`: of the network's arithmetic.
        libraries: name and version of what took part (python, numpy, torch, pillow, ...).
        started: UTC, ISO 8601; `seconds`: wall-clock time by stage.
    """

    program: str
    weights: str
    weights_sha256: str
    architecture: str
    parameters: tuple[tuple[str, str], ...]
    device: str
    dtype: str
    threads: int
    seed: int
    libraries: tuple[tuple[str, str], ...]
    started: str
    seconds: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Suitability:
    """Which patches can be compared.

    Attributes:
        assessable: (rows, columns) bool over the patch grid.
        reason: (rows, columns) uint8 code per patch: 0 assessable, 1 flat, 2 clipped, 3 black.
        cells: (map rows, map columns) bool over the map's cells: at least one assessable patch votes there.
        brightness: (rows, columns) float32, mean luma of each patch, 0..255.
    """

    assessable: BoolArray
    reason: NDArray[np.uint8]
    cells: BoolArray
    brightness: FloatArray


@dataclass(frozen=True, slots=True)
class Group:
    """One cluster of patches.

    Attributes:
        name: "A" for the largest, then "B", ...
        label: its number in `Maps.groups` (0 for A).
        share: share of the assessable area, 0..1.
        departure: mean departure of its cells from the reference group (A), in units of the departure map.
        cells: number of map cells.
    """

    name: str
    label: int
    share: float
    departure: float
    cells: int


@dataclass(frozen=True, slots=True)
class Partition:
    """The answer to: into how many groups do the patches fall?

    Attributes:
        groups: by size; one group when no partition is stable.
        stable: whether a partition into two or more groups passed the test.
        stability: mean bootstrap agreement (adjusted Rand) of the best partition with k > 1, 0..1 (negative clipped).
        separation: mean silhouette (cosine) of that partition, -1..1.
        margin: share of A minus share of the second group, 0..1; 1 for one group.
        ambiguous: margin below `AMBIGUOUS_MARGIN`, or another group departs clearly less than A does: the program
            cannot say which group is the reference.
        tried: for each k from 2: (k, stability, separation).
        expected: for each k from 2: (k, separation that one homogeneous group with the same spread would show).
        distance: cosine distance between the mean embeddings of the best partition's largest group and of that which is
            farthest from it, 0..2.
    """

    groups: tuple[Group, ...]
    stable: bool
    stability: float
    separation: float
    margin: float
    ambiguous: bool
    tried: tuple[tuple[int, float, float], ...]
    expected: tuple[tuple[int, float], ...] = ()
    distance: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Per-cell maps over `geometry`, all of shape (rows, columns[, channels]).

    Attributes:
        geometry: cells to stored pixels.
        departure: float32, higher = departs more from the reference group; NaN where not assessable.
        pca: (rows, columns, 3) float32, whitened components scaled to 0..1; NaN where not assessable.
        groups: int16 cluster label (0 = A) or NOT_ASSESSABLE.
        cut: int16 side of the normalised cut (0 = larger side, 1) or NOT_ASSESSABLE.
        departure_range: absolute limits of the colour scale (low, high), stored with the weights.
        edged: (rows, columns) float32, the departure map at the scale of the stored image with the picture's edges
            (`edged_map.with_edges`); None for the published method's maps and for results of earlier versions.
    """

    geometry: MapGeometry
    departure: FloatArray
    pca: FloatArray
    groups: LabelArray
    cut: LabelArray
    departure_range: tuple[float, float]
    edged: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PartialMap:
    """What can be painted while patches are still being embedded; provisional, never exported.

    Attributes:
        departure: (rows, columns) float32 over `geometry`, cosine distance to the mean of the patches so far; NaN where
            nothing is known yet or not assessable.
        geometry: cells to stored pixels, the same as that of the final maps.
    """

    departure: FloatArray
    geometry: MapGeometry


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation in words, with the numbers behind it.

    Attributes:
        kind: "departs", "one-group", "ambiguous", "no-stable-partition", "not-assessable", "limits", "metadata", ...
        sentence: for window and report; observation only.
        numbers: name → value behind the sentence.
        group: name of the group that it speaks of, or "".
        variant: which of the kind's sentences it is, "" where there is one; kind, variant, numbers and codes make the
            same sentence in another language.
        codes: name → what is no number, as a code that stays the same in every language.
    """

    kind: str
    sentence: str
    numbers: tuple[tuple[str, float], ...] = ()
    group: str = ""
    variant: str = ""
    codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisResult:
    """What an analysis found.

    Attributes:
        status: "complete", or "not assessable" (then `reason` says why and the arrays are None).
        grid: where patches were cut.
        embeddings: (grid.rows, grid.columns, D) float32, unit length, NaN where a patch is not assessable.
        scatter: (grid.rows, grid.columns, 2) float32, first two principal components of the embeddings; NaN likewise.
        score: mean pairwise dissimilarity of the assessable patches (the published score); 0 = all alike.
        image_size: (height, width) of the stored image that all coordinates refer to.
        conditions: what error rates depend on.
        detection: the picture reduced to one number, several ways.
        calibration: what measured photographs allow to say about it.
        validation: the last comparison of this machine with stored results; None if there was none with these weights.
        claims: what the file says against what is seen; None where that was not asked for, or the weights have no text
            side.
    """

    status: Literal["complete", "not assessable"]
    reason: str
    request: AnalysisRequest
    image_size: tuple[int, int]
    provenance: Provenance
    findings: tuple[Finding, ...]
    warnings: tuple[RecordedWarning, ...] = field(default=())
    grid: PatchGrid | None = None
    suitability: Suitability | None = None
    embeddings: FloatArray | None = None
    scatter: FloatArray | None = None
    maps: Maps | None = None
    partition: Partition | None = None
    score: float | None = None
    conditions: Conditions | None = None
    detection: Detection | None = None
    calibration: CalibrationStatement | None = None
    validation: ValidationReport | None = None
    claims: Claims | None = None
