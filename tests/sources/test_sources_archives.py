"""ZIP archives as sources: what is read of them, by which names, what is refused, and that nothing is left behind."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from linkage.errors import InputError, RefusedError
from linkage.project import SourceSpec
from linkage.sources import archives, source_files
from linkage.sql import connect

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN\n"
TABLE = "Surname,DOB\nSECRETSON,2010-01-02\n"


def packed(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


RETURNS = packed({
    "cla/301/header.csv": HEADER + "1,1,01/02/2012,WBRI,UN1\n",
    "cla/302/header.csv": HEADER + "1,2,01/02/2013,WBRI,UN1\n",
    "cla/302/note.txt": "text", "pupils.csv": TABLE, "__MACOSX/cla/._header.csv": b"\x00", ".hidden.csv": "x",
})  # fmt: skip


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("data.zip/cla", ["data.zip/cla/301/header.csv", "data.zip/cla/302/header.csv"]),
        ("data.zip/cla/301/", ["data.zip/cla/301/header.csv"]),
        ("data.zip/cla/*/header.csv", ["data.zip/cla/301/header.csv", "data.zip/cla/302/header.csv"]),
        ("data.zip/**/header.csv", ["data.zip/cla/301/header.csv", "data.zip/cla/302/header.csv"]),
        ("data.zip/cla/302/header.csv", ["data.zip/cla/302/header.csv"]),
    ],
)
def test_what_is_named_of_an_archive_is_read(load, path: str, files: list[str]) -> None:
    loaded = load({"data.zip": RETURNS}, format="ssda903", path=path)
    assert [(row["file"], row["row"], row["authority"]) for row in loaded.rows] == [
        (name, 1, name.split("/")[2]) for name in files
    ]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_whole_archive_is_read(load, method: int) -> None:
    content = packed({"deep/a.csv": TABLE, "b.CSV": TABLE, "readme.md": "# no data"}, method)
    loaded = load({"in/DATA.ZIP": content}, format="table", path="in/DATA.ZIP")
    assert [(row["file"], row["surname"]) for row in loaded.rows] == [
        ("in/DATA.ZIP/b.CSV", "SECRETSON"), ("in/DATA.ZIP/deep/a.csv", "SECRETSON")]  # fmt: skip


def test_several_archives_by_a_pattern(load) -> None:
    files = {"a.zip": packed({"x.csv": TABLE}), "b.zip": packed({"x.csv": TABLE})}
    assert [row["key"] for row in load(files, format="table", path="*.zip").rows] == ["a.zip/x.csv:1", "b.zip/x.csv:1"]


def test_a_folder_that_is_named_like_an_archive_is_a_folder(load) -> None:
    assert [row["file"] for row in load({"old.zip/x.csv": TABLE}, format="table", path="old.zip/*.csv").rows] == [
        "old.zip/x.csv"]  # fmt: skip


def test_hashes_are_those_of_the_archive(load, tmp_path: Path) -> None:
    load({"data.zip": RETURNS}, format="ssda903", path="data.zip/cla")
    spec = SourceSpec(name="s", format="ssda903", path=("data.zip/cla/301", "data.zip/cla/302"))
    assert source_files(spec, tmp_path) == (tmp_path / "data.zip",)


def test_nothing_is_left_behind(load, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "private").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "private"))
    load({"data.zip": RETURNS}, format="ssda903", path="data.zip/cla")
    with pytest.raises(InputError):
        load({"bad.zip": packed({"x.csv": "a,b\n1,2,3\n"})}, format="table", path="bad.zip", columns={"surname": "a"})
    assert list((tmp_path / "private").iterdir()) == []


def test_files_are_unpacked_where_the_database_spills_to(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "data.zip").write_bytes(packed({"x.csv": TABLE}))
    seen: list[Path] = []
    unpack = archives.unpack
    monkeypatch.setattr(archives, "unpack", lambda *args, **named: (seen.append(args[2]), unpack(*args, **named)))
    con = connect(tmp_path / "run.duckdb", threads=1, memory="500MB")
    from linkage.sources import load_source

    load_source(con, SourceSpec(name="s", format="table", path=("data.zip",)), tmp_path)
    con.close()
    assert [path.relative_to(tmp_path).parts[0] for path in seen] == ["run.spill"]
    assert not (tmp_path / "run.spill").exists()


# --- what is refused -----------------------------------------------------------------------------


def locked() -> bytes:
    """An archive whose file says that it is encrypted."""
    content = bytearray(packed({"x.csv": TABLE}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def deflate64() -> bytes:
    content = bytearray(packed({"x.csv": TABLE}))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + at] = 9
    return bytes(content)


def twice() -> bytes:
    return packed({"x.csv": TABLE, "y.csv": TABLE}).replace(b"y.csv", b"x.csv")


MUSEUM = {
    "password": (locked(), RefusedError, "password"),
    "deflate64": (deflate64(), RefusedError, "Deflate64"),
    "nested": (packed({"x.csv": TABLE, "inner.zip": b""}), RefusedError, "archive inside of an archive"),
    "traversal": (packed({"../../x.csv": TABLE}), RefusedError, "leads out"),
    "backslashes": (packed({"..\\x.csv": TABLE}), RefusedError, "leads out"),
    "absolute": (packed({"/etc/x.csv": TABLE}), RefusedError, "leads out"),
    "drive": (packed({"C:/x.csv": TABLE}), RefusedError, "leads out"),
    "two-of-a-name": (twice(), RefusedError, "several files of that name"),
    "no-archive": (b"PK\x03\x04 and no more", InputError, "damaged"),
    "cut": (packed({"x.csv": TABLE * 99})[:-60], InputError, "damaged"),
    "wrong-checksum": (packed({"x.csv": TABLE}, zipfile.ZIP_STORED).replace(b"SON", b"SEN"), InputError, "damaged"),
    "no-data": (packed({"readme.md": "x"}), InputError, "no file of the right kind"),
    "empty": (packed({}), InputError, "no file of the right kind"),
}


@pytest.mark.parametrize("exhibit", MUSEUM)
def test_a_bad_archive_is_refused_without_a_value(load, tmp_path: Path, exhibit: str) -> None:
    content, kind, says = MUSEUM[exhibit]
    with pytest.raises(kind, match=says) as raised:
        load({"in/data.zip": content}, format="table", path="in/data.zip")
    assert "SECRET" not in str(raised.value)
    assert all(fault.where and fault.expected and fault.remedy for fault in raised.value.faults)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["data.zip", "in"]


def test_all_that_is_unfit_is_named_at_once_and_the_rest_can_be_read(load) -> None:
    content = packed({"x.csv": TABLE, "../y.csv": TABLE, "inner.zip": b""})
    with pytest.raises(RefusedError) as raised:
        load({"data.zip": content}, format="table", path="data.zip")
    assert [fault.where for fault in raised.value.faults] == ["data.zip/../y.csv", "data.zip/inner.zip"]
    assert len(load({"data.zip": content}, format="table", path="data.zip/*.csv").rows) == 1


@pytest.mark.parametrize(("limit", "value"), [("MOST_MEMBERS", 1), ("MOST_UNPACKED", 10)])
def test_limits(load, monkeypatch, limit: str, value: int) -> None:
    monkeypatch.setattr(archives, limit, value)
    with pytest.raises(RefusedError, match="too large"):
        load({"data.zip": packed({"x.csv": TABLE, "y.csv": TABLE})}, format="table", path="data.zip")


def test_a_bomb_is_refused_before_anything_is_unpacked(load, monkeypatch) -> None:
    monkeypatch.setattr(archives, "LARGE_UNPACKED", 1 << 20)
    monkeypatch.setattr(archives, "unpack", None)
    with pytest.raises(RefusedError, match="too large"):
        load({"data.zip": packed({"x.csv": "Surname\n" + "a" * (4 << 20)})}, format="table", path="data.zip")


def test_a_full_disk_is_said(load, monkeypatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 3})())
    with pytest.raises(RefusedError, match="disk is full"):
        load({"data.zip": packed({"x.csv": TABLE})}, format="table", path="data.zip")


def test_a_file_that_is_not_there(load) -> None:
    with pytest.raises(InputError, match="no such file") as raised:
        load({"data.zip": RETURNS}, format="table", path="data.zip/nowhere.csv")
    assert "data.zip/nowhere.csv" in str(raised.value)
