"""Expected errors after closure, and what other thresholds would link, on worlds made by hand."""

from __future__ import annotations

import itertools

import pytest
from error_run import World, working
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.expected_by_subgroup import expected_errors
from linkage.diagnostics.threshold_sweep import threshold_sweep
from linkage.sql import Connection, rows
from linkage.stats import Cause, false_count

# Person 0 holds records of three sources, linked in a chain; record 3, of a source that holds a child once, may be the
# same child, and record 4, of the same person as 3, too.
CHAIN = World(
    records=[(0, 0, "F"), (1, 0, "F"), (2, 0, None), (1, 1, "M"), (2, 1, "M")],
    links=[(0, 1, 0.9, "calibrated"), (1, 2, 0.8, "modelled"), (3, 4, 1.0, "calibrated")],
    others=[(0, 3, 0.3)],
    unique=frozenset({1}),
)


def pairs(con: Connection) -> dict[tuple[int, int], tuple[bool, float]]:
    found = rows(con, "select record_id_l, record_id_r, is_joined, q from closure_pairs")
    return {(int(str(left)), int(str(right))): (bool(joined), float(str(q))) for left, right, joined, q in found}


def test_pairs_that_follow_from_others_count_and_a_record_is_one_child_of_a_source() -> None:
    with working(CHAIN) as con:
        make_closure(con, ("sex",))
        assert pairs(con) == {
            (0, 1): (True, 0.9), (1, 2): (True, 0.8), (0, 2): (True, 0.72), (3, 4): (True, 1.0),
            # 0.3 is more than the 0.1 that the link of record 0 into source 1 leaves, and the two persons are one or
            # are not: so are all their pairs of different sources.
            (0, 3): (False, 0.1), (0, 4): (False, 0.1), (1, 4): (False, 0.1), (2, 3): (False, 0.1),
        }  # fmt: skip


def test_expected_errors_are_the_sums_and_whole_numbers_add_up() -> None:
    with working(CHAIN) as con:
        make_closure(con, ("sex",))
        expected_errors(con)
        found = rows(con, """
            select subgroup_var, subgroup, n_links, exp_false, sd_false, exp_missed_in_candidates, mmr_candidates,
              confidence_basis, status
            from diagnostics__expected_errors where source_l = 'all' and subgroup <> 'M'
            order by cell_no""")  # fmt: skip
        # Three records of one person are false in two pairs at once; 0.1 by a model that was checked, 0.48 by one that
        # was not: 2 × 0.58 + 0.1² / 1 + 0.48² / 0.566 = 1.577067.
        whole = ("all", "all", 4, pytest.approx(0.58), pytest.approx(1.577067**0.5), pytest.approx(0.4), None,
                 "modelled, calibrated", "not enough evidence")  # fmt: skip
        assert found[0] == whole
        assert found[1][:4] == ("sex", "F", 3, pytest.approx(0.58))  # record 2 has no sex: the left record's counts
        sums = rows(con, """
            select subgroup_var, sum(n_links), sum(false_links), sum(missed_pairs) from diagnostics__expected_errors
            where source_l = 'all' group by subgroup_var""")  # fmt: skip
        assert {tuple(row[1:]) for row in sums} == {(4, 1, 0)}
        by_sources = rows(con, "select sum(n_links), round(sum(exp_false), 6) from diagnostics__expected_errors "
                               "where source_l <> 'all' and subgroup_var = 'all'")  # fmt: skip
        assert by_sources == [(4, pytest.approx(0.58))]


def test_persons_that_a_person_said_are_two_are_no_missed_match() -> None:
    kept_apart = World(**{**vars(CHAIN), "never": [(2, 4)]})
    with working(kept_apart) as con:
        make_closure(con, ())
        assert not [pair for pair, (joined, _) in pairs(con).items() if not joined]


def test_two_records_of_one_source_count_only_where_its_own_records_are_linked() -> None:
    world = {"records": [(0, 0, "F"), (0, 0, "F"), (1, 0, "F")],
             "links": [(0, 2, 0.9, "modelled"), (1, 2, 0.9, "modelled")]}  # fmt: skip
    for within, expected in ((frozenset[int](), 2), (frozenset({0}), 3)):
        with working(World(**world, within=within)) as con:  # type: ignore[arg-type]
            make_closure(con, ())
            assert len(pairs(con)) == expected


