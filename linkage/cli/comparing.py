"""Commands that lay two runs side by side: `diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from linkage.cli.app import Json, command
from linkage.cli.console import print_json, print_table
from linkage.diagnostics.differences import differences, refuse_churn


@command("diff")
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of the earlier run.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The folder of the later run.")],
    most_churn: Annotated[
        float | None,
        typer.Option(metavar="SHARE", min=0, max=1, help="Exit code 13 where more of the records of both runs moved."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare two runs: links and persons, by cause.

    Counts links gained and lost, persons merged and split, because of data, rules, model or overrides, and records
    that changed companions by subgroup. Names no record. For the secure setting: small counts are not hidden.

    Example: linkage diff demo/run demo/again --most-churn 0.005
    """
    found = differences(old, new)
    if as_json:
        print_json(found.as_dict())
    else:
        for title, headers, lines in found.as_tables():
            print_table(title, headers, lines)
    if most_churn is not None:
        refuse_churn(found, most_churn)
