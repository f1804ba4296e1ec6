"""Line-ups whose scores can be told by hand: pictures and texts are arrows in a plane."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.analysis.claims import (
    FIELD,
    Claims,
    TagClaim,
    TagValidation,
    Validation,
    claims_steps,
    read_validation,
    verdict_of,
)
from workstation.analysis.claims_statement import fields_of
from workstation.analysis.claims_words import in_words
from workstation.analysis.geometry import PatchGrid
from workstation.analysis.model.encoder import Normalisation, WeightsDescription
from workstation.claims_command import as_fields
from workstation.errors import TooFewPatches, WeightsProblem
from workstation.evidence.record import Evidence, JpegStructure
from workstation.progress import Progress, drain

WORDS = {"4:4:4": (1.0, 0.0), "4:2:2": (0.6, 0.8), "4:2:0": (0.0, 1.0), "yes": (1.0, 0.0)}
"""Where the text of each value points; all others along y."""

SUBSAMPLING = TagValidation(
    tag="Last JPEG Subsampling",
    candidates=("4:2:0", "4:4:4"),
    material="photographs",
    cameras=12,
    pictures=24,
    other_cameras=5,
    auc=0.8,
    auc_low=0.7,
    auc_high=0.9,
    top1=0.6,
    top1_chance=0.5,
    reciprocal_rank=0.8,
    reciprocal_rank_chance=0.75,
    supports_from=0.4,
    conflicts_below=-0.2,
    true_supported=0.3,
    false_conflicting=0.3,
    error=0.1,
)
MAKE = replace(SUBSAMPLING, tag="Make", candidates=("Canon", "Nikon"), auc_low=0.49)
BLURRED = replace(
    SUBSAMPLING,
    tag="Blurred",
    candidates=("none", "yes"),
    material="made histories",
    supports_from=None,
    conflicts_below=None,
)

Make = Callable[[NDArray[np.uint8]], Evidence]


class ArrowSide:
    """Patches of the left half point along x, those of the right half along y; the mean picture is (0.5, 0.5)."""

    dimensions, patch, logit_scale = 2, 64, 10.0
    centre = np.array([0.5, 0.5], np.float32)

    def __init__(self, description: WeightsDescription) -> None:
        self.description = description

    def default_grid(self, height: int, width: int, patch: int | None, per_dimension: int | None) -> PatchGrid:
        assert (patch, per_dimension) == (None, 8)
        return PatchGrid.covering(height, width, patch=64, stride=64)

    def embed_for_text(
        self, image: NDArray[np.uint8], grid: PatchGrid
    ) -> Generator[Progress, None, NDArray[np.float32]]:
        assert image.shape == (384, 512, 3)
        yield Progress("embedding", 1.0)
        out = np.zeros((grid.rows, grid.columns, 2), np.float32)
        out[:, : grid.columns // 2, 0] = 1
        out[:, grid.columns // 2 :, 1] = 1
        return out

    def embed_text(self, texts: Sequence[str]) -> NDArray[np.float32]:
        values = [text.partition(": ")[2] for text in texts]
        return np.array(
            [WORDS.get(value, (1.0, 0.0) if value == "yes" else (0.0, 1.0)) for value in values], np.float32
        )


@pytest.fixture
def side(tmp_path: Path) -> ArrowSide:
    return described(tmp_path, Validation("ab" * 32, 20, 48, (SUBSAMPLING, MAKE, BLURRED)))


def described(folder: Path, validation: Validation | None) -> ArrowSide:
    fields = {} if validation is None else {FIELD: validation.as_fields()}
    (folder / "arrows.json").write_text(json.dumps(fields), encoding="utf-8")
    half = (0.5, 0.5, 0.5)
    return ArrowSide(
        WeightsDescription(
            name="arrows",
            file="arrows.safetensors",
            sha256="0" * 64,
            architecture="compact",
            patch=64,
            dimensions=2,
            normalisation=Normalisation(half, half),
            licence="",
            training_data="",
            figures=(),
            departure_range=(0.0, 1.0),
            text_side=True,
            source="",
            text_sha256="ab" * 32,
            folder=folder,
        )
    )


@pytest.fixture
def picture(make_noisy: Callable[..., NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """384 × 512 pixels: 6 × 8 patches; the right half is flat, so that only the left one is assessable."""
    rgb = make_noisy(384, 512)
    rgb[:, 256:] = 128
    return rgb


def saved_as(evidence: Evidence, subsampling: str) -> Evidence:
    structure = JpegStructure.__new__(JpegStructure)
    for field, value in (("quality", None), ("subsampling", subsampling)):
        object.__setattr__(structure, field, value)
    return replace(evidence, metadata=replace(evidence.metadata, jpeg=structure))


def by_tag(claims: Sequence[TagClaim]) -> dict[str, TagClaim]:
    return {claim.tag: claim for claim in claims}


def test_a_claim_is_ranked_among_its_candidates_over_assessable_patches(
    side: ArrowSide, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    found = drain(claims_steps(saved_as(make_evidence(picture), "4:2:0"), side))

    claim = by_tag(found.whole)["Last JPEG Subsampling"]
    assert found.patches == 24  # the flat half does not count: the picture is (1, 0), less the centre (0.5, -0.5)
    assert [value for value, _ in claim.ranked] == ["4:4:4", "4:2:0"]
    assert [score for _, score in claim.ranked] == pytest.approx([0.5, -0.5])
    assert (claim.rank, claim.verdict) == (2, "conflicts")
    assert claim.margin == pytest.approx(-1.0)

    found = drain(claims_steps(saved_as(make_evidence(picture), "4:4:4"), side))
    claim = by_tag(found.whole)["Last JPEG Subsampling"]
    assert (claim.rank, claim.verdict) == (1, "supports")
    assert claim.margin == pytest.approx(1.0)


def test_a_claimed_value_that_was_no_candidate_joins_the_line_up(
    side: ArrowSide, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    found = drain(claims_steps(saved_as(make_evidence(picture), "4:2:2"), side))

    claim = by_tag(found.whole)["Last JPEG Subsampling"]
    assert dict(claim.ranked)["4:2:2"] == pytest.approx(0.6 * 0.5 - 0.8 * 0.5)
    assert (claim.rank, len(claim.ranked), claim.verdict) == (2, 3, "neutral")
    assert found.by_chance == pytest.approx(0.1)


def test_without_claims_there_are_leads_for_testable_tags_only(
    side: ArrowSide, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    found = drain(claims_steps(make_evidence(picture), side))

    assert {claim.tag: claim.verdict for claim in found.whole} == {"Last JPEG Subsampling": "lead", "Blurred": "lead"}
    assert by_tag(found.whole)["Blurred"].ranked[0][0] == "yes"
    assert all(claim.rank is None and claim.margin is None for claim in found.whole)
    assert found.by_chance == 0


def test_regions_get_tendencies_and_small_ones_nothing(
    side: ArrowSide, make_noisy: Callable[..., NDArray[np.uint8]], make_evidence: Make
) -> None:
    right, corner = (np.zeros((384, 512), np.bool_) for _ in range(2))
    right[:, 256:] = True
    corner[:128, :128] = True
    evidence = saved_as(make_evidence(make_noisy(384, 512)), "4:2:0")

    found = drain(claims_steps(evidence, side, masks={"right": right, "corner": corner}))

    regions = {region.name: region for region in found.regions}
    assert regions["right"].patches == 24
    assert by_tag(regions["right"].tags)["Last JPEG Subsampling"].verdict == "tends to support"
    assert (regions["corner"].patches, regions["corner"].tags) == (4, ())


def test_a_ranking_that_is_no_better_than_commonness_is_no_lead(
    tmp_path: Path, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    poor = replace(SUBSAMPLING, reciprocal_rank=0.75)
    side = described(tmp_path, Validation("ab" * 32, 20, 48, (poor, BLURRED)))
    assert [claim.tag for claim in drain(claims_steps(make_evidence(picture), side)).whole] == ["Blurred"]
    claimed = drain(claims_steps(saved_as(make_evidence(picture), "4:2:0"), side))
    assert by_tag(claimed.whole)["Last JPEG Subsampling"].verdict == "conflicts"


def test_what_conflicts_and_how_often_that_errs_is_said_in_sentences(
    side: ArrowSide, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    said = in_words(drain(claims_steps(saved_as(make_evidence(picture), "4:2:0"), side)))
    assert said[0] == (
        "The file says “Last JPEG Subsampling: 4:2:0”; what is seen conflicts with it "
        "(rank 2 of 2, margin -1.00; “4:4:4” fits best)."
    )
    assert any("Of 1 tag judged here, up to 0.1 would say “conflicts” in an honest file." in line for line in said)
    assert "images that a program generated as a whole are out of scope" in said[-1]


def test_history_is_said_for_the_picture_and_each_region(
    side: ArrowSide, make_noisy: Callable[..., NDArray[np.uint8]], make_evidence: Make
) -> None:
    right = np.zeros((384, 512), np.bool_)
    right[:, 256:] = True
    rgb = make_noisy(384, 512)
    rgb[:, 256:320] = 128  # 24 assessable patches on the left, 18 on the right
    claims = drain(claims_steps(make_evidence(rgb), side, masks={"B": right}))
    assert in_words(claims)[0] == (
        "History in words, what fits best (a tendency without a stated error rate): the whole picture: Last JPEG "
        "Subsampling 4:4:4, Blurred yes; region B: Last JPEG Subsampling 4:2:0, Blurred none."
    )


def test_processing_of_which_nothing_is_named_is_listed(
    tmp_path: Path, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    poor = replace(BLURRED, tag="Sharpened", top1=0.4)
    side = described(tmp_path, Validation("ab" * 32, 20, 48, (MAKE, BLURRED, poor)))
    claims = drain(claims_steps(make_evidence(picture), side))
    assert claims.unnamed == ("Sharpened",)
    assert fields_of(claims)["history_not_named"] == ["Sharpened"]
    said = in_words(claims)
    after = next(number for number, line in enumerate(said) if line.startswith("History in words")) + 1
    assert said[after] == (
        "Of other processing nothing is named, since it is not testable or what fits best is right no more often than "
        "the commonest value: Sharpened."
    )


def test_history_is_said_not_to_be_testable_where_its_best_value_is_no_better_than_the_commonest(
    tmp_path: Path, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    side = described(tmp_path, Validation("ab" * 32, 20, 48, (MAKE, replace(BLURRED, top1=0.5))))
    said = in_words(drain(claims_steps(make_evidence(picture), side)))
    assert any(line.startswith("History in words: not testable with this model") for line in said)


@pytest.mark.parametrize("sizes", [(25, 48), (12, 23)])
def test_pictures_smaller_or_larger_than_those_validated_get_no_firm_verdict(
    sizes: tuple[int, int], tmp_path: Path, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    side = described(tmp_path, Validation("ab" * 32, *sizes, (SUBSAMPLING,)))

    found = drain(claims_steps(saved_as(make_evidence(picture), "4:4:4"), side))

    assert not found.measured_size
    assert by_tag(found.whole)["Last JPEG Subsampling"].verdict == "tends to support"


def test_a_tag_that_does_not_beat_chance_is_never_judged() -> None:
    assert verdict_of(9.0, MAKE, firm=True) == "not testable"
    assert verdict_of(9.0, replace(MAKE, auc_low=0.5), firm=True) == "not testable"
    assert verdict_of(9.0, replace(SUBSAMPLING, other_cameras=4), firm=True) == "not testable"
    assert verdict_of(None, SUBSAMPLING, firm=True) == "lead"
    assert verdict_of(-0.1, BLURRED, firm=True) == "tends to disagree"


def test_limits_that_cross_leave_what_lies_between_them_open() -> None:
    crossing = replace(SUBSAMPLING, supports_from=-0.2, conflicts_below=0.4)
    verdicts = [verdict_of(score, crossing, firm=True) for score in (-0.3, -0.2, 0.3, 0.4)]
    assert verdicts == ["conflicts", "neutral", "neutral", "supports"]


def test_weights_that_were_not_validated_test_nothing(
    tmp_path: Path, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    found = drain(claims_steps(saved_as(make_evidence(picture), "4:2:0"), described(tmp_path, None)))
    assert found == Claims("arrows", 0, False, (TagClaim("Last JPEG Subsampling", "4:2:0", "not testable"),))


def test_a_validation_of_another_text_side_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsProblem, match="another text side"):
        read_validation(described(tmp_path, Validation("cd" * 32, 20, 48, ())).description)
    (tmp_path / "arrows.json").write_text('{"claims": {"tags": [{"tag": "Make"}]}}', encoding="utf-8")
    with pytest.raises(WeightsProblem, match="cannot be read"):
        read_validation(described_again(tmp_path))


def described_again(folder: Path) -> WeightsDescription:
    broken = (folder / "arrows.json").read_bytes()
    description = described(folder, None).description
    (folder / "arrows.json").write_bytes(broken)
    return description


def test_a_flat_picture_is_not_assessable(side: ArrowSide, make_evidence: Make) -> None:
    with pytest.raises(TooFewPatches):
        drain(claims_steps(make_evidence(np.full((384, 512, 3), 128, np.uint8)), side))


def test_the_json_holds_verdict_numbers_and_what_they_rest_on(
    side: ArrowSide, picture: NDArray[np.uint8], make_evidence: Make
) -> None:
    found = drain(claims_steps(saved_as(make_evidence(picture), "4:4:4"), side))

    fields = json.loads(json.dumps(as_fields("picture.jpg", found)))

    tag = next(tag for tag in fields["tags"] if tag["tag"] == "Last JPEG Subsampling")
    assert (tag["verdict"], tag["rank"], tag["of"], tag["margin"]) == ("supports", 1, 2, pytest.approx(1.0))
    assert tag["validated"]["interval"] == [0.7, 0.9]
    assert fields["expected_by_chance"] == 0.1


def test_the_module_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys, workstation.analysis.claims, workstation.claims_command; "
        "sys.exit(bool({'torch', 'PySide6', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
