from pathlib import Path

import numpy as np
import pytest
from evaluation.made_sets import FOREIGN, MAKERS, SIZE, manifest, mask, photo, truth
from PIL import Image

from tests.rights import ordinary_rights
from workstation.evaluation.datasets import DatasetProblem, Sample, WrongLayout, read_mask, with_keys
from workstation.evaluation.datasets_published import LAYOUTS, load
from workstation.evidence.display import oriented


@pytest.mark.parametrize("name", MAKERS)
def test_a_set_is_read_as_its_owner_lays_it_out(name: str, tmp_path: Path) -> None:
    make, authentic, tampered = MAKERS[name]
    make(tmp_path)

    found = load(name, tmp_path)

    assert [s.tampered for s in found.samples].count(False) == authentic
    assert [s.tampered for s in found.samples].count(True) == tampered
    for sample in found.samples:
        assert sample.file.is_file()
        assert sample.file == tmp_path / sample.name
        if sample.tampered:
            np.testing.assert_array_equal(read_mask(sample, SIZE), truth())
        else:
            assert (sample.mask, sample.kind) == (None, "")


def test_every_layout_has_a_made_up_set() -> None:
    assert {*LAYOUTS, "manifest"} == set(MAKERS)


@pytest.mark.parametrize("name", MAKERS)
def test_another_folder_is_told_with_what_was_looked_for_and_what_is_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    photo(tmp_path / "beach.jpg")

    with pytest.raises(WrongLayout) as caught:
        load(name, tmp_path)

    looked_for = "manifest.tsv" if name == "manifest" else LAYOUTS[name].looked_for[0]
    assert f"looked for {looked_for}" in caught.value.summary
    assert "found beach.jpg, holiday/" in caught.value.summary


def test_a_missing_and_an_empty_folder_are_named_so(tmp_path: Path) -> None:
    with pytest.raises(WrongLayout, match="no readable folder"):
        load("columbia", tmp_path / "nowhere")
    with pytest.raises(WrongLayout, match="an empty folder"):
        load("columbia", tmp_path)


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    MAKERS["casia_2"][0](tmp_path)
    (tmp_path / "Au").chmod(0)
    try:
        with ordinary_rights(), pytest.raises(WrongLayout, match=r"looked for Au/"):
            load("casia_2", tmp_path)
    finally:
        (tmp_path / "Au").chmod(0o755)


def test_fewer_images_than_the_owner_distributes_are_a_warning_with_both_counts(tmp_path: Path) -> None:
    MAKERS["columbia"][0](tmp_path)
    assert load("columbia", tmp_path).warnings == (
        "columbia: 1 of its owner's 183 authentic images are here",
        "columbia: 1 of its owner's 180 tampered images are here",
    )


def test_images_of_one_name_keep_maps_apart(tmp_path: Path) -> None:
    MAKERS["realistic_tampering"][0](tmp_path)
    keys = {s.name: s.key for s in load("realistic_tampering", tmp_path).samples}
    assert keys == {
        "Canon_60D/tampered-realistic/r01.TIF": "r01",
        "Canon_60D/pristine/r01.TIF": "Canon_60D_pristine_r01",
        "Sony_A57/pristine/r01.TIF": "Sony_A57_pristine_r01",
        "Sony_A57/tampered-realistic/r01.TIF": "Sony_A57_tampered-realistic_r01",
    }


def test_social_network_copies_are_sets_of_their_own(tmp_path: Path) -> None:
    MAKERS["social_network"][0](tmp_path)
    sets = {s.dataset for s in load("social_network", tmp_path).samples}
    assert sets == {"DSO", "DSO_Facebook", "DSO_Whatsapp", "scene_completion_Wechat", "in_the_wild_Facebook"}


def test_casia_2_says_by_its_names_what_was_copied_within_a_picture(tmp_path: Path) -> None:
    MAKERS["casia_2"][0](tmp_path)
    assert [s.kind for s in load("casia_2", tmp_path).samples if s.tampered] == ["splice", "copymove"]


def test_a_mask_of_another_size_is_brought_to_the_image(tmp_path: Path) -> None:
    mask(tmp_path / "m.png")
    sample = Sample("d", "a.png", tmp_path / "a.png", "tampered", "splice", tmp_path / "m.png")
    double = read_mask(sample, (2 * SIZE[0], 2 * SIZE[1]))
    np.testing.assert_array_equal(double, np.kron(truth(), np.ones((2, 2), bool)))


