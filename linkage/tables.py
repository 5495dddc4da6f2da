"""Contracts of the tables: what sources hand to `prepare`, and what a run writes.

Rows stay in DuckDB; Python holds the small frozen handles defined here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# --- what a source hands over -------------------------------------------------------------------
#
# Row table, one row per source row that belongs to a child:
#   file VARCHAR      relative to the project file (`book.xlsx#Sheet` in a workbook)
#   row BIGINT        data record in that file, from 1
#   key VARCHAR       the source's own key of the child; readable; not null; unique after folding
#   rank INTEGER      which row speaks for the child when several share a key: the higher wins
#   year INTEGER      calendar year of the row's reference date, or in which its collection's year ends; only where
#                     the format knows it, NULL where the file does not say (the source's `year` then holds)
#   <field> VARCHAR   any of schema.FIELDS, raw text as the file has it; a column only where the source has it
#   ukprn VARCHAR     where learner_ref is given: its scope
#   forename_alternatives, surname_alternatives VARCHAR[]   further names of equal standing
#   subgroup__<name> VARCHAR   a column that the project named as a subgroup
# Address table, one row per child, place and period:
#   key, kind (home, placement, school), postcode, address_line, uprn, valid_from, valid_to   all raw VARCHAR
# Event table, one row per dated thing that later stages need:
#   key, kind (e.g. 'referral', 'cpp', 'episode', 'mother_of'), code, date_from, date_to   all raw VARCHAR

ADDRESS_COLUMNS: tuple[str, ...] = (
    "key",
    "kind",
    "postcode",
    "address_line",
    "uprn",
    "valid_from",
    "valid_to",
)
EVENT_COLUMNS: tuple[str, ...] = ("key", "kind", "code", "date_from", "date_to")


def rows_table(source: str) -> str:
    """Name of the row table of a source."""
    return f"rows__{source}"


def addresses_table(source: str) -> str:
    """Name of the address table of a source."""
    return f"addresses__{source}"


def events_table(source: str) -> str:
    """Name of the event table of a source."""
    return f"events__{source}"


@dataclass(frozen=True)
class Finding:
    """A coded observation about a source: never a value, always a count."""

    code: str
    source: str
    count: int
    meaning: str
    field: str = ""


@dataclass(frozen=True)
class Extract:
    """Handle on what a source handed over; the tables themselves are in DuckDB.

    `date_formats` maps a date field to `iso`, `dayfirst`, `monthfirst`, `compact` or a strptime pattern;
    a field that is absent there is detected. ISO is always read beside the declared format: workbooks mix both.
    Dates of addresses and events may be named too (`valid_from`, `date_from` …). `excluded` counts rows that belong
    to no child, by reason.
    """

    source: str
    rows: str
    fields: tuple[str, ...]
    addresses: str | None = None
    events: str | None = None
    date_formats: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


# --- working tables of a run: each is written by one stage, and never changed by a later one ---

SOURCES = "sources"  # source_no, source, format, is_unique, is_within
RECORDS = "records"  # record_id; see prepare.records for the columns
ROWS = "source_rows"  # source_no, file, row, record_id
IDENTIFIERS = "identifiers"  # record_id, scheme, scope, value, status, raw
RELATION_KEYS = "relation_keys"  # record_id, kind (schema.RELATION_FIELDS), scope, value
UPN_GROUPS = "upn_groups"  # value -> the smallest UPN of the same child, through former UPNs
LINKS_DETERMINISTIC = "links_deterministic"
CONFLICTS_OF_PASSES = "conflicts_of_passes"  # kind, record_id_l, record_id_r, detail, action
CANDIDATES = "candidates"
SCORED = "scored_pairs"
DECIDED = "decided_pairs"  # links before persons are made
CONFLICTS_OF_DECISIONS = "conflicts_of_decisions"
KNOWN_RECORDS = "known_records"  # what the registry knows of the records; see cluster.registry
KNOWN_PAIRS = "known_pairs"  # pairs that an earlier run compared, of records that are the same still
LINKS = "links"  # decided_pairs, with links that were cut set to review
CONFLICTS = "conflicts"  # all of them
PERSONS = "persons"
RELATIONSHIPS = "relationships"  # see families.relations
FAMILIES = "family_members"  # see families.units
REFUSED_RELATIONS = "refused_relations"  # stage, what, reason, n: counted, never listed

# --- what a run writes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Output:
    """A table of DESIGN section 6: file name, columns in order, and the columns that order its rows."""

    name: str
    columns: tuple[str, ...]
    order: tuple[str, ...]


OUTPUTS: tuple[Output, ...] = (
    Output(
        "links",
        ("source_l", "key_l", "source_r", "key_r", "stage", "rule", "match_weight", "confidence",
         "confidence_basis", "decision", "rivals", "flags"),
        ("source_l", "key_l", "source_r", "key_r"),
    ),
    Output(
        "persons",
        ("source", "key", "person_id", "person_size", "confidence", "flags", "person_confidence"),
        ("source", "key"),
    ),
    Output(
        "conflicts",
        ("kind", "source_l", "key_l", "source_r", "key_r", "detail", "action"),
        ("kind", "source_l", "key_l", "source_r", "key_r", "detail"),
    ),
    Output(
        "relationships",
        ("person_id_l", "person_id_r", "relation", "evidence", "confidence", "valid_from", "valid_to",
         "confidence_basis"),
        ("person_id_l", "person_id_r", "relation", "valid_from", "valid_to"),
    ),
    Output(
        "families",
        ("unit_id", "unit_rule", "person_id", "role", "confidence", "valid_from", "valid_to", "unit_size",
         "weight_split", "weight_each"),
        ("unit_rule", "unit_id", "person_id", "role", "valid_from", "valid_to"),
    ),
    Output("rows", ("source", "file", "row", "key", "person_id"), ("source", "file", "row")),
    Output("records", ("source", "key", "rows"), ("source", "key")),
)  # fmt: skip
