"""Recall standardised to the residue: which masked pairs stand for it, and what is beyond reach."""

from __future__ import annotations

import csv
from pathlib import Path

from tiny_run import load

from linkage.diagnostics.masked_validation import groups_step, masked_validation
from linkage.diagnostics.residue_prior import TOO_WEAK, too_weak_step
from linkage.diagnostics.residue_recall import FEWEST, cells_of_groups_step, placed, recall_of_residue, residue_steps
from linkage.diagnostics.served_worst import SERVED_WORST
from linkage.match.priors import PRIORS, priors_step
from linkage.sql import Connection, execute, rows, run_steps
from linkage.tables import LINKS_DETERMINISTIC, PERSONS
from linkage.validation.persons import HIDDEN
from linkage.validation.rerun import KNOWN, PAIRS, empty_results

ACCEPT = 0.95


def children(con: Connection, sources: str, *, residue: tuple[str, ...] = (), persons: dict[str, int]) -> None:
    """Records named by source and child (`a1`; odd ones are girls), known by a UPN unless in the residue; `persons` as
    the run has them."""
    told = [{"source": name[0], "key": name, "sex": "MF"[int(name[1:]) % 2]} for name in sources.split()]
    listed = [
        record | ({"la_child_id": f"L{record['key'][1:]}"} if record["source"] in "cd" else {}) for record in told
    ]
    load(con, listed)
    lacking = ", ".join(f"'{name}'" for name in residue) or "''"
    execute(con, f"""create table {HIDDEN} as select record_id, case when key not in ({lacking})
        then substr(key, 2)::bigint end as person, case when key not in ({lacking}) then [1::ubigint] end as schemes,
        true as sample from records""")  # fmt: skip
    numbers = ", ".join(f"('{name}', {number})" for name, number in persons.items())
    execute(con, f"""create table {PERSONS} as select r.record_id, p.person_no
        from records r join (values {numbers}) p(key, person_no) on p.key = r.key""")  # fmt: skip
    run_steps(con, empty_results())
    execute(con, f"""insert into {KNOWN} select 'residual_pool', 0, l.record_id, r.record_id, true, false,
        false, false, false
        from records l join records r on r.source_no > l.source_no
        join {HIDDEN} h on h.record_id = l.record_id
        join {HIDDEN} o on o.record_id = r.record_id and o.person = h.person""")  # fmt: skip
    run_steps(con, (groups_step(("sex",), ""),))


def tried(con: Connection) -> dict[tuple[str, str], bool]:
    """Masked pairs as (the record taken for the one without an identifier, its cell) -> found."""
    run_steps(con, residue_steps(con, ACCEPT))
    found = rows(con, "select r.key, t.cell, t.is_found from residue_tried t join records r using (record_id)")
    return {(str(key), str(cell)): bool(is_found) for key, cell, is_found in found}


def test_the_others_of_a_child_keep_their_identifiers(con: Connection) -> None:
    # The rerun joined only a1 and b1. The run has b1 and c1 in one person: a1 would have come to c1 by way of b1.
    children(con, "a1 b1 c1 e1", persons={"a1": 1, "b1": 1, "c1": 1, "e1": 2})
    execute(con, f"update {KNOWN} set recovered = true where record_id_l = 0 and record_id_r = 1")
    found = tried(con)
    assert found["a1", "0 and 1"]
    assert found["a1", "0 and 2"]
    assert not found["a1", "0 and 3"], "the run itself has e1 apart from b1"
    assert found["b1", "1 and 0"]
    assert not found["c1", "2 and 0"], "nothing joined c1 to anything"


