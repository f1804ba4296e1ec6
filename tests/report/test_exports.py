"""Files that leave the program: names, values, and nothing half-written."""

from __future__ import annotations

import csv
import json
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.report.conftest import CELL, COLUMNS, HEIGHT, MOMENT, ROWS, WIDTH
from workstation.analysis.rendering import blend, colour_map, dimmed_grey
from workstation.analysis.stored_scale import stored_scale_map
from workstation.casework.exhibit import Exhibit
from workstation.errors import ExportProblem
from workstation.report.exports import write_exhibit, write_maps

resource = pytest.importorskip("resource", reason="file size limits exist on POSIX only")


def test_a_complete_exhibit_has_its_six_files(exhibit: Exhibit, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "IMG_0042"

    written = write_exhibit(exhibit, folder, report=True, created=MOMENT)

    names = ["result.json", "consistency.npy", "consistency.png", "pca.png", "clusters.png", "report.pdf"]
    assert [p.name for p in written] == names
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)
    assert [p.name for p in folder.parent.iterdir()] == ["IMG_0042"]
    assert written[-1].read_bytes().startswith(b"%PDF-")


def test_without_a_report_there_is_none(exhibit: Exhibit, tmp_path: Path) -> None:
    write_exhibit(exhibit, tmp_path / "x", report=False)

    assert not (tmp_path / "x" / "report.pdf").exists()
    assert (tmp_path / "x" / "result.json").exists()


