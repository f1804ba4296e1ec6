"""The rules of the house that are about the code as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parent.parent
WORKSTATION = ROOT / "workstation"


def loaded_by(statement: str) -> set[str]:
    """Top-level names of all modules that a fresh interpreter holds after `statement`."""
    script = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.split())


def test_rooms_import_only_whom_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


@pytest.mark.parametrize("module", ["analysis", "evidence", "report", "casework", "cli"])
def test_a_room_without_a_window_loads_neither_qt_nor_torch(module: str) -> None:
    loaded = loaded_by(f"import workstation.{module}")
    assert not loaded & {"PySide6", "pyqtgraph", "torch", "transformers"}


def test_the_window_is_imported_without_torch() -> None:
    loaded = loaded_by("import workstation.ui.main_window")
    assert "PySide6" in loaded
    assert not loaded & {"torch", "transformers"}


def test_no_module_pumps_the_event_loop() -> None:
    found = [str(p) for p in WORKSTATION.rglob("*.py") if "processEvents" in p.read_text(encoding="utf-8")]
    assert not found


def test_threads_live_in_two_modules() -> None:
    pattern = re.compile(r"\b(QThread|QThreadPool|QtConcurrent|ThreadPoolExecutor)\b|threading\.Thread\b")
    found = {
        str(p.relative_to(WORKSTATION))
        for p in WORKSTATION.rglob("*.py")
        if any(pattern.search(line) for line in _code_lines(p))
    }
    assert found <= {"ui/jobs.py", "analysis/side_by_side.py"}


def test_tracked_files_name_no_folder_of_one_machine() -> None:
    machine = re.compile(rb"/(work|home/[a-z]+|Users/[A-Za-z]+)/")
    texts = {".py", ".md", ".toml", ".txt", ".json", ".svg", ".cfg", ".yml", ""}
    found = [p for p in tracked_files() if p.suffix in texts and machine.search((ROOT / p).read_bytes())]
    assert [p for p in found if p != Path("tests/test_house.py")] == []


def test_every_photograph_that_is_tracked_has_its_credit() -> None:
    photographs = {".jpg", ".jpeg", ".mpo", ".heic", ".heif", ".tif", ".tiff", ".avif", ".webp"}
    assert [p for p in tracked_files() if p.suffix in photographs and not is_credited(p)] == []


def is_credited(photograph: Path) -> bool:
    """Whether a CREDITS.md or README.md beside or above names the file, or all files of its suffix."""
    for folder in photograph.parents:
        for name in ("CREDITS.md", "README.md"):
            if folder != Path() and (ROOT / folder / name).is_file():
                stated = (ROOT / folder / name).read_text(encoding="utf-8")
                if photograph.name in stated or f"*{photograph.suffix}" in stated:
                    return True
    return False


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (document, link)
        for document in tracked_files()
        if document.suffix == ".md"
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / document).read_text(encoding="utf-8"))
        if not link.startswith(("http://", "https://"))
    ]
    assert links
    assert [f"{d}: {link}" for d, link in links if not (ROOT / d.parent / link).exists()] == []


def tracked_files() -> list[Path]:
    """Every file that git tracks and that is there, relative to the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [Path(name) for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def _code_lines(path: Path) -> list[str]:
    """Lines of code, without comments and (single-line) docstrings."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.lstrip().startswith(("#", '"""', "*"))]
