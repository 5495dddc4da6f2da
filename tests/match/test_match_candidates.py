"""Candidate pairs: once each, the earlier source left, hot keys left out and counted, refused before they are made."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from tiny_run import Row, Run, child_model, job, load, people, run_rules, stages, town

from linkage.errors import RefusedError
from linkage.match.pool import make_pool
from linkage.packs import Block, ModelSpec
from linkage.sql import Connection, has_table


def with_blocks(*blocks: Block) -> ModelSpec:
    return child_model().model_copy(update={"block": blocks})


def candidates(
    con: Connection, listed: str | list[Row], *blocks: Block, max_pairs: int = 10**6, **settings: Any
) -> Run:
    """Passes and candidates; without blocks, those of the bundled model."""
    run = run_rules(load(con, people(listed) if isinstance(listed, str) else listed, **settings))
    spec = with_blocks(*blocks) if blocks else child_model()
    run.blocks = stages.candidates(job(run, spec=spec, max_pairs=max_pairs))["blocks"]
    return run


def test_a_pair_that_several_blocks_find_appears_once_with_the_first(con: Connection) -> None:
    run = candidates(con, """
        source | key | forename | surname | dob        | postcode
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        left   | 2   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
        """, Block(columns=("surname", "postcode")), Block(columns=("surname", "dob")))  # fmt: skip
    assert run.pairs("candidates", "block_no") == [("left:1", "right:1", 0), ("left:2", "right:1", 0)]


def test_the_earlier_source_is_left_whatever_its_name(con: Connection) -> None:
    run = candidates(con, """
        source | key | surname | dob
        zebra  | 1   | YUSUF   | 2012-03-09
        ant    | 1   | YUSUF   | 2012-03-09
        """)  # fmt: skip
    assert run.candidates == [("zebra:1", "ant:1")]


def test_what_is_unknown_agrees_with_nothing(con: Connection) -> None:
    run = candidates(con, """
        source | key | forename | surname | dob
        left   | 1   | AMINA    |         | 2012-03-09
        right  | 1   | ZARA     |         | 2012-03-09
        """, Block(columns=("surname", "dob")))  # fmt: skip
    assert run.candidates == []


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_key_that_differs_by_side_is_looked_for_both_ways_round(con: Connection, side: str) -> None:
    other = "right" if side == "left" else "left"
    listed = [
        {"source": side, "key": "1", "forename": "AMINA", "surname": "YUSUF"},
        {"source": other, "key": "1", "forename": "ZARA", "surname": "AMINA"},
    ]
    run = candidates(con, listed, Block(left=("forename",), right=("surname",)), sources=["left", "right"])
    assert run.candidates == [("left:1", "right:1")]


def test_swapped_names_are_candidates(con: Connection) -> None:
    table = """
        source | key | forename | surname | dob
        left   | 1   | AMINA    | YUSUF   | 2012-03-09
        right  | 1   | YUSUF    | AMINA   | 2012-03-19
        """
    swapped = next(block for block in child_model().block if block.left)
    assert candidates(con, table, swapped).candidates == [("left:1", "right:1")]


def test_records_of_one_source_are_candidates_only_where_the_project_wants_it(con: Connection) -> None:
    table = """
        source | key | surname | dob
        left   | 1   | YUSUF   | 2012-03-09
        left   | 2   | YUSUF   | 2012-03-09
        """
    assert candidates(con, table).candidates == []
    assert candidates(con, table, within=["left"]).candidates == [("left:1", "left:2")]


def test_a_record_linked_into_a_source_is_not_compared_with_linked_records_of_it_again(con: Connection) -> None:
    run = candidates(con, """
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        left   | 2   | ZARA     | YUSUF   | 2012-03-09 | U2
        left   | 3   | NADIA    | YUSUF   | 2012-03-09 |
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 2   | ZARA     | YUSUF   | 2012-03-09 | U2
        """)  # fmt: skip
    # The unlinked record may be a second one of either; the linked ones are done with each other.
    assert run.candidates == [("left:3", "right:1"), ("left:3", "right:2")]


def test_a_link_into_a_source_that_holds_children_once_closes_both_records(con: Connection) -> None:
    run = candidates(con, """
        source | key | forename | surname | dob        | upn
        left   | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        left   | 2   | ZARA     | YUSUF   | 2012-03-09 |
        right  | 1   | AMINA    | YUSUF   | 2012-03-09 | U1
        right  | 2   | NADIA    | YUSUF   | 2012-03-09 |
        """, unique=["left", "right"])  # fmt: skip
    assert run.candidates == [("left:2", "right:2")]


def one_birthday(left: int, right: int) -> list[Row]:
    """Children of one surname and birth date, each with a forename of their own."""
    return [
        {"source": source, "key": f"{number:03}", "forename": f"{source}{number}".upper(), "surname": "YUSUF",
         "dob": "2012-03-09"}
        for source, many in (("left", left), ("right", right)) for number in range(many)
    ]  # fmt: skip


def test_a_key_too_common_to_mean_anything_is_left_out_and_counted(con: Connection) -> None:
    rare = people("""
        source | key | surname | dob
        left   | 900 | BENTLEY | 2012-03-09
        right  | 900 | BENTLEY | 2012-03-09
        """)
    # 142 records of one key may make up to 142 x 142 = 20,164 pairs: just over the limit of 20,000.
    run = candidates(con, one_birthday(71, 71) + rare, Block(columns=("surname", "dob")))
    assert run.candidates == [("left:900", "right:900")]
    assert [(b["keys"], b["pairs"], b["hot_keys"], b["hot_pairs"]) for b in run.blocks] == [(1, 4, 1, 142 * 142)]


def test_a_key_just_under_the_limit_is_kept(con: Connection) -> None:
    run = candidates(con, one_birthday(70, 71), Block(columns=("surname", "dob")))
    assert len(run.candidates) == 70 * 71
    assert [(b["hot_keys"], b["hot_pairs"]) for b in run.blocks] == [(0, 0)]


def test_a_pair_that_a_hot_key_hides_is_still_found_by_another_block(con: Connection) -> None:
    listed = [*one_birthday(71, 71), *people("""
        source | key | forename | surname | dob
        left   | 900 | AMINA    | YUSUF   | 2012-03-09
        right  | 900 | AMINA    | YUSUF   | 2012-03-09
        """)]  # fmt: skip
    run = candidates(con, listed, Block(columns=("surname", "dob")), Block(columns=("forename", "surname")))
    assert run.candidates == [("left:900", "right:900")]


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hot_key_that_differs_by_side_is_left_out_both_ways_round(con: Connection, side: str) -> None:
    # 150 records with the forename AMINA, 150 with that as surname: 22,500 pairs, whichever source has which.
    other = "right" if side == "left" else "left"
    listed = [
        {
            "source": source,
            "key": f"{n:03}",
            "forename": forename or f"{source}{n}",
            "surname": surname or f"{source}{n}",
        }
        for source, forename, surname in ((side, "AMINA", ""), (other, "", "AMINA"))
        for n in range(150)
    ]
    block = Block(left=("forename",), right=("surname",))
    run = candidates(con, listed, block, sources=["left", "right"])
    assert run.candidates == []
    assert [(b["hot_keys"], b["hot_pairs"]) for b in run.blocks] == [(1, 150 * 150)]


def test_too_many_pairs_are_refused_before_any_is_made(con: Connection) -> None:
    # 20 records of one key: up to 400 pairs by either of two blocks.
    blocks = (Block(columns=("surname", "dob")), Block(columns=("surname",)))
    with pytest.raises(RefusedError) as refused:
        candidates(con, one_birthday(10, 10), *blocks, max_pairs=799)
    assert refused.value.exit_code == 12
    assert "800 pairs" in str(refused.value)
    assert "at most 799" in str(refused.value)
    assert not has_table(con, "candidates")


def test_as_many_pairs_as_allowed_are_made(con: Connection) -> None:
    blocks = (Block(columns=("surname", "dob")), Block(columns=("surname",)))
    assert len(candidates(con, one_birthday(10, 10), *blocks, max_pairs=800).candidates) == 100


def test_blocks_find_the_pairs_that_agree_on_their_columns_and_no_others(con: Connection) -> None:
    listed = [{name: value for name, value in row.items() if name != "upn"} for row in town(60)]
    blocks = (Block(columns=("forename", "sex")), Block(columns=("surname", "dob_year")))
    run = candidates(con, listed, *blocks)
    sides = {side: [row for row in listed if row["source"] == side] for side in ("left", "right")}
    linked = {left for left, _ in run.rule_links} | {right for _, right in run.rule_links}
    expected = {
        (f"left:{left['key']}", f"right:{right['key']}")
        for left, right in product(sides["left"], sides["right"])
        if (left["forename"], left["sex"]) == (right["forename"], right["sex"])
        or (left["surname"], left["dob"][:4]) == (right["surname"], right["dob"][:4])
    }
    assert set(run.candidates) == {pair for pair in expected if not set(pair) <= linked}


def test_more_than_120_sources_are_refused(con: Connection) -> None:
    listed = [{"source": f"s{number:03}", "key": "1", "upn": "U1"} for number in range(121)]
    load(con, listed)
    with pytest.raises(RefusedError, match="too many sources"):
        make_pool(con)


def test_120_sources_are_linked_each_with_each(con: Connection) -> None:
    listed = [{"source": f"s{number:03}", "key": "1", "upn": "U1"} for number in range(120)]
    assert len(run_rules(load(con, listed)).rule_links) == 120 * 119 // 2


ONE_NAME = """
    source | key  | forename | surname | dob
    left   | born | AMINA    | YUSUF   | 2012-03-09
    left   | none | AMINA    | YUSUF   |
    left   | less | AMINA    |         |
    right  | born | AMINA    | YUSUF   | 2011-01-01
    right  | none | AMINA    | YUSUF   |
    """


def test_a_block_for_what_is_missing_finds_only_pairs_of_which_a_side_lacks_it(con: Connection) -> None:
    run = candidates(con, ONE_NAME, Block(columns=("forename", "surname"), missing=("dob",)))
    assert run.candidates == [
        ("left:born", "right:none"), ("left:none", "right:born"), ("left:none", "right:none")
    ]  # fmt: skip
    # Four of the name, two of them with a birth date: 4 x 4 - 2 x 2 at most.
    assert [(block["keys"], block["pairs"]) for block in run.blocks] == [(1, 12)]


def test_any_of_several_missing_columns_will_do(con: Connection) -> None:
    run = candidates(con, ONE_NAME, Block(columns=("forename",), missing=("dob", "surname")))
    assert len(run.candidates) == 3 * 2 - 1
    assert ("left:born", "right:born") not in run.candidates


def test_a_block_for_what_is_missing_may_differ_by_side(con: Connection) -> None:
    run = candidates(con, """
        source | key  | forename | surname | dob
        left   | born | AMINA    | YUSUF   | 2012-03-09
        left   | none | AMINA    | YUSUF   |
        right  | born | YUSUF    | AMINA   | 2012-03-09
        """, Block(left=("forename", "surname"), right=("surname", "forename"), missing=("dob",)))  # fmt: skip
    assert run.candidates == [("left:none", "right:born")]


def test_a_common_key_is_not_hot_for_pairs_that_a_block_does_not_look_at(con: Connection) -> None:
    # 300 of one name: 90,000 pairs, but all of them with a birth date; of one more without one, 601 at most.
    listed = [{"source": source, "key": f"{n:03}", "forename": "AMINA", "dob": f"2012-03-{n % 28 + 1:02}"}
              for source in ("left", "right") for n in range(150)]  # fmt: skip
    whole = Block(columns=("forename",), missing=("dob",))
    run = candidates(con, [*listed, {"source": "left", "key": "x", "forename": "AMINA"}], whole)
    assert [(block["pairs"], block["hot_keys"]) for block in run.blocks] == [(301 * 301 - 300 * 300, 0)]
    assert len(run.candidates) == 150


def test_where_nothing_is_missing_a_block_for_it_has_no_keys(con: Connection) -> None:
    run = candidates(con, town(20), Block(columns=("forename",), missing=("dob",)))
    assert [(block["keys"], block["pairs"]) for block in run.blocks] == [(0, 0)]
    assert run.candidates == []
