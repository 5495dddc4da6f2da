"""Recognition: what the files of a folder are, and a project file that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.errors import InputError, UsageError
from linkage.recognise.contract import SURENESS, Found, NotProposed, Recognition, Sample, Table
from linkage.recognise.documents import xml_kind
from linkage.recognise.grouping import Seen, proposals
from linkage.recognise.keys import ids_of, persons_of
from linkage.recognise.mapping import propose_layout
from linkage.recognise.places import data_files
from linkage.recognise.project_text import project_text, runs
from linkage.recognise.recognisers import recognised
from linkage.recognise.refusals import adults, refused
from linkage.recognise.sampling import samples_of
from linkage.recognise.summary import as_dict, summary_tables
from linkage.schema import IDENTIFIER_FIELDS, WHOLE_NAME
from linkage.sources.table import COMPARABLE

# With none of these, and without a whole name, nobody can be found again: a summary, a list of places.
_TELLING = frozenset({*IDENTIFIER_FIELDS, "dob", "expected_dob"})
_BOTH_NAMES = frozenset({"forename", "surname"})


def recognise(named: Sequence[Path], folder: Path) -> Found:
    """What the files, folders and archives are, as sources of a project file in the folder.

    Reads the beginning of each file and writes nothing. Raises UsageError for names that are not there.
    """
    folder = folder.resolve()
    files, others = data_files(named, folder)
    seen: list[Seen] = []
    for file in files:
        for sample in samples_of(file):
            item = sample if isinstance(sample, NotProposed) else _look(sample)
            if isinstance(item, Seen):
                seen.append(item)
            else:
                others.append(item)
    return Found(tuple(proposals(seen, folder)), tuple(sorted(others, key=lambda item: item.shown)))


def write_project(found: Found, path: Path, *, force: bool = False) -> str:
    """Write the project file; gives its text.

    Raises UsageError where there is one already, InputError where no file can be a source.
    """
    if not runs(found):
        files = len(found.others) + sum(len(item.parts) for item in found.proposals)
        raise InputError("None of the files can be a source.", where=f"{files:,} files or sheets",
                         expected="returns, extracts or tables of children; `linkage formats` lists what is read",
                         remedy="see with --json what each file looks like")  # fmt: skip
    if path.exists() and not force:
        raise UsageError("The project file is there already.", where=str(path),
                         remedy="name another one, or add --force to replace it")  # fmt: skip
    if not path.parent.is_dir():
        raise UsageError("There is no such folder.", where=str(path.parent), remedy="make it first")
    text = project_text(found, name=path.resolve().parent.name or "linkage")
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, UnicodeEncodeError):
        raise UsageError("The project file cannot be written.", where=str(path),
                         remedy="name another place with --out") from None  # fmt: skip
    return text


def _look(sample: Sample) -> Seen | NotProposed:
    """What one sample is."""
    if (ours := refused(sample)) is not None:
        return ours
    found = recognised(sample)
    if found is not None and isinstance(sample, Table) and sample.above and sample.place.sheet is None:
        return NotProposed(sample.place.shown, f"{found.format}: {found.part}, with lines above its column names",
                           "delete the lines above them")  # fmt: skip
    if found is not None:
        rows = len(sample.rows) if isinstance(sample, Table) else len(sample.records)
        persons = persons_of(sample, found, None)
        return Seen(sample.place, found, None, rows, sample.whole, persons, ids_of(sample, found))
    if not isinstance(sample, Table):
        return NotProposed(sample.place.shown, xml_kind(sample), "no format that is known")
    return _look_at_table(sample)


def _look_at_table(table: Table) -> Seen | NotProposed:
    """An unknown table: a source where something in it can be compared."""
    shown = table.place.shown
    width = len(table.header.names)
    if width < 2 and not table.named:
        return NotProposed(shown, "notes, not a table")
    if not table.rows:
        return NotProposed(shown, "a table without rows")
    if not table.named:
        return NotProposed(shown, f"a table of {width} columns without a line of column names",
                           "put column names into its first line")  # fmt: skip
    if (grown := adults(table)) is not None:
        return grown
    layout = propose_layout(table)
    fields = {item.field for item in layout.mapped}
    has_name = fields >= _BOTH_NAMES or WHOLE_NAME in fields
    if not fields & _TELLING and not has_name:
        return NotProposed(shown, f"a table of {width} columns",
                           "no columns seem to be an identifier, a birth date, or forename and surname")  # fmt: skip
    mapped = [item for item in layout.mapped if item.field in (*COMPARABLE, WHOLE_NAME)]
    sureness = min((item.sureness for item in mapped), key=SURENESS.index)
    if not fields & set(IDENTIFIER_FIELDS) and not has_name:
        sureness = "guess"  # a birth date alone tells few children apart
    reasons = (f"a table of no known format; its columns hold {', '.join(item.field for item in layout.mapped)}",)
    found = Recognition("table", "table", sureness, reasons, group=shown)
    return Seen(table.place, found, layout, len(table.rows), table.whole, persons_of(table, None, layout))


__all__ = ["Found", "as_dict", "project_text", "recognise", "summary_tables", "write_project"]
