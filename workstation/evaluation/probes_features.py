"""What a probe looks at: one vector per picture, from any encoder or from a ResNet-50 that the user has."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from workstation.analysis.model import Encoder
from workstation.analysis.model.device import place
from workstation.analysis.model.native_paths import native_path
from workstation.analysis.model.resnet50 import ResNet50
from workstation.analysis.result import FloatArray
from workstation.errors import WeightsProblem
from workstation.progress import drain

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of pixel values in 0..1, R, G, B, as torchvision's classifiers were trained."""

IMAGENET_CLASSES = 1000


class Features(Protocol):
    """Turns a picture into one vector."""

    @property
    def name(self) -> str:
        """In tables."""

    def of(self, rgb: NDArray[np.uint8]) -> FloatArray:
        """Features of a square picture.

        Args:
            rgb: (side, side, 3) uint8.

        Returns:
            (D,) float32.
        """


class EncoderFeatures:
    """The embedding of the whole picture as one patch.

    Attributes:
        name: of the weights.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.description.name
        self._encoder = encoder

    def of(self, rgb: NDArray[np.uint8]) -> FloatArray:
        """See `Features.of`; an encoder that rounds the patch's side may need several, whose mean is taken."""
        height, width = rgb.shape[:2]
        grid = self._encoder.default_grid(height, width, min(height, width), 1)
        embeddings = drain(self._encoder.embed(rgb, grid))
        return np.asarray(embeddings.reshape(-1, embeddings.shape[2]).mean(0), np.float32)


class ImagenetFeatures:
    """The 2048 values before the last layer of a ResNet-50 trained on ImageNet: it knows what pictures show.

    Attributes:
        name: in tables.
    """

    name = "ImageNet ResNet-50"

    def __init__(self, file: Path, *, device: str = "auto", threads: int | None = None) -> None:
        """Load torchvision's ResNet-50 (v1.5 layout, 1000 classes).

        Args:
            file: a safetensors file or a PyTorch state_dict (read with weights_only=True).
            device: "auto", "cpu", "cuda" or "mps".
            threads: CPU threads; None = torch's default.

        Raises:
            WeightsProblem: if the file cannot be read or holds another network.
            DeviceProblem: if the device is not there.
        """
        network = ResNet50(IMAGENET_CLASSES)
        try:
            network.load_state_dict(_tensors(file))
        except RuntimeError as problem:
            first = str(problem).splitlines()[-1].strip()
            raise WeightsProblem(f"{file} is no ResNet-50 with {IMAGENET_CLASSES} classes ({first})") from problem
        width = network.fc.in_features
        network.fc = nn.Linear(width, width)
        with torch.no_grad():  # the identity: what comes out is what went into the last layer
            network.fc.weight.copy_(torch.eye(width))
            network.fc.bias.zero_()
        self._placement = place(device, threads=threads, precision="float32", bfloat16_allowed=False)
        self._network = network.eval().requires_grad_(False).to(self._placement.device)
        self._mean = torch.tensor(IMAGENET_MEAN, device=self._placement.device)
        self._deviation = torch.tensor(IMAGENET_DEVIATION, device=self._placement.device)

    def of(self, rgb: NDArray[np.uint8]) -> FloatArray:
        """See `Features.of`."""
        with self._placement.computing():
            pixels = torch.from_numpy(np.array(rgb)).to(self._placement.device).float() / 255
            normalised = ((pixels - self._mean) / self._deviation).permute(2, 0, 1)[None]
            return np.asarray(self._network(normalised)[0].cpu().numpy(), np.float32)


def _tensors(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors or PyTorch file.

    Raises:
        WeightsProblem: if it is neither.
    """
    try:
        if file.suffix == ".safetensors":
            with native_path(file) as path:
                return load_file(path)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, pickle.UnpicklingError) as problem:
        raise WeightsProblem(f"{file} cannot be read as weights ({problem})") from problem
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsProblem(f"{file} is no dictionary of tensors")
    return state