def test_a_masked_pair_is_held_against_the_prior_of_the_residue(con: Connection) -> None:
    # In the rerun all four had odds of 99 to 1 under a prior of -4 bits. In the run a pair of sources a and b has -7
    # bits, so that 99 becomes 12.4, and 0.95 needs 19. With rivals of odds 3 in the rerun (99 = 396 / 4) they shrink
    # too: 396 / 8 / (1 + 3 / 8) = 36. Of a and c the prior is as in the rerun. Of b and c the run has none, and a5 and
    # b5 met by a rule. The pair of a6 and b6 is bare: its prior is its own, there as here.
    names = "a1 b1 a2 b2 a3 c3 b4 c4 a5 b5 a6 b6"
    children(con, names, persons={name: int(name[1:]) for name in names.split()})
    execute(con, f"update {KNOWN} set recovered = true")
    execute(con, f"create table {LINKS_DETERMINISTIC} (record_id_l bigint, record_id_r bigint)")
    run_steps(con, (priors_step(),))
    execute(con, f"insert into {PRIORS} values (0, 1, 2, 9, 1, -9, -7), (0, 1, 1, 9, 1, 0, 0), (0, 2, 2, 9, 1, -9, -4)")
    met = (("a1", "b1", 0, False), ("a2", "b2", 2, False), ("a3", "c3", 0, False), ("b4", "c4", 0, False),
           ("a6", "b6", 0, True))  # fmt: skip
    for left, right, rival_bits, is_bare in met:
        execute(
            con,
            f"""insert into {PAIRS} select 'residual_pool', 0, l.record_id, r.record_id, true, 5, 3, -2, 0,
            0.5, 0.99, -4, {rival_bits}, {is_bare}
            from records l join records r on l.key = '{left}' and r.key = '{right}'""",
        )
    found = tried(con)
    assert not found["a1", "0 and 1"]
    assert found["a2", "0 and 1"]
    assert found["a3", "0 and 2"]
    assert found["b4", "1 and 2"]
    assert found["a5", "0 and 1"]
    assert found["a6", "0 and 1"]
    assert rows(con, f"select count(*) from {TOO_WEAK}") == [(2,)], "a1 and b1, either way round"


def test_who_has_another_link_into_the_source_has_the_prior_of_that(con: Connection) -> None:
    # The source a has the child twice. Were a1 without identifiers, b1 still had its link to a11; and were b1, a1 had
    # none. One open side has a prior of -9 bits, two have -4, as in the rerun.
    children(con, "a1 a11 b1", persons={"a1": 1, "a11": 1, "b1": 1})
    execute(con, f"update {KNOWN} set recovered = true")
    run_steps(con, (priors_step(),))
    execute(con, f"insert into {PRIORS} values (0, 1, 2, 9, 1, -9, -4), (0, 1, 1, 9, 1, -9, -9)")
    execute(
        con,
        f"""create or replace table {LINKS_DETERMINISTIC} as
        select l.record_id as record_id_l, r.record_id as record_id_r
        from records l join records r on r.key = 'b1' where l.source_no = 0""",
    )
    execute(
        con,
        f"""insert into {PAIRS} select 'residual_pool', 0, l.record_id, r.record_id, true, 5, 3, -2, 0,
        0.5, 0.99, -4, 0, false from records l join records r on l.key = 'a1' and r.key = 'b1'""",
    )
    run_steps(con, (too_weak_step(con, ACCEPT),))
    weak = rows(con, f"select r.key from {TOO_WEAK} w join records r using (record_id)")
    assert weak == [("a1",)]


def test_a_local_number_of_the_same_child_joins_and_makes_a_cell_of_its_own(con: Connection) -> None:
    children(con, "c1 d1 c2", persons={"c1": 1, "d1": 1, "c2": 2})
    found = tried(con)
    assert found["c1", "0+ and 1"]
    assert found["d1", "1+ and 0"]
    sides = dict(rows(con, "select r.key, s.side from residue_side s join records r using (record_id)"))
    assert sides == {"c1": "0+", "d1": "1+", "c2": "0"}


def test_a_local_number_that_now_is_another_childs_keeps_nobody(con: Connection) -> None:
    # d1 has no UPN. It shares its number with c1; the run put them together, or kept them apart.
    children(con, "c1 d1", residue=("d1",), persons={"c1": 1, "d1": 1})
    tried(con)
    side = "select side from residue_side s join records r using (record_id) where r.key = 'd1'"
    assert rows(con, side) == [("1+",)]
    execute(con, f"update {PERSONS} set person_no = record_id")
    tried(con)
    assert rows(con, side) == [("1",)]


