"""Pairs that a person decided: honoured, or refused with the lines that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_run import Run, child_model, load, packs, people, run_all, town

from linkage.errors import InputError
from linkage.match.overrides import read_overrides
from linkage.sql import Connection, rows

THREE = """
    source | key | forename | surname | dob        | upn
    left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
    right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
    third  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
    third  | 2   | OLIVER   | BENTLEY | 2007-11-20 |
    """


def overrides_file(folder: Path, *lines: str) -> Path:
    path = folder / "overrides.csv"
    path.write_text("\n".join(["source_l,key_l,source_r,key_r,verdict,reason", *lines]) + "\n", encoding="utf-8")
    return path


def linked(con: Connection, folder: Path, table: str, *lines: str) -> Run:
    """A run by rules that trusts a rule of few links."""
    return run_all(load(con, people(table)), accept=0.6, overrides=overrides_file(folder, *lines))


def test_a_must_link_joins_what_no_evidence_would(con: Connection, tmp_path: Path) -> None:
    run = linked(con, tmp_path, THREE, "left,1,third,2,must,seen on paper")
    link = run.decided["left:1", "third:2"]
    assert (link.stage, link.rule, link.decision, link.basis) == ("manual", "override", "link", "assumed")
    assert run.together("left:1", "third:2")


def test_a_must_link_that_names_the_later_source_first_is_the_same_pair(con: Connection, tmp_path: Path) -> None:
    run = linked(con, tmp_path, THREE, "third,2,left,1,must,")
    assert run.decided["left:1", "third:2"].stage == "manual"


def test_a_must_link_replaces_the_rules_link_of_the_same_pair(con: Connection, tmp_path: Path) -> None:
    run = linked(con, tmp_path, THREE, "left,1,right,1,must,")
    assert run.decided["left:1", "right:1"].stage == "manual"


def test_a_never_link_removes_the_pair_from_every_output(con: Connection, tmp_path: Path) -> None:
    table = "\n".join(THREE.strip().splitlines()[:3])
    run = linked(con, tmp_path, table, "left,1,right,1,never,adopted")
    assert run.decided == {}
    assert not run.together("left:1", "right:1")


def test_a_never_link_is_honoured_where_a_third_record_would_join_the_two(con: Connection, tmp_path: Path) -> None:
    run = linked(con, tmp_path, THREE, "left,1,right,1,never,adopted")
    assert not run.together("left:1", "right:1")
    # Both links to the third are equally sure: the earlier pair stays; of the later one no table tells.
    assert run.together("left:1", "third:1")
    assert ("right:1", "third:1") not in run.decided
    told = rows(con, "select record_id_l, record_id_r from conflicts where detail = 'never_link' order by all")
    assert told == [(run.names.index("right:1"), None), (run.names.index("third:1"), None)]


def test_a_must_link_is_honoured_where_the_two_hold_different_upns(con: Connection, tmp_path: Path) -> None:
    run = linked(con, tmp_path, """
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U2
        """, "left,1,right,1,must,the school confirmed both numbers")  # fmt: skip
    assert run.together("left:1", "right:1")


def test_a_must_link_outlasts_a_link_of_a_rule_where_the_person_would_break_a_rule(
    con: Connection, tmp_path: Path
) -> None:
    # With more than 1,000 links a rule is surer (0.9990+) than a person who decided (0.999).
    table = town(1200) + people("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 2   | NADIA    | YUSUF   | 2012-03-09 |
        """)
    sure = tuple(item.model_copy(update={"assumed_precision": 0.9999}) for item in packs().rules)
    path = overrides_file(tmp_path, "left,1,right,2,must,the mother says so")
    run = run_all(load(con, table, unique=["right"]), sure, overrides=path)
    assert run.together("left:1", "right:2")


