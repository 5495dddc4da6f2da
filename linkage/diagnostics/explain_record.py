"""One record: where it comes from, what it holds, its person, its links, its rivals, and what was refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.diagnostics.finished import RecordName, find_record, working_tables
from linkage.diagnostics.never import never_meet_sql
from linkage.match.doubts import DOUBTED_EVIDENCE, DOUBTS
from linkage.match.family_evidence import FAMILY_BITS, FAMILY_EVIDENCE, join_families_sql
from linkage.match.priors import PRIORS
from linkage.match.remaining import join_priors_of_records_sql, prior_of_records_sql
from linkage.sql import Connection, columns, has_table, ident, rows
from linkage.tables import CONFLICTS, IDENTIFIERS, LINKS, PERSONS, RECORDS, ROWS, SCORED

MOST_RIVALS = 5


@dataclass(frozen=True)
class IdentifierHeld:
    """An identifier of the record; `value` only where values were asked for."""

    scheme: str
    scope: str
    status: str
    value: str | None


@dataclass(frozen=True)
class LinkSeen:
    """A link, or a pair for review, of the record with `other` (SOURCE:KEY); weight in bits, NULL for an override."""

    other: str
    decision: str
    stage: str
    rule: str
    match_weight: float | None
    confidence: float
    confidence_basis: str
    rivals: int
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Rival:
    """A record that was compared and not linked, and the weight in bits (evidence and prior)."""

    other: str
    match_weight: float


@dataclass(frozen=True)
class ConflictSeen:
    """A contradiction with `other`: codes only."""

    kind: str
    other: str
    detail: str
    action: str


@dataclass(frozen=True)
class FieldSeen:
    """A field's raw text beside what it became, and why it was refused; texts only where values were asked for."""

    field: str
    why: str | None
    raw: str | None
    clean: str | None


