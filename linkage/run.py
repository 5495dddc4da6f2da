"""The whole order of a run, on one screen: files to records, pairs, links, persons, diagnostics and report."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from linkage.cluster.events import make_events
from linkage.cluster.persons import make_persons
from linkage.cluster.registry import Entered, Registry, enter, know, know_nothing, open_registry, remember_never
from linkage.diagnostics.every_table import write_diagnostics
from linkage.diagnostics.subgroups import checked_subgroups
from linkage.disclosure import find_nestings, profile_of, publish
from linkage.errors import InputError, ProjectError, UsageError
from linkage.families import FamilyRules, load_family_rules, make_families
from linkage.imputations import write_imputations
from linkage.manifest import machine, sha256_of_file, versions, write_json
from linkage.match.blocking_recall import estimate_blocking_recall
from linkage.match.overrides import read_overrides, refuse_remembered
from linkage.match.pool import restore_pool
from linkage.match.stages import find_by_rules, find_candidates, find_unborn, weigh_and_decide
from linkage.match.stages import score as score_all
from linkage.match.training import FEWEST_LABELS, train
from linkage.match.training_check import check_without_upn
from linkage.outputs import write_tables
from linkage.packs import Packs, load_packs
from linkage.prepare import prepare_records
from linkage.project import Project, RunSettings
from linkage.report import write_reports, write_statement
from linkage.second_pass import look_again
from linkage.sources import load_source, source_files
from linkage.sql import count, rows
from linkage.tables import CANDIDATES, KNOWN_PAIRS, KNOWN_RECORDS, RECORDS, Extract, Finding
from linkage.validation import validate
from linkage.workspace import (
    MANIFEST,
    Facts,
    Workspace,
    abandon,
    is_finished,
    open_workspace,
    refuse_folder,
    remove_working,
)


@dataclass(frozen=True)
class Stage:
    """A stage of a run: its name, what it does in words, and the function that does it."""

    name: str
    title: str
    work: Callable[[Job], Facts]


@dataclass(frozen=True)
class Job:
    """What every stage works on."""

    project: Project
    packs: Packs
    families: FamilyRules
    workspace: Workspace
    inputs: dict[str, str]
    fingerprint: str


Progress = Callable[[Stage, int, int, bool], None]


def run_project(
    project: Project,
    *,
    out: Path,
    threads: int | None = None,
    memory: str | None = None,
    seed: int | None = None,
    imputations: int | None = None,
    resume: bool = False,
    discard_working: bool | None = None,
    progress: Progress | None = None,
) -> Path:
    """Run a project into the folder `out`; returns it. Options that are None come from the project's `[run]`.

    `progress(stage, number, of, done)` is called before and after each stage that is not finished yet. Raises
    LinkageError; what was finished stays, and `resume=True` goes on from there to the same bytes. To resume a run
    that is finished does nothing, but that `discard_working` still removes its working tables.
    """
    project = _with_options(project, threads, memory, seed, imputations, discard_working)
    settings = project.run
    refuse_folder(out, resume=resume)
    profile_of(project.diagnostics.profile, project.diagnostics.suppress_below)
    packs = load_packs(project.link.rules, project.link.model, folder=project.folder)
    families = families_of(project)
    inputs = input_hashes(project)
    fingerprint = _fingerprint(project, {**packs.hashes, **families.hashes}, inputs)
    if not (resume and is_finished(out, fingerprint)):
        workspace = open_workspace(out, threads=settings.threads, memory=settings.memory, fingerprint=fingerprint)
        try:
            _run_stages(Job(project, packs, families, workspace, inputs, fingerprint), progress)
        except (UsageError, ProjectError, InputError):
            if not workspace.facts:  # once it is mended, the same command can be given again
                abandon(workspace)
            raise
        finally:
            workspace.close()
    if settings.discard_working:
        remove_working(out)
    return out


def _run_stages(job: Job, progress: Progress | None) -> None:
    workspace = job.workspace
    workspace.log.write("run_resumed" if workspace.facts else "run_started", versions=versions())
    if "deterministic" in workspace.facts:
        restore_pool(workspace.con)
    for number, stage in enumerate(STAGES, start=1):
        if stage.name in workspace.facts:
            continue
        if progress:
            progress(stage, number, len(STAGES), False)
        workspace.run_stage(stage.name, lambda stage=stage: stage.work(job))  # type: ignore[misc]
        if progress:
            progress(stage, number, len(STAGES), True)
    write_json(workspace.folder / MANIFEST, manifest(job))
    workspace.log.write("run_finished")


def load(job: Job) -> Facts:
    """Files to row tables, one source after the other."""
    con = job.workspace.con
    extracts = [load_source(con, spec, job.project.folder) for spec in job.project.sources.values()]
    return {"sources": len(extracts), "rows": sum(count(con, item.rows) for item in extracts),
            "extracts": [asdict(item) for item in extracts]}  # fmt: skip


def prepare(job: Job) -> Facts:
    """Row tables to clean records and identifiers."""
    link = job.project.link
    findings = prepare_records(
        job.workspace.con, tuple(job.project.sources.values()), _extracts(job), unique=link.unique, within=link.within
    )
    _refuse_no_records(job)
    checked_subgroups(job.workspace.con, job.project.diagnostics.subgroups)
    return {"records": count(job.workspace.con, RECORDS), "findings": [asdict(finding) for finding in findings]}


def overrides(job: Job) -> Facts:
    """Pairs that a person decided, in this run or in an earlier one."""
    con, named = job.workspace.con, job.project.link.overrides
    found = {"overrides": read_overrides(con, job.project.folder / named if named else None)}
    registry = _registry(job)
    if registry is None:
        know_nothing(con)
        return found
    know(con, registry, model=_made_with(job).model)
    remembered = remember_never(con)
    refuse_remembered(con, remembered, Path(named) if named else None)
    return {**found, "remembered": len(remembered), "known_pairs": count(con, KNOWN_PAIRS),
            "registry_runs": len(registry.runs)}  # fmt: skip


def deterministic(job: Job) -> Facts:
    """Rule passes, in the order of the packs."""
    passes = find_by_rules(job.workspace.con, job.packs)
    return {"links": sum(item.linked for item in passes), "held": sum(item.held for item in passes),
            "passes": [asdict(item) for item in passes]}  # fmt: skip


def candidates(job: Job) -> Facts:
    """Pairs of the residual with everything it may still match."""
    con, model = job.workspace.con, job.packs.model
    blocks = find_candidates(con, model, max_pairs=job.project.run.max_pairs)
    known = asdict(estimate_blocking_recall(con, model.block, job.packs.rules)) if model else {}
    return {"pairs": count(con, CANDIDATES), **known, "blocks": [asdict(item) for item in blocks]}


def training(job: Job) -> Facts:
    """The model's parameters, from the links of identifiers and from whole tables."""
    if job.packs.model is None:
        return {"labels": 0, "doubts": []}
    con, model = job.workspace.con, job.packs.model
    trained = train(con, model, job.packs.rules, seed=job.project.run.seed)
    is_labelled = trained.labels >= FEWEST_LABELS
    doubts = check_without_upn(con, model, trained.parameters) if is_labelled else ()
    return {"labels": trained.labels, "doubts": [*trained.doubts, *doubts]}


