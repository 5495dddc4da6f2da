"""School census: the SQL from staged tables to the tables of a source."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from linkage.sources.cells import create_stage, number, stage_table
from linkage.sources.census_layout import COLUMNS, Kind
from linkage.sources.dates import parsed
from linkage.sql import Connection, Step, execute, ident, literal, table_step
from linkage.tables import addresses_table, rows_table

# Fields of the row table -> what they are made of. `pupil` is a keyed pupil row, `home` the first address of it.
FIELD_SQL: dict[str, str] = {
    "upn": "pupil.upn", "former_upn": "pupil.former_upn", "uln": "pupil.uln", "forename": "pupil.forename",
    "middle_names": "pupil.middle_names", "surname": "pupil.surname",
    "preferred_surname": "pupil.preferred_surname", "former_surname": "pupil.former_surname", "dob": "pupil.dob",
    "postcode": "coalesce(home.postcode, pupil.postcode)", "address_line": "home.address_line",
    "uprn": "coalesce(home.uprn, pupil.uprn)", "authority": "pupil.authority", "school_urn": "pupil.school_urn",
    "sex": "coalesce(pupil.sex, pupil.gender)", "ethnicity": "pupil.ethnicity", "language": "pupil.language",
    "sen": "pupil.sen", "fsm": "coalesce(pupil.fsm, meals.eligible)",
}  # fmt: skip
PERSON = ("forename", "middle_names", "surname", "preferred_surname", "former_surname", "dob", "sex", "gender")


@dataclass(frozen=True)
class Stages:
    """Names of the staging tables of a source, by kind of table, and of the pupils with their keys."""

    pupils: str
    addresses: str
    meals: str
    school: str
    keyed: str

    @classmethod
    def of(cls, source: str) -> Stages:
        """The names for a source."""
        return cls(*(stage_table(source, part) for part in ("pupils", "addresses", "meals", "school", "keyed")))

    def named(self, kind: Kind) -> str:
        """The staging table of a kind."""
        return {"pupils": self.pupils, "addresses": self.addresses, "meals": self.meals, "school": self.school}[kind]

    def all(self) -> tuple[str, ...]:
        """All of them."""
        return astuple(self)


def create_stages(con: Connection, stages: Stages) -> None:
    """Empty staging tables; each has the file, the row and the term of what it holds."""
    place = {"file": "varchar", "row": "bigint", "term": "varchar", "term_order": "integer", "on_roll": "boolean"}
    kinds: tuple[Kind, ...] = ("pupils", "addresses", "meals", "school")
    for kind in kinds:
        create_stage(con, stages.named(kind), {**place, **dict.fromkeys(COLUMNS[kind], "varchar")})


def unjoined(con: Connection, stages: Stages) -> int:
    """How many address and meal rows belong to no pupil of their term."""
    # One equality per kind of id, which hashes; an `or` of both would compare every row with every row.
    missing = "\n".join(
        f"anti join {ident(stages.pupils)} as {kind} on {kind}.term = child.term and {kind}.{kind} = child.{kind}"
        for kind in ("on_id", "off_id")
    )
    tables = (stages.addresses, stages.meals)
    return sum(number(con, f"select count(*) from {ident(table)} as child\n{missing}") for table in tables)


def exclude_nobody(con: Connection, stages: Stages) -> dict[str, int]:
    """Take pupil rows out that have neither a UPN nor a name or birth date; their number by reason."""
    nobody = "upn is null and forename is null and surname is null and dob is null"
    rows = number(con, f"select count(*) from {ident(stages.pupils)} where {nobody}")
    if rows:
        execute(con, f"delete from {ident(stages.pupils)} where {nobody}")
    return {"no_key": rows} if rows else {}


def table_steps(
    source: str, stages: Stages, fields: tuple[str, ...], authority: str | None, *, with_addresses: bool
) -> tuple[Step, ...]:
    """Steps that make the keyed pupils, the row table and, where there are addresses, the address table."""
    steps = [_keyed_step(stages, authority), _rows_step(source, stages, fields)]
    if with_addresses:
        steps.append(_addresses_step(source, stages))
    return tuple(steps)


# --- keys ----------------------------------------------------------------------------------------


def _keyed_step(stages: Stages, authority: str | None) -> Step:
    """Pupils with their school and key.

    Without a UPN the key is a hash of the person's fields, so that it does not depend on the order of rows; equal
    persons of one file are numbered, and told apart by the rest of their rows.
    """
    person = ", ".join(f"coalesce(pupil.{name}, '')" for name in PERSON)
    whole = ", ".join(f"coalesce({name}, '')" for name in COLUMNS["pupils"] if not name.endswith("_id"))
    select = f"""
