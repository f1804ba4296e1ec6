"""The command `exifact`: what it accepts, what it says, how it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.e2e.conftest import Exifact, jpeg, texture
from tests.photo_collection import make_collection
from workstation import __version__, cli, paths, terminal
from workstation.evidence.record import FileIdentity
from workstation.headless import folder_for


def photograph_called(stem: str) -> FileIdentity:
    path = Path(f"{stem}.jpg")
    return FileIdentity(path, path.name, 1, "0123456789abcdef" * 4, "", "", "", "")


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a screen, on which nobody chose a platform for Qt."""
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ([], ["open"]),
        (["photo.jpg"], ["open", "photo.jpg"]),
        (["folder/photo"], ["open", "folder/photo"]),
        (["--", "-odd-name.jpg"], ["open", "--", "-odd-name.jpg"]),
        (["open"], ["open"]),
        (["exif", "photo.jpg"], ["exif", "photo.jpg"]),
        (["weights", "list"], ["weights", "list"]),
        (["--version"], ["--version"]),
        (["nonsense"], ["nonsense"]),
        (["n" * 300], ["n" * 300]),  # longer than a file's name may be
    ],
)
def test_files_without_a_command_open_the_window(given: list[str], understood: list[str]) -> None:
    assert cli.with_command(given) == understood


def test_a_file_without_dot_or_slash_is_a_file_if_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("portrait").touch()
    assert cli.with_command(["portrait"]) == ["open", "portrait"]
    assert cli.with_command(["landscape"]) == ["landscape"]


@pytest.mark.parametrize("arguments", [[], ["open"], ["photo.jpg"]])
def test_without_a_display_the_window_says_so(exifact: Exifact, no_display: None, arguments: list[str]) -> None:
    answer = exifact(*arguments)
    assert answer.code == 1
    assert "no display" in answer.err


def test_a_display_that_nobody_serves_is_none(no_display: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    assert ":4711" in terminal.display_problem()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not terminal.display_problem()


def test_version(exifact: Exifact) -> None:
    assert exifact("--version").out == f"exifact {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["analyze", "photo.jpg"],
        ["analyze", "--out", "out"],
        ["analyze", "photo.jpg", "--out", "out", "--device", "abacus"],
        ["analyze", "photo.jpg", "--out", "out", "--patch-size", "0"],
        ["analyze", "photo.jpg", "--out", "out", "--model", "nobody"],
        ["exif"],
        ["weights", "polish"],
    ],
)
def test_wrong_use_ends_with_2(exifact: Exifact, arguments: list[str]) -> None:
    answer = exifact(*arguments)
    assert answer.code == 2
    assert answer.err
    assert not Path("out").exists()


def test_an_unknown_model_is_named_with_those_that_are_there(exifact: Exifact) -> None:
    answer = exifact("analyze", "photo.jpg", "--out", "out", "--model", "nobody")
    assert "nobody" in answer.err
    assert "compact" in answer.err


def test_metadata_as_json_has_the_promised_keys(exifact: Exifact, examples: Path) -> None:
    answer = exifact("exif", examples / "untouched.jpg", "--json")

    assert answer.code == 0
    rows = json.loads(answer.out)
    assert all({"group", "name", "id", "raw", "value", "unit", "offset", "state"} <= row.keys() for row in rows)
    found = {(row["group"], row["id"]): row for row in rows if row["id"] is not None}
    make, exposure = found["IFD0", 0x010F], found["ExifIFD", 0x829A]
    assert (make["name"], make["value"], make["state"]) == ("Make", "FUJIFILM", "present")
    assert make["raw"] == b"FUJIFILM\0".hex()
    content = (examples / "untouched.jpg").read_bytes()
    assert content[make["offset"] : make["offset"] + 9] == b"FUJIFILM\0"
    assert (exposure["name"], exposure["unit"]) == ("ExposureTime", "s")
    assert exposure["value"] == pytest.approx(1 / 300)
    assert {"IFD0", "ExifIFD", "InteropIFD", "IFD1", "JPEG"} <= {row["group"] for row in rows}


