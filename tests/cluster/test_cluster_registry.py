"""Ids that last: who inherits which, what the log says, and that it replays to the registry."""

from __future__ import annotations

import hashlib
import hmac
import tempfile
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny_run import load
from yearly import Year, replayed, run_year

from linkage.cluster.events import COLUMNS, EVENTS, backward, forward
from linkage.cluster.inheritance import Overlap, best_heirs
from linkage.cluster.registry import Entered, enter, know, open_registry, registry_log
from linkage.errors import InputError, RefusedError
from linkage.match.overrides import read_overrides, refuse_remembered
from linkage.sql import connect, rows


def records(*names: str, **changes: str) -> list[dict[str, Any]]:
    """Records `source:key`, in the order of their names; `changes` gives some of them another forename."""
    parts = [name.split(":") for name in sorted(names)]
    return [{"source": source, "key": key, "forename": changes.get(f"{source}{key}", "ANN")} for source, key in parts]


def pseudonym(secret: bytes, name: str) -> str:
    """What the registry calls a record `source:key`."""
    return hmac.digest(secret, name.replace(":", "\x1f").encode(), hashlib.sha256).hex()[:32]


ABC = records("a:1", "b:1", "c:1")


def test_persons_keep_their_ids_and_a_new_years_records_extend_them(tmp_path: Path) -> None:
    first = run_year(tmp_path, ABC, [("a:1", "b:1")], number=1)
    more = records("a:1", "b:1", "c:1", "d:1", "d:2")
    second = run_year(tmp_path, more, [("a:1", "b:1"), ("b:1", "d:1")], number=2)
    assert {name: second.persons[name] for name in first.persons} == first.persons
    assert second.persons["d:1"] == first.persons["a:1"]
    assert second.moved == {
        ("extend", "data", None, first.persons["a:1"]),
        ("create", "data", None, second.persons["d:2"]),
    }
    assert second.counts["kept_ids"] == second.counts["known_records"] == 3


def test_the_same_run_again_says_nothing_new(tmp_path: Path) -> None:
    first = run_year(tmp_path, ABC, [("a:1", "b:1")], number=1)
    again = run_year(tmp_path, ABC, [("a:1", "b:1")], number=2)
    assert again.persons == first.persons
    assert again.events == []


def test_two_persons_that_become_one_keep_the_id_of_more_records(tmp_path: Path) -> None:
    first = run_year(tmp_path, ABC, [("b:1", "c:1")], number=1)
    second = run_year(tmp_path, ABC, [("a:1", "b:1"), ("b:1", "c:1")], number=2, rules="others")
    kept, ended = first.persons["b:1"], first.persons["a:1"]
    assert set(second.persons.values()) == {kept}
    assert second.moved == {("merge", "rules", ended, kept), ("retire", "rules", ended, kept)}
    with registry_log(tmp_path) as con:
        assert forward(con, [ended, kept]) == {ended: (kept,), kept: (kept,)}
        assert backward(con, [kept]) == {kept: tuple(sorted((kept, ended)))}


def test_a_person_that_splits_leaves_the_id_with_more_records_and_gives_a_new_one(tmp_path: Path) -> None:
    first = run_year(tmp_path, ABC, [("a:1", "b:1"), ("b:1", "c:1")], number=1)
    second = run_year(tmp_path, records("a:1", "b:1", "c:1", c1="JOY"), [("a:1", "b:1")], number=2)
    old, new = first.persons["c:1"], second.persons["c:1"]
    assert second.persons["a:1"] == second.persons["b:1"] == old != new
    assert second.moved == {("split", "data", old, new)}
    # Put together again they are as before; the id that was given in between never comes back.
    third = run_year(tmp_path, ABC, [("a:1", "b:1"), ("b:1", "c:1")], number=3)
    assert set(third.persons.values()) == {old}
    fourth = run_year(tmp_path, ABC, [("a:1", "b:1")], number=4)
    assert fourth.persons["c:1"] not in (old, new)
    with registry_log(tmp_path) as con:
        assert forward(con, [old]) == {old: tuple(sorted((old, fourth.persons["c:1"])))}
        assert forward(con, [new]) == {new: (fourth.persons["c:1"],)}


