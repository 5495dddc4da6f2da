"""Commands that look at what there is to link: `init`, `check`, `formats`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from linkage.check import check as check_sources
from linkage.cli.app import Json, ProjectFile, command
from linkage.cli.console import PAGE_WIDTH, out, print_json, print_table, say
from linkage.diagnostics.readiness import Readiness
from linkage.diagnostics.readiness.summary import summary_tables as readiness_tables
from linkage.errors import UsageError
from linkage.project import read_project
from linkage.recognise import Found, as_dict, recognise, summary_tables, write_project
from linkage.sources import FORMATS, Format
from linkage.strict import nearest


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
def check(
    project: ProjectFile,
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for the tables and the page. Default: runs/NAME-check."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Look at the sources before linking them.

    Counts what is complete, valid, shared and excluded, by year and authority; lists what was found, with codes; and
    says which links can be hoped for. Prints a summary; the whole is in check.html and CSV tables beside it.

    Example: linkage check demo/england/linkage.toml
    """
    settings = read_project(project)
    folder = out_folder or settings.check_folder
    readiness = check_sources(settings, folder)
    if as_json:
        print_json(readiness.as_dict())
    else:
        print_readiness(readiness)
        say(f"\nWritten to {folder}: read check.html")


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


def print_readiness(readiness: Readiness) -> None:
    """What `check` found, on one screen."""
    for title, headers, lines in readiness_tables(readiness):
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
