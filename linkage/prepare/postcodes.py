"""Postcodes: `OUT INW` in upper case, or as much of it as the source has.

Precision is `full` (M1 1AE), `sector` (M1 1, as in data made coarser before delivery) or `district` (M1). A shape
is checked, not whether the place exists: samples and synthetic data use areas that do not.

Reason codes: `pseudo_postcode` (no place at all: ZZ99 for no fixed abode, unknown and overseas; the ILR's AA1A 0AA),
`not_a_postcode` (anything else, such as a truncated `2TR`).
"""

from __future__ import annotations

from collections.abc import Sequence

from linkage.prepare.inputs import BLANKS, Input, field_values, union_all, working_table
from linkage.sql import Step, ident

POSTCODES = "prepare__postcodes"

# Outward codes of the six shapes: A9, A99, AA9, AA99, A9A, AA9A; and Girobank's GIR.
_OUTWARD = "[A-Z]{1,2}[0-9][0-9A-Z]?|GIR"
_WELL_WRITTEN = "[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}"

# ZZ99 and what follows: NHS Digital's and the ILR's codes for no fixed abode, not known, and countries; the rest
# is what people type in their place. AA1A 0AA is a test value of the ILR.
_PSEUDO = "ZZ[0-9].*|XX[0-9].*|AA1A0AA|AA11AA|A11AA|AA9A9AA|A9A9AA"


def postcode_steps(inputs: Sequence[Input]) -> list[Step]:
    """Makes `prepare__postcodes`, one row per distinct non-blank text of a postcode field or address table.

    Columns: raw (key), text (raw without blanks around it), postcode (NULL unless full), precision, sector
    (NULL unless full or sector), district, why. All but raw, text and why are NULL where the text is refused.
    """
    return [
        working_table("prepare__postcode_texts", _texts_sql(inputs)),
        working_table("prepare__postcode_parts", _parts_sql()),
        working_table(POSTCODES, _postcodes_sql()),
    ]


def _texts_sql(inputs: Sequence[Input]) -> str:
    selects = [f"select raw from ({select})" for select in field_values(inputs, ["postcode"])]
    selects += [
        f"select postcode from {ident(source.extract.addresses)}" for source in inputs if source.extract.addresses
    ]
    return f"""
select texts.raw, trim(texts.raw, '{BLANKS}') as text
from (select distinct raw from ({union_all(selects, empty="null::varchar")}) as texts(raw)) as texts
where trim(texts.raw, '{BLANKS}') <> ''"""


def _parts_sql() -> str:
    """Cut each text into outward code and inward code (three characters, a digit, or nothing).

    A lone digit after the outward code is a sector only behind a blank: M11 without one is a district.
    """
    return f"""
select
    raw,
    text,
    compact,
    case
        when is_well_written then split_part(text, ' ', 1)
        when regexp_full_match(compact, '(?:{_OUTWARD})[0-9][A-Z]{{2}}') then left(compact, -3)
        when regexp_full_match(upper(text), '(?:{_OUTWARD}) +[0-9]') then left(compact, -1)
        when regexp_full_match(compact, '{_OUTWARD}') then compact
        when length(compact) between 5 and 7 then {_mended_outward_sql("left(compact, -3)")}
    end as outward,
    case
        when is_well_written then right(text, 3)
        when regexp_full_match(compact, '(?:{_OUTWARD})[0-9][A-Z]{{2}}') then right(compact, 3)
        when regexp_full_match(upper(text), '(?:{_OUTWARD}) +[0-9]') then right(compact, 1)
        when regexp_full_match(compact, '{_OUTWARD}') then ''
        when length(compact) between 5 and 7 then {_mended_inward_sql("right(compact, 3)")}
    end as inward
from (
    select
        *,
        case
            when is_well_written then replace(text, ' ', '')
            else regexp_replace(upper(text), '[^A-Z0-9]', '', 'g')
        end as compact
    from (select *, regexp_full_match(text, '{_WELL_WRITTEN}') as is_well_written from prepare__postcode_texts)
)"""


def _mended_outward_sql(outward: str) -> str:
    """SQL: the outward code, if need be with one O for 0 or I for 1 (or the reverse); NULL where that is not enough."""
    exchanged = ", ".join(
        f"left({outward}, {place}) || translate(substr({outward}, {place + 1}, 1), 'O0I1', '0O1I') "
        f"|| substr({outward}, {place + 2})"
        for place in range(4)
    )
    return f"list_filter([{outward}, {exchanged}], lambda code: regexp_full_match(code, '{_OUTWARD}'))[1]"


def _mended_inward_sql(inward: str) -> str:
    """SQL: the inward code with a digit first, if need be for an O or I; NULL where that is not enough."""
    mended = f"translate(left({inward}, 1), 'OI', '01') || substr({inward}, 2)"
    return f"case when regexp_full_match({mended}, '[0-9][A-Z]{{2}}') then {mended} end"


def _postcodes_sql() -> str:
    return f"""
select
    raw,
    text,
    case when why is null and length(inward) = 3 then outward || ' ' || inward end as postcode,
    case when why is null then
        case length(inward) when 3 then 'full' when 1 then 'sector' else 'district' end
    end as precision,
    case when why is null and inward <> '' then outward || ' ' || left(inward, 1) end as sector,
    case when why is null then outward end as district,
    why
from (
    select
        *,
        case
            when regexp_full_match(compact, '{_PSEUDO}') then 'pseudo_postcode'
            when outward is null or inward is null then 'not_a_postcode'
        end as why
    from prepare__postcode_parts
)"""
