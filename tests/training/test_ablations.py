from collections.abc import Generator
from pathlib import Path

import pytest

from workstation.progress import Progress, drain
from workstation.terminal import with_training_numbers
from workstation.training.ablations import AP, NAMES, RESULT, AblationResult, ablate, ablate_on, table, variations
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.paper_command import PaperData
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.paper_report import PaperReport

BASE = PaperConfiguration(steps=1, batch=2)
TAGS = ("Make", "Model", "Flash")
WORTH = {"Make": 0.30, "Model": 0.40, "Flash": 0.02}


class Runs:
    """Trains nothing: what a set of tags is worth stands in a table."""

    def __init__(self) -> None:
        self.made: list[PaperConfiguration] = []

    def __call__(self, settings: PaperConfiguration, _folder: Path) -> Generator[Progress, None, dict[str, float]]:
        self.made.append(settings)
        yield Progress("training", 1.0)
        worth = sum(WORTH[tag] for tag in settings.tags or TAGS)
        return {AP: worth - 0.1 * ("Flash" in settings.tags)}


def test_every_ablation_changes_one_thing() -> None:
    pretrained = PaperConfiguration(text_weights="folder")
    for name in NAMES[:-1]:
        runs = variations(name, pretrained, TAGS)
        assert len(runs) == (len(TAGS) if name == "single-tags" else 1)
        for _, changes in runs:
            PaperConfiguration.from_table(pretrained.as_table() | changes)
    assert variations("no-names", BASE, TAGS) == [("no-names", {"names": False})]
    assert variations("image-image", BASE, TAGS)[0][1] == {"image_text": 0.0, "image_image": 1.0}
    with pytest.raises(ConfigurationProblem, match="text_weights"):
        variations("text-pretrained", BASE, TAGS)
    with pytest.raises(ConfigurationProblem, match="no ablation"):
        variations("everything", BASE, TAGS)


def test_runs_with_many_tags_have_folders_of_their_own(tmp_path: Path) -> None:
    tags = tuple(f"A Tag With Rather Many Words Number {number}" for number in range(4))

    class Helpful(Runs):
        def __call__(self, settings: PaperConfiguration, _folder: Path) -> Generator[Progress, None, dict[str, float]]:
            self.made.append(settings)
            yield Progress("training", 1.0)
            return {AP: 0.1 * len(settings.tags)}

    results = drain(ablate(("greedy",), BASE, tags, tmp_path, Helpful()))

    assert len(results) == 4
    assert len(list(tmp_path.iterdir())) == 4 + 3 + 2 + 1


def test_results_are_kept_and_a_stopped_command_goes_on(tmp_path: Path) -> None:
    first, second = Runs(), Runs()

    drain(ablate(("all-tags",), BASE, TAGS, tmp_path, first))
    results = drain(ablate(("all-tags", "single-tags"), BASE, TAGS, tmp_path, second))

    assert len(first.made) == 1
    assert [settings.tags for settings in second.made] == [("Make",), ("Model",), ("Flash",)]
    assert [result.name for result in results] == ["all-tags", *(f"single tag {tag}" for tag in TAGS)]
    assert (tmp_path / "single-tag-make" / RESULT).is_file()
    assert table(results)[1].endswith("AP on dev splices 0.300 (-0.320)")
    with pytest.raises(ConfigurationProblem, match="another configuration"):
        drain(ablate(("all-tags",), PaperConfiguration(steps=2, batch=2), TAGS, tmp_path, Runs()))


def test_the_greedy_choice_stops_where_no_tag_helps(tmp_path: Path) -> None:
    runs = Runs()

    results = drain(ablate(("greedy",), BASE, TAGS, tmp_path, runs))

    assert [list(result.changes["tags"]) for result in results] == [["Model"], ["Model", "Make"]]
    assert len(runs.made) == 3 + 2 + 1


def test_only_the_leading_process_writes_and_speaks(tmp_path: Path) -> None:
    steps = ablate(("greedy",), BASE, TAGS, tmp_path, Runs(), leads=False)

    with pytest.raises(StopIteration) as stop:
        next(steps)

    assert [list(result.changes["tags"]) for result in stop.value.value] == [["Model"], ["Model", "Make"]]
    assert not list(tmp_path.iterdir())


def test_figures_of_different_kinds_are_not_subtracted() -> None:
    first = AblationResult("all-tags", {}, {"top-1 of 50 dev photos": 0.1})
    lines = table([first, AblationResult("image-image", {}, {}), AblationResult("shuffled", {}, {**first.figures})])
    assert lines[1].endswith("no dev figure")
    assert lines[2].endswith("0.100 (+0.000)")


def test_the_greedy_choice_needs_something_to_choose_by(tmp_path: Path) -> None:
    data = PaperData(tmp_path, tmp_path)
    with pytest.raises(ConfigurationProblem, match="dev figure"):
        drain(ablate_on(data, ("greedy",), BASE, tmp_path))


def test_the_progress_of_a_run_keeps_its_name() -> None:
    report = PaperReport(2, 1.0, 0.5, 0.25, 8.0, 0, {AP: 0.3})
    shown = with_training_numbers(Progress("no names: training", 0.5, partial=report)).stage
    assert shown == (
        "no names: step 2, loss 1.000, gradient 0.50, 8.0 photos/s, waiting for data 25 %, AP on dev splices 0.300"
    )