def test_records_that_are_withdrawn_retire_and_sources_that_are_not_delivered_wait(tmp_path: Path) -> None:
    first = run_year(tmp_path, records("a:1", "a:2", "b:1", "b:2"), [("a:1", "b:1")], number=1)
    # Source b is not in the second run; a:2 is gone from source a.
    second = run_year(tmp_path, records("a:1", "c:1"), [], number=2)
    gone = first.persons["a:2"]
    assert second.persons["a:1"] == first.persons["a:1"]
    assert second.moved == {("retire", "data", gone, None), ("create", "data", None, second.persons["c:1"])}
    third = run_year(tmp_path, records("a:1", "b:1", "b:2"), [], number=3)
    assert third.persons["b:2"] == first.persons["b:2"]
    with registry_log(tmp_path) as con:
        assert forward(con, [gone, "p_of_nobody"]) == {gone: (), "p_of_nobody": ()}


def test_a_never_link_is_remembered_and_its_ids_do_not_lead_from_one_to_the_other(tmp_path: Path) -> None:
    links = [("a:1", "b:1"), ("b:1", "c:1")]
    first = run_year(tmp_path, ABC, links, number=1)
    second = run_year(tmp_path, ABC, links, number=2, never=[("a:1", "c:1")])
    third = run_year(tmp_path, ABC, links, number=3)
    assert second.persons["a:1"] != second.persons["c:1"]
    assert third.persons == second.persons
    assert third.events == []
    assert {event for event, *_ in second.moved} == {"split", "never_link"}
    assert {cause for _, cause, *_ in second.moved} == {"override"}
    old = first.persons["a:1"]
    with registry_log(tmp_path) as con:
        assert forward(con, [old]) == {old: ()}
        for person in set(third.persons.values()) - {old}:
            assert old not in backward(con, [person])[person]
    lifted = run_year(tmp_path, ABC, links, number=4, must=[("a:1", "c:1")])
    assert len(set(lifted.persons.values())) == 1
    assert len(set(run_year(tmp_path, ABC, links, number=5).persons.values())) == 1


def test_must_links_that_contradict_a_remembered_never_link_are_named_by_their_lines(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.csv"
    overrides.write_text(
        "source_l,key_l,source_r,key_r,verdict,reason\na,1,b,1,must,\nb,1,c,1,must,\n", encoding="utf-8"
    )
    with connect(memory="1GB") as con:
        load(con, ABC)
        read_overrides(con, overrides)
        refuse_remembered(con, [], overrides)
        with pytest.raises(InputError, match="line 2, 3") as refused:
            refuse_remembered(con, [(0, 2)], overrides)
    assert refused.value.exit_code == 11


def test_a_run_is_entered_once_and_not_over_another(tmp_path: Path) -> None:
    run_year(tmp_path, ABC, [], number=1)
    registry = open_registry(tmp_path)
    with connect(memory="1GB") as con:
        load(con, ABC)
        know(con, registry, model="a model")
        nothing = ", ".join(f"null::varchar as {name}" for name in COLUMNS[1:])
        con.execute(f"create table {EVENTS} as select 1 as event_no, {nothing} limit 0")
        mine = Entered("mine", registry.key.id, "rules", "a model")
        assert enter(con, registry, mine) == enter(con, registry, mine) == 2
        with pytest.raises(RefusedError, match="Another run"):
            enter(con, registry, Entered("other", registry.key.id, "rules", "a model"))
    assert len(open_registry(tmp_path).runs) == 2


def test_the_registry_holds_pseudonyms_made_with_its_key_and_nothing_else(tmp_path: Path) -> None:
    run_year(tmp_path, records("cin:SECRETKEY", "cin:2", cin2="ZORAIDA"), [], number=1)
    secret = bytes.fromhex((tmp_path / "key").read_text().strip())
    expected = pseudonym(secret, "cin:SECRETKEY")
    log, table = replayed(tmp_path)
    assert expected in {record for record, *_ in log} == {record for record, *_ in table}
    for path in tmp_path.rglob("*.parquet"):
        with connect() as con:
            told = repr(rows(con, f"from '{path}'"))
        assert "SECRETKEY" not in told
        assert "ZORAIDA" not in told


def test_a_registry_without_its_key_or_with_a_gap_is_refused(tmp_path: Path) -> None:
    for number in (1, 2):
        run_year(tmp_path, ABC, [], number=number)
    key = (tmp_path / "key").read_text()
    (tmp_path / "key").unlink()
    with pytest.raises(RefusedError, match="key is missing"):
        open_registry(tmp_path)
    (tmp_path / "key").write_text("00" * 32 + "\n")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(RefusedError, match="another key"):
        open_registry(tmp_path)
    (tmp_path / "key").write_text(key)
    assert len(open_registry(tmp_path).runs) == 2
    (tmp_path / "runs" / "000001").rename(tmp_path / "runs" / "000007")
    with pytest.raises(RefusedError, match="lacks runs"):
        open_registry(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 4)), max_size=8,
                unique_by=lambda item: item[:2]))  # fmt: skip
