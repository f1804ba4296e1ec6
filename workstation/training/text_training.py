"""Training of the text side: the image encoder stays as it is, a head on its features and a text tower learn."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.nn import functional

from workstation.analysis.exif_texts import TagText, as_text
from workstation.analysis.model.compact_text import PADDING, CompactTextNetwork, TextTokens
from workstation.progress import Progress, Stopwatch
from workstation.training.mixed_precision import mixed_precision
from workstation.training.text_configuration import TextConfiguration
from workstation.training.text_features import FeatureBank
from workstation.training.text_objective import TruthTable, symmetric_contrast

LARGEST_SCALE = 100.0
"""Of the similarities, as in CLIP (Radford et al. 2021)."""

PAD, UNKNOWN = "[PAD]", "[UNK]"

LENGTHS = 6
"""Parts of a batch of texts, by length."""

REPORT_EVERY = 25


@dataclass(frozen=True, slots=True)
class TextReport:
    """What the steps since the last report measured.

    Attributes:
        step: steps done.
        loss, gradient_norm: means.
        logit_scale: present factor of the similarities.
    """

    step: int
    loss: float
    gradient_norm: float
    logit_scale: float


def train_tokenizer(texts: Sequence[str], vocabulary: int) -> Tokenizer:
    """A lower-case byte-pair tokenizer (Sennrich et al. 2016) of these texts; commas only part the statements."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(",", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, UNKNOWN],
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz0123456789./-:"),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    assert tokenizer.token_to_id(PAD) == PADDING
    return tokenizer


class ImageHead(nn.Module):
    """Features of windows to the common space; standardised by the features of the training set.

    Args:
        mean, deviation: (features,) of the training set.
        settings: sizes and dropout.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor, settings: TextConfiguration) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.dropout = nn.Dropout(settings.dropout)
        self.layers = nn.Sequential(
            nn.Linear(len(mean), settings.hidden), nn.ReLU(), nn.Linear(settings.hidden, settings.dimensions)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, features) to (N, dimensions) of unit length."""
        standardised = (features.float() - self.mean) / self.deviation
        return functional.normalize(self.layers(self.dropout(standardised)), dim=-1)

    @torch.no_grad()
    def folded(self) -> dict[str, Tensor]:
        """The same function of raw features as tensors of a `CompactNetwork`'s head."""
        first, last = self.layers[0], self.layers[2]
        assert isinstance(first, nn.Linear)
        assert isinstance(last, nn.Linear)
        weight = first.weight / self.deviation
        return {
            "0.weight": weight,
            "0.bias": first.bias - weight @ self.mean,
            "2.weight": last.weight,
            "2.bias": last.bias,
        }


@dataclass(frozen=True, slots=True, eq=False)
class TextSideState:
    """What training made.

    Attributes:
        head: tensors of the image head, for raw features.
        tower: the text tower in evaluation mode.
        tokens: its tokenizer.
        logit_scale: learned factor of the similarities.
        centre: (dimensions,) float32, mean embedding of the training pictures, every camera counting the same.
        steps: how many were done.
    """

    head: dict[str, Tensor]
    tower: CompactTextNetwork
    tokens: TextTokens
    logit_scale: float
    centre: Tensor
    steps: int


