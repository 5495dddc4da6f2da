"""The command line: parse, call, print. No SQL and no decisions here.

Results go to standard output, progress and errors to standard error. `--json` prints for machines. No message holds
a value of a record, and no user sees a traceback.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from linkage import __version__
from linkage.demo import run_demo
from linkage.diagnostics.evaluation import Evaluation, evaluate
from linkage.diagnostics.explain import PairExplanation, RecordExplanation, explain_pair, explain_record
from linkage.diagnostics.readiness import Readiness, check_project
from linkage.errors import LinkageError, UsageError
from linkage.progress import Progress
from linkage.project import read_project
from linkage.recognise import Found, as_dict, recognise, summary_tables, write_project
from linkage.run import run_project
from linkage.sources import FORMATS, Format
from linkage.sql import machine_limit, was_interrupted
from linkage.strict import nearest

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Links records about children: records in, links with confidence, persons and a report out.",
)  # fmt: skip
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

MOST_FAULTS = 20  # shown of one error
PLAIN_WIDTH = 120  # columns of a table that goes to a file or a pipe
PAGE_WIDTH = 100  # columns of running text, which nobody reads across a wide screen
UNLIMITED = 10_000  # columns, to measure what a table would like to have
WIDEST_WORD = 24  # a longer one may be broken, or the other columns would have no room
NUMBER = re.compile(r"[-−–\d.,%\s]*")
ETHNICITY = ("ethnicity_group", "ethnicity")  # the subgroups of a truth that the demo shows; `evaluate` shows all

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project file, usually linkage.toml.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")]
Threads = Annotated[int | None, typer.Option(metavar="N", min=1, max=1024, help="Processor threads. Default: all.")]
Memory = Annotated[
    str | None, typer.Option(metavar="SIZE", help="Memory limit, as in 8GB. Default: 60% of the machine's.")
]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Seed of every sample. Default: 1.")]


def command(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose errors become a message and an exit code, never a traceback."""

    def decorate(work: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(work)
        def guarded(*args: Any, **options: Any) -> None:
            try:
                work(*args, **options)
            except Exception as error:
                raise typer.Exit(_told(error, name)) from None
            except KeyboardInterrupt:
                raise typer.Exit(_stopped(name)) from None

        app.command(name)(guarded)
        return guarded

    return decorate


def _told(error: Exception, name: str) -> int:
    """Say on standard error what went wrong; returns the exit code."""
    if isinstance(error, BrokenPipeError):
        raise error  # `linkage … | head`: typer knows what to do
    if was_interrupted(error):
        return _stopped(name)
    known = error if isinstance(error, LinkageError) else machine_limit(error)
    if known is None:
        _report_bug(error)
        return LinkageError.exit_code
    for fault in known.faults[:MOST_FAULTS]:
        err.print(f"error: {fault}", markup=False, highlight=False)
    if len(known.faults) > MOST_FAULTS:
        err.print(f"and {len(known.faults) - MOST_FAULTS:,} more faults like these", markup=False, highlight=False)
    return known.exit_code


def _stopped(name: str) -> int:
    """Say that the user stopped the command; returns the exit code that shells expect."""
    kept = "; finished stages are kept: go on with --resume" if name == "run" else ""
    err.print(f"stopped{kept}", markup=False, highlight=False)
    return 130


def _report_bug(error: Exception) -> None:
    """Say where our bug is without the error's own text, which may hold a value of a record."""
    if os.environ.get("LINKAGE_DEBUG") == "1":  # for developers with synthetic data
        raise error
    place = error.__traceback__
    frames = []
    while place is not None:
        frames.append(f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}")
        place = place.tb_next
    err.print(f"error: this is a bug in linkage {__version__}: {type(error).__name__}", markup=False, highlight=False)
    err.print(f"  where: {' > '.join(frames[-6:])}", markup=False, highlight=False)
    err.print("  what to do: report these lines; they hold no data", markup=False, highlight=False)


@command("run")
def run(
    project: ProjectFile,
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the run. Default: [run] out, or runs/NAME.")
    ] = None,
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = None,
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
            settings, out=target, threads=threads, memory=memory, seed=seed, resume=resume,
            discard_working=discard_working or None, progress=progress,
        )  # fmt: skip
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    if as_json:
        print_json(manifest)
    else:
        print_run(manifest, target)


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


