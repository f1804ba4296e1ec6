from pathlib import Path

import numpy as np
import pytest
from photo_collection import make_collection
from PIL import Image

from workstation.evaluation.datasets import DatasetProblem
from workstation.evaluation.splices import MADE_OF, VARIANTS, make_splices, write_splices
from workstation.progress import drain


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
    with pytest.raises(DatasetProblem, match="fewer than two cameras"):
        next(make_splices(photo_folder, split="nowhere", count=1, seed=0))


def test_only_the_cameras_that_are_asked_for_are_spliced(photo_folder: Path) -> None:
    both = {"Maker Model 4", "Maker Model 5"}
    made = list(make_splices(photo_folder, split="dev", count=3, seed=1, only=both))
    assert {name for splice in made for name in (splice.host, splice.donor)} == both
    with pytest.raises(DatasetProblem, match="fewer than two cameras"):
        list(make_splices(photo_folder, split="dev", count=3, seed=1, only={"Maker Model 4"}))


def test_a_folder_holds_splices_of_one_collection_and_one_draw(photo_folder: Path, tmp_path: Path) -> None:
    folder, other = tmp_path / "set", tmp_path / "other"
    drain(write_splices(photo_folder, folder, count=1))
    other.mkdir()
    listing = (photo_folder / "manifest.csv").read_text(encoding="utf-8")
    (other / "manifest.csv").write_text(listing.replace("Model 4", "Model 44"), encoding="utf-8")

    with pytest.raises(DatasetProblem, match="of other photographs, or drawn otherwise"):
        drain(write_splices(other, folder, count=1))
    with pytest.raises(DatasetProblem, match="drawn otherwise"):
        drain(write_splices(photo_folder, folder, count=1, seed=778))

    (folder / "splices_png" / "images" / "s000.png").unlink()
    (folder / MADE_OF).unlink()  # of a version that did not note it
    drain(write_splices(photo_folder, folder, count=1))
    assert (folder / "splices_png" / "images" / "s000.png").is_file()


@pytest.mark.parametrize("damage", ["broken", "small"])
def test_a_photograph_that_cannot_be_used_is_named(tmp_path: Path, damage: str) -> None:
    make_collection(tmp_path)
    for file in (tmp_path / "dev").iterdir():
        if damage == "broken":
            file.write_bytes(file.read_bytes()[:5000])
        else:
            Image.new("RGB", (640, 480)).save(file)
    with pytest.raises(DatasetProblem, match=r"photo\d\.jpg (cannot be decoded|has 640×480 pixels)"):
        list(make_splices(tmp_path, split="dev", count=1, seed=0))
