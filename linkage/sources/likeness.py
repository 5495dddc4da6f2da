"""What a file looks like among the formats, for the message about a file of the wrong kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from linkage.errors import LinkageError
from linkage.sources.columns import Header
from linkage.sources.contract import Format, Part
from linkage.sources.csvfile import read_header
from linkage.sources.files import SourceFile
from linkage.sources.grids import SUFFIXES as TABLE_SUFFIXES
from linkage.sources.kinds import HEAD_BYTES, WrongKindError, decode_head, looks_like, root_element
from linkage.sources.parquet import read_parquet
from linkage.sources.workbook import SUFFIXES as WORKBOOK_SUFFIXES
from linkage.sources.workbook import find_header, read_sheets

_COLLECTION = re.compile(r"<(?:\w+:)?Collection>\s*([\w ]{1,20}?)\s*<")


def likeness(file: SourceFile, formats: Iterable[Format]) -> str:
    """What a file is, as in `It looks like …`: the format whose columns or elements it has, else what its bytes say.

    The words are those of the formats: of the file only the name of an XML root element is ever shown.
    """
    listed = tuple(formats)
    known, part = _best(file, listed)
    if known is not None:
        return f'{known.what}{f": {part.name}" if part else " in XML"} (format "{known.name}")'
    words = looks_like(file.path)
    reads_any = next((each.name for each in listed if each.part_of is None), None)
    is_table = file.suffix in TABLE_SUFFIXES and words in ("an Excel workbook", "a text file of another layout")
    return f'{words}, of no format that is known (format "{reads_any}" reads any table)' if is_table else words


def refuse_another_kind(files: Sequence[SourceFile], said: Format, formats: Iterable[Format]) -> None:
    """Raise WrongKindError where no file is surely of its format and the first one surely of another.

    The importers are lenient, and some would find a few of their columns in the tables of others.
    """
    if said.part_of is None:
        return
    for file in files:
        known, part = _best(file, (said,))
        if known is not None and (part is None or part.is_sure):
            return
    known, part = _best(files[0], formats)
    if known is not None and known is not said and (part is None or part.is_sure):
        raise WrongKindError("The file is of another kind.", file=files[0], expected=f"{said.what}: {said.files}")


def _best(file: SourceFile, formats: Iterable[Format]) -> tuple[Format | None, Part | None]:
    """The format that a file is of most surely, and which part of it a table is; the first of several."""
    listed = tuple(formats)
    try:
        by_elements = _as_xml(file, listed)
        tables = [(known, part) for known in listed for part in _parts(file, known)] if by_elements is None else []
    except (LinkageError, OSError):  # it is broken, and its importer will say so
        return None, None
    if by_elements is not None:
        return by_elements, None
    return min(tables, key=lambda item: not item[1].is_sure, default=(None, None))


def _as_xml(file: SourceFile, formats: Iterable[Format]) -> Format | None:
    with file.path.open("rb") as stream:
        text = decode_head(stream.read(HEAD_BYTES))
    root = root_element(text)
    stated = _COLLECTION.search(text)
    for known in formats:
        form = known.xml
        if form is None or form.root != root:
            continue
        if stated and form.collections:
            is_of = stated.group(1).upper() in form.collections
        else:
            is_of = not form.telling or any(telling in text for telling in form.telling)
        if is_of:
            return known
    return None


def _parts(file: SourceFile, known: Format) -> Iterator[Part]:
    if known.part_of is None:
        return
    for title, header in _headers(file, known):
        part = known.part_of(header, title)
        if part is not None:
            yield part


def _headers(file: SourceFile, known: Format) -> Iterator[tuple[str, Header]]:
    if file.suffix in WORKBOOK_SUFFIXES:
        for title, _, top in read_sheets(file, None) if known.headings else ():
            at = find_header(top, known.headings)
            if at is not None:
                yield title, at[0]
    elif file.suffix == ".parquet":
        yield file.path.stem, read_parquet(file).header
    else:
        yield file.path.stem, read_header(file).header