def test_cells_in_which_hardly_anything_is_found_are_beyond_reach_and_told(con: Connection, tmp_path: Path) -> None:
    # Ten children in a and b, ten more in a and e; the rerun found the first ten. Of records without an identifier ten
    # in b are found, and four in e are alone: e is beyond reach.
    assert FEWEST == 10
    known = [f"{source}{n:02}" for n in range(20) for source in ("a", "b" if n < 10 else "e")]
    lacking = [*(f"b{n}" for n in range(30, 40)), *(f"e{n}" for n in range(40, 44))]
    persons = {name: int(name[1:]) for name in known} | {name: int(name[1:]) for name in lacking}
    persons |= {f"b{n}": n - 30 for n in range(30, 40)}
    children(con, " ".join([*known, *lacking]), residue=tuple(lacking), persons=persons)
    execute(con, f"""update {KNOWN} set recovered = true where record_id_r in (
        select record_id from records where source = 'b')""")  # fmt: skip
    [(group, told)] = recall_of_residue(con, (), accept=ACCEPT).items()
    assert group == ("residual_pool", "all", "all")
    assert (told.found, told.unsupported_share) == (10, 4 / 14)
    assert told.recall is not None
    assert told.recall.rate == 1, "ten of ten, as in every masked pair within reach"
    assert told.recall.lo < 0.9, "of ten pairs"
    assert (told.columns["bound_lo"], told.columns["bound_hi"]) == (round(10 / 14, 6), 1.0)
    execute(con, f"delete from {PERSONS} where record_id in (select record_id from records where key = 'b30')")
    assert recall_of_residue(con, (), accept=ACCEPT)[group].recall is None, "nine pairs are too few"


def test_how_many_pairs_a_group_has_is_presumed_from_what_the_others_are_found_to_have(con: Connection) -> None:
    # Ten masked girls have 20 pairs, ten masked boys 10; five girls and 30 boys lack an identifier. Were they like the
    # masked, they had 10 and 30 pairs, of which half are found. But two of the boys' are found and not 15, so that the
    # girls have (2 + 1) / (15 + 1) of their 10; and one of the girls' and not five: the boys (1 + 1) / (5 + 1) of 30.
    execute(con, """create table masked_groups as select range as record_id, if(range % 2 = 1, 'F', 'M') as v_sex
        from range(200)""")  # fmt: skip
    execute(con, "create table residue_cells as select 'residual_pool' as pool_mode, '0 and 1' as cell, '0' as side, "
                 "0.5 as recall")  # fmt: skip
    execute(con, """create table residue_side as
        select range as record_id, '0' as side, range as person, false as is_residue from range(20)
        union all select 100 + range, '0', null, true from range(70)
        where range % 2 = 0 and range < 60 or range % 2 = 1 and range < 10""")  # fmt: skip
    execute(con, """create table residue_tried as
        select 'residual_pool' as pool_mode, record_id, '0 and 1' as cell, record_id < 10 as is_found
        from residue_side cross join range(2) t(n)
        where not is_residue and (n = 0 or record_id % 2 = 1)""")  # fmt: skip
    execute(con, "create table residue_found as select unnest([100, 101, 102]) as record_id, '0 and 1' as cell")
    groups = "join masked_groups g on g.record_id = t.record_id"
    run_steps(con, (cells_of_groups_step("g.v_sex", groups),))
    told = "select subgroup, found, tried, recovered, presumed from residue_cells_of_groups order by 1"
    assert rows(con, told) == [("F", 1, 20, 10, 10 * 3 / 16), ("M", 2, 10, 5, 30 * 2 / 6)]
    run_steps(con, (cells_of_groups_step("'all'", groups),))
    assert rows(con, told) == [("all", 3, 30, 15, 35 * 30 / 20)], "of all there are no others: as the masked"


