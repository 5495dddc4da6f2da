"""Plain Splink's settings for the two shapes of tables, as its documentation and examples recommend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import splink.comparison_library as cl
from splink import block_on


@dataclass(frozen=True)
class Plain:
    """What a user of Splink writes: SQL that cleans a table, comparisons, blocking, and the plan of training."""

    clean_sql: str
    comparisons: Sequence[Any]
    blocking: Sequence[Any]
    deterministic: Sequence[Any]
    recall: float
    training: Sequence[Any]


NAME = "nullif(trim(regexp_replace(replace(strip_accents(upper({0})), '''', ''), '[^A-Z ]', ' ', 'g')), '')"
SWAPPED = "l.{0} = r.{1} and l.{1} = r.{0}"


def children(*, key: str, has_upn: bool) -> Plain:
    """UPN, names with term frequencies, birth date, postcode and sex."""
    upn_comparison, upn_block = ([cl.ExactMatch("upn")], [block_on("upn")]) if has_upn else ([], [])
    return Plain(
        clean_sql=f"""
            select {key} as unique_id, {NAME.format("forename")} as forename, {NAME.format("surname")} as surname,
              try_cast(dob as date) as dob, case left(upper(sex), 1) when 'M' then 'M' when 'F' then 'F' end as sex,
              nullif(upper(replace(postcode, ' ', '')), '') as postcode,
              case when regexp_matches(upper(upn), '^[A-Z][0-9]{{12}}$') then upper(upn) end as upn""",
        comparisons=[
            *upn_comparison,
            cl.NameComparison("forename").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=False),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocking=[
            *upn_block,
            block_on("surname", "dob"),
            block_on("forename", "dob"),
            block_on("forename", "surname", "postcode"),
            block_on("dob", "postcode"),
        ],
        deterministic=[*upn_block, block_on("forename", "surname", "dob")],
        recall=0.9,
        training=[block_on("forename", "surname"), block_on("dob", "sex")],
    )


def febrl(*, key: str) -> Plain:
    """The model of Splink's own example for Febrl 4, without the social security number."""
    return Plain(
        clean_sql=f"""
            select {key} as unique_id, given_name, surname, date_of_birth, street_number, address_1, postcode, state""",
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        blocking=[
            block_on("given_name", "surname"),
            SWAPPED.format("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        deterministic=[
            block_on("given_name", "surname", "date_of_birth"),
            SWAPPED.format("given_name", "surname") + " and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.8,
        training=[block_on("date_of_birth"), block_on("postcode")],
    )
