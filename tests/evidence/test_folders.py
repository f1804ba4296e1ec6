from __future__ import annotations

import os
from pathlib import Path

import pytest

from workstation.casework.access import FILE
from workstation.evidence import list_folder, name_key
from workstation.evidence.folders import OWN_FILES
from workstation.report.exports import CONSISTENCY_FILE


def made(folder: Path, *names: str) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return files


def test_image_files_are_found_folder_by_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    wanted = made(tmp_path, "a.JPG", "b.heic", "DCIM/100/c.png", "DCIM/101/d.tif")
    made(tmp_path, "readme.txt", "DCIM/film.mov")

    found = list_folder(tmp_path)

    assert found.files == tuple(wanted)
    assert found.others == 2
    assert found.unreadable == ()


def test_numbers_in_names_count_by_their_size(tmp_path: Path) -> None:
    wanted = made(tmp_path, "img_1.jpg", "IMG_2.jpg", "IMG_010.jpg", "IMG_0100.jpg", "9 roll/x.png", "10 roll/x.png")

    assert list_folder(tmp_path).files == tuple(wanted)


def test_names_that_differ_in_leading_zeros_or_capitals_only_keep_one_order() -> None:
    names = ["IMG_2.jpg", "IMG_02.jpg", "img_2.jpg", f"{9**40}.jpg", f"{9**39}.jpg", "\udcff7.jpg", "0.jpg"]

    ordered = sorted(names, key=name_key)

    assert ordered == ["0.jpg", f"{9**39}.jpg", f"{9**40}.jpg", "IMG_02.jpg", "IMG_2.jpg", "img_2.jpg", "\udcff7.jpg"]


def test_hidden_files_and_what_exifact_wrote_are_passed_over(tmp_path: Path) -> None:
    (wanted,) = made(tmp_path, "photo.jpg")
    made(tmp_path, "._photo.jpg", ".thumbnails/photo.jpg")
    made(tmp_path, "case/case.sqlite", "case/originals/photo.jpg")
    made(tmp_path, "out/photo/consistency.npy", "out/photo/pca.png", "out/photo/more/pca.png")

    found = list_folder(tmp_path)

    assert found.files == (wanted,)
    assert found.others == 0
    assert {FILE, CONSISTENCY_FILE} == OWN_FILES


def test_another_programs_result_json_hides_no_photographs(tmp_path: Path) -> None:
    """Messengers export their chats under this name."""
    made(tmp_path, "result.json")
    (wanted,) = made(tmp_path, "photos/photo_1.jpg")

    assert list_folder(tmp_path).files == (wanted,)


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (wanted,) = made(tmp_path, "photo.jpg")
    try:
        (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")

    assert list_folder(tmp_path).files == (wanted,)


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (wanted,) = made(tmp_path, "photo.jpg")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    if os.access(closed, os.R_OK):
        closed.rmdir()
        assert list_folder(closed).unreadable == (closed,)  # this user may read everything: one that is gone
    else:
        assert list_folder(tmp_path).unreadable == (closed,)
        assert list_folder(tmp_path).files == (wanted,)
        closed.chmod(0o700)
