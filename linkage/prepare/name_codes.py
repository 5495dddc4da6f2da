"""Codes of names, worked out once per distinct clean name and role: how it sounds, and its keys."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from linkage.prepare.inputs import load_working_table, working_table
from linkage.prepare.name_keys import first_telling_word, forename_keys, spelling_key, surname_keys
from linkage.prepare.names import NAME_TEXTS, NAMES
from linkage.prepare.phonetics import phonetic_code
from linkage.sql import Connection, Step, run_steps

NAME_CODES = "prepare__name_codes"
ROLES = ("forename", "surname")


def add_name_codes(con: Connection) -> None:
    """Makes `prepare__name_codes(raw, clean, why, forenames, surnames)` with codes for the roles that a text stands in:
    `forename_phonetic`, `forename_key`, `forename_keys`, and the same of `surname`; NULL in the role that it has not.

    Reads `prepare__names`. The codes and the key are those of the clean name; the keys are a sorted list of those of
    all names in the text, NULL where the key is all, as it nearly always is: lists are dear. A forename sounds like its
    first telling word, because further names come and go between sources; a surname like all its words written as one,
    because VAN DER BERG and VANDERBERG are one name.
    """
    for role in ROLES:
        load_working_table(con, _codes(role), codes_of(_names_in_role(con, role), role))
    spelling_key.cache_clear()
    run_steps(con, [name_codes_step()])


def codes_of(names: list[str], role: str) -> pa.Table:
    """The codes of clean names in a role, one row per name: phonetic, key, keys."""
    sound, keys_of = _CODERS[role]
    main: list[str] = []
    every: list[list[str] | None] = []
    for name in names:
        keys = keys_of(name)
        main.append(keys[0])
        every.append(sorted(keys) if len(keys) > 1 else None)
    return pa.table({
        "name": pa.array(names, pa.string()),
        "phonetic": pa.array([phonetic_code(sound(name)) for name in names], pa.string()),
        "key": pa.array(main, pa.string()),
        "keys": pa.array(every, pa.list_(pa.string())),
    })  # fmt: skip


def _as_one_word(name: str) -> str:
    return name.replace(" ", "")


_CODERS: dict[str, tuple[Callable[[str], str], Callable[[str], tuple[str, ...]]]] = {
    "forename": (first_telling_word, forename_keys),
    "surname": (_as_one_word, surname_keys),
}


def _codes(role: str) -> str:
    return f"prepare__codes_of_{role}s"


def _names_in_role(con: Connection, role: str) -> list[str]:
    """Every clean name that stands in a role. Through Arrow: a million tuples keep the garbage collector busy."""
    found = con.sql(
        f"select distinct unnest(names.names) as name from {NAMES} as names "
        f"join {NAME_TEXTS} as texts on texts.raw = names.raw and texts.is_{role} order by all"
    ).to_arrow_table()
    names: list[str] = found.column("name").to_pylist()
    return names


def all_keys_sql(role: str, place: str = "") -> str:
    """SQL: every key of a name in a role (forename or surname); `place` is the table it is in, with its dot."""
    key = f"{place}{role}_key"
    return f"coalesce({place}{role}_keys, case when {key} is not null then [{key}] end)"


def name_codes_step() -> Step:
    """`prepare__name_codes`."""
    columns = ",\n    ".join(
        f"{role}_codes.phonetic as {role}_phonetic, {role}_codes.key as {role}_key, "
        f"coalesce(several_{role}s.keys, {role}_codes.keys) as {role}_keys"
        for role in ROLES
    )
    joins = "\n".join(
        f"left join {_codes(role)} as {role}_codes on {role}_codes.name = names.clean\n"
        f"left join ({_keys_of_several_sql(role)}) as several_{role}s on several_{role}s.raw = names.raw"
        for role in ROLES
    )
    return working_table(
        NAME_CODES,
        f"""
select
    names.raw,
    names.clean,
    names.why,
    names.names as forenames,
    names.surnames,
    {columns}
from {NAMES} as names
{joins}""",
    )


def _keys_of_several_sql(role: str) -> str:
    """The keys of texts that hold several names; the others have those of their one name."""
    return f"""
    select named.raw, list_sort(list_distinct(flatten(list(coalesce(codes.keys, [codes.key]))))) as keys
    from (select raw, unnest(names) as name from {NAMES} where len(names) > 1) as named
    join {_codes(role)} as codes on codes.name = named.name
    group by named.raw"""
