"""Where the column names of a table stand, and whether a line of texts is column names at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from linkage.identifiers import checked_identifier
from linkage.recognise.headings import fields_named
from linkage.recognise.looks import Looks, is_telling, looks_of
from linkage.sources.columns import Header

# Rows of a banner above the header, at the most.
_WITHIN = 30
# Wide rows above the header, at the most.
_NOTES = 4
_STRONG = 0.8
_ENOUGH = 5
# So many fields are in the first line of no record.
_SURELY = 4

Row = Sequence[str | None]


def where_header_is(rows: Sequence[Row]) -> tuple[Header, int]:
    """The header and the number of rows above the data.

    It is the line that names most fields, down to the first one that is about as wide as the table; where none names
    two, it is that one, unless one of the next names several (below a line of numbers or of notes for each column).
    A header may stand in two rows, as in the importers.
    """
    if not rows:
        return Header(()), 0
    widths = [sum(cell is not None for cell in row) for row in rows[:_WITHIN]]
    first = next(at for at, width in enumerate(widths) if width * 2 > max(widths) or width == max(widths))
    best = _most_telling(rows, range(first + 1), 2) or _most_telling(rows, range(first + 1, first + _NOTES), 3)
    return best or (Header(tuple(cell or "" for cell in rows[first])), first + 1)


def _most_telling(rows: Sequence[Row], places: Iterable[int], least: int) -> tuple[Header, int] | None:
    """The header at one of the places that names most fields, if it names so many."""
    best: tuple[int, Header, int] | None = None
    for above in places:
        for header, depth in _headers_at(rows, above) if above < len(rows) else ():
            told = len(fields_named(header.names))
            if told >= least and (best is None or told > best[0]):
                best = told, header, above + depth
    return (best[1], best[2]) if best else None


def is_named(header: Header, body: Sequence[Row]) -> bool:
    """Whether the line is column names, and no record of a file that has none.

    It is not where a name looks like a date, an identifier or a postcode, or stands among the values below it.
    Otherwise it is where two of its names are known, or where it differs from columns that are nearly all of one shape.
    """
    if any(is_telling(name) for name in header.names):
        return False
    told = len(fields_named(header.names))
    if told >= _SURELY:
        return True
    columns = [[row[at] for row in body] for at in range(len(header.names))]
    if any(name and name in below for name, below in zip(header.names, columns, strict=True)):
        return False
    if told > 1:
        return True
    differing = 0
    for name, below in zip(header.names, map(looks_of, columns), strict=True):
        if name and below.filled >= _ENOUGH and (strong := _strong_shapes(below)):
            if strong & _strong_shapes(looks_of([name])):
                return False
            differing += not _says_none(name)
    return differing + told > 1


def _is_record(row: Row) -> bool:
    return any(is_telling(cell) for cell in row if cell)


def _says_none(name: str) -> bool:
    """Whether a text only says that there is no value, as a record may."""
    checked = checked_identifier("upn", name)
    return len(name) > 1 and (checked is None or checked.status == "placeholder")


def _strong_shapes(looks: Looks) -> set[str]:
    """The shapes that nearly all values have."""
    counts = {"date": looks.date + looks.compact, "upn": looks.upn_shape, "postcode": looks.postcode,
              "digits": looks.digits, "sex": looks.sex_word, "ten": looks.ten_digits,
              "hashed": looks.hashed}  # fmt: skip
    return {shape for shape, count in counts.items() if looks.share(count) >= _STRONG}


def _headers_at(rows: Sequence[Row], above: int) -> Iterator[tuple[Header, int]]:
    """The header that a row makes alone, then those that it makes with the next row; none of a row that is a record."""
    if _is_record(rows[above]):
        return
    upper = [cell or "" for cell in rows[above]]
    yield Header(tuple(upper)), 1
    if above + 1 < len(rows) and len(rows[above + 1]) == len(upper) and not _is_record(rows[above + 1]):
        lower = [cell or "" for cell in rows[above + 1]]
        yield Header(tuple(low or up for up, low in zip(upper, lower, strict=True))), 2
        yield Header(tuple(" ".join(dict.fromkeys(filter(None, both))) for both in zip(upper, lower, strict=True))), 2
