"""Two runs side by side, made by hand: what differs, why, and how much of it is allowed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linkage.diagnostics.differences import Churn, LinkChange, PersonChange, differences
from tests.conftest import call

Link = tuple[str, str, str]  # left, right, stage


def make_run(
    folder: Path, persons: Sequence[str], links: Sequence[Link], *, rules: str = "r", model: str = "m"
) -> Path:
    """A finished run: persons as `a1+b1 b2` (records of one person joined), sex by the number of the key."""
    folder.mkdir()
    grouped = [(record[0], record[1:], f"p_{group}", len(group.split("+"))) for group in persons
               for record in group.split("+")]  # fmt: skip
    with duckdb.connect() as con:

        def write(name: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
            con.execute(f"create or replace table t ({columns})")
            con.executemany(f"insert into t values ({', '.join('?' * len(rows[0]))})", rows) if rows else None
            con.execute(f"copy t to '{folder / name}.parquet' (format parquet)")

        write("persons", "source varchar, key varchar, person_id varchar, person_size int", grouped)
        write("records", "source varchar, key varchar, rows int, sex varchar",
              [(source, key, 1, "F" if key == "1" else "M") for source, key, *_ in grouped])  # fmt: skip
        ends = ", ".join(f"{name} varchar" for name in ("source_l", "key_l", "source_r", "key_r", "stage", "decision"))
        write("links", ends,
              [(left[0], left[1:], right[0], right[1:], stage, "link") for left, right, stage in links])  # fmt: skip
    manifest = {"hashes": {"packs": {"rules/x": rules, "models/y": model}}, "versions": {},
                "configuration": {"link": {"accept": 0.95}, "sources": {"a": {}, "b": {}}}}  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


RULE, SCORE = "deterministic", "probabilistic"


def test_links_and_persons_by_cause(tmp_path: Path) -> None:
    old = make_run(tmp_path / "old", ["a1+b1", "a2+b2", "b3"], [("a1", "b1", RULE), ("a2", "b2", SCORE)])
    new = make_run(
        tmp_path / "new", ["a1+b1", "a2", "b2", "b3+a4"], [("b1", "a1", RULE), ("b3", "a4", RULE)], model="other"
    )
    found = differences(old, new)
    assert (found.records.gone, found.records.both, found.records.new, found.records.changed) == (0, 5, 1, None)
    assert found.links == (LinkChange("gained", RULE, "data", 1), LinkChange("kept", RULE, "", 1),
                           LinkChange("lost", SCORE, "model", 1))  # fmt: skip
    assert found.persons == (PersonChange("kept", "", 2), PersonChange("split", "model", 1))
    assert found.pairs == {"together in both": 1, "no longer": 1, "newly": 0}
    # b3 has another id now, but not other companions among the records of both runs.
    assert found.churn == (Churn("all", "all", 5, 2, 3), Churn("sex", "F", 2, 0, 0), Churn("sex", "M", 3, 2, 3))


@pytest.mark.parametrize(("changed", "cause"), [({"rules": "z"}, "rules"), ({"model": "z"}, "model"), ({}, "data")])
def test_what_is_another_is_the_cause(tmp_path: Path, changed: dict[str, str], cause: str) -> None:
    old = make_run(tmp_path / "old", ["a1", "b1"], [])
    new = make_run(tmp_path / "new", ["a1+b1"], [("a1", "b1", RULE)], **changed)
    found = differences(old, new)
    assert found.links == (LinkChange("gained", RULE, cause, 1),)
    assert found.persons == (PersonChange("merged", cause, 1),)


def test_the_command_prints_json_and_fails_where_more_moved_than_allowed(tmp_path: Path) -> None:
    old = make_run(tmp_path / "old", ["a1+b1", "a2"], [("a1", "b1", RULE)])
    new = make_run(tmp_path / "new", ["a1", "b1", "a2"], [])
    said = call("diff", old, new, "--json")
    assert said.code == 0
    assert said.json["share_moved"] == pytest.approx(2 / 3, abs=1e-6)
    assert said.json["churn"][0]["rate"]["x"] == 2
    assert call("diff", old, new, "--most-churn", "0.7").code == 0
    failed = call("diff", old, new, "--most-churn", "0.5")
    assert failed.code == 13
    assert "no longer" in failed.out
    assert call("diff", old, tmp_path, "--json").code == 2


def test_a_run_beside_itself_has_no_difference(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", ["a1+b1", "a2"], [("a1", "b1", RULE)])
    found = differences(run, run)
    assert found.share_moved == 0
    assert {item.what for item in (*found.links, *found.persons)} == {"kept"}
