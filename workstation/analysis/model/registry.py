"""The register of weights: JSON descriptions beside safetensors files; no torch, so that a window lists them early.

Weights that come with the program lie in `resources/weights/`, those that the user added in `weights/` of
the user's data folder. A description is `<name>.json`; docs/models.md lists its fields.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from workstation import paths
from workstation.analysis.model.encoder import Architecture, Normalisation, WeightsDescription
from workstation.errors import Reason, WeightsProblem

FORMAT = 1
"""Version of the description's layout."""

NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

WHERE_TO_FIND = (
    "The authors of the paper publish their checkpoint through the link 'Model and dataset resource' in the README "
    "of github.com/hellomuffin/exif-as-language; download it yourself, then run `exifact weights add FILE`"
)


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that the folders of weights hold.

    Attributes:
        weights: described weights, those of the program first, then by name.
        problems: descriptions that cannot be used, each with its reason.
    """

    weights: tuple[WeightsDescription, ...]
    problems: tuple[WeightsProblem, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a weights file is the one that its description names.

    Attributes:
        name, path: of the weights.
        expected: SHA-256 in the description.
        actual: SHA-256 of the file, "" if it cannot be read.
        reason: why the check failed, "" if it did not.
    """

    name: str
    path: Path
    expected: str
    actual: str
    reason: str = ""

    @property
    def intact(self) -> bool:
        """Whether file and description agree."""
        return not self.reason


def shipped_folder() -> Path:
    """Where the program's own weights are."""
    return paths.resources() / "weights"


def user_folder() -> Path:
    """Where added weights are kept; created when something is stored."""
    return paths.user_data() / "weights"


def survey() -> Survey:
    """Read all descriptions; a broken one is reported and does not hide the others."""
    weights: list[WeightsDescription] = []
    problems: list[WeightsProblem] = []
    for folder, shipped in ((shipped_folder(), True), (user_folder(), False)):
        try:
            descriptions = sorted(path for path in folder.iterdir() if path.suffix == ".json")
        except FileNotFoundError:
            continue
        except OSError as problem:  # the home of a service, say
            problems.append(WeightsProblem(f"{folder} cannot be read: {problem.strerror or problem}"))
            continue
        for path in descriptions:
            try:
                description = read_description(path, shipped=shipped)
            except WeightsProblem as problem:
                problems.append(problem)
                continue
            if any(known.name == description.name for known in weights):
                problems.append(WeightsProblem(f"{path}: the name {description.name!r} is taken by other weights"))
            else:
                weights.append(description)
    return Survey(tuple(weights), tuple(problems))


def available_weights() -> tuple[WeightsDescription, ...]:
    """All described weights, those of the program first, then by name."""
    return survey().weights


def find(name: str) -> WeightsDescription:
    """The description of the weights with this name.

    Raises:
        WeightsProblem: if there are none, or their description cannot be used.
    """
    found = survey()
    for description in found.weights:
        if description.name == name:
            return description
    for folder in (shipped_folder(), user_folder()):
        broken = folder / f"{name}.json"
        if NAME_PATTERN.fullmatch(name) and os.path.isfile(broken):  # noqa: PTH113 - `Path` raises without rights
            read_description(broken, shipped=False)
    known = ", ".join(description.name for description in found.weights) or "none"
    hint = f". {WHERE_TO_FIND}" if name == "paper" else ""
    words = f"there are no weights named {name!r} here (there are: {known}){hint}"
    raise WeightsProblem(Reason(words, "weights-missing", name=name))


def verify(name: str) -> Verification:
    """Hash the weights file and compare with the description.

    Raises:
        WeightsProblem: if there are no weights with this name.
    """
    return verify_description(find(name))


def verify_description(description: WeightsDescription) -> Verification:
    """Hash the file, or both files, that a description names and compare; the first that differs is reported."""
    image_side = _verify_file(description.name, description.path, description.sha256)
    if not image_side.intact or not description.text_file:
        return image_side
    text_side = _verify_file(description.name, description.folder / description.text_file, description.text_sha256)
    return image_side if text_side.intact else text_side


def _verify_file(name: str, path: Path, expected: str) -> Verification:
    try:
        actual = sha256_of(path)
    except OSError as error:
        return Verification(name, path, expected, "", f"{path} cannot be read: {error.strerror or error}")
    reason = "" if actual == expected else f"{path} was altered: its SHA-256 is {actual}, {expected} was expected"
    return Verification(name, path, expected, actual, reason)


