"""Synthetic England as plain tables: the same children in six sources with names, their UPNs hidden as asked.

The tables hold what the sources say, raw; only dates are brought to one form. Census downloads have no addresses.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
from datasets import PERSONS_OF_TRUTH, ROWS_OF_TRUTH, Dataset, write_dataset
from linkage_synth import generate

from linkage.project import SourceSpec, read_project
from linkage.sources import load_source
from linkage.sql import Connection, literal
from linkage.tables import Extract

AUTUMN_FILES = "returns/school_census_export/2023_autumn_*.csv"
AUTUMN = SourceSpec(name="autumn_2023", format="school_census", path=(AUTUMN_FILES,))
SOURCES = ("census_2023", "autumn_2023", "census_2024", "early_help", "home_educated", "youth_justice")
ON_ROLL = "returns/school_census_export/2023_autumn_pupilonroll.csv"  # a pupil who left is in another school's roll
HIDDEN = (0, 10, 100)
DATES = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%Y-%b-%d %H:%M:%S")


def england(data: Path, children: int, *, seed: int = 1) -> dict[int, Path]:
    """The folders of the tables with 0, 10 and 100 in a hundred UPNs hidden; made where they are not there yet."""
    root = data / f"england_{children}_{seed}"
    folders = {hidden: root / f"hidden_{hidden}" for hidden in HIDDEN}
    if not all((folder / "dataset.json").exists() for folder in folders.values()):
        shutil.rmtree(root, ignore_errors=True)
        generate(root / "world", children=children, seed=seed, formats={"school_census_export", "table"})
        with duckdb.connect() as con:
            _load(con, root / "world")
            for hidden, folder in folders.items():
                _write(con, folder, children, hidden)
        shutil.rmtree(root / "world")
    return folders


def _load(con: Connection, world: Path) -> None:
    """Make `plain` (source, key, upn, forename, surname, dob, sex, postcode) and `truth` and `groups`."""
    project = read_project(world / "linkage-all.toml")
    truth, persons = (f"read_csv({literal(str(world / 'truth' / name))}, header = true, all_varchar = true)"
                      for name in ("rows.csv", "persons.csv"))  # fmt: skip
    selects = []
    for source in SOURCES:
        spec = AUTUMN if source == AUTUMN.name else project.sources[source]
        selects.append(_plain_sql(source, load_source(con, spec, world)))
    con.execute(f"create table plain as {' union all '.join(selects)}")
    con.execute(f"""
        create table truth as
        select p.source, p.key, t.person from plain p
        join {truth} t on t.file = p.file and t.row::bigint = p.row""")
    con.execute(f"create table groups as select person, twin_group, sibling_group from {persons}")


def _plain_sql(source: str, extract: Extract) -> str:
    """The rows of a source; of several addresses the latest. Keys are numbers, so that no key is an identifier."""
    has = set(extract.fields)
    place = "r.postcode" if "postcode" in has and not extract.addresses else "null"
    if extract.addresses:
        latest = "max_by(a.postcode, (coalesce(a.valid_from, ''), a.postcode))"
        place = f"(select {latest} from {extract.addresses} a where a.key = r.key)"
    only = f"where r.file = {literal(ON_ROLL)}" if source == AUTUMN.name else ""
    written = ", ".join(map(literal, DATES))
    dob = f"strftime(coalesce(try_strptime(trim(r.dob), [{written}]), try_cast(r.dob as timestamp)), '%Y-%m-%d')"
    return f"""
        select '{source}' as source, row_number() over (order by r.file, r.row)::varchar as key, r.file, r.row, r.upn,
          r.forename, r.surname, coalesce({dob}, r.dob) as dob, r.sex, {place} as postcode
        from {extract.rows} r {only}"""


def _write(con: Connection, folder: Path, children: int, hidden: int) -> None:
    (folder / "truth").mkdir(parents=True)
    shown = f"('0x' || substr(md5(source || '/' || key), 1, 8))::ubigint % 100 >= {hidden}"
    for source in SOURCES:
        con.execute(f"""
            copy (select key, case when {shown} then upn end as upn, forename, surname, dob, sex, postcode
                  from plain where source = '{source}' order by key::bigint)
            to {literal(str(folder / f"{source}.csv"))} (header)""")
    con.execute(f"copy (select * from truth order by all) to {literal(str(folder / ROWS_OF_TRUTH))} (header)")
    con.execute(f"copy (select * from groups order by all) to {literal(str(folder / PERSONS_OF_TRUTH))} (header)")
    title = f"England, {children:,} children, UPNs of {hidden}% of the records hidden"
    name = f"england-{children}-{hidden}"
    write_dataset(folder, Dataset(name, title, "children", SOURCES, has_upn=hidden < 100))
