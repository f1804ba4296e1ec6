"""What it takes to repeat a result, where it departs from the published recipe, and how long each stage took."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from importlib import metadata
from platform import python_version
from typing import Any, TypeVar

from workstation import __version__
from workstation.analysis import (
    colours,
    cut,
    discriminant,
    edged_map,
    maps,
    mean_shift,
    partition,
    reference,
    suitability,
)
from workstation.analysis.geometry import PUBLISHED_PER_DIMENSION, RESPONSE_LIMIT, PatchGrid
from workstation.analysis.model.encoder import Encoder
from workstation.analysis.result import AnalysisRequest, Provenance, Suitability
from workstation.errors import RecordedWarning
from workstation.progress import Progress, Stopwatch, relayed

T = TypeVar("T")

FEW_INDEPENDENT = 12
"""Patches' worth of area below which a warning says that the patches of a small picture are nearly the same."""

STAGES = {
    "loading the model": 0.0,
    "looking for assessable patches": 0.01,
    "embedding patches": 0.03,
    "sorting patches into groups": 0.84,
    "comparing patches": 0.92,
    "drawing maps": 0.98,
    "holding what the file says against the pixels": 0.985,
    "writing findings": 0.99,
    "writing down why it is not assessable": 0.99,
}
"""Where each stage starts, as a share of the whole: measured on a 12-megapixel photograph with the compact model."""


