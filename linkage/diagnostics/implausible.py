"""Implausible persons: a floor of false links from the data itself, without a truth.

Each scenario is something that no child can be: two birth dates that no slip explains, something after death, two
schools far apart in one return. A person whom it could show of (`at_risk`) and who shows it (`flagged`) holds a false
link or a wrong value; so the share flagged is a floor of false links only as far as values are right.

`p_trip_given_false` is how often a pair that is not one child shows the scenario: among candidates that were not
joined, which blocking put together as it does false links. Those that were turned down differ more than false links
do, so it is too high, and `implied_fmr` = rate / p_trip_given_false a floor, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.diagnostics.closure import GROUPS
from linkage.diagnostics.made_tables import NOT_ENOUGH, TOLD, keep_table, write_kept
from linkage.diagnostics.subgroups import ALL, subgroup_order_sql
from linkage.match.guards import different_upn_sql, forename_conflict_sql, join_upns_sql, same_name_sql
from linkage.match.pool import POOL
from linkage.schema import UNKNOWN
from linkage.sql import Connection, Step, has_table, literal, rows, run_steps, scratch_step
from linkage.stats import WILSON, wilson
from linkage.tables import CANDIDATES, PERSONS, RECORDS

IMPLAUSIBLE = "diagnostics__implausible"
COLUMNS = {
    "rule": "text", "meaning": "text", "subgroup_var": "text", "subgroup": "text", "at_risk": "count",
    "flagged": "count", "rate": "number", "lo": "number", "hi": "number", "method": "text", "unit": "text",
    "false_at_risk": "count", "p_trip_given_false": "number", "implied_fmr": "number", "status": "text",
}  # fmt: skip
ANY = "any"
FEWEST_AT_RISK = 10
FEWEST_FALSE = 30  # pairs not joined that could trip a scenario, below which nothing is implied
LARGEST = 40  # records of a person up to whom every two are looked at
MOST_APART_PAIRS = 200_000  # candidates not joined that are looked at
OLDEST_YEARS = 26  # care leavers are supported until 25
DAYS_BEFORE_BIRTH = 294  # a pregnancy of 42 weeks
DAYS_AFTER_DUE = 150  # an expected date that a birth misses by more is another pregnancy's


@dataclass(frozen=True)
class Scenario:
    """What no child can be, as SQL over two records l and r: whether they could show it, and whether they do."""

    rule: str
    meaning: str
    at_risk: str
    trips: str


def _either(condition: str) -> str:
    """SQL: the condition on a and b, for l and r in either order."""
    return " or ".join(f"coalesce({condition.replace('a.', f'{a}.').replace('b.', f'{b}.')}, false)"
                       for a, b in (("l", "r"), ("r", "l")))  # fmt: skip


_DAYS = "l.dob_precision = 'day' and r.dob_precision = 'day'"
_PARTS = "(year(l.dob) <> year(r.dob))::int + (month(l.dob) <> month(r.dob))::int + (day(l.dob) <> day(r.dob))::int"
_DEATH = "a.death_date is not null and b.last_event is not null"
_CHILDHOOD = "a.dob_precision = 'day' and b.first_event is not null"
_DUE = "a.dob is null and a.expected_dob is not null and b.dob_precision = 'day'"
_OUTSIDE = (
    f"b.first_event < a.dob - {DAYS_BEFORE_BIRTH} or b.last_event > a.dob + to_years({OLDEST_YEARS}) "
    f"and b.last_event is not null"
)

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("two_birth_dates", "birth dates that differ in two parts or more of day, month and year",
             _DAYS, f"{_PARTS} >= 2"),
    Scenario("two_births", f"a birth more than {DAYS_AFTER_DUE} days from the date expected",
             _either(_DUE), _either(f"{_DUE} and abs(a.expected_dob - b.dob) > {DAYS_AFTER_DUE}")),
    Scenario("two_deaths", "two dates of death", "l.death_date is not null and r.death_date is not null",
             "l.death_date <> r.death_date"),
    Scenario("after_death", "something of another record that begins after death",
             _either(_DEATH), _either(f"{_DEATH} and b.last_event > a.death_date")),
    Scenario("outside_childhood", f"something before conception, or from the age of {OLDEST_YEARS} on, by the birth "
             "date of another record", _either(_CHILDHOOD), _either(f"{_CHILDHOOD} and ({_OUTSIDE})")),
    Scenario("sex_and_forename", "sex and forename both differ",
             "l.sex is not null and r.sex is not null and l.forename is not null and r.forename is not null",
             f"l.sex <> r.sex and {forename_conflict_sql()}"),
    Scenario("like_siblings", "one surname and home, and different forenames",
             "l.forename is not null and r.forename is not null and l.postcode is not null and r.postcode is not null",
             f"{same_name_sql('l', 'r', 'surname')} and l.postcode = r.postcode "
             f"and {forename_conflict_sql()}"),
    Scenario("two_valid_upns", "valid UPNs that no former UPN connects",
             "ul.upn_groups is not null and ur.upn_groups is not null", different_upn_sql()),
    Scenario("twice_in_unique_source", "two records of a source that holds a child once", "l.is_unique or r.is_unique",
             "l.is_unique and l.source_no = r.source_no"),
    Scenario("schools_far_apart", "schools of two authorities in one return",
             "l.source_no = r.source_no and l.school_urn is not null and r.school_urn is not null "
             "and l.authority is not null and r.authority is not null",
             "l.school_urn <> r.school_urn and l.authority <> r.authority"),
    Scenario("placed_twice", "placements of two authorities on one day",
             "l.authority is not null and r.authority is not null and l.placed_from is not null "
             "and r.placed_from is not null",
             "l.authority <> r.authority and l.placed_from < r.placed_to and r.placed_from < l.placed_to"),
)  # fmt: skip


def implausible(con: Connection, subgroups: Sequence[str]) -> None:
    """Make `diagnostics__implausible`, one row per scenario (`any` of them last), subgroup variable and subgroup.

    Persons are counted (of up to 40 records); a person's subgroup is that of the first record that knows it. Reads
    `record_groups`. Asserts that no person holds two records of a unique source but by an override.
    """
    run_steps(con, (dated_step(con), *pairs_steps(), *_verdict_steps(), _persons_step(subgroups)))
    cells = _cells(con, subgroups)
    flagged, decided = rows(
        con,
        """select (select count(*) from implausible_persons where f_twice_in_unique_source),
             (select count(*) from must_link)""",
    )[0]
    assert not flagged or decided, "a person holds two records of a source that holds a child once, and nobody said so"
    keep_table(con, IMPLAUSIBLE, COLUMNS, cells)


def dated_step(con: Connection) -> Step:
    """`implausible_dates`: first and last day of a record's events, and its first and last day in placements."""
    events = "select record_id, date_from from events where date_from is not null"
    places = "select record_id, valid_from, valid_to from addresses where kind = 'placement' and valid_from is not null"
    if not has_table(con, "events"):
        events = "select null::bigint as record_id, null::date as date_from limit 0"
    if not has_table(con, "addresses"):
        places = "select null::bigint as record_id, null::date as valid_from, null::date as valid_to limit 0"
    return scratch_step(
        "implausible_dates",
        f"""
        with e as (
          select record_id, min(date_from) as first_event, max(date_from) as last_event
          from ({events}) group by record_id),
        p as (
          select record_id, min(valid_from) as placed_from, max(coalesce(valid_to, valid_from + 1)) as placed_to
          from ({places}) group by record_id)
        select coalesce(e.record_id, p.record_id) as record_id, e.first_event, e.last_event, p.placed_from, p.placed_to
        from e full join p on p.record_id = e.record_id""",
    )


