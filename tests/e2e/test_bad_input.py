"""Every kind of file that goes wrong, from the command line to what stands in the folder of results."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import Exifact, jpeg, texture
from tests.rights import ordinary_rights
from workstation import paths
from workstation.analysis.model import registry
from workstation.evidence import DEFAULT_MAX_PIXELS


def result_of(folder: str) -> dict[str, Any]:
    """`out`/<folder>/result.json."""
    parsed = json.loads(Path("out", folder, "result.json").read_text(encoding="utf-8"))
    assert isinstance(parsed, dict)
    return parsed


def everything_said(result: dict[str, Any]) -> str:
    """All words of a result, to look for one."""
    return json.dumps(result, ensure_ascii=False)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file that is analysed without trouble, to stand beside one that is not."""
    return jpeg(tmp_path / "good.jpg", texture(192, 256))


# What is supported is done, with a recorded warning.


def test_16_bit_is_reduced_by_a_recorded_rule(analyze: Exifact, tmp_path: Path) -> None:
    grey = texture(192, 256)[..., 0].astype(np.uint16) * 257
    Image.fromarray(grey).save(tmp_path / "deep.png")

    assert analyze("deep.png", "--no-report").code == 0
    result = result_of("deep")
    assert "16 bit" in everything_said(result)
    assert result["image"]["stored_mode"] == "grey 16 bit"
    assert any("16 bit to 8" in rule for rule in result["image"]["reductions"])
    assert Path("out/deep/consistency.npy").exists()


def test_cmyk_is_converted_and_said_so(analyze: Exifact, tmp_path: Path) -> None:
    Image.fromarray(texture(192, 256)).convert("CMYK").save(tmp_path / "print.jpg", quality=92)

    assert analyze("print.jpg", "--no-report").code == 0
    assert "CMYK" in everything_said(result_of("print"))


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_an_animation_the_first_frame_is_analysed_and_said_so(analyze: Exifact, tmp_path: Path, suffix: str) -> None:
    frames = [Image.fromarray(texture(192, 256, seed)) for seed in range(3)]
    frames[0].save(tmp_path / f"moving.{suffix}", save_all=True, append_images=frames[1:], duration=100)

    answer = analyze(f"moving.{suffix}", "--no-report")

    assert answer.code == 0
    assert "frame" in answer.err
    assert "frame" in everything_said(result_of("moving"))


def test_150_pixels_are_enough_for_a_stride_of_one(analyze: Exifact, tmp_path: Path) -> None:
    jpeg(tmp_path / "small.jpg", texture(150, 150))

    assert analyze("small.jpg", "--num-per-dim", "100", "--patch-size", "128", "--no-report").code == 0
    assert result_of("small")["status"] == "complete"


@pytest.mark.parametrize(
    "damage",
    ["loop", "count", "offset"],
)
def test_broken_exif_over_good_pixels_is_a_warning(
    analyze: Exifact, exifact: Exifact, tmp_path: Path, damage: str
) -> None:
    jpeg(tmp_path / "odd.jpg", texture(192, 256), exif=b"Exif\0\0" + broken_tiff(damage))

    answer = analyze("odd.jpg", "--no-report")

    assert answer.code == 0
    assert "warning" in answer.err
    assert result_of("odd")["status"] == "complete"
    rows = json.loads(exifact("exif", "odd.jpg", "--json").out)
    assert [row["value"] for row in rows if row["group"] == "IFD0" and row["name"] == "Make"] == ["Camera"]


def broken_tiff(damage: str) -> bytes:
    """A TIFF header with a good Make and one thing that is wrong: "loop", "count" or "offset"."""

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")

    make = entry(0x010F, 2, 7, struct.pack("<I", 100))
    model = {
        "loop": entry(0x0110, 2, 2, b"X"),
        "count": entry(0x0110, 2, 0xFFFFFFF0, struct.pack("<I", 100)),
        "offset": entry(0x0110, 2, 20, struct.pack("<I", 0x7FFFFFFF)),
    }[damage]
    following = 8 if damage == "loop" else 0
    ifd = struct.pack("<H", 2) + make + model + struct.pack("<I", following)
    return (b"II*\0" + struct.pack("<I", 8) + ifd).ljust(100, b"\0") + b"Camera\0"


# What is too small or unsuitable is "not assessable": written down, no map, no failure.


