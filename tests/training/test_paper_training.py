import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save
from torch import nn
from transformers.utils.logging import disable_progress_bar

from workstation.analysis.model import resnet50
from workstation.analysis.model.native_paths import native_path
from workstation.errors import WeightsProblem
from workstation.evaluation.datasets import DatasetProblem
from workstation.progress import drain
from workstation.training.configuration_tables import ConfigurationProblem
from workstation.training.curves import TABLE, CurveProblem, Curves
from workstation.training.data_records import COUNTS, RECORDS, DataProblem, Record
from workstation.training.distributed import Company
from workstation.training.gradient_cache import CachedGradients
from workstation.training.objective import NotFinite
from workstation.training.paper_batches import CachedStore, CropBatch, Steps, Texts
from workstation.training.paper_command import PaperData, Unfinished, train_paper
from workstation.training.paper_configuration import PaperConfiguration
from workstation.training.paper_network import build
from workstation.training.paper_training import BROKEN, CHECKPOINT, PaperTraining, _reasons
from workstation.training.shards import LISTING, FolderStore
from workstation.training.text_objective import Truth, symmetric_contrast

SMALL = PaperConfiguration(
    text_layers=1,
    text_width=64,
    vocabulary=200,
    longest=48,
    patch=32,
    batch=4,
    steps=4,
    warmup=1,
    learning_rate=1e-4,
    batch_statistics="frozen",
    logit_scale=10.0,
    dropout=0.0,
)
PHOTOS = 9

NARROW = ((8, 1, 1), (8, 1, 2), (8, 1, 2), (8, 1, 2))
"""Stages of a ResNet that trains in a moment; the published one has 25 million parameters."""


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resnet50, "STAGES", NARROW)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> PaperData:
    """Nine made-up photographs with records, the last one broken."""
    folder = tmp_path_factory.mktemp("paper")
    pictures, index = folder / "pictures", folder / "index"
    pictures.mkdir()
    (index / RECORDS).mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = []
    for number in range(PHOTOS):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (64, 80, 3), dtype=np.uint8)).save(buffer, "JPEG")
        content = buffer.getvalue() if number < PHOTOS - 1 else b"broken"
        (pictures / f"{number}.jpg").write_bytes(content)
        tags = {"Make": f"Maker{number % 3}", "Model": f"Model{number}", "ISO Speed Ratings": str(100 * number)}
        (index / RECORDS / f"{number}.json").write_text(Record(str(number), tags).as_json(), encoding="utf-8")
        lines.append(f"{number}.jpg\t{number}\n")
    (index / LISTING).write_text("".join(lines), encoding="utf-8")
    (index / COUNTS).write_text(json.dumps({"Make": 1.0, "Model": 1.0, "ISO Speed Ratings": 0.5, "Rare": 0.1}))
    return PaperData(pictures, index)


@pytest.fixture(scope="session")
def store(indexed: PaperData) -> FolderStore:
    return FolderStore(indexed.pictures, indexed.index)


def with_(**changes: object) -> PaperConfiguration:
    return PaperConfiguration.from_table(SMALL.as_table() | changes)


def test_the_configuration_is_the_published_one_and_survives_its_table() -> None:
    published = PaperConfiguration()
    optimizer = (published.learning_rate, published.betas, published.epsilon, published.weight_decay)
    assert published.batch == 1024
    assert optimizer == (1e-4, (0.9, 0.98), 1e-6, 1e-4)
    assert PaperConfiguration.from_table(published.as_table()) == published
    rates = [with_(steps=10, warmup=2, learning_rate=1.0, last_rate=0.0).learning_rate_at(s) for s in (0, 1, 6, 10)]
    assert rates == pytest.approx([0.5, 1.0, 0.5, 0.0])


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"texts": 1}, "texts"),
        ({"text": "bert"}, "distilbert"),
        ({"image_text": 0.0}, "above 0"),
        ({"batch": "many"}, "batch cannot be 'many'"),
        ({"betas": [0.9]}, "betas cannot be"),
        ({"tags": "Make"}, "tags cannot be 'Make'"),
        ({"tags": [1]}, "tags cannot be"),
        ({"micro_batch": -1}, "micro_batch cannot be -1"),
        ({"names": 1}, "names cannot be 1"),
        ({"text_width": 200}, "text_width must be below 128 or a multiple of its heads"),
        ({"dropout": 1.0}, "dropout"),
        ({"logit_scale": 0}, "logit_scale must be above 0"),
        ({"learning_rate": -1.0}, "learning_rate"),
        ({"steps": 0}, "steps"),
    ],
)
def test_an_impossible_configuration_is_refused(table: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigurationProblem, match=named):
        PaperConfiguration.from_table(table)