def test_metadata_for_reading_is_one_line_per_row(exifact: Exifact, examples: Path) -> None:
    answer = exifact("exif", examples / "untouched.jpg")
    assert "IFD0\tMake\tFUJIFILM" in answer.out.splitlines()
    assert all(line.count("\t") == 2 for line in answer.out.splitlines())


def test_claims_as_json_pass_through_a_pipe_that_takes_ascii_alone(
    exifact: Exifact, examples: Path, tmp_path: Path
) -> None:
    (tmp_path / "Café.jpg").write_bytes((examples / "spliced.jpg").read_bytes())
    answer = exifact("claims", "Café.jpg", "--json", "--threads", "1")
    assert answer.out.isascii()
    assert json.loads(answer.out)["file"] == "Café.jpg"


def test_brackets_in_a_name_are_no_markup(exifact: Exifact, examples: Path, tmp_path: Path) -> None:
    (tmp_path / "[bold]x.jpg").write_bytes((examples / "spliced.jpg").read_bytes())
    answer = exifact("claims", "[bold]x.jpg", "--threads", "1")
    assert "[bold]x.jpg: what the file says" in " ".join(answer.out.split())


def test_metadata_of_a_heic_photograph(exifact: Exifact, test_data: Path) -> None:
    rows = json.loads(exifact("exif", test_data / "photos" / "sony_exif.heic", "--json").out)
    values = {(row["group"], row["name"]): row["value"] for row in rows}
    assert values["IFD0", "Model"] == "ILCE-7SM3"
    assert values["ExifIFD", "FNumber"] == pytest.approx(3.2)
    assert "XMP" in {row["name"] for row in rows if row["group"] == "Payload"}


def test_what_a_stereo_photograph_carries(exifact: Exifact, test_data: Path) -> None:
    photograph = test_data / "photos" / "sugarshack.mpo"
    rows = json.loads(exifact("exif", photograph, "--json").out)
    payloads = {row["name"]: row for row in rows if row["group"] == "Payload"}
    assert {"MakerNote", "thumbnail", "MPF image"} <= payloads.keys()
    second = payloads["MPF image"]["offset"]
    assert photograph.read_bytes()[second : second + 2] == b"\xff\xd8"


def test_metadata_of_a_file_without_exif(exifact: Exifact, tmp_path: Path) -> None:
    jpeg(tmp_path / "bare.jpg", texture(64, 64))
    rows = json.loads(exifact("exif", "bare.jpg", "--json").out)
    assert {row["group"] for row in rows} <= {"EXIF", "JPEG", "Payload"}
    assert [row["state"] for row in rows if row["group"] == "EXIF"] == ["not present"]
    assert "EXIF\tEXIF\t— not present" in exifact("exif", "bare.jpg").out.splitlines()


def test_kinds_of_absence_are_said_apart(exifact: Exifact, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x010F] = "   ", "A maker with a long name"
    content = bytearray(exif.tobytes())
    make = content.index(b"\x0f\x01" if content[6:8] == b"II" else b"\x01\x0f")
    content[make + 8 : make + 12] = b"\x7f" * 4  # its value lies past the end
    texture_image = Image.fromarray(texture(64, 64))
    texture_image.save(tmp_path / "odd.jpg", exif=bytes(content))
    texture_image.save(tmp_path / "plain.bmp")

    said = exifact("exif", "odd.jpg").out.splitlines()

    assert "IFD0\tImageDescription\t— empty" in said
    assert any(line.startswith("IFD0\tMake\t— unreadable: ") for line in said)
    assert exifact("exif", "plain.bmp").out.splitlines()[0] == "EXIF\tEXIF\t— not applicable"


