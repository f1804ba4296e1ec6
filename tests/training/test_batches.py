from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from workstation.training.batches import BatchMaker, BatchPlan, colour_mixture, is_assessable, turned
from workstation.training.photos import PhotoCollection

PLAN = BatchPlan(sets=2, groups=4, tiles=2, tile=64)


@pytest.fixture(scope="module")
def photos(photo_folder: Path) -> PhotoCollection:
    return PhotoCollection.load(photo_folder, "train")


def test_a_broken_photo_is_listed_and_never_replaced(photos: PhotoCollection) -> None:
    assert [file for file, _ in photos.broken] == ["train/broken.jpg"]
    assert photos.count == 4
    assert list(photos.cameras) == [f"Maker Model {n}" for n in range(4)]
    assert photos.tables  # quantisation tables of the photographs themselves


def test_a_batch_has_the_planned_composition(photos: PhotoCollection) -> None:
    batch = BatchMaker(photos, PLAN, seed=3).batch(0)

    assert batch.tiles.shape == (16, 64, 64, 3)
    assert batch.tiles.dtype == np.uint8
    assert sorted(np.bincount(np.unique(batch.group, return_inverse=True)[1])) == [2] * 8
    assert list(batch.shared) == [0] * 8 + [1] * 8


def test_a_step_is_the_same_whenever_it_is_made(photos: PhotoCollection) -> None:
    one, two = BatchMaker(photos, PLAN, seed=3), BatchMaker(photos, PLAN, seed=3)
    one.batch(6)

    np.testing.assert_array_equal(one.batch(7).tiles, two.batch(7).tiles)
    assert not np.array_equal(one.batch(7).tiles, one.batch(8).tiles)


def test_without_simulation_resize_or_save_tiles_are_cut_from_the_photographs(photos: PhotoCollection) -> None:
    plan = BatchPlan(sets=6, groups=1, tiles=1, tile=64, simulated=0, untouched=1, twins=0, turned=False)
    batch = BatchMaker(photos, plan, seed=0).batch(0)
    pictures = [photo.rgb for members in photos.cameras.values() for photo in members]

    def is_cut_from_a_photograph(tile: np.ndarray) -> bool:
        corner = np.ascontiguousarray(tile[:16, :16]).astype(np.float32)
        return any(
            cv2.matchTemplate(picture.astype(np.float32), corner, cv2.TM_SQDIFF).min() < 1 for picture in pictures
        )

    assert any(map(is_cut_from_a_photograph, batch.tiles))  # sets whose last save is neither resized nor compressed


def test_aligned_photographs_are_cut_on_their_own_block_grid(tmp_path: Path) -> None:
    """One coarse JPEG: its blocks are flat, so that an edge anywhere else than at a multiple of 8 shows."""
    blocks = np.random.default_rng(0).integers(40, 215, (64, 64, 1), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    Image.fromarray(blocks.repeat(3, 2)).save(tmp_path / "blocks.png")
    (tmp_path / "manifest.csv").write_text(
        "file,split,make,model,width,height,chart_or_flat\nblocks.png,train,Maker,One,512,512,0\n", encoding="utf-8"
    )
    collection = PhotoCollection.load(tmp_path, "train")
    plain = {"groups": 4, "tiles": 2, "tile": 64, "simulated": 0, "untouched": 1, "twins": 0, "turned": False}
    plain |= {"last_resized": 0, "last_saved": 0}

    def phases(aligned: float) -> set[int]:
        tiles = BatchMaker(collection, BatchPlan(**plain, aligned=aligned), seed=1).batch(0).tiles
        steps = np.abs(np.diff(tiles[..., 1].astype(int), axis=2)).mean(1)
        return {int(np.argmax([row[phase::8].mean() for phase in range(8)])) for row in steps}

    assert phases(1.0) == {7}
    assert len(phases(0.0)) > 1


def test_channels_of_recoloured_photographs_are_exchanged(tmp_path: Path) -> None:
    """One photograph whose red channel alone is bright."""
    red = np.random.default_rng(0).integers((120, 0, 0), (240, 60, 60), (256, 256, 3), dtype=np.uint8)
    Image.fromarray(red).save(tmp_path / "red.png")
    (tmp_path / "manifest.csv").write_text(
        "file,split,make,model,width,height,chart_or_flat\nred.png,train,Maker,One,256,256,0\n", encoding="utf-8"
    )
    collection = PhotoCollection.load(tmp_path, "train")
    plain = {"groups": 8, "tiles": 2, "tile": 64, "simulated": 0, "untouched": 1, "twins": 0}
    plain |= {"last_resized": 0, "last_saved": 0}

    def brightest(recoloured: float) -> list[set[int]]:
        tiles = BatchMaker(collection, BatchPlan(**plain, recoloured=recoloured), seed=1).batch(0).tiles
        channels = tiles.mean((1, 2)).argmax(1).reshape(-1, plain["tiles"])
        return [set(group) for group in channels.tolist()]

    assert all(group == {0} for group in brightest(0.0))
    mixed = brightest(1.0)
    assert all(len(group) == 1 for group in mixed)  # a group is one camera
    assert set().union(*mixed) == {0, 1, 2}


@pytest.mark.parametrize("seed", range(20))
def test_a_colour_mixture_keeps_grey_grey_but_for_the_white_balance(seed: int) -> None:
    mixture = colour_mixture(np.random.default_rng(seed))
    sums = mixture.sum(axis=1)

    assert (sums >= 0.8 - 1e-6).all()
    assert (sums <= 1.2 + 1e-6).all()
    assert sorted(np.abs(mixture).argmax(axis=1)) == [0, 1, 2]  # every new channel comes mainly from another old one
    assert abs(np.linalg.det(mixture)) > 0.3  # nothing is lost


def test_turned_photographs_differ_but_hold_the_same_pixels(photos: PhotoCollection) -> None:
    picture = next(iter(photos.cameras.values()))[0].rgb
    versions = [turned(picture, way) for way in range(8)]

    assert len({np.ascontiguousarray(v).tobytes() for v in versions}) == 8
    assert np.array_equal(versions[0], picture)
    assert all(np.array_equal(np.sort(v, None), np.sort(picture, None)) for v in versions)


def test_flat_and_clipped_cuts_are_refused() -> None:
    rng = np.random.default_rng(0)
    textured = rng.integers(60, 200, (32, 32, 3), dtype=np.uint8)
    assert is_assessable(textured)
    assert not is_assessable(np.full_like(textured, 90))
    clipped = textured.copy()
    clipped[:20] = 255
    assert not is_assessable(clipped)


def test_a_photograph_that_is_too_large_is_listed_as_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, side in (("small", 64), ("large", 256)):
        Image.fromarray(np.full((side, side, 3), 90, np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "manifest.csv").write_text(
        "file,split,make,model,width,height,chart_or_flat\n"
        "large.png,train,Maker,One,256,256,0\nsmall.png,train,Maker,One,64,64,0\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100 * 100)

    collection = PhotoCollection.load(tmp_path, "train")

    assert collection.count == 1
    assert [file for file, _ in collection.broken] == ["large.png"]
