"""The whole order of a run, on one screen: files to records, pairs, links, persons, diagnostics and report."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from linkage import stages
from linkage.disclosure import profile_of
from linkage.errors import InputError, ProjectError, UsageError
from linkage.families import FamilyRules, load_family_rules
from linkage.job import Job, manifest
from linkage.manifest import sha256_of_file, versions, write_json
from linkage.match.pool import TABLES_OF_POOL, restore_pool
from linkage.packs import load_packs
from linkage.project import Project, RunSettings
from linkage.sources import source_files
from linkage.sql import drop_scratch
from linkage.workspace import (
    MANIFEST,
    Facts,
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
        drop_scratch(workspace.con, keep=TABLES_OF_POOL)
        if progress:
            progress(stage, number, len(STAGES), True)
    write_json(workspace.folder / MANIFEST, manifest(job))
    workspace.log.write("run_finished")


STAGES: tuple[Stage, ...] = (
    Stage("load", "reading the sources", stages.load),
    Stage("prepare", "cleaning and folding rows into records", stages.prepare),
    Stage("overrides", "reading overrides", stages.overrides),
    Stage("deterministic", "deterministic passes", stages.deterministic),
    Stage("candidates", "finding candidate pairs", stages.candidates),
    Stage("training", "training the model", stages.training),
    Stage("score", "scoring pairs", stages.score),
    Stage("validation", "hiding identifiers and linking again", stages.validation),
    Stage("decisions", "deciding", stages.decisions),
    Stage("persons", "joining links into persons", stages.persons),
    Stage("families", "finding families", stages.families),
    Stage("tables", "writing the tables", stages.tables),
    Stage("imputations", "drawing plausible linkages", stages.imputations),
    Stage("diagnostics", "writing the diagnostics", stages.diagnostics),
    Stage("public", "disclosure control", stages.public),
    Stage("report", "writing the report", stages.report),
    Stage("registry", "entering persons in the registry", stages.enter_registry),
)


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
