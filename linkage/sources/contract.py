"""What every importer is: a description that `linkage formats` prints, and a loader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linkage.project import SourceSpec
from linkage.sources.files import SourceFile
from linkage.sql import Connection
from linkage.tables import Extract

Loader = Callable[[Connection, SourceSpec, Sequence[SourceFile]], Extract]
"""Reads the files of a source and writes its `rows__`, `addresses__` and `events__` tables; raises InputError,
RefusedError or ProjectError."""


@dataclass(frozen=True)
class Format:
    """A format: what it reads, what its key is, which canonical fields it can fill, what is handled.

    `suffixes` are those that are looked for where a path is a folder.
    """

    name: str
    title: str
    files: str
    suffixes: tuple[str, ...]
    key: str
    fields: tuple[str, ...]
    notes: tuple[str, ...]
    load: Loader
