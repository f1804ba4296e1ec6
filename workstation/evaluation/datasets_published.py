"""Evaluation sets in the layouts in which their owners, or the published code, keep them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workstation.evaluation.datasets import (
    Dataset,
    DatasetProblem,
    Label,
    MaskRule,
    Sample,
    WrongLayout,
    counted,
    from_manifest,
    with_keys,
)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"})
NETWORKS = ("Facebook", "Whatsapp", "Wechat", "Weibo")
CAMERAS = ("Canon_60D", "Nikon_D90", "Nikon_D7000", "Sony_A57")

Finder = Callable[[Path], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a set is laid out.

    Attributes:
        name: what `--dataset` takes.
        looked_for: patterns below the set's folder, for the help and for messages.
        counts: images of either class as the owners distribute it; empty where that differs.
        find: lists the samples; a missing folder, or not a single mask, is a wrong layout.
    """

    name: str
    looked_for: tuple[str, ...]
    counts: Mapping[Label, int]
    find: Finder

    def load(self, root: Path) -> Dataset:
        """List the samples below `root`.

        Raises:
            WrongLayout: if it does not hold what was looked for.
        """
        try:
            samples = with_keys(self.find(root))
        except OSError as problem:  # not there, no folder, not to be read
            raise WrongLayout(self.name, root, self.looked_for) from problem
        if not any(sample.mask is not None and sample.mask.is_file() for sample in samples):
            raise WrongLayout(self.name, root, self.looked_for)
        return Dataset(self.name, root, samples, tuple(self._shortfalls(samples)))

    def _shortfalls(self, samples: tuple[Sample, ...]) -> Iterator[str]:
        present = counted(samples)
        for label, expected in self.counts.items():
            if present[label] < expected:
                yield f"{self.name}: {present[label]} of its owner's {expected} {label} images are here"
        absent = sum(1 for sample in samples if sample.mask is not None and not sample.mask.is_file())
        if absent:
            yield f"{self.name}: {absent} masks are missing; their images are listed as failures"


def load(name: str, root: Path) -> Dataset:
    """List the samples of a set.

    Args:
        name: of a layout, or "manifest".
        root: its folder.

    Raises:
        DatasetProblem: for an unknown name, or if it is not laid out so.
    """
    if name == "manifest":
        return from_manifest(root)
    if name not in LAYOUTS:
        raise DatasetProblem(f"{name!r} is no layout here; there are manifest, {', '.join(LAYOUTS)}")
    return LAYOUTS[name].load(root)


