"""Persons: closure of links, cuts that keep the rules and are written down, opaque ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from tiny_run import Row, Run, load, people, run_rules

from linkage.cluster.persons import PersonCount, make_persons
from linkage.errors import RefusedError
from linkage.match.twinless import TWINLESS
from linkage.sql import Connection, connect, execute, rows
from linkage.tables import CONFLICTS_OF_DECISIONS, DECIDED, PERSONS

Decided = tuple[str, str, str, float]  # left, right, decision, confidence


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(memory="1GB") as connection:
        yield connection


def joined(
    con: Connection,
    listed: str | Sequence[Row],
    links: Sequence[Decided],
    *,
    never: Sequence[tuple[str, str]] = (),
    run_key: str = "a run",
    repairs: bool = True,
    largest: int = 1000,
    **settings: Sequence[str],
) -> tuple[Run, PersonCount]:
    """Persons from links that the test decided."""
    run = run_rules(load(con, people(listed) if isinstance(listed, str) else listed, **settings), rules=())
    execute(con, f"""create or replace table {DECIDED} (record_id_l bigint, record_id_r bigint, stage varchar,
        rule varchar, match_weight double, confidence double, confidence_basis varchar, decision varchar,
        rivals integer, flags varchar[])""")  # fmt: skip
    execute(con, f"""create or replace table {CONFLICTS_OF_DECISIONS} (kind varchar, record_id_l bigint,
        record_id_r bigint, detail varchar, action varchar)""")  # fmt: skip
    for left, right, decision, confidence in links:
        ends = [run.names.index(left), run.names.index(right)]
        con.execute(f"insert into {DECIDED} values (?, ?, 'probabilistic', 'child', 9, ?, 'modelled', ?, 0, [])",
                    [*ends, confidence, decision])  # fmt: skip
    for left, right in never:
        con.execute("insert into never_link values (?, ?)", sorted([run.names.index(left), run.names.index(right)]))
    return run, make_persons(con, run_key=run_key, repairs=repairs, largest=largest)


CHAIN = """
    source | key | upn
    a      | 1   | U1
    b      | 1   |
    c      | 1   |
    d      | 1   | U2
    """


def columns_of(run: Run, record: str, columns: str) -> tuple[object, ...]:
    record_id = run.names.index(record)
    return rows(run.con, f"select {columns} from {PERSONS} where record_id = {record_id}")[0]


def test_links_close_into_persons_and_all_others_stand_alone(con: Connection) -> None:
    table = "source | key\na | 1\na | 2\nb | 1\nc | 1\nc | 2"
    run, counts = joined(con, table, [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.97)])
    assert run.persons == {frozenset({"a:1", "b:1", "c:1"}), frozenset({"a:2"}), frozenset({"c:2"})}
    assert (counts.persons, counts.linked_persons, counts.largest, counts.cuts) == (3, 1, 3, 0)
    # A chain: products along the paths, to each of the two others; the whole holds where both links do.
    assert columns_of(run, "a:1", "person_size, confidence, person_confidence") == (3, 0.97515, 0.9603)
    assert columns_of(run, "b:1", "confidence, person_confidence") == (0.98, 0.9603)
    assert columns_of(run, "c:1", "confidence, person_confidence") == (0.96515, 0.9603)
    assert columns_of(run, "c:2", "person_size, confidence, person_confidence") == (1, 1.0, 1.0)


def test_a_pair_for_review_joins_nobody_and_is_said_to_be_pending(con: Connection) -> None:
    run, _ = joined(con, "source | key\na | 1\nb | 1", [("a:1", "b:1", "review", 0.7)])
    assert run.persons == {frozenset({"a:1"}), frozenset({"b:1"})}
    assert columns_of(run, "a:1", "flags") == (["review_pending"],)


def test_a_person_with_two_valid_upns_is_cut_at_the_weakest_link(con: Connection) -> None:
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.96), ("c:1", "d:1", "link", 0.98)]
    run, counts = joined(con, CHAIN, links)
    assert run.persons == {frozenset({"a:1", "b:1"}), frozenset({"c:1", "d:1"})}
    assert counts.cuts == 1
    assert run.conflicts == {("person_breaks_a_rule", "b:1", "c:1", "two_valid_upns", "cut")}
    cut = run.decided["b:1", "c:1"]
    assert (cut.decision, cut.confidence, cut.flags) == ("review", 0.96, ("two_valid_upns",))
    assert columns_of(run, "b:1", "flags") == (["link_cut", "review_pending"],)
    assert columns_of(run, "a:1", "flags") == ([],)


def test_two_upns_that_a_former_one_joins_are_one_persons(con: Connection) -> None:
    table = """
        source | key | upn | former_upn
        a      | 1   | U1  |
        b      | 1   | U2  | U1
        """
    run, counts = joined(con, table, [("a:1", "b:1", "link", 0.99)])
    assert run.together("a:1", "b:1")
    assert counts.cuts == 0


def test_a_source_that_holds_children_once_never_has_two_records_in_a_person(con: Connection) -> None:
    table = "source | key\na | 1\na | 2\nb | 1"
    links = [("a:1", "b:1", "link", 0.97), ("a:2", "b:1", "link", 0.99)]
    run, _ = joined(con, table, links, unique=["a"])
    assert run.persons == {frozenset({"a:2", "b:1"}), frozenset({"a:1"})}
    assert run.conflicts == {("person_breaks_a_rule", "a:1", "b:1", "two_records_of_a_unique_source", "cut")}


def test_a_source_that_may_hold_a_child_twice_keeps_both_records_in_the_person(con: Connection) -> None:
    table = "source | key\na | 1\na | 2\nb | 1"
    run, counts = joined(con, table, [("a:1", "b:1", "link", 0.97), ("a:2", "b:1", "link", 0.99)])
    assert run.persons == {frozenset({"a:1", "a:2", "b:1"})}
    assert counts.cuts == 0


def test_records_that_must_never_meet_are_parted_though_others_join_them(con: Connection) -> None:
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98)]
    run, _ = joined(con, "source | key\na | 1\nb | 1\nc | 1", links, never=[("a:1", "c:1")])
    assert run.persons == {frozenset({"a:1", "b:1"}), frozenset({"c:1"})}
    # b is a's person: a row that named b and c would tell who must not meet. Each is told by itself.
    assert rows(con, "select record_id_l, record_id_r, detail from conflicts order by all") == [
        (run.names.index("b:1"), None, "never_link"), (run.names.index("c:1"), None, "never_link")]  # fmt: skip
    assert ("b:1", "c:1") not in run.decided


def test_whole_components_are_left_alone_where_another_is_broken(con: Connection) -> None:
    table = CHAIN + "    a | 9 | U9\n    b | 9 | U9\n"
    links = [("a:1", "d:1", "link", 0.99), ("a:9", "b:9", "link", 0.6)]
    run, counts = joined(con, table, links)
    assert counts.cuts == 1
    assert run.together("a:9", "b:9")
    assert not run.together("a:1", "d:1")


def test_person_ids_are_opaque_and_of_one_run(con: Connection) -> None:
    found = []
    for run_key in ("one run", "one run", "another run"):
        run, _ = joined(con, CHAIN, [("a:1", "b:1", "link", 0.99)], run_key=run_key)
        found.append([columns_of(run, name, "person_id")[0] for name in run.names])
    assert found[0] == found[1]
    assert set(found[0]).isdisjoint(found[2])
    assert len(set(found[0])) == 3
    assert all(re.fullmatch("p_[0-9a-f]{20}", str(person)) for person in found[0])


def test_a_component_too_large_to_be_a_child_is_refused_unless_allowed(con: Connection) -> None:
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98), ("c:1", "d:1", "link", 0.98)]
    with pytest.raises(RefusedError, match="joins 4 records") as refused:
        joined(con, CHAIN, links, largest=3)
    assert refused.value.exit_code == 12
    assert "largest_person" in str(refused.value)
    _, counts = joined(con, CHAIN, links, largest=4)
    assert counts.persons == 2


TWINS = """
    source | key | forename | surname | dob        | postcode
    a      | 1   | AMINA    | YUSUF   | 2012-03-09 | ZZ1 1AA
    b      | 1   |          | YUSUF   | 2012-03-09 | ZZ1 1AA
    c      | 1   | TARIQ    | YUSUF   | 2012-03-09 | ZZ1 1AA
    """


def test_twins_whom_a_record_without_a_forename_joins_are_parted(con: Connection) -> None:
    run, counts = joined(con, TWINS, [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98)])
    assert run.persons == {frozenset({"a:1", "b:1"}), frozenset({"c:1"})}
    assert run.conflicts == {("person_breaks_a_rule", "b:1", "c:1", "both_twins", "cut")}
    assert counts.facts()["cut_for_both_twins"] == 1


def test_two_forenames_with_a_link_of_their_own_are_one_child_of_two_names(con: Connection) -> None:
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98), ("a:1", "c:1", "link", 0.97)]
    run, counts = joined(con, TWINS, links)
    assert counts.cuts == 0
    assert run.together("a:1", "c:1")


def test_birth_dates_that_nothing_reconciles_are_parted(con: Connection) -> None:
    table = """
        source | key | dob
        a      | 1   | 2012-03-09
        b      | 1   | 2012-03
        c      | 1   | 2012-03-09
        d      | 1   | 2014-11-20
        """
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98), ("c:1", "d:1", "link", 0.96)]
    run, _ = joined(con, table, links)
    assert run.persons == {frozenset({"a:1", "b:1", "c:1"}), frozenset({"d:1"})}
    assert run.conflicts == {("person_breaks_a_rule", "c:1", "d:1", "incompatible_birth_dates", "cut")}


FORMS_OF_ONE = """
    source | key | forename | surname | dob
    a      | 1   | AMINA    | YUSUF   | 2012-03-09
    a      | 2   | AMINA    | YUSUF   | 2014-11-20
    a      | 3   | TARIQ    | {} | 2012-03-09
    """


@pytest.mark.parametrize(
    ("twinless", "surname", "is_whole"), [(True, "YUSUF", True), (False, "YUSUF", False), (True, "OKORO", False)]
)
def test_where_nobody_has_siblings_two_of_one_surname_are_one_child(
    con: Connection, twinless: bool, surname: str, is_whole: bool
) -> None:
    execute(con, f"create table {TWINLESS} as select 0 as source_no where {twinless}")
    links = [("a:1", "a:2", "link", 0.99), ("a:1", "a:3", "link", 0.98)]
    run, _ = joined(con, FORMS_OF_ONE.format(surname), links)
    assert run.together("a:1", "a:2", "a:3") == is_whole


def test_a_first_of_january_may_stand_for_its_year(con: Connection) -> None:
    table = "source | key | dob\na | 1 | 2008-01-01\nb | 1 | 2008\nc | 1 | 2008-08-15\nd | 1 | 2010-01-01"
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.98), ("c:1", "d:1", "link", 0.96)]
    run, _ = joined(con, table, links)
    assert run.persons == {frozenset({"a:1", "b:1", "c:1"}), frozenset({"d:1"})}


def test_without_repair_persons_are_what_the_links_join_but_for_never_link_pairs(con: Connection) -> None:
    links = [("a:1", "b:1", "link", 0.99), ("b:1", "c:1", "link", 0.96), ("c:1", "d:1", "link", 0.98)]
    run, counts = joined(con, CHAIN, links, repairs=False)
    assert run.persons == {frozenset({"a:1", "b:1", "c:1", "d:1"})}
    assert (counts.broken, counts.cuts) == (0, 0)
    run, counts = joined(con, CHAIN, links, repairs=False, never=[("a:1", "d:1")])
    assert not run.together("a:1", "d:1")
    assert (counts.broken, counts.cuts, counts.cut_for) == (1, 1, {"never_link": 1})


def test_a_weak_bridge_between_two_groups_is_flagged_and_left(con: Connection) -> None:
    table = "source | key\n" + "\n".join(f"{source} | {key}" for key in (1, 2) for source in "abcd")
    links = [(f"a:{key}", f"b:{key}", "link", 0.999) for key in (1, 2)]
    run, counts = joined(con, table, [*links, ("a:1", "b:2", "link", 0.96)])
    assert counts.weak_bridges == 1
    assert run.decided["a:1", "b:2"].flags == ("weak_bridge",)
    assert columns_of(run, "b:1", "flags") == (["weak_bridge"],)
    assert columns_of(run, "c:1", "flags") == ([],)


def test_no_records_make_no_persons(con: Connection) -> None:
    _, counts = joined(con, [], [])
    assert (counts.persons, counts.linked_persons, counts.largest, counts.cuts) == (0, 0, 0, 0)
