import csv
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rights import ordinary_rights
from workstation.errors import ExportProblem
from workstation.evaluation.datasets import DatasetProblem
from workstation.evaluation.rows import COLUMNS, Row, RowStore, write_table


def test_a_row_comes_back_as_it_was(made_rows: list[Row]) -> None:
    for row in made_rows:
        assert Row.from_json(row.as_json()) == row


def test_the_table_has_the_stated_columns_and_empty_cells_where_nothing_was_measured(
    made_rows: list[Row], tmp_path: Path
) -> None:
    broken = Row("made", "broken.png", "tampered", "splice", error="damaged, truly")
    write_table([made_rows[0], made_rows[-1], broken], tmp_path / "t.csv")

    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        spliced, authentic, failed = reader
    assert (
        tuple(reader.fieldnames or ())
        == COLUMNS
        == (
            *("dataset", "image", "class", "kind", "mask_fraction", "ap", "ap_inv", "ciou", "f1", "mcc", "auc"),
            *("score", "p_consistent", "llr", "abstained", "seconds", "error"),
        )
    )
    assert (float(spliced["ap"]), float(spliced["mask_fraction"])) == (0.2, 0.0004)
    assert (authentic["class"], authentic["ap"], float(authentic["mask_fraction"])) == ("authentic", "", 0)
    assert (failed["ap"], failed["score"], failed["mask_fraction"]) == ("", "", "")
    assert failed["error"] == "damaged, truly"


def test_a_store_survives_a_line_that_was_cut_off(made_rows: list[Row], tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    assert store.read() == {}
    store.add(made_rows[0])
    with store.file.open("a", encoding="utf-8") as lines:
        lines.write(made_rows[1].as_json()[:50])

    assert list(store.read().values()) == [made_rows[0]]
    store.prepare()
    store.add(made_rows[2])
    assert list(store.read().values()) == [made_rows[0], made_rows[2]]


@pytest.mark.parametrize("name", ["odd\u2028\x85\r.png", "latin\udce9.png", "日本.png"])
def test_a_store_keeps_names_of_any_kind(made_rows: list[Row], tmp_path: Path, name: str) -> None:
    store, rows = RowStore(tmp_path / "rows.jsonl"), [replace(made_rows[0], image=name), made_rows[1]]
    for row in rows:
        store.add(row)
    assert list(store.read().values()) == rows


def test_rows_that_may_not_be_read_are_told(made_rows: list[Row], tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    store.add(made_rows[0])
    store.file.chmod(0)
    with ordinary_rights():
        for way in (store.read, store.prepare):
            with pytest.raises(DatasetProblem, match="cannot be read"):
                way()


def test_rows_that_cannot_be_kept_are_told(made_rows: list[Row], tmp_path: Path) -> None:
    with pytest.raises(ExportProblem, match="could not be written"):
        RowStore(tmp_path).add(made_rows[0])


def test_a_row_that_is_measured_again_replaces_the_former(made_rows: list[Row], tmp_path: Path) -> None:
    store = RowStore(tmp_path / "rows.jsonl")
    store.add(replace(made_rows[0], error="no mask"))
    store.add(made_rows[0])
    assert list(store.read().values()) == [made_rows[0]]


def test_another_line_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"dataset": 3}\n', encoding="utf-8")
    with pytest.raises(DatasetProblem, match="line 1"):
        RowStore(tmp_path / "rows.jsonl").read()