@pytest.mark.parametrize(("height", "width"), [(40, 40), (1, 20000)])
def test_too_small_is_not_assessable(analyze: Exifact, tmp_path: Path, height: int, width: int) -> None:
    Image.fromarray(texture(height, width)).save(tmp_path / "tiny.png")

    answer = analyze("tiny.png")

    assert answer.code == 0
    result = result_of("tiny")
    assert result["status"] == "not assessable"
    assert result["reason"] in answer.out
    written = {path.name for path in Path("out/tiny").iterdir()}
    assert {"result.json", "report.pdf"} <= written
    assert not written & {"consistency.npy", "consistency.png", "pca.png", "clusters.png"}


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_is_not_assessable(analyze: Exifact, tmp_path: Path, level: int) -> None:
    jpeg(tmp_path / "flat.jpg", np.full((256, 256, 3), level, np.uint8))

    assert analyze("flat.jpg", "--no-report").code == 0
    assert result_of("flat")["status"] == "not assessable"
    assert not Path("out/flat/consistency.npy").exists()


# Everything else: a message that names the file and the remedy, exit code 1, the others done.


def assert_refused(analyze: Exifact, name: str, good: Path, *words: str) -> None:
    answer = analyze(name, good, "--no-report")
    assert answer.code == 1
    complaint = next(line for line in answer.err.splitlines() if line.startswith("exifact: "))
    assert name in complaint
    for word in words:
        assert word in complaint
    assert Path("out/good/result.json").exists()
    assert sorted(path.name for path in Path("out").iterdir() if path.is_dir()) == ["good"]


