"""The Typer app, the options that commands share, and how an error becomes a message and an exit code.

No message holds a value of a record, and no user sees a traceback.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from linkage import __version__
from linkage.cli.console import err, say
from linkage.errors import LinkageError
from linkage.interrupts import listening
from linkage.sql import machine_limit, was_interrupted

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Links records about children: records in, links with confidence, persons and a report out.",
)  # fmt: skip

MOST_FAULTS = 20  # shown of one error

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
                with listening():
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
