"""The wheel, installed elsewhere, analyses the example that it carries."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git tracks, so that nothing else can slip in."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    wanted = ("workstation/", "resources/", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
    for name in tracked.stdout.decode().split("\0"):
        if name.startswith(wanted) and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    (built,) = out.glob("*.whl")
    return built


def test_wheel_carries_resources_typing_and_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "workstation/_resources/examples/spliced.jpg" in names
    assert "workstation/_resources/examples/CREDITS.md" in names
    assert "workstation/py.typed" in names
    assert any(name.startswith("workstation/_resources/weights/") and name.endswith(".safetensors") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "resources/"))]


def test_wheel_installed_elsewhere_analyses_its_own_example(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "some where else"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    folder = tmp_path / "work"
    folder.mkdir()
    variables = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "QT_QPA_PLATFORM"}}
    # The editable checkout is a finder on sys.meta_path; a path entry comes before it, and -P keeps the folder out.
    variables |= {"PYTHONPATH": str(place), "OMP_NUM_THREADS": "1"}

    where = subprocess.run(
        [sys.executable, "-P", "-c", "from workstation import paths; print(paths.resources())"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    run = subprocess.run(
        [sys.executable, "-P", "-m", "workstation", "example"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert Path(where.stdout.strip()) == place / "workstation" / "_resources"
    assert run.returncode == 0, run.stderr
    assert "there is no display" in run.stderr
    assert "exifact-example" in run.stderr
    written = {path.name for path in (folder / "exifact-example" / "spliced").iterdir()}
    assert {"result.json", "report.pdf", "consistency.npy"} <= written
