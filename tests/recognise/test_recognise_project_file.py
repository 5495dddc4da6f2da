"""The command `linkage init`: what it writes, what it refuses, and that it gives nobody away."""

from __future__ import annotations

import json
import shutil
import tomllib
import zipfile
from pathlib import Path

import duckdb
import pytest

from linkage.project import read_project
from linkage.recognise import project_text, recognise
from linkage.recognise.looks import is_telling
from linkage.run import run_project
from linkage.sources import load_source
from linkage.sql import connect
from tests.recognise.made_up import Children, Write, only


@pytest.fixture
def register(children: Children, write: Write) -> Path:
    rows = [[f"R{at}", children.upn(), children.forename(), children.surname(), children.dob(), children.postcode()]
            for at in range(30)]  # fmt: skip
    return write("register.csv", ("Ref", "UPN", "First name", "Surname", "DOB", "Post code"), rows)


def test_init_writes_a_project_file(linkage, register: Path, tmp_path: Path) -> None:
    said = linkage("init", register, "--out", tmp_path / "linkage.toml")
    assert said.code == 0, said.err
    assert "register" in said.out
    project = read_project(tmp_path / "linkage.toml")
    assert project.sources["register"].key == "Ref"
    assert project.link.unique == ("register",)


def test_init_does_not_overwrite_unless_it_is_told_to(linkage, register: Path, tmp_path: Path) -> None:
    target = tmp_path / "linkage.toml"
    target.write_text("mine", encoding="utf-8")
    said = linkage("init", register, "--out", target)
    assert said.code == 2
    assert "--force" in said.err
    assert target.read_text(encoding="utf-8") == "mine"
    assert linkage("init", register, "--out", target, "--force").code == 0
    assert "register" in read_project(target).sources


def test_init_prints_json(linkage, register: Path, tmp_path: Path) -> None:
    said = linkage("init", register, "--out", tmp_path / "linkage.toml", "--json")
    assert said.code == 0
    (source,) = said.json["sources"]
    assert (source["name"], source["format"], source["sureness"]) == ("register", "table", "certain")
    assert {item["field"]: item["sureness"] for item in source["layout"]["mapped"]}["upn"] == "certain"


@pytest.mark.parametrize("named", ["nowhere.csv", "empty"])
def test_init_says_what_it_cannot_use(linkage, tmp_path: Path, named: str) -> None:
    (tmp_path / "empty").mkdir()
    said = linkage("init", tmp_path / named, "--out", tmp_path / "linkage.toml")
    assert said.code == {"nowhere.csv": 2, "empty": 11}[named]
    assert not (tmp_path / "linkage.toml").exists()


def test_init_needs_the_folder_of_the_project_file(linkage, register: Path, tmp_path: Path) -> None:
    assert linkage("init", register, "--out", tmp_path / "new" / "linkage.toml").code == 2


