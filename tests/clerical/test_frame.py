"""The pairs a review can be about: found and left ones, and those that nobody can read or may see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linkage.clerical.draw import known_matches_sql, known_non_matches_sql
from linkage.clerical.fields import read_fields, shown_fields
from linkage.clerical.frame import make_frame
from linkage.errors import RefusedError, UsageError
from linkage.sql import Connection, connect, rows

# record_id, source_no, forename, sex, person. 0, 1, 2, 10 are one person; 3 and 4 one, 5 and 6 have no name.
RECORDS = (
    (0, 0, "ANN", "F", 1), (1, 1, "ANN", None, 1), (2, 2, "ANNE", "F", 1),
    (3, 0, "BEN", None, 2), (4, 1, "BEN", "M", 2),
    (5, 0, None, "M", 3), (6, 1, None, "M", 3), (7, 2, "CAT", "F", 4), (8, 2, "DAN", "M", 5), (9, 0, "EVE", None, 6),
    (10, 2, "ANN", "F", 1),
)  # fmt: skip
LINKS = (
    (0, 1, 0.9995, "link"),
    (1, 2, 0.97, "link"),
    (3, 4, 0.995, "link"),
    (5, 6, 0.99, "link"),
    (0, 7, 0.7, "review"),
)
JUDGED = (*((*pair, q) for *pair, q, _ in LINKS), (0, 2, 0.2), (1, 8, 0.3), (3, 8, 0.002), (4, 9, 0.0001), (3, 7, 0.4))


@pytest.fixture
def con() -> Iterator[Connection]:
    with connect(threads=1) as made:
        made.execute("create table sources as select * from (values (0, 's0', false), (1, 's1', false), "
                     "(2, 's2', false)) s(source_no, source, is_within)")  # fmt: skip
        made.execute("create table records (record_id bigint, source_no int, source varchar, forename varchar, "
                     "surname varchar, sex varchar, ethnicity varchar)")  # fmt: skip
        made.execute("create table persons (record_id bigint, person_no bigint, confidence double)")
        for record, source, forename, sex, person in RECORDS:
            made.execute("insert into records values (?, ?, ?, ?, null, ?, null)",
                         [record, source, f"s{source}", forename, sex])  # fmt: skip
            made.execute("insert into persons values (?, ?, ?)", [record, person, 0.9 + record / 100])
        made.execute("create table links (record_id_l bigint, record_id_r bigint, confidence double, decision varchar)")
        made.executemany("insert into links values (?, ?, ?, ?)", LINKS)
        made.execute("create table judged_pairs (record_id_l bigint, record_id_r bigint, confidence double)")
        made.executemany("insert into judged_pairs values (?, ?, ?)", JUDGED)
        made.execute("create table candidates as select record_id_l, record_id_r from judged_pairs")
        made.execute("insert into candidates values (0, 8)")
        made.execute("create table never_link as select 3::bigint as record_id_l, 7::bigint as record_id_r limit 0")
        yield made


def frame_of(con: Connection) -> dict[tuple[int, int], tuple[int | None, str]]:
    """Stratum and subgroup of each pair."""
    found = rows(con, "select record_id_l, record_id_r, stratum_no, subgroup from clerical_frame order by all")
    return {(left, right): (stratum, group) for left, right, stratum, group in found}  # type: ignore[misc]


def test_every_pair_is_in_the_stratum_of_its_band_and_group(con: Connection) -> None:
    frame = make_frame(con, by="sex", review=0.5)
    names = {item.number: (item.band, item.subgroup) for item in frame.strata}
    told = {pair: None if number is None else names[number] for pair, (number, _) in frame_of(con).items()}
    assert told == {
        (0, 1): ("linked, 0.999 and over", "F"), (3, 4): ("linked, 0.99 to 0.999", "M"),  # BEN's sex from the right
        (1, 2): ("linked, under 0.99", "F"),
        (0, 2): ("linked through others", "F"),  # judged at 0.2, and in one person all the same
        (0, 10): ("linked through others", "F"), (1, 10): ("linked through others", "F"),  # 2 and 10 are of one source
        (5, 6): None,  # no names
        (0, 7): ("left, 0.5 and over", "F"), (1, 8): ("left, 0.1 to 0.5", "M"), (3, 7): ("left, 0.1 to 0.5", "F"),
        (3, 8): ("left, under 0.1", "M"),
    }  # fmt: skip
    assert sum(item.pairs for item in frame.strata) == 10
    assert (frame.unreadable, frame.apart, frame.unjudged) == (1, 0, 2)  # (4, 9) and (0, 8): under one in a thousand
    assert frame.by_sources == (("s0", "s1", 2, 1), ("s0", "s2", 5, 0), ("s1", "s2", 3, 0))
    through = next(item for item in frame.strata if item.band == "linked through others")
    assert through.expected == pytest.approx((0.9 + 0.9 + 0.91) / 3)  # the less certain record of (0,2), (0,10), (1,10)


def test_persons_who_are_kept_apart_are_not_shown_side_by_side_in_any_pair(con: Connection) -> None:
    con.execute("insert into never_link values (4, 7)")  # so that 3, the same person as 4, does not meet 7 either
    frame = make_frame(con, by="all", review=0.5)
    assert frame_of(con)[3, 7] == (None, "all")
    assert frame.apart == 1
    assert sum(item.pairs for item in frame.strata) == 9


def test_places_count_through_each_stratum(con: Connection) -> None:
    frame = make_frame(con, by="all", review=0.5)
    found = rows(con, "select stratum_no, list(place order by place) from clerical_frame "
                      "where stratum_no is not null group by 1 order by 1")  # fmt: skip
    assert [(number, len(places)) for number, places in found] == [(s.number, s.pairs) for s in frame.strata]  # type: ignore[arg-type]
    assert all(places == list(range(len(places))) for _, places in found)  # type: ignore[arg-type]


def test_who_cannot_judge_is_told_so(con: Connection) -> None:
    con.execute("update records set forename = null")
    with pytest.raises(RefusedError, match="judged by a person"):
        make_frame(con, by="all", review=0.5)


def test_a_subgroup_that_cannot_be_sampled_is_refused(con: Connection) -> None:
    with pytest.raises(UsageError, match="no subgroup called 'sexe'"):
        make_frame(con, by="sexe", review=0.5)
    con.execute("insert into records select 20 + i, 0, 's0', 'X', null, 'x' || i, null from range(30) r(i)")
    con.execute("insert into persons select 20 + i, 20 + i, 1 from range(30) r(i)")
    con.execute("insert into judged_pairs select 4, 20 + i, 0.3 from range(30) r(i)")
    con.execute("update records set sex = null where record_id = 4")
    with pytest.raises(UsageError, match="too many groups"):
        make_frame(con, by="sex", review=0.5)


def test_known_pairs_are_told_by_upns_and_by_nothing_that_contradicts_them(con: Connection) -> None:
    make_frame(con, by="all", review=0.5)
    con.execute("create table pool (record_id bigint, source_no int, forename varchar, forename_phonetic varchar, "
                "surname varchar, surname_initial varchar, dob date, postcode varchar, sex varchar)")  # fmt: skip
    people = [
        (0, 0, "ANN", "AN", "OAK", "2010-05-01", "F"), (1, 1, "ANNE", "AN", "OAK", "2010-05-01", "F"),  # one UPN, hard
        (2, 2, "ANN", "AN", "OAK", "2011-05-01", "F"),  # the same UPN, another birth date: not known at all
        (3, 0, "BEN", "BN", "OAK", "2010-05-01", "M"),  # another UPN: not ANNE's, but ANN is of the same source
        (4, 1, "BENJI", "BNJ", "OLIVE", "2010-05-01", "M"), (7, 2, "ANN", "AN", "OAK", "2010-05-01", "F"),
        (8, 2, "DAN", "DN", "OAK", None, "M"),
    ]  # fmt: skip
    for record, source, forename, sound, surname, born, sex in people:
        con.execute("insert into pool values (?, ?, ?, ?, ?, ?, ?, null, ?)",
                    [record, source, forename, sound, surname, surname[0], born, sex])  # fmt: skip
    con.execute("create table record_upns as select * from (values (0::bigint, [1]), (1, [1]), (2, [1]), (3, [2]), "
                "(4, [3]), (7, [4]), (8, [5])) u(record_id, upn_groups)")  # fmt: skip
    pair = "select record_id_l, record_id_r, is_hard from"
    assert rows(con, f"{pair} ({known_matches_sql()}) order by all") == [(0, 1, True)]
    # ANN of source 2 may be ANN of source 0 with a second UPN; OLIVE is alike by her initial and birth date only.
    assert rows(con, f"{pair} ({known_non_matches_sql()}) order by all") == [
        (0, 4, False), (1, 3, True), (3, 4, False), (3, 7, True), (4, 7, False)]  # fmt: skip


def test_readers_see_no_identifier_and_not_what_strata_are_made_of(con: Connection) -> None:
    con.execute("alter table records add column forename_raw varchar")
    con.execute("update records set forename_raw = 'Ann-é' where record_id = 0")
    names = [field.name for field in shown_fields(con, by="all", more=("ethnicity",))]
    assert names == ["source", "forename", "sex", "ethnicity"]
    assert "sex" not in [field.name for field in shown_fields(con, by="sex")]
    for by, wrong in (("all", "upn"), ("all", "forename"), ("ethnicity_5", "ethnicity"), ("sex", "sex")):
        with pytest.raises(UsageError, match="cannot be shown"):
            shown_fields(con, by=by, more=(wrong,))
    fields = shown_fields(con, by="all")
    assert read_fields(con, fields, [0, 5, 0]) == {0: ("s0", "Ann-é", "F"), 5: ("s0", None, "M")}
