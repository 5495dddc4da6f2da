"""The second pass on families made by hand: what it may move, and what it must leave as it is.

What a reason is worth is given (`SHARES`), so that weights can be worked out; that it is learnt rightly is tested in
`test_second_pass_learning`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_run import Run, child_model, load, packs, people, run_all, town

from linkage.diagnostics.finished import RecordName
from linkage.diagnostics.pair_evidence import evidence_of
from linkage.diagnostics.second_pass_changes import write_second_pass
from linkage.match.family_evidence import FAMILY_EVIDENCE
from linkage.match.judge import JUDGED, SURE_CONFIDENCE
from linkage.second_pass import CHANGES, _take_back, learning
from linkage.second_pass.pairs import WEAK
from linkage.sql import Connection, connect, count, execute, has_table, rows
from linkage.tables import CONFLICTS, DECIDED, LINKS, PERSONS

# The family moved: what is said of Ben is his name alone, and Anna's UPN is all that is known of the two homes.
MOVED = """
source | key | forename | surname | sex | dob | postcode | upn
left | a1 | ANNA | OKONKWO | F | 2008-03-04 | ZZ1 1AA | U1
left | a2 | BEN | OKONKWO | M | 2010-05-06 | ZZ1 1AA |
right | b1 | ANNA | OKONKWO | F | 2008-03-04 | YY9 9ZZ | U1
right | b2 | BEN | OKONKWO | M | | YY9 9ZZ |
"""
# Cara is in both sources; her brother Dan in one, her sister Dana in the other.
SIBLINGS = """
source | key | forename | surname | sex | dob | postcode | upn
left | c1 | CARA | PETROV | F | 2008-03-05 | ZZ1 1AB | U2
left | c2 | DAN | PETROV | M | 2010-05-07 | ZZ1 1AB |
right | d1 | CARA | PETROV | F | 2008-03-05 | ZZ1 1AB | U2
right | d2 | DANA | PETROV | F | | ZZ1 1AB |
"""
TWINS = """
source | key | forename | surname | sex | dob | postcode | upn
left | e1 | EVE | STOKES | F | 2008-03-06 | ZZ1 1AC | U3
left | e2 | FAY | STOKES | F | 2010-05-08 | ZZ1 1AC |
right | f1 | EVE | STOKES | F | 2008-03-06 | ZZ1 1AC | U3
right | f2 | GUS | STOKES | M | 2010-05-08 | ZZ1 1AC |
"""
QUILL = """
source | key | forename | surname | sex | dob | postcode | upn
left | q1 | OLGA | QUILL | F | 2008-06-04 | ZZ5 1AA | U7
left | q2 | PAUL | QUILL | M | 2010-07-06 | ZZ5 1AA | U9
right | r1 | OLGA | QUILL | F | 2008-06-04 | YY5 9ZZ | U7
right | r2 | PAUL | QUILL | M | | YY5 9ZZ |
third | s2 | PAUL | QUILL | M | 2010-07-06 | ZZ5 1AA | U9
"""
# Both children of a family that moved are weak; Jack has a namesake whose sister is another; Mona's mothers differ, and
# Nina's are one, which says that two records are of one family and not that they are one child.
OTHERS = """
source | key | forename | surname | sex | dob | postcode | upn | mother_id
left | g1 | HUGO | MARSH | M | 2009-01-02 | ZZ2 1AA | |
left | g2 | IDA | MARSH | F | 2011-03-04 | ZZ2 1AA | |
right | h1 | HUGO | MARSH | M | | YY8 8ZZ | |
right | h2 | IDA | MARSH | F | | YY8 8ZZ | |
left | i1 | JACK | NORTH | M | 2009-02-02 | ZZ3 1AA | |
left | i2 | KATE | NORTH | F | 2011-04-04 | ZZ3 1AA | |
right | j1 | JACK | NORTH | M | | YY7 8ZZ | |
right | j3 | LIAM | NORTH | M | | YY7 8ZZ | |
left | k1 | MONA | DRURY | F | 2009-02-02 | ZZ3 1AB | | M1
right | l1 | MONA | DRURY | F | | YY7 8ZY | | M2
left | m1 | NINA | VOSS | F | 2009-02-03 | ZZ4 1AA | | M3
right | n1 | NINA | VOSS | F | | YY6 8ZZ | | M3
right | b9 | ANNA | OKONKWO | F | | YY9 9ZZ | |
"""
BEN, PAUL = ("left:a2", "right:b2"), ("left:q2", "right:r2")
SIBLING_PAIRS = (("left:c2", "right:d2"), ("left:e2", "right:f2"))
#                  one_family other_mother sibling_linked sibling_likely no_sibling
SHARES = np.array([[0.01, 0.01, 0.45, 0.40, 0.13],
                   [0.01, 0.20, 0.01, 0.01, 0.77],
                   [0.40, 0.01, 0.50, 0.05, 0.04]])  # fmt: skip
ACCEPT = 0.95


def linked(*tables: str, second_pass: bool, shuffle: int | None = None, **settings: Any) -> Run:
    listed = [row for table in tables for row in people(table)] + town(40)
    run = load(connect(memory="1GB"), listed, sources=("left", "right", "third"), shuffle=shuffle)
    return run_all(run, None, child_model(), accept=ACCEPT, second_pass=second_pass, **settings)


def taught(*tables: str, **settings: Any) -> Run:
    """A run with the second pass, which is told what a reason is worth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "FEWEST_PAIRS", 0)
        patch.setattr(learning, "shares_of_reasons", lambda *_: SHARES)
        return linked(*tables, second_pass=True, **settings)