with placed as (
    select pupil.* exclude (la), school.day as census_day,
           coalesce(pupil.la, school.la, {literal(authority)}) as authority,
           coalesce(pupil.laestab, school.la || lpad(school.estab, 4, '0'), pupil.estab, pupil.native,
                    pupil.school_urn, '-') as school,
           left(md5(concat_ws(chr(31), {person})), 12) as person
    from {ident(stages.pupils)} as pupil
    left join (select term, school_id, any_value(la) as la, any_value(estab) as estab, any_value(day) as day
               from {ident(stages.school)} group by all) as school
      on school.term = pupil.term and school.school_id = pupil.school_id
),
nameless as (
    select file, row, row_number() over (partition by file, school, person order by whole, row) as copy
    from (select *, concat_ws(chr(31), {whole}) as whole
          from {ident(stages.pupils)} join (select file, row, school, person from placed) using (file, row)
          where upn is null)
)
select placed.*,
       school || '/' || coalesce(upn, '~' || person || case when copy > 1 then '.' || copy else '' end) as key
from placed left join nameless using (file, row)"""
    return Step(stages.keyed, f"create or replace temp table {ident(stages.keyed)} as{select}")


# --- rows ----------------------------------------------------------------------------------------


def _rows_step(source: str, stages: Stages, fields: tuple[str, ...]) -> Step:
    """The row table: on the roll before off it, main registration before subsidiary, later term, later entry."""
    listed = "".join(f",\n       {FIELD_SQL[name]} as {ident(name)}" for name in fields)
    return table_step(rows_table(source), f"""
with home as ({_first_address(stages)}),
meals as ({_meals(stages)})
select pupil.file, pupil.row, pupil.key,
       cast(dense_rank() over (order by pupil.on_roll, {_registration()}, {_term_order()},
                               coalesce({parsed('pupil.entry')}, timestamp '0001-01-01')) as integer) as rank,
       {_year()} as year{listed}
from {ident(stages.keyed)} as pupil
left join home using (file, row)
left join meals using (file, row)
order by pupil.file, pupil.row""")  # fmt: skip


def _registration() -> str:
    """Main and only registrations (M, C) are 2, subsidiary ones (S) 0, others and unknown ones 1."""
    return ("case when upper(pupil.enrolment) in ('C', 'M') then 2 "
            "when upper(pupil.enrolment) = 'S' then 0 else 1 end")  # fmt: skip


def _term_order() -> str:
    """The term of a row where the row states it (the portal's download), else that of its file."""
    season = "case lower(left(pupil.census_term, 3)) when 'spr' then 1 when 'sum' then 2 else 0 end"
    year = r"try_cast(regexp_extract(pupil.academic_year, '\d{4}') as integer)"
    return f"coalesce({year} * 3 + {season}, pupil.term_order)"


def _year() -> str:
    """The calendar year of the term; NULL where it is not known."""
    return f"cast((nullif({_term_order()}, 0) + 2) // 3 as integer)"


def _joined(stages: Stages, child_table: str) -> str:
    """Pupils with the rows of a child table; ids are good inside one term, and apart on and off the roll."""
    return "\nunion all\n".join(
        f"select pupil.file, pupil.row, pupil.key, pupil.census_day, child.* exclude (file, row, term, term_order), "
        f"child.row as child_row\n"
        f"from {ident(stages.keyed)} as pupil join {ident(child_table)} as child\n"
        f"  on pupil.term = child.term and pupil.{kind} = child.{kind}"
        for kind in ("on_id", "off_id")
    )


_LINE = "coalesce(nullif(concat_ws(' ', saon, paon, street), ''), nullif(concat_ws(' ', line1, line2), ''))"


def _first_address(stages: Stages) -> str:
    """The first address of each pupil row, by the order that the export gives."""
    order = "row(coalesce(try_cast(sequence as double), 1e9), child_row)"
    picked = ", ".join(
        f"arg_min({value}, {order}) filter (where {value} is not null) as {name}"
        for name, value in (("postcode", "postcode"), ("address_line", _LINE), ("uprn", "uprn"))
    )
    return f"select file, row, {picked} from ({_joined(stages, stages.addresses)}) group by file, row"


def _meals(stages: Stages) -> str:
    """Eligible on census day where that is known, else in a period without an end; blank where a term has no table."""
    day, starts, ends = (parsed(name) for name in ("census_day", "starts", "ends"))
    holds = (
        f"case when census_day is null then ends is null "
        f"else coalesce({starts} <= {day}, true) and coalesce({ends} >= {day}, true) end"
    )
    kinds = " or ".join(
        f"pupil.{kind} is not null and pupil.term in (select term from {ident(stages.meals)} where {kind} is not null)"
        for kind in ("on_id", "off_id")
    )
    return f"""
    select pupil.file, pupil.row, case when coalesce(period.holds, false) then 'true' else 'false' end as eligible
    from {ident(stages.keyed)} as pupil
    left join (select file, row, bool_or({holds}) as holds
               from ({_joined(stages, stages.meals)}) group by file, row) as period using (file, row)
    where {kinds}"""


def _addresses_step(source: str, stages: Stages) -> Step:
    """Every address of every pupil, and the postcode that stands in a pupil's own row; homes without dates."""
    return table_step(addresses_table(source), f"""
select distinct key, 'home' as kind, postcode, address_line, uprn,
       cast(null as varchar) as valid_from, cast(null as varchar) as valid_to
from (
    select key, postcode, {_LINE} as address_line, uprn from ({_joined(stages, stages.addresses)})
    union all
    select key, postcode, null, uprn from {ident(stages.keyed)}
)
where coalesce(postcode, address_line, uprn) is not null
order by all""")  # fmt: skip
