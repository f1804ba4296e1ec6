"""What a file says about itself, held against what its pixels look like, one tag at a time.

The claimed value of a tag stands in a line-up with other values. Each is a text of its own, and its score is its
similarity with the picture, less that with a mean picture (`TextSide.centre`), so that a text that fits every picture
gains nothing. How much such a score says is measured by `exifact validate-claims` with the functions of this module and
stored beside the weights; a tag that does not beat chance there is not testable.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from workstation.analysis import published_texts
from workstation.analysis.claims_statement import Claims, Material, RegionClaims, TagClaim, TagValidation, Verdict
from workstation.analysis.exif_texts import PROCESSING_TAGS, TagText, camera_statements, save_statements
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model import load_text_side
from workstation.analysis.model.encoder import Precision, TextSide, WeightsDescription
from workstation.analysis.result import BoolArray, FloatArray
from workstation.analysis.suitability import FEWEST_PATCHES, assess
from workstation.errors import Reason, TooFewPatches, WeightsProblem
from workstation.evidence.record import Evidence, Metadata
from workstation.progress import Progress

__all__ = [
    "Claims",
    "Material",
    "RegionClaims",
    "TagClaim",
    "TagValidation",
    "Validation",
    "Verdict",
    "claims_of_parts",
    "claims_steps",
    "read_validation",
    "see",
    "verdict_of",
]

SPACING: Final = 64
"""Pixels between the patches that are averaged to a picture's embedding."""

FIELD: Final = "claims"
"""Of a description of weights: what `exifact validate-claims` measured."""


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a text side runs: as in the analysis's request.

    Attributes:
        device: "auto", "cpu", "cuda" or "mps".
        threads: CPU threads; None = torch's default.
        precision: "auto" or "float32".
    """

    device: str
    threads: int | None
    precision: Precision


@dataclass(frozen=True, slots=True)
class Validation:
    """What was measured for one text side.

    Attributes:
        text_sha256: of the weights that it was measured with.
        fewest_patches, most_patches: assessable ones of the smallest and of the largest photograph that was measured.
        tags: one entry per tag that could be measured.
    """

    text_sha256: str
    fewest_patches: int
    most_patches: int
    tags: tuple[TagValidation, ...]

    def as_fields(self) -> dict[str, Any]:
        """As the JSON object that `read_validation` reads."""
        return asdict(self)


def claims_steps(
    evidence: Evidence, side: TextSide, *, masks: Mapping[str, BoolArray] | None = None
) -> Generator[Progress, None, Claims]:
    """Hold the file's own statements against its pixels.

    Args:
        evidence: decoded.
        side: compares patches with texts.
        masks: parts that are looked at by themselves, by name: (height, width) bool, in stored pixels.

    Yields:
        Progress while patches are embedded.

    Raises:
        NotAssessable: if the picture holds too few assessable patches.
        WeightsProblem: if the stored validation belongs to another text side or cannot be read.
        DeviceProblem: if the device runs out of memory.
    """
    validation = read_validation(side.description)
    said = {statement.tag: statement.value for statement in _statements(evidence.metadata, side.description)}
    if validation is None:
        return untested(evidence, side.description)
    seen = yield from see(side, evidence.pixels.rgb)
    line_ups = _line_ups(side, validation, said)
    regions = []
    for name, mask in (masks or {}).items():
        inside = seen.assessable & _patches_of(mask, seen.grid)
        count = int(inside.sum())
        judged = _judge(line_ups, said, seen.mean(inside), side, firm=False) if count >= FEWEST_PATCHES else ()
        regions.append(RegionClaims(name, count, judged))
    measured_size = validation.fewest_patches <= seen.count <= validation.most_patches
    return Claims(
        model=side.description.name,
        patches=seen.count,
        measured_size=measured_size,
        whole=_judge(line_ups, said, seen.mean(), side, firm=measured_size),
        regions=tuple(regions),
        unnamed=tuple(tag.tag for tag in validation.tags if tag.tag in PROCESSING_TAGS and not tag.names),
    )


def claims_of_parts(
    evidence: Evidence, description: WeightsDescription, placed: Placing, groups: Mapping[str, BoolArray]
) -> Generator[Progress, None, Claims | None]:
    """The claims of a picture and of its groups, with whatever text side belongs to these weights.

    Args:
        evidence: decoded.
        description: of the weights that analysed it.
        placed: device, threads and number format of the analysis.
        groups: name → (height, width) bool, in stored pixels; looked at by themselves where there are several.

    Yields:
        Progress while patches are embedded.

    Returns:
        None for weights without a text side. Nothing is testable where nothing was validated.

    Raises:
        WeightsProblem: if the text side, or what was validated with it, belongs to other weights or is altered.
        NotAssessable: if the picture holds too few assessable patches.
        DeviceProblem: if the device runs out of memory.
    """
    if not description.text_side:
        return None
    if read_validation(description) is None:
        return untested(evidence, description)
    side = _loaded(description, placed)
    return (yield from claims_steps(evidence, side, masks=groups if len(groups) > 1 else None))


def untested(evidence: Evidence, description: WeightsDescription) -> Claims:
    """What a file says where no tag was validated: nothing of it can be tested."""
    said = _statements(evidence.metadata, description)
    return Claims(description.name, 0, False, tuple(TagClaim(one.tag, one.value, "not testable") for one in said))


@lru_cache(maxsize=1)  # a batch or a window loads it once
def _loaded(description: WeightsDescription, placed: Placing) -> TextSide:
    return load_text_side(description.name, device=placed.device, threads=placed.threads, precision=placed.precision)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture's patches as texts are compared with them.

    Attributes:
        grid: where they were cut.
        embeddings: (grid.rows, grid.columns, dimensions) float32.
        assessable: (grid.rows, grid.columns) bool.
    """

    grid: PatchGrid
    embeddings: FloatArray
    assessable: BoolArray

    @property
    def count(self) -> int:
        """Assessable patches."""
        return int(self.assessable.sum())

    def mean(self, inside: BoolArray | None = None) -> FloatArray:
        """(dimensions,) of unit length: the mean over the assessable patches, or over those given."""
        mean = self.embeddings[self.assessable if inside is None else inside].mean(0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)


