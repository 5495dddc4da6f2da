"""Housemates who remain: pairs without a sure link on either side are seldom brother and sister, as counted."""

from __future__ import annotations

from math import log2

import pytest
from tiny_run import Run, child_model, load, people, run_rules

from linkage.match.doubts import DOUBTS
from linkage.match.households import USUAL_HOUSEMATES
from linkage.match.judge import JUDGED
from linkage.match.remaining import LINKED_SIDES, REMAINING, doubt_in_full, doubt_remaining
from linkage.sql import Connection, execute, rows

# Ten families of two children, AMY and BEN; all are in both sources but for those of whom a source holds one alone.
NAMES = ("AMY", "BEN")


def families(n: int, *, left: str = "AMY BEN", right: str = "AMY BEN", start: int = 0) -> list[dict[str, str]]:
    """Records of `n` families, each with a UPN a child, of the children named in each source."""
    return [
        {"source": side, "key": f"{child}{number}", "forename": child, "surname": f"FAMILY {number}",
         "dob": f"201{NAMES.index(child)}-03-09", "postcode": f"ZZ{number} 1AA", "upn": f"{child}{number}"}
        for number in range(start, start + n)
        for side, held in (("left", left), ("right", right))
        for child in held.split()
    ]  # fmt: skip


def remaining(con: Connection, listed: list[dict[str, str]], doubted: tuple[str, str], *, sure: float = 0.0) -> Run:
    """The run after its rules, with one doubted pair of 8 bits, which a model judged with a confidence of `sure`."""
    run = run_rules(load(con, listed))
    left, right = (run.names.index(name) for name in doubted)
    execute(con, f"""create table {JUDGED} as select {left}::bigint as record_id_l, {right}::bigint as record_id_r,
                     'probabilistic' as stage, {sure} as confidence""")  # fmt: skip
    execute(con, f"""create table {DOUBTS} as select {left}::bigint as record_id_l, {right}::bigint as record_id_r,
                     -8.0::double as household_bits, -8.0::double as full_bits,
                     0.0::double as namesake_bits""")  # fmt: skip
    doubt_remaining(con, child_model())
    return run


def test_where_all_brothers_are_linked_a_pair_left_over_is_hardly_one_of_a_brother(con: Connection) -> None:
    listed = families(20) + families(5, left="AMY", right="", start=20) + families(5, left="", right="BEN", start=25)
    run = remaining(con, listed, ("left:AMY20", "right:BEN25"))
    # Each source: 40 linked records, 5 without a link. 40 pairs of a brother and a sister, none of them left over.
    chance = (5 / 45) ** 2
    ratio = (0 + 10 * chance) / ((40 + 10) * chance)
    assert rows(con, f"select ratio from {REMAINING}") == [(pytest.approx(ratio, abs=1e-6),)]
    share = USUAL_HOUSEMATES / 45
    full = (2**8 - 1 + share) / share  # h/u, of which a share makes 8 bits
    expected = -log2(1 - share * ratio + share * ratio * full)
    assert run.doubt("left:AMY20", "right:BEN25") == pytest.approx(expected, abs=1e-5)
    assert -8 < expected < -5


def test_a_pair_that_has_a_link_on_a_side_keeps_its_doubt(con: Connection) -> None:
    listed = families(20) + families(5, left="", right="BEN", start=20)
    run = remaining(con, listed, ("left:AMY0", "right:BEN20"))
    assert run.doubt("left:AMY0", "right:BEN20") == -8.0


def test_brothers_of_whom_each_source_holds_one_keep_their_doubt(con: Connection) -> None:
    # No pair of housemates but such as have no link: more remain than by chance, and the doubt is no more than it was.
    listed = families(20, left="AMY", right="AMY") + families(15, left="AMY", right="BEN", start=20)
    run = remaining(con, listed, ("left:AMY20", "right:BEN20"))
    assert rows(con, f"select ratio from {REMAINING}") == [(1.0,)]
    assert run.doubt("left:AMY20", "right:BEN20") == -8.0


@pytest.mark.parametrize(("confidence", "counts"), [(0.98, False), (0.99, True)])
def test_a_pair_that_the_model_is_sure_of_counts_as_a_link(con: Connection, confidence: float, counts: bool) -> None:
    listed = families(2) + people("source | key | forename\nleft | a | ZOE\nright | a | ZOE")
    run = remaining(con, listed, ("left:a", "right:a"), sure=confidence)
    linked = {run.names[int(str(record))] for (record,) in rows(con, f"select record_id from {LINKED_SIDES}")}
    assert len(linked - {"left:a", "right:a"}) == 8
    assert ({"left:a", "right:a"} <= linked) == counts
    by_rules = rows(con, f"select count(*) from {LINKED_SIDES} where by_rules <> 0")
    assert by_rules == [(8,)]


def test_what_links_have_lessened_is_taken_back_before_pairs_are_judged_again(con: Connection) -> None:
    listed = families(20) + families(5, left="AMY", right="", start=20) + families(5, left="", right="BEN", start=25)
    run = remaining(con, listed, ("left:AMY20", "right:BEN25"))
    lessened = run.doubt("left:AMY20", "right:BEN25")
    doubt_in_full(con)
    assert run.doubt("left:AMY20", "right:BEN25") == -8.0
    doubt_remaining(con, child_model())
    assert run.doubt("left:AMY20", "right:BEN25") == lessened > -8.0
