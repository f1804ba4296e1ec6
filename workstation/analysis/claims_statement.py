"""What a file says against what is seen, as plain values: tags, line-ups, verdicts and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from workstation.analysis.exif_texts import PROCESSING_TAGS

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

    @property
    def leads(self) -> bool:
        """Whether the ranking of the values is worth more than always naming them in the order of their commonness."""
        return self.testable and self.reciprocal_rank > self.reciprocal_rank_chance

    @property
    def names(self) -> bool:
        """Whether the value that fits best is the true one more often than the commonest value is."""
        return self.leads and self.top1 > self.top1_chance


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
        whole: tags of the whole picture; of those that the file does not state only those whose ranking leads.
        regions: the same in parts of it, where only ranks and tendencies are given.
        unnamed: tags about processing that were measured and of which nothing is named: not testable, or the value that
            fits best is right no more often than the commonest one.
    """

    model: str
    patches: int
    measured_size: bool
    whole: tuple[TagClaim, ...]
    regions: tuple[RegionClaims, ...] = ()
    unnamed: tuple[str, ...] = ()

    @property
    def by_chance(self) -> float:
        """Claims that an untouched file is expected to see called "conflicts", at most."""
        judged = (claim.validation for claim in self.whole if claim.verdict in ("supports", "neutral", "conflicts"))
        return sum(validation.error for validation in judged if validation is not None)


def history(tags: Sequence[TagClaim]) -> list[tuple[str, str]]:
    """(tag, value that fits best) of the tags about processing whose best value is right more often than chance."""
    return [
        (claim.tag, claim.ranked[0][0])
        for claim in tags
        if claim.tag in PROCESSING_TAGS and claim.ranked and claim.validation is not None and claim.validation.names
    ]


def fields_of(claims: Claims) -> dict[str, Any]:
    """The claims as JSON values; what was validated stands with the whole picture's tags and holds for the regions'."""
    return {
        "model": claims.model,
        "patches": claims.patches,
        "measured_size": claims.measured_size,
        "expected_by_chance": round(claims.by_chance, 2),
        "tags": [_tag_fields(claim, whole=True) for claim in claims.whole],
        "history": dict(history(claims.whole)),
        "history_not_named": list(claims.unnamed),
        "regions": [
            {
                "name": region.name,
                "patches": region.patches,
                "tags": [_tag_fields(claim, whole=False) for claim in region.tags],
                "history": dict(history(region.tags)),
            }
            for region in claims.regions
        ],
    }


def _tag_fields(claim: TagClaim, *, whole: bool) -> dict[str, Any]:
    return {
        "tag": claim.tag,
        "claimed": claim.claimed,
        "verdict": claim.verdict,
        "rank": claim.rank,
        "of": len(claim.ranked) or None,
        "margin": claim.margin,
        "ranked": [{"value": value, "score": score} for value, score in claim.ranked],
        "validated": _validated_fields(claim.validation) if whole and claim.validation is not None else None,
    }


def _validated_fields(measured: TagValidation) -> dict[str, Any]:
    return {
        "on": measured.material,
        "cameras": measured.cameras,
        "pictures": measured.pictures,
        "cameras_that_differ": measured.other_cameras,
        "auc": measured.auc,
        "interval": [measured.auc_low, measured.auc_high],
        "chance": 0.5,
        "top1": measured.top1,
        "top1_chance": measured.top1_chance,
        "reciprocal_rank": measured.reciprocal_rank,
        "reciprocal_rank_chance": measured.reciprocal_rank_chance,
        "supports_from": measured.supports_from,
        "conflicts_below": measured.conflicts_below,
        "error": measured.error,
        "true_supported": measured.true_supported,
        "false_conflicting": measured.false_conflicting,
    }