def test_a_missing_and_a_broken_mask_are_problems_of_their_image(tmp_path: Path) -> None:
    MAKERS["casia_2"][0](tmp_path)
    (tmp_path / "CASIA2.0_Groundtruth" / "Tp_S_NRN_S_N_nat2_gt.png").unlink()
    (tmp_path / "CASIA2.0_Groundtruth" / "Tp_D_CRN_M_N_nat1_gt.png").write_bytes(b"no picture")
    found = load("casia_2", tmp_path)
    first, second = (s for s in found.samples if s.tampered)

    assert "casia_2: 1 masks are missing; their images are listed as failures" in found.warnings
    with pytest.raises(DatasetProblem, match="cannot be read"):
        read_mask(first, SIZE)
    with pytest.raises(DatasetProblem, match=r"looked for .*nat2_gt\.png"):
        read_mask(second, SIZE)


def test_a_manifest_without_a_column_or_with_an_unknown_class_is_told(tmp_path: Path) -> None:
    manifest(tmp_path)
    text = (tmp_path / "manifest.tsv").read_text(encoding="utf-8")

    (tmp_path / "manifest.tsv").write_text(text.replace("authentic", "pristine"), encoding="utf-8")
    with pytest.raises(DatasetProblem, match="line 2: class is 'pristine'"):
        load("manifest", tmp_path)

    (tmp_path / "manifest.tsv").write_text(text.replace("\tmask\t", "\ttruth\t"), encoding="utf-8")
    with pytest.raises(DatasetProblem, match="no column 'mask'"):
        load("manifest", tmp_path)


def test_a_manifest_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    manifest(tmp_path)
    text = (tmp_path / "manifest.tsv").read_text(encoding="utf-8")
    (tmp_path / "manifest.tsv").write_text(text, encoding="utf-8-sig")
    assert len(load("manifest", tmp_path).samples) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("made\tauthentic", "line 2 names no image"),
        ("made\tauthentic\t\t\t", "line 2 names no image"),
        ("../made\tauthentic\t\ta.png\t", "line 2: dataset is '../made', a path to elsewhere"),
        ("/made\tauthentic\t\ta.png\t", "a path to elsewhere"),
        ("made\tauthentic\t\ta.png\t\nmade\ttampered\tsplice\ta.png\tm.png", "a.png is listed twice in made"),
    ],
)
def test_a_row_of_a_manifest_that_cannot_be_used_is_told(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "manifest.tsv").write_text(f"dataset\tclass\tkind\timage\tmask\n{row}\n", encoding="utf-8")
    with pytest.raises(DatasetProblem, match=said):
        load("manifest", tmp_path)


def test_maps_stay_below_their_folder_and_have_names_that_a_disk_takes(tmp_path: Path) -> None:
    long = "x" * 300
    names = ("/a/b.png", "/c/b.png", "c/b.png", f"{long}/{'é' * 120}.png", f"{long}/{'é' * 120}.jpg")
    samples = with_keys(Sample("d", name, tmp_path / name, "authentic") for name in names)

    keys = [sample.key for sample in samples]

    assert keys[:3] == ["b", "c_b", "c_b_png"]
    assert len(set(keys)) == 5
    assert all("/" not in key and len(f"{key}.npy".encode()) <= 255 for key in keys)


@pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])
def test_a_mask_that_was_drawn_over_the_turned_image_is_turned_back(tmp_path: Path, orientation: int) -> None:
    upright = oriented(truth(), orientation)
    Image.fromarray(upright.astype(np.uint8) * 255).save(tmp_path / "m.png")
    sample = Sample("d", "a.jpg", tmp_path / "a.jpg", "tampered", "splice", tmp_path / "m.png")

    np.testing.assert_array_equal(read_mask(sample, SIZE, orientation), truth())


@pytest.mark.parametrize("orientation", [3, 6])
def test_a_mask_of_the_stored_shape_is_left_as_it_is(tmp_path: Path, orientation: int) -> None:
    mask(tmp_path / "m.png")
    sample = Sample("d", "a.jpg", tmp_path / "a.jpg", "tampered", "splice", tmp_path / "m.png")
    np.testing.assert_array_equal(read_mask(sample, SIZE, orientation), truth())


def test_a_mask_that_pillow_stumbles_over_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask(tmp_path / "m.png")
    sample = Sample("d", "a.png", tmp_path / "a.png", "tampered", "splice", tmp_path / "m.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DatasetProblem, match="cannot be read"):
        read_mask(sample)


def test_only_saturated_green_is_foreign_in_columbia(tmp_path: Path) -> None:
    MAKERS["columbia"][0](tmp_path)
    sample = next(s for s in load("columbia", tmp_path).samples if s.tampered)
    assert sample.mask is not None
    pixels = np.asarray(Image.open(sample.mask)).copy()
    pixels[FOREIGN] = (90, 110, 90)
    Image.fromarray(pixels).save(sample.mask, quality=95)

    assert not read_mask(sample, SIZE).any()
