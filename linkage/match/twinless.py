"""Twinless sources: files in which pairs that look like twins are one child under a wrong forename.

Inside one source nothing that a pair holds tells twins from one child whose forename one record has wrong. The file as
a whole may: twins have brothers and sisters. Wherever families are, pairs of a home with different forenames and birth
dates are some fifty times as many as pairs with one birth date. A source is twinless where all of this holds, counted
over pairs of one surname at one home (postcode, or house number and street):

- pairs that look like twins are so many that no more than one in twenty can be twins: for each pair of siblings at most
  `MOST_TIMES` times the model's 2%, and three that may be there though no sibling shows them (rule of three);
- siblings, though seventeen times as many at the least, are themselves no more than one in twenty of these pairs;
- pairs of one birth date whose forenames agree are four times as many: a file holds children twice before it holds them
  under wrong forenames. In a register of twins, or of first births, this is what fails;
- its birth dates spread so far that siblings could be there: of a full span of n years the share 1 - 3/n has somebody
  born three years on (half of six years, none of a school year, five in six of ages 0 to 17);
- half of its records at least have a home and a birth date, and nobody declared that it holds a person once.

All else is held as before: a small file, one without homes, one of families.
"""

from __future__ import annotations

from linkage.match.guards import dob_conflict_sql, forename_conflict_sql
from linkage.match.households import KNOWN_SOURCE, LARGEST_HOUSEHOLD, MOST_TIMES
from linkage.match.pool import POOL
from linkage.sql import Step, scratch_step, table_step

TWINLESS = "twinless_sources"
MATES = "birthday_mates"
# Twins that a source may hold although it shows none: the upper 95% limit of a count of nought is three (Hanley and
# Lippman-Hand 1983, the rule of three).
UNSEEN_TWINS = 3.0
MOST_TWINS = 0.05  # share of twins among pairs that look like them, above which all are held
TWINS_TO_SIBLINGS = 0.02  # pairs of one birth date to pairs of one household, as in the model's h
LEAST_AGREEING = 4  # pairs of one birth date whose forenames agree, to one whose forenames differ
# The mean interval between births of one mother in England and Wales is some three years (ONS, Birth characteristics).
YEARS_BETWEEN_SIBLINGS = 3
LEAST_SPREAD = 0.5  # share of a source for whom a sibling so much younger would be of the source's ages too


def twinless_steps() -> tuple[Step, ...]:
    """`birthday_mates` (record_id_l, record_id_r, source_no, differs, shares_home): pairs of one source, birth date and
    surname, by whether forenames differ; and `twinless_sources` (source_no)."""
    return (mates_step(), doubled_step(), twinless_step())


def mates_step() -> Step:
    """`birthday_mates`: forenames that are not known neither differ nor agree (NULL)."""
    return scratch_step(
        MATES,
        f"""
        select l.record_id as record_id_l, r.record_id as record_id_r, l.source_no,
          case when l.forename is not null and r.forename is not null then {forename_conflict_sql()} end as differs,
          coalesce(l.postcode = r.postcode, false) or coalesce(l.address_key = r.address_key, false) as shares_home
        from {POOL} l
        join {POOL} r on r.source_no = l.source_no and r.dob = l.dob and r.surname_key = l.surname_key
          and r.record_id > l.record_id
        where l.dob_precision = 'day' and r.dob_precision = 'day'""",
    )


def doubled_step() -> Step:
    """`doubled_sources` (source_no, looks: pairs that look like twins): where siblings are worth counting."""
    return scratch_step(
        "doubled_sources",
        f"""
        with looks as (
          select source_no, count(*) filter (differs) as looks, count(*) filter (not differs) as agreeing
          from {MATES} where shares_home group by source_no),
        known as (
          select source_no, count(*) as records, bool_or(is_unique) as is_unique,
            count(*) filter (dob_precision = 'day') as dated,
            count(*) filter (surname_key is not null and (postcode is not null or address_key is not null)) as housed
          from {POOL} group by source_no),
        years as (
          select p.source_no, p.dob_year, count(*) / any_value(k.dated) as share
          from {POOL} p join known k using (source_no) where p.dob_precision = 'day' group by p.source_no, p.dob_year),
        spread as (
          select y.source_no, round(sum(least(y.share, z.share)), 6) as share
          from years y
          join years z on z.source_no = y.source_no and z.dob_year = y.dob_year + {YEARS_BETWEEN_SIBLINGS}
          group by y.source_no)
        select source_no, looks
        from looks join known using (source_no) join spread using (source_no)
        where {UNSEEN_TWINS} <= {MOST_TWINS} * looks and {LEAST_AGREEING} * looks <= agreeing
          and spread.share >= {LEAST_SPREAD} and not is_unique
          and least(dated, housed) >= {KNOWN_SOURCE} * records""",
    )


def twinless_step() -> Step:
    """`twinless_sources`: doubled sources that hold next to no siblings. Homes of too many records are no families."""
    return table_step(
        TWINLESS,
        f"""
        with members as (
          select p.* from {POOL} p join doubled_sources using (source_no) where p.surname_key is not null),
        keyed as (
          select record_id, hash(source_no, surname_key, 'postcode', postcode) as home
          from members where postcode is not null
          union all
          select record_id, hash(source_no, surname_key, 'address', address_key)
          from members where address_key is not null),
        homes as (select *, count(*) over (partition by home) as size from keyed),
        housemates as (
          select distinct l.record_id as record_id_l, r.record_id as record_id_r
          from homes l join homes r on r.home = l.home and r.record_id > l.record_id
          where l.size <= {LARGEST_HOUSEHOLD}),
        siblings as (
          select l.source_no, count(*) as pairs
          from housemates h
          join {POOL} l on l.record_id = h.record_id_l
          join {POOL} r on r.record_id = h.record_id_r
          where {dob_conflict_sql()} and {forename_conflict_sql()}
          group by l.source_no)
        select d.source_no
        from doubled_sources d
        left join siblings s using (source_no)
        where coalesce(s.pairs, 0) <= {MOST_TWINS} * d.looks
          and {MOST_TIMES * TWINS_TO_SIBLINGS} * coalesce(s.pairs, 0) + {UNSEEN_TWINS} <= {MOST_TWINS} * d.looks""",
    )
