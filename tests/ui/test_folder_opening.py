from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from workstation.evidence.record import Evidence
from workstation.progress import Progress
from workstation.ui.main_window import MainWindow
from workstation.ui.work import open_file

Photo = Callable[..., Path]
Maker = Callable[..., MainWindow]


@pytest.fixture
def folder(photo: Photo, tmp_path: Path) -> Path:
    """Three photographs, one of them in a folder below, and a file of another kind."""
    place = tmp_path / "DCIM"
    (place / "100").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b.png", "100/c.jpg")):
        photo(f"{number}{Path(name).suffix}", seed=number).rename(place / name)
    (place / "readme.txt").write_text("no picture", encoding="utf-8")
    return place


def names(window: MainWindow) -> list[str]:
    return [exhibit.name for exhibit in window.session.exhibits]


def test_a_folder_opens_as_its_image_files(window: MainWindow, folder: Path, qtbot) -> None:
    window.open_files([folder])

    qtbot.waitUntil(lambda: "DCIM" in window.centre.message, timeout=10000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10000)
    assert names(window) == ["a.jpg", "b.png", "c.jpg"]  # the folder itself is no exhibit
    assert window.centre.message == "3 image files of the folder “DCIM” are open. 1 other file left out."
    assert window.session.current is window.session.exhibits[0]
    assert all(exhibit.evidence is not None for exhibit in window.session.exhibits)
    assert "failed" not in window.jobs_panel.log_text
    assert "Opening “DCIM”: is a folder, which is looked through" in window.jobs_panel.log_text


def test_a_folder_that_is_open_can_be_analysed_with_one_press(window: MainWindow, folder: Path, qtbot) -> None:
    window.open_files([folder])
    qtbot.waitUntil(lambda: "3 image files" in window.centre.message, timeout=10000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10000)
    asked: list[str] = []
    window.analyses.analyse = lambda exhibit: asked.append(exhibit.name)

    button = next(one for one in window.view.findChildren(QPushButton) if one.text() == "Analyze all")
    button.click()

    assert asked == ["a.jpg", "b.png", "c.jpg"]


def test_what_is_open_already_is_not_opened_again(window: MainWindow, folder: Path, qtbot) -> None:
    window.open_files([folder / "b.png"])
    window.open_files([folder])

    qtbot.waitUntil(lambda: "3 image files" in window.centre.message, timeout=10000)
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10000)
    assert names(window) == ["b.png", "a.jpg", "c.jpg"]


def test_closing_the_file_that_is_being_opened_leaves_the_others_alone(make_window: Maker, folder: Path, qtbot) -> None:
    goes_on = threading.Event()

    def held(path: Path, limit: int | None) -> Generator[Progress, None, Evidence]:
        while path.name == "b.png" and not goes_on.wait(0.01):
            yield Progress("reading the file")
        return (yield from open_file(path, limit))

    window = make_window(open_file=held)
    window.open_files([folder])
    qtbot.waitUntil(lambda: names(window) == ["a.jpg", "b.png"], timeout=10000)

    window.session.close(window.session.exhibits[1])

    goes_on.set()
    qtbot.waitUntil(lambda: not window.jobs.jobs(), timeout=10000)
    assert names(window) == ["a.jpg"]
    assert window.centre.message.startswith("1 of 3 image files of the folder “DCIM” are open: stopped.")


@pytest.mark.parametrize("broken", ["a.jpg", "100/c.jpg"])
def test_a_file_that_cannot_be_opened_does_not_keep_the_next_ones_back(
    window: MainWindow, folder: Path, broken: str, qtbot
) -> None:
    (folder / broken).write_bytes(b"\xff\xd8\xff and no more")

    window.open_files([folder])

    qtbot.waitUntil(lambda: len(names(window)) == 3 and not window.jobs.jobs(), timeout=10000)
    qtbot.waitUntil(lambda: "2 of 3" in window.centre.message, timeout=10000)
    assert window.centre.message == (
        "2 of 3 image files of the folder “DCIM” are open. 1 cannot be opened: see Exhibits. 1 other file left out."
    )
    assert [exhibit.name for exhibit in window.session.exhibits if exhibit.problem] == [Path(broken).name]
    assert sum(exhibit.evidence is not None for exhibit in window.session.exhibits) == 2


def test_a_folder_without_images_says_so(window: MainWindow, tmp_path: Path, qtbot) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").touch()

    window.open_files([tmp_path / "letters"])

    qtbot.waitUntil(lambda: "letters" in window.centre.message, timeout=10000)
    assert (
        window.centre.message
        == "There are no image files that Exifact opens in the folder “letters”. 1 other file left out."
    )
    assert names(window) == []
