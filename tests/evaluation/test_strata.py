"""Reference images: sizes, saves, donors, draws that come again; strata that do not overlap."""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.analysis.calibration import Stratum
from workstation.analysis.statement import Conditions, Detection
from workstation.evaluation import calibration_measure
from workstation.evaluation.calibration_images import (
    CalibrationProblem,
    Photo,
    camera_roles,
    list_photos,
    reference_images,
)
from workstation.evaluation.calibration_measure import Measure, chosen_photos, measure, name_hash
from workstation.evaluation.strata import PLANS, TREATMENTS, Treatment, treatments_by_name
from workstation.evidence import open_evidence
from workstation.progress import drain

WEB = treatments_by_name()["web"]


@pytest.fixture(scope="module")
def photos(photo_folder: Path) -> tuple[Photo, ...]:
    return list_photos(photo_folder)


def test_a_manifest_decides_split_and_camera(photos: tuple[Photo, ...]) -> None:
    assert [photo.camera for photo in photos] == ["Maker Model 4", "Maker Model 5"]
    assert photos[0].width, photos[0].height == (1040, 780)


def test_without_a_manifest_every_image_counts(photo_folder: Path) -> None:
    found = list_photos(photo_folder / "dev")
    assert len(found) == 2
    assert {photo.camera for photo in found} == {"unknown"}


def test_an_empty_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(CalibrationProblem, match="holds no photographs"):
        list_photos(tmp_path)


def test_every_photograph_gives_an_untouched_and_a_spliced_image(photos: tuple[Photo, ...]) -> None:
    images = list(reference_images(photos, WEB))
    assert [image.spliced for image in images] == [False, True, False, True]
    assert [image.donor for image in images] == ["", "Maker Model 5", "", "Maker Model 4"]
    assert all(0.01 < image.share < 0.35 for image in images if image.spliced)
    untouched, spliced = (np.asarray(image.image).astype(int) for image in images[:2])
    changed = np.mean((untouched != spliced).any(axis=2))
    assert images[1].share * 0.9 < changed < images[1].share + 0.1


def test_draws_come_again_and_windows_are_the_same_for_every_save(photos: tuple[Photo, ...]) -> None:
    first, again = (next(iter(reference_images(photos, WEB))).image for _ in range(2))
    medium = next(iter(reference_images(photos, treatments_by_name()["medium-75"]))).image
    other = next(iter(reference_images(photos, WEB, seed=1))).image
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, medium)
    assert not np.array_equal(first, other)


def test_a_treatment_scales_and_saves(photos: tuple[Photo, ...], tmp_path: Path) -> None:
    image = next(iter(reference_images(photos, WEB))).image
    file = tmp_path / "web.jpg"
    file.write_bytes(WEB.save(image))
    evidence = open_evidence(file)
    assert (evidence.pixels.width, evidence.pixels.height) == (717, 538)
    assert evidence.metadata.jpeg is not None
    assert evidence.metadata.jpeg.quality == 75
    lossless = np.asarray(Image.open(io.BytesIO(treatments_by_name()["medium"].save(image))))
    np.testing.assert_array_equal(lossless, np.asarray(image))


def test_windows_fit_either_orientation() -> None:
    assert WEB.fits(768, 1024)
    assert not WEB.fits(1023, 768)
    assert Treatment("whole", None).fits(3000, 2000)
    assert not Treatment("whole", None).fits(2000, 1500)


def test_one_camera_counts_a_few_photographs_only() -> None:
    many = [Photo(Path(f"{number}.jpg"), "one", "phone", 1024 + number, 768) for number in range(20)]
    chosen = chosen_photos([*many, Photo(Path("other.jpg"), "two", "phone", 1024, 768)], most=6)
    assert [photo.camera for photo in chosen] == ["one"] * 6 + ["two"]
    assert min(photo.width for photo in chosen[:6]) == 1024 + 14


def test_roles_share_no_camera() -> None:
    roles = camera_roles()
    assert set(roles) == {"model choice", "calibration", "error rates"}
    for one, other in itertools.combinations(roles.values(), 2):
        assert not set(one) & set(other)


def test_every_treatment_stands_for_a_stratum_that_holds_it() -> None:
    known = {treatment.name for treatment in TREATMENTS}
    for plan in PLANS:
        assert set(plan.treatments) <= known
        for name in plan.treatments:
            treatment = treatments_by_name()[name]
            if treatment.window is not None:
                side = round(treatment.window[0] * treatment.scale)
                assert plan.long_side[0] <= side <= plan.long_side[1], name
            assert plan.quality is not None
            assert treatment.quality is None or plan.quality[0] <= treatment.quality <= plan.quality[1]


def test_a_picture_belongs_to_one_plain_stratum_at_most() -> None:
    strata = [
        Stratum(p.name, p.long_side, p.quality, p.lossless, p.interpolated, np.zeros(0), 0, 0, 0, 0, (0, 0), (), None)  # type: ignore[arg-type]
        for p in PLANS
        if not p.interpolated
    ]
    for side, quality in itertools.product((300, 640, 641, 900, 901, 1280, 1281, 2400, 2401, 7000), (None, 60, 75, 95)):
        conditions = Conditions(side, quality, False, False, None, "unknown")
        assert sum(stratum.holds(conditions) for stratum in strata) <= 1


def test_a_stopped_run_goes_on_from_its_journal(
    photos: tuple[Photo, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def made_up(image: object, treatment: Treatment, encoder: object, folder: Path) -> Measure:
        asked.append(treatment.name)
        photo = image.photo  # type: ignore[attr-defined]
        conditions = Conditions(717, 75, False, False, None, "unknown")
        detection = Detection(0.1, 0.2, 0.3, 0.4, 0.5)
        donor = image.donor  # type: ignore[attr-defined]
        return Measure(name_hash(photo), photo.camera, "", donor, 0.0, treatment.name, detection, conditions, 1)

    monkeypatch.setattr(calibration_measure, "_measured", made_up)
    encoder = _Named()
    journal = tmp_path / "journal.jsonl"
    first = drain(measure(photos, [WEB], encoder, journal))  # type: ignore[arg-type]
    assert len(first) == len(asked) == 4
    lines = journal.read_text(encoding="utf-8").splitlines()
    journal.write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    asked.clear()
    assert drain(measure(photos, [WEB], encoder, journal)) == first  # type: ignore[arg-type]
    assert len(asked) == 2
    asked.clear()
    encoder.description.sha256 = "1" * 64
    drain(measure(photos, [WEB], encoder, journal))  # type: ignore[arg-type]
    assert len(asked) == 4  # other weights begin anew
    assert json.loads(journal.read_text(encoding="utf-8").splitlines()[0])["weights_sha256"] == "1" * 64


class _Named:
    """What a journal asks of an encoder."""

    class Description:
        sha256 = "0" * 64
        architecture = "compact"

    description = Description()
