"""Walk the whole path, from the file to the report, over every image below some folders, and count what came of it.

    python benchmarks/run_over.py FOLDER… [--out DIR] [--threads N] [--report] [--limit N]

No file may end in an internal error. Prints every file that failed with its message, then tables of outcomes, warnings,
findings and seconds. Ends with 1 if there was an internal error.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workstation import analysis, evidence
from workstation.analysis.model import load_encoder
from workstation.analysis.model.encoder import Encoder
from workstation.analysis.result import AnalysisRequest
from workstation.casework.exhibit import Exhibit
from workstation.errors import WorkstationError
from workstation.progress import drain
from workstation.report.exports import write_exhibit


@dataclass(slots=True)
class Tally:
    """What came of the files.

    Attributes:
        outcomes: "complete", "not assessable", the name of an error, or "internal error".
        warnings: codes of recorded warnings.
        findings: kinds of findings.
        slowest: (seconds, file) of each.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)


def images_below(folders: list[Path]) -> Iterator[Path]:
    """Every file whose suffix is one that Exifact opens, in a fixed order."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in evidence.SUFFIXES and path.is_file():
                yield path


def walk(path: Path, encoder: Encoder, request: AnalysisRequest, out: Path, tally: Tally, *, report: bool) -> None:
    """One file, with everything that can come of it written into `tally`."""
    started = time.perf_counter()
    outcome: str
    try:
        opened = evidence.open_evidence(path)
        result = drain(analysis.run(opened, request, encoder=encoder))
        write_exhibit(Exhibit(opened, result), out, report=report)
        outcome = result.status
        tally.warnings.update(warning.code for warning in (*opened.warnings, *result.warnings))
        tally.findings.update(finding.kind for finding in result.findings)
    except WorkstationError as error:
        outcome = type(error).__name__
        print(f"{path}: {error.summary}")
    except Exception:  # noqa: BLE001 - finding these is what this script is for
        outcome = "internal error"
        print(f"{path}:\n{traceback.format_exc()}")
    tally.outcomes[outcome] += 1
    tally.slowest.append((time.perf_counter() - started, str(path)))


def main() -> int:
    """Walk over all files and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, help="keep the results below this folder; else they are thrown away")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--report", action="store_true", help="write the PDFs, too")
    parser.add_argument("--limit", type=int, help="only so many files, evenly spread")
    options = parser.parse_args()
    paths = list(images_below(options.folders))
    if options.limit and options.limit < len(paths):
        paths = [paths[i * len(paths) // options.limit] for i in range(options.limit)]
    request = AnalysisRequest(device="cpu", threads=options.threads)
    encoder = load_encoder(request.model, device="cpu", threads=options.threads)
    tally = Tally()
    scratch = Path(tempfile.mkdtemp(prefix="exifact-run-over-"))
    try:
        for number, path in enumerate(paths):
            out = options.out / f"{number:05}_{path.stem}" if options.out else scratch / "one"
            walk(path, encoder, request, out, tally, report=options.report)
            if number % 50 == 49:
                print(f"{number + 1} of {len(paths)}: {dict(tally.outcomes)}", flush=True)
    finally:
        shutil.rmtree(scratch)
    for title, counts in (("outcome", tally.outcomes), ("warning", tally.warnings), ("finding", tally.findings)):
        print(f"\n{title:<40} files")
        for name, count in counts.most_common():
            print(f"{name:<40} {count:>5}")
    print("\nslowest")
    for seconds, name in sorted(tally.slowest, reverse=True)[:5]:
        print(f"{seconds:7.1f} s  {name}")
    return int(tally.outcomes["internal error"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
