"""The stages of a run, one function each: what each reads and writes is said where the work is done."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from linkage.cluster.events import make_events
from linkage.cluster.persons import make_persons
from linkage.cluster.registry import enter, know, know_nothing, remember_never
from linkage.diagnostics.every_table import write_diagnostics
from linkage.diagnostics.subgroups import checked_subgroups
from linkage.disclosure import find_nestings, profile_of, publish
from linkage.errors import InputError
from linkage.families import make_families
from linkage.imputations import write_imputations
from linkage.job import Job, extracts_of, made_with, manifest, registry_of, run_key
from linkage.match.blocking_recall import estimate_blocking_recall
from linkage.match.overrides import read_overrides, refuse_remembered
from linkage.match.stages import find_by_rules, find_candidates, find_unborn, weigh_and_decide
from linkage.match.stages import score as score_all
from linkage.match.training import FEWEST_LABELS, train
from linkage.match.training_check import check_without_upn
from linkage.outputs import write_tables
from linkage.prepare import prepare_records
from linkage.report import write_reports, write_statement
from linkage.second_pass import look_again
from linkage.sources import load_source
from linkage.sql import count, rows
from linkage.tables import CANDIDATES, KNOWN_PAIRS, KNOWN_RECORDS, RECORDS
from linkage.validation import validate
from linkage.workspace import Facts


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
        job.workspace.con, tuple(job.project.sources.values()), extracts_of(job), unique=link.unique, within=link.within
    )
    _refuse_no_records(job)
    checked_subgroups(job.workspace.con, job.project.diagnostics.subgroups)
    return {"records": count(job.workspace.con, RECORDS), "findings": [asdict(finding) for finding in findings]}


def overrides(job: Job) -> Facts:
    """Pairs that a person decided, in this run or in an earlier one."""
    con, named = job.workspace.con, job.project.link.overrides
    found = {"overrides": read_overrides(con, job.project.folder / named if named else None)}
    registry = registry_of(job)
    if registry is None:
        know_nothing(con)
        return found
    know(con, registry, model=made_with(job).model)
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
    registry = registry_of(job)
    number = 0 if registry is None else len(registry.runs)
    made = make_persons(
        job.workspace.con, run_key=f"{run_key(job)} {number or ''}".strip(), repairs=link.repair,
        largest=link.largest_person, seed=job.project.run.seed,
    )  # fmt: skip
    if registry is None:
        return made.facts()
    now, last = made_with(job), registry.last
    changed = (
        None if last is None else "rules" if last.rules != now.rules else "model" if last.model != now.model else None
    )
    return {**made.facts(), **make_events(job.workspace.con, changed=changed)}


def families(job: Job) -> Facts:
    """Persons to relationships and family units."""
    made = make_families(job.workspace.con, job.families, run_key=run_key(job), years=job.project.years)
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
        years=job.project.years,
        run_key=run_key(job),
    )}  # fmt: skip


def diagnostics(job: Job) -> Facts:
    """Write the diagnostics."""
    con, folder = job.workspace.con, job.workspace.folder / "diagnostics"
    folder.mkdir(exist_ok=True)
    return {**write_diagnostics(con, job.project, job.packs, extracts_of(job), folder)}


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
    told = manifest(job)
    write_reports(job.workspace.con, told, job.workspace.folder)
    write_statement(job.workspace.con, told, job.workspace.folder / "diagnostics")
    return {}


def enter_registry(job: Job) -> Facts:
    """What happened to persons becomes part of the registry, once all tables are written."""
    con, registry = job.workspace.con, registry_of(job)
    known = {"known_records": count(con, KNOWN_RECORDS)}
    return known if registry is None else {**known, "run": enter(con, registry, made_with(job))}


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
