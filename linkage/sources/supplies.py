"""Tables of a supply of data (NPD, LILR, LEO): opening them, ids that mean something inside of it only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from linkage.findings import found, noted
from linkage.project import SourceSpec
from linkage.sources.columns import Header
from linkage.sources.csvfile import read_header
from linkage.sources.files import SourceFile
from linkage.sources.grids import CSV_SUFFIXES, Grid
from linkage.sources.kinds import WrongKindError
from linkage.sources.parquet import read_parquet
from linkage.sql import literal
from linkage.tables import Finding

SUFFIXES = (*CSV_SUFFIXES, ".parquet")
Layout = TypeVar("Layout")

# Words and codes of the NPD, the ILR and of database tools for "there is none".
_MISSING = ("NULL", "NA", "N/A", "NAN", "NONE", "NOT", "UNK", "UNKNOWN", "UNCL", "MIS", "MISS", "MISSING", "INV",
            "INVA", "REFU", "NOBT", "-", ".", "..")  # fmt: skip


def open_table(file: SourceFile) -> Grid:
    """A CSV, TSV or Parquet file; raises InputError for anything else."""
    if file.suffix == ".parquet":
        return read_parquet(file)
    return read_header(file, "\t" if file.suffix in (".tsv", ".tab") else None)


def known_tables(
    files: Sequence[SourceFile], layout_of: Callable[[Header], Layout | None], source: str
) -> tuple[list[tuple[Grid, Layout]], list[Finding]]:
    """The tables of a supply whose layout is known, and a finding for those that are left out."""
    read = [(grid, layout_of(grid.header)) for grid in map(open_table, files)]
    known = [(grid, layout) for grid, layout in read if layout is not None]
    left_out = len(read) - len(known)
    return known, [found("FI006", source, left_out)] if left_out else []


def opaque(expression: str) -> str:
    """SQL: an id of a supply as it is written, case and all; NULL where there is none.

    Only the `.0` of a spreadsheet goes. Codes for a missing value and numbers cut to `1.2E+10` are no ids: as a key
    they would make one child of many.
    """
    plain = f"case when ends_with({expression}, '.0') then left({expression}, -2) else {expression} end"
    return f"case when not ({missing_code(expression)}) and not ({cut_number(expression)}) then {plain} end"


def missing_code(expression: str) -> str:
    """SQL: whether a text is a code for a missing value: a word, nothing but noughts, or a negative number."""
    words = ", ".join(map(literal, _MISSING))
    return (f"upper({expression}) in ({words}) or ltrim({expression}, '0.') = '' "
            f"or (left({expression}, 1) = '-' and try_cast({expression} as double) is not null)")  # fmt: skip


def cut_number(expression: str) -> str:
    """SQL: whether a text is a number in the short form of a spreadsheet, its last digits lost."""
    return rf"contains({expression}, '+') and regexp_full_match({expression}, '\d(\.\d+)?[eE]\+\d+')"


def end_year(expression: str, *, one_year: str = "ends") -> str:
    """SQL: the year in which an academic year ends: of `2015/2016`, `2015/16`, `201516`, `1516` or one year alone.

    `one_year` says whether a year alone is the one in which the academic year `ends` or `starts`.
    """
    later = 1 if one_year == "starts" else 0
    first = f"try_cast(left({expression}, 4) as integer)"
    short = f"try_cast(right({expression}, 2) as integer)"
    follows = f"try_cast(left({expression}, 2) as integer) + 1 = {short}"
    return (rf"case when regexp_full_match({expression}, '\d{{4}}\D?\d{{4}}') then try_cast(right({expression}, 4) "
            rf"as integer) when regexp_full_match({expression}, '\d{{4}}\D?\d{{2}}') then {first} + 1 "
            rf"when regexp_full_match({expression}, '\d{{4}}') and {follows} and {short} < 50 then 2000 + {short} "
            rf"when regexp_full_match({expression}, '(19|20)\d{{2}}') then {first} + {later} end")  # fmt: skip


def unscoped(spec: SourceSpec, field: str) -> tuple[Finding, ...]:
    """The finding that a source with ids of a supply does not say of which supply."""
    return noted("ID010", spec.name, 0 if spec.supply else 1, field)


def no_table(file: SourceFile, *, what: str, columns: str) -> WrongKindError:
    """The error for a source in which no file is a table of its format."""
    return WrongKindError(f"No file is {what}.", file=file, expected=columns)