@pytest.mark.parametrize("which", ["not_assessable", "failed"])
def test_without_maps_there_are_result_and_report_only(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    write_exhibit(request.getfixturevalue(which), tmp_path / "x", report=True)

    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == ["report.pdf", "result.json"]


def test_no_map_and_no_report_of_an_earlier_result_stay(
    exhibit: Exhibit, not_assessable: Exhibit, tmp_path: Path
) -> None:
    write_exhibit(exhibit, tmp_path / "x", report=True)
    (tmp_path / "x" / "mine.txt").write_text("keep")

    write_exhibit(not_assessable, tmp_path / "x", report=False)

    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == ["mine.txt", "result.json"]


def test_the_array_is_what_result_json_says(exhibit: Exhibit, tmp_path: Path) -> None:
    write_exhibit(exhibit, tmp_path / "x", report=False)

    values = np.load(tmp_path / "x" / "consistency.npy", allow_pickle=False)
    described = json.loads((tmp_path / "x" / "result.json").read_text("utf-8"))["consistency_map"]
    assert exhibit.result is not None
    assert values.dtype == np.float32
    assert list(values.shape) == described["shape"]
    np.testing.assert_array_equal(values, stored_scale_map(exhibit.result))
    assert np.isnan(values[0, 0])
    assert values[100 * values.shape[0] // HEIGHT, 200 * values.shape[1] // WIDTH] > 0.4


def test_the_same_exhibit_gives_the_same_bytes(exhibit: Exhibit, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_exhibit(exhibit, tmp_path / name, report=False, created=MOMENT)

    for file in ("consistency.npy", "consistency.png", "pca.png", "clusters.png"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_maps_come_with_and_without_legend(exhibit: Exhibit, tmp_path: Path) -> None:
    written = write_maps(exhibit, tmp_path / "maps")

    names = ["consistency", "pca", "clusters", "cut"]
    assert [p.name for p in written] == [
        "consistency.npy",
        "cells.csv",
        *(f"{n}{end}" for n in names for end in (".png", "_plain.png")),
    ]
    for name in names:
        with Image.open(tmp_path / "maps" / f"{name}_plain.png") as plain:
            assert plain.size == (WIDTH, HEIGHT)
        with Image.open(tmp_path / "maps" / f"{name}.png") as framed:
            assert framed.height > HEIGHT


def test_other_files_of_a_folder_stay(exhibit: Exhibit, tmp_path: Path) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")

    write_maps(exhibit, folder, legend="with")

    assert (folder / "mine.txt").read_text() == "keep"
    assert [p for p in folder.iterdir() if p.name.startswith(".")] == []
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["maps"]


def test_plain_names_are_used_when_only_one_kind_is_asked_for(exhibit: Exhibit, tmp_path: Path) -> None:
    write_maps(exhibit, tmp_path / "maps", legend="without")

    with Image.open(tmp_path / "maps" / "consistency.png") as plain:
        assert plain.size == (WIDTH, HEIGHT)


def test_the_centre_of_a_cell_has_the_colour_of_its_value(exhibit: Exhibit, tmp_path: Path) -> None:
    write_maps(replace(exhibit, regions=()), tmp_path / "maps", legend="without")

    picture = np.asarray(Image.open(tmp_path / "maps" / "consistency.png"))
    values = np.load(tmp_path / "maps" / "consistency.npy")
    grey = dimmed_grey(exhibit.evidence.pixels.rgb)
    y, x = 3 * CELL // 2, 7 * CELL // 2  # in the middle of cell (1, 3)
    value = values[y * values.shape[0] // HEIGHT, x * values.shape[1] // WIDTH]
    index = round(float(value) / 0.8 * 255)
    nearest = [blend(colour_map("cividis")[i], grey[y, x]) for i in (index - 3, index, index + 3)]
    assert (np.minimum(nearest[0], nearest[2]).astype(int) - 1 <= picture[y, x]).all()
    assert (picture[y, x] <= np.maximum(nearest[0], nearest[2]).astype(int) + 1).all()


def test_the_table_has_one_line_per_cell(exhibit: Exhibit, tmp_path: Path) -> None:
    write_maps(exhibit, tmp_path / "maps")

    lines = list(csv.DictReader((tmp_path / "maps" / "cells.csv").read_text("utf-8").splitlines()))
    assert len(lines) == ROWS * COLUMNS
    first, inside, last = lines[0], lines[4 * COLUMNS + 6], lines[-1]
    assert (first["assessable"], first["departure"], first["group"], first["cut"]) == ("0", "", "", "")
    assert (inside["row"], inside["column"], inside["x"], inside["y"]) == ("4", "6", "208", "144")
    assert (inside["group"], inside["cut"]) == ("B", "1")
    assert exhibit.result is not None
    assert exhibit.result.maps is not None
    assert float(inside["departure"]) == pytest.approx(float(exhibit.result.maps.departure[4, 6]), rel=1e-5)
    assert (last["x"], last["y"]) == (str((9 * CELL + WIDTH) / 2).removesuffix(".0"), "196")


def test_an_exhibit_without_maps_cannot_export_them(failed: Exhibit, tmp_path: Path) -> None:
    with pytest.raises(ExportProblem, match=r"IMG_0042\.jpg has no maps"):
        write_maps(failed, tmp_path / "maps")


def test_a_folder_that_cannot_be_made_is_an_export_problem(exhibit: Exhibit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ExportProblem, match="could not be written"):
        write_exhibit(exhibit, tmp_path / "file" / "x", report=False)


def test_files_can_be_read_by_others(exhibit: Exhibit, tmp_path: Path) -> None:
    write_exhibit(exhibit, tmp_path / "x", report=False)

    plain = tmp_path / "plain"
    plain.write_text("")
    assert stat.S_IMODE((tmp_path / "x" / "result.json").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Every file that grows beyond a size fails, as on a full disk. Only inside: pytest may write to a file, too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [100, 20_000, 120_000])
def test_a_full_disk_leaves_nothing_behind(exhibit: Exhibit, tmp_path: Path, size: int) -> None:
    out = tmp_path / "out"

    with file_size_limit(size), pytest.raises(ExportProblem, match="File too large"):
        write_exhibit(exhibit, out / "IMG_0042", report=True)

    assert list(out.iterdir()) == []


def test_what_cannot_be_replaced_leaves_an_earlier_export_as_it_was(exhibit: Exhibit, tmp_path: Path) -> None:
    write_exhibit(exhibit, tmp_path, report=False, created=MOMENT)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    (tmp_path / "report.pdf").mkdir()

    with pytest.raises(ExportProblem, match="could not be written: Is a directory"):
        write_exhibit(replace(exhibit, regions=()), tmp_path, report=True)

    (tmp_path / "report.pdf").rmdir()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_full_disk_leaves_an_earlier_export_as_it_was(exhibit: Exhibit, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "IMG_0042"
    write_exhibit(exhibit, folder, report=False, created=MOMENT)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    with file_size_limit(20_000), pytest.raises(ExportProblem):
        write_exhibit(replace(exhibit, note="another"), folder, report=False)

    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert [p.name for p in folder.parent.iterdir()] == ["IMG_0042"]


def test_the_report_room_loads_neither_qt_nor_torch() -> None:
    code = "import sys, workstation.report.exports; print({'torch', 'PySide6', 'transformers'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
