"""What every stage of a run works on, and what a run says of itself: its keys, its registry, its manifest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from linkage.cluster.registry import Entered, Registry, open_registry
from linkage.families import FamilyRules
from linkage.manifest import machine, versions
from linkage.packs import Packs
from linkage.project import Project
from linkage.sql import rows
from linkage.tables import RECORDS, Extract, Finding
from linkage.workspace import Workspace


@dataclass(frozen=True)
class Job:
    """What every stage works on."""

    project: Project
    packs: Packs
    families: FamilyRules
    workspace: Workspace
    inputs: dict[str, str]
    fingerprint: str


def run_key(job: Job) -> str:
    """A hash of the settings and of all records, whatever their order: the same data give the same person ids."""
    content = rows(
        job.workspace.con,
        f"select sum(hash(source_no, key, forename, surname, dob, postcode, sex)::hugeint) from {RECORDS}",
    )[0][0]
    packs = json.dumps(job.packs.hashes, sort_keys=True)
    return hashlib.sha256(f"{job.project.fingerprint()} {packs} {content}".encode()).hexdigest()


def registry_of(job: Job) -> Registry | None:
    """The project's registry as it was when this run first read it: a resumed run goes on from there."""
    if job.project.link.registry is None:
        return None
    registry = open_registry(job.project.folder / job.project.link.registry)
    read = job.workspace.facts.get("overrides", {}).get("registry_runs", len(registry.runs))
    return replace(registry, runs=registry.runs[:read])


def made_with(job: Job) -> Entered:
    """What this run's links are made with, as hashes: its rules and thresholds, and its model with all versions."""
    link = job.project.link.model_dump(mode="json", exclude={"overrides", "registry", "model"})
    hashes = sorted(job.packs.hashes.items())
    parts = [[link, [item for item in hashes if item[0].startswith("rules/")]],
             [versions(), [item for item in hashes if item[0].startswith("models/")]]]  # fmt: skip
    rules, model = (hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest() for part in parts)
    registry = registry_of(job)
    assert registry is not None, "only runs with a registry are entered in one"
    return Entered(job.fingerprint, registry.key.id, rules, model)


def extracts_of(job: Job) -> tuple[Extract, ...]:
    """The handles that the load stage left, as they are after a resume too."""
    return tuple(
        replace(
            Extract(**{**item, "fields": tuple(item["fields"])}),
            findings=tuple(Finding(**finding) for finding in item["findings"]),
        )
        for item in job.workspace.facts["load"]["extracts"]
    )


def manifest(job: Job) -> dict[str, Any]:
    """What the run was made from and what it found: versions, settings, hashes, counts; timings apart."""
    facts, settings = job.workspace.facts, job.project.model_dump(mode="json", exclude={"path"}, exclude_none=True)
    lists = ("extracts", "findings", "passes", "blocks", "doubts")
    found = [finding for extract in extracts_of(job) for finding in map(asdict, extract.findings)]
    return {
        "run_id": run_key(job)[:16],
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
        "excluded": {item.source: dict(item.excluded) for item in extracts_of(job) if item.excluded},
        "passes": facts.get("deterministic", {}).get("passes", []),
        "blocks": facts.get("candidates", {}).get("blocks", []),
        "doubts": facts.get("training", {}).get("doubts", []),
        "timings": {"machine": machine(), "seconds": dict(job.workspace.seconds)},
    }
