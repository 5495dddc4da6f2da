"""Plausible linkages: whole linkages drawn from the evidence, so that an analysis can carry what is not known of links.

Each draw takes every weighed pair that no guard holds with the chance that its confidence says (a pair for review
comes in some draws, a link is missing in others), keeps the constraints of persons and the never-link list, and goes on
to persons and families. An analysis is made on each, and its estimates are pooled by Rubin's rules (`pool_linkages`).

* Links of one record stand and fall together: a false link is most often a record that belongs elsewhere. Each pair's
  chance is exact, and two pairs that share a record are correlated by `SHARED` on the normal scale.
* Rivals exclude each other: of the model's pairs drawn of one record into one source, the surest in the draw stays.
* What no block brought together is in no draw, nor what a guard holds: the spread between draws is a lower bound.

Written: `imputations/NNN/links|persons|relationships|families.parquet`; person ids mean nothing outside their draw.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import ndtri

from linkage.cluster.persons import make_persons
from linkage.errors import UsageError
from linkage.families import FamilyRules, make_families
from linkage.match.judge import JUDGED, no_guard_holds_sql
from linkage.match.pool import POOL, make_pool
from linkage.match.rivals import face_sql
from linkage.outputs import families_sql, relationships_sql, write_parquet
from linkage.sql import Connection, Step, connect, count, execute, ident, literal, rows, run_steps, table_step
from linkage.stats import Pooled, rubin
from linkage.tables import (
    CONFLICTS,
    DECIDED,
    FAMILIES,
    LINKS,
    PERSONS,
    RECORDS,
    REFUSED_RELATIONS,
    RELATIONSHIPS,
)

FOLDER = "imputations"
SHARED = 0.4  # correlation of two pairs that share a record; below 0.5, or a pair would have no chance of its own
LEAST = 0.001  # a pair less likely than this is in no draw
SURE = 0.999999  # within a draw its links hold
_MADE = (DECIDED, LINKS, PERSONS, CONFLICTS, RELATIONSHIPS, FAMILIES, REFUSED_RELATIONS,
         "family_hints", "family_rule_precision")  # fmt: skip
TABLES = ("links", "persons", "relationships", "families")
Floats = npt.NDArray[np.float64]


def write_imputations(
    con: Connection,
    folder: Path,
    *,
    draws: int,
    seed: int,
    rules: FamilyRules,
    years: Mapping[int, int],
    run_key: str,
) -> dict[str, int]:
    """Write `draws` linkages into `folder`/imputations, whole or not at all; returns counts over the draws.

    Reads the judged pairs and the records of a run; the run's own tables stay as they are. `rules` and `years` as in
    `make_families`. The same seed gives the same draws.
    """
    part = folder / f"{FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    if not draws:
        return {"imputations": 0}
    part.mkdir()
    persons, links = [], []
    with _beside(con) as own:
        run_steps(own, (evidence_step(),))
        left, right, chance = _evidence(own)
        records = count(own, RECORDS)
        for number in range(1, draws + 1):
            surplus = draw(records, left, right, chance, np.random.default_rng([seed, number]))
            _take(own, left, right, surplus)
            key = f"{run_key} imputation {number}"
            persons.append(make_persons(own, run_key=key).persons)
            make_families(own, rules, run_key=key, years=years)
            links.append(_write(own, part / f"{number:03d}"))
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    part.replace(folder / FOLDER)
    return {"imputations": draws, "fewest_persons": min(persons), "most_persons": max(persons),
            "fewest_links": min(links), "most_links": max(links)}  # fmt: skip


@contextmanager
def _beside(con: Connection) -> Iterator[Connection]:
    """A connection with tables of its own, in memory, that sees the run's others by their names."""
    run = ident(str(rows(con, "select current_database()")[0][0]))
    tables = [str(name) for (name,) in rows(con, "select table_name from duckdb_tables() where not temporary "
                                                 "and database_name = current_database() order by 1")]  # fmt: skip
    own = con.cursor()
    execute(own, "attach ':memory:' as imputation")
    try:
        execute(own, "use imputation")
        run_steps(own, (Step(name, f"create view {ident(name)} as from {run}.main.{ident(name)}")
                        for name in tables if name not in _MADE))  # fmt: skip
        execute(own, f"create view run_links as from {run}.main.{ident(DECIDED)}")
        make_pool(own)
        yield own
    finally:
        own.close()
        execute(con, "detach imputation")


def evidence_step() -> Step:
    """`drawable_pairs`: every pair that may be drawn, its chance, and what it competes for."""
    return table_step(
        "drawable_pairs",
        f"""
        with pairs as (
          select record_id_l, record_id_r, stage, rule, confidence_basis, false as is_manual,
            if(stage = 'probabilistic', confidence_alone, confidence) as chance
          from {JUDGED} j
          where {no_guard_holds_sql()}
            and not exists (select 1 from must_link m
                            where m.record_id_l = j.record_id_l and m.record_id_r = j.record_id_r)
          union all
          select record_id_l, record_id_r, stage, rule, confidence_basis, true, 1 from run_links where stage = 'manual')
        select p.*, l.source_no as source_no_l, r.source_no as source_no_r, {face_sql("l")} as face_l,
          {face_sql("r")} as face_r
        from pairs p
        join {POOL} l on l.record_id = p.record_id_l join {POOL} r on r.record_id = p.record_id_r
        where p.chance >= {LEAST} and not exists (
          select 1 from never_link n where n.record_id_l = p.record_id_l and n.record_id_r = p.record_id_r)
        order by p.record_id_l, p.record_id_r""",
    )


