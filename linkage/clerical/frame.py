"""The pairs that a review can be about, each in one stratum: a band of confidence and a subgroup.

Found pairs are all that are in one person, those that follow from other links too; left ones were judged and are in
two persons. A pair that a person cannot read is not in the frame and is counted: readers know people by their names,
and without a name on both sides they would only repeat what the engine did. Nor is a pair of two persons who are
kept apart by a never-link: nobody is to see those side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.clerical.design import Stratum
from linkage.diagnostics.subgroups import ALL, checked_subgroups, subgroup_column_sql, subgroup_order_sql
from linkage.errors import ProjectError, RefusedError, UsageError
from linkage.match.judge import JUDGED, REACH_BITS
from linkage.schema import UNKNOWN
from linkage.sql import Connection, Step, literal, rows, run_steps, scratch_step
from linkage.tables import CANDIDATES, LINKS, PERSONS, RECORDS, SOURCES

PEOPLE = "clerical_people"
APART = "clerical_apart"
TOGETHER = "clerical_together"
FRAME = "clerical_frame"
LEAST_CONFIDENCE = 1 / (1 + 2**REACH_BITS)  # below it a pair was not judged, and is no part of the frame
MOST_GROUPS = 20


@dataclass(frozen=True)
class Band:
    """Pairs of like confidence; `least` is where it begins, None for pairs that no link of their own holds together."""

    name: str
    is_found: bool
    least: float | None


@dataclass(frozen=True)
class Frame:
    """What can be sampled. `unreadable` pairs lack a name on a side, `apart` are kept from view by never-links,
    `unjudged` were compared and given less than one chance in a thousand; `by_sources` has the readable and the
    unreadable pairs of each pair of sources."""

    by: str
    strata: tuple[Stratum, ...]
    unreadable: int
    apart: int
    unjudged: int
    by_sources: tuple[tuple[str, str, int, int], ...]


def bands(review: float) -> tuple[Band, ...]:
    """The bands of a run whose pairs go to review from the confidence `review`; two of them are below it."""
    low = min(0.1, review / 5)
    return (
        Band("linked, 0.999 and over", True, 0.999),
        Band("linked, 0.99 to 0.999", True, 0.99),
        Band("linked, under 0.99", True, 0.0),
        Band("linked through others", True, None),
        Band(f"left, {review:g} and over", False, review),
        Band(f"left, {low:g} to {review:g}", False, low),
        Band(f"left, under {low:g}", False, 0.0),
    )


def make_frame(con: Connection, *, by: str, review: float) -> Frame:
    """Make `clerical_frame` from the working tables of a finished run, `by` a subgroup or `all`.

    Raises UsageError for a subgroup that there is not or that has too many groups; RefusedError where a person can
    read none of the pairs.
    """
    listed = bands(review)
    run_steps(con, (people_step(_subgroup_sql(con, by), by), apart_step(), together_step(), frame_step(listed)))
    groups = len(rows(con, f"select distinct subgroup from {FRAME} where stratum_no is not null"))
    if groups > MOST_GROUPS:
        raise UsageError(f"The subgroup {by!r} has too many groups to sample each.", where="--by",
                         expected=f"at most {MOST_GROUPS} groups", remedy="choose another, or `--by all`")  # fmt: skip
    strata = tuple(
        Stratum(int(str(n)), listed[int(str(band))].name, listed[int(str(band))].is_found, str(group), int(str(pairs)),
                float(str(expected)))
        for n, band, group, pairs, expected in rows(con, f"""
            select stratum_no, any_value(band_no), any_value(subgroup), count(*), round(avg(confidence), 6)
            from {FRAME} where stratum_no is not null group by stratum_no order by stratum_no""")
    )  # fmt: skip
    counted = rows(
        con, f"select coalesce(sum((not is_readable)::int), 0), coalesce(sum(is_apart::int), 0) from {FRAME}"
    )
    if not any(stratum.is_found for stratum in strata):
        raise RefusedError(
            "No pair that was linked can be judged by a person.", where="names of the records on both sides",
            expected="sources with names; pseudonymised records tell a reader no more than they told the engine",
            remedy="judge such links by hidden identifiers (masked validation), not by reading",
        )  # fmt: skip
    unreadable, apart = (int(str(n)) for n in counted[0])
    return Frame(by, strata, unreadable, apart, _unjudged(con), _by_sources(con))


def _subgroup_sql(con: Connection, by: str) -> str:
    if by == ALL:
        return literal(ALL)
    try:
        (name,) = checked_subgroups(con, (by,))
    except ProjectError as error:
        raise UsageError(f"There is no subgroup called {by!r}.", where="--by", expected=error.faults[0].expected,
                         remedy="choose another, or `--by all`") from None  # fmt: skip
    return subgroup_column_sql(name)


def people_step(subgroup: str, by: str) -> Step:
    """`clerical_people`: record_id, source_no, is_within, person_no, confidence, subgroup, is_readable."""
    return scratch_step(
        PEOPLE,
        f"""
        select r.record_id, r.source_no, s.is_within, p.person_no, p.confidence, {literal(by)} as subgroup_var,
          {subgroup} as subgroup, r.forename is not null or r.surname is not null as is_readable
        from {RECORDS} r
        join {PERSONS} p on p.record_id = r.record_id
        join {SOURCES} s on s.source_no = r.source_no""",
    )


def apart_step() -> Step:
    """`clerical_apart` (person_no_l <= person_no_r): two persons with records of whom may never meet."""
    return scratch_step(
        APART,
        f"""
        select distinct least(l.person_no, r.person_no) as person_no_l,
          greatest(l.person_no, r.person_no) as person_no_r
        from never_link n
        join {PERSONS} l on l.record_id = n.record_id_l
        join {PERSONS} r on r.record_id = n.record_id_r""",
    )


def together_step() -> Step:
    """`clerical_together` (record_id_l < record_id_r): pairs in one person, of two sources or of one linked within."""
    return scratch_step(
        TOGETHER,
        f"""
        select l.record_id as record_id_l, r.record_id as record_id_r
        from {PEOPLE} l
        join {PEOPLE} r on r.person_no = l.person_no and l.record_id < r.record_id
        where l.source_no <> r.source_no or l.is_within""",
    )


def frame_step(listed: Sequence[Band]) -> Step:
    """`clerical_frame`, key record_id_l, record_id_r: band_no, subgroup, confidence, stratum_no and place in it.

    stratum_no and place (both from 0) are NULL for a pair that cannot be drawn. The subgroup is that of the left record
    or, where that is unknown, of the right one. The confidence of a pair without a link of its own is what the less
    certain of its records has in the person.
    """
    return scratch_step(
        FRAME,
        f"""
        with pairs as (
          select t.record_id_l, t.record_id_r, true as is_found, k.confidence
          from {TOGETHER} t
          left join {LINKS} k
            on k.record_id_l = t.record_id_l and k.record_id_r = t.record_id_r and k.decision = 'link'
          union all
          select j.record_id_l, j.record_id_r, false, j.confidence
          from {JUDGED} j
          where j.confidence >= {LEAST_CONFIDENCE} and not exists (
            select 1 from {TOGETHER} t where t.record_id_l = j.record_id_l and t.record_id_r = j.record_id_r)),
        told as (
          select p.record_id_l, p.record_id_r, l.source_no as source_no_l, r.source_no as source_no_r,
            {_band_sql(listed)} as band_no, l.subgroup_var,
            case when l.subgroup <> {literal(UNKNOWN)} then l.subgroup else r.subgroup end as subgroup,
            coalesce(p.confidence, least(l.confidence, r.confidence)) as confidence,
            l.is_readable and r.is_readable as is_readable, a.person_no_l is not null as is_apart
          from pairs p
          join {PEOPLE} l on l.record_id = p.record_id_l
          join {PEOPLE} r on r.record_id = p.record_id_r
          left join {APART} a on a.person_no_l = least(l.person_no, r.person_no)
            and a.person_no_r = greatest(l.person_no, r.person_no))
        select *,
          case when can_be_drawn then
            dense_rank() over (partition by can_be_drawn order by band_no, subgroup_no, subgroup) - 1 end as stratum_no,
          case when can_be_drawn then
            row_number() over (partition by can_be_drawn, band_no, subgroup order by record_id_l, record_id_r) - 1 end
            as place
        from (
          select *, is_readable and not is_apart as can_be_drawn, {subgroup_order_sql()} as subgroup_no from told)""",
    )


def _band_sql(listed: Sequence[Band]) -> str:
    cases = [
        f"when {'' if band.is_found else 'not '}p.is_found and "
        + ("p.confidence is null" if band.least is None else f"p.confidence >= {band.least!r}")
        + f" then {number}"
        for number, band in enumerate(listed)
    ]
    return f"case {' '.join(cases)} end"


def _unjudged(con: Connection) -> int:
    """Candidates that were given no confidence worth reading, and that no link brought together."""
    found = rows(
        con,
        f"""
        select count(*) from {CANDIDATES} c
        where not exists (
            select 1 from {FRAME} f where f.record_id_l = c.record_id_l and f.record_id_r = c.record_id_r)""",
    )
    return int(str(found[0][0]))


def _by_sources(con: Connection) -> tuple[tuple[str, str, int, int], ...]:
    found = rows(
        con,
        f"""
        select l.source, r.source, count(*) filter (f.is_readable), count(*) filter (not f.is_readable)
        from {FRAME} f
        join {SOURCES} l on l.source_no = f.source_no_l
        join {SOURCES} r on r.source_no = f.source_no_r
        group by l.source_no, r.source_no, l.source, r.source order by l.source_no, r.source_no""",
    )
    return tuple((str(left), str(right), int(str(can)), int(str(cannot))) for left, right, can, cannot in found)