def score(job: Job) -> Facts:
    """Every pair's evidence, field by field: what the rules found is weighed, what is still to be found is scored."""
    con, packs = job.workspace.con, job.packs
    return {**score_all(con, packs.model), **find_unborn(con, packs.unborn)}


def validation(job: Job) -> Facts:
    """Children whose identifiers are hidden, linked again: what the model's confidences are worth."""
    link, run = job.project.link, job.project.run
    return {**validate(job.workspace.con, job.packs, accept=link.accept, review=link.review, seed=run.seed,
                       max_pairs=run.max_pairs, pool_modes=job.project.diagnostics.pool_modes)}  # fmt: skip


def decisions(job: Job) -> Facts:
    """Evidence to confidence, confidence to link or review."""
    con, link, packs = job.workspace.con, job.project.link, job.packs
    thresholds = {"accept": link.accept, "stay": link.needed_to_stay, "review": link.review}
    decided = weigh_and_decide(con, packs.rules, packs.model, **thresholds)
    if not link.second_pass:
        return {**decided}
    return {**decided, **look_again(con, packs.rules, packs.model, **thresholds, repairs=link.repair,
                                    largest=link.largest_person, seed=job.project.run.seed)}  # fmt: skip


def persons(job: Job) -> Facts:
    """Links to persons."""
    link = job.project.link
    registry = _registry(job)
    number = 0 if registry is None else len(registry.runs)
    made = make_persons(
        job.workspace.con, run_key=f"{_run_key(job)} {number or ''}".strip(), repairs=link.repair,
        largest=link.largest_person, seed=job.project.run.seed,
    )  # fmt: skip
    if registry is None:
        return made.facts()
    now, last = _made_with(job), registry.last
    changed = (
        None if last is None else "rules" if last.rules != now.rules else "model" if last.model != now.model else None
    )
    return {**made.facts(), **make_events(job.workspace.con, changed=changed)}


