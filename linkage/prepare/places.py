"""Places: address lines and property numbers, the address and event tables, and each child's latest home."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.dates import DATES
from linkage.prepare.inputs import BLANKS, Input, union_all, working_table
from linkage.prepare.postcodes import POSTCODES
from linkage.sql import Step, ident, literal, table_step
from linkage.tables import RECORDS

HOMES = "prepare__homes"
CLEAN_ADDRESSES = "prepare__addresses"
ADDRESSES = "addresses"
EVENTS = "events"


def address_line_sql(text: str) -> str:
    """SQL: house and street in upper case, letters and digits with single blanks; NULL where nothing is left."""
    words = f"regexp_replace(upper(strip_accents({text})), '[^A-Z0-9]+', ' ', 'g')"
    return f"nullif(trim({words}), '')"


def uprn_sql(text: str) -> str:
    """SQL: a unique property reference number, 1 to 12 digits without zeros in front; NULL where it is none."""
    digits = f"regexp_extract(trim({text}, '{BLANKS}'), '^0*([1-9][0-9]{{0,11}})(?:[.]0+)?$', 1)"
    return f"nullif({digits}, '')"


def home_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__addresses` (every address, cleaned) and `prepare__homes`, the latest home per source and key.

    The latest home is, of those with a postcode if there are any, the one that has not ended, then the one that began
    last; among equals the one whose text comes first, so that the order of rows decides nothing.
    """
    return [
        working_table(CLEAN_ADDRESSES, _addresses_sql(inputs)),
        working_table(HOMES, _homes_sql()),
    ]


def _addresses_sql(inputs: Sequence[Input]) -> str:
    selects = [
        f"""
select
    {source.number} as source_no,
    addresses.key,
    addresses.kind,
    postcodes.text,
    postcodes.postcode,
    postcodes.precision,
    postcodes.sector,
    postcodes.district,
    postcodes.why,
    {address_line_sql("addresses.address_line")} as address_line,
    {uprn_sql("addresses.uprn")} as uprn,
    starts.date as valid_from,
    ends.date as valid_to
from {ident(source.extract.addresses)} as addresses
left join {POSTCODES} as postcodes on postcodes.raw = addresses.postcode
{_date_join("starts", source, "addresses", "valid_from")}
{_date_join("ends", source, "addresses", "valid_to")}"""
        for source in inputs
        if source.extract.addresses
    ]
    empty = (
        "null::integer as source_no, null::varchar as key, null::varchar as kind, null::varchar as text, "
        "null::varchar as postcode, null::varchar as precision, null::varchar as sector, null::varchar as district, "
        "null::varchar as why, null::varchar as address_line, null::varchar as uprn, null::date as valid_from, "
        "null::date as valid_to"
    )
    return union_all(selects, empty=empty)


def _date_join(alias: str, source: Input, table: str, column: str) -> str:
    return (
        f"left join {DATES} as {alias} on {alias}.source_no = {source.number} "
        f"and {alias}.field = {literal(column)} and {alias}.raw = {table}.{column}"
    )


def _homes_sql() -> str:
    chosen = ("text", "postcode", "precision", "sector", "district", "why", "address_line", "uprn", "raw")
    columns = ",\n    ".join(f"arg_min_null({name}, order_no) as {name}" for name in chosen)
    return f"""
select
    source_no,
    key,
    {columns},
    list_sort(list(distinct postcode) filter (postcode is not null)) as postcodes
from (
    select
        *,
        text as raw,
        row_number() over (
            partition by source_no, key
            order by
                district is null, valid_to desc nulls first,
                valid_from desc nulls last, postcode, district, sector, address_line, uprn, text
        ) as order_no
    from {CLEAN_ADDRESSES}
    where kind = 'home'
)
group by source_no, key"""


def place_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `addresses` and `events` of the run: one row per record, place or thing, and period; dates NULL if unknown.

    Reads `records`. Rows whose key belongs to no record are left out; those of a key that was split go to the record
    that kept the key.
    """
    return [
        table_step(ADDRESSES, _record_addresses_sql()),
        table_step(EVENTS, _record_events_sql(inputs)),
    ]


def _record_addresses_sql() -> str:
    return f"""
select distinct
    records.record_id,
    addresses.kind,
    addresses.postcode,
    addresses.precision,
    addresses.sector,
    addresses.address_line,
    addresses.uprn,
    addresses.valid_from,
    addresses.valid_to
from {CLEAN_ADDRESSES} as addresses
join {RECORDS} as records on records.source_no = addresses.source_no and records.key = addresses.key
where coalesce(addresses.district, addresses.address_line, addresses.uprn) is not null"""


def _record_events_sql(inputs: Sequence[Input]) -> str:
    selects = [
        f"""
select distinct
    records.record_id,
    events.kind,
    nullif(trim(events.code, '{BLANKS}'), '') as code,
    starts.date as date_from,
    ends.date as date_to
from {ident(source.extract.events)} as events
join {RECORDS} as records on records.source_no = {source.number} and records.key = events.key
{_date_join("starts", source, "events", "date_from")}
{_date_join("ends", source, "events", "date_to")}"""
        for source in inputs
        if source.extract.events
    ]
    empty = (
        "null::bigint as record_id, null::varchar as kind, null::varchar as code, null::date as date_from, "
        "null::date as date_to"
    )
    return union_all(selects, empty=empty)
