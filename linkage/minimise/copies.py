"""The copies themselves: SQL that writes each source anew, one record under one opaque key.

Copies are made of clean, folded records and not of rows: rows say how often and when a child came to notice, which
linking does not need. A record takes several rows only where a field has several values (a former UPN beside the UPN,
earlier full postcodes); format `table` folds them back. Rows stand in the order of their keys, which says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.diagnostics.match_rate import write_csv
from linkage.identifiers import NATIONAL, SCHEMES, STATUS_ORDER
from linkage.minimise.choices import CODES, Plan
from linkage.outputs import write_parquet
from linkage.project import SourceSpec
from linkage.schema import FIELD_NAMES, IDENTIFIER_FIELDS, SUBGROUP_PREFIX
from linkage.sources.columns import fold
from linkage.sql import Connection, Step, columns, ident, literal, rows, run_steps, scratch_step, table_step
from linkage.tables import IDENTIFIERS, RECORDS

KEYS = "minimise__keys"
PSEUDONYMS = "minimise__pseudonyms"
VALUES = "minimise__values"
KEY, NUMBER = "record", "number"

# Identifiers that can be the same child in two places: an invalid one is nobody's, and a placeholder has no value.
USABLE = ("valid", "temporary", "former")
# National numbers lose their shape, so in a copy they are pseudonyms; all others are opaque in their own field.
COLUMN_OF_SCHEME: dict[str, str] = {
    scheme.name: "pseudonym" if scheme.scope == NATIONAL else scheme.name for scheme in SCHEMES
}

# A value of free text with a date, a postcode or a long number in it is about one child.
_PERSONAL = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}|[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?[0-9][A-Za-z]{2}|[0-9]{8}"
# Numbers of authorities and schools, which no list of ours can check.
_CODE = "[A-Za-z]{0,3}[0-9]{1,9}"


@dataclass(frozen=True)
class Copy:
    """The copy of one source. `fields` are columns by the field they feed; `subgroups` are columns of the project's.

    `several` are the columns that a record can have several values of, `once` the others, with SQL over `r` for each.
    """

    spec: SourceSpec
    fields: Mapping[str, tuple[str, ...]]
    several: tuple[str, ...]
    once: Mapping[str, str]
    subgroups: tuple[str, ...]

    @property
    def table(self) -> str:
        """The name of its table."""
        return f"minimise__copy__{self.spec.name}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its file, the key first."""
        return (KEY, *self.several, *self.once)

    @property
    def comparable(self) -> bool:
        """Whether anything is left that a record can be found again by."""
        return any(field in self.fields for field in (*IDENTIFIER_FIELDS, "dob", "expected_dob", "forename", "surname"))

    def file_name(self, plan: Plan) -> str:
        """The name of its file."""
        return f"{self.spec.name}.{plan.choices.files}"


def pseudonym_steps(plan: Plan) -> list[Step]:
    """Makes the pseudonyms and all values of the fields that can have several; reads `never_link`.

    `minimise__keys` (record_id, key); `minimise__pseudonyms` (record_id, scheme, field, rank, value: one row per usable
    identifier); `minimise__values` (record_id, field, number, value: the numbers from 1, the current UPN and the
    latest home first). What a pair that must never be linked shares is left out of both records: the copy must not
    tell that they were one.
    """
    order = f"[{', '.join(map(literal, STATUS_ORDER))}]"
    fields = " ".join(f"when {literal(name)} then {literal(column)}" for name, column in COLUMN_OF_SCHEME.items())
    return [
        table_step(KEYS, f"select record_id, pseudonym('key', source, key) as key from {RECORDS}"),
        scratch_step(
            "minimise__usable",
            f"""
            select record_id, scheme, case scheme {fields} end as field, list_position({order}, status) as rank,
              pseudonym(scheme, scope, value) as value
            from {IDENTIFIERS}
            where value is not null and status in ({_listed(USABLE)}) and scheme in ({_listed(plan.schemes)})""",
        ),
        table_step(
            PSEUDONYMS,
            """
            with told_apart as (
              select n.record_id_l, n.record_id_r, l.value
              from never_link n
              join minimise__usable l on l.record_id = n.record_id_l
              join minimise__usable r on r.record_id = n.record_id_r and r.value = l.value),
            refused as (
              select record_id_l as record_id, value from told_apart
              union all select record_id_r, value from told_apart)
            select * from minimise__usable anti join refused using (record_id, value)""",
        ),
        table_step(
            VALUES,
            f"""
            select record_id, field, row_number() over (partition by record_id, field order by rank, value) as number,
              value
            from {PSEUDONYMS}
            union all
            select record_id, 'postcode', row_number() over (partition by record_id order by rank, value), value
            from ({_postcodes_sql(plan)}) where value is not null""",
        ),
    ]


