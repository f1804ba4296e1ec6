"""The man page, written from the command line's own help: `python packaging/man_page.py OUT`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup, TyperOption

from workstation import __version__, cli

FILES = (
    ("~/.local/share/exifact/", "weights that you added, the last validation"),
    ("~/.config/exifact/", "settings"),
)
ENVIRONMENT = (
    ("EXIFACT_DEBUG", "if set, a defect prints where it happened"),
    ("QT_QPA_PLATFORM", "offscreen: the window is computed but not shown"),
    ("XDG_DATA_HOME, XDG_CONFIG_HOME", "other places than ~/.local/share and ~/.config"),
)


def page() -> str:
    """The page as roff source; the same program gives the same page."""
    command = typer.main.get_command(cli.app)
    assert isinstance(command, TyperGroup)
    lines = [
        f'.TH EXIFACT 1 "" "Exifact {__version__}" "User commands"',
        ".SH NAME",
        "exifact \\- a workstation for image forensics",
        ".SH SYNOPSIS",
        ".B exifact",
        "[\\fIFILE\\fR ...]",
        ".br",
        ".B exifact",
        "\\fICOMMAND\\fR [\\fIOPTION\\fR ...] [\\fIARGUMENT\\fR ...]",
        ".SH DESCRIPTION",
        _text(command.help or ""),
        ".PP",
        _text("Without a command, exifact opens its window, with the files that are given."),
        _text("No network is used unless a command is told to."),
        ".SH COMMANDS",
        *_commands(command, ""),
        ".SH EXIT STATUS",
        "0 if everything was done, 1 if a file or a check failed, 2 after wrong use, 130 after Ctrl-C.",
        ".SH ENVIRONMENT",
        *_pairs(ENVIRONMENT),
        ".SH FILES",
        *_pairs(FILES),
    ]
    return "\n".join(lines) + "\n"


def _commands(group: TyperGroup, above: str) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        full = f"{above} {name}".strip()
        if isinstance(command, TyperGroup):
            yield from _commands(command, full)
            continue
        context = command.make_context(name, [], resilient_parsing=True)
        usage = " ".join(piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]")
        yield f".SS {_text(full)}"
        usage = usage.replace("{", "").replace("}", "")
        yield f"\\fB{_text('exifact ' + full)}\\fR {_text(usage)}".rstrip()
        yield ".PP"
        yield from (line for line in _text(command.help or "").replace("\n\n", "\n.PP\n").split("\n"))
        for parameter in command.params:
            record = parameter.get_help_record(context) if isinstance(parameter, TyperOption) else None
            if record and "--help" not in record[0]:
                yield ".TP"
                yield f"\\fB{_text(record[0])}\\fR"
                yield _text(record[1]) or "\\&"


def _pairs(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for term, meaning in pairs:
        yield from (".TP", f"\\fB{_text(term)}\\fR", _text(meaning))


def _text(words: str) -> str:
    """Words with roff's own characters escaped."""
    escaped = words.strip().replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in escaped.split("\n"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
