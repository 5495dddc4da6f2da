"""Runs made by hand, so that every expected number can be worked out beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage.match.parameters import save_parameters, starting_parameters
from linkage.match.pool import make_pool
from linkage.match.probabilistic import score_pairs
from linkage.packs import load_packs
from linkage.sql import Connection, connect, execute


@dataclass(frozen=True)
class Rec:
    """A record: where it is, the person the run has it in, and the person it is (None: nobody knows)."""

    source: str
    key: str
    person: str
    truth: str | None = None
    subgroups: Mapping[str, str] = field(default_factory=dict)
    rows: int = 1


def write_outputs(folder: Path, records: Sequence[Rec], *, sources: Sequence[str], within: Sequence[str] = ()) -> None:
    """The files of a run that an evaluation reads; row n of a source is the n-th of its rows."""
    names = list(dict.fromkeys(name for record in records for name in record.subgroups))
    with duckdb.connect() as con:
        con.execute("create table persons (source varchar, key varchar, person_id varchar)")
        con.execute("create table rows (source varchar, file varchar, row bigint, key varchar, person_id varchar)")
        subgroups = "".join(f", {name} varchar" for name in names)
        con.execute(f"create table records (source varchar, key varchar, rows bigint{subgroups})")
        last: dict[str, int] = {}
        for record in records:
            con.execute("insert into persons values (?, ?, ?)", [record.source, record.key, record.person])
            values = [record.source, record.key, record.rows, *(record.subgroups.get(n, "unknown") for n in names)]
            con.execute(f"insert into records values ({', '.join('?' * len(values))})", values)
            for _ in range(record.rows):
                last[record.source] = last.get(record.source, 0) + 1
                row = [record.source, f"{record.source}.csv", last[record.source], record.key, record.person]
                con.execute("insert into rows values (?, ?, ?, ?, ?)", row)
        for name in ("persons", "rows", "records"):
            con.execute(f"copy {name} to '{folder / name}.parquet' (format parquet)")
    manifest = {"configuration": {"sources": {name: {} for name in sources}, "link": {"within": list(within)}}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def write_csv(path: Path, header: str, lines: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def key_truth(path: Path, records: Sequence[Rec]) -> Path:
    """A truth of source, key, person."""
    known = [r for r in records if r.truth is not None]
    return write_csv(path, "source,key,person", [f"{r.source},{r.key},{r.truth}" for r in known])


MODEL = """
[model]
id = "tiny"
version = 1
[[block]]
columns = ["dob"]
[[comparison]]
name = "forename"
columns = ["forename"]
null = "forename_l is null or forename_r is null"
levels = [
  { label = "same", when = "forename_l = forename_r", m = 0.8, u = 0.1, tf = "forename" },
  { label = "differs", m = 0.2, u = 0.9 },
]
[[comparison]]
name = "dob"
columns = ["dob"]
null = "dob_l is null or dob_r is null"
levels = [
  { label = "same day", when = "dob_l = dob_r", m = 0.9375, u = 0.0009765625 },
  { label = "differs", m = 0.0625, u = 0.9990234375 },
]
"""
RULES = """
[pack]
id = "tiny"
version = 1
[[rule]]
id = "name_and_birth"
title = "Same name and birth date"
reason = "For tests."
match = ["forename", "dob"]
assumed_precision = 0.99
"""
# record_id, source_no, source, key, forename, surname, dob, sex, ethnicity: keys and names that stand out in any text.
CHILDREN = (
    (0, 0, "census", "KEYA1", "ZORAIDA", "QUILLFEATHER", "2010-05-01", "F", "WBRI"),
    (1, 0, "census", "KEYA2", "BARNABY", "THISTLEWOOD", "2011-02-03", "M", "AIND"),
    (2, 0, "census", "KEYA3", "CORDELIA", "THISTLEWOOD", "2011-02-03", "F", "AIND"),
    (3, 0, "census", "KEYA4", "EVANGELINE", "ROSSITER", "2012-12-12", "F", None),
    (4, 1, "cin", "KEYB1", "ZORAIDA", "QUILLFEATHER", "2010-05-01", "F", "WBRI"),
    (5, 1, "cin", "KEYB2", "BARNABY", "THISTLEWOOD", "2011-02-03", "M", "AIND"),
    (6, 1, "cin", "KEYB3", None, None, "2009-09-09", None, "REFU"),
)
SUBGROUPS = ("ethnicity", "sex", "age", "favourite")


def fill_working(con: Connection) -> None:
    """The working tables of a run of two sources, as far as diagnostics and report read them.

    Census and CIN hold ZORAIDA (linked by rule) and BARNABY (linked by the model); CORDELIA, BARNABY's twin, was held
    from his CIN record; EVANGELINE and the nameless record of CIN are by themselves.
    """
    for sql in _WORKING:
        execute(con, sql)
    for child in CHILDREN:
        record_id, _, _, _, forename, surname, *_ = child
        con.execute(
            """
            insert into records select $1, $2, $3, $4, 1, $5, $6, [$5], [$6], null, null, $5, $6, null, null,
              $7::date, 'day', null, null,
              [], null, null, null, null, '301', null, $8, $9, g.g5, g.g19, $5, null, $7, null,
              case when $1 = 3 then 'pink' end
            from (select case $9 when 'WBRI' then 'White' when 'AIND' then 'Asian' end as g5,
                    case $9 when 'WBRI' then 'White British' when 'AIND' then 'Indian' end as g19) g""",
            list(child),
        )
        place = [child[1], f"{child[2]}.csv", record_id + 1, record_id]
        con.execute("insert into source_rows values (?, ?, ?, ?)", place)
        assert forename is None or surname is not None
    con.execute("update records set dob_why = 'default_date', dob_raw = '01/01/1900', dob = null where record_id = 6")


_WORKING = (
    """create table sources as select * from (values (0::utinyint, 'census', 'table', true, false),
       (1::utinyint, 'cin', 'table', true, false)) s(source_no, source, format, is_unique, is_within)""",
    """create table records (record_id bigint, source_no utinyint, source varchar, key varchar, row_count bigint,
       forename varchar, surname varchar, forenames varchar[], surnames varchar[], forename_phonetic varchar,
       surname_phonetic varchar, forename_key varchar, surname_key varchar, forename_keys varchar[],
       surname_keys varchar[], dob date, dob_precision varchar, expected_dob date, postcode varchar,
       postcodes varchar[], sector varchar, district varchar, address_line varchar, uprn varchar, authority varchar,
       school_urn varchar, sex varchar, ethnicity varchar, ethnicity_5 varchar, ethnicity_19 varchar,
       forename_raw varchar, forename_why varchar, dob_raw varchar, dob_why varchar, subgroup__favourite varchar)""",
    "create table source_rows (source_no utinyint, file varchar, row bigint, record_id bigint)",
    """create table identifiers as select * from (values
       (0::bigint, 'upn', 'national', 'H801200001001', 'valid', 'H801200001001'),
       (4::bigint, 'upn', 'national', 'H801200001001', 'valid', 'h801200001001'),
       (1::bigint, 'la_child_id', '301', '77', 'valid', '77'),
       (6::bigint, 'upn', 'national', null, 'placeholder', 'UN1')) i(record_id, scheme, scope, value, status, raw)""",
    "create table upn_groups (value varchar, group_upn varchar)",
    """create table links as select * from (values
       (0::bigint, 4::bigint, 'deterministic', 'name_and_birth', 6.63, 0.99, 'assumed', 'link', 0, []::varchar[]),
       (1::bigint, 5::bigint, 'probabilistic', 'tiny', 7.0, 0.97, 'modelled', 'link', 1, []::varchar[]),
       (2::bigint, 5::bigint, 'probabilistic', 'tiny', 1.0, 0.6, 'modelled', 'review', 1, ['twin_pattern']))
       k(record_id_l, record_id_r, stage, rule, match_weight, confidence, confidence_basis, decision, rivals, flags)""",
    """create table links_deterministic as select 0::bigint as record_id_l, 4::bigint as record_id_r,
       0::smallint as rule_no, 'name_and_birth' as rule""",
    """create table persons as select * from (values
       (0::bigint, 0::bigint, 'p_0', 2, 0.99, []::varchar[]), (4::bigint, 0::bigint, 'p_0', 2, 0.99, []::varchar[]),
       (1::bigint, 1::bigint, 'p_1', 2, 0.97, []::varchar[]),
       (5::bigint, 1::bigint, 'p_1', 2, 0.97, ['review_pending']),
       (2::bigint, 2::bigint, 'p_2', 1, 1.0, ['review_pending']), (3::bigint, 3::bigint, 'p_3', 1, 1.0, []::varchar[]),
       (6::bigint, 4::bigint, 'p_4', 1, 1.0, []::varchar[]))
       p(record_id, person_no, person_id, person_size, confidence, flags)""",
    """create table conflicts as select * from (values
       ('likely_but_held', 2::bigint, 5::bigint, 'tiny: twin_pattern', 'review'))
       c(kind, record_id_l, record_id_r, detail, action)""",
    """create table candidates as select * from (values (1::bigint, 5::bigint, 0), (2::bigint, 5::bigint, 0))
       c(record_id_l, record_id_r, block_no)""",
    "create table never_link as select 3::bigint as record_id_l, 5::bigint as record_id_r",
    "create table must_link as select 0::bigint as record_id_l, 0::bigint as record_id_r limit 0",
    """create table rule_precision as select * from (values ('name_and_birth', 1::bigint, 0.99, 'assumed', 0.1))
       r(rule, links, precision, basis, false_weight)""",
    """create table household_doubts as
       select 0::bigint as record_id_l, 0::bigint as record_id_r, 0.0::double as household_bits,
       0.0::double as namesake_bits limit 0""",
    """create table source_pair_priors as select 0::utinyint as source_no_l, 1::utinyint as source_no_r,
       2::tinyint as open_sides, 6::bigint as pairs, 1.0 as expected_matches, -3.0::double as prior_bits,
       -3.0::double as without_upns_bits""",
    "create table bare_pairs (record_id_l bigint, record_id_r bigint, prior_bits double)",
    "create table linked_sides as select 0::bigint as record_id, 0::uhugeint as by_rules, 0::uhugeint as mask limit 0",
    """create table judged_pairs as select * from (values (0::bigint, 4::bigint, 6.63), (1::bigint, 5::bigint, 7.0),
       (2::bigint, 5::bigint, 1.0), (3::bigint, 5::bigint, -9.0)) j(record_id_l, record_id_r, match_weight)""",
)


def make_run(folder: Path) -> Path:
    """A finished run with working tables, in `folder`; the project's rules and model are beside it."""
    folder.mkdir(parents=True)
    (folder.parent / "rules.toml").write_text(RULES, encoding="utf-8")
    (folder.parent / "model.toml").write_text(MODEL, encoding="utf-8")
    packs = load_packs(("rules.toml",), "model.toml", folder=folder.parent)
    assert packs.model is not None
    con = connect(folder / "run.duckdb", threads=1)
    fill_working(con)
    make_pool(con)
    con.execute("""create table frequency__forename as
        select forename, count(*) / sum(count(*)) over () as tf_forename
        from pool where forename is not null group by all""")
    parameters = starting_parameters(packs.model)
    save_parameters(con, parameters)
    con.execute("create table pairs_to_score as select record_id_l, record_id_r from links")
    score_pairs(con, packs.model, parameters, pairs="pairs_to_score", into="scored_pairs")
    con.close()
    (folder / "manifest.json").write_text(json.dumps(manifest_of(packs.hashes)), encoding="utf-8")
    return folder


