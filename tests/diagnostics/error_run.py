"""Runs made by hand, as far as the diagnostics of errors read them; every number can be worked out beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from linkage.sql import Connection, connect

Pair = tuple[int, int, float]


@dataclass(frozen=True)
class World:
    """Records as (source number, person, sex), accepted links and pairs that were weighed and not accepted."""

    records: Sequence[tuple[int, int, str | None]]
    links: Sequence[tuple[int, int, float, str]] = ()
    others: Sequence[Pair] = ()
    held: Sequence[Pair] = ()
    unique: frozenset[int] = frozenset()
    within: frozenset[int] = frozenset()
    never: Sequence[tuple[int, int]] = ()
    values: dict[int, dict[str, object]] = field(default_factory=dict)  # record -> column -> value


COLUMNS = {
    "forename": "varchar", "surname": "varchar", "forename_phonetic": "varchar", "surname_phonetic": "varchar",
    "dob": "date", "dob_precision": "varchar", "expected_dob": "date", "death_date": "date", "postcode": "varchar",
    "sector": "varchar", "district": "varchar", "address_line": "varchar", "uprn": "varchar", "authority": "varchar",
    "school_urn": "varchar", "forename_key": "varchar",
    "surname_key": "varchar", "ethnicity": "varchar", "ethnicity_5": "varchar", "ethnicity_19": "varchar",
}  # fmt: skip


@contextmanager
def working(world: World) -> Iterator[Connection]:
    """The working tables of a world, in memory."""
    con = connect(threads=1)
    try:
        fill(con, world)
        yield con
    finally:
        con.close()


def fill(con: Connection, world: World) -> None:
    con.execute("create table sources (source_no utinyint, source varchar, is_unique boolean, is_within boolean)")
    for number in sorted({source for source, *_ in world.records}):
        con.execute("insert into sources values (?, ?, ?, ?)",
                    [number, f"s{number}", number in world.unique, number in world.within])  # fmt: skip
    listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    con.execute(f"create table records (record_id bigint, source_no utinyint, source varchar, key varchar, "
                f"sex varchar, forenames varchar[], surnames varchar[], postcodes varchar[], forename_keys varchar[], "
                f"surname_keys varchar[], {listed})")  # fmt: skip
    con.execute("create table persons (record_id bigint, person_no bigint, person_size integer, confidence double)")
    for number, (source, person, sex) in enumerate(world.records):
        con.execute("insert into records (record_id, source_no, source, key, sex) values (?, ?, ?, ?, ?)",
                    [number, source, f"s{source}", f"K{number}", sex])  # fmt: skip
        size = sum(other == person for _, other, _ in world.records)
        con.execute("insert into persons values (?, ?, ?, 1)", [number, person, size])
        for column, value in world.values.get(number, {}).items():
            con.execute(f"update records set {column} = ? where record_id = ?", [value, number])
    con.execute("update records set forenames = [forename] where forename is not null")
    con.execute("update records set surnames = [surname] where surname is not null")
    con.execute("update records set postcodes = [postcode] where postcode is not null")
    con.execute("create table never_link (record_id_l bigint, record_id_r bigint)")
    con.execute("create table must_link (record_id_l bigint, record_id_r bigint)")
    con.execute("create table candidates (record_id_l bigint, record_id_r bigint)")
    con.execute("create table identifiers (record_id bigint, scheme varchar, scope varchar, value varchar, "
                "status varchar)")  # fmt: skip
    con.execute("create table upn_groups (value varchar, group_upn varchar)")
    for pair in world.never:
        con.execute("insert into never_link values (?, ?)", list(pair))
    pairs = "record_id_l bigint, record_id_r bigint, stage varchar, confidence double, confidence_basis varchar"
    con.execute(f"create table links ({pairs}, decision varchar, rule varchar)")
    con.execute(f"create table judged_pairs ({pairs}, held varchar[], is_twin_pattern boolean, "
                "has_different_upn boolean)")  # fmt: skip
    for left, right, confidence, basis in world.links:
        con.execute("insert into links values (?, ?, 'probabilistic', ?, ?, 'link', 'child')",
                    [left, right, confidence, basis])  # fmt: skip
        con.execute("insert into judged_pairs values (?, ?, 'probabilistic', ?, ?, null, false, false)",
                    [left, right, confidence, basis])  # fmt: skip
    for pairs_of, guard in ((world.others, None), (world.held, ["sex_conflict"])):
        for left, right, confidence in pairs_of:
            con.execute("insert into judged_pairs values (?, ?, 'probabilistic', ?, 'modelled', ?, false, false)",
                        [left, right, confidence, guard])  # fmt: skip
            con.execute("insert into candidates values (?, ?)", [left, right])
    con.execute("create table decided_pairs as select * from links")