def remove(name: str) -> None:
    """Delete weights that the user added: description, file and tokenizer. A broken description goes too.

    Raises:
        WeightsProblem: if there are none with this name, they came with the program, or cannot be deleted.
    """
    folder = user_folder()
    path = folder / f"{name}.json"
    if not NAME_PATTERN.fullmatch(name) or not path.is_file():
        if find(name).shipped:
            raise WeightsProblem(f"{name!r} came with the program and cannot be removed")
        raise WeightsProblem(f"{folder} holds no description {name}.json")
    try:
        (folder / f"{name}.safetensors").unlink(missing_ok=True)
        (folder / text_file_name(name)).unlink(missing_ok=True)
        tokenizer = folder / tokenizer_folder_name(name)
        if tokenizer.is_dir():
            shutil.rmtree(tokenizer)
        path.unlink()  # last: what Windows deletes only when the window that uses it is closed can be removed then
    except OSError as error:
        raise WeightsProblem(f"{name!r} cannot be removed: {error.strerror or error}") from error


def tokenizer_folder_name(name: str) -> str:
    """Name of the folder that holds the tokenizer of added weights."""
    return f"{name}.tokenizer"


def text_file_name(name: str) -> str:
    """Name of the file that holds the text side of compact weights."""
    return f"{name}-text.safetensors"


def sha256_of(path: Path) -> str:
    """Lower-case hex SHA-256 of a file.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_description(path: Path, *, shipped: bool) -> WeightsDescription:
    """Read one description.

    Raises:
        WeightsProblem: if it is no description that this version reads; the message names the field.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsProblem(f"{path}: not a readable description of weights ({error})") from error
    if not isinstance(fields, dict):
        raise WeightsProblem(f"{path}: a description is a JSON object")
    try:
        description = _from_fields(fields, path.parent, shipped=shipped)
    except KeyError as error:
        raise WeightsProblem(f"{path}: the field {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise WeightsProblem(f"{path}: {error}") from error
    if description.name != path.stem:
        raise WeightsProblem(f"{path}: describes {description.name!r}; file and name must agree")
    return description


def write_fields(description: WeightsDescription) -> dict[str, Any]:
    """A description as the JSON object that `read_description` reads."""
    return {
        "format": FORMAT,
        "name": description.name,
        "file": description.file,
        "sha256": description.sha256,
        "architecture": description.architecture,
        "patch": description.patch,
        "dimensions": description.dimensions,
        "normalisation": {
            "mean": list(description.normalisation.mean),
            "deviation": list(description.normalisation.deviation),
        },
        "licence": description.licence,
        "training_data": description.training_data,
        "figures": dict(description.figures),
        "departure_range": list(description.departure_range),
        "text_side": description.text_side,
        "source": description.source,
        "notes": description.notes,
        "bfloat16": description.bfloat16,
        "stride": description.stride,
        "tokenizer": description.tokenizer,
        "tag_shares": dict(description.tag_shares),
        "text_file": description.text_file,
        "text_sha256": description.text_sha256,
    }


def _from_fields(fields: dict[str, Any], folder: Path, *, shipped: bool) -> WeightsDescription:
    if fields["format"] != FORMAT:
        raise ValueError(f"format {fields['format']!r} is not {FORMAT}, which this version reads")
    architecture = fields["architecture"]
    if architecture not in get_args(Architecture):
        raise ValueError(f"unknown architecture {architecture!r}")
    file, tokenizer, text_file = (str(fields.get(key, "")) for key in ("file", "tokenizer", "text_file"))
    if any(Path(name).name != name for name in (file, tokenizer, text_file) if name) or not file:
        raise ValueError("file, tokenizer and text_file must be plain names beside the description")
    hashes = [str(fields["sha256"])] + ([str(fields["text_sha256"])] if text_file else [])
    if not all(re.fullmatch(r"[0-9a-f]{64}", digits) for digits in hashes):
        raise ValueError("sha256 and text_sha256 must be 64 lower-case hex digits")
    if not NAME_PATTERN.fullmatch(str(fields["name"])):
        raise ValueError("a name is made of a-z, 0-9, '.', '_' and '-'")
    low, high = (float(limit) for limit in fields["departure_range"])
    if not low < high:
        raise ValueError("departure_range must rise")
    stride = fields.get("stride")
    return WeightsDescription(
        name=str(fields["name"]),
        file=file,
        sha256=str(fields["sha256"]),
        architecture=architecture,
        patch=int(fields["patch"]),
        dimensions=int(fields["dimensions"]),
        normalisation=Normalisation(
            _three(fields["normalisation"]["mean"]), _three(fields["normalisation"]["deviation"])
        ),
        licence=str(fields["licence"]),
        training_data=str(fields["training_data"]),
        figures=_numbers(fields["figures"]),
        departure_range=(low, high),
        text_side=bool(fields["text_side"]),
        source=str(fields["source"]),
        notes=str(fields.get("notes", "")),
        bfloat16=bool(fields.get("bfloat16", True)),
        stride=None if stride is None else int(stride),
        tokenizer=tokenizer,
        tag_shares=_numbers(fields.get("tag_shares", {})),
        text_file=text_file,
        text_sha256=str(fields["text_sha256"]) if text_file else "",
        shipped=shipped,
        folder=folder,
    )


def _three(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _numbers(values: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(values, dict):
        raise TypeError("figures and tag_shares must be objects of numbers")
    return tuple((str(name), float(value)) for name, value in values.items())
