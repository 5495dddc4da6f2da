"""Runs one after the other with one registry, of records and links that the test decides; a database for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_run import load, run_rules

from linkage.cluster.events import make_events
from linkage.cluster.persons import make_persons
from linkage.cluster.registry import Entered, enter, know, open_registry, registry_log, remember_never
from linkage.sql import connect, execute, rows
from linkage.tables import CONFLICTS_OF_DECISIONS, DECIDED

Pair = tuple[str, str]
MODEL = "a model"


@dataclass(frozen=True)
class Year:
    """What one run made: each record's person, its events without numbers, and counts."""

    persons: Mapping[str, str]
    events: list[tuple[Any, ...]]
    counts: Mapping[str, int]

    @property
    def moved(self) -> set[tuple[Any, ...]]:
        """Event, cause, from and to of every event."""
        return {event[:4] for event in self.events}


def run_year(
    folder: Path,
    records: Sequence[Mapping[str, Any]],
    links: Sequence[Pair],
    *,
    number: int,
    never: Sequence[Pair] = (),
    must: Sequence[Pair] = (),
    rules: str = "rules",
    threads: int = 1,
) -> Year:
    """One run; `number` tells it from other runs."""
    with connect(memory="1GB", threads=threads) as con:
        run = run_rules(load(con, list(records)), rules=())
        registry = open_registry(folder)
        know(con, registry, model=MODEL)
        for table, pairs in (("never_link", never), ("must_link", must)):
            for pair in pairs:
                con.execute(f"insert into {table} values (?, ?)", sorted(run.names.index(name) for name in pair))
        remember_never(con)
        execute(con, f"""create or replace table {DECIDED} (record_id_l bigint, record_id_r bigint, stage varchar,
            rule varchar, match_weight double, confidence double, confidence_basis varchar, decision varchar,
            rivals integer, flags varchar[])""")  # fmt: skip
        execute(con, f"""create or replace table {CONFLICTS_OF_DECISIONS} (kind varchar, record_id_l bigint,
            record_id_r bigint, detail varchar, action varchar)""")  # fmt: skip
        for place, pair in enumerate(links):
            con.execute(f"insert into {DECIDED} values (?, ?, 'probabilistic', 'm', 9, ?, 'modelled', 'link', 0, [])",
                        [*sorted(run.names.index(name) for name in pair), 0.95 + 0.001 * place])  # fmt: skip
        make_persons(con, run_key=f"run {number}")
        last = registry.last
        counts = make_events(con, changed="rules" if last is not None and last.rules != rules else None)
        enter(con, registry, Entered(f"run {number}", registry.key.id, rules, MODEL))
        persons = {run.names[int(str(record))]: str(person)
                   for record, person in rows(con, "select record_id, person_id from persons")}  # fmt: skip
        assert len(persons) == len(records)
        events = rows(con, """select event, cause, person_id_from, person_id_to, source, record, other_record
                      from person_events order by event_no""")  # fmt: skip
        return Year(persons, events, counts)


def replayed(folder: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The registry as its log replays it, and as it stands in its file."""
    from linkage.cluster.events import replay_sql

    with registry_log(folder) as con:
        log = sorted(rows(con, replay_sql()))
        return log, sorted(rows(con, f"select record, source, person_id from '{folder / 'registry.parquet'}'"))
