"""How the command line follows a computation and speaks."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import typer

from workstation import terminal
from workstation.errors import ExportProblem, ImageTooSmall
from workstation.progress import Progress


def test_each_stage_is_said_once_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def steps() -> Generator[Progress, None, str]:
        yield Progress("decoding", 0.0)
        yield Progress("decoding", 0.3)
        yield Progress("embedding", 0.5)
        yield Progress("embedding", None)
        return "done"

    assert terminal.follow(steps(), "photo.jpg") == "done"
    said = capsys.readouterr()
    assert said.err.splitlines() == ["photo.jpg: decoding (0 %)", "photo.jpg: embedding (50 %)"]
    assert not said.out


def test_on_a_terminal_a_bar_is_drawn_and_removed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    def steps() -> Generator[Progress, None, int]:
        yield Progress("embedding [bold]", 0.5, remaining=12.3)
        return 7

    assert terminal.follow(steps(), "photo.jpg") == 7
    said = capsys.readouterr().err
    assert "embedding [bold]" in said
    assert "12 s left" in said


def test_an_error_passes_through_and_the_computation_is_closed() -> None:
    closed = []

    def steps() -> Generator[Progress, None, None]:
        try:
            yield Progress("embedding")
            raise ImageTooSmall(40, 40, 64)
        finally:
            closed.append(True)

    with pytest.raises(ImageTooSmall):
        terminal.follow(steps(), "photo.jpg")
    assert closed


def test_control_characters_are_shown_not_obeyed() -> None:
    assert terminal.printable("a\x1b[31mb\r\nc\udc80 é 写") == "a\\x1b[31mb\\r\\nc\\udc80 é 写"


def test_a_complaint_names_the_file_once(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.complain(ExportProblem("the disk is full"), "photo.jpg")
    terminal.complain(ExportProblem("photo.jpg could not be written"), "photo.jpg")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("exifact: photo.jpg: the disk is full. Free some space")
    assert second.startswith("exifact: photo.jpg could not be written. Free some space")


def test_an_error_ends_the_command_in_words_and_with_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end, terminal.words_for_errors("photo.jpg"):
        raise ImageTooSmall(40, 30, 64)
    assert end.value.exit_code == terminal.FAILED == 1
    assert "exifact: photo.jpg: 30×40 pixels hold no patch of 64×64" in capsys.readouterr().err