def test_metadata_is_read_where_the_pixels_are_gone(exifact: Exifact, examples: Path, tmp_path: Path) -> None:
    content = (examples / "untouched.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: content.index(b"\xff\xda") + 40])

    answer = exifact("exif", "cut.jpg", "--json")

    assert answer.code == 0
    assert any(row["name"] == "Make" and row["value"] == "FUJIFILM" for row in json.loads(answer.out))


def test_metadata_of_what_is_no_image(exifact: Exifact, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("Dear Sir or Madam")
    answer = exifact("exif", "letter.jpg", "--json")
    assert answer.code == 1
    assert not answer.out
    assert "letter.jpg" in answer.err


def test_a_value_cannot_steer_the_terminal(exifact: Exifact, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Evil\x1b]0;pwned\x07\ncamera"
    jpeg(tmp_path / "evil.jpg", texture(64, 64), exif=exif)
    answer = exifact("exif", "evil.jpg")
    assert "\x1b" not in answer.out
    assert "\\x1b" in answer.out


def test_a_stem_that_comes_again_gets_its_hash(exifact: Exifact, tmp_path: Path) -> None:
    for number, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        jpeg(tmp_path / folder / "same.jpg", texture(192, 192, seed=number))

    answer = exifact("analyze", "a/same.jpg", "b/same.jpg", "--out", "out", "--no-report", "--threads", "1")

    assert answer.code == 0
    hashes = {p.parent.name: json.loads(p.read_text())["exhibit"]["sha256"] for p in Path("out").glob("*/result.json")}
    second = next(name for name in hashes if name != "same")
    assert len(hashes) == 2
    assert second == f"same_{hashes[second][:8]}"


def test_another_photograph_of_the_same_stem_never_overwrites_an_earlier_result(
    exifact: Exifact, tmp_path: Path
) -> None:
    jpeg(tmp_path / "same.jpg", texture(192, 192))
    exifact("analyze", "same.jpg", "--out", "out", "--no-report")
    first = Path("out/same/result.json").read_bytes()
    jpeg(tmp_path / "same.jpg", texture(192, 192, seed=1))
    exifact("analyze", "same.jpg", "--out", "out", "--no-report")
    assert Path("out/same/result.json").read_bytes() == first
    assert len(list(Path("out").iterdir())) == 2


def test_a_photograph_that_is_called_like_a_result_is_never_overwritten(exifact: Exifact, tmp_path: Path) -> None:
    for name in ("pca", "clusters"):
        (tmp_path / name).mkdir()
        Image.fromarray(texture(192, 192)).save(tmp_path / name / f"{name}.png")
    Image.new("RGB", (40, 40)).save(tmp_path / "clusters" / "clusters.png")  # not assessable: no maps are written
    jpeg(tmp_path / "plain", texture(192, 192))
    originals = [Path(name) for name in ("pca/pca.png", "clusters/clusters.png", "plain")]
    before = [original.read_bytes() for original in originals]

    answer = exifact("analyze", *originals, "--out", ".", "--no-report", "--threads", "1")

    assert answer.code == 0
    assert [original.read_bytes() for original in originals] == before
    assert sorted(p.parent.name.rpartition("_")[0] for p in Path().glob("*/result.json")) == [
        "clusters",
        "pca",
        "plain",
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["...jpg", "..jpg", f"{'é' * 125}.jpg"])
def test_results_stay_below_their_folder_whatever_the_photograph_is_called(
    exifact: Exifact, tmp_path: Path, name: str
) -> None:
    for seed in range(2):
        jpeg(tmp_path / name, texture(192, 192, seed))
        assert exifact("analyze", name, "--out", "out", "--no-report", "--threads", "1").code == 0

    assert {path.name for path in tmp_path.iterdir() if path.name != name} == {"out"}
    assert len(list(Path("out").glob("*/result.json"))) == 2


@pytest.mark.parametrize(
    ("stem", "folder"),
    [
        ("a?b: c*", "a_b_ c_"),
        ("two\nlines", "two_lines"),
        ("photo ", "photo"),
        ("photo..", "photo"),
        ("AUX", "AUX"),
        ("com1.old", "com1.old"),
        (".", ""),
    ],
)
def test_folders_of_results_can_be_copied_to_any_system(stem: str, folder: str) -> None:
    assert folder_for(photograph_called(stem), Path("out"), set()) == Path("out", f"{folder}_01234567")


@pytest.mark.parametrize("stem", ["IMG_0042", "käse ü", "a.b", "console", "lpt", "100%", "x" * 251])
def test_a_stem_that_every_system_allows_is_the_folders_name(stem: str) -> None:
    assert folder_for(photograph_called(stem), Path("out"), set()) == Path("out", stem)


def test_weights_that_come_with_the_program(exifact: Exifact) -> None:
    listed = exifact("weights", "list")
    assert listed.code == 0
    assert "compact: compact, 64 px patches, comes with Exifact" in listed.out
    assert "image side only" not in listed.out
    assert "compact: intact" in exifact("weights", "verify").out
    refused = exifact("weights", "remove", "compact")
    assert refused.code == 1
    assert "cannot be removed" in refused.err


def test_a_broken_description_of_weights_is_found_by_verify(exifact: Exifact) -> None:
    folder = paths.user_data() / "weights"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{}")

    answer = exifact("weights", "verify")

    assert answer.code == 1
    assert "compact: intact" in answer.out
    assert "broken.json" in answer.err


def test_weights_that_are_no_checkpoint(exifact: Exifact, tmp_path: Path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"not a checkpoint")
    answer = exifact("weights", "add", "weights.pth")
    assert answer.code == 1
    assert "weights.pth" in answer.err
    assert "compact" in exifact("weights", "list").out


def test_training_without_photographs(exifact: Exifact, tmp_path: Path) -> None:
    answer = exifact("train", "--photos", tmp_path, "--out", "run")
    assert answer.code == 1
    assert "manifest.csv" in answer.err


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("file,make,model,split\n", "no column 'chart_or_flat'"),
        ("file,make,model,split,chart_or_flat\na.jpg,Canon,EOS,dev,0\n", "no photo whose split is 'train'"),
        ("", "no column 'file'"),
        ("file,make,model,split,chart_or_flat\na.jpg,Canon,EOS,train,0\nb.jpg\n", "line 3 ends before its column"),
        ("\ufefffile,make,model,split,chart_or_flat\na.jpg,Canon,EOS,train,0\n", "can be decoded; the first: a.jpg"),
    ],
)
def test_training_with_a_manifest_that_cannot_be_used(
    exifact: Exifact, tmp_path: Path, manifest: str, said: str
) -> None:
    (tmp_path / "manifest.csv").write_text(manifest, encoding="utf-8")

    answer = exifact("train", "--photos", tmp_path, "--out", "run")

    assert answer.code == 1
    assert said in answer.err
    assert not Path("run").exists()