@command("init")
def init(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Files, folders or ZIP archives.")],
    target: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The project file to write. Default: linkage.toml.")
    ] = Path("linkage.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a project file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a project file by looking at the files.

    Says what each file is, how sure that is and why. Read the file through before you run it.

    Example: linkage init demo/england/returns --out england.toml
    """
    found = recognise(files, target.parent)
    if as_json:
        print_json(as_dict(found))
    else:
        print_found(found)
    write_project(found, target, force=force)
    if not as_json:
        say(f"\nWritten to {target}")


@command("check")
def check(project: ProjectFile, as_json: Json = False) -> None:
    """Look at the sources before linking them.

    Counts what is complete, valid, shared and excluded, and lists what was found, with codes. Writes nothing.

    Example: linkage check demo/england/linkage.toml
    """
    readiness = check_project(read_project(project))
    if as_json:
        print_json(readiness.as_dict())
    else:
        print_readiness(readiness)


@command("formats")
def formats(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A format; without it, all are listed.")] = None,
    as_json: Json = False,
) -> None:
    """List the formats of files, or describe one.

    Example: linkage formats cin_census
    """
    if name is not None and name not in FORMATS:
        raise UsageError("There is no such format.", where=repr(name), remedy="run `linkage formats` for the list",
                         expected=f"a known format; nearest: {nearest(name, FORMATS)}")  # fmt: skip
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
    children: Annotated[int, typer.Option(metavar="N", min=500, help="Children in the population.")] = 20_000,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same bytes.")] = 1,
    as_json: Json = False,
) -> None:
    """Write the files of a synthetic England.

    Returns in their statutory formats, a local list, a project file, and the truth about who is who.

    Example: linkage synth england --children 20000 --seed 1
    """
    from linkage_synth import generate

    try:
        used = folder.exists() and any(folder.iterdir())
    except OSError:
        raise UsageError("The folder cannot be used.", where=str(folder), remedy="name a new one") from None
    if used:
        raise UsageError("The folder is not empty.", where=str(folder), expected="a new or empty folder",
                         remedy="name a new one")  # fmt: skip
    with Progress(err) as progress:
        summary = generate(folder, children=children, seed=seed, progress=progress.say)
    if as_json:
        print_json({"people": summary.people, "rows": dict(summary.rows), "files": list(map(str, summary.files))})
        return
    print_table("Synthetic England", ("source", "rows"), [(name, f"{n:,}") for name, n in summary.rows.items()])
    say(f"\nLink it: linkage run {folder / 'linkage.toml'} --out {folder / 'run'}")


@command("evaluate")
def evaluate_run(
    run: RunFolder,
    truth: Annotated[
        Path,
        typer.Option(metavar="PATH", help="A file of source, key (or file, row), person; or a folder with rows.csv."),
    ],
    as_json: Json = False,
) -> None:
    """Compare a run with a known truth.

    Precision, recall and F1, by pair of sources and by subgroup.

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
    other: Annotated[
        str | None, typer.Argument(metavar="[SOURCE:KEY]", help="Another: why they are linked, or not.")
    ] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Show names, dates and postcodes: secure setting only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say why two records are linked, or not.

    Each piece of evidence about a pair in bits; or, given one record only, what became of it.

    Example: linkage explain demo/run census_2023:2022000/L202202416017 early_help:EH008203
    """
    if other:
        found: PairExplanation | RecordExplanation = explain_pair(run, record, other, show_values=values)
    else:
        found = explain_record(run, record, show_values=values)
    if as_json:
        print_json(found.as_dict())
    else:
        say(found.as_text())


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    _keep_streams_clean()
    if version:
        say(__version__)
        raise typer.Exit


def _keep_streams_clean() -> None:
    """No letter that a terminal cannot show stops a command, and no library adds lines of its own to ours."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not sys.warnoptions and os.environ.get("LINKAGE_DEBUG") != "1":
        # A warning may quote a value; filters stay as they are, so that tests can make errors of warnings.
        warnings.showwarning = lambda *_args, **_named: None
        logging.getLogger().addHandler(logging.NullHandler())


def say(text: str) -> None:
    """A line of a result on standard output, as it is."""
    out.print(text, markup=False, highlight=False)


def print_json(content: Any) -> None:
    """JSON on standard output, one document."""
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=ascii_only, allow_nan=False) + "\n")


def print_table(title: str, headers: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    """A table on standard output; numbers stand to the right and are not broken in two."""
    say("")
    if not lines:
        return say(f"{title}: none")
    if not any(headers):
        return say("\n".join((title, *(" ".join(line) for line in lines))))
    out.print(Text(title, style="bold"))
    console = Console(width=None if out.is_terminal else PLAIN_WIDTH)
    table = _table(headers, lines, gap=2)
    if console.measure(table, options=console.options.update(width=UNLIMITED)).maximum > console.width:
        table = _table(headers, lines, gap=1)
    with console.capture() as shown:
        console.print(table)
    # Lines end where their text ends, as lines of a file do.
    out.print("\n".join(line.rstrip() for line in shown.get().rstrip("\n").split("\n")), markup=False, highlight=False)
    return None


def _table(headers: tuple[str, ...], lines: Sequence[tuple[str, ...]], *, gap: int) -> Table:
    """Numbers are never broken in two, texts between words where the terminal is narrow."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for header, cells in zip(headers, zip(*lines, strict=True), strict=True):
        is_number = any(cells) and all(NUMBER.fullmatch(cell) for cell in cells)
        whole = (*cells, *header.split()) if is_number else (header, *(word for cell in cells for word in cell.split()))
        table.add_column(
            Text(header), justify="right" if is_number else "left", overflow="fold",
            min_width=min(max(map(len, whole)), WIDEST_WORD),
        )  # fmt: skip
    for line in lines:
        table.add_row(*map(Text, line))
    return table


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


def print_evaluation(result: Evaluation, *, subgroups: tuple[str, ...] = ()) -> None:
    """Precision, recall and F1 against the truth; of the subgroups all, or those that are named."""
    for title, headers, lines in result.as_tables():
        if subgroups and headers[0] == "subgroup":
            title = "Pairs of records, by ethnic group"
            lines = [line for name in subgroups for line in lines if line[0] == name]
        print_table(title, headers, lines)


def print_readiness(readiness: Readiness) -> None:
    """What `check` found."""
    for title, headers, lines in readiness.as_tables():
        print_table(title, headers, lines)


def print_found(found: Found) -> None:
    """What `init` recognised."""
    for title, headers, lines in summary_tables(found):
        print_table(title, headers, lines)


def print_format(item: Format) -> None:
    """One format in full."""
    say(f"{item.name}: {item.title}\n")
    facts = (("files", item.files), ("key of a record", item.key), ("fields", ", ".join(item.fields)))
    for text in (*(f"{label}: {text}" for label, text in facts), *(f"- {note}" for note in item.notes)):
        say(textwrap.fill(text, width=min(out.width, PAGE_WIDTH), subsequent_indent="  "))


def _format_dict(item: Format) -> dict[str, Any]:
    return {"name": item.name, "title": item.title, "files": item.files, "key": item.key,
            "fields": list(item.fields), "notes": list(item.notes)}  # fmt: skip
