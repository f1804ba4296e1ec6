import bz2
import gzip
import http.server
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, quote_plus

import numpy as np
import piexif
import pytest
from PIL import Image
from typer.testing import CliRunner

from workstation.analysis.published_texts import clean, cleaned_pairs, text_of
from workstation.cli import app
from workstation.progress import drain
from workstation.training import downloads, shards, yfcc
from workstation.training.data_records import COUNTS, RECORDS, SKIPPED, DataProblem, Record, read_shares, used_tags

TAGS = {
    "Exif IFD0.Make": "Canon",
    "Exif IFD0.Model": "Canon EOS 5D",
    "Exif IFD0.X Resolution": "720000/10000 dots per inch",
    "Exif IFD0.Orientation": "Top, left side (Horizontal / normal)",
    "Exif SubIFD.Exposure Time": "1/60 sec",
    "Exif SubIFD.Exposure Bias Value": "-2/3 EV",
    "Exif SubIFD.Focal Length": "5.84 mm",
    "Exif SubIFD.ISO Speed Ratings": "100 0",
    "Exif SubIFD.Color Space": "sRGB",
    "Exif SubIFD.F-Number": "F2.8",
    "Exif SubIFD.Exposure Mode": "Auto, exposure: yes",
}


def pairs(tags: dict[str, str]) -> str:
    """As YFCC100M's owners write them: quoted, then quoted again."""
    return ",".join(f"{quote(quote_plus(k))}:{quote(quote_plus(v))}" for k, v in tags.items())


def jpeg(shade: int = 90, side: int = 32, exif: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), shade, np.uint8)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_values_follow_the_published_rules() -> None:
    assert cleaned_pairs(pairs(TAGS)) == {
        "Make": "Canon",
        "Model": "CanonEOS5D",
        "X Resolution": "72 dots per inch",
        "Orientation": "Unknown",  # longer than 20 characters
        "Exposure Time": "1/60sec",
        "Exposure Bias Value": "-1 EV",  # floor, as published
        "Focal Length": "5.8 mm",
        "ISO Speed Ratings": "100",
        "Color Space": "sRGB",
        "F-Number": "F2.8",
        "Exposure Mode": "Auto,exposureyes",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Exif IFD0.X Resolution", "1/0 dots per inch"),
        ("Exif IFD0.Y Resolution", ""),
        ("Exif SubIFD.Focal Length", "unknown mm"),
        ("Exif SubIFD.ISO Speed Ratings", " "),
        ("Exif IFD0.Model", "???"),
    ],
)
def test_a_value_that_fails_its_rule_is_unknown(key: str, value: str) -> None:
    assert clean(key, value) == "Unknown"


def test_a_text_keeps_the_order_of_its_photo_and_may_leave_names_out() -> None:
    tags = {"Model": "X", "Make": "Y", "GPS Latitude": "1", "Body Serial Number": "2"}
    assert text_of(tags, tags) == "Model: X, Make: Y"
    assert text_of(tags, ("Make",)) == "Make: Y"
    assert text_of(tags, tags, names=False) == "X, Y"


@pytest.fixture
def exif_table(tmp_path: Path) -> Path:
    table = tmp_path / "yfcc100m_exif.bz2"
    few = dict(list(TAGS.items())[:10])
    other = {**TAGS, "Exif SubIFD.Gamma": "2.2"}
    lines = [f"1\t{pairs(TAGS)}", f"2\t{pairs(few)}", f"3\t{pairs(other)}", "no record", f"4\t{pairs(TAGS)}"]
    table.write_bytes(bz2.compress("\n".join(lines).encode()))
    return table


