"""What programs of others say of reports: pdfsig and pdffonts (poppler-utils), qpdf, and pikepdf as a library.

    python -m benchmarks.report_checks

Analyses the bundled example, writes its report in every language that is shipped, signs a copy with a key made for
this run, stamps it, and shows all of them to these programs. Prints a line per report; exits with 1 if one finds a
fault, a signature is not valid, a typeface is not embedded, or one byte of a signed report may change unseen.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from pikepdf import Name, Pdf

from benchmarks.report_forging import Laboratory
from workstation import analysis
from workstation.analysis.result import AnalysisRequest
from workstation.casework.exhibit import Case, Exhibit
from workstation.evidence import open_evidence
from workstation.paths import resources
from workstation.progress import drain
from workstation.report import build
from workstation.report.pdf import render_pdf
from workstation.report.template import Template

PROGRAMS = ("pdfsig", "pdffonts", "qpdf")
ATTACHED = {"report.json": Name.Data, "texts.toml": Name.Data, "printed.json": Name.Supplement}
"""What a report carries, and how each is related to it."""


def reports(exhibit: Exhibit, laboratory: Laboratory) -> Iterator[tuple[str, bytes]]:
    """Every shipped language, unsigned, signed and stamped."""
    for language in ("en", "de"):
        case = Case((exhibit,), "Case 7", "J. Examiner")
        look = Template(language=language)
        pdf = render_pdf(build(case, created=datetime.now(UTC), template=look))
        signed = laboratory.sign(pdf)
        yield f"{language}, unsigned", pdf
        yield f"{language}, signed", signed
        yield f"{language}, stamped", laboratory.stamp(signed)


def told(*command: str | Path) -> tuple[int, str]:
    """Exit code and words of a program."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def of_qpdf(path: Path) -> tuple[bool, str]:
    """Structure and streams."""
    code, words = told("qpdf", "--check", path)
    return code == 0, "no fault" if code == 0 else words.strip().splitlines()[-1]


def of_pikepdf(path: Path) -> tuple[bool, str]:
    """Structure, attachments with their relationship, output intent, PDF/A's mark."""
    with Pdf.open(path) as pdf:
        faults = pdf.check_pdf_syntax()
        related = {name: pdf.attachments[name].relationship for name in pdf.attachments}
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as xmp:
            mark = f"PDF/A-{xmp['pdfaid:part']}{xmp['pdfaid:conformance'].lower()}"
        intents = len(pdf.Root.OutputIntents)
        words = f"{len(faults)} faults, {len(pdf.pages)} pages, {len(related)} attachments, {mark}"
    return not faults and related == ATTACHED and intents == 1 and mark == "PDF/A-3b", words


def of_pdffonts(path: Path) -> tuple[bool, str]:
    """Every typeface is embedded, its characters can be read as text."""
    code, words = told("pdffonts", path)
    lines = words.splitlines()[2:]
    whole = [line for line in lines if re.search(r" yes +yes +yes +\d+ +\d+$", line)]
    return code == 0 and len(whole) == len(lines) > 0, f"{len(whole)} of {len(lines)} embedded"


def of_pdfsig(path: Path, *, signed: bool) -> tuple[bool, str]:
    """The signature of the file, and of a copy with one byte changed."""
    _, words = told("pdfsig", "-nocert", path)
    if not signed:
        return "does not contain any signatures" in words, "no signature"
    valid = "Signature is Valid" in words and "Total document signed" in words
    content = path.read_bytes()
    path.write_bytes(content.replace(b"/Title", b"/Titlf", 1))
    _, after = told("pdfsig", "-nocert", path)
    path.write_bytes(content)
    noticed = "Signature is Valid" not in after
    words = f"{'valid' if valid else 'NOT VALID'}, with one byte changed {'no longer' if noticed else 'STILL VALID'}"
    return valid and noticed, words


def _line(name: str, right: bool, words: str) -> str:
    return f"{name}: {'' if right else 'FAULT: '}{words}"


def main() -> int:
    """Print a line per report; 1 if a program finds a fault."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        print(f"not installed: {', '.join(lacking)} (Debian: poppler-utils, qpdf)", file=sys.stderr)
        return 2
    for name, switch in (("pdfsig", "-v"), ("qpdf", "--version")):
        print(told(name, switch)[1].splitlines()[0])
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        example = open_evidence(resources() / "examples" / "spliced.jpg")
        exhibit = Exhibit(example, drain(analysis.run(example, AnalysisRequest(threads=1))))
        path = Path(folder) / "report.pdf"
        for state, pdf in reports(exhibit, Laboratory.founded(Path(folder))):
            path.write_bytes(pdf)
            said = {
                "qpdf --check": of_qpdf(path),
                "pikepdf": of_pikepdf(path),
                "pdffonts": of_pdffonts(path),
                "pdfsig": of_pdfsig(path, signed="unsigned" not in state),
            }
            wrong += sum(not right for right, _ in said.values())
            print(f"{state}: " + " | ".join(_line(name, *found) for name, found in said.items()))
    print(f"{wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