def families(job: Job) -> Facts:
    """Persons to relationships and family units."""
    made = make_families(job.workspace.con, job.families, run_key=_run_key(job), years=_years(job))
    return {**made.relationships, **made.units, "perhaps_same_child": made.perhaps_same_child}


def tables(job: Job) -> Facts:
    """Write the tables."""
    subgroups = job.project.diagnostics.subgroups
    return {**write_tables(job.workspace.con, job.workspace.folder, subgroups=subgroups)}


def imputations(job: Job) -> Facts:
    """Draw plausible linkages from the evidence, where they are asked for."""
    return {**write_imputations(
        job.workspace.con,
        job.workspace.folder,
        draws=job.project.run.imputations,
        seed=job.project.run.seed,
        rules=job.families,
        years=_years(job),
        run_key=_run_key(job),
    )}  # fmt: skip


def _years(job: Job) -> dict[int, int]:
    """The calendar year of a source, by its number, where the project says it."""
    specs = enumerate(job.project.sources.values())
    return {number: spec.year for number, spec in specs if spec.year is not None}


def diagnostics(job: Job) -> Facts:
    """Write the diagnostics."""
    con, folder = job.workspace.con, job.workspace.folder / "diagnostics"
    folder.mkdir(exist_ok=True)
    return {**write_diagnostics(con, job.project, job.packs, _extracts(job), folder)}


def public(job: Job) -> Facts:
    """Disclosure control of the diagnostics."""
    settings, folder = job.project.diagnostics, job.workspace.folder
    (folder / "public" / "report.html").unlink(missing_ok=True)  # of tables that are no longer so
    return {**publish(
        folder / "diagnostics",
        folder / "public",
        profile_of(settings.profile, settings.suppress_below),
        nestings=find_nestings(job.workspace.con, settings.subgroups),
        register=job.project.folder / settings.releases if settings.releases else None,
        population=job.project.project.name,
    )}  # fmt: skip


def report(job: Job) -> Facts:
    """Write the report, the public one and the statement."""
    write_reports(job.workspace.con, manifest(job), job.workspace.folder)
    write_statement(job.workspace.con, manifest(job), job.workspace.folder / "diagnostics")
    return {}


def enter_registry(job: Job) -> Facts:
    """What happened to persons becomes part of the registry, once all tables are written."""
    con, registry = job.workspace.con, _registry(job)
    known = {"known_records": count(con, KNOWN_RECORDS)}
    return known if registry is None else {**known, "run": enter(con, registry, _made_with(job))}


STAGES: tuple[Stage, ...] = (
    Stage("load", "reading the sources", load),
    Stage("prepare", "cleaning and folding rows into records", prepare),
    Stage("overrides", "reading overrides", overrides),
    Stage("deterministic", "deterministic passes", deterministic),
    Stage("candidates", "finding candidate pairs", candidates),
    Stage("training", "training the model", training),
    Stage("score", "scoring pairs", score),
    Stage("validation", "hiding identifiers and linking again", validation),
    Stage("decisions", "deciding", decisions),
    Stage("persons", "joining links into persons", persons),
    Stage("families", "finding families", families),
    Stage("tables", "writing the tables", tables),
    Stage("imputations", "drawing plausible linkages", imputations),
    Stage("diagnostics", "writing the diagnostics", diagnostics),
    Stage("public", "disclosure control", public),
    Stage("report", "writing the report", report),
    Stage("registry", "entering persons in the registry", enter_registry),
)


def manifest(job: Job) -> dict[str, Any]:
    """What the run was made from and what it found: versions, settings, hashes, counts; timings apart."""
    facts, settings = job.workspace.facts, job.project.model_dump(mode="json", exclude={"path"}, exclude_none=True)
    lists = ("extracts", "findings", "passes", "blocks", "doubts")
    found = [finding for extract in _extracts(job) for finding in map(asdict, extract.findings)]
    return {
        "run_id": _run_key(job)[:16],
        "project": settings.pop("project"),
        "versions": versions(),
        "configuration": settings,
        "hashes": {
            "inputs": job.inputs,
            "packs": job.packs.hashes,
            "families": dict(job.families.hashes),
            "settings": job.project.fingerprint(),
            "run": job.fingerprint,
        },
        "seed": job.project.run.seed,
        "stages": [
            {"stage": stage, "counts": {name: value for name, value in fact.items() if name not in lists}}
            for stage, fact in facts.items()
        ],
        "findings": found + list(facts.get("prepare", {}).get("findings", ())),
        "excluded": {item.source: dict(item.excluded) for item in _extracts(job) if item.excluded},
        "passes": facts.get("deterministic", {}).get("passes", []),
        "blocks": facts.get("candidates", {}).get("blocks", []),
        "doubts": facts.get("training", {}).get("doubts", []),
        "timings": {"machine": machine(), "seconds": dict(job.workspace.seconds)},
    }


