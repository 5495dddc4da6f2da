"""What every importer is: a description that `linkage formats` prints, and a loader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linkage.project import SourceSpec
from linkage.sources.columns import Header
from linkage.sources.files import SourceFile
from linkage.sql import Connection
from linkage.tables import Extract

Loader = Callable[[Connection, SourceSpec, Sequence[SourceFile]], Extract]
"""Reads the files of a source and writes its `rows__`, `addresses__` and `events__` tables; raises InputError,
RefusedError or ProjectError."""


@dataclass(frozen=True)
class Part:
    """Which part of a format a table is (`episodes`), and whether its columns can be of no other format."""

    name: str
    is_sure: bool = True


@dataclass(frozen=True)
class XmlForm:
    """The XML form of a format: its root element, and the elements that are its rows, numbered together from 1.

    A file is of the form where its header states one of the collections or, without a header, where one of the
    `telling` texts is near its beginning; with neither, the root element is enough.
    """

    root: str
    rows: tuple[str, ...]
    collections: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A format: what it reads, what its key is, which canonical fields it can fill, what is handled.

    `what` is one file of it, as in `It looks like …`. `suffixes` are those that are looked for where a path is a
    folder. `part_of` tells a table of the format by its header and its title (name of the sheet, or of the file without
    suffix), None where any table is of it; `headings` are those that the header of a sheet is found by, empty where no
    workbook is read.
    """

    name: str
    what: str
    title: str
    files: str
    suffixes: tuple[str, ...]
    key: str
    fields: tuple[str, ...]
    notes: tuple[str, ...]
    load: Loader
    part_of: Callable[[Header, str], Part | None] | None
    xml: XmlForm | None = None
    headings: tuple[str, ...] = ()
