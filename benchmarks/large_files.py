"""Files as large as those that national extracts come in: a wide CSV file and a CIN census XML of a given size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import duckdb
import linkage_synth
import numpy as np
from linkage_synth.identifiers import CHECK_LETTERS, upn_texts

COPIES_FROM = 200_000  # children of the two tables that the rows of the wide file are made of
BATCH = 1_000
WIDE_PROJECT = """\
[project]
name = "wide"

[sources.wide]
format = "table"
path = "wide.csv"
key = "pupil_ref"
[sources.wide.columns]
upn = "upn"
forename = "forename"
middle_names = "middle_names"
surname = ["surname", "preferred_surname"]
dob = { column = "dob", format = "iso" }
sex = "sex"
ethnicity = "ethnicity"
postcode = "postcode"
address_line = { join = ["house", "street"] }
school_urn = "urn"
"""
CIN_PROJECT = """\
[project]
name = "cin"

[sources.cin]
format = "cin_census"
path = "cin.xml"
"""
# A UPN is a check letter and 12 digits; the letter is the digits weighted by 2 to 13, modulo 23.
_DIGITS = "lpad((n // 1000 % 1000000000)::varchar, 9, '8') || lpad((n % 1000)::varchar, 3, '0')"
_SUM = " + ".join(f"{weight} * substr(digits, {weight - 1}, 1)::int" for weight in range(2, 14))
UNREAD = (
    *(f"strftime(date '2020-01-01' + (n * {step} % 1500)::int, '%Y-%m-%d') as event_{step}" for step in (3, 7, 11, 13)),
    *(f"(n * {step} % 1000)::varchar as sessions_{step}" for step in (17, 19, 23, 29, 31, 37)),
    *(f"(n * {step} % 97 / 10)::decimal(4, 1)::varchar as score_{step}" for step in (41, 43, 47, 53)),
    *(f"case when n % {step} = 0 then 'Y' else 'N' end as flag_{step}" for step in (2, 3, 5, 7, 11, 13)),
    *(f"'C' || (n % {step})::varchar as code_{step}" for step in (59, 61, 67, 71)),
    "case when n % 9 = 0 then 'seen, agreed; note no. ' || n end as remarks",
)


def write_wide_csv(folder: Path, rows: int) -> Path:
    """`wide.csv`, rows of 40 columns about children with names, and its project file; returns the CSV file.

    Rows are copies of the children of two synthetic tables under other numbers, with other birth dates.
    """
    base = folder / "base"
    linkage_synth.two_tables(base, records=COPIES_FROM, seed=1)
    path = folder / "wide.csv"
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(folder / "spill")}) as con:
        con.execute(f"""
            create table base as
            select *, row_number() over () - 1 as place from read_csv('{base}/a.csv', all_varchar = true)""")
        con.execute(f"""
            copy (
              with numbered as (
                select b.*, i as n, {_DIGITS} as digits
                from range({rows}) t(i) join base b on b.place = i % {COPIES_FROM})
              select 'P' || lpad(n::varchar, 9, '0') as pupil_ref,
                case when n % 20 > 0 then '{CHECK_LETTERS}'[({_SUM}) % 23 + 1] || digits end as upn,
                forename, case when n % 3 = 0 then surname end as middle_names, surname,
                case when n % 50 = 0 then forename end as preferred_surname,
                strftime(try_cast(dob as date) + (n // {COPIES_FROM} * 37 % 700)::int, '%Y-%m-%d') as dob, sex,
                ['WBRI', 'WBRI', 'APKN', 'BAFR', 'MWBC'][n % 5 + 1] as ethnicity, postcode,
                (n % 90 + 1)::varchar as house,
                ['Mill', 'Church', 'Station', 'High'][n % 4 + 1] || ' Road' as street,
                (100000 + n % 20000)::varchar as urn, (n % 13)::varchar as year_group, 'ENG' as language,
                {", ".join(UNREAD)}
              from numbered order by n)
            to '{path}' (header)""")
    (folder / "linkage.toml").write_text(WIDE_PROJECT, encoding="utf-8")
    for old in base.iterdir():
        old.unlink()
    base.rmdir()
    return path


def write_cin_xml(folder: Path, mebibytes: int) -> Path:
    """`cin.xml` of that size and its project file; returns the XML file. Every child has an id and a UPN of its own."""
    world = folder / "world"
    linkage_synth.generate(world, children=5_000, seed=1)
    header, children = _children(world / "returns" / "cin")
    path, written, end = folder / "cin.xml", 0, mebibytes << 20
    copies = ((child, number) for number in count() for child in children)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(header)
        for batch in _batches(copies):
            if written >= end:
                break
            written += file.write(batch)
        file.write("</Children>\n</Message>\n")
    (folder / "linkage.toml").write_text(CIN_PROJECT, encoding="utf-8")
    return path


def _children(returns: Path) -> tuple[str, list[str]]:
    """What stands before the first child, and the children of all returns."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(returns.glob("*.xml"))]
    header = texts[0][: texts[0].index("<Child>")]
    return header, [child for text in texts for child in re.findall(r"<Child>.*?</Child>\n", text, flags=re.DOTALL)]


def _batches(copies: Iterator[tuple[str, int]]) -> Iterator[str]:
    """Texts of children under their own numbers, many at a time."""
    for first in count(0, BATCH):
        numbers = np.arange(first, first + BATCH, dtype=np.int64)
        upns = upn_texts(numbers * 0 + 301, 2000 + numbers // 20_000 % 8000, 5 + numbers // 1000 % 20, numbers % 1000)
        yield "".join(
            re.sub(r"<UPN>[^<]*</UPN>", f"<UPN>{upn}</UPN>",
                   re.sub(r"(<LAchildID>)[^<]*(</LAchildID>)", rf"\g<1>{number:09d}\g<2>", child, count=1), count=1)
            for number, upn, (child, _copy) in zip(numbers.tolist(), upns.tolist(), islice(copies, BATCH), strict=True)
        )  # fmt: skip
