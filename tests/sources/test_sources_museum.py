"""A museum of bad files: each is refused with what, where, expected and remedy, and no value of a record."""

from __future__ import annotations

import io
import traceback
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from linkage.errors import InputError, LinkageError, ProjectError, RefusedError
from linkage.project import SourceSpec
from linkage.sources import FORMATS, source_files

SECRET = "Zzyzxson"
PEOPLE = {"surname": "Surname", "dob": "DOB"}
CSV = f"Surname,Forename,DOB\n{SECRET},Ann,2010-01-02\n"
CIN = (
    "<Message><Header><CollectionDetails><Collection>CIN</Collection><ReferenceDate>2024-03-31</ReferenceDate>"
    "</CollectionDetails><Source><LEA>301</LEA></Source></Header><Children><Child><ChildIdentifiers>"
    f"<LAchildID>{SECRET}</LAchildID></ChildIdentifiers></Child></Children></Message>"
)
DTD = '<?xml version="1.0"?><!DOCTYPE Message [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
EPISODES_ONLY = f"CHILD,DECOM,LS\n{SECRET},01/01/2020,C2\n"
LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 70_000 + "EncryptedPackage".encode("utf-16-le")


def zipped(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, SECRET)
    return data.getvalue()


def cin(content: str | bytes, name: str = "r.xml") -> tuple[Mapping[str, Any], dict[str, Any]]:
    return {name: content}, {"format": "cin_census", "path": name}


def table(content: str | bytes, name: str = "p.csv", **more: Any) -> tuple[Mapping[str, Any], dict[str, Any]]:
    return {name: content}, {"format": "table", "path": name, "columns": PEOPLE, **more}


def cla(content: str | bytes, name: str = "e.csv") -> tuple[Mapping[str, Any], dict[str, Any]]:
    return {name: content}, {"format": "ssda903", "path": name, "authority": "301"}


def census(content: str | bytes, name: str = "c.csv") -> tuple[Mapping[str, Any], dict[str, Any]]:
    return {name: content}, {"format": "school_census", "path": name}


MUSEUM: dict[str, tuple[type[LinkageError], str, tuple[Mapping[str, Any], dict[str, Any]]]] = {
    "unknown-format": (ProjectError, "'ssda903'", ({}, {"format": "ssda930"})),
    "missing-file": (InputError, "'people.csv'", ({"people.csv": CSV}, {"format": "table", "path": "peple.csv"})),
    "glob-without-match": (InputError, "matches no file", ({}, {"format": "table", "path": "*.csv"})),
    "folder-without-files": (InputError, ".xml", ({"in/a.csv": CSV}, {"format": "cin_census", "path": "in"})),
    "empty-csv": (InputError, "empty", table("")),
    "blank-csv": (InputError, "empty", table("\ufeff\n \n")),
    "empty-xml": (InputError, "empty", cin("")),
    "no-header": (InputError, "no column", table(f"{SECRET},Ann,2010-01-02\n")),
    "unknown-column": (InputError, "'Surname'", table(CSV, columns={"surname": "Surnam", "dob": "DOB"})),
    "nothing-to-compare": (InputError, "nothing can be linked", table(CSV, columns={"sex": "Forename"})),
    "unterminated-quote": (InputError, "line 2", table(f'Surname,DOB\n"{SECRET},2010-01-02\n')),
    "row-too-wide": (InputError, "line 2", table(f"Surname,DOB\n{SECRET},2010-01-02,x\n")),
    "undefined-bytes": (InputError, "encoding", table(CSV.encode() + b"\x81\x8d,\xff,x\n")),
    "utf-16-cut": (InputError, "encoding", table(b"\xff\xfe" + CSV.encode("utf-16-le") + b"\x00\xd8\x01\x00")),
    "binary-as-csv": (InputError, "binary", table(b"\x00\x01\x02" * 100)),
    "xml-as-csv": (InputError, "CIN census", table(CIN)),
    "xlsx-as-csv": (InputError, "workbook|ZIP", table(zipped("xl/workbook.xml"))),
    "long-line": (RefusedError, "too long", table("Surname,DOB" + "x" * (2 << 20))),
    "long-second-line": (RefusedError, "line 2", table("Surname,DOB\n" + SECRET + "x" * (4 << 20))),
    "truncated-xml": (InputError, "cut off", cin(CIN[:-40])),
    "mismatched-tags": (InputError, "broken", cin(CIN.replace("</Children>", "</Kinder>"))),
    "xml-with-dtd": (RefusedError, "document type", cin(DTD + CIN)),
    "xml-with-dtd-in-utf-16": (RefusedError, "document type", cin((DTD + CIN).encode("utf-16"))),
    "903-xml-with-dtd": (RefusedError, "document type", cla(DTD + "<EXPSSDA903/>", "r.xml")),
    "xml-wrong-encoding": (InputError, "encoding", cin(CIN.replace(SECRET, "Zoë").encode("latin-1"))),
    "xml-wrong-root": (InputError, "SSDA903 return", cin("<EXPSSDA903><CHILD/></EXPSSDA903>")),
    "ilr-as-cin": (InputError, "ILR return", cin(CIN.replace(">CIN<", ">ILR<"))),
    "cin-as-903": (InputError, "CIN census return", cla(CIN, "r.xml")),
    "schema-as-return": (InputError, "schema", cin('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')),
    "web-page-as-return": (InputError, "web page", cin("<!DOCTYPE html><html><body/></html>")),
    "csv-as-xml": (InputError, "SSDA903 return: episodes", cin(EPISODES_ONLY)),
    "no-child": (InputError, "another kind", cin("<Message></Message>")),
    "no-authority": (InputError, "LEA", cin(CIN.replace("301", "x"))),
    "no-903-file": (InputError, "DECOM", cla(CSV)),
    "no-census-file": (InputError, "SSDA903 return: episodes", census(EPISODES_ONLY)),
    "text-as-xlsx": (InputError, "not a workbook", table(CSV, "p.xlsx")),
    "zip-as-xlsx": (InputError, "not a workbook", table(zipped("a.txt"), "p.xlsx")),
    "cut-xlsx": (InputError, "not a workbook", table(zipped("xl/workbook.xml")[:-10], "p.xlsx")),
    "password-xlsx": (InputError, "password", table(LOCKED, "p.xlsx")),
    "text-as-parquet": (InputError, "Parquet", table(CSV, "p.parquet")),
    "cut-parquet": (InputError, "Parquet", table(b"PAR1" + SECRET.encode() * 20 + b"PAR1", "p.parquet")),
}  # fmt: skip


