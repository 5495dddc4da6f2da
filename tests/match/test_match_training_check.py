"""m by labels is checked against pairs that no UPN tells of, and a clear difference is a doubt."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_run import Row, child_model, job, load, rule, run_rules, stages, town

from linkage.match import training
from linkage.match.pool import make_pool
from linkage.match.training import train
from linkage.match.training_check import TRAINING_CHECK, check_without_upn
from linkage.sql import Connection, rows

WITH, WITHOUT = 400, 200


def children(*, moved: bool) -> list[Row]:
    """Children in two sources, the last of them without a UPN; these have moved, if so."""
    listed = []
    for row in town(WITH + WITHOUT):
        number = int(row["upn"][1:])
        other = {"postcode": f"QQ{number % 50 + 1} 1AA"} if moved and row["source"] == "right" else {}
        listed.append(row if number < WITH else {name: v for name, v in row.items() if name != "upn"} | other)
    return listed


def doubts(con: Connection, monkeypatch: pytest.MonkeyPatch, **given: Any) -> tuple[str, ...]:
    run = run_rules(load(con, children(**given)), [rule("upn")])
    stages.candidates(job(run, [rule("upn")], child_model()))
    monkeypatch.setattr(training, "FEWEST_LABELS", 100)
    return check_without_upn(con, child_model(), train(con, child_model(), [rule("upn")], seed=1).parameters)


def test_children_without_a_upn_who_move_more_are_a_doubt(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    found = doubts(con, monkeypatch, moved=True)
    assert any(text.startswith("labels_and_others_differ: postcode, same, by -") for text in found)
    assert any(text.startswith("labels_and_others_differ: postcode, differs, by +") for text in found)
    assert not any("surname" in text for text in found if text.startswith("labels_and_others_differ"))
    checked = dict(rows(con, f"select level_no, m_without_upn from {TRAINING_CHECK} where comparison = 'postcode'"))
    assert checked[3] > 0.5


def test_children_without_a_upn_who_are_like_the_others_are_none(
    con: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = doubts(con, monkeypatch, moved=False)
    assert not any(text.startswith("labels_and_others_differ") for text in found)
    assert "too_few_others_to_check: m rests on labels alone" not in found


def test_where_all_have_a_upn_there_is_nothing_to_check_by(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "FEWEST_LABELS", 100)
    run_rules(load(con, town(200)), [rule("upn")])
    make_pool(con)
    con.execute("create table candidates as select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0")
    trained = train(con, child_model(), [rule("upn")], seed=1)
    assert check_without_upn(con, child_model(), trained.parameters) == (
        "too_few_others_to_check: m rests on labels alone",
    )
    assert rows(con, f"select count(*) from {TRAINING_CHECK}") == [(0,)]
