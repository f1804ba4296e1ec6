from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.evaluation.splices import VARIANTS, make_splices


def test_a_splice_is_its_host_outside_the_mask(photo_folder: Path) -> None:
    splice = next(make_splices(photo_folder, split="train", count=1, seed=4))
    composite, host, mask = (np.asarray(i) for i in (splice.image, splice.untouched, splice.mask))

    assert splice.host != splice.donor
    np.testing.assert_array_equal(composite[mask == 0], host[mask == 0])
    assert (composite[mask == 255] != host[mask == 255]).any()
    assert 0.02 < (mask > 127).mean() < 0.4


def test_variants_have_the_stated_sizes_and_are_what_a_reader_sees(photo_folder: Path, tmp_path: Path) -> None:
    splice = next(make_splices(photo_folder, split="train", count=1, seed=4))
    for variant in VARIANTS:
        rgb, mask = splice.saved(variant)
        file = tmp_path / f"{variant}.{'png' if variant == 'png' else 'jpg'}"
        splice.write(variant, file)

        assert rgb.shape[:2] == mask.shape == ((537, 716) if variant == "web" else (768, 1024))
        np.testing.assert_array_equal(np.asarray(Image.open(file)), rgb)


def test_the_same_seed_names_the_same_splices(photo_folder: Path) -> None:
    one = list(make_splices(photo_folder, split="train", count=2, seed=4))
    two = list(make_splices(photo_folder, split="train", count=2, seed=4))
    assert [(s.host, s.donor) for s in one] == [(s.host, s.donor) for s in two]
    assert one[1].image.tobytes() == two[1].image.tobytes()


def test_one_camera_is_not_enough(photo_folder: Path) -> None:
    with pytest.raises(ValueError, match="fewer than two cameras"):
        next(make_splices(photo_folder, split="nowhere", count=1, seed=0))


def test_only_the_cameras_that_are_asked_for_are_spliced(photo_folder: Path) -> None:
    both = {"Maker Model 4", "Maker Model 5"}
    made = list(make_splices(photo_folder, split="dev", count=3, seed=1, only=both))
    assert {name for splice in made for name in (splice.host, splice.donor)} == both
    with pytest.raises(ValueError, match="fewer than two cameras"):
        list(make_splices(photo_folder, split="dev", count=3, seed=1, only={"Maker Model 4"}))