def test_a_truncated_jpeg_is_refused(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(good.read_bytes()[:3000])
    assert_refused(analyze, "cut.jpg", good, "Ask for the file again")


def test_text_with_the_suffix_of_an_image_is_refused(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear Sir or Madam,\n" * 50, encoding="utf-8")
    assert_refused(analyze, "letter.jpg", good, "JPEG, PNG, TIFF")


def test_an_empty_file_is_refused(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert_refused(analyze, "empty.jpg", good)


def test_a_folder_is_refused(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    (tmp_path / "album.jpg").mkdir()
    assert_refused(analyze, "album.jpg", good, "folder")


def test_a_vanished_file_is_refused(analyze: Exifact, good: Path) -> None:
    assert_refused(analyze, "gone.jpg", good, "Check that the file is still there")


def test_a_file_without_read_permission_is_refused(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    jpeg(tmp_path / "locked.jpg", texture(192, 256)).chmod(0)
    with ordinary_rights():
        assert_refused(analyze, "locked.jpg", good, "you may read it")


@pytest.mark.parametrize("command", ["exif", "claims"])
def test_every_command_says_what_it_may_not_read(command: str, exifact: Exifact, tmp_path: Path) -> None:
    jpeg(tmp_path / "locked.jpg", texture(192, 256)).chmod(0)
    with ordinary_rights():
        answer = exifact(command, "locked.jpg")

    assert answer.code == 1
    assert "locked.jpg" in answer.err
    assert "you may read it" in answer.err


def test_a_folder_that_may_not_be_written_is_said(analyze: Exifact, tmp_path: Path, good: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o555)
    with ordinary_rights():
        answer = analyze(good, "--no-report")

    assert answer.code == 1
    assert "choose another folder" in answer.err
    assert not list((tmp_path / "out").iterdir())


def test_more_pixels_than_the_limit_are_refused_before_they_are_decoded(
    analyze: Exifact, tmp_path: Path, good: Path
) -> None:
    huge_png(tmp_path / "huge.png", DEFAULT_MAX_PIXELS // 10_000 + 1, 10_000)
    assert_refused(analyze, "huge.png", good, "megapixels", "--max-pixels")


def test_the_limit_can_be_lowered_and_raised(analyze: Exifact, good: Path) -> None:
    assert analyze(good, "--max-pixels", "10000", "--no-report").code == 1
    assert analyze(good, "--max-pixels", "50000", "--no-report").code == 0


@pytest.mark.slow
def test_200_megapixels_are_analysed_where_the_limit_allows_it(analyze: Exifact, tmp_path: Path) -> None:
    huge_png(tmp_path / "huge.png", 14200, 14200)

    answer = analyze("huge.png", "--max-pixels", "210000000", "--no-report")

    assert answer.code == 0
    assert result_of("huge")["status"] == "not assessable"


def huge_png(path: Path, height: int, width: int) -> None:
    """A valid PNG of one grey level that takes a few hundred kilobytes, written without the pixels in memory."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    compressor = zlib.compressobj(1)
    row = b"\0" + b"\x80" * width
    stream = b"".join([*(compressor.compress(row) for _ in range(height)), compressor.flush()])
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stream) + chunk(b"IEND", b""))


@pytest.mark.parametrize("seed", range(12))
def test_a_bit_flipped_jpeg_is_analysed_or_refused_but_never_a_defect(
    analyze: Exifact, tmp_path: Path, good: Path, seed: int
) -> None:
    damaged = bytearray(good.read_bytes())
    rng = np.random.default_rng(seed)
    for position in rng.integers(0, len(damaged), 1 + 4 * seed):
        damaged[position] ^= 1 << int(rng.integers(8))
    (tmp_path / "flipped.jpg").write_bytes(damaged)

    answer = analyze("flipped.jpg", "--no-report")

    assert answer.code in {0, 1}
    if answer.code:
        assert "flipped.jpg" in answer.err
    else:
        assert result_of("flipped")["status"] in {"complete", "not assessable"}


FULL_DISK = """
import resource, sys
from workstation import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
cli.main(sys.argv[1:])
"""
"""The command line where no file may grow beyond 4 KiB, in a process of its own: to it, that is a disk that is full."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, good: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, "analyze", str(good), "--out", "out", "--threads", "1"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    complaint = next(line for line in run.stderr.splitlines() if line.startswith("exifact: "))
    assert "good.jpg" in complaint
    assert "could not be written" in complaint
    assert "Free some space" in complaint
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if sys.platform != "linux" or os.geteuid() != 0 or mount is None or unmount is None:
        pytest.skip("only root on Linux can mount a small file system")
    place = tmp_path / "small disk"
    place.mkdir()
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run([unmount, str(place)], check=True)


def test_a_disk_that_is_really_full_costs_one_file_and_says_what_is_not_kept(
    exifact: Exifact, good: Path, small_disk: Path, tmp_path: Path
) -> None:
    too_large = jpeg(tmp_path / "large.jpg", texture(768, 1024))

    answer = exifact("analyze", too_large, good, "--no-report", "--out", small_disk / "out", "--threads", "1")

    assert answer.code == 1
    said = [line for line in answer.err.splitlines() if "large.jpg" in line or "could not be written" in line]
    assert any("could not be written: No space left on device. Free some space" in line for line in said)
    assert any("The analysis of large.jpg is not kept: run the command again" in line for line in said)
    assert "is kept" not in answer.err.replace("is not kept", "")
    assert sorted(path.name for path in (small_disk / "out").iterdir() if path.is_dir()) == ["good"]
    assert (small_disk / "out" / "good" / "result.json").is_file()
    assert list(small_disk.rglob(".exifact-*")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments", [("exif", "untouched.jpg", "--json"), ("exif", "untouched.jpg"), ("weights", "list"), ("--version",)]
)
def test_what_cannot_be_printed_is_said(examples: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "workstation", *arguments]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, cwd=examples, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert "standard output could not be written: No space left on device" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_of_results_that_may_not_be_entered_is_said(analyze: Exifact, good: Path, tmp_path: Path) -> None:
    locked = tmp_path / "out" / "good"
    locked.mkdir(parents=True)
    for folder in (locked, locked.parent):
        folder.chmod(0)
        try:
            with ordinary_rights():
                answer = analyze("good.jpg", "--no-report")
        finally:
            folder.chmod(0o755)
        assert answer.code == 1
        assert "could not be written" in answer.err


@pytest.mark.parametrize("part", ["", "weights", "weights/calibration"])
def test_a_home_that_may_not_be_entered_stops_no_analysis(
    analyze: Exifact, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    home = tmp_path / "home"
    (home / "weights" / "calibration").mkdir(parents=True)
    monkeypatch.setattr(paths, "user_data", lambda: home)
    (home / part).chmod(0)
    try:
        with ordinary_rights():
            answer, found = analyze("good.jpg", "--no-report"), registry.survey()
    finally:
        (home / part).chmod(0o755)

    assert answer.code == 0
    assert "calibration/compact.json cannot be looked for" in answer.err
    assert [weights.name for weights in found.weights] == ["compact"]
    assert len(found.problems) == (part != "weights/calibration")


NOBODY = """
import pwd, sys
def unknown(number):
    raise KeyError(number)
pwd.getpwuid = unknown
from workstation import cli
cli.main(sys.argv[1:])
"""
"""The command line of a user whom the system does not know: a container that runs under a mere number."""


@pytest.mark.skipif(sys.platform == "win32", reason="everybody has a home there")
def test_who_has_no_home_can_analyse_all_the_same(tmp_path: Path, good: Path) -> None:
    unset = {"HOME", "USER", "LOGNAME", "USERNAME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-c", NOBODY, "analyze", str(good), "--out", "out", "--threads", "1"]

    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out" / "good" / "report.pdf").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.jpg", "out"]


def test_an_output_folder_that_is_a_file_is_said(analyze: Exifact, good: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    answer = analyze(good, "--no-report")
    assert answer.code == 1
    assert "out" in answer.err