def _postcodes_sql(plan: Plan) -> str:
    if not plan.has("postcode"):
        return f"select record_id, 1 as rank, null::varchar as value from {RECORDS} limit 0"
    finest = {"full": "postcode, sector, district", "sector": "sector, district", "district": "district"}
    latest = f"select record_id, 1 as rank, coalesce({finest[plan.choices.postcode]}) as value from {RECORDS}"
    if plan.choices.postcode != "full":
        return latest  # the engine compares sectors of the latest home only
    # The first row of a key has the birth date and so speaks for it: `prepare.folding` puts blanks behind.
    earlier = f"select record_id, postcode as latest, unnest(postcodes) as value from {RECORDS}"
    return f"{latest} union all select record_id, 2, value from ({earlier}) where value is distinct from latest"


def make_copies(con: Connection, plan: Plan, specs: Sequence[SourceSpec]) -> tuple[Copy, ...]:
    """Make the table of each source's copy, `minimise__copy__SOURCE`; reads `never_link`, needs `pseudonym`."""
    run_steps(con, pseudonym_steps(plan))
    copies = tuple(_copy_of(con, plan, spec) for spec in specs)
    run_steps(con, [copy_step(copy) for copy in copies])
    return copies


def write_copy(con: Connection, copy: Copy, plan: Plan, folder: Path) -> None:
    """Write a copy to its file in the folder, in the order of its keys."""
    path = folder / copy.file_name(plan)
    order = f"{KEY}, {NUMBER}"
    if plan.choices.files == "parquet":
        listed = ", ".join(map(ident, copy.columns))
        write_parquet(con, f"select {listed} from {ident(copy.table)} order by {order}", path)
    else:
        write_csv(con, copy.table, copy.columns, order, path)


def copy_step(copy: Copy) -> Step:
    """The table of a copy: one row per record, and more for the second and further values of a field."""
    wide = [f"max(v.value) filter (v.field = {literal(name)}) as {ident(name)}" for name in copy.several]
    values = [f"w.{ident(name)}" for name in copy.several]
    values += [f"case when n.number = 1 then {sql} end as {ident(name)}" for name, sql in copy.once.items()]
    return table_step(
        copy.table,
        f"""
        with chosen as (select * from {RECORDS} where source = $source),
        wide as (
          select {", ".join(("v.record_id", "v.number", *wide))}
          from {VALUES} v semi join chosen using (record_id)
          group by v.record_id, v.number),
        numbers as (select record_id, number from wide union select record_id, 1 from chosen)
        select {", ".join((f"k.key as {KEY}", f"n.number as {NUMBER}", *values))}
        from numbers n
        join chosen r on r.record_id = n.record_id
        join {KEYS} k on k.record_id = n.record_id
        left join wide w on w.record_id = n.record_id and w.number = n.number""",
        {"source": copy.spec.name},
    )


def _copy_of(con: Connection, plan: Plan, spec: SourceSpec) -> Copy:
    """What the copy of a source holds; a field that no record of the source fills is left out."""
    several, single = _several(con, spec), _single(con, plan, spec)
    named = [SUBGROUP_PREFIX + name for name in spec.subgroups if name not in _identifying_subgroups(spec)]
    subgroups = tuple(name for name in columns(con, RECORDS) if name in named)
    return Copy(
        spec,
        fields={**{field: (field,) for field in several}, **{field: tuple(sql) for field, sql in single.items()}},
        several=several,
        once={name: sql for parts in single.values() for name, sql in parts.items()}
        | {name: _group_sql(plan, spec, name) for name in subgroups},
        subgroups=subgroups,
    )


