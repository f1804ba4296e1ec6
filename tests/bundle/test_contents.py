"""What goes into the bundle, what stays out, and what comes from the machine."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import contents
import pytest

from workstation.evidence.formats import SUFFIXES

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/lib/libjitbackend_test.so", True),
        ("torch/bin/protoc", True),
        ("torch/bin/torch_shm_manager", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", False),
        ("PySide6/Qt/plugins/platforms/libqwayland.so", False),
        ("PySide6\\Qt\\plugins\\sqldrivers\\qsqlite.dll", True),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("numpy-2.4.6.dist-info/METADATA", False),
        ("exifact-0.1.0.dist-info/direct_url.json", True),
        ("libmvec.so.1", True),
        ("resources/weights/compact.safetensors", False),
    ],
)
def test_what_stays_out(name: str, left_out: bool) -> None:
    assert contents.is_left_out(name) is left_out


@pytest.mark.parametrize(
    ("name", "of_desktop"),
    [
        ("libstdc++.so.6", True),
        ("libX11.so.6", True),
        ("libxcb-cursor.so.0", True),
        ("libGL.so.1", True),
        ("libssl.so.3", False),
        ("libpython3.11.so.1.0", False),
        ("numpy.libs/libgfortran-83c28eba.so.5.0.0", False),
        ("PySide6/Qt/lib/libQt6XcbQpa.so.6", False),
    ],
)
def test_the_desktops_libraries_are_those_of_the_system_only(name: str, of_desktop: bool) -> None:
    assert contents.is_of_desktop(name) is of_desktop


@pytest.mark.parametrize(
    ("name", "stripped"),
    [
        ("torch/lib/libtorch_cpu.so", True),
        ("libpython3.11.so.1.0", True),
        ("python3.11/lib-dynload/_decimal.cpython-311-x86_64-linux-gnu.so", True),
        ("tokenizers/tokenizers.abi3.so", True),
        ("numpy.libs/libscipy_openblas64_-32a4b2a6.so", False),  # rewritten by auditwheel
        ("scipy/linalg/_flapack.cpython-311-x86_64-linux-gnu.so", False),
        ("PIL/_imaging.cpython-311-x86_64-linux-gnu.so", False),
    ],
)
def test_what_auditwheel_rewrote_is_not_stripped(name: str, stripped: bool) -> None:
    assert contents.is_stripped(name) is stripped


def test_only_the_models_that_are_loaded_stay() -> None:
    spec = importlib.util.find_spec("transformers")
    assert spec is not None
    assert spec.origin is not None

    unused = contents.unused_transformers(Path(spec.origin).parent)

    assert "transformers.models.albert" in unused
    assert "transformers.models.bert" not in unused
    assert "transformers.models.distilbert" not in unused
    assert len(unused) > 100


def test_modules_of_torch_are_found_without_importing_them() -> None:
    spec = importlib.util.find_spec("torch")
    assert spec is not None
    assert spec.origin is not None

    modules = contents.torch_modules(Path(spec.origin).parent)

    assert {"torch", "torch.nn.functional", "torch.nn.utils.fusion", "torch._dynamo"} <= set(modules)
    assert not [name for name in modules if name.startswith(("torch.testing._internal", "torch._inductor.codegen"))]


def test_windows_offers_the_program_for_every_image_file_that_it_opens() -> None:
    recipe = (ROOT / "packaging" / "windows" / "exifact.iss").read_text(encoding="utf-8")
    assert set(re.findall(r'SupportedTypes"; ValueType: string; ValueName: "([^"]+)"', recipe)) == SUFFIXES