@pytest.fixture(scope="module")
def off() -> Run:
    return linked(MOVED, SIBLINGS, TWINS, second_pass=False)


@pytest.fixture(scope="module")
def on() -> Run:
    return taught(MOVED, SIBLINGS, TWINS)


def content(con: Connection, *tables: str) -> list[Any]:
    return [rows(con, f"from {table} order by all") for table in tables]


def reasons(run: Run) -> dict[tuple[str, str], str]:
    return {(left, right): reason for left, right, reason in run.pairs(WEAK, "reason")}


def test_a_linked_sister_makes_a_weak_pair_a_link(off: Run, on: Run) -> None:
    assert BEN not in off.linked
    assert not off.together(*BEN)
    assert reasons(on)[BEN] == "sibling_linked"
    assert on.decided[BEN].decision == "link"
    assert on.together(*BEN)
    # log2 of 0.45 against 0.01 for strangers: the two are no housemates, whose chance is no more than 1 - 2^-0.001.
    family = {(left, right): bits for left, right, bits in on.pairs(FAMILY_EVIDENCE, "family_bits")}
    assert family[BEN] == pytest.approx(np.log2(0.45 / (0.01 * 0.9993 + 0.5 * 0.0007)), abs=0.01)


def test_what_is_strong_stays_to_the_last_digit(off: Run, on: Run) -> None:
    strong = f"from {JUDGED} where confidence >= {SURE_CONFIDENCE} order by all"
    assert len(rows(off.con, strong)) > 40
    for row in rows(off.con, strong):
        assert row in rows(on.con, strong)
    assert {pair for pair, link in off.decided.items() if link.confidence >= SURE_CONFIDENCE} <= on.linked


@pytest.mark.parametrize("pair", SIBLING_PAIRS)
def test_brothers_and_sisters_are_not_merged_by_their_sister(on: Run, pair: tuple[str, str]) -> None:
    assert pair not in on.linked
    assert not on.together(*pair)


def test_counts_add_up(off: Run, on: Run, tmp_path: Path) -> None:
    n = {(str(what), str(reason)): int(str(k)) for what, reason, k in rows(on.con, f"from {CHANGES}")}
    for decision in ("link", "review"):
        before, after = (sum(k.decision == decision for k in run.decided.values()) for run in (off, on))
        came = sum(k for (what, _), k in n.items() if what.endswith(f"_to_{decision}"))
        went = sum(k for (what, _), k in n.items() if what.startswith(f"{decision}_to_"))
        assert after - before == came - went
    own = sum(k for (what, reason), k in n.items() if what in ("raised", "lowered") and reason != "rival")
    assert own == count(on.con, FAMILY_EVIDENCE)
    assert n["persons_merged", "sibling_linked"] == 1 == len(off.persons) - len(on.persons)
    assert on.counts["persons"] == len(on.persons)
    write_second_pass(on.con, tmp_path)
    with (tmp_path / "second_pass.csv").open() as file:
        assert {(row["what"], row["reason"]): int(row["n"]) for row in csv.DictReader(file)} == n


