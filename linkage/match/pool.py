"""The pool: the narrow view of `records` that matching works on, and which records still seek a link.

Table `pool`, key record_id: the columns that rules and the model compare, `source_bit` and two bit masks over
sources: `linked_mask` (sources it has a deterministic link into) and `closed_mask` (of these, the ones that hold a
person once, so that no second link may follow). `forenames`, `surnames`, their keys and `postcodes` are NULL where the
record has no other value than the main one, as most have: lists are dear to copy.

These tables are temporary: two million records are made again in a second, and take longer to write to disk.

Table `record_upns`, key record_id: `upn_groups`, hashes of the groups of its valid permanent UPNs; a record
without one has no row. Hashes, so that no identifier is in Python's memory and lists are cheap to compare.
"""

from __future__ import annotations

from linkage.errors import RefusedError
from linkage.match.addresses import ADDRESS_WORDS, address_words_step
from linkage.match.communal import COMMUNAL, communal_step, is_communal_sql
from linkage.sql import Connection, Step, count, rows, run_steps, scratch_step
from linkage.tables import LINKS_DETERMINISTIC, RECORDS

POOL = "pool"
RECORD_UPNS = "record_upns"
HOUSE_AND_STREET = "[0-9]+[A-Z]? [A-Z]{3,}"  # the first number of an address that a word follows, and that word
TABLES_OF_POOL = (POOL, RECORD_UPNS, COMMUNAL)  # the temporary tables that stages share; all others are of one stage
MOST_SOURCES = 120  # bits of a mask that fit in a UHUGEINT, with room to spare


def source_bit_sql(number: str) -> str:
    """SQL: the bit of a source in a mask, by its number."""
    return f"(1::uhugeint << {number}::uhugeint)"


ALL_SOURCES = f"(select bit_or({source_bit_sql('source_no')}) from sources)"  # SQL: the mask of all of them


def make_pool(con: Connection) -> None:
    """Make `pool` from `records` and `identifiers`, with empty masks.

    Raises RefusedError where a project has more sources than the masks hold.
    """
    if count(con, "sources") > MOST_SOURCES:
        raise RefusedError(
            "The project has too many sources.",
            where="linkage.toml: [sources]",
            expected=f"at most {MOST_SOURCES}",
            remedy="let one source take many files: path may be a folder or a glob",
        )
    drop_words = Step(ADDRESS_WORDS, f"drop table {ADDRESS_WORDS}")
    run_steps(con, (record_upns_step(), communal_step(con), address_words_step(), pool_step(), drop_words))


def restore_pool(con: Connection) -> None:
    """Make the pool again as the deterministic stage left it: after a resume, and to explain a finished run."""
    make_pool(con)
    for (rule_no,) in rows(con, f"select distinct rule_no from {LINKS_DETERMINISTIC} order by rule_no"):
        mark_linked(con, int(str(rule_no)))


def record_upns_step() -> Step:
    """`record_upns`: nearly every record has one UPN; only the others cost a list."""
    return scratch_step(
        RECORD_UPNS,
        """
        with held as (
          select i.record_id, hash(coalesce(g.group_upn, i.value)) as upn_group
          from identifiers i
          left join upn_groups g on g.value = i.value
          where i.scheme = 'upn' and i.status = 'valid'),
        counted as (
          select record_id, min(upn_group) as least, max(upn_group) as most from held group by record_id)
        select record_id, [least] as upn_groups from counted where least = most
        union all
        select record_id, list_sort(list(distinct upn_group)) from held
        where record_id in (select record_id from counted where least < most)
        group by record_id""",
    )


def pool_step() -> Step:
    """`pool`: one row per record."""
    return scratch_step(
        POOL,
        f"""
        select r.record_id, r.source_no, s.source, s.is_unique, s.is_within,
          {source_bit_sql("s.source_no")} as source_bit,
          r.forename, r.surname, r.forename_phonetic, r.surname_phonetic,
          r.forename_key, r.surname_key, r.forename_keys, r.surname_keys,
          {alternatives_sql("forename", "forenames")}, {alternatives_sql("surname", "surnames")},
          left(r.forename, 1) as forename_initial, left(r.surname, 1) as surname_initial,
          r.dob, r.dob_precision, r.expected_dob,
          case when r.dob_precision <> 'year' then date_trunc('month', r.dob) end as dob_month,
          year(r.dob) as dob_year,
          case when r.dob_precision = 'day' then month(r.dob) * 100 + day(r.dob) end as dob_day_of_year,
          case when not is_communal then r.postcode end as postcode,
          case when len(r.postcodes) > 1 or r.postcode is null or is_communal
            then nullif(list_filter(r.postcodes, lambda one: not list_contains(c.communal, one)), [])
            end as postcodes,
          case when not is_communal then r.sector end as sector,
          case when not is_communal then r.district end as district, r.address_line,
          nullif(regexp_extract(r.address_line, '{HOUSE_AND_STREET}'), '') as address_key,
          a.address_words, a.address_telling,
          case when r.address_line is not null and (r.postcode is null or is_communal) then true end as address_only,
          r.uprn, r.authority, r.school_urn,
          r.sex, r.ethnicity, r.ethnicity_5, u.record_id is not null as has_upn,
          0::uhugeint as linked_mask, 0::uhugeint as closed_mask
        from (select *, {is_communal_sql("postcode")} as is_communal from {RECORDS}) r
        cross join (select coalesce(list(postcode), []) as communal from {COMMUNAL}) c
        join sources s on s.source_no = r.source_no
        left join {ADDRESS_WORDS} a on a.record_id = r.record_id
        left join {RECORD_UPNS} u on u.record_id = r.record_id""",
    )


