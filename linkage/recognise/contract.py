"""What recognition works with: samples of tables and XML documents, what a recogniser says, what is proposed.

Samples hold values of records and never leave this package; recognitions and proposals hold names of files and
columns, codes of collections and counts only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from linkage.recognise.looks import Looks, looks_of
from linkage.sources.columns import Header

Sureness = Literal["certain", "likely", "guess"]
SURENESS: tuple[Sureness, ...] = ("certain", "likely", "guess")
"""From the surest to the least sure."""


def least_sure(stated: Sequence[Sureness]) -> Sureness:
    """The weakest of several."""
    return max(stated, key=SURENESS.index, default="guess")


@dataclass(frozen=True)
class Place:
    """Where a sample is from: a file, maybe in an archive (its path goes on below it), maybe one sheet of a workbook.

    `sheets` counts those of its workbook.
    """

    target: Path
    shown: str
    sheet: str | None = None
    sheets: int = 0

    @property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.target.suffix.lower()


@dataclass(frozen=True)
class Table:
    """The first rows of a table; `whole` where there are no further ones, `above` the lines before its header.

    `named` is whether the header is one for sure: only then may its names be shown, as the first line of a file
    without a header is a record.
    """

    place: Place
    header: Header
    rows: Sequence[Sequence[str | None]]
    whole: bool
    above: int = 0
    named: bool = True

    @cached_property
    def names(self) -> frozenset[str]:
        """Compacted names of the columns: letters and digits in lower case."""
        return frozenset("".join(filter(str.isalnum, name.casefold())) for name in self.header.names) - {""}

    @cached_property
    def upper(self) -> frozenset[str]:
        """Names of the columns in upper case."""
        return frozenset(name.upper() for name in self.header.names if name)

    def values(self, *wanted: str) -> list[str]:
        """What the sample has under the first of several column names; blank cells are left out."""
        at = self.header.first(*wanted)
        return [value for value in self.column(at) if value is not None] if at is not None else []

    def column(self, at: int) -> list[str | None]:
        """The cells of a column."""
        return [row[at] for row in self.rows]

    def looks(self, at: int) -> Looks:
        """What the values of a column look like."""
        if at not in self._looks:
            self._looks[at] = looks_of(self.column(at))
        return self._looks[at]

    @cached_property
    def _looks(self) -> dict[int, Looks]:
        return {}


@dataclass(frozen=True)
class Document:
    """The beginning of an XML document: its root, the names of its elements, its header, and its first records.

    `records` hold the first text of each of the few elements that recognition asks for; `whole` where there are no
    further ones.
    """

    place: Place
    root: str
    namespace: str
    tags: frozenset[str]
    header: Mapping[str, str]
    records: Sequence[Mapping[str, str]]
    dates: Sequence[str]
    whole: bool


Sample = Table | Document


@dataclass(frozen=True)
class Recognition:
    """What one file or sheet is. Files of one format and `group` are one source.

    `part` names the file's place in its source (`episodes`, `pupils on roll`); `year` is the one in which the
    collection's year ends, or that of a census term. `in_folder` is whether a folder's name says the authority, where
    the importer reads it for itself; `needs_authority` whether nothing says it, and the importer has to know.
    `has_children` is whether its rows are records, and not only what is told of those in another file of its source.
    `supplied` is whether its ids mean something inside of one supply only, and `ids` are their columns; `slug` is a
    word for the source's name, and `dates` are those of events, which tell a year that nothing states.
    """

    format: str
    part: str
    sureness: Sureness
    reasons: tuple[str, ...]
    group: str = ""
    year: int | None = None
    term: str | None = None
    authority: str | None = None
    in_folder: bool = False
    needs_authority: bool = False
    has_children: bool = True
    supplied: bool = False
    ids: tuple[int, ...] = ()
    slug: str = ""
    dates: tuple[str, ...] = field(default=(), repr=False)


Recogniser = Callable[[Sample], Recognition | None]


@dataclass(frozen=True)
class Mapped:
    """Where a field of an unknown table comes from, how sure that is, and why; `order` is that of a whole name."""

    field: str
    columns: tuple[str, ...]
    sureness: Sureness
    reason: str
    join: bool = False
    format: str | None = None
    order: str | None = None


@dataclass(frozen=True)
class LeftAlone:
    """A column that is not used, and why."""

    column: str
    reason: str


@dataclass(frozen=True)
class Layout:
    """What is proposed for an unknown table."""

    mapped: tuple[Mapped, ...]
    left_alone: tuple[LeftAlone, ...]
    key: str | None
    key_reason: str


@dataclass(frozen=True)
class Part:
    """One file or sheet of a proposed source; `reasons` are those that do not hold for all of its files."""

    shown: str
    part: str
    rows: int
    whole: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A source for the project file.

    `left_out` says why a run could not read it (empty: it can); `unique` whether no person seems to have two records,
    None where the sample is only the beginning.
    """

    name: str
    format: str
    paths: tuple[str, ...]
    sureness: Sureness
    reasons: tuple[str, ...]
    parts: tuple[Part, ...]
    year: int | None = None
    term: str | None = None
    authority: str | None = None
    supply: str | None = None
    sheet: str | None = None
    layout: Layout | None = None
    unique: bool | None = False
    unique_reason: str = ""
    notes: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def readable(self) -> bool:
        """Whether a run can read it."""
        return not self.left_out


@dataclass(frozen=True)
class NotProposed:
    """A file or sheet that is no source, and what it looks like."""

    shown: str
    looks_like: str
    reason: str = ""


@dataclass(frozen=True)
class Found:
    """All that was recognised."""

    proposals: tuple[Proposal, ...]
    others: tuple[NotProposed, ...] = field(default=())