def _evidence(own: Connection) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    found = own.execute(
        "select record_id_l, record_id_r, chance::double as chance from drawable_pairs order by 1, 2"
    ).fetchnumpy()
    return (np.asarray(found["record_id_l"], dtype=np.int64), np.asarray(found["record_id_r"], dtype=np.int64),
            np.asarray(found["chance"], dtype=np.float64))  # fmt: skip


def draw(
    records: int,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    chance: Floats,
    generator: np.random.Generator,
) -> Floats:
    """By how much each pair is in the draw (above 0) or out of it: above 0 with exactly its chance.

    `left` and `right` are records from 0 to `records` - 1. Normal scores with a part of each record's own.
    """
    of_record = generator.standard_normal(records)
    of_pair = generator.standard_normal(len(left))
    score = np.sqrt(SHARED) * (of_record[left] + of_record[right]) + np.sqrt(1 - 2 * SHARED) * of_pair
    return np.asarray(score + ndtri(chance))


def _take(own: Connection, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], surplus: Floats) -> None:
    """Make the decided pairs of a draw: what is in it, without rivals that lost."""
    taken = surplus > 0
    drawn = {"record_id_l": left[taken], "record_id_r": right[taken],
             "surplus": np.minimum(surplus[taken], 1e6)}  # fmt: skip
    own.register("drawn", pa.table(drawn))
    run_steps(own, (taken_step(),))
    own.unregister("drawn")


def taken_step() -> Step:
    """`decided_pairs` of a draw from `drawn` (record_id_l, record_id_r, surplus) and `drawable_pairs`.

    `match_weight` is the surplus: where persons have to be repaired, the pair that was least surely drawn is cut.
    """
    return table_step(
        DECIDED,
        f"""
        with pairs as (
          select p.*, d.surplus, p.stage = 'probabilistic' and p.source_no_l <> p.source_no_r as competes
          from drawn d join drawable_pairs p using (record_id_l, record_id_r)),
        best_l as (
          select record_id_l, source_no_r, max({{'s': surplus, 'f': face_r}}) as best
          from pairs where competes group by all having count(*) > 1),
        best_r as (
          select record_id_r, source_no_l, max({{'s': surplus, 'f': face_l}}) as best
          from pairs where competes group by all having count(*) > 1)
        select p.record_id_l, p.record_id_r, p.stage, p.rule, p.surplus as match_weight, {SURE}::double as confidence,
          p.confidence_basis, 'link' as decision, 0::integer as rivals, []::varchar[] as flags
        from pairs p
        left join best_l l on l.record_id_l = p.record_id_l and l.source_no_r = p.source_no_r and p.competes
        left join best_r r on r.record_id_r = p.record_id_r and r.source_no_l = p.source_no_l and p.competes
        where coalesce(l.best.f = p.face_r, true) and coalesce(r.best.f = p.face_l, true)""",
    )


def _write(own: Connection, folder: Path) -> int:
    """Write the tables of a draw; returns its links."""
    folder.mkdir()
    for name, select in (("persons", _persons_sql()), ("relationships", relationships_sql()),
                         ("families", families_sql())):  # fmt: skip
        write_parquet(own, select, folder / f"{name}.parquet")
    return write_parquet(own, _links_sql(), folder / "links.parquet")


def _links_sql() -> str:
    return f"""
        select l.source as source_l, l.key as key_l, r.source as source_r, r.key as key_r, k.stage, p.chance
        from {LINKS} k
        join drawable_pairs p on p.record_id_l = k.record_id_l and p.record_id_r = k.record_id_r
        join {RECORDS} l on l.record_id = k.record_id_l join {RECORDS} r on r.record_id = k.record_id_r
        where k.decision = 'link' order by k.record_id_l, k.record_id_r"""


def _persons_sql() -> str:
    return f"""
        select r.source, r.key, p.person_id, p.person_size
        from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id order by p.record_id"""


Estimate = Callable[[Connection], tuple[float, float]]


def pool_linkages(run: Path, estimate: Estimate, *, df_complete: float | None = None) -> Pooled:
    """Pool an analysis over the plausible linkages of a run, by Rubin's rules (`linkage.stats.rubin`).

    `estimate` is called once a draw with a connection that has its `links`, `persons`, `relationships` and `families`,
    and the run's `records` and `rows`, whose persons are those of the draw. It returns an estimate and its variance
    within that linkage, on a scale that is near normal. UsageError where the run has fewer than two draws.
    """
    folders = sorted(path for path in (run / FOLDER).glob("[0-9]*") if path.is_dir())
    if len(folders) < 2:
        raise UsageError("The run has no plausible linkages to pool.", where=str(run / FOLDER), expected="two or more",
                         remedy="run it with --imputations 20")  # fmt: skip
    results = [_estimated(run, folder, estimate) for folder in folders]
    return rubin([value for value, _ in results], [variance for _, variance in results], df_complete=df_complete)


def _estimated(run: Path, folder: Path, estimate: Estimate) -> tuple[float, float]:
    con = connect()
    try:
        for name, path in {**{name: folder / f"{name}.parquet" for name in TABLES},
                           "records": run / "records.parquet", "run_rows": run / "rows.parquet"}.items():  # fmt: skip
            execute(con, f"create view {name} as from read_parquet({literal(str(path))})")
        execute(con, "create view rows as select w.* exclude (person_id), p.person_id "
                     "from run_rows w join persons p using (source, key)")  # fmt: skip
        value, variance = estimate(con)
        return float(value), float(variance)
    finally:
        con.close()