class TextTraining:
    """One run over a feature bank; the batch of a step follows from the seed and the step alone."""

    def __init__(self, bank: FeatureBank, settings: TextConfiguration) -> None:
        self._bank, self._settings = bank, settings
        torch.manual_seed(settings.seed)
        texts = sorted({as_text(statements) for statements in bank.statements})
        self.tokens = TextTokens(train_tokenizer(texts, settings.vocabulary))
        self.tower = CompactTextNetwork(
            self.tokens.tokenizer.get_vocab_size(),
            width=settings.width,
            layers=settings.layers,
            heads=settings.heads,
            dimensions=settings.dimensions,
            longest=settings.longest,
        )
        sample = torch.from_numpy(bank.values[:: max(1, len(bank.values) // 20_000)].astype(np.float32))
        self.head = ImageHead(sample.mean(0), sample.std(0) + 1e-4, settings)
        self._log_scale = nn.Parameter(torch.tensor(math.log(settings.logit_scale)))
        self._truth = TruthTable(bank.statements)
        self._cameras = _samples_by_camera(bank)
        modules = (self.tower, self.head)
        parameters = [p for module in modules for p in module.parameters()]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [*(p for p in parameters if p.ndim <= 1), self._log_scale], "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98))

    def run(self) -> Generator[Progress, None, TextSideState]:
        """Train to the end.

        Yields:
            Progress with a `TextReport` as partial.
        """
        settings, watch = self._settings, Stopwatch()
        loss = norm = 0.0
        for step in range(settings.steps):
            now = self._step(step)
            loss, norm = loss + now[0], norm + now[1]
            if (step + 1) % REPORT_EVERY == 0:
                fraction = (step + 1) / settings.steps
                scale = float(self._log_scale.detach().exp())
                report = TextReport(step + 1, loss / REPORT_EVERY, norm / REPORT_EVERY, scale)
                yield Progress("training the text side", fraction, watch.remaining(fraction), report)
                loss = norm = 0.0
        self.tower.eval()
        self.head.eval()
        scale = min(LARGEST_SCALE, float(self._log_scale.detach().exp()))
        return TextSideState(self.head.folded(), self.tower, self.tokens, scale, self._centre(), settings.steps)

    @torch.inference_mode()
    def _centre(self) -> Tensor:
        """The mean over cameras of their pictures' embeddings, each the mean of a picture's windows."""
        means = []
        for samples in self._cameras:
            pictures = []
            for number in samples:
                start, stop = (int(v) for v in self._bank.start[number : number + 2])
                windows = self.head(torch.from_numpy(self._bank.values[start:stop]))
                pictures.append(functional.normalize(windows.mean(0), dim=0))
            means.append(torch.stack(pictures).mean(0))
        return torch.stack(means).mean(0).clone()

    def _step(self, step: int) -> tuple[float, float]:
        settings = self._settings
        rng = np.random.default_rng((settings.seed, step))
        torch.manual_seed(int(rng.integers(2**62)))  # of the dropout
        rate = settings.learning_rate * min(1.0, (step + 1) / settings.warmup)
        rate *= 0.5 * (1 + math.cos(math.pi * step / settings.steps))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        chosen = self._draw(rng)
        texts = [draw_text(self._bank.statements[number], rng, settings) for number in chosen]
        truth = self._truth.among(chosen, texts)
        self.tower.train()
        self.head.train()
        said = self._said([as_text(text) for text in texts])
        loss = symmetric_contrast(self._seen(chosen, rng), said, self._log_scale.exp(), truth)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        parameters = [p for group in self._optimizer.param_groups for p in group["params"]]
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        self._optimizer.step()
        with torch.no_grad():
            self._log_scale.clamp_(0.0, math.log(LARGEST_SCALE))
        return float(loss.detach()), float(norm)

    def _draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Numbers of samples: cameras evenly, at most one sample per draw."""
        cameras = rng.integers(0, len(self._cameras), self._settings.batch)
        return np.array([self._cameras[c][int(rng.integers(len(self._cameras[c])))] for c in cameras], np.int64)

    def _said(self, texts: list[str]) -> Tensor:
        """(N, dimensions): short and long texts apart, since padding costs as much as words."""
        by_length = np.argsort([len(text) for text in texts], kind="stable")
        parts = []
        for rows in np.array_split(by_length, LENGTHS):
            numbers = self.tokens.numbers([texts[row] for row in rows], self._settings.longest)
            with mixed_precision("cpu"):
                parts.append(self.tower(numbers).float())
        return torch.cat(parts)[torch.from_numpy(np.argsort(by_length))]

    def _seen(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        """(N, dimensions): some windows of each picture, averaged."""
        rows: list[NDArray[np.int64]] = []
        owner: list[int] = []
        for place, number in enumerate(chosen):
            start, stop = (int(v) for v in self._bank.start[number : number + 2])
            wanted = int(np.exp(rng.uniform(0, math.log(self._settings.windows + 1))))
            picked = rng.permutation(stop - start)[: max(1, wanted)] + start
            rows.append(picked)
            owner.extend([place] * len(picked))
        embedded = self.head(torch.from_numpy(self._bank.values[np.concatenate(rows)]))
        summed = torch.zeros(len(chosen), embedded.shape[1]).index_add(0, torch.tensor(owner), embedded)
        return functional.normalize(summed, dim=-1)


def draw_text(
    statements: tuple[TagText, ...], rng: np.random.Generator, settings: TextConfiguration
) -> tuple[TagText, ...]:
    """A part of what is true: one tag, a few, half of them, or everything; in the order of a text."""
    kind = rng.random()
    if kind < settings.single:
        count = 1
    elif kind < settings.single + settings.few:
        count = int(rng.integers(2, 5))
    else:
        count = len(statements) if rng.random() < 0.5 else (len(statements) + 1) // 2
    kept = sorted(rng.permutation(len(statements))[:count])
    return tuple(statements[place] for place in kept)


def _samples_by_camera(bank: FeatureBank) -> tuple[NDArray[np.int64], ...]:
    by_camera: dict[str, list[int]] = {}
    for number, photo in enumerate(bank.photo):
        by_camera.setdefault(bank.photos[int(photo)].camera, []).append(number)
    return tuple(np.array(by_camera[camera], np.int64) for camera in sorted(by_camera))