class Timeline:
    """Places each stage in the whole, estimates the time to the end, and keeps the seconds by stage.

    Attributes:
        seconds: stage to wall-clock seconds, of the stages that ended.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage = ""
        self._since = time.monotonic()
        self._watch: Stopwatch | None = None

    def at(self, stage: str, share: float = 0.0, partial: Any = None) -> Progress:
        """The progress at a share (0..1) of a stage."""
        if stage != self._stage:
            self.finish()
            self._stage = stage
        begin = STAGES[stage]
        end = min((start for start in STAGES.values() if start > begin), default=1.0)
        fraction = begin + (end - begin) * min(1.0, max(0.0, share))
        remaining = None
        if self._watch is None:
            self._watch = Stopwatch() if begin > 0 else None  # loading a model says nothing about the pace
        else:
            remaining = self._watch.remaining(fraction)
        return Progress(stage, fraction, remaining, partial)

    def through(self, stage: str, steps: Generator[float, None, T]) -> Generator[Progress, None, T]:
        """Report the shares that a computation yields as progress of a stage, and return its result."""
        yield self.at(stage)
        return (yield from relayed(steps, lambda share: self.at(stage, share)))

    def finish(self) -> None:
        """End the stage that runs."""
        now = time.monotonic()
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = "", now


def provenance_of(
    encoder: Encoder, request: AnalysisRequest, grid: PatchGrid | None, started: str, timeline: Timeline
) -> Provenance:
    """Everything that the result depends on.

    Args:
        encoder: that embedded the patches.
        request: what was asked for.
        grid: where patches were cut, None if the image holds none.
        started: UTC, ISO 8601.
        timeline: of the analysis; its last stage ends here.
    """
    timeline.finish()
    description = encoder.description
    return Provenance(
        program=__version__,
        weights=description.name,
        weights_sha256=description.sha256,
        architecture=description.architecture,
        parameters=_parameters(encoder, request, grid),
        device=encoder.device_name,
        dtype=encoder.dtype_name,
        threads=encoder.threads,
        seed=request.seed,
        libraries=_libraries(),
        started=started,
        seconds=tuple((stage, round(seconds, 3)) for stage, seconds in timeline.seconds.items()),
    )


def deviations(
    encoder: Encoder, request: AnalysisRequest, grid: PatchGrid, fitness: Suitability, image_size: tuple[int, int]
) -> tuple[RecordedWarning, ...]:
    """Where the analysis had to leave the usual road, as warnings of the result.

    Args:
        encoder: that embedded the patches.
        request: what was asked for.
        grid: where patches were cut.
        fitness: which patches are assessable.
        image_size: (height, width) of the stored image.
    """
    height, width = image_size
    paper = encoder.description.architecture == "paper"
    per_dimension = request.per_dimension or PUBLISHED_PER_DIMENSION
    warnings = []
    if paper and max(height, width) - grid.patch < per_dimension:
        warnings.append(
            RecordedWarning.of(
                "stride-raised",
                f"{width}×{height} pixels are too few for {per_dimension} patches of {grid.patch} pixels along the "
                f"longer side: the published stride would be 0, 1 was used",
                size=f"{width}×{height}",
                per_dimension=per_dimension,
                patch=grid.patch,
            )
        )
    if grid.spread < grid.full_spread:
        warnings.append(
            RecordedWarning.of(
                "spread-capped",
                f"each patch votes for {grid.spread}×{grid.spread} cells instead of the published "
                f"{grid.full_spread}×{grid.full_spread}, so that the response maps stay under "
                f"{RESPONSE_LIMIT // 1_000_000} MB; the map's outer cells repeat their neighbours",
                spread=grid.spread,
                full=grid.full_spread,
                most=RESPONSE_LIMIT // 1_000_000,
            )
        )
    if paper and not maps.is_published(encoder.description.architecture, grid):
        warnings.append(
            RecordedWarning.of(
                "response-maps-too-large",
                f"{grid.rows * grid.columns} patches would need {grid.response_bytes / 1e6:.0f} MB of response maps, "
                f"over the limit of {RESPONSE_LIMIT // 1_000_000} MB: departure was measured from a robust reference "
                f"group instead of by the published mean shift",
                patches=grid.rows * grid.columns,
                needed=round(grid.response_bytes / 1e6),
                most=RESPONSE_LIMIT // 1_000_000,
            )
        )
    independent = height * width / grid.patch**2
    if independent < FEW_INDEPENDENT:
        warnings.append(
            RecordedWarning.of(
                "few-independent-patches",
                f"{width}×{height} pixels hold about {max(1, int(independent))} patches of {grid.patch}×{grid.patch} "
                f"that do not overlap; the {int(fitness.assessable.sum())} that were compared share most of their "
                f"pixels, so group sizes and stability say little",
                size=f"{width}×{height}",
                count=max(1, int(independent)),
                patch=grid.patch,
                compared=int(fitness.assessable.sum()),
            )
        )
    return tuple(warnings)


def _parameters(encoder: Encoder, request: AnalysisRequest, grid: PatchGrid | None) -> tuple[tuple[str, str], ...]:
    """Every parameter by name; fixed ones too, since another version may choose them differently."""
    published = grid is not None and maps.is_published(encoder.description.architecture, grid)
    asked = request.per_dimension
    low, high = encoder.description.departure_range
    return (
        *(() if grid is None else _of_grid(grid, encoder.description.architecture, published=published)),
        ("patches per dimension", "the model's own" if asked is None else str(asked)),
        ("device asked for", request.device),
        ("precision asked for", request.precision),
        ("flat below a grey deviation of", str(suitability.FLAT_DEVIATION)),
        ("clipped from grey", str(suitability.WHITE_LEVEL)),
        ("black up to grey", str(suitability.BLACK_LEVEL)),
        ("share of clipped or black pixels that excludes a patch", str(suitability.LOST_SHARE)),
        ("fewest assessable patches", str(suitability.FEWEST_PATCHES)),
        *(_of_published_maps() if published else _of_linear_maps()),
        ("departure scale of the weights", f"{low:g} to {high:g}"),
        ("components as colours", f"±{colours.COLOUR_SPAN:g} standard deviations"),
        *_of_groups(encoder, request),
    )


def _of_grid(grid: PatchGrid, architecture: str, *, published: bool) -> tuple[tuple[str, str], ...]:
    pooled = (("features averaged over", f"{grid.pooled_side()} px"),) if architecture == "compact" else ()
    return (
        ("method", "published" if published else "linear"),
        ("patch", f"{grid.patch} px"),
        *pooled,
        ("stride", f"{grid.stride} px"),
        ("offset of the first patch", f"{grid.offset} px"),
        ("rows × columns", f"{grid.rows} × {grid.columns}"),
        ("spread", f"{grid.spread} of {grid.full_spread} strides"),
    )


def _of_published_maps() -> tuple[tuple[str, str], ...]:
    return (
        ("largest response maps", f"{RESPONSE_LIMIT} bytes"),
        ("mean shift", f"{mean_shift.ITERATIONS} sweeps, window {mean_shift.WINDOW_PERCENTILE}th percentile"),
    )


def _of_linear_maps() -> tuple[tuple[str, str], ...]:
    return (
        (
            "embeddings blurred over",
            f"{reference.SMOOTHING:g} cells (standard deviation), {reference.SMOOTHING_OF_FEW:g} "
            f"below {discriminant.FEWEST_PATCHES} patches",
        ),
        (
            "reference found by (components: share of patches)",
            ", ".join(f"{count}: {share:g}" for count, share in reference.REFERENCES),
        ),
        ("members of the reference", f"up to the {reference.MEMBERS:.1%} quantile of a Gaussian"),
        (
            "reference moves with brightness",
            f"once not, once by a ridge regression ({reference.BRIGHTNESS_RIDGE:g}), "
            f"from {discriminant.FEWEST_PATCHES} patches on",
        ),
        ("distances from the references", "geometric mean"),
        ("second look along", f"{discriminant.COMPONENTS} components, from {discriminant.FEWEST_PATCHES} patches on"),
        (
            "departing group begins with",
            f"{discriminant.DEPARTING_SHARE:.0%} of the patches, {discriminant.STEPS} steps",
        ),
        (
            "edges of the picture taken over",
            f"{edged_map.EDGE_RADIUS:g} cells (radius), ridge {edged_map.EDGE_RIDGE:g}",
        ),
        ("departure of 0.5 at", f"{reference.HALF_WAY:g} typical deviations of the reference"),
        ("largest number of points cut without landmarks", str(cut.LANDMARKS)),
    )


def _of_groups(encoder: Encoder, request: AnalysisRequest) -> tuple[tuple[str, str], ...]:
    two, several = partition.strengths_of(encoder.description.architecture)
    return (
        ("groups tried", f"1 to {min(request.clusters, partition.MOST_CLUSTERS)}"),
        ("sample for the groups", f"{partition.SAMPLE} patches, {partition.BOOTSTRAPS} bootstrap samples"),
        ("one group simulated", f"{partition.SURROGATES} times"),
        ("directions that groups are sought along", str(partition.DIRECTIONS)),
        ("patches dealt to groups with their neighbours", f"{partition.OUTLINE_BLUR:g} cells (standard deviation)"),
        ("fewest patches of the sample per group", str(partition.FEWEST_PER_CLUSTER)),
        ("stable from", str(partition.STABLE)),
        ("separation above that of one group, from", str(partition.SEPARATION_EXCESS)),
        ("equally separated or stable within", str(partition.TIE)),
        ("groups differ from a product of excess separation and distance of", f"{two}, {several} for more than two"),
        ("ambiguous below a margin of", str(partition.AMBIGUOUS_MARGIN)),
        ("ambiguous if a group departs less than A by", str(partition.CONTRADICTION)),
    )


def _libraries() -> tuple[tuple[str, str], ...]:
    """Versions of what is loaded, as installed."""
    loaded = [(name, module) for name, module in _LIBRARIES if module in sys.modules]
    return (("python", python_version()), *((name, metadata.version(name)) for name, _ in loaded))


_LIBRARIES = (
    ("numpy", "numpy"),
    ("scipy", "scipy"),
    ("torch", "torch"),
    ("transformers", "transformers"),
    ("safetensors", "safetensors"),
    ("pillow", "PIL"),
    ("simplejpeg", "simplejpeg"),
    ("pi-heif", "pi_heif"),
    ("piexif", "piexif"),
)
