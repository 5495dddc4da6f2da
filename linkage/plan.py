"""What a run will take, before it is run: pairs, memory, disk and time.

The plan reads the sources, cleans them and runs the rules, as a run would, in a folder of its own that is gone
afterwards; then it counts what blocking would make, and makes and scores a sample of that. What was done is timed on
this machine, what was not is reckoned from it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from linkage.job import Job
from linkage.match.candidates import BlockCount, count_blocks
from linkage.match.sampled_pairs import PairsToCome, sample_pairs
from linkage.match.training import train
from linkage.packs import load_packs
from linkage.project import Project
from linkage.run import families_of, input_hashes
from linkage.sql import count, default_memory, rows
from linkage.stages import deterministic, load, overrides, prepare
from linkage.tables import LINKS_DETERMINISTIC, RECORDS
from linkage.workspace import DATABASE, Workspace, open_workspace

# Deciding, persons, families, tables, diagnostics and the report took 0.8 of the seconds of reading and cleaning at two
# million records, and some two seconds on a few (docs/benchmarks.md).
AFTERWARDS, LEAST_SECONDS_AFTERWARDS = 0.8, 2.0
BYTES_PER_PAIR_MADE = 40  # of the table in which pairs found by several rules are counted once: two ids, a rule, a slot
BYTES_PER_PAIR_KEPT = 100  # of scored pairs on disk: ids, and a level and a weight of every comparison
BYTES_PER_RECORD = 400  # of the pool, which matching keeps in memory
GIB = 2**30


@dataclass(frozen=True)
class SourcePlan:
    """Rows and records of a source, and its records that no rule links into any other source."""

    source: str
    rows: int
    records: int
    unlinked: int


@dataclass(frozen=True)
class Plan:
    """What a run will take.

    `pairs_at_most` adds up what the blocking rules make, `pairs` counts each pair once, from a sample. `memory_gib` is
    what matching would like to keep in memory; beyond the limit it spills to disk. `disk_gib` is of the working tables.
    `seconds` are by part of the run; those that were measured here come first.
    """

    sources: tuple[SourcePlan, ...]
    links_of_rules: int
    blocks: tuple[BlockCount, ...]
    pairs_at_most: int
    pairs: int
    most_pairs: int
    memory_gib: float
    memory_limit: str
    disk_gib: float
    seconds: tuple[tuple[str, float], ...]

    @property
    def is_refused(self) -> bool:
        """Would the run refuse to make so many pairs?"""
        return self.pairs > self.most_pairs

    @property
    def minutes(self) -> float:
        """The whole run."""
        return sum(seconds for _, seconds in self.seconds) / 60


def plan_project(
    project: Project,
    *,
    threads: int | None = None,
    memory: str | None = None,
    step: Callable[[str], None] | None = None,
) -> Plan:
    """Plan a run of a project. `step(words)` is called before each part. Raises what a run would raise so far."""
    packs = load_packs(project.link.rules, project.link.model, folder=project.folder)
    limit = memory or project.run.memory or default_memory()
    with tempfile.TemporaryDirectory(prefix="linkage-plan-") as made:
        folder = Path(made)
        workspace = open_workspace(folder, threads=threads or project.run.threads, memory=limit, fingerprint="plan")
        try:
            seconds = []
            started = time.perf_counter()
            inputs = input_hashes(project)
            job = Job(project, packs, families_of(project), workspace, inputs, "plan")
            seconds.append(("hashing the inputs", round(time.perf_counter() - started, 1)))
            for words, work in (("reading", load), ("cleaning and folding", prepare), ("overrides", overrides),
                                ("rules", deterministic)):  # fmt: skip
                if step:
                    step(words)
                workspace.run_stage(work.__name__, lambda work=work: work(job))  # type: ignore[misc]
                seconds.append((words, round(workspace.seconds[work.__name__], 1)))
            if step:
                step("counting pairs")
            return _planned(job, workspace, limit, seconds)
        finally:
            workspace.close()


def _planned(job: Job, workspace: Workspace, limit: str, seconds: list[tuple[str, float]]) -> Plan:
    con, spec = workspace.con, job.packs.model
    counts: tuple[BlockCount, ...] = ()
    to_come = PairsToCome(0, 1, 0.0, 0.0)
    read = sum(taken for _, taken in seconds)
    if spec is not None:
        counts = count_blocks(con, spec.block)
        to_come = sample_pairs(con, spec, counts)
        started = time.perf_counter()
        train(con, spec, job.packs.rules, seed=job.project.run.seed)
        seconds.append(("training", round(time.perf_counter() - started, 1)))
        seconds.append(("making pairs", to_come.seconds_to_make))
        seconds.append(("scoring pairs", to_come.seconds_to_score))
    seconds.append(("deciding, persons, tables and report", round(max(LEAST_SECONDS_AFTERWARDS, AFTERWARDS * read), 1)))
    at_most, links = sum(item.pairs for item in counts), count(con, LINKS_DETERMINISTIC)
    records = count(con, RECORDS)
    con.execute("checkpoint")
    written = (workspace.folder / DATABASE).stat().st_size
    return Plan(
        sources=_sources(job),
        links_of_rules=links,
        blocks=counts,
        pairs_at_most=at_most,
        pairs=to_come.pairs,
        most_pairs=job.project.run.max_pairs,
        memory_gib=round((records * BYTES_PER_RECORD + at_most * BYTES_PER_PAIR_MADE) / GIB, 2),
        memory_limit=limit,
        disk_gib=round((written + (to_come.pairs + links) * BYTES_PER_PAIR_KEPT) / GIB, 2),
        seconds=tuple(seconds),
    )


def _sources(job: Job) -> tuple[SourcePlan, ...]:
    found = rows(
        job.workspace.con,
        """
        select s.source, coalesce(sum(p.row_count), 0), count(p.record_id),
          count(*) filter (p.linked_mask = 0)
        from sources s
        left join (select m.source_no, m.record_id, m.linked_mask, r.row_count
                   from pool m join records r using (record_id)) p on p.source_no = s.source_no
        group by s.source_no, s.source order by s.source_no""",
    )
    return tuple(SourcePlan(str(name), *(int(str(n)) for n in counts)) for name, *counts in found)