def _several(con: Connection, spec: SourceSpec) -> tuple[str, ...]:
    """Fields of a source that can have several values, in the order of the schema."""
    held = rows(
        con,
        f"select distinct v.field from {VALUES} v join {RECORDS} r on r.record_id = v.record_id "
        "where r.source = $source",
        {"source": spec.name},
    )
    return tuple(field for field in FIELD_NAMES if (field,) in held)


def _single(con: Connection, plan: Plan, spec: SourceSpec) -> dict[str, dict[str, str]]:
    """Fields of a source with one value a record: their columns, and SQL over `r` for each."""
    digits = {"day": 10, "month": 7, "year": 4}
    known = f"case r.dob_precision when 'year' then 4 when 'month' then 7 else {digits[plan.choices.dob]} end"
    wanted: dict[str, str] = {}
    if plan.has("dob"):
        wanted["dob"] = f"left(r.dob::varchar, least({known}, {digits[plan.choices.dob]}))"
    if plan.expected_dob:
        wanted["expected_dob"] = "r.expected_dob::varchar"
    wanted |= {code: _code_sql(code) for code in plan.codes}
    counts = [f"coalesce(max(len(r.{name}s)), 0)" for name in ("forename", "surname")]
    counts += [f"count({sql})" for sql in wanted.values()]
    sql = f"select {', '.join(counts)} from {RECORDS} r where r.source = $source"
    forenames, surnames, *filled = (int(str(n)) for n in rows(con, sql, {"source": spec.name})[0])
    listed = {name: {name: sql} for (name, sql), n in zip(wanted.items(), filled, strict=True) if n}
    if not plan.names:
        return listed
    names = {name: _names_sql(name, n) for name, n in (("forename", forenames), ("surname", surnames)) if n}
    return {**names, **listed}


def _names_sql(name: str, most: int) -> dict[str, str]:
    """The main name and all others of equal standing, each in a column of its own: that is how `table` takes them."""
    others = f"list_filter(r.{name}s, lambda other: other is distinct from r.{name})"
    more = {f"{name}_{number}": f"{others}[{number - 1}]" for number in range(2, most + 1)}
    return {name: f"r.{name}", **more}


def _code_sql(code: str) -> str:
    if code == "ethnicity":  # known to its group only: the group
        return "coalesce(r.ethnicity, r.ethnicity_5)"
    if code in ("authority", "school_urn"):
        return f"case when regexp_full_match(r.{code}, '{_CODE}') then r.{code} end"
    return f"r.{code}"


def _group_sql(plan: Plan, spec: SourceSpec, name: str) -> str:
    """SQL: a text of the source's own, where enough records share it and it does not look like one child's."""
    column = f"r.{ident(name)}"
    shared = (
        f"{column} in (select g.{ident(name)} from {RECORDS} g where g.source = {literal(spec.name)} "
        f"group by g.{ident(name)} having count(*) >= {plan.fewest})"
    )
    return f"case when {shared} and not regexp_matches({column}, {literal(_PERSONAL)}) then {column} end"


def _identifying_subgroups(spec: SourceSpec) -> tuple[str, ...]:
    """Names under `subgroups` of a source whose column is its key, or feeds a name, a date, an identifier or a home."""
    own = {field: (*mapped.columns, *mapped.join) for field, mapped in spec.columns.items()}
    own = own or {field: (field,) for field in FIELD_NAMES}
    taken = {fold(column) for field, columns in own.items() if field not in CODES for column in columns}
    taken |= {fold(spec.key)} if spec.key else set()
    return tuple(name for name, column in spec.subgroups.items() if fold(column) in taken)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(literal, names)) or "null"
