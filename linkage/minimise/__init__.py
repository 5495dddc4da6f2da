"""`linkage minimise`: copies of the sources of a project that can be shared, link with what is left, and say the cost.

The sources are read and cleaned as for a run. What is kept of each record is written under pseudonyms, beside a project
file that links the copies; then the copies are read back as their receiver will, and counted as the originals were.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linkage.errors import Fault, RefusedError, UsageError
from linkage.key_file import Key, read_or_make_key, refuse_key_inside, register_pseudonym
from linkage.match.overrides import read_overrides
from linkage.minimise.choices import Choices, Plan, make_plan
from linkage.minimise.copies import KEYS, Copy, make_copies, write_copy
from linkage.minimise.cost import Cost, SourceCost, field_costs, write_cost
from linkage.minimise.decided import overrides_of
from linkage.minimise.linkability import (
    PAIRS,
    FieldFacts,
    FoundPairs,
    Linkability,
    compare_pairs,
    field_facts,
    find_pairs,
    identifier_facts,
    linkability,
)
from linkage.minimise.project_text import copy_packs, project_text
from linkage.outputs import write_parquet
from linkage.packs import Packs, load_packs
from linkage.prepare import prepare_records
from linkage.project import Project, read_project
from linkage.sources import load_source
from linkage.sql import Connection, connect, default_memory, default_threads, execute, literal
from linkage.strict import nearest

KEY_FILE = "minimise.key"  # beside the project file, where the user names no other
PROJECT_FILE = "linkage.toml"
WITH_NAMES, WITHOUT_NAMES = "child", "pseudonymised"  # bundled models


@dataclass(frozen=True)
class Job:
    """What is made of what: the project with the chosen sources only, the plan, the key, and where things go.

    `left_out` are the names of the other sources. `share` becomes the output folder; `work` holds what must not be in
    it, and goes at the end.
    """

    project: Project
    left_out: frozenset[str]
    packs: Packs
    plan: Plan
    key: Key
    work: Path
    share: Path
    threads: int
    memory: str
    say: Callable[[str], None]


@dataclass(frozen=True)
class Measured:
    """What was counted of the sources, before or after."""

    sources: dict[str, Linkability]
    fields: FieldFacts


def minimise_project(
    project: Project,
    *,
    out: Path,
    key_file: Path | None = None,
    choices: Choices | None = None,
    sources: Sequence[str] = (),
    threads: int | None = None,
    memory: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Cost:
    """Write a copy of each source (or of those named) into the new folder `out`, and what that cost.

    `out` holds a CSV or Parquet file a source, `linkage.toml`, `minimise.json` and `minimise.csv`; it appears when all
    of them are complete. The key is made where the file is not there (default: `minimise.key` beside the project
    file). Raises UsageError, ProjectError and InputError for what cannot be used, RefusedError for a key that is not
    kept apart and for a source of which nothing is left to link.
    """
    choices = choices or Choices()
    chosen = _with_model(_with_sources(project, sources), choices)
    key_path = key_file or project.folder / KEY_FILE
    _refuse_folder(out)
    refuse_key_inside(key_path, out)
    packs = load_packs(chosen.link.rules, chosen.link.model, folder=project.folder)
    plan = make_plan(choices, packs, chosen)
    key = read_or_make_key(key_path)
    with _working_folder(out) as work:
        settings = project.run
        job = Job(
            project=chosen,
            left_out=frozenset(project.sources) - frozenset(chosen.sources),
            packs=packs,
            plan=plan,
            key=key,
            work=work,
            share=work / "share",
            threads=threads or settings.threads or default_threads(),
            memory=memory or settings.memory or default_memory(),
            say=say,
        )
        job.share.mkdir()
        cost = _minimised(job)
        _move(job.share, out)
    return cost


def _minimised(job: Job) -> Cost:
    """The copies written and read back, and the cost of what is between."""
    with _connected(job) as con:
        job.say("reading and cleaning the sources")
        copies, before = _write_copies(con, job)
    with _connected(job) as con:
        job.say("reading the copies back")
        after, pairs = _read_back(con, job)
        lost = [name for name, facts in before.sources.items() if after.sources[name].records != facts.records]
        assert not lost, "a copy does not hold the records of its source"
        cost = Cost(
            key_id=job.key.id,
            choices=job.plan.choices,
            sources=tuple(SourceCost(name, facts, after.sources[name]) for name, facts in before.sources.items()),
            fields=tuple(field_costs(job.plan, copies, before.fields, after.fields)),
            pairs=tuple(pairs),
        )
        write_cost(con, cost, job.share)
    return cost


def _write_copies(con: Connection, job: Job) -> tuple[tuple[Copy, ...], Measured]:
    """Copies and project file into the folder to be shared; the pairs found before go beside it, under pseudonyms."""
    _prepare(con, job.project)
    read_overrides(con, overrides_of(job.project, job.left_out, job.work))
    register_pseudonym(con, job.key)
    copies = make_copies(con, job.plan, tuple(job.project.sources.values()))
    _refuse_empty(copies)
    job.say("writing the copies")
    for copy in copies:
        write_copy(con, copy, job.plan, job.share)
    rules, model = copy_packs(job.project, job.share)
    text = project_text(job.project, job.plan, copies, key_id=job.key.id, rules=rules, model=model)
    (job.share / PROJECT_FILE).write_text(text, encoding="utf-8", newline="\n")
    job.say("counting what links before")
    find_pairs(con, job.packs.rules, keys=KEYS)
    write_parquet(con, f"from {PAIRS} order by all", _pairs_file(job))
    identifiers = identifier_facts(con)
    return copies, Measured(linkability(con), identifiers | field_facts(con))


def _read_back(con: Connection, job: Job) -> tuple[Measured, list[FoundPairs]]:
    """The copies as their receiver reads them, without the key."""
    project = read_project(job.share / PROJECT_FILE)
    packs = load_packs(project.link.rules, project.link.model, folder=project.folder)
    _prepare(con, project)
    read_overrides(con, None)
    find_pairs(con, packs.rules, keys="records")
    execute(con, f"create table pairs_before as select * from read_parquet({literal(str(_pairs_file(job)))})")
    return Measured(linkability(con), field_facts(con)), compare_pairs(con, "pairs_before", PAIRS)


def _prepare(con: Connection, project: Project) -> None:
    specs = tuple(project.sources.values())
    extracts = [load_source(con, spec, project.folder) for spec in specs]
    prepare_records(con, specs, extracts, unique=project.link.unique, within=project.link.within)


def _pairs_file(job: Job) -> Path:
    return job.work / "pairs_before.parquet"


# --- folders and refusals --------------------------------------------------------------------------


@contextmanager
def _working_folder(out: Path) -> Iterator[Path]:
    """A private folder beside the output, on the same disk; it goes whatever happens."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".minimise-", dir=out.parent, ignore_cleanup_errors=True)
    except (OSError, ValueError):  # ValueError: a name with a null character
        raise _unusable(out) from None
    with folder as work:
        yield Path(work)


