"""What no child can be, on pairs of records made by hand; linked against unlinked; capture-recapture."""

from __future__ import annotations

import pytest
from error_run import World, working

from linkage.diagnostic_settings import EligibleSpec
from linkage.diagnostics.capture_recapture import capture_recapture
from linkage.diagnostics.closure import make_closure
from linkage.diagnostics.implausible import implausible
from linkage.diagnostics.linked_vs_unlinked import linked_vs_unlinked
from linkage.errors import ProjectError
from linkage.match.pool import make_pool
from linkage.packs import Block, ModelSpec
from linkage.sql import Connection, rows
from linkage.stats import chapman

DAY = {"dob": "2010-05-01", "dob_precision": "day"}
SCHOOL = {"school_urn": "1", "authority": "301"}
# Rule, both records of one person, sources, and whether the person shows it.
CASES = [
    ("two_birth_dates", DAY, {**DAY, "dob": "2010-05-02"}, (0, 1), False),
    ("two_birth_dates", DAY, {**DAY, "dob": "2010-06-02"}, (0, 1), True),
    ("two_births", {"expected_dob": "2010-05-01"}, DAY, (0, 1), False),
    ("two_births", {**DAY, "dob": "2011-01-01"}, {"expected_dob": "2010-05-01"}, (0, 1), True),
    ("two_deaths", {"death_date": "2015-01-01"}, {"death_date": "2015-01-01"}, (0, 1), False),
    ("two_deaths", {"death_date": "2015-01-01"}, {"death_date": "2015-02-01"}, (0, 1), True),
    ("sex_and_forename", {"sex": "F", "forename": "ANNA"}, {"sex": "M", "forename": "ANNA"}, (0, 1), False),
    ("sex_and_forename", {"sex": "F", "forename": "ANNA"}, {"sex": "M", "forename": "PETER"}, (0, 1), True),
    ("like_siblings", {"forename": "ANNA", "surname": "HILL", "postcode": "AB1 2CD"},
     {"forename": "PETER", "surname": "HILL", "postcode": "AB1 2CD"}, (0, 1), True),
    ("like_siblings", {"forename": "ANNA", "surname": "HILL", "postcode": "AB1 2CD"},
     {"forename": "PETER", "surname": "HILL", "postcode": "AB1 3CD"}, (0, 1), False),
    ("schools_far_apart", SCHOOL, {"school_urn": "2", "authority": "302"}, (0, 0), True),
    ("schools_far_apart", SCHOOL, {"school_urn": "2", "authority": "301"}, (0, 0), False),
]  # fmt: skip


def flagged(con: Connection, rule: str) -> tuple[object, object]:
    sql = "select at_risk, flagged from diagnostics__implausible where rule = $rule and subgroup_var = 'all'"
    return rows(con, sql, {"rule": rule})[0]  # type: ignore[return-value]


@pytest.mark.parametrize(("rule", "left", "right", "sources", "shows"), CASES)
def test_a_person_shows_what_no_child_can_be(
    rule: str, left: dict[str, object], right: dict[str, object], sources: tuple[int, int], shows: bool
) -> None:
    world = World([(sources[0], 0, None), (sources[1], 0, None)], values={0: left, 1: right})
    with working(world) as con:
        run_implausible(con)
        assert flagged(con, rule) == (1, int(shows))
        assert flagged(con, "any") == (1, int(shows))


def run_implausible(con: Connection) -> None:
    con.execute("""update records set forename_phonetic = forename, surname_phonetic = surname,
                forename_key = forename, surname_key = surname""")
    make_pool(con)
    make_closure(con, ("sex",))
    implausible(con, ("sex",))


def test_what_begins_after_death_or_outside_childhood_is_seen_across_records_only() -> None:
    own = {**DAY, "death_date": "2015-01-01"}
    with working(World([(0, 0, None), (1, 0, None)], values={0: own, 1: DAY})) as con:
        con.execute("create table events (record_id bigint, kind varchar, date_from date)")
        con.execute("insert into events values (0, 'referral', date '2016-01-01')")
        run_implausible(con)
        assert flagged(con, "after_death") == (0, 0)
        con.execute("insert into events values (1, 'referral', date '2038-01-01')")
        run_implausible(con)
        assert flagged(con, "after_death") == (1, 1)
        assert flagged(con, "outside_childhood") == (1, 1)


def test_placements_of_two_authorities_must_overlap() -> None:
    for starts, shows in (("2015-03-01", 0), ("2015-01-15", 1)):
        world = World([(0, 0, None), (1, 0, None)], values={0: {"authority": "301"}, 1: {"authority": "302"}})
        with working(world) as con:
            con.execute("create table addresses (record_id bigint, kind varchar, valid_from date, valid_to date, "
                        "postcode varchar, precision varchar)")  # fmt: skip
            con.execute("insert into addresses values (0, 'placement', date '2015-01-01', date '2015-02-01', null, "
                        "null), "
                        f"(1, 'placement', date '{starts}', null, null, null)")  # fmt: skip
            run_implausible(con)
            assert flagged(con, "placed_twice") == (1, shows)