def test_texts_follow_the_configuration() -> None:
    tags = {"Model": "b", "Make": "a", "Rare": "c"}
    shares = {"Make": 1.0, "Model": 0.6, "Rare": 0.1}
    rng = np.random.default_rng(0)
    assert Texts(shares, SMALL).of(tags, rng) == "Model: b, Make: a"
    assert Texts(shares, with_(tag_order="fixed")).of(tags, rng) == "Make: a, Model: b"
    assert Texts(shares, with_(names=False)).of(tags, rng) == "b, a"
    assert Texts(shares, with_(tags=["Rare"])).of(tags, rng) == "Rare: c"
    shuffled = Texts(shares, with_(tag_order="shuffled"))
    assert {shuffled.of(tags, rng) for _ in range(20)} == {"Model: b, Make: a", "Make: a, Model: b"}
    with pytest.raises(DataProblem):
        Texts({"Rare": 0.1}, SMALL)


def test_processes_share_one_batch_and_every_photo_comes_once_per_epoch(store: FolderStore) -> None:
    whole = Steps(store, SMALL, Company(), 0, 4)
    halves = [Steps(store, SMALL, Company(rank, 2), 0, 4) for rank in range(2)]

    for step in range(2):
        crops = np.concatenate([half[step].crops for half in halves])
        np.testing.assert_array_equal(whole[step].crops, crops)
    drawn = np.concatenate([whole.numbers(step) for step in range(2)])
    assert len(set(drawn)) == 8  # two batches of four from nine
    assert list(whole.numbers(2)) != list(whole.numbers(0))


def test_a_broken_photo_is_missing_and_named(store: FolderStore) -> None:
    steps = Steps(store, SMALL, Company(), 0, 40)
    batch = next(batch for batch in (steps[step] for step in range(40)) if batch.broken)
    assert len(batch.texts) == len(batch.crops) == 3
    assert batch.broken[0].startswith("8.jpg")


def test_decoded_photos_are_kept_up_to_the_limit(store: FolderStore) -> None:
    class Counting:
        reads = 0

        def read(self, number: int) -> object:
            self.reads += 1
            return store.read(number)

    counting = Counting()
    cached = CachedStore(counting, 2 * 64 * 80 * 3)
    for number in (0, 1, 0, 1, 2, 0):
        cached.read(number)
    assert counting.reads == 4  # 2 pushes 0 out


def test_a_photo_with_the_same_text_is_no_negative() -> None:
    seen, said = torch.eye(2), torch.eye(2)
    same = torch.ones(2, 2, dtype=torch.bool)
    scale = torch.tensor(2.0)
    # Every text is right: half the probability's logarithm each, −(2·0.5 + 0·0.5 − log(e² + 1)).
    assert symmetric_contrast(seen, said, scale, Truth(same, ~same)).item() == pytest.approx(np.log(np.e**2 + 1) - 1)
    own = torch.eye(2, dtype=torch.bool)
    assert symmetric_contrast(seen, said, scale, Truth(own, ~own)).item() == pytest.approx(np.log(1 + np.e**-2))