def _images(folder: Path) -> list[Path]:
    """Images in a folder, by name.

    Raises:
        FileNotFoundError: if the folder is not there.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file())


def _sample(
    dataset: str,
    root: Path,
    file: Path,
    mask: Path | None = None,
    *,
    kind: str = "",
    rule: MaskRule = MaskRule.UPPER_HALF,
) -> Sample:
    label: Label = "tampered" if kind else "authentic"
    return Sample(dataset, file.relative_to(root).as_posix(), file, label, kind, mask, rule)


def _columbia(root: Path) -> Iterator[Sample]:
    for file in _images(root / "4cam_auth"):
        yield _sample("columbia", root, file)
    for file in _images(root / "4cam_splc"):
        mask = root / "4cam_splc" / "edgemask" / f"{file.stem}_edgemask.jpg"
        yield _sample("columbia", root, file, mask, kind="splice", rule=MaskRule.GREEN)


def _dso_1(root: Path) -> Iterator[Sample]:
    for file in _images(root / "DSO-1"):
        if file.name.startswith("normal-"):
            yield _sample("dso_1", root, file)
        elif file.name.startswith("splicing-"):
            mask = root / "DSO-1-Fake-Images-Masks" / file.name
            yield _sample("dso_1", root, file, mask, kind="splice", rule=MaskRule.DARK)


def _realistic_tampering(root: Path) -> Iterator[Sample]:
    cameras = [root / camera for camera in CAMERAS if (root / camera).is_dir()]
    for camera in cameras:
        for file in _images(camera / "pristine"):
            yield _sample("realistic_tampering", root, file)
        for file in _images(camera / "tampered-realistic"):
            mask = camera / "ground-truth" / f"{file.stem}.PNG"
            yield _sample("realistic_tampering", root, file, mask, kind="mixed", rule=MaskRule.ABOVE_ZERO)


def _in_the_wild(root: Path) -> Iterator[Sample]:
    for file in _images(root / "images"):
        yield _sample("in_the_wild", root, file, root / "masks" / f"{file.stem}.png", kind="splice")


def _scene_completion(root: Path) -> Iterator[Sample]:
    for file in _images(root):
        if not file.stem.endswith("_mask"):
            beside = (root / f"{file.stem}_mask{suffix}" for suffix in (file.suffix, ".jpg"))
            mask = next((mask for mask in beside if mask.is_file()), root / f"{file.stem}_mask{file.suffix}")
            yield _sample("scene_completion", root, file, mask, kind="splice", rule=MaskRule.ABOVE_ZERO)


def _casia_1(root: Path) -> Iterator[Sample]:
    for file in _images(root / "Au"):
        yield _sample("casia_1", root, file)
    for file in _images(root / "Tp" / "Sp"):
        mask = root / "CASIA 1.0 groundtruth" / "Sp" / f"{file.stem}_gt.png"
        yield _sample("casia_1", root, file, mask, kind="splice")


def _casia_2(root: Path) -> Iterator[Sample]:
    for file in _images(root / "Au"):
        yield _sample("casia_2", root, file)
    for file in _images(root / "Tp"):
        kind = "copymove" if file.name.startswith("Tp_S") else "splice"  # Same picture, Different pictures
        yield _sample("casia_2", root, file, root / "CASIA2.0_Groundtruth" / f"{file.stem}_gt.png", kind=kind)


def _imd2020(root: Path) -> Iterator[Sample]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for file in _images(folder):
            if file.stem.endswith("_orig"):
                yield _sample("imd2020", root, file)
            elif not file.stem.endswith("_mask"):
                yield _sample("imd2020", root, file, folder / f"{file.stem}_mask.png", kind="mixed")


def _coverage(root: Path) -> Iterator[Sample]:
    for file in _images(root / "image"):
        if file.stem.endswith("t"):
            mask = root / "mask" / f"{file.stem.removesuffix('t')}forged.tif"
            yield _sample("coverage", root, file, mask, kind="copymove")
        else:
            yield _sample("coverage", root, file)


def _social_network(root: Path) -> Iterator[Sample]:
    for truth in sorted(root.glob("*_GT")):
        name = truth.name.removesuffix("_GT")
        for copy in (name, *(f"{name}_{network}" for network in NETWORKS)):
            if not (root / copy).is_dir():
                continue
            for file in _images(root / copy):
                named = [truth / f"{file.stem}{ending}.png" for ending in ("_gt", "_mask", "")]
                mask = next((mask for mask in named if mask.is_file()), named[0])
                yield _sample(copy, root, file, mask, kind="mixed")


LAYOUTS: Mapping[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout(
            "columbia",
            ("4cam_auth/*.tif", "4cam_splc/*.tif", "4cam_splc/edgemask/<stem>_edgemask.jpg"),
            {"authentic": 183, "tampered": 180},
            _columbia,
        ),
        Layout(
            "dso_1",
            ("DSO-1/normal-*.png", "DSO-1/splicing-*.png", "DSO-1-Fake-Images-Masks/<name>"),
            {"authentic": 100, "tampered": 100},
            _dso_1,
        ),
        Layout(
            "realistic_tampering",
            (
                f"{{{','.join(CAMERAS)}}}/{{pristine,tampered-realistic}}/*.TIF",
                "<camera>/ground-truth/<stem>.PNG",
            ),
            {"authentic": 220, "tampered": 220},
            _realistic_tampering,
        ),
        Layout("in_the_wild", ("images/*.jpg", "masks/<stem>.png"), {"tampered": 201}, _in_the_wild),
        Layout("scene_completion", ("images and <stem>_mask.<same suffix> or <stem>_mask.jpg",), {}, _scene_completion),
        Layout(
            "casia_1",
            ("Au/", "Tp/Sp/", "CASIA 1.0 groundtruth/Sp/<stem>_gt.png"),
            {"authentic": 800},
            _casia_1,
        ),
        Layout(
            "casia_2",
            ("Au/", "Tp/", "CASIA2.0_Groundtruth/<stem>_gt.png"),
            {"authentic": 7491, "tampered": 5123},
            _casia_2,
        ),
        Layout(
            "social_network",
            (f"<name>/, <name>_{{{','.join(NETWORKS)}}}/", "<name>_GT/<stem>_gt.png, <stem>_mask.png or <stem>.png"),
            {},
            _social_network,
        ),
        Layout(
            "imd2020",
            ("<id>/<id>_orig.jpg", "<id>/<name>.jpg or .png", "<id>/<name>_mask.png"),
            {"authentic": 414, "tampered": 2010},
            _imd2020,
        ),
        Layout(
            "coverage",
            ("image/<n>.tif", "image/<n>t.tif", "mask/<n>forged.tif"),
            {"authentic": 100, "tampered": 100},
            _coverage,
        ),
    )
}
"""Every layout that `--dataset` takes beside "manifest"."""