@contextmanager
def _connected(job: Job) -> Iterator[Connection]:
    with connect(threads=job.threads, memory=job.memory, spill=job.work / "spill") as con:
        yield con


def _move(share: Path, out: Path) -> None:
    try:
        if out.exists():
            out.rmdir()  # it is empty; Windows moves no folder onto another
        share.replace(out)
    except OSError:
        raise _unusable(out) from None


def _refuse_folder(out: Path) -> None:
    try:
        used = out.exists() and any(out.iterdir())
    except (OSError, ValueError):
        raise _unusable(out) from None
    if used:
        raise UsageError("The output folder is not empty.", where=str(out), expected="a new or empty folder",
                         remedy="choose another --out")  # fmt: skip


def _unusable(out: Path) -> UsageError:
    return UsageError("The output folder cannot be used.", where=str(out), expected="a folder that you may write to",
                      remedy="choose another --out")  # fmt: skip


def _with_model(project: Project, choices: Choices) -> Project:
    """The project with the bundled model for what the copies will hold: without names, the one that asks for none."""
    if choices.names == "keep" or project.link.model != WITH_NAMES:
        return project
    return project.model_copy(update={"link": project.link.model_copy(update={"model": WITHOUT_NAMES})})


def _with_sources(project: Project, named: Sequence[str]) -> Project:
    """The project with the named sources only, in the order of the file."""
    faults = [Fault(f"There is no source called {name!r}.", where="--source",
                    expected=f"nearest: {nearest(name, project.sources)}")
              for name in named if name not in project.sources]  # fmt: skip
    if faults:
        raise UsageError.from_faults(faults)
    kept = {name: spec for name, spec in project.sources.items() if not named or name in named}
    return project.model_copy(update={"sources": kept})


def _refuse_empty(copies: Sequence[Copy]) -> None:
    faults = [Fault("Nothing of the source is left that a record could be found again by.",
                    where=f"[sources.{copy.spec.name}]", expected="an identifier, a birth date or names",
                    remedy="leave the source out with --source, or keep more of it")
              for copy in copies if not copy.comparable]  # fmt: skip
    if faults:
        raise RefusedError.from_faults(faults)


__all__ = ["Choices", "Cost", "minimise_project"]
