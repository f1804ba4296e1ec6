from pathlib import Path

import pytest

from workstation.evaluation.photo_manifest import ManifestProblem, manifest_rows


def test_rows_come_as_they_stand_and_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes("\ufefffile,split,note\r\nä.jpg,train\r\n".encode())

    (row,) = manifest_rows(tmp_path, ("file", "split"))

    assert (row["file"], row["split"]) == ("ä.jpg", "train")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"file,split\na.jpg,train\nb.jpg\n", "line 3 ends before its column 'split'"),
        (b"file\na.jpg\n", "no column 'split'"),
        (b"", "no column 'file'"),
        (b"file,split\n\xe4.jpg,train\n", "cannot be read"),
    ],
)
def test_a_manifest_that_lacks_something_is_a_problem(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(ManifestProblem, match=said):
        manifest_rows(tmp_path, ("file", "split"))


def test_without_a_manifest_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        manifest_rows(tmp_path, ("file",))