def test_records_and_shares_come_from_the_exif_table(exif_table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    outcome = drain(yfcc.write_records(exif_table, out))

    assert (outcome.written, outcome.skipped, outcome.malformed) == (3, 1, 1)
    record = json.loads((out / RECORDS / "3.json").read_text(encoding="utf-8"))
    assert record["photo_id"] == "3"
    assert record["num_exif_tags"] == 12
    assert list(record["EXIF"])[:2] == ["Make", "Model"]
    shares = read_shares(out)
    assert shares["Make"] == 1.0
    assert shares["Gamma"] == pytest.approx(1 / 3)
    assert "Gamma" not in used_tags(shares)  # below 49 %
    assert (out / SKIPPED).read_text(encoding="utf-8") == "2\t10 tags, more than 10 are needed\n"


def test_only_pictures_that_are_there_get_a_record(exif_table: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for name in ("1.jpg", "9.jpg"):
        (images / name).write_bytes(jpeg())

    outcome = drain(yfcc.write_records(exif_table, tmp_path / "out", images))

    assert outcome.written == 1
    assert (tmp_path / "out" / SKIPPED).read_text(encoding="utf-8") == "9\tthe table holds no EXIF of it\n"


def dataset_line(number: int, host: str = "http://127.0.0.1:1", video: bool = False) -> str:
    columns = [str(number)] + [""] * 22 + ["1" if video else "0"]
    columns[13], columns[14] = f"{host}/photos/{number}/", f"{host}/{number}.jpg"
    return "\t".join(columns)


def test_a_sample_is_drawn_from_the_seed_and_keeps_the_order(tmp_path: Path) -> None:
    table = tmp_path / "yfcc100m_dataset"
    table.write_text("\n".join([*(dataset_line(n) for n in range(100)), dataset_line(100, video=True), "x"]))

    one, two, other = (drain(yfcc.sample(table, 10, seed)) for seed in (1, 1, 2))

    numbers = [int(photo.photo_id) for photo in one]
    assert one == two != other
    assert len(set(numbers)) == 10
    assert numbers == sorted(numbers)
    assert max(numbers) < 100
    assert len(drain(yfcc.sample(table, 1000, 0))) == 100


def test_a_table_that_ends_early_is_a_problem(tmp_path: Path) -> None:
    table = tmp_path / "table.bz2"
    table.write_bytes(bz2.compress(b"1\t\n" * 9999)[:-20])
    with pytest.raises(DataProblem, match="to its end"):
        drain(yfcc.write_records(table, tmp_path / "out"))


def test_a_table_that_was_damaged_on_its_way_is_a_problem(tmp_path: Path) -> None:
    table = tmp_path / "table.gz"
    content = bytearray(gzip.compress(b"1\t\n" * 9999 + np.random.default_rng(0).bytes(9999)))
    content[60] ^= 0xFF
    table.write_bytes(content)
    with pytest.raises(DataProblem, match="to its end"):
        drain(yfcc.write_records(table, tmp_path / "out"))


@pytest.mark.parametrize("command", ["yfcc", "index", "download"])
def test_a_place_that_cannot_be_written_to_is_said(exif_table: Path, tmp_path: Path, command: str) -> None:
    out = tmp_path / "file"
    out.write_bytes(b"")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "1.jpg").write_bytes(jpeg())
    arguments = {
        "yfcc": ["--exif", str(exif_table)],
        "index": [str(tmp_path / "images")],
        "download": ["--dataset", str(exif_table), "--sample-size", "1"],
    }[command]

    found = CliRunner().invoke(app, ["data", command, *arguments, "--out", str(out)])

    assert found.exit_code == 1
    assert "could not be made" in found.output


class _Server(http.server.BaseHTTPRequestHandler):
    """Photo 1 has its original, 2 only the listed size, 3 is gone, 4 fails once, 5 is forbidden, 6 is cut short."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        host = f"http://127.0.0.1:{self.server.server_address[1]}"
        answers: dict[str, bytes] = {
            "/robots.txt": b"User-agent: *\nDisallow: /photos/5/\nDisallow: /5.jpg\n",
            "/photos/1/sizes/o/": f'<img src="{host}/big_o.jpg">'.encode(),
            "/big_o.jpg": jpeg(200),
            "/2.jpg": jpeg(20),
            "/4.jpg": jpeg(40),
            "/5.jpg": jpeg(50),
            "/6.jpg": jpeg(60),
        }
        if self.path == "/4.jpg" and self.asked.count("/4.jpg") == 1:
            self.send_response(503)
            self.send_header("Retry-After", "7")
            self.end_headers()
            return
        body = answers.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write((body or b"")[:10] if self.path == "/6.jpg" else body or b"")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Server.asked = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Server) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def test_a_download_is_polite_and_goes_on_where_it_stopped(server: str, tmp_path: Path) -> None:
    waited: list[float] = []
    manners = downloads.Manners(interval=0.5, tries=2, sleep=waited.append)
    chosen = [yfcc.Listed(str(n), f"{server}/photos/{n}/", f"{server}/{n}.jpg") for n in range(1, 7)]

    outcome = drain(downloads.download(chosen, tmp_path / "out", manners))

    assert (outcome.there, outcome.fetched, outcome.failed) == (0, 3, 3)
    assert (tmp_path / "out" / "1.jpg").read_bytes() == jpeg(200)  # the original
    assert (tmp_path / "out" / "2.jpg").read_bytes() == jpeg(20)
    assert 7.0 in waited  # what the server asked for
    assert sum(0.4 < pause <= 0.5 for pause in waited) >= 10  # between any two requests
    assert "/5.jpg" not in _Server.asked
    assert _Server.asked.count("/robots.txt") == 1
    failed = dict(
        line.split("\t") for line in (tmp_path / "out" / downloads.FAILED).read_text(encoding="utf-8").splitlines()
    )
    assert failed["3"] == "the server answered 404"
    assert "robots.txt" in failed["5"]
    assert "of" in failed["6"]
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"1.jpg", "2.jpg", "4.jpg", downloads.FAILED}

    _Server.asked.clear()
    again = drain(downloads.download(chosen[:2], tmp_path / "out", manners))
    assert (again.there, again.fetched) == (2, 0)
    assert not _Server.asked


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://127.0.0.1:1/ü", f"http://{'a' * 300}.invalid/", "http://127.0.0.1:port/"]
)
def test_an_address_that_is_none_costs_its_own_photograph_alone(server: str, tmp_path: Path, address: str) -> None:
    manners = downloads.Manners(tries=1, sleep=lambda _: None)
    chosen = [yfcc.Listed("9", address, address), yfcc.Listed("2", f"{server}/photos/2/", f"{server}/2.jpg")]

    outcome = drain(downloads.download(chosen, tmp_path / "out", manners))

    assert (outcome.fetched, outcome.failed) == (1, 1)
    assert (tmp_path / "out" / downloads.FAILED).read_text(encoding="utf-8").startswith("9\t")


def camera_exif() -> bytes:
    return piexif.dump(
        {
            "0th": {
                piexif.ImageIFD.Make: b"Acme",
                piexif.ImageIFD.Model: b"One Two",
                piexif.ImageIFD.XResolution: (72, 1),
                piexif.ImageIFD.YResolution: (72, 1),
                piexif.ImageIFD.ResolutionUnit: 2,
                piexif.ImageIFD.Orientation: 1,
                piexif.ImageIFD.Artist: b"Somebody",
            },
            "Exif": {
                piexif.ExifIFD.ExposureTime: (1, 60),
                piexif.ExifIFD.FNumber: (28, 10),
                piexif.ExifIFD.ISOSpeedRatings: 200,
                piexif.ExifIFD.FocalLength: (584, 100),
                piexif.ExifIFD.ExposureBiasValue: (0, 1),
                piexif.ExifIFD.ColorSpace: 1,
                piexif.ExifIFD.MeteringMode: 5,
                piexif.ExifIFD.WhiteBalance: 0,
                piexif.ExifIFD.Flash: 25,
                piexif.ExifIFD.FocalPlaneXResolution: (3456000, 2037),
                piexif.ExifIFD.FocalPlaneResolutionUnit: 2,
                piexif.ExifIFD.FileSource: b"\x03",
            },
            "GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N"},
        }
    )


def test_an_indexed_folder_tells_its_own_exif_and_lists_what_is_broken(tmp_path: Path) -> None:
    images, out = tmp_path / "images", tmp_path / "out"
    (images / "a").mkdir(parents=True)
    (images / "a" / "one.jpg").write_bytes(jpeg(exif=camera_exif()))
    (images / "one.jpg").write_bytes(jpeg(exif=camera_exif())[:-400])
    (images / "none.jpg").write_bytes(jpeg())
    (images / "broken.jpg").write_bytes(b"\xff\xd8\xff")

    drain(shards.index_folder(images, out))

    store = shards.open_store(images, out)
    assert len(store) == 2
    photo = store.read(0)
    assert photo.name == "a/one.jpg"
    assert photo.rgb.shape == (32, 32, 3)
    assert photo.tags["Focal Length"] == "5.8 mm"
    assert photo.tags["X Resolution"] == "72 dots per inch"
    assert photo.tags["F-Number"] == "F2.8"
    assert photo.tags["ISO Speed Ratings"] == "200"
    assert photo.tags["Orientation"] == photo.tags["File Source"] == "Unknown"  # metadata-extractor's words are long
    assert photo.tags["Flash"] == "Flashfired,auto"
    assert photo.tags["Focal Plane X Resolution"] == "0 inches"  # it prints the reciprocal, the rules take the floor
    assert photo.tags["White Balance Mode"] == "Autowhitebalance"
    assert not {"Artist", "GPS Latitude Ref"} & photo.tags.keys()
    with pytest.raises(shards.BrokenPhoto, match=r"one\.jpg"):
        store.read(1)
    left_out = (out / SKIPPED).read_text(encoding="utf-8")
    assert "none.jpg" in left_out or "none\t" in left_out
    assert (out / COUNTS).is_file()
    assert sorted(store.order(3, seed=1)) == [0, 1]


def test_every_picture_of_a_folder_has_its_own_record_whatever_its_name(tmp_path: Path) -> None:
    images, out = tmp_path / "images", tmp_path / "out"
    images.mkdir()
    odd = [b"same.jpg", b"same.jpeg", b"tab\tand\xe2\x80\xa8.jpg", b"latin\xe9.jpg", b"x" * 251 + b".jpg"]
    if os.name == "nt":
        odd = odd[:2]
    makers = [f"Maker {number}" for number in range(len(odd))]
    for name, maker in zip(odd, makers, strict=True):
        exif = piexif.load(camera_exif())
        exif["0th"][piexif.ImageIFD.Make] = maker.encode()
        (images / os.fsdecode(name)).write_bytes(jpeg(exif=piexif.dump(exif)))
    if os.name != "nt":
        (images / "line\nbreak.jpg").write_bytes(jpeg(exif=camera_exif()))

    drain(shards.index_folder(images, out))

    store = shards.open_store(images, out)
    found = [store.read(number) for number in range(len(store))]
    assert {os.fsencode(photo.name): photo.tags["Make"] for photo in found} == {
        name: maker.replace(" ", "") for name, maker in zip(odd, makers, strict=True)
    }
    left_out = (out / SKIPPED).read_text(encoding="utf-8").splitlines()
    assert left_out == ([] if os.name == "nt" else ["line\\nbreak.jpg\tits name holds a line break"])


def test_a_listing_that_is_none_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / shards.LISTING).write_text("one.jpg\n", encoding="utf-8")
    with pytest.raises(DataProblem, match="no list of files"):
        shards.FolderStore(tmp_path, tmp_path)


def test_pictures_of_one_key_and_what_follows_a_damaged_header_are_listed(tmp_path: Path) -> None:
    folder, out = tmp_path / "shards", tmp_path / "out"
    folder.mkdir()
    members = {"a.jpg": jpeg(), "a.png": jpeg(), "a.json": record(1), "b.jpg": jpeg(), "b.json": b"[1]"}
    write_shard(folder / "0.tar", members)
    write_shard(folder / "1.tar", {"c.jpg": jpeg(), "c.json": record(2), "d.jpg": jpeg(), "d.json": record(3)})
    with tarfile.open(folder / "1.tar") as tar:
        begins = tar.getmember("d.jpg").offset
    content = bytearray((folder / "1.tar").read_bytes())
    content[begins] ^= 0xFF
    (folder / "1.tar").write_bytes(content)

    drain(shards.index_shards(folder, out))

    assert len(shards.open_store(folder, out)) == 2
    assert dict(line.split("\t") for line in (out / SKIPPED).read_text(encoding="utf-8").splitlines()) == {
        "0.tar/a.png": "a.jpg has its record",
        "0.tar/b": "b: its record is no JSON object",
        "1.tar": f"is damaged at byte {begins}; what follows is left out",
    }


def write_shard(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def record(number: int) -> bytes:
    tags = {f"Tag {n}": str(n) for n in range(11)} | {"Number": str(number)}
    return Record(str(number), tags).as_json().encode()


def test_shards_are_read_in_place_and_each_photo_comes_once_per_epoch(tmp_path: Path) -> None:
    folder, out = tmp_path / "shards", tmp_path / "out"
    folder.mkdir()
    for shard in range(3):
        members = {}
        for n in range(shard * 4, shard * 4 + 4):
            members[f"{n:05}.jpg"], members[f"{n:05}.json"] = jpeg(10 * n), record(n)
        write_shard(folder / f"{shard:05}.tar", members)
    write_shard(
        folder / "00003.tar",
        {"x.jpg": b"broken", "x.json": record(99), "alone.jpg": jpeg(), "y.jpg": jpeg(), "y.json": b"{"},
    )

    drain(shards.index_shards(folder, out))

    store = shards.open_store(folder, out)
    assert len(store) == 13
    assert [line.split("\t")[0] for line in (out / SKIPPED).read_text(encoding="utf-8").splitlines()] == [
        "00003.tar/alone",
        "00003.tar/y",
    ]
    order = store.order(0, seed=0)
    assert sorted(order) == list(range(13))
    assert list(order) == list(store.order(0, seed=0)) != list(store.order(1, seed=0))
    photo = store.read(5)
    assert photo.tags["Number"] == "5"
    assert abs(int(photo.rgb[0, 0, 0]) - 50) <= 2
    with pytest.raises(shards.BrokenPhoto, match=r"00003\.tar"):
        store.read(12)
    (folder / "00002.tar").unlink()
    with pytest.raises(DataProblem, match=r"00002\.tar"):
        shards.open_store(folder, out)


def test_a_picture_of_the_split_that_is_not_there_is_listed(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").write_bytes(jpeg(exif=camera_exif()))
    (tmp_path / "manifest.csv").write_text("file,split\nhere.jpg,dev\ngone.jpg,dev\nother.jpg,train\n", "utf-8")

    drain(shards.index_folder(tmp_path, tmp_path / "out", split="dev"))

    left_out = (tmp_path / "out" / SKIPPED).read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in left_out] == ["gone.jpg"]


def test_a_folder_that_is_indexed_where_shards_were_is_read_as_a_folder(tmp_path: Path) -> None:
    for name in ("shards", "images"):
        (tmp_path / name).mkdir()
    write_shard(tmp_path / "shards" / "0.tar", {"a.jpg": jpeg(), "a.json": record(1)})
    (tmp_path / "images" / "b.jpg").write_bytes(jpeg(exif=camera_exif()))

    for number, name in enumerate(("shards", "images", "shards")):
        runner = CliRunner().invoke(app, ["data", "index", str(tmp_path / name), "--out", str(tmp_path / "out")])
        assert runner.exit_code == 0, number
        assert "1 photographs, 0 left out" in runner.output


def test_the_json_of_img2dataset_gets_the_published_names_and_rules() -> None:
    exif = {
        "Image Make": "Canon",
        "EXIF FNumber": "14/5",
        "EXIF ISOSpeedRatings": "100",
        "EXIF FocalLengthIn35mmFilm": "28",
        "EXIF YCbCrPositioning": "Co-sited",
        "GPS GPSLatitude": "[1, 2, 3]",
        "EXIF FocalLength": "5.84",
        "EXIF MakerNote": "x" * 30,
    }
    fields = {"exif": json.dumps(exif), "url": "…"}

    assert dict(Record.from_fields(fields, "7").tags) == {
        "Make": "Canon",
        "F-Number": "14/5",
        "ISO Speed Ratings": "100",
        "Focal Length 35": "28",
        "YCbCr Positioning": "Co-sited",
        "Focal Length": "5.8",
        "Maker Note": "Unknown",
    }


def test_the_command_writes_records_and_index(exif_table: Path, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "1.jpg").write_bytes(jpeg())
    runner = CliRunner()

    made = runner.invoke(app, ["data", "yfcc", "--exif", str(exif_table), "--out", str(tmp_path / "yfcc")])
    records = str(tmp_path / "yfcc" / RECORDS)
    found = runner.invoke(app, ["data", "index", str(images), "--records", records, "--out", str(tmp_path / "index")])

    assert made.exit_code == 0
    assert "3 records, 1 photographs left out" in made.output
    assert found.exit_code == 0
    assert "1 photographs, 0 left out" in found.output
    assert shards.open_store(images, tmp_path / "index").read(0).tags["Model"] == "CanonEOS5D"
