"""Where persons live and when: homes, placements, and the places that make no family.

A foster or residential placement is no home of the family that the child was born into, and what a register calls a
child's home while the child is placed there is the placement. Addresses where too many children of too many surnames
are known are hostels, refuges, offices and the like; a postcode with a children's home says nothing of a surname.
"""

from __future__ import annotations

from collections.abc import Mapping

from linkage.families.rules import Limits
from linkage.sql import Step, literal, scratch_step
from linkage.tables import PERSONS, RECORDS

HOMES = "family_homes"
PLACEMENTS = "family_placements"
REFUSED_PLACES = "family_refused_places"
HOUSES = "family_houses"

# Placement codes of SSDA903 (guide to the return, placement type codes): with parents; in foster care or placed for
# adoption, with relatives or others; everything else is residential, a school, a secure unit or living alone.
WITH_PARENTS = ("P1",)
WITH_CARERS = ("U1", "U2", "U3", "U4", "U5", "U6", "A3", "A4", "A5", "A6")
# Children at one placement postcode at one time from whom on it is a home for many, whatever its code says.
RESIDENTIAL_FROM = 5
SURNAMES_COUNT_FROM = 6  # children at an address from whom on its surnames are counted


def _listed(codes: tuple[str, ...]) -> str:
    return "(" + ", ".join(map(literal, codes)) + ")"


def home_steps(limits: Limits, years: Mapping[int, int]) -> tuple[Step, ...]:
    """Makes `family_placements`, `family_houses`, `family_homes` and `family_refused_places`.

    `family_homes`: person_no, word (`address`, `postcode`), place (hash), valid_from, valid_to (NULL: not known, so
    open), quality (confidence that the record is the person's). `years` says for sources without dates, by number,
    in which calendar year their addresses were known. `family_refused_places`: place, reason.
    """
    return (
        scratch_step("family_all_placements", _all_placements_sql()),
        scratch_step(PLACEMENTS, _placements_sql()),
        scratch_step("family_said_homes", _said_homes_sql(years)),
        scratch_step("family_own_homes", _own_homes_sql()),
        scratch_step(HOUSES, _houses_sql()),
        scratch_step("family_all_homes", _places_sql()),
        scratch_step(REFUSED_PLACES, _refused_sql(limits)),
        scratch_step(HOMES, f"select * from family_all_homes h anti join {REFUSED_PLACES} r on r.place = h.place"),
    )


def _all_placements_sql() -> str:
    """Every placement with its code, from the episode that began on the same day."""
    return f"""
        with coded as (
          select record_id, date_from, max(regexp_extract(upper(trim(code)), '([A-Z][0-9])$', 1)) as code
          from events where kind in ('episode', 'placement') group by record_id, date_from)
        select p.person_no, hash(a.postcode) as place, a.postcode, c.code, a.valid_from, a.valid_to,
          p.confidence as quality
        from addresses a
        join {PERSONS} p on p.record_id = a.record_id
        left join coded c on c.record_id = a.record_id and c.date_from is not distinct from a.valid_from
        where a.kind = 'placement' and a.precision = 'full'"""


def _placements_sql() -> str:
    """Placements that are no home: word `foster_placement` or `residential_placement`, else NULL."""
    return f"""
        with sizes as (
          select l.place, l.person_no, count(distinct r.person_no) as n
          from family_all_placements l
          join family_all_placements r on r.place = l.place
            and (l.valid_to is null or r.valid_from is null or r.valid_from < l.valid_to)
            and (r.valid_to is null or l.valid_from is null or l.valid_from < r.valid_to)
          group by all),
        crowded as (select distinct place from sizes where n >= {RESIDENTIAL_FROM})
        select distinct p.person_no,
          case when c.place is not null then 'residential_placement' when p.code in {_listed(WITH_CARERS)}
            then 'foster_placement' when p.code <> '' then 'residential_placement' end as word,
          p.place, p.postcode, p.valid_from, p.valid_to, p.quality
        from family_all_placements p
        left join crowded c on c.place = p.place
        where p.code is null or p.code not in {_listed(WITH_PARENTS)}"""


