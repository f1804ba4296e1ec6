"""The self-test: its table, and that each check can fail."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from workstation import cli, paths, self_test
from workstation.analysis import validation
from workstation.errors import WeightsProblem
from workstation.progress import Progress, drain
from workstation.self_test import checks, manifest


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small program folder with its manifest, taken for the one that runs."""
    folder = tmp_path / "program"
    folder.mkdir()
    for name in ("exifact", "one", "two"):
        (folder / name).write_text(name)
    manifest.write(folder)
    monkeypatch.setattr(paths, "program_folder", lambda: folder)
    return folder


@pytest.fixture
def altered_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the stored embeddings that may be changed."""
    folder = tmp_path / "resources"
    shutil.copytree(paths.resources() / "self-test", folder / "self-test")
    monkeypatch.setattr(paths, "resources", lambda: folder)
    return folder / "self-test"


def test_shipped_files_are_compared_with_the_manifest(program: Path) -> None:
    outcome, detail = drain(checks.shipped_files())

    assert outcome == "passed"
    assert detail.startswith("3 files are as shipped; the manifest's own SHA-256 is ")


def test_what_does_not_agree_is_named(program: Path) -> None:
    (program / "one").write_text("another")
    (program / "three").write_text("foreign")

    assert drain(checks.shipped_files()) == ("failed", "1 altered: one; 1 not shipped: three")


def test_many_altered_files_are_counted(program: Path) -> None:
    for number in range(7):
        (program / f"foreign {number}").write_text("")

    _, detail = drain(checks.shipped_files())

    assert detail == "7 not shipped: foreign 0, foreign 1, foreign 2, foreign 3, foreign 4 and 2 more"


def test_a_checkout_has_no_manifest() -> None:
    assert drain(checks.shipped_files())[0] == "not applicable"


def test_altered_weights_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert drain(checks.weights())[0] == "passed"

    shutil.copytree(paths.resources() / "weights", tmp_path / "weights")
    (tmp_path / "weights" / "compact.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(paths, "resources", lambda: tmp_path)

    outcome, detail = drain(checks.weights())
    assert outcome == "failed"
    assert "was altered" in detail


def test_patches_are_compared_with_the_published_implementation(altered_resources: Path) -> None:
    assert drain(checks.paper_patches())[0] == "passed"

    file = altered_resources / "resnet50_embedding.npz"
    with np.load(file) as arrays:
        content = dict(arrays)
    content["patches"] = content["patches"][::-1].copy()  # each patch now has another one's embedding
    np.savez(file, **content)

    assert drain(checks.paper_patches())[0] == "failed"


def test_an_example_that_differs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def validate(**_: object) -> Generator[Progress, None, validation.ValidationReport]:
        yield Progress("comparing")
        check = validation.Check("spliced.jpg", "cpu", passed=False, reason="it is not assessable")
        return validation.ValidationReport("compact", "0", "0", "today", (check,))

    monkeypatch.setattr(validation, "validate", validate)

    assert drain(checks.examples()) == ("failed", "spliced.jpg on cpu: FAIL, it is not assessable")


def _passes() -> checks.Findings:
    yield Progress("half", 0.5)
    return "passed", "as it should be"


def _raises() -> checks.Findings:
    yield Progress("starting")
    raise WeightsProblem("no weights")


def _breaks() -> checks.Findings:
    yield Progress("starting")
    raise ImportError("libmissing.so")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three quick checks in place of the real ones."""
    monkeypatch.setattr(checks, "PLANNED", (("good", _passes), ("bad", _raises), ("broken", _breaks)))


def test_an_error_is_a_failed_line_and_ends_nothing(short: None) -> None:
    table = drain(self_test.run())

    assert [(check.name, check.outcome) for check in table.checks] == [
        ("good", "passed"),
        ("bad", "failed"),
        ("broken", "failed"),
    ]
    assert table.checks[1].detail.startswith("no weights")
    assert table.checks[2].detail == "ImportError: libmissing.so"
    assert not table.passed


def test_progress_rises_and_brings_each_line(short: None) -> None:
    steps = list(self_test.run())

    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert [step.partial.name for step in steps if step.partial] == ["good", "bad", "broken"]


def test_the_command_prints_the_table_and_its_exit_code_is_the_verdict(
    short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = CliRunner().invoke(cli.app, ["self-test"])
    monkeypatch.setattr(checks, "PLANNED", (("good", _passes),))
    passed = CliRunner().invoke(cli.app, ["self-test"])

    assert failed.exit_code == 1
    assert "FAILED          broken" in failed.stdout
    assert "is not sound" in failed.stdout
    assert passed.exit_code == 0
    assert "PASSED          good" in passed.stdout
    assert "all checks passed" in passed.stdout


@pytest.mark.slow
def test_this_installation_is_sound() -> None:
    table = drain(self_test.run())

    assert table.passed, [check for check in table.checks if check.outcome == "failed"]
