"""The whole way of an evaluation with an encoder that needs no weights, on made-up images."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluation.made_sets import MAKERS, manifest
from PIL import Image
from statistics_encoder import StatisticsEncoder

from workstation.analysis.result import AnalysisRequest
from workstation.analysis.statement import CalibrationStatement, Remark
from workstation.evaluation import command
from workstation.evaluation.datasets import DatasetProblem
from workstation.evaluation.datasets_published import load
from workstation.evaluation.degradations import Degradation
from workstation.evaluation.evaluate import NOT_CALIBRATED, Evaluated, Plan, calibrated, evaluate
from workstation.evaluation.peers import PEERS
from workstation.evaluation.rows import Row
from workstation.evaluation.summary import summarise
from workstation.evaluation.summary_text import as_markdown, stored_sections
from workstation.progress import drain

PlanMaker = Callable[..., Plan]


@pytest.fixture
def encoder() -> StatisticsEncoder:
    return StatisticsEncoder(patch=24, stride=8)


@pytest.fixture
def plan(tmp_path: Path) -> PlanMaker:
    def make(name: str = "manifest", **options: object) -> Plan:
        root = tmp_path / name
        if not root.is_dir():
            root.mkdir()
            MAKERS[name][0](root)
        return Plan(load(name, root), AnalysisRequest("statistics"), tmp_path / "out", **options)

    return make


def test_every_image_becomes_a_row_and_a_map_in_the_scorers_layout(
    plan: PlanMaker, encoder: StatisticsEncoder, tmp_path: Path
) -> None:
    found = drain(evaluate(plan(), encoder=encoder))

    authentic, spliced = found.rows
    assert (authentic.label, spliced.label) == ("authentic", "tampered")
    assert spliced.figures is not None
    assert spliced.figures.auc > 0.8
    assert spliced.mask_fraction == pytest.approx(0.125)
    assert spliced.constant is not None
    assert spliced.constant.ap == pytest.approx(0.125)
    assert (authentic.figures, authentic.mask_fraction) == (None, 0)
    assert all(row.score is not None and row.groups and not row.error for row in found.rows)
    assert all(row.elapsed > row.seconds > 0 for row in found.rows)
    heat = np.load(tmp_path / "out" / "made" / "s.npy")
    assert (heat.ndim, heat.dtype) == (2, np.float32)


def test_a_stopped_evaluation_goes_on_where_it_was(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    whole = plan("casia_2")
    rows = 12  # of patches, in each image
    steps = evaluate(whole, encoder=encoder)
    for _ in range(2):  # the first image is done when the second is announced
        next(steps)
    steps.close()
    assert encoder.embedded == rows

    found = drain(evaluate(whole, encoder=encoder))
    assert encoder.embedded == 3 * rows
    assert [row.image for row in found.rows] == [s.name for s in whole.dataset.samples]

    drain(evaluate(whole, encoder=encoder))
    assert encoder.embedded == 3 * rows


def test_another_question_needs_another_folder(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    drain(evaluate(plan(), encoder=encoder))
    with pytest.raises(DatasetProblem, match="degradation was '' and is 'jpeg=60' now"):
        drain(evaluate(plan(degradation=Degradation(quality=60)), encoder=encoder))


def test_a_summary_is_json_where_a_limit_is_infinite(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    found = drain(evaluate(plan(peers=("control",)), encoder=encoder))  # one tampered image
    large = replace(found.rows[1], height=3000, width=3000)

    summary = summarise(replace(found, rows=(found.rows[0], large)))

    assert json.dumps(summary, allow_nan=False)
    assert summary["smallest_found"][0]["high"] is None
    assert summary["differences"]["all"]["control"]["ap"]["low"] is None
    assert "4 megapixels or more" in as_markdown(json.loads(json.dumps(summary)))


def test_another_set_of_the_same_names_needs_another_folder(
    plan: PlanMaker, encoder: StatisticsEncoder, tmp_path: Path
) -> None:
    first = plan()
    drain(evaluate(first, encoder=encoder))
    (tmp_path / "other").mkdir()
    manifest(tmp_path / "other")

    with pytest.raises(DatasetProblem, match=r"root was .*manifest' and is .*other' now"):
        drain(evaluate(replace(first, dataset=load("manifest", tmp_path / "other")), encoder=encoder))

    found = drain(evaluate(first, encoder=encoder))
    assert str(tmp_path) not in json.dumps(summarise(found))  # it is published


def test_an_image_that_changed_its_class_is_measured_again(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    drain(evaluate(plan(), encoder=encoder))
    listing = plan().dataset.root / "manifest.tsv"
    text = listing.read_text(encoding="utf-8")
    listing.write_text(text.replace("tampered\tsplice", "tampered\tcopymove"), encoding="utf-8")

    found = drain(evaluate(plan(), encoder=encoder))

    assert [row.kind for row in found.rows] == ["", "copymove"]


def test_an_image_that_was_exchanged_is_measured_again(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    before = drain(evaluate(plan(), encoder=encoder)).rows
    first = plan().dataset.samples[0].file
    Image.fromarray(np.random.default_rng(9).integers(0, 255, (96, 128, 3), dtype=np.uint8)).save(first)

    after = drain(evaluate(plan(), encoder=encoder)).rows

    assert after[0].score != before[0].score
    assert after[1] == before[1]


@pytest.mark.parametrize("content", ["[]x", "[1]", '"no"'])
def test_a_question_that_cannot_be_read_is_told(plan: PlanMaker, encoder: StatisticsEncoder, content: str) -> None:
    plan().out.mkdir()
    (plan().out / "evaluation.json").write_text(content, encoding="utf-8")
    with pytest.raises(DatasetProblem, match="cannot be read"):
        drain(evaluate(plan(), encoder=encoder))


def test_the_mask_of_a_photograph_that_its_exif_data_turn_may_be_upright(
    plan: PlanMaker, encoder: StatisticsEncoder
) -> None:
    sample = plan().dataset.samples[1]
    assert sample.mask is not None
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(sample.file) as stored:
        stored.save(sample.file, exif=exif)
    before = drain(evaluate(plan(), encoder=encoder)).rows[1].figures
    with Image.open(sample.mask) as mask:
        mask.transpose(Image.Transpose.ROTATE_270).save(sample.mask)
    (plan().out / "rows.jsonl").unlink()

    assert drain(evaluate(plan(), encoder=encoder)).rows[1].figures == before


def test_a_mask_that_is_too_large_for_pillow_is_a_failure_of_its_image(
    plan: PlanMaker, encoder: StatisticsEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = plan().dataset.samples[1].mask
    assert mask is not None
    Image.new("L", (2000, 1000)).save(mask)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500_000)

    found = drain(evaluate(plan(), encoder=encoder))

    assert [bool(row.error) for row in found.rows] == [False, True]
    assert "cannot be read" in found.rows[1].error


def test_failures_are_listed_and_count_as_constant_maps(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    whole = plan("casia_2")
    first, second = (sample for sample in whole.dataset.samples if sample.tampered)
    first.file.write_bytes(b"not an image")
    assert second.mask is not None
    second.mask.unlink()

    found = drain(evaluate(whole, encoder=encoder))
    authentic, damaged, without_mask = found.rows
    summary = summarise(found)

    assert damaged.figures is None
    assert damaged.constant is not None
    assert "no mask: looked for" in without_mask.error
    assert [f["image"] for f in summary["failures"]] == [first.name, second.name]
    measured = summary["localisation"]["all"]["statistics"]
    assert (measured["images"], measured["missing_maps"]) == (1, 1)
    assert measured["ap"]["as given"]["value"] == pytest.approx(0.125)
    assert damaged.error in as_markdown(summary)
    assert authentic.error == ""


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "nul\0.png", "folder"])
def test_a_name_that_no_disk_takes_is_a_failure_of_its_image(
    plan: PlanMaker, encoder: StatisticsEncoder, name: str
) -> None:
    whole = plan()
    (whole.dataset.root / "folder").mkdir()
    row = f"made\ttampered\tsplice\t{name}\t{name}\n"
    with (whole.dataset.root / "manifest.tsv").open("a", encoding="utf-8") as listing:
        listing.write(row)

    *others, odd = drain(evaluate(plan(), encoder=encoder)).rows

    assert odd.error
    assert "internal" not in odd.error
    assert not any(row.error for row in others)


def test_what_failed_is_tried_again(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    whole = plan()
    mask = whole.dataset.samples[1].mask
    assert mask is not None
    content = mask.read_bytes()
    mask.unlink()
    assert drain(evaluate(whole, encoder=encoder)).rows[1].error

    mask.write_bytes(content)
    row = drain(evaluate(whole, encoder=encoder)).rows[1]
    assert (row.error, row.figures is not None) == ("", True)


def test_an_image_that_is_too_small_abstains_and_counts_as_a_constant_map(plan: PlanMaker) -> None:
    found = drain(evaluate(plan(degradation=Degradation(resize=0.5)), encoder=StatisticsEncoder(patch=64)))

    row = found.rows[1]
    assert row.abstained.startswith("not assessable: 64×48 pixels")
    assert (row.error, row.score, row.figures) == ("", None, row.constant)
    assert summarise(found)["localisation"]["all"]["statistics"]["missing_maps"] == 1


def test_degraded_images_are_what_is_analysed(plan: PlanMaker, encoder: StatisticsEncoder) -> None:
    found = drain(evaluate(plan(degradation=Degradation(2.0, 50)), encoder=encoder))
    assert {(row.height, row.width) for row in found.rows} == {(192, 256)}
    assert found.rows[1].mask_fraction == pytest.approx(0.125)


def test_what_calibration_allows_to_say_is_kept_and_why_it_says_nothing() -> None:
    assert calibrated(None) == (None, None, NOT_CALIBRATED)
    outside = CalibrationStatement("outside", reason="a picture of 90 pixels")
    soft = replace(outside, reasons=(Remark("focus", "soft"), Remark("enlarged", "enlarged")))
    assert calibrated(soft)[2] == "outside what was validated (focus, enlarged): a picture of 90 pixels"
    assert calibrated(outside) == (None, None, "outside what was validated: a picture of 90 pixels")
    assert calibrated(CalibrationStatement("calibrated", p_consistent=0.2, llr=-0.4)) == (0.2, -0.4, "")


def test_peers_are_measured_on_the_same_images(plan: PlanMaker, encoder: StatisticsEncoder, tmp_path: Path) -> None:
    drain(evaluate(plan(), encoder=encoder))
    found = drain(evaluate(plan(peers=tuple(PEERS)), encoder=encoder))  # asked for later: measured then

    assert set(found.rows[1].peers) == set(PEERS)
    assert (tmp_path / "out" / "peers" / "ela" / "made" / "s.npy").is_file()
    summary = summarise(found)
    ours = summary["localisation"]["all"]["statistics"]["ap"]["as given"]["value"]
    control = summary["localisation"]["all"]["control"]["ap"]["as given"]["value"]
    assert summary["differences"]["all"]["control"]["ap"]["value"] == pytest.approx(ours - control)
    assert "statistics minus the other" in as_markdown(summary)


QUESTION = {
    "model": "compact",
    "program": "0",
    "dataset": "made",
    "degradation": "",
    "threshold": 0.5,
    "weights_sha256": "0" * 64,
    "calibration": "",
}


def test_authentic_images_of_one_set_do_not_stand_against_tampered_ones_of_another(
    plan: PlanMaker, made_rows: list[Row]
) -> None:
    foreign = [replace(row, dataset="other", score=0.0) for row in made_rows if not row.tampered]
    alone = [replace(row, dataset="third", score=0.0) for row in made_rows if row.tampered]
    first, more = (summarise(Evaluated(plan(), tuple(rows), QUESTION)) for rows in (made_rows, [*made_rows, *foreign]))
    assert more["detection"]["all"] == first["detection"]["all"]
    apart = [row for row in foreign if not row.tampered] + alone
    assert summarise(Evaluated(plan(), tuple(apart), QUESTION))["detection"]["all"] == {}


def test_four_images_of_a_class_get_no_interval(plan: PlanMaker, made_rows: list[Row]) -> None:
    text = as_markdown(summarise(Evaluated(plan(), tuple(made_rows), QUESTION, "cpu, float32")))
    assert "| 4 | 12 | 0 | 0.961 | 0.906 | 0.875 |" in text  # AP, AUC, balanced accuracy
    assert "(cpu, float32)" in text


def test_the_variants_of_a_splice_are_drawn_together(plan: PlanMaker, made_rows: list[Row]) -> None:
    once = [replace(row, dataset="splices_png") for row in made_rows if row.tampered]
    thrice = [replace(row, dataset=f"splices_{v}") for v in ("png", "q90", "web") for row in once]
    one, three = (
        summarise(Evaluated(plan(), tuple(rows), QUESTION))["localisation"]["all"]["compact"] for rows in (once, thrice)
    )
    assert (one["images"], three["images"]) == (12, 36)
    assert three["ap"]["as given"] == pytest.approx(one["ap"]["as given"])


def test_a_summary_states_everything_with_either_polarity(plan: PlanMaker, made_rows: list[Row]) -> None:
    copied = tuple(
        replace(row, image=f"{n}{row.image}", peers={"control": row.constant}) for row in made_rows for n in "abcde"
    )
    summary = summarise(Evaluated(plan(), copied, QUESTION))
    text = as_markdown(summary)

    located = summary["localisation"]["all"]["compact"]
    assert located["ap"]["as given"]["value"] == pytest.approx((6 * 0.9 + 6 * 0.2) / 12)
    assert set(located) == {"images", "missing_maps", "ap", "ciou", "f1", "f1_fixed", "mcc", "mcc_fixed", "auc"}
    assert set(located["mcc"]) == {"as given", "better of both"}
    assert set(summary["detection"]["all"]["score"]) == {
        *("authentic", "tampered", "without"),
        *("ap", "auc", "balanced_accuracy"),
    }
    assert summary["seconds"] == {"evaluation": 240.0, "total": 160.0, "median_per_image": 2.0, "per_megapixel": 2.0}
    assert "5 of 20: 25.0 % [8.7 %, 49.1 %]" in text
    assert "192 px (10 of 10: 100.0 %" in text
    json.dumps(summary)


def test_stored_figures_become_sections_of_a_page(plan: PlanMaker, encoder: StatisticsEncoder, tmp_path: Path) -> None:
    summary = summarise(drain(evaluate(plan(degradation=Degradation(quality=80)), encoder=encoder)))
    (tmp_path / "bench.json").write_text(json.dumps(summary), encoding="utf-8")

    lines = list(stored_sections([tmp_path / "bench.json"]))

    assert lines[0] == "## Finding foreign parts: bench, weights statistics"
    assert "--dataset manifest --root DIR --model statistics --degrade jpeg=80 --out" in lines[2]
    assert "### Localisation" in lines
    assert not [line for line in lines[1:] if line.startswith("## ")]


def test_the_command_writes_what_it_says(plan: PlanMaker, encoder: StatisticsEncoder, tmp_path: Path) -> None:
    evaluated = drain(evaluate(plan(), encoder=encoder))
    command.write(evaluated)

    out = tmp_path / "out"
    assert (out / "per_image.csv").read_text(encoding="utf-8").count("\n") == 3
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["images"]["tampered"] == 1
    assert (out / "summary.md").read_text(encoding="utf-8").startswith("# manifest: statistics\n")


def test_parts_of_a_set_arechosen(tmp_path: Path) -> None:
    manifest(tmp_path)
    whole = load("manifest", tmp_path)
    assert len(command.chosen(whole, [], [], None).samples) == 2
    assert [s.label for s in command.chosen(whole, [], ["copymove"], None).samples] == ["authentic"]
    with pytest.raises(DatasetProblem, match="it holds made"):
        command.chosen(whole, ["other"], [], None)
