"""The command line: parse, call, print. No SQL and no decisions here.

Results go to standard output, progress and errors to standard error. `--json` prints for machines. No message holds
a value of a record, and no user sees a traceback.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from linkage import __version__
from linkage.demo import run_demo
from linkage.diagnostics.evaluation import Evaluation, evaluate
from linkage.diagnostics.explain import explain_pair, explain_record
from linkage.diagnostics.readiness import Readiness, check_project
from linkage.errors import LinkageError, UsageError
from linkage.progress import Progress
from linkage.project import read_project
from linkage.run import run as run_project
from linkage.sources import FORMATS, Format
from linkage.strict import nearest

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Links records about children: records in, links with confidence, persons and a report out.",
)  # fmt: skip
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
ProjectFile = Annotated[Path, typer.Argument(help="The project file, usually linkage.toml.")]
RunFolder = Annotated[Path, typer.Argument(help="The folder of a finished run.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Processor threads. Default: all.")]
Memory = Annotated[str | None, typer.Option(help="Memory limit, e.g. 8GB. Default: 60% of the machine's memory.")]
Seed = Annotated[int | None, typer.Option(help="Seed of every sample. Default: 1.")]


def command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose errors become a message and an exit code, never a traceback."""

    def decorate(work: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(work)
        def guarded(*args: Any, **options: Any) -> None:
            try:
                work(*args, **options)
            except LinkageError as error:
                for fault in error.faults:
                    err.print(f"error: {fault}", markup=False, highlight=False)
                raise typer.Exit(error.exit_code) from None
            except KeyboardInterrupt:
                err.print("stopped; finished stages are kept: run again with --resume")
                raise typer.Exit(130) from None
            except Exception as error:
                _report_bug(error)
                raise typer.Exit(1) from None

        app.command(name)(guarded)
        return guarded

    return decorate


def _report_bug(error: Exception) -> None:
    """Say where our bug is without the error's own text, which may hold a value of a record."""
    place = error.__traceback__
    frames = []
    while place is not None:
        frames.append(f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}")
        place = place.tb_next
    err.print(f"error: this is a bug in linkage {__version__}: {type(error).__name__}", markup=False)
    err.print(f"  where: {' > '.join(frames[-6:])}\n  what to do: report these two lines; they hold no data", markup=False)
    if os.environ.get("LINKAGE_DEBUG") == "1":  # for developers with synthetic data
        raise error


@command("run")
def run(
    project: ProjectFile,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder of the run. Default: [run] out, or runs/NAME.")] = None,
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last finished stage.")] = False,
    discard_working: Annotated[
        bool, typer.Option("--discard-working", help="Remove run.duckdb at the end; it holds personal data.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Link the sources of a project.

    Example: linkage run linkage.toml --out runs/first
    """
    settings = read_project(project)
    named = settings.folder / settings.run.out if settings.run.out else None
    target = folder or named or settings.folder / "runs" / settings.project.name
    with Progress(err) as progress:
        run_project(
            settings, out=target, threads=threads, memory=memory, seed=seed, resume=resume,
            discard_working=discard_working, progress=progress,
        )  # fmt: skip
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    if as_json:
        print_json(manifest)
    else:
        print_run(manifest, target)


@command("demo")
def demo(
    folder: Annotated[Path, typer.Option("--out", help="Folder of the demo; an earlier demo in it is replaced.")] = Path("demo"),
    children: Annotated[int, typer.Option(min=1000, help="Children in the synthetic England.")] = 20_000,
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Make a synthetic England, link it, compare with the truth, and write a report.

    Example: linkage demo --out demo
    """
    with Progress(err) as progress:
        result = run_demo(folder, children=children, seed=seed or 1, threads=threads, memory=memory, progress=progress)
    if as_json:
        print_json({"run": str(result.run), "evaluation": result.evaluation.as_dict()})
        return
    print_run(json.loads((result.run / "manifest.json").read_text(encoding="utf-8")), result.run)
    print_evaluation(result.evaluation)
    out.print(f"\nReport: {result.run / 'report.html'}", markup=False)


@command("check")
def check(project: ProjectFile, as_json: Json = False) -> None:
    """Look at the sources before linking: completeness, validity, duplicates, coded findings.

    Example: linkage check linkage.toml
    """
    readiness = check_project(read_project(project))
    if as_json:
        print_json(readiness.as_dict())
    else:
        print_readiness(readiness)


@command("formats")
def formats(
    name: Annotated[str | None, typer.Argument(help="A format; without it, all are listed.")] = None, as_json: Json = False
) -> None:
    """List the formats that can be read, or describe one.

    Example: linkage formats cin_census
    """
    if name is not None and name not in FORMATS:
        raise UsageError("There is no such format.", where=name, expected=f"nearest: {nearest(name, FORMATS)}")
    chosen = [FORMATS[name]] if name else list(FORMATS.values())
    if as_json:
        print_json([_format_dict(item) for item in chosen])
    elif name:
        print_format(chosen[0])
    else:
        print_table("Formats", ("format", "what it is", "files"), [(f.name, f.title, f.files) for f in chosen])


@command("synth")
def synth(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the files.")],
    children: Annotated[int, typer.Option(min=100, help="Children in the population.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    as_json: Json = False,
) -> None:
    """Write a synthetic England: returns in their statutory formats, and the truth about who is who.

    Example: linkage synth england --children 20000 --seed 1
    """
    from linkage_synth import generate

    if folder.exists() and any(folder.iterdir()):
        raise UsageError("The folder is not empty.", where=str(folder), remedy="name a new one")
    with Progress(err) as progress:
        summary = generate(folder, children=children, seed=seed, progress=progress.say)
    if as_json:
        print_json({"people": summary.people, "rows": dict(summary.rows), "files": list(map(str, summary.files))})
        return
    print_table("Synthetic England", ("source", "rows"), [(name, f"{n:,}") for name, n in summary.rows.items()])
    out.print(f"Link it: linkage run {folder / 'linkage.toml'} --out {folder / 'run'}", markup=False)


@command("evaluate")
def evaluate_run(
    run: RunFolder,
    truth: Annotated[Path, typer.Option(help="Truth: a file with source, key (or file, row) and person, or a folder.")],
    as_json: Json = False,
) -> None:
    """Compare a run with the known truth: precision, recall and F1, by source pair and subgroup.

    Example: linkage evaluate demo/run --truth demo/england/truth
    """
    result = evaluate(run, truth)
    if as_json:
        print_json(result.as_dict())
    else:
        print_evaluation(result)


@command("explain")
def explain(
    run: RunFolder,
    record: Annotated[str, typer.Argument(metavar="SOURCE:KEY", help="A record.")],
    other: Annotated[str | None, typer.Argument(metavar="[SOURCE:KEY]", help="Another: why they are linked, or not.")] = None,
    values: Annotated[bool, typer.Option("--values", help="Show names, dates and postcodes: secure setting only.")] = False,
    as_json: Json = False,
) -> None:
    """Say what was found about a record, or each piece of evidence about a pair, in bits.

    Example: linkage explain runs/first census:3012005/H801200001001 home_educated:17
    """
    found = explain_pair(run, record, other, show_values=values) if other else explain_record(run, record, show_values=values)
    if as_json:
        print_json(found.as_dict())
    else:
        out.print(found.as_text(), markup=False, highlight=False)


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        out.print(__version__, highlight=False)
        raise typer.Exit


def print_json(content: Any) -> None:
    """JSON on standard output, one document."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def print_table(title: str, headers: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    """A table on standard output; numbers stand to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for number, header in enumerate(headers):
        is_number = bool(lines) and all(line[number][:1] in "-0123456789." for line in lines if line[number])
        table.add_column(header, justify="right" if is_number else "left")
    for line in lines:
        table.add_row(*line)
    Console(width=max(out.width, 100) if not out.is_terminal else None).print(table, markup=False)


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
    print_table(f"Run {manifest['run_id']}", ("stage", "counts", "seconds"), lines)
    passes = [(p["rule"], f"{p['found']:,}", f"{p['linked']:,}", f"{p['held']:,}", f"{p['shared']:,}") for p in manifest["passes"]]
    print_table("Passes", ("rule", "found", "linked", "held by a guard", "key shared"), passes)
    out.print(f"Written to {folder}", markup=False)


def print_evaluation(result: Evaluation) -> None:
    """Precision, recall and F1 against the truth."""
    for title, headers, lines in result.as_tables():
        print_table(title, headers, lines)


def print_readiness(readiness: Readiness) -> None:
    """What `check` found."""
    for title, headers, lines in readiness.as_tables():
        print_table(title, headers, lines)


def print_format(item: Format) -> None:
    """One format in full."""
    out.print(f"{item.name}: {item.title}\n", markup=False, highlight=False)
    for label, text in (("files", item.files), ("key of a record", item.key), ("fields", ", ".join(item.fields))):
        out.print(f"{label}: {text}", markup=False, highlight=False)
    for note in item.notes:
        out.print(f"- {note}", markup=False, highlight=False)


def _format_dict(item: Format) -> dict[str, Any]:
    return {"name": item.name, "title": item.title, "files": item.files, "key": item.key,
            "fields": list(item.fields), "notes": list(item.notes)}  # fmt: skip


