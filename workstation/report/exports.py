"""Files that leave the program: maps as arrays, pictures and tables, and the folder that the command line writes."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from workstation.analysis.rendering import ByteArray, LayerKind, paint_layer, reduced
from workstation.analysis.result import NOT_ASSESSABLE, AnalysisResult
from workstation.analysis.stored_scale import stored_scale_map
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import ExportProblem
from workstation.report.atomic import refuse_taken, write_bytes, write_text
from workstation.report.document import build
from workstation.report.pdf import write_pdf
from workstation.report.serial import CONSISTENCY_FILE, write_json
from workstation.report.template import load_template

LegendChoice: TypeAlias = Literal["with", "without", "both"]

PICTURES: tuple[tuple[LayerKind, str], ...] = (
    ("departure", "consistency"),
    ("pca", "pca"),
    ("groups", "clusters"),
    ("cut", "cut"),
)
"""Layers and the names of their pictures."""

EXHIBIT_FILES = (
    "result.json",
    CONSISTENCY_FILE,
    *(f"{name}.png" for _, name in PICTURES[:3]),
    "report.pdf",
)
"""What `write_exhibit` may write."""

PICTURE_SIDE = 2048


def write_exhibit(exhibit: Exhibit, folder: Path, *, report: bool, created: datetime | None = None) -> tuple[Path, ...]:
    """Write one exhibit's folder; the report follows the user's template.

    It holds result.json, where there are maps consistency.npy, consistency.png, pca.png and clusters.png, and
    report.pdf. All files are made beside the folder first and moved when the last one is complete: a full disk leaves
    nothing half-written behind, and what an earlier call wrote stays as it was. Once they are complete, files of an
    earlier call that this one does not write are deleted: a map must not lie beside the result of another analysis.

    Args:
        exhibit: with its result, or with the reason of its failure.
        folder: of this exhibit, made if it is not there.
        report: whether report.pdf is written too.
        created: time of the report; None = now.

    Returns:
        The files, in the order of their names above.

    Raises:
        ExportProblem: if something cannot be written, or the template cannot be used.
    """
    document = build(Case((exhibit,)), created=created, template=load_template())
    with _staged(folder) as stage:
        names = ["result.json"]
        write_json(document, stage / "result.json", array=True)
        if exhibit.result is not None and exhibit.result.maps is not None:
            names += [path.name for path in _write_array(exhibit.result, stage)]
            names += [path.name for path in _write_pictures(exhibit, PICTURES[:3], stage, "with")]
        if report:
            write_pdf(document, stage / "report.pdf")
            names.append("report.pdf")
    _delete(folder / name for name in EXHIBIT_FILES if name not in names)
    return tuple(folder / name for name in names)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise ExportProblem(
                f"{path} belongs to an earlier result and could not be deleted: {problem.strerror or problem}"
            ) from problem


def write_maps(exhibit: Exhibit, folder: Path, *, legend: LegendChoice = "both") -> tuple[Path, ...]:
    """Write every map of an exhibit as a picture, the departure map as an array, and all numbers as a table.

    Args:
        exhibit: with a result that has maps.
        folder: made if it is not there.
        legend: "with" a legend under each picture, "without", or "both" (the ones without end in `_plain`).

    Returns:
        The files: consistency.npy, cells.csv, then the pictures.

    Raises:
        ExportProblem: if there are no maps, or something cannot be written.
    """
    result = exhibit.result
    if result is None or result.maps is None:
        raise ExportProblem(f"{exhibit.evidence.identity.name} has no maps to export")
    with _staged(folder) as stage:
        written = [*_write_array(result, stage), _write_cells(result, stage / "cells.csv")]
        written += _write_pictures(exhibit, PICTURES, stage, legend)
        names = [path.name for path in written]
    return tuple(folder / name for name in names)


def _write_array(result: AnalysisResult, folder: Path) -> tuple[Path]:
    values = stored_scale_map(result)
    assert values is not None
    stream = BytesIO()
    np.save(stream, values, allow_pickle=False)
    path = folder / CONSISTENCY_FILE
    write_bytes(path, stream.getvalue())
    return (path,)


def _write_pictures(
    exhibit: Exhibit, layers: tuple[tuple[LayerKind, str], ...], folder: Path, choice: LegendChoice
) -> list[Path]:
    """Layers in the stored frame, so that they lie on the array and on the coordinates of the report."""
    ground = reduced(exhibit.evidence.pixels.rgb, PICTURE_SIDE)
    return [path for kind, name in layers for path in _write_picture(exhibit, kind, folder / name, choice, ground)]


def _write_picture(
    exhibit: Exhibit, kind: LayerKind, base: Path, choice: LegendChoice, ground: ByteArray
) -> list[Path]:
    """One layer; `base` is its path without the suffix."""
    assert exhibit.result is not None
    written = []
    for legend in {"with": (True,), "without": (False,), "both": (True, False)}[choice]:
        picture = paint_layer(
            kind,
            exhibit.evidence.pixels,
            exhibit.result,
            max_side=PICTURE_SIDE,
            legend=legend,
            limits=exhibit.departure_limits,
            regions=exhibit.regions,
            photograph=ground,
        )
        stream = BytesIO()
        picture.save(stream, "PNG", compress_level=2)
        path = base.with_name(f"{base.name}_plain.png" if choice == "both" and not legend else f"{base.name}.png")
        write_bytes(path, stream.getvalue())
        written.append(path)
    return written


def _write_cells(result: AnalysisResult, path: Path) -> Path:
    """One line per map cell; positions are the cell's centre in stored pixels, empty fields mean not assessable."""
    maps = result.maps
    assert maps is not None
    geometry = maps.geometry
    names = {g.label: g.name for g in result.partition.groups} if result.partition else {}
    lines = StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(("row", "column", "x", "y", "assessable", "departure", "group", "cut", "pca1", "pca2", "pca3"))
    for row, column in np.ndindex(geometry.rows, geometry.columns):
        right = geometry.width if column == geometry.columns - 1 else (column + 1) * geometry.cell
        bottom = geometry.height if row == geometry.rows - 1 else (row + 1) * geometry.cell
        centre = ((column * geometry.cell + right) / 2, (row * geometry.cell + bottom) / 2)
        label, side = int(maps.groups[row, column]), int(maps.cut[row, column])
        table.writerow(
            (
                row,
                column,
                *(f"{c:g}" for c in centre),
                int(np.isfinite(maps.departure[row, column])),
                _plain(float(maps.departure[row, column])),
                "" if label == NOT_ASSESSABLE else names.get(label, chr(ord("A") + label)),
                "" if side == NOT_ASSESSABLE else side,
                *(_plain(float(component)) for component in maps.pca[row, column]),
            )
        )
    write_text(path, lines.getvalue())
    return path


def _plain(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A temporary folder whose files move into `folder` when the block ends without an error.

    It lies inside of `folder` where that exists (its parent may be read-only, or another disk), else beside it.
    """
    stage: Path | None = None
    try:
        place = folder if folder.is_dir() else folder.parent
        place.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=place, prefix=".exifact-"))
        yield stage
        folder.mkdir(exist_ok=True)
        moves = [(file, folder / file.name) for file in sorted(stage.iterdir())]
        for _, target in moves:
            refuse_taken(target)
        for file, target in moves:
            file.replace(target)
    except OSError as problem:
        raise ExportProblem(f"{folder} could not be written: {problem.strerror or problem}") from problem
    finally:
        if stage is not None:
            shutil.rmtree(stage, ignore_errors=True)