def _said_homes_sql(years: Mapping[int, int]) -> str:
    """What sources call homes, with their dates; a placement with parents is one."""
    listed = ", ".join(f"({number}, {year})" for number, year in sorted(years.items())) or "(null, null)"
    return f"""
        with years as (select * from (values {listed}) as y(source_no, year)),
        said as (
          select a.record_id, a.postcode, a.address_line, a.uprn, a.valid_from, a.valid_to
          from addresses a where a.kind = 'home' and (a.precision = 'full' or a.uprn is not null)
          union all
          select r.record_id, r.postcode, r.address_line, r.uprn, null, null
          from {RECORDS} r
          where coalesce(r.postcode, r.uprn) is not null
            and not exists (select 1 from addresses a where a.record_id = r.record_id and a.kind = 'home'))
        select p.person_no, s.postcode, s.address_line, s.uprn, p.confidence as quality,
          coalesce(s.valid_from, case when s.valid_to is null then make_date(y.year, 1, 1) end) as valid_from,
          coalesce(s.valid_to, case when s.valid_from is null then make_date(y.year, 12, 31) end) as valid_to
        from said s
        join {PERSONS} p on p.record_id = s.record_id
        join {RECORDS} r on r.record_id = s.record_id
        left join years y on y.source_no = r.source_no
        union all
        select person_no, postcode, null, null, quality, valid_from, valid_to
        from family_all_placements where code in {_listed(WITH_PARENTS)}"""


def _own_homes_sql() -> str:
    """Homes without those that are the child's own placement; a child who is placed has left home that day.

    Of a home without dates it is not known whether it was before or after care: it ends where care still lasts.
    """
    return f"""
        with left_home as (
          select h.person_no, h.valid_from, min(greatest(p.valid_from, h.valid_from)) as day
          from (select distinct person_no, valid_from from family_said_homes) h
          join {PLACEMENTS} p on p.person_no = h.person_no
          where case when h.valid_from is not null then p.valid_to is null or h.valid_from < p.valid_to
            else exists (select 1 from {PLACEMENTS} o where o.person_no = p.person_no and o.valid_to is null) end
          group by all)
        select h.* replace (least(h.valid_to, d.day) as valid_to)
        from family_said_homes h
        left join left_home d on d.person_no = h.person_no and d.valid_from is not distinct from h.valid_from
        where not exists (
          select 1 from {PLACEMENTS} p
          where p.person_no = h.person_no and p.postcode = h.postcode
            and (h.valid_from is null or p.valid_to is null or h.valid_from < p.valid_to)
            and (h.valid_to is null or p.valid_from is null or p.valid_from <= h.valid_to))"""


def _houses_sql() -> str:
    """`family_houses`: homes with the `house` they are in (hash), a property or a house and street; NULL if not known.

    A house and street that one property number goes with is that property; one of several (a block of flats whose flat
    numbers were left out) is no house.
    """
    return """
        with properties as (
          select postcode, address_line, min(uprn) as uprn, count(distinct uprn) as n
          from family_own_homes
          where uprn is not null and address_line is not null and postcode is not null group by all)
        select h.person_no, h.postcode, h.valid_from, h.valid_to, h.quality,
          case when coalesce(h.uprn, p.uprn) is not null and (h.uprn is not null or p.n = 1)
                 then hash('U', coalesce(h.uprn, p.uprn))
               when h.postcode is not null and h.address_line is not null and p.n is null
                 then hash('L', h.postcode, h.address_line) end as house
        from family_own_homes h
        left join properties p on p.postcode = h.postcode and p.address_line = h.address_line"""


def _places_sql() -> str:
    """Homes by what is compared: a house; a postcode."""
    columns = "valid_from, valid_to, max(quality) as quality"
    return f"""
        select person_no, 'address' as word, house as place, {columns}
        from {HOUSES} where house is not null group by all
        union all
        select person_no, 'postcode', hash(postcode), {columns}
        from {HOUSES} where postcode is not null group by all"""


def _refused_sql(limits: Limits) -> str:
    """Places that make no family, by reason."""
    return f"""
        with sizes as (
          select h.word, h.place, count(distinct h.person_no) as children, count(distinct n.surname) as surnames
          from family_all_homes h left join family_people n on n.person_no = h.person_no
          group by h.word, h.place),
        homes_for_children as (select distinct place from {PLACEMENTS} where word = 'residential_placement'),
        schools as (select distinct hash(postcode) as place from addresses where kind = 'school')
        select place,
          case when word = 'postcode' and place in (select place from homes_for_children) then 'childrens_home'
               when word = 'postcode' and place in (select place from schools) then 'school'
               when word = 'postcode' and children > {limits.most_children_in_a_postcode} then 'too_many_children'
               when word = 'address' and children > {limits.most_children_at_an_address} then 'too_many_children'
               when word = 'address' and children >= {SURNAMES_COUNT_FROM}
                and surnames > {limits.most_surnames_at_an_address} then 'too_many_surnames' end as reason
        from sizes
        where reason is not null"""
