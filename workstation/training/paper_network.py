"""The published architecture in training: ResNet-50 on patches, a transformer on EXIF texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import Tensor, nn
from torch.nn import functional

from workstation.analysis.model import checkpoint_keys
from workstation.analysis.model.import_checkpoint import CLIP_NORMALISATION
from workstation.analysis.model.native_paths import native_path
from workstation.analysis.model.resnet50 import ResNet50
from workstation.errors import WeightsProblem
from workstation.training.paper_configuration import PaperConfiguration

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class PaperNetwork(nn.Module):
    """Both encoders; the names of its tensors are those of the published checkpoint in layout `pruned`."""

    logit_scale: Tensor

    def __init__(self, visual: ResNet50, transformer: nn.Module, settings: PaperConfiguration) -> None:
        super().__init__()
        self.visual, self.transformer = visual, transformer
        self._pooling = settings.pooling
        self.register_buffer("logit_scale", torch.tensor(settings.logit_scale).log())
        mean, deviation = torch.tensor(CLIP_NORMALISATION.mean), torch.tensor(CLIP_NORMALISATION.deviation)
        self.register_buffer("_scale", 1 / (255 * deviation).reshape(3, 1, 1), persistent=False)
        self.register_buffer("_shift", (-mean / deviation).reshape(3, 1, 1), persistent=False)

    def forward(self, patches: Tensor | None, tokens: dict[str, Tensor] | None) -> tuple[Tensor, ...]:
        """Embeddings of unit length, float32: of patches (N, 3, p, p) uint8, then of texts, where they are given."""
        out = []
        if patches is not None:
            normalised = patches * self.get_buffer("_scale") + self.get_buffer("_shift")
            out.append(functional.normalize(self.visual(normalised).float(), dim=-1))
        if tokens is not None:
            out.append(functional.normalize(self._said(tokens).float(), dim=-1))
        return tuple(out)

    def _said(self, tokens: dict[str, Tensor]) -> Tensor:
        outputs = self.transformer(**tokens)
        if self._pooling == "pooled":
            pooled: Tensor | None = getattr(outputs, "pooler_output", None)
            first: Tensor = outputs[0][:, 0]
            return first if pooled is None else pooled
        mask = tokens["attention_mask"].unsqueeze(-1).to(outputs[0].dtype)
        mean: Tensor = (outputs[0] * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return mean


def build(settings: PaperConfiguration, texts: Sequence[str], stored: str = "") -> tuple[PaperNetwork, Any]:
    """Network and tokenizer, from pretrained files where the configuration names them.

    Args:
        settings: of the run.
        texts: that a tokenizer from scratch is trained on.
        stored: a tokenizer that was trained before, as JSON; it is used instead.

    Raises:
        WeightsProblem: if a file that is named cannot be used.
    """
    torch.manual_seed(settings.seed)
    visual = ResNet50(checkpoint_keys.DIMENSIONS)
    if settings.image_weights:
        _load_image(visual, Path(settings.image_weights))
    if settings.text_weights:
        transformer, tokenizer = _pretrained(Path(settings.text_weights), settings)
    else:
        tokenizer = _tokenizer(texts, settings.vocabulary, stored)
        transformer = _from_scratch(settings, len(tokenizer))
    width = int(
        transformer.config.hidden_size if hasattr(transformer.config, "hidden_size") else transformer.config.dim
    )
    if width != checkpoint_keys.DIMENSIONS:
        visual.fc = nn.Linear(visual.fc.in_features, width)
    return PaperNetwork(visual, transformer, settings), tokenizer


def _load_image(visual: ResNet50, file: Path) -> None:
    try:
        if file.suffix == ".safetensors":
            with native_path(file) as path:
                state = load_file(path)
        else:
            state = torch.load(file, weights_only=True, map_location="cpu")
        state = {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}
        missing, surplus = visual.load_state_dict(state, strict=False)
    except Exception as problem:  # torch and safetensors raise what they stumble over
        raise WeightsProblem(f"{file} cannot be read as a ResNet-50 ({problem})") from problem
    missing = [name for name in missing if not name.startswith("fc.") and not name.endswith("num_batches_tracked")]
    if missing or surplus:
        raise WeightsProblem(f"{file} is no ResNet-50 in torchvision's layout: {(missing or surplus)[0]} differs")


def _pretrained(folder: Path, settings: PaperConfiguration) -> tuple[Any, Any]:
    from transformers import AutoTokenizer  # noqa: PLC0415 - four seconds
    from transformers.utils import logging as reports  # noqa: PLC0415 - as above

    model, _ = _classes(settings)
    reports.set_verbosity_error()  # it would report every tensor of the head that is not used
    reports.disable_progress_bar()
    try:
        with native_path(folder) as place:
            tokenizer = AutoTokenizer.from_pretrained(str(place), local_files_only=True)
            return model.from_pretrained(str(place), local_files_only=True, **_dropout(settings)), tokenizer
    except (OSError, ValueError, RuntimeError, KeyError) as problem:
        raise WeightsProblem(f"{folder} holds no usable {settings.text} encoder ({problem})") from problem


def _from_scratch(settings: PaperConfiguration, vocabulary: int) -> Any:
    model, configuration = _classes(settings)
    sizes: dict[str, Any] = {"vocab_size": vocabulary, "max_position_embeddings": settings.longest + 2}
    sizes |= _dropout(settings)
    layers, width = settings.text_layers, settings.text_width
    if settings.text == "distilbert":
        sizes |= {"n_layers": layers} if layers else {}
        sizes |= {"dim": width, "hidden_dim": 4 * width, "n_heads": max(1, width // 64)} if width else {}
    else:
        published = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
        sizes |= {"num_hidden_layers": layers} if layers else {}
        sizes |= published if settings.text == "albert" else {}
        if width:
            sizes |= {"hidden_size": width, "num_attention_heads": max(1, width // 64), "intermediate_size": 4 * width}
    return model(configuration(pad_token_id=0, **sizes))


def _dropout(settings: PaperConfiguration) -> dict[str, float]:
    """The two rates under the names of this encoder's configuration."""
    bert = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    names = ("dropout", "attention_dropout") if settings.text == "distilbert" else bert
    return dict.fromkeys(names, settings.dropout)


def _classes(settings: PaperConfiguration) -> tuple[Any, Any]:
    import transformers  # noqa: PLC0415 - four seconds

    return {
        "distilbert": (transformers.DistilBertModel, transformers.DistilBertConfig),
        "albert": (transformers.AlbertModel, transformers.AlbertConfig),
        "roberta": (transformers.RobertaModel, transformers.RobertaConfig),
    }[settings.text]


def _tokenizer(texts: Sequence[str], vocabulary: int, stored: str) -> Any:
    """A lower-case byte-pair tokenizer of these texts, which always gives the same vocabulary (WordPiece does not)."""
    _, unknown, first, last, _ = SPECIAL
    if stored:
        return _ready(Tokenizer.from_str(stored))
    inner = Tokenizer(models.BPE(unk_token=unknown))
    inner.normalizer = normalizers.BertNormalizer(lowercase=True)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
    inner.train_from_iterator(texts, trainer)
    numbers = [(name, inner.token_to_id(name)) for name in (first, last)]
    inner.post_processor = processors.TemplateProcessing(single=f"{first} $A {last}", special_tokens=numbers)
    return _ready(inner)


def _ready(inner: Tokenizer) -> Any:
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - four seconds

    pad, unknown, first, last, mask = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token=pad,
        unk_token=unknown,
        cls_token=first,
        sep_token=last,
        mask_token=mask,
        model_input_names=["input_ids", "attention_mask"],
    )
