"""The truth that a run is compared with: who is who, from a file or a folder, mapped onto the run's records.

Makes `judged` (source_no, key, person, true_person: the records of the run with a known truth, `person` as the run
has it) and `true_persons` (true_person, twin_group, sibling_group, and s0, s1, …: its subgroups, never NULL).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.errors import InputError, UsageError
from linkage.schema import FIELDS, UNKNOWN
from linkage.sql import Connection, Step, columns, ident, literal, rows, run_steps, table_step

BY_ROW = ("source", "file", "row", "person")
BY_KEY = ("source", "key", "person")
OTHER_SOURCES = "other sources"
GROUPS = ("twin_group", "sibling_group")
# A column of the persons file with more values than this describes a person, not a group.
MOST_SUBGROUPS = 60
# Fields of a person that are no groups however few values they have.
_LIKE_A_DATE = r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{2,4}"
_PERSONAL = frozenset(f.name for f in FIELDS if f.kind not in ("code", "flag") and f.name != "authority")


@dataclass(frozen=True)
class Truth:
    """What was read: the subgroup variables in the order of s0, s1, …, the groups known, and remarks."""

    subgroups: tuple[str, ...]
    groups: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Of one source: its records with and without a truth, and the truth's rows that are not in the run.

    A fold error is a record whose rows belong to several persons; it counts as the one with most rows.
    """

    source: str
    records: int
    with_truth: int
    without_truth: int
    fold_errors: int
    truth_rows: int
    truth_rows_not_in_run: int


def load_truth(con: Connection, truth: Path) -> Truth:
    """Read the truth and join it to the views `run_rows`, `run_persons`, `run_records` and the table `run_sources`.

    Raises UsageError where there is no such file; InputError where its columns are not those of a truth, or none of
    its rows is in the run.
    """
    rows_path, persons_path = _paths(truth)
    by_row = _read_rows(con, rows_path)
    run_steps(con, (rows_of_records_step(by_row=by_row), judged_step()))
    _refuse_no_match(con, rows_path)
    if persons_path is None:
        subgroups = columns(con, "run_records")[3:]
        run_steps(con, (persons_from_records_step(subgroups),))
        note = "The truth has no file of persons: each child's subgroup is the most frequent of its records."
        return Truth(subgroups, (), (note,) if subgroups else ())
    return _read_persons(con, persons_path)


def coverage(con: Connection) -> tuple[Coverage, ...]:
    """Per source of the run, in its order; what the truth has of other sources stands together in a last line."""
    found = rows(
        con,
        """
        with records as (
          select s.source_no, s.source, count(*) as records
          from run_sources s join run_persons p on p.source = s.source group by all),
        judged_records as (
          select source_no, count(*) as with_truth, count(*) filter (is_fold_error) as fold_errors
          from judged group by source_no),
        told as (
          select s.source, count(*) as truth_rows, count(*) filter (t.key is null) as not_in_run
          from truth_of_rows t left join run_sources s on s.source = t.source group by s.source)
        select coalesce(r.source, $other), coalesce(r.records, 0), coalesce(j.with_truth, 0),
          coalesce(r.records, 0) - coalesce(j.with_truth, 0), coalesce(j.fold_errors, 0),
          coalesce(t.truth_rows, 0), coalesce(t.not_in_run, 0)
        from records r
        left join judged_records j on j.source_no = r.source_no
        full join told t on t.source = r.source
        order by r.source_no nulls last""",
        {"other": OTHER_SOURCES},
    )
    return tuple(Coverage(str(source), *(int(str(n)) for n in counts)) for source, *counts in found)


def _paths(truth: Path) -> tuple[Path, Path | None]:
    if not truth.exists():
        raise UsageError("There is no such truth.", where=str(truth), remedy="check --truth")
    if truth.is_file():
        return truth, None
    rows_path = _one_of(truth, "rows")
    if rows_path is None:
        raise UsageError("The folder holds no truth.", where=str(truth), expected="rows.csv, and perhaps persons.csv")
    return rows_path, _one_of(truth, "persons")


def _one_of(folder: Path, name: str) -> Path | None:
    return next((path for suffix in (".csv", ".parquet") if (path := folder / (name + suffix)).is_file()), None)


def read_texts(con: Connection, path: Path, table: str) -> tuple[str, ...]:
    """A file as a table of text columns; returns its columns. DuckDB's own message may hold values: it is not shown."""
    if path.suffix.lower() == ".parquet":
        source = f"read_parquet({literal(str(path))})"
    else:
        source = f"read_csv({literal(str(path))}, header = true, all_varchar = true, delim = ',', quote = '\"')"
    try:
        run_steps(con, (table_step(table, f"select columns(*)::varchar from {source}"),))
    except duckdb.Error:
        raise InputError(
            "The truth cannot be read.", where=path.name, expected="CSV with commas and a header, in UTF-8, or Parquet",
            remedy="save it again in one of these forms",
        ) from None  # fmt: skip
    return columns(con, table)


def _read_rows(con: Connection, path: Path) -> bool:
    """Make `truth_rows`; returns whether it names rows by file and number, or else records by key."""
    found = read_texts(con, path, "truth_file")
    layout = next((layout for layout in (BY_ROW, BY_KEY) if set(layout) <= set(found)), None)
    if layout is None:
        raise InputError(
            "The truth lacks columns.", where=f"{path.name}: the first line, {len(found)} columns",
            expected=f"{', '.join(BY_ROW)}; or {', '.join(BY_KEY)}", remedy="name its columns so",
        )  # fmt: skip
    listed = ", ".join(ident(name) for name in layout if name != "row")
    number = ", try_cast(row as bigint) as row" if layout is BY_ROW else ""
    filled = " and ".join(f"{ident(name)} is not null" for name in layout)
    run_steps(con, (table_step("truth_rows", f"select distinct {listed}{number} from truth_file where {filled}"),))
    if layout is BY_ROW:
        wrong = int(str(rows(con, "select count(*) from truth_rows where row is null")[0][0]))
        if wrong:
            raise InputError(
                "The truth has row numbers that are none.", where=f"{path.name}: column row, {wrong:,} lines",
                expected="whole numbers from 1",
            )  # fmt: skip
    return layout is BY_ROW