def test_groups_of_a_variable_have_places_and_one_group_has_none(con: Connection) -> None:
    # Of 80 children in a and b the rerun found all girls and 16 of 40 boys; 24 records of b lack an identifier.
    known = [f"{source}{n:03}" for n in range(80) for source in "ab"]
    lacking = [f"b{n}" for n in range(100, 124)]
    persons = {name: int(name[1:]) for name in known} | {name: int(name[1:]) - 100 for name in lacking}
    children(con, " ".join([*known, *lacking]), residue=tuple(lacking), persons=persons)
    found = "select record_id from records where key[-1]::integer % 4 > 0"
    execute(con, f"update {KNOWN} set recovered = record_id_l in ({found})")
    told = placed(recall_of_residue(con, ("sex",), accept=ACCEPT), seed=1)
    girls, boys, everybody = (told["residual_pool", *group] for group in (("sex", "F"), ("sex", "M"), ("all", "all")))
    assert girls.place is not None
    assert boys.place is not None
    assert boys.shrunk is not None
    assert boys.recall is not None
    assert (girls.place.lo, girls.place.hi, girls.place.may_be_lowest) == (2, 2, False)
    assert (boys.place.lo, boys.place.hi, boys.place.may_be_lowest) == (1, 1, True)
    assert boys.recall.rate == boys.shrunk.rate < 0.5, "groups so different are not drawn together"
    assert boys.columns["may_be_worst"] == "true"
    assert everybody.place is None
    assert "recall_shrunk" not in everybody.columns


def test_two_records_of_one_source_are_a_pair_only_where_its_own_records_are_linked(con: Connection) -> None:
    children(con, "a1 a2 b1", residue=("a2",), persons={"a1": 1, "a2": 1, "b1": 1})
    for is_within, expected in ((False, [("0 and 1",)]), (True, [("0 and 0",), ("0 and 1",)])):
        execute(con, f"update sources set is_within = {is_within}")
        run_steps(con, residue_steps(con, ACCEPT))
        assert rows(con, "select cell from residue_found order by all") == expected


def test_a_group_whose_figures_are_not_written_has_no_place(con: Connection, tmp_path: Path) -> None:
    # 30 girls, 30 boys, and 12 children whose sex b alone does not know: their pairs are counted where a knows it, and
    # in the row `unknown` there are none. But 12 records of b without sex or identifier have a recall of their own.
    listed = [{"source": source, "key": f"{source}{n}", "sex": None if n >= 60 and source == "b" else "MF"[n % 2]}
              for n in range(72) for source in "ab"]  # fmt: skip
    listed += [
        {"source": "b", "key": f"x{n}", "sex": None if n >= 60 else "MF"[n % 2]} for n in (*range(24), *range(60, 72))
    ]
    load(con, listed)
    execute(
        con,
        f"""create table {HIDDEN} as select record_id, if(key[1] = 'x', null, substr(key, 2)::bigint) as person,
        if(key[1] = 'x', null, [1::ubigint]) as schemes, true as sample from records""",
    )
    execute(con, f"create table {PERSONS} as select record_id, substr(key, 2)::bigint as person_no from records")
    run_steps(con, empty_results())
    execute(
        con,
        f"""insert into {KNOWN} select 'residual_pool', 0, l.record_id, r.record_id, true, true, true, true,
        l.record_id % 7 > 0 from records l join records r on r.key = 'b' || substr(l.key, 2) where l.key[1] = 'a'""",
    )
    masked_validation(con, ("sex",), years={}, accept=0.95, seed=1, folder=tmp_path)
    with (tmp_path / "masked_validation.csv").open(encoding="utf-8", newline="") as file:
        told = {row["subgroup"]: row["rank_hi"] for row in csv.DictReader(file) if row["subgroup_var"] == "sex"}
    assert told == {"F": "2", "M": "2"}
    assert rows(con, f"select subgroup from {SERVED_WORST} order by 1") == [("F",), ("M",)]
