from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject

from workstation.ui.layers import Layer
from workstation.ui.main_window import MainWindow
from workstation.ui.turns import Turns
from workstation.ui.wording import Situation


def pieces(done: list[str], *names: str) -> Iterator[None]:
    for name in names:
        done.append(name)
        yield


def test_one_piece_is_done_per_turn_in_the_order_of_asking(qtbot) -> None:
    parent, done = QObject(), []
    turns = Turns(parent)

    turns.take("first", pieces(done, "a", "b"))
    turns.take("second", pieces(done, "c"))
    assert done == []
    qtbot.waitUntil(lambda: turns.is_idle, timeout=2000)

    assert done == ["a", "b", "c"]


def test_what_is_asked_for_again_drops_what_was_left(qtbot) -> None:
    parent, done = QObject(), []
    turns = Turns(parent)

    def old() -> Iterator[None]:
        done.append("old 1")
        turns.take("plot", pieces(done, "new"))
        yield
        done.append("old 2")

    turns.take("plot", old())
    qtbot.waitUntil(lambda: turns.is_idle, timeout=2000)

    assert done == ["old 1", "new"]


def test_dropped_work_is_not_done(qtbot) -> None:
    parent, done = QObject(), []
    turns = Turns(parent)
    turns.take("words", pieces(done, "never"))
    turns.drop("words")
    turns.take("plot", pieces(done, "plot"))
    qtbot.waitUntil(lambda: turns.is_idle, timeout=2000)

    assert not turns.has("words")
    assert done == ["plot"]


def test_a_piece_that_fails_does_not_keep_the_others_from_being_done(qtbot) -> None:
    def failing() -> Iterator[None]:
        raise ValueError("a piece that fails")
        yield

    parent, done = QObject(), []
    turns = Turns(parent)
    turns.take("bad", failing())
    turns.take("good", pieces(done, "good"))
    with qtbot.captureExceptions() as failures:
        qtbot.waitUntil(lambda: turns.is_idle, timeout=2000)

    assert [str(error) for _, error, _ in failures] == ["a piece that fails"]
    assert done == ["good"]


def test_a_result_is_painted_first_and_told_in_later_turns(
    window: MainWindow, photo: Callable[..., Path], open_file: Callable[[MainWindow, Path], None], qtbot
) -> None:
    open_file(window, photo(size=(512, 384)))
    seen: list[tuple[bool, Situation]] = []
    window.analyses.finished.connect(
        lambda _: seen.append((window.view.has_layer(Layer.GROUPS), window.findings.situation))
    )

    with qtbot.waitSignal(window.analyses.finished, timeout=180_000):
        window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=2000)

    assert seen == [(True, Situation.ANALYSING)]
    assert window.findings.situation in {Situation.COMPLETE, Situation.NO_STABLE_PARTITION, Situation.AMBIGUOUS}
    assert "patches" in window.scatter.words


def test_words_of_an_analysis_never_stand_under_another_exhibit(
    window: MainWindow, photo: Callable[..., Path], open_file: Callable[[MainWindow, Path], None], qtbot
) -> None:
    open_file(window, photo("a.jpg", size=(512, 384)))
    open_file(window, photo("b.jpg", seed=2))
    analysed, other = window.session.exhibits
    window.session.select(analysed)

    def leave(_exhibit: object) -> None:
        window.session.select(other)

    with qtbot.waitSignal(window.analyses.finished, timeout=180_000):
        window.actions_table["analyze"].trigger()
        window.analyses.finished.connect(leave)
    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=2000)

    assert window.session.current is other
    assert window.findings.situation is Situation.READY
    assert window.scatter.words.startswith("After an analysis")
    assert not window.view.has_layer(Layer.DEPARTURE)
    window.session.select(analysed)
    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=2000)
    assert window.findings.situation in {Situation.COMPLETE, Situation.NO_STABLE_PARTITION, Situation.AMBIGUOUS}


def test_plot_and_groups_of_one_exhibit_never_stand_beside_another(
    window: MainWindow, photo: Callable[..., Path], open_file: Callable[[MainWindow, Path], None], qtbot
) -> None:
    open_file(window, photo("a.jpg", size=(512, 384)))
    open_file(window, photo("b.jpg", seed=2))
    analysed, other = window.session.exhibits
    window.session.select(analysed)
    with qtbot.waitSignal(window.analyses.finished, timeout=180_000):
        window.actions_table["analyze"].trigger()
    qtbot.waitUntil(lambda: window.turns.is_idle, timeout=2000)
    assert "patches" in window.scatter.words

    window.session.select(other)

    assert window.scatter.words.startswith("After an analysis")  # in the same turn already
    assert window.regions.table.model().rowCount() == 0