def see(side: TextSide, rgb: NDArray[np.uint8]) -> Generator[Progress, None, Seen]:
    """Embed a picture's patches, the same way for a claim and for the validation of claims.

    Raises:
        NotAssessable: if the picture holds too few assessable patches.
    """
    height, width = rgb.shape[:2]
    grid = side.default_grid(height, width, None, max(1, max(height, width) // SPACING))
    assessable = assess(rgb, grid).assessable
    if assessable.sum() < FEWEST_PATCHES:
        raise TooFewPatches(int(assessable.sum()), assessable.size, FEWEST_PATCHES)
    embeddings = yield from side.embed_for_text(rgb, grid)
    return Seen(grid, embeddings, assessable)


def read_validation(description: WeightsDescription) -> Validation | None:
    """What is stored beside these weights, None if nothing is.

    Raises:
        WeightsProblem: if it was measured with another text side, or is not what this version reads.
    """
    path = description.folder / f"{description.name}.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8")).get(FIELD)
    except (OSError, ValueError, AttributeError) as error:
        words = f"{path}: not a readable description of weights ({error})"
        raise WeightsProblem(Reason(words, "description-unreadable", name=path.name, said=str(error))) from error
    if fields is None:
        return None
    try:
        tags = tuple(TagValidation(**{**tag, "candidates": tuple(tag["candidates"])}) for tag in fields["tags"])
        sizes = int(fields["fewest_patches"]), int(fields["most_patches"])
        validation = Validation(str(fields["text_sha256"]), *sizes, tags)
    except (KeyError, TypeError, ValueError) as error:
        words = f"{path}: the validation of claims cannot be read ({error})"
        raise WeightsProblem(Reason(words, "validation-unreadable", name=path.name, said=str(error))) from error
    if validation.text_sha256 != description.text_sha256:
        words = f"{path}: the validation of claims belongs to another text side; run `exifact validate-claims` again"
        raise WeightsProblem(Reason(words, "validation-foreign", name=path.name))
    return validation