def test_the_ledger_adds_up_to_the_weight(on: Run) -> None:
    left, right = (RecordName(on.names.index(name), *_place(name)) for name in BEN)
    seen = evidence_of(on.con, left, right, packs(), rule="child")
    assert seen is not None
    assert seen.prior_bits is not None
    assert seen.family_reason == "sibling_linked"
    total = seen.evidence_bits + seen.household_bits + seen.namesake_bits + seen.family_bits + seen.prior_bits
    assert total == pytest.approx(on.decided[BEN].match_weight, abs=0.001)


def _place(name: str) -> tuple[int, str, str]:
    source, _, key = name.partition(":")
    return ("left", "right").index(source), source, key


def test_without_it_or_with_too_few_pairs_nothing_changes(off: Run) -> None:
    few = linked(MOVED, SIBLINGS, TWINS, second_pass=True)
    everything = (JUDGED, DECIDED, LINKS, CONFLICTS, PERSONS)
    assert content(off.con, *everything) == content(few.con, *everything)
    assert not has_table(off.con, CHANGES)
    assert count(off.con, FAMILY_EVIDENCE) == count(few.con, FAMILY_EVIDENCE) == count(few.con, CHANGES) == 0


def test_the_order_of_rows_changes_nothing(on: Run) -> None:
    tables = (JUDGED, DECIDED, FAMILY_EVIDENCE, CHANGES)
    assert content(on.con, *tables) == content(taught(MOVED, SIBLINGS, TWINS, shuffle=3).con, *tables)


def test_never_link_pairs_never_move(tmp_path: Path) -> None:
    never = tmp_path / "overrides.csv"
    never.write_text("source_l,key_l,source_r,key_r,verdict,reason\nleft,a2,right,b2,never,adoption\n"
                     "right,r2,third,s2,never,adoption\n")  # fmt: skip
    found = taught(MOVED, QUILL, overrides=never)
    assert found.together("left:q2", "third:s2")
    for pair in (BEN, PAUL):  # Paul's record on the left is surely one of whom the one on the right must never meet
        assert pair not in found.linked
        assert pair not in reasons(found)
        assert not found.together(*pair)


def test_reasons_are_what_families_show() -> None:
    found = taught(MOVED, OTHERS, review=0.05)
    assert reasons(found) == {
        BEN: "sibling_linked",
        ("left:g1", "right:h1"): "sibling_likely",
        ("left:g2", "right:h2"): "sibling_likely",
        ("left:i1", "right:j1"): "no_sibling",
        ("left:k1", "right:l1"): "other_mother",
    }  # and not Anna's second record on the right, a rival of a strong link
    bits = {(left, right): value for left, right, value in found.pairs(FAMILY_EVIDENCE, "family_bits")}
    assert bits["left:k1", "right:l1"] == pytest.approx(np.log2(0.01 / 0.20), abs=0.01)


def test_what_costs_a_sure_link_is_taken_back(con: Connection) -> None:
    # 0 - 1 is sure and was cut, as 1 - 2 came in; 3 - 4 is of another component, and stays.
    pair = "(record_id_l bigint, record_id_r bigint, decision varchar)"
    for table in (DECIDED, LINKS, "sure_links"):
        execute(con, f"create table {table} {pair}")
    execute(con, "create table records as select unnest(range(5)) as record_id")
    execute(con, f"create table {FAMILY_EVIDENCE} (record_id_l bigint, record_id_r bigint)")
    execute(con, f"insert into {DECIDED} values (0, 1, 'link'), (1, 2, 'link'), (3, 4, 'link')")
    execute(con, f"insert into {LINKS} values (0, 1, 'review'), (1, 2, 'link'), (3, 4, 'link')")
    execute(con, "insert into sure_links values (0, 1, 'link')")
    execute(con, f"insert into {FAMILY_EVIDENCE} values (1, 2), (3, 4)")
    assert _take_back(con) == 1
    assert rows(con, f"from {FAMILY_EVIDENCE}") == [(3, 4)]
