"""`exifact report …`: what is printed, what is written, and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from benchmarks.report_forging import PASSPHRASE
from benchmarks.report_tamperings import Specimen, flipped
from workstation import cli
from workstation.progress import Progress
from workstation.report import verification
from workstation.report.verification import Verification


def exifact(*arguments: str | Path) -> int:
    """Run the command and return its exit code."""
    with pytest.raises(SystemExit) as end:
        cli.main(["report", *map(str, arguments)])
    assert isinstance(end.value.code, int)
    return end.value.code


def ended(found: Verification) -> Generator[Progress, None, Verification]:
    yield Progress("checking")
    return found


@pytest.fixture
def report(specimen: Specimen, tmp_path: Path) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(specimen.unsigned)
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\nanother line\n", "utf-8")
    return path


def sign(report: Path, specimen: Specimen, *more: str) -> int:
    key = specimen.laboratory.folder / "signer.p12"
    return exifact("sign", report, "--key", key, "--passphrase-file", report.with_name("passphrase"), *more)


def test_sign_stamp_and_verify(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert sign(report, specimen, "--reason", "Issued") == 0
    assert specimen.laboratory.signer.fingerprint in capsys.readouterr().out
    assert report.read_bytes() == specimen.unsigned
    copy = tmp_path / "report-signed.pdf"

    assert exifact("timestamp-request", copy) == 0
    answer = tmp_path / "report-signed.tsr"
    answer.write_bytes(specimen.laboratory.answer((tmp_path / "report-signed.tsq").read_bytes()))
    assert exifact("timestamp-attach", copy, answer) == 0
    capsys.readouterr()

    stamped = tmp_path / "report-signed-stamped.pdf"
    root = specimen.laboratory.folder / "root.pem"
    assert exifact("verify", stamped, "--trust", root, "--evidence", specimen.original, "--json") == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    found = json.loads(printed)
    assert found["passed"]
    verdicts = {check["subject"]: check["verdict"] for check in found["checks"]}
    assert verdicts["Signature"] == verdicts["Signer"] == verdicts["Time of signing"] == "agrees"
    assert verdicts["Original IMG_0042.jpg"] == "agrees"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_neither_a_reports_name_nor_its_number_steers_the_terminal(
    report: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = report.rename(report.with_name("[bold]a\x1b[31m.pdf"))
    monkeypatch.setattr(verification, "verify", lambda *_: ended(Verification("[/red]\x1b[2J", (), "")))

    exifact("verify", odd)

    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[bold]a\\x1b[31m.pdf" in said
    assert "[/red]\\x1b[2J" in said


def test_a_difference_is_a_failure_with_its_reason(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report.write_bytes(flipped(specimen.unsigned, len(specimen.unsigned) // 2))

    assert exifact("verify", report) == 1

    said = capsys.readouterr().out
    assert "✘ differs" in said
    assert " agree, " in said
    assert " agrees, " not in said
    assert "THE REPORT IS NOT WHAT IT WAS" in said


def test_hashes_are_printed_whole_in_a_narrow_terminal(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert exifact("verify", report) == 0

    said = capsys.readouterr().out
    joined = "".join(line.split("│")[3].strip() for line in said.splitlines() if line.count("│") == 4)
    assert len([word for word in joined.split() if "…" in word]) == 0
    assert "anyone could have made such a file anew" in said
    assert max(map(len, said.split("unchecked")[0].splitlines()[:20])) <= 80


def test_a_wrong_passphrase_writes_nothing(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_text("guess\n", "utf-8")

    assert sign(report, specimen) == 1

    assert "does not open signer.p12" in capsys.readouterr().err
    assert not (tmp_path / "report-signed.pdf").exists()


def test_a_passphrase_file_of_a_windows_editor_opens_the_key(specimen: Specimen, report: Path, tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_bytes(f"\ufeff{PASSPHRASE}\r\n".encode())
    assert sign(report, specimen) == 0


def test_a_passphrase_file_that_is_no_utf_8_is_told(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "passphrase").write_bytes(b"Schl\xfcssel\n")
    assert sign(report, specimen) == 1
    assert "is no text in UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sign", "timestamp-request", "timestamp-attach"])
def test_a_folder_is_no_report_and_no_place_for_one(
    specimen: Specimen, report: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    more = {
        "sign": ["--key", str(specimen.laboratory.folder / "signer.p12")],
        "timestamp-request": [],
        "timestamp-attach": [str(report)],
    }[command]
    more += ["--passphrase-file", str(report.with_name("passphrase"))] if command == "sign" else []

    assert exifact(command, ".", *more) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert exifact(command, report, *more, "--out", ".") == 1
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--pkcs11", "token.so"], ["--key", "a.p12", "--pkcs11", "token.so"]])
def test_signing_needs_one_key(report: Path, arguments: list[str]) -> None:
    assert exifact("sign", report, *arguments) == 2


def test_files_that_are_not_there_are_named(report: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert exifact("verify", tmp_path / "none.pdf") == 1
    assert "none.pdf" in capsys.readouterr().err
    assert exifact("verify", report, "--trust", tmp_path / "none.pem") == 1
    assert "cannot be read" in capsys.readouterr().err
    assert exifact("timestamp-request", report) == 1
    assert "sign it first" in capsys.readouterr().err