def test_two_records_of_a_unique_source_are_refused_unless_a_person_said_so() -> None:
    world = World([(0, 0, None), (0, 0, None)], unique=frozenset({0}))
    with working(world) as con:
        with pytest.raises(AssertionError):
            run_implausible(con)
        con.execute("insert into must_link values (0, 1)")
        run_implausible(con)
        assert flagged(con, "twice_in_unique_source") == (1, 1)


def test_a_false_pair_trips_as_candidates_that_were_not_joined_do() -> None:
    # 20 persons of two records, 2 of them with two birth dates; 40 candidates apart, of which 20 differ so.
    records = [(side, n, "F") for n in range(20) for side in (0, 1)]
    other = {**DAY, "dob": "2012-07-09"}
    values = {number: (other if number in (1, 3) else DAY) for number in range(40)}
    apart = [(1, 2 * n, 0.01) for n in range(1, 20)] + [(0, 2 * n, 0.01) for n in range(1, 20)]
    with working(World(records, others=[*apart, (3, 4, 0.01), (2, 4, 0.01)], values=values)) as con:
        run_implausible(con)
        told = rows(con, """
            select at_risk, flagged, rate, false_at_risk, p_trip_given_false, implied_fmr, status
            from diagnostics__implausible where rule = 'two_birth_dates' and subgroup_var = 'sex'""")  # fmt: skip
    assert told == [(20, 2, 0.1, 40, 0.5, 0.2, "told")]


def linked_world() -> World:
    """80 records of source 0: 40 have a record in source 1 (30 girls), 40 have none (10 girls)."""
    records = [(0, n, "F" if n < 30 or 40 <= n < 50 else "M") for n in range(80)]
    return World([*records, *((1, n, "F") for n in range(40))])


def test_linked_and_unlinked_are_compared_only_where_all_are_expected() -> None:
    with working(linked_world()) as con:
        make_closure(con, ("sex",))
        linked_vs_unlinked(con, ("sex",), [EligibleSpec(source="s0", other="s1", reason="all are in school")])
        found = rows(con, "select * exclude (cell_no) from diagnostics__linked_vs_unlinked order by cell_no")
    assert [row[:6] for row in found] == [
        ("s0", "s1", "sex", "all levels", 40, 40), ("s0", "s1", "sex", "F", 30, 10), ("s0", "s1", "sex", "M", 10, 30),
        ("s1", "s0", None, None, None, None),
    ]  # fmt: skip
    # (0.75 - 0.25) / sqrt((0.1875 + 0.1875) / 2)
    assert found[1][6:] == (75.0, 25.0, pytest.approx(1.154701), pytest.approx(0.058333), "act",
                            "declared: all are in school", "told")  # fmt: skip
    assert found[0][8] == pytest.approx(1.154701)
    assert str(found[3][-1]).startswith("refused")


def test_only_the_named_groups_are_compared_and_a_wrong_name_is_refused() -> None:
    with working(linked_world()) as con:
        make_closure(con, ("sex",))
        girls = EligibleSpec(source="s0", other="s1", reason="x", only={"sex": ("F",)})
        linked_vs_unlinked(con, ("sex",), [girls])
        assert rows(con, "select n_linked, n_unlinked, status from diagnostics__linked_vs_unlinked "
                         "where level = 'all levels'") == [(30, 10, "not enough evidence")]  # fmt: skip
        with pytest.raises(ProjectError, match="age"):
            linked_vs_unlinked(con, ("sex",), [EligibleSpec(source="s0", other="s1", reason="x", only={"age": ("1",)})])


def test_two_passes_tell_what_neither_found() -> None:
    # 20 pairs: 12 agree on names and birth date, 4 on names only, 3 on birth date only, 1 on neither; all sure.
    values: dict[int, dict[str, object]] = {}
    for n in range(20):
        left: dict[str, object] = {**DAY, "forename": f"F{n}", "surname": f"S{n}", "dob": f"2010-01-{n + 1:02d}"}
        right = dict(left)
        if n in (16, 17, 18, 19):
            right["forename"] = "OTHER"
        if n in (12, 13, 14, 15, 19):
            right["dob"] = "2010-12-31"
        values |= {2 * n: left, 2 * n + 1: right}
    world = World(
        [(side, n, "F") for n in range(20) for side in (0, 1)],
        links=[(2 * n, 2 * n + 1, 1.0, "calibrated") for n in range(20)],
        values=values,
    )
    spec = ModelSpec.model_construct(block=(Block(columns=("forename", "surname", "dob_year")),
                                            Block(columns=("dob",)), Block(columns=("surname", "dob"))))  # fmt: skip
    with working(world) as con:
        make_pool(con)
        con.execute("create table links_deterministic (record_id_l bigint, record_id_r bigint, rule varchar)")
        make_closure(con, ())
        capture_recapture(con, spec, ())
        found = rows(con, "select source_l, stratum, a, b, m, missed_hat from diagnostics__capture_recapture")
        capture_recapture(con, None, ())
        assert rows(con, "select * from diagnostics__capture_recapture") == []
    expected = chapman(16, 15, 12)
    assert [row[:5] for row in found] == [
        ("s0", "home not known", 16, 15, 12),
        ("all", "all that could be told", 16, 15, 12),
    ]
    assert found[0][5] == pytest.approx(expected.missed, abs=1e-6)
