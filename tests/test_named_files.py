from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from workstation.casework import CaseFile
from workstation.cli import app
from workstation.named_files import named_files


def picture(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.effect_noise((160, 128), 60).convert("RGB").save(file)
    return file


def test_folders_give_way_to_their_image_files_and_no_file_comes_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = picture(tmp_path / "a.jpg"), picture(tmp_path / "below" / "b.png")
    (tmp_path / "notes.txt").touch()

    files, failed = named_files([second, tmp_path])

    assert files == (second, first)
    assert not failed
    assert "1 file is left out" in capsys.readouterr().err


def test_a_folder_without_images_and_one_that_is_gone_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, gone = tmp_path / "empty", tmp_path / "gone"
    empty.mkdir()

    files, failed = named_files([empty, gone])

    assert files == (gone,)  # opening it says that it is not there
    assert failed
    assert "there is no image file in this folder" in capsys.readouterr().err


def test_a_folder_is_analysed_and_again_without_its_own_results(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "below" / "b.jpg")
    order = ["analyze", str(tmp_path), "--out", str(tmp_path / "out"), "--no-report", "--device", "cpu"]

    for _ in range(2):
        assert CliRunner().invoke(app, order).exit_code == 0

    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "b", "summary.csv"]


def test_a_case_takes_in_a_folder(tmp_path: Path) -> None:
    picture(tmp_path / "photos" / "a.jpg")
    picture(tmp_path / "photos" / "below" / "b.jpg")
    folder = str(tmp_path / "case")
    CaseFile.create(tmp_path / "case", title="Rex v. Doe", operator="A. Nalyst").close()

    done = CliRunner().invoke(app, ["case", "add", folder, str(tmp_path / "photos"), "--operator", "A. Nalyst"])

    assert done.exit_code == 0
    assert "a.jpg" in done.output
    assert "b.jpg" in done.output
