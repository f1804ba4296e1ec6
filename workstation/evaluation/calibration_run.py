"""A folder of photographs becomes a calibration table and the figures behind it."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from workstation import __version__
from workstation.analysis.calibration import FEWEST_PHOTOS, FORMAT
from workstation.analysis.detection import method
from workstation.analysis.model import Encoder, WeightsDescription
from workstation.analysis.statement import CANDIDATES, STATISTIC, Conditions, Detection, ErrorRate, PointingRate
from workstation.analysis.validated_range import read_range
from workstation.errors import ExportProblem
from workstation.evaluation.calibration_fit import StratumFit, fit_stratum
from workstation.evaluation.calibration_images import CalibrationProblem, Photo, list_photos, unread
from workstation.evaluation.calibration_measure import MOST_PER_CAMERA, Measure, chosen_photos, measure
from workstation.evaluation.strata import PLANS, TREATMENTS, Treatment
from workstation.progress import Progress
from workstation.report.atomic import write_text

_DETECTION = tuple(name.replace(" ", "_") for name in CANDIDATES)
_COLUMNS = (
    *("photo", "camera", "kind", "donor", "share", "treatment", "groups", *_DETECTION),
    *("long_side", "quality", "quality_estimated", "interpolated", "out_of_focus", "device_class", "reason"),
)


@dataclass(frozen=True, slots=True)
class Material:
    """What a table is made of.

    Attributes:
        photos: that count.
        sentence: on where they come from, for the table.
        judges: further photographs, of other cameras, that stand behind p-values and whose own error rates are not
            stated: those of cameras that served to choose something.
        unread: image files that could not be used.
    """

    photos: tuple[Photo, ...]
    sentence: str
    judges: tuple[Photo, ...] = ()
    unread: tuple[Path, ...] = ()

    @property
    def cameras(self) -> int:
        """How many cameras took them."""
        return len({photo.camera for photo in self.photos})


def laboratory_material(folder: Path, *, per_camera: int = MOST_PER_CAMERA) -> Material:
    """A laboratory's own photographs: those of a manifest, or every image file of the folder.

    Args:
        folder: of camera originals that nobody changed.
        per_camera: photographs of one camera that count.

    Raises:
        CalibrationProblem: if there are too few photographs or cameras to state anything.
    """
    listed = list_photos(folder)
    photos = chosen_photos(listed, most=per_camera)
    sentence = f"{len(photos)} photographs, at most {per_camera} of a camera"
    material = Material(photos, sentence, unread=unread(folder, listed))
    if len(photos) < FEWEST_PHOTOS or material.cameras < 2:
        raise CalibrationProblem(
            f"{folder} holds {len(photos)} photographs that count, of {material.cameras} cameras; at least "
            f"{FEWEST_PHOTOS} of two are needed"
        )
    return material


def check_place(file: Path) -> None:
    """Find out before hours of measuring what would keep the table from being written.

    Raises:
        CalibrationProblem: if a folder is there.
    """
    if file.is_dir():
        raise CalibrationProblem(f"{file} is a folder; the table is a file")


def calibrate(
    material: Material,
    encoder: Encoder,
    journal: Path,
    *,
    treatments: Sequence[Treatment] = TREATMENTS,
    seed: int = 0,
) -> Generator[Progress, None, tuple[tuple[Measure, ...], dict[str, Any]]]:
    """Measure the material and fit the table.

    Args:
        material: photographs that nobody changed.
        encoder: whose table it becomes.
        journal: what was measured so far; an interrupted run goes on from it.
        treatments: sizes and saves that are measured.
        seed: of the draws.

    Yields:
        Progress after each image.

    Returns:
        The measures, and the table as `analysis.calibration` reads it.

    Raises:
        CalibrationProblem: if no stratum can be fitted.
    """
    measures = yield from measure(material.photos, treatments, encoder, journal, seed=seed)
    if material.judges:
        beside = journal.with_name(f"judges-{journal.name}")
        measures += yield from measure(material.judges, treatments, encoder, beside, seed=seed, splices=False)
    yield Progress("fitting", 1.0)
    judges = {photo.camera for photo in material.judges}
    return measures, table_of(measures, material.sentence, encoder.description, judges=judges)


def table_of(
    measures: Sequence[Measure], material: str, weights: WeightsDescription, *, judges: Collection[str] = ()
) -> dict[str, Any]:
    """The table that these measures make.

    Args:
        measures: of all treatments.
        material: one sentence on the photographs.
        weights: that they were measured with.
        judges: cameras that stand behind p-values only.

    Raises:
        CalibrationProblem: if no stratum can be fitted.
    """
    fits = fit_all(measures, judges=judges)
    if not fits:
        raise CalibrationProblem("no stratum has untouched and spliced images of two cameras")
    return {
        "format": FORMAT,
        "weights": weights.name,
        "weights_sha256": weights.sha256,
        "statistic": STATISTIC,
        "method": method(weights.architecture),
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "program": __version__,
        "material": material,
        "strata": [fit.fields() for fit in fits],
    }


def fit_all(
    measures: Iterable[Measure], statistic: str = STATISTIC, *, judges: Collection[str] = ()
) -> tuple[StratumFit, ...]:
    """All strata that can be fitted, in the order of the plans; `judges` as for `table_of`."""
    kept = tuple(measures)
    fits = (fit_stratum(kept, plan, statistic=statistic, judges=judges) for plan in PLANS)
    return tuple(fit for fit in fits if fit is not None)


def write_table(table: dict[str, Any], file: Path) -> None:
    """Write a table as JSON.

    Raises:
        CalibrationProblem: if it cannot be written; the old one is then as it was.
    """
    _write(file, json.dumps(table, ensure_ascii=False, indent=1) + "\n")


def write_measures(measures: Iterable[Measure], file: Path) -> None:
    """Store measures as CSV, from which every figure can be computed again.

    Raises:
        CalibrationProblem: if it cannot be written; the old ones are then as they were.
    """
    lines = StringIO()
    writer = csv.DictWriter(lines, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in measures:
        writer.writerow({column: _cell(_field(one, column)) for column in _COLUMNS})
    _write(file, lines.getvalue())


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except (OSError, ExportProblem) as problem:
        raise CalibrationProblem(f"{file} cannot be written ({problem.__cause__ or problem})") from problem


def read_measures(file: Path) -> tuple[Measure, ...]:
    """What `write_measures` stored, rounded to five digits.

    Raises:
        CalibrationProblem: if it cannot be read.
    """
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            return tuple(_from_row(row) for row in csv.DictReader(lines))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise CalibrationProblem(f"{file} holds no measures ({problem})") from problem


def _field(one: Measure, column: str) -> Any:
    if column in _DETECTION:
        return None if one.detection is None else getattr(one.detection, column)
    if column in Conditions.__slots__:
        return None if one.conditions is None else getattr(one.conditions, column)
    return getattr(one, column)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _from_row(row: dict[str, str]) -> Measure:
    detection = Detection(**{name: float(row[name]) for name in _DETECTION}) if row["contrast"] else None
    conditions = None
    if row["long_side"]:
        conditions = Conditions(
            long_side=int(row["long_side"]),
            quality=int(row["quality"]) if row["quality"] else None,
            quality_estimated=row["quality_estimated"] == "1",
            interpolated=row["interpolated"] == "1",
            out_of_focus=float(row["out_of_focus"]) if row["out_of_focus"] else None,
            device_class=row["device_class"],  # type: ignore[arg-type] # written from the same field
        )
    return Measure(
        photo=row["photo"],
        camera=row["camera"],
        kind=row["kind"],
        donor=row["donor"],
        share=float(row["share"]),
        treatment=row["treatment"],
        detection=detection,
        conditions=conditions,
        groups=int(row["groups"]),
        reason=row["reason"],
    )


def in_words(table: dict[str, Any]) -> list[str]:
    """What a table states, one line per stratum and operating point."""
    lines = []
    for stratum in table["strata"]:
        lines.append(f"{stratum['name']}: {stratum['photos']} photographs of {stratum['cameras']} cameras")
        rates = [ErrorRate(**rate) for rate in stratum["rates"]]
        if not any(rate.stated for rate in rates):
            lines.append(
                f"    fewer than {FEWEST_PHOTOS} photographs of other cameras: not validated, analyses abstain"
            )
            continue
        lines += [f"    {rate.words}" for rate in rates]
        lines.append(f"    {PointingRate(**stratum['pointing']).words}")
        lines.append(f"    for pictures like these: {read_range(stratum, recorded=True).words}")
    return lines
