"""Commands that make data for others: `minimise`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from linkage.cli.app import Json, Memory, ProjectFile, Threads, command
from linkage.cli.console import err, print_json, print_table, say
from linkage.minimise import Choices, Cost, minimise_project
from linkage.progress import Progress
from linkage.project import read_project


@command("minimise")
def minimise(
    project: ProjectFile,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder: what you share.")],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The key: made if not there; outside of DIR. Default: minimise.key beside the project file.",
        ),
    ] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Copy this source only; may repeat.")] = None,
    names: Annotated[Literal["drop", "keep"], typer.Option(help="Forenames and surnames.")] = "drop",
    dob: Annotated[Literal["day", "month", "year"], typer.Option(help="How much of a birth date.")] = "month",
    postcode: Annotated[
        Literal["full", "sector", "district"], typer.Option(help="How much of a home postcode.")
    ] = "sector",
    keep: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Also keep a code, as school_urn or sen; may repeat.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Leave out a field, as nhs_number; may repeat.")
    ] = None,
    files: Annotated[Literal["csv", "parquet"], typer.Option("--format", help="Kind of file.")] = "csv",
    threads: Threads = None,
    memory: Memory = None,
    as_json: Json = False,
) -> None:
    """Make copies of the sources to share that still link.

    Identifiers become keyed pseudonyms, birth dates months, postcodes sectors; names and all that linking does not
    need go. Says what that costs. Whoever holds the key can undo it: give it to nobody who gets the copies.

    Example: linkage minimise demo/england/linkage.toml --out copy --key my.key
    """  # fmt: skip
    choices = Choices(names=names, dob=dob, postcode=postcode, keep=tuple(keep or ()), drop=tuple(drop or ()),
                      files=files)  # fmt: skip
    with Progress(err) as progress:
        cost = minimise_project(
            read_project(project), out=folder, key_file=key, choices=choices, sources=tuple(source or ()),
            threads=threads, memory=memory, say=progress.say,
        )  # fmt: skip
    if as_json:
        print_json(cost.as_dict())
    else:
        print_cost(cost, folder)


def print_cost(cost: Cost, folder: Path) -> None:
    """What the copies cost in linkability."""
    for title, headers, lines in cost.as_tables():
        print_table(title, headers, lines)
    say(f"\nWritten to {folder}; pseudonyms of {cost.key_id}. Keep the key apart from the copies.")