def test_a_link_across_persons_is_refused() -> None:
    with (
        working(World(records=[(0, 0, "F"), (1, 1, "F")], links=[(0, 1, 0.9, "modelled")])) as con,
        pytest.raises(AssertionError),
    ):
        make_closure(con, ())


QS = st.integers(500_000, 999_999).map(lambda n: n / 1e6)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 6), st.data())
def test_chains_are_the_surest_there_are(size: int, data: st.DataObject) -> None:
    tree = [(data.draw(st.integers(0, end - 1)), end, data.draw(QS)) for end in range(1, size)]
    known = {(left, right) for left, right, _ in tree}
    more = [(left, right, data.draw(QS)) for left, right in itertools.combinations(range(size), 2)
            if (left, right) not in known and data.draw(st.booleans())]  # fmt: skip
    links = [*tree, *more]
    with working(World([(n, 0, "F") for n in range(size)], [(*link, "modelled") for link in links])) as con:
        make_closure(con, ())
        found = {pair: q for pair, (_, q) in pairs(con).items()}
    best = {(n, m): float(n == m) for n in range(size) for m in range(size)}
    for left, right, q in links:
        best[left, right] = best[right, left] = q
    for middle, left, right in itertools.product(range(size), repeat=3):
        best[left, right] = max(best[left, right], best[left, middle] * best[middle, right])
    assert found == {pair: pytest.approx(best[pair], abs=1e-5) for pair in itertools.combinations(range(size), 2)}


def test_a_person_is_false_in_several_pairs_at_once() -> None:
    """Dealt to two children, three records are parted in 2 pairs, four in 24 / 7 on average; an intruder in its own."""
    three = [(n, 0, "F") for n in range(3)]
    four = [(n, 1, "F") for n in range(4)]
    one_doubtful = [(n, 2, "F") for n in range(6)]
    links = [(n, m, 0.9, "modelled") for n, m in itertools.combinations(range(3), 2)]
    links += [(n, m, 0.9, "modelled") for n, m in itertools.combinations(range(3, 7), 2)]
    links += [(n, m, 0.9 if m == 12 else 1.0, "modelled") for n, m in itertools.combinations(range(7, 13), 2)]
    with working(World([*three, *four, *one_doubtful], links)) as con:
        make_closure(con, ())
        sizes = rows(con, """select p.person_no, c.size, c.size_here, count(*) from closure_pairs c
            join persons p on p.record_id = c.record_id_l group by all order by all""")  # fmt: skip
        assert sizes == [(0, 2, 1, 3), (1, 3, 1, 6), (2, 5, 1, 15)]
        expected_errors(con)
        told = rows(con, """select exp_false, sd_false, false_lo, false_hi from diagnostics__expected_errors
            where source_l = 'all' and subgroup_var = 'all'""")  # fmt: skip
    causes = [Cause({2: 0.3, 3: 0.6, 5: 0.5}, 0.566)]
    law = false_count(24, causes)
    assert told == [(pytest.approx(1.4), pytest.approx(law.sd), law.lo, law.hi)]


SWEPT = World(
    records=[(0, 0, "F"), (1, 0, "F"), (0, 1, "M"), (1, 2, "M"), (0, 3, "M"), (1, 4, "M")],
    links=[(0, 1, 0.96, "modelled")],
    others=[(2, 3, 0.6)],
    held=[(4, 5, 0.99)],
)


def test_a_threshold_links_what_is_surer_and_never_what_a_guard_holds() -> None:
    with working(SWEPT) as con:
        threshold_sweep(con, accept=0.95)
        found = {float(str(row[0])): row[1:] for row in rows(con, """
            select threshold, links, persons, exp_false, precision, recall_given_candidates, is_run
            from diagnostics__threshold_sweep""")}  # fmt: skip
    # In all 0.96 + 0.6 + 0.99 pairs are expected true.
    assert found[0.95] == (1, 5, pytest.approx(0.04), pytest.approx(0.96), pytest.approx(0.96 / 2.55, abs=1e-6), True)
    assert found[0.5] == (2, 4, pytest.approx(0.44), pytest.approx(0.78), pytest.approx(1.56 / 2.55, abs=1e-6), False)
    assert found[0.97][:4] == (0, 6, 0, None)


def test_a_sweep_that_does_not_have_the_links_of_the_run_is_refused() -> None:
    with working(SWEPT) as con:
        con.execute("delete from decided_pairs")
        with pytest.raises(AssertionError):
            threshold_sweep(con, accept=0.95)
