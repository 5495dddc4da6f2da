"""What was found, as tables for a terminal and as a dictionary for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from linkage.recognise.contract import Found, Proposal

Lines = Sequence[tuple[str, ...]]


def summary_tables(found: Found) -> Iterator[tuple[str, tuple[str, ...], Lines]]:
    """Title, headers and lines: the sources, what to do before a run, and what was left out."""
    sources: Lines = [
        (item.name, _format(item), item.sureness, str(item.year or ""), _files(item)) for item in found.proposals
    ]
    yield "Sources", ("source", "format", "sureness", "year", "files"), sources
    todo: Lines = [(item.name, text) for item in found.proposals for text in _todo(item)]
    if todo:
        yield "Before you run it", ("source", "what to look at"), todo
    if found.others:
        others: Lines = [(other.shown, other.looks_like, other.reason) for other in found.others]
        yield "Not proposed", ("file", "looks like", "why"), others


def as_dict(found: Found) -> dict[str, Any]:
    """The recognitions for machines."""
    return {
        "sources": [asdict(item) for item in found.proposals],
        "not_proposed": [asdict(item) for item in found.others],
    }


def _format(item: Proposal) -> str:
    return item.format if item.readable else f"{item.format} (left out)"


def _files(item: Proposal) -> str:
    return item.paths[0] if len(item.paths) == 1 else f"{len(item.paths)} files, {item.paths[0]} first"


def _todo(item: Proposal) -> Iterator[str]:
    if item.left_out:
        yield f"left out: {item.left_out}"
    yield from item.notes
    for mapped in item.layout.mapped if item.layout else ():
        if mapped.sureness == "guess":
            yield f"{mapped.field} from {mapped.columns[0]!r} is a guess: {mapped.reason}"