@pytest.mark.parametrize("exhibit", MUSEUM)
def test_bad_file_is_refused_with_reason_and_remedy_and_no_value(load, exhibit: str) -> None:
    kind, says, (files, settings) = MUSEUM[exhibit]
    with pytest.raises(kind, match=says) as raised:
        load(files, **settings)
    assert type(raised.value) is kind
    for fault in raised.value.faults:
        assert fault.what
        assert fault.where
        assert fault.expected
        assert fault.remedy
    shown = "".join(traceback.format_exception(raised.value))
    assert SECRET not in str(raised.value)
    assert SECRET not in shown.split("def test_bad_file")[-1]


def test_missing_sheet_and_header_of_a_workbook(load, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.worksheets[0].append([SECRET, "Ann"])
    book.save(tmp_path / "b.xlsx")
    for settings, says in (({"sheet": "Shet"}, "'Sheet'"), ({}, "No sheet")):
        with pytest.raises(InputError, match=says) as raised:
            load(format="table", path="b.xlsx", columns=PEOPLE, **settings)
        assert SECRET not in str(raised.value)


def test_a_huge_line_is_refused_in_little_memory(load, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.write(b"Surname,DOB,")
        file.truncate(1 << 30)  # sparse: zeros
    with path.open("r+b") as file:
        file.write(b"x" * (3 << 20))
    tracemalloc.start()
    with pytest.raises(RefusedError, match="too long"):
        load(format="table", path="huge.csv", columns=PEOPLE)
    assert tracemalloc.get_traced_memory()[1] < 32_000_000
    tracemalloc.stop()


def test_a_workbook_that_unpacks_too_large_is_refused(load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linkage.sources.workbook.MAX_UNPACKED", 4)
    with pytest.raises(RefusedError, match="too large"):
        load({"b.xlsx": zipped("xl/workbook.xml")}, format="table", path="b.xlsx", columns=PEOPLE)


def test_a_head_full_of_comments_is_told_quickly(load) -> None:
    with pytest.raises(InputError):
        load({"r.xml": "<!---->" * 9_000 + "!"}, format="cin_census", path="r.xml")


def test_formats_describe_themselves(tmp_path: Path) -> None:
    assert {"cin_census", "ssda903", "school_census", "annex_a", "s251", "sen2", "table"} <= set(FORMATS)
    for name, form in FORMATS.items():
        assert form.name == name
        assert form.title
        assert form.files
        assert form.key
        assert form.fields
        assert form.notes
    (tmp_path / "b.csv").touch()
    (tmp_path / "a.csv").touch()
    (tmp_path / "~$a.xlsx").touch()
    spec = SourceSpec(name="s", format="table", path=(".",))
    assert [path.name for path in source_files(spec, tmp_path)] == ["a.csv", "b.csv"]
