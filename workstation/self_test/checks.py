"""The self-test, check by check: files, weights, both architectures, a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, TypeAlias

import numpy as np

from workstation import __version__, analysis, paths
from workstation.analysis import validation
from workstation.analysis.model import load_text_side, registry
from workstation.analysis.result import AnalysisRequest
from workstation.casework.exhibit import Case, Exhibit
from workstation.errors import WorkstationError
from workstation.evidence import open_evidence
from workstation.progress import Progress
from workstation.report import verification
from workstation.report.document import build
from workstation.report.pdf import write_pdf
from workstation.self_test import manifest

Outcome: TypeAlias = Literal["passed", "failed", "not applicable"]

ROUNDING = 1e-4
"""Largest difference of a value of a text's embedding (of unit length) from the stored one, in float32."""

PATCH_ROUNDING = 2e-6
"""The same for a patch's embedding: with weights from a formula, patches differ by 1.6e-5 among themselves."""

TEXTS = ("Make: Canon, Model: EOS, ISO Speed Ratings: 100", "Make: Nikon")
"""Whose embeddings are stored; changing them means storing them anew."""

PATCHES_PER_DIMENSION = 6
"""Density of the paper's grid in the self-test: the published 30 would take minutes."""

NAMED = 5
"""How many altered files are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table.

    Attributes:
        name: what was looked at.
        outcome: passed, failed, or not applicable.
        detail: what was found, in one sentence.
        seconds: that it took.
    """

    name: str
    outcome: Outcome
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SelfTest:
    """All lines of the table.

    Attributes:
        program: version.
        checks: in the order in which they were made.
    """

    program: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed and something passed."""
        outcomes = {check.outcome for check in self.checks}
        return "failed" not in outcomes and "passed" in outcomes


Findings: TypeAlias = Generator[Progress, None, tuple[Outcome, str]]
"""A running check: it says how far it is, and returns what it found."""


def run() -> Generator[Progress, None, SelfTest]:
    """Check this installation.

    Nothing that a check finds ends the others: an error becomes a failed line.

    Yields:
        Progress; `partial` is the `Check` that was just finished, else None. Closing the generator stops the test.

    Returns:
        The table.
    """
    made: list[Check] = []
    for number, (name, check) in enumerate(PLANNED):
        started, share = time.monotonic(), 0.0
        steps = _guarded(check())
        try:
            while True:
                inner = next(steps)
                share = max(share, inner.fraction or 0.0)
                yield Progress(f"{name}: {inner.stage}", (number + share) / len(PLANNED))
        except StopIteration as stop:
            outcome, detail = stop.value
        finally:
            steps.close()
        made.append(Check(name, outcome, detail, round(time.monotonic() - started, 1)))
        yield Progress(name, (number + 1) / len(PLANNED), partial=made[-1])
    return SelfTest(__version__, tuple(made))


def shipped_files() -> Findings:
    """Every file of the program's folder against the manifest."""
    folder = paths.program_folder()
    if folder is None:
        return "not applicable", "run from its source: pip and git say what belongs to it"
    found = yield from manifest.compare(folder)
    named = f"the manifest's own SHA-256 is {found.sha256}"
    if found.intact:
        return "passed", f"{found.listed} files are as shipped; {named}"
    kinds = (
        ("altered", found.altered),
        ("missing", found.missing),
        ("not shipped", found.unexpected),
        ("unreadable", found.unreadable),
    )
    return "failed", "; ".join(f"{len(names)} {kind}: {_some(names)}" for kind, names in kinds if names)


def weights() -> Findings:
    """The hash of every weights file against its description."""
    yield Progress("hashing")
    survey = registry.survey()
    checks = [registry.verify_description(description) for description in survey.weights]
    wrong = [check.reason for check in checks if not check.intact] + [problem.what for problem in survey.problems]
    if wrong:
        return "failed", "; ".join(wrong)
    if not checks:
        return "failed", "no weights are installed"
    return "passed", ", ".join(f"{check.name} {check.actual[:16]}…" for check in checks)


def examples() -> Findings:
    """The bundled examples, analysed here, beside the stored results."""
    outcome = yield from validation.validate(keep=False)
    wrong = [check.sentence for check in outcome.checks if not check.passed]
    if wrong or not outcome.checks:
        return "failed", "; ".join(wrong) or "nothing could be compared"
    worst = max(check.largest or 0.0 for check in outcome.checks)
    devices = ", ".join(dict.fromkeys(check.device for check in outcome.checks))
    return "passed", f"{len(outcome.checks)} results as stored on {devices}; departure differs by {worst:.4f} at most"


