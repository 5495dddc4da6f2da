"""Keys of rows, and whether a person seems to have one record only in a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from linkage.identifiers import SCHEME_OF_FIELD, checked_identifier
from linkage.recognise.contract import Layout, Recognition, Sample, Table
from linkage.recognise.headings import Heading

# So many persons must be told apart before the lack of a second record says anything.
ENOUGH = 10
# A shorter id occurs in two supplies by chance.
_LONG_ID = 6
# How well a heading names a key: the first is the best.
_KEYS = {"local_id": 0, "la_child_id": 1, "learner_ref": 2, "pseudonym": 3}
_FIRST_COLUMN = 4  # without a telling heading
# Share of children whose rows may differ in a birth date.
_SLIPS = 0.05
_PERMANENT = ("upn", "uln", "nhs_number", "la_child_id")
_SCHOOL = ("LAEstab", "Estab", "NativeId")  # what the key of a pupil begins with
_PERSON = ("forename", "surname", "dob")


@dataclass(frozen=True)
class Persons:
    """What tells persons apart in a file: for each record its key in the source and its identifier, as hashes."""

    by: str
    pairs: tuple[tuple[int, int], ...]


def chosen_key(table: Table, headings: Sequence[Heading], columns: Mapping[str, str]) -> tuple[str | None, str]:
    """The column that identifies a row, and why. `columns` are those of the fields that are mapped.

    Where the authority's id of a child is in several rows that agree on the birth date, it is that id, so that the
    rows of a child fold into one record. Else it is a column that is complete and unique in the sample, and named as
    a number is or the first of the table.
    """
    child = columns.get("la_child_id")
    if child is not None and _is_of_a_child(table, child, columns.get("dob")):
        return child, "several rows have one child's id: they fold into one record"
    how = f"{len(table.rows):,} rows" + ("" if table.whole else " of the sample")
    likely = []
    for at, name in enumerate(table.header.names):
        hint = headings[at].hint
        looks = table.looks(at)
        if not name or headings[at].other or not looks.is_unique:
            continue
        rank = _KEYS.get(hint.about) if hint else None
        if hint is None and at == 0 and looks.id_like == looks.filled and name not in columns.values():
            rank = _FIRST_COLUMN
        if rank is not None and table.header.position(name) == at:
            likely.append((rank, at, name))
    if not likely:
        return None, "no column of numbers is filled and different in all rows; the row number is the key"
    _, _, name = min(likely)
    return name, f"filled and different in all {how}"


def _is_of_a_child(table: Table, child: str, dob: str | None) -> bool:
    """Whether a column is filled in all rows, in several of them the same, and says who is born when."""
    ids, births = _cells(table, child), _cells(table, dob) if dob else []
    if not births or None in ids or len(set(ids)) == len(ids):
        return False
    told = {(each, born) for each, born in zip(ids, births, strict=True) if born}
    several = Counter(each for each, _ in told)
    return sum(times > 1 for times in several.values()) <= _SLIPS * len(several)


def persons_of(sample: Sample, found: Recognition | None, layout: Layout | None) -> Persons | None:
    """What tells the persons of a sample apart; None where it says too little."""
    if layout is not None and isinstance(sample, Table):
        return _of_table(sample, layout)
    if found is None:
        return None
    if isinstance(sample, Table):
        if found.format == "school_census" and found.part.startswith("pupils"):
            school = sample.header.first(*_SCHOOL)
            where = sample.column(school) if school is not None else ["" for _ in sample.rows]
            return _persons("UPN", zip(where, _cells(sample, "UPN"), strict=True))
        if found.format == "npd" and found.ids:
            refs = sample.column(found.ids[0])  # the key of a record; each pupil has one where none is blank
            return None if None in refs else _persons("pupil matching reference", zip(refs, refs, strict=True))
        if found.format == "ssda903" and found.part == "header":
            return _persons("UPN", zip(_cells(sample, "CHILD"), _cells(sample, "UPN"), strict=True))
        return None
    key = {"cin_census": "LAchildID", "ssda903": "CHILDID"}.get(found.format)
    if key is None:
        return None
    return _persons("UPN", ((record.get(key), record.get("UPN")) for record in sample.records))


def ids_of(sample: Sample, found: Recognition) -> frozenset[int]:
    """Hashes of the ids of a supply: tables of one supply share some of them."""
    if not isinstance(sample, Table):
        return frozenset()
    return frozenset(hash(cell) for at in found.ids for cell in sample.column(at) if cell and len(cell) >= _LONG_ID)


def judged(persons: Iterable[Persons | None], whole: bool, authorities: int) -> tuple[bool | None, str]:
    """Whether no person has two records, None where only the beginning was seen, and why.

    Several authorities may each know a child, so only one of them can be unique.
    """
    known = [item for item in persons if item is not None]
    pairs = {pair for item in known for pair in item.pairs}
    if authorities > 1:
        return False, "several authorities may each hold a record of one child"
    keys = Counter(identifier for _, identifier in pairs)
    shared = sum(1 for times in keys.values() if times > 1)
    if len(pairs) < ENOUGH:
        return False, "too few identifiers to judge whether a person has one record only"
    by = known[0].by
    if shared:
        return False, f"{shared:,} of {len(keys):,} are in several records (by {by})"
    said = f"no two records share their {by}, {len(pairs):,} known"
    return (True, said) if whole else (None, said + " at the beginning of its files")


def _of_table(table: Table, layout: Layout) -> Persons | None:
    columns = {item.field: item.columns[0] for item in layout.mapped}
    keys: Sequence[object] = _cells(table, layout.key) if layout.key else range(len(table.rows))
    for field in _PERMANENT:
        if field in columns:
            cells = [_normal(field, cell) for cell in _cells(table, columns[field])]
            if sum(cell is not None for cell in cells) >= ENOUGH:
                return _persons(field, zip(keys, cells, strict=True))
    if all(field in columns for field in _PERSON):
        parts = zip(*(_cells(table, columns[field]) for field in _PERSON), strict=True)
        whole = [" ".join(map(str, each)).casefold() if all(each) else None for each in parts]
        return _persons("forename, surname and dob", zip(keys, whole, strict=True))
    return None


def _normal(field: str, cell: str | None) -> str | None:
    """The identifier in normal form; placeholders are none."""
    checked = checked_identifier(field, cell) if cell and field in SCHEME_OF_FIELD else None
    return checked.value if checked else None


def _persons(by: str, pairs: Iterable[tuple[object, str | None]]) -> Persons:
    known = []
    for key, identifier in pairs:
        value = _normal("upn", identifier) if by == "UPN" else identifier
        if key is not None and value is not None:
            known.append((hash(key), hash(value)))
    return Persons(by, tuple(known))


def _cells(table: Table, name: str) -> list[str | None]:
    at = table.header.position(name)
    return table.column(at) if at is not None else [None] * len(table.rows)
