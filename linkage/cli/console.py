"""What the commands print: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

PLAIN_WIDTH = 120  # columns of a table that goes to a file or a pipe
PAGE_WIDTH = 100  # columns of running text, which nobody reads across a wide screen
UNLIMITED = 10_000  # columns, to measure what a table would like to have
WIDEST_WORD = 24  # a longer one may be broken, or the other columns would have no room
NUMBER = re.compile(r"[-−–\d.,%\s]*")


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