def compact_texts() -> Findings:
    """The text side of the shipped weights gives embeddings that tell texts apart."""
    yield Progress("embedding")
    if not registry.find("compact").text_side:
        return "not applicable", "these weights have no text side"
    embedded = load_text_side("compact", device="cpu", precision="float32").embed_text(TEXTS)
    lengths = np.linalg.norm(embedded, axis=1)
    similarity = float(embedded[0] @ embedded[1])
    if not np.allclose(lengths, 1, atol=ROUNDING) or similarity > 1 - ROUNDING:
        return "failed", f"two texts have lengths {lengths[0]:.4f} and {lengths[1]:.4f} and similarity {similarity:.4f}"
    return "passed", f"two texts have similarity {similarity:.4f}"


def paper_patches() -> Findings:
    """ResNet-50 with weights from a formula against the embeddings of the published implementation."""
    yield Progress("computing")
    from workstation.analysis.model import stand_in  # noqa: PLC0415 - torch

    with np.load(_stored("resnet50_embedding.npz")) as arrays:
        patches, published = arrays["patches"], arrays["embedding"]
    expected = published / np.linalg.norm(published, axis=1, keepdims=True)
    difference = float(np.abs(stand_in.image_encoder().embed_patches(patches) - expected).max())
    words = f"embeddings differ from the published implementation's by {difference:.1e} at most"
    return ("passed" if difference <= PATCH_ROUNDING else "failed"), words


def paper_analysis() -> Findings:
    """The whole analysis with the paper's architecture, on a coarse grid."""
    from workstation.analysis.model import stand_in  # noqa: PLC0415 - torch

    request = AnalysisRequest(model="stand-in", device="cpu", per_dimension=PATCHES_PER_DIMENSION)
    evidence = open_evidence(_example())
    result = yield from analysis.run(evidence, request, encoder=stand_in.image_encoder())
    method = dict(result.provenance.parameters).get("method")
    if result.maps is None or method != "published" or not np.isfinite(result.maps.departure).any():
        return "failed", f"the analysis is {result.status}, its method {method}"
    return "passed", f"complete by the published method; score {result.score:.4f}"


def paper_texts() -> Findings:
    """DistilBERT with weights from a formula against stored embeddings."""
    yield Progress("loading transformers")
    from workstation.analysis.model import stand_in  # noqa: PLC0415 - torch

    with TemporaryDirectory(prefix="exifact-self-test-") as folder:
        embedded = stand_in.text_encoder(Path(folder)).embed(TEXTS)
    with np.load(_stored("distilbert_embedding.npz")) as arrays:
        difference = float(np.abs(embedded - arrays["embedding"]).max())
    return ("passed" if difference <= ROUNDING else "failed"), f"embeddings differ from the stored by {difference:.1e}"


def report() -> Findings:
    """A report of the example is written and verified against itself and against the example's file."""
    file = _example()
    evidence = open_evidence(file)
    result = yield from analysis.run(evidence, AnalysisRequest())
    yield Progress("writing")
    document = build(Case((Exhibit(evidence, result),), title="Self-test"))
    with TemporaryDirectory(prefix="exifact-self-test-") as folder:
        written = Path(folder) / "report.pdf"
        write_pdf(document, written)
        outcome = yield from verification.verify(written, verification.Question(evidence=(file,)))
    wrong = [f"{check.subject}: {check.reason}" for check in outcome.checks if check.verdict == "differs"]
    if wrong or not outcome.passed:
        return "failed", "; ".join(wrong) or "nothing in it could be checked"
    agreeing = sum(check.verdict == "agrees" for check in outcome.checks)
    return "passed", f"written and verified: {agreeing} checks agree, none differs"


PLANNED: tuple[tuple[str, Callable[[], Findings]], ...] = (
    ("shipped files", shipped_files),
    ("weights", weights),
    ("examples, compact weights", examples),
    ("texts, compact weights", compact_texts),
    ("patches, architecture of the paper", paper_patches),
    ("analysis, architecture of the paper", paper_analysis),
    ("texts, architecture of the paper", paper_texts),
    ("report", report),
)
"""The checks in their order."""


def _guarded(steps: Findings) -> Findings:
    """A check whose error is a finding."""
    try:
        return (yield from steps)
    except WorkstationError as error:
        return "failed", error.summary
    except Exception as error:  # noqa: BLE001 - a broken installation fails in ways that nobody lists
        return "failed", f"{type(error).__name__}: {error}"


def _example() -> Path:
    return paths.resources() / "examples" / "spliced.jpg"


def _stored(name: str) -> Path:
    return paths.resources() / "self-test" / name


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
