"""The sample itself: pairs drawn by stratum, known pairs planted among them, and readings in a shuffled order.

Within a stratum every pair has the same chance n_h / N_h, drawn by numpy's PCG64 from a seed: the same run, size and
seed give the same sample.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from linkage.clerical.design import Design
from linkage.clerical.frame import APART, FRAME, PEOPLE
from linkage.match.pool import POOL, RECORD_UPNS
from linkage.sql import Connection, rows

SAMPLED, KNOWN_MATCH, KNOWN_NON_MATCH = "sampled", "known_match", "known_non_match"
PLANTED_SHARE = 0.05  # of the sample, planted as known matches, and as many again as known non-matches
FEWEST_PLANTED = 20
READ_TWICE_SHARE = 0.10  # methods: at least a tenth is read twice
FEWEST_READ_TWICE = 50
MOST_SEEDS = 20_000  # records among which known non-matches are looked for


@dataclass(frozen=True)
class Drawn:
    """A pair to be read: sampled from a stratum, or planted (`stratum` None). `subgroup` is that of the pair."""

    record_id_l: int
    record_id_r: int
    kind: str
    stratum: int | None
    subgroup: str
    confidence: float | None


@dataclass(frozen=True)
class Reading:
    """One pair before one reader (1 or 2); `number` is what the workbook calls it and tells nothing of the pair."""

    number: int
    reader: int
    pair: Drawn


def draw(con: Connection, design: Design, *, seed: int) -> list[Drawn]:
    """Pairs of `clerical_frame` by the design, then planted ones that are not among them."""
    sampled = sample_strata(con, design, seed=seed)
    taken = {(pair.record_id_l, pair.record_id_r) for pair in sampled}
    wanted = planted_of_a_kind(len(sampled))
    planted = [
        pair
        for kind, sql in ((KNOWN_MATCH, known_matches_sql()), (KNOWN_NON_MATCH, known_non_matches_sql()))
        for pair in _planted(con, kind, sql, wanted, taken, seed)
    ]
    return [*sampled, *planted]


def sample_strata(con: Connection, design: Design, *, seed: int) -> list[Drawn]:
    """n_h pairs of each stratum of `clerical_frame`, without replacement, every one with the same chance."""
    rng = np.random.default_rng(seed)
    places = [
        (stratum.number, int(place))
        for stratum, n in zip(design.strata, design.sizes, strict=True)
        for place in np.sort(rng.choice(stratum.pairs, size=n, replace=False))
    ]
    return _sampled(con, places)


def readings(pairs: Sequence[Drawn], *, seed: int) -> list[Reading]:
    """All pairs before reader 1 and a share of them before reader 2, each in an order of its own, numbered through.

    Pairs are read twice with the same chance whatever they are, planted or not.
    """
    rng = np.random.default_rng([seed, 2])
    first = rng.permutation(len(pairs))
    twice = read_twice(len(pairs))
    second = rng.permutation(len(pairs))[:twice]
    order = [(1, int(at)) for at in first] + [(2, int(at)) for at in second]
    return [Reading(number, reader, pairs[at]) for number, (reader, at) in enumerate(order, start=1)]


def planted_of_a_kind(sampled: int) -> int:
    """Known matches to plant, and as many known non-matches."""
    return max(FEWEST_PLANTED, math.ceil(PLANTED_SHARE * sampled))


def read_twice(pairs: int) -> int:
    """How many of the pairs a second reader reads too."""
    return min(pairs, max(FEWEST_READ_TWICE, math.ceil(READ_TWICE_SHARE * pairs)))


def _sampled(con: Connection, places: Sequence[tuple[int, int]]) -> list[Drawn]:
    found = rows(
        con,
        f"""
        with wanted as (select unnest($strata) as stratum_no, unnest($places) as place)
        select f.record_id_l, f.record_id_r, f.stratum_no, f.subgroup, round(f.confidence, 6)
        from {FRAME} f join wanted w on w.stratum_no = f.stratum_no and w.place = f.place
        order by f.stratum_no, f.place""",
        {"strata": [stratum for stratum, _ in places], "places": [place for _, place in places]},
    )
    return [
        Drawn(int(str(left)), int(str(right)), SAMPLED, int(str(stratum)), str(group), float(str(confidence)))
        for left, right, stratum, group, confidence in found
    ]


def _planted(
    con: Connection, kind: str, pairs: str, wanted: int, taken: Collection[tuple[int, int]], seed: int
) -> list[Drawn]:
    """`wanted` of the known pairs, half of them such as look unlike what they are, where there are so many."""
    found = rows(
        con,
        f"""
        select record_id_l, record_id_r, subgroup
        from (select *, row_number() over (partition by is_hard
                order by hash(record_id_l, record_id_r, {seed}), record_id_l, record_id_r) as turn from ({pairs})) k
        where turn <= $most and not exists (
          select 1 from {APART} a where a.person_no_l = least(k.person_no_l, k.person_no_r)
            and a.person_no_r = greatest(k.person_no_l, k.person_no_r))
        order by turn, is_hard desc""",
        {"most": wanted + len(taken)},
    )
    free = [pair for pair in found if (int(str(pair[0])), int(str(pair[1]))) not in taken]
    return [
        Drawn(int(str(left)), int(str(right)), kind, None, str(group), None) for left, right, group in free[:wanted]
    ]


def known_matches_sql() -> str:
    """SQL: readable pairs of two sources with one valid UPN that neither birth date nor sex contradicts.

    Hard are those whose names or birth dates are not the same.
    """
    return f"""
        select l.record_id as record_id_l, r.record_id as record_id_r, pl.person_no as person_no_l,
          pr.person_no as person_no_r, pl.subgroup,
          (l.forename, l.surname, l.dob) is distinct from (r.forename, r.surname, r.dob) as is_hard
        from {RECORD_UPNS} ul
        join {RECORD_UPNS} ur on ur.upn_groups = ul.upn_groups and ul.record_id < ur.record_id
        join {POOL} l on l.record_id = ul.record_id
        join {POOL} r on r.record_id = ur.record_id
        {_readable_sql()}
        where l.source_no <> r.source_no and len(ul.upn_groups) = 1
          and coalesce(l.dob = r.dob, true) and coalesce(l.sex = r.sex, true)"""


def known_non_matches_sql() -> str:
    """SQL: readable pairs of two sources with two valid UPNs that look alike: one birth date, or one home and surname.

    Pairs of one birth date whose forenames are the same or sound alike are left out: a child may have been given two
    UPNs. Hard are those that share surname or birth date and home.
    """
    shared = "l.surname = r.surname and l.postcode = r.postcode"
    return f"""
        with seeds as (
          select p.* from {POOL} p
          join {RECORD_UPNS} u on u.record_id = p.record_id
          order by hash(p.record_id), p.record_id limit {MOST_SEEDS}),
        alike as (
          select l.record_id as record_id_l, r.record_id as record_id_r
          from seeds l join {POOL} r on r.dob = l.dob and r.surname_initial = l.surname_initial
          union
          select l.record_id, r.record_id from seeds l join {POOL} r on {shared})
        select l.record_id as record_id_l, r.record_id as record_id_r, pl.person_no as person_no_l,
          pr.person_no as person_no_r, pl.subgroup,
          coalesce(l.surname = r.surname and (l.dob = r.dob or l.postcode = r.postcode), false) as is_hard
        from alike a
        join {POOL} l on l.record_id = least(a.record_id_l, a.record_id_r)
        join {POOL} r on r.record_id = greatest(a.record_id_l, a.record_id_r)
        join {RECORD_UPNS} ul on ul.record_id = l.record_id
        join {RECORD_UPNS} ur on ur.record_id = r.record_id
        {_readable_sql()}
        where l.source_no <> r.source_no and not list_has_any(ul.upn_groups, ur.upn_groups)
          and l.forename is not null and r.forename is not null
          and l.forename <> r.forename and l.forename_phonetic <> r.forename_phonetic
        group by all"""


def _readable_sql() -> str:
    return f"""join {PEOPLE} pl on pl.record_id = l.record_id and pl.is_readable
        join {PEOPLE} pr on pr.record_id = r.record_id and pr.is_readable"""
