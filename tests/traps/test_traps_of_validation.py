"""Traps 1 to 7 and 20: recall that is not recall, and groups that fall out of the count."""

from __future__ import annotations

import csv
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from error_run import World, working
from small_run import SUBGROUPS, fill_working
from test_confidence_map import learnable
from tiny_run import child_model, load

import linkage.diagnostics
from linkage import stats
from linkage.cluster.registry import know_nothing
from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.expected_by_subgroup import expected_errors
from linkage.diagnostics.masked_validation import masked_validation
from linkage.diagnostics.match_rate import match_rate
from linkage.diagnostics.operating_points import operating_points
from linkage.diagnostics.threshold_sweep import threshold_sweep
from linkage.sql import Connection, columns, connect, execute, ident, rows, run_steps
from linkage.stats import clustered_wilson, newcombe, recall_of_found, wilson, wilson_sql
from linkage.tables import KNOWN_PAIRS, KNOWN_RECORDS, PERSONS
from linkage.validation.learning import FOLDED, learn_map
from linkage.validation.masked import masked_copy
from linkage.validation.persons import HIDDEN, find_hidden_persons
from linkage.validation.rerun import KNOWN, PAIRS, empty_results

DERIVED = """
    source | key | forename | surname | dob        | upn | former_upn | uln | la_child_id | pmr | pseudonym
    a      | 1   | ANN      | OAK     | 2010-03-01 | A1  |            | U1  | L1          | P1  | Q1
    b      | 1   | ANN      | OAK     | 2010-03-01 | A2  | A1         |     | L1          | P1  | Q1
    a      | 2   | BEN      | ELM     | 2011-03-01 | B1  |            | U2  | L2          | P2  | Q2
    """


def test_trap_1_no_identifier_leaks_through_what_is_made_of_it(con: Connection) -> None:
    """Trap 1, recall with the UPN still in a derived id: in a rerun no cell of a held-out record holds any number."""
    held = [[cell.strip() for cell in line.split("|")] for line in DERIVED.strip().splitlines()]
    listed = [{name: cell for name, cell in zip(held[0], line, strict=True) if cell} for line in held[1:]]
    load(con, listed)
    for table in ("never_link", "must_link"):
        execute(con, f"create table {table} as select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0")
    execute(con, "insert into must_link values (0, 2)")
    find_hidden_persons(con, seed=1)
    told = ("source", "key", "forename", "surname", "dob")
    secrets = {cell for line in listed for name, cell in line.items() if name not in told}
    assert len(secrets) == 11
    with masked_copy(con, "masked_trap", held="true") as copy:
        know_nothing(copy)  # persons of earlier runs are made of identifiers, too
        tables = [str(name) for (name,) in rows(copy, "select table_name from duckdb_tables() "
                                                      "where database_name = 'masked_trap' order by 1")]  # fmt: skip
        assert {"records", "identifiers", "upn_groups", "must_link"} <= set(tables)
        seen = {str(cell) for table in tables for row in rows(copy, f"from {ident(table)}") for cell in row}
        assert "ANN" in seen, "the rest of the record is there"
        assert not secrets & seen
        for table in ("identifiers", "upn_groups", "must_link", "fold_conflicts", KNOWN_RECORDS, KNOWN_PAIRS):
            assert not rows(copy, f"from {table}"), table


def twenty_pairs(con: Connection, *, lonely: int = 0) -> None:
    """Twenty children known in a and b: of 16 the pair was looked at, and found; and records without an identifier,
    ten that the run put to children of a, and some whose child no other source has."""
    known = [{"source": source, "key": f"{n:02}", "sex": "F" if n % 2 else None} for source in "ab" for n in range(20)]
    lacking = [{"source": "b", "key": f"x{n:02}", "sex": None} for n in range(10 + lonely)]
    load(con, [*known, *lacking])
    execute(con, f"""create table {HIDDEN} as select record_id, case when key < 'x' then record_id % 20 end as person,
        case when key < 'x' then [1::ubigint] end as schemes, true as sample from records""")  # fmt: skip
    execute(con, f"""create table {PERSONS} as select record_id, case when record_id < 40 then record_id % 20
        when record_id < 50 then record_id - 40 else record_id end as person_no from records""")  # fmt: skip
    run_steps(con, empty_results())
    execute(con, f"""insert into {KNOWN} select 'residual_pool', 0, range, range + 20, true, range < 16,
        range < 16, range < 16, range < 16 from range(20)""")  # fmt: skip