def _statements(metadata: Metadata, description: WeightsDescription) -> tuple[TagText, ...]:
    if description.architecture == "paper":
        return published_texts.statements(metadata)
    return (*camera_statements(metadata), *save_statements(metadata))


@dataclass(frozen=True, slots=True, eq=False)
class _LineUp:
    validation: TagValidation
    values: tuple[str, ...]
    texts: FloatArray


def _line_ups(side: TextSide, validation: Validation, said: Mapping[str, str]) -> tuple[_LineUp, ...]:
    """Per testable tag its candidates, and the claimed value where it is none of them."""
    found = []
    for tag in validation.tags:
        if tag.testable:
            values = tuple(dict.fromkeys((*tag.candidates, *((said[tag.tag],) if tag.tag in said else ()))))
            texts = side.embed_text([str(TagText(tag.tag, value)) for value in values])
            found.append(_LineUp(tag, values, texts))
        else:
            found.append(_LineUp(tag, (), np.empty((0, side.dimensions), np.float32)))
    return tuple(found)


def _judge(
    line_ups: Sequence[_LineUp], said: Mapping[str, str], picture: FloatArray, side: TextSide, *, firm: bool
) -> tuple[TagClaim, ...]:
    """Every tag of the validation, then what the file says beyond it.

    Args:
        line_ups: of all validated tags.
        said: by the file, tag to value.
        picture: (dimensions,) of unit length.
        side: whose centre is taken away.
        firm: whether the limits of the validation hold for this mean; without them a tendency is all that is said.
    """
    judged = []
    for line_up in line_ups:
        tag, claimed = line_up.validation.tag, said.get(line_up.validation.tag)
        if claimed is None and not line_up.validation.leads:
            continue
        if not line_up.values:
            judged.append(TagClaim(tag, claimed, "not testable", validation=line_up.validation))
            continue
        scores = line_up.texts @ (picture - side.centre)
        pairs = zip(line_up.values, (float(score) for score in scores), strict=True)
        ranked = tuple(sorted(pairs, key=lambda pair: -pair[1]))
        verdict = verdict_of(None if claimed is None else dict(ranked)[claimed], line_up.validation, firm=firm)
        judged.append(TagClaim(tag, claimed, verdict, ranked, line_up.validation))
    known = {line_up.validation.tag for line_up in line_ups}
    beyond = (TagClaim(tag, value, "not testable") for tag, value in said.items() if tag not in known)
    return (*judged, *beyond)


def verdict_of(score: float | None, validation: TagValidation, *, firm: bool) -> Verdict:
    """What a claim's score may be called.

    Args:
        score: of the claimed value, None without a claim.
        validation: of its tag.
        firm: whether its limits hold for this picture.
    """
    if not validation.testable:
        return "not testable"
    if score is None:
        return "lead"
    supports, conflicts = validation.supports_from, validation.conflicts_below
    if not firm or supports is None or conflicts is None:
        return "tends to support" if score > 0 else "tends to disagree"
    if (score >= supports) == (score < conflicts):  # between the limits, or where limits that cross both apply
        return "neutral"
    return "supports" if score >= supports else "conflicts"


def _patches_of(mask: BoolArray, grid: PatchGrid) -> BoolArray:
    """Patches whose centre lies in the mask; a centre past the border counts as on the last pixel."""
    middle = grid.offset + grid.patch // 2
    y = np.minimum(np.arange(grid.rows) * grid.stride + middle, mask.shape[0] - 1)
    x = np.minimum(np.arange(grid.columns) * grid.stride + middle, mask.shape[1] - 1)
    return np.asarray(mask[np.ix_(y, x)], np.bool_)
