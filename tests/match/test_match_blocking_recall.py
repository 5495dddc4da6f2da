"""What blocking loses: known pairs that agree on no rule, or only on a key that is left out, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_run import Row, child_model, job, load, people, rule, run_rules, stages

from linkage.match import candidates
from linkage.match.blocking_recall import ALL_RULES, BLOCKING_RECALL
from linkage.packs import Block
from linkage.sql import Connection, rows

# Known by UPN. 1 agrees on surname and birth date, 2 on forename and birth date, 3 on both, 4 on none.
CHILDREN = """
    source | key | forename | surname   | dob        | upn
    left   | 1   | AMINA    | YUSUF     | 2012-03-09 | U1
    right  | 1   | MINA     | YUSUF     | 2012-03-09 | U1
    left   | 2   | PETRA    | ARKWRIGHT | 2011-02-03 | U2
    right  | 2   | PETRA    | UNDERHILL | 2011-02-03 | U2
    left   | 3   | OTIS     | GUPTA     | 2010-01-01 | U3
    right  | 3   | OTIS     | GUPTA     | 2010-01-01 | U3
    left   | 4   | IGOR     | SZABO     | 2009-05-06 | U4
    third  | 4   | EGOR     | SABO      | 2009-06-05 | U4
"""


def counted(con: Connection, listed: list[Row], *blocks: Block) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    spec = child_model().model_copy(update={"block": blocks})
    run = run_rules(load(con, listed), [rule("upn")])
    facts = stages.candidates(job(run, [rule("upn")], spec))
    return facts, rows(con, f"from {BLOCKING_RECALL} order by all")


def test_known_pairs_are_counted_by_rule_and_pair_of_sources(con: Connection) -> None:
    facts, found = counted(con, people(CHILDREN), Block(columns=("surname", "dob")), Block(columns=("forename", "dob")))
    assert (facts["identified_pairs"], facts["identified_pairs_blocked"]) == (4, 3)
    assert found == [
        (0, 1, ALL_RULES, 3, 3, 2), (0, 1, 0, 3, 2, 1), (0, 1, 1, 3, 2, 1),
        (0, 2, ALL_RULES, 1, 0, 0), (0, 2, 0, 1, 0, 0), (0, 2, 1, 1, 0, 0),
    ]  # fmt: skip


def test_a_rule_of_two_sides_finds_either_way_round(con: Connection) -> None:
    swapped = people("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | YUSUF    | AMINA   | 2012-03-09 | U1
        """)
    facts, _ = counted(con, swapped, Block(left=("forename", "surname"), right=("surname", "forename")))
    assert facts["identified_pairs_blocked"] == 1


def test_a_rule_for_want_of_a_birth_date_finds_only_where_it_is_missing(con: Connection) -> None:
    listed = people("""
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 1   | AMINA    | YUSUF   |            | U1
        left   | 2   | OTIS     | GUPTA   | 2010-01-01 | U2
        right  | 2   | OTIS     | GUPTA   | 2010-01-01 | U2
        """)
    facts, _ = counted(con, listed, Block(columns=("forename", "surname"), missing=("dob",)))
    assert facts["identified_pairs_blocked"] == 1


def test_a_key_that_is_left_out_finds_nothing(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    # Six of one name and day make 36 pairs at most.
    others = [{"source": source, "key": f"x{n}", "forename": f"X{n}", "surname": "GUPTA", "dob": "2010-01-01"}
              for source in ("left", "right") for n in range(2)]  # fmt: skip
    block = Block(columns=("surname", "dob"))
    assert counted(con, people(CHILDREN) + others, block)[0]["identified_pairs_blocked"] == 2
    monkeypatch.setattr(candidates, "LARGEST_BLOCK_PAIRS", 30)
    assert counted(con, people(CHILDREN) + others, block)[0]["identified_pairs_blocked"] == 1


def test_without_identifiers_nothing_is_known(con: Connection) -> None:
    listed = [{name: value for name, value in row.items() if name != "upn"} for row in people(CHILDREN)]
    facts, found = counted(con, listed, Block(columns=("surname", "dob")))
    assert (facts["identified_pairs"], facts["identified_pairs_blocked"], found) == (0, 0, [])
