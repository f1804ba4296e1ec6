from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from workstation import paths
from workstation.settings import RECENT_FILES, Settings, SettingsProblem, SettingsStore, migrate


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    store.change(theme="dark", threads=2, shortcuts={"fit": ("G", "Ctrl+G")})
    store.keep(store.current.with_recent(tmp_path / "a.jpg"))

    again = SettingsStore(tmp_path / "settings.json")

    assert again.current == store.current
    assert again.problems == []
    assert again.current.shortcuts == {"fit": ("G", "Ctrl+G")}


def test_a_recent_file_may_have_any_name(tmp_path: Path) -> None:
    store, name = SettingsStore(tmp_path / "settings.json"), os.fsdecode(b"latin\xe9 \xe2\x80\xa8.jpg")
    store.keep(store.current.with_recent(tmp_path / name))

    assert SettingsStore(tmp_path / "settings.json").current.recent_files == (str(tmp_path / name),)


def test_only_what_differs_from_the_defaults_is_written(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    store.change(device="cpu")

    assert json.loads((tmp_path / "settings.json").read_text()) == {"version": 1, "device": "cpu"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("theme", "pink"), ("threads", 0), ("threads", True), ("opacity", "much"), ("recent_files", "a")],
)
def test_a_value_that_is_not_allowed_keeps_its_default_and_is_said(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 1, name: value, "device": "cpu", "unknown": 1}))

    store = SettingsStore(path)

    assert store.current == Settings(device="cpu")
    assert len(store.problems) == 1
    assert name in store.problems[0]


@pytest.mark.parametrize("content", ["", "{", "[1]", "\0\0", "[" * 100_000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)

    store = SettingsStore(path)

    assert store.current == Settings()
    assert "damaged" in store.problems[0]
    assert (tmp_path / "settings.broken.json").read_text() == content


def test_a_file_that_a_windows_editor_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": "dark"}', encoding="utf-8-sig")

    store = SettingsStore(path)

    assert store.current.theme == "dark"
    assert not store.problems


def test_a_file_of_a_newer_version_is_kept_beside(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 99, "theme": "dark"}))

    store = SettingsStore(path)
    store.change(device="cpu")

    assert store.current == Settings(theme="dark", device="cpu")
    assert json.loads((tmp_path / "settings.v99.json").read_text())["version"] == 99


def test_older_versions_are_carried_step_by_step() -> None:
    migrations = {
        1: lambda old: old | {"renamed": old["first"]},
        2: lambda old: old | {"renamed": old["renamed"] * 10},
    }
    assert migrate({"version": 1, "first": 4}, migrations)["renamed"] == 40
    assert migrate({"version": 2, "renamed": 4}, migrations)["renamed"] == 40
    assert migrate({"version": 3, "renamed": 4}, migrations)["renamed"] == 4


def test_a_failed_save_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    store = SettingsStore(path)
    store.change(theme="dark")
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(SettingsProblem, match="No space left"):
        store.change(theme="light")

    assert path.read_bytes() == before
    assert store.current.theme == "light"  # it holds until the program ends
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_values_are_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="theme"):
        SettingsStore(None).change(theme="pink")


def test_recent_files_are_few_and_the_newest_comes_first(tmp_path: Path) -> None:
    settings = Settings()
    for number in range(RECENT_FILES + 3):
        settings = settings.with_recent(tmp_path / f"{number}.jpg")
    settings = settings.with_recent(tmp_path / "9.jpg")

    assert len(settings.recent_files) == RECENT_FILES
    assert settings.recent_files[0] == str(tmp_path / "9.jpg")
    assert len(set(settings.recent_files)) == RECENT_FILES


def test_settings_live_in_the_users_folder() -> None:
    assert SettingsStore.of_user().path == paths.user_config() / "settings.json"
