"""How far records and pairs came, and persons as clusters, of worlds in which every one can be followed by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from error_run import World, working

from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.cluster_quality import cluster_quality
from linkage.diagnostics.funnel import COLUMNS, STAGES, funnel, write_funnel
from linkage.diagnostics.join_structure import COLUMNS as JOIN_COLUMNS
from linkage.diagnostics.join_structure import join_structure
from linkage.diagnostics.match_rate import match_rate
from linkage.sql import Connection, rows

# Source s0: records 0 to 5; s1: 6 to 9. 0 and 6 are linked; 1 and 7 were weighed and left; 2 and 8 were a link that
# was cut; 3 was only a candidate of 8, and holds too little to be linked; 4 holds enough, 5 does not. 9 was never
# looked at.
RECORDS = [(0, 0, "F"), (0, 1, "F"), (0, 2, "M"), (0, 3, "M"), (0, 4, None), (0, 5, None),
           (1, 0, "F"), (1, 6, "F"), (1, 7, "M"), (1, 8, None)]  # fmt: skip
WORLD = World(RECORDS, links=[(0, 6, 0.98, "calibrated")], others=[(1, 7, 0.3)])


def fill(con: Connection, *, with_fields: bool = True) -> None:
    con.execute("insert into decided_pairs values (2, 8, 'probabilistic', 0.97, 'modelled', 'link', 'child')")
    con.execute("insert into judged_pairs values (2, 8, 'probabilistic', 0.97, 'modelled', null, false, false)")
    con.execute("insert into candidates values (3, 8)")
    if with_fields:
        con.execute("create table comparable_records as select * from (values (1::bigint, 2::uhugeint), "
                    "(4::bigint, 2::uhugeint), (7::bigint, 1::uhugeint)) t(record_id, mask)")  # fmt: skip
    match_rate(con, ("sex",))
    make_closure(con, ("sex",))


def told(con: Connection, unit: str) -> dict[tuple[str, ...], tuple[object, ...]]:
    found = rows(con, f"""select source_l, source_r, side, subgroup, {", ".join(STAGES)}, most_lost_at
                          from diagnostics__funnel where unit = $unit order by all""", {"unit": unit})  # fmt: skip
    return {tuple(map(str, row[:4])): row[4:] for row in found}


def test_records_are_counted_at_the_last_stage_that_they_reached() -> None:
    with working(WORLD) as con:
        fill(con)
        funnel(con, ("sex",))
        found = told(con, "record")
    # Of s0, 1 and 4 hold enough, as do 0 and 2, which were decided; 1 was weighed, 4 never looked at. 0 stayed.
    assert found["s0", "s1", "l", "all"] == (6, 4, 3, 3, 2, 1, None)
    assert found["s0", "s1", "r", "all"] == (4, 3, 3, 3, 2, 1, None)
    assert found["s0", "s1", "l", "F"] == (2, 2, 2, 2, 1, 1, None)
    assert found["s0", "s1", "l", "M"] == (2, 1, 1, 1, 1, 0, None)
    assert found["s0", "s1", "l", "unknown"] == (2, 1, 0, 0, 0, 0, None)


def test_without_a_model_nothing_is_said_of_what_could_be_compared() -> None:
    with working(WORLD) as con:
        fill(con, with_fields=False)
        funnel(con, ("sex",))
        assert told(con, "record")["s0", "s1", "l", "all"] == (6, None, 4, 3, 2, 1, None)
        assert rows(con, """select share_comparable, share_blocked, share_scored, share_of_start
                            from diagnostics__funnel where subgroup = 'all' and side = 'l'""") == [
            (None, 0.666667, 0.75, 0.166667)]  # fmt: skip


def test_a_record_that_meets_its_partner_by_way_of_a_third_came_all_the_way() -> None:
    world = World([(0, 0, "F"), (1, 0, "F"), (2, 0, "F")], links=[(0, 1, 0.98, "modelled"), (1, 2, 0.98, "modelled")])
    with working(world) as con:
        match_rate(con, ())
        make_closure(con, ())
        funnel(con, ())
        assert told(con, "record")["s0", "s2", "l", "all"][2:6] == (1, 1, 1, 1)


def test_a_join_is_what_its_persons_are() -> None:
    # s0: 0 and 1 of one person, 2; s1: 3 with 0 and 1, 4 with 2; s2: 5 with 2, 6 alone.
    world = World([(0, 0, "F"), (0, 0, "F"), (0, 2, "M"), (1, 0, "F"), (1, 2, "M"), (2, 2, "M"), (2, 6, "F")],
                  links=[(0, 1, 0.98, "modelled"), (0, 3, 0.98, "modelled"), (2, 4, 0.98, "modelled"),
                         (2, 5, 0.98, "modelled")])  # fmt: skip
    with working(world) as con:
        join_structure(con)
        found = rows(con, f"select {', '.join(JOIN_COLUMNS)} from diagnostics__join_structure order by 1, 2")
    assert found == [
        ("s0", "s1", 2, 1, 0, 1, 0, 2, 1, "many-1"),
        ("s0", "s2", 1, 1, 0, 0, 0, 1, 1, "1-1"),
        ("s1", "s2", 1, 1, 0, 0, 0, 1, 1, "1-1"),
    ]


def test_two_sources_that_share_nobody_have_no_structure() -> None:
    with working(World([(0, 0, "F"), (1, 1, "F")], links=[])) as con:
        join_structure(con)
        assert rows(con, "select persons, one_to_one, most_l, structure from diagnostics__join_structure") == [
            (0, 0, None, None)]  # fmt: skip


def test_within_a_source_a_record_needs_another_one_of_it() -> None:
    world = World([(0, 0, "F"), (0, 0, "F"), (0, 1, "F")], links=[(0, 1, 0.98, "modelled")], within=frozenset({0}))
    with working(world) as con:
        match_rate(con, ())
        make_closure(con, ())
        funnel(con, ())
        assert told(con, "record") == {("s0", "s0", "l", "all"): (3, None, 2, 2, 2, 2, None)}


@pytest.fixture
def hidden(tmp_path: Path) -> list[dict[str, str]]:
    """The table of twenty pairs of one pair of sources: two beyond each stage, four not comparable."""
    world = World([(side, 100 * side + n, "F" if n < 10 else "M") for side in (0, 1) for n in range(20)])
    with working(world) as con:
        con.execute("""
            create table masked_known as
            select 'residual_pool' as pool_mode, 0 as rerun, n as record_id_l, n + 20 as record_id_r,
              n >= 4 as comparable, n >= 6 as blocked, n >= 8 as scored, n >= 10 as scored_in, n >= 12 as recovered
            from range(20) t(n)""")
        match_rate(con, ("sex",))
        make_closure(con, ("sex",))
        funnel(con, ("sex",))
        assert write_funnel(con, tmp_path) == 6 + 3 + 3
    with (tmp_path / "funnel.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_pairs_whose_identifiers_were_hidden_are_followed_too(hidden: list[dict[str, str]]) -> None:
    assert tuple(hidden[0]) == COLUMNS
    pairs = {(row["source_l"], row["subgroup"]): row for row in hidden if row["unit"] != "record"}
    assert [pairs["all", "all"][stage] for stage in STAGES] == ["20", "16", "14", "12", "10", "8"]
    assert [pairs["s0", "F"][stage] for stage in STAGES] == ["10", "6", "4", "2", "0", "0"]
    assert [pairs["all", "M"][stage] for stage in STAGES] == ["10", "10", "10", "10", "10", "8"]
    assert pairs["all", "all"]["most_lost_at"] == "comparable"
    assert pairs["all", "M"]["most_lost_at"] == "survived"
    shares = [float(pairs["all", "all"][f"share_{stage}"]) for stage in STAGES[1:]]
    # 16/20, 14/16, 12/14, 10/12 and 8/10: multiplied they are recall.
    assert shares == pytest.approx([0.8, 0.875, 0.857143, 0.833333, 0.8])
    assert float(pairs["all", "all"]["share_of_start"]) == pytest.approx(0.4)


def test_a_stage_that_is_larger_than_the_one_before_is_our_bug() -> None:
    with working(World([(0, 0, "F"), (1, 1, "F")])) as con:
        con.execute("""create table masked_known as select 'residual_pool' as pool_mode, 0 as rerun, 0 as record_id_l,
            1 as record_id_r, true as comparable, false as blocked, true as scored, true as scored_in,
            true as recovered""")
        match_rate(con, ())
        make_closure(con, ())
        with pytest.raises(AssertionError, match="larger"):
            funnel(con, ())


def test_persons_are_told_by_size_flag_and_source_held_twice() -> None:
    world = World(
        [(0, 0, None), (0, 0, None), (1, 0, None), (0, 1, None), (1, 1, None), (1, 2, None)],
        links=[(0, 2, 0.98, "modelled"), (1, 2, 0.98, "modelled"), (3, 4, 0.96, "modelled")],
    )  # fmt: skip
    with working(world) as con:
        con.execute("alter table persons add column flags varchar[] default []")
        con.execute("alter table persons add column person_confidence double default 0.9")
        con.execute("update persons set flags = ['weak_bridge'] where record_id = 2")
        con.execute("update persons set confidence = 0.8 where person_no = 1")
        cluster_quality(con, accept=0.95)
        found = rows(
            con,
            """select group_by, cluster_group, persons, records, largest, links, pairs, density,
            mean_confidence, doubtful from diagnostics__cluster_quality order by group_no, size_no, cluster_group""",
        )
    assert found == [
        ("all", "all", 3, 6, 3, 3, 4, 0.75, pytest.approx((3 + 1.6) / 5), 2),
        ("person_size", "1", 1, 1, 1, 0, 0, None, None, None),
        ("person_size", "2", 1, 2, 2, 1, 1, 1.0, 0.8, 1),
        ("person_size", "3", 1, 3, 3, 2, 3, 0.666667, 1.0, 1),
        ("flag", "weak_bridge", 1, 3, 3, 2, 3, 0.666667, 1.0, 1),
        ("two_records_of_a_source", "s0", 1, 3, 3, 2, 3, 0.666667, 1.0, 1),
    ]