def test_cached_gradients_are_those_of_one_piece() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(0.0), nn.Linear(8, 4))
    inputs, own = torch.randn(6, 6), torch.eye(6, dtype=torch.bool)
    truth, scale = Truth(own, ~own), torch.tensor(5.0)

    def encode(part: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return nn.functional.normalize(network(part), dim=1), nn.functional.normalize(network(part.flip(1)), dim=1)

    def loss_of(embedded: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return symmetric_contrast(embedded[0], embedded[1], scale, truth)

    loss_of(encode(inputs)).backward()
    expected = [p.grad.clone() for p in network.parameters()]
    for parts in ((inputs,), inputs.split(2), inputs.split(4)):
        network.zero_grad()
        loss = CachedGradients(encode, Company(), network).step(parts, loss_of)
        assert loss.item() == pytest.approx(loss_of(encode(inputs)).item(), rel=1e-6)
        for parameter, gradient in zip(network.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient)


def losses(training: PaperTraining, until: int | None = None) -> list[float]:
    return [p.partial.loss for p in training.run(until=until, report_every=1, save_every=1000)]


@pytest.mark.slow
def test_a_resumed_run_goes_on_with_the_same_curve(store: FolderStore, tmp_path: Path) -> None:
    whole = losses(PaperTraining(SMALL, store, tmp_path / "whole", Company()))
    first = losses(PaperTraining(SMALL, store, tmp_path / "halves", Company()), until=2)
    resumed = PaperTraining(SMALL, store, tmp_path / "halves", Company())

    assert resumed.step == 2
    assert first + losses(resumed) == pytest.approx(whole, rel=1e-4)
    rows = (tmp_path / "halves" / TABLE).read_text(encoding="utf-8").splitlines()
    assert [float(r.split("\t")[2]) for r in rows if "\tloss\t" in r] == pytest.approx(whole, rel=1e-4)
    assert "8.jpg" in (tmp_path / "whole" / BROKEN).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_run_goes_on_only_with_the_configuration_that_it_began_with(store: FolderStore, tmp_path: Path) -> None:
    losses(PaperTraining(SMALL, store, tmp_path, Company()), until=1)

    assert PaperTraining(with_(steps=9, micro_batch=2), store, tmp_path, Company()).step == 1
    with pytest.raises(ConfigurationProblem, match=r"learning_rate = 0\.0001, not 0\.5"):
        PaperTraining(with_(learning_rate=0.5), store, tmp_path, Company())


@pytest.mark.slow
def test_a_loss_that_is_no_number_stops_the_run_and_spares_its_checkpoint(store: FolderStore, tmp_path: Path) -> None:
    losses(PaperTraining(SMALL, store, tmp_path, Company()), until=1)
    before = (tmp_path / CHECKPOINT).read_bytes()
    training = PaperTraining(SMALL, store, tmp_path, Company())
    training.network.register_forward_hook(lambda _module, _given, found: tuple(part * math.nan for part in found))

    with pytest.raises(NotFinite, match="step 2"):
        losses(training)

    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.slow
def test_a_broken_photo_is_listed_once_and_the_last_step_is_measured(store: FolderStore, tmp_path: Path) -> None:
    training = PaperTraining(with_(steps=7), store, tmp_path, Company(), dev=store)

    reports = [p.partial for p in training.run(report_every=5, save_every=1000)]

    assert [report.step for report in reports] == [5, 7]
    assert list(reports[-1].dev) == ["top-1 of 8 dev photos"]
    assert reports[-1].broken == 1
    assert len((tmp_path / BROKEN).read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.slow
def test_a_stopped_run_says_at_which_step(indexed: PaperData, tmp_path: Path) -> None:
    steps = train_paper(indexed, tmp_path, with_(steps=1000), workers=0, threads=1)
    assert next(steps).stage == "preparing the networks"
    next(steps)  # ten steps
    signal.raise_signal(signal.SIGINT)

    with pytest.raises(Unfinished, match=r"stopped at step 1\d of 1000"):
        drain(steps)

    assert (tmp_path / "paper.safetensors").is_file()


def test_a_batch_without_a_usable_photo_changes_nothing(store: FolderStore, tmp_path: Path) -> None:
    training = PaperTraining(SMALL, store, tmp_path, Company())
    before = {name: tensor.clone() for name, tensor in training.network.state_dict().items()}

    assert training._train_on(CropBatch(np.empty((0, 32, 32, 3), np.uint8), None, [], ["broken"] * 4)) is None

    assert all(torch.equal(before[name], tensor) for name, tensor in training.network.state_dict().items())


class Beside(Company):
    """This process beside another one that has two photographs."""

    def gathered(self, own: torch.Tensor) -> torch.Tensor:
        return torch.cat((own, nn.functional.normalize(torch.eye(2, own.shape[1]), dim=1)))

    def gathered_texts(self, own: list[str]) -> list[str]:
        return [*own, "Make: One", "Make: Two"]


@pytest.mark.parametrize("changes", [{}, {"image_image": 1.0, "image_text": 0.0, "batch_statistics": "batch"}])
def test_a_process_without_a_usable_photo_takes_part_with_gradients_of_zero(
    store: FolderStore, tmp_path: Path, changes: dict[str, object]
) -> None:
    training = PaperTraining(with_(**changes), store, tmp_path, Beside())
    none = np.empty((0, 32, 32, 3), np.uint8)

    measured = training._train_on(CropBatch(none, none, [], ["broken"] * 2))

    assert measured is not None
    assert measured[1] == 0
    gradients = [p.grad for p in training.network.visual.parameters()]
    assert all(gradient is not None for gradient in gradients)  # the other process waits for them


def test_a_broken_photo_with_an_odd_name_is_listed_once(store: FolderStore, tmp_path: Path) -> None:
    batch = CropBatch(np.empty((0, 32, 32, 3), np.uint8), None, [], ["odd\u2028\udce9.jpg: no\npicture"])
    for _ in range(2):
        training = PaperTraining(SMALL, store, tmp_path, Company())
        training._listed = _reasons(tmp_path / BROKEN)
        training._list_broken(batch)

    assert (tmp_path / BROKEN).read_text(encoding="utf-8") == "0\todd\\u2028\\udce9.jpg: no\\npicture\n"
    assert training._broken() == 1


def test_a_run_whose_photos_are_all_broken_says_so(indexed: PaperData, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(PHOTOS):
        (pictures / f"{number}.jpg").write_bytes(b"broken")
    training = PaperTraining(with_(steps=50), FolderStore(pictures, indexed.index), tmp_path / "run", Company())

    with pytest.raises(DataProblem, match="no photograph of the last 2 steps") as told:
        losses(training)

    assert BROKEN in told.value.what
    assert len((tmp_path / "run" / BROKEN).read_text(encoding="utf-8").splitlines()) == 8


def test_splices_that_cannot_be_made_are_told_before_training(indexed: PaperData, tmp_path: Path) -> None:
    with pytest.raises(DataProblem, match=r"holds no manifest\.csv"):
        replace(indexed, splices=tmp_path).stores()
    (tmp_path / "manifest.csv").write_text("file,split,make,model,width,height,chart_or_flat\n", encoding="utf-8")
    with pytest.raises(DatasetProblem, match="fewer than two cameras"):
        replace(indexed, splices=tmp_path).stores()


WAYS = ({"micro_batch": 1}, {"image_image": 1.0, "image_text": 0.0}, {"precision": "bfloat16"})


@pytest.mark.slow
@pytest.mark.parametrize("changes", WAYS)
def test_other_ways_to_train_run_and_accumulation_changes_nothing(
    store: FolderStore, tmp_path: Path, changes: dict[str, object]
) -> None:
    plain = losses(PaperTraining(SMALL, store, tmp_path / "plain", Company()), until=2)
    other = losses(PaperTraining(with_(**changes), store, tmp_path / "other", Company()), until=2)
    if "micro_batch" in changes:
        assert other[0] == pytest.approx(plain[0], rel=1e-5)
    assert np.isfinite(other).all()


def test_pretrained_weights_may_lie_in_folders_whose_names_are_no_utf8(odd_folder: Path) -> None:
    disable_progress_bar()  # its thread would outlive the test
    network, tokenizer = build(SMALL, ["Make: Acme, Model: One"])
    image = odd_folder / "image.safetensors"
    image.write_bytes(save({name: tensor.contiguous() for name, tensor in network.visual.state_dict().items()}))
    with native_path(odd_folder) as place:
        tokenizer.save_pretrained(str(place))
        network.transformer.save_pretrained(str(place))

    again, _ = build(with_(image_weights=str(image), text_weights=str(odd_folder)), [])

    for name, tensor in again.state_dict().items():
        if not name.startswith("visual.fc."):
            torch.testing.assert_close(tensor, network.state_dict()[name])


@pytest.mark.slow
@pytest.mark.parametrize("text", ["distilbert", "albert", "roberta"])
def test_every_text_encoder_is_built_from_scratch_and_from_its_folder(text: str, tmp_path: Path) -> None:
    disable_progress_bar()  # its thread would outlive the test
    settings = with_(text=text)
    network, tokenizer = build(settings, ["Make: Acme, Model: One"])
    tokenizer.save_pretrained(str(tmp_path))
    network.transformer.save_pretrained(str(tmp_path))
    tokens = tokenizer(["Make: Acme"], return_tensors="pt")
    inputs = {name: tokens[name] for name in ("input_ids", "attention_mask")}

    again, read = build(with_(text=text, text_weights=str(tmp_path)), [])

    network.eval(), again.eval()
    with torch.no_grad():
        (said,), (same,) = network(None, inputs), again(None, inputs)
    torch.testing.assert_close(said, same)
    assert said.norm().item() == pytest.approx(1.0, rel=1e-5)
    assert read(["Make: Acme"])["input_ids"] == tokens["input_ids"].tolist()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("batch", [4, 2])  # of two photographs each process has one, and one is broken
def test_two_processes_have_the_loss_of_one(indexed: PaperData, store: FolderStore, tmp_path: Path, batch: int) -> None:
    configuration, steps = tmp_path / "paper.json", 12 // batch
    configuration.write_text(json.dumps(SMALL.as_table() | {"steps": steps, "batch": batch}), encoding="utf-8")
    script = tmp_path / "train.py"
    script.write_text(
        "import json, sys, torch\n"
        "from pathlib import Path\n"
        "from workstation.analysis.model import resnet50\n"
        "from workstation.progress import drain\n"
        "from workstation.training.distributed import company\n"
        "from workstation.training.paper_configuration import PaperConfiguration\n"
        "from workstation.training.paper_training import PaperTraining\n"
        "from workstation.training.shards import FolderStore\n"
        f"torch.set_num_threads(1); resnet50.STAGES = {NARROW}\n"
        "settings = PaperConfiguration.from_table(json.loads(Path(sys.argv[1]).read_text()))\n"
        "store = FolderStore(Path(sys.argv[2]), Path(sys.argv[3]))\n"
        "with company() as together:\n"
        "    drain(PaperTraining(settings, store, Path(sys.argv[4]), together).run(report_every=1))\n",
        encoding="utf-8",
    )
    root = Path(__file__).parent.parent.parent
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    arguments = [str(script), str(configuration), str(indexed.pictures), str(indexed.index)]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29763"]
    one = PaperTraining(with_(steps=steps, batch=batch), store, tmp_path / "one", Company())
    drain(one.run(report_every=1))
    subprocess.run([*torchrun, *arguments, str(tmp_path / "two")], env=environment, check=True)

    def curve(folder: str, name: str) -> list[float]:
        rows = [line.split("\t") for line in (tmp_path / folder / TABLE).read_text(encoding="utf-8").splitlines()]
        return [float(row[2]) for row in rows if row[1] == name]

    assert len(curve("one", "loss")) == steps
    assert (tmp_path / "one" / BROKEN).read_text(encoding="utf-8")
    assert curve("two", "loss") == pytest.approx(curve("one", "loss"), rel=1e-4)
    assert curve("two", "gradient norm") == pytest.approx(curve("one", "gradient norm"), rel=1e-3)


@pytest.mark.slow
def test_a_run_writes_weights_with_their_configuration(indexed: PaperData, tmp_path: Path) -> None:
    weights = drain(train_paper(indexed, tmp_path, with_(steps=1), workers=0, name="small"))

    with safe_open(weights, "pt") as file:
        assert json.loads(file.metadata()["configuration"])["patch"] == 32
        assert "visual.conv1.weight" in set(file.keys())
    assert (tmp_path / "small.tokenizer" / "tokenizer.json").is_file()


def test_a_curve_that_goes_on_forgets_what_came_after(tmp_path: Path) -> None:
    curves = Curves(tmp_path, 0, {}, ())
    for step in (1, 2, 3):
        curves.add(step, {"loss": float(step)})
    curves.close()
    Curves(tmp_path, 2, {}, ()).close()
    assert (tmp_path / TABLE).read_text(encoding="utf-8") == "1\tloss\t1\n2\tloss\t2\n"


def test_a_curve_whose_last_line_was_cut_off_goes_on(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_text("1\tloss\t1\n\n9\tloss\t3\n1", encoding="utf-8")  # of step 10
    curves = Curves(tmp_path, 2, {}, ())
    curves.add(3, {"loss": 2.0})
    curves.close()
    assert (tmp_path / TABLE).read_text(encoding="utf-8") == "1\tloss\t1\n3\tloss\t2\n"


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04"])
def test_a_checkpoint_that_cannot_be_read_is_told(store: FolderStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(WeightsProblem, match=r"checkpoint\.pt cannot be read"):
        PaperTraining(SMALL, store, tmp_path, Company())


def test_a_run_goes_on_with_the_photographs_that_it_began_with(
    indexed: PaperData, store: FolderStore, tmp_path: Path
) -> None:
    PaperTraining(SMALL, store, tmp_path, Company()).save()
    other = tmp_path / "index"
    shutil.copytree(indexed.index, other)
    listed = (other / LISTING).read_text(encoding="utf-8")
    (other / LISTING).write_text(listed + "1.jpg\t1\n", encoding="utf-8")

    PaperTraining(SMALL, store, tmp_path, Company())
    with pytest.raises(ConfigurationProblem, match="photographs = 9, not 10"):
        PaperTraining(SMALL, FolderStore(indexed.pictures, other), tmp_path, Company())


def test_a_tag_that_no_photograph_carries_is_refused(store: FolderStore) -> None:
    with pytest.raises(DataProblem, match="no photograph carries the tag 'Modell'"):
        Texts(store.shares, with_(tags=["Make", "Modell"]))


def test_curves_that_are_not_installed_are_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(CurveProblem, match="wandb"):
        Curves(tmp_path, 0, {}, ("wandb",))