def written(con: Connection, folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    masked_validation(con, ("sex",), years={}, accept=0.95, seed=1, folder=folder)
    with (folder / "masked_validation.csv").open(encoding="utf-8", newline="") as file:
        return {(row["subgroup_var"], row["subgroup"]): row for row in csv.DictReader(file)}


def test_trap_2_recall_is_of_all_pairs_and_not_of_candidates(con: Connection, tmp_path: Path) -> None:
    """Trap 2, missed matches among candidates called recall: pairs that no block found stay in the denominator."""
    twenty_pairs(con)
    total = written(con, tmp_path)["all", "all"]
    assert (total["blocked"], total["recovered"], total["m_masked"]) == ("16", "16", "20")
    assert float(total["recall"]) == 0.8, "of the candidates it would be 1"


def test_trap_2_what_is_of_candidates_only_says_so_in_its_name() -> None:
    """Trap 2: the expected errors know candidates only, and their columns say so."""
    with working(World([(0, 0, "F"), (1, 0, "F")], links=[(0, 1, 0.9, "modelled")])) as con:
        make_closure(con, ())
        expected_errors(con)
        named = columns(con, "diagnostics__expected_errors")
    assert {"exp_missed_in_candidates", "mmr_candidates"} <= set(named)
    assert not {"recall", "mmr", "exp_missed"} & set(named)


def test_trap_3_a_record_without_a_partner_is_no_missed_link(con: Connection, tmp_path: Path) -> None:
    """Trap 3, unlinked taken for missed: fifty records whose authority did not return the other side hardly count."""
    twenty_pairs(con)
    before = written(con, tmp_path)["all", "all"]
    with connect(memory="1GB", threads=1) as other:
        twenty_pairs(other, lonely=50)
        after = written(other, tmp_path)["all", "all"]
    assert before["residue_found"] == after["residue_found"] == "10"
    assert before["recall"] == after["recall"]
    recalls = [float(told["recall_std_to_residue"]) for told in (before, after)]
    assert 10 / 60 < 0.7 < recalls[1] <= recalls[0], "10 of 60 would be the share linked"
    assert float(after["std_lo"]) < recalls[0] < float(after["std_hi"])


def test_trap_4_nothing_is_told_that_true_negatives_flatter() -> None:
    """Trap 4, specificity and accuracy: no table has a column of them, and no statistic is called so."""
    flattering = {"specificity", "accuracy", "tn", "true_negatives", "true_negative", "npv", "tnr"}
    named = {name.lower() for name in (*stats.__all__, *(field.name for field in fields(stats.PairCounts)))}
    tables = 0
    for module in pkgutil.iter_modules(linkage.diagnostics.__path__, "linkage.diagnostics."):
        found = getattr(importlib.import_module(module.name), "COLUMNS", None)
        if found is not None:
            tables += 1
            named |= set(found)
    assert tables >= 15
    assert not flattering & named
    assert not [name for name in named if any(word in name for word in ("specific", "accura", "true_neg"))]


@pytest.mark.parametrize("n", [1, 3, 10, 1_000])
def test_trap_5_no_interval_leaves_0_to_1(con: Connection, n: int) -> None:
    """Trap 5, Wald's interval above 100%: where all or none were found, ends stay within 0 and 1 and have a width."""
    for x in (0, 1, n - 1, n):
        told = wilson(x, n)
        clustered = clustered_wilson([1.0] * x + [0.0] * (n - x), [1.0] * n)
        found = recall_of_found({"c": n}, ["c"] * n, range(n), [1.0] * x + [0.0] * (n - x), [1.0] * n,
                                presumed={"c": float(n)})  # fmt: skip
        low, high = wilson_sql(str(x), str(n))
        in_sql = rows(con, f"select {low}::double, {high}::double")[0]
        ends = [in_sql, *((one.lo, one.hi) for one in (told, clustered, found) if one is not None)]
        assert len(ends) == 4
        for lo, hi in ends:
            assert 0 <= float(str(lo)) < float(str(hi)) <= 1
    difference = newcombe(n, n, 0, n)
    assert difference is not None
    assert -1 <= difference.lo < difference.hi <= 1


@pytest.fixture
def small() -> Iterator[Connection]:
    with connect(threads=1) as made:
        fill_working(made)
        yield made


def test_trap_6_unknown_is_a_group_like_any_other(small: Connection, con: Connection, tmp_path: Path) -> None:
    """Trap 6, groups of which nothing is known dropped: `unknown` has rows of its own, with its counts."""
    match_rate(small, SUBGROUPS)
    for variable in SUBGROUPS:
        unknown = f"select sum(records) from diagnostics__match_rate where subgroup_var = '{variable}' and subgroup"
        assert rows(small, f"{unknown} = 'unknown'")[0][0], variable
    twenty_pairs(con)
    told = written(con, tmp_path)["sex", "unknown"]
    assert (told["m_masked"], told["recovered"], told["residue_found"]) == ("10", "8", "10")
    assert float(told["recall"]) == 0.8


def test_trap_7_counts_of_subgroups_add_up_to_the_total(small: Connection, con: Connection, tmp_path: Path) -> None:
    """Trap 7, subgroups that do not add up: in link rates, expected errors and masked validation, by each variable."""
    match_rate(small, SUBGROUPS)
    totals = rows(small, """select subgroup_var, side, sum(linked), sum(records) from diagnostics__match_rate
        group by all order by all""")  # fmt: skip
    assert len({row[1:] for row in totals}) == 2, "one sum for each side, whatever the variable"
    world = World([(0, 0, "F"), (1, 0, None), (2, 0, "M"), (0, 1, None), (1, 1, None)],
                  links=[(0, 1, 0.9, "modelled"), (1, 2, 0.8, "modelled")], others=[(3, 4, 0.4)])  # fmt: skip
    with working(world) as errors:
        make_closure(errors, ("sex",))
        expected_errors(errors)
        sums = rows(errors, """select subgroup_var, sum(n_links), sum(false_links), sum(missed_pairs)
            from diagnostics__expected_errors where source_l = 'all' group by all order by all""")  # fmt: skip
    assert len(sums) == 2
    assert len({row[1:] for row in sums}) == 1
    twenty_pairs(con)
    told = written(con, tmp_path)
    counts = ("m_masked", "comparable", "blocked", "scored_in", "recovered", "residue_found")
    for name in counts:
        of_sex = sum(int(row[name] or 0) for (variable, _), row in told.items() if variable == "sex")
        assert of_sex == int(told["all", "all"][name]), name


def test_trap_20_who_is_reported_on_taught_nothing(con: Connection) -> None:
    """Trap 20, judged on the pairs that were learnt from: the map that decides a fold is not touched by its labels."""
    learnable(con, matches=150, others=40)
    before = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0).by_fold
    execute(con, f"""update {PAIRS} set same = not same where record_id_l in (
        select h.record_id from {HIDDEN} h join {FOLDED} f using (person) where fold = 3)""")  # fmt: skip
    after = learn_map(con, child_model(), pool_mode="residual_pool", second_numbers=0.0).by_fold
    assert [fold for fold in range(len(before)) if after[fold] == before[fold]] == [3]


def test_trap_20_no_threshold_is_chosen_by_the_answer_it_gives() -> None:
    """Trap 20: thresholds of groups are shown at the project's own, and nothing is decided by them."""
    world = World([(0, 0, "F"), (1, 0, "F"), (0, 1, "M"), (1, 2, "M")], links=[(0, 1, 0.99, "modelled")],
                  others=[(2, 3, 0.6)])  # fmt: skip
    with working(world) as con:
        tables = {table: rows(con, f"from {table} order by all") for table in ("links", "persons", "decided_pairs")}
        threshold_sweep(con, accept=0.95)
        make_closure(con, ("sex",))
        operating_points(con, ("sex",), accept=0.95)
        assert {table: rows(con, f"from {table} order by all") for table in tables} == tables
