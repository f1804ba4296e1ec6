"""Everything that depends on the shipped weights and on photographs: one command after every change of the weights.

    python -m benchmarks.calibrate_shipped PHOTOS [--model compact] [--threads 1] [--journal FILE] [--only NAME …]

PHOTOS holds manifest.csv; the cameras with the roles "calibration" and "error rates" (resources/calibration) are
measured. Writes resources/weights/calibration/<model>.json, docs/validation/ (measures, stability, figures),
docs/validation.md and the stored results that `exifact validate` compares with. Stopped, it goes on from the journal.
With --only some treatments are measured (workstation/evaluation/strata.py names them).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from workstation import paths
from workstation.analysis import validation
from workstation.analysis.model import Encoder, load_encoder
from workstation.evaluation import calibration_run
from workstation.evaluation.calibration_images import camera_roles, list_photos
from workstation.evaluation.calibration_measure import chosen_photos
from workstation.evaluation.stability_survey import survey
from workstation.evaluation.strata import TREATMENTS, Treatment, treatments_by_name
from workstation.evaluation.validation_report import MEASURES, STABILITY, write_page
from workstation.progress import Progress, drain

T = TypeVar("T")

DOCS = Path(__file__).parents[1] / "docs"


def material(photos: Path) -> calibration_run.Material:
    """The photographs whose cameras have a role in the tables."""
    roles = camera_roles()
    cameras = {*roles["calibration"], *roles["error rates"]}
    chosen = chosen_photos([photo for photo in list_photos(photos) if photo.camera in cameras])
    count = len({photo.camera for photo in chosen})
    return calibration_run.Material(
        chosen, f"{len(chosen)} photographs of {count} cameras of a public collection, splices between them"
    )


def said(steps: Generator[Progress, None, T]) -> T:
    """Run and print each stage once, with the processor time so far."""
    stage = ""
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return] # a generator's return value is not typed
        if progress.stage != stage:
            stage = progress.stage
            print(f"{time.process_time():7.0f} s  {stage}", flush=True)


def make(
    used: calibration_run.Material, encoder: Encoder, journal: Path, treatments: Sequence[Treatment]
) -> dict[str, Any]:
    """Measure, write table, measures, stability and page."""
    # pictures are judged by the new table in the stability survey: it is written first
    measures, table = said(calibration_run.calibrate(used, encoder, journal, treatments=treatments))
    name = encoder.description.name
    calibration_run.write_table(table, paths.resources() / "weights" / "calibration" / f"{name}.json")
    calibration_run.write_measures(measures, DOCS / MEASURES)
    stability = said(survey(used.photos, treatments_by_name()["medium-90"], encoder))
    (DOCS / STABILITY).write_text(json.dumps(stability, indent=1) + "\n", encoding="utf-8")
    write_page(calibration_run.read_measures(DOCS / MEASURES), table, DOCS, stability=stability)
    return table


def main() -> None:
    """Read the arguments, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--journal", type=Path, default=Path(tempfile.gettempdir()) / "exifact-calibration.jsonl")
    names = [treatment.name for treatment in TREATMENTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    options = parser.parse_args()
    encoder = load_encoder(options.model, device="cpu", threads=options.threads)
    chosen = [treatment for treatment in TREATMENTS if treatment.name in options.only]
    table = make(material(options.photos), encoder, options.journal, chosen)
    drain(validation.store(model=options.model, threads=options.threads))
    print("\n".join(calibration_run.in_words(table)))
    print(f"{time.process_time():.0f} s of processor time in all")


if __name__ == "__main__":
    main()