def pairs_steps() -> tuple[Step, ...]:
    """`implausible_pairs` (record_id_l, record_id_r, person_no; NULL of candidates that were not joined)."""
    return (
        scratch_step(
            "implausible_pairs",
            f"""
            with held as (select * from {PERSONS} where person_size between 2 and {LARGEST}),
            apart as (
              select c.record_id_l, c.record_id_r
              from {CANDIDATES} c
              join {PERSONS} l on l.record_id = c.record_id_l join {PERSONS} r on r.record_id = c.record_id_r
              where l.person_no <> r.person_no),
            rate as (select {MOST_APART_PAIRS} / greatest(count(*), 1) as share from apart)
            select l.record_id as record_id_l, r.record_id as record_id_r, l.person_no
            from held l join held r on r.person_no = l.person_no and r.record_id > l.record_id
            union all
            select record_id_l, record_id_r, null from apart, rate
            where hash(record_id_l, record_id_r) % 1000000 < rate.share * 1000000""",
        ),
        scratch_step(
            "implausible_records",
            f"""
            select p.*, r.death_date, d.first_event, d.last_event, d.placed_from, d.placed_to
            from {POOL} p
            join {RECORDS} r on r.record_id = p.record_id
            left join implausible_dates d on d.record_id = p.record_id""",
        ),
    )


def _verdict_steps() -> tuple[Step, ...]:
    flags = ", ".join(
        f"coalesce({item.at_risk}, false) as p_{item.rule}, "
        f"coalesce(({item.at_risk}) and ({item.trips}), false) as f_{item.rule}"
        for item in SCENARIOS
    )
    return (
        scratch_step(
            "implausible_verdicts",
            f"""
            select k.person_no, {flags}
            from implausible_pairs k
            join implausible_records l on l.record_id = k.record_id_l
            join implausible_records r on r.record_id = k.record_id_r
            {join_upns_sql()}""",
        ),
    )


