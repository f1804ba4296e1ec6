"""Localisation on splices between cameras of one split: the model beside the content-only control.

    python benchmarks/dev_splices.py PHOTOS [--split dev] [--role ROLE] [--count 100] [--seed 777] [--model compact]
                                     [--out FOLDER]

PHOTOS holds manifest.csv (columns file, split, make, model, width, height, chart_or_flat). Prints mean pixel average
precision with fixed polarity, in brackets the better of map and inverted map, half the 95 % bootstrap interval, and
the paired difference to the control. --role takes the cameras of one role alone: what chooses a model must not look at
those whose error rates are stated. With --out each map is kept as FOLDER/splices_<variant>/s<number>.npy.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation import analysis
from workstation.analysis.model import Encoder, load_encoder
from workstation.analysis.pipeline import stored_scale_map
from workstation.analysis.result import AnalysisRequest
from workstation.evaluation.calibration_images import camera_roles, cameras_of
from workstation.evaluation.control import colour_and_texture_map
from workstation.evaluation.intervals import bootstrap_mean, paired_difference
from workstation.evaluation.localisation import Localisation, localise
from workstation.evaluation.splices import VARIANTS, Splice, make_splices
from workstation.evidence import open_evidence
from workstation.progress import drain

Figures = dict[tuple[str, str], list[Localisation]]


def measure(splices: Iterable[Splice], encoder: Encoder, out: Path | None) -> Figures:
    """Score the encoder and the control on every variant of every splice."""
    figures: Figures = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        for splice in splices:
            for variant in VARIANTS:
                rgb, mask = splice.saved(variant)
                file = Path(folder) / ("splice.png" if variant == "png" else "splice.jpg")
                splice.write(variant, file)
                maps = {"control": colour_and_texture_map(rgb), "model": departure_of(file, encoder)}
                for method, heat in maps.items():
                    scored = localise(heat, mask)
                    if scored:
                        figures[method, variant].append(scored)
                if out:
                    keep(maps["model"], out / f"splices_{variant}" / f"s{splice.number:03}.npy")
    return figures


def departure_of(file: Path, encoder: Encoder) -> NDArray[np.float32]:
    """The map that `exifact analyze` writes as consistency.npy; a constant one where nothing can be said."""
    result = drain(analysis.run(open_evidence(file), AnalysisRequest(encoder.description.name), encoder=encoder))
    heat = stored_scale_map(result)
    return np.zeros((2, 2), np.float32) if heat is None else heat


def keep(heat: NDArray[np.float32], file: Path) -> None:
    """Store one map."""
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, heat)


def print_table(figures: Figures, model: str) -> None:
    """One line per method and variant, Markdown."""
    print("| method | variant | n | AP | better of both polarities | ± | AUC | AP − control |")
    print("|---|---|---|---|---|---|---|---|")
    for (method, variant), scored in figures.items():
        ap = np.array([s.ap for s in scored])
        control = np.array([s.ap for s in figures["control", variant]])
        difference = paired_difference(ap, control)
        print(
            f"| {model if method == 'model' else 'colour and texture'} | {variant} | {len(ap)} | {ap.mean():.3f} "
            f"| {np.mean([s.ap_inv for s in scored]):.3f} | {bootstrap_mean(ap).half_width:.3f} "
            f"| {np.mean([s.auc for s in scored]):.3f} "
            f"| {difference.value:+.3f} ± {difference.half_width:.3f} |"
        )


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--role", choices=tuple(camera_roles()))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=777)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    encoder = load_encoder(options.model, device=options.device, threads=options.threads)
    splices = make_splices(
        options.photos,
        split=options.split,
        count=options.count,
        seed=options.seed,
        only=cameras_of(options.role),
    )
    figures = measure(splices, encoder, options.out)
    print_table(figures, options.model)


if __name__ == "__main__":
    main()
