"""What happens to an error that nobody foresaw: a sentence for the analyst and a report that can be saved."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Signal

import workstation
from workstation import paths
from workstation.errors import WorkstationError
from workstation.ui.libraries import library_names

_OF_THE_WINDOW = ("working in the window", "working in the background", "releasing memory")
"""What may be going on when nothing particular is; other sentences name a file."""

_REVEALING = re.compile(r"""b?'[^'\n]*' | b?"[^"\n]*" | \S*[\\/]\S* | \S+\.[A-Za-z]{3,5}\b | \S+@\S+""", re.VERBOSE)
"""Quoted values, paths, file names and addresses: in an error's words they come from the evidence or the machine."""


def describe(during: str, error: BaseException) -> str:
    """The text of a problem report: what was being done, the versions, and where in the program it happened.

    It can be sent as it is: no pixels, no paths, no file names, nothing that stands in a photograph's metadata. Whoever
    saves it may add what helps.
    """
    lines = [
        "Exifact problem report",
        "(no pixels, file names, paths or metadata; add below what may be told)",
        f"written: {datetime.now(UTC).isoformat(timespec='seconds')}",
        f"while: {during if during in _OF_THE_WINDOW else during.split(maxsplit=1)[0]}",
        f"exifact: {workstation.__version__}{', the offline bundle' if paths.is_frozen() else ''}",
        f"python: {platform.python_version()}",
        f"system: {platform.platform()}",
    ]
    for name in library_names():
        try:
            lines.append(f"{name}: {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            lines.append(f"{name}: not installed")
    return "\n".join([*lines, "", *_without_secrets(error)]) + "\n"


def _without_secrets(error: BaseException) -> list[str]:
    """Where it happened, innermost cause last; of each error its type and its words without what they quote."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    lines = []
    for number, one in enumerate(causes):
        lines.append("" if number == 0 else "because of")
        frames = traceback.extract_tb(one.__traceback__)
        lines += [f"  {_module_file(frame.filename)}, line {frame.lineno}, in {frame.name}" for frame in frames]
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}: {_REVEALING.sub('…', str(one))}")
    return lines[1:]


def _module_file(filename: str) -> str:
    """A source file's place in the program or its libraries, without where these are installed."""
    parts = Path(filename).parts
    for landmark in ("site-packages", "_internal", "lib"):
        if landmark in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(landmark) :])
    if "workstation" in parts:
        return "/".join(parts[len(parts) - 1 - parts[::-1].index("workstation") :])
    return parts[-1] if parts else "?"


class UnexpectedProblem(WorkstationError):
    """An error that Exifact does not raise on purpose.

    Attributes:
        report: the text of the problem report.
    """

    likely_causes = ("a mistake in Exifact", "a library that does not fit this system")
    remedy = "Your work is still open. Save the problem report and send it to whoever looks after Exifact."

    def __init__(self, during: str, error: BaseException) -> None:
        super().__init__(f"Something unexpected happened while {during} ({type(error).__name__})")
        self.report = describe(during, error)

    def save(self, path: Path) -> None:
        """Write the report as text.

        Raises:
            ExportProblem: if the file cannot be written.
        """
        from workstation.report.atomic import write_text  # noqa: PLC0415 - reportlab loads when something is written

        write_text(path, self.report)


class ExceptionWatch(QObject):
    """Catches what no one else caught, in any thread, once installed.

    Signals:
        caught: carries the `UnexpectedProblem`; receivers in the GUI thread get it queued.
    """

    caught = Signal(object)

    def install(self) -> None:
        """Take over Python's last-resort hooks."""
        sys.excepthook = self._in_main
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._unraisable

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        sys.unraisablehook = sys.__unraisablehook__

    def _in_main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self._report("working in the window", error)

    def _in_thread(self, arguments: Any) -> None:
        if arguments.exc_value is not None:
            self._report("working in the background", arguments.exc_value)

    def _unraisable(self, arguments: Any) -> None:
        if arguments.exc_value is not None:
            self._report("releasing memory", arguments.exc_value)

    def _report(self, during: str, error: BaseException) -> None:
        self.caught.emit(error if isinstance(error, WorkstationError) else UnexpectedProblem(during, error))
        if sys.stderr is not None:  # a program without a console has none
            with suppress(OSError, ValueError):  # a terminal that is gone
                sys.stderr.write("".join(traceback.format_exception(error)))  # for whoever started Exifact from one