def _names() -> list[str]:
    return [item.rule for item in SCENARIOS]


def _persons_step(subgroups: Sequence[str]) -> Step:
    """`implausible_persons`: per person its subgroups, and of each scenario whether it is at risk and flagged."""
    groups = "".join(
        f", coalesce(arg_min(s{n}, record_id) filter (s{n} <> {literal(UNKNOWN)}), {literal(UNKNOWN)}) as s{n}"
        for n in range(len(subgroups))
    )
    flags = ", ".join(f"bool_or({kind}_{name}) as {kind}_{name}" for name in _names() for kind in "pf")
    return scratch_step(
        "implausible_persons",
        f"""
        with told as (
          select person_no, {flags} from implausible_verdicts where person_no is not null group by person_no),
        grouped as (
          select person_no{groups} from {GROUPS} semi join told using (person_no) group by person_no)
        select * from told join grouped using (person_no)""",
    )


def _cells(con: Connection, subgroups: Sequence[str]) -> list[dict[str, object]]:
    trips = _false_pairs(con)
    meanings = {item.rule: item.meaning for item in SCENARIOS} | {ANY: "any of these"}
    found: dict[str, list[dict[str, object]]] = {rule: [] for rule in meanings}
    counts = ", ".join(f"count(*) filter (p_{name}), count(*) filter (f_{name})" for name in _names())
    either = [" or ".join(f"{kind}_{name}" for name in _names()) for kind in "pf"]
    for number, variable in enumerate((ALL, *subgroups), start=-1):
        group = literal(ALL) if variable == ALL else f"s{number}"
        for subgroup, *values in rows(
            con,
            f"""
            with named as (select *, {literal(variable)} as subgroup_var, {group} as subgroup from implausible_persons)
            select subgroup, {counts}, count(*) filter ({either[0]}), count(*) filter ({either[1]})
            from named group by subgroup, subgroup_var order by {subgroup_order_sql()}, subgroup""",
        ):
            numbers = [int(str(value)) for value in values]
            for rule, at_risk, flagged in zip(found, numbers[::2], numbers[1::2], strict=True):
                place = {"rule": rule, "meaning": meanings[rule], "subgroup_var": variable, "subgroup": subgroup}
                found[rule].append(place | _rates(at_risk, flagged, *trips[rule]))
    for cells in found.values():
        _check(cells)
    return [cell for cells in found.values() for cell in cells]


def _false_pairs(con: Connection) -> dict[str, tuple[int, int]]:
    """Per scenario, candidates not joined that could show it, and those that do."""
    names = _names()
    counts = ", ".join(f"count(*) filter (p_{name}), count(*) filter (f_{name})" for name in names)
    either = [" or ".join(f"{kind}_{name}" for name in names) for kind in "pf"]
    values = rows(
        con,
        f"""select {counts}, count(*) filter ({either[0]}), count(*) filter ({either[1]})
            from implausible_verdicts where person_no is null""",
    )[0]
    numbers = [int(str(value)) for value in values]
    return dict(zip([*names, ANY], zip(numbers[::2], numbers[1::2], strict=True), strict=True))


def _rates(at_risk: int, flagged: int, false_at_risk: int, false_flagged: int) -> dict[str, object]:
    cell: dict[str, object] = {"at_risk": at_risk, "flagged": flagged, "unit": "person", "method": WILSON,
                               "false_at_risk": false_at_risk, "status": NOT_ENOUGH}  # fmt: skip
    if false_at_risk >= FEWEST_FALSE:
        cell["p_trip_given_false"] = false_flagged / false_at_risk
    interval = wilson(flagged, at_risk)
    if interval is None or at_risk < FEWEST_AT_RISK:
        return cell
    cell |= {"rate": interval.estimate, "lo": interval.lo, "hi": interval.hi, "status": TOLD}
    if false_at_risk >= FEWEST_FALSE and false_flagged:
        cell["implied_fmr"] = min(1.0, interval.estimate * false_at_risk / false_flagged)
    return cell


def _check(cells: Sequence[dict[str, object]]) -> None:
    for column in ("at_risk", "flagged"):
        sums: dict[object, int] = {}
        for cell in cells:
            sums[cell["subgroup_var"]] = sums.get(cell["subgroup_var"], 0) + int(str(cell[column]))
        assert len(set(sums.values())) <= 1, "the subgroups of a scenario do not add up to its total"


def write_implausible(con: Connection, folder: Path) -> int:
    """Write `implausible.csv` into the folder of diagnostics; returns its rows."""
    return write_kept(con, IMPLAUSIBLE, COLUMNS, folder / "implausible.csv")
