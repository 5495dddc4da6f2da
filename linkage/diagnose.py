"""Diagnostics made again from a finished run's working tables: other subgroups, another reference, other statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from linkage.diagnostics.finished import DATABASE, read_manifest
from linkage.disclosure import profile_of
from linkage.errors import ProjectError, RefusedError, UsageError
from linkage.job import Job
from linkage.manifest import write_json
from linkage.match.pool import TABLES_OF_POOL, restore_pool
from linkage.packs import Packs, load_packs
from linkage.project import Project
from linkage.report import before_report, write_reports, write_statement
from linkage.run import families_of
from linkage.sql import drop_scratch
from linkage.stages import diagnostics, public
from linkage.workspace import MANIFEST, Facts, open_workspace

Say = Callable[[str], None]


def diagnose(
    run: Path,
    project: Project | None = None,
    *,
    threads: int | None = None,
    memory: str | None = None,
    step: Say = lambda _: None,
) -> dict[str, Facts]:
    """Write `diagnostics/`, `public/` and the reports of a finished run again; returns the counts of each.

    With a project its `[diagnostics]` are taken instead of the run's, and written into the manifest; links, persons and
    `records.parquet` stay as they are. Without one, rules and model have to be bundled, and no register of releases can
    be kept. Raises UsageError without a finished run or its working tables, ProjectError where rules or model are not
    those of the run, RefusedError where the project is another one.
    """
    manifest = read_manifest(run)
    if not (run / DATABASE).is_file():
        raise UsageError("The run has no working tables.", where=str(run / DATABASE),
                         expected="a run without --discard-working", remedy="run the project again")  # fmt: skip
    settings = settings_of(manifest, run, project)
    profile_of(settings.diagnostics.profile, settings.diagnostics.suppress_below)
    packs, hashes = _packs_of(manifest, settings), manifest["hashes"]
    workspace = open_workspace(run, threads=threads, memory=memory, fingerprint=hashes["run"])
    try:
        job = Job(settings, packs, families_of(settings), workspace, hashes["inputs"], hashes["run"])
        restore_pool(workspace.con)
        step("writing the diagnostics")
        facts = {"diagnostics": diagnostics(job)}
        drop_scratch(workspace.con, keep=TABLES_OF_POOL)
        step("disclosure control")
        facts["public"] = public(job)
        step("writing the report")
        told = told_again(manifest, settings, facts)
        write_reports(workspace.con, told, run)
        write_statement(workspace.con, before_report(told), run / "diagnostics")
        write_json(run / MANIFEST, told)
        workspace.log.write("diagnosed_again", **{f"{part}_{name}": n for part, each in facts.items()
                                                  for name, n in each.items()})  # fmt: skip
    finally:
        workspace.close()
    return facts


def settings_of(manifest: dict[str, Any], run: Path, project: Project | None) -> Project:
    """The settings of a run as its manifest has them, with the `[diagnostics]` of a project where one is given."""
    made = Project.model_validate(
        {**manifest["configuration"], "project": manifest["project"], "path": run / "linkage.toml"}
    )
    if project is None:
        if made.diagnostics.releases:
            raise UsageError("The register of releases is beside the project file.", where="[diagnostics] releases",
                             expected="the project of the run", remedy="name it with --project")  # fmt: skip
        return made
    if project.model_dump(include={"project", "sources"}) != made.model_dump(include={"project", "sources"}):
        raise RefusedError("The project is not the one of this run.", where=project.path.name,
                           expected="the same [project] and [sources]",
                           remedy="name the project that was run, or run this one")  # fmt: skip
    return made.model_copy(update={"diagnostics": project.diagnostics, "path": project.path})


def _packs_of(manifest: dict[str, Any], settings: Project) -> Packs:
    packs = load_packs(settings.link.rules, settings.link.model, folder=settings.folder)
    if packs.hashes != manifest["hashes"]["packs"]:
        raise ProjectError("The rules or the model have changed since the run.", where="[link] rules, model",
                           expected="those that the run was made with", remedy="run the project again")  # fmt: skip
    return packs


def told_again(manifest: dict[str, Any], settings: Project, facts: dict[str, Facts]) -> dict[str, Any]:
    """The manifest with the settings of the diagnostics and their counts; all else is of the run as it was."""
    chosen = settings.diagnostics.model_dump(mode="json", exclude_none=True)
    stages = [
        {**item, "counts": facts[item["stage"]]} if item["stage"] in facts else item for item in manifest["stages"]
    ]
    return {**manifest, "configuration": {**manifest["configuration"], "diagnostics": chosen}, "stages": stages}
