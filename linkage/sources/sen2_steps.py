"""SEN2: the staging tables that both forms fill, and the SQL from them to the tables of a source."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from linkage.identifiers import digits_sql, status_sql, value_sql
from linkage.sources.cells import create_stage, stage_table
from linkage.sources.dates import parsed
from linkage.sql import Connection, Step, ident, table_step
from linkage.tables import events_table, rows_table

FIELDS = ("upn", "uln", "forename", "surname", "dob", "postcode", "authority", "school_urn", "sex", "ethnicity", "sen")
PERSON = ("upn", "uln", "unknown", "forename", "surname", "dob", "sex", "gender", "ethnicity", "postcode")
# `grp` is what the ids of persons are good in: a file, or the tables of one export.
PERSON_STAGE = ("file", "row", "rank", "authority", "grp", "person", *PERSON)
EVENT_STAGE = ("grp", "person", "kind", "code", "date_from", "date_to", "place")
# What a person without a number is told by: what does not change from year to year, and where that is not whole, all.
_LASTING = f"upper(forename), upper(surname), coalesce(cast(cast({parsed('dob')} as date) as varchar), dob)"
_PASSING = ("sex", "gender", "ethnicity", "postcode")


@dataclass(frozen=True)
class Stages:
    """Names of the staging tables of a source: persons, their dated things, and persons with their keys."""

    persons: str
    events: str
    keyed: str

    @classmethod
    def of(cls, source: str) -> Stages:
        """The names for a source."""
        return cls(*(stage_table(source, part) for part in ("persons", "events", "keyed")))

    def all(self) -> tuple[str, ...]:
        """All of them."""
        return astuple(self)


def create_stages(con: Connection, stages: Stages) -> None:
    """Empty staging tables."""
    create_stage(con, stages.persons, {name: "bigint" if name in ("row", "rank") else "varchar"
                                       for name in PERSON_STAGE})  # fmt: skip
    create_stage(con, stages.events, dict.fromkeys(EVENT_STAGE, "varchar"))


def table_steps(source: str, stages: Stages) -> tuple[Step, ...]:
    """Steps that make the keyed persons, the row table and the event table."""
    return (_keyed_step(stages), _rows_step(source, stages), _events_step(source, stages))


def _keyed_step(stages: Stages) -> Step:
    """Persons with their keys; the hash does not depend on the order of rows, and equal persons fold."""
    passing = ", ".join(_PASSING)
    hashed = (
        f"case when forename is null or surname is null or dob is null "
        f"then md5(concat_ws(chr(31), {_LASTING}, '?', {passing})) else md5(concat_ws(chr(31), {_LASTING})) end"
    )
    select = f"""
select *, authority || '/' || coalesce({_number("upn")}, {_number("uln")},
                                       '~' || left({hashed}, 12)) as key
from {ident(stages.persons)}"""
    return Step(stages.keyed, f"create or replace temp table {ident(stages.keyed)} as{select}")


def _number(scheme: str) -> str:
    """SQL: the number in its normal form; NULL where it has not the shape of one, or says that there is none."""
    value = value_sql(scheme, scheme)
    status = status_sql(scheme, f"({value})", digits_sql(scheme, f"({value})"))
    shaped = {"upn": "[A-Z][0-9]{11}[0-9A-Z]", "uln": "[0-9]{10}"}[scheme]
    return f"case when regexp_full_match({value}, '{shaped}') and {status} <> 'placeholder' then {value} end"


def _rows_step(source: str, stages: Stages) -> Step:
    started = f"coalesce({parsed('date_from')}, timestamp '0001-01-01')"
    latest = f"row(date_to is null, -coalesce(try_cast(place as double), 9), {started}, code)"
    return table_step(rows_table(source), f"""
with schools as (
    select grp, person, arg_max(code, {latest}) as urn
    from {ident(stages.events)} where kind = 'ehc_placement' and code is not null group by all
),
plans as (
    select distinct grp, person from {ident(stages.events)}
    where kind = 'ehc_active' or (kind = 'ehc_plan' and date_to is null and code is null)
)
select file, row, key, cast(rank as integer) as rank, cast(nullif(rank, 0) as integer) as year,
       upn, uln, forename, surname, dob, postcode, authority,
       schools.urn as school_urn, coalesce(sex, gender) as sex, ethnicity,
       case when plans.person is not null then 'E' end as sen
from {ident(stages.keyed)} as keyed
left join schools using (grp, person)
left join plans using (grp, person)
order by file, row""")  # fmt: skip


def _events_step(source: str, stages: Stages) -> Step:
    return table_step(events_table(source), f"""
select distinct key, kind, code, date_from, date_to
from {ident(stages.keyed)} join {ident(stages.events)} using (grp, person)
union all
select distinct key, 'upn_unknown', unknown, null, null from {ident(stages.keyed)} where unknown is not null
order by all""")  # fmt: skip