def test_as_many_records_as_can_be_keep_their_id(listed: list[tuple[int, int, int]]) -> None:
    overlaps = [Overlap(f"p_{person}", 1, component, n) for person, component, n in listed]
    shared = {(f"p_{person}", component): n for person, component, n in listed}
    heirs = best_heirs(overlaps)
    assert len({component for component, _ in heirs}) == len({person for _, person in heirs}) == len(heirs)
    most = max(sum(shared.get((f"p_{person}", component), 0) for person, component in enumerate(order))
               for order in permutations(range(4)))  # fmt: skip
    assert sum(shared[person, component] for component, person in heirs) == most
    assert best_heirs(overlaps[::-1]) == heirs


def test_of_equal_choices_the_older_id_stays_then_the_smaller() -> None:
    assert best_heirs([Overlap("p_a", 2, 7, 1), Overlap("p_b", 1, 7, 1)]) == [(7, "p_b")]
    assert best_heirs([Overlap("p_b", 1, 7, 1), Overlap("p_a", 1, 7, 1)]) == [(7, "p_a")]
    assert best_heirs([Overlap("p_a", 1, 9, 1), Overlap("p_a", 1, 7, 1)]) == [(7, "p_a")]


NAMES = ("a:1", "a:2", "b:1", "b:2", "c:1", "c:2")
Plan = tuple[set[str], list[tuple[str, str]], list[tuple[str, str]]]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """The records of a run, links between them, and pairs put on the never-link list in it."""
    held = draw(st.sets(st.sampled_from(NAMES), min_size=1))
    pairs = list(combinations(sorted(held), 2))
    chosen = st.lists(st.sampled_from(pairs), unique=True, max_size=4) if pairs else st.just([])
    never = st.lists(st.sampled_from(pairs), unique=True, max_size=1) if pairs else st.just([])
    return held, draw(chosen), draw(never)


# A record of a source that the second run lacks (b:1) goes with its person, which a larger one takes in meanwhile.
ASLEEP: list[Plan] = [
    ({"a:1", "b:1", "c:1", "c:2"}, [("a:1", "b:1"), ("c:1", "c:2")], []),
    ({"a:1", "c:1", "c:2"}, [("a:1", "c:1"), ("c:1", "c:2")], []),
    ({"b:1"}, [], []),
]


@settings(max_examples=6, deadline=None)
@given(st.lists(plans(), min_size=2, max_size=4))
@example(ASLEEP)
def test_after_any_sequence_of_runs(years: list[Plan]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, never, ended, known = Path(name), set(), set(), dict[str, str]()
        secret = open_registry(folder).key.secret
        record_of = {held: pseudonym(secret, held) for held in NAMES}
        for number, (held, links, forbidden) in enumerate(years, start=1):
            year: Year = run_year(folder, records(*held), links, number=number, never=forbidden, threads=number % 2 + 1)
            assert set(year.persons) == held  # every record in one person; `run_year` saw no record twice
            never |= set(forbidden)
            assert not any(year.persons[one] == year.persons[other] for one, other in never if {one, other} <= held)
            assert ended.isdisjoint(year.persons.values())
            ended |= {event[2] for event in year.events if event[0] == "retire" and event[5] is None}
            log, table = replayed(folder)
            assert log == table
            sources = {name[0] for name in held}
            delivered = {record: person for record, source, person in log if source in sources}
            assert delivered == {record_of[name]: person for name, person in year.persons.items()}
            now = {record: person for record, _, person in log}
            moved = [record for record in known.keys() & now.keys() if known[record] != now[record]]
            told = [event[5] for event in year.events if event[0] in ("merge", "split", "transfer")]
            assert sorted(told) == sorted(moved)
            known = now
