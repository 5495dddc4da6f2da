"""The command that asks people: `review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.clerical.results import Exported, Plan, Reviewed
from linkage.clerical.review import export_sample, import_answers, plan_review
from linkage.cli.app import Json, RunFolder, Seed, command
from linkage.cli.console import err, print_json, print_table, say
from linkage.errors import UsageError


@command("review")
def review(
    run: RunFolder,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be read, and how sure one would be.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE.xlsx", help="Draw a sample and write the readers' workbook."),
    ] = None,
    answers: Annotated[
        list[Path] | None,
        typer.Option("--import", metavar="FILE.xlsx", help="Read answers back; may repeat, a copy for each reader."),
    ] = None,
    size: Annotated[int | None, typer.Option(metavar="N", min=1, help="Pairs to sample.")] = None,
    half_width: Annotated[
        float | None,
        typer.Option(metavar="W", help="Or: half the width wanted of the 95% intervals. Default: 0.03."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Subgroup to sample each group of, or `all`. Default: the project's first."),
    ] = None,
    show: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Show readers a characteristic, as language; may repeat.")
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take a workbook that is not answered to its end.")
    ] = False,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Let people judge a sample of pairs, in a workbook.

    --plan says how many to read; --export x.xlsx writes the workbook, which holds personal data; --import x.xlsx
    reads the answers back: precision and recall with intervals, and how far the readers can be trusted.

    Example: linkage review demo/run --plan --half-width 0.05
    """
    if sum((plan, export is not None, bool(answers))) != 1:
        raise UsageError(
            "One of three things can be done at a time.", expected="--plan, --export FILE or --import FILE"
        )
    if answers:
        reviewed = import_answers(run, answers, partial=partial)
        print_json(reviewed.as_dict()) if as_json else print_reviewed(reviewed, run)
    elif export is not None:
        exported = export_sample(
            run, export, by=by, size=size, half_width=half_width, show=show or (), seed=1 if seed is None else seed
        )
        warn_of_workbook(exported)
        print_json(exported.as_dict()) if as_json else print_exported(exported)
    else:
        planned = plan_review(run, by=by, size=size, half_width=half_width)
        print_json(planned.as_dict()) if as_json else print_plan(planned)


def warn_of_workbook(exported: Exported) -> None:
    """Say on standard error what the workbook is: the one file with values of records that the engine makes."""
    err.print(
        f"warning: {exported.workbook} holds names, birth dates and addresses of children. Keep it in the secure "
        "setting, give it to its readers only, and delete it when the answers are read back.",
        markup=False, highlight=False,
    )  # fmt: skip


def print_plan(planned: Plan) -> None:
    """What would be read."""
    for title, headers, lines in planned.as_tables():
        print_table(title, headers, lines)


def print_exported(exported: Exported) -> None:
    """What is to be read, and where."""
    print_plan(exported.plan)
    say(f"\nWritten to {exported.workbook}; the key of sample {exported.sample} is {exported.key}, not for readers")


def print_reviewed(reviewed: Reviewed, run: Path) -> None:
    """What the readers found."""
    for title, headers, lines in reviewed.as_tables():
        print_table(title, headers, lines)
    say(f"\nWritten to {run / 'diagnostics'}: clerical_strata.csv, clerical_estimates.csv")