def manifest_of(hashes: Mapping[str, str]) -> dict[str, object]:
    """A manifest as a run writes it, with something in every part."""
    return {
        "run_id": "0123456789abcdef",
        "project": {"name": "babies & <others>", "purpose": "Tests of the report"},
        "versions": {"linkage-engine": "0.1.0", "python": "3.11.7", "duckdb": "2.0.0"},
        "configuration": {
            "sources": {"census": {"format": "table", "path": ["census.csv"]}, "cin": {"format": "table"}},
            "link": {"rules": ["rules.toml"], "model": "model.toml", "accept": 0.95, "review": 0.5, "within": []},
            "diagnostics": {"subgroups": list(SUBGROUPS)},
        },
        "hashes": {"inputs": {"census.csv": "aa"}, "packs": dict(hashes), "settings": "bb"},
        "seed": 1,
        "stages": [{"stage": "load", "counts": {"sources": 2, "rows": 7}}, {"stage": "report", "counts": {}}],
        "findings": [
            {"code": "dates_default", "source": "cin", "count": 1, "meaning": "default dates", "field": "dob"}],
        "excluded": {"cin": {"adult": 3}},
        "passes": [{"rule": "name_and_birth", "found": 2, "linked": 1, "held": 1, "shared": 0},
                   {"rule": "uln", "found": 0, "linked": 0, "held": 0, "shared": 0}],
        "blocks": [{"block_no": 0, "columns": ["dob"], "keys": 2, "pairs": 6, "hot_keys": 1, "hot_pairs": 30000}],
        "doubts": ["level_never_seen: dob, same year, month not known"],
        "timings": {"machine": {"system": "Linux"}, "seconds": {"load": 98765.4321}},
    }  # fmt: skip
