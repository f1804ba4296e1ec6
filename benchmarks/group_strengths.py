"""From which strength two groups count as different: false groups against found splices, by threshold.

    python -m benchmarks.group_strengths PHOTOS [--split dev] [--role ROLE] [--count 60] [--seed 777]

The thresholds in `workstation/analysis/partition.py` (`MEASURED_STRENGTHS`) are chosen on cameras for which no error
rate is stated, `--role "model choice"` and `--split train` together (docs/decisions/0019-chosen-again.md). Each picture
is embedded once and sorted with the shipped thresholds times several factors.

Prints, per factor and over all variants, the share of untouched windows that fall into groups, and of splices in which
a group other than A covers the foreign part with an intersection over union of at least 0.4 and of at least 0.75; with
exact 95 % intervals, which take the variants of one window for independent.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.groups import MATCH, best_match_of
from benchmarks.splice_arguments import splice_parser, splices_of
from workstation.analysis import maps, partition
from workstation.analysis.model import load_encoder
from workstation.analysis.model.encoder import Encoder
from workstation.analysis.pipeline import group_cells
from workstation.analysis.result import LabelArray
from workstation.analysis.suitability import FEWEST_PATCHES, assess
from workstation.evaluation.intervals import clopper_pearson
from workstation.evaluation.splices import VARIANTS, mask_of, saved
from workstation.progress import drain

CLOSE = 0.75
"""Intersection over union from which a group has the outline of a foreign part."""

FACTORS = (0.48, 0.64, 0.8, 1.0, 1.28, 1.6)


def groups_by_factor(pixels: NDArray[np.uint8], encoder: Encoder) -> dict[float, LabelArray] | None:
    """Groups of the map's cells with each strength; None where too few patches can be compared."""
    height, width = pixels.shape[:2]
    grid = encoder.default_grid(height, width, None, None)
    assessable = assess(pixels, grid).assessable
    if np.count_nonzero(assessable) < FEWEST_PATCHES:
        return None
    embeddings = drain(encoder.embed(pixels, grid))[assessable]
    found = {}
    for factor in FACTORS:
        two, more = partition.MEASURED_STRENGTHS
        sorting = drain(
            partition.sort_steps(
                embeddings,
                np.argwhere(assessable),
                overlap=-(-grid.patch // grid.stride),
                seed=0,
                strengths=(factor * two, factor * more),
            )
        )
        found[factor] = maps.to_extent(group_cells(sorting.labels, assessable, grid), grid)
    return found


def main() -> None:
    """Read the arguments, measure, print a Markdown table."""
    parser = splice_parser(__doc__, count=60)
    parser.add_argument("--model", default="compact")
    options = parser.parse_args()
    encoder = load_encoder(options.model, threads=options.threads)
    false, matched, close, pictures = Counter[float](), Counter[float](), Counter[float](), Counter[str]()
    for splice in splices_of(options):
        for variant in VARIANTS:
            untouched = groups_by_factor(saved(splice.untouched, variant), encoder)
            if untouched is not None:
                pictures["untouched"] += 1
                false.update(factor for factor, groups in untouched.items() if groups.max() > 0)
            spliced = groups_by_factor(splice.saved(variant)[0], encoder)
            if spliced is not None:
                pictures["spliced"] += 1
                mask = mask_of(splice.mask, variant)
                height, width = mask.shape
                cell = encoder.default_grid(height, width, None, None).stride
                best = {factor: best_match_of(groups, cell, mask) for factor, groups in spliced.items()}
                matched.update(factor for factor, overlap in best.items() if overlap >= MATCH)
                close.update(factor for factor, overlap in best.items() if overlap >= CLOSE)
    print("| strengths | untouched in groups | 95 % | splices matched | 95 % | closely | 95 % |")
    print("|---|---|---|---|---|---|---|")
    for factor in FACTORS:
        two, more = (factor * strength for strength in partition.MEASURED_STRENGTHS)
        cells = []
        for counts, kind in ((false, "untouched"), (matched, "spliced"), (close, "spliced")):
            share = clopper_pearson(counts[factor], pictures[kind])
            cells += [f"{counts[factor]} of {pictures[kind]}", f"{share.low:.1%} to {share.high:.1%}"]
        shipped = " (shipped)" if factor == 1 else ""
        print(f"| {two:.3f}, {more:.3f}{shipped} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
