from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from tests.ui.canvas_samples import sample_pixels
from workstation.evidence.display import oriented
from workstation.ui.picture_item import CACHE_BYTES, PictureItem, Style
from workstation.ui.pyramid import Pyramid


def build(pyramid: Pyramid) -> None:
    while not pyramid.complete:
        pyramid.work(0.01)


def test_levels_are_means_of_two_by_two_pixels() -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (700, 1101, 3), dtype=np.uint8)
    pyramid = Pyramid(rgb, 1)
    build(pyramid)
    assert [level.shape[:2] for level in pyramid.levels] == [(700, 1101), (350, 551), (175, 276)]
    block = rgb[10:12, 20:22].reshape(4, 3).astype(int)
    assert pyramid.levels[1][5, 10].tolist() == ((block.sum(axis=0) + 2) // 4).tolist()
    last = rgb[10:12, 1100].astype(int)
    assert pyramid.levels[1][5, 550].tolist() == ((2 * last.sum(axis=0) + 2) // 4).tolist()


def test_level_0_is_the_decoded_array_itself_turned() -> None:
    pixels = sample_pixels(orientation=6)
    pyramid = Pyramid.of(pixels)
    assert np.shares_memory(pyramid.levels[0], pixels.rgb)
    assert np.array_equal(pyramid.levels[0], oriented(pixels.rgb, 6))


def test_two_views_of_one_picture_share_their_levels_and_leave_nothing_behind() -> None:
    pixels = sample_pixels()
    assert Pyramid.of(pixels) is Pyramid.of(pixels)
    first = Pyramid.of(pixels)
    assert Pyramid.of(sample_pixels()) is not first
    key = id(first)
    del first
    gc.collect()
    assert all(id(p) != key for p in gc.get_objects() if type(p) is Pyramid)


def test_a_half_built_pyramid_leaves_memory_without_the_garbage_collector() -> None:
    pyramid = Pyramid(np.zeros((2500, 4000, 3), np.uint8), 1)
    pyramid.work(0)
    next(pyramid._building)
    stored = weakref.ref(pyramid.stored)
    gc.disable()
    try:
        del pyramid
        assert stored() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(("zoom", "level"), [(1.0, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.01, 3)])
def test_the_level_shown_never_has_fewer_pixels_than_the_screen(zoom: float, level: int) -> None:
    pyramid = Pyramid(np.zeros((2500, 4000, 3), np.uint8), 1)
    assert pyramid.last_level == 3
    assert pyramid.level_for(zoom) == level


def test_what_is_not_built_yet_is_thinned_from_what_is_there() -> None:
    rgb = np.zeros((1024, 2048, 3), np.uint8)
    rgb[..., 0] = np.arange(2048) // 8
    pyramid = Pyramid(rgb, 1)
    assert pyramid.crop(2, 0, 1, 0, 512)[0, ::2, 0].tolist() == list(range(256))


def paint(item: PictureItem, zoom: float, left: float, top: float, side: int = 300) -> QImage:
    image = QImage(side, side, QImage.Format.Format_RGB32)
    item.set_view(QRectF(left, top, side / zoom, side / zoom), zoom)
    painter = QPainter(image)
    painter.scale(zoom, zoom)
    painter.translate(-left, -top)
    item.paint(painter, QStyleOptionGraphicsItem(), None)
    painter.end()
    return image


def test_a_picture_of_200_megapixels_costs_a_third_of_its_bytes_and_the_cache(qtbot: QtBot) -> None:
    rgb = np.zeros((10_000, 20_000, 3), np.uint8)
    rgb[:1000] = 200  # the rest stays untouched memory
    tracemalloc.start()
    pyramid = Pyramid(rgb, 1)
    item = PictureItem()
    item.set_picture(pyramid)
    first = paint(item, 0.015, 0, 0)
    at_once, _ = tracemalloc.get_traced_memory()
    build(pyramid)
    for zoom in (0.015, 0.1, 1.0, 20.0):
        paint(item, zoom, 9_990, 990)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert first.pixelColor(200, 10).red() == 200
    assert first.pixelColor(200, 100).red() == 0
    assert at_once < 2_000_000
    assert peak < rgb.nbytes / 3 + CACHE_BYTES
    assert item.cached_bytes < CACHE_BYTES


def test_pixels_are_exact_at_100_percent_and_sharp_squares_from_200_percent(qtbot: QtBot) -> None:
    pixels = sample_pixels()
    item = PictureItem()
    item.set_picture(Pyramid.of(pixels))
    whole = paint(item, 1.0, 0, 0, 90)
    assert [whole.pixelColor(x, 40).red() for x in (0, 1, 50, 89)] == [0, 1, 50, 89]
    large = paint(item, 4.0, 10, 20, 40)
    assert {large.pixelColor(x, 0).red() for x in range(4)} == {10}
    assert [large.pixelColor(4 * n, 4 * n).green() for n in range(5)] == [20, 21, 22, 23, 24]


def test_below_100_percent_fine_stripes_become_their_mean(qtbot: QtBot) -> None:
    rgb = np.zeros((1024, 1024, 3), np.uint8)
    rgb[:, ::2] = 200
    pyramid = Pyramid(rgb, 1)
    build(pyramid)
    item = PictureItem()
    item.set_picture(pyramid)
    small = paint(item, 0.29, 0, 0, 290)
    assert {small.pixelColor(x, 100).red() for x in range(5, 280)} == {100}


def test_the_dimmed_ground_is_grey(qtbot: QtBot) -> None:
    item = PictureItem()
    item.set_picture(Pyramid.of(sample_pixels()))
    item.set_style(Style.GROUND)
    colour = paint(item, 1.0, 0, 0, 90).pixelColor(80, 40)
    assert colour.red() == colour.green() == colour.blue() == round(0.7 * (0.299 * 80 + 0.587 * 40 + 0.114 * 7))


def test_colour_management_is_applied_to_what_is_shown_only(qtbot: QtBot) -> None:
    pixels = sample_pixels()
    item = PictureItem()
    item.set_picture(Pyramid.of(pixels), lambda samples: 255 - samples)
    assert paint(item, 1.0, 0, 0, 90).pixelColor(10, 0).red() == 245
    assert pixels.rgb[0, 10, 0] == 10