@pytest.mark.parametrize("command", ["train", "train-text"])
def test_a_run_in_a_place_that_is_a_file_is_said(exifact: Exifact, tmp_path: Path, command: str) -> None:
    make_collection(tmp_path)
    answer = exifact(command, "--photos", tmp_path, "--out", "manifest.csv")
    assert answer.code == 1
    assert "manifest.csv could not be made" in answer.err


def test_training_without_opencv_says_what_to_install(
    exifact: Exifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "cv2" else found(name))

    answer = exifact("train", "--photos", tmp_path, "--out", "run")

    assert answer.code == 1
    assert "pip install exifact[train]" in answer.err


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process")
def test_ctrl_c_ends_with_130_and_leaves_nothing_half_written(tmp_path: Path, examples: Path) -> None:
    # A shell that runs the tests in the background makes its children deaf to SIGINT.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from workstation.cli import main; main()"
    )
    command = [sys.executable, "-c", script, "analyze", str(examples / "spliced.jpg"), "--out", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    # To a shell both are 130; Python ends by the signal itself if it struck inside code that was compiled at run time.
    assert process.returncode in {130, -signal.SIGINT}, first + rest
    assert "Traceback" not in rest
    assert "stopped" in rest
    assert not list(tmp_path.glob("out/**/*.*"))


def test_the_help_begins_with_what_an_examiner_needs() -> None:
    said = CliRunner().invoke(cli.app, ["--help"], terminal_width=100).stdout
    daily, training = said.partition("Error rates and evaluation")[::2]
    assert all(f" {name} " in daily for name in ("open", "analyze", "exif", "case", "report"))
    assert "train-paper" not in daily
    assert "train-paper" in training


def test_the_help_lists_every_command_in_the_order_of_an_examination() -> None:
    said = CliRunner().invoke(cli.app, ["--help"], terminal_width=100).stdout
    listed = re.findall(r"^[│|] ([a-z][a-z-]*) ", said, re.MULTILINE)
    assert tuple(listed) == cli.LISTED
    assert set(listed) == cli._command_names()