def test_paths_are_relative_to_the_project_file(register: Path, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (source,) = recognise([register], tmp_path / "project").proposals
    assert source.paths == ("../register.csv",)


# --- what is written -----------------------------------------------------------------------------


def test_nothing_of_a_record_is_written_or_printed(linkage, register: Path, tmp_path: Path) -> None:
    said = linkage("init", register, "--out", tmp_path / "linkage.toml")
    told = linkage("init", register, "--out", tmp_path / "linkage.toml", "--json", "--force")
    text = (tmp_path / "linkage.toml").read_text(encoding="utf-8")
    values = {cell for line in register.read_text(encoding="utf-8").splitlines()[1:] for cell in line.split(",")}
    assert len(values) > 100
    for where in (said.out, said.err, told.out, text):
        assert [value for value in values if value in where] == []


def test_nothing_of_a_record_is_written_for_england(all_of_england: Path, tmp_path: Path) -> None:
    found = recognise([all_of_england / "returns", all_of_england / "local"], all_of_england)
    words = project_text(found, name="england").replace('"', " ").replace(",", " ").split()
    assert [word for word in words if is_telling(word.strip("();:"))] == []


@pytest.mark.parametrize("name", ['He said "UPN"', "UPN\nof child", "UPN \\ # 1", "ÜPN UPN"])
def test_any_column_name_can_be_written(children: Children, write: Write, tmp_path: Path, name: str) -> None:
    path = write("x.csv", (name, "Sur\nname", "First\tname", "DOB"), [
        [children.upn(), children.surname(), children.forename(), children.dob()] for _ in range(20)])  # fmt: skip
    text = project_text(recognise([path], tmp_path), name="x")
    (tmp_path / "linkage.toml").write_text(text, encoding="utf-8")
    spec = read_project(tmp_path / "linkage.toml").sources["x"]
    con = connect(threads=1, memory="500MB")
    assert set(load_source(con, spec, tmp_path).fields) >= {"surname", "forename", "dob"}
    con.close()


def test_sources_with_like_names_get_numbers(register: Path, tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        shutil.copy(register, tmp_path / folder / "2024 list.csv")
    names = [item.name for item in recognise([tmp_path / "a", tmp_path / "b", tmp_path / "c"], tmp_path).proposals]
    assert names == ["t_2024_list", "t_2024_list_2", "t_2024_list_3"]


def test_reasons_stand_beside_what_they_are_for(register: Path, tmp_path: Path) -> None:
    lines = project_text(recognise([register], tmp_path), name="x").splitlines()
    assert 'upn = "UPN"   # certain: its heading says so; 100% of 30 values pass the check letter' in lines
    assert 'key = "Ref"   # filled and different in all 30 rows' in lines
    assert "#   register: no two records share their upn, 30 known" in lines


def test_a_return_that_no_one_signs_says_that_its_authority_is_missing(write: Write, tmp_path: Path) -> None:
    path = write("header.csv", ("CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"),
                 [["1", "1", "01/02/2012", "WBRI", "UN1", "", ""]])  # fmt: skip
    source = only(recognise([path], tmp_path))
    assert (source.authority, source.sureness) == ("000", "guess")
    assert "put in the authority's three digits" in source.notes[0]


def test_the_only_authority_that_is_named_is_the_likeliest(write: Write, tmp_path: Path) -> None:
    path = write("header.csv", ("CHILD", "SEX", "DOB", "ETHNIC", "UPN"), [["1", "1", "01/02/2012", "WBRI", "UN1"]])
    (tmp_path / "cin.xml").write_text(
        "<Message><Header><CollectionDetails><Collection>CIN</Collection><ReferenceDate>2024-03-31</ReferenceDate>"
        "</CollectionDetails><Source><LEA>301</LEA></Source></Header><Children><Child><ChildIdentifiers>"
        "<LAchildID>1</LAchildID></ChildIdentifiers></Child></Children></Message>", encoding="utf-8")  # fmt: skip
    told = {item.format: item for item in recognise([path, tmp_path / "cin.xml"], tmp_path).proposals}
    assert told["ssda903"].authority == told["cin_census"].authority == "301"
    assert "guess" in told["ssda903"].notes[0]


# --- archives ------------------------------------------------------------------------------------


def test_an_archive_is_looked_into_and_runs_as_it_is(england: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for path in sorted((england / "returns").rglob("*.*")):
            archive.write(path, path.relative_to(england / "returns"))
        archive.writestr("../outside.csv", "UPN,DOB\n")
        archive.writestr("inner.zip", "")
        archive.writestr("__MACOSX/._x.csv", "")
    before = sorted(tmp_path.rglob("*"))
    found = recognise([tmp_path / "data.zip"], tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert [item.name for item in found.proposals] == [
        "cin_2023", "cin_2024", "cla_2024", "census_2023_spring", "census_2024_spring"]  # fmt: skip
    assert {other.shown for other in found.others} == {"data.zip/../outside.csv", "data.zip/inner.zip"}
    assert {item.name: item.paths for item in found.proposals}["cla_2024"] == ("data.zip/cla",)

    (tmp_path / "linkage.toml").write_text(project_text(found, name="x"), encoding="utf-8")
    run_project(read_project(tmp_path / "linkage.toml"), out=tmp_path / "run", threads=2)
    read = duckdb.sql(f"select distinct file from '{tmp_path}/run/rows.parquet'").fetchall()
    inside = {path.relative_to(england / "returns").as_posix() for path in (england / "returns").rglob("*.*")}
    assert {name for (name,) in read} <= {f"data.zip/{name}" for name in inside}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.zip", "linkage.toml", "run"]
    assert not [path for path in (tmp_path / "run").rglob("*") if path.suffix in (".csv", ".xml") and
                path.parent.name not in ("diagnostics", "public")]  # fmt: skip


def test_an_archive_beside_its_unpacked_files_is_read_once(register: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.write(register, "register.csv")
    (tmp_path / "data").mkdir()
    register.rename(tmp_path / "data" / "register.csv")
    found = recognise([tmp_path], tmp_path)
    assert [item.paths for item in found.proposals] == [("data/register.csv",)]
    assert found.others[0].looks_like == "a file that is unpacked already"


def test_tables_in_an_archive_are_looked_into(register: Path, england: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.write(register, "deep/register.csv")
        archive.write(england / "local" / "early_help.xlsx", "early_help.xlsx")
    names = {item.name: item.paths for item in recognise([tmp_path / "data.zip"], tmp_path).proposals}
    assert names == {"register": ("data.zip/deep/register.csv",), "early_help_2023_24": ("data.zip/early_help.xlsx",)}


def test_a_broken_archive_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data.zip").write_bytes(b"PK\x03\x04 and no more")
    (other,) = recognise([tmp_path / "data.zip"], tmp_path).others
    assert other.looks_like == "a ZIP archive"


# --- bounds --------------------------------------------------------------------------------------


def test_of_a_long_file_only_the_beginning_is_read(tmp_path: Path, children: Children, monkeypatch) -> None:
    from linkage.recognise import places

    monkeypatch.setattr(places, "HEAD_BYTES", 10_000)
    read: list[int] = []
    head = places.DataFile.head

    def noted(self: places.DataFile, size: int = places.HEAD_BYTES) -> tuple[bytes, bool]:
        content, whole = head(self, size)
        read.append(len(content))
        return content, whole

    monkeypatch.setattr(places.DataFile, "head", noted)
    lines = "".join(f"{children.upn()},{children.dob()}\n" for _ in range(5_000))
    (tmp_path / "long.csv").write_text("UPN,DOB\n" + lines, encoding="utf-8")
    child = "<Child><ChildIdentifiers><LAchildID>{}</LAchildID></ChildIdentifiers></Child>"
    (tmp_path / "long.xml").write_text(
        "<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2024</Year></CollectionDetails>"
        "</Header><Children>" + "".join(map(child.format, range(5_000))) + "</Children></Message>", encoding="utf-8",
    )  # fmt: skip
    found = recognise([tmp_path / "long.csv", tmp_path / "long.xml"], tmp_path)
    assert {item.format for item in found.proposals} == {"table", "cin_census"}
    assert not any(part.whole for item in found.proposals for part in item.parts)
    assert max(read) == 10_000


def test_the_text_is_toml_without_any_source_that_cannot_be_read(register: Path, tmp_path: Path, monkeypatch) -> None:
    from linkage.recognise import grouping

    monkeypatch.setattr(grouping, "FORMATS", {})
    text = project_text(recognise([register], tmp_path), name="x")
    assert "sources" not in tomllib.loads(text)
    assert "# [sources.register]" in text


def test_json_holds_no_value_either(register: Path, tmp_path: Path) -> None:
    from linkage.recognise import as_dict

    text = json.dumps(as_dict(recognise([register], tmp_path)))
    values = {cell for line in register.read_text(encoding="utf-8").splitlines()[1:] for cell in line.split(",")}
    assert [value for value in values if value in text] == []
