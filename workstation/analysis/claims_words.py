"""Claims in sentences: what conflicts, what fits, the picture's history in words, and what is no finding."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.analysis.claims_statement import Claims, history
from workstation.analysis.exif_texts import PROCESSING_TAGS
from workstation.errors import in_percent, number_of

JUDGED = ("supports", "neutral", "conflicts")
"""Verdicts with a stated error rate."""

SHOWN = 2
"""Values of a line-up that a lead names."""

SCOPE = (
    "What the pixels were compared with are photographs: images that a program generated as a whole are out of scope."
)


def in_words(claims: Claims) -> tuple[str, ...]:
    """Every sentence, in reading order: window, command line and result carry the same ones.

    Args:
        claims: of one picture.
    """
    found = (_conflicting(claims), _alike(claims), _leads(claims), history_in_words(claims))
    return tuple(line for part in (*found, not_testable(claims), cautions(claims)) for line in part)


def history_in_words(claims: Claims) -> tuple[str, ...]:
    """What was done to the picture and to each region, as far as its words were validated; what is not said."""
    parts = [("the whole picture", history(claims.whole))]
    parts += [(f"region {region.name}", history(region.tags)) for region in claims.regions]
    told = [f"{name}: {', '.join(f'{tag} {value}' for tag, value in found)}" for name, found in parts if found]
    if not told:
        return ("History in words: not testable with this model; no processing is named better than by chance.",)
    said = f"History in words, what fits best (a tendency without a stated error rate): {'; '.join(told)}."
    if not claims.unnamed:
        return (said,)
    return (
        said,
        "Of other processing nothing is named, since it is not testable or what fits best is right no more often than "
        f"the commonest value: {', '.join(claims.unnamed)}.",
    )


def cautions(claims: Claims) -> Iterator[str]:
    """How often the verdicts err, and what is no finding."""
    judged = [claim for claim in claims.whole if claim.verdict in JUDGED]
    if judged:
        error = max(claim.validation.error for claim in judged if claim.validation)
        tags = number_of(len(judged), "tag")
        yield (
            f"“Supports” and “conflicts” err at most {in_percent(error)} of the time each, on average over cameras "
            f"like those measured. Of {tags} judged here, up to {claims.by_chance:.1f} would say “conflicts” in an "
            "honest file."
        )
    if claims.patches and not claims.measured_size:
        yield f"No picture of this size ({claims.patches} assessable patches) was among those measured."
    if any(claim.verdict.startswith("tends") for claim in claims.whole):
        yield "“Tends to” has no stated error rate: it is no finding."
    if any(claim.ranked for claim in claims.whole):
        yield "Several tags can follow from one thing, such as the maker or the age of the camera."
    yield SCOPE


def _conflicting(claims: Claims) -> Iterator[str]:
    for claim in claims.whole:
        if claim.verdict in ("conflicts", "supports"):
            margin = "" if claim.margin is None else f", margin {claim.margin:+.2f}"
            first = claim.ranked[0][0]
            best = "" if first == claim.claimed else f"; “{first}” fits best"
            verb = "supports it" if claim.verdict == "supports" else "conflicts with it"
            yield (
                f"The file says “{claim.tag}: {claim.claimed}”; what is seen {verb} "
                f"(rank {claim.rank} of {len(claim.ranked)}{margin}{best})."
            )


def _alike(claims: Claims) -> Iterator[str]:
    for verdict, words in (
        ("neutral", "Neither supported nor in conflict"),
        ("tends to support", "Tends to support, no finding"),
        ("tends to disagree", "Tends to disagree, no finding"),
    ):
        named = [f"{claim.tag}: {claim.claimed}" for claim in claims.whole if claim.verdict == verdict]
        if named:
            yield f"{words}: {'; '.join(named)}."


def _leads(claims: Claims) -> Iterator[str]:
    leads = [c for c in claims.whole if c.verdict == "lead" and c.ranked and c.tag not in PROCESSING_TAGS]
    if leads:
        named = "; ".join(f"{c.tag}: {', then '.join(value for value, _ in c.ranked[:SHOWN])}" for c in leads)
        yield f"Not said by the file; what fits best, a lead and not a finding: {named}."


def not_testable(claims: Claims) -> Iterator[str]:
    """The tags of which nothing may be said."""
    rest = [claim.tag for claim in claims.whole if claim.verdict == "not testable"]
    if rest:
        yield f"Not testable with this model: {', '.join(rest)}."
