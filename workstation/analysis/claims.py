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
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from workstation.analysis import published_texts
from workstation.analysis.exif_texts import TagText, camera_statements, save_statements
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model.encoder import TextSide, WeightsDescription
from workstation.analysis.result import BoolArray, FloatArray
from workstation.analysis.suitability import FEWEST_PATCHES, assess
from workstation.errors import TooFewPatches, WeightsProblem
from workstation.evidence.record import Evidence, Metadata
from workstation.progress import Progress

SPACING: Final = 64
"""Pixels between the patches that are averaged to a picture's embedding."""

FIELD: Final = "claims"
"""Of a description of weights: what `exifact validate-claims` measured."""

FEWEST_OTHERS: Final = 5
"""Cameras with another value than the commonest that a testable tag needs: the AUC's interval does not know that all
that differs may be one camera, and then says what is peculiar to that camera."""

Verdict = Literal["supports", "neutral", "conflicts", "tends to support", "tends to disagree", "lead", "not testable"]
Material = Literal["photographs", "made histories"]


@dataclass(frozen=True, slots=True)
class TagValidation:
    """How much the score of one tag says, measured on cameras that the text side never saw.

    Attributes:
        tag: its name.
        candidates: values of the line-up, sorted.
        material: what it was measured on; only photographs carry claims of their own, made histories known processing.
        cameras, pictures: how many.
        other_cameras: those of them with a value other than the commonest one.
        auc, auc_low, auc_high: chance that a text scores higher on a picture of which it is true than on another
            camera's of which it is not, with its 95 % interval over cameras; 0.5 is chance.
        top1, top1_chance, reciprocal_rank, reciprocal_rank_chance: of the true value in the line-up.
        supports_from: score that at most `error` of the false claims reach; None where too few cameras carry it.
        conflicts_below: score below which at most `error` of the true claims lie; None likewise.
        true_supported, false_conflicting: share of the true claims that reach the first limit and of the false ones
            that lie below the second, on the material that set them; None likewise.
        error: rate at which each of the two limits errs at most, on a camera like those measured; a share.
    """

    tag: str
    candidates: tuple[str, ...]
    material: Material
    cameras: int
    pictures: int
    other_cameras: int
    auc: float
    auc_low: float
    auc_high: float
    top1: float
    top1_chance: float
    reciprocal_rank: float
    reciprocal_rank_chance: float
    supports_from: float | None
    conflicts_below: float | None
    true_supported: float | None
    false_conflicting: float | None
    error: float

    @property
    def testable(self) -> bool:
        """Whether the whole interval of the AUC lies above chance, and more than a camera or two made it."""
        return self.auc_low > 0.5 and self.other_cameras >= FEWEST_OTHERS


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


@dataclass(frozen=True, slots=True)
class TagClaim:
    """One tag of one picture or region.

    Attributes:
        tag: its name.
        claimed: what the file says, None if it says nothing.
        verdict: never more than the validation carries.
        ranked: values of the line-up with their scores, best first; empty for a tag that was not validated.
        validation: what the verdict rests on, None if there is none.
    """

    tag: str
    claimed: str | None
    verdict: Verdict
    ranked: tuple[tuple[str, float], ...] = ()
    validation: TagValidation | None = None

    @property
    def rank(self) -> int | None:
        """Of the claimed value, 1 is best; None without a claim or a line-up."""
        own = dict(self.ranked).get(self.claimed or "")
        return None if own is None else 1 + sum(score > own for _, score in self.ranked)

    @property
    def margin(self) -> float | None:
        """Score of the claimed value minus that of the best other one; None without a claim or a line-up."""
        own = dict(self.ranked).get(self.claimed or "")
        others = [score for value, score in self.ranked if value != self.claimed]
        return None if own is None or not others else own - max(others)


@dataclass(frozen=True, slots=True)
class RegionClaims:
    """The claims within one region.

    Attributes:
        name: of the region.
        patches: assessable patches inside it; without `FEWEST_PATCHES` nothing is said.
        tags: one entry per tag, empty if nothing is said.
    """

    name: str
    patches: int
    tags: tuple[TagClaim, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a file says against what is seen.

    Attributes:
        model: name of the weights.
        patches: assessable patches that were averaged.
        measured_size: whether the validation had pictures with as few and as many; elsewhere no verdict is stronger
            than a tendency.
        whole: tags of the whole picture.
        regions: the same in parts of it, where only ranks and tendencies are given.
    """

    model: str
    patches: int
    measured_size: bool
    whole: tuple[TagClaim, ...]
    regions: tuple[RegionClaims, ...] = ()

    @property
    def by_chance(self) -> float:
        """Claims that an untouched file is expected to see called "conflicts", at most."""
        judged = (claim.validation for claim in self.whole if claim.verdict in ("supports", "neutral", "conflicts"))
        return sum(validation.error for validation in judged if validation is not None)


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
        whole = tuple(TagClaim(tag, value, "not testable") for tag, value in said.items())
        return Claims(side.description.name, 0, False, whole)
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
    )


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
        raise WeightsProblem(f"{path}: not a readable description of weights ({error})") from error
    if fields is None:
        return None
    try:
        tags = tuple(TagValidation(**{**tag, "candidates": tuple(tag["candidates"])}) for tag in fields["tags"])
        sizes = int(fields["fewest_patches"]), int(fields["most_patches"])
        validation = Validation(str(fields["text_sha256"]), *sizes, tags)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsProblem(f"{path}: the validation of claims cannot be read ({error})") from error
    if validation.text_sha256 != description.text_sha256:
        raise WeightsProblem(
            f"{path}: the validation of claims belongs to another text side; run `exifact validate-claims` again"
        )
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
        if not line_up.values:
            if claimed is not None:
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
