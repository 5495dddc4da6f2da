"""Phonetic codes of names (metaphone), computed once per distinct clean word."""

from __future__ import annotations

import jellyfish
import pyarrow as pa

from linkage.prepare.inputs import load_working_table, working_table
from linkage.prepare.names import NAMES
from linkage.sql import Connection, rows, run_steps

NAME_CODES = "prepare__name_codes"


def phonetic_code(word: str) -> str:
    """Metaphone of a clean word (Philips 1990, as jellyfish has it).

    A word with digits is its own code: metaphone drops digits, and made-up names would all sound the same.
    So is a word that metaphone leaves nothing of, such as a single H.
    """
    if any(character.isdigit() for character in word):
        return word
    return jellyfish.metaphone(word) or word


def add_phonetics(con: Connection) -> None:
    """Makes `prepare__name_codes(raw, clean, why, forenames, surnames, forename_phonetic, surname_phonetic)`.

    Reads `prepare__names`. A forename sounds like its first word, because further names come and go between
    sources; a surname like all its words written as one, because VAN DER BERG and VANDERBERG are one name.
    """
    words = [
        str(row[0])
        for row in rows(
            con,
            f"select first_token from {NAMES} where clean is not null union select joined from {NAMES} "
            "where clean is not null order by all",
        )
    ]
    _load_codes(con, words)
    run_steps(con, [working_table(NAME_CODES, _with_codes_sql())])


def _load_codes(con: Connection, words: list[str]) -> None:
    codes = pa.table({
        "word": pa.array(words, pa.string()),
        "code": pa.array([phonetic_code(word) for word in words], pa.string()),
    })  # fmt: skip
    load_working_table(con, "prepare__phonetics", codes)


def _with_codes_sql() -> str:
    return f"""
select
    names.raw,
    names.clean,
    names.why,
    names.forenames,
    names.surnames,
    forename_codes.code as forename_phonetic,
    surname_codes.code as surname_phonetic
from {NAMES} as names
left join prepare__phonetics as forename_codes on forename_codes.word = names.first_token
left join prepare__phonetics as surname_codes on surname_codes.word = names.joined"""
