"""Two runs side by side: links gained and lost, persons merged and split, by cause; and churn by subgroup.

Records are the same by source and key. The cause of a difference is told from what differs between the runs, in this
order: `data`, where a record concerned is new, gone or changed; `override`, where a person decided; `rules` or `model`,
whichever is another (for a link of a rule the rules first, for one of the model the model first); and `data`
again, of other records, where both are what they were. It is an attribution, not a proof: for that, run again with
one thing changed. Numbers only: no pair and no record is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.finished import DATABASE, attach_working, read_manifest
from linkage.errors import QualityFloorError
from linkage.sql import Connection, columns, connect, ident, literal, rows, run_steps, scratch_step
from linkage.stats import Interval, wilson
from linkage.tables import RECORDS

TABLES = ("links", "persons", "records")
NOT_CONTENT = frozenset({"record_id", "source_no", "source", "key", "row_count"})
NOT_RULES = frozenset({"model", "overrides", "registry"})  # settings of [link] that are no rule or threshold
OF_SOURCES = ("unique", "within")
SIDES = ("old", "new")


@dataclass(frozen=True)
class RecordChange:
    """Records only in the old run, in both, and only in the new; `changed` None: the working tables are gone."""

    gone: int
    both: int
    new: int
    changed: int | None


@dataclass(frozen=True)
class LinkChange:
    """Links `kept`, `gained` or `lost`, of one stage, for one cause (empty where kept)."""

    what: str
    stage: str
    cause: str
    links: int


@dataclass(frozen=True)
class PersonChange:
    """Persons `kept`, `split` (of the old run) or `merged` (of the new), as to records of both runs, for one cause."""

    what: str
    cause: str
    persons: int


@dataclass(frozen=True)
class Churn:
    """Records of both runs in a subgroup; `moved`: whose companions among them changed; `renamed`: with another id."""

    subgroup: str
    value: str
    records: int
    moved: int
    renamed: int

    @property
    def rate(self) -> Interval | None:
        """moved / records with its Wilson interval."""
        return wilson(self.moved, self.records)


@dataclass(frozen=True)
class Difference:
    """All that differs; `pairs` counts pairs of records of both runs: together in both, no longer, newly."""

    records: RecordChange
    links: tuple[LinkChange, ...]
    persons: tuple[PersonChange, ...]
    pairs: Mapping[str, int]
    churn: tuple[Churn, ...]

    @property
    def share_moved(self) -> float:
        """Share (0 to 1) of the records of both runs whose companions changed; 0 where there are none."""
        return self.churn[0].moved / self.churn[0].records if self.churn[0].records else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json."""
        churn = [asdict(item) | {"rate": asdict(item.rate) if item.rate else None} for item in self.churn]
        return asdict(self) | {"churn": churn, "share_moved": round(self.share_moved, 6)}

    def as_tables(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Title, headers and lines of each table, for a person to read."""
        changed = "not known" if self.records.changed is None else f"{self.records.changed:,}"
        counts = (("in the old run only", f"{self.records.gone:,}"), ("in both", f"{self.records.both:,}"),
                  ("in both, and changed", changed), ("in the new run only", f"{self.records.new:,}"))  # fmt: skip
        return [
            ("Records", ("records", "number"), list(counts)),
            ("Links", ("links", "stage", "cause", "number"),
             [(item.what, item.stage, item.cause, f"{item.links:,}") for item in self.links]),
            ("Persons, as to records of both runs", ("persons", "cause", "number"),
             [(item.what, item.cause, f"{item.persons:,}") for item in self.persons]),
            ("Pairs of records of both runs in one person", ("pairs", "number"),
             [(name, f"{n:,}") for name, n in self.pairs.items()]),
            ("Churn: records whose companions changed", ("subgroup", "", "records", "moved", "rate", "95% interval",
             "other id"), [_churn_line(item) for item in self.churn]),
        ]  # fmt: skip


def _churn_line(item: Churn) -> tuple[str, ...]:
    rate = item.rate
    told = ("", "") if rate is None else (f"{item.moved / item.records:.4f}", f"{rate.lo:.4f}-{rate.hi:.4f}")
    return (item.subgroup, item.value, f"{item.records:,}", f"{item.moved:,}", *told, f"{item.renamed:,}")


def differences(old: Path, new: Path) -> Difference:
    """What differs between the runs in two folders. UsageError where one is no finished run."""
    manifests = [read_manifest(run, beside=[f"{table}.parquet" for table in TABLES]) for run in (old, new)]
    with connect() as con:
        for side, run in zip(SIDES, (old, new), strict=True):
            steps = [scratch_step(f"{side}_{table}", f"from read_parquet({literal(str(run / f'{table}.parquet'))})")
                     for table in TABLES]  # fmt: skip
            run_steps(con, steps)
        is_known = _make_touched(con, old, new)
        _make_common(con)
        changed = _what_changed(*manifests)
        return Difference(
            _records(con, is_known=is_known), _links(con, changed), _persons(con, changed), _pairs(con), _churn(con)
        )


def refuse_churn(found: Difference, most: float) -> None:
    """QualityFloorError where more than the share `most` (0 to 1) of the records of both runs moved."""
    if found.share_moved > most:
        raise QualityFloorError(
            "More records changed companions than was allowed.", where="records of both runs",
            expected=f"at most {most:.2%}", remedy="look at the causes, or allow more with --most-churn",
        )  # fmt: skip


def _what_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, bool]:
    """Whether rules (with thresholds) and model (with versions) are others in the two manifests.

    Sources that come or go change `unique` and `within`: that is data.
    """
    shared = set(old["configuration"]["sources"]) & set(new["configuration"]["sources"])

    def packs(manifest: Mapping[str, Any], kind: str) -> dict[str, str]:
        return {name: sha for name, sha in manifest["hashes"]["packs"].items() if name.startswith(kind)}

    def settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
        link = manifest["configuration"].get("link", {}).items()
        return {name: sorted(shared & set(value)) if name in OF_SOURCES else value
                for name, value in link if name not in NOT_RULES}  # fmt: skip

    return {
        "rules": (packs(old, "rules/"), settings(old)) != (packs(new, "rules/"), settings(new)),
        "model": (packs(old, "models/"), old["versions"]) != (packs(new, "models/"), new["versions"]),
    }


def _make_touched(con: Connection, old: Path, new: Path) -> bool:
    """Make `touched` (source, key): records that are new, gone or changed; whether changes could be told."""
    for side, other in (SIDES, SIDES[::-1]):
        run_steps(con, (scratch_step(f"only_{side}", f"""
            select source, key from {side}_records anti join {other}_records using (source, key)"""),))  # fmt: skip
    is_known = all((run / DATABASE).is_file() for run in (old, new))
    changed = "select '' as source, '' as key limit 0"
    if is_known:
        for side, run in zip(SIDES, (old, new), strict=True):
            attach_working(con, run, f"{side}_run")
        names = ", ".join(map(ident, sorted(_content(con, "old") & _content(con, "new"))))
        changed = " except ".join(
            f"""select r.source, r.key, hash({names}) as content, coalesce(i.content, 0) as identifiers
            from {side}_run.{RECORDS} r left join (
              select record_id, sum(hash(scheme, scope, value, status)::hugeint) as content
              from {side}_run.identifiers group by record_id) i on i.record_id = r.record_id"""
            for side in SIDES
        )
    run_steps(con, (scratch_step("changed", f"""
        select distinct source, key from ({changed}) semi join new_records using (source, key)"""),
        scratch_step("touched", "select * from only_old union select * from only_new union select * from changed"),
    ))  # fmt: skip
    return is_known


def _content(con: Connection, side: str) -> set[str]:
    found = rows(con, "select column_name from duckdb_columns() where database_name = $name and table_name = $table",
                 {"name": f"{side}_run", "table": RECORDS})  # fmt: skip
    return {str(name) for (name,) in found if not str(name).endswith(("_raw", "_why"))} - NOT_CONTENT


def _make_common(con: Connection) -> None:
    """Make `common` (source, key, was, now, is_moved), and `moved_persons` (was, now, is_touched) of any of them."""
    run_steps(con, (
        scratch_step("common", """
            with shared as (
              select source, key, o.person_id as was, n.person_id as now
              from old_persons o join new_persons n using (source, key)),
            counted as (
              select *, count(*) over (partition by was) as n_was, count(*) over (partition by now) as n_now,
                count(*) over (partition by was, now) as n_both
              from shared)
            select source, key, was, now, n_both <> n_was or n_both <> n_now as is_moved from counted"""),
        scratch_step("touched_persons", """
            select distinct 'old' as side, person_id from old_persons semi join touched using (source, key)
            union
            select distinct 'new', person_id from new_persons semi join touched using (source, key)"""),
        scratch_step("ways", """
            select c.was, c.now, count(*) as n,
              bool_or(o.person_id is not null or n.person_id is not null) as is_touched
            from common c
            left join touched_persons o on o.side = 'old' and o.person_id = c.was
            left join touched_persons n on n.side = 'new' and n.person_id = c.now
            group by c.was, c.now"""),
    ))  # fmt: skip


def _records(con: Connection, *, is_known: bool) -> RecordChange:
    gone, both, new, changed = rows(con, """
        select (select count(*) from only_old), (select count(*) from common), (select count(*) from only_new),
          (select count(*) from changed)""")[0]  # fmt: skip
    return RecordChange(int(str(gone)), int(str(both)), int(str(new)), int(str(changed)) if is_known else None)


def _cause_sql(changed: Mapping[str, bool], stage: str | None) -> str:
    """SQL: the cause where no record concerned changed; `stage` is a column, or None for persons."""
    by_rule = "rules" if changed["rules"] else "model" if changed["model"] else "data"
    by_model = "model" if changed["model"] else by_rule
    if stage is None:
        return literal(by_rule)
    return f"case {stage} when 'manual' then 'override' when 'probabilistic' then '{by_model}' else '{by_rule}' end"


def _links(con: Connection, changed: Mapping[str, bool]) -> tuple[LinkChange, ...]:
    ends = "source_l, key_l, source_r, key_r"
    pair = "least((source_l, key_l), (source_r, key_r)) as one, greatest((source_l, key_l), (source_r, key_r)) as other"
    run_steps(con, [scratch_step(f"{side}_linked", f"""
        select {pair}, stage, {ends} from {side}_links where decision = 'link'""") for side in SIDES])  # fmt: skip
    parts = ["select 'kept' as what, n.stage, '' as cause from new_linked n semi join old_linked using (one, other)"]
    for what, side, beside in (("gained", "new", "old"), ("lost", "old", "new")):
        parts.append(f"""
            select '{what}', k.stage, case
              when exists (select 1 from touched t where (t.source, t.key) in ((k.source_l, k.key_l),
                           (k.source_r, k.key_r))) then 'data'
              else {_cause_sql(changed, "k.stage")} end
            from {side}_linked k anti join {beside}_linked using (one, other)""")
    found = rows(
        con, f"select what, stage, cause, count(*) from ({' union all '.join(parts)}) group by all order by all"
    )
    return tuple(LinkChange(str(what), str(stage), str(cause), int(str(n))) for what, stage, cause, n in found)


def _persons(con: Connection, changed: Mapping[str, bool]) -> tuple[PersonChange, ...]:
    cause = f"if(bool_or(is_touched), 'data', {_cause_sql(changed, None)})"
    found = rows(con, f"""
        with split as (select 'split' as what, {cause} as cause from ways group by was having count(*) > 1),
        merged as (select 'merged' as what, {cause} as cause from ways group by now having count(*) > 1),
        kept as (
          select 'kept' as what, '' as cause from (
            select *, count(*) over (partition by was) + count(*) over (partition by now) as sides from ways)
          where sides = 2)
        select what, cause, count(*)
        from (select * from split union all select * from merged union all select * from kept)
        group by all order by all""")  # fmt: skip
    return tuple(PersonChange(str(what), str(cause), int(str(n))) for what, cause, n in found)


def _pairs(con: Connection) -> Mapping[str, int]:
    together, old, new = rows(con, """
        with pairs as (
          select 'both' as what, n from ways union all
          select 'old', sum(n) from ways group by was union all
          select 'new', sum(n) from ways group by now),
        counted as (select what, n * (n - 1) // 2 as n from pairs)
        select coalesce(sum(n) filter (what = 'both'), 0), coalesce(sum(n) filter (what = 'old'), 0),
          coalesce(sum(n) filter (what = 'new'), 0) from counted""")[0]  # fmt: skip
    both = int(str(together))
    return {"together in both": both, "no longer": int(str(old)) - both, "newly": int(str(new)) - both}


def _churn(con: Connection) -> tuple[Churn, ...]:
    """Of all records of both runs, then by each subgroup that both runs know, as the new run has it."""
    known = set(columns(con, "old_records"))
    names = [name for name in columns(con, "new_records") if name in known - {"source", "key", "rows"}]
    parts = ["select 0 as place, 'all' as subgroup, 'all' as value, is_moved, was <> now as is_renamed from common"]
    for place, name in enumerate(names, start=1):
        parts.append(f"""
            select {place}, {literal(name)}, coalesce(r.{ident(name)}::varchar, 'unknown'), c.is_moved, c.was <> c.now
            from common c join new_records r using (source, key)""")
    found = rows(con, f"""
        select subgroup, value, count(*), count(*) filter (is_moved), count(*) filter (is_renamed)
        from ({" union all ".join(parts)}) group by place, subgroup, value order by place, value""")  # fmt: skip
    told = tuple(Churn(str(name), str(value), int(str(n)), int(str(moved)), int(str(renamed)))
                 for name, value, n, moved, renamed in found)  # fmt: skip
    return told or (Churn("all", "all", 0, 0, 0),)