@dataclass(frozen=True)
class RecordExplanation:
    """All that a run knows of a record. `rows` are (file, row); `fields` those refused, or all with values."""

    record: str
    rows: tuple[tuple[str, int], ...]
    identifiers: tuple[IdentifierHeld, ...]
    fields: tuple[FieldSeen, ...]
    person_id: str
    person_confidence: float
    person_flags: tuple[str, ...]
    members: tuple[str, ...]
    links: tuple[LinkSeen, ...]
    rivals: tuple[Rival, ...]
    conflicts: tuple[ConflictSeen, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for --json."""
        return asdict(self)

    def as_text(self) -> str:
        """Everything, for a person to read."""
        lines = [f"Record {self.record}", *listed("rows", (f"{file}, row {row}" for file, row in self.rows))]
        lines += listed("identifiers", (identifier_text(item) for item in self.identifiers))
        lines += listed("fields", (field_text(item) for item in self.fields), none="none was refused")
        person = f"  person: {self.person_id}, confidence {self.person_confidence:.4f}"
        lines += [person + flags_text(self.person_flags)]
        lines += listed("with it in this person", self.members, none="no other record")
        lines += listed("links and pairs for review", (link_text(item) for item in self.links))
        rivals = (f"{item.other}: {weight_text(item.match_weight)}" for item in self.rivals)
        lines += listed("compared and not linked, best first", rivals)
        lines += listed("conflicts", (f"{c.kind} with {c.other}: {c.detail}; {c.action}" for c in self.conflicts))
        return "\n".join(lines)


def identifier_text(item: IdentifierHeld) -> str:
    """An identifier by scheme, scope and status, and its value where it was asked for."""
    return f"{item.scheme} ({item.scope}): {item.status}" + (f", {item.value}" if item.value else "")


def link_text(item: LinkSeen) -> str:
    """A link in one line."""
    return (
        f"{item.other}: {item.decision}, {item.stage}, {item.rule}, {weight_text(item.match_weight)}, "
        f"confidence {item.confidence:.4f} ({item.confidence_basis}), rivals {item.rivals}{flags_text(item.flags)}"
    )


def listed(title: str, items: Iterable[str], *, none: str = "none") -> list[str]:
    """A titled list as indented lines."""
    found = [f"    {item}" for item in items]
    return [f"  {title}:", *found] if found else [f"  {title}: {none}"]


def weight_text(bits: float | None) -> str:
    """A weight as a person reads it."""
    return "no weight" if bits is None else f"{bits:+.2f} bits"


def flags_text(flags: Sequence[str]) -> str:
    """Flags, or nothing where there are none."""
    return f" [{', '.join(flags)}]" if flags else ""


def field_text(item: FieldSeen) -> str:
    """A field, its texts where they were asked for, and why it was refused."""
    shown = "" if item.raw is None and item.clean is None else f": {item.raw!r} became {item.clean!r}"
    return item.field + shown + (f" (refused: {item.why})" if item.why else "")


def explain_record(run: Path, record: str, *, show_values: bool = False) -> RecordExplanation:
    """What the run in folder `run` knows of a record, named SOURCE:KEY.

    `show_values` adds identifiers, and raw and clean values of names, dates, postcodes and codes. Raises UsageError
    where there is no such run or record, or the run's working tables are gone.
    """
    with working_tables(run) as con:
        name = find_record(con, record)
        person_id, confidence, flags = rows(
            con, f"select person_id, confidence, flags from {PERSONS} where record_id = $id", {"id": name.record_id}
        )[0]
        return RecordExplanation(
            record=str(name),
            rows=_rows(con, name),
            identifiers=_identifiers(con, name, show_values=show_values),
            fields=fields_of(con, name, show_values=show_values),
            person_id=str(person_id),
            person_confidence=float(str(confidence)),
            person_flags=texts(flags),
            members=_members(con, name),
            links=_links(con, name),
            rivals=_rivals(con, name),
            conflicts=_conflicts(con, name),
        )


def texts(value: object) -> tuple[str, ...]:
    """A list cell as a tuple of texts; empty where it is NULL."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _rows(con: Connection, name: RecordName) -> tuple[tuple[str, int], ...]:
    found = rows(con, f"select file, row from {ROWS} where record_id = $id order by file, row", {"id": name.record_id})
    return tuple((str(file), int(str(row))) for file, row in found)


def _identifiers(con: Connection, name: RecordName, *, show_values: bool) -> tuple[IdentifierHeld, ...]:
    found = rows(
        con,
        f"""
        select scheme, coalesce(scope, ''), status, value from {IDENTIFIERS} where record_id = $id
        order by scheme, status, scope, value""",
        {"id": name.record_id},
    )
    return tuple(
        IdentifierHeld(str(scheme), str(scope), str(status), str(value) if show_values and value is not None else None)
        for scheme, scope, status, value in found
    )


def fields_of(con: Connection, name: RecordName, *, show_values: bool) -> tuple[FieldSeen, ...]:
    """Fields that were refused, with the reason; with values, all that hold anything, raw beside clean."""
    held = columns(con, RECORDS)
    fields = [column.removesuffix("_raw") for column in held if column.endswith("_raw")]
    if not fields:
        return ()
    asked = ", ".join(
        f"{ident(field + '_raw')}::varchar, {ident(field) if field in held else 'null'}::varchar, "
        f"{ident(field + '_why') if field + '_why' in held else 'null'}::varchar"
        for field in fields
    )
    cells = rows(con, f"select {asked} from {RECORDS} where record_id = $id", {"id": name.record_id})[0]
    seen = []
    for number, field in enumerate(fields):
        raw, clean, why = (None if cell is None else str(cell) for cell in cells[3 * number : 3 * number + 3])
        if show_values and (raw is not None or clean is not None or why is not None):
            seen.append(FieldSeen(field, why, raw, clean))
        elif why is not None:
            seen.append(FieldSeen(field, why, None, None))
    return tuple(seen)


def _members(con: Connection, name: RecordName) -> tuple[str, ...]:
    found = rows(
        con,
        f"""
        select r.source || ':' || r.key
        from {PERSONS} own
        join {PERSONS} p on p.person_no = own.person_no and p.record_id <> own.record_id
        join {RECORDS} r on r.record_id = p.record_id
        where own.record_id = $id order by r.record_id""",
        {"id": name.record_id},
    )
    return tuple(str(member) for (member,) in found)


def _links(con: Connection, name: RecordName) -> tuple[LinkSeen, ...]:
    found = rows(
        con,
        f"""
        select o.source || ':' || o.key, k.decision, k.stage, k.rule, k.match_weight, k.confidence, k.confidence_basis,
          k.rivals, k.flags
        from {LINKS} k
        join {RECORDS} o on o.record_id = case k.record_id_l when $id then k.record_id_r else k.record_id_l end
        where k.record_id_l = $id or k.record_id_r = $id
        order by k.decision, k.confidence desc, o.record_id""",
        {"id": name.record_id},
    )
    return tuple(
        LinkSeen(str(other), str(decision), str(stage), str(rule), None if weight is None else float(str(weight)),
                 float(str(confidence)), str(basis), int(str(rivals)), texts(flags))
        for other, decision, stage, rule, weight, confidence, basis, rivals, flags in found
    )  # fmt: skip


def _rivals(con: Connection, name: RecordName) -> tuple[Rival, ...]:
    """The best of the records that were compared and are neither linked nor for review."""
    if not all(has_table(con, table) for table in (SCORED, PRIORS, DOUBTS)):
        return ()
    looked_again = has_table(con, FAMILY_EVIDENCE)
    families = f" + {FAMILY_BITS}" if looked_again else ""
    found = rows(
        con,
        f"""
        with compared as (
          select s.record_id_l, s.record_id_r, {DOUBTED_EVIDENCE}{families} as evidence_bits
          from {SCORED} s
          left join {DOUBTS} d on d.record_id_l = s.record_id_l and d.record_id_r = s.record_id_r
          {join_families_sql() if looked_again else ""}
          where s.record_id_l = $id or s.record_id_r = $id)
        select o.source || ':' || o.key, round(c.evidence_bits + {prior_of_records_sql()}, 3) as weight
        from compared c
        join {RECORDS} l on l.record_id = c.record_id_l
        join {RECORDS} r on r.record_id = c.record_id_r{join_priors_of_records_sql()}
        join {RECORDS} o on o.record_id = case c.record_id_l when $id then c.record_id_r else c.record_id_l end
        where not exists (
          select 1 from {LINKS} k where k.record_id_l = c.record_id_l and k.record_id_r = c.record_id_r)
          and not {never_meet_sql("c.record_id_l", "c.record_id_r")}
        order by weight desc, o.record_id
        limit {MOST_RIVALS}""",
        {"id": name.record_id},
    )
    return tuple(Rival(str(other), float(str(weight))) for other, weight in found)


def _conflicts(con: Connection, name: RecordName) -> tuple[ConflictSeen, ...]:
    found = rows(
        con,
        f"""
        select c.kind, o.source || ':' || o.key, c.detail, c.action
        from {CONFLICTS} c
        join {RECORDS} o on o.record_id = case c.record_id_l when $id then c.record_id_r else c.record_id_l end
        where c.record_id_l = $id or c.record_id_r = $id
        order by c.kind, o.record_id, c.detail""",
        {"id": name.record_id},
    )
    return tuple(ConflictSeen(str(kind), str(other), str(detail), str(action)) for kind, other, detail, action in found)
