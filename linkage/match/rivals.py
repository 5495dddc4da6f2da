"""Rivals: the candidates of one record in one source, of whom one at most can be the person.

Unless the project says that a source holds a person once, it may hold a child twice: at two schools, in two terms. So
records of one source with one face are one child twice, and no rivals of each other. A face is forename, surname, sex
and birth date; the home too, where a birth date is not known to the day. Records whose valid UPNs differ are two
children, whatever their faces.
"""

from __future__ import annotations

from linkage.sql import Step, scratch_step

BEATEN_BY_FAR = 1000.0  # a candidate whose odds are so many times less than the best one's is no rival


def face_sql(alias: str) -> str:
    """SQL: a number that records of one source with one face share; its own where a record has no face.

    No record of a source that holds a person once has a face, nor one of unknown name, or of unknown birth date and
    home.
    """
    day = f"coalesce({alias}.dob_precision = 'day', false)"
    known = f"{alias}.forename is not null and {alias}.surname is not null and ({day} or {alias}.postcode is not null)"
    return f"""case when not {alias}.is_unique and {known}
              then hash({alias}.forename, {alias}.surname, {alias}.sex, {alias}.dob, {alias}.dob_precision,
                        case when not {day} then {alias}.postcode end)
              else {alias}.record_id::ubigint end"""


def crowds_step(side: str, other: str) -> Step:
    """`crowds_l`, `crowds_r` (record_id_l, record_id_r): the pairs of a record that has several into one source.

    `rivals` are the pairs of its other faces there that are not beaten by far, `rival_odds` the odds of the
    model's best pair of each of these faces, added up in a fixed order, `best_odds` those of the best pair of any face.
    """
    crowd = f"record_id_{side}, source_no_{other}"
    return scratch_step(
        f"crowds_{side}",
        f"""
        with crowded as (select {crowd} from placed_pairs group by {crowd} having count(*) > 1),
        seen as (
          select p.record_id_l, p.record_id_r, p.source_no_{other}, if(p.stage = 'probabilistic', p.odds, 0) as odds,
            case when min(u.upn_groups) over face <> max(u.upn_groups) over face
              then p.record_id_{other}::ubigint else p.face_{other} end as face
          from placed_pairs p
          semi join crowded using ({crowd})
          left join record_upns u on u.record_id = p.record_id_{other}
          window face as (partition by p.record_id_{side}, p.source_no_{other}, p.face_{other})),
        bests as (select {crowd}, max(odds) as best_odds from seen group by {crowd}),
        faces as (
          select {crowd}, face, max(odds) as odds,
            count(*) filter (odds = 0 or odds * {BEATEN_BY_FAR} >= best_odds) as pairs
          from seen join bests using ({crowd}) group by {crowd}, face),
        crowds as (
          select {crowd}, sum(pairs) as pairs, list_sum(list(odds order by odds)) as odds, max(odds) as best_odds
          from faces group by {crowd})
        select s.record_id_l, s.record_id_r, (c.pairs - f.pairs)::bigint as rivals,
          greatest(c.odds - f.odds, 0) as rival_odds, c.best_odds
        from seen s
        join faces f using ({crowd}, face)
        join crowds c using ({crowd})""",
    )
