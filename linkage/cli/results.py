"""Commands that ask about a finished run: `evaluate`, `explain`, `diagnose`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.app import Json, Memory, RunFolder, Threads, command
from linkage.cli.console import err, print_json, print_table, say
from linkage.diagnose import diagnose
from linkage.diagnostics.evaluation import SOURCES, Evaluation, evaluate
from linkage.diagnostics.explain import PairExplanation, RecordExplanation, explain_pair, explain_record
from linkage.diagnostics.subgroups import ALL
from linkage.progress import Progress
from linkage.project import read_project
from linkage.report import write_reports_again


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


@command("diagnose")
def diagnose_run(
    run: RunFolder,
    project: Annotated[
        Path | None,
        typer.Option(metavar="PROJECT", help="Take [diagnostics] from this project file instead of from the run."),
    ] = None,
    threads: Threads = None,
    memory: Memory = None,
    as_json: Json = False,
) -> None:
    """Make the diagnostics, the public tables and the report of a run again.

    From its working tables, so that another subgroup or reference needs no other run. Links stay as they are.

    Example: linkage diagnose demo/run --project demo/england/linkage.toml
    """
    settings = read_project(project) if project else None
    with Progress(err) as progress:
        made = diagnose(run, settings, threads=threads, memory=memory, step=progress.say)
    if as_json:
        print_json({"run": str(run), **made})
        return
    lines = [(name.removesuffix("_rows").replace("_", " "), f"{n:,}") for name, n in made["diagnostics"].items()]
    print_table("Diagnostics", ("table", "rows"), lines)
    counts = made["public"]
    say(f"\nPublic tables: {counts['tables']}, {counts['hidden']:,} of {counts['counts']:,} counts hidden")
    say(f"Written to {run / 'diagnostics'}, {run / 'public'} and {run / 'report.html'}")


@command("report")
def report_run(run: RunFolder, as_json: Json = False) -> None:
    """Make the report of a run again, and the public one.

    From its working tables, and the public one from its public tables alone. Links, diagnostics and public tables stay
    as they are; `diagnose` makes these again, too.

    Example: linkage report demo/run
    """
    made = write_reports_again(run)
    if as_json:
        print_json({"run": str(run), "report": str(made.report),
                    "public_report": None if made.public is None else str(made.public)})  # fmt: skip
        return
    say(f"Report, for the secure setting only: {made.report}")
    say(f"Public report: {made.public or 'none, as there are no public tables'}")


def print_evaluation(result: Evaluation, *, subgroups: tuple[str, ...] = ()) -> None:
    """Precision, recall and F1 against the truth; of the subgroups all, or those that are named."""
    for title, headers, lines in result.as_tables():
        if subgroups and headers[0] == "subgroup":
            title = "Pairs of records, by ethnic group"
            lines = [line for name in subgroups for line in lines if line[0] == name]
        if subgroups and headers[0] == "by":
            lines = [line for line in lines if line[0] in (*subgroups, SOURCES)]
        if subgroups and headers[0] == "unit":
            lines = [line for line in lines if line[1] == ALL]
        print_table(title, headers, lines)
