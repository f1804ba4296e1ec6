from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tests.ui.canvas_samples import sample_result
from workstation import paths
from workstation.analysis.embeddings_aside import embeddings_aside
from workstation.analysis.regions import Region, similarity_map


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "spacious_temporary", lambda: tmp_path)
    return tmp_path


def test_every_value_stays_and_nothing_lies_in_the_folder(place: Path) -> None:
    result = sample_result()

    aside = embeddings_aside(result)

    assert isinstance(aside.embeddings.base, np.memmap)
    assert type(aside.embeddings) is np.ndarray
    np.testing.assert_array_equal(aside.embeddings, result.embeddings)
    assert aside.embeddings.dtype == result.embeddings.dtype
    assert not aside.embeddings.flags.writeable
    others = [field.name for field in fields(result) if field.name != "embeddings"]
    assert all(getattr(aside, name) is getattr(result, name) for name in others)
    if os.name == "posix":
        assert list(place.iterdir()) == []


def test_the_file_goes_with_the_result(place: Path) -> None:
    aside = embeddings_aside(sample_result())
    mapped = weakref.ref(aside.embeddings.base)

    del aside
    gc.collect()

    assert mapped() is None
    assert list(place.iterdir()) == []


def test_similarities_are_the_same(place: Path) -> None:
    region = Region("1", "rectangle", ((0.0, 0.0), (160.0, 96.0)))
    shape = sample_result().embeddings.shape
    alike = np.random.default_rng(1).uniform(1, 2, shape).astype(np.float32)
    result = replace(sample_result(), embeddings=alike / np.linalg.norm(alike, axis=-1, keepdims=True))

    np.testing.assert_array_equal(similarity_map(embeddings_aside(result), region), similarity_map(result, region))


def test_without_a_place_they_stay_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "spacious_temporary", lambda: tmp_path / "nowhere")
    result = sample_result()

    assert embeddings_aside(result) is result


def test_a_result_without_embeddings_is_left_alone(place: Path) -> None:
    nothing = replace(sample_result(), embeddings=None)

    assert embeddings_aside(nothing) is nothing


def test_the_place_for_large_files_is_one_that_can_be_written() -> None:
    assert os.access(paths.spacious_temporary(), os.W_OK)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")
@pytest.mark.parametrize("hard", [256, 1024])
def test_many_results_leave_files_for_everything_else(hard: int) -> None:
    """A mapped file stays open: a process that may open 128, and then as many as `hard`, opens others all the same."""
    program = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (128, {hard}))
import numpy as np
from tests.ui.canvas_samples import sample_result
from workstation.analysis.embeddings_aside import embeddings_aside

held = [embeddings_aside(sample_result()) for _ in range(300)]
others = [open("/dev/null") for _ in range(50)]
mapped = sum(isinstance(one.embeddings.base, np.memmap) for one in held)
del held[:200]
again = [embeddings_aside(sample_result()) for _ in range(20)]
print(mapped, all(isinstance(one.embeddings.base, np.memmap) for one in again))
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == [str(min(300, hard // 2)), "True"]
