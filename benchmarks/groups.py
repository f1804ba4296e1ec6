"""How often untouched photographs fall into one group, and spliced ones into groups that match the splice.

    python benchmarks/groups.py PHOTOS [--split dev] [--count 40] [--seed 777] [--model compact]

PHOTOS holds manifest.csv, as for dev_splices.py, whose splices are used; each host window is also analysed without its
foreign part. Prints, per variant and class, the shares of answers: one group, no stable partition, groups, of these
ambiguous; and for splices the share in which a group other than A covers the foreign part with an intersection over
union of at least 0.4. The thresholds in `workstation/analysis/partition.py` were chosen by looking at this table.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation import analysis
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.result import AnalysisRequest, AnalysisResult, LabelArray
from workstation.evaluation.splices import VARIANTS, Splice, Variant, encoded, make_splices, mask_of
from workstation.evidence import open_evidence
from workstation.progress import drain

MATCH = 0.4
ANSWERS = ("one-group", "no-stable-partition", "groups", "ambiguous", "match")

Counts = dict[tuple[Variant, str], Counter[str]]


def answer_of(image: Image.Image, variant: Variant, encoder: Encoder, folder: Path) -> AnalysisResult:
    """Analyse an image as a file of this variant."""
    file = folder / ("picture.png" if variant == "png" else "picture.jpg")
    file.write_bytes(encoded(image, variant))
    return drain(analysis.run(open_evidence(file), AnalysisRequest(encoder.description.name), encoder=encoder))


def best_match(result: AnalysisResult, mask: NDArray[np.bool_]) -> float:
    """Largest intersection over union, in map cells, of a group other than A with the mask."""
    if result.maps is None:
        return 0.0
    return best_match_of(result.maps.groups, result.maps.geometry.cell, mask)


def best_match_of(groups: LabelArray, cell: int, mask: NDArray[np.bool_]) -> float:
    """The same of groups of cells that have this side in pixels."""
    rows, columns = (
        np.minimum(np.arange(count) * cell + cell // 2, side - 1)
        for count, side in zip(groups.shape, mask.shape, strict=True)
    )
    foreign = mask[np.ix_(rows, columns)]
    overlaps = [
        np.count_nonzero((groups == label) & foreign) / np.count_nonzero((groups == label) | foreign)
        for label in range(1, int(groups.max()) + 1)
    ]
    return max(overlaps, default=0.0)


def count(splice: Splice, encoder: Encoder, folder: Path, counts: Counts) -> None:
    """Add the answers on every variant of one splice and of its untouched window."""
    for variant in VARIANTS:
        for name, image in (("untouched", splice.untouched), ("spliced", splice.image)):
            result = answer_of(image, variant, encoder, folder)
            found = counts.setdefault((variant, name), Counter())
            found["n"] += 1
            if result.partition is None:
                continue
            found["groups" if result.partition.stable else result.findings[0].kind] += 1
            found["ambiguous"] += result.partition.ambiguous
            found["match"] += name == "spliced" and best_match(result, mask_of(splice.mask, variant)) >= MATCH


def main() -> None:
    """Read the arguments, measure, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=777)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    encoder = load_encoder(options.model, threads=options.threads)
    counts: Counts = {}
    with tempfile.TemporaryDirectory() as folder:
        for splice in make_splices(options.photos, split=options.split, count=options.count, seed=options.seed):
            count(splice, encoder, Path(folder), counts)
    print("| variant | class | n | " + " | ".join(ANSWERS) + " |")
    print("|---" * (3 + len(ANSWERS)) + "|")
    for (variant, name), found in counts.items():
        shares = " | ".join(f"{found[answer] / found['n']:.2f}" for answer in ANSWERS)
        print(f"| {variant} | {name} | {found['n']} | {shares} |")


if __name__ == "__main__":
    main()
