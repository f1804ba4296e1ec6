"""The user's settings: one declarative table, migrated from older versions, saved atomically as JSON.

Nothing here decides what an analysis finds without being recorded in its provenance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from workstation import paths
from workstation.errors import WorkstationError
from workstation.whole_files import whole_file

VERSION = 1
"""Version of the file's layout; raise it together with an entry of `MIGRATIONS`."""

RECENT_FILES = 12
RECENT_CASES = 8

Check = Callable[[Any], bool]


class SettingsProblem(WorkstationError):
    """The settings file cannot be written."""

    remedy = "The settings hold until Exifact is closed; free some space or check the folder's permissions."


def _one_of(*choices: object) -> Check:
    return lambda value: value in choices


def _whole(low: int, high: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(low: float, high: float) -> Check:
    return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


def _keys(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) and _texts(keys) for name, keys in value.items())


def _setting(default: Any, check: Check, label: str = "", explanation: str = "") -> Any:
    """One row of the table: its default, what is allowed, and how the settings dialog calls and explains it."""
    metadata = {"check": check, "label": label, "explanation": explanation}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default. Rows with a label are shown in the settings dialog.

    Attributes:
        exhibits_order, exhibits_turned: what the list of exhibits is sorted by, and whether the largest comes first.
        shortcuts: action id → key sequences in Qt's portable text; only those that differ from the built-in ones.
        recent_files: newest first, at most `RECENT_FILES`.
        recent_cases: folders, newest first, at most `RECENT_CASES`.
        last_session: files that were open when the window was last closed.
        last_folder, export_folder: where files were last opened and written; never the same on purpose.
        report_language: of the last report, as its code; "" = the system's where there are texts for it.
        window_geometry, window_state: Qt's own bytes in base64; "" = the default layout.
    """

    theme: Literal["system", "light", "dark"] = _setting(
        "system", _one_of("system", "light", "dark"), "Theme", "Follow the system, or always light or dark."
    )
    model: str = _setting("compact", _text, "Model", "The weights that Analyze uses.")
    device: Literal["auto", "cpu", "cuda", "mps"] = _setting(
        "auto",
        _one_of("auto", "cpu", "cuda", "mps"),
        "Device",
        "Where the model runs; auto takes a GPU where there is one.",
    )
    precision: Literal["auto", "float32"] = _setting(
        "auto", _one_of("auto", "float32"), "Precision", "auto takes bfloat16 where the processor has it."
    )
    threads: int | None = _setting(
        None, _maybe(_whole(1, 256)), "CPU threads", "On a busy machine fewer can be faster. Recorded with each result."
    )
    seed: int = _setting(0, _whole(0, 2**31 - 1), "Seed", "Of everything random; the same seed gives the same bytes.")
    max_pixels: int | None = _setting(
        None,
        _maybe(_whole(1, 10**11)),
        "Largest image",
        "Guards against decompression bombs; images above it are refused with a message.",
    )
    operator: str = _setting(
        "", _text, "Examiner", "Printed on the report and in the log of a case; empty = printed as not stated."
    )
    exhibits_order: Literal["opened", "name", "outcome", "p-value", "date", "camera"] = _setting(
        "opened", _one_of("opened", "name", "outcome", "p-value", "date", "camera")
    )
    exhibits_turned: bool = _setting(default=False, check=_flag)
    opacity: float = _setting(0.75, _number(0.0, 1.0))
    shortcuts: Mapping[str, tuple[str, ...]] = _setting(dict, _keys)
    recent_files: tuple[str, ...] = _setting((), _texts)
    recent_cases: tuple[str, ...] = _setting((), _texts)
    last_session: tuple[str, ...] = _setting((), _texts)
    last_folder: str = _setting("", _text)
    export_folder: str = _setting("", _text)
    report_language: str = _setting("", _text)
    window_geometry: str = _setting("", _text)
    window_state: str = _setting("", _text)

    def with_recent(self, path: Path) -> Settings:
        """These settings with `path` as the newest of the recent files."""
        files = _newest_first(path, self.recent_files)[:RECENT_FILES]
        return replace(self, recent_files=files, last_folder=str(path.parent))

    def with_recent_case(self, folder: Path) -> Settings:
        """These settings with `folder` as the newest of the recent cases."""
        return replace(self, recent_cases=_newest_first(folder, self.recent_cases)[:RECENT_CASES])


def _newest_first(path: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    newest = str(path)
    return (newest, *(name for name in names if name != newest))


Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: Mapping[int, Migration] = {}
"""For each older version, what turns its values into those of the next one (none yet: version 1 is the first)."""


def migrate(raw: Mapping[str, Any], migrations: Mapping[int, Migration] = MIGRATIONS) -> dict[str, Any]:
    """The values of a settings file of any older version, carried step by step to the newest layout."""
    values = dict(raw)
    version = values.pop("version", 1)
    while isinstance(version, int) and version in migrations:
        values = migrations[version](values)
        version += 1
    return values


def _parse(raw: Mapping[str, Any]) -> tuple[Settings, list[str]]:
    """Settings from migrated values; a value that is not allowed keeps its default and is reported."""
    accepted: dict[str, Any] = {}
    problems = []
    for row in fields(Settings):
        if row.name not in raw:
            continue
        value = raw[row.name]
        if not row.metadata["check"](value):
            problems.append(f"Setting “{row.name}” was not understood and is back at its default.")
        elif row.name == "shortcuts":
            accepted[row.name] = {name: tuple(keys) for name, keys in value.items()}
        else:
            accepted[row.name] = tuple(value) if isinstance(value, list) else value
    return Settings(**accepted), problems


class SettingsStore:
    """The settings as they stand, and the file that they are kept in.

    Attributes:
        path: the JSON file; None = keep nothing (tests, pictures of the window).
        current: the settings.
        problems: sentences about what could not be read at start.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.current = Settings()
        self.problems: list[str] = []
        if path is not None:
            self._load(path)

    @classmethod
    def of_user(cls) -> SettingsStore:
        """The settings in the user's configuration folder."""
        return cls(paths.user_config() / "settings.json")

    def _load(self, path: Path) -> None:
        try:
            raw = json.loads(path.read_text(encoding="utf-8-sig"))  # editors on Windows begin files with a mark
        except FileNotFoundError:
            return
        except OSError as error:
            self.problems.append(f"The settings could not be read ({error.strerror}); the defaults are used.")
            return
        except (ValueError, RecursionError):
            raw = None
        if not isinstance(raw, dict):
            self._set_aside(path, "broken")
            self.problems.append("The settings file was damaged; it was set aside and the defaults are used.")
            return
        version = raw.get("version", 1)
        if isinstance(version, int) and version > VERSION:
            self._set_aside(path, f"v{version}")
            self.problems.append("The settings were written by a newer Exifact; a copy was set aside.")
        self.current, problems = _parse(migrate(raw))
        self.problems += problems

    def _set_aside(self, path: Path, mark: str) -> None:
        try:
            path.replace(path.with_name(f"{path.stem}.{mark}{path.suffix}"))
        except OSError as error:
            self.problems.append(f"The old settings file could not be set aside ({error.strerror}).")

    def change(self, **values: Any) -> None:
        """Set some values and save.

        Raises:
            SettingsProblem: if the file cannot be written; the values hold all the same.
        """
        self.keep(replace(self.current, **values))

    def keep(self, settings: Settings) -> None:
        """Make `settings` the current ones and save them.

        Raises:
            SettingsProblem: if the file cannot be written; the values hold all the same.
        """
        _, problems = _parse({row.name: getattr(settings, row.name) for row in fields(Settings)})
        if problems:
            raise ValueError(problems[0])
        self.current = settings
        if self.path is not None:
            _save(self.path, settings)


def _save(path: Path, settings: Settings) -> None:
    """Save for this user alone, since names of files and people are in it; what fails leaves the old file whole."""
    values: dict[str, Any] = {"version": VERSION}
    defaults = Settings()
    for row in fields(Settings):
        value = getattr(settings, row.name)
        if value != getattr(defaults, row.name):
            values[row.name] = dict(value) if isinstance(value, Mapping) else value
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, 0o600) as unfinished, unfinished.open("w", encoding="utf-8") as file:
            json.dump(values, file, indent=2)  # in ASCII: a recent file's name may hold bytes that are no UTF-8
    except OSError as error:
        raise SettingsProblem(f"The settings could not be saved: {error.strerror}") from error
