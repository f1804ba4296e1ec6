"""Which exhibits and regions look alike to the encoder: what is compared, and the answer in words; no Qt here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from workstation.analysis.likeness import (
    Likeness,
    NotComparable,
    PatchSet,
    PermutationTest,
    likeness,
    patch_set,
    permutation_test,
)
from workstation.analysis.regions import Region
from workstation.analysis.result import AnalysisResult, FloatArray
from workstation.casework import ExhibitRecord
from workstation.progress import Progress
from workstation.ui.case_keeper import CaseKeeper
from workstation.ui.shown_text import visible

SetSteps = Generator[Progress, None, tuple[PatchSet, ...]]

WHAT_IT_IS_NOT = (
    "Compared is what the encoder sees, content among it. Parts of one picture that show different things differ, too: "
    "that two sets differ does not say that two cameras took them, and that they do not differ does not say that one "
    "did."
)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The matrix and the sets behind it."""

    sets: tuple[PatchSet, ...]
    likeness: Likeness


@dataclass(frozen=True, slots=True, eq=False)
class OpenResult:
    """An exhibit that is open in the window and was analysed."""

    number: int
    name: str
    result: AnalysisResult
    regions: tuple[Region, ...]


def sets_of_window(exhibits: Sequence[OpenResult]) -> SetSteps:
    """The patches of what is open, and of its regions; those without an assessable patch are left out."""
    found: list[PatchSet] = []
    for one in exhibits:
        yield Progress(f"reading the embeddings of “{one.name}”")
        result = one.result
        if result.grid is None or result.embeddings is None:
            continue
        for region in (None, *one.regions):
            with suppress(NotComparable):
                found.append(
                    patch_set(
                        one.name if region is None else f"{one.name}, region {region.name}",
                        one.number,
                        grid=result.grid,
                        embeddings=partial(_embeddings_of, result),
                        image_size=result.image_size,
                        weights=result.provenance.weights_sha256,
                        region=region,
                    )
                )
    return tuple(found)


def _embeddings_of(result: AnalysisResult) -> FloatArray:
    assert result.embeddings is not None
    return result.embeddings


def sets_of_case(keeper: CaseKeeper) -> SetSteps:
    """The patches of every exhibit of the case, open or not, and of their regions; files are named beside labels."""
    found = yield from keeper.file.patch_sets()
    records = {record.id: record for record in keeper.file.exhibits.all()}
    return tuple(
        replace(one, name=f"{named_exhibit(records[one.exhibit])}{one.name.removeprefix(records[one.exhibit].label)}")
        for one in found
    )


def named_exhibit(record: ExhibitRecord) -> str:
    """An exhibit of the case by its label, which stands on the report, and by its file, which people know."""
    return f"{record.label} · {visible(record.name)}"


def comparing(sets: Callable[[], SetSteps]) -> Generator[Progress, None, Compared]:
    """Compare all of them with each other, as a job.

    Raises:
        NotComparable: if there is nothing to compare, or different weights embedded them.
    """
    found = yield from sets()
    yield Progress("comparing")
    return Compared(found, likeness(found))


def permuting(one: PatchSet, other: PatchSet) -> Generator[Progress, None, PermutationTest]:
    """Test two of them, as a job.

    Raises:
        NotComparable: if they share patches, or hold too few that do not overlap.
    """
    yield Progress("testing")
    return permutation_test(one, other)


def outcome_in_words(test: PermutationTest) -> str:
    """The outcome of a permutation test, with what it was made of."""
    one, other = test.names
    splits = f"all {test.splits}" if test.exact else f"{test.splits} random"
    left, right = test.patches
    return (
        f"“{one}” and “{other}” lie {test.distance:.3f} apart (squared distance of mean embeddings). Of {splits} "
        f"splits of their {left} and {right} patches that do not overlap, a share of p = {test.p:.2g} is as far apart."
    )