def rows_of_records_step(*, by_row: bool) -> Step:
    """`truth_of_rows`: source, key (NULL where the run has no such row) and person of every row of the truth."""
    if by_row:
        joined = "left join run_rows r on r.source = t.source and r.file = t.file and r.row = t.row"
    else:
        joined = "left join run_persons r on r.source = t.source and r.key = t.key"
    return table_step("truth_of_rows", f"select t.source, r.key, t.person from truth_rows t {joined}")


def judged_step() -> Step:
    """`judged`: each record of the run with a truth; of several persons the one with most rows, then the smallest."""
    return table_step(
        "judged",
        """
        with counted as (
          select source, key, person, count(*) as n from truth_of_rows where key is not null group by all),
        ranked as (
          select source, key, person, count(*) over (partition by source, key) > 1 as is_fold_error,
            row_number() over (partition by source, key order by n desc, person) as turn
          from counted)
        select s.source_no, k.key, p.person_id as person, k.person as true_person, k.is_fold_error
        from ranked k
        join run_sources s on s.source = k.source
        join run_persons p on p.source = k.source and p.key = k.key
        where k.turn = 1""",
    )


def _refuse_no_match(con: Connection, path: Path) -> None:
    if rows(con, "select 1 from judged limit 1"):
        return
    sources = ", ".join(str(source) for (source,) in rows(con, "select source from run_sources order by source_no"))
    raise InputError(
        "No row of the truth is in the run.", where=path.name,
        expected=f"rows of the sources {sources}, with files relative to the project file, or the run's own keys",
        remedy="compare the truth with rows.parquet of the run",
    )  # fmt: skip


def persons_from_records_step(subgroups: Sequence[str]) -> Step:
    """`true_persons` where nothing is told of them: the most frequent known subgroup of a person's records."""
    found = [_most_frequent_sql(name) for name in subgroups]
    joins = "".join(f"\n        left join ({sql}) g{n} using (true_person)" for n, sql in enumerate(found))
    listed = "".join(f", coalesce(g{n}.subgroup, {literal(UNKNOWN)}) as s{n}" for n in range(len(found)))
    return table_step(
        "true_persons",
        f"""
        select t.true_person, null::varchar as twin_group, null::varchar as sibling_group{listed}
        from (select distinct true_person from judged) t{joins}""",
    )


def _most_frequent_sql(name: str) -> str:
    column = f"r.{ident(name)}::varchar"
    return f"""
          select true_person, subgroup
          from (select j.true_person, {column} as subgroup,
                  row_number() over (partition by j.true_person order by count(*) desc, {column}) as turn
                from judged j
                join run_sources s on s.source_no = j.source_no
                join run_records r on r.source = s.source and r.key = j.key
                where {column} <> {literal(UNKNOWN)}
                group by j.true_person, {column})
          where turn = 1"""


def _read_persons(con: Connection, path: Path) -> Truth:
    """Make `true_persons` from a file with the column person, its groups, and subgroups."""
    found = read_texts(con, path, "persons_file")
    if "person" not in found:
        raise InputError(
            "The truth's persons lack a column.", where=f"{path.name}: the first line, {len(found)} columns",
            expected="person, and any subgroups", remedy="name the column person",
        )  # fmt: skip
    repeated = int(str(rows(con, "select count(person) - count(distinct person) from persons_file")[0][0]))
    if repeated:
        raise InputError("Persons of the truth are repeated.", where=f"{path.name}: column person, {repeated:,} lines",
                         expected="one line a person")  # fmt: skip
    groups = tuple(name for name in GROUPS if name in found)
    others = [name for name in found if name not in ("person", *GROUPS)]
    subgroups = tuple(name for name in others if name not in _PERSONAL and _is_subgroup(con, name))
    left_out = [name for name in others if name not in subgroups]
    listed = "".join(f", coalesce(p.{ident(name)}, {literal(UNKNOWN)}) as s{n}" for n, name in enumerate(subgroups))
    of_groups = ", ".join(f"p.{ident(name)}" if name in groups else f"null::varchar as {name}" for name in GROUPS)
    run_steps(
        con,
        (
            table_step(
                "true_persons",
                f"""
                select t.true_person, {of_groups}{listed}
                from (select distinct true_person from judged) t
                left join persons_file p on p.person = t.true_person""",
            ),
        ),
    )
    note = f"Left out of the subgroups, as personal or of more than {MOST_SUBGROUPS} values: {', '.join(left_out)}."
    return Truth(subgroups, groups, (note,) if left_out else ())


def _is_subgroup(con: Connection, name: str) -> bool:
    """Few values, and none of them a date: dates of children are shown nowhere, however few they are."""
    column = ident(name)
    found = rows(
        con,
        f"""
        select count(distinct {column}),
          count(*) filter (regexp_matches({column}::varchar, {literal(_LIKE_A_DATE)}))
        from persons_file""",
    )[0]
    values, dates = (int(str(value)) for value in found)
    return 1 <= values <= MOST_SUBGROUPS and dates == 0
