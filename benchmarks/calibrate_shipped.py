"""Everything that depends on the shipped weights and on photographs: one command after every change of the weights.

    python -m benchmarks.calibrate_shipped PHOTOS [--bench DIR] [--model compact] [--threads 1] [--work DIR]
                                           [--only NAME …] [--trial DIR] [--limit N]
    python -m benchmarks.calibrate_shipped --stored [--model compact]

PHOTOS holds manifest.csv; the cameras with the roles "calibration" and "error rates" (resources/calibration) are
measured, and the untouched photographs of those with the role "model choice", which stand behind p-values alone. Then
the splices between its dev cameras, and with --bench an evaluation set with a manifest.tsv, are evaluated as `exifact
evaluate --peers` does. Writes resources/weights/calibration/<model>.json, docs/validation/ (measures, stability,
summaries of the evaluations, figures), docs/validation.md and the stored results that `exifact validate` compares with.
Stopped, it goes on from what stands in --work. The table is fitted to the measures as they are stored, so --stored
makes table and page anew from docs/validation without a photograph, after a change of what a table holds; evaluations
that were judged by the table keep what it said then.

For a trial, --trial DIR writes everything below DIR instead and leaves the stored results alone, --limit N takes N
photographs (and N images of either class of each evaluation set), --only some treatments (workstation/evaluation/
strata.py names them).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from workstation import paths
from workstation.analysis import validation
from workstation.analysis.detection import method
from workstation.analysis.model import Encoder, WeightsDescription, load_encoder
from workstation.analysis.model.registry import find
from workstation.analysis.result import AnalysisRequest
from workstation.evaluation import calibration_run
from workstation.evaluation.calibration_images import MODEL_CHOICE, Photo, camera_roles, list_photos
from workstation.evaluation.calibration_measure import chosen_photos
from workstation.evaluation.command import chosen, write
from workstation.evaluation.datasets import Dataset
from workstation.evaluation.datasets_published import load
from workstation.evaluation.evaluate import Plan, evaluate
from workstation.evaluation.peers import PEERS
from workstation.evaluation.splices import write_splices
from workstation.evaluation.stability_survey import survey
from workstation.evaluation.strata import TREATMENTS, Treatment, treatments_by_name
from workstation.evaluation.validation_report import EVALUATIONS, MEASURES, STABILITY, claims_of, write_page
from workstation.progress import Progress, drain

T = TypeVar("T")

SPLICES = 100
"""Made between the dev cameras, each saved three ways."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go.

    Attributes:
        docs: folder of the documentation.
        table: the calibration table.
        work: what an interrupted run goes on from.
    """

    docs: Path
    table: Path
    work: Path


def material(photos: Path, limit: int | None) -> calibration_run.Material:
    """The photographs whose cameras have a role in the tables; for a trial evenly taken from all of them."""
    roles, found = camera_roles(), list_photos(photos)
    stated = {*roles["calibration"], *roles["error rates"]}
    kept, judges = (
        _some(chosen_photos([photo for photo in found if photo.camera in cameras]), limit)
        for cameras in (stated, roles[MODEL_CHOICE])
    )
    count, further = (len({photo.camera for photo in side}) for side in (kept, judges))
    sentence = f"{len(kept)} photographs of {count} cameras of a public collection, splices between them"
    if judges:
        sentence += f"; behind the p-values {len(judges)} of {further} further cameras as well"
    return calibration_run.Material(kept, sentence, judges)


def _some(photos: tuple[Photo, ...], limit: int | None) -> tuple[Photo, ...]:
    return photos if limit is None else photos[:: max(1, len(photos) // limit)][:limit]


def said(steps: Generator[Progress, None, T]) -> T:
    """Run and print each stage once, every tenth of a list of images, with the processor time so far."""
    last: tuple[str, int] = "", 0
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return] # a generator's return value is not typed
        listed = progress.stage[:1].isdigit()
        step = ("", int(10 * (progress.fraction or 0))) if listed else (progress.stage, 0)
        if step != last:
            last = step
            print(f"{time.process_time():7.0f} s  {progress.stage}", flush=True)


def measure(
    used: calibration_run.Material, encoder: Encoder, places: Places, treatments: Sequence[Treatment]
) -> dict[str, Any]:
    """Measure and write table, measures and stability."""
    # pictures are judged by the new table in the survey and the evaluations: it is written first
    journal = places.work / "measures.jsonl"
    measures, _ = said(calibration_run.calibrate(used, encoder, journal, treatments=treatments))
    calibration_run.write_measures(measures, places.docs / MEASURES)
    table = fitted(used.sentence, encoder.description, places)
    table["date"] = _date_of_same(table, places.table)
    calibration_run.write_table(table, places.table)
    stability = said(survey(used.photos, treatments_by_name()["medium-90"], encoder))
    (places.docs / STABILITY).write_text(json.dumps(stability, indent=1) + "\n", encoding="utf-8")
    return table


def fitted(sentence: str, weights: WeightsDescription, places: Places) -> dict[str, Any]:
    """The table that the stored measures make."""
    measures, judges = calibration_run.read_measures(places.docs / MEASURES), camera_roles()[MODEL_CHOICE]
    return calibration_run.table_of(measures, sentence, weights, judges=judges)


def from_stored(model: str, places: Places) -> None:
    """Table and page from what is stored, with the date on which it was measured."""
    before = json.loads(places.table.read_text(encoding="utf-8"))
    weights = find(model)
    if before["weights_sha256"] != weights.sha256:
        raise SystemExit(f"{places.table} and the stored measures belong to other weights than {model!r}")
    if before["method"] != method(weights.architecture):
        raise SystemExit("the stored measures were made with other parameters of the analysis: measure anew")
    table = {**fitted(before["material"], weights, places), "date": before["date"]}
    calibration_run.write_table(table, places.table)
    page(table, places.docs)
    print("\n".join(calibration_run.in_words(table)))


def _date_of_same(table: dict[str, Any], file: Path) -> str:
    """The date of a table that an interrupted run left with the same figures: evaluations then go on."""
    if file.is_file():
        before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        date = str(before.get("date"))
        if before == json.loads(json.dumps({**table, "date": date})):
            return date
    return str(table["date"])


def sets(photos: Path, bench: Path | None, places: Places, limit: int | None) -> dict[str, Dataset]:
    """What is evaluated, by the name of its section on the page."""
    made = drain(write_splices(photos, places.work / "splices", count=limit or SPLICES))
    found = {"splices": replace(load("manifest", made), name="splices")}
    if bench is not None:
        found["bench"] = load("manifest", bench)
    return {name: chosen(dataset, [], [], limit) for name, dataset in found.items()}


def evaluated(dataset: Dataset, name: str, encoder: Encoder, places: Places, table: dict[str, Any]) -> None:
    """Evaluate one set beside the other methods, and keep its summary for the page."""
    weights = encoder.description
    request = AnalysisRequest(model=weights.name, device="cpu", threads=encoder.threads)
    out = places.work / f"{name}-{weights.sha256[:12]}-{table['format']}-{table['date'].replace(':', '')}"
    write(said(evaluate(Plan(dataset, request, out, peers=tuple(PEERS)), encoder=encoder)))
    kept = places.docs / EVALUATIONS / f"{name}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(out / "summary.json", kept)


def page(table: dict[str, Any], docs: Path) -> None:
    """Write docs/validation.md from what was stored."""
    stability = json.loads((docs / STABILITY).read_text(encoding="utf-8"))
    measures = calibration_run.read_measures(docs / MEASURES)
    write_page(measures, table, docs, stability=stability, claims=claims_of(str(table["weights"])))


def main() -> None:
    """Read the arguments, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--stored", action="store_true")
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--model", default="compact")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "exifact-calibration")
    names = [treatment.name for treatment in TREATMENTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--trial", type=Path)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    if options.limit is not None and options.trial is None:
        parser.error("--limit measures too little for the project: it needs --trial")
    root = options.trial
    places = Places(
        docs=root / "docs" if root else Path(__file__).parents[1] / "docs",
        table=(root if root else paths.resources() / "weights") / "calibration" / f"{options.model}.json",
        work=root / "work" if root else options.work,
    )
    if options.stored:
        from_stored(options.model, places)
        return
    if options.photos is None:
        parser.error("PHOTOS is needed, or --stored")
    places.work.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder(options.model, device="cpu", threads=options.threads)
    treatments = [treatment for treatment in TREATMENTS if treatment.name in options.only]
    table = measure(material(options.photos, options.limit), encoder, places, treatments)
    page(table, places.docs)
    if root is None:
        drain(validation.store(model=options.model, threads=options.threads))
    for name, dataset in sets(options.photos, options.bench, places, options.limit).items():
        evaluated(dataset, name, encoder, places, table)
        page(table, places.docs)
    print("\n".join(calibration_run.in_words(table)))
    print(f"{time.process_time():.0f} s of processor time in all")


if __name__ == "__main__":
    main()
