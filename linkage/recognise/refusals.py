"""Tables that are known and never a source: what this engine wrote, truths, lists of adults."""

from __future__ import annotations

from linkage.recognise.contract import NotProposed, Sample, Table
from linkage.recognise.people import adults_reason

_OURS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"sourcel", "keyl", "sourcer", "keyr"}), "a table of pairs, as this engine writes or reads them"),
    (frozenset({"source", "key", "personid"}), "a table of persons that this engine wrote"),
    (frozenset({"source", "key", "rows"}), "a table of records that this engine wrote"),
    (frozenset({"personidl", "personidr"}), "a table of relationships that this engine wrote"),
    (frozenset({"unitid", "unitrule", "personid"}), "a table of families that this engine wrote"),
    (frozenset({"source", "file", "row", "person"}), "a truth for `linkage evaluate`"),
    (frozenset({"source", "key", "person"}), "a truth for `linkage evaluate`"),
    (frozenset({"person", "siblinggroup", "twingroup"}), "a list of the persons of a truth"),
    (frozenset({"person", "mother", "father", "liveswith"}), "a list of the families of a truth"),
    (frozenset({"person", "household", "validfrom", "validto"}), "a list of the households of a truth"),
)  # fmt: skip


def refused(sample: Sample) -> NotProposed | None:
    """Why a table is no source, whatever its columns."""
    if not isinstance(sample, Table):
        return None
    for telling, what in _OURS:
        if telling <= sample.names:
            return NotProposed(sample.place.shown, what, "not a source")
    return None


def adults(table: Table) -> NotProposed | None:
    """Why an unknown table is left out as one of adults."""
    reason = adults_reason(table)
    return NotProposed(table.place.shown, "a list of adults", f"{reason}; not proposed as a source") if reason else None
