import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from workstation.analysis.model.compact import WHITENING
from workstation.analysis.model.compact_network import CompactNetwork
from workstation.progress import drain
from workstation.training.batches import BatchPlan
from workstation.training.command import TrainingProblem, default_configuration, train
from workstation.training.configuration import TrainingConfiguration
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.curves import TABLE
from workstation.training.distributed import Company
from workstation.training.objective import NotFinite
from workstation.training.run import BROKEN, CHECKPOINT, Training

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


def test_what_a_killed_run_left_goes_with_the_next_checkpoint(photo_folder: Path, tmp_path: Path) -> None:
    left = tmp_path / f".{CHECKPOINT.removesuffix('.pt')}.0123456789abcdef.part"
    left.write_bytes(b"half")

    Training(SMALL, photo_folder, tmp_path, workers=0).save()

    assert not left.exists()
    assert (tmp_path / CHECKPOINT).is_file()


def test_concentration_adds_to_the_loss_in_whitened_space_and_survives_a_stop(
    photo_folder: Path, tmp_path: Path
) -> None:
    settings = replace(SMALL, concentration=1.0)
    start = CompactNetwork(8, 16, 16).state_dict() | {WHITENING: torch.diag(torch.linspace(0.1, 1, 16))}
    start = {name: tensor.clone() for name, tensor in start.items()}

    def losses(folder: str, settings: TrainingConfiguration, steps: int, whitened: bool = True) -> list[float]:
        given = {k: v for k, v in start.items() if whitened or k != WHITENING}
        return _losses(Training(settings, photo_folder, tmp_path / folder, workers=0, start=given), steps)

    whole = losses("whole", settings, 4)
    assert losses("without", SMALL, 1)[0] < whole[0] - 0.05
    assert losses("identity", settings, 1, whitened=False)[0] != pytest.approx(whole[0], rel=1e-3)
    first = losses("halves", settings, 2)
    resumed = Training(settings, photo_folder, tmp_path / "halves", workers=0)
    assert first + _losses(resumed, 2) == pytest.approx(whole, rel=1e-4)


def test_a_run_goes_on_only_with_the_configuration_that_it_began_with(photo_folder: Path, tmp_path: Path) -> None:
    _losses(Training(SMALL, photo_folder, tmp_path, workers=0), 1)

    assert Training(replace(SMALL, steps=9), photo_folder, tmp_path, workers=0).step == 1
    with pytest.raises(ConfigurationProblem, match=r"temperature = 0\.1, not 0\.5"):
        Training(replace(SMALL, temperature=0.5), photo_folder, tmp_path, workers=0)
    other = replace(SMALL, batch=replace(SMALL.batch, tiles=3))
    with pytest.raises(ConfigurationProblem, match=r"batch\.tiles = 2, not 3"):
        Training(other, photo_folder, tmp_path, workers=0)

    own, refused = tmp_path / "configuration.toml", tmp_path / "refused.toml"
    own.write_text("width = 8\n", encoding="utf-8")
    refused.write_text("width = 12\n", encoding="utf-8")
    with pytest.raises(ConfigurationProblem, match="width = 8, not 12"):
        drain(train(photo_folder, tmp_path, configuration=refused, workers=0))
    assert own.read_text(encoding="utf-8") == "width = 8\n"


def test_a_loss_that_is_no_number_stops_the_run_and_spares_its_checkpoint(photo_folder: Path, tmp_path: Path) -> None:
    _losses(Training(SMALL, photo_folder, tmp_path, workers=0), 2)
    training = Training(SMALL, photo_folder, tmp_path, workers=0)
    hook = training.network.stem[0].register_forward_hook(lambda _module, _given, found: found * float("nan"))

    with pytest.raises(NotFinite, match="step 3"):
        drain(training.run())

    hook.remove()
    resumed = Training(SMALL, photo_folder, tmp_path, workers=0)
    assert resumed.step == 2
    assert all(tensor.isfinite().all() for tensor in resumed.network.state_dict().values())


def test_concentration_needs_two_tiles() -> None:
    with pytest.raises(ConfigurationProblem, match="two tiles"):
        TrainingConfiguration.from_table({"concentration": 1.0, "batch": {"tiles": 1}})


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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (b'steps = "many"', "steps cannot be 'many'"),
        (b"steps = 0", "steps must be at least 1"),
        (b"seed = -1", "seed cannot be -1"),
        (b"batch = 3", "batch cannot be 3"),
        (b"temperature = 0", "temperature must be above 0"),
        (b"learning_rate = nan", "learning_rate must not be negative"),
        (b"windows = []", "windows must be some"),
        (b"windows = [64]", "with its own window_weights"),
        (b"windows = [0, 64]\nwindow_weights = [1, 1]", "each above 0"),
        (b"window_weights = [0, 0, 0]", "one of them must be above 0"),
        (b"[batch]\nsimulated = 33", r"batch\.simulated must be between 0 and 1"),
        (b"[batch]\ntile = 12.5", r"batch\.tile cannot be 12\.5"),
        (b"[batch]\ntiles = 0", r"batch\.tiles must be at least 1"),
        (b"# \xe9", r"run\.toml"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told(tmp_path: Path, words: bytes, said: str) -> None:
    (tmp_path / "run.toml").write_bytes(words + b"\n")
    with pytest.raises(ConfigurationProblem, match=said):
        TrainingConfiguration.read(tmp_path / "run.toml")


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingProblem, match=r"manifest\.csv"):
        drain(train(tmp_path, tmp_path / "out"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_have_the_loss_of_one(photo_folder: Path, tmp_path: Path) -> None:
    table = SMALL.as_table() | {"steps": 3, "batch_statistics": "frozen"}
    table["batch"] |= {"sets": 2}
    (tmp_path / "compact.json").write_text(json.dumps(table), encoding="utf-8")
    script = tmp_path / "train.py"
    script.write_text(
        "import json, sys, torch\n"
        "from pathlib import Path\n"
        "from workstation.progress import drain\n"
        "from workstation.training.configuration import TrainingConfiguration\n"
        "from workstation.training.distributed import company\n"
        "from workstation.training.run import Training\n"
        "torch.set_num_threads(1)\n"
        "settings = TrainingConfiguration.from_table(json.loads(Path(sys.argv[1]).read_text()))\n"
        "with company() as together:\n"
        "    training = Training(settings, Path(sys.argv[2]), Path(sys.argv[3]), workers=0, company=together)\n"
        "    drain(training.run(report_every=1))\n",
        encoding="utf-8",
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29764"]
    arguments = [str(script), str(tmp_path / "compact.json"), str(photo_folder), str(tmp_path / "two")]
    settings = TrainingConfiguration.from_table(table)
    drain(Training(settings, photo_folder, tmp_path / "one", workers=0).run(report_every=1))
    subprocess.run([*torchrun, *arguments], env=environment, check=True)

    def curve(folder: str, name: str) -> list[float]:
        rows = [line.split("\t") for line in (tmp_path / folder / TABLE).read_text(encoding="utf-8").splitlines()]
        return [float(row[2]) for row in rows if row[1] == name]

    assert len(curve("one", "loss")) == 3
    assert curve("two", "loss") == pytest.approx(curve("one", "loss"), rel=5e-3)  # bfloat16
    assert curve("two", "gradient norm") == pytest.approx(curve("one", "gradient norm"), rel=2e-2)


def test_sets_that_cannot_be_shared_are_refused(photo_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationProblem, match="1 sets cannot be shared by 2"):
        Training(SMALL, photo_folder, tmp_path, company=Company(1, 2))
