"""Addresses as written, in words: what tells a home where a side has no postcode.

Most words of an address tell nothing (STREET, the town of everybody). A word is telling where few records hold it, so
that two records which share one, however the rest is written, may be of one home.

Makes `address_words` (record_id, address_words, address_telling: those of them that are telling), key record_id, of the
records with an address. Empty where each of these has a postcode too: addresses are then compared nowhere.
"""

from __future__ import annotations

from linkage.match.communal import is_communal_sql
from linkage.sql import Step, scratch_step
from linkage.tables import RECORDS

ADDRESS_WORDS = "address_words"
# A telling word is held by at most so large a share of the records with an address: a village of an authority, a street
# of a town. In a small run by at most so many records, a street and its children.
TELLING_SHARE, TELLING_RECORDS = 0.001, 10


def address_words_step() -> Step:
    """`address_words`: the words of each address, each once, in the order of the alphabet."""
    return scratch_step(
        ADDRESS_WORDS,
        f"""
        with held as materialized (
          select record_id, unnest(list_distinct(string_split(address_line, ' '))) as word
          from {RECORDS}
          where address_line is not null and exists (
            select 1 from {RECORDS}
            where address_line is not null and (postcode is null or {is_communal_sql("postcode")}))),
        counted as (select word, count(*) as n from held group by word),
        most as (select greatest({TELLING_RECORDS}, {TELLING_SHARE} * count(distinct record_id)) as n from held)
        select h.record_id, list(h.word order by h.word) as address_words,
          list(h.word order by h.word) filter (c.n <= (select n from most)) as address_telling
        from held h join counted c using (word)
        group by h.record_id""",
    )
