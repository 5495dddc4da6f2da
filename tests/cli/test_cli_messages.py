"""Whatever is wrong: the right exit code, where it is, what to do, no traceback, and nothing about a person."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_project import (
    CIN,
    CIN_PROJECT,
    HEADER,
    PERSONAL,
    PROJECT,
    ROWS,
    tiny_project,
    write_project,
    write_tables,
)

from linkage.packs import bundled


@dataclass(frozen=True)
class Bad:
    """What is wrong, the exit code it has, and words that the message must have."""

    name: str
    code: int
    words: tuple[str, ...]
    left: str | bytes | None = None
    more: str = ""
    project: str | None = None


def table(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


INPUTS = (
    Bad("missing_file", 11, ("no such file", "lefft.csv", "nearest there: 'left.csv'", "check `path`"),
        project=PROJECT.replace("left.csv", "lefft.csv")),
    Bad("empty_file", 11, ("is empty", "left.csv", "column names"), left=""),
    Bad("only_blanks", 11, ("is empty", "left.csv"), left=" \n\r\n"),
    Bad("only_a_header", 11, ("no record of a child", "left"), left=table()),
    Bad("no_key_in_any_row", 11, ("no record of a child", "left"), left=table(*(row[1:] for row in ROWS))),
    Bad("wrong_encoding", 11, ("encoding", "left.csv", "UTF-8"),
        left=table(ROWS[0]).encode() + b"2,Zo\x81,Quillfeather,,,\n"),
    Bad("utf_16_cut_off", 11, ("left.csv",), left=table(*ROWS).encode("utf-16")[:-1]),
    Bad("binary", 11, ("not a CSV file", "left.csv"), left=b"PK\x03\x04\x00\x00"),
    Bad("row_too_wide", 11, ("more cells", "left.csv, line 3", "6 cells"),
        left=table(ROWS[0], "2,Barnaby,Thistlewood,2011-02-03,,ZZ9 9ZY,more")),
    Bad("open_quote", 11, ("left.csv, line 2",), left=table('1,"Zoraida,Quillfeather,2010-05-01,,')),
    Bad("unknown_column", 11, ("no column 'fore name'", "left.csv", "correct the name"),
        project=PROJECT.replace('"fn"', '"fore name"')),
    Bad("nothing_to_compare", 11, ("no identifier, no name", "left.csv", "map them"),
        project=PROJECT.replace('forename = "fn"\nsurname = "sn"\ndob = "born"\nupn = "upn"\n', "")),
    Bad("missing_overrides", 11, ("no overrides file", "mine.csv"), more='[link]\noverrides = "mine.csv"\n'),
    Bad("truncated_xml", 11, ("cut off or broken", "cin.xml, line 1"), left=CIN[: CIN.index("</Ethnicity>")],
        project=CIN_PROJECT),
    Bad("another_xml", 11, ("another kind", "cin.xml"), left="<html><body>Quillfeather</body></html>",
        project=CIN_PROJECT),
    Bad("billion_laughs", 12, ("document type", "cin.xml"), project=CIN_PROJECT,
        left='<!DOCTYPE l [<!ENTITY a "Quillfeather"><!ENTITY b "&a;&a;&a;&a;">]>' + CIN.replace(">1<", ">&b;<")),
    Bad("external_entity", 12, ("document type", "cin.xml"), project=CIN_PROJECT,
        left='<!DOCTYPE l [<!ENTITY a SYSTEM "linkage.toml">]>' + CIN.replace(">1<", ">&a;<")),
)  # fmt: skip

PROJECTS = (
    Bad("no_toml", 10, ("not valid TOML", "linkage.toml", "line 2"), project="[project]\nname = tiny\n"),
    Bad("not_utf_8", 10, ("not UTF-8", "linkage.toml"), project="\ud800"),
    Bad("unknown_key", 10, ("Unknown key 'kye'", "sources.left.kye", "'key'"),
        project=PROJECT.replace("key =", "kye =")),
    Bad("unknown_section", 10, ("Unknown key 'lnk'", "'link'"), more="[lnk]\naccept = 0.9\n"),
    Bad("unknown_field", 10, ("'forname'", "'forename'"), project=PROJECT.replace("forename =", "forname =")),
    Bad("unknown_format", 10, ("'tabel'", "'table'", "linkage formats"), project=PROJECT.replace('"table"', '"tabel"')),
    Bad("threshold", 10, ("link.accept", "less than or equal to 1"), more="[link]\naccept = 95\n"),
    Bad("thresholds_crossed", 10, ("Review must not be larger",), more="[link]\naccept = 0.5\nreview = 0.9\n"),
    Bad("unknown_source", 10, ("'rihgt'", "'right'"), more='[link]\nunique = ["rihgt"]\n'),
    Bad("unknown_subgroup", 10, ("'ethnicty'", "'ethnicity'"), more='[diagnostics]\nsubgroups = ["ethnicty"]\n'),
    Bad("memory", 10, ("run.memory", "8GB"), more='[run]\nmemory = "lots"\n'),
    Bad("name_twice", 10, ("not valid TOML", "linkage.toml"), more='[sources.left]\nformat = "table"\npath = "x"\n'),
    Bad("missing_rules", 10, ("no rule pack called 'demografics'", "'demographics'"),
        more='[link]\nrules = ["demografics"]\n'),
    Bad("missing_model", 10, ("no model called 'chidl'", "'child'"), more='[link]\nmodel = "chidl"\n'),
)  # fmt: skip


def assert_told(said, bad: Bad) -> None:
    assert said.code == bad.code, said.err
    for word in bad.words:
        assert word in said.err, f"{word!r} is not in:\n{said.err}"
    assert "error: " in said.err
    assert "bug" not in said.err
    assert not [value for value in PERSONAL if value in said.err + said.out]


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("bad", INPUTS, ids=lambda bad: bad.name)
def test_a_bad_input_is_told(linkage, tmp_path: Path, bad: Bad, command: str) -> None:
    if command == "check" and bad.name in ("missing_overrides", "only_a_header", "no_key_in_any_row"):
        return  # nothing to say before a run
    write_tables(tmp_path, left=bad.left)
    (tmp_path / "left.csv").rename(tmp_path / ("cin.xml" if bad.project == CIN_PROJECT else "left.csv"))
    project = write_project(tmp_path, (bad.project or PROJECT) + bad.more)
    out = ("--out", tmp_path / "run") if command == "run" else ()
    assert_told(linkage(command, project, *out), bad)


@pytest.mark.parametrize("bad", PROJECTS, ids=lambda bad: bad.name)
def test_a_bad_project_is_told(linkage, tmp_path: Path, bad: Bad) -> None:
    write_tables(tmp_path)
    project = tmp_path / "linkage.toml"
    project.write_bytes(((bad.project or PROJECT) + bad.more).encode("utf-8", "surrogatepass"))
    assert_told(linkage("run", project, "--out", tmp_path / "run"), bad)


RULES, MODEL = "rules/identifiers.toml", "models/child/model.toml"
TYPOS = (
    (RULES, 'match = ["upn"]', 'match = ["upm"]', ("'upm'", "'upn'")),
    (RULES, 'title = "', 'titel = "', ("'titel'", "'title'")),
    (RULES, "[[rule]]", "[[rulle]]", ("'rulle'", "'rule'")),
    (RULES, "assumed_precision = 0.", "assumed_precision = 7.", ("assumed_precision",)),
    (MODEL, 'null = "forename_l is null', 'null = "forenam_l is null', ("'forename'", "null", "condition")),
    (MODEL, 'when = "forename_l = ', 'when = "forename_l = = ', ("level 'same'", "condition")),
    (MODEL, 'tf = "surname"', 'tf = "surnmae"', ("'surnmae'", "'surname'")),
    (MODEL, '[[block]]\ncolumns = ["', '[[block]]\ncolumns = ["zz', ("block 1", "no column 'zz")),
    (MODEL, "[[comparison]]", "[[comparision]]", ("'comparision'", "'comparison'")),
    (MODEL, "m = 0.", "m = 5.", ("less than 1",)),
)


@pytest.mark.parametrize(("pack", "right", "wrong", "words"), TYPOS, ids=lambda value: str(value)[:24].strip('[="'))
def test_a_typo_in_a_pack_is_told(linkage, tmp_path: Path, pack: str, right: str, wrong: str, words) -> None:
    kind = "models" if pack == MODEL else "rules"
    text = (bundled(kind).parent / pack).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "mine.toml").write_text(text.replace(right, wrong, 1), encoding="utf-8")
    project = tiny_project(
        tmp_path, more='[link]\nmodel = "mine.toml"\n' if kind == "models" else '[link]\nrules = ["mine.toml"]\n'
    )
    assert_told(linkage("run", project, "--out", tmp_path / "run"), Bad("typo", 10, words))


def test_many_faults_are_told_in_a_page(linkage, tmp_path: Path) -> None:
    text = (bundled("models") / "child" / "model.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace(" m = ", " mm = "), encoding="utf-8")
    said = linkage("run", tiny_project(tmp_path, more='[link]\nmodel = "mine.toml"\n'), "--out", tmp_path / "run")
    assert said.code == 10
    assert said.err.count("error: ") == 20
    assert "more faults like these" in said.err


def test_after_a_bad_input_is_mended_the_same_command_works(linkage, tmp_path: Path) -> None:
    project = tiny_project(tmp_path, left="")
    assert linkage("run", project, "--out", tmp_path / "run").code == 11
    write_tables(tmp_path)
    assert linkage("run", project, "--out", tmp_path / "run").code == 0


def test_a_missing_project_file_is_told(linkage, tmp_path: Path) -> None:
    assert_told(linkage("run", tmp_path / "none.toml"), Bad("none", 10, ("no such project file", "none.toml")))


def test_a_folder_in_the_place_of_a_project_file_is_told(linkage, tmp_path: Path) -> None:
    assert_told(linkage("check", tmp_path), Bad("folder", 10, ("cannot be read",)))


@pytest.mark.parametrize(
    ("option", "value"),
    [("--threads", "0"), ("--threads", "100000"), ("--memory", "-5MB"), ("--memory", "8"), ("--seed", "x")],
)
def test_an_option_out_of_range_is_a_usage_error(linkage, tmp_path: Path, option: str, value: str) -> None:
    said = linkage("run", tiny_project(tmp_path), "--out", tmp_path / "run", f"{option}={value}")
    assert said.code == 2
    assert option in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "command", [("evaluate", "{}", "--truth", "x"), ("explain", "{}", "a:1"), ("explain", "{}", "a:1", "b:1")]
)
def test_a_folder_without_a_run_is_told(linkage, tmp_path: Path, command: tuple[str, ...]) -> None:
    said = linkage(*(word.format(tmp_path) for word in command))
    assert_told(said, Bad("no run", 2, ("no finished run", str(tmp_path), "manifest.json")))


def test_a_record_that_is_not_there_is_told_without_its_key(linkage, demo) -> None:
    said = linkage("explain", demo.run, "census_2024:W202200622002")
    assert said.code == 2
    assert "no record with this key" in said.err
    assert "W202200622002" not in said.err


def test_an_unknown_format_name_is_told(linkage) -> None:
    assert_told(linkage("formats", "cin_censsu"), Bad("format", 2, ("'cin_census'", "linkage formats")))


def test_our_own_bug_is_told_without_the_errors_text(linkage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise ValueError("cannot parse 'Quillfeather'")

    monkeypatch.setattr(sys.modules["linkage.cli.inputs"], "check_sources", broken)
    said = linkage("check", tiny_project(tmp_path))
    assert said.code == 1
    assert "bug" in said.err
    assert "ValueError" in said.err
    assert "Quillfeather" not in said.err