def alternatives_sql(main: str, alternatives: str) -> str:
    """SQL: a list of `records` (alias r), NULL where the main value is all that it holds."""
    return f"case when len(r.{alternatives}) > 1 or r.{main} is null then r.{alternatives} end as {alternatives}"


def mark_linked(con: Connection, rule_no: int) -> None:
    """Add the links of one pass to the masks of the pool."""
    run_steps(
        con,
        (
            scratch_step(
                "linked_into",
                f"""
                select record_id, bit_or(source_bit) as linked_mask,
                  bit_or(case when is_unique then source_bit else 0::uhugeint end) as closed_mask
                from (
                  select d.record_id_l as record_id, r.source_bit, r.is_unique
                  from {LINKS_DETERMINISTIC} d join {POOL} r on r.record_id = d.record_id_r
                  where d.rule_no = $rule_no
                  union all
                  select d.record_id_r, l.source_bit, l.is_unique
                  from {LINKS_DETERMINISTIC} d join {POOL} l on l.record_id = d.record_id_l
                  where d.rule_no = $rule_no)
                group by record_id""",
                {"rule_no": rule_no},
            ),
            Step(
                POOL,
                f"""
                update {POOL} set linked_mask = {POOL}.linked_mask | i.linked_mask,
                  closed_mask = {POOL}.closed_mask | i.closed_mask
                from linked_into i where i.record_id = {POOL}.record_id""",
            ),
        ),
    )


def still_open_sql() -> str:
    """May the pair l, r still be linked: a side is without a link into the other's source, and neither is closed.

    A record that has its link in a source is not compared with that source again, unless the source may
    hold the person twice and the other record has no link of its own.
    """
    return f"""((l.linked_mask & r.source_bit) = 0 or (r.linked_mask & l.source_bit) = 0)
        and {not_closed_sql()}"""


def not_closed_sql() -> str:
    """Is neither of l and r closed to the other's source?"""
    return "(l.closed_mask & r.source_bit) = 0 and (r.closed_mask & l.source_bit) = 0"


def sides_sql() -> str:
    """Which side is left: the earlier source; within one source, where that is wanted, the earlier record."""
    return "(l.source_no < r.source_no or l.source_no = r.source_no and l.is_within and l.record_id < r.record_id)"


def open_sides_sql(mask_l: str = "l.linked_mask", mask_r: str = "r.linked_mask") -> str:
    """SQL: how many of the records l, r have no link of a rule into the other's source, by masks of sources."""
    is_open = (f"(({mask} & {source_bit_sql(other + '.source_no')}) = 0)::tinyint"
               for mask, other in ((mask_l, "r"), (mask_r, "l")))  # fmt: skip
    return "(" + " + ".join(is_open) + ")"


def may_meet_sql() -> str:
    """The pair l, r is not on the never-link list: it is not compared, so that no count and no sample holds it."""
    return """not exists (
            select 1 from never_link n where n.record_id_l = l.record_id and n.record_id_r = r.record_id)"""


def is_seeking_sql(alias: str) -> str:
    """Is the record not yet closed to every other source? What is closed can be in no further pair."""
    return f"""({alias}.closed_mask | {_own_bit_sql(alias)}) <> {ALL_SOURCES}"""


def wanted_mask_sql(alias: str) -> str:
    """The sources in which the record may have a link and has none, its own among them where that is wanted."""
    return f"({ALL_SOURCES} & ~({alias}.linked_mask | {_own_bit_sql(alias)}))"


def _own_bit_sql(alias: str) -> str:
    """The record's own source, where that holds no other record of it."""
    return f"case when {alias}.is_within then 0::uhugeint else {alias}.source_bit end"
