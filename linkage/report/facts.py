"""What the report says of sources, links, persons and contradictions: numbers, names and codes; never a key."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.diagnostics.match_rate import MATCH_RATE
from linkage.diagnostics.subgroups import ALL
from linkage.sql import Connection, rows
from linkage.tables import CONFLICTS, LINKS, PERSONS, RECORDS, ROWS, SOURCES

LARGEST_SHOWN = 12
SIZES_SHOWN = 8  # persons of this many records or more are counted together


@dataclass(frozen=True)
class SourceSize:
    """Rows and records of a source, and its records that are in a person with another record."""

    source: str
    rows: int
    records: int
    linked: int


@dataclass(frozen=True)
class PairOfSources:
    """Links by stage between two sources, pairs for review, and records without a partner on either side."""

    source_l: str
    source_r: str
    deterministic: int
    probabilistic: int
    manual: int
    review: int
    linked_l: int
    records_l: int
    linked_r: int
    records_r: int

    @property
    def links(self) -> int:
        """Links of all stages."""
        return self.deterministic + self.probabilistic + self.manual


@dataclass(frozen=True)
class LinkSureness:
    """Links of one stage and basis of confidence, the mean confidence, and how many of them may be false."""

    stage: str
    basis: str
    links: int
    mean_confidence: float
    expected_false: float


@dataclass(frozen=True)
class PersonSize:
    """How many persons hold this many records (`size` and more, in the last line)."""

    size: int
    persons: int


@dataclass(frozen=True)
class LargePersons:
    """Persons of one size and make-up: how many of their records are of which source, and how many persons."""

    size: int
    sources: str
    persons: int


@dataclass(frozen=True)
class ConflictCount:
    """Contradictions of one kind, by what they were about and what was done."""

    kind: str
    detail: str
    action: str
    pairs: int


def source_sizes(con: Connection) -> tuple[SourceSize, ...]:
    """Sizes of the sources, in the order of the project."""
    found = rows(
        con,
        f"""
        with of_rows as (select source_no, count(*) as n from {ROWS} group by source_no),
        of_records as (
          select r.source_no, count(*) as n, count(*) filter (p.person_size > 1) as linked
          from {RECORDS} r join {PERSONS} p on p.record_id = r.record_id group by r.source_no)
        select s.source, coalesce(w.n, 0), coalesce(r.n, 0), coalesce(r.linked, 0)
        from {SOURCES} s
        left join of_rows w on w.source_no = s.source_no
        left join of_records r on r.source_no = s.source_no
        order by s.source_no""",
    )
    return tuple(SourceSize(str(source), *_counts(counts)) for source, *counts in found)


def pairs_of_sources(con: Connection) -> tuple[PairOfSources, ...]:
    """Counts of every pair of sources, in the order of the project."""
    found = rows(
        con,
        f"""
        with counted as (
          select l.source_no as source_no_l, r.source_no as source_no_r,
            count(*) filter (k.decision = 'link' and k.stage = 'deterministic') as deterministic,
            count(*) filter (k.decision = 'link' and k.stage = 'probabilistic') as probabilistic,
            count(*) filter (k.decision = 'link' and k.stage = 'manual') as manual,
            count(*) filter (k.decision = 'review') as review
          from {LINKS} k
          join {RECORDS} l on l.record_id = k.record_id_l
          join {RECORDS} r on r.record_id = k.record_id_r
          group by all),
        totals as (select * from {MATCH_RATE} where subgroup_var = '{ALL}')
        select a.source_l, a.source_r, coalesce(c.deterministic, 0), coalesce(c.probabilistic, 0),
          coalesce(c.manual, 0), coalesce(c.review, 0), a.linked, a.records,
          coalesce(b.linked, a.linked), coalesce(b.records, a.records)
        from totals a
        left join totals b on b.source_no_l = a.source_no_l and b.source_no_r = a.source_no_r and b.side = 'r'
        left join counted c on c.source_no_l = a.source_no_l and c.source_no_r = a.source_no_r
        where a.side = 'l'
        order by a.source_no_l, a.source_no_r""",
    )
    return tuple(PairOfSources(str(left), str(right), *_counts(counts)) for left, right, *counts in found)


def sureness(con: Connection) -> tuple[LinkSureness, ...]:
    """How sure the links are: the sum of 1 - confidence is the number expected to be false."""
    found = rows(
        con,
        f"""
        select stage, confidence_basis, count(*), round(avg(confidence), 6),
          round(sum(1 - confidence::decimal(9, 6)), 2)
        from {LINKS} where decision = 'link' group by all order by all""",
    )
    return tuple(
        LinkSureness(str(stage), str(basis), int(str(links)), float(str(mean)), float(str(false)))
        for stage, basis, links, mean, false in found
    )


def person_sizes(con: Connection) -> tuple[PersonSize, ...]:
    """Persons by number of records, the large ones together."""
    found = rows(
        con,
        f"""
        select least(person_size, {SIZES_SHOWN}), count(distinct person_no) from {PERSONS}
        group by 1 order by 1""",
    )
    return tuple(PersonSize(int(str(size)), int(str(persons))) for size, persons in found)


def largest_persons(con: Connection) -> tuple[LargePersons, ...]:
    """The largest persons, those of one make-up together, from the largest down."""
    found = rows(
        con,
        f"""
        with of_source as (
          select p.person_no, p.person_size, r.source_no, r.source, count(*) as n
          from {PERSONS} p join {RECORDS} r on r.record_id = p.record_id
          where p.person_size > 2
          group by all),
        made_up as (
          select person_no, person_size, string_agg(n || ' ' || source, ', ' order by source_no) as sources
          from of_source group by person_no, person_size)
        select person_size, sources, count(*) from made_up group by person_size, sources
        order by person_size desc, count(*), sources limit {LARGEST_SHOWN}""",
    )
    return tuple(LargePersons(int(str(size)), str(sources), int(str(n))) for size, sources, n in found)


def conflict_counts(con: Connection) -> tuple[ConflictCount, ...]:
    """Conflicts by kind, detail and action, the most frequent of each kind first."""
    found = rows(
        con,
        f"""
        select kind, detail, action, count(*) as pairs from {CONFLICTS}
        group by all order by kind, pairs desc, detail, action""",
    )
    return tuple(
        ConflictCount(str(kind), str(detail), str(action), int(str(pairs))) for kind, detail, action, pairs in found
    )


def _counts(values: list[object]) -> tuple[int, ...]:
    return tuple(int(str(value)) for value in values)