def families_of(project: Project) -> FamilyRules:
    """The family rules that a project names."""
    return load_family_rules(project.families.rules if project.families else (), folder=project.folder)


def input_hashes(project: Project) -> dict[str, str]:
    """SHA-256 of every input file, by its path relative to the project file."""
    named = [path for spec in project.sources.values() for path in source_files(spec, project.folder)]
    if project.link.overrides:
        named += [path for path in (project.folder / project.link.overrides,) if path.is_file()]
    return {_relative(path, project.folder): sha256_of_file(path) for path in sorted(set(named))}


def _relative(path: Path, folder: Path) -> str:
    """Relative to the project, outside of it too: two inputs must not share a name."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _with_options(
    project: Project,
    threads: int | None,
    memory: str | None,
    seed: int | None,
    imputations: int | None,
    discard: bool | None,
) -> Project:
    """The project with the options that were given in its `[run]`: they win. Raises UsageError."""
    given = {"threads": threads, "memory": memory, "seed": seed, "imputations": imputations,
             "discard_working": discard}  # fmt: skip
    changed = {name: value for name, value in given.items() if value is not None}
    try:
        settings = RunSettings.model_validate({**project.run.model_dump(), **changed})
    except ValidationError as error:
        fault = error.errors()[0]
        raise UsageError(f"The option cannot be used: {str(fault['msg']).removeprefix('Value error, ')}.",
                         where=f"--{fault['loc'][0]}") from None  # fmt: skip
    return project.model_copy(update={"run": settings})


def _fingerprint(project: Project, packs: dict[str, str], inputs: dict[str, str]) -> str:
    """What makes a run this run and no other: settings, packs, inputs and the versions that change results."""
    parts = [project.fingerprint(), project.run.imputations, packs, inputs, versions()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _run_key(job: Job) -> str:
    """A hash of the settings and of all records, whatever their order: the same data give the same person ids."""
    content = rows(
        job.workspace.con,
        f"select sum(hash(source_no, key, forename, surname, dob, postcode, sex)::hugeint) from {RECORDS}",
    )[0][0]
    packs = json.dumps(job.packs.hashes, sort_keys=True)
    return hashlib.sha256(f"{job.project.fingerprint()} {packs} {content}".encode()).hexdigest()


def _registry(job: Job) -> Registry | None:
    """The project's registry as it was when this run first read it: a resumed run goes on from there."""
    if job.project.link.registry is None:
        return None
    registry = open_registry(job.project.folder / job.project.link.registry)
    read = job.workspace.facts.get("overrides", {}).get("registry_runs", len(registry.runs))
    return replace(registry, runs=registry.runs[:read])


def _made_with(job: Job) -> Entered:
    """What this run's links are made with, as hashes: its rules and thresholds, and its model with all versions."""
    link = job.project.link.model_dump(mode="json", exclude={"overrides", "registry", "model"})
    hashes = sorted(job.packs.hashes.items())
    parts = [[link, [item for item in hashes if item[0].startswith("rules/")]],
             [versions(), [item for item in hashes if item[0].startswith("models/")]]]  # fmt: skip
    rules, model = (hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest() for part in parts)
    registry = _registry(job)
    assert registry is not None, "only runs with a registry are entered in one"
    return Entered(job.fingerprint, registry.key.id, rules, model)


def _extracts(job: Job) -> tuple[Extract, ...]:
    """The handles that the load stage left, as they are after a resume too."""
    return tuple(
        replace(
            Extract(**{**item, "fields": tuple(item["fields"])}),
            findings=tuple(Finding(**finding) for finding in item["findings"]),
        )
        for item in job.workspace.facts["load"]["extracts"]
    )


def _refuse_no_records(job: Job) -> None:
    empty = rows(
        job.workspace.con,
        f"""
        select s.source from sources s
        where not exists (select 1 from {RECORDS} r where r.source_no = s.source_no) order by s.source_no""",
    )
    if empty:
        named = ", ".join(str(source) for (source,) in empty)
        raise InputError("A source holds no record of a child.", where=f"[sources]: {named}",
                         expected="at least one row with a key", remedy="check its path and format")  # fmt: skip
