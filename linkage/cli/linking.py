"""Commands that link: `run`, and `demo` and `synth` on a synthetic England."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from linkage.cli.app import Json, Memory, ProjectFile, Seed, Threads, command
from linkage.cli.console import err, print_json, print_table, say
from linkage.cli.results import print_evaluation
from linkage.demo import run_demo
from linkage.errors import UsageError
from linkage.plan import Plan, plan_project
from linkage.progress import Progress
from linkage.project import read_project
from linkage.run import run_project

ETHNICITY = ("ethnicity_group", "ethnicity")  # the subgroups of a truth that the demo shows; `evaluate` shows all


@command("run")
def run(
    project: ProjectFile,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run. Default: [run] out, or runs/NAME.")
    ] = None,
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = None,
    imputations: Annotated[
        int | None,
        typer.Option(metavar="M", min=0, max=200, help="Also draw M plausible linkages from the evidence. Default: 0."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last finished stage.")] = False,
    discard_working: Annotated[
        bool, typer.Option("--discard-working", help="At the end, remove run.duckdb, which holds personal data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Link the sources of a project.

    Example: linkage run demo/england/linkage.toml --out runs/first
    """
    settings = read_project(project)
    target = folder or settings.run_folder
    with Progress(err) as progress:
        run_project(
            settings, out=target, threads=threads, memory=memory, seed=seed,
            imputations=imputations, resume=resume, discard_working=discard_working or None, progress=progress,
        )  # fmt: skip
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    if as_json:
        print_json(manifest)
    else:
        print_run(manifest, target)


@command("plan")
def plan(project: ProjectFile, threads: Threads = None, memory: Memory = None, as_json: Json = False) -> None:
    """Say what a run will take before it is run.

    Reads and cleans the sources and runs the rules; then counts the pairs that the model would compare, scores a
    sample, and reckons memory, disk and time on this machine. Keeps nothing.

    Example: linkage plan demo/england/linkage.toml
    """
    settings = read_project(project)
    with Progress(err) as progress:
        found = plan_project(settings, threads=threads, memory=memory, step=progress.say)
    if as_json:
        print_json({**asdict(found), "minutes": round(found.minutes, 2), "is_refused": found.is_refused})
    else:
        print_plan(found)


@command("demo")
def demo(
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the demo; an earlier demo in it is replaced.")
    ] = Path("demo"),
    children: Annotated[int, typer.Option(metavar="N", min=1000, help="Children in the synthetic England.")] = 20_000,
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Link a synthetic England and compare with the truth.

    Makes the files, links them, says how many links were right or missed, and writes a report.

    Example: linkage demo --out demo
    """
    with Progress(err) as progress:
        result = run_demo(
            folder, children=children, seed=1 if seed is None else seed, threads=threads, memory=memory,
            progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"run": str(result.run), "evaluation": result.evaluation.as_dict()})
        return
    print_run(json.loads((result.run / "manifest.json").read_text(encoding="utf-8")), result.run)
    print_evaluation(result.evaluation, subgroups=ETHNICITY)
    say(f"\nReport: {result.run / 'report.html'}")


@command("synth")
def synth(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the files.")],
    children: Annotated[int, typer.Option(metavar="N", min=500, help="Children in the population.")] = 20_000,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same bytes.")] = 1,
    formats: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further format to write, such as npd; `all` for every one; repeatable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the files of a synthetic England.

    Returns in their statutory formats, a local list, a project file, and the truth about who is who. With --formats
    there are further sources, and a second project file, linkage-all.toml, names all of them.

    Example: linkage synth england --children 20000 --seed 1 --formats all
    """
    from linkage_synth import generate
    from linkage_synth.formats.registry import ALL, FORMATS

    unknown = sum(name not in (ALL, *FORMATS) for name in formats or ())
    if unknown:
        raise UsageError("There is no such format.", where="--formats", expected=", ".join((ALL, *FORMATS)))

    try:
        used = folder.exists() and any(folder.iterdir())
    except OSError:
        raise UsageError("The folder cannot be used.", where=str(folder), remedy="name a new one") from None
    if used:
        raise UsageError("The folder is not empty.", where=str(folder), expected="a new or empty folder",
                         remedy="name a new one")  # fmt: skip
    with Progress(err) as progress:
        summary = generate(folder, children=children, seed=seed, formats=formats, progress=progress.say)
    if as_json:
        print_json({"people": summary.people, "rows": dict(summary.rows), "files": list(map(str, summary.files))})
        return
    print_table("Synthetic England", ("source", "rows"), [(name, f"{n:,}") for name, n in summary.rows.items()])
    project = folder / ("linkage-all.toml" if formats else "linkage.toml")
    say(f"\nLink it: linkage run {project} --out {folder / 'run'}")


def print_run(manifest: dict[str, Any], folder: Path) -> None:
    """What a run did, stage by stage."""
    seconds = manifest["timings"]["seconds"]
    lines = [
        (
            stage["stage"],
            ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in stage["counts"].items()),
            f"{seconds.get(stage['stage'], 0):.1f}",
        )
        for stage in manifest["stages"]
    ]
    lines.append(("total", "", f"{sum(seconds.values()):.1f}"))
    print_table(f"Stages of run {manifest['run_id']}", ("stage", "counts", "seconds"), lines)
    passes = [
        (p["rule"], *(f"{p[name]:,}" for name in ("found", "linked", "held", "shared"))) for p in manifest["passes"]
    ]
    print_table("Deterministic passes, in order", ("rule", "found", "linked", "held by a guard", "key shared"), passes)
    say(f"\nWritten to {folder}")


def print_plan(found: Plan) -> None:
    """What a run will take, as tables."""
    print_table("Records", ("source", "rows", "records", "not linked by a rule"),
                [(item.source, f"{item.rows:,}", f"{item.records:,}", f"{item.unlinked:,}")
                 for item in found.sources])  # fmt: skip
    print_table(
        "Pairs of the model, by blocking rule", ("agree on", "keys", "pairs at most", "too common", "pairs left out"),
        [(", ".join(item.columns), f"{item.keys:,}", f"{item.pairs:,}", f"{item.hot_keys:,}", f"{item.hot_pairs:,}")
         for item in found.blocks],
    )  # fmt: skip
    print_table("A run will take about", ("part", "seconds"),
                [*((part, f"{taken:,.1f}") for part, taken in found.seconds),
                 ("together", f"{60 * found.minutes:,.1f}")])  # fmt: skip
    say(f"\nPairs to score: about {found.pairs:,} (rules of the pack link {found.links_of_rules:,})")
    say(f"Memory: {found.memory_gib:,.2f} GiB would keep matching in memory; the limit is {found.memory_limit}")
    say(f"Disk: {found.disk_gib:,.2f} GiB for the working tables")
    if found.is_refused:
        say(f"A run would be refused: about {found.pairs:,} pairs, [run] max_pairs is {found.most_pairs:,}. "
            "Tighten the rule that makes most of them, or raise max_pairs.")  # fmt: skip
