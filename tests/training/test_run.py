from pathlib import Path

import pytest
import torch

from workstation.progress import drain
from workstation.training.batches import BatchPlan
from workstation.training.command import TrainingProblem, default_configuration, train
from workstation.training.configuration import ConfigurationProblem, TrainingConfiguration
from workstation.training.run import BROKEN, Training

SMALL = TrainingConfiguration(
    width=8,
    dimensions=16,
    hidden=16,
    steps=6,
    warmup=2,
    windows=(32,),
    window_weights=(1.0,),
    batch=BatchPlan(sets=1, groups=4, tiles=2, tile=64),
)


def _losses(training: Training, steps: int) -> list[float]:
    losses = []
    for progress in training.run(report_every=1, save_every=1000):
        losses.append(progress.partial.loss)
        if len(losses) == steps:
            break
    return losses


def test_a_resumed_run_goes_on_with_the_same_curve(photo_folder: Path, tmp_path: Path) -> None:
    whole = _losses(Training(SMALL, photo_folder, tmp_path / "whole", workers=0), 6)
    first = _losses(Training(SMALL, photo_folder, tmp_path / "halves", workers=0), 3)
    resumed = Training(SMALL, photo_folder, tmp_path / "halves", workers=0)

    assert resumed.step == 3
    assert first + _losses(resumed, 3) == pytest.approx(whole, rel=1e-4)


def test_training_moves_weights_and_their_average(photo_folder: Path, tmp_path: Path) -> None:
    training = Training(SMALL, photo_folder, tmp_path, workers=0)
    before = training.network.head[2].weight.detach().clone()

    drain(training.run())

    assert training.step == 6
    assert (tmp_path / BROKEN).read_text(encoding="utf-8").startswith("train/broken.jpg\t")
    assert not torch.equal(before, training.network.head[2].weight)
    assert not torch.equal(training.average.head[2].weight, training.network.head[2].weight)
    assert all(torch.isfinite(p).all() for p in training.network.parameters())


def test_the_rate_rises_holds_and_falls_to_zero() -> None:
    settings = TrainingConfiguration(steps=100, warmup=10, cooldown=0.2, learning_rate=1.0)

    rates = [settings.schedule_at(step) for step in (0, 9, 50, 80, 90, 100)]

    assert rates == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5, 0.0])


def test_the_shipped_configuration_is_valid_and_unknown_names_are_named(tmp_path: Path) -> None:
    assert TrainingConfiguration.read(default_configuration()).architecture == "compact"
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[batch]\ngruops = 3\n", encoding="utf-8")
    with pytest.raises(ConfigurationProblem, match=r"batch\.gruops"):
        TrainingConfiguration.read(wrong)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingProblem, match=r"manifest\.csv"):
        drain(train(tmp_path, tmp_path / "out"))