def test_a_must_link_is_kept_by_the_model_too(con: Connection, tmp_path: Path) -> None:
    table = town(100) + people("""
        source | key | forename | surname | dob        | postcode
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        right  | 2   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        """)
    path = overrides_file(tmp_path, "left,1,right,2,must,", "left,1,right,1,never,")
    run = run_all(load(con, table), spec=child_model(), overrides=path)
    assert run.together("left:1", "right:2")
    assert ("left:1", "right:1") not in run.decided


@pytest.mark.parametrize(
    "again", ["left,1,third,2,must,", "third,2,left,1,must,"], ids=["twice", "the other way round"]
)
def test_a_line_given_twice_is_one_override(con: Connection, tmp_path: Path, again: str) -> None:
    run = linked(con, tmp_path, THREE, "left,1,third,2,must,", again)
    assert run.decided["left:1", "third:2"].stage == "manual"  # `decided` refuses a pair that appears twice


def test_a_record_must_not_be_told_to_be_itself(con: Connection, tmp_path: Path) -> None:
    load(con, people(THREE))
    with pytest.raises(InputError, match="line 2"):
        read_overrides(con, overrides_file(tmp_path, "left,1,left,1,must,"))


def test_a_never_link_against_must_links_names_all_their_lines(con: Connection, tmp_path: Path) -> None:
    load(con, people(THREE))
    path = overrides_file(
        tmp_path, "left,1,right,1,must,", "right,1,third,1,must,", "left,1,third,2,never,", "left,1,third,1,never,"
    )
    with pytest.raises(InputError) as refused:
        read_overrides(con, path)
    assert len(refused.value.faults) == 1
    assert "overrides.csv, line 5 and line 2, 3" in str(refused.value)
    assert refused.value.exit_code == 11


def test_a_pair_told_both_names_both_lines(con: Connection, tmp_path: Path) -> None:
    load(con, people(THREE))
    path = overrides_file(tmp_path, "left,1,right,1,never,", "right,1,left,1,must,")
    with pytest.raises(InputError, match="line 2 and line 3"):
        read_overrides(con, path)


def test_every_faulty_line_is_named_at_once_and_no_value_is_shown(con: Connection, tmp_path: Path) -> None:
    load(con, people(THREE))
    path = overrides_file(
        tmp_path, "left,1,right,1,perhaps,", "left,K9,right,1,must,", "nowhere,1,right,1,must,", "left,1,right,K9,must,"
    )
    with pytest.raises(InputError) as refused:
        read_overrides(con, path)
    assert [fault.where for fault in refused.value.faults] == [f"overrides.csv, line {line}" for line in (2, 3, 4, 5)]
    assert "K9" not in str(refused.value)
    assert "perhaps" not in str(refused.value)


def test_missing_columns_are_named(con: Connection, tmp_path: Path) -> None:
    path = tmp_path / "overrides.csv"
    path.write_text("source_l,key_l,verdict\nleft,1,must\n", encoding="utf-8")
    with pytest.raises(InputError, match="add source_r, key_r"):
        read_overrides(con, path)


def test_a_file_that_is_not_there_or_not_utf_8_is_an_input_error(con: Connection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no overrides file"):
        read_overrides(con, tmp_path / "overrides.csv")
    path = tmp_path / "overrides.csv"
    path.write_bytes("source_l,key_l,source_r,key_r,verdict,reason\nleft,1,right,1,must,Zoë\n".encode("cp1252"))
    with pytest.raises(InputError, match="UTF-8"):
        read_overrides(con, path)


def test_a_file_saved_by_excel_is_read(con: Connection, tmp_path: Path) -> None:
    load(con, people(THREE))
    path = tmp_path / "overrides.csv"
    path.write_bytes("\ufeffsource_l,key_l,source_r,key_r,verdict,reason\r\nleft,1,right,1,never,\r\n".encode())
    assert read_overrides(con, path) == 1
    assert rows(con, "from never_link") == [(0, 1)]


def test_without_a_file_there_are_no_overrides(con: Connection) -> None:
    assert read_overrides(con, None) == 0
    assert rows(con, "from must_link") == rows(con, "from never_link") == []
